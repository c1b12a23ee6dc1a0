//! Payouts that go to a bank by a file: each once, whoever dies on the way, and back again when the file is given up or rejected.

use crate::support::ground;
use deadpool_postgres::Transaction;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::engine::posting;
use ledger::engine::store::accounts;
use ledger::evidence::Digest;
use ledger::id::{BankAccountId, OrganisationId, PayoutId, PersonId};
use ledger::money::Currency;
use ledger::parties::rules::role::Role;
use ledger::payouts::files::pain002::{Report, Status};
use ledger::payouts::operations::bank_accounts::{self, NewBankAccount};
use ledger::payouts::operations::payout_approvals::approve_all;
use ledger::payouts::operations::payout_files::{self, NewPayoutFile, Which};
use ledger::payouts::operations::payouts::{self, NewPayout};
use ledger::payouts::operations::{payout_file_pages as pages, payout_statuses};
use ledger::payouts::rules::owed::Owed;
use ledger::payouts::rules::payout::{Payout, PayoutState, Policy, Screening};
use ledger::payouts::rules::payout_file::{FileFormat, FileState, ItemState, LeftOut, PayoutFile, PayoutFileState};
use ledger::payouts::store::bank_accounts::{self as account_rows, Sealed};
use ledger::payouts::store::{payout_files as rows, payouts as payout_rows};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, refusal, usd};
use ledger::treasury::operations::custodians;
use ledger::{Error, chart};
use std::collections::BTreeMap;

/// A host with an account of its own and 100.00 of cash, which owes 5.00 to each of some teams.
struct Paying {
    ground: Ground,
    asker: PersonId,
    approver: PersonId,
    payer: PersonId,
    payouts: Vec<PayoutId>,
}

async fn give(ground: &Ground, payee: OrganisationId, country: &str, by: PersonId) {
    let new = NewBankAccount {
        id: BankAccountId::generate(ground.book.id),
        payee: payee.into(),
        currency: Currency::USD,
        country: country.into(),
        last_four: "6789".into(),
        sealed: Sealed { key_version: 1, bytes: vec![7; 60] },
    };
    ground.run(async |tx| bank_accounts::propose(tx, new, "", by, ground.wall).await).await.unwrap();
}

impl Paying {
    /// So many payouts, approved and screened.
    async fn to(teams: usize) -> Paying {
        let ground = ground().await;
        let host = ground.book.organisation;
        let asker = ground.person("asker", Role::Treasurer).await;
        let approver = ground.person("approver", Role::Approver).await;
        let payer = ground.person("payer", Role::Treasurer).await;
        give(&ground, host, "US", payer).await;
        let cash = ground.account(&chart::cash_at(host).code, AccountClass::Cash).await;
        let opening = ground.account("equity:opening", AccountClass::OpeningEquity).await;
        let line = |debit, credit, amount| Line { kind: MovementKind::OpeningBalance, debit, credit, amount };
        let mut lines = vec![line(cash, opening, 10_000)];
        let mut payees = Vec::new();
        for place in 0..teams {
            let team = ground.team(&format!("Team {place}"), &format!("member{place}")).await;
            give(&ground, team.id, if place == 5 { "NZ" } else { "US" }, team.member).await;
            let payable = ground.account(&chart::team_payable(team.id).code, AccountClass::TeamPayable).await;
            lines.push(line(opening, payable, 500));
            payees.push(team.id);
        }
        let entry = Entry { lines, effective: ground.book.today(ground.wall), outside_fact: false, note: None };
        ground.run(async |tx| posting::post(tx, &ground.book, entry, ground.wall).await).await.unwrap();
        let mut paying = Paying { ground, asker, approver, payer, payouts: Vec::new() };
        for payee in payees {
            let payout = paying.ask(payee).await;
            paying.approve(payout).await.unwrap();
            paying.payouts.push(payout);
        }
        paying
    }

