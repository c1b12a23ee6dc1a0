//! Every way money moves, as journal entries: one function a movement, mirroring the table of `book::movement`.

mod bank_lines;
mod clawbacks;
mod differences;
mod payouts;
mod refunds;
pub mod undo;

pub use bank_lines::{
    bank_fee, capital_paid_in, cost_paid, customer_paid, interest, joining_paid_in, loan_received, loan_repaid,
};
pub use clawbacks::{
    Against, Debt, clawed_back, debt_borne, debt_given_up, debt_recovered, debts_set_off, loss_set_off,
};
pub use differences::{
    difference_short, difference_suspended, differences, with_exchange_gain, with_exchange_loss,
    with_exchange_loss_paid,
};
pub use payouts::{payout_failed, payout_returned, payout_sent, payout_settled};
pub use refunds::{
    ChargedFee, FundPart, UndoneFee, refund_failed, refund_sent, refund_settled, with_earned, with_fees,
};

use crate::book::{AccountNumber, Entry, Line, MovementKind, Note};
use crate::money::Money;
use jiff::civil::Date;

/// A custodian captured a due payment: receivable → fund. A fact from outside, never refused for a closed period.
pub fn charge_captured(
    receivable: AccountNumber,
    fund: AccountNumber,
    amount: Money,
    day: Date,
    charge: impl ToString,
) -> Entry {
    outside(one(MovementKind::ChargeCaptured, receivable, fund, amount, day, "Charge captured", charge))
}

/// A custodian paid over what it had captured: cash → receivable. A fact from outside.
pub fn receivable_settled(
    cash: AccountNumber,
    receivable: AccountNumber,
    amount: Money,
    day: Date,
    settlement: impl ToString,
) -> Entry {
    outside(one(MovementKind::ReceivableSettled, cash, receivable, amount, day, "Receivable settled", settlement))
}

/// An approved milestone became payable to its team: fund → team payable.
pub fn milestone_released(
    fund: AccountNumber,
    payable: AccountNumber,
    amount: Money,
    day: Date,
    release: impl ToString,
) -> Entry {
    one(MovementKind::MilestoneReleased, fund, payable, amount, day, "Milestone released", release)
}

/// A donor redirected settled money to another purpose: fund → fund.
pub fn fund_moved(from: AccountNumber, to: AccountNumber, amount: Money, day: Date, pledge: impl ToString) -> Entry {
    one(MovementKind::FundMoved, from, to, amount, day, "Redirected by the donor", pledge)
}

/// A cooperative sold something: cash, or what a customer has still to pay → sales.
pub fn sales_recorded(
    cash: AccountNumber,
    sales: AccountNumber,
    amount: Money,
    day: Date,
    sale: impl ToString,
) -> Entry {
    one(MovementKind::SalesRecorded, cash, sales, amount, day, "Sales", sale)
}

/// Value added tax on top of a sale: cash, or what a customer has still to pay → VAT payable.
pub fn with_vat_on_sale(entry: Entry, cash: AccountNumber, payable: AccountNumber, vat: Money) -> Entry {
    with(entry, MovementKind::VatOnSale, cash, payable, vat.minor())
}

/// Value added tax on top of a cost: VAT receivable → costs payable.
pub fn with_vat_on_cost(entry: Entry, receivable: AccountNumber, payable: AccountNumber, vat: Money) -> Entry {
    with(entry, MovementKind::VatOnCost, receivable, payable, vat.minor())
}

/// Value added tax was declared. What it comes to, line by line: the account debited, the one credited, and how much.
pub fn vat_declared(lines: &[(AccountNumber, AccountNumber, Money)], day: Date, declaration: impl ToString) -> Entry {
    all_of(MovementKind::VatDeclared, lines, day, "VAT declared", declaration)
}

/// Production cost something, to be paid: cost → costs payable.
pub fn cost_recorded(
    cost: AccountNumber,
    payable: AccountNumber,
    amount: Money,
    day: Date,
    record: impl ToString,
) -> Entry {
    one(MovementKind::CostRecorded, cost, payable, amount, day, "Cost", record)
}

