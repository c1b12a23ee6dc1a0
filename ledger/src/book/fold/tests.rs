//! The fold against a naive model, and its refusals one by one.

use super::*;
use crate::book::entry::Line;
use crate::book::movement::MovementKind;
use jiff::civil::date;
use proptest::prelude::*;

const CASH: AccountNumber = AccountNumber(1);
const RECEIVABLE: AccountNumber = AccountNumber(2);
const FUND: AccountNumber = AccountNumber(3);
const TEAM: AccountNumber = AccountNumber(4);

fn account(class: AccountClass, floor: Option<i64>) -> AccountState {
    AccountState { class, unit: "USD".into(), floor, closed: false, held: 0, sums: Sums::default() }
}

fn book() -> State {
    let accounts = [
        (CASH, account(AccountClass::Cash, Some(0))),
        (RECEIVABLE, account(AccountClass::Receivable, Some(0))),
        (FUND, account(AccountClass::Fund, Some(0))),
        (TEAM, account(AccountClass::TeamPayable, Some(0))),
    ];
    State { version: 0, next_number: 1, closed_through: date(2026, 1, 31), accounts: accounts.into_iter().collect() }
}

fn line(kind: MovementKind, debit: AccountNumber, credit: AccountNumber, amount: i64) -> Line {
    Line { kind, debit, credit, amount }
}

fn command(lines: Vec<Line>) -> Command {
    Command::post(None, Entry { lines, effective: date(2026, 2, 1), outside_fact: false, note: None })
}

fn capture(amount: i64) -> Line {
    line(MovementKind::ChargeCaptured, RECEIVABLE, FUND, amount)
}

fn release(amount: i64) -> Line {
    line(MovementKind::MilestoneReleased, FUND, TEAM, amount)
}

#[test]
fn a_refusal_concerns_its_own_command_and_takes_no_number() {
    let mut state = book();
    let commands =
        [command(vec![capture(3_000)]), command(vec![release(3_001)]), command(vec![capture(1), release(3_001)])];
    let (batch, verdicts) = fold(&mut state, &commands);
    let short = Reason::BelowFloor { account: FUND, short: 1 };
    assert_eq!(verdicts, [Verdict::Posted(1), Verdict::Refused(short), Verdict::Posted(2)]);
    assert_eq!(batch.transfers.iter().map(|row| row.pos).collect::<Vec<_>>(), [1 << 16, 2 << 16, 2 << 16 | 1]);
    assert_eq!(batch.transfers.iter().map(|row| row.credit_after).collect::<Vec<_>>(), [3_000, 3_001, 3_001]);
    let fund = batch.touched.iter().find(|touched| touched.number == FUND).expect("the fund was moved");
    assert_eq!(fund.after, Sums { debits: 3_001, credits: 3_001, last: 2 << 16 | 1, lines: 3 });
    assert_eq!(fund.before, Sums::default());
}

#[test]
fn a_companion_learns_the_number_of_its_entry_and_stays_out_when_that_is_refused() {
    let mut state = book();
    let with = |line, id: i32| {
        let row = serde_json::json!({ "id": id, "body": { "entry": null } });
        let numbered = Companion::numbered("reply", row.clone(), "/body/entry");
        Command { companions: vec![numbered, Companion::new("job", &row)], ..command(vec![line]) }
    };
    let (batch, _) = fold(&mut state, &[with(capture(5), 1), with(release(6), 2), with(release(5), 3)]);
    let rows: serde_json::Value = serde_json::from_str(&batch.companions.text()).expect("JSON");
    let entries = |table| -> Vec<(i64, Option<i64>)> {
        let rows = rows[table].as_array().expect("rows").iter();
        rows.map(|row| (row["id"].as_i64().expect("an id"), row["body"]["entry"].as_i64())).collect()
    };
    assert_eq!(entries("reply"), [(1, Some(1)), (3, Some(2))]);
    assert_eq!(entries("job"), [(1, None), (3, None)]);
}

#[test]
fn money_moves_only_in_the_ways_of_the_table() {
    let mut state = book();
    let wrong = line(MovementKind::ChargeCaptured, CASH, FUND, 5);
    let (batch, verdicts) = fold(&mut state, &[command(vec![wrong])]);
    assert_eq!(verdicts, [Verdict::Refused(Reason::NoSuchMovement { debit: CASH, credit: FUND })]);
    assert_eq!(batch, Batch::default());
    assert_eq!(state, book());
}

