// SPDX-License-Identifier: Apache-2.0
// Reading requests: what is taken, what is refused and where, and what counts as the same request.
#include "api_probe.h"

#include <string.h>

#define A "/v1/accounts/AC-1"

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

// ---- Bodies

static const struct bad {
    const char *line, *body, *where;
    enum result result; // 0: INVALID_REQUEST
} bad[] = {
    // What is no JSON, or no object
    {"POST " A "/organizations", "{", "", 0},
    {"POST " A "/organizations", "[]", "", 0},
    {"POST " A "/organizations", "\"x\"", "", 0},
    {"POST " A "/organizations", "{} {}", "", 0},
    {"POST " A "/organizations", "\xef\xbb\xbf{}", "", 0},
    {"POST " A "/organizations", "{\"name\": \"a\\u0000b\"}", "", 0},
    {"POST " A "/organizations", "{\"name\": \"\xff\"}", "", 0},
    {"POST " A "/organizations", "{\"name\": \"\\ud800\"}", "", 0},
    {"POST " A "/organizations", "{\"name\": NaN}", "", 0},
    {"POST " A "/organizations", "{\"name\": \"x\", \"name\": \"y\"}", "/name", 0},
    // Members: missing, unknown, of another type
    {"POST " A "/organizations", NULL, "/name", 0},
    {"POST " A "/organizations", "{}", "/name", 0},
    {"POST " A "/organizations", "{\"nmae\": \"x\"}", "/nmae", 0},
    {"POST " A "/organizations", "{\"name\": \"x\", \"a/b~c\": 1}", "/a~1b~0c", 0},
    {"POST " A "/organizations", "{\"name\": null}", "/name", 0},
    {"POST " A "/organizations", "{\"name\": 5}", "/name", 0},
    {"POST " A "/organizations", "{\"name\": \"\"}", "/name", 0},
    {"POST " A "/organizations", "{\"name\": \"x\", \"parent\": 5}", "/parent", 0},
    {"POST " A "/organizations", "{\"name\": \"x\", \"parent\": \"\"}", "/parent", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": 1.0}", "/quantity", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": \"1\"}", "/quantity", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": 0}", "/quantity", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": 1000000000001}", "/quantity", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": 9223372036854775808}", "/quantity", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": 1e999}", "/quantity", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": true}", "/quantity", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": 1, \"ends_at\": \"tomorrow\"}", "/ends_at", 0},
    {"POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": 1, \"ends_at\": 0}", "/ends_at", 0},
    {"POST /v1/products", "{\"code\": \"K E\", \"name\": \"x\", \"model\": \"seat\"}", "/code", 0},
    {"POST /v1/products", "{\"code\": \"KRE\", \"name\": \"x\", \"model\": \"Seat\"}", "/model", 0},
    {"POST /v1/accounts", "{\"name\": \"x\", \"plan\": \"gold\"}", "/plan", 0},
    {"POST /v1/accounts", "{\"name\": \"x\", \"self_service_seats\": 1}", "/self_service_seats", 0},
    {"POST /v1/accounts", "{\"name\": \"x\", \"shortfall_grace_s\": -1}", "/shortfall_grace_s", 0},
    {"POST " A "/users", "{\"name\": \"x\", \"email\": \"alice\"}", "/email", 0},
    {"POST " A "/users", "{\"name\": \"x\", \"email\": \"@\"}", "/email", 0},
    {"POST " A "/users", "{\"name\": \"x\", \"email\": \"a@b@c\"}", "/email", 0},
    {"POST " A "/users", "{\"name\": \"x\", \"email\": \"a b@c\"}", "/email", 0},
    {"POST " A "/users", "{\"name\": \"x\", \"email\": \"a\xc2\xa0@c\"}", "/email", 0},
    {"POST " A "/users", "{\"name\": \"x\", \"role\": \"operator\"}", "/role", 0},
    {"POST " A "/users", "{\"name\": \"x\", \"role\": \"platform\"}", "/role", 0},
    {"POST " A "/api-keys", "{\"name\": \"x\", \"role\": \"operator\"}", "/role", 0},
    {"PATCH " A "/projects/PR-1", "{\"organization\": null}", "/organization", 0},
    {"PUT " A "/usage-policy", "{\"policy\": \"strict\"}", "/fallback", 0},
    {"PUT " A "/dedications/OG-1/KRE", "{\"count\": -1}", "/count", 0},
    {"PUT " A "/dedications/OG-1/KRE", "{\"count\": 1, \"reclaim\": \"steal\"}", "/reclaim", 0},
    {"PUT " A "/dedications/OG-1/KRE", "{\"count\": 1, \"when\": null}", "/when", 0},
    {"POST " A "/dedications:apply", "{\"dedications\": {}}", "/dedications", 0},
    {"POST " A "/dedications:apply", "{\"dedications\": [1]}", "/dedications/0", 0},
    {"POST " A "/dedications:apply",
     "{\"dedications\": [{\"organization\": \"OG-1\", \"product\": \"K\", \"count\": 1}, {\"organization\": \"OG-1\"}]}",
     "/dedications/1/product", 0},
    {"POST " A "/dedications:apply",
     "{\"dedications\": [{\"organization\": \"OG-1\", \"product\": \"K\", \"count\": 1},"
     "{\"organization\": \"OG-2\", \"product\": \"K\", \"count\": 1},"
     "{\"organization\": \"OG-1\", \"product\": \"K\", \"count\": 2}]}",
     "/dedications/2", 0},
    // Sessions
    {"POST " A "/sessions", "{\"product\": \"KRE\", \"ttl_s\": 9}", "/ttl_s", 0},
    {"POST " A "/sessions", "{\"product\": \"KRE\", \"ttl_s\": 86401}", "/ttl_s", 0},
    {"POST " A "/sessions", "{\"product\": \"KRE\", \"count\": 1001}", "/count", 0},
    {"POST " A "/sessions", "{\"product\": \"KRE\", \"wait_s\": 601}", "/wait_s", 0},
    {"POST " A "/sessions", "{\"product\": \"KRE\", \"user\": null}", "/user", 0},
    {"POST " A "/sessions", "{\"product\": \"KRE\", \"machine\": \"\"}", "/machine", 0},
    {"POST " A "/sessions", "{\"product\": \"KRE\", \"origin\": \"mine\"}", "/origin", 0},
    {"POST " A "/sessions/SN-1/heartbeat", "{\"ttl_s\": 5}", "/ttl_s", 0},
    {"POST " A "/seats/ST-1/check-in", "{\"machine\": \"\"}", "/machine", 0},
    {"POST " A "/leases", "{\"product\": \"KRE\", \"days\": 1}", "/machine", 0},
    {"POST " A "/leases", "{\"product\": \"KRE\", \"machine\": \"m\"}", "/days", 0},
    {"POST " A "/leases", "{\"product\": \"KRE\", \"machine\": \"m\", \"days\": 366}", "/days", 0},
    {"POST " A "/leases", "{\"product\": \"KRE\", \"machine\": \"m\", \"days\": 0}", "/days", 0},
    {"POST " A "/leases", "{\"product\": \"KRE\", \"machine\": \"m\", \"days\": 1, \"count\": 2}", "/count", 0},
    {"PUT " A "/borrowing/KRE", "{}", "/max_borrow_days", 0},
    {"PUT " A "/borrowing/KRE", "{\"max_borrow_days\": 366}", "/max_borrow_days", 0},
    {"PUT " A "/borrowing/KRE", "{\"max_borrow_days\": 1, \"share_percent\": 101}", "/share_percent", 0},
    {"POST " A "/seats:release", "{}", "/seats", 0},
    {"POST " A "/seats:release", "{\"seats\": [\"ST-1\", 2]}", "/seats/1", 0},
    {"POST " A "/seats:release", "{\"seats\": [\"ST-1\", \"ST-2\", \"ST-1\"]}", "/seats/2", 0},
    {"POST /v1/products", "{\"code\": \"K\", \"name\": \"K\", \"model\": \"seat\", \"machines_per_seat\": 0}", "/machines_per_seat", 0},
    {"POST /v1/products", "{\"code\": \"K\", \"name\": \"K\", \"model\": \"session\", \"machines_per_seat\": 2}", "/machines_per_seat", 0},
    {"POST " A "/sessions:batch", "{\"ops\": 1}", "/ops", 0},
    {"POST " A "/sessions:batch", "{\"ops\": [{\"op\": \"steal\"}]}", "/ops/0/op", 0},
    {"POST " A "/sessions:batch", "{\"ops\": [{}]}", "/ops/0/op", 0},
    {"POST " A "/sessions:batch", "{\"ops\": [{\"op\": \"acquire\", \"product\": \"K\", \"wait_s\": 5}]}",
     "/ops/0/wait_s", 0},
    {"POST " A "/sessions:batch", "{\"ops\": [{\"op\": \"release\", \"session\": \"SN-1\", \"cooldown_s\": 5}]}",
     "/ops/0/cooldown_s", 0},
    {"POST " A "/sessions:batch", "{\"ops\": [{\"op\": \"heartbeat\", \"session\": \"SN-1\", \"reason\": \"x\"}]}",
     "/ops/0/reason", 0},
    {"POST " A "/sessions:batch", "{\"ops\": [{\"op\": \"heartbeat\", \"session\": \"S\", \"idempotency_key\": \"a b\"}]}",
     "/ops/0/idempotency_key", 0},
    // Declarations
    {"POST " A ":apply", "{\"organizations\": [{\"path\": \"\"}]}", "/organizations/0/path", 0},
    {"POST " A ":apply", "{\"organizations\": [{\"path\": \"A//B\"}]}", "/organizations/0/path", 0},
    {"POST " A ":apply", "{\"organizations\": [{\"path\": \"A~2B\"}]}", "/organizations/0/path", 0},
    {"POST " A ":apply", "{\"organizations\": [{\"path\": \"A\", \"dedications\": {\"K E\": 1}}]}",
     "/organizations/0/dedications/K E", 0},
    {"POST " A ":apply", "{\"organizations\": [{\"path\": \"A\", \"dedications\": {\"K\": 1.5}}]}",
     "/organizations/0/dedications/K", 0},
    {"POST " A ":apply", "{\"organizations\": [{\"path\": \"A\", \"projects\": [{\"name\": \"F\", \"members\": [5]}]}]}",
     "/organizations/0/projects/0/members/0", 0},
    {"POST " A ":apply", "{\"members\": [{\"role\": \"member\"}]}", "/members/0/email", 0},
    {"POST " A ":apply", "{\"usage_policy\": {\"policy\": \"strict\"}}", "/usage_policy/fallback", 0},
    {"POST " A ":apply", "{\"prune\": \"yes\"}", "/prune", 0},
    // Queries
    {"GET " A "/users?limit=0", NULL, "?limit", 0},
    {"GET " A "/users?limit=1001", NULL, "?limit", 0},
    {"GET " A "/users?limit=1.0", NULL, "?limit", 0},
    {"GET " A "/users?limit=", NULL, "?limit", 0},
    {"GET " A "/users?limit=5&limit=6", NULL, "?limit", 0},
    {"GET " A "/users?after=x", NULL, "?after", 0},
    {"GET " A "/users?after=0", NULL, "?after", 0},
    {"GET " A "/users?after=99999999999999999999", NULL, "?after", 0},
    {"GET " A "/users?emial=a@b", NULL, "?emial", 0},
    {"GET " A "/users/US-1?q=a", NULL, "?q", 0},
    {"GET " A "/sessions?state=asleep", NULL, "?state", 0},
    {"GET " A "/events?from=yesterday", NULL, "?from", 0},
    {"GET " A "/pools?after=KRE", NULL, "?after", 0},
    {"GET " A "/pools?after=KRE~x", NULL, "?after", 0},
    {"GET /v1/products?after=K%20E", NULL, "?after", 0},
    {"DELETE " A "/purchases/PU-1?dry_run=1", NULL, "?dry_run", 0},
    {"DELETE " A "/sessions/SN-1?cooldown_s=5", NULL, "?cooldown_s", 0},
    {"DELETE " A "/sessions/SN-1?cooldown_s=86401&reason=x", NULL, "?cooldown_s", 0},
    {"DELETE " A "/seats/ST-1?reason=", NULL, "?reason", 0},
    {"GET /v1/whoami?x=1", NULL, "?x", 0},
    // Bodies where none belongs
    {"GET " A, "{}", "", 0},
    {"DELETE " A "/users/US-1", "{}", "", 0},
};

