// SPDX-License-Identifier: Apache-2.0
//
// Requests as the HTTP front would hand them on, and the answers as texts.
#ifndef API_PROBE_H
#define API_PROBE_H

#include "api/call.h"
#include "unit.h"

struct probe {
    struct arena arena;
    const char *idempotency_key; // of the requests to come
    const char *content_type;
};

void probe_init(struct probe *probe);
void probe_fini(struct probe *probe);
// "POST /v1/accounts/AC-1/seats?limit=1", and a body or NULL.
struct call *probe_read(struct probe *probe, const char *line, const char *body);
struct call *probe_read_bytes(struct probe *probe, const char *line, const void *body, size_t length);
// The body of the answer, in the arena.
const char *probe_write(struct probe *probe, const struct call *call, int *ret_status);

// The request is well-formed.
void assert_reads(const struct call *call);
// It is refused: with this result, at this pointer (or "?name" for a parameter, ":name" for a header).
void assert_refused(const struct call *call, enum result result, const char *where);

#endif
