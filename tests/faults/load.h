// SPDX-License-Identifier: Apache-2.0
//
// What is written while the disk fails: transactions of random facts of every kind, with all that a batch of the server
// writes beside them: numbers, kept answers, episodes of denials, the operator's key. They come from the tables of rows
// and facts, so a kind that is added there is in here by itself.
//
// The same seed gives the same transactions. Each is given to the store under test, and, once it is known to be kept,
// to the memory twin: what a store holds after any of them is what the twin held.
#ifndef FAULTS_LOAD_H
#define FAULTS_LOAD_H

#include "disk.h"
#include "store/store.h"

enum { LOAD_ACCOUNTS = 3, LOAD_ANSWERS = 12, LOAD_KEY = 5 };

struct load;
struct transaction;

struct load *load_new(uint64_t seed);
void load_free(struct load *load);
// The next one. It builds on those before: they must come to be, in their order, or the rows do not fit.
const struct transaction *load_next(struct load *load);
// Begins, writes and commits; on trouble rolls back. STORE_OK: acknowledged.
enum store_status transaction_write(const struct transaction *transaction, struct store *store,
                                    struct store_error *error);
// Begins, writes, and rolls back.
void transaction_try(const struct transaction *transaction, struct store *store);
// Adds which kinds of facts there were among the transactions so far.
void load_add_kinds(const struct load *load, bool met[FACT_KIND_COUNT]);
// The products that rows name.
const struct product *load_find_product(void *arg, const char *code);
// The idempotency key of an answer, and a moment at which all kept ones still live.
void load_answer_key(int number, char key[16]);
int64_t load_moment(void);

#endif
