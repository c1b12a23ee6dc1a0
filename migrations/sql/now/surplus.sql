-- What guards the surplus of a cooperative.

-- What was shared of a surplus comes back as the mirror of that, linked to it, and no more of it: 51 is surplus_restored, 43
-- surplus_allocated. So nothing that a member has from elsewhere becomes the cooperative's own.
CREATE OR REPLACE FUNCTION surplus_as_allocated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry CONSTANT bigint := NEW.pos >> 16;
    v_restored bigint;
    v_allocated bigint;
BEGIN
    SELECT sum(t.amount) INTO v_restored
      FROM public.transfer t
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN v_entry << 16 AND (v_entry << 16) + 65535
       AND t.kind = NEW.kind AND t.debit = NEW.debit;
    SELECT sum(t.amount) INTO v_allocated
      FROM public.reversal r
      JOIN public.transfer t ON t.book_id = r.book_id AND t.pos BETWEEN r.number << 16 AND (r.number << 16) + 65535
     WHERE r.book_id = NEW.book_id AND r.reversed_by = v_entry AND t.kind = 43 AND t.credit = NEW.debit;
    IF v_restored > coalesce(v_allocated, 0) THEN
        RAISE EXCEPTION 'book %: entry % restores % to a surplus, and mirrors %', NEW.book_id, v_entry, v_restored, coalesce(v_allocated, 0)
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS surplus_as_allocated ON transfer;
CREATE CONSTRAINT TRIGGER surplus_as_allocated AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 51) EXECUTE FUNCTION surplus_as_allocated();
