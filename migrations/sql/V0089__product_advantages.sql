-- What a product is assumed to cost less than what is bought otherwise, more at each level at which it is made with what came before.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE product_advantage (
    product_id uuid NOT NULL,
    assumed_by uuid NOT NULL REFERENCES person (id),
    benchmark  bigint CHECK (benchmark > 0),
    assumed_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    version    int NOT NULL CHECK (version > 0),
    first      int NOT NULL CHECK (first BETWEEN 0 AND 10000),
    per_level  int NOT NULL CHECK (per_level BETWEEN 0 AND 10000),
    level      smallint NOT NULL CHECK (level BETWEEN 0 AND 8),
    way        text NOT NULL CHECK (way IN ('additive', 'compound')),
    note       text NOT NULL CHECK (char_length(note) <= 1000),
    PRIMARY KEY (book_id, product_id, version),
    FOREIGN KEY (book_id, product_id) REFERENCES product (book_id, id)
);
SELECT ledger_distribute('product_advantage');
COMMENT ON TABLE product_advantage IS 'By how much a product is assumed to be cheaper: an assumption, published with who made it. Written once; the last one holds.';
COMMENT ON COLUMN product_advantage.product_id IS 'The product.';
COMMENT ON COLUMN product_advantage.assumed_by IS 'Who assumed it.';
COMMENT ON COLUMN product_advantage.benchmark IS 'What is compared with costs, minor units of the book''s currency; NULL where nobody says.';
COMMENT ON COLUMN product_advantage.assumed_at IS 'Book time.';
COMMENT ON COLUMN product_advantage.book_id IS 'The book.';
COMMENT ON COLUMN product_advantage.version IS 'From 1 for each product, without gaps: the highest one holds.';
COMMENT ON COLUMN product_advantage.first IS 'Hundredths of a percent that it is cheaper at level 0.';
COMMENT ON COLUMN product_advantage.per_level IS 'Hundredths of a percent by which each level adds to it.';
COMMENT ON COLUMN product_advantage.level IS 'The level that the product has: how often what it is made with was made so itself.';
COMMENT ON COLUMN product_advantage.way IS 'additive: of the benchmark, 100 % at most; compound: of what is left of the price.';
COMMENT ON COLUMN product_advantage.note IS 'Where the assumption is from; may be empty.';
