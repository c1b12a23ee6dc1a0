//! The journal: the lock of its head, the one door in, and reading it back.

use crate::book::fold::TransferRow;
use crate::book::{AccountNumber, Batch, Key, Line, MovementKind, Note, Verdict};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// The head of a book: the version that a fold rests on, and where it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Raised by every batch.
    pub version: i64,
    /// Number of the next record.
    pub next_number: i64,
    /// Nothing takes effect on or before this day.
    pub closed_through: Date,
}

/// Locks the head until the transaction ends.
pub async fn lock(tx: &Transaction<'_>, book: BookId) -> Result<Head, Error> {
    let statement = tx
        .prepare_cached("-- journal::lock\nSELECT version, next_number, closed_through FROM journal_lock($1)")
        .await?;
    let row = tx.query_one(&statement, &[/* book */ &book.0]).await?;
    let version: Option<i64> = row.get(0);
    let version = version.ok_or(Error::NotFound("book"))?;
    Ok(Head { version, next_number: row.get(1), closed_through: row.get(2) })
}

/// What `journal_post` is told of the accounts that a batch touches, each array in the order of the account numbers.
struct Touched<'a> {
    units: Vec<&'a str>,
    accounts: Vec<i32>,
    classes: Vec<i16>,
    unit: Vec<i16>,
    debited: Vec<i64>,
    credited: Vec<i64>,
    /// Places from 1 of the accounts of each transfer.
    debit: Vec<i32>,
    credit: Vec<i32>,
}

impl Touched<'_> {
    fn of(batch: &Batch) -> Touched<'_> {
        let accounts: Vec<i32> = batch.balances.keys().map(|account| account.0).collect();
        let (count, rows) = (accounts.len(), batch.transfers.len());
        let mut touched = Touched {
            units: Vec::new(),
            classes: vec![0; count],
            unit: vec![0; count],
            debited: vec![0; count],
            credited: vec![0; count],
            debit: Vec::with_capacity(rows),
            credit: Vec::with_capacity(rows),
            accounts,
        };
        for row in &batch.transfers {
            let unit = touched.units.iter().position(|unit| **unit == *row.unit).unwrap_or_else(|| {
                touched.units.push(&row.unit);
                touched.units.len() - 1
            });
            let (debit, credit) = (touched.place(row.line.debit), touched.place(row.line.credit));
            for (place, class) in [(debit, row.classes.0), (credit, row.classes.1)] {
                touched.classes[place] = class.number();
                touched.unit[place] = unit as i16 + 1;
            }
            // Never more than the sums after the batch, which the fold has found to be in range.
            touched.debited[debit] += row.line.amount;
            touched.credited[credit] += row.line.amount;
            touched.debit.push(debit as i32 + 1);
            touched.credit.push(credit as i32 + 1);
        }
        touched
    }

    fn place(&self, account: AccountNumber) -> usize {
        self.accounts.binary_search(&account.0).expect("the fold leaves a balance for every account it touches")
    }
}

const WRITE: &str = "-- journal::write
     SELECT batch_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                       $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)";

const WRITE_LONE: &str = "-- journal::write_lone
     SELECT journal_post_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                             $20, $21, $22)";

/// Prepares the statement that will write this batch, so that [`write()`] sends it when it is first polled.
pub async fn prepare_write(client: &impl GenericClient, batch: &Batch) -> Result<(), Error> {
    client.prepare_cached(if Lone::of(batch).is_some() { WRITE_LONE } else { WRITE }).await?;
    Ok(())
}

