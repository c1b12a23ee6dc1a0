//! Campaigns, and what came to them.

use crate::book::{AccountNumber, Companion};
use crate::engine::store::rows::sum;
use crate::error::Error;
use crate::id::{BookId, CampaignId};
use crate::money::{Currency, Money};
use crate::pledging::rules::campaign::{Campaign, State};
use crate::pledging::rules::commitment::{Cap, Commitments, Elsewhere};
use crate::pledging::rules::kind::{Kind, Verdict};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

fn campaign(row: &Row) -> Result<Campaign, Error> {
    let id = CampaignId::new(BookId(row.get("book_id")), row.get("id"));
    let bad = |what: &str| Error::inconsistent(format!("campaign {id}: {what}"));
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| bad("currency"))?;
    let Json(fees) = row.try_get::<_, Json<_>>("fees")?;
    Ok(Campaign {
        id,
        slug: row.get("slug"),
        title: row.get("title"),
        summary: row.get("summary"),
        terms: row.get("terms"),
        terms_digest: row.get::<_, &[u8]>("terms_sha256").try_into().map_err(|_| bad("digest of the terms"))?,
        fees,
        terms_version: row.get("terms_version"),
        idle_months: row.get("idle_months"),
        kind: kind(row, currency)?.ok_or_else(|| bad("kind"))?,
        currency,
        lineage: row.get::<_, &str>("lineage").parse().map_err(|_| bad("lineage"))?,
        fund: row.get::<_, Option<i32>>("fund").map(AccountNumber),
        cap: cap(row, currency)?,
        elsewhere: elsewhere(row, currency),
        commitments: commitments(row),
        state: state(row).ok_or_else(|| bad("state"))?,
        promised: row.get("promised"),
        verdict: verdict(row)?,
        loop_brings: row.get("loop_brings"),
        version: row.get("version"),
        created_at: row.get("created_at"),
    })
}

fn kind(row: &Row, currency: Currency) -> Result<Option<Kind>, Error> {
    let amount = |column: &str| {
        let minor: Option<i64> = row.get(column);
        minor.and_then(|minor| Money::from_minor(minor, currency).ok())
    };
    let last_day: Option<Date> = row.get("last_day");
    let basis = row.get::<_, Option<&str>>("basis").map(str::parse).transpose()?;
    Ok(match (row.get("kind"), last_day, basis) {
        ("recurring", None, None) => amount("monthly_goal").map(|monthly_goal| Kind::Recurring { monthly_goal }),
        ("all_or_nothing", Some(last_day), Some(basis)) => {
            amount("goal").map(|goal| Kind::AllOrNothing { goal, last_day, basis })
        }
        ("keep_what_you_raise", Some(last_day), None) => {
            Some(Kind::KeepWhatYouRaise { goal: amount("goal"), last_day })
        }
        ("minimum_and_optimum", Some(last_day), Some(basis)) => amount("goal")
            .zip(amount("optimum"))
            .map(|(minimum, optimum)| Kind::MinimumAndOptimum { minimum, optimum, last_day, basis }),
        _ => None,
    })
}

fn state(row: &Row) -> Option<State> {
    let since = row.get("state_since");
    let until: Option<Timestamp> = row.get("state_until");
    match (row.get("state"), until) {
        ("draft", Some(until)) => Some(State::Draft { since, until }),
        ("live", until) => Some(State::Live { since, until }),
        ("suspended", Some(until)) => Some(State::Suspended { since, until }),
        ("collecting", Some(until)) => Some(State::Collecting { since, until }),
        ("successful", None) => Some(State::Successful { since }),
        ("failed", None) => Some(State::Failed { since }),
        ("closed", None) => Some(State::Closed { since }),
        _ => None,
    }
}

fn verdict(row: &Row) -> Result<Option<Verdict>, Error> {
    let word = row.get::<_, Option<&str>>("verdict").map(str::parse).transpose()?;
    Ok(word.zip(row.get("verdict_at")).map(|(word, at)| Verdict { word, counted: row.get("counted"), at }))
}

fn money(row: &Row, column: &str, currency: Currency) -> Option<Money> {
    row.get::<_, Option<i64>>(column).and_then(|minor| Money::from_minor(minor, currency).ok())
}

fn cap(row: &Row, currency: Currency) -> Result<Option<Cap>, Error> {
    let over = row.get::<_, Option<&str>>("over_cap").map(str::parse).transpose()?;
    Ok(money(row, "cap", currency).zip(over).map(|(amount, over)| Cap { amount, over }))
}

fn elsewhere(row: &Row, currency: Currency) -> Option<Elsewhere> {
    let amount = money(row, "elsewhere", currency)?;
    Some(Elsewhere { amount, on: row.get("elsewhere_on"), reason: row.get("elsewhere_reason") })
}

