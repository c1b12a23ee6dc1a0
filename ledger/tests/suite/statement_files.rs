//! Files of bank statements: kept, let in page by page, matched; what people book of their lines, and what the banks have at last.

use crate::payouts::Owing;
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::evidence::Digest;
use ledger::id::{BankLineId, OrganisationId, StatementFileId};
use ledger::money::Currency;
use ledger::payouts::files::csv_statement::{Amounts, Map};
use ledger::payouts::files::parts::{self, Reading};
use ledger::payouts::operations::bank_line_booking::{self, Posted};
use ledger::payouts::operations::custodian_check::{self, Check};
use ledger::payouts::operations::statement_files::{self, NewFile};
use ledger::payouts::rules::bank_line::{BankLine, Direction, LineState, Told, Why};
use ledger::payouts::rules::payout::PayoutState;
use ledger::payouts::rules::statement_file::{FileState, StatementFile};
use ledger::payouts::store::{bank_lines, statement_files as store};
use ledger::service::change::Change;
use ledger::table::Layout;
use ledger::testing::refusal;
use std::fmt::Write as _;
use tokio::sync::mpsc;
use uuid::Uuid;

fn map() -> Map {
    Map {
        layout: Layout::default(),
        day: "Day".into(),
        amounts: Amounts::Signed("Amount".into()),
        currency: Currency::USD,
        currency_column: None,
        reference: Some("Ref".into()),
        end_to_end: Some("Id".into()),
        text: None,
        opening: None,
        closing: None,
    }
}

/// Rows of a table: reference, amount, end-to-end id, all of today.
fn table(owing: &Owing, rows: &[(&str, &str, &str)]) -> String {
    let today = owing.scene.ground.book.today(owing.scene.ground.wall);
    let mut text = String::from("Day,Amount,Ref,Id\n");
    for (reference, amount, id) in rows {
        writeln!(text, "{today},{amount},{reference},{id}").unwrap();
    }
    text
}

/// Sends a file as the api does.
async fn send_of(owing: &Owing, custodian: OrganisationId, text: &str, map: Map) -> Result<StatementFile, Error> {
    let ground = &owing.scene.ground;
    let reading = Reading::Csv(Box::new(map));
    let new = NewFile {
        book: ground.book.id,
        custodian,
        format: reading.format(),
        sha256: Digest::of(text.as_bytes()),
        bytes: i64::try_from(text.len()).unwrap(),
    };
    let (sender, parcels) = mpsc::channel(1_000);
    if let Err(wrong) = parts::read(text.as_bytes(), reading, |parcel| sender.try_send(Ok(parcel)).is_ok()) {
        sender.try_send(Err(wrong)).unwrap();
    }
    let receive = async |tx: &Transaction<'_>| match statement_files::find(tx, &new).await? {
        Some(there) => Ok(there),
        None => statement_files::receive(tx, new.clone(), parcels, ground.owner, ground.wall).await,
    };
    ground.run(receive).await
}

async fn send(owing: &Owing, text: &str) -> Result<StatementFile, Error> {
    send_of(owing, owing.scene.ground.book.organisation, text, map()).await
}

async fn page(owing: &Owing, id: StatementFileId) -> StatementFile {
    let ground = &owing.scene.ground;
    ground.run(async |tx| statement_files::import_page(tx, id, ground.wall).await).await.unwrap()
}

/// All lines that are there, by the bank's references.
async fn lines(owing: &Owing, open_only: bool) -> Vec<BankLine> {
    let client = owing.scene.ground.client().await;
    bank_lines::list(&client, owing.scene.ground.book.id, open_only, Uuid::nil(), 10_000).await.unwrap()
}

async fn line(owing: &Owing, reference: &str) -> BankLine {
    lines(owing, false).await.into_iter().find(|line| line.told.reference == reference).unwrap()
}

/// Record number of the entry with the opening balance.
async fn opening(owing: &Owing) -> i64 {
    let client = owing.scene.ground.client().await;
    let first = "SELECT min(pos) >> 16 FROM transfer WHERE book_id = $1";
    client.query_one(first, &[&owing.scene.ground.book.id.0]).await.unwrap().get(0)
}

