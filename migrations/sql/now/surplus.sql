-- What guards the surplus of a cooperative, its members' capital and its loans.

-- What was shared of a surplus comes back as the mirror of that, linked to it, and no more of it: 51 is surplus_restored, 43
-- surplus_allocated. So nothing that a member has from elsewhere becomes the cooperative's own. The same holds for what was redeemed
-- of members' capital: 94 is capital_restored, 93 capital_redeemed; and for what a line of the bank was booked as, and what fell due of a
-- loan: 85 to 88, 90 and 92 take back customer_paid, cost_paid, loan_received, loan_repaid, capital_paid_in and loan_due; and for an advance: 98
-- is advance_taken_back, 97 advance_granted; for the opening of a book: 99 is opening_taken_back, 102 book_opened; and for what of a joining
-- contribution went to the reserve: 101 is reserve_payment_returned, 100 reserve_paid_in; and for what was left to a successor: 104 is
-- assets_taken_back, 103 assets_passed_on; and for what another book declined: 105 is inter_book_returned, 46 inter_book_sent.
CREATE OR REPLACE FUNCTION surplus_as_allocated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry CONSTANT bigint := NEW.pos >> 16;
    v_kind CONSTANT smallint := CASE NEW.kind WHEN 51 THEN 43 WHEN 85 THEN 39 WHEN 86 THEN 41 WHEN 87 THEN 44 WHEN 88 THEN 45
        WHEN 90 THEN 89 WHEN 92 THEN 91 WHEN 98 THEN 97 WHEN 99 THEN 102 WHEN 101 THEN 100 WHEN 104 THEN 103 WHEN 105 THEN 46 ELSE 93 END;
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
     WHERE r.book_id = NEW.book_id AND r.reversed_by = v_entry AND t.kind = v_kind AND t.credit = NEW.debit;
    IF v_restored > coalesce(v_allocated, 0) THEN
        RAISE EXCEPTION 'book %: entry % restores %, and mirrors %', NEW.book_id, v_entry, v_restored, coalesce(v_allocated, 0)
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS surplus_as_allocated ON transfer;
CREATE CONSTRAINT TRIGGER surplus_as_allocated AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind IN (51, 85, 86, 87, 88, 90, 92, 94, 98, 99, 101, 104, 105)) EXECUTE FUNCTION surplus_as_allocated();

-- The opening of a book has just what it owes, its capital and its funds: its entry leaves nothing on the opening equity, and moves as much as
-- it says, on its day. 102 is book_opened.
CREATE OR REPLACE FUNCTION opening_as_posted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_has bigint;
    v_owes bigint;
    v_others bigint;
BEGIN
    SELECT coalesce(sum(t.amount) FILTER (WHERE t.kind = 102 AND c.class = 35), 0),
           coalesce(sum(t.amount) FILTER (WHERE t.kind = 102 AND d.class = 35), 0),
           count(*) FILTER (WHERE t.kind <> 102)
      INTO v_has, v_owes, v_others
      FROM public.transfer t
      JOIN public.account d ON d.book_id = t.book_id AND d.number = t.debit
      JOIN public.account c ON c.book_id = t.book_id AND c.number = t.credit
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry_number << 16 AND (NEW.entry_number << 16) + 65535;
    IF v_has <> NEW.assets OR v_owes <> NEW.assets OR v_others > 0 THEN
        RAISE EXCEPTION 'book %: opening % has %, and its entry % and %', NEW.book_id, NEW.id, NEW.assets, v_has, v_owes
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER opening_as_posted AFTER INSERT ON opening
    FOR EACH ROW EXECUTE FUNCTION opening_as_posted();

-- A loss takes of the reserve, of members' capital and of their next shares just what costs of its entry were not covered, so that
-- nothing of it becomes a surplus: 95 is loss_borne, 42 result_closed. And it comes back as the mirror of that, linked to it, and no
-- more of it: 96 is loss_restored.
CREATE OR REPLACE FUNCTION loss_as_borne() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry CONSTANT bigint := NEW.pos >> 16;
    v_moved bigint;
    v_due bigint;
BEGIN
    IF NEW.kind = 95 THEN
        SELECT coalesce(sum(t.amount) FILTER (WHERE t.kind = 95), 0),
               coalesce(sum(t.amount) FILTER (WHERE t.kind = 42 AND t.debit = NEW.credit), 0)
          INTO v_moved, v_due
          FROM public.transfer t
         WHERE t.book_id = NEW.book_id AND t.pos BETWEEN v_entry << 16 AND (v_entry << 16) + 65535;
    ELSE
        SELECT sum(t.amount) INTO v_moved
          FROM public.transfer t
         WHERE t.book_id = NEW.book_id AND t.pos BETWEEN v_entry << 16 AND (v_entry << 16) + 65535
           AND t.kind = 96 AND t.credit = NEW.credit;
        SELECT coalesce(sum(t.amount), 0) INTO v_due
          FROM public.reversal r
          JOIN public.transfer t ON t.book_id = r.book_id AND t.pos BETWEEN r.number << 16 AND (r.number << 16) + 65535
         WHERE r.book_id = NEW.book_id AND r.reversed_by = v_entry AND t.kind = 95 AND t.debit = NEW.credit;
    END IF;
    IF v_moved <> v_due THEN
        RAISE EXCEPTION 'book %: entry % moves % of a loss, and not %', NEW.book_id, v_entry, v_moved, v_due
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS loss_as_borne ON transfer;
CREATE CONSTRAINT TRIGGER loss_as_borne AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind IN (95, 96)) EXECUTE FUNCTION loss_as_borne();

