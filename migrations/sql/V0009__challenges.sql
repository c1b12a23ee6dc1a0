-- Incentive challenges: their rules, purses, entries, submissions, scorecards and prizes.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE challenge (
    id              uuid NOT NULL,
    purse           bigint NOT NULL CHECK (purse > 0),
    version         bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at      timestamptz NOT NULL,
    state_until     timestamptz,
    book_id         int NOT NULL,
    account         int,
    rules_version   int NOT NULL CHECK (rules_version >= 1),
    announced_days  smallint NOT NULL CHECK (announced_days BETWEEN 1 AND 730),
    appeal_days     smallint NOT NULL CHECK (appeal_days BETWEEN 1 AND 730),
    funding_days    smallint NOT NULL CHECK (funding_days BETWEEN 1 AND 730),
    judging_days    smallint NOT NULL CHECK (judging_days BETWEEN 1 AND 730),
    submission_days smallint NOT NULL CHECK (submission_days BETWEEN 1 AND 730),
    escalated       boolean NOT NULL DEFAULT false,
    slug            text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    title           text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    summary         text NOT NULL CHECK (length(summary) <= 4000),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state           text NOT NULL CHECK (state IN ('draft', 'funding', 'announced', 'open', 'extended', 'judging', 'provisional',
                                                   'awarded', 'closed', 'cancelled', 'no_award')),
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    rules_sha256    bytea NOT NULL CHECK (length(rules_sha256) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, slug),
    FOREIGN KEY (book_id, account) REFERENCES account (book_id, number),
    CHECK (state IN ('draft', 'cancelled') OR account IS NOT NULL),
    CHECK ((state IN ('awarded', 'closed', 'cancelled', 'no_award')) = (state_until IS NULL)),
    CHECK (NOT escalated OR state = 'judging'),
    CHECK ((state IN ('cancelled', 'no_award')) = (reason <> ''))
);
SELECT ledger_distribute('challenge');
COMMENT ON TABLE challenge IS 'A purse of prizes for whoever does something first or best; the purse is a liability.';
COMMENT ON COLUMN challenge.id IS 'UUIDv7 in the outside id chl_.';
COMMENT ON COLUMN challenge.purse IS 'The sum of its prizes, minor units.';
COMMENT ON COLUMN challenge.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN challenge.created_at IS 'Book time.';
COMMENT ON COLUMN challenge.state_until IS 'Book time at which the default of a waiting state comes true; NULL when it does not wait.';
COMMENT ON COLUMN challenge.book_id IS 'The book.';
COMMENT ON COLUMN challenge.account IS 'Number of its purse account; NULL until it is published.';
COMMENT ON COLUMN challenge.rules_version IS 'Which version of its rules is in force.';
COMMENT ON COLUMN challenge.announced_days IS 'How long it may stay announced, as its rules say.';
COMMENT ON COLUMN challenge.appeal_days IS 'How long its ranking stays provisional.';
COMMENT ON COLUMN challenge.funding_days IS 'How long its purse is raised.';
COMMENT ON COLUMN challenge.judging_days IS 'How long it is judged.';
COMMENT ON COLUMN challenge.submission_days IS 'How long it takes submissions.';
COMMENT ON COLUMN challenge.escalated IS 'Whether one judging time has passed without all scores.';
COMMENT ON COLUMN challenge.slug IS 'Name in addresses and in the codes of its accounts; never changes.';
COMMENT ON COLUMN challenge.title IS 'Name for people.';
COMMENT ON COLUMN challenge.summary IS 'What it is about, for people.';
COMMENT ON COLUMN challenge.currency IS 'ISO 4217, of all its amounts.';
COMMENT ON COLUMN challenge.state IS 'Where it stands.';
COMMENT ON COLUMN challenge.reason IS 'Why it was cancelled or awarded nothing; empty otherwise.';
COMMENT ON COLUMN challenge.rules_sha256 IS 'SHA-256 of the rules in force: teams and sponsors restate it.';

