// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

static void read_filters(struct reading *reading)
{
    struct history_query *history = &reading->call->history;
    history->limit = read_limit(reading);
    history->after = read_after(reading);
    history->newest_first = read_newest_first(reading);
    history->kind = query_text(reading, "kind");
    history->subject = query_text(reading, "subject");
    history->user = query_id(reading, "user", ID_USER);
    history->from_at = query_moment(reading, "from");
    history->to_at = query_moment(reading, "to");
}

void read_events(struct reading *reading)
{
    read_filters(reading);
}

void read_denials(struct reading *reading)
{
    read_filters(reading);
    reading->call->history.product = query_text(reading, "product");
}

// One denial is read as a page of one that begins with it.
void read_denial(struct reading *reading)
{
    struct call *call = reading->call;
    call->command.id = reading_path_id(reading, 0, ID_DENIAL);
    call->history.after = call->command.id - 1;
    call->history.limit = 1;
}
