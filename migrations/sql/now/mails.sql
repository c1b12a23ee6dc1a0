-- What guards the wishes of those who get mails.

-- The UUID in an outside id of an object of a book: what stands in its base32 after the four bytes of the book.
CREATE OR REPLACE FUNCTION inside_id(p_id text) RETURNS uuid
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT string_agg(to_hex(substring(id.bits FROM 1 + 4 * place FOR 4)::bit(4)::int), '' ORDER BY place)::uuid
      FROM (SELECT string_agg((strpos('abcdefghijklmnopqrstuvwxyz234567', letter) - 1)::bit(5)::text, '' ORDER BY at) AS bits
              FROM regexp_split_to_table(split_part(p_id, '_', 2), '') WITH ORDINALITY AS l (letter, at)) AS id,
           generate_series(8, 39) AS place
$$;

-- A job whose one reader has turned its mails off is not written: the notice of a refund to a donor, and of a payout that goes as it should
-- to a person. A payout that failed or came back is told in any case. With the rights of the caller.
CREATE OR REPLACE FUNCTION job_wanted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_about CONSTANT text := coalesce(NEW.payload ->> 'refund', NEW.payload ->> 'payout');
BEGIN
    IF NEW.kind = 'send_refund_notice' AND EXISTS (
        SELECT FROM public.refund r
          JOIN public.charge c ON c.book_id = r.book_id AND c.id = r.charge
          JOIN public.pledge p ON p.book_id = c.book_id AND p.id = c.pledge
          JOIN public.donor_mail_preference w ON w.book_id = p.book_id AND w.donor = p.donor
         WHERE r.book_id = NEW.book_id AND r.id = public.inside_id(v_about) AND NOT w.money) THEN
        RETURN NULL;
    END IF;
    IF NEW.kind = 'send_payout_notice' AND EXISTS (
        SELECT FROM public.payout o JOIN public.mail_preference w ON w.person = o.payee
         WHERE o.book_id = NEW.book_id AND o.id = public.inside_id(v_about) AND o.payee_kind = 'person'
           AND o.state IN ('sent', 'settled') AND NOT w.money) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER job_wanted BEFORE INSERT ON job FOR EACH ROW
    WHEN (NEW.kind IN ('send_refund_notice', 'send_payout_notice')) EXECUTE FUNCTION job_wanted();
