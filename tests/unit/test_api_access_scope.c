// SPDX-License-Identifier: Apache-2.0
// What of an account each role gets to see, and what is said for it where a request does not say it.
#include "gate.h"

#include <string.h>

// ---- Sessions that have ended are judged as they were

static void ended_sessions_have_the_same_readers(void **state)
{
    struct gate *gate = *state;
    struct session_row past = gate_session(9, 3, 1001, 50);
    past.state = SESSION_EXPIRED;
    static const struct {
        const char *line, *answers;
    } ended[] = {
        {"GET /v1/accounts/AC-1/sessions/SN-9", "yyyyNyyy"},
        {"POST /v1/accounts/AC-1/sessions/SN-9/heartbeat", "yyFFFyFF"},
        {"DELETE /v1/accounts/AC-1/sessions/SN-9", "yyyyFyFF"},
    };
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < ACTORS; j++) {
            struct call *call = gate_ask(gate, ended[i].line, NULL, &actors[j]);
            call->past = &past;
            assert_int_equal(gate_judge(call, &gate->account), ended[i].answers[j]);
        }
    }
}

static void each_op_of_a_batch_is_judged_by_itself(void **state)
{
    struct gate *gate = *state;
    static const char body[] = "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\"},"
                               "{\"op\":\"acquire\",\"product\":\"KRE\",\"user\":\"US-2\"},"
                               "{\"op\":\"heartbeat\",\"session\":\"SN-1\"},{\"op\":\"release\",\"session\":\"SN-3\"},"
                               "{\"op\":\"release\",\"session\":\"SN-4\",\"reason\":\"x\"}]}";
    static const char *const answers[] = {"yyyyy", "yyyyy", "FFFFy", "yFFFy", "yFyFF", "yyFyF", NULL, "yFyFF"};
    for (size_t j = 0; j < ACTORS; j++) {
        if (answers[j] == NULL)
            continue;
        struct call *call = gate_ask(gate, "POST /v1/accounts/AC-1/sessions:batch", body, &actors[j]);
        assert_int_equal(gate_judge(call, &gate->account), 'y');
        for (size_t i = 0; i < call->op_count; i++)
            assert_int_equal(access_op(call, &call->ops[i], &gate->account) ? 'y' : 'F', answers[j][i]);
    }
}

// ---- Lists

static void lists_have_scopes(void **state)
{
    struct gate *gate = *state;
    static const struct {
        const char *line;
        size_t actor;
        uint64_t organization, user, key;
    } scopes[] = {
        {"GET /v1/accounts/AC-1/sessions", 0, 0, 0, 0},
        {"GET /v1/accounts/AC-1/sessions", 1, 0, 0, 0},
        {"GET /v1/accounts/AC-1/sessions", 2, 1001, 0, 0},
        {"GET /v1/accounts/AC-1/sessions", 3, 1001, 5, 0},
        {"GET /v1/accounts/AC-1/sessions", 4, 0, 1, 0},
        {"GET /v1/accounts/AC-1/sessions", 5, 0, 0, 50},
        {"GET /v1/accounts/AC-1/sessions", 6, 0, 0, 0},
        {"GET /v1/accounts/AC-1/sessions", 7, 0, 0, 0},
        {"GET /v1/accounts/AC-1/users", 4, 0, 1, 0},
        {"GET /v1/accounts/AC-1/api-keys", 3, 1001, 5, 0},
        {"GET /v1/accounts/AC-1/organizations", 3, 1001, 0, 0},
        {"GET /v1/accounts/AC-1/projects", 3, 1001, 0, 0},
        {"GET /v1/accounts/AC-1/seats", 2, 1001, 0, 0},
    };
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        struct call *call = gate_ask(gate, scopes[i].line, NULL, &actors[scopes[i].actor]);
        assert_int_equal(gate_judge(call, &gate->account), 'y');
        assert_int_equal(call->list.account, 1);
        assert_int_equal(call->list.scope_organization, scopes[i].organization);
        assert_int_equal(call->list.scope_user, scopes[i].user);
        assert_int_equal(call->list.scope_key, scopes[i].key);
    }
    // A key that lacks what its scope hangs on sees nothing, not everything.
    struct call *call =
        gate_ask(gate, "GET /v1/accounts/AC-1/sessions", NULL, &(struct actor){.role = ROLE_ORG_ADMIN, .key = 7});
    assert_int_equal(gate_judge(call, &gate->account), 'y');
    assert_true(call->list.scope_organization == ID_UNKNOWN);
    call = gate_ask(gate, "GET /v1/accounts/AC-1/pools?level=OG-1003", NULL, &actors[2]);
    assert_int_equal(gate_judge(call, &gate->account), 'y');
    assert_int_equal(call->command.pools.subtree, 1001);
    assert_true(call->command.pools.level == ID_UNKNOWN);
}