fn commitments(row: &Row) -> Option<Commitments> {
    let account = |column: &str| row.get::<_, Option<i32>>(column).map(AccountNumber);
    Some(Commitments {
        room: account("promise_room")?,
        beyond: account("promise_beyond")?,
        pledged: account("promise_pledged")?,
        since: row.get::<_, Option<Timestamp>>("promises_since")?,
    })
}

/// The amounts of a kind as columns: of each month, what decides or is hoped for, the optimum.
fn amounts(kind: &Kind) -> (Option<i64>, Option<i64>, Option<i64>) {
    match kind {
        Kind::Recurring { monthly_goal } => (Some(monthly_goal.minor()), None, None),
        Kind::AllOrNothing { goal, .. } => (None, Some(goal.minor()), None),
        Kind::KeepWhatYouRaise { goal, .. } => (None, goal.map(Money::minor), None),
        Kind::MinimumAndOptimum { minimum, optimum, .. } => (None, Some(minimum.minor()), Some(optimum.minor())),
    }
}

/// A new campaign; says no when the book has one with its slug.
pub async fn insert(tx: &Transaction<'_>, new: &Campaign) -> Result<bool, Error> {
    let (monthly_goal, goal, optimum) = amounts(&new.kind);
    let elsewhere = new.elsewhere.as_ref();
    let statement = tx
        .prepare_cached(
            "-- campaigns::insert
            INSERT INTO campaign (book_id, id, slug, title, summary, terms, terms_sha256, kind, currency, monthly_goal,
                                  state, state_since, state_until, created_at, lineage, fees, goal, optimum, last_day, basis,
                                  idle_months, cap, over_cap, elsewhere, elsewhere_on, elsewhere_reason)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
                    $24, $25, $26)
            ON CONFLICT (book_id, slug) DO NOTHING",
        )
        .await?;
    let rows = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.id.book.0,
                /* id */ &new.id.object,
                /* slug */ &new.slug,
                /* title */ &new.title,
                /* summary */ &new.summary,
                /* terms */ &new.terms,
                /* terms_sha256 */ &new.terms_digest.as_slice(),
                /* kind */ &new.kind.as_str(),
                /* currency */ &new.currency.code(),
                /* monthly_goal */ &monthly_goal,
                /* state */ &new.state.as_str(),
                /* state_since */ &new.state.since(),
                /* state_until */ &new.state.until(),
                /* created_at */ &new.created_at,
                /* lineage */ &new.lineage.as_str(),
                /* fees */ &Json(&new.fees),
                /* goal */ &goal,
                /* optimum */ &optimum,
                /* last_day */ &new.kind.last_day(),
                /* basis */ &new.kind.decider().map(|(_, basis)| basis.as_str()),
                /* idle_months */ &new.idle_months,
                /* cap */ &new.cap.map(|cap| cap.amount.minor()),
                /* over_cap */ &new.cap.map(|cap| cap.over.as_str()),
                /* elsewhere */ &elsewhere.map(|elsewhere| elsewhere.amount.minor()),
                /* elsewhere_on */ &elsewhere.map(|elsewhere| elsewhere.on),
                /* elsewhere_reason */ &elsewhere.map(|elsewhere| elsewhere.reason.as_str()),
            ],
        )
        .await?;
    Ok(rows == 1)
}

/// Makes sure that a campaign has the version that was read when the entries of a lane are written.
pub fn seen_row(seen: &Campaign) -> Companion {
    Companion::new("campaign seen", &json!({ "id": seen.id.object, "version": seen.version }))
}

/// The campaign with an id.
pub async fn get(client: &impl GenericClient, id: CampaignId) -> Result<Campaign, Error> {
    let statement =
        client.prepare_cached("-- campaigns::get\nSELECT * FROM campaign WHERE book_id = $1 AND id = $2").await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(campaign).transpose()?.ok_or(Error::NotFound("campaign"))
}

/// Locks the campaign until the transaction ends: whoever draws on its fund does so first.
pub async fn lock(tx: &Transaction<'_>, id: CampaignId) -> Result<Campaign, Error> {
    let statement = tx
        .prepare_cached("-- campaigns::lock\nSELECT * FROM campaign WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(campaign).transpose()?.ok_or(Error::NotFound("campaign"))
}

/// The campaigns of a book, the oldest first, after an id ([`Uuid::nil`] for the beginning).
pub async fn list(client: &impl GenericClient, book: BookId, after: Uuid, limit: i64) -> Result<Vec<Campaign>, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::list
            SELECT * FROM campaign WHERE book_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* limit */ &limit]).await?;
    rows.iter().map(campaign).collect()
}

