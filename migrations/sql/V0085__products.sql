-- Products: what is developed, in which of four stages it is, on what evidence it came there, and which milestones pay for it.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE product (
    id         uuid NOT NULL,
    opened_by  uuid NOT NULL REFERENCES person (id),
    stopped_by uuid REFERENCES person (id),
    version    bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    opened_at  timestamptz NOT NULL,
    staged_at  timestamptz NOT NULL CHECK (staged_at >= opened_at),
    stopped_at timestamptz CHECK (stopped_at >= staged_at),
    amount     bigint NOT NULL CHECK (amount > 0),
    book_id    int NOT NULL,
    stage      text NOT NULL DEFAULT 'design' CHECK (stage IN ('design', 'facility', 'optimise', 'market')),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    about      text NOT NULL CHECK (char_length(about) <= 4000),
    reason     text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    PRIMARY KEY (book_id, id),
    CHECK (num_nonnulls(stopped_by, stopped_at, reason) IN (0, 3))
);
SELECT ledger_distribute('product');
COMMENT ON TABLE product IS 'What is developed with the money of a book. It goes from one stage to the next, each time on evidence, or is stopped for a reason.';
COMMENT ON COLUMN product.id IS 'UUIDv7 inside the outside id prd_.';
COMMENT ON COLUMN product.opened_by IS 'Who put it on the board.';
COMMENT ON COLUMN product.stopped_by IS 'Who stopped it; NULL while it goes on.';
COMMENT ON COLUMN product.version IS 'Counts changes; the ETag.';
COMMENT ON COLUMN product.opened_at IS 'Book time at which it was put on the board.';
COMMENT ON COLUMN product.staged_at IS 'Book time at which it came to its stage.';
COMMENT ON COLUMN product.stopped_at IS 'Book time; NULL while it goes on.';
COMMENT ON COLUMN product.amount IS 'What its development is to cost, minor units of the currency of the book.';
COMMENT ON COLUMN product.book_id IS 'The book.';
COMMENT ON COLUMN product.stage IS 'design, facility, optimise or market.';
COMMENT ON COLUMN product.name IS 'Its name.';
COMMENT ON COLUMN product.about IS 'What it is; empty when nobody said.';
COMMENT ON COLUMN product.reason IS 'Why it was stopped; NULL while it goes on.';

CREATE TABLE product_step (
    product_id uuid NOT NULL,
    taken_by   uuid NOT NULL REFERENCES person (id),
    taken_at   timestamptz NOT NULL,
    book_id    int NOT NULL,
    pieces     smallint NOT NULL CHECK (pieces BETWEEN 1 AND 50),
    stage      text NOT NULL CHECK (stage IN ('facility', 'optimise', 'market')),
    PRIMARY KEY (book_id, product_id, stage),
    FOREIGN KEY (book_id, product_id) REFERENCES product (book_id, id)
);
SELECT ledger_distribute('product_step');
COMMENT ON TABLE product_step IS 'That a product came to a stage. Written once.';
COMMENT ON COLUMN product_step.product_id IS 'The product.';
COMMENT ON COLUMN product_step.taken_by IS 'Who showed the evidence.';
COMMENT ON COLUMN product_step.taken_at IS 'Book time.';
COMMENT ON COLUMN product_step.book_id IS 'The book.';
COMMENT ON COLUMN product_step.pieces IS 'How many pieces of evidence there are.';
COMMENT ON COLUMN product_step.stage IS 'The stage to which it came.';

CREATE TABLE product_evidence (
    product_id uuid NOT NULL,
    book_id    int NOT NULL,
    number     smallint NOT NULL CHECK (number BETWEEN 1 AND 50),
    stage      text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('design_files', 'bill_of_materials', 'build_instructions', 'test_report', 'licence',
                                             'enterprise_plan', 'photo', 'video', 'other')),
    title      text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    url        text NOT NULL CHECK (char_length(url) BETWEEN 1 AND 2000),
    licence    text NOT NULL CHECK (char_length(licence) <= 64),
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (book_id, product_id, stage, number),
    FOREIGN KEY (book_id, product_id, stage) REFERENCES product_step (book_id, product_id, stage)
);
SELECT ledger_distribute('product_evidence');
COMMENT ON TABLE product_evidence IS 'On what a product came to a stage. Written once.';
COMMENT ON COLUMN product_evidence.product_id IS 'The product.';
COMMENT ON COLUMN product_evidence.book_id IS 'The book.';
COMMENT ON COLUMN product_evidence.number IS 'Its place, from 1.';
COMMENT ON COLUMN product_evidence.stage IS 'The stage to which it led.';
COMMENT ON COLUMN product_evidence.kind IS 'What it is.';
COMMENT ON COLUMN product_evidence.title IS 'Its title.';
COMMENT ON COLUMN product_evidence.url IS 'Where it is published.';
COMMENT ON COLUMN product_evidence.licence IS 'SPDX identifier of its licence; empty when none was given.';
COMMENT ON COLUMN product_evidence.sha256 IS 'SHA-256 of what is published there.';

CREATE TABLE product_milestone (
    product_id   uuid NOT NULL,
    milestone_id uuid NOT NULL,
    linked_by    uuid NOT NULL REFERENCES person (id),
    linked_at    timestamptz NOT NULL,
    book_id      int NOT NULL,
    PRIMARY KEY (book_id, milestone_id),
    FOREIGN KEY (book_id, product_id) REFERENCES product (book_id, id),
    FOREIGN KEY (book_id, milestone_id) REFERENCES milestone (book_id, id)
);
SELECT ledger_distribute('product_milestone');
CREATE INDEX product_milestone_of ON product_milestone (book_id, product_id, milestone_id);
COMMENT ON TABLE product_milestone IS 'Which milestones pay for a product; each for one. Written once.';
COMMENT ON COLUMN product_milestone.product_id IS 'The product.';
COMMENT ON COLUMN product_milestone.milestone_id IS 'The milestone.';
COMMENT ON COLUMN product_milestone.linked_by IS 'Who said so.';
COMMENT ON COLUMN product_milestone.linked_at IS 'Book time.';
COMMENT ON COLUMN product_milestone.book_id IS 'The book.';
