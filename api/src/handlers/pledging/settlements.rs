//! Settlements: what custodians pay over, by the clock or as they report, and what they still owe.

use super::polls::{Key, Part, Place, only, walk};
use crate::auth::{Caller, Partner};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{self, Page, PageQuery, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{book_of, kept, note, require_admitted};
use crate::wire::{BalanceBody, MoneyBody, bounded, paragraphs, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::{self, Book};
use ledger::id::{BankLineId, BookRef, ChargeId, CredentialId, OrganisationId, SettlementId};
use ledger::money::{Currency, Money};
use ledger::pledging::rules::transfer_reference;
use ledger::text;
use ledger::treasury::operations::reported::{self as reported_operations, Report};
use ledger::treasury::rules::announcement::{Announcement, LineDiffers};
use ledger::treasury::rules::reported::{LINES_MAX, Line};
use ledger::treasury::rules::settlement::{Method, Settlement, SettlesBy};
use ledger::treasury::store::announcements;
use ledger::treasury::store::reported::{self, Listed, OfCharge};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Money that a custodian has paid over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettlement {
    /// For which book.
    #[schema(min_length = 36, max_length = 36, pattern = "^bok_[a-z2-7]{32}$")]
    pub(crate) book: String,
    /// How the partner names it; the same one twice is one.
    #[schema(min_length = 1, max_length = 200, example = "payout-2027-031")]
    reference: String,
    /// The day on which it arrived, in the zone of the book.
    #[schema(value_type = String, format = "date", example = "2027-03-04")]
    date: Date,
    /// All that arrived: what the lines come to.
    amount: MoneyBody,
    /// Of which charges. Each stands there once.
    #[schema(min_items = 1, max_items = 10_000)]
    lines: Vec<NewSettlementLine>,
    /// Whether what is missing of charges is stated: it stays owed. Else a difference refuses the whole settlement.
    #[serde(default)]
    accept_difference: bool,
    /// Why something is missing, when that is stated; no personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    reason: String,
}

/// What arrived of a charge.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettlementLine {
    #[schema(min_length = 36, max_length = 36, pattern = "^chg_[a-z2-7]{32}$")]
    charge: String,
    /// In the currency of the settlement: what the charge brought, less what the terms let the processor keep, and less refunds that
    /// were sent before.
    #[schema(example = "9.70", pattern = r"^[0-9]{1,16}(\.[0-9]{1,4})?$", max_length = 21)]
    amount: String,
    /// What the processor kept of it: compared with the fee that the campaign's terms name for it. Not compared when it is left out.
    #[schema(example = "0.30", pattern = r"^[0-9]{1,16}(\.[0-9]{1,4})?$", max_length = 21)]
    fee: Option<String>,
}

impl NewSettlementLine {
    fn parse(&self, place: usize, currency: Currency) -> Result<Line, Problem> {
        let wrong = |field: &str, message: String| Problem::invalid(format!("/lines/{place}/{field}"), message);
        let charge: ChargeId = parse(&format!("/lines/{place}/charge"), &self.charge)?;
        let amount = Money::parse(&self.amount, currency).map_err(|error| wrong("amount", error.to_string()))?;
        let fee = match &self.fee {
            None => None,
            Some(fee) if fee.chars().all(|digit| matches!(digit, '0' | '.')) => Some(0),
            Some(fee) => Some(Money::parse(fee, currency).map_err(|error| wrong("fee", error.to_string()))?.minor()),
        };
        Ok(Line { charge, amount, fee })
    }
}

impl NewSettlement {
    pub(crate) fn parse(&self, book: BookRef, partner: OrganisationId) -> Result<Report, Problem> {
        let amount = self.amount.parse("/amount")?;
        if !(1..=LINES_MAX).contains(&self.lines.len()) {
            return Err(Problem::invalid("/lines", format!("1 to {LINES_MAX}")));
        }
        let lines = self.lines.iter().enumerate().map(|(place, line)| {
            let parsed = line.parse(place, amount.currency())?;
            if parsed.charge.book == book.book {
                return Ok(parsed);
            }
            Err(Problem::invalid(format!("/lines/{place}/charge"), "it is in another book"))
        });
        let reason = paragraphs("/reason", &self.reason, text::REASON_OR_NONE)?;
        if self.accept_difference && reason.is_empty() {
            return Err(Problem::invalid("/reason", "say why something is missing"));
        }
        Ok(Report {
            partner,
            reference: bounded("/reference", &self.reference, text::REFERENCE)?,
            day: self.date,
            amount,
            lines: lines.collect::<Result<_, _>>()?,
            missing: self.accept_difference.then_some(reason),
        })
    }
}

/// What a custodian pays over together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settlement)]
pub struct SettlementBody {
    #[schema(value_type = String)]
    id: SettlementId,
    /// The partner that holds the money.
    #[schema(value_type = String)]
    custodian: OrganisationId,
    /// `clock`: what was captured on a day, by one method of payment. `report`: what the custodian says that it has paid over, or a line
    /// of its bank says that came.
    #[schema(value_type = String)]
    by: SettlesBy,
    /// `open`: its charges are owed. `settled`: nothing of it is owed any more. `announced`: its custodian has reported it to a book that is
    /// kept by lines of banks, and its line is waited for; its charges are owed in the settlements of their days. `withdrawn`: it was
    /// announced, and is nothing any more.
    state: String,
    /// Whether the day on which it was due has passed while something is owed: nothing is released of that, and people of the host
    /// have a task.
    overdue: bool,
    /// The day of the captures; of a reported one the day on which it arrived. In the zone of the book.
    #[schema(value_type = String, format = "date")]
    day: Date,
    /// When it is due as cash.
    #[schema(value_type = String, format = "date")]
    due_on: Date,
    /// `card`, `debit` or `transfer`; null for a reported one, which may have several.
    #[schema(value_type = Option<String>)]
    method: Option<Method>,
    /// What has arrived so far.
    amount: BalanceBody,
    /// What is still owed of its charges.
    owed: BalanceBody,
    /// How the custodian names it, or the line of its bank by which it came; null when it was not reported.
    reference: Option<String>,
    /// What its custodian writes into the transfer by which it pays all of it over: the line of the bank settles it then, on its day, even
    /// before it is due. Null of a reported one.
    #[schema(pattern = "^RF[0-9]{2}S[0-9A-Z]{20}$")]
    transfer_reference: Option<String>,
    /// What the custodian said is missing of its charges. They are owed in the settlements of their days.
    missing: BalanceBody,
    /// Why that is missing; null when nothing was.
    reason: Option<String>,
    /// Record number of the last journal entry of an arrival; null before.
    entry: Option<i64>,
    /// When nothing of it was owed any more, by the book's clock; null before.
    settled_at: Option<Timestamp>,
    /// What its custodian announced before its line was there; null when the line, or the clock, came first.
    announced: Option<AnnouncedBody>,
    /// When it was begun, by the book's clock.
    created_at: Timestamp,
}

/// What a custodian has announced to a book that is kept by lines of banks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnnouncedSettlement)]
pub struct AnnouncedBody {
    /// What the custodian says that it has paid over.
    amount: MoneyBody,
    /// The day on which it arrived, as the custodian says.
    #[schema(value_type = String, format = "date")]
    day: Date,
    /// The credential by which it was reported.
    #[schema(value_type = String)]
    credential: CredentialId,
    /// When it was reported, by the book's clock.
    announced_at: Timestamp,
    /// When it was settled or withdrawn, by the book's clock; null before.
    ended_at: Option<Timestamp>,
    /// The line of the bank that settled it; null before.
    #[schema(value_type = Option<String>)]
    settled_by: Option<BankLineId>,
    /// Why the last line that carries its reference does not settle it; null when none such is there.
    difference: Option<AnnouncedDifferenceBody>,
}

/// A line of a bank that carries the reference of what was announced, and does not settle it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnnouncedDifference)]
pub struct AnnouncedDifferenceBody {
    /// Which line.
    #[schema(value_type = String)]
    line: BankLineId,
    /// `less_came`; `more_came`; `other_currency`; `charges_differ`: the amount came, and what is owed of the charges is not what was announced
    /// any more. Withdraw it, and report what the bank has paid over.
    #[schema(value_type = String)]
    reason: LineDiffers,
    /// By how much more came than was announced, less than zero when less came; null of another currency.
    amount: Option<BalanceBody>,
}

impl From<&Announcement> for AnnouncedBody {
    fn from(it: &Announcement) -> AnnouncedBody {
        AnnouncedBody {
            amount: it.amount.into(),
            day: it.day,
            credential: it.credential,
            announced_at: it.announced_at,
            ended_at: it.ended_at,
            settled_by: it.settled_by,
            difference: it.differing.map(|differing| AnnouncedDifferenceBody {
                line: differing.line,
                reason: differing.reason,
                amount: differing.over(it.amount).map(|minor| BalanceBody::new(minor, it.amount.currency())),
            }),
        }
    }
}

impl SettlementBody {
    fn new(listed: Listed, today: Date) -> SettlementBody {
        let Listed { settlement: it, owed } = listed;
        let is_open = it.settled_at.is_none();
        let is_reported = !it.reference.is_empty();
        SettlementBody {
            id: it.id,
            custodian: it.partner,
            by: if is_reported { SettlesBy::Report } else { SettlesBy::Clock },
            state: if is_open { "open" } else { "settled" }.to_owned(),
            overdue: is_open && it.due_on < today,
            day: it.day,
            due_on: it.due_on,
            method: (!is_reported).then_some(it.method),
            amount: BalanceBody::new(it.amount, it.currency),
            owed: BalanceBody::new(owed, it.currency),
            missing: BalanceBody::new(it.missing, it.currency),
            reference: is_reported.then_some(it.reference),
            transfer_reference: (!is_reported).then(|| transfer_reference::of_settlement(it.id)),
            reason: (!it.reason.is_empty()).then_some(it.reason),
            entry: (it.entry > 0).then_some(it.entry),
            settled_at: it.settled_at,
            announced: None,
            created_at: it.created_at,
        }
    }

    pub(crate) fn of(it: Settlement, today: Date) -> SettlementBody {
        SettlementBody::new(Listed { settlement: it, owed: 0 }, today)
    }

    pub(crate) fn announced(it: &Announcement) -> SettlementBody {
        let none = || BalanceBody::new(0_i64, it.amount.currency());
        SettlementBody {
            id: it.id,
            custodian: it.partner,
            by: SettlesBy::Report,
            state: it.state.to_string(),
            overdue: false,
            day: it.day,
            due_on: it.day,
            method: None,
            amount: none(),
            owed: none(),
            missing: none(),
            reference: Some(it.reference.clone()),
            transfer_reference: None,
            reason: it.missing.clone().filter(|reason| !reason.is_empty()),
            entry: None,
            settled_at: None,
            announced: Some(it.into()),
            created_at: it.announced_at,
        }
    }
}

/// A settlement, with what was announced of it; one that is announced is no settlement yet.
struct Shown {
    listed: Option<Listed>,
    announced: Option<Announcement>,
}

impl Shown {
    fn body(self, today: Date) -> Option<SettlementBody> {
        match (self.listed, self.announced) {
            (Some(listed), of) => {
                Some(SettlementBody { announced: of.as_ref().map(Into::into), ..SettlementBody::new(listed, today) })
            }
            (None, announced) => announced.as_ref().map(SettlementBody::announced),
        }
    }

    /// Both lists as one, by their ids, no longer than a page; each has all of its own up to there.
    fn merged(listed: Vec<Listed>, announced: Vec<Announcement>, limit: i64) -> Vec<(Uuid, Shown)> {
        let mut all: BTreeMap<Uuid, Shown> = BTreeMap::new();
        for it in listed {
            all.insert(it.settlement.id.object, Shown { listed: Some(it), announced: None });
        }
        for it in announced {
            let shown = all.entry(it.id.object).or_insert(Shown { listed: None, announced: None });
            shown.announced = Some(it);
        }
        all.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
    }
}

/// Which settlements.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OfSettlements {
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

/// Lists the settlements of a book: partners see their own, and when they name no book those of all books that admit them, book by book: a page
/// may have fewer than were asked for while there are more.
#[utoipa::path(tag = "settlements", params(OfSettlements),
    responses((status = 200, description = "A page, the oldest of a book first", body = Page<SettlementBody>)))]
