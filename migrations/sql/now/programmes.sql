-- What guards programmes: a plan is written at once and adds up, a later version of it leaves the months that are over as they were, an
-- account counts for one programme at a time, and nobody is hired where all places are taken. And what guards loops: a host closes them
-- within its own house.

-- Each line of each version of a plan, and in how many of its first months that version holds: until a later one does.
CREATE OR REPLACE VIEW programme_counting AS
SELECT l.book_id, l.programme_id, l.revision, l.number, l.name, l.account, l.amount, l.first_month, l.months,
       CASE WHEN u.until IS NULL THEN l.months
            ELSE least(l.months, greatest(0, (extract(year FROM u.until) - extract(year FROM l.first_month)) * 12
                                             + extract(month FROM u.until) - extract(month FROM l.first_month)))::smallint END AS counts
  FROM (SELECT o.book_id, o.programme_id, 1 AS revision, o.number, o.name, o.account, o.amount, o.first_month, o.months
          FROM public.programme_line o
        UNION ALL
        SELECT r.book_id, r.programme_id, r.revision, r.number, r.name, r.account, r.amount, r.first_month, r.months
          FROM public.programme_revision_line r) AS l
 CROSS JOIN LATERAL (SELECT min(v.from_month) AS until FROM public.programme_revision v
                      WHERE v.book_id = l.book_id AND v.programme_id = l.programme_id AND v.number > l.revision) AS u;
COMMENT ON COLUMN programme_counting.book_id IS 'The book.';
COMMENT ON COLUMN programme_counting.programme_id IS 'The programme.';
COMMENT ON COLUMN programme_counting.revision IS 'Which version of its plan, from 1.';
COMMENT ON COLUMN programme_counting.number IS 'The place of the line in it, from 1.';
COMMENT ON COLUMN programme_counting.name IS 'What it is for.';
COMMENT ON COLUMN programme_counting.account IS 'Code of the account that says what was spent.';
COMMENT ON COLUMN programme_counting.amount IS 'What is to be spent over all its months, minor units.';
COMMENT ON COLUMN programme_counting.first_month IS 'The first day of its first month.';
COMMENT ON COLUMN programme_counting.months IS 'Over how many months it is spread.';
COMMENT ON COLUMN programme_counting.counts IS 'In how many of them it holds, from the first one on.';

-- Whether an account of a programme that stands counts for another one in a month in which it counts here.
CREATE OR REPLACE FUNCTION programme_overlaps(p_book int, p_programme uuid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.programme_counting l
          JOIN public.programme_counting o ON o.book_id = l.book_id AND o.account = l.account AND o.programme_id <> l.programme_id
          JOIN public.programme p ON p.book_id = o.book_id AND p.id = o.programme_id AND p.withdrawn_at IS NULL
         WHERE l.book_id = p_book AND l.programme_id = p_programme AND l.counts > 0 AND o.counts > 0
           AND l.first_month < o.first_month + make_interval(months => o.counts)
           AND o.first_month < l.first_month + make_interval(months => l.counts))
$$;

-- A programme is withdrawn once, and counts the versions of its plan; nothing else of it changes.
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
    IF OLD.withdrawn_at IS NOT NULL OR NEW.version <> OLD.version + 1
       OR NEW.withdrawn_at IS NULL AND NEW.version IS DISTINCT FROM (
           SELECT max(r.number) FROM public.programme_revision r WHERE r.book_id = NEW.book_id AND r.programme_id = NEW.id)
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
    IF v_is.withdrawn_at IS NULL AND public.programme_overlaps(NEW.book_id, v_id) THEN
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

-- A later version of a plan follows the one before, in a programme that stands and that members have not voted on, and holds from the month
-- that runs or a later one on: what was planned for a month that is over stays.
CREATE OR REPLACE FUNCTION programme_revision_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_is public.programme%ROWTYPE;
    v_number int;
    v_at timestamptz;
    v_now timestamp;
