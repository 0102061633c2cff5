// SPDX-License-Identifier: Apache-2.0
//
// Runs a target once over each file of the folders that are named, in the order of their names.
#include "fuzz/target.h"

#include "base/buffer.h"
#include "base/check.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char at_work[4096];

static void tell_place(int number)
{
    ssize_t written = write(STDERR_FILENO, at_work, strlen(at_work));
    (void)written;
    signal(number, SIG_DFL);
    raise(number);
}

static void replay(const char *folder, const char *name)
{
    struct buffer bytes = {0};
    char part[4096];
    snprintf(at_work, sizeof at_work, "%s/%s", folder, name);
    FILE *file = fopen(at_work, "re");
    CHECK(file != NULL);
    for (size_t length; (length = fread(part, 1, sizeof part, file)) > 0;)
        buffer_add(&bytes, part, length);
    CHECK(!ferror(file));
    fclose(file);
    strncat(at_work, ": this input breaks the target\n", sizeof at_work - strlen(at_work) - 1);
    // A copy of just this size: a sanitizer sees the first byte that is read beyond it.
    uint8_t *data = check_malloc(bytes.length > 0 ? bytes.length : 1);
    if (bytes.length > 0)
        memcpy(data, bytes.bytes, bytes.length);
    LLVMFuzzerTestOneInput(data, bytes.length);
    free(data);
    buffer_fini(&bytes);
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    int count = 0;
    signal(SIGABRT, tell_place);
    signal(SIGSEGV, tell_place);
    for (int i = 1; i < argc; i++) {
        struct dirent **entries;
        int found = scandir(argv[i], &entries, is_input, alphasort);
        for (int k = 0; k < found; k++) {
            replay(argv[i], entries[k]->d_name);
            free(entries[k]);
        }
        if (found >= 0)
            free(entries);
        count += found;
    }
    printf("%d inputs\n", count);
    // A corpus that is not found proves nothing.
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
