// SPDX-License-Identifier: Apache-2.0
// Answers that say why not: explanations and problems.
#include "write_probe.h"

#include <stdlib.h>
#include <string.h>

static const struct explanation explanation = {.product = &kre,
                                               .user = 1,
                                               .count = 2,
                                               .policy = POLICY_STRICT,
                                               .fallback = true,
                                               .tried = {{.level = 1001,
                                                          .rule = VIA_OWN,
                                                          .dedicated = 1,
                                                          .pool = 1,
                                                          .assigned = 1,
                                                          .reason = REASON_EXHAUSTED,
                                                          .retry_after_s = NUMBER_NONE},
                                                         {.level = 0,
                                                          .rule = VIA_FALLBACK,
                                                          .dedicated = 9,
                                                          .pool = 8,
                                                          .assigned = 1,
                                                          .available = 7,
                                                          .retry_after_s = 12}},
                                               .tried_count = 2,
                                               .tried_total = 2,
                                               .reasons = {[REASON_NONE] = 1, [REASON_EXHAUSTED] = 1},
                                               .granted = true,
                                               .via = VIA_FALLBACK};

static void an_explanation_ends_with_what_grants(void **state)
{
    struct call *call = call_of(*state, "POST " A "/sessions:explain", "{\"product\":\"KRE\",\"user\":\"US-1\"}");
    call->outcome = (struct outcome){.answer = ANSWER_EXPLAIN, .explanation = &explanation};
#define TRIED                                                                                                          \
    "\"policy\":\"strict\",\"fallback\":true,\"tried\":[" TRIED_1                                                      \
    ",{\"level\":\"AC-1\",\"rule\":\"fallback\",\"dedicated\":9,\"pool\":8,\"assigned\":1,\"available\":7,"            \
    "\"reason\":null,\"retry_after_s\":12}],\"tried_total\":2,\"reasons\":{\"exhausted\":1}"
    assert_writes(*state, call, 200,
                  "{\"would\":\"grant\",\"level\":\"AC-1\",\"via\":\"fallback\",\"error\":null,\"product\":\"KRE\","
                  "\"user\":\"US-1\",\"count\":2," TRIED "}");
    call->outcome.explain_error = RESULT_NOT_ELIGIBLE;
    assert_writes(*state, call, 200,
                  "{\"would\":\"deny\",\"level\":null,\"via\":null,\"error\":\"not-eligible\",\"product\":\"KRE\","
                  "\"user\":\"US-1\",\"count\":2," TRIED "}");
}

static void assert_problem(struct call *call, const struct outcome *outcome, const char *body)
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
}

