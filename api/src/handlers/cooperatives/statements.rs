//! Members' statements of distributions.

use super::distribution_body::{IndexedHoursBody, ValuedBody};
use super::members::{cooperative, cooperative_of, visible_members};
use crate::auth::Caller;
use crate::extract::Params;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::rules::cooperative::Hours;
use ledger::cooperatives::rules::statement::{Measure, NewStatement, Statement};
use ledger::cooperatives::store::statements;
use ledger::id::{AllocationRuleId, BookRef, DistributionId, MemberId, StatementId};
use ledger::money::Currency;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// By what a share was measured, and how much of it the member had.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementBase)]
pub struct BaseBody {
    /// `equal`, `hours`, `units`, `points`, `indexed_hours`, `value` or `capital`.
    name: String,
    /// How many hours, units or points, how much capital, or what all that was contributed is worth by the rule, to the hundredth; null where each member got the same.
    amount: Option<String>,
    /// The hours by the index at which they counted; empty where none did.
    indexed: Vec<IndexedHoursBody>,
    /// What was contributed, at what the rule says that it is worth; empty where the group shared by something else.
    valued: Vec<ValuedBody>,
}

impl BaseBody {
    fn new(it: &NewStatement, currency: Currency) -> BaseBody {
        let (amount, indexed): (_, &[_]) = match it.measure() {
            Measure::Alike => (None, &[]),
            Measure::Hours(hours) => (Some(hours.to_string()), &[]),
            Measure::Indexed(hours, indexed) => (Some(hours.to_string()), indexed),
            Measure::Units(counted) | Measure::Points(counted) => (Some(counted.to_string()), &[]),
            Measure::Capital(minor) => (Some(currency.format(minor)), &[]),
            Measure::Value(worth, _) => (Some(worth.to_string()), &[]),
        };
        BaseBody {
            name: it.patronage.to_string(),
            amount,
            indexed: indexed.iter().map(IndexedHoursBody::from).collect(),
            valued: it.valued.iter().map(ValuedBody::from).collect(),
        }
    }
}

/// What a member is told of a distribution.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementBody {
    #[schema(value_type = String)]
    id: StatementId,
    #[schema(value_type = String)]
    distribution: DistributionId,
    #[schema(value_type = String)]
    member: MemberId,
    number: i32,
    /// First day of the period.
    from: Date,
    /// Last day of the period.
    to: Date,
    group: String,
    /// How the group shared: `equal`, `hours`, `units`, `points`, `indexed_hours`, `value` or `capital`;
    /// `capital` also for who has interest and no share.
    patronage: String,
    /// By what the share was measured.
    base: BaseBody,
    /// Attested hours of the period.
    #[schema(value_type = String)]
    hours: Hours,
    /// What was distributed in all.
    net: BalanceBody,
    /// The member's capital when the period began; 0 where the rule does not ask for it.
    capital: BalanceBody,
    /// All that the member gets, with interest.
    share: BalanceBody,
    /// To be paid out, with interest.
    cash: BalanceBody,
    /// How much of the cash is interest on the member's capital.
    interest: BalanceBody,
    /// Became the member's capital.
    retained: BalanceBody,
    /// What of the retained part was redeemed since.
    redeemed: BalanceBody,
    /// What of the retained part bore losses since.
    lost: BalanceBody,
    /// What of the retained part is still there.
    left: BalanceBody,
    /// What advances and earlier losses took of the share: it had stood against it.
    netted: BalanceBody,
    /// What the member bears of a loss; 0 where a surplus was shared.
    loss: BalanceBody,
    /// What of that the member's capital could not bear: it stands against the next shares.
    stands: BalanceBody,
    /// Whether the member had agreed to retained parts.
    consents: bool,
    #[schema(value_type = String)]
    rule: AllocationRuleId,
    rule_version: i32,
    /// Number of the journal entry that credited the member.
    entry: i64,
    /// When it was issued, by the book's clock.
    issued_at: Timestamp,
    /// Whether the distribution was taken back since.
    reversed: bool,
}

impl From<Statement> for StatementBody {
    fn from(it: Statement) -> StatementBody {
        let money = |minor| BalanceBody::new(minor, it.currency);
        StatementBody {
            id: it.issued.id,
            distribution: it.issued.distribution,
            member: it.issued.member,
            number: it.member_number,
            from: it.period.from,
            to: it.period.to,
            patronage: it.issued.patronage.to_string(),
            base: BaseBody::new(&it.issued, it.currency),
            hours: it.issued.hours,
            net: money(it.net),
            capital: money(it.issued.capital),
            share: money(it.issued.cash + it.issued.retained + it.issued.netted),
            redeemed: money(it.redeemed),
            lost: money(it.lost),
            left: money(it.left()),
            netted: money(it.issued.netted),
            loss: money(it.issued.loss),
            stands: money(it.issued.stands),
            interest: money(it.issued.interest),
            cash: money(it.issued.cash),
            retained: money(it.issued.retained),
            consents: it.issued.consents,
            rule: it.rule,
            rule_version: it.rule_version,
            entry: it.entry,
            issued_at: it.issued.issued_at,
            reversed: it.reversed,
            group: it.issued.group,
        }
    }
}

/// Lists statements: members their own; owners, treasurers, approvers and auditors all.
#[utoipa::path(tag = "statements",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<StatementBody>)))]
#[get("/v1/cooperatives/{book}/statements")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let own = visible_members(&client, &caller, &book).await?;
    let after = window.after.unwrap_or_default();
    let rows = statements::list(&client, book.id, own.as_deref(), after, window.fetch()).await?;
    Ok(window.page(rows, |row| row.issued.id.object, StatementBody::from).respond(&http))
}

/// Shows a statement to its member, and to those who see all.
#[utoipa::path(tag = "statements", params(("id" = String, Path, description = "The statement")),
    responses((status = 200, description = "The statement", body = StatementBody)))]
#[get("/v1/statements/{id}")]
pub(crate) async fn show(state: Data<State>, caller: Caller, id: Path<StatementId>) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = cooperative_of(&client, &caller, id.book, "statement").await?;
    let found = statements::get(&client, *id).await?;
    let own = visible_members(&client, &caller, &book).await?;
    if own.is_some_and(|own| !own.contains(&found.issued.member)) {
        return Err(Error::NotFound("statement").into());
    }
    Ok(HttpResponse::Ok().json(StatementBody::from(found)))
}
