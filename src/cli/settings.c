// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include "base/buffer.h"
#include "cli/argument.h"
#include "cli/file.h"
#include "cli/login_file.h"
#include "cli/message.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 512, DEFAULT_TIMEOUT_S = 30, TIMEOUT_MAX_S = 86400 };

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static enum exit_code bad_url(const char *url, const char *why)
{
    complain("\"%s\" is not the address of a server: %s", url, why);
    advise("Write it like http://127.0.0.1:7420 or https://licenses.example.com.");
    return CLI_WRONG_USE;
}

static bool has_part(CURLU *parts, CURLUPart part)
{
    char *text = NULL;
    bool found = curl_url_get(parts, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return found;
}

static enum exit_code check_parts(CURLU *parts, const char *url)
{
    CURLUcode result = curl_url_set(parts, CURLUPART_URL, url, 0);
    if (result != CURLUE_OK)
        return bad_url(url, curl_url_strerror(result));
    char *scheme = NULL;
    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
    bool known = scheme != NULL && (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    if (!known)
        return bad_url(url, "only http and https are spoken");
    if (has_part(parts, CURLUPART_USER) || has_part(parts, CURLUPART_PASSWORD))
        return bad_url("…", "it holds a user name or password; keys come by `usher login` or USHER_KEY");
    if (has_part(parts, CURLUPART_QUERY) || has_part(parts, CURLUPART_FRAGMENT))
        return bad_url(url, "it has a ? or #");
    return CLI_OK;
}

enum exit_code settings_clean_url(struct arena *arena, const char *url, const char **ret_url)
{
    if (strstr(url, "://") == NULL)
        return bad_url(url, "it does not start with http:// or https://");
    CURLU *parts = curl_url();
    enum exit_code code = check_parts(parts, url);
    char *clean = NULL;
    if (code == CLI_OK && curl_url_get(parts, CURLUPART_URL, &clean, 0) != CURLUE_OK)
        code = bad_url(url, "it cannot be read");
    if (code == CLI_OK) {
        char *copy = arena_strdup(arena, clean);
        for (size_t length = strlen(copy); length > 0 && copy[length - 1] == '/'; length--)
            copy[length - 1] = '\0';
        *ret_url = copy;
    }
    curl_free(clean);
    curl_url_cleanup(parts);
    return code;
}

bool settings_is_local(const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    bool local = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                 curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                 (strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0);
    curl_free(host);
    curl_url_cleanup(parts);
    return local;
}

enum exit_code settings_check_key(const char *key, const char *where)
{
    size_t length = 0;
    // The server takes visible ASCII; a line end in a key would even start another header.
    while (key[length] > 0x20 && key[length] < 0x7f)
        length++;
    if (length > 0 && length <= KEY_MAX && key[length] == '\0')
        return CLI_OK;
    complain("%s holds no key: a key is 1 to %d visible ASCII characters", where, KEY_MAX);
    return CLI_WRONG_USE;
}

enum exit_code settings_read_key(struct arena *arena, const char *path, const char **ret_key)
{
    struct buffer text = {0};
    const char *where = strcmp(path, "-") == 0 ? "standard input" : path;
    enum exit_code code = file_read(path, 8192, &text);
    char *key = arena_strdup(arena, buffer_text(&text));
    buffer_fini(&text);
    if (code != CLI_OK)
        return code;
    key += strspn(key, " \t\r\n");
    size_t length = strlen(key);
    while (length > 0 && strchr(" \t\r\n", key[length - 1]) != NULL)
        key[--length] = '\0';
    *ret_key = key;
    return settings_check_key(key, where);
}

enum exit_code settings_find_numbers(const struct invocation *call, struct settings *settings)
{
    const char *timeout = invocation_value(call, "timeout"), *limit = invocation_value(call, "limit");
    int64_t timeout_s = DEFAULT_TIMEOUT_S;
    enum exit_code code = CLI_OK;
    if (timeout != NULL)
        code = argument_number("--timeout", timeout, 1, TIMEOUT_MAX_S, &timeout_s);
    settings->timeout_s = (long)timeout_s;
    if (code == CLI_OK && limit != NULL)
        code = argument_number("--limit", limit, 1, INT64_MAX, &settings->limit);
    return code;
}

static enum exit_code find_key(struct arena *arena, const struct invocation *call, struct settings *settings)
{
    const char *path = invocation_value(call, "key-file");
    if (path != NULL)
        return settings_read_key(arena, path, &settings->key);
    settings->key = environment("USHER_KEY");
    return settings->key != NULL ? settings_check_key(settings->key, "USHER_KEY") : CLI_OK;
}

// What login kept fills what was not said, as far as it may: see login_file.h.
static enum exit_code add_login(struct arena *arena, struct settings *settings)
{
    struct login login;
    enum exit_code code = login_file_read(arena, &login);
    if (code != CLI_OK)
        return code;
    const char *kept = NULL;
    if (login.url != NULL)
        code = settings_clean_url(arena, login.url, &kept);
    if (code != CLI_OK)
        return code;
    if (settings->url == NULL)
        settings->url = kept;
    if (kept == NULL || strcmp(settings->url, kept) != 0)
        return CLI_OK;
    if (settings->ca_cert == NULL)
        settings->ca_cert = login.ca_cert;
    if (settings->key != NULL || login.key == NULL)
        return CLI_OK;
    settings->key = login.key;
    if (settings->account == NULL)
        settings->account = login.account;
    return settings_check_key(login.key, login_file_path(arena));
}

enum exit_code settings_find(struct arena *arena, const struct invocation *call, struct settings *ret_settings)
{
    struct settings settings = {.ca_cert = invocation_value(call, "ca-cert")};
    const char *url = invocation_value(call, "url"), *account = invocation_value(call, "account");
    url = url != NULL ? url : environment("USHER_URL");
    settings.account = account != NULL ? account : environment("USHER_ACCOUNT");
    enum exit_code code = settings_find_numbers(call, &settings);
    if (code == CLI_OK && url != NULL)
        code = settings_clean_url(arena, url, &settings.url);
    if (code == CLI_OK)
        code = find_key(arena, call, &settings);
    if (code == CLI_OK)
        code = add_login(arena, &settings);
    if (settings.url == NULL)
        settings.url = DEFAULT_URL;
    if (code == CLI_OK)
        *ret_settings = settings;
    return code;
}
