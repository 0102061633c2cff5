// SPDX-License-Identifier: Apache-2.0
//
// A proxy between a store and the test's PostgreSQL that fails on demand, once: at the next commit that comes by.
#ifndef STORE_TEST_POSTGRES_PROXY_H
#define STORE_TEST_POSTGRES_PROXY_H

enum proxy_fault {
    PROXY_PASSES,
    PROXY_CUTS_BEFORE, // the database never hears of the commit, and both sides lose the connection
    PROXY_CUTS_BEHIND, // the commit is passed on and both lose the connection at once: it may happen or not
    PROXY_CUTS_AFTER,  // the commit has happened, and its answer is lost with the connection
    PROXY_EATS,        // neither the commit nor anything after it gets through, and nobody is told
    PROXY_EATS_ANSWER, // the commit happens; the answer, and all after it, does not get through
};

struct proxy;

// In front of the server that the URI of postgres_empty names.
struct proxy *proxy_open(const char *uri);
void proxy_close(struct proxy *proxy);
// Like the server's own, by way of the proxy.
const char *proxy_uri(const struct proxy *proxy);
void proxy_set(struct proxy *proxy, enum proxy_fault fault);
// Nobody gets through any more, old or new, until it passes again.
void proxy_shut(struct proxy *proxy, int is_shut);

#endif
