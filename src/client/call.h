// SPDX-License-Identifier: Apache-2.0
//
// A request sent until there is an answer, or until the time is up.
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/answer.h"
#include "client/request.h"

// How long to go on, and how often it has failed by now.
struct patience {
    const struct usher_request *request; // who cancels; NULL: nobody
    int64_t deadline_at;
    int failures; // in a row
};

// How long the next try may take: never less than a second.
int64_t patience_try_ms(const struct patience *patience);
// Pauses after a failure, as long as the error says or as the failures so far ask for. False when there is no time for
// it, or when it is cancelled: then the error says so.
bool patience_pause(struct patience *patience, struct usher_error *error);

// Sends the ask (its time limit is set here) as often as needed. *ret_json, which the caller releases: with USHER_OK
// the answer; when an Usher server refused, the problem document; else NULL. `ret_date_at` may be NULL; it gets the
// server's clock, 0 when it told none.
enum usher_code call_send(struct usher *usher, struct patience *patience, struct ask *ask, json_t **ret_json,
                          int64_t *ret_date_at, struct usher_error *error);

// "/v1/accounts/AC-1" and what follows; NULL when memory is out. free() it.
char *call_path(const struct usher *usher, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
