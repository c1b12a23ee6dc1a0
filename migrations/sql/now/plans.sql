-- What guards plans and what they bring.

-- A pledge takes the terms of a change that was applied to it, from the payment that the change names, and no others.
CREATE OR REPLACE FUNCTION pledge_terms_agreed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.amount, NEW.schedule, NEW.starts_on, NEW.terms_from) IS DISTINCT FROM
       (OLD.amount, OLD.schedule, OLD.starts_on, OLD.terms_from) AND NOT EXISTS (
        SELECT FROM public.plan_change c JOIN public.plan_change_end e ON e.book_id = c.book_id AND e.change = c.id
         WHERE c.book_id = NEW.book_id AND c.pledge = NEW.id AND e.outcome = 'applied'
           AND c.from_amount = OLD.amount AND c.from_interval = OLD.schedule
           AND c.to_amount = NEW.amount AND c.to_interval = NEW.schedule
           AND e.terms_from = NEW.terms_from AND e.starts_on = NEW.starts_on) THEN
        RAISE EXCEPTION 'book %: no change of pledge % was applied that says so', NEW.book_id, NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER pledge_terms_agreed BEFORE UPDATE OF amount, schedule, starts_on, terms_from ON pledge
    FOR EACH ROW EXECUTE FUNCTION pledge_terms_agreed();

-- A charge is of the amount of its plan as it stands for this payment. It keeps it, whatever becomes of the plan.
CREATE OR REPLACE FUNCTION charge_as_agreed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.pledge p
                    WHERE p.book_id = NEW.book_id AND p.id = NEW.pledge AND p.amount = NEW.amount
                      AND p.currency = NEW.currency AND NEW.sequence >= p.terms_from) THEN
        RAISE EXCEPTION 'book %: payment % of pledge % is of another amount', NEW.book_id, NEW.sequence, NEW.pledge
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER charge_as_agreed BEFORE INSERT ON charge FOR EACH ROW EXECUTE FUNCTION charge_as_agreed();
