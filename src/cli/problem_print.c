// SPDX-License-Identifier: Apache-2.0
//
// A problem document for a person. Which members there are depends on its kind; whatever is there is told.
#include "cli/problem.h"

#include "base/buffer.h"
#include "cli/document.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/tried.h"
#include "cli/value.h"

#include <string.h>

enum { HOLDERS_SHOWN = 10 };

static void print_figures(struct cli *cli, const json_t *problem)
{
    static const char *const figures[] = {"requested", "available",     "dedicated", "children_dedicated",
                                          "assigned",  "organizations", "users",     "projects",
                                          "seats",     "sessions"};
    struct buffer line = {0};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        json_t *value = json_object_get(problem, figures[i]);
        if (json_is_integer(value))
            buffer_printf(&line, "%s%s %s", line.length > 0 ? ", " : "", figures[i], value_words(&cli->arena, value));
    }
    if (line.length > 0)
        advise("%s", buffer_text(&line));
    buffer_fini(&line);
}

static void print_holders(struct cli *cli, const json_t *problem)
{
    json_t *holders = json_object_get(problem, "holders"), *holder;
    size_t i;
    json_array_foreach(holders, i, holder)
    {
        if (i == HOLDERS_SHOWN)
            break;
        const char *user = value_text(holder, "user");
        advise("held by %s %s%s%s: %s", value_text(holder, "kind"), value_text(holder, "id"),
               user[0] != '\0' ? " of " : "", user, value_words(&cli->arena, json_object_get(holder, "count")));
    }
    int64_t total = value_number(problem, "holders_total"), shown = (int64_t)(i < HOLDERS_SHOWN ? i : HOLDERS_SHOWN);
    if (total > shown)
        advise("and %lld more", (long long)(total - shown));
}

static void print_seats(const json_t *problem)
{
    json_t *seats = json_object_get(problem, "seats"), *seat;
    struct buffer line = {0};
    size_t i;
    json_array_foreach(seats, i, seat)
    {
        if (i < HOLDERS_SHOWN && json_is_string(seat))
            buffer_printf(&line, "%s%s", i > 0 ? ", " : "", json_string_value(seat));
    }
    if (line.length > 0) {
        advise("These seats would be lost: %s%s.", buffer_text(&line), i > HOLDERS_SHOWN ? " and more" : "");
        advise("--release-seats gives them back to their pools.");
    }
    buffer_fini(&line);
}

static void print_machines(struct cli *cli, const json_t *problem)
{
    json_t *machines = json_object_get(problem, "machines"), *machine;
    size_t i;
    json_array_foreach(machines, i, machine)
    {
        advise("in use on %s, last %s", value_text(machine, "machine"),
               value_time(&cli->arena, json_object_get(machine, "last_used_at")));
    }
}

static void print_end(struct cli *cli, const json_t *problem)
{
    const char *state = value_text(problem, "state"), *reason = value_text(problem, "reason");
    if (state[0] == '\0')
        return;
    const char *when = value_time(&cli->arena, json_object_get(problem, "ended_at"));
    advise("It was %s at %s%s%s.", state, when, reason[0] != '\0' ? ": " : "", reason);
}

// The option that a member of the request came from: "ttl" for "/ttl_s"; NULL when there is none.
static const struct option *option_of(struct cli *cli, const char *pointer)
{
    if (pointer[0] != '/' || strchr(pointer + 1, '/') != NULL)
        return NULL;
    char *name = arena_strdup(&cli->arena, pointer + 1);
    size_t length = strlen(name);
    if (length > 2 && strcmp(name + length - 2, "_s") == 0)
        name[length - 2] = '\0';
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    return command_find_option(cli->call->command, name, '\0');
}

static void print_place(struct cli *cli, const json_t *problem)
{
    const char *pointer = value_text(problem, "pointer"), *parameter = value_text(problem, "parameter");
    long line = cli->source != NULL ? document_line(cli->source, pointer) : 0;
    if (line > 0)
        advise("It is about %s:%ld (%s).", cli->source->name, line, pointer);
    else if (cli->source == NULL && option_of(cli, pointer) != NULL)
        advise("It is about --%s.", option_of(cli, pointer)->name);
    else if (pointer[0] != '\0')
        advise("It is about %s of the request.", pointer);
    if (parameter[0] != '\0')
        advise("It is about ?%s= of the request.", parameter);
}

void problem_print(struct cli *cli, const json_t *problem, const struct http_answer *answer)
{
    const char *name = problem_name(problem), *title = value_text(problem, "title");
    const char *detail = value_text(problem, "detail");
    if (title[0] == '\0')
        title = name[0] != '\0' ? name : "the server refused";
    complain("%s%s%s", title, detail[0] != '\0' ? ": " : "", detail);
    print_place(cli, problem);
    print_figures(cli, problem);
    print_holders(cli, problem);
    print_seats(problem);
    print_machines(cli, problem);
    print_end(cli, problem);
    if (json_is_array(json_object_get(problem, "tried")))
        tried_print(cli, stderr, problem);
    problem_advise(name);
    if (answer->retry_after[0] != '\0')
        advise("The server asks to wait %s s.", answer->retry_after);
    if (answer->status >= 500 && value_text(problem, "request_id")[0] != '\0')
        advise("The server's log has more under the request id %s.", value_text(problem, "request_id"));
    if (cli->as_json && !cli->answered_json)
        output_json(cli, problem);
}