/// A period's result was closed: sales → surplus, then surplus → costs.
pub fn result_closed(
    surplus: AccountNumber,
    sales: &[(AccountNumber, Money)],
    costs: &[(AccountNumber, Money)],
    day: Date,
    period: impl ToString,
) -> Entry {
    let kind = MovementKind::ResultClosed;
    let earned =
        sales.iter().map(|(from, amount)| Line { kind, debit: *from, credit: surplus, amount: amount.minor() });
    let spent = costs.iter().map(|(to, amount)| Line { kind, debit: surplus, credit: *to, amount: amount.minor() });
    Entry {
        lines: earned.chain(spent).collect(),
        effective: day,
        outside_fact: false,
        note: Some(Note::new("Result closed", period)),
    }
}

/// A surplus was distributed: surplus → reserve, development fund, lenders, members; one line each.
pub fn surplus_allocated(
    surplus: AccountNumber,
    parts: &[(AccountNumber, Money)],
    day: Date,
    distribution: impl ToString,
) -> Entry {
    let kind = MovementKind::SurplusAllocated;
    let lines = parts.iter().map(|(to, amount)| Line { kind, debit: surplus, credit: *to, amount: amount.minor() });
    Entry {
        lines: lines.collect(),
        effective: day,
        outside_fact: false,
        note: Some(Note::new("Surplus allocated", distribution)),
    }
}

/// A distribution by which parts of loans fall due: loan payable → lender payable, besides.
pub fn with_loans_due(entry: Entry, loans: &[(AccountNumber, AccountNumber, Money)]) -> Entry {
    let due = lines_of(MovementKind::LoanDue, loans);
    Entry { lines: entry.lines.into_iter().chain(due).collect(), ..entry }
}

/// Retained shares became payable to their members: member capital → member payable, a line for each member.
pub fn capital_redeemed(
    parts: &[(AccountNumber, AccountNumber, Money)],
    day: Date,
    redemption: impl ToString,
) -> Entry {
    all_of(MovementKind::CapitalRedeemed, parts, day, "Retained shares redeemed", redemption)
}

/// A part of a member's next share became payable before there was one: member receivable → member payable.
pub fn advance_granted(
    receivable: AccountNumber,
    payable: AccountNumber,
    amount: Money,
    day: Date,
    advance: impl ToString,
) -> Entry {
    one(MovementKind::AdvanceGranted, receivable, payable, amount, day, "Advance on a share", advance)
}

/// A dissolved cooperative left what is indivisible to its successor: reserve and funds → lender payable.
pub fn assets_passed_on(
    parts: &[(AccountNumber, AccountNumber, Money)],
    day: Date,
    succession: impl ToString,
) -> Entry {
    all_of(MovementKind::AssetsPassedOn, parts, day, "Left to the successor", succession)
}

/// A cooperative sent something to another book: development fund → due to book.
pub fn inter_book_sent(
    fund: AccountNumber,
    due_to: AccountNumber,
    amount: Money,
    day: Date,
    remittance: impl ToString,
) -> Entry {
    one(MovementKind::InterBookSent, fund, due_to, amount, day, "Sent to another book", remittance)
}

/// The book that receives it accepted it: due from book → development fund.
pub fn inter_book_mirrored(
    due_from: AccountNumber,
    fund: AccountNumber,
    amount: Money,
    day: Date,
    remittance: impl ToString,
) -> Entry {
    one(MovementKind::InterBookMirrored, due_from, fund, amount, day, "Sent by another book", remittance)
}

/// What was sent was paid: due to book → cash. A fact from outside.
pub fn inter_book_paid(
    due_to: AccountNumber,
    cash: AccountNumber,
    amount: Money,
    day: Date,
    remittance: impl ToString,
) -> Entry {
    let paid = one(MovementKind::InterBookPaid, due_to, cash, amount, day, "Paid to another book", remittance);
    Entry { outside_fact: true, ..paid }
}

