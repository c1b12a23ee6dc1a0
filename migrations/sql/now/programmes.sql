-- What guards programmes: a plan is written at once and adds up, an account counts for one programme at a time, and nobody is hired
-- where all places are taken. And what guards loops: a host closes them within its own house.

-- A programme is withdrawn once; nothing else of it changes.
CREATE OR REPLACE FUNCTION programme_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_end CONSTANT text[] := ARRAY['withdrawn_by', 'withdrawn_at', 'reason', 'version'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.withdrawn_at IS NOT NULL THEN
            RAISE EXCEPTION 'programme % begins open', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL OR NEW.version <> OLD.version + 1
       OR (to_jsonb(NEW) - v_end) IS DISTINCT FROM (to_jsonb(OLD) - v_end) THEN
        RAISE EXCEPTION 'programme % is written once, and withdrawn once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER programme_forward BEFORE INSERT OR UPDATE ON programme
    FOR EACH ROW EXECUTE FUNCTION programme_forward();

-- When a programme is open, it has as many lines, sources and places as it says, its lines make its amount and lie within its months,
-- and none of their accounts counts for another programme in one of those months.
CREATE OR REPLACE FUNCTION programme_whole() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(NEW);
    v_id CONSTANT uuid := coalesce(v_row ->> 'programme_id', v_row ->> 'id');
    v_is public.programme%ROWTYPE;
    v_lines bigint;
    v_amount numeric;
    v_outside bigint;
BEGIN
    SELECT * INTO v_is FROM public.programme p WHERE p.book_id = NEW.book_id AND p.id = v_id;
    SELECT count(*), sum(l.amount),
           count(*) FILTER (WHERE l.first_month < v_is.first_month
                               OR l.first_month + make_interval(months => l.months) > v_is.first_month + make_interval(months => v_is.months))
      INTO v_lines, v_amount, v_outside
      FROM public.programme_line l WHERE l.book_id = NEW.book_id AND l.programme_id = v_id;
    IF v_lines <> v_is.lines OR v_amount IS DISTINCT FROM v_is.amount OR v_outside > 0
       OR v_is.sources <> (SELECT count(*) FROM public.programme_source s WHERE s.book_id = NEW.book_id AND s.programme_id = v_id)
       OR v_is.places <> (SELECT count(*) FROM public.programme_place s WHERE s.book_id = NEW.book_id AND s.programme_id = v_id) THEN
        RAISE EXCEPTION 'programme % is not what its lines are', v_id USING ERRCODE = 'check_violation';
    END IF;
    IF v_is.withdrawn_at IS NULL AND EXISTS (
        SELECT FROM public.programme_line l
          JOIN public.programme_line o ON o.book_id = l.book_id AND o.account = l.account AND o.programme_id <> l.programme_id
          JOIN public.programme p ON p.book_id = o.book_id AND p.id = o.programme_id AND p.withdrawn_at IS NULL
         WHERE l.book_id = NEW.book_id AND l.programme_id = v_id
           AND l.first_month < o.first_month + make_interval(months => o.months)
           AND o.first_month < l.first_month + make_interval(months => l.months)) THEN
        RAISE EXCEPTION 'an account of programme % counts for another one', v_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS programme_whole ON programme;
CREATE CONSTRAINT TRIGGER programme_whole AFTER INSERT ON programme DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION programme_whole();
DROP TRIGGER IF EXISTS programme_whole ON programme_line;
CREATE CONSTRAINT TRIGGER programme_whole AFTER INSERT ON programme_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION programme_whole();
DROP TRIGGER IF EXISTS programme_whole ON programme_source;
CREATE CONSTRAINT TRIGGER programme_whole AFTER INSERT ON programme_source DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION programme_whole();
DROP TRIGGER IF EXISTS programme_whole ON programme_place;
CREATE CONSTRAINT TRIGGER programme_whole AFTER INSERT ON programme_place DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION programme_whole();

-- Somebody is hired within the months of a programme that stands, while a place is free from then on, and ends once.
CREATE OR REPLACE FUNCTION programme_hire_in_place() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_is public.programme%ROWTYPE;
    v_end CONSTANT text[] := ARRAY['ended_by', 'ended_at', 'ends_on'];
BEGIN
    SELECT * INTO v_is FROM public.programme p WHERE p.book_id = NEW.book_id AND p.id = NEW.programme_id FOR NO KEY UPDATE;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR (to_jsonb(NEW) - v_end) IS DISTINCT FROM (to_jsonb(OLD) - v_end) THEN
            RAISE EXCEPTION 'hire % is written once, and ends once', OLD.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.ended_at IS NOT NULL OR v_is.withdrawn_at IS NOT NULL OR NEW.starts_on < v_is.first_month
       OR NEW.starts_on >= v_is.first_month + make_interval(months => v_is.months) THEN
        RAISE EXCEPTION 'nobody is hired then for programme %', NEW.programme_id USING ERRCODE = 'check_violation';
    END IF;
    IF (SELECT count(*) FROM public.programme_hire h
         WHERE h.book_id = NEW.book_id AND h.programme_id = NEW.programme_id AND h.place = NEW.place
           AND coalesce(h.ends_on, 'infinity') >= NEW.starts_on)
       >= (SELECT s.people FROM public.programme_place s
            WHERE s.book_id = NEW.book_id AND s.programme_id = NEW.programme_id AND s.number = NEW.place) THEN
        RAISE EXCEPTION 'all places % of programme % are taken', NEW.place, NEW.programme_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER programme_hire_in_place BEFORE INSERT OR UPDATE ON programme_hire
    FOR EACH ROW EXECUTE FUNCTION programme_hire_in_place();

-- What is said of a campaign's loop follows what was said before, of a recurring campaign and a book of the same host, mode and currency.
CREATE OR REPLACE FUNCTION campaign_loop_in_house() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.campaign c WHERE c.book_id = NEW.book_id AND c.id = NEW.campaign_id AND c.kind = 'recurring' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'campaign % is not a recurring one', NEW.campaign_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> 1 + coalesce((SELECT max(l.version) FROM public.campaign_loop l
                                     WHERE l.book_id = NEW.book_id AND l.campaign_id = NEW.campaign_id), 0)
       OR NEW.said_at < (SELECT max(l.said_at) FROM public.campaign_loop l
                          WHERE l.book_id = NEW.book_id AND l.campaign_id = NEW.campaign_id) THEN
        RAISE EXCEPTION 'a loop follows the one before' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.source_book IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.campaign c
          JOIN public.book b ON b.number = c.book_id
          JOIN public.book s ON s.organisation = b.organisation AND s.mode = b.mode AND s.currency = c.currency
         WHERE c.book_id = NEW.book_id AND c.id = NEW.campaign_id AND s.number = NEW.source_book) THEN
        RAISE EXCEPTION 'a loop is closed by a book of the same host' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER campaign_loop_in_house BEFORE INSERT ON campaign_loop
    FOR EACH ROW EXECUTE FUNCTION campaign_loop_in_house();