#[test]
fn a_closed_day_refuses_an_entry_but_never_a_fact_from_outside() {
    let mut state = book();
    let mut late = command(vec![capture(5)]);
    let day = date(2026, 1, 31);
    late.entry = late.entry.map(|entry| Entry { effective: day, ..entry });
    let (_, verdicts) = fold(&mut state, &[late.clone()]);
    assert_eq!(verdicts, [Verdict::Refused(Reason::ClosedPeriod(date(2026, 1, 31)))]);
    late.entry = late.entry.map(|entry| Entry { outside_fact: true, ..entry });
    let (batch, verdicts) = fold(&mut state, &[late]);
    assert_eq!(verdicts, [Verdict::Posted(1)]);
    assert_eq!(batch.transfers[0].effective, date(2026, 2, 1));
    assert_eq!(batch.transfers[0].occurred, date(2026, 1, 31));
}

#[test]
fn bounds_units_closed_and_unknown_accounts_are_refused_with_the_offender_named() {
    let mut state = book();
    let mut euro = account(AccountClass::Fund, None);
    euro.unit = "EUR".into();
    state.accounts.insert(AccountNumber(5), euro);
    let mut closed = account(AccountClass::Fund, None);
    closed.closed = true;
    state.accounts.insert(AccountNumber(6), closed);
    let captured = |credit, amount| command(vec![line(MovementKind::ChargeCaptured, RECEIVABLE, credit, amount)]);
    let cases = [
        (captured(AccountNumber(5), 1), Reason::UnitsDiffer(RECEIVABLE, AccountNumber(5))),
        (captured(AccountNumber(6), 1), Reason::ClosedAccount(AccountNumber(6))),
        (captured(AccountNumber(9), 1), Reason::UnknownAccount(AccountNumber(9))),
        (captured(RECEIVABLE, 1), Reason::Lines),
        (captured(FUND, 0), Reason::Amount),
        (captured(FUND, AMOUNT_MAX + 1), Reason::Amount),
        (command(vec![]), Reason::Lines),
        (command(vec![capture(1); LINES_MAX + 1]), Reason::Lines),
    ];
    for (command, reason) in cases {
        assert_eq!(fold(&mut state, &[command]).1, [Verdict::Refused(reason)]);
    }
}

#[test]
fn what_is_held_is_not_spent() {
    let mut state = book();
    fold(&mut state, &[command(vec![capture(100)])]);
    state.accounts.get_mut(&FUND).expect("the fund is there").held = 30;
    let (_, verdicts) = fold(&mut state, &[command(vec![release(71)]), command(vec![release(70)])]);
    let short = Reason::BelowFloor { account: FUND, short: 1 };
    assert_eq!(verdicts, [Verdict::Refused(short), Verdict::Posted(2)]);
}

/// The naive model: replays every accepted line from nothing and sums.
fn naive_balance(lines: &[Line], account: AccountNumber, side: i64) -> i64 {
    lines.iter().fold(0, |sum, line| {
        let moved = i64::from(line.credit == account) - i64::from(line.debit == account);
        sum + side * moved * line.amount
    })
}

proptest! {
    #[test]
    fn the_fold_agrees_with_a_naive_replay_on_random_histories(
        asked in prop::collection::vec(prop::collection::vec((0..4usize, 1..60i64), 1..4), 1..60),
        cut in 0..60usize,
    ) {
        let commands: Vec<Command> = asked.iter().map(|lines| command(lines.iter().map(|&(which, amount)| match which {
            0 => capture(amount),
            1 => release(amount),
            2 => line(MovementKind::ReceivableSettled, CASH, RECEIVABLE, amount),
            _ => line(MovementKind::ClawbackUnpaid, TEAM, FUND, amount),
        }).collect())).collect();
        let mut state = book();
        let (batch, verdicts) = fold(&mut state, &commands);

        let mut accepted: Vec<Line> = Vec::new();
        let mut number = 1;
        for (command, verdict) in commands.iter().zip(&verdicts) {
            let mut tried = accepted.clone();
            tried.extend(command.lines());
            let sides = [(CASH, -1), (RECEIVABLE, -1), (FUND, 1), (TEAM, 1)];
            if sides.iter().all(|&(account, side)| naive_balance(&tried, account, side) >= 0) {
                prop_assert_eq!(*verdict, Verdict::Posted(number));
                number += 1;
                accepted = tried;
            } else {
                prop_assert!(matches!(verdict, Verdict::Refused(Reason::BelowFloor { .. })), "{:?}", verdict);
            }
        }
        for (account, side) in [(CASH, -1), (RECEIVABLE, -1), (FUND, 1), (TEAM, 1)] {
            prop_assert_eq!(state.accounts[&account].balance(), naive_balance(&accepted, account, side));
        }
        prop_assert_eq!(batch.transfers.len(), accepted.len());

        // Cut anywhere into two batches: the same rows and verdicts.
        let cut = cut.min(commands.len());
        let mut again = book();
        let (first, mut split) = fold(&mut again, &commands[..cut]);
        let (second, rest) = fold(&mut again, &commands[cut..]);
        split.extend(rest);
        prop_assert_eq!(split, verdicts);
        prop_assert_eq!([first.transfers, second.transfers].concat(), batch.transfers);
        prop_assert_eq!(again, state);
    }
}
