// SPDX-License-Identifier: Apache-2.0
// The metrics that the server counts, registered in one place.
#ifndef SERVER_INSTRUMENTS_H
#define SERVER_INSTRUMENTS_H

#include "server/metrics.h"
#include "server/service.h"

#include <pthread.h>

// The licenses of one product in one account, as they were at the last look.
struct license_gauge {
    char account[ID_TEXT_SIZE];
    char product[PRODUCT_CODE_MAX_BYTES + 1];
    int64_t sessions, seats, dedicated, assigned, available;
};

struct instruments {
    struct metrics *metrics;
    struct metric *requests, *request_duration, *batch_size, *commit_duration, *denials, *failures, *sign_ins;
    pthread_mutex_t lock;
    struct license_gauge *gauges;
    size_t gauge_count;
};

void instruments_open(struct instruments *instruments);
void instruments_close(struct instruments *instruments);
// Looks at all accounts; called by the thread that owns them when a page is asked for.
void instruments_look(struct instruments *instruments, const struct service *service);

#endif
