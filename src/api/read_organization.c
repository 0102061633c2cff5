// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

static void read_row_members(struct reading *reading, enum member needed)
{
    struct object *body = &reading->body;
    struct command *command = &reading->call->command;
    command->given = object_given(body, "name", GIVEN_NAME) | object_given(body, "parent", GIVEN_PARENT);
    command->organization.row.name = object_name(body, "name", needed);
    command->organization.row.parent = object_id(body, "parent", MEMBER_NULLABLE, ID_ORGANIZATION);
}

void read_organization_create(struct reading *reading)
{
    reading->call->command.kind = COMMAND_ORGANIZATION_CREATE;
    read_row_members(reading, MEMBER_NEEDED);
}

void read_organization_update(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_ORGANIZATION_UPDATE;
    command->id = reading_path_id(reading, 0, ID_ORGANIZATION);
    command->organization.release_seats = query_flag(reading, "release_seats");
    read_row_members(reading, MEMBER_OPTIONAL);
}

void read_organization_delete(struct reading *reading)
{
    reading->call->command.kind = COMMAND_ORGANIZATION_DELETE;
    reading->call->command.id = reading_path_id(reading, 0, ID_ORGANIZATION);
}

void read_organization(struct reading *reading)
{
    read_row(reading, ROW_ORGANIZATION, ID_ORGANIZATION);
}

void read_organizations(struct reading *reading)
{
    struct list_query *list = &reading->call->list;
    read_rows(reading, ROW_ORGANIZATION);
    list->parent_given = query_level(reading, "parent", &list->parent);
    read_search(reading, ID_ORGANIZATION);
    read_ids(reading, ID_ORGANIZATION);
}
