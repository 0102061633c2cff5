// SPDX-License-Identifier: Apache-2.0
// A renderer that waits for its license in line, says what it waits for, and stops when the license is lost.
// cc render.c $(pkg-config --cflags --libs usher) -o render
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include <usher.h>

static struct usher_request *request;
static atomic_bool is_lost;

// Ctrl-C while it waits in line: the call returns at once.
static void on_interrupt(int signal)
{
    (void)signal;
    usher_cancel(request);
}

// Comes from the library's thread: only notes what happened.
static void on_change(struct usher_session *session, const struct usher_session_info *info,
                      const struct usher_error *error, void *context)
{
    (void)session;
    (void)context;
    fprintf(stderr, "session %s is %s. %s\n", info->id, usher_state_name(info->state), error->detail);
    if (info->state == USHER_LOST)
        atomic_store(&is_lost, true);
}

static void tell_denial(const struct usher_explanation *denial)
{
    for (size_t i = 0; denial != NULL && i < denial->tried_count; i++) {
        const struct usher_trial *trial = denial->tried[i];
        fprintf(stderr, "  %s (%s): %s, %lld of %lld taken\n", trial->level, trial->rule, trial->reason,
                (long long)trial->assigned, (long long)trial->pool);
    }
}

static void render(struct usher_session *session)
{
    struct usher_session_info info;
    usher_session_read(session, &info);
    printf("rendering with %s from %s\n", info.id, info.level);
    for (int frame = 0; frame < 3 && !atomic_load(&is_lost); frame++)
        usleep(100000);
}

int main(int argc, char **argv)
{
    struct usher_error error;
    struct usher *usher = usher_open(NULL, NULL, NULL, &error);
    if (usher == NULL)
        return fprintf(stderr, "%s\n", error.detail), 2;
    request = usher_request_new(argc > 1 ? argv[1] : "KRE");
    usher_request_set_wait(request, 2);
    usher_request_set_on_change(request, on_change, NULL);
    signal(SIGINT, on_interrupt);
    struct usher_session *session = usher_acquire(usher, request, &error);
    if (session != NULL) {
        render(session);
        if (usher_release(session, &error) != USHER_OK)
            fprintf(stderr, "not yet given back: %s\n", error.detail);
    } else {
        fprintf(stderr, "no license (%s): %s\n", usher_code_name(error.code), error.detail);
        tell_denial(usher_request_denial(request));
    }
    usher_request_free(request);
    usher_close(usher);
    return session != NULL ? 0 : 1;
}
