-- The book: accounts, movements, transfers in one gap-free order, balances with their floors, keys that replay answers.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL citus.enable_local_reference_table_foreign_keys TO off;
SET LOCAL citus.enable_unsafe_triggers TO on;
SET LOCAL client_min_messages TO warning;

CREATE TABLE book (
    number         int PRIMARY KEY,
    uid            uuid NOT NULL UNIQUE,
    organisation   uuid NOT NULL,
    name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    mode           text NOT NULL CHECK (mode IN ('live', 'sandbox')),
    zone           text NOT NULL CHECK (length(zone) BETWEEN 1 AND 64),
    visibility     text NOT NULL CHECK (visibility IN ('private', 'members', 'public')),
    clock_offset_s bigint NOT NULL DEFAULT 0 CHECK (clock_offset_s >= 0),
    version        bigint NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL,
    CHECK (mode = 'sandbox' OR clock_offset_s = 0)
);
SELECT ledger_reference('book');
COMMENT ON TABLE book IS 'A unit with its own accounts, order of entries and log: a fiscal host, a cooperative.';
COMMENT ON COLUMN book.number IS 'Number within the installation: the first column of every key of a table that grows.';
COMMENT ON COLUMN book.uid IS 'UUIDv7 of the outside id, so that a number cannot be guessed.';
COMMENT ON COLUMN book.organisation IS 'Who owns the book.';
COMMENT ON COLUMN book.name IS 'Name for people.';
COMMENT ON COLUMN book.currency IS 'Base currency, ISO 4217.';
COMMENT ON COLUMN book.mode IS 'live or sandbox; never changes.';
COMMENT ON COLUMN book.zone IS 'IANA time zone in which its days begin; never changes.';
COMMENT ON COLUMN book.visibility IS 'Who may read it: private, members or public.';
COMMENT ON COLUMN book.clock_offset_s IS 'Seconds that the clock of a sandbox book is ahead of the wall clock; forward only.';
COMMENT ON COLUMN book.version IS 'Raised by every change of this row: its ETag.';
COMMENT ON COLUMN book.created_at IS 'Wall clock at creation.';

-- The owner, the mode, the zone and the number of a book never change, and its clock never goes back.
CREATE FUNCTION book_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.uid, NEW.mode, NEW.zone, NEW.currency, NEW.created_at)
       IS DISTINCT FROM (OLD.number, OLD.uid, OLD.mode, OLD.zone, OLD.currency, OLD.created_at)
       OR NEW.clock_offset_s < OLD.clock_offset_s THEN
        RAISE EXCEPTION 'a book keeps its number, mode, zone and currency, and its clock goes forward only'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER book_guard BEFORE UPDATE ON book FOR EACH ROW EXECUTE FUNCTION book_guard();

CREATE TABLE book_partner (
    book_id      int NOT NULL,
    organisation uuid NOT NULL,
    admitted_by  uuid NOT NULL,
    admitted_at  timestamptz NOT NULL,
    PRIMARY KEY (book_id, organisation)
);
SELECT ledger_distribute('book_partner');
COMMENT ON TABLE book_partner IS 'Partner platforms that may bring pledges into a book.';
COMMENT ON COLUMN book_partner.book_id IS 'The book.';
COMMENT ON COLUMN book_partner.organisation IS 'The partner platform.';
COMMENT ON COLUMN book_partner.admitted_by IS 'The person who admitted it.';
COMMENT ON COLUMN book_partner.admitted_at IS 'Wall clock.';

CREATE TABLE account_class (
    class  smallint PRIMARY KEY,
    name   text NOT NULL UNIQUE,
    kind   text NOT NULL CHECK (kind IN ('asset', 'liability', 'equity', 'income', 'expense')),
    managed boolean NOT NULL
);
SELECT ledger_reference('account_class');
COMMENT ON TABLE account_class IS 'What an account is for; the movements are stated in classes.';
COMMENT ON COLUMN account_class.class IS 'Number in the rows.';
COMMENT ON COLUMN account_class.name IS 'Name in the API.';
COMMENT ON COLUMN account_class.kind IS 'asset and expense are debit-normal, the others credit-normal.';
COMMENT ON COLUMN account_class.managed IS 'Moves by its operations only: raw journal entries are refused.';

