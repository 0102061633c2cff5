// SPDX-License-Identifier: Apache-2.0
// The verbs of the script language; README.md tells them all.
#include "scripts/play.h"

#include <string.h>

static const struct verb {
    const char *name;
    void (*run)(struct play *play);
} verbs[] = {
    {"accept", do_accept},
    {"account", do_account},
    {"acquire", do_acquire},
    {"after", do_after},
    {"apply", do_apply},
    {"borrow", do_borrow},
    {"borrowing", do_borrowing},
    {"change", do_change},
    {"check-in", do_check_in},
    {"clock", do_clock},
    {"dedicate", do_dedicate},
    {"delete", do_delete},
    {"due", do_due},
    {"end", do_end},
    {"explain", do_explain},
    {"hang-up", do_hang_up},
    {"heartbeat", do_heartbeat},
    {"invite", do_invite},
    {"key", do_key},
    {"line", do_line},
    {"member", do_member},
    {"move", change_organization},
    {"no-member", do_no_member},
    {"organization", do_organization},
    {"password", do_password},
    {"policy", do_policy},
    {"pools", do_pools},
    {"product", do_product},
    {"project", do_project},
    {"purchase", do_purchase},
    {"read", do_read},
    {"remove-machine", do_remove_machine},
    {"return", do_return},
    {"seat", do_seat},
    {"sign-in", do_sign_in},
    {"sign-ins", do_sign_ins},
    {"sign-out", do_sign_out},
    {"together", do_together},
    {"unseat", do_unseat},
    {"unseat-all", do_unseat_all},
    {"user", do_user},
};

void verb_run(struct script *script, struct telling *telling)
{
    struct play play = {.script = script, .telling = telling, .actor.role = ROLE_ACCOUNT_ADMIN};
    const char *verb = word_next(script, "a verb");
    if (strcmp(verb, "dry-run") == 0) {
        play.command.dry_run = true;
        verb = word_next(script, "a verb");
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, verb) == 0) {
            verbs[i].run(&play);
            return;
        }
    }
    script_error(script, "%s is no verb", verb);
}
