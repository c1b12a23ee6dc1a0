//! Members of a cooperative, and what they contribute.

use super::reversal::{Reversal, ReversalReason};
use crate::auth::Caller;
use crate::extract::{Keyed, Nothing, Params};
use crate::idempotency::{IdempotencyKey, Reply, Scope, idempotent};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{book_day, bounded, parse, word_or};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::operations::members as operations;
use ledger::cooperatives::rules::contribution::{Contributed, Contribution, Unit};
use ledger::cooperatives::rules::cooperative::{Hours, Member, Period, Quantity, Standing};
use ledger::cooperatives::store::{hours, members};
use ledger::engine::store::books::{self, Book};
use ledger::id::{BookId, BookRef, ContributionId, MemberId, PersonId};
use ledger::parties::rules::role::{Email, Role};
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Who keeps a cooperative's books, and so writes hours down for others.
pub(crate) const KEEPERS: &[Role] = &[Role::Owner, Role::Treasurer];
/// Who sees of a cooperative what concerns single members. Members see what concerns themselves.
pub(super) const SEES_ALL: &[Role] = &[Role::Owner, Role::Treasurer, Role::Approver, Role::Auditor];

/// The cooperative's book that a path names, for those whom the table of who may do what lets in.
pub(crate) async fn cooperative(client: &impl GenericClient, caller: &Caller, id: BookRef) -> Result<Book, Error> {
    let book = match books::resolve(client, id).await {
        Err(Error::NotFound(_)) => return Err(Error::NotFound("cooperative")),
        found => found?,
    };
    caller.require_role(client, book.organisation, "cooperative").await?;
    Ok(book)
}

/// The book of an object of a cooperative, for the same.
pub(crate) async fn cooperative_of(
    client: &impl GenericClient,
    caller: &Caller,
    book: BookId,
    what: &'static str,
) -> Result<Book, Error> {
    let book = books::find(client, book).await?.ok_or(Error::NotFound(what))?;
    caller.require_role(client, book.organisation, what).await?;
    Ok(book)
}

/// A member of whom a caller may see all: plain members see it of themselves.
pub(super) async fn visible_member(
    client: &impl GenericClient,
    caller: &Caller,
    id: MemberId,
) -> Result<Member, Error> {
    let book = cooperative_of(client, caller, id.book, "member").await?;
    let member = members::get(client, id).await?;
    match visible_members(client, caller, &book).await? {
        Some(own) if !own.contains(&id) => Err(Error::NotFound("member")),
        Some(_) | None => Ok(member),
    }
}

/// The memberships that a caller may see: none for all of them, otherwise the caller's own.
pub(crate) async fn visible_members(
    client: &impl GenericClient,
    caller: &Caller,
    book: &Book,
) -> Result<Option<Vec<MemberId>>, Error> {
    if caller.is_operator() || caller.has_role(client, book.organisation, SEES_ALL).await? {
        return Ok(None);
    }
    let own = members::of_person(client, book.id, caller.person()?.id).await?;
    Ok(Some(own.into_iter().map(|member| member.id).collect()))
}

/// A member to be admitted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMemberRequest {
    /// Who: a person who is not known yet can sign in from now on.
    #[schema(min_length = 3, max_length = 254, format = "email", example = "ada@example.org")]
    pub(crate) email: String,
    /// What the person is to the cooperative: `member`; `associate`, a member of a class without a vote; or `employee`, who is no member and shares
    /// in a surplus all the same, in cash, where a rule has its group. `member` when it is not given.
    #[serde(default)]
    #[schema(pattern = "^(member|associate|employee)$", example = "member")]
    pub(crate) standing: Option<String>,
    /// Group within the allocation rules.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "workers")]
    pub(crate) group: String,
    /// First day of work on probation, before `joined_on`: hours are written down from it on. An allocation rule says whether they count.
    pub(crate) candidate_from: Option<Date>,
    /// First day as a member, after the probation where there is one; the book's own day when it is not given.
    pub(crate) joined_on: Option<Date>,
    /// Whether the member is asked to agree that a part of a share may stay in the cooperative as the member's capital. It agrees itself
    /// (`POST /v1/members/{id}:consent`): nobody does for it.
    #[serde(default)]
    pub(crate) consents: bool,
}

