//! Pledges: placed by partners for their donors, and shown. A partner sees its own only.

use crate::auth::{Caller, Who};
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, by_lane, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, require_admitted};
use crate::wire::{MoneyBody, bounded, etag, parse};
use actix_web::http::StatusCode;
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::book::Command;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookId, BookRef, CampaignId, DonorId, OrganisationId, PledgeId};
use ledger::parties::rules::privacy::Privacy;
use ledger::pledging::operations::pledges::{self as operations, AskedDonor, AskedSchedule, Drafted, PlacePledge};
use ledger::pledging::rules::donor::Donor;
use ledger::pledging::rules::pledge::{Pledge, Rail, Schedule};
use ledger::pledging::store::{campaigns, donors, pledges};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The most books that a search by reference looks into.
const BOOKS_MAX: i64 = 1_000;

/// The donor of a pledge, as the partner knows them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDonor {
    /// What the partner calls the donor; the same one is the same donor.
    #[schema(min_length = 1, max_length = 200, example = "fan-1017")]
    reference: String,
    /// Personal; may be left out.
    #[serde(default)]
    #[schema(max_length = 200)]
    name: String,
    /// Personal, where receipts go; may be left out.
    #[serde(default)]
    #[schema(max_length = 254)]
    email: String,
    /// Who may see the name: `public`, `host_only`, or `anonymous`, which is the default.
    #[schema(pattern = "^(public|host_only|anonymous)$")]
    privacy: Option<String>,
}

/// When a pledge is charged, in days of the book's zone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSchedule {
    /// `once` or `monthly`.
    #[schema(pattern = "^(once|monthly)$")]
    interval: String,
    /// The first day on which it may be charged; the book's today when it is not given.
    #[schema(value_type = Option<String>, format = "date", example = "2027-01-31")]
    start: Option<Date>,
    /// Of a monthly plan: the day of the month, 31 for the last one; that of the start when it is not given.
    #[schema(minimum = 1, maximum = 31)]
    anchor_day: Option<i8>,
    /// Of a monthly plan: how many payments; it is open when this is not given.
    #[schema(minimum = 1, maximum = 1200)]
    payments: Option<i32>,
}

impl NewSchedule {
    fn parse(&self) -> Result<AskedSchedule, Problem> {
        match self.interval.as_str() {
            "once" if self.anchor_day.is_some() => {
                Err(Problem::invalid("/schedule/anchor_day", "only a monthly plan has an anchor"))
            }
            "once" if self.payments.is_some() => {
                Err(Problem::invalid("/schedule/payments", "only a monthly plan has a number of payments"))
            }
            "once" => Ok(AskedSchedule::Once { on: self.start }),
            "monthly" => {
                Ok(AskedSchedule::Monthly { start: self.start, anchor: self.anchor_day, payments: self.payments })
            }
            _ => Err(Problem::invalid("/schedule/interval", "must be once or monthly")),
        }
    }
}

/// A pledge to be placed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPledge {
    /// What the partner calls it. The same reference with the same content is the same pledge, with other content a 409.
    #[schema(min_length = 1, max_length = 200, example = "order-20417")]
    reference: String,
    /// Whose promise.
    donor: NewDonor,
    /// One payment, in the currency of the campaign.
    amount: MoneyBody,
    /// When.
    schedule: NewSchedule,
    /// Who takes the money: `partner` (it reports captures), or `sandbox` in sandbox books.
    #[schema(pattern = "^(sandbox|partner)$")]
    rail: String,
    /// What the provider charges; never shown. The rail `partner` needs none.
    #[serde(default)]
    #[schema(max_length = 200, example = "card")]
    token: String,
    /// SHA-256 of the campaign's terms, in hexadecimal, as the donor agreed to them.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    terms_sha256: String,
}

impl NewPledge {
    fn parse(&self, campaign: CampaignId, partner: OrganisationId) -> Result<PlacePledge, Problem> {
        let donor = &self.donor;
        let mut terms_digest = [0; 32];
        hex::decode_to_slice(&self.terms_sha256, &mut terms_digest)
            .map_err(|_| Problem::invalid("/terms_sha256", "must be 64 hexadecimal digits"))?;
        Ok(PlacePledge {
            campaign,
            partner,
            reference: bounded("/reference", &self.reference, 1..=200)?,
            donor: AskedDonor {
                reference: bounded("/donor/reference", &donor.reference, 1..=200)?,
                name: bounded("/donor/name", &donor.name, 0..=200)?,
                email: bounded("/donor/email", &donor.email, 0..=254)?,
                privacy: match &donor.privacy {
                    Some(privacy) => parse("/donor/privacy", privacy)?,
                    None => Privacy::Anonymous,
                },
            },
            amount: self.amount.parse("/amount")?,
            schedule: self.schedule.parse()?,
            rail: parse("/rail", &self.rail)?,
            token: bounded("/token", &self.token, 0..=200)?,
            terms_digest,
        })
    }
}

