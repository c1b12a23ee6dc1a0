//! Lines of bank statements: kept as the bank told them, and matched with payouts by their end-to-end ids; credits that carry our reference
//! are gifts ([`transfers`]), and one that names what its custodian owes settles that.
//!
//! A line that matches nothing stays, with why, and waits for somebody of the host. So does a debit with the reference of a gift: what it
//! takes back may have been released, and whether it is a refund or a chargeback is for a person to say. One with the reference of a
//! refund, or of money that was returned from suspense, settles that ([`sent_by_line`]).
//!
//! Lock order: payouts by id → clawbacks → what is announced ([`settled_by_line`]) → settlements by id → pledges by id → lines →
//! book head.

use super::came_back;
use super::locked::save;
use super::payouts::in_transit;
use super::requests::cash_account;
use super::settled_by_line;
use crate::book::Reason;
use crate::books::operations::accounts;
use crate::engine::posting;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::id::{BankLineId, BookId, OrganisationId, SettlementId, StatementFileId};
use crate::payouts::rules::bank_line::{
    BankLine, Besides, BookedAs, Direction, Effect, LINES_MAX, LineState, Told, Why,
};
use crate::payouts::rules::payout::{Payout, State};
use crate::payouts::rules::statement_file::FileLine;
use crate::payouts::store::{bank_lines, payouts};
use crate::pledging::operations::sent_by_line::{self, Back};
use crate::pledging::operations::transfers::{self, Taken};
use crate::pledging::rules::transfer::{self, Debit, Transfer};
use crate::pledging::rules::transfer_reference::{Named, Purpose};
use crate::service::change::Change;
use crate::treasury::operations::settlements;
use crate::treasury::store::paid_over;
use crate::{movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// Takes lines of a custodian's statement, in order. A line that was told before is the one that is there, with another try to match
/// it.
///
/// # Errors
///
/// `reference-taken` when a line of this reference said something else; [`Error::Invalid`] at the field of the line that is wrong;
/// what [`posting::post`] refuses but for a floor.
pub async fn take(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    told: Vec<Told>,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Vec<BankLine>, Error> {
    let told = told.into_iter().map(|told| (told, Besides::default())).collect();
    take_with(tx, book, custodian, told, change, wall).await
}

/// The same, with what else the lines say.
///
/// # Errors
///
/// As [`take`].
pub async fn take_with(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    told: Vec<(Told, Besides)>,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Vec<BankLine>, Error> {
    let book = books::get(tx, book).await?;
    if !(1..=LINES_MAX).contains(&told.len()) {
        return Err(Error::invalid("/lines", format!("1 to {LINES_MAX}")));
    }
    let both = || told.iter().map(|(told, besides)| (told, besides));
    let references: Vec<&str> = told.iter().map(|(told, _)| told.end_to_end.as_str()).collect();
    let ours = payouts::lock_all(tx, book.id, custodian, &references).await?;
    came_back::lock_named(tx, book.id, custodian, &ours).await?;
    let names: Vec<Named> = both().filter_map(|(told, besides)| told.named(besides)).collect();
    settled_by_line::lock_announced(tx, &book, custodian, both()).await?;
    lock_settlements(tx, book.id, custodian, both()).await?;
    transfers::lock_named(tx, book.id, &names).await?;
    let mut taken = Vec::with_capacity(told.len());
    for (place, (told, besides)) in told.into_iter().enumerate() {
        check(place, &told, &book, wall)?;
        taken.push(take_one(tx, &book, custodian, (told, besides), change, wall).await?);
    }
    Ok(taken)
}

fn check(place: usize, told: &Told, book: &Book, wall: Timestamp) -> Result<(), Error> {
    let at = |field: &str| format!("/lines/{place}/{field}");
    for (field, line, length) in
        [("reference", &told.reference, text::REFERENCE), ("end_to_end", &told.end_to_end, text::REFERENCE_OR_NONE)]
    {
        text::line(line, length).map_err(|wrong| Error::invalid(at(field), wrong.to_string()))?;
    }
    if told.fee < 0 {
        return Err(Error::invalid(at("fee/amount"), "0 or more"));
    }
    if told.value_on > book.today(wall) || told.value_on < book.first_day() {
        let said = format!("a day from {} to {}", book.first_day(), book.today(wall));
        return Err(Error::invalid(at("value_date"), said));
    }
    Ok(())
}

async fn take_one(
    tx: &Transaction<'_>,
    book: &Book,
    custodian: OrganisationId,
    (told, besides): (Told, Besides),
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    let new = BankLine {
        id: BankLineId::generate(book.id),
        custodian,
        told,
        besides,
        file: None,
        state: LineState::Open(Why::ReferenceUnknown),
        party: String::new(),
        recorded_at: book.now(wall),
    };
    bank_lines::insert(tx, &new).await?;
    let reference = &new.told.reference;
    let kept = bank_lines::lock_by_reference(tx, book.id, custodian, reference).await?;
    let kept = kept.ok_or_else(|| Error::inconsistent("a line that was written is not there"))?;
    if kept.told != new.told {
        let detail = format!("the bank's line {reference} said something else before");
        return Err(Refusal::new("reference-taken", detail).into());
    }
    match kept.state {
        LineState::Matched { .. } | LineState::Gift { .. } | LineState::Suspense { .. } | LineState::Booked { .. } => {
            Ok(kept)
        }
        LineState::Open(_) => matched(tx, book, kept, change, wall).await,
    }
}

/// What became of lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TakenIn {
    /// They are in.
    All {
        /// How many of them were there before.
        known: usize,
    },
    /// None of them is, as a line of this reference said something else before.
    Taken(String),
}

/// Takes a page of lines of a file, each of another reference. A line that was told before is the one that is there.
pub(super) async fn take_in(
    tx: &Transaction<'_>,
    book: &Book,
    custodian: OrganisationId,
    file: StatementFileId,
    lines: &[FileLine],
    wall: Timestamp,
) -> Result<TakenIn, Error> {
    let both = || lines.iter().map(|line| (&line.told, &line.besides));
    let named: Vec<&str> =
        lines.iter().map(|line| line.told.end_to_end.as_str()).filter(|named| !named.is_empty()).collect();
    let ours = payouts::lock_all(tx, book.id, custodian, &named).await?;
    came_back::lock_named(tx, book.id, custodian, &ours).await?;
    let payouts: HashSet<String> = ours.into_iter().collect();
    if let Some(taken) = differing(tx, book.id, custodian, lines).await? {
        return Ok(TakenIn::Taken(taken));
    }
    let names: Vec<Named> = both().filter_map(|(told, besides)| told.named(besides)).collect();
    let announced = settled_by_line::lock_announced(tx, book, custodian, both()).await?;
    let owed = lock_settlements(tx, book.id, custodian, both()).await?;
    transfers::lock_named(tx, book.id, &names).await?;
    let known = bank_lines::insert_all(tx, file, custodian, lines, book.now(wall)).await?;
    let change = Change::by_service("");
    let takes_all = book.transfers_to == Some(custodian);
    let may_match = |line: &FileLine| {
        let is_named = line.told.named(&line.besides).is_some();
        let waits = takes_all && line.told.direction == Direction::Credit;
        let is_owed = owed.contains(&line.told.end_to_end) || owed.contains(&line.besides.creditor_reference);
        let is_announced = is_owed || settled_by_line::is_announced(&announced, &line.told, &line.besides);
        payouts.contains(&line.told.end_to_end) || is_named || is_announced || waits
    };
    for line in lines.iter().filter(|line| may_match(line)) {
        let kept = bank_lines::lock_by_reference(tx, book.id, custodian, &line.told.reference).await?;
        let kept = kept.ok_or_else(|| Error::inconsistent("a line that was written is not there"))?;
        if let LineState::Open(_) = kept.state {
            matched(tx, book, kept, change, wall).await?;
        }
    }
    Ok(TakenIn::All { known: known.len() })
}

/// The reference of one of these lines that said something else before, if one did.
pub(super) async fn differing(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    lines: &[FileLine],
) -> Result<Option<String>, Error> {
    let references: Vec<&str> = lines.iter().map(|line| line.told.reference.as_str()).collect();
    let known = bank_lines::with_references(tx, book, custodian, &references).await?;
    let known: HashMap<&str, &Told> = known.iter().map(|line| (line.told.reference.as_str(), &line.told)).collect();
    let mut differ =
        lines.iter().filter(|line| known.get(line.told.reference.as_str()).is_some_and(|known| **known != line.told));
    Ok(differ.next().map(|line| line.told.reference.clone()))
}

/// Tries to match a line again, such as when the cash reaches by now.
///
/// # Errors
///
/// What [`posting::post`] refuses but for a floor; [`Error::NotFound`] for an unknown line.
pub async fn again(
    tx: &Transaction<'_>,
    id: BankLineId,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    let book = books::get(tx, id.book).await?;
    let found = bank_lines::get(tx, id).await?;
    let one = || [(&found.told, &found.besides)].into_iter();
    let ours = payouts::lock_all(tx, book.id, found.custodian, &[found.told.end_to_end.as_str()]).await?;
    came_back::lock_named(tx, book.id, found.custodian, &ours).await?;
    settled_by_line::lock_announced(tx, &book, found.custodian, one()).await?;
    lock_settlements(tx, book.id, found.custodian, one()).await?;
    transfers::lock_named(tx, book.id, &Vec::from_iter(found.named())).await?;
    let line = bank_lines::lock(tx, id).await?;
    match line.state {
        LineState::Matched { .. } | LineState::Gift { .. } | LineState::Suspense { .. } | LineState::Booked { .. } => {
            Ok(line)
        }
        LineState::Open(_) => matched(tx, &book, line, change, wall).await,
    }
}

/// Matches a line, and then what came before its time: money that came back before the bank said that it had left.
async fn matched(
    tx: &Transaction<'_>,
    book: &Book,
    line: BankLine,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    let line = match_one(tx, book, line, change, wall).await?;
    if line.state == LineState::Open(Why::ReferenceUnknown) {
        return received(tx, book, line, change, wall).await;
    }
    if matches!(line.state, LineState::Matched { .. }) {
        let credits = bank_lines::lock_open_credits(tx, book.id, line.custodian, &line.told.end_to_end).await?;
        for credit in credits {
            match_one(tx, book, credit, change, wall).await?;
        }
    }
    Ok(line)
}

/// Locks the settlements that credits name, by our reference or by what the custodian calls them; answers with these names.
async fn lock_settlements<'a>(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    lines: impl Iterator<Item = (&'a Told, &'a Besides)>,
) -> Result<HashSet<String>, Error> {
    let found = settlements_of(tx, book, custodian, lines).await?;
    Ok(found.into_iter().map(|(_, reference)| reference).filter(|reference| !reference.is_empty()).collect())
}

async fn settlements_of<'a>(
    tx: &Transaction<'_>,
    book: BookId,
    custodian: OrganisationId,
    lines: impl Iterator<Item = (&'a Told, &'a Besides)>,
) -> Result<Vec<(SettlementId, String)>, Error> {
    let (mut among, mut references) = (Vec::new(), Vec::new());
    for (told, besides) in lines.filter(|(told, _)| told.direction == Direction::Credit) {
        match transfer::named(&besides.creditor_reference) {
            Some(Named { purpose: Purpose::Settlement, first, last }) => among.push((first, last)),
            Some(Named {
                purpose: Purpose::Campaign | Purpose::Pledge | Purpose::Refund | Purpose::Suspense, ..
            }) => {}
            None => {
                let names = [besides.creditor_reference.as_str(), told.end_to_end.as_str()];
                references.extend(names.into_iter().filter(|name| !name.is_empty()));
            }
        }
    }
    if among.is_empty() && references.is_empty() {
        return Ok(Vec::new());
    }
    paid_over::lock_named(tx, book, custodian, &among, &references).await
}

