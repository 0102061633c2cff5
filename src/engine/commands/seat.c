// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

#include "base/moment.h"
#include "engine/pool.h"

enum { MINUTE_MS = 60000 };

void seat_end(struct decision *decision, const struct seat *seat, enum fact_kind kind, const char *reason)
{
    while (seat->machines.first != NULL)
        decision_add(decision, FACT_SEAT_MACHINE_REMOVED,
                     &ITEM_OF(seat->machines.first, struct seat_machine, of_seat)->row, NULL);
    decision_add_reason(decision, kind, &seat->row, NULL, reason);
}

// A seat has one candidate, the level that was named; its refusal is told like a session's.
static bool refuse_license(struct decision *decision, const struct level *level, const struct product *product,
                           const struct user *user, enum reason reason)
{
    struct explanation *explanation = arena_alloc(decision->arena, sizeof *explanation);
    *explanation = (struct explanation){
        .product = product, .user = user->row.id, .count = 1, .seat = true, .tried_count = 1, .tried_total = 1};
    struct figures figures = level_figures(decision->account, level, product);
    explanation->reasons[reason] = 1;
    explanation->tried[0] = (struct trial){
        .level = level->row.id,
        .rule = VIA_NAMED,
        .dedicated = figures.dedicated,
        .pool = figures.pool,
        .assigned = figures.assigned,
        .available = figures.available,
        .reason = reason,
        .retry_after_s = NUMBER_NONE,
    };
    decision->outcome.explanation = explanation;
    return decision_refuse(decision, RESULT_NO_LICENSE_AVAILABLE, NULL,
                           "%s has no license of %s for another seat (%s). Release a seat there, or dedicate more.",
                           decision_id(decision, ID_LEVEL, level->row.id), product->code, reason_words[reason]);
}

static bool check_pool(struct decision *decision, const struct level *level, const struct product *product,
                       const struct user *user)
{
    const struct account *account = decision->account;
    enum reason reason = account_cooldown(account, user->row.id, product, decision->now) != 0
                             ? REASON_COOLDOWN
                             : pool_why_not(account_stock(account, product),
                                            account_pool(account, level->row.id, product), 1);
    return reason == REASON_NONE || refuse_license(decision, level, product, user, reason);
}

void decide_seat_assign(struct decision *decision, const struct command *command)
{
    const struct product *product = decision_product(decision, command->seat.product, "/product");
    if (product == NULL)
        return;
    if (product->model != MODEL_SEAT) {
        decision_refuse(decision, RESULT_INVALID_REQUEST, "/product",
                        "%s is licensed by session, not by seat: POST …/sessions takes one.", product->code);
        return;
    }
    const struct user *user = decision_user(decision, command->seat.user, "/user");
    const struct level *level = user != NULL ? decision_level(decision, command->seat.level, "/level") : NULL;
    if (level == NULL)
        return;
    if (level->parent != NULL && !level_is_within(user->level, level)) {
        decision_refuse(decision, RESULT_NOT_ELIGIBLE, "/user",
                        "A seat of %s goes to users of that organization or below it. Move the user, or take a level "
                        "above both.",
                        decision_id(decision, ID_LEVEL, level->row.id));
        decision->outcome.product = product;
        return;
    }
    const struct seat *other = account_seat_of(decision->account, user->row.id, product);
    if (other != NULL) {
        decision->outcome.with = decision_id(decision, ID_SEAT, other->row.id);
        decision_refuse(decision, RESULT_CONFLICT, "/user", "The user holds a seat of %s already: %s.", product->code,
                        decision->outcome.with);
        return;
    }
    if (!check_pool(decision, level, product, user))
        return;
    struct seat_row row = {
        .id = decision_new_id(decision, ID_SEAT),
        .product = product,
        .user = user->row.id,
        .level = level->row.id,
        .state = SEAT_ASSIGNED,
        .assigned_at = decision->now,
    };
    decision_add(decision, FACT_SEAT_ASSIGNED, NULL, &row);
    decision_answer_row(decision, RESULT_CREATED, ROW_SEAT, &row);
}

static struct seat *find(struct decision *decision, uint64_t id)
{
    struct seat *seat = account_seat(decision->account, id);
    if (seat == NULL)
        decision_refuse(decision, RESULT_NOT_FOUND, NULL, "This account has no such seat.");
    return seat;
}

