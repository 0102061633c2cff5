// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

static void read_row_members(struct reading *reading, enum member needed)
{
    struct object *body = &reading->body;
    struct command *command = &reading->call->command;
    struct user_row *row = &command->user;
    command->given = object_given(body, "email", GIVEN_EMAIL) | object_given(body, "name", GIVEN_NAME) |
                     object_given(body, "organization", GIVEN_ORGANIZATION) | object_given(body, "role", GIVEN_ROLE) |
                     object_given(body, "kind", GIVEN_KIND);
    row->email = object_email(body, "email", MEMBER_NULLABLE);
    row->name = object_name(body, "name", needed);
    row->organization = object_id(body, "organization", MEMBER_NULLABLE, ID_ORGANIZATION);
    row->role = (enum role)object_word(body, "role", MEMBER_OPTIONAL, user_role_words, ROLE_MEMBER);
    row->kind = (enum user_kind)object_word(body, "kind", MEMBER_OPTIONAL, user_kind_words, USER_PERSON);
}

void read_user_create(struct reading *reading)
{
    reading->call->command.kind = COMMAND_USER_CREATE;
    read_row_members(reading, MEMBER_NEEDED);
}

void read_user_update(struct reading *reading)
{
    reading->call->command.kind = COMMAND_USER_UPDATE;
    reading->call->command.id = reading_path_id(reading, 0, ID_USER);
    read_row_members(reading, MEMBER_OPTIONAL);
}

void read_user_delete(struct reading *reading)
{
    reading->call->command.kind = COMMAND_USER_DELETE;
    reading->call->command.id = reading_path_id(reading, 0, ID_USER);
}

void read_user(struct reading *reading)
{
    read_row(reading, ROW_USER, ID_USER);
}

// As the store compares it: with A to Z as a to z.
static const char *query_folded(struct reading *reading, const char *name)
{
    char *text = arena_strdup(reading->call->arena, query_text(reading, name));
    for (char *c = text; c != NULL && *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    return text;
}

void read_users(struct reading *reading)
{
    struct list_query *list = &reading->call->list;
    read_rows(reading, ROW_USER);
    list->email = query_folded(reading, "email");
    list->organization = query_id(reading, "organization", ID_ORGANIZATION);
    read_search(reading, ID_USER);
    read_ids(reading, ID_USER);
}
