// SPDX-License-Identifier: Apache-2.0
#include "cli/run.h"

#include "cli/library.h"
#include "cli/message.h"
#include "cli/value.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { TELL_MS = 1000 };

int64_t run_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

struct usher_request *run_request(const struct run_plan *plan, int64_t wait_s)
{
    struct usher_request *request = library_request(plan->request);
    usher_request_set_ttl(request, plan->ttl_s);
    usher_request_set_wait(request, wait_s);
    return request;
}

// ---- The clock

static void on_time(struct run *run)
{
    int64_t now = run_now();
    const struct run_plan *plan = run->plan;
    if (run->tell_at <= now) {
        run->tell_at = INT64_MAX;
        run->told = true;
        int64_t most_s = plan->wait_s > 0 ? plan->wait_s : run->cli->settings.timeout_s;
        complain("waiting for a license of %s, for up to %s", plan->product,
                 value_span(&run->cli->arena, most_s));
    }
    if (run->check_at <= now) {
        double next_s;
        run->check_at = INT64_MAX;
        if (run_lease_check(&run->lease, &next_s, &run->why) == USHER_OK) {
            run->check_at = now + (int64_t)(next_s * 1000) + 1;
        } else {
            complain("the license is lost: %s", run->why.detail);
            run_lost(run, 0);
        }
    }
    if (run->stage != RUN_RUNNING)
        return;
    run_end_command(run, now);
    if (run->leave_at <= now)
        run_give_back(run);
}

static void set_timer(struct run *run)
{
    int64_t at = run->tell_at;
    at = run->check_at < at ? run->check_at : at;
    at = run->term_at < at ? run->term_at : at;
    at = run->kill_at < at ? run->kill_at : at;
    at = run->leave_at < at ? run->leave_at : at;
    struct itimerspec when = {0};
    if (at != INT64_MAX) {
        when.it_value.tv_sec = at / 1000;
        when.it_value.tv_nsec = at % 1000 * 1000000 + 1;
    }
    timerfd_settime(run->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

// ---- All of it

static void turn(struct run *run)
{
    struct pollfd sources[] = {
        {.fd = run->signals.fd, .events = POLLIN},
        {.fd = run->timer, .events = POLLIN},
        {.fd = run->plan->offline ? -1 : run->license.fd, .events = POLLIN},
    };
    struct run_signal signal;
    set_timer(run);
    poll(sources, sizeof sources / sizeof sources[0], -1);
    while (run_signals_read(&run->signals, &signal))
        run_attend_signal(run, &signal);
    if (sources[2].revents != 0)
        run_attend_license(run);
    on_time(run);
}

static enum exit_code begin_online(struct run *run)
{
    struct usher *usher;
    enum exit_code code = library_open(run->cli, &usher);
    if (code == CLI_OK)
        code = license_open(&run->license, usher);
    if (code != CLI_OK)
        return code;
    run->tell_at = run_now() + TELL_MS;
    license_take(&run->license, run_request(run->plan, run->plan->wait_s), false);
    return CLI_OK;
}

static enum exit_code begin_offline(struct run *run)
{
    if (run_lease_open(&run->lease, run->plan->product, &run->why) != USHER_OK) {
        run->code = RUN_NO_LICENSE;
        run->stage = RUN_OVER;
        return CLI_OK;
    }
    run->check_at = run_now();
    run_start(run, run->lease.lease.id, NULL, NULL);
    return CLI_OK;
}

// What is wrong with usher run must not look like a code of the command.
static int not_started(enum exit_code code)
{
    return code >= RUN_NO_LICENSE ? (int)code : RUN_NOT_STARTED;
}

static int end_status(struct run *run)
{
    if (run->ended_with != 0)
        return RUN_LICENSE_LOST;
    if (run->has_run)
        return run->child.status;
    if (run->given_up != 0)
        return 128 + run->given_up;
    if (run->why.code != USHER_OK)
        (void)library_explain(run->cli, &run->why, run->denial);
    return not_started(run->code);
}

// A shell that runs a script stops it at ^C only when the program that it waits for died of SIGINT, too.
static void die_interrupted(const struct run *run)
{
    bool both = run->interrupted && run->has_run && run->ended_with == 0 && run->child.was_interrupted;
    if (!both && (run->has_run || run->given_up != SIGINT))
        return;
    signal(SIGINT, SIG_DFL);
    raise(SIGINT);
}

static enum exit_code run_stages(struct run *run)
{
    enum exit_code code = run->plan->offline ? begin_offline(run) : begin_online(run);
    if (code != CLI_OK)
        return code;
    while (run->stage != RUN_OVER)
        turn(run);
    if (run->plan->offline)
        run_lease_close(&run->lease);
    else
        license_close(&run->license);
    return CLI_OK;
}

int run_all(struct cli *cli, const struct run_plan *plan)
{
    struct run run = {
        .cli = cli,
        .plan = plan,
        .timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK),
        .tell_at = INT64_MAX,
        .check_at = INT64_MAX,
        .term_at = INT64_MAX,
        .kill_at = INT64_MAX,
        .leave_at = INT64_MAX,
    };
    if (run.timer < 0) {
        complain("there is no timer to be had: %s", strerror(errno));
        return RUN_NOT_STARTED;
    }
    enum exit_code code = run_signals_open(&run.signals);
    if (code == CLI_OK) {
        code = run_stages(&run);
        run_signals_close(&run.signals);
    }
    close(run.timer);
    // From here on nothing is held, and a signal does what it always does.
    int status = code == CLI_OK ? end_status(&run) : not_started(code);
    die_interrupted(&run);
    return status;
}
