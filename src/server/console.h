// SPDX-License-Identifier: Apache-2.0
//
// The web console, served from the program itself. The build makes a table of its files (tools/console.mjs), each
// as it is and compressed; a build without Node has a table with one page, which says how to get the console
// (console_none.c). No file is opened at run time, so no path can lead to one.
//
// The console finds its own way by the path, so every address that is none of the API's and could not be a file's is
// answered with /index.html. The names of files under /assets/ tell their contents: whoever has one may keep it.
#ifndef SERVER_CONSOLE_H
#define SERVER_CONSOLE_H

#include "server/http.h"

// From the smallest, as a rule, to the largest.
enum console_coding { CODING_BROTLI, CODING_GZIP, CODING_IDENTITY, CODINGS };

struct console_file {
    const char *path; // "/assets/index-B6xY2z.js"
    const char *content_type;
    const char *tag; // tells its contents from all others at this path: visible ASCII without quotes and commas
    struct console_bytes {
        const void *bytes; // NULL: not worth having; never so for CODING_IDENTITY
        size_t length;
    } coded[CODINGS];
};

// What this build has, ended by a NULL path. There is an /index.html.
extern const struct console_file console_files[];

// What answers at a path (see http.h) that is none of the API's, NULL if nothing does: an unknown file, or a path with
// empty segments, dots or other tricks. `accept`: the header, since a page of HTML is not for those who want JSON.
const struct console_file *console_find(const struct console_file *files, const char *path, const char *accept);
// Which of its forms one who sent this header Accept-Encoding, or none (NULL), gets. One who takes none of them gets
// it as it is.
enum console_coding console_choose(const struct console_file *file, const char *accept_encoding);
// Fills in the answer to a GET: 200 with the file, or 304 when the client has it.
void console_answer(const struct console_file *file, struct http_request *request, struct http_answer *ret_answer);

#endif
