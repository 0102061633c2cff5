// SPDX-License-Identifier: Apache-2.0
#include "write_probe.h"

const struct product kre = {.code = "KRE",
                            .name = "Krea \"1\"",
                            .model = MODEL_SESSION,
                            .machines_per_seat = NUMBER_NONE,
                            .created_at = WRITE_AT};

const struct session_row active = {.id = 1,
                                   .product = &kre,
                                   .user = 1,
                                   .level = 0,
                                   .via = VIA_FALLBACK,
                                   .count = 2,
                                   .ttl_s = 120,
                                   .machine = "ws\n17",
                                   .started_at = WRITE_AT,
                                   .expires_at = WRITE_AT + 120000,
                                   .key = 7,
                                   .idempotency_key = "k"};

int write_open(void **state)
{
    static struct probe probe;
    probe_init(&probe);
    *state = &probe;
    return 0;
}

int write_close(void **state)
{
    probe_fini(*state);
    return 0;
}

struct call *call_of(struct probe *probe, const char *line, const char *body)
{
    struct call *call = probe_read(probe, line, body);
    assert_reads(call);
    call->account = 1;
    call->now = WRITE_AT;
    call->actor = (struct actor){.role = ROLE_ACCOUNT_ADMIN, .key = 5};
    return call;
}

void assert_writes(struct probe *probe, const struct call *call, int status, const char *body)
{
    int written;
    const char *text = probe_write(probe, call, &written);
    assert_int_equal(written, status);
    if (body == NULL)
        assert_null(text);
    else
        assert_string_equal(text, body);
}