async fn checks(owing: &Owing) -> Vec<Check> {
    let ground = &owing.scene.ground;
    let client = ground.client().await;
    custodian_check::check(&client, &ground.book, ground.book.today(ground.wall)).await.unwrap()
}

#[tokio::test]
async fn p10_a_file_of_many_pages_goes_in_once_whoever_dies_between_them_and_settles_its_payouts() {
    let owing = Owing::to_account("6789").await;
    let first = owing.sent(Some("2.00")).await;
    let second = owing.sent(Some("3.00")).await;
    let fillers: Vec<String> = (0..2_300).map(|number| format!("fill-{number}")).collect();
    let mut rows: Vec<(&str, &str, &str)> = fillers.iter().map(|name| (name.as_str(), "0.01", "")).collect();
    // Money that comes back stands before the line by which it left.
    rows[5] = ("back", "3.00", &second.reference);
    rows[1_500] = ("out-1", "-2.00", &first.reference);
    rows[2_100] = ("out-2", "-3.00", &second.reference);
    let text = table(&owing, &rows);
    let file = send(&owing, &text).await.unwrap();
    assert_eq!((file.state, file.lines, file.taken), (FileState::Received, 2_300, 0));
    assert_eq!(send(&owing, &text).await.unwrap(), file, "the same bytes are one file");

    assert_eq!(page(&owing, file.id).await.taken, 1_000);
    assert_eq!(line(&owing, "back").await.state, LineState::Open(Why::StateDiffers));
    let ground = &owing.scene.ground;
    let dies = async |tx: &Transaction<'_>| -> Result<(), Error> {
        statement_files::import_page(tx, file.id, ground.wall).await?;
        Err(Error::inconsistent("the worker dies"))
    };
    ground.run(dies).await.unwrap_err();
    assert_eq!((lines(&owing, false).await.len(), owing.state(&first).await), (1_000, PayoutState::Sent));
    assert_eq!(page(&owing, file.id).await.taken, 2_000);
    assert_eq!(owing.state(&first).await, PayoutState::Settled);
    let done = page(&owing, file.id).await;
    assert_eq!((done.state, done.taken, done.known), (FileState::Imported, 2_300, 0));
    assert_eq!(page(&owing, file.id).await, done, "once more is nothing more");
    assert_eq!((owing.state(&second).await, owing.balances().await), (PayoutState::Returned, [300, 0, 9_800]));

    // Another file with some of the same lines: they are the ones that are there.
    let again = send(&owing, &table(&owing, &[("fill-7", "0.01", ""), ("new", "0.02", "")])).await.unwrap();
    let again = page(&owing, again.id).await;
    assert_eq!((again.state, again.taken, again.known), (FileState::Imported, 1, 1));
    assert_eq!((lines(&owing, false).await.len(), lines(&owing, true).await.len()), (2_301, 2_298));
    assert_eq!(line(&owing, "fill-7").await.file, Some(file.id));
    ground.audit().await;
}

#[tokio::test]
async fn c9_a_file_that_contradicts_itself_or_what_was_told_before_leaves_nothing() {
    let owing = Owing::to_account("6789").await;
    let ground = &owing.scene.ground;
    let payout = owing.sent(Some("2.00")).await;
    owing.line(owing.told(&payout, "told", Direction::Debit, "2.00"), 0).await.unwrap();
    let tomorrow = table(&owing, &[("a", "1.00", "")])
        .replace(&ground.book.today(ground.wall).to_string(), &ground.book.today(ground.day(1)).to_string());
    let host = ground.book.organisation;
    let off = Map { opening: Some(0), closing: Some(101), ..map() };
    let stranger = ground.another_partner(false).await;
    let good = table(&owing, &[("a", "1.00", "")]);
    assert_eq!(
        refusal(send(&owing, &table(&owing, &[("b", "1.00", ""), ("told", "-2.01", "")])).await),
        "reference-taken"
    );
    assert_eq!(refusal(send(&owing, &tomorrow).await), "statement-day");
    assert_eq!(refusal(send(&owing, "Day,Amount\n").await), "statement-unreadable");
    assert_eq!(refusal(send_of(&owing, host, &good, off).await), "statement-balance-differs");
    assert!(matches!(send_of(&owing, stranger, &good, map()).await, Err(Error::Invalid { .. })));
    let client = ground.client().await;
    for count in [
        "SELECT count(*) FROM bank_statement_file",
        "SELECT count(*) FROM bank_statement",
        "SELECT count(*) FROM bank_statement_line",
        "SELECT count(*) - 1 FROM bank_line",
    ] {
        assert_eq!(client.query_one(count, &[]).await.unwrap().get::<_, i64>(0), 0, "{count}");
    }
    // The same line as it was told before is no contradiction, and a table of nothing is a file too.
    let same = send(&owing, &table(&owing, &[("told", "-2.00", &payout.reference)])).await.unwrap();
    assert_eq!(page(&owing, same.id).await.known, 1);
    let none = send(&owing, &table(&owing, &[])).await.unwrap();
    assert_eq!(page(&owing, none.id).await.state, FileState::Imported);
}

