// SPDX-License-Identifier: Apache-2.0
//
// The processor: one thread, which alone sees the accounts. It takes all calls that have queued up as one batch, finds
// out who asks, decides each in turn, commits once, and only then hands on the answers. While it waits for the disk
// the next batch gathers: group commit that sizes itself.
//
//     submit ──► queue ──► who asks? may they? ──► decide ──► commit ──► answer
//                            lists and history, once allowed: ──► read (after the commit, so that they see it)
#ifndef SERVER_PROCESSOR_H
#define SERVER_PROCESSOR_H

#include "api/call.h"
#include "server/instruments.h"
#include "server/log.h"
#include "server/service.h"

struct processor;

// A call on its way. The owner embeds or allocates it; it belongs to the processor from submit until answer or read.
struct job {
    struct call *call;
    struct job *next;
};

struct processor_options {
    struct service *service;
    struct instruments *instruments;
    const struct log *log;
    void *user;
    // Called on the processor's thread; they must not wait. `read`: the call is allowed and asks for a list.
    void (*answer)(void *user, struct job *job);
    void (*read)(void *user, struct job *job);
};

struct processor *processor_open(const struct processor_options *options);
void processor_submit(struct processor *processor, struct job *job);
// Whether the last commit was good. Any thread.
bool processor_is_ready(const struct processor *processor);
// Finishes what was submitted, writes what waits, ends the thread.
void processor_close(struct processor *processor);

#endif
