//! Value added tax: on top of sales and costs, outside of every result, and declared to an office that is paid by a line of the bank.

use super::{Coop, year};
use deadpool_postgres::Transaction;
use jiff::civil::{Date, date};
use ledger::Error;
use ledger::cooperatives::operations::proceeds::NewProceeds;
use ledger::cooperatives::operations::vat_declarations::{NewVatDeclaration, declare, reverse};
use ledger::cooperatives::operations::{openings, proceeds, results};
use ledger::cooperatives::rules::cooperative::ProceedsKind;
use ledger::cooperatives::rules::proceeds::{Particulars, Proceeds};
use ledger::cooperatives::rules::vat_declaration::{Settled, VatDeclaration};
use ledger::cooperatives::store::vat_declarations;
use ledger::id::VatDeclarationId;
use ledger::money::{Currency, Money};
use ledger::testing::{refusal, usd};
use uuid::Uuid;

const PAYABLE: &str = "liabilities:vat";
const RECEIVABLE: &str = "assets:vat";
const OWED: &str = "liabilities:costs:tax-office";
const DUE_BACK: &str = "assets:receivable:customer:tax-office";

fn new(kind: ProceedsKind, amount: &str, vat: Option<&str>, day: Date) -> NewProceeds {
    NewProceeds {
        kind,
        label: "bread".into(),
        party: "bank".into(),
        on_credit: false,
        particulars: Particulars::default(),
        amount: usd(amount),
        vat: vat.map(usd),
        occurred_on: Some(day),
        memo: String::new(),
        reference: String::new(),
    }
}

impl Coop {
    async fn taxed(&self, new: NewProceeds) -> Result<Proceeds, Error> {
        let (book, clerk, wall) = (self.ground.book.id, self.clerk, self.ground.wall);
        let record = async |tx: &Transaction<'_>| proceeds::record(tx, book, new.clone(), clerk, wall).await;
        Ok(self.ground.run(record).await?.proceeds)
    }

    async fn declare(&self, through: Date) -> Result<VatDeclaration, Error> {
        let (book, clerk, wall) = (self.ground.book.id, self.clerk, self.ground.wall);
        let new = NewVatDeclaration { through, office: "tax-office".into(), memo: String::new() };
        self.ground.run(async |tx| declare(tx, book, new.clone(), clerk, wall).await).await
    }

    async fn take_declaration_back(&self, id: VatDeclarationId) -> Result<VatDeclaration, Error> {
        let (clerk, wall) = (self.clerk, self.ground.wall);
        self.ground.run(async |tx| reverse(tx, id, "A cost is missing".into(), clerk, wall).await).await
    }

    async fn balances<const N: usize>(&self, codes: [&str; N]) -> [i64; N] {
        let mut all = [0; N];
        for (at, code) in codes.into_iter().enumerate() {
            all[at] = self.balance(code).await;
        }
        all
    }
}

#[tokio::test]
async fn tax_is_a_line_of_its_own_that_no_result_counts_and_what_is_paid_on_costs_is_taken_off() {
    use ProceedsKind::{Cost, Sale};
    let coop = Coop::new().await;
    coop.taxed(new(Sale, "100.00", Some("19.00"), date(2026, 2, 1))).await.unwrap();
    let credit =
        NewProceeds { on_credit: true, party: "cafe".into(), ..new(Sale, "50.00", Some("9.50"), date(2026, 2, 2)) };
    coop.taxed(credit).await.unwrap();
    coop.taxed(new(Sale, "10.00", None, date(2026, 2, 3))).await.unwrap();
    let cost = NewProceeds { party: "mill".into(), ..new(Cost, "60.00", Some("11.40"), date(2026, 2, 4)) };
    coop.taxed(cost).await.unwrap();
    let parties = ["assets:cash:bank", "assets:receivable:customer:cafe", "liabilities:costs:mill"];
    assert_eq!(coop.balances(parties).await, [12_900, 5_950, 7_140], "the tax is paid besides");
    assert_eq!(coop.balances(["income:sales:bread", "expenses:cost:bread"]).await, [16_000, 6_000]);
    assert_eq!(coop.balances([PAYABLE, RECEIVABLE]).await, [2_850, 1_140]);

    let declared = coop.declare(date(2026, 3, 31)).await.unwrap();
    assert_eq!((declared.on_sales, declared.on_costs), (2_850, 1_140));
    assert_eq!(declared.settled(), Settled { set_off: 1_140, owed: 1_710, due_back: 0 });
    assert_eq!(coop.balances([PAYABLE, RECEIVABLE, OWED, DUE_BACK]).await, [0, 0, 1_710, 0]);
    assert_eq!(refusal(coop.declare(date(2026, 4, 30)).await), "no-vat");
    assert_eq!(refusal(coop.declare(date(2026, 3, 31)).await), "vat-declared");

    let (book, clerk, wall) = (coop.ground.book.id, coop.clerk, coop.ground.wall);
    let closed = coop.ground.run(async |tx| results::close(tx, book, year(2026), clerk, wall).await).await.unwrap();
    assert_eq!((closed.result.sales, closed.result.costs, closed.result.net()), (16_000, 6_000, 10_000));
    assert_eq!(coop.balance("equity:surplus").await, 10_000);
    coop.ground.audit().await;
}

