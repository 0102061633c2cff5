// SPDX-License-Identifier: Apache-2.0
#ifndef CLIENT_EXPLANATION_H
#define CLIENT_EXPLANATION_H

#include "usher.h"

#include <jansson.h>

// Reads what explain answers, or the problem no-license-available. NULL when it is neither, or memory is out.
struct usher_explanation *explanation_read(json_t *json);
// The same, in place of an old one, which is freed.
struct usher_explanation *explanation_replace(struct usher_explanation *old, json_t *json);

#endif
