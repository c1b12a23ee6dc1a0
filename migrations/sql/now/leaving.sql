-- What guards withdrawals of partners and rails, and money in suspense.

-- No pledge is placed through a partner, or on a rail, that is withdrawn by now. Whoever decided before that is stale.
CREATE OR REPLACE FUNCTION pledge_not_withdrawn() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.withdrawal w
                WHERE w.book_id = NEW.book_id AND w.restored_at IS NULL AND (w.partner = NEW.partner OR w.rail = NEW.rail)
                  AND w.from_at <= greatest(NEW.created_at, clock_timestamp() + make_interval(secs => coalesce(
                      (SELECT b.clock_offset_s FROM public.book b WHERE b.number = NEW.book_id), 0)))) THEN
        RAISE EXCEPTION 'book %: the partner or the rail of pledge % is withdrawn', NEW.book_id, NEW.id USING ERRCODE = 'CP001';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER pledge_not_withdrawn BEFORE INSERT ON pledge FOR EACH ROW EXECUTE FUNCTION pledge_not_withdrawn();

-- What was said stays: a withdrawal comes into force and is taken back, and is withdrawn for good by nothing.
CREATE OR REPLACE FUNCTION withdrawal_as_said() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state = 'restored' OR (OLD.state = 'in_force' AND NEW.state = 'announced') THEN
        RAISE EXCEPTION 'book %: withdrawal % is %', OLD.book_id, OLD.id, OLD.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER withdrawal_as_said BEFORE UPDATE ON withdrawal FOR EACH ROW EXECUTE FUNCTION withdrawal_as_said();

-- Money in suspense is decided once.
CREATE OR REPLACE FUNCTION suspense_decided_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'book %: money in suspense % was % before', OLD.book_id, OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER suspense_decided_once BEFORE UPDATE ON suspense_item
    FOR EACH ROW EXECUTE FUNCTION suspense_decided_once();
