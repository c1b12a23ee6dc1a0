//! Books over HTTP: who may do and read what, and that the reports, the statement and the export tell the same story.

mod batches;
mod mirrors;
mod records;
mod sums;
mod units;

use crate::host::{Host, new_book};
use anyhow::{Context as _, ensure};
use api::demo::cast::give_role;
use api::demo::client::{Answer, Client, text};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tests::balances_of_hledger;

type Outcome = anyhow::Result<()>;

/// An account of the book, with or without a floor.
async fn account(host: &Host, code: &str, class: &str, floor: Option<&str>) -> anyhow::Result<Answer> {
    let body = json!({"code": code, "class": class, "currency": "USD", "floor": floor});
    host.treasurer.post(&host.at("/accounts"), &body).await
}

/// Accounts and three entries: 100.00 paid in, 40.00 earned, 15.50 of rent, the last with effect a month earlier.
async fn keep(host: &Host) -> Outcome {
    for (code, class, floor) in [
        ("assets:bank", "asset", Some("0.00")),
        ("equity:own", "equity", None),
        ("income:boards", "income", None),
        ("expenses:rent", "expense", None),
    ] {
        ensure!(account(host, code, class, floor).await?.status == 201, "{code}");
    }
    for (debit, credit, amount, day) in [
        ("assets:bank", "equity:own", "100.00", "2027-02-01"),
        ("assets:bank", "income:boards", "40.00", "2027-02-10"),
        ("expenses:rent", "assets:bank", "15.50", "2027-01-31"),
    ] {
        let entry = entry(debit, credit, amount, day);
        host.treasurer.post(&host.at("/journal-entries"), &entry).await?.ok()?;
    }
    Ok(())
}

fn entry(debit: &str, credit: &str, amount: &str, day: &str) -> Value {
    let amount = json!({"amount": amount, "currency": "USD"});
    json!({"lines": [{"debit": debit, "credit": credit, "amount": amount}], "effective": day, "memo": "Kept by hand"})
}

fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    assert_eq!(answer.body["type"], format!("/problems/{code}"), "{}", answer.body);
}

/// The export as text.
async fn export(host: &Host) -> anyhow::Result<String> {
    let token = host.treasurer.access_token().await?.context("a token")?;
    let url = format!("{}{}", host.app.base_url(), host.at("/export?format=hledger"));
    let http = tests::http().build()?;
    let answer = http.get(url).bearer_auth(token).send().await?.error_for_status()?;
    ensure!(answer.headers()["content-type"] == "text/plain; charset=utf-8");
    ensure!(answer.headers()["content-disposition"].to_str()?.ends_with(".journal\""));
    Ok(answer.text().await?)
}

#[tokio::test]
async fn an_account_begins_with_nothing_so_that_no_floor_is_above_it() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    for floor in ["0.01", "0000000009000", "9999999999.00"] {
        let answer = account(&host, "assets:bank", "asset", Some(floor)).await?;
        ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == "/floor", "{floor}: {}", answer.body);
    }
    for (code, floor) in [("assets:bank", "0.00"), ("assets:till", "-5.00")] {
        ensure!(account(&host, code, "asset", Some(floor)).await?.status == 201, "{code}");
    }
    host.app.finish().await
}

