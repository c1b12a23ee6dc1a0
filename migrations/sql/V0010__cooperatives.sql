-- Cooperatives: members, their hours, allocation rules, sales and costs, results of periods, distributions, statements.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE cooperative (
    book_id        int PRIMARY KEY,
    members_last   int NOT NULL DEFAULT 0 CHECK (members_last >= 0),
    rules_last     int NOT NULL DEFAULT 0 CHECK (rules_last >= 0),
    closed_through date NOT NULL DEFAULT '0001-01-01'
);
SELECT ledger_distribute('cooperative');
COMMENT ON TABLE cooperative IS 'One row for a book that distributes: its lock puts drafts, attestations and closings in one order.';
COMMENT ON COLUMN cooperative.book_id IS 'The book.';
COMMENT ON COLUMN cooperative.members_last IS 'Number of the youngest member.';
COMMENT ON COLUMN cooperative.rules_last IS 'Version of the youngest allocation rule.';
COMMENT ON COLUMN cooperative.closed_through IS 'Last day of the last period whose result is closed.';

CREATE TABLE member (
    id         uuid NOT NULL,
    person     uuid NOT NULL REFERENCES person (id),
    version    bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    number     int NOT NULL CHECK (number >= 1),
    joined_on  date NOT NULL,
    left_on    date CHECK (left_on >= joined_on),
    consents   boolean NOT NULL,
    "group"    text NOT NULL CHECK ("group" ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, number)
);
SELECT ledger_distribute('member');
CREATE UNIQUE INDEX member_once ON member (book_id, person) WHERE left_on IS NULL;
COMMENT ON TABLE member IS 'A person''s membership of a cooperative. What the book knows of the person is the number.';
COMMENT ON COLUMN member.id IS 'UUIDv7 inside the outside id mbr_.';
COMMENT ON COLUMN member.person IS 'Who; the only way from the number to a name.';
COMMENT ON COLUMN member.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN member.created_at IS 'Book time.';
COMMENT ON COLUMN member.book_id IS 'The book.';
COMMENT ON COLUMN member.number IS 'Pseudonym, in the codes of accounts; its order decides ties of rounding.';
COMMENT ON COLUMN member.joined_on IS 'First day.';
COMMENT ON COLUMN member.left_on IS 'Last day; NULL while the membership lasts.';
COMMENT ON COLUMN member.consents IS 'Whether the member agreed that a part of a share may stay as the member''s capital.';
COMMENT ON COLUMN member."group" IS 'Group within the rules, such as workers.';

CREATE TABLE contribution (
    id          uuid NOT NULL,
    member_id   uuid NOT NULL,
    recorded_by uuid NOT NULL REFERENCES person (id),
    attested_by uuid REFERENCES person (id),
    hours       bigint NOT NULL CHECK (hours BETWEEN 1 AND 1000000),
    recorded_at timestamptz NOT NULL,
    attested_at timestamptz,
    book_id     int NOT NULL,
    worked_from date NOT NULL,
    worked_to   date NOT NULL CHECK (worked_to >= worked_from),
    note        text NOT NULL CHECK (length(note) <= 1000),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id),
    CHECK ((attested_by IS NULL) = (attested_at IS NULL)),
    CHECK (attested_by <> recorded_by)
);
SELECT ledger_distribute('contribution');
CREATE INDEX contribution_of_member ON contribution (book_id, member_id, id);
CREATE INDEX contribution_of_period ON contribution (book_id, worked_to) WHERE attested_at IS NOT NULL;
COMMENT ON TABLE contribution IS 'Hours that a member worked; they count once a second member has attested them.';
COMMENT ON COLUMN contribution.id IS 'UUIDv7 inside the outside id ctb_.';
COMMENT ON COLUMN contribution.member_id IS 'Whose.';
COMMENT ON COLUMN contribution.recorded_by IS 'Who wrote them down.';
COMMENT ON COLUMN contribution.attested_by IS 'A second member; NULL until then.';
COMMENT ON COLUMN contribution.hours IS 'Hundredths of an hour.';
COMMENT ON COLUMN contribution.recorded_at IS 'Book time.';
COMMENT ON COLUMN contribution.attested_at IS 'Book time; NULL until then.';
COMMENT ON COLUMN contribution.book_id IS 'The book.';
COMMENT ON COLUMN contribution.worked_from IS 'First day.';
COMMENT ON COLUMN contribution.worked_to IS 'Last day: they count in the period that it falls into.';
COMMENT ON COLUMN contribution.note IS 'What was done; never a name.';