CREATE TABLE challenge_rules (
    challenge  uuid NOT NULL,
    created_at timestamptz NOT NULL,
    created_by uuid NOT NULL REFERENCES person (id),
    book_id    int NOT NULL,
    version    int NOT NULL CHECK (version >= 1),
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    document   text NOT NULL CHECK (length(document) BETWEEN 2 AND 400000),
    PRIMARY KEY (book_id, challenge, version),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id)
);
SELECT ledger_distribute('challenge_rules');
COMMENT ON TABLE challenge_rules IS 'The rules of a challenge, version by version: what was agreed to stays readable for ever.';
COMMENT ON COLUMN challenge_rules.challenge IS 'The challenge.';
COMMENT ON COLUMN challenge_rules.created_at IS 'Book time.';
COMMENT ON COLUMN challenge_rules.created_by IS 'Who wrote it.';
COMMENT ON COLUMN challenge_rules.book_id IS 'The book.';
COMMENT ON COLUMN challenge_rules.version IS 'From 1.';
COMMENT ON COLUMN challenge_rules.sha256 IS 'SHA-256 of the bytes of the document.';
COMMENT ON COLUMN challenge_rules.document IS 'Canonical JSON (RFC 8785), byte by byte what is agreed to.';

CREATE TABLE prize (
    challenge   uuid NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    book_id     int NOT NULL,
    version     int NOT NULL CHECK (version >= 1),
    number      smallint NOT NULL CHECK (number BETWEEN 1 AND 50),
    count       smallint NOT NULL CHECK (count BETWEEN 1 AND 500),
    first_place smallint CHECK (first_place >= 1),
    last_place  smallint,
    score       smallint CHECK (score BETWEEN 0 AND 10000),
    condition   text NOT NULL CHECK (condition IN ('rank', 'threshold', 'contribution')),
    stage       text NOT NULL CHECK (length(stage) BETWEEN 1 AND 40),
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    PRIMARY KEY (book_id, challenge, version, number),
    FOREIGN KEY (book_id, challenge, version) REFERENCES challenge_rules (book_id, challenge, version),
    CHECK ((condition = 'rank') = (first_place IS NOT NULL AND last_place IS NOT NULL)),
    CHECK (condition <> 'rank' OR count = last_place - first_place + 1),
    CHECK ((condition = 'threshold') = (score IS NOT NULL)),
    CHECK (condition <> 'contribution' OR count = 1)
);
SELECT ledger_distribute('prize');
COMMENT ON TABLE prize IS 'The prize tiers of a version of the rules, as the document says them.';
COMMENT ON COLUMN prize.challenge IS 'The challenge.';
COMMENT ON COLUMN prize.amount IS 'Minor units of one prize; of the whole pool where it is shared.';
COMMENT ON COLUMN prize.book_id IS 'The book.';
COMMENT ON COLUMN prize.version IS 'Of which version of the rules.';
COMMENT ON COLUMN prize.number IS 'Place in the document, from 1.';
COMMENT ON COLUMN prize.count IS 'How many prizes the tier has.';
COMMENT ON COLUMN prize.first_place IS 'First place that wins one; NULL unless by rank.';
COMMENT ON COLUMN prize.last_place IS 'Last place that wins one; NULL unless by rank.';
COMMENT ON COLUMN prize.score IS 'Hundredths of a point to be reached; NULL unless by threshold.';
COMMENT ON COLUMN prize.condition IS 'rank, threshold, or contribution: a pool shared by what the first of the stage builds on.';
COMMENT ON COLUMN prize.stage IS 'For submissions of which stage.';
COMMENT ON COLUMN prize.name IS 'What it is called.';

