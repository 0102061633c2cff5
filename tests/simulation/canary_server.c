// SPDX-License-Identifier: Apache-2.0
// The canary's faults in the processor and the store; see canary.c.
#include "simulation/canary.h"

#include "server/batch.h"
#include "server/processor_parts.h"
#include "store/driver.h"

bool __real_batch_end(struct batch *batch);
bool __wrap_batch_end(struct batch *batch);
bool __wrap_batch_end(struct batch *batch)
{
    bool good = __real_batch_end(batch);
    return good || is_planted(REFUSED_IS_ACKNOWLEDGED);
}

// What may be answered before the commit.
bool __real_call_is_denial(enum result result);
bool __wrap_call_is_denial(enum result result);
bool __wrap_call_is_denial(enum result result)
{
    return __real_call_is_denial(result) || (is_planted(ACKNOWLEDGED_BEFORE_COMMIT) && result == RESULT_CREATED);
}

void __real_note_acquire(struct processor *processor, struct tenant *tenant, const struct command *command,
                         const struct actor *actor, const struct outcome *outcome);
void __wrap_note_acquire(struct processor *processor, struct tenant *tenant, const struct command *command,
                         const struct actor *actor, const struct outcome *outcome);
void __wrap_note_acquire(struct processor *processor, struct tenant *tenant, const struct command *command,
                         const struct actor *actor, const struct outcome *outcome)
{
    // It would take the grant for a denial, too.
    if (!is_planted(ACKNOWLEDGED_BEFORE_COMMIT))
        __real_note_acquire(processor, tenant, command, actor, outcome);
}

void __real_line_answer_uncertain(struct processor *processor);
void __wrap_line_answer_uncertain(struct processor *processor);
void __wrap_line_answer_uncertain(struct processor *processor)
{
    if (!is_planted(GRANTED_TWICE))
        __real_line_answer_uncertain(processor);
}

void __real_decision_take_back(struct decision *decision);
void __wrap_decision_take_back(struct decision *decision);
void __wrap_decision_take_back(struct decision *decision)
{
    // The engine takes back refusals and dry runs; those of the batch are accepted.
    bool is_of_batch = !result_is_refusal(decision->outcome.result) && decision->outcome.answer != ANSWER_DRY_RUN;
    if (!is_planted(REFUSED_STAYS_IN_MEMORY) || !is_of_batch)
        __real_decision_take_back(decision);
}

enum store_status __real_store_commit(struct store *store, struct store_error *error);
enum store_status __wrap_store_commit(struct store *store, struct store_error *error);
enum store_status __wrap_store_commit(struct store *store, struct store_error *error)
{
    static unsigned commits;
    if (is_planted(COMMIT_FORGOTTEN) && ++commits % 100 == 0) {
        store_rollback(store);
        return STORE_OK;
    }
    enum store_status status = __real_store_commit(store, error);
    return is_planted(UNCERTAIN_IS_REFUSED) && status == STORE_UNCERTAIN ? STORE_REFUSED : status;
}

struct losing {
    store_fact_sink *sink;
    void *arg;
};

static void lose(void *arg, const struct fact *fact)
{
    struct losing *losing = arg;
    if (!is_planted(FACT_LOST_AT_LOADING) || fact->kind != FACT_DEDICATION_CHANGED)
        losing->sink(losing->arg, fact);
}

bool __real_store_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                               struct store_error *error);
bool __wrap_store_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                               struct store_error *error);
bool __wrap_store_load_account(struct store *store, uint64_t account, int64_t now, store_fact_sink *sink, void *arg,
                               struct store_error *error)
{
    return __real_store_load_account(store, account, now, lose, &(struct losing){sink, arg}, error);
}

// The time that loading gives to leases is that of the clock; a clock that stands still gives none.
int64_t __real_clock_now(const struct clock *clock);
int64_t __wrap_clock_now(const struct clock *clock);
int64_t __wrap_clock_now(const struct clock *clock)
{
    int64_t now = __real_clock_now(clock);
    return is_planted(LEASES_RUN_ON) && now == clock->start_at ? now - 60000 : now;
}

enum store_status __real_store_recall(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                      int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                      const struct session_row **ret_session, struct store_error *error);
enum store_status __wrap_store_recall(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                      int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                      const struct session_row **ret_session, struct store_error *error);
enum store_status __wrap_store_recall(struct store *store, uint64_t account, uint64_t key, const char *idempotency_key,
                                      int64_t now, struct arena *arena, const struct remembered **ret_answer,
                                      const struct session_row **ret_session, struct store_error *error)
{
    enum store_status status =
        __real_store_recall(store, account, key, idempotency_key, now, arena, ret_answer, ret_session, error);
    if (is_planted(KEYS_FORGOTTEN))
        *ret_session = NULL;
    return status;
}

void __real_service_note_quiet(struct service *service, const struct quiet_change *change);
void __wrap_service_note_quiet(struct service *service, const struct quiet_change *change);
void __wrap_service_note_quiet(struct service *service, const struct quiet_change *change)
{
    if (!is_planted(HEARTBEATS_UNWRITTEN))
        __real_service_note_quiet(service, change);
}

enum store_status __real_store_put_numbers(struct store *store, const struct numbers *numbers,
                                           struct store_error *error);
enum store_status __wrap_store_put_numbers(struct store *store, const struct numbers *numbers,
                                           struct store_error *error);
enum store_status __wrap_store_put_numbers(struct store *store, const struct numbers *numbers,
                                           struct store_error *error)
{
    return is_planted(IDS_GIVEN_AGAIN) && numbers->next[ID_SESSION] > 1
               ? STORE_OK
               : __real_store_put_numbers(store, numbers, error);
}

void __real_chain_extend(struct chain *chain, struct chain_head *head, struct history_entry *entry);
void __wrap_chain_extend(struct chain *chain, struct chain_head *head, struct history_entry *entry);
void __wrap_chain_extend(struct chain *chain, struct chain_head *head, struct history_entry *entry)
{
    __real_chain_extend(chain, head, entry);
    if (is_planted(HISTORY_HAS_A_GAP) && head->link.seq == 20)
        head->link.seq++;
}
