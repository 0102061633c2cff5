// SPDX-License-Identifier: Apache-2.0
#include "engine/fact.h"

const struct fact_type fact_types[FACT_KIND_COUNT] = {
#define X(kind, row, name, quiet) [FACT_##kind] = {ROW_##row, name, quiet},
    FACT_KINDS(X)
#undef X
};
