// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of pools: the four figures of a level, and law 2. Everything that changes a pool goes through
// here, so that the order of trial and the subtree's use are always right.
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

#include "engine/account.h"

// dedicated minus children_dedicated minus assigned: negative when over-committed.
int64_t pool_balance(const struct pool *pool);
// What a new claim may take from it: never below 0.
int64_t pool_available(const struct pool *pool);
// Why the pool of a level does not give `units` to a new claim, the first reason that holds; REASON_NONE: it does.
// `stock` and `pool` are NULL where there never were any.
enum reason pool_why_not(const struct stock *stock, const struct pool *pool, int64_t units);
// Whether it keeps so many for itself, free or not, and grants at all.
bool pool_fits(const struct pool *pool, int64_t units);
// Law 2: nowhere may `units` more be granted, since they would go beyond what was bought.
bool stock_is_used_up(const struct stock *stock, int64_t units);
// Whether all claims of the product are borrowed: nothing ends those before their time.
bool stock_is_all_borrowed(const struct stock *stock);
// Whether the account ever bought the product, or anything of it stands.
bool stock_is_shown(const struct stock *stock);
struct figures pool_figures(const struct pool *pool);
// Of a level without a pool of the product: all zeros.
struct figures level_figures(const struct account *account, const struct level *level, const struct product *product);
// Its dedication as a row; there is one while anything in it is set.
struct dedication_row pool_dedication(const struct pool *pool);
// When the first lease there ends; 0: there is none.
int64_t pool_first_ends(const struct pool *pool);

// For account_apply, and for the line. The pool of a level, made with those above it when it is missing.
struct stock *stock_of(struct account *account, const struct product *product);
struct pool *pool_of(struct account *account, struct level *level, const struct product *product);
void pool_assign(struct account *account, struct pool *pool, int64_t units); // units < 0: given back
void pool_dedicate(struct account *account, struct pool *pool, int64_t units);
// Another level above: the pool's dedication and its subtree's use go along.
void pool_leave(struct account *account, struct pool *pool);
void pool_join(struct account *account, struct pool *pool, struct pool *parent);
// To be called when units of a session of the user came to the pool, or left it: keeps the figures of groups.
void pool_group(struct account *account, struct pool *pool, const struct user *user, int64_t units);
// Counts them afresh, after an organization was moved.
void pool_count_groups(struct account *account);
// The pool whose group the user's waiting and holding counts to.
struct pool *pool_of_group(struct account *account, const struct user *user, const struct product *product);
// To be called when a figure was changed: keeps the order of trial, marks the pool for settling.
void pool_touch(struct account *account, struct pool *pool);
// The pool's place among all, after its first lease changed.
void pool_reschedule(struct account *account, struct pool *pool);
void pool_free_all(struct account *account);

#endif
