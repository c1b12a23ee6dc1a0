-- What guards distributions that are posted by a series of entries.

-- Entries follow one another while the distribution is approved, and nobody else's entry is among them: each moves just what its members have of
-- the plan, and the first one what comes before them. 43 is surplus_allocated, 95 loss_borne.
CREATE OR REPLACE FUNCTION distribution_entry_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_state text;
    v_last public.distribution_entry%ROWTYPE;
    v_moved numeric;
    v_parts numeric;
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
       OR NEW.from_member <= coalesce(v_last.to_member, -1) THEN
        RAISE EXCEPTION 'entry % of distribution % does not follow', NEW.number, NEW.distribution_id USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(t.amount), 0) INTO v_moved FROM public.transfer t
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry_number << 16 AND (NEW.entry_number << 16) + 65535 AND t.kind IN (43, 95);
    SELECT coalesce(sum(p.amount + p.retained + coalesce((p.share->>'netted')::bigint, 0) + coalesce((p.share->>'loss')::bigint, 0)), 0)
      INTO v_parts FROM public.distribution_part p
     WHERE p.book_id = NEW.book_id AND p.distribution_id = NEW.distribution_id AND p.number BETWEEN NEW.from_member AND NEW.to_member;
    IF NEW.from_member = 0 THEN
        SELECT v_parts + coalesce((d.plan->>'from_reserve')::bigint, 0)
               + coalesce((SELECT sum(p.amount) FROM public.distribution_part p
                            WHERE p.book_id = d.book_id AND p.distribution_id = d.id AND p.number IS NULL), 0)
          INTO v_parts FROM public.distribution d WHERE d.book_id = NEW.book_id AND d.id = NEW.distribution_id;
    END IF;
    IF v_moved = 0 OR v_moved <> v_parts THEN
        RAISE EXCEPTION 'entry % of distribution % moves %, and its parts are %', NEW.number, NEW.distribution_id, v_moved, v_parts
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER distribution_entry_next BEFORE INSERT OR UPDATE ON distribution_entry
    FOR EACH ROW EXECUTE FUNCTION distribution_entry_next();

-- One that is posted by a series has posted all of its net: a surplus, or a loss, of which the costs are covered that its result has left on each account.
-- And one that has begun is not given up. 42 is result_closed.
CREATE OR REPLACE FUNCTION distribution_whole_series() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_posted numeric;
BEGIN
    IF NOT EXISTS (SELECT FROM public.distribution_entry e WHERE e.book_id = NEW.book_id AND e.distribution_id = NEW.id) THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'posted' THEN
        SELECT sum(CASE t.kind WHEN 43 THEN t.amount ELSE -t.amount END) INTO v_posted
          FROM public.distribution_entry e
          JOIN public.transfer t ON t.book_id = e.book_id AND t.pos BETWEEN e.entry_number << 16 AND (e.entry_number << 16) + 65535
         WHERE e.book_id = NEW.book_id AND e.distribution_id = NEW.id AND t.kind IN (43, 95);
        IF v_posted IS DISTINCT FROM NEW.sales::numeric + NEW.other_income - NEW.costs - NEW.other_costs - NEW.loss_before THEN
            RAISE EXCEPTION 'the series of distribution % posts % of it', NEW.id, v_posted USING ERRCODE = 'check_violation';
        END IF;
        IF v_posted < 0 AND EXISTS (
            SELECT FROM (SELECT t.credit AS account, sum(t.amount) AS covered
                           FROM public.distribution_entry e
                           JOIN public.transfer t ON t.book_id = e.book_id
                                AND t.pos BETWEEN e.entry_number << 16 AND (e.entry_number << 16) + 65535
                          WHERE e.book_id = NEW.book_id AND e.distribution_id = NEW.id AND t.kind = 42
                          GROUP BY t.credit) AS c
              FULL JOIN (SELECT (part->>0)::int AS account, (part->>1)::bigint AS amount
                           FROM public.period_result r, jsonb_array_elements(r.carried) AS part
                          WHERE r.book_id = NEW.book_id AND r.id = NEW.result_id) AS l ON l.account = c.account
             WHERE c.covered IS DISTINCT FROM l.amount) THEN
            RAISE EXCEPTION 'the series of distribution % covers other costs than its result has left', NEW.id USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.state = 'withdrawn' THEN
        RAISE EXCEPTION 'distribution % is being posted', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER distribution_whole_series BEFORE UPDATE ON distribution
    FOR EACH ROW WHEN (OLD.state = 'approved' AND NEW.state IN ('posted', 'withdrawn')) EXECUTE FUNCTION distribution_whole_series();

