//! The one door in: a folded batch as the parameters of one call.
//!
//! Three functions of the database open it, for what a batch may be: one transfer alone, entries of one line that are all
//! of a kind, and anything. Each works the rows of the journal out by itself, and compares what comes of them with
//! what the fold has left.

use super::Head;
use super::column::Column;
use crate::book::fold::TransferRow;
use crate::book::{AccountNumber, Batch, Key, Note, Touched, Verdict};
use crate::engine::store::json_text::JsonText;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// What the database is told of a batch; drawn up in one pass over the accounts and one over the transfers.
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
    last: Column,
    lines: Column,
    debits_after: Column,
    credits_after: Column,
    ways: Vec<Way>,
    pos: Column,
    debit: Column,
    credit: Column,
    amount: Column,
    way: Vec<i16>,
}

/// A kind from one group of accounts to another, by their places from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    kind: i16,
    debit: i16,
    credit: i16,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a Batch) -> Columns<'a> {
        let mut columns = Columns { way: Vec::with_capacity(batch.transfers.len()), ..Columns::default() };
        for account in &batch.touched {
            columns.add_account(account);
        }
        for row in &batch.transfers {
            columns.add_transfer(row);
        }
        columns
    }

    fn add_account(&mut self, touched: &'a Touched) {
        let Touched { number, class, unit, before, after } = touched;
        self.account.push(number.0);
        let (class, unit) = (class.number(), &**unit);
        let known = self.group_class.iter().zip(&self.group_unit).position(|known| known == (&class, &unit));
        self.group.push(place(known.unwrap_or_else(|| {
            self.group_class.push(class);
            self.group_unit.push(unit);
            self.group_class.len() - 1
        })));
        for (column, sum) in [
            (&mut self.debits, before.debits),
            (&mut self.credits, before.credits),
            (&mut self.last, before.last),
            (&mut self.lines, before.lines),
            (&mut self.debits_after, after.debits),
            (&mut self.credits_after, after.credits),
        ] {
            column.push(sum.to_be_bytes());
        }
    }

    fn add_transfer(&mut self, row: &TransferRow) {
        let (debit, credit) = (self.find(row.line.debit), self.find(row.line.credit));
        let way = Way { kind: row.line.kind.number(), debit: self.group[debit], credit: self.group[credit] };
        let known = self.ways.iter().position(|known| *known == way);
        self.way.push(place(known.unwrap_or_else(|| {
            self.ways.push(way);
            self.ways.len() - 1
        })));
        self.pos.push(row.pos.to_be_bytes());
        self.debit.push((debit as i32 + 1).to_be_bytes());
        self.credit.push((credit as i32 + 1).to_be_bytes());
        self.amount.push(row.line.amount.to_be_bytes());
    }

    fn find(&self, account: AccountNumber) -> usize {
        self.account.binary_search(&account.0).expect("the fold names every account that it touches")
    }
}

/// An index as PostgreSQL counts: from 1.
fn place(index: usize) -> i16 {
    index as i16 + 1
}

/// One element when all are the same, as in nearly every batch; else each.
fn said_once<T: PartialEq>(mut all: Vec<T>) -> Vec<T> {
    if all.windows(2).all(|two| two[0] == two[1]) {
        all.truncate(1);
    }
    all
}

const WRITE: &str = "-- journal::write
     SELECT journal_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                         $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36)";

const WRITE_WITH_COMPANIONS: &str = "-- journal::write_with_companions
     SELECT batch_post($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                       $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37)";

const WRITE_PLAIN: &str = "-- journal::write_plain
     SELECT journal_post_plain($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                               $20, $21, $22, $23, $24)";

const WRITE_LONE: &str = "-- journal::write_lone
     SELECT journal_post_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

