// SPDX-License-Identifier: Apache-2.0
#include "client/call.h"

#include "client/client.h"
#include "client/line.h"
#include "client/moments.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAUSE_BASE_MS = 100, PAUSE_MAX_MS = 10000, TRY_MIN_MS = 1000 };

int64_t patience_try_ms(const struct patience *patience)
{
    // Half of what is left: a connection on which nothing comes any more does not take all the time there is.
    int64_t half = (patience->deadline_at - boot_now()) / 2;
    if (half > TRY_MS)
        return TRY_MS;
    return half > TRY_MIN_MS ? half : TRY_MIN_MS;
}

static void sleep_until(const struct usher_request *request, int64_t until_at)
{
    struct pollfd cancel = {.fd = request != NULL ? request->cancel_fd : -1, .events = POLLIN};
    for (;;) {
        int64_t left = until_at - boot_now();
        if (left <= 0 || (request != NULL && request_is_cancelled(request)))
            return;
        (void)poll(&cancel, 1, (int)(left < 5000 ? left : 5000));
    }
}

bool patience_pause(struct patience *patience, struct usher_error *error)
{
    int64_t pause = chance_pause(++patience->failures, PAUSE_BASE_MS, PAUSE_MAX_MS);
    if (error->retry_after_s >= 0 && pause < error->retry_after_s * 1000)
        pause = error->retry_after_s * 1000 + chance_below(PAUSE_BASE_MS);
    int64_t now = boot_now();
    if (pause > patience->deadline_at - now)
        return false;
    sleep_until(patience->request, now + pause);
    if (patience->request == NULL || !request_is_cancelled(patience->request))
        return true;
    request_cancelled(error);
    return false;
}

static enum verdict try_once(struct usher *usher, struct line *line, const struct patience *patience, struct ask *ask,
                             json_t **ret_json, struct usher_error *error)
{
    ask->timeout_ms = patience_try_ms(patience);
    switch (line_send(line, usher, ask, patience->request)) {
    case LINE_DONE:
        return answer_judge(&line->exchange, usher, ret_json, error);
    case LINE_CANCELLED:
        request_cancelled(error);
        return VERDICT_HOPELESS;
    default:
        error_memory(error);
        return VERDICT_HOPELESS;
    }
}

enum usher_code call_send(struct usher *usher, struct patience *patience, struct ask *ask, json_t **ret_json,
                          int64_t *ret_date_at, struct usher_error *error)
{
    *ret_json = NULL;
    struct line *line = line_take(usher);
    if (line == NULL)
        return error_memory(error);
    enum verdict verdict;
    do
        verdict = try_once(usher, line, patience, ask, ret_json, error);
    while (verdict == VERDICT_AGAIN && patience_pause(patience, error));
    if (ret_date_at != NULL)
        *ret_date_at = line->exchange.date_at;
    line_give(usher, line);
    return error->code;
}

char *call_path(const struct usher *usher, const char *format, ...)
{
    char *tail, *path;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&tail, format, args);
    va_end(args);
    if (length < 0)
        return NULL;
    length = asprintf(&path, "/v1/accounts/%s%s", usher->account, tail);
    free(tail);
    return length >= 0 ? path : NULL;
}
