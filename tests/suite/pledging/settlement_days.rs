//! The files of a partner's days: what they show is what moved in the ledger, to the cent, on every day of a story.

use crate::statement_files::send;
use anyhow::{Context as _, ensure};
use api::demo::cast::{TERMS, organisation, usd};
use api::demo::client::{Client, text};
use jiff::ToSpan as _;
use serde_json::{Value, json};
use tests::{Stage, day, monthly, once};

type Outcome = anyhow::Result<()>;

/// The reference of a pledge as somebody sends it who hopes for a spreadsheet.
const HOSTILE: &str = "=HYPERLINK(\"x\";\"a,b\")";

/// What moved on a day on the accounts of custodians, but for what they paid over, in minor units.
async fn moved(stage: &Stage, on: jiff::civil::Date) -> anyhow::Result<i64> {
    let is_theirs = |side: &str| {
        format!("({side}.code ~ '^assets:(cash|receivable):' AND {side}.code !~ '^assets:receivable:(team|clawback):')")
    };
    let query = format!(
        "SELECT coalesce(sum(t.amount * ({}::int - {}::int)), 0)::bigint
           FROM transfer t
           JOIN movement_kind k ON k.kind = t.kind AND k.name <> 'receivable_settled'
           JOIN account d ON d.book_id = t.book_id AND d.number = t.debit
           JOIN account c ON c.book_id = t.book_id AND c.number = t.credit
          WHERE t.effective = '{on}'",
        is_theirs("d"),
        is_theirs("c"),
    );
    stage.app.count(&query).await
}

fn minor(balance: &Value) -> anyhow::Result<i64> {
    let written = text(balance, "/amount")?;
    let (sign, digits) = written.strip_prefix('-').map_or((1, written), |digits| (-1, digits));
    Ok(sign * digits.replace('.', "").parse::<i64>()?)
}

/// Pledges that are charged on the first day: plain, by the partner itself, taken back by a bank, and one with a hostile name.
async fn gifts(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    let body = json!({
        "book": stage.cast.book, "slug": "open-kiln", "title": "Open kiln", "terms": TERMS, "monthly_goal": usd("1000.00"),
        "fees": [{"to": "processor", "percent": "2.9", "fixed": usd("0.30")}, {"to": "host", "percent": "5"}],
    });
    let made = stage.cast.treasurer.post("/v1/campaigns", &body).await?.ok()?;
    let publish = format!("/v1/campaigns/{}:publish", text(&made, "/id")?);
    let campaign = stage.cast.treasurer.post(&publish, &json!({})).await?.ok()?;
    let mut pledges = Vec::new();
    for (reference, amount, token) in [
        ("plain", "100.00", "sandbox_ok"),
        (HOSTILE, "20.00", "sandbox_ok"),
        ("won", "50.00", "sandbox_disputed_won"),
        ("lost", "30.00", "sandbox_disputed_lost"),
        ("own", "40.00", ""),
    ] {
        let mut body = once(&campaign, "some", amount, day(1, 1), token)?;
        (body["reference"], body["rail"]) =
            (json!(reference), json!(if token.is_empty() { "partner" } else { "sandbox" }));
        pledges.push(stage.pledge(&campaign, &body).await?);
    }
    Ok(pledges)
}

