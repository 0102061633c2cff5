// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the client library share: the line of control to run.py, accounts, and short ways to what all do.
#ifndef TESTS_CLIENT_WORLD_H
#define TESTS_CLIENT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "usher.h"

// How long what must come is waited for, and within what time a call must come back that has nothing to wait for: a busy
// machine takes its time. The first is more than any other limit that is told in these tests, the second less than the
// timeout of open_account.
enum { PATIENCE_S = 60, SOON_MS = 15000 };

struct account {
    char id[32];
    char product[72];
    char user[32];
    char key[80];
    char key_id[32];
};

// Asks run.py; fails the test when it complains. The answer lives until the next call of the same thread.
const char *ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t ask_number(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct account new_account(int quantity);
struct account new_seat_account(int quantity);
// Through the proxy, with the account's key and the library's timeout of thirty seconds.
struct usher *open_account(const struct account *account);
struct usher_session *acquire(struct usher *usher, const struct account *account);
void release(struct usher_session *session);
struct usher_session_info read_info(const struct usher_session *session);
// Until so many sessions are active there.
void wait_active(const struct account *account, int64_t count);
// Until so many stand in line there.
void wait_in_line(const struct account *account, int64_t count);
// Until the proxy has seen so many requests to take a license since it was cleared.
void wait_asked(int64_t count);
void sleep_ms(int64_t ms);
int64_t now_ms(void);

// The changes of a session, in order, as "active lost …".
struct changes {
    struct changes_inside *inside;
};

void changes_init(struct changes *changes);
void changes_fini(struct changes *changes);
void changes_attach(struct changes *changes, struct usher_request *request);
// Until the last change is this one.
void changes_wait(struct changes *changes, enum usher_state state);
// All there were, separated by blanks; lives as long as changes.
const char *changes_text(struct changes *changes);
// The error told with the last change.
struct usher_error changes_error(struct changes *changes);

#define assert_code(expected, error) check_code(expected, error, __FILE__, __LINE__)
void check_code(enum usher_code expected, const struct usher_error *error, const char *file, int line);

#endif
