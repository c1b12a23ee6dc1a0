-- What guards credentials of partners: what is revoked stays so, and of its secrets one at most lives besides the present one, never longer than was said.

CREATE OR REPLACE FUNCTION credential_as_said() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.revoked_at IS NOT NULL
       AND (NEW.revoked_at, NEW.secret_digest, NEW.old_digest, NEW.old_ends_at)
           IS DISTINCT FROM (OLD.revoked_at, OLD.secret_digest, OLD.old_digest, OLD.old_ends_at) THEN
        RAISE EXCEPTION 'credential % is revoked, and stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    -- The old secret is the one that was the present one, or the same as before, which ends no later than was said.
    IF NEW.old_digest IS DISTINCT FROM OLD.old_digest AND NEW.old_digest <> OLD.secret_digest
       OR NEW.old_digest = OLD.old_digest
          AND (NEW.old_ends_at > OLD.old_ends_at OR NEW.secret_digest <> OLD.secret_digest) THEN
        RAISE EXCEPTION 'credential %: its old secret ends as was said', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER credential_as_said BEFORE UPDATE ON credential FOR EACH ROW EXECUTE FUNCTION credential_as_said();