CREATE TABLE purse_contribution (
    id                 uuid NOT NULL,
    challenge          uuid NOT NULL,
    sponsor            uuid NOT NULL REFERENCES organisation (id),
    partner            uuid NOT NULL REFERENCES organisation (id),
    settlement         uuid,
    amount             bigint NOT NULL CHECK (amount > 0),
    returned           bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),
    entry              bigint NOT NULL DEFAULT 0 CHECK (entry >= 0),
    version            bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at         timestamptz NOT NULL,
    book_id            int NOT NULL,
    rules_version      int NOT NULL,
    captured_on        date,
    currency           text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state              text NOT NULL CHECK (state IN ('pledged', 'captured', 'settled', 'returned')),
    reference          text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
    provider_reference text CHECK (length(provider_reference) BETWEEN 1 AND 200),
    rules_sha256       bytea NOT NULL CHECK (length(rules_sha256) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, partner, reference),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id),
    FOREIGN KEY (book_id, challenge, rules_version) REFERENCES challenge_rules (book_id, challenge, version),
    FOREIGN KEY (book_id, settlement) REFERENCES settlement (book_id, id),
    CHECK (returned <= amount),
    CHECK ((state = 'returned') = (returned > 0)),
    CHECK ((state = 'pledged') = (captured_on IS NULL AND settlement IS NULL AND entry = 0 AND provider_reference IS NULL))
);
SELECT ledger_distribute('purse_contribution');
CREATE UNIQUE INDEX purse_contribution_provider_reference ON purse_contribution (book_id, partner, provider_reference) WHERE provider_reference IS NOT NULL;
CREATE INDEX purse_contribution_of_challenge ON purse_contribution (book_id, challenge, id);
CREATE INDEX purse_contribution_of_settlement ON purse_contribution (book_id, settlement) WHERE settlement IS NOT NULL;
COMMENT ON TABLE purse_contribution IS 'What a sponsor gave for the purse of a challenge, through whoever holds the money.';
COMMENT ON COLUMN purse_contribution.id IS 'UUIDv7 in the outside id pct_.';
COMMENT ON COLUMN purse_contribution.challenge IS 'For which challenge.';
COMMENT ON COLUMN purse_contribution.sponsor IS 'Who gave it.';
COMMENT ON COLUMN purse_contribution.partner IS 'Custodian: the partner platform or the host itself.';
COMMENT ON COLUMN purse_contribution.settlement IS 'With which it arrives as cash; NULL before the capture.';
COMMENT ON COLUMN purse_contribution.amount IS 'Minor units.';
COMMENT ON COLUMN purse_contribution.returned IS 'Minor units that went back.';
COMMENT ON COLUMN purse_contribution.entry IS 'Record number of the entry of the capture; 0 before.';
COMMENT ON COLUMN purse_contribution.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN purse_contribution.created_at IS 'Book time.';
COMMENT ON COLUMN purse_contribution.book_id IS 'The book.';
COMMENT ON COLUMN purse_contribution.rules_version IS 'Which version of the rules the sponsor agreed to.';
COMMENT ON COLUMN purse_contribution.captured_on IS 'Day of the capture, in the zone of the book; NULL before.';
COMMENT ON COLUMN purse_contribution.currency IS 'ISO 4217.';
COMMENT ON COLUMN purse_contribution.state IS 'pledged, captured, settled or returned.';
COMMENT ON COLUMN purse_contribution.reference IS 'What the custodian calls it; unique per custodian.';
COMMENT ON COLUMN purse_contribution.provider_reference IS 'How the payment is named where it was made; NULL before the capture.';
COMMENT ON COLUMN purse_contribution.rules_sha256 IS 'SHA-256 of the rules that the sponsor agreed to.';

