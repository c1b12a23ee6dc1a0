-- What guards money that a frozen custodian holds.

-- Layers of funds that a frozen custodian holds: of a charge, whoever took it; of money that its donor moved, or that came back,
-- whoever took one of the pledge's charges; of a matching round, whoever holds a contribution to its pool. Where several hold it,
-- nobody can say whose part it is, and all of it counts.
CREATE OR REPLACE VIEW frozen_layer AS
SELECT l.book_id, l.fund, l.number, l.pledge, l.round, l.remaining
  FROM public.fund_layer l
 WHERE EXISTS (SELECT FROM public.custodian_freeze f
                 JOIN public.settlement s ON s.book_id = f.book_id AND s.partner = f.custodian
                 JOIN public.charge c ON c.book_id = s.book_id AND c.settlement = s.id
                WHERE f.book_id = l.book_id AND f.released_at IS NULL AND c.book_id = l.book_id AND c.pledge = l.pledge
                  AND (c.entry = l.number
                       OR NOT EXISTS (SELECT FROM public.charge o
                                       WHERE o.book_id = l.book_id AND o.pledge = l.pledge AND o.entry = l.number)))
UNION ALL
SELECT l.book_id, l.fund, l.number, l.pledge, l.round, l.remaining
  FROM public.fund_layer l
 WHERE EXISTS (SELECT FROM public.custodian_freeze f
                 JOIN public.pool_contribution k ON k.book_id = f.book_id AND k.partner = f.custodian
                WHERE f.book_id = l.book_id AND f.released_at IS NULL AND k.book_id = l.book_id AND k.round = l.round);

-- No attempt that the service makes by itself begins with a frozen custodian. Whoever decided before that is stale. What a
-- partner collects by itself is its report to make.
CREATE OR REPLACE FUNCTION attempt_not_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.custodian_freeze f
                WHERE f.book_id IN (SELECT n.book_id FROM new_rows n) AND f.released_at IS NULL)
       AND EXISTS (SELECT FROM new_rows n
                     JOIN public.charge c ON c.book_id = n.book_id AND c.id = n.charge AND c.rail <> 'partner'
                     JOIN public.book b ON b.number = c.book_id
                     JOIN public.custodian_freeze f ON f.book_id = c.book_id AND f.released_at IS NULL
                      AND f.custodian = CASE c.rail WHEN 'stripe' THEN b.organisation ELSE c.partner END) THEN
        RAISE EXCEPTION 'a custodian of a charge is frozen' USING ERRCODE = 'CP001';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER attempt_not_frozen AFTER INSERT ON charge_attempt REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION attempt_not_frozen();

-- No release takes of what a frozen custodian holds. What else leaves a fund goes back to who gave it, moves to another fund, or
-- is gone already.
CREATE OR REPLACE FUNCTION release_not_frozen() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.custodian_freeze f
                WHERE f.book_id IN (SELECT n.book_id FROM new_rows n) AND f.released_at IS NULL)
       AND EXISTS (SELECT FROM new_rows n
                     JOIN public.transfer t ON t.book_id = n.book_id AND t.debit = n.fund
                      AND t.pos >= n.entry << 16 AND t.pos < (n.entry + 1) << 16
                     JOIN public.movement_kind k ON k.kind = t.kind AND k.name = 'milestone_released'
                     JOIN public.frozen_layer z ON z.book_id = n.book_id AND z.fund = n.fund AND z.number = n.layer) THEN
        RAISE EXCEPTION 'a frozen custodian holds money that a release takes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER release_not_frozen AFTER INSERT ON fund_use REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION release_not_frozen();

-- What was said stays: a freeze is released once.
CREATE OR REPLACE FUNCTION custodian_freeze_as_said() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.released_at IS NOT NULL THEN
        RAISE EXCEPTION 'book %: freeze % was released', OLD.book_id, OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER custodian_freeze_as_said BEFORE UPDATE ON custodian_freeze
    FOR EACH ROW EXECUTE FUNCTION custodian_freeze_as_said();