CREATE TABLE allocation_rule (
    id             uuid NOT NULL,
    published_by   uuid NOT NULL REFERENCES person (id),
    published_at   timestamptz NOT NULL,
    book_id        int NOT NULL,
    version        int NOT NULL CHECK (version >= 1),
    effective_from date NOT NULL,
    window_days    smallint NOT NULL CHECK (window_days BETWEEN 1 AND 90),
    digest         bytea NOT NULL CHECK (length(digest) = 32),
    rule           jsonb NOT NULL,
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, version)
);
SELECT ledger_distribute('allocation_rule');
COMMENT ON TABLE allocation_rule IS 'A version of the rule by which a period''s net is divided. Written once.';
COMMENT ON COLUMN allocation_rule.id IS 'UUIDv7 inside the outside id alr_.';
COMMENT ON COLUMN allocation_rule.published_by IS 'Who published it.';
COMMENT ON COLUMN allocation_rule.published_at IS 'Book time.';
COMMENT ON COLUMN allocation_rule.book_id IS 'The book.';
COMMENT ON COLUMN allocation_rule.version IS 'From 1, without gaps.';
COMMENT ON COLUMN allocation_rule.effective_from IS 'It holds for periods that end on this day or later, until a younger version does.';
COMMENT ON COLUMN allocation_rule.window_days IS 'Days in which members may object to a distribution by it.';
COMMENT ON COLUMN allocation_rule.digest IS 'SHA-256 of the rule.';
COMMENT ON COLUMN allocation_rule.rule IS 'Its steps in order.';

CREATE TABLE proceeds (
    id           uuid NOT NULL,
    recorded_by  uuid NOT NULL REFERENCES person (id),
    amount       bigint NOT NULL CHECK (amount > 0),
    entry_number bigint NOT NULL CHECK (entry_number > 0),
    recorded_at  timestamptz NOT NULL,
    book_id      int NOT NULL,
    account      int NOT NULL,
    occurred_on  date NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('sale', 'cost')),
    label        text NOT NULL CHECK (label ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    memo         text NOT NULL CHECK (length(memo) <= 200),
    reference    text NOT NULL CHECK (length(reference) <= 100),
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, account) REFERENCES account (book_id, number)
);
SELECT ledger_distribute('proceeds');
CREATE INDEX proceeds_of_day ON proceeds (book_id, occurred_on);
CREATE UNIQUE INDEX proceeds_reference ON proceeds (book_id, kind, reference) WHERE reference <> '';
COMMENT ON TABLE proceeds IS 'Sales and costs of a cooperative, each with its journal entry. Written once.';
COMMENT ON COLUMN proceeds.id IS 'UUIDv7 inside the outside id prc_.';
COMMENT ON COLUMN proceeds.recorded_by IS 'Who wrote it down.';
COMMENT ON COLUMN proceeds.amount IS 'Minor units of the book''s currency.';
COMMENT ON COLUMN proceeds.entry_number IS 'Record number of its journal entry.';
COMMENT ON COLUMN proceeds.recorded_at IS 'Book time.';
COMMENT ON COLUMN proceeds.book_id IS 'The book.';
COMMENT ON COLUMN proceeds.account IS 'Account of the sales or of the cost, which the result closes.';
COMMENT ON COLUMN proceeds.occurred_on IS 'Day of the sale or of the cost: it belongs to the period with this day.';
COMMENT ON COLUMN proceeds.kind IS 'sale or cost.';
COMMENT ON COLUMN proceeds.label IS 'Last part of the account''s code: what was sold, or what it cost.';
COMMENT ON COLUMN proceeds.memo IS 'Text for people; never a name.';
COMMENT ON COLUMN proceeds.reference IS 'The cooperative''s own number of the invoice, once per kind; empty when there is none.';

