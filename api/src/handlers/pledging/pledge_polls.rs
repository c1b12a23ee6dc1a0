//! All pledges that a partner brought, by what it knows of them, or those that have changed.

use super::pledge_body::{PledgeBody, View};
use super::pledges::donors_of;
use super::polls::{Key, Moments, Part, Place, only, walk};
use crate::auth::{Caller, Partner};
use crate::extract::Params;
use crate::paging::{self, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{bounded, parse};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use ledger::Error;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookRef, CampaignId};
use ledger::parties::rules::role::Scope;
use ledger::pledging::operations::polls::{self as operations, Polled};
use ledger::pledging::rules::donor::Donor;
use ledger::pledging::rules::pledge::Pledge;
use ledger::pledging::rules::polled::PledgeWord;
use ledger::pledging::store::{donors, pledges, polls};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which pledges of the partner.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfPledges {
    /// Of which book; of all that admit the partner when it is not given.
    #[param(max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: Option<String>,
    /// Only those to this campaign.
    #[param(max_length = 36, pattern = "^cmp_[a-z2-7]{32}$")]
    campaign: Option<String>,
    /// What the partner calls the pledge: at most one in each book, also when it was erased since.
    #[param(min_length = 1, max_length = 200)]
    reference: Option<String>,
    /// What the partner calls the donor.
    #[param(min_length = 1, max_length = 200)]
    donor_reference: Option<String>,
    /// Only those that are shown with this state.
    #[param(pattern = "^(created|active|needs_action|paused|lapsed|completed|cancelled|refunded)$")]
    state: Option<String>,
    /// Only those that have changed since: `as_of` of the poll before. At most 85 days ago.
    #[param(value_type = Option<String>, format = "date-time")]
    updated_since: Option<Timestamp>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// A part of the pledges of a partner.
#[derive(Debug, Serialize, ToSchema)]
pub struct PledgePage {
    /// Book by book: the oldest first, or in the order of their last change. There may be fewer than were asked for, or none, while there are
    /// more.
    items: Vec<PledgeBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// What to ask for with `updated_since` next time, by the wall clock: whatever these pages do not show has changed since. The same on all
    /// pages of a walk.
    as_of: Timestamp,
}

/// What is asked of each pledge.
struct Filter {
    campaign: Option<CampaignId>,
    reference: Option<String>,
    donor_reference: Option<String>,
    state: Option<PledgeWord>,
    since: Option<Timestamp>,
}

impl Filter {
    /// Of what is asked, with the book in which alone it can be.
    fn parse(asked: &OfPledges) -> Result<(Filter, Option<BookRef>), Problem> {
        let reference =
            |pointer: &str, given: Option<&String>| given.map(|it| bounded(pointer, it, text::REFERENCE)).transpose();
        let filter = Filter {
            campaign: asked.campaign.as_deref().map(|id| parse("/campaign", id)).transpose()?,
            reference: reference("/reference", asked.reference.as_ref())?,
            donor_reference: reference("/donor_reference", asked.donor_reference.as_ref())?,
            state: asked.state.as_deref().map(|word| parse("/state", word)).transpose()?,
            since: asked.updated_since,
        };
        Ok((filter, only(asked.book.as_deref())?))
    }

    fn fits(&self, pledge: &Pledge, donor: &Donor, partner: &Partner, now: Timestamp) -> bool {
        let is_mine = pledge.partner == partner.organisation;
        let is_of_donor = |reference: &String| donor.partner == partner.organisation && donor.reference == *reference;
        is_mine
            && self.campaign.is_none_or(|campaign| campaign == pledge.campaign)
            && self.donor_reference.as_ref().is_none_or(is_of_donor)
            && self.state.is_none_or(|word| pledge.state.at(now).as_str() == word.as_str())
    }
}

/// Lists the pledges that the partner brought or that have moved to it, in all books that admit it, by any of what it knows of them, or by
/// change.
///
/// To follow them, ask once without `updated_since`, page by page, and from then on with `updated_since`: `as_of` of the poll before. Nothing is
/// lost between two polls, however long a change took to be written; what changed just before a poll may come twice. A pledge counts as changed
/// when it comes to another state, when a change or a move of its plan does, and when money of it moves to another campaign; `next_due_on` goes
/// on with its charges.
#[utoipa::path(tag = "pledges", params(OfPledges),
    responses((status = 200, description = "A page", body = PledgePage)))]
