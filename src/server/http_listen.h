// SPDX-License-Identifier: Apache-2.0
//
// The address that is listened on, as text and as a socket.
#ifndef SERVER_HTTP_LISTEN_H
#define SERVER_HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

enum { HTTP_HOST_MAX = 255 };

// Takes "HOST:PORT" or "[HOST]:PORT" apart, PORT 0 to 65535. False when it is neither.
bool http_address_parse(const char *text, char host[HTTP_HOST_MAX + 1], unsigned *ret_port);

// A listening socket that does not block. A name stands for its first IPv4 address, or else its first IPv6 address.
// -1 on failure, with one line in `error`.
int http_listen(const char *address, unsigned *ret_port, char *error, size_t error_size);

// The peer's address without its port; an IPv4 address that came over IPv6 is written as IPv4.
void http_address_format(const struct sockaddr *address, char text[46]);

#endif
