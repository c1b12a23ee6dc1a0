-- What guards money between books: what is sent, mirrored, paid and received is what a remittance says, and each goes forward only.

CREATE OR REPLACE FUNCTION remittance_forward() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_may CONSTANT text[] := ARRAY['state', 'approved_by', 'approved_at', 'entry_number', 'return_number', 'ended_at', 'paid_number',
                                   'paid_on', 'reason', 'version', 'answered_by', 'answered_at', 'received_number', 'received_on'];
    v_step CONSTANT text := to_jsonb(OLD) ->> 'state' || ' ' || (to_jsonb(NEW) ->> 'state');
    v_was CONSTANT jsonb := to_jsonb(OLD) - ARRAY['paid_number', 'paid_on', 'received_number', 'received_on', 'version'];
    v_is CONSTANT jsonb := to_jsonb(NEW) - ARRAY['paid_number', 'paid_on', 'received_number', 'received_on', 'version'];
BEGIN
    IF NEW.version <> OLD.version + 1 OR (to_jsonb(NEW) - v_may) IS DISTINCT FROM (to_jsonb(OLD) - v_may)
       OR v_step NOT IN ('asked sent', 'asked withdrawn', 'sent accepted', 'sent returned', 'offered accepted', 'offered declined',
                         'accepted accepted')
       OR v_step = 'accepted accepted'
          AND (v_is <> v_was OR coalesce(to_jsonb(OLD) ->> 'paid_number', to_jsonb(OLD) ->> 'received_number') IS NOT NULL) THEN
        RAISE EXCEPTION '% % does not go on so', TG_TABLE_NAME, OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER remittance_forward BEFORE UPDATE ON remittance
    FOR EACH ROW EXECUTE FUNCTION remittance_forward();
CREATE OR REPLACE TRIGGER incoming_remittance_forward BEFORE UPDATE ON incoming_remittance
    FOR EACH ROW EXECUTE FUNCTION remittance_forward();

-- 46 is inter_book_sent, 47 inter_book_mirrored, 48 inter_book_paid, 49 inter_book_received: when the transaction ends, an entry of these
-- moves as much as the remittance whose entry it is.
CREATE OR REPLACE FUNCTION inter_book_as_remitted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_entry CONSTANT bigint := NEW.pos >> 16;
    v_moved bigint;
    v_says bigint;
BEGIN
    SELECT sum(t.amount) INTO v_moved
      FROM public.transfer t
     WHERE t.book_id = NEW.book_id AND t.pos BETWEEN v_entry << 16 AND (v_entry << 16) + 65535 AND t.kind = NEW.kind;
    SELECT r.amount INTO v_says
      FROM (SELECT s.amount FROM public.remittance s
             WHERE s.book_id = NEW.book_id AND v_entry = CASE NEW.kind WHEN 46 THEN s.entry_number WHEN 48 THEN s.paid_number END
            UNION ALL
            SELECT i.amount FROM public.incoming_remittance i
             WHERE i.book_id = NEW.book_id AND v_entry = CASE NEW.kind WHEN 47 THEN i.entry_number WHEN 49 THEN i.received_number END) AS r;
    IF v_says IS DISTINCT FROM v_moved THEN
        RAISE EXCEPTION 'book %: entry % moves % between books, and % was to', NEW.book_id, v_entry, v_moved, coalesce(v_says, 0)
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS inter_book_as_remitted ON transfer;
CREATE CONSTRAINT TRIGGER inter_book_as_remitted AFTER INSERT ON transfer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind IN (46, 47, 48, 49)) EXECUTE FUNCTION inter_book_as_remitted();

-- What a remittance says of its entries is there: a number without its entry is none.
CREATE OR REPLACE FUNCTION remittance_as_posted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_row CONSTANT jsonb := to_jsonb(NEW);
BEGIN
    IF EXISTS (
        SELECT FROM (VALUES ('entry_number', CASE TG_TABLE_NAME WHEN 'remittance' THEN 46 ELSE 47 END), ('return_number', 105),
                            ('paid_number', 48), ('received_number', 49)) AS said(field, kind)
         WHERE v_row ->> said.field IS NOT NULL
           AND NOT EXISTS (SELECT FROM public.transfer t
                            WHERE t.book_id = NEW.book_id AND t.kind = said.kind
                              AND t.pos BETWEEN (v_row ->> said.field)::bigint << 16 AND ((v_row ->> said.field)::bigint << 16) + 65535)) THEN
        RAISE EXCEPTION '% % names an entry that moves nothing of it', TG_TABLE_NAME, NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER remittance_as_posted AFTER UPDATE ON remittance
    FOR EACH ROW EXECUTE FUNCTION remittance_as_posted();
CREATE OR REPLACE TRIGGER incoming_remittance_as_posted AFTER UPDATE ON incoming_remittance
    FOR EACH ROW EXECUTE FUNCTION remittance_as_posted();