#[get("/v1/pledges")]
pub(crate) async fn search(
    state: Data<State>,
    caller: Caller,
    query: Params<OfPledges>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(Scope::PledgesRead)?;
    let (filter, only) = Filter::parse(&query.0)?;
    let window = Window::<Place>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let moments = Moments::of(&client, filter.since, window.after.as_ref()).await?;
    let only = of_campaign(&client, &filter, only).await?;
    let read = async |book: Book, after: Option<Key>, room: usize| {
        let part = read(&client, partner, &book, &filter, after, room).await?;
        if part.rows.is_empty() {
            return Ok(Part::none(part.next));
        }
        let donors = donors_of(&client, book.id, &part.rows).await?;
        let view = View::of(&client, &caller, &book).await?;
        let now = book.now(view.wall);
        let mut rows = Vec::with_capacity(part.rows.len());
        for pledge in part.rows {
            let donor = donors.iter().find(|donor| donor.id == pledge.donor).ok_or_else(Problem::internal)?;
            if filter.fits(&pledge, donor, partner, now) {
                rows.push(view.body(pledge, donor));
            }
        }
        Ok(Part { rows, next: part.next })
    };
    let (items, next) = walk(&client, partner, only, (&window, Some(moments.as_of)), read).await?;
    let page = PledgePage { items, next_cursor: next.map(|next| paging::encode(&next)), as_of: moments.as_of };
    Ok(paging::respond(&page, page.next_cursor.as_deref(), &http))
}

/// The one book that is to be asked: that of the campaign, when one is named. Another one beside it has none of its pledges.
async fn of_campaign(
    client: &impl GenericClient,
    filter: &Filter,
    only: Option<BookRef>,
) -> Result<Option<BookRef>, Problem> {
    let Some(campaign) = filter.campaign else { return Ok(only) };
    match only {
        Some(only) if only.book != campaign.book => Err(Problem::invalid("/campaign", "it is in another book")),
        Some(only) => Ok(Some(only)),
        None => {
            let book = books::find(client, campaign.book).await?.ok_or(Error::NotFound("campaign"))?;
            Ok(Some(book.reference()))
        }
    }
}

/// A part of the pledges of a book, by the index that leaves least of them over; what else is asked of them is looked at afterwards.
async fn read(
    client: &impl GenericClient,
    partner: &Partner,
    book: &Book,
    filter: &Filter,
    after: Option<Key>,
    room: usize,
) -> Result<Part<Pledge>, Problem> {
    let (of, limit) = ((book.id, partner.organisation), i64::try_from(room).unwrap_or(i64::MAX));
    let fetch = limit.saturating_add(1);
    if let Some(since) = filter.since {
        let changed = operations::changed(client, of, Polled::Pledges, since, Key::event(after)?, limit).await?;
        let mut rows = pledges::list_by_ids(client, book.id, &changed.objects).await?;
        rows.retain(|pledge| filter.reference.as_ref().is_none_or(|reference| pledge.reference == *reference));
        rows.sort_by_key(|pledge| changed.objects.iter().position(|object| *object == pledge.id.object));
        return Ok(Part { rows, next: changed.next.map(Key::Event) });
    }
    let after = Key::id(after)?;
    if let Some(reference) = &filter.reference {
        let found = pledges::find_by_reference(client, book.id, partner.organisation, reference).await?;
        return Ok(Part { rows: found.into_iter().collect(), next: None });
    }
    let rows = match (&filter.donor_reference, filter.campaign) {
        (Some(reference), _) => match donors::find(client, book.id, partner.organisation, reference).await? {
            Some(donor) => polls::pledges_of_donor(client, donor.id, partner.organisation, after, fetch).await?,
            None => Vec::new(),
        },
        (None, Some(campaign)) => {
            pledges::list_of_partner(client, campaign, partner.organisation, after, fetch).await?
        }
        (None, None) => {
            let word = filter.state.map(|word| (word.as_str(), book.now(ledger::calendar::now())));
            polls::pledges(client, of, &PledgeWord::kept_as(filter.state), word, after, fetch).await?
        }
    };
    Ok(Part::cut(rows, room, |pledge| Key::Id(pledge.id.object)))
}
