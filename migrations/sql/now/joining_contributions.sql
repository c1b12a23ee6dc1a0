-- What guards the joining contributions of members: their parts add up, are paid in order by lines of the bank that stand, and
-- are free again when such a line is taken back.

-- The parts of a plan are written at once: as many as it has, numbered from 1, alike but for a minor unit, and in sum what it says, also of
-- what goes to the reserve.
CREATE OR REPLACE FUNCTION joining_parts_whole() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT n.book_id, n.joining_id FROM new_parts n) AS plan
          JOIN public.joining_contribution c ON c.book_id = plan.book_id AND c.id = plan.joining_id
          JOIN public.joining_part p ON p.book_id = c.book_id AND p.joining_id = c.id
         GROUP BY c.book_id, c.id, c.parts, c.amount, c.reserve_percent
        HAVING count(*) <> c.parts OR max(p.number) <> c.parts OR sum(p.amount) <> c.amount
            OR max(p.amount) - min(p.amount) > 1
            OR abs(sum(p.to_reserve) * 10000 - c.amount::numeric * c.reserve_percent) > 5000) THEN
        RAISE EXCEPTION 'the parts of a joining contribution do not make what it says' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER joining_parts_whole AFTER INSERT ON joining_part REFERENCING NEW TABLE AS new_parts
    FOR EACH STATEMENT EXECUTE FUNCTION joining_parts_whole();

-- A plan is what was written down: only how far it is paid changes, and whether it was cancelled. One that was is paid no further.
CREATE OR REPLACE FUNCTION joining_contribution_as_granted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['parts_paid', 'state', 'version', 'cancelled_by', 'cancelled_at', 'reason'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) <> (to_jsonb(OLD) - v_changes)
       OR OLD.state = 'paid' AND NEW.state = 'cancelled'
       OR NEW.state = 'cancelled' AND NEW.parts_paid > OLD.parts_paid
       OR OLD.state = 'cancelled' AND (NEW.state, NEW.cancelled_by, NEW.cancelled_at, NEW.reason)
          IS DISTINCT FROM (OLD.state, OLD.cancelled_by, OLD.cancelled_at, OLD.reason) THEN
        RAISE EXCEPTION 'a joining contribution that is % does not become % so', OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER joining_contribution_as_granted BEFORE UPDATE ON joining_contribution
    FOR EACH ROW EXECUTE FUNCTION joining_contribution_as_granted();

-- As many parts are paid as the plan says, and those are its first ones.
CREATE OR REPLACE FUNCTION joining_paid_in_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(NEW);
    v_plan CONSTANT uuid := coalesce(v_row ->> 'joining_id', v_row ->> 'id');
    v_says int;
    v_parts int;
    v_all bigint;
    v_paid bigint;
    v_last int;
BEGIN
    SELECT c.parts_paid, c.parts INTO v_says, v_parts
      FROM public.joining_contribution c WHERE c.book_id = NEW.book_id AND c.id = v_plan;
    SELECT count(*), count(p.entry_number), coalesce(max(p.number) FILTER (WHERE p.entry_number IS NOT NULL), 0)
      INTO v_all, v_paid, v_last
      FROM public.joining_part p WHERE p.book_id = NEW.book_id AND p.joining_id = v_plan;
    IF v_all <> v_parts OR v_paid <> v_says OR v_last <> v_says THEN
        RAISE EXCEPTION 'book %: a joining contribution of % parts says that % are paid; there are %, of which % are, up to number %',
            NEW.book_id, v_parts, v_says, v_all, v_paid, v_last USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS joining_paid_in_order ON joining_contribution;
CREATE CONSTRAINT TRIGGER joining_paid_in_order AFTER INSERT OR UPDATE ON joining_contribution DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION joining_paid_in_order();
DROP TRIGGER IF EXISTS joining_part_paid_in_order ON joining_part;
CREATE CONSTRAINT TRIGGER joining_part_paid_in_order AFTER UPDATE ON joining_part DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION joining_paid_in_order();

-- A part is paid by a line that is booked as capital of this member by an entry that stands, and the parts of a line are all that it
-- brought, of which the reserve and the member's capital have what the parts say. A part is free again once its line is not booked so any more.
-- 89 is capital_paid_in, 100 reserve_paid_in.
CREATE OR REPLACE FUNCTION joining_part_as_paid() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_number int;
    v_amount numeric;
    v_to_reserve numeric;
    v_reserve numeric;
    v_capital numeric;
