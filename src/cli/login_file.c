// SPDX-License-Identifier: Apache-2.0
#include "cli/login_file.h"

#include "base/buffer.h"
#include "cli/file.h"
#include "cli/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOGIN_FILE_MAX = 65536 };

const char *login_file_folder(struct arena *arena)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    // The XDG convention: a path that is not absolute does not count.
    if (config != NULL && config[0] == '/')
        return arena_printf(arena, "%s/usher", config);
    if (home != NULL && home[0] == '/')
        return arena_printf(arena, "%s/.config/usher", home);
    return NULL;
}

const char *login_file_path(struct arena *arena)
{
    const char *folder = login_file_folder(arena);
    return folder != NULL ? arena_printf(arena, "%s/config", folder) : NULL;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        length--;
    text[length] = '\0';
    return text;
}

static const char **member(struct login *login, const char *name)
{
    if (strcmp(name, "url") == 0)
        return &login->url;
    if (strcmp(name, "key") == 0)
        return &login->key;
    if (strcmp(name, "account") == 0)
        return &login->account;
    return strcmp(name, "ca_cert") == 0 ? &login->ca_cert : NULL;
}

static enum exit_code read_line(const char *path, int number, char *line, struct login *login)
{
    line = trim(line);
    if (line[0] == '\0' || line[0] == '#')
        return CLI_OK;
    char *equals = strchr(line, '=');
    if (equals != NULL)
        *equals = '\0';
    const char **place = equals != NULL ? member(login, trim(line)) : NULL;
    if (place == NULL) {
        complain("%s:%d is not one of: url = …, key = …, account = …, ca_cert = …", path, number);
        advise("Correct the line, or write the file anew with `usher login`.");
        return CLI_WRONG_USE;
    }
    *place = trim(equals + 1);
    return CLI_OK;
}

static enum exit_code read_lines(const char *path, char *text, struct login *login)
{
    enum exit_code code = CLI_OK;
    for (int number = 1; text != NULL && code == CLI_OK; number++) {
        char *line = text, *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        text = end != NULL ? end + 1 : NULL;
        code = read_line(path, number, line, login);
    }
    return code;
}

enum exit_code login_file_read(struct arena *arena, struct login *ret_login)
{
    struct login login = {0};
    const char *path = login_file_path(arena);
    struct stat status;
    if (path != NULL && stat(path, &status) == 0) {
        if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
            advise("Others may read the key in %s. Close it: chmod 600 %s", path, path);
        struct buffer text = {0};
        enum exit_code code = file_read(path, LOGIN_FILE_MAX, &text);
        char *copy = arena_strdup(arena, buffer_text(&text));
        buffer_fini(&text);
        if (code == CLI_OK)
            code = read_lines(path, copy, &login);
        if (code != CLI_OK)
            return code;
    }
    *ret_login = login;
    return CLI_OK;
}

static void add_line(struct buffer *text, const char *name, const char *value)
{
    if (value != NULL)
        buffer_printf(text, "%s = %s\n", name, value);
}

enum exit_code login_file_write(struct arena *arena, const struct login *login)
{
    const char *folder = login_file_folder(arena);
    if (folder == NULL) {
        complain("there is no place to keep the key: neither XDG_CONFIG_HOME nor HOME is set");
        return CLI_LOCAL;
    }
    struct buffer text = {0};
    add_line(&text, "url", login->url);
    add_line(&text, "key", login->key);
    add_line(&text, "account", login->account);
    add_line(&text, "ca_cert", login->ca_cert);
    enum exit_code code = file_replace(folder, "config", buffer_text(&text));
    buffer_fini(&text);
    return code;
}

enum exit_code login_file_remove(struct arena *arena, bool *ret_was_there)
{
    const char *path = login_file_path(arena);
    *ret_was_there = path != NULL && unlink(path) == 0;
    if (*ret_was_there || path == NULL || errno == ENOENT || errno == ENOTDIR)
        return CLI_OK;
    complain("cannot remove %s: %s", path, strerror(errno));
    return CLI_LOCAL;
}
