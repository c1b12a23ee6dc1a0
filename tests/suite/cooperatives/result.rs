//! The result of a cooperative's book over HTTP: what its bank took and paid is in it, and no account of income or expense is left over.

use super::{Coop, Outcome, cash, is};
use anyhow::{Context as _, ensure};
use api::demo::client::text;
use serde_json::{Value, json};

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

impl Coop {
    /// Takes a line of the statement of its own account, and books it as something, with somebody.
    pub(super) async fn bank(
        &self,
        booked_as: &str,
        party: Option<&str>,
        amount: &str,
        day: &str,
    ) -> anyhow::Result<String> {
        let is_paid = ["bank_fee", "cost_paid", "loan_repaid"].contains(&booked_as);
        let direction = if is_paid { "debit" } else { "credit" };
        let reference = format!("{booked_as} {day}");
        let line = json!({"reference": reference, "direction": direction, "amount": usd(amount), "value_date": day});
        let path = self.host.at("/bank-statements");
        let taken = self.host.treasurer.post(&path, &json!({"lines": [line]})).await?.ok()?;
        let line = format!("/v1/bank-lines/{}", text(&taken, "/lines/0/id")?);
        let said = json!({"booked_as": booked_as, "party": party});
        self.host.treasurer.post(&format!("{line}:book"), &said).await?.ok()?;
        Ok(line)
    }

    /// The accounts of income and expense on which something lies, but those that people keep by hand.
    async fn left_over(&self) -> anyhow::Result<Vec<(String, String)>> {
        let accounts = self.host.treasurer.all(&self.host.at("/accounts")).await?;
        let mut left = Vec::new();
        for account in &accounts {
            let (code, amount) = (text(account, "/code")?, text(account, "/balance/amount")?);
            let is_result = code.starts_with("income:") || code.starts_with("expenses:");
            if is_result && amount != "0.00" && code != "income:rent" {
                left.push((code.to_owned(), amount.to_owned()));
            }
        }
        Ok(left)
    }

    /// What the book has less what it owes is its equity, once nothing is on accounts of income and expense.
    async fn is_balanced(&self) -> Outcome {
        let accounts = self.host.treasurer.all(&self.host.at("/accounts")).await?;
        let mut sum = 0_i64;
        for account in &accounts {
            let code = text(account, "/code")?;
            let minor: i64 = text(account, "/balance/amount")?.replace('.', "").parse().context("an amount")?;
            let side = if code.starts_with("assets:") || code.starts_with("expenses:") { 1 } else { -1 };
            sum += side * minor;
        }
        ensure!(sum == 0, "{sum} between the sides");
        Ok(())
    }

    async fn close(&self, from: &str, to: &str) -> anyhow::Result<Value> {
        self.host.treasurer.post(&self.at("/results"), &json!({"from": from, "to": to})).await?.ok()
    }
}

