//! Versions of a cooperative's allocation rule.

use super::members::cooperative;
use crate::auth::Caller;
use crate::extract::{Params, objects};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::wire::{MoneyBody, bounded, parse};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::Error;
use ledger::cooperatives::rules::allocation_rule::{
    AllocationRule, Base, Group, Losses, Minima, MinimumService, Rule, SERVICE_MAX, Step, Target,
};
use ledger::cooperatives::rules::contribution::Unit;
use ledger::cooperatives::rules::cooperative::{Percent, Worth};
use ledger::cooperatives::rules::minima;
use ledger::cooperatives::rules::valuation::Valuation;
use ledger::cooperatives::store::allocation_rules;
use ledger::engine::store::books::Book;
use ledger::id::{AllocationRuleId, BookRef};
use ledger::money::Currency;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A group of members and its part of what is left.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocationGroup)]
pub struct GroupBody {
    /// Short name, such as `workers`.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "workers")]
    group: String,
    /// Its part; those of all groups make exactly 100.
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "80")]
    percent: String,
    /// How its members share: `equal`; by what is attested, `hours`, `units` that were made or `points`; by `indexed_hours`, which are hours
    /// times the index that the member had on their day; by the `value` of all that is attested, as the rule's `values` say; or by `capital` as it
    /// was when the period began. More ways come within `/v1`: pass over those that you do not know.
    #[schema(pattern = "^(equal|hours|capital|units|points|indexed_hours|value)$", example = "hours")]
    by: String,
    /// For how long somebody must have been there to share in it; when it is not given, whoever is of the group shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    served: Option<ServedBody>,
}

/// For how long somebody must have been there, as a member, on probation or as an employee: at least one of the two is given, and either is enough.
/// Whole months.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MinimumService)]
pub struct ServedBody {
    /// Within the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 12, example = 3)]
    months_of_period: Option<u16>,
    /// In all, by the end of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 600, example = 6)]
    months_in_all: Option<u16>,
}

impl ServedBody {
    fn parse(&self, at: &str) -> Result<MinimumService, Problem> {
        for (name, months, most) in
            [("months_of_period", self.months_of_period, 12), ("months_in_all", self.months_in_all, SERVICE_MAX)]
        {
            if months.is_some_and(|months| !(1..=most).contains(&months)) {
                return Err(Problem::invalid(format!("{at}/{name}"), format!("1 to {most}")));
            }
        }
        if (self.months_of_period, self.months_in_all) == (None, None) {
            return Err(Problem::invalid(at, "say how many months of the period, or in all"));
        }
        Ok(MinimumService { in_period: self.months_of_period, in_all: self.months_in_all })
    }
}

/// How full a pot becomes: a step takes no more than what lacks of it. One of the two.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocationTarget)]
pub struct TargetBody {
    /// So much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<MoneyBody>,
    /// `true`: as much as the capital of all members together has ever been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    highest_capital: Option<bool>,
}

impl TargetBody {
    fn parse(&self, at: &str) -> Result<Target, Problem> {
        match (&self.amount, self.highest_capital) {
            (Some(amount), None) => Ok(Target::Amount(amount.parse(&format!("{at}/amount"))?.minor())),
            (None, Some(true)) => Ok(Target::HighestCapital),
            (Some(_) | None, Some(_) | None) => {
                Err(Problem::invalid(at, "name an amount, or say that highest_capital is true, and only one of them"))
            }
        }
    }

    fn new(target: Target, currency: Currency) -> TargetBody {
        match target {
            Target::Amount(minor) => TargetBody { amount: Some(money(minor, currency)), highest_capital: None },
            Target::HighestCapital => TargetBody { amount: None, highest_capital: Some(true) },
        }
    }
}

fn money(minor: i64, currency: Currency) -> MoneyBody {
    MoneyBody { amount: currency.format(minor), currency: currency.code().to_owned() }
}