static void what_is_wrong_is_refused_where_it_is(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        print_message("%s %s\n", bad[i].line, bad[i].body != NULL ? bad[i].body : "");
        struct call *call = probe_read(*state, bad[i].line, bad[i].body);
        assert_refused(call, bad[i].result != 0 ? bad[i].result : RESULT_INVALID_REQUEST, bad[i].where);
    }
}

static void a_near_miss_is_told_what_was_meant(void **state)
{
    struct call *call = probe_read(*state, "POST " A "/purchases", "{\"product\": \"KRE\", \"qantity\": 5}");
    assert_refused(call, RESULT_INVALID_REQUEST, "/qantity");
    assert_string_equal(call->form.detail, "There is no member `qantity` here. Did you mean `quantity`?");
    call = probe_read(*state, "POST " A "/purchases", "{\"product\": \"KRE\", \"quantity\": 5, \"colour\": 1}");
    assert_string_equal(call->form.detail,
                        "There is no member `colour` here. Known are `product`, `quantity`, `starts_at` and `ends_at`.");
    call = probe_read(*state, "POST " A "/sessions/SN-1/heartbeat", "{\"now\": 1}");
    assert_string_equal(call->form.detail, "There is no member `now` here; the object takes none.");
    call = probe_read(*state, "GET " A "/users?emial=x", NULL);
    assert_string_equal(call->form.detail, "There is no parameter `emial` here. Did you mean `email`?");
}

