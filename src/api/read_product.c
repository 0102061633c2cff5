// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"
#include "api/text.h"

void read_product_create(struct reading *reading)
{
    struct product *product = &reading->call->product;
    product->code = object_code(&reading->body, "code", MEMBER_NEEDED);
    product->name = object_name(&reading->body, "name", MEMBER_NEEDED);
    product->model = (enum product_model)object_word(&reading->body, "model", MEMBER_NEEDED, model_words, MODEL_SEAT);
}

void read_product_update(struct reading *reading)
{
    struct call *call = reading->call;
    call->product.code = reading->path[0];
    call->given = object_given(&reading->body, "name", GIVEN_NAME);
    call->product.name = object_name(&reading->body, "name", MEMBER_OPTIONAL);
    call->product_code = object_code(&reading->body, "code", MEMBER_OPTIONAL);
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
    const char *after = query_text(reading, "after");
    if (after != NULL && !text_is_product_code(after))
        reading_refuse_parameter(reading, "after", "The parameter `after` takes the `next` of the page before.");
    reading->call->list.after_code = after;
}
