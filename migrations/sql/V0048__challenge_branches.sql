-- Challenges with every branch: rules that change after publication, entries that are withdrawn, longer time for submissions, prize money
-- that rolls over, secret rubrics, answers of teams, and appeals.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES (73, 'purse_rolled');
INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES ('purse_rolled', 'purse', 'purse')) AS row (kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

ALTER TABLE challenge ADD COLUMN consent_until timestamptz;
ALTER TABLE challenge ADD COLUMN rolls_until timestamptz;
ALTER TABLE challenge ADD COLUMN extensions smallint NOT NULL DEFAULT 0 CHECK (extensions BETWEEN 0 AND 20);
ALTER TABLE challenge ADD COLUMN is_blind boolean NOT NULL DEFAULT false;
ALTER TABLE challenge ADD CONSTRAINT challenge_extended CHECK (state <> 'extended' OR extensions > 0);
ALTER TABLE challenge ADD CONSTRAINT challenge_consent
    CHECK (consent_until IS NULL OR state IN ('funding', 'announced', 'open', 'extended'));
ALTER TABLE challenge ADD CONSTRAINT challenge_rolls CHECK (rolls_until IS NULL OR state IN ('awarded', 'no_award'));
COMMENT ON COLUMN challenge.consent_until IS 'Book time until which teams agree to rules that were changed; NULL when none wait for it.';
COMMENT ON COLUMN challenge.rolls_until IS 'Book time until which prize money that nobody won may go to another challenge; NULL when none waits for one.';
COMMENT ON COLUMN challenge.extensions IS 'How often its time for submissions was made longer.';
COMMENT ON COLUMN challenge.is_blind IS 'Whether judges see no teams until its ranking is provisional, as its rules say.';

ALTER TABLE challenge_rules ADD CONSTRAINT challenge_rules_digest UNIQUE (book_id, challenge, version, sha256);

ALTER TABLE entrant ADD COLUMN withdrawn_at timestamptz;
ALTER TABLE entrant ADD COLUMN state text NOT NULL DEFAULT 'entered' CHECK (state IN ('entered', 'withdrawn'));
ALTER TABLE entrant ADD COLUMN withdrawn_by text NOT NULL DEFAULT '' CHECK (withdrawn_by IN ('', 'team', 'silence'));
ALTER TABLE entrant ADD CONSTRAINT entrant_withdrawn
    CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL) AND (state = 'withdrawn') = (withdrawn_by <> ''));
ALTER TABLE entrant DROP CONSTRAINT entrant_fee_state_check;
ALTER TABLE entrant ADD CONSTRAINT entrant_fee_state_check
    CHECK (fee_state IN ('free', 'due', 'captured', 'settled', 'closed', 'returned'));
ALTER TABLE entrant DROP CONSTRAINT entrant_check1;
ALTER TABLE entrant ADD CONSTRAINT entrant_paid
    CHECK ((fee_state IN ('captured', 'settled', 'closed', 'returned'))
           = (partner IS NOT NULL AND settlement IS NOT NULL AND entry > 0 AND provider_reference IS NOT NULL));
ALTER TABLE entrant ADD CONSTRAINT entrant_returned CHECK (fee_state <> 'returned' OR state = 'withdrawn');
ALTER TABLE entrant ADD CONSTRAINT entrant_agreed FOREIGN KEY (book_id, challenge, rules_version, rules_sha256)
    REFERENCES challenge_rules (book_id, challenge, version, sha256);
COMMENT ON COLUMN entrant.withdrawn_at IS 'Book time at which the entry was withdrawn; NULL while it stands.';
COMMENT ON COLUMN entrant.state IS 'entered or withdrawn.';
COMMENT ON COLUMN entrant.withdrawn_by IS 'team, which did not agree to other rules, or silence, when it did not answer; empty while the entry stands.';
COMMENT ON COLUMN entrant.fee_state IS 'free, due, captured, settled, closed: it went where the rules say, or returned with the entry.';

