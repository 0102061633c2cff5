// SPDX-License-Identifier: Apache-2.0
#include "server/http_tls.h"

#include "base/check.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_MAX = 256 * 1024 };

void http_tls_wipe(char *key)
{
    if (key != NULL)
        explicit_bzero(key, strlen(key));
    free(key);
}

static char *read_pem(const char *name, const char *what, char *error, size_t error_size)
{
    FILE *file = fopen(name, "re");
    if (file == NULL) {
        snprintf(error, error_size, "cannot read the TLS %s %s: %s", what, name, strerror(errno));
        return NULL;
    }
    setvbuf(file, NULL, _IONBF, 0); // no copy of a key stays behind in a buffer
    char *text = check_calloc(1, PEM_MAX + 1);
    size_t length = fread(text, 1, PEM_MAX, file);
    int failure = ferror(file) ? errno : 0;
    bool whole = length < PEM_MAX;
    fclose(file);
    if (failure == 0 && length > 0 && whole)
        return text;
    snprintf(error, error_size, "cannot read the TLS %s %s: %s", what, name,
             failure != 0  ? strerror(failure)
             : length == 0 ? "it is empty"
                           : "it is too large");
    http_tls_wipe(text);
    return NULL;
}

static int import_certificate(gnutls_datum_t pem)
{
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    int status = gnutls_x509_crt_list_import2(&list, &count, &pem, GNUTLS_X509_FMT_PEM, 0);
    for (unsigned i = 0; status >= 0 && i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    if (status >= 0)
        gnutls_free(list);
    return status;
}

static int import_key(gnutls_datum_t pem)
{
    gnutls_x509_privkey_t key;
    int status = gnutls_x509_privkey_init(&key);
    if (status < 0)
        return status;
    status = gnutls_x509_privkey_import2(key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_x509_privkey_deinit(key);
    return status;
}

static int import_pair(gnutls_datum_t certificate, gnutls_datum_t key)
{
    gnutls_certificate_credentials_t credentials;
    int status = gnutls_certificate_allocate_credentials(&credentials);
    if (status < 0)
        return status;
    status = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    return status;
}

// Tells which of the two is wrong, and how; GnuTLS's own words alone would not.
static bool check_pair(const char *certificate_file, char *certificate, const char *key_file, char *key, char *error,
                       size_t error_size)
{
    gnutls_datum_t certificate_pem = {(unsigned char *)certificate, (unsigned)strlen(certificate)};
    gnutls_datum_t key_pem = {(unsigned char *)key, (unsigned)strlen(key)};
    if (import_certificate(certificate_pem) < 0) {
        snprintf(error, error_size, "%s holds no certificate in PEM form", certificate_file);
        return false;
    }
    int status = import_key(key_pem);
    if (status < 0) {
        snprintf(error, error_size, "%s holds no private key in PEM form%s", key_file,
                 status == GNUTLS_E_DECRYPTION_FAILED ? " without a password" : "");
        return false;
    }
    status = import_pair(certificate_pem, key_pem);
    if (status == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        snprintf(error, error_size, "the private key in %s does not belong to the certificate in %s", key_file,
                 certificate_file);
    else if (status < 0)
        snprintf(error, error_size, "cannot use the certificate in %s: %s", certificate_file, gnutls_strerror(status));
    return status >= 0;
}

bool http_tls_load(const char *certificate_file, const char *key_file, char **ret_certificate, char **ret_key,
                   char *error, size_t error_size)
{
    char *certificate = read_pem(certificate_file, "certificate", error, error_size);
    char *key = certificate != NULL ? read_pem(key_file, "key", error, error_size) : NULL;
    if (key == NULL || !check_pair(certificate_file, certificate, key_file, key, error, error_size)) {
        free(certificate);
        http_tls_wipe(key);
        return false;
    }
    *ret_certificate = certificate;
    *ret_key = key;
    return true;
}
