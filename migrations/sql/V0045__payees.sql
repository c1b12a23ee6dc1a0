-- Members, lenders and persons are paid as teams are: their bank accounts, runs of payouts, and documents beside a payout.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE bank_account ADD COLUMN payee_kind text NOT NULL DEFAULT 'organisation' CHECK (payee_kind IN ('organisation', 'person'));
ALTER TABLE bank_account ADD COLUMN link bytea CHECK (octet_length(link) = 32);
-- The second of its checks: another person confirms than gave it. A person has none, and confirms by a link.
ALTER TABLE bank_account DROP CONSTRAINT bank_account_check1;
ALTER TABLE bank_account ADD CONSTRAINT bank_account_confirmed CHECK (
    confirmed_by IS NULL
    OR CASE payee_kind WHEN 'person' THEN confirmed_by = payee AND link IS NOT NULL ELSE confirmed_by <> proposed_by END);
ALTER TABLE bank_account ADD CONSTRAINT bank_account_of_person CHECK (
    CASE payee_kind WHEN 'person' THEN proposed_by = payee ELSE link IS NULL END);
COMMENT ON COLUMN bank_account.payee IS 'Who is paid: an organisation, or a person.';
COMMENT ON COLUMN bank_account.proposed_by IS 'The person of the payee who gave it; of a person, they themselves.';
COMMENT ON COLUMN bank_account.confirmed_by IS 'Another person of the payee who confirmed it, or the person who is paid; null before, and for the first one of a currency.';
COMMENT ON COLUMN bank_account.payee_kind IS 'organisation or person.';
COMMENT ON COLUMN bank_account.link IS 'SHA-256 of the secret of the link by which a person confirms it; null for an organisation, and for the first one of a currency.';

CREATE TABLE lender (
    payee      uuid NOT NULL,
    named_by   uuid NOT NULL,
    version    bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    named_at   timestamptz NOT NULL,
    book_id    int NOT NULL,
    name       text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    payee_kind text NOT NULL CHECK (payee_kind IN ('organisation', 'person')),
    PRIMARY KEY (book_id, name)
);
SELECT ledger_distribute('lender');
CREATE INDEX lender_of_payee ON lender (book_id, payee);
COMMENT ON TABLE lender IS 'Who stands behind the short name of a lender of a cooperative: who is paid what is owed to it.';
COMMENT ON COLUMN lender.payee IS 'The organisation or the person.';
COMMENT ON COLUMN lender.named_by IS 'The person of the host who said so last.';
COMMENT ON COLUMN lender.version IS 'Raised each time somebody says so.';
COMMENT ON COLUMN lender.named_at IS 'Book time.';
COMMENT ON COLUMN lender.book_id IS 'The book.';
COMMENT ON COLUMN lender.name IS 'The short name, as allocation rules have it.';
COMMENT ON COLUMN lender.payee_kind IS 'organisation or person.';

CREATE INDEX member_of_person ON member (book_id, person);