static void problems_have_the_figures_as_members(void **state)
{
    struct probe *probe = *state;
    struct call *call = call_of(probe, "GET " A, NULL);
    assert_problem(call, &(struct outcome){.result = RESULT_INVALID_REQUEST},
                   PROBLEM("invalid-request", "The request is not valid", "400") ",\"pointer\":\"\"}");
    assert_problem(call, &(struct outcome){.result = RESULT_NOT_FOUND, .pointer = "/user"},
                   PROBLEM("not-found", "There is no such thing", "404") ",\"pointer\":\"/user\"}");
    assert_problem(call, &(struct outcome){.result = RESULT_NOT_FOUND},
                   PROBLEM("not-found", "There is no such thing", "404") "}");
    assert_problem(call, &(struct outcome){.result = RESULT_FORBIDDEN, .pointer = "/origin"},
                   PROBLEM("forbidden", "That is not allowed", "403") ",\"pointer\":\"/origin\"}");
    assert_problem(call, &(struct outcome){.result = RESULT_FORBIDDEN},
                   PROBLEM("forbidden", "That is not allowed", "403") "}");
    assert_problem(call,
                   &(struct outcome){.result = RESULT_INSUFFICIENT_POOL,
                                     .requested = 6,
                                     .available = 5,
                                     .has_level = true,
                                     .level = 0,
                                     .product = &kre},
                   PROBLEM("insufficient-pool", "The pool does not hold that many licenses",
                           "409") ",\"requested\":6,\"available\":5,\"level\":\"AC-1\",\"product\":\"KRE\"}");
    const struct holder holders[] = {{.kind = HOLDER_ORGANIZATION, .id = 1002, .count = 5},
                                     {.kind = HOLDER_SEAT, .id = 1, .user = 2, .count = 1},
                                     {.kind = HOLDER_SESSION, .id = 4, .user = 1, .count = 2}};
    assert_problem(
        call,
        &(struct outcome){.result = RESULT_DEDICATION_IN_USE,
                          .level = 1001,
                          .product = &kre,
                          .requested = 5,
                          .dedicated = 20,
                          .children_dedicated = 5,
                          .assigned = 3,
                          .holders = holders,
                          .holder_count = 3,
                          .holder_total = 3},
        PROBLEM(
            "dedication-in-use", "Licenses of the dedication are in use",
            "409") ",\"organization\":\"OG-1001\",\"product\":\"KRE\",\"requested\":5,\"dedicated\":20,"
                   "\"children_dedicated\":5,\"assigned\":3,\"holders\":[{\"kind\":\"organization\",\"id\":\"OG-1002\","
                   "\"count\":5},{\"kind\":\"seat\",\"id\":\"ST-1\",\"user\":\"US-2\",\"count\":1},{\"kind\":"
                   "\"session\","
                   "\"id\":\"SN-4\",\"user\":\"US-1\",\"count\":2}],\"holders_total\":3}");
    assert_problem(
        call, &(struct outcome){.result = RESULT_CONFLICT, .with = "US-1", .holders = holders + 1, .holder_count = 1},
        PROBLEM("conflict", "That contradicts what is there", "409") ",\"with\":\"US-1\",\"seats\":[\"ST-1\"]}");
    assert_problem(call, &(struct outcome){.result = RESULT_NOT_EMPTY, .users = 2},
                   PROBLEM("not-empty", "It still holds other things",
                           "409") ",\"organizations\":0,\"users\":2,\"projects\":0,\"seats\":0,\"sessions\":0}");
    assert_problem(call, &(struct outcome){.result = RESULT_DEDICATIONS_EXIST, .dedications = 4},
                   PROBLEM("dedications-exist", "Dedications or a usage policy still stand",
                           "409") ",\"dedications\":4,\"policy\":\"unrestricted\",\"fallback\":false}");
    struct session_row ended = active;
    ended.state = SESSION_EXPIRED;
    ended.ended_at = WRITE_AT;
    assert_problem(call, &(struct outcome){.result = RESULT_SESSION_ENDED, .session = &ended},
                   PROBLEM("session-ended", "The session has ended",
                           "410") ",\"session\":\"SN-1\",\"state\":\"expired\",\"reason\":null,\"ended_at\":" AT "}");
}

static void a_denial_tells_why_pool_by_pool(void **state)
{
    struct probe *probe = *state;
    struct call *call = call_of(probe, "POST " A "/sessions",
                                "{\"product\":\"KRE\",\"organization\":\"OG-1001\",\"project\":\"PR-1\"}");
    struct explanation denied = explanation;
    denied.tried_count = 1;
    denied.tried[0].figures_hidden = true;
    assert_problem(
        call, &(struct outcome){.result = RESULT_NO_LICENSE_AVAILABLE, .explanation = &denied},
        PROBLEM("no-license-available", "No license is available",
                "409") ",\"product\":\"KRE\",\"count\":2,\"policy\":\"strict\",\"fallback\":true,\"tried\":[{\"level\":"
                       "\"OG-1001\",\"rule\":\"own\",\"reason\":\"exhausted\"}],\"tried_total\":2,\"reasons\":{"
                       "\"exhausted\":1}}");
    assert_problem(call, &(struct outcome){.result = RESULT_NOT_ELIGIBLE, .product = &kre},
                   PROBLEM("not-eligible", "The user may not use licenses from there",
                           "403") ",\"product\":\"KRE\",\"organization\":\"OG-1001\",\"project\":\"PR-1\"}");
    call = call_of(probe, "POST " A "/seats", "{\"product\":\"KRE\",\"user\":\"US-1\",\"level\":\"OG-1002\"}");
    assert_problem(call, &(struct outcome){.result = RESULT_NOT_ELIGIBLE, .product = &kre},
                   PROBLEM("not-eligible", "The user may not use licenses from there",
                           "403") ",\"product\":\"KRE\",\"organization\":\"OG-1002\"}");
    denied.seat = true;
    denied.tried[0].figures_hidden = false;
    assert_problem(call, &(struct outcome){.result = RESULT_NO_LICENSE_AVAILABLE, .explanation = &denied},
                   PROBLEM("no-license-available", "No license is available",
                           "409") ",\"product\":\"KRE\",\"count\":2,\"tried\":[" TRIED_1 "],\"tried_total\":2,"
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
    assert_string_equal(answer.body,
                        "{\"type\":\"/problems/too-large\",\"title\":\"The request is too large\",\"status\":413,"
                        "\"detail\":\"Less.\",\"request_id\":\"r\"}");
    free(answer.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        write_test(an_explanation_ends_with_what_grants), write_test(problems_have_the_figures_as_members),
        write_test(a_denial_tells_why_pool_by_pool),      write_test(problems_of_form_tell_where),
        write_test(some_refusals_come_with_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
