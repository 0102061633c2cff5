// SPDX-License-Identifier: Apache-2.0
//
// The history: how a fact becomes an event, and what its hash covers. An event tells what happened in the words of
// the API, so that people and programs can read it wherever it lies: in the table, in an answer, in an archive.
//
//     kind     "session.acquired"
//     subject  "SN-12": the id of the row, or its ids joined by "/"
//     data     {"before": row, "after": row, "reason": text}; a row has its members as the API shows them, without
//              those that are null
//
// The hash of an event is BLAKE2b-256 over the hash of the event before (zeros for the first) and its own values in
// the order of struct history_entry: numbers as 8 bytes, lowest first; texts as their length, then their bytes.
// Each value has its length, so no two different events are the same bytes.
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "base/buffer.h"
#include "store/store.h"

struct history_entry {
    uint64_t account;
    struct event event;
    uint64_t organization; // that it concerns; 0: none, or the account
    uint64_t user;         // whom it concerns; 0: nobody
};

void history_add_subject(struct buffer *buffer, uint64_t account, enum row_kind kind, const void *row);
void history_add_data(struct buffer *buffer, uint64_t account, const struct fact *fact);
// Whom a row concerns; 0: none. A membership's organization is its project's, which the row does not tell.
uint64_t history_organization(enum row_kind kind, const void *row);
uint64_t history_user(enum row_kind kind, const void *row);

// Writes entry->event.hash. `scratch` is overwritten.
void history_hash(const unsigned char before[KEY_HASH_BYTES], struct history_entry *entry, struct buffer *scratch);

#endif
