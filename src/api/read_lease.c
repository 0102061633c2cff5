// SPDX-License-Identifier: Apache-2.0
// Leases for machines without a network, and which products may be borrowed.
#include "api/read_list.h"

enum { DAY_S = 86400 };

void read_lease_borrow(struct reading *reading)
{
    struct object *body = &reading->body;
    struct command *command = &reading->call->command;
    struct session_request *request = &command->session;
    command->kind = COMMAND_LEASE_BORROW;
    request->product = object_reference(body, "product", MEMBER_NEEDED);
    request->user = object_user(body, MEMBER_OPTIONAL);
    request->project = object_id(body, "project", MEMBER_NULLABLE, ID_PROJECT);
    request->organization = object_id(body, "organization", MEMBER_NULLABLE, ID_ORGANIZATION);
    request->machine = object_name(body, "machine", MEMBER_NEEDED);
    request->borrow_days = object_number(body, "days", MEMBER_NEEDED, 1, BORROW_DAYS_MAX, 1);
    request->ttl_s = request->borrow_days * DAY_S;
    request->count = 1;
    request->idempotency_key = reading->call->idempotency_key;
}

void read_lease_return(struct reading *reading)
{
    reading->call->command.kind = COMMAND_LEASE_RETURN;
    reading->call->command.id = reading_path_id(reading, 0, ID_SESSION);
}

void read_lease(struct reading *reading)
{
    reading->call->command.kind = COMMAND_LEASE_READ;
    reading->call->command.id = reading_path_id(reading, 0, ID_SESSION);
}

void read_leases(struct reading *reading)
{
    read_sessions(reading);
    reading->call->list.borrowed = true;
}

void read_borrowing_set(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_BORROWING_SET;
    command->borrowing.product = reading->path[0];
    command->borrowing.max_borrow_days =
        object_number(&reading->body, "max_borrow_days", MEMBER_NEEDED, 1, BORROW_DAYS_MAX, 1);
    command->borrowing.share_percent =
        object_number(&reading->body, "share_percent", MEMBER_OPTIONAL, 1, 100, BORROW_SHARE_DEFAULT);
}

void read_borrowing_remove(struct reading *reading)
{
    reading->call->command.kind = COMMAND_BORROWING_REMOVE;
    reading->call->command.borrowing.product = reading->path[0];
}

void read_borrowing(struct reading *reading)
{
    reading->call->command.kind = COMMAND_BORROWING_READ;
    reading->call->command.borrowing.product = reading->path[0];
}

void read_borrowings(struct reading *reading)
{
    read_rows(reading, ROW_BORROWING);
}
