// SPDX-License-Identifier: Apache-2.0
// Answers as bytes: every kind of outcome, member by member.
#include "api/put.h"
#include "api_probe.h"

#include <string.h>

#define A "/v1/accounts/AC-1"
#define AT "\"2026-11-24T06:34:16.123Z\""

static const int64_t at = 1795502056123;
static const struct product kre = {.code = "KRE",
                                   .name = "Krea \"1\"",
                                   .model = MODEL_SESSION,
                                   .machines_per_seat = NUMBER_NONE,
                                   .created_at = 1795502056123};

static int start(void **state)
{
    static struct probe probe;
    probe_init(&probe);
    *state = &probe;
    return 0;
}

static int stop(void **state)
{
    probe_fini(*state);
    return 0;
}

static struct call *call_of(struct probe *probe, const char *line, const char *body)
{
    struct call *call = probe_read(probe, line, body);
    assert_reads(call);
    call->account = 1;
    call->now = at;
    call->actor = (struct actor){.role = ROLE_ACCOUNT_ADMIN, .key = 5};
    return call;
}

static void assert_writes(struct probe *probe, const struct call *call, int status, const char *body)
{
    int written;
    const char *text = probe_write(probe, call, &written);
    assert_int_equal(written, status);
    if (body == NULL)
        assert_null(text);
    else
        assert_string_equal(text, body);
}

static void answer_row(struct call *call, enum result result, enum row_kind kind, const void *row)
{
    call->outcome = (struct outcome){.result = result, .answer = ANSWER_ROW, .row_kind = kind, .row = row};
}

static const struct session_row active = {
    .id = 1, .product = &kre, .user = 1, .level = 0, .via = VIA_FALLBACK, .count = 2, .ttl_s = 120, .machine = "ws\n17",
    .started_at = 1795502056123, .expires_at = 1795502176123, .key = 7, .idempotency_key = "k"};

#define SESSION                                                                                                        \
    "{\"id\":\"SN-1\",\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"AC-1\",\"via\":\"fallback\",\"count\":2,"          \
    "\"state\":\"active\",\"reason\":null,\"project\":null,\"organization\":null,\"machine\":\"ws\\u000a17\","             \
    "\"ttl_s\":120,\"origin\":\"external\",\"started_at\":" AT ",\"expires_at\":\"2026-11-24T06:36:16.123Z\","             \
    "\"ended_at\":null,\"cooldown_until\":null,\"borrowed\":false,\"heartbeat_s\":40}"

