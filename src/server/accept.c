// SPDX-License-Identifier: Apache-2.0
#include "server/accept.h"

#include <string.h>
#include <strings.h>

// Of "0.75" or "1", up to three decimals, with nothing behind but blanks.
static int read_weight(const char *text, size_t length)
{
    static const int places[] = {100, 10, 1};
    if (length == 0 || (text[0] != '0' && text[0] != '1'))
        return 0;
    int weight = text[0] == '1' ? WEIGHT_MAX : 0;
    size_t at = 1;
    if (at < length && text[at] == '.')
        for (at++; at < length && at - 2 < sizeof places / sizeof *places && text[at] >= '0' && text[at] <= '9'; at++)
            weight += (text[at] - '0') * places[at - 2];
    at += strspn(text + at, " \t");
    return at >= length && weight <= WEIGHT_MAX ? weight : 0;
}

// Of the parameters of one item; those that are no weight mean nothing here.
static int weight_of(const char *parameters, size_t length)
{
    const char *end = parameters + length;
    while (parameters < end) {
        parameters += strspn(parameters, "; \t");
        if (end - parameters >= 2 && strncasecmp(parameters, "q=", 2) == 0) {
            size_t left = (size_t)(end - parameters) - 2, own = strcspn(parameters + 2, ";");
            return read_weight(parameters + 2, own < left ? own : left);
        }
        parameters += strcspn(parameters, ";,");
    }
    return WEIGHT_MAX;
}

int accept_weight(const char *list, const char *name)
{
    size_t name_length = strlen(name);
    while (*list != '\0') {
        list += strspn(list, ", \t");
        size_t length = strcspn(list, ","), own = strcspn(list, ",; \t");
        if (own == name_length && strncasecmp(list, name, own) == 0)
            return weight_of(list + own, length - own);
        list += length;
    }
    return WEIGHT_UNNAMED;
}

bool accept_html(const char *accept)
{
    static const char *const ranges[] = {"text/html", "text/*", "*/*"};
    int weight = accept == NULL ? WEIGHT_MAX : WEIGHT_UNNAMED;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && weight == WEIGHT_UNNAMED; i++)
        weight = accept_weight(accept, ranges[i]);
    return weight > 0;
}
