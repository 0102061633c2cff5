// SPDX-License-Identifier: Apache-2.0
// The checkpoint thread of the open store, in the hands of a test.
#ifndef FAULTS_DISK_CALLS_H
#define FAULTS_DISK_CALLS_H

// Waits until it has done all there is to do.
void await_checkpointer(void);
// Lets it believe that nothing was written for a while, and waits until it has done what it then does.
void let_checkpointer_idle(void);

#endif
