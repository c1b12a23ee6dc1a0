-- Matching rounds: a pool that is shared among campaigns by what many gave to them.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

INSERT INTO movement_kind (kind, name) VALUES
    (64, 'pool_pledged'),
    (65, 'pool_returned');

INSERT INTO movement (kind, debit_class, credit_class)
SELECT k.kind, d.class, c.class
  FROM (VALUES
    ('pool_pledged', 'receivable', 'pool'),
    ('pool_returned', 'pool', 'refunds_in_transit')
       ) AS row(kind, debit, credit)
  JOIN movement_kind k ON k.name = row.kind
  JOIN account_class d ON d.name = row.debit
  JOIN account_class c ON c.name = row.credit;

CREATE TABLE matching_round (
    id               uuid NOT NULL,
    pool             bigint NOT NULL DEFAULT 0 CHECK (pool >= 0),
    cap_per_campaign bigint CHECK (cap_per_campaign > 0),
    cap_per_identity bigint CHECK (cap_per_identity > 0),
    version          bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at       timestamptz NOT NULL,
    state_until      timestamptz,
    book_id          int NOT NULL,
    account          int,
    tally            int NOT NULL DEFAULT 0 CHECK (tally >= 0),
    allowance        int CHECK (allowance BETWEEN 1 AND 1000000),
    first_day        date NOT NULL,
    last_day         date NOT NULL CHECK (last_day >= first_day),
    objection_days   smallint NOT NULL CHECK (objection_days BETWEEN 1 AND 365),
    saturate         boolean NOT NULL,
    verified_only    boolean NOT NULL,
    slug             text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    title            text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    terms            text NOT NULL CHECK (length(terms) BETWEEN 1 AND 50000),
    terms_sha256     bytea NOT NULL CHECK (length(terms_sha256) = 32),
    currency         text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    formula          text NOT NULL CHECK (formula IN ('clr_subtracting_v1', 'clr_shared_v1', 'one_to_one_v1', 'votes_v1')),
    vote_cost        text CHECK (vote_cost IN ('linear', 'quadratic')),
    state            text NOT NULL CHECK (state IN ('draft', 'open', 'tallied', 'objection', 'final', 'paid', 'cancelled')),
    reason           text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, slug),
    FOREIGN KEY (book_id, account) REFERENCES account (book_id, number),
    CHECK (state IN ('draft', 'cancelled') OR account IS NOT NULL),
    CHECK ((state IN ('paid', 'cancelled')) = (state_until IS NULL)),
    CHECK (state IN ('draft', 'open', 'cancelled') OR tally > 0),
    CHECK ((formula = 'votes_v1') = (allowance IS NOT NULL AND vote_cost IS NOT NULL)),
    CHECK ((allowance IS NULL) = (vote_cost IS NULL)),
    CHECK (formula = 'clr_subtracting_v1' OR NOT saturate),
    CHECK (formula = 'one_to_one_v1' OR (cap_per_campaign IS NULL AND cap_per_identity IS NULL))
);
SELECT ledger_distribute('matching_round');
COMMENT ON TABLE matching_round IS 'A round that adds to what many gave to campaigns, from a pool, by a stated formula.';
COMMENT ON COLUMN matching_round.id IS 'UUIDv7 in the outside id mrd_.';
COMMENT ON COLUMN matching_round.pool IS 'Minor units that were in its pool at the tally that counts; 0 before the first.';
COMMENT ON COLUMN matching_round.cap_per_campaign IS 'The most that one campaign is matched by, minor units; NULL when there is no cap.';
COMMENT ON COLUMN matching_round.cap_per_identity IS 'The most by which the gifts of one identity are matched, minor units; NULL when there is no cap.';
COMMENT ON COLUMN matching_round.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN matching_round.created_at IS 'Book time.';
COMMENT ON COLUMN matching_round.state_until IS 'Book time at which the default of a waiting state comes true; NULL when it does not wait.';
COMMENT ON COLUMN matching_round.book_id IS 'The book.';
COMMENT ON COLUMN matching_round.account IS 'Number of the account of its pool; NULL until it is opened.';
COMMENT ON COLUMN matching_round.tally IS 'Number of the tally that counts; 0 before the first.';
COMMENT ON COLUMN matching_round.allowance IS 'What each identity may spend on votes; NULL unless it is a round by votes.';
COMMENT ON COLUMN matching_round.first_day IS 'First day of its period, in the zone of the book.';
COMMENT ON COLUMN matching_round.last_day IS 'Last day of its period: what is captured on it counts.';
COMMENT ON COLUMN matching_round.objection_days IS 'Days for which objections to the draft of its result are heard.';
COMMENT ON COLUMN matching_round.saturate IS 'Whether what the formula leaves in the pool is shared as well.';
COMMENT ON COLUMN matching_round.verified_only IS 'Whether only identities weigh that a partner has stated as verified.';
COMMENT ON COLUMN matching_round.slug IS 'Name in addresses and in the code of its pool''s account; never changes.';
COMMENT ON COLUMN matching_round.title IS 'Name for people.';
COMMENT ON COLUMN matching_round.terms IS 'What sponsors agree to; never changes.';
COMMENT ON COLUMN matching_round.terms_sha256 IS 'SHA-256 of the terms: every contribution to the pool is bound to it.';
COMMENT ON COLUMN matching_round.currency IS 'ISO 4217; its pool and its campaigns are in it.';
COMMENT ON COLUMN matching_round.formula IS 'How it is counted; a formula never changes, another one has another name.';
COMMENT ON COLUMN matching_round.vote_cost IS 'linear or quadratic; NULL unless it is a round by votes.';
COMMENT ON COLUMN matching_round.state IS 'draft, open, tallied, objection, final, paid or cancelled.';
COMMENT ON COLUMN matching_round.reason IS 'Why it was given up; else empty.';