/// What was sent was received: cash → due from book. A fact from outside.
pub fn inter_book_received(
    cash: AccountNumber,
    due_from: AccountNumber,
    amount: Money,
    day: Date,
    remittance: impl ToString,
) -> Entry {
    let paid = one(MovementKind::InterBookReceived, cash, due_from, amount, day, "Paid by another book", remittance);
    Entry { outside_fact: true, ..paid }
}

/// A book that was begun elsewhere was opened: what it has → opening equity → what it owes, its capital and its funds. `owned`: whether an
/// account stands on the side of assets.
pub fn opened(
    equity: AccountNumber,
    balances: &[(AccountNumber, bool, Money)],
    day: Date,
    opening: impl ToString,
) -> Entry {
    let kind = MovementKind::BookOpened;
    let line = |(account, owned, amount): &(AccountNumber, bool, Money)| {
        let (debit, credit) = if *owned { (*account, equity) } else { (equity, *account) };
        Line { kind, debit, credit, amount: amount.minor() }
    };
    Entry {
        lines: balances.iter().map(line).collect(),
        effective: day,
        outside_fact: false,
        note: Some(Note::new("Book opened", opening)),
    }
}

/// A loss was borne: reserve, members' capital, members' next shares → surplus, then surplus → costs that no sales covered.
pub fn loss_borne(
    surplus: AccountNumber,
    bearers: &[(AccountNumber, Money)],
    costs: &[(AccountNumber, Money)],
    day: Date,
    distribution: impl ToString,
) -> Entry {
    let line = |kind, debit, credit, amount: &Money| Line { kind, debit, credit, amount: amount.minor() };
    let borne = bearers.iter().map(|(from, amount)| line(MovementKind::LossBorne, *from, surplus, amount));
    let covered = costs.iter().map(|(to, amount)| line(MovementKind::ResultClosed, surplus, *to, amount));
    Entry {
        lines: borne.chain(covered).collect(),
        effective: day,
        outside_fact: false,
        note: Some(Note::new("Loss borne", distribution)),
    }
}

/// A custodian captured what a sponsor gave: receivable → purse. A fact from outside.
pub fn purse_pledged(
    receivable: AccountNumber,
    purse: AccountNumber,
    amount: Money,
    day: Date,
    contribution: impl ToString,
) -> Entry {
    outside(one(
        MovementKind::PursePledged,
        receivable,
        purse,
        amount,
        day,
        "Purse contribution captured",
        contribution,
    ))
}

/// A custodian captured the entry fee of a team: receivable → entry fees. A fact from outside.
pub fn entry_fee_captured(
    receivable: AccountNumber,
    fees: AccountNumber,
    amount: Money,
    day: Date,
    entrant: impl ToString,
) -> Entry {
    outside(one(MovementKind::EntryFeeCaptured, receivable, fees, amount, day, "Entry fee captured", entrant))
}

/// The prizes of a challenge became payable: purse → prize payable, one line each.
pub fn prize_awarded(
    purse: AccountNumber,
    prizes: &[(AccountNumber, Money)],
    day: Date,
    challenge: impl ToString,
) -> Entry {
    spread(MovementKind::PrizeAwarded, purse, prizes, day, "Prizes awarded", challenge)
}

/// Purse money goes back to its sponsors: purse → refunds in transit, one line a contribution.
pub fn purse_returned(
    purse: AccountNumber,
    parts: &[(AccountNumber, Money)],
    day: Date,
    challenge: impl ToString,
) -> Entry {
    spread(MovementKind::PurseReturned, purse, parts, day, "Purse returned", challenge)
}

/// Prize money that nobody won goes on to another challenge: purse → purse, one line a contribution.
pub fn purse_rolled(
    purse: AccountNumber,
    to: AccountNumber,
    parts: &[Money],
    day: Date,
    challenge: impl ToString,
) -> Entry {
    several(MovementKind::PurseRolled, purse, to, parts, day, "Purse rolled over", challenge)
}

