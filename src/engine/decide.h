// SPDX-License-Identifier: Apache-2.0
//
// The commands, each a function that judges and decides: a column of early returns in the order of the contract
// (form, plan, things named, membership, eligibility, conflict, pools), then the facts. account_decide finds the
// function by the command's kind.
#ifndef ENGINE_DECIDE_H
#define ENGINE_DECIDE_H

#include "engine/decision.h"

void decide_account_create(struct decision *decision, const struct command *command);
void decide_account_update(struct decision *decision, const struct command *command);
void decide_account_apply(struct decision *decision, const struct command *command);
void decide_purchase_create(struct decision *decision, const struct command *command);
void decide_purchase_update(struct decision *decision, const struct command *command);
void decide_purchase_delete(struct decision *decision, const struct command *command);
void decide_organization_create(struct decision *decision, const struct command *command);
void decide_organization_update(struct decision *decision, const struct command *command);
void decide_organization_delete(struct decision *decision, const struct command *command);
void decide_user_create(struct decision *decision, const struct command *command);
void decide_user_update(struct decision *decision, const struct command *command);
void decide_user_delete(struct decision *decision, const struct command *command);
void decide_project_create(struct decision *decision, const struct command *command);
void decide_project_update(struct decision *decision, const struct command *command);
void decide_project_delete(struct decision *decision, const struct command *command);
void decide_membership_add(struct decision *decision, const struct command *command);
void decide_membership_remove(struct decision *decision, const struct command *command);
void decide_dedications_apply(struct decision *decision, const struct command *command);
void decide_usage_policy_set(struct decision *decision, const struct command *command);
void decide_seat_assign(struct decision *decision, const struct command *command);
void decide_seat_release(struct decision *decision, const struct command *command);
void decide_seats_release(struct decision *decision, const struct command *command);
void decide_seat_check_in(struct decision *decision, const struct command *command);
void decide_seat_machine_remove(struct decision *decision, const struct command *command);
void decide_session_acquire(struct decision *decision, const struct command *command);
void decide_session_heartbeat(struct decision *decision, const struct command *command);
void decide_session_end(struct decision *decision, const struct command *command);
void decide_session_explain(struct decision *decision, const struct command *command);
void decide_lease_borrow(struct decision *decision, const struct command *command);
void decide_lease_return(struct decision *decision, const struct command *command);
void decide_lease_read(struct decision *decision, const struct command *command);
void decide_borrowing_set(struct decision *decision, const struct command *command);
void decide_borrowing_remove(struct decision *decision, const struct command *command);
void decide_borrowing_read(struct decision *decision, const struct command *command);
void decide_api_key_create(struct decision *decision, const struct command *command);
void decide_api_key_revoke(struct decision *decision, const struct command *command);
void decide_invite(struct decision *decision, const struct command *command);
void decide_invitation_accept(struct decision *decision, const struct command *command);
void decide_password_set(struct decision *decision, const struct command *command);
void decide_sign_in(struct decision *decision, const struct command *command);
void decide_sign_in_end(struct decision *decision, const struct command *command);
void decide_sign_ins_end(struct decision *decision, const struct command *command);
void decide_sign_ins_read(struct decision *decision, const struct command *command);
void decide_pools_read(struct decision *decision, const struct command *command);
void decide_account_read(struct decision *decision, const struct command *command);
void decide_usage_policy_read(struct decision *decision, const struct command *command);
void decide_waiters_read(struct decision *decision, const struct command *command);
void decide_row_read(struct decision *decision, const struct command *command);

// Dedications and the policy need the plan true_enterprise.
bool decide_plan(struct decision *decision);
// The same request again, by its Idempotency-Key: the first answer of decision->remembered once more.
void session_answer_again(struct decision *decision, const struct session_request *wanted);
void api_key_revoke(struct decision *decision, const struct api_key *key);
// Ends all sign-ins of a list but the one with this number (0: all).
void sign_ins_end(struct decision *decision, struct list *sign_ins, uint64_t except, const char *reason);
// A new one, which is answered.
void sign_in_create(struct decision *decision, uint64_t user, const unsigned char hash[KEY_HASH_BYTES]);
// Sets one user right: `given` says which values of the row count. False, with the refusal, when it cannot be.
bool user_change(struct decision *decision, const struct user *user, const struct user_row *row, unsigned given);
// Turns the outcome of a change into that of its dry run; the facts are still applied.
void dry_run_tell(struct decision *decision, const struct command *command);
// The grants of the last 24 hours, on the account as it now is (see replay.c).
void replay(struct decision *decision, const struct product *product);

#endif
