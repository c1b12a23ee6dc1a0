-- Rows that a lane writes with the entries of a batch: one function a kind. A row that is written in two ways, by a lane and
-- in a transaction of its own, has one text. With the rights of the caller.

-- New pledges, each row whole; answers those that are new. One whose reference the partner has used before is not written.
CREATE OR REPLACE FUNCTION pledges_insert(p_book int, p_rows jsonb) RETURNS SETOF public.pledge
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN QUERY
    INSERT INTO public.pledge (book_id, id, campaign, donor, partner, reference, content, amount, currency, schedule, starts_on,
                        anchor_day, payments, next_sequence, rail, token, terms_sha256, state, state_since, state_until,
                        state_detail, created_at, method, tier, has_place, promised,
                        asked_amount, original_amount, original_currency)
    SELECT p_book, r.id, r.campaign, r.donor, r.partner, r.reference, r.content, r.amount, r.currency, r.schedule,
           r.starts_on, r.anchor_day, r.payments, r.next_sequence, r.rail, r.token, r.terms_sha256, r.state,
           r.state_since, r.state_until, r.state_detail, r.created_at, coalesce(r.method, 'card'),
           r.tier, coalesce(r.has_place, false), coalesce(r.promised, 0), r.asked_amount, r.original_amount, r.original_currency
      FROM jsonb_populate_recordset(NULL::public.pledge, p_rows) AS r
    ON CONFLICT (book_id, partner, reference) DO NOTHING
    RETURNING *;
END
$$;
SELECT ledger_delegate('pledges_insert(int, jsonb)');

