//! What would become of a cooperative's assets, over HTTP.

use super::{Coop, Outcome, is};
use serde_json::{Value, json};

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// What each member of an answer is paid.
fn paid(answer: &Value) -> Vec<&str> {
    answer["items"].as_array().into_iter().flatten().filter_map(|it| it["paid"]["amount"].as_str()).collect()
}

#[tokio::test]
async fn k23_debts_and_loans_are_paid_before_capital_and_what_is_left_is_the_successors() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let balances = [
        ("assets:cash:bank", "90000.00"),
        ("liabilities:costs:steel", "30000.00"),
        ("liabilities:loan:seed", "10000.00"),
        ("equity:capital:member:1", "14000.00"),
        ("equity:capital:member:2", "10500.00"),
        ("equity:capital:member:3", "7000.00"),
        ("equity:capital:member:4", "3500.00"),
        ("equity:reserve", "15000.00"),
    ];
    let all: Vec<_> = balances.iter().map(|(code, amount)| json!({"account": code, "amount": usd(amount)})).collect();
    let opening = json!({"on": "2026-12-31", "balances": all});
    is(&keeper.post(&coop.at("/openings"), &opening).await?, 201);

    let whole = keeper.get(&coop.at("/dissolution")).await?.ok()?;
    assert_eq!(paid(&whole), ["14000.00", "10500.00", "7000.00", "3500.00"], "{whole:#}");
    assert_eq!((&whole["debts"], &whole["debts_missing"]), (&usd("40000.00"), &usd("0.00")));
    assert_eq!((&whole["capital"], &whole["successor"]), (&usd("35000.00"), &usd("15000.00")));

    // A cost of 30,000.00 that is not paid yet: 20,000.00 remain for 35,000.00 of capital, and nothing for a successor.
    coop.record("cost", "30000.00", "2027-12-31").await?.ok()?;
    let short = keeper.get(&coop.at("/dissolution")).await?.ok()?;
    assert_eq!(paid(&short), ["8000.00", "6000.00", "4000.00", "2000.00"], "{short:#}");
    assert_eq!((&short["debts_paid"], &short["capital_paid"]), (&usd("70000.00"), &usd("20000.00")));
    assert_eq!(short["successor"], usd("0.00"));
    let before = keeper.get(&coop.at("/dissolution?as_of=2027-12-30")).await?.ok()?;
    assert_eq!((&before["items"], &before["successor"]), (&whole["items"], &whole["successor"]));

    // In pages, and to a member its own.
    let first = keeper.get(&coop.at("/dissolution?limit=3")).await?.ok()?;
    let next = first["next_cursor"].as_str().unwrap_or_default();
    let last = keeper.get(&coop.at(&format!("/dissolution?limit=3&cursor={next}"))).await?.ok()?;
    assert_eq!((paid(&first).len(), paid(&last), &last["next_cursor"]), (3, vec!["2000.00"], &Value::Null));
    let own = coop.ada.get(&coop.at("/dissolution")).await?.ok()?;
    assert_eq!((paid(&own), &own["successor"]), (vec!["8000.00"], &short["successor"]));
    assert_eq!(own["items"][0]["member"], coop.members[0]["id"]);

    // Debts that are more than there is.
    coop.record("cost", "20000.01", "2027-12-31").await?.ok()?;
    let broke = keeper.get(&coop.at("/dissolution")).await?.ok()?;
    assert_eq!((paid(&broke), &broke["debts_missing"]), (vec!["0.00"; 4], &usd("0.01")), "{broke:#}");
    coop.host.app.finish().await
}
