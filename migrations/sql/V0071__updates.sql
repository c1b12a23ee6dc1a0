-- Updates: notes about a campaign, a challenge or a milestone that its host or its team writes for everybody who may read it.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE update_note (
    id           uuid NOT NULL,
    campaign     uuid,
    challenge    uuid,
    milestone    uuid,
    organisation uuid NOT NULL REFERENCES organisation (id),
    written_by   uuid NOT NULL REFERENCES person (id),
    withdrawn_by uuid REFERENCES person (id),
    written_at   timestamptz NOT NULL,
    withdrawn_at timestamptz,
    book_id      int NOT NULL,
    title        text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    body         text NOT NULL CHECK (char_length(body) BETWEEN 1 AND 10000),
    reason       text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id),
    FOREIGN KEY (book_id, milestone) REFERENCES milestone (book_id, id),
    CHECK (num_nonnulls(campaign, challenge, milestone) = 1),
    CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (reason IS NULL)),
    CHECK (withdrawn_at >= written_at)
);
SELECT ledger_distribute('update_note');
CREATE INDEX update_note_of_campaign ON update_note (book_id, campaign, id) WHERE campaign IS NOT NULL;
CREATE INDEX update_note_of_challenge ON update_note (book_id, challenge, id) WHERE challenge IS NOT NULL;
CREATE INDEX update_note_of_milestone ON update_note (book_id, milestone, id) WHERE milestone IS NOT NULL;
COMMENT ON TABLE update_note IS 'A note for everybody about a campaign, a challenge or a milestone. Never edited; withdrawn at most once.';
COMMENT ON COLUMN update_note.id IS 'UUIDv7 inside the outside id upd_.';
COMMENT ON COLUMN update_note.campaign IS 'The campaign that it is about; NULL when it is about something else.';
COMMENT ON COLUMN update_note.challenge IS 'The challenge that it is about; NULL when it is about something else.';
COMMENT ON COLUMN update_note.milestone IS 'The milestone that it is about; NULL when it is about something else.';
COMMENT ON COLUMN update_note.organisation IS 'For whom it is written: the host of the book, or the team of the milestone.';
COMMENT ON COLUMN update_note.written_by IS 'Who wrote it: not shown to readers.';
COMMENT ON COLUMN update_note.withdrawn_by IS 'Who withdrew it; NULL while it stands.';
COMMENT ON COLUMN update_note.written_at IS 'Book time.';
COMMENT ON COLUMN update_note.withdrawn_at IS 'Book time; NULL while it stands.';
COMMENT ON COLUMN update_note.book_id IS 'The book.';
COMMENT ON COLUMN update_note.title IS 'What it is about, on one line.';
COMMENT ON COLUMN update_note.body IS 'Its text: paragraphs, without any markup.';
COMMENT ON COLUMN update_note.reason IS 'Why it was withdrawn, for everybody; NULL while it stands.';
