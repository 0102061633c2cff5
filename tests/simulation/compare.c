// SPDX-License-Identifier: Apache-2.0
// Whether the accounts of the server are what the model says: every figure, claim, user, project, and who waits.
#include "simulation/sim.h"

#include "engine/pool.h"
#include "server/parking.h"
#include "store/memory_cells.h"

#include <stdio.h>
#include <string.h>

struct pair {
    struct sim *sim;
    const struct account *account;
    struct model *model;
    const struct product *products[MODEL_PRODUCTS];
};

static void compare_figure(const struct pair *pair, const char *name, int level, int product, int64_t engine,
                           int64_t model)
{
    if (engine != model)
        sim_differs(pair->sim, "AC-%llu, level %llu, %s: %s is %lld in the server, %lld in the model",
                    (unsigned long long)pair->model->id, (unsigned long long)pair->model->levels[level].id,
                    product_code(product), name, (long long)engine, (long long)model);
}

static void compare_pool(const struct pair *pair, const struct level *level, int place, int product,
                         const struct counts *counts)
{
    const struct model_dedication *of = &pair->model->levels[place].of[product];
    struct figures figures = level_figures(pair->account, level, pair->products[product]);
    int64_t pool = counts->dedicated[place] - counts->children[place], balance = count_balance(counts, place);
    compare_figure(pair, "dedicated", place, product, figures.dedicated, counts->dedicated[place]);
    compare_figure(pair, "pool", place, product, figures.pool, pool > 0 ? pool : 0);
    compare_figure(pair, "assigned", place, product, figures.assigned, counts->assigned[place]);
    compare_figure(pair, "available", place, product, figures.available, balance > 0 ? balance : 0);
    compare_figure(pair, "over_committed", place, product, figures.over_committed, balance < 0 ? -balance : 0);
    compare_figure(pair, "draining_to", place, product, figures.draining_to, of->draining_to);
    compare_figure(pair, "filling_to", place, product, figures.filling_to, of->filling_to);
}

static void compare_levels(const struct pair *pair)
{
    struct model *model = pair->model;
    size_t count = 0;
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        struct counts counts;
        model_count(model, product, &counts);
        for (int place = 0; place < model->level_count; place++) {
            const struct model_level *level = &model->levels[place];
            if (!level->exists)
                continue;
            const struct level *there = account_level(pair->account, level->id);
            if (there == NULL || (place > 0 && there->row.parent != model->levels[level->parent].id))
                sim_differs(pair->sim, "organization %llu is not there, or lies elsewhere",
                            (unsigned long long)level->id);
            compare_pool(pair, there, place, product, &counts);
            count += product == 0;
        }
    }
    if (pair->account->levels.count + 1 != count)
        sim_differs(pair->sim, "the server has %zu organizations, the model %zu", pair->account->levels.count,
                    count - 1);
}

static void compare_claims(const struct pair *pair)
{
    const struct model *model = pair->model;
    size_t seats = 0;
    for (int i = 0; i < model->claim_count; i++) {
        const struct model_claim *claim = &model->claims[i];
        bool is_seat = claim->product == MODEL_SEAT_PRODUCT;
        const struct seat *seat = is_seat ? account_seat(pair->account, claim->id) : NULL;
        const struct session *session = is_seat ? NULL : account_session(pair->account, claim->id);
        seats += is_seat;
        if (seat == NULL && session == NULL)
            sim_differs(pair->sim, "%s %llu is not there", is_seat ? "seat" : "session", (unsigned long long)claim->id);
        uint64_t level = is_seat ? seat->row.level : session->row.level;
        uint64_t user = is_seat ? seat->row.user : session->row.user;
        if (level != model->levels[claim->level].id || user != model->users[claim->user].id)
            sim_differs(pair->sim, "%s %llu lies elsewhere, or is another's", is_seat ? "seat" : "session",
                        (unsigned long long)claim->id);
        if (!is_seat && session->row.expires_at != claim->expires_at)
            sim_differs(pair->sim, "session %llu ends %lld ms later than in the model", (unsigned long long)claim->id,
                        (long long)(session->row.expires_at - claim->expires_at));
    }
    if (pair->account->seats.count != seats || pair->account->sessions.count + seats != (size_t)model->claim_count)
        sim_differs(pair->sim, "the server has %zu seats and %zu sessions, the model %zu and %zu",
                    pair->account->seats.count, pair->account->sessions.count, seats,
                    (size_t)model->claim_count - seats);
}