CREATE TABLE movement_kind (
    kind smallint PRIMARY KEY,
    name text NOT NULL UNIQUE
);
SELECT ledger_reference('movement_kind');
COMMENT ON TABLE movement_kind IS 'The ways in which money moves.';
COMMENT ON COLUMN movement_kind.kind IS 'Number in the rows.';
COMMENT ON COLUMN movement_kind.name IS 'Name in the API.';

CREATE TABLE movement (
    kind         smallint NOT NULL,
    debit_class  smallint NOT NULL,
    credit_class smallint NOT NULL,
    PRIMARY KEY (kind, debit_class, credit_class)
);
SELECT ledger_reference('movement');
COMMENT ON TABLE movement IS 'Every way money moves, and no other: a transfer that fits no row is refused.';
COMMENT ON COLUMN movement.kind IS 'The way.';
COMMENT ON COLUMN movement.debit_class IS 'Class of the account debited.';
COMMENT ON COLUMN movement.credit_class IS 'Class of the account credited.';

CREATE TABLE book_head (
    book_id        int PRIMARY KEY,
    version        bigint NOT NULL DEFAULT 0,
    next_number    bigint NOT NULL DEFAULT 1 CHECK (next_number >= 1),
    next_account   int NOT NULL DEFAULT 1 CHECK (next_account >= 1),
    closed_through date NOT NULL DEFAULT '0001-01-01'
) WITH (fillfactor = 50);
SELECT ledger_distribute('book_head');
COMMENT ON TABLE book_head IS 'One row a book: its lock gives the one order of all records.';
COMMENT ON COLUMN book_head.book_id IS 'The book.';
COMMENT ON COLUMN book_head.version IS 'Raised by every batch; a batch folded on another version is stale.';
COMMENT ON COLUMN book_head.next_number IS 'Number of the next record; numbers have no gaps and are in commit order.';
COMMENT ON COLUMN book_head.next_account IS 'Number of the next account.';
COMMENT ON COLUMN book_head.closed_through IS 'Entries with an effective date on or before this day are refused.';

CREATE TABLE account (
    book_id   int NOT NULL,
    number    int NOT NULL CHECK (number >= 1),
    code      text NOT NULL CHECK (code ~ '^(assets|liabilities|equity|income|expenses)(:[a-z0-9][a-z0-9._-]{0,79}){1,7}$'),
    class     smallint NOT NULL,
    unit      text NOT NULL CHECK (unit ~ '^[A-Z][A-Z0-9._-]{1,15}$'),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (book_id, number),
    UNIQUE (book_id, code)
);
SELECT ledger_distribute('account');
COMMENT ON TABLE account IS 'Where money stands. Codes hold pseudonyms, never names of persons.';
COMMENT ON COLUMN account.book_id IS 'The book.';
COMMENT ON COLUMN account.number IS 'Number within the book, from book_head.next_account.';
COMMENT ON COLUMN account.code IS 'Path: assets:cash:bank.';
COMMENT ON COLUMN account.class IS 'What it is for: account_class.';
COMMENT ON COLUMN account.unit IS 'Currency (ISO 4217) or unit of the book.';
COMMENT ON COLUMN account.opened_at IS 'Wall clock.';
COMMENT ON COLUMN account.closed_at IS 'From when it takes no more postings; infinity while open.';

CREATE TABLE balance (
    debits   bigint NOT NULL DEFAULT 0 CHECK (debits >= 0),
    credits  bigint NOT NULL DEFAULT 0 CHECK (credits >= 0),
    held     bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    floor    bigint,
    book_id  int NOT NULL,
    account  int NOT NULL,
    side     smallint NOT NULL CHECK (side IN (-1, 1)),
    class    smallint NOT NULL,
    unit     text NOT NULL,
    PRIMARY KEY (book_id, account),
    CONSTRAINT balance_floor CHECK (floor IS NULL OR side * (credits - debits) - held >= floor)
) WITH (fillfactor = 60);
SELECT ledger_distribute('balance');
COMMENT ON TABLE balance IS 'One row an account; its CHECK is the last line of defence when all code is wrong.';
COMMENT ON COLUMN balance.debits IS 'Sum of all debits, minor units.';
COMMENT ON COLUMN balance.credits IS 'Sum of all credits, minor units.';
COMMENT ON COLUMN balance.held IS 'Set aside by holds, minor units.';
COMMENT ON COLUMN balance.floor IS 'Lowest balance allowed on its own side after holds, minor units; none when null.';
COMMENT ON COLUMN balance.book_id IS 'The book.';
COMMENT ON COLUMN balance.account IS 'The account.';
COMMENT ON COLUMN balance.side IS '1 credit-normal (liability, equity, income), -1 debit-normal (asset, expense).';
COMMENT ON COLUMN balance.class IS 'As in account, which never changes it: a posting checks it in the row that it moves anyway.';
COMMENT ON COLUMN balance.unit IS 'As in account, likewise.';

