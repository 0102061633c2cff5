// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

// NUMBER_NONE: no limit.
static int64_t read_machines_per_seat(struct object *body)
{
    return object_number(body, "machines_per_seat", MEMBER_NULLABLE, 1, MACHINES_PER_SEAT_MAX, NUMBER_NONE);
}

void read_product_create(struct reading *reading)
{
    struct product *product = &reading->call->product;
    product->code = object_code(&reading->body, "code", MEMBER_NEEDED);
    product->name = object_name(&reading->body, "name", MEMBER_NEEDED);
    product->model = (enum product_model)object_word(&reading->body, "model", MEMBER_NEEDED, model_words, MODEL_SEAT);
    product->machines_per_seat = read_machines_per_seat(&reading->body);
    if (product->model != MODEL_SEAT && product->machines_per_seat != NUMBER_NONE)
        object_refuse(&reading->body, "machines_per_seat",
                      "Only products with the model seat have a number of machines.");
}

void read_product_update(struct reading *reading)
{
    struct call *call = reading->call;
    call->product.code = reading->path[0];
    call->given = object_given(&reading->body, "name", GIVEN_NAME) |
                  object_given(&reading->body, "machines_per_seat", GIVEN_MACHINES_PER_SEAT);
    call->product.name = object_name(&reading->body, "name", MEMBER_OPTIONAL);
    call->product_code = object_code(&reading->body, "code", MEMBER_OPTIONAL);
    call->product.machines_per_seat = read_machines_per_seat(&reading->body);
    call->product_model_given = object_has(&reading->body, "model");
    call->product.model =
        (enum product_model)object_word(&reading->body, "model", MEMBER_OPTIONAL, model_words, MODEL_SEAT);
}

void read_product(struct reading *reading)
{
    reading->call->product.code = reading->path[0];
}

void read_products(struct reading *reading)
{
    read_rows(reading, ROW_PRODUCT);
}