/// Writes a folded batch whole; false when the head has moved on since the fold.
pub async fn write(
    client: &impl GenericClient,
    book: BookId,
    head: &Head,
    next_number: i64,
    batch: &Batch,
    recorded_at: Timestamp,
) -> Result<bool, Error> {
    if let Some(lone) = Lone::of(batch) {
        return write_lone(client, book, head, &lone, recorded_at).await;
    }
    let rows = &batch.transfers;
    fn each<T>(rows: &[TransferRow], of: impl Fn(&TransferRow) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let touched = Touched::of(batch);
    let (numbers, notes): (Vec<i64>, Vec<&Note>) = batch.notes.iter().map(|(number, note)| (*number, note)).unzip();
    let (keys, outcomes): (Vec<_>, Vec<(i64, i16)>) = batch.keys.iter().map(|(key, v)| (*key, outcome(*v))).unzip();

    let statement = client.prepare_cached(WRITE).await?;
    let row = client
        .query_one(
            &statement,
            &[
                /* book */ &book.0,
                /* version */ &head.version,
                /* first */ &head.next_number,
                /* next */ &next_number,
                /* recorded */ &recorded_at,
                /* units */ &touched.units,
                /* account */ &touched.accounts,
                /* class */ &touched.classes,
                /* unit */ &touched.unit,
                /* debits */ &batch.balances.values().map(|moved| moved.0).collect::<Vec<_>>(),
                /* credits */ &batch.balances.values().map(|moved| moved.1).collect::<Vec<_>>(),
                /* debited */ &touched.debited,
                /* credited */ &touched.credited,
                /* pos */ &each(rows, |row| row.pos),
                /* debit */ &touched.debit,
                /* credit */ &touched.credit,
                /* amount */ &each(rows, |row| row.line.amount),
                /* debit_after */ &each(rows, |row| row.debit_after),
                /* credit_after */ &each(rows, |row| row.credit_after),
                /* effective */ &each(rows, |row| row.effective),
                /* occurred */ &each(rows, |row| row.occurred),
                /* kind */ &each(rows, |row| row.line.kind.number()),
                /* note */ &each(rows, |row| row.note),
                /* key_caller */ &keys.iter().map(|key| key.caller).collect::<Vec<i32>>(),
                /* key */ &keys.iter().map(|key| key.key).collect::<Vec<Uuid>>(),
                /* key_digest */ &keys.iter().map(|key| key.request_digest).collect::<Vec<i64>>(),
                /* key_number */ &outcomes.iter().map(|outcome| outcome.0).collect::<Vec<i64>>(),
                /* key_refusal */ &outcomes.iter().map(|outcome| outcome.1).collect::<Vec<i16>>(),
                /* note_number */ &numbers,
                /* salt */ &notes.iter().map(|note| note.salt).collect::<Vec<Uuid>>(),
                /* memo */ &notes.iter().map(|note| note.memo.as_str()).collect::<Vec<_>>(),
                /* reference */ &notes.iter().map(|note| note.reference.as_str()).collect::<Vec<_>>(),
                /* metadata */ &notes.iter().map(|note| &note.metadata).collect::<Vec<_>>(),
                /* companions */ &(!batch.companions.is_empty()).then_some(Json(&batch.companions)),
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// One transfer under one key, without a note: what a caller who is alone posts.
struct Lone<'a> {
    row: &'a TransferRow,
    key: &'a Key,
    debit: (i64, i64, i64),
    credit: (i64, i64, i64),
}

impl Lone<'_> {
    fn of(batch: &Batch) -> Option<Lone<'_>> {
        if !batch.companions.is_empty() {
            return None;
        }
        let ([row], [(key, Verdict::Posted(_))], []) = (&*batch.transfers, &*batch.keys, &*batch.notes) else {
            return None;
        };
        let (debit, credit) = (batch.balances.get(&row.line.debit)?, batch.balances.get(&row.line.credit)?);
        Some(Lone { row, key, debit: *debit, credit: *credit })
    }
}

async fn write_lone(
    client: &impl GenericClient,
    book: BookId,
    head: &Head,
    Lone { row, key, debit, credit }: &Lone<'_>,
    recorded_at: Timestamp,
) -> Result<bool, Error> {
    let statement = client.prepare_cached(WRITE_LONE).await?;
    let params: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[
        /* book */ &book.0,
        /* version */ &head.version,
        /* number */ &head.next_number,
        /* recorded */ &recorded_at,
        /* unit */ &&*row.unit,
        /* kind */ &row.line.kind.number(),
        /* debit */ &row.line.debit.0,
        /* credit */ &row.line.credit.0,
        /* debit_class */ &row.classes.0.number(),
        /* credit_class */ &row.classes.1.number(),
        /* amount */ &row.line.amount,
        /* debit_debits */ &debit.0,
        /* debit_credits */ &debit.1,
        /* credit_debits */ &credit.0,
        /* credit_credits */ &credit.1,
        /* debit_after */ &row.debit_after,
        /* credit_after */ &row.credit_after,
        /* effective */ &row.effective,
        /* occurred */ &row.occurred,
        /* caller */ &key.caller,
        /* key */ &key.key,
        /* digest */ &key.request_digest,
    ];
    Ok(client.query_one(&statement, params).await?.get(0))
}

fn outcome(verdict: Verdict) -> (i64, i16) {
    match verdict {
        Verdict::Posted(number) => (number, 0),
        Verdict::Carried => (0, 0),
        Verdict::Refused(reason) => (0, reason.number()),
    }
}

/// The lines of one entry as they were posted.
pub async fn transfers(client: &impl GenericClient, book: BookId, number: i64) -> Result<Vec<Line>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::transfers
             SELECT kind, debit, credit, amount FROM transfer
              WHERE book_id = $1 AND pos >= $2::bigint << 16 AND pos < ($2::bigint + 1) << 16 ORDER BY pos",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* number */ &number]).await?;
    let line = |row: &Row| {
        let kind: i16 = row.get(0);
        Ok(Line {
            kind: MovementKind::from_number(kind)
                .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?,
            debit: AccountNumber(row.get(1)),
            credit: AccountNumber(row.get(2)),
            amount: row.get(3),
        })
    };
    rows.iter().map(line).collect()
}

