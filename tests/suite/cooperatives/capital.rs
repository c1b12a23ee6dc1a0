//! Members' capital over HTTP: retained shares that are redeemed, the oldest first, and losses that it bears.

use super::{Coop, Outcome, is};
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// A rule that retains every share, and says besides what is given.
fn retaining(steps: &[Value], besides: &[(&str, Value)]) -> Value {
    let workers = json!([{"group": "workers", "percent": "100", "by": "hours"}]);
    let members = json!({"step": "members", "groups": workers, "retained": "100"});
    let steps: Vec<Value> = steps.iter().cloned().chain([members]).collect();
    let mut rule = json!({"effective_from": "2026-01-01", "steps": steps});
    for (field, value) in besides {
        rule[*field] = value.clone();
    }
    rule
}

fn problem(answer: &Answer) -> &str {
    answer.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/")
}

/// Some amounts of a list.
fn amounts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let all = list.as_array().expect("a list");
    all.iter().map(|one| one[field]["amount"].as_str().unwrap_or_default()).collect()
}

impl Coop {
    pub(super) async fn redeem(&self, member: Option<usize>, amount: &str) -> anyhow::Result<Answer> {
        let mut body = json!({"amount": usd(amount)});
        if let Some(of) = member {
            body["member"] = self.members[of]["id"].clone();
        }
        self.host.treasurer.post(&self.at("/redemptions"), &body).await
    }

    /// What the statements of somebody say of each retained share: retained, redeemed, lost, left.
    async fn shares(&self, of: &Client) -> anyhow::Result<Vec<[String; 4]>> {
        let own = of.all(&self.at("/statements")).await?;
        let amount = |it: &Value, field: &str| it[field]["amount"].as_str().unwrap_or_default().to_owned();
        Ok(own.iter().map(|it| ["retained", "redeemed", "lost", "left"].map(|field| amount(it, field))).collect())
    }
}

#[tokio::test]
async fn k5_k20_the_oldest_shares_are_redeemed_by_two_people_and_each_statement_says_what_is_left() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let rule = retaining(&[], &[("hold_months", json!(12))]);
    assert_eq!(keeper.post(&coop.at("/allocation-rules"), &rule).await?.ok()?["hold_months"], 12);
    for (year, sales, until) in
        [(2026, "1250.00", "2028-01-09"), (2027, "2000.00", "2028-01-17"), (2028, "1750.00", "2029-01-09")]
    {
        if year == 2028 {
            coop.host.app.advance(keeper, &coop.host.book, "2029-01-01T12:00:00Z").await?;
        }
        coop.record("sale", sales, &format!("{year}-06-01")).await?.ok()?;
        coop.work(year).await?;
        coop.distribute(year, &format!("{until}T12:00:00Z")).await?;
    }
    let before = [
        ["500.00", "0.00", "0.00", "500.00"],
        ["800.00", "0.00", "0.00", "800.00"],
        ["700.00", "0.00", "0.00", "700.00"],
    ];
    assert_eq!(coop.shares(&coop.ada).await?, before);
    let early = coop.redeem(Some(0), "1300.01").await?;
    assert_eq!((early.status.as_u16(), problem(&early)), (409, "not-enough-capital"), "2028 stays for a year yet");

    let asked = coop.redeem(Some(0), "1000.00").await?;
    is(&asked, 201);
    let asked = asked.body;
    assert_eq!((&asked["state"], &asked["entry"]), (&json!("requested"), &Value::Null));
    assert_eq!(amounts(&asked["parts"], "amount"), ["500.00", "500.00"]);
    assert_eq!(amounts(&asked["parts"], "left"), ["0.00", "300.00"]);
    let one = format!("/v1/redemptions/{}", text(&asked, "/id")?);
    assert_eq!(problem(&coop.redeem(None, "1.00").await?), "redemption-open");
    is(&coop.ada.post(&format!("{one}:approve"), &json!({"digest": asked["digest"]})).await?, 403);
    is(&coop.bea.get(&one).await?, 404);
    assert_eq!(coop.ada.get(&one).await?.ok()?, asked, "whose they are sees it");
    let wrong = coop.approver.post(&format!("{one}:approve"), &json!({"digest": "0".repeat(64)})).await?;
    assert_eq!(problem(&wrong), "digest-mismatch");
    let approved = coop.approver.post(&format!("{one}:approve"), &json!({"digest": asked["digest"]})).await?.ok()?;
    assert_eq!(approved["state"], "approved");
    let again = coop.approver.post(&format!("{one}:approve"), &json!({"digest": asked["digest"]})).await?;
    assert_eq!(problem(&again), "redemption-state", "it is redeemed once");

    let after = [
        ["500.00", "500.00", "0.00", "0.00"],
        ["800.00", "500.00", "0.00", "300.00"],
        ["700.00", "0.00", "0.00", "700.00"],
    ];
    assert_eq!(coop.shares(&coop.ada).await?, after);
    let entry = format!("/v1/books/{}/journal-entries/{}", coop.host.book, approved["entry"]);
    let entry = keeper.get(&entry).await?.ok()?;
    let line = &entry["lines"][0];
    let moved = ["kind", "debit", "credit"].map(|field| line[field].as_str().unwrap_or_default());
    assert_eq!(moved, ["capital_redeemed", "equity:capital:member:1", "liabilities:payable:member:1"]);
    assert_eq!(line["amount"], usd("1000.00"));

    let distribution = format!("/v1/distributions/{}:reverse", text(&asked["parts"][0], "/distribution")?);
    let why = json!({"reason": "A sale was another year's"});
    let refused = keeper.post(&distribution, &why).await?;
    assert_eq!((refused.status.as_u16(), problem(&refused)), (409, "retained-used"));
    assert!(text(&refused.body, "/detail")?.contains(&format!("{one}:reverse")), "{}", refused.body);
    assert_eq!(keeper.post(&format!("{one}:reverse"), &why).await?.ok()?["state"], "reversed");
    assert_eq!(coop.shares(&coop.ada).await?, before, "all of it is there again");

    // Of all members: 2,000.00 of 3,250.00 that may be redeemed are those of 2026 and a part of 2027.
    let all = coop.redeem(None, "2050.00").await?.ok()?;
    let expected = ["500.00", "375.00", "250.00", "125.00", "320.00", "240.00", "160.00", "80.00"];
    assert_eq!(amounts(&all["parts"], "amount"), expected);
    assert_eq!(amounts(&coop.bea.all(&coop.at("/redemptions")).await?[0]["parts"], "amount"), ["375.00", "240.00"]);
    let withdrawn = keeper.post(&format!("/v1/redemptions/{}:withdraw", text(&all, "/id")?), &why).await?.ok()?;
    assert_eq!((&withdrawn["state"], &withdrawn["reason"]), (&json!("withdrawn"), &why["reason"]));
    is(&coop.host.stranger().await?.get(&coop.at("/redemptions")).await?, 404);
    coop.host.app.finish().await
}

