//! Campaigns: made, published and closed by their host; read by its people, its partners and, of public books, everybody.

use super::polls::{Key, Part, Place, walk};
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{self, Page, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Reader, Sight, actor, book_of};
use crate::wire::{BalanceBody, ChangeStateRequest, MoneyBody, bounded, etag, paragraphs, parse};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookRef, CampaignId};
use ledger::money::{Currency, Money};
use ledger::parties::rules::role::Scope as Permission;
use ledger::pledging::operations::campaigns::{self as operations, NewCampaign as Asked};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::commitment::{self, Cap, OverCap};
use ledger::pledging::rules::fee::{self, Rate};
use ledger::pledging::rules::kind::{Basis, Kind, Word};
use ledger::pledging::rules::lineage::Method;
use ledger::pledging::rules::terms::TermsVersion;
use ledger::pledging::rules::transfer_reference;
use ledger::pledging::store::{campaigns, terms};
use ledger::service::change::Change;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A campaign to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    /// In which book.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: String,
    /// Name in addresses and in the code of its fund account; never changes.
    #[schema(min_length = 2, max_length = 63, pattern = "^[a-z0-9][a-z0-9-]{1,62}$", example = "open-press")]
    slug: String,
    /// Name for people.
    #[schema(min_length = 1, max_length = 200, example = "An open press")]
    title: String,
    /// What it is about.
    #[serde(default)]
    #[schema(max_length = 2000)]
    summary: String,
    /// What donors agree to. Every pledge names its SHA-256, and is bound to it for ever: later versions are for later pledges. To
    /// those of a campaign with a last day it is added
    /// how the campaign ends.
    #[schema(min_length = 1, max_length = 50000)]
    terms: String,
    /// What it asks for: `recurring`, a monthly goal without an end, which is the default; or, until a last day,
    /// `all_or_nothing` (a goal, and what misses it goes back), `keep_what_you_raise`, or `minimum_and_optimum` (a minimum that
    /// decides, and what is hoped for).
    #[schema(pattern = "^(recurring|all_or_nothing|keep_what_you_raise|minimum_and_optimum)$")]
    kind: Option<String>,
    /// Of a recurring campaign: what should come in each month.
    monthly_goal: Option<MoneyBody>,
    /// What decides, of `all_or_nothing`; what is hoped for, of `keep_what_you_raise`, which may leave it out and name its
    /// `currency`.
    goal: Option<MoneyBody>,
    /// Of `minimum_and_optimum`: what decides.
    minimum: Option<MoneyBody>,
    /// Of `minimum_and_optimum`: what is hoped for, more than the minimum.
    optimum: Option<MoneyBody>,
    /// Of all but `recurring`: the last day on which it takes pledges, in the zone of the book.
    #[schema(value_type = Option<String>, format = "date", example = "2027-03-31")]
    last_day: Option<Date>,
    /// By what it is decided: `collected`, what was captured and not refunded, which is the default; or `pledged`, what was
    /// promised and still stood when the last day ended. The terms say it.
    #[schema(pattern = "^(collected|pledged)$")]
    verdict_basis: Option<String>,
    /// ISO 4217: only where no amount says it.
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: Option<String>,
    /// The most that is wanted, from wherever it comes: no pledge is taken beyond it. A single payment and a plan with a number of
    /// payments count whole; of an open plan the first payment counts. When the cap is the goal, it rises with it.
    cap: Option<MoneyBody>,
    /// With a cap: what happens to a single payment of which a part fits. `refuse`, which is the default, or `trim`: as much is
    /// taken as fits.
    #[schema(pattern = "^(refuse|trim)$")]
    over_cap: Option<String>,
    /// What the campaign has from elsewhere: it takes room below the cap.
    funded_elsewhere: Option<Elsewhere>,
    /// Whose money a release takes: `fifo`, what settled first, which is the default, or `pro_rata`, of all in proportion.
    #[schema(pattern = "^(fifo|pro_rata)$")]
    lineage: Option<String>,
    /// What its terms take of each captured charge. A payee has one at most.
    #[serde(default)]
    #[schema(max_items = 3)]
    fees: Vec<FeeBody>,
    /// After how many months without a release what lies in its fund is its donors' to take back; 24 when it is left out. Else the
    /// number is added to the terms. Never changes.
    #[schema(minimum = 1, maximum = 24)]
    returnable_after_months: Option<i32>,
}

