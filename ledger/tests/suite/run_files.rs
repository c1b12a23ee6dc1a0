//! Whole runs that go to a bank by files, and what the bank of a sandbox book answers.

use crate::support::ground;
use deadpool_postgres::Transaction;
use ledger::book::{AccountClass, AccountNumber, Entry, Line, MovementKind};
use ledger::engine::posting;
use ledger::id::{BankAccountId, OrganisationId, PayoutFileId, PayoutId, PayoutRunId, PersonId};
use ledger::money::Currency;
use ledger::parties::rules::role::Role;
use ledger::payouts::operations::bank_accounts::{self, NewBankAccount};
use ledger::payouts::operations::run_files::{self, SendRun, Sent};
use ledger::payouts::operations::runs::{self, NewRun};
use ledger::payouts::operations::{payout_file_pages as pages, payout_files, payouts, sandbox_answers};
use ledger::payouts::rules::payout::{PayoutState, Screening, Source};
use ledger::payouts::rules::payout_file::{FileFormat, FileState, PayoutFile};
use ledger::payouts::store::bank_accounts::Sealed;
use ledger::payouts::store::{payout_files as rows, payouts as payout_rows};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, refusal};
use ledger::{Error, chart};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A host with an account of its own and 100.00 of cash, which owes 5.00 to each of some teams, and a run of all of it.
struct Paying {
    ground: Ground,
    approver: PersonId,
    payer: PersonId,
    run: PayoutRunId,
}

async fn give(ground: &Ground, payee: OrganisationId, by: PersonId) {
    let new = NewBankAccount {
        id: BankAccountId::generate(ground.book.id),
        payee: payee.into(),
        currency: Currency::USD,
        country: "US".into(),
        last_four: "6789".into(),
        sealed: Sealed { key_version: 1, bytes: vec![7; 60] },
    };
    ground.run(async |tx| bank_accounts::propose(tx, new, "", by, ground.wall).await).await.unwrap();
}

impl Paying {
    async fn to(teams: usize) -> Paying {
        let ground = ground().await;
        let host = ground.book.organisation;
        let asker = ground.person("asker", Role::Treasurer).await;
        let approver = ground.person("approver", Role::Approver).await;
        let payer = ground.person("payer", Role::Treasurer).await;
        give(&ground, host, payer).await;
        let cash = ground.account(&chart::cash_at(host).code, AccountClass::Cash).await;
        let opening = ground.account("equity:opening", AccountClass::OpeningEquity).await;
        let line = |debit, credit, amount| Line { kind: MovementKind::OpeningBalance, debit, credit, amount };
        let mut lines = vec![line(cash, opening, 10_000)];
        for place in 0..teams {
            let team = ground.team(&format!("Team {place}"), &format!("member{place}")).await;
            give(&ground, team.id, team.member).await;
            let payable = ground.account(&chart::team_payable(team.id).code, AccountClass::TeamPayable).await;
            lines.push(line(opening, payable, 500));
        }
        let entry = Entry { lines, effective: ground.book.today(ground.wall), outside_fact: false, note: None };
        ground.run(async |tx| posting::post(tx, &ground.book, entry, ground.wall).await).await.unwrap();
        let new = NewRun {
            book: ground.book.id,
            currency: Currency::USD,
            sources: vec![Source::Team],
            minimum: None,
            custodian: None,
            cash: String::new(),
            memo: String::new(),
        };
        let run = ground.run(async |tx| runs::ask(tx, new, asker, ground.wall).await).await.unwrap().id;
        Paying { ground, approver, payer, run }
    }

    async fn gather(&self) {
        let (ground, start) = (&self.ground, AccountNumber(0));
        ground.run(async |tx| runs::gather(tx, self.run, start, ground.wall).await).await.unwrap();
    }

    async fn approve(&self) {
        let ground = &self.ground;
        let seen = runs::view(&ground.client().await, self.run, ground.wall).await.unwrap().waiting.unwrap().digest;
        ground.run(async |tx| runs::approve(tx, self.run, seen, self.approver, ground.wall).await).await.unwrap();
    }

