// SPDX-License-Identifier: Apache-2.0
// Takes a license of the product named, works, and gives it back.
// cc hello.c $(pkg-config --cflags --libs usher) -o hello; the server and the key come from USHER_URL and USHER_KEY.
#include <stdio.h>
#include <usher.h>

int main(int argc, char **argv)
{
    struct usher_error error;
    struct usher *usher = usher_open(NULL, NULL, NULL, &error);
    struct usher_request *request = usher_request_new(argc > 1 ? argv[1] : "KRE");
    struct usher_session *session = usher != NULL ? usher_acquire(usher, request, &error) : NULL;
    if (session != NULL)
        puts("Hello, I have a license.");
    else
        fprintf(stderr, "No license: %s\n", error.detail);
    usher_request_free(request);
    usher_close(usher); // gives the license back
    return session == NULL;
}
