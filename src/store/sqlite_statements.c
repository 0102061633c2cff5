// SPDX-License-Identifier: Apache-2.0
// All statements of the writer. Those over rows follow the field tables of engine/row.c: ?1 is the account, ?2 the
// first field. The columns of a table stand in the order of its fields.
#include "store/sqlite.h"

#include <string.h>

#define PRODUCT_COLUMNS "code, name, model, machines_per_seat, created_at"
#define ACCOUNT_COLUMNS                                                                                                \
    "id, name, plan, delegate_dedication, self_service_seats, on_shortfall, shortfall_grace_s, policy, fallback, "     \
    "created_at"
#define PURCHASE_COLUMNS "id, product, quantity, starts_at, ends_at, in_force, created_at"
#define ORGANIZATION_COLUMNS "id, name, parent, created_at"
#define USER_COLUMNS                                                                                                   \
    "id, email, name, organization, role, kind, created_at, password_set_at, invited_until, password, invitation"
#define PROJECT_COLUMNS "id, name, organization, created_at"
#define MEMBERSHIP_COLUMNS "project, user"
#define DEDICATION_COLUMNS "organization, product, dedicated, draining_to, filling_to, filling_since"
#define SEAT_COLUMNS "id, product, user, level, state, assigned_at, activated_at, last_used_at"
#define SEAT_MACHINE_COLUMNS "seat, machine, activated_at, last_used_at"
#define SESSION_COLUMNS                                                                                                \
    "id, product, user, level, via, count, state, reason, project, organization, machine, ttl_s, origin, started_at, " \
    "expires_at, ended_at, cooldown_until, borrowed, key, idempotency_key"
#define COOLDOWN_COLUMNS "user, product, until_at"
#define SHORTFALL_COLUMNS "product, since_at"
#define BORROWING_COLUMNS "product, max_borrow_days, share_percent"
#define API_KEY_COLUMNS "id, name, role, user, organization, created_at, expires_at, revoked_at, last_used_at, hash"
#define SIGN_IN_COLUMNS "id, user, created_at, last_used_at, hash"