/// A credit that names a settlement of its custodian pays it over: it settles it, or is what settled it before.
async fn pay_over(
    tx: &Transaction<'_>,
    book: &Book,
    line: &BankLine,
    wall: Timestamp,
) -> Result<Option<LineState>, Error> {
    let found = settlements_of(tx, book.id, line.custodian, [(&line.told, &line.besides)].into_iter()).await?;
    let [(settlement, _)] = found[..] else { return Ok(None) };
    let (amount, on) = (line.told.amount, line.told.value_on);
    let entry = settlements::settle_by_line(tx, book, settlement, (amount, on), wall).await?;
    let entry = match entry {
        Some(entry) if bank_lines::of_entry(tx, book.id, entry).await?.is_none() => entry,
        Some(_) | None => return Ok(Some(LineState::Open(Why::AmountDiffers))),
    };
    Ok(Some(LineState::Booked { kind: BookedAs::Entry, entry }))
}

/// A line of no payout: a settlement, a gift, or money in suspense, where its reference is ours; or of whatever reference, where donors transfer to this
/// account.
async fn received(
    tx: &Transaction<'_>,
    book: &Book,
    line: BankLine,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    let named = line.named();
    match line.told.direction {
        Direction::Debit => return sent_back(tx, book, line, change, wall).await,
        Direction::Credit => {}
    }
    if let Some(line) = settled_by_line::arrive(tx, book, &line, change, wall).await? {
        return Ok(line);
    }
    if let Some(state) = pay_over(tx, book, &line, wall).await? {
        return bank_lines::update(tx, line.id, state, book.now(wall)).await;
    }
    let transfer = Transfer {
        line: line.id,
        custodian: line.custodian,
        amount: line.told.amount,
        on: line.told.value_on,
        name: line.told.reference.clone(),
        named,
    };
    let takes_all = book.transfers_to == Some(line.custodian);
    let state = match transfers::take(tx, book, &transfer, takes_all, wall).await? {
        Taken::Gift { charge, entry } => LineState::Gift { charge, entry },
        Taken::Suspended { item, entry } => LineState::Suspense { item, entry },
        Taken::Frozen => LineState::Open(Why::CustodianFrozen),
        Taken::Unknown => return Ok(line),
    };
    bank_lines::update(tx, line.id, state, book.now(wall)).await
}

