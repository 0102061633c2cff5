// SPDX-License-Identifier: Apache-2.0
// Finding the route of a request.
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/call.h"

struct route_match {
    const struct route *route; // NULL: none for this path and method
    unsigned methods;          // that the path takes, for a NULL route: bits in the order of route_methods
    struct {
        const char *text;
        size_t length;
    } parameters[4]; // what stands for {…}, in order
    size_t count;
};

// HEAD is found as GET.
void route_find(const char *method, const char *path, struct route_match *ret_match);
// As for the header Allow, in the arena: "GET, HEAD, POST".
const char *route_methods(unsigned methods, struct arena *arena);

#endif
