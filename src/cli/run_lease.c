// SPDX-License-Identifier: Apache-2.0
#include "cli/run_lease.h"

#include <string.h>
#include <time.h>

enum { LOOK_S = 60 };

enum usher_code run_lease_open(struct run_lease *lease, const char *product, struct usher_error *ret_error)
{
    *lease = (struct run_lease){.store = usher_store_open(NULL, ret_error)};
    if (lease->store == NULL)
        return ret_error->code;
    return usher_lease_find(lease->store, product, &lease->lease, ret_error);
}

void run_lease_close(struct run_lease *lease)
{
    usher_store_close(lease->store);
    lease->store = NULL;
}

enum usher_code run_lease_check(struct run_lease *lease, double *ret_s, struct usher_error *ret_error)
{
    struct timespec now;
    enum usher_code code = usher_lease_verify(lease->store, lease->lease.token, NULL, ret_error);
    if (code != USHER_OK)
        return code;
    clock_gettime(CLOCK_REALTIME, &now);
    double left_s = (double)lease->lease.ends_at / 1000 - (double)now.tv_sec - (double)now.tv_nsec / 1e9;
    *ret_s = left_s > LOOK_S ? LOOK_S : left_s > 0 ? left_s : 0;
    return USHER_OK;
}
