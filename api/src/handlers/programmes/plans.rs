//! Programmes: opened, read and withdrawn.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::idempotency::{Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{self, book_of, kept};
use crate::wire::{MoneyBody, bounded, etag, paragraphs};
use actix_web::http::header::ETAG;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::Book;
use ledger::id::{BookId, BookRef, PersonId, ProgrammeId};
use ledger::money::{Currency, Money};
use ledger::programmes::operations::programmes as operations;
use ledger::programmes::rules::programme::{self, Line, PRESETS, Place, Plan, Preset, Programme};
use ledger::programmes::rules::revision;
use ledger::programmes::store::{parts, programmes, revisions};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The book of a programme, for those who may read it. Others are told that there is none.
pub(crate) async fn readable(
    client: &impl GenericClient,
    caller: &MaybeCaller,
    id: ProgrammeId,
) -> Result<Book, Error> {
    readable_book(client, caller, id.book, "programme").await
}

/// The book of something in it that its readers read.
pub(crate) async fn readable_book(
    client: &impl GenericClient,
    caller: &MaybeCaller,
    book: BookId,
    what: &'static str,
) -> Result<Book, Error> {
    let book = book_of(client, book, what).await?;
    match visibility::read(client, caller, book.reference()).await {
        Err(Error::NotFound(_)) => Err(Error::NotFound(what)),
        found => Ok(found?.0),
    }
}

/// The book of something in a programme, for those whom the table of who may do what lets change it.
pub(super) async fn kept_of(
    client: &impl GenericClient,
    caller: &Caller,
    book: BookId,
    what: &'static str,
) -> Result<Book, Error> {
    let book = book_of(client, book, what).await?;
    caller.require_role(client, book.organisation, what).await?;
    Ok(book)
}

/// A line of a programme.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProgrammeLine)]
pub struct LineBody {
    /// What it is for.
    #[schema(min_length = 1, max_length = 200, example = "Steel and motors")]
    name: String,
    /// Code of the account that says what was spent, in the currency of the book: an account of expenses; or the fund of a campaign or the purse
    /// of a challenge, of which what went to teams and winners counts. It need not be there yet: `expenses:cost:steel` and
    /// `liabilities:fund:open-press` are opened by what first moves on them.
    #[schema(min_length = 3, max_length = 650, example = "expenses:cost:steel")]
    account: String,
    /// What is to be spent in all, in the currency of the book.
    amount: MoneyBody,
    /// The first day of its first month; when it is not given, that of the programme, or the one from which on a plan is revised.
    #[serde(default)]
    first_month: Option<Date>,
    /// Over how many months it is spread; when it is not given, over those that the programme still has from its first month on.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 60, example = 12)]
    months: Option<u16>,
}

/// Places of a programme for people who do the same.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProgrammePlace)]
pub struct PlaceBody {
    /// What they do.
    #[schema(min_length = 1, max_length = 200, example = "Development")]
    title: String,
    /// How many work there at the same time, at most.
    #[schema(minimum = 1, maximum = 1000, example = 5)]
    people: u16,
}

/// A programme to be opened.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProgramme {
    /// Its name.
    #[schema(min_length = 1, max_length = 200, example = "Tools for repair, 2027")]
    name: String,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 4000, example = "Nine products in a year, from design to the market.")]
    about: String,
    /// The first day of its first month.
    #[schema(example = "2027-01-01")]
    first_month: Date,
    /// How many months it takes.
    #[schema(minimum = 1, maximum = 60, example = 12)]
    months: u16,
    /// What is to be spent, by what it is for. Each has an account of its own.
    #[schema(min_items = 1, max_items = 40)]
    lines: Vec<LineBody>,
    /// From which accounts its money comes: codes of funds of campaigns and of purses of challenges.
    #[serde(default)]
    #[schema(max_items = 40)]
    sources: Vec<String>,
    /// Places for people.
    #[serde(default)]
    #[schema(max_items = 40)]
    places: Vec<PlaceBody>,
}

