// SPDX-License-Identifier: Apache-2.0
//
// The open denial episodes of one account (see denial.h). A denial costs a look in a table; what changed is on a list
// for the store, so that a storm of retries is a few writes a second.
#ifndef ENGINE_EPISODE_H
#define ENGINE_EPISODE_H

#include "base/list.h"
#include "base/table.h"
#include "engine/denial.h"

struct episode {
    struct denial denial; // owns its machine and its explanation
    struct explanation explanation;
    struct list_node of_order;   // open ones by last_at
    struct list_node of_unsaved; // those that the store does not know as they are
    bool is_open, is_unsaved;
};

struct episodes {
    struct table open;  // by user, product and machine
    struct list order;  // oldest last_at first
    struct list unsaved;
};

void episodes_fini(struct episodes *episodes);
// One more denial: extends the open episode that it repeats, or opens one with id *next_id, which is then counted up.
// Everything in `denial` but id, count and the moments is looked at and copied.
void episodes_add(struct episodes *episodes, const struct denial *denial, int64_t now, uint64_t *next_id);
// Takes up one that the store kept open.
void episodes_load(struct episodes *episodes, const struct denial *denial);
// What another server has made of the episode with this id, known here or not.
void episodes_follow(struct episodes *episodes, const struct denial *denial);
// A grant closes what the same user, machine and product were denied.
void episodes_close(struct episodes *episodes, uint64_t user, const struct product *product, const char *machine,
                    int64_t now);
// Forgets those that silence has closed; the store knows that by their last_at.
void episodes_pass_time(struct episodes *episodes, int64_t now);
// The oldest unsaved episode, or NULL. Once stored, it is marked by episodes_saved and may be gone.
struct episode *episodes_unsaved(const struct episodes *episodes);
void episodes_saved(struct episodes *episodes, struct episode *episode);

#endif
