-- Fund lineage: whose settled money lies in each campaign's fund, and which entries it paid for.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE campaign ADD COLUMN lineage text NOT NULL DEFAULT 'fifo';
ALTER TABLE campaign ADD CONSTRAINT campaign_lineage_check CHECK (lineage IN ('fifo', 'pro_rata'));
COMMENT ON COLUMN campaign.lineage IS 'Whose money a release takes: fifo, what settled first; pro_rata, of all in proportion. Never changes.';

CREATE TABLE fund_layer (
    pledge    uuid NOT NULL,
    number    bigint NOT NULL CHECK (number > 0),
    settled   bigint NOT NULL CHECK (settled >= number),
    amount    bigint NOT NULL CHECK (amount > 0),
    remaining bigint NOT NULL CHECK (remaining BETWEEN 0 AND amount),
    book_id   int NOT NULL,
    fund      int NOT NULL,
    PRIMARY KEY (book_id, fund, number),
    FOREIGN KEY (book_id, pledge) REFERENCES pledge (book_id, id)
) WITH (fillfactor = 80);
SELECT ledger_distribute('fund_layer');
CREATE INDEX fund_layer_open ON fund_layer (book_id, fund, settled, number) WHERE remaining > 0;
CREATE INDEX fund_layer_of_pledge ON fund_layer (book_id, pledge, fund);
COMMENT ON TABLE fund_layer IS 'Settled money of one pledge in one fund: a charge that arrived as cash, or money that its donor moved in.';
COMMENT ON COLUMN fund_layer.pledge IS 'Whose money.';
COMMENT ON COLUMN fund_layer.number IS 'Record number of the entry that brought it: the capture, or the move.';
COMMENT ON COLUMN fund_layer.settled IS 'Record number of the entry with which it became cash; the move itself where it was moved in. With number: the order of use.';
COMMENT ON COLUMN fund_layer.amount IS 'Minor units that came.';
COMMENT ON COLUMN fund_layer.remaining IS 'Minor units that nothing has used yet.';
COMMENT ON COLUMN fund_layer.book_id IS 'The book.';
COMMENT ON COLUMN fund_layer.fund IS 'Number of the fund account.';

CREATE TABLE fund_use (
    entry   bigint NOT NULL CHECK (entry > 0),
    layer   bigint NOT NULL,
    amount  bigint NOT NULL CHECK (amount > 0),
    book_id int NOT NULL,
    fund    int NOT NULL,
    PRIMARY KEY (book_id, entry, fund, layer),
    FOREIGN KEY (book_id, fund, layer) REFERENCES fund_layer (book_id, fund, number),
    CHECK (entry > layer)
);
SELECT ledger_distribute('fund_use');
CREATE INDEX fund_use_of_layer ON fund_use (book_id, fund, layer);
COMMENT ON TABLE fund_use IS 'What an entry took of a layer: a release, a move by the donor, a refund. Written once.';
COMMENT ON COLUMN fund_use.entry IS 'Record number of the entry that used it.';
COMMENT ON COLUMN fund_use.layer IS 'Number of the layer.';
COMMENT ON COLUMN fund_use.amount IS 'Minor units.';
COMMENT ON COLUMN fund_use.book_id IS 'The book.';
COMMENT ON COLUMN fund_use.fund IS 'Number of the fund account.';

CREATE UNIQUE INDEX release_of_entry ON release (book_id, entry_number);

CREATE TRIGGER fund_use_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON fund_use FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON fund_layer TO commonpurse_service;
GRANT SELECT, INSERT ON fund_use TO commonpurse_service;
