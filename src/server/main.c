// SPDX-License-Identifier: Apache-2.0
//
// usherd: settings, store, service, front; then it waits for the signal to stop. Exit status: 0 after a stop, 1 when
// it could not start or a subcommand failed, 2 for wrong use.
#include "api/call.h"
#include "server/config.h"
#include "server/crew.h"
#include "server/demo.h"
#include "server/front.h"
#include "server/lease_keys_shared.h"
#include "server/operator_key.h"
#include "server/tools.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, ERROR_SIZE = 1024 };

static void greet_demo(const struct config *config, const char *address, const char *password)
{
    printf("\nThe console: %s/?account=AC-1\n", address);
    if (password[0] != '\0')
        printf("  e-mail:   " DEMO_EMAIL "\n"
               "  password: %s (kept nowhere: note it now)\n", password);
    else
        printf("  The password was told at the first start; for another: build/usher users invite " DEMO_EMAIL "\n");
    printf("\nThings to try in another terminal:\n");
    if (config->operator_key == NULL)
        printf("  export USHER_KEY=$(cat %s/" OPERATOR_KEY_FILE ")\n", config->data);
    printf("  build/usher pools\n"
           "  build/usher sessions start --product KRE --user alice@example.com\n"
           "  build/usher explain --product KRE --user bob@example.com\n");
}

static void greet_operator(const struct config *config, bool made_key)
{
    char path[ERROR_SIZE];
    snprintf(path, sizeof path, "%s/" OPERATOR_KEY_FILE, config->data);
    if (access(path, F_OK) == 0)
        printf("The operator's key is in %s%s\n", path, made_key ? " (made just now, readable by you only)" : "");
    else
        printf("The operator's key is with the server that made it, in its folder's " OPERATOR_KEY_FILE "\n");
}

// What people see on a terminal when the server has started. `demo_password`: "" when it was not made just now.
static void greet(const struct config *config, unsigned port, bool made_key, const char *demo_password)
{
    char address[ERROR_SIZE];
    const char *colon = strrchr(config->listen, ':');
    int host_length = colon != NULL ? (int)(colon - config->listen) : (int)strlen(config->listen);
    snprintf(address, sizeof address, "%s://%.*s:%u", config->tls_cert != NULL ? "https" : "http", host_length,
             config->listen, port);
    printf("usherd %s serves %s from %s\n", USHER_VERSION, address,
           config->store != NULL ? "PostgreSQL" : config->data);
    if (config->operator_key == NULL)
        greet_operator(config, made_key);
    if (config->demo)
        greet_demo(config, address, demo_password);
    fflush(stdout);
}

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    // Threads inherit the mask: the signals wait for sigwait here.
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int fail(const char *error)
{
    fprintf(stderr, "usherd: %s\n", error);
    return EXIT_FAILED;
}

static int serve_crew(const struct config *config, struct crew *crew, const struct log *log, const sigset_t *signals)
{
    char error[ERROR_SIZE];
    char demo_password[DEMO_PASSWORD_SIZE] = "";
    bool made_key = false;
    if (!operator_key_settle(crew->services, config->operator_key, config->data, &made_key, error, sizeof error) ||
        !lease_keys_settle(crew->services, config->data, error, sizeof error) ||
        (config->demo && !demo_fill(crew->services, demo_password, error, sizeof error)))
        return fail(error);
    struct front *front = front_open(config, crew->services, crew->count, log, error, sizeof error);
    if (front == NULL)
        return fail(error);
    greet(config, front_port(front), made_key, demo_password);
    sodium_memzero(demo_password, sizeof demo_password);
    int signal_number;
    sigwait(signals, &signal_number);
    log_line(log, LOG_INFO, "stopping", log_text("signal", signal_number == SIGINT ? "INT" : "TERM"));
    front_close(front);
    return 0;
}

static int serve(const struct config *config)
{
    struct log log = {.file = STDERR_FILENO, .format = config->log_format, .level = config->log_level};
    char error[ERROR_SIZE];
    struct crew crew;
    sigset_t signals;
    block_signals(&signals);
    if (geteuid() == 0)
        log_line(&log, LOG_WARNING, "runs as root, which it has no need of: give it a user of its own",
                 log_number("uid", 0));
    bool is_open = crew_open(&crew, config, error, sizeof error);
    int status = is_open ? serve_crew(config, &crew, &log, &signals) : fail(error);
    crew_close(&crew);
    return status;
}

static int run(struct config *config, enum config_result result)
{
    switch (result) {
    case CONFIG_HELP:
        config_help(stdout);
        return 0;
    case CONFIG_VERSION:
        printf("usherd %s\n", USHER_VERSION);
        return 0;
    case CONFIG_BAD:
        fprintf(stderr, "usherd: %s\n", config->error);
        return EXIT_USAGE;
    case CONFIG_RUN:
        break;
    }
    return config->argument_count > 0 ? tools_run(config) : serve(config);
}

// What is written is the owner's alone, and memory, where keys are, is in no core file and open to no other process of
// the same user.
static void close_to_others(void)
{
    umask(077);
    prctl(PR_SET_DUMPABLE, 0);
}

int main(int argc, char **argv)
{
    close_to_others();
    if (sodium_init() < 0)
        return fail("libsodium cannot start");
    struct config config;
    int status = run(&config, config_load(&config, argc, argv, getenv));
    config_fini(&config);
    return status;
}
