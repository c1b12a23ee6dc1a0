//! What is stored of a donor is shown whole and erased whole; a name is shown to whom its donor lets see it.

use super::Outcome;
use super::donors::{link, look};
use anyhow::{Context as _, ensure};
use api::demo::cast::{Standing, usd};
use api::demo::client::text;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tests::{Stage, day, monthly, once};
use tokio_postgres::Client;

/// What says who a donor is: wherever it is stored, it must go.
const MARKS: [&str; 6] = [
    "Marked Name",
    "marked@donors.example",
    "marked-donor-ref",
    "marked-pledge-ref",
    "marked reason",
    "sandbox_stolen_card",
];

/// The places of the database that hold one of the marks: table, column and mark.
async fn places(owner: &Client, marks: &[String]) -> anyhow::Result<BTreeSet<String>> {
    let columns = "SELECT c.table_name, c.column_name FROM information_schema.columns c
         JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'";
    let mut found = BTreeSet::new();
    for column in owner.query(columns, &[]).await? {
        let (table, name): (&str, &str) = (column.get(0), column.get(1));
        let sql = format!(
            "SELECT DISTINCT mark FROM \"{table}\", unnest($1::text[]) AS mark
              WHERE strpos(lower(\"{name}\"::text), lower(mark)) > 0
                 OR strpos(\"{name}\"::text, encode(convert_to(mark, 'UTF8'), 'hex')) > 0"
        );
        for row in owner.query(&sql, &[&marks]).await? {
            found.insert(format!("{table}.{name}: {}", row.get::<_, String>(0)));
        }
    }
    Ok(found)
}

/// The files below a folder that hold one of the marks.
fn files(folder: &Path, marks: &[String]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let content = std::fs::read_to_string(&path)?.replace("=\r\n", "");
        let held = marks.iter().filter(|mark| content.contains(mark.as_str()));
        found.extend(held.map(|mark| format!("{}: {mark}", path.display())));
    }
    Ok(found)
}

/// A donor with marks wherever there may be some: a declined plan, one that was changed, paused and redirected, and a payment.
async fn marked(stage: &Stage, campaign: &Value) -> anyhow::Result<Vec<Value>> {
    let partner = &stage.cast.partner;
    let mut pledges = Vec::new();
    for (number, token) in ["sandbox_ok", "sandbox_stolen_card"].into_iter().enumerate() {
        let mut body = monthly(campaign, &format!("marked-pledge-ref-{number}"), "30.00", day(1, 31), 12, token)?;
        body["donor"] = json!({
            "reference": "marked-donor-ref", "name": "Marked Name", "email": "marked@donors.example", "privacy": "public",
        });
        pledges.push(stage.pledge(campaign, &body).await?);
    }
    stage.cast.advance(day(2, 3)).await?;
    let other = stage.cast.campaign("open-loom", "Open loom", "1000.00").await?;
    let path = |step: &str| Ok::<_, anyhow::Error>(format!("/v1/pledges/{}:{step}", text(&pledges[0], "/id")?));
    let because = |mut body: Value| {
        body["reason"] = json!("a marked reason");
        body
    };
    partner.post(&path("change")?, &because(json!({"amount": usd("29.00")}))).await?.ok()?;
    partner.post(&path("change")?, &because(json!({"amount": usd("31.00")}))).await?.ok()?;
    partner.post(&path("pause")?, &because(json!({}))).await?.ok()?;
    partner.post(&path("resume")?, &because(json!({}))).await?.ok()?;
    partner.post(&path("redirect")?, &because(json!({"campaign": other["id"]}))).await?.ok()?;
    stage.cast.idle().await?;
    Ok(pledges)
}

/// All sums of money: what is promised and will not come any more is no money.
async fn money(stage: &Stage) -> anyhow::Result<Vec<Standing>> {
    let mut found = stage.cast.trial_balance().await?;
    found.retain(|(code, ..)| !code.starts_with("equity:commitments:"));
    Ok(found)
}

#[tokio::test]
async fn an_erased_donor_is_nowhere_in_the_database_and_the_mails_and_every_sum_stays() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let campaign = stage.campaign().await?;
    let pledges = marked(&stage, &campaign).await?;
    stage.pledge(&campaign, &once(&campaign, "bob", "5.00", day(2, 4), "sandbox_ok")?).await?;
    stage.cast.advance(day(2, 8)).await?;
    let (url, _) = link(&stage, &pledges[0]).await?;
    let token = url.rsplit('/').next().context("a token")?.to_owned();
    let marks: Vec<String> = MARKS.iter().map(|mark| (*mark).to_owned()).chain([token]).collect();
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let before = places(&owner, &marks).await?;
    for mark in MARKS {
        ensure!(before.iter().any(|place| place.ends_with(mark)), "{mark} was stored nowhere: {before:?}");
    }
    ensure!(!files(&stage.app.mail_dir(), &marks)?.is_empty(), "the mails hold no mark");
    let balance = money(&stage).await?;
    let receipts = format!("/v1/pledges/{}/receipts", text(&pledges[0], "/id")?);
    let issued = stage.cast.partner.all(&receipts).await?;
    ensure!(issued.len() == 1, "{issued:?}");

    let donor = text(&pledges[0], "/donor/id")?;
    let erase = format!("/v1/donors/{donor}:erase");
    let why = json!({"reason": "asked for it"});
    ensure!(stage.cast.stranger.post(&erase, &why).await?.status == 404, "a stranger erases nobody");
    ensure!(stage.cast.reviewers[0].post(&erase, &why).await?.status == 403);
    let erased = stage.cast.partner.post(&erase, &why).await?.ok()?;
    ensure!(erased["id"] == donor && erased["erased_at"].is_string(), "{erased}");
    ensure!(erased["cancelled"] == json!([pledges[0]["id"]]), "the stolen card had ended the other: {erased}");
    ensure!(erased["kept"].as_array().is_some_and(|kept| kept.len() >= 4), "{erased}");
    let again = stage.cast.treasurer.post(&erase, &why).await?.ok()?;
    ensure!(again["erased_at"] == erased["erased_at"] && again["cancelled"] == json!([]), "{again}");
    stage.cast.idle().await?;

    let after = places(&owner, &marks).await?;
    ensure!(after.is_empty(), "{after:#?}");
    let left = files(&stage.app.mail_dir(), &marks)?;
    ensure!(left.is_empty(), "{left:#?}");
    ensure!(stage.app.mails("receipt.", "bob@donors.example")? == 1, "another donor's mails stay");
    ensure!(money(&stage).await? == balance, "every sum stays");
    ensure!(stage.cast.partner.all(&receipts).await? == issued, "and so do receipts, which name nobody");
    ensure!(look(&url).await?.status == StatusCode::NOT_FOUND);
    for edit in
        ["UPDATE activity SET reason = 'mine'", "UPDATE activity SET action = ''", "UPDATE reply SET body = '{}'"]
    {
        ensure!(owner.execute(edit, &[]).await.is_err(), "history is only blanked: {edit}");
    }

    // The same pledge again is known again; a new one is of a new donor.
    let body = |reference: &str| {
        let mut body = monthly(&campaign, reference, "30.00", day(1, 31), 12, "sandbox_ok")?;
        body["schedule"]["start"] = json!(day(3, 31).to_string());
        body["donor"] = json!({"reference": "marked-donor-ref", "email": "marked@donors.example"});
        Ok::<_, anyhow::Error>(body)
    };
    let place = format!("/v1/campaigns/{}/pledges", text(&campaign, "/id")?);
    let repeated = stage.cast.partner.post(&place, &body("marked-pledge-ref-0")?).await?;
    ensure!(repeated.status == 409 && repeated.body["type"] == "/problems/reference-taken", "{repeated:?}");
    let new = stage.cast.partner.post(&place, &body("new")?).await?.ok()?;
    ensure!(new["donor"]["id"] != donor && new["donor"]["reference"] == "marked-donor-ref", "{new}");
    stage.app.finish().await
}

/// What is stored of a donor beside the rows that `data.json` shows, and why it is not shown there.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("fund_layer", "sums of pledges, which the page shows as where the money is"),
    ("pledge_move", "the same"),
    ("pledge_turn", "days on which pledges were made, changed and ended, as they say themselves"),
    ("settlement_comparison_difference", "figures of charges that a partner's list has otherwise: they are shown"),
    ("provider_event", "names of payments, which stand in the attempts"),
    ("settlement", "sums of a day over many donors"),
    ("settlement_announcement_line", "what a custodian says it has paid over of charges, which are shown"),
    ("settlement_line", "what a custodian says it has paid over of charges, which are shown"),
    ("person", "people who sign in, who are no donors"),
    ("invitation", "the same"),
    ("sign_in_token", "an address at which somebody asked to sign up: kept for a day, unless its link is opened"),
];

