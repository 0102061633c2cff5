-- SPDX-License-Identifier: Apache-2.0
--
-- What lists are narrowed by. Acquiring and releasing costs the same as before (bench/store): the two indexes of
-- sessions that every session is in have got columns, but not entries.

-- By id, so that lists need no sorting; product and level are looked at without the table's rows.
DROP INDEX session_account;
CREATE INDEX session_account ON session (account_id, id, product, level);
DROP INDEX session_active;
CREATE INDEX session_active ON session (account_id, id, product, level) WHERE state = 'active';
CREATE INDEX session_revoked ON session (account_id) WHERE state = 'revoked';

-- Each index ends with the id.
CREATE INDEX seat_product ON seat (account_id, product);
CREATE INDEX seat_level ON seat (account_id, level);
CREATE INDEX denial_product ON denial (account_id, product);

-- Nearly all events are of sessions: the others are found without going through those.
CREATE INDEX event_other ON event (account_id, seq, kind) WHERE kind < 'session.' OR kind >= 'session/';
