//! Books that were kept elsewhere before, over HTTP: opened with what they had there, in balance, once at a time.

use super::{Coop, Outcome, is};
use anyhow::Context as _;
use api::demo::cast::{join, organisation, sandbox_book};
use api::demo::client::{Answer, Client, text};
use api::stack::programs_beside_this_one;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;
use uuid::Uuid;

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// Where a refusal points, or its type.
fn why(answer: &Answer) -> &str {
    let kind = answer.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/");
    answer.body["errors"][0]["pointer"].as_str().unwrap_or(kind)
}

fn opening(balances: &[(&str, &str)]) -> Value {
    let all: Vec<_> = balances.iter().map(|(code, amount)| json!({"account": code, "amount": usd(amount)})).collect();
    json!({"on": "2026-12-31", "balances": all, "memo": "As audited"})
}

const BALANCES: &[(&str, &str)] = &[
    ("assets:cash:bank", "10000.00"),
    ("assets:receivable:customer:cafe", "1500.00"),
    ("assets:receivable:member:2", "500.00"),
    ("liabilities:costs:steel", "1200.00"),
    ("liabilities:loan:seed", "3000.00"),
    ("liabilities:payable:member:1", "300.00"),
    ("equity:capital:member:1", "2500.00"),
    ("equity:reserve", "4000.00"),
    ("equity:development", "600.00"),
    ("equity:fund:education", "400.00"),
];

impl Coop {
    async fn opens(&self, body: &Value) -> anyhow::Result<Answer> {
        self.host.treasurer.post(&self.at("/openings"), body).await
    }

    async fn has(&self, code: &str) -> anyhow::Result<Value> {
        let accounts = self.host.treasurer.all(&self.host.at("/accounts")).await?;
        let found = accounts.into_iter().find(|account| account["code"] == code);
        Ok(found.map_or(Value::Null, |found| found["balance"]["amount"].clone()))
    }
}

#[tokio::test]
async fn a_book_is_opened_with_what_it_had_elsewhere_and_goes_on_from_there() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let opened = coop.opens(&opening(BALANCES)).await?;
    is(&opened, 201);
    assert_eq!((&opened.body["assets"], &opened.body["on"]), (&usd("12000.00"), &json!("2026-12-31")));
    for (code, amount) in BALANCES {
        assert_eq!(coop.has(code).await?, *amount, "{code}");
    }
    assert_eq!(coop.has("equity:opening").await?, "0.00", "nothing is left on it");
    let entry = format!("/v1/books/{}/journal-entries/{}", coop.host.book, opened.body["entry"]);
    let entry = keeper.get(&entry).await?.ok()?;
    assert_eq!(
        (&entry["effective"], entry["lines"].as_array().map(Vec::len)),
        (&json!("2026-12-31"), Some(BALANCES.len()))
    );

    assert_eq!(why(&coop.opens(&opening(BALANCES)).await?), "already-opened");
    // It is no result: what is shared afterwards is what was earned afterwards, and advances of before are netted.
    coop.record("sale", "1000.00", "2027-06-01").await?.ok()?;
    coop.work(2027).await?;
    let shared = coop.distribute(2027, "2028-01-17T12:00:00Z").await?;
    assert_eq!(shared["net"], usd("1000.00"));
    assert_eq!(
        shared["shares"][1]["netted"],
        usd("216.00"),
        "all of the second member's share: 500.00 had been paid before"
    );
    assert_eq!(coop.has("assets:receivable:member:2").await?, "284.00");
    // What has been used since is not taken back.
    let back = format!("/v1/openings/{}:reverse", text(&opened.body, "/id")?);
    let reason = json!({"reason": "Closed anew"});
    assert_eq!(why(&keeper.post(&back, &reason).await?), "below-floor");
    is(&coop.ada.post(&back, &reason).await?, 403);
    let listed = keeper.all(&coop.at("/openings")).await?;
    assert_eq!((listed.len(), &listed[0]), (1, &opened.body));
    assert_eq!(coop.ada.all(&coop.at("/openings")).await?, listed, "members audit it");
    coop.host.app.finish().await
}

