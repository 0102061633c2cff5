// SPDX-License-Identifier: Apache-2.0
//
// The settings file of usherd. What must hold: settings that are taken can be written as a file, which reads as the
// same; a complaint is one line that a terminal can show.
#include "fuzz/target.h"

#include "base/check.h"
#include "server/config_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *no_variable(const char *name)
{
    (void)name;
    return NULL;
}

static enum config_result load(struct config *config, const void *bytes, size_t length)
{
    char path[64], *argv[] = {"usherd", "--config", path};
    int file = memfd_create("settings", MFD_CLOEXEC);
    CHECK(file >= 0 && write(file, bytes, length) == (ssize_t)length);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    enum config_result result = config_load(config, 3, argv, no_variable);
    close(file);
    return result;
}

// Secrets come from other files, and are told nowhere. No blank stands before the value: behind one, ";" begins a
// comment.
static void write_setting(FILE *file, const struct setting *setting, const struct config *config)
{
    const void *member = (const char *)config + setting->offset;
    switch (setting->kind) {
    case CONFIG_NUMBER:
        fprintf(file, "%s=%" PRId64 "\n", setting->name, *(const int64_t *)member);
        break;
    case CONFIG_CHOICE:
        fprintf(file, "%s=%s\n", setting->name, setting->choices[*(const unsigned *)member]);
        break;
    case CONFIG_SWITCH:
        fprintf(file, "%s=%s\n", setting->name, *(const bool *)member ? "true" : "false");
        break;
    case CONFIG_TEXT:
    case CONFIG_URI:
    case CONFIG_ADDRESS:
        if (*(const char *const *)member != NULL)
            fprintf(file, "%s=%s\n", setting->name, *(const char *const *)member);
        break;
    case CONFIG_KEY_FILE:
        break;
    }
}

static char *write_settings(const struct config *config, size_t *ret_length)
{
    char *text;
    FILE *file = open_memstream(&text, ret_length);
    CHECK(file != NULL);
    for (size_t i = 0; i < config_setting_count; i++)
        write_setting(file, &config_settings[i], config);
    fclose(file);
    return text;
}

static void check_written(const struct config *config)
{
    struct config again;
    size_t length, again_length;
    char *text = write_settings(config, &length);
    CHECK(load(&again, text, length) == CONFIG_RUN);
    char *again_text = write_settings(&again, &again_length);
    CHECK(strcmp(text, again_text) == 0);
    config_fini(&again);
    free(again_text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    if (load(&config, data, size) == CONFIG_RUN) {
        check_written(&config);
    } else {
        size_t length = strlen(config.error);
        CHECK(length > 0 && length < CONFIG_ERROR_SIZE);
        for (size_t i = 0; i < length; i++)
            CHECK((unsigned char)config.error[i] >= 0x20 && config.error[i] != 0x7f);
    }
    config_fini(&config);
    return 0;
}
