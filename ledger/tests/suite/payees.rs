//! Members and lenders of a cooperative are paid as teams are, by runs that pay once.

use crate::support::ground;
use deadpool_postgres::Transaction;
use ledger::book::{AccountClass, AccountNumber, Entry, Line, MovementKind};
use ledger::engine::posting;
use ledger::id::{BankAccountId, PayoutRunId, PersonId};
use ledger::money::Currency;
use ledger::parties::rules::role::Role;
use ledger::payouts::operations::bank_accounts::{self, NewBankAccount};
use ledger::payouts::operations::payouts::{self, NewPayout};
use ledger::payouts::operations::runs::{self, NewRun};
use ledger::payouts::operations::{payables, payees};
use ledger::payouts::rules::owed::{Owed, WaitsFor};
use ledger::payouts::rules::payee::Payee;
use ledger::payouts::rules::payout::{PayoutState, Source};
use ledger::payouts::rules::run::{Run, RunState};
use ledger::payouts::store::bank_accounts::Sealed;
use ledger::payouts::store::payouts as payout_store;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, Team, refusal, usd};
use ledger::{Error, chart};
use uuid::Uuid;

/// A host that owes 1.00 to a team, 2.00 to its member number 1, and 3.00 to the lender `seed`, who is that member too.
struct Scene {
    ground: Ground,
    team: Team,
    ada: PersonId,
    asker: PersonId,
    approver: PersonId,
}

impl Scene {
    async fn new() -> Scene {
        let ground = ground().await;
        let team = ground.team("Press team", "first").await;
        let ada = ground.stranger("ada").await;
        let owner = ground.database_owner().await;
        let member = "INSERT INTO member (book_id, id, number, person, \"group\", joined_on, consents, created_at)
                      VALUES ($1, gen_random_uuid(), 1, $2, 'workers', '2026-01-01', false, now())";
        owner.execute(member, &[&ground.book.id.0, &ada.0]).await.unwrap();
        let opening = ground.account("equity:opening", AccountClass::OpeningEquity).await;
        let cash = ground.account(&chart::cash_at(ground.book.organisation).code, AccountClass::Cash).await;
        let line = |debit, credit, amount| Line { kind: MovementKind::OpeningBalance, debit, credit, amount };
        let mut lines = vec![line(cash, opening, 600)];
        for (owed, amount) in [(Owed::Team(team.id), 100), (Owed::Member(1), 200), (Owed::Lender("seed".into()), 300)] {
            let account = owed.account();
            lines.push(line(opening, ground.account(&account.code, account.class).await, amount));
        }
        let entry = Entry { lines, effective: ground.book.today(ground.wall), outside_fact: false, note: None };
        ground.run(async |tx| posting::post(tx, &ground.book, entry, ground.wall).await).await.unwrap();
        let asker = ground.person("asker", Role::Treasurer).await;
        let approver = ground.person("approver", Role::Approver).await;
        Scene { ground, team, ada, asker, approver }
    }

    async fn give(&self, payee: Payee, by: PersonId) -> Result<(), Error> {
        let new = NewBankAccount {
            id: BankAccountId::generate(self.ground.book.id),
            payee,
            currency: Currency::USD,
            country: "US".into(),
            last_four: "6789".into(),
            sealed: Sealed { key_version: 1, bytes: vec![7; 60] },
        };
        let wall = self.ground.wall;
        self.ground.run(async |tx| bank_accounts::propose(tx, new, "secret", by, wall).await).await.map(drop)
    }

    async fn name(&self, name: &str, payee: impl Into<Payee>) -> Result<(), Error> {
        let (book, named, wall) = (self.ground.book.id, (name.to_owned(), payee.into()), self.ground.wall);
        self.ground.run(async |tx| payees::name_lender(tx, book, named, self.asker, wall).await).await.map(drop)
    }

    async fn run(&self, sources: &[Source], minimum: Option<&str>) -> Result<PayoutRunId, Error> {
        let new = NewRun {
            book: self.ground.book.id,
            currency: Currency::USD,
            sources: sources.to_vec(),
            minimum: minimum.map(usd),
            custodian: None,
            cash: String::new(),
            memo: "All that is owed".into(),
        };
        let wall = self.ground.wall;
        Ok(self.ground.run(async |tx| runs::ask(tx, new, self.asker, wall).await).await?.id)
    }

    async fn gather(&self, run: PayoutRunId) -> Run {
        let wall = self.ground.wall;
        self.ground.run(async |tx| runs::gather(tx, run, AccountNumber(0), wall).await).await.unwrap()
    }

