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

// Jobs, first come first served.
struct line {
    struct job *first, **end;
    size_t length, most;
};

struct hashers {
    void (*done)(void *user, struct job *job);
    void *user;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct line trusted, others;
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

static void line_init(struct line *line, size_t most)
{
    *line = (struct line){.end = &line->first, .most = most};
}

static bool line_join(struct line *line, struct job *job)
{
    if (line->length == line->most)
        return false;
    job->next = NULL;
    *line->end = job;
    line->end = &job->next;
    line->length++;
    return true;
}

static struct job *line_take(struct line *line)
{
    struct job *job = line->first;
    if (job == NULL)
        return NULL;
    line->first = job->next;
    if (line->first == NULL)
        line->end = &line->first;
    line->length--;
    return job;
}

static struct job *take(struct hashers *hashers)
{
    pthread_mutex_lock(&hashers->lock);
    while (hashers->trusted.length + hashers->others.length == 0 && !hashers->is_closing)
        pthread_cond_wait(&hashers->wake, &hashers->lock);
    struct job *job = line_take(&hashers->trusted);
    if (job == NULL)
        job = line_take(&hashers->others);
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
    line_init(&hashers->trusted, HASHERS_TRUSTED_MAX);
    line_init(&hashers->others, HASHERS_LINE_MAX);
    pthread_mutex_init(&hashers->lock, NULL);
    pthread_cond_init(&hashers->wake, NULL);
    CHECK(pthread_create(&hashers->thread, NULL, run, hashers) == 0);
    return hashers;
}

bool hashers_submit(struct hashers *hashers, struct job *job)
{
    pthread_mutex_lock(&hashers->lock);
    bool has_room = line_join(job->call->password.is_trusted ? &hashers->trusted : &hashers->others, job);
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
