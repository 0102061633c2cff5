// SPDX-License-Identifier: Apache-2.0
#include "server/demo.h"

#include "server/batch.h"
#include "server/hashers.h"
#include "server/sharing.h"

#include <sodium.h>
#include <stdio.h>

enum { IDS_MAX = 16 }; // of each kind

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

// Without letters and digits that look alike; 80 bits.
static void make_password(char password[DEMO_PASSWORD_SIZE])
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    for (size_t i = 0; i < DEMO_PASSWORD_SIZE - 1; i++)
        password[i] = i % 5 == 4 ? '-' : letters[randombytes_uniform(sizeof letters - 1)];
    password[DEMO_PASSWORD_SIZE - 1] = '\0';
}

static void add_admin(struct filling *filling, char password[DEMO_PASSWORD_SIZE])
{
    struct user_row row = {.email = DEMO_EMAIL, .name = "Ada", .role = ROLE_ACCOUNT_ADMIN};
    uint64_t id = run(filling, &(struct command){.kind = COMMAND_USER_CREATE, .user = row});
    make_password(password);
    const char *hash = password_hash(&filling->arena, password);
    if (hash == NULL)
        filling->cause = "there is not enough memory to hash a password";
    else
        run(filling, &(struct command){.kind = COMMAND_PASSWORD_SET, .id = id, .sign_in.password = hash});
}

static void fill(struct filling *filling, char password[DEMO_PASSWORD_SIZE])
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
    add_admin(filling, password);
}

// Not before the store is entered: another server may be at it.
static bool is_empty(struct filling *filling)
{
    struct batch *batch = &filling->batch;
    uint64_t *ids;
    size_t count;
    return batch_keep(batch, store_load_account_ids(batch->service->store, &filling->arena, &ids, &count,
                                                    &batch->error)
                                 ? STORE_OK
                                 : STORE_REFUSED) &&
           count == 0;
}

bool demo_fill(struct service *service, char password[DEMO_PASSWORD_SIZE], char *error, size_t error_size)
{
    password[0] = '\0';
    struct filling filling = {0};
    batch_init(&filling.batch, service);
    batch_start(&filling.batch);
    if ((!service->is_shared || sharing_enter_alone(&filling.batch, IDS_MAX)) && is_empty(&filling))
        fill(&filling, password);
    bool good = batch_end(&filling.batch) && filling.cause == NULL;
    if (!good)
        snprintf(error, error_size, "the examples cannot be made: %s",
                 filling.cause != NULL ? filling.cause : filling.batch.error.text);
    batch_fini(&filling.batch);
    arena_fini(&filling.arena);
    return good;
}
