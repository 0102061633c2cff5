// SPDX-License-Identifier: Apache-2.0
#include "api/read_list.h"

#include "api/text.h"

#include <string.h>

size_t read_limit(struct reading *reading)
{
    return (size_t)query_number(reading, "limit", 1, PAGE_MAX, PAGE_DEFAULT);
}

uint64_t read_after(struct reading *reading)
{
    const char *text = query_text(reading, "after");
    if (text == NULL)
        return 0;
    // A cursor is the number of an id; so it is read like one.
    char id[ID_TEXT_SIZE] = "SN-";
    uint64_t after = ID_UNKNOWN;
    if (strlen(text) < sizeof id - 3) {
        strcpy(id + 3, text);
        after = id_parse(ID_SESSION, id, 0);
    }
    if (after == ID_UNKNOWN)
        reading_refuse_parameter(reading, "after", "The parameter `after` takes the `next` of the page before.");
    return after;
}

const char *read_after_code(struct reading *reading)
{
    const char *after = query_text(reading, "after");
    if (after != NULL && !text_is_product_code(after))
        reading_refuse_parameter(reading, "after", "The parameter `after` takes the `next` of the page before.");
    return after;
}

bool read_newest_first(struct reading *reading)
{
    static const char *const orders[] = {"asc", "desc", NULL};
    return query_word(reading, "order", orders) == 1;
}

void read_search(struct reading *reading, enum id_kind kind)
{
    struct list_query *list = &reading->call->list;
    list->q = query_text(reading, "q");
    if (list->q == NULL)
        return;
    char *capitals = arena_strdup(reading->call->arena, list->q);
    for (char *c = capitals; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    uint64_t id = id_parse(kind, capitals, 0);
    list->q_id = id != ID_UNKNOWN ? id : 0;
}

void read_ids(struct reading *reading, enum id_kind kind)
{
    struct list_query *list = &reading->call->list;
    list->ids_given = query_ids(reading, "ids", kind, &list->ids, &list->id_count);
}

void read_rows(struct reading *reading, enum row_kind kind)
{
    struct list_query *list = &reading->call->list;
    list->kind = kind;
    list->limit = read_limit(reading);
    if (kind == ROW_PRODUCT || kind == ROW_BORROWING)
        list->after_code = read_after_code(reading);
    else
        list->after = read_after(reading);
}

void read_row(struct reading *reading, enum row_kind kind, enum id_kind id)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_ROW_READ;
    command->row_read = kind;
    command->id = reading_path_id(reading, 0, id);
}
