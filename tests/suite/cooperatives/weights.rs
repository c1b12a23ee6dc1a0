//! What shares are measured by, over HTTP: an index of hours, units and points, what contributions are worth; and rules that are tried before they are
//! published.

use super::{Coop, Outcome, cash, is};
use api::demo::client::text;
use serde_json::{Value, json};

fn by(patronage: &str) -> Value {
    json!({
        "effective_from": "2026-01-01",
        "steps": [{"step": "members", "groups": [{"group": "workers", "percent": "100", "by": patronage}]}],
    })
}

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// What each step of a preview has before it, takes and leaves.
fn steps(preview: &Value) -> Vec<[String; 3]> {
    let amount = |step: &Value, field: &str| step[field]["amount"].as_str().unwrap_or_default().to_owned();
    let steps = preview["steps"].as_array().expect("steps");
    steps.iter().map(|step| ["before", "amount", "left"].map(|field| amount(step, field))).collect()
}

#[tokio::test]
async fn k26_hours_weigh_by_an_index_that_keepers_set_and_the_statement_names_it() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let indices = |of: usize| -> anyhow::Result<String> {
        Ok(format!("/v1/members/{}/indices", text(&coop.members[of], "/id")?))
    };
    let index = |index: &str, from: &str| json!({"index": index, "effective_from": from});
    keeper.post(&coop.at("/allocation-rules"), &by("indexed_hours")).await?.ok()?;
    let set = keeper.post(&indices(1)?, &index("1.5", "2026-01-01")).await?.ok()?;
    assert_eq!((&set["index"], &set["version"]), (&json!("1.50"), &json!(1)));
    keeper.post(&indices(2)?, &index("2", "2026-01-01")).await?.ok()?;
    is(&coop.ada.post(&indices(0)?, &index("2", "2026-01-01")).await?, 403);
    for wrong in ["0", "100.01", "1.005"] {
        is(&keeper.post(&indices(0)?, &index(wrong, "2026-01-01")).await?, 422);
    }
    assert_eq!(coop.bea.all(&indices(1)?).await?, [set]);
    is(&coop.ada.get(&indices(1)?).await?, 404);
    assert_eq!(keeper.all(&indices(2)?).await?.len(), 1);

    coop.record("sale", "6500.00", "2026-06-01").await?.ok()?;
    for (of, hours) in ["2080", "1560", "1040"].into_iter().enumerate() {
        let body = json!({"member": coop.members[of]["id"], "from": "2026-01-01", "to": "2026-12-31", "hours": hours});
        let recorded = keeper.post(&coop.at("/contributions"), &body).await?.ok()?;
        assert_eq!((&recorded["unit"], &recorded["quantity"]), (&json!("hours"), &recorded["hours"]));
        let second = if of == 0 { &coop.bea } else { &coop.ada };
        second.post(&format!("/v1/contributions/{}:attest", text(&recorded, "/id")?), &json!({})).await?.ok()?;
    }
    let within = keeper.post(&indices(1)?, &index("3", "2026-07-01")).await?;
    assert_eq!((within.status.as_u16(), &within.body["type"]), (409, &json!("/problems/index-within")));

    // Before it is divided everybody sees what would come of it, plain members of themselves.
    let trial = json!({
        "rule": {"effective_from": "2028-01-01", "steps": by("indexed_hours")["steps"]},
        "surplus": usd("6500.00"), "period": {"from": "2026-01-01", "to": "2026-12-31"},
    });
    let tried = keeper.post(&coop.at("/allocation-rules:preview"), &trial).await?.ok()?;
    assert_eq!(cash(&tried), ["2080.00", "2340.00", "2080.00", "0.00"]);
    let tried = coop.bea.post(&coop.at("/allocation-rules:preview"), &trial).await?.ok()?;
    assert_eq!(cash(&tried), ["2340.00"]);
    assert_eq!(tried["groups"][0]["amount"], usd("6500.00"));

    let divided = coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!(cash(&divided), ["2080.00", "2340.00", "2080.00", "0.00"]);
    let own = coop.bea.all(&coop.at("/statements")).await?;
    let base = json!({
        "name": "indexed_hours", "amount": "1560.00", "indexed": [{"index": "1.50", "hours": "1560.00"}], "valued": [],
    });
    assert_eq!((&own[0]["base"], &own[0]["patronage"]), (&base, &json!("indexed_hours")));
    let mails = keeper.all(&format!("/v1/books/{}/outbox", coop.host.book)).await?;
    let said = mails.iter().filter(|mail| mail["kind"] == "statement" && mail["recipient"] == "bea@press.example");
    let said: Vec<&str> = said.filter_map(|mail| mail["text"].as_str()).collect();
    assert!(
        said.len() == 1 && said[0].contains("1,560.00 attested hours, by their index: 1,560.00 × 1.50"),
        "{said:?}"
    );
    let late = keeper.post(&indices(1)?, &index("3", "2026-01-01")).await?;
    assert_eq!((late.status.as_u16(), &late.body["type"]), (409, &json!("/problems/period-distributed")));
    coop.host.app.finish().await
}