static void a_body_is_json_and_says_so(void **state)
{
    struct probe *probe = *state;
    static const char *const wrong[] = {NULL, "", "text/plain", "application/jsonx", "application/problem+json"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        probe->content_type = wrong[i];
        assert_refused(probe_read(probe, "POST " A "/organizations", "{\"name\": \"x\"}"),
                       RESULT_UNSUPPORTED_MEDIA_TYPE, "nowhere");
    }
    static const char *const right[] = {"application/json", "Application/JSON; charset=utf-8", "application/json "};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        probe->content_type = right[i];
        assert_reads(probe_read(probe, "POST " A "/organizations", "{\"name\": \"x\"}"));
    }
    probe->content_type = NULL;
    assert_reads(probe_read(probe, "POST " A "/sessions/SN-1/heartbeat", NULL));
}

static void what_is_nested_too_deep_is_refused_before_it_is_parsed(void **state)
{
    char body[200000];
    memset(body, '[', sizeof body);
    assert_refused(probe_read_bytes(*state, "POST " A "/organizations", body, sizeof body), RESULT_INVALID_REQUEST, "");
    // Brackets in a text are no nesting.
    assert_reads(probe_read(*state, "POST " A "/organizations",
                            "{\"name\": \"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}"));
}

static void names_are_counted_in_characters(void **state)
{
    char body[2000] = "{\"name\": \"";
    for (int i = 0; i < 255; i++)
        strcat(body, "\xf0\x9f\x99\x82");
    size_t length = strlen(body);
    strcpy(body + length, "\"}");
    assert_reads(probe_read(*state, "POST " A "/organizations", body));
    strcpy(body + length, "x\"}");
    assert_refused(probe_read(*state, "POST " A "/organizations", body), RESULT_INVALID_REQUEST, "/name");
}

