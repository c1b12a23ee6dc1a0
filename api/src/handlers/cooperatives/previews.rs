//! What an allocation rule would make of a surplus, before it is published.

use super::allocation_rules::NewAllocationRule;
use super::distribution_body::{GroupTotalBody, ShareBody, group_bodies, share_bodies};
use super::members::{cooperative, visible_members};
use crate::auth::Caller;
use crate::extract::{Body, objects};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{BalanceBody, MoneyBody, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::operations::previews as operations;
use ledger::cooperatives::operations::previews::{Among, Previewed, Trial};
use ledger::cooperatives::rules::allocation_rule::{Rule, Step};
use ledger::cooperatives::rules::contribution::{Contributed, Unit, of_no_kind};
use ledger::cooperatives::rules::cooperative::{Hours, Index, Period, Quantity, is_short_name};
use ledger::cooperatives::rules::inputs::MemberInput;
use ledger::cooperatives::rules::member_index::IndexedHours;
use ledger::cooperatives::rules::valuation;
use ledger::cooperatives::rules::waterfall::Taken;
use ledger::engine::store::books::Book;
use ledger::id::{BookId, BookRef, MemberId};
use ledger::money::Currency;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most members that are given.
const GIVEN_MAX: usize = 1000;

/// The most kinds of things of a member who is given.
const THINGS_MAX: usize = 50;

/// What a member who is given let others use, or gave.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewThing)]
pub struct GivenThing {
    /// `use`, hours for which equipment was used, or things `in_kind`.
    #[schema(pattern = "^(use|in_kind)$", example = "use")]
    unit: String,
    /// What it was, by its short name.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "laser")]
    kind: String,
    /// How much of it.
    #[schema(max_length = 12, pattern = r"^[0-9]{1,9}(\.[0-9]{1,2})?$", example = "12.5")]
    quantity: String,
}

impl GivenThing {
    fn parse(&self, at: &str) -> Result<Contributed, Problem> {
        let unit: Unit = parse(&format!("{at}/unit"), &self.unit)?;
        if !unit.is_of_a_kind() {
            return Err(Problem::invalid(format!("{at}/unit"), "use or in_kind: all else has a field of its own"));
        }
        if !is_short_name(&self.kind) {
            return Err(Problem::invalid(format!("{at}/kind"), "1 to 40 of a-z, 0-9 and '-'"));
        }
        Ok(Contributed {
            unit,
            kind: Some(self.kind.clone()),
            quantity: parse(&format!("{at}/quantity"), &self.quantity)?,
        })
    }
}

/// A member whom a preview is given, with a base to share by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewMember)]
pub struct GivenMember {
    /// Group within the rule.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "workers")]
    group: String,
    /// Hours; 0 when it is not given.
    #[serde(default)]
    #[schema(max_length = 12, pattern = r"^[0-9]{1,9}(\.[0-9]{1,2})?$", example = "1560")]
    hours: Option<String>,
    /// The index at which all the hours count; 1.00 when it is not given.
    #[serde(default)]
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "1.5")]
    index: Option<String>,
    /// Units made; 0 when it is not given.
    #[serde(default)]
    #[schema(max_length = 12, pattern = r"^[0-9]{1,9}(\.[0-9]{1,2})?$", example = "120")]
    units: Option<String>,
    /// Points; 0 when it is not given.
    #[serde(default)]
    #[schema(max_length = 12, pattern = r"^[0-9]{1,9}(\.[0-9]{1,2})?$", example = "40")]
    points: Option<String>,
    /// What it let others use, or gave; nothing when it is not given.
    #[serde(default, deserialize_with = "objects")]
    #[schema(max_items = 50)]
    things: Vec<GivenThing>,
    /// Capital; none when it is not given.
    #[serde(default)]
    capital: Option<MoneyBody>,
}