static void denials_show_the_levels_that_one_may_see(void **state)
{
    struct gate *gate = *state;
    struct call *call = gate_ask(gate, "GET /v1/accounts/AC-1/denials", NULL, &actors[2]);
    assert_int_equal(gate_judge(call, &gate->account), 'y');
    assert_false(call->sees_all);
    assert_int_equal(call->history.scope_organization, 1001);
    assert_int_equal(call->visible_count, 2);
    assert_int_equal(call->visible[0], 1001);
    assert_int_equal(call->visible[1], 1002);
    call = gate_ask(gate, "GET /v1/accounts/AC-1/denials", NULL, &actors[4]);
    assert_int_equal(gate_judge(call, &gate->account), 'y');
    assert_int_equal(call->history.scope_user, 1);
    assert_int_equal(call->visible_count, 2);
    assert_int_equal(call->visible[0], 1001);
    assert_int_equal(call->visible[1], 1003); // of its project
    call = gate_ask(gate, "GET /v1/accounts/AC-1/events", NULL, &actors[6]);
    assert_int_equal(gate_judge(call, &gate->account), 'y');
    assert_true(call->sees_all);
}

// ---- Levels, defaults, figures

static void another_accounts_level_is_none(void **state)
{
    struct gate *gate = *state;
    static const char seat[] = "{\"product\":\"FOU\",\"user\":\"US-1\",\"level\":\"AC-2\"}";
    struct call *call = gate_ask(gate, "POST /v1/accounts/AC-1/seats", seat, &actors[0]);
    assert_int_equal(gate_judge(call, &gate->account), 'y'); // the engine says that it is not there
    assert_true(call->command.seat.level == ID_UNKNOWN);
    call = gate_ask(gate, "GET /v1/accounts/AC-1/seats?level=AC-2", NULL, &actors[0]);
    assert_int_equal(gate_judge(call, &gate->account), 'y');
    assert_true(call->list.level == ID_UNKNOWN);
    call = gate_ask(gate, "GET /v1/accounts/AC-1/seats?level=AC-1", NULL, &actors[0]);
    assert_int_equal(gate_judge(call, &gate->account), 'y');
    assert_true(call->list.level_given && call->list.level == 0);
}

static bool same_hash(struct gate *gate, const char *line, const char *body, const char *other,
                      const struct actor *actor)
{
    gate->probe.idempotency_key = "k";
    struct call *a = gate_ask(gate, line, body, actor), *b = gate_ask(gate, line, other, actor);
    assert_true(access_role(a) && access_role(b));
    return memcmp(a->request_hash, b->request_hash, KEY_HASH_BYTES) == 0;
}

