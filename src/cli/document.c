// SPDX-License-Identifier: Apache-2.0
#include "cli/document.h"

#include "cli/file.h"
#include "cli/message.h"
#include "cli/text.h"
#include "cli/yaml_parser.h"
#include "cli/yaml_value.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static enum exit_code wrong_at(const struct document *document, const yaml_node_t *node, const char *what)
{
    complain("%s:%zu:%zu: %s", document->name, node->start_mark.line + 1, node->start_mark.column + 1, what);
    return CLI_WRONG_USE;
}

static enum exit_code convert(const struct document *document, yaml_document_t *yaml, yaml_node_t *node,
                              json_t **ret_json);

static enum exit_code convert_sequence(const struct document *document, yaml_document_t *yaml, yaml_node_t *node,
                                       json_t *array)
{
    enum exit_code code = CLI_OK;
    for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top && code == CLI_OK;
         i++) {
        json_t *item = NULL;
        code = convert(document, yaml, yaml_document_get_node(yaml, *i), &item);
        if (code == CLI_OK)
            json_array_append_new(array, item);
    }
    return code;
}

static enum exit_code convert_mapping(const struct document *document, yaml_document_t *yaml, yaml_node_t *node,
                                      json_t *object)
{
    for (yaml_node_pair_t *i = node->data.mapping.pairs.start; i < node->data.mapping.pairs.top; i++) {
        yaml_node_t *key = yaml_document_get_node(yaml, i->key);
        if (key->type != YAML_SCALAR_NODE)
            return wrong_at(document, key, "a name must be plain text");
        const char *name = (const char *)key->data.scalar.value;
        if (strlen(name) != key->data.scalar.length)
            return wrong_at(document, key, "a name has a zero byte in it");
        if (json_object_get(object, name) != NULL)
            return wrong_at(document, key, "this name stands here a second time");
        json_t *value = NULL;
        enum exit_code code = convert(document, yaml, yaml_document_get_node(yaml, i->value), &value);
        if (code != CLI_OK)
            return code;
        json_object_set_new(object, name, value);
    }
    return CLI_OK;
}

// As deep as check_events lets it be.
static enum exit_code convert(const struct document *document, yaml_document_t *yaml, yaml_node_t *node,
                              json_t **ret_json)
{
    if (node->type == YAML_SCALAR_NODE) {
        *ret_json = yaml_value_read(node);
        return *ret_json != NULL ? CLI_OK : wrong_at(document, node, "this value cannot be read");
    }
    *ret_json = node->type == YAML_SEQUENCE_NODE ? json_array() : json_object();
    enum exit_code code = node->type == YAML_SEQUENCE_NODE ? convert_sequence(document, yaml, node, *ret_json)
                                                           : convert_mapping(document, yaml, node, *ret_json);
    if (code != CLI_OK)
        json_decref(*ret_json);
    return code;
}

static enum exit_code wrong_syntax(const struct document *document, const yaml_parser_t *parser)
{
    complain("%s:%zu:%zu: this is not YAML: %s", document->name, parser->problem_mark.line + 1,
             parser->problem_mark.column + 1, parser->problem != NULL ? parser->problem : "it cannot be read");
    return CLI_WRONG_USE;
}

void yaml_start(yaml_parser_t *parser, const struct document *document)
{
    yaml_parser_initialize(parser);
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(parser, (const unsigned char *)buffer_text(&document->text), document->text.length);
}

// How deep the parser stands after an event.
static int step_depth(const yaml_event_t *event, int depth)
{
    bool opens = event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    bool closes = event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
    return depth + opens - closes;
}

// What is not taken, found before anything is built from it: libyaml gets slower and slower as it goes deeper.
static enum exit_code check_events(const struct document *document)
{
    yaml_parser_t parser;
    yaml_start(&parser, document);
    enum exit_code code = CLI_OK;
    int documents = 0, depth = 0;
    for (bool done = false; !done && code == CLI_OK;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            code = wrong_syntax(document, &parser);
            break;
        }
        const char *what = yaml_value_refuse(&event);
        depth = step_depth(&event, depth);
        if (depth > DOCUMENT_DEPTH_MAX)
            what = "it is nested too deep";
        documents += event.type == YAML_DOCUMENT_START_EVENT;
        if (documents > 1)
            what = "a second document starts here: one file describes one account";
        if (what != NULL) {
            complain("%s:%zu:%zu: %s", document->name, event.start_mark.line + 1, event.start_mark.column + 1, what);
            code = CLI_WRONG_USE;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return code;
}

static enum exit_code read_yaml(const struct document *document, json_t **ret_json)
{
    enum exit_code code = check_events(document);
    if (code != CLI_OK)
        return code;
    yaml_parser_t parser;
    yaml_document_t yaml;
    yaml_start(&parser, document);
    if (!yaml_parser_load(&parser, &yaml)) {
        code = wrong_syntax(document, &parser);
    } else {
        yaml_node_t *root = yaml_document_get_root_node(&yaml);
        if (root == NULL || root->type != YAML_MAPPING_NODE) {
            complain("%s does not describe an account: it should hold organizations, members or usage_policy",
                     document->name);
            code = CLI_WRONG_USE;
        } else {
            code = convert(document, &yaml, root, ret_json);
        }
        yaml_document_delete(&yaml);
    }
    yaml_parser_delete(&parser);
    return code;
}

// An object in braces is JSON, which is stricter than YAML, and where the two differ it is what was meant.
enum exit_code document_parse(struct document *document, json_t **ret_json)
{
    const char *text = buffer_text(&document->text);
    if (!text_is_utf8(text)) {
        complain("%s is not UTF-8", document->name);
        return CLI_WRONG_USE;
    }
    size_t length = strlen(document->name), blank = strspn(text, " \t\r\n");
    bool named_json = length > 5 && strcmp(document->name + length - 5, ".json") == 0;
    json_error_t error;
    json_t *json = NULL;
    if (text[blank] == '{' || named_json)
        json = json_loadb(text, document->text.length, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(json)) {
        *ret_json = json;
        return CLI_OK;
    }
    json_decref(json);
    document->is_yaml = !named_json;
    if (!named_json)
        return read_yaml(document, ret_json);
    complain("%s:%d:%d: this is not a JSON object: %s", document->name, error.line, error.column, error.text);
    return CLI_WRONG_USE;
}

enum exit_code document_read(struct document *document, const char *path, json_t **ret_json)
{
    *document = (struct document){.name = strcmp(path, "-") == 0 ? "standard input" : path};
    enum exit_code code = file_read(path, DOCUMENT_MAX, &document->text);
    return code == CLI_OK ? document_parse(document, ret_json) : code;
}

void document_fini(struct document *document)
{
    buffer_fini(&document->text);
}
