-- Contribution shares: how the prizes of a submission are divided among the teams that made it, as each of them has said; and awards in parts.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE share_plan (
    id          uuid NOT NULL,
    challenge   uuid NOT NULL,
    submission  uuid NOT NULL,
    team        uuid NOT NULL REFERENCES organisation (id),
    proposed_by uuid NOT NULL REFERENCES person (id),
    decided_by  uuid REFERENCES person (id),
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    proposed_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    state_until timestamptz,
    book_id     int NOT NULL,
    revision    int NOT NULL CHECK (revision BETWEEN 1 AND 20),
    state       text NOT NULL CHECK (state IN ('proposed', 'objected', 'fixed', 'lapsed')),
    note        text NOT NULL DEFAULT '' CHECK (char_length(note) <= 1000),
    decision    text NOT NULL DEFAULT '' CHECK (char_length(decision) <= 1000),
    sha256      bytea NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, submission),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id),
    FOREIGN KEY (book_id, submission) REFERENCES submission (book_id, id),
    CHECK ((state IN ('proposed', 'objected')) = (state_until IS NOT NULL)),
    CHECK ((decided_by IS NOT NULL) = (decision <> '')),
    CHECK (decided_by IS NULL OR state = 'fixed')
);
SELECT ledger_distribute('share_plan');
CREATE INDEX share_plan_of_challenge ON share_plan (book_id, challenge, id);
COMMENT ON TABLE share_plan IS 'How the prizes of a submission are divided among the teams that made it: one for each submission. What is fixed never changes.';
COMMENT ON COLUMN share_plan.id IS 'UUIDv7 in the outside id shp_.';
COMMENT ON COLUMN share_plan.challenge IS 'To which challenge the submission is.';
COMMENT ON COLUMN share_plan.submission IS 'Whose prizes are divided.';
COMMENT ON COLUMN share_plan.team IS 'The team of the submission, which proposes.';
COMMENT ON COLUMN share_plan.proposed_by IS 'Who proposed the present parts for it.';
COMMENT ON COLUMN share_plan.decided_by IS 'Which owner of the host decided after an objection; NULL when none did.';
COMMENT ON COLUMN share_plan.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN share_plan.proposed_at IS 'Book time at which the present parts were proposed.';
COMMENT ON COLUMN share_plan.state_since IS 'Book time since which it stands so.';
COMMENT ON COLUMN share_plan.state_until IS 'Book time at which the default comes true: silence attests, or an objection that nobody met lets it lapse; NULL when it does not wait.';
COMMENT ON COLUMN share_plan.book_id IS 'The book.';
COMMENT ON COLUMN share_plan.revision IS 'Counts its lists of parts, from 1: all attest each of them anew.';
COMMENT ON COLUMN share_plan.state IS 'proposed, objected, fixed, or lapsed: prizes go to the team of the submission whole.';
COMMENT ON COLUMN share_plan.note IS 'Why it is divided so, as who proposed it says.';
COMMENT ON COLUMN share_plan.decision IS 'Why the host decided so; empty where it did not.';
COMMENT ON COLUMN share_plan.sha256 IS 'SHA-256 of the canonical JSON of the present parts: whoever attests restates it.';

CREATE TABLE share_part (
    plan        uuid NOT NULL,
    team        uuid NOT NULL REFERENCES organisation (id),
    answered_by uuid REFERENCES person (id),
    answered_at timestamptz,
    book_id     int NOT NULL,
    revision    int NOT NULL CHECK (revision BETWEEN 1 AND 20),
    number      smallint NOT NULL CHECK (number BETWEEN 1 AND 20),
    share       smallint NOT NULL CHECK (share BETWEEN 1 AND 10000),
    state       text NOT NULL CHECK (state IN ('open', 'attested', 'silent', 'objected', 'decided')),
    part        text NOT NULL CHECK (char_length(part) BETWEEN 1 AND 200),
    reason      text NOT NULL DEFAULT '' CHECK (char_length(reason) <= 1000),
    PRIMARY KEY (book_id, plan, revision, number),
    UNIQUE (book_id, plan, revision, team),
    FOREIGN KEY (book_id, plan) REFERENCES share_plan (book_id, id),
    CHECK ((state = 'open') = (answered_at IS NULL)),
    CHECK ((state IN ('attested', 'objected')) = (answered_by IS NOT NULL)),
    CHECK ((state = 'objected') = (reason <> ''))
);
SELECT ledger_distribute('share_part');
COMMENT ON TABLE share_part IS 'The part of a team in a share plan, and what it says of it. Earlier lists of parts stay.';
COMMENT ON COLUMN share_part.plan IS 'The plan.';
COMMENT ON COLUMN share_part.team IS 'The team that gets it.';
COMMENT ON COLUMN share_part.answered_by IS 'Who attested it or objected for the team; NULL when nobody did.';
COMMENT ON COLUMN share_part.answered_at IS 'Book time at which it was attested, by word or by silence, objected to, or decided; NULL while it is open.';
COMMENT ON COLUMN share_part.book_id IS 'The book.';
COMMENT ON COLUMN share_part.revision IS 'In which list of parts.';
COMMENT ON COLUMN share_part.number IS 'Place in the list, by the ids of the teams, from 1.';
COMMENT ON COLUMN share_part.share IS 'How much of the whole, hundredths of a percent; all parts of a list are 10000.';
COMMENT ON COLUMN share_part.state IS 'open, attested, silent: attested as nothing was said in time, objected, or decided by the host.';
COMMENT ON COLUMN share_part.part IS 'What the team contributed.';
COMMENT ON COLUMN share_part.reason IS 'Why the team objects; empty where it does not.';

ALTER TABLE award ADD COLUMN plan uuid;
ALTER TABLE award ADD COLUMN part smallint NOT NULL DEFAULT 1 CHECK (part BETWEEN 1 AND 50);
ALTER TABLE award DROP CONSTRAINT award_book_id_challenge_prize_number_key;
ALTER TABLE award ADD CONSTRAINT award_once UNIQUE (book_id, challenge, prize, number, part);
ALTER TABLE award ADD CONSTRAINT award_by_plan FOREIGN KEY (book_id, plan) REFERENCES share_plan (book_id, id);
COMMENT ON COLUMN award.plan IS 'The fixed share plan by which the prize was divided; NULL where none divided it.';
COMMENT ON COLUMN award.part IS 'Which part of the prize, from 1; 1 where it is whole.';
COMMENT ON COLUMN award.entry IS 'Record number of the entry by which it became payable: one for 500 awards of the challenge.';
