//! People who work for a cooperative and are no members, and members without a vote, over HTTP.

use super::bank::{usd, why};
use super::{Coop, Outcome, cash, is};
use anyhow::Context as _;
use api::demo::client::{Client, text};
use serde_json::{Value, json};

impl Coop {
    /// Admits somebody of the group `labour` from a day on.
    async fn labour(&self, name: &str, standing: &str, from: &str) -> anyhow::Result<(Value, Client)> {
        let email = format!("{name}@press.example");
        let client = self.host.person(&email, "member").await?;
        let new = json!({"email": email, "standing": standing, "group": "labour", "joined_on": from});
        let admitted = self.host.treasurer.post(&self.at("/members"), &new).await?.ok()?;
        assert_eq!(admitted["standing"], standing);
        Ok((admitted, client))
    }

    /// Hours of somebody between two days, attested by Ada.
    async fn hours(&self, of: &Value, (from, to): (&str, &str), hours: &str) -> Outcome {
        let body = json!({"member": of["id"], "from": from, "to": to, "hours": hours});
        let recorded = self.host.treasurer.post(&self.at("/contributions"), &body).await?.ok()?;
        let attest = format!("/v1/contributions/{}:attest", text(&recorded, "/id")?);
        self.ada.post(&attest, &json!({})).await?.ok().map(|_| ())
    }
}

fn scop() -> Value {
    let served = json!({"months_of_period": 3, "months_in_all": 6});
    json!({
        "effective_from": "2027-01-01", "minima": "fr-scop",
        "steps": [
            {"step": "share", "of": "net", "percent": "15", "to": "reserve", "until": {"highest_capital": true}},
            {"step": "share", "of": "net", "percent": "40", "to": "development_fund"},
            {"step": "capital_interest", "of": "net", "percent": "10"},
            {"step": "members", "groups": [{"group": "labour", "percent": "100", "by": "hours", "served": served}]},
        ],
    })
}

#[tokio::test]
async fn k11_everybody_who_was_employed_for_three_months_of_the_year_or_six_in_all_shares_member_or_not() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let mut people = Vec::new();
    for (name, standing, from) in [
        ("gus", "member", "2026-01-01"),
        ("hal", "member", "2026-01-01"),
        ("ivo", "associate", "2026-01-01"),
        ("jan", "employee", "2027-10-01"),
        ("kim", "employee", "2026-08-15"),
        ("lea", "employee", "2027-10-02"),
    ] {
        people.push(coop.labour(name, standing, from).await?.0);
    }
    keeper
        .post(&format!("/v1/members/{}:leave", text(&people[4], "/id")?), &json!({"left_on": "2027-02-14"}))
        .await?
        .ok()?;
    let balances = [
        ("assets:cash:bank", "200000.00"),
        ("equity:capital:member:7", "80000.00"),
        ("equity:capital:member:8", "70000.00"),
        ("equity:capital:member:9", "50000.00"),
    ];
    let all: Vec<_> = balances.iter().map(|(code, amount)| json!({"account": code, "amount": usd(amount)})).collect();
    let mut opening = json!({"on": "2026-12-31", "balances": all});
    opening["balances"][3]["account"] = json!("equity:capital:member:10");
    let refused = keeper.post(&coop.at("/openings"), &opening).await?;
    assert_eq!(why(&refused), "422 invalid/balances/3/account", "an employee has no capital");
    opening["balances"][3]["account"] = json!("equity:capital:member:9");
    is(&keeper.post(&coop.at("/openings"), &opening).await?, 201);

    let mut rule = scop();
    for (months, wrong) in
        [("months_of_period", 0), ("months_of_period", 13), ("months_in_all", 0), ("months_in_all", 601)]
    {
        rule["steps"][3]["groups"][0]["served"][months] = json!(wrong);
        let refused = keeper.post(&coop.at("/allocation-rules"), &rule).await?;
        assert_eq!(why(&refused), format!("422 invalid/steps/3/groups/0/served/{months}"), "{wrong}");
        rule = scop();
    }
    rule["steps"][3]["groups"][0]["served"] = json!({});
    assert_eq!(why(&keeper.post(&coop.at("/allocation-rules"), &rule).await?), "422 invalid/steps/3/groups/0/served");
    rule = scop();
    let published = keeper.post(&coop.at("/allocation-rules"), &rule).await?.ok()?;
    assert_eq!(published["steps"][3]["groups"][0]["served"], rule["steps"][3]["groups"][0]["served"]);

    let whole = ("2027-01-01", "2027-12-31");
    for (of, days, hours) in [
        (0, whole, "1600"),
        (1, whole, "1600"),
        (2, whole, "800"),
        (3, ("2027-10-01", "2027-12-31"), "400"),
        (4, ("2027-01-01", "2027-02-14"), "600"),
        (5, ("2027-10-02", "2027-12-31"), "900"),
    ] {
        coop.hours(&people[of], days, hours).await?;
    }
    coop.record("sale", "100000.00", "2027-06-01").await?.ok()?;
    let shared = coop.distribute(2027, "2028-01-09T12:00:00Z").await?;
    let parts: Vec<_> = shared["parts"].as_array().context("parts")?.iter().map(|it| &it["amount"]["amount"]).collect();
    assert_eq!(parts, ["15000.00", "40000.00"]);
    // Labour 11,200.00 twice, 5,600.00, 2,800.00 and 4,200.00; and 5 % of capital.
    assert_eq!(cash(&shared), ["15200.00", "14700.00", "8100.00", "2800.00", "4200.00"], "{shared:#}");
    assert_eq!(coop.host.app.mails("statement", "jan@press.example")?, 1, "an employee is told as members are");
    coop.host.app.finish().await
}

