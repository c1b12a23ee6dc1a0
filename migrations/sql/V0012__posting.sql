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

REVOKE ALL ON FUNCTION journal_post_one FROM PUBLIC;
REVOKE ALL ON FUNCTION journal_catch_up(int, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_post_one TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_catch_up(int, bigint, bigint) TO commonpurse_service;