const struct row_sql row_sql[ROW_KINDS] = {
    [ROW_PRODUCT] =
        {
            .table = "product",
            .columns = PRODUCT_COLUMNS,
            .insert = "INSERT INTO product (" PRODUCT_COLUMNS ") VALUES (?2, ?3, ?4, ?5, ?6)",
            .update = "UPDATE product SET name = ?3, model = ?4, machines_per_seat = ?5, created_at = ?6 "
                      "WHERE code = ?2",
            .erase = "DELETE FROM product WHERE code = ?2",
            .load = "SELECT " PRODUCT_COLUMNS " FROM product ORDER BY code",
        },
    [ROW_ACCOUNT] =
        {
            .table = "account",
            .columns = ACCOUNT_COLUMNS,
            .insert = "INSERT INTO account (" ACCOUNT_COLUMNS ") VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            .update = "UPDATE account SET name = ?3, plan = ?4, delegate_dedication = ?5, self_service_seats = ?6, "
                      "on_shortfall = ?7, shortfall_grace_s = ?8, policy = ?9, fallback = ?10, created_at = ?11 "
                      "WHERE id = ?2",
            .erase = "DELETE FROM account WHERE id = ?2",
            .load = "SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = ?1",
        },
    [ROW_PURCHASE] =
        {
            .table = "purchase",
            .columns = PURCHASE_COLUMNS,
            .insert = "INSERT INTO purchase (account_id, " PURCHASE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            .update = "UPDATE purchase SET product = ?3, quantity = ?4, starts_at = ?5, ends_at = ?6, in_force = ?7, "
                      "created_at = ?8 WHERE account_id = ?1 AND id = ?2",
            .erase = "DELETE FROM purchase WHERE account_id = ?1 AND id = ?2",
            .load = "SELECT " PURCHASE_COLUMNS " FROM purchase WHERE account_id = ?1 ORDER BY id",
        },
    [ROW_ORGANIZATION] =
        {
            .table = "organization",
            .columns = ORGANIZATION_COLUMNS,
            .insert = "INSERT INTO organization (account_id, " ORGANIZATION_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)",
            .update = "UPDATE organization SET name = ?3, parent = ?4, created_at = ?5 "
                      "WHERE account_id = ?1 AND id = ?2",
            .erase = "DELETE FROM organization WHERE account_id = ?1 AND id = ?2",
            // Level by level from the top, so that parents come first, also those that are younger than a child.
            .load = "WITH RECURSIVE tree (" ORGANIZATION_COLUMNS ") AS ("
                    "SELECT " ORGANIZATION_COLUMNS " FROM organization WHERE account_id = ?1 AND parent IS NULL "
                    "UNION ALL SELECT o.id, o.name, o.parent, o.created_at FROM tree "
                    "JOIN organization AS o ON o.account_id = ?1 AND o.parent = tree.id) "
                    "SELECT " ORGANIZATION_COLUMNS " FROM tree",
        },
    [ROW_USER] =
        {
            .table = "app_user",
            .columns = USER_COLUMNS,
            .insert = "INSERT INTO app_user (account_id, " USER_COLUMNS
                      ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            .update = "UPDATE app_user SET email = ?3, name = ?4, organization = ?5, role = ?6, kind = ?7, "
                      "created_at = ?8, password_set_at = ?9, invited_until = ?10, password = ?11, invitation = ?12 "
                      "WHERE account_id = ?1 AND id = ?2",
            .erase = "DELETE FROM app_user WHERE account_id = ?1 AND id = ?2",
            .load = "SELECT " USER_COLUMNS " FROM app_user WHERE account_id = ?1 ORDER BY id",
        },
    [ROW_PROJECT] =
        {
            .table = "project",
            .columns = PROJECT_COLUMNS,
            .insert = "INSERT INTO project (account_id, " PROJECT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)",
            .update = "UPDATE project SET name = ?3, organization = ?4, created_at = ?5 "
                      "WHERE account_id = ?1 AND id = ?2",
            .erase = "DELETE FROM project WHERE account_id = ?1 AND id = ?2",
            .load = "SELECT " PROJECT_COLUMNS " FROM project WHERE account_id = ?1 ORDER BY id",
        },
    [ROW_MEMBERSHIP] =
        {
            .table = "membership",
            .columns = MEMBERSHIP_COLUMNS,
            .insert = "INSERT INTO membership (account_id, " MEMBERSHIP_COLUMNS ") VALUES (?1, ?2, ?3)",
            .update = "UPDATE membership SET user = ?3 WHERE account_id = ?1 AND project = ?2 AND user = ?3",
            .erase = "DELETE FROM membership WHERE account_id = ?1 AND project = ?2 AND user = ?3",
            .load = "SELECT " MEMBERSHIP_COLUMNS " FROM membership WHERE account_id = ?1 ORDER BY project, user",
        },
    [ROW_DEDICATION] =
        {
            .table = "dedication",
            .columns = DEDICATION_COLUMNS,
            .insert = "INSERT INTO dedication (account_id, " DEDICATION_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            .update = "UPDATE dedication SET dedicated = ?4, draining_to = ?5, filling_to = ?6, filling_since = ?7 "
                      "WHERE account_id = ?1 AND organization = ?2 AND product = ?3",
            .erase = "DELETE FROM dedication WHERE account_id = ?1 AND organization = ?2 AND product = ?3",
            .load = "SELECT " DEDICATION_COLUMNS " FROM dedication WHERE account_id = ?1 "
                    "ORDER BY organization, product",
        },
    [ROW_SEAT] =
        {
            .table = "seat",
            .columns = SEAT_COLUMNS,
            .insert = "INSERT INTO seat (account_id, " SEAT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            .update = "UPDATE seat SET product = ?3, user = ?4, level = ?5, state = ?6, assigned_at = ?7, "
                      "activated_at = ?8, last_used_at = ?9 WHERE account_id = ?1 AND id = ?2",
            .erase = "DELETE FROM seat WHERE account_id = ?1 AND id = ?2",
            .load = "SELECT " SEAT_COLUMNS " FROM seat WHERE account_id = ?1 ORDER BY id",
        },
    [ROW_SEAT_MACHINE] =
        {
            .table = "seat_machine",
            .columns = SEAT_MACHINE_COLUMNS,
            .insert = "INSERT INTO seat_machine (account_id, " SEAT_MACHINE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5)",
            .update = "UPDATE seat_machine SET activated_at = ?4, last_used_at = ?5 "
                      "WHERE account_id = ?1 AND seat = ?2 AND machine = ?3",
            .erase = "DELETE FROM seat_machine WHERE account_id = ?1 AND seat = ?2 AND machine = ?3",
            .load = "SELECT " SEAT_MACHINE_COLUMNS " FROM seat_machine WHERE account_id = ?1 ORDER BY seat, machine",
        },
    [ROW_SESSION] =
        {
            .table = "session",
            .columns = SESSION_COLUMNS,
            .insert = "INSERT INTO session (account_id, " SESSION_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                      "?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
            .update = "UPDATE session SET product = ?3, user = ?4, level = ?5, via = ?6, count = ?7, state = ?8, "
                      "reason = ?9, project = ?10, organization = ?11, machine = ?12, ttl_s = ?13, origin = ?14, "
                      "started_at = ?15, expires_at = ?16, ended_at = ?17, cooldown_until = ?18, "
                      "borrowed = ?19, key = ?20, idempotency_key = ?21 WHERE account_id = ?1 AND id = ?2",
            .erase = "DELETE FROM session WHERE account_id = ?1 AND id = ?2",
            .load = "SELECT " SESSION_COLUMNS " FROM session INDEXED BY session_active "
                    "WHERE account_id = ?1 AND state = 'active' ORDER BY id",
        },
    [ROW_COOLDOWN] =
        {
            .table = "cooldown",
            .columns = COOLDOWN_COLUMNS,
            .insert = "INSERT INTO cooldown (account_id, " COOLDOWN_COLUMNS ") VALUES (?1, ?2, ?3, ?4)",
            .update = "UPDATE cooldown SET until_at = ?4 WHERE account_id = ?1 AND user = ?2 AND product = ?3",
            .erase = "DELETE FROM cooldown WHERE account_id = ?1 AND user = ?2 AND product = ?3",
            .load = "SELECT " COOLDOWN_COLUMNS " FROM cooldown WHERE account_id = ?1 AND until_at > ?2 "
                    "ORDER BY user, product",
        },
    [ROW_SHORTFALL] =
        {
            .table = "shortfall",
            .columns = SHORTFALL_COLUMNS,
            .insert = "INSERT INTO shortfall (account_id, " SHORTFALL_COLUMNS ") VALUES (?1, ?2, ?3)",
            .update = "UPDATE shortfall SET since_at = ?3 WHERE account_id = ?1 AND product = ?2",
            .erase = "DELETE FROM shortfall WHERE account_id = ?1 AND product = ?2",
            .load = "SELECT " SHORTFALL_COLUMNS " FROM shortfall WHERE account_id = ?1 ORDER BY product",
        },
    [ROW_BORROWING] =
        {
            .table = "borrowing",
            .columns = BORROWING_COLUMNS,
            .insert = "INSERT INTO borrowing (account_id, " BORROWING_COLUMNS ") VALUES (?1, ?2, ?3, ?4)",
            .update = "UPDATE borrowing SET max_borrow_days = ?3, share_percent = ?4 "
                      "WHERE account_id = ?1 AND product = ?2",
            .erase = "DELETE FROM borrowing WHERE account_id = ?1 AND product = ?2",
            .load = "SELECT " BORROWING_COLUMNS " FROM borrowing WHERE account_id = ?1 ORDER BY product",
        },
    [ROW_API_KEY] =
        {
            .table = "api_key",
            .columns = API_KEY_COLUMNS,
            .insert = "INSERT INTO api_key (account_id, " API_KEY_COLUMNS
                      ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            .update = "UPDATE api_key SET name = ?3, role = ?4, user = ?5, organization = ?6, created_at = ?7, "
                      "expires_at = ?8, revoked_at = ?9, last_used_at = ?10, hash = ?11 "
                      "WHERE account_id = ?1 AND id = ?2",
            .erase = "DELETE FROM api_key WHERE account_id = ?1 AND id = ?2",
            .load = "SELECT " API_KEY_COLUMNS " FROM api_key WHERE account_id = ?1 ORDER BY id",
        },
    [ROW_SIGN_IN] =
        {
            .table = "sign_in",
            .columns = SIGN_IN_COLUMNS,
            .insert = "INSERT INTO sign_in (account_id, " SIGN_IN_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            .update = "UPDATE sign_in SET user = ?3, created_at = ?4, last_used_at = ?5, hash = ?6 "
                      "WHERE account_id = ?1 AND id = ?2",
            .erase = "DELETE FROM sign_in WHERE account_id = ?1 AND id = ?2",
            .load = "SELECT " SIGN_IN_COLUMNS " FROM sign_in WHERE account_id = ?1 ORDER BY id",
        },
};

