//! A cooperative for whoever may read its book: by which rule its surplus is divided, what the last division came to step by step, and
//! what lies in its reserve and its members' capital. Of members it says how many there are and what their groups share, never who.

use super::pictures::{StepBar, Taken};
use super::shown::{Amount, Day};
use super::twins::{Asked, Sheet, Twinned, respond};
use crate::auth::MaybeCaller;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::{self, Said};
use crate::visibility;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::book::AccountClass;
use ledger::cooperatives::rules::allocation_rule::{
    AllocationRule, Base, CountsFrom, Patronage, Pot, Rule, Step, Target,
};
use ledger::cooperatives::rules::contribution::Unit;
use ledger::cooperatives::rules::cooperative::Percent;
use ledger::cooperatives::rules::distribution::{Distribution, DistributionState};
use ledger::cooperatives::rules::outline::GroupSum;
use ledger::cooperatives::rules::plan::{Recipient, StepPart};
use ledger::cooperatives::rules::valuation::Valuation;
use ledger::cooperatives::store::{allocation_rules, distributions};
use ledger::engine::store::balances;
use ledger::engine::store::books::{Book, Visibility};
use ledger::governance::store::proposals;
use ledger::id::{BookRef, DistributionId, OrganisationId};
use ledger::money::Currency;
use ledger::parties::store::organisations;
use serde::Serialize;

/// States of a distribution that is in the book.
pub(super) const POSTED: &[&str] = &["posted", "paid", "statements_issued"];

/// So many proposals are looked at for votes that go on, the youngest.
const VOTES_MAX: i64 = 100;

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
    held: Vec<(Said, Amount, Said)>,
    /// What the members vote on now.
    votes: Vec<VoteView>,
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
    #[serde(skip)]
    is_loss: bool,
}

/// A vote that goes on: what it is about is the members' to read.
#[derive(Serialize)]
struct VoteView {
    until: Day,
    publishes_rule: bool,
}

impl Twinned for CooperativePage {
    fn sheet(&self) -> Sheet {
        let row = |what: &str, amount: Amount| vec![what.to_owned(), amount.plain(), amount.code()];
        let parts = self.last.iter().flat_map(|last| last.rows.iter().map(|it| row(&it.what, it.amount)));
        let held = self.held.iter().map(|(name, amount, _)| row(&name.to_string(), *amount));
        Sheet { columns: vec!["what", "amount", "currency"], rows: parts.chain(held).collect() }
    }
}

fn pot(to: &Pot) -> String {
    match to {
        Pot::Reserve => say("cooperative-pot-reserve").to_string(),
        Pot::DevelopmentFund => say("cooperative-pot-development").to_string(),
        Pot::Fund(name) => say("cooperative-pot-fund").with("name", name).to_string(),
    }
}

fn base(of: Base) -> Said {
    match of {
        Base::Gross => say("cooperative-base-sales"),
        Base::Net => say("cooperative-base-surplus"),
        Base::Left => say("cooperative-base-left"),
        Base::NonMember => say("cooperative-base-others"),
    }
}

/// A percentage without zeros that say nothing: `12.5 %`.
fn part(of: Percent) -> String {
    format!("{} %", short(&of.to_string()))
}

/// A number without zeros that say nothing, as the page's language writes it: `12.5`.
fn short(written: &str) -> String {
    let short = if written.contains('.') { written.trim_end_matches('0').trim_end_matches('.') } else { written };
    short.replace('.', &texts::read().marks().1.to_string())
}

/// How full a pot becomes.
fn full(target: Target, currency: Currency) -> Said {
    match target {
        Target::Amount(minor) => say("cooperative-until-amount").with("amount", Amount::of(minor, currency)),
        Target::HighestCapital => say("cooperative-until-capital"),
    }
}

