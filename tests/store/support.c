// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include "base/check.h"
#include "base/moment.h"
#include "postgres.h"

#include <dirent.h>
#include <unistd.h>

const struct product kre = {.code = "KRE", .name = "Krea", .model = MODEL_SESSION, .created_at = 1};
const struct product lum = {.code = "LUM", .name = "Lumen", .model = MODEL_SESSION, .created_at = 1};
const struct product pen = {.code = "PEN", .name = "Pencil", .model = MODEL_SEAT, .created_at = 1};

const struct product *find_product(void *arg, const char *code)
{
    (void)arg;
    const struct product *products[] = {&kre, &lum, &pen};
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
        if (strcmp(products[i]->code, code) == 0)
            return products[i];
    }
    return NULL;
}

int64_t at_s(int64_t seconds)
{
    return moment_seconds(START_AT + seconds);
}

static void open_reader(struct desk *desk)
{
    store_set_products(desk->store, find_product, NULL);
    desk->reader = store_reader_open(desk->store, &desk->error);
    if (desk->reader == NULL)
        fail_msg("%s", desk->error.text);
}

static void open_sqlite(struct desk *desk)
{
    if (!store_open_sqlite(desk->folder, &desk->store, &desk->error))
        fail_msg("%s", desk->error.text);
    open_reader(desk);
}

int desk_sqlite(void **state)
{
    struct desk *desk = check_calloc(1, sizeof *desk);
    snprintf(desk->folder, sizeof desk->folder, "/tmp/usher-store-XXXXXX");
    CHECK(mkdtemp(desk->folder) != NULL);
    open_sqlite(desk);
    *state = desk;
    return 0;
}

int desk_memory(void **state)
{
    struct desk *desk = check_calloc(1, sizeof *desk);
    desk->memory = true;
    desk->store = store_open_memory();
    open_reader(desk);
    *state = desk;
    return 0;
}

static void open_postgres(struct desk *desk)
{
    if (!store_open_postgres(desk->uri, &desk->store, &desk->error))
        fail_msg("%s", desk->error.text);
    open_reader(desk);
}

int desk_postgres(void **state)
{
    struct desk *desk = check_calloc(1, sizeof *desk);
    desk->uri = postgres_empty();
    open_postgres(desk);
    *state = desk;
    return 0;
}

void remove_folder(const char *folder)
{
    DIR *files = opendir(folder);
    if (files == NULL)
        return;
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        if (file->d_name[0] != '.')
            unlinkat(dirfd(files), file->d_name, 0);
    }
    closedir(files);
    rmdir(folder);
}

void desk_shut(struct desk *desk)
{
    store_reader_close(desk->reader);
    store_close(desk->store);
    desk->reader = NULL;
    desk->store = NULL;
}

int desk_close(void **state)
{
    struct desk *desk = *state;
    desk_shut(desk);
    arena_fini(&desk->arena);
    if (desk->folder[0] != '\0')
        remove_folder(desk->folder);
    free(desk);
    return 0;
}

void desk_reopen(struct desk *desk)
{
    if (desk->memory)
        return;
    desk_shut(desk);
    if (desk->uri != NULL)
        open_postgres(desk);
    else
        open_sqlite(desk);
}

void must(struct desk *desk, enum store_status status)
{
    if (status != STORE_OK)
        fail_msg("%s", desk->error.text);
}

void begin(struct desk *desk)
{
    must(desk, store_begin(desk->store, &desk->error));
}

void commit(struct desk *desk)
{
    must(desk, store_commit(desk->store, &desk->error));
}

void write_fact(struct desk *desk, uint64_t account, int64_t at, enum fact_kind kind, const void *before,
                const void *after)
{
    struct actor actor = {.role = ROLE_ACCOUNT_ADMIN, .key = 5, .user = 6};
    struct fact fact = {.kind = kind, .before = before, .after = after};
    must(desk, store_write(desk->store, account, at, &actor, &fact, &desk->error));
}

struct account_row an_account(uint64_t id)
{
    return (struct account_row){.id = id,
                                .name = "Acme",
                                .plan = PLAN_TRUE_ENTERPRISE,
                                .delegate_dedication = true,
                                .on_shortfall = SHORTFALL_END_NEWEST,
                                .shortfall_grace_s = 60,
                                .policy = POLICY_STRICT,
                                .fallback = true,
                                .created_at = at_s(0)};
}

struct session_row a_session(uint64_t id)
{
    return (struct session_row){.id = id,
                                .product = &kre,
                                .user = 7,
                                .level = 1001,
                                .via = VIA_OWN,
                                .count = 3,
                                .state = SESSION_ACTIVE,
                                .project = 4,
                                .organization = 1001,
                                .machine = "ws-17",
                                .ttl_s = 120,
                                .origin = ORIGIN_PLATFORM,
                                .started_at = at_s(10),
                                .expires_at = at_s(130),
                                .key = 5,
                                .idempotency_key = "again-1"};
}

struct user_row a_user(uint64_t id)
{
    return (struct user_row){.id = id,
                             .email = "Alice@example.com",
                             .name = "Alice \"A\" \xc3\x84rger",
                             .organization = 1001,
                             .role = ROLE_ORG_ADMIN,
                             .kind = USER_SERVICE,
                             .created_at = at_s(1)};
}

struct organization_row an_organization(uint64_t id, uint64_t parent)
{
    return (struct organization_row){.id = id, .name = "Studio", .parent = parent, .created_at = at_s(2)};
}

struct denial a_denial(uint64_t id)
{
    return (struct denial){.id = id,
                           .user = 7,
                           .product = &kre,
                           .machine = "ws-17",
                           .error = RESULT_NO_LICENSE_AVAILABLE,
                           .reason = REASON_EXHAUSTED,
                           .project = 4,
                           .organization = 1001,
                           .units = 2,
                           .count = 3,
                           .first_at = at_s(5),
                           .last_at = at_s(9)};
}

struct loading {
    struct desk *desk;
    struct loaded loaded;
};

static void add_loaded(void *arg, const struct fact *fact)
{
    struct loading *loading = arg;
    struct loaded *loaded = &loading->loaded;
    struct arena *arena = &loading->desk->arena;
    assert_null(fact->before);
    loaded->facts = arena_grow(arena, loaded->facts, loaded->count, sizeof *loaded->facts);
    loaded->facts[loaded->count++] =
        (struct fact){.kind = fact->kind, .after = row_copy(fact_types[fact->kind].row, fact->after, arena)};
}

struct loaded load(struct desk *desk, uint64_t account, int64_t now)
{
    struct loading loading = {.desk = desk};
    if (!store_load_account(desk->store, account, now, add_loaded, &loading, &desk->error))
        fail_msg("%s", desk->error.text);
    return loading.loaded;
}

const void *loaded_row(const struct loaded *loaded, enum row_kind kind, uint64_t id)
{
    for (size_t i = 0; i < loaded->count; i++) {
        const struct fact *fact = &loaded->facts[i];
        if (fact_types[fact->kind].row == kind && field_id(&row_types[kind].fields[0], fact->after) == id)
            return fact->after;
    }
    return NULL;
}

struct history events_of(struct desk *desk, const struct history_query *query)
{
    struct history history = {0};
    struct history_query limited = *query;
    if (limited.limit == 0)
        limited.limit = 1000;
    if (!store_list_events(desk->reader, &limited, &desk->arena, &history.events, &history.count, &history.more,
                           &desk->error))
        fail_msg("%s", desk->error.text);
    return history;
}