    async fn ask(&self, payee: OrganisationId) -> PayoutId {
        let new = NewPayout {
            book: self.ground.book.id,
            owed: Owed::Team(payee),
            currency: Currency::USD,
            amount: None,
            release: None,
            custodian: None,
            cash: String::new(),
            memo: "Frame".into(),
        };
        let asked = async |tx: &Transaction<'_>| payouts::request(tx, new, self.asker, self.ground.wall).await;
        self.ground.run(asked).await.unwrap().id
    }

    async fn digest(&self, payout: PayoutId) -> Digest {
        let client = self.ground.client().await;
        let found = payout_rows::get(&client, payout).await.unwrap();
        let account = account_rows::active(&client, payout.book, found.payee, Currency::USD).await.unwrap();
        found.digest(&account.unwrap())
    }

    async fn approve(&self, payout: PayoutId) -> Result<Payout, Error> {
        let (ground, seen) = (&self.ground, self.digest(payout).await);
        let approve = async |tx: &Transaction<'_>| {
            let approved = payouts::approve(tx, payout, seen, self.approver, ground.wall).await?;
            payouts::screened(tx, payout, approved.approval, (Screening::None, ""), ground.wall).await
        };
        ground.run(approve).await
    }

    fn asked(&self, which: Which) -> NewPayoutFile {
        NewPayoutFile {
            book: self.ground.book.id,
            custodian: None,
            format: FileFormat::Pain001,
            currency: Currency::USD,
            execution_on: None,
            originator: String::new(),
            layout: None,
            which,
        }
    }

    async fn file(&self, new: NewPayoutFile) -> Result<PayoutFile, Error> {
        let ground = &self.ground;
        ground.run(async |tx| payout_files::create(tx, new, self.payer, ground.wall).await).await
    }

    /// One page; none when the worker dies before its transaction ends.
    async fn page(&self, file: &PayoutFile, size: i64, dies: bool) -> PayoutFile {
        let ground = &self.ground;
        let mut client = ground.client().await;
        let tx = client.transaction().await.unwrap();
        let built = pages::build(&tx, file.id, size, ground.wall).await.unwrap();
        if dies {
            tx.rollback().await.unwrap();
        } else {
            tx.commit().await.unwrap();
        }
        built
    }

    async fn built(&self, file: &PayoutFile) -> PayoutFile {
        let mut built = file.clone();
        while built.state == FileState::Building {
            built = self.page(file, 50, false).await;
        }
        built
    }

    async fn end(&self, file: &PayoutFile) {
        let ground = &self.ground;
        while ground.run(async |tx| pages::end(tx, file.id, 2, ground.wall).await).await.unwrap() {}
    }

    async fn states(&self) -> BTreeMap<&'static str, usize> {
        let client = self.ground.client().await;
        let mut found = BTreeMap::new();
        for payout in &self.payouts {
            let state = payout_rows::get(&client, *payout).await.unwrap().state.word();
            *found.entry(state.as_str()).or_default() += 1;
        }
        found
    }

    async fn left_out(&self, file: &PayoutFile) -> Vec<(PayoutId, LeftOut)> {
        let client = self.ground.client().await;
        let items = rows::list_items(&client, file.id, Some(ItemState::LeftOut), 0, 100).await.unwrap();
        items.into_iter().map(|item| (item.payout, item.why.unwrap())).collect()
    }

    /// What is owed, and what is on its way.
    async fn balances(&self) -> [i64; 2] {
        [
            self.ground.balance_below("liabilities:payable:").await,
            self.ground.balance_below("liabilities:payouts:").await,
        ]
    }

    async fn withdraw(&self, file: &PayoutFile, reason: &str, not_at_bank: bool) -> Result<PayoutFile, Error> {
        let change = Change { version: None, actor: Actor::Person(self.payer), reason };
        let ground = &self.ground;
        let withdraw =
            async |tx: &Transaction<'_>| payout_files::withdraw(tx, file.id, not_at_bank, change, ground.wall).await;
        ground.run(withdraw).await
    }

    async fn take(&self, file: &PayoutFile) -> Result<payout_files::Taken, Error> {
        let ground = &self.ground;
        ground.run(async |tx| payout_files::take(tx, file.id, self.payer, ground.wall).await).await
    }

    async fn told(&self, report: &Report) -> payout_statuses::Taken {
        let (ground, host) = (&self.ground, self.ground.book.organisation);
        let rejected = report.payments.iter().filter(|(_, status)| status.is_rejected());
        let page: Vec<(&str, &str)> = rejected.map(|(id, status)| (id.as_str(), status.reason.as_str())).collect();
        let actor = Actor::Person(self.payer);
        let fail = async |tx: &Transaction<'_>| {
            payout_statuses::fail(tx, ground.book.id, host, &page, actor, ground.wall).await?;
            payout_statuses::take(tx, ground.book.id, host, report, actor, ground.wall).await
        };
        ground.run(fail).await.unwrap()
    }

    async fn reference(&self, payout: PayoutId) -> String {
        payout_rows::get(&self.ground.client().await, payout).await.unwrap().reference
    }
}