#[tokio::test]
async fn a_line_that_is_told_otherwise_before_its_file_is_in_refuses_what_is_left_of_it() {
    let owing = Owing::to_account("6789").await;
    let payout = owing.sent(Some("2.00")).await;
    let file = send(&owing, &table(&owing, &[("a", "1.00", ""), ("b", "1.00", "")])).await.unwrap();
    owing.line(owing.told(&payout, "b", Direction::Debit, "2.00"), 0).await.unwrap();
    let refused = page(&owing, file.id).await;
    assert_eq!((refused.state, refused.taken), (FileState::Refused, 0));
    assert_eq!(refused.problem, "the bank's line b said something else before");
    let client = owing.scene.ground.client().await;
    assert_eq!(store::next(&client, file.id).await.unwrap(), (Vec::new(), 0));
    for sql in [
        "UPDATE bank_statement_file SET state = 'received', problem = ''",
        "UPDATE bank_statement_file SET state = 'imported', problem = ''",
        "UPDATE bank_statement_file SET lines = 0",
        "UPDATE bank_statement_file SET sha256 = decode(repeat('00', 32), 'hex')",
        "DELETE FROM bank_statement_file",
        "UPDATE bank_statement SET closing = 1, closing_on = '2031-01-01'",
        "DELETE FROM bank_statement",
        "UPDATE bank_line SET booked_as = 'interest', state = 'booked', why = '', entry = 1 WHERE state = 'matched'",
        "UPDATE bank_line SET creditor_reference = 'RF18539007547034'",
        "UPDATE bank_line SET file = NULL",
    ] {
        assert!(client.batch_execute(sql).await.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn c1_a_charge_and_interest_of_the_hosts_own_bank_are_booked_by_people_and_taken_back() {
    let owing = Owing::to_account("6789").await;
    let ground = &owing.scene.ground;
    let rows = [("fee", "-1.25", ""), ("interest", "0.75", ""), ("large", "-200.00", "")];
    let file = send(&owing, &table(&owing, &rows)).await.unwrap();
    page(&owing, file.id).await;
    let book = async |id: BankLineId, kind| {
        let change = Change::by_service("of January");
        ground.run(async |tx| bank_line_booking::book(tx, id, &kind, change, ground.wall).await).await
    };
    let unbook = async |id: BankLineId, reason: &'static str| {
        let change = Change::by_service(reason);
        ground.run(async |tx| bank_line_booking::unbook(tx, id, change, ground.wall).await).await
    };
    let (fee, interest, large) =
        (line(&owing, "fee").await.id, line(&owing, "interest").await.id, line(&owing, "large").await.id);
    assert_eq!(refusal(book(fee, Posted::Interest).await), "bank-line-side");
    assert_eq!(refusal(book(interest, Posted::BankFee).await), "bank-line-side");
    assert_eq!(refusal(book(large, Posted::BankFee).await), "cash-short");
    assert_eq!(refusal(unbook(fee, "why").await), "bank-line-state");
    let booked = book(fee, Posted::BankFee).await.unwrap();
    assert_eq!(book(fee, Posted::BankFee).await.unwrap(), booked, "twice is once");
    book(interest, Posted::Interest).await.unwrap();
    assert_eq!(refusal(book(interest, Posted::BankFee).await), "bank-line-state");
    let sums = async || {
        let of = async |prefix: &str| ground.balance_below(prefix).await;
        [of("assets:cash:").await, of("expenses:bank-charges").await, of("income:interest").await]
    };
    assert_eq!(sums().await, [9_950, 125, 75]);
    assert_eq!(refusal(unbook(fee, " ").await), "reason-missing");
    assert!(matches!(unbook(fee, "it was the rent").await.unwrap().state, LineState::Open(_)));
    assert_eq!(sums().await, [10_075, 0, 75]);
    book(fee, Posted::BankFee).await.unwrap();
    unbook(interest, "it was a gift").await.unwrap();
    assert_eq!(sums().await, [9_875, 125, 0]);

    // What an entry has moved already is no second one: named once, of as much.
    let explain = async |id: BankLineId, entry| {
        let change = Change::by_service("the same");
        ground.run(async |tx| bank_line_booking::explain(tx, id, entry, change, ground.wall).await).await
    };
    let file = send(&owing, &table(&owing, &[("paid-in", "100.00", ""), ("again", "100.00", "")])).await.unwrap();
    page(&owing, file.id).await;
    let (paid_in, again) = (line(&owing, "paid-in").await.id, line(&owing, "again").await.id);
    let opening = opening(&owing).await;
    assert_eq!(refusal(explain(fee, opening).await), "bank-line-state");
    assert_eq!(refusal(explain(interest, opening).await), "entry-differs");
    assert!(matches!(explain(paid_in, 1_000_000).await, Err(Error::Invalid { .. })));
    let explained = explain(paid_in, opening).await.unwrap();
    assert_eq!(explain(paid_in, opening).await.unwrap(), explained, "twice is once");
    assert_eq!(refusal(explain(again, opening).await), "entry-explained");
    unbook(paid_in, "it was the other").await.unwrap();
    explain(again, opening).await.unwrap();
    assert_eq!(sums().await, [9_875, 125, 0], "nothing was posted");

    // What a partner's bank takes is the partner's.
    let partners = send_of(&owing, ground.partner, &table(&owing, &[("theirs", "-1.00", "")]), map()).await.unwrap();
    page(&owing, partners.id).await;
    assert_eq!(refusal(book(line(&owing, "theirs").await.id, Posted::BankFee).await), "bank-line-not-own");
    ground.audit().await;
}

#[tokio::test]
async fn c9_what_a_bank_has_and_the_book_has_not_is_in_open_lines_or_unexplained() {
    let owing = Owing::to_account("6789").await;
    let ground = &owing.scene.ground;
    assert_eq!(checks(&owing).await, [], "no bank has said anything");
    owing.sent(Some("1.00")).await;
    let payout = owing.sent(Some("2.00")).await;
    let rows = [("out", "-2.00", payout.reference.as_str()), ("gift", "7.00", ""), ("rent", "-1.50", "")];
    let host = ground.book.organisation;
    // 100.00 by the book before; the bank says 0.25 more.
    let held = Map { opening: Some(10_025), closing: Some(10_375), ..map() };
    let file = send_of(&owing, host, &table(&owing, &rows), held).await.unwrap();
    assert_eq!(checks(&owing).await, [], "its lines are not in yet");
    page(&owing, file.id).await;
    let [check] = &checks(&owing).await[..] else { panic!("one custodian, one currency") };
    assert_eq!((check.at_bank, check.in_book, check.unexplained), (10_375, 9_800, 25));
    assert_eq!((check.open.lines, check.open.came, check.open.left), (2, 700, 150));
    assert_eq!((check.in_transit, check.accounts, check.on), (100, 1, ground.book.today(ground.wall)));

    // Told line by line, and never in a file: a bank that tells no balance is compared with nothing.
    let told = Told { end_to_end: String::new(), ..owing.told(&payout, "alone", Direction::Credit, "1.00") };
    owing.line(told, 0).await.unwrap();
    assert_eq!(checks(&owing).await[0].unexplained, 25 - 100, "the balance is of before");
    ground.audit().await;
}
