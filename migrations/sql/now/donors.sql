-- What is known of a donor: shown whole, and erased.

-- The outside id of an object of a book: the prefix of its kind, and its book and UUID in lower-case base32.
CREATE OR REPLACE FUNCTION outside_id(p_prefix text, p_book int, p_object uuid) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p_prefix || '_' || string_agg(
               substr('abcdefghijklmnopqrstuvwxyz234567', 1 + substring(id.bits FROM 1 + 5 * place FOR 5)::bit(5)::int, 1), ''
               ORDER BY place)
      FROM (SELECT ('x' || encode(int4send(p_book) || uuid_send(p_object), 'hex'))::bit(160) AS bits) AS id,
           generate_series(0, 31) AS place
$$;

-- The outside ids of what belongs to a donor, and is spoken of by them: pledges, their charges with what went back of them or was
-- taken back, changes and moves of their plans, receipts of years.
CREATE OR REPLACE FUNCTION donor_objects(p_book int, p_donor uuid) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(o.id), '{}') FROM (
        SELECT outside_id('plg', p_book, p.id) AS id FROM public.pledge p WHERE p.book_id = p_book AND p.donor = p_donor
        UNION ALL
        SELECT outside_id('chg', p_book, c.id) FROM public.pledge p
          JOIN public.charge c ON c.book_id = p.book_id AND c.pledge = p.id
         WHERE p.book_id = p_book AND p.donor = p_donor
        UNION ALL
        SELECT outside_id('rfd', p_book, r.id) FROM public.pledge p
          JOIN public.charge c ON c.book_id = p.book_id AND c.pledge = p.id
          JOIN public.refund r ON r.book_id = c.book_id AND r.charge = c.id
         WHERE p.book_id = p_book AND p.donor = p_donor
        UNION ALL
        SELECT outside_id('cbk', p_book, b.id) FROM public.pledge p
          JOIN public.chargeback b ON b.book_id = p.book_id AND b.pledge = p.id
         WHERE p.book_id = p_book AND p.donor = p_donor
        UNION ALL
        SELECT outside_id('sus', p_book, s.id) FROM public.pledge p
          JOIN public.suspense_item s ON s.book_id = p.book_id AND s.pledge = p.id
         WHERE p.book_id = p_book AND p.donor = p_donor
        UNION ALL
        SELECT outside_id('yrc', p_book, y.id) FROM public.yearly_receipt y WHERE y.book_id = p_book AND y.donor = p_donor
        UNION ALL
        SELECT outside_id('plc', p_book, c.id) FROM public.pledge p
          JOIN public.plan_change c ON c.book_id = p.book_id AND c.pledge = p.id
         WHERE p.book_id = p_book AND p.donor = p_donor
        UNION ALL
        SELECT outside_id('pmv', p_book, m.id) FROM public.pledge p
          JOIN public.plan_move m ON m.book_id = p.book_id AND m.pledge = p.id
         WHERE p.book_id = p_book AND p.donor = p_donor) AS o
$$;

