// SPDX-License-Identifier: Apache-2.0
// An archive on its own: each segment, and that they join without a gap.
#include "store/keeping.h"

#include "base/check.h"
#include "store/database.h"
#include "store/segment.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct checking {
    const char *out_folder;
    store_break_sink *sink;
    void *arg;
    struct verified verified;
    struct arena arena;
    const char **names;
    size_t count;
};

static void tell(struct checking *checking, uint64_t account, int64_t seq, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void tell(struct checking *checking, uint64_t account, int64_t seq, const char *format, ...)
{
    char what[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    checking->verified.breaks++;
    checking->sink(checking->arg, account, seq, what);
}

// By account, then by where they start.
static int compare_names(const void *a, const void *b)
{
    struct segment left, right;
    segment_parse_name(*(const char *const *)a, &left);
    segment_parse_name(*(const char *const *)b, &right);
    if (left.account != right.account)
        return left.account < right.account ? -1 : 1;
    return (left.from > right.from) - (left.from < right.from);
}

static bool read_names(struct checking *checking, struct store_error *error)
{
    DIR *files = opendir(checking->out_folder);
    if (files == NULL) {
        store_error_set(error, "Cannot read the folder %s: %s.", checking->out_folder, strerror(errno));
        return false;
    }
    struct segment segment;
    for (struct dirent *file; (file = readdir(files)) != NULL;) {
        if (!segment_parse_name(file->d_name, &segment))
            continue;
        checking->names = arena_grow(&checking->arena, checking->names, checking->count, sizeof(const char *));
        checking->names[checking->count++] = arena_strdup(&checking->arena, file->d_name);
    }
    closedir(files);
    if (checking->count > 0)
        qsort(checking->names, checking->count, sizeof(const char *), compare_names);
    return true;
}

// The store that the archive was made from, to compare with; NULL: not given.
struct origin {
    struct database *database;
    struct signing_key key;
    bool given;
};

static bool check_end(struct checking *checking, const struct origin *origin, const struct segment *segment,
                      struct store_error *error)
{
    struct chain_link link;
    if (!origin->given)
        return true;
    if (!database_checkpoint(origin->database, segment->account, &link, error))
        return false;
    if (link.seq != segment->to || memcmp(link.hash, segment->last, KEY_HASH_BYTES) != 0)
        tell(checking, segment->account, link.seq,
             "the store's checkpoint is not the end of the archive, event %" PRId64, segment->to);
    return true;
}

static void check_join(struct checking *checking, const struct segment *before, const struct segment *segment)
{
    static const unsigned char zeros[KEY_HASH_BYTES];
    bool follows = before->account == segment->account && before->to != 0;
    int64_t expected = follows ? before->to + 1 : 1;
    if (segment->from != expected)
        tell(checking, segment->account, expected, "the segment that begins here is missing");
    else if (memcmp(segment->before, follows ? before->last : zeros, KEY_HASH_BYTES) != 0)
        tell(checking, segment->account, segment->from, "the segment does not join the one before");
}

static void check_key(struct checking *checking, const struct origin *origin, const struct segment *segment)
{
    if (origin->given && memcmp(origin->key.public_key, segment->public_key, PUBLIC_KEY_BYTES) != 0)
        tell(checking, segment->account, segment->from, "the segment is signed by another key than the store's");
}

static bool check_segments(struct checking *checking, const struct origin *origin, struct store_error *error)
{
    struct segment before = {0};
    for (size_t i = 0; i < checking->count; i++) {
        struct segment segment;
        struct store_error what;
        segment_parse_name(checking->names[i], &segment);
        if (before.to != 0 && before.account != segment.account && !check_end(checking, origin, &before, error))
            return false;
        checking->verified.accounts += i == 0 || before.account != segment.account;
        if (!segment_check(checking->out_folder, checking->names[i], &segment, &what)) {
            tell(checking, segment.account, segment.from, "%s", what.text);
            before = (struct segment){.account = segment.account}; // what follows cannot be told to join
            continue;
        }
        if (before.account != segment.account || before.to != 0 || segment.from == 1)
            check_join(checking, &before, &segment);
        check_key(checking, origin, &segment);
        checking->verified.events += (uint64_t)(segment.to - segment.from + 1);
        before = segment;
    }
    return before.to == 0 || check_end(checking, origin, &before, error);
}

static bool open_origin(struct origin *origin, const char *folder, const char *uri, struct store_error *error)
{
    bool found = false;
    origin->given = true;
    origin->database = database_open(folder, uri, DATABASE_READ, error);
    bool opened = origin->database != NULL && signing_key_of(folder, false, &origin->key, &found, error);
    if (opened && !found)
        store_error_set(error, "%s has no archive.key: nothing was archived from there.", folder);
    return opened && found;
}

bool store_verify_archive(const char *out_folder, const char *folder, const char *uri, store_break_sink *sink,
                          void *arg, struct verified *ret_verified, struct store_error *error)
{
    struct checking checking = {.out_folder = out_folder, .sink = sink, .arg = arg};
    struct origin origin = {0};
    store_start_crypto();
    bool done = (folder == NULL || open_origin(&origin, folder, uri, error)) && read_names(&checking, error) &&
                check_segments(&checking, &origin, error);
    database_close(origin.database);
    arena_fini(&checking.arena);
    *ret_verified = checking.verified;
    return done;
}