/// The day by pages of two, which name every line once, and the table of it.
async fn read(by: &Client, path: &str) -> anyhow::Result<(Value, Vec<Value>, String)> {
    let day = by.get(path).await?.ok()?;
    let separator = if path.contains('?') { '&' } else { '?' };
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = by.get(&format!("{path}{separator}limit=2{cursor}")).await?.ok()?;
        ensure!(page["totals"] == day["totals"], "the totals are those of the day on each page: {page}");
        lines.extend(page["items"].as_array().context("items")?.clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let file = path.split_once('?').map_or(format!("{path}/file"), |(path, query)| format!("{path}/file?{query}"));
    Ok((day, lines, by.download(&file).await?))
}

#[tokio::test]
async fn p15_8_the_file_of_every_day_comes_to_what_moved_in_the_ledger() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let pledges = gifts(&stage).await?;
    cast.advance(day(1, 1)).await?;
    let own = stage.charge(&pledges[4], 1).await?;
    let own = format!("/v1/charges/{}", text(&own, "/id")?);
    let report = json!({"event_id": "evt-1", "provider_reference": "pay-1"});
    cast.partner.post(&format!("{own}:capture"), &report).await?.ok()?;
    // The partner has paid its own one over in two parts: it stays in the file of its day.
    for (reference, part, missing) in [("out-1", "30.00", true), ("out-2", "8.54", false)] {
        let mut paid = json!({"book": cast.book, "reference": reference, "date": day(1, 1), "amount": usd(part),
                              "lines": [{"charge": own.rsplit('/').next(), "amount": part}]});
        if missing {
            (paid["accept_difference"], paid["reason"]) = (json!(true), json!("the rest comes later"));
        }
        cast.partner.post("/v1/settlements", &paid).await?.ok()?;
    }
    cast.advance(day(1, 3)).await?;
    let plain = stage.charge(&pledges[0], 1).await?;
    let refund = format!("/v1/charges/{}:refund", text(&plain, "/id")?);
    cast.treasurer.post(&refund, &json!({"amount": usd("25.00"), "reason": "A mistake"})).await?.ok()?;
    cast.idle().await?;
    cast.advance(day(1, 20)).await?;

    let mut kinds = Vec::new();
    let mut on = day(1, 1);
    while on <= day(1, 20) {
        let path = format!("/v1/books/{}/settlement-days/{on}", cast.book);
        let (shown, lines, table) = read(&cast.partner, &path).await?;
        let nets: Vec<i64> = lines.iter().map(|line| minor(&line["net"])).collect::<Result<_, _>>()?;
        let totals = shown["totals"].as_array().context("totals")?;
        ensure!(totals.len() == 1 && totals[0]["custodian"] == cast.platform.as_str(), "{shown}");
        let total = minor(&totals[0]["net"])?;
        let moved = moved(&stage, on).await?;
        ensure!(nets.iter().sum::<i64>() == total && total == moved, "{on}: {moved} moved, {shown}");
        ensure!(totals[0]["lines"] == lines.len() && table.matches("\r\n").count() == lines.len() + 1, "{table}");
        for line in &lines {
            ensure!(table.contains(&format!(",{},", text(line, "/id")?)), "{table}");
            kinds.push(text(line, "/kind")?.to_owned());
        }
        on = on.checked_add(1.day())?;
    }
    let promised = kinds.iter().filter(|kind| *kind == "pledge").count();
    ensure!(promised <= 5, "the pledges stand in the days on which they were made: {kinds:?}");
    kinds.retain(|kind| kind != "pledge");
    kinds.sort_unstable();
    let expected = ["charge", "charge", "charge", "charge", "charge", "dispute", "dispute", "dispute_won", "refund"];
    ensure!(kinds == expected, "{kinds:?}");
    the_first_day(&stage).await?;
    who_may_see_it(&stage).await?;
    stage.app.finish().await
}

/// An amount with a fee, a name that is no formula, and a day on which nothing was.
async fn the_first_day(stage: &Stage) -> Outcome {
    let path = |on| format!("/v1/books/{}/settlement-days/{on}", stage.cast.book);
    let (shown, lines, table) = read(&stage.cast.partner, &path(day(1, 1))).await?;
    let plain = |line: &&Value| line["reference"] == "plain" && line["kind"] == "charge";
    let plain = lines.iter().find(plain).context("the plain one")?;
    let net = ["gross", "fee", "net"].map(|field| plain[field]["amount"].as_str());
    ensure!(net == [Some("100.00"), Some("3.20"), Some("96.80")], "{plain}");
    ensure!(shown["totals"][0]["charges"] == usd("240.00"), "{shown}");
    ensure!(lines.iter().any(|line| line["reference"] == HOSTILE), "JSON has it as it was sent");
    ensure!(table.contains(",\"'=HYPERLINK(\"\"x\"\";\"\"a,b\"\")\","), "{table}");
    let (empty, none, table) = read(&stage.cast.partner, &path(day(1, 2))).await?;
    ensure!(
        none.is_empty() && empty["totals"][0]["net"] == usd("0.00") && table.lines().count() == 1,
        "{empty} {table}"
    );
    Ok(())
}

