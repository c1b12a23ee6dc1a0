//! Comparisons of partners' lists with days, and what differs.

use crate::engine::store::rows::{digest, word};
use crate::error::Error;
use crate::evidence::Digest;
use crate::id::{BookId, ComparisonId, CredentialId, OrganisationId};
use crate::pledging::rules::comparison::{Difference, Differing, Found, Sum, Sums};
use crate::pledging::rules::settlement_day::{LineKind, Turn, id_of};
use crate::pledging::store::settlement_days::Whose;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

/// A comparison as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: ComparisonId,
    /// Whose list it is.
    pub partner: OrganisationId,
    /// The day.
    pub day: Date,
    /// SHA-256 of the bytes of the list.
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: i64,
    /// How many lines the day had here then.
    pub our_lines: i32,
    /// How many lines the list has.
    pub their_lines: i32,
    /// How many lines both have, with the same figures.
    pub matched: i32,
    /// How many differences are kept line by line.
    pub kept: i32,
    /// How many there are of each word.
    pub counts: BTreeMap<Difference, i64>,
    /// What both come to, by the code of the currency.
    pub sums: Vec<(String, Sums)>,
    /// Book time.
    pub made_at: Timestamp,
}

/// One side of a difference, in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// What happened.
    pub kind: LineKind,
    /// How a pledge went on.
    pub turn: Option<Turn>,
    /// The code of the currency.
    pub currency: String,
    /// What the donor gave, or got back.
    pub gross: Option<i64>,
    /// What the processor kept.
    pub fee: Option<i64>,
    /// Gross less fee.
    pub net: Option<i64>,
    /// What a pledge promises.
    pub promised: Option<i64>,
}

/// A difference as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDifference {
    /// Its place, from 1.
    pub place: i32,
    /// What differs.
    pub what: Difference,
    /// The outside id of our object; none without our line.
    pub object: Option<String>,
    /// The line of their text; none without theirs.
    pub line: Option<i32>,
    /// The column that could not be read.
    pub column: Option<String>,
    /// How their line is called, of one that nothing here matches.
    pub reference: Option<String>,
    /// Our figures.
    pub ours: Option<Side>,
    /// Theirs.
    pub theirs: Option<Side>,
}

/// How many lists of a day of a partner are kept.
pub async fn count(client: &impl GenericClient, whose: &Whose) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- comparisons::count
            SELECT count(*) FROM settlement_comparison WHERE book_id = $1 AND partner = $2 AND day = $3",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &whose.book.0, /* partner */ &whose.partner.0, /* day */ &whose.day])
        .await?;
    Ok(row.get(0))
}

/// A new comparison.
pub async fn insert(tx: &Transaction<'_>, new: &Kept, credential: CredentialId) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- comparisons::insert
            INSERT INTO settlement_comparison (book_id, id, partner, credential, day, sha256, bytes, our_lines, their_lines, matched,
                                               kept, counts, totals, made_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .await?;
    let counts: Map<String, Value> = new.counts.iter().map(|(word, count)| (word.to_string(), json!(count))).collect();
    let totals: Vec<Value> = new.sums.iter().map(|(code, sums)| totals(code, sums)).collect();
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* partner */ &new.partner.0,
            /* credential */ &credential.0,
            /* day */ &new.day,
            /* sha256 */ &new.sha256.0.as_slice(),
            /* bytes */ &new.bytes,
            /* our_lines */ &new.our_lines,
            /* their_lines */ &new.their_lines,
            /* matched */ &new.matched,
            /* kept */ &new.kept,
            /* counts */ &Json(counts),
            /* totals */ &Json(totals),
            /* made_at */ &new.made_at,
        ],
    )
    .await?;
    Ok(())
}

fn totals(code: &str, sums: &Sums) -> Value {
    let side = |sum: &Sum| json!({"lines": sum.lines, "gross": sum.gross.to_string(), "fees": sum.fees.to_string(), "net": sum.net.to_string()});
    json!({"currency": code, "ours": side(&sums.ours), "theirs": side(&sums.theirs)})
}