impl NewProgramme {
    /// Refuses amounts in another currency than that of the book.
    pub(crate) fn check_currency(&self, currency: Currency) -> Result<(), Error> {
        LineBody::check_currency(&self.lines, currency)
    }

    /// What it says, within the bounds of the contract.
    pub(crate) fn parse(&self) -> Result<programme::NewProgramme, Problem> {
        let place = |(place, it): (usize, &PlaceBody)| -> Result<Place, Problem> {
            let title = bounded(&format!("/places/{place}/title"), &it.title, text::NAME)?;
            Ok(Place { title, people: it.people })
        };
        Ok(programme::NewProgramme {
            name: bounded("/name", &self.name, text::NAME)?,
            about: paragraphs("/about", &self.about, text::STATEMENT_OR_NONE)?,
            plan: Plan {
                first_month: self.first_month,
                months: self.months,
                lines: LineBody::parse_all(&self.lines, self.first_month, (self.first_month, self.months))?,
                sources: self.sources.clone(),
                places: self.places.iter().enumerate().map(place).collect::<Result<_, _>>()?,
            },
        })
    }
}

impl NewProgramme {
    /// The same from what it was read as, with everything said that was left to be understood.
    pub(crate) fn of(it: programme::NewProgramme, currency: Currency) -> Result<NewProgramme, Error> {
        let plan = it.plan;
        Ok(NewProgramme {
            name: it.name,
            about: it.about,
            first_month: plan.first_month,
            months: plan.months,
            lines: plan.lines.into_iter().map(|line| LineBody::of(line, currency)).collect::<Result<_, _>>()?,
            sources: plan.sources,
            places: plan.places.into_iter().map(PlaceBody::from).collect(),
        })
    }
}

impl LineBody {
    /// Refuses amounts in another currency than that of the book.
    pub(super) fn check_currency(lines: &[LineBody], currency: Currency) -> Result<(), Error> {
        match lines.iter().position(|line| line.amount.currency != currency.code()) {
            None => Ok(()),
            Some(place) => {
                Err(Error::invalid(format!("/lines/{place}/amount/currency"), format!("{currency}, as the book")))
            }
        }
    }

    /// What lines say, within the bounds of the contract: from a month on where they do not say, to the end of a programme of so many months.
    pub(super) fn parse_all(
        lines: &[LineBody],
        from: Date,
        (first, months): (Date, u16),
    ) -> Result<Vec<Line>, Problem> {
        let line = |(place, it): (usize, &LineBody)| -> Result<Line, Problem> {
            let at = format!("/lines/{place}");
            let first_month = it.first_month.unwrap_or(from);
            Ok(Line {
                name: bounded(&format!("{at}/name"), &it.name, text::NAME)?,
                account: it.account.clone(),
                amount: it.amount.parse(&format!("{at}/amount"))?.minor(),
                first_month,
                months: it.months.unwrap_or_else(|| rest(first, months, first_month)),
            })
        };
        lines.iter().enumerate().map(line).collect()
    }

    pub(super) fn of(line: Line, currency: Currency) -> Result<LineBody, Error> {
        let amount = Money::from_minor(line.amount, currency)
            .map_err(|error| Error::inconsistent(format!("a line of a programme: {error}")))?;
        let (first_month, months) = (Some(line.first_month), Some(line.months));
        Ok(LineBody { name: line.name, account: line.account, amount: amount.into(), first_month, months })
    }
}

impl From<Place> for PlaceBody {
    fn from(it: Place) -> PlaceBody {
        PlaceBody { title: it.title, people: it.people }
    }
}

/// How many of some months are left from one of them on; at least one.
fn rest(first: Date, months: u16, from: Date) -> u16 {
    let begun =
        (i32::from(from.year()) - i32::from(first.year())) * 12 + i32::from(from.month()) - i32::from(first.month());
    u16::try_from(i32::from(months) - begun).ok().filter(|months| *months > 0).unwrap_or(1)
}

