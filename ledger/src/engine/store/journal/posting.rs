//! The one door in: a folded batch as the parameters of one call.

use super::Head;
use super::column::Column;
use crate::book::fold::TransferRow;
use crate::book::{AccountClass, AccountNumber, Batch, Key, Note, Verdict};
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// What `journal_post` is told of a batch, in the order of its parameters; drawn up in one pass over the transfers.
///
/// Accounts fall into groups of one class and one unit, and transfers into ways: a kind from one group to another.
#[derive(Debug, Default)]
struct Columns<'a> {
    group_class: Vec<i16>,
    group_unit: Vec<&'a str>,
    account: Vec<i32>,
    group: Vec<i16>,
    debits: Column,
    credits: Column,
    debited: Vec<i64>,
    credited: Vec<i64>,
    ways: Vec<Way>,
    pos: Column,
    debit: Column,
    credit: Column,
    amount: Column,
    debit_after: Column,
    credit_after: Column,
    way: Vec<i16>,
}

/// A kind from one group of accounts to another, by their places from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    kind: i16,
    debit: i16,
    credit: i16,
}

impl Columns<'_> {
    fn of(batch: &Batch) -> Columns<'_> {
        let (count, rows) = (batch.balances.len(), batch.transfers.len());
        let mut columns = Columns {
            account: batch.balances.keys().map(|account| account.0).collect(),
            group: vec![0; count],
            debited: vec![0; count],
            credited: vec![0; count],
            way: Vec::with_capacity(rows),
            ..Columns::default()
        };
        for (debits, credits, _) in batch.balances.values() {
            columns.debits.push(debits.to_be_bytes());
            columns.credits.push(credits.to_be_bytes());
        }
        for row in &batch.transfers {
            let (debit, credit) = (columns.place(row.line.debit), columns.place(row.line.credit));
            let way = Way {
                kind: row.line.kind.number(),
                debit: columns.group_of(debit, row.classes.0, &row.unit),
                credit: columns.group_of(credit, row.classes.1, &row.unit),
            };
            columns.way.push(place_of(&mut columns.ways, way));
            // Never more than the sums after the batch, which the fold has found to be in range.
            columns.debited[debit] += row.line.amount;
            columns.credited[credit] += row.line.amount;
            columns.pos.push(row.pos.to_be_bytes());
            columns.debit.push((debit as i32 + 1).to_be_bytes());
            columns.credit.push((credit as i32 + 1).to_be_bytes());
            columns.amount.push(row.line.amount.to_be_bytes());
            columns.debit_after.push(row.debit_after.to_be_bytes());
            columns.credit_after.push(row.credit_after.to_be_bytes());
        }
        columns
    }

    fn place(&self, account: AccountNumber) -> usize {
        self.account.binary_search(&account.0).expect("the fold leaves a balance for every account it touches")
    }
}

impl<'a> Columns<'a> {
    /// The group of an account, which is noted for its place.
    fn group_of(&mut self, place: usize, class: AccountClass, unit: &'a str) -> i16 {
        if self.group[place] == 0 {
            let class = class.number();
            let known = self.group_class.iter().zip(&self.group_unit).position(|known| known == (&class, &unit));
            self.group[place] = 1 + known.unwrap_or_else(|| {
                self.group_class.push(class);
                self.group_unit.push(unit);
                self.group_class.len() - 1
            }) as i16;
        }
        self.group[place]
    }
}

/// The place from 1 of an element, which is added when it is new.
fn place_of(ways: &mut Vec<Way>, way: Way) -> i16 {
    let known = ways.iter().position(|known| *known == way);
    1 + known.unwrap_or_else(|| {
        ways.push(way);
        ways.len() - 1
    }) as i16
}

/// One element when all are the same, as in nearly every batch; else each.
fn said_once<T: PartialEq>(mut all: Vec<T>) -> Vec<T> {
    if all.windows(2).all(|two| two[0] == two[1]) {
        all.truncate(1);
    }
    all
}

const WRITE: &str = "-- journal::write
     SELECT batch_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                       $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)";

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
    let columns = Columns::of(batch);
    // Entries of one line, one after the other from the head's next number on, need not be told their positions.
    let is_plain = rows.len() as i64 == next_number - head.next_number;
    let keys = Keys::of(batch, head.next_number);
    let (numbers, notes): (Vec<i64>, Vec<&Note>) = batch.notes.iter().map(|(number, note)| (*number, note)).unzip();

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
                /* group_class */ &columns.group_class,
                /* group_unit */ &columns.group_unit,
                /* account */ &columns.account,
                /* group */ &columns.group,
                /* debits */ &columns.debits,
                /* credits */ &columns.credits,
                /* debited */ &columns.debited,
                /* credited */ &columns.credited,
                /* way_kind */ &columns.ways.iter().map(|way| way.kind).collect::<Vec<_>>(),
                /* way_debit */ &columns.ways.iter().map(|way| way.debit).collect::<Vec<_>>(),
                /* way_credit */ &columns.ways.iter().map(|way| way.credit).collect::<Vec<_>>(),
                /* pos */ &if is_plain { Column::default() } else { columns.pos },
                /* debit */ &columns.debit,
                /* credit */ &columns.credit,
                /* amount */ &columns.amount,
                /* debit_after */ &columns.debit_after,
                /* credit_after */ &columns.credit_after,
                /* way */ &said_once(columns.way),
                /* effective */ &said_once(rows.iter().map(|row| row.effective).collect()),
                /* occurred */ &said_once(rows.iter().map(|row| row.occurred).collect()),
                /* note */ &said_once(rows.iter().map(|row| row.note).collect()),
                /* key_caller */ &said_once(batch.keys.iter().map(|(key, _)| key.caller).collect()),
                /* key */ &keys.key,
                /* key_digest */ &keys.digest,
                /* key_number */ &keys.number,
                /* key_refusal */ &keys.refusal,
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

/// The keys of a batch with what became of their commands.
#[derive(Debug, Default)]
struct Keys {
    key: Column,
    digest: Column,
    /// Empty when the keys are those of the entries from the first number on.
    number: Vec<i64>,
    /// Empty when nothing was refused.
    refusal: Vec<i16>,
}

impl Keys {
    fn of(batch: &Batch, first: i64) -> Keys {
        let mut keys = Keys::default();
        for (key, _) in &batch.keys {
            keys.key.push(key.key.into_bytes());
            keys.digest.push(key.request_digest.to_be_bytes());
        }
        let outcomes = || batch.keys.iter().map(|(_, verdict)| outcome(*verdict));
        if !outcomes().zip(first..).all(|(is, own)| is == (own, 0)) {
            keys.number = outcomes().map(|outcome| outcome.0).collect();
        }
        if outcomes().any(|outcome| outcome.1 != 0) {
            keys.refusal = outcomes().map(|outcome| outcome.1).collect();
        }
        keys
    }
}

fn outcome(verdict: Verdict) -> (i64, i16) {
    match verdict {
        Verdict::Posted(number) => (number, 0),
        Verdict::Carried => (0, 0),
        Verdict::Refused(reason) => (0, reason.number()),
    }
}