static void compare_line(const struct pair *pair)
{
    const struct list_node *node = pair->account->queue.line.first;
    for (int i = 0; i < pair->model->waiter_count; i++, node = node->after) {
        const struct model_waiter *waiter = &pair->model->line[i];
        const struct waiter *there = node != NULL ? ITEM_OF(node, struct waiter, of_line) : NULL;
        if (there == NULL || there->order != waiter->order)
            sim_differs(pair->sim, "another stands in the line");
        if (there->head_since != waiter->head_since)
            sim_differs(pair->sim, "a%d is at the head, or is not, or since another moment", waiter->request.serial);
        bool is_same = there->reserved == NULL
                           ? waiter->reserved == NOBODY
                           : waiter->reserved != NOBODY &&
                                 pair->model->levels[waiter->reserved].id == there->reserved->level->row.id;
        if (!is_same)
            sim_differs(pair->sim, "another pool is reserved for a%d", waiter->request.serial);
        if (!there->is_elsewhere && there->deadline_at <= pair->model->now && pair->sim->now >= pair->sim->retry_at)
            sim_differs(pair->sim, "a%d waits beyond its time", waiter->request.serial);
        pair->sim->tally->reserved += waiter->reserved != NOBODY;
    }
    if (node != NULL)
        sim_differs(pair->sim, "someone waits on in the server");
}

static void compare_settings(const struct pair *pair)
{
    const struct account_row *row = &pair->account->row;
    const struct model *model = pair->model;
    if ((row->plan == PLAN_TRUE_ENTERPRISE) != model->enterprise || row->policy != model->policy ||
        row->fallback != model->fallback || row->on_shortfall != model->on_shortfall ||
        row->shortfall_grace_s != model->shortfall_grace_s)
        sim_differs(pair->sim, "the settings of AC-%llu differ", (unsigned long long)model->id);
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        const struct stock *stock = account_stock(pair->account, pair->products[product]);
        if ((stock != NULL ? stock->max_borrow_days : 0) != model->borrowing[product].days)
            sim_differs(pair->sim, "whether %s is lent out differs", product_code(product));
        if ((stock != NULL ? stock->shortfall_since : 0) != model->shortfall_since[product])
            sim_differs(pair->sim, "since when %s falls short differs", product_code(product));
    }
}

static void compare_user(const struct pair *pair, const struct model_user *user)
{
    const struct user *there = account_user(pair->account, user->id);
    if (there == NULL || there->row.organization != (user->level >= 0 ? pair->model->levels[user->level].id : 0))
        sim_differs(pair->sim, "user %llu is not there, or elsewhere", (unsigned long long)user->id);
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        int64_t until = account_cooldown(pair->account, user->id, pair->products[product], pair->model->now);
        int64_t wanted = user->cooldown_until[product] > pair->model->now ? user->cooldown_until[product] : 0;
        if (until != wanted)
            sim_differs(pair->sim, "user %llu has another cool-down", (unsigned long long)user->id);
    }
}

static void compare_people(const struct pair *pair)
{
    const struct model *model = pair->model;
    size_t users = 0, projects = 0, members = 0, purchases = 0;
    for (int i = 0; i < model->user_count; i++) {
        users += model->users[i].exists;
        if (model->users[i].exists)
            compare_user(pair, &model->users[i]);
    }
    for (int i = 0; i < model->project_count; i++) {
        const struct model_project *project = &model->projects[i];
        const struct project *there = project->exists ? account_project(pair->account, project->id) : NULL;
        projects += project->exists;
        if (project->exists && (there == NULL || there->row.organization != model->levels[project->level].id))
            sim_differs(pair->sim, "project %llu is not there, or elsewhere", (unsigned long long)project->id);
        for (int user = 0; project->exists && user < model->user_count; user++) {
            members += project->has[user];
            if (project->has[user] && account_membership(pair->account, project->id, model->users[user].id) == NULL)
                sim_differs(pair->sim, "a member of project %llu is missing", (unsigned long long)project->id);
        }
    }
    for (int i = 0; i < model->purchase_count; i++)
        purchases += model->purchases[i].exists;
    if (pair->account->users.count != users || pair->account->projects.count != projects ||
        pair->account->memberships.count != members || pair->account->purchases.count != purchases)
        sim_differs(pair->sim, "there are more or fewer users, projects, members or purchases in the server");
}

