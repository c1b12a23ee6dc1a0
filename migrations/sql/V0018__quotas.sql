-- How much a caller has made today, of what is bounded by the day.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE quota_use (
    caller int  NOT NULL CHECK (caller > 0),
    what   text NOT NULL CHECK (what IN ('organisations', 'books', 'invitations')),
    day    date NOT NULL,
    used   int  NOT NULL CHECK (used > 0),
    PRIMARY KEY (caller, what)
);
SELECT ledger_reference('quota_use');
COMMENT ON TABLE quota_use IS 'How much of a kind a caller has made on the last day on which it made any: one row for each, so that it grows with the callers and not with the days.';
COMMENT ON COLUMN quota_use.caller IS 'Number of the person, or of the organisation whose credentials ask.';
COMMENT ON COLUMN quota_use.what IS 'What is counted: organisations, books or invitations.';
COMMENT ON COLUMN quota_use.day IS 'The day in UTC.';
COMMENT ON COLUMN quota_use.used IS 'How many were made on that day; what was rolled back is not among them.';
