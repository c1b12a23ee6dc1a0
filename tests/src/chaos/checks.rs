//! What callers were told against what is in the database.

use super::Tally;
use super::load::{Stage, Told};
use super::machine::Machine;
use anyhow::ensure;
use deadpool_postgres::{Manager, Object, Pool};
use ledger::engine::store::{books, journal};
use ledger::id::BookId;
use std::collections::BTreeMap;

/// Looks everything up that was answered, and everything that was not.
pub(super) async fn compare(machine: &Machine, stage: &Stage, told: &Told) -> anyhow::Result<Tally> {
    let access = migrations::service_access(&migrations::service_url(&machine.database_url())?, "chaos-checks")?;
    let client = Pool::builder(Manager::new(access.config, access.tls)).max_size(1).build()?.get().await?;
    let all = books::list(&client, None, BookId(0), 10).await?;
    ensure!(all.len() == 1, "there is one book");
    let book = all[0].id;
    let mut tally = Tally { wrong: told.wrong.clone(), ..Tally::default() };
    tally.wrong.extend(journal::audit(&client, book).await?);
    entries(&client, book, told, &mut tally).await?;
    pledges(&client, book, told, &mut tally).await?;
    receipts(&client, stage, &mut tally).await?;
    Ok(tally)
}

/// Every entry that was acknowledged is there once, with its number; no refused one is there.
async fn entries(client: &Object, book: BookId, told: &Told, tally: &mut Tally) -> anyhow::Result<()> {
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let rows = client
        .query("SELECT reference, number FROM entry_note WHERE book_id = $1 AND memo = 'chaos'", &[&book.0])
        .await?;
    for row in rows {
        found.entry(row.get(0)).or_default().push(row.get(1));
    }
    let gained = client
        .query(
            "SELECT t.pos >> 16, sum(CASE WHEN t.debit = a.number THEN t.amount ELSE -t.amount END)::bigint
               FROM transfer t JOIN account a ON a.book_id = t.book_id AND a.code = 'assets:bank'
              WHERE t.book_id = $1 AND a.number IN (t.debit, t.credit) GROUP BY 1",
            &[&book.0],
        )
        .await?;
    let gained: BTreeMap<i64, i64> = gained.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut bank = 0;
    for entry in &told.entries {
        let numbers = found.remove(&entry.reference).unwrap_or_default();
        tally.doubled += usize::from(numbers.len() > 1);
        match entry.number {
            Some(number) => {
                tally.acknowledged += 1;
                bank += entry.gain;
                let there = numbers.contains(&number) && gained.get(&number) == Some(&entry.gain);
                tally.lost += usize::from(!there);
            }
            None if numbers.is_empty() => {}
            None => tally.wrong.push(format!("{} was refused and is in the journal as {numbers:?}", entry.reference)),
        }
    }
    tally.wrong.extend(found.keys().map(|reference| format!("{reference} is in the journal, and nobody heard of it")));
    let left: i64 = gained.values().sum();
    if left != bank {
        tally.wrong.push(format!("the bank holds {left} cents, the answers add up to {bank}"));
    }
    let overdrawn = client
        .query_one(
            "SELECT count(*) FROM balance b JOIN account a ON a.book_id = b.book_id AND a.number = b.account
              WHERE b.book_id = $1 AND b.floor IS NOT NULL AND b.side * (b.credits - b.debits) - b.held < b.floor",
            &[&book.0],
        )
        .await?;
    if overdrawn.get::<_, i64>(0) != 0 {
        tally.wrong.push("an account is below its floor".into());
    }
    Ok(())
}

/// Every pledge that was acknowledged is there once, was charged once, also when the partner reported it, and its money is in the journal once.
async fn pledges(client: &Object, book: BookId, told: &Told, tally: &mut Tally) -> anyhow::Result<()> {
    let rows = client
        .query(
            "SELECT p.reference, count(c.id) FILTER (WHERE c.state IN ('captured', 'settled')), count(c.id)
               FROM pledge p LEFT JOIN charge c ON c.book_id = p.book_id AND c.pledge = p.id
              WHERE p.book_id = $1 GROUP BY p.id, p.reference",
            &[&book.0],
        )
        .await?;
    let mut found: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    for row in rows {
        found.entry(row.get(0)).or_default().push((row.get(1), row.get(2)));
    }
    for reference in &told.pledges {
        tally.acknowledged += 1;
        let there = found.remove(reference).unwrap_or_default();
        tally.lost += usize::from(there.is_empty());
        tally.doubled += usize::from(there.len() > 1);
        if told.captures.contains(reference) {
            let captured: i64 = there.iter().map(|(captured, _)| captured).sum();
            tally.acknowledged += 1;
            tally.lost += usize::from(captured == 0);
            tally.doubled += usize::from(captured > 1);
        }
        if there.iter().any(|charges| *charges != (1, 1)) {
            tally.wrong.push(format!("{reference} has charges (captured, all) {there:?}"));
        }
    }
    tally.wrong.extend(found.keys().map(|reference| format!("{reference} is there, and nobody heard of it")));
    let row = client
        .query_one(
            "SELECT (SELECT count(DISTINCT pos >> 16) FROM transfer t JOIN movement_kind k ON k.kind = t.kind
                      WHERE t.book_id = $1 AND k.name = 'charge_captured'),
                    (SELECT count(DISTINCT entry) FROM charge WHERE book_id = $1 AND entry > 0),
                    (SELECT count(*) FROM job WHERE dead_at IS NOT NULL)",
            &[&book.0],
        )
        .await?;
    let (captures, entries, dead): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    if captures != entries {
        tally.wrong.push(format!("{captures} captures are in the journal for {entries} charges"));
    }
    if dead != 0 {
        tally.wrong.push(format!("{dead} jobs were given up"));
    }
    Ok(())
}

/// One receipt for each captured charge.
async fn receipts(client: &Object, stage: &Stage, tally: &mut Tally) -> anyhow::Result<()> {
    let charges = client.query_one("SELECT count(*) FROM charge WHERE entry > 0", &[]).await?;
    let (charges, receipts): (i64, usize) = (charges.get(0), stage.cast.receipts()?);
    if usize::try_from(charges) != Ok(receipts) {
        tally.wrong.push(format!("{receipts} receipts for {charges} captured charges"));
    }
    Ok(())
}
