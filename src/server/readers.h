// SPDX-License-Identifier: Apache-2.0
//
// Readers: a few threads that answer lists and history from the store, and one that makes backups, so that neither
// holds up the processor, nor a long backup the lists.
#ifndef SERVER_READERS_H
#define SERVER_READERS_H

#include "server/processor.h"

struct readers;

struct readers_options {
    struct store *store;
    const char *folder; // where backups are made before they are sent
    unsigned threads;
    const struct log *log;
    void *user;
    void (*answer)(void *user, struct job *job); // on a reader's thread; must not wait
    // The copy is ready: the descriptor, of which the file is gone already, passes to the callee.
    void (*answer_file)(void *user, struct job *job, int file, uint64_t length);
};

// NULL: a reader could not be opened; a sentence is in `error`.
struct readers *readers_open(const struct readers_options *options, struct store_error *error);
void readers_submit(struct readers *readers, struct job *job);
// Answers what was submitted, then ends the threads. NULL is taken.
void readers_close(struct readers *readers);

#endif