BEGIN
    SELECT * INTO v_is FROM public.programme p WHERE p.book_id = NEW.book_id AND p.id = NEW.programme_id FOR NO KEY UPDATE;
    SELECT max(r.number), max(r.revised_at) INTO v_number, v_at
      FROM public.programme_revision r WHERE r.book_id = NEW.book_id AND r.programme_id = NEW.programme_id;
    -- Whoever decided a moment before the end of a month was not late.
    SELECT greatest(NEW.revised_at, clock_timestamp() + make_interval(secs => b.clock_offset_s) - interval '1 minute') AT TIME ZONE b.zone
      INTO v_now FROM public.book b WHERE b.number = NEW.book_id;
    IF v_is.withdrawn_at IS NOT NULL OR NEW.number <> 1 + coalesce(v_number, 1) OR NEW.revised_at < greatest(v_at, v_is.opened_at) THEN
        RAISE EXCEPTION 'a plan of programme % follows the one before', NEW.programme_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.from_month < date_trunc('month', v_now) OR NEW.from_month < v_is.first_month
       OR NEW.from_month >= v_is.first_month + make_interval(months => NEW.months) THEN
        RAISE EXCEPTION 'a plan of programme % holds in months to come', NEW.programme_id USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM public.proposal p WHERE p.book_id = NEW.book_id AND p.programme_id = NEW.programme_id) THEN
        RAISE EXCEPTION 'programme % is what members voted on', NEW.programme_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER programme_revision_next BEFORE INSERT ON programme_revision
    FOR EACH ROW EXECUTE FUNCTION programme_revision_next();

-- A version has as many lines as it says, within the months in which it holds; what all versions plan for the months that they hold makes
-- the amount of the last one, each month by largest remainders, the first ones larger; and no account counts for another programme besides.
CREATE OR REPLACE FUNCTION programme_revision_whole() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(NEW);
    v_is public.programme%ROWTYPE;
    v_last public.programme_revision%ROWTYPE;
    v_before public.programme_revision%ROWTYPE;
    v_amount numeric;
BEGIN
    -- Of the lines of a version that are numbered through, the last one is looked at for all of them.
    IF TG_TABLE_NAME = 'programme_revision_line' AND EXISTS (
           SELECT FROM public.programme_revision_line l
            WHERE l.book_id = NEW.book_id AND l.programme_id = NEW.programme_id AND l.revision = (v_row ->> 'revision')::int
           HAVING min(l.number) = 1 AND max(l.number) = count(*) AND max(l.number) > (v_row ->> 'number')::int) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO v_is FROM public.programme p WHERE p.book_id = NEW.book_id AND p.id = NEW.programme_id;
    SELECT * INTO v_last FROM public.programme_revision r
     WHERE r.book_id = NEW.book_id AND r.programme_id = NEW.programme_id ORDER BY r.number DESC LIMIT 1;
    SELECT sum((l.amount / l.months) * l.counts + least(l.counts, l.amount % l.months)) INTO v_amount
      FROM public.programme_counting l WHERE l.book_id = NEW.book_id AND l.programme_id = NEW.programme_id;
    IF v_amount IS DISTINCT FROM v_last.amount OR v_is.version < v_last.number
       OR EXISTS (SELECT FROM public.programme_revision r
                   WHERE r.book_id = NEW.book_id AND r.programme_id = NEW.programme_id
                     AND (r.lines <> (SELECT count(*) FROM public.programme_revision_line l
                                       WHERE l.book_id = r.book_id AND l.programme_id = r.programme_id AND l.revision = r.number)
                          OR EXISTS (SELECT FROM public.programme_revision_line l
                                      WHERE l.book_id = r.book_id AND l.programme_id = r.programme_id AND l.revision = r.number
                                        AND (l.first_month < r.from_month
                                             OR l.first_month + make_interval(months => l.months)
                                                > v_is.first_month + make_interval(months => r.months))))) THEN
        RAISE EXCEPTION 'a plan of programme % is not what its lines are', NEW.programme_id USING ERRCODE = 'check_violation';
    END IF;
    -- From the month in which it was written, it keeps what was planned for that month: it may be spent already.
    SELECT * INTO v_before FROM public.programme_revision r
     WHERE r.book_id = NEW.book_id AND r.programme_id = NEW.programme_id AND r.number < v_last.number AND r.from_month <= v_last.from_month
     ORDER BY r.number DESC LIMIT 1;
    IF v_last.from_month = date_trunc('month', v_last.revised_at AT TIME ZONE (SELECT b.zone FROM public.book b WHERE b.number = NEW.book_id))::date
       AND EXISTS (SELECT FROM public.programme_counting l
                    WHERE l.book_id = NEW.book_id AND l.programme_id = NEW.programme_id AND l.revision = coalesce(v_before.number, 1)
                      AND l.first_month <= v_last.from_month AND l.first_month + make_interval(months => l.months) > v_last.from_month
                      AND NOT EXISTS (SELECT FROM public.programme_revision_line n
                                       WHERE n.book_id = l.book_id AND n.programme_id = l.programme_id AND n.revision = v_last.number
                                         AND n.account = l.account AND n.first_month = v_last.from_month)) THEN
        RAISE EXCEPTION 'a plan of programme % leaves something out of the month that runs', NEW.programme_id USING ERRCODE = 'check_violation';
    END IF;
    IF public.programme_overlaps(NEW.book_id, NEW.programme_id) THEN
        RAISE EXCEPTION 'an account of programme % counts for another one', NEW.programme_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS programme_revision_whole ON programme_revision;