#[tokio::test]
async fn what_is_posted_is_in_every_report_the_statement_and_the_export() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let get = async |rest: &str| host.treasurer.get(&host.at(rest)).await?.ok();

    let trial = host.treasurer.all(&host.at("/reports/trial-balance")).await?;
    let rows: Vec<_> =
        trial.iter().map(|row| (&row["code"], &row["debit"]["amount"], &row["credit"]["amount"])).collect();
    let told = [
        ("assets:bank", "124.50", "0.00"),
        ("equity:own", "0.00", "100.00"),
        ("expenses:rent", "15.50", "0.00"),
        ("income:boards", "0.00", "40.00"),
    ];
    assert_eq!(json!(rows), json!(told));
    let early = host.treasurer.all(&host.at("/reports/trial-balance?as_of=2027-01-31")).await?;
    assert_eq!(early.len(), 2, "the rent was paid in January, whenever it was recorded");
    let page = get("/reports/trial-balance?limit=3").await?;
    assert_eq!(page["items"].as_array().map(Vec::len), Some(3));
    let rest = get(&format!("/reports/trial-balance?limit=3&cursor={}", text(&page, "/next_cursor")?)).await?;
    assert_eq!((&rest["items"][0]["code"], &rest["through"]), (&json!("income:boards"), &page["through"]));

    let sheet = get("/reports/balance-sheet").await?;
    assert_eq!(sheet["totals"][0]["assets"], json!({"amount": "124.50", "currency": "USD"}));
    assert_eq!(sheet["totals"][0]["result"]["amount"], "24.50");
    let income = get("/reports/income-statement?from=2027-02-01&to=2027-02-28").await?;
    assert_eq!(income["totals"][0]["result"]["amount"], "40.00");
    assert_eq!(get("/reports/funds").await?["items"], json!([]));

    let statement = get("/accounts/assets:bank/statement?from=2027-02-01&to=2027-02-28").await?;
    assert_eq!(
        (&statement["opening"]["amount"], &statement["closing"]["amount"]),
        (&json!("-15.50"), &json!("124.50"))
    );
    assert_eq!(statement["items"][1]["balance"]["amount"], "124.50");
    let first = get("/accounts/assets:bank/statement?limit=2").await?;
    let second = get(&format!("/accounts/assets:bank/statement?cursor={}", text(&first, "/next_cursor")?)).await?;
    assert_eq!((&first["closing"], &second["next_cursor"]), (&second["opening"], &Value::Null));

    let entries = host.treasurer.all(&host.at("/journal-entries")).await?;
    assert_eq!(entries.len(), 3);
    assert_eq!(get("/journal-entries/3").await?, entries[2]);
    assert_eq!(entries[2]["lines"][0]["credit_balance"]["amount"], "124.50");
    is(&host.treasurer.get(&host.at("/journal-entries/4")).await?, 404, "not-found");

    let journal = export(&host).await?;
    ensure!(journal.ends_with("; end: 3 entries\n"), "{journal}");
    let file = tempfile::Builder::new().suffix(".journal").tempfile()?;
    std::fs::write(file.path(), &journal)?;
    let theirs = balances_of_hledger(file.path())?;
    let theirs: Vec<_> = theirs.iter().map(|(code, balance)| (code.as_str(), balance.as_str())).collect();
    let ours = [
        ("assets:bank", "124.50 USD"),
        ("equity:own", "-100.00 USD"),
        ("expenses:rent", "15.50 USD"),
        ("income:boards", "-40.00 USD"),
    ];
    assert_eq!(theirs, ours);
    is(&host.treasurer.get(&host.at("/export?format=pdf")).await?, 422, "invalid");
    host.app.finish().await
}

#[tokio::test]
async fn a_dry_run_decides_the_same_and_writes_nothing() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let good = entry("expenses:rent", "assets:bank", "124.50", "2027-02-11");
    let short = entry("expenses:rent", "assets:bank", "124.51", "2027-02-11");
    for _ in 0..2 {
        let tried = host.treasurer.post(&host.at("/journal-entries?dry_run=true"), &good).await?;
        assert_eq!((tried.status.as_u16(), &tried.body["number"]), (200, &json!(4)));
        assert_eq!(tried.body["lines"][0]["credit_balance"]["amount"], "0.00", "as it would stand after it");
    }
    for query in ["?dry_run=true", ""] {
        let refused = host.treasurer.post(&host.at(&format!("/journal-entries{query}")), &short).await?;
        is(&refused, 409, "below-floor");
        assert_eq!(refused.body["detail"], "assets:bank would fall 0.01 USD below its floor");
    }
    let path = host.at("/journal-entries");
    let posted = host.treasurer.post_keyed(&path, &good, "rent-2").await?;
    let again = host.treasurer.post_keyed(&path, &good, "rent-2").await?;
    assert_eq!((posted.status.as_u16(), &posted.body["number"], posted.replayed), (201, &json!(4), false));
    assert_eq!((again.body, again.replayed), (posted.body, true));
    is(&host.treasurer.post_keyed(&path, &short, "rent-2").await?, 422, "idempotency-key-reused");
    let refused = host.treasurer.post_keyed(&path, &short, "rent-3").await?;
    is(&refused, 409, "below-floor");
    let repeated = host.treasurer.post_keyed(&path, &short, "rent-3").await?;
    assert_eq!((repeated.status, repeated.replayed), (refused.status, true));
    for part in ["type", "title", "detail"] {
        assert_eq!(repeated.body[part], refused.body[part], "a refusal is repeated in its first words");
    }
    assert_eq!(host.treasurer.all(&path).await?.len(), 4);
    host.app.finish().await
}