/// A membership of a cooperative. The book knows the member by the number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberBody {
    #[schema(value_type = String)]
    id: MemberId,
    /// From 1, in the order of admission; it decides ties of rounding.
    number: i32,
    /// Null for members who ask about others.
    #[schema(value_type = Option<String>)]
    person: Option<PersonId>,
    /// `member`; `associate`, a member without a vote; or `employee`, who is no member. Who becomes another one leaves, and is admitted anew.
    standing: String,
    group: String,
    /// How it stands today, by the book's clock: `candidate` on probation; `member`, which of an employee says that it works here; `leaving`,
    /// whose last day is known; or `left`.
    state: String,
    /// First day of the probation; null without one.
    candidate_from: Option<Date>,
    joined_on: Date,
    /// Last day, also of a probation; null while it lasts.
    left_on: Option<Date>,
    /// Whether a keeper asked the member to agree, when it was admitted.
    consent_asked: bool,
    /// Whether the member agreed that a part of a share may stay as its capital: what it said last. Of members admitted before they could say
    /// so themselves, what was written down for them.
    consents: bool,
    /// When it was made, by the book's clock.
    created_at: Timestamp,
}

impl MemberBody {
    pub(super) fn new(it: Member, shows_person: bool, today: Date) -> MemberBody {
        let (person, state) = (shows_person.then_some(it.person), it.state_on(today).to_string());
        let standing = it.standing.to_string();
        let Member { id, number, group, candidate_from, joined_on, left_on, asked, consents, created_at, .. } = it;
        MemberBody {
            id,
            number,
            person,
            standing,
            group,
            state,
            candidate_from,
            joined_on,
            left_on,
            consent_asked: asked,
            consents,
            created_at,
        }
    }
}

/// Admits a member, who gets the next number and the role `member`; also one who works on probation first, one of a class without a vote, and an
/// employee who is no member. Whoever has no role in the cooperative is invited first,
/// and accepts.
#[utoipa::path(tag = "cooperatives", params(("book" = String, Path, description = "The cooperative's book")),
    request_body = NewMemberRequest,
    responses((status = 201, description = "Admitted", body = MemberBody)))]
#[post("/v1/cooperatives/{book}/members")]
pub(crate) async fn admit(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewMemberRequest>,
) -> Result<HttpResponse, Problem> {
    admit_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Admits a member, once for its key: that of a request, or of a form.
pub(crate) async fn admit_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    new: &NewMemberRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let email: Email = parse("/email", &new.email)?;
    let (group, asked) = (&new.group, new.consents);
    let standing = word_or("/standing", new.standing.as_deref(), Standing::Member)?;
    let joined_on = new.joined_on.map(|day| book_day("/joined_on", day)).transpose()?;
    let candidate_from = new.candidate_from.map(|day| book_day("/candidate_from", day)).transpose()?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let (email, group, wall) = (email.clone(), group.clone(), ledger::calendar::now());
        let admitted = operations::NewMember { email, standing, group, candidate_from, joined_on, asked };
        let admitted = operations::admit(tx, book.id, admitted, by, wall).await?;
        Ok(Reply::created(&MemberBody::new(admitted, true, book.today(wall))))
    })
    .await
}

/// Lists the members. Who the others are, plain members are not told.
#[utoipa::path(tag = "cooperatives",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, by number", body = Page<MemberBody>)))]
#[get("/v1/cooperatives/{book}/members")]
pub(crate) async fn list_members(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let own = visible_members(&client, &caller, &book).await?;
    let shows = |member: &Member| own.as_ref().is_none_or(|own| own.contains(&member.id));
    let rows = members::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    let today = book.today(ledger::calendar::now());
    let body = |row: Member| {
        let shows_person = shows(&row);
        MemberBody::new(row, shows_person, today)
    };
    Ok(window.page(rows, |row| row.number, body).respond(&http))
}

/// When a member leaves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveRequest {
    /// Last day; the book's own day when it is not given. Hours up to it count.
    pub(crate) left_on: Option<Date>,
}

/// Ends a membership, or a probation. What was worked until then still counts, and the member keeps reading its statements.
#[utoipa::path(tag = "cooperatives", params(("id" = String, Path, description = "The member")),
    request_body = LeaveRequest,
    responses((status = 200, description = "Ended", body = MemberBody)))]
#[post("/v1/members/{id}:leave")]
pub(crate) async fn leave(
    state: Data<State>,
    caller: Caller,
    id: Path<MemberId>,
    request: Keyed<LeaveRequest>,
) -> Result<HttpResponse, Problem> {
    leave_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Ends a membership, once for its key: that of a request, or of a form.
pub(crate) async fn leave_once(
    state: &State,
    caller: &Caller,
    id: MemberId,
    key: &IdempotencyKey,
    last: &LeaveRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let left_on = last.left_on.map(|day| book_day("/left_on", day)).transpose()?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, wall) = (cooperative_of(tx, caller, id.book, "member").await?, ledger::calendar::now());
        let left = operations::leave(tx, id, left_on, by, wall).await?;
        Ok(Reply::ok(&MemberBody::new(left, true, book.today(wall))))
    })
    .await
}

