// SPDX-License-Identifier: Apache-2.0
#include "simulation/keys.h"

#include "simulation/sim.h"

bool ended_is_recent(const struct model *model, int place)
{
    int newest = (model->ended_count - 1) % MODEL_ENDED;
    int age = (newest - place + MODEL_ENDED) % MODEL_ENDED;
    return age < MODEL_ENDED - MODEL_CLAIMS - 2 * ROUND_MAX;
}

const struct model_claim *claim_by_key(const struct model *model, int key)
{
    for (int i = 0; i < model->claim_count; i++) {
        if (model->claims[i].key == key)
            return &model->claims[i];
    }
    return NULL;
}

// The last of them: a key may be used again when the former answer is forgotten.
const struct model_ended *ended_by_key(const struct model *model, int key)
{
    const struct model_ended *last = NULL;
    for (int i = 0; i < model->ended_count && i < MODEL_ENDED; i++) {
        if (model->ended[i].key == key && (last == NULL || model->ended[i].ended_at > last->ended_at))
            last = &model->ended[i];
    }
    return last;
}

const struct model_answer *answer_by_key(const struct model *model, int key)
{
    const struct model_answer *last = NULL;
    for (int i = 0; i < model->answer_count && i < MODEL_ANSWERS; i++) {
        if (model->answers[i].key == key && (last == NULL || model->answers[i].until_at > last->until_at))
            last = &model->answers[i];
    }
    return last;
}

int waiter_by_key(const struct model *model, int key)
{
    for (int i = 0; i < model->waiter_count; i++) {
        if (key != NOBODY && model->line[i].request.key == key)
            return i;
    }
    return NOBODY;
}

bool knows_key(const struct model *model, int key)
{
    const struct model_ended *ended = ended_by_key(model, key);
    return claim_by_key(model, key) != NULL ||
           (ended != NULL && ended_is_recent(model, (int)(ended - model->ended))) ||
           answer_by_key(model, key) != NULL;
}
