-- A redemption of more members' shares than one entry has lines for is posted by a series of entries, and what each share gives is a row.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE redemption_part (
    redemption_id   uuid NOT NULL,
    distribution_id uuid NOT NULL,
    member_id       uuid NOT NULL,
    amount          bigint NOT NULL CHECK (amount > 0),
    remains         bigint NOT NULL CHECK (remains >= 0),
    book_id         int NOT NULL,
    line            int NOT NULL CHECK (line >= 0),
    number          int NOT NULL CHECK (number > 0),
    PRIMARY KEY (book_id, redemption_id, line),
    FOREIGN KEY (book_id, redemption_id) REFERENCES redemption (book_id, id),
    FOREIGN KEY (book_id, distribution_id) REFERENCES distribution (book_id, id),
    FOREIGN KEY (book_id, member_id) REFERENCES member (book_id, id)
);
SELECT ledger_distribute('redemption_part');
CREATE UNIQUE INDEX redemption_part_of_member ON redemption_part (book_id, redemption_id, number, distribution_id);
COMMENT ON TABLE redemption_part IS 'What a retained share gives to a redemption. Written once.';
COMMENT ON COLUMN redemption_part.redemption_id IS 'The redemption.';
COMMENT ON COLUMN redemption_part.distribution_id IS 'The distribution by which the share was retained.';
COMMENT ON COLUMN redemption_part.member_id IS 'Whose share it is.';
COMMENT ON COLUMN redemption_part.amount IS 'Minor units that it gives.';
COMMENT ON COLUMN redemption_part.remains IS 'Minor units that it has left then.';
COMMENT ON COLUMN redemption_part.book_id IS 'The book.';
COMMENT ON COLUMN redemption_part.line IS 'Its place in the plan, from 0: the oldest year first, and in a year by the number of the member.';
COMMENT ON COLUMN redemption_part.number IS 'Number of the member in the cooperative.';

-- The id of a distribution inside its outside id: what stands in its base32 after the four bytes of the book.
INSERT INTO redemption_part (redemption_id, distribution_id, member_id, amount, remains, book_id, line, number)
SELECT r.id, i.id, m.id, (g.part->>'amount')::bigint, (g.part->>'left')::bigint, r.book_id, (g.place - 1)::int, m.number
  FROM redemption r
 CROSS JOIN LATERAL jsonb_array_elements(r.plan) WITH ORDINALITY AS g (part, place)
  JOIN member m ON m.book_id = r.book_id AND m.number = (g.part->>'number')::int
 CROSS JOIN LATERAL (
       SELECT string_agg(to_hex(substring(b.bits FROM 1 + 4 * place FOR 4)::bit(4)::int), '' ORDER BY place)::uuid AS id
         FROM (SELECT string_agg((strpos('abcdefghijklmnopqrstuvwxyz234567', letter) - 1)::bit(5)::text, '' ORDER BY at) AS bits
                 FROM regexp_split_to_table(split_part(g.part->>'distribution', '_', 2), '') WITH ORDINALITY AS l (letter, at)) AS b,
              generate_series(8, 39) AS place) AS i;
ALTER TABLE redemption DROP COLUMN plan;

CREATE TABLE redemption_entry (
    redemption_id   uuid NOT NULL,
    entry_number    bigint NOT NULL CHECK (entry_number > 0),
    reversal_number bigint CHECK (reversal_number > entry_number),
    book_id         int NOT NULL,
    number          int NOT NULL CHECK (number > 0),
    from_member     int NOT NULL CHECK (from_member > 0),
    to_member       int NOT NULL CHECK (to_member >= from_member),
    PRIMARY KEY (book_id, redemption_id, number),
    FOREIGN KEY (book_id, redemption_id) REFERENCES redemption (book_id, id)
);
SELECT ledger_distribute('redemption_entry');
COMMENT ON TABLE redemption_entry IS 'The entries of a redemption that is posted by several: written as each is posted, and taken back once.';
COMMENT ON COLUMN redemption_entry.redemption_id IS 'The redemption.';
COMMENT ON COLUMN redemption_entry.entry_number IS 'Record number of the journal entry.';
COMMENT ON COLUMN redemption_entry.reversal_number IS 'Record number of the mirror entry; NULL while it stands.';
COMMENT ON COLUMN redemption_entry.book_id IS 'The book.';
COMMENT ON COLUMN redemption_entry.number IS 'Its place in the series, from 1 without gaps.';
COMMENT ON COLUMN redemption_entry.from_member IS 'Number of the first member whose shares it redeems.';
COMMENT ON COLUMN redemption_entry.to_member IS 'Number of the last one.';

-- Between its approval and its last entry it is being posted.
ALTER TABLE redemption DROP CONSTRAINT redemption_state_check;
ALTER TABLE redemption ADD CONSTRAINT redemption_state_check CHECK (state IN ('requested', 'posting', 'approved', 'withdrawn', 'reversed'));
ALTER TABLE redemption DROP CONSTRAINT redemption_check3;
ALTER TABLE redemption ADD CONSTRAINT redemption_check3 CHECK ((state IN ('posting', 'approved', 'reversed')) = (entry_number IS NOT NULL));
COMMENT ON COLUMN redemption.entry_number IS 'Record number of its journal entry, or of the first one of a series; NULL until it is approved.';
COMMENT ON COLUMN redemption.reversal_number IS 'Record number of the mirror entry, of a series that of the first one; NULL unless it was taken back.';
