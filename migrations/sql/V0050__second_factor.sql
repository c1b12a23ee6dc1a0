-- A second factor of persons: the secret of their authenticator, sealed, and recovery codes; with what it was proved in a session; and
-- its reset, by two operators, for who has lost both.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE second_factor (
    person      uuid PRIMARY KEY REFERENCES person (id),
    begun_at    timestamptz NOT NULL,
    active_at   timestamptz,
    waits_until timestamptz,
    last_step   bigint NOT NULL DEFAULT 0 CHECK (last_step >= 0),
    tries       int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    key_version int NOT NULL CHECK (key_version > 0),
    sealed      bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 41 AND 256),
    CHECK (active_at >= begun_at),
    CHECK (active_at IS NULL OR last_step > 0)
);
SELECT ledger_reference('second_factor');
COMMENT ON TABLE second_factor IS 'What a person proves themselves with besides their mail: codes of an authenticator (RFC 6238). The keys that open its secret are not in the database.';
COMMENT ON COLUMN second_factor.person IS 'Whose it is.';
COMMENT ON COLUMN second_factor.begun_at IS 'Wall clock when its secret was shown, once.';
COMMENT ON COLUMN second_factor.active_at IS 'Wall clock of the first right code, from which on it counts; NULL before.';
COMMENT ON COLUMN second_factor.waits_until IS 'Wall clock until which no code is taken, after ten wrong ones in a row; NULL when there were not so many.';
COMMENT ON COLUMN second_factor.last_step IS 'The step of thirty seconds whose code was taken last: that and older ones are not taken again. 0 before the first.';
COMMENT ON COLUMN second_factor.tries IS 'Wrong codes in a row.';
COMMENT ON COLUMN second_factor.key_version IS 'With which key it is sealed.';
COMMENT ON COLUMN second_factor.sealed IS 'The secret: a nonce of 24 bytes and XChaCha20-Poly1305, bound to the person and the key.';

CREATE TABLE recovery_code (
    person      uuid NOT NULL REFERENCES second_factor (person) ON DELETE CASCADE,
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32),
    key_version int NOT NULL CHECK (key_version > 0),
    used_at     timestamptz,
    PRIMARY KEY (person, digest)
);
SELECT ledger_reference('recovery_code');
COMMENT ON TABLE recovery_code IS 'What a person proves themselves with who has no authenticator at hand: each of ten once.';
COMMENT ON COLUMN recovery_code.person IS 'Whose it is.';
COMMENT ON COLUMN recovery_code.digest IS 'HMAC-SHA-256 of the person and the code, with a key that is not in the database.';
COMMENT ON COLUMN recovery_code.key_version IS 'With which key.';
COMMENT ON COLUMN recovery_code.used_at IS 'Wall clock of its one use; NULL before.';

ALTER TABLE refresh_family
    ADD COLUMN proved_at timestamptz,
    ADD COLUMN proved_by text CHECK (proved_by IN ('otp', 'rcv')),
    ADD CHECK ((proved_at IS NULL) = (proved_by IS NULL));
COMMENT ON COLUMN refresh_family.proved_at IS 'Wall clock of the last proof of the second factor in this session; NULL when there was none, or when the factor was removed.';
COMMENT ON COLUMN refresh_family.proved_by IS 'otp: a code of the authenticator; rcv: a recovery code. NULL without a proof.';

CREATE TABLE second_factor_reset (
    id        uuid PRIMARY KEY,
    person    uuid NOT NULL REFERENCES person (id),
    first_by  uuid REFERENCES person (id),
    second_by uuid REFERENCES person (id),
    asked_at  timestamptz NOT NULL,
    first_at  timestamptz,
    second_at timestamptz,
    until     timestamptz NOT NULL,
    ended_at  timestamptz,
    state     text NOT NULL CHECK (state IN ('asked', 'approved', 'waiting', 'done', 'objected', 'refused', 'lapsed')),
    CHECK ((first_by IS NULL) = (first_at IS NULL)),
    CHECK ((second_by IS NULL) = (second_at IS NULL)),
    CHECK (second_by IS NULL OR first_by IS NOT NULL),
    CHECK (first_by <> person AND second_by <> person AND second_by <> first_by),
    CHECK (first_at >= asked_at AND second_at >= first_at),
    CHECK ((state IN ('asked', 'approved', 'waiting')) = (ended_at IS NULL)),
    CHECK (state <> 'asked' OR first_by IS NULL),
    CHECK (state <> 'approved' OR first_by IS NOT NULL AND second_by IS NULL),
    CHECK (state NOT IN ('waiting', 'done') OR second_by IS NOT NULL AND until >= second_at + interval '24 hours'),
    CHECK (state <> 'done' OR ended_at >= until)
);
SELECT ledger_reference('second_factor_reset');
CREATE UNIQUE INDEX second_factor_reset_open ON second_factor_reset (person) WHERE ended_at IS NULL;
CREATE INDEX second_factor_reset_of_person ON second_factor_reset (person, asked_at);
CREATE INDEX second_factor_reset_ended ON second_factor_reset (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE second_factor_reset IS 'A person has lost authenticator and recovery codes: two operators take the factor away, a day after the second of them has agreed.';
COMMENT ON COLUMN second_factor_reset.id IS 'UUIDv7.';
COMMENT ON COLUMN second_factor_reset.person IS 'Whose factor it is.';
COMMENT ON COLUMN second_factor_reset.first_by IS 'The operator who agreed first; NULL before. Never the person.';
COMMENT ON COLUMN second_factor_reset.second_by IS 'Another operator, who agreed second; NULL before. Never the person.';
COMMENT ON COLUMN second_factor_reset.asked_at IS 'Wall clock.';
COMMENT ON COLUMN second_factor_reset.first_at IS 'Wall clock of the first consent; NULL before.';
COMMENT ON COLUMN second_factor_reset.second_at IS 'Wall clock of the second consent; NULL before.';
COMMENT ON COLUMN second_factor_reset.until IS 'Wall clock: asked and approved, when it lapses; waiting, when the factor is removed, a day after the second consent.';
COMMENT ON COLUMN second_factor_reset.ended_at IS 'Wall clock since which nothing comes of it any more; NULL before.';
COMMENT ON COLUMN second_factor_reset.state IS 'asked, approved by one operator, waiting for a day, done, objected by the person, refused by an operator, or lapsed.';
