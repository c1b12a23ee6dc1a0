//! Plans that are revised: from a month on another version holds, and the months that are over keep theirs.

use crate::cooperatives::Coop;
use crate::host::Host;
use anyhow::{Context as _, ensure};
use api::demo::cast::usd;
use api::demo::client::{Answer, text};
use serde_json::{Value, json};

type Outcome = anyhow::Result<()>;

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

fn invalid(answer: &Answer, pointer: &str) -> Outcome {
    ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{pointer}: {answer:?}");
    Ok(())
}

fn line(account: &str, amount: &str) -> Value {
    json!({"name": account, "account": format!("expenses:cost:{account}"), "amount": usd(amount)})
}

/// A year from January 2028 on: 12,000.00 for presses and 1,200.00 for rent.
fn plan() -> Value {
    json!({
        "name": "Presses", "first_month": "2028-01-01", "months": 12,
        "lines": [line("presses", "12000.00"), line("rent", "1200.00")],
        "places": [{"title": "Development", "people": 2}],
    })
}

fn revision(from: &str, lines: &[Value]) -> Value {
    json!({"reason": "Steel costs more", "from_month": from, "lines": lines})
}

/// What a report says of the months of a line: planned, spent and by which version.
fn months(report: &Value, line: usize) -> anyhow::Result<Vec<(String, String, i64)>> {
    let of = |it: &Value| {
        let version = it["version"].as_i64().context("a version")?;
        Ok((text(it, "/planned/amount")?.to_owned(), text(it, "/spent/amount")?.to_owned(), version))
    };
    report["lines"][line]["months"].as_array().context("months")?.iter().map(of).collect()
}

