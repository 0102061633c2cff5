// SPDX-License-Identifier: Apache-2.0
// What the tests of written answers share: the moment of all of them, rows, and their texts.
#ifndef WRITE_PROBE_H
#define WRITE_PROBE_H

#include "api_probe.h"

#define A "/v1/accounts/AC-1"
#define WRITE_AT INT64_C(1795502056123)
#define AT "\"2026-11-24T06:34:16.123Z\"" // as it is written

extern const struct product kre;
extern const struct session_row active;

// `active`, as it is written.
#define SESSION                                                                                                        \
    "{\"id\":\"SN-1\",\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"AC-1\",\"via\":\"fallback\",\"count\":2,"      \
    "\"state\":\"active\",\"reason\":null,\"project\":null,\"organization\":null,\"machine\":\"ws\\u000a17\","         \
    "\"ttl_s\":120,\"origin\":\"external\",\"started_at\":" AT ",\"expires_at\":\"2026-11-24T06:36:16.123Z\","         \
    "\"ended_at\":null,\"cooldown_until\":null,\"borrowed\":false,\"heartbeat_s\":40}"

// Two pools that were tried: OG-1001 and OG-1002.
#define TRIED_1                                                                                                        \
    "{\"level\":\"OG-1001\",\"rule\":\"own\",\"dedicated\":1,\"pool\":1,\"assigned\":1,\"available\":0,"               \
    "\"reason\":\"exhausted\",\"retry_after_s\":null}"
#define TRIED_2                                                                                                        \
    "{\"level\":\"OG-1002\",\"rule\":\"other\",\"dedicated\":2,\"pool\":2,\"assigned\":2,\"available\":0,"             \
    "\"reason\":\"exhausted\",\"retry_after_s\":5}"

// The beginning of every problem whose detail is "Do.".
#define PROBLEM(name, title, status)                                                                                   \
    "{\"type\":\"/problems/" name "\",\"title\":\"" title "\",\"status\":" status ",\"detail\":\"Do.\","               \
    "\"request_id\":\"request-1\""

// Setup and teardown for cmocka: *state is a struct probe.
int write_open(void **state);
int write_close(void **state);

#define write_test(name) cmocka_unit_test_setup_teardown(name, write_open, write_close)

// A well-formed request of an account's administrator, at WRITE_AT.
struct call *call_of(struct probe *probe, const char *line, const char *body);
// `body` NULL: there is none.
void assert_writes(struct probe *probe, const struct call *call, int status, const char *body);

#endif
