//! Where payees are paid, what is paid to them, and what their banks say.

use crate::support::ground;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::engine::posting;
use ledger::engine::store::accounts;
use ledger::id::{BankAccountId, BookId, PersonId};
use ledger::money::Currency;
use ledger::parties::rules::role::Role;
use ledger::parties::store::organisations;
use ledger::payouts::operations::bank_accounts::{self, NewBankAccount};
use ledger::payouts::operations::payouts::{self, NewPayout};
use ledger::payouts::operations::{bank_account_notices, bank_lines, sandbox_bank};
use ledger::payouts::rules::bank_account::{BankAccount, BankAccountState};
use ledger::payouts::rules::bank_line::{BankLine, Direction, LineState, Told, Why};
use ledger::payouts::rules::owed::Owed;
use ledger::payouts::rules::payout::{Payout, PayoutState, Screening};
use ledger::payouts::store::bank_accounts::{self as store, Sealed};
use ledger::payouts::store::payouts as payout_store;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, Team, refusal, usd};
use ledger::treasury::operations::custodians;
use ledger::{Error, chart, movements};
use uuid::Uuid;

mod screening;

/// A team that is paid, with two people.
pub(crate) struct Scene {
    pub(crate) ground: Ground,
    team: Team,
    second: PersonId,
}