/// A fee that a campaign's terms name. It is taken of each captured charge, cut down to a whole minor unit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Fee)]
pub struct FeeBody {
    /// For whom: `host`, which earns it when the charge settles; `platform`, the partner that brought the pledge; `processor`,
    /// which keeps it of what the custodian pays over.
    #[schema(pattern = "^(host|platform|processor)$")]
    to: String,
    /// Its percentage of the charge, with at most four digits behind the point.
    #[serde(default = "zero")]
    #[schema(default = "0", pattern = r"^[0-9]{1,3}(\.[0-9]{1,4})?$", example = "2.9")]
    percent: String,
    /// What it is besides, of each charge, in the currency of the campaign; nothing when it is left out.
    fixed: Option<MoneyBody>,
    /// Whether it comes back with a refund, in proportion; else the donor bears it. What a processor withheld never does.
    #[serde(default)]
    returned_on_refund: bool,
}

fn zero() -> String {
    "0".into()
}

impl FeeBody {
    pub(super) fn new(term: &fee::Term, currency: Currency) -> FeeBody {
        FeeBody {
            to: term.to.to_string(),
            percent: term.percent.to_string(),
            fixed: Money::from_minor(term.fixed, currency).ok().map(MoneyBody::from),
            returned_on_refund: term.returned_on_refund,
        }
    }

    /// The fees of terms, as they are given.
    pub(super) fn parse_all(given: &[FeeBody], currency: Currency) -> Result<Vec<fee::Term>, Problem> {
        if given.len() > 3 {
            return Err(Problem::invalid("/fees", "a payee has one fee at most, and there are three payees"));
        }
        given.iter().enumerate().map(|(place, fee)| fee.parse(place, currency)).collect()
    }

    fn parse(&self, place: usize, currency: Currency) -> Result<fee::Term, Problem> {
        let at = |field: &str| format!("/fees/{place}/{field}");
        let percent: Result<Rate, _> = self.percent.parse();
        let fixed = self.fixed.as_ref().map(|fixed| fixed.parse(&at("fixed"))).transpose()?;
        if fixed.is_some_and(|fixed| fixed.currency() != currency) {
            return Err(Problem::invalid(at("fixed/currency"), format!("must be {currency}, that of the campaign")));
        }
        Ok(fee::Term {
            to: parse(&at("to"), &self.to)?,
            percent: percent.map_err(|wrong| Problem::invalid(at("percent"), wrong.to_string()))?,
            fixed: fixed.map_or(0, Money::minor),
            returned_on_refund: self.returned_on_refund,
        })
    }
}