/// Columns that are never shown: the book's own number, what a provider charges, digests of secrets, and of what was sent.
const SECRET: [&str; 4] = ["book_id", "token", "secret_digest", "content"];

#[tokio::test]
async fn all_that_is_stored_of_a_donor_is_shown_column_by_column_with_who_received_it() -> Outcome {
    let stage = Stage::set_with(1, &[("COMMONPURSE_GUESSES_PER_MINUTE", "1000")]).await?;
    let campaign = stage.campaign().await?;
    let pledges = marked(&stage, &campaign).await?;
    let (url, _) = link(&stage, &pledges[0]).await?;
    let path = format!("/v1/donors/{}/data", text(&pledges[0], "/donor/id")?);
    let data = stage.cast.partner.get(&path).await?.ok()?;
    let shown: Value = serde_json::from_str(&look(&format!("{url}/data.json")).await?.body)?;
    ensure!(shown == data, "by the link and by the partner it is the same");
    ensure!(stage.cast.treasurer.get(&path).await?.status == 403, "not the host: some donors show it nothing");
    let to: Vec<_> = data["received_by"].as_array().into_iter().flatten().filter_map(|to| to["who"].as_str()).collect();
    ensure!(to.iter().any(|who| who.contains("mail server")) && to.iter().any(|who| who.contains("host")), "{to:?}");
    ensure!(text(&data, "/stored/donor/name")? == "Marked Name" && !data.to_string().contains("sandbox_ok"), "{data}");

    let parts = BTreeMap::from([
        ("donor", "donor"),
        ("pledge", "pledges"),
        ("plan_change", "plan_changes"),
        ("charge", "charges"),
        ("charge_attempt", "attempts"),
        ("receipt", "receipts"),
        ("donor_link", "links"),
        ("outbox_mail", "mails"),
        ("activity", "activities"),
        ("reply", "answers"),
    ]);
    // Of these the donor of this story has none.
    let empty = BTreeMap::from([
        ("bank_line", "bank_lines"),
        ("charge_fee", "fees"),
        ("refund", "refunds"),
        ("chargeback", "chargebacks"),
        ("suspense_item", "suspense"),
        ("plan_move", "moves"),
        ("returnable_notice", "returnable"),
        ("donor_identity", "identity"),
        ("donor_mail_preference", "mail_preference"),
        ("yearly_receipt", "yearly_receipts"),
        ("matching_vote", "votes"),
    ]);
    for part in empty.values() {
        let of = &data["stored"][part];
        ensure!(
            of.as_array().is_some_and(Vec::is_empty) || data["stored"].get(part) == Some(&Value::Null),
            "{part}: {of}"
        );
    }
    let owner = migrations::connect(&stage.app.database_url().parse()?).await?;
    let columns = "SELECT c.table_name::text, c.column_name::text FROM information_schema.columns c
         JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'";
    let mut stored = BTreeMap::<String, BTreeSet<String>>::new();
    for row in owner.query(columns, &[]).await? {
        stored.entry(row.get(0)).or_default().insert(row.get(1));
    }
    for (table, columns) in &stored {
        let names_a_donor =
            ["donor", "pledge", "charge", "email", "recipient"].iter().any(|name| columns.contains(*name));
        let is_told = parts.contains_key(table.as_str())
            || empty.contains_key(table.as_str())
            || NOT_SHOWN.iter().any(|(name, _)| name == table);
        ensure!(is_told || !names_a_donor, "{table} names donors, and is neither shown nor in NOT_SHOWN");
    }
    for (table, part) in parts {
        let of = &data["stored"][part];
        let row = if of.is_array() { &of[0] } else { of };
        let keys: BTreeSet<_> = row.as_object().with_context(|| format!("{part} is empty"))?.keys().cloned().collect();
        let secret = |name: &&String| !SECRET.contains(&name.as_str()) || (table == "reply" && *name == "content");
        let expected: BTreeSet<_> = stored[table].iter().filter(secret).cloned().collect();
        ensure!(keys == expected, "{table}: {keys:?} are shown, {expected:?} are stored");
    }
    stage.app.finish().await
}

