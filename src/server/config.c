// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include "base/check.h"
#include "server/config_parts.h"

#include <stdarg.h>
#include <string.h>

bool config_complain(struct loading *loading, const char *format, ...)
{
    char *error = loading->config->error;
    if (error[0] != '\0')
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(error, CONFIG_ERROR_SIZE, format, args);
    va_end(args);
    // What was quoted may hold anything; the complaint stays one line.
    for (char *at = error; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    return false;
}

static void set_defaults(struct loading *loading)
{
    for (size_t i = 0; i < config_setting_count; i++)
        if (config_settings[i].initial != NULL)
            CHECK(config_set(loading, &config_settings[i], config_settings[i].initial, NULL));
}

// A variable that is set but empty counts as not set: that is what container tools make of a missing one.
static const char *look_up(config_lookup *lookup, const char *name)
{
    const char *value = lookup(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool read_variables(struct loading *loading, config_lookup *lookup)
{
    for (size_t i = 0; i < config_setting_count; i++) {
        const char *value = look_up(lookup, config_settings[i].variable);
        if (value != NULL && !config_set(loading, &config_settings[i], value, config_settings[i].variable))
            return false;
    }
    return true;
}

// After everything else, so that the key given itself and not the file's stands, until they are found to contradict.
static bool read_key_variables(struct loading *loading, config_lookup *lookup)
{
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const char *key = look_up(lookup, config_keys[i].variable);
        loading->keys_from_variables[i] = key != NULL;
        if (key != NULL && !config_set_key(loading, &config_keys[i], key, config_keys[i].variable))
            return false;
    }
    return true;
}

static const char *flag_source(struct loading *loading, const char *name)
{
    return arena_printf(&loading->config->arena, "--%s", name);
}

static bool add_flag(struct loading *loading, const struct setting *setting, const char *value)
{
    for (size_t i = 0; i < loading->flag_count; i++)
        if (loading->flags[i] == setting)
            return config_complain(loading, "--%s: given twice", setting->name);
    CHECK(loading->flag_count < CONFIG_ARGUMENTS_MAX);
    loading->flags[loading->flag_count] = setting;
    loading->flag_values[loading->flag_count++] = value;
    return true;
}

static bool is_config(const char *name, size_t length)
{
    return length == 6 && memcmp(name, "config", 6) == 0;
}

static bool take_word(struct config *config, const char *word)
{
    config->arguments[config->argument_count++] = word;
    return true;
}

// Takes argv[0] and, where it is the value of it, argv[1]. Returns how many words it took; 0 after a complaint.
static int take_flag(struct loading *loading, int left, char *const *argv)
{
    const char *name = argv[0] + (argv[0][1] == '-' ? 2 : 1);
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct setting *setting = config_find(name, length);
    char *word = arena_printf(&loading->config->arena, "%.*s", (int)length, name);
    if (argv[0][1] != '-' || (setting == NULL && !is_config(name, length))) {
        // A subcommand has flags of its own and complains of those that it does not know.
        if (loading->config->argument_count > 0)
            return take_word(loading->config, argv[0]);
        return config_unknown(
            loading, arena_printf(&loading->config->arena, "%.*s%s", (int)(name - argv[0]), "--", word), "flag", word);
    }
    int taken = 1;
    if (setting != NULL && setting->kind == CONFIG_SWITCH && value == NULL) {
        value = "true";
    } else if (value == NULL) {
        if (left < 2)
            return config_complain(loading, "--%s: needs a %s", word, setting != NULL ? setting->placeholder : "FILE");
        value = argv[1];
        taken = 2;
    }
    if (setting != NULL)
        return add_flag(loading, setting, value) ? taken : 0;
    if (loading->file_name != NULL)
        return config_complain(loading, "--config: given twice");
    loading->file_name = value;
    loading->file_source = "--config";
    return taken;
}

static enum config_result read_command_line(struct loading *loading, int argc, char *const *argv)
{
    for (int i = 1; i < argc;) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
            return CONFIG_HELP;
        if (strcmp(word, "--version") == 0)
            return CONFIG_VERSION;
        if (i >= CONFIG_ARGUMENTS_MAX) {
            config_complain(loading, "more than %d words on the command line", CONFIG_ARGUMENTS_MAX - 1);
            return CONFIG_BAD;
        }
        bool flag = word[0] == '-' && word[1] != '\0';
        int taken = flag ? take_flag(loading, argc - i, argv + i) : take_word(loading->config, word);
        if (taken == 0)
            return CONFIG_BAD;
        i += taken;
    }
    return CONFIG_RUN;
}

static bool apply_flags(struct loading *loading)
{
    for (size_t i = 0; i < loading->flag_count; i++) {
        const struct setting *setting = loading->flags[i];
        if (!config_set(loading, setting, loading->flag_values[i], flag_source(loading, setting->name)))
            return false;
    }
    return true;
}

static const char *source_of(const struct loading *loading, const char *name)
{
    return loading->sources[config_find(name, strlen(name)) - config_settings];
}

static bool check_keys(struct loading *loading)
{
    const struct config *config = loading->config;
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const char *key_file = source_of(loading, config_keys[i].setting);
        if (loading->keys_from_variables[i] && key_file[0] != '\0')
            return config_complain(loading, "%s: given along with %s; only one may be", key_file,
                                   config_keys[i].variable);
    }
    if (config->operator_key != NULL && config->metrics_key != NULL &&
        strcmp(config->operator_key, config->metrics_key) == 0)
        return config_complain(loading, "the key for the metrics is the operator's, which may do everything");
    return true;
}

static bool check_pairs(struct loading *loading)
{
    struct config *config = loading->config;
    if (config->tls_cert != NULL && config->tls_key == NULL)
        return config_complain(loading, "%s: given without tls-key; TLS needs both", source_of(loading, "tls-cert"));
    if (config->tls_key != NULL && config->tls_cert == NULL)
        return config_complain(loading, "%s: given without tls-cert; TLS needs both", source_of(loading, "tls-key"));
    if (config->store == NULL && config->processors > 1)
        return config_complain(loading, "%s: given without store; on the folder there is one",
                               source_of(loading, "processors"));
    return check_keys(loading);
}

enum config_result config_load(struct config *config, int argc, char *const *argv, config_lookup *lookup)
{
    *config = (struct config){0};
    config->arguments = arena_alloc(&config->arena, CONFIG_ARGUMENTS_MAX * sizeof *config->arguments);
    struct loading loading = {.config = config};
    set_defaults(&loading);
    enum config_result result = read_command_line(&loading, argc, argv);
    if (result != CONFIG_RUN)
        return result;
    if (loading.file_name == NULL) {
        loading.file_name = look_up(lookup, "USHER_CONFIG");
        loading.file_source = "USHER_CONFIG";
    }
    bool good = config_read_file(&loading) && read_variables(&loading, lookup) && apply_flags(&loading) &&
                read_key_variables(&loading, lookup) && check_pairs(&loading);
    return good ? CONFIG_RUN : CONFIG_BAD;
}

void config_fini(struct config *config)
{
    config_wipe_secrets(config);
    arena_fini(&config->arena);
    *config = (struct config){0};
}