#[tokio::test]
async fn units_and_points_are_written_down_where_hours_are_and_count_where_a_rule_says_so() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    keeper.post(&coop.at("/allocation-rules"), &by("points")).await?.ok()?;
    let work = |what: Value| {
        let mut body = json!({"from": "2026-01-01", "to": "2026-12-31"});
        for (name, value) in what.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    for (what, field) in [
        (json!({"unit": "points", "hours": "12"}), "/hours"),
        (json!({"unit": "points"}), "/quantity"),
        (json!({"quantity": "12"}), "/quantity"),
        (json!({}), "/hours"),
        (json!({"unit": "units", "quantity": "1000000.01"}), "/quantity"),
        (json!({"unit": "loaves", "quantity": "1"}), "/unit"),
    ] {
        let refused = coop.ada.post(&coop.at("/contributions"), &work(what)).await?;
        assert_eq!((refused.status.as_u16(), &refused.body["errors"][0]["pointer"]), (422, &json!(field)));
    }
    coop.record("sale", "100.00", "2026-06-01").await?.ok()?;
    let many = json!({"unit": "points", "quantity": "12"});
    let few = json!({"unit": "points", "quantity": "4.00", "member": coop.members[1]["id"]});
    let hours = json!({"hours": "2000"});
    for what in [many, few, hours] {
        let own = what["member"].is_null();
        let (by, second) = if own { (&coop.ada, &coop.bea) } else { (keeper, &coop.ada) };
        let recorded = by.post(&coop.at("/contributions"), &work(what.clone())).await?.ok()?;
        if what["unit"] == "points" {
            assert_eq!((&recorded["unit"], &recorded["hours"]), (&json!("points"), &json!("0.00")));
        }
        second.post(&format!("/v1/contributions/{}:attest", text(&recorded, "/id")?), &json!({})).await?.ok()?;
    }
    let listed = coop.ada.all(&coop.at("/contributions")).await?;
    assert_eq!((&listed[1]["unit"], &listed[1]["quantity"]), (&json!("points"), &json!("4.00")));
    let divided = coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!(cash(&divided), ["75.00", "25.00", "0.00", "0.00"]);
    let own = coop.ada.all(&coop.at("/statements")).await?;
    let base = json!({"name": "points", "amount": "12.00", "indexed": [], "valued": []});
    assert_eq!((&own[0]["base"], &own[0]["hours"]), (&base, &json!("2000.00")));
    coop.host.app.finish().await
}

/// A rule by which the use of a laser, timber and hours are worth something.
fn by_value() -> Value {
    let mut rule = by("value");
    rule["values"] = json!([
        {"unit": "hours", "worth": "18"},
        {"unit": "use", "kind": "laser", "worth": "6.25"},
        {"unit": "in_kind", "kind": "timber", "worth": "0.35"},
    ]);
    rule
}