fn sums(total: &Value) -> Option<(String, Sums)> {
    let side = |name: &str| {
        let side = &total[name];
        let minor = |field: &str| side[field].as_str()?.parse().ok();
        Some(Sum { lines: side["lines"].as_i64()?, gross: minor("gross")?, fees: minor("fees")?, net: minor("net")? })
    };
    Some((total["currency"].as_str()?.to_owned(), Sums { ours: side("ours")?, theirs: side("theirs")? }))
}

/// Writes what differs, in its order.
pub async fn insert_differences(tx: &Transaction<'_>, id: ComparisonId, found: &Found) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- comparisons::insert_differences
            INSERT INTO settlement_comparison_difference (book_id, comparison, place, difference, object, their_line, column_name,
                        reference, our_kind, our_turn, our_currency, our_gross, our_fee, our_promised,
                        their_kind, their_turn, their_currency, their_gross, their_fee, their_net, their_promised)
            SELECT $1, $2, d.place, d.difference, d.object, d.their_line, d.column_name, d.reference,
                   d.our_kind, d.our_turn, d.our_currency, d.our_gross, d.our_fee, d.our_promised,
                   d.their_kind, d.their_turn, d.their_currency, d.their_gross, d.their_fee, d.their_net, d.their_promised
              FROM jsonb_to_recordset($3) AS d (place int, difference text, object uuid, their_line int, column_name text,
                   reference text, our_kind text, our_turn text, our_currency text, our_gross bigint, our_fee bigint,
                   our_promised bigint, their_kind text, their_turn text, their_currency text, their_gross bigint,
                   their_fee bigint, their_net bigint, their_promised bigint)",
        )
        .await?;
    for (page, lines) in found.differing.chunks(1_000).enumerate() {
        let rows: Vec<Value> =
            lines.iter().enumerate().map(|(place, it)| row_of(page * 1_000 + place + 1, it)).collect();
        tx.execute(&statement, &[/* book_id */ &id.book.0, /* comparison */ &id.object, /* differences */ &Json(rows)])
            .await?;
    }
    Ok(())
}

fn row_of(place: usize, it: &Differing) -> Value {
    let (ours, theirs) = (it.ours.as_ref(), it.theirs.as_ref());
    let at = theirs.map(|line| line.at).or(it.unreadable.as_ref().map(|line| line.at));
    let is_strange = match it.what {
        Difference::NotOurs | Difference::Duplicate => true,
        Difference::NotTheirs
        | Difference::Amount
        | Difference::Fee
        | Difference::State
        | Difference::Day
        | Difference::Currency
        | Difference::Unreadable => false,
    };
    json!({
        "place": place,
        "difference": it.what,
        "object": ours.map(|line| line.named()),
        "their_line": at.unwrap_or(0),
        "column_name": it.unreadable.as_ref().map_or("", |line| line.column.as_str()),
        "reference": theirs.filter(|_| is_strange).map_or("", |line| line.name.text()),
        "our_kind": ours.map_or("", |line| line.kind.as_str()),
        "our_turn": ours.and_then(|line| line.turn).map_or("", Turn::as_str),
        "our_currency": ours.map_or("", |line| line.currency.code()),
        "our_gross": ours.map(|line| line.gross),
        "our_fee": ours.map(|line| line.fee),
        "our_promised": ours.map(|line| line.promised),
        "their_kind": theirs.map_or("", |line| line.kind.as_str()),
        "their_turn": theirs.and_then(|line| line.turn).map_or("", Turn::as_str),
        "their_currency": theirs.map_or("", |line| line.currency.code()),
        "their_gross": theirs.and_then(|line| line.gross),
        "their_fee": theirs.and_then(|line| line.fee),
        "their_net": theirs.and_then(|line| line.net),
        "their_promised": theirs.and_then(|line| line.promised),
    })
}