-- What stands in the place of a partner's reference of a pledge: enough to know the same one again, and not to read it.
CREATE OR REPLACE FUNCTION reference_erased(p_reference text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN p_reference ~ '^erased-[0-9a-f]{64}$' THEN p_reference
                ELSE 'erased-' || encode(sha256(convert_to(p_reference, 'UTF8')), 'hex') END
$$;

-- An answer that was kept, without what it says of a person: the donor's name and reference, what the partner calls the
-- pledge, and reasons.
CREATE OR REPLACE FUNCTION reply_without_person(p_body jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN p_body ? 'donor' THEN p_body || jsonb_build_object(
            'donor', (p_body -> 'donor') || '{"name": null, "reference": null}',
            'reference', public.reference_erased(p_body ->> 'reference'))
        WHEN p_body #> '{pledge,donor}' IS NOT NULL THEN p_body || jsonb_build_object(
            'pledge', (p_body -> 'pledge') || jsonb_build_object(
                'donor', (p_body #> '{pledge,donor}') || '{"name": null, "reference": null}',
                'reference', public.reference_erased(p_body #>> '{pledge,reference}')))
        WHEN p_body ?& '{asked_by,ended_note}' THEN p_body || '{"reason": "", "ended_note": ""}'
        WHEN p_body ? 'asked_by' OR p_body ?& '{charge,sent}' THEN p_body || '{"reason": ""}'
        ELSE p_body
    END
$$;

-- Erases a donor: whatever says who it is goes, sums stay under the pseudonym. Answers whether there is such a donor; done twice
-- it is done once, and takes along what was written in between.
CREATE OR REPLACE FUNCTION donor_erase(p_book int, p_donor uuid, p_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_objects CONSTANT text[] := public.donor_objects(p_book, p_donor);
    v_changes text[];
BEGIN
    UPDATE public.donor
       SET name = '', email = '', reference = public.outside_id('dnr', p_book, p_donor), privacy = 'anonymous',
           erased_at = coalesce(erased_at, p_at)
     WHERE book_id = p_book AND id = p_donor;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- What a partner's list of a day called so, and nothing of that day matched.
    DELETE FROM public.settlement_comparison_difference d USING public.pledge p
     WHERE p.book_id = p_book AND p.donor = p_donor AND d.book_id = p_book AND d.reference <> ''
       AND d.reference IN (p.reference, public.outside_id('plg', p_book, p.id));
    UPDATE public.pledge SET token = '', reference = public.reference_erased(reference)
     WHERE book_id = p_book AND donor = p_donor AND (token <> '' OR reference <> public.reference_erased(reference));
    UPDATE public.plan_change c SET reason = ''
      FROM public.pledge p
     WHERE p.book_id = p_book AND p.donor = p_donor AND c.book_id = p_book AND c.pledge = p.id AND c.reason <> '';
    UPDATE public.plan_move m
       SET reason = '', ended_note = '', token = '', from_token = '', from_reference = public.reference_erased(from_reference),
           to_reference = public.reference_erased(to_reference)
      FROM public.pledge p
     WHERE p.book_id = p_book AND p.donor = p_donor AND m.book_id = p_book AND m.pledge = p.id;
    UPDATE public.refund r SET reason = ''
      FROM public.pledge p JOIN public.charge c ON c.book_id = p.book_id AND c.pledge = p.id
     WHERE p.book_id = p_book AND p.donor = p_donor AND r.book_id = p_book AND r.charge = c.id AND r.reason <> '';
    UPDATE public.activity SET reason = ''
     WHERE book_id = p_book AND object = ANY (v_objects) AND actor_kind <> 'service' AND reason <> '';
    UPDATE public.reply SET body = public.reply_without_person(body)
     WHERE book_id = p_book
       AND coalesce(body #>> '{donor,id}', body #>> '{pledge,donor,id}',
                    CASE WHEN body ? 'asked_by' THEN body ->> 'pledge' WHEN body ?& '{charge,sent}' THEN body ->> 'charge' END)
           = ANY (v_objects || public.outside_id('dnr', p_book, p_donor))
       AND body <> public.reply_without_person(body);
    SELECT coalesce(array_agg(c.id::text), '{}') INTO v_changes
      FROM public.pledge p JOIN public.plan_change c ON c.book_id = p.book_id AND c.pledge = p.id
     WHERE p.book_id = p_book AND p.donor = p_donor;
    -- A mail server may have repeated an address in its refusal.
    UPDATE public.job SET last_error = '', payload = CASE WHEN payload ? 'token' THEN payload || '{"token": ""}' ELSE payload END
     WHERE book_id = p_book AND kind IN ('send_receipt', 'notify_decline', 'send_consent_link', 'send_plan_change', 'send_plan_move', 'notify_pledge',
                                         'send_refund_notice', 'send_returnable_notice', 'send_hold_notice', 'send_yearly_receipt')
       AND left(dedupe, 36) = ANY (v_objects || v_changes) AND (last_error <> '' OR payload ->> 'token' <> '');
    DELETE FROM public.outbox_mail WHERE book_id = p_book AND split_part(about, '.', 2) = ANY (v_objects);
    UPDATE public.sandbox_provider_charge SET token = ''
     WHERE book_id = p_book AND left(reference, 36) = ANY (v_objects) AND token <> '';
    DELETE FROM public.donor_link WHERE book_id = p_book AND donor = p_donor;
    DELETE FROM public.donor_identity WHERE book_id = p_book AND donor = p_donor;
    DELETE FROM public.donor_mail_preference WHERE book_id = p_book AND donor = p_donor;
    RETURN true;
END
$$;
SELECT ledger_delegate('donor_erase(int, uuid, timestamptz)');

-- All that is stored of a donor, row by row as it stands; not the secrets, of which digests are kept, nor the token that a
-- provider charges. Null when there is no such donor.
CREATE OR REPLACE FUNCTION donor_data(p_book int, p_donor uuid) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH plg AS (SELECT * FROM public.pledge WHERE book_id = p_book AND donor = p_donor),
         about AS (SELECT public.donor_objects(p_book, p_donor) AS ids)
    SELECT jsonb_build_object(
        'donor', to_jsonb(d) - 'book_id',
        'pledges', (SELECT coalesce(jsonb_agg(to_jsonb(p) - ARRAY['book_id', 'content', 'token'] ORDER BY p.id), '[]') FROM plg p),
        'plan_changes', (SELECT coalesce(jsonb_agg(to_jsonb(c) - ARRAY['book_id', 'secret_digest'] ORDER BY c.id), '[]')
                           FROM plg p JOIN public.plan_change c ON c.book_id = p_book AND c.pledge = p.id),
        'moves', (SELECT coalesce(jsonb_agg(to_jsonb(m) - ARRAY['book_id', 'secret_digest', 'token', 'from_token'] ORDER BY m.id), '[]')
                    FROM plg p JOIN public.plan_move m ON m.book_id = p_book AND m.pledge = p.id),
        'charges', (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'book_id' ORDER BY c.id), '[]')
                      FROM plg p JOIN public.charge c ON c.book_id = p_book AND c.pledge = p.id),
        'bank_lines', (SELECT coalesce(jsonb_agg(to_jsonb(l) - 'book_id' ORDER BY l.id), '[]')
                         FROM plg p JOIN public.charge c ON c.book_id = p_book AND c.pledge = p.id
                         JOIN public.settlement s ON s.book_id = p_book AND s.id = c.settlement
                         JOIN public.bank_line l ON l.book_id = p_book AND l.id = s.bank_line AND l.charge = c.id),
        'attempts', (SELECT coalesce(jsonb_agg(to_jsonb(a) - 'book_id' ORDER BY a.charge, a.attempt), '[]')
                       FROM plg p JOIN public.charge c ON c.book_id = p_book AND c.pledge = p.id
                       JOIN public.charge_attempt a ON a.book_id = p_book AND a.charge = c.id),
        'fees', (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'book_id' ORDER BY f.charge, f.payee), '[]')
                   FROM plg p JOIN public.charge c ON c.book_id = p_book AND c.pledge = p.id
                   JOIN public.charge_fee f ON f.book_id = p_book AND f.charge = c.id),
        'votes', (SELECT coalesce(jsonb_agg(to_jsonb(v) - ARRAY['book_id', 'identity'] ORDER BY v.round, v.number), '[]')
                    FROM public.matching_vote v WHERE v.book_id = p_book AND v.donor = p_donor),
        'refunds', (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'book_id' ORDER BY r.id), '[]')
                      FROM plg p JOIN public.charge c ON c.book_id = p_book AND c.pledge = p.id
                      JOIN public.refund r ON r.book_id = p_book AND r.charge = c.id),
        'chargebacks', (SELECT coalesce(jsonb_agg(to_jsonb(b) - 'book_id' ORDER BY b.id), '[]')
                          FROM plg p JOIN public.chargeback b ON b.book_id = p_book AND b.pledge = p.id),
        'suspense', (SELECT coalesce(jsonb_agg(to_jsonb(s) - 'book_id' ORDER BY s.id), '[]')
                       FROM plg p JOIN public.suspense_item s ON s.book_id = p_book AND s.pledge = p.id),
        'returnable', (SELECT coalesce(jsonb_agg(to_jsonb(n) - 'book_id' ORDER BY n.pledge, n.campaign), '[]')
                         FROM plg p JOIN public.returnable_notice n ON n.book_id = p_book AND n.pledge = p.id),
        'identity', (SELECT to_jsonb(i) - ARRAY['book_id', 'identity'] FROM public.donor_identity i WHERE i.book_id = p_book AND i.donor = p_donor),
        'mail_preference', (SELECT to_jsonb(w) - 'book_id' FROM public.donor_mail_preference w WHERE w.book_id = p_book AND w.donor = p_donor),
        'receipts', (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'book_id' ORDER BY r.id), '[]')
                       FROM public.receipt r WHERE r.book_id = p_book AND r.donor = p_donor),
        'yearly_receipts', (SELECT coalesce(jsonb_agg(to_jsonb(y) - 'book_id' ORDER BY y.id), '[]')
                              FROM public.yearly_receipt y WHERE y.book_id = p_book AND y.donor = p_donor),
        'yearly_receipt_items', (SELECT coalesce(jsonb_agg(to_jsonb(i) - 'book_id' ORDER BY i.yearly_receipt, i.receipt), '[]')
                                   FROM public.yearly_receipt y
                                   JOIN public.yearly_receipt_item i ON i.book_id = y.book_id AND i.yearly_receipt = y.id
                                  WHERE y.book_id = p_book AND y.donor = p_donor),
        'links', (SELECT coalesce(jsonb_agg(to_jsonb(l) - ARRAY['book_id', 'secret_digest'] ORDER BY l.id), '[]')
                    FROM public.donor_link l WHERE l.book_id = p_book AND l.donor = p_donor),
        'mails', (SELECT coalesce(jsonb_agg(to_jsonb(m) - 'book_id' ORDER BY m.id), '[]')
                    FROM public.outbox_mail m, about WHERE m.book_id = p_book AND split_part(m.about, '.', 2) = ANY (about.ids)),
        'activities', (SELECT coalesce(jsonb_agg(to_jsonb(a) - 'book_id' ORDER BY a.id), '[]')
                         FROM public.activity a, about
                        WHERE a.book_id = p_book
                          AND a.object = ANY (about.ids || public.outside_id('dnr', p_book, p_donor))),
        'answers', (SELECT coalesce(jsonb_agg(to_jsonb(r) - 'book_id' ORDER BY r.created_at, r.key), '[]')
                      FROM public.reply r, about
                     WHERE r.book_id = p_book
                       AND coalesce(r.body #>> '{donor,id}', r.body #>> '{pledge,donor,id}',
                                    CASE WHEN r.body ? 'asked_by' THEN r.body ->> 'pledge' WHEN r.body ?& '{charge,sent}' THEN r.body ->> 'charge' END)
                           = ANY (about.ids || public.outside_id('dnr', p_book, p_donor))))
      FROM public.donor d WHERE d.book_id = p_book AND d.id = p_donor
$$;
SELECT ledger_delegate('donor_data(int, uuid)');
