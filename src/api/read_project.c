// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

static void read_row_members(struct reading *reading, enum member needed)
{
    struct object *body = &reading->body;
    struct command *command = &reading->call->command;
    command->given = object_given(body, "name", GIVEN_NAME) | object_given(body, "organization", GIVEN_ORGANIZATION);
    command->project.name = object_name(body, "name", needed);
    command->project.organization = object_id(body, "organization", needed, ID_ORGANIZATION);
}

void read_project_create(struct reading *reading)
{
    reading->call->command.kind = COMMAND_PROJECT_CREATE;
    read_row_members(reading, MEMBER_NEEDED);
}

void read_project_update(struct reading *reading)
{
    reading->call->command.kind = COMMAND_PROJECT_UPDATE;
    reading->call->command.id = reading_path_id(reading, 0, ID_PROJECT);
    read_row_members(reading, MEMBER_OPTIONAL);
}

void read_project_delete(struct reading *reading)
{
    reading->call->command.kind = COMMAND_PROJECT_DELETE;
    reading->call->command.id = reading_path_id(reading, 0, ID_PROJECT);
}

void read_project(struct reading *reading)
{
    read_row(reading, ROW_PROJECT, ID_PROJECT);
}

void read_projects(struct reading *reading)
{
    read_rows(reading, ROW_PROJECT);
    reading->call->list.organization = query_id(reading, "organization", ID_ORGANIZATION);
    read_search(reading, ID_PROJECT);
    read_ids(reading, ID_PROJECT);
}

void read_members(struct reading *reading)
{
    reading->call->command.id = reading_path_id(reading, 0, ID_PROJECT);
    read_rows(reading, ROW_USER);
}

static void read_member(struct reading *reading, enum command_kind kind)
{
    struct command *command = &reading->call->command;
    command->kind = kind;
    command->membership.project = reading_path_id(reading, 0, ID_PROJECT);
    command->membership.user = reading_path_id(reading, 1, ID_USER);
}

void read_member_add(struct reading *reading)
{
    read_member(reading, COMMAND_MEMBERSHIP_ADD);
}

void read_member_remove(struct reading *reading)
{
    read_member(reading, COMMAND_MEMBERSHIP_REMOVE);
}
