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

#include <stdatomic.h>

struct processor;

enum { JOB_ACCOUNTS_MAX = 2 }; // the asking key's, and the one in the path

// A call on its way. The owner embeds or allocates it; it belongs to the processor from submit until answer or read.
struct job {
    struct call *call;
    struct job *next;
    uint64_t serial; // the owner's, of this request alone; by it a waiting call is given up
    atomic_bool is_gone; // its client has hung up; set by the owner before it is given up
    int64_t failed_at; // when a batch with it failed for the first time; 0: none has
    uint64_t accounts[JOB_ACCOUNTS_MAX]; // that it is about; 0: none. In a shared store a batch must have them
    bool is_look;      // not a call, but the message that the first of them is to be looked at
    bool is_giving_up; // not a call, but the message that the one with this serial has hung up
};

struct processor_options {
    struct service *service;
    struct instruments *instruments;
    const struct log *log;
    void *user;
    // Called on the processor's thread; they must not wait. `read`: the call asks for a list, or why a seat is gone.
    void (*answer)(void *user, struct job *job);
    void (*read)(void *user, struct job *job);
    // Its password is to be hashed (call->password); then it is submitted again.
    void (*hash)(void *user, struct job *job);
};

struct processor *processor_open(const struct processor_options *options);
void processor_submit(struct processor *processor, struct job *job);
// The client of the call with this serial has hung up: if it waits in line, it is answered at once, for nobody. It may
// not have been submitted yet: job.is_gone tells when it is.
void processor_give_up(struct processor *processor, uint64_t serial);
// The account is to be looked at: in a shared store something has become due, or another server says so.
void processor_look(struct processor *processor, uint64_t account);
// Answers all that wait in line, as unavailable: the service is about to stop. New ones do not wait any more.
void processor_stop_waiting(struct processor *processor);
// Whether the last commit was good. Any thread.
bool processor_is_ready(const struct processor *processor);
// Finishes what was submitted, writes what waits, ends the thread.
void processor_close(struct processor *processor);

#endif