CREATE TABLE transfer (
    pos          bigint NOT NULL,
    amount       bigint NOT NULL CHECK (amount > 0),
    debit_after  bigint NOT NULL,
    credit_after bigint NOT NULL,
    recorded_at  timestamptz NOT NULL,
    note         uuid NOT NULL,
    book_id      int NOT NULL,
    debit        int NOT NULL,
    credit       int NOT NULL,
    effective    date NOT NULL,
    occurred     date NOT NULL,
    kind         smallint NOT NULL,
    PRIMARY KEY (book_id, pos),
    CHECK (debit <> credit)
);
SELECT ledger_distribute('transfer');
CREATE INDEX transfer_debit ON transfer (book_id, debit, pos);
CREATE INDEX transfer_credit ON transfer (book_id, credit, pos);
COMMENT ON TABLE transfer IS 'One amount from one account to another: both sides in one row, so that an unbalanced entry cannot be stored.';
COMMENT ON COLUMN transfer.pos IS 'Record number << 16 | line: the order of the book.';
COMMENT ON COLUMN transfer.amount IS 'Minor units of the accounts'' unit, more than 0.';
COMMENT ON COLUMN transfer.debit_after IS 'Balance of the debited account after this line, on its own side, minor units.';
COMMENT ON COLUMN transfer.credit_after IS 'Balance of the credited account after this line, on its own side, minor units.';
COMMENT ON COLUMN transfer.recorded_at IS 'Wall clock when it was decided.';
COMMENT ON COLUMN transfer.note IS 'First 16 bytes of the salted SHA-256 of its note (UUIDv8 bits unset); nil when there is none.';
COMMENT ON COLUMN transfer.book_id IS 'The book.';
COMMENT ON COLUMN transfer.debit IS 'Account debited.';
COMMENT ON COLUMN transfer.credit IS 'Account credited.';
COMMENT ON COLUMN transfer.effective IS 'Day on which it counts.';
COMMENT ON COLUMN transfer.occurred IS 'Day on which it happened outside; the same, unless that day was closed.';
COMMENT ON COLUMN transfer.kind IS 'Way the money moved: movement_kind.';

CREATE TABLE log_record (
    number      bigint NOT NULL CHECK (number >= 1),
    recorded_at timestamptz NOT NULL,
    book_id     int NOT NULL,
    kind        smallint NOT NULL,
    body        jsonb NOT NULL,
    PRIMARY KEY (book_id, number)
);
SELECT ledger_distribute('log_record');
COMMENT ON TABLE log_record IS 'What the head numbers besides entries: period close, rule version, floor, hold, erasure.';
COMMENT ON COLUMN log_record.number IS 'Record number.';
COMMENT ON COLUMN log_record.recorded_at IS 'Wall clock.';
COMMENT ON COLUMN log_record.book_id IS 'The book.';
COMMENT ON COLUMN log_record.kind IS '1 period closed, 2 floor changed, 3 account closed, 4 hold placed, 5 hold ended, 6 note erased, 7 rule version.';
COMMENT ON COLUMN log_record.body IS 'The facts of the record.';

CREATE TABLE entry_note (
    number    bigint NOT NULL CHECK (number >= 1),
    salt      uuid NOT NULL,
    book_id   int NOT NULL,
    memo      text NOT NULL DEFAULT '' CHECK (length(memo) <= 1000),
    reference text NOT NULL DEFAULT '' CHECK (length(reference) <= 200),
    metadata  jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (book_id, number)
);
SELECT ledger_distribute('entry_note');
COMMENT ON TABLE entry_note IS 'The only part of an entry that can be deleted; the transfer keeps its salted digest.';
COMMENT ON COLUMN entry_note.number IS 'Record number of the entry.';
COMMENT ON COLUMN entry_note.salt IS 'Random, so that a digest tells nothing about a guess.';
COMMENT ON COLUMN entry_note.book_id IS 'The book.';
COMMENT ON COLUMN entry_note.memo IS 'Text for people.';
COMMENT ON COLUMN entry_note.reference IS 'The object or outside reference that the entry is about.';
COMMENT ON COLUMN entry_note.metadata IS 'Flat object of strings.';

