// SPDX-License-Identifier: Apache-2.0
#include "server/console.h"

#include "server/accept.h"

#include <string.h>

static const char assets[] = "/assets/";

// What the browser may do with the console's pages: run and show what came from here, talk to here, and nothing else.
// No script or style in the page itself, no frame around it, no form sent elsewhere.
static const struct http_header protection[] = {
    {"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                                "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; "
                                "frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"},
};

// ---- Finding

// A page's address: no empty segment, so that none is taken for a host, and nothing that could mean another place.
static bool is_plain(const char *path)
{
    for (const char *at = path; *at != '\0'; at++) {
        bool is_control = (unsigned char)*at < 0x20 || *at == 0x7f;
        if (is_control || *at == '\\' || strncmp(at, "//", 2) == 0 || strncmp(at, "%2F", 3) == 0)
            return false;
        if (strncmp(at, "/.", 2) == 0)
            return false;
    }
    return true;
}

static bool is_below(const char *path, const char *place)
{
    size_t length = strlen(place);
    return strncmp(path, place, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

// A file has an extension; a page has none, and its path is free for the console to read.
static bool is_page(const char *path)
{
    bool has_extension = strchr(strrchr(path, '/'), '.') != NULL;
    return !has_extension && is_plain(path) && !is_below(path, "/v1") && !is_below(path, "/assets");
}

static const struct console_file *find_file(const struct console_file *files, const char *path)
{
    while (files->path != NULL && strcmp(files->path, path) != 0)
        files++;
    return files->path != NULL ? files : NULL;
}

const struct console_file *console_find(const struct console_file *files, const char *path, const char *accept)
{
    const struct console_file *file = find_file(files, path);
    if (file == NULL && is_page(path) && accept_html(accept))
        file = find_file(files, "/index.html");
    return file;
}

// ---- Choosing

static const struct coding {
    const char *name, *alias;
    const char *mark; // at the end of the entity tag: the same file has another in each form
    int unnamed;      // its weight when a list says nothing of it
} codings[CODINGS] = {
    [CODING_BROTLI] = {"br", "br", "-br", 0},
    [CODING_GZIP] = {"gzip", "x-gzip", "-gz", 0},
    [CODING_IDENTITY] = {"identity", "identity", "", 1}, // the least of what is acceptable
};

static int weigh(const struct coding *coding, const char *list)
{
    const char *const names[] = {coding->name, coding->alias, "*"};
    int weight = WEIGHT_UNNAMED;
    for (size_t i = 0; i < sizeof names / sizeof *names && weight == WEIGHT_UNNAMED; i++)
        weight = accept_weight(list, names[i]);
    return weight != WEIGHT_UNNAMED ? weight : coding->unnamed;
}

enum console_coding console_choose(const struct console_file *file, const char *accept_encoding)
{
    enum console_coding best = CODING_IDENTITY;
    int best_weight = 0;
    if (accept_encoding == NULL)
        return best;
    for (enum console_coding coding = 0; coding < CODINGS; coding++) {
        int weight = file->coded[coding].bytes != NULL ? weigh(&codings[coding], accept_encoding) : 0;
        if (weight > best_weight) {
            best = coding;
            best_weight = weight;
        }
    }
    return best;
}

// ---- Answering

// Whether a list as in If-None-Match has the tag. Weak ones count: the bytes behind a tag never change.
static bool has_tag(const char *list, const char *tag)
{
    size_t length = strlen(tag);
    if (list == NULL)
        return false;
    if (strcmp(list, "*") == 0)
        return true;
    for (const char *at = strstr(list, tag); at != NULL; at = strstr(at + length, tag)) {
        bool begins = at == list || strchr(", \t/", at[-1]) != NULL;
        if (begins && strchr(", \t", at[length]) != NULL) // or its end
            return true;
    }
    return false;
}

static bool has_forms(const struct console_file *file)
{
    return file->coded[CODING_BROTLI].bytes != NULL || file->coded[CODING_GZIP].bytes != NULL;
}

void console_answer(const struct console_file *file, struct http_request *request, struct http_answer *ret_answer)
{
    enum console_coding coding = console_choose(file, request->accept_encoding);
    const char *tag = arena_printf(&request->arena, "\"%s%s\"", file->tag, codings[coding].mark);
    bool is_asset = strncmp(file->path, assets, sizeof assets - 1) == 0;
    *ret_answer = (struct http_answer){
        .status = has_tag(request->if_none_match, tag) ? 304 : 200,
        .cache_control = is_asset ? "public, max-age=31536000, immutable" : "no-cache",
    };
    for (size_t i = 0; i < sizeof protection / sizeof *protection; i++)
        http_answer_header(ret_answer, protection[i].name, protection[i].value);
    http_answer_header(ret_answer, "ETag", tag);
    if (has_forms(file))
        http_answer_header(ret_answer, "Vary", "Accept-Encoding");
    if (ret_answer->status == 304)
        return;
    ret_answer->content_type = file->content_type;
    ret_answer->lasting = file->coded[coding].bytes;
    ret_answer->length = file->coded[coding].length;
    if (coding != CODING_IDENTITY)
        http_answer_header(ret_answer, "Content-Encoding", codings[coding].name);
}
