// SPDX-License-Identifier: Apache-2.0
#include "store/list_sql.h"

const char *list_start(const struct list_query *query)
{
    if (query->newest_first)
        return "account_id = :account AND id < :after";
    switch (query->kind) {
    case ROW_PRODUCT:
        return "code > :after_code";
    case ROW_BORROWING:
        return "account_id = :account AND product > :after_code";
    case ROW_ACCOUNT:
        return "id > :after";
    default:
        return "account_id = :account AND id > :after";
    }
}

const char *list_order(const struct list_query *query)
{
    if (query->newest_first)
        return "id DESC";
    return query->kind == ROW_PRODUCT ? "code" : query->kind == ROW_BORROWING ? "product" : "id";
}

uint64_t list_after(const struct list_query *query)
{
    return query->newest_first && query->after == 0 ? INT64_MAX : query->after;
}

const char *list_state(enum session_state state)
{
    return state == SESSION_ACTIVE    ? "state = 'active'"
           : state == SESSION_REVOKED ? "state = 'revoked'"
                                      : "state = :state";
}
