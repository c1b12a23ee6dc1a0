-- Which cooperatives are of a federation, since when and until when, by the word of both.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE affiliation (
    id          uuid NOT NULL,
    invited_by  uuid NOT NULL REFERENCES person (id),
    answered_by uuid REFERENCES person (id),
    ended_by    uuid REFERENCES person (id),
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    invited_at  timestamptz NOT NULL,
    answered_at timestamptz,
    ended_at    timestamptz,
    until       timestamptz NOT NULL CHECK (until > invited_at),
    book_id     int NOT NULL,
    of_book     int NOT NULL,
    joined_on   date,
    left_on     date CHECK (left_on >= joined_on),
    state       text NOT NULL DEFAULT 'invited' CHECK (state IN ('invited', 'member', 'left', 'declined', 'withdrawn', 'lapsed')),
    reason      text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    CHECK (of_book <> book_id),
    CHECK ((state IN ('invited', 'withdrawn', 'lapsed')) = (answered_at IS NULL)),
    CHECK (answered_at < until),
    CHECK ((answered_by IS NULL) = (answered_at IS NULL)),
    CHECK ((state IN ('member', 'left')) = (joined_on IS NOT NULL)),
    CHECK ((state = 'left') = (left_on IS NOT NULL)),
    CHECK ((state IN ('left', 'withdrawn', 'lapsed')) = (ended_at IS NOT NULL)),
    CHECK ((state IN ('left', 'withdrawn')) = (ended_by IS NOT NULL)),
    CHECK (state <> 'lapsed' OR ended_at >= until)
);
SELECT ledger_distribute('affiliation');
CREATE UNIQUE INDEX affiliation_once ON affiliation (book_id, of_book) WHERE state IN ('invited', 'member');
CREATE INDEX affiliation_of ON affiliation (of_book, id);
COMMENT ON TABLE affiliation IS 'That a cooperative is of a federation: the federation invites, the cooperative accepts, and either ends it.';
COMMENT ON COLUMN affiliation.id IS 'UUIDv7 inside the outside id afl_.';
COMMENT ON COLUMN affiliation.invited_by IS 'Who of the federation asked.';
COMMENT ON COLUMN affiliation.answered_by IS 'Who of the cooperative accepted or declined; NULL until then.';
COMMENT ON COLUMN affiliation.ended_by IS 'Who of either ended it, or of the federation withdrew the invitation; NULL until then, and for one that nobody answered.';
COMMENT ON COLUMN affiliation.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN affiliation.invited_at IS 'Book time of the federation.';
COMMENT ON COLUMN affiliation.answered_at IS 'Book time of the federation; NULL until then.';
COMMENT ON COLUMN affiliation.ended_at IS 'Book time of the federation; NULL until then.';
COMMENT ON COLUMN affiliation.until IS 'Until when an invitation can be answered, book time of the federation.';
COMMENT ON COLUMN affiliation.book_id IS 'The book of the federation.';
COMMENT ON COLUMN affiliation.of_book IS 'The book of the cooperative.';
COMMENT ON COLUMN affiliation.joined_on IS 'First day, by the book of the federation; NULL unless it was accepted.';
COMMENT ON COLUMN affiliation.left_on IS 'Last day; NULL while it lasts.';
COMMENT ON COLUMN affiliation.state IS 'Where it stands.';
COMMENT ON COLUMN affiliation.reason IS 'Why it was declined, withdrawn or ended; empty otherwise.';