CREATE TABLE idempotency (
    key            uuid NOT NULL,
    request_digest bigint NOT NULL,
    number         bigint NOT NULL DEFAULT 0,
    book_id        int NOT NULL,
    caller         int NOT NULL,
    refusal        smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (book_id, caller, key)
);
SELECT ledger_distribute('idempotency');
COMMENT ON TABLE idempotency IS 'Keys of requests, kept for ever; refusals too.';
COMMENT ON COLUMN idempotency.key IS 'A UUIDv7 as it came; any other key as the UUIDv8 of its SHA-256.';
COMMENT ON COLUMN idempotency.request_digest IS 'First 8 bytes of the SHA-256 of method, path and body.';
COMMENT ON COLUMN idempotency.number IS 'Record number of the entry it made; 0 when none.';
COMMENT ON COLUMN idempotency.book_id IS 'The book.';
COMMENT ON COLUMN idempotency.caller IS 'Whose key it is.';
COMMENT ON COLUMN idempotency.refusal IS 'Why the fold refused it; 0 when it did not.';

CREATE TABLE reply (
    key        uuid NOT NULL,
    created_at timestamptz NOT NULL,
    book_id    int NOT NULL,
    caller     int NOT NULL,
    status     smallint NOT NULL CHECK (status BETWEEN 200 AND 499),
    body       jsonb NOT NULL,
    PRIMARY KEY (book_id, caller, key)
);
SELECT ledger_distribute('reply');
COMMENT ON TABLE reply IS 'The first answer to a request with a key, which every repetition gets again.';
COMMENT ON COLUMN reply.key IS 'As in idempotency.';
COMMENT ON COLUMN reply.created_at IS 'Wall clock.';
COMMENT ON COLUMN reply.book_id IS 'The book.';
COMMENT ON COLUMN reply.caller IS 'Whose key it is.';
COMMENT ON COLUMN reply.status IS 'HTTP status.';
COMMENT ON COLUMN reply.body IS 'Body as it was sent.';

CREATE TABLE day_total (
    debits  bigint NOT NULL CHECK (debits >= 0),
    credits bigint NOT NULL CHECK (credits >= 0),
    book_id int NOT NULL,
    day     date NOT NULL,
    account int NOT NULL,
    PRIMARY KEY (book_id, day, account)
);
SELECT ledger_distribute('day_total');
COMMENT ON TABLE day_total IS 'Sums of an account and day, rolled up from the journal outside the posting transaction.';
COMMENT ON COLUMN day_total.debits IS 'Minor units.';
COMMENT ON COLUMN day_total.credits IS 'Minor units.';
COMMENT ON COLUMN day_total.book_id IS 'The book.';
COMMENT ON COLUMN day_total.day IS 'Effective day.';
COMMENT ON COLUMN day_total.account IS 'The account.';

CREATE TABLE day_total_progress (
    through bigint NOT NULL DEFAULT 0,
    book_id int PRIMARY KEY
);
SELECT ledger_distribute('day_total_progress');
COMMENT ON TABLE day_total_progress IS 'Up to which position the journal is in day_total; readers add what came after.';
COMMENT ON COLUMN day_total_progress.through IS 'Last transfer.pos that is rolled up.';
COMMENT ON COLUMN day_total_progress.book_id IS 'The book.';

-- Written once: no role, not even the owner, edits history by accident.
CREATE TRIGGER transfer_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER log_record_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON log_record FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER idempotency_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON idempotency FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reply_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON reply FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_note_kept BEFORE UPDATE OR TRUNCATE ON entry_note FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER balance_kept BEFORE DELETE OR TRUNCATE ON balance FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER book_head_kept BEFORE DELETE OR TRUNCATE ON book_head FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The classic journal: two columns, one line a side.
CREATE VIEW posting AS
    SELECT book_id, pos, pos >> 16 AS number, debit AS account, 'debit' AS side, amount, debit_after AS balance_after,
           effective, occurred, recorded_at, kind
      FROM transfer
    UNION ALL
    SELECT book_id, pos, pos >> 16, credit, 'credit', amount, credit_after, effective, occurred, recorded_at, kind
      FROM transfer;