const char *const narrow_sql[NARROW_COUNT] = {
    [NARROW_SESSION_EXPIRES] = "UPDATE session SET expires_at = ?16 WHERE account_id = ?1 AND id = ?2",
    [NARROW_SESSION_ENDS] =
        ("UPDATE session SET state = ?8, reason = ?9, expires_at = ?16, ended_at = ?17, cooldown_until = ?18 "
         "WHERE account_id = ?1 AND id = ?2"),
    [NARROW_SEAT_USED] = "UPDATE seat SET last_used_at = ?9 WHERE account_id = ?1 AND id = ?2",
    [NARROW_API_KEY_USED] = "UPDATE api_key SET last_used_at = ?10 WHERE account_id = ?1 AND id = ?2",
    [NARROW_SIGN_IN_USED] = "UPDATE sign_in SET last_used_at = ?5 WHERE account_id = ?1 AND id = ?2",
};

const char *const statement_sql[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_PUT_EVENT] = "INSERT INTO event (" EVENT_COLUMNS ") "
                            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [STATEMENT_PUT_NUMBER] = "INSERT INTO counter (kind, next) VALUES (?1, ?2) "
                             "ON CONFLICT (kind) DO UPDATE SET next = excluded.next",
    [STATEMENT_PUT_OPERATOR] = "INSERT INTO operator (id, hash) VALUES (1, ?1) "
                               "ON CONFLICT (id) DO UPDATE SET hash = excluded.hash",
    [STATEMENT_PUT_DENIAL] =
        "INSERT INTO denial (account_id, " DENIAL_COLUMNS ") "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) ON CONFLICT (account_id, id) "
        "DO UPDATE SET count = excluded.count, last_at = excluded.last_at, closed_at = excluded.closed_at",
    [STATEMENT_REMEMBER] = "INSERT INTO answer (account_id, key, idempotency_key, request_hash, status, body, "
                           "until_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
                           "ON CONFLICT (account_id, key, idempotency_key) DO UPDATE SET "
                           "request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, "
                           "until_at = excluded.until_at",
    [STATEMENT_FORGET] = "DELETE FROM answer WHERE (account_id, key, idempotency_key) IN "
                         "(SELECT account_id, key, idempotency_key FROM answer WHERE until_at <= ?1 LIMIT ?2)",
    [STATEMENT_RECALL_ANSWER] = "SELECT request_hash, status, body, until_at FROM answer "
                                "WHERE account_id = ?1 AND key = ?2 AND idempotency_key = ?3 AND until_at > ?4",
    [STATEMENT_RECALL_KEYED] = "SELECT " SESSION_COLUMNS " FROM session INDEXED BY session_idempotency "
                               "WHERE account_id = ?1 AND key IS ?2 AND idempotency_key = ?3 "
                               "AND (ended_at IS NULL OR ended_at > ?4) ORDER BY id DESC LIMIT 1",
    [STATEMENT_RECALL_SESSION] = "SELECT " SESSION_COLUMNS " FROM session WHERE account_id = ?1 AND id = ?2",
    [STATEMENT_RECALL_SINCE] = "SELECT " SESSION_COLUMNS " FROM session INDEXED BY session_active "
                               "WHERE account_id = ?1 AND state = 'active' "
                               "UNION ALL SELECT " SESSION_COLUMNS " FROM session INDEXED BY session_ended "
                               "WHERE account_id = ?1 AND ended_at >= ?2 ORDER BY started_at, id",
    [STATEMENT_PROJECT_ORGANIZATION] = "SELECT organization FROM project WHERE account_id = ?1 AND id = ?2",
    [STATEMENT_LOAD_HEAD] = "SELECT seq, hash FROM event WHERE account_id = ?1 ORDER BY seq DESC LIMIT 1",
    [STATEMENT_LOAD_CHECKPOINT] = "SELECT seq, hash FROM checkpoint WHERE account_id = ?1",
    [STATEMENT_LOAD_ACCOUNT_IDS] = "SELECT id FROM account ORDER BY id",
    [STATEMENT_LOAD_DENIALS] = "SELECT " DENIAL_COLUMNS " FROM denial "
                               "WHERE account_id = ?1 AND last_at >= ?2 AND closed_at IS NULL ORDER BY id",
    [STATEMENT_LOAD_NUMBERS] = "SELECT kind, next FROM counter",
    [STATEMENT_LOAD_OPERATOR] = "SELECT hash FROM operator WHERE id = 1",
    // The newest event of each account is found by its key: nothing is scanned.
    [STATEMENT_LAST_AT] =
        "SELECT max(coalesce((SELECT at FROM event WHERE account_id = a.id ORDER BY seq DESC LIMIT 1), "
        "(SELECT at FROM checkpoint WHERE account_id = a.id))) "
        "FROM (SELECT 0 AS id UNION ALL SELECT id FROM account) AS a",
    [STATEMENT_COUNT_ORGANIZATIONS] = "SELECT count(*) FROM organization WHERE account_id = ?1",
};

