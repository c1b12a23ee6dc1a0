-- Receipts of a year: which single receipts each sums up, and the links to them.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE receipt_year ADD COLUMN yearly int NOT NULL DEFAULT 0 CHECK (yearly >= 0);
COMMENT ON COLUMN receipt_year.yearly IS 'Number of the last receipt of the year itself, which have a series of their own; 0 before the first.';
COMMENT ON COLUMN receipt_year.last IS 'Number of the last receipt of a charge.';
COMMENT ON TABLE receipt_year IS 'How far the receipts of a book and year are numbered, those of charges and those of the year; locked while one is issued, so that no number is left out.';

CREATE TABLE yearly_receipt (
    id                     uuid NOT NULL,
    donor                  uuid NOT NULL,
    custodian              uuid NOT NULL,
    issued_at              timestamptz NOT NULL,
    book_id                int NOT NULL,
    year                   int NOT NULL CHECK (year BETWEEN 1 AND 9999),
    number                 int NOT NULL CHECK (number >= 1),
    edition                int NOT NULL CHECK (edition >= 1),
    custodian_name         text NOT NULL CHECK (length(custodian_name) <= 200),
    custodian_address      text NOT NULL CHECK (length(custodian_address) <= 1000),
    custodian_registration text NOT NULL CHECK (length(custodian_registration) <= 200),
    tax_text               text NOT NULL CHECK (length(tax_text) <= 4000),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, id, edition),
    UNIQUE (book_id, year, number, edition),
    UNIQUE (book_id, donor, custodian, year, edition),
    FOREIGN KEY (book_id, donor) REFERENCES donor (book_id, id)
);
SELECT ledger_distribute('yearly_receipt');
COMMENT ON TABLE yearly_receipt IS 'The receipt of a calendar year of one donor and custodian, as it was issued. It sums up single receipts, and is of the same gifts. No name stands in it, so that it can stay when its donor is erased.';
COMMENT ON COLUMN yearly_receipt.id IS 'UUIDv7 in the outside id yrc_.';
COMMENT ON COLUMN yearly_receipt.donor IS 'The pseudonym of who gave.';
COMMENT ON COLUMN yearly_receipt.custodian IS 'Organisation that took the money.';
COMMENT ON COLUMN yearly_receipt.issued_at IS 'Book time as of which it speaks.';
COMMENT ON COLUMN yearly_receipt.book_id IS 'The book.';
COMMENT ON COLUMN yearly_receipt.year IS 'Year of the payments, in the zone of the book.';
COMMENT ON COLUMN yearly_receipt.number IS 'Within the book and the year, from 1, without a gap; the same in each edition.';
COMMENT ON COLUMN yearly_receipt.edition IS 'From 1; a later one was asked for by the host, as something had changed.';
COMMENT ON COLUMN yearly_receipt.custodian_name IS 'Name of the custodian then.';
COMMENT ON COLUMN yearly_receipt.custodian_address IS 'Postal address of the custodian then; empty when not given.';
COMMENT ON COLUMN yearly_receipt.custodian_registration IS 'Registration of the custodian then; empty when not given.';
COMMENT ON COLUMN yearly_receipt.tax_text IS 'What it said of its use before the tax office.';

CREATE TABLE yearly_receipt_item (
    yearly_receipt uuid NOT NULL,
    receipt        uuid NOT NULL,
    refunded       bigint NOT NULL CHECK (refunded >= 0),
    disputed       bigint NOT NULL CHECK (disputed >= 0),
    book_id        int NOT NULL,
    edition        int NOT NULL,
    PRIMARY KEY (book_id, yearly_receipt, receipt),
    UNIQUE (book_id, receipt, edition),
    FOREIGN KEY (book_id, yearly_receipt, edition) REFERENCES yearly_receipt (book_id, id, edition),
    FOREIGN KEY (book_id, receipt) REFERENCES receipt (book_id, id)
);
SELECT ledger_distribute('yearly_receipt_item');
COMMENT ON TABLE yearly_receipt_item IS 'A single receipt that one of a year sums up: in each edition once.';
COMMENT ON COLUMN yearly_receipt_item.yearly_receipt IS 'The receipt of the year.';
COMMENT ON COLUMN yearly_receipt_item.receipt IS 'The receipt of the charge.';
COMMENT ON COLUMN yearly_receipt_item.refunded IS 'Minor units of the charge that had gone back to the donor by then.';
COMMENT ON COLUMN yearly_receipt_item.disputed IS 'Minor units of the charge that the donor''s bank had taken back by then.';
COMMENT ON COLUMN yearly_receipt_item.book_id IS 'The book.';
COMMENT ON COLUMN yearly_receipt_item.edition IS 'That of the receipt of the year.';

ALTER TABLE donor_link ADD COLUMN yearly_receipt uuid;
ALTER TABLE donor_link ADD CONSTRAINT donor_link_yearly_receipt_fkey
    FOREIGN KEY (book_id, yearly_receipt) REFERENCES yearly_receipt (book_id, id);
ALTER TABLE donor_link DROP CONSTRAINT donor_link_check;
ALTER TABLE donor_link ADD CONSTRAINT donor_link_check CHECK
    (num_nonnulls(receipt, yearly_receipt) <= 1 AND (num_nonnulls(receipt, yearly_receipt) = 0) = (lapses_at IS NOT NULL));
COMMENT ON TABLE donor_link IS 'A link without an account: to all that a donor gave, to one receipt, or to that of a year. Erasing the donor deletes it.';
COMMENT ON COLUMN donor_link.receipt IS 'The one receipt of a charge that it shows; null for another link.';
COMMENT ON COLUMN donor_link.yearly_receipt IS 'The one receipt of a year that it shows; null for another link.';
