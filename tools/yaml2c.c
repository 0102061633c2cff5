// SPDX-License-Identifier: Apache-2.0
//
// Turns a YAML file into a C file with the same document as JSON: yaml2c FILE.yaml NAME writes a function
// `const char *NAME(size_t *ret_length)` to standard output. Run by the build, for the contract of the API.
//
// Of YAML it takes what JSON has, too: no anchors, no tags, names that are scalars. Plain scalars are null, true,
// false, whole numbers or texts, as in YAML's core schema; a plain scalar that looks like another number is refused.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static _Noreturn void fail(const char *file, size_t line, const char *what)
{
    fprintf(stderr, "%s:%zu: %s\n", file, line + 1, what);
    exit(1);
}

struct reader {
    const char *file;
    yaml_document_t document;
};

static json_t *plain(struct reader *reader, const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    if (strcmp(text, "null") == 0 || strcmp(text, "~") == 0 || *text == '\0')
        return json_null();
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(*text == 't');
    char *end;
    long long number = strtoll(text, &end, 10);
    if (*end == '\0')
        return json_integer(number);
    strtod(text, &end);
    if (*end == '\0')
        fail(reader->file, node->start_mark.line, "a number that is not whole");
    return json_string(text);
}

static json_t *convert(struct reader *reader, int at)
{
    yaml_node_t *node = yaml_document_get_node(&reader->document, at);
    json_t *json;
    switch (node->type) {
    case YAML_SCALAR_NODE:
        json = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
                   ? plain(reader, node)
                   : json_string((const char *)node->data.scalar.value);
        break;
    case YAML_SEQUENCE_NODE:
        json = json_array();
        for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
            json_array_append_new(json, convert(reader, *item));
        break;
    case YAML_MAPPING_NODE:
        json = json_object();
        for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
            yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
            if (key->type != YAML_SCALAR_NODE)
                fail(reader->file, key->start_mark.line, "a name that is no scalar");
            const char *name = (const char *)key->data.scalar.value;
            if (json_object_get(json, name) != NULL)
                fail(reader->file, key->start_mark.line, "a name that comes twice");
            json_object_set_new(json, name, convert(reader, pair->value));
        }
        break;
    default:
        json = NULL;
    }
    if (json == NULL)
        fail(reader->file, node->start_mark.line, "this is not taken");
    return json;
}

// As bytes in decimal: string literals have a length that compilers need not go beyond.
static void print(const char *text, const char *name)
{
    size_t length = strlen(text);
    printf("#include <stddef.h>\n\nconst char *%s(size_t *ret_length);\n\nstatic const unsigned char text[] = {", name);
    for (size_t i = 0; i < length; i++)
        printf("%s%d,", i % 32 == 0 ? "\n" : "", (unsigned char)text[i]);
    printf("0};\n\nconst char *%s(size_t *ret_length)\n{\n    *ret_length = %zu;\n    return (const char *)text;\n}\n", name,
           length);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: yaml2c FILE.yaml NAME\n");
        return 2;
    }
    struct reader reader = {.file = argv[1]};
    FILE *file = fopen(argv[1], "rb");
    if (file == NULL) {
        perror(argv[1]);
        return 1;
    }
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        fail(argv[1], 0, "out of memory");
    yaml_parser_set_input_file(&parser, file);
    if (!yaml_parser_load(&parser, &reader.document))
        fail(argv[1], parser.problem_mark.line, parser.problem);
    json_t *json = convert(&reader, 1);
    char *text = json_dumps(json, JSON_COMPACT);
    print(text, argv[2]);
    free(text);
    json_decref(json);
    yaml_document_delete(&reader.document);
    yaml_parser_delete(&parser);
    fclose(file);
    return 0;
}
