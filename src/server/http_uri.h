// SPDX-License-Identifier: Apache-2.0
//
// The target of a request line: path and query, decoded strictly.
#ifndef SERVER_HTTP_URI_H
#define SERVER_HTTP_URI_H

#include "server/http.h"

// Fills path and parameters from the target as it was sent ("/a?b=c" or "http://host/a?b=c"). Returns what is wrong
// with it, for a person, or NULL.
const char *http_uri_parse(struct http_request *request, const char *uri);

#endif