CREATE TABLE entry_consent (
    entrant       uuid NOT NULL,
    challenge     uuid NOT NULL,
    consented_by  uuid NOT NULL REFERENCES person (id),
    consented_at  timestamptz NOT NULL,
    book_id       int NOT NULL,
    rules_version int NOT NULL CHECK (rules_version >= 2),
    rules_sha256  bytea NOT NULL CHECK (length(rules_sha256) = 32),
    PRIMARY KEY (book_id, entrant, rules_version),
    FOREIGN KEY (book_id, entrant) REFERENCES entrant (book_id, id),
    FOREIGN KEY (book_id, challenge, rules_version, rules_sha256)
        REFERENCES challenge_rules (book_id, challenge, version, sha256)
);
SELECT ledger_distribute('entry_consent');
COMMENT ON TABLE entry_consent IS 'That a team agreed to rules that were changed after it had entered. Written once.';
COMMENT ON COLUMN entry_consent.entrant IS 'The entry.';
COMMENT ON COLUMN entry_consent.challenge IS 'Its challenge.';
COMMENT ON COLUMN entry_consent.consented_by IS 'Who agreed for the team.';
COMMENT ON COLUMN entry_consent.consented_at IS 'Book time.';
COMMENT ON COLUMN entry_consent.book_id IS 'The book.';
COMMENT ON COLUMN entry_consent.rules_version IS 'To which version.';
COMMENT ON COLUMN entry_consent.rules_sha256 IS 'SHA-256 of that version, restated by the team.';

CREATE TABLE entry_answer (
    entrant  uuid NOT NULL,
    book_id  int NOT NULL,
    number   smallint NOT NULL CHECK (number BETWEEN 1 AND 20),
    question text NOT NULL CHECK (length(question) BETWEEN 1 AND 40),
    answer   text NOT NULL CHECK (char_length(answer) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, entrant, number),
    FOREIGN KEY (book_id, entrant) REFERENCES entrant (book_id, id)
);
SELECT ledger_distribute('entry_answer');
COMMENT ON TABLE entry_answer IS 'What a team answered to the questions of the rules when it entered. Written once.';
COMMENT ON COLUMN entry_answer.entrant IS 'The entry.';
COMMENT ON COLUMN entry_answer.book_id IS 'The book.';
COMMENT ON COLUMN entry_answer.number IS 'Place of the question in the rules, from 1.';
COMMENT ON COLUMN entry_answer.question IS 'Its name there.';
COMMENT ON COLUMN entry_answer.answer IS 'yes, no, or a text.';

ALTER TABLE submission DROP CONSTRAINT submission_state_check;
ALTER TABLE submission ADD CONSTRAINT submission_state_check CHECK (state IN ('draft', 'submitted', 'incomplete', 'withdrawn'));
COMMENT ON COLUMN submission.state IS 'draft, submitted, incomplete: a draft when submissions closed, or withdrawn with its entry. Only what is submitted is judged.';

ALTER TABLE purse_contribution ADD COLUMN rolled_from uuid;
ALTER TABLE purse_contribution ADD COLUMN rolled bigint NOT NULL DEFAULT 0 CHECK (rolled >= 0);
ALTER TABLE purse_contribution ADD COLUMN is_agreed boolean NOT NULL DEFAULT true;
ALTER TABLE purse_contribution DROP CONSTRAINT purse_contribution_check;
ALTER TABLE purse_contribution ADD CONSTRAINT purse_contribution_left CHECK (returned + rolled <= amount);
ALTER TABLE purse_contribution ADD CONSTRAINT purse_contribution_rolled
    CHECK (rolled_from IS NULL OR (state IN ('settled', 'returned') AND entry > 0 AND settlement IS NULL));
ALTER TABLE purse_contribution ADD CONSTRAINT purse_contribution_origin FOREIGN KEY (book_id, rolled_from)
    REFERENCES purse_contribution (book_id, id);
ALTER TABLE purse_contribution ADD CONSTRAINT purse_contribution_agreed FOREIGN KEY (book_id, challenge, rules_version, rules_sha256)
    REFERENCES challenge_rules (book_id, challenge, version, sha256);
