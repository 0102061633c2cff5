// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

static void read_row_members(struct reading *reading, enum member needed)
{
    struct object *body = &reading->body;
    struct command *command = &reading->call->command;
    struct purchase_row *row = &command->purchase.row;
    command->given = object_given(body, "product", GIVEN_PRODUCT) | object_given(body, "quantity", GIVEN_QUANTITY) |
                     object_given(body, "starts_at", GIVEN_STARTS_AT) | object_given(body, "ends_at", GIVEN_ENDS_AT);
    command->purchase.product = object_reference(body, "product", needed);
    row->quantity = object_number(body, "quantity", needed, 1, QUANTITY_MAX, 1);
    row->starts_at = object_moment(body, "starts_at", MEMBER_NULLABLE);
    row->ends_at = object_moment(body, "ends_at", MEMBER_NULLABLE);
    command->dry_run = query_flag(reading, "dry_run");
}

void read_purchase_create(struct reading *reading)
{
    reading->call->command.kind = COMMAND_PURCHASE_CREATE;
    read_row_members(reading, MEMBER_NEEDED);
}

void read_purchase_update(struct reading *reading)
{
    reading->call->command.kind = COMMAND_PURCHASE_UPDATE;
    reading->call->command.id = reading_path_id(reading, 0, ID_PURCHASE);
    read_row_members(reading, MEMBER_OPTIONAL);
}

void read_purchase_delete(struct reading *reading)
{
    reading->call->command.kind = COMMAND_PURCHASE_DELETE;
    reading->call->command.id = reading_path_id(reading, 0, ID_PURCHASE);
    reading->call->command.dry_run = query_flag(reading, "dry_run");
}

void read_purchase(struct reading *reading)
{
    read_row(reading, ROW_PURCHASE, ID_PURCHASE);
}

void read_purchases(struct reading *reading)
{
    read_rows(reading, ROW_PURCHASE);
    reading->call->list.product = query_text(reading, "product");
}