async fn who_may_see_it(stage: &Stage) -> Outcome {
    let cast = &stage.cast;
    let path = format!("/v1/books/{}/settlement-days/{}", cast.book, day(1, 1));
    let named = format!("{path}?partner={}", cast.platform);
    ensure!(read(&cast.treasurer, &named).await? == read(&cast.partner, &path).await?, "the host sees the same");
    let other = organisation(&cast.operator, "Fans of Closed Machines", "partner_platform").await?;
    let ahead = format!("/v1/books/{}/settlement-days/{}", cast.book, day(2, 1));
    for (who, path, status, pointer) in [
        (&cast.treasurer, path.clone(), 422, json!("/partner")),
        (&cast.treasurer, format!("{path}?partner=org_1"), 422, json!("/partner")),
        (&cast.partner, format!("{path}?partner={other}"), 404, json!(null)),
        (&cast.partner, ahead, 422, json!("/day")),
        (&cast.stranger, named.clone(), 404, json!(null)),
        (&cast.reviewers[0], named, 403, json!(null)),
    ] {
        for path in [path.clone(), path.replace(&format!("{}", day(1, 1)), &format!("{}/file", day(1, 1)))] {
            let answer = who.get(&path).await?;
            ensure!(answer.status == status && answer.body["errors"][0]["pointer"] == pointer, "{path}: {answer:?}");
        }
    }
    let foreign = cast.treasurer.get(&format!("{path}?partner={other}")).await?.ok()?;
    ensure!(foreign["items"] == json!([]), "{foreign}");
    Ok(())
}

/// A partner's list of a day is sent, and the differences that were kept are read.
async fn compare(
    stage: &Stage,
    on: jiff::civil::Date,
    query: &str,
    list: &str,
    key: &str,
) -> anyhow::Result<(Value, Vec<Value>)> {
    let path = format!("/v1/books/{}/settlement-days/{on}/comparisons{query}", stage.cast.book);
    let (status, compared) = send(&stage.cast.partner, &path, "text/csv", list.as_bytes().to_vec(), key).await?;
    ensure!(status == 201, "{status} {compared}");
    let differences = format!("/v1/settlement-comparisons/{}/differences", text(&compared, "/id")?);
    let told = stage.cast.partner.all(&differences).await?;
    ensure!(stage.cast.treasurer.all(&differences).await? == told, "people of the host read them too");
    Ok((compared, told))
}

fn words(told: &[Value]) -> Vec<&str> {
    told.iter().filter_map(|it| it["difference"].as_str()).collect()
}

#[tokio::test]
async fn p15_8_a_partners_own_list_of_a_day_is_compared_line_by_line_and_posts_nothing() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let pledges = gifts(&stage).await?;
    let on = day(1, 1);
    cast.advance(on).await?;
    cast.idle().await?;
    let path = format!("/v1/books/{}/settlement-days/{on}", cast.book);
    let entries = stage.app.count("SELECT count(*) FROM transfer").await?;
    let table = cast.partner.download(&format!("{path}/file")).await?;
    let (same, none) = compare(&stage, on, "", &table, "same").await?;
    ensure!(none.is_empty() && same["differences"] == 0 && same["matched"] == same["our_lines"], "{same}");
    let (again, _) = compare(&stage, on, "", &table, "same").await?;
    ensure!(again == same, "the same key is the same comparison");

    // One figure is another, one line is missing, one twice, one unreadable, and one of nothing here.
    let mut rows: Vec<String> = table.split_inclusive("\r\n").map(str::to_owned).collect();
    let plain = rows.iter().position(|row| row.contains(",plain,") && row.contains(",charge,")).context("plain")?;
    rows[plain] = rows[plain].replace(",100.00,3.20,96.80,", ",100.00,3.30,96.70,");
    let lost = rows.iter().position(|row| row.contains(",lost,") && row.contains(",charge,")).context("lost")?;
    rows.remove(lost);
    let won = rows.iter().find(|row| row.contains(",won,") && row.contains(",charge,")).context("won")?.clone();
    rows.push(won);
    rows.push(format!("{on},charge,chg_other,,,,5.00,0.00,5.00,USD,,nobody,,,\r\n"));
    rows.push(format!("{on},charge,chg_odd,,,,five,0.00,5.00,USD,,nobody,,,\r\n"));
    let (other, told) = compare(&stage, on, "", &rows.concat(), "other").await?;
    let found = words(&told);
    ensure!(
        found == ["unreadable", "fee", "not_theirs", "duplicate", "not_ours"]
            || found == ["unreadable", "not_theirs", "fee", "duplicate", "not_ours"],
        "{told:#?}"
    );
    let of = |word: &str| told.iter().find(|it| it["difference"] == word).cloned().unwrap_or_default();
    let lines = rows.concat().matches("\r\n").count();
    ensure!(of("unreadable")["line"] == lines && of("unreadable")["column"] == "gross", "{told:#?}");
    ensure!(of("fee")["ours"]["fee"] == usd("3.20") && of("fee")["theirs"]["fee"] == usd("3.30"), "{told:#?}");
    ensure!(of("not_ours")["reference"] == "chg_other" && of("not_ours")["ours"].is_null(), "{told:#?}");
    ensure!(other["totals"][0]["ours"]["gross"] == usd("200.00"), "{other}");
    // The list of another make: by the provider's name alone, in cents with a comma.
    let charge = stage.charge(&pledges[0], 1).await?;
    let mapped = format!("Zahlung;Betrag\n{};100,00 \n", text(&charge, "/provider_reference")?);
    let query = "?delimiter=semicolon&decimal=comma&column_provider_reference=Zahlung&column_gross=Betrag";
    let (mapped, _) = compare(&stage, on, query, &mapped, "mapped").await?;
    ensure!(mapped["matched"] == 1 && mapped["their_lines"] == 1, "{mapped}");
    ensure!(stage.app.count("SELECT count(*) FROM transfer").await? == entries, "nothing was posted");
    in_json(&stage, on, &path, &rows.concat(), &told).await?;
    let kept = cast.treasurer.all(&format!("{path}/comparisons?partner={}", cast.platform)).await?;
    ensure!(kept.len() == 5, "{kept:?}");
    who_may_compare(&stage, &path, text(&same, "/id")?).await?;
    stage.app.finish().await
}