impl NewCampaign {
    /// What it asks for, and its currency. What the kind has no use for is refused, not ignored.
    fn kind(&self) -> Result<(Kind, Currency), Problem> {
        let word = self.kind.as_deref().unwrap_or("recurring");
        let wanted = match word {
            "recurring" => ["/monthly_goal"].as_slice(),
            "all_or_nothing" => &["/goal", "/last_day", "/verdict_basis"],
            "keep_what_you_raise" => &["/goal", "/last_day", "/currency"],
            "minimum_and_optimum" => &["/minimum", "/optimum", "/last_day", "/verdict_basis"],
            _ => {
                let message = "must be recurring, all_or_nothing, keep_what_you_raise or minimum_and_optimum";
                return Err(Problem::invalid("/kind", message));
            }
        };
        for (pointer, is_given) in [
            ("/monthly_goal", self.monthly_goal.is_some()),
            ("/goal", self.goal.is_some()),
            ("/minimum", self.minimum.is_some()),
            ("/optimum", self.optimum.is_some()),
            ("/last_day", self.last_day.is_some()),
            ("/verdict_basis", self.verdict_basis.is_some()),
            ("/currency", self.currency.is_some()),
        ] {
            if is_given && !wanted.contains(&pointer) {
                return Err(Problem::invalid(pointer, format!("a campaign of the kind {word} has none")));
            }
        }
        let basis = match &self.verdict_basis {
            Some(basis) => parse("/verdict_basis", basis)?,
            None => Basis::Collected,
        };
        let last_day = || self.last_day.ok_or_else(|| Problem::invalid("/last_day", format!("{word} needs it")));
        match word {
            "recurring" => {
                let monthly_goal = amount("/monthly_goal", self.monthly_goal.as_ref())?;
                Ok((Kind::Recurring { monthly_goal }, monthly_goal.currency()))
            }
            "all_or_nothing" => {
                let goal = amount("/goal", self.goal.as_ref())?;
                Ok((Kind::AllOrNothing { goal, last_day: last_day()?, basis }, goal.currency()))
            }
            "minimum_and_optimum" => {
                let minimum = amount("/minimum", self.minimum.as_ref())?;
                let optimum = amount("/optimum", self.optimum.as_ref())?;
                if optimum.currency() != minimum.currency() {
                    let message = format!("must be in {}, as the minimum is", minimum.currency());
                    return Err(Problem::invalid("/optimum/currency", message));
                }
                let kind = Kind::MinimumAndOptimum { minimum, optimum, last_day: last_day()?, basis };
                Ok((kind, minimum.currency()))
            }
            _ => {
                let goal = self.goal.as_ref().map(|goal| goal.parse("/goal")).transpose()?;
                let currency = match (goal, &self.currency) {
                    (Some(goal), None) => goal.currency(),
                    (None, Some(currency)) => parse("/currency", currency)?,
                    (Some(_), Some(_)) => return Err(Problem::invalid("/currency", "the goal says it")),
                    (None, None) => return Err(Problem::invalid("/currency", "is needed where there is no goal")),
                };
                Ok((Kind::KeepWhatYouRaise { goal, last_day: last_day()? }, currency))
            }
        }
    }
}

impl NewCampaign {
    /// How much may be promised to it.
    fn cap(&self) -> Result<Option<Cap>, Problem> {
        let over = self.over_cap.as_deref().map(|over| parse("/over_cap", over)).transpose()?;
        match &self.cap {
            Some(cap) => Ok(Some(Cap { amount: cap.parse("/cap")?, over: over.unwrap_or(OverCap::Refuse) })),
            None if over.is_some() => Err(Problem::invalid("/over_cap", "only a campaign with a cap has it")),
            None => Ok(None),
        }
    }
}

fn amount(pointer: &'static str, given: Option<&MoneyBody>) -> Result<Money, Problem> {
    given.ok_or_else(|| Problem::invalid(pointer, "is needed"))?.parse(pointer)
}

