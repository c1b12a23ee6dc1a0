-- What guards second factors: what was taken once is not taken again, and what two people agreed to is not said by one.

-- Steps only go on, and a factor that counts stays the one that it is: it may be sealed anew with a newer key, or removed.
CREATE OR REPLACE FUNCTION second_factor_as_said() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.active_at IS NOT NULL
       AND (NEW.active_at IS DISTINCT FROM OLD.active_at OR NEW.begun_at <> OLD.begun_at OR NEW.last_step < OLD.last_step
            OR NEW.sealed <> OLD.sealed AND NEW.key_version <= OLD.key_version) THEN
        RAISE EXCEPTION 'the second factor of person % counts, and stays as it is', OLD.person USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER second_factor_as_said BEFORE UPDATE ON second_factor
    FOR EACH ROW EXECUTE FUNCTION second_factor_as_said();

-- A recovery code is used once.
CREATE OR REPLACE FUNCTION recovery_code_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.used_at IS NOT NULL THEN
        RAISE EXCEPTION 'a recovery code of person % was used before', OLD.person USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER recovery_code_once BEFORE UPDATE ON recovery_code FOR EACH ROW EXECUTE FUNCTION recovery_code_once();

-- Consents are given once, a reset that is over stays so, one that waits is not hurried, and none is done before its time by the clock of
-- the database, which may be a minute behind.
CREATE OR REPLACE FUNCTION second_factor_reset_as_said() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL
       OR OLD.first_by IS NOT NULL AND (NEW.first_by, NEW.first_at) IS DISTINCT FROM (OLD.first_by, OLD.first_at)
       OR OLD.second_by IS NOT NULL
          AND (NEW.second_by, NEW.second_at, NEW.until) IS DISTINCT FROM (OLD.second_by, OLD.second_at, OLD.until)
       OR NEW.state = 'done' AND (OLD.state <> 'waiting' OR NEW.until > clock_timestamp() + interval '1 minute') THEN
        RAISE EXCEPTION 'the reset % of a second factor is %, and stays as it was said', OLD.id, OLD.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER second_factor_reset_as_said BEFORE UPDATE ON second_factor_reset
    FOR EACH ROW EXECUTE FUNCTION second_factor_reset_as_said();
