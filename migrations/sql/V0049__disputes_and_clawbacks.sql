-- Disputes that are heard in steps, each with a clock; claims that are revoked, and what comes back of them.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

ALTER TABLE dispute
    ADD COLUMN answer      text NOT NULL DEFAULT '' CHECK (char_length(answer) <= 4000),
    ADD COLUMN answered_by uuid,
    ADD COLUMN answered_at timestamptz,
    ADD COLUMN reply       text NOT NULL DEFAULT '' CHECK (char_length(reply) <= 4000),
    ADD COLUMN replied_at  timestamptz,
    ADD COLUMN ruling      text NOT NULL DEFAULT '' CHECK (ruling IN ('', 'uphold', 'uphold_part', 'dismiss')),
    ADD COLUMN struck      bigint NOT NULL DEFAULT 0,
    ADD COLUMN first_ruling text NOT NULL DEFAULT '' CHECK (first_ruling IN ('', 'uphold', 'uphold_part', 'dismiss')),
    ADD COLUMN first_struck bigint NOT NULL DEFAULT 0,
    ADD COLUMN decided_by  uuid,
    ADD COLUMN decided_at  timestamptz,
    ADD COLUMN decision    text NOT NULL DEFAULT '' CHECK (char_length(decision) <= 4000),
    ADD COLUMN appealed_by uuid,
    ADD COLUMN appealed_at timestamptz,
    ADD COLUMN appeal      text NOT NULL DEFAULT '' CHECK (char_length(appeal) <= 4000);
UPDATE dispute SET ruling = CASE state WHEN 'upheld' THEN 'uphold' ELSE 'dismiss' END,
                   struck = CASE state WHEN 'upheld' THEN amount ELSE 0 END
 WHERE state <> 'open';
ALTER TABLE dispute DROP CONSTRAINT dispute_state_check;
ALTER TABLE dispute ADD CONSTRAINT dispute_state_check CHECK (state IN
    ('open', 'answered', 'replied', 'decided', 'appealed', 'upheld', 'upheld_part', 'dismissed'));
ALTER TABLE dispute DROP CONSTRAINT dispute_check;
ALTER TABLE dispute ADD CONSTRAINT dispute_over CHECK
    ((state IN ('upheld', 'upheld_part', 'dismissed')) = (resolved_at IS NOT NULL));
ALTER TABLE dispute ADD CONSTRAINT dispute_heard CHECK ((answered_by IS NULL) = (answered_at IS NULL)
    AND (decided_by IS NULL) = (decided_at IS NULL) AND (appealed_by IS NULL) = (appealed_at IS NULL)
    AND (replied_at IS NULL OR answered_at IS NOT NULL) AND (appealed_at IS NULL OR decided_at IS NOT NULL)
    AND (state <> 'answered' OR answered_at IS NOT NULL) AND (state <> 'replied' OR replied_at IS NOT NULL)
    AND (state <> 'decided' OR decided_at IS NOT NULL) AND (state <> 'appealed' OR appealed_at IS NOT NULL));
ALTER TABLE dispute ADD CONSTRAINT dispute_ruled CHECK (CASE
    WHEN state IN ('open', 'answered', 'replied') THEN ruling = '' AND struck = 0
    ELSE CASE ruling WHEN 'uphold' THEN struck = amount WHEN 'dismiss' THEN struck = 0
                     WHEN 'uphold_part' THEN struck BETWEEN 1 AND amount - 1 ELSE false END END);
ALTER TABLE dispute ADD CONSTRAINT dispute_first_ruled CHECK ((first_ruling = '') = (decided_at IS NULL)
    AND CASE first_ruling WHEN 'uphold' THEN first_struck = amount WHEN 'uphold_part' THEN first_struck BETWEEN 1 AND amount - 1
                          ELSE first_struck = 0 END
    AND (state NOT IN ('decided', 'appealed') OR (ruling, struck) = (first_ruling, first_struck)));
ALTER TABLE dispute ADD CONSTRAINT dispute_ended_as_ruled CHECK
    (CASE state WHEN 'upheld' THEN ruling = 'uphold' WHEN 'upheld_part' THEN ruling = 'uphold_part'
                WHEN 'dismissed' THEN ruling = 'dismiss' ELSE true END);
