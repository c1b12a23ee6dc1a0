//! Money between the books of cooperatives over HTTP: sent by two people, accepted or declined by the other, paid and received, and what is in transit
//! meanwhile.

use super::bank::{usd, why};
use super::{Coop, Outcome, is};
use api::demo::cast::{join, organisation, sandbox_book};
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};

/// Two cooperatives: Press Makers with 500.00 in a solidarity fund, and a union of them with a treasurer of its own.
struct Two {
    press: Coop,
    union: String,
    keeper: Client,
}

impl Two {
    async fn set() -> anyhow::Result<Two> {
        let press = Coop::open().await?;
        let own = format!("assets:cash:{}", press.host.organisation);
        let had = json!({"on": "2026-12-31", "balances": [
            {"account": "assets:cash:bank", "amount": usd("500.00")}, {"account": "equity:fund:solidarity", "amount": usd("500.00")},
        ]});
        is(&press.host.treasurer.post(&press.at("/openings"), &had).await?, 201);
        press.bank("interest", None, "300.00", "2027-12-31").await?;
        anyhow::ensure!(press.on(&own).await? == "300.00");
        let operator = &press.host.operator;
        let union = organisation(operator, "Union of makers", "cooperative").await?;
        let keeper = join(operator, &union, "union@federation.example", "treasurer").await?;
        let union = sandbox_book(&keeper, &union, "Union").await?;
        Ok(Two { press, union, keeper })
    }

    async fn ask(&self, amount: &str) -> anyhow::Result<Answer> {
        let new = json!({
            "to": self.union, "from_fund": "fund:solidarity", "to_fund": "fund:common", "amount": usd(amount), "memo": "Of 2027",
        });
        self.press.host.treasurer.post(&self.press.at("/remittances"), &new).await
    }

    /// One that is sent, and offered to the union.
    async fn sent(&self, amount: &str) -> anyhow::Result<(String, String)> {
        let asked = self.ask(amount).await?.ok()?;
        let one = format!("/v1/remittances/{}", text(&asked, "/id")?);
        self.press.approver.post(&format!("{one}:approve"), &json!({})).await?.ok()?;
        self.press.host.app.work_until_idle().await?;
        let offered = self.offered().await?;
        let last = offered.last().expect("what was sent is offered");
        Ok((one, format!("/v1/incoming-remittances/{}", text(last, "/id")?)))
    }

    async fn offered(&self) -> anyhow::Result<Vec<Value>> {
        self.keeper.all(&format!("/v1/cooperatives/{}/incoming-remittances", self.union)).await
    }

    async fn read(&self, one: &str) -> anyhow::Result<Value> {
        self.press.host.treasurer.get(one).await?.ok()
    }

    /// What lies on an account of the union.
    async fn of_union(&self, code: &str) -> anyhow::Result<String> {
        let accounts = self.keeper.all(&format!("/v1/books/{}/accounts", self.union)).await?;
        let found = accounts.iter().find(|account| account["code"] == code);
        found.map_or_else(|| Ok("0.00".to_owned()), |found| Ok(text(found, "/balance/amount")?.to_owned()))
    }

    /// Both books as one, to the union's treasurer, who reads the books of the press too.
    async fn together(&self) -> anyhow::Result<Value> {
        let path = format!("/v1/cooperatives/{}/consolidation?with={}", self.union, self.press.host.book);
        self.keeper.get(&path).await?.ok()
    }
}