CREATE TABLE matching_campaign (
    round    uuid NOT NULL,
    campaign uuid NOT NULL,
    book_id  int NOT NULL,
    PRIMARY KEY (book_id, round, campaign),
    FOREIGN KEY (book_id, round) REFERENCES matching_round (book_id, id),
    FOREIGN KEY (book_id, campaign) REFERENCES campaign (book_id, id)
);
SELECT ledger_distribute('matching_campaign');
COMMENT ON TABLE matching_campaign IS 'The campaigns of a round; none is added once it is open.';
COMMENT ON COLUMN matching_campaign.round IS 'The round.';
COMMENT ON COLUMN matching_campaign.campaign IS 'A campaign of the same book and currency.';
COMMENT ON COLUMN matching_campaign.book_id IS 'The book.';

CREATE TABLE pool_contribution (
    id                 uuid NOT NULL,
    round              uuid NOT NULL,
    sponsor            uuid NOT NULL REFERENCES organisation (id),
    partner            uuid NOT NULL REFERENCES organisation (id),
    settlement         uuid NOT NULL,
    amount             bigint NOT NULL CHECK (amount > 0),
    returned           bigint NOT NULL DEFAULT 0 CHECK (returned BETWEEN 0 AND amount),
    entry              bigint NOT NULL CHECK (entry > 0),
    created_at         timestamptz NOT NULL,
    book_id            int NOT NULL,
    captured_on        date NOT NULL,
    currency           text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state              text NOT NULL CHECK (state IN ('captured', 'settled', 'returned')),
    reference          text NOT NULL CHECK (length(reference) BETWEEN 1 AND 200),
    provider_reference text NOT NULL CHECK (length(provider_reference) BETWEEN 1 AND 200),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, partner, reference),
    UNIQUE (book_id, partner, provider_reference),
    FOREIGN KEY (book_id, round) REFERENCES matching_round (book_id, id),
    FOREIGN KEY (book_id, settlement) REFERENCES settlement (book_id, id),
    CHECK ((state = 'returned') = (returned > 0))
);
SELECT ledger_distribute('pool_contribution');
CREATE INDEX pool_contribution_of_round ON pool_contribution (book_id, round, id);
CREATE INDEX pool_contribution_of_settlement ON pool_contribution (book_id, settlement);
COMMENT ON TABLE pool_contribution IS 'What a sponsor gave to the pool of a round, through whoever holds the money.';
COMMENT ON COLUMN pool_contribution.id IS 'UUIDv7 in the outside id plt_.';
COMMENT ON COLUMN pool_contribution.round IS 'To which round.';
COMMENT ON COLUMN pool_contribution.sponsor IS 'Who gave it.';
COMMENT ON COLUMN pool_contribution.partner IS 'Custodian: the partner platform or the host itself.';
COMMENT ON COLUMN pool_contribution.settlement IS 'With which it arrives as cash.';
COMMENT ON COLUMN pool_contribution.amount IS 'Minor units.';
COMMENT ON COLUMN pool_contribution.returned IS 'Minor units that went back, of what the round did not use.';
COMMENT ON COLUMN pool_contribution.entry IS 'Record number of the entry of the capture.';
COMMENT ON COLUMN pool_contribution.created_at IS 'Book time.';
COMMENT ON COLUMN pool_contribution.book_id IS 'The book.';
COMMENT ON COLUMN pool_contribution.captured_on IS 'Day of the capture, in the zone of the book.';
COMMENT ON COLUMN pool_contribution.currency IS 'ISO 4217.';
COMMENT ON COLUMN pool_contribution.state IS 'captured, settled or returned.';
COMMENT ON COLUMN pool_contribution.reference IS 'What the custodian calls it; unique per custodian.';
COMMENT ON COLUMN pool_contribution.provider_reference IS 'How the payment is named where it was made.';

