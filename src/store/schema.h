// SPDX-License-Identifier: Apache-2.0
//
// The files of schema/ and schema_postgres/, embedded when building: step n brings a store of version n to version
// n + 1. Each driver counts its own.
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const char *const schema_steps[];
extern const int schema_version; // after all steps

extern const char *const postgres_steps[];
extern const int postgres_version;

#endif