ALTER TABLE dispute ADD CONSTRAINT dispute_not_by_its_party CHECK (decided_by <> opened_by);
COMMENT ON COLUMN dispute.until IS 'Book time at which the default of its state takes hold; when it is over, the last of these.';
COMMENT ON COLUMN dispute.state IS 'Open, answered by the team, replied to by who objects, decided, appealed; upheld (its part stays with the milestone), upheld in part, or dismissed (its part is released).';
COMMENT ON COLUMN dispute.resolved_at IS 'Book time at which it was over; NULL before.';
COMMENT ON COLUMN dispute.resolved_by IS 'Whose ruling it ended by; NULL before, and where a clock ended it that no ruling preceded.';
COMMENT ON COLUMN dispute.resolution IS 'Why it ended so; empty before.';
COMMENT ON COLUMN dispute.answer IS 'What the team says to it; empty before.';
COMMENT ON COLUMN dispute.answered_by IS 'Who of the team answered; NULL before.';
COMMENT ON COLUMN dispute.answered_at IS 'Book time of the answer; NULL before.';
COMMENT ON COLUMN dispute.reply IS 'Why who objects stands by it; empty before.';
COMMENT ON COLUMN dispute.replied_at IS 'Book time of the reply; NULL before.';
COMMENT ON COLUMN dispute.ruling IS 'How it is decided; empty before.';
COMMENT ON COLUMN dispute.struck IS 'Minor units that stay with the milestone by the ruling.';
COMMENT ON COLUMN dispute.first_ruling IS 'How it was decided first, whatever became of it after an appeal; empty before.';
COMMENT ON COLUMN dispute.first_struck IS 'Minor units that stayed with the milestone by the first decision.';
COMMENT ON COLUMN dispute.decided_by IS 'Who decided first; NULL before.';
COMMENT ON COLUMN dispute.decided_at IS 'Book time of the first decision; NULL before.';
COMMENT ON COLUMN dispute.decision IS 'Why it was decided so first; empty before.';
COMMENT ON COLUMN dispute.appealed_by IS 'Who appealed; NULL where nobody did.';
COMMENT ON COLUMN dispute.appealed_at IS 'Book time of the appeal; NULL where nobody did.';
COMMENT ON COLUMN dispute.appeal IS 'Why somebody appealed; empty where nobody did.';

CREATE TABLE claim_request (
    claim_id     uuid NOT NULL,
    requested_by uuid NOT NULL REFERENCES person (id),
    confirmed_by uuid REFERENCES person (id),
    amount       bigint NOT NULL DEFAULT 0,
    requested_at timestamptz NOT NULL,
    until        timestamptz NOT NULL,
    ended_at     timestamptz,
    book_id      int NOT NULL,
    number       int NOT NULL CHECK (number >= 1),
    kind         text NOT NULL CHECK (kind IN ('revocation', 'write_off')),
    state        text NOT NULL CHECK (state IN ('requested', 'confirmed', 'lapsed')),
    bearer       text NOT NULL DEFAULT '' CHECK (bearer IN ('', 'fund', 'risk_reserve')),
    reason       text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, claim_id, number),
    FOREIGN KEY (book_id, claim_id) REFERENCES claim (book_id, id),
    CHECK (confirmed_by <> requested_by),
    CHECK ((state = 'confirmed') = (confirmed_by IS NOT NULL)),
    CHECK ((state = 'requested') = (ended_at IS NULL)),
    CHECK ((kind = 'write_off') = (amount > 0)),
    CHECK ((kind = 'write_off') = (bearer <> ''))
);
SELECT ledger_distribute('claim_request');
CREATE UNIQUE INDEX claim_request_open ON claim_request (book_id, claim_id, kind) WHERE state = 'requested';
COMMENT ON TABLE claim_request IS 'What two people of the host do to a claim together: revoke it, or write off what is owed of it.';
COMMENT ON COLUMN claim_request.claim_id IS 'The claim.';
COMMENT ON COLUMN claim_request.requested_by IS 'Who asked.';
COMMENT ON COLUMN claim_request.confirmed_by IS 'Who confirmed; NULL while nobody did.';
COMMENT ON COLUMN claim_request.amount IS 'Minor units to write off; 0 for a revocation.';
COMMENT ON COLUMN claim_request.requested_at IS 'Book time.';
COMMENT ON COLUMN claim_request.until IS 'Book time at which it lapses unless it is confirmed.';
COMMENT ON COLUMN claim_request.ended_at IS 'Book time at which it was confirmed or lapsed; NULL before.';
COMMENT ON COLUMN claim_request.book_id IS 'The book.';
COMMENT ON COLUMN claim_request.number IS 'Counts the requests of a claim, from 1.';
COMMENT ON COLUMN claim_request.kind IS 'What is asked for.';
COMMENT ON COLUMN claim_request.state IS 'Where it stands.';
COMMENT ON COLUMN claim_request.bearer IS 'Who bears what is written off: the fund, so its donors, or the risk reserve of the host; empty for a revocation.';
COMMENT ON COLUMN claim_request.reason IS 'Why, for everybody to read.';

