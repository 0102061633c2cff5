// SPDX-License-Identifier: Apache-2.0
//
// What the files of config.h share: the table of settings, and the state while they are loaded.
#ifndef SERVER_CONFIG_PARTS_H
#define SERVER_CONFIG_PARTS_H

#include "server/config.h"

enum config_kind {
    CONFIG_TEXT,
    CONFIG_ADDRESS,
    CONFIG_URI, // of a PostgreSQL database; it may hold a password, so it is never shown
    CONFIG_NUMBER,
    CONFIG_CHOICE,
    CONFIG_SWITCH,
    CONFIG_KEY_FILE,
};

enum { CONFIG_KEYS = 2 };

// A key: the setting of its file, the variable that holds it itself, and whose it is.
struct config_key {
    const char *setting, *variable, *whose;
    size_t offset; // of its member in struct config
};

extern const struct config_key config_keys[CONFIG_KEYS];

enum { CONFIG_CHOICES_MAX = 4, CONFIG_ARGUMENTS_MAX = 64, CONFIG_SETTINGS_MAX = 32, CONFIG_SOURCE_SIZE = 256 };

struct setting {
    const char *name;
    const char *variable;
    const char *placeholder; // of its value in the help
    const char *help;
    const char *initial; // NULL: unset
    enum config_kind kind;
    size_t offset; // of its member in struct config
    int64_t least, most;
    const char *choices[CONFIG_CHOICES_MAX]; // in the order of the member's enum
};

extern const struct setting config_settings[];
extern const size_t config_setting_count;

// What is being read, and from where each setting came: "" for its default.
struct loading {
    struct config *config;
    char sources[CONFIG_SETTINGS_MAX][CONFIG_SOURCE_SIZE];
    // The command line, read first and applied last.
    const struct setting *flags[CONFIG_ARGUMENTS_MAX];
    const char *flag_values[CONFIG_ARGUMENTS_MAX];
    size_t flag_count;
    const char *file_name; // of --config or USHER_CONFIG
    const char *file_source;
    bool keys_from_variables[CONFIG_KEYS]; // in the order of config_keys
};

// Keeps the first complaint. Always false, so that a caller can return it.
bool config_complain(struct loading *loading, const char *format, ...) __attribute__((format(printf, 2, 3)));

// NULL when there is none of this name.
const struct setting *config_find(const char *name, size_t length);
// Complains of a name that is no setting, with the nearest that is. `what`: "flag" or "setting".
bool config_unknown(struct loading *loading, const char *source, const char *what, const char *name);
// Sets the member; complains of a bad value. `source`: where it stands, "" for a default.
bool config_set(struct loading *loading, const struct setting *setting, const char *value, const char *source);
bool config_set_key(struct loading *loading, const struct config_key *which, const char *key, const char *source);
void config_wipe_secrets(struct config *config);
// Where the member of a key stands.
static inline const char **config_key_of(struct config *config, const struct config_key *which)
{
    return (const char **)(void *)((char *)config + which->offset);
}
// Reads the file of loading->file_name, if any.
bool config_read_file(struct loading *loading);

#endif
