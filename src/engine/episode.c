// SPDX-License-Identifier: Apache-2.0
#include "engine/episode.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static uint64_t hash_of(uint64_t user, const struct product *product, const char *machine)
{
    return hash_numbers(hash_numbers(user, (uint64_t)(uintptr_t)product), machine != NULL ? hash_text(machine) : 0);
}

static uint64_t episode_hash(const struct episode *episode)
{
    return hash_of(episode->denial.user, episode->denial.product, episode->denial.machine);
}

static bool same_place(const void *item, const void *key)
{
    const struct denial *a = &((const struct episode *)item)->denial, *b = key;
    return a->user == b->user && a->product == b->product && same_text(a->machine, b->machine);
}

static bool same_reason(const void *item, const void *key)
{
    const struct denial *a = &((const struct episode *)item)->denial, *b = key;
    return same_place(item, key) && a->error == b->error && a->reason == b->reason;
}

static void free_if_done(struct episode *episode)
{
    if (episode->is_open || episode->is_unsaved)
        return;
    free((void *)(uintptr_t)episode->denial.machine);
    free(episode);
}

static void mark_unsaved(struct episodes *episodes, struct episode *episode)
{
    if (!episode->is_unsaved)
        list_add(&episodes->unsaved, &episode->of_unsaved);
    episode->is_unsaved = true;
}

static void shut(struct episodes *episodes, struct episode *episode)
{
    table_remove(&episodes->open, episode_hash(episode), episode);
    list_remove(&episodes->order, &episode->of_order);
    episode->is_open = false;
    free_if_done(episode);
}

static void open_episode(struct episodes *episodes, struct episode *episode)
{
    episode->is_open = true;
    table_add(&episodes->open, episode_hash(episode), episode);
    list_add(&episodes->order, &episode->of_order);
    // Whoever varies the machine's name at each try gets no more memory: the oldest episode is closed early.
    if (episodes->open.count > EPISODES_OPEN_MAX)
        shut(episodes, ITEM_OF(episodes->order.first, struct episode, of_order));
}

static struct episode *copy_of(const struct denial *denial)
{
    struct episode *episode = check_calloc(1, sizeof *episode);
    episode->denial = *denial;
    episode->denial.machine = denial->machine != NULL ? check_strdup(denial->machine) : NULL;
    episode->denial.explanation = NULL;
    if (denial->explanation != NULL) {
        episode->explanation = *denial->explanation;
        episode->denial.explanation = &episode->explanation;
    }
    return episode;
}

void episodes_add(struct episodes *episodes, const struct denial *denial, int64_t now, uint64_t *next_id)
{
    episodes_pass_time(episodes, now);
    uint64_t hash = hash_of(denial->user, denial->product, denial->machine);
    struct episode *episode = table_find(&episodes->open, hash, same_reason, denial);
    if (episode == NULL) {
        episode = copy_of(denial);
        episode->denial.id = (*next_id)++;
        episode->denial.count = 0;
        episode->denial.first_at = now;
        episode->denial.closed_at = 0;
        open_episode(episodes, episode);
    } else {
        list_remove(&episodes->order, &episode->of_order);
        list_add(&episodes->order, &episode->of_order);
    }
    episode->denial.count++;
    episode->denial.last_at = now;
    mark_unsaved(episodes, episode);
}

void episodes_load(struct episodes *episodes, const struct denial *denial)
{
    open_episode(episodes, copy_of(denial));
}

static bool same_id(const void *item, const void *key)
{
    return same_place(item, key) && ((const struct episode *)item)->denial.id == ((const struct denial *)key)->id;
}

void episodes_follow(struct episodes *episodes, const struct denial *denial)
{
    uint64_t hash = hash_of(denial->user, denial->product, denial->machine);
    struct episode *episode = table_find(&episodes->open, hash, same_id, denial);
    if (episode == NULL && denial->closed_at == 0)
        episodes_load(episodes, denial);
    if (episode == NULL)
        return;
    episode->denial.count = denial->count;
    episode->denial.last_at = denial->last_at;
    episode->denial.closed_at = denial->closed_at;
    list_remove(&episodes->order, &episode->of_order);
    list_add(&episodes->order, &episode->of_order);
    if (denial->closed_at != 0)
        shut(episodes, episode);
}

void episodes_close(struct episodes *episodes, uint64_t user, const struct product *product, const char *machine,
                    int64_t now)
{
    if (episodes->open.count == 0)
        return;
    episodes_pass_time(episodes, now);
    struct denial key = {.user = user, .product = product, .machine = machine};
    uint64_t hash = hash_of(user, product, machine);
    for (struct episode *episode; (episode = table_find(&episodes->open, hash, same_place, &key)) != NULL;) {
        episode->denial.closed_at = now;
        mark_unsaved(episodes, episode);
        shut(episodes, episode);
    }
}

void episodes_pass_time(struct episodes *episodes, int64_t now)
{
    while (episodes->order.first != NULL) {
        struct episode *episode = ITEM_OF(episodes->order.first, struct episode, of_order);
        if (now - episode->denial.last_at < moment_seconds(EPISODE_SILENCE_S))
            return;
        shut(episodes, episode);
    }
}

struct episode *episodes_unsaved(const struct episodes *episodes)
{
    struct list_node *first = episodes->unsaved.first;
    return first != NULL ? ITEM_OF(first, struct episode, of_unsaved) : NULL;
}

void episodes_saved(struct episodes *episodes, struct episode *episode)
{
    list_remove(&episodes->unsaved, &episode->of_unsaved);
    episode->is_unsaved = false;
    episode->denial.explanation = NULL; // stored once is enough
    free_if_done(episode);
}

void episodes_fini(struct episodes *episodes)
{
    while (episodes->order.first != NULL)
        shut(episodes, ITEM_OF(episodes->order.first, struct episode, of_order));
    while (episodes->unsaved.first != NULL)
        episodes_saved(episodes, ITEM_OF(episodes->unsaved.first, struct episode, of_unsaved));
    table_fini(&episodes->open);
}