#[tokio::test]
async fn an_office_owes_what_was_paid_on_costs_beyond_and_what_comes_late_is_declared_next() {
    use ProceedsKind::{Cost, Sale};
    let coop = Coop::new().await;
    coop.taxed(new(Cost, "200.00", Some("38.00"), date(2026, 1, 10))).await.unwrap();
    let sale = coop.taxed(new(Sale, "20.00", Some("3.80"), date(2026, 1, 11))).await.unwrap();
    let first = coop.declare(date(2026, 1, 31)).await.unwrap();
    assert_eq!(first.settled(), Settled { set_off: 380, owed: 0, due_back: 3_420 });
    assert_eq!(coop.balances([PAYABLE, RECEIVABLE, OWED, DUE_BACK]).await, [0, 0, 0, 3_420]);
    // A sale of a period that is declared: its tax comes with the next declaration. That of one day after its end waits for another.
    coop.taxed(new(Sale, "30.00", Some("5.70"), date(2026, 1, 20))).await.unwrap();
    coop.taxed(new(Sale, "1.00", Some("0.19"), date(2026, 3, 1))).await.unwrap();
    let second = coop.declare(date(2026, 2, 28)).await.unwrap();
    assert_eq!((second.on_sales, second.on_costs), (570, 0));
    assert_eq!(coop.balances([PAYABLE, RECEIVABLE, OWED, DUE_BACK]).await, [19, 0, 570, 3_420]);

    // A sale whose tax is declared is not taken back before its declaration is, and those are taken back in their order.
    let (clerk, wall) = (coop.clerk, coop.ground.wall);
    let take_back = async |tx: &Transaction<'_>| proceeds::reverse(tx, sale.id, "None".into(), clerk, wall).await;
    assert_eq!(refusal(coop.ground.run(take_back).await), "below-floor");
    assert_eq!(refusal(coop.take_declaration_back(first.id).await), "vat-declared");
    coop.take_declaration_back(second.id).await.unwrap();
    coop.take_declaration_back(first.id).await.unwrap();
    assert_eq!(refusal(coop.take_declaration_back(first.id).await), "already-reversed");
    assert_eq!(coop.balances([PAYABLE, RECEIVABLE, OWED, DUE_BACK]).await, [969, 3_800, 0, 0]);
    coop.ground.run(take_back).await.unwrap();
    assert_eq!(coop.balances([PAYABLE, RECEIVABLE, "income:sales:bread"]).await, [589, 3_800, 3_100]);
    let anew = coop.declare(date(2026, 1, 31)).await.unwrap();
    assert_eq!((anew.on_sales, anew.on_costs), (570, 3_800), "without the sale that was taken back");
    let all = vat_declarations::list(&coop.ground.client().await, coop.ground.book.id, Uuid::nil(), 10).await.unwrap();
    assert_eq!(all.iter().map(|it| it.undone.is_none()).collect::<Vec<_>>(), [false, false, true]);
    coop.ground.audit().await;
}

