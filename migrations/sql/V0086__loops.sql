-- Loops: from which book's surpluses the next development is paid, so that a campaign asks for less as they grow.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE campaign_loop (
    campaign_id uuid NOT NULL,
    said_by     uuid NOT NULL REFERENCES person (id),
    said_at     timestamptz NOT NULL,
    book_id     int NOT NULL,
    version     int NOT NULL CHECK (version > 0),
    source_book int,
    PRIMARY KEY (book_id, campaign_id, version),
    FOREIGN KEY (book_id, campaign_id) REFERENCES campaign (book_id, id)
);
SELECT ledger_distribute('campaign_loop');
COMMENT ON TABLE campaign_loop IS 'From which book''s surpluses a recurring campaign''s work is paid besides, until its host says otherwise. Written once; the last one counts.';
COMMENT ON COLUMN campaign_loop.campaign_id IS 'The campaign.';
COMMENT ON COLUMN campaign_loop.said_by IS 'Who said so.';
COMMENT ON COLUMN campaign_loop.said_at IS 'Book time.';
COMMENT ON COLUMN campaign_loop.book_id IS 'The book.';
COMMENT ON COLUMN campaign_loop.version IS 'From 1: the highest one counts.';
COMMENT ON COLUMN campaign_loop.source_book IS 'Number of the book whose development fund counts: one of the same organisation. NULL for none from then on.';
