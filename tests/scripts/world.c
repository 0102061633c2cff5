// SPDX-License-Identifier: Apache-2.0
#include "scripts/world.h"

#include "base/check.h"
#include "base/moment.h"
#include "scripts/waiting.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The place of the world at work, for the moment in which a CHECK stops the process.
static const struct world *at_work;

static void on_abort(int signal)
{
    (void)signal;
    if (at_work == NULL || at_work->place == NULL)
        return;
    ssize_t written = write(STDERR_FILENO, at_work->place, strlen(at_work->place));
    written = write(STDERR_FILENO, ": a check of the engine failed\n", 31);
    (void)written;
    if (at_work->before_end != NULL)
        at_work->before_end();
}

void world_fail(const struct world *world, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", world->place);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (world->before_end != NULL)
        world->before_end();
    exit(1);
}

void world_init(struct world *world)
{
    *world = (struct world){.now = WORLD_START, .thorough = true};
    account_init(&world->account, 1, &world->directory);
    account_init(&world->mirror, 1, NULL);
    for (size_t kind = 0; kind < ID_KINDS; kind++)
        world->numbers.next[kind] = kind == ID_ORGANIZATION ? ORGANIZATION_FIRST_ID : 1;
    at_work = world;
    signal(SIGABRT, on_abort);
}

void world_fini(struct world *world)
{
    account_fini(&world->account);
    account_fini(&world->mirror);
    table_fini(&world->directory.keys);
    catalog_fini(&world->catalog);
    arena_fini(&world->arena);
    arena_fini(&world->memory);
    free(world->sessions);
    at_work = NULL;
}

void world_add_product(struct world *world, const char *code, enum product_model model)
{
    struct product product = {
        .code = code, .name = code, .model = model, .machines_per_seat = NUMBER_NONE, .created_at = world->now};
    catalog_apply(&world->catalog, &(struct fact){.kind = FACT_PRODUCT_CREATED, .after = &product});
}

void world_set_machines_per_seat(struct world *world, const char *code, int64_t machines_per_seat)
{
    struct product after = *catalog_find(&world->catalog, code);
    after.machines_per_seat = machines_per_seat;
    catalog_apply(&world->catalog, &(struct fact){.kind = FACT_PRODUCT_UPDATED, .after = &after});
}

// ---- The account in words

struct lines {
    char **items;
    size_t count;
};

static void add_field(struct buffer *line, const struct field *field, const void *row)
{
    buffer_printf(line, " %s=", field->name);
    switch (field->type) {
    case FIELD_ID:
        buffer_printf(line, "%llu", (unsigned long long)field_id(field, row));
        break;
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        buffer_printf(line, "%lld", (long long)field_number(field, row));
        break;
    case FIELD_FLAG:
        buffer_add_text(line, field_flag(field, row) ? "yes" : "no");
        break;
    case FIELD_WORD:
        buffer_add_text(line, field->words[field_word(field, row)]);
        break;
    case FIELD_HASH:
        buffer_printf(line, "%02x", *field_hash(field, row));
        break;
    case FIELD_TEXT:
    case FIELD_PRODUCT:
        buffer_add_text(line, field_text(field, row) != NULL ? field_text(field, row) : "-");
        break;
    }
}

static void add_row(struct buffer *line, enum row_kind kind, const void *row)
{
    const struct row_type *type = &row_types[kind];
    buffer_add_text(line, type->name);
    for (size_t i = 0; i < type->field_count; i++)
        add_field(line, &type->fields[i], row);
}

static void add_line(struct lines *lines, struct buffer *line)
{
    lines->items = check_realloc(lines->items, (lines->count + 1) * sizeof *lines->items);
    lines->items[lines->count++] = buffer_take(line);
}

