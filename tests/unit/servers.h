// SPDX-License-Identifier: Apache-2.0
//
// Several servers on one store, for tests of what they share. Each is a processor's round over the shared memory twin,
// without threads and sockets; the clock is the test's, and clock_wall_ms tells it.
#ifndef SERVERS_H
#define SERVERS_H

#include "unit.h"

#include "server/processor_parts.h"

enum { NODES = 3 };

struct node {
    struct store *store;
    struct service service;
    struct instruments instruments;
    struct processor processor;
    uint64_t serial;
};

// A request, and what became of it.
struct sent {
    struct job job; // first
    struct call call;
    struct arena arena;
    bool is_answered;
};

struct world {
    struct node nodes[NODES];
    struct sent asks[200];
    size_t count;
};

// A server that begins; `with` is another's store, or NULL.
void open_node(struct node *node, struct store *with);
// As a process that is gone: what it had in memory is.
void drop_node(struct node *node);
// Setup and teardown for cmocka: *state is a struct world with an account, AC-1, which has two licenses of KRE and a
// user; each was made at another node.
int open_world(void **state);
int close_world(void **state);

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

// Time goes on, or back; nobody is gone because of it.
void pass(struct world *world, int64_t seconds);
// A round of the node with these jobs, or NULL; then its accounts are checked.
void run(struct world *world, int node, struct job *jobs);

// A request in the account, or NULL; what it is about is to be filled in, and then it is to be run.
struct sent *new_ask(struct world *world, const char *account);
// These run, and return the request.
struct sent *ask_command(struct world *world, int node, const struct command *command, const char *key);
struct sent *acquire(struct world *world, int node, int64_t wait_s, const char *key);
struct sent *act(struct world *world, int node, enum command_kind kind, uint64_t id);
void make_account(struct world *world, int node, uint64_t id);
// The node looks at the account, as when another has told it to.
void look(struct world *world, int node);
void hang_up(struct world *world, int node, const struct sent *ask);

// It was answered, and is no refusal.
const struct outcome *good(const struct sent *ask);
// The id of what it made.
uint64_t id_of(const struct sent *ask);

#endif
