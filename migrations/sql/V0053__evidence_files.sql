-- Documents beside claims, as they are beside payouts; addresses that the service fetches and hashes, and files that it
-- keeps, for whoever has no terminal.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE claim_document (
    claim_id uuid NOT NULL,
    added_by uuid NOT NULL,
    added_at timestamptz NOT NULL,
    book_id  int NOT NULL,
    number   int NOT NULL CHECK (number BETWEEN 1 AND 20),
    kind     text NOT NULL CHECK (kind IN ('invoice', 'tax', 'receipt', 'other')),
    title    text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    url      text NOT NULL CHECK (char_length(url) <= 2000 AND url ~ '^https?://'),
    sha256   bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (book_id, claim_id, number),
    UNIQUE (book_id, claim_id, sha256),
    FOREIGN KEY (book_id, claim_id) REFERENCES claim (book_id, id)
);
SELECT ledger_distribute('claim_document');
COMMENT ON TABLE claim_document IS 'A document beside a claim: a link, and the digest of what stood behind it. Written once.';
COMMENT ON COLUMN claim_document.claim_id IS 'The claim.';
COMMENT ON COLUMN claim_document.added_by IS 'The person of the team or of the host who put it there.';
COMMENT ON COLUMN claim_document.added_at IS 'Book time.';
COMMENT ON COLUMN claim_document.book_id IS 'The book.';
COMMENT ON COLUMN claim_document.number IS 'Its number among those of the claim, from 1.';
COMMENT ON COLUMN claim_document.kind IS 'invoice, tax, receipt or other.';
COMMENT ON COLUMN claim_document.title IS 'What it is called, without personal data.';
COMMENT ON COLUMN claim_document.url IS 'Where it stands.';
COMMENT ON COLUMN claim_document.sha256 IS 'SHA-256 of what stands there.';

CREATE TABLE evidence_fetch (
    id           uuid NOT NULL,
    asked_by     uuid NOT NULL,
    bytes        bigint NOT NULL DEFAULT 0 CHECK (bytes BETWEEN 0 AND 33554432),
    asked_at     timestamptz NOT NULL,
    ended_at     timestamptz,
    book_id      int NOT NULL,
    state        text NOT NULL CHECK (state IN ('pending', 'fetched', 'failed')),
    failure      text NOT NULL DEFAULT '' CHECK (failure IN ('', 'address_refused', 'host_unknown', 'unreachable', 'too_slow',
                     'too_large', 'content_type', 'encoded', 'status', 'redirects')),
    url          text NOT NULL CHECK (char_length(url) <= 2000 AND url ~ '^https?://'),
    final_url    text NOT NULL DEFAULT '' CHECK (char_length(final_url) <= 2000),
    content_type text NOT NULL DEFAULT '' CHECK (char_length(content_type) <= 100),
    sha256       bytea CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (book_id, id),
    CHECK ((state = 'pending') = (ended_at IS NULL)),
    CHECK ((state = 'failed') = (failure <> '')),
    CHECK ((state = 'fetched') = (sha256 IS NOT NULL)),
    CHECK ((state = 'fetched') = (final_url <> '')),
    CHECK ((state = 'fetched') = (content_type <> '')),
    CHECK (state = 'fetched' OR bytes = 0)
);
SELECT ledger_distribute('evidence_fetch');
CREATE INDEX evidence_fetch_old ON evidence_fetch (book_id, asked_at);
COMMENT ON TABLE evidence_fetch IS 'An address that a person asked the service to fetch and hash, and what came of it: kept for 30 days, as evidence that names it has a copy.';
COMMENT ON COLUMN evidence_fetch.id IS 'UUIDv7 in the outside id evf_.';
COMMENT ON COLUMN evidence_fetch.asked_by IS 'The person, who alone reads it.';
COMMENT ON COLUMN evidence_fetch.bytes IS 'How long the answer was; 0 before.';
COMMENT ON COLUMN evidence_fetch.asked_at IS 'Wall clock.';
COMMENT ON COLUMN evidence_fetch.ended_at IS 'Wall clock of the answer, or of the failure; null before.';
COMMENT ON COLUMN evidence_fetch.book_id IS 'The book whose evidence may name it.';
COMMENT ON COLUMN evidence_fetch.state IS 'pending, fetched or failed.';
COMMENT ON COLUMN evidence_fetch.failure IS 'Why nothing was fetched; empty unless it failed.';
COMMENT ON COLUMN evidence_fetch.url IS 'The address that was asked for; may be personal.';
COMMENT ON COLUMN evidence_fetch.final_url IS 'The address that answered, after redirects; empty before.';
COMMENT ON COLUMN evidence_fetch.content_type IS 'Media type of the answer, without parameters; empty before.';
COMMENT ON COLUMN evidence_fetch.sha256 IS 'SHA-256 of the bytes that came; null unless it was fetched.';

