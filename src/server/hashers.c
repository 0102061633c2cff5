// SPDX-License-Identifier: Apache-2.0
#include "server/hashers.h"

#include "base/check.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NICENESS = 10 }; // a tenth of a core where there is none to spare

struct hashers {
    void (*done)(void *user, struct job *job);
    void *user;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *queue, **queue_end;
    size_t length;
    bool is_closing;
};

const char *password_hash(struct arena *arena, const char *password)
{
    char text[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str(text, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return NULL;
    return arena_strdup(arena, text);
}

// False: there is not enough memory for it now.
static bool verify(struct password_work *password)
{
    errno = 0;
    password->is_right = crypto_pwhash_str_verify(password->kept, password->given, strlen(password->given)) == 0;
    return password->is_right || errno == EINVAL; // as libsodium tells that it is the wrong one
}

// Both are done whatever comes of the first: how long it takes tells nothing.
static void work(struct call *call)
{
    struct password_work *password = &call->password;
    bool good = true;
    if (password->given != NULL)
        good = verify(password);
    if (password->wanted != NULL) {
        password->made = password_hash(call->arena, password->wanted);
        good = good && password->made != NULL;
    }
    password->state = good ? PASSWORD_HASHED : PASSWORD_FAILED;
}

static struct job *take(struct hashers *hashers)
{
    pthread_mutex_lock(&hashers->lock);
    while (hashers->queue == NULL && !hashers->is_closing)
        pthread_cond_wait(&hashers->wake, &hashers->lock);
    struct job *job = hashers->queue;
    if (job != NULL) {
        hashers->queue = job->next;
        hashers->length--;
        if (hashers->queue == NULL)
            hashers->queue_end = &hashers->queue;
    }
    pthread_mutex_unlock(&hashers->lock);
    return job;
}

static void *run(void *arg)
{
    struct hashers *hashers = arg;
    // On Linux the priority is a thread's own. Where that cannot be, it works at the priority of all.
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
    for (struct job *job; (job = take(hashers)) != NULL;) {
        work(job->call);
        hashers->done(hashers->user, job);
    }
    return NULL;
}

struct hashers *hashers_open(void (*done)(void *user, struct job *job), void *user)
{
    struct hashers *hashers = check_calloc(1, sizeof *hashers);
    hashers->done = done;
    hashers->user = user;
    hashers->queue_end = &hashers->queue;
    pthread_mutex_init(&hashers->lock, NULL);
    pthread_cond_init(&hashers->wake, NULL);
    CHECK(pthread_create(&hashers->thread, NULL, run, hashers) == 0);
    return hashers;
}

bool hashers_submit(struct hashers *hashers, struct job *job)
{
    pthread_mutex_lock(&hashers->lock);
    size_t places = job->call->password.is_trusted ? HASHERS_LINE_MAX : HASHERS_LINE_MAX - HASHERS_KEPT;
    bool has_room = hashers->length < places;
    if (has_room) {
        job->next = NULL;
        *hashers->queue_end = job;
        hashers->queue_end = &job->next;
        hashers->length++;
    }
    pthread_mutex_unlock(&hashers->lock);
    if (has_room)
        pthread_cond_signal(&hashers->wake);
    return has_room;
}

void hashers_close(struct hashers *hashers)
{
    if (hashers == NULL)
        return;
    pthread_mutex_lock(&hashers->lock);
    hashers->is_closing = true;
    pthread_mutex_unlock(&hashers->lock);
    pthread_cond_signal(&hashers->wake);
    pthread_join(hashers->thread, NULL);
    pthread_cond_destroy(&hashers->wake);
    pthread_mutex_destroy(&hashers->lock);
    free(hashers);
}
