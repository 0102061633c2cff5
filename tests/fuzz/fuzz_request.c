// SPDX-License-Identifier: Apache-2.0
//
// From a request to its answer, without the server around it: every route's reading, who may do what, the decision on
// a small account, the answer. What must hold:
//
//     the same body, written in another way, means the same: result and hash of the request are equal
//     a refusal is a sentence, and has its place
//     what was read can be decided, and every law holds afterwards (see scripts/world.h)
//     the answer is JSON, with the status and, of a problem, the members that the contract promises
#include "fuzz/request.h"
#include "fuzz/small_world.h"
#include "fuzz/target.h"

#include "api/access.h"
#include "api/cookie.h"
#include "base/check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// One input in so many is decided with all proofs: they take most of the time.
enum { OPS_MAX = 16, PROVEN = 4 };

static struct world world;
static bool is_touched = true; // by a decision: it is to be made anew
// What the ops of a batch came to lives until the answer is written.
static struct arena arenas[OPS_MAX];

static void renew_world(bool thorough)
{
    if (is_touched)
        small_world_make(&world, thorough);
    world.thorough = thorough;
    is_touched = false;
}

// ---- Reading

static void check_form(const struct call *call)
{
    const struct outcome *form = &call->form;
    if (!result_is_refusal(form->result))
        return;
    size_t length = strlen(form->detail);
    CHECK(length > 10 && strchr(".?!", form->detail[length - 1]) != NULL);
    CHECK(form->pointer == NULL || form->pointer[0] == '\0' || form->pointer[0] == '/');
}

// Read again with a key, so that there is a hash; `body` in place of the request's own.
static const struct call *read_with_key(const struct fuzz_request *request, const char *body, struct arena *arena)
{
    struct call_request form = request->form;
    form.idempotency_key = "again";
    form.body = body;
    form.body_length = strlen(body);
    return call_read(&form, arena);
}

// The whole API takes no number with a fraction, so what JSON makes of one does not matter.
static void check_meaning(const struct fuzz_request *request, const struct call *call)
{
    json_t *json = json_loadb(request->form.body, request->form.body_length, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL || strcmp(call->route->method, "POST") != 0 || result_is_refusal(call->form.result)) {
        json_decref(json);
        return;
    }
    struct arena arena = {0};
    char *plain = json_dumps(json, JSON_COMPACT);
    char *other = json_dumps(json, JSON_INDENT(3) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    const struct call *first = read_with_key(request, plain, &arena), *second = read_with_key(request, other, &arena);
    CHECK(first->form.result == call->form.result && second->form.result == call->form.result);
    CHECK(memcmp(first->request_hash, second->request_hash, KEY_HASH_BYTES) == 0);
    free(plain);
    free(other);
    json_decref(json);
    arena_fini(&arena);
}

// A cookie that is read can be written, and is then the same; and only its own token lets a change pass.
static void check_cookie(const struct fuzz_request *request, const struct call *call)
{
    struct sign_in_cookie again;
    if (!call->has_cookie)
        return;
    CHECK(strlen(call->cookie.secret) == SECRET_LENGTH && strpbrk(call->cookie.secret, "; ") == NULL);
    CHECK(cookie_read(cookie_set(call->arena, &call->cookie, true), call->arena, &again));
    CHECK(again.account == call->cookie.account && again.id == call->cookie.id);
    CHECK(strcmp(again.secret, call->cookie.secret) == 0);
    // Who signs in shows a password or an invitation; a cookie that comes along says nothing.
    bool is_by_cookie = call->kind != CALL_SIGN_IN && call->kind != CALL_INVITATION_ACCEPT;
    const char *token = request->form.csrf_token;
    if (is_by_cookie && call->cross_site == NULL && strcmp(request->form.method, "GET") != 0)
        CHECK(token != NULL && strcmp(token, csrf_token(call->arena, call->cookie.secret)) == 0);
}

// ---- Deciding

static void decide_op(struct call *call, struct batch_op *op, struct arena *arena)
{
    op->past = small_world_past(&world, &op->command);
    if (!access_op(call, op, &world.account))
        return;
    op->outcome = *world_decide(&world, &call->actor, &op->command);
    *arena = world.arena;
    world.arena = (struct arena){0};
    access_hide(&call->actor, &world.account, call->arena, &op->outcome);
}

static void decide(struct call *call)
{
    // Which the server does elsewhere, before (server/hashers.h).
    if (call->command.kind == COMMAND_PASSWORD_SET)
        call->command.sign_in.password = "$argon2id$";
    if (call->kind == CALL_COMMAND) {
        call->outcome = *world_decide(&world, &call->actor, &call->command);
        access_hide(&call->actor, &world.account, call->arena, &call->outcome);
    }
    if (call->op_count > OPS_MAX)
        call->op_count = OPS_MAX;
    for (size_t i = 0; i < call->op_count; i++)
        decide_op(call, &call->ops[i], &arenas[i]);
}

// False: what comes of it is not decided here.
static bool process(struct call *call, const struct actor *actor)
{
    bool is_decided = call->kind == CALL_COMMAND || call->kind == CALL_BATCH;
    call->actor = *actor;
    call->account = call->route->scoped ? world.account.row.id : 0;
    call->now = world.now;
    if (!access_role(call))
        return true;
    if (result_is_refusal(call->form.result)) {
        access_refuse_form(call, call->route->scoped ? &world.account : NULL);
        return true;
    }
    if (is_decided)
        call->past = small_world_past(&world, &call->command);
    if (!access_scope(call, &world.account))
        return true;
    if (is_decided) {
        is_touched = true;
        decide(call);
    }
    return is_decided;
}

// ---- Answers

static void check_answer(const struct call *call)
{
    struct call_answer answer;
    call_write(call, &answer);
    CHECK(answer.status >= 200 && answer.status <= 599);
    json_t *json = NULL;
    if (answer.body != NULL)
        CHECK((json = json_loadb(answer.body, answer.body_length, JSON_REJECT_DUPLICATES, NULL)) != NULL);
    if (answer.status >= 400) {
        CHECK(strcmp(answer.content_type, "application/problem+json") == 0);
        CHECK(json_integer_value(json_object_get(json, "status")) == answer.status);
        CHECK(json_string_length(json_object_get(json, "detail")) > 0);
    }
    json_decref(json);
    free(answer.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_request request;
    fuzz_no_chance();
    renew_world(size % PROVEN == 0);
    if (fuzz_request_read(&request, data, size)) {
        struct call *call = call_read(&request.form, &request.http.arena);
        check_form(call);
        check_cookie(&request, call);
        if (call->route == NULL) {
            check_answer(call);
        } else {
            check_meaning(&request, call);
            if (process(call, &request.actor))
                check_answer(call);
        }
    }
    fuzz_request_fini(&request);
    for (size_t i = 0; i < OPS_MAX; i++)
        arena_fini(&arenas[i]);
    return 0;
}
