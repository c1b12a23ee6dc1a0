-- What rails report: means of payment that are refused for good.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE charge DROP CONSTRAINT charge_decline_kind_check;
ALTER TABLE charge ADD CONSTRAINT charge_decline_kind_check CHECK (decline_kind IN ('', 'soft', 'expired', 'stolen', 'hard'));
COMMENT ON COLUMN charge.decline_kind IS 'soft, expired, stolen or hard; empty unless declined.';
ALTER TABLE sandbox_provider_charge DROP CONSTRAINT sandbox_provider_charge_outcome_check;
ALTER TABLE sandbox_provider_charge ADD CONSTRAINT sandbox_provider_charge_outcome_check
    CHECK (outcome IN ('captured', 'soft', 'expired', 'stolen', 'hard'));
COMMENT ON COLUMN sandbox_provider_charge.outcome IS
    'captured, or why it was declined: soft (may work later), expired, stolen, hard (refused for good).';
