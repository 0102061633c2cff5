// SPDX-License-Identifier: Apache-2.0
//
// What happens to the license while the command runs, and what of it ends the command.
//
// While the server is away nothing does: no lease runs out as long as its service is down, and the library goes on
// asking. A lease that ran out (after a suspend, or when the network was cut) is replaced by another, in line if need
// be, and the command goes on meanwhile. One that was ended by somebody, or a key that does not count any more, is a
// loss: --on-loss decides.
#include "cli/message.h"
#include "cli/run.h"
#include "cli/value.h"

#include <string.h>

enum { GRACE_MS = 10000, LEAVE_MS = 5000, WAIT_MAX_S = 31536000 };

static const char *span(struct run *run, double span_s)
{
    return value_span(&run->cli->arena, (int64_t)(span_s + 0.5));
}

void run_lost(struct run *run, double left_s)
{
    int64_t now = run_now();
    switch (run->plan->on_loss) {
    case ON_LOSS_AT_END:
        if (left_s > 0)
            advise("The command goes on for %s, until the lease's end, and is ended then.", span(run, left_s));
        run->term_at = now + (int64_t)(left_s * 1000);
        break;
    case ON_LOSS_CONTINUE:
        advise("The command goes on without a license.");
        break;
    case ON_LOSS_TERM:
        run->term_at = now;
        break;
    case ON_LOSS_KILL:
        run->kill_at = now;
        break;
    }
}

void run_end_command(struct run *run, int64_t now)
{
    if (run->term_at <= now) {
        advise("The command is ended (SIGTERM; SIGKILL in %d s).", GRACE_MS / 1000);
        run->term_at = INT64_MAX;
        run->kill_at = now + GRACE_MS;
        run->ended_with = SIGTERM;
        run_child_send(&run->child, SIGTERM);
        // A stopped one would not hear of it.
        run_child_send(&run->child, SIGCONT);
    }
    if (run->kill_at <= now) {
        advise("The command is killed.");
        run->kill_at = INT64_MAX;
        run->leave_at = now + LEAVE_MS;
        run->ended_with = SIGKILL;
        run_child_send(&run->child, SIGKILL);
        run_orphans_send(SIGKILL);
    }
}

bool run_is_all_over(struct run *run, int64_t now)
{
    if (run->child.is_running)
        return false;
    return run->ended_with == 0 || run->leave_at <= now || run_orphans_send(run->ended_with) == 0;
}

static void retake(struct run *run)
{
    const struct run_plan *plan = run->plan;
    int64_t wait_s = plan->wait_s > plan->ttl_s ? plan->wait_s : plan->ttl_s;
    if (plan->on_loss == ON_LOSS_CONTINUE)
        wait_s = WAIT_MAX_S;
    run->is_retaking = true;
    license_take(&run->license, run_request(plan, wait_s), true);
}

// Nobody has ended it: its time was up, or the server (restored from a backup, perhaps) does not know it.
static bool ran_out(const struct usher_session_info *info, const struct usher_error *error)
{
    if (error->code != USHER_ENDED)
        return error->code == USHER_NOT_FOUND;
    return strcmp(error->reason, "expired") == 0 || (error->reason[0] == '\0' && info->remaining_s <= 0);
}

static void tell_lost(struct run *run, const struct usher_session_info *info, const struct usher_error *error)
{
    if (ran_out(info, error)) {
        complain("the lease of %s ran out: another license is taken, and the command goes on", info->id);
        retake(run);
        return;
    }
    if (error->code == USHER_ENDED)
        complain("the license is lost: %s was ended%s%s", info->id, error->reason[0] != '\0' ? ": " : "",
                 error->reason);
    else
        complain("the license is lost: %s", error->detail);
    run_lost(run, info->remaining_s);
}

void run_license_changed(struct run *run, const struct usher_session_info *info, const struct usher_error *error)
{
    switch (info->state) {
    case USHER_AWAY:
        run->told = true;
        complain("the server does not answer: %s", error->detail);
        advise("The license is held for another %s, and the command goes on.", span(run, info->remaining_s));
        break;
    case USHER_OVERDUE:
        run->told = true;
        complain("the server has not answered until the lease's end: the command goes on, and the server is asked on");
        break;
    case USHER_ACTIVE:
        if (run->told)
            complain("the server answers again: %s goes on", info->id);
        run->told = false;
        break;
    case USHER_LOST:
        tell_lost(run, info, error);
        break;
    case USHER_RELEASED:
        break;
    }
}

void run_retaken(struct run *run)
{
    struct usher_session_info info;
    run->is_retaking = false;
    if (run->license.session != NULL && usher_session_read(run->license.session, &info) == USHER_OK) {
        complain("another license was granted: %s, from %s", info.id, info.level);
        run->told = false;
        return;
    }
    complain("the license is lost, and there is no other: %s", run->license.error.detail);
    run_lost(run, 0);
}
