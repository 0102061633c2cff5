// SPDX-License-Identifier: Apache-2.0
#include "server/config_parts.h"

#include <errno.h>
#include <ini.h>
#include <string.h>

enum { LINE_MAX_LENGTH = 190 }; // inih itself takes 199

// The file is read line by line on inih's behalf, since inih tells its handler no line numbers and cuts long lines.
struct reading {
    struct loading *loading;
    FILE *file;
    unsigned line;
    unsigned seen[CONFIG_SETTINGS_MAX]; // the line that set it
    bool too_long;
};

static char *read_line(char *text, int size, void *user)
{
    struct reading *reading = user;
    if (reading->too_long || fgets(text, size, reading->file) == NULL)
        return NULL;
    reading->line++;
    reading->too_long = strlen(text) > LINE_MAX_LENGTH;
    return reading->too_long ? NULL : text;
}

static int take_line(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    struct loading *loading = reading->loading;
    char source[CONFIG_SOURCE_SIZE];
    snprintf(source, sizeof source, "%s:%u: %s", loading->file_name, reading->line, name);
    if (section[0] != '\0')
        return config_complain(loading, "%s: stands in section [%s]; the file has no sections", source, section);
    const struct setting *setting = config_find(name, strlen(name));
    if (setting == NULL)
        return config_unknown(loading, source, "setting", name);
    unsigned *seen = &reading->seen[setting - config_settings];
    if (*seen != 0)
        return config_complain(loading, "%s: already set in line %u", source, *seen);
    *seen = reading->line;
    return config_set(loading, setting, value, source);
}

bool config_read_file(struct loading *loading)
{
    if (loading->file_name == NULL)
        return true;
    struct reading reading = {.loading = loading, .file = fopen(loading->file_name, "re")};
    if (reading.file == NULL)
        return config_complain(loading, "%s: cannot read %s: %s", loading->file_source, loading->file_name,
                               strerror(errno));
    int bad_line = ini_parse_stream(read_line, &reading, take_line, &reading);
    int failure = ferror(reading.file) ? errno : 0;
    fclose(reading.file);
    if (failure != 0)
        return config_complain(loading, "%s: cannot read %s: %s", loading->file_source, loading->file_name,
                               strerror(failure));
    if (reading.too_long)
        return config_complain(loading, "%s:%u: the line is longer than %d characters", loading->file_name,
                               reading.line, LINE_MAX_LENGTH);
    // A complaint of take_line stands already and is kept.
    return bad_line == 0 ||
           config_complain(loading, "%s:%d: not a line of the form NAME = VALUE, a comment (# or ;) or blank",
                           loading->file_name, bad_line);
}