/// One step of a rule. A step never takes more than what is left.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields, remote = "Self")]
#[schema(as = AllocationStep)]
pub enum StepBody {
    /// A fixed amount, set aside before anything is shared.
    FixedCost {
        /// What it is for.
        #[schema(min_length = 1, max_length = 200)]
        purpose: String,
        /// How much.
        #[serde(deserialize_with = "objects")]
        amount: MoneyBody,
        /// `reserve`, `development_fund`, or `fund:` and a short name.
        #[schema(max_length = 45, example = "fund:workshop")]
        to: String,
    },
    /// A percentage of gross (sales), of net (the result), or of what the steps before have left.
    Share {
        /// `gross`, `net` or `left`.
        #[schema(pattern = "^(gross|net|left)$", example = "net")]
        of: String,
        /// How much of it.
        #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "10")]
        percent: String,
        /// `reserve`, `development_fund`, or `fund:` and a short name.
        #[schema(max_length = 45, example = "development_fund")]
        to: String,
        /// How full the pot becomes by it; when it is not given, the step takes its part however full the pot is.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "objects")]
        until: Option<TargetBody>,
        /// Whether it takes only of what business with others than members has brought: of what is left (`of` is `left` then), the part that
        /// sales marked `non_member` have of all sales.
        #[serde(default, skip_serializing_if = "is_false")]
        non_member: bool,
    },
    /// Interest on the members' capital as it was when the period began, in proportion to it; also for those who have left and whose
    /// capital is still there. It is paid out with the shares.
    CapitalInterest {
        /// `gross`, `net` or `left`.
        #[schema(pattern = "^(gross|net|left)$", example = "net")]
        of: String,
        /// How much of it goes to interest at most.
        #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "40")]
        percent: String,
        /// The most interest on the capital in percent a year, by the days of the period over 365; when it is not given, the percentage
        /// above alone says how much it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "7.5")]
        rate: Option<String>,
    },
    /// A percentage for a lender, until the lender has had its cap.
    UntilCap {
        /// `gross`, `net` or `left`.
        #[schema(pattern = "^(gross|net|left)$", example = "net")]
        of: String,
        /// How much of it.
        #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "5")]
        percent: String,
        /// Short name of the lender: a pseudonym.
        #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "seed-2026")]
        lender: String,
        /// What was lent.
        #[serde(deserialize_with = "objects")]
        lent: MoneyBody,
        /// How much of it comes back at most, in percent.
        #[schema(max_length = 12, pattern = r"^[0-9]{1,9}(\.[0-9]{1,2})?$", example = "120")]
        cap: String,
    },
    /// What is left, for the members: the last step, and no other.
    Members {
        /// Who shares, and how.
        #[serde(deserialize_with = "objects")]
        #[schema(min_items = 1, max_items = 20)]
        groups: Vec<GroupBody>,
        /// The part of each member's share, in percent, that stays in the cooperative as the member's capital.
        #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "0")]
        retained: Option<String>,
    },
}

ledger::tagged!(StepBody);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(it: &bool) -> bool {
    !*it
}

/// What a percentage is taken of, by the words of the contract.
fn base(at: &str, text: &str) -> Result<Base, Problem> {
    match parse(at, text)? {
        of @ (Base::Gross | Base::Net | Base::Left) => Ok(of),
        Base::NonMember => Err(Problem::invalid(at, "gross, net or left")),
    }
}

