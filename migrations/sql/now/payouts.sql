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
-- once it is explained. What a person booked it as was posted, and may be taken back
-- once that has its mirror: then it is open again.
CREATE OR REPLACE FUNCTION bank_line_as_told() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'payout', 'charge', 'suspense', 'entry', 'why', 'booked_as', 'party', 'version', 'stands_since'];
BEGIN
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR OLD.state IN ('matched', 'gift')
       OR (OLD.state = 'booked'
           AND NOT (NEW.state = 'open'
                    AND (OLD.booked_as = 'entry'
                         OR EXISTS (SELECT FROM public.reversal r WHERE r.book_id = OLD.book_id AND r.number = OLD.entry))))
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
                              AND i.entry = NEW.entry AND NOT NEW.is_debit))
       OR (NEW.state = 'booked' AND NEW.booked_as <> 'entry'
           AND (SELECT coalesce(sum(t.amount), 0) FROM public.transfer t
                 WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry << 16 AND (NEW.entry << 16) + 65535)
               <> NEW.amount + CASE WHEN NEW.is_debit THEN NEW.fee ELSE 0 END) THEN
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

-- An organisation as its outside id writes it: `org_` and lower-case base32 without padding.
CREATE OR REPLACE FUNCTION organisation_written(p_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT 'org_' || string_agg(substr('abcdefghijklmnopqrstuvwxyz234567', substring(i.bits FROM n * 5 + 1 FOR 5)::bit(5)::int + 1, 1),
                                '' ORDER BY n)
      FROM (SELECT ('x' || replace(p_id::text, '-', ''))::bit(128) || B'00' AS bits) AS i, generate_series(0, 25) AS n
$$;

-- What custodians have at their banks and in the book at the end of a day, per currency, where there is either. Of the bank: the last closing
-- balances by then and what lines of later days say; where no balance was told, what all lines come to. Of the book: the cash that is
-- called after the custodian, and of the host all other cash too. The host is whose cash it is that no other custodian has.
CREATE OR REPLACE FUNCTION bank_positions(p_book int, p_day date)
RETURNS TABLE (custodian uuid, currency text, at_bank numeric, in_book numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH host AS (SELECT b.organisation AS custodian FROM public.book b WHERE b.number = p_book),
    who AS (SELECT h.custodian FROM host h
             UNION SELECT l.custodian FROM public.bank_line l WHERE l.book_id = p_book
             UNION SELECT s.custodian FROM public.bank_statement s WHERE s.book_id = p_book
             UNION SELECT s.partner FROM public.settlement s WHERE s.book_id = p_book),
    written AS MATERIALIZED (SELECT w.custodian, public.organisation_written(w.custodian) AS code FROM who w),
    cash AS MATERIALIZED (
        SELECT a.number, a.unit, coalesce(w.custodian, h.custodian) AS custodian
          FROM public.account a
          JOIN public.account_class k ON k.class = a.class AND k.name = 'cash'
         CROSS JOIN host h
          LEFT JOIN written w ON w.code = split_part(a.code, ':', 3)
         WHERE a.book_id = p_book),
    later AS (
        SELECT side.account, sum(side.net) AS net
          FROM public.transfer t
         CROSS JOIN LATERAL (VALUES (t.debit, t.amount::numeric), (t.credit, -t.amount::numeric)) AS side(account, net)
         WHERE t.book_id = p_book AND t.effective > p_day AND side.account IN (SELECT c.number FROM cash c)
         GROUP BY side.account),
    booked AS (
        SELECT c.custodian, c.unit AS currency, sum(b.debits::numeric - b.credits - coalesce(l.net, 0)) AS minor
          FROM cash c
          JOIN public.balance b ON b.book_id = p_book AND b.account = c.number
          LEFT JOIN later l ON l.account = c.number
         GROUP BY c.custodian, c.unit),
    closed AS (
        SELECT t.custodian, t.currency, max(t.closing_on) AS closing_on, sum(t.closing) AS minor
          FROM (SELECT DISTINCT ON (s.custodian, s.currency, s.account) s.custodian, s.currency, s.closing_on, s.closing
                  FROM public.bank_statement s
                  JOIN public.bank_statement_file f ON f.book_id = s.book_id AND f.id = s.file AND f.state = 'imported'
                 WHERE s.book_id = p_book AND s.closing_on <= p_day
                 ORDER BY s.custodian, s.currency, s.account, s.closing_on DESC, s.file DESC, s.number DESC) AS t
         GROUP BY t.custodian, t.currency),
    lines AS (
        SELECT l.custodian, l.currency,
               sum(CASE WHEN l.is_debit THEN -l.amount::numeric - l.fee ELSE l.amount::numeric END) AS minor
          FROM public.bank_line l
          LEFT JOIN closed c ON c.custodian = l.custodian AND c.currency = l.currency
         WHERE l.book_id = p_book AND l.value_on <= p_day AND (c.closing_on IS NULL OR l.value_on > c.closing_on)
         GROUP BY l.custodian, l.currency),
    told AS (
        SELECT e.custodian, e.currency, sum(e.minor) AS minor
          FROM (SELECT c.custodian, c.currency, c.minor FROM closed c
                 UNION ALL SELECT l.custodian, l.currency, l.minor FROM lines l) AS e
         GROUP BY e.custodian, e.currency)
    SELECT coalesce(t.custodian, b.custodian), coalesce(t.currency, b.currency), coalesce(t.minor, 0), coalesce(b.minor, 0)
      FROM told t
      FULL JOIN booked b ON b.custodian = t.custodian AND b.currency = t.currency
     ORDER BY 1, 2
$$;
SELECT ledger_delegate('bank_positions(int, date)');

-- A book that is kept by lines of banks closes no day at whose end banks and book differ, whoever asks.
CREATE OR REPLACE FUNCTION period_explained() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_open text;
BEGIN
    IF EXISTS (SELECT FROM public.book b WHERE b.number = NEW.book_id AND b.kept_by_bank_lines) THEN
        SELECT string_agg(format('%s %s %s', p.custodian, p.currency, p.at_bank - p.in_book), ', ') INTO v_open
          FROM public.bank_positions(NEW.book_id, NEW.closed_through) p WHERE p.at_bank <> p.in_book;
        IF v_open IS NOT NULL THEN
            RAISE EXCEPTION 'book %: unexplained at the end of %: %', NEW.book_id, NEW.closed_through, v_open
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER period_explained BEFORE UPDATE OF closed_through ON book_head
    FOR EACH ROW EXECUTE FUNCTION period_explained();

-- A difference begins proposed, keeps what it is and who said so, and what is over stays so.
CREATE OR REPLACE FUNCTION bank_difference_by_two() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'approved_by', 'approved_at', 'ended_by', 'ended_at', 'entry', 'back_entry', 'version',
                                       'back_proposed_by', 'back_proposed_at', 'back_reason'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'book %: difference % begins proposed', NEW.book_id, NEW.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes)
       OR OLD.state IN ('withdrawn', 'taken_back')
       OR OLD.state = 'proposed' AND NEW.state NOT IN ('moved', 'withdrawn')
       OR OLD.state = 'moved' AND NEW.state <> 'taking_back'
       OR OLD.state = 'taking_back' AND NEW.state NOT IN ('moved', 'taken_back')
       OR NEW.state = 'taken_back' AND (NEW.back_proposed_by, NEW.back_proposed_at, NEW.back_reason)
                                       IS DISTINCT FROM (OLD.back_proposed_by, OLD.back_proposed_at, OLD.back_reason)
       OR OLD.state <> 'proposed' AND (NEW.approved_by, NEW.approved_at, NEW.entry)
                                      IS DISTINCT FROM (OLD.approved_by, OLD.approved_at, OLD.entry) THEN
        RAISE EXCEPTION 'book %: difference % does not go this way', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'moved'
       AND (SELECT count(*) = 1 AND bool_and(t.amount = NEW.amount AND t.effective = NEW.on_day AND k.name = 'difference_moved'
                       AND c.name = CASE NEW.side WHEN 'more' THEN 'suspense' ELSE 'receivable' END)
              FROM public.transfer t
              JOIN public.movement_kind k ON k.kind = t.kind
              JOIN public.account a ON a.book_id = t.book_id AND a.number = CASE NEW.side WHEN 'more' THEN t.credit ELSE t.debit END
              JOIN public.account_class c ON c.class = a.class
             WHERE t.book_id = NEW.book_id AND t.pos BETWEEN NEW.entry << 16 AND (NEW.entry << 16) + 65535) IS DISTINCT FROM true THEN
        RAISE EXCEPTION 'book %: entry % does not move difference %', OLD.book_id, NEW.entry, OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER bank_difference_by_two BEFORE INSERT OR UPDATE ON bank_difference
    FOR EACH ROW EXECUTE FUNCTION bank_difference_by_two();

CREATE OR REPLACE TRIGGER bank_difference_kept BEFORE DELETE OR TRUNCATE ON bank_difference
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An announced settlement begins so, in a book that is kept by lines of banks, and keeps what was reported. What is over stays so; and
-- what is settled is a settlement of its id, in the entry that the line is booked as which carries its amount.
CREATE OR REPLACE FUNCTION settlement_announcement_by_line() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_changes CONSTANT text[] := ARRAY['state', 'line', 'differs', 'came', 'ended_at', 'version'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'announced'
           OR NOT EXISTS (SELECT FROM public.book b WHERE b.number = NEW.book_id AND b.kept_by_bank_lines) THEN
            RAISE EXCEPTION 'book %: settlement % begins announced, where lines of banks settle', NEW.book_id, NEW.id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (to_jsonb(NEW) - v_changes) IS DISTINCT FROM (to_jsonb(OLD) - v_changes) OR OLD.state <> 'announced' THEN
        RAISE EXCEPTION 'book %: settlement % stays as it was announced', OLD.book_id, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'settled'
       AND NOT EXISTS (SELECT FROM public.settlement s
                         JOIN public.bank_line l ON l.book_id = s.book_id AND l.id = NEW.line AND l.custodian = s.partner
                              AND l.state = 'booked' AND l.entry = s.entry AND NOT l.is_debit AND l.amount = s.amount
                              AND l.currency = s.currency AND l.value_on = s.day
                        WHERE s.book_id = NEW.book_id AND s.id = NEW.id AND s.partner = NEW.partner AND s.reference = NEW.reference
                          AND s.amount = NEW.amount AND s.currency = NEW.currency) THEN
        RAISE EXCEPTION 'book %: no line settles what was announced as %', OLD.book_id, OLD.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER settlement_announcement_by_line BEFORE INSERT OR UPDATE ON settlement_announcement
    FOR EACH ROW EXECUTE FUNCTION settlement_announcement_by_line();

CREATE OR REPLACE TRIGGER settlement_announcement_kept BEFORE DELETE OR TRUNCATE ON settlement_announcement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE OR REPLACE TRIGGER settlement_announcement_line_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_announcement_line
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- In a book that is kept by lines of banks a custodian's report settles nothing before a line brings it, on its day.
CREATE OR REPLACE FUNCTION settlement_by_line() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.reference <> '' AND NEW.bank_line IS NULL
       AND EXISTS (SELECT FROM public.book b WHERE b.number = NEW.book_id AND b.kept_by_bank_lines)
       AND NOT EXISTS (SELECT FROM public.bank_line l
                        WHERE l.book_id = NEW.book_id AND l.custodian = NEW.partner AND l.currency = NEW.currency
                          AND l.amount = NEW.amount AND NOT l.is_debit AND l.value_on = NEW.day
                          AND l.state IN ('open', 'suspense')
                          AND NEW.reference IN (l.reference, l.end_to_end, l.creditor_reference)) THEN
        RAISE EXCEPTION 'book %: no line of a bank brings settlement %', NEW.book_id, NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER settlement_by_line BEFORE INSERT ON settlement
    FOR EACH ROW EXECUTE FUNCTION settlement_by_line();

-- In a book that is kept by lines of banks, a refund of what came by a line settles by a line of its amount.
CREATE OR REPLACE FUNCTION refund_by_line() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM public.book b WHERE b.number = NEW.book_id AND b.kept_by_bank_lines)
       AND EXISTS (SELECT FROM public.charge c JOIN public.settlement s ON s.book_id = c.book_id AND s.id = c.settlement
                    WHERE c.book_id = NEW.book_id AND c.id = NEW.charge AND s.bank_line IS NOT NULL)
       AND NOT EXISTS (SELECT FROM public.bank_line l
                        WHERE l.book_id = NEW.book_id AND l.custodian = NEW.partner AND l.currency = NEW.currency
                          AND l.amount = NEW.sent AND l.is_debit AND l.state = 'open') THEN
        RAISE EXCEPTION 'book %: no line of a bank settles refund %', NEW.book_id, NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER refund_by_line BEFORE UPDATE OF state ON refund
    FOR EACH ROW WHEN (NEW.state = 'settled' AND OLD.state <> 'settled') EXECUTE FUNCTION refund_by_line();

CREATE OR REPLACE TRIGGER settlement_arrival_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_arrival
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a bank has more or less is moved, and taken back, by what two people have approved alone.
CREATE OR REPLACE FUNCTION difference_approved() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM public.bank_difference d
                    WHERE d.book_id = NEW.book_id AND d.amount = NEW.amount AND d.approved_by IS NOT NULL
                      AND CASE NEW.kind WHEN 74 THEN d.entry = NEW.pos >> 16
                                        ELSE d.state = 'taken_back' AND d.back_entry = NEW.pos >> 16 END) THEN
        RAISE EXCEPTION 'book %: no two people have approved entry %', NEW.book_id, NEW.pos >> 16 USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS difference_approved ON transfer;
CREATE CONSTRAINT TRIGGER difference_approved AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind IN (74, 76)) EXECUTE FUNCTION difference_approved();
