//! What would become of a cooperative's assets if it were dissolved.

use super::members::{cooperative, visible_members};
use crate::auth::Caller;
use crate::extract::Params;
use crate::handlers::reports::report::ReportLineBody;
use crate::paging::{self, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::civil::Date;
use ledger::cooperatives::operations::dissolution as operations;
use ledger::cooperatives::rules::dissolution::PaidBack;
use ledger::cooperatives::store::members;
use ledger::id::{BookRef, MemberId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// As of which day, and which page of members.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DissolvedOn {
    /// What counts until the end of this day; all that is recorded when it is not given.
    as_of: Option<Date>,
    /// Members of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 500)]
    cursor: Option<String>,
}

/// A member's capital, and what is paid of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DissolvedMember)]
pub struct DissolvedMemberBody {
    #[schema(value_type = String)]
    member: MemberId,
    number: i32,
    capital: BalanceBody,
    /// The whole capital, or less where the assets do not suffice: pro rata by the largest remainder.
    paid: BalanceBody,
}

/// Who would get how much. Assets that are more than nothing are debts paid, capital paid and the successor's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dissolution)]
pub struct DissolutionBody {
    as_of: Option<Date>,
    /// The last record that counts. Pages that differ in it are of different moments.
    through: i64,
    /// What there is to pay with, as it stands in the book: not what it would be sold for.
    assets: BalanceBody,
    /// All liabilities, loans of members among them: they are paid before any capital.
    debts: BalanceBody,
    debts_paid: BalanceBody,
    /// What nothing is there for: debts less debts paid.
    debts_missing: BalanceBody,
    /// The capital of all members.
    capital: BalanceBody,
    capital_paid: BalanceBody,
    /// What is left for whom the bylaws name: the reserve and the funds, which never go to members.
    successor: BalanceBody,
    /// What stands against members' next shares. Nobody claims it otherwise, so that it is no asset here.
    against_shares: BalanceBody,
    /// Accounts in other currencies and units, which have no value in the book's currency: they are left out.
    left_out: Vec<ReportLineBody>,
    /// Members with capital, by number: to plain members themselves.
    items: Vec<DissolvedMemberBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// Shows what would become of a cooperative's assets if it were dissolved: debts are paid first, then the members' capital, and what is
/// left goes to the successor that its bylaws name. Nothing is posted.
#[utoipa::path(tag = "cooperatives", operation_id = "reckon_dissolution",
    params(("book" = String, Path, description = "The cooperative's book"), DissolvedOn),
    responses((status = 200, description = "The sums, and a page of members by number", body = DissolutionBody)))]
#[get("/v1/cooperatives/{book}/dissolution")]
pub(crate) async fn show(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<DissolvedOn>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let DissolvedOn { as_of, limit, cursor } = query.0;
    let window = Window::<i32>::parse(limit, cursor.as_deref())?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let own = visible_members(&client, &caller, &book).await?;
    let reckoned = operations::reckon(&client, &book, as_of).await?;
    let money = |minor: i128| BalanceBody::new(minor, book.currency);
    let it = reckoned.dissolution;
    let (capital, capital_paid) = it.capital();
    let after = window.after.unwrap_or_default();
    let (next, missing) = (it.members.iter().filter(|part| part.of.number > after), it.missing());
    let parts: Vec<PaidBack> = next.take(window.limit() + 1).copied().collect();
    let numbers: Vec<i32> = parts.iter().map(|part| part.of.number).collect();
    let known = members::of_numbers(&client, book.id, &numbers).await?;
    let named = |number: i32| known.iter().find(|member| member.number == number).map(|member| member.id);
    let page = window.page(parts, |part| part.of.number, |part| part);
    let items = page.items.into_iter().filter_map(|part| {
        let member = named(part.of.number).filter(|id| own.as_ref().is_none_or(|own| own.contains(id)))?;
        let (capital, paid) = (money(part.of.capital.into()), money(part.paid.into()));
        Some(DissolvedMemberBody { member, number: part.of.number, capital, paid })
    });
    let body = DissolutionBody {
        as_of,
        through: reckoned.through,
        assets: money(it.assets.into()),
        debts: money(it.debts.into()),
        debts_paid: money(it.debts_paid.into()),
        debts_missing: money(missing.into()),
        capital: money(capital),
        capital_paid: money(capital_paid),
        successor: money(it.successor.into()),
        against_shares: money(reckoned.against_shares.into()),
        left_out: reckoned.left_out.into_iter().map(ReportLineBody::from).collect(),
        items: items.collect(),
        next_cursor: page.next_cursor,
    };
    Ok(paging::respond(&body, body.next_cursor.as_deref(), &http))
}
