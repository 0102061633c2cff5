// SPDX-License-Identifier: Apache-2.0
//
// How `usher run` goes from one stage to the next.
#include "cli/library.h"
#include "cli/message.h"
#include "cli/run.h"

#include <string.h>

void run_give_back(struct run *run)
{
    run->stage = RUN_GIVING_BACK;
    run->tell_at = run->check_at = run->term_at = run->kill_at = run->leave_at = INT64_MAX;
    if (run->plan->offline)
        run->stage = RUN_OVER;
    else if (run->license.is_busy)
        license_cancel(&run->license);
    else
        license_give_back(&run->license);
}

void run_start(struct run *run, const char *session, const char *level, const char *via)
{
    struct run_command command = run->plan->command;
    const char *values[] = {session, level, via};
    memcpy(command.values, values, sizeof values);
    run->tell_at = INT64_MAX;
    run->told = false;
    run->code = run_child_start(run->cli, &run->signals, &command, &run->child);
    run->has_run = run->code == CLI_OK;
    run->stage = RUN_RUNNING;
    if (!run->has_run)
        run_give_back(run);
}

static void taken(struct run *run)
{
    struct usher_session_info info;
    struct license *license = &run->license;
    if (license->session == NULL) {
        run->why = license->error;
        run->denial = library_denial(run->cli, usher_request_denial(license->request));
        run->code = license->error.code == USHER_DENIED ? RUN_NO_LICENSE : RUN_NOT_STARTED;
        run_give_back(run);
    } else if (run->given_up != 0 || usher_session_read(license->session, &info) != USHER_OK) {
        run_give_back(run);
    } else {
        if (run->told)
            complain("license granted: %s, from %s", info.id, info.level);
        run_start(run, info.id, info.level, info.via);
    }
}

static void given_back(struct run *run)
{
    const struct usher_error *error = &run->license.error;
    run->stage = RUN_OVER;
    if (error->code == USHER_OK)
        return;
    complain("the license could not be given back: %s", error->detail);
    advise("It is free when its lease ends.");
}

void run_attend_license(struct run *run)
{
    struct usher_session_info info;
    struct usher_error error;
    enum license_event event = license_next(&run->license, &info, &error);
    if (event == LICENSE_CHANGED && run->stage == RUN_RUNNING)
        run_license_changed(run, &info, &error);
    if (event != LICENSE_DONE)
        return;
    if (run->stage == RUN_TAKING)
        taken(run);
    else if (run->is_retaking && run->stage == RUN_RUNNING)
        run_retaken(run);
    else if (run->license.usher != NULL)
        license_give_back(&run->license); // what was under way when the command ended was cut short
    else
        given_back(run);
    // There may be news behind it.
    if (run->stage == RUN_RUNNING)
        run_attend_license(run);
}
