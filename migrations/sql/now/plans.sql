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
                      AND p.currency = NEW.currency AND NEW.sequence >= p.terms_from
                      AND p.original_amount IS NOT DISTINCT FROM NEW.original_amount
                      AND p.original_currency IS NOT DISTINCT FROM NEW.original_currency
                      AND coalesce(NEW.promised_amount, p.amount) = p.amount) THEN
        RAISE EXCEPTION 'book %: payment % of pledge % is of another amount', NEW.book_id, NEW.sequence, NEW.pledge
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER charge_as_agreed BEFORE INSERT ON charge FOR EACH ROW EXECUTE FUNCTION charge_as_agreed();

-- What a payment in another currency, or a transfer, comes to is said once, with its capture: then it is of that, within the bounds of its row,
-- or as the line of its bank says. The service
-- has no right to write the amount.
CREATE OR REPLACE FUNCTION charge_came() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.came_amount IS NOT NULL OR OLD.entry > 0 OR NEW.entry = 0 OR NEW.state <> 'captured' THEN
        RAISE EXCEPTION 'book %: charge % comes to another amount', NEW.book_id, NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.promised_amount IS NULL
       AND NOT EXISTS (SELECT FROM public.settlement s
                        WHERE s.book_id = NEW.book_id AND s.id = NEW.settlement AND s.bank_line IS NOT NULL
                          AND s.amount = NEW.came_amount AND s.currency = NEW.currency) THEN
        RAISE EXCEPTION 'book %: no line of a bank says that charge % came to another amount', NEW.book_id, NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.amount := NEW.came_amount;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER charge_came BEFORE UPDATE OF came_amount ON charge
    FOR EACH ROW WHEN (NEW.came_amount IS DISTINCT FROM OLD.came_amount) EXECUTE FUNCTION charge_came();

-- Minor units that all fees of a campaign's terms take of an amount, by the version that has this digest; 0 when none has.
CREATE OR REPLACE FUNCTION fees_agreed(p_book int, p_campaign uuid, p_sha256 bytea, p_amount bigint) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT least(p_amount, coalesce(sum(floor(p_amount * (f ->> 'percent')::numeric / 100) + (f ->> 'fixed')::numeric), 0))::bigint
      FROM (SELECT k.fees FROM public.campaign k
             WHERE k.book_id = p_book AND k.id = p_campaign AND k.terms_sha256 = p_sha256
            UNION ALL
            SELECT t.fees FROM public.campaign_terms t
             WHERE t.book_id = p_book AND t.campaign = p_campaign AND t.terms_sha256 = p_sha256) AS v,
           jsonb_array_elements(v.fees) AS f
$$;

-- What an entry takes of a fund as fees was agreed to by the donor whose charge it captures into that fund: it is no more than the
-- terms of the pledge say of the charge. Or a refund failed by it, and it takes no more than had come back with that refund.
-- Looked at when the transaction commits, as the charge learns the number of its entry after the entry is posted. Kinds of
-- movement: 1 is charge_captured, 5 fee_charged, 7 fee_returned, 31 suspense_matched.
CREATE OR REPLACE FUNCTION fee_as_agreed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry CONSTANT bigint := NEW.pos >> 16;
    v_taken bigint;
    v_captured bigint;
    v_agreed bigint;
BEGIN
    SELECT sum(t.amount) FILTER (WHERE t.kind = NEW.kind AND t.debit = NEW.debit),
           sum(t.amount) FILTER (WHERE t.kind IN (1, 31) AND t.credit = NEW.debit)
      INTO v_taken, v_captured
      FROM public.transfer t
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN v_entry << 16 AND (v_entry << 16) + 65535;
    SELECT public.fees_agreed(c.book_id, c.campaign, p.terms_sha256, c.amount) INTO v_agreed
      FROM public.charge c
      JOIN public.pledge p ON p.book_id = c.book_id AND p.id = c.pledge
      JOIN public.campaign k ON k.book_id = c.book_id AND k.id = c.campaign
     WHERE c.book_id = NEW.book_id AND c.entry = v_entry AND c.entry > 0 AND c.fees > 0 AND c.amount = v_captured
       AND k.fund = NEW.debit;
    IF v_agreed IS NULL THEN
        SELECT sum(t.amount) INTO v_agreed
          FROM public.refund r
          JOIN public.transfer t ON t.book_id = r.book_id AND t.pos BETWEEN r.entry << 16 AND (r.entry << 16) + 65535
         WHERE r.book_id = NEW.book_id AND r.end_entry = v_entry AND r.state = 'failed'
           AND t.credit = NEW.debit AND t.kind = 7;
    END IF;
    IF v_taken > coalesce(v_agreed, 0) THEN
        RAISE EXCEPTION 'book %: entry % takes % of a fund as fees, and % was agreed to', NEW.book_id, v_entry, v_taken, coalesce(v_agreed, 0)
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
-- PostgreSQL replaces no constraint trigger.
DROP TRIGGER IF EXISTS fee_as_agreed ON transfer;
CREATE CONSTRAINT TRIGGER fee_as_agreed AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind = 5) EXECUTE FUNCTION fee_as_agreed();

-- A charge is captured by one entry for ever, and a refund is requested and ended by one each.
CREATE OR REPLACE FUNCTION entry_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'book %: % % has its entry', NEW.book_id, TG_ARGV[0], NEW.id USING ERRCODE = 'restrict_violation';
END
$$;
CREATE OR REPLACE TRIGGER charge_entry_once BEFORE UPDATE OF entry ON charge
    FOR EACH ROW WHEN (OLD.entry > 0 AND NEW.entry <> OLD.entry) EXECUTE FUNCTION entry_once('charge');
CREATE OR REPLACE TRIGGER refund_end_once BEFORE UPDATE OF end_entry ON refund
    FOR EACH ROW WHEN (OLD.end_entry > 0 AND NEW.end_entry <> OLD.end_entry) EXECUTE FUNCTION entry_once('refund');