/// Entry fees pay for running the challenge, as its rules say: entry fees → operating fund.
pub fn entry_fee_earned(
    fees: AccountNumber,
    operating: AccountNumber,
    parts: &[Money],
    day: Date,
    challenge: impl ToString,
) -> Entry {
    let kind = MovementKind::EntryFeeEarned;
    let lines = parts.iter().map(|part| Line { kind, debit: fees, credit: operating, amount: part.minor() });
    Entry {
        lines: lines.collect(),
        effective: day,
        outside_fact: false,
        note: Some(Note::new("Entry fees earned", challenge)),
    }
}

/// Entry fees go back to their teams: entry fees → refunds in transit, one line a fee.
pub fn entry_fee_returned(
    fees: AccountNumber,
    parts: &[(AccountNumber, Money)],
    day: Date,
    challenge: impl ToString,
) -> Entry {
    spread(MovementKind::EntryFeeReturned, fees, parts, day, "Entry fees returned", challenge)
}

/// A provider took a charge back, and its own fee: disputes pending → cash. A fact from outside.
pub fn dispute_opened(
    disputes: AccountNumber,
    cash: AccountNumber,
    parts: &[Money],
    day: Date,
    chargeback: impl ToString,
) -> Entry {
    outside(several(MovementKind::DisputeOpened, disputes, cash, parts, day, "Charge taken back", chargeback))
}

/// The provider gave it back: cash → disputes pending, the mirror of what was taken. A fact from outside.
pub fn dispute_won(
    cash: AccountNumber,
    disputes: AccountNumber,
    parts: &[Money],
    day: Date,
    chargeback: impl ToString,
) -> Entry {
    outside(several(MovementKind::DisputeWon, cash, disputes, parts, day, "Chargeback won", chargeback))
}

/// A lost chargeback is borne: each bearer's account → disputes pending, one line each. A fact from outside.
pub fn dispute_lost(
    bearers: &[(AccountNumber, Money)],
    disputes: AccountNumber,
    day: Date,
    chargeback: impl ToString,
) -> Entry {
    let kind = MovementKind::DisputeLost;
    let lines =
        bearers.iter().map(|(debit, part)| Line { kind, debit: *debit, credit: disputes, amount: part.minor() });
    outside(Entry {
        lines: lines.collect(),
        effective: day,
        outside_fact: true,
        note: Some(Note::new("Chargeback lost", chargeback)),
    })
}

/// The host put its own money aside: cash → risk reserve.
pub fn reserve_funded(
    cash: AccountNumber,
    reserve: AccountNumber,
    amount: Money,
    day: Date,
    reference: impl ToString,
) -> Entry {
    one(MovementKind::ReserveFunded, cash, reserve, amount, day, "Risk reserve funded", reference)
}

/// A release, of which a part pays what the team owes: besides, team payable → team receivable.
pub fn set_off(released: Entry, payable: AccountNumber, receivable: AccountNumber, part: Money) -> Entry {
    let kind = MovementKind::SetOff;
    let line = Line { kind, debit: payable, credit: receivable, amount: part.minor() };
    Entry { lines: released.lines.into_iter().chain([line]).collect(), ..released }
}

/// A team paid what it owed: cash → team receivable.
pub fn recovered(
    cash: AccountNumber,
    receivable: AccountNumber,
    amount: Money,
    day: Date,
    reference: impl ToString,
) -> Entry {
    one(MovementKind::Recovered, cash, receivable, amount, day, "Recovered from a team", reference)
}

/// What a team owed was given up: the risk reserve bears it.
pub fn written_off(
    reserve: AccountNumber,
    receivable: AccountNumber,
    amount: Money,
    day: Date,
    team: impl ToString,
) -> Entry {
    one(MovementKind::WrittenOff, reserve, receivable, amount, day, "Written off", team)
}

/// A custodian captured what a sponsor gave to the pool of a matching round: receivable → pool. A fact from outside.
pub fn pool_pledged(
    receivable: AccountNumber,
    pool: AccountNumber,
    amount: Money,
    day: Date,
    contribution: impl ToString,
) -> Entry {
    outside(one(MovementKind::PoolPledged, receivable, pool, amount, day, "Pool contribution captured", contribution))
}