#[tokio::test]
async fn what_one_cooperative_sends_is_in_transit_until_the_other_accepts_it_and_until_its_money_came() -> Outcome {
    let two = Two::set().await?;
    let (press, keeper) = (&two.press, &two.keeper);
    let treasurer = &press.host.treasurer;
    let base =
        json!({"to": two.union, "from_fund": "fund:solidarity", "to_fund": "fund:common", "amount": usd("1.00")});
    for (field, wrong, at) in [
        ("to", json!(press.host.book), "/to"),
        ("to", json!(format!("bok_{}", "a".repeat(26))), "/to"),
        ("from_fund", json!("reserve"), "/from_fund"),
        ("to_fund", json!("reserve"), "/to_fund"),
        ("to_fund", json!("fund:No"), "/to_fund"),
        ("amount", json!({"amount": "1.00", "currency": "EUR"}), "/amount/currency"),
    ] {
        let mut body = base.clone();
        body[field] = wrong;
        assert_eq!(why(&treasurer.post(&press.at("/remittances"), &body).await?), format!("422 invalid{at}"), "{body}");
    }
    is(&press.ada.post(&press.at("/remittances"), &base).await?, 403);
    is(&keeper.post(&press.at("/remittances"), &base).await?, 404);

    let asked = two.ask("250.00").await?.ok()?;
    let one = format!("/v1/remittances/{}", text(&asked, "/id")?);
    is(&treasurer.post(&format!("{one}:approve"), &json!({})).await?, 403);
    assert_eq!((press.on("equity:fund:solidarity").await?, two.offered().await?.len()), ("500.00".into(), 0));
    press.approver.post(&format!("{one}:approve"), &json!({})).await?.ok()?;
    assert_eq!(why(&press.approver.post(&format!("{one}:approve"), &json!({})).await?), "409 remittance-state");
    assert_eq!(
        why(&treasurer.post(&format!("{one}:withdraw"), &json!({"reason": "No"})).await?),
        "409 remittance-state"
    );
    press.host.app.work_until_idle().await?;
    let due_to = format!("liabilities:due-to:{}", two.union);
    let due_from = format!("assets:due-from:{}", press.host.book);
    assert_eq!(
        (press.on("equity:fund:solidarity").await?, press.on(&due_to).await?),
        ("250.00".into(), "250.00".into())
    );
    let offered = two.offered().await?;
    assert_eq!(
        (offered.len(), &offered[0]["state"], &offered[0]["from"]),
        (1, &json!("offered"), &json!(press.host.book))
    );
    assert_eq!((&offered[0]["amount"], &offered[0]["memo"]), (&usd("250.00"), &json!("Of 2027")));
    assert_eq!(why(&treasurer.post(&format!("{one}:pay"), &json!({})).await?), "409 remittance-state");

    // In transit: the press owes it, and the union does not know it yet.
    press.host.person("union@federation.example", "auditor").await?;
    let between = two.together().await?;
    assert_eq!((&between["between"][0]["owed"], &between["between"][0]["expected"]), (&usd("250.00"), &usd("0.00")));
    assert_eq!((&between["between"][0]["sent_in_transit"], &between["liabilities"]), (&usd("250.00"), &usd("250.00")));

    let incoming = format!("/v1/incoming-remittances/{}", text(&offered[0], "/id")?);
    is(&treasurer.post(&format!("{incoming}:accept"), &json!({})).await?, 404);
    assert_eq!(why(&keeper.post(&format!("{incoming}:receive"), &json!({})).await?), "409 remittance-state");
    let accepted = keeper.post(&format!("{incoming}:accept"), &json!({})).await?.ok()?;
    assert_eq!(accepted["state"], "accepted");
    press.host.app.work_until_idle().await?;
    assert_eq!(
        (two.of_union(&due_from).await?, two.of_union("equity:fund:common").await?),
        ("250.00".into(), "250.00".into())
    );
    assert_eq!(two.read(&one).await?["state"], "accepted");
    let between = two.together().await?;
    assert_eq!(
        (&between["between"][0]["expected"], &between["between"][0]["sent_in_transit"]),
        (&usd("250.00"), &usd("0.00"))
    );
    assert_eq!(
        (&between["liabilities"], &between["assets"]),
        (&usd("0.00"), &usd("800.00")),
        "they owe nobody outside"
    );

    // The money leaves here on one day and comes there on another; it is on its way between them.
    assert_eq!(why(&treasurer.post(&format!("{one}:pay"), &json!({"on": "2031-01-01"})).await?), "422 invalid/on");
    let paid = treasurer.post(&format!("{one}:pay"), &json!({"on": "2028-01-01"})).await?.ok()?;
    assert_eq!((&paid["paid"]["on"], press.on(&due_to).await?), (&json!("2028-01-01"), "0.00".into()));
    assert_eq!(why(&treasurer.post(&format!("{one}:pay"), &json!({})).await?), "409 already-paid");
    let between = two.together().await?;
    assert_eq!((&between["between"][0]["paid_in_transit"], &between["assets"]), (&usd("250.00"), &usd("800.00")));
    let received = keeper.post(&format!("{incoming}:receive"), &json!({})).await?.ok()?;
    assert!(received["received"]["entry"].is_i64(), "{received}");
    assert_eq!(why(&keeper.post(&format!("{incoming}:receive"), &json!({})).await?), "409 already-paid");
    assert_eq!(two.of_union(&due_from).await?, "0.00");
    let whole = two.together().await?;
    assert_eq!((&whole["between"], &whole["equity"]), (&json!([]), &usd("500.00")));

    // More than the fund has, and more than is at the bank.
    let much = two.ask("250.01").await?.ok()?;
    let much = format!("/v1/remittances/{}", text(&much, "/id")?);
    is(&press.approver.post(&format!("{much}:approve"), &json!({})).await?, 409);
    treasurer.post(&format!("{much}:withdraw"), &json!({"reason": "Too much"})).await?.ok()?;
    let (second, second_there) = two.sent("100.00").await?;
    keeper.post(&format!("{second_there}:accept"), &json!({})).await?.ok()?;
    press.host.app.work_until_idle().await?;
    assert_eq!(why(&treasurer.post(&format!("{second}:pay"), &json!({})).await?), "409 cash-short");
    two.press.host.app.finish().await
}