/// Prepares the statements that may write a batch, so that [`write()`] sends one when it is first polled.
pub async fn prepare_write(client: &impl GenericClient) -> Result<(), Error> {
    for statement in [WRITE, WRITE_WITH_COMPANIONS, WRITE_PLAIN, WRITE_LONE] {
        client.prepare_cached(statement).await?;
    }
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
    let columns = Columns::of(batch);
    // Entries of one line, one after the other from the head's next number on, need not be told their positions.
    let is_single = batch.transfers.len() as i64 == next_number - head.next_number;
    let keys = Keys::of(batch, head.next_number);
    if let Some(plain) = Plain::of(batch, &columns, &keys).filter(|_| is_single) {
        return write_plain(client, book, head, &columns, &keys, &plain, recorded_at).await;
    }

    let rows = &batch.transfers;
    let (numbers, notes): (Vec<i64>, Vec<&Note>) = batch.notes.iter().map(|(number, note)| (*number, note)).unzip();
    let way = |of: fn(&Way) -> i16| columns.ways.iter().map(of).collect::<Vec<_>>();
    let (way_kind, way_debit, way_credit) = (way(|way| way.kind), way(|way| way.debit), way(|way| way.credit));
    let untold = Column::default();
    let way = said_once(columns.way);
    let effective = said_once(rows.iter().map(|row| row.effective).collect());
    let occurred = said_once(rows.iter().map(|row| row.occurred).collect());
    let note = said_once(rows.iter().map(|row| row.note).collect());
    let salt: Vec<Uuid> = notes.iter().map(|note| note.salt).collect();
    let memo: Vec<&str> = notes.iter().map(|note| note.memo.as_str()).collect();
    let reference: Vec<&str> = notes.iter().map(|note| note.reference.as_str()).collect();
    let metadata: Vec<_> = notes.iter().map(|note| &note.metadata).collect();
    let text_of_companions = batch.companions.text();
    let companions = JsonText(&text_of_companions);
    let mut params: Vec<&(dyn ToSql + Sync)> = vec![
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
        /* last */ &columns.last,
        /* lines */ &columns.lines,
        /* debits_after */ &columns.debits_after,
        /* credits_after */ &columns.credits_after,
        /* way_kind */ &way_kind,
        /* way_debit */ &way_debit,
        /* way_credit */ &way_credit,
        /* pos */ if is_single { &untold } else { &columns.pos },
        /* debit */ &columns.debit,
        /* credit */ &columns.credit,
        /* amount */ &columns.amount,
        /* way */ &way,
        /* effective */ &effective,
        /* occurred */ &occurred,
        /* note */ &note,
        /* key_caller */ &keys.caller,
        /* key */ &keys.key,
        /* key_digest */ &keys.digest,
        /* key_number */ &keys.number,
        /* key_refusal */ &keys.refusal,
        /* note_number */ &numbers,
        /* salt */ &salt,
        /* memo */ &memo,
        /* reference */ &reference,
        /* metadata */ &metadata,
    ];
    let mut text = WRITE;
    if !batch.companions.is_empty() {
        text = WRITE_WITH_COMPANIONS;
        params.push(/* companions */ &companions);
    }
    let statement = client.prepare_cached(text).await?;
    Ok(client.query_one(&statement, &params).await?.get(0))
}

/// What entries of one line have in common when they are plain: one way, one pair of days, one caller, no notes, nothing
/// refused.
struct Plain<'a> {
    way: Way,
    unit: &'a str,
    row: &'a TransferRow,
    caller: i32,
    /// For each account whether it is debited (1), credited (2), or may be either (3).
    sides: Vec<i16>,
}

