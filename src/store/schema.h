// SPDX-License-Identifier: Apache-2.0
//
// The files of schema/, embedded when building: step n brings a store of version n to version n + 1.
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const char *const schema_steps[];
extern const int schema_version; // after all steps

#endif
