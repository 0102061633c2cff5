// SPDX-License-Identifier: Apache-2.0
#include "server/watch.h"

#include "base/check.h"
#include "server/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TURN_MS = 250,         // so long at most the end of a watch takes
    SILENCE_MAX_MS = 4000, // a store asked each second and silent for longer is not there, whatever the network says
};

struct watch {
    struct store_watch *store;
    struct processor *processor;
    const struct log *log;
    pthread_t thread;
    atomic_bool is_closing;
    atomic_int_fast64_t seen_ns; // when the store was there last, on the clock that nobody sets
    bool is_blind;
};

static void tell_state(struct watch *watch, bool sees, const struct store_error *error)
{
    if (!sees && !watch->is_blind)
        log_line(watch->log, LOG_ERROR, "the store cannot be watched", log_text("cause", error->text));
    else if (sees && watch->is_blind)
        log_line(watch->log, LOG_INFO, "the store is watched again", log_text("state", "ready"));
    watch->is_blind = !sees;
}

static void *run(void *arg)
{
    struct watch *watch = arg;
    while (!atomic_load(&watch->is_closing)) {
        struct store_error error = {""};
        const uint64_t *accounts;
        size_t count;
        bool sees = store_watch_next(watch->store, TURN_MS, &accounts, &count, &error);
        tell_state(watch, sees, &error);
        if (sees)
            atomic_store(&watch->seen_ns, clock_mono_ns());
        // That it cannot be written, either, is found out by trying, also where nobody asks for anything.
        if (!sees)
            processor_look(watch->processor, 0);
        for (size_t i = 0; i < count; i++)
            processor_look(watch->processor, accounts[i]);
    }
    return NULL;
}

struct watch *watch_open(struct store *store, struct processor *processor, const struct log *log, char *error,
                         size_t error_size)
{
    struct store_error cause = {""};
    struct store_watch *of_store = store_watch_open(store, &cause);
    if (of_store == NULL) {
        snprintf(error, error_size, "%s", cause.text);
        return NULL;
    }
    struct watch *watch = check_calloc(1, sizeof *watch);
    watch->store = of_store;
    watch->processor = processor;
    watch->log = log;
    atomic_init(&watch->is_closing, false);
    atomic_init(&watch->seen_ns, clock_mono_ns());
    CHECK(pthread_create(&watch->thread, NULL, run, watch) == 0);
    return watch;
}

bool watch_sees(const struct watch *watch)
{
    return watch == NULL || clock_mono_ns() - atomic_load(&watch->seen_ns) <= (int64_t)SILENCE_MAX_MS * 1000000;
}

void watch_close(struct watch *watch)
{
    if (watch == NULL)
        return;
    atomic_store(&watch->is_closing, true);
    pthread_join(watch->thread, NULL);
    store_watch_close(watch->store);
    free(watch);
}
