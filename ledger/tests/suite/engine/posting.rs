//! The parameters of a posting: what is said once for a batch and what differs from row to row end in the same rows.

use crate::support::ground;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ledger::book::{
    AccountClass, AccountNumber, Command, Entry, Key, Line, MovementKind, Note, State, TransferRow, Verdict, fold,
};
use ledger::engine::store::{accounts, journal};
use ledger::testing::Ground;
use uuid::Uuid;

const DAY: Date = date(2027, 1, 1);

/// A row of the journal: position, what moved, both balances after it, its days, its note.
type Row = (i64, (i16, i32, i32, i64), i64, i64, Date, Date, Uuid);

/// Two funds, what is receivable for them, and a team: one way of moving is not enough for these.
struct Funds {
    ground: Ground,
    receivable: AccountNumber,
    fund: AccountNumber,
    other_fund: AccountNumber,
    team: AccountNumber,
}

impl Funds {
    async fn new() -> Funds {
        let ground = ground().await;
        let receivable = ground.account("assets:receivable:partner:2027-01-01", AccountClass::Receivable).await;
        let fund = ground.account("liabilities:fund:press", AccountClass::Fund).await;
        let other_fund = ground.account("liabilities:fund:loom", AccountClass::Fund).await;
        let team = ground.account("liabilities:payable:team:a", AccountClass::TeamPayable).await;
        Funds { ground, receivable, fund, other_fund, team }
    }

    fn capture(&self, fund: AccountNumber, amount: i64) -> Line {
        Line { kind: MovementKind::ChargeCaptured, debit: self.receivable, credit: fund, amount }
    }

    fn release(&self, amount: i64) -> Line {
        Line { kind: MovementKind::MilestoneReleased, debit: self.fund, credit: self.team, amount }
    }

    /// Folds and writes the commands as one batch; answers the verdicts when the database holds what the fold decided.
    async fn write(&self, commands: &[Command]) -> Vec<Verdict> {
        let book = self.ground.book.id;
        let mut client = self.ground.client().await;
        let tx = client.transaction().await.unwrap();
        let head = journal::lock(&tx, book).await.unwrap();
        let numbers = journal::accounts_of(commands.iter().flat_map(Command::lines));
        let read = accounts::load(&tx, book, &numbers).await.unwrap();
        let mut state = State {
            version: head.version,
            next_number: head.next_number,
            closed_through: head.closed_through,
            accounts: read.into_iter().map(|account| (account.number, account.into_state())).collect(),
        };
        let (batch, verdicts) = fold(&mut state, commands);
        assert!(journal::write(&tx, book, &head, state.next_number, &batch, Timestamp::now()).await.unwrap());
        tx.commit().await.unwrap();

        let rows = client
            .query(
                "SELECT pos, kind, debit, credit, amount, debit_after, credit_after, effective, occurred, note
                   FROM transfer WHERE book_id = $1 AND pos >= $2::bigint << 16 ORDER BY pos",
                &[&book.0, &head.next_number],
            )
            .await
            .unwrap();
        let of = |row: &TransferRow| -> Row {
            let TransferRow { pos, line, debit_after, credit_after, effective, occurred, note, .. } = row;
            let Line { kind, debit, credit, amount } = line;
            let moved = (kind.number(), debit.0, credit.0, *amount);
            (*pos, moved, *debit_after, *credit_after, *effective, *occurred, *note)
        };
        let held: Vec<Row> = rows
            .iter()
            .map(|row| {
                let moved = (row.get(1), row.get(2), row.get(3), row.get(4));
                (row.get(0), moved, row.get(5), row.get(6), row.get(7), row.get(8), row.get(9))
            })
            .collect();
        assert_eq!(held, batch.transfers.iter().map(of).collect::<Vec<_>>());

        let asked: Vec<Key> = commands.iter().filter_map(|command| command.key).collect();
        let stored = journal::keys(&client, book, &asked).await.unwrap();
        assert_eq!(stored.len(), asked.len());
        for (key, verdict) in commands.iter().map(|command| command.key).zip(&verdicts) {
            let Some(key) = key else { continue };
            let kept = stored.iter().find(|stored| stored.key == key).expect("the key with its caller and digest");
            let right = match verdict {
                Verdict::Posted(number) => (*number, 0),
                Verdict::Carried => (0, 0),
                Verdict::Refused(reason) => (0, reason.number()),
            };
            assert_eq!((kept.number, kept.refusal), right);
        }
        assert_eq!(journal::audit(&client, book).await.unwrap(), Vec::<String>::new());
        verdicts
    }
}

