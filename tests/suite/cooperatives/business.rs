//! With whom a cooperative does business, over HTTP: what is known of a sale, and what business with others than members brought.

use super::{Coop, Outcome, cash, is};
use api::demo::client::{Answer, text};
use serde_json::{Value, json};

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// What business with others than members brought to the reserve; the rest to the workers by their hours.
fn rule() -> Value {
    json!({
        "effective_from": "2026-01-01",
        "steps": [
            {"step": "share", "of": "left", "percent": "100", "to": "reserve", "non_member": true},
            {"step": "members", "groups": [{"group": "workers", "percent": "100", "by": "hours"}]},
        ],
    })
}

impl Coop {
    async fn sells(&self, amount: &str, more: &Value) -> anyhow::Result<Answer> {
        let mut body = json!({
            "kind": "sale", "label": "presses", "party": "bank", "occurred_on": "2026-06-01", "amount": usd(amount),
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        self.host.treasurer.post(&self.at("/proceeds"), &body).await
    }
}

fn pointer(answer: &Answer) -> &str {
    answer.body["errors"][0]["pointer"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn k21_business_with_others_than_members_goes_to_the_reserve_and_the_rest_by_patronage() -> Outcome {
    let coop = Coop::open().await?;
    let published = coop.host.treasurer.post(&coop.at("/allocation-rules"), &rule()).await?.ok()?;
    assert_eq!((&published["steps"][0]["of"], &published["steps"][0]["non_member"]), (&json!("left"), &json!(true)));
    for of in ["net", "non_member"] {
        let mut wrong = rule();
        wrong["steps"][0]["of"] = json!(of);
        let refused = coop.host.treasurer.post(&coop.at("/allocation-rules"), &wrong).await?;
        assert_eq!((refused.status.as_u16(), pointer(&refused)), (422, "/steps/0/of"));
    }
    coop.sells("56000.00", &json!({})).await?.ok()?;
    let others = coop.sells("24000.00", &json!({"non_member": true})).await?.ok()?;
    assert_eq!(others["non_member"], true);
    // A sale that was taken back and a cost are no business with others.
    let wrong = coop.sells("9999.00", &json!({"non_member": true})).await?.ok()?;
    let back = format!("/v1/proceeds/{}:reverse", text(&wrong, "/id")?);
    coop.host.treasurer.post(&back, &json!({"reason": "It was another year"})).await?.ok()?;
    is(&coop.sells("30000.00", &json!({"kind": "cost", "non_member": true})).await?, 201);
    coop.work(2026).await?;

    let asked = json!({
        "rule": rule(), "surplus": usd("50000.00"), "sales": usd("80000.00"), "non_member_sales": usd("24000.00"),
        "members": [{"group": "workers", "hours": "1"}],
    });
    let preview = coop.at("/allocation-rules:preview");
    let steps = coop.host.treasurer.post(&preview, &asked).await?.ok()?["steps"].clone();
    assert_eq!((&steps[0]["takes"], &steps[0]["amount"]), (&json!("share"), &usd("15000.00")));
    assert_eq!(steps[0]["account"], "equity:reserve");
    let mut more = asked.clone();
    more["non_member_sales"] = usd("80000.01");
    let refused = coop.host.treasurer.post(&preview, &more).await?;
    assert_eq!((refused.status.as_u16(), pointer(&refused)), (422, "/non_member_sales/amount"));

    let shared = coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!((&shared["state"], &shared["net"]), (&json!("statements_issued"), &usd("50000.00")));
    let part = &shared["parts"][0];
    assert_eq!((&part["account"], &part["amount"]), (&json!("equity:reserve"), &usd("15000.00")));
    assert_eq!(part["non_member_sales"], usd("24000.00"));
    assert_eq!(cash(&shared), ["14000.00", "10500.00", "7000.00", "3500.00"], "35,000.00 by hours");
    coop.host.app.finish().await
}

#[tokio::test]
async fn a_sale_says_what_was_sold_how_much_of_it_where_and_to_whom_and_is_the_same_only_with_all_of_that() -> Outcome {
    let coop = Coop::open().await?;
    let sold = json!({
        "product": "Earth-block press", "units": "2.5", "place": "Maysville, Missouri", "counterparty": "Cafe Sol",
        "non_member": true, "reference": "2026-17",
    });
    let first = coop.sells("12500.00", &sold).await?;
    is(&first, 201);
    for (field, value) in [
        ("product", "Earth-block press"),
        ("units", "2.50"),
        ("place", "Maysville, Missouri"),
        ("counterparty", "Cafe Sol"),
    ] {
        assert_eq!(first.body[field], value, "{field}");
    }
    is(&coop.sells("12500.00", &sold).await?, 200);
    for (field, value) in [
        ("product", json!("Tractor")),
        ("units", json!("3")),
        ("place", json!("")),
        ("counterparty", json!("Cafe Luna")),
        ("non_member", json!(false)),
    ] {
        let mut other = sold.clone();
        other[field] = value;
        let refused = coop.sells("12500.00", &other).await?;
        assert_eq!(
            (refused.status.as_u16(), &refused.body["type"]),
            (409, &json!("/problems/reference-taken")),
            "{field}"
        );
    }
    for (field, value) in [
        ("units", json!("0")),
        ("units", json!("-1")),
        ("units", json!("1.234")),
        ("product", json!("x".repeat(101))),
        ("place", json!("two\nlines")),
        ("counterparty", json!("\u{202e}evil")),
    ] {
        let refused = coop.sells("1.00", &json!({ field: value })).await?;
        assert_eq!((refused.status.as_u16(), pointer(&refused)), (422, &*format!("/{field}")), "{value}");
    }
    let plain = coop.sells("1.00", &json!({})).await?.ok()?;
    assert_eq!((&plain["units"], &plain["product"], &plain["non_member"]), (&Value::Null, &json!(""), &json!(false)));
    let listed = coop.host.treasurer.all(&coop.at("/proceeds")).await?;
    assert_eq!(listed, [first.body.clone(), plain]);
    coop.host.app.finish().await
}
