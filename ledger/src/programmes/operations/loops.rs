//! Loops: said, and how far they are closed.

use crate::book::MovementKind as K;
use crate::chart;
use crate::cooperatives::rules::allocation_rule::Pot;
use crate::cooperatives::rules::cooperative::Period;
use crate::cooperatives::store::{distributions, proceeds};
use crate::engine::store::books::Book;
use crate::engine::store::{accounts, books};
use crate::error::{Error, Refusal};
use crate::id::{BookId, BookRef, CampaignId, PersonId};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::kind::Kind;
use crate::pledging::store::campaigns;
use crate::programmes::rules::product::Product;
use crate::programmes::rules::self_funding::{self, Loop, ProductLoop};
use crate::programmes::store::{loops, products};
use crate::reports::operations::{WholeSums, outside_months};
use crate::reports::store::kind_totals;
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// Says from which book's surpluses the work of a recurring campaign is paid besides: one of the same host, mode and currency, or none from
/// now on. Answers whether anything is another than before.
///
/// # Errors
///
/// `campaign-not-recurring`; [`Error::Invalid`] at `/book`; [`Error::NotFound`] for an unknown campaign.
pub async fn say(
    tx: &Transaction<'_>,
    id: CampaignId,
    source: Option<BookRef>,
    by: PersonId,
    wall: Timestamp,
) -> Result<bool, Error> {
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    let Kind::Recurring { .. } = campaign.kind else {
        let detail = "a campaign that asks for something each month has a loop, and no other";
        return Err(Refusal::new("campaign-not-recurring", detail).into());
    };
    let source = match source {
        None => None,
        Some(reference) => Some(of_house(tx, &book, &campaign, reference).await?),
    };
    let (version, before, said_at) = loops::last(tx, id).await?.unwrap_or((0, None, Timestamp::MIN));
    if before == source.as_ref().map(|book| book.id) {
        return Ok(false);
    }
    let at = book.now(wall).max(said_at);
    loops::insert(tx, id, version + 1, source.map(|book| book.id), (by, at)).await?;
    activity::record(tx, book.id, Done::new(&id, "loop_said", Actor::Person(by)), at).await?;
    Ok(true)
}

/// A book of the same host, mode and currency as a campaign.
async fn of_house(
    client: &impl GenericClient,
    book: &Book,
    campaign: &Campaign,
    reference: BookRef,
) -> Result<Book, Error> {
    let wrong = || Error::invalid("/book", format!("a book of the same host and mode, in {}", campaign.currency));
    let found = match books::resolve(client, reference).await {
        Err(Error::NotFound(_)) => return Err(wrong()),
        found => found?,
    };
    let fits =
        found.organisation == book.organisation && found.mode == book.mode && found.currency == campaign.currency;
    if fits { Ok(found) } else { Err(wrong()) }
}

/// A loop as it stands: the book whose surpluses count, and how far it is closed.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The book.
    pub source: Book,
    /// How far.
    pub closed: Loop,
}

/// How far the loop of a campaign is closed today, by what everybody may know of what was collected; none where it has none.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn standing(
    client: &impl GenericClient,
    sums: &WholeSums,
    book: &Book,
    campaign: &Campaign,
    wall: Timestamp,
) -> Result<Option<Standing>, Error> {
    let Kind::Recurring { monthly_goal } = campaign.kind else { return Ok(None) };
    let Some((_, Some(source), _)) = loops::last(client, campaign.id).await? else { return Ok(None) };
    let source = books::get(client, source).await?;
    let today = book.today(wall);
    let (from, to) = self_funding::span(today);
    let collected: i128 = match campaign.fund {
        None => 0,
        Some(fund) => {
            let months = outside_months(client, sums, book, fund).await?;
            months.range(from..=to).map(|(_, minor)| minor).sum()
        }
    };
    let proceeds = match accounts::find(client, source.id, &chart::development().code).await? {
        None => 0,
        Some(account) => {
            let moved = kind_totals::monthly(client, source.id, &[account.number], (from, to)).await?;
            let counts = moved.iter().filter(|it| matches!(it.kind, K::SurplusAllocated | K::SurplusRestored));
            counts.map(|it| it.credits - it.debits).sum()
        }
    };
    Ok(Some(Standing { source, closed: self_funding::closed(monthly_goal, collected, proceeds, today) }))
}

/// How far a product pays for its own development in a period: what of the surpluses of the books that are said for the campaigns of its
/// milestones went into development by what was sold under its name, beside what was released for it. Answers the books too.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn of_product(
    client: &impl GenericClient,
    book: &Book,
    product: &Product,
    period: Period,
) -> Result<(ProductLoop, Vec<Book>), Error> {
    let mut sources: Vec<BookId> = Vec::new();
    for campaign in products::campaigns(client, product.id).await? {
        let said = loops::last(client, campaign).await?.and_then(|(_, source, _)| source);
        sources.extend(said.filter(|source| !sources.contains(source)));
    }
    let (mut brought, mut books_of) = (0, Vec::new());
    for source in sources {
        let days = (period.from, period.to);
        for shared in distributions::standing_between(client, source, days).await? {
            let left = proceeds::left_by_product(client, source, shared.period).await?;
            let parts: Vec<i64> = left.iter().map(|(_, left)| *left).collect();
            let due = self_funding::due_to(shared.plan.given(&Pot::DevelopmentFund), &parts)?;
            let own = left.iter().zip(due).filter(|((name, _), _)| *name == product.name);
            brought += own.map(|(_, due)| due).sum::<i64>();
        }
        books_of.push(books::get(client, source).await?);
    }
    let until = book.start_of(period.to.tomorrow().unwrap_or(period.to));
    let span = (book.start_of(period.from), until);
    let released = products::released_between(client, product.id, book.currency, span).await?;
    Ok((ProductLoop { released, proceeds: brought }, books_of))
}
