// SPDX-License-Identifier: Apache-2.0
//
// What a row was and is now, made true in memory: `before` NULL, there was none; `after` NULL, there is none any more.
// Each keeps the indexes and figures that hang on its row. Rows that are kept are copied.
#ifndef ENGINE_APPLY_H
#define ENGINE_APPLY_H

#include "engine/account.h"

// ---- apply/api_key.c

void apply_api_key(struct account *account, const struct api_key_row *before, const struct api_key_row *after);

// ---- apply/license.c

void apply_borrowing(struct account *account, const struct borrowing_row *before, const struct borrowing_row *after);
void apply_dedication(struct account *account, const struct dedication_row *before, const struct dedication_row *after);
void apply_purchase(struct account *account, const struct purchase_row *before, const struct purchase_row *after);
void apply_shortfall(struct account *account, const struct shortfall_row *before, const struct shortfall_row *after);

// ---- apply/organization.c

void apply_organization(struct account *account, const struct organization_row *before,
                        const struct organization_row *after);

// ---- apply/people.c

void apply_membership(struct account *account, const struct membership_row *before, const struct membership_row *after);
void apply_project(struct account *account, const struct project_row *before, const struct project_row *after);
void apply_user(struct account *account, const struct user_row *before, const struct user_row *after);

// ---- apply/seat.c

void apply_seat(struct account *account, const struct seat_row *before, const struct seat_row *after);
void apply_seat_machine(struct account *account, const struct seat_machine_row *before,
                        const struct seat_machine_row *after);

// ---- apply/session.c

void apply_cooldown(struct account *account, const struct cooldown_row *before, const struct cooldown_row *after);
void apply_session(struct account *account, const struct session_row *before, const struct session_row *after);

#endif