#[tokio::test]
async fn what_is_wrong_with_a_book_an_account_or_an_entry_is_named() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    is(&account(&host, "assets:bank", "asset", None).await?, 409, "account-exists");
    is(&account(&host, "liabilities:fund:x", "fund", None).await?, 409, "managed-class");
    for (code, class, floor, pointer) in [
        ("assets:Bank", "asset", None, "/code"),
        ("income:bank", "asset", None, "/code"),
        ("assets:b", "money", None, "/class"),
        ("assets:b", "asset", Some("1.001"), "/floor"),
    ] {
        let refused = account(&host, code, class, floor).await?;
        is(&refused, 422, "invalid");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer);
    }
    for (debit, amount, pointer) in
        [("assets:none", "1.00", "/lines/0/debit"), ("expenses:rent", "0.00", "/lines/0/amount/amount")]
    {
        let entry = entry(debit, "assets:bank", amount, "2027-01-01");
        let refused = host.treasurer.post(&host.at("/journal-entries"), &entry).await?;
        is(&refused, 422, "invalid");
        assert_eq!(refused.body["errors"][0]["pointer"], pointer);
    }
    let none = json!({"lines": []});
    is(&host.treasurer.post(&host.at("/journal-entries"), &none).await?, 422, "invalid");
    let nowhere = json!({"zone": "Europe/Nowhere"});
    let mut wrong = new_book(&host.organisation, "sandbox", "private");
    wrong["zone"] = nowhere["zone"].clone();
    assert_eq!(host.treasurer.post("/v1/books", &wrong).await?.body["errors"][0]["pointer"], "/zone");
    is(&host.treasurer.get(&host.at("/reports/funds?as_of=2027-02-30")).await?, 422, "invalid");
    is(&host.treasurer.get(&host.at("/reports/income-statement?from=2027-02-02&to=2027-02-01")).await?, 422, "invalid");
    host.app.finish().await
}

#[tokio::test]
async fn the_account_tree_adds_up_to_the_trial_balance_over_any_pages_and_branches() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let get = async |rest: &str| host.treasurer.get(&host.at(rest)).await?.ok();
    let seen = |tree: &Value| -> Vec<Value> {
        let items = tree["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| json!([item["code"], item["accounts"], item["sums"][0]["balance"]["amount"]])).collect()
    };
    let whole = get("/account-tree").await?;
    let told = json!([
        ["assets", 1, "124.50"],
        ["assets:bank", 1, "124.50"],
        ["equity", 1, "100.00"],
        ["equity:own", 1, "100.00"],
        ["expenses", 1, "15.50"],
        ["expenses:rent", 1, "15.50"],
        ["income", 1, "40.00"],
        ["income:boards", 1, "40.00"],
    ]);
    assert_eq!(json!(seen(&whole)), told);
    assert_eq!(whole["items"][0]["sums"][0]["debit"], json!({"amount": "124.50", "currency": "USD"}));
    let mut paged = Vec::new();
    let mut next = "/account-tree?limit=3".to_owned();
    loop {
        let page = get(&next).await?;
        assert_eq!(page["through"], whole["through"]);
        paged.extend(page["items"].as_array().cloned().unwrap_or_default());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("/account-tree?limit=3&cursor={cursor}");
    }
    assert_eq!(json!(paged), whole["items"]);
    let roots = get("/account-tree?depth=1&as_of=2027-01-31").await?;
    assert_eq!(json!(seen(&roots)), json!([["assets", 1, "-15.50"], ["expenses", 1, "15.50"]]));
    let branch = get("/account-tree?under=expenses:rent&depth=2").await?;
    assert_eq!(json!(seen(&branch)), json!([["expenses:rent", 1, "15.50"]]));
    assert_eq!(get("/account-tree?under=expenses:re").await?["items"], json!([]));
    for wrong in ["under=Assets", "under=things:a", "depth=0", "depth=9", "limit=0"] {
        is(&host.treasurer.get(&host.at(&format!("/account-tree?{wrong}"))).await?, 422, "invalid");
    }
    host.app.finish().await
}

