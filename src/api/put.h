// SPDX-License-Identifier: Apache-2.0
//
// JSON written straight into a buffer, member by member. The commas come by themselves: one is set wherever a value
// does not begin the object or array that it stands in.
#ifndef API_PUT_H
#define API_PUT_H

#include "base/buffer.h"
#include "engine/row.h"

// A value begins: as an item of an array, or named, as a member of an object.
void put_item(struct buffer *json);
void put_name(struct buffer *json, const char *name);
// '{' or '[' and their ends.
void put_open(struct buffer *json, char bracket);
void put_close(struct buffer *json, char bracket);

// Bare values.
void put_bare_number(struct buffer *json, int64_t number);
void put_bare_word(struct buffer *json, const char *word); // needs no escapes
void put_bare_id(struct buffer *json, enum id_kind kind, uint64_t id, uint64_t account);

// Members. Null is written for a NULL text, the id 0 (but of a level), the moment 0 and NUMBER_NONE.
void put_text(struct buffer *json, const char *name, const char *text);
void put_word(struct buffer *json, const char *name, const char *word);
void put_number(struct buffer *json, const char *name, int64_t number);
void put_flag(struct buffer *json, const char *name, bool flag);
void put_id(struct buffer *json, const char *name, enum id_kind kind, uint64_t id, uint64_t account);
void put_moment(struct buffer *json, const char *name, int64_t at);
void put_null(struct buffer *json, const char *name);
// JSON text as it is; NULL: null.
void put_raw(struct buffer *json, const char *name, const char *text, size_t length);

// Where a member of the object in a JSON text stands, without parsing what is in it. The text must be valid JSON, its
// names without escapes. NULL: it has no such member, or is no object.
const char *json_find(const char *text, const char *name, size_t *ret_length);

#endif