static void too_many_items_are_too_large(void **state)
{
    struct probe *probe = *state;
    static const char op[] = "{\"op\":\"heartbeat\",\"session\":\"SN-1\"},";
    size_t each = sizeof op - 1, count = 10001;
    char *body = arena_alloc(&probe->arena, each * count + 32);
    size_t length = (size_t)sprintf(body, "{\"ops\":[");
    for (size_t i = 0; i < count; i++, length += each)
        memcpy(body + length, op, each);
    strcpy(body + length - 1, "]}");
    assert_refused(probe_read(probe, "POST " A "/sessions:batch", body), RESULT_TOO_LARGE, "nowhere");
    strcpy(body + length - each - 1, "]}");
    struct call *call = probe_read(probe, "POST " A "/sessions:batch", body);
    assert_reads(call);
    assert_int_equal(call->op_count, 10000);
    assert_int_equal(call->ops[9999].command.kind, COMMAND_SESSION_HEARTBEAT);
}

// ---- What comes of it

static void an_acquire_is_read_with_its_defaults(void **state)
{
    struct call *call = probe_read(*state, "POST " A "/sessions", "{\"product\": \"KRE\"}");
    assert_reads(call);
    const struct session_request *request = &call->command.session;
    assert_int_equal(call->command.kind, COMMAND_SESSION_ACQUIRE);
    assert_string_equal(request->product, "KRE");
    assert_int_equal(request->user, 0);
    assert_int_equal(request->ttl_s, 120);
    assert_int_equal(request->count, 1);
    assert_int_equal(request->wait_s, 0);
    assert_false(request->origin_given);
    assert_null(request->machine);
    call = probe_read(*state, "POST " A "/sessions",
                      "{\"product\": \"KRE\", \"user\": \"US-7\", \"project\": null, \"organization\": \"no id\","
                      "\"machine\": \"ws-1\", \"ttl_s\": 10, \"count\": 1000, \"origin\": \"platform\", \"wait_s\": 600}");
    assert_reads(call);
    request = &call->command.session;
    assert_int_equal(request->user, 7);
    assert_int_equal(request->project, 0);
    assert_true(request->organization == ID_UNKNOWN);
    assert_string_equal(request->machine, "ws-1");
    assert_true(request->origin_given && request->origin == ORIGIN_PLATFORM);
    assert_int_equal(request->wait_s, 600);
}

