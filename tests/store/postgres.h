// SPDX-License-Identifier: Apache-2.0
//
// A PostgreSQL of the test's own: in a new folder of /tmp, reached through a socket there, run by a child that ends
// with the test, whatever ends it. The folder goes with it unless the test is killed.
#ifndef STORE_TEST_POSTGRES_H
#define STORE_TEST_POSTGRES_H

// The URI of an empty database; the server is started by the first call.
const char *postgres_empty(void);
// Runs SQL there as the superuser; it must work.
void postgres_run(const char *sql);
// Kills the server as a power cut would, and starts it again.
void postgres_crash(void);

#endif
