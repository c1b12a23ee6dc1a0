//! What the bank of a cooperative moves, over HTTP: its lines are what customers, suppliers, lenders and members pay or get, so that the
//! book has what the bank has.

use super::{Coop, Outcome, is};
use anyhow::Context as _;
use api::demo::client::{Answer, text};
use serde_json::{Value, json};

pub(crate) fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

impl Coop {
    /// Takes one line of the statement of its own account; answers its path.
    pub(crate) async fn line(&self, direction: &str, amount: Value, reference: &str) -> anyhow::Result<String> {
        let line =
            json!({"reference": reference, "direction": direction, "amount": amount, "value_date": "2026-06-30"});
        let taken =
            self.host.treasurer.post(&self.host.at("/bank-statements"), &json!({"lines": [line]})).await?.ok()?;
        Ok(format!("/v1/bank-lines/{}", text(&taken, "/lines/0/id")?))
    }

    /// Books a line as something, with somebody.
    pub(super) async fn book(&self, line: &str, booked_as: &str, party: &str) -> anyhow::Result<Answer> {
        let said = json!({"booked_as": booked_as, "party": Some(party).filter(|party| !party.is_empty())});
        self.host.treasurer.post(&format!("{line}:book"), &said).await
    }

    /// What lies on an account, on the side on which accounts of its kind stand; none for one that is not there.
    pub(crate) async fn on(&self, code: &str) -> anyhow::Result<String> {
        let accounts = self.host.treasurer.all(&self.host.at("/accounts")).await?;
        let found = accounts.iter().find(|account| account["code"] == code);
        found.map_or_else(|| Ok("0.00".to_owned()), |found| Ok(text(found, "/balance/amount")?.to_owned()))
    }

    /// What its own account at the bank holds by the book.
    pub(crate) async fn cash(&self) -> anyhow::Result<String> {
        self.on(&format!("assets:cash:{}", self.host.organisation)).await
    }

    pub(crate) async fn owes(&self, kind: &str, party: &str, amount: &str) -> anyhow::Result<Answer> {
        let told = json!({
            "kind": kind, "label": "presses", "party": party, "on_credit": kind == "sale", "occurred_on": "2026-06-01",
            "amount": usd(amount),
        });
        self.host.treasurer.post(&self.at("/proceeds"), &told).await
    }
}

pub(super) fn why(answer: &Answer) -> String {
    let pointer = answer.body["errors"][0]["pointer"].as_str().unwrap_or_default();
    format!(
        "{} {}{pointer}",
        answer.status.as_u16(),
        answer.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/")
    )
}

