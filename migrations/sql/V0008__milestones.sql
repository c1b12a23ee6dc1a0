-- Milestones, claims on their money, evidence, reviews, disputes and releases.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE milestone (
    id               uuid NOT NULL,
    campaign_id      uuid NOT NULL,
    team             uuid NOT NULL REFERENCES organisation (id),
    claim_id         uuid,
    amount           bigint NOT NULL CHECK (amount > 0),
    released_total   bigint NOT NULL DEFAULT 0,
    threshold        bigint CHECK (threshold >= 0),
    version          bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at       timestamptz NOT NULL,
    book_id          int NOT NULL,
    reviewers_needed smallint NOT NULL CHECK (reviewers_needed BETWEEN 1 AND 20),
    review_days      smallint NOT NULL CHECK (review_days BETWEEN 1 AND 365),
    objection_days   smallint NOT NULL CHECK (objection_days BETWEEN 1 AND 365),
    gate_licence     boolean NOT NULL,
    gate_design      boolean NOT NULL,
    gate_enterprise  boolean NOT NULL,
    on_silence       text NOT NULL CHECK (on_silence IN ('release', 'escalate')),
    state            text NOT NULL CHECK (state IN ('planned', 'funded', 'claimed', 'partly_released', 'released', 'cancelled')),
    currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    name             text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description      text NOT NULL CHECK (length(description) <= 4000),
    reason           text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, campaign_id) REFERENCES campaign (book_id, id),
    CHECK (released_total BETWEEN 0 AND amount),
    CHECK ((state = 'claimed') = (claim_id IS NOT NULL)),
    CHECK (state NOT IN ('planned', 'funded') OR released_total = 0),
    CHECK (state <> 'partly_released' OR released_total BETWEEN 1 AND amount - 1),
    CHECK (state <> 'released' OR released_total = amount)
);
SELECT ledger_distribute('milestone');
CREATE INDEX milestone_of_campaign ON milestone (book_id, campaign_id, id);
COMMENT ON TABLE milestone IS 'A named part of a campaign''s work, with the money set aside for it and the rules by which a team gets it.';
COMMENT ON COLUMN milestone.id IS 'UUIDv7 inside the outside id mls_.';
COMMENT ON COLUMN milestone.campaign_id IS 'Whose money it draws on.';
COMMENT ON COLUMN milestone.team IS 'The organisation that does the work and is paid.';
COMMENT ON COLUMN milestone.claim_id IS 'The one claim in play; NULL while there is none.';
COMMENT ON COLUMN milestone.amount IS 'Minor units it pays in all.';
COMMENT ON COLUMN milestone.released_total IS 'Minor units released so far.';
COMMENT ON COLUMN milestone.threshold IS 'Minor units above which requester, approver and payer are three people; NULL for never.';
COMMENT ON COLUMN milestone.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN milestone.created_at IS 'Book time.';
COMMENT ON COLUMN milestone.book_id IS 'The book.';
COMMENT ON COLUMN milestone.reviewers_needed IS 'How many reviewers must approve.';
COMMENT ON COLUMN milestone.review_days IS 'Days from submission to the default.';
COMMENT ON COLUMN milestone.objection_days IS 'Days from approval to release.';
COMMENT ON COLUMN milestone.gate_licence IS 'Whether a claim needs a licence with its SPDX identifier.';
COMMENT ON COLUMN milestone.gate_design IS 'Whether a claim needs design files.';
COMMENT ON COLUMN milestone.gate_enterprise IS 'Whether a claim needs an enterprise plan.';
COMMENT ON COLUMN milestone.on_silence IS 'What happens when nobody decides in time.';
COMMENT ON COLUMN milestone.state IS 'Where it stands; money is set aside while it is funded, claimed or partly released.';
COMMENT ON COLUMN milestone.currency IS 'Currency of all its amounts, that of the campaign.';
COMMENT ON COLUMN milestone.name IS 'What it is called.';
COMMENT ON COLUMN milestone.description IS 'What must be done.';
COMMENT ON COLUMN milestone.reason IS 'Why it was cancelled; empty before.';

