// SPDX-License-Identifier: Apache-2.0
//
// Lists: filters, scopes and cursors, from the query to the rows. What must hold:
//
//     SQLite and the memory twin give the same page
//     no page is longer than its limit, and the `next` of each is taken as `after`
//     walked to its end, page by page, a list gives what it gives at once
#include "fuzz/request.h"
#include "fuzz/small_world.h"
#include "fuzz/target.h"
#include "fuzz/two_stores.h"

#include "api/access.h"
#include "base/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES_MAX = 64 };

static struct world world;
static struct two_stores both;

static void open_once(void)
{
    if (both.readers[0] != NULL)
        return;
    small_world_make(&world, false);
    two_stores_open(&both, &world.account, &world.catalog);
}

static void read_page(struct store_reader *reader, struct call *call)
{
    struct store_error error = {""};
    bool is_read = false;
    if (call->kind == CALL_LIST)
        is_read = store_list(reader, &call->list, call->arena, &call->page, &error);
    else if (call->kind == CALL_MEMBERS)
        is_read = store_list_members(reader, call->list.account, call->command.id, call->list.after, call->list.limit,
                                     call->arena, &call->page, &error);
    else if (call->kind == CALL_EVENTS)
        is_read = store_list_events(reader, &call->history, call->arena, &call->events, &call->item_count, &call->more,
                                    &error);
    else if (call->kind == CALL_DENIALS)
        is_read = store_list_denials(reader, &call->history, call->arena, &call->denials, &call->item_count,
                                     &call->more, &error);
    CHECK(is_read);
}

// The page as the client gets it.
static json_t *answer_of(struct call *call, size_t store)
{
    struct call_answer answer;
    read_page(both.readers[store], call);
    call->outcome = (struct outcome){.result = RESULT_OK};
    call_write(call, &answer);
    CHECK(answer.status == 200 && answer.body != NULL);
    json_t *json = json_loadb(answer.body, answer.body_length, JSON_REJECT_DUPLICATES, NULL);
    CHECK(json_is_array(json_object_get(json, "items")));
    free(answer.body);
    return json;
}

static bool is_list(enum call_kind kind)
{
    return kind == CALL_LIST || kind == CALL_MEMBERS || kind == CALL_EVENTS || kind == CALL_DENIALS;
}

// NULL: refused, or no list.
static struct call *read_call(const struct fuzz_request *request, const struct call_request *form, struct arena *arena)
{
    struct call *call = call_read(form, arena);
    if (call->route == NULL || !is_list(call->kind))
        return NULL;
    call->actor = request->actor;
    call->account = call->route->scoped ? 1 : 0;
    call->now = world.now;
    bool is_good = access_role(call) && !result_is_refusal(call->form.result) && access_scope(call, &world.account);
    return is_good ? call : NULL;
}

// The page that the request asks for, from both stores; NULL when it is refused.
static json_t *page_of(const struct fuzz_request *request, const struct call_request *form, size_t *ret_limit)
{
    struct arena arena = {0};
    json_t *page = NULL;
    struct call *call = read_call(request, form, &arena);
    if (call != NULL) {
        json_t *twin;
        bool is_history = call->kind == CALL_EVENTS || call->kind == CALL_DENIALS;
        *ret_limit = is_history ? call->history.limit : call->list.limit;
        page = answer_of(call, 0);
        twin = answer_of(call, 1);
        CHECK(json_equal(page, twin));
        json_decref(twin);
    }
    arena_fini(&arena);
    return page;
}

// The same query with other values of `after` and `limit`; NULL: without.
static struct call_request query_with(const struct fuzz_request *request, const char *after, const char *limit,
                                      struct arena *arena)
{
    struct call_request form = request->form;
    struct call_parameter *query = arena_alloc(arena, (form.query_count + 2) * sizeof *query);
    size_t count = 0;
    for (size_t i = 0; i < form.query_count; i++)
        if (strcmp(form.query[i].name, "after") != 0 && strcmp(form.query[i].name, "limit") != 0)
            query[count++] = form.query[i];
    if (after != NULL)
        query[count++] = (struct call_parameter){"after", after};
    if (limit != NULL)
        query[count++] = (struct call_parameter){"limit", limit};
    form.query = query;
    form.query_count = count;
    return form;
}

static void walk(const struct fuzz_request *request, size_t limit, const json_t *whole)
{
    struct arena arena = {0};
    json_t *walked = json_array(), *page;
    char text[24];
    const char *after = NULL;
    snprintf(text, sizeof text, "%zu", limit);
    for (int pages = 0;; pages++) {
        CHECK(pages < PAGES_MAX);
        struct call_request form = query_with(request, after, text, &arena);
        CHECK((page = page_of(request, &form, &limit)) != NULL);
        CHECK(json_array_size(json_object_get(page, "items")) <= limit);
        json_array_extend(walked, json_object_get(page, "items"));
        after = arena_strdup(&arena, json_string_value(json_object_get(page, "next")));
        json_decref(page);
        if (after == NULL)
            break;
    }
    CHECK(json_equal(walked, json_object_get(whole, "items")));
    json_decref(walked);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_request request;
    struct arena arena = {0};
    size_t limit = 0, most = 0;
    open_once();
    if (fuzz_request_read(&request, data, size)) {
        json_t *page = page_of(&request, &request.form, &limit);
        if (page != NULL) {
            struct call_request form = query_with(&request, NULL, "1000", &arena);
            json_t *whole = page_of(&request, &form, &most);
            CHECK(whole != NULL && json_is_null(json_object_get(whole, "next")));
            walk(&request, limit, whole);
            json_decref(whole);
        }
        json_decref(page);
    }
    fuzz_request_fini(&request);
    arena_fini(&arena);
    return 0;
}
