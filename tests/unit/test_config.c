// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include "unit.h"

#include <string.h>
#include <unistd.h>

#define KEY "0123456789abcdef0123456789abcdef"

// The variables of one test: pairs of name and value, ended by NULL. A lookup gets nothing else to look into.
static const char *const *variables;

static char *look_up(const char *name)
{
    for (const char *const *at = variables; at != NULL && *at != NULL; at += 2)
        if (strcmp(*at, name) == 0)
            return (char *)(uintptr_t)at[1];
    return NULL;
}

static enum config_result load(struct config *config, const char *const *words)
{
    char *argv[64] = {(char *)(uintptr_t) "usherd"};
    int argc = 1;
    for (; words != NULL && *words != NULL; words++)
        argv[argc++] = (char *)(uintptr_t)*words;
    return config_load(config, argc, argv, look_up);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_runs(struct config *config, const char *const *words)
{
    enum config_result result = load(config, words);
    if (result != CONFIG_RUN)
        fail_msg("%s", config->error);
}

// The settings are refused with exactly this line.
static void assert_refused(const char *const *words, const char *error)
{
    struct config config;
    assert_int_equal(load(&config, words), CONFIG_BAD);
    assert_string_equal(config.error, error);
    config_fini(&config);
}

// A file of its own for the test; its name stays valid until the next.
static char file_name[64];

static const char *write_file(const char *text)
{
    strcpy(file_name, "/tmp/usher-test-config-XXXXXX");
    int file = mkstemp(file_name);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    return file_name;
}

// Refused with "NAME OF THE FILE" and this.
static void assert_file_refused(const char *text, const char *error)
{
    write_file(text);
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", file_name, error);
    assert_refused(WORDS("--config", file_name), whole);
    unlink(file_name);
}

static int forget_variables(void **state)
{
    (void)state;
    variables = NULL;
    return 0;
}

static void defaults_stand_when_nothing_is_said(void **state)
{
    (void)state;
    struct config config;
    assert_runs(&config, NULL);
    assert_string_equal(config.data, "data");
    assert_string_equal(config.listen, "127.0.0.1:7420");
    assert_null(config.tls_cert);
    assert_int_equal(config.log_format, LOG_FORMAT_TEXT);
    assert_int_equal(config.log_level, LOG_INFO);
    assert_int_equal(config.http_threads, 2);
    assert_int_equal(config.max_connections, 4096);
    assert_int_equal(config.request_timeout_s, 30);
    assert_false(config.demo || config.accept_clock);
    assert_null(config.operator_key);
    config_fini(&config);
}

static void flags_win_over_variables_over_file(void **state)
{
    (void)state;
    write_file("# a comment\n\ndata = /from/file\nlisten = [::1]:1\nlog-level = debug ; said why\ndemo = true\n");
    variables = WORDS("USHER_DATA", "/from/variable", "USHER_LISTEN", "[::1]:2", "USHER_TLS_CERT", "");
    struct config config;
    assert_runs(&config, WORDS("--listen=[::1]:3", "--config", file_name, "--accept-clock"));
    assert_string_equal(config.data, "/from/variable");
    assert_string_equal(config.listen, "[::1]:3");
    assert_int_equal(config.log_level, LOG_DEBUG);
    assert_true(config.demo);
    assert_true(config.accept_clock);
    config_fini(&config);
    variables = WORDS("USHER_CONFIG", file_name);
    assert_runs(&config, WORDS("--demo=false"));
    assert_string_equal(config.data, "/from/file");
    assert_false(config.demo);
    config_fini(&config);
    unlink(file_name);
}

static void bad_flags_are_named(void **state)
{
    (void)state;
    assert_refused(WORDS("--http-threads", "many"), "--http-threads: \"many\" is not a number from 1 to 64");
    assert_refused(WORDS("--http-threads=0"), "--http-threads: \"0\" is not a number from 1 to 64");
    assert_refused(WORDS("--max-connections=99999999999999999999"),
                   "--max-connections: \"99999999999999999999\" is not a number from 1 to 100000");
    assert_refused(WORDS("--log-format=xml"), "--log-format: \"xml\" is not one of text, json");
    assert_refused(WORDS("--listen", "here"),
                   "--listen: \"here\" is not HOST:PORT or [HOST]:PORT with a port up to 65535");
    assert_refused(WORDS("--listen", "::1:80x"),
                   "--listen: \"::1:80x\" is not HOST:PORT or [HOST]:PORT with a port up to 65535");
    assert_refused(WORDS("--demo=perhaps"), "--demo: \"perhaps\" is neither true nor false");
    assert_refused(WORDS("--data="), "--data: is empty; a DIR is needed");
    assert_refused(WORDS("--data"), "--data: needs a DIR");
    assert_refused(WORDS("--data", "a", "--data", "b"), "--data: given twice");
    assert_refused(WORDS("--config", "/nowhere/x"), "--config: cannot read /nowhere/x: No such file or directory");
    assert_refused(WORDS("--config", "/"), "--config: cannot read /: Is a directory");
}

static void unknown_names_get_a_hint(void **state)
{
    (void)state;
    assert_refused(WORDS("--lisen", "x"), "--lisen: no flag of this name; did you mean listen?");
    assert_refused(WORDS("--frobnicate"), "--frobnicate: no flag of this name; usherd --help lists them");
    assert_refused(WORDS("-x"), "-x: no flag of this name; usherd --help lists them");
    assert_refused(WORDS("--"), "--: no flag of this name; usherd --help lists them");
}

static void bad_variables_are_named(void **state)
{
    (void)state;
    variables = WORDS("USHER_REQUEST_TIMEOUT_S", "-1");
    assert_refused(NULL, "USHER_REQUEST_TIMEOUT_S: \"-1\" is not a number from 1 to 3600");
    variables = WORDS("USHER_CONFIG", "/nowhere");
    assert_refused(NULL, "USHER_CONFIG: cannot read /nowhere: No such file or directory");
}

static void bad_lines_of_the_file_are_numbered(void **state)
{
    (void)state;
    assert_file_refused("\n\nlog-levle = info\n", ":3: log-levle: no setting of this name; did you mean log-level?");
    assert_file_refused("data = a\n\ndata = b\n", ":3: data: already set in line 1");
    assert_file_refused("# x\nhttp-threads = 1000\n", ":2: http-threads: \"1000\" is not a number from 1 to 64");
    assert_file_refused("data\n", ":1: not a line of the form NAME = VALUE, a comment (# or ;) or blank");
    assert_file_refused("[server]\ndata = a\n", ":2: data: stands in section [server]; the file has no sections");
    char text[400] = "demo = true\ndata = ";
    memset(text + strlen(text), 'x', 200);
    assert_file_refused(text, ":2: the line is longer than 190 characters");
    // Of two, the first is told.
    assert_file_refused("one = 1\ntwo = 2\n", ":1: one: no setting of this name; usherd --help lists them");
}

static void contradictions_are_named(void **state)
{
    (void)state;
    assert_refused(WORDS("--tls-cert", "a.pem"), "--tls-cert: given without tls-key; TLS needs both");
    variables = WORDS("USHER_TLS_KEY", "k.pem");
    assert_refused(NULL, "USHER_TLS_KEY: given without tls-cert; TLS needs both");
    struct config config;
    assert_runs(&config, WORDS("--tls-cert", "a.pem"));
    assert_string_equal(config.tls_key, "k.pem");
    config_fini(&config);
    write_file(KEY "\n");
    variables = WORDS("USHER_OPERATOR_KEY", KEY);
    assert_refused(WORDS("--operator-key-file", file_name),
                   "--operator-key-file: given along with USHER_OPERATOR_KEY; only one may be");
    unlink(file_name);
}

static void a_store_is_named_by_a_uri_that_is_never_shown(void **state)
{
    (void)state;
    struct config config;
    assert_runs(&config, WORDS("--store", "postgresql://u:secret@a,b/usher?target_session_attrs=read-write",
                               "--processors", "4"));
    assert_string_equal(config.store, "postgresql://u:secret@a,b/usher?target_session_attrs=read-write");
    assert_int_equal(config.processors, 4);
    config_fini(&config);
    variables = WORDS("USHER_STORE", "postgres:///usher");
    assert_runs(&config, NULL);
    assert_string_equal(config.store, "postgres:///usher");
    assert_int_equal(config.processors, 1);
    config_fini(&config);
    variables = WORDS("USHER_STORE", "mysql://u:secret@a/usher");
    assert_refused(NULL, "USHER_STORE: is not a URI of the form postgresql://USER@HOST:PORT/DATABASE");
    variables = NULL;
    assert_refused(WORDS("--store="), "--store: is not a URI of the form postgresql://USER@HOST:PORT/DATABASE");
    assert_file_refused("store = host=a password=secret\n",
                        ":1: store: is not a URI of the form postgresql://USER@HOST:PORT/DATABASE");
    assert_refused(WORDS("--processors", "2"), "--processors: given without store; on the folder there is one");
    assert_refused(WORDS("--store", "postgresql:///a", "--processors", "65"),
                   "--processors: \"65\" is not a number from 1 to 64");
}

static void the_operators_key_comes_from_variable_or_file(void **state)
{
    (void)state;
    struct config config;
    variables = WORDS("USHER_OPERATOR_KEY", KEY);
    assert_runs(&config, NULL);
    assert_string_equal(config.operator_key, KEY);
    config_fini(&config);
    variables = NULL;
    write_file(KEY "\r\n");
    assert_runs(&config, WORDS("--operator-key-file", file_name));
    assert_string_equal(config.operator_key, KEY);
    config_fini(&config);
    unlink(file_name);
}

static void a_bad_key_is_refused_and_never_shown(void **state)
{
    (void)state;
    static const char rule[] = "the operator's key must be 32 to 128 visible ASCII characters without blanks";
    char expected[256];
    snprintf(expected, sizeof expected, "USHER_OPERATOR_KEY: %s", rule);
    char long_key[CONFIG_KEY_MAX + 2] = "";
    memset(long_key, 'k', sizeof long_key - 1);
    const char *const bad[] = {"short", KEY " ", KEY "\x7f", long_key};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        variables = WORDS("USHER_OPERATOR_KEY", bad[i]);
        assert_refused(NULL, expected);
    }
    variables = NULL;
    snprintf(expected, sizeof expected, "--operator-key-file: %s", rule);
    assert_refused(WORDS("--operator-key-file", write_file(long_key)), expected);
    unlink(file_name);
    assert_refused(WORDS("--operator-key-file", write_file("")), expected);
    unlink(file_name);
    assert_refused(WORDS("--operator-key-file", "/nowhere"),
                   "--operator-key-file: cannot read /nowhere: No such file or directory");
    assert_refused(WORDS("--operator-key=" KEY), "--operator-key: the operator's key may not stand here; give it in "
                                                 "USHER_OPERATOR_KEY or in a file that operator-key-file names");
    assert_file_refused("operator-key = " KEY "\n",
                        ":1: operator-key: the operator's key may not stand here; give it in "
                        "USHER_OPERATOR_KEY or in a file that operator-key-file names");
}