static void add_after(void *lines, const struct fact *fact)
{
    struct buffer line = {0};
    add_row(&line, fact_types[fact->kind].row, fact->after);
    add_line(lines, &line);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// In an order of its own: that of tables and lists says nothing. Empties the lines.
static char *sorted(struct lines *lines)
{
    if (lines->count > 1)
        qsort(lines->items, lines->count, sizeof *lines->items, by_text);
    struct buffer text = {0};
    for (size_t i = 0; i < lines->count; i++) {
        buffer_printf(&text, "%s\n", lines->items[i]);
        free(lines->items[i]);
    }
    free(lines->items);
    return buffer_take(&text);
}

char *world_snapshot(const struct account *account)
{
    struct lines lines = {0};
    account_snapshot(account, add_after, &lines);
    return sorted(&lines);
}

// What was decided, in words: the result, why not, and the facts.
static char *words_of(const struct decision *decision)
{
    struct lines lines = {0};
    struct buffer line = {0};
    const struct explanation *explanation = decision->outcome.explanation;
    buffer_printf(&line, "= %s", result_types[decision->outcome.result].name);
    for (size_t i = 0; explanation != NULL && i < explanation->tried_count; i++) {
        const struct trial *trial = &explanation->tried[i];
        buffer_printf(&line, " %llu:%s:%lld:%lld:%s:%lld", (unsigned long long)trial->level, via_words[trial->rule],
                      (long long)trial->dedicated, (long long)trial->available, reason_words[trial->reason],
                      (long long)trial->retry_after_s);
    }
    for (int reason = 0; explanation != NULL && reason < REASON_COUNT; reason++)
        buffer_printf(&line, " %zu", explanation->reasons[reason]);
    add_line(&lines, &line);
    for (size_t i = 0; i < decision->fact_count; i++) {
        const struct fact *fact = &decision->facts[i];
        enum row_kind kind = fact_types[fact->kind].row;
        buffer_add_text(&line, fact_types[fact->kind].name);
        if (fact->before != NULL)
            add_row(&line, kind, fact->before);
        if (fact->after != NULL)
            add_row(&line, kind, fact->after);
        add_line(&lines, &line);
    }
    char *served = waiting_served(decision);
    buffer_add_text(&line, served);
    add_line(&lines, &line);
    free(served);
    return sorted(&lines);
}

// Whether the text, a snapshot, has this very line.
static bool has_line(const char *text, const char *line, size_t length)
{
    for (; text != NULL && *text != '\0'; text = strchr(text, '\n') + 1) {
        if (strncmp(text, line, length + 1) == 0)
            return true;
    }
    return false;
}

static void print_missing(const char *sign, const char *from, const char *in)
{
    for (const char *line = from; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t length = (size_t)(strchr(line, '\n') - line);
        if (!has_line(in, line, length))
            fprintf(stderr, "  %s %.*s\n", sign, (int)length, line);
    }
}

// Takes `got` over.
static void must_be_same(const struct world *world, const char *wanted, char *got, const char *what)
{
    if (strcmp(wanted, got) != 0) {
        print_missing("-", wanted, got);
        print_missing("+", got, wanted);
        free(got);
        world_fail(world, "%s", what);
    }
    free(got);
}

static void must_equal(const struct world *world, const char *wanted, const struct account *account, const char *what)
{
    must_be_same(world, wanted, world_snapshot(account), what);
}

// ---- What a store would know

static void remember(struct world *world, const struct fact *fact)
{
    if (fact_types[fact->kind].row != ROW_SESSION)
        return;
    const struct session_row *row = fact->after;
    if (row->id > world->session_count) {
        CHECK(row->id == world->session_count + 1);
        world->sessions = check_realloc(world->sessions, row->id * sizeof *world->sessions);
        world->session_count = row->id;
    }
    struct session_row *copy = row_copy(ROW_SESSION, row, &world->memory);
    world->sessions[row->id - 1] = *copy;
}

static const struct session_row *find_remembered(const struct world *world, const struct actor *actor,
                                                 const char *idempotency_key)
{
    for (size_t i = world->session_count; i > 0; i--) {
        const struct session_row *row = &world->sessions[i - 1];
        bool kept = row->ended_at == 0 || row->ended_at + moment_seconds(IDEMPOTENCY_KEPT_S) > world->now;
        if (row->idempotency_key != NULL && row->key == actor->key && kept &&
            strcmp(row->idempotency_key, idempotency_key) == 0)
            return row;
    }
    return NULL;
}

static void find_recent(struct world *world, struct decision *decision)
{
    const struct session_row **recent = arena_alloc(&world->arena, (world->session_count + 1) * sizeof *recent);
    for (size_t i = 0; i < world->session_count; i++) {
        const struct session_row *row = &world->sessions[i];
        if (row->ended_at == 0 || row->ended_at > world->now - moment_seconds(REPLAY_WINDOW_S))
            recent[decision->recent_count++] = row;
    }
    decision->recent = recent;
}

static void look_up(struct world *world, const struct actor *actor, const struct command *command,
                    struct decision *decision)
{
    bool names_session = command->kind == COMMAND_SESSION_HEARTBEAT || command->kind == COMMAND_SESSION_END ||
                         command->kind == COMMAND_LEASE_RETURN || command->kind == COMMAND_LEASE_READ ||
                         command->kind == COMMAND_ROW_READ;
    if (names_session && command->id >= 1 && command->id <= world->session_count &&
        world->sessions[command->id - 1].state != SESSION_ACTIVE)
        decision->past = &world->sessions[command->id - 1];
    bool is_asked = command->kind == COMMAND_SESSION_ACQUIRE || command->kind == COMMAND_LEASE_BORROW;
    if (is_asked && command->session.idempotency_key != NULL)
        decision->remembered = find_remembered(world, actor, command->session.idempotency_key);
    if (command->dry_run)
        find_recent(world, decision);
}

// ---- Proofs

static void copy_fact(void *account, const struct fact *fact)
{
    account_apply(account, fact);
}

// An account that was built by facts alone has nothing left to settle.
static void must_rest(struct world *world, struct account *account, const char *what)
{
    static const struct actor nobody = {.nobody = true};
    struct decision decision;
    decision_init(&decision, account, &world->catalog, &world->numbers, &nobody, world->now, &world->arena);
    account_pass_time(&decision);
    if (decision.fact_count != 0)
        world_fail(world, "%s: %s follows by itself", what, fact_types[decision.facts[0].kind].name);
    if (decision.served_count != 0)
        world_fail(world, "%s: someone could be served without anything happening", what);
    account_check(account);
}

static void prove_snapshot(struct world *world, const char *text)
{
    struct account copy;
    account_init(&copy, world->account.row.id, NULL);
    account_snapshot(&world->account, copy_fact, &copy);
    waiting_copy(world, &copy);
    must_rest(world, &copy, "an account made of a snapshot");
    must_equal(world, text, &copy, "an account made of a snapshot differs");
    account_fini(&copy);
}

// What an account that was just made of a snapshot decides. The caller frees it.
static char *decided_elsewhere(struct world *world, const struct decision *decision, const struct command *command)
{
    struct account copy;
    struct numbers numbers = world->numbers;
    struct decision other = *decision;
    account_init(&copy, world->account.row.id, NULL);
    account_snapshot(&world->account, copy_fact, &copy);
    waiting_copy(world, &copy);
    must_rest(world, &copy, "an account made of a snapshot");
    other.account = &copy;
    other.numbers = &numbers;
    account_decide(&other, command);
    char *words = words_of(&other);
    account_fini(&copy);
    return words;
}

static void must_have_line(struct world *world, const char *wanted, bool whole, const char *what)
{
    must_be_same(world, wanted, waiting_text(&world->account, whole), what);
}

// What was there before a decision.
struct former {
    char *account; // NULL when only the laws are to be proven
    char *line, *whole_line;
    bool is_of_command; // time had passed already
};

static struct former look_before(const struct world *world, bool is_of_command)
{
    if (!world->thorough)
        return (struct former){0};
    return (struct former){world_snapshot(&world->account), waiting_text(&world->account, false),
                           waiting_text(&world->account, true), is_of_command};
}

static void forget_before(struct former *former)
{
    free(former->account);
    free(former->line);
    free(former->whole_line);
}

static void take_back(struct world *world, const struct decision *decision, const struct former *former)
{
    struct decision again = *decision;
    decision_take_back(&again);
    account_check(&world->account);
    must_equal(world, former->account, &world->account, "facts taken back leave something behind");
    must_have_line(world, former->line, false, "taken back, it leaves others in the line");
    if (!former->is_of_command)
        return; // now is later than it was
    must_rest(world, &world->account, "facts taken back");
    must_have_line(world, former->whole_line, true, "taken back, it leaves the line as it was not");
}

static void prove_facts(struct world *world, const struct decision *decision, const struct former *former)
{
    char *after = world_snapshot(&world->account), *line_after = waiting_text(&world->account, true);
    const struct waiting_state *state = waiting_state(world, decision);
    take_back(world, decision, former);
    for (size_t i = 0; i < decision->fact_count; i++)
        account_apply(&world->account, &decision->facts[i]);
    waiting_restore(world, state);
    must_rest(world, &world->account, "facts applied again");
    must_equal(world, after, &world->account, "facts applied again make something else");
    must_have_line(world, line_after, true, "facts applied again make another line");
    must_rest(world, &world->mirror, "facts applied to a second account");
    must_equal(world, after, &world->mirror, "facts applied to a second account make something else");
    prove_snapshot(world, after);
    free(after);
    free(line_after);
}

static void prove(struct world *world, const struct decision *decision, const struct former *former)
{
    account_check(&world->account);
    for (size_t i = 0; i < decision->fact_count; i++)
        account_apply(&world->mirror, &decision->facts[i]);
    if (former->account == NULL)
        return;
    if (decision->fact_count > 0 || decision->served_count > 0)
        prove_facts(world, decision, former);
    else
        must_equal(world, former->account, &world->account, "nothing was decided, but something has changed");
}

struct waiter *world_wait(struct world *world, const struct actor *actor, const struct session_request *request,
                          int64_t since_at, int64_t head_since)
{
    static const struct actor nobody = {.nobody = true};
    struct decision decision;
    struct waiter *waiter = arena_alloc(&world->memory, sizeof *waiter);
    *waiter = (struct waiter){
        .request = *request,
        .actor = *actor,
        .since_at = since_at,
        .deadline_at = since_at + moment_seconds(request->wait_s),
        .order = ++world->waited,
        .head_since = head_since,
    };
    waiter->request.product = arena_strdup(&world->memory, request->product);
    waiter->request.machine = arena_strdup(&world->memory, request->machine);
    waiter->request.idempotency_key = arena_strdup(&world->memory, request->idempotency_key);
    decision_init(&decision, &world->account, &world->catalog, &world->numbers, &nobody, world->now, &world->arena);
    queue_join(&decision, waiter);
    return waiter;
}

void world_pass_time(struct world *world)
{
    static const struct actor nobody = {.nobody = true};
    arena_clear(&world->arena);
    struct former former = look_before(world, false);
    decision_init(&world->time, &world->account, &world->catalog, &world->numbers, &nobody, world->now, &world->arena);
    account_pass_time(&world->time);
    prove(world, &world->time, &former);
    for (size_t i = 0; i < world->time.fact_count; i++)
        remember(world, &world->time.facts[i]);
    forget_before(&former);
}

const struct outcome *world_decide(struct world *world, const struct actor *actor, const struct command *command)
{
    world_pass_time(world);
    struct former former = look_before(world, true);
    struct numbers numbers = world->numbers;
    struct decision *decision = &world->taken;
    decision_init(decision, &world->account, &world->catalog, &world->numbers, actor, world->now, &world->arena);
    look_up(world, actor, command, decision);
    char *elsewhere = world->thorough ? decided_elsewhere(world, decision, command) : NULL;
    account_decide(decision, command);
    if (world->thorough)
        must_be_same(world, elsewhere, words_of(decision), "an account made of a snapshot decides otherwise");
    free(elsewhere);
    bool changes = decision->fact_count > 0;
    bool may_change = !result_is_refusal(decision->outcome.result) && !command->dry_run &&
                      !command_is_question(command->kind);
    if (changes && !may_change)
        world_fail(world, "a command that may not change anything has facts");
    prove(world, decision, &former);
    if (!changes && memcmp(&numbers, &world->numbers, sizeof numbers) != 0)
        world_fail(world, "an id was taken, but nothing made");
    for (size_t i = 0; i < decision->fact_count; i++)
        remember(world, &decision->facts[i]);
    forget_before(&former);
    return &decision->outcome;
}
