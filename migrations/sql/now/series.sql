-- What guards distributions that are posted by a series of entries.

-- Entries follow one another while the distribution is approved, and nobody else's entry is among them.
CREATE OR REPLACE FUNCTION distribution_entry_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_state text;
    v_last public.distribution_entry%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.reversal_number IS NOT NULL OR NEW.reversal_number IS NULL
           OR (to_jsonb(NEW) - 'reversal_number') IS DISTINCT FROM (to_jsonb(OLD) - 'reversal_number')
           OR NOT EXISTS (SELECT FROM public.reversal r
                           WHERE r.book_id = OLD.book_id AND r.number = OLD.entry_number AND r.reversed_by = NEW.reversal_number) THEN
            RAISE EXCEPTION 'entry % of distribution % is taken back once, by its mirror', OLD.number, OLD.distribution_id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT d.state INTO v_state FROM public.distribution d
     WHERE d.book_id = NEW.book_id AND d.id = NEW.distribution_id FOR NO KEY UPDATE;
    SELECT * INTO v_last FROM public.distribution_entry e
     WHERE e.book_id = NEW.book_id AND e.distribution_id = NEW.distribution_id ORDER BY e.number DESC LIMIT 1;
    IF v_state <> 'approved' OR NEW.number <> 1 + coalesce(v_last.number, 0) OR NEW.entry_number <= coalesce(v_last.entry_number, 0)
       OR NEW.from_member <= coalesce(v_last.to_member, -1)
       OR NOT EXISTS (SELECT FROM public.transfer t
                       WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry_number << 16 AND (NEW.entry_number << 16) + 65535
                         AND t.kind = 43) THEN
        RAISE EXCEPTION 'entry % of distribution % does not follow', NEW.number, NEW.distribution_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER distribution_entry_next BEFORE INSERT OR UPDATE ON distribution_entry
    FOR EACH ROW EXECUTE FUNCTION distribution_entry_next();

-- One that is posted by a series has posted all of its net, and one that has begun is not given up.
CREATE OR REPLACE FUNCTION distribution_whole_series() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_posted numeric;
BEGIN
    IF NOT EXISTS (SELECT FROM public.distribution_entry e WHERE e.book_id = NEW.book_id AND e.distribution_id = NEW.id) THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'posted' THEN
        SELECT sum(t.amount) INTO v_posted
          FROM public.distribution_entry e
          JOIN public.transfer t ON t.book_id = e.book_id AND t.pos BETWEEN e.entry_number << 16 AND (e.entry_number << 16) + 65535
         WHERE e.book_id = NEW.book_id AND e.distribution_id = NEW.id AND t.kind = 43;
        IF v_posted IS DISTINCT FROM NEW.sales::numeric + NEW.other_income - NEW.costs - NEW.other_costs - NEW.loss_before THEN
            RAISE EXCEPTION 'the series of distribution % posts % of it', NEW.id, v_posted USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.state = 'withdrawn' THEN
        RAISE EXCEPTION 'distribution % is being posted', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER distribution_whole_series BEFORE UPDATE ON distribution
    FOR EACH ROW WHEN (OLD.state = 'approved' AND NEW.state IN ('posted', 'withdrawn')) EXECUTE FUNCTION distribution_whole_series();
