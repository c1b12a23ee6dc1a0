//! What a distribution is computed from, gathered from the book and from what was recorded.

use crate::book::AccountClass;
use crate::chart;
use crate::cooperatives::rules::allocation_rule::{Pot, Rule, Target};
use crate::cooperatives::rules::cooperative::{Cooperative, Member, Period, Quantity, Standing};
use crate::cooperatives::rules::inputs::{Inputs, MemberInput};
use crate::cooperatives::rules::valuation;
use crate::cooperatives::store::{distributions, hours, members};
use crate::engine::store::books::Book;
use crate::engine::store::{accounts, balances, journal};
use crate::error::Error;
use crate::id::MemberId;
use crate::reports::store::account_totals::{self, Wanted};
use deadpool_postgres::GenericClient;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap, HashSet};

/// So many accounts of capital are read at once.
const AT_ONCE: i64 = 10_000;

/// What a period has earned and from whom. Amounts are minor units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earned {
    /// The days whose contributions are counted.
    pub(super) period: Period,
    /// Sales.
    pub(super) gross: i64,
    /// How much of them was business with others than members.
    pub(super) non_member: i64,
    /// The result.
    pub(super) net: i64,
}

/// All that the plan of a period is computed from.
pub(super) async fn gather(
    client: &impl GenericClient,
    book: &Book,
    cooperative: &Cooperative,
    rule: &Rule,
    Earned { period, gross, non_member, net }: Earned,
) -> Result<Inputs, Error> {
    // A loss is borne by the capital that is there now, a surplus shared by that of the day before the period.
    let is_loss = net < 0;
    let before = period.from.checked_sub(1.day()).unwrap_or(Date::MIN);
    let mut capital = match (is_loss, rule.asks_for_capital()) {
        (true, _) => of_members(client, book, AccountClass::MemberCapital, None).await?,
        (false, true) => of_members(client, book, AccountClass::MemberCapital, Some(before)).await?,
        (false, false) => HashMap::new(),
    };
    let gathered = people(client, book, (period, rule), &mut capital).await?;
    Ok(Inputs {
        gross,
        net,
        non_member: if rule.asks_for_business() { non_member } else { 0 },
        days: if rule.asks_for_capital() { period.days() } else { 0 },
        former: if is_loss || capital.is_empty() { Vec::new() } else { former(client, book, &capital).await? },
        members: gathered,
        reserve: if is_loss { pot(client, book, &Pot::Reserve).await? } else { 0 },
        ..of_book(client, book, cooperative, rule).await?
    })
}

/// What a rule asks of the book as it is now: what lenders have had, what lies in pots, and what capital has ever been.
pub(super) async fn of_book(
    client: &impl GenericClient,
    book: &Book,
    cooperative: &Cooperative,
    rule: &Rule,
) -> Result<Inputs, Error> {
    let asks_for_most = rule.targets().any(|(_, target)| target == Target::HighestCapital);
    Ok(Inputs {
        repaid: repaid(client, book, rule).await?,
        loans: loans(client, book, rule).await?,
        pots: pots(client, book, rule).await?,
        highest_capital: if asks_for_most { capital_so_far(client, book, cooperative).await? } else { 0 },
        ..Inputs::default()
    })
}

/// The members of a period, and whoever has something attested in it that the rule counts; each with the capital that is taken out of
/// `capital`, and with the indices of the hours where the rule asks for them.
async fn people(
    client: &impl GenericClient,
    book: &Book,
    (period, rule): (Period, &Rule),
    capital: &mut HashMap<i32, i64>,
) -> Result<Vec<MemberInput>, Error> {
    let mut attested = hours::attested(client, book.id, period, rule.counts_from()).await?;
    let carries = distributions::carries(client, book.id).await?;
    let mut stands = of_members(client, book, AccountClass::MemberReceivable, None).await?;
    let mut found: Vec<Member> = members::list_in_period(client, book.id, period).await?;
    let known: HashSet<MemberId> = found.iter().map(|member| member.id).collect();
    for worked in attested.keys().filter(|id| !known.contains(id)) {
        found.push(members::get(client, *worked).await?);
    }
    found.sort_by_key(|member| member.number);
    let input = |member: Member| {
        let done = attested.remove(&member.id).unwrap_or_default();
        MemberInput {
            is_employee: member.standing == Standing::Employee,
            service: rule.asks_for_service().then(|| member.service(period)),
            hours: done.all_hours(),
            units: Quantity::from_hundredths(done.units),
            points: Quantity::from_hundredths(done.points),
            valued: if rule.asks_for_values() { valuation::value(&rule.values, &done.all()) } else { Vec::new() },
            indexed: if rule.asks_for_indices() { done.hours } else { Vec::new() },
            carry: carries.get(&member.id).copied().unwrap_or(0),
            capital: capital.remove(&member.number).unwrap_or(0),
            stands: stands.remove(&member.number).unwrap_or(0),
            ..MemberInput::new(member.id, member.number, member.group)
        }
    };
    Ok(found.into_iter().map(input).collect())
}

