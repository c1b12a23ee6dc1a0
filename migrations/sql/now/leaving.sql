-- What guards withdrawals of partners and rails, and money in suspense.

-- No pledge is placed through a partner, or on a rail, that is withdrawn by now. Whoever decided before that is stale. Asked once for
-- all pledges of a statement, as a batch places thousands.
CREATE OR REPLACE FUNCTION pledge_not_withdrawn() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_pledge record;
BEGIN
    SELECT n.book_id, n.id INTO v_pledge
      FROM new_rows n
      JOIN public.book b ON b.number = n.book_id
      JOIN public.withdrawal w ON w.book_id = n.book_id AND (w.partner = n.partner OR w.rail = n.rail)
     WHERE w.restored_at IS NULL
       AND w.from_at <= greatest(n.created_at, clock_timestamp() + make_interval(secs => b.clock_offset_s))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'book %: the partner or the rail of pledge % is withdrawn', v_pledge.book_id, v_pledge.id USING ERRCODE = 'CP001';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER pledge_not_withdrawn AFTER INSERT ON pledge REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pledge_not_withdrawn();

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

-- Money in suspense is decided once. What was returned leaves its custodian's bank once, by a line of its amount.
CREATE OR REPLACE FUNCTION suspense_decided_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state = 'returned' AND OLD.sent_entry = 0 AND NEW.sent_entry > 0
       AND (to_jsonb(NEW) - ARRAY['sent_entry', 'version']) = (to_jsonb(OLD) - ARRAY['sent_entry', 'version'])
       AND EXISTS (SELECT FROM public.bank_line l
                    WHERE l.book_id = NEW.book_id AND l.custodian = NEW.partner AND l.currency = NEW.currency
                      AND l.amount = NEW.amount AND l.is_debit AND l.state = 'open') THEN
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR NEW.sent_entry > 0 THEN
        RAISE EXCEPTION 'book %: money in suspense % was % before', OLD.book_id, OLD.id, OLD.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER suspense_decided_once BEFORE UPDATE ON suspense_item
    FOR EACH ROW EXECUTE FUNCTION suspense_decided_once();