CREATE TABLE donor_identity (
    donor     uuid NOT NULL,
    stated_by uuid NOT NULL REFERENCES organisation (id),
    stated_at timestamptz NOT NULL,
    book_id   int NOT NULL,
    verified  boolean NOT NULL,
    identity  bytea NOT NULL CHECK (length(identity) = 32),
    PRIMARY KEY (book_id, donor),
    FOREIGN KEY (book_id, donor) REFERENCES donor (book_id, id)
);
SELECT ledger_distribute('donor_identity');
COMMENT ON TABLE donor_identity IS 'What a partner states of the person behind a donor, so that one person counts once in a matching round.';
COMMENT ON COLUMN donor_identity.donor IS 'The donor.';
COMMENT ON COLUMN donor_identity.stated_by IS 'The partner that states it.';
COMMENT ON COLUMN donor_identity.stated_at IS 'Book time.';
COMMENT ON COLUMN donor_identity.book_id IS 'The book.';
COMMENT ON COLUMN donor_identity.verified IS 'Whether the partner has verified the person; one who is not weighs nothing.';
COMMENT ON COLUMN donor_identity.identity IS 'Keyed digest of the person: the same for the same person, and never the key. Never shown.';

CREATE TABLE matching_voter (
    round    uuid NOT NULL,
    book_id  int NOT NULL,
    allowance int NOT NULL CHECK (allowance > 0),
    spent    int NOT NULL,
    identity bytea NOT NULL CHECK (length(identity) = 32),
    PRIMARY KEY (book_id, round, identity),
    FOREIGN KEY (book_id, round) REFERENCES matching_round (book_id, id),
    CONSTRAINT matching_voter_allowance CHECK (spent BETWEEN 0 AND allowance)
);
SELECT ledger_distribute('matching_voter');
COMMENT ON TABLE matching_voter IS 'What an identity has spent of its allowance in a round by votes; never more than it has.';
COMMENT ON COLUMN matching_voter.round IS 'The round.';
COMMENT ON COLUMN matching_voter.book_id IS 'The book.';
COMMENT ON COLUMN matching_voter.allowance IS 'What it has.';
COMMENT ON COLUMN matching_voter.spent IS 'What its votes have cost.';
COMMENT ON COLUMN matching_voter.identity IS 'Pseudonym of the identity, of this round alone.';

CREATE TABLE matching_vote (
    round    uuid NOT NULL,
    campaign uuid NOT NULL,
    donor    uuid NOT NULL,
    at       timestamptz NOT NULL,
    book_id  int NOT NULL,
    number   int NOT NULL CHECK (number > 0),
    votes    int NOT NULL CHECK (votes > 0),
    identity bytea NOT NULL CHECK (length(identity) = 32),
    PRIMARY KEY (book_id, round, number),
    FOREIGN KEY (book_id, round, campaign) REFERENCES matching_campaign (book_id, round, campaign),
    FOREIGN KEY (book_id, round, identity) REFERENCES matching_voter (book_id, round, identity),
    FOREIGN KEY (book_id, donor) REFERENCES donor (book_id, id)
);
SELECT ledger_distribute('matching_vote');
CREATE INDEX matching_vote_of_identity ON matching_vote (book_id, round, identity, campaign);
COMMENT ON TABLE matching_vote IS 'Votes that a donor gave to a campaign of a round. Written once.';
COMMENT ON COLUMN matching_vote.round IS 'The round.';
COMMENT ON COLUMN matching_vote.campaign IS 'For which campaign.';
COMMENT ON COLUMN matching_vote.donor IS 'Whose votes.';
COMMENT ON COLUMN matching_vote.at IS 'Book time.';
COMMENT ON COLUMN matching_vote.book_id IS 'The book.';
COMMENT ON COLUMN matching_vote.number IS 'Counts the votes of the round, from 1.';
COMMENT ON COLUMN matching_vote.votes IS 'How many.';
COMMENT ON COLUMN matching_vote.identity IS 'Pseudonym of the identity, of this round alone.';

