-- Admissions of partner platforms that were withdrawn.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE book_partner ADD COLUMN withdrawn_by uuid;
ALTER TABLE book_partner ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE book_partner ADD CHECK ((withdrawn_by IS NULL) = (withdrawn_at IS NULL));
COMMENT ON TABLE book_partner IS 'Partner platforms that may bring pledges into a book, and those that may no longer.';
COMMENT ON COLUMN book_partner.withdrawn_by IS 'The person who withdrew the admission; NULL while it stands.';
COMMENT ON COLUMN book_partner.withdrawn_at IS 'Wall clock since which the partner neither reads nor writes there; NULL while it may.';
