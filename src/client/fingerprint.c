// SPDX-License-Identifier: Apache-2.0
#include "client/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { MACHINE_ID_DIGITS = 32, FINGERPRINT_BYTES = 16 };

// systemd's machine-id(5) asks that the id itself be told to nobody: a keyed hash goes out.
static const unsigned char hash_key[] = "usher machine fingerprint, v1";

static bool read_machine_id(const char *path, char id[MACHINE_ID_DIGITS + 1])
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, id, MACHINE_ID_DIGITS);
    close(file);
    id[MACHINE_ID_DIGITS] = '\0';
    return length == MACHINE_ID_DIGITS && strspn(id, "0123456789abcdef") == MACHINE_ID_DIGITS;
}

enum usher_code usher_machine_fingerprint(char ret_fingerprint[40], struct usher_error *error)
{
    struct usher_error spare;
    char id[MACHINE_ID_DIGITS + 1];
    unsigned char hash[FINGERPRINT_BYTES];
    error = ERROR_OR(error, &spare);
    error_clear(error);
    if (ret_fingerprint == NULL)
        return error_set(error, USHER_INVALID, "There is no place for the fingerprint.");
    if (!read_machine_id("/etc/machine-id", id) && !read_machine_id("/var/lib/dbus/machine-id", id))
        return error_set(error, USHER_SYSTEM,
                         "This machine has no id: systemd-machine-id-setup makes /etc/machine-id.");
    crypto_generichash(hash, sizeof hash, (const unsigned char *)id, MACHINE_ID_DIGITS, hash_key, sizeof hash_key - 1);
    sodium_bin2hex(ret_fingerprint, 40, hash, sizeof hash);
    return USHER_OK;
}