static void an_update_says_what_it_names(void **state)
{
    struct call *call = probe_read(*state, "PATCH " A "/users/US-5", "{\"organization\": null, \"role\": \"auditor\"}");
    assert_reads(call);
    assert_int_equal(call->command.id, 5);
    assert_int_equal(call->command.given, GIVEN_ORGANIZATION | GIVEN_ROLE);
    assert_int_equal(call->command.user.role, ROLE_AUDITOR);
    call = probe_read(*state, "PATCH " A "/purchases/PU-1?dry_run=true", "{\"ends_at\": null}");
    assert_int_equal(call->command.given, GIVEN_ENDS_AT);
    assert_true(call->command.dry_run);
    call = probe_read(*state, "PATCH " A, NULL);
    assert_reads(call);
    assert_int_equal(call->command.given, 0);
}

static void a_level_is_an_organization_or_the_account(void **state)
{
    struct call *call = probe_read(*state, "POST " A "/seats", "{\"product\": \"F\", \"level\": \"AC-7\"}");
    assert_int_equal(call->command.seat.level, 0);
    assert_int_equal(call->named_account, 7);
    call = probe_read(*state, "POST " A "/seats", "{\"product\": \"F\", \"level\": \"OG-1001\"}");
    assert_int_equal(call->command.seat.level, 1001);
    assert_int_equal(call->named_account, 0);
    call = probe_read(*state, "GET " A "/sessions?level=US-1", NULL);
    assert_reads(call);
    assert_true(call->list.level_given && call->list.level == ID_UNKNOWN);
}

