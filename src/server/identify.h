// SPDX-License-Identifier: Apache-2.0
//
// Who asks, and about which account: the first two looks at a call (401, 404 account).
#ifndef SERVER_IDENTIFY_H
#define SERVER_IDENTIFY_H

#include "api/call.h"
#include "server/service.h"

// Sets call->actor and call->account. *ret_tenant is the account of the path, or NULL where the path has none. False:
// call->outcome is the refusal.
bool identify(struct service *service, struct call *call, int64_t now, struct tenant **ret_tenant);

#endif
