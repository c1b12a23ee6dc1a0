-- What each member has of a distribution is a row, read some at a time; with the distribution stays what groups have together.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE distribution_inputs (
    distribution_id uuid NOT NULL,
    inputs          jsonb NOT NULL,
    book_id         int NOT NULL,
    PRIMARY KEY (book_id, distribution_id),
    FOREIGN KEY (book_id, distribution_id) REFERENCES distribution (book_id, id)
);
SELECT ledger_distribute('distribution_inputs');
COMMENT ON TABLE distribution_inputs IS 'What the plan of a distribution was computed from. Written once.';
COMMENT ON COLUMN distribution_inputs.distribution_id IS 'The distribution.';
COMMENT ON COLUMN distribution_inputs.inputs IS 'Result, pots, loans, and each member with what counts.';
COMMENT ON COLUMN distribution_inputs.book_id IS 'The book.';
INSERT INTO distribution_inputs (book_id, distribution_id, inputs) SELECT d.book_id, d.id, d.inputs FROM distribution d;
ALTER TABLE distribution DROP COLUMN inputs;

-- Members' parts follow those of the steps, in the order of the plan. The trigger that keeps rows as they are comes back after this.
DROP TRIGGER IF EXISTS distribution_part_kept ON distribution_part;
ALTER TABLE distribution_part ADD COLUMN share jsonb, ADD COLUMN number int;
UPDATE distribution_part p
   SET share = m.share, number = (m.share->>'number')::int
  FROM (SELECT d.book_id, d.id, s.share, jsonb_array_length(d.plan->'steps') + s.place - 1 AS line
          FROM distribution d CROSS JOIN LATERAL jsonb_array_elements(d.plan->'members') WITH ORDINALITY AS s(share, place)) AS m
 WHERE p.book_id = m.book_id AND p.distribution_id = m.id AND p.line = m.line;
ALTER TABLE distribution_part ADD CONSTRAINT distribution_part_share CHECK (
    (member_id IS NULL) = (share IS NULL) AND (member_id IS NULL) = (number IS NULL)
    AND (share IS NULL OR ((share->>'number')::int, (share->>'cash')::bigint, (share->>'retained')::bigint, (share->>'carry')::bigint)
                          = (number, amount, retained, carry)));
CREATE UNIQUE INDEX distribution_part_of_number ON distribution_part (book_id, distribution_id, number) WHERE number IS NOT NULL;
COMMENT ON COLUMN distribution_part.share IS 'All of a member''s part: its group, what counted and what it comes to; NULL for a pot or a lender.';
COMMENT ON COLUMN distribution_part.number IS 'Number of the member in the cooperative; NULL for a pot or a lender.';

-- No change of a distribution that anybody is told of; this trigger comes back as well.
DROP TRIGGER IF EXISTS distribution_event_of_change ON distribution;
UPDATE distribution d
   SET plan = (d.plan - 'members') || jsonb_build_object('groups', coalesce((
       SELECT jsonb_agg(jsonb_build_object(
                  'group', g.name, 'members', g.members, 'sharing', g.sharing, 'cash', g.cash, 'interest', g.interest, 'retained', g.retained,
                  'netted', g.netted, 'loss', g.loss, 'stands', g.stands, 'carried', g.carried, 'idle', 0, 'first_idle', '[]'::jsonb)
                  ORDER BY g.name COLLATE "C")
         FROM (SELECT m.share->>'group' AS name, count(*) AS members,
                      count(*) FILTER (WHERE m.interest = 0 OR m.cash > m.interest OR m.retained > 0 OR m.netted > 0) AS sharing,
                      sum(m.cash) AS cash, sum(m.interest) AS interest, sum(m.retained) AS retained, sum(m.netted) AS netted,
                      sum(m.loss) AS loss, sum(m.stands) AS stands, count(*) FILTER (WHERE m.carry <> 0) AS carried
                 FROM (SELECT s.share, (s.share->>'cash')::bigint AS cash, (s.share->>'retained')::bigint AS retained,
                              (s.share->>'carry')::bigint AS carry, coalesce((s.share->>'interest')::bigint, 0) AS interest,
                              coalesce((s.share->>'netted')::bigint, 0) AS netted, coalesce((s.share->>'loss')::bigint, 0) AS loss,
                              coalesce((s.share->>'stands')::bigint, 0) AS stands
                         FROM jsonb_array_elements(d.plan->'members') AS s(share)) AS m
                GROUP BY 1) AS g), '[]'::jsonb));
COMMENT ON COLUMN distribution.plan IS 'What the steps before the members take, and what each group of members has together.';
