// SPDX-License-Identifier: Apache-2.0
//
// Leases without a network. The server of most tests is the test itself: it signs what a server would sign, and what no
// server would, and the proxy of run.py gives its answers out.
#ifndef TESTS_CLIENT_LENDER_H
#define TESTS_CLIENT_LENDER_H

#include "world.h"

#include <sodium.h>
#include <stdbool.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

// A server's signing key.
struct signer {
    unsigned char public_key[crypto_sign_PUBLICKEYBYTES];
    unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
    char kid[17];
    char text[64]; // the public key, as it is published
};

// The server that lends, and the machine that borrows: its store knows the signer's key.
struct lender {
    struct signer signer;
    char fingerprint[40]; // of this machine
    char folder[256];     // of the store
    struct usher_store *store;
};

// Setup and teardown for cmocka: *state is a struct lender.
int lender_open(void **state);
int lender_close(void **state);

#define lender_test(name) cmocka_unit_test_setup_teardown(name, lender_open, lender_close)

// ---- The server

struct facts {
    const char *id;
    const char *product;
    const char *machine;
    int64_t starts_s; // from now
    int64_t ends_s;
};

void make_signer(struct signer *made);
void sign_payload(const struct signer *with, const char *payload, char token[2048]);
void sign(const struct signer *with, struct facts facts, char token[2048]);
// SN-7 of KRE, for this machine, from an hour ago until tomorrow.
void sign_good(const struct lender *lender, char token[2048]);
// The keys that it tells of; `second` may be NULL.
void publish(const struct signer *first, const struct signer *second);
struct usher *open_canned(void);

// ---- The machine

// What verifying the token comes to.
void expect(const struct lender *lender, enum usher_code code, const char *token);
void write_file(const struct lender *lender, const char *name, const char *text);
// Whether there is a file in the folder whose name begins so.
bool has_file(const struct lender *lender, const char *before);

#endif
