// SPDX-License-Identifier: Apache-2.0
//
// A segment of an archive, which may come back from anywhere. Its inner functions are tried, so the file is included:
// its signature is looked at last, and stands in the way of nothing that is read before. What must hold: an event
// that is read is the event that was written, in the one form that there is.
#include "store/segment.c"

#include "fuzz/target.h"

static void check_event(const char *line)
{
    struct history_entry entry = {.account = 1};
    struct buffer written = {0}, scratch = {0};
    char *copy = check_strdup(line);
    if (read_written_event(copy, &entry, &scratch)) {
        segment_add_event(&written, &entry);
        const char *text = buffer_text(&written);
        CHECK(strncmp(text, line, strlen(line)) == 0 && strcmp(text + strlen(line), "\n") == 0);
    }
    buffer_fini(&written);
    buffer_fini(&scratch);
    free(copy);
}

static void check_head(const char *line)
{
    struct segment segment = {0};
    struct buffer scratch = {0};
    char *copy = check_strdup(line), name[SEGMENT_NAME_SIZE];
    if (read_written_head(copy, &segment, &scratch)) {
        struct segment again;
        segment_name(&segment, name);
        CHECK(segment_parse_name(name, &again) && again.from == segment.from && again.to == segment.to);
    }
    buffer_fini(&scratch);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment named = {.account = 1, .from = 1, .to = 2}, segment = {0};
    if (memchr(data, '\0', size) != NULL)
        return 0;
    char *text = check_calloc(1, size + 1);
    struct lines whole = {text, text + size}, lines = whole;
    if (size > 0)
        memcpy(text, data, size);
    for (char *line; (line = next_line(&lines)) != NULL;) {
        check_head(line);
        check_event(line);
    }
    memcpy(text, data, size);
    (void)check_lines(whole, &named, &segment);
    free(text);
    return 0;
}