static void a_complaint_is_one_line(void **state)
{
    (void)state;
    assert_refused(WORDS("--log-level=a\nb\x1b"), "--log-level: \"a?b?\" is not one of error, warning, info, debug");
    char word[2000];
    memset(word, '-', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    struct config config;
    assert_int_equal(load(&config, WORDS(word)), CONFIG_BAD);
    assert_true(strlen(config.error) < CONFIG_ERROR_SIZE);
    config_fini(&config);
}

static void words_are_left_to_a_subcommand(void **state)
{
    (void)state;
    struct config config;
    assert_runs(&config, WORDS("archive", "--data", "/d", "--before", "2026-01-01", "-v", "-"));
    assert_int_equal(config.argument_count, 5);
    assert_string_equal(config.arguments[0], "archive");
    assert_string_equal(config.arguments[1], "--before");
    assert_string_equal(config.arguments[4], "-");
    assert_string_equal(config.data, "/d");
    config_fini(&config);
}

static void a_key_for_the_metrics_may_be_given(void **state)
{
    (void)state;
    struct config config;
    static const char other[] = "another-key-of-thirty-two-letters-and-more";
    assert_runs(&config, WORDS("--metrics-key-file", write_file(other)));
    assert_string_equal(config.metrics_key, other);
    assert_null(config.operator_key);
    config_fini(&config);
    assert_refused(WORDS("--metrics-key-file", write_file("short")),
                   "--metrics-key-file: the key for the metrics must be 32 to 128 visible ASCII characters without "
                   "blanks");
    assert_refused(WORDS("--operator-key-file", file_name, "--metrics-key-file", file_name),
                   "--operator-key-file: the operator's key must be 32 to 128 visible ASCII characters without blanks");
    write_file(other);
    assert_refused(WORDS("--operator-key-file", file_name, "--metrics-key-file", file_name),
                   "the key for the metrics is the operator's, which may do everything");
    assert_refused(WORDS("--metrics-key", other),
                   "--metrics-key: the key for the metrics may not stand here; give it in USHER_METRICS_KEY or in a file "
                   "that metrics-key-file names");
}

static void help_names_every_setting_and_never_the_key(void **state)
{
    (void)state;
    struct config config;
    variables = WORDS("USHER_LISTEN", "nonsense");
    assert_int_equal(load(&config, WORDS("--demo", "--help", "--nonsense")), CONFIG_HELP);
    config_fini(&config);
    assert_int_equal(load(&config, WORDS("--version")), CONFIG_VERSION);
    config_fini(&config);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    config_help(out);
    fclose(out);
    assert_non_null(strstr(text, "  --listen HOST:PORT"));
    assert_non_null(strstr(text, "USHER_REQUEST_TIMEOUT_S"));
    assert_null(strstr(text, "--operator-key "));
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        assert_in_range(strlen(line), 0, 120);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(defaults_stand_when_nothing_is_said, forget_variables),
        cmocka_unit_test_setup(flags_win_over_variables_over_file, forget_variables),
        cmocka_unit_test_setup(bad_flags_are_named, forget_variables),
        cmocka_unit_test_setup(unknown_names_get_a_hint, forget_variables),
        cmocka_unit_test_setup(bad_variables_are_named, forget_variables),
        cmocka_unit_test_setup(bad_lines_of_the_file_are_numbered, forget_variables),
        cmocka_unit_test_setup(contradictions_are_named, forget_variables),
        cmocka_unit_test_setup(a_store_is_named_by_a_uri_that_is_never_shown, forget_variables),
        cmocka_unit_test_setup(the_operators_key_comes_from_variable_or_file, forget_variables),
        cmocka_unit_test_setup(a_bad_key_is_refused_and_never_shown, forget_variables),
        cmocka_unit_test_setup(a_complaint_is_one_line, forget_variables),
        cmocka_unit_test_setup(words_are_left_to_a_subcommand, forget_variables),
        cmocka_unit_test_setup(a_key_for_the_metrics_may_be_given, forget_variables),
        cmocka_unit_test_setup(help_names_every_setting_and_never_the_key, forget_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