impl<'a> Plain<'a> {
    fn of(batch: &'a Batch, columns: &Columns<'a>, keys: &Keys) -> Option<Plain<'a>> {
        let (row, &[way], &[caller]) = (batch.transfers.first()?, &*columns.ways, &*keys.caller) else { return None };
        let is_alike = |other: &TransferRow| {
            (other.effective, other.occurred, other.note) == (row.effective, row.occurred, Uuid::nil())
        };
        if !batch.notes.is_empty()
            || !batch.companions.is_empty()
            || batch.keys.len() != batch.transfers.len()
            || !keys.number.is_empty()
            || !keys.refusal.is_empty()
            || !batch.transfers.iter().all(is_alike)
        {
            return None;
        }
        let side = |group: &i16| i16::from(*group == way.debit) + 2 * i16::from(*group == way.credit);
        let unit = columns.group_unit[way.debit as usize - 1];
        Some(Plain { way, unit, row, caller, sides: columns.group.iter().map(side).collect() })
    }
}

async fn write_plain(
    client: &impl GenericClient,
    book: BookId,
    head: &Head,
    columns: &Columns<'_>,
    keys: &Keys,
    Plain { way, unit, row, caller, sides }: &Plain<'_>,
    recorded_at: Timestamp,
) -> Result<bool, Error> {
    let class = |group: i16| columns.group_class[group as usize - 1];
    let statement = client.prepare_cached(WRITE_PLAIN).await?;
    let params: &[&(dyn ToSql + Sync)] = &[
        /* book */ &book.0,
        /* version */ &head.version,
        /* first */ &head.next_number,
        /* recorded */ &recorded_at,
        /* kind */ &way.kind,
        /* debit_class */ &class(way.debit),
        /* credit_class */ &class(way.credit),
        /* unit */ unit,
        /* effective */ &row.effective,
        /* occurred */ &row.occurred,
        /* account */ &columns.account,
        /* sides */ sides,
        /* debits */ &columns.debits,
        /* credits */ &columns.credits,
        /* last */ &columns.last,
        /* lines */ &columns.lines,
        /* debits_after */ &columns.debits_after,
        /* credits_after */ &columns.credits_after,
        /* debit */ &columns.debit,
        /* credit */ &columns.credit,
        /* amount */ &columns.amount,
        /* caller */ caller,
        /* key */ &keys.key,
        /* digest */ &keys.digest,
    ];
    Ok(client.query_one(&statement, params).await?.get(0))
}

/// One transfer under one key, without a note: what a caller who is alone posts.
struct Lone<'a> {
    row: &'a TransferRow,
    key: &'a Key,
    debit: &'a Touched,
    credit: &'a Touched,
}

impl Lone<'_> {
    fn of(batch: &Batch) -> Option<Lone<'_>> {
        if !batch.companions.is_empty() {
            return None;
        }
        let ([row], [(key, Verdict::Posted(_))], []) = (&*batch.transfers, &*batch.keys, &*batch.notes) else {
            return None;
        };
        let find = |number| batch.touched.iter().find(|touched| touched.number == number);
        Some(Lone { row, key, debit: find(row.line.debit)?, credit: find(row.line.credit)? })
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
    let params: &[&(dyn ToSql + Sync)] = &[
        /* book */ &book.0,
        /* version */ &head.version,
        /* number */ &head.next_number,
        /* recorded */ &recorded_at,
        /* kind */ &row.line.kind.number(),
        /* debit */ &row.line.debit.0,
        /* credit */ &row.line.credit.0,
        /* amount */ &row.line.amount,
        /* debit_after */ &row.debit_after,
        /* credit_after */ &row.credit_after,
        /* debit_last */ &debit.before.last,
        /* credit_last */ &credit.before.last,
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
    /// One when all keys are of one caller.
    caller: Vec<i32>,
    key: Column,
    digest: Column,
    /// Empty when the keys are those of the entries from the first number on.
    number: Vec<i64>,
    /// Empty when nothing was refused.
    refusal: Vec<i16>,
}

impl Keys {
    fn of(batch: &Batch, first: i64) -> Keys {
        let caller = said_once(batch.keys.iter().map(|(key, _)| key.caller).collect());
        let mut keys = Keys { caller, ..Keys::default() };
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