CREATE TABLE entrant (
    id                 uuid NOT NULL,
    challenge          uuid NOT NULL,
    team               uuid NOT NULL REFERENCES organisation (id),
    entered_by         uuid NOT NULL REFERENCES person (id),
    partner            uuid REFERENCES organisation (id),
    settlement         uuid,
    fee                bigint NOT NULL CHECK (fee >= 0),
    entry              bigint NOT NULL DEFAULT 0 CHECK (entry >= 0),
    version            bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    entered_at         timestamptz NOT NULL,
    book_id            int NOT NULL,
    rules_version      int NOT NULL,
    fee_state          text NOT NULL CHECK (fee_state IN ('free', 'due', 'captured', 'settled', 'closed')),
    provider_reference text CHECK (length(provider_reference) BETWEEN 1 AND 200),
    rules_sha256       bytea NOT NULL CHECK (length(rules_sha256) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, challenge, team),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id),
    FOREIGN KEY (book_id, challenge, rules_version) REFERENCES challenge_rules (book_id, challenge, version),
    FOREIGN KEY (book_id, settlement) REFERENCES settlement (book_id, id),
    CHECK ((fee_state = 'free') = (fee = 0)),
    CHECK ((fee_state IN ('captured', 'settled', 'closed'))
           = (partner IS NOT NULL AND settlement IS NOT NULL AND entry > 0 AND provider_reference IS NOT NULL))
);
SELECT ledger_distribute('entrant');
CREATE UNIQUE INDEX entrant_provider_reference ON entrant (book_id, partner, provider_reference) WHERE provider_reference IS NOT NULL;
CREATE INDEX entrant_of_challenge ON entrant (book_id, challenge, id);
CREATE INDEX entrant_of_settlement ON entrant (book_id, settlement) WHERE settlement IS NOT NULL;
COMMENT ON TABLE entrant IS 'A team that entered a challenge, and its fee.';
COMMENT ON COLUMN entrant.id IS 'UUIDv7 in the outside id ent_.';
COMMENT ON COLUMN entrant.challenge IS 'Which challenge.';
COMMENT ON COLUMN entrant.team IS 'The organisation that entered.';
COMMENT ON COLUMN entrant.entered_by IS 'Who agreed to the rules for it.';
COMMENT ON COLUMN entrant.partner IS 'Custodian of the fee; NULL before it was captured.';
COMMENT ON COLUMN entrant.settlement IS 'With which the fee arrives as cash; NULL before the capture.';
COMMENT ON COLUMN entrant.fee IS 'Minor units; 0 where the challenge asks for none.';
COMMENT ON COLUMN entrant.entry IS 'Record number of the entry of the capture; 0 before.';
COMMENT ON COLUMN entrant.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN entrant.entered_at IS 'Book time.';
COMMENT ON COLUMN entrant.book_id IS 'The book.';
COMMENT ON COLUMN entrant.rules_version IS 'Which version of the rules the team agreed to.';
COMMENT ON COLUMN entrant.fee_state IS 'free, due, captured, settled, or closed: it went where the rules say.';
COMMENT ON COLUMN entrant.provider_reference IS 'How the payment of the fee is named where it was made; NULL before.';
COMMENT ON COLUMN entrant.rules_sha256 IS 'SHA-256 of the rules that the team agreed to.';

CREATE TABLE submission (
    id           uuid NOT NULL,
    challenge    uuid NOT NULL,
    entrant      uuid NOT NULL,
    team         uuid NOT NULL REFERENCES organisation (id),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at   timestamptz NOT NULL,
    submitted_at timestamptz,
    book_id      int NOT NULL,
    revision     int NOT NULL CHECK (revision >= 1),
    place        int CHECK (place >= 1),
    score        int CHECK (score BETWEEN 0 AND 10000),
    state        text NOT NULL CHECK (state IN ('draft', 'submitted', 'incomplete')),
    stage        text NOT NULL CHECK (length(stage) BETWEEN 1 AND 40),
    title        text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    note         text NOT NULL CHECK (length(note) <= 8000),
    digest       bytea NOT NULL CHECK (length(digest) = 32),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, entrant, stage),
    UNIQUE (book_id, challenge, stage, place),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id),
    FOREIGN KEY (book_id, entrant) REFERENCES entrant (book_id, id),
    CHECK ((state = 'submitted') = (submitted_at IS NOT NULL)),
    CHECK ((place IS NULL) = (score IS NULL)),
    CHECK (place IS NULL OR state = 'submitted')
);
SELECT ledger_distribute('submission');
CREATE INDEX submission_of_challenge ON submission (book_id, challenge, id);
COMMENT ON TABLE submission IS 'What a team handed in for a stage: one for each stage.';
COMMENT ON COLUMN submission.id IS 'UUIDv7 in the outside id sub_.';
COMMENT ON COLUMN submission.challenge IS 'To which challenge.';
COMMENT ON COLUMN submission.entrant IS 'Of which entry.';
COMMENT ON COLUMN submission.team IS 'Whose.';
COMMENT ON COLUMN submission.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN submission.created_at IS 'Book time.';
COMMENT ON COLUMN submission.submitted_at IS 'Book time at which it was handed in complete; NULL before.';
COMMENT ON COLUMN submission.book_id IS 'The book.';
COMMENT ON COLUMN submission.revision IS 'Counts its texts, from 1.';
COMMENT ON COLUMN submission.place IS 'Its place in its stage, shared by no other; NULL before the ranking, or where it has none.';
COMMENT ON COLUMN submission.score IS 'Hundredths of a point, rounded for show; NULL where it has no place.';
COMMENT ON COLUMN submission.state IS 'draft, submitted, or incomplete: it was a draft when submissions closed, and is not judged.';
COMMENT ON COLUMN submission.stage IS 'For which stage.';
COMMENT ON COLUMN submission.title IS 'What it is called.';
COMMENT ON COLUMN submission.note IS 'What was done.';
COMMENT ON COLUMN submission.digest IS 'SHA-256 of its canonical JSON with evidence and attributions.';