/// Writes its state and its fund account; its version rises.
pub async fn update_state(
    tx: &Transaction<'_>,
    id: CampaignId,
    state: &State,
    fund: Option<AccountNumber>,
) -> Result<Campaign, Error> {
    let statement = tx
        .prepare_cached(
            "-- campaigns::update_state
            UPDATE campaign SET state = $3, state_since = $4, state_until = $5, fund = $6, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* state */ &state.as_str(),
                /* state_since */ &state.since(),
                /* state_until */ &state.until(),
                /* fund */ &fund.map(|fund| fund.0),
            ],
        )
        .await?;
    campaign(&row)
}

/// Writes the accounts in which its promises are counted.
pub async fn update_commitments(tx: &Transaction<'_>, id: CampaignId, of: &Commitments) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- campaigns::update_commitments
            UPDATE campaign SET promise_room = $3, promise_beyond = $4, promise_pledged = $5, promises_since = $6
             WHERE book_id = $1 AND id = $2",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &id.book.0,
            /* id */ &id.object,
            /* promise_room */ &of.room.0,
            /* promise_beyond */ &of.beyond.0,
            /* promise_pledged */ &of.pledged.0,
            /* promises_since */ &of.since,
        ],
    )
    .await?;
    Ok(())
}

/// Writes a raised goal and cap; its version rises.
pub async fn update_raised(tx: &Transaction<'_>, raised: &Campaign) -> Result<Campaign, Error> {
    let (monthly_goal, goal, _) = amounts(&raised.kind);
    let statement = tx
        .prepare_cached(
            "-- campaigns::update_raised
            UPDATE campaign SET monthly_goal = $3, goal = $4, cap = $5, version = version + 1 WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &raised.id.book.0,
                /* id */ &raised.id.object,
                /* monthly_goal */ &monthly_goal,
                /* goal */ &goal,
                /* cap */ &raised.cap.map(|cap| cap.amount.minor()),
            ],
        )
        .await?;
    campaign(&row)
}

/// Writes what its loop brings in a month, or that nothing stops it; its version rises.
pub async fn update_loop(tx: &Transaction<'_>, id: CampaignId, brings: Option<i64>) -> Result<Campaign, Error> {
    let statement = tx
        .prepare_cached(
            "-- campaigns::update_loop
            UPDATE campaign SET loop_brings = $3, version = version + 1 WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row =
        tx.query_one(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* loop_brings */ &brings]).await?;
    campaign(&row)
}

/// Writes what was promised when its last day ended; its version rises.
pub async fn update_promised(tx: &Transaction<'_>, id: CampaignId, promised: i64) -> Result<Campaign, Error> {
    let statement = tx
        .prepare_cached(
            "-- campaigns::update_promised
            UPDATE campaign SET promised = $3, version = version + 1 WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row =
        tx.query_one(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object, /* promised */ &promised]).await?;
    campaign(&row)
}

/// Writes its verdict; its version rises.
pub async fn update_verdict(
    tx: &Transaction<'_>,
    id: CampaignId,
    state: &State,
    verdict: &Verdict,
) -> Result<Campaign, Error> {
    let statement = tx
        .prepare_cached(
            "-- campaigns::update_verdict
            UPDATE campaign SET state = $3, state_since = $4, state_until = NULL, verdict = $5, counted = $6, verdict_at = $7,
                                version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* state */ &state.as_str(),
                /* state_since */ &state.since(),
                /* verdict */ &verdict.word.as_str(),
                /* counted */ &verdict.counted,
                /* verdict_at */ &verdict.at,
            ],
        )
        .await?;
    campaign(&row)
}

/// Whether a payment to the campaign is pending: due and not begun, under way, or to be tried again.
pub async fn is_pending(client: &impl GenericClient, id: CampaignId) -> Result<bool, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::is_pending
            SELECT EXISTS (SELECT FROM charge
                            WHERE book_id = $1 AND campaign = $2
                              AND (state = 'processing' OR state = 'declined' AND retry_on IS NOT NULL))
                OR EXISTS (SELECT FROM pledge
                            WHERE book_id = $1 AND campaign = $2 AND state = 'active' AND next_sequence = 1)",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* book_id */ &id.book.0, /* campaign */ &id.object]).await?.get(0))
}

/// Minor units that a fund has of charges that were captured and have not arrived as cash.
pub async fn unsettled(client: &impl GenericClient, id: CampaignId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::unsettled
            SELECT coalesce(sum(amount - refunded - fees), 0)::bigint FROM charge
             WHERE book_id = $1 AND campaign = $2 AND state = 'captured'",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* book_id */ &id.book.0, /* campaign */ &id.object]).await?.get(0))
}

/// The last day on which captured charges of a campaign arrive as cash; none when all of them have.
pub async fn settles_on(client: &impl GenericClient, id: CampaignId) -> Result<Option<Date>, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::settles_on
            SELECT max(s.due_on) FROM charge c JOIN settlement s ON s.book_id = c.book_id AND s.id = c.settlement
             WHERE c.book_id = $1 AND c.campaign = $2 AND c.state = 'captured'",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* book_id */ &id.book.0, /* campaign */ &id.object]).await?.get(0))
}