-- Jobs, each row whole; answers how many are new. The same kind and dedupe text is written once.
CREATE OR REPLACE FUNCTION jobs_insert(p_book int, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    INSERT INTO public.job (book_id, id, kind, dedupe, payload, due_at)
    SELECT p_book, r.id, r.kind, r.dedupe, r.payload, r.due_at
      FROM jsonb_populate_recordset(NULL::public.job, p_rows) AS r
    ON CONFLICT (book_id, kind, dedupe) DO NOTHING;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END
$$;
SELECT ledger_delegate('jobs_insert(int, jsonb)');

-- What was done, each row whole.
CREATE OR REPLACE FUNCTION activities_insert(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.activity (book_id, id, object, action, actor_kind, actor, reason, at)
    SELECT p_book, r.id, r.object, r.action, r.actor_kind, r.actor, r.reason, r.at
      FROM jsonb_populate_recordset(NULL::public.activity, p_rows) AS r;
END
$$;
SELECT ledger_delegate('activities_insert(int, jsonb)');

-- Settlements into which something is captured are still open, and stay so until the batch is written.
CREATE OR REPLACE FUNCTION companion_settlement_open(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    PERFORM FROM public.settlement s
      WHERE s.book_id = p_book AND s.settled_at IS NULL
        AND s.id IN (SELECT r.id FROM jsonb_to_recordset(p_rows) AS r (id uuid))
        FOR SHARE SKIP LOCKED;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> (SELECT count(DISTINCT r -> 'id') FROM jsonb_array_elements(p_rows) AS r) THEN
        RAISE EXCEPTION 'book %: a settlement is no longer open', p_book USING ERRCODE = 'CP001';
    END IF;
END
$$;
SELECT ledger_delegate('companion_settlement_open(int, jsonb)');

-- Pledges have the version that was read. One that changes after this batch came after the capture: reading is enough.
CREATE OR REPLACE FUNCTION companion_pledge_seen(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    SELECT count(*) INTO v_rows
      FROM jsonb_to_recordset(p_rows) AS r (id uuid, version bigint)
      JOIN public.pledge p ON p.book_id = p_book AND p.id = r.id AND p.version = r.version;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: a pledge has changed', p_book USING ERRCODE = 'CP001';
    END IF;
END
$$;
SELECT ledger_delegate('companion_pledge_seen(int, jsonb)');

-- Pledges whose state changes with the batch.
CREATE OR REPLACE FUNCTION companion_pledge_changed(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    PERFORM FROM public.pledge p
      WHERE p.book_id = p_book
        AND p.id IN (SELECT r.id FROM jsonb_to_recordset(p_rows) AS r (id uuid))
        FOR NO KEY UPDATE SKIP LOCKED;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: a pledge is being changed', p_book USING ERRCODE = 'CP001';
    END IF;
    UPDATE public.pledge p
       SET state = r.state, state_since = r.state_since, state_until = r.state_until, state_detail = r.state_detail,
           version = p.version + 1
      FROM jsonb_to_recordset(p_rows)
        AS r (id uuid, version bigint, state text, state_since timestamptz, state_until timestamptz, state_detail text)
     WHERE p.book_id = p_book AND p.id = r.id AND p.version = r.version;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: a pledge has changed', p_book USING ERRCODE = 'CP001';
    END IF;
END
$$;
SELECT ledger_delegate('companion_pledge_changed(int, jsonb)');

-- Charges that are captured, each with its attempt.
CREATE OR REPLACE FUNCTION companion_charge_captured(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    PERFORM FROM public.charge c
      WHERE c.book_id = p_book
        AND c.id IN (SELECT r.id FROM jsonb_to_recordset(p_rows) AS r (id uuid))
        FOR NO KEY UPDATE SKIP LOCKED;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: a charge is being changed', p_book USING ERRCODE = 'CP001';
    END IF;
    UPDATE public.charge c
       SET settlement = r.settlement, entry = r.entry, fees = r.fees, withheld = r.withheld, state = 'captured', waits_until = NULL, retry_on = NULL,
           declines = 0, first_declined_on = NULL, decline_kind = '', decline_code = '', captured_on = r.captured_on,
           provider_reference = r.provider_reference, promise = coalesce(r.promise, c.promise), version = c.version + 1
      FROM jsonb_to_recordset(p_rows)
        AS r (id uuid, version bigint, settlement uuid, entry bigint, fees bigint, withheld bigint, captured_on date,
              provider_reference text, promise text)
     WHERE c.book_id = p_book AND c.id = r.id AND c.version = r.version;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: a charge has changed', p_book USING ERRCODE = 'CP001';
    END IF;
    UPDATE public.charge_attempt a
       SET state = 'captured', code = '', provider_reference = r.provider_reference, finished_at = r.finished_at
      FROM jsonb_to_recordset(p_rows)
        AS r (id uuid, attempt int, provider_reference text, finished_at timestamptz)
     WHERE a.book_id = p_book AND a.charge = r.id AND a.attempt = r.attempt;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: a charge has no such attempt', p_book USING ERRCODE = 'CP001';
    END IF;
END
$$;
SELECT ledger_delegate('companion_charge_captured(int, jsonb)');

-- Fees that captured charges bore, each row whole.
CREATE OR REPLACE FUNCTION companion_charge_fee(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.charge_fee (book_id, charge, payee, account, amount, returns)
    SELECT p_book, r.charge, r.payee, r.account, r.amount, r.returns
      FROM jsonb_populate_recordset(NULL::public.charge_fee, p_rows) AS r;
END
$$;
SELECT ledger_delegate('companion_charge_fee(int, jsonb)');

-- Receipts of charges that were captured, each row whole but for its number, and numbered in the order of their entries: the row
-- of the year is locked until the batch is written, so that no number is left out. The receipts of the year itself are issued by a job,
-- at the moment that each row names. Answers those that are new: a charge has one.
CREATE OR REPLACE FUNCTION receipts_insert(p_book int, p_rows jsonb) RETURNS SETOF public.receipt
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
    v_year record;
    v_last int;
BEGIN
    -- Whoever is being erased is locked before the pledges and charges that are locked here already.
    PERFORM FROM public.donor d
      WHERE d.book_id = p_book
        AND d.id IN (SELECT r.donor FROM jsonb_to_recordset(p_rows) AS r (donor uuid))
        FOR KEY SHARE SKIP LOCKED;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> (SELECT count(DISTINCT r -> 'donor') FROM jsonb_array_elements(p_rows) AS r) THEN
        RAISE EXCEPTION 'book %: a donor is being changed', p_book USING ERRCODE = 'CP001';
    END IF;
    FOR v_year IN
        SELECT r.year, count(*)::int AS rows, array_agg(r.charge) AS charges, min(r.id::text)::uuid AS first
          FROM jsonb_to_recordset(p_rows) AS r (id uuid, charge uuid, year int)
         WHERE NOT EXISTS (SELECT FROM public.receipt o WHERE o.book_id = p_book AND o.charge = r.charge)
         GROUP BY r.year ORDER BY r.year
    LOOP
        INSERT INTO public.receipt_year AS y (book_id, year, last) VALUES (p_book, v_year.year, v_year.rows)
        ON CONFLICT (book_id, year) DO UPDATE SET last = y.last + excluded.last
        RETURNING y.last INTO v_last;
        INSERT INTO public.job (book_id, id, kind, dedupe, payload, due_at)
        SELECT p_book, v_year.first, 'issue_yearly_receipts', v_year.year::text,
               jsonb_build_object('kind', 'issue_yearly_receipts', 'year', v_year.year, 'as_of', r -> 'year_due_at', 'after', NULL),
               (r ->> 'year_due_at')::timestamptz
          FROM jsonb_array_elements(p_rows) AS r
         WHERE r ->> 'id' = v_year.first::text
        ON CONFLICT (book_id, kind, dedupe) DO NOTHING;
        RETURN QUERY
        INSERT INTO public.receipt (book_id, id, charge, pledge, donor, campaign, custodian, amount, entry, issued_at, year,
                                    number, given_on, currency, campaign_title, custodian_name, custodian_address,
                                    custodian_registration, tax_text, terms_sha256, lines, original_amount, original_currency)
        SELECT p_book, r.id, r.charge, r.pledge, r.donor, r.campaign, r.custodian, r.amount, r.entry, r.issued_at, r.year,
               v_last - v_year.rows + row_number() OVER (ORDER BY r.entry), r.given_on, r.currency, r.campaign_title,
               r.custodian_name, r.custodian_address, r.custodian_registration, r.tax_text, r.terms_sha256, r.lines,
               r.original_amount, r.original_currency
          FROM jsonb_populate_recordset(NULL::public.receipt, p_rows) AS r
         WHERE r.year = v_year.year AND r.charge = ANY (v_year.charges)
        RETURNING *;
    END LOOP;
END
$$;
SELECT ledger_delegate('receipts_insert(int, jsonb)');

-- Charges that begin, each with its first attempt; and the next payment of their pledges, which have the version that was read.
CREATE OR REPLACE FUNCTION companion_charge_begun(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    PERFORM FROM public.pledge p
      WHERE p.book_id = p_book
        AND p.id IN (SELECT r.pledge FROM jsonb_to_recordset(p_rows) AS r (pledge uuid))
        FOR NO KEY UPDATE SKIP LOCKED;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: a pledge is being changed', p_book USING ERRCODE = 'CP001';
    END IF;
    UPDATE public.pledge p
       SET next_sequence = r.sequence + 1, version = p.version + 1,
           promised = p.promised - CASE WHEN r.promise = 'open' THEN r.amount ELSE 0 END
      FROM jsonb_to_recordset(p_rows) AS r (pledge uuid, sequence int, pledge_version bigint, promise text, amount bigint)
     WHERE p.book_id = p_book AND p.id = r.pledge AND p.version = r.pledge_version;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: a pledge has changed', p_book USING ERRCODE = 'CP001';
    END IF;
    INSERT INTO public.charge (book_id, id, pledge, campaign, partner, sequence, due_on, amount, currency, rail, state, attempt,
                               waits_until, created_at, method, promise, original_amount, original_currency, promised_amount)
    SELECT p_book, r.id, r.pledge, r.campaign, r.partner, r.sequence, r.due_on, r.amount, r.currency, r.rail, r.state,
           r.attempt, r.waits_until, r.created_at, r.method, r.promise, r.original_amount, r.original_currency, r.promised_amount
      FROM jsonb_populate_recordset(NULL::public.charge, p_rows) AS r;
    INSERT INTO public.charge_attempt (book_id, charge, attempt, state, started_at)
    SELECT p_book, r.id, r.attempt, r.state, r.created_at
      FROM jsonb_to_recordset(p_rows) AS r (id uuid, attempt int, state text, created_at timestamptz);
END
$$;
SELECT ledger_delegate('companion_charge_begun(int, jsonb)');

-- Campaigns have the version that was read.
CREATE OR REPLACE FUNCTION companion_campaign_seen(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM jsonb_to_recordset(p_rows) AS r (id uuid, version bigint)
                WHERE NOT EXISTS (SELECT FROM public.campaign k
                                   WHERE k.book_id = p_book AND k.id = r.id AND k.version = r.version)) THEN
        RAISE EXCEPTION 'book %: a campaign has changed', p_book USING ERRCODE = 'CP001';
    END IF;
END
$$;
SELECT ledger_delegate('companion_campaign_seen(int, jsonb)');

-- Jobs whose effect is in the batch. Fenced: whoever has lost the lease has no effect.
CREATE OR REPLACE FUNCTION companion_job_done(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_rows bigint;
BEGIN
    UPDATE public.job j
       SET finished_at = r.finished_at, leased_until = r.finished_at, leased_by = '', last_error = '',
           payload = j.payload - 'token' - 'email'
      FROM jsonb_to_recordset(p_rows) AS r (id uuid, attempts int, finished_at timestamptz)
     WHERE j.book_id = p_book AND j.id = r.id AND j.attempts = r.attempts
       AND j.finished_at IS NULL AND j.dead_at IS NULL;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> jsonb_array_length(p_rows) THEN
        RAISE EXCEPTION 'book %: another attempt has the lease of a job', p_book USING ERRCODE = 'CP001';
    END IF;
END
$$;
SELECT ledger_delegate('companion_job_done(int, jsonb)');

-- What providers told of charges.
CREATE OR REPLACE FUNCTION companion_provider_event(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.provider_event (book_id, provider, event_id, charge, received_at)
    SELECT p_book, r.provider, r.event_id, r.charge, r.received_at
      FROM jsonb_populate_recordset(NULL::public.provider_event, p_rows) AS r;
END
$$;
SELECT ledger_delegate('companion_provider_event(int, jsonb)');

-- Donors as a partner passes them now: known by their id, and told anew.
CREATE OR REPLACE FUNCTION companion_donor(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.donor AS d (book_id, id, partner, reference, name, email, privacy, created_at)
    SELECT DISTINCT ON (r.id) p_book, r.id, r.partner, r.reference, r.name, r.email, r.privacy, r.created_at
      FROM jsonb_array_elements(p_rows) WITH ORDINALITY AS a(row, place)
     CROSS JOIN LATERAL jsonb_populate_record(NULL::public.donor, a.row) AS r
     ORDER BY r.id, a.place DESC
    ON CONFLICT (book_id, id) DO UPDATE
       SET name = CASE excluded.name WHEN '' THEN d.name ELSE excluded.name END,
           email = CASE excluded.email WHEN '' THEN d.email ELSE excluded.email END,
           privacy = excluded.privacy
     WHERE d.erased_at IS NULL;
    IF EXISTS (SELECT FROM public.donor d JOIN jsonb_to_recordset(p_rows) AS r (id uuid) ON r.id = d.id
                WHERE d.book_id = p_book AND d.erased_at IS NOT NULL) THEN
        RAISE EXCEPTION 'book %: a donor was erased', p_book USING ERRCODE = 'CP001';
    END IF;
END
$$;
SELECT ledger_delegate('companion_donor(int, jsonb)');

-- Answers that are kept with their keys.
CREATE OR REPLACE FUNCTION companion_reply(p_book int, p_rows jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.reply (book_id, caller, key, status, body, created_at)
    SELECT p_book, r.caller, r.key, r.status, r.body, r.created_at
      FROM jsonb_populate_recordset(NULL::public.reply, p_rows) AS r;
END
$$;
SELECT ledger_delegate('companion_reply(int, jsonb)');

-- The rows that come with the entries of a batch: an object of arrays by kind, each row whole. A row that is there
-- already is an error, but for donors, who are known by their id and told anew, and for jobs, which are asked for once.
--
-- Rows that change ("charge captured", and so on) name the version that was read. Whoever decided on another one is
-- stale (CP001), and nothing is written. So is whoever meets a row that is locked: others lock these rows before the head
-- of the book, which is locked here already, so that waiting could be for ever.
--
-- A kind has one line here, in the order in which kinds are written, and one function.
CREATE OR REPLACE FUNCTION companions_write(p_book int, p_rows jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_kinds CONSTANT text[] := ARRAY['settlement open', 'campaign seen', 'pledge seen', 'pledge changed', 'charge captured', 'charge_fee',
                                     'charge begun', 'receipt', 'job done', 'provider_event', 'donor', 'pledge', 'activity', 'job', 'reply'];
    v_rows bigint;
BEGIN
    IF p_rows - v_kinds <> '{}' THEN
        RAISE EXCEPTION 'book %: no companion may be written to %', p_book,
            (SELECT string_agg(t, ', ') FROM jsonb_object_keys(p_rows - v_kinds) AS t)
            USING ERRCODE = 'check_violation';
    END IF;
    IF p_rows ? 'settlement open' THEN PERFORM public.companion_settlement_open(p_book, p_rows -> 'settlement open'); END IF;
    IF p_rows ? 'campaign seen' THEN PERFORM public.companion_campaign_seen(p_book, p_rows -> 'campaign seen'); END IF;
    IF p_rows ? 'pledge seen' THEN PERFORM public.companion_pledge_seen(p_book, p_rows -> 'pledge seen'); END IF;
    IF p_rows ? 'pledge changed' THEN PERFORM public.companion_pledge_changed(p_book, p_rows -> 'pledge changed'); END IF;
    IF p_rows ? 'charge captured' THEN PERFORM public.companion_charge_captured(p_book, p_rows -> 'charge captured'); END IF;
    IF p_rows ? 'charge_fee' THEN PERFORM public.companion_charge_fee(p_book, p_rows -> 'charge_fee'); END IF;
    IF p_rows ? 'charge begun' THEN PERFORM public.companion_charge_begun(p_book, p_rows -> 'charge begun'); END IF;
    IF p_rows ? 'receipt' THEN PERFORM public.receipts_insert(p_book, p_rows -> 'receipt'); END IF;
    IF p_rows ? 'job done' THEN PERFORM public.companion_job_done(p_book, p_rows -> 'job done'); END IF;
    IF p_rows ? 'provider_event' THEN PERFORM public.companion_provider_event(p_book, p_rows -> 'provider_event'); END IF;
    IF p_rows ? 'donor' THEN PERFORM public.companion_donor(p_book, p_rows -> 'donor'); END IF;
    IF p_rows ? 'pledge' THEN
        SELECT count(*) INTO v_rows FROM public.pledges_insert(p_book, p_rows -> 'pledge');
        IF v_rows <> jsonb_array_length(p_rows -> 'pledge') THEN
            RAISE EXCEPTION 'book %: a partner has used the reference of a pledge before', p_book
                USING ERRCODE = 'unique_violation';
        END IF;
    END IF;
    IF p_rows ? 'activity' THEN PERFORM public.activities_insert(p_book, p_rows -> 'activity'); END IF;
    IF p_rows ? 'job' THEN PERFORM public.jobs_insert(p_book, p_rows -> 'job'); END IF;
    IF p_rows ? 'reply' THEN PERFORM public.companion_reply(p_book, p_rows -> 'reply'); END IF;
    RETURN true;
END
$$;
SELECT ledger_delegate('companions_write(int, jsonb)');
