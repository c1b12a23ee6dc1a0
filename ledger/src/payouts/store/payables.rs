//! What is owed, to a payee and by a payout, and what came to be owed when.

use crate::book::AccountNumber;
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{BookId, BookRef, ClaimId, OrganisationId, PersonId};
use crate::money::Currency;
use crate::payouts::rules::owed::{Owed, Paid};
use crate::payouts::rules::payout::Payout;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

/// An account that owes something to a payee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    /// The book.
    pub book: BookRef,
    /// What the book is called.
    pub book_name: String,
    /// The account.
    pub account: AccountNumber,
    /// To whom it is owed.
    pub owed: Owed,
    /// Its currency.
    pub currency: Currency,
    /// Minor units that are owed, without what was sent.
    pub amount: i64,
}

fn payable(row: &Row) -> Result<Payable, Error> {
    let code: &str = row.get("code");
    Ok(Payable {
        book: BookRef::new(BookId(row.get("book_id")), row.get("uid")),
        book_name: row.get("name"),
        account: AccountNumber(row.get("number")),
        owed: Owed::of_code(code).ok_or_else(|| Error::inconsistent(format!("{code} owes nothing to a payee")))?,
        currency: word(row.get("unit"))?,
        amount: row.get("amount"),
    })
}

/// The place of an account in a list over all books.
pub type Place = (i32, i32);

