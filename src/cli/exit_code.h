// SPDX-License-Identifier: Apache-2.0
//
// The exit codes of `usher`, the one list of them: the man page and `usher help` say the same. Functions of the
// program answer with one, too: CLI_OK means go on, anything else was already explained on stderr.
#ifndef CLI_EXIT_CODE_H
#define CLI_EXIT_CODE_H

enum exit_code {
    CLI_OK = 0,
    CLI_REFUSED = 1,     // the server refused for a reason that has no code of its own (400, 413, 415, 422, 429)
    CLI_WRONG_USE = 2,   // a command, option, argument or file that cannot be understood; nothing was changed
    CLI_NOT_FOUND = 3,   // what was named does not exist (404) or has ended (410)
    CLI_NOT_ALLOWED = 4, // no key, a key that does not count, or one that may not do this (401, 403)
    CLI_DENIED = 5,      // no license available, or in conflict with what stands (409)
    CLI_UNAVAILABLE = 6, // the server cannot be reached, failed (5xx), was cut off, or is not an Usher server
    CLI_DECLINED = 7,    // asked, and the answer was no; nothing was changed
    CLI_LOCAL = 8,       // a file or the output of this machine cannot be read or written

    // `usher run` ends with the code of the command that it ran, or 128 and the number of the signal that ended it.
    // What it says itself stays out of the way: programs use the small numbers, and sysexits.h, env, timeout and
    // docker have made the meaning of these known.
    RUN_NO_LICENSE = 75,     // none to be had, or no lease that counts here: nothing was run; another try may help
    RUN_LICENSE_LOST = 76,   // the license was lost, and the command was ended for it
    RUN_NOT_STARTED = 125,   // nothing was run for another reason: wrong use, no server, a key that does not count
    RUN_NOT_EXECUTABLE = 126,
    RUN_NO_SUCH_COMMAND = 127,
};

#define MUST_USE __attribute__((warn_unused_result))

#endif
