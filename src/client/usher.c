// SPDX-License-Identifier: Apache-2.0
#include "client/client.h"

#include "client/keeper.h"
#include "client/line.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_URL "http://127.0.0.1:7420"

enum { KEY_MAX = 512 };

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void set_up_curl(void)
{
    // What fails here fails again, and is told, when the first handle is made.
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

const char *usher_version(void)
{
    return USHER_VERSION;
}

static const char *or_environment(const char *given, const char *name)
{
    if (given != NULL)
        return given;
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static enum usher_code bad_url(struct usher_error *error, const char *url, const char *why)
{
    return error_set(error, USHER_INVALID,
                     "\"%.200s\" is not the address of a server: %s. Write it like https://licenses.example.com.", url,
                     why);
}

static bool has_part(CURLU *parts, CURLUPart part)
{
    char *text = NULL;
    bool found = curl_url_get(parts, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return found;
}

static bool part_is(CURLU *parts, CURLUPart part, const char *const *any_of)
{
    char *text = NULL;
    bool found = false;
    if (curl_url_get(parts, part, &text, 0) == CURLUE_OK) {
        for (size_t i = 0; any_of[i] != NULL; i++)
            found = found || strcmp(text, any_of[i]) == 0;
        found = found || (part == CURLUPART_HOST && strncmp(text, "127.", 4) == 0);
    }
    curl_free(text);
    return found;
}

static enum usher_code check_url(CURLU *parts, const char *url, struct usher_error *error)
{
    static const char *const schemes[] = {"http", "https", NULL};
    if (strstr(url, "://") == NULL)
        return bad_url(error, url, "it does not start with http:// or https://");
    CURLUcode result = curl_url_set(parts, CURLUPART_URL, url, 0);
    if (result == CURLUE_OUT_OF_MEMORY)
        return error_memory(error);
    if (result != CURLUE_OK)
        return bad_url(error, url, "it cannot be read");
    if (!part_is(parts, CURLUPART_SCHEME, schemes))
        return bad_url(error, url, "only http and https are spoken");
    if (has_part(parts, CURLUPART_USER) || has_part(parts, CURLUPART_PASSWORD))
        return bad_url(error, "...", "it holds a user name or password");
    if (has_part(parts, CURLUPART_QUERY) || has_part(parts, CURLUPART_FRAGMENT))
        return bad_url(error, url, "it has a ? or #");
    return USHER_OK;
}

static enum usher_code take_url(struct usher *usher, const char *url, struct usher_error *error)
{
    static const char *const local[] = {"localhost", "[::1]", NULL};
    CURLU *parts = curl_url();
    if (parts == NULL)
        return error_memory(error);
    enum usher_code code = check_url(parts, url, error);
    char *clean = NULL;
    if (code == USHER_OK && curl_url_get(parts, CURLUPART_URL, &clean, 0) == CURLUE_OK)
        usher->url = strdup(clean);
    if (code == USHER_OK && usher->url == NULL)
        code = error_memory(error);
    if (code == USHER_OK) {
        usher->is_local = part_is(parts, CURLUPART_HOST, local);
        for (size_t length = strlen(usher->url); length > 0 && usher->url[length - 1] == '/'; length--)
            usher->url[length - 1] = '\0';
    }
    curl_free(clean);
    curl_url_cleanup(parts);
    return code;
}

static enum usher_code take_key(struct usher *usher, const char *key, struct usher_error *error)
{
    if (key == NULL)
        return error_set(error, USHER_INVALID, "There is no key: give one to usher_open, or set USHER_KEY.");
    size_t length = 0;
    // A line end in a key would start another header.
    while (key[length] > 0x20 && key[length] < 0x7f)
        length++;
    if (length == 0 || length > KEY_MAX || key[length] != '\0')
        return error_set(error, USHER_INVALID, "The key is none: a key is 1 to %d visible ASCII characters.", KEY_MAX);
    usher->key = strdup(key);
    return usher->key != NULL ? USHER_OK : error_memory(error);
}

bool client_is_id(const char *text)
{
    size_t length = strspn(text, "0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    return length > 0 && length < ID_SIZE && text[length] == '\0';
}

static enum usher_code take_account(struct usher *usher, const char *account, struct usher_error *error)
{
    if (!client_is_id(account))
        return error_set(error, USHER_INVALID, "\"%.100s\" is not the id of an account, such as AC-1.", account);
    usher->account = strdup(account);
    return usher->account != NULL ? USHER_OK : error_memory(error);
}

static void free_usher(struct usher *usher)
{
    lines_fini(usher);
    pthread_cond_destroy(&usher->told);
    pthread_mutex_destroy(&usher->mutex);
    free(usher->ca_file);
    free(usher->account);
    if (usher->key != NULL)
        explicit_bzero(usher->key, strlen(usher->key));
    free(usher->key);
    free(usher->url);
    free(usher);
}

struct usher *usher_open(const char *url, const char *key, const char *account, struct usher_error *error)
{
    struct usher_error spare;
    error = ERROR_OR(error, &spare);
    error_clear(error);
    pthread_once(&curl_once, set_up_curl);
    struct usher *usher = calloc(1, sizeof *usher);
    if (usher == NULL) {
        error_memory(error);
        return NULL;
    }
    usher->pid = getpid();
    usher->timeout_s = TIMEOUT_S;
    usher->timer = -1;
    pthread_mutex_init(&usher->mutex, NULL);
    pthread_cond_init(&usher->told, NULL);
    url = or_environment(url, "USHER_URL");
    account = or_environment(account, "USHER_ACCOUNT");
    enum usher_code code = take_url(usher, url != NULL ? url : DEFAULT_URL, error);
    if (code == USHER_OK)
        code = take_key(usher, or_environment(key, "USHER_KEY"), error);
    if (code == USHER_OK)
        code = take_account(usher, account != NULL ? account : "self", error);
    if (code == USHER_OK)
        return usher;
    free_usher(usher);
    return NULL;
}

void usher_close(struct usher *usher)
{
    // A child of fork leaves all as it is: even closing a connection properly would end the parent's.
    if (usher == NULL || usher->pid != getpid() || client_is_keeper(usher))
        return;
    keeper_close(usher);
    free_usher(usher);
}

bool client_check(const struct usher *usher, struct usher_error *error)
{
    error_clear(error);
    if (usher == NULL)
        error_set(error, USHER_INVALID, "There is no struct usher: usher_open has told why.");
    else if (usher->pid != getpid())
        error_set(error, USHER_FORKED, "The handle belongs to the parent process: open another one here.");
    return error->code == USHER_OK;
}

int64_t client_timeout_ms(struct usher *usher)
{
    pthread_mutex_lock(&usher->mutex);
    int64_t timeout_s = usher->timeout_s;
    pthread_mutex_unlock(&usher->mutex);
    return timeout_s * 1000;
}

enum usher_code usher_set_ca_file(struct usher *usher, const char *path, struct usher_error *error)
{
    struct usher_error spare;
    error = ERROR_OR(error, &spare);
    if (!client_check(usher, error))
        return error->code;
    if (path != NULL && access(path, R_OK) != 0)
        return error_set(error, USHER_INVALID, "The certificates in \"%.200s\" cannot be read.", path);
    char *copy = path != NULL ? strdup(path) : NULL;
    if (path != NULL && copy == NULL)
        return error_memory(error);
    pthread_mutex_lock(&usher->mutex);
    char *old = usher->ca_file;
    usher->ca_file = copy;
    pthread_mutex_unlock(&usher->mutex);
    free(old);
    return USHER_OK;
}

enum usher_code usher_set_timeout(struct usher *usher, int64_t timeout_s, struct usher_error *error)
{
    struct usher_error spare;
    error = ERROR_OR(error, &spare);
    if (!client_check(usher, error))
        return error->code;
    if (timeout_s < 1 || timeout_s > TIMEOUT_MAX_S)
        return error_set(error, USHER_INVALID, "A timeout is 1 to %d seconds.", TIMEOUT_MAX_S);
    pthread_mutex_lock(&usher->mutex);
    usher->timeout_s = timeout_s;
    pthread_mutex_unlock(&usher->mutex);
    return USHER_OK;
}