    async fn view(&self, run: PayoutRunId) -> runs::View {
        runs::view(&self.ground.client().await, run, self.ground.wall).await.unwrap()
    }

    async fn approve(&self, run: PayoutRunId, by: PersonId) -> Result<(usize, usize), Error> {
        let Some(waiting) = self.view(run).await.waiting else { panic!("nothing waits") };
        let wall = self.ground.wall;
        let approve = async |tx: &Transaction<'_>| runs::approve(tx, run, waiting.digest, by, wall).await;
        let done = self.ground.run(approve).await?;
        Ok((done.approved, done.left))
    }

    async fn states(&self, run: PayoutRunId) -> Vec<PayoutState> {
        let client = self.ground.client().await;
        let all = payout_store::list(&client, self.ground.book.id, None, Some(run), Uuid::nil(), 100).await.unwrap();
        all.into_iter().map(|payout| payout.state.word()).collect()
    }
}

const ALL: &[Source] = &[Source::Team, Source::Prize, Source::Member, Source::Lender];

#[tokio::test]
async fn m6_a_run_asks_for_each_debt_once_and_leaves_alone_what_is_being_paid() {
    let scene = Scene::new().await;
    let first = scene.run(ALL, None).await.unwrap();
    assert_eq!(refusal(scene.run(ALL, None).await), "payout-run-gathering");
    let gathered = scene.gather(first).await;
    assert_eq!(
        (gathered.state, gathered.payouts, gathered.total),
        (RunState::Ready, 2, 300),
        "nobody is the lender yet"
    );
    assert_eq!(scene.gather(first).await, gathered, "a page done twice is one");
    scene.name("seed", scene.ada).await.unwrap();
    let small = scene.run(ALL, Some("3.01")).await.unwrap();
    assert_eq!(scene.gather(small).await.state, RunState::Done, "3.00 is less than it pays");
    let second = scene.run(ALL, None).await.unwrap();
    let rest = scene.gather(second).await;
    assert_eq!((rest.state, rest.payouts, rest.total), (RunState::Ready, 1, 300), "the lender, and nothing twice");
    let third = scene.run(&[Source::Member], None).await.unwrap();
    assert_eq!(scene.gather(third).await.payouts, 0);
    let ground = &scene.ground;
    let change = Change { version: None, actor: Actor::Person(scene.asker), reason: "too early" };
    let cancel = async |run| ground.run(async |tx| runs::cancel(tx, run, change, ground.wall).await).await;
    assert_eq!(cancel(first).await.unwrap(), cancel(first).await.unwrap(), "twice is once");
    ground.run(async |tx| runs::advance(tx, first, None, ground.wall).await).await.unwrap();
    assert_eq!(scene.states(first).await, [PayoutState::Cancelled; 2]);
    assert_eq!(scene.view(first).await.run.ended, 2);
    let fourth = scene.run(ALL, None).await.unwrap();
    assert_eq!(scene.gather(fourth).await.payouts, 2, "what was given up is owed as before");
    assert_eq!(refusal(cancel(third).await), "payout-run-state");
}

#[tokio::test]
async fn a_run_is_approved_by_what_was_seen_and_what_goes_to_the_approver_is_left_to_somebody_else() {
    let scene = Scene::new().await;
    scene.name("seed", scene.ada).await.unwrap();
    let run = scene.run(ALL, None).await.unwrap();
    scene.gather(run).await;
    let seen = scene.view(run).await;
    assert_eq!((seen.waiting, seen.without_account), (None, 3));
    scene.give(scene.team.id.into(), scene.team.member).await.unwrap();
    let (one, wall) = (scene.view(run).await.waiting.unwrap(), scene.ground.wall);
    assert_eq!((one.payouts, one.total), (1, 100));
    scene.give(scene.ada.into(), scene.ada).await.unwrap();
    let late = async |tx: &Transaction<'_>| runs::approve(tx, run, one.digest, scene.approver, wall).await;
    assert_eq!(refusal(scene.ground.run(late).await), "digest-differs", "a bank account came meanwhile");
    assert_eq!(refusal(scene.approve(run, scene.asker).await), "same-person");
    assert_eq!(scene.approve(run, scene.ada).await.unwrap(), (1, 2), "two go to her");
    assert_eq!(refusal(scene.approve(run, scene.ada).await), "payout-conflict");
    assert_eq!(scene.approve(run, scene.approver).await.unwrap(), (2, 0));
    assert_eq!(scene.states(run).await, [PayoutState::Approved; 3]);
    let other = scene.ground.stranger("other").await;
    assert!(matches!(scene.give(other.into(), other).await, Err(Error::NotFound(_))), "to whom the book owes nothing");
}

