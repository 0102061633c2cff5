// SPDX-License-Identifier: Apache-2.0
// Answers as bytes: every kind of outcome but refusals, member by member.
#include "api/put.h"
#include "write_probe.h"

#include <string.h>

static void answer_row(struct call *call, enum result result, enum row_kind kind, const void *row)
{
    call->outcome = (struct outcome){.result = result, .answer = ANSWER_ROW, .row_kind = kind, .row = row};
}

static void rows_have_all_their_members_and_no_inner_ones(void **state)
{
    struct call *call = call_of(*state, "POST " A "/sessions", "{\"product\":\"KRE\"}");
    answer_row(call, RESULT_CREATED, ROW_SESSION, &active);
    assert_writes(*state, call, 201, SESSION);

    call = call_of(*state, "GET " A, NULL);
    answer_row(call, RESULT_OK, ROW_ACCOUNT,
               &(struct account_row){.id = 1,
                                     .name = "A",
                                     .plan = PLAN_PREMIUM,
                                     .self_service_seats = true,
                                     .on_shortfall = SHORTFALL_END_NEWEST,
                                     .shortfall_grace_s = 60,
                                     .created_at = WRITE_AT});
    assert_writes(*state, call, 200,
                  "{\"id\":\"AC-1\",\"name\":\"A\",\"plan\":\"premium\",\"delegate_dedication\":false,"
                  "\"self_service_seats\":true,\"on_shortfall\":\"end_newest\",\"shortfall_grace_s\":60,"
                  "\"created_at\":" AT "}");

    call = call_of(*state, "GET /v1/products/KRE", NULL);
    answer_row(call, RESULT_OK, ROW_PRODUCT, &kre);
    assert_writes(*state, call, 200,
                  "{\"id\":\"KRE\",\"code\":\"KRE\",\"name\":\"Krea \\\"1\\\"\",\"model\":\"session\","
                  "\"machines_per_seat\":null,\"created_at\":" AT "}");

    call = call_of(*state, "GET " A "/users/US-1", NULL);
    answer_row(call, RESULT_OK, ROW_USER,
               &(struct user_row){.id = 1, .name = "CI", .kind = USER_SERVICE, .created_at = WRITE_AT});
    assert_writes(*state, call, 200,
                  "{\"id\":\"US-1\",\"email\":null,\"name\":\"CI\",\"organization\":null,\"role\":\"member\","
                  "\"kind\":\"service\",\"created_at\":" AT ",\"password_set_at\":null,\"invited_until\":null}");

    call = call_of(*state, "GET " A "/seats/ST-1", NULL);
    answer_row(call, RESULT_OK, ROW_SEAT,
               &(struct seat_row){.id = 1, .product = &kre, .user = 1, .level = 1001, .assigned_at = WRITE_AT});
    assert_writes(*state, call, 200,
                  "{\"id\":\"ST-1\",\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"OG-1001\",\"state\":\"assigned\","
                  "\"assigned_at\":" AT ",\"activated_at\":null,\"last_used_at\":null,\"machines\":[]}");
    const struct seat_machine_row machines[] = {{1, "a/b", WRITE_AT, WRITE_AT}, {1, "c", WRITE_AT, WRITE_AT}};
    call->outcome.machines = (struct seat_machines){machines, 2};
    assert_writes(*state, call, 200,
                  "{\"id\":\"ST-1\",\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"OG-1001\",\"state\":\"assigned\","
                  "\"assigned_at\":" AT
                  ",\"activated_at\":null,\"last_used_at\":null,\"machines\":[{\"machine\":\"a/b\","
                  "\"activated_at\":" AT ",\"last_used_at\":" AT "},{\"machine\":\"c\",\"activated_at\":" AT
                  ",\"last_used_at\":" AT "}]}");
}

static void what_is_done_without_words_has_no_body(void **state)
{
    struct call *call = call_of(*state, "DELETE " A "/users/US-1", NULL);
    call->outcome.result = RESULT_DONE;
    assert_writes(*state, call, 204, NULL);
}

