-- What guards bank accounts, payouts, and the lines of statements by which they settle.

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

-- A payout begins as one that is asked for.
CREATE OR REPLACE FUNCTION payout_begins_requested() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'requested' THEN
        RAISE EXCEPTION 'book %: payout % begins as a request', NEW.book_id, NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER payout_begins_requested BEFORE INSERT ON payout
    FOR EACH ROW EXECUTE FUNCTION payout_begins_requested();

-- A line keeps what the bank said, and is matched once. What a person booked it as may be taken back: then it is open again.
CREATE OR REPLACE FUNCTION bank_line_as_told() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'payout', 'entry', 'why', 'booked_as', 'version'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR OLD.state = 'matched'
       OR (OLD.state = 'booked' AND NEW.state <> 'open') THEN
        RAISE EXCEPTION 'book %: line % stays as the bank told it', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER bank_line_as_told BEFORE UPDATE ON bank_line
    FOR EACH ROW EXECUTE FUNCTION bank_line_as_told();

CREATE OR REPLACE TRIGGER payout_kept BEFORE DELETE OR TRUNCATE ON payout
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER bank_line_kept BEFORE DELETE OR TRUNCATE ON bank_line
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