/// How a programme was withdrawn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeWithdrawal)]
pub struct WithdrawalBody {
    #[schema(value_type = String)]
    by: PersonId,
    /// Why.
    reason: String,
    /// When, by the book's clock.
    at: Timestamp,
}

/// A programme: what a book is to spend over some months.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Programme)]
pub struct ProgrammeBody {
    #[schema(value_type = String)]
    id: ProgrammeId,
    name: String,
    about: String,
    /// The sum of its lines: what all versions of its plan plan for the months in which they hold.
    amount: MoneyBody,
    /// The first day of its first month.
    first_month: Date,
    /// How many months it takes, by the last version of its plan.
    months: u16,
    /// The last day of its last month.
    last_day: Date,
    /// How many versions its plan has: 1 until it is revised.
    versions: i64,
    #[schema(value_type = String)]
    opened_by: PersonId,
    /// When it was opened, by the book's clock.
    opened_at: Timestamp,
    /// How it was withdrawn; null while it stands.
    withdrawn: Option<WithdrawalBody>,
}

impl From<Programme> for ProgrammeBody {
    fn from(it: Programme) -> ProgrammeBody {
        ProgrammeBody {
            last_day: it.last_day(),
            versions: it.versions(),
            id: it.id,
            name: it.name,
            about: it.about,
            amount: it.amount.into(),
            first_month: it.first_month,
            months: it.months,
            opened_by: it.opened_by,
            opened_at: it.opened_at,
            withdrawn: it.withdrawn.map(|of| WithdrawalBody { by: of.by, reason: of.reason, at: of.at }),
        }
    }
}

/// A programme with its plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeWithPlan)]
pub struct ProgrammeWithPlanBody {
    #[serde(flatten)]
    programme: ProgrammeBody,
    lines: Vec<LineBody>,
    /// From which accounts its money comes, by their codes.
    sources: Vec<String>,
    places: Vec<PlaceBody>,
}

impl ProgrammeWithPlanBody {
    pub(super) async fn read(
        client: &impl GenericClient,
        it: Programme,
        currency: Currency,
    ) -> Result<ProgrammeWithPlanBody, Error> {
        let line = |line: Line| LineBody::of(line, currency);
        let courses = revision::courses(&revisions::list(client, it.id).await?)?;
        Ok(ProgrammeWithPlanBody {
            lines: courses.into_iter().map(|course| line(course.line)).collect::<Result<_, _>>()?,
            sources: parts::sources(client, it.id).await?,
            places: parts::places(client, it.id).await?.into_iter().map(PlaceBody::from).collect(),
            programme: it.into(),
        })
    }
}

/// Opens a programme: what the book is to spend over some months, line by line, from where its money comes, and how many people it has places
/// for. Each line is spread evenly over its months (largest remainders: the first months are larger by a cent where it does not divide) and
/// is held against what the book says was spent on its account. An account counts for one programme at a time. What is planned for months to
/// come is revised by `POST /v1/programmes/{id}:revise`; what was planned for one that is over never changes.
#[utoipa::path(tag = "programmes", operation_id = "open_programme",
    params(("book" = String, Path, description = "The book")), request_body = NewProgramme,
    responses((status = 201, description = "Opened", body = ProgrammeWithPlanBody)))]
#[post("/v1/books/{book}/programmes")]
pub(crate) async fn open(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewProgramme>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let new = request.body.parse()?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, *id).await?;
        request.body.check_currency(book.currency)?;
        let opened = operations::open(tx, book.id, new.clone(), by, ledger::calendar::now()).await?;
        Ok(Reply::created(&ProgrammeWithPlanBody::read(tx, opened, book.currency).await?))
    })
    .await
}