#[get("/v1/settlements")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    query: Params<OfSettlements>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let only = only(query.0.book.as_deref())?;
    if let Some(partner) = caller.partner() {
        return list_of_partner(&state, partner, only, &query.0, &http).await;
    }
    let book = only.ok_or_else(|| Problem::invalid("/book", "name a book: only partners may leave it out"))?;
    let window = Window::<Uuid>::parse(query.0.limit, query.0.cursor.as_deref())?;
    let client = state.client().await?;
    let book = books::resolve(&client, book).await?;
    caller.require_role(&client, book.organisation, "book").await?;
    let today = book.today(ledger::calendar::now());
    let (after, fetch) = (window.after.unwrap_or_default(), window.fetch());
    let rows = reported::list(&client, book.id, after, fetch).await?;
    let announced = announcements::list(&client, book.id, None, after, fetch).await?;
    let rows = Shown::merged(rows, announced, fetch);
    let rows: Vec<_> = rows.into_iter().filter_map(|(id, row)| Some((id, row.body(today)?))).collect();
    Ok(window.page(rows, |(id, _)| *id, |(_, body)| body).respond(&http))
}

/// Lists what the partner itself settles.
async fn list_of_partner(
    state: &State,
    partner: &Partner,
    only: Option<BookRef>,
    asked: &OfSettlements,
    http: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = Window::<Place>::parse(asked.limit, asked.cursor.as_deref())?;
    let client = state.client().await?;
    let read = async |book: Book, after: Option<Key>, room: usize| {
        let fetch = i64::try_from(room).unwrap_or(i64::MAX).saturating_add(1);
        let today = book.today(ledger::calendar::now());
        let (by, after) = (partner.organisation, Key::id(after)?);
        let rows = reported::list_of_partner(&client, book.id, by, after, fetch).await?;
        let rows = Shown::merged(rows, announcements::list(&client, book.id, Some(by), after, fetch).await?, fetch);
        let Part { rows, next } = Part::cut(rows, room, |(id, _)| Key::Id(*id));
        Ok(Part { rows: rows.into_iter().filter_map(|(_, row)| row.body(today)).collect(), next })
    };
    let (items, next) = walk(&client, partner, only, (&window, None), read).await?;
    Ok(Page { items, next_cursor: next.map(|next| paging::encode(&next)) }.respond(http))
}

