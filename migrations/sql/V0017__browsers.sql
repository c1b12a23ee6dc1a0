-- Signing in with a browser: the code that is typed where it was asked for, and the cookie that keeps somebody signed in; and
-- a way to the hours that wait for somebody there.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE sign_in_code (
    browser    bytea PRIMARY KEY CHECK (length(browser) = 32),
    digest     bytea NOT NULL CHECK (length(digest) = 32),
    link       bytea NOT NULL CHECK (length(link) = 32),
    tries      smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    expires_at timestamptz NOT NULL
);
SELECT ledger_reference('sign_in_code');
CREATE INDEX sign_in_code_link ON sign_in_code (link);
CREATE INDEX sign_in_code_expired ON sign_in_code (expires_at);
COMMENT ON TABLE sign_in_code IS 'A code that a browser has asked for and that counts in that browser only, whether somebody has the address or not. Deleted some time after it has expired.';
COMMENT ON COLUMN sign_in_code.browser IS 'SHA-256 of the secret in the cookie of the browser that asked.';
COMMENT ON COLUMN sign_in_code.digest IS 'SHA-256 of that secret and the code: who reads this cannot try codes.';
COMMENT ON COLUMN sign_in_code.link IS 'SHA-256 of the token in the link of the same mail.';
COMMENT ON COLUMN sign_in_code.tries IS 'How many wrong codes were typed; after the fifth neither code nor link works.';
COMMENT ON COLUMN sign_in_code.expires_at IS 'Wall clock; that of the link.';

CREATE TABLE browser_session (
    digest     bytea PRIMARY KEY CHECK (length(digest) = 32),
    family     uuid NOT NULL REFERENCES refresh_family (id),
    expires_at timestamptz NOT NULL
);
SELECT ledger_reference('browser_session');
COMMENT ON TABLE browser_session IS 'The cookie of a browser in which somebody has signed in. It counts for pages only, as long as its session is not over.';
COMMENT ON COLUMN browser_session.digest IS 'SHA-256 of the secret in the cookie.';
COMMENT ON COLUMN browser_session.family IS 'The session.';
COMMENT ON COLUMN browser_session.expires_at IS 'Wall clock.';

CREATE INDEX contribution_unattested ON contribution (book_id, id) WHERE attested_at IS NULL;