void decide_seat_release(struct decision *decision, const struct command *command)
{
    const struct seat *seat = find(decision, command->id);
    if (seat == NULL)
        return;
    struct seat_row row = seat->row;
    bool revoked = command->end.reason != NULL;
    seat_end(decision, seat, revoked ? FACT_SEAT_REVOKED : FACT_SEAT_RELEASED, command->end.reason);
    if (command->end.cooldown_s > 0)
        cooldown_set(decision, row.user, row.product, decision->now + moment_seconds(command->end.cooldown_s));
    decision->outcome.result = RESULT_DONE;
}

void decide_seats_release(struct decision *decision, const struct command *command)
{
    const char *reason = command->release.reason;
    for (size_t i = 0; i < command->release.count; i++) {
        const struct seat *seat = account_seat(decision->account, command->release.seats[i]);
        if (seat == NULL) {
            decision_refuse(decision, RESULT_NOT_FOUND, arena_printf(decision->arena, "/seats/%zu", i),
                            "This account has no such seat; none was given back.");
            return;
        }
        seat_end(decision, seat, reason != NULL ? FACT_SEAT_REVOKED : FACT_SEAT_RELEASED, reason);
    }
    decision->outcome.answer = ANSWER_RELEASED;
    decision->outcome.released = command->release.count;
}

// ---- Check-in

// A machine that is not there yet must find a place.
static bool check_place(struct decision *decision, const struct seat *seat, const char *machine)
{
    int64_t limit = seat->row.product->machines_per_seat;
    if (limit <= 0 || seat->machine_count < (size_t)limit || seat_machine_find(seat, machine) != NULL)
        return true;
    decision->outcome.machines = decision_machines(decision, seat);
    return decision_refuse(decision, RESULT_CONFLICT, "/machine",
                           "A seat of %s is good for %lld machine%s, and %zu hold%s %s. Remove one of them from the "
                           "seat, or have machines_per_seat raised.",
                           seat->row.product->code, (long long)limit, limit == 1 ? "" : "s", seat->machine_count,
                           seat->machine_count == 1 ? "s" : "", decision_id(decision, ID_SEAT, seat->row.id));
}

static void use_machine(struct decision *decision, const struct seat *seat, const char *name, int64_t minute)
{
    const struct seat_machine *machine = seat_machine_find(seat, name);
    if (machine == NULL) {
        struct seat_machine_row row = {seat->row.id, name, decision->now, minute};
        decision_add(decision, FACT_SEAT_MACHINE_ACTIVATED, NULL, &row);
    } else if (machine->row.last_used_at != minute) {
        struct seat_machine_row after = machine->row;
        after.last_used_at = minute;
        decision_add(decision, FACT_SEAT_MACHINE_USED, &machine->row, &after);
    }
}

// The first check-in activates a seat and is part of the history, as is each new machine; later ones keep the minute
// of the last use.
void decide_seat_check_in(struct decision *decision, const struct command *command)
{
    const struct seat *seat = find(decision, command->id);
    if (seat == NULL || (command->machine != NULL && !check_place(decision, seat, command->machine)))
        return;
    struct seat_row after = seat->row;
    after.last_used_at = decision->now / MINUTE_MS * MINUTE_MS;
    if (after.state == SEAT_ASSIGNED) {
        after.state = SEAT_ACTIVATED;
        after.activated_at = decision->now;
        decision_add(decision, FACT_SEAT_ACTIVATED, &seat->row, &after);
    } else if (after.last_used_at != seat->row.last_used_at) {
        decision_add(decision, FACT_SEAT_USED, &seat->row, &after);
    }
    if (command->machine != NULL)
        use_machine(decision, seat, command->machine, after.last_used_at);
    decision_answer_row(decision, RESULT_OK, ROW_SEAT, &after);
}

void decide_seat_machine_remove(struct decision *decision, const struct command *command)
{
    const struct seat *seat = find(decision, command->id);
    if (seat == NULL)
        return;
    const struct seat_machine *machine = seat_machine_find(seat, command->machine);
    if (machine == NULL) {
        decision_refuse(decision, RESULT_NOT_FOUND, NULL, "No such machine holds a place of this seat.");
        return;
    }
    decision_add(decision, FACT_SEAT_MACHINE_REMOVED, &machine->row, NULL);
    decision->outcome.result = RESULT_DONE;
}
