-- What is over is deleted when it is old enough. The service itself may delete none of it: it may call these two, which know by
-- the clock of the database what is old, and take a thousand rows of a table at most, ten of what partners asked, so that nobody waits for them. Journal,
-- keys of postings and who did what are kept for ever.

-- Of a book: jobs that are done, not those that are open or dead, the mail of its outbox, addresses that were fetched, files that nothing names, donors' links that have lapsed,
-- what partners' lists of days said differently, and
-- what happened in it, which its objects and the list of who did what tell for longer.
CREATE OR REPLACE FUNCTION book_prune(p_book int) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_files uuid[];
    v_lists uuid[];
    v_rows  bigint;
    v_total bigint := 0;
BEGIN
    DELETE FROM public.job WHERE book_id = p_book AND id = ANY (ARRAY(
        SELECT id FROM public.job WHERE book_id = p_book AND finished_at < now() - interval '30 days'
         ORDER BY finished_at LIMIT 1000 FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.outbox_mail WHERE book_id = p_book AND id = ANY (ARRAY(
        SELECT id FROM public.outbox_mail WHERE book_id = p_book AND created_at < now() - interval '90 days'
         ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.evidence_fetch WHERE book_id = p_book AND id = ANY (ARRAY(
        SELECT id FROM public.evidence_fetch WHERE book_id = p_book AND asked_at < now() - interval '30 days'
         ORDER BY asked_at LIMIT 1000 FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    -- A file that nothing names, with its parts. One that is named meanwhile is held by the reference to it.
    WITH old AS MATERIALIZED (
        SELECT f.id FROM public.stored_file f
         WHERE f.book_id = p_book AND f.created_at < now() - interval '7 days'
           AND NOT EXISTS (SELECT FROM public.stored_file_use u WHERE u.book_id = p_book AND u.file = f.id)
         ORDER BY f.created_at LIMIT 20 FOR UPDATE SKIP LOCKED)
    SELECT array_agg(old.id) INTO v_files FROM old;
    DELETE FROM public.stored_file_part WHERE book_id = p_book AND file = ANY (v_files);
    DELETE FROM public.stored_file WHERE book_id = p_book AND id = ANY (v_files);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.donor_link WHERE book_id = p_book AND id = ANY (ARRAY(
        SELECT id FROM public.donor_link WHERE book_id = p_book AND lapses_at < now() - interval '30 days'
         ORDER BY lapses_at LIMIT 1000 FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    -- A partner's list of a day, ten of them with what they said differently.
    WITH old AS MATERIALIZED (
        SELECT c.id FROM public.settlement_comparison c
         WHERE c.book_id = p_book AND c.created_at < now() - interval '90 days'
         ORDER BY c.created_at LIMIT 10 FOR UPDATE SKIP LOCKED)
    SELECT array_agg(old.id) INTO v_lists FROM old;
    DELETE FROM public.settlement_comparison_difference WHERE book_id = p_book AND comparison = ANY (v_lists);
    DELETE FROM public.settlement_comparison WHERE book_id = p_book AND id = ANY (v_lists);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    -- From the beginning of the list, with what partners have fired. Whoever has read less than what has gone is told so.
    WITH old AS MATERIALIZED (
        SELECT e.number FROM (SELECT number, recorded_at FROM public.partner_event WHERE book_id = p_book ORDER BY number LIMIT 1000) e
         WHERE e.recorded_at < now() - interval '90 days'),
    gone AS (DELETE FROM public.event WHERE book_id = p_book AND number = ANY (ARRAY(SELECT number FROM old)) RETURNING number),
    fired AS (DELETE FROM public.fired_event WHERE book_id = p_book AND number = ANY (ARRAY(SELECT number FROM old)) RETURNING number),
    told AS (
        UPDATE public.event_head SET pruned = greatest(pruned, (SELECT max(number) FROM old))
         WHERE book_id = p_book AND EXISTS (SELECT FROM old))
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM fired) INTO v_rows;
    v_total := v_total + v_rows;
    -- With the events what was on its way of them, and its attempts.
    DELETE FROM public.webhook_delivery WHERE book_id = p_book AND number <= (
        SELECT max(d.number) FROM (
            SELECT number FROM public.webhook_delivery
             WHERE book_id = p_book AND number <= (SELECT pruned FROM public.event_head WHERE book_id = p_book)
             ORDER BY number LIMIT 1000) d);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_total + v_rows;
END
$$;
SELECT ledger_delegate('book_prune(int)');

-- Of the installation: answers to requests of no book, what partners asked, sign-in links and codes, sessions with their tokens and cookies,
-- invitations, requests to join, resets of a second factor, workers that have gone, tries of payers of more than a day ago. A session is over 30 days after its sign-in, at the latest.
CREATE OR REPLACE FUNCTION installation_prune() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows  bigint;
    v_total bigint := 0;
BEGIN
    DELETE FROM public.caller_reply r USING (
        SELECT caller, key FROM public.caller_reply WHERE created_at < now() - interval '90 days'
         ORDER BY created_at LIMIT 1000) old
     WHERE r.caller = old.caller AND r.key = old.key;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    -- Its rows are small and come in thousands: a slice is larger, so that it keeps pace with 1,000 of them a second.
    DELETE FROM public.partner_request WHERE book_id = 0 AND (organisation, mode, id) IN (
        SELECT organisation, mode, id FROM public.partner_request WHERE book_id = 0 AND at < now() - interval '30 days'
         ORDER BY at LIMIT 10000);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.sign_in_token WHERE digest = ANY (ARRAY(
        SELECT digest FROM public.sign_in_token WHERE expires_at < now() - interval '30 days'
         ORDER BY expires_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    -- Whose link was opened is a person by now; of the others nothing is kept.
    DELETE FROM public.sign_in_token WHERE digest = ANY (ARRAY(
        SELECT digest FROM public.sign_in_token WHERE email IS NOT NULL AND expires_at < now() - interval '1 day'
         ORDER BY expires_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.sign_in_code WHERE browser = ANY (ARRAY(
        SELECT browser FROM public.sign_in_code WHERE expires_at < now() - interval '30 days'
         ORDER BY expires_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.browser_session WHERE digest = ANY (ARRAY(
        SELECT b.digest FROM public.refresh_family f JOIN public.browser_session b ON b.family = f.id
         WHERE f.created_at < now() - interval '60 days' ORDER BY f.created_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    -- A session may have more tokens than a slice holds: it goes when all of them have gone.
    DELETE FROM public.refresh_token WHERE digest = ANY (ARRAY(
        SELECT t.digest FROM public.refresh_family f JOIN public.refresh_token t ON t.family = f.id
         WHERE f.created_at < now() - interval '60 days' ORDER BY f.created_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.refresh_family WHERE id = ANY (ARRAY(
        SELECT f.id FROM public.refresh_family f WHERE f.created_at < now() - interval '60 days'
           AND NOT EXISTS (SELECT FROM public.refresh_token t WHERE t.family = f.id)
           AND NOT EXISTS (SELECT FROM public.browser_session b WHERE b.family = f.id)
         ORDER BY f.created_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.invitation WHERE id = ANY (ARRAY(
        SELECT id FROM public.invitation WHERE expires_at < now() - interval '90 days' ORDER BY expires_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.join_request WHERE id = ANY (ARRAY(
        SELECT id FROM public.join_request WHERE until < now() - interval '90 days' ORDER BY until LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.second_factor_reset WHERE id = ANY (ARRAY(
        SELECT id FROM public.second_factor_reset WHERE ended_at < now() - interval '90 days' ORDER BY ended_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    -- A row that is counted again just now stays.
    DELETE FROM public.payment_try WHERE last_at < now() - interval '24 hours' AND subject = ANY (ARRAY(
        SELECT subject FROM public.payment_try WHERE last_at < now() - interval '24 hours' ORDER BY last_at LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.webhook_received WHERE (provider, event_id) IN (
        SELECT provider, event_id FROM public.webhook_received WHERE received_at < now() - interval '90 days'
         ORDER BY received_at LIMIT 1000);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    v_total := v_total + v_rows;
    DELETE FROM public.worker_heartbeat WHERE name = ANY (ARRAY(
        SELECT name FROM public.worker_heartbeat WHERE seen_at < now() - interval '30 days' LIMIT 1000));
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_total + v_rows;
END
$$;
