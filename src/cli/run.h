// SPDX-License-Identifier: Apache-2.0
//
// `usher run`: a command that lives as long as it holds a license, and a license that lives as long as its command.
//
//   TAKING ──granted──► RUNNING ──the command has ended──► GIVING_BACK ──► over
//      └────────denied, failed, or a signal said to end───────┘
//
// One thread, the main one, waits for signals, for the license and for the clock, and acts on each here.
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/cli.h"
#include "cli/run_child.h"
#include "cli/run_license.h"
#include "cli/run_lease.h"

enum on_loss {
    ON_LOSS_AT_END, // warn, and end the command at the lease's end
    ON_LOSS_CONTINUE,
    ON_LOSS_TERM,
    ON_LOSS_KILL,
};

struct run_plan {
    const char *product;
    const json_t *request; // by ids
    int64_t ttl_s;
    int64_t wait_s;
    enum on_loss on_loss;
    bool offline; // with a borrowed lease, without the server
    struct run_command command;
};

enum run_stage { RUN_TAKING, RUN_RUNNING, RUN_GIVING_BACK, RUN_OVER };

struct run {
    struct cli *cli;
    const struct run_plan *plan;
    enum run_stage stage;
    struct run_signals signals;
    struct license license;   // unless offline
    struct run_lease lease;   // offline
    struct run_child child;
    int timer;
    // Moments on CLOCK_BOOTTIME in milliseconds; INT64_MAX: never.
    int64_t tell_at;  // to say that we are waiting
    int64_t check_at; // to look at the lease again
    int64_t term_at;
    int64_t kill_at;
    int64_t leave_at; // when what cannot even be killed is left behind
    bool told;          // that we are waiting, or that the server is away
    bool has_run;       // the command did start
    bool is_retaking;   // a license in place of one that ran out
    int ended_with;     // the last signal with which we end the command, for the license was lost; 0: none
    int given_up;       // the signal that came before the command ran
    bool interrupted;   // the terminal has sent SIGINT
    enum exit_code code;    // when the command did not start: why
    struct usher_error why; // its error, unless it was told
    json_t *denial;
};

// The exit status of `usher run`: the command's own, or one of RUN_. Does not come back when it is to die of SIGINT.
int run_all(struct cli *cli, const struct run_plan *plan) MUST_USE;

// run_stage.c
// Starts the command, under this session.
void run_start(struct run *run, const char *session, const char *level, const char *via);
// The last stage: the license goes back, and what is under way is cut short.
void run_give_back(struct run *run);
// Takes in what is new of the license.
void run_attend_license(struct run *run);

// run_attend.c
void run_attend_signal(struct run *run, const struct run_signal *signal);

// run_loss.c
// The license's state has changed.
void run_license_changed(struct run *run, const struct usher_session_info *info, const struct usher_error *error);
// The license that was to be had in place of one that ran out is there, or is not.
void run_retaken(struct run *run);
// The license counts no more; its lease would have run for so long.
void run_lost(struct run *run, double left_s);
// Ends the command when its time has come.
void run_end_command(struct run *run, int64_t now);
// Whether the command has ended, and, where we ended it, nothing is left of it. Reaches for what it left behind.
bool run_is_all_over(struct run *run, int64_t now);

struct usher_request *run_request(const struct run_plan *plan, int64_t wait_s);
int64_t run_now(void);

#endif
