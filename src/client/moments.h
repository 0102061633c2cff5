// SPDX-License-Identifier: Apache-2.0
//
// The two clocks. Waiting and leases go by the first, which goes on during suspend and which nobody can set.
#ifndef CLIENT_MOMENTS_H
#define CLIENT_MOMENTS_H

#include <stdint.h>

#define NEVER INT64_MAX

// Milliseconds since the machine was started.
int64_t boot_now(void);
// Milliseconds since 1970-01-01 UTC, as the machine's clock is set.
int64_t wall_now(void);

#endif