static void rows_have_all_their_members_and_no_inner_ones(void **state)
{
    struct call *call = call_of(*state, "POST " A "/sessions", "{\"product\":\"KRE\"}");
    answer_row(call, RESULT_CREATED, ROW_SESSION, &active);
    assert_writes(*state, call, 201, SESSION);

    call = call_of(*state, "GET " A, NULL);
    answer_row(call, RESULT_OK, ROW_ACCOUNT,
               &(struct account_row){.id = 1, .name = "A", .plan = PLAN_PREMIUM, .self_service_seats = true,
                                     .on_shortfall = SHORTFALL_END_NEWEST, .shortfall_grace_s = 60, .created_at = at});
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
    answer_row(call, RESULT_OK, ROW_USER, &(struct user_row){.id = 1, .name = "CI", .kind = USER_SERVICE, .created_at = at});
    assert_writes(*state, call, 200,
                  "{\"id\":\"US-1\",\"email\":null,\"name\":\"CI\",\"organization\":null,\"role\":\"member\","
                  "\"kind\":\"service\",\"created_at\":" AT ",\"password_set_at\":null,\"invited_until\":null}");

    call = call_of(*state, "GET " A "/seats/ST-1", NULL);
    answer_row(call, RESULT_OK, ROW_SEAT,
               &(struct seat_row){.id = 1, .product = &kre, .user = 1, .level = 1001, .assigned_at = at});
    assert_writes(*state, call, 200,
                  "{\"id\":\"ST-1\",\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"OG-1001\",\"state\":\"assigned\","
                  "\"assigned_at\":" AT ",\"activated_at\":null,\"last_used_at\":null,\"machines\":[]}");
    const struct seat_machine_row machines[] = {{1, "a/b", at, at}, {1, "c", at, at}};
    call->outcome.machines = (struct seat_machines){machines, 2};
    assert_writes(*state, call, 200,
                  "{\"id\":\"ST-1\",\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"OG-1001\",\"state\":\"assigned\","
                  "\"assigned_at\":" AT ",\"activated_at\":null,\"last_used_at\":null,\"machines\":[{\"machine\":\"a/b\","
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
    const struct api_key_row row = {.id = 9, .name = "x", .role = ROLE_AUDITOR, .created_at = at, .hash = {1}};
    answer_row(call, RESULT_CREATED, ROW_API_KEY, &row);
#define KEY                                                                                                            \
    "{\"id\":\"AK-9\",\"name\":\"x\",\"role\":\"auditor\",\"user\":null,\"organization\":null,\"created_at\":" AT ","      \
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

static const struct figures studio = {
    .level = 1001, .name = "Studio", .parent = 0, .product = &kre, .dedicated = 20, .pool = 15, .assigned = 1,
    .available = 14, .draining_to = NUMBER_NONE, .filling_to = NUMBER_NONE};

#define STUDIO                                                                                                         \
    "{\"level\":\"OG-1001\",\"name\":\"Studio\",\"parent\":\"AC-1\",\"product\":\"KRE\",\"dedicated\":20,\"pool\":15,"     \
    "\"assigned\":1,\"available\":14}"

static void figures_are_told_as_they_hold(void **state)
{
    struct call *call = call_of(*state, "PUT " A "/dedications/OG-1001/KRE", "{\"count\":20}");
    call->outcome =
        (struct outcome){.answer = ANSWER_FIGURES, .figures = &studio, .figure_count = 1, .one = true};
    assert_writes(*state, call, 200, STUDIO);
    call->outcome.one = false;
    assert_writes(*state, call, 200, "{\"rows\":[" STUDIO "]}");

    const struct figures rows[] = {
        {.level = 0, .name = "A", .product = &kre, .dedicated = 5, .assigned = 3, .over_committed = 18, .draining_to = 0,
         .filling_to = 7},
        studio};
    call = call_of(*state, "GET " A "/pools", NULL);
    call->outcome = (struct outcome){.answer = ANSWER_FIGURES, .figures = rows, .figure_count = 2, .more = true,
                                     .last_path = (const uint64_t[]){1001, 1007}, .last_depth = 2};
    assert_writes(*state, call, 200,
                  "{\"items\":[{\"level\":\"AC-1\",\"name\":\"A\",\"parent\":null,\"product\":\"KRE\",\"dedicated\":5,"
                  "\"pool\":0,\"assigned\":3,\"available\":0,\"over_committed\":18,\"draining_to\":0,\"filling_to\":7},"
                  STUDIO "],\"next\":\"KRE~1001.1007\"}");
    call = call_of(*state, "GET " A "/pools?after=KRE~1001.1007", NULL);
    assert_string_equal(call->command.pools.after_product, "KRE");
    assert_int_equal(call->command.pools.after_depth, 2);
}

// ---- Lists

static void pages_end_or_go_on(void **state)
{
    const struct organization_row one = {.id = 1001, .name = "S", .created_at = at};
    const void *rows[] = {&one};
#define ORGANIZATION "{\"id\":\"OG-1001\",\"name\":\"S\",\"parent\":null,\"created_at\":" AT ",\"path\":\"A~1~0/S\",\"children\":3}"
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
    assert_writes(*state, call, 200, "{\"items\":[{\"user\":\"US-3\",\"email\":\"u@x\",\"name\":\"U\"}],\"next\":\"3\"}");
}

static void events_are_told_from_what_was_kept(void **state)
{
    struct event events[] = {
        {.seq = 4, .at = at, .kind = "seat.revoked", .subject = "ST-1", .actor = {.role = ROLE_OPERATOR},
         .data = "{\"before\":{\"id\":\"ST-1\",\"x\":{\"after\":[1,\"}\"]}},\"after\":null,\"reason\":\"a \\\"b\\\"\"}"},
        {.seq = 5, .at = at, .kind = "session.expired", .subject = "SN-1", .actor = {.nobody = true},
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

#define TRIED_1 "{\"level\":\"OG-1001\",\"rule\":\"own\",\"dedicated\":1,\"pool\":1,\"assigned\":1,\"available\":0,"           \
                "\"reason\":\"exhausted\",\"retry_after_s\":null}"
#define TRIED_2 "{\"level\":\"OG-1002\",\"rule\":\"other\",\"dedicated\":2,\"pool\":2,\"assigned\":2,\"available\":0,"         \
                "\"reason\":\"exhausted\",\"retry_after_s\":5}"

static void denials_show_what_one_may_see(void **state)
{
    struct denial_record record = {
        .denial = {.id = 3, .user = 1, .product = &kre, .machine = "m", .error = RESULT_NO_LICENSE_AVAILABLE,
                   .reason = REASON_EXHAUSTED, .count = 47, .units = 2, .first_at = at, .last_at = at},
        .tried = "{\"policy\":\"strict\",\"fallback\":false,\"tried\":[" TRIED_1 "," TRIED_2 "],\"tried_total\":2}",
    };
    struct call *call = call_of(*state, "GET " A "/denials/DN-3", NULL);
    call->denials = &record;
    call->item_count = 1;
    call->sees_all = true;
#define DENIAL(closed_at, closed_by, tried)                                                                            \
    "{\"id\":\"DN-3\",\"user\":\"US-1\",\"product\":\"KRE\",\"machine\":\"m\",\"error\":\"no-license-available\","         \
    "\"reason\":\"exhausted\",\"project\":null,\"organization\":null,\"count\":47,\"first_at\":" AT ",\"last_at\":" AT     \
    ",\"closed_at\":" closed_at ",\"closed_by\":" closed_by ",\"policy\":\"strict\",\"fallback\":false,"                   \
    "\"tried\":[" tried "]}"
    assert_writes(*state, call, 200, DENIAL("null", "null", TRIED_1 "," TRIED_2));
    static const uint64_t visible[] = {1001};
    call->sees_all = false;
    call->visible = visible;
    call->visible_count = 1;
    assert_writes(*state, call, 200,
                  DENIAL("null", "null", TRIED_1 ",{\"level\":\"OG-1002\",\"rule\":\"other\",\"reason\":\"exhausted\"}"));
    call->sees_all = true;
    call->now = at + 300000;
    assert_writes(*state, call, 200,
                  DENIAL("\"2026-11-24T06:39:16.123Z\"", "\"silence\"", TRIED_1 "," TRIED_2));
    record.denial.closed_at = at;
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

// ---- Explanations, dry runs, plans

static const struct explanation explanation = {
    .product = &kre, .user = 1, .count = 2, .policy = POLICY_STRICT, .fallback = true,
    .tried = {{.level = 1001, .rule = VIA_OWN, .dedicated = 1, .pool = 1, .assigned = 1, .reason = REASON_EXHAUSTED,
               .retry_after_s = NUMBER_NONE},
              {.level = 0, .rule = VIA_FALLBACK, .dedicated = 9, .pool = 8, .assigned = 1, .available = 7,
               .retry_after_s = 12}},
    .tried_count = 2, .tried_total = 2, .reasons = {[REASON_NONE] = 1, [REASON_EXHAUSTED] = 1}, .granted = true,
    .via = VIA_FALLBACK};

static void an_explanation_ends_with_what_grants(void **state)
{
    struct call *call = call_of(*state, "POST " A "/sessions:explain", "{\"product\":\"KRE\",\"user\":\"US-1\"}");
    call->outcome = (struct outcome){.answer = ANSWER_EXPLAIN, .explanation = &explanation};
#define TRIED                                                                                                          \
    "\"policy\":\"strict\",\"fallback\":true,\"tried\":[" TRIED_1                                                          \
    ",{\"level\":\"AC-1\",\"rule\":\"fallback\",\"dedicated\":9,\"pool\":8,\"assigned\":1,\"available\":7,"                \
    "\"reason\":null,\"retry_after_s\":12}],\"tried_total\":2,\"reasons\":{\"exhausted\":1}"
    assert_writes(*state, call, 200,
                  "{\"would\":\"grant\",\"level\":\"AC-1\",\"via\":\"fallback\",\"error\":null,\"product\":\"KRE\","
                  "\"user\":\"US-1\",\"count\":2," TRIED "}");
    call->outcome.explain_error = RESULT_NOT_ELIGIBLE;
    assert_writes(*state, call, 200,
                  "{\"would\":\"deny\",\"level\":null,\"via\":null,\"error\":\"not-eligible\",\"product\":\"KRE\","
                  "\"user\":\"US-1\",\"count\":2," TRIED "}");
}

static void a_dry_run_tells_what_would_be(void **state)
{
    struct call *call = call_of(*state, "PUT " A "/dedications/OG-1001/KRE?dry_run=true", "{\"count\":20}");
    const struct over over = {.level = 1001, .product = &kre, .over_committed = 3};
    const struct denied_grant denied[] = {
        {.session = &active, .error = RESULT_NO_LICENSE_AVAILABLE, .reason = REASON_EXHAUSTED},
        {.session = &active, .error = RESULT_NOT_ELIGIBLE}};
    call->outcome = (struct outcome){
        .answer = ANSWER_DRY_RUN,
        .detail = "Why.",
        .dry = {.result = RESULT_DEDICATION_IN_USE, .rows = &studio, .row_count = 1, .over = &over, .over_count = 1,
                .denied = denied, .denied_count = 2, .denied_total = 200}};
#define REQUEST                                                                                                        \
    "{\"request\":{\"session\":\"SN-1\",\"user\":\"US-1\",\"product\":\"KRE\",\"project\":null,\"organization\":null,"      \
    "\"machine\":\"ws\\u000a17\",\"count\":2,\"at\":" AT "},\"reason\":"
    assert_writes(*state, call, 200,
                  "{\"result\":\"dedication-in-use\",\"detail\":\"Why.\",\"rows\":[" STUDIO "],\"over\":[{\"level\":"
                  "\"OG-1001\",\"product\":\"KRE\",\"over_committed\":3}],\"denied\":[" REQUEST "\"exhausted\"}," REQUEST
                  "\"not-eligible\"}],\"denied_total\":200}");
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

// ---- Problems

#define PROBLEM(name, title, status)                                                                                   \
    "{\"type\":\"/problems/" name "\",\"title\":\"" title "\",\"status\":" status ",\"detail\":\"Do.\","                  \
    "\"request_id\":\"request-1\""

static void assert_problem(struct probe *probe, struct call *call, const struct outcome *outcome, const char *body)
{
    call->outcome = *outcome;
    call->outcome.detail = "Do.";
    struct call_answer answer;
    call_write(call, &answer);
    assert_string_equal(answer.body, body);
    assert_string_equal(answer.content_type, "application/problem+json");
    assert_int_equal(answer.status, result_types[outcome->result].status);
    assert_string_equal(answer.problem, result_types[outcome->result].name);
    free(answer.body);
    (void)probe;
}

static void problems_have_the_figures_as_members(void **state)
{
    struct probe *probe = *state;
    struct call *call = call_of(probe, "GET " A, NULL);
    assert_problem(probe, call, &(struct outcome){.result = RESULT_INVALID_REQUEST},
                   PROBLEM("invalid-request", "The request is not valid", "400") ",\"pointer\":\"\"}");
    assert_problem(probe, call, &(struct outcome){.result = RESULT_NOT_FOUND, .pointer = "/user"},
                   PROBLEM("not-found", "There is no such thing", "404") ",\"pointer\":\"/user\"}");
    assert_problem(probe, call, &(struct outcome){.result = RESULT_NOT_FOUND},
                   PROBLEM("not-found", "There is no such thing", "404") "}");
    assert_problem(probe, call, &(struct outcome){.result = RESULT_FORBIDDEN, .pointer = "/origin"},
                   PROBLEM("forbidden", "That is not allowed", "403") ",\"pointer\":\"/origin\"}");
    assert_problem(probe, call, &(struct outcome){.result = RESULT_FORBIDDEN},
                   PROBLEM("forbidden", "That is not allowed", "403") "}");
    assert_problem(probe, call,
                   &(struct outcome){.result = RESULT_INSUFFICIENT_POOL, .requested = 6, .available = 5, .has_level = true,
                                     .level = 0, .product = &kre},
                   PROBLEM("insufficient-pool", "The pool does not hold that many licenses", "409")
                   ",\"requested\":6,\"available\":5,\"level\":\"AC-1\",\"product\":\"KRE\"}");
    const struct holder holders[] = {{.kind = HOLDER_ORGANIZATION, .id = 1002, .count = 5},
                                     {.kind = HOLDER_SEAT, .id = 1, .user = 2, .count = 1},
                                     {.kind = HOLDER_SESSION, .id = 4, .user = 1, .count = 2}};
    assert_problem(probe, call,
                   &(struct outcome){.result = RESULT_DEDICATION_IN_USE, .level = 1001, .product = &kre, .requested = 5,
                                     .dedicated = 20, .children_dedicated = 5, .assigned = 3, .holders = holders,
                                     .holder_count = 3, .holder_total = 3},
                   PROBLEM("dedication-in-use", "Licenses of the dedication are in use", "409")
                   ",\"organization\":\"OG-1001\",\"product\":\"KRE\",\"requested\":5,\"dedicated\":20,"
                   "\"children_dedicated\":5,\"assigned\":3,\"holders\":[{\"kind\":\"organization\",\"id\":\"OG-1002\","
                   "\"count\":5},{\"kind\":\"seat\",\"id\":\"ST-1\",\"user\":\"US-2\",\"count\":1},{\"kind\":\"session\","
                   "\"id\":\"SN-4\",\"user\":\"US-1\",\"count\":2}],\"holders_total\":3}");
    assert_problem(probe, call,
                   &(struct outcome){.result = RESULT_CONFLICT, .with = "US-1", .holders = holders + 1, .holder_count = 1},
                   PROBLEM("conflict", "That contradicts what is there", "409")
                   ",\"with\":\"US-1\",\"seats\":[\"ST-1\"]}");
    assert_problem(probe, call, &(struct outcome){.result = RESULT_NOT_EMPTY, .users = 2},
                   PROBLEM("not-empty", "It still holds other things", "409")
                   ",\"organizations\":0,\"users\":2,\"projects\":0,\"seats\":0,\"sessions\":0}");
    assert_problem(probe, call, &(struct outcome){.result = RESULT_DEDICATIONS_EXIST, .dedications = 4},
                   PROBLEM("dedications-exist", "Dedications or a usage policy still stand", "409")
                   ",\"dedications\":4,\"policy\":\"unrestricted\",\"fallback\":false}");
    struct session_row ended = active;
    ended.state = SESSION_EXPIRED;
    ended.ended_at = at;
    assert_problem(probe, call, &(struct outcome){.result = RESULT_SESSION_ENDED, .session = &ended},
                   PROBLEM("session-ended", "The session has ended", "410")
                   ",\"session\":\"SN-1\",\"state\":\"expired\",\"reason\":null,\"ended_at\":" AT "}");
}

static void a_denial_tells_why_pool_by_pool(void **state)
{
    struct probe *probe = *state;
    struct call *call = call_of(probe, "POST " A "/sessions",
                                "{\"product\":\"KRE\",\"organization\":\"OG-1001\",\"project\":\"PR-1\"}");
    struct explanation denied = explanation;
    denied.tried_count = 1;
    denied.tried[0].figures_hidden = true;
    assert_problem(probe, call, &(struct outcome){.result = RESULT_NO_LICENSE_AVAILABLE, .explanation = &denied},
                   PROBLEM("no-license-available", "No license is available", "409")
                   ",\"product\":\"KRE\",\"count\":2,\"policy\":\"strict\",\"fallback\":true,\"tried\":[{\"level\":"
                   "\"OG-1001\",\"rule\":\"own\",\"reason\":\"exhausted\"}],\"tried_total\":2,\"reasons\":{\"exhausted\":1}}");
    assert_problem(probe, call, &(struct outcome){.result = RESULT_NOT_ELIGIBLE, .product = &kre},
                   PROBLEM("not-eligible", "The user may not use licenses from there", "403")
                   ",\"product\":\"KRE\",\"organization\":\"OG-1001\",\"project\":\"PR-1\"}");
    call = call_of(probe, "POST " A "/seats", "{\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"OG-1002\"}");
    assert_problem(probe, call, &(struct outcome){.result = RESULT_NOT_ELIGIBLE, .product = &kre},
                   PROBLEM("not-eligible", "The user may not use licenses from there", "403")
                   ",\"product\":\"KRE\",\"organization\":\"OG-1002\"}");
    denied.seat = true;
    denied.tried[0].figures_hidden = false;
    assert_problem(probe, call, &(struct outcome){.result = RESULT_NO_LICENSE_AVAILABLE, .explanation = &denied},
                   PROBLEM("no-license-available", "No license is available", "409")
                   ",\"product\":\"KRE\",\"count\":2,\"tried\":[" TRIED_1 "],\"tried_total\":2,"
                   "\"reasons\":{\"exhausted\":1}}");
}

static void problems_of_form_tell_where(void **state)
{
    struct probe *probe = *state;
    static const struct {
        const char *line, *member;
    } wrong[] = {
        {"GET " A "/users?limit=x", ",\"parameter\":\"limit\"}"},
        {"POST " A "/users", ",\"pointer\":\"/name\"}"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct call *call = probe_read(probe, wrong[i].line, NULL);
        call->outcome = call->form;
        int status;
        assert_non_null(strstr(probe_write(probe, call, &status), wrong[i].member));
    }
    probe->idempotency_key = "";
    struct call *call = probe_read(probe, "POST " A "/users", "{\"name\":\"x\"}");
    call->outcome = call->form;
    int status;
    assert_non_null(strstr(probe_write(probe, call, &status), ",\"header\":\"Idempotency-Key\"}"));
}

static void some_refusals_come_with_headers(void **state)
{
    struct call *call = call_of(*state, "GET " A, NULL);
    struct call_answer answer;
    call->outcome = (struct outcome){.result = RESULT_UNAUTHENTICATED};
    call_write(call, &answer);
    assert_string_equal(answer.authenticate, "Bearer");
    free(answer.body);
    call->outcome = (struct outcome){.result = RESULT_UNAVAILABLE};
    call_write(call, &answer);
    assert_int_equal(answer.retry_after_s, 1);
    free(answer.body);
    call->retry_after_s = 7;
    call_write(call, &answer);
    assert_int_equal(answer.retry_after_s, 7);
    free(answer.body);
    call_write_problem(RESULT_TOO_LARGE, 413, "Less.", "r", &answer);
    assert_string_equal(answer.body, "{\"type\":\"/problems/too-large\",\"title\":\"The request is too large\",\"status\":413,"
                                     "\"detail\":\"Less.\",\"request_id\":\"r\"}");
    free(answer.body);
}

// ---- Batches and the rest

static void a_batch_answers_op_by_op(void **state)
{
    struct probe *probe = *state;
    struct call *call = call_of(probe, "POST " A "/sessions:batch",
                                "{\"ops\":[{\"op\":\"acquire\",\"product\":\"KRE\"},{\"op\":\"heartbeat\",\"session\":\"SN-1\"},"
                                "{\"op\":\"release\",\"session\":\"SN-2\"},{\"op\":\"acquire\",\"product\":\"X\"}]}");
    for (size_t i = 0; i < 2; i++)
        call->ops[i].outcome = (struct outcome){
            .result = i == 0 ? RESULT_CREATED : RESULT_OK, .answer = ANSWER_ROW, .row_kind = ROW_SESSION, .row = &active};
    call->ops[2].outcome = (struct outcome){.result = RESULT_NOT_FOUND, .detail = "Do."};
    call->ops[3].outcome = (struct outcome){.result = RESULT_NOT_FOUND, .detail = "Do.", .pointer = "/product"};
    assert_writes(probe, call, 200,
                  "{\"results\":[{\"status\":201,\"session\":" SESSION "},{\"status\":200,\"session\":" SESSION "},"
                  "{\"status\":404,\"error\":" PROBLEM("not-found", "There is no such thing", "404") "}},"
                  "{\"status\":404,\"error\":" PROBLEM("not-found", "There is no such thing", "404")
                  ",\"pointer\":\"/ops/3/product\"}}]}");
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
    assert_writes(*state, call, 200,
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
        cmocka_unit_test_setup_teardown(rows_have_all_their_members_and_no_inner_ones, start, stop),
        cmocka_unit_test_setup_teardown(what_is_done_without_words_has_no_body, start, stop),
        cmocka_unit_test_setup_teardown(a_secret_is_shown_once, start, stop),
        cmocka_unit_test_setup_teardown(figures_are_told_as_they_hold, start, stop),
        cmocka_unit_test_setup_teardown(pages_end_or_go_on, start, stop),
        cmocka_unit_test_setup_teardown(events_are_told_from_what_was_kept, start, stop),
        cmocka_unit_test_setup_teardown(denials_show_what_one_may_see, start, stop),
        cmocka_unit_test_setup_teardown(an_explanation_ends_with_what_grants, start, stop),
        cmocka_unit_test_setup_teardown(a_dry_run_tells_what_would_be, start, stop),
        cmocka_unit_test_setup_teardown(a_plan_is_a_list_of_changes, start, stop),
        cmocka_unit_test_setup_teardown(the_policy_has_two_members, start, stop),
        cmocka_unit_test_setup_teardown(problems_have_the_figures_as_members, start, stop),
        cmocka_unit_test_setup_teardown(a_denial_tells_why_pool_by_pool, start, stop),
        cmocka_unit_test_setup_teardown(problems_of_form_tell_where, start, stop),
        cmocka_unit_test_setup_teardown(some_refusals_come_with_headers, start, stop),
        cmocka_unit_test_setup_teardown(a_batch_answers_op_by_op, start, stop),
        cmocka_unit_test_setup_teardown(whoami_tells_what_a_key_is, start, stop),
        cmocka_unit_test_setup_teardown(the_contract_is_served, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
