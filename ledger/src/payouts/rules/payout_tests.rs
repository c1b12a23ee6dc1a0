//! Payouts, tried.

use super::payout::*;
use crate::book::AccountNumber;
use crate::calendar::later;
use crate::id::BookId;
use crate::id::{BankAccountId, OrganisationId, PayoutId, PersonId};
use crate::money::{Currency, Money};
use crate::payouts::rules::bank_account;
use crate::payouts::rules::bank_account::BankAccount;
use crate::payouts::rules::payee::Payee;
use jiff::Timestamp;
use jiff::civil::date;

fn account(payee: Payee) -> BankAccount {
    BankAccount {
        id: BankAccountId::generate(BookId(1)),
        payee,
        currency: Currency::USD,
        country: "US".into(),
        last_four: "6789".into(),
        state: bank_account::State::Active,
        proposed_by: PersonId::generate(),
        proposed_at: Timestamp::UNIX_EPOCH,
        confirmed: None,
        active_at: None,
        link: None,
        version: 1,
    }
}

fn requested(by: PersonId) -> Payout {
    let id = PayoutId::generate(BookId(1));
    Payout {
        id,
        payee: OrganisationId::generate().into(),
        custodian: OrganisationId::generate(),
        cash: String::new(),
        run: None,
        source: Source::Team,
        release: None,
        payable: AccountNumber(7),
        amount: Money::from_minor(500, Currency::USD).unwrap(),
        reference: Payout::reference_of(id),
        memo: String::new(),
        requested_by: by,
        requested_at: Timestamp::UNIX_EPOCH,
        approval: None,
        screening: None,
        sending: None,
        fee: 0,
        returned: 0,
        settled_on: None,
        end_entry: 0,
        state: Payout::begin(Timestamp::UNIX_EPOCH),
        version: 1,
    }
}

#[test]
fn an_approval_is_by_somebody_else_of_what_was_seen_and_falls_with_the_account() {
    let (ada, bob) = (PersonId::generate(), PersonId::generate());
    let payout = requested(ada);
    let (old, new) = (account(payout.payee), account(payout.payee));
    let seen = payout.digest(&old);
    assert_eq!(payout.clone().approve(ada, &old, seen).unwrap_err().code, "same-person");
    assert_eq!(payout.clone().approve(bob, &new, seen).unwrap_err().code, "digest-differs");
    let other = Payout { amount: Money::from_minor(501, Currency::USD).unwrap(), ..payout.clone() };
    assert_eq!(other.approve(bob, &old, seen).unwrap_err().code, "digest-differs");
    let approved = payout.approve(bob, &old, seen).unwrap();
    assert_eq!(approved.clone().approve(bob, &old, seen).unwrap_err().code, "payout-state");
    assert_eq!(approved.clone().as_of(Some(&old)), approved);
    for account in [None, Some(&new)] {
        let fallen = approved.clone().screen(Screening::Clear, "").as_of(account);
        assert_eq!((fallen.state.word(), fallen.approval, fallen.screening), (PayoutState::Requested, None, None));
    }
}

#[test]
fn m11_a_hit_holds_it_and_an_operator_lets_it_go_on_or_ends_it() {
    let (ada, bob) = (PersonId::generate(), PersonId::generate());
    let payout = requested(ada);
    let account = account(payout.payee);
    let seen = payout.digest(&account);
    let held = payout.approve(bob, &account, seen).unwrap().screen(Screening::Hit, "a list has the name");
    assert_eq!((held.state.word(), held.state.reason()), (PayoutState::Held, "a list has the name"));
    assert_eq!(held.check_sender(bob, Policy::default(), Currency::USD).unwrap_err().code, "payout-state");
    assert_eq!(held.clone().screen(Screening::Clear, "").state.word(), PayoutState::Held, "it is answered once");
    let released = held.clone().release().unwrap();
    assert!(released.check_sender(bob, Policy::default(), Currency::USD).is_ok());
    assert_eq!(released.release().unwrap_err().code, "payout-state");
    assert_eq!(held.refuse_held("it is they").unwrap().state.word(), PayoutState::Cancelled);
}

#[test]
fn above_the_threshold_three_people_are_needed_and_below_it_two() {
    let (ada, bob, eve) = (PersonId::generate(), PersonId::generate(), PersonId::generate());
    let payout = requested(ada);
    let account = account(payout.payee);
    let seen = payout.digest(&account);
    let ready = payout.approve(bob, &account, seen).unwrap().screen(Screening::None, "");
    let policy = |threshold| Policy { threshold: Some(threshold), ..Policy::default() };
    for sender in [ada, bob] {
        assert!(ready.check_sender(sender, policy(500), Currency::USD).is_ok());
        assert_eq!(ready.check_sender(sender, policy(499), Currency::USD).unwrap_err().code, "same-person");
        let foreign = ready.check_sender(sender, policy(500), Currency::EUR);
        assert_eq!(foreign.unwrap_err().code, "same-person", "nobody knows what another currency is worth");
    }
    assert!(ready.check_sender(eve, policy(0), Currency::USD).is_ok());
}

#[test]
fn c2_late_is_counted_in_bank_days_and_each_payout_has_a_reference_that_banks_take() {
    let policy = Policy::default();
    assert_eq!(policy.late_from(date(2027, 1, 1)), date(2027, 1, 9), "a Friday: the next Friday, and a day");
    assert_eq!(bank_days_after(date(2027, 1, 2), 1), date(2027, 1, 4), "from a Saturday to the Monday");
    assert_eq!(policy.late_from(date(2027, 1, 4)), date(2027, 1, 12));
    let (one, two) = (requested(PersonId::generate()).reference, requested(PersonId::generate()).reference);
    assert!(one != two && one.len() <= 35 && one.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{one}");
}

#[test]
fn what_was_sent_is_cancelled_by_nobody_and_what_nobody_sends_lapses() {
    let payout = requested(PersonId::generate());
    assert!(!payout.is_lapsed(Timestamp::UNIX_EPOCH) && payout.is_lapsed(later(Timestamp::UNIX_EPOCH, OPEN_DAYS)));
    let sending = Sending { by: PersonId::generate(), on: date(2027, 1, 1), late_from: date(2027, 1, 9), entry: 9 };
    let sent = payout.clone().sent(sending);
    assert!(!sent.is_lapsed(Timestamp::MAX));
    assert_eq!(sent.clone().cancel("no").unwrap_err().code, "payout-state");
    assert!(sent.check_fails().is_ok() && payout.check_fails().is_err());
    let failed = sent.failed("account closed", 10);
    assert_eq!((failed.state.word(), failed.end_entry), (PayoutState::Failed, 10));
}
