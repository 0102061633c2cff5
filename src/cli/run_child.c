// SPDX-License-Identifier: Apache-2.0
#include "cli/run_child.h"

#include "cli/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NAMES_COUNT = 3 };

// ---- The program

static enum exit_code cannot_run(const char *name, int number)
{
    if (number == ENOENT) {
        complain("there is no command \"%s\"", name);
        return RUN_NO_SUCH_COMMAND;
    }
    complain("\"%s\" cannot be run: %s", name, strerror(number));
    return RUN_NOT_EXECUTABLE;
}

// 0, or why not.
static int try_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno == ENOTDIR ? ENOENT : errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    return access(path, X_OK) == 0 ? 0 : errno;
}

enum exit_code run_child_find(struct arena *arena, const char *name)
{
    int found = ENOENT;
    if (strchr(name, '/') != NULL) {
        found = try_path(name);
        return found == 0 ? CLI_OK : cannot_run(name, found);
    }
    const char *path = getenv("PATH");
    for (const char *part = path != NULL ? path : "/bin:/usr/bin"; part != NULL;) {
        size_t length = strcspn(part, ":");
        int number = try_path(arena_printf(arena, "%.*s%s%s", (int)length, part, length > 0 ? "/" : "./", name));
        if (number == 0)
            return CLI_OK;
        if (number != ENOENT && number != EISDIR)
            found = number;
        part = part[length] == ':' ? part + length + 1 : NULL;
    }
    return cannot_run(name, found);
}

// ---- Its descriptors and its environment

void run_files_note(struct run_files *files)
{
    for (int file = 0; file < RUN_FILES_MAX; file++)
        files->given[file] = fcntl(file, F_GETFD) >= 0;
}

static void keep_ours(const struct run_files *files)
{
    for (int file = 0; file < RUN_FILES_MAX; file++) {
        if (!files->given[file])
            fcntl(file, F_SETFD, FD_CLOEXEC);
    }
}

static bool is_variable(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static bool is_taken_out(const struct run_command *command, const char *entry)
{
    for (size_t i = 0; i < NAMES_COUNT; i++) {
        if (is_variable(entry, command->names[i]))
            return true;
    }
    return !command->keeps_key && is_variable(entry, "USHER_KEY");
}

static char **make_environment(struct arena *arena, const struct run_command *command)
{
    size_t count = 0, made = 0;
    while (environ[count] != NULL)
        count++;
    char **environment = arena_alloc(arena, (count + NAMES_COUNT + 1) * sizeof environment[0]);
    for (size_t i = 0; i < count; i++) {
        if (!is_taken_out(command, environ[i]))
            environment[made++] = environ[i];
    }
    for (size_t i = 0; i < NAMES_COUNT; i++) {
        if (command->values[i] != NULL)
            environment[made++] = arena_printf(arena, "%s=%s", command->names[i], command->values[i]);
    }
    return environment;
}

// ---- The process

struct birth {
    const struct run_signals *signals;
    const struct run_command *command;
    char **environment;
    pid_t parent;
    int failure; // where errno of a failed exec goes; closed by one that succeeds
};

// After a fork in a process with threads: nothing here takes a lock or memory.
static _Noreturn void become(const struct birth *birth)
{
    const struct run_command *command = birth->command;
    if (!command->may_outlive) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // It died before we could say so.
        if (getppid() != birth->parent)
            _exit(RUN_NOT_STARTED);
    }
    keep_ours(&command->files);
    run_signals_restore(birth->signals);
    execvpe(command->words[0], command->words, birth->environment);
    int number = errno;
    (void)!write(birth->failure, &number, sizeof number);
    _exit(RUN_NOT_EXECUTABLE);
}

static int wait_for_exec(int failure)
{
    int number = 0;
    ssize_t got;
    do
        got = read(failure, &number, sizeof number);
    while (got < 0 && errno == EINTR);
    return got == sizeof number ? number : 0;
}

static enum exit_code no_process(void)
{
    complain("there is no process to be had: %s", strerror(errno));
    return CLI_LOCAL;
}

enum exit_code run_child_start(struct cli *cli, const struct run_signals *signals, const struct run_command *command,
                               struct run_child *ret_child)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return no_process();
    struct birth birth = {signals, command, make_environment(&cli->arena, command), getpid(), ends[1]};
    run_orphans_adopt();
    pid_t pid = fork();
    if (pid == 0)
        become(&birth);
    close(ends[1]);
    enum exit_code code = CLI_OK;
    if (pid < 0) {
        code = no_process();
    } else {
        *ret_child = (struct run_child){.pid = pid, .is_running = true};
        int number = wait_for_exec(ends[0]);
        if (number != 0) {
            code = cannot_run(command->words[0], number);
            waitpid(pid, NULL, 0);
            ret_child->is_running = false;
        }
    }
    close(ends[0]);
    return code;
}

bool run_child_look(struct run_child *child)
{
    int status;
    bool changed = false;
    // Orphans are taken in, too, and forgotten.
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0;) {
        if (pid != child->pid || !child->is_running)
            continue;
        changed = changed || !WIFCONTINUED(status);
        child->is_stopped = WIFSTOPPED(status);
        if (WIFSTOPPED(status))
            child->stopped_by = WSTOPSIG(status);
        child->is_running = !WIFEXITED(status) && !WIFSIGNALED(status);
        child->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        child->was_interrupted = WIFSIGNALED(status) && WTERMSIG(status) == SIGINT;
    }
    return changed;
}

void run_child_send(const struct run_child *child, int signal)
{
    if (child->is_running)
        kill(child->pid, signal);
}