-- Entries of a redemption follow one another from its approval on, and each moves just what its members are given. 93 is capital_redeemed.
CREATE OR REPLACE FUNCTION redemption_entry_next() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_state text;
    v_last public.redemption_entry%ROWTYPE;
    v_moved numeric;
    v_parts numeric;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.reversal_number IS NOT NULL OR NEW.reversal_number IS NULL
           OR (to_jsonb(NEW) - 'reversal_number') IS DISTINCT FROM (to_jsonb(OLD) - 'reversal_number')
           OR NOT EXISTS (SELECT FROM public.reversal r
                           WHERE r.book_id = OLD.book_id AND r.number = OLD.entry_number AND r.reversed_by = NEW.reversal_number) THEN
            RAISE EXCEPTION 'entry % of redemption % is taken back once, by its mirror', OLD.number, OLD.redemption_id
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT r.state INTO v_state FROM public.redemption r
     WHERE r.book_id = NEW.book_id AND r.id = NEW.redemption_id FOR NO KEY UPDATE;
    SELECT * INTO v_last FROM public.redemption_entry e
     WHERE e.book_id = NEW.book_id AND e.redemption_id = NEW.redemption_id ORDER BY e.number DESC LIMIT 1;
    IF v_state <> (CASE WHEN NEW.number = 1 THEN 'requested' ELSE 'posting' END) OR NEW.number <> 1 + coalesce(v_last.number, 0)
       OR NEW.entry_number <= coalesce(v_last.entry_number, 0) OR NEW.from_member <= coalesce(v_last.to_member, 0) THEN
        RAISE EXCEPTION 'entry % of redemption % does not follow', NEW.number, NEW.redemption_id USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(sum(t.amount), 0) INTO v_moved FROM public.transfer t
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry_number << 16 AND (NEW.entry_number << 16) + 65535 AND t.kind = 93;
    SELECT coalesce(sum(p.amount), 0) INTO v_parts FROM public.redemption_part p
     WHERE p.book_id = NEW.book_id AND p.redemption_id = NEW.redemption_id AND p.number BETWEEN NEW.from_member AND NEW.to_member;
    IF v_moved = 0 OR v_moved <> v_parts THEN
        RAISE EXCEPTION 'entry % of redemption % moves %, and its parts are %', NEW.number, NEW.redemption_id, v_moved, v_parts
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER redemption_entry_next BEFORE INSERT OR UPDATE ON redemption_entry
    FOR EACH ROW EXECUTE FUNCTION redemption_entry_next();

-- A redemption is approved once all of it is posted, by its one entry or by its series, and all of that went of the shares.
CREATE OR REPLACE FUNCTION redemption_whole() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_posted numeric;
    v_used numeric;
BEGIN
    SELECT sum(t.amount) INTO v_posted
      FROM (SELECT e.entry_number FROM public.redemption_entry e WHERE e.book_id = NEW.book_id AND e.redemption_id = NEW.id
             UNION SELECT NEW.entry_number) AS e
      JOIN public.transfer t ON t.book_id = NEW.book_id AND t.pos BETWEEN e.entry_number << 16 AND (e.entry_number << 16) + 65535
     WHERE t.kind = 93;
    SELECT sum(u.amount) INTO v_used FROM public.retained_use u
     WHERE u.book_id = NEW.book_id AND u.used_by = NEW.id AND NOT u.undone;
    IF (v_posted, v_used) IS DISTINCT FROM (NEW.amount::numeric, NEW.amount::numeric) THEN
        RAISE EXCEPTION 'redemption % of % posts % and uses %', NEW.id, NEW.amount, v_posted, v_used USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER redemption_whole BEFORE UPDATE ON redemption
    FOR EACH ROW WHEN (OLD.state <> 'approved' AND NEW.state = 'approved') EXECUTE FUNCTION redemption_whole();

-- The parts of a redemption are written with it, while it is asked for, and come to what was asked for.
CREATE OR REPLACE FUNCTION redemption_parts_asked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_wrong uuid;
BEGIN
    SELECT r.id INTO v_wrong
      FROM (SELECT DISTINCT n.book_id, n.redemption_id FROM new_rows n) AS n
      JOIN public.redemption r ON r.book_id = n.book_id AND r.id = n.redemption_id
     WHERE r.state <> 'requested'
        OR r.amount < (SELECT sum(p.amount) FROM public.redemption_part p WHERE p.book_id = r.book_id AND p.redemption_id = r.id)
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'redemption % has other parts than were asked for', v_wrong USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER redemption_parts_asked AFTER INSERT ON redemption_part REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION redemption_parts_asked();

