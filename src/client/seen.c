// SPDX-License-Identifier: Apache-2.0
#include "client/seen.h"

#include "base/moment.h"
#include "client/answer.h"
#include "client/moments.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "clock.json"

enum { BOOT_ID_SIZE = 40, WRITE_AFTER_MS = 30000 };

struct seen {
    int64_t at;
    int64_t boot_at; // the boot clock then
    char boot[BOOT_ID_SIZE];
};

// Differs from one start of the machine to the next; "" where it cannot be told.
static void read_boot_id(char boot[BOOT_ID_SIZE])
{
    memset(boot, 0, BOOT_ID_SIZE);
    int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (read(file, boot, 36) != 36)
        boot[0] = '\0';
    close(file);
}

// False when it cannot be known; with USHER_OK because nothing was seen yet.
static bool load(const struct usher_store *store, struct seen *seen, struct usher_error *error)
{
    char *text = store_read(store, FILE_NAME, error);
    if (text == NULL)
        return false;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    bool is_whole = answer_number(json, "seen_at", 0, INT64_MAX / 2, &seen->at) &&
                    answer_number(json, "boot_at", 0, INT64_MAX / 2, &seen->boot_at) &&
                    answer_text(json, "boot", seen->boot, sizeof seen->boot);
    json_decref(json);
    if (!is_whole)
        error_set(error, USHER_SYSTEM, "%.200s/%s is damaged: usher_fetch_keys makes it anew.", store->path, FILE_NAME);
    return is_whole;
}

enum usher_code seen_set(const struct usher_store *store, int64_t at, struct usher_error *error)
{
    char boot[BOOT_ID_SIZE];
    read_boot_id(boot);
    json_t *json = json_pack("{s:I, s:I, s:s}", "seen_at", (json_int_t)at, "boot_at", (json_int_t)boot_now(), "boot",
                             boot);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    enum usher_code code = text != NULL ? store_write(store, FILE_NAME, text, error) : error_memory(error);
    free(text);
    return code;
}

enum usher_code seen_check(const struct usher_store *store, int64_t now, struct usher_error *error)
{
    struct seen seen = {0};
    char boot[BOOT_ID_SIZE], clock[MOMENT_TEXT_SIZE], latest[MOMENT_TEXT_SIZE];
    if (!load(store, &seen, error))
        return error->code == USHER_OK ? seen_set(store, now, error) : error->code;
    int64_t least_at = seen.at, boot_at = boot_now();
    read_boot_id(boot);
    if (boot[0] != '\0' && strcmp(boot, seen.boot) == 0 && boot_at > seen.boot_at)
        least_at += boot_at - seen.boot_at;
    if (now < least_at - CLOCK_TOLERANCE_MS) {
        moment_format(now > 0 ? now : 0, clock);
        moment_format(least_at, latest);
        return error_set(error, USHER_CLOCK_TURNED_BACK,
                         "The clock shows %s, but it was %s already: set it right; or, if that was wrong, let "
                         "usher_fetch_keys ask the server.",
                         clock, latest);
    }
    int64_t latest_at = now > least_at ? now : least_at;
    return latest_at - seen.at > WRITE_AFTER_MS ? seen_set(store, latest_at, error) : USHER_OK;
}
