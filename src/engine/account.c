// SPDX-License-Identifier: Apache-2.0
#include "engine/account.h"

#include "engine/pool.h"
#include "engine/queue.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void account_init(struct account *account, uint64_t id, struct directory *directory)
{
    *account = (struct account){.row.id = id, .directory = directory};
    account->root.row.name = "";
}

static void free_levels(struct account *account)
{
    size_t cursor = 0;
    for (struct level *level; (level = table_next(&account->levels, &cursor)) != NULL;) {
        row_disown(ROW_ORGANIZATION, &level->row);
        free(level->children);
        free(level);
    }
    free(account->root.children);
    table_fini(&account->levels);
    table_fini(&account->levels_by_name);
}

static void forget_keys(struct account *account)
{
    size_t cursor = 0;
    for (struct api_key *key; (key = table_next(&account->keys, &cursor)) != NULL;) {
        if (account->directory != NULL && key->row.revoked_at == 0)
            table_remove(&account->directory->keys, hash_bytes(key->row.hash, KEY_HASH_BYTES), key);
    }
}

// Frees the items of a table, whose first member is their row.
static void free_rows(struct table *table, enum row_kind kind)
{
    size_t cursor = 0;
    for (void *item; (item = table_next(table, &cursor)) != NULL;) {
        row_disown(kind, item);
        free(item);
    }
    table_fini(table);
}

static void free_machines(struct account *account)
{
    size_t cursor = 0;
    for (struct seat *seat; (seat = table_next(&account->seats, &cursor)) != NULL;) {
        while (seat->machines.first != NULL) {
            struct seat_machine *machine = ITEM_OF(seat->machines.first, struct seat_machine, of_seat);
            list_remove(&seat->machines, &machine->of_seat);
            row_disown(ROW_SEAT_MACHINE, &machine->row);
            free(machine);
        }
    }
}

void account_fini(struct account *account)
{
    forget_keys(account);
    free_rows(&account->keys, ROW_API_KEY);
    free_rows(&account->sign_ins, ROW_SIGN_IN);
    free_rows(&account->cooldowns, ROW_COOLDOWN);
    free_rows(&account->sessions, ROW_SESSION);
    free_machines(account);
    free_rows(&account->seats, ROW_SEAT);
    table_fini(&account->seats_by_user);
    free_rows(&account->purchases, ROW_PURCHASE);
    size_t cursor = 0;
    for (void *membership; (membership = table_next(&account->memberships, &cursor)) != NULL;)
        free(membership);
    table_fini(&account->memberships);
    free_rows(&account->projects, ROW_PROJECT);
    table_fini(&account->projects_by_name);
    free_rows(&account->users, ROW_USER);
    table_fini(&account->users_by_email);
    pool_free_all(account);
    free_levels(account);
    heap_fini(&account->leases);
    heap_fini(&account->dues);
    heap_fini(&account->raises);
    queue_fini(&account->queue);
    row_disown(ROW_ACCOUNT, &account->row);
    *account = (struct account){0};
}

// Rows that are known by an id have it first.
static bool same_id(const void *item, const void *key)
{
    return *(const uint64_t *)item == *(const uint64_t *)key;
}

static void *find_by_id(const struct table *table, uint64_t id)
{
    return table_find(table, hash_number(id), same_id, &id);
}

_Static_assert(offsetof(struct level, row.id) == 0 && offsetof(struct user, row.id) == 0 &&
                   offsetof(struct project, row.id) == 0 && offsetof(struct purchase, row.id) == 0 &&
                   offsetof(struct seat, row.id) == 0 && offsetof(struct session, row.id) == 0 &&
                   offsetof(struct api_key, row.id) == 0 && offsetof(struct sign_in, row.id) == 0,
               "find_by_id looks at the start of an item");

struct level *account_level(const struct account *account, uint64_t id)
{
    if (id == 0)
        return (struct level *)(uintptr_t)&account->root;
    return find_by_id(&account->levels, id);
}

struct name_key {
    uint64_t above;
    const char *name;
};

static bool same_level_name(const void *item, const void *key)
{
    const struct level *level = item;
    const struct name_key *wanted = key;
    return level->row.parent == wanted->above && strcmp(level->row.name, wanted->name) == 0;
}

struct level *account_level_by_name(const struct account *account, uint64_t parent, const char *name)
{
    return table_find(&account->levels_by_name, hash_numbers(parent, hash_text(name)), same_level_name,
                      &(struct name_key){parent, name});
}

struct user *account_user(const struct account *account, uint64_t id)
{
    return find_by_id(&account->users, id);
}

static bool same_email(const void *item, const void *key)
{
    return strcasecmp(((const struct user *)item)->row.email, key) == 0;
}

struct user *account_user_by_email(const struct account *account, const char *email)
{
    return table_find(&account->users_by_email, hash_text_folded(email), same_email, email);
}

struct project *account_project(const struct account *account, uint64_t id)
{
    return find_by_id(&account->projects, id);
}