/// Shows a settlement.
#[utoipa::path(tag = "settlements", params(("id" = String, Path, description = "The settlement")),
    responses((status = 200, description = "The settlement", body = SettlementBody)))]
#[get("/v1/settlements/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<SettlementId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, found) = concerned(&client, &caller, *id).await?;
    let body = found.body(book.today(ledger::calendar::now())).ok_or(Error::NotFound("settlement"))?;
    Ok(HttpResponse::Ok().json(body))
}

/// A charge in a settlement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementCharge)]
pub struct SettlementChargeBody {
    #[schema(value_type = String)]
    charge: ChargeId,
    /// What arrived of it: by this settlement when it was reported, else so far.
    arrived: BalanceBody,
    /// What was owed of it afterwards; of a settlement that is announced, what is announced of it.
    missing: BalanceBody,
    /// What its custodian says that the processor kept; null when it does not say.
    fee: Option<BalanceBody>,
    /// What the donor paid, when that was in another currency; null otherwise.
    original: Option<MoneyBody>,
}

impl SettlementChargeBody {
    fn new(it: &OfCharge, currency: Currency) -> SettlementChargeBody {
        let balance = |minor: i64| BalanceBody::new(minor, currency);
        SettlementChargeBody {
            charge: it.charge,
            arrived: balance(it.arrived),
            missing: balance(it.missing),
            fee: it.fee.map(balance),
            original: it.original.map(Into::into),
        }
    }
}