CREATE TABLE matching_line (
    round    uuid NOT NULL,
    campaign uuid NOT NULL,
    number   bigint NOT NULL CHECK (number > 0),
    amount   bigint NOT NULL CHECK (amount >= 0),
    book_id  int NOT NULL,
    tally    int NOT NULL CHECK (tally > 0),
    weighs   boolean NOT NULL,
    identity bytea NOT NULL CHECK (length(identity) = 32),
    PRIMARY KEY (book_id, round, tally, number),
    FOREIGN KEY (book_id, round, campaign) REFERENCES matching_campaign (book_id, round, campaign)
);
SELECT ledger_distribute('matching_line');
COMMENT ON TABLE matching_line IS 'What counted in a tally: what an identity gave to a campaign, a gift, or votes. Written once.';
COMMENT ON COLUMN matching_line.round IS 'The round.';
COMMENT ON COLUMN matching_line.campaign IS 'To which campaign.';
COMMENT ON COLUMN matching_line.number IS 'Record number of the first capture in it, or number of the votes.';
COMMENT ON COLUMN matching_line.amount IS 'Minor units less what went back or is disputed; or votes.';
COMMENT ON COLUMN matching_line.book_id IS 'The book.';
COMMENT ON COLUMN matching_line.tally IS 'Of which tally, from 1.';
COMMENT ON COLUMN matching_line.weighs IS 'Whether it counts in the formula.';
COMMENT ON COLUMN matching_line.identity IS 'Pseudonym of the identity, of this round alone.';

CREATE TABLE matching_share (
    round      uuid NOT NULL,
    campaign   uuid NOT NULL,
    given      bigint NOT NULL CHECK (given >= 0),
    identities bigint NOT NULL CHECK (identities >= 0),
    share      bigint NOT NULL CHECK (share >= 0),
    book_id    int NOT NULL,
    tally      int NOT NULL CHECK (tally > 0),
    roots      numeric NOT NULL CHECK (roots >= 0),
    raw        numeric NOT NULL CHECK (raw >= 0),
    PRIMARY KEY (book_id, round, tally, campaign),
    FOREIGN KEY (book_id, round, campaign) REFERENCES matching_campaign (book_id, round, campaign)
);
SELECT ledger_distribute('matching_share');
COMMENT ON TABLE matching_share IS 'What a campaign gets by a tally, and how that came about. Written once.';
COMMENT ON COLUMN matching_share.round IS 'The round.';
COMMENT ON COLUMN matching_share.campaign IS 'The campaign.';
COMMENT ON COLUMN matching_share.given IS 'All that was given to it, minor units; or votes.';
COMMENT ON COLUMN matching_share.identities IS 'How many identities count for it.';
COMMENT ON COLUMN matching_share.share IS 'What it gets, minor units.';
COMMENT ON COLUMN matching_share.book_id IS 'The book.';
COMMENT ON COLUMN matching_share.tally IS 'Of which tally, from 1.';
COMMENT ON COLUMN matching_share.roots IS 'The sum of the roots of what identities gave, billionths of the root of a minor unit.';
COMMENT ON COLUMN matching_share.raw IS 'What the formula says before it is scaled to the pool, minor units; or votes.';