COMMENT ON COLUMN posting.book_id IS 'The book.';
COMMENT ON COLUMN posting.pos IS 'Position of the transfer.';
COMMENT ON COLUMN posting.number IS 'Record number of the entry.';
COMMENT ON COLUMN posting.account IS 'The account.';
COMMENT ON COLUMN posting.side IS 'debit or credit.';
COMMENT ON COLUMN posting.amount IS 'Minor units.';
COMMENT ON COLUMN posting.balance_after IS 'Balance of the account after this line, on its own side.';
COMMENT ON COLUMN posting.effective IS 'Day on which it counts.';
COMMENT ON COLUMN posting.occurred IS 'Day on which it happened outside.';
COMMENT ON COLUMN posting.recorded_at IS 'Wall clock.';
COMMENT ON COLUMN posting.kind IS 'Way the money moved.';

-- Begins a book: its head and its progress row.
CREATE FUNCTION book_begin(p_book int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO book_head (book_id) VALUES (p_book);
    INSERT INTO day_total_progress (book_id) VALUES (p_book);
END
$$;
SELECT ledger_delegate('book_begin(int)');

-- Locks the head of a book until the caller's transaction ends, and answers what the fold needs of it.
CREATE FUNCTION journal_lock(p_book int, OUT version bigint, OUT next_number bigint, OUT closed_through date)
RETURNS record LANGUAGE sql SECURITY DEFINER SET search_path = public AS $$
    SELECT h.version, h.next_number, h.closed_through FROM book_head h WHERE h.book_id = p_book FOR NO KEY UPDATE
$$;
SELECT ledger_delegate('journal_lock(int)');

-- Opens an account, or finds the one with this code. Locks the head: account numbers are drawn from it.
CREATE FUNCTION account_open(p_book int, p_code text, p_class smallint, p_unit text, p_floor bigint, p_side smallint, p_at timestamptz)
RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    v_number int;
BEGIN
    SELECT number INTO v_number FROM account WHERE book_id = p_book AND code = p_code;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    PERFORM 1 FROM book_head WHERE book_id = p_book FOR NO KEY UPDATE;
    SELECT number INTO v_number FROM account WHERE book_id = p_book AND code = p_code;
    IF FOUND THEN
        RETURN v_number;
    END IF;
    UPDATE book_head SET next_account = next_account + 1 WHERE book_id = p_book RETURNING next_account - 1 INTO v_number;
    INSERT INTO account (book_id, number, code, class, unit, opened_at)
         VALUES (p_book, v_number, p_code, p_class, p_unit, p_at);
    INSERT INTO balance (book_id, account, floor, side, class, unit)
         VALUES (p_book, v_number, p_floor, p_side, p_class, p_unit);
    RETURN v_number;
END
$$;
SELECT ledger_delegate('account_open(int, text, smallint, text, bigint, smallint, timestamptz)');

-- The one door to the journal: writes a folded batch whole, or answers false when another batch came first.
--
-- It checks what the fold has decided: numbers without a gap, a row of `movement` for every transfer, one unit on both
-- sides, balances that moved by exactly the amounts, and (by CHECK) the floors. Transfers name their accounts by their
-- place in p_account, so that class and unit are compared once an account, in the row of its balance, and `movement` is
-- read once for each (kind, class, class) of the batch. A lone transfer is checked without a query where that is possible.
CREATE FUNCTION journal_post(
    p_book int, p_version bigint, p_first bigint, p_next bigint, p_recorded timestamptz,
    p_units text[], p_account int[], p_class smallint[], p_unit smallint[],
    p_debits bigint[], p_credits bigint[], p_debited bigint[], p_credited bigint[],
    p_pos bigint[], p_debit int[], p_credit int[], p_amount bigint[], p_debit_after bigint[], p_credit_after bigint[],
    p_effective date[], p_occurred date[], p_kind smallint[], p_note uuid[],
    p_key_caller int[], p_key uuid[], p_key_digest bigint[], p_key_number bigint[], p_key_refusal smallint[],
    p_note_number bigint[], p_salt uuid[], p_memo text[], p_reference text[], p_metadata jsonb[]
) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    v_entries bigint;
    v_low bigint;
    v_high bigint;
    v_unfit bigint;
    v_rows bigint;
    v_sum numeric;
    v_debited numeric;
    v_credited numeric;
BEGIN
    UPDATE book_head SET version = p_version + 1, next_number = p_next
     WHERE book_id = p_book AND version = p_version AND next_number = p_first;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    INSERT INTO idempotency (book_id, caller, key, request_digest, number, refusal)
    SELECT p_book, k.caller, k.key, k.digest, k.number, k.refusal
      FROM unnest(p_key_caller, p_key, p_key_digest, p_key_number, p_key_refusal) AS k(caller, key, digest, number, refusal);

    IF cardinality(p_pos) = 1 THEN
        v_entries := 1;
        v_low := p_pos[1];
        v_high := p_pos[1];
        v_sum := p_amount[1];
        v_unfit := CASE WHEN p_pos[1] & 65535 = 0 AND p_unit[p_debit[1]] = p_unit[p_credit[1]]
                         AND EXISTS (SELECT FROM movement m
                                      WHERE m.kind = p_kind[1] AND m.debit_class = p_class[p_debit[1]]
                                        AND m.credit_class = p_class[p_credit[1]])
                        THEN 0 ELSE 1 END;
    ELSE
        -- An entry begins with its line 0. Positions are unique, so as many entries as numbers between the right
        -- first and last one leave no gap.
        SELECT coalesce(sum(g.entries), 0), min(g.low), max(g.high), coalesce(sum(g.amount), 0),
               count(*) - count(*) FILTER (WHERE g.one_unit AND EXISTS (SELECT FROM movement m
                   WHERE m.kind = g.kind AND m.debit_class = g.debit_class AND m.credit_class = g.credit_class))
          INTO v_entries, v_low, v_high, v_sum, v_unfit
          FROM (SELECT t.kind, p_class[t.debit] AS debit_class, p_class[t.credit] AS credit_class,
                       count(*) FILTER (WHERE t.pos & 65535 = 0) AS entries, min(t.pos) AS low, max(t.pos) AS high,
                       sum(t.amount) AS amount,
                       count(*) = count(*) FILTER (WHERE p_unit[t.debit] = p_unit[t.credit]) AS one_unit
                  FROM unnest(p_pos, p_debit, p_credit, p_amount, p_kind) AS t(pos, debit, credit, amount, kind)
                 GROUP BY 1, 2, 3) AS g;
    END IF;
    IF v_entries <> p_next - p_first OR v_low >> 16 <> p_first OR v_high >> 16 <> p_next - 1 THEN
        RAISE EXCEPTION 'book %: record numbers % to % do not follow %', p_book, v_low >> 16, v_high >> 16, p_first
            USING ERRCODE = 'check_violation';
    END IF;
    IF v_unfit <> 0 THEN
        RAISE EXCEPTION 'book %: a transfer fits no row of movement, or joins two units', p_book
            USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO transfer (book_id, pos, debit, credit, amount, debit_after, credit_after, effective, occurred, kind, note, recorded_at)
    SELECT p_book, t.pos, p_account[t.debit], p_account[t.credit], t.amount, t.debit_after, t.credit_after, t.effective, t.occurred,
           t.kind, t.note, p_recorded
      FROM unnest(p_pos, p_debit, p_credit, p_amount, p_debit_after, p_credit_after, p_effective, p_occurred, p_kind, p_note)
           AS t(pos, debit, credit, amount, debit_after, credit_after, effective, occurred, kind, note);

    UPDATE balance b SET debits = n.debits, credits = n.credits
      FROM unnest(p_account, p_class, p_unit, p_debits, p_credits, p_debited, p_credited)
           AS n(account, class, unit, debits, credits, debited, credited)
     WHERE b.book_id = p_book AND b.account = n.account AND b.class = n.class AND b.unit = p_units[n.unit]
       AND b.debits = n.debits - n.debited AND b.credits = n.credits - n.credited;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF cardinality(p_account) = 2 THEN
        v_debited := p_debited[1] + p_debited[2];
        v_credited := p_credited[1] + p_credited[2];
    ELSE
        SELECT coalesce(sum(n.debited), 0), coalesce(sum(n.credited), 0) INTO v_debited, v_credited
          FROM unnest(p_debited, p_credited) AS n(debited, credited);
    END IF;
    IF (v_rows = cardinality(p_account) AND v_debited = v_sum AND v_credited = v_sum) IS NOT TRUE THEN
        RAISE EXCEPTION 'book %: % of % balances moved as folded, by % and %, the transfers by %',
            p_book, v_rows, cardinality(p_account), v_debited, v_credited, v_sum
            USING ERRCODE = 'check_violation';
    END IF;

    IF cardinality(p_note_number) > 0 THEN
        INSERT INTO entry_note (book_id, number, salt, memo, reference, metadata)
        SELECT p_book, n.number, n.salt, n.memo, n.reference, n.metadata
          FROM unnest(p_note_number, p_salt, p_memo, p_reference, p_metadata) AS n(number, salt, memo, reference, metadata);
    END IF;
    RETURN true;
END
$$;
SELECT ledger_delegate('journal_post(int, bigint, bigint, bigint, timestamptz, text[], int[], smallint[], smallint[], bigint[], bigint[], bigint[], bigint[], bigint[], int[], int[], bigint[], bigint[], bigint[], date[], date[], smallint[], uuid[], int[], uuid[], bigint[], bigint[], smallint[], bigint[], uuid[], text[], text[], jsonb[])');

-- Brings the day totals of a book forward by at most p_limit transfers; answers how many it took.
CREATE FUNCTION day_totals_roll_up(p_book int, p_limit int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    v_from bigint;
    v_to bigint;
    v_count int;
BEGIN
    SELECT through INTO v_from FROM day_total_progress WHERE book_id = p_book FOR UPDATE;
    SELECT max(pos), count(*) INTO v_to, v_count
      FROM (SELECT pos FROM transfer WHERE book_id = p_book AND pos > v_from ORDER BY pos LIMIT p_limit) AS fresh;
    IF v_count = 0 THEN
        RETURN 0;
    END IF;
    INSERT INTO day_total AS d (book_id, day, account, debits, credits)
    SELECT p_book, side.day, side.account, sum(side.debits), sum(side.credits)
      FROM (SELECT effective AS day, debit AS account, amount AS debits, 0 AS credits
              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to
            UNION ALL
            SELECT effective, credit, 0, amount
              FROM transfer WHERE book_id = p_book AND pos > v_from AND pos <= v_to) AS side
     GROUP BY side.day, side.account
     ORDER BY side.day, side.account
    ON CONFLICT (book_id, day, account)
    DO UPDATE SET debits = d.debits + excluded.debits, credits = d.credits + excluded.credits;
    UPDATE day_total_progress SET through = v_to WHERE book_id = p_book;
    RETURN v_count;
END
$$;
SELECT ledger_delegate('day_totals_roll_up(int, int)');

-- The service reads everything here and writes the journal through the functions only.
GRANT SELECT, INSERT, UPDATE ON book TO commonpurse_service;
GRANT SELECT, INSERT, DELETE ON book_partner TO commonpurse_service;
GRANT SELECT ON account_class TO commonpurse_service;
GRANT SELECT ON movement_kind TO commonpurse_service;
GRANT SELECT ON movement TO commonpurse_service;
GRANT SELECT ON book_head TO commonpurse_service;
GRANT SELECT ON account TO commonpurse_service;
GRANT SELECT ON balance TO commonpurse_service;
GRANT SELECT ON transfer TO commonpurse_service;
GRANT SELECT ON log_record TO commonpurse_service;
GRANT SELECT ON entry_note TO commonpurse_service;
GRANT SELECT, INSERT ON idempotency TO commonpurse_service;
GRANT SELECT, INSERT ON reply TO commonpurse_service;
GRANT SELECT ON day_total TO commonpurse_service;
GRANT SELECT ON day_total_progress TO commonpurse_service;
GRANT SELECT ON posting TO commonpurse_service;
REVOKE ALL ON FUNCTION book_begin(int) FROM PUBLIC;
REVOKE ALL ON FUNCTION journal_lock(int) FROM PUBLIC;
REVOKE ALL ON FUNCTION account_open(int, text, smallint, text, bigint, smallint, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION journal_post FROM PUBLIC;
REVOKE ALL ON FUNCTION day_totals_roll_up(int, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION book_begin(int) TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_lock(int) TO commonpurse_service;
GRANT EXECUTE ON FUNCTION account_open(int, text, smallint, text, bigint, smallint, timestamptz) TO commonpurse_service;
GRANT EXECUTE ON FUNCTION journal_post TO commonpurse_service;
GRANT EXECUTE ON FUNCTION day_totals_roll_up(int, int) TO commonpurse_service;