#[tokio::test]
async fn a_plan_is_revised_from_a_month_on_and_the_months_before_keep_what_was_planned_and_how_far_it_was_missed()
-> Outcome {
    let it = Coop::open().await?;
    let keeper = &it.host.treasurer;
    let opened = keeper.post(&it.host.at("/programmes"), &plan()).await?.ok()?;
    let path = format!("/v1/programmes/{}", text(&opened, "/id")?);
    let report = async || keeper.get(&format!("{path}/report")).await?.ok();
    let revise = async |body: &Value| keeper.post(&format!("{path}:revise"), body).await;
    it.record("cost", "700.00", "2028-01-01").await?.ok()?;
    it.host.app.advance(keeper, &it.host.book, "2028-03-31T12:00:00Z").await?;
    let before = report().await?;
    assert_eq!((&before["amount"], &before["planned"]["amount"]), (&usd("13200.00"), &json!("3300.00")));
    assert_eq!(
        months(&before, 0)?[..2],
        [("1000.00".into(), "700.00".into(), 1), ("1000.00".into(), "0.00".into(), 1)]
    );

    for (wrong, pointer) in [
        (revision("2028-02-01", &[line("presses", "15000.00")]), "/from_month"),
        (revision("2028-05-02", &[line("presses", "15000.00")]), "/from_month"),
        (revision("2029-01-01", &[line("presses", "15000.00")]), "/from_month"),
        (revision("2028-05-01", &[line("presses", "4000.00")]), "/lines/0/amount"),
        (revision("2028-05-01", &[]), "/lines"),
        (revision("2028-05-01", &[line("presses", "15000.00"), line("presses", "1.00")]), "/lines/1/account"),
        (json!({"reason": "", "from_month": "2028-05-01", "lines": [line("presses", "15000.00")]}), "/reason"),
    ] {
        invalid(&revise(&wrong).await?, pointer).with_context(|| wrong.to_string())?;
    }
    let wanted = revision("2028-05-01", &[line("presses", "15000.00"), line("saws", "100.00")]);
    ensure!(it.ada.post(&format!("{path}:revise"), &wanted).await?.status == 403, "a member revises nothing");
    let revised = revise(&wanted).await?.ok()?;
    // 4,000.00 and four months of rent were planned for the months until April; of the other 11,000.00 each has 1,375.00.
    assert_eq!((&revised["amount"], &revised["versions"]), (&usd("15500.00"), &json!(2)), "{revised:#}");
    let sums: Vec<_> = revised["lines"].as_array().context("lines")?.iter().map(|it| &it["amount"]["amount"]).collect();
    assert_eq!(sums, ["15000.00", "400.00", "100.00"]);
    let after = report().await?;
    for field in ["planned", "spent", "variance"] {
        assert_eq!(after[field], before[field], "{field}: what is over is as it was");
    }
    let of_presses = months(&after, 0)?;
    assert_eq!(of_presses[..4], months(&before, 0)?[..4]);
    assert_eq!(of_presses[4..], vec![("1375.00".to_owned(), "0.00".to_owned(), 2); 8]);
    assert_eq!(months(&after, 1)?.len(), 4, "the rent is planned no more");
    let saws = months(&after, 2)?;
    assert_eq!((saws[0].0.as_str(), saws[7].0.as_str(), saws.len()), ("12.50", "12.50", 8));
    let of_all = after["months"].as_array().context("months")?;
    assert_eq!((&of_all[3]["version"], &of_all[4]["version"]), (&json!(1), &json!(2)));
    assert_eq!((&of_all[3]["planned"], &of_all[4]["planned"]), (&usd("1100.00"), &usd("1387.50")));

    // The rent is free for another programme from May on, and taken before.
    let other =
        |first: &str| json!({"name": "House", "first_month": first, "months": 1, "lines": [line("rent", "10.00")]});
    refused(&keeper.post(&it.host.at("/programmes"), &other("2028-04-01")).await?, "account-counts-already")?;
    keeper.post(&it.host.at("/programmes"), &other("2028-06-01")).await?.ok()?;
    let back = revision("2028-06-01", &[line("presses", "15000.00"), line("rent", "500.00")]);
    refused(&revise(&back).await?, "account-counts-already")?;
    // A longer programme: the last word about a month holds, from the month that runs on.
    let mut longer = revision("2028-03-01", &[line("presses", "14000.00")]);
    longer["months"] = json!(14);
    // What is planned for the month that runs may be spent already: it stays in the plan until that month is over.
    invalid(&revise(&longer).await?, "/from_month")?;
    let rented =
        json!({"kind": "cost", "label": "rent", "party": "bank", "occurred_on": "2028-03-01", "amount": usd("90.00")});
    keeper.post(&it.at("/proceeds"), &rented).await?.ok()?;
    let mut rent = line("rent", "300.00");
    rent["months"] = json!(1);
    longer["lines"] = json!([line("presses", "14000.00"), rent]);
    let longer = revise(&longer).await?.ok()?;
    assert_eq!((&longer["last_day"], &longer["amount"]), (&json!("2029-02-28"), &usd("14300.00")));
    assert_eq!(report().await?["lines"][1]["spent"], usd("90.00"), "and what was spent is counted");
    let hires = format!("{path}/hires");
    keeper.post(&hires, &json!({"place": 1, "starts_on": "2029-02-01"})).await?.ok()?;
    let listed = keeper.get(&format!("{path}/versions")).await?.ok()?;
    let listed = listed["versions"].as_array().context("versions")?;
    let told: Vec<_> = listed.iter().map(|it| (&it["from_month"], &it["amount"]["amount"], &it["reason"])).collect();
    let why = json!("Steel costs more");
    assert_eq!(
        told,
        [
            (&json!("2028-01-01"), &json!("13200.00"), &Value::Null),
            (&json!("2028-05-01"), &json!("15500.00"), &why),
            (&json!("2028-03-01"), &json!("14300.00"), &why),
        ]
    );
    assert_eq!(
        months(&report().await?, 0)?.iter().map(|it| it.2).collect::<Vec<_>>(),
        [vec![1; 2], vec![3; 12]].concat()
    );
    keeper.post(&format!("{path}:withdraw"), &json!({"reason": "It is planned anew"})).await?.ok()?;
    refused(&revise(&wanted).await?, "programme-withdrawn")?;
    it.host.app.finish().await
}