CREATE TABLE submission_evidence (
    submission uuid NOT NULL,
    book_id    int NOT NULL,
    revision   int NOT NULL CHECK (revision >= 1),
    number     smallint NOT NULL CHECK (number BETWEEN 1 AND 50),
    kind       text NOT NULL CHECK (kind IN ('design_files', 'bill_of_materials', 'build_instructions', 'test_report', 'licence',
                                             'enterprise_plan', 'photo', 'video', 'other')),
    licence    text NOT NULL DEFAULT '' CHECK (length(licence) <= 64),
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    title      text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    url        text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    PRIMARY KEY (book_id, submission, revision, number),
    FOREIGN KEY (book_id, submission) REFERENCES submission (book_id, id)
);
SELECT ledger_distribute('submission_evidence');
COMMENT ON TABLE submission_evidence IS 'What a text of a submission rests on. Earlier texts keep theirs.';
COMMENT ON COLUMN submission_evidence.submission IS 'The submission.';
COMMENT ON COLUMN submission_evidence.book_id IS 'The book.';
COMMENT ON COLUMN submission_evidence.revision IS 'Which text of it.';
COMMENT ON COLUMN submission_evidence.number IS 'Place in the list, from 1.';
COMMENT ON COLUMN submission_evidence.kind IS 'What it is.';
COMMENT ON COLUMN submission_evidence.licence IS 'SPDX identifier; empty where it has none.';
COMMENT ON COLUMN submission_evidence.sha256 IS 'SHA-256 of what is published at the link.';
COMMENT ON COLUMN submission_evidence.title IS 'Its title.';
COMMENT ON COLUMN submission_evidence.url IS 'Where it is published.';

CREATE TABLE attribution (
    submission uuid NOT NULL,
    builds_on  uuid NOT NULL,
    book_id    int NOT NULL,
    revision   int NOT NULL CHECK (revision >= 1),
    number     smallint NOT NULL CHECK (number BETWEEN 1 AND 50),
    share      smallint NOT NULL CHECK (share BETWEEN 1 AND 10000),
    part       text NOT NULL CHECK (length(part) BETWEEN 1 AND 200),
    PRIMARY KEY (book_id, submission, revision, number),
    UNIQUE (book_id, submission, revision, builds_on),
    FOREIGN KEY (book_id, submission) REFERENCES submission (book_id, id),
    FOREIGN KEY (book_id, builds_on) REFERENCES submission (book_id, id),
    CHECK (builds_on <> submission)
);
SELECT ledger_distribute('attribution');
CREATE INDEX attribution_of_source ON attribution (book_id, builds_on);
COMMENT ON TABLE attribution IS 'On whose work a text of a submission builds: the edges of the contribution graph.';
COMMENT ON COLUMN attribution.submission IS 'What builds on the other.';
COMMENT ON COLUMN attribution.builds_on IS 'The other.';
COMMENT ON COLUMN attribution.book_id IS 'The book.';
COMMENT ON COLUMN attribution.revision IS 'Which text of it says so.';
COMMENT ON COLUMN attribution.number IS 'Place in the list, from 1.';
COMMENT ON COLUMN attribution.share IS 'How much of the whole, hundredths of a percent.';
COMMENT ON COLUMN attribution.part IS 'What was taken over.';

