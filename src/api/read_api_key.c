// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

void read_api_key_create(struct reading *reading)
{
    struct object *body = &reading->body;
    struct call *call = reading->call;
    struct api_key_row *row = &call->command.api_key;
    call->command.kind = COMMAND_API_KEY_CREATE;
    row->name = object_name(body, "name", MEMBER_NEEDED);
    row->role = (enum role)object_word(body, "role", MEMBER_NEEDED, key_role_words, ROLE_MEMBER);
    row->user = object_user(body, MEMBER_NULLABLE);
    row->organization = object_id(body, "organization", MEMBER_NULLABLE, ID_ORGANIZATION);
    row->expires_at = object_moment(body, "expires_at", MEMBER_NULLABLE);
    call->secret = arena_printf(call->arena, "ushk_%s", secret_make(call->arena));
    key_hash_of(call->secret, row->hash);
}

void read_api_key_revoke(struct reading *reading)
{
    reading->call->command.kind = COMMAND_API_KEY_REVOKE;
    reading->call->command.id = reading_path_id(reading, 0, ID_API_KEY);
}

void read_api_key(struct reading *reading)
{
    read_row(reading, ROW_API_KEY, ID_API_KEY);
}

void read_api_keys(struct reading *reading)
{
    read_rows(reading, ROW_API_KEY);
    reading->call->list.user = query_id(reading, "user", ID_USER);
}
