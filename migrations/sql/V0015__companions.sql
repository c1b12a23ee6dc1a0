-- Companions may change rows, too: the charge of a capture goes into the journal's own transaction, as a lane writes it.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- The rows that come with the entries of a batch: an object of arrays by table, each row whole. A row that is there
-- already is an error, but for donors, who are known by their id and told anew, and for jobs, which are asked for once.
--
-- Rows that change ("charge captured", and so on) name the version that was read. Whoever decided on another one is
-- stale (CP001), and nothing is written. So is whoever meets a row that is locked: others lock these rows before the head
-- of the book, which is locked here already, so that waiting could be for ever.
CREATE OR REPLACE FUNCTION companions_write(p_book int, p_rows jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    v_tables CONSTANT text[] := ARRAY['donor', 'pledge', 'activity', 'job', 'reply', 'provider_event', 'settlement open',
                                      'charge captured', 'pledge seen', 'pledge changed', 'job done'];
    v_rows bigint;
BEGIN
    IF p_rows - v_tables <> '{}' THEN
        RAISE EXCEPTION 'book %: no companion may be written to %', p_book,
            (SELECT string_agg(t, ', ') FROM jsonb_object_keys(p_rows - v_tables) AS t)
            USING ERRCODE = 'check_violation';
    END IF;
    IF p_rows ? 'settlement open' THEN
        PERFORM FROM settlement s
          WHERE s.book_id = p_book AND s.settled_at IS NULL
            AND s.id IN (SELECT r.id FROM jsonb_populate_recordset(NULL::settlement, p_rows -> 'settlement open') AS r)
            FOR SHARE SKIP LOCKED;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> (SELECT count(DISTINCT r -> 'id') FROM jsonb_array_elements(p_rows -> 'settlement open') AS r) THEN
            RAISE EXCEPTION 'book %: a settlement is no longer open', p_book USING ERRCODE = 'CP001';
        END IF;
    END IF;
    -- A change of the pledge that commits after this batch is one that came after the capture: reading is enough.
    IF p_rows ? 'pledge seen' THEN
        SELECT count(*) INTO v_rows
          FROM jsonb_populate_recordset(NULL::pledge, p_rows -> 'pledge seen') AS r
          JOIN pledge p ON p.book_id = p_book AND p.id = r.id AND p.version = r.version;
        IF v_rows <> jsonb_array_length(p_rows -> 'pledge seen') THEN
            RAISE EXCEPTION 'book %: a pledge has changed', p_book USING ERRCODE = 'CP001';
        END IF;
    END IF;
    IF p_rows ? 'pledge changed' THEN
        PERFORM FROM pledge p
          WHERE p.book_id = p_book
            AND p.id IN (SELECT r.id FROM jsonb_populate_recordset(NULL::pledge, p_rows -> 'pledge changed') AS r)
            FOR NO KEY UPDATE SKIP LOCKED;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> jsonb_array_length(p_rows -> 'pledge changed') THEN
            RAISE EXCEPTION 'book %: a pledge is being changed', p_book USING ERRCODE = 'CP001';
        END IF;
        UPDATE pledge p
           SET state = r.state, state_since = r.state_since, state_until = r.state_until, state_detail = r.state_detail,
               version = p.version + 1
          FROM jsonb_populate_recordset(NULL::pledge, p_rows -> 'pledge changed') AS r
         WHERE p.book_id = p_book AND p.id = r.id AND p.version = r.version;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> jsonb_array_length(p_rows -> 'pledge changed') THEN
            RAISE EXCEPTION 'book %: a pledge has changed', p_book USING ERRCODE = 'CP001';
        END IF;
    END IF;
    IF p_rows ? 'charge captured' THEN
        PERFORM FROM charge c
          WHERE c.book_id = p_book
            AND c.id IN (SELECT r.id FROM jsonb_populate_recordset(NULL::charge, p_rows -> 'charge captured') AS r)
            FOR NO KEY UPDATE SKIP LOCKED;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> jsonb_array_length(p_rows -> 'charge captured') THEN
            RAISE EXCEPTION 'book %: a charge is being changed', p_book USING ERRCODE = 'CP001';
        END IF;
        UPDATE charge c
           SET settlement = r.settlement, entry = r.entry, state = 'captured', waits_until = NULL, retry_on = NULL,
               declines = 0, first_declined_on = NULL, decline_kind = '', decline_code = '', captured_on = r.captured_on,
               provider_reference = r.provider_reference, version = c.version + 1
          FROM jsonb_populate_recordset(NULL::charge, p_rows -> 'charge captured') AS r
         WHERE c.book_id = p_book AND c.id = r.id AND c.version = r.version;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> jsonb_array_length(p_rows -> 'charge captured') THEN
            RAISE EXCEPTION 'book %: a charge has changed', p_book USING ERRCODE = 'CP001';
        END IF;
        UPDATE charge_attempt a
           SET state = 'captured', code = '', provider_reference = r.provider_reference, finished_at = r.finished_at
          FROM jsonb_to_recordset(p_rows -> 'charge captured')
            AS r (id uuid, attempt int, provider_reference text, finished_at timestamptz)
         WHERE a.book_id = p_book AND a.charge = r.id AND a.attempt = r.attempt;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> jsonb_array_length(p_rows -> 'charge captured') THEN
            RAISE EXCEPTION 'book %: a charge has no such attempt', p_book USING ERRCODE = 'CP001';
        END IF;
    END IF;
    -- Fenced: whoever has lost the lease has no effect.
    IF p_rows ? 'job done' THEN
        UPDATE job j
           SET finished_at = r.finished_at, leased_until = r.finished_at, leased_by = '', last_error = '',
               payload = j.payload - 'token' - 'email'
          FROM jsonb_populate_recordset(NULL::job, p_rows -> 'job done') AS r
         WHERE j.book_id = p_book AND j.id = r.id AND j.attempts = r.attempts
           AND j.finished_at IS NULL AND j.dead_at IS NULL;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
        IF v_rows <> jsonb_array_length(p_rows -> 'job done') THEN
            RAISE EXCEPTION 'book %: another attempt has the lease of a job', p_book USING ERRCODE = 'CP001';
        END IF;
    END IF;
    IF p_rows ? 'provider_event' THEN
        INSERT INTO provider_event (book_id, provider, event_id, charge, received_at)
        SELECT p_book, r.provider, r.event_id, r.charge, r.received_at
          FROM jsonb_populate_recordset(NULL::provider_event, p_rows -> 'provider_event') AS r;
    END IF;
    IF p_rows ? 'donor' THEN
        INSERT INTO donor AS d (book_id, id, partner, reference, name, email, privacy, created_at)
        SELECT DISTINCT ON (r.id) p_book, r.id, r.partner, r.reference, r.name, r.email, r.privacy, r.created_at
          FROM jsonb_array_elements(p_rows -> 'donor') WITH ORDINALITY AS a(row, place)
         CROSS JOIN LATERAL jsonb_populate_record(NULL::donor, a.row) AS r
         ORDER BY r.id, a.place DESC
        ON CONFLICT (book_id, id) DO UPDATE
           SET name = CASE excluded.name WHEN '' THEN d.name ELSE excluded.name END,
               email = CASE excluded.email WHEN '' THEN d.email ELSE excluded.email END,
               privacy = excluded.privacy;
    END IF;
    IF p_rows ? 'pledge' THEN
        INSERT INTO pledge (book_id, id, campaign, donor, partner, reference, content, amount, currency, schedule, starts_on,
                            anchor_day, payments, next_sequence, rail, token, terms_sha256, state, state_since, state_until,
                            state_detail, created_at)
        SELECT p_book, r.id, r.campaign, r.donor, r.partner, r.reference, r.content, r.amount, r.currency, r.schedule,
               r.starts_on, r.anchor_day, r.payments, r.next_sequence, r.rail, r.token, r.terms_sha256, r.state,
               r.state_since, r.state_until, r.state_detail, r.created_at
          FROM jsonb_populate_recordset(NULL::pledge, p_rows -> 'pledge') AS r;
    END IF;
    IF p_rows ? 'activity' THEN
        INSERT INTO activity (book_id, id, object, action, actor_kind, actor, reason, at)
        SELECT p_book, r.id, r.object, r.action, r.actor_kind, r.actor, r.reason, r.at
          FROM jsonb_populate_recordset(NULL::activity, p_rows -> 'activity') AS r;
    END IF;
    IF p_rows ? 'job' THEN
        INSERT INTO job (book_id, id, kind, dedupe, payload, due_at)
        SELECT p_book, r.id, r.kind, r.dedupe, r.payload, r.due_at
          FROM jsonb_populate_recordset(NULL::job, p_rows -> 'job') AS r
        ON CONFLICT (book_id, kind, dedupe) DO NOTHING;
    END IF;
    IF p_rows ? 'reply' THEN
        INSERT INTO reply (book_id, caller, key, status, body, created_at)
        SELECT p_book, r.caller, r.key, r.status, r.body, r.created_at
          FROM jsonb_populate_recordset(NULL::reply, p_rows -> 'reply') AS r;
    END IF;
    RETURN true;
END
$$;
