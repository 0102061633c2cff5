// SPDX-License-Identifier: Apache-2.0
//
// From a JSON pointer, by which the server names what it does not like, to the line of the file where that stands.
#include "cli/document.h"

#include "cli/yaml_parser.h"

#include <stdlib.h>
#include <string.h>

// Unescapes one step of a JSON pointer in place and returns what follows it, NULL at the end.
static char *cut_step(char *step)
{
    char *rest = strchr(step, '/'), *to = step;
    if (rest != NULL)
        *rest++ = '\0';
    for (const char *from = step; *from != '\0'; from++) {
        bool escaped = from[0] == '~' && (from[1] == '0' || from[1] == '1');
        *to++ = escaped ? (from[1] == '0' ? '~' : '/') : *from;
        from += escaped;
    }
    *to = '\0';
    return rest;
}

static yaml_node_t *step_into(yaml_document_t *yaml, const yaml_node_t *node, const char *step, size_t *line)
{
    if (node->type == YAML_SEQUENCE_NODE) {
        size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
        char *end;
        unsigned long place = strtoul(step, &end, 10);
        if (end == step || *end != '\0' || place >= count)
            return NULL;
        yaml_node_t *item = yaml_document_get_node(yaml, node->data.sequence.items.start[place]);
        *line = item->start_mark.line + 1;
        return item;
    }
    if (node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *i = node->data.mapping.pairs.start; i < node->data.mapping.pairs.top; i++) {
        const yaml_node_t *key = yaml_document_get_node(yaml, i->key);
        if (key->type == YAML_SCALAR_NODE && strcmp((const char *)key->data.scalar.value, step) == 0) {
            *line = key->start_mark.line + 1;
            return yaml_document_get_node(yaml, i->value);
        }
    }
    return NULL;
}

long document_line(const struct document *document, const char *pointer)
{
    if (!document->is_yaml || pointer[0] != '/')
        return 0;
    yaml_parser_t parser;
    yaml_document_t yaml;
    yaml_start(&parser, document);
    size_t line = 0;
    if (yaml_parser_load(&parser, &yaml)) {
        struct buffer copy = {0};
        buffer_add_text(&copy, pointer + 1);
        yaml_node_t *node = yaml_document_get_root_node(&yaml);
        for (char *step = copy.bytes, *rest; step != NULL && node != NULL; step = rest) {
            rest = cut_step(step);
            node = step_into(&yaml, node, step, &line);
        }
        buffer_fini(&copy);
        yaml_document_delete(&yaml);
    }
    yaml_parser_delete(&parser);
    return (long)line;
}
