//! A cooperative for whoever may read its book: by which rule its surplus is divided, what the last division came to step by step, and
//! what lies in its reserve and its members' capital. Of members it says how many there are and what their groups share, never who.

use super::pictures::{StepBar, Taken};
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use crate::auth::MaybeCaller;
use crate::handlers::cooperatives::distribution_body::groups;
use crate::problem::Problem;
use crate::state::State;
use crate::visibility;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::book::AccountClass;
use ledger::cooperatives::rules::allocation_rule::{AllocationRule, Base, Patronage, Pot, Step};
use ledger::cooperatives::rules::cooperative::Percent;
use ledger::cooperatives::rules::distribution::{Distribution, DistributionState};
use ledger::cooperatives::rules::waterfall::Recipient;
use ledger::cooperatives::store::{allocation_rules, distributions};
use ledger::engine::store::balances;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::{BookRef, DistributionId, OrganisationId};
use ledger::money::Currency;
use ledger::parties::store::organisations;
use serde::Serialize;

/// States of a distribution that is in the book.
pub(super) const POSTED: &[&str] = &["posted", "paid", "statements_issued"];

/// States of a distribution that members see and that is not in the book yet.
const UNDER_WAY: &[&str] = &["objection", "objected", "approved"];

#[derive(Template, Serialize)]
#[template(path = "cooperative.html")]
struct CooperativePage {
    book: BookRef,
    name: String,
    host: String,
    /// Where somebody asks to join it; none where it takes no requests.
    #[serde(skip)]
    joined_at: Option<OrganisationId>,
    as_of: Day,
    /// The rule in force; none where none is.
    rule: Option<RuleView>,
    /// The last distribution that is in the book.
    last: Option<DistributionView>,
    /// The one that is before the members.
    next: Option<NextView>,
    held: Vec<(&'static str, Amount, &'static str)>,
}

/// A version of the rule, in words.
#[derive(Serialize)]
struct RuleView {
    version: i32,
    effective_from: Day,
    window_days: u16,
    steps: Vec<String>,
    sha256: String,
}

#[derive(Serialize)]
struct DistributionView {
    id: DistributionId,
    from: Day,
    to: Day,
    rule_version: i32,
    net: Amount,
    rows: Vec<Row>,
    entry: Option<i64>,
}

/// A line of the waterfall.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) amount: Amount,
    #[serde(skip)]
    pub(super) bar: StepBar,
    pub(super) is_sum: bool,
}

#[derive(Serialize)]
struct NextView {
    from: Day,
    to: Day,
    net: Amount,
    /// Who must do what, and until when.
    waits: String,
}

impl Twinned for CooperativePage {
    fn sheet(&self) -> Sheet {
        let row = |what: &str, amount: Amount| vec![what.to_owned(), amount.plain(), amount.code()];
        let parts = self.last.iter().flat_map(|last| last.rows.iter().map(|it| row(&it.what, it.amount)));
        let held = self.held.iter().map(|(name, amount, _)| row(name, *amount));
        Sheet { columns: vec!["what", "amount", "currency"], rows: parts.chain(held).collect() }
    }
}

fn pot(to: &Pot) -> String {
    match to {
        Pot::Reserve => "the indivisible reserve".to_owned(),
        Pot::DevelopmentFund => "the development fund".to_owned(),
        Pot::Fund(name) => format!("the fund {name}"),
    }
}

fn base(of: Base) -> &'static str {
    match of {
        Base::Gross => "sales",
        Base::Net => "the surplus",
    }
}

/// A percentage without zeros that say nothing: `12.5 %`.
fn part(of: Percent) -> String {
    let written = of.to_string();
    let short = if written.contains('.') { written.trim_end_matches('0').trim_end_matches('.') } else { &written };
    format!("{short} %")
}

/// A step of a rule, in words.
fn in_words(step: &Step, currency: Currency) -> String {
    match step {
        Step::FixedCost { purpose, amount, to } => {
            format!("{} for {purpose}, to {}", Amount::of(*amount, currency), pot(to))
        }
        Step::Share { of, percent, to } => format!("{} of {} to {}", part(*percent), base(*of), pot(to)),
        Step::UntilCap { of, percent, lender, lent, cap } => format!(
            "{} of {} to the lender {lender}, until {} of {} have come back",
            part(*percent),
            base(*of),
            part(*cap),
            Amount::of(*lent, currency)
        ),
        Step::Members { groups, retained } => {
            let by = |by| match by {
                Patronage::Equal => "each the same",
                Patronage::Hours => "by hours",
            };
            let group = |it: &ledger::cooperatives::rules::allocation_rule::Group| {
                format!("{} {} ({})", part(it.percent), it.group, by(it.by))
            };
            let groups: Vec<_> = groups.iter().map(group).collect();
            let stays = match *retained {
                Percent::ZERO => String::new(),
                retained => format!("; {} of it stay as their capital", part(retained)),
            };
            format!("what is left, to the members: {}{stays}", groups.join(", "))
        }
    }
}