#[tokio::test]
async fn what_is_owed_to_a_person_is_all_that_stands_behind_their_number_and_their_name_as_a_lender() {
    let scene = Scene::new().await;
    let of_lender = || NewPayout {
        book: scene.ground.book.id,
        owed: Owed::Lender("seed".into()),
        currency: Currency::USD,
        amount: Some(usd("1.00")),
        release: None,
        custodian: None,
        cash: String::new(),
        memo: String::new(),
    };
    let (ground, wall) = (&scene.ground, scene.ground.wall);
    let ask = async || ground.run(async |tx| payouts::request(tx, of_lender(), scene.asker, wall).await).await;
    assert_eq!(refusal(ask().await), "lender-unknown");
    scene.name("seed", scene.ada).await.unwrap();
    assert_eq!(ask().await.unwrap().payee, Payee::Person(scene.ada));
    let client = ground.client().await;
    let due = payables::due(&client, scene.ada.into(), (0, 0), 10).await.unwrap();
    let seen: Vec<_> = due.iter().map(|due| (due.payable.owed.source(), due.payable.amount)).collect();
    assert_eq!(seen, [(Source::Member, 200), (Source::Lender, 300)]);
    assert!(due.iter().all(|due| due.waits_for == WaitsFor::BankAccount));
    let of_team = payables::due(&client, scene.team.id.into(), (0, 0), 10).await.unwrap();
    assert_eq!((of_team.len(), of_team[0].payable.amount), (1, 100));
    let place = (due[0].payable.book.book.0, due[0].payable.account.0);
    assert_eq!(payables::due(&client, scene.ada.into(), place, 10).await.unwrap().len(), 1, "after a place");
}

#[tokio::test]
async fn the_database_pays_nobody_but_the_member_and_keeps_a_run_as_it_was_asked_for() {
    let scene = Scene::new().await;
    scene.give(scene.ada.into(), scene.ada).await.unwrap();
    scene.give(scene.ada.into(), scene.ada).await.unwrap();
    let run = scene.run(ALL, None).await.unwrap();
    scene.gather(run).await;
    let client = scene.ground.client().await;
    let copy = |source: &str, changes: &str| {
        format!(
            "INSERT INTO payout (book_id, id, payee, payee_kind, custodian, source, payable, amount, currency, reference, requested_by,
                                 requested_at, state, state_until, run)
             SELECT book_id, gen_random_uuid(), payee, payee_kind, custodian, source, payable, amount, currency,
                    'CP' || upper(substr(md5(random()::text), 1, 20)), requested_by, requested_at, state, state_until, NULL
               FROM (SELECT p.*, {changes} FROM payout p WHERE source = '{source}') AS p"
        )
    };
    let plain = copy("member", "1 AS one");
    client.batch_execute(&plain).await.unwrap();
    for sql in [
        plain.replace("SELECT book_id, gen_random_uuid(), payee,", "SELECT book_id, gen_random_uuid(), requested_by,"),
        plain.replace(
            "payee_kind, custodian, source, payable, amount, currency,\n",
            "'organisation', custodian, source, payable, amount, currency,\n",
        ),
        plain.replace("state_until, NULL", &format!("state_until, '{}'::uuid", run.object)),
        "UPDATE payout SET payee_kind = 'organisation'".into(),
        "UPDATE payout SET run = NULL".into(),
        "UPDATE payout SET cash = 'till'".into(),
        "UPDATE bank_account SET confirmed_by = gen_random_uuid(), confirmed_at = now() WHERE state = 'proposed'"
            .into(),
        "UPDATE bank_account SET link = NULL WHERE state = 'proposed'".into(),
        "UPDATE bank_account SET payee_kind = 'organisation'".into(),
        "UPDATE payout_run SET state = 'done'".into(),
        "UPDATE payout_run SET state = 'gathering'".into(),
        "UPDATE payout_run SET state = 'done', ended = payouts".into(),
        "UPDATE payout_run SET payouts = payouts + 1".into(),
        "UPDATE payout_run SET total = 1".into(),
        "UPDATE payout_run SET ended = ended - 1".into(),
        "UPDATE payout_run SET requested_by = gen_random_uuid()".into(),
        "UPDATE payout_run SET minimum = 7".into(),
        "DELETE FROM payout_run".into(),
        "DELETE FROM lender".into(),
        "DELETE FROM payout_document".into(),
        "UPDATE payout_document SET title = 'x'".into(),
    ] {
        assert!(client.batch_execute(&sql).await.is_err(), "{sql}");
    }
}
