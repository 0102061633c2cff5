// SPDX-License-Identifier: Apache-2.0
#include "cli/run_signals.h"

#include "cli/message.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

// Faults of this process itself, and what cannot be blocked.
static bool is_fault(int number)
{
    static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGKILL, SIGSEGV, SIGSTOP, SIGSYS, SIGTRAP};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (faults[i] == number)
            return true;
    }
    return false;
}

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void collect(sigset_t *set, const sigset_t *before)
{
    sigemptyset(set);
    for (int number = 1; number <= SIGRTMAX; number++) {
        // Those between the last named one and SIGRTMIN are the C library's own.
        bool is_internal = number > SIGSYS && number < SIGRTMIN;
        if (!is_fault(number) && !is_internal && !is_ignored(number) && sigismember(before, number) == 0)
            sigaddset(set, number);
    }
    sigaddset(set, SIGCHLD);
}

enum exit_code run_signals_open(struct run_signals *signals)
{
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &signals->before);
    // Where it is ignored, the kernel keeps no exit codes.
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &usual, &signals->child_before);
    collect(&set, &signals->before);
    signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->fd < 0) {
        complain("there is no descriptor for signals: %s", strerror(errno));
        sigaction(SIGCHLD, &signals->child_before, NULL);
        return CLI_LOCAL;
    }
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return CLI_OK;
}

void run_signals_restore(const struct run_signals *signals)
{
    sigaction(SIGCHLD, &signals->child_before, NULL);
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

void run_signals_close(struct run_signals *signals)
{
    struct run_signal left;
    while (run_signals_read(signals, &left))
        continue;
    close(signals->fd);
    run_signals_restore(signals);
}

bool run_signals_read(struct run_signals *signals, struct run_signal *ret_signal)
{
    struct signalfd_siginfo info;
    if (read(signals->fd, &info, sizeof info) != sizeof info)
        return false;
    *ret_signal = (struct run_signal){
        .number = (int)info.ssi_signo,
        .from_kernel = info.ssi_code == SI_KERNEL,
        .from = (int)info.ssi_pid,
    };
    return true;
}

bool run_signal_ends(int number)
{
    switch (number) {
    case SIGCHLD:
    case SIGCONT:
    case SIGPIPE: // of our own writing: that nobody reads what we say ends nothing
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
        return false;
    default:
        return true;
    }
}

void run_signals_stop_self(int number)
{
    sigset_t one, pending;
    sigemptyset(&pending);
    sigpending(&pending);
    // Somebody said already that it goes on: stopping now would be for ever.
    if (sigismember(&pending, SIGCONT) == 1)
        return;
    sigemptyset(&one);
    sigaddset(&one, number);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
}