/// What a key in the book stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredKey {
    /// The key, with the digest of the request that it first came with.
    pub key: Key,
    /// Record number of the entry it made; 0 when none.
    pub number: i64,
    /// Why the fold refused it; 0 when it did not.
    pub refusal: i16,
}

/// Those of these keys that are in the book already.
pub async fn keys(client: &impl GenericClient, book: BookId, asked: &[Key]) -> Result<Vec<StoredKey>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::keys
             SELECT i.caller, i.key, i.request_digest, i.number, i.refusal
               FROM unnest($2::int[], $3::uuid[]) AS k(caller, key)
              CROSS JOIN LATERAL (SELECT * FROM idempotency
                                   WHERE book_id = $1 AND caller = k.caller AND key = k.key OFFSET 0) AS i",
        )
        .await?;
    let callers: Vec<i32> = asked.iter().map(|key| key.caller).collect();
    let ids: Vec<Uuid> = asked.iter().map(|key| key.key).collect();
    let rows = client.query(&statement, &[/* book */ &book.0, /* callers */ &callers, /* keys */ &ids]).await?;
    let stored = rows.iter().map(|row| StoredKey {
        key: Key { caller: row.get(0), key: row.get(1), request_digest: row.get(2) },
        number: row.get(3),
        refusal: row.get(4),
    });
    Ok(stored.collect())
}

/// A transfer as far as balances are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Account debited.
    pub debit: AccountNumber,
    /// Account credited.
    pub credit: AccountNumber,
    /// Minor units.
    pub amount: i64,
}

/// What was posted since a record, read under the lock of the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// These transfers, and nothing else.
    Moved(Vec<Moved>),
    /// Too much, or records besides entries, which change more than balances: what was known has to be read anew.
    Anew,
}