#[tokio::test]
async fn equipment_and_things_are_attested_by_a_second_member_and_count_at_what_the_rule_says_they_are_worth() -> Outcome
{
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let rules = coop.at("/allocation-rules");
    is(&keeper.post(&rules, &by("value")).await?, 409);
    let mut twice = by_value();
    twice["values"][1] = twice["values"][0].clone();
    is(&keeper.post(&rules, &twice).await?, 409);
    for (field, value, pointer) in [
        ("unit", json!("loaves"), "/values/1/unit"),
        ("worth", json!("6.255"), "/values/1/worth"),
        ("worth", json!(6), "/values/1/worth"),
    ] {
        let mut wrong = by_value();
        wrong["values"][1][field] = value;
        let refused = keeper.post(&rules, &wrong).await?;
        assert_eq!((refused.status.as_u16(), &refused.body["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
    let published = keeper.post(&rules, &by_value()).await?.ok()?;
    assert_eq!(published["values"][1], json!({"unit": "use", "kind": "laser", "worth": "6.25"}));

    coop.record("sale", "254.12", "2026-06-01").await?.ok()?;
    for (of, what) in [
        (0, json!({"hours": "7.5"})),
        (1, json!({"unit": "use", "kind": "laser", "quantity": "13.46"})),
        (2, json!({"unit": "in_kind", "kind": "timber", "quantity": "100"})),
    ] {
        let mut body = json!({"member": coop.members[of]["id"], "from": "2026-03-01", "to": "2026-03-31"});
        for (name, value) in what.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let recorded = keeper.post(&coop.at("/contributions"), &body).await?.ok()?;
        assert_eq!((&recorded["kind"], &recorded["state"]), (&what["kind"], &json!("recorded")));
        let second = if of == 0 { &coop.bea } else { &coop.ada };
        second.post(&format!("/v1/contributions/{}:attest", text(&recorded, "/id")?), &json!({})).await?.ok()?;
    }
    let thing = |unit: &str, kind: &str, quantity: &str| json!({"unit": unit, "kind": kind, "quantity": quantity});
    let given = |hours: &str, things: Value| json!({"group": "workers", "hours": hours, "things": things});
    let members = json!([
        given("7.5", json!([])),
        given("0", json!([thing("use", "laser", "13.46")])),
        given("0", json!([thing("in_kind", "timber", "100")])),
    ]);
    let trial = |members: Value| json!({"rule": by_value(), "surplus": usd("254.12"), "members": members});
    let tried = keeper.post(&coop.at("/allocation-rules:preview"), &trial(members.clone())).await?.ok()?;
    // 135.00, 84.125 and 35.00 of 254.125: one of three is short of a part of a cent.
    let expected = ["135.00", "84.12", "35.00"];
    assert_eq!(cash(&tried), expected);
    let mut wrong = members;
    wrong[1]["things"][0]["unit"] = json!("points");
    let refused = keeper.post(&coop.at("/allocation-rules:preview"), &trial(wrong)).await?;
    assert_eq!(refused.body["errors"][0]["pointer"], "/members/1/things/0/unit");

    let divided = coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!(cash(&divided), ["135.00", "84.12", "35.00", "0.00"]);
    let own = coop.bea.all(&coop.at("/statements")).await?;
    let valued = json!([{"unit": "use", "kind": "laser", "quantity": "13.46", "worth": "6.25"}]);
    let base = json!({"name": "value", "amount": "84.13", "indexed": [], "valued": valued});
    assert_eq!(own[0]["base"], base);
    let mails = keeper.all(&format!("/v1/books/{}/outbox", coop.host.book)).await?;
    let said = mails.iter().filter(|mail| mail["kind"] == "statement" && mail["recipient"] == "bea@press.example");
    let said: Vec<&str> = said.filter_map(|mail| mail["text"].as_str()).collect();
    let words = "contributions worth 84.13: 13.46 attested hours of use of laser × 6.25";
    assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    coop.host.app.finish().await
}

#[tokio::test]
async fn a_rule_is_tried_before_it_is_published_by_whoever_reads_statements_and_nothing_is_written() -> Outcome {
    let coop = Coop::open().await?;
    let path = coop.at("/allocation-rules:preview");
    let share = |percent: &str, to: &str| json!({"step": "share", "of": "net", "percent": percent, "to": to});
    let rule = |development: &str| {
        json!({"effective_from": "2028-01-01", "minima": "fr-scop", "steps": [
            {"step": "share", "of": "net", "percent": "15", "to": "reserve", "until": {"highest_capital": true}},
            share(development, "development_fund"),
            {"step": "capital_interest", "of": "net", "percent": "10"},
            {"step": "members", "groups": [{"group": "workers", "percent": "100", "by": "hours"}]},
        ]})
    };
    let worker = |hours: &str| json!({"group": "workers", "hours": hours, "capital": usd("40000.00")});
    let workers: Vec<Value> = ["1600", "1600", "800", "400", "600"].map(worker).to_vec();
    let trial =
        |development: &str| json!({"rule": rule(development), "surplus": usd("100000.00"), "members": workers.clone()});
    let tried = coop.ada.post(&path, &trial("40")).await?.ok()?;
    let expected = [
        ["100000.00", "15000.00", "85000.00"],
        ["85000.00", "40000.00", "45000.00"],
        ["45000.00", "10000.00", "35000.00"],
        ["35000.00", "35000.00", "0.00"],
    ];
    assert_eq!(steps(&tried), expected);
    assert_eq!(tried["steps"][1]["account"], "equity:development");
    assert_eq!(tried["interest"], usd("10000.00"));
    assert_eq!(cash(&tried), ["13200.00", "13200.00", "7600.00", "4800.00", "6200.00"]);

    let refused = coop.ada.post(&path, &trial("51")).await?;
    assert_eq!((refused.status.as_u16(), &refused.body["type"]), (409, &json!("/problems/rule-below-minimum")));
    let detail = text(&refused.body, "/detail")?;
    assert!(detail.contains("fr-scop") && detail.contains("law 78-763") && detail.contains("24.00 %"), "{detail}");
    let published = coop.host.treasurer.post(&coop.at("/allocation-rules"), &rule("51")).await?;
    assert_eq!(text(&published.body, "/detail")?, detail, "as its publication");

    for (field, value, pointer) in [
        ("surplus", json!({"amount": "1.00", "currency": "EUR"}), "/surplus/currency"),
        ("sales", usd("99999.99"), "/sales/amount"),
        ("period", json!({"from": "2026-01-01", "to": "2026-12-31"}), "/members"),
        ("members", json!([{"group": "workers", "index": "0"}]), "/members/0/index"),
        (
            "members",
            json!([{"group": "workers", "capital": {"amount": "1.00", "currency": "EUR"}}]),
            "/members/0/capital/currency",
        ),
    ] {
        let mut wrong = trial("40");
        wrong[field] = value;
        let answer = coop.ada.post(&path, &wrong).await?;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{}",
            answer.body
        );
    }
    is(&coop.host.stranger().await?.post(&path, &trial("40")).await?, 404);
    is(&coop.host.app.nobody()?.post(&path, &trial("40")).await?, 401);
    assert_eq!(coop.host.treasurer.all(&coop.at("/allocation-rules")).await?.len(), 1, "none but the first is there");
    assert_eq!(coop.host.treasurer.all(&coop.at("/distributions")).await?.len(), 0);
    coop.host.app.finish().await
}

#[tokio::test]
async fn a_rule_bounds_how_far_the_indices_of_members_lie_apart() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let index = |of: usize| format!("/v1/members/{}/indices", coop.members[of]["id"].as_str().unwrap_or_default());
    let set = |index: &str| json!({"index": index, "effective_from": "2026-03-01"});
    let bounded = |ratio: &str, from: &str| {
        let steps = by("indexed_hours")["steps"].clone();
        json!({"effective_from": from, "pay_ratio": ratio, "steps": steps})
    };
    for wrong in ["0.99", "10000.01"] {
        is(&keeper.post(&coop.at("/allocation-rules"), &bounded(wrong, "2026-02-01")).await?, 409);
    }
    let published = keeper.post(&coop.at("/allocation-rules"), &bounded("4.5", "2026-02-01")).await?.ok()?;
    assert_eq!(published["pay_ratio"], "4.50");
    keeper.post(&index(0), &set("4.5")).await?.ok()?;
    let above = keeper.post(&index(1), &set("4.51")).await?;
    assert_eq!((above.status.as_u16(), &above.body["type"]), (409, &json!("/problems/pay-ratio")), "{:#}", above.body);
    is(&keeper.post(&index(1), &set("0.99")).await?, 409);
    assert!(keeper.all(&index(1)).await?.is_empty(), "what is refused is not written");

    // A tighter rule holds only where the members' indices keep it, on its first day and on each later one on which one begins.
    let tighter = keeper.post(&coop.at("/allocation-rules"), &bounded("4", "2026-04-01")).await?;
    assert_eq!((tighter.status.as_u16(), &tighter.body["type"]), (409, &json!("/problems/pay-ratio")));
    let trial = json!({
        "rule": bounded("4", "2026-04-01"), "surplus": usd("1.00"), "period": {"from": "2026-01-01", "to": "2026-12-31"},
    });
    is(&keeper.post(&coop.at("/allocation-rules:preview"), &trial).await?, 409);
    is(&keeper.post(&coop.at("/allocation-rules"), &bounded("4", "2026-02-15")).await?, 409);
    coop.host.app.finish().await
}
