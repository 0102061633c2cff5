// SPDX-License-Identifier: Apache-2.0
//
// A file that describes an account, in YAML or JSON. YAML is read by the core schema of YAML 1.2: true, false, null and
// numbers are what they look like, every other plain word is text, so that a product may be called NO. Anchors,
// aliases and tags are not taken: they have no use here, and make files that grow without end when read.
#ifndef CLI_DOCUMENT_H
#define CLI_DOCUMENT_H

#include "base/buffer.h"
#include "cli/exit_code.h"

#include <jansson.h>
#include <stdbool.h>

enum { DOCUMENT_MAX = 10 << 20, DOCUMENT_DEPTH_MAX = 64 };

struct document {
    const char *name; // of the file, for messages
    struct buffer text;
    bool is_yaml;
};

// Reads the file ("-": standard input). The JSON belongs to the caller; the document to document_fini, in any case.
enum exit_code document_read(struct document *document, const char *path, json_t **ret_json) MUST_USE;
// The same of a text that is there already.
enum exit_code document_parse(struct document *document, json_t **ret_json) MUST_USE;
void document_fini(struct document *document);
// The line on which a JSON pointer's value stands, or the nearest one around it; 0 when it is not known.
long document_line(const struct document *document, const char *pointer);

// Writes JSON as YAML that document_read reads as the same.
void document_write_yaml(struct buffer *buffer, const json_t *json);

#endif
