-- SPDX-License-Identifier: Apache-2.0
--
-- What Usher decides, as a function of PostgreSQL: the pools that a user may draw from in their order, capacity, a
-- lease with an end, a session. Leases whose time is up are returned before a pool is looked at. Every other call is
-- a release. It is easier than Usher's work: no history, no ancestors to look at.
CREATE TABLE pool (id integer PRIMARY KEY, capacity bigint NOT NULL, assigned bigint NOT NULL) WITH (fillfactor = 20);
CREATE TABLE app_user (id integer PRIMARY KEY, organization integer NOT NULL);
CREATE TABLE session (
    id bigint PRIMARY KEY,
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
CREATE INDEX session_lease ON session (level, expires_at) WHERE state = 'active';
CREATE SEQUENCE turn;
CREATE SEQUENCE next_session;
CREATE SEQUENCE oldest;

INSERT INTO pool SELECT leaf, 2, 0 FROM generate_series(1, 900) AS leaf;
INSERT INTO pool VALUES (0, 1000000000, 0); -- the account's
INSERT INTO app_user SELECT id, 1 + id % 900 FROM generate_series(1, 10000) AS id;

CREATE FUNCTION give_back(of_session bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    ended record;
BEGIN
    UPDATE session SET state = 'released', ended_at = now() WHERE id = of_session AND state = 'active'
        RETURNING level, count INTO ended;
    IF FOUND THEN
        UPDATE pool SET assigned = assigned - ended.count WHERE id = ended.level;
    END IF;
    RETURN of_session;
END $$;

CREATE FUNCTION acquire(of_user integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    candidates integer[];
    candidate integer;
    own pool;
    lapsed bigint;
    granted bigint;
BEGIN
    SELECT ARRAY[organization, 0] INTO candidates FROM app_user WHERE id = of_user;
    FOREACH candidate IN ARRAY candidates LOOP
        SELECT * INTO own FROM pool WHERE id = candidate FOR UPDATE;
        WITH ended AS (UPDATE session SET state = 'expired', ended_at = expires_at
                       WHERE level = candidate AND state = 'active' AND expires_at <= now() RETURNING count)
            SELECT coalesce(sum(count), 0) INTO lapsed FROM ended;
        CONTINUE WHEN own.capacity - own.assigned + lapsed < 1;
        UPDATE pool SET assigned = assigned - lapsed + 1 WHERE id = candidate;
        granted := nextval('next_session');
        INSERT INTO session VALUES (granted, 'KRE', of_user, candidate,
            CASE WHEN candidate = 0 THEN 'fallback' ELSE 'own' END, 1, 'active',
            'ws-' || of_user || '.example.com', 120, now(), now() + interval '120 s', NULL);
        RETURN granted;
    END LOOP;
    RAISE EXCEPTION 'no license available';
END $$;

CREATE FUNCTION turn(of_user integer, running bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    at bigint := nextval('turn');
BEGIN
    IF at % 2 = 0 AND at / 2 > running THEN
        RETURN give_back(nextval('oldest'));
    END IF;
    RETURN acquire(of_user);
END $$;
