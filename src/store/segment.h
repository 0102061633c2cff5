// SPDX-License-Identifier: Apache-2.0
//
// A segment of an archive: the events of one account from one seq to another, as lines of JSON, signed.
//
//     {"usher_archive":1,"account":"AC-1","from":1,"to":500,"before":"hash","last":"hash","key":"public key"}
//     {"seq":1,"at":"…","kind":"…","subject":"…","role":"member","key":5,"user":6,"organization":0,
//      "in_organization":1001,"of_user":6,"hash":"…","data":{…}}
//
// Each event has the members that its hash covers, in one fixed form, so that it can be computed from the line alone:
// who did it is role ("" for nobody), key, user and organization; whom it concerns in_organization and of_user; data
// comes last, with the very bytes that were hashed.
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H

#include "store/driver.h"
#include "store/signing.h"

enum { SEGMENT_NAME_SIZE = 64, SEGMENT_EVENTS_MAX = 50000 };

struct segment {
    uint64_t account;
    int64_t from, to;
    unsigned char before[KEY_HASH_BYTES]; // the hash of the event before `from`
    unsigned char last[KEY_HASH_BYTES];   // the hash of `to`
    unsigned char public_key[PUBLIC_KEY_BYTES];
};

// "AC-1-000000000001-000000000500.jsonl"; such names sort in the order of the chain.
void segment_name(const struct segment *segment, char name[SEGMENT_NAME_SIZE]);
// False when the name is not one of a segment. Sets account, from and to.
bool segment_parse_name(const char *name, struct segment *ret_segment);

void segment_add_head(struct buffer *buffer, const struct segment *segment);
void segment_add_event(struct buffer *buffer, const struct history_entry *entry);

// Writes the bytes of a segment and its signature, safe against a power cut.
bool segment_write(const char *out_folder, const struct segment *segment, const struct buffer *bytes,
                   const struct signing_key *key, struct store_error *error);
// Reads a segment and checks all of it: its name, its signature by a key that lies beside it, each hash. False, with
// a sentence, when anything is wrong.
bool segment_check(const char *out_folder, const char *name, struct segment *ret_segment, struct store_error *error);

#endif