impl StepBody {
    fn parse(&self, at: &str) -> Result<Step, Problem> {
        let field = |name: &str| format!("{at}/{name}");
        Ok(match self {
            StepBody::FixedCost { purpose, amount, to } => Step::FixedCost {
                purpose: bounded(&field("purpose"), purpose, text::NAME)?,
                amount: amount.parse(&field("amount"))?.minor(),
                to: parse(&field("to"), to)?,
            },
            StepBody::Share { of, percent, to, until, non_member } => Step::Share {
                of: match (base(&field("of"), of)?, *non_member) {
                    (of, false) => of,
                    (Base::Left, true) => Base::NonMember,
                    (Base::Gross | Base::Net | Base::NonMember, true) => {
                        return Err(Problem::invalid(
                            field("of"),
                            "what others than members brought is taken of what is left",
                        ));
                    }
                },
                percent: parse(&field("percent"), percent)?,
                to: parse(&field("to"), to)?,
                until: until.as_ref().map(|target| target.parse(&field("until"))).transpose()?,
            },
            StepBody::CapitalInterest { of, percent, rate } => Step::CapitalInterest {
                of: base(&field("of"), of)?,
                percent: parse(&field("percent"), percent)?,
                rate: rate.as_deref().map(|text| parse(&field("rate"), text)).transpose()?,
            },
            StepBody::UntilCap { of, percent, lender, lent, cap } => Step::UntilCap {
                of: base(&field("of"), of)?,
                percent: parse(&field("percent"), percent)?,
                lender: lender.clone(),
                lent: lent.parse(&field("lent"))?.minor(),
                cap: parse(&field("cap"), cap)?,
            },
            StepBody::Members { groups, retained } => {
                let group = |(index, body): (usize, &GroupBody)| -> Result<Group, Problem> {
                    let field = |name: &str| format!("{at}/groups/{index}/{name}");
                    Ok(Group {
                        group: body.group.clone(),
                        percent: parse(&field("percent"), &body.percent)?,
                        by: parse(&field("by"), &body.by)?,
                        served: body.served.as_ref().map(|least| least.parse(&field("served"))).transpose()?,
                    })
                };
                let retained = retained.as_deref().map(|text| parse(&field("retained"), text)).transpose()?;
                Step::Members {
                    groups: groups.iter().enumerate().map(group).collect::<Result<_, _>>()?,
                    retained: retained.unwrap_or(Percent::ZERO),
                }
            }
        })
    }

    /// The currency of its amounts, with where it stands.
    fn currency(&self, at: &str) -> Option<(String, &str)> {
        match self {
            StepBody::FixedCost { amount, .. } => Some((format!("{at}/amount/currency"), &amount.currency)),
            StepBody::UntilCap { lent, .. } => Some((format!("{at}/lent/currency"), &lent.currency)),
            StepBody::Share { until: Some(TargetBody { amount: Some(amount), .. }), .. } => {
                Some((format!("{at}/until/amount/currency"), &amount.currency))
            }
            StepBody::Share { .. } | StepBody::CapitalInterest { .. } | StepBody::Members { .. } => None,
        }
    }

    fn new(step: Step, currency: Currency) -> StepBody {
        let money = |minor: i64| money(minor, currency);
        match step {
            Step::FixedCost { purpose, amount, to } => {
                StepBody::FixedCost { purpose, amount: money(amount), to: to.to_string() }
            }
            Step::Share { of, percent, to, until } => StepBody::Share {
                non_member: of == Base::NonMember,
                of: if of == Base::NonMember { Base::Left } else { of }.to_string(),
                percent: percent.to_string(),
                to: to.to_string(),
                until: until.map(|target| TargetBody::new(target, currency)),
            },
            Step::CapitalInterest { of, percent, rate } => StepBody::CapitalInterest {
                of: of.to_string(),
                percent: percent.to_string(),
                rate: rate.map(|rate| rate.to_string()),
            },
            Step::UntilCap { of, percent, lender, lent, cap } => StepBody::UntilCap {
                of: of.to_string(),
                percent: percent.to_string(),
                lender,
                lent: money(lent),
                cap: cap.to_string(),
            },
            Step::Members { groups, retained } => StepBody::Members {
                groups: groups
                    .into_iter()
                    .map(|group| GroupBody {
                        group: group.group,
                        percent: group.percent.to_string(),
                        by: group.by.to_string(),
                        served: group
                            .served
                            .map(|least| ServedBody { months_of_period: least.in_period, months_in_all: least.in_all }),
                    })
                    .collect(),
                retained: Some(retained.to_string()),
            },
        }
    }
}