/// What is owed, or on its way, to a person: as a member of cooperatives, and as their lender. By book and account, after a place.
pub async fn of_person(
    client: &impl GenericClient,
    person: PersonId,
    after: Place,
    limit: i64,
) -> Result<Vec<Payable>, Error> {
    let statement = client
        .prepare_cached(
            "-- payables::of_person
            SELECT k.number AS book_id, k.uid, k.name, a.number, a.code, a.unit, b.credits - b.debits AS amount
              FROM book k
             CROSS JOIN LATERAL (
                   SELECT 'liabilities:payable:member:' || m.number AS code FROM member m
                    WHERE m.book_id = k.number AND m.person = $1
                   UNION ALL
                   SELECT 'liabilities:payable:lender:' || l.name FROM lender l WHERE l.book_id = k.number AND l.payee = $1
                   ) AS mine
              JOIN account a ON a.book_id = k.number AND a.code = mine.code
              JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
             WHERE (k.number, a.number) > ($2, $3)
               AND (b.credits <> b.debits
                    OR EXISTS (SELECT FROM payout p WHERE p.book_id = k.number AND p.payable = a.number AND p.state = 'sent'))
             ORDER BY k.number, a.number LIMIT $4",
        )
        .await?;
    let rows = client
        .query(
            &statement,
            &[
                /* person */ &person.0, /* after_book */ &after.0, /* after_account */ &after.1,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(payable).collect()
}

/// What is owed, or on its way, to an organisation: as a team, for prizes, and as the lender of cooperatives. By book and account, after
/// a place.
pub async fn of_organisation(
    client: &impl GenericClient,
    organisation: OrganisationId,
    after: Place,
    limit: i64,
) -> Result<Vec<Payable>, Error> {
    let statement = client
        .prepare_cached(
            "-- payables::of_organisation
            SELECT k.number AS book_id, k.uid, k.name, a.number, a.code, a.unit, b.credits - b.debits AS amount
              FROM book k
              JOIN account a ON a.book_id = k.number
               AND (a.code = ANY($2) OR a.code IN (SELECT 'liabilities:payable:lender:' || l.name FROM lender l
                                                    WHERE l.book_id = k.number AND l.payee = $1))
              JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
             WHERE (k.number, a.number) > ($3, $4)
               AND (b.credits <> b.debits
                    OR EXISTS (SELECT FROM payout p WHERE p.book_id = k.number AND p.payable = a.number AND p.state = 'sent'))
             ORDER BY k.number, a.number LIMIT $5",
        )
        .await?;
    // Of the currency of the book, which has no code behind it, and of every other one.
    let mut codes = Vec::new();
    for owed in [Owed::Team(organisation), Owed::Prize(organisation)] {
        let plain = owed.account().code;
        codes.extend(Currency::all().map(|currency| format!("{plain}:{}", currency.code().to_ascii_lowercase())));
        codes.push(plain);
    }
    let rows = client
        .query(
            &statement,
            &[
                /* payee */ &organisation.0,
                /* codes */ &codes,
                /* after_book */ &after.0,
                /* after_account */ &after.1,
                /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(payable).collect()
}

/// What a release brought to a team, by the names of its campaign and its milestone.
pub async fn release(client: &impl GenericClient, claim: ClaimId, number: i32) -> Result<Vec<Paid>, Error> {
    let statement = client
        .prepare_cached(
            "-- payables::release
            SELECT c.title || ', ' || m.name AS name, r.number, r.amount - r.set_off AS amount
              FROM release r
              JOIN campaign c ON c.book_id = r.book_id AND c.id = r.campaign_id
              JOIN milestone m ON m.book_id = r.book_id AND m.id = r.milestone_id
             WHERE r.book_id = $1 AND r.claim_id = $2 AND r.number = $3",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &claim.book.0, /* claim */ &claim.object, /* number */ &number])
        .await?;
    let paid = |row: &Row| {
        let (name, number): (&str, i32) = (row.get("name"), row.get("number"));
        Paid { name: format!("{name}: release {number} of {claim}"), amount: row.get("amount") }
    };
    Ok(rows.iter().map(paid).collect())
}

/// What came to be owed by the account that a payout empties, the oldest first: releases, prizes, or shares of surpluses, advances on them,
/// retained ones that are paid back, and what a book was opened with or passes on.
pub async fn amounts(client: &impl GenericClient, payout: &Payout) -> Result<Vec<Paid>, Error> {
    let statement = client
        .prepare_cached(
            "-- payables::amounts
            SELECT c.title || ', ' || m.name AS name, r.claim_id AS claim, NULL::date AS period_from, NULL::date AS period_to,
                   ''::text AS besides, r.amount - r.set_off AS amount, r.entry_number AS entry
              FROM release r
              JOIN campaign c ON c.book_id = r.book_id AND c.id = r.campaign_id
              JOIN milestone m ON m.book_id = r.book_id AND m.id = r.milestone_id
             WHERE $3::text = 'team' AND r.book_id = $1 AND r.team = $4 AND r.currency = $5
            UNION ALL
            SELECT c.title || ', ' || p.name, NULL, NULL, NULL, '', a.amount, a.entry
              FROM award a
              JOIN challenge c ON c.book_id = a.book_id AND c.id = a.challenge
              JOIN prize p ON p.book_id = a.book_id AND p.challenge = a.challenge AND p.version = a.version AND p.number = a.prize
             WHERE $3 = 'prize' AND a.book_id = $1 AND a.team = $4 AND a.currency = $5
            UNION ALL
            SELECT k.name, NULL, d.period_from, d.period_to, '', q.amount, d.entry_number
              FROM account o
              JOIN distribution_part q ON q.book_id = o.book_id AND q.account = o.code
              JOIN distribution d ON d.book_id = q.book_id AND d.id = q.distribution_id
               AND d.state IN ('posted', 'paid', 'statements_issued')
              JOIN book k ON k.number = o.book_id
             WHERE $3 IN ('member', 'lender') AND o.book_id = $1 AND o.number = $2 AND q.amount > 0
            UNION ALL
            SELECT k.name, NULL, NULL, NULL, 'advance', v.amount, v.entry_number
              FROM account o
              JOIN member n ON n.book_id = o.book_id AND n.number = substring(o.code FROM '^liabilities:payable:member:([0-9]{1,9})$')::int
              JOIN advance v ON v.book_id = n.book_id AND v.member_id = n.id AND v.reversed_at IS NULL
              JOIN book k ON k.number = o.book_id
             WHERE $3 = 'member' AND o.book_id = $1 AND o.number = $2
            UNION ALL
            SELECT k.name, NULL, NULL, NULL, 'retained shares', sum(u.amount)::bigint, x.entry_number
              FROM account o
              JOIN member n ON n.book_id = o.book_id AND n.number = substring(o.code FROM '^liabilities:payable:member:([0-9]{1,9})$')::int
              JOIN distribution_part q ON q.book_id = n.book_id AND q.member_id = n.id AND q.retained > 0
              JOIN retained_use u ON u.book_id = q.book_id AND u.distribution_id = q.distribution_id AND u.member_id = q.member_id
               AND u.kind = 'redemption' AND NOT u.undone
              JOIN redemption x ON x.book_id = u.book_id AND x.id = u.used_by
              JOIN book k ON k.number = o.book_id
             WHERE $3 = 'member' AND o.book_id = $1 AND o.number = $2
             GROUP BY k.name, x.id, x.entry_number
            UNION ALL
            SELECT k.name, NULL, NULL, NULL, e.besides, t.amount, e.number
              FROM (SELECT entry_number AS number, 'opening of the book' AS besides FROM opening WHERE book_id = $1 AND reversal_number IS NULL
                    UNION ALL
                    SELECT entry_number, 'assets passed on' FROM succession WHERE book_id = $1 AND reversal_number IS NULL) AS e
              JOIN transfer t ON t.book_id = $1 AND t.pos BETWEEN e.number << 16 AND (e.number << 16) + 65535 AND t.credit = $2
              JOIN book k ON k.number = $1
             WHERE $3 IN ('member', 'lender')
             ORDER BY entry",
        )
        .await?;
    let book = payout.id.book;
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &book.0,
                /* payable */ &payout.payable.0,
                /* source */ &payout.source.as_str(),
                /* team */ &payout.payee.uuid(),
                /* currency */ &payout.amount.currency().code(),
            ],
        )
        .await?;
    let paid = |row: &Row| {
        let (mut name, claim): (String, Option<Uuid>) = (row.get("name"), row.get("claim"));
        let period: (Option<Date>, Option<Date>) = (row.get("period_from"), row.get("period_to"));
        if let Some(claim) = claim {
            name = format!("{name}: {}", ClaimId::new(book, claim));
        }
        if let (Some(from), Some(to)) = period {
            name = format!("{name}: surplus of {from} to {to}");
        }
        let besides: &str = row.get("besides");
        if !besides.is_empty() {
            name = format!("{name}: {besides}");
        }
        Paid { name, amount: row.get("amount") }
    };
    Ok(rows.iter().map(paid).collect())
}

/// Minor units that payouts before this one have paid of the same account.
pub async fn paid_before(client: &impl GenericClient, payout: &Payout) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- payables::paid_before
            SELECT coalesce(sum(amount), 0)::bigint FROM payout
             WHERE book_id = $1 AND payable = $2 AND state IN ('sent', 'settled') AND sent_entry < $3 AND id <> $4",
        )
        .await?;
    let sent = payout.sending.map_or(i64::MAX, |sending| sending.entry);
    let row = client
        .query_one(
            &statement,
            &[
                /* book_id */ &payout.id.book.0,
                /* payable */ &payout.payable.0,
                /* sent_entry */ &sent,
                /* id */ &payout.id.object,
            ],
        )
        .await?;
    Ok(row.get(0))
}