    async fn screen(&self) {
        let (ground, client) = (&self.ground, self.ground.client().await);
        for payout in payout_rows::list(&client, ground.book.id, None, Some(self.run), Uuid::nil(), 100).await.unwrap()
        {
            let screen = async |tx: &Transaction<'_>| {
                payouts::screened(tx, payout.id, payout.approval, (Screening::None, ""), ground.wall).await
            };
            ground.run(screen).await.unwrap();
        }
    }

    async fn send(&self, lines: Option<u16>) -> Result<Sent, Error> {
        let asked = SendRun {
            run: self.run,
            format: FileFormat::Pain001,
            execution_on: None,
            originator: String::new(),
            layout: None,
            lines,
        };
        let ground = &self.ground;
        ground.run(async |tx| run_files::send(tx, asked, self.payer, ground.wall).await).await
    }

    /// The next page of files; nothing of it stays when the worker dies before its transaction ends.
    async fn go_on(&self, like: PayoutFileId, after: PayoutId, dies: bool) -> usize {
        let (ground, mut client) = (&self.ground, self.ground.client().await);
        let tx = client.transaction().await.unwrap();
        let files = run_files::go_on(&tx, like, after, 3, ground.wall).await.unwrap();
        if dies {
            tx.rollback().await.unwrap()
        } else {
            tx.commit().await.unwrap()
        }
        files
    }

    async fn files(&self) -> Vec<PayoutFile> {
        let client = self.ground.client().await;
        rows::list(&client, self.ground.book.id, Some(self.run), Uuid::nil(), 100).await.unwrap()
    }

    async fn payouts_of(&self, file: &PayoutFile) -> Vec<PayoutId> {
        let items = rows::list_items(&self.ground.client().await, file.id, None, 0, 100).await.unwrap();
        items.into_iter().map(|item| item.payout).collect()
    }

    async fn build(&self, file: &PayoutFile) {
        let ground = &self.ground;
        let build = async |tx: &Transaction<'_>| pages::build(tx, file.id, 50, ground.wall).await;
        assert_eq!(ground.run(build).await.unwrap().state, FileState::Ready);
    }
}

#[tokio::test]
async fn m6_a_run_goes_whole_by_as_many_files_as_the_bank_asks_for_and_each_payout_once() {
    let paying = Paying::to(7).await;
    let ground = &paying.ground;
    assert_eq!(refusal(paying.send(None).await), "payout-run-state");
    paying.gather().await;
    assert_eq!(refusal(paying.send(None).await), "payout-run-not-approved");
    paying.approve().await;
    let early = paying.send(None).await.unwrap_err().to_string();
    assert!(early.contains("7 to be screened"), "{early}");
    paying.screen().await;
    for wrong in [0, 10_001] {
        assert!(matches!(paying.send(Some(wrong)).await, Err(Error::Invalid { .. })), "{wrong}");
    }
    assert!(paying.files().await.is_empty(), "what was refused has made nothing");

    let sent = paying.send(Some(3)).await.unwrap();
    assert_eq!((sent.payouts, sent.files, sent.first.items, sent.first.run), (7, 3, 3, Some(paying.run)));
    let last = *paying.payouts_of(&sent.first).await.last().unwrap();
    assert_eq!(paying.go_on(sent.first.id, last, true).await, 2);
    assert_eq!(paying.files().await.len(), 1, "what a dead worker did not commit is not there");
    assert_eq!(paying.go_on(sent.first.id, last, false).await, 2);
    assert_eq!(paying.go_on(sent.first.id, last, false).await, 0, "a page done twice is one");
    assert_eq!(refusal(paying.send(None).await), "payout-file-nothing");
    let files = paying.files().await;
    assert_eq!(files.iter().map(|file| file.items).collect::<Vec<_>>(), [3, 3, 1]);
    let mut seen = BTreeSet::new();
    for file in &files {
        assert_eq!(
            (file.asked_by, file.execution_on, file.debtor),
            (paying.payer, files[0].execution_on, files[0].debtor)
        );
        seen.extend(paying.payouts_of(file).await);
        paying.build(file).await;
    }
    assert_eq!(seen.len(), 7, "each payout stands in one of them");
    let on_the_way = ground.balance_below("liabilities:payouts:").await;
    assert_eq!((ground.balance_below("liabilities:payable:").await, on_the_way), (0, 3_500));
    ground.audit().await;
}

