// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_YAML_PARSER_H
#define CLI_YAML_PARSER_H

#include "cli/document.h"

#include <yaml.h>

// A parser at the start of the document's text; yaml_parser_delete ends it.
void yaml_start(yaml_parser_t *parser, const struct document *document);

#endif
