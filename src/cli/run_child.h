// SPDX-License-Identifier: Apache-2.0
//
// The command of `usher run`: started, watched, and not left behind.
//
// If usher run is killed with SIGKILL, nothing can be done any more, so it is the kernel that is told beforehand to
// kill the command (PR_SET_PDEATHSIG). It does so when the thread ends that forked, so that is the main thread, which
// lives as long as the process. A program that changes its user (setuid) is exempt from that, and so are the command's
// own children: that it takes nothing but itself along is all that can be had of a process that is gone. As long as we
// are there, none of them is forgotten (run_orphans.c).
#ifndef CLI_RUN_CHILD_H
#define CLI_RUN_CHILD_H

#include "cli/cli.h"
#include "cli/run_signals.h"

#include <sys/types.h>

enum { RUN_FILES_MAX = 1024 };

// The descriptors that we were given, which are the command's, too. All others, those that libcurl opens without
// saying so included, are ours.
struct run_files {
    bool given[RUN_FILES_MAX];
};

struct run_command {
    char **words;      // ended by NULL
    bool may_outlive;  // --keep-child
    bool keeps_key;    // --pass-key
    struct run_files files;
    const char *names[3], *values[3]; // added to the environment; NULL: taken out
};

struct run_child {
    pid_t pid;
    bool is_running;
    bool is_stopped;
    int stopped_by; // the signal
    int status;     // once it is not running: the exit code, or 128 and the signal
    bool was_interrupted; // it died of SIGINT
};

// To be called before anything is opened.
void run_files_note(struct run_files *files);
// Finds the program, before a license is taken for it. RUN_NOT_EXECUTABLE or RUN_NO_SUCH_COMMAND when there is none.
enum exit_code run_child_find(struct arena *arena, const char *name) MUST_USE;
// The same codes, CLI_LOCAL where there is no process to be had.
enum exit_code run_child_start(struct cli *cli, const struct run_signals *signals, const struct run_command *command,
                               struct run_child *ret_child) MUST_USE;
// Takes in what became of it. True when it has ended or stopped since.
bool run_child_look(struct run_child *child);
// Nothing when it has ended.
void run_child_send(const struct run_child *child, int signal);

// run_orphans.c
// From now on, what the command leaves behind is ours.
void run_orphans_adopt(void);
// Sends the signal to every child that we have. How many there were.
size_t run_orphans_send(int signal);

#endif