/// A matching round gave campaigns their shares: pool → fund, one line each.
pub fn match_paid(pool: AccountNumber, shares: &[(AccountNumber, Money)], day: Date, round: impl ToString) -> Entry {
    spread(MovementKind::MatchPaid, pool, shares, day, "Matched", round)
}

/// Pool money goes back to its sponsors: pool, or a fund to which it was paid → refunds in transit, one line a contribution.
pub fn pool_returned(from: AccountNumber, parts: &[(AccountNumber, Money)], day: Date, round: impl ToString) -> Entry {
    spread(MovementKind::PoolReturned, from, parts, day, "Pool returned", round)
}

/// A custodian has money that nobody expected: receivable → suspense. A fact from outside.
pub fn suspense_received(
    receivable: AccountNumber,
    suspense: AccountNumber,
    amount: Money,
    day: Date,
    item: impl ToString,
) -> Entry {
    outside(one(MovementKind::SuspenseReceived, receivable, suspense, amount, day, "Unexplained money", item))
}

/// A donor transferred it to a custodian's bank account, which says so: receivable → fund, and at once cash → receivable. A fact from
/// outside.
pub fn transfer_captured(
    (cash, receivable): (AccountNumber, AccountNumber),
    fund: AccountNumber,
    amount: Money,
    day: Date,
    line: impl ToString,
) -> Entry {
    let kind = MovementKind::ReceivableSettled;
    let settled = Line { kind, debit: cash, credit: receivable, amount: amount.minor() };
    let captured = one(MovementKind::ChargeCaptured, receivable, fund, amount, day, "Gift by transfer", line);
    let lines = captured.lines.into_iter().chain([settled]).collect();
    outside(Entry { lines, ..captured })
}

/// Money came to a custodian's bank account that is no gift, or none that can be taken: cash → suspense. A fact from outside.
pub fn transfer_suspended(
    cash: AccountNumber,
    suspense: AccountNumber,
    amount: Money,
    day: Date,
    line: impl ToString,
) -> Entry {
    outside(one(MovementKind::SuspenseReceived, cash, suspense, amount, day, "Unexplained money", line))
}

/// It was something else, which is booked as what it is: suspense → cash. A fact from outside.
pub fn suspense_explained(
    suspense: AccountNumber,
    cash: AccountNumber,
    amount: Money,
    day: Date,
    item: impl ToString,
) -> Entry {
    outside(one(MovementKind::SuspenseExplained, suspense, cash, amount, day, "Unexplained money explained", item))
}

/// It was the payment of a pledge: suspense → fund.
pub fn suspense_matched(
    suspense: AccountNumber,
    fund: AccountNumber,
    amount: Money,
    day: Date,
    item: impl ToString,
) -> Entry {
    one(MovementKind::SuspenseMatched, suspense, fund, amount, day, "Unexplained money matched", item)
}

/// It goes back to who gave it: suspense → refunds in transit.
pub fn suspense_returned(
    suspense: AccountNumber,
    in_transit: AccountNumber,
    amount: Money,
    day: Date,
    item: impl ToString,
) -> Entry {
    one(MovementKind::SuspenseReturned, suspense, in_transit, amount, day, "Unexplained money returned", item)
}

/// A pledge was made: commitment room → pledged, in the commitment unit. The room's floor is minus the campaign's cap.
pub fn pledge_committed(
    room: AccountNumber,
    pledged: AccountNumber,
    amount: Money,
    day: Date,
    pledge: impl ToString,
) -> Entry {
    one(MovementKind::PledgeCommitted, room, pledged, amount, day, "Pledged", pledge)
}

/// A promised payment was captured: pledged → collected, in the commitment unit. A fact from outside.
pub fn commitment_collected(
    pledged: AccountNumber,
    collected: AccountNumber,
    amount: Money,
    day: Date,
    charge: impl ToString,
) -> Entry {
    outside(one(MovementKind::CommitmentCollected, pledged, collected, amount, day, "Promise kept", charge))
}

