// SPDX-License-Identifier: Apache-2.0
// usherd verify [FILE] [--archive DIR]: walks the chains of the histories and says where they break.
#include "server/tools.h"

#include "store/keeping.h"

int tool_verify(const struct config *config)
{
    const char *file = NULL, *archive = NULL;
    const struct tool_option options[] = {{"", &file}, {"--archive", &archive}, {0}};
    struct verified verified = {0};
    struct store_error error = {""};
    if (!tool_read(config, options))
        return TOOL_USAGE;
    if (file != NULL && archive != NULL)
        return tool_fail(TOOL_USAGE, "verify takes a backup's FILE or --archive DIR, not both");
    bool is_read;
    if (archive != NULL)
        is_read = store_verify_archive(archive, config->data, config->store, tool_tell_break, NULL, &verified, &error);
    else if (file != NULL)
        is_read = store_verify_file(file, tool_tell_break, NULL, &verified, &error);
    else if (config->store != NULL)
        is_read = store_verify_uri(config->store, tool_tell_break, NULL, &verified, &error);
    else
        is_read = store_verify(config->data, tool_tell_break, NULL, &verified, &error);
    if (!is_read)
        return tool_fail(TOOL_FAILED, "%s", error.text);
    return tool_tell_verified(&verified);
}
