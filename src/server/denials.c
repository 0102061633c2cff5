// SPDX-License-Identifier: Apache-2.0
// What is noted of every acquire: denials as episodes, and what a grant closes.
#include "server/processor_parts.h"

static void note_denial(struct processor *processor, struct tenant *tenant, const struct session_request *request,
                        const struct actor *actor, const struct outcome *outcome)
{
    struct service *service = processor->options.service;
    const struct explanation *explanation = outcome->explanation;
    struct denial denial = {
        .user = request->user != 0 ? request->user : actor->user,
        .product = outcome->product,
        .machine = request->machine,
        .error = outcome->result,
        .reason = explanation->tried_count > 0 ? explanation->tried[0].reason : REASON_NONE,
        .project = request->project,
        .organization = request->organization,
        .units = request->count,
        .explanation = explanation,
    };
    episodes_add(&tenant->episodes, &denial, processor->batch.now, &service->numbers.next[ID_DENIAL]);
    service_note_unsaved(service, tenant);
    const char *values[] = {result_types[outcome->result].name, reason_words[denial.reason]};
    metric_count(processor->options.instruments->denials, values, 1);
}

bool call_is_denial(enum result result)
{
    return result == RESULT_NO_LICENSE_AVAILABLE || result == RESULT_NOT_ELIGIBLE || result == RESULT_NOT_A_MEMBER;
}

void note_acquire(struct processor *processor, struct tenant *tenant, const struct command *command,
                         const struct actor *actor, const struct outcome *outcome)
{
    bool is_acquire = command->kind == COMMAND_SESSION_ACQUIRE || command->kind == COMMAND_LEASE_BORROW;
    if (!is_acquire || processor->batch.has_failed)
        return;
    if (call_is_denial(outcome->result)) {
        note_denial(processor, tenant, &command->session, actor, outcome);
    } else if (outcome->result == RESULT_CREATED) {
        const struct session_row *row = outcome->row;
        episodes_close(&tenant->episodes, row->user, row->product, row->machine, processor->batch.now);
        service_note_unsaved(processor->options.service, tenant);
    }
}
