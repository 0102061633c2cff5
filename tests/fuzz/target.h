// SPDX-License-Identifier: Apache-2.0
//
// A fuzz target is one function that gets any bytes at all and must come back: it reads them as the program would, and
// CHECKs what must hold of whatever was read. libFuzzer calls it with what it thinks up (make fuzz), replay.c with
// what is in the tree (any compiler, with the unit tests).
//
// A target keeps nothing from one call to the next that could change what the next one does: so an input alone
// reproduces what it found.
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
