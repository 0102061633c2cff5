// SPDX-License-Identifier: Apache-2.0
// What a build without the console has in its place: a page that reads well in a terminal, too.
#include "server/console.h"

static const char page[] = "<!doctype html>\n"
                           "<html lang=\"en\">\n"
                           "<meta charset=\"utf-8\">\n"
                           "<meta name=\"viewport\" content=\"width=device-width\">\n"
                           "<title>Usher</title>\n"
                           "<h1>Usher is running, without its web console</h1>\n"
                           "<p>This usherd was built without the console. To have it, build with Node.js 18.18\n"
                           "or newer and npm: \"make build\" installs both on Debian.\n"
                           "<p>All else works: the command line, usher, and the HTTP API, which\n"
                           "<a href=\"/v1/openapi.json\">/v1/openapi.json</a> tells to those who have a key.\n"
                           "</html>\n";

const struct console_file console_files[] = {
    {"/index.html", "text/html; charset=utf-8", "none-" USHER_VERSION, {[CODING_IDENTITY] = {page, sizeof page - 1}}},
    {0},
};