static void paths_of_declarations_are_split_and_unescaped(void **state)
{
    struct call *call = probe_read(*state, "POST " A ":apply?dry_run=true",
                                   "{\"organizations\": [{\"path\": \"A~1B/C~0~1D/E\", \"dedications\": {\"Z\": 1, \"A\": 2},"
                                   "\"projects\": [{\"name\": \"F\", \"members\": [\"a@b\", \"US-7\"]}, {\"name\": \"G\"}]}],"
                                   "\"members\": [{\"email\": \"a@b\", \"organization\": null}],"
                                   "\"usage_policy\": {\"policy\": \"strict\", \"fallback\": false}, \"prune\": true}");
    assert_reads(call);
    const struct wanted_account *wanted = &call->command.wanted;
    assert_int_equal(wanted->organization_count, 1);
    const struct wanted_organization *organization = &wanted->organizations[0];
    assert_int_equal(organization->depth, 3);
    assert_string_equal(organization->path[0], "A/B");
    assert_string_equal(organization->path[1], "C~/D");
    assert_string_equal(organization->path[2], "E");
    assert_int_equal(organization->dedication_count, 2);
    assert_int_equal(organization->projects[0].member_count, 2);
    assert_true(organization->projects[0].members_given);
    assert_false(organization->projects[1].members_given);
    assert_int_equal(wanted->users[0].given, GIVEN_EMAIL | GIVEN_ORGANIZATION);
    assert_int_equal(wanted->users[0].organization_depth, 0);
    assert_true(wanted->policy_given && wanted->policy == POLICY_STRICT && !wanted->fallback && wanted->prune);
    assert_true(call->command.dry_run);
}

static void lists_take_filters_and_cursors(void **state)
{
    struct call *call =
        probe_read(*state, "GET " A "/sessions?state=revoked&product=K&user=US-2&level=AC-1&limit=7&after=41", NULL);
    assert_reads(call);
    assert_int_equal(call->list.kind, ROW_SESSION);
    assert_int_equal(call->list.limit, 7);
    assert_int_equal(call->list.after, 41);
    assert_true(call->list.state_given && call->list.state == SESSION_REVOKED);
    assert_int_equal(call->list.user, 2);
    assert_true(call->list.level_given && call->list.level == 0);
    call = probe_read(*state, "GET " A "/users?email=Alice@X&q=B\xc3\x84R&organization=OG-7", NULL);
    assert_string_equal(call->list.email, "alice@x");
    assert_string_equal(call->list.q, "B\xc3\x84R");
    assert_int_equal(call->list.q_id, 0);
    assert_int_equal(call->list.organization, 7);
    call = probe_read(*state, "GET " A "/pools?after=K.E~1001", NULL);
    assert_string_equal(call->command.pools.after_product, "K.E");
    assert_int_equal(call->command.pools.after_depth, 1);
    assert_int_equal(call->command.pools.after_path[0], 1001);
    assert_int_equal(call->command.pools.limit, 100);
    assert_false(call->command.pools.only_dedicated);
    call = probe_read(*state, "GET " A "/pools?after=K~1001.7&dedicated=true", NULL);
    assert_int_equal(call->command.pools.after_depth, 2);
    assert_int_equal(call->command.pools.after_path[1], 7);
    assert_true(call->command.pools.only_dedicated);
    call = probe_read(*state, "GET " A "/pools?after=K~0", NULL);
    assert_reads(call);
    assert_int_equal(call->command.pools.after_depth, 0);
    call = probe_read(*state, "GET " A "/organizations?q=og-7&ids=OG-9,OG-1001,x,US-3,OG-9,", NULL);
    assert_reads(call);
    assert_string_equal(call->list.q, "og-7");
    assert_int_equal(call->list.q_id, 7);
    assert_true(call->list.ids_given);
    assert_int_equal(call->list.id_count, 3);
    assert_int_equal(call->list.ids[0], 9);
    assert_int_equal(call->list.ids[1], 9);
    assert_int_equal(call->list.ids[2], 1001);
    call = probe_read(*state, "GET " A "/projects?q=OG-7&ids=OG-7", NULL);
    assert_reads(call);
    assert_int_equal(call->list.q_id, 0);
    assert_true(call->list.ids_given && call->list.id_count == 0);
    assert_false(probe_read(*state, "GET " A "/users?q=US", NULL)->list.ids_given);
    assert_true(probe_read(*state, "GET " A "/sessions?order=desc", NULL)->list.newest_first);
    assert_false(probe_read(*state, "GET " A "/sessions?order=asc", NULL)->list.newest_first);
    assert_true(probe_read(*state, "GET " A "/events?order=desc", NULL)->history.newest_first);
    assert_true(probe_read(*state, "GET " A "/denials?order=desc", NULL)->history.newest_first);
    call = probe_read(*state, "GET " A "/events?from=1970-01-01T00:00:00Z&kind=session", NULL);
    assert_int_equal(call->history.from_at, 1);
    assert_string_equal(call->history.kind, "session");
}

