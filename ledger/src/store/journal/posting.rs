//! The one door in: a folded batch as the parameters of one call.

use super::Head;
use crate::book::fold::TransferRow;
use crate::book::{AccountNumber, Batch, Key, Note, Verdict};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::types::Json;
use uuid::Uuid;

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
