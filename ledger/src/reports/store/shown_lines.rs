//! Lines of accounts with whom they are of, for what people from outside see of a book.
//!
//! It only reads. Whom an entry is of stands in the tables of other domains, beside the entry's number; of one that only counts promises
//! it is the pledge or the charge that its note refers to.

use crate::book::{AccountClass, AccountNumber, MovementKind};
use crate::error::Error;
use crate::id::{BookId, ChargeId, PledgeId, object_in};
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::HashMap;
use tokio_postgres::Row;
use uuid::Uuid;

/// A line of the journal with the classes of its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Position in the book: record number << 16 | line.
    pub pos: i64,
    /// How the money moved.
    pub kind: MovementKind,
    /// The account debited, and what it is for.
    pub debit: (AccountNumber, AccountClass),
    /// The account credited, and what it is for.
    pub credit: (AccountNumber, AccountClass),
    /// The amount of the line, minor units.
    pub amount: i64,
    /// Day on which it counts.
    pub effective: Date,
}

impl Transfer {
    fn from_row(row: &Row) -> Result<Transfer, Error> {
        let kind: i16 = row.get("kind");
        Ok(Transfer {
            pos: row.get("pos"),
            kind: MovementKind::from_number(kind)
                .ok_or_else(|| Error::inconsistent(format!("movement kind {kind} is unknown")))?,
            debit: (AccountNumber(row.get("debit")), class(row.get("debit_class"))?),
            credit: (AccountNumber(row.get("credit")), class(row.get("credit_class"))?),
            amount: row.get("amount"),
            effective: row.get("effective"),
        })
    }
}

fn class(number: i16) -> Result<AccountClass, Error> {
    AccountClass::from_number(number).ok_or_else(|| Error::inconsistent(format!("account class {number} is unknown")))
}