#[tokio::test]
async fn m6_each_payout_of_a_file_is_sent_once_wherever_the_worker_dies() {
    let paying = Paying::to(5).await;
    let file = paying.file(paying.asked(Which::All)).await.unwrap();
    assert_eq!((file.items, file.state.word()), (5, PayoutFileState::Building));
    assert_eq!(
        refusal(paying.file(paying.asked(Which::All)).await),
        "payout-file-nothing",
        "none of them is in two files"
    );
    let these = Which::These(vec![paying.payouts[0]]);
    assert_eq!(refusal(paying.file(paying.asked(these)).await), "payout-in-file");
    assert_eq!(refusal(paying.take(&file).await.map(drop)), "payout-file-state");

    paying.page(&file, 2, true).await;
    assert_eq!(paying.balances().await, [2_500, 0], "what a dead worker did not commit was not sent");
    assert_eq!(paying.page(&file, 2, false).await.sent, 2);
    paying.page(&file, 2, true).await;
    assert_eq!(paying.states().await, BTreeMap::from([("screened", 3), ("sent", 2)]));
    // Two workers at once, of which the second comes late.
    paying.page(&file, 2, false).await;
    let ready = paying.page(&file, 2, false).await;
    let again = paying.page(&file, 2, false).await;
    assert_eq!((ready.state.clone(), ready.sent, ready.total), (FileState::Ready, 5, 2_500));
    assert_eq!((again.state, again.version), (ready.state, ready.version), "nothing more");
    assert_eq!((paying.balances().await, paying.states().await), ([0, 2_500], BTreeMap::from([("sent", 5)])));
    let (one, two) = (paying.take(&file).await.unwrap(), paying.take(&file).await.unwrap());
    assert_eq!((&one.payments, one.ready_at), (&two.payments, two.ready_at));
    let references: Vec<&str> = one.payments.iter().map(|payment| payment.reference.as_str()).collect();
    assert_eq!(references.len(), 5);
    assert_eq!(two.file.taken.unwrap().0, paying.payer, "who took it is written down");
    paying.ground.audit().await;
}

