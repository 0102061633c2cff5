// SPDX-License-Identifier: Apache-2.0
//
// Argon2id takes a twentieth of a second of a core, and 64 MiB: that is what it is for. So it has a thread of its own,
// which gives way to all others, and a line in front of it that ends: whoever comes when it is full is told to come
// again. However many try to sign in at once, sessions are served as before. Who is trusted (call->password) has a line
// of its own, and goes first: a flood of strangers keeps nobody out who has signed in from there before.
#ifndef SERVER_HASHERS_H
#define SERVER_HASHERS_H

#include "server/processor.h"

enum { HASHERS_LINE_MAX = 24, HASHERS_TRUSTED_MAX = 8 };

struct hashers;

// `done`: called on the hashers' thread when the job's call->password is PASSWORD_HASHED.
struct hashers *hashers_open(void (*done)(void *user, struct job *job), void *user);
// Takes over the job until `done`. False: the line is full, and the job stays the caller's. Must not wait.
bool hashers_submit(struct hashers *hashers, struct job *job);
// All jobs must be done. NULL is taken.
void hashers_close(struct hashers *hashers);

// The hash of a password, in the arena; NULL: there is not enough memory for it now.
const char *password_hash(struct arena *arena, const char *password);

#endif
