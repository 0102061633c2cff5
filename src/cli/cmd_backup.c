// SPDX-License-Identifier: Apache-2.0
//
// `usher backup FILE`: a consistent copy of the server's data, streamed while it serves.
#include "cli/api.h"
#include "cli/backup_file.h"
#include "cli/message.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool add_part(const void *bytes, size_t length, void *context)
{
    return backup_file_add(context, bytes, length);
}

// What came is only a backup when it is of a kind that can be one and its end was told: a connection that just
// closes looks like an end, too.
static enum exit_code judge(struct cli *cli, const struct http_answer *answer, const struct backup_file *file)
{
    bool is_text = strcmp(answer->content_type, "application/json") == 0 ||
                   strncmp(answer->content_type, "text/", 5) == 0 || answer->content_type[0] == '\0';
    if (answer->sink_failed) {
        complain("cannot write %s: %s", file->part_path, strerror(file->error));
        return CLI_LOCAL;
    }
    if (answer->result != CURLE_OK || answer->too_large)
        return api_explain_failure(cli, answer, false);
    if (answer->status != 200 || is_text)
        return api_explain_answer(cli, answer);
    if (answer->end_told)
        return CLI_OK;
    complain("the answer of %s does not say where it ends, so it may be cut: not kept", cli->settings.url);
    return CLI_UNAVAILABLE;
}

static enum exit_code fetch(struct cli *cli, struct backup_file *file)
{
    bool progress = isatty(STDERR_FILENO) != 0;
    struct http_request request = {
        .method = "POST",
        .url = arena_printf(&cli->arena, "%s/v1/backup", cli->settings.url),
        .key = cli->settings.key,
        .ca_cert = cli->settings.ca_cert,
        .accept = "*/*",
        .fresh = true,
        .timeout_s = cli->settings.timeout_s,
        .sink = add_part,
        .sink_context = file,
        .progress = progress,
    };
    struct http_answer answer = {0};
    http_send(&cli->http, &request, &answer);
    if (progress)
        fputs("\r\x1b[K", stderr);
    enum exit_code code = judge(cli, &answer, file);
    http_answer_fini(&answer);
    return code;
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    struct backup_file file;
    enum exit_code code = api_connect(cli);
    if (code == CLI_OK)
        code = backup_file_open(&file, &cli->arena, call->arguments[0]);
    if (code != CLI_OK)
        return code;
    code = fetch(cli, &file);
    if (code != CLI_OK) {
        backup_file_drop(&file);
        return code;
    }
    code = backup_file_commit(&file);
    if (code == CLI_OK)
        output_sentence(cli, "%s: %lld bytes.", file.path, (long long)file.size);
    return code;
}

const struct command backup_command = {
    .name = "backup",
    .arguments = "FILE",
    .arguments_min = 1,
    .arguments_max = 1,
    .words = "FILE",
    .summary = "save a copy of all data while the server goes on (operator)",
    .details = "The copy is written to FILE.part and gets its name when it is whole and on the disk, so FILE is never "
               "half a backup; one that is there is replaced. `usherd restore` puts it back.",
    .run = run,
};
