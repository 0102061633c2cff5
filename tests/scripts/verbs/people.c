// SPDX-License-Identifier: Apache-2.0
// The verbs of organizations, users, projects and who works in them.
#include "scripts/play.h"

#include <string.h>

void do_organization(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_ORGANIZATION_CREATE;
    play->command.organization.row.name = word_next(script, "a name");
    play->command.organization.row.parent = script_level(script, word_option(script, "in"));
    play_decide(play);
}

// `move`, too.
void change_organization(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_ORGANIZATION_UPDATE;
    play->command.id = script_level(script, word_next(script, "an organization"));
    play->command.organization.row.name = play_option(play, "name", GIVEN_NAME);
    play->command.organization.row.parent = script_level(script, play_option(play, "under", GIVEN_PARENT));
    play->command.organization.release_seats = word_flag(script, "release_seats");
    play_decide(play);
}

static void read_user(struct play *play)
{
    struct script *script = play->script;
    struct user_row *row = &play->command.user;
    const char *email = play_option(play, "email", GIVEN_EMAIL);
    const char *role = play_option(play, "role", GIVEN_ROLE), *kind = play_option(play, "kind", GIVEN_KIND);
    row->organization = script_level(script, play_option(play, "in", GIVEN_ORGANIZATION));
    if (word_flag(script, "nowhere"))
        play->command.given |= GIVEN_ORGANIZATION;
    row->email = email != NULL && strcmp(email, "none") != 0 ? email : NULL;
    row->role = role != NULL ? (enum role)word_of(script, role_words, role) : ROLE_MEMBER;
    row->kind = kind != NULL ? (enum user_kind)word_of(script, user_kind_words, kind) : USER_PERSON;
}

void do_user(struct play *play)
{
    struct script *script = play->script;
    struct user_row *row = &play->command.user;
    play->command.kind = COMMAND_USER_CREATE;
    const char *name = word_next(script, "a name");
    read_user(play);
    row->name = name;
    if (!(play->command.given & GIVEN_EMAIL))
        row->email = arena_printf(&script->arena, "%s@example.com", name);
    play_decide(play);
}

void change_user(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_USER_UPDATE;
    play->command.id = script_user(script, word_next(script, "a user"));
    read_user(play);
    play->command.user.name = play_option(play, "name", GIVEN_NAME);
    play_decide(play);
}

void do_project(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PROJECT_CREATE;
    play->command.project.name = word_next(script, "a name");
    play->command.project.organization = script_level(script, word_option(script, "in"));
    play_decide(play);
}

void change_project(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PROJECT_UPDATE;
    play->command.id = script_project(script, word_next(script, "a project"));
    play->command.project.name = play_option(play, "name", GIVEN_NAME);
    play->command.project.organization = script_level(script, play_option(play, "in", GIVEN_ORGANIZATION));
    play_decide(play);
}

static void read_membership(struct play *play, enum command_kind kind)
{
    struct script *script = play->script;
    play->command.kind = kind;
    play->command.membership.user = script_user(script, word_next(script, "a user"));
    const char *project = word_option(script, "of");
    if (project == NULL)
        script_error(script, "of which project?");
    play->command.membership.project = script_project(script, project);
    play_decide(play);
}

void do_member(struct play *play)
{
    read_membership(play, COMMAND_MEMBERSHIP_ADD);
}

void do_no_member(struct play *play)
{
    read_membership(play, COMMAND_MEMBERSHIP_REMOVE);
}
