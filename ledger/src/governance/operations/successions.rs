//! What a dissolved cooperative leaves to its successor: passed on, and taken back.

use crate::book::{AccountClass, AccountNumber};
use crate::books::operations::{accounts, mirrors};
use crate::cooperatives::operations::{dissolution, members, series};
use crate::cooperatives::rules::cooperative::is_short_name;
use crate::cooperatives::rules::undone::Undone;
use crate::engine::posting;
use crate::engine::store::accounts as account_rows;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::governance::rules::proposal::ProposalState;
use crate::governance::rules::succession::Succession;
use crate::governance::store::{proposals, successions};
use crate::id::{BookId, PersonId, ProposalId, SuccessionId};
use crate::money::{Money, Unit};
use crate::reports::operations::balance_sheet;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What is to be passed on: all of the reserve and of the funds.
#[derive(Debug, Clone)]
pub struct NewSuccession {
    /// The short name of the successor that the bylaws name.
    pub successor: String,
    /// What the members decided.
    pub proposal: ProposalId,
    /// Text for people; never a name.
    pub memo: String,
}

/// Leaves the reserve and all funds to the successor, once members have decided it and everybody else has what is theirs: reserve and funds
/// → lender payable under the successor's name, which is paid out as lenders are.
///
/// # Errors
///
/// `proposal-not-passed`; `debts-stand` while anything is owed, `capital-stands` while members have capital, `result-open` while something is on
/// accounts of the result or the surplus, `nothing-to-pass-on`; `series-under-way` while a distribution is being posted; `not-a-cooperative`, `report-too-large`; what [`posting::post`] refuses.
/// [`Error::Invalid`] at `/successor` or `/proposal`; [`Error::NotFound`] for an unknown book.
pub async fn pass_on(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewSuccession,
    by: PersonId,
    wall: Timestamp,
) -> Result<Succession, Error> {
    let (book, _) = members::lock(tx, book).await?;
    if !is_short_name(&new.successor) {
        return Err(Error::invalid("/successor", "1 to 40 of a-z, 0-9 and '-'"));
    }
    check_decided(tx, &book, new.proposal).await?;
    series::demand_none(tx, book.id).await?;
    let pots = left(tx, &book, &new.successor).await?;
    let sum = pots.iter().map(|(_, minor)| i128::from(*minor)).sum::<i128>();
    let amount = i64::try_from(sum).ok().and_then(|minor| Money::from_minor(minor, book.currency).ok());
    let amount = amount.ok_or_else(|| Error::inconsistent("a reserve is more than one amount can count"))?;
    let id = SuccessionId::generate(book.id);
    let to = accounts::ensure(tx, &book, &chart::lender_payable(&new.successor), book.currency, wall).await?;
    let lines = pots
        .iter()
        .flat_map(|(from, minor)| Money::parts(*minor, book.currency).into_iter().map(move |part| (*from, to, part)));
    let today = book.today(wall);
    let entry = movements::assets_passed_on(&lines.collect::<Vec<_>>(), today, id);
    let passed = Succession {
        id,
        successor: new.successor,
        proposal: new.proposal,
        amount,
        passed_on: today,
        memo: new.memo,
        entry: posting::post(tx, &book, entry, wall).await?.number,
        passed_by: by,
        passed_at: book.now(wall),
        undone: None,
    };
    successions::insert(tx, &passed).await?;
    activity::record(tx, book.id, Done::new(&id, "passed_on", Actor::Person(by)), passed.passed_at).await?;
    Ok(passed)
}

async fn check_decided(tx: &Transaction<'_>, book: &Book, id: ProposalId) -> Result<(), Error> {
    let unknown = || Error::invalid("/proposal", "a proposal of the cooperative that passed");
    if id.book != book.id {
        return Err(unknown());
    }
    let proposal = match proposals::get(tx, id).await {
        Err(Error::NotFound(_)) => return Err(unknown()),
        found => found?,
    };
    match proposal.state() {
        ProposalState::Passed => Ok(()),
        state @ (ProposalState::Open | ProposalState::Failed | ProposalState::Withdrawn) => {
            let detail = format!("the proposal is {state}: what is indivisible is left by a vote that passed");
            Err(Refusal::new("proposal-not-passed", detail).into())
        }
    }
}

/// What there is to be left: the accounts of the reserve and of the funds, with what each has. Nothing, or no money of others, is among it.
async fn left(tx: &Transaction<'_>, book: &Book, successor: &str) -> Result<Vec<(AccountNumber, i64)>, Error> {
    let refuse = |code, detail: String| Err(Refusal::new(code, detail).into());
    let reckoned = dissolution::reckon(tx, book, None).await?;
    let (of, code) = (&reckoned.dissolution, book.currency.code());
    let amount = |minor: i128| format!("{} {code}", book.currency.format(minor));
    if of.debts > 0 || reckoned.left_out.iter().any(|line| line.balance != 0) {
        let detail = format!("{} are owed, or something in other currencies: pay it first", amount(of.debts.into()));
        return refuse("debts-stand", detail);
    }
    let (capital, _) = of.capital();
    if capital > 0 {
        return refuse(
            "capital-stands",
            format!("members have {} of capital: redeem and pay it first", amount(capital)),
        );
    }
    let sheet = balance_sheet(tx, book, None).await?;
    let is_pot = |class| matches!(class, AccountClass::Reserve | AccountClass::DevelopmentFund);
    let own = Unit::from(book.currency);
    let pots: Vec<_> =
        sheet.equity.iter().filter(|line| line.unit == own && is_pot(line.class) && line.balance > 0).collect();
    let sum: i128 = pots.iter().map(|line| i128::from(line.balance)).sum();
    if sum != i128::from(of.successor) {
        let detail = format!(
            "the reserve and the funds have {}, and {} are there: close the result, and divide it first",
            amount(sum),
            amount(of.successor.into())
        );
        return refuse("result-open", detail);
    }
    if pots.is_empty() {
        return refuse("nothing-to-pass-on", format!("{successor} gets nothing: the reserve and the funds are empty"));
    }
    let mut found = Vec::new();
    for line in pots {
        let account = account_rows::find(tx, book.id, &line.code).await?;
        let account =
            account.ok_or_else(|| Error::inconsistent(format!("{} is in a report, and not there", line.code)))?;
        found.push((account.number, line.balance));
    }
    Ok(found)
}

/// Takes back what was left, by the mirror of its entry, while nothing of it is paid out.
///
/// # Errors
///
/// `already-reversed`; `not-a-cooperative`; `series-under-way` while a distribution is being taken back that counts on what is owed; what
/// [`posting::post`] refuses, such as `below-floor`. [`Error::NotFound`] for an unknown one.
pub async fn reverse(
    tx: &Transaction<'_>,
    id: SuccessionId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Succession, Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    let passed = successions::get(tx, id, book.currency).await?;
    passed.stands()?;
    series::demand_none(tx, book.id).await?;
    let mirror = mirrors::post_of_operation(tx, &book, passed.entry, id, wall).await?;
    let now = book.now(wall);
    let undone = Undone { by, at: now, reason: reason.clone(), entry: Some(mirror.number) };
    let reversed = successions::update_undone(tx, id, &undone, book.currency).await?;
    activity::record(tx, book.id, Done::new(&id, "reversed", Actor::Person(by)).because(&reason), now).await?;
    Ok(reversed)
}
