// SPDX-License-Identifier: Apache-2.0
#include "api/read_end.h"
#include "api/read_list.h"

void read_seat_assign(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_SEAT_ASSIGN;
    command->seat.product = object_reference(&reading->body, "product", MEMBER_NEEDED);
    command->seat.user = object_user(&reading->body, MEMBER_OPTIONAL);
    command->seat.level = object_level(&reading->body, "level", MEMBER_NEEDED);
}

void read_seat_release(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SEAT_RELEASE;
    reading->call->command.id = reading_path_id(reading, 0, ID_SEAT);
    read_end(reading);
}

void read_seat_check_in(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SEAT_CHECK_IN;
    reading->call->command.id = reading_path_id(reading, 0, ID_SEAT);
}

void read_seat(struct reading *reading)
{
    read_row(reading, ROW_SEAT, ID_SEAT);
}

void read_seats(struct reading *reading)
{
    struct list_query *list = &reading->call->list;
    read_rows(reading, ROW_SEAT);
    list->product = query_text(reading, "product");
    list->user = query_id(reading, "user", ID_USER);
    list->level_given = query_level(reading, "level", &list->level);
}