static void the_keys_user_is_a_default(void **state)
{
    struct gate *gate = *state;
    const struct actor *member = &actors[4];
    static const char batch[] = "POST /v1/accounts/AC-1/sessions:batch";
    assert_true(same_hash(gate, "POST /v1/accounts/AC-1/seats", "{\"product\":\"F\",\"level\":\"OG-1001\"}",
                          "{\"product\":\"F\",\"level\":\"OG-1001\",\"user\":\"US-1\"}", member));
    assert_false(same_hash(gate, "POST /v1/accounts/AC-1/seats", "{\"product\":\"F\",\"level\":\"OG-1001\"}",
                           "{\"product\":\"F\",\"level\":\"OG-1001\",\"user\":\"US-2\"}", member));
    assert_true(same_hash(gate, "POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"member\"}",
                          "{\"name\":\"x\",\"role\":\"member\",\"user\":\"US-1\"}", member));
    assert_true(same_hash(gate, "POST /v1/accounts/AC-1/sessions:explain", "{\"product\":\"KRE\",\"wait_s\":5}",
                          "{\"product\":\"KRE\",\"user\":\"US-1\",\"origin\":\"external\"}", member));
    assert_true(same_hash(gate, batch, "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\"}]}",
                          "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\",\"user\":\"US-1\",\"count\":1}]}",
                          member));
    assert_false(same_hash(gate, batch, "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\"}]}",
                           "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\",\"count\":2}]}", member));
    assert_false(
        same_hash(gate, batch, "{\"ops\":[]}", "{\"ops\":[{\"op\":\"heartbeat\",\"session\":\"SN-1\"}]}", member));
    gate->probe.idempotency_key = NULL;
    struct call *call =
        gate_ask(gate, "POST /v1/accounts/AC-1/api-keys", "{\"name\":\"x\",\"role\":\"member\"}", member);
    assert_true(access_role(call));
    assert_int_equal(call->command.api_key.user, 1);
}

static void a_seat_needs_a_user(void **state)
{
    struct gate *gate = *state;
    struct call *call =
        gate_ask(gate, "POST /v1/accounts/AC-1/seats", "{\"product\":\"FOU\",\"level\":\"OG-1001\"}", &actors[1]);
    assert_true(access_role(call));
    assert_false(access_scope(call, &gate->account));
    assert_int_equal(call->outcome.result, RESULT_INVALID_REQUEST);
    assert_string_equal(call->outcome.pointer, "/user");
}

static void figures_of_others_are_hidden(void **state)
{
    struct gate *gate = *state;
    const struct explanation explanation = {.product = &kre,
                                            .user = 1,
                                            .tried_count = 4,
                                            .tried_total = 4,
                                            .tried = {{.level = 0}, {.level = 1001}, {.level = 1002}, {.level = 1003}}};
    // operator, account_admin, org_admin, …: which of the four are hidden. US-1 is a member of a project of OG-1003.
    static const char *const hidden[] = {"....", "....", "....", "....", "..h.", "..h.", "....", "...."};
    for (size_t j = 0; j < ACTORS; j++) {
        struct outcome outcome = {.result = RESULT_NO_LICENSE_AVAILABLE, .explanation = &explanation};
        access_hide(&actors[j], &gate->account, &gate->probe.arena, &outcome);
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(outcome.explanation->tried[i].figures_hidden, hidden[j][i] == 'h');
        assert_false(explanation.tried[2].figures_hidden);
    }
}

static void whoami_tells_the_organization(void **state)
{
    struct gate *gate = *state;
    static const uint64_t organizations[ACTORS] = {0, 0, 1001, 1001, 1001, 0, 0, 1001};
    for (size_t j = 0; j < ACTORS; j++) {
        struct call *call = gate_ask(gate, "GET /v1/whoami", NULL, &actors[j]);
        assert_int_equal(gate_judge(call, j == 0 ? NULL : &gate->account), 'y');
        assert_int_equal(call->organization, organizations[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        gate_test(ended_sessions_have_the_same_readers),
        gate_test(each_op_of_a_batch_is_judged_by_itself),
        gate_test(lists_have_scopes),
        gate_test(denials_show_the_levels_that_one_may_see),
        gate_test(another_accounts_level_is_none),
        gate_test(the_keys_user_is_a_default),
        gate_test(a_seat_needs_a_user),
        gate_test(figures_of_others_are_hidden),
        gate_test(whoami_tells_the_organization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