/// Locks the head until the transaction ends, and reads what was posted from record `from` on, if that is at most
/// `limit` records; with 0 nothing is read.
pub async fn catch_up(
    client: &impl GenericClient,
    book: BookId,
    from: i64,
    limit: i64,
) -> Result<(Head, Since), Error> {
    let statement = client.prepare_cached(CATCH_UP).await?;
    let row = client.query_one(&statement, &[/* book */ &book.0, /* from */ &from, /* limit */ &limit]).await?;
    let version: Option<i64> = row.get("version");
    let version = version.ok_or(Error::NotFound("book"))?;
    let head = Head { version, next_number: row.get("next_number"), closed_through: row.get("closed_through") };
    if !row.get::<_, bool>("whole") {
        return Ok((head, Since::Anew));
    }
    let debits: Option<Vec<i32>> = row.get("debits");
    let credits: Option<Vec<i32>> = row.get("credits");
    let amounts: Option<Vec<i64>> = row.get("amounts");
    let sides = debits.unwrap_or_default().into_iter().zip(credits.unwrap_or_default());
    let moved = sides.zip(amounts.unwrap_or_default()).map(|((debit, credit), amount)| Moved {
        debit: AccountNumber(debit),
        credit: AccountNumber(credit),
        amount,
    });
    Ok((head, Since::Moved(moved.collect())))
}

const CATCH_UP: &str = "-- journal::catch_up
     SELECT version, next_number, closed_through, whole, debits, credits, amounts FROM journal_catch_up($1, $2, $3)";

/// One line of the journal, with the codes of its accounts.
#[derive(Debug, Clone)]
pub struct JournalLine {
    /// Record number of its entry.
    pub number: i64,
    /// Which line of it, from 0.
    pub line: i64,
    /// How the money moved.
    pub kind: MovementKind,
    /// Code of the account debited.
    pub debit: String,
    /// Code of the account credited.
    pub credit: String,
    /// Currency or unit.
    pub unit: String,
    /// Minor units.
    pub amount: i64,
    /// Balance of the debited account after it.
    pub debit_after: i64,
    /// Balance of the credited account after it.
    pub credit_after: i64,
    /// Day on which it counts.
    pub effective: Date,
    /// Day on which it happened.
    pub occurred: Date,
    /// Wall clock.
    pub recorded_at: Timestamp,
    /// Memo of its entry; empty when there is none or it was erased.
    pub memo: String,
    /// What its entry is about.
    pub reference: String,
    /// The entry had a note, and it was erased.
    pub erased: bool,
}

fn line_from(row: &Row) -> Result<JournalLine, Error> {
    let pos: i64 = row.get("pos");
    let kind: i16 = row.get("kind");
    Ok(JournalLine {
        number: pos >> 16,
        line: pos & 0xffff,
        kind: MovementKind::from_number(kind)
            .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?,
        debit: row.get("debit_code"),
        credit: row.get("credit_code"),
        unit: row.get("unit"),
        amount: row.get("amount"),
        debit_after: row.get("debit_after"),
        credit_after: row.get("credit_after"),
        effective: row.get("effective"),
        occurred: row.get("occurred"),
        recorded_at: row.get("recorded_at"),
        memo: row.get("memo"),
        reference: row.get("reference"),
        erased: row.get("erased"),
    })
}

/// The lines of the records `first..first + count`, in order.
pub async fn lines(
    client: &impl GenericClient,
    book: BookId,
    first: i64,
    count: i64,
) -> Result<Vec<JournalLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::lines
             SELECT t.pos, t.kind, d.code AS debit_code, c.code AS credit_code, d.unit, t.amount, t.debit_after,
                    t.credit_after, t.effective, t.occurred, t.recorded_at,
                    coalesce(n.memo, '') AS memo, coalesce(n.reference, '') AS reference,
                    n.number IS NULL AND t.note <> '00000000-0000-0000-0000-000000000000' AS erased
               FROM transfer t
               JOIN account d ON d.book_id = t.book_id AND d.number = t.debit
               JOIN account c ON c.book_id = t.book_id AND c.number = t.credit
               LEFT JOIN entry_note n ON n.book_id = t.book_id AND n.number = t.pos >> 16
              WHERE t.book_id = $1 AND t.pos >= $2::bigint << 16 AND t.pos < ($2::bigint + $3::bigint) << 16
              ORDER BY t.pos",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* first */ &first, /* count */ &count]).await?;
    rows.iter().map(line_from).collect()
}

