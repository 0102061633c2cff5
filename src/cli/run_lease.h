// SPDX-License-Identifier: Apache-2.0
//
// What stands in for a license with `usher run --offline`: a borrowed lease, looked at by libusher on this machine
// alone, at first and from time to time.
#ifndef CLI_RUN_LEASE_H
#define CLI_RUN_LEASE_H

#include "cli/exit_code.h"
#include "usher.h"

struct run_lease {
    struct usher_store *store;
    struct usher_lease lease;
};

// Finds the lease for the product. Not USHER_OK: why there is none.
enum usher_code run_lease_open(struct run_lease *lease, const char *product, struct usher_error *ret_error) MUST_USE;
void run_lease_close(struct run_lease *lease);
// Whether it still counts. USHER_OK: yes, and look again after *ret_s.
enum usher_code run_lease_check(struct run_lease *lease, double *ret_s, struct usher_error *ret_error) MUST_USE;

#endif
