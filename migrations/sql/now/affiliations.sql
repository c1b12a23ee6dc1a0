-- What guards who is of a federation: it begins as an invitation, goes forward only, and what was said once stays.
CREATE OR REPLACE FUNCTION affiliation_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_fixed CONSTANT text[] := ARRAY['id', 'invited_by', 'invited_at', 'until', 'book_id', 'of_book'];
    v_step CONSTANT text := OLD.state || ' ' || NEW.state;
BEGIN
    IF NEW.version <> OLD.version + 1
       OR (SELECT bool_or(to_jsonb(NEW) -> f IS DISTINCT FROM to_jsonb(OLD) -> f) FROM unnest(v_fixed) AS f)
       OR v_step NOT IN ('invited member', 'invited declined', 'invited withdrawn', 'invited lapsed', 'member left')
       OR OLD.state = 'member' AND (NEW.answered_by, NEW.answered_at, NEW.joined_on)
                                   IS DISTINCT FROM (OLD.answered_by, OLD.answered_at, OLD.joined_on) THEN
        RAISE EXCEPTION 'affiliation % does not go on so', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER affiliation_forward BEFORE UPDATE ON affiliation
    FOR EACH ROW EXECUTE FUNCTION affiliation_forward();

-- A federation asks those whose books can be added to its own: of the same mode and currency, and fifty at a time at most.
CREATE OR REPLACE FUNCTION affiliation_alike() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.book f JOIN public.book m ON m.mode = f.mode AND m.currency = f.currency
                    WHERE f.number = NEW.book_id AND m.number = NEW.of_book)
       OR (SELECT count(*) FROM public.affiliation a WHERE a.book_id = NEW.book_id AND a.state IN ('invited', 'member')) >= 50 THEN
        RAISE EXCEPTION 'book % is not asked by book %', NEW.of_book, NEW.book_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER affiliation_alike BEFORE INSERT ON affiliation
    FOR EACH ROW EXECUTE FUNCTION affiliation_alike();