CREATE TABLE payout_run (
    id           uuid NOT NULL,
    custodian    uuid NOT NULL,
    requested_by uuid NOT NULL,
    minimum      bigint NOT NULL CHECK (minimum > 0),
    total        bigint NOT NULL DEFAULT 0 CHECK (total >= 0),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    requested_at timestamptz NOT NULL,
    book_id      int NOT NULL,
    payouts      int NOT NULL DEFAULT 0 CHECK (payouts BETWEEN 0 AND 10000),
    ended        int NOT NULL DEFAULT 0 CHECK (ended >= 0),
    sources      text[] NOT NULL CHECK (cardinality(sources) BETWEEN 1 AND 4 AND sources <@ ARRAY['team', 'prize', 'member', 'lender']),
    state        text NOT NULL CHECK (state IN ('gathering', 'ready', 'done', 'cancelled')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    cash         text NOT NULL DEFAULT '' CHECK (cash ~ '^([a-z0-9][a-z0-9-]{0,39})?$'),
    memo         text NOT NULL DEFAULT '' CHECK (char_length(memo) <= 200),
    reason       text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    CHECK (ended <= payouts),
    CHECK (state <> 'done' OR ended = payouts),
    CHECK ((state = 'cancelled') = (reason <> ''))
);
SELECT ledger_distribute('payout_run');
CREATE UNIQUE INDEX payout_run_gathering ON payout_run (book_id) WHERE state = 'gathering';
COMMENT ON TABLE payout_run IS 'A run of payouts: of everything that is owed by some sources when it was asked for.';
COMMENT ON COLUMN payout_run.id IS 'UUIDv7 in the outside id prn_.';
COMMENT ON COLUMN payout_run.custodian IS 'Organisation from whose cash it pays: the host, or a partner platform.';
COMMENT ON COLUMN payout_run.requested_by IS 'The person who asked for it.';
COMMENT ON COLUMN payout_run.minimum IS 'Minor units of the least amount that it pays.';
COMMENT ON COLUMN payout_run.total IS 'Minor units of all its payouts.';
COMMENT ON COLUMN payout_run.version IS 'Raised by every change of its state: its ETag.';
COMMENT ON COLUMN payout_run.requested_at IS 'Book time.';
COMMENT ON COLUMN payout_run.book_id IS 'The book.';
COMMENT ON COLUMN payout_run.payouts IS 'How many payouts it has.';
COMMENT ON COLUMN payout_run.ended IS 'How many of them are over: settled, failed or cancelled.';
COMMENT ON COLUMN payout_run.sources IS 'What it pays: team, prize, member, lender.';
COMMENT ON COLUMN payout_run.state IS 'gathering while it asks for payouts, ready, done when all are over, or cancelled.';
COMMENT ON COLUMN payout_run.currency IS 'ISO 4217: of all its payouts.';
COMMENT ON COLUMN payout_run.cash IS 'Short name of the cooperative''s cash from which it pays; empty for the cash that is called after the custodian.';
COMMENT ON COLUMN payout_run.memo IS 'What payees read beside their payouts, without personal data.';
COMMENT ON COLUMN payout_run.reason IS 'Why it was cancelled, without personal data.';

ALTER TABLE payout ADD COLUMN run uuid;
ALTER TABLE payout ADD COLUMN payee_kind text NOT NULL DEFAULT 'organisation' CHECK (payee_kind IN ('organisation', 'person'));
ALTER TABLE payout ADD COLUMN cash text NOT NULL DEFAULT '' CHECK (cash ~ '^([a-z0-9][a-z0-9-]{0,39})?$');
ALTER TABLE payout DROP CONSTRAINT payout_source_check;
ALTER TABLE payout ADD CONSTRAINT payout_source_check CHECK (source IN ('team', 'prize', 'member', 'lender'));
ALTER TABLE payout ADD CONSTRAINT payout_payee_of_source CHECK (
    CASE source WHEN 'member' THEN payee_kind = 'person' WHEN 'lender' THEN true ELSE payee_kind = 'organisation' END);
ALTER TABLE payout ADD CONSTRAINT payout_run_fkey FOREIGN KEY (book_id, run) REFERENCES payout_run (book_id, id);
-- A run has one payout of an account, and of two runs one alone has a payout of it that is not sent.
CREATE UNIQUE INDEX payout_of_run ON payout (book_id, run, payable) WHERE run IS NOT NULL;
CREATE UNIQUE INDEX payout_of_runs_open ON payout (book_id, payable)
    WHERE run IS NOT NULL AND state IN ('requested', 'approved', 'screened', 'held');
CREATE INDEX payout_of_payable ON payout (book_id, payable, id);
COMMENT ON COLUMN payout.payee IS 'Who is paid: an organisation, or a person.';
COMMENT ON COLUMN payout.source IS 'What is paid: team, what milestones released; prize, what challenges awarded; member and lender, shares of a cooperative''s surpluses.';
COMMENT ON COLUMN payout.run IS 'The run by which it was asked for; null when somebody asked for it alone.';
COMMENT ON COLUMN payout.payee_kind IS 'organisation or person.';
COMMENT ON COLUMN payout.cash IS 'Short name of the cooperative''s cash from which it is paid; empty for the cash that is called after the custodian.';

CREATE TABLE payout_document (
    payout   uuid NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    book_id  int NOT NULL,
    number   int NOT NULL CHECK (number BETWEEN 1 AND 20),
    kind     text NOT NULL CHECK (kind IN ('invoice', 'tax', 'receipt', 'other')),
    title    text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    url      text NOT NULL CHECK (char_length(url) <= 2000 AND url ~ '^https?://'),
    sha256   bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (book_id, payout, number),
    FOREIGN KEY (book_id, payout) REFERENCES payout (book_id, id)
);
SELECT ledger_distribute('payout_document');
COMMENT ON TABLE payout_document IS 'A document beside a payout: a link, and the digest of what stood behind it. Written once.';
COMMENT ON COLUMN payout_document.payout IS 'The payout.';
COMMENT ON COLUMN payout_document.added_by IS 'The person of the payee or of the host who put it there.';
COMMENT ON COLUMN payout_document.added_at IS 'Book time.';
COMMENT ON COLUMN payout_document.book_id IS 'The book.';
COMMENT ON COLUMN payout_document.number IS 'Its number among those of the payout, from 1.';
COMMENT ON COLUMN payout_document.kind IS 'invoice, tax, receipt or other.';
COMMENT ON COLUMN payout_document.title IS 'What it is called, without personal data.';
COMMENT ON COLUMN payout_document.url IS 'Where it stands.';
COMMENT ON COLUMN payout_document.sha256 IS 'SHA-256 of what stands there.';
