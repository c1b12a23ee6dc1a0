//! Tax years over HTTP: what members got of patronage in a calendar year, by notices that are qualified and by others.

use super::{Coop, Outcome, is};
use api::demo::client::text;
use serde_json::{Value, json};

fn rule(retained: &str, notices: Option<&str>) -> Value {
    let workers = json!([{"group": "workers", "percent": "100", "by": "hours"}]);
    json!({"effective_from": "2026-01-01", "notices": notices,
        "steps": [{"step": "members", "groups": workers, "retained": retained}]})
}

/// A year of 17,500.00, of which the first worker has 14,000.00.
async fn year(coop: &Coop, year: i16, until: &str) -> anyhow::Result<Value> {
    coop.record("sale", "17500.00", &format!("{year}-06-01")).await?.ok()?;
    coop.worked(year, &["1600", "200", "100", "100"]).await?;
    coop.distribute(year, until).await
}

fn boxes(of: &Value) -> [&str; 5] {
    ["cash", "qualified", "non_qualified", "box_1", "box_5"].map(|name| of[name]["amount"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn k9_qualified_notices_are_of_the_year_in_which_they_are_given_and_others_of_that_of_their_redemption() -> Outcome
{
    let coop = Coop::open().await?;
    coop.all_agree().await?;
    let keeper = &coop.host.treasurer;
    let of_year = |year: i16| coop.at(&format!("/tax-years/{year}"));
    let refused = keeper.post(&coop.at("/allocation-rules"), &rule("80.01", Some("qualified"))).await?;
    is(&refused, 409);
    assert_eq!(refused.body["type"], "/problems/rule-invalid");
    let unknown = keeper.post(&coop.at("/allocation-rules"), &rule("80", Some("sort of"))).await?;
    is(&unknown, 422);
    assert_eq!(unknown.body["errors"][0]["pointer"], "/notices");

    // Told of in January 2028: 2026 is too late by then, 2027 is in time.
    let published = keeper.post(&coop.at("/allocation-rules"), &rule("80", Some("qualified"))).await?.ok()?;
    assert_eq!(published["notices"], "qualified");
    let late = year(&coop, 2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!(late["state"], "statements_issued");
    year(&coop, 2027, "2028-01-18T12:00:00Z").await?;
    let told = keeper.all(&of_year(2028)).await?;
    assert_eq!(boxes(&told[0]), ["5600.00", "11200.00", "11200.00", "16800.00", "0.00"], "{told:#?}");
    assert_eq!(coop.ada.all(&of_year(2028)).await?, told[..1], "members see their own");
    assert!(keeper.all(&of_year(2027)).await?.is_empty(), "nobody was told of anything");
    is(&coop.ada.get(&format!("{}/file", of_year(2028))).await?, 403);
    for year in ["2015", "2201", "-1"] {
        is(&keeper.get(&coop.at(&format!("/tax-years/{year}"))).await?, 404);
    }

    // In the year after it the notices of 2026 are redeemed, the oldest first, and then a part of those of 2027, which was taxed already.
    coop.host.app.advance(keeper, &coop.host.book, "2029-03-01T12:00:00Z").await?;
    let asked = coop.redeem(Some(0), "12000.00").await?.ok()?;
    let one = format!("/v1/redemptions/{}", text(&asked, "/id")?);
    coop.approver.post(&format!("{one}:approve"), &json!({"digest": asked["digest"]})).await?.ok()?;
    let later = keeper.all(&of_year(2029)).await?;
    assert_eq!(boxes(&later[0]), ["0.00", "0.00", "0.00", "0.00", "11200.00"], "{later:#?}");
    assert_eq!(keeper.all(&of_year(2028)).await?, told, "the year before stays as it was told");
    let file = keeper.download(&format!("{}/file", of_year(2029))).await?;
    let rows: Vec<&str> = file.split_terminator("\r\n").collect();
    assert_eq!(rows[0], "number,member,box_1,box_5,cash,qualified,non_qualified,currency");
    assert_eq!(rows[1..], [format!("1,{},0.00,11200.00,0.00,0.00,0.00,USD", text(&later[0], "/member")?)], "{file}");

    // What is taken back is of no year.
    keeper.post(&format!("{one}:reverse"), &json!({"reason": "Too early"})).await?.ok()?;
    assert_eq!(boxes(&keeper.all(&of_year(2029)).await?[0])[4], "0.00");
    let back = format!("/v1/distributions/{}:reverse", text(&late, "/id")?);
    keeper.post(&back, &json!({"reason": "A sale was another year's"})).await?.ok()?;
    assert_eq!(boxes(&keeper.all(&of_year(2028)).await?[0]), ["2800.00", "11200.00", "0.00", "14000.00", "0.00"]);
    coop.host.app.finish().await
}

#[tokio::test]
async fn k10_a_form_is_due_from_ten_on_and_a_statement_is_issued_all_the_same() -> Outcome {
    let coop = Coop::open().await?;
    coop.host.treasurer.post(&coop.at("/allocation-rules"), &rule("0", None)).await?.ok()?;
    coop.record("sale", "19.99", "2027-06-01").await?.ok()?;
    coop.worked(2027, &["999", "1000"]).await?;
    coop.distribute(2027, "2028-01-09T12:00:00Z").await?;
    let told = coop.host.treasurer.all(&coop.at("/tax-years/2028")).await?;
    let reported: Vec<_> = told.iter().map(|it| (&it["box_1"]["amount"], &it["is_reported"])).collect();
    let expected = [(json!("9.99"), json!(false)), (json!("10.00"), json!(true))];
    assert_eq!(reported[..2], expected.each_ref().map(|(amount, is_due)| (amount, is_due)), "{told:#?}");
    let file = coop.host.treasurer.download(&coop.at("/tax-years/2028/file")).await?;
    assert_eq!(file.lines().count(), 2, "{file}");
    assert_eq!(coop.ada.all(&coop.at("/statements")).await?.len(), 1, "a statement all the same");
    coop.host.app.finish().await
}