CREATE CONSTRAINT TRIGGER programme_revision_whole AFTER INSERT ON programme_revision DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION programme_revision_whole();
DROP TRIGGER IF EXISTS programme_revision_whole ON programme_revision_line;
CREATE CONSTRAINT TRIGGER programme_revision_whole AFTER INSERT ON programme_revision_line DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION programme_revision_whole();

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
       OR NEW.starts_on >= v_is.first_month + make_interval(months => coalesce(
           (SELECT r.months FROM public.programme_revision r
             WHERE r.book_id = NEW.book_id AND r.programme_id = NEW.programme_id ORDER BY r.number DESC LIMIT 1), v_is.months)) THEN
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

-- A loop that is closed and was said to stop holds new pledges off: what it brings is kept with its campaign, which whoever places a pledge
-- has read anyway. It is kept while the last word says so, and not any longer.
CREATE OR REPLACE FUNCTION campaign_loop_stops() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(NEW);
    v_id CONSTANT uuid := coalesce(v_row ->> 'campaign_id', v_row ->> 'id');
BEGIN
    IF EXISTS (SELECT FROM public.campaign c WHERE c.book_id = NEW.book_id AND c.id = v_id AND c.loop_brings IS NOT NULL)
       AND NOT EXISTS (
        SELECT FROM (SELECT l.source_book, l.at_nothing FROM public.campaign_loop l
                      WHERE l.book_id = NEW.book_id AND l.campaign_id = v_id ORDER BY l.version DESC LIMIT 1) AS said
         WHERE said.source_book IS NOT NULL AND said.at_nothing = 'stop') THEN
        RAISE EXCEPTION 'nothing is said by which campaign % stops', v_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS campaign_loop_stops ON campaign_loop;
CREATE CONSTRAINT TRIGGER campaign_loop_stops AFTER INSERT ON campaign_loop DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION campaign_loop_stops();
DROP TRIGGER IF EXISTS campaign_loop_stops ON campaign;
CREATE CONSTRAINT TRIGGER campaign_loop_stops AFTER UPDATE ON campaign DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.loop_brings IS DISTINCT FROM OLD.loop_brings) EXECUTE FUNCTION campaign_loop_stops();

-- No pledge is placed to a campaign that asks for nothing by now, nor redirected to it. Whoever decided before that is stale. Asked once for
-- all pledges of a statement. A single payment that was made before its pledge came, a gift by transfer, is there, and is no new promise.
CREATE OR REPLACE FUNCTION pledge_asked_for() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_campaign uuid;
BEGIN
    SELECT c.id INTO v_campaign
      FROM (SELECT DISTINCT n.book_id, n.campaign FROM new_rows n WHERE n.schedule <> 'once' OR n.next_sequence = 1) AS asked
      JOIN public.campaign c ON c.book_id = asked.book_id AND c.id = asked.campaign
     WHERE c.loop_brings >= c.monthly_goal
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'campaign % asks for nothing: no pledge is placed', v_campaign USING ERRCODE = 'CP001';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER pledge_asked_for AFTER INSERT ON pledge REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pledge_asked_for();

CREATE OR REPLACE FUNCTION pledge_redirected() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.campaign c
                WHERE c.book_id = NEW.book_id AND c.id = NEW.campaign AND c.loop_brings >= c.monthly_goal) THEN
        RAISE EXCEPTION 'campaign % asks for nothing: pledge % stays where it is', NEW.campaign, NEW.id USING ERRCODE = 'CP001';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER pledge_redirected BEFORE UPDATE OF campaign ON pledge
    FOR EACH ROW WHEN (NEW.campaign <> OLD.campaign) EXECUTE FUNCTION pledge_redirected();