CREATE TABLE claim (
    id              uuid NOT NULL,
    milestone_id    uuid NOT NULL,
    team            uuid NOT NULL REFERENCES organisation (id),
    claimant        uuid NOT NULL REFERENCES person (id),
    amount          bigint NOT NULL CHECK (amount > 0),
    approved_amount bigint NOT NULL DEFAULT 0,
    frozen          bigint NOT NULL DEFAULT 0 CHECK (frozen >= 0),
    struck          bigint NOT NULL DEFAULT 0 CHECK (struck >= 0),
    released_total  bigint NOT NULL DEFAULT 0 CHECK (released_total >= 0),
    version         bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at      timestamptz NOT NULL,
    submitted_at    timestamptz,
    decide_until    timestamptz,
    decided_at      timestamptz,
    objection_until timestamptz,
    book_id         int NOT NULL,
    revision        int NOT NULL CHECK (revision >= 1),
    round           int NOT NULL CHECK (round >= 0),
    escalated       boolean NOT NULL DEFAULT false,
    state           text NOT NULL,
    decided_by      text NOT NULL DEFAULT '' CHECK (decided_by IN ('', 'reviewers', 'silence')),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    digest          bytea NOT NULL CHECK (length(digest) = 32),
    note            text NOT NULL CHECK (length(note) <= 8000),
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, milestone_id) REFERENCES milestone (book_id, id),
    CHECK (state IN ('draft', 'submitted', 'in_review', 'changes_asked', 'approved', 'disputed', 'rejected', 'payable',
                     'paid', 'revoked', 'expired')),
    CHECK (approved_amount BETWEEN 0 AND amount),
    CHECK (released_total + frozen + struck <= approved_amount),
    CHECK (state <> 'disputed' OR frozen > 0),
    CHECK (state NOT IN ('payable', 'paid') OR (frozen = 0 AND released_total > 0)),
    CHECK (state NOT IN ('draft', 'submitted', 'in_review', 'changes_asked') OR (decide_until IS NOT NULL AND released_total = 0)),
    CHECK (state NOT IN ('submitted', 'in_review') OR (submitted_at IS NOT NULL AND round >= 1)),
    CHECK (state NOT IN ('approved', 'disputed', 'payable', 'paid')
           OR (approved_amount > 0 AND decided_by <> '' AND decided_at IS NOT NULL AND objection_until IS NOT NULL))
);
SELECT ledger_distribute('claim');
CREATE INDEX claim_of_milestone ON claim (book_id, milestone_id, id);
CREATE UNIQUE INDEX claim_in_play ON claim (book_id, milestone_id)
    WHERE state IN ('submitted', 'in_review', 'changes_asked', 'approved', 'disputed');
COMMENT ON TABLE claim IS 'A team says that a milestone is done, and asks for its money.';
COMMENT ON COLUMN claim.id IS 'UUIDv7 inside the outside id clm_.';
COMMENT ON COLUMN claim.milestone_id IS 'Of what.';
COMMENT ON COLUMN claim.team IS 'Whose: the milestone''s team.';
COMMENT ON COLUMN claim.claimant IS 'Who wrote it, or submitted it last.';
COMMENT ON COLUMN claim.amount IS 'Minor units asked for.';
COMMENT ON COLUMN claim.approved_amount IS 'Minor units approved; 0 before.';
COMMENT ON COLUMN claim.frozen IS 'Minor units held back by open disputes.';
COMMENT ON COLUMN claim.struck IS 'Minor units taken off by upheld disputes.';
COMMENT ON COLUMN claim.released_total IS 'Minor units posted to the team''s payable.';
COMMENT ON COLUMN claim.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN claim.created_at IS 'Book time.';
COMMENT ON COLUMN claim.submitted_at IS 'Book time of the last submission; NULL before the first.';
COMMENT ON COLUMN claim.decide_until IS 'Book time of the default of a state that waits for people; NULL in the others.';
COMMENT ON COLUMN claim.decided_at IS 'Book time of the approval; NULL before.';
COMMENT ON COLUMN claim.objection_until IS 'Book time at which the objection window ends; NULL before the approval.';
COMMENT ON COLUMN claim.book_id IS 'The book.';
COMMENT ON COLUMN claim.revision IS 'Counts its texts, from 1.';
COMMENT ON COLUMN claim.round IS 'Counts its submissions; reviews of earlier ones count for nothing.';
COMMENT ON COLUMN claim.escalated IS 'Whether the host''s owners were called in.';
COMMENT ON COLUMN claim.state IS 'Where it stands.';
COMMENT ON COLUMN claim.decided_by IS 'How the approval came about; empty before.';
COMMENT ON COLUMN claim.currency IS 'Currency of all its amounts.';
COMMENT ON COLUMN claim.digest IS 'SHA-256 of its canonical JSON with its evidence.';
COMMENT ON COLUMN claim.note IS 'What was done.';
COMMENT ON COLUMN claim.reason IS 'Why it was rejected or revoked; empty otherwise.';