/// What a campaign has from elsewhere, as the host says.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// How much, in the currency of the campaign.
    amount: MoneyBody,
    /// Since which day it has it, in the zone of the book.
    #[schema(value_type = String, format = "date", example = "2026-12-01")]
    on: Date,
    /// From where, and how the host knows.
    #[schema(min_length = 1, max_length = 1000, example = "A grant of the city, by its letter of 1 December")]
    reason: String,
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
pub struct CampaignBody {
    #[schema(value_type = String)]
    id: CampaignId,
    #[schema(value_type = String)]
    book: BookRef,
    slug: String,
    title: String,
    summary: String,
    /// What donors agree to who pledge today.
    terms: String,
    /// SHA-256 of the terms and the fees behind them, in hexadecimal: what a pledge repeats as `terms_sha256`.
    terms_sha256: String,
    /// Which version of its terms that is, from 1. Pledges keep the version that they agreed to.
    terms_version: i32,
    /// `recurring`, `all_or_nothing`, `keep_what_you_raise` or `minimum_and_optimum`.
    kind: String,
    currency: String,
    /// Of a recurring campaign: what should come in each month; null otherwise.
    monthly_goal: Option<MoneyBody>,
    /// Of `all_or_nothing` what decides, of `keep_what_you_raise` what is hoped for; null otherwise.
    goal: Option<MoneyBody>,
    /// Of `minimum_and_optimum` what decides; null otherwise.
    minimum: Option<MoneyBody>,
    /// Of `minimum_and_optimum` what is hoped for; null otherwise.
    optimum: Option<MoneyBody>,
    /// The last day on which it takes pledges, in the zone of the book; null without an end.
    #[schema(value_type = Option<String>, format = "date")]
    last_day: Option<Date>,
    /// By what it is decided: `collected` or `pledged`; null where nothing is at stake.
    #[schema(value_type = Option<String>)]
    verdict_basis: Option<Basis>,
    /// Null before the verdict, without a last day, and for all but the people of the book and admitted partners, as it counts to the last
    /// payment: the state tells them.
    verdict: Option<VerdictBody>,
    /// The most that is wanted, from wherever it comes; null without a cap.
    cap: Option<MoneyBody>,
    /// With a cap, what happens to a single payment of which a part fits: `refuse` or `trim`; null without one.
    #[schema(value_type = Option<String>)]
    over_cap: Option<OverCap>,
    /// What it has from elsewhere, which takes room below the cap; null when there is nothing.
    funded_elsewhere: Option<Elsewhere>,
    /// Since when promises are counted in the book: since it was published. Null before, and of campaigns that were published before
    /// promises were counted. By the book's clock.
    counted_since: Option<Timestamp>,
    /// Whose money a release takes: `fifo` or `pro_rata`.
    #[schema(value_type = String)]
    lineage: Method,
    /// What these terms take of each captured charge.
    fees: Vec<FeeBody>,
    /// After how many months without a release what lies in its fund is its donors' to take back.
    returnable_after_months: i32,
    /// What a donor writes into a transfer to the bank account of the book's `transfers_to`, with blanks or without: what comes with it is a
    /// gift to the campaign. Null when donors do not transfer.
    #[schema(pattern = "^RF[0-9]{2}C[0-9A-Z]{20}$")]
    transfer_reference: Option<String>,
    /// `draft`, `live`, `suspended`, `collecting`, `successful`, `failed` or `closed`.
    state: String,
    /// When a draft or a suspended campaign closes by itself, when the last day of a live one ends, or when the verdict on one
    /// that is collecting falls at the latest; null otherwise. By the book's clock.
    state_until: Option<Timestamp>,
    /// Whether new pledges are refused for now (`campaign-asks-for-nothing`), as what is made brings its whole monthly goal: its `loop` says how.
    /// Pledges that it has run on, and it opens again by itself.
    asks_for_nothing: bool,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

/// What a campaign came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CampaignVerdict)]
pub struct VerdictBody {
    /// `successful` or `failed`.
    #[schema(value_type = String)]
    verdict: Word,
    /// What its basis counted.
    counted: BalanceBody,
    /// When it fell, by the book's clock.
    at: Timestamp,
}

/// The amounts of a kind, each where it has a name on the wire.
#[derive(Default)]
struct Amounts {
    monthly_goal: Option<MoneyBody>,
    goal: Option<MoneyBody>,
    minimum: Option<MoneyBody>,
    optimum: Option<MoneyBody>,
}

impl Amounts {
    fn of(kind: &Kind) -> Amounts {
        let none = Amounts::default();
        match *kind {
            Kind::Recurring { monthly_goal } => Amounts { monthly_goal: Some(monthly_goal.into()), ..none },
            Kind::AllOrNothing { goal, .. } => Amounts { goal: Some(goal.into()), ..none },
            Kind::KeepWhatYouRaise { goal, .. } => Amounts { goal: goal.map(Into::into), ..none },
            Kind::MinimumAndOptimum { minimum, optimum, .. } => {
                Amounts { minimum: Some(minimum.into()), optimum: Some(optimum.into()), ..none }
            }
        }
    }
}

impl CampaignBody {
    /// As much of it as whoever reads it sees.
    fn seen(self, sight: Sight) -> CampaignBody {
        match sight {
            Sight::Whole => self,
            Sight::Sums => CampaignBody { verdict: None, ..self },
        }
    }

    pub(super) async fn of(
        client: &impl GenericClient,
        it: Campaign,
        book: &Book,
        wall: Timestamp,
    ) -> Result<CampaignBody, Error> {
        let terms = terms::in_effect(client, &it, book.today(wall)).await?;
        Ok(CampaignBody::new(it, terms, book, wall))
    }

