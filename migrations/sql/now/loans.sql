-- What guards the interest on loans: terms never change what is booked, and interest is a cost that is owed to its lender.

-- Terms begin after the last day whose interest is booked.
CREATE OR REPLACE FUNCTION loan_terms_after_interest() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.cooperative c WHERE c.book_id = NEW.book_id FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (
        SELECT FROM public.loan_interest i
          JOIN public.proceeds p ON p.book_id = i.book_id AND p.id = i.proceeds_id
         WHERE i.book_id = NEW.book_id AND i.lender = NEW.lender AND i.through >= NEW.effective_from AND p.reversed_at IS NULL) THEN
        RAISE EXCEPTION 'the interest of % is booked beyond %', NEW.lender, NEW.effective_from USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER loan_terms_after_interest BEFORE INSERT ON loan_terms
    FOR EACH ROW EXECUTE FUNCTION loan_terms_after_interest();

-- Interest is a cost that stands, of that amount, owed to the lender whose loan it is; it follows what was booked before, and terms say
-- that there is any.
CREATE OR REPLACE FUNCTION loan_interest_as_cost() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM public.cooperative c WHERE c.book_id = NEW.book_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT FROM public.proceeds p
          JOIN public.transfer t ON t.book_id = p.book_id AND t.pos = p.entry_number << 16
          JOIN public.account a ON a.book_id = t.book_id AND a.number = t.credit
         WHERE p.book_id = NEW.book_id AND p.id = NEW.proceeds_id AND p.kind = 'cost' AND p.amount = NEW.amount
           AND p.reversed_at IS NULL AND a.code = 'liabilities:costs:' || NEW.lender) THEN
        RAISE EXCEPTION 'interest is a cost that is owed to %', NEW.lender USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM public.loan_terms l
                    WHERE l.book_id = NEW.book_id AND l.lender = NEW.lender AND l.effective_from <= NEW.through)
       OR EXISTS (
        SELECT FROM public.loan_interest i
          JOIN public.proceeds p ON p.book_id = i.book_id AND p.id = i.proceeds_id
         WHERE i.book_id = NEW.book_id AND i.lender = NEW.lender AND i.through >= NEW.through AND p.reversed_at IS NULL) THEN
        RAISE EXCEPTION 'no terms of % make interest through %, or it is booked', NEW.lender, NEW.through
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER loan_interest_as_cost BEFORE INSERT ON loan_interest
    FOR EACH ROW EXECUTE FUNCTION loan_interest_as_cost();