BEGIN
    IF (to_jsonb(NEW) - 'bank_line' - 'entry_number') <> (to_jsonb(OLD) - 'bank_line' - 'entry_number')
       OR OLD.bank_line IS NOT NULL AND NEW.bank_line IS NOT NULL THEN
        RAISE EXCEPTION '% on % is refused: it is written once, and paid by one line at a time', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.bank_line IS NOT NULL THEN
        IF EXISTS (SELECT FROM public.bank_line l
                    WHERE l.book_id = OLD.book_id AND l.id = OLD.bank_line AND l.state = 'booked' AND l.entry = OLD.entry_number) THEN
            RAISE EXCEPTION 'book %: line % still pays the part', OLD.book_id, OLD.bank_line USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END IF;
    -- What the row is by now: the transaction may have gone on.
    SELECT m.number, sum(p.amount), sum(p.to_reserve) INTO v_number, v_amount, v_to_reserve
      FROM public.joining_part p
      JOIN public.joining_contribution c ON c.book_id = p.book_id AND c.id = p.joining_id
      JOIN public.member m ON m.book_id = c.book_id AND m.id = c.member_id
     WHERE p.book_id = NEW.book_id AND p.bank_line = NEW.bank_line
     GROUP BY m.number;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT coalesce(sum(t.amount) FILTER (WHERE t.kind = 100), 0),
           coalesce(sum(t.amount) FILTER (WHERE t.kind = 89 AND a.code = 'equity:capital:member:' || v_number), 0)
      INTO v_reserve, v_capital
      FROM public.transfer t
      JOIN public.account a ON a.book_id = t.book_id AND a.number = t.credit
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry_number << 16 AND (NEW.entry_number << 16) + 65535;
    IF (v_reserve, v_capital) <> (v_to_reserve, v_amount - v_to_reserve)
       OR EXISTS (SELECT FROM public.reversal r WHERE r.book_id = NEW.book_id AND r.number = NEW.entry_number)
       OR NOT EXISTS (SELECT FROM public.bank_line l
                       WHERE l.book_id = NEW.book_id AND l.id = NEW.bank_line AND l.state = 'booked'
                         AND l.booked_as = 'capital_paid_in' AND l.entry = NEW.entry_number AND NOT l.is_debit
                         AND l.amount = v_amount) THEN
        RAISE EXCEPTION 'book %: line % does not pay the parts that name it', NEW.book_id, NEW.bank_line
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS joining_part_as_paid ON joining_part;
CREATE CONSTRAINT TRIGGER joining_part_as_paid AFTER UPDATE ON joining_part DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION joining_part_as_paid();

-- A line that is not booked any more pays no part, and neither does one whose entry was taken back.
CREATE OR REPLACE FUNCTION joining_line_taken_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.joining_part p
                WHERE p.book_id = OLD.book_id AND p.bank_line = OLD.id AND p.entry_number = OLD.entry) THEN
        RAISE EXCEPTION 'book %: line % pays parts of a joining contribution', OLD.book_id, OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS joining_line_taken_back ON bank_line;
CREATE CONSTRAINT TRIGGER joining_line_taken_back AFTER UPDATE ON bank_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.booked_as = 'capital_paid_in' AND (NEW.booked_as, NEW.entry) IS DISTINCT FROM (OLD.booked_as, OLD.entry))
    EXECUTE FUNCTION joining_line_taken_back();
CREATE OR REPLACE FUNCTION joining_entry_taken_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.joining_part p WHERE p.book_id = NEW.book_id AND p.entry_number = NEW.number) THEN
        RAISE EXCEPTION 'book %: entry % pays parts of a joining contribution', NEW.book_id, NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS joining_entry_taken_back ON reversal;
CREATE CONSTRAINT TRIGGER joining_entry_taken_back AFTER INSERT ON reversal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION joining_entry_taken_back();

-- What is paid into the reserve is paid by parts, and so is capital of a member with an open plan. 89 is capital_paid_in, 100
-- reserve_paid_in.
CREATE OR REPLACE FUNCTION joining_money_of_parts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry CONSTANT bigint := NEW.pos >> 16;
BEGIN
    IF EXISTS (SELECT FROM public.joining_part p WHERE p.book_id = NEW.book_id AND p.entry_number = v_entry)
       OR EXISTS (SELECT FROM public.reversal r WHERE r.book_id = NEW.book_id AND r.number = v_entry) THEN
        RETURN NULL;
    END IF;
    IF NEW.kind = 100 OR EXISTS (
        SELECT FROM public.account a
          JOIN public.member m ON m.book_id = a.book_id AND a.code = 'equity:capital:member:' || m.number
          JOIN public.joining_contribution c ON c.book_id = m.book_id AND c.member_id = m.id AND c.state = 'open'
         WHERE a.book_id = NEW.book_id AND a.number = NEW.credit) THEN
        RAISE EXCEPTION 'book %: entry % pays no part of a joining contribution', NEW.book_id, v_entry
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS joining_money_of_parts ON transfer;
CREATE CONSTRAINT TRIGGER joining_money_of_parts AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind IN (89, 100)) EXECUTE FUNCTION joining_money_of_parts();