CREATE TABLE period_result (
    closed_by    uuid NOT NULL REFERENCES person (id),
    sales        bigint NOT NULL CHECK (sales >= 0),
    costs        bigint NOT NULL CHECK (costs >= 0),
    entry_number bigint NOT NULL CHECK (entry_number > 0),
    closed_at    timestamptz NOT NULL,
    book_id      int NOT NULL,
    period_from  date NOT NULL,
    period_to    date NOT NULL CHECK (period_to >= period_from),
    PRIMARY KEY (book_id, period_to)
);
SELECT ledger_distribute('period_result');
COMMENT ON TABLE period_result IS 'The closed result of a period: its sales less its costs went to the surplus. Written once.';
COMMENT ON COLUMN period_result.closed_by IS 'Who closed it.';
COMMENT ON COLUMN period_result.sales IS 'Minor units.';
COMMENT ON COLUMN period_result.costs IS 'Minor units.';
COMMENT ON COLUMN period_result.entry_number IS 'Record number of its journal entry.';
COMMENT ON COLUMN period_result.closed_at IS 'Book time.';
COMMENT ON COLUMN period_result.book_id IS 'The book.';
COMMENT ON COLUMN period_result.period_from IS 'First day.';
COMMENT ON COLUMN period_result.period_to IS 'Last day.';