#[tokio::test]
async fn what_waits_for_the_end_of_a_series_is_done_then_with_the_same_key() -> Outcome {
    let coop = Coop::open().await?;
    let opened = coop.opens(&opening(&[("assets:cash:bank", "10.00"), ("equity:reserve", "10.00")])).await?;
    let back = format!("/v1/openings/{}:reverse", text(&opened.body, "/id")?);
    // A redemption of thousands, in the midst of it.
    let owner = migrations::connect(&coop.host.app.database_url().parse()?).await?;
    owner
        .batch_execute(
            "SET session_replication_role = replica;
             INSERT INTO redemption (id, requested_by, approved_by, amount, entry_number, requested_at, approved_at, book_id, state, digest)
             SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 1, now(), now(), o.book_id, 'posting', sha256('') FROM opening o",
        )
        .await?;
    let (key, reason) = (Uuid::now_v7().to_string(), json!({"reason": "Closed anew"}));
    let waits = coop.host.treasurer.post_keyed(&back, &reason, &key).await?;
    assert_eq!((waits.status.as_u16(), why(&waits)), (409, "series-under-way"));
    owner.batch_execute("DELETE FROM redemption").await?;
    let done = coop.host.treasurer.post_keyed(&back, &reason, &key).await?;
    assert!(done.status == 200 && !done.replayed, "{done:?}");
    coop.host.app.finish().await
}

#[tokio::test]
async fn the_loss_with_which_a_book_is_opened_is_borne_first_and_is_no_cost_of_the_year() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let with_loss = |on: &str| {
        let mut body = opening(&[
            ("assets:cash:bank", "700.00"),
            ("expenses:loss-brought-forward", "300.00"),
            ("equity:capital:member:1", "1000.00"),
        ]);
        body["on"] = json!(on);
        body
    };
    let first = coop.opens(&with_loss("2027-03-01")).await?.ok()?;
    let back = |opened: &Value| Ok::<_, anyhow::Error>(format!("/v1/openings/{}:reverse", text(opened, "/id")?));
    let reason = json!({"reason": "On another day"});
    keeper.post(&back(&first)?, &reason).await?.ok()?;
    assert_eq!(coop.has("expenses:loss-brought-forward").await?, "0.00");
    let opened = coop.opens(&with_loss("2027-02-01")).await?.ok()?;

    // A period that ended before is none of its; the next one bears it as far as it earned something, and the one after the rest.
    let close = async |from: &str, to: &str| -> anyhow::Result<Value> {
        keeper.post(&coop.at("/results"), &json!({"from": from, "to": to})).await?.ok()
    };
    let sums = |it: &Value| ["sales", "costs", "loss_before", "net"].map(|name| it[name]["amount"].clone());
    coop.record("sale", "50.00", "2027-01-15").await?.ok()?;
    assert_eq!(sums(&close("2027-01-01", "2027-01-31").await?), ["50.00", "0.00", "0.00", "50.00"]);
    coop.record("sale", "120.00", "2027-02-15").await?.ok()?;
    assert_eq!(sums(&close("2027-02-01", "2027-06-30").await?), ["120.00", "0.00", "300.00", "-180.00"]);
    assert_eq!(why(&keeper.post(&back(&opened)?, &reason).await?), "below-floor", "120.00 of it is borne");
    coop.record("sale", "1180.00", "2027-07-15").await?.ok()?;
    assert_eq!(sums(&close("2027-07-01", "2027-12-31").await?), ["1180.00", "0.00", "180.00", "1000.00"]);
    assert_eq!(coop.has("expenses:loss-brought-forward").await?, "0.00");
    let report = keeper.get(&coop.host.at("/reports/income-statement?from=2027-01-01&to=2027-12-31")).await?.ok()?;
    assert_eq!(report["totals"][0]["result"]["amount"], "1350.00", "{report:#}");
    assert_eq!(report["totals"][0]["expenses"]["amount"], "0.00", "it was made before: {report:#}");
    coop.host.app.finish().await
}

#[tokio::test]
async fn an_opening_is_taken_back_once_by_its_mirror_and_the_book_is_opened_anew() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let first = coop.opens(&opening(BALANCES)).await?.ok()?;
    let back = format!("/v1/openings/{}:reverse", text(&first, "/id")?);
    let reason = json!({"reason": "Closed anew"});
    let reversed = keeper.post(&back, &reason).await?.ok()?;
    assert_eq!(reversed["reversal"]["reason"], "Closed anew");
    for (code, _) in BALANCES.iter().chain(&[("equity:opening", "")]) {
        assert_eq!(coop.has(code).await?, "0.00", "{code}");
    }
    assert_eq!(why(&keeper.post(&back, &reason).await?), "already-reversed");
    let small = opening(&[("assets:cash:bank", "1.00"), ("equity:reserve", "1.00")]);
    is(&coop.opens(&small).await?, 201);
    assert_eq!(keeper.all(&coop.at("/openings")).await?.len(), 2);
    coop.host.app.finish().await
}