/// The lines of an account in the order of the book, at most `limit`.
pub async fn of_account(
    client: &impl GenericClient,
    book: BookId,
    account: AccountNumber,
    limit: i64,
) -> Result<Vec<Transfer>, Error> {
    let statement = client
        .prepare_cached(
            "-- shown_lines::of_account
             SELECT l.pos, l.kind, t.debit, d.class AS debit_class, t.credit, c.class AS credit_class, t.amount, t.effective
               FROM account_lines($1, $2, 0, $3, '-infinity', 'infinity', $4) AS l
               JOIN transfer t ON t.book_id = $1 AND t.pos = l.pos
               JOIN account d ON d.book_id = $1 AND d.number = t.debit
               JOIN account c ON c.book_id = $1 AND c.number = t.credit
              ORDER BY l.pos",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0,
                /* account */ &account.0,
                /* until */ &i64::MAX,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(Transfer::from_row).collect()
}

/// The lines of some kinds, or with an account of some classes, after record `after` up to and with record `through`, in the order of
/// the book, at most `limit`.
pub async fn of_kinds(
    client: &impl GenericClient,
    book: BookId,
    kinds: &[MovementKind],
    classes: &[AccountClass],
    (after, through): (i64, i64),
    limit: i64,
) -> Result<Vec<Transfer>, Error> {
    let statement = client
        .prepare_cached(
            "-- shown_lines::of_kinds
             SELECT t.pos, t.kind, t.debit, d.class AS debit_class, t.credit, c.class AS credit_class, t.amount, t.effective
               FROM transfer t
               JOIN account d ON d.book_id = $1 AND d.number = t.debit
               JOIN account c ON c.book_id = $1 AND c.number = t.credit
              WHERE t.book_id = $1 AND t.pos >= ($6::bigint + 1) << 16 AND t.pos < ($4::bigint + 1) << 16
                AND (t.kind = ANY($2) OR d.class = ANY($3) OR c.class = ANY($3))
              ORDER BY t.pos LIMIT $5",
        )
        .await?;
    let kinds: Vec<i16> = kinds.iter().map(|kind| kind.number()).collect();
    let classes: Vec<i16> = classes.iter().map(|class| class.number()).collect();
    let rows = client
        .query(
            &statement,
            &[
                /* book */ &book.0, /* kinds */ &kinds, /* classes */ &classes,
                /* through */ &through, /* limit */ &limit, /* after */ &after,
            ],
        )
        .await?;
    rows.iter().map(Transfer::from_row).collect()
}

/// Who gave what these entries moved, or got it back: a donor, or a sponsor. Entries of which nobody is known are left out.
pub async fn givers(client: &impl GenericClient, book: BookId, numbers: &[i64]) -> Result<HashMap<i64, Uuid>, Error> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = client
        .prepare_cached(
            "-- shown_lines::givers
             SELECT c.entry AS number, p.donor AS giver
               FROM charge c JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
              WHERE c.book_id = $1 AND c.entry > 0 AND c.entry = ANY($2)
             UNION ALL
             SELECT r.entry, p.donor
               FROM refund r
               JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
               JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
              WHERE r.book_id = $1 AND r.entry = ANY($2)
             UNION ALL
             SELECT r.end_entry, p.donor
               FROM refund r
               JOIN charge c ON c.book_id = r.book_id AND c.id = r.charge
               JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
              WHERE r.book_id = $1 AND r.state = 'failed' AND r.end_entry = ANY($2)
             UNION ALL
             SELECT b.opened_entry, p.donor
               FROM chargeback b JOIN pledge p ON p.book_id = b.book_id AND p.id = b.pledge
              WHERE b.book_id = $1 AND b.opened_entry > 0 AND b.opened_entry = ANY($2)
             UNION ALL
             SELECT b.closed_entry, p.donor
               FROM chargeback b JOIN pledge p ON p.book_id = b.book_id AND p.id = b.pledge
              WHERE b.book_id = $1 AND b.closed_entry > 0 AND b.closed_entry = ANY($2)
             UNION ALL
             SELECT m.entry, p.donor
               FROM pledge_move m JOIN pledge p ON p.book_id = m.book_id AND p.id = m.pledge
              WHERE m.book_id = $1 AND m.entry = ANY($2)
             UNION ALL
             SELECT entry, sponsor FROM purse_contribution WHERE book_id = $1 AND entry > 0 AND entry = ANY($2)
             UNION ALL
             SELECT entry, sponsor FROM pool_contribution WHERE book_id = $1 AND entry = ANY($2)
              ORDER BY number, giver",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* numbers */ &numbers]).await?;
    // Of several, always the same one: groups that were whole must stay what they were.
    let mut givers = HashMap::new();
    for row in &rows {
        givers.entry(row.get("number")).or_insert(row.get("giver"));
    }
    Ok(givers)
}

/// Whose promises these entries count: the donor of the pledge, or of the charge, to which each refers. Others are left out.
pub async fn promisers(
    client: &impl GenericClient,
    book: BookId,
    numbers: &[i64],
) -> Result<HashMap<i64, Uuid>, Error> {
    if numbers.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = client
        .prepare_cached(
            "-- shown_lines::promisers
             SELECT number, reference FROM entry_note WHERE book_id = $1 AND number = ANY($2)",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* numbers */ &numbers]).await?;
    let (mut of_pledges, mut of_charges) = (HashMap::new(), HashMap::new());
    for row in &rows {
        match object_in(row.get("reference")) {
            Some((PledgeId::PREFIX, of, pledge)) if of == book => of_pledges.insert(row.get("number"), pledge),
            Some((ChargeId::PREFIX, of, charge)) if of == book => of_charges.insert(row.get("number"), charge),
            Some(_) | None => None,
        };
    }
    let donors = donors(client, book, &of_pledges, &of_charges).await?;
    let both = of_pledges.into_iter().chain(of_charges);
    Ok(both.filter_map(|(number, of): (i64, Uuid)| Some((number, *donors.get(&of)?))).collect())
}

/// The donors of pledges and of charges, by their ids.
async fn donors(
    client: &impl GenericClient,
    book: BookId,
    pledges: &HashMap<i64, Uuid>,
    charges: &HashMap<i64, Uuid>,
) -> Result<HashMap<Uuid, Uuid>, Error> {
    let statement = client
        .prepare_cached(
            "-- shown_lines::donors
             SELECT id, donor FROM pledge WHERE book_id = $1 AND id = ANY($2)
             UNION ALL
             SELECT c.id, p.donor FROM charge c JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
              WHERE c.book_id = $1 AND c.id = ANY($3)",
        )
        .await?;
    let ids = |of: &HashMap<i64, Uuid>| of.values().copied().collect::<Vec<Uuid>>();
    let (pledges, charges) = (ids(pledges), ids(charges));
    let rows = client.query(&statement, &[/* book */ &book.0, /* pledges */ &pledges, /* charges */ &charges]).await?;
    Ok(rows.iter().map(|row| (row.get("id"), row.get("donor"))).collect())
}

/// All lines of some entries, in the order of the book.
pub async fn of_entries(client: &impl GenericClient, book: BookId, numbers: &[i64]) -> Result<Vec<Transfer>, Error> {
    let statement = client
        .prepare_cached(
            "-- shown_lines::of_entries
             SELECT t.pos, t.kind, t.debit, d.class AS debit_class, t.credit, c.class AS credit_class, t.amount, t.effective
               FROM unnest($2::bigint[]) AS n (number)
               JOIN transfer t ON t.book_id = $1 AND t.pos >= n.number << 16 AND t.pos < (n.number + 1) << 16
               JOIN account d ON d.book_id = $1 AND d.number = t.debit
               JOIN account c ON c.book_id = $1 AND c.number = t.credit
              ORDER BY t.pos",
        )
        .await?;
    let rows = client.query(&statement, &[/* book */ &book.0, /* numbers */ &numbers]).await?;
    rows.iter().map(Transfer::from_row).collect()
}
