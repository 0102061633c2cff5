-- SPDX-License-Identifier: Apache-2.0
--
-- The function of postgres.sql for many accounts: each has an organization with 2 licenses, its users, and a large pool
-- of its own. How many accounts and users there are is in bench.accounts and bench.users.
CREATE TABLE pool (
    account integer,
    id integer,
    capacity bigint NOT NULL,
    assigned bigint NOT NULL,
    PRIMARY KEY (account, id)
) WITH (fillfactor = 20);
CREATE TABLE app_user (account integer, id integer, organization integer NOT NULL, PRIMARY KEY (account, id));
CREATE TABLE session (
    id bigint PRIMARY KEY,
    account integer NOT NULL,
    product text NOT NULL,
    app_user integer NOT NULL,
    level integer NOT NULL,
    via text NOT NULL,
    count integer NOT NULL,
    state text NOT NULL,
    machine text,
    ttl_s integer NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
) WITH (fillfactor = 60);
CREATE INDEX session_lease ON session (account, level, expires_at) WHERE state = 'active';
CREATE SEQUENCE turn;
CREATE SEQUENCE next_session;
CREATE SEQUENCE oldest;

INSERT INTO pool SELECT account, 1, 2, 0 FROM generate_series(1, current_setting('bench.accounts')::int) AS account;
INSERT INTO pool SELECT account, 0, 1000000000, 0 FROM pool;
INSERT INTO app_user SELECT account, number, 1
    FROM pool, generate_series(1, current_setting('bench.users')::int) AS number WHERE pool.id = 1;

CREATE FUNCTION give_back(of_session bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    ended record;
BEGIN
    UPDATE session SET state = 'released', ended_at = now() WHERE id = of_session AND state = 'active'
        RETURNING account, level, count INTO ended;
    IF FOUND THEN
        UPDATE pool SET assigned = assigned - ended.count WHERE account = ended.account AND id = ended.level;
    END IF;
    RETURN of_session;
END $$;

CREATE FUNCTION acquire(of_account integer, of_user integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    candidates integer[];
    candidate integer;
    own pool;
    lapsed bigint;
    granted bigint;
BEGIN
    SELECT ARRAY[organization, 0] INTO candidates FROM app_user WHERE account = of_account AND id = of_user;
    FOREACH candidate IN ARRAY candidates LOOP
        SELECT * INTO own FROM pool WHERE account = of_account AND id = candidate FOR UPDATE;
        WITH ended AS (UPDATE session SET state = 'expired', ended_at = expires_at
                       WHERE account = of_account AND level = candidate AND state = 'active' AND expires_at <= now()
                       RETURNING count)
            SELECT coalesce(sum(count), 0) INTO lapsed FROM ended;
        CONTINUE WHEN own.capacity - own.assigned + lapsed < 1;
        UPDATE pool SET assigned = assigned - lapsed + 1 WHERE account = of_account AND id = candidate;
        granted := nextval('next_session');
        INSERT INTO session VALUES (granted, of_account, 'KRE', of_user, candidate,
            CASE WHEN candidate = 0 THEN 'fallback' ELSE 'own' END, 1, 'active',
            'ws-' || of_user || '.example.com', 120, now(), now() + interval '120 s', NULL);
        RETURN granted;
    END LOOP;
    RAISE EXCEPTION 'no license available';
END $$;

CREATE FUNCTION turn(of_account integer, of_user integer, running bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    at bigint := nextval('turn');
BEGIN
    IF at % 2 = 0 AND at / 2 > running THEN
        RETURN give_back(nextval('oldest'));
    END IF;
    RETURN acquire(of_account, of_user);
END $$;