/// Sums of a campaign's charges and pledges, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// All due payments so far, and the first ones of pledges that have not fallen due yet.
    pub pledged: i128,
    /// Captured, whatever became of it later.
    pub collected: i128,
    /// Captured, and arrived as cash.
    pub settled: i128,
    /// Due payments that were given up or missed, and pledges that ended before their first one.
    pub dropped: i128,
    /// Went back to donors.
    pub refunded: i128,
    /// Under dispute.
    pub disputed: i128,
    /// Settled money that donors moved here from other campaigns.
    pub moved_in: i128,
    /// Settled money that donors moved from here to other campaigns.
    pub moved_out: i128,
    /// What the active plans bring in a month: a third of what is given each quarter, a twelfth of what is given each year, the
    /// sum rounded down.
    pub monthly: i128,
    /// How many pledges are active.
    pub active_pledges: i64,
}

/// Sums up a campaign, at a moment of book time: from its rows, never from counters.
pub async fn sums(client: &impl GenericClient, id: CampaignId, now: Timestamp) -> Result<Sums, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::sums
            SELECT (c.all_charges + p.unbegun)::text AS pledged, c.collected::text, c.settled::text,
                   (c.dropped + p.dropped)::text AS dropped, c.refunded::text, c.disputed::text,
                   i.moved_in::text, o.moved_out::text, p.monthly::text, p.active
              FROM (SELECT coalesce(sum(amount), 0) AS all_charges,
                           coalesce(sum(amount) FILTER (WHERE state IN ('captured', 'settled')), 0) AS collected,
                           coalesce(sum(amount) FILTER (WHERE state = 'settled'), 0) AS settled,
                           coalesce(sum(amount) FILTER (WHERE state IN ('voided', 'missed')
                                                           OR state = 'declined' AND retry_on IS NULL), 0) AS dropped,
                           coalesce(sum(refunded), 0) AS refunded,
                           coalesce(sum(disputed), 0) AS disputed
                      FROM charge WHERE book_id = $1 AND campaign = $2) AS c,
                   (SELECT coalesce(sum(amount) FILTER (WHERE begun = 0), 0) AS unbegun,
                           coalesce(sum(amount) FILTER (WHERE begun = 0 AND present IN ('lapsed', 'cancelled', 'completed')), 0) AS dropped,
                           coalesce(div(sum(amount * CASE schedule WHEN 'monthly' THEN 12 WHEN 'quarterly' THEN 4 ELSE 1 END)
                                          FILTER (WHERE schedule <> 'once' AND present = 'active'), 12), 0) AS monthly,
                           count(*) FILTER (WHERE present = 'active') AS active
                      FROM (SELECT pl.amount, pl.schedule,
                                   (SELECT count(*) FROM charge ch WHERE ch.book_id = pl.book_id AND ch.pledge = pl.id) AS begun,
                                   CASE WHEN pl.state_until IS NULL OR pl.state_until > $3 THEN pl.state
                                        WHEN pl.state_detail = 'resume' THEN 'active'
                                        ELSE 'lapsed' END AS present
                              FROM pledge pl WHERE pl.book_id = $1 AND pl.campaign = $2) AS plans) AS p,
                   (SELECT coalesce(sum(amount), 0) AS moved_in FROM pledge_move
                     WHERE book_id = $1 AND to_campaign = $2) AS i,
                   (SELECT coalesce(sum(amount), 0) AS moved_out FROM pledge_move
                     WHERE book_id = $1 AND from_campaign = $2) AS o",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &id.book.0, /* campaign */ &id.object, /* now */ &now]).await?;
    Ok(Sums {
        pledged: sum(&row, "pledged")?,
        collected: sum(&row, "collected")?,
        settled: sum(&row, "settled")?,
        dropped: sum(&row, "dropped")?,
        refunded: sum(&row, "refunded")?,
        disputed: sum(&row, "disputed")?,
        moved_in: sum(&row, "moved_in")?,
        moved_out: sum(&row, "moved_out")?,
        monthly: sum(&row, "monthly")?,
        active_pledges: row.get("active"),
    })
}

/// Minor units of a campaign's money that are set aside: what its funded milestones have not released yet.
pub async fn earmarked(client: &impl GenericClient, campaign: CampaignId) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- campaigns::earmarked
            SELECT coalesce(sum(amount - released_total), 0)::bigint AS earmarked FROM milestone
             WHERE book_id = $1 AND campaign_id = $2 AND state IN ('funded', 'claimed', 'partly_released')",
        )
        .await?;
    let row =
        client.query_one(&statement, &[/* book_id */ &campaign.book.0, /* campaign_id */ &campaign.object]).await?;
    Ok(row.get("earmarked"))
}