#[tokio::test]
async fn a_private_book_does_not_exist_for_strangers_members_partners_and_those_without_a_token() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let stranger = host.stranger().await?;
    let member = host.person("member@sawmill.example", "member").await?;
    let auditor = host.person("auditor@sawmill.example", "auditor").await?;
    let partner = json!({"name": "Fans", "kind": "partner_platform"});
    let partner = host.operator.post("/v1/organisations", &partner).await?.ok()?;
    let platform = text(&partner, "/id")?;
    let admit = json!({"organisation": platform});
    assert_eq!(host.treasurer.post(&host.at("/partners"), &admit).await?.status, 201);
    assert_eq!(host.treasurer.post(&host.at("/partners"), &admit).await?.status, 200);
    let itself = json!({"organisation": host.organisation});
    is(&host.treasurer.post(&host.at("/partners"), &itself).await?, 409, "no-partner-platform");
    let credential = json!({"name": "fans", "mode": "sandbox", "scopes": ["pledges:write"]});
    let credential = host.operator.post(&format!("/v1/partners/{platform}/credentials"), &credential).await?.ok()?;
    let partner = Client::partner(host.app.base_url(), text(&credential, "/id")?, text(&credential, "/secret")?)?;

    let reads = [
        "",
        "/accounts",
        "/accounts/assets:bank/statement",
        "/journal-entries",
        "/journal-entries/1",
        "/account-tree",
        "/reports/trial-balance",
        "/reports/balance-sheet",
        "/reports/income-statement?from=2027-01-01&to=2027-12-31",
        "/reports/funds",
        "/export?format=hledger",
    ];
    for read in reads {
        for client in [&stranger, &member, &partner, &host.app.nobody()?] {
            is(&client.get(&host.at(read)).await?, 404, "not-found");
        }
        for client in [&auditor, &host.operator] {
            assert_eq!(client.get(&host.at(read)).await?.status, 200, "{read}");
        }
    }
    let to = json!({"to": "2027-06-01T00:00:00Z"});
    let posting = entry("assets:bank", "equity:own", "1.00", "2027-02-01");
    for (rest, body) in [("/clock:advance", &to), ("/journal-entries", &posting), ("/partners", &admit)] {
        is(&stranger.post(&host.at(rest), body).await?, 404, "not-found");
        is(&auditor.post(&host.at(rest), body).await?, 403, "forbidden");
        is(&partner.post(&host.at(rest), body).await?, 403, "forbidden");
        is(&host.app.nobody()?.post(&host.at(rest), body).await?, 401, "unauthorized");
    }
    for (client, books) in [(&stranger, 0), (&member, 0), (&partner, 0), (&auditor, 1), (&host.operator, 1)] {
        assert_eq!(client.all("/v1/books").await?.len(), books);
    }
    // The right number with another book's identifier is no book either.
    let other = host.treasurer.post("/v1/books", &new_book(&host.organisation, "sandbox", "private")).await?.ok()?;
    let (mine, other) = (host.at(""), text(&other, "/id")?);
    let mixed = format!("{}{}", &mine[..mine.len() - 20], &other[other.len() - 20..]);
    is(&host.treasurer.get(&mixed).await?, 404, "not-found");
    host.app.finish().await
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on_and_no_longer_however_many_ask_at_once() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let second = Arc::new(host.person("second@sawmill.example", "auditor").await?);
    let entries = host.at("/journal-entries");
    let posting = entry("assets:bank", "equity:own", "1.00", "2027-02-01");
    let done = Arc::new(AtomicBool::new(false));
    // Some always ask, so that a query is nearly always on its way that began before the role was changed.
    let crowd: Vec<_> = (0..6)
        .map(|_| {
            let (second, entries, posting, done) = (second.clone(), entries.clone(), posting.clone(), done.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let status = second.post(&entries, &posting).await?.status;
                    ensure!(status == 201 || status == 403, "{status}");
                }
                Ok(())
            })
        })
        .collect();
    let memberships = format!("/v1/organisations/{}/memberships", host.organisation);
    for _ in 0..10 {
        is(&second.post(&entries, &posting).await?, 403, "forbidden");
        let person = give_role(&host.operator, &host.organisation, &second, "treasurer").await?;
        assert_eq!(second.post(&entries, &posting).await?.status, 201);
        let taken = format!("{memberships}/{person}/treasurer");
        assert_eq!(host.operator.send(Method::DELETE, &taken, None, &[]).await?.status, 204);
    }
    done.store(true, Ordering::Relaxed);
    for one in crowd {
        one.await??;
    }
    host.app.finish().await
}

