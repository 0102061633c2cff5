// SPDX-License-Identifier: Apache-2.0
//
// A declarative account while it is worked on: see declare.c. Each difference between what is wanted and what is there
// becomes a step of the plan, and is made by the ordinary command for it.
#ifndef ENGINE_COMMANDS_DECLARE_H
#define ENGINE_COMMANDS_DECLARE_H

#include "engine/decide.h"

// A dedication that the declaration names, whether it is a difference or not.
struct wish {
    const struct level *level;
    const struct product *product;
    const char *pointer;
    size_t order; // in the declaration
};

// One entry of `organizations`, by the level that it is about. Several entries may be about the same.
struct entry {
    uint64_t level;
    const struct wanted_organization *wanted;
};

struct declaration {
    struct decision *decision;
    const struct wanted_account *wanted;
    bool dry_run;
    struct numbers before; // ids from here on are new
    struct level **levels; // by index of wanted->organizations
    struct entry *entries; // the same by level
    struct wish *wishes;
    size_t wish_count;
    struct dedication_change *changes;
    size_t change_count;
    struct table services; // users without e-mail, by name; filled when the first is asked for
    bool services_known;
    struct plan_step *steps;
    size_t step_count;
};

typedef void declare_command(struct decision *decision, const struct command *command);

// Runs an ordinary command, whose refusal is then the whole declaration's, at this pointer.
bool declare_run(struct declaration *declaration, declare_command *decide, const struct command *command,
                 const char *pointer);
// The id of the row that the last command answered.
uint64_t declare_answered(const struct declaration *declaration);

// ---- The parts, each false once something is refused

bool declare_users(struct declaration *declaration);
bool declare_project(struct declaration *declaration, const struct level *level, const struct wanted_project *wanted,
                     const char *pointer);
bool declare_dedications(struct declaration *declaration, const struct level *level,
                         const struct wanted_organization *wanted, const char *pointer);
// What was named and not named together becomes one change.
bool declare_make_dedications(struct declaration *declaration);
// Takes away what is not named: projects, then organizations.
bool declare_prune(struct declaration *declaration);

// ---- The plan

void plan_add(struct declaration *declaration, struct plan_step step);
const char *plan_text(struct declaration *declaration, const char *text); // as JSON
const char *plan_number(struct declaration *declaration, int64_t number);
// "Studio/Lighting", and what follows after a blank, unless it is NULL.
const char *plan_path(struct declaration *declaration, const struct level *level, const char *more);
// The id, unless a dry run made it: then nothing keeps it.
const char *plan_id(struct declaration *declaration, enum id_kind kind, uint64_t id);

#endif