/// A promised payment will not come: pledged → commitment room, in the commitment unit. A fact from outside.
pub fn commitment_dropped(
    pledged: AccountNumber,
    room: AccountNumber,
    amount: Money,
    day: Date,
    pledge: impl ToString,
) -> Entry {
    outside(one(MovementKind::CommitmentDropped, pledged, room, amount, day, "Promise dropped", pledge))
}

/// What was promised, as a line of its kind: commitment room → pledged.
pub fn promised(room: AccountNumber, pledged: AccountNumber, amount: Money) -> Line {
    Line { kind: MovementKind::PledgeCommitted, debit: room, credit: pledged, amount: amount.minor() }
}

/// What of it will not come, as a line of its kind: pledged → commitment room.
pub fn promise_dropped(pledged: AccountNumber, room: AccountNumber, amount: Money) -> Line {
    Line { kind: MovementKind::CommitmentDropped, debit: pledged, credit: room, amount: amount.minor() }
}

/// Promises with what goes beside them, as lines of their kind.
pub fn promises_made(lines: Vec<Line>, day: Date, pledge: impl ToString) -> Entry {
    Entry { lines, effective: day, outside_fact: false, note: Some(Note::new("Pledged", pledge)) }
}

/// What of several promises will not come, as lines of its kind. A fact from outside.
pub fn promises_dropped(lines: Vec<Line>, day: Date, pledge: impl ToString) -> Entry {
    outside(Entry { lines, effective: day, outside_fact: false, note: Some(Note::new("Promise dropped", pledge)) })
}

/// A cap was raised: beyond the cap → commitment room.
pub fn cap_raised(
    beyond: AccountNumber,
    room: AccountNumber,
    amount: Money,
    day: Date,
    campaign: impl ToString,
) -> Entry {
    one(MovementKind::CapRaised, beyond, room, amount, day, "Cap raised", campaign)
}

/// A pledge takes a place of its tier: a line beside its promise.
pub fn place_taken(room: AccountNumber, taken: AccountNumber) -> Line {
    Line { kind: MovementKind::PledgeCommitted, debit: room, credit: taken, amount: 1 }
}

/// A place of a tier is free again: a line beside the promise that is dropped.
pub fn place_freed(room: AccountNumber, taken: AccountNumber) -> Line {
    Line { kind: MovementKind::CommitmentDropped, debit: taken, credit: room, amount: 1 }
}

/// A capture whose donor paid in another currency, which its memo says.
pub fn given_as(capture: Entry, original: impl std::fmt::Display) -> Entry {
    let note = capture.note.map(|note| Note { memo: format!("{}, given as {original}", note.memo), ..note });
    Entry { note, ..capture }
}

fn spread(
    kind: MovementKind,
    debit: AccountNumber,
    parts: &[(AccountNumber, Money)],
    day: Date,
    memo: &str,
    reference: impl ToString,
) -> Entry {
    let lines = parts.iter().map(|(credit, amount)| Line { kind, debit, credit: *credit, amount: amount.minor() });
    Entry { lines: lines.collect(), effective: day, outside_fact: false, note: Some(Note::new(memo, reference)) }
}

/// Several lines between the same two accounts.
fn several(
    kind: MovementKind,
    debit: AccountNumber,
    credit: AccountNumber,
    parts: &[Money],
    day: Date,
    memo: &str,
    reference: impl ToString,
) -> Entry {
    let lines = parts.iter().map(|part| Line { kind, debit, credit, amount: part.minor() });
    Entry { lines: lines.collect(), effective: day, outside_fact: false, note: Some(Note::new(memo, reference)) }
}

fn one(
    kind: MovementKind,
    debit: AccountNumber,
    credit: AccountNumber,
    amount: Money,
    day: Date,
    memo: &str,
    reference: impl ToString,
) -> Entry {
    Entry {
        lines: vec![Line { kind, debit, credit, amount: amount.minor() }],
        effective: day,
        outside_fact: false,
        note: Some(Note::new(memo, reference)),
    }
}

/// A line for each part: the account debited, the one credited, and how much.
fn lines_of(kind: MovementKind, parts: &[(AccountNumber, AccountNumber, Money)]) -> impl Iterator<Item = Line> {
    parts.iter().map(move |(debit, credit, amount)| Line {
        kind,
        debit: *debit,
        credit: *credit,
        amount: amount.minor(),
    })
}

