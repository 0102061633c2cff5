// SPDX-License-Identifier: Apache-2.0
#include "api/cookie.h"
#include "api/read_list.h"

#include <string.h>

// An account that there is not is as wrong as a wrong password, and not told apart from it.
static void read_user_of_account(struct reading *reading)
{
    struct object *body = &reading->body;
    struct call *call = reading->call;
    call->sign_in_account = object_id(body, "account", MEMBER_NEEDED, ID_ACCOUNT);
    call->sign_in_email = object_email(body, "email", MEMBER_NEEDED);
    call->password.given = object_password(body, "password", false);
}

static void read_operator_key(struct reading *reading)
{
    const char *key = object_password(&reading->body, "key", false);
    if (key != NULL)
        key_hash_of(key, reading->call->key_hash);
}

static void new_sign_in(struct reading *reading)
{
    struct call *call = reading->call;
    call->cross_site = cross_site(reading->request);
    call->secret = secret_make(call->arena);
    key_hash_of(call->secret, call->command.sign_in.hash);
}

void read_sign_in(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SIGN_IN;
    if (object_has(&reading->body, "key"))
        read_operator_key(reading);
    else
        read_user_of_account(reading);
    new_sign_in(reading);
}

// ---- Invitations: a token is "ushi_<account>.<user>.<secret>", so that its user is found without a search

static const char prefix[] = "ushi_";

static const char *hash_hex(struct arena *arena, const char *secret)
{
    unsigned char hash[KEY_HASH_BYTES];
    char hex[2 * KEY_HASH_BYTES + 1];
    key_hash_of(secret, hash);
    return arena_strdup(arena, sodium_bin2hex(hex, sizeof hex, hash, sizeof hash));
}

void read_invite(struct reading *reading)
{
    struct call *call = reading->call;
    call->command.kind = COMMAND_INVITE;
    call->command.id = reading_path_id(reading, 0, ID_USER);
    call->secret = secret_make(call->arena);
    call->command.sign_in.invitation = hash_hex(call->arena, call->secret);
}

// What is no token names nobody.
static void read_token(struct call *call, const char *token)
{
    char *rest = arena_strdup(call->arena, token);
    call->sign_in_account = call->command.id = ID_UNKNOWN;
    if (strncmp(token, prefix, sizeof prefix - 1) != 0)
        return;
    rest += sizeof prefix - 1;
    const char *account = strsep(&rest, "."), *user = strsep(&rest, ".");
    if (user == NULL || rest == NULL)
        return;
    call->sign_in_account = id_parse(ID_ACCOUNT, arena_printf(call->arena, "AC-%s", account), 0);
    call->command.id = id_parse(ID_USER, arena_printf(call->arena, "US-%s", user), 0);
    call->command.sign_in.invitation = hash_hex(call->arena, rest);
}

void read_invitation_accept(struct reading *reading)
{
    struct call *call = reading->call;
    call->command.kind = COMMAND_INVITATION_ACCEPT;
    const char *token = object_password(&reading->body, "token", false);
    call->password.wanted = object_password(&reading->body, "password", true);
    if (token != NULL)
        read_token(call, token);
    new_sign_in(reading);
}

// ---- Below an account

void read_password_set(struct reading *reading)
{
    struct call *call = reading->call;
    call->command.kind = COMMAND_PASSWORD_SET;
    call->command.id = reading_path_id(reading, 0, ID_USER);
    call->password.given = object_password(&reading->body, "current", false);
    call->password.wanted = object_password(&reading->body, "password", true);
}

void read_sign_ins(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_SIGN_INS_READ;
    command->id = reading_path_id(reading, 0, ID_USER);
    command->sign_ins.limit = read_limit(reading);
    command->sign_ins.after = read_after(reading);
}

void read_sign_ins_end(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SIGN_INS_END;
    reading->call->command.id = reading_path_id(reading, 0, ID_USER);
}
