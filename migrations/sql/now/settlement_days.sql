-- The days of partners: on which day a refund has settled, and a chargeback was opened and won, as their entries say; how promises went on;
-- and what partners' own lists say differently.

-- A refund has settled on the day of its entry.
CREATE OR REPLACE FUNCTION refund_day() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.settled_on := (SELECT t.effective FROM public.transfer t WHERE t.book_id = NEW.book_id AND t.pos = NEW.end_entry << 16);
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER refund_day BEFORE UPDATE OF state ON refund
    FOR EACH ROW WHEN (NEW.state = 'settled' AND OLD.state <> 'settled') EXECUTE FUNCTION refund_day();

-- The money of a chargeback left, and came back, on the days of its entries.
CREATE OR REPLACE FUNCTION chargeback_days() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.opened_on := (SELECT t.effective FROM public.transfer t WHERE t.book_id = NEW.book_id AND t.pos = NEW.opened_entry << 16);
    NEW.closed_on := (SELECT t.effective FROM public.transfer t WHERE t.book_id = NEW.book_id AND t.pos = NEW.closed_entry << 16);
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER chargeback_days BEFORE UPDATE OF opened_entry, closed_entry ON chargeback
    FOR EACH ROW WHEN (NEW.opened_entry <> OLD.opened_entry OR NEW.closed_entry <> OLD.closed_entry) EXECUTE FUNCTION chargeback_days();

-- Every promise that is made stands in the day of its partner.
CREATE OR REPLACE FUNCTION pledge_turn_of_new() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.pledge_turn (book_id, partner, day, id, pledge, turn, amount, currency, rail)
    SELECT n.book_id, n.partner, (n.created_at AT TIME ZONE b.zone)::date, gen_random_uuid(), n.id, 'made', n.amount, n.currency, n.rail
      FROM new_rows n JOIN public.book b ON b.number = n.book_id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER pledge_turn_of_new AFTER INSERT ON pledge REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pledge_turn_of_new();

-- And how it goes on: another amount or interval, another partner, its end before all of it came.
CREATE OR REPLACE FUNCTION pledge_turn_of_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.pledge_turn (book_id, partner, day, id, pledge, turn, amount, currency, rail)
    SELECT NEW.book_id, t.partner, ((clock_timestamp() + make_interval(secs => b.clock_offset_s)) AT TIME ZONE b.zone)::date,
           gen_random_uuid(), NEW.id, t.turn, t.amount, NEW.currency, t.rail
      FROM public.book b,
           (VALUES (OLD.partner, 'moved_away', OLD.amount, OLD.rail, NEW.partner <> OLD.partner),
                   (NEW.partner, 'moved_in', NEW.amount, NEW.rail, NEW.partner <> OLD.partner),
                   (NEW.partner, 'changed', NEW.amount, NEW.rail,
                    NEW.partner = OLD.partner AND (NEW.amount <> OLD.amount OR NEW.schedule <> OLD.schedule)),
                   (NEW.partner, 'ended', NEW.amount, NEW.rail, NEW.state = 'cancelled' AND OLD.state <> 'cancelled'))
               AS t (partner, turn, amount, rail, happens)
     WHERE b.number = NEW.book_id AND t.happens;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER pledge_turn_of_change AFTER UPDATE ON pledge
    FOR EACH ROW WHEN (NEW.partner <> OLD.partner OR NEW.amount <> OLD.amount OR NEW.schedule <> OLD.schedule
                       OR (NEW.state = 'cancelled' AND OLD.state <> 'cancelled'))
    EXECUTE FUNCTION pledge_turn_of_change();

CREATE OR REPLACE TRIGGER pledge_turn_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON pledge_turn
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What is old is deleted by book_prune alone.
CREATE OR REPLACE TRIGGER settlement_comparison_kept BEFORE UPDATE OR TRUNCATE ON settlement_comparison
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER settlement_comparison_difference_kept BEFORE UPDATE OR TRUNCATE ON settlement_comparison_difference
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
