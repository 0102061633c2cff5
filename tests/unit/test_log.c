// SPDX-License-Identifier: Apache-2.0
#include "server/log.h"

#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

// A log that writes into a pipe, and what came out of it.
struct output {
    struct log log;
    int reading;
    char text[8192];
};

static struct output open_output(enum log_format format)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct output output = {.log = {.file = ends[1], .format = format, .level = LOG_INFO}, .reading = ends[0]};
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return output;
}

static const char *take(struct output *output)
{
    ssize_t length = read(output->reading, output->text, sizeof output->text - 1);
    output->text[length > 0 ? length : 0] = '\0';
    return output->text;
}

// What follows the time, which is always 24 characters long.
static const char *take_after_time(struct output *output)
{
    const char *text = take(output);
    assert_true(strlen(text) > 25);
    assert_int_equal(text[10], 'T');
    assert_int_equal(text[23], 'Z');
    return text + 25;
}

static void close_output(struct output *output)
{
    close(output->log.file);
    close(output->reading);
}

static void text_is_a_line_for_people(void **state)
{
    (void)state;
    struct output output = open_output(LOG_FORMAT_TEXT);
    log_line(&output.log, LOG_INFO, "request", log_text("route", "/v1/accounts/{account}"), log_number("status", 200));
    assert_string_equal(take_after_time(&output), "info request route=\"/v1/accounts/{account}\" status=200\n");
    close_output(&output);
}

static void json_is_one_object_a_line(void **state)
{
    (void)state;
    struct output output = open_output(LOG_FORMAT_JSON);
    log_line(&output.log, LOG_ERROR, "say \"hello\"", log_text("name", "Zoë"), log_number("count", -3));
    const char *text = take(&output);
    assert_memory_equal(text, "{\"time\":\"", 9);
    assert_string_equal(text + 33,
                        "\",\"level\":\"error\",\"message\":\"say \\\"hello\\\"\",\"name\":\"Zoë\",\"count\":-3}\n");
    close_output(&output);
}

static void lines_above_the_level_are_left_out(void **state)
{
    (void)state;
    struct output output = open_output(LOG_FORMAT_TEXT);
    log_line(&output.log, LOG_DEBUG, "too much", log_number("n", 1));
    assert_string_equal(take(&output), "");
    assert_false(log_wants(NULL, LOG_ERROR));
    log_line((const struct log *)NULL, LOG_ERROR, "nobody hears", log_number("n", 1));
    close_output(&output);
}

static void nobody_can_forge_a_line_or_steer_a_terminal(void **state)
{
    (void)state;
    struct output output = open_output(LOG_FORMAT_TEXT);
    log_line(&output.log, LOG_INFO, "x\ny",
             log_text("name", "a\r\n2026 info forged\x1b[2J \xe2\x80\xae \xc2\x9b \xff \\ \""));
    const char *text = take_after_time(&output);
    assert_string_equal(text,
                        "info x\\u000ay name=\"a\\u000d\\u000a2026 info forged\\u001b[2J \\u202e \\u009b \\ufffd \\\\ "
                        "\\\"\"\n");
    close_output(&output);
}

static void keys_are_masked_wherever_they_stand(void **state)
{
    (void)state;
    struct output output = open_output(LOG_FORMAT_JSON);
    log_line(&output.log, LOG_INFO, "with ushk_abcDEF-_09 inside", log_text("header", "Bearer ushk_secret,next"));
    const char *text = take(&output);
    assert_null(strstr(text, "abcDEF"));
    assert_null(strstr(text, "secret"));
    assert_non_null(strstr(text, "with ushk_*** inside"));
    assert_non_null(strstr(text, "Bearer ushk_***,next"));
    close_output(&output);
}

static void a_line_fits_a_pipe_whatever_it_holds(void **state)
{
    (void)state;
    struct output output = open_output(LOG_FORMAT_JSON);
    char bad[3000];
    memset(bad, '\n', sizeof bad - 1);
    bad[sizeof bad - 1] = '\0';
    struct log_field fields[20];
    for (size_t i = 0; i < 20; i++)
        fields[i] = log_text("field", bad);
    log_write(&output.log, LOG_INFO, bad, fields, 20);
    const char *text = take(&output);
    size_t length = strlen(text);
    assert_in_range(length, 1000, 4096);
    assert_string_equal(text + length - 7, "a...\"}\n");
    close_output(&output);
}

enum { WRITERS = 4, LINES = 500 };

static void *write_many(void *log)
{
    for (int i = 0; i < LINES; i++)
        log_line((const struct log *)log, LOG_INFO, "line",
                 log_text("text", "0123456789012345678901234567890123456789"));
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    (void)state;
    struct output output = open_output(LOG_FORMAT_TEXT);
    fcntl(output.reading, F_SETFL, 0);
    pthread_t writers[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        pthread_create(&writers[i], NULL, write_many, &output.log);
    FILE *file = fdopen(output.reading, "r");
    char line[512];
    for (int i = 0; i < WRITERS * LINES; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        assert_string_equal(line + 25, "info line text=\"0123456789012345678901234567890123456789\"\n");
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    fclose(file);
    close(output.log.file);
}

static void an_output_that_fails_holds_up_nobody(void **state)
{
    (void)state;
    struct log log = {.file = open("/dev/full", O_WRONLY), .level = LOG_INFO};
    log_line(&log, LOG_INFO, "lost", log_number("n", 1));
    close(log.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_a_line_for_people),
        cmocka_unit_test(json_is_one_object_a_line),
        cmocka_unit_test(lines_above_the_level_are_left_out),
        cmocka_unit_test(nobody_can_forge_a_line_or_steer_a_terminal),
        cmocka_unit_test(keys_are_masked_wherever_they_stand),
        cmocka_unit_test(a_line_fits_a_pipe_whatever_it_holds),
        cmocka_unit_test(lines_of_several_threads_do_not_mix),
        cmocka_unit_test(an_output_that_fails_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
