// SPDX-License-Identifier: Apache-2.0
//
// Keeping a store in good order over the years: verify, archive, restore, and moving it from one database to another.
// These work on the folder or database itself, all but the move also while a server uses it; none needs the rules.
#ifndef STORE_KEEPING_H
#define STORE_KEEPING_H

#include "store/store.h"

// ---- Verifying ------------------------------------------------------------------------------------------------

// One thing that is wrong. `seq` is the event's, 0 when it is not about one; account 0 is the service itself.
typedef void store_break_sink(void *arg, uint64_t account, int64_t seq, const char *what);

struct verified {
    uint64_t accounts; // chains walked, the service's included
    uint64_t events;
    uint64_t rows; // of the present, compared with the history
    uint64_t breaks;
};

// Reads everything: the database's own structure, each account's chain from its checkpoint on, and whether the
// present rows are what the last event of each says. Each break is told to the sink, of each chain the first only.
// False when it could not be read to the end; a store that is broken is a true with breaks.
bool store_verify(const char *folder, store_break_sink *sink, void *arg, struct verified *ret_verified,
                  struct store_error *error);
// The same for a single database file, such as a backup.
bool store_verify_file(const char *file, store_break_sink *sink, void *arg, struct verified *ret_verified,
                       struct store_error *error);
// The same for a store in PostgreSQL; in place of the database's own structure it looks at what its servers share.
bool store_verify_uri(const char *uri, store_break_sink *sink, void *arg, struct verified *ret_verified,
                      struct store_error *error);

// ---- Archiving ------------------------------------------------------------------------------------------------

struct archive_order {
    const char *folder;     // of the store; the key that signs is there
    const char *uri;        // of its database in PostgreSQL; NULL: it is in the folder
    const char *out_folder; // of the archive; made if absent
    int64_t before_at;      // events before this moment go
    int64_t now;
    int64_t keep_s; // sessions and denial episodes that ended longer ago go, too; a day at least
};

struct archived {
    uint64_t segments; // written, or found from an archive that was cut short
    uint64_t events;
    uint64_t sessions;
    uint64_t denials;
};

// Writes the events to signed segments, one file for each account and range, and only when those are safe on the disk
// deletes them, in short transactions. It can be stopped at any moment and started again. A history that is broken
// is not archived.
//
//     AC-1-000000000001-000000000500.jsonl       a line about the segment, then the events, one a line
//     AC-1-000000000001-000000000500.jsonl.sig   its Ed25519 signature, 64 bytes
//     usher-archive-3f9a….pem                    the public key; the secret one is archive.key in the store's folder
//
// Anyone can check a signature: openssl pkeyutl -verify -rawin -pubin -inkey KEY.pem -in FILE -sigfile FILE.sig
bool store_archive(const struct archive_order *order, struct archived *ret_archived, struct store_error *error);

// Checks the signatures, the chain within each segment and that consecutive ones join. With a store's folder, the key
// must be that store's, and the last segment must join its checkpoint, which is in the database of the URI unless that
// is NULL. `rows` stays 0.
bool store_verify_archive(const char *out_folder, const char *folder, const char *uri, store_break_sink *sink,
                          void *arg, struct verified *ret_verified, struct store_error *error);

// ---- Restoring ------------------------------------------------------------------------------------------------

// So many of each kind, for what a backup does not know of.
enum { NUMBERS_LEFT_OUT = 1000000 };

// Makes a store in the folder, which must be empty or absent, from a backup, which must be whole. Numbers are left out.
bool store_restore(const char *file, const char *folder, struct store_error *error);

// ---- Moving ---------------------------------------------------------------------------------------------------

// Whether a place is a PostgreSQL database: postgresql://… or postgres://…. Else it is a folder.
bool store_is_uri(const char *place);

// Told of each table: how many rows were read, how many were written.
typedef void copied_table_sink(void *arg, const char *table, uint64_t from_rows, uint64_t to_rows);

struct copy_order {
    const char *from, *to; // folders, or URIs of PostgreSQL databases
    // Names of small files, ended by NULL, which are carried over, too, where they are there: those that a database
    // keeps as documents, and those that go from folder to folder only.
    const char *const *documents, *const *files;
    copied_table_sink *told;
    store_break_sink *sink;
    void *arg; // of both
};

struct copied {
    char from[200], to[200];  // how they are called, without a password
    struct verified verified; // `rows`: in all tables
};

// Carries everything over to a store that is new: a folder that is empty or absent, a database without tables or with
// empty ones. No server may use either of them. Who waits in line is not carried over, nor what servers on one store
// tell each other. Everything is read back and compared, and each chain is walked. Where a break was found, or when it
// is stopped on the way, no store is left at the place where it was to go.
// False when it could not be done; with breaks it is true, but was not done either.
bool store_copy(const struct copy_order *order, struct copied *ret_copied, struct store_error *error);

#endif