#[tokio::test]
async fn who_is_no_member_has_no_vote_no_capital_and_attests_for_nobody_and_an_associate_has_no_vote() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let (associate, of_associate) = coop.labour("ivo", "associate", "2026-01-01").await?;
    let (employee, of_employee) = coop.labour("jan", "employee", "2026-01-01").await?;
    let again = json!({"email": "kim@press.example", "standing": "employee", "group": "labour", "consents": true});
    coop.host.person("kim@press.example", "member").await?;
    assert_eq!(why(&keeper.post(&coop.at("/members"), &again).await?), "422 invalid/consents");
    let unknown = json!({"email": "kim@press.example", "standing": "guest", "group": "labour"});
    assert_eq!(why(&keeper.post(&coop.at("/members"), &unknown).await?), "422 invalid/standing");

    let question = json!({
        "title": "A new oven", "text": "We buy it.", "last_day": "2028-01-31", "quorum": 7, "threshold": "majority",
    });
    let refused = keeper.post(&coop.at("/proposals"), &question).await?;
    assert_eq!(why(&refused), "422 invalid/quorum", "six have a vote: {}", refused.body);
    let mut question = question;
    question["quorum"] = json!(6);
    let asked = keeper.post(&coop.at("/proposals"), &question).await?.ok()?;
    let vote = format!("/v1/proposals/{}:vote", text(&asked, "/id")?);
    for client in [&of_associate, &of_employee] {
        assert_eq!(why(&client.post(&vote, &json!({"choice": "yes"})).await?), "409 not-an-elector");
    }
    let to_ada = json!({"delegate": coop.members[0]["id"]});
    assert_eq!(why(&of_associate.post(&coop.at("/delegation"), &to_ada).await?), "409 not-an-elector");
    assert_eq!(why(&of_employee.post(&coop.at("/delegation"), &to_ada).await?), "409 not-a-member");
    for none in [&associate, &employee] {
        let refused = coop.ada.post(&coop.at("/delegation"), &json!({"delegate": none["id"]})).await?;
        assert_eq!(why(&refused), "422 invalid/delegate");
    }

    let body = json!({"from": "2027-01-01", "to": "2027-01-31", "hours": "100"});
    let own = of_employee.post(&coop.at("/contributions"), &body).await?.ok()?;
    let of_ada = coop.ada.post(&coop.at("/contributions"), &body).await?.ok()?;
    let attest = |of: &Value| Ok::<_, anyhow::Error>(format!("/v1/contributions/{}:attest", text(of, "/id")?));
    assert_eq!(why(&of_employee.post(&attest(&of_ada)?, &json!({})).await?), "409 not-a-member");
    of_associate.post(&attest(&of_ada)?, &json!({})).await?.ok()?;
    coop.ada.post(&attest(&own)?, &json!({})).await?.ok()?;

    let line = coop.line("credit", usd("10.00"), "capital").await?;
    assert_eq!(why(&coop.book(&line, "capital_paid_in", text(&employee, "/id")?).await?), "422 invalid/party");
    coop.book(&line, "capital_paid_in", text(&associate, "/id")?).await?.ok()?;
    let joins = json!({"member": employee["id"], "amount": usd("100.00"), "parts": 2, "reserve_percent": "0"});
    assert_eq!(why(&keeper.post(&coop.at("/joining-contributions"), &joins).await?), "422 invalid/member");
    coop.host.app.finish().await
}
