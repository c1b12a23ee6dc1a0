-- What guards bank accounts, payouts and their runs, the files by which they are handed to a bank, and the lines of statements by which they settle.

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

-- A line keeps what the bank said, and is matched, a gift, or in suspense once: of its own amount. What is in suspense is booked by a person
-- once it is explained. What a person booked it as may be taken back: then it is open again.
CREATE OR REPLACE FUNCTION bank_line_as_told() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'payout', 'charge', 'suspense', 'entry', 'why', 'booked_as', 'version'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR OLD.state IN ('matched', 'gift')
       OR (OLD.state = 'booked' AND NEW.state <> 'open')
       OR (OLD.state = 'suspense'
           AND NOT (NEW.state = 'booked'
                    AND EXISTS (SELECT FROM public.suspense_item i
                                 WHERE i.book_id = OLD.book_id AND i.id = OLD.suspense AND i.state = 'explained'))) THEN
        RAISE EXCEPTION 'book %: line % stays as the bank told it', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.state = 'gift'
        AND NOT EXISTS (SELECT FROM public.charge c
                          JOIN public.settlement s ON s.book_id = c.book_id AND s.id = c.settlement AND s.bank_line = NEW.id
                         WHERE c.book_id = NEW.book_id AND c.id = NEW.charge AND c.state = 'settled' AND c.amount = NEW.amount
                           AND c.currency = NEW.currency AND c.partner = NEW.custodian AND c.entry = NEW.entry AND NOT NEW.is_debit))
       OR (NEW.state = 'suspense'
           AND NOT EXISTS (SELECT FROM public.suspense_item i
                            WHERE i.book_id = NEW.book_id AND i.id = NEW.suspense AND i.line = NEW.id AND i.state = 'open'
                              AND i.amount = NEW.amount AND i.currency = NEW.currency AND i.partner = NEW.custodian
                              AND i.entry = NEW.entry AND NOT NEW.is_debit)) THEN
        RAISE EXCEPTION 'book %: nothing is posted as line % says', OLD.book_id, OLD.id USING ERRCODE = 'check_violation';
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

-- A file keeps what was asked for, and what stands in it once it is ready: its sum is that of its payouts. Nothing of one that is
-- withdrawn has left the bank.
CREATE OR REPLACE FUNCTION payout_file_as_made() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'reason', 'ready_at', 'taken_by', 'taken_at', 'version'];
    v_built   CONSTANT text[] := v_changes || ARRAY['sent', 'left_out', 'total'];
    v_sent    int;
    v_left    int;
    v_total   bigint;
BEGIN
    IF (to_jsonb(NEW) - v_built) IS DISTINCT FROM (to_jsonb(OLD) - v_built)
       OR (OLD.state <> 'building' AND (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes))
       OR NEW.sent < OLD.sent OR NEW.left_out < OLD.left_out OR NEW.total < OLD.total
       OR (OLD.state <> 'building' AND NEW.ready_at IS DISTINCT FROM OLD.ready_at)
       OR (OLD.state = 'building' AND NEW.state = 'reported')
       OR (OLD.state = 'building' AND NEW.state = 'withdrawn' AND NEW.sent > 0)
       OR (OLD.state = 'ready' AND NEW.state = 'building')
       OR (OLD.state = 'reported' AND NEW.state <> 'reported')
       OR (OLD.state = 'withdrawn' AND NEW.state <> 'withdrawn')
       OR (OLD.reason <> '' AND NEW.reason <> OLD.reason) THEN
        RAISE EXCEPTION 'book %: payout file % stays as it was made', OLD.book_id, OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'building' AND NEW.state <> 'building' THEN
        SELECT count(*) FILTER (WHERE i.state = 'sent'), count(*) FILTER (WHERE i.state = 'left_out'),
               coalesce(sum(p.amount) FILTER (WHERE i.state = 'sent'), 0)
          INTO v_sent, v_left, v_total
          FROM public.payout_file_item i JOIN public.payout p ON p.book_id = i.book_id AND p.id = i.payout
         WHERE i.book_id = NEW.book_id AND i.file = NEW.id;
        IF (NEW.sent, NEW.left_out, NEW.total) IS DISTINCT FROM (v_sent, v_left, v_total) THEN
            RAISE EXCEPTION 'book %: payout file % does not hold what it says', OLD.book_id, OLD.id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.state = 'withdrawn' AND OLD.state <> 'withdrawn'
       AND EXISTS (SELECT FROM public.payout_file_item i JOIN public.payout p ON p.book_id = i.book_id AND p.id = i.payout
                    WHERE i.book_id = NEW.book_id AND i.file = NEW.id AND i.state = 'sent'
                      AND p.state IN ('settled', 'returned')) THEN
        RAISE EXCEPTION 'book %: the bank has payout file %', OLD.book_id, OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER payout_file_as_made BEFORE UPDATE ON payout_file
    FOR EACH ROW EXECUTE FUNCTION payout_file_as_made();