#[tokio::test]
async fn each_line_of_the_bank_is_what_a_customer_a_supplier_a_lender_or_a_member_moved_and_can_be_taken_back()
-> Outcome {
    let coop = Coop::open().await?;
    let member = text(&coop.members[2], "/id")?;
    let sold = coop.owes("sale", "cafe", "1000.00").await?.ok()?;
    assert_eq!((&sold["on_credit"], coop.cash().await?), (&json!(true), "0.00".to_owned()));
    is(&coop.owes("cost", "steel", "400.00").await?, 201);
    let cost_on_credit =
        json!({"kind": "cost", "label": "presses", "party": "steel", "on_credit": true, "amount": usd("1.00")});
    let refused = coop.host.treasurer.post(&coop.at("/proceeds"), &cost_on_credit).await?;
    assert_eq!(why(&refused), "422 invalid/on_credit");

    let mut lines = Vec::new();
    for (direction, amount, booked_as, party, other, left) in [
        ("credit", "999.00", "customer_paid", "cafe", "assets:receivable:customer:cafe", "1.00"),
        ("credit", "600.00", "loan_received", "seed", "liabilities:loan:seed", "600.00"),
        ("credit", "250.00", "capital_paid_in", member, "equity:capital:member:3", "250.00"),
        ("debit", "399.50", "cost_paid", "steel", "liabilities:costs:steel", "0.50"),
        ("debit", "100.00", "loan_repaid", "seed", "liabilities:loan:seed", "500.00"),
    ] {
        let line = coop.line(direction, usd(amount), booked_as).await?;
        let (missing, unknown) =
            (coop.book(&line, booked_as, "").await?, coop.book(&line, booked_as, "No body").await?);
        assert_eq!((why(&missing), why(&unknown)), ("422 invalid/party".into(), "422 invalid/party".into()));
        assert_eq!(why(&coop.book(&line, "bank_fee", party).await?), "422 invalid/party", "the bank itself is nobody");
        let booked = coop.book(&line, booked_as, party).await?.ok()?;
        assert_eq!((&booked["booked_as"], &booked["party"]), (&json!(booked_as), &json!(party)));
        assert_eq!(coop.book(&line, booked_as, party).await?.ok()?, booked, "said twice, it is booked once");
        assert_eq!(coop.on(other).await?, left, "{booked_as}");
        lines.push((line, booked_as, party));
    }
    assert_eq!(coop.cash().await?, "1349.50", "999.00 + 600.00 + 250.00 - 399.50 - 100.00");

    let stray = coop.line("credit", usd("2.00"), "stray").await?;
    assert_eq!(why(&coop.book(&stray, "customer_paid", "cafe").await?), "409 less-owed", "it owes one dollar");
    assert_eq!(why(&coop.book(&stray, "customer_paid", "till").await?), "409 less-owed", "it owes nothing");
    assert_eq!(why(&coop.book(&stray, "cost_paid", "steel").await?), "409 bank-line-side");
    let unknown = "mbr_aaaaaaa7777777777777777777777777";
    is(&coop.book(&stray, "capital_paid_in", unknown).await?, 422);
    let euros = coop.line("credit", json!({"amount": "2.00", "currency": "EUR"}), "euros").await?;
    assert_eq!(why(&coop.book(&euros, "loan_received", "seed").await?), "409 bank-line-currency");
    let paid = coop.line("debit", usd("5000.00"), "much").await?;
    is(&coop.owes("cost", "steel", "9000.00").await?, 201);
    assert_eq!(why(&coop.book(&paid, "cost_paid", "steel").await?), "409 cash-short");
    let reverse = format!("/v1/proceeds/{}:reverse", text(&sold, "/id")?);
    let refused = coop.host.treasurer.post(&reverse, &json!({"reason": "It was another year"})).await?;
    assert_eq!(why(&refused), "409 below-floor", "what has been paid was owed");

    // No statement of the service opens a line whose entry stands, or books one as what nothing moved.
    for change in [
        "state = 'open', why = 'reference_unknown', booked_as = '', party = '', entry = 0 WHERE state = 'booked'",
        "state = 'booked', why = '', booked_as = 'bank_fee', entry = 1 WHERE reference = 'much'",
    ] {
        let changed =
            format!("WITH changed AS (UPDATE bank_line SET {change} RETURNING 1) SELECT count(*) FROM changed");
        let refused = coop.host.app.count(&changed).await.expect_err(change);
        assert!(format!("{refused:#}").contains("book "), "{refused:#}");
    }
    for (line, booked_as, party) in lines.iter().rev() {
        is(&coop.book(line, booked_as, "other").await?, if *booked_as == "capital_paid_in" { 422 } else { 409 });
        let open =
            coop.host.treasurer.post(&format!("{line}:unbook"), &json!({"reason": "It was another"})).await?.ok()?;
        assert_eq!((&open["state"], &open["party"]), (&json!("open"), &Value::Null), "{booked_as} with {party}");
    }
    assert_eq!(coop.cash().await?, "0.00");
    assert_eq!(coop.on("assets:receivable:customer:cafe").await?, "1000.00");
    coop.host.app.finish().await
}

#[tokio::test]
async fn value_added_tax_comes_with_what_customers_pay_and_leaves_with_the_line_that_pays_the_office() -> Outcome {
    let coop = Coop::open().await?;
    let taxed = |kind: &str, party: &str, amount: &str, vat: &str| {
        json!({
            "kind": kind, "label": "presses", "party": party, "on_credit": kind == "sale", "occurred_on": "2026-06-01",
            "amount": usd(amount), "vat": usd(vat),
        })
    };
    let record = async |body: Value| coop.host.treasurer.post(&coop.at("/proceeds"), &body).await;
    let sold = record(taxed("sale", "cafe", "1000.00", "190.00")).await?.ok()?;
    assert_eq!((&sold["amount"], &sold["vat"]), (&usd("1000.00"), &usd("190.00")));
    record(taxed("cost", "steel", "400.00", "76.00")).await?.ok()?;
    assert_eq!(why(&record(taxed("sale", "cafe", "1.00", "1.01")).await?), "422 invalid/vat/amount");
    let euros = json!({"amount": "0.10", "currency": "EUR"});
    let mut wrong = taxed("sale", "cafe", "1.00", "0.10");
    wrong["vat"] = euros;
    assert_eq!(why(&record(wrong).await?), "422 invalid/vat/currency");
    let paid = coop.line("credit", usd("1190.00"), "cafe").await?;
    coop.book(&paid, "customer_paid", "cafe").await?.ok()?;
    assert_eq!(coop.on("assets:receivable:customer:cafe").await?, "0.00", "with its tax");

    let declare = async |through: &str| {
        let body = json!({"through": through, "office": "tax-office", "memo": "Second quarter"});
        coop.host.treasurer.post(&coop.at("/vat-declarations"), &body).await
    };
    let declared = declare("2026-06-30").await?.ok()?;
    for (field, amount) in [("on_sales", "190.00"), ("on_costs", "76.00"), ("owed", "114.00"), ("due_back", "0.00")] {
        assert_eq!(declared[field], usd(amount), "{field}");
    }
    assert_eq!(why(&declare("2026-06-30").await?), "409 vat-declared");
    assert_eq!(why(&declare("2026-07-31").await?), "409 no-vat");
    let seen = coop.host.treasurer.get(&coop.at("/vat-declarations")).await?.ok()?;
    assert_eq!(seen["items"], json!([declared]));
    let left = coop.line("debit", usd("114.00"), "vat").await?;
    coop.book(&left, "cost_paid", "tax-office").await?.ok()?;
    assert_eq!((coop.cash().await?, coop.on("liabilities:costs:tax-office").await?), ("1076.00".into(), "0.00".into()));
    let reverse = format!("/v1/vat-declarations/{}:reverse", text(&declared, "/id")?);
    let why_so = json!({"reason": "A cost is missing"});
    assert_eq!(why(&coop.host.treasurer.post(&reverse, &why_so).await?), "409 below-floor", "it is paid");
    coop.host.treasurer.post(&format!("{left}:unbook"), &json!({"reason": "It was another"})).await?.ok()?;
    let back = coop.host.treasurer.post(&reverse, &why_so).await?.ok()?;
    assert_eq!(back["reversal"]["reason"], "A cost is missing");
    assert_eq!((coop.on("liabilities:vat").await?, coop.on("assets:vat").await?), ("190.00".into(), "76.00".into()));

    let period = json!({"from": "2026-01-01", "to": "2026-12-31"});
    let result = coop.host.treasurer.post(&coop.at("/results"), &period).await?.ok()?;
    assert_eq!(result["net"], usd("600.00"), "no tax is in it");
    coop.host.app.finish().await
}

