// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct changes_inside {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    char text[4096];
    enum usher_state last;
    struct usher_error error;
};

void check_code(enum usher_code expected, const struct usher_error *error, const char *file, int line)
{
    if (error->code == expected)
        return;
    print_error("expected %s, got %s (status %d, %s): %s\n", usher_code_name(expected), usher_code_name(error->code),
                error->status, error->problem, error->detail);
    _fail(file, line);
}

static FILE *open_control(void)
{
    const char *port = getenv("USHER_TEST_CONTROL");
    if (port == NULL) {
        fprintf(stderr, "run this test by run.py\n");
        exit(1);
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int control = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(control, (struct sockaddr *)&address, sizeof address) != 0)
        fail_msg("no line to run.py");
    return fdopen(control, "r+");
}

static const char *ask_for(const char *format, va_list args)
{
    static _Thread_local char answer[4096];
    FILE *control = open_control();
    vfprintf(control, format, args);
    fputc('\n', control);
    fflush(control);
    if (fgets(answer, sizeof answer, control) == NULL)
        fail_msg("run.py does not answer");
    fclose(control);
    answer[strcspn(answer, "\n")] = '\0';
    if (strncmp(answer, "error ", 6) == 0)
        fail_msg("%s: %s", format, answer);
    return answer;
}

const char *ask(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *answer = ask_for(format, args);
    va_end(args);
    return answer;
}

int64_t ask_number(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *answer = ask_for(format, args);
    va_end(args);
    return atoll(answer);
}

static struct account account_from(const char *text)
{
    struct account account;
    assert_int_equal(sscanf(text, "%31s %71s %31s %79s %31s", account.id, account.product, account.user, account.key,
                            account.key_id),
                     5);
    ask("clear");
    return account;
}

struct account new_account(int quantity)
{
    return account_from(ask("account %d", quantity));
}

struct account new_seat_account(int quantity)
{
    return account_from(ask("account %d seat", quantity));
}

struct usher *open_account(const struct account *account)
{
    struct usher_error error;
    struct usher *usher = usher_open(getenv("USHER_TEST_PROXY"), account->key, account->id, &error);
    assert_code(USHER_OK, &error);
    return usher;
}

struct usher_session *acquire(struct usher *usher, const struct account *account)
{
    struct usher_error error;
    struct usher_request *request = usher_request_new(account->product);
    struct usher_session *session = usher_acquire(usher, request, &error);
    assert_code(USHER_OK, &error);
    assert_non_null(session);
    usher_request_free(request);
    return session;
}

void release(struct usher_session *session)
{
    struct usher_error error;
    usher_release_within(session, PATIENCE_S, &error);
    assert_code(USHER_OK, &error);
}

struct usher_session_info read_info(const struct usher_session *session)
{
    struct usher_session_info info;
    assert_int_equal(usher_session_read(session, &info), USHER_OK);
    return info;
}

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int64_t ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&span, NULL);
}

void wait_active(const struct account *account, int64_t count)
{
    int64_t until = now_ms() + PATIENCE_S * 1000, active;
    while ((active = ask_number("active %s", account->id)) != count && now_ms() < until)
        sleep_ms(50);
    assert_int_equal(active, count);
}

void wait_in_line(const struct account *account, int64_t count)
{
    int64_t until = now_ms() + PATIENCE_S * 1000, waiting;
    while ((waiting = ask_number("in_line %s", account->id)) != count && now_ms() < until)
        sleep_ms(50);
    assert_int_equal(waiting, count);
}

void wait_asked(int64_t count)
{
    int64_t until = now_ms() + PATIENCE_S * 1000, asked;
    while ((asked = atoll(strchr(ask("keys_of POST /sessions$"), ' '))) < count && now_ms() < until)
        sleep_ms(50);
    assert_true(asked >= count);
}

static void note(struct usher_session *session, const struct usher_session_info *info, const struct usher_error *error,
                 void *context)
{
    struct changes_inside *inside = context;
    struct usher_session_info now;
    // What may be done in a callback is done.
    assert_int_equal(usher_session_read(session, &now), USHER_OK);
    pthread_mutex_lock(&inside->mutex);
    size_t length = strlen(inside->text);
    snprintf(inside->text + length, sizeof inside->text - length, "%s%s", length > 0 ? " " : "",
             usher_state_name(info->state));
    inside->last = info->state;
    inside->error = *error;
    pthread_cond_broadcast(&inside->changed);
    pthread_mutex_unlock(&inside->mutex);
}

void changes_init(struct changes *changes)
{
    changes->inside = calloc(1, sizeof *changes->inside);
    pthread_mutex_init(&changes->inside->mutex, NULL);
    pthread_cond_init(&changes->inside->changed, NULL);
}

void changes_fini(struct changes *changes)
{
    pthread_cond_destroy(&changes->inside->changed);
    pthread_mutex_destroy(&changes->inside->mutex);
    free(changes->inside);
}

void changes_attach(struct changes *changes, struct usher_request *request)
{
    usher_request_set_on_change(request, note, changes->inside);
}

void changes_wait(struct changes *changes, enum usher_state state)
{
    struct changes_inside *inside = changes->inside;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    int result = 0;
    pthread_mutex_lock(&inside->mutex);
    while ((inside->text[0] == '\0' || inside->last != state) && result == 0)
        result = pthread_cond_timedwait(&inside->changed, &inside->mutex, &until);
    pthread_mutex_unlock(&inside->mutex);
    if (result != 0)
        fail_msg("not %s in time; there was: %s", usher_state_name(state), inside->text);
}

const char *changes_text(struct changes *changes)
{
    return changes->inside->text;
}

struct usher_error changes_error(struct changes *changes)
{
    pthread_mutex_lock(&changes->inside->mutex);
    struct usher_error error = changes->inside->error;
    pthread_mutex_unlock(&changes->inside->mutex);
    return error;
}
