-- What guards plans that move to another partner or rail.

-- A move goes one way, and what has ended stays as it ended; only what it says of a person is erased.
CREATE OR REPLACE FUNCTION plan_move_steps() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_of_person CONSTANT text[] := ARRAY['reason', 'ended_note', 'token', 'from_token', 'from_reference', 'to_reference'];
BEGIN
    IF NEW.state = OLD.state AND to_jsonb(NEW) - v_of_person = to_jsonb(OLD) - v_of_person THEN
        RETURN NEW;
    END IF;
    IF OLD.state NOT IN ('asked', 'consented') OR NEW.state = OLD.state
       OR (OLD.state, NEW.state) IN (('consented', 'asked'), ('asked', 'active')) THEN
        RAISE EXCEPTION 'book %: move % is %, and cannot be %', OLD.book_id, OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER plan_move_steps BEFORE UPDATE ON plan_move FOR EACH ROW EXECUTE FUNCTION plan_move_steps();

-- Who collects a pledge changes by a move that has become active, once, and by nothing else. Its reference may be erased.
CREATE OR REPLACE FUNCTION pledge_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.partner, NEW.rail, NEW.method) = (OLD.partner, OLD.rail, OLD.method)
       AND NEW.reference IN (OLD.reference, public.reference_erased(OLD.reference)) THEN
        RETURN NEW;
    END IF;
    IF NEW.version <= OLD.version OR NOT EXISTS (
        SELECT FROM public.plan_move m
         WHERE m.book_id = NEW.book_id AND m.pledge = NEW.id AND m.state = 'active' AND m.pledge_version = OLD.version
           AND (m.from_partner, m.from_rail, m.from_method) = (OLD.partner, OLD.rail, OLD.method)
           AND (m.to_partner, m.to_rail, m.to_method) = (NEW.partner, NEW.rail, NEW.method)
           AND m.to_reference = NEW.reference) THEN
        RAISE EXCEPTION 'book %: no move of pledge % is active that says so', NEW.book_id, NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER pledge_moved BEFORE UPDATE OF partner, rail, method, reference ON pledge
    FOR EACH ROW EXECUTE FUNCTION pledge_moved();
