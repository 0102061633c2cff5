// SPDX-License-Identifier: Apache-2.0
#include "cli/ask.h"

#include "base/buffer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <strings.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_MAX_LENGTH = 8192 };

bool ask_possible(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static void on_interrupt(int signal)
{
    (void)signal; // it is enough that pselect() returns
}

// Waits for something to read; false when a signal of the mask came first. They are let in nowhere else: one that came
// between the question and a plain read() would be forgotten, and the read never end.
static bool wait_for_input(const sigset_t *mask)
{
    fd_set inputs;
    FD_ZERO(&inputs);
    FD_SET(STDIN_FILENO, &inputs);
    return pselect(STDIN_FILENO + 1, &inputs, NULL, NULL, NULL, mask) == 1;
}

// False at the end of input, and when a signal of the mask came in between.
static bool read_line(struct buffer *line, const sigset_t *mask)
{
    for (char character; line->length < LINE_MAX_LENGTH;) {
        if (!wait_for_input(mask))
            return false;
        ssize_t got = read(STDIN_FILENO, &character, 1);
        if (got != 1)
            return got == 0 && line->length > 0;
        if (character == '\n')
            return true;
        buffer_add_char(line, character);
    }
    return true;
}

// From here on what is typed is not shown. False when the input is no terminal.
static bool hide(struct termios *ret_shown)
{
    if (tcgetattr(STDIN_FILENO, ret_shown) != 0)
        return false;
    struct termios hidden = *ret_shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
}

const char *ask_line(struct arena *arena, const char *question, bool hidden)
{
    fflush(stdout);
    // Ctrl-C must not leave the terminal without its echo: it ends the reading, and the caller ends the program.
    sigset_t interrupts, mask;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupts, &mask);
    struct sigaction interrupt = {.sa_handler = on_interrupt}, before;
    sigaction(SIGINT, &interrupt, &before);
    // Only then the question: who answers it at once is neither shown nor lost.
    struct termios shown;
    bool is_hidden = hidden && hide(&shown);
    fprintf(stderr, "%s", question);
    struct buffer line = {0};
    bool read = read_line(&line, &mask);
    if (is_hidden)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    sigaction(SIGINT, &before, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    const char *answer = read ? arena_strdup(arena, buffer_text(&line)) : NULL;
    buffer_fini(&line);
    if (hidden || !read)
        fputc('\n', stderr);
    return answer;
}

bool ask_yes(struct arena *arena, const char *question)
{
    const char *answer = ask_line(arena, question, false);
    return answer != NULL && (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);
}