-- A file begins with nothing in it, to be paid from an active account of its custodian, in its currency; one of a run is of the run's.
CREATE OR REPLACE FUNCTION payout_file_begins() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'building' OR NEW.sent + NEW.left_out > 0 OR NEW.total > 0
       OR NOT EXISTS (SELECT FROM public.bank_account b
                       WHERE b.book_id = NEW.book_id AND b.id = NEW.debtor AND b.payee = NEW.custodian
                         AND b.currency = NEW.currency AND b.state = 'active') THEN
        RAISE EXCEPTION 'book %: payout file % begins with nothing, and with an account that pays', NEW.book_id, NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.run IS NOT NULL
       AND NOT EXISTS (SELECT FROM public.payout_run r
                        WHERE r.book_id = NEW.book_id AND r.id = NEW.run AND r.custodian = NEW.custodian
                          AND r.currency = NEW.currency AND r.state = 'ready') THEN
        RAISE EXCEPTION 'book %: payout file % sends nothing of run %', NEW.book_id, NEW.id, NEW.run
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER payout_file_begins BEFORE INSERT ON payout_file
    FOR EACH ROW EXECUTE FUNCTION payout_file_begins();

-- A payout stands in a file, or is left out, once and for all; one that stands in it was sent, from the same cash, while it was built.
-- A file of a run has payouts of that run alone.
CREATE OR REPLACE FUNCTION payout_file_item_once_for_all() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'waiting'
           OR NOT EXISTS (SELECT FROM public.payout_file f
                           WHERE f.book_id = NEW.book_id AND f.id = NEW.file AND f.state = 'building' AND NEW.place <= f.items) THEN
            RAISE EXCEPTION 'book %: a payout comes into file % as one that waits, while it is built', NEW.book_id, NEW.file
                USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT FROM public.payout_file f JOIN public.payout p ON p.book_id = f.book_id
                    WHERE f.book_id = NEW.book_id AND f.id = NEW.file AND f.run IS NOT NULL AND p.id = NEW.payout
                      AND p.run IS DISTINCT FROM f.run) THEN
            RAISE EXCEPTION 'book %: payout % is none of the run of file %', NEW.book_id, NEW.payout, NEW.file
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'waiting'
       OR (to_jsonb(NEW) - ARRAY['state', 'why']) IS DISTINCT FROM (to_jsonb(OLD) - ARRAY['state', 'why'])
       OR NOT EXISTS (SELECT FROM public.payout_file f
                       WHERE f.book_id = OLD.book_id AND f.id = OLD.file AND f.state = 'building') THEN
        RAISE EXCEPTION 'book %: place % of payout file % stays', OLD.book_id, OLD.place, OLD.file
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'sent'
       AND NOT EXISTS (SELECT FROM public.payout p JOIN public.payout_file f ON f.book_id = p.book_id
                        WHERE p.book_id = NEW.book_id AND p.id = NEW.payout AND f.id = NEW.file AND p.state = 'sent'
                          AND p.custodian = f.custodian AND p.currency = f.currency AND p.sent_by = f.asked_by) THEN
        RAISE EXCEPTION 'book %: payout % was not sent for file %', NEW.book_id, NEW.payout, NEW.file
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER payout_file_item_once_for_all BEFORE INSERT OR UPDATE ON payout_file_item
    FOR EACH ROW EXECUTE FUNCTION payout_file_item_once_for_all();

CREATE OR REPLACE TRIGGER payout_file_kept BEFORE DELETE OR TRUNCATE ON payout_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER payout_file_item_kept BEFORE DELETE OR TRUNCATE ON payout_file_item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A file keeps what came; its lines go in one page after the other, and what is over stays.
CREATE OR REPLACE FUNCTION bank_statement_file_as_received() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'taken', 'known', 'problem', 'version'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR OLD.state <> 'received' OR NEW.taken < OLD.taken OR NEW.known < OLD.known THEN
        RAISE EXCEPTION 'book %: statement file % stays as it came', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER bank_statement_file_as_received BEFORE UPDATE ON bank_statement_file
    FOR EACH ROW EXECUTE FUNCTION bank_statement_file_as_received();

CREATE OR REPLACE TRIGGER bank_statement_file_kept BEFORE DELETE OR TRUNCATE ON bank_statement_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER bank_statement_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER bank_statement_line_kept BEFORE UPDATE OR TRUNCATE ON bank_statement_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
