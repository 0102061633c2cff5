-- SPDX-License-Identifier: Apache-2.0
--
-- Ids are the numbers of the public ids: 12 is SN-12 in session, OG-12 in organization. Moments are milliseconds
-- since 1970-01-01 UTC. NULL is "none", but a level is never NULL: 0 is the account itself.
-- account_id 0 is the service itself.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The next id of each kind, over all accounts.
CREATE TABLE counter (
    kind TEXT NOT NULL PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE operator (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    hash BLOB NOT NULL
) STRICT;

-- The present -------------------------------------------------------------------------------------------------

CREATE TABLE product (
    code TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    model TEXT NOT NULL,
    machines_per_seat INTEGER, -- NULL: as many as there are
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    delegate_dedication INTEGER NOT NULL,
    self_service_seats INTEGER NOT NULL,
    on_shortfall TEXT NOT NULL,
    shortfall_grace_s INTEGER NOT NULL,
    policy TEXT NOT NULL,
    fallback INTEGER NOT NULL,
    created_at INTEGER
) STRICT;

CREATE TABLE purchase (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    product TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    starts_at INTEGER,
    ends_at INTEGER,
    in_force INTEGER NOT NULL,
    created_at INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE organization (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    parent INTEGER, -- NULL: directly below the account
    created_at INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX organization_parent ON organization (account_id, parent);

CREATE TABLE app_user (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    email TEXT,
    name TEXT NOT NULL,
    organization INTEGER,
    role TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX app_user_email ON app_user (account_id, lower(email));
CREATE INDEX app_user_organization ON app_user (account_id, organization);

CREATE TABLE project (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    organization INTEGER NOT NULL,
    created_at INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_organization ON project (account_id, organization);

CREATE TABLE membership (
    account_id INTEGER NOT NULL,
    project INTEGER NOT NULL,
    user INTEGER NOT NULL,
    PRIMARY KEY (account_id, project, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX membership_user ON membership (account_id, user);

CREATE TABLE dedication (
    account_id INTEGER NOT NULL,
    organization INTEGER NOT NULL,
    product TEXT NOT NULL,
    dedicated INTEGER NOT NULL,
    draining_to INTEGER,
    filling_to INTEGER,
    filling_since INTEGER,
    PRIMARY KEY (account_id, organization, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE seat (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    product TEXT NOT NULL,
    user INTEGER NOT NULL,
    level INTEGER NOT NULL, -- 0: the account
    state TEXT NOT NULL,
    assigned_at INTEGER,
    activated_at INTEGER,
    last_used_at INTEGER,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX seat_user ON seat (account_id, user);

-- Machines that checked in for a seat.
CREATE TABLE seat_machine (
    account_id INTEGER NOT NULL,
    seat INTEGER NOT NULL,
    machine TEXT NOT NULL,
    activated_at INTEGER,
    last_used_at INTEGER,
    PRIMARY KEY (account_id, seat, machine)
) STRICT, WITHOUT ROWID;

-- Active ones and, until they are archived, those that ended. New rows are put at the table's end, of whatever account:
-- that keeps a transaction's pages together.
CREATE TABLE session (
    account_id INTEGER NOT NULL,
    id INTEGER PRIMARY KEY,
    product TEXT NOT NULL,
    user INTEGER NOT NULL,
    level INTEGER NOT NULL, -- 0: the account
    via TEXT NOT NULL,
    count INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    project INTEGER,
    organization INTEGER,
    machine TEXT,
    ttl_s INTEGER NOT NULL,
    origin TEXT NOT NULL,
    started_at INTEGER,
    expires_at INTEGER,
    ended_at INTEGER,
    cooldown_until INTEGER,
    borrowed INTEGER NOT NULL,
    key INTEGER, -- whose API key started it; NULL: the operator's
    idempotency_key TEXT
) STRICT;
-- Each index ends with the id.
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_active ON session (account_id) WHERE state = 'active';
CREATE INDEX session_ended ON session (account_id, ended_at) WHERE ended_at IS NOT NULL;
-- By blocks of 4096 ids: new sessions of many users then go to few pages of the index, those of the newest block. Who
-- looks for a user's goes through the blocks (src/store/sqlite_list.c).
CREATE INDEX session_user ON session (account_id, id >> 12, user);
CREATE INDEX session_borrowed ON session (account_id) WHERE borrowed = 1;
CREATE INDEX session_idempotency ON session (account_id, key, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE cooldown (
    account_id INTEGER NOT NULL,
    user INTEGER NOT NULL,
    product TEXT NOT NULL,
    until_at INTEGER,
    PRIMARY KEY (account_id, user, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE shortfall (
    account_id INTEGER NOT NULL,
    product TEXT NOT NULL,
    since_at INTEGER,
    PRIMARY KEY (account_id, product)
) STRICT, WITHOUT ROWID;

-- Which products may be borrowed.
CREATE TABLE borrowing (
    account_id INTEGER NOT NULL,
    product TEXT NOT NULL,
    max_borrow_days INTEGER NOT NULL,
    share_percent INTEGER NOT NULL,
    PRIMARY KEY (account_id, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    user INTEGER,
    organization INTEGER,
    created_at INTEGER,
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used_at INTEGER,
    hash BLOB NOT NULL,
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

-- The past ----------------------------------------------------------------------------------------------------

-- Each hash covers its row and the hash of the row before: src/store/history.h. Nothing in here changes; what lies
-- at or before the account's checkpoint is in the archive.
CREATE TABLE event (
    account_id INTEGER NOT NULL,
    seq INTEGER NOT NULL, -- 1, 2, 3 … in each account
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor_role TEXT, -- NULL: nobody, time itself
    actor_key INTEGER,
    actor_user INTEGER,
    actor_organization INTEGER,
    data TEXT NOT NULL, -- JSON: before, after, reason
    organization INTEGER, -- that it concerns
    user INTEGER, -- whom it concerns
    hash BLOB NOT NULL,
    UNIQUE (account_id, seq)
) STRICT;
CREATE INDEX event_subject ON event (account_id, subject, seq);

-- The last event of each account that went into the archive: there the chain in the table above begins.
CREATE TABLE checkpoint (
    account_id INTEGER NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TRIGGER event_stays BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER event_is_kept BEFORE DELETE ON event
WHEN OLD.seq > coalesce((SELECT seq FROM checkpoint WHERE account_id = OLD.account_id), 0)
BEGIN
    SELECT RAISE(ABORT, 'events are deleted by usherd archive only');
END;

-- Episodes of denials.
CREATE TABLE denial (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    user INTEGER,
    product TEXT NOT NULL,
    machine TEXT,
    error TEXT NOT NULL,
    reason TEXT,
    project INTEGER,
    organization INTEGER,
    units INTEGER NOT NULL, -- asked for
    count INTEGER NOT NULL, -- how often
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    closed_at INTEGER, -- by a grant; NULL: still open, or closed by silence
    tried TEXT, -- JSON
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX denial_last_at ON denial (account_id, last_at);
CREATE INDEX denial_user ON denial (account_id, user);

-- Answers that are given again for the same Idempotency-Key.
CREATE TABLE answer (
    account_id INTEGER NOT NULL,
    key INTEGER NOT NULL, -- the API key that asked; 0: the operator's
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    until_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, key, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_until_at ON answer (until_at);