COMMENT ON COLUMN purse_contribution.rolled_from IS 'The contribution to another challenge of which it is what nobody won; NULL when it was given for this one.';
COMMENT ON COLUMN purse_contribution.rolled IS 'Minor units that went on to another challenge.';
COMMENT ON COLUMN purse_contribution.is_agreed IS 'Whether the sponsor agreed to the rules that are named here: not to those of the challenge into which money rolled over.';

CREATE TABLE challenge_rubric (
    challenge uuid NOT NULL,
    shown_by  uuid NOT NULL REFERENCES person (id),
    shown_at  timestamptz NOT NULL,
    book_id   int NOT NULL,
    sha256    bytea NOT NULL,
    text      text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 50000),
    PRIMARY KEY (book_id, challenge),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id),
    CHECK (sha256 = sha256(convert_to(text, 'UTF8')))
);
SELECT ledger_distribute('challenge_rubric');
COMMENT ON TABLE challenge_rubric IS 'The rubric of a challenge that was secret: its rules hold the digest since the opening. Written once.';
COMMENT ON COLUMN challenge_rubric.challenge IS 'The challenge.';
COMMENT ON COLUMN challenge_rubric.shown_by IS 'Who gave the text.';
COMMENT ON COLUMN challenge_rubric.shown_at IS 'Book time.';
COMMENT ON COLUMN challenge_rubric.book_id IS 'The book.';
COMMENT ON COLUMN challenge_rubric.sha256 IS 'SHA-256 of the text, which is the one that the rules hold.';
COMMENT ON COLUMN challenge_rubric.text IS 'What judges went by.';

CREATE TABLE appeal (
    id         uuid NOT NULL,
    challenge  uuid NOT NULL,
    entrant    uuid NOT NULL,
    raised_by  uuid NOT NULL REFERENCES person (id),
    decided_by uuid REFERENCES person (id),
    version    bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    raised_at  timestamptz NOT NULL,
    until      timestamptz NOT NULL,
    decided_at timestamptz,
    book_id    int NOT NULL,
    state      text NOT NULL CHECK (state IN ('open', 'upheld', 'dismissed', 'lapsed')),
    reason     text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 4000),
    decision   text NOT NULL DEFAULT '' CHECK (char_length(decision) <= 1000),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, challenge, entrant),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id),
    FOREIGN KEY (book_id, entrant) REFERENCES entrant (book_id, id),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CHECK ((state IN ('upheld', 'dismissed')) = (decided_by IS NOT NULL)),
    CHECK ((state IN ('upheld', 'dismissed')) = (decision <> ''))
);
SELECT ledger_distribute('appeal');
COMMENT ON TABLE appeal IS 'What a team has against a provisional ranking: one for each team. No prize is awarded while one is open.';
COMMENT ON COLUMN appeal.id IS 'UUIDv7 in the outside id apl_.';
COMMENT ON COLUMN appeal.challenge IS 'Against the ranking of which challenge.';
COMMENT ON COLUMN appeal.entrant IS 'The entry of the team.';
COMMENT ON COLUMN appeal.raised_by IS 'Who raised it for the team.';
COMMENT ON COLUMN appeal.decided_by IS 'Which owner of the host decided; NULL when none did.';
COMMENT ON COLUMN appeal.version IS 'Raised by every change of this row.';
COMMENT ON COLUMN appeal.raised_at IS 'Book time.';
COMMENT ON COLUMN appeal.until IS 'Book time at which it lapses when nobody decides.';
COMMENT ON COLUMN appeal.decided_at IS 'Book time of the decision, or of its lapse; NULL while it is open.';
COMMENT ON COLUMN appeal.book_id IS 'The book.';
COMMENT ON COLUMN appeal.state IS 'open, upheld, dismissed, or lapsed: nobody decided in time, and the ranking stands.';
COMMENT ON COLUMN appeal.reason IS 'What the team says, without personal data.';
COMMENT ON COLUMN appeal.decision IS 'Why it was decided so; empty where nobody decided.';