#[tokio::test]
async fn a_run_that_is_given_up_makes_no_more_files_and_no_file_takes_payouts_of_another_run() {
    let paying = Paying::to(5).await;
    let ground = &paying.ground;
    paying.gather().await;
    paying.approve().await;
    paying.screen().await;
    let sent = paying.send(Some(3)).await.unwrap();
    let last = *paying.payouts_of(&sent.first).await.last().unwrap();
    let change = Change { version: None, actor: Actor::Person(paying.payer), reason: "a mistake" };
    // A file of the run is the run's alone, whoever writes it.
    let client = ground.client().await;
    let file = "INSERT INTO payout_file (book_id, id, custodian, debtor, asked_by, asked_at, items, execution_on, format, state, currency, run)
                SELECT book_id, gen_random_uuid(), custodian, debtor, asked_by, asked_at, 1, execution_on, format, 'building', currency, $2
                  FROM payout_file WHERE book_id = $1";
    let stranger = client.execute(file, &[&ground.book.id.0, &Uuid::now_v7()]).await.unwrap_err();
    assert!(format!("{stranger:?}").contains("sends nothing of run"), "{stranger:?}");
    let item = "INSERT INTO payout_file_item (book_id, file, payout, place, state)
                SELECT f.book_id, f.id, p.id, 1, 'waiting' FROM payout_file f JOIN payout p ON p.book_id = f.book_id
                 WHERE f.book_id = $1 AND f.run IS NOT NULL AND p.run IS NULL LIMIT 1";
    assert_eq!(client.execute(item, &[&ground.book.id.0]).await.unwrap(), 0, "there is none so far");
    ground.run(async |tx| runs::cancel(tx, paying.run, change, ground.wall).await).await.unwrap();
    assert_eq!(paying.go_on(sent.first.id, last, false).await, 0);
    assert_eq!(refusal(paying.send(None).await), "payout-run-state");
    ground.run(async |tx| runs::advance(tx, paying.run, None, ground.wall).await).await.unwrap();
    let build = async |tx: &Transaction<'_>| pages::build(tx, sent.first.id, 50, ground.wall).await;
    let built = ground.run(build).await.unwrap();
    assert_eq!((built.sent, built.left_out), (0, 3), "what was cancelled goes nowhere");
    let all = payout_rows::list(&client, ground.book.id, None, Some(paying.run), Uuid::nil(), 100).await.unwrap();
    assert!(all.iter().all(|payout| payout.state.word() == PayoutState::Cancelled));
    ground.audit().await;
}

#[tokio::test]
async fn the_bank_of_the_sandbox_knows_a_file_once_somebody_took_it_and_no_file_of_a_live_book() {
    let paying = Paying::to(2).await;
    let ground = &paying.ground;
    paying.gather().await;
    paying.approve().await;
    paying.screen().await;
    let file = paying.send(None).await.unwrap().first;
    let client = ground.client().await;
    let answers = async |wall| {
        let report = sandbox_answers::report(&client, file.id, wall).await.map(drop);
        (report, sandbox_answers::statements(&client, file.id, wall).await)
    };
    let (report, statements) = answers(ground.wall).await;
    assert_eq!((refusal(report), refusal(statements)), ("payout-file-state", "payout-file-state"));
    paying.build(&file).await;
    let (report, statements) = answers(ground.day(3)).await;
    assert_eq!((refusal(report), refusal(statements)), ("sandbox-bank-silent", "sandbox-bank-silent"));
    ground.run(async |tx| payout_files::take(tx, file.id, paying.payer, ground.wall).await).await.unwrap();
    let (report, statements) = answers(ground.wall).await;
    report.unwrap();
    assert_eq!(refusal(statements), "sandbox-bank-silent", "its day is not over");
    let told = String::from_utf8(answers(ground.day(3)).await.1.unwrap().write(Vec::new()).unwrap()).unwrap();
    assert!(told.contains(">100.00<") && told.contains(">90.00<"), "from what the book has to what is left: {told}");
    assert_eq!(told.matches("<Ntry>").count(), 2);
    let owner = ground.database_owner().await;
    // No book becomes a live one: what guards that is put aside.
    owner.batch_execute("ALTER TABLE book DISABLE TRIGGER USER").await.unwrap();
    owner.execute("UPDATE book SET mode = 'live' WHERE number = $1", &[&ground.book.id.0]).await.unwrap();
    let (report, statements) = answers(ground.day(3)).await;
    assert_eq!((refusal(report), refusal(statements)), ("sandbox-only", "sandbox-only"));
}
