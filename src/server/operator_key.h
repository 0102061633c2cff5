// SPDX-License-Identifier: Apache-2.0
//
// The operator's key: given by the settings, or made at the first start, kept in a file that only its owner can read.
// The store keeps its hash.
#ifndef SERVER_OPERATOR_KEY_H
#define SERVER_OPERATOR_KEY_H

#include "server/service.h"

#define OPERATOR_KEY_FILE "operator.key"

// Sets service->operator_hash. *ret_made: a key was made and stands in the file now. False, with a sentence.
bool operator_key_settle(struct service *service, const char *given, const char *folder, bool *ret_made, char *error,
                         size_t error_size);

#endif