    fn new(it: Campaign, terms: TermsVersion, book: &Book, wall: Timestamp) -> CampaignBody {
        let asks_for_nothing = it.asks_for_nothing();
        let state = it.state.at(book.now(wall));
        let Amounts { monthly_goal, goal, minimum, optimum } = Amounts::of(&it.kind);
        CampaignBody {
            id: it.id,
            book: book.reference(),
            slug: it.slug,
            title: it.title,
            summary: it.summary,
            terms: terms.terms,
            terms_sha256: hex::encode(terms.digest),
            terms_version: terms.version,
            kind: it.kind.as_str().to_owned(),
            currency: it.currency.code().to_owned(),
            monthly_goal,
            goal,
            minimum,
            optimum,
            last_day: it.kind.last_day(),
            verdict_basis: it.kind.decider().map(|(_, basis)| basis),
            verdict: it.verdict.map(|verdict| VerdictBody {
                verdict: verdict.word,
                counted: BalanceBody::new(verdict.counted, it.currency),
                at: verdict.at,
            }),
            cap: it.cap.map(|cap| cap.amount.into()),
            over_cap: it.cap.map(|cap| cap.over),
            funded_elsewhere: it.elsewhere.map(|it| Elsewhere {
                amount: it.amount.into(),
                on: it.on,
                reason: it.reason,
            }),
            counted_since: it.commitments.map(|of| of.since),
            lineage: it.lineage,
            fees: terms.fees.iter().map(|term| FeeBody::new(term, it.currency)).collect(),
            returnable_after_months: it.idle_months,
            transfer_reference: book.transfers_to.map(|_| transfer_reference::of_campaign(it.id)),
            state: state.as_str().to_owned(),
            state_until: state.until(),
            asks_for_nothing: asks_for_nothing && state.takes_pledges().is_ok(),
            created_at: it.created_at,
        }
    }
}

/// Makes a campaign, as a draft.
#[utoipa::path(tag = "campaigns", request_body = NewCampaign,
    responses((status = 201, description = "Made", body = CampaignBody)))]
#[post("/v1/campaigns")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    request: Keyed<NewCampaign>,
) -> Result<HttpResponse, Problem> {
    create_once(&state, &caller, &request.key, &request.body).await
}

/// Makes a campaign, once for its key: that of a request, or of a form.
pub(crate) async fn create_once(
    state: &State,
    caller: &Caller,
    key: &IdempotencyKey,
    body: &NewCampaign,
) -> Result<HttpResponse, Problem> {
    let book: BookRef = parse("/book", &body.book)?;
    let (kind, currency) = body.kind()?;
    let asked = Asked {
        book: book.book,
        slug: body.slug.clone(),
        title: bounded("/title", &body.title, text::NAME)?,
        summary: paragraphs("/summary", &body.summary, text::SUMMARY)?,
        terms: paragraphs("/terms", &body.terms, text::TERMS)?,
        kind,
        currency,
        fees: FeeBody::parse_all(&body.fees, currency)?,
        idle_months: body.returnable_after_months,
        cap: body.cap()?,
        elsewhere: match &body.funded_elsewhere {
            Some(it) => Some(commitment::Elsewhere {
                amount: it.amount.parse("/funded_elsewhere/amount")?,
                on: it.on,
                reason: paragraphs("/funded_elsewhere/reason", &it.reason, text::REASON)?,
            }),
            None => None,
        },
        lineage: match &body.lineage {
            Some(method) => parse("/lineage", method)?,
            None => Method::Fifo,
        },
    };
    idempotent(state, key, Scope::Book(book.book), caller.id(), async |tx| {
        let book = books::resolve(tx, book).await?;
        caller.require_role(tx, book.organisation, "book").await?;
        let wall = ledger::calendar::now();
        let made = operations::create(tx, asked.clone(), actor(caller), wall).await?;
        Ok(Reply::created(&CampaignBody::of(tx, made, &book, wall).await?))
    })
    .await
}

/// Which campaigns.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfCampaigns {
    /// Of which book. Partners may leave it out: of all that admit them, then.
    #[param(max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    book: Option<String>,
    /// Items of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// Lists the campaigns of a book; for a partner that names none, those of all books that admit it, book by book: a page may have fewer than were
/// asked for while there are more.
#[utoipa::path(tag = "campaigns", params(OfCampaigns),
    responses((status = 200, description = "A page, the oldest of a book first", body = Page<CampaignBody>)))]