-- No more goes of a retained share than was retained by a distribution that stands, and of a member's shares no more by a loss than the capital bears
-- of it; and what went comes back once.
CREATE OR REPLACE FUNCTION retained_not_twice() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_used bigint;
    v_retained bigint;
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.undone OR NOT NEW.undone OR to_jsonb(NEW) - 'undone' <> to_jsonb(OLD) - 'undone') THEN
        RAISE EXCEPTION '% on % is refused: it is written once, and undone once', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    SELECT coalesce(sum(u.amount), 0) INTO v_used
      FROM public.retained_use u
     WHERE u.book_id = NEW.book_id AND u.distribution_id = NEW.distribution_id AND u.member_id = NEW.member_id AND NOT u.undone;
    SELECT coalesce(sum(p.retained), 0) INTO v_retained
      FROM public.distribution_part p
      JOIN public.distribution d ON d.book_id = p.book_id AND d.id = p.distribution_id
     WHERE p.book_id = NEW.book_id AND p.distribution_id = NEW.distribution_id AND p.member_id = NEW.member_id
       AND d.state IN ('posted', 'paid', 'statements_issued');
    IF v_used > v_retained THEN
        RAISE EXCEPTION 'book %: % is used of a retained share of %', NEW.book_id, v_used, v_retained
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind = 'loss' AND NOT NEW.undone THEN
        -- Share by share of the member, and not through all that the loss took of others.
        SELECT coalesce(sum((SELECT u.amount FROM public.retained_use u
                              WHERE u.book_id = p.book_id AND u.distribution_id = p.distribution_id AND u.member_id = p.member_id
                                AND u.used_by IS NOT DISTINCT FROM NEW.used_by AND NOT u.undone)), 0)
          INTO v_used FROM public.distribution_part p
         WHERE p.book_id = NEW.book_id AND p.member_id = NEW.member_id AND p.retained > 0;
        SELECT coalesce(sum((p.share->>'loss')::bigint - coalesce((p.share->>'stands')::bigint, 0)), 0) INTO v_retained
          FROM public.distribution_part p
         WHERE p.book_id = NEW.book_id AND p.distribution_id = NEW.used_by AND p.member_id = NEW.member_id;
        IF v_used > v_retained THEN
            RAISE EXCEPTION 'book %: a loss takes % of the shares of a member whose capital bears %', NEW.book_id, v_used, v_retained
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER retained_not_twice AFTER INSERT OR UPDATE ON retained_use
    FOR EACH ROW EXECUTE FUNCTION retained_not_twice();

-- A redemption is what was asked for: only its state changes, and in order.
CREATE OR REPLACE FUNCTION redemption_as_asked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] :=
        ARRAY['approved_by', 'approved_at', 'entry_number', 'reversal_number', 'version', 'state', 'reason'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) <> (to_jsonb(OLD) - v_changes)
       OR (OLD.state, NEW.state) NOT IN (('requested', 'posting'), ('requested', 'approved'), ('posting', 'approved'),
                                         ('requested', 'withdrawn'), ('approved', 'reversed'), ('approved', 'reversing'),
                                         ('reversing', 'reversed'))
       OR OLD.entry_number IS NOT NULL AND
          (NEW.approved_by, NEW.approved_at, NEW.entry_number) IS DISTINCT FROM (OLD.approved_by, OLD.approved_at, OLD.entry_number) THEN
        RAISE EXCEPTION 'a redemption that is % does not become % so', OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER redemption_as_asked BEFORE UPDATE ON redemption
    FOR EACH ROW EXECUTE FUNCTION redemption_as_asked();

-- A result says what its entry moved: to the surplus all that was earned, and of it the costs as far as that reaches. What it leaves
-- on accounts of costs is the rest of them. 42 is result_closed; account class 30 is surplus.
CREATE OR REPLACE FUNCTION result_as_closed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_earned CONSTANT bigint := NEW.sales + NEW.other_income;
    v_spent CONSTANT bigint := NEW.costs + NEW.other_costs + NEW.loss_before;
    v_in bigint;
    v_out bigint;
    v_carried bigint;
BEGIN
    SELECT coalesce(sum(t.amount) FILTER (WHERE c.class = 30), 0), coalesce(sum(t.amount) FILTER (WHERE d.class = 30), 0)
      INTO v_in, v_out
      FROM public.transfer t
      JOIN public.account d ON d.book_id = t.book_id AND d.number = t.debit
      JOIN public.account c ON c.book_id = t.book_id AND c.number = t.credit
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry_number << 16 AND (NEW.entry_number << 16) + 65535
       AND t.kind = 42;
    SELECT coalesce(sum((part ->> 1)::bigint), 0) INTO v_carried FROM jsonb_array_elements(NEW.carried) AS part;
    IF (v_in, v_out, v_carried) <> (v_earned, least(v_earned, v_spent), greatest(v_spent - v_earned, 0)) THEN
        RAISE EXCEPTION 'book %: a result of % less % whose entry moves % and % and leaves %',
            NEW.book_id, v_earned, v_spent, v_in, v_out, v_carried USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS result_as_closed ON period_result;
CREATE CONSTRAINT TRIGGER result_as_closed AFTER INSERT ON period_result DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION result_as_closed();

-- And a distribution has the figures of the result that it divides.
CREATE OR REPLACE FUNCTION distribution_as_result() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.period_result r
                    WHERE r.book_id = NEW.book_id AND r.id = NEW.result_id
                      AND (r.sales, r.costs, r.other_income, r.other_costs, r.loss_before)
                          = (NEW.sales, NEW.costs, NEW.other_income, NEW.other_costs, NEW.loss_before)) THEN
        RAISE EXCEPTION 'book %: a distribution has other figures than its result', NEW.book_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS distribution_as_result ON distribution;
CREATE CONSTRAINT TRIGGER distribution_as_result AFTER INSERT ON distribution DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION distribution_as_result();
