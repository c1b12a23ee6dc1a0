-- A provider that takes real money, and what it tells us by itself.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE pledge DROP CONSTRAINT pledge_rail_check;
ALTER TABLE pledge ADD CONSTRAINT pledge_rail_check CHECK (rail IN ('sandbox', 'partner', 'stripe'));
ALTER TABLE charge DROP CONSTRAINT charge_rail_check;
ALTER TABLE charge ADD CONSTRAINT charge_rail_check CHECK (rail IN ('sandbox', 'partner', 'stripe'));
ALTER TABLE refund DROP CONSTRAINT refund_rail_check;
ALTER TABLE refund ADD CONSTRAINT refund_rail_check CHECK (rail IN ('sandbox', 'partner', 'stripe'));

CREATE TABLE webhook_received (
    received_at timestamptz NOT NULL,
    provider    text NOT NULL CHECK (length(provider) BETWEEN 1 AND 40),
    event_id    text NOT NULL CHECK (length(event_id) BETWEEN 1 AND 200),
    kind        text NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    object      text NOT NULL CHECK (length(object) <= 200),
    sha256      bytea NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (provider, event_id)
);
SELECT ledger_reference('webhook_received');
CREATE INDEX webhook_received_of_age ON webhook_received (received_at);
COMMENT ON TABLE webhook_received IS 'What providers told us in calls that they signed, once each. Its body is not kept. Deleted after 90 days.';
COMMENT ON COLUMN webhook_received.received_at IS 'Wall clock.';
COMMENT ON COLUMN webhook_received.provider IS 'Who told: the name of a rail.';
COMMENT ON COLUMN webhook_received.event_id IS 'How the provider names the event.';
COMMENT ON COLUMN webhook_received.kind IS 'What has happened, in the provider''s word.';
COMMENT ON COLUMN webhook_received.object IS 'How the provider names the object that it happened to; empty when it did not say.';
COMMENT ON COLUMN webhook_received.sha256 IS 'SHA-256 of the body that came first.';
