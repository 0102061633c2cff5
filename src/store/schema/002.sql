-- SPDX-License-Identifier: Apache-2.0
--
-- Signing in.

ALTER TABLE app_user ADD COLUMN password_set_at INTEGER;
ALTER TABLE app_user ADD COLUMN invited_until INTEGER;
ALTER TABLE app_user ADD COLUMN password TEXT; -- Argon2id
ALTER TABLE app_user ADD COLUMN invitation TEXT; -- the hash of its token

-- Browsers in which someone has signed in. Account 0 has those of the operator. Ids are from the counter of api_key.
CREATE TABLE sign_in (
    account_id INTEGER NOT NULL,
    id INTEGER NOT NULL,
    user INTEGER, -- NULL: the operator
    created_at INTEGER,
    last_used_at INTEGER,
    hash BLOB NOT NULL, -- of its secret
    PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;