impl GivenMember {
    /// The member, by the number of its place.
    fn parse(&self, at: &str, number: i32, rule: &Rule, book: &Book) -> Result<MemberInput, Problem> {
        let field = |name: &str| format!("{at}/{name}");
        if !is_short_name(&self.group) {
            return Err(Problem::invalid(field("group"), "1 to 40 of a-z, 0-9 and '-'"));
        }
        let quantity = |name: &str, given: &Option<String>| -> Result<Quantity, Problem> {
            given.as_deref().map_or(Ok(Quantity::ZERO), |text| parse(&field(name), text))
        };
        let index: Index = self.index.as_deref().map_or(Ok(Index::ONE), |text| parse(&field("index"), text))?;
        let index = index.check().map_err(|why| Problem::invalid(field("index"), why))?;
        let hours = Hours::from_hundredths(quantity("hours", &self.hours)?.hundredths());
        let capital = self.capital.as_ref().map(|amount| of_book(&field("capital"), amount, book)).transpose()?;
        let (units, points) = (quantity("units", &self.units)?, quantity("points", &self.points)?);
        if self.things.len() > THINGS_MAX {
            return Err(Problem::invalid(field("things"), format!("at most {THINGS_MAX}")));
        }
        let things = self.things.iter().enumerate().map(|(index, it)| it.parse(&format!("{at}/things/{index}")));
        let mut contributed: Vec<Contributed> = things.collect::<Result<_, _>>()?;
        contributed.extend(of_no_kind(hours, units, points));
        Ok(MemberInput {
            hours,
            units,
            points,
            valued: valuation::value(&rule.values, &contributed),
            indexed: vec![IndexedHours { index, hours }],
            capital: capital.unwrap_or(0),
            ..MemberInput::new(MemberId::generate(BookId(0)), number, self.group.as_str())
        })
    }
}

/// An amount in the currency of the book, minor units.
fn of_book(at: &str, amount: &MoneyBody, book: &Book) -> Result<i64, Problem> {
    let amount = amount.parse(at)?;
    if amount.currency() != book.currency {
        return Err(Problem::invalid(format!("{at}/currency"), format!("the book is kept in {}", book.currency)));
    }
    Ok(amount.minor())
}

/// The days whose contributions are counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PreviewPeriod)]
pub struct PeriodBody {
    /// First day.
    from: Date,
    /// Last day: at most a year later.
    to: Date,
}

/// A rule that is to be tried, and on what. Either `members` or `period` is given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The rule, as it would be published.
    rule: NewAllocationRule,
    /// What is divided.
    surplus: MoneyBody,
    /// Sales, of which steps may take a share; as much as the surplus when it is not given.
    #[serde(default)]
    sales: Option<MoneyBody>,
    /// How much of the sales was business with others than members; none of it when it is not given.
    #[serde(default)]
    non_member_sales: Option<MoneyBody>,
    /// Members who are given, in the order that decides ties; the capital that they are given counts for a year.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 1000)]
    members: Option<Vec<GivenMember>>,
    /// The cooperative's own members, with what is attested of these days.
    #[serde(default)]
    period: Option<PeriodBody>,
}

impl PreviewRequest {
    fn among(&self, rule: &Rule, book: &Book) -> Result<Among, Problem> {
        match (&self.members, &self.period) {
            (Some(given), None) if (1..=GIVEN_MAX).contains(&given.len()) => {
                let parse = |(number, (index, member)): (i32, (usize, &GivenMember))| {
                    member.parse(&format!("/members/{index}"), number, rule, book)
                };
                Ok(Among::Given((1..).zip(given.iter().enumerate()).map(parse).collect::<Result<_, _>>()?))
            }
            (Some(_), None) => Err(Problem::invalid("/members", format!("1 to {GIVEN_MAX}"))),
            (None, Some(days)) => {
                let period = Period::new(days.from, days.to);
                Ok(Among::Members(period.map_err(|refusal| Problem::invalid("/period/to", refusal.detail))?))
            }
            (Some(_), Some(_)) | (None, None) => {
                Err(Problem::invalid("/members", "give members, or a period of the book, and only one of them"))
            }
        }
    }

    fn trial(&self, rule: Rule, book: &Book) -> Result<Trial, Problem> {
        let surplus = of_book("/surplus", &self.surplus, book)?;
        let sales = self.sales.as_ref().map(|sales| of_book("/sales", sales, book)).transpose()?.unwrap_or(surplus);
        if sales < surplus {
            return Err(Problem::invalid("/sales/amount", "as much as the surplus at least"));
        }
        let non_member = self.non_member_sales.as_ref().map(|of_them| of_book("/non_member_sales", of_them, book));
        let non_member = non_member.transpose()?.unwrap_or(0);
        if non_member > sales {
            return Err(Problem::invalid("/non_member_sales/amount", "no more than the sales"));
        }
        Ok(Trial {
            among: self.among(&rule, book)?,
            rule,
            effective_from: self.rule.effective_from(),
            window_days: self.rule.objection_days(),
            gross: sales,
            non_member,
            surplus,
        })
    }
}

