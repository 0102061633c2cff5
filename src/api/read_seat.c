// SPDX-License-Identifier: Apache-2.0
#include "api/read_end.h"
#include "api/read_list.h"

#include "api/text.h"

#include <stdlib.h>
#include <string.h>

void read_seat_assign(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_SEAT_ASSIGN;
    command->seat.product = object_reference(&reading->body, "product", MEMBER_NEEDED);
    command->seat.user = object_user(&reading->body, MEMBER_OPTIONAL);
    command->seat.level = object_level(&reading->body, "level", MEMBER_NEEDED);
}

void read_seat_release(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SEAT_RELEASE;
    reading->call->command.id = reading_path_id(reading, 0, ID_SEAT);
    read_end(reading);
}

void read_seat_check_in(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SEAT_CHECK_IN;
    reading->call->command.id = reading_path_id(reading, 0, ID_SEAT);
    reading->call->command.machine = object_name(&reading->body, "machine", MEMBER_NULLABLE);
}

// In a path "/", ":" and "%" come as %2F, %3A and %25 (see http_uri.c).
static const char *read_machine(struct reading *reading, const char *text)
{
    char *machine = arena_strdup(reading->call->arena, text), *to = machine;
    for (; *text != '\0'; text++) {
        char character = *text;
        if (strncmp(text, "%2F", 3) == 0 || strncmp(text, "%3A", 3) == 0 || strncmp(text, "%25", 3) == 0) {
            character = text[1] == '3' ? ':' : text[2] == 'F' ? '/' : '%';
            text += 2;
        }
        *to++ = character;
    }
    *to = '\0';
    return machine;
}

void read_seat_machine_remove(struct reading *reading)
{
    reading->call->command.kind = COMMAND_SEAT_MACHINE_REMOVE;
    reading->call->command.id = reading_path_id(reading, 0, ID_SEAT);
    reading->call->command.machine = read_machine(reading, reading->path[1]);
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void refuse_twice(struct reading *reading, const uint64_t *seats, size_t count)
{
    uint64_t *sorted = arena_copy(reading->call->arena, seats, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_number);
    for (size_t i = 1; i < count; i++) {
        // What is no id is not known to be the same.
        if (sorted[i] != sorted[i - 1] || sorted[i] == ID_UNKNOWN)
            continue;
        size_t at = count - 1;
        while (seats[at] != sorted[i])
            at--;
        reading_refuse(reading, RESULT_INVALID_REQUEST, arena_printf(reading->call->arena, "/seats/%zu", at),
                       "This seat is named twice: once will do.");
    }
}

static uint64_t read_seat_id(struct reading *reading, const json_t *json, size_t at)
{
    const char *text = json_string_value(json);
    if (text == NULL || text_characters(text) < 1 || text_characters(text) > REFERENCE_MAX_CHARACTERS) {
        reading_refuse(reading, RESULT_INVALID_REQUEST, arena_printf(reading->call->arena, "/seats/%zu", at),
                       "Here must stand the id of a seat, such as \"ST-1\".");
        return ID_UNKNOWN;
    }
    uint64_t id = id_parse(ID_SEAT, text, 0);
    reading_hash_number(reading, "seat", (int64_t)id);
    return id;
}

void read_seats_release(struct reading *reading)
{
    struct command *command = &reading->call->command;
    size_t count;
    const json_t *items = object_array(&reading->body, "seats", MEMBER_NEEDED, BATCH_MAX, &count);
    uint64_t *seats = arena_alloc(reading->call->arena, count * sizeof *seats);
    for (size_t i = 0; i < count && !reading_failed(reading); i++)
        seats[i] = read_seat_id(reading, json_array_get(items, i), i);
    if (count > 1 && !reading_failed(reading))
        refuse_twice(reading, seats, count);
    command->kind = COMMAND_SEATS_RELEASE;
    command->release.seats = seats;
    command->release.count = count;
    command->release.reason = object_name(&reading->body, "reason", MEMBER_NULLABLE);
}

void read_seat(struct reading *reading)
{
    read_row(reading, ROW_SEAT, ID_SEAT);
}

void read_seats(struct reading *reading)
{
    struct list_query *list = &reading->call->list;
    read_rows(reading, ROW_SEAT);
    list->product = query_text(reading, "product");
    list->user = query_id(reading, "user", ID_USER);
    list->level_given = query_level(reading, "level", &list->level);
    list->idle_s = query_number(reading, "idle_s", 1, IDLE_MAX_S, 0);
}