/// Lists the charges of a settlement. A charge that a custodian has paid over by a report stands in that settlement, and no more in
/// the one of its day.
#[utoipa::path(tag = "settlements", params(("id" = String, Path, description = "The settlement"), PageQuery),
    responses((status = 200, description = "A page, by their ids", body = Page<SettlementChargeBody>)))]
#[get("/v1/settlements/{id}/charges")]
pub(crate) async fn list_charges(
    state: Data<State>,
    caller: Caller,
    id: Path<SettlementId>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let (after, fetch) = (window.after.unwrap_or_default(), window.fetch());
    let (rows, currency) = match concerned(&client, &caller, *id).await?.1 {
        Shown { listed: None, announced: Some(it) } => {
            (announcements::list_charges(&client, *id, after, fetch).await?, it.amount.currency())
        }
        Shown { listed: Some(it), .. } => {
            (reported::list_charges(&client, *id, after, fetch).await?, it.settlement.currency)
        }
        Shown { listed: None, announced: None } => return Err(Error::NotFound("settlement").into()),
    };
    let body = |row: OfCharge| SettlementChargeBody::new(&row, currency);
    Ok(window.page(rows, |row| row.charge.object, body).respond(&http))
}

/// Whose settlements the caller reads: their own of a partner, all for people of the host.
async fn reader(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
    what: &'static str,
) -> Result<Option<OrganisationId>, Error> {
    match caller.partner() {
        Some(partner) => {
            require_admitted(client, partner, book, what).await?;
            Ok(Some(partner.organisation))
        }
        None => {
            caller.require_role(client, book.organisation, what).await?;
            Ok(None)
        }
    }
}