CREATE TABLE distribution (
    id              uuid NOT NULL,
    rule_id         uuid NOT NULL,
    drafted_by      uuid NOT NULL REFERENCES person (id),
    approved_by     uuid REFERENCES person (id),
    sales           bigint NOT NULL CHECK (sales > 0),
    costs           bigint NOT NULL CHECK (costs >= 0 AND costs < sales),
    entry_number    bigint CHECK (entry_number > 0),
    reversal_number bigint CHECK (reversal_number > entry_number),
    version         bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    drafted_at      timestamptz NOT NULL,
    until           timestamptz NOT NULL,
    answer_until    timestamptz,
    approved_at     timestamptz,
    posted_at       timestamptz,
    book_id         int NOT NULL,
    rule_version    int NOT NULL CHECK (rule_version >= 1),
    period_from     date NOT NULL,
    period_to       date NOT NULL CHECK (period_to >= period_from),
    window_days     smallint NOT NULL CHECK (window_days BETWEEN 1 AND 90),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    state           text NOT NULL CHECK (state IN ('draft', 'objection', 'objected', 'approved', 'posted', 'paid', 'statements_issued', 'reversed', 'withdrawn')),
    reason          text NOT NULL DEFAULT '' CHECK (length(reason) <= 1000),
    digest          bytea NOT NULL CHECK (length(digest) = 32),
    inputs          jsonb NOT NULL,
    plan            jsonb NOT NULL,
    PRIMARY KEY (book_id, id),
    FOREIGN KEY (book_id, rule_id) REFERENCES allocation_rule (book_id, id),
    FOREIGN KEY (book_id, period_to) REFERENCES period_result (book_id, period_to),
    CHECK ((entry_number IS NULL) = (posted_at IS NULL)),
    CHECK ((approved_by IS NULL) = (approved_at IS NULL)),
    CHECK (approved_by <> drafted_by),
    CHECK ((state IN ('posted', 'paid', 'statements_issued', 'reversed')) = (entry_number IS NOT NULL)),
    CHECK ((state = 'reversed') = (reversal_number IS NOT NULL)),
    CHECK ((state = 'objected') = (answer_until IS NOT NULL)),
    CHECK (state NOT IN ('approved', 'posted', 'paid', 'statements_issued', 'reversed') OR approved_by IS NOT NULL)
);
SELECT ledger_distribute('distribution');
-- A period is distributed once; after a withdrawal or a reversal it may be again.
CREATE UNIQUE INDEX distribution_of_period ON distribution (book_id, period_to) WHERE state NOT IN ('withdrawn', 'reversed');
-- One at a time is under way, so that each knows the carries of the one before.
CREATE UNIQUE INDEX distribution_under_way ON distribution (book_id) WHERE state IN ('draft', 'objection', 'objected', 'approved');
COMMENT ON TABLE distribution IS 'The division of a period''s net by a frozen plan.';
COMMENT ON COLUMN distribution.id IS 'UUIDv7 inside the outside id dst_.';
COMMENT ON COLUMN distribution.rule_id IS 'The version of the rule in force on the last day of the period.';
COMMENT ON COLUMN distribution.drafted_by IS 'Who drafted it.';
COMMENT ON COLUMN distribution.approved_by IS 'Who approved it, somebody else; NULL until then.';
COMMENT ON COLUMN distribution.sales IS 'Sales of the period, minor units.';
COMMENT ON COLUMN distribution.costs IS 'Costs of the period, minor units.';
COMMENT ON COLUMN distribution.entry_number IS 'Record number of its journal entry; NULL until it is posted.';
COMMENT ON COLUMN distribution.reversal_number IS 'Record number of the mirror entry; NULL unless it was taken back.';
COMMENT ON COLUMN distribution.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN distribution.drafted_at IS 'Book time.';
COMMENT ON COLUMN distribution.until IS 'Book time when the draft lapses; once it is opened, when the objection window ends.';
COMMENT ON COLUMN distribution.answer_until IS 'Book time when it is withdrawn unless the objection is answered; NULL without one.';
COMMENT ON COLUMN distribution.approved_at IS 'Book time; NULL until it is approved.';
COMMENT ON COLUMN distribution.posted_at IS 'Book time; NULL until it is posted.';
COMMENT ON COLUMN distribution.book_id IS 'The book.';
COMMENT ON COLUMN distribution.rule_version IS 'Number of that version.';
COMMENT ON COLUMN distribution.period_from IS 'First day.';
COMMENT ON COLUMN distribution.period_to IS 'Last day.';
COMMENT ON COLUMN distribution.window_days IS 'Days of the objection window.';
COMMENT ON COLUMN distribution.currency IS 'The book''s currency.';
COMMENT ON COLUMN distribution.state IS 'Where it stands.';
COMMENT ON COLUMN distribution.reason IS 'Why it was withdrawn or reversed; empty otherwise.';
COMMENT ON COLUMN distribution.digest IS 'SHA-256 of rule, inputs and plan.';
COMMENT ON COLUMN distribution.inputs IS 'What the plan was computed from.';
COMMENT ON COLUMN distribution.plan IS 'Who gets what.';

CREATE TABLE distribution_part (
    distribution_id uuid NOT NULL,
    member_id       uuid,
    amount          bigint NOT NULL CHECK (amount >= 0),
    retained        bigint NOT NULL CHECK (retained >= 0),
    carry           bigint NOT NULL,
    book_id         int NOT NULL,
    line            int NOT NULL CHECK (line >= 0),
    account         text NOT NULL CHECK (account ~ '^(liabilities|equity)(:[a-z0-9][a-z0-9._-]{0,79}){1,7}$'),
    PRIMARY KEY (book_id, distribution_id, line),
    FOREIGN KEY (book_id, distribution_id) REFERENCES distribution (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id),
    CHECK (member_id IS NOT NULL OR (retained = 0 AND carry = 0))
);
SELECT ledger_distribute('distribution_part');
CREATE UNIQUE INDEX distribution_part_of_member ON distribution_part (book_id, member_id, distribution_id) WHERE member_id IS NOT NULL;
CREATE INDEX distribution_part_of_account ON distribution_part (book_id, account);
COMMENT ON TABLE distribution_part IS 'The plan of a distribution by recipient. Written once.';
COMMENT ON COLUMN distribution_part.distribution_id IS 'The distribution.';
COMMENT ON COLUMN distribution_part.member_id IS 'The member; NULL for a pot or a lender.';
COMMENT ON COLUMN distribution_part.amount IS 'Minor units to the account.';
COMMENT ON COLUMN distribution_part.retained IS 'Minor units to the member''s capital.';
COMMENT ON COLUMN distribution_part.carry IS 'Billionths of a minor unit that rounding has kept from the member so far.';
COMMENT ON COLUMN distribution_part.book_id IS 'The book.';
COMMENT ON COLUMN distribution_part.line IS 'Order within the plan, from 0.';
COMMENT ON COLUMN distribution_part.account IS 'Code of the account.';

