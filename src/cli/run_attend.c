// SPDX-License-Identifier: Apache-2.0
//
// What `usher run` does about a signal, in each stage; run_signals.h tells why.
#include "cli/run.h"

#include <unistd.h>

static bool is_in_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp() || tcgetpgrp(STDERR_FILENO) == getpgrp();
}

// A shell's job control has stopped the command, and waits for us to stop, too; unlike a debugger.
static bool is_for_us(int stopped_by)
{
    return stopped_by == SIGTSTP || stopped_by == SIGTTIN || stopped_by == SIGTTOU || is_in_foreground();
}

static void on_child(struct run *run)
{
    bool changed = run_child_look(&run->child);
    int by = run->child.stopped_by;
    if (run->stage != RUN_RUNNING)
        return;
    if (run_is_all_over(run, run_now()))
        run_give_back(run);
    else if (changed && run->child.is_stopped && is_for_us(by))
        run_signals_stop_self(by == SIGSTOP ? SIGTSTP : by);
}

static void on_signal_running(struct run *run, const struct run_signal *signal)
{
    bool is_stop = signal->number == SIGTSTP || signal->number == SIGTTIN || signal->number == SIGTTOU;
    run->interrupted = run->interrupted || (signal->number == SIGINT && signal->from_kernel);
    if (signal->number == SIGPIPE || (is_stop && signal->from_kernel) || signal->from == run->child.pid)
        return;
    // The terminal has sent it to the command as well. To go on, told twice, is to go on.
    if (!signal->from_kernel || signal->number == SIGCONT)
        run_child_send(&run->child, signal->number);
}

void run_attend_signal(struct run *run, const struct run_signal *signal)
{
    if (signal->number == SIGCHLD) {
        on_child(run);
    } else if (run->stage == RUN_RUNNING) {
        on_signal_running(run, signal);
    } else if (run->stage == RUN_TAKING) {
        if (run_signal_ends(signal->number)) {
            run->given_up = run->given_up != 0 ? run->given_up : signal->number;
            license_cancel(&run->license);
        } else if (signal->number == SIGTSTP || signal->number == SIGTTIN || signal->number == SIGTTOU) {
            run_signals_stop_self(signal->number);
        }
    }
    // While giving back, which ends by itself within seconds, nothing is cut short.
}
