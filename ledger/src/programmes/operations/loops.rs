//! Loops: said, how far they are closed, and whether their campaigns ask for nothing by them.

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
use crate::programmes::rules::self_funding::{self, AtNothing, Loop, ProductLoop, Said};
use crate::programmes::store::{loops, products};
use crate::reports::operations::{WholeSums, outside_months};
use crate::reports::store::kind_totals;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;

/// Says from which book's surpluses the work of a recurring campaign is paid besides, one of the same host, mode and currency, or none from
/// now on; and what becomes of new pledges while the campaign asks for nothing. It is reckoned at once.
///
/// # Errors
///
/// `campaign-not-recurring`; [`Error::Invalid`] at `/book`; [`Error::NotFound`] for an unknown campaign.
pub async fn say(
    tx: &Transaction<'_>,
    id: CampaignId,
    (source, at_nothing): (Option<BookRef>, AtNothing),
    by: PersonId,
    wall: Timestamp,
) -> Result<Campaign, Error> {
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    let Kind::Recurring { .. } = campaign.kind else {
        let detail = "a campaign that asks for something each month has a loop, and no other";
        return Err(Refusal::new("campaign-not-recurring", detail).into());
    };
    let source = match source {
        None => None,
        Some(reference) => Some(of_house(tx, &book, &campaign, reference).await?.id),
    };
    let before = loops::last(tx, id).await?;
    let is_said = |said: &Said| said.source == source && said.at_nothing == at_nothing;
    if !before.as_ref().is_some_and(is_said) {
        let (version, said_at) = before.map_or((0, Timestamp::MIN), |said| (said.version, said.at));
        let at = book.now(wall).max(said_at);
        loops::insert(tx, id, &Said { version: version + 1, source, at_nothing, by, at }).await?;
        activity::record(tx, book.id, Done::new(&id, "loop_said", Actor::Person(by)), at).await?;
    }
    reckon(tx, id, wall).await
}

/// Reckons anew what a loop brings in a month, and keeps it with its campaign where new pledges stop by it: whoever places one asks no more
/// than the campaign that it has read. Answers the campaign as it stands then. While it may stop, a job does so each day.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown campaign.
pub async fn reckon(tx: &Transaction<'_>, id: CampaignId, wall: Timestamp) -> Result<Campaign, Error> {
    let book = books::get(tx, id.book).await?;
    let campaign = campaigns::lock(tx, id).await?;
    let now = book.now(wall);
    let source = loops::last(tx, id).await?.and_then(|said| said.stops_by());
    if source.is_some() && campaign.state.clone().at(now).is_over() {
        return Ok(campaign);
    }
    let brings = match source {
        None => None,
        Some(source) => {
            let a_month = self_funding::a_month(proceeds_of(tx, source, book.day_of(now)).await?);
            // The sum of a year that an account can count; what lies beyond is more than any goal.
            Some(i64::try_from(a_month).unwrap_or(i64::MAX))
        }
    };
    if source.is_some() {
        enqueue(tx, &book, id, now).await?;
    }
    if brings == campaign.loop_brings {
        return Ok(campaign);
    }
    let changed = campaigns::update_loop(tx, id, brings).await?;
    match (campaign.asks_for_nothing(), changed.asks_for_nothing()) {
        (false, true) => {
            activity::record(tx, book.id, Done::new(&id, "asks_for_nothing", Actor::Service), now).await?;
        }
        (true, false) => activity::record(tx, book.id, Done::new(&id, "asks_again", Actor::Service), now).await?,
        (true, true) | (false, false) => {}
    }
    Ok(changed)
}

/// A job that reckons it on the next day that may change it.
async fn enqueue(tx: &Transaction<'_>, book: &Book, campaign: CampaignId, now: Timestamp) -> Result<(), Error> {
    let due = self_funding::next_look(book.day_of(now));
    let job = Job::ReckonLoop { campaign };
    let new = NewJob { book: book.id, due_at: book.start_of(due), dedupe: format!("{campaign}-{due}"), job };
    jobs::enqueue(tx, &new).await?;
    Ok(())
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
    /// What becomes of new pledges while the campaign asks for nothing.
    pub at_nothing: AtNothing,
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
    let Some(said) = loops::last(client, campaign.id).await? else { return Ok(None) };
    let Some(source) = said.source else { return Ok(None) };
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
    let proceeds = proceeds_of(client, source.id, today).await?;
    let closed = self_funding::closed(monthly_goal, collected, proceeds, today);
    Ok(Some(Standing { source, at_nothing: said.at_nothing, closed }))
}

/// What of surpluses went into the development fund of a book in the months that count on a day, less what was taken back, minor units.
async fn proceeds_of(client: &impl GenericClient, source: BookId, today: Date) -> Result<i128, Error> {
    let Some(account) = accounts::find(client, source, &chart::development().code).await? else { return Ok(0) };
    let moved = kind_totals::monthly(client, source, &[account.number], self_funding::span(today)).await?;
    let counts = moved.iter().filter(|it| matches!(it.kind, K::SurplusAllocated | K::SurplusRestored));
    Ok(counts.map(|it| it.credits - it.debits).sum())
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
        let said = loops::last(client, campaign).await?.and_then(|said| said.source);
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