/// A step of a rule, in words.
pub(super) fn in_words(step: &Step, currency: Currency) -> String {
    match step {
        Step::FixedCost { purpose, amount, to } => say("cooperative-step-fixed")
            .with("amount", Amount::of(*amount, currency))
            .with("purpose", purpose)
            .with("pot", pot(to))
            .to_string(),
        Step::Share { of, percent, to, until } => {
            let share =
                say("cooperative-step-share").with("part", part(*percent)).with("base", base(*of)).with("pot", pot(to));
            match until {
                None => share.to_string(),
                Some(target) => format!("{share}, {}", full(*target, currency)),
            }
        }
        Step::CapitalInterest { of, percent, rate } => {
            let most = say("cooperative-step-on-capital").with("part", part(*percent)).with("base", base(*of));
            match rate {
                None => most.to_string(),
                Some(rate) => format!("{most}, {}", say("cooperative-step-rate").with("rate", part(*rate))),
            }
        }
        Step::UntilCap { of, percent, lender, lent, cap } => say("cooperative-step-lender")
            .with("part", part(*percent))
            .with("base", base(*of))
            .with("lender", lender)
            .with("cap", part(*cap))
            .with("lent", Amount::of(*lent, currency))
            .to_string(),
        Step::Members { groups, retained } => {
            let by = |by| match by {
                Patronage::Equal => say("cooperative-each-same"),
                Patronage::Hours => say("cooperative-by-hours"),
                Patronage::Capital => say("cooperative-by-capital"),
                Patronage::Units => say("cooperative-by-units"),
                Patronage::Points => say("cooperative-by-points"),
                Patronage::IndexedHours => say("cooperative-by-indexed-hours"),
                Patronage::Value => say("cooperative-by-value"),
            };
            let group = |it: &ledger::cooperatives::rules::allocation_rule::Group| {
                format!("{} {} ({})", part(it.percent), it.group, by(it.by))
            };
            let groups: Vec<_> = groups.iter().map(group).collect();
            let stays = match *retained {
                Percent::ZERO => String::new(),
                retained => {
                    format!("; {}", say("cooperative-step-stays").with("part", part(retained)))
                }
            };
            let left = say("cooperative-step-members").with("groups", groups.join(", "));
            format!("{left}{stays}")
        }
    }
}

/// What a rule says besides its steps: who bears a loss, for how long retained shares stay, whether work on probation counts, and how far indices may lie apart.
fn besides(rule: &Rule) -> impl Iterator<Item = String> {
    let losses = rule.losses.map(|losses| match losses.reserve {
        Percent::ZERO => say("cooperative-rule-losses-members").to_string(),
        reserve => say("cooperative-rule-losses").with("part", part(reserve)).to_string(),
    });
    let hold =
        rule.hold_months.map(|months| say("cooperative-rule-hold").with("months", i64::from(months)).to_string());
    let probation = match rule.counts_from() {
        CountsFrom::Admission => None,
        CountsFrom::FirstDay => Some(say("cooperative-rule-probation").to_string()),
    };
    let ratio =
        rule.pay_ratio.map(|ratio| say("cooperative-rule-ratio").with("ratio", short(&ratio.to_string())).to_string());
    losses.into_iter().chain(hold).chain(probation).chain(ratio).chain(worths(&rule.values))
}

/// What contributions are worth, all in one sentence; none where nobody shares by it.
fn worths(values: &[Valuation]) -> Option<String> {
    let what = |value: &Valuation| match (value.unit, &value.kind) {
        (Unit::Hours, _) => say("cooperative-worth-hours"),
        (Unit::Units, _) => say("cooperative-worth-units"),
        (Unit::Points, _) => say("cooperative-worth-points"),
        (Unit::Use, None) => say("cooperative-worth-any-use"),
        (Unit::Use, Some(kind)) => say("cooperative-worth-use").with("kind", kind),
        (Unit::InKind, None) => say("cooperative-worth-any-things"),
        (Unit::InKind, Some(kind)) => say("cooperative-worth-things").with("kind", kind),
    };
    let one = |value: &Valuation| {
        let worth = texts::read().decimal(&value.worth.to_string());
        say("cooperative-worth").with("what", what(value)).with("worth", worth).to_string()
    };
    let all: Vec<String> = values.iter().map(one).collect();
    (!all.is_empty()).then(|| say("cooperative-values").with("values", all.join(", ")).to_string())
}