impl Scene {
    async fn new() -> Scene {
        let ground = ground().await;
        let team = ground.team("Press team", "first").await;
        let second = ground.stranger("second").await;
        let (id, wall) = (team.id, ground.wall);
        let give = async |tx: &Transaction<'_>| {
            organisations::insert_role(tx, id, second, Role::Treasurer, second, wall).await.map(drop)
        };
        ground.run(give).await.unwrap();
        Scene { ground, team, second }
    }

    async fn give(&self, last_four: &str, by: PersonId) -> Result<BankAccount, Error> {
        let new = NewBankAccount {
            id: BankAccountId::generate(self.ground.book.id),
            payee: self.team.id.into(),
            currency: Currency::USD,
            country: "US".into(),
            last_four: last_four.into(),
            sealed: Sealed { key_version: 1, bytes: vec![7; 60] },
        };
        self.ground.run(async |tx| bank_accounts::propose(tx, new, "secret", by, self.ground.wall).await).await
    }

    async fn confirm(&self, id: BankAccountId, by: PersonId, wall: Timestamp) -> Result<BankAccount, Error> {
        self.ground.run(async |tx| bank_accounts::confirm(tx, id, by, wall).await).await
    }

    async fn advance(&self, id: BankAccountId, day: i64) -> BankAccountState {
        let wall = self.ground.day(day);
        let account = self.ground.run(async |tx| bank_accounts::advance(tx, id, wall).await).await.unwrap();
        account.state.word()
    }

    async fn active(&self) -> String {
        let client = self.ground.client().await;
        let found = store::active(&client, self.ground.book.id, self.team.id.into(), Currency::USD).await.unwrap();
        found.map(|found| found.last_four).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_changed_bank_account_needs_a_second_person_and_three_days_and_may_be_rejected_until_then() {
    let scene = Scene::new().await;
    let (first, second, wall) = (scene.team.member, scene.second, scene.ground.wall);
    let given = scene.give("1111", first).await.unwrap();
    assert_eq!((given.state.word(), scene.active().await.as_str()), (BankAccountState::Active, "1111"));
    let changed = scene.give("2222", first).await.unwrap();
    assert_eq!(refusal(scene.give("3333", second).await), "bank-account-pending");
    assert_eq!(refusal(scene.confirm(changed.id, first, wall).await), "same-person");
    scene.confirm(changed.id, second, wall).await.unwrap();
    assert_eq!(scene.advance(changed.id, 2).await, BankAccountState::Waiting);
    assert_eq!(scene.active().await, "1111", "until then payouts go where they went");
    assert_eq!(scene.advance(changed.id, 3).await, BankAccountState::Active);
    assert_eq!(scene.advance(changed.id, 3).await, BankAccountState::Active, "twice is once");
    assert_eq!((scene.active().await.as_str(), scene.advance(given.id, 3).await), ("2222", BankAccountState::Replaced));
    let client = scene.ground.client().await;
    let told = bank_account_notices::notice(&client, changed.id).await.unwrap().recipients;
    assert!(told.len() >= 2, "each of the payee's keepers: {told:?}");

    let third = scene.give("3333", second).await.unwrap();
    scene.confirm(third.id, first, wall).await.unwrap();
    let no = |reason: &'static str| Change { version: None, actor: Actor::Person(first), reason };
    let reject =
        async |id, reason| scene.ground.run(async |tx| bank_accounts::reject(tx, id, no(reason), wall).await).await;
    assert_eq!(refusal(reject(third.id, " ").await), "reason-missing");
    reject(third.id, "nobody of us gave it").await.unwrap();
    assert_eq!(
        (scene.advance(third.id, 30).await, scene.active().await.as_str()),
        (BankAccountState::Rejected, "2222")
    );
    assert_eq!(refusal(reject(changed.id, "not ours").await), "bank-account-stands");

    let forgotten = scene.give("4444", first).await.unwrap();
    assert_eq!(scene.advance(forgotten.id, 13).await, BankAccountState::Proposed);
    assert_eq!(scene.advance(forgotten.id, 14).await, BankAccountState::Rejected, "nobody confirmed it");
}

#[tokio::test]
async fn the_database_keeps_a_bank_account_as_it_was_given_whatever_the_service_says() {
    let scene = Scene::new().await;
    scene.give("1111", scene.team.member).await.unwrap();
    let changed = scene.give("2222", scene.team.member).await.unwrap();
    let client = scene.ground.client().await;
    let refused = async |sql: &str| client.batch_execute(sql).await.is_err();
    for sql in [
        "UPDATE bank_account SET state = 'active', active_at = now(), state_until = NULL WHERE state = 'proposed'",
        "UPDATE bank_account SET state = 'waiting' WHERE state = 'proposed'",
        "UPDATE bank_account SET confirmed_by = proposed_by, confirmed_at = now() WHERE state = 'proposed'",
        "UPDATE bank_account SET sealed = decode(repeat('00', 60), 'hex')",
        "UPDATE bank_account SET sealed = decode(repeat('00', 60), 'hex'), key_version = 1",
        "UPDATE bank_account SET last_four = '9999'",
        "UPDATE bank_account SET payee = gen_random_uuid()",
        "UPDATE bank_account SET state = 'rejected', reason = 'x' WHERE state = 'active'",
        "DELETE FROM bank_account",
    ] {
        assert!(refused(sql).await, "{sql}");
    }
    let old = store::list_older(&client, 2, (BookId(0), Uuid::nil()), 10).await.unwrap();
    assert_eq!(old.len(), 2);
    let anew = Sealed { key_version: 2, bytes: vec![8; 60] };
    for old in &old {
        assert!(store::reseal(&client, old, &anew).await.unwrap());
        assert!(!store::reseal(&client, old, &anew).await.unwrap(), "somebody else has sealed it");
    }
    let version = store::get(&client, changed.id).await.unwrap().version;
    assert_eq!(version, changed.version, "nobody who has read it need read it again");
}

/// A host that owes 5.00 to a team with a bank account, and has 100.00 of cash.
pub(crate) struct Owing {
    pub(crate) scene: Scene,
    asker: PersonId,
    approver: PersonId,
    payer: PersonId,
}

impl Owing {
    pub(crate) async fn to_account(last_four: &str) -> Owing {
        let scene = Scene::new().await;
        scene.give(last_four, scene.team.member).await.unwrap();
        let ground = &scene.ground;
        let host = ground.book.organisation;
        let cash = ground.account(&chart::cash_at(host).code, AccountClass::Cash).await;
        let payable = ground.account(&chart::team_payable(scene.team.id).code, AccountClass::TeamPayable).await;
        let opening = ground.account("equity:opening", AccountClass::OpeningEquity).await;
        let line = |debit, credit, amount| Line { kind: MovementKind::OpeningBalance, debit, credit, amount };
        let lines = vec![line(cash, opening, 10_000), line(opening, payable, 500)];
        let entry = Entry { lines, effective: ground.book.today(ground.wall), outside_fact: false, note: None };
        ground.run(async |tx| posting::post(tx, &ground.book, entry, ground.wall).await).await.unwrap();
        let asker = ground.person("asker", Role::Treasurer).await;
        let approver = ground.person("approver", Role::Approver).await;
        let payer = ground.person("payer", Role::Treasurer).await;
        Owing { scene, asker, approver, payer }
    }

    fn payout_of(&self, amount: Option<&str>) -> NewPayout {
        NewPayout {
            book: self.scene.ground.book.id,
            owed: Owed::Team(self.scene.team.id),
            currency: Currency::USD,
            amount: amount.map(usd),
            release: None,
            custodian: None,
            cash: String::new(),
            memo: String::new(),
        }
    }

    async fn ask(&self, amount: Option<&str>) -> Result<Payout, Error> {
        let (new, wall) = (self.payout_of(amount), self.scene.ground.wall);
        self.scene.ground.run(async |tx| payouts::request(tx, new, self.asker, wall).await).await
    }

    async fn approve(&self, payout: &Payout, by: PersonId) -> Result<Payout, Error> {
        let ground = &self.scene.ground;
        let client = ground.client().await;
        let account = store::active(&client, ground.book.id, payout.payee, Currency::USD).await.unwrap().unwrap();
        let seen = payout.digest(&account);
        ground.run(async |tx| payouts::approve(tx, payout.id, seen, by, ground.wall).await).await
    }

    async fn screened(&self, payout: &Payout) -> Payout {
        let ground = &self.scene.ground;
        let approved = self.approve(payout, self.approver).await.unwrap();
        let none = (Screening::None, "");
        let screen =
            async |tx: &Transaction<'_>| payouts::screened(tx, payout.id, approved.approval, none, ground.wall).await;
        ground.run(screen).await.unwrap()
    }

    async fn send(&self, payout: &Payout) -> Result<Payout, Error> {
        let ground = &self.scene.ground;
        ground.run(async |tx| payouts::send(tx, payout.id, self.payer, ground.wall).await).await
    }

    pub(crate) async fn sent(&self, amount: Option<&str>) -> Payout {
        let payout = self.ask(amount).await.unwrap();
        self.send(&self.screened(&payout).await).await.unwrap()
    }

    /// The bank of the sandbox has the payout, and tells what becomes of it.
    async fn bank(&self, payout: &Payout, answers: &[bool]) -> PayoutState {
        let ground = &self.scene.ground;
        ground.run(async |tx| sandbox_bank::hand_over(tx, payout.id, ground.wall).await).await.unwrap();
        for comes_back in answers {
            let wall = ground.day(if *comes_back { 6 } else { 1 });
            for _ in 0..2 {
                let answer = async |tx: &Transaction<'_>| sandbox_bank::answer(tx, payout.id, *comes_back, wall).await;
                ground.run(answer).await.unwrap();
            }
        }
        self.state(payout).await
    }

    pub(crate) async fn state(&self, payout: &Payout) -> PayoutState {
        let client = self.scene.ground.client().await;
        payout_store::get(&client, payout.id).await.unwrap().state.word()
    }

    pub(crate) async fn line(&self, told: Told, day: i64) -> Result<BankLine, Error> {
        let (ground, change) = (&self.scene.ground, Change::by_service(""));
        let host = ground.book.organisation;
        let take = async |tx: &Transaction<'_>| {
            bank_lines::take(tx, ground.book.id, host, vec![told.clone()], change, ground.day(day)).await
        };
        Ok(ground.run(take).await?.remove(0))
    }

    pub(crate) fn told(&self, payout: &Payout, reference: &str, direction: Direction, amount: &str) -> Told {
        let value_on = self.scene.ground.book.today(self.scene.ground.wall);
        let end_to_end = payout.reference.clone();
        Told { reference: reference.into(), direction, amount: usd(amount), fee: 0, value_on, end_to_end }
    }

    pub(crate) async fn balances(&self) -> [i64; 3] {
        let ground = &self.scene.ground;
        let mut found = [0; 3];
        for (place, prefix) in ["liabilities:payable:", "liabilities:payouts:", "assets:cash:"].into_iter().enumerate()
        {
            found[place] = ground.balance_below(prefix).await;
        }
        found
    }
}