static void a_secret_is_shown_once(void **state)
{
    struct call *call = call_of(*state, "POST " A "/api-keys", "{\"name\":\"x\",\"role\":\"auditor\"}");
    const struct api_key_row row = {.id = 9, .name = "x", .role = ROLE_AUDITOR, .created_at = WRITE_AT, .hash = {1}};
    answer_row(call, RESULT_CREATED, ROW_API_KEY, &row);
#define KEY                                                                                                            \
    "{\"id\":\"AK-9\",\"name\":\"x\",\"role\":\"auditor\",\"user\":null,\"organization\":null,\"created_at\":" AT ","  \
    "\"expires_at\":null,\"revoked_at\":null,\"last_used_at\":null"
    struct probe *probe = *state;
    assert_writes(probe, call, 201, arena_printf(&probe->arena, KEY ",\"secret\":\"%s\"}", call->secret));
    int status;
    char *kept = call_write_body(call, &status);
    assert_int_equal(status, 201);
    assert_string_equal(kept, KEY "}");
    call->again = true;
    call->again_status = status;
    call->again_body = kept;
    assert_writes(probe, call, 200, KEY "}");
    free(kept);
}

static const struct figures studio = {.level = 1001,
                                      .name = "Studio",
                                      .parent = 0,
                                      .product = &kre,
                                      .dedicated = 20,
                                      .pool = 15,
                                      .assigned = 1,
                                      .available = 14,
                                      .draining_to = NUMBER_NONE,
                                      .filling_to = NUMBER_NONE};

#define STUDIO                                                                                                         \
    "{\"level\":\"OG-1001\",\"name\":\"Studio\",\"parent\":\"AC-1\",\"product\":\"KRE\",\"dedicated\":20,\"pool\":15," \
    "\"assigned\":1,\"available\":14}"

static void figures_are_told_as_they_hold(void **state)
{
    struct call *call = call_of(*state, "PUT " A "/dedications/OG-1001/KRE", "{\"count\":20}");
    call->outcome = (struct outcome){.answer = ANSWER_FIGURES, .figures = &studio, .figure_count = 1, .one = true};
    assert_writes(*state, call, 200, STUDIO);
    call->outcome.one = false;
    assert_writes(*state, call, 200, "{\"rows\":[" STUDIO "]}");

    const struct figures rows[] = {{.level = 0,
                                    .name = "A",
                                    .product = &kre,
                                    .dedicated = 5,
                                    .assigned = 3,
                                    .over_committed = 18,
                                    .draining_to = 0,
                                    .filling_to = 7},
                                   studio};
    call = call_of(*state, "GET " A "/pools", NULL);
    call->outcome = (struct outcome){.answer = ANSWER_FIGURES,
                                     .figures = rows,
                                     .figure_count = 2,
                                     .more = true,
                                     .last_path = (const uint64_t[]){1001, 1007},
                                     .last_depth = 2};
    assert_writes(
        *state, call, 200,
        "{\"items\":[{\"level\":\"AC-1\",\"name\":\"A\",\"parent\":null,\"product\":\"KRE\",\"dedicated\":5,"
        "\"pool\":0,\"assigned\":3,\"available\":0,\"over_committed\":18,\"draining_to\":0,\"filling_to\":7}," STUDIO
        "],\"next\":\"KRE~1001.1007\"}");
    call = call_of(*state, "GET " A "/pools?after=KRE~1001.1007", NULL);
    assert_string_equal(call->command.pools.after_product, "KRE");
    assert_int_equal(call->command.pools.after_depth, 2);
}

// ---- Lists

static void pages_end_or_go_on(void **state)
{
    const struct organization_row one = {.id = 1001, .name = "S", .created_at = WRITE_AT};
    const void *rows[] = {&one};
#define ORGANIZATION                                                                                                   \
    "{\"id\":\"OG-1001\",\"name\":\"S\",\"parent\":null,\"created_at\":" AT ",\"path\":\"A~1~0/S\",\"children\":3}"
    const struct organization_place place = {.names = (const char *const[]){"A/~", "S"}, .depth = 2, .children = 3};
    struct call *call = call_of(*state, "GET " A "/organizations", NULL);
    assert_writes(*state, call, 200, "{\"items\":[],\"next\":null}");
    call->page = (struct list_page){.rows = rows, .count = 1, .places = &place};
    assert_writes(*state, call, 200, "{\"items\":[" ORGANIZATION "],\"next\":null}");
    call->page.more = true;
    assert_writes(*state, call, 200, "{\"items\":[" ORGANIZATION "],\"next\":\"1001\"}");
    call = call_of(*state, "GET /v1/products?limit=1", NULL);
    const void *products[] = {&kre};
    call->page = (struct list_page){.rows = products, .count = 1, .more = true};
    assert_writes(*state, call, 200,
                  "{\"items\":[{\"id\":\"KRE\",\"code\":\"KRE\",\"name\":\"Krea \\\"1\\\"\",\"model\":\"session\","
                  "\"machines_per_seat\":null,\"created_at\":" AT "}],\"next\":\"KRE\"}");
    call = call_of(*state, "GET " A "/projects/PR-1/members", NULL);
    const struct user_row user = {.id = 3, .name = "U", .email = "u@x"};
    const void *users[] = {&user};
    call->page = (struct list_page){.rows = users, .count = 1, .more = true};
    assert_writes(*state, call, 200,
                  "{\"items\":[{\"user\":\"US-3\",\"email\":\"u@x\",\"name\":\"U\"}],\"next\":\"3\"}");
}

