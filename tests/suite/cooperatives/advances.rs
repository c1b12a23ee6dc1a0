//! Advances over HTTP: paid before there is a share, and netted with the shares that follow.

use super::{Coop, Outcome, cash, is};
use api::demo::client::{Answer, text};
use serde_json::{Value, json};

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

fn problem(answer: &Answer) -> &str {
    answer.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/")
}

fn amounts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let all = list.as_array().expect("a list");
    all.iter().map(|one| one[field]["amount"].as_str().unwrap_or_default()).collect()
}

impl Coop {
    async fn advance(&self, member: usize, amount: &str) -> anyhow::Result<Answer> {
        let body = json!({"member": self.members[member]["id"], "amount": usd(amount), "memo": "For the winter"});
        self.host.treasurer.post(&self.at("/advances"), &body).await
    }

    async fn balance(&self, code: &str) -> anyhow::Result<Value> {
        let path = format!("/v1/books/{}/accounts/{code}/balance", self.host.book);
        Ok(self.host.treasurer.get(&path).await?.ok()?["balance"]["amount"].clone())
    }
}

#[tokio::test]
async fn k15_advances_are_netted_with_the_next_shares_and_what_is_left_stands_against_those_after_them() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let workers = json!([{"group": "workers", "percent": "100", "by": "hours"}]);
    let rule = json!({"effective_from": "2026-01-01", "steps": [{"step": "members", "groups": workers}]});
    keeper.post(&coop.at("/allocation-rules"), &rule).await?.ok()?;

    for member in 0..3 {
        let granted = coop.advance(member, "18000.00").await?;
        is(&granted, 201);
        assert_eq!((&granted.body["granted_on"], &granted.body["reversal"]), (&json!("2028-01-01"), &Value::Null));
    }
    let own = coop.ada.all(&coop.at("/advances")).await?;
    assert_eq!((own.len(), &own[0]["member"]), (1, &coop.members[0]["id"]), "members see their own");
    let all = keeper.all(&coop.at("/advances")).await?;
    assert_eq!((all.len(), &all[0]), (3, &own[0]));
    for (code, amount) in [("assets:receivable:member:1", "18000.00"), ("liabilities:payable:member:1", "18000.00")] {
        assert_eq!(coop.balance(code).await?, amount, "{code}");
    }
    let line = format!("/v1/books/{}/journal-entries/{}", coop.host.book, own[0]["entry"]);
    assert_eq!(keeper.get(&line).await?.ok()?["lines"][0]["kind"], "advance_granted");

    // One too many is taken back, once, by who keeps the book.
    let again = coop.advance(1, "500.00").await?.ok()?;
    let back = format!("/v1/advances/{}:reverse", text(&again, "/id")?);
    let why = json!({"reason": "It was meant for another member"});
    is(&coop.bea.post(&back, &why).await?, 403);
    assert_eq!(keeper.post(&back, &why).await?.ok()?["reversal"]["reason"], why["reason"]);
    assert_eq!(problem(&keeper.post(&back, &why).await?), "already-reversed");
    assert_eq!(coop.balance("assets:receivable:member:2").await?, "18000.00");

    coop.record("sale", "62000.00", "2026-06-01").await?.ok()?;
    coop.worked(2026, &["2080", "1600", "1280"]).await?;
    let first = coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!(amounts(&first["shares"], "netted")[..3], ["18000.00", "18000.00", "16000.00"]);
    assert_eq!(cash(&first)[..3], ["8000.00", "2000.00", "0.00"]);
    let statement = &coop.ada.all(&coop.at("/statements")).await?[0];
    let said = ["share", "netted", "cash"].map(|field| statement[field]["amount"].clone());
    assert_eq!(said, ["26000.00", "18000.00", "8000.00"]);
    for (code, amount) in [
        ("assets:receivable:member:1", "0.00"),
        ("assets:receivable:member:3", "2000.00"),
        ("liabilities:payable:member:1", "26000.00"),
        ("liabilities:payable:member:3", "18000.00"),
    ] {
        assert_eq!(coop.balance(code).await?, amount, "{code}");
    }
    let netted = keeper.post(&format!("/v1/advances/{}:reverse", text(&own[0], "/id")?), &why).await?;
    assert_eq!((netted.status.as_u16(), problem(&netted)), (409, "below-floor"), "a share has made up for it");

    coop.record("sale", "3000.00", "2027-06-01").await?.ok()?;
    coop.worked(2027, &["1000", "1000", "1000"]).await?;
    let second = coop.distribute(2027, "2028-01-17T12:00:00Z").await?;
    assert_eq!(amounts(&second["shares"], "netted")[..3], ["0.00", "0.00", "1000.00"]);
    assert_eq!(coop.balance("assets:receivable:member:3").await?, "1000.00", "the rest waits for the share after it");
    coop.host.app.finish().await
}

#[tokio::test]
async fn an_advance_is_for_a_member_of_this_cooperative_in_its_currency_and_never_for_whoever_grants_it() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let of = |member: &Value, amount: Value| json!({"member": member, "amount": amount});
    let ada = &coop.members[0]["id"];
    is(&coop.ada.post(&coop.at("/advances"), &of(ada, usd("1.00"))).await?, 403);
    is(&coop.host.stranger().await?.get(&coop.at("/advances")).await?, 404);
    for (body, pointer) in [
        (of(ada, json!({"amount": "1.00", "currency": "EUR"})), "/amount/currency"),
        (of(ada, usd("0.00")), "/amount"),
        (of(&json!("mbr_none"), usd("1.00")), "/member"),
    ] {
        let refused = keeper.post(&coop.at("/advances"), &body).await?;
        is(&refused, 422);
        let wrong = refused.body["errors"].to_string();
        assert!(wrong.contains(pointer), "{pointer}: {wrong}");
    }
    let left = json!({"left_on": "2027-12-31"});
    keeper.post(&format!("/v1/members/{}:leave", text(&coop.members[1], "/id")?), &left).await?.ok()?;
    assert_eq!(problem(&coop.advance(1, "1.00").await?), "member-left");

    let email = keeper.get("/v1/me").await?.ok()?["email"].clone();
    let treasurer = json!({"email": email, "group": "workers", "joined_on": "2026-01-01"});
    let treasurer = keeper.post(&coop.at("/members"), &treasurer).await?.ok()?;
    assert_eq!(problem(&keeper.post(&coop.at("/advances"), &of(&treasurer["id"], usd("1.00"))).await?), "same-person");
    assert!(keeper.all(&coop.at("/advances")).await?.is_empty(), "nothing is written of what was refused");
    coop.host.app.finish().await
}
