//! Loans to a cooperative over HTTP: their interest is a cost before anything is shared, and a debt before any capital.

use super::bank::{usd, why};
use super::{Coop, Outcome, is};
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};

impl Coop {
    async fn terms(&self, by: &Client, rate: &str, from: &str) -> anyhow::Result<Answer> {
        let new = json!({"lender": "seed", "rate": rate, "effective_from": from});
        by.post(&self.at("/loan-terms"), &new).await
    }

    async fn book_interest(&self, through: &str) -> anyhow::Result<Answer> {
        let path = self.at("/loan-interest");
        self.host.treasurer.post(&path, &json!({"lender": "seed", "through": through})).await
    }

    /// The only loan at the end of a day.
    async fn loan(&self, day: &str) -> anyhow::Result<Value> {
        let mut all = self.host.treasurer.all(&self.at(&format!("/loans?as_of={day}"))).await?;
        anyhow::ensure!(all.len() == 1, "{all:?}");
        Ok(all.remove(0))
    }
}

#[tokio::test]
async fn k24_interest_of_a_loan_is_a_cost_before_shares_and_paid_before_any_capital() -> Outcome {
    let coop = Coop::open().await?;
    coop.bank("loan_received", Some("seed"), "1000.00", "2027-01-01").await?;
    let known = coop.loan("2027-12-31").await?;
    assert_eq!((&known["stands"], &known["rate"], &known["interest"]), (&usd("1000.00"), &Value::Null, &usd("0.00")));
    is(&coop.terms(&coop.ada, "3", "2027-01-01").await?, 403);
    let terms = coop.terms(&coop.host.treasurer, "3", "2027-01-01").await?.ok()?;
    assert_eq!((&terms["rate"], &terms["lender"]), (&json!("3.00"), &json!("seed")));
    assert_eq!(coop.ada.all(&coop.at("/loan-terms")).await?, [terms]);
    assert_eq!(why(&coop.terms(&coop.host.treasurer, "4", "2027-01-01").await?), "409 loan-terms-there");
    assert_eq!(why(&coop.terms(&coop.host.treasurer, "100.01", "2027-02-01").await?), "422 invalid/rate");
    for (day, interest) in
        [("2026-12-31", "0.00"), ("2027-03-31", "7.40"), ("2027-12-31", "30.00"), ("2028-12-31", "60.08")]
    {
        assert_eq!(coop.loan(day).await?["interest"], usd(interest), "{day}");
    }

    let quarter = coop.book_interest("2027-03-31").await?.ok()?;
    assert_eq!((&quarter["amount"], &quarter["occurred_on"]), (&usd("7.40"), &json!("2027-03-31")));
    assert_eq!(why(&coop.book_interest("2027-03-31").await?), "409 interest-booked");
    assert_eq!(why(&coop.book_interest("2028-02-01").await?), "422 invalid/through");
    assert_eq!(why(&coop.terms(&coop.host.treasurer, "4", "2027-03-31").await?), "409 interest-booked");
    let on = coop.loan("2027-12-31").await?;
    assert_eq!(
        (&on["booked"], &on["to_book"], &on["booked_through"]),
        (&usd("7.40"), &usd("22.60"), &json!("2027-03-31"))
    );

    // Nothing is shared before it: the result is not closed without it, and then it is a cost.
    coop.record("sale", "12030.00", "2027-06-01").await?.ok()?;
    let year = json!({"from": "2027-01-01", "to": "2027-12-31"});
    let refused = coop.host.treasurer.post(&coop.at("/results"), &year).await?;
    assert_eq!(why(&refused), "409 interest-open");
    assert!(text(&refused.body, "/detail")?.contains("22.60 USD"), "{}", refused.body);
    let rest = coop.book_interest("2027-12-31").await?.ok()?;
    assert_eq!(rest["amount"], usd("22.60"));
    let before = coop.host.treasurer.get(&coop.at("/dissolution")).await?.ok()?;
    assert_eq!((&before["debts"], &before["debts_paid"]), (&usd("1030.00"), &usd("1030.00")), "before any capital");
    coop.work(2027).await?;
    let shared = coop.distribute(2027, "2028-01-09T12:00:00Z").await?;
    assert_eq!((&shared["costs"]["amount"], &shared["net"]["amount"]), (&json!("30.00"), &json!("12000.00")));
    let back = format!("/v1/proceeds/{}:reverse", text(&rest, "/proceeds")?);
    let counted = coop.host.treasurer.post(&back, &json!({"reason": "Waived"})).await?;
    assert_eq!(why(&counted), "409 result-counts-it");

    // What is paid back late is known late: nothing more is booked until there is more than was.
    coop.bank("loan_repaid", Some("seed"), "1000.00", "2027-12-31").await?;
    coop.bank("interest", None, "30.00", "2028-01-02").await?;
    coop.bank("cost_paid", Some("seed"), "30.00", "2028-01-02").await?;
    let over = coop.loan("2028-01-08").await?;
    assert_eq!((&over["stands"], &over["interest"], &over["to_book"]), (&usd("0.00"), &usd("29.92"), &usd("0.00")));
    assert_eq!(why(&coop.book_interest("2028-01-08").await?), "409 interest-nothing");
    assert_eq!(coop.on("liabilities:costs:seed").await?, "0.00");
    coop.host.app.finish().await
}

#[tokio::test]
async fn interest_that_is_taken_back_is_booked_anew_and_in_the_first_open_days() -> Outcome {
    let coop = Coop::open().await?;
    coop.bank("loan_received", Some("seed"), "1000.00", "2026-01-01").await?;
    coop.terms(&coop.host.treasurer, "3", "2026-01-01").await?.ok()?;
    let first = coop.book_interest("2026-12-31").await?.ok()?;
    let back = format!("/v1/proceeds/{}:reverse", text(&first, "/proceeds")?);
    coop.host.treasurer.post(&back, &json!({"reason": "The rate was another"})).await?.ok()?;
    let free = coop.loan("2026-12-31").await?;
    assert_eq!((&free["booked"], &free["booked_through"]), (&usd("0.00"), &Value::Null));
    coop.terms(&coop.host.treasurer, "0", "2026-07-01").await?.ok()?;
    let again = coop.book_interest("2026-12-31").await?.ok()?;
    assert_eq!(again["amount"], usd("14.88"), "181 days");

    // The book is closed through a year whose interest nobody booked: it is a cost of the next one.
    coop.terms(&coop.host.treasurer, "1", "2027-01-01").await?.ok()?;
    coop.record("sale", "100.00", "2026-06-01").await?.ok()?;
    let close = coop.host.at("/periods/2027-12-31:close");
    coop.host.treasurer.post(&close, &json!({})).await?.ok()?;
    let years = json!({"from": "2026-01-01", "to": "2026-12-31"});
    coop.host.treasurer.post(&coop.at("/results"), &years).await?.ok()?;
    let late = coop.book_interest("2027-12-31").await?.ok()?;
    assert_eq!((&late["amount"], &late["occurred_on"]), (&usd("10.00"), &json!("2028-01-01")));
    coop.host.app.finish().await
}
