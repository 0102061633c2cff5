// SPDX-License-Identifier: Apache-2.0
//
// Signals of `usher run`. It stands in the same process group as its command, so that the terminal, the shell's job
// control and everybody who signals the group reach both at once, as if the command had been started by itself.
//
//   sent by                              reaches                what is done here
//   the terminal (^C, ^\, ^Z, its end,   both, by the kernel    nothing: passed on, it would reach the command twice
//     another size)
//   kill and the like, to us             us alone               passed on
//   kill and the like, to the group      both                   passed on: it cannot be told from the line above
//   the command's own stop (^Z, TTIN)    us, as SIGCHLD         we stop, too, so that the shell takes over; a stopped
//                                                               job sends no heartbeats, and takes another license
//                                                               when it goes on after its lease's end
//   SIGKILL to us                        us alone               the kernel kills the command (run_child.h)
//
// All signals are blocked and read from a descriptor, so that there is one place and one moment to act on them. Those
// that were ignored or blocked when we were started are left as they were, for the command as well: under nohup a
// hang-up reaches neither.
#ifndef CLI_RUN_SIGNALS_H
#define CLI_RUN_SIGNALS_H

#include "cli/exit_code.h"

#include <signal.h>
#include <stdbool.h>

struct run_signals {
    int fd; // readable when there is one
    sigset_t before;
    struct sigaction child_before;
};

struct run_signal {
    int number;
    bool from_kernel; // from the terminal, mostly: the whole process group has it
    int from;         // else the process that sent it
};

enum exit_code run_signals_open(struct run_signals *signals) MUST_USE;
// Everything as it was; what came meanwhile and was not read is forgotten.
void run_signals_close(struct run_signals *signals);
// In the child, before exec.
void run_signals_restore(const struct run_signals *signals);
// False: there is none now.
bool run_signals_read(struct run_signals *signals, struct run_signal *ret_signal);
// True when the default action would end a process.
bool run_signal_ends(int number);
// Stops this process by the default action of the signal, until it is continued.
void run_signals_stop_self(int number);

#endif
