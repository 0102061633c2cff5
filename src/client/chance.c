// SPDX-License-Identifier: Apache-2.0
#include "client/chance.h"

#include <errno.h>
#include <stddef.h>
#include <sys/random.h>

static bool fill(unsigned char *bytes, size_t size)
{
    for (size_t have = 0; have < size;) {
        ssize_t got = getrandom(bytes + have, size - have, 0);
        if (got < 0 && errno != EINTR)
            return false;
        have += got > 0 ? (size_t)got : 0;
    }
    return true;
}

bool chance_key(char key[KEY_SIZE])
{
    unsigned char bytes[16];
    if (!fill(bytes, sizeof bytes))
        return false;
    for (size_t i = 0; i < sizeof bytes; i++) {
        key[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        key[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    key[2 * sizeof bytes] = '\0';
    return true;
}

int64_t chance_below(int64_t most)
{
    uint64_t number = 0;
    if (most <= 0 || !fill((unsigned char *)&number, sizeof number))
        return 0;
    return (int64_t)(number % ((uint64_t)most + 1));
}

int64_t chance_pause(int failures, int64_t base_ms, int64_t most_ms)
{
    int64_t pause = base_ms;
    for (int i = 1; i < failures && pause < most_ms; i++)
        pause *= 2;
    pause = pause < most_ms ? pause : most_ms;
    return pause / 2 + chance_below(pause / 2);
}