impl RuleView {
    fn new(rule: &AllocationRule, currency: Currency) -> RuleView {
        RuleView {
            version: rule.version,
            effective_from: Day(rule.effective_from),
            window_days: rule.window_days,
            steps: rule.rule.steps.iter().map(|step| in_words(step, currency)).collect(),
            sha256: hex::encode(rule.digest),
        }
    }
}

impl DistributionView {
    fn new(it: &Distribution) -> DistributionView {
        DistributionView {
            id: it.id,
            from: Day(it.period.from),
            to: Day(it.period.to),
            rule_version: it.rule_version,
            net: Amount::of(it.net(), it.currency),
            rows: waterfall(it),
            entry: it.state.posting().map(|posting| posting.entry),
        }
    }
}

/// From sales to what each group shares, top to bottom: what is taken first lies at the right end of what there was.
pub(super) fn waterfall(it: &Distribution) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut left = it.sales;
    let mut add = |what: String, taken: Taken, from: i64, amount: i64| {
        let is_sum = taken == Taken::Whole;
        let bar = StepBar::new(taken, from, amount.abs(), it.sales);
        rows.push(Row { what, amount: Amount::of(amount, it.currency), bar, is_sum });
    };
    add("Sales".to_owned(), Taken::Whole, 0, it.sales);
    for (what, amount) in [("Costs", it.costs), ("Losses of earlier periods", it.loss_before)] {
        left -= amount;
        if amount > 0 {
            add(what.to_owned(), Taken::Lost, left, -amount);
        }
    }
    add("Surplus".to_owned(), Taken::Whole, 0, it.net());
    for part in &it.plan.steps {
        left -= part.amount;
        let what = match &part.to {
            Recipient::Pot(to) => format!("To {}", pot(to)),
            Recipient::Lender(name) => format!("To the lender {name}"),
        };
        add(what, Taken::Part, left, part.amount);
    }
    for (group, (members, amount)) in groups(&it.plan.members) {
        left -= amount;
        let who = if members == 1 { "1 member".to_owned() } else { format!("{members} members") };
        add(format!("To {group}, {who}"), Taken::Part, left, amount);
    }
    rows
}

impl NextView {
    fn new(it: &Distribution, book: &Book) -> NextView {
        let day = |at| Day(book.day_of(at)).to_string();
        let waits = match &it.state {
            DistributionState::Objection { until } => format!(
                "Members may object until {}. Somebody who did not draft it must approve it by {}, or it is withdrawn.",
                day(*until),
                it.state.deadline().map(day).unwrap_or_default()
            ),
            DistributionState::Objected { answer_until, .. } => {
                format!("A member objected. Who approves it must answer by {}, or it is withdrawn.", day(*answer_until))
            }
            DistributionState::Approved { until, .. } => {
                format!("It is approved. Members may object until {}; then it is posted.", day(*until))
            }
            DistributionState::Draft { .. }
            | DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => String::new(),
        };
        let (from, to) = (Day(it.period.from), Day(it.period.to));
        NextView { from, to, net: Amount::of(it.net(), it.currency), waits }
    }
}

/// What lies where, over all members.
async fn held(client: &impl GenericClient, book: &Book) -> Result<Vec<(&'static str, Amount, &'static str)>, Error> {
    let mut rows = Vec::new();
    for (name, class, meaning) in [
        ("Reserve", AccountClass::Reserve, "indivisible: it is never paid to members"),
        ("Development", AccountClass::DevelopmentFund, "the parts of surpluses that pay for what comes next"),
        ("Members\u{2019} capital", AccountClass::MemberCapital, "their shares that stayed in the cooperative"),
    ] {
        let minor = balances::of_class(client, book.id, class, book.currency.code()).await?;
        rows.push((name, Amount::of(minor, book.currency), meaning));
    }
    Ok(rows)
}

impl CooperativePage {
    /// None where the book is no cooperative's: it has no rule and divided nothing.
    async fn of(client: &impl GenericClient, book: &Book) -> Result<CooperativePage, Error> {
        let today = book.today(ledger::calendar::now());
        let rule = allocation_rules::in_force(client, book.id, today).await?;
        let last = distributions::youngest(client, book.id, POSTED).await?;
        let next = distributions::youngest(client, book.id, UNDER_WAY).await?;
        if rule.is_none() && last.is_none() && next.is_none() {
            return Err(Error::NotFound("cooperative"));
        }
        let host = organisations::find(client, book.organisation).await?.ok_or(Error::NotFound("cooperative"))?;
        Ok(CooperativePage {
            book: book.reference(),
            name: book.name.clone(),
            joined_at: Some(host.id).filter(|_| host.kind.takes_join_requests()),
            host: host.name,
            as_of: Day(today),
            rule: rule.as_ref().map(|rule| RuleView::new(rule, book.currency)),
            last: last.as_ref().map(DistributionView::new),
            next: next.as_ref().map(|next| NextView::new(next, book)),
            held: held(client, book).await?,
        })
    }
}

/// Shows a cooperative.
#[route("/cooperatives/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<BookRef>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    let (book, _) = visibility::read(&client, &caller, asked.id).await?;
    let shown = CooperativePage::of(&client, &book).await?;
    drop(client);
    respond(&request, asked.form, &shown, book.visibility == Visibility::Public)
}