#[tokio::test]
async fn what_cannot_go_is_left_out_with_a_reason_and_goes_with_another_file() {
    let paying = Paying::to(6).await;
    let ground = &paying.ground;
    let nacha = NewPayoutFile {
        format: FileFormat::NachaCcd,
        originator: "1234567890".into(),
        ..paying.asked(Which::These(paying.payouts.clone()))
    };
    let file = paying.file(nacha).await.unwrap();
    let in_transit = chart::payouts_in_transit(ground.book.organisation).code;
    let transit = ground.account(&in_transit, AccountClass::PayoutsInTransit).await;
    // Meanwhile one is given up, one sent by itself, and less is owed to one team.
    let why = Change { version: None, actor: Actor::Person(paying.payer), reason: "a mistake" };
    ground.run(async |tx| payouts::cancel(tx, paying.payouts[0], why, ground.wall).await).await.unwrap();
    ground.run(async |tx| payouts::send(tx, paying.payouts[1], paying.payer, ground.wall).await).await.unwrap();
    let client = ground.client().await;
    let poorer = payout_rows::get(&client, paying.payouts[2]).await.unwrap();
    let by_hand =
        ledger::movements::payout_sent(poorer.payable, transit, usd("1.00"), ground.book.today(ground.wall), "by hand");
    ground.run(async |tx| posting::post(tx, &ground.book, by_hand, ground.wall).await).await.unwrap();
    let built = paying.built(&file).await;
    assert_eq!((built.state.word(), built.sent, built.left_out), (PayoutFileState::Ready, 2, 4));
    let expected = [LeftOut::State, LeftOut::State, LeftOut::DebtLess, LeftOut::BankCountry];
    let left = paying.left_out(&file).await;
    let of = |place: usize| left.iter().find(|(payout, _)| *payout == paying.payouts[place]).map(|(_, why)| *why);
    assert_eq!([of(0), of(1), of(2), of(5)], expected.map(Some));
    // What was left out for its format goes with another one.
    let rest = paying.file(paying.asked(Which::These(vec![paying.payouts[5]]))).await.unwrap();
    assert_eq!(paying.built(&rest).await.sent, 1);
    let none = paying.file(paying.asked(Which::These(vec![paying.payouts[2]]))).await.unwrap();
    let empty = paying.built(&none).await;
    assert_eq!((empty.state.word(), empty.sent), (PayoutFileState::Withdrawn, 0), "a file of nothing is none");
    ground.audit().await;
}

#[tokio::test]
async fn c3_above_the_threshold_a_third_person_asks_for_the_file_and_nothing_leaves_a_frozen_custodian() {
    let paying = Paying::to(2).await;
    let ground = &paying.ground;
    let policy = Policy { threshold: Some(499), late_days: 5 };
    let set = async |tx: &Transaction<'_>| {
        payouts::set_policy(tx, ground.book.id, policy, Actor::Person(ground.owner), ground.wall).await
    };
    ground.run(set).await.unwrap();
    let asked = async |by| {
        let new = paying.asked(Which::All);
        ground.run(async |tx| payout_files::create(tx, new, by, ground.wall).await).await
    };
    let own = asked(paying.asker).await.unwrap();
    assert_eq!(paying.built(&own).await.state.word(), PayoutFileState::Withdrawn);
    assert_eq!(paying.left_out(&own).await[0].1, LeftOut::SamePerson);
    let file = asked(paying.payer).await.unwrap();
    let (host, why) = (ground.book.organisation, Change::by_service("its bank holds it back"));
    ground.run(async |tx| custodians::freeze(tx, &ground.book, host, why, ground.wall).await).await.unwrap();
    assert_eq!(paying.built(&file).await.left_out, 2);
    assert_eq!(paying.left_out(&file).await[0].1, LeftOut::Frozen);
    assert_eq!(refusal(asked(paying.payer).await), "payout-frozen");
    ground.run(async |tx| custodians::release(tx, &ground.book, host, why, ground.wall).await).await.unwrap();
    let file = asked(paying.payer).await.unwrap();
    assert_eq!(paying.built(&file).await.sent, 2);
    ground.audit().await;
}