/// The donor of a pledge: for its partner with their reference, for others with the name as far as they let it be seen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Donor)]
pub struct DonorBody {
    #[schema(value_type = String)]
    id: DonorId,
    /// For the partner only.
    reference: Option<String>,
    /// Null when it is not known, erased, or not to be seen.
    name: Option<String>,
    /// `public`, `host_only` or `anonymous`.
    #[schema(value_type = String)]
    privacy: Privacy,
}

/// When a pledge is charged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub struct ScheduleBody {
    /// `once` or `monthly`.
    interval: String,
    #[schema(value_type = String, format = "date")]
    start: Date,
    /// Of a monthly plan.
    anchor_day: Option<i8>,
    /// Of a monthly plan; null when it is open.
    payments: Option<i32>,
    /// Due date of the next payment; null when none is left.
    #[schema(value_type = Option<String>, format = "date")]
    next_due_on: Option<Date>,
    /// IANA zone in which the days begin.
    zone: String,
}

/// A pledge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pledge)]
pub struct PledgeBody {
    #[schema(value_type = String)]
    id: PledgeId,
    #[schema(value_type = String)]
    campaign: CampaignId,
    #[schema(value_type = String)]
    partner: OrganisationId,
    /// What the partner calls it.
    reference: String,
    donor: DonorBody,
    amount: MoneyBody,
    schedule: ScheduleBody,
    /// `sandbox` or `partner`.
    #[schema(value_type = String)]
    rail: Rail,
    terms_sha256: String,
    /// `created`, `active`, `needs_action`, `paused`, `lapsed`, `completed`, `cancelled` or `refunded`.
    state: String,
    /// What `needs_action` needs (`means`, `campaign`), or how `paused` ends (`resume`, `lapse`); empty otherwise.
    state_detail: String,
    /// When the default of a waiting state comes true: `paused` as its detail says, `needs_action` lapses, `lapsed` is
    /// cancelled; null when it does not wait.
    state_until: Option<Timestamp>,
    created_at: Timestamp,
}

/// What a reader may see of pledges.
pub(super) struct View<'a> {
    book: &'a Book,
    for_partner: bool,
    pub(super) wall: Timestamp,
}

impl<'a> View<'a> {
    pub(super) fn new(caller: &Caller, book: &'a Book) -> View<'a> {
        View { book, for_partner: caller.partner().is_some(), wall: Timestamp::now() }
    }

    pub(super) async fn one(&self, client: &impl GenericClient, pledge: Pledge) -> Result<PledgeBody, Error> {
        let donor = donors::get(client, pledge.donor).await?;
        Ok(self.body(pledge, &donor))
    }

    fn body(&self, it: Pledge, donor: &Donor) -> PledgeBody {
        let state = it.state.at(self.book.now(self.wall));
        let sees_name = self.for_partner || donor.privacy != Privacy::Anonymous;
        let (anchor_day, payments) = match it.schedule {
            Schedule::Once { .. } => (None, None),
            Schedule::Monthly(plan) => (Some(plan.anchor()), plan.payments()),
        };
        let goes_on = state.is_active() || state.until().is_some();
        PledgeBody {
            id: it.id,
            campaign: it.campaign,
            partner: it.partner,
            reference: it.reference,
            donor: DonorBody {
                id: donor.id,
                reference: self.for_partner.then(|| donor.reference.clone()),
                name: (sees_name && !donor.name.is_empty()).then(|| donor.name.clone()),
                privacy: donor.privacy,
            },
            amount: it.amount.into(),
            schedule: ScheduleBody {
                interval: it.schedule.as_str().to_owned(),
                start: it.schedule.start(),
                anchor_day,
                payments,
                next_due_on: it.schedule.due_date(it.next_sequence).filter(|_| goes_on),
                zone: self.book.zone_name.clone(),
            },
            rail: it.rail,
            terms_sha256: hex::encode(it.terms_digest),
            state: state.as_str().to_owned(),
            state_detail: state.detail().to_owned(),
            state_until: state.until(),
            created_at: it.created_at,
        }
    }
}

/// Lets in the partner that brought the pledge, and people of the host with a role of the route's row.
pub(super) async fn require_concerned(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    brought_by: OrganisationId,
    what: &'static str,
) -> Result<(), Error> {
    match &caller.who {
        Who::Partner(partner) if partner.organisation == brought_by => {
            require_admitted(client, partner, book, what).await
        }
        Who::Partner(_) => Err(Error::NotFound(what)),
        Who::Person(_) => caller.require_role(client, book.organisation, what).await,
    }
}

/// Places a pledge: it is active at once, and charged at the start of its first due date.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The campaign")), request_body = NewPledge,
    responses((status = 201, description = "Placed", body = PledgeBody),
              (status = 200, description = "Placed before, with this reference and the same content", body = PledgeBody)))]
#[post("/v1/campaigns/{id}/pledges")]
pub(crate) async fn place(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<NewPledge>,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(ledger::parties::rules::role::Scope::PledgesWrite)?;
    let asked = request.body.parse(*id, partner.organisation)?;
    if let Some(response) = place_by_lane(&state, &caller, &request.key, asked.clone()).await? {
        return Ok(response);
    }
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "campaign").await?;
        require_admitted(tx, partner, &book, "campaign").await?;
        let placed = operations::place(tx, asked.clone(), Timestamp::now()).await?;
        let status = if placed.is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok(Reply::new(status, &View::new(&caller, &book).one(tx, placed.pledge).await?))
    })
    .await
}

