// SPDX-License-Identifier: Apache-2.0
//
// What came back in place of an answer: a transfer that failed, or something that is not what an Usher server says.
#include "cli/api.h"

#include "cli/message.h"
#include "cli/problem.h"

#include <string.h>

static enum exit_code too_large(const struct cli *cli)
{
    complain("the answer of %s is larger than %d MiB and was given up", cli->settings.url, HTTP_ANSWER_MAX >> 20);
    return CLI_UNAVAILABLE;
}

static bool never_sent(CURLcode result)
{
    return result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST ||
           result == CURLE_COULDNT_RESOLVE_PROXY || result == CURLE_PEER_FAILED_VERIFICATION ||
           result == CURLE_SSL_CONNECT_ERROR;
}

enum exit_code api_explain_failure(struct cli *cli, const struct http_answer *answer, bool changes)
{
    const char *url = cli->settings.url, *cause = http_error(&cli->http, answer->result);
    if (answer->too_large)
        return too_large(cli);
    if (answer->result == CURLE_SSL_CACERT_BADFILE) {
        complain("the certificates in %s cannot be read: %s", cli->settings.ca_cert, cause);
        return CLI_WRONG_USE;
    }
    if (answer->result == CURLE_PEER_FAILED_VERIFICATION) {
        complain("the certificate of %s is not trusted: %s", url, cause);
        advise("If it comes from your own authority, name its certificate with --ca-cert FILE.");
    } else if (never_sent(answer->result)) {
        complain("cannot reach %s: %s", url, cause);
        advise("Is usherd running there? The address comes from --url, USHER_URL or `usher login`.");
    } else if (answer->result == CURLE_OPERATION_TIMEDOUT) {
        complain("no answer from %s in time: %s", url, cause);
        advise("--timeout SECONDS waits longer.");
    } else {
        complain("the connection to %s broke before the answer was complete: %s", url, cause);
    }
    if (changes && !never_sent(answer->result))
        advise("It is not known whether the server did it: look before you do it again.");
    return CLI_UNAVAILABLE;
}

static enum exit_code not_usher(const struct cli *cli, const struct http_answer *answer)
{
    const char *type = answer->content_type[0] != '\0' ? answer->content_type : "no content type";
    complain("%s answered with status %ld and %s in place of JSON", cli->settings.url, answer->status, type);
    advise(answer->status >= 500 ? "Try again in a moment, or ask whoever runs the server."
                                 : "Is this the address of an Usher server?");
    return CLI_UNAVAILABLE;
}

enum exit_code api_explain_answer(struct cli *cli, const struct http_answer *answer)
{
    if (answer->status >= 300 && answer->status < 400) {
        complain("%s sends on to \"%s\", which is not followed", cli->settings.url, answer->location);
        advise("If that is the right address, give it with --url or `usher login`.");
        return CLI_UNAVAILABLE;
    }
    if (answer->status < 400 || (strcmp(answer->content_type, "application/problem+json") != 0 &&
                                 strcmp(answer->content_type, "application/json") != 0))
        return not_usher(cli, answer);
    json_t *problem = json_loadb(buffer_text(&answer->body), answer->body.length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(problem))
        problem_print(cli, cli_keep(cli, json_incref(problem)), answer);
    else
        complain("%s refused with status %ld, and why cannot be read", cli->settings.url, answer->status);
    json_decref(problem);
    return problem_exit_code(answer->status);
}