#[tokio::test]
async fn a_file_that_nobody_handed_over_is_withdrawn_and_all_of_it_is_owed_again() {
    let paying = Paying::to(3).await;
    let file = paying.file(paying.asked(Which::All)).await.unwrap();
    assert_eq!(refusal(paying.withdraw(&file, "a typo", true).await), "payout-file-state");
    paying.built(&file).await;
    assert_eq!(refusal(paying.withdraw(&file, " ", true).await), "reason-missing");
    paying.take(&file).await.unwrap();
    assert_eq!(refusal(paying.withdraw(&file, "a typo", false).await), "payout-file-taken");
    let withdrawn = paying.withdraw(&file, "a typo", true).await.unwrap();
    assert_eq!(withdrawn.state, FileState::Withdrawn { reason: "a typo".into() });
    assert_eq!(refusal(paying.withdraw(&file, "a typo", true).await), "payout-file-state");
    assert_eq!(refusal(paying.take(&file).await.map(drop)), "payout-file-state");
    paying.end(&file).await;
    paying.end(&file).await;
    assert_eq!((paying.balances().await, paying.states().await), ([1_500, 0], BTreeMap::from([("failed", 3)])));
    paying.ground.audit().await;
}

#[tokio::test]
async fn m12_what_a_bank_rejects_by_its_report_fails_once_and_the_rest_is_on_its_way() {
    let paying = Paying::to(3).await;
    let file = paying.file(paying.asked(Which::All)).await.unwrap();
    paying.built(&file).await;
    let status = |code: &str, reason: &str| Status { code: code.into(), reason: reason.into() };
    let mut report = Report { message: PayoutFile::message_of(file.id), ..Report::default() };
    report.payments.insert(paying.reference(paying.payouts[0]).await, status("RJCT", "AC04"));
    report.payments.insert(paying.reference(paying.payouts[1]).await, status("ACSC", ""));
    report.payments.insert("CPNOBODY".into(), status("RJCT", ""));
    for _ in 0..2 {
        let told = paying.told(&report).await;
        assert_eq!((told.failed, told.noted, told.untouched_count), (1, 1, 1));
        assert_eq!((told.untouched[0].reference.as_str(), told.untouched[0].state), ("CPNOBODY", None));
        assert_eq!(told.file.unwrap().state, FileState::Reported { reason: String::new() });
        assert_eq!(paying.balances().await, [500, 1_000], "twice is once");
    }
    let client = paying.ground.client().await;
    let failed = payout_rows::get(&client, paying.payouts[0]).await.unwrap();
    assert_eq!(failed.state.reason(), "the bank rejects it: the account is closed (AC04)");
    assert_eq!(refusal(paying.withdraw(&file, "late", true).await), "payout-file-state");
    // All of it.
    let whole = Report { message: report.message.clone(), group: status("RJCT", "AM04"), ..Report::default() };
    assert!(!paying.told(&whole).await.file.unwrap().state.reason().is_empty());
    paying.end(&file).await;
    assert_eq!((paying.balances().await, paying.states().await), ([1_500, 0], BTreeMap::from([("failed", 3)])));
    let other = Report { message: "MSG-7".into(), group: status("RJCT", ""), ..Report::default() };
    assert_eq!(paying.told(&other).await.file, None, "a file that is none of ours changes nothing");
    paying.ground.audit().await;
}