CREATE TABLE matching_payment (
    round    uuid NOT NULL,
    campaign uuid NOT NULL,
    amount   bigint NOT NULL CHECK (amount > 0),
    entry    bigint NOT NULL CHECK (entry > 0),
    book_id  int NOT NULL,
    tally    int NOT NULL,
    PRIMARY KEY (book_id, round, campaign),
    FOREIGN KEY (book_id, round, tally, campaign) REFERENCES matching_share (book_id, round, tally, campaign)
);
SELECT ledger_distribute('matching_payment');
COMMENT ON TABLE matching_payment IS 'What a campaign got of a round: once. Its money is traced to the sponsors of the round, pro rata of what the round kept.';
COMMENT ON COLUMN matching_payment.round IS 'The round.';
COMMENT ON COLUMN matching_payment.campaign IS 'The campaign.';
COMMENT ON COLUMN matching_payment.amount IS 'Minor units.';
COMMENT ON COLUMN matching_payment.entry IS 'Record number of the entry.';
COMMENT ON COLUMN matching_payment.book_id IS 'The book.';
COMMENT ON COLUMN matching_payment.tally IS 'By which tally.';

CREATE TABLE matching_objection (
    round     uuid NOT NULL,
    raised_by uuid NOT NULL REFERENCES person (id),
    raised_at timestamptz NOT NULL,
    book_id   int NOT NULL,
    number    int NOT NULL CHECK (number > 0),
    tally     int NOT NULL CHECK (tally > 0),
    reason    text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, round, number),
    FOREIGN KEY (book_id, round) REFERENCES matching_round (book_id, id)
);
SELECT ledger_distribute('matching_objection');
COMMENT ON TABLE matching_objection IS 'Why somebody thinks that the draft of a result is wrong. Written once.';
COMMENT ON COLUMN matching_objection.round IS 'The round.';
COMMENT ON COLUMN matching_objection.raised_by IS 'Who objects.';
COMMENT ON COLUMN matching_objection.raised_at IS 'Book time.';
COMMENT ON COLUMN matching_objection.book_id IS 'The book.';
COMMENT ON COLUMN matching_objection.number IS 'Counts the objections of a round, from 1.';
COMMENT ON COLUMN matching_objection.tally IS 'The tally that it is about.';
COMMENT ON COLUMN matching_objection.reason IS 'Why, without personal data.';

CREATE TABLE matching_clawback (
    round    uuid NOT NULL,
    campaign uuid NOT NULL,
    share    bigint NOT NULL CHECK (share > 0),
    would_be bigint NOT NULL CHECK (would_be >= 0 AND would_be < share),
    found_at timestamptz NOT NULL,
    book_id  int NOT NULL,
    number   int NOT NULL CHECK (number > 0),
    PRIMARY KEY (book_id, round, number),
    FOREIGN KEY (book_id, round, campaign) REFERENCES matching_campaign (book_id, round, campaign)
);
SELECT ledger_distribute('matching_clawback');
COMMENT ON TABLE matching_clawback IS 'What a campaign got too much, as was found after the result was final: on the record, and no money moves. Written once.';
COMMENT ON COLUMN matching_clawback.round IS 'The round.';
COMMENT ON COLUMN matching_clawback.campaign IS 'The campaign.';
COMMENT ON COLUMN matching_clawback.share IS 'What it got, minor units.';
COMMENT ON COLUMN matching_clawback.would_be IS 'What it would have got, the others having what they have, minor units.';
COMMENT ON COLUMN matching_clawback.found_at IS 'Book time.';
COMMENT ON COLUMN matching_clawback.book_id IS 'The book.';
COMMENT ON COLUMN matching_clawback.number IS 'Counts the findings of a round, from 1.';

-- Matched money lies in a fund in a layer of the round that paid it: its sponsors gave it, and no pledge did.
ALTER TABLE fund_layer ALTER COLUMN pledge DROP NOT NULL;
ALTER TABLE fund_layer ADD COLUMN round uuid;
ALTER TABLE fund_layer ADD CONSTRAINT fund_layer_round_fkey FOREIGN KEY (book_id, round) REFERENCES matching_round (book_id, id);
ALTER TABLE fund_layer ADD CONSTRAINT fund_layer_giver CHECK (num_nonnulls(pledge, round) = 1);
CREATE UNIQUE INDEX fund_layer_of_round ON fund_layer (book_id, round, fund) WHERE round IS NOT NULL;
COMMENT ON TABLE fund_layer IS 'Settled money of one pledge, or of a matching round, in one fund: a charge that arrived as cash, money that its donor moved in, or what a round paid.';
COMMENT ON COLUMN fund_layer.pledge IS 'Whose money; NULL where a matching round paid it.';
COMMENT ON COLUMN fund_layer.round IS 'The matching round that paid it, so its sponsors'' money; NULL where it is a pledge''s. A round pays a fund once.';
