-- Where partners have events sent, what is on its way there, and what they fire by hand in sandbox books.

-- What partners are told: what happened, and what they have fired themselves. Nothing else of the service reads what was fired, so that it changes
-- nothing: whoever reads the list of what happened reads `event`, which has no row of it.
CREATE OR REPLACE VIEW partner_event AS
    SELECT book_id, number, id, object, partner, sequence, at, recorded_at, numbered_at, kind, state_before, facts, false AS is_test
      FROM event
    UNION ALL
    SELECT book_id, number, id, object, partner, sequence, at, recorded_at, numbered_at, kind, state_before, facts, true
      FROM fired_event;
COMMENT ON COLUMN partner_event.book_id IS 'The book.';
COMMENT ON COLUMN partner_event.number IS 'Place in the list of the book, from 1 without a gap.';
COMMENT ON COLUMN partner_event.id IS 'UUID in the outside id evt_.';
COMMENT ON COLUMN partner_event.object IS 'As in event, or in fired_event.';
COMMENT ON COLUMN partner_event.partner IS 'The partner platform that is told of it; NULL when none is.';
COMMENT ON COLUMN partner_event.sequence IS 'Grows with each event of an object.';
COMMENT ON COLUMN partner_event.at IS 'Book time.';
COMMENT ON COLUMN partner_event.recorded_at IS 'Wall clock.';
COMMENT ON COLUMN partner_event.numbered_at IS 'When it got its number.';
COMMENT ON COLUMN partner_event.kind IS 'Family and state.';
COMMENT ON COLUMN partner_event.state_before IS 'The state before; NULL when there was none.';
COMMENT ON COLUMN partner_event.facts IS 'Ids, minor units with their currency, days and words of closed sets, by name.';
COMMENT ON COLUMN partner_event.is_test IS 'Whether it was fired by hand, and did not happen.';

-- Fires an event for a partner that a sandbox book has admitted, and answers it; no row when the partner has fired as many within a minute as it
-- may. Its number is that of the one list of the book, given under the same lock as those of what happened: so whoever reads on by numbers misses
-- neither.
CREATE OR REPLACE FUNCTION event_fire(
    p_book int, p_partner uuid, p_kind text, p_object uuid, p_sequence bigint, p_state_before text, p_facts jsonb, p_a_minute int
) RETURNS SETOF fired_event LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_last   bigint;
    v_at     timestamptz;
    v_now    timestamptz;
    v_offset bigint;
BEGIN
    SELECT b.clock_offset_s INTO v_offset FROM public.book b WHERE b.number = p_book AND b.mode = 'sandbox';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: events are fired in sandbox books alone', p_book USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM public.book_partner p
                    WHERE p.book_id = p_book AND p.organisation = p_partner AND p.withdrawn_at IS NULL) THEN
        RAISE EXCEPTION 'book %: no partner of it fires this event', p_book USING ERRCODE = 'restrict_violation';
    END IF;
    INSERT INTO public.event_head (book_id) VALUES (p_book) ON CONFLICT (book_id) DO NOTHING;
    SELECT h.last, h.numbered_at INTO v_last, v_at FROM public.event_head h WHERE h.book_id = p_book FOR NO KEY UPDATE;
    v_now := clock_timestamp();
    IF (SELECT count(*) FROM public.fired_event f
         WHERE f.book_id = p_book AND f.partner = p_partner AND f.recorded_at > v_now - interval '1 minute') >= p_a_minute THEN
        RETURN;
    END IF;
    v_at := greatest(v_at, v_now);
    RETURN QUERY
    INSERT INTO public.fired_event AS f
           (book_id, number, id, object, partner, sequence, at, recorded_at, numbered_at, kind, state_before, facts)
    VALUES (p_book, v_last + 1, gen_random_uuid(), p_object, p_partner, p_sequence, v_now + make_interval(secs => v_offset), v_now, v_at,
            p_kind, p_state_before, p_facts)
    RETURNING f.*;
    UPDATE public.event_head SET last = v_last + 1, numbered_at = v_at WHERE book_id = p_book;
END
$$;
SELECT ledger_delegate('event_fire(int, uuid, text, uuid, bigint, text, jsonb, int)');

-- An endpoint that is deleted stays so, and what only grows does not fall.
CREATE OR REPLACE FUNCTION webhook_endpoint_goes_on() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.state = 'deleted' OR NEW.cursor < OLD.cursor OR NEW.round < OLD.round OR NEW.pings < OLD.pings
       OR (NEW.state <> OLD.state AND NEW.version <> OLD.version + 1) OR NEW.version NOT IN (OLD.version, OLD.version + 1) THEN
        RAISE EXCEPTION 'book %: a webhook endpoint goes on, and one that is deleted stays so', OLD.book_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER webhook_endpoint_goes_on BEFORE UPDATE ON webhook_endpoint
    FOR EACH ROW EXECUTE FUNCTION webhook_endpoint_goes_on();

-- A delivery begins as one that waits, and its attempts are counted one by one. Only what waits is delivered or given up.
CREATE OR REPLACE FUNCTION webhook_delivery_goes_on() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting' OR NEW.attempts <> 0 THEN
            RAISE EXCEPTION 'book %: a delivery begins waiting', NEW.book_id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.attempts NOT IN (OLD.attempts, OLD.attempts + 1)
       OR (NEW.attempts <> OLD.attempts AND OLD.state <> 'waiting')
       OR (NEW.state = 'delivered' AND NEW.attempts <> OLD.attempts + 1)
       OR (NEW.state = 'given_up' AND OLD.state <> 'waiting') THEN
        RAISE EXCEPTION 'book %: a delivery is sent before it is delivered', OLD.book_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER webhook_delivery_goes_on BEFORE INSERT OR UPDATE ON webhook_delivery
    FOR EACH ROW EXECUTE FUNCTION webhook_delivery_goes_on();
