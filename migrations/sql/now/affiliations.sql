-- What guards who is of a federation: it begins as an invitation, goes forward only, and what was said once stays.
CREATE OR REPLACE FUNCTION affiliation_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_fixed CONSTANT text[] := ARRAY['id', 'invited_by', 'invited_at', 'book_id', 'of_book'];
    v_step CONSTANT text := OLD.state || ' ' || NEW.state;
BEGIN
    IF NEW.version <> OLD.version + 1
       OR (SELECT bool_or(to_jsonb(NEW) -> f IS DISTINCT FROM to_jsonb(OLD) -> f) FROM unnest(v_fixed) AS f)
       OR v_step NOT IN ('invited member', 'invited declined', 'invited withdrawn', 'member left')
       OR OLD.state = 'member' AND (NEW.answered_by, NEW.answered_at, NEW.joined_on)
                                   IS DISTINCT FROM (OLD.answered_by, OLD.answered_at, OLD.joined_on) THEN
        RAISE EXCEPTION 'affiliation % does not go on so', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER affiliation_forward BEFORE UPDATE ON affiliation
    FOR EACH ROW EXECUTE FUNCTION affiliation_forward();
