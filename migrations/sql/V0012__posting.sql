-- The door to the journal, made lighter: one guard a row, a lone transfer by its values, catching up in one question.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

-- Every CHECK is parsed and prepared again by each statement: one for each row says the same for less.
ALTER TABLE balance DROP CONSTRAINT balance_debits_check;
ALTER TABLE balance DROP CONSTRAINT balance_credits_check;
ALTER TABLE balance DROP CONSTRAINT balance_held_check;
ALTER TABLE balance DROP CONSTRAINT balance_side_check;
ALTER TABLE balance DROP CONSTRAINT balance_floor;
ALTER TABLE balance ADD CONSTRAINT balance_floor CHECK (
    debits >= 0 AND credits >= 0 AND held >= 0 AND side IN (-1, 1)
    AND (floor IS NULL OR side * (credits - debits) - held >= floor));
ALTER TABLE transfer DROP CONSTRAINT transfer_amount_check;
ALTER TABLE transfer DROP CONSTRAINT transfer_check;
ALTER TABLE transfer ADD CONSTRAINT transfer_amount CHECK (amount > 0 AND debit <> credit);
ALTER TABLE book_head DROP CONSTRAINT book_head_next_number_check;
ALTER TABLE book_head DROP CONSTRAINT book_head_next_account_check;

-- journal_post for one transfer under one key, without a note: the same checks, on values instead of arrays.
CREATE FUNCTION journal_post_one(
    p_book int, p_version bigint, p_number bigint, p_recorded timestamptz, p_unit text, p_kind smallint,
    p_debit int, p_credit int, p_debit_class smallint, p_credit_class smallint, p_amount bigint,
    p_debit_debits bigint, p_debit_credits bigint, p_credit_debits bigint, p_credit_credits bigint,
    p_debit_after bigint, p_credit_after bigint, p_effective date, p_occurred date,
    p_caller int, p_key uuid, p_digest bigint
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    v_rows bigint;
BEGIN
    UPDATE book_head SET version = p_version + 1, next_number = p_number + 1
     WHERE book_id = p_book AND version = p_version AND next_number = p_number;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO idempotency (book_id, caller, key, request_digest, number)
    VALUES (p_book, p_caller, p_key, p_digest, p_number);
    INSERT INTO transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, effective, occurred, kind, note, recorded_at)
    SELECT p_book, p_number << 16, p_debit, p_credit, p_amount, p_debit_after, p_credit_after, p_effective, p_occurred,
           p_kind, '00000000-0000-0000-0000-000000000000', p_recorded
      FROM movement m
     WHERE m.kind = p_kind AND m.debit_class = p_debit_class AND m.credit_class = p_credit_class;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'book %: a transfer fits no row of movement', p_book USING ERRCODE = 'check_violation';
    END IF;
    UPDATE balance SET debits = CASE account WHEN p_debit THEN p_debit_debits ELSE p_credit_debits END,
                       credits = CASE account WHEN p_debit THEN p_debit_credits ELSE p_credit_credits END
     WHERE book_id = p_book AND account = ANY (ARRAY[p_debit, p_credit]) AND unit = p_unit
       AND CASE account
           WHEN p_debit THEN class = p_debit_class AND debits = p_debit_debits - p_amount AND credits = p_debit_credits
           ELSE class = p_credit_class AND debits = p_credit_debits AND credits = p_credit_credits - p_amount END;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows <> 2 THEN
        RAISE EXCEPTION 'book %: % of 2 balances moved as folded', p_book, v_rows USING ERRCODE = 'check_violation';
    END IF;
    RETURN true;
END
$$;
SELECT ledger_delegate('journal_post_one(int, bigint, bigint, timestamptz, text, smallint, int, int, smallint, smallint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, date, date, int, uuid, bigint)');

