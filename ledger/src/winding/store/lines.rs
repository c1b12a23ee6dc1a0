//! The accounts that are lines of a wind-up.

use crate::book::{AccountClass, AccountNumber};
use crate::books::rules::wind_up::Plan;
use crate::chart::{self, Owner};
use crate::engine::store::rows::word;
use crate::engine::store::units::unit_of;
use crate::error::Error;
use crate::id::{BookId, CampaignId, ChallengeId, MatchingRoundId, OrganisationId, WindUpId};
use crate::winding::rules::line::{Account, LineKind, Of};
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

fn account(row: &Row) -> Result<Account, Error> {
    let book = BookId(row.get("book_id"));
    let (code, class): (String, i16) = (row.get("code"), row.get("class"));
    let kind = AccountClass::from_number(class).and_then(LineKind::of);
    let kind = kind.ok_or_else(|| Error::inconsistent(format!("account {code} is no line")))?;
    let object = row.get::<_, Option<Uuid>>("object");
    let of = match (kind, object) {
        (LineKind::Fund | LineKind::Recoveries, Some(id)) => Some(Of::Campaign(CampaignId::new(book, id))),
        (LineKind::Purse | LineKind::EntryFees, Some(id)) => Some(Of::Challenge(ChallengeId::new(book, id))),
        (LineKind::Pool, Some(id)) => Some(Of::Round(MatchingRoundId::new(book, id))),
        (_, _) => match chart::owner(&code) {
            Some(Owner::Organisation(id)) => Some(Of::Organisation(id)),
            Some(Owner::Campaign(_) | Owner::Challenge(_) | Owner::Party(_)) | None => None,
        },
    };
    let plan = match row.get::<_, Option<&str>>("plan") {
        Some(kind) => Some(Plan {
            account: AccountNumber(row.get("number")),
            kind: word(kind)?,
            to: row.get::<_, Option<Uuid>>("to_campaign").map(|to| CampaignId::new(book, to)),
            planned_at: row.get("planned_at"),
        }),
        None => None,
    };
    Ok(Account {
        number: AccountNumber(row.get("number")),
        kind,
        of,
        title: row.get::<_, Option<String>>("title").unwrap_or_default(),
        is_over: row.get::<_, Option<bool>>("is_over").unwrap_or(false),
        unit: unit_of(row)?,
        balance: row.get("balance"),
        plan,
        code,
    })
}

/// The lines of a wind-up, by the codes of their accounts, after one. Of a fund, what is owed to one, a purse, entry fees or a pool the slug in the
/// code leads to what it is of.
pub async fn list(client: &impl GenericClient, of: WindUpId, after: &str, limit: i64) -> Result<Vec<Account>, Error> {
    read(client, of, None, after, limit).await
}

/// The line of a wind-up whose account has this code, if there is one.
pub async fn find(client: &impl GenericClient, of: WindUpId, code: &str) -> Result<Option<Account>, Error> {
    // PostgreSQL takes no text with NUL, and so no code has one.
    if code.contains('\0') {
        return Ok(None);
    }
    Ok(read(client, of, Some(code), "", 1).await?.into_iter().next())
}

async fn read(
    client: &impl GenericClient,
    of: WindUpId,
    only: Option<&str>,
    after: &str,
    limit: i64,
) -> Result<Vec<Account>, Error> {
    let statement = client
        .prepare_cached(
            "-- lines::read
            SELECT a.book_id, a.number, a.code, a.class, a.unit, u.exponent, b.side * (b.credits - b.debits) AS balance,
                   coalesce(c.id, h.id, r.id) AS object, coalesce(c.title, h.title, r.title) AS title,
                   coalesce(c.state IN ('failed', 'closed'), h.state IN ('awarded', 'closed', 'cancelled', 'no_award'),
                            r.state IN ('paid', 'cancelled')) AS is_over,
                   p.plan, p.to_campaign, p.planned_at
              FROM (SELECT * FROM account
                     WHERE book_id = $1 AND class = ANY($3) AND ($9::text IS NULL OR code = $9) AND code > $4
                     ORDER BY code LIMIT $5) a
              JOIN balance b ON b.book_id = a.book_id AND b.account = a.number
              LEFT JOIN unit u ON u.book_id = a.book_id AND u.code = a.unit
              LEFT JOIN campaign c ON c.book_id = a.book_id AND c.slug = split_part(a.code, ':', 3) AND a.class = ANY($6)
              LEFT JOIN challenge h ON h.book_id = a.book_id AND h.slug = split_part(a.code, ':', 3) AND a.class = ANY($7)
              LEFT JOIN matching_round r ON r.book_id = a.book_id AND r.slug = split_part(a.code, ':', 3) AND a.class = $8
              LEFT JOIN wind_up_plan p ON p.book_id = a.book_id AND p.wind_up = $2 AND p.account = a.number
             ORDER BY a.code",
        )
        .await?;
    let classes: Vec<i16> = LineKind::CLASSES.iter().map(|class| class.number()).collect();
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &of.book.0,
                /* wind_up */ &of.object,
                /* classes */ &classes,
                /* after */ &after,
                /* limit */ &limit,
                /* of campaigns */ &vec![AccountClass::Fund.number(), AccountClass::RecoveriesPending.number()],
                /* of challenges */ &vec![AccountClass::Purse.number(), AccountClass::EntryFees.number()],
                /* pool */ &AccountClass::Pool.number(),
                /* only */ &only,
            ],
        )
        .await?;
    rows.iter().map(account).collect()
}

/// What a custodian is to send back by refunds that are requested or sent and not settled, minor units of a currency.
pub async fn refunds_open(
    client: &impl GenericClient,
    book: BookId,
    custodian: OrganisationId,
    currency: &str,
) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- lines::refunds_open
            SELECT coalesce(sum(r.sent), 0)::bigint FROM refund r JOIN book b ON b.number = r.book_id
             WHERE r.book_id = $1 AND r.state IN ('requested', 'sent') AND r.currency = $3
               AND CASE r.rail WHEN 'stripe' THEN b.organisation ELSE r.partner END = $2",
        )
        .await?;
    let row = client
        .query_one(&statement, &[/* book_id */ &book.0, /* custodian */ &custodian.0, /* currency */ &currency])
        .await?;
    Ok(row.get(0))
}