/// A line of our day as an object with our words, from the same day in pages.
fn object(on: jiff::civil::Date, line: &Value) -> Value {
    let amount = |name: &str| line[name]["amount"].clone();
    json!({
        "day": on, "kind": line["kind"], "id": line["id"], "charge": line["charge"], "pledge": line["pledge"],
        "custodian": line["custodian"], "gross": amount("gross"), "fee": amount("fee"), "net": amount("net"),
        "currency": line["gross"]["currency"], "entry": line["entry"].to_string(), "reference": line["reference"],
        "provider_reference": line["provider_reference"], "promised": amount("promised"), "turn": line["turn"],
    })
}

/// The same lists as arrays of objects: our own differs in nothing, and the other one in the same lines.
async fn in_json(stage: &Stage, on: jiff::civil::Date, path: &str, table: &str, told: &[Value]) -> Outcome {
    let partner = &stage.cast.partner;
    let comparisons = format!("{path}/comparisons");
    let lines: Vec<Value> = partner.all(path).await?.iter().map(|line| object(on, line)).collect();
    let (status, same) = send_json(partner, &comparisons, &json!(lines), "objects").await?;
    ensure!(status == 201 && same["differences"] == 0 && same["matched"] == lines.len(), "{status} {same}");
    let (_, again) = send_json(partner, &comparisons, &json!(lines), "objects").await?;
    ensure!(again == same, "the same key is the same comparison");

    // What the other table says, row by row.
    let mut others = Vec::new();
    for row in table.split("\r\n").skip(1).filter(|row| !row.is_empty()) {
        let whole = lines.iter().find(|line| line["id"].as_str().is_some_and(|id| row.contains(&format!(",{id},"))));
        let mut other = whole.cloned().unwrap_or(json!({"kind": "charge", "reference": "nobody"}));
        let cells: Vec<&str> = row.split(',').collect();
        if !row.contains('"') {
            for (place, word) in [(2, "id"), (6, "gross"), (7, "fee"), (8, "net")] {
                other[word] = json!(cells[place]);
            }
        }
        others.push(other);
    }
    let (status, other) = send_json(partner, &comparisons, &json!(others), "other objects").await?;
    let differences = format!("/v1/settlement-comparisons/{}/differences", text(&other, "/id")?);
    let found = partner.all(&differences).await?;
    ensure!(status == 201 && words(&found) == words(told), "{found:#?} {told:#?}");
    let unreadable = found.iter().find(|it| it["difference"] == "unreadable").context("unreadable")?;
    ensure!(unreadable["line"] == others.len() && unreadable["column"] == "gross", "{unreadable}");

    // What is no array of such objects is refused whole, with each field that is wrong.
    let charge = || json!({"id": "chg_1", "gross": "5.00"});
    let long = json!({"id": "x".repeat(202), "reference": "y".repeat(202), "gross": "5.00"});
    for (query, body, pointers) in [
        ("", json!({"lines": []}), vec![""]),
        ("", json!([charge(), 7]), vec!["/1"]),
        ("", json!([charge(), {"gross": 5.0, "fee": true}]), vec!["/1/gross", "/1/fee"]),
        ("", json!([{"id": "chg_1", "brutto": "5.00"}]), vec!["/0/brutto"]),
        ("", json!([charge(), long]), vec!["/1/id", "/1/reference"]),
        ("", json!([{"id": "a\u{0}b", "gross": "5.00"}]), vec!["/0/id"]),
        ("", json!(vec![json!({}); 50_001]), vec![""]),
        ("?column_gross=Betrag", json!([charge()]), vec!["/column_gross"]),
        ("?decimal=comma", json!([charge()]), vec!["/decimal"]),
    ] {
        let (status, refused) = send_json(partner, &format!("{comparisons}{query}"), &body, "refused").await?;
        let named: Vec<&str> =
            refused["errors"].as_array().into_iter().flatten().filter_map(|it| it["pointer"].as_str()).collect();
        ensure!(
            status == 422 && pointers.iter().all(|pointer| named.contains(pointer)),
            "{pointers:?}: {status} {refused}"
        );
    }
    let (status, broken) = send(partner, &comparisons, "application/json", b"[{".to_vec(), "broken").await?;
    ensure!(status == 400 && broken["type"] == "/problems/malformed-json", "{status} {broken}");
    Ok(())
}