/// At most `limit` lines after a position, up to and with record `through`, in order.
pub async fn lines_after(
    client: &impl GenericClient,
    book: BookId,
    pos: i64,
    through: i64,
    limit: i64,
) -> Result<Vec<JournalLine>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::lines_after
             SELECT t.pos, t.kind, d.code AS debit_code, c.code AS credit_code, d.unit, t.amount, t.debit_after,
                    t.credit_after, t.effective, t.occurred, t.recorded_at,
                    coalesce(n.memo, '') AS memo, coalesce(n.reference, '') AS reference,
                    n.number IS NULL AND t.note <> '00000000-0000-0000-0000-000000000000' AS erased
               FROM (SELECT * FROM transfer
                      WHERE book_id = $1 AND pos > $2 AND pos < ($3::bigint + 1) << 16
                      ORDER BY pos LIMIT $4) AS t
               JOIN account d ON d.book_id = $1 AND d.number = t.debit
               JOIN account c ON c.book_id = $1 AND c.number = t.credit
               LEFT JOIN entry_note n ON n.book_id = $1 AND n.number = t.pos >> 16
              ORDER BY t.pos",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book */ &book.0, /* after */ &pos, /* through */ &through, /* limit */ &limit])
        .await?;
    rows.iter().map(line_from).collect()
}

/// Number of the last record of a book; 0 when there is none.
pub async fn last_number(client: &impl GenericClient, book: BookId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached("-- journal::last_number\nSELECT next_number - 1 FROM book_head WHERE book_id = $1")
        .await?;
    let row = client.query_opt(&statement, &[/* book */ &book.0]).await?;
    Ok(row.ok_or(Error::NotFound("book"))?.get(0))
}

/// What is wrong with a book, as sentences; empty when every balance is the sum of its transfers, debits equal credits
/// and no number is missing.
pub async fn audit(client: &impl GenericClient, book: BookId) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- journal::audit
             WITH side AS (
                 SELECT debit AS account, amount AS debits, 0 AS credits FROM transfer WHERE book_id = $1
                 UNION ALL
                 SELECT credit, 0, amount FROM transfer WHERE book_id = $1),
             total AS (SELECT account, sum(debits) AS debits, sum(credits) AS credits FROM side GROUP BY account)
             SELECT 'account ' || b.account || ': balance ' || b.debits || '/' || b.credits
                    || ', transfers ' || coalesce(t.debits, 0) || '/' || coalesce(t.credits, 0)
               FROM balance b LEFT JOIN total t ON t.account = b.account
              WHERE b.book_id = $1 AND (b.debits <> coalesce(t.debits, 0) OR b.credits <> coalesce(t.credits, 0))
             UNION ALL
             SELECT 'debits ' || sum(debits) || ', credits ' || sum(credits) FROM balance WHERE book_id = $1
             HAVING sum(debits) <> sum(credits)
             UNION ALL
             SELECT 'records: ' || count(DISTINCT number) || ' of ' || max(h.next_number) - 1
               FROM (SELECT pos >> 16 AS number FROM transfer WHERE book_id = $1
                     UNION ALL SELECT number FROM log_record WHERE book_id = $1) AS record
               JOIN book_head h ON h.book_id = $1
             HAVING count(DISTINCT number) <> max(h.next_number) - 1",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The accounts that a batch of lines names, each once.
pub fn accounts_of<'a>(lines: impl Iterator<Item = &'a crate::book::Line>) -> Vec<AccountNumber> {
    let mut accounts: Vec<AccountNumber> = lines.flat_map(|line| [line.debit, line.credit]).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}
