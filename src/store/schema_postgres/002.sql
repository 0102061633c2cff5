-- SPDX-License-Identifier: Apache-2.0
--
-- Rows are found by their keys, and numbers are not given a second time after a failover or a restore. What is not
-- shared has no such step: SQLite's store is at its own step 003 the twin of this one.

-- Most accounts are small and a few have most of the rows. Taken on average, going through an account's rows is as good
-- as finding one by its key, and for the large ones it is not: so the planner is told what it assumes of a table of
-- which it knows nothing.
ALTER TABLE organization ALTER COLUMN account_id SET (n_distinct = 200);
ALTER TABLE app_user ALTER COLUMN account_id SET (n_distinct = 200);
ALTER TABLE project ALTER COLUMN account_id SET (n_distinct = 200);
ALTER TABLE membership ALTER COLUMN account_id SET (n_distinct = 200);
ALTER TABLE seat ALTER COLUMN account_id SET (n_distinct = 200);
ALTER TABLE session ALTER COLUMN account_id SET (n_distinct = 200);

-- Which course of events this is. After a failover, or put back from a backup, the database goes on in another one than
-- it was in: what was acknowledged in the one may not be there in the other, and its numbers must not be given again.
CREATE TABLE course (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY
);
CREATE FUNCTION course_now() RETURNS TEXT LANGUAGE sql VOLATILE AS $$
    SELECT concat_ws(' ', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8), d.oid,
        'account_state'::regclass::oid)
    FROM pg_control_system(), pg_database AS d WHERE d.datname = current_database() $$;
INSERT INTO course VALUES (course_now());

-- A crash loses nothing that was acknowledged; where another course begins, numbers are left out for what that did not
-- take along.
CREATE FUNCTION is_unbroken() RETURNS BOOLEAN LANGUAGE sql VOLATILE AS $$
    SELECT EXISTS (SELECT FROM unbroken WHERE account_state = 'account_state'::regclass::oid::bigint) AND
        EXISTS (SELECT FROM course WHERE name = course_now()) $$;

CREATE OR REPLACE FUNCTION note_break() RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    IF is_unbroken() THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(1431521362, hashtext('break ' || current_schema()));
    IF is_unbroken() THEN
        RETURN;
    END IF;
    PERFORM FROM account_state ORDER BY account_id FOR UPDATE;
    UPDATE account_state SET version = version + 1000000;
    IF NOT EXISTS (SELECT FROM course WHERE name = course_now()) THEN
        UPDATE counter SET next = next + 1000000;
        PERFORM setval('node_id', nextval('node_id') + 1000000);
        DELETE FROM course;
        INSERT INTO course VALUES (course_now());
    END IF;
    DELETE FROM unbroken;
    INSERT INTO unbroken VALUES ('account_state'::regclass::oid::bigint);
END $$;