#[tokio::test]
async fn the_longest_code_is_one_and_a_code_with_nul_is_none() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    keep(&host).await?;
    let long = |unit: &str| format!("equity{}:{unit}{}", format!(":{}", "x".repeat(80)).repeat(6), "x".repeat(77));
    for unit in ["usd", "eur"] {
        let account = json!({"code": long(unit), "class": "exchange", "currency": unit.to_uppercase()});
        assert_eq!(host.treasurer.post(&host.at("/accounts"), &account).await?.status, 201);
    }
    let posted = entry("assets:bank", &long("usd"), "10.00", "2026-01-05");
    assert_eq!(host.treasurer.post(&host.at("/journal-entries"), &posted).await?.status, 201);
    let result = |account: &str| json!({"account": account, "against": long("eur"), "rate": "1", "date": "2026-01-05"});
    assert_eq!(host.treasurer.post(&host.at("/exchange-results"), &result(&long("usd"))).await?.status, 201);

    let nul = "assets:bank\0";
    let hold = json!({"account": nul, "amount": {"amount": "1.00", "currency": "USD"}});
    let account = json!({"code": "assets:x", "class": "asset", "currency": "USD\0"});
    for (path, body) in [
        ("/exchange-results", result(nul)),
        ("/journal-entries", entry(nul, "equity:own", "1.00", "2027-02-01")),
        ("/holds", hold),
        ("/accounts", account),
    ] {
        is(&host.treasurer.post(&host.at(path), &body).await?, 422, "invalid");
    }
    for path in ["/accounts/assets:bank%00/balance", "/accounts/assets:bank%00/statement", "/units/HOURS%00"] {
        is(&host.treasurer.get(&host.at(path)).await?, 404, "not-found");
    }
    host.app.finish().await
}

#[tokio::test]
async fn a_public_book_is_read_by_everybody_and_kept_by_its_own() -> Outcome {
    let host = Host::open("Sawmill", "public").await?;
    keep(&host).await?;
    let nobody = host.app.nobody()?;
    for read in
        ["", "/accounts", "/account-tree", "/journal-entries", "/reports/balance-sheet", "/export?format=hledger"]
    {
        assert_eq!(nobody.get(&host.at(read)).await?.status, 200, "{read}");
    }
    assert_eq!(nobody.all("/v1/books").await?.len(), 1);
    assert_eq!(nobody.get(&host.at("")).await?.etag.as_deref(), Some("\"v1\""));
    let stranger = host.stranger().await?;
    is(
        &stranger
            .post(&host.at("/accounts"), &json!({"code": "assets:x", "class": "asset", "currency": "USD"}))
            .await?,
        404,
        "not-found",
    );
    is(&nobody.get(&host.at("/jobs")).await?, 401, "unauthorized");

    let owner = migrations::connect(&host.app.database_url().parse()?).await?;
    let member = "SELECT account_open(number, 'liabilities:member:a', 15::smallint, 'USD', NULL, now()) FROM book";
    owner.execute(member, &[]).await?;
    let tree = "/account-tree?depth=1";
    for read in ["/accounts", tree, "/journal-entries", "/reports/trial-balance", "/export?format=hledger"] {
        is(&nobody.get(&host.at(read)).await?, 403, "forbidden");
        assert_eq!(host.treasurer.get(&host.at(read)).await?.status, 200, "its own people see accounts of persons");
    }
    assert_eq!(nobody.get(&host.at("/reports/funds")).await?.status, 200);
    host.app.finish().await
}

#[tokio::test]
async fn only_operators_open_live_books_and_only_sandbox_clocks_move_and_only_forward() -> Outcome {
    let host = Host::open("Sawmill", "private").await?;
    let live = new_book(&host.organisation, "live", "private");
    is(&host.treasurer.post("/v1/books", &live).await?, 403, "forbidden");
    let live = host.operator.post("/v1/books", &live).await?.ok()?;
    let to = |day: &str| json!({"to": format!("{day}T12:00:00Z")});
    let path = format!("/v1/books/{}/clock:advance", text(&live, "/id")?);
    is(&host.treasurer.post(&path, &to("2099-01-01")).await?, 409, "live-clock");
    let moved = host.treasurer.post(&host.at("/clock:advance"), &to("2099-01-01")).await?.ok()?;
    ensure!(moved["clock_ahead_seconds"].as_i64() > Some(0), "{moved}");
    // Nothing was due on the way, so it is there at once.
    ensure!(moved["status"] == "ready" && moved["clock_target"].is_null(), "{moved}");
    ensure!(text(&moved, "/now")?.starts_with("2099-01-01"), "{moved}");
    is(&host.treasurer.post(&host.at("/clock:advance"), &to("2098-01-01")).await?, 409, "clock-goes-forward");
    let jobs = host.treasurer.get(&host.at("/jobs")).await?.ok()?;
    ensure!(text(&jobs, "/now")?.starts_with("2099-01-01"), "{jobs}");
    assert_eq!((&jobs["due"], &jobs["dead"], &jobs["dead_jobs"]), (&json!(0), &json!(0), &json!([])));
    is(&host.operator.post(&host.at("/jobs/job_none:requeue"), &json!({})).await?, 404, "not-found");
    host.app.finish().await
}