#[tokio::test]
async fn k4_k16_a_loss_goes_the_way_of_a_distribution_and_who_bears_what_stands_on_the_statements() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let reserve = json!({"step": "share", "of": "net", "percent": "20", "to": "reserve"});
    let losses = ("losses", json!({"reserve": "50"}));
    let wrong = retaining(&[], &[("losses", json!({"reserve": "100.01"}))]);
    assert_eq!(problem(&keeper.post(&coop.at("/allocation-rules"), &wrong).await?), "rule-invalid");
    let published = keeper.post(&coop.at("/allocation-rules"), &retaining(&[reserve], &[losses])).await?.ok()?;
    assert_eq!(published["losses"], json!({"reserve": "50.00"}));
    // 5,000.00 to the reserve, and capitals of 8,000.00, 6,000.00, 4,000.00 and 2,000.00, of which the fourth has 300.00 left.
    coop.record("sale", "25000.00", "2026-06-01").await?.ok()?;
    coop.work(2026).await?;
    coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    let asked = coop.redeem(Some(3), "1700.00").await?.ok()?;
    let approve = format!("/v1/redemptions/{}:approve", text(&asked, "/id")?);
    coop.approver.post(&approve, &json!({"digest": asked["digest"]})).await?.ok()?;

    coop.record("sale", "1000.00", "2027-06-01").await?.ok()?;
    coop.record("cost", "11000.00", "2027-06-01").await?.ok()?;
    coop.work(2027).await?;
    let loss = coop.distribute(2027, "2028-01-17T12:00:00Z").await?;
    assert_eq!(
        (&loss["state"], &loss["net"], &loss["from_reserve"]),
        (&json!("statements_issued"), &usd("-10000.00"), &usd("5000.00"))
    );
    assert_eq!(amounts(&loss["shares"], "loss"), ["2000.00", "1500.00", "1000.00", "500.00"]);
    assert_eq!(amounts(&loss["shares"], "stands"), ["0.00", "0.00", "0.00", "200.00"]);
    assert_eq!(coop.shares(&coop.ada).await?[0], ["8000.00", "0.00", "2000.00", "6000.00"]);
    let mails = keeper.all(&format!("/v1/books/{}/outbox", coop.host.book)).await?;
    let told = mails.iter().filter(|mail| mail["kind"] == "statement" && mail["recipient"] == "dora@press.example");
    let told: Vec<&str> = told.filter_map(|mail| mail["text"].as_str()).collect();
    assert!(told.len() == 2 && told.iter().any(|text| text.contains("500.00") && text.contains("200.00")), "{told:?}");

    for (code, amount) in
        [("equity:reserve", "0.00"), ("equity:capital:member:4", "0.00"), ("assets:receivable:member:4", "200.00")]
    {
        let account = keeper.get(&format!("/v1/books/{}/accounts/{code}/balance", coop.host.book)).await?.ok()?;
        assert_eq!(account["balance"]["amount"], amount, "{code}");
    }

    // The next surplus nets what stood against the fourth's shares.
    coop.host.app.advance(keeper, &coop.host.book, "2029-01-01T12:00:00Z").await?;
    coop.record("sale", "6500.00", "2028-06-01").await?.ok()?;
    coop.work(2028).await?;
    let next = coop.distribute(2028, "2029-01-09T12:00:00Z").await?;
    assert_eq!(next["loss_before"], usd("0.00"));
    assert_eq!(amounts(&next["shares"], "netted"), ["0.00", "0.00", "0.00", "200.00"]);
    assert_eq!(amounts(&next["shares"], "retained"), ["2080.00", "1560.00", "1040.00", "320.00"]);
    let why = json!({"reason": "A cost was another year's"});
    let back = format!("/v1/distributions/{}:reverse", text(&loss, "/id")?);
    assert_eq!(problem(&keeper.post(&back, &why).await?), "later-result");
    for path in [
        format!("/v1/distributions/{}:reverse", text(&next, "/id")?),
        format!("/v1/results/{}:reverse", text(&keeper.all(&coop.at("/results")).await?[2], "/id")?),
        back,
    ] {
        keeper.post(&path, &why).await?.ok()?;
    }
    assert_eq!(coop.shares(&coop.ada).await?[0], ["8000.00", "0.00", "0.00", "8000.00"], "the mirror of its lines");
    coop.host.app.finish().await
}