/// What one of something that members contribute is worth, in a group that shares by `value`. A worth is a weight: only proportions count.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocationValue)]
pub struct ValuationBody {
    /// In what it is counted: `hours`, `units`, `points`, `use` or `in_kind`.
    #[schema(pattern = "^(hours|units|points|use|in_kind)$", example = "use")]
    unit: String,
    /// The kind of what was used or given; when it is not given, all kinds that no other valuation names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9-]{0,39}$", example = "laser")]
    kind: Option<String>,
    /// How much one counts: a decimal string, exact to the hundredth; 0.01 to 100000.
    #[schema(max_length = 9, pattern = r"^[0-9]{1,6}(\.[0-9]{1,2})?$", example = "6.00")]
    worth: String,
}

impl ValuationBody {
    fn parse(&self, at: &str) -> Result<Valuation, Problem> {
        Ok(Valuation {
            unit: parse(&format!("{at}/unit"), &self.unit)?,
            kind: self.kind.clone(),
            worth: parse(&format!("{at}/worth"), &self.worth)?,
        })
    }

    fn all(values: Vec<Valuation>) -> Vec<ValuationBody> {
        let body = |Valuation { unit, kind, worth }| ValuationBody {
            unit: Unit::to_string(&unit),
            kind,
            worth: Worth::to_string(&worth),
        };
        values.into_iter().map(body).collect()
    }
}

/// Who bears a loss. The members bear what the reserve does not: in the groups of the last step, and as those share a surplus, by their
/// capital. What a capital cannot bear stands against the member's next shares.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AllocationLosses)]
pub struct LossesBody {
    /// The part of a loss, in percent, that the reserve bears, as far as it has so much: 100 for the reserve first, 0 for the members alone.
    #[schema(max_length = 6, pattern = r"^[0-9]{1,3}(\.[0-9]{1,2})?$", example = "50")]
    reserve: String,
}

/// A version to be published.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAllocationRule {
    /// It holds for periods that end on this day or later, until a younger version does.
    effective_from: Date,
    /// Days in which members may object to a distribution by it; 7 when it is not given.
    #[schema(minimum = 1, maximum = 90)]
    objection_days: Option<u16>,
    /// In order; the last one is for the members.
    #[schema(min_items = 1, max_items = 20)]
    steps: Vec<StepBody>,
    /// The set of legal minima that it has to keep: `fr-scop`, `fr-scic`, `it-prevalente` or `us-t`; when it is not given, none is looked at.
    /// `GET /v1/allocation-rule-presets` says what each demands. Which law holds for the cooperative, it knows itself.
    #[serde(default)]
    #[schema(pattern = "^(fr-scop|fr-scic|it-prevalente|us-t)$", example = "fr-scop")]
    minima: Option<String>,
    /// Who bears a loss; when it is not given, the next result does.
    #[serde(default)]
    losses: Option<LossesBody>,
    /// For how many months after the end of a period the shares that it retained stay at least; when it is not given, they may be redeemed
    /// at once.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 600)]
    hold_months: Option<u16>,
    /// From which day on the work of members counts: `admission`, their first day as members; or `first_day`, that of the probation before
    /// it. When it is not given, it is `admission`.
    #[serde(default)]
    #[schema(pattern = "^(admission|first_day)$", example = "admission")]
    counts_from: Option<String>,
    /// What the notices of retained shares are to the tax of the United States: `qualified`, of which at most 80 % is retained, or
    /// `non_qualified`. When it is not given, none is qualified. `GET /v1/cooperatives/{book}/tax-years/{year}` counts by it.
    #[serde(default)]
    #[schema(pattern = "^(qualified|non_qualified)$", example = "qualified")]
    notices: Option<String>,
    /// How many times as much as the lowest index of members their highest one may be: a decimal string, 1 to 10000, exact to the hundredth. The indices that
    /// are set have to keep it when the rule is published, and each that is set later, from its first day on.
    #[serde(default)]
    #[schema(max_length = 8, pattern = r"^[0-9]{1,5}(\.[0-9]{1,2})?$", example = "4.5")]
    pay_ratio: Option<String>,
    /// What contributions are worth, where a group shares by `value`; and nowhere else.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "objects")]
    #[schema(max_items = 50)]
    values: Vec<ValuationBody>,
}

