// SPDX-License-Identifier: Apache-2.0
// The verbs of products, the account and its purchases.
#include "scripts/play.h"

void do_product(struct play *play)
{
    const char *code = word_next(play->script, "the product's code");
    int64_t machines = word_option_number(play->script, "machines", 0);
    if (word_is_left(play->script)) {
        const char *model = word_next(play->script, "its model");
        world_add_product(&play->script->world, code, (enum product_model)word_of(play->script, model_words, model));
    }
    words_must_be_used(play->script);
    if (machines != 0)
        world_set_machines_per_seat(&play->script->world, code, machines);
    buffer_add_text(&play->telling->head, "ok");
}

void do_account(struct play *play)
{
    struct script *script = play->script;
    struct account_row *row = &play->command.account;
    bool exists = script->world.account.row.created_at != 0;
    const char *name = play_option(play, "name", GIVEN_NAME), *plan = play_option(play, "plan", GIVEN_PLAN);
    const char *delegate = play_option(play, "delegate_dedication", GIVEN_DELEGATE_DEDICATION);
    const char *self_service = play_option(play, "self_service_seats", GIVEN_SELF_SERVICE_SEATS);
    const char *on_shortfall = play_option(play, "on_shortfall", GIVEN_ON_SHORTFALL);
    play->command.kind = exists ? COMMAND_ACCOUNT_UPDATE : COMMAND_ACCOUNT_CREATE;
    row->name = name != NULL ? name : "Acme";
    row->plan = plan != NULL ? (enum plan)word_of(script, plan_words, plan) : PLAN_FREE;
    row->delegate_dedication = delegate != NULL && word_is_on(script, delegate);
    row->self_service_seats = self_service != NULL && word_is_on(script, self_service);
    row->on_shortfall =
        on_shortfall != NULL ? (enum on_shortfall)word_of(script, on_shortfall_words, on_shortfall) : SHORTFALL_KEEP;
    row->shortfall_grace_s = play_option_number(play, "grace", GIVEN_SHORTFALL_GRACE_S, 0);
    play_decide(play);
}

// Spans are told from now; "always" and "endless" take a bound away.
static void read_bounds(struct play *play)
{
    struct script *script = play->script;
    struct purchase_row *row = &play->command.purchase.row;
    int64_t span;
    if (word_option_span(script, "from", &span)) {
        row->starts_at = script->world.now + span;
        play->command.given |= GIVEN_STARTS_AT;
    }
    if (word_option_span(script, "until", &span)) {
        row->ends_at = script->world.now + span;
        play->command.given |= GIVEN_ENDS_AT;
    }
    if (word_flag(script, "always"))
        play->command.given |= GIVEN_STARTS_AT;
    if (word_flag(script, "endless"))
        play->command.given |= GIVEN_ENDS_AT;
}

void do_purchase(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PURCHASE_CREATE;
    play->command.purchase.product = word_next(script, "a product");
    play->command.purchase.row.quantity = word_next_number(script, "a quantity");
    const char *name = word_option(script, "as");
    read_bounds(play);
    play_decide_as(play, ID_PURCHASE, name);
}

void change_purchase(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PURCHASE_UPDATE;
    play->command.id = script_labelled(script, ID_PURCHASE, word_next(script, "a purchase"));
    play->command.purchase.row.quantity = play_option_number(play, "quantity", GIVEN_QUANTITY, NUMBER_NONE);
    play->command.purchase.product = play_option(play, "product", GIVEN_PRODUCT);
    read_bounds(play);
    play_decide(play);
}