#[tokio::test]
async fn p10_a_payout_whose_fee_the_payee_bore_comes_back_with_the_fee_and_as_much_is_owed_as_before() {
    let owing = Owing::to_account("0004").await;
    let payout = owing.sent(None).await;
    assert_eq!(owing.balances().await, [0, 500, 10_000]);
    assert_eq!(owing.bank(&payout, &[false]).await, PayoutState::Settled);
    assert_eq!(
        owing.balances().await,
        [0, 0, 9_500],
        "4.00 to the payee, 1.00 to the bank, told twice and posted once"
    );
    let client = owing.scene.ground.client().await;
    assert_eq!(payout_store::get(&client, payout.id).await.unwrap().fee, 100, "1.00, borne by the payee");
    assert_eq!(owing.bank(&payout, &[true]).await, PayoutState::Returned);
    let back = payout_store::get(&client, payout.id).await.unwrap().returned;
    assert_eq!(back, 500, "4.00, and the fee of 1.00");
    assert_eq!(owing.balances().await, [500, 0, 10_000]);
    owing.scene.ground.audit().await;
}

#[tokio::test]
async fn m12_what_the_bank_rejects_is_owed_again_and_the_next_try_has_another_reference() {
    let owing = Owing::to_account("0001").await;
    let payout = owing.sent(None).await;
    assert_eq!(owing.bank(&payout, &[]).await, PayoutState::Failed);
    assert_eq!(owing.balances().await, [500, 0, 10_000]);
    let again = owing.ask(None).await.unwrap();
    assert_ne!((again.id, &again.reference), (payout.id, &payout.reference));
    assert_eq!(refusal(owing.send(&payout).await), "payout-state");
    let late = owing.line(owing.told(&payout, "line-1", Direction::Debit, "5.00"), 0).await.unwrap();
    assert_eq!(late.state, LineState::Open(Why::StateDiffers), "the bank says both: a person looks");
}