CREATE TABLE stored_file (
    id           uuid NOT NULL,
    owner        uuid NOT NULL,
    bytes        bigint NOT NULL CHECK (bytes BETWEEN 1 AND 104857600),
    created_at   timestamptz NOT NULL,
    book_id      int NOT NULL,
    content_type text NOT NULL CHECK (content_type IN ('application/pdf', 'application/zip', 'image/jpeg', 'image/png', 'model/3mf',
                     'model/step', 'model/stl', 'text/csv', 'text/plain')),
    sha256       bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, owner, sha256)
);
SELECT ledger_distribute('stored_file');
CREATE INDEX stored_file_old ON stored_file (book_id, created_at);
COMMENT ON TABLE stored_file IS 'A file that a person uploaded as evidence or as a document. One that nothing names is deleted after seven days.';
COMMENT ON COLUMN stored_file.id IS 'UUIDv7 in the outside id fil_.';
COMMENT ON COLUMN stored_file.owner IS 'The person who uploaded it: the same bytes twice are one file.';
COMMENT ON COLUMN stored_file.bytes IS 'How many bytes it has.';
COMMENT ON COLUMN stored_file.created_at IS 'Wall clock.';
COMMENT ON COLUMN stored_file.book_id IS 'The book whose evidence may name it.';
COMMENT ON COLUMN stored_file.content_type IS 'Its media type, which its first bytes bear out.';
COMMENT ON COLUMN stored_file.sha256 IS 'SHA-256 of its bytes.';

CREATE TABLE stored_file_part (
    file    uuid NOT NULL,
    book_id int NOT NULL,
    number  int NOT NULL CHECK (number BETWEEN 1 AND 400),
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 262144),
    PRIMARY KEY (book_id, file, number),
    FOREIGN KEY (book_id, file) REFERENCES stored_file (book_id, id)
);
ALTER TABLE stored_file_part ALTER COLUMN content SET STORAGE EXTERNAL;
SELECT ledger_distribute('stored_file_part');
COMMENT ON TABLE stored_file_part IS 'The bytes of a file, in parts of 256 KiB but for the last: they may hold anything, and go where the database goes.';
COMMENT ON COLUMN stored_file_part.file IS 'The file.';
COMMENT ON COLUMN stored_file_part.book_id IS 'The book.';
COMMENT ON COLUMN stored_file_part.number IS 'Its place in the file, from 1.';
COMMENT ON COLUMN stored_file_part.content IS 'The bytes; may be personal.';

CREATE TABLE stored_file_use (
    file     uuid NOT NULL,
    object   uuid NOT NULL,
    named_at timestamptz NOT NULL,
    book_id  int NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('claim', 'claim_document', 'payout_document', 'submission')),
    PRIMARY KEY (book_id, file, kind, object),
    FOREIGN KEY (book_id, file) REFERENCES stored_file (book_id, id)
);
SELECT ledger_distribute('stored_file_use');
COMMENT ON TABLE stored_file_use IS 'What names a file, once, and for ever: who may read that may read the file.';
COMMENT ON COLUMN stored_file_use.file IS 'The file.';
COMMENT ON COLUMN stored_file_use.object IS 'The claim, the submission, or whose document it is: a claim or a payout.';
COMMENT ON COLUMN stored_file_use.named_at IS 'Wall clock.';
COMMENT ON COLUMN stored_file_use.book_id IS 'The book.';
COMMENT ON COLUMN stored_file_use.kind IS 'claim, claim_document, payout_document or submission.';

-- More of what is bounded by the day.
ALTER TABLE quota_use DROP CONSTRAINT quota_use_what_check;
ALTER TABLE quota_use ADD CONSTRAINT quota_use_what_check CHECK (what IN ('organisations', 'books', 'invitations', 'fetches', 'files'));
COMMENT ON COLUMN quota_use.what IS 'What is counted: organisations, books, invitations, fetches or files.';