/// Those who have capital and no other part in the period: the capital that is left, by number.
async fn former(
    client: &impl GenericClient,
    book: &Book,
    capital: &HashMap<i32, i64>,
) -> Result<Vec<MemberInput>, Error> {
    let carries = distributions::carries(client, book.id).await?;
    let numbers: Vec<i32> = capital.keys().copied().collect();
    let found = members::of_numbers(client, book.id, &numbers).await?;
    let input = |member: Member| MemberInput {
        carry: carries.get(&member.id).copied().unwrap_or(0),
        capital: capital.get(&member.number).copied().unwrap_or(0),
        ..MemberInput::new(member.id, member.number, member.group)
    };
    Ok(found.into_iter().map(input).collect())
}

/// What each lender of a rule has had so far, by short name.
async fn repaid(client: &impl GenericClient, book: &Book, rule: &Rule) -> Result<BTreeMap<String, i64>, Error> {
    let mut repaid = BTreeMap::new();
    for lender in rule.lenders() {
        let had = distributions::allocated(client, book.id, &chart::lender_payable(lender).code).await?;
        repaid.insert(lender.to_owned(), had);
    }
    Ok(repaid)
}

/// What stands of the loans of a rule's lenders, by short name; none of zero.
async fn loans(client: &impl GenericClient, book: &Book, rule: &Rule) -> Result<BTreeMap<String, i64>, Error> {
    let mut loans = BTreeMap::new();
    for lender in rule.lenders() {
        let stands = has(client, book, &chart::loan(lender)).await?;
        if stands > 0 {
            loans.insert(lender.to_owned(), stands);
        }
    }
    Ok(loans)
}

/// What lies in each pot that a rule fills to a target.
async fn pots(client: &impl GenericClient, book: &Book, rule: &Rule) -> Result<BTreeMap<Pot, i64>, Error> {
    let mut pots = BTreeMap::new();
    for (pot, _) in rule.targets() {
        pots.insert(pot.clone(), self::pot(client, book, pot).await?);
    }
    Ok(pots)
}

/// What lies in a pot.
async fn pot(client: &impl GenericClient, book: &Book, pot: &Pot) -> Result<i64, Error> {
    has(client, book, &pot.account()).await
}

/// Whether some accounts of the chart do not have what is needed of them, on their own sides.
pub(super) async fn lack(
    client: &impl GenericClient,
    book: &Book,
    needed: &[(chart::Account, i64)],
) -> Result<bool, Error> {
    if needed.is_empty() {
        return Ok(false);
    }
    let codes: Vec<&str> = needed.iter().map(|(account, _)| account.code.as_str()).collect();
    let has = balances::of_codes(client, book.id, &codes).await?;
    Ok(needed.iter().any(|(account, amount)| has.get(&account.code).copied().unwrap_or(0) < *amount))
}

/// What an account of the chart has, on its own side; 0 for one that is not open.
pub(super) async fn has(client: &impl GenericClient, book: &Book, account: &chart::Account) -> Result<i64, Error> {
    match accounts::find(client, book.id, &account.code).await? {
        Some(found) => Ok(balances::get(client, book.id, found.number).await?.net()),
        None => Ok(0),
    }
}

/// The most that the members' capital has ever been, that of now included.
pub(super) async fn capital_so_far(
    client: &impl GenericClient,
    book: &Book,
    cooperative: &Cooperative,
) -> Result<i64, Error> {
    let now = balances::of_class(client, book.id, AccountClass::MemberCapital, book.currency.code()).await?;
    let now = i64::try_from(now).map_err(|_| Error::inconsistent("capital is more than one account can count"))?;
    Ok(cooperative.capital_most.max(now))
}

/// What the accounts of a class have of each member at the end of a day, or now, by the member's number.
async fn of_members(
    client: &impl GenericClient,
    book: &Book,
    class: AccountClass,
    day: Option<Date>,
) -> Result<HashMap<i32, i64>, Error> {
    let through = journal::last_number(client, book.id).await?;
    let (mut all, mut after) = (HashMap::new(), String::new());
    loop {
        let wanted = Wanted { classes: &[class], even: false, after: &after, under: "", limit: AT_ONCE };
        let page = match day {
            Some(day) => account_totals::until(client, book.id, day, through, wanted).await?,
            None => account_totals::now(client, book.id, through, wanted).await?,
        };
        let Some(last) = page.last() else { return Ok(all) };
        after.clone_from(&last.code);
        let is_last = page.len() < usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        let balances = page.iter().filter(|total| total.unit.code() == book.currency.code());
        all.extend(balances.filter_map(|total| Some((chart::member_of(&total.code)?, total.balance()))));
        if is_last {
            return Ok(all);
        }
    }
}