CREATE TABLE judge (
    challenge    uuid NOT NULL,
    person       uuid NOT NULL REFERENCES person (id),
    appointed_by uuid NOT NULL REFERENCES person (id),
    appointed_at timestamptz NOT NULL,
    book_id      int NOT NULL,
    PRIMARY KEY (book_id, challenge, person),
    FOREIGN KEY (book_id, challenge) REFERENCES challenge (book_id, id)
);
SELECT ledger_distribute('judge');
COMMENT ON TABLE judge IS 'The panel of a challenge. Ties to teams are declared in declared_tie.';
COMMENT ON COLUMN judge.challenge IS 'The challenge.';
COMMENT ON COLUMN judge.person IS 'Who judges.';
COMMENT ON COLUMN judge.appointed_by IS 'Who appointed them.';
COMMENT ON COLUMN judge.appointed_at IS 'Book time.';
COMMENT ON COLUMN judge.book_id IS 'The book.';

CREATE TABLE scorecard (
    submission        uuid NOT NULL,
    judge             uuid NOT NULL REFERENCES person (id),
    at                timestamptz NOT NULL,
    book_id           int NOT NULL,
    points            smallint[] NOT NULL CHECK (cardinality(points) BETWEEN 1 AND 20 AND 0 <= ALL (points) AND 100 >= ALL (points)),
    submission_digest bytea NOT NULL CHECK (length(submission_digest) = 32),
    comment           text NOT NULL CHECK (length(comment) <= 4000),
    PRIMARY KEY (book_id, submission, judge),
    FOREIGN KEY (book_id, submission) REFERENCES submission (book_id, id)
);
SELECT ledger_distribute('scorecard');
COMMENT ON TABLE scorecard IS 'What a judge gave a submission; it can be given anew while the challenge is judged.';
COMMENT ON COLUMN scorecard.submission IS 'The submission.';
COMMENT ON COLUMN scorecard.judge IS 'Who.';
COMMENT ON COLUMN scorecard.at IS 'Book time.';
COMMENT ON COLUMN scorecard.book_id IS 'The book.';
COMMENT ON COLUMN scorecard.points IS '0 to 100 for each criterion of the stage, in their order.';
COMMENT ON COLUMN scorecard.submission_digest IS 'SHA-256 of the submission that the judge read.';
COMMENT ON COLUMN scorecard.comment IS 'Why.';

CREATE TABLE award (
    id         uuid NOT NULL,
    challenge  uuid NOT NULL,
    submission uuid NOT NULL,
    team       uuid NOT NULL REFERENCES organisation (id),
    amount     bigint NOT NULL CHECK (amount > 0),
    entry      bigint NOT NULL CHECK (entry > 0),
    awarded_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    version    int NOT NULL,
    number     int NOT NULL CHECK (number BETWEEN 1 AND 500),
    prize      smallint NOT NULL,
    currency   text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, challenge, prize, number),
    FOREIGN KEY (book_id, challenge, version, prize) REFERENCES prize (book_id, challenge, version, number),
    FOREIGN KEY (book_id, submission) REFERENCES submission (book_id, id)
);
SELECT ledger_distribute('award');
CREATE INDEX award_of_team ON award (book_id, team, id);
COMMENT ON TABLE award IS 'A prize, or a part of a shared pool, that became payable to a team. Written once.';
COMMENT ON COLUMN award.id IS 'UUIDv7 in the outside id awd_.';
COMMENT ON COLUMN award.challenge IS 'Of which challenge.';
COMMENT ON COLUMN award.submission IS 'For which submission.';
COMMENT ON COLUMN award.team IS 'Who is owed it.';
COMMENT ON COLUMN award.amount IS 'Minor units.';
COMMENT ON COLUMN award.entry IS 'Record number of the one entry of all awards of the challenge.';
COMMENT ON COLUMN award.awarded_at IS 'Book time.';
COMMENT ON COLUMN award.book_id IS 'The book.';
COMMENT ON COLUMN award.version IS 'By which version of the rules.';
COMMENT ON COLUMN award.number IS 'Which prize of the tier, from 1.';
COMMENT ON COLUMN award.prize IS 'Which tier, as its number in the rules.';
COMMENT ON COLUMN award.currency IS 'ISO 4217.';
