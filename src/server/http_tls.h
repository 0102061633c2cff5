// SPDX-License-Identifier: Apache-2.0
//
// The server's certificate and key.
#ifndef SERVER_HTTP_TLS_H
#define SERVER_HTTP_TLS_H

#include <stdbool.h>
#include <stddef.h>

// TLS 1.2 and 1.3, in the terms of GnuTLS.
#define HTTP_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

// Reads both files, which must be PEM and belong together. The caller frees both texts, the key with http_tls_wipe.
// False on failure, with one line in `error`.
bool http_tls_load(const char *certificate_file, const char *key_file, char **ret_certificate, char **ret_key,
                   char *error, size_t error_size);
void http_tls_wipe(char *key);

#endif
