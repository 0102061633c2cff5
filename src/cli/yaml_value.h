// SPDX-License-Identifier: Apache-2.0
//
// Single values of YAML, by the core schema of YAML 1.2, in both directions.
#ifndef CLI_YAML_VALUE_H
#define CLI_YAML_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <yaml.h>

// What is wrong with an event that is not taken at all; NULL for nothing.
const char *yaml_value_refuse(const yaml_event_t *event);
// NULL when it has a zero byte or is a number that is too large.
json_t *yaml_value_read(const yaml_node_t *scalar);
// True when the text, written without quotes, is read as the same text by this and by other readers of YAML.
bool yaml_value_is_plain(const char *text);

#endif