#[tokio::test]
async fn a_donors_name_is_shown_to_the_host_unless_the_donor_is_anonymous_and_to_nobody_else() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let mut places = Vec::new();
    for privacy in ["public", "host_only", "anonymous"] {
        let mut body = once(&campaign, privacy, "30.00", day(1, 1), "sandbox_ok")?;
        body["donor"]["name"] = json!(format!("Named {privacy}"));
        body["donor"]["privacy"] = json!(privacy);
        let pledge = stage.pledge(&campaign, &body).await?;
        let id = text(&pledge, "/id")?;
        places.extend(["", "/charges", "/uses", "/receipts", "/changes"].map(|end| format!("/v1/pledges/{id}{end}")));
    }
    stage.cast.advance(day(1, 4)).await?;
    let (campaign, book) = (text(&campaign, "/id")?, &stage.cast.book);
    places.push(format!("/v1/campaigns/{campaign}/pledges"));
    places.push(format!("/v1/campaigns/{campaign}/totals"));
    places.push(format!("/v1/books/{book}/journal-entries"));
    let mut told = String::new();
    for place in &places {
        told += &stage.cast.treasurer.get(place).await?.ok()?.to_string();
        told += "\n";
    }
    let days = format!("&from={}&to={}", day(1, 1), day(1, 31));
    for (format, days) in [("hledger", &*days), ("beancount", &days), ("csv", &days), ("jsonl", "")] {
        let path = format!("/v1/books/{book}/export?format={format}{days}");
        let exported = stage.cast.treasurer.download(&path).await?;
        ensure!(!exported.contains("Named"), "an export names a donor: {exported}");
        told += &exported;
    }
    ensure!(told.contains("Named public") && told.contains("Named host_only"), "the host sees those: {told}");
    ensure!(
        !told.contains("Named anonymous") && !told.contains("@donors.example") && !told.contains("donor-public"),
        "{told}"
    );
    let stranger = stage.cast.stranger.get(&format!("/v1/campaigns/{campaign}/pledges")).await?;
    ensure!(stranger.status == 404, "{stranger:?}");
    stage.app.finish().await
}
