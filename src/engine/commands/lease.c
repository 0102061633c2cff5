// SPDX-License-Identifier: Apache-2.0
//
// Leases for machines without a network. One is a session that is given for its whole span at once: it is granted by
// the same rules and counts in the same figures, but of each pool no more than a share is lent out. Since the machine
// cannot be told anything, nothing ends a lease before its time but its return:
//
//     borrow ──► active ──► released   its holder, or an admin, returned it
//                       └─► expired    its time is up
#include "engine/decide.h"

#include "engine/ask.h"

static void answer(struct decision *decision, enum result result, const struct session_row *row)
{
    decision_answer_row(decision, result, ROW_SESSION, row);
    decision->outcome.is_lease = true;
}

static bool check_role(struct decision *decision)
{
    return decision->actor->role != ROLE_PLATFORM ||
           decision_refuse(decision, RESULT_FORBIDDEN, NULL, "A key with the role platform borrows no leases.");
}

static bool check_borrowing(struct decision *decision, struct ask *ask)
{
    const struct product *product = ask->trial.product;
    const struct stock *stock = account_stock(decision->account, product);
    if (stock == NULL || stock->max_borrow_days == 0)
        return decision_refuse(decision, RESULT_FORBIDDEN, NULL,
                               "%s is not lent out in this account. An account admin allows it: PUT …/borrowing/%s.",
                               product->code, product->code);
    ask->trial.share_percent = stock->share_percent;
    return ask->wanted->borrow_days <= stock->max_borrow_days ||
           decision_refuse(decision, RESULT_INVALID_REQUEST, "/days", "%s is lent out for %lld days at most.",
                           product->code, (long long)stock->max_borrow_days);
}

void decide_lease_borrow(struct decision *decision, const struct command *command)
{
    const struct session_request *wanted = &command->session;
    struct ask ask;
    if (decision->remembered != NULL) {
        session_answer_again(decision, wanted);
        decision->outcome.is_lease = true;
        return;
    }
    if (!check_role(decision) || !ask_read(decision, wanted, &ask) || !check_borrowing(decision, &ask) ||
        !ask_judge(decision, &ask))
        return;
    if (ask_grant(decision, &ask))
        decision->outcome.is_lease = true;
    else
        ask_deny(decision, &ask);
}

// The lease, active or ended, by the session's id.
static const struct session_row *find(struct decision *decision, uint64_t id)
{
    const struct session *session = account_session(decision->account, id);
    const struct session_row *row = session != NULL ? &session->row : decision->past;
    if (row != NULL && row->borrowed)
        return row;
    decision_refuse(decision, RESULT_NOT_FOUND, NULL, "This account has no such lease.");
    return NULL;
}

void decide_lease_return(struct decision *decision, const struct command *command)
{
    const struct session_row *row = find(decision, command->id);
    if (row == NULL)
        return;
    if (row->state == SESSION_ACTIVE) {
        session_end(decision, account_session(decision->account, row->id), SESSION_RELEASED, NULL, decision->now, 0);
        row = decision->facts[decision->fact_count - 1].after;
    }
    answer(decision, RESULT_OK, row); // returned before: the same answer
}

void decide_lease_read(struct decision *decision, const struct command *command)
{
    const struct session_row *row = find(decision, command->id);
    if (row != NULL)
        answer(decision, RESULT_OK, row);
}
