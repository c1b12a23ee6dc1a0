-- Addresses that were fetched and hashed.

-- A fetch ends once, and says then what came of it.
CREATE OR REPLACE FUNCTION evidence_fetch_ends_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'failure', 'ended_at', 'bytes', 'final_url', 'content_type', 'sha256'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'pending' THEN
            RAISE EXCEPTION 'book %: a fetch begins pending', NEW.book_id USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'pending' OR NEW.state = 'pending' OR to_jsonb(NEW) - v_changes IS DISTINCT FROM to_jsonb(OLD) - v_changes THEN
        RAISE EXCEPTION 'book %: a fetch ends once', OLD.book_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER evidence_fetch_ends_once BEFORE INSERT OR UPDATE ON evidence_fetch
    FOR EACH ROW EXECUTE FUNCTION evidence_fetch_ends_once();