#[tokio::test]
async fn an_opening_that_is_not_in_balance_or_names_what_it_cannot_writes_nothing() -> Outcome {
    let coop = Coop::open().await?;
    let lacking = opening(&[("assets:cash:bank", "10.00"), ("equity:reserve", "9.99")]);
    let refused = coop.opens(&lacking).await?;
    assert_eq!((refused.status.as_u16(), why(&refused)), (409, "opening-unbalanced"));
    let detail = text(&refused.body, "/detail")?;
    assert!(detail.ends_with("0.01 USD are missing among the others"), "{detail}");

    let stranger = format!("assets:cash:{}", coop.host.organisation.replace("org_a", "org_b"));
    for (code, at) in [
        ("income:sales:presses", "/balances/1/account"),
        ("equity:surplus", "/balances/1/account"),
        ("equity:opening", "/balances/1/account"),
        ("assets:cash:bank", "/balances/1/account"),
        ("equity:capital:member:7", "/balances/1/account"),
        ("equity:capital:member:01", "/balances/1/account"),
        ("liabilities:fund:press", "/balances/1/account"),
        (&stranger, "/balances/1/account"),
        ("", "/balances/1/account"),
    ] {
        let asked = opening(&[("assets:cash:bank", "1.00"), (code, "1.00")]);
        assert_eq!(why(&coop.opens(&asked).await?), at, "{code}");
    }
    let both = || vec![("assets:cash:bank", "1.00"), ("equity:reserve", "1.00")];
    for (field, value, at) in [
        ("on", json!("2028-01-02"), "/on"),
        ("on", json!("1999-01-01"), "/on"),
        ("balances", json!([]), "/balances"),
        ("balances", json!([{"account": "assets:cash:bank", "amount": usd("0.00")}]), "/balances/0/amount/amount"),
        ("balances", json!([{"account": "assets:cash:bank", "amount": usd("-1.00")}]), "/balances/0/amount/amount"),
        (
            "balances",
            json!([{"account": "equity:reserve", "amount": {"amount": "1.00", "currency": "EUR"}}]),
            "/balances/0/amount/currency",
        ),
        ("memo", json!("x".repeat(201)), "/memo"),
    ] {
        let mut asked = opening(&both());
        asked[field] = value;
        let refused = coop.opens(&asked).await?;
        assert_eq!((refused.status.as_u16(), why(&refused)), (422, at), "{asked}");
    }
    let many: Vec<_> =
        (0..1001).map(|at| json!({"account": format!("liabilities:costs:s{at}"), "amount": usd("1.00")})).collect();
    assert_eq!(why(&coop.opens(&json!({"balances": many})).await?), "/balances");
    is(&coop.ada.post(&coop.at("/openings"), &opening(&both())).await?, 403);

    coop.record("sale", "1.00", "2026-06-01").await?.ok()?;
    let period = json!({"from": "2026-01-01", "to": "2026-12-31"});
    coop.host.treasurer.post(&coop.at("/results"), &period).await?.ok()?;
    assert_eq!(why(&coop.opens(&opening(&both())).await?), "period-closed");
    assert_eq!(coop.host.app.count("SELECT count(*) FROM opening").await?, 0);
    coop.host.app.finish().await
}

/// 1,000 lines are the most: 999 debts against one asset.
#[tokio::test]
async fn the_largest_opening_is_one_entry() -> Outcome {
    let coop = Coop::open().await?;
    let mut all: Vec<_> =
        (0..999).map(|at| json!({"account": format!("liabilities:costs:s{at}"), "amount": usd("1.00")})).collect();
    all.push(json!({"account": "assets:cash:bank", "amount": usd("999.00")}));
    let opened = coop.opens(&json!({"balances": all})).await?.ok()?;
    assert_eq!(opened["assets"], usd("999.00"));
    coop.host.app.finish().await
}

/// What the command says that opens a book with an export, and whether it ended well.
async fn import(
    coop: &Coop,
    by: &Client,
    book: &str,
    (file, more): (&Path, &[&str]),
) -> anyhow::Result<(bool, String)> {
    let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
    command.args(["import", "--book", book, "--opening"]).arg(file).args(more).stdin(Stdio::null()).kill_on_drop(true);
    command.env("COMMONPURSE_URL", coop.host.app.base_url());
    command.env("COMMONPURSE_TOKEN", by.access_token().await?.context("a token")?);
    let output = command.output().await?;
    Ok((output.status.success(), String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?))
}