/// Places a new pledge through the lane of its book, which writes all that wait at once. What is repeated, refused or
/// collides with a row written meanwhile goes the long way, which stores its answer too.
async fn place_by_lane(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    asked: PlacePledge,
) -> Result<Option<HttpResponse>, Problem> {
    let partner = caller.require_scope(ledger::parties::rules::role::Scope::PledgesWrite)?;
    let wall = Timestamp::now();
    let client = state.client().await?;
    let book = book_of(&client, asked.campaign.book, "campaign").await?;
    require_admitted(&client, partner, &book, "campaign").await?;
    let (pledge, donor) = match operations::draft(&client, &book, asked, wall).await {
        Ok(Drafted::New(new)) => *new,
        Ok(Drafted::Repeated(_)) | Err(Error::Refused(_) | Error::Invalid { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    drop(client);
    let mut companions = operations::rows(&book, &pledge, &donor, wall);
    let body = View::new(caller, &book).body(pledge, &donor);
    by_lane(state, key, caller.id(), &book, Reply::created(&body), |reply| {
        companions.push(reply);
        Command { key: None, entry: None, companions }
    })
    .await
}

/// Lists the pledges to a campaign; for a partner those that it brought.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The campaign"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<PledgeBody>)))]
#[get("/v1/campaigns/{id}/pledges")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    let (after, limit) = (window.after.unwrap_or_default(), window.fetch());
    let rows = match &caller.who {
        Who::Partner(partner) => {
            require_admitted(&client, partner, &book, "campaign").await?;
            campaigns::get(&client, *id).await?;
            pledges::list_of_partner(&client, *id, partner.organisation, after, limit).await?
        }
        Who::Person(_) => {
            caller.require_role(&client, book.organisation, "campaign").await?;
            campaigns::get(&client, *id).await?;
            pledges::list(&client, *id, after, limit).await?
        }
    };
    let donors = donors_of(&client, book.id, &rows).await?;
    let view = View::new(&caller, &book);
    let mut bodies = Vec::with_capacity(rows.len());
    for pledge in rows {
        let donor = donors.iter().find(|donor| donor.id == pledge.donor).ok_or_else(Problem::internal)?;
        bodies.push(view.body(pledge, donor));
    }
    Ok(window.page(bodies, |body| body.id.object, |body| body).respond(&http))
}

async fn donors_of(client: &impl GenericClient, book: BookId, rows: &[Pledge]) -> Result<Vec<Donor>, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|pledge| pledge.donor.object).collect();
    donors::list(client, book, &ids).await
}

/// Which pledges of the partner.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ByReference {
    /// What the partner calls the pledge.
    #[param(min_length = 1, max_length = 200)]
    reference: String,
    /// In which book; in all that admit the partner when it is not given.
    #[param(max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: Option<String>,
}

/// Finds the partner's pledges by its own reference: at most one in each book.
#[utoipa::path(tag = "pledges", params(ByReference),
    responses((status = 200, description = "Those found, all on one page", body = Page<PledgeBody>)))]
#[get("/v1/pledges")]
pub(crate) async fn search(
    state: Data<State>,
    caller: Caller,
    query: Params<ByReference>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let partner = caller.require_scope(ledger::parties::rules::role::Scope::PledgesRead)?;
    let reference = bounded("/reference", &query.0.reference, 1..=200)?;
    let client = state.client().await?;
    let numbers = match &query.0.book {
        Some(book) => vec![books::resolve(&client, parse::<BookRef>("/book", book)?).await?.id],
        None => books::of_partner(&client, partner.organisation, BOOKS_MAX).await?,
    };
    let mut items = Vec::new();
    for number in numbers {
        let book = books::get(&client, number).await?;
        match require_admitted(&client, partner, &book, "book").await {
            Ok(()) => {}
            Err(Error::NotFound(_)) if query.0.book.is_none() => continue,
            Err(error) => return Err(error.into()),
        }
        if let Some(pledge) = pledges::find_by_reference(&client, number, partner.organisation, &reference).await? {
            items.push(View::new(&caller, &book).one(&client, pledge).await?);
        }
    }
    Ok(Page { items, next_cursor: None }.respond(&http))
}

/// Shows a pledge.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The pledge")),
    responses((status = 200, description = "The pledge, with its ETag", body = PledgeBody)))]
#[get("/v1/pledges/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<PledgeId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "pledge").await?;
    let found = concerned(&client, &caller, &book, *id).await?;
    let tag = etag(found.version);
    let body = View::new(&caller, &book).one(&client, found).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// The pledge, for those whom it concerns. A stranger learns the same of one that is there and of one that is not.
pub(super) async fn concerned(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    id: PledgeId,
) -> Result<Pledge, Error> {
    if caller.partner().is_none() {
        caller.require_role(client, book.organisation, "pledge").await?;
    }
    let pledge = pledges::get(client, id).await?;
    require_concerned(client, caller, book, pledge.partner, "pledge").await?;
    Ok(pledge)
}