#[tokio::test]
async fn what_is_declined_or_not_answered_goes_back_into_its_fund_once() -> Outcome {
    let two = Two::set().await?;
    let (press, keeper) = (&two.press, &two.keeper);
    let (one, there) = two.sent("200.00").await?;
    let reason = json!({"reason": "It is meant for another fund"});
    keeper.post(&format!("{there}:decline"), &reason).await?.ok()?;
    assert_eq!(why(&keeper.post(&format!("{there}:accept"), &json!({})).await?), "409 remittance-state");
    press.host.app.work_until_idle().await?;
    let back = two.read(&one).await?;
    assert_eq!((&back["state"], &back["reason"]), (&json!("returned"), &reason["reason"]));
    let entry =
        press.host.treasurer.get(&press.host.at(&format!("/journal-entries/{}", back["return_entry"]))).await?.ok()?;
    assert_eq!(entry["lines"][0]["kind"], "inter_book_returned");
    assert_eq!(press.on("equity:fund:solidarity").await?, "500.00");

    // Nobody answers for thirty days of the book that receives.
    let (late, offered) = two.sent("50.00").await?;
    let until = two.offered().await?.last().map(|it| it["until"].clone());
    let until = until.as_ref().and_then(Value::as_str).unwrap_or_default();
    press.host.app.advance(keeper, &two.union, until).await?;
    press.host.app.work_until_idle().await?;
    assert_eq!(why(&keeper.post(&format!("{offered}:accept"), &json!({})).await?), "409 remittance-state");
    let back = two.read(&late).await?;
    assert_eq!((&back["state"], &back["reason"]), (&json!("returned"), &json!("nobody answered in time")));
    assert_eq!(press.on("equity:fund:solidarity").await?, "500.00");
    let last = two.offered().await?;
    assert_eq!(
        (&last[1]["answered_by"], &last[1]["answered_at"]),
        (&Value::Null, &last[1]["until"]),
        "as of the moment it was due"
    );
    two.press.host.app.finish().await
}

#[tokio::test]
async fn sql_in_the_services_role_moves_nothing_between_books_but_what_remittances_say() -> Outcome {
    let two = Two::set().await?;
    let (one, _) = two.sent("100.00").await?;
    assert_eq!(two.read(&one).await?["state"], "sent");
    let service = two.press.host.app.connection().await?;
    for (statement, state) in [
        // Of another amount or book, back, and with entries that are none of it.
        ("UPDATE remittance SET amount = 1, version = version + 1", "42501"),
        ("UPDATE remittance SET to_book = 1", "42501"),
        (
            "UPDATE remittance SET state = 'asked', entry_number = NULL, approved_by = NULL, approved_at = NULL, version = version + 1",
            "23001",
        ),
        ("UPDATE remittance SET state = 'accepted', ended_at = now()", "23001"),
        (
            "UPDATE remittance SET state = 'returned', ended_at = now(), return_number = entry_number + 1, version = version + 1",
            "23514",
        ),
        (
            "UPDATE remittance SET state = 'accepted', ended_at = now(), paid_number = entry_number + 1, paid_on = '2028-01-01', version = version + 1",
            "23514",
        ),
        (
            "UPDATE incoming_remittance SET state = 'accepted', answered_at = now(), answered_by = (SELECT asked_by FROM remittance LIMIT 1), entry_number = 1, version = version + 1",
            "23514",
        ),
        ("UPDATE incoming_remittance SET until = now()", "42501"),
        ("DELETE FROM remittance", "42501"),
        ("DELETE FROM incoming_remittance", "42501"),
    ] {
        let error = service.batch_execute(statement).await.expect_err(statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
    }
    two.press.host.app.finish().await
}
