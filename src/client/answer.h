// SPDX-License-Identifier: Apache-2.0
//
// What an exchange came to: an answer, a reason to send again, or the end of it.
#ifndef CLIENT_ANSWER_H
#define CLIENT_ANSWER_H

#include "client/exchange.h"

#include <jansson.h>

enum verdict {
    VERDICT_OK,
    VERDICT_AGAIN,   // nothing that an Usher server says, or that it cannot answer now: send again
    VERDICT_REFUSED, // an Usher server says no, and would say so again
    VERDICT_HOPELESS // no sense in sending again, and no word from an Usher server either
};

// Fills the error whatever comes. With VERDICT_OK *ret_json is an object, with VERDICT_REFUSED the problem document;
// both are the caller's. Else it is NULL.
enum verdict answer_judge(const struct exchange *exchange, const struct usher *usher, json_t **ret_json,
                          struct usher_error *error);

// Members of an answer, checked: false when it is not there, of another type, or does not fit.
bool answer_text(const json_t *json, const char *name, char *text, size_t size);
bool answer_id(const json_t *json, const char *name, char *text, size_t size);
bool answer_number(const json_t *json, const char *name, int64_t low, int64_t high, int64_t *ret);
// 0 for null, when that is allowed.
bool answer_moment(const json_t *json, const char *name, bool may_be_null, int64_t *ret_at);

// Fills the error: the answer has a good form, but not what it should say.
enum usher_code answer_strange(struct usher_error *error, const char *what);

#endif
