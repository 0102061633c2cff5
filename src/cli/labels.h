// SPDX-License-Identifier: Apache-2.0
//
// Names in place of ids, for people. Only what the key may see and what fits a page of a thousand is known by name;
// everything else keeps its id. Asked for once, and only when something has to be shown.
#ifndef CLI_LABELS_H
#define CLI_LABELS_H

#include "cli/cli.h"

// "Studio/Lighting" for OG-1002; the id where the name is not known.
const char *labels_level(struct cli *cli, const char *id);
// The e-mail, or the name of one who has none.
const char *labels_user(struct cli *cli, const char *id);
void labels_close(struct labels *labels);

#endif
