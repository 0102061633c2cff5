-- SPDX-License-Identifier: Apache-2.0
--
-- The twin of ../schema for PostgreSQL, as it stands after its step 003: the same tables and columns under the same
-- names. Texts are compared byte by byte, whatever the database's own collation.
--
-- Ids are the numbers of the public ids: 12 is SN-12 in session, OG-12 in organization. Moments are milliseconds
-- since 1970-01-01 UTC. NULL is "none", but a level is never NULL: 0 is the account itself.
-- account_id 0 is the service itself.

CREATE TABLE meta (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

-- The next id of each kind, over all accounts and servers.
CREATE TABLE counter (
    kind TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    next BIGINT NOT NULL
) WITH (fillfactor = 50);
INSERT INTO counter (kind, next) VALUES
    ('account', 1), ('organization', 1001), ('user', 1), ('project', 1), ('purchase', 1), ('seat', 1), ('session', 1),
    ('api_key', 1), ('denial', 1), ('waiter', 1);

CREATE TABLE operator (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    hash BYTEA NOT NULL
);

-- Small texts of the service's own that all servers need: the keys that sign leases, as in lease-keys.json.
CREATE TABLE document (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL
);

-- The present -------------------------------------------------------------------------------------------------

CREATE TABLE product (
    code TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    machines_per_seat BIGINT, -- NULL: as many as there are
    created_at BIGINT NOT NULL
);

CREATE TABLE account (
    id BIGINT PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    plan TEXT COLLATE "C" NOT NULL,
    delegate_dedication BOOLEAN NOT NULL,
    self_service_seats BOOLEAN NOT NULL,
    on_shortfall TEXT COLLATE "C" NOT NULL,
    shortfall_grace_s BIGINT NOT NULL,
    policy TEXT COLLATE "C" NOT NULL,
    fallback BOOLEAN NOT NULL,
    created_at BIGINT
);

CREATE TABLE purchase (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    quantity BIGINT NOT NULL,
    starts_at BIGINT,
    ends_at BIGINT,
    in_force BOOLEAN NOT NULL,
    created_at BIGINT,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE organization (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    parent BIGINT, -- NULL: directly below the account
    created_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX organization_parent ON organization (account_id, parent);

CREATE TABLE app_user (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    email TEXT COLLATE "C",
    name TEXT COLLATE "C" NOT NULL,
    organization BIGINT,
    role TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    created_at BIGINT,
    password_set_at BIGINT,
    invited_until BIGINT,
    password TEXT COLLATE "C", -- Argon2id
    invitation TEXT COLLATE "C", -- the hash of its token
    PRIMARY KEY (account_id, id)
);
CREATE INDEX app_user_email ON app_user (account_id, lower(email));
CREATE INDEX app_user_organization ON app_user (account_id, organization);

CREATE TABLE project (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    organization BIGINT NOT NULL,
    created_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX project_organization ON project (account_id, organization);

CREATE TABLE membership (
    account_id BIGINT NOT NULL,
    project BIGINT NOT NULL,
    "user" BIGINT NOT NULL,
    PRIMARY KEY (account_id, project, "user")
);
CREATE INDEX membership_user ON membership (account_id, "user");

CREATE TABLE dedication (
    account_id BIGINT NOT NULL,
    organization BIGINT NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    dedicated BIGINT NOT NULL,
    draining_to BIGINT,
    filling_to BIGINT,
    filling_since BIGINT,
    PRIMARY KEY (account_id, organization, product)
);

CREATE TABLE seat (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    "user" BIGINT NOT NULL,
    level BIGINT NOT NULL, -- 0: the account
    state TEXT COLLATE "C" NOT NULL,
    assigned_at BIGINT,
    activated_at BIGINT,
    last_used_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX seat_user ON seat (account_id, "user", id);
CREATE INDEX seat_product ON seat (account_id, product, id);
CREATE INDEX seat_level ON seat (account_id, level, id);

-- Machines that checked in for a seat.
CREATE TABLE seat_machine (
    account_id BIGINT NOT NULL,
    seat BIGINT NOT NULL,
    machine TEXT COLLATE "C" NOT NULL,
    activated_at BIGINT,
    last_used_at BIGINT,
    PRIMARY KEY (account_id, seat, machine)
);

-- Active ones and, until they are archived, those that ended. Pages have room left for heartbeats, which then change no
-- index.
CREATE TABLE session (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    "user" BIGINT NOT NULL,
    level BIGINT NOT NULL, -- 0: the account
    via TEXT COLLATE "C" NOT NULL,
    count BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    project BIGINT,
    organization BIGINT,
    machine TEXT COLLATE "C",
    ttl_s BIGINT NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    started_at BIGINT,
    expires_at BIGINT,
    ended_at BIGINT,
    cooldown_until BIGINT,
    borrowed BOOLEAN NOT NULL,
    key BIGINT, -- whose API key started it; NULL: the operator's
    idempotency_key TEXT COLLATE "C",
    PRIMARY KEY (account_id, id)
) WITH (fillfactor = 85);
CREATE INDEX session_active ON session (account_id, id) WHERE state = 'active';
CREATE INDEX session_revoked ON session (account_id, id) WHERE state = 'revoked';
CREATE INDEX session_ended ON session (account_id, ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX session_of_user ON session (account_id, "user", id);
CREATE INDEX session_borrowed ON session (account_id, id) WHERE borrowed;
CREATE INDEX session_idempotency ON session (account_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE cooldown (
    account_id BIGINT NOT NULL,
    "user" BIGINT NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    until_at BIGINT,
    PRIMARY KEY (account_id, "user", product)
);

CREATE TABLE shortfall (
    account_id BIGINT NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    since_at BIGINT,
    PRIMARY KEY (account_id, product)
);

-- Which products may be borrowed.
CREATE TABLE borrowing (
    account_id BIGINT NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    max_borrow_days BIGINT NOT NULL,
    share_percent BIGINT NOT NULL,
    PRIMARY KEY (account_id, product)
);

CREATE TABLE api_key (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    "user" BIGINT,
    organization BIGINT,
    created_at BIGINT,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    hash BYTEA NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX api_key_hash ON api_key (hash);

-- The past ----------------------------------------------------------------------------------------------------

-- Each hash covers its row and the hash of the row before: src/store/history.h. Nothing in here changes; what lies
-- at or before the account's checkpoint is in the archive.
CREATE TABLE event (
    account_id BIGINT NOT NULL,
    seq BIGINT NOT NULL, -- 1, 2, 3 … in each account
    at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    actor_role TEXT COLLATE "C", -- NULL: nobody, time itself
    actor_key BIGINT,
    actor_user BIGINT,
    actor_organization BIGINT,
    data TEXT COLLATE "C" NOT NULL, -- JSON: before, after, reason
    organization BIGINT, -- that it concerns
    "user" BIGINT, -- whom it concerns
    hash BYTEA NOT NULL,
    PRIMARY KEY (account_id, seq)
);
CREATE INDEX event_subject ON event (account_id, subject, seq);
-- Nearly all events are of sessions: the others are found without going through those.
CREATE INDEX event_other ON event (account_id, seq, kind) WHERE kind < 'session.' OR kind >= 'session/';

-- The last event of each account that went into the archive: there the chain in the table above begins.
CREATE TABLE checkpoint (
    account_id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    hash BYTEA NOT NULL
);

CREATE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are never changed' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER event_stays BEFORE UPDATE OR TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION event_stays();

CREATE FUNCTION event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seq > coalesce((SELECT seq FROM checkpoint WHERE account_id = OLD.account_id), 0) THEN
        RAISE EXCEPTION 'events are deleted by an archive only' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER event_is_kept BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_is_kept();

-- Browsers in which someone has signed in. Account 0 has those of the operator. Ids are from the counter of api_key.
CREATE TABLE sign_in (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    "user" BIGINT, -- NULL: the operator
    created_at BIGINT,
    last_used_at BIGINT,
    hash BYTEA NOT NULL, -- of its secret
    PRIMARY KEY (account_id, id)
);

-- Who waits in line at one of the servers: struct waiter_row in src/engine/row.h.
CREATE TABLE waiter (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    node BIGINT NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    "user" BIGINT,
    project BIGINT,
    organization BIGINT,
    machine TEXT COLLATE "C",
    ttl_s BIGINT NOT NULL,
    count BIGINT NOT NULL,
    origin_given BOOLEAN NOT NULL,
    origin TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C",
    request_hash BYTEA NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    key BIGINT,
    is_signed_in BOOLEAN NOT NULL,
    actor_user BIGINT,
    actor_organization BIGINT,
    since_at BIGINT,
    deadline_at BIGINT,
    head_since BIGINT,
    is_reserving BOOLEAN NOT NULL,
    reserved BIGINT NOT NULL, -- 0: the account
    reserved_via TEXT COLLATE "C" NOT NULL,
    session BIGINT,
    kept_until BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX waiter_node ON waiter (node);

-- Episodes of denials.
CREATE TABLE denial (
    account_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    "user" BIGINT,
    product TEXT COLLATE "C" NOT NULL,
    machine TEXT COLLATE "C",
    error TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    project BIGINT,
    organization BIGINT,
    units BIGINT NOT NULL, -- asked for
    count BIGINT NOT NULL, -- how often
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    closed_at BIGINT, -- by a grant; NULL: still open, or closed by silence
    tried TEXT COLLATE "C", -- JSON
    PRIMARY KEY (account_id, id)
);
CREATE INDEX denial_last_at ON denial (account_id, last_at);
CREATE INDEX denial_user ON denial (account_id, "user", id);
CREATE INDEX denial_product ON denial (account_id, product, id);

-- Answers that are given again for the same Idempotency-Key.
CREATE TABLE answer (
    account_id BIGINT NOT NULL,
    key BIGINT NOT NULL, -- the API key that asked; 0: the operator's
    idempotency_key TEXT COLLATE "C" NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, key, idempotency_key)
);
CREATE INDEX answer_until_at ON answer (until_at);

-- Sharing -----------------------------------------------------------------------------------------------------

-- Who changes an account has its row locked (src/store/postgres_enter.c). The version goes up by one with each
-- transaction that changed something of it, and further where nobody may trust what he remembers. 0 is the service.
CREATE TABLE account_state (
    account_id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    event_seq BIGINT NOT NULL, -- of the newest event, in the archive or not
    event_hash BYTEA NOT NULL,
    last_at BIGINT NOT NULL, -- of the newest fact or episode
    due_at BIGINT -- when time changes it next; NULL: never
) WITH (fillfactor = 50);
CREATE INDEX account_state_due_at ON account_state (due_at) WHERE due_at IS NOT NULL;
INSERT INTO account_state (account_id, version, event_seq, event_hash, last_at)
    VALUES (0, 1, 0, decode(repeat('00', 32), 'hex'), 0);

-- The feed: what each transaction changed of an account, for servers that keep it in memory (src/store/feed.h). Who
-- finds that some are missing between the version that he knows and the one that is, loads the account.
CREATE TABLE change (
    account_id BIGINT NOT NULL,
    version BIGINT NOT NULL, -- of the account, after it
    node BIGINT NOT NULL, -- whose doing it was
    batch BIGINT NOT NULL, -- the number that the node gave the transaction
    at BIGINT NOT NULL,
    facts BYTEA NOT NULL,
    PRIMARY KEY (account_id, version)
);
ALTER TABLE change ALTER COLUMN facts SET STORAGE EXTERNAL; -- short-lived: not worth compressing
CREATE INDEX change_at ON change (at);

-- The servers, and when each was seen alive last.
CREATE SEQUENCE node_id;
CREATE TABLE node (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL, -- for people
    started_at BIGINT NOT NULL,
    alive_at BIGINT NOT NULL,
    is_closed BOOLEAN NOT NULL DEFAULT false
) WITH (fillfactor = 50);

-- Its row is gone after a crash or a failover, and is another table's after a restore: some of the last transactions
-- may be lost then, and versions that servers remember name something else.
CREATE UNLOGGED TABLE unbroken (
    account_state BIGINT NOT NULL PRIMARY KEY -- the table's own number in this database
);
INSERT INTO unbroken VALUES ('account_state'::regclass::oid::bigint);

CREATE FUNCTION moment_now() RETURNS BIGINT LANGUAGE sql VOLATILE AS
    $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- Marks the server as alive. If none was for so long, every lease is given its full time first (but those that were
-- borrowed), and what servers remember of their accounts is void.
CREATE FUNCTION mark_alive(this BIGINT, its_name TEXT, silence_ms BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    begun BIGINT;
BEGIN
    PERFORM pg_advisory_xact_lock(1431521362, hashtext('alive ' || current_schema()));
    IF coalesce((SELECT max(alive_at) FROM node), 0) < moment_now() - silence_ms THEN
        PERFORM FROM account_state WHERE account_id IN
            (SELECT account_id FROM session WHERE state = 'active' AND NOT borrowed) ORDER BY account_id FOR UPDATE;
        begun := moment_now();
        WITH revived AS (
            UPDATE session SET expires_at = greatest(expires_at, begun + ttl_s * 1000)
            WHERE state = 'active' AND NOT borrowed RETURNING account_id)
        UPDATE account_state SET version = version + 1 WHERE account_id IN (SELECT account_id FROM revived);
    END IF;
    INSERT INTO node (id, name, started_at, alive_at) VALUES (this, its_name, moment_now(), moment_now())
        ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at;
END $$;

-- Makes void what servers remember, after a break. To be called by whoever connects, before anything else.
CREATE FUNCTION note_break() RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    this BIGINT := 'account_state'::regclass::oid::bigint;
BEGIN
    IF EXISTS (SELECT FROM unbroken WHERE account_state = this) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(1431521362, hashtext('break ' || current_schema()));
    IF EXISTS (SELECT FROM unbroken WHERE account_state = this) THEN
        RETURN;
    END IF;
    PERFORM FROM account_state ORDER BY account_id FOR UPDATE;
    UPDATE account_state SET version = version + 1000000;
    DELETE FROM unbroken;
    INSERT INTO unbroken VALUES (this);
END $$;