static void events_are_told_from_what_was_kept(void **state)
{
    struct event events[] = {
        {.seq = 4,
         .at = WRITE_AT,
         .kind = "seat.revoked",
         .subject = "ST-1",
         .actor = {.role = ROLE_OPERATOR},
         .data =
             "{\"before\":{\"id\":\"ST-1\",\"x\":{\"after\":[1,\"}\"]}},\"after\":null,\"reason\":\"a \\\"b\\\"\"}"},
        {.seq = 5,
         .at = WRITE_AT,
         .kind = "session.expired",
         .subject = "SN-1",
         .actor = {.nobody = true},
         .data = "{\"before\":null,\"after\":{\"id\":\"SN-1\"}}"},
    };
    struct call *call = call_of(*state, "GET " A "/events?limit=2", NULL);
    call->events = events;
    call->item_count = 2;
    call->more = true;
#define ZEROS "\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"}"
    assert_writes(*state, call, 200,
                  "{\"items\":[{\"seq\":4,\"at\":" AT ",\"kind\":\"seat.revoked\",\"subject\":\"ST-1\",\"actor\":"
                  "{\"key\":null,\"user\":null,\"role\":\"operator\"},\"before\":{\"id\":\"ST-1\",\"x\":{\"after\":[1,"
                  "\"}\"]}},\"after\":null,\"reason\":\"a \\\"b\\\"\"," ZEROS ",{\"seq\":5,\"at\":" AT ","
                  "\"kind\":\"session.expired\",\"subject\":\"SN-1\",\"actor\":{\"key\":null,\"user\":null,"
                  "\"role\":\"server\"},\"before\":null,\"after\":{\"id\":\"SN-1\"},\"reason\":null," ZEROS "],"
                  "\"next\":\"5\"}");
}

static void denials_show_what_one_may_see(void **state)
{
    struct denial_record record = {
        .denial = {.id = 3,
                   .user = 1,
                   .product = &kre,
                   .machine = "m",
                   .error = RESULT_NO_LICENSE_AVAILABLE,
                   .reason = REASON_EXHAUSTED,
                   .count = 47,
                   .units = 2,
                   .first_at = WRITE_AT,
                   .last_at = WRITE_AT},
        .tried = "{\"policy\":\"strict\",\"fallback\":false,\"tried\":[" TRIED_1 "," TRIED_2 "],\"tried_total\":2}",
    };
    struct call *call = call_of(*state, "GET " A "/denials/DN-3", NULL);
    call->denials = &record;
    call->item_count = 1;
    call->sees_all = true;
#define DENIAL(closed_at, closed_by, tried)                                                                            \
    "{\"id\":\"DN-3\",\"user\":\"US-1\",\"product\":\"KRE\",\"machine\":\"m\",\"error\":\"no-license-available\","     \
    "\"reason\":\"exhausted\",\"project\":null,\"organization\":null,\"count\":47,\"first_at\":" AT ",\"last_at\":" AT \
    ",\"closed_at\":" closed_at ",\"closed_by\":" closed_by ",\"policy\":\"strict\",\"fallback\":false,"               \
    "\"tried\":[" tried "]}"
    assert_writes(*state, call, 200, DENIAL("null", "null", TRIED_1 "," TRIED_2));
    static const uint64_t visible[] = {1001};
    call->sees_all = false;
    call->visible = visible;
    call->visible_count = 1;
    assert_writes(
        *state, call, 200,
        DENIAL("null", "null", TRIED_1 ",{\"level\":\"OG-1002\",\"rule\":\"other\",\"reason\":\"exhausted\"}"));
    call->sees_all = true;
    call->now = WRITE_AT + 300000;
    assert_writes(*state, call, 200, DENIAL("\"2026-11-24T06:39:16.123Z\"", "\"silence\"", TRIED_1 "," TRIED_2));
    record.denial.closed_at = WRITE_AT;
    assert_writes(*state, call, 200, DENIAL(AT, "\"grant\"", TRIED_1 "," TRIED_2));
    // The page begins with another one: this one is not there, or not for this reader.
    record.denial.id = 4;
    int status;
    assert_non_null(strstr(probe_write(*state, call, &status), "/problems/not-found"));
    assert_int_equal(status, 404);
    call->item_count = 0;
    probe_write(*state, call, &status);
    assert_int_equal(status, 404);
}

