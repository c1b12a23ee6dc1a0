-- What guards calls and applications: each is written once and ends once, and both ends agree.

-- A call begins open, and ends when no application waits any more: filled by the milestone of the one team that was accepted.
CREATE OR REPLACE FUNCTION milestone_call_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_end CONSTANT text[] := ARRAY['state', 'milestone', 'reason', 'ended_by', 'ended_at', 'version'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'open' THEN
            RAISE EXCEPTION 'call % begins open', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'open' OR NEW.state = 'open' OR NEW.version <> OLD.version + 1
       OR (to_jsonb(NEW) - v_end) IS DISTINCT FROM (to_jsonb(OLD) - v_end) THEN
        RAISE EXCEPTION 'call % is written once, and ends once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM milestone_application a
                WHERE a.book_id = NEW.book_id AND a.call = NEW.id AND a.state = 'submitted') THEN
        RAISE EXCEPTION 'call % has applications that wait', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.state = 'filled')
       IS DISTINCT FROM EXISTS (SELECT FROM milestone_application a
                                 WHERE a.book_id = NEW.book_id AND a.call = NEW.id AND a.state = 'accepted') THEN
        RAISE EXCEPTION 'call % is filled by the team that was accepted', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'filled'
       AND NOT EXISTS (SELECT FROM milestone m
                         JOIN milestone_application a ON a.book_id = m.book_id AND a.call = NEW.id AND a.state = 'accepted'
                          AND a.team = m.team
                        WHERE m.book_id = NEW.book_id AND m.id = NEW.milestone AND m.campaign_id = NEW.campaign
                          AND m.amount = NEW.amount AND m.currency = NEW.currency) THEN
        RAISE EXCEPTION 'call % is filled by a milestone of its campaign, its amount and its team', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER milestone_call_forward BEFORE INSERT OR UPDATE ON milestone_call
    FOR EACH ROW EXECUTE FUNCTION milestone_call_forward();

-- An application is one of a project team, while the call takes some; it ends once, while its call is open.
CREATE OR REPLACE FUNCTION milestone_application_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_end  CONSTANT text[] := ARRAY['state', 'reason', 'ended_by', 'ended_at', 'version'];
    v_call milestone_call%ROWTYPE;
BEGIN
    SELECT * INTO v_call FROM milestone_call c WHERE c.book_id = NEW.book_id AND c.id = NEW.call FOR SHARE;
    IF v_call.state IS DISTINCT FROM 'open' THEN
        RAISE EXCEPTION 'call % is over', NEW.call USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'submitted' OR NEW.submitted_at < v_call.created_at OR NEW.submitted_at >= v_call.closes_at THEN
            RAISE EXCEPTION 'application % is not submitted in time', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        IF NOT EXISTS (SELECT FROM organisation WHERE id = NEW.team AND kind = 'project_team') THEN
            RAISE EXCEPTION 'organisation % is no project team', NEW.team USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'submitted' OR NEW.state = 'submitted' OR NEW.version <> OLD.version + 1
       OR (to_jsonb(NEW) - v_end) IS DISTINCT FROM (to_jsonb(OLD) - v_end) THEN
        RAISE EXCEPTION 'application % is written once, and ends once', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'lapsed' AND NEW.ended_at <> v_call.decide_until
       OR NEW.state <> 'lapsed' AND NEW.ended_at >= v_call.decide_until
       OR NEW.state = 'accepted' AND NEW.ended_at < v_call.closes_at THEN
        RAISE EXCEPTION 'application % ends in the time of its call', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state IN ('accepted', 'declined')
       AND EXISTS (SELECT FROM membership t WHERE t.organisation = NEW.team AND t.person = NEW.ended_by) THEN
        RAISE EXCEPTION 'application % is not decided by its own team', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER milestone_application_forward BEFORE INSERT OR UPDATE ON milestone_application
    FOR EACH ROW EXECUTE FUNCTION milestone_application_forward();