/// An entry with a line for each part.
fn all_of(
    kind: MovementKind,
    parts: &[(AccountNumber, AccountNumber, Money)],
    day: Date,
    memo: &str,
    reference: impl ToString,
) -> Entry {
    let lines = lines_of(kind, parts).collect();
    Entry { lines, effective: day, outside_fact: false, note: Some(Note::new(memo, reference)) }
}

/// The same entry with one more line, if anything moves by it.
fn with(entry: Entry, kind: MovementKind, debit: AccountNumber, credit: AccountNumber, amount: i64) -> Entry {
    let mut lines = entry.lines;
    if amount > 0 {
        lines.push(Line { kind, debit, credit, amount });
    }
    Entry { lines, ..entry }
}

fn outside(entry: Entry) -> Entry {
    Entry { outside_fact: true, ..entry }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{AccountClass, AccountState, Command, State, Sums, Verdict, fold};
    use crate::money::Currency;
    use jiff::civil::date;
    use proptest::prelude::*;

    const ROOM: AccountNumber = AccountNumber(1);
    const PLEDGED: AccountNumber = AccountNumber(2);
    const COLLECTED: AccountNumber = AccountNumber(3);

    fn campaign(cap: i64) -> State {
        let account = |class, floor| {
            let unit = "PLEDGED.USD".into();
            AccountState { class, unit, floor: Some(floor), closed: false, held: 0, sums: Sums::default() }
        };
        let accounts = [
            (ROOM, account(AccountClass::CommitmentRoom, -cap)),
            (PLEDGED, account(AccountClass::CommitmentPledged, 0)),
            (COLLECTED, account(AccountClass::CommitmentCollected, 0)),
        ];
        State {
            version: 0,
            next_number: 1,
            closed_through: date(2026, 1, 31),
            accounts: accounts.into_iter().collect(),
        }
    }

    fn balance(state: &State, account: AccountNumber) -> i64 {
        let sums = state.accounts[&account].sums;
        sums.credits - sums.debits
    }

    /// Whether the fold takes it.
    fn takes(state: &mut State, entry: Entry) -> bool {
        let (_, verdicts) = fold(state, &[Command::post(None, entry)]);
        matches!(verdicts[..], [Verdict::Posted(_)])
    }

    proptest! {
        #[test]
        fn whatever_the_order_no_cap_is_passed_and_every_promise_is_open_collected_or_dropped(
            cap in 1..2_000i64, steps in proptest::collection::vec((0..3u8, 1..800i64), 1..80)
        ) {
            let mut state = campaign(cap);
            let (mut committed, mut collected, mut dropped) = (0, 0, 0);
            let day = date(2026, 2, 1);
            for (step, minor) in steps {
                let amount = Money::from_minor(minor, Currency::USD).expect("positive");
                let open = committed - collected - dropped;
                match step {
                    0 => {
                        let taken = takes(&mut state, pledge_committed(ROOM, PLEDGED, amount, day, "p"));
                        prop_assert_eq!(taken, open + collected + minor <= cap, "exactly what fits below the cap");
                        committed += if taken { minor } else { 0 };
                    }
                    1 => {
                        let taken = takes(&mut state, commitment_collected(PLEDGED, COLLECTED, amount, day, "c"));
                        prop_assert_eq!(taken, minor <= open, "only what is promised is collected");
                        collected += if taken { minor } else { 0 };
                    }
                    _ => {
                        let taken = takes(&mut state, commitment_dropped(PLEDGED, ROOM, amount, day, "p"));
                        prop_assert_eq!(taken, minor <= open, "only what is open is dropped");
                        dropped += if taken { minor } else { 0 };
                    }
                }
                let open = balance(&state, PLEDGED);
                prop_assert_eq!(committed, open + collected + dropped);
                prop_assert_eq!((balance(&state, COLLECTED), -balance(&state, ROOM)), (collected, open + collected));
                prop_assert!(open + collected <= cap);
            }
        }
    }
}
