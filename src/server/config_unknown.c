// SPDX-License-Identifier: Apache-2.0
// A name that is no setting: which one was meant?
#include "server/config_parts.h"

#include <string.h>

static size_t least(size_t first, size_t second)
{
    return first < second ? first : second;
}

// How many letters to add, drop or change (Levenshtein); both at most 40 long.
static size_t distance(const char *first, const char *second)
{
    size_t row[41];
    size_t length = strlen(second);
    for (size_t k = 0; k <= length; k++)
        row[k] = k;
    for (size_t i = 0; first[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t k = 1; k <= length; k++) {
            size_t changed = diagonal + (first[i] != second[k - 1]);
            diagonal = row[k];
            row[k] = least(changed, least(row[k - 1], row[k]) + 1);
        }
    }
    return row[length];
}

// Complains of a name that is no setting, with the nearest that is.
bool config_unknown(struct loading *loading, const char *source, const char *what, const char *name)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct config_key *key = &config_keys[i];
        size_t length = strlen(key->setting) - strlen("-file");
        if (strlen(name) == length && strncmp(name, key->setting, length) == 0)
            return config_complain(loading, "%s: %s may not stand here; give it in %s or in a file that %s names",
                                   source, key->whose, key->variable, key->setting);
    }
    // Where every letter would change there is no likeness.
    size_t best = least(4, strlen(name));
    const char *nearest = NULL;
    for (size_t i = 0; i < config_setting_count && strlen(name) <= 40; i++) {
        size_t far = distance(name, config_settings[i].name);
        if (far < best) {
            best = far;
            nearest = config_settings[i].name;
        }
    }
    if (nearest != NULL)
        return config_complain(loading, "%s: no %s of this name; did you mean %s?", source, what, nearest);
    return config_complain(loading, "%s: no %s of this name; usherd --help lists them", source, what);
}