#[get("/v1/campaigns")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Option<Caller>,
    query: Params<OfCampaigns>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Some(book) = &query.0.book else {
        return list_of_partner(&state, caller, &query.0, &http).await;
    };
    let book: BookRef = parse("/book", book)?;
    let window = Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = books::resolve(&client, book).await?;
    let sight = Reader::of(&client, caller.as_ref(), &book).await?.require_campaigns("book").await?;
    let bodies = read(&client, &book, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(bodies, |body| body.id.object, |body| body.seen(sight)).respond(&http))
}

/// Lists the campaigns of all books that admit the partner.
async fn list_of_partner(
    state: &State,
    caller: Option<Caller>,
    asked: &OfCampaigns,
    http: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Some(caller) = caller.filter(|caller| caller.partner().is_some()) else {
        return Err(Problem::invalid("/book", "name a book: only partners may leave it out"));
    };
    let partner = caller.require_scope(Permission::CampaignsRead)?;
    let window = Window::<Place>::parse(asked.limit, asked.cursor.as_deref())?;
    let client = state.client().await?;
    let read = async |book: Book, after: Option<Key>, room: usize| {
        let fetch = i64::try_from(room).unwrap_or(i64::MAX).saturating_add(1);
        let bodies = read(&client, &book, Key::id(after)?, fetch).await?;
        Ok(Part::cut(bodies, room, |body| Key::Id(body.id.object)))
    };
    let (items, next) = walk(&client, partner, None, (&window, None), read).await?;
    Ok(Page { items, next_cursor: next.map(|next| paging::encode(&next)) }.respond(http))
}

/// The campaigns of a book, after one.
async fn read(client: &impl GenericClient, book: &Book, after: Uuid, fetch: i64) -> Result<Vec<CampaignBody>, Error> {
    let wall = ledger::calendar::now();
    let mut bodies = Vec::new();
    for row in campaigns::list(client, book.id, after, fetch).await? {
        let terms = terms::in_effect(client, &row, book.today(wall)).await?;
        bodies.push(CampaignBody::new(row, terms, book, wall));
    }
    Ok(bodies)
}

/// Shows a campaign.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")),
    responses((status = 200, description = "The campaign, with its ETag", body = CampaignBody,
        headers(("ETag" = String)))))]
#[get("/v1/campaigns/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Option<Caller>,
    id: Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    let sight = Reader::of(&client, caller.as_ref(), &book).await?.require_campaigns("campaign").await?;
    let found = campaigns::get(&client, *id).await?;
    let tag = etag(found.version);
    let body = CampaignBody::of(&client, found, &book, ledger::calendar::now()).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body.seen(sight)))
}

/// Opens a draft for pledges, with a fund account of its own.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Published", body = CampaignBody)))]
#[post("/v1/campaigns/{id}:publish")]
pub(crate) async fn publish(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::publish(tx, *id, change, wall).await)
        .await
}

/// Ends a campaign. Its fund stays restricted to its milestones; donors of running pledges are asked for another campaign. Where a
/// goal or a minimum was to decide and had not, what was collected is its donors'.
#[utoipa::path(tag = "campaigns", params(("id" = String, Path, description = "The campaign")),
    request_body = ChangeStateRequest,
    responses((status = 200, description = "Closed", body = CampaignBody)))]
#[post("/v1/campaigns/{id}:close")]
pub(crate) async fn close(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    request: Keyed<ChangeStateRequest>,
) -> Result<HttpResponse, Problem> {
    step(&state, &caller, *id, &request, async |tx, change, wall| operations::close(tx, *id, change, wall).await).await
}

pub(super) async fn step(
    state: &State,
    caller: &Caller,
    id: CampaignId,
    request: &Keyed<ChangeStateRequest>,
    run: impl AsyncFnOnce(&Transaction<'_>, Change<'_>, Timestamp) -> Result<Campaign, Error>,
) -> Result<HttpResponse, Problem> {
    let reason = paragraphs("/reason", &request.body.reason, text::REASON_OR_NONE)?;
    idempotent(state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = book_of(tx, id.book, "campaign").await?;
        caller.require_role(tx, book.organisation, "campaign").await?;
        let wall = ledger::calendar::now();
        let changed = run(tx, Change { version: None, actor: actor(caller), reason: &reason }, wall).await?;
        Ok(Reply::ok(&CampaignBody::of(tx, changed, &book, wall).await?))
    })
    .await
}