impl NewAllocationRule {
    /// A rule that is not published yet, as it was given.
    pub(crate) fn of(rule: Rule, effective_from: Date, objection_days: u16, currency: Currency) -> NewAllocationRule {
        NewAllocationRule {
            effective_from,
            objection_days: Some(objection_days),
            steps: rule.steps.into_iter().map(|step| StepBody::new(step, currency)).collect(),
            minima: rule.minima.map(|minima| minima.to_string()),
            losses: rule.losses.map(|losses| LossesBody { reserve: losses.reserve.to_string() }),
            hold_months: rule.hold_months,
            counts_from: rule.counts_from.map(|day| day.to_string()),
            notices: rule.notices.map(|notices| notices.to_string()),
            pay_ratio: rule.pay_ratio.map(|ratio| ratio.to_string()),
            values: ValuationBody::all(rule.values),
        }
    }

    /// The rule, as far as its words say.
    pub(crate) fn parse(&self, at: &str) -> Result<Rule, Problem> {
        let steps = self.steps.iter().enumerate().map(|(index, step)| step.parse(&format!("{at}/steps/{index}")));
        let minima = self.minima.as_deref().map(|name| parse(&format!("{at}/minima"), name)).transpose()?;
        let losses = |body: &LossesBody| {
            let reserve = parse(&format!("{at}/losses/reserve"), &body.reserve)?;
            Ok::<_, Problem>(Losses { reserve })
        };
        let values = self.values.iter().enumerate().map(|(index, it)| it.parse(&format!("{at}/values/{index}")));
        Ok(Rule {
            values: values.collect::<Result<_, _>>()?,
            steps: steps.collect::<Result<_, _>>()?,
            minima,
            losses: self.losses.as_ref().map(losses).transpose()?,
            hold_months: self.hold_months,
            notices: self.notices.as_deref().map(|word| parse(&format!("{at}/notices"), word)).transpose()?,
            pay_ratio: self.pay_ratio.as_deref().map(|ratio| parse(&format!("{at}/pay_ratio"), ratio)).transpose()?,
            counts_from: self
                .counts_from
                .as_deref()
                .map(|word| parse(&format!("{at}/counts_from"), word))
                .transpose()?,
        })
    }

    /// Refuses amounts in another currency than that of the book.
    pub(crate) fn check_currency(&self, at: &str, book: &Book) -> Result<(), Error> {
        for (index, step) in self.steps.iter().enumerate() {
            if let Some((pointer, currency)) = step.currency(&format!("{at}/steps/{index}"))
                && currency != book.currency.code()
            {
                return Err(Error::invalid(pointer, format!("the book is kept in {}", book.currency)));
            }
        }
        Ok(())
    }

    /// The day from which it holds.
    pub(crate) fn effective_from(&self) -> Date {
        self.effective_from
    }

    /// Days in which members may object to a distribution by it.
    pub(crate) fn objection_days(&self) -> u16 {
        self.objection_days.unwrap_or(7)
    }
}

/// A version of the allocation rule. It never changes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationRule)]
pub struct AllocationRuleBody {
    #[schema(value_type = String)]
    id: AllocationRuleId,
    version: i32,
    effective_from: Date,
    objection_days: u16,
    steps: Vec<StepBody>,
    /// The set of legal minima that it keeps; null where it names none.
    minima: Option<String>,
    /// Who bears a loss; null where the next result does.
    losses: Option<LossesBody>,
    /// For how many months retained shares stay at least; null where they may be redeemed at once.
    hold_months: Option<u16>,
    /// From which day on the work of members counts: `admission` or `first_day`.
    counts_from: String,
    /// What the notices of retained shares are to a tax: `qualified` or `non_qualified`; null where the rule does not say.
    notices: Option<String>,
    /// How many times as much as the lowest index of members their highest one may be; null where the rule sets no bound.
    pay_ratio: Option<String>,
    /// What contributions are worth, where a group shares by `value`; empty where none does.
    values: Vec<ValuationBody>,
    /// SHA-256 of the steps, with whatever else the rule says.
    digest: String,
    /// When it was published, by the book's clock.
    published_at: Timestamp,
}