#[tokio::test]
async fn k25_a_lender_is_paid_of_the_loan_and_then_of_the_surplus_and_a_reversal_brings_the_loan_back() -> Outcome {
    let coop = Coop::open().await?;
    let everybody = |group: &str, percent: &str| json!({"group": group, "percent": percent, "by": "equal"});
    let rule = json!({
        "effective_from": "2026-02-01",
        "steps": [
            {"step": "until_cap", "of": "gross", "percent": "10", "lender": "seed", "lent": usd("60000.00"), "cap": "120"},
            {"step": "members", "groups": [everybody("workers", "80"), everybody("management", "20")]},
        ],
    });
    coop.host.treasurer.post(&coop.at("/allocation-rules"), &rule).await?.ok()?;
    let lent = coop.line("credit", usd("60000.00"), "lent").await?;
    coop.book(&lent, "loan_received", "seed").await?.ok()?;
    coop.owes("sale", "cafe", "1000000.00").await?.ok()?;
    let paid = coop.line("credit", usd("1000000.00"), "paid").await?;
    coop.book(&paid, "customer_paid", "cafe").await?.ok()?;

    let posted = coop.distribute(2026, "2028-01-20T12:00:00Z").await?;
    let part = json!({"step": 0, "account": "liabilities:payable:lender:seed", "amount": usd("72000.00"), "principal": usd("60000.00"), "non_member_sales": usd("0.00")});
    assert_eq!(posted["parts"], json!([part]));
    let accounts = [
        ("liabilities:loan:seed", "0.00"),
        ("liabilities:payable:lender:seed", "72000.00"),
        ("equity:reserve", "60000.00"),
        ("equity:surplus", "0.00"),
    ];
    for (code, amount) in accounts {
        assert_eq!(coop.on(code).await?, amount, "{code}");
    }
    let seen = coop.host.treasurer.get(&coop.host.at(&format!("/journal-entries/{}", posted["entry"]))).await?.ok()?;
    let due = seen["lines"].as_array().context("lines")?.iter().filter(|line| line["kind"] == "loan_due").count();
    assert_eq!(due, 1, "{seen}");

    let reverse = format!("/v1/distributions/{}:reverse", text(&posted, "/id")?);
    coop.host.treasurer.post(&reverse, &json!({"reason": "The hours were wrong"})).await?.ok()?;
    for (code, amount) in
        [("liabilities:loan:seed", "60000.00"), ("equity:reserve", "0.00"), ("equity:surplus", "1000000.00")]
    {
        assert_eq!(coop.on(code).await?, amount, "{code}");
    }
    // What is paid of the loan meanwhile is not paid again: the next plan pays the rest of it of the loan.
    let repaid = coop.line("debit", usd("20000.00"), "repaid").await?;
    coop.book(&repaid, "loan_repaid", "seed").await?.ok()?;
    let period = json!({"from": "2026-01-01", "to": "2026-12-31"});
    let draft = coop.host.treasurer.post(&coop.at("/distributions"), &period).await?.ok()?;
    assert_eq!(draft["parts"][0]["principal"], usd("40000.00"));
    // A loan that is paid back after the approval is not there for the plan any more: the service gives the plan up.
    let one = format!("/v1/distributions/{}", text(&draft, "/id")?);
    coop.host.treasurer.post(&format!("{one}:open"), &json!({})).await?.ok()?;
    coop.approver.post(&format!("{one}:approve"), &json!({"digest": draft["digest"]})).await?.ok()?;
    let rest = coop.line("debit", usd("1000.00"), "rest").await?;
    coop.book(&rest, "loan_repaid", "seed").await?.ok()?;
    coop.host.app.advance(&coop.host.treasurer, &coop.host.book, "2028-02-20T12:00:00Z").await?;
    let given_up = coop.host.treasurer.get(&one).await?.ok()?;
    assert_eq!(given_up["state"], "withdrawn", "{given_up}");
    assert_eq!(coop.on("liabilities:loan:seed").await?, "39000.00");
    coop.host.app.finish().await
}
