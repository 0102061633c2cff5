// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE // nftw, setgroups
#include "postgres.h"

#include "base/check.h"

#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    char folder[64], data[80], programs[256], uri[160];
    pid_t owner, server;
} cluster;

// The folder of the newest PostgreSQL that is installed, in Debian's way; else what is in the path.
static void find_programs(void)
{
    glob_t found = {0};
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) == 0)
        snprintf(cluster.programs, sizeof cluster.programs, "%s/", found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
}

// PostgreSQL does not run as root.
static const struct passwd *somebody(void)
{
    const struct passwd *user = geteuid() != 0 ? getpwuid(geteuid()) : getpwnam("postgres");
    return user != NULL ? user : getpwnam("nobody");
}

// In a child: becomes the program as this user, to end with the test.
static void become(const struct passwd *user, const char *program, char *const arguments[])
{
    char file[300];
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (chdir(cluster.folder) != 0 || freopen("log", "a", stdout) == NULL || dup2(1, 2) < 0)
        _exit(126);
    if (cluster.programs[0] != '\0') {
        snprintf(file, sizeof file, "%s%s", cluster.programs, program);
        execv(file, arguments);
    } else {
        execvp(program, arguments);
    }
    _exit(127);
}

static pid_t spawn(const char *program, char *const arguments[])
{
    const struct passwd *user = somebody();
    CHECK(user != NULL);
    fflush(NULL);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        become(user, program, arguments);
    return child;
}

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "%s: see %s/log; tests of the PostgreSQL driver want Debian's package postgresql\n", what,
            cluster.folder);
    abort();
}

static void make_cluster(void)
{
    char *arguments[] = {"initdb", "-D", cluster.data, "-U",          "usher",     "-A",
                         "trust",  "-E", "UTF8",       "--no-locale", "--no-sync", NULL};
    int status;
    pid_t child = spawn("initdb", arguments);
    CHECK(waitpid(child, &status, 0) == child);
    if (status != 0)
        give_up("initdb failed");
}

static void start_server(void)
{
    // The port is a part of the socket's name only: none of the machine's is taken.
    char *arguments[] = {
        "postgres",  "-D", cluster.data,         "-k", cluster.folder,        "-c", "listen_addresses=", "-c",
        "fsync=off", "-c", "max_connections=30", "-c", "shared_buffers=16MB", NULL};
    cluster.server = spawn("postgres", arguments);
    for (int i = 0; i < 4800; i++) {
        if (PQping(cluster.uri) == PQPING_OK)
            return;
        if (waitpid(cluster.server, NULL, WNOHANG) != 0)
            break;
        usleep(25 * 1000);
    }
    give_up("PostgreSQL does not start");
}

static int remove_file(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

static void end_server(int signal)
{
    kill(cluster.server, signal);
    waitpid(cluster.server, NULL, 0);
}

static void clear_away(void)
{
    if (getpid() != cluster.owner)
        return;
    end_server(SIGINT);
    nftw(cluster.folder, remove_file, 16, FTW_DEPTH | FTW_PHYS);
}

static void start_cluster(void)
{
    const struct passwd *user = somebody();
    snprintf(cluster.folder, sizeof cluster.folder, "/tmp/usher-postgres-XXXXXX");
    CHECK(mkdtemp(cluster.folder) != NULL);
    CHECK(user != NULL && (geteuid() != 0 || chown(cluster.folder, user->pw_uid, user->pw_gid) == 0));
    snprintf(cluster.data, sizeof cluster.data, "%s/data", cluster.folder);
    snprintf(cluster.uri, sizeof cluster.uri, "postgresql:///postgres?host=%s&user=usher", cluster.folder);
    find_programs();
    make_cluster();
    start_server();
    cluster.owner = getpid();
    atexit(clear_away);
}

void postgres_run(const char *sql)
{
    PGconn *conn = PQconnectdb(cluster.uri);
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        give_up(PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
}

const char *postgres_empty(void)
{
    if (cluster.owner == 0)
        start_cluster();
    postgres_run("SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    return cluster.uri;
}

void postgres_crash(void)
{
    end_server(SIGQUIT);
    start_server();
}
