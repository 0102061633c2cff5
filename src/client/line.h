// SPDX-License-Identifier: Apache-2.0
//
// A line: what a thread borrows to send requests on and to wait for the answers itself. Idle ones keep their
// connection for the next call.
#ifndef CLIENT_LINE_H
#define CLIENT_LINE_H

#include "client/exchange.h"
#include "client/request.h"

struct line {
    struct line *next;
    CURLM *multi;
    struct exchange exchange;
};

// NULL when memory is out.
struct line *line_take(struct usher *usher);
// Takes NULL, too.
void line_give(struct usher *usher, struct line *line);
void lines_fini(struct usher *usher);

enum line_end { LINE_DONE, LINE_CANCELLED, LINE_MEMORY };

// Sends and waits; with LINE_DONE the answer, or what came in its place, stands in line->exchange. `request` may be
// NULL: then nobody can cancel.
enum line_end line_send(struct line *line, struct usher *usher, const struct ask *ask,
                        const struct usher_request *request);

#endif
