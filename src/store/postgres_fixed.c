// SPDX-License-Identifier: Apache-2.0
// The writer's statements that are always the same. Those of sharing are told of in postgres_enter.c.
#include "store/postgres.h"

// What is told to other servers is kept so long, and so are servers that are gone.
#define KEPT_MS "600000"
// Who is further behind than so many changes loads the account.
#define CHANGES_MAX "1000"
#define STATE_COLUMNS "account_id, version, event_seq, event_hash, due_at, last_at"

static const struct {
    const char *name, *sql;
} fixed[] = {
    {"begin", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"},
    {"commit", "COMMIT"},
    {"rollback", "ROLLBACK"},
    // What only time or its repetition would have told, too: not waited for until it is on disk.
    {"do_not_flush", "SELECT set_config('synchronous_commit', 'off', true)"},
    {"put_number", "INSERT INTO counter (kind, next) VALUES ($1, $2) "
                   "ON CONFLICT (kind) DO UPDATE SET next = excluded.next"},
    {"put_operator", "INSERT INTO operator (id, hash) VALUES (1, $1) "
                     "ON CONFLICT (id) DO UPDATE SET hash = excluded.hash"},
    {"put_denial",
     "INSERT INTO denial (account_id, " PG_DENIAL_COLUMNS ") "
     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (account_id, id) "
     "DO UPDATE SET count = excluded.count, last_at = excluded.last_at, closed_at = excluded.closed_at"},
    {"remember", "INSERT INTO answer (account_id, key, idempotency_key, request_hash, status, body, until_at) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, key, idempotency_key) DO UPDATE SET "
                 "request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, "
                 "until_at = excluded.until_at"},
    {"forget", "DELETE FROM answer WHERE (account_id, key, idempotency_key) IN "
               "(SELECT account_id, key, idempotency_key FROM answer WHERE until_at <= $1 LIMIT $2)"},
    {"recall_answer", "SELECT request_hash, status, body, until_at FROM answer "
                      "WHERE account_id = $1 AND key = $2 AND idempotency_key = $3 AND until_at > $4"},
    {"project_organization", "SELECT organization FROM project WHERE account_id = $1 AND id = $2"},
    {"load_account_ids", "SELECT id FROM account ORDER BY id"},
    {"load_denials", "SELECT " PG_DENIAL_COLUMNS " FROM denial "
                     "WHERE account_id = $1 AND last_at >= $2 AND closed_at IS NULL ORDER BY id"},
    {"load_numbers", "SELECT kind, next FROM counter"},
    {"load_document", "SELECT body FROM document WHERE name = $1"},
    {"put_document", "INSERT INTO document (name, body) VALUES ($1, $2) "
                     "ON CONFLICT (name) DO UPDATE SET body = excluded.body"},
    {"load_operator", "SELECT hash FROM operator WHERE id = 1"},
    // The newest event of each account is found by its key: nothing is scanned.
    {"last_at", "SELECT max(coalesce((SELECT at FROM event WHERE account_id = a.id ORDER BY seq DESC LIMIT 1), "
                "(SELECT at FROM checkpoint WHERE account_id = a.id))) "
                "FROM (SELECT 0 AS id UNION ALL SELECT id FROM account) AS a"},
    // Sharing
    {"take_ids", "WITH held AS (SELECT kind FROM counter WHERE kind = ANY ($1::text[]) ORDER BY kind FOR UPDATE) "
                 "UPDATE counter AS c SET next = c.next + w.many FROM held, "
                 "unnest($1::text[], $2::bigint[]) AS w (kind, many), "
                 "set_config('synchronous_commit', 'off', true) "
                 "WHERE held.kind = c.kind AND w.kind = c.kind RETURNING c.kind, c.next - w.many"},
    {"guard", "SELECT pg_advisory_xact_lock(hashtext('node ' || current_schema()), $1::bigint::int)"},
    {"lock", "SELECT " STATE_COLUMNS " FROM account_state WHERE account_id = ANY ($1::bigint[]) "
             "ORDER BY account_id FOR UPDATE"},
    {"lock_free", "SELECT " STATE_COLUMNS " FROM account_state WHERE account_id = ANY ($1::bigint[]) "
                  "ORDER BY account_id FOR UPDATE SKIP LOCKED"},
    {"changes", "SELECT v.account, c.version, c.facts "
                "FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS v (account, known, place) "
                "JOIN change AS c ON c.account_id = v.account AND c.version > v.known "
                "AND c.version <= v.known + " CHANGES_MAX " ORDER BY v.place, c.version"},
    {"look", "SELECT v.account, s.version, s.event_seq, s.event_hash, s.due_at, s.last_at, c.version, c.facts "
             "FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS v (account, known, place) "
             "LEFT JOIN account_state AS s ON s.account_id = v.account "
             "LEFT JOIN change AS c ON c.account_id = v.account AND c.version > v.known AND v.known > 0 "
             "AND s.version - v.known BETWEEN 1 AND " CHANGES_MAX " ORDER BY v.place, c.version"},
    {"clock", "SELECT moment_now(), id, alive_at, CASE WHEN is_closed THEN true END FROM node ORDER BY id"},
    {"ask_answers", "SELECT a.request_hash, a.status, a.body, a.until_at, q.place "
                    "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]) AS q (place, of, by, word) "
                    "JOIN answer AS a ON a.account_id = q.of AND a.key = q.by AND a.idempotency_key = q.word"},
    {"make_account", "INSERT INTO account_state (account_id, version, event_seq, event_hash, last_at) "
                     "SELECT $1, 0, coalesce(e.seq, 0), coalesce(e.hash, decode(repeat('00', 32), 'hex')), 0 "
                     "FROM (SELECT) AS one LEFT JOIN LATERAL "
                     "((SELECT seq, hash FROM event WHERE account_id = $1 ORDER BY seq DESC LIMIT 1) "
                     "UNION ALL SELECT seq, hash FROM checkpoint WHERE account_id = $1 ORDER BY seq DESC LIMIT 1) "
                     "AS e ON true ON CONFLICT (account_id) DO NOTHING"},
    {"hold", "SELECT version, event_seq, event_hash, due_at, last_at FROM account_state WHERE account_id = $1 "
             "FOR UPDATE"},
    {"share", "SELECT version FROM account_state WHERE account_id = $1 FOR SHARE"},
    {"put_accounts", "WITH given AS (SELECT unnest($1::bigint[]) AS account, unnest($2::bigint[]) AS version, "
                     "unnest($3::bigint[]) AS seq, unnest($4::bytea[]) AS hash, unnest($5::bigint[]) AS last_at, "
                     "unnest($6::bigint[]) AS due_at, unnest($7::bytea[]) AS facts), "
                     "put AS (UPDATE account_state AS s SET version = g.version, event_seq = g.seq, "
                     "event_hash = g.hash, last_at = g.last_at, due_at = nullif(g.due_at, 0) "
                     "FROM given AS g WHERE s.account_id = g.account) "
                     "INSERT INTO change (account_id, version, node, batch, at, facts) "
                     "SELECT account, version, $8::bigint, $9::bigint, moment_now(), facts FROM given "
                     "WHERE facts IS NOT NULL"},
    {"tell", "SELECT pg_notify('usher_' || node, account::text) "
             "FROM unnest($1::bigint[], $2::bigint[]) AS t (node, account)"},
    {"look_up", "SELECT count(*) FROM change WHERE account_id = $1 AND version = $2 AND node = $3 AND batch = $4"},
    {"find_key", "SELECT account_id FROM api_key WHERE hash = $1"},
    {"forget_changes", "DELETE FROM change WHERE (account_id, version) IN (SELECT account_id, version FROM change "
                       "WHERE at <= $1::bigint - " KEPT_MS " ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)"},
    {"forget_nodes", "DELETE FROM node WHERE id IN (SELECT id FROM node WHERE alive_at <= $1::bigint - " KEPT_MS " "
                     "AND alive_at < (SELECT max(alive_at) FROM node) LIMIT $2 FOR UPDATE SKIP LOCKED)"},
    {"plan_anew", "DISCARD PLANS"},
    {"close_node", "UPDATE node SET is_closed = true WHERE id = $1"},
    {"count_organizations", "SELECT count(*) FROM organization WHERE account_id = $1"},
};

bool pg_prepare_fixed(struct pg_link *link, struct store_error *error)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (pg_queue_prepare(link, fixed[i].name, fixed[i].sql, 0, NULL, error) != STORE_OK)
            return false;
    }
    return true;
}

const char *const pg_number_names[ID_KINDS] = {
    [ID_ACCOUNT] = "account", [ID_ORGANIZATION] = "organization", [ID_USER] = "user",
    [ID_PROJECT] = "project", [ID_PURCHASE] = "purchase",         [ID_SEAT] = "seat",
    [ID_SESSION] = "session", [ID_API_KEY] = "api_key",           [ID_DENIAL] = "denial",
    [ID_WAITER] = "waiter",
};
