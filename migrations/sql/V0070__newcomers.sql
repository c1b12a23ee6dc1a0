-- Somebody new becomes a person when they open their link, and not when they, or somebody else, ask for one.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE sign_in_token ALTER COLUMN person DROP NOT NULL;
ALTER TABLE sign_in_token ADD COLUMN email text
    CHECK (length(email) BETWEEN 3 AND 254 AND email = lower(email) AND email LIKE '_%@_%');
ALTER TABLE sign_in_token ADD CHECK ((person IS NULL) <> (email IS NULL));
CREATE INDEX sign_in_token_of_person ON sign_in_token (person);
CREATE INDEX sign_in_token_of_email ON sign_in_token (email) WHERE email IS NOT NULL;
CREATE INDEX sign_in_token_of_newcomers ON sign_in_token (expires_at) WHERE email IS NOT NULL;
COMMENT ON TABLE sign_in_token IS
    'A sign-in link that was mailed: single use, 15 minutes. Deleted 30 days later, that of somebody new a day later.';
COMMENT ON COLUMN sign_in_token.person IS 'Who signs in with it; NULL when nobody had the address as it was mailed.';
COMMENT ON COLUMN sign_in_token.email IS
    'The address, in lower case, of somebody new, who is made a person when the link is opened; NULL when it is of a person.';
