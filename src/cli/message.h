// SPDX-License-Identifier: Apache-2.0
//
// What a person is told on stderr. Whatever is in a message is made safe for a terminal.
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <stdarg.h>

// "usher: what is wrong"
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void complain_with(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
// A line of its own, about what to do next or what happened on the way.
void advise(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