void compare_account(struct sim *sim, const struct account *account, const struct catalog *catalog, struct model *model,
                     bool is_thorough)
{
    struct pair pair = {.sim = sim, .account = account, .model = model};
    for (int product = 0; product < MODEL_PRODUCTS; product++)
        pair.products[product] = catalog_find(catalog, product_code(product));
    compare_levels(&pair);
    compare_claims(&pair);
    compare_line(&pair);
    if (!is_thorough)
        return;
    compare_settings(&pair);
    compare_people(&pair);
    account_check(account);
}

static bool is_kept(const struct model *model, const struct waiter_row *row, int64_t now)
{
    char key[24];
    for (int i = 0; i < model->age_count && i < MODEL_AGES; i++) {
        const struct model_age *age = &model->ages[i];
        snprintf(key, sizeof key, "k%d", age->key);
        if (age->until_at > now && strcmp(key, row->idempotency_key) == 0 && age->since_at == row->since_at &&
            age->head_since == row->head_since && age->until_at == row->kept_until)
            return true;
    }
    return false;
}

void compare_away(struct sim *sim, const struct tenant *tenant, const struct model *model)
{
    // Where the last commit was lost the account's time is that of the facts before it, and the server's goes on.
    int64_t now = sim->now > model->now ? sim->now : model->now;
    int away = 0, ages = 0;
    for (const struct list_node *at = tenant->away.first; at != NULL; at = at->after) {
        const struct waiter_row *row = &ITEM_OF(at, const struct away, of_tenant)->row;
        if (row->kept_until > now && !is_kept(model, row, now))
            sim_differs(sim, "the age of %s is kept, or for another time", row->idempotency_key);
        away += row->kept_until > now;
    }
    for (int i = 0; i < model->age_count && i < MODEL_AGES; i++)
        ages += model->ages[i].key != NOBODY && model->ages[i].until_at > now;
    if (away != ages)
        sim_differs(sim, "%d are away in the server, %d in the model", away, ages);
}

// Every figure and claim after each round; the rest, and all that the engine keeps beside them, now and then.
void sim_compare(struct sim *sim)
{
    bool is_thorough =
        sim->rounds % CHECK_EVERY == 0 || sim->rig->processor.batch.serial < 3 || sim->retry_at >= sim->now;
    for (int i = 0; i < sim->account_count; i++) {
        if (!sim->is_lost[i])
            compare_account(sim, rig_account(sim->rig, i), &sim->rig->service.catalog, &sim->accounts[i], is_thorough);
        compare_away(sim, service_tenant(&sim->rig->service, sim->rig->accounts[i]), &sim->accounts[i]);
    }
}

// ---- The history

static void check_event(struct sim *sim, const struct history_entry *entry, const struct event *before,
                        struct buffer *scratch)
{
    static const unsigned char none[KEY_HASH_BYTES];
    struct history_entry again = *entry;
    history_hash(before != NULL ? before->hash : none, &again, scratch);
    if (entry->event.seq != (before != NULL ? before->seq + 1 : 1))
        sim_differs(sim, "the history of AC-%llu has a gap", (unsigned long long)entry->account);
    if (memcmp(again.event.hash, entry->event.hash, KEY_HASH_BYTES) != 0)
        sim_differs(sim, "the history of AC-%llu is no chain", (unsigned long long)entry->account);
}

void sim_check_history(struct sim *sim, const struct store *store)
{
    const struct twin *twin = twin_of(store);
    const struct event *last[ACCOUNTS_MAX + 1] = {0};
    struct buffer scratch = {0};
    for (size_t i = 0; i < twin->events_committed; i++) {
        const struct history_entry *entry = &twin->events[i];
        check_event(sim, entry, last[entry->account], &scratch);
        last[entry->account] = &entry->event;
    }
    buffer_fini(&scratch);
}
