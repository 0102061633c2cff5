// SPDX-License-Identifier: Apache-2.0
//
// Who is let through: an account, those who ask for things of it, and what access says to them. The account:
//
//     AC-1 ── OG-1001 ── OG-1002          US-1 member of OG-1001, and of the project PR-2
//        │                                US-2 member of OG-1002, US-3 member of OG-1003
//        └─── OG-1003                     US-4 account_admin, US-5 org_admin, both of OG-1001; US-6 of none
#ifndef GATE_H
#define GATE_H

#include "api/access.h"
#include "api_probe.h"

struct gate {
    struct account account;
    struct probe probe;
};

// In this order in all tables of the tests: operator, account_admin, org_admin of OG-1001, the same with US-5, member
// (US-1), platform, auditor, the same with US-1.
enum { ACTORS = 8 };
extern const struct actor actors[ACTORS];
extern const struct product kre, fou;

// Setup and teardown for cmocka: *state is a struct gate. The account delegates neither dedications nor seats.
int gate_open(void **state);
int gate_close(void **state);
void gate_init(struct gate *gate, bool delegate, bool self_service);
void gate_fini(struct gate *gate);

// The session SN-`id` of KRE.
struct session_row gate_session(uint64_t id, uint64_t user, uint64_t level, uint64_t key);
// A well-formed request of the actor.
struct call *gate_ask(struct gate *gate, const char *line, const char *body, const struct actor *actor);
// y: yes; F: 403; N: 404.
char gate_judge(struct call *call, const struct account *account);

#define gate_test(name) cmocka_unit_test_setup_teardown(name, gate_open, gate_close)

#endif
