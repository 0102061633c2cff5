// SPDX-License-Identifier: Apache-2.0
// What is the program's own ground: its children, what they inherit, and its signals.
#include "world.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int in_child(struct usher *usher, struct usher_session *session, struct usher_request *request)
{
    struct usher_error error;
    struct usher_session_info info;
    if (usher_session_read(session, &info) != USHER_FORKED)
        return 1;
    if (usher_release(session, &error) != USHER_FORKED || error.code != USHER_FORKED)
        return 2;
    if (usher_acquire(usher, request, &error) != NULL || error.code != USHER_FORKED)
        return 3;
    if (usher_explain(usher, request, &error) != NULL || error.code != USHER_FORKED)
        return 4;
    usher_cancel(request);
    usher_close(usher);
    usher_request_free(request);
    return 0;
}

static void a_child_of_fork_leaves_the_parents_session_alone(void **state)
{
    (void)state;
    struct account account = new_account(2);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct usher_request *request = usher_request_new(account.product);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(in_child(usher, session, request));
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(ask_number("active %s", account.id), 1);
    // The parent's connection and request are as they were.
    struct usher_error error;
    struct usher_session *second = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    release(second);
    release(session);
    usher_request_free(request);
    usher_close(usher);
}

// libcurl's pair of sockets by which it wakes itself is inherited where libcurl is old; that is no matter. A connection to
// the server would be: the server would not notice that we are gone.
static void exec_inherits_no_connection(void **state)
{
    (void)state;
    struct account account = new_account(2);
    struct usher *usher = open_account(&account);
    struct usher_session *session = acquire(usher, &account);
    struct usher_request *request = usher_request_new(account.product);
    usher_explanation_free(usher_explain(usher, request, NULL));
    fflush(NULL);
    int status = system("! ls -l /proc/self/fd | grep -E 'eventfd|timerfd' && "
                        "for inode in $(ls -l /proc/self/fd | sed -n 's/.*socket:.\\([0-9]*\\).*/\\1/p'); do "
                        "! grep -E \" $inode \" /proc/net/tcp /proc/net/tcp6 || exit 1; done");
    assert_int_equal(status, 0);
    release(session);
    usher_request_free(request);
    usher_close(usher);
}

static void signals_are_left_alone(void **state)
{
    (void)state;
    struct account account = new_account(2);
    struct usher *usher = open_account(&account);
    struct sigaction action = {.sa_handler = SIG_DFL}, after;
    sigset_t before_mask, after_mask;
    sigemptyset(&before_mask);
    sigemptyset(&after_mask);
    sigaction(SIGPIPE, &action, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &before_mask);
    struct usher_session *session = acquire(usher, &account);
    ask("hang_up");
    ask("harm POST /sessions$ reset_before");
    release(acquire(usher, &account));
    release(session);
    sigaction(SIGPIPE, NULL, &after);
    pthread_sigmask(SIG_SETMASK, NULL, &after_mask);
    assert_ptr_equal(after.sa_handler, SIG_DFL);
    for (int signal = 1; signal < NSIG; signal++)
        assert_int_equal(sigismember(&before_mask, signal), sigismember(&after_mask, signal));
    usher_close(usher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_of_fork_leaves_the_parents_session_alone),
        cmocka_unit_test(exec_inherits_no_connection),
        cmocka_unit_test(signals_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
