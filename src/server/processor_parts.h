// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the processor share: processor.c is the thread and its queue, round.c what it does of one batch,
// deciding.c decides one call, line.c keeps those who wait for a license, denials.c what is noted of every acquire. All
// run on its one thread.
#ifndef SERVER_PROCESSOR_PARTS_H
#define SERVER_PROCESSOR_PARTS_H

#include "server/batch.h"
#include "server/parking.h"
#include "server/processor.h"

#include <pthread.h>
#include <stdatomic.h>

enum { RETRY_AFTER_S = 1 };

struct processor {
    struct processor_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *queue, **queue_end;
    bool is_closing, is_stopping_waiting;
    atomic_bool is_ready;
    struct batch batch;
    struct parking parking;
    bool is_last;         // there is no batch after this one
    bool is_waiting_over; // nobody is let wait any more
    int64_t wrote_later_at; // when what may wait was last written
    struct job *again;      // of batches that failed, or had to leave their accounts: tried before all others
    int64_t failing_since;  // the first of the batches that have failed one after the other; 0: the last one was good
    uint64_t slack, spare;  // of ids: see agenda_settle
    struct job *(*take_late)(struct processor *processor); // what came while the batch entered; NULL: not asked for
    int64_t retry_at;       // after a batch that failed: nothing is tried unasked before
};

// ---- round.c

// The processor is zeroed memory; its queue and thread are left alone.
void round_init(struct processor *processor, const struct processor_options *options);
void round_fini(struct processor *processor);
// Decides the jobs, lets time pass, writes what waits, commits, answers. The jobs are a list by `next`, or NULL.
void round_run(struct processor *processor, struct job *jobs);
// The round before the end: writes all that waits.
void round_run_last(struct processor *processor);
// When the next round is due without a call; in milliseconds from now.
int64_t round_next_wake_ms(const struct processor *processor);

// ---- deciding.c

// Finds out who asks and whether they may, and decides. Whether the call waits in line: then its job is answered
// another time.
bool call_process(struct processor *processor, struct job *job);
// Whether the call, decided, is to be read by the readers when its batch is durable.
bool call_wants_reader(const struct call *call);
void call_refuse(struct call *call, enum result result, const char *pointer, const char *detail);
// Because the batch failed.
void call_refuse_unwritten(struct call *call);
// Because its client is gone: nobody reads the answer.
void call_refuse_gone(struct call *call);

// ---- sign_in.c

// Signing in, and accepting an invitation: nobody is known yet.
void sign_in_process(struct processor *processor, struct call *call);
// Of the actor, by the cookie it came with.
void sign_out(struct processor *processor, struct call *call);
// Whether the command can be decided: it sets no password, or that is hashed by now. False: it is to be, or the call is
// refused.
bool password_is_ready(struct call *call, const struct account *account);

// ---- denials.c

bool call_is_denial(enum result result);
// A denial extends an episode, a grant closes what the same user was denied.
void note_acquire(struct processor *processor, struct tenant *tenant, const struct command *command,
                  const struct actor *actor, const struct outcome *outcome);

// ---- line.c

// Whether the denied call waits in line from now on.
bool line_wait(struct processor *processor, struct tenant *tenant, struct job *job);
// The client of the job with this serial has hung up: it leaves the line, and may come back for a while.
void line_give_up(struct processor *processor, uint64_t serial);
// After the commit: those who were served while others were decided.
void line_answer_served(struct processor *processor);
// After a commit of which nobody knows: those who were served in it and have an Idempotency-Key are not let wait on,
// lest they are granted twice. Asked again, they get what was granted, or wait on as old as they were.
void line_answer_uncertain(struct processor *processor);
// Notes them, before the commit: in a shared store what is noted is written with it.
void line_note_served(struct processor *processor);
// Those that wait here and are not in line any more by what other servers did.
void line_answer_told(struct processor *processor);
// After a batch that failed: who joined in it is not in the line. Their jobs, by `next`.
struct job *line_take_back_joined(struct processor *processor);
// Answers all that wait, as unavailable; nobody waits any more.
void line_end(struct processor *processor);

#endif