CREATE TABLE clawback (
    claim_id     uuid NOT NULL,
    milestone_id uuid NOT NULL,
    campaign_id  uuid NOT NULL,
    team         uuid NOT NULL REFERENCES organisation (id),
    amount       bigint NOT NULL CHECK (amount > 0),
    unpaid       bigint NOT NULL CHECK (unpaid >= 0),
    set_off      bigint NOT NULL DEFAULT 0 CHECK (set_off >= 0),
    recovered    bigint NOT NULL DEFAULT 0 CHECK (recovered >= 0),
    written_off  bigint NOT NULL DEFAULT 0 CHECK (written_off >= 0),
    borne        bigint NOT NULL DEFAULT 0 CHECK (borne >= 0),
    entry_number bigint NOT NULL CHECK (entry_number > 0),
    version      bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    revoked_at   timestamptz NOT NULL,
    book_id      int NOT NULL,
    state        text NOT NULL CHECK (state IN ('open', 'settled')),
    currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason       text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, claim_id),
    FOREIGN KEY (book_id, claim_id) REFERENCES claim (book_id, id),
    FOREIGN KEY (book_id, milestone_id) REFERENCES milestone (book_id, id),
    FOREIGN KEY (book_id, campaign_id) REFERENCES campaign (book_id, id),
    CHECK (unpaid + set_off + recovered + written_off + borne <= amount),
    CHECK ((state = 'settled') = (unpaid + set_off + recovered + written_off + borne = amount))
);
SELECT ledger_distribute('clawback');
CREATE INDEX clawback_owed ON clawback (book_id, team, currency) WHERE state = 'open';
CREATE INDEX clawback_of_campaign ON clawback (book_id, campaign_id, claim_id);
COMMENT ON TABLE clawback IS 'What had been released of a claim that was revoked, and what came back of it.';
COMMENT ON COLUMN clawback.claim_id IS 'The claim.';
COMMENT ON COLUMN clawback.milestone_id IS 'Its milestone.';
COMMENT ON COLUMN clawback.campaign_id IS 'The campaign to whose fund it comes back.';
COMMENT ON COLUMN clawback.team IS 'Who owes it.';
COMMENT ON COLUMN clawback.amount IS 'Minor units that had been released.';
COMMENT ON COLUMN clawback.unpaid IS 'Minor units that came back at once, as they were not paid out.';
COMMENT ON COLUMN clawback.set_off IS 'Minor units that were set off against later releases of the team.';
COMMENT ON COLUMN clawback.recovered IS 'Minor units that the team paid back.';
COMMENT ON COLUMN clawback.written_off IS 'Minor units that were given up, which the fund bears, so its donors.';
COMMENT ON COLUMN clawback.borne IS 'Minor units that the risk reserve of the host bore, so that they came back to the fund.';
COMMENT ON COLUMN clawback.entry_number IS 'Record number of the entry of the revocation.';
COMMENT ON COLUMN clawback.version IS 'Counts changes.';
COMMENT ON COLUMN clawback.revoked_at IS 'Book time.';
COMMENT ON COLUMN clawback.book_id IS 'The book.';
COMMENT ON COLUMN clawback.state IS 'Open while the team owes something of it; settled then.';
COMMENT ON COLUMN clawback.currency IS 'Currency of its amounts.';
COMMENT ON COLUMN clawback.reason IS 'Why the claim was revoked, for everybody to read.';

CREATE TABLE fund_return (
    entry   bigint NOT NULL CHECK (entry > 0),
    used_by bigint NOT NULL,
    layer   bigint NOT NULL,
    amount  bigint NOT NULL CHECK (amount > 0),
    book_id int NOT NULL,
    fund    int NOT NULL,
    PRIMARY KEY (book_id, entry, fund, used_by, layer),
    FOREIGN KEY (book_id, used_by, fund, layer) REFERENCES fund_use (book_id, entry, fund, layer),
    CHECK (entry > used_by)
);
SELECT ledger_distribute('fund_return');
CREATE INDEX fund_return_of_use ON fund_return (book_id, fund, used_by, layer);
CREATE INDEX fund_return_of_layer ON fund_return (book_id, fund, layer);
COMMENT ON TABLE fund_return IS 'What an entry gave back to a layer of what another had used of it: the mirror of a use, written once.';
COMMENT ON COLUMN fund_return.entry IS 'Record number of the entry that brought it back.';
COMMENT ON COLUMN fund_return.used_by IS 'Record number of the entry that had used it.';
COMMENT ON COLUMN fund_return.layer IS 'Number of the layer.';
COMMENT ON COLUMN fund_return.amount IS 'Minor units.';
COMMENT ON COLUMN fund_return.book_id IS 'The book.';
COMMENT ON COLUMN fund_return.fund IS 'Number of the fund account.';
