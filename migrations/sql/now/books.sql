-- What guards books and their units.

-- The owner, the mode, the zone and the number of a book never change, and its clock never goes back.
CREATE OR REPLACE FUNCTION book_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.number, NEW.uid, NEW.organisation, NEW.mode, NEW.zone, NEW.currency, NEW.created_at)
       IS DISTINCT FROM (OLD.number, OLD.uid, OLD.organisation, OLD.mode, OLD.zone, OLD.currency, OLD.created_at)
       OR NEW.clock_offset_s < OLD.clock_offset_s THEN
        RAISE EXCEPTION 'a book keeps its number, owner, mode, zone and currency, and its clock goes forward only'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER book_guard BEFORE UPDATE ON book FOR EACH ROW EXECUTE FUNCTION book_guard();

-- Begins a book that is there: its head, and how far its totals and its comparison have come.
CREATE OR REPLACE FUNCTION book_begin(p_book int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.book WHERE number = p_book) THEN
        RAISE EXCEPTION 'no book %', p_book USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO public.book_head (book_id) VALUES (p_book);
    INSERT INTO public.day_total_progress (book_id) VALUES (p_book);
    INSERT INTO public.book_check (book_id) VALUES (p_book);
END
$$;
SELECT ledger_delegate('book_begin(int)');

-- An account is kept in a currency, or in a unit that its book has.
CREATE OR REPLACE FUNCTION account_unit_known() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.unit !~ '^[A-Z]{3}$' AND NOT EXISTS (SELECT FROM public.unit u WHERE u.book_id = NEW.book_id AND u.code = NEW.unit) THEN
        RAISE EXCEPTION 'book %: no unit %', NEW.book_id, NEW.unit USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER account_unit_known BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION account_unit_known();