CREATE TABLE evidence (
    claim_id uuid NOT NULL,
    book_id  int NOT NULL,
    revision int NOT NULL CHECK (revision >= 1),
    number   smallint NOT NULL CHECK (number BETWEEN 1 AND 50),
    kind     text NOT NULL CHECK (kind IN ('design_files', 'bill_of_materials', 'build_instructions', 'test_report', 'licence',
                                           'enterprise_plan', 'photo', 'video', 'other')),
    licence  text NOT NULL DEFAULT '' CHECK (length(licence) <= 64),
    sha256   bytea NOT NULL CHECK (length(sha256) = 32),
    title    text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    url      text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    PRIMARY KEY (book_id, claim_id, revision, number),
    FOREIGN KEY (book_id, claim_id) REFERENCES claim (book_id, id)
);
SELECT ledger_distribute('evidence');
COMMENT ON TABLE evidence IS 'What a text of a claim rests on. Earlier texts keep theirs, so that a review can be read beside what it saw.';
COMMENT ON COLUMN evidence.claim_id IS 'The claim.';
COMMENT ON COLUMN evidence.book_id IS 'The book.';
COMMENT ON COLUMN evidence.revision IS 'Which text of the claim.';
COMMENT ON COLUMN evidence.number IS 'Place in the list, from 1.';
COMMENT ON COLUMN evidence.kind IS 'What it is.';
COMMENT ON COLUMN evidence.licence IS 'SPDX identifier; empty where it has none.';
COMMENT ON COLUMN evidence.sha256 IS 'SHA-256 of what is published at the link.';
COMMENT ON COLUMN evidence.title IS 'Its title.';
COMMENT ON COLUMN evidence.url IS 'Where it is published.';

CREATE TABLE review (
    claim_id     uuid NOT NULL,
    reviewer     uuid NOT NULL REFERENCES person (id),
    amount       bigint NOT NULL,
    at           timestamptz NOT NULL,
    book_id      int NOT NULL,
    round        int NOT NULL CHECK (round >= 1),
    verdict      text NOT NULL CHECK (verdict IN ('approve', 'ask_changes', 'reject')),
    claim_digest bytea NOT NULL CHECK (length(claim_digest) = 32),
    evidence     bytea NOT NULL CHECK (length(evidence) <= 1600 AND length(evidence) % 32 = 0),
    comment      text NOT NULL CHECK (length(comment) <= 4000),
    PRIMARY KEY (book_id, claim_id, round, reviewer),
    FOREIGN KEY (book_id, claim_id) REFERENCES claim (book_id, id),
    CHECK ((verdict = 'approve') = (amount > 0) AND amount >= 0)
);
SELECT ledger_distribute('review');
COMMENT ON TABLE review IS 'What a reviewer said of one submission of a claim.';
COMMENT ON COLUMN review.claim_id IS 'The claim.';
COMMENT ON COLUMN review.reviewer IS 'Who.';
COMMENT ON COLUMN review.amount IS 'Minor units approved; 0 where nothing was.';
COMMENT ON COLUMN review.at IS 'Book time.';
COMMENT ON COLUMN review.book_id IS 'The book.';
COMMENT ON COLUMN review.round IS 'Which submission.';
COMMENT ON COLUMN review.verdict IS 'What was said.';
COMMENT ON COLUMN review.claim_digest IS 'SHA-256 of the claim that the reviewer read.';
COMMENT ON COLUMN review.evidence IS 'SHA-256 digests of the evidence that the reviewer read, one after another.';
COMMENT ON COLUMN review.comment IS 'Why.';

