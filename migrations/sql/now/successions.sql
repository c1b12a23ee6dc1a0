-- What guards the reserve of a cooperative: it is left to a successor only, by a vote, and after all debts and all capital.

-- 103 is assets_passed_on. When the transaction ends, what was left is what the succession says, to whom it says, by a proposal that passed;
-- nothing else is owed any more, members have no capital, and no surplus waits to be shared.
CREATE OR REPLACE FUNCTION succession_after_all_others() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry CONSTANT bigint := NEW.pos >> 16;
    v_is public.succession%ROWTYPE;
BEGIN
    SELECT * INTO v_is FROM public.succession s
     WHERE s.book_id = NEW.book_id AND s.entry_number = v_entry AND s.reversed_at IS NULL;
    IF v_is.amount IS DISTINCT FROM (
            SELECT sum(t.amount) FROM public.transfer t
              JOIN public.account a ON a.book_id = t.book_id AND a.number = t.credit
             WHERE t.book_id = NEW.book_id AND t.pos BETWEEN v_entry << 16 AND (v_entry << 16) + 65535
               AND t.kind = 103 AND a.code = 'liabilities:payable:lender:' || v_is.successor)
       OR NOT EXISTS (SELECT FROM public.proposal p
                       WHERE p.book_id = v_is.book_id AND p.id = v_is.proposal_id AND p.state = 'passed')
       OR EXISTS (SELECT FROM public.balance b
                    JOIN public.account a ON a.book_id = b.book_id AND a.number = b.account
                    JOIN public.account_class c ON c.class = a.class
                   WHERE b.book_id = NEW.book_id AND b.debits <> b.credits
                     AND (starts_with(a.code, 'liabilities:') AND a.code <> 'liabilities:payable:lender:' || v_is.successor
                          OR c.name IN ('member_capital', 'surplus'))) THEN
        RAISE EXCEPTION 'book %: entry % leaves the reserve to nobody who comes last', NEW.book_id, v_entry
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS succession_after_all_others ON transfer;
CREATE CONSTRAINT TRIGGER succession_after_all_others AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 103) EXECUTE FUNCTION succession_after_all_others();

-- A succession that moved nothing is none.
CREATE OR REPLACE FUNCTION succession_as_posted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.transfer t
                    WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry_number << 16 AND (NEW.entry_number << 16) + 65535
                      AND t.kind = 103) THEN
        RAISE EXCEPTION 'book %: succession % has no entry', NEW.book_id, NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER succession_as_posted AFTER INSERT ON succession
    FOR EACH ROW EXECUTE FUNCTION succession_as_posted();