#[tokio::test]
async fn a_tax_in_another_currency_or_beyond_its_amount_and_a_day_that_is_not_over_are_refused_by_field() {
    let coop = Coop::new().await;
    let day = date(2026, 2, 1);
    let euros = Money::from_minor(100, Currency::EUR).unwrap();
    for (vat, pointer) in [(euros, "/vat/currency"), (usd("100.01"), "/vat/amount")] {
        let wrong = NewProceeds { vat: Some(vat), ..new(ProceedsKind::Sale, "100.00", None, day) };
        match coop.taxed(wrong).await {
            Err(Error::Invalid { pointer: at, .. }) => assert_eq!(at, pointer),
            other => panic!("{pointer}: {other:?}"),
        }
    }
    for through in [date(1990, 1, 1), date(2028, 1, 2)] {
        match coop.declare(through).await {
            Err(Error::Invalid { pointer, .. }) => assert_eq!(pointer, "/through"),
            other => panic!("{through}: {other:?}"),
        }
    }
    // An invoice is the same only with its tax.
    let invoice = |vat| NewProceeds { reference: "17".into(), ..new(ProceedsKind::Sale, "100.00", vat, day) };
    let first = coop.taxed(invoice(Some("19.00"))).await.unwrap();
    assert_eq!(coop.taxed(invoice(Some("19.00"))).await.unwrap(), first);
    assert_eq!(refusal(coop.taxed(invoice(None)).await), "reference-taken");
    coop.ground.audit().await;
}

#[tokio::test]
async fn a_book_that_was_kept_elsewhere_is_opened_with_the_tax_that_it_has_still_to_declare() {
    let coop = Coop::new().await;
    let (book, clerk, wall) = (coop.ground.book.id, coop.clerk, coop.ground.wall);
    let balance = |code: &str, amount: &str| (code.to_owned(), usd(amount));
    let had = openings::NewOpening {
        opened_on: Some(date(2026, 1, 1)),
        balances: vec![
            balance("assets:cash:bank", "100.00"),
            balance(RECEIVABLE, "5.00"),
            balance(PAYABLE, "12.00"),
            balance("equity:reserve", "93.00"),
        ],
        memo: String::new(),
    };
    coop.ground.run(async |tx| openings::open(tx, book, had.clone(), clerk, wall).await).await.unwrap();
    let declared = coop.declare(date(2026, 1, 31)).await.unwrap();
    assert_eq!((declared.on_sales, declared.on_costs, coop.balance(OWED).await), (1_200, 500, 700));
    coop.ground.audit().await;
}

#[tokio::test]
async fn the_database_takes_no_tax_that_no_line_moves_and_no_declaration_that_its_entry_does_not_say() {
    let coop = Coop::new().await;
    coop.taxed(new(ProceedsKind::Sale, "100.00", Some("19.00"), date(2026, 2, 1))).await.unwrap();
    coop.taxed(new(ProceedsKind::Sale, "100.00", Some("19.00"), date(2026, 4, 1))).await.unwrap();
    coop.declare(date(2026, 2, 28)).await.unwrap();
    let service = migrations::connect(&coop.ground.database.service_url.parse().unwrap()).await.unwrap();
    let declaration = |on_sales: i64, on_costs: i64, entry: &str| {
        format!(
            "INSERT INTO vat_declaration (book_id, id, through, office, on_sales, on_costs, memo, entry_number, recorded_by, recorded_at)
             SELECT book_id, gen_random_uuid(), through + 1, office, {on_sales}, {on_costs}, '', {entry}, recorded_by, recorded_at
               FROM vat_declaration"
        )
    };
    let sale = |vat: i64, entry: &str| {
        format!(
            "INSERT INTO proceeds (book_id, id, kind, account, label, amount, occurred_on, memo, reference, entry_number, recorded_by,
                                   recorded_at, on_credit, product, place, counterparty, non_member, vat)
             SELECT book_id, gen_random_uuid(), kind, account, label, amount, occurred_on, memo, 'x', {entry}, recorded_by, recorded_at,
                    on_credit, product, place, counterparty, non_member, {vat}
               FROM proceeds LIMIT 1"
        )
    };
    for wrong in [
        declaration(1_900, 0, "entry_number + 100"),
        declaration(1_900, 0, "entry_number - 1"),
        declaration(0, 0, "entry_number + 100"),
        sale(1_900, "entry_number + 100"),
        sale(10_001, "entry_number"),
        sale(1, "entry_number + 1"),
        "UPDATE vat_declaration SET on_sales = 1".to_owned(),
        "UPDATE vat_declaration SET reversal_number = entry_number + 1, reversed_by = recorded_by".to_owned(),
        "UPDATE proceeds SET vat = 0".to_owned(),
        "DELETE FROM vat_declaration".to_owned(),
    ] {
        let refused = service.batch_execute(&wrong).await.expect_err(&wrong);
        assert!(refused.as_db_error().is_some(), "{wrong}: {refused}");
    }
    coop.ground.audit().await;
}
