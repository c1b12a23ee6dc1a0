-- Members decide by vote: what is proposed, who may vote on it and in which college, whom they let vote for them, and what they voted.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE proposal (
    id             uuid NOT NULL,
    proposed_by    uuid NOT NULL REFERENCES person (id),
    ended_by       uuid REFERENCES person (id),
    rule_id        uuid,
    version        bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    opened_at      timestamptz NOT NULL,
    closes_at      timestamptz NOT NULL,
    ended_at       timestamptz,
    book_id        int NOT NULL,
    electors       int NOT NULL CHECK (electors > 0),
    quorum         int NOT NULL CHECK (quorum BETWEEN 1 AND electors),
    counted        int CHECK (counted BETWEEN 0 AND electors),
    approval       int CHECK (approval BETWEEN 0 AND 10000),
    last_day       date NOT NULL,
    effective_from date,
    window_days    smallint CHECK (window_days > 0),
    threshold      text NOT NULL CHECK (threshold IN ('majority', 'two_thirds')),
    state          text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'passed', 'failed', 'withdrawn')),
    title          text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    text           text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 4000),
    reason         text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    refused        text CHECK (char_length(refused) BETWEEN 1 AND 60),
    digest         bytea NOT NULL CHECK (length(digest) = 32),
    rule           jsonb,
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, rule_id) REFERENCES allocation_rule (book_id, id),
    CHECK (closes_at > opened_at),
    CHECK (num_nulls(rule, effective_from, window_days) IN (0, 3)),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((state IN ('passed', 'failed')) = (counted IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (ended_by IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (reason IS NOT NULL)),
    CHECK (approval IS NULL OR counted IS NOT NULL),
    CHECK (state <> 'passed' OR counted >= quorum AND approval >= CASE threshold WHEN 'majority' THEN 5000 ELSE 6667 END),
    -- A rule that was accepted is published, or it says why not; nothing else is.
    CHECK (num_nonnulls(rule_id, refused) = CASE WHEN state = 'passed' AND rule IS NOT NULL THEN 1 ELSE 0 END),
    -- What is counted late is counted as of the moment at which the last day was over.
    CHECK (CASE WHEN state IN ('passed', 'failed') THEN ended_at = closes_at
                WHEN state = 'withdrawn' THEN ended_at >= opened_at AND ended_at < closes_at END)
);
SELECT ledger_distribute('proposal');
CREATE INDEX proposal_open ON proposal (book_id, closes_at) WHERE state = 'open';
COMMENT ON TABLE proposal IS 'What members of a cooperative are asked. Its text never changes; it ends once, by the votes as of the end of its last day.';
COMMENT ON COLUMN proposal.id IS 'UUIDv7 inside the outside id prp_.';
COMMENT ON COLUMN proposal.proposed_by IS 'Who put it to the vote.';
COMMENT ON COLUMN proposal.ended_by IS 'Who withdrew it; NULL otherwise.';
COMMENT ON COLUMN proposal.rule_id IS 'The allocation rule that was published as it passed; NULL otherwise.';
COMMENT ON COLUMN proposal.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN proposal.opened_at IS 'Book time: the list of who may vote is that of this moment.';
COMMENT ON COLUMN proposal.closes_at IS 'Book time from which nobody votes any more: the end of its last day.';
COMMENT ON COLUMN proposal.ended_at IS 'Book time at which it passed, failed or was withdrawn; NULL while it is open.';
COMMENT ON COLUMN proposal.book_id IS 'The book.';
COMMENT ON COLUMN proposal.electors IS 'How many members may vote.';
COMMENT ON COLUMN proposal.quorum IS 'How many of them must be counted, themselves or by who votes for them.';
COMMENT ON COLUMN proposal.counted IS 'How many were; NULL while it is open, and when it was withdrawn.';
COMMENT ON COLUMN proposal.approval IS 'How much of yes and no was yes, hundredths of a percent, rounded; NULL where nobody said either.';
COMMENT ON COLUMN proposal.last_day IS 'The last day on which members vote, in the zone of the book.';
COMMENT ON COLUMN proposal.effective_from IS 'From which day on the rule would hold; NULL without one.';
COMMENT ON COLUMN proposal.window_days IS 'Days in which members could object to a distribution by the rule; NULL without one.';
COMMENT ON COLUMN proposal.threshold IS 'How much of yes and no must be yes: more than half, or two thirds at least.';
COMMENT ON COLUMN proposal.state IS 'Where it stands.';
COMMENT ON COLUMN proposal.title IS 'What it is about.';
COMMENT ON COLUMN proposal.text IS 'What is decided.';
COMMENT ON COLUMN proposal.reason IS 'Why it was withdrawn; NULL unless it was.';
COMMENT ON COLUMN proposal.refused IS 'Why the rule of a proposal that passed could not be published: the code of a refusal; NULL otherwise.';
COMMENT ON COLUMN proposal.digest IS 'SHA-256 of title, text and rule: what members vote on.';
COMMENT ON COLUMN proposal.rule IS 'The allocation rule that it would publish; NULL without one.';

CREATE TABLE proposal_college (
    proposal_id uuid NOT NULL,
    book_id     int NOT NULL,
    weight      int NOT NULL CHECK (weight BETWEEN 1 AND 10000),
    electors    int NOT NULL CHECK (electors > 0),
    yes         int CHECK (yes >= 0),
    no          int CHECK (no >= 0),
    blank       int CHECK (blank >= 0),
    delegated   int CHECK (delegated >= 0),
    number      smallint NOT NULL CHECK (number BETWEEN 1 AND 8),
    "group"     text CHECK ("group" ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    PRIMARY KEY (book_id, proposal_id, number),
    FOREIGN KEY (book_id, proposal_id) REFERENCES proposal (book_id, id),
    CHECK (num_nulls(yes, no, blank, delegated) IN (0, 4)),
    CHECK (yes::bigint + no + blank <= electors AND delegated <= yes::bigint + no + blank)
);
SELECT ledger_distribute('proposal_college');
COMMENT ON TABLE proposal_college IS 'The colleges of a proposal, or one for all of its electors; counted once, when it ends.';
COMMENT ON COLUMN proposal_college.proposal_id IS 'The proposal.';
COMMENT ON COLUMN proposal_college.book_id IS 'The book.';
COMMENT ON COLUMN proposal_college.weight IS 'How much of the whole its votes weigh, hundredths of a percent.';
COMMENT ON COLUMN proposal_college.electors IS 'How many of its members may vote.';
COMMENT ON COLUMN proposal_college.yes IS 'How many said yes, themselves or by who votes for them; NULL until they are counted.';
COMMENT ON COLUMN proposal_college.no IS 'How many said no.';
COMMENT ON COLUMN proposal_college.blank IS 'How many said neither: they count for the quorum only.';
COMMENT ON COLUMN proposal_college.delegated IS 'How many of those were counted by who votes for them.';
COMMENT ON COLUMN proposal_college.number IS 'Its place, from 1.';
COMMENT ON COLUMN proposal_college."group" IS 'The group of members that it is; NULL for all.';

CREATE TABLE proposal_elector (
    proposal_id   uuid NOT NULL,
    member_id     uuid NOT NULL,
    book_id       int NOT NULL,
    member_number int NOT NULL CHECK (member_number > 0),
    college       smallint NOT NULL,
    PRIMARY KEY (book_id, proposal_id, member_id),
    UNIQUE (book_id, proposal_id, member_number),
    FOREIGN KEY (book_id, proposal_id, college) REFERENCES proposal_college (book_id, proposal_id, number),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id)
);
SELECT ledger_distribute('proposal_elector');
COMMENT ON TABLE proposal_elector IS 'Who may vote on a proposal: the members of the moment at which it was opened. Written once.';
COMMENT ON COLUMN proposal_elector.proposal_id IS 'The proposal.';
COMMENT ON COLUMN proposal_elector.member_id IS 'The member.';
COMMENT ON COLUMN proposal_elector.book_id IS 'The book.';
COMMENT ON COLUMN proposal_elector.member_number IS 'The number of the member.';
COMMENT ON COLUMN proposal_elector.college IS 'In which college the vote counts.';

CREATE TABLE ballot (
    proposal_id uuid NOT NULL,
    member_id   uuid NOT NULL,
    cast_by     uuid NOT NULL REFERENCES person (id),
    cast_at     timestamptz NOT NULL,
    book_id     int NOT NULL,
    version     int NOT NULL CHECK (version > 0),
    choice      text NOT NULL CHECK (choice IN ('yes', 'no', 'blank')),
    PRIMARY KEY (book_id, proposal_id, member_id, version),
    FOREIGN KEY (book_id, proposal_id, member_id) REFERENCES proposal_elector (book_id, proposal_id, member_id)
);
SELECT ledger_distribute('ballot');
COMMENT ON TABLE ballot IS 'What members voted. Written once; who votes again counts with the last one. Shown to the member alone.';
COMMENT ON COLUMN ballot.proposal_id IS 'The proposal.';
COMMENT ON COLUMN ballot.member_id IS 'Whose vote it is.';
COMMENT ON COLUMN ballot.cast_by IS 'The person: the member itself.';
COMMENT ON COLUMN ballot.cast_at IS 'Book time.';
COMMENT ON COLUMN ballot.book_id IS 'The book.';
COMMENT ON COLUMN ballot.version IS 'From 1: the highest one counts.';
COMMENT ON COLUMN ballot.choice IS 'yes, no, or blank: neither.';

CREATE TABLE delegation (
    member_id uuid NOT NULL,
    delegate  uuid,
    given_by  uuid NOT NULL REFERENCES person (id),
    given_at  timestamptz NOT NULL,
    book_id   int NOT NULL,
    version   int NOT NULL CHECK (version > 0),
    PRIMARY KEY (book_id, member_id, version),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id),
    FOREIGN KEY (book_id, delegate) REFERENCES member (book_id, id),
    CHECK (delegate <> member_id)
);
SELECT ledger_distribute('delegation');
COMMENT ON TABLE delegation IS 'Who votes for a member that does not vote itself, until it says otherwise. Written once; the last one counts.';
COMMENT ON COLUMN delegation.member_id IS 'The member who gives its vote.';
COMMENT ON COLUMN delegation.delegate IS 'The member who gets it; NULL for nobody from then on.';
COMMENT ON COLUMN delegation.given_by IS 'The person: the member itself.';
COMMENT ON COLUMN delegation.given_at IS 'Book time.';
COMMENT ON COLUMN delegation.book_id IS 'The book.';
COMMENT ON COLUMN delegation.version IS 'From 1: the highest one counts.';
