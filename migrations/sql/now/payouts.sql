-- What guards bank accounts, payouts and their runs, and the lines of statements by which they settle.

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

-- A payout keeps what was asked for; it is sent once, to a bank account that is active; and it settles, and comes back, by a line of
-- a statement that bears its reference and its amount.
CREATE OR REPLACE FUNCTION payout_by_the_bank() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'state_until', 'bank_account', 'approved_by', 'approved', 'sent_by', 'sent_on',
                                       'late_from', 'sent_entry', 'end_entry', 'settled_on', 'screening', 'fee', 'returned',
                                       'reason', 'version'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR OLD.state IN ('failed', 'returned', 'cancelled')
       OR (OLD.state = 'settled' AND NEW.state <> 'returned')
       OR (OLD.state = 'sent' AND NEW.state NOT IN ('sent', 'settled', 'failed'))
       OR (OLD.sent_entry > 0 AND (NEW.sent_entry, NEW.bank_account, NEW.approved_by, NEW.sent_by, NEW.sent_on)
                                  IS DISTINCT FROM (OLD.sent_entry, OLD.bank_account, OLD.approved_by, OLD.sent_by, OLD.sent_on))
       OR (NEW.sent_entry > 0 AND OLD.sent_entry = 0 AND OLD.state <> 'screened') THEN
        RAISE EXCEPTION 'book %: payout % does not go this way', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'sent' AND OLD.state <> 'sent'
       AND NOT EXISTS (SELECT FROM public.bank_account b
                        WHERE b.book_id = NEW.book_id AND b.id = NEW.bank_account AND b.payee = NEW.payee
                          AND b.currency = NEW.currency AND b.state = 'active') THEN
        RAISE EXCEPTION 'book %: the bank account of payout % is not active', OLD.book_id, OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'settled' AND OLD.state <> 'settled'
       AND NOT EXISTS (SELECT FROM public.bank_line l
                        WHERE l.book_id = NEW.book_id AND l.payout = NEW.id AND l.is_debit AND l.end_to_end = NEW.reference
                          AND l.custodian = NEW.custodian AND l.currency = NEW.currency
                          AND l.amount + l.fee = NEW.amount AND l.fee = NEW.fee AND l.value_on = NEW.settled_on) THEN
        RAISE EXCEPTION 'book %: no line of a statement settles payout %', OLD.book_id, OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'returned' AND OLD.state <> 'returned'
       AND NOT EXISTS (SELECT FROM public.bank_line l
                        WHERE l.book_id = NEW.book_id AND l.payout = NEW.id AND NOT l.is_debit
                          AND l.end_to_end = NEW.reference AND l.custodian = NEW.custodian AND l.currency = NEW.currency
                          AND l.amount + l.fee = NEW.returned) THEN
        RAISE EXCEPTION 'book %: no line of a statement brings payout % back', OLD.book_id, OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER payout_by_the_bank BEFORE UPDATE ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_by_the_bank();

-- A payout begins as one that is asked for; a member's share goes to the person who is the member, a lender's to who stands behind
-- its name; and a run asks for what it was asked for, while it gathers.
CREATE OR REPLACE FUNCTION payout_begins_requested() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_code text;
BEGIN
    IF NEW.state <> 'requested' THEN
        RAISE EXCEPTION 'book %: payout % begins as a request', NEW.book_id, NEW.id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.source IN ('member', 'lender') THEN
        SELECT a.code INTO v_code FROM public.account a WHERE a.book_id = NEW.book_id AND a.number = NEW.payable;
        IF v_code IS NULL OR v_code NOT LIKE 'liabilities:payable:' || NEW.source || ':%'
           OR (NEW.source = 'member' AND NOT EXISTS (SELECT FROM public.member m
                WHERE m.book_id = NEW.book_id AND m.number::text = split_part(v_code, ':', 4) AND m.person = NEW.payee))
           OR (NEW.source = 'lender' AND NOT EXISTS (SELECT FROM public.lender l
                WHERE l.book_id = NEW.book_id AND l.name = split_part(v_code, ':', 4) AND l.payee = NEW.payee
                  AND l.payee_kind = NEW.payee_kind)) THEN
            RAISE EXCEPTION 'book %: payout % goes to somebody to whom this is not owed', NEW.book_id, NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.run IS NOT NULL
       AND NOT EXISTS (SELECT FROM public.payout_run r
                        WHERE r.book_id = NEW.book_id AND r.id = NEW.run AND r.state = 'gathering' AND NEW.source = ANY(r.sources)
                          AND r.currency = NEW.currency AND r.custodian = NEW.custodian AND r.cash = NEW.cash
                          AND r.requested_by = NEW.requested_by AND NEW.amount >= r.minimum AND NEW.claim IS NULL) THEN
        RAISE EXCEPTION 'book %: run % asks for no payout such as %', NEW.book_id, NEW.run, NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER payout_begins_requested BEFORE INSERT ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_begins_requested();

-- A run keeps what was asked for. It counts its payouts while it gathers, and is over when all of them are, or when it was given up.
CREATE OR REPLACE FUNCTION payout_run_as_asked() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'reason', 'payouts', 'ended', 'total', 'version'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR NEW.payouts < OLD.payouts OR NEW.total < OLD.total OR NEW.ended < OLD.ended
       OR (OLD.state <> 'gathering' AND (NEW.payouts, NEW.total) IS DISTINCT FROM (OLD.payouts, OLD.total))
       OR (OLD.state IN ('done', 'cancelled') AND NEW.state <> OLD.state)
       OR (OLD.state = 'ready' AND NEW.state = 'gathering') THEN
        RAISE EXCEPTION 'book %: payout run % stays as it was asked for', OLD.book_id, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'done' AND OLD.state <> 'done'
       AND EXISTS (SELECT FROM public.payout p
                    WHERE p.book_id = NEW.book_id AND p.run = NEW.id
                      AND p.state NOT IN ('settled', 'failed', 'returned', 'cancelled')) THEN
        RAISE EXCEPTION 'book %: a payout of run % is not over', OLD.book_id, OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER payout_run_as_asked BEFORE UPDATE ON payout_run
    FOR EACH ROW EXECUTE FUNCTION payout_run_as_asked();

-- A line keeps what the bank said, and is matched once.
CREATE OR REPLACE FUNCTION bank_line_as_told() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (to_jsonb(NEW) - ARRAY['state', 'payout', 'entry', 'why', 'version'])
           IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['state', 'payout', 'entry', 'why', 'version'])
       OR OLD.state = 'matched' THEN
        RAISE EXCEPTION 'book %: line % stays as the bank told it', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER bank_line_as_told BEFORE UPDATE ON bank_line
    FOR EACH ROW EXECUTE FUNCTION bank_line_as_told();

CREATE OR REPLACE TRIGGER payout_kept BEFORE DELETE OR TRUNCATE ON payout
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER payout_run_kept BEFORE DELETE OR TRUNCATE ON payout_run
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER payout_document_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_document
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER bank_line_kept BEFORE DELETE OR TRUNCATE ON bank_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
