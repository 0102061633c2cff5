// SPDX-License-Identifier: Apache-2.0
// The table of all settings: what a name means, what it may be, and the help.
#include "server/config_parts.h"

#include <inttypes.h>
#include <string.h>

#define MEMBER(name) .offset = offsetof(struct config, name)

// clang-format off
const struct setting config_settings[] = {
    {.name = "data", .variable = "USHER_DATA", .placeholder = "DIR", .initial = "data",
     .kind = CONFIG_TEXT, MEMBER(data), .help = "folder that holds everything"},
    {.name = "store", .variable = "USHER_STORE", .placeholder = "URI",
     .kind = CONFIG_URI, MEMBER(store), .help = "PostgreSQL database for several equal servers, postgresql://…"},
    {.name = "processors", .variable = "USHER_PROCESSORS", .placeholder = "N", .initial = "1",
     .kind = CONFIG_NUMBER, MEMBER(processors), .help = "connections that serve accounts, with store",
     .least = 1, .most = 64},
    {.name = "listen", .variable = "USHER_LISTEN", .placeholder = "HOST:PORT", .initial = "127.0.0.1:7420",
     .kind = CONFIG_ADDRESS, MEMBER(listen), .help = "address to serve; port 0 takes a free one"},
    {.name = "tls-cert", .variable = "USHER_TLS_CERT", .placeholder = "FILE",
     .kind = CONFIG_TEXT, MEMBER(tls_cert), .help = "certificate chain, PEM: serve HTTPS"},
    {.name = "tls-key", .variable = "USHER_TLS_KEY", .placeholder = "FILE",
     .kind = CONFIG_TEXT, MEMBER(tls_key), .help = "its private key, PEM"},
    {.name = "operator-key-file", .variable = "USHER_OPERATOR_KEY_FILE", .placeholder = "FILE",
     .kind = CONFIG_KEY_FILE, MEMBER(operator_key), .help = "file that holds the operator's key"},
    {.name = "metrics-key-file", .variable = "USHER_METRICS_KEY_FILE", .placeholder = "FILE",
     .kind = CONFIG_KEY_FILE, MEMBER(metrics_key), .help = "file that holds a key for /metrics alone"},
    {.name = "log-format", .variable = "USHER_LOG_FORMAT", .placeholder = "FORMAT", .initial = "text",
     .kind = CONFIG_CHOICE, MEMBER(log_format), .help = "of the lines on stderr",
     .choices = {"text", "json"}},
    {.name = "log-level", .variable = "USHER_LOG_LEVEL", .placeholder = "LEVEL", .initial = "info",
     .kind = CONFIG_CHOICE, MEMBER(log_level), .help = "what is logged, with all that is graver",
     .choices = {"error", "warning", "info", "debug"}},
    {.name = "http-threads", .variable = "USHER_HTTP_THREADS", .placeholder = "N", .initial = "2",
     .kind = CONFIG_NUMBER, MEMBER(http_threads), .help = "threads that speak HTTP",
     .least = 1, .most = 64},
    {.name = "max-connections", .variable = "USHER_MAX_CONNECTIONS", .placeholder = "N", .initial = "4096",
     .kind = CONFIG_NUMBER, MEMBER(max_connections), .help = "open connections",
     .least = 1, .most = 100000},
    {.name = "max-connections-per-address", .variable = "USHER_MAX_CONNECTIONS_PER_ADDRESS", .placeholder = "N",
     .initial = "0", .kind = CONFIG_NUMBER, MEMBER(max_connections_per_address),
     .help = "of them from one address, or 0: no limit", .least = 0, .most = 100000},
    {.name = "request-timeout-s", .variable = "USHER_REQUEST_TIMEOUT_S", .placeholder = "N", .initial = "30",
     .kind = CONFIG_NUMBER, MEMBER(request_timeout_s), .help = "seconds a client has to send a request",
     .least = 1, .most = 3600},
    {.name = "demo", .variable = "USHER_DEMO", .initial = "false",
     .kind = CONFIG_SWITCH, MEMBER(demo), .help = "fill a new folder with the worked examples"},
    {.name = "accept-clock", .variable = "USHER_ACCEPT_CLOCK", .initial = "false",
     .kind = CONFIG_SWITCH, MEMBER(accept_clock), .help = "start although the clock has jumped"},
};
// clang-format on

const struct config_key config_keys[CONFIG_KEYS] = {
    {"operator-key-file", "USHER_OPERATOR_KEY", "the operator's key", offsetof(struct config, operator_key)},
    {"metrics-key-file", "USHER_METRICS_KEY", "the key for the metrics", offsetof(struct config, metrics_key)},
};

const size_t config_setting_count = sizeof config_settings / sizeof *config_settings;
_Static_assert(sizeof config_settings / sizeof *config_settings <= CONFIG_SETTINGS_MAX, "room for their sources");

const struct setting *config_find(const char *name, size_t length)
{
    for (size_t i = 0; i < config_setting_count; i++)
        if (strlen(config_settings[i].name) == length && memcmp(config_settings[i].name, name, length) == 0)
            return &config_settings[i];
    return NULL;
}

static void help_on(FILE *out, const struct setting *setting)
{
    char flag[64];
    snprintf(flag, sizeof flag, "--%s%s%s", setting->name, setting->placeholder != NULL ? " " : "",
             setting->placeholder != NULL ? setting->placeholder : "");
    fprintf(out, "  %-33s %s", flag, setting->help);
    if (setting->kind == CONFIG_NUMBER)
        fprintf(out, ", %" PRId64 " to %" PRId64, setting->least, setting->most);
    for (size_t i = 0; i < CONFIG_CHOICES_MAX && setting->choices[i] != NULL; i++)
        fprintf(out, "%s%s", i == 0 ? ": " : ", ", setting->choices[i]);
    if (setting->initial != NULL && setting->kind != CONFIG_SWITCH)
        fprintf(out, " (%s)", setting->initial);
    fprintf(out, "\n  %-33s %s\n", "", setting->variable);
}

void config_help(FILE *out)
{
    fputs("Usage: usherd [COMMAND] [--NAME VALUE]...\n\n"
          "The license pool server. A setting is a flag, or the variable below it, or a line NAME = VALUE\n"
          "(without the dashes) of the file that --config or USHER_CONFIG names; flags win over variables,\n"
          "variables over the file. In brackets: the default.\n\n"
          "Without COMMAND it serves. archive, copy, restore, rotate-key and verify work on the data itself,\n"
          "routes lists all addresses; the manual, usherd(8), says more.\n\n",
          out);
    for (size_t i = 0; i < config_setting_count; i++)
        help_on(out, &config_settings[i]);
    fputs("  --config FILE                     read settings from this file\n"
          "                                    USHER_CONFIG\n"
          "  --version                         print the version\n"
          "  --help                            print this\n\n"
          "USHER_OPERATOR_KEY gives the operator's key, 32 to 128 visible ASCII characters; there is no flag for\n"
          "it. Without it and operator-key-file the server makes one at its first start. USHER_METRICS_KEY gives\n"
          "a key that reads /metrics and nothing else; without it and metrics-key-file there is none.\n",
          out);
}
