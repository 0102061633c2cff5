// SPDX-License-Identifier: Apache-2.0
// From the text of a value to the member of struct config.
#include "server/config_parts.h"
#include "server/http_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool set_number(struct loading *loading, const struct setting *setting, const char *value, const char *source)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    bool digits = value[0] != '\0' && strspn(value, "0123456789") == strlen(value);
    if (!digits || errno != 0 || number < setting->least || number > setting->most)
        return config_complain(loading, "%s: \"%s\" is not a number from %" PRId64 " to %" PRId64, source, value,
                               setting->least, setting->most);
    *(int64_t *)(void *)((char *)loading->config + setting->offset) = number;
    return true;
}

static bool set_choice(struct loading *loading, const struct setting *setting, const char *value, const char *source)
{
    char allowed[64] = "";
    for (size_t i = 0; i < CONFIG_CHOICES_MAX && setting->choices[i] != NULL; i++) {
        if (strcmp(setting->choices[i], value) == 0) {
            // Both enums that are chosen here count from 0 in the order of the names.
            *(unsigned *)(void *)((char *)loading->config + setting->offset) = (unsigned)i;
            return true;
        }
        snprintf(allowed + strlen(allowed), sizeof allowed - strlen(allowed), "%s%s", i > 0 ? ", " : "",
                 setting->choices[i]);
    }
    return config_complain(loading, "%s: \"%s\" is not one of %s", source, value, allowed);
}

static bool set_switch(struct loading *loading, const struct setting *setting, const char *value, const char *source)
{
    bool on = strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
    if (!on && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
        return config_complain(loading, "%s: \"%s\" is neither true nor false", source, value);
    *(bool *)((char *)loading->config + setting->offset) = on;
    return true;
}

static bool set_text(struct loading *loading, const struct setting *setting, const char *value, const char *source)
{
    char host[HTTP_HOST_MAX + 1];
    unsigned port;
    if (value[0] == '\0')
        return config_complain(loading, "%s: is empty; a %s is needed", source, setting->placeholder);
    if (setting->kind == CONFIG_ADDRESS && !http_address_parse(value, host, &port))
        return config_complain(loading, "%s: \"%s\" is not HOST:PORT or [HOST]:PORT with a port up to 65535", source,
                               value);
    *(const char **)(void *)((char *)loading->config + setting->offset) = arena_strdup(&loading->config->arena, value);
    return true;
}

static void wipe(const char **secret)
{
    if (*secret != NULL)
        explicit_bzero((char *)(uintptr_t)*secret, strlen(*secret));
    *secret = NULL;
}

void config_wipe_secrets(struct config *config)
{
    wipe(&config->store);
    for (size_t i = 0; i < CONFIG_KEYS; i++)
        wipe(config_key_of(config, &config_keys[i]));
}

// The value is never shown here, either.
static bool set_uri(struct loading *loading, const struct setting *setting, const char *value, const char *source)
{
    if (strncmp(value, "postgresql://", 13) != 0 && strncmp(value, "postgres://", 11) != 0)
        return config_complain(loading, "%s: is not a URI of the form postgresql://USER@HOST:PORT/DATABASE", source);
    const char **uri = (const char **)(void *)((char *)loading->config + setting->offset);
    wipe(uri);
    *uri = arena_strdup(&loading->config->arena, value);
    return true;
}

// The value itself is never shown.
bool config_set_key(struct loading *loading, const struct config_key *which, const char *value, const char *source)
{
    size_t length = strlen(value);
    bool visible = true;
    for (size_t i = 0; i < length; i++)
        visible = visible && value[i] > ' ' && value[i] < 0x7f;
    if (!visible || length < CONFIG_KEY_MIN || length > CONFIG_KEY_MAX)
        return config_complain(loading, "%s: %s must be %d to %d visible ASCII characters without blanks", source,
                               which->whose, CONFIG_KEY_MIN, CONFIG_KEY_MAX);
    const char **key = config_key_of(loading->config, which);
    wipe(key);
    *key = arena_strdup(&loading->config->arena, value);
    return true;
}

static bool set_key_from_file(struct loading *loading, const struct setting *setting, const char *name,
                              const char *source)
{
    char key[CONFIG_KEY_MAX + 3]; // a line break and one too many, too
    int file = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t length = file >= 0 ? read(file, key, sizeof key - 1) : -1;
    int failure = errno;
    if (file >= 0)
        close(file);
    if (length < 0)
        return config_complain(loading, "%s: cannot read %s: %s", source, name, strerror(failure));
    while (length > 0 && (key[length - 1] == '\n' || key[length - 1] == '\r'))
        length--;
    key[length] = '\0';
    bool whole = strlen(key) == (size_t)length;
    const struct config_key *which = config_keys;
    while (which->offset != setting->offset)
        which++;
    bool done = config_set_key(loading, which, whole ? key : "", source);
    explicit_bzero(key, sizeof key);
    return done;
}

bool config_set(struct loading *loading, const struct setting *setting, const char *value, const char *source)
{
    if (source != NULL)
        snprintf(loading->sources[setting - config_settings], CONFIG_SOURCE_SIZE, "%s", source);
    switch (setting->kind) {
    case CONFIG_URI:
        return set_uri(loading, setting, value, source);
    case CONFIG_NUMBER:
        return set_number(loading, setting, value, source);
    case CONFIG_CHOICE:
        return set_choice(loading, setting, value, source);
    case CONFIG_SWITCH:
        return set_switch(loading, setting, value, source);
    case CONFIG_KEY_FILE:
        return set_key_from_file(loading, setting, value, source);
    case CONFIG_TEXT:
    case CONFIG_ADDRESS:
        break;
    }
    return set_text(loading, setting, value, source);
}
