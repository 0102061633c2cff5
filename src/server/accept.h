// SPDX-License-Identifier: Apache-2.0
// Lists with weights, as in the headers Accept and Accept-Encoding (RFC 9110, 12.4.2): "br, gzip;q=0.8, *;q=0".
#ifndef SERVER_ACCEPT_H
#define SERVER_ACCEPT_H

#include <stdbool.h>

enum { WEIGHT_MAX = 1000, WEIGHT_UNNAMED = -1 };

// What a list gives a name, in thousandths: 0, not acceptable, to WEIGHT_MAX; WEIGHT_UNNAMED when it is not in the
// list. The first stands that has the name, in small letters or capitals. One whose weight cannot be read has 0.
int accept_weight(const char *list, const char *name);

// Whether who sent this header Accept takes a page of HTML; NULL, no header, takes everything.
bool accept_html(const char *accept);

#endif