async fn concerned(client: &impl GenericClient, caller: &Caller, id: SettlementId) -> Result<(Book, Shown), Error> {
    let book = book_of(client, id.book, "settlement").await?;
    let partner = reader(client, caller, &book, "settlement").await?;
    let announced = announcements::find(client, id).await?;
    let listed = match reported::get(client, id).await {
        Ok(found) => Some(found),
        Err(Error::NotFound(_)) if announced.is_some() => None,
        Err(error) => return Err(error),
    };
    let of = listed.as_ref().map(|it| it.settlement.partner).or(announced.as_ref().map(|it| it.partner));
    if partner.is_some() && partner != of {
        return Err(Error::NotFound("settlement"));
    }
    Ok((book, Shown { listed, announced }))
}

/// How a custodian settles.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleByRequest {
    /// `clock`: what was captured arrives some days later, unless the partner reports it before. `report`: as the partner reports, and not
    /// before; until then it is owed.
    settles_by: String,
}

/// How a custodian settles, as the host said.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustodianSettling)]
pub struct CustodianSettlingBody {
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// `clock` or `report`.
    #[schema(value_type = String)]
    settles_by: SettlesBy,
}

/// Says what turns the charges that a partner collects into cash: the clock, which is the default, or its reports alone. Whatever was overdue
/// when the clock does it again is settled at once.
#[utoipa::path(tag = "settlements",
    params(("book" = String, Path, description = "The book"),
           ("organisation" = String, Path, description = "The partner platform")),
    request_body = SettleByRequest,
    responses((status = 200, description = "So it is now", body = CustodianSettlingBody)))]
#[post("/v1/books/{book}/partners/{organisation}:settle-by")]
pub(crate) async fn settle_by(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, OrganisationId)>,
    request: Keyed<SettleByRequest>,
) -> Result<HttpResponse, Problem> {
    let (of, partner) = path.into_inner();
    let settles_by: SettlesBy =
        request.body.settles_by.parse().map_err(|_| Problem::invalid("/settles_by", "`clock` or `report`"))?;
    idempotent(&state, &request.key, Scope::Book(of.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, of).await?;
        let wall = ledger::calendar::now();
        reported_operations::set_settles_by(tx, &book, partner, settles_by, wall).await?;
        note(tx, &caller, &book, &partner, "settles_by", wall).await?;
        Ok(Reply::ok(&CustodianSettlingBody { organisation: partner, settles_by }))
    })
    .await
}
