-- Calls: a host says what work a campaign would pay for, teams apply for it until a day, and who is accepted gets the milestone.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE milestone_call (
    id                 uuid NOT NULL,
    campaign           uuid NOT NULL,
    milestone          uuid,
    made_by            uuid NOT NULL REFERENCES person (id),
    ended_by           uuid REFERENCES person (id),
    amount             bigint NOT NULL CHECK (amount > 0),
    threshold          bigint CHECK (threshold >= 0),
    version            bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at         timestamptz NOT NULL,
    closes_at          timestamptz NOT NULL,
    decide_until       timestamptz NOT NULL,
    ended_at           timestamptz,
    book_id            int NOT NULL,
    applications_until date NOT NULL,
    reviewers_needed   smallint NOT NULL CHECK (reviewers_needed BETWEEN 1 AND 20),
    review_days        smallint NOT NULL CHECK (review_days BETWEEN 1 AND 365),
    objection_days     smallint NOT NULL CHECK (objection_days BETWEEN 1 AND 365),
    gate_licence       boolean NOT NULL,
    gate_design        boolean NOT NULL,
    gate_enterprise    boolean NOT NULL,
    on_silence         text NOT NULL CHECK (on_silence IN ('release', 'escalate')),
    state              text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'filled', 'withdrawn', 'lapsed')),
    currency           text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    name               text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    description        text NOT NULL CHECK (char_length(description) <= 4000),
    reason             text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id),
    FOREIGN KEY (book_id, milestone) REFERENCES milestone (book_id, id),
    CHECK (closes_at > created_at AND decide_until = closes_at + interval '720 hours'),
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((state IN ('filled', 'withdrawn')) = (ended_by IS NOT NULL)),
    CHECK ((state = 'filled') = (milestone IS NOT NULL)),
    CHECK ((state = 'withdrawn') = (reason IS NOT NULL)),
    -- Nobody is accepted before the day is over, and nothing is decided after its time.
    CHECK (CASE state WHEN 'lapsed' THEN ended_at = decide_until
                      WHEN 'filled' THEN ended_at >= closes_at AND ended_at < decide_until
                      WHEN 'withdrawn' THEN ended_at >= created_at AND ended_at < decide_until END)
);
SELECT ledger_distribute('milestone_call');
CREATE INDEX milestone_call_of_campaign ON milestone_call (book_id, campaign, id);
CREATE INDEX milestone_call_open ON milestone_call (book_id, decide_until) WHERE state = 'open';
COMMENT ON TABLE milestone_call IS 'Work that a campaign would pay for, and for which teams are asked to apply. Its text never changes; it ends once.';
COMMENT ON COLUMN milestone_call.id IS 'UUIDv7 inside the outside id mcl_.';
COMMENT ON COLUMN milestone_call.campaign IS 'Whose money the milestone will draw on.';
COMMENT ON COLUMN milestone_call.milestone IS 'The milestone that the accepted team got; NULL unless it is filled.';
COMMENT ON COLUMN milestone_call.made_by IS 'Who of the host made it: not shown to readers.';
COMMENT ON COLUMN milestone_call.ended_by IS 'Who of the host accepted a team or withdrew it; NULL otherwise.';
COMMENT ON COLUMN milestone_call.amount IS 'Minor units that the milestone will pay in all.';
COMMENT ON COLUMN milestone_call.threshold IS 'Minor units above which requester, approver and payer of a claim are three people; NULL for never.';
COMMENT ON COLUMN milestone_call.version IS 'Counts changes.';
COMMENT ON COLUMN milestone_call.created_at IS 'Book time.';
COMMENT ON COLUMN milestone_call.closes_at IS 'Book time from which no team applies any more: the end of its last day.';
COMMENT ON COLUMN milestone_call.decide_until IS 'Book time until which the host decides: thirty days later. It lapses then.';
COMMENT ON COLUMN milestone_call.ended_at IS 'Book time at which it was filled, withdrawn or lapsed; NULL while it is open.';
COMMENT ON COLUMN milestone_call.book_id IS 'The book.';
COMMENT ON COLUMN milestone_call.applications_until IS 'The last day on which teams apply.';
COMMENT ON COLUMN milestone_call.reviewers_needed IS 'How many reviewers must approve a claim of the milestone.';
COMMENT ON COLUMN milestone_call.review_days IS 'Days from the submission of a claim to the default.';
COMMENT ON COLUMN milestone_call.objection_days IS 'Days from the approval of a claim to its release.';
COMMENT ON COLUMN milestone_call.gate_licence IS 'Whether a claim needs a licence.';
COMMENT ON COLUMN milestone_call.gate_design IS 'Whether a claim needs design files.';
COMMENT ON COLUMN milestone_call.gate_enterprise IS 'Whether a claim needs an enterprise plan.';
COMMENT ON COLUMN milestone_call.on_silence IS 'What happens when nobody decides a claim in time.';
COMMENT ON COLUMN milestone_call.state IS 'Where it stands.';
COMMENT ON COLUMN milestone_call.currency IS 'ISO 4217, of its amounts: that of the campaign.';
COMMENT ON COLUMN milestone_call.name IS 'What the milestone will be called.';
COMMENT ON COLUMN milestone_call.description IS 'What must be done.';
COMMENT ON COLUMN milestone_call.reason IS 'Why it was withdrawn, for everybody; NULL unless it was.';

