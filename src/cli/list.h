// SPDX-License-Identifier: Apache-2.0
//
// Lists come in pages; they are followed to the end, or up to --limit. A list is printed page by page, so that a long
// history takes no more memory than a page of it.
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "cli/cli.h"
#include "cli/grid.h"

// Takes one page's items, which are gone afterwards.
typedef enum exit_code list_page(struct cli *cli, json_t *items, void *context);

struct list_request {
    const char *path; // with the query, but limit and after
    int64_t most;     // 0: all
    bool quiet;       // explain nothing
};

// The path of the account's list of that name, as --product, --user and --level of the command narrow it down.
enum exit_code list_path(struct cli *cli, const char *name, const char **ret_path) MUST_USE;
enum exit_code list_walk(struct cli *cli, const struct list_request *request, list_page *page, void *context) MUST_USE;
// All items (at most `most`, 0: all) in one array, kept until the end of the run.
enum exit_code list_get(struct cli *cli, const char *path, int64_t most, json_t **ret_items) MUST_USE;

enum column_kind {
    COLUMN_TEXT,   // any value, as value_words
    COLUMN_NUMBER, // at the right
    COLUMN_TIME,
    COLUMN_SPAN,  // seconds, shown as "1 h 2 min"
    COLUMN_LEVEL, // the id of an account or organization, shown by its path
    COLUMN_USER,  // the id of a user, shown by its e-mail
};

struct column {
    const char *title;
    const char *member;
    enum column_kind kind;
};

// Prints a list by its columns (ended by one without a title), or as a JSON array with --json. `none` is what an
// empty list says: "no seats".
enum exit_code list_print(struct cli *cli, const char *path, const struct column *columns, const char *none) MUST_USE;
enum exit_code list_print_json(struct cli *cli, const char *path) MUST_USE;
void list_add_columns(struct grid *grid, const struct column *columns);
void list_add_row(struct cli *cli, struct grid *grid, const struct column *columns, const json_t *item);

#endif