/// A contribution to be written down.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContributionRequest {
    /// Whose; the caller's own membership when it is not given.
    #[schema(min_length = 36, max_length = 36, pattern = "^mbr_[a-z2-7]{32}$")]
    pub(crate) member: Option<String>,
    /// First day of the work.
    pub(crate) from: Date,
    /// Last day of the work: it counts in the period that this day falls into.
    pub(crate) to: Date,
    /// In what it is counted: `hours`; `units` that were made; `points` as the cooperative gives them; `use`, hours for which equipment of the
    /// member was used; or `in_kind`, things that it gave. Hours when it is not given.
    #[serde(default)]
    #[schema(pattern = "^(hours|units|points|use|in_kind)$", example = "hours")]
    pub(crate) unit: Option<String>,
    /// What was used or given, by a short name such as `laser`: allocation rules value it by that. For `use` and `in_kind`, and nothing else.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "laser")]
    pub(crate) kind: Option<String>,
    /// How many hours, where they are the unit: a decimal string, exact to the hundredth; at most 24 for each of the days, and 10000 in all.
    #[serde(default)]
    #[schema(max_length = 12, pattern = r"^[0-9]{1,9}(\.[0-9]{1,2})?$", example = "37.5")]
    pub(crate) hours: Option<String>,
    /// How much of another unit: a decimal string, exact to the hundredth; at most 1000000, and of `use` as many hours as of work.
    #[serde(default)]
    #[schema(max_length = 12, pattern = r"^[0-9]{1,9}(\.[0-9]{1,2})?$", example = "120")]
    pub(crate) quantity: Option<String>,
    /// What was done; never a name.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub(crate) note: String,
}

impl NewContributionRequest {
    /// In what it is counted, and how much it is: hours stand in one field, all else in the other.
    fn counted(&self) -> Result<Contributed, Problem> {
        let unit = word_or("/unit", self.unit.as_deref(), Unit::Hours)?;
        let (at, given, (other, not_given)) = match unit {
            Unit::Hours => ("/hours", &self.hours, ("/quantity", &self.quantity)),
            Unit::Units | Unit::Points | Unit::Use | Unit::InKind => {
                ("/quantity", &self.quantity, ("/hours", &self.hours))
            }
        };
        if not_given.is_some() {
            let detail = format!("leave it out: what is counted in `{unit}` is said in {}", at.trim_start_matches('/'));
            return Err(Problem::invalid(other, detail));
        }
        let Some(given) = given else { return Err(Problem::invalid(at, format!("say how much, in `{unit}`"))) };
        Ok(Contributed { unit, kind: self.kind.clone(), quantity: parse(at, given)? })
    }
}

/// What a member contributed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contribution)]
pub struct ContributionBody {
    #[schema(value_type = String)]
    id: ContributionId,
    #[schema(value_type = String)]
    member: MemberId,
    from: Date,
    to: Date,
    /// How many hours; 0.00 where it is counted in something else.
    #[schema(value_type = String, example = "37.50")]
    hours: Hours,
    /// In what it is counted: `hours`, `units` that were made, `points`, `use` of equipment in hours, or things `in_kind`.
    unit: String,
    /// What was used or given, by its short name; null for hours, units and points.
    kind: Option<String>,
    /// How much of its unit.
    #[schema(value_type = String, example = "37.50")]
    quantity: Quantity,
    note: String,
    /// `recorded`, which counts for nothing; `attested`; or `reversed`, which counts for nothing any more.
    state: String,
    /// When it was recorded, by the book's clock.
    recorded_at: Timestamp,
    /// Null until a second member has attested them. By the book's clock.
    attested_at: Option<Timestamp>,
    /// How they were taken back; null while they stand.
    reversal: Option<Reversal>,
}

impl From<Contribution> for ContributionBody {
    fn from(it: Contribution) -> ContributionBody {
        ContributionBody {
            id: it.id,
            member: it.member,
            from: it.worked.from,
            to: it.worked.to,
            hours: it.contributed.hours(),
            unit: it.contributed.unit.to_string(),
            quantity: it.contributed.quantity,
            state: it.state().to_string(),
            kind: it.contributed.kind,
            recorded_at: it.recorded_at,
            attested_at: it.attested.map(|(_, at)| at),
            reversal: it.undone.map(Reversal::from),
            note: it.note,
        }
    }
}

/// Writes down what a member contributed: members their own, keepers of the books that of others too. It counts once it is attested.
#[utoipa::path(tag = "cooperatives", params(("book" = String, Path, description = "The cooperative's book")),
    request_body = NewContributionRequest,
    responses((status = 201, description = "Recorded", body = ContributionBody)))]