// ---- Dry runs, plans, the policy

static void a_dry_run_tells_what_would_be(void **state)
{
    struct call *call = call_of(*state, "PUT " A "/dedications/OG-1001/KRE?dry_run=true", "{\"count\":20}");
    const struct over over = {.level = 1001, .product = &kre, .over_committed = 3};
    const struct denied_grant denied[] = {
        {.session = &active, .error = RESULT_NO_LICENSE_AVAILABLE, .reason = REASON_EXHAUSTED},
        {.session = &active, .error = RESULT_NOT_ELIGIBLE}};
    call->outcome = (struct outcome){.answer = ANSWER_DRY_RUN,
                                     .detail = "Why.",
                                     .dry = {.result = RESULT_DEDICATION_IN_USE,
                                             .rows = &studio,
                                             .row_count = 1,
                                             .over = &over,
                                             .over_count = 1,
                                             .denied = denied,
                                             .denied_count = 2,
                                             .denied_total = 200}};
#define REQUEST                                                                                                        \
    "{\"request\":{\"session\":\"SN-1\",\"user\":\"US-1\",\"product\":\"KRE\",\"project\":null,\"organization\":null," \
    "\"machine\":\"ws\\u000a17\",\"count\":2,\"at\":" AT "},\"reason\":"
    assert_writes(*state, call, 200,
                  "{\"result\":\"dedication-in-use\",\"detail\":\"Why.\",\"rows\":[" STUDIO "],\"over\":[{\"level\":"
                  "\"OG-1001\",\"product\":\"KRE\",\"over_committed\":3}],\"denied\":[" REQUEST
                  "\"exhausted\"}," REQUEST "\"not-eligible\"}],\"denied_total\":200}");
    call->outcome.dry = (struct dry_run){.result = RESULT_OK};
    assert_writes(*state, call, 200,
                  "{\"result\":\"ok\",\"detail\":null,\"rows\":[],\"over\":[],\"denied\":[],\"denied_total\":0}");
}

static void a_plan_is_a_list_of_changes(void **state)
{
    struct call *call = call_of(*state, "POST " A ":apply?dry_run=true", "{}");
    const struct plan_step steps[] = {
        {.action = PLAN_CREATE, .kind = "organization", .subject = "A/B", .to = "\"B\""},
        {.action = PLAN_UPDATE, .kind = "dedication", .subject = "A KRE", .id = "OG-1001", .from = "1", .to = "2"}};
    call->outcome = (struct outcome){.answer = ANSWER_PLAN, .steps = steps, .step_count = 2};
    assert_writes(*state, call, 200,
                  "{\"changes\":[{\"action\":\"create\",\"kind\":\"organization\",\"subject\":\"A/B\",\"id\":null,"
                  "\"from\":null,\"to\":\"B\"},{\"action\":\"update\",\"kind\":\"dedication\",\"subject\":\"A KRE\","
                  "\"id\":\"OG-1001\",\"from\":1,\"to\":2}],\"dry_run\":true}");
}

static void the_policy_has_two_members(void **state)
{
    struct call *call = call_of(*state, "DELETE " A "/usage-policy", NULL);
    call->outcome = (struct outcome){.answer = ANSWER_POLICY, .policy = POLICY_MEMBER_BASED, .fallback = true};
    assert_writes(*state, call, 200, "{\"policy\":\"member_based\",\"fallback\":true}");
}

// ---- Batches and the rest