static void a_new_key_has_a_secret_of_its_own(void **state)
{
    static const char body[] = "{\"name\": \"ci\", \"role\": \"platform\"}";
    struct call *call = probe_read(*state, "POST " A "/api-keys", body);
    assert_reads(call);
    assert_int_equal(strlen(call->secret), 48);
    assert_int_equal(strncmp(call->secret, "ushk_", 5), 0);
    unsigned char hash[KEY_HASH_BYTES];
    key_hash_of(call->secret, hash);
    assert_memory_equal(hash, call->command.api_key.hash, KEY_HASH_BYTES);
    assert_string_not_equal(probe_read(*state, "POST " A "/api-keys", body)->secret, call->secret);
}

static void the_key_of_a_request_is_hashed(void **state)
{
    struct call *call = probe_read(*state, "GET /v1/whoami", NULL);
    unsigned char hash[KEY_HASH_BYTES];
    key_hash_of("secret", hash);
    assert_true(call->has_key);
    assert_memory_equal(call->key_hash, hash, KEY_HASH_BYTES);
    struct arena *arena = call->arena;
    static const char *const none[] = {NULL, "", "Bearer", "Bearer ", "Basic secret", "secret"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct call_request request = {.method = "GET", .path = "/v1/whoami", .authorization = none[i], .id = "x"};
        assert_false(call_read(&request, arena)->has_key);
    }
    struct call_request request = {.method = "GET", .path = "/v1/whoami", .authorization = "bearer  secret", .id = "x"};
    assert_memory_equal(call_read(&request, arena)->key_hash, hash, KEY_HASH_BYTES);
}

// ---- The same request

static void idempotency_keys_are_visible_ascii(void **state)
{
    struct probe *probe = *state;
    static const char *const wrong[] = {"", "a b", "\xc3\xa9", "a\tb",
                                        "0123456789012345678901234567890123456789012345678901234567890123x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        probe->idempotency_key = wrong[i];
        assert_refused(probe_read(probe, "POST " A "/organizations", "{\"name\": \"x\"}"), RESULT_INVALID_REQUEST,
                       ":Idempotency-Key");
    }
    // Where no answer is kept it has no meaning.
    assert_reads(probe_read(probe, "DELETE " A "/users/US-1", NULL));
    assert_reads(probe_read(probe, "POST /v1/backup", NULL));
    probe->idempotency_key = "k";
    assert_null(probe_read(probe, "GET " A, NULL)->idempotency_key);
    assert_string_equal(probe_read(probe, "POST " A "/sessions", "{\"product\":\"K\"}")->command.session.idempotency_key,
                        "k");
}

static bool same_request(struct probe *probe, const char *line, const char *body, const char *other_line,
                         const char *other_body)
{
    probe->idempotency_key = "k";
    struct call *one = probe_read(probe, line, body), *other = probe_read(probe, other_line, other_body);
    assert_reads(one);
    assert_reads(other);
    return memcmp(one->request_hash, other->request_hash, KEY_HASH_BYTES) == 0;
}

