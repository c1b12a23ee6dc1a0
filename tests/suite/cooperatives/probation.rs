//! Candidates: people who work on probation before they are members, over HTTP.

use super::{Coop, Outcome, cash, is};
use anyhow::Context as _;
use api::demo::client::text;
use serde_json::{Value, json};

fn by_hours(counts_from: Option<&str>) -> Value {
    let workers = json!([{"group": "newcomers", "percent": "100", "by": "hours"}]);
    let mut rule = json!({"effective_from": "2026-01-01", "steps": [{"step": "members", "groups": workers}]});
    if let Some(day) = counts_from {
        rule["counts_from"] = json!(day);
    }
    rule
}

/// The cooperative, with a member and somebody who is a candidate until July 2027.
struct Probation {
    coop: Coop,
    old: Value,
    new: Value,
}

impl Probation {
    async fn set() -> anyhow::Result<Probation> {
        let coop = Coop::open().await?;
        coop.host.person("gus@press.example", "member").await?;
        coop.host.person("hal@press.example", "member").await?;
        let keeper = &coop.host.treasurer;
        let admit = async |name: &str, from: Value, joined_on: &str| {
            let body = json!({"email": format!("{name}@press.example"), "group": "newcomers", "consents": true,
                "candidate_from": from, "joined_on": joined_on});
            keeper.post(&coop.at("/members"), &body).await
        };
        for day in ["2027-07-01", "2027-07-02"] {
            let early = admit("gus", json!(day), "2027-07-01").await?;
            is(&early, 422);
            assert_eq!(early.body["errors"][0]["pointer"], "/candidate_from");
        }
        let new = admit("gus", json!("2027-01-01"), "2027-07-01").await?.ok()?;
        let old = admit("hal", Value::Null, "2026-01-01").await?.ok()?;
        assert_eq!((&new["state"], &new["candidate_from"]), (&json!("member"), &json!("2027-01-01")));
        assert_eq!((&old["state"], &old["candidate_from"]), (&json!("member"), &Value::Null));
        Ok(Probation { coop, old, new })
    }

    async fn works(&self, who: &Value, (from, to): (&str, &str), hours: &str) -> anyhow::Result<Value> {
        let body = json!({"member": who["id"], "from": from, "to": to, "hours": hours});
        let recorded = self.coop.host.treasurer.post(&self.coop.at("/contributions"), &body).await?.ok()?;
        let attest = format!("/v1/contributions/{}:attest", text(&recorded, "/id")?);
        self.coop.ada.post(&attest, &json!({})).await?.ok()
    }
}

#[tokio::test]
async fn k17_what_a_candidate_worked_counts_from_the_admission_or_from_the_first_day_as_the_rule_says() -> Outcome {
    let it = Probation::set().await?;
    let (coop, keeper) = (&it.coop, &it.coop.host.treasurer);
    for wrong in ["", "probation", "Admission"] {
        let refused = keeper.post(&coop.at("/allocation-rules"), &by_hours(Some(wrong))).await?;
        is(&refused, 422);
        assert_eq!(refused.body["errors"][0]["pointer"], "/counts_from");
    }
    let silent = keeper.post(&coop.at("/allocation-rules"), &by_hours(None)).await?.ok()?;
    assert_eq!(silent["counts_from"], "admission");

    it.works(&it.new, ("2027-01-01", "2027-06-30"), "400").await?;
    it.works(&it.new, ("2027-07-01", "2027-12-31"), "600").await?;
    it.works(&it.old, ("2027-01-01", "2027-12-31"), "1000").await?;
    // What was worked across the admission, or before the probation, is not written down as one.
    for (from, to) in [("2027-06-30", "2027-07-01"), ("2026-12-31", "2027-01-01"), ("2026-12-01", "2026-12-02")] {
        let body = json!({"member": it.new["id"], "from": from, "to": to, "hours": "8"});
        let refused = keeper.post(&coop.at("/contributions"), &body).await?;
        is(&refused, 409);
        assert_eq!(refused.body["type"], "/problems/not-a-member-then", "{from}");
    }
    // Neither does SQL in the service's role write it.
    let service = coop.host.app.connection().await?;
    let across = "INSERT INTO contribution (id, member_id, recorded_by, recorded_at, book_id, worked_from, worked_to, note, unit, hours)
        SELECT gen_random_uuid(), member_id, recorded_by, recorded_at, book_id, $1::text::date, $2::text::date, note, unit, hours
          FROM contribution WHERE worked_to = '2027-06-30'";
    for days in [["2027-06-30", "2027-07-01"], ["2026-12-31", "2027-01-01"]] {
        let refused = service.execute(across, &[&days[0], &days[1]]).await.err().context("it takes them")?;
        assert_eq!(refused.code().map(|code| code.code()), Some("23514"), "{refused}");
    }
    assert_eq!(service.execute(across, &[&"2027-06-29", &"2027-06-30"]).await?, 1, "days before it, alone");

    coop.record("sale", "10000.00", "2027-06-01").await?.ok()?;
    let draft = async || -> anyhow::Result<Value> {
        let days = json!({"from": "2027-01-01", "to": "2027-12-31"});
        keeper.post(&coop.at("/distributions"), &days).await?.ok()
    };
    let old_before_new = |draft: &Value| -> Vec<String> {
        let mut all: Vec<_> = cash(draft).into_iter().map(str::to_owned).collect();
        all.sort();
        all
    };
    let first = draft().await?;
    assert_eq!(old_before_new(&first), ["3750.00", "6250.00"], "{first}");
    let withdraw = format!("/v1/distributions/{}:withdraw", text(&first, "/id")?);
    keeper.post(&withdraw, &json!({"reason": "Another rule"})).await?.ok()?;
    let results = keeper.all(&coop.at("/results")).await?;
    let open_again = format!("/v1/results/{}:reverse", text(&results[0], "/id")?);
    keeper.post(&open_again, &json!({"reason": "Another rule"})).await?.ok()?;
    let other = keeper.post(&coop.at("/allocation-rules"), &by_hours(Some("first_day"))).await?.ok()?;
    assert_eq!((&other["counts_from"], &other["version"]), (&json!("first_day"), &json!(3)));
    assert_ne!(other["digest"], silent["digest"]);
    let second = draft().await?;
    assert_eq!(old_before_new(&second), ["5000.00", "5000.00"], "{second}");
    it.coop.host.app.finish().await
}

