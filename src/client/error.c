// SPDX-License-Identifier: Apache-2.0
#include "client/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    enum usher_code code;
    const char *name;
} codes[] = {
    {USHER_OK, "ok"},
    {USHER_INVALID, "invalid"},
    {USHER_MEMORY, "memory"},
    {USHER_SYSTEM, "system"},
    {USHER_CANCELLED, "cancelled"},
    {USHER_FORKED, "forked"},
    {USHER_UNAVAILABLE, "unavailable"},
    {USHER_UNTRUSTED, "untrusted"},
    {USHER_PROTOCOL, "protocol"},
    {USHER_UNAUTHENTICATED, "unauthenticated"},
    {USHER_FORBIDDEN, "forbidden"},
    {USHER_NOT_FOUND, "not-found"},
    {USHER_DENIED, "denied"},
    {USHER_CONFLICT, "conflict"},
    {USHER_ENDED, "ended"},
    {USHER_REFUSED, "refused"},
    {USHER_LEASE_BROKEN, "lease-broken"},
    {USHER_LEASE_UNKNOWN_KEY, "lease-unknown-key"},
    {USHER_LEASE_OTHER_MACHINE, "lease-other-machine"},
    {USHER_LEASE_NOT_YET, "lease-not-yet"},
    {USHER_LEASE_OVER, "lease-over"},
    {USHER_LEASE_RETURNED, "lease-returned"},
    {USHER_CLOCK_TURNED_BACK, "clock-turned-back"},
};

const char *usher_code_name(enum usher_code code)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code == code)
            return codes[i].name;
    }
    return "unknown";
}

// True where a character of UTF-8 begins, or the text ends.
static bool begins(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

void text_copy(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && !begins(from[length]))
            length--;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)from[i], after = (unsigned char)from[i + 1];
        // U+0080 to U+009F are control characters, too.
        bool is_c1 = byte == 0xc2 && after >= 0x80 && after < 0xa0;
        to[i] = (char)(byte < 0x20 || byte == 0x7f || is_c1 ? ' ' : byte);
        if (is_c1)
            to[++i] = ' ';
    }
    to[length] = '\0';
}

void error_clear(struct usher_error *error)
{
    *error = (struct usher_error){.retry_after_s = -1};
}

static void set(struct usher_error *error, enum usher_code code, const char *format, va_list args)
{
    char detail[2 * sizeof error->detail];
    vsnprintf(detail, sizeof detail, format, args);
    error_clear(error);
    error->code = code;
    text_copy(error->detail, sizeof error->detail, detail);
}

enum usher_code error_set(struct usher_error *error, enum usher_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set(error, code, format, args);
    va_end(args);
    return code;
}

enum usher_code error_memory(struct usher_error *error)
{
    return error_set(error, USHER_MEMORY, "Out of memory.");
}

enum usher_code error_system(struct usher_error *error, int number, const char *format, ...)
{
    char words[128];
    va_list args;
    va_start(args, format);
    set(error, USHER_SYSTEM, format, args);
    va_end(args);
    size_t length = strlen(error->detail);
    // The GNU form, which answers the text.
    snprintf(error->detail + length, sizeof error->detail - length, ": %s.", strerror_r(number, words, sizeof words));
    return USHER_SYSTEM;
}