-- Locks the head, and answers what was posted from record p_from on, if that is no more than p_limit records and all of
-- them are entries. With p_from 0 nothing is read.
CREATE FUNCTION journal_catch_up(
    p_book int, p_from bigint, p_limit bigint,
    OUT version bigint, OUT next_number bigint, OUT closed_through date, OUT whole boolean,
    OUT debits int[], OUT credits int[], OUT amounts bigint[]
) RETURNS record LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    SELECT h.version, h.next_number, h.closed_through INTO version, next_number, closed_through
      FROM book_head h WHERE h.book_id = p_book FOR NO KEY UPDATE;
    whole := false;
    IF p_from > 0 AND next_number - p_from <= p_limit
       AND NOT EXISTS (SELECT FROM log_record r WHERE r.book_id = p_book AND r.number >= p_from) THEN
        whole := true;
        SELECT array_agg(t.debit), array_agg(t.credit), array_agg(t.amount) INTO debits, credits, amounts
          FROM transfer t WHERE t.book_id = p_book AND t.pos >= p_from << 16;
    END IF;
END
$$;
SELECT ledger_delegate('journal_catch_up(int, bigint, bigint)');

-- The rows that come with the entries of a batch: an object of arrays by table, each row whole. A row that is there
-- already is an error, but for donors, who are known by their id and told anew, and for jobs, which are asked for once.
CREATE FUNCTION companions_write(p_book int, p_rows jsonb) RETURNS boolean LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF p_rows - ARRAY['donor', 'pledge', 'activity', 'job', 'reply'] <> '{}' THEN
        RAISE EXCEPTION 'book %: no companion may be written to %', p_book,
            (SELECT string_agg(t, ', ') FROM jsonb_object_keys(p_rows - ARRAY['donor', 'pledge', 'activity', 'job', 'reply']) AS t)
            USING ERRCODE = 'check_violation';
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
SELECT ledger_delegate('companions_write(int, jsonb)');

-- journal_post, and then the companions: one call writes a batch whole. With the rights of the caller, as the companions
-- are no business of the journal.
CREATE FUNCTION batch_post(
    p_book int, p_version bigint, p_first bigint, p_next bigint, p_recorded timestamptz,
    p_units text[], p_account int[], p_class smallint[], p_unit smallint[],
    p_debits bigint[], p_credits bigint[], p_debited bigint[], p_credited bigint[],
    p_pos bigint[], p_debit int[], p_credit int[], p_amount bigint[], p_debit_after bigint[], p_credit_after bigint[],
    p_effective date[], p_occurred date[], p_kind smallint[], p_note uuid[],
    p_key_caller int[], p_key uuid[], p_key_digest bigint[], p_key_number bigint[], p_key_refusal smallint[],
    p_note_number bigint[], p_salt uuid[], p_memo text[], p_reference text[], p_metadata jsonb[],
    p_companions jsonb
) RETURNS boolean LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF NOT journal_post(
        p_book, p_version, p_first, p_next, p_recorded, p_units, p_account, p_class, p_unit, p_debits, p_credits,
        p_debited, p_credited, p_pos, p_debit, p_credit, p_amount, p_debit_after, p_credit_after, p_effective,
        p_occurred, p_kind, p_note, p_key_caller, p_key, p_key_digest, p_key_number, p_key_refusal, p_note_number,
        p_salt, p_memo, p_reference, p_metadata
    ) THEN
        RETURN false;
    END IF;
    RETURN p_companions IS NULL OR companions_write(p_book, p_companions);
END
$$;
SELECT ledger_delegate('batch_post(int, bigint, bigint, bigint, timestamptz, text[], int[], smallint[], smallint[], bigint[], bigint[], bigint[], bigint[], bigint[], int[], int[], bigint[], bigint[], bigint[], date[], date[], smallint[], uuid[], int[], uuid[], bigint[], bigint[], smallint[], bigint[], uuid[], text[], text[], jsonb[], jsonb)');

REVOKE ALL ON FUNCTION journal_post_one FROM PUBLIC;
REVOKE ALL ON FUNCTION journal_catch_up(int, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_post_one TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_catch_up(int, bigint, bigint) TO commonpurse_service;
REVOKE ALL ON FUNCTION companions_write(int, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION companions_write(int, jsonb) TO commonpurse_service;
REVOKE ALL ON FUNCTION batch_post FROM PUBLIC;
GRANT EXECUTE ON FUNCTION batch_post TO commonpurse_service;