/// A debit of no payout: with the reference of what goes back to who gave it, it settles that. With that of a gift it stays open: whether that goes
/// back is for a person to say.
async fn sent_back(
    tx: &Transaction<'_>,
    book: &Book,
    line: BankLine,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    let Some(named) = line.named() else { return Ok(line) };
    let debit = Debit {
        line: line.id,
        custodian: line.custodian,
        amount: line.told.amount,
        fee: line.told.fee,
        on: line.told.value_on,
    };
    let state = match sent_by_line::take(tx, book, &named, &debit, change, wall).await? {
        Back::Entry(entry) if bank_lines::of_entry(tx, book.id, entry).await?.is_none() => {
            LineState::Booked { kind: BookedAs::Entry, entry }
        }
        Back::Entry(_) | Back::StateDiffers => LineState::Open(Why::StateDiffers),
        Back::AmountDiffers => LineState::Open(Why::AmountDiffers),
        Back::CashShort => LineState::Open(Why::CashShort),
        Back::Reversal => LineState::Open(Why::Reversal),
        Back::Unknown => return Ok(line),
    };
    bank_lines::update(tx, line.id, state, book.now(wall)).await
}

async fn match_one(
    tx: &Transaction<'_>,
    book: &Book,
    line: BankLine,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<BankLine, Error> {
    let told = &line.told;
    let found = payouts::lock_by_reference(tx, book.id, line.custodian, &told.end_to_end).await?;
    let effect = found.as_ref().map_or(Err(Why::ReferenceUnknown), |payout| told.effect(payout));
    let (payout, effect) = match (found, effect) {
        (Some(payout), Ok(effect)) => (payout, effect),
        (_, Err(why)) => return bank_lines::update(tx, line.id, LineState::Open(why), book.now(wall)).await,
        (None, Ok(_)) => return Err(Error::inconsistent("a line has an effect on nothing")),
    };
    let Some(entry) = post(tx, book, &payout, told, effect, wall).await? else {
        return bank_lines::update(tx, line.id, LineState::Open(Why::CashShort), book.now(wall)).await;
    };
    let matched =
        bank_lines::update(tx, line.id, LineState::Matched { payout: payout.id, entry }, book.now(wall)).await?;
    let (payout, action) = match effect {
        Effect::Settles => {
            let settled_on = Some(told.value_on);
            (Payout { state: State::Settled, fee: told.fee, settled_on, end_entry: entry, ..payout }, "settled")
        }
        Effect::Returns => {
            let returned = told.amount.minor() + told.fee;
            // What the bank kept on the way back the payee bears: that is not owed again.
            came_back::set_off(tx, book, &payout, told.amount.minor(), wall).await?;
            (Payout { state: State::Returned, returned, end_entry: entry, ..payout }, "returned")
        }
    };
    save(tx, book, payout, action, change, wall).await?;
    Ok(matched)
}

/// Posts what a line says of a payout, on its value day; none where the book says that the cash is not there.
async fn post(
    tx: &Transaction<'_>,
    book: &Book,
    payout: &Payout,
    told: &Told,
    effect: Effect,
    wall: Timestamp,
) -> Result<Option<i64>, Error> {
    let currency = payout.amount.currency();
    let account = cash_account(payout.custodian, &payout.cash, currency, book);
    let cash = accounts::ensure(tx, book, &account, currency, wall).await?;
    let (day, id) = (told.value_on, payout.id);
    let entry = match effect {
        Effect::Settles => {
            let transit = in_transit(tx, book, payout, wall).await?;
            movements::payout_settled(transit, cash, payout.payable, told.amount, told.fee, day, id)
        }
        Effect::Returns => movements::payout_returned(cash, payout.payable, told.amount, told.fee, day, id),
    };
    match posting::post_or_reason(tx, book, entry.clone(), wall).await? {
        Ok(posted) => Ok(Some(posted.number)),
        Err(Reason::BelowFloor { .. }) => Ok(None),
        Err(reason) => Err(posting::refusal(tx, book, reason).await?.into()),
    }
}