static void requests_are_compared_as_parsed(void **state)
{
#define USERS "POST /v1/accounts/self/users"
    assert_true(same_request(*state, USERS, "{\"name\":\"x\",\"email\":\"a@b\"}", USERS,
                             " { \"email\" : \"\\u0061@b\", \"name\": \"x\" , \"role\":\"member\",\"kind\":\"person\","
                             "\"organization\":null}"));
    assert_true(same_request(*state, USERS, "{\"name\":\"x\"}", "POST /v1/accounts/AC-1/users", "{\"name\":\"x\"}"));
    assert_false(same_request(*state, USERS, "{\"name\":\"x\"}", USERS, "{\"name\":\"y\"}"));
    assert_false(same_request(*state, USERS, "{\"name\":\"x\"}", USERS, "{\"name\":\"x\",\"kind\":\"service\"}"));
    assert_false(same_request(*state, USERS, "{\"name\":\"x\"}", "POST " A "/organizations", "{\"name\":\"x\"}"));
    assert_false(same_request(*state, "POST " A "/sessions/SN-1/heartbeat", NULL, "POST " A "/sessions/SN-2/heartbeat",
                              NULL));
    assert_true(same_request(*state, "POST " A "/sessions/SN-1/heartbeat", NULL, "POST " A "/sessions/SN-1/heartbeat",
                             "{}"));
#define BUY "{\"product\":\"K\",\"quantity\":1}"
    assert_false(same_request(*state, "POST " A "/purchases", BUY, "POST " A "/purchases?dry_run=true", BUY));
    assert_true(same_request(*state, "POST " A "/purchases", BUY, "POST " A "/purchases?dry_run=false", BUY));
    assert_true(same_request(*state, "POST " A ":apply", "{}", "POST " A ":apply",
                             "{\"members\":[],\"organizations\":[],\"prune\":false}"));
    assert_true(same_request(*state, "POST " A ":apply",
                             "{\"organizations\":[{\"path\":\"A\",\"dedications\":{\"A\":1,\"B\":2}}]}", "POST " A ":apply",
                             "{\"organizations\":[{\"dedications\":{\"B\":2,\"A\":1},\"path\":\"A\",\"projects\":[]}]}"));
    assert_false(same_request(*state, "POST " A ":apply",
                              "{\"organizations\":[{\"path\":\"A\",\"projects\":[{\"name\":\"F\",\"members\":[]}]}]}",
                              "POST " A ":apply", "{\"organizations\":[{\"path\":\"A\",\"projects\":[{\"name\":\"F\"}]}]}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_wrong_is_refused_where_it_is, start, stop),
        cmocka_unit_test_setup_teardown(a_near_miss_is_told_what_was_meant, start, stop),
        cmocka_unit_test_setup_teardown(a_body_is_json_and_says_so, start, stop),
        cmocka_unit_test_setup_teardown(what_is_nested_too_deep_is_refused_before_it_is_parsed, start, stop),
        cmocka_unit_test_setup_teardown(names_are_counted_in_characters, start, stop),
        cmocka_unit_test_setup_teardown(too_many_items_are_too_large, start, stop),
        cmocka_unit_test_setup_teardown(an_acquire_is_read_with_its_defaults, start, stop),
        cmocka_unit_test_setup_teardown(an_update_says_what_it_names, start, stop),
        cmocka_unit_test_setup_teardown(a_level_is_an_organization_or_the_account, start, stop),
        cmocka_unit_test_setup_teardown(paths_of_declarations_are_split_and_unescaped, start, stop),
        cmocka_unit_test_setup_teardown(lists_take_filters_and_cursors, start, stop),
        cmocka_unit_test_setup_teardown(a_new_key_has_a_secret_of_its_own, start, stop),
        cmocka_unit_test_setup_teardown(the_key_of_a_request_is_hashed, start, stop),
        cmocka_unit_test_setup_teardown(idempotency_keys_are_visible_ascii, start, stop),
        cmocka_unit_test_setup_teardown(requests_are_compared_as_parsed, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