const char *const number_names[ID_KINDS] = {
    [ID_ACCOUNT] = "account", [ID_ORGANIZATION] = "organization", [ID_USER] = "user",
    [ID_PROJECT] = "project", [ID_PURCHASE] = "purchase",         [ID_SEAT] = "seat",
    [ID_SESSION] = "session", [ID_API_KEY] = "api_key",           [ID_DENIAL] = "denial",
};

static bool prepare(sqlite3 *db, const char *sql, sqlite3_stmt **ret_statement, struct store_error *error)
{
    *ret_statement = sqlite_prepare(db, sql, error);
    return *ret_statement != NULL;
}

bool sqlite_prepare_all(struct sqlite_store *store, struct store_error *error)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        if (!prepare(store->db, statement_sql[i], &store->statements[i], error))
            return false;
    }
    for (size_t i = 0; i < ROW_KINDS_ALONE; i++) {
        const struct row_sql *sql = &row_sql[i];
        if (!prepare(store->db, sql->insert, &store->inserts[i], error) ||
            !prepare(store->db, sql->update, &store->updates[i], error) ||
            !prepare(store->db, sql->erase, &store->erases[i], error) ||
            !prepare(store->db, sql->load, &store->loads[i], error))
            return false;
    }
    store->narrow_masks = narrow_masks();
    for (size_t i = 0; i < NARROW_COUNT; i++) {
        if (!prepare(store->db, narrow_sql[i], &store->narrows[i], error))
            return false;
    }
    return true;
}

static void finalize(sqlite3_stmt **statements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_finalize(statements[i]);
        statements[i] = NULL;
    }
}

void sqlite_finalize_all(struct sqlite_store *store)
{
    finalize(store->statements, STATEMENT_COUNT);
    finalize(store->inserts, ROW_KINDS);
    finalize(store->updates, ROW_KINDS);
    finalize(store->erases, ROW_KINDS);
    finalize(store->loads, ROW_KINDS);
    finalize(store->narrows, NARROW_COUNT);
}
