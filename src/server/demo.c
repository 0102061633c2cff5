// SPDX-License-Identifier: Apache-2.0
#include "server/demo.h"

#include "server/batch.h"

#include <stdio.h>

struct filling {
    struct batch batch;
    struct arena arena;
    struct tenant *tenant;
    const char *cause; // of the first refusal
};

static const struct actor by_operator = {.role = ROLE_OPERATOR};

// Decides the command; the id of the row it answered, or 0.
static uint64_t run(struct filling *filling, const struct command *command)
{
    struct outcome outcome = {0};
    batch_decide(&filling->batch, filling->tenant, command, &by_operator, (struct memory){0}, &filling->arena,
                 &outcome);
    if (result_is_refusal(outcome.result) && filling->cause == NULL)
        filling->cause = outcome.detail;
    return outcome.answer == ANSWER_ROW ? *(const uint64_t *)outcome.row : 0;
}

static void add_product(struct filling *filling, const char *code, const char *name, enum product_model model)
{
    struct product product = {.code = code,
                              .name = name,
                              .model = model,
                              .machines_per_seat = NUMBER_NONE,
                              .created_at = filling->batch.now};
    batch_change_product(&filling->batch, NULL, &product, &by_operator, &filling->arena);
}

static void add_account(struct filling *filling)
{
    struct command command = {.kind = COMMAND_ACCOUNT_CREATE,
                              .account = {.name = "Example Pictures", .plan = PLAN_TRUE_ENTERPRISE}};
    struct outcome outcome = {0};
    filling->tenant = batch_create_account(&filling->batch, &command, &by_operator, &filling->arena, &outcome);
}

static void add_purchase(struct filling *filling, const char *product, int64_t quantity)
{
    run(filling, &(struct command){.kind = COMMAND_PURCHASE_CREATE,
                                   .purchase = {.row = {.quantity = quantity}, .product = product}});
}

static uint64_t add_organization(struct filling *filling, const char *name, uint64_t parent, int64_t count)
{
    uint64_t id = run(filling, &(struct command){.kind = COMMAND_ORGANIZATION_CREATE,
                                                 .organization.row = {.name = name, .parent = parent}});
    struct dedication_change change = {.organization = id, .product = "KRE", .count = count};
    run(filling, &(struct command){.kind = COMMAND_DEDICATIONS_APPLY,
                                   .dedications = {.changes = &change, .count = 1, .one = true}});
    return id;
}

static void add_user(struct filling *filling, const char *email, const char *name, uint64_t organization)
{
    run(filling, &(struct command){.kind = COMMAND_USER_CREATE,
                                   .user = {.email = email, .name = name, .organization = organization}});
}

static void fill(struct filling *filling)
{
    add_product(filling, "KRE", "Render engine", MODEL_SESSION);
    add_product(filling, "KSE", "Studio edition", MODEL_SEAT);
    add_account(filling);
    if (filling->tenant == NULL)
        return;
    add_purchase(filling, "KRE", 200);
    add_purchase(filling, "KSE", 50);
    uint64_t animation = add_organization(filling, "Animation", 0, 20);
    uint64_t effects = add_organization(filling, "Effects", 0, 10);
    add_organization(filling, "Lighting", effects, 5);
    add_organization(filling, "Sound", 0, 1);
    add_organization(filling, "Archive", 0, 5);
    add_user(filling, "alice@example.com", "Alice", effects);
    add_user(filling, "bob@example.com", "Bob", animation);
}

bool demo_fill(struct service *service, bool *ret_made, char *error, size_t error_size)
{
    *ret_made = false;
    if (service->tenants.count > 0)
        return true;
    struct filling filling = {0};
    batch_init(&filling.batch, service);
    batch_start(&filling.batch);
    fill(&filling);
    bool good = batch_end(&filling.batch) && filling.cause == NULL;
    if (!good)
        snprintf(error, error_size, "the examples cannot be made: %s",
                 filling.cause != NULL ? filling.cause : filling.batch.error.text);
    batch_fini(&filling.batch);
    arena_fini(&filling.arena);
    *ret_made = good;
    return good;
}
