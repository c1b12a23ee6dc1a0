-- What guards votes: the list of who may vote is that of the opening, members vote themselves and in time, nobody votes for itself by a
-- circle, and a proposal ends once, by what was counted.

-- A proposal begins open and ends once. One that was voted on ends with each of its colleges counted.
CREATE OR REPLACE FUNCTION proposal_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_end CONSTANT text[] := ARRAY['state', 'counted', 'approval', 'rule_id', 'programme_id', 'refused', 'reason', 'ended_by', 'ended_at', 'version'];
    v_counted bigint;
    v_part numeric;
    v_needs numeric;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'proposal % begins open', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR NEW.state = 'open' OR NEW.version <> OLD.version + 1
       OR (to_jsonb(NEW) - v_end) IS DISTINCT FROM (to_jsonb(OLD) - v_end) THEN
        RAISE EXCEPTION 'proposal % is written once, and ends once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT sum(c.yes::bigint + c.no + c.blank),
           sum(c.weight * c.yes::numeric / nullif(c.yes + c.no, 0)) / sum(c.weight) FILTER (WHERE c.yes + c.no > 0)
      INTO v_counted, v_part
      FROM proposal_college c WHERE c.book_id = NEW.book_id AND c.proposal_id = NEW.id;
    v_needs := CASE NEW.threshold WHEN 'majority' THEN 1.0 / 2 ELSE 2.0 / 3 END;
    -- Parts are compared with a margin for what numbers of finite length round.
    IF NEW.counted IS DISTINCT FROM v_counted OR (NEW.approval IS NULL) <> (v_part IS NULL)
       OR abs(NEW.approval - v_part * 10000) > 0.500001
       OR NEW.state = 'passed' AND v_part < v_needs - 0.000000000001
       OR NEW.state = 'failed' AND v_counted >= NEW.quorum AND v_part > v_needs + 0.000000000001 THEN
        RAISE EXCEPTION 'proposal % ends with what its colleges have counted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.rule_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM allocation_rule r
                        WHERE r.book_id = NEW.book_id AND r.id = NEW.rule_id AND r.rule = NEW.rule
                          AND r.effective_from = NEW.effective_from AND r.window_days = NEW.window_days) THEN
        RAISE EXCEPTION 'proposal % publishes another rule than was voted on', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.programme_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM programme p
                        WHERE p.book_id = NEW.book_id AND p.id = NEW.programme_id AND p.name = NEW.programme->>'name'
                          AND p.about = NEW.programme->>'about' AND to_jsonb(p.months) = NEW.programme->'plan'->'months'
                          AND to_jsonb(p.first_month) = NEW.programme->'plan'->'first_month'
                          AND (SELECT jsonb_agg(jsonb_build_object('name', l.name, 'account', l.account, 'amount', l.amount,
                                                                   'first_month', l.first_month, 'months', l.months) ORDER BY l.number)
                                 FROM programme_line l WHERE l.book_id = p.book_id AND l.programme_id = p.id)
                              = NEW.programme->'plan'->'lines') THEN
        RAISE EXCEPTION 'proposal % opens another programme than was voted on', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER proposal_forward BEFORE INSERT OR UPDATE ON proposal
    FOR EACH ROW EXECUTE FUNCTION proposal_forward();

-- Colleges are counted once: each vote that a member cast itself, and those that were cast for others.
CREATE OR REPLACE FUNCTION proposal_college_counted_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_yes bigint;
    v_no bigint;
    v_own bigint;
BEGIN
    IF OLD.yes IS NOT NULL OR NEW.yes IS NULL THEN
        RAISE EXCEPTION 'college % of proposal % is counted once', OLD.number, OLD.proposal_id USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT count(*) FILTER (WHERE l.choice = 'yes'), count(*) FILTER (WHERE l.choice = 'no'), count(*)
      INTO v_yes, v_no, v_own
      FROM (SELECT DISTINCT ON (b.member_id) b.choice
              FROM public.ballot b
              JOIN public.proposal_elector e
                ON e.book_id = b.book_id AND e.proposal_id = b.proposal_id AND e.member_id = b.member_id
             WHERE b.book_id = NEW.book_id AND b.proposal_id = NEW.proposal_id AND e.college = NEW.number
             ORDER BY b.member_id, b.version DESC) AS l;
    IF NEW.yes < v_yes OR NEW.no < v_no OR NEW.blank < v_own - v_yes - v_no
       OR NEW.yes + NEW.no + NEW.blank - NEW.delegated <> v_own THEN
        RAISE EXCEPTION 'college % of proposal % is counted by its votes', OLD.number, OLD.proposal_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER proposal_college_counted_once BEFORE UPDATE ON proposal_college
    FOR EACH ROW EXECUTE FUNCTION proposal_college_counted_once();

-- When a proposal is open, those on its list are as many as it says, in all and in each college; they are members of that day, each
-- person once, and the weights of its colleges make a whole.
CREATE OR REPLACE FUNCTION proposal_of_its_members() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(NEW);
    v_id CONSTANT uuid := coalesce(v_row ->> 'proposal_id', v_row ->> 'id');
    v_is public.proposal%ROWTYPE;
    v_weight bigint;
    v_electors bigint;
    v_listed bigint;
    v_people bigint;
    v_wrong bigint;