async fn send_json(by: &Client, path: &str, body: &Value, key: &str) -> anyhow::Result<(u16, Value)> {
    send(by, path, "application/json", serde_json::to_vec(body)?, key).await
}

async fn who_may_compare(stage: &Stage, path: &str, id: &str) -> Outcome {
    let cast = &stage.cast;
    let comparisons = format!("{path}/comparisons");
    let list = || b"id,gross\n".to_vec();
    for (who, status) in [(&cast.treasurer, 403), (&cast.stranger, 403)] {
        let (refused, body) = send(who, &comparisons, "text/csv", list(), "who").await?;
        ensure!(refused == status, "{body}");
    }
    let (empty, body) = send(&cast.partner, &comparisons, "text/csv", Vec::new(), "empty").await?;
    ensure!(empty == 422, "{body}");
    let (typed, body) = send(&cast.partner, &comparisons, "application/xml", list(), "typed").await?;
    ensure!(typed == 415, "{body}");
    let (columns, body) = send(&cast.partner, &comparisons, "text/csv", b"a,b\n".to_vec(), "columns").await?;
    ensure!(columns == 422 && body["detail"].as_str().is_some_and(|detail| detail.contains("line 1")), "{body}");
    let shown = format!("/v1/settlement-comparisons/{id}");
    ensure!(cast.stranger.get(&shown).await?.status == 404 && cast.reviewers[0].get(&shown).await?.status == 403);
    Ok(())
}

#[tokio::test]
async fn p15_8_the_day_says_what_was_promised_changed_and_ended_on_it() -> Outcome {
    let stage = Stage::set().await?;
    let cast = &stage.cast;
    let campaign = stage.campaign().await?;
    let plan = stage.pledge(&campaign, &monthly(&campaign, "plan", "30.00", day(1, 31), 12, "sandbox_ok")?).await?;
    let id = text(&plan, "/id")?;
    let book = cast.treasurer.get(&format!("/v1/books/{}", cast.book)).await?.ok()?;
    cast.advance(day(1, 5)).await?;
    let change = json!({"amount": usd("20.00")});
    cast.partner.post(&format!("/v1/pledges/{id}:change"), &change).await?.ok()?;
    cast.advance(day(1, 6)).await?;
    cast.partner.post(&format!("/v1/pledges/{id}:cancel"), &json!({})).await?.ok()?;
    let mut turns = Vec::new();
    for on in [day(1, 5), day(1, 6)] {
        let path = format!("/v1/books/{}/settlement-days/{on}", cast.book);
        let (shown, lines, table) = read(&cast.partner, &path).await?;
        ensure!(
            shown["totals"][0]["net"] == usd("0.00") && lines.iter().all(|line| line["kind"] == "pledge"),
            "{shown}"
        );
        for line in lines {
            ensure!(line["id"] == id && line["charge"] == "" && table.contains(",20.00,"), "{line} {table}");
            turns.push(format!("{on} {} {}", text(&line, "/turn")?, text(&line, "/promised/amount")?));
        }
    }
    ensure!(turns == ["2027-01-05 changed 20.00", "2027-01-06 ended 20.00"], "{turns:?} {book}");
    let made = "SELECT count(*) FROM pledge_turn WHERE turn = 'made' AND amount = 3000";
    ensure!(stage.app.count(made).await? == 1);
    stage.app.finish().await
}
