// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_PASSWORD_H
#define ENGINE_PASSWORD_H

// Why nobody should have this password, since it is among the first that are tried; NULL: it may be had. It has
// PASSWORD_MIN_CHARACTERS at least, so that what most lists of common passwords hold is too short already. E-mail and
// name are its user's; the e-mail may be NULL.
const char *password_fault(const char *password, const char *email, const char *name);

#endif
