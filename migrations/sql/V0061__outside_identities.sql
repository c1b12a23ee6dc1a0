-- Identities that providers elsewhere vouch for, and the persons who sign in with them.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE outside_identity (
    issuer    text NOT NULL CHECK (octet_length(issuer) BETWEEN 1 AND 500),
    subject   text NOT NULL CHECK (octet_length(subject) BETWEEN 1 AND 255),
    person    uuid NOT NULL REFERENCES person (id),
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
SELECT ledger_reference('outside_identity');
CREATE UNIQUE INDEX outside_identity_of_person ON outside_identity (person, issuer);
COMMENT ON TABLE outside_identity IS 'Which person an identity of an identity provider is: found by its address at the first sign-in, and by this from then on.';
COMMENT ON COLUMN outside_identity.issuer IS 'The provider, by its address.';
COMMENT ON COLUMN outside_identity.subject IS 'What the provider calls somebody, who keeps it though their address changes.';
COMMENT ON COLUMN outside_identity.person IS 'Who signs in with it. Of one provider a person has one at most, so that an address that was given to somebody else signs nobody else in.';
COMMENT ON COLUMN outside_identity.linked_at IS 'Wall clock of the first sign-in with it.';
