// SPDX-License-Identifier: Apache-2.0
#include "api/read_end.h"
#include "api/read_list.h"

#include <string.h>

// What the key stands for where it is left out is not known yet: access_role adds it to the hash.
static void read_origin(struct object *object, struct session_request *request)
{
    crypto_generichash_state *hash = object->reading->hash;
    object->reading->hash = NULL;
    int word = object_word(object, "origin", MEMBER_OPTIONAL, origin_words, -1);
    request->origin_given = word >= 0;
    request->origin = word >= 0 ? (enum session_origin)word : ORIGIN_EXTERNAL;
    object->reading->hash = hash;
}

static void read_request(struct object *object, struct session_request *request)
{
    request->product = object_reference(object, "product", MEMBER_NEEDED);
    request->user = object_user(object, MEMBER_OPTIONAL);
    request->project = object_id(object, "project", MEMBER_NULLABLE, ID_PROJECT);
    request->organization = object_id(object, "organization", MEMBER_NULLABLE, ID_ORGANIZATION);
    request->machine = object_name(object, "machine", MEMBER_NULLABLE);
    request->ttl_s = object_number(object, "ttl_s", MEMBER_OPTIONAL, TTL_MIN_S, TTL_MAX_S, TTL_DEFAULT_S);
    request->count = object_number(object, "count", MEMBER_OPTIONAL, 1, SESSION_COUNT_MAX, 1);
    read_origin(object, request);
}

// How long a request waits is no part of what it asks for: it stays out of the hash.
static int64_t read_wait(struct reading *reading)
{
    crypto_generichash_state *hash = reading->hash;
    reading->hash = NULL;
    int64_t wait_s = object_number(&reading->body, "wait_s", MEMBER_OPTIONAL, 0, WAIT_MAX_S, 0);
    reading->hash = hash;
    return wait_s;
}

static void read_ask(struct reading *reading, enum command_kind kind)
{
    struct command *command = &reading->call->command;
    command->kind = kind;
    read_request(&reading->body, &command->session);
    command->session.wait_s = read_wait(reading);
    command->session.idempotency_key = reading->call->idempotency_key;
}

void read_session_acquire(struct reading *reading)
{
    read_ask(reading, COMMAND_SESSION_ACQUIRE);
}

void read_session_explain(struct reading *reading)
{
    read_ask(reading, COMMAND_SESSION_EXPLAIN);
}

void read_session_heartbeat(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SESSION_HEARTBEAT;
    reading->call->command.id = reading_path_id(reading, 0, ID_SESSION);
}

void read_end(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->end.reason = query_text(reading, "reason");
    command->end.cooldown_s = query_number(reading, "cooldown_s", 0, COOLDOWN_MAX_S, 0);
    if (command->end.cooldown_s > 0 && command->end.reason == NULL)
        reading_refuse_parameter(reading, "cooldown_s", "A cool-down needs a `reason`, which the holder is told.");
}

void read_session_end(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SESSION_END;
    reading->call->command.id = reading_path_id(reading, 0, ID_SESSION);
    read_end(reading);
}

void read_session(struct reading *reading)
{
    read_row(reading, ROW_SESSION, ID_SESSION);
}

void read_sessions(struct reading *reading)
{
    struct list_query *list = &reading->call->list;
    read_rows(reading, ROW_SESSION);
    int state = query_word(reading, "state", session_state_words);
    list->state_given = state >= 0;
    list->state = state >= 0 ? (enum session_state)state : SESSION_ACTIVE;
    list->product = query_text(reading, "product");
    list->user = query_id(reading, "user", ID_USER);
    list->level_given = query_level(reading, "level", &list->level);
    list->newest_first = read_newest_first(reading);
}

// ---- Batches

enum op { OP_ACQUIRE, OP_HEARTBEAT, OP_RELEASE };

static const char *const op_words[] = {"acquire", "heartbeat", "release", NULL};

static void read_op_acquire(struct object *object, struct batch_op *op)
{
    op->command.kind = COMMAND_SESSION_ACQUIRE;
    read_request(object, &op->command.session);
    op->command.session.idempotency_key = op->idempotency_key;
    if (object_has(object, "wait_s"))
        object_refuse(object, "wait_s", "A batch does not wait: leave `wait_s` out.");
}

static void read_op_session(struct object *object, struct batch_op *op, enum command_kind kind)
{
    op->command.kind = kind;
    op->command.id = object_id(object, "session", MEMBER_NEEDED, ID_SESSION);
}

static void read_op_release(struct object *object, struct batch_op *op)
{
    read_op_session(object, op, COMMAND_SESSION_END);
    op->command.end.reason = object_name(object, "reason", MEMBER_OPTIONAL);
    op->command.end.cooldown_s = object_number(object, "cooldown_s", MEMBER_OPTIONAL, 0, COOLDOWN_MAX_S, 0);
    if (op->command.end.cooldown_s > 0 && op->command.end.reason == NULL)
        object_refuse(object, "cooldown_s", "A cool-down needs a `reason`, which the holder is told.");
}

static void read_op_members(struct object *object, struct batch_op *op)
{
    int word = object_word(object, "op", MEMBER_NEEDED, op_words, -1);
    if (word == OP_ACQUIRE)
        read_op_acquire(object, op);
    else if (word == OP_HEARTBEAT)
        read_op_session(object, op, COMMAND_SESSION_HEARTBEAT);
    else if (word == OP_RELEASE)
        read_op_release(object, op);
}

// Each op has a hash of its own; that of the whole request is made of theirs once they are complete (access_role).
static void read_op(struct reading *reading, const json_t *json, const struct place *place, size_t at,
                    struct batch_op *op)
{
    crypto_generichash_state *of_request = reading->hash, of_op;
    struct object object;
    object_begin(&object, reading, json, place, NULL, at);
    op->idempotency_key = object_idempotency_key(&object, "idempotency_key");
    bool is_hashed = op->idempotency_key != NULL || of_request != NULL;
    reading->hash = is_hashed ? &of_op : NULL;
    if (is_hashed)
        crypto_generichash_init(&of_op, NULL, 0, KEY_HASH_BYTES);
    read_op_members(&object, op);
    if (is_hashed)
        crypto_generichash_final(&of_op, op->request_hash, KEY_HASH_BYTES);
    reading->hash = of_request;
    object_end(&object);
}

void read_batch(struct reading *reading)
{
    struct call *call = reading->call;
    size_t count;
    const json_t *ops = object_array(&reading->body, "ops", MEMBER_NEEDED, BATCH_MAX, &count);
    call->ops = arena_alloc(call->arena, count * sizeof *call->ops);
    struct place place = {.above = &reading->body.place, .name = "ops"};
    for (size_t i = 0; i < count && !reading_failed(reading); i++)
        read_op(reading, json_array_get(ops, i), &place, i, &call->ops[i]);
    call->op_count = count;
}
