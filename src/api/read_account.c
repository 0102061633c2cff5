// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

static void read_settings(struct reading *reading, enum member name_member)
{
    struct object *body = &reading->body;
    struct command *command = &reading->call->command;
    struct account_row *row = &command->account;
    command->given = object_given(body, "name", GIVEN_NAME) | object_given(body, "plan", GIVEN_PLAN) |
                     object_given(body, "delegate_dedication", GIVEN_DELEGATE_DEDICATION) |
                     object_given(body, "self_service_seats", GIVEN_SELF_SERVICE_SEATS) |
                     object_given(body, "on_shortfall", GIVEN_ON_SHORTFALL) |
                     object_given(body, "shortfall_grace_s", GIVEN_SHORTFALL_GRACE_S);
    row->name = object_name(body, "name", name_member);
    row->plan = (enum plan)object_word(body, "plan", MEMBER_OPTIONAL, plan_words, PLAN_FREE);
    row->delegate_dedication = object_flag(body, "delegate_dedication", MEMBER_OPTIONAL, false);
    row->self_service_seats = object_flag(body, "self_service_seats", MEMBER_OPTIONAL, false);
    row->on_shortfall =
        (enum on_shortfall)object_word(body, "on_shortfall", MEMBER_OPTIONAL, on_shortfall_words, SHORTFALL_KEEP);
    row->shortfall_grace_s = object_number(body, "shortfall_grace_s", MEMBER_OPTIONAL, 0, GRACE_MAX_S, 0);
}

void read_account_create(struct reading *reading)
{
    reading->call->command.kind = COMMAND_ACCOUNT_CREATE;
    read_settings(reading, MEMBER_NEEDED);
}

void read_account_update(struct reading *reading)
{
    reading->call->command.kind = COMMAND_ACCOUNT_UPDATE;
    read_settings(reading, MEMBER_OPTIONAL);
}

void read_account(struct reading *reading)
{
    reading->call->command.kind = COMMAND_ACCOUNT_READ;
}

void read_accounts(struct reading *reading)
{
    read_rows(reading, ROW_ACCOUNT);
    read_search(reading, ID_ACCOUNT);
}