static bool same_project_name(const void *item, const void *key)
{
    const struct project *project = item;
    const struct name_key *wanted = key;
    return project->row.organization == wanted->above && strcmp(project->row.name, wanted->name) == 0;
}

struct project *account_project_by_name(const struct account *account, uint64_t organization, const char *name)
{
    return table_find(&account->projects_by_name, hash_numbers(organization, hash_text(name)), same_project_name,
                      &(struct name_key){organization, name});
}

static bool same_membership(const void *item, const void *key)
{
    const struct membership *membership = item;
    const struct membership_row *wanted = key;
    return membership->project->row.id == wanted->project && membership->user->row.id == wanted->user;
}

struct membership *account_membership(const struct account *account, uint64_t project, uint64_t user)
{
    return table_find(&account->memberships, hash_numbers(project, user), same_membership,
                      &(struct membership_row){project, user});
}

struct purchase *account_purchase(const struct account *account, uint64_t id)
{
    return find_by_id(&account->purchases, id);
}

struct seat *account_seat(const struct account *account, uint64_t id)
{
    return find_by_id(&account->seats, id);
}

struct product_key {
    uint64_t id;
    const struct product *product;
};

static uint64_t product_hash(uint64_t id, const struct product *product)
{
    return hash_numbers(id, (uint64_t)(uintptr_t)product);
}

static bool same_seat_user(const void *item, const void *key)
{
    const struct seat *seat = item;
    const struct product_key *wanted = key;
    return seat->row.user == wanted->id && seat->row.product == wanted->product;
}

struct seat *account_seat_of(const struct account *account, uint64_t user, const struct product *product)
{
    return table_find(&account->seats_by_user, product_hash(user, product), same_seat_user,
                      &(struct product_key){user, product});
}

struct seat_machine *seat_machine_find(const struct seat *seat, const char *machine)
{
    for (struct list_node *node = seat->machines.first; node != NULL; node = node->after) {
        struct seat_machine *at = ITEM_OF(node, struct seat_machine, of_seat);
        if (strcmp(at->row.machine, machine) == 0)
            return at;
    }
    return NULL;
}

struct session *account_session(const struct account *account, uint64_t id)
{
    return find_by_id(&account->sessions, id);
}

struct api_key *account_key(const struct account *account, uint64_t id)
{
    return find_by_id(&account->keys, id);
}

struct sign_in *account_sign_in(const struct account *account, uint64_t id)
{
    return find_by_id(&account->sign_ins, id);
}

static bool same_stock(const void *item, const void *key)
{
    return ((const struct stock *)item)->product == key;
}

struct stock *account_stock(const struct account *account, const struct product *product)
{
    return table_find(&account->stocks, hash_number((uint64_t)(uintptr_t)product), same_stock, product);
}

static bool same_pool(const void *item, const void *key)
{
    const struct pool *pool = item;
    const struct product_key *wanted = key;
    return pool->level->row.id == wanted->id && pool->stock->product == wanted->product;
}

struct pool *account_pool(const struct account *account, uint64_t level, const struct product *product)
{
    return table_find(&account->pools, product_hash(level, product), same_pool, &(struct product_key){level, product});
}

static bool same_cooldown(const void *item, const void *key)
{
    const struct cooldown *cooldown = item;
    const struct product_key *wanted = key;
    return cooldown->row.user == wanted->id && cooldown->row.product == wanted->product;
}

int64_t account_cooldown(const struct account *account, uint64_t user, const struct product *product, int64_t now)
{
    const struct cooldown *cooldown = table_find(&account->cooldowns, product_hash(user, product), same_cooldown,
                                                 &(struct product_key){user, product});
    return cooldown != NULL && cooldown->row.until_at > now ? cooldown->row.until_at : 0;
}

static bool same_key_hash(const void *item, const void *key)
{
    return memcmp(((const struct api_key *)item)->row.hash, key, KEY_HASH_BYTES) == 0;
}

struct api_key *directory_find(const struct directory *directory, const unsigned char hash[KEY_HASH_BYTES])
{
    return table_find(&directory->keys, hash_bytes(hash, KEY_HASH_BYTES), same_key_hash, hash);
}

bool level_is_within(const struct level *level, const struct level *top)
{
    while (level != NULL && level != top)
        level = level->parent;
    return level != NULL;
}

size_t level_child_place(const struct level *parent, uint64_t id)
{
    size_t low = 0, high = parent->child_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (parent->children[middle]->row.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct level *level_after(const struct level *level, const struct level *top)
{
    if (level->child_count > 0)
        return level->children[0];
    while (level != top) {
        const struct level *parent = level->parent;
        size_t next = level_child_place(parent, level->row.id) + 1;
        if (next < parent->child_count)
            return parent->children[next];
        level = parent;
    }
    return NULL;
}

void account_forget_touched(struct account *account)
{
    while (account->dirty.first != NULL) {
        struct pool *pool = ITEM_OF(account->dirty.first, struct pool, of_dirty);
        list_remove(&account->dirty, &pool->of_dirty);
        pool->dirty = false;
    }
}