#[tokio::test]
async fn c2_only_a_line_of_a_statement_settles_a_payout_and_one_without_is_late_in_public() {
    let owing = Owing::to_account("0005").await;
    let payout = owing.sent(Some("4.00")).await;
    assert_eq!(owing.bank(&payout, &[]).await, PayoutState::Sent, "the bank says nothing");
    let ground = &owing.scene.ground;
    let client = ground.client().await;
    for sql in [
        "UPDATE payout SET state = 'settled', settled_on = sent_on, end_entry = sent_entry + 1",
        "UPDATE payout SET state = 'returned', returned = 1, settled_on = sent_on, end_entry = sent_entry + 1",
        "UPDATE payout SET state = 'screened', state_until = now()",
        "UPDATE payout SET state = 'cancelled', reason = 'x'",
        "UPDATE payout SET amount = 1",
        "UPDATE payout SET reference = 'CP00000000000000000000000000000000'",
        "DELETE FROM payout",
    ] {
        assert!(client.batch_execute(sql).await.is_err(), "{sql}");
    }
    let late =
        async |day| payout_store::figures(&client, ground.book.id, ground.book.today(ground.day(day))).await.unwrap();
    assert_eq!((late(0).await.in_transit, late(5).await.late, late(9).await.late), (1, 0, 1));

    let other = owing.line(owing.told(&payout, "line-1", Direction::Debit, "4.01"), 9).await.unwrap();
    assert_eq!(other.state, LineState::Open(Why::AmountDiffers));
    let stranger = Told { end_to_end: "NOTPROVIDED".into(), ..owing.told(&payout, "line-2", Direction::Debit, "4.00") };
    assert_eq!(owing.line(stranger, 9).await.unwrap().state, LineState::Open(Why::ReferenceUnknown));
    // Money that comes back before the bank says that it had left waits for that.
    let early = owing.line(owing.told(&payout, "line-4", Direction::Credit, "4.00"), 9).await.unwrap();
    assert_eq!(early.state, LineState::Open(Why::StateDiffers));
    let told = owing.told(&payout, "line-3", Direction::Debit, "4.00");
    let line = owing.line(told.clone(), 9).await.unwrap();
    assert!(matches!(line.state, LineState::Matched { .. }), "{line:?}");
    assert_eq!(owing.line(told.clone(), 9).await.unwrap(), line, "told twice");
    let changed = Told { amount: usd("3.00"), ..told };
    assert_eq!(refusal(owing.line(changed, 9).await), "reference-taken");
    assert_eq!(owing.state(&payout).await, PayoutState::Returned, "and what came back too early is back now");
    assert_eq!((late(9).await.late, owing.balances().await), (0, [500, 0, 10_000]));
    ground.audit().await;
}

