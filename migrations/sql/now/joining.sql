-- What guards how people come in: what has ended stays as it is, and only an organisation that takes requests to join has some.

-- An invitation is accepted, declined or withdrawn once.
CREATE OR REPLACE FUNCTION invitation_as_ended() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF num_nonnulls(OLD.accepted_at, OLD.declined_at, OLD.withdrawn_at) > 0 THEN
        RAISE EXCEPTION 'invitation % has ended, and stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER invitation_as_ended BEFORE UPDATE ON invitation FOR EACH ROW EXECUTE FUNCTION invitation_as_ended();

-- A request begins open, at an organisation that takes some; an owner of it answers, once, and in time by the clock of the database, which
-- may be a minute off.

CREATE OR REPLACE FUNCTION join_request_as_asked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.outcome IS NOT NULL THEN
            RAISE EXCEPTION 'join request % begins open', NEW.id USING ERRCODE = 'restrict_violation';
        END IF;
        IF NOT EXISTS (SELECT FROM organisation
                        WHERE id = NEW.organisation AND kind IN ('project_team', 'cooperative')) THEN
            RAISE EXCEPTION 'organisation % takes no requests', NEW.organisation USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.outcome IS NOT NULL THEN
        RAISE EXCEPTION 'join request % has ended, and stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.outcome = 'lapsed' AND OLD.until > clock_timestamp() + interval '1 minute'
       OR NEW.outcome <> 'lapsed' AND OLD.until < clock_timestamp() - interval '1 minute' THEN
        RAISE EXCEPTION 'join request % is answered until it lapses, and lapses then', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.outcome IN ('accepted', 'declined')
       AND NOT EXISTS (SELECT FROM membership
                        WHERE organisation = NEW.organisation AND person = NEW.ended_by AND role = 'owner') THEN
        RAISE EXCEPTION 'join request % is answered by an owner', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER join_request_as_asked BEFORE INSERT OR UPDATE ON join_request
    FOR EACH ROW EXECUTE FUNCTION join_request_as_asked();
