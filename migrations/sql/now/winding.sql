-- What guards a book that is wound up.

-- No pledge is placed in a book that takes nothing new by now. Whoever decided before that is stale. Asked once for all pledges of a
-- statement.
CREATE OR REPLACE FUNCTION pledge_not_wound_up() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_pledge record;
BEGIN
    SELECT n.book_id, n.id INTO v_pledge
      FROM new_rows n
      JOIN public.book b ON b.number = n.book_id
     WHERE b.winds_up_at <= greatest(n.created_at, clock_timestamp() + make_interval(secs => b.clock_offset_s))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'book % is wound up: no pledge % is placed', v_pledge.book_id, v_pledge.id USING ERRCODE = 'CP001';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER pledge_not_wound_up AFTER INSERT ON pledge REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pledge_not_wound_up();

-- A book that takes nothing new does so for good: what was announced can be taken back before that alone.
CREATE OR REPLACE FUNCTION book_winds_up_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.winds_up_at <= clock_timestamp() + make_interval(secs => OLD.clock_offset_s) THEN
        RAISE EXCEPTION 'book % takes nothing new since %', OLD.number, OLD.winds_up_at USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER book_winds_up_once BEFORE UPDATE OF winds_up_at ON book FOR EACH ROW
    WHEN (OLD.winds_up_at IS DISTINCT FROM NEW.winds_up_at) EXECUTE FUNCTION book_winds_up_once();

-- A wind-up comes into force and is done, or is taken back before its moment.
CREATE OR REPLACE FUNCTION wind_up_as_said() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (OLD.state, NEW.state) NOT IN (('announced', 'winding'), ('announced', 'resumed'), ('winding', 'done'))
       OR (NEW.state = 'resumed' AND EXISTS (
           SELECT FROM public.book b WHERE b.number = OLD.book_id
              AND OLD.from_at <= clock_timestamp() + make_interval(secs => b.clock_offset_s))) THEN
        RAISE EXCEPTION 'book %: its wind-up % is % and cannot be % now', OLD.book_id, OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER wind_up_as_said BEFORE UPDATE ON wind_up FOR EACH ROW EXECUTE FUNCTION wind_up_as_said();