fn figures(it: &Value) -> [&str; 6] {
    ["sales", "costs", "other_income", "other_costs", "loss_before", "net"]
        .map(|field| it[field]["amount"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn what_the_bank_took_and_paid_is_in_the_result_and_what_comes_late_is_in_the_next() -> Outcome {
    let coop = Coop::open().await?;
    coop.record("sale", "12000.00", "2026-06-01").await?.ok()?;
    coop.record("cost", "1000.00", "2026-06-01").await?.ok()?;
    coop.bank("loan_received", Some("seed"), "500.00", "2026-06-30").await?;
    coop.bank("bank_fee", None, "12.50", "2026-12-31").await?;
    coop.bank("interest", None, "3.25", "2026-12-31").await?;
    coop.bank("bank_fee", None, "1.00", "2027-01-02").await?;
    coop.work(2026).await?;
    let shared = coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!(figures(&shared), ["12000.00", "1000.00", "3.25", "12.50", "0.00", "10990.75"]);
    let first = coop.host.treasurer.all(&coop.at("/results")).await?;
    assert_eq!((figures(&first[0]), &first[0]["left_out"]), (figures(&shared), &json!([])));
    let paid: i64 = cash(&shared).iter().filter_map(|amount| amount.replace('.', "").parse::<i64>().ok()).sum();
    assert_eq!((paid, &shared["parts"][0]["amount"]), (1_099_075 - 109_908, &usd("1099.08")), "a tenth is kept");
    assert_eq!(coop.left_over().await?, [("expenses:bank-charges".to_owned(), "1.00".to_owned())], "of January");
    coop.is_balanced().await?;

    // A charge of the first year that comes after its result counts in the second; what people keep by hand is named and left out.
    coop.bank("bank_fee", None, "7.50", "2026-12-30").await?;
    for (code, class) in [("assets:till", "asset"), ("income:rent", "income")] {
        let account = json!({"code": code, "class": class, "currency": "USD"});
        coop.host.treasurer.post(&coop.host.at("/accounts"), &account).await?.ok()?;
    }
    let rent = json!({
        "effective": "2027-05-01",
        "lines": [{"debit": "assets:till", "credit": "income:rent", "amount": usd("40.00")}],
    });
    coop.host.treasurer.post(&coop.host.at("/journal-entries"), &rent).await?.ok()?;
    coop.record("sale", "100.00", "2027-06-01").await?.ok()?;
    let second = coop.close("2027-01-01", "2027-12-31").await?;
    assert_eq!(figures(&second), ["100.00", "0.00", "0.00", "8.50", "0.00", "91.50"]);
    let rent = json!([{"account": "income:rent", "amount": usd("40.00"), "why": "kept_by_hand"}]);
    assert_eq!(second["left_out"], rent);
    assert_eq!(coop.left_over().await?, []);
    coop.is_balanced().await?;

    // Opened again, every account has what it had; closed anew, the figures are the same.
    let reverse = format!("/v1/results/{}:reverse", text(&second, "/id")?);
    coop.host.treasurer.post(&reverse, &json!({"reason": "A look at it"})).await?.ok()?;
    let back = [("expenses:bank-charges", "8.50"), ("income:sales:presses", "100.00")];
    let mut left = coop.left_over().await?;
    left.sort();
    assert_eq!(left, back.map(|(code, amount)| (code.to_owned(), amount.to_owned())));
    assert_eq!(figures(&coop.close("2027-01-01", "2027-12-31").await?), figures(&second));
    coop.is_balanced().await?;

    // No other figures are written beside an entry, nor divided, by whoever speaks to the database as the service does.
    let client = coop.host.app.connection().await?;
    for (wrong, why) in [
        (
            "INSERT INTO period_result (id, closed_by, sales, costs, other_income, other_costs, loss_before, carried, entry_number,
                                        closed_at, book_id, period_from, period_to)
             SELECT gen_random_uuid(), closed_by, sales, costs, other_income, 0, loss_before, carried, entry_number,
                    closed_at, book_id, period_from - 1000, period_to - 1000
               FROM period_result WHERE other_costs > 0 ORDER BY period_to LIMIT 1",
            "whose entry moves",
        ),
        (
            "INSERT INTO distribution (id, rule_id, result_id, drafted_by, sales, costs, other_income, other_costs, loss_before,
                                       version, drafted_at, until, book_id, rule_version, period_from, period_to, window_days,
                                       currency, state, digest, plan)
             SELECT gen_random_uuid(), rule_id, result_id, drafted_by, sales, costs, other_income, 0, loss_before, 1, drafted_at,
                    until, book_id, rule_version, period_from - 1000, period_to - 1000, window_days, currency, 'draft', digest,
                    plan
               FROM distribution LIMIT 1",
            "other figures",
        ),
    ] {
        let refused = client.batch_execute(wrong).await.err().context("refused")?;
        let said = refused.as_db_error().map(ToString::to_string).unwrap_or_default();
        ensure!(said.contains(why), "{said}");
    }
    coop.host.app.finish().await
}

#[tokio::test]
async fn a_period_with_charges_of_the_bank_alone_is_a_loss_which_the_rule_divides() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    coop.bank("loan_received", Some("seed"), "500.00", "2026-06-30").await?;
    coop.bank("bank_fee", None, "12.50", "2026-12-31").await?;
    let first = coop.close("2026-01-01", "2026-12-31").await?;
    assert_eq!(figures(&first), ["0.00", "0.00", "0.00", "12.50", "0.00", "-12.50"]);
    assert_eq!(first["entry"], Value::Null, "nothing was earned, so nothing moved");

    // The next result bears it, and does not count it twice.
    let fee = coop.bank("bank_fee", None, "2.50", "2027-03-31").await?;
    let second = coop.close("2027-01-01", "2027-06-30").await?;
    assert_eq!(figures(&second), ["0.00", "0.00", "0.00", "2.50", "12.50", "-15.00"]);
    // What the bank gave back since is no loss any more.
    keeper.post(&format!("{fee}:unbook"), &json!({"reason": "It was a mistake of the bank"})).await?.ok()?;
    coop.bank("interest", None, "0.50", "2027-07-31").await?;
    let third = coop.close("2027-07-01", "2027-09-30").await?;
    assert_eq!(figures(&third), ["0.00", "0.00", "0.50", "0.00", "12.50", "-12.00"]);

    let everybody = json!([{"group": "workers", "percent": "100", "by": "equal"}]);
    let rule = json!({
        "effective_from": "2027-10-01", "losses": {"reserve": "50"},
        "steps": [{"step": "members", "groups": everybody, "retained": "100"}],
    });
    keeper.post(&coop.at("/allocation-rules"), &rule).await?.ok()?;
    let loss = coop.distribute(2027, "2028-01-09T12:00:00Z").await;
    ensure!(loss.is_err(), "the year is closed in part");
    let days = json!({"from": "2027-10-01", "to": "2027-12-31"});
    let draft = keeper.post(&coop.at("/distributions"), &days).await?.ok()?;
    assert_eq!(figures(&draft), ["0.00", "0.00", "0.00", "0.00", "12.00", "-12.00"]);
    let one = format!("/v1/distributions/{}", text(&draft, "/id")?);
    is(&keeper.post(&format!("{one}:open"), &json!({})).await?, 200);
    is(&coop.approver.post(&format!("{one}:approve"), &json!({"digest": draft["digest"]})).await?, 200);
    coop.host.app.advance(keeper, &coop.host.book, "2028-01-20T12:00:00Z").await?;
    assert_eq!(keeper.get(&one).await?.ok()?["state"], "statements_issued");
    assert_eq!(coop.left_over().await?, []);
    coop.is_balanced().await?;
    coop.host.app.finish().await
}
