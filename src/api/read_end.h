// SPDX-License-Identifier: Apache-2.0
#ifndef API_READ_END_H
#define API_READ_END_H

#include "api/reading.h"

// ?reason= and ?cooldown_s= of ending a session or a seat.
void read_end(struct reading *reading);

#endif