/// What a step takes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviewStep)]
pub struct PreviewStepBody {
    /// Which step of the rule, from 0.
    step: usize,
    /// The kind of the step, as the rule names it.
    #[schema(example = "share")]
    takes: &'static str,
    /// Code of the account that it would go to; null for what goes to members.
    account: Option<String>,
    /// What the steps before have left.
    before: BalanceBody,
    /// What it takes of that.
    amount: BalanceBody,
    /// What it leaves.
    left: BalanceBody,
}

impl PreviewStepBody {
    fn new(step: &Step, taken: &Taken, currency: Currency) -> PreviewStepBody {
        let money = |minor| BalanceBody::new(minor, currency);
        let (takes, account) = match step {
            Step::FixedCost { to, .. } => ("fixed_cost", Some(to.account())),
            Step::Share { to, .. } => ("share", Some(to.account())),
            Step::CapitalInterest { .. } => ("capital_interest", None),
            Step::UntilCap { lender, .. } => ("until_cap", Some(ledger::chart::lender_payable(lender))),
            Step::Members { .. } => ("members", None),
        };
        PreviewStepBody {
            step: taken.step,
            takes,
            account: account.map(|account| account.code),
            before: money(taken.before),
            amount: money(taken.amount),
            left: money(taken.left()),
        }
    }
}

/// What a rule would make of a surplus. Nothing is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationPreview)]
pub struct PreviewBody {
    surplus: BalanceBody,
    /// Each step of the rule, in its order.
    steps: Vec<PreviewStepBody>,
    /// Interest on the members' capital, all together.
    interest: BalanceBody,
    groups: Vec<GroupTotalBody>,
    /// The first hundred by number. Of the book's own members, plain members see themselves only. Who was given has the number of its place,
    /// from 1, and an id that names nobody.
    #[schema(max_items = 100)]
    shares: Vec<ShareBody>,
    /// Whether there are more shares than these.
    more_shares: bool,
}

impl PreviewBody {
    /// `own`: the memberships whose shares are shown; none for all.
    fn new(steps: &[Step], it: &Previewed, currency: Currency, own: Option<&[MemberId]>) -> PreviewBody {
        let money = |minor| BalanceBody::new(minor, currency);
        let shown = it.plan.members.iter().filter(|part| own.is_none_or(|own| own.contains(&part.member)));
        let (shares, more_shares) = share_bodies(shown, currency);
        PreviewBody {
            surplus: money(it.plan.total()),
            steps: it.steps.iter().map(|taken| PreviewStepBody::new(&steps[taken.step], taken, currency)).collect(),
            interest: money(it.plan.interest()),
            groups: group_bodies(&it.plan.outline(), currency),
            shares,
            more_shares,
        }
    }
}

/// Says what a rule that is not published would make of a surplus, step by step, or refuses it as its publication would. What lenders have
/// had, what lies in pots and what capital has been is that of the book as it is now. Nothing is written.
#[utoipa::path(tag = "allocation-rules", operation_id = "preview_allocation_rule",
    params(("book" = String, Path, description = "The cooperative's book")), request_body = PreviewRequest,
    responses((status = 200, description = "What it would make of it", body = PreviewBody)))]
#[post("/v1/cooperatives/{book}/allocation-rules:preview")]
pub(crate) async fn preview(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    request: Body<PreviewRequest>,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rule = request.0.rule.parse("/rule")?;
    request.0.rule.check_currency("/rule", &book)?;
    let (steps, trial) = (rule.steps.clone(), request.0.trial(rule, &book)?);
    let own = match trial.among {
        Among::Members(_) => visible_members(&client, &caller, &book).await?,
        Among::Given(_) => None,
    };
    let previewed = operations::preview(&client, book.id, trial).await.map_err(below_rule)?;
    Ok(HttpResponse::Ok().json(PreviewBody::new(&steps, &previewed, book.currency, own.as_deref())))
}

/// Where a field of the rule stands in the request.
fn below_rule(error: Error) -> Error {
    let Error::Invalid { pointer, message } = error else { return error };
    Error::invalid(format!("/rule{pointer}"), message)
}
