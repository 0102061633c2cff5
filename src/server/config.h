// SPDX-License-Identifier: Apache-2.0
//
// The settings of usherd. One table (config_table.c) gives each setting its name, kind, default, variable and help;
// from it come the flags (--NAME VALUE or --NAME=VALUE), the variables (USHER_NAME), the lines of the file
// (NAME = VALUE) and the text of --help. Flags win over variables, variables over the file named by --config, the file
// over the defaults; but a bad value is an error wherever it stands.
//
// The operator's key comes from USHER_OPERATOR_KEY or from a file (operator-key-file), never from a flag, which every
// user of the machine could read. So does the key that reads the metrics and nothing else.
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "base/arena.h"
#include "server/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CONFIG_ERROR_SIZE = 512, CONFIG_KEY_MIN = 32, CONFIG_KEY_MAX = 128 };

struct config {
    const char *data;               // folder of the database, and of the keys
    const char *store;              // URI of a PostgreSQL database, never to be shown; NULL: SQLite in the folder
    int64_t processors;             // more than 1 only with a store
    const char *listen;             // HOST:PORT
    const char *tls_cert, *tls_key; // PEM files; both or neither (NULL)
    enum log_format log_format;
    enum log_level log_level;
    int64_t http_threads;
    int64_t max_connections;
    int64_t max_connections_per_address; // 0: no limit
    int64_t request_timeout_s;
    bool demo;
    bool accept_clock;
    const char *operator_key; // NULL: none given
    const char *metrics_key;  // NULL: none

    // The command line's other words, in order: a subcommand and what belongs to it. Once there is one, flags that are
    // no settings are words, too.
    const char **arguments;
    size_t argument_count;

    char error[CONFIG_ERROR_SIZE]; // one line without a newline, after CONFIG_BAD
    struct arena arena;            // all strings above live here
};

enum config_result {
    CONFIG_RUN,     // the settings stand
    CONFIG_HELP,    // --help was given: print config_help and leave with 0
    CONFIG_VERSION, // --version was given
    CONFIG_BAD,     // see error: print it and leave with 2
};

// Where variables are looked up; getenv, but in tests.
typedef char *config_lookup(const char *name);

// Reads flags (argv[0] is skipped), variables and file into *config, which need not be initialized. Whatever the
// result, config_fini is to be called in the end.
enum config_result config_load(struct config *config, int argc, char *const *argv, config_lookup *lookup);
// Wipes the keys and frees all strings.
void config_fini(struct config *config);

void config_help(FILE *out);

#endif