static void a_batch_answers_op_by_op(void **state)
{
    struct probe *probe = *state;
    struct call *call =
        call_of(probe, "POST " A "/sessions:batch",
                "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\"},{\"op\":\"heartbeat\",\"session\":\"SN-1\"},"
                "{\"op\":\"release\",\"session\":\"SN-2\"},{\"op\":\"acquire\",\"product\":\"X\"}]}");
    for (size_t i = 0; i < 2; i++)
        call->ops[i].outcome = (struct outcome){.result = i == 0 ? RESULT_CREATED : RESULT_OK,
                                                .answer = ANSWER_ROW,
                                                .row_kind = ROW_SESSION,
                                                .row = &active};
    call->ops[2].outcome = (struct outcome){.result = RESULT_NOT_FOUND, .detail = "Do."};
    call->ops[3].outcome = (struct outcome){.result = RESULT_NOT_FOUND, .detail = "Do.", .pointer = "/product"};
    assert_writes(probe, call, 200,
                  "{\"results\":[{\"status\":201,\"session\":" SESSION "},{\"status\":200,\"session\":" SESSION "},"
                  "{\"status\":404,\"error\":" PROBLEM("not-found", "There is no such thing",
                                                       "404") "}},"
                                                              "{\"status\":404,\"error\":" PROBLEM(
                                                                  "not-found", "There is no such thing",
                                                                  "404") ",\"pointer\":\"/ops/3/product\"}}]}");
    int status;
    char *kept = call_write_op_body(call, &call->ops[0], &status);
    assert_int_equal(status, 201);
    assert_string_equal(kept, "{\"status\":201,\"session\":" SESSION "}");
    call->op_count = 1;
    call->ops[0].again = true;
    call->ops[0].again_status = status;
    call->ops[0].again_body = kept;
    assert_writes(probe, call, 200, "{\"results\":[{\"status\":200,\"session\":" SESSION "}]}");
    free(kept);
}

static void whoami_tells_what_a_key_is(void **state)
{
    struct call *call = call_of(*state, "GET /v1/whoami", NULL);
    call->actor = (struct actor){.role = ROLE_MEMBER, .key = 7, .user = 3};
    call->organization = 1001;
    call->user_name = "Alice";
    call->user_email = "a@x";
    call->account_title = "A";
    call->names = (struct named_id[]){{ID_ORGANIZATION, 1001, "Animation"}, {ID_PROJECT, 2, "Film"}};
    call->name_count = 2;
    assert_writes(
        *state, call, 200,
        "{\"role\":\"member\",\"key\":\"AK-7\",\"user\":\"US-3\",\"organization\":\"OG-1001\",\"account\":\"AC-1\","
        "\"name\":\"Alice\",\"email\":\"a@x\",\"account_name\":\"A\","
        "\"names\":[{\"id\":\"OG-1001\",\"name\":\"Animation\"},{\"id\":\"PR-2\",\"name\":\"Film\"}],"
        "\"csrf_token\":null}");
    call->actor = (struct actor){.role = ROLE_OPERATOR};
    call->organization = 0;
    call->account = 0;
    call->user_name = call->user_email = call->account_title = NULL;
    call->name_count = 0;
    assert_writes(*state, call, 200,
                  "{\"role\":\"operator\",\"key\":null,\"user\":null,\"organization\":null,\"account\":null,"
                  "\"name\":null,\"email\":null,\"account_name\":null,\"names\":[],\"csrf_token\":null}");
}

static void the_contract_is_served(void **state)
{
    int status;
    const char *text = probe_write(*state, call_of(*state, "GET /v1/openapi.json", NULL), &status);
    assert_int_equal(status, 200);
    size_t length;
    assert_memory_equal(json_find(text, "openapi", &length), "\"3.1.0\"", 7);
    assert_non_null(json_find(text, "components", &length));
    // Every route stands in it.
    const char *paths = json_find(text, "paths", &length);
    for (const struct route *route = routes; route->method != NULL; route++)
        assert_non_null(json_find(paths, route->path, &length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        write_test(rows_have_all_their_members_and_no_inner_ones),
        write_test(what_is_done_without_words_has_no_body),
        write_test(a_secret_is_shown_once),
        write_test(figures_are_told_as_they_hold),
        write_test(pages_end_or_go_on),
        write_test(events_are_told_from_what_was_kept),
        write_test(denials_show_what_one_may_see),
        write_test(a_dry_run_tells_what_would_be),
        write_test(a_plan_is_a_list_of_changes),
        write_test(the_policy_has_two_members),
        write_test(a_batch_answers_op_by_op),
        write_test(whoami_tells_what_a_key_is),
        write_test(the_contract_is_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