CREATE TABLE distribution_objection (
    distribution_id uuid NOT NULL,
    member_id       uuid NOT NULL,
    raised_by       uuid NOT NULL REFERENCES person (id),
    raised_at       timestamptz NOT NULL,
    book_id         int NOT NULL,
    reason          text NOT NULL CHECK (length(reason) BETWEEN 1 AND 4000),
    PRIMARY KEY (book_id, distribution_id, member_id),
    FOREIGN KEY (book_id, distribution_id) REFERENCES distribution (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id)
);
SELECT ledger_distribute('distribution_objection');
COMMENT ON TABLE distribution_objection IS 'A member''s objection to a distribution, once per member. Written once.';
COMMENT ON COLUMN distribution_objection.distribution_id IS 'The distribution.';
COMMENT ON COLUMN distribution_objection.member_id IS 'The member.';
COMMENT ON COLUMN distribution_objection.raised_by IS 'The person, who may not approve it.';
COMMENT ON COLUMN distribution_objection.raised_at IS 'Book time.';
COMMENT ON COLUMN distribution_objection.book_id IS 'The book.';
COMMENT ON COLUMN distribution_objection.reason IS 'What is objected to.';

CREATE TABLE statement (
    id              uuid NOT NULL,
    distribution_id uuid NOT NULL,
    member_id       uuid NOT NULL,
    hours           bigint NOT NULL CHECK (hours >= 0),
    cash            bigint NOT NULL CHECK (cash >= 0),
    retained        bigint NOT NULL CHECK (retained >= 0),
    issued_at       timestamptz NOT NULL,
    book_id         int NOT NULL,
    consents        boolean NOT NULL,
    patronage       text NOT NULL CHECK (patronage IN ('equal', 'hours')),
    "group"         text NOT NULL,
    PRIMARY KEY (book_id, id),
    UNIQUE (book_id, distribution_id, member_id),
    FOREIGN KEY (book_id, distribution_id) REFERENCES distribution (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id)
);
SELECT ledger_distribute('statement');
CREATE INDEX statement_of_member ON statement (book_id, member_id, id);
COMMENT ON TABLE statement IS 'What a member is told of a distribution. Written once.';
COMMENT ON COLUMN statement.id IS 'UUIDv7 inside the outside id stm_.';
COMMENT ON COLUMN statement.distribution_id IS 'The distribution, with its period and its version of the rule.';
COMMENT ON COLUMN statement.member_id IS 'The member.';
COMMENT ON COLUMN statement.hours IS 'Patronage base: attested hours of the period, in hundredths.';
COMMENT ON COLUMN statement.cash IS 'Minor units payable.';
COMMENT ON COLUMN statement.retained IS 'Minor units that became the member''s capital.';
COMMENT ON COLUMN statement.issued_at IS 'Book time.';
COMMENT ON COLUMN statement.book_id IS 'The book.';
COMMENT ON COLUMN statement.consents IS 'Whether the member had agreed to retained parts.';
COMMENT ON COLUMN statement.patronage IS 'How the group shared.';
COMMENT ON COLUMN statement."group" IS 'The member''s group.';
