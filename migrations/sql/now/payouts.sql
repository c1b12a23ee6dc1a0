-- What guards bank accounts.

-- A bank account keeps what it is and who gave it. It is confirmed once, a state that is over stays, and a newer key may seal it.
CREATE OR REPLACE FUNCTION bank_account_as_given() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'state_until', 'confirmed_by', 'confirmed_at', 'active_at', 'reason', 'version',
                                       'sealed', 'key_version'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR (OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS DISTINCT FROM OLD.confirmed_by)
       OR (OLD.state IN ('replaced', 'rejected') AND NEW.state <> OLD.state)
       OR (OLD.state = 'active' AND NEW.state NOT IN ('active', 'replaced'))
       OR (OLD.state = 'proposed' AND NEW.state NOT IN ('proposed', 'waiting', 'rejected'))
       OR (NEW.sealed <> OLD.sealed AND NEW.key_version <= OLD.key_version) THEN
        RAISE EXCEPTION 'book %: bank account % stays as it was given', OLD.book_id, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER bank_account_as_given BEFORE UPDATE ON bank_account
    FOR EACH ROW EXECUTE FUNCTION bank_account_as_given();

CREATE OR REPLACE TRIGGER bank_account_kept BEFORE DELETE OR TRUNCATE ON bank_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