BEGIN
    SELECT * INTO v_is FROM public.proposal p WHERE p.book_id = NEW.book_id AND p.id = v_id;
    SELECT sum(c.weight), sum(c.electors) INTO v_weight, v_electors
      FROM public.proposal_college c WHERE c.book_id = NEW.book_id AND c.proposal_id = v_id;
    SELECT count(*), count(DISTINCT m.person), count(*) FILTER (WHERE m.standing <> 'member' OR m.joined_on > d.today OR m.left_on < d.today OR m.number <> e.member_number
                                         OR c."group" IS NOT NULL AND c."group" <> m."group")
      INTO v_listed, v_people, v_wrong
      FROM public.proposal_elector e
      JOIN public.member m ON m.book_id = e.book_id AND m.id = e.member_id
      JOIN public.proposal_college c ON c.book_id = e.book_id AND c.proposal_id = e.proposal_id AND c.number = e.college
     CROSS JOIN (SELECT (v_is.opened_at AT TIME ZONE b.zone)::date AS today
                   FROM public.book b WHERE b.number = NEW.book_id) AS d
     WHERE e.book_id = NEW.book_id AND e.proposal_id = v_id;
    IF v_weight IS DISTINCT FROM 10000 OR v_electors IS DISTINCT FROM v_is.electors OR v_listed <> v_is.electors OR v_people <> v_listed
       OR v_wrong > 0
       OR EXISTS (SELECT FROM public.proposal_college c
                   WHERE c.book_id = NEW.book_id AND c.proposal_id = v_id
                     AND c.electors <> (SELECT count(*) FROM public.proposal_elector e
                                         WHERE e.book_id = c.book_id AND e.proposal_id = v_id AND e.college = c.number)) THEN
        RAISE EXCEPTION 'proposal % is not put to the members of its day', v_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS proposal_of_its_members ON proposal;
CREATE CONSTRAINT TRIGGER proposal_of_its_members AFTER INSERT ON proposal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION proposal_of_its_members();
DROP TRIGGER IF EXISTS proposal_of_its_members ON proposal_college;
CREATE CONSTRAINT TRIGGER proposal_of_its_members AFTER INSERT ON proposal_college DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION proposal_of_its_members();

-- Nobody is put on a list that is there already.
CREATE OR REPLACE FUNCTION proposal_electors_at_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT n.book_id, n.proposal_id, count(*) AS added FROM new_electors n
                      GROUP BY n.book_id, n.proposal_id) AS a
          JOIN public.proposal p ON p.book_id = a.book_id AND p.id = a.proposal_id
         WHERE p.electors <> a.added OR p.state <> 'open') THEN
        RAISE EXCEPTION 'the list of who may vote is written at once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER proposal_electors_at_once AFTER INSERT ON proposal_elector REFERENCING NEW TABLE AS new_electors
    FOR EACH STATEMENT EXECUTE FUNCTION proposal_electors_at_once();

-- Members vote themselves, while the proposal is open, each time with the next version.
CREATE OR REPLACE FUNCTION ballot_in_time() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_is public.proposal%ROWTYPE;
BEGIN
    SELECT * INTO v_is FROM public.proposal p WHERE p.book_id = NEW.book_id AND p.id = NEW.proposal_id FOR NO KEY UPDATE;
    IF v_is.state <> 'open' OR NEW.cast_at < v_is.opened_at OR NEW.cast_at >= v_is.closes_at THEN
        RAISE EXCEPTION 'nobody votes on proposal % then', NEW.proposal_id USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM public.member m
                    WHERE m.book_id = NEW.book_id AND m.id = NEW.member_id AND m.person = NEW.cast_by) THEN
        RAISE EXCEPTION 'members vote themselves' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> 1 + coalesce((SELECT max(b.version) FROM public.ballot b
                                     WHERE b.book_id = NEW.book_id AND b.proposal_id = NEW.proposal_id
                                       AND b.member_id = NEW.member_id), 0) THEN
        RAISE EXCEPTION 'a vote follows the one before' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER ballot_in_time BEFORE INSERT ON ballot
    FOR EACH ROW EXECUTE FUNCTION ballot_in_time();

-- Members give their vote away themselves, one after the other, and never in a circle: whoever gets it does not have it from itself.
CREATE OR REPLACE FUNCTION delegation_without_circle() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_at uuid := NEW.delegate;
BEGIN
    PERFORM FROM public.cooperative c WHERE c.book_id = NEW.book_id FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM public.member m
                    WHERE m.book_id = NEW.book_id AND m.id = NEW.member_id AND m.person = NEW.given_by) THEN
        RAISE EXCEPTION 'members give their vote away themselves' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.version <> 1 + coalesce((SELECT max(d.version) FROM public.delegation d
                                     WHERE d.book_id = NEW.book_id AND d.member_id = NEW.member_id), 0)
       OR NEW.given_at < (SELECT max(d.given_at) FROM public.delegation d
                           WHERE d.book_id = NEW.book_id AND d.member_id = NEW.member_id)
       OR NEW.given_at < (SELECT max(p.ended_at) FROM public.proposal p
                           WHERE p.book_id = NEW.book_id AND p.counted IS NOT NULL) THEN
        RAISE EXCEPTION 'a delegation follows the one before' USING ERRCODE = 'check_violation';
    END IF;
    WHILE v_at IS NOT NULL LOOP
        IF v_at = NEW.member_id THEN
            RAISE EXCEPTION 'a circle of delegations' USING ERRCODE = 'check_violation';
        END IF;
        v_at := (SELECT d.delegate FROM public.delegation d
                  WHERE d.book_id = NEW.book_id AND d.member_id = v_at ORDER BY d.version DESC LIMIT 1);
    END LOOP;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER delegation_without_circle BEFORE INSERT ON delegation
    FOR EACH ROW EXECUTE FUNCTION delegation_without_circle();