#[tokio::test]
async fn a_book_that_was_kept_by_another_installation_is_opened_with_its_export_once_every_digest_holds() -> Outcome {
    let coop = Coop::open().await?;
    coop.opens(&opening(BALANCES)).await?.ok()?;
    let paid = coop.line("credit", usd("1500.00"), "cafe").await?;
    coop.book(&paid, "customer_paid", "cafe").await?.ok()?;
    let export = async || coop.host.treasurer.download(&coop.host.at("/export?format=jsonl")).await;
    let (place, operator) = (tempfile::tempdir()?, &coop.host.operator);
    let file = place.path().join("book.jsonl");
    std::fs::write(&file, export().await?)?;

    // The cooperative that goes on: its members are admitted first, as accounts are theirs.
    let next = organisation(operator, "Press Makers of today", "cooperative").await?;
    let keeper = join(operator, &next, "keeper@today.example", "treasurer").await?;
    let book = sandbox_book(&keeper, &next, "Press Makers of today").await?;
    let refused = import(&coop, &keeper, &book, (&file, &[])).await?;
    assert!(!refused.0 && refused.1.contains("(assets:receivable:member:2)"), "{}", refused.1);
    for name in ["ada", "bea"] {
        let email = format!("{name}@today.example");
        join(operator, &next, &email, "member").await?;
        let member = json!({"email": email, "group": "workers", "consents": true});
        keeper.post(&format!("/v1/cooperatives/{book}/members"), &member).await?.ok()?;
    }

    // What was changed anywhere is not opened, nor what is not the export that was meant.
    let held = std::fs::read_to_string(&file)?;
    let forged = place.path().join("forged.jsonl");
    std::fs::write(&forged, held.replacen("4000.00", "9000.00", 1))?;
    let (is_well, said) = import(&coop, &keeper, &book, (&forged, &[])).await?;
    assert!(!is_well && said.contains("record "), "{said}");
    let (is_well, said) = import(&coop, &keeper, &book, (&file, &["--digest", &"0".repeat(64)])).await?;
    assert!(!is_well && said.contains("another export"), "{said}");
    let listed = format!("/v1/cooperatives/{book}/openings");
    assert_eq!(keeper.all(&listed).await?.len(), 0, "nothing was written");

    let last: Value = serde_json::from_str(held.lines().last().context("a trailer")?)?;
    let digest = ["--digest", text(&last, "/digest")?];
    let (is_well, said) = import(&coop, &keeper, &book, (&file, &[&digest[..], &["--dry-run"]].concat())).await?;
    assert!(is_well && said.contains("would be opened with 10 balances"), "{said}");
    assert_eq!(keeper.all(&listed).await?.len(), 0, "it was only tried");
    let (is_well, said) = import(&coop, &keeper, &book, (&file, &digest)).await?;
    assert!(is_well && said.contains("is opened by opn_"), "{said}");
    let (is_well, said) = import(&coop, &keeper, &book, (&file, &digest)).await?;
    assert!(!is_well && said.contains("the book was opened on"), "sent twice, it is opened once: {said}");
    assert_eq!(keeper.all(&listed).await?.len(), 1);
    let trial = async |by: &Client, book: &str, own: &str| -> anyhow::Result<Vec<(String, Value)>> {
        let accounts = by.all(&format!("/v1/books/{book}/accounts")).await?;
        let some = accounts.iter().filter(|it| it["balance"]["amount"] != "0.00");
        let named = |it: &Value| Ok((text(it, "/code")?.replace(own, "own"), it["balance"].clone()));
        some.map(named).collect()
    };
    let before = trial(&coop.host.treasurer, &coop.host.book, &coop.host.organisation).await?;
    assert_eq!(trial(&keeper, &book, &next).await?, before, "to the cent");

    // A result that is not shared out stays where it is.
    coop.record("sale", "1.00", "2027-06-01").await?.ok()?;
    std::fs::write(&file, export().await?)?;
    let (is_well, said) = import(&coop, &keeper, &book, (&file, &[])).await?;
    assert!(!is_well && said.contains("income:sales:presses 1.00"), "{said}");
    coop.host.app.finish().await
}