fn kept(book: BookId, row: &Row) -> Result<Kept, Error> {
    let odd = || Error::inconsistent("a comparison that cannot be read");
    let Json(counts): Json<BTreeMap<String, i64>> = row.get("counts");
    let Json(totals): Json<Vec<Value>> = row.get("totals");
    Ok(Kept {
        id: ComparisonId::new(book, row.get("id")),
        partner: OrganisationId(row.get("partner")),
        day: row.get("day"),
        sha256: digest(row.get("sha256"))?,
        bytes: row.get("bytes"),
        our_lines: row.get("our_lines"),
        their_lines: row.get("their_lines"),
        matched: row.get("matched"),
        kept: row.get("kept"),
        counts: counts.into_iter().map(|(text, count)| Ok((word(&text)?, count))).collect::<Result<_, Error>>()?,
        sums: totals.iter().map(|total| sums(total).ok_or_else(odd)).collect::<Result<_, _>>()?,
        made_at: row.get("made_at"),
    })
}

/// The comparison of an id.
///
/// # Errors
///
/// [`Error::NotFound`] when it is not there, or no more.
pub async fn get(client: &impl GenericClient, id: ComparisonId) -> Result<Kept, Error> {
    let statement = client
        .prepare_cached(
            "-- comparisons::get
            SELECT * FROM settlement_comparison WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    kept(id.book, &row.ok_or(Error::NotFound("comparison"))?)
}

/// The comparisons of a day, the oldest first.
pub async fn list(client: &impl GenericClient, whose: &Whose, after: Uuid, limit: i64) -> Result<Vec<Kept>, Error> {
    let statement = client
        .prepare_cached(
            "-- comparisons::list
            SELECT * FROM settlement_comparison
             WHERE book_id = $1 AND partner = $2 AND day = $3 AND id > $4
             ORDER BY id LIMIT $5",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &whose.book.0,
                /* partner */ &whose.partner.0,
                /* day */ &whose.day,
                /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| kept(whose.book, row)).collect()
}

/// What differs, after a place.
pub async fn differences(
    client: &impl GenericClient,
    id: ComparisonId,
    after: i32,
    limit: i64,
) -> Result<Vec<KeptDifference>, Error> {
    let statement = client
        .prepare_cached(
            "-- comparisons::differences
            SELECT * FROM settlement_comparison_difference
             WHERE book_id = $1 AND comparison = $2 AND place > $3
             ORDER BY place LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* comparison */ &id.object, /* after */ &after,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| difference(id.book, row)).collect()
}

fn difference(book: BookId, row: &Row) -> Result<KeptDifference, Error> {
    let given = |column: &str| Some(row.get::<_, String>(column)).filter(|text| !text.is_empty());
    let side = |prefix: &str| -> Result<Option<Side>, Error> {
        let column = |name: &str| format!("{prefix}_{name}");
        let minor = |name: &str| row.get::<_, Option<i64>>(column(name).as_str());
        let Some(kind) = given(&column("kind")) else { return Ok(None) };
        let (gross, fee) = (minor("gross"), minor("fee"));
        let net = if prefix == "our" { gross.zip(fee).map(|(gross, fee)| gross - fee) } else { minor("net") };
        Ok(Some(Side {
            kind: word(&kind)?,
            turn: given(&column("turn")).as_deref().map(word).transpose()?,
            currency: row.get(column("currency").as_str()),
            gross,
            fee,
            net,
            promised: minor("promised"),
        }))
    };
    let (ours, theirs) = (side("our")?, side("their")?);
    let object: Option<Uuid> = row.get("object");
    Ok(KeptDifference {
        place: row.get("place"),
        what: word(row.get("difference"))?,
        object: ours.as_ref().zip(object).map(|(side, object)| id_of(side.kind, book, object)),
        line: Some(row.get::<_, i32>("their_line")).filter(|line| *line > 0),
        column: given("column_name"),
        reference: given("reference"),
        ours,
        theirs,
    })
}