CREATE TABLE dispute (
    id          uuid NOT NULL,
    claim_id    uuid NOT NULL,
    opened_by   uuid NOT NULL REFERENCES person (id),
    resolved_by uuid REFERENCES person (id),
    amount      bigint NOT NULL CHECK (amount > 0),
    version     bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    opened_at   timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    resolved_at timestamptz,
    book_id     int NOT NULL,
    state       text NOT NULL CHECK (state IN ('open', 'upheld', 'dismissed')),
    reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 4000),
    resolution  text NOT NULL DEFAULT '' CHECK (length(resolution) <= 4000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, claim_id) REFERENCES claim (book_id, id),
    CHECK ((state = 'open') = (resolved_at IS NULL))
);
SELECT ledger_distribute('dispute');
CREATE INDEX dispute_of_claim ON dispute (book_id, claim_id, id);
COMMENT ON TABLE dispute IS 'An objection to a part of an approved claim, which freezes that part.';
COMMENT ON COLUMN dispute.id IS 'UUIDv7 inside the outside id dsp_.';
COMMENT ON COLUMN dispute.claim_id IS 'The claim.';
COMMENT ON COLUMN dispute.opened_by IS 'Who objects.';
COMMENT ON COLUMN dispute.resolved_by IS 'Who decided; NULL while it is open, or when its time ran out.';
COMMENT ON COLUMN dispute.amount IS 'Minor units that are objected to.';
COMMENT ON COLUMN dispute.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN dispute.opened_at IS 'Book time.';
COMMENT ON COLUMN dispute.until IS 'Book time after which it counts as upheld.';
COMMENT ON COLUMN dispute.resolved_at IS 'Book time; NULL while it is open.';
COMMENT ON COLUMN dispute.book_id IS 'The book.';
COMMENT ON COLUMN dispute.state IS 'Open, upheld (its part stays with the milestone) or dismissed (its part is released).';
COMMENT ON COLUMN dispute.reason IS 'What is objected to.';
COMMENT ON COLUMN dispute.resolution IS 'Why it was decided so; empty while it is open.';

CREATE TABLE release (
    id           uuid NOT NULL,
    claim_id     uuid NOT NULL,
    milestone_id uuid NOT NULL,
    campaign_id  uuid NOT NULL,
    team         uuid NOT NULL REFERENCES organisation (id),
    amount       bigint NOT NULL CHECK (amount > 0),
    entry_number bigint NOT NULL CHECK (entry_number > 0),
    released_at  timestamptz NOT NULL,
    book_id      int NOT NULL,
    number       int NOT NULL CHECK (number >= 1),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, claim_id, number),
    FOREIGN KEY (book_id, claim_id) REFERENCES claim (book_id, id),
    FOREIGN KEY (book_id, milestone_id) REFERENCES milestone (book_id, id),
    FOREIGN KEY (book_id, campaign_id) REFERENCES campaign (book_id, id)
);
SELECT ledger_distribute('release');
CREATE INDEX release_of_campaign ON release (book_id, campaign_id, id);
CREATE UNIQUE INDEX release_of_entry ON release (book_id, entry_number);
COMMENT ON TABLE release IS 'Money of a claim that went from the fund to the team''s payable. Written once.';
COMMENT ON COLUMN release.id IS 'UUIDv7 inside the outside id rel_.';
COMMENT ON COLUMN release.claim_id IS 'The claim.';
COMMENT ON COLUMN release.milestone_id IS 'The milestone.';
COMMENT ON COLUMN release.campaign_id IS 'The campaign whose money it was.';
COMMENT ON COLUMN release.team IS 'Who is owed it now.';
COMMENT ON COLUMN release.amount IS 'Minor units.';
COMMENT ON COLUMN release.entry_number IS 'Record number of its journal entry.';
COMMENT ON COLUMN release.released_at IS 'Book time.';
COMMENT ON COLUMN release.book_id IS 'The book.';
COMMENT ON COLUMN release.number IS 'Which release of the claim, from 1.';
COMMENT ON COLUMN release.currency IS 'Its currency.';
