//! All charges that a partner collects, or those that have changed.

use super::charges::ChargeBody;
use super::custodian_holds::Holds;
use super::polls::{Key, Moments, Part, Place, only, walk};
use crate::auth::{Caller, Partner};
use crate::extract::Params;
use crate::paging::{self, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::parse;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ledger::engine::store::books::Book;
use ledger::parties::rules::role::Scope;
use ledger::pledging::operations::polls::{self as operations, Polled};
use ledger::pledging::rules::charge::Charge;
use ledger::pledging::rules::polled::ChargeWord;
use ledger::pledging::store::polls;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which charges of the partner.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfCharges {
    /// Of which book; of all that admit the partner when it is not given.
    #[param(max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: Option<String>,
    /// Only those that are shown with this state.
    #[param(pattern = "^(processing|declined|captured|settled|voided|missed|disputed|lost|refunded)$")]
    state: Option<String>,
    /// Only those that were due before this day, in the zone of their book.
    #[param(value_type = Option<String>, format = "date")]
    due_before: Option<Date>,
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

/// A part of the charges of a partner.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChargePage {
    /// Book by book: the first due first, or in the order of their last change. There may be fewer than were asked for, or none, while there
    /// are more.
    items: Vec<ChargeBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// What to ask for with `updated_since` next time, by the wall clock: whatever these pages do not show has changed since. The same on all
    /// pages of a walk.
    as_of: Timestamp,
}

/// What is asked of each charge.
struct Filter {
    state: Option<ChargeWord>,
    due_before: Option<Date>,
}

impl Filter {
    fn fits(&self, charge: &Charge) -> bool {
        self.state.is_none_or(|word| charge.word() == word.as_str())
            && self.due_before.is_none_or(|day| charge.due_on < day)
    }

    /// The states in which those that fit are kept.
    fn kept_as(&self) -> &'static [&'static str] {
        self.state.map_or(ChargeWord::KEPT, ChargeWord::kept_as)
    }
}

/// Lists the charges that the partner collects or the service collects for it, in all books that admit it, by state, due date, or change.
///
/// To follow them, ask once without `updated_since`, page by page, and from then on with `updated_since`: `as_of` of the poll before. Nothing is
/// lost between two polls, however long a change took to be written; what changed just before a poll may come twice. A charge counts as changed
/// when it comes to another state, and when a refund or a chargeback of it does.
#[utoipa::path(tag = "charges", params(OfCharges),
    responses((status = 200, description = "A page", body = ChargePage)))]
#[get("/v1/charges")]
pub(crate) async fn list_all(
    state: Data<State>,
    caller: Caller,
    query: Params<OfCharges>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let OfCharges { book, state: word, due_before, updated_since, limit, cursor } = query.0;
    let partner = caller.require_scope(Scope::ChargesRead)?;
    let only = only(book.as_deref())?;
    let filter = Filter { state: word.as_deref().map(|word| parse("/state", word)).transpose()?, due_before };
    let window = Window::<Place>::parse(limit, cursor.as_deref())?;
    let client = state.client().await?;
    let moments = Moments::of(&client, updated_since, window.after.as_ref()).await?;
    let read = async |book: Book, after: Option<Key>, room: usize| {
        let part = match moments.since {
            Some(since) => changed(&client, partner, &book, since, after, room).await?,
            None => kept(&client, partner, &book, &filter, after, room).await?,
        };
        if part.rows.is_empty() {
            return Ok(Part::none(part.next));
        }
        let holds = Holds::of(&client, &book).await?;
        let fitting = part.rows.into_iter().filter(|charge| filter.fits(charge));
        Ok(Part { rows: fitting.map(|charge| ChargeBody::held(charge, &holds)).collect(), next: part.next })
    };
    let (items, next) = walk(&client, partner, only, (&window, Some(moments.as_of)), read).await?;
    let page = ChargePage { items, next_cursor: next.map(|next| paging::encode(&next)), as_of: moments.as_of };
    Ok(paging::respond(&page, page.next_cursor.as_deref(), &http))
}

/// Those that have changed.
async fn changed(
    client: &impl GenericClient,
    partner: &Partner,
    book: &Book,
    since: Timestamp,
    after: Option<Key>,
    room: usize,
) -> Result<Part<Charge>, Problem> {
    let (after, limit) = (Key::event(after)?, i64::try_from(room).unwrap_or(i64::MAX));
    let of = (book.id, partner.organisation);
    let changed = operations::changed(client, of, Polled::Charges, since, after, limit).await?;
    let mut rows = polls::charges_by_ids(client, of, &changed.objects).await?;
    rows.sort_by_key(|charge| changed.objects.iter().position(|object| *object == charge.id.object));
    Ok(Part { rows, next: changed.next.map(Key::Event) })
}

/// Those that there are.
async fn kept(
    client: &impl GenericClient,
    partner: &Partner,
    book: &Book,
    filter: &Filter,
    after: Option<Key>,
    room: usize,
) -> Result<Part<Charge>, Problem> {
    let (after, limit) = (Key::due(after)?, i64::try_from(room).unwrap_or(i64::MAX).saturating_add(1));
    let due_before = filter.due_before.unwrap_or(date(9999, 12, 31));
    let of = (book.id, partner.organisation);
    let rows = polls::charges(client, of, filter.kept_as(), due_before, after, limit).await?;
    Ok(Part::cut(rows, room, |charge| Key::Due(charge.due_on, charge.id.object)))
}