#[tokio::test]
async fn a_candidate_works_and_attests_nothing_and_becomes_a_member_with_the_day_or_goes_before_it() -> Outcome {
    let coop = Coop::open().await?;
    let candidate = coop.host.person("gus@press.example", "member").await?;
    let keeper = &coop.host.treasurer;
    let body = json!({"email": "gus@press.example", "group": "workers", "candidate_from": "2028-01-01", "joined_on": "2028-04-01"});
    let new = keeper.post(&coop.at("/members"), &body).await?.ok()?;
    assert_eq!(new["state"], "candidate");
    let work = |hours: &str| json!({"from": "2028-01-01", "to": "2028-01-01", "hours": hours});
    let own = candidate.post(&coop.at("/contributions"), &work("8")).await?.ok()?;
    assert_eq!(own["member"], new["id"]);
    // Only members attest.
    let other = coop.ada.post(&coop.at("/contributions"), &work("7")).await?.ok()?;
    let attest =
        |of: &Value| -> anyhow::Result<String> { Ok(format!("/v1/contributions/{}:attest", text(of, "/id")?)) };
    let refused = candidate.post(&attest(&other)?, &json!({})).await?;
    is(&refused, 409);
    assert_eq!(refused.body["type"], "/problems/not-a-member");
    let waits = |all: &[Value]| all.iter().filter(|task| task["kind"] == "attest_hours").count();
    assert_eq!(waits(&candidate.all("/v1/me/waiting").await?), 0, "a candidate is asked for nothing of members");
    assert_eq!(waits(&coop.bea.all("/v1/me/waiting").await?), 2);
    coop.ada.post(&attest(&own)?, &json!({})).await?.ok()?;

    let state = async || -> anyhow::Result<Value> {
        let all = keeper.all(&coop.at("/members")).await?;
        Ok(all.iter().find(|it| it["id"] == new["id"]).context("the candidate")?["state"].clone())
    };
    coop.host.app.advance(keeper, &coop.host.book, "2028-04-01T12:00:00Z").await?;
    assert_eq!(state().await?, "member");
    assert_eq!(waits(&candidate.all("/v1/me/waiting").await?), 1);
    candidate.post(&attest(&other)?, &json!({})).await?.ok()?;
    let leave = format!("/v1/members/{}:leave", text(&new, "/id")?);
    is(&keeper.post(&leave, &json!({"left_on": "2027-12-31"})).await?, 409);
    assert_eq!(keeper.post(&leave, &json!({"left_on": "2028-06-30"})).await?.ok()?["state"], "leaving");
    coop.host.app.advance(keeper, &coop.host.book, "2028-07-01T12:00:00Z").await?;
    assert_eq!(state().await?, "left");

    // A second probation, which ends before the admission.
    let again = json!({"email": "gus@press.example", "group": "workers", "candidate_from": "2028-07-01", "joined_on": "2028-10-01"});
    let again = keeper.post(&coop.at("/members"), &again).await?.ok()?;
    let leave = format!("/v1/members/{}:leave", text(&again, "/id")?);
    let gone = keeper.post(&leave, &json!({"left_on": "2028-08-31"})).await?.ok()?;
    assert_eq!((&gone["state"], &gone["left_on"]), (&json!("candidate"), &json!("2028-08-31")));
    coop.host.app.advance(keeper, &coop.host.book, "2028-11-01T12:00:00Z").await?;
    let all = keeper.all(&coop.at("/members")).await?;
    assert_eq!(all.iter().find(|it| it["id"] == again["id"]).context("it")?["state"], "left");
    coop.host.app.finish().await
}