CREATE TABLE milestone_application (
    id           uuid NOT NULL,
    call         uuid NOT NULL,
    team         uuid NOT NULL REFERENCES organisation (id),
    applied_by   uuid NOT NULL REFERENCES person (id),
    ended_by     uuid REFERENCES person (id),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    submitted_at timestamptz NOT NULL,
    ended_at     timestamptz,
    book_id      int NOT NULL,
    state        text NOT NULL DEFAULT 'submitted' CHECK (state IN ('submitted', 'accepted', 'declined', 'withdrawn', 'lapsed')),
    text         text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 4000),
    reason       text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, call) REFERENCES milestone_call (book_id, id),
    CHECK ((state = 'submitted') = (ended_at IS NULL)),
    CHECK ((state IN ('accepted', 'declined', 'withdrawn')) = (ended_by IS NOT NULL)),
    CHECK ((state = 'declined') = (reason IS NOT NULL)),
    CHECK (ended_at >= submitted_at)
);
SELECT ledger_distribute('milestone_application');
CREATE UNIQUE INDEX milestone_application_open ON milestone_application (book_id, call, team) WHERE state = 'submitted';
CREATE UNIQUE INDEX milestone_application_accepted ON milestone_application (book_id, call) WHERE state = 'accepted';
CREATE INDEX milestone_application_of_call ON milestone_application (book_id, call, id);
COMMENT ON TABLE milestone_application IS 'A team applies for a call. Its text never changes; it ends once.';
COMMENT ON COLUMN milestone_application.id IS 'UUIDv7 inside the outside id map_.';
COMMENT ON COLUMN milestone_application.call IS 'The call.';
COMMENT ON COLUMN milestone_application.team IS 'The team that would do the work.';
COMMENT ON COLUMN milestone_application.applied_by IS 'Who applied for it.';
COMMENT ON COLUMN milestone_application.ended_by IS 'Who accepted or declined it, or took it back; NULL while it waits, and when it lapsed.';
COMMENT ON COLUMN milestone_application.version IS 'Counts changes.';
COMMENT ON COLUMN milestone_application.submitted_at IS 'Book time.';
COMMENT ON COLUMN milestone_application.ended_at IS 'Book time at which it ended; NULL while it waits.';
COMMENT ON COLUMN milestone_application.book_id IS 'The book.';
COMMENT ON COLUMN milestone_application.state IS 'Where it stands.';
COMMENT ON COLUMN milestone_application.text IS 'What the team would do, and how: for the host alone.';
COMMENT ON COLUMN milestone_application.reason IS 'Why it was declined, for the team; NULL unless it was.';