impl AllocationRuleBody {
    pub(crate) fn new(it: AllocationRule, currency: Currency) -> AllocationRuleBody {
        AllocationRuleBody {
            id: it.id,
            version: it.version,
            effective_from: it.effective_from,
            objection_days: it.window_days,
            counts_from: it.rule.counts_from().to_string(),
            steps: it.rule.steps.into_iter().map(|step| StepBody::new(step, currency)).collect(),
            notices: it.rule.notices.map(|notices| notices.to_string()),
            pay_ratio: it.rule.pay_ratio.map(|ratio| ratio.to_string()),
            values: ValuationBody::all(it.rule.values),
            minima: it.rule.minima.map(|minima| minima.to_string()),
            losses: it.rule.losses.map(|losses| LossesBody { reserve: losses.reserve.to_string() }),
            hold_months: it.rule.hold_months,
            digest: hex::encode(it.digest),
            published_at: it.published_at,
        }
    }
}

/// Lists the versions.
#[utoipa::path(tag = "allocation-rules",
    params(("book" = String, Path, description = "The cooperative's book"), PageQuery),
    responses((status = 200, description = "A page, by version", body = Page<AllocationRuleBody>)))]
#[get("/v1/cooperatives/{book}/allocation-rules")]
pub(crate) async fn list(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i32>()?;
    let client = state.client().await?;
    let book = cooperative(&client, &caller, *id).await?;
    let rows = allocation_rules::list(&client, book.id, window.after.unwrap_or_default(), window.fetch()).await?;
    let body = |row| AllocationRuleBody::new(row, book.currency);
    Ok(window.page(rows, |row| row.version, body).respond(&http))
}

/// What a set of minima demands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationMinima)]
pub struct MinimaBody {
    /// Its name, as a rule names it.
    name: String,
    version: u16,
    /// The day on which it was written down: laws change.
    as_of: Date,
    /// Where it stands.
    source: String,
    /// What it demands, a sentence each.
    demands: Vec<String>,
}

/// A rule that cooperatives often have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationPreset)]
pub struct PresetBody {
    name: String,
    /// What it does.
    about: String,
    /// Its steps, to be published as they are or changed before.
    steps: Vec<StepBody>,
}

/// What to begin a rule with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllocationPresets)]
pub struct PresetsBody {
    presets: Vec<PresetBody>,
    minima: Vec<MinimaBody>,
}

/// Lists rules to begin with, and the sets of legal minima that a rule may name. They are data and no advice.
#[utoipa::path(tag = "allocation-rules", operation_id = "list_allocation_rule_presets",
    responses((status = 200, description = "All of them", body = PresetsBody)))]
#[get("/v1/allocation-rule-presets")]
pub(crate) async fn presets() -> HttpResponse {
    let preset = |it: minima::Preset| PresetBody {
        name: it.name.to_owned(),
        about: it.about.to_owned(),
        // No preset has an amount.
        steps: it.rule.steps.into_iter().map(|step| StepBody::new(step, Currency::USD)).collect(),
    };
    let minima = |of: &Minima| {
        let set = minima::set(*of);
        MinimaBody {
            name: of.to_string(),
            version: set.version,
            as_of: set.as_of,
            source: set.source.to_owned(),
            demands: set.demands.iter().map(ToString::to_string).collect(),
        }
    };
    HttpResponse::Ok().json(PresetsBody {
        presets: minima::presets().into_iter().map(preset).collect(),
        minima: Minima::ALL.iter().map(minima).collect(),
    })
}
