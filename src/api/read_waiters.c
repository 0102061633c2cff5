// SPDX-License-Identifier: Apache-2.0
// The line of those who wait.
#include "api/read_list.h"

#include <stdlib.h>
#include <string.h>

static bool read_number(const char **text, uint64_t *ret_number)
{
    char *end;
    bool is_digit = **text >= '0' && **text <= '9';
    *ret_number = strtoull(*text, &end, 10);
    *text = end;
    return is_digit && *ret_number <= INT64_MAX;
}

// "1764000000000~7": since when the last of the page before waits, and its order among those of that moment.
static void read_waiters_after(struct reading *reading)
{
    struct command *command = &reading->call->command;
    const char *text = query_text(reading, "after");
    uint64_t since, order;
    if (text == NULL)
        return;
    if (read_number(&text, &since) && *text++ == '~' && read_number(&text, &order) && *text == '\0') {
        command->waiters.after_since_at = (int64_t)since;
        command->waiters.after_order = order;
        return;
    }
    reading_refuse_parameter(reading, "after", "The parameter `after` takes the `next` of the page before.");
}

void read_waiters(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_WAITERS_READ;
    command->waiters.limit = read_limit(reading);
    read_waiters_after(reading);
    command->waiters.product = query_text(reading, "product");
    command->waiters.user = query_id(reading, "user", ID_USER);
}