fn key(caller: i32) -> Option<Key> {
    Some(Key { caller, key: Uuid::now_v7(), request_digest: i64::from(caller) * 1_000_003 - 5 })
}

fn command(key: Option<Key>, lines: Vec<Line>) -> Command {
    Command::post(key, Entry { lines, effective: DAY, outside_fact: false, note: None })
}

fn numbers(verdicts: &[Verdict]) -> Vec<i64> {
    verdicts
        .iter()
        .filter_map(|verdict| if let Verdict::Posted(number) = verdict { Some(*number) } else { None })
        .collect()
}

#[tokio::test]
async fn a_batch_in_which_all_is_alike_is_written_row_by_row() {
    let funds = Funds::new().await;
    let alike = |_| command(key(1), vec![funds.capture(funds.fund, 7)]);
    assert_eq!(numbers(&funds.write(&(0..3).map(alike).collect::<Vec<_>>()).await), [1, 2, 3]);
    assert_eq!(numbers(&funds.write(&(0..40).map(alike).collect::<Vec<_>>()).await), (4..=43).collect::<Vec<_>>());
    // Alone and with a key it goes by its values, alone without one as a batch.
    assert_eq!(numbers(&funds.write(&[alike(0)]).await), [44]);
    assert_eq!(numbers(&funds.write(&[command(None, vec![funds.release(5)])]).await), [45]);
    assert_eq!(funds.write(&[]).await, []);
}

#[tokio::test]
async fn kinds_days_notes_and_callers_that_differ_stay_with_their_own_entries() {
    let funds = Funds::new().await;
    let first = command(key(1), vec![funds.capture(funds.fund, 100)]);
    let mut later = command(key(2), vec![funds.capture(funds.other_fund, 30)]);
    later.entry.as_mut().unwrap().effective = date(2027, 2, 28);
    let mut noted = command(key(1), vec![funds.release(40)]);
    noted.entry.as_mut().unwrap().note = Some(Note::new("for the press", "release 1"));
    let verdicts = funds.write(&[first.clone(), later.clone(), noted.clone()]).await;
    assert_eq!(numbers(&verdicts), [1, 2, 3]);
    let lines = journal::lines(&funds.ground.client().await, funds.ground.book.id, 1, 3).await.unwrap();
    assert_eq!(lines.iter().map(|line| line.reference.as_str()).collect::<Vec<_>>(), ["", "", "release 1"]);

    // One thing differs at a time.
    let again = |command: &Command, caller| Command { key: key(caller), ..command.clone() };
    for other in [&later, &noted] {
        funds.write(&[again(&first, 1), again(other, 1), again(&first, 1)]).await;
    }
    funds.write(&[again(&first, 1), again(&first, 2)]).await;
}

#[tokio::test]
async fn what_is_refused_keeps_its_key_and_takes_no_number_wherever_it_stands() {
    let funds = Funds::new().await;
    let good = || command(key(1), vec![funds.capture(funds.fund, 10)]);
    let broke = || command(key(1), vec![funds.release(10_000)]);
    let half = || command(key(1), vec![funds.capture(funds.fund, 1), funds.release(10_000)]);
    assert_eq!(numbers(&funds.write(&[broke(), good(), half(), good()]).await), [1, 2]);
    assert_eq!(numbers(&funds.write(&[good(), broke()]).await), [3]);
    assert_eq!(numbers(&funds.write(&[half(), broke()]).await), Vec::<i64>::new());
}

#[tokio::test]
async fn entries_of_many_lines_and_entries_without_keys_stand_in_one_batch() {
    let funds = Funds::new().await;
    let wide =
        |key| command(key, vec![funds.capture(funds.fund, 10), funds.capture(funds.other_fund, 5), funds.release(3)]);
    let narrow = |key| command(key, vec![funds.capture(funds.fund, 1)]);
    assert_eq!(numbers(&funds.write(&[wide(None), narrow(None)]).await), [1, 2]);
    assert_eq!(numbers(&funds.write(&[narrow(None), narrow(key(1)), wide(key(2))]).await), [3, 4, 5]);
    assert_eq!(numbers(&funds.write(&[narrow(key(1)), narrow(None)]).await), [6, 7]);
    assert_eq!(numbers(&funds.write(&[wide(key(1))]).await), [8]);
}