#[tokio::test]
async fn many_payouts_are_approved_in_one_go_each_by_what_was_seen_of_it() {
    let paying = Paying::to(1).await;
    let ground = &paying.ground;
    let team = ground.team("Late team", "late").await;
    let payee =
        payout_rows::get(&ground.client().await, paying.payouts[0]).await.unwrap().payee.organisation().unwrap();
    // One that is approved already, one of nobody, one whose digest is another's, and two that are fine.
    let opening =
        accounts::find(&ground.client().await, ground.book.id, "equity:opening").await.unwrap().unwrap().number;
    let mut fine = Vec::new();
    for of in [payee, team.id] {
        let payable = if of == payee {
            payout_rows::get(&ground.client().await, paying.payouts[0]).await.unwrap().payable
        } else {
            ground.account(&chart::team_payable(of).code, AccountClass::TeamPayable).await
        };
        let line = Line { kind: MovementKind::OpeningBalance, debit: opening, credit: payable, amount: 300 };
        let entry =
            Entry { lines: vec![line], effective: ground.book.today(ground.wall), outside_fact: false, note: None };
        ground.run(async |tx| posting::post(tx, &ground.book, entry, ground.wall).await).await.unwrap();
        if of == team.id {
            give(ground, of, "US", team.member).await;
        }
        fine.push(paying.ask(of).await);
    }
    let seen = vec![
        (fine[1], paying.digest(fine[1]).await),
        (paying.payouts[0], paying.digest(paying.payouts[0]).await),
        (PayoutId::generate(ground.book.id), Digest([0; 32])),
        (fine[0], paying.digest(fine[1]).await),
    ];
    let approve = async |by| ground.run(async |tx| approve_all(tx, &seen, by, ground.wall).await).await.unwrap();
    let codes = |verdicts: Vec<Result<Payout, ledger::Refusal>>| -> Vec<&'static str> {
        verdicts.into_iter().map(|verdict| verdict.map_or_else(|refusal| refusal.code, |_| "approved")).collect()
    };
    assert_eq!(codes(approve(paying.asker).await), ["same-person", "payout-state", "not-found", "same-person"]);
    assert_eq!(codes(approve(paying.approver).await), ["approved", "payout-state", "not-found", "digest-differs"]);
    assert_eq!(codes(approve(paying.approver).await)[0], "payout-state", "twice is once");
    let state = async |payout| payout_rows::get(&ground.client().await, payout).await.unwrap().state.word();
    assert_eq!((state(fine[0]).await, state(fine[1]).await), (PayoutState::Requested, PayoutState::Approved));
    ground.audit().await;
}

#[tokio::test]
async fn the_database_keeps_a_file_as_it_was_made_whatever_the_service_says() {
    let paying = Paying::to(3).await;
    let client = paying.ground.client().await;
    let file = paying.file(paying.asked(Which::These(paying.payouts[..2].to_vec()))).await.unwrap();
    let refused = async |sql: &str| client.batch_execute(sql).await.is_err();
    for sql in [
        "UPDATE payout_file SET state = 'ready', ready_at = now(), sent = 2, total = 1000",
        "UPDATE payout_file SET state = 'reported', ready_at = now(), sent = 2, total = 1000",
        "UPDATE payout_file SET state = 'withdrawn', ready_at = now(), reason = 'x', left_out = 2",
        "UPDATE payout_file_item SET state = 'sent'",
        "UPDATE payout_file SET execution_on = execution_on + 1",
        "UPDATE payout_file_item SET place = place + 10",
        "DELETE FROM payout_file",
        "DELETE FROM payout_file_item",
        "INSERT INTO payout_file_item (book_id, file, payout, place, state)
         SELECT i.book_id, i.file, i.payout, 9, 'waiting' FROM payout_file_item i LIMIT 1",
        "INSERT INTO payout_file (book_id, id, custodian, debtor, asked_by, asked_at, items, execution_on, format, state, currency, originator)
         SELECT book_id, gen_random_uuid(), gen_random_uuid(), debtor, asked_by, asked_at, 1, execution_on, format, 'building', currency, ''
           FROM payout_file",
    ] {
        assert!(refused(sql).await, "{sql}");
    }
    paying.built(&file).await;
    let payout = paying.payouts[2];
    paying.ground.run(async |tx| payouts::send(tx, payout, paying.payer, paying.ground.wall).await).await.unwrap();
    for sql in [
        "UPDATE payout_file SET total = total + 1",
        "UPDATE payout_file SET sent = 3, items = 3",
        "UPDATE payout_file SET state = 'building', ready_at = NULL",
        "UPDATE payout_file SET ready_at = now()",
        "UPDATE payout_file_item SET state = 'left_out', why = 'state'",
    ] {
        assert!(refused(sql).await, "{sql}");
    }
    let late = format!(
        "INSERT INTO payout_file_item (book_id, file, payout, place, state) VALUES ({}, '{}', '{}', 3, 'waiting')",
        payout.book, file.id.object, payout.object
    );
    assert!(refused(&late).await, "what is ready takes no more");
}