/// Lists the programmes of a book, without their plans, for those who may read the book.
#[utoipa::path(tag = "programmes", operation_id = "list_programmes",
    params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the youngest first", body = Page<ProgrammeBody>)))]
#[get("/v1/books/{book}/programmes")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let (book, _) = visibility::read(&client, &caller, *id).await?;
    let rows = programmes::list(&client, (book.id, book.currency), window.after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, ProgrammeBody::from).respond(&http))
}

/// Shows a programme with its plan, for those who may read its book.
#[utoipa::path(tag = "programmes", operation_id = "show_programme",
    params(("id" = String, Path, description = "The programme")),
    responses((status = 200, description = "The programme, with its ETag", body = ProgrammeWithPlanBody,
        headers(("ETag" = String)))))]
#[get("/v1/programmes/{id}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<ProgrammeId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = readable(&client, &caller, *id).await?;
    let found = programmes::get(&client, *id, book.currency).await?;
    let tag = etag(found.version);
    let body = ProgrammeWithPlanBody::read(&client, found, book.currency).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, tag)).json(body))
}

/// Why a programme is withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawProgramme {
    /// For its readers; never a name.
    #[schema(min_length = 1, max_length = 1000, example = "The plan is made anew for three years")]
    reason: String,
}

/// Withdraws a programme. It stays readable with what it was, and its accounts are free for another one.
#[utoipa::path(tag = "programmes", operation_id = "withdraw_programme",
    params(("id" = String, Path, description = "The programme")), request_body = WithdrawProgramme,
    responses((status = 200, description = "Withdrawn", body = ProgrammeWithPlanBody)))]
#[post("/v1/programmes/{id}:withdraw")]
pub(crate) async fn withdraw(
    state: Data<State>,
    caller: Caller,
    id: Path<ProgrammeId>,
    request: Keyed<WithdrawProgramme>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept_of(tx, &caller, id.book, "programme").await?;
        let withdrawn = operations::withdraw(tx, *id, &reason, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ProgrammeWithPlanBody::read(tx, withdrawn, book.currency).await?))
    })
    .await
}

/// A programme to begin with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammePreset)]
pub struct PresetBody {
    name: String,
    /// What it is for.
    about: String,
    /// What it takes in all.
    amount: MoneyBody,
    /// Over how many months.
    months: u16,
    /// Places for people, as a programme takes them.
    places: Vec<PlaceBody>,
    /// What each of its months takes, evenly spread.
    monthly: Vec<MoneyBody>,
}

impl PresetBody {
    fn new(it: &Preset) -> Result<PresetBody, Error> {
        let money = |minor| {
            let money = Money::from_minor(minor, Currency::USD);
            money.map(MoneyBody::from).map_err(|error| Error::inconsistent(format!("a preset: {error}")))
        };
        let line = Line {
            name: String::new(),
            account: String::new(),
            amount: it.minor,
            first_month: jiff::civil::date(2027, 1, 1),
            months: it.months,
        };
        Ok(PresetBody {
            name: it.name.to_owned(),
            about: it.about.to_owned(),
            amount: money(it.minor)?,
            months: it.months,
            places: it
                .places
                .iter()
                .map(|(title, people)| PlaceBody { title: (*title).to_owned(), people: *people })
                .collect(),
            monthly: line.monthly()?.into_iter().map(money).collect::<Result<_, _>>()?,
        })
    }
}

/// Programmes to begin with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammePresets)]
pub struct PresetsBody {
    presets: Vec<PresetBody>,
}

/// Lists programmes to begin with: their sum, their months and their places.
#[utoipa::path(tag = "programmes", operation_id = "list_programme_presets",
    responses((status = 200, description = "All of them", body = PresetsBody)))]
#[get("/v1/programme-presets")]
pub(crate) async fn presets() -> Result<HttpResponse, Problem> {
    let presets = PRESETS.iter().map(PresetBody::new).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(PresetsBody { presets }))
}