#[tokio::test]
async fn everybody_reads_on_the_page_of_a_public_programme_how_its_plan_was_revised() -> Outcome {
    let host = Host::open("Open Workshop", "public").await?;
    host.app.advance(&host.treasurer, &host.book, "2028-01-31T12:00:00Z").await?;
    let opened = host.treasurer.post(&host.at("/programmes"), &plan()).await?.ok()?;
    let id = text(&opened, "/id")?;
    let read = async |path: &str| reqwest::get(format!("{}{path}", host.app.base_url())).await?.text().await;
    let page = read(&format!("/programmes/{id}")).await?;
    ensure!(!page.contains("How the plan was revised"), "{page}");
    let mut body = revision("2028-02-01", &[line("presses", "9000.00")]);
    body["reason"] = json!("<b>Steel</b> costs more");
    host.treasurer.post(&format!("/v1/programmes/{id}:revise"), &body).await?.ok()?;
    let page = read(&format!("/programmes/{id}")).await?;
    ensure!(page.contains("Version 2, from February 2028 on: 9,100.00 USD in all"), "{page}");
    ensure!(page.contains("&#60;b&#62;Steel") && page.contains("From here on version 1 of the plan"), "{page}");
    let shown = host.app.nobody()?.get(&format!("/programmes/{id}.json")).await?.ok()?;
    assert_eq!((&shown["revisions"][0]["from_month"], &shown["months"][1]["version"]), (&json!("2028-02"), &json!(2)));
    host.app.finish().await
}

#[tokio::test]
async fn sql_in_the_services_role_changes_no_month_that_is_over_and_no_version_that_was_written() -> Outcome {
    let it = Coop::open().await?;
    let keeper = &it.host.treasurer;
    let opened = keeper.post(&it.host.at("/programmes"), &plan()).await?.ok()?;
    let path = format!("/v1/programmes/{}", text(&opened, "/id")?);
    it.host.app.advance(keeper, &it.host.book, "2028-03-31T12:00:00Z").await?;
    keeper.post(&format!("{path}:revise"), &revision("2028-05-01", &[line("presses", "15000.00")])).await?.ok()?;
    let service = it.host.app.connection().await?;
    // What goes on as it was, from a month on; then what is wrong with it.
    let by_hand = |number: i32, from: &str, amount: &str, lines: i32, rest: i64, first: &str, count: &str| {
        format!(
            "BEGIN;
             INSERT INTO programme_revision (book_id, programme_id, revised_by, revised_at, amount, number, from_month, months, lines, reason)
             SELECT book_id, programme_id, revised_by, revised_at, {amount}, {number}, '{from}', months, {lines}, 'By hand' FROM programme_revision;
             INSERT INTO programme_revision_line (book_id, programme_id, revision, number, name, account, amount, first_month, months)
             SELECT book_id, programme_id, {number}, 1, name, account, {rest}, '{first}', 1 FROM programme_revision_line LIMIT 1;
             {count};
             COMMIT"
        )
    };
    let counted = "UPDATE programme SET version = version + 1";
    let right = |from: &str, amount: &str| by_hand(3, from, amount, 1, 100, from, counted);
    for (statement, state) in [
        (right("2028-02-01", "amount"), "23514"),
        (right("2029-01-01", "amount"), "23514"),
        (right("2028-06-01", "amount"), "23514"),
        (by_hand(4, "2028-06-01", "577600", 1, 100, "2028-06-01", counted), "23514"),
        (by_hand(3, "2028-06-01", "577600", 2, 100, "2028-06-01", counted), "23514"),
        (by_hand(3, "2028-06-01", "577600", 1, 100, "2028-05-01", counted), "23514"),
        (by_hand(3, "2028-06-01", "577600", 1, 100, "2028-06-01", "SELECT 1"), "23514"),
        ("UPDATE programme SET version = version + 1".to_owned(), "23001"),
        ("UPDATE programme_revision SET amount = 1".to_owned(), "42501"),
        ("DELETE FROM programme_revision_line".to_owned(), "42501"),
        (
            "INSERT INTO programme_revision_line (book_id, programme_id, revision, number, name, account, amount, first_month, months)
             SELECT book_id, programme_id, 2, 2, name, 'expenses:cost:more', 100, first_month, 1 FROM programme_revision_line"
                .to_owned(),
            "23514",
        ),
    ] {
        let error = service.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
        service.batch_execute("ROLLBACK").await?;
    }
    // 4,400.00 until April, 1,375.00 in May, and a dollar in June.
    service.batch_execute(&right("2028-06-01", "577600")).await?;
    drop(service);
    assert_eq!(keeper.get(&path).await?.ok()?["amount"], usd("5776.00"));
    it.host.app.finish().await
}
