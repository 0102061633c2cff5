// SPDX-License-Identifier: Apache-2.0
//
// The license of `usher run`. What takes time (standing in line, giving back) is done by a thread of its own, one
// such thing at a time, while the main thread attends to signals and to the command. Both that thread and libusher's
// tell through one descriptor that there is something new.
#ifndef CLI_RUN_LICENSE_H
#define CLI_RUN_LICENSE_H

#include "cli/cli.h"
#include "usher.h"

#include <pthread.h>

struct license {
    int fd; // readable when license_next has something
    struct usher *usher;
    struct usher_request *request; // NULL: none was made yet
    struct usher_session *session; // NULL: none is held; not to be looked at while the thread is busy
    struct usher_error error;      // how the last thing that took time ended
    bool is_busy;
    bool persists; // while the server is away, for as long as it takes
    pthread_t thread;
    pthread_mutex_t mutex;
    bool is_done;   // under the mutex, as the rest: the thread has finished
    bool has_news;  // the library has told something
    struct usher_session_info info;
    struct usher_error news;
};

enum license_event {
    LICENSE_NOTHING,
    LICENSE_DONE,    // license_take or license_give_back has ended: session and error tell how
    LICENSE_CHANGED, // the session's state: info and news, copied to the caller
};

// Takes usher over, also when it fails.
enum exit_code license_open(struct license *license, struct usher *usher) MUST_USE;
// All must be given back, and the thread not busy.
void license_close(struct license *license);

// Begins to take one; LICENSE_DONE tells the end. The request is taken over; a former session is let go.
void license_take(struct license *license, struct usher_request *request, bool persists);
// Ends license_take, soon: LICENSE_DONE comes then.
void license_cancel(struct license *license);
// Begins to give back what is held, and to undo what may have been granted: some ten seconds at most.
void license_give_back(struct license *license);

enum license_event license_next(struct license *license, struct usher_session_info *ret_info,
                                struct usher_error *ret_error);

#endif