impl RuleView {
    fn new(rule: &AllocationRule, currency: Currency) -> RuleView {
        RuleView {
            version: rule.version,
            effective_from: Day(rule.effective_from),
            window_days: rule.window_days,
            steps: rule.rule.steps.iter().map(|step| in_words(step, currency)).chain(besides(&rule.rule)).collect(),
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

/// Whom a step gives its part to.
pub(super) fn recipient(part: &StepPart, currency: Currency) -> Said {
    match &part.to {
        Recipient::Pot(to) => say("cooperative-to").with("who", pot(to)),
        Recipient::Lender(name) if part.principal > 0 => {
            let principal = Amount::of(part.principal, currency);
            say("cooperative-to-lender-of-loan").with("name", name).with("principal", principal)
        }
        Recipient::Lender(name) => say("cooperative-to-lender").with("name", name),
    }
}

/// From sales to what each group shares, top to bottom: what is taken first lies at the right end of what there was.
pub(super) fn waterfall(it: &Distribution) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut left = it.sales + it.other_income;
    let whole = left.max(it.costs + it.other_costs + it.loss_before);
    let mut add = |what: String, taken: Taken, from: i64, amount: i64| {
        let is_sum = taken == Taken::Whole;
        let bar = StepBar::new(taken, from, amount.abs(), whole);
        rows.push(Row { what, amount: Amount::of(amount, it.currency), bar, is_sum });
    };
    add(say("cooperative-sales").to_string(), Taken::Whole, 0, it.sales);
    if it.other_income > 0 {
        add(say("cooperative-other-income").to_string(), Taken::Whole, it.sales, it.other_income);
    }
    for (what, amount) in [
        (say("cooperative-costs"), it.costs),
        (say("cooperative-other-costs"), it.other_costs),
        (say("cooperative-losses"), it.loss_before),
    ] {
        left -= amount;
        if amount > 0 {
            add(what.to_string(), Taken::Lost, left, -amount);
        }
    }
    if it.plan.loss() > 0 {
        add(say("cooperative-loss").to_string(), Taken::Whole, 0, it.net());
        let (groups, mut from) = (&it.plan.groups, 0);
        for (text, amount) in [
            ("cooperative-borne-by-reserve", it.plan.from_reserve),
            ("cooperative-borne-by-capital", groups.iter().map(GroupSum::from_capital).sum()),
            ("cooperative-stands", groups.iter().map(|group| group.stands).sum()),
        ] {
            if amount > 0 {
                add(say(text).to_string(), Taken::Part, from, amount);
                from += amount;
            }
        }
        return rows;
    }
    add(say("cooperative-surplus").to_string(), Taken::Whole, 0, it.net());
    for part in &it.plan.steps {
        left -= part.amount;
        add(recipient(part, it.currency).to_string(), Taken::Part, left, part.amount);
    }
    let interest = it.plan.interest();
    if interest > 0 {
        left -= interest;
        add(say("cooperative-to-capital").to_string(), Taken::Part, left, interest);
    }
    for group in it.plan.groups.iter().filter(|group| group.sharing > 0) {
        left -= group.shared();
        let to = say("cooperative-to-group").with("group", &group.group).with("members", group.sharing);
        add(to.to_string(), Taken::Part, left, group.shared());
    }
    rows
}

impl NextView {
    fn new(it: &Distribution, book: &Book) -> NextView {
        let day = |at| Day(book.day_of(at)).to_string();
        let waits = match &it.state {
            DistributionState::Objection { until } => say("cooperative-waits-objection")
                .with("day", day(*until))
                .with("deadline", it.state.deadline().map(day).unwrap_or_default())
                .to_string(),
            DistributionState::Objected { answer_until, .. } => {
                say("cooperative-waits-objected").with("day", day(*answer_until)).to_string()
            }
            DistributionState::Approved { until, .. } => {
                say("cooperative-waits-approved").with("day", day(*until)).to_string()
            }
            DistributionState::Draft { .. }
            | DistributionState::Posted(_)
            | DistributionState::Paid(_)
            | DistributionState::StatementsIssued(_)
            | DistributionState::Reversing { .. }
            | DistributionState::Reversed { .. }
            | DistributionState::Withdrawn { .. } => String::new(),
        };
        let (from, to) = (Day(it.period.from), Day(it.period.to));
        NextView { from, to, net: Amount::of(it.net(), it.currency), waits, is_loss: it.net() < 0 }
    }
}

/// What lies where, over all members.
async fn held(client: &impl GenericClient, book: &Book) -> Result<Vec<(Said, Amount, Said)>, Error> {
    let mut rows = Vec::new();
    for (name, class, meaning) in [
        ("cooperative-held-reserve", AccountClass::Reserve, "cooperative-held-reserve-means"),
        ("cooperative-held-development", AccountClass::DevelopmentFund, "cooperative-held-development-means"),
        ("cooperative-held-capital", AccountClass::MemberCapital, "cooperative-held-capital-means"),
    ] {
        let minor = balances::of_class(client, book.id, class, book.currency.code()).await?;
        rows.push((say(name), Amount::of(minor, book.currency), say(meaning)));
    }
    Ok(rows)
}

impl CooperativePage {
    /// None where the book is no cooperative's: it has no rule and divided nothing.
    async fn of(client: &impl GenericClient, book: &Book) -> Result<CooperativePage, Error> {
        let now = book.now(ledger::calendar::now());
        let today = book.day_of(now);
        let rule = allocation_rules::in_force(client, book.id, today).await?;
        let last = distributions::youngest(client, book.id, POSTED).await?;
        let next = distributions::youngest(client, book.id, UNDER_WAY).await?;
        let asked = proposals::list(client, book.id, None, VOTES_MAX).await?;
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
            votes: asked
                .iter()
                .filter(|it| it.check_open(now).is_ok())
                .map(|it| VoteView { until: Day(it.last_day), publishes_rule: it.motion.rule().is_some() })
                .collect(),
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
