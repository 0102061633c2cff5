// SPDX-License-Identifier: Apache-2.0
//
// What a job of the keeper asks, and what the answers mean for it. All of it runs on the keeper's thread.
#ifndef CLIENT_JOB_H
#define CLIENT_JOB_H

#include "client/answer.h"
#include "client/keeper.h"

// A change of state to be told once the mutex is free.
struct news {
    struct usher_session *session; // NULL: none
    struct usher_session_info info;
    struct usher_error error;
};

// Prepares job->exchange; false when memory is out.
bool job_ask(struct usher *usher, struct job *job);
// What the job is to do next after this answer; *json is the answer's object or NULL. With the mutex held. False when
// the job is done.
bool job_answered(struct job *job, enum verdict verdict, const json_t *json, const struct usher_error *error,
                  struct news *news);
// The lease's end has come without an answer. With the mutex held.
void job_overdue(struct job *job, struct news *news);
// Nobody holds it any more. False when there is nothing left to do.
bool job_leave(struct job *job);

#endif
