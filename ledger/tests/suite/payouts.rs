//! Where payees are paid, and how that changes.

use crate::support::ground;
use jiff::Timestamp;
use ledger::Error;
use ledger::id::{BankAccountId, PersonId};
use ledger::money::Currency;
use ledger::parties::rules::role::Role;
use ledger::parties::store::organisations;
use ledger::payouts::operations::bank_account_notices;
use ledger::payouts::operations::bank_accounts::{self, NewBankAccount};
use ledger::payouts::rules::bank_account::{BankAccount, BankAccountState};
use ledger::payouts::store::bank_accounts::{self as store, Sealed};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, Team, refusal};
use uuid::Uuid;

/// A team that is paid, with two people.
struct Scene {
    ground: Ground,
    team: Team,
    second: PersonId,
}

impl Scene {
    async fn new() -> Scene {
        let ground = ground().await;
        let team = ground.team("Press team", "first").await;
        let second = ground.stranger("second").await;
        let (id, wall) = (team.id, ground.wall);
        let give = async |tx: &deadpool_postgres::Transaction<'_>| {
            organisations::insert_role(tx, id, second, Role::Treasurer, second, wall).await.map(drop)
        };
        ground.run(give).await.unwrap();
        Scene { ground, team, second }
    }

    async fn give(&self, last_four: &str, by: PersonId) -> Result<BankAccount, Error> {
        let new = NewBankAccount {
            id: BankAccountId::generate(self.ground.book.id),
            payee: self.team.id,
            currency: Currency::USD,
            country: "US".into(),
            last_four: last_four.into(),
            sealed: Sealed { key_version: 1, bytes: vec![7; 60] },
        };
        self.ground.run(async |tx| bank_accounts::propose(tx, new, by, self.ground.wall).await).await
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
        let found = store::active(&client, self.ground.book.id, self.team.id, Currency::USD).await.unwrap();
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
    let old = store::list_older(&client, 2, (ledger::id::BookId(0), Uuid::nil()), 10).await.unwrap();
    assert_eq!(old.len(), 2);
    let anew = Sealed { key_version: 2, bytes: vec![8; 60] };
    for old in &old {
        assert!(store::reseal(&client, old, &anew).await.unwrap());
        assert!(!store::reseal(&client, old, &anew).await.unwrap(), "somebody else has sealed it");
    }
    let version = store::get(&client, changed.id).await.unwrap().version;
    assert_eq!(version, changed.version, "nobody who has read it need read it again");
}