-- Whether a distribution or a redemption that is being reversed is still to take something of an account: of what its entries that are not mirrored have
-- allocated, let fall due or redeemed. 43 is surplus_allocated, 91 loan_due, 93 capital_redeemed.
CREATE OR REPLACE FUNCTION series_needs(p_book int, p_account int) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.distribution d
          JOIN public.distribution_entry e ON e.book_id = d.book_id AND e.distribution_id = d.id AND e.reversal_number IS NULL
          JOIN public.transfer t ON t.book_id = e.book_id AND t.pos BETWEEN e.entry_number << 16 AND (e.entry_number << 16) + 65535
         WHERE d.book_id = p_book AND d.state = 'reversing' AND t.kind IN (43, 91) AND t.credit = p_account)
    OR EXISTS (
        SELECT FROM public.redemption r
          JOIN public.redemption_entry e ON e.book_id = r.book_id AND e.redemption_id = r.id AND e.reversal_number IS NULL
          JOIN public.transfer t ON t.book_id = e.book_id AND t.pos BETWEEN e.entry_number << 16 AND (e.entry_number << 16) + 65535
         WHERE r.book_id = p_book AND r.state = 'reversing' AND t.kind = 93 AND t.credit = p_account)
$$;

-- While a distribution or a redemption is being posted by a series, nothing else takes what it counts on: members' capital, the reserve, what stands
-- against shares, and the costs of a loss. While it is being reversed, nothing else takes of the accounts that are to give something back. CP003 is
-- what the service knows it by, wherever something is posted. 14 is dispute_lost, 20 milestone_released, 21 fund_moved, 23 payout_sent, 27 payout_fee,
-- 46 inter_book_sent, 51 surplus_restored, 71 bank_fee_returned, 90 capital_payment_returned, 93 capital_redeemed, 95 loss_borne,
-- 98 advance_taken_back, 99 opening_taken_back, 101 reserve_payment_returned, 103 assets_passed_on, 104 assets_taken_back.
CREATE OR REPLACE FUNCTION series_holds() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.kind NOT IN (14, 20, 21, 23, 27, 46, 95, 104) AND EXISTS (
           SELECT FROM public.distribution d
            WHERE d.book_id = NEW.book_id AND d.state = 'approved'
              AND EXISTS (SELECT FROM public.distribution_entry e WHERE e.book_id = d.book_id AND e.distribution_id = d.id))
       OR NEW.kind NOT IN (14, 20, 21, 23, 27, 46, 71, 93, 104) AND EXISTS (
           SELECT FROM public.redemption r WHERE r.book_id = NEW.book_id AND r.state = 'posting')
       OR NEW.kind <> 51 AND public.series_needs(NEW.book_id, NEW.debit) THEN
        RAISE EXCEPTION 'book %: entry % takes what a series counts on that is being posted or reversed', NEW.book_id, NEW.pos >> 16
            USING ERRCODE = 'CP003';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER series_holds AFTER INSERT ON transfer
    FOR EACH ROW WHEN (NEW.kind IN (14, 20, 21, 23, 27, 46, 51, 71, 90, 93, 95, 98, 99, 101, 103, 104)) EXECUTE FUNCTION series_holds();

-- What was posted by a series is reversed once all of its entries are mirrored; and what is being reversed comes to no other end.
CREATE OR REPLACE FUNCTION series_reversed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_left bigint;
BEGIN
    IF TG_TABLE_NAME LIKE 'distribution%' THEN
        SELECT count(*) INTO v_left FROM public.distribution_entry e
         WHERE e.book_id = NEW.book_id AND e.distribution_id = NEW.id AND e.reversal_number IS NULL;
    ELSE
        SELECT count(*) INTO v_left FROM public.redemption_entry e
         WHERE e.book_id = NEW.book_id AND e.redemption_id = NEW.id AND e.reversal_number IS NULL;
    END IF;
    IF OLD.state = 'reversing' AND NEW.state <> 'reversed'
       OR NEW.state = 'reversing' AND (OLD.entry_number IS NULL OR OLD.state IN ('posting', 'paid', 'reversed') OR v_left = 0)
       OR NEW.state = 'reversed' AND v_left > 0 THEN
        RAISE EXCEPTION '% that is % does not become %, with % entries that stand', NEW.id, OLD.state, NEW.state, v_left
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER distribution_series_reversed BEFORE UPDATE ON distribution
    FOR EACH ROW WHEN (OLD.state = 'reversing' OR NEW.state IN ('reversing', 'reversed')) EXECUTE FUNCTION series_reversed();
CREATE OR REPLACE TRIGGER redemption_series_reversed BEFORE UPDATE ON redemption
    FOR EACH ROW WHEN (OLD.state = 'reversing' OR NEW.state IN ('reversing', 'reversed')) EXECUTE FUNCTION series_reversed();