#[post("/v1/cooperatives/{book}/contributions")]
pub(crate) async fn contribute(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Keyed<NewContributionRequest>,
) -> Result<HttpResponse, Problem> {
    contribute_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Writes a contribution down, once for its key: that of a request, or of a form.
pub(crate) async fn contribute_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    body: &NewContributionRequest,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let member: Option<MemberId> = body.member.as_ref().map(|member| parse("/member", member)).transpose()?;
    let contributed = body.counted()?;
    let note = bounded("/note", &body.note, text::REASON_OR_NONE)?;
    let worked = Period::new(body.from, body.to).map_err(|refusal| Problem::invalid("/to", refusal.detail))?;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative(tx, caller, id).await?;
        let member = match member {
            Some(member) if member.book == book.id => member,
            Some(_) => return Err(Error::NotFound("member")),
            None => own_membership(tx, book.id, by).await?,
        };
        let keeper = caller.has_role(tx, book.organisation, KEEPERS).await?;
        let new = operations::NewContribution { member, worked, contributed: contributed.clone(), note: note.clone() };
        let recorded = operations::record(tx, new, by, keeper, ledger::calendar::now()).await?;
        Ok(Reply::created(&ContributionBody::from(recorded)))
    })
    .await
}

/// The caller's youngest membership.
async fn own_membership(client: &impl GenericClient, book: BookId, person: PersonId) -> Result<MemberId, Error> {
    let own = members::of_person(client, book, person).await?;
    own.last().map(|member| member.id).ok_or_else(|| Error::invalid("/member", "you are no member: name one"))
}

/// Lists contributions of all members: whoever attests them has to see them.
#[utoipa::path(tag = "cooperatives",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<ContributionBody>)))]
#[get("/v1/cooperatives/{book}/contributions")]
pub(crate) async fn list_contributions(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rows = hours::list(&client, book.id, None, window.after.unwrap_or_default(), window.fetch()).await?;
    Ok(window.page(rows, |row| row.id.object, ContributionBody::from).respond(&http))
}

/// Attests a contribution: a second member, neither whose it is nor who wrote it down.
#[utoipa::path(tag = "cooperatives", params(("id" = String, Path, description = "The contribution")),
    request_body = Nothing,
    responses((status = 200, description = "Attested", body = ContributionBody)))]
#[post("/v1/contributions/{id}:attest")]
pub(crate) async fn attest(
    state: Data<State>,
    caller: Caller,
    id: Path<ContributionId>,
    request: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        cooperative_of(tx, &caller, id.book, "contribution").await?;
        let attested = operations::attest(tx, *id, by, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ContributionBody::from(attested)))
    })
    .await
}

/// Attests all of some hours of a book or none of them, once for the key of their form.
pub(crate) async fn attest_all_once(
    state: &State,
    caller: &Caller,
    id: BookRef,
    key: &IdempotencyKey,
    all: &[ContributionId],
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let (book, wall) = (cooperative(tx, caller, id).await?, ledger::calendar::now());
        for one in all {
            if one.book != book.id {
                return Err(Error::NotFound("contribution"));
            }
            operations::attest(tx, *one, by, wall).await?;
        }
        Ok(Reply::ok(&serde_json::json!({"attested": all.len()})))
    })
    .await
}

/// Takes a contribution back, once, while no distribution counts it: keepers of the books those of everybody, others what they
/// worked, wrote down or attested.
#[utoipa::path(tag = "cooperatives", params(("id" = String, Path, description = "The contribution")),
    request_body = ReversalReason,
    responses((status = 200, description = "Taken back", body = ContributionBody)))]
#[post("/v1/contributions/{id}:reverse")]
pub(crate) async fn reverse_hours(
    state: Data<State>,
    caller: Caller,
    id: Path<ContributionId>,
    request: Keyed<ReversalReason>,
) -> Result<HttpResponse, Problem> {
    reverse_hours_once(&state, &caller, *id, &request.key, &request.body).await
}

/// Takes hours back, once for its key: that of a request, or of a form.
pub(crate) async fn reverse_hours_once(
    state: &State,
    caller: &Caller,
    id: ContributionId,
    key: &IdempotencyKey,
    why: &ReversalReason,
) -> Result<HttpResponse, Problem> {
    let (by, reason) = (caller.person()?.id, why.parse()?);
    idempotent(state, key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = cooperative_of(tx, caller, id.book, "contribution").await?;
        let keeper = caller.has_role(tx, book.organisation, KEEPERS).await?;
        let reversed = operations::take_back(tx, id, reason.clone(), by, keeper, ledger::calendar::now()).await?;
        Ok(Reply::ok(&ContributionBody::from(reversed)))
    })
    .await
}
