-- What guards chargebacks.

-- A chargeback is decided once, and keeps what was reported of it.
CREATE OR REPLACE FUNCTION chargeback_decided_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'decided_at', 'opened_entry', 'closed_entry', 'opened_on', 'closed_on', 'held_until', 'version'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR OLD.state IN ('won', 'lost')
       OR (OLD.state = 'lost_unborne' AND NEW.state NOT IN ('lost_unborne', 'lost'))
       OR (OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at)
       OR (OLD.opened_entry > 0 AND NEW.opened_entry <> OLD.opened_entry) THEN
        RAISE EXCEPTION 'book %: chargeback % is decided once', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER chargeback_decided_once BEFORE UPDATE ON chargeback
    FOR EACH ROW EXECUTE FUNCTION chargeback_decided_once();

-- What a charge says of its disputes is what its chargebacks say.
CREATE OR REPLACE FUNCTION charge_disputed_as_told() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_disputed bigint;
    v_lost     bigint;
BEGIN
    SELECT coalesce(sum(amount), 0), coalesce(sum(amount) FILTER (WHERE state IN ('lost_unborne', 'lost')), 0)
      INTO v_disputed, v_lost
      FROM public.chargeback WHERE book_id = NEW.book_id AND charge = NEW.id AND state <> 'won';
    IF (NEW.disputed, NEW.lost) IS DISTINCT FROM (v_disputed, v_lost) THEN
        RAISE EXCEPTION 'book %: the chargebacks of charge % say otherwise', NEW.book_id, NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER charge_disputed_as_told BEFORE UPDATE OF disputed, lost ON charge
    FOR EACH ROW EXECUTE FUNCTION charge_disputed_as_told();
