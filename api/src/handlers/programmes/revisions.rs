//! Versions of the plan of a programme: written from a month on, and read.

use super::plans::{LineBody, ProgrammeWithPlanBody, kept_of, readable};
use crate::auth::{Caller, MaybeCaller};
use crate::extract::Keyed;
use crate::idempotency::{Reply, Scope, idempotent};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{MoneyBody, paragraphs};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::{PersonId, ProgrammeId};
use ledger::money::{Currency, Money};
use ledger::programmes::operations::revisions as operations;
use ledger::programmes::rules::programme::{Programme, last_day};
use ledger::programmes::rules::revision::{NewRevision, Version};
use ledger::programmes::store::{programmes, revisions};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the plan of a programme shall be from a month on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviseProgramme {
    /// Why, for its readers; never a name.
    #[schema(min_length = 1, max_length = 1000, example = "Steel costs more than was planned")]
    reason: String,
    /// The first day of the first month in which it holds: the month that runs by the book's clock, or a later one.
    #[schema(example = "2031-10-01")]
    from_month: Date,
    /// How many months the programme takes, from its first one; when it is not given, as many as before.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 60, example = 18)]
    months: Option<u16>,
    /// Its lines; where one does not say its first month, it is `from_month`. The `amount` of each is what is to be spent in all, with what was planned for the months before; the rest is spread evenly
    /// over its months, which begin with `from_month` or later (largest remainders: the first months are larger by a cent where it does not
    /// divide). What is not among them is planned no more from then on.
    #[schema(min_items = 1, max_items = 40)]
    lines: Vec<LineBody>,
}

impl ReviseProgramme {
    fn parse(&self, programme: &Programme) -> Result<NewRevision, Problem> {
        let months = self.months.unwrap_or(programme.months);
        Ok(NewRevision {
            reason: paragraphs("/reason", &self.reason, text::REASON)?,
            from_month: self.from_month,
            months: self.months,
            lines: LineBody::parse_all(&self.lines, self.from_month, (programme.first_month, months))?,
        })
    }
}

/// A version of the plan of a programme. It holds from its month on, until a later one does.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeVersion)]
pub struct VersionBody {
    /// Which one, from 1: that with which the programme was opened.
    version: i32,
    /// The first day of the first month in which it holds.
    from_month: Date,
    /// The last day of the programme by it.
    last_day: Date,
    /// What is planned in all by it: its lines, and what the versions before planned for the months in which they hold.
    amount: MoneyBody,
    /// What is to be spent from then on, without what was planned for the months before.
    lines: Vec<LineBody>,
    /// Why the plan was revised; null of the first version.
    reason: Option<String>,
    #[schema(value_type = String)]
    revised_by: PersonId,
    /// When it was written, by the book's clock.
    revised_at: Timestamp,
}

impl VersionBody {
    fn new(it: Version, first_month: Date, currency: Currency) -> Result<VersionBody, Error> {
        let amount = Money::from_minor(it.amount, currency)
            .map_err(|error| Error::inconsistent(format!("a version of a plan: {error}")))?;
        Ok(VersionBody {
            version: it.number,
            from_month: it.from_month,
            last_day: last_day(first_month, it.months),
            amount: amount.into(),
            lines: it.lines.into_iter().map(|line| LineBody::of(line, currency)).collect::<Result<_, _>>()?,
            reason: it.reason,
            revised_by: it.by,
            revised_at: it.at,
        })
    }
}

/// All versions of a plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeVersions)]
pub struct VersionsBody {
    /// The oldest first; a hundred at most.
    versions: Vec<VersionBody>,
}

/// Revises the plan of a programme: from a month on another version of it holds. What was planned for a month before stays, and so does what
/// was planned for it less what was spent. A budget that members opened by a vote is not revised.
#[utoipa::path(tag = "programmes", operation_id = "revise_programme",
    params(("id" = String, Path, description = "The programme")), request_body = ReviseProgramme,
    responses((status = 200, description = "Revised", body = ProgrammeWithPlanBody)))]
#[post("/v1/programmes/{id}:revise")]
pub(crate) async fn revise(
    state: Data<State>,
    caller: Caller,
    id: Path<ProgrammeId>,
    request: Keyed<ReviseProgramme>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let client = state.client().await?;
    let book = kept_of(&client, &caller, id.book, "programme").await?;
    let read = programmes::get(&client, *id, book.currency).await?;
    let new = request.body.parse(&read)?;
    drop(client);
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept_of(tx, &caller, id.book, "programme").await?;
        LineBody::check_currency(&request.body.lines, book.currency)?;
        // What was not said is understood by the plan as it was read: revised meanwhile, it may mean something else.
        books::lock(tx, id.book).await?;
        if programmes::get(tx, *id, book.currency).await?.version != read.version {
            return Err(Error::StillRunning);
        }
        let revised = operations::revise(tx, *id, &new, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ProgrammeWithPlanBody::read(tx, revised, book.currency).await?))
    })
    .await
}

/// Lists the versions of the plan of a programme, for those who may read its book. The version of a month is the last one that was written to
/// hold from that month or an earlier one; the report names it.
#[utoipa::path(tag = "programmes", operation_id = "list_programme_versions",
    params(("id" = String, Path, description = "The programme")),
    responses((status = 200, description = "All of them", body = VersionsBody)))]
#[get("/v1/programmes/{id}/versions")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<ProgrammeId>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = readable(&client, &caller, *id).await?;
    let programme = programmes::get(&client, *id, book.currency).await?;
    let body = |it| VersionBody::new(it, programme.first_month, book.currency);
    let versions = revisions::list(&client, *id).await?.into_iter().map(body).collect::<Result<_, _>>()?;
    Ok(HttpResponse::Ok().json(VersionsBody { versions }))
}