#[tokio::test]
async fn m6_no_more_is_paid_than_is_owed_and_two_payouts_of_one_debt_are_not_both_sent() {
    let owing = Owing::to_account("6789").await;
    assert_eq!(refusal(owing.ask(Some("5.01")).await), "payout-exceeds-payable");
    let first = owing.ask(Some("3.00")).await.unwrap();
    assert_eq!(refusal(owing.ask(Some("2.01")).await), "payout-exceeds-payable");
    let rest = owing.ask(None).await.unwrap();
    assert_eq!(rest.amount, usd("2.00"), "what is owed and not being paid");
    assert_eq!(refusal(owing.ask(None).await), "payout-nothing");
    // The debt becomes less meanwhile: the floor of what is owed lets one of them pass.
    let first = owing.screened(&first).await;
    let rest = owing.screened(&rest).await;
    let ground = &owing.scene.ground;
    let (payable, host) = (chart::team_payable(owing.scene.team.id).code, ground.book.organisation);
    let client = ground.client().await;
    let payable = accounts::find(&client, ground.book.id, &payable).await.unwrap().unwrap().number;
    let transit = ground.account(&chart::payouts_in_transit(host).code, AccountClass::PayoutsInTransit).await;
    let by_hand = movements::payout_sent(payable, transit, usd("1.00"), ground.book.today(ground.wall), "by hand");
    ground.run(async |tx| posting::post(tx, &ground.book, by_hand, ground.wall).await).await.unwrap();
    owing.send(&first).await.unwrap();
    assert_eq!(refusal(owing.send(&rest).await), "below-floor");
    assert_eq!((owing.state(&rest).await, owing.balances().await), (PayoutState::Screened, [100, 400, 10_000]));
}

#[tokio::test]
async fn c3_nothing_is_sent_from_a_frozen_custodian_and_what_was_sent_before_comes_to_its_end() {
    let owing = Owing::to_account("1234").await;
    let before = owing.sent(Some("2.00")).await;
    let waiting = owing.screened(&owing.ask(Some("3.00")).await.unwrap()).await;
    let (ground, wall) = (&owing.scene.ground, owing.scene.ground.wall);
    let (book, custodian) = (&ground.book, waiting.custodian);
    let why = Change::by_service("its bank holds it back");
    ground.run(async |tx| custodians::freeze(tx, book, custodian, why, wall).await).await.unwrap();
    assert_eq!(refusal(owing.send(&waiting).await), "payout-frozen");
    assert_eq!(owing.bank(&before, &[false]).await, PayoutState::Settled);
    ground.run(async |tx| custodians::release(tx, book, custodian, why, wall).await).await.unwrap();
    assert_eq!(owing.send(&waiting).await.unwrap().state.word(), PayoutState::Sent);
    ground.audit().await;
}

#[tokio::test]
async fn an_approval_falls_with_the_bank_account_and_one_that_nobody_sends_is_cancelled() {
    let owing = Owing::to_account("1111").await;
    let (scene, ground) = (&owing.scene, &owing.scene.ground);
    let payout = owing.ask(None).await.unwrap();
    assert_eq!(refusal(owing.approve(&payout, owing.asker).await), "same-person");
    assert_eq!(refusal(owing.approve(&payout, scene.team.member).await), "payout-conflict");
    owing.screened(&payout).await;
    let changed = scene.give("2222", scene.team.member).await.unwrap();
    scene.confirm(changed.id, scene.second, ground.wall).await.unwrap();
    assert_eq!(owing.state(&payout).await, PayoutState::Screened, "while the new account waits, the old one stands");
    scene.advance(changed.id, 3).await;
    assert_eq!(owing.state(&payout).await, PayoutState::Requested);
    let client = ground.client().await;
    let left = "UPDATE payout SET state = 'sent', state_until = NULL, sent_by = requested_by, sent_on = '2027-01-01',
                late_from = '2027-01-09', sent_entry = 1, screening = 'none', approved_by = gen_random_uuid(),
                approved = decode(repeat('00', 32), 'hex'), bank_account = (SELECT id FROM bank_account WHERE state = 'replaced')";
    assert!(client.batch_execute(left).await.is_err(), "the database sends nothing to an account that was replaced");
    let advance = async |day| {
        let advance = async |tx: &Transaction<'_>| payouts::advance(tx, payout.id, ground.day(day)).await;
        ground.run(advance).await.unwrap().state.word()
    };
    assert_eq!((advance(89).await, advance(90).await), (PayoutState::Requested, PayoutState::Cancelled));
    assert_eq!(owing.balances().await, [500, 0, 10_000]);
}
