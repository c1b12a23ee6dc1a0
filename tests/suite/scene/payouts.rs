//! Where payees are paid, payouts in each state that a step begins with, their runs, and lines of a bank statement.

use super::{Known, Outcome};
use anyhow::Context as _;
use api::demo::cast::{Cast, usd};
use api::demo::client::text;
use jiff::Timestamp;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::engine::posting;
use ledger::engine::store::{accounts, books};
use ledger::id::{BookRef, PayoutId};
use serde_json::{Value, json};
use tests::TestApp;

pub(crate) fn account(book: &str, currency: &str, number: &str) -> Value {
    let address = json!({"street": "3 Works Lane", "postal_code": "10027", "town": "New York", "country": "US"});
    let details = json!({
        "holder": "Open Press Team", "account_number": number, "routing_number": "021000021", "address": address,
    });
    json!({"book": book, "currency": currency, "country": "US", "bank_details": details})
}

pub(super) async fn fill(app: &TestApp, cast: &Cast, known: &mut Known) -> Outcome {
    bank_accounts(cast, known).await?;
    payouts(app, cast, known).await?;
    runs(app, cast, known).await?;
    statements(cast, known).await
}

async fn bank_accounts(cast: &Cast, known: &mut Known) -> Outcome {
    let path = format!("/v1/organisations/{}/bank-accounts", cast.host);
    let mut waits = Vec::new();
    for currency in ["EUR", "GBP"] {
        for number in ["000123456789", "000987654321"] {
            let given = cast.operator.post(&path, &account(&cast.book, currency, number)).await?.ok()?;
            known.add(text(&given, "/id")?);
            if given["state"] == "proposed" {
                waits.push(given["id"].clone());
            }
        }
    }
    // From this one the host pays what stands in files.
    cast.operator.post(&path, &account(&cast.book, "USD", "000555556789")).await?.ok()?;
    let host = json!({"id": cast.host});
    let given = account(&cast.book, "USD", "000123456789");
    known.example("POST /v1/organisations/{id}/bank-accounts", host.clone(), given);
    let listed = json!({"id": cast.host, "book": cast.book});
    known.example("GET /v1/organisations/{id}/bank-accounts", listed, Value::Null);
    known.example("POST /v1/bank-accounts/{id}:confirm", json!({"id": waits[0]}), json!({}));
    let reason = json!({"reason": "Nobody of us gave this account"});
    known.example("POST /v1/bank-accounts/{id}:reject", json!({"id": waits[1]}), reason);
    Ok(())
}

/// Two runs that wait for what is owed to lenders: the treasurer, and the team, under three names.
async fn runs(app: &TestApp, cast: &Cast, known: &mut Known) -> Outcome {
    let book = json!({"book": cast.book});
    let lenders = format!("/v1/books/{}/lenders", cast.book);
    let me = cast.treasurer.get("/v1/me").await?.ok()?;
    known.example("POST /v1/books/{book}/lenders", book.clone(), json!({"name": "seed-fund", "payee": cast.team}));
    for (name, payee) in [("founder", text(&me, "/id")?), ("big", &cast.team), ("small", &cast.team)] {
        cast.operator.post(&lenders, &json!({"name": name, "payee": payee})).await?.ok()?;
    }
    let own = account(&cast.book, "USD", "000123456789");
    known.example("POST /v1/me/bank-accounts", Value::Null, own);
    known.example("GET /v1/me/bank-accounts", book.clone(), Value::Null);
    known.example("GET /v1/me/payables", Value::Null, Value::Null);
    known.example("GET /v1/organisations/{id}/payables", json!({"id": cast.host}), Value::Null);
    for (lender, amount) in [("big", 50_000), ("small", 700)] {
        let code = format!("liabilities:payable:lender:{lender}");
        owe(app, cast, (&code, AccountClass::LenderPayable), amount).await?;
    }
    let path = format!("/v1/books/{}/payout-runs", cast.book);
    let mut made = Vec::new();
    for minimum in ["400.00", "1.00"] {
        let new =
            json!({"sources": ["lender"], "currency": "USD", "minimum": usd(minimum), "memo": "All that is owed"});
        let run = cast.operator.post(&path, &new).await?.ok()?;
        app.work_until_idle().await?;
        made.push(text(&run, "/id")?.to_owned());
    }
    known.add(&made[0]);
    let new = json!({"sources": ["team"], "currency": "USD", "memo": "All that is owed"});
    known.example("POST /v1/books/{book}/payout-runs", book, new);
    let reason = json!({"reason": "The period was closed too early"});
    known.example("POST /v1/payout-runs/{id}:cancel", json!({"id": made[0]}), reason);
    let seen = cast.operator.get(&format!("/v1/payout-runs/{}", made[1])).await?.ok()?;
    let seen = json!({"digest": seen["to_approve"]["digest"]});
    known.example("POST /v1/payout-runs/{id}:approve", json!({"id": made[1]}), seen);
    // A third one is approved, and waits to be sent.
    cast.operator.post(&lenders, &json!({"name": "third", "payee": cast.team})).await?.ok()?;
    owe(app, cast, ("liabilities:payable:lender:third", AccountClass::LenderPayable), 300).await?;
    let new = json!({"sources": ["lender"], "currency": "USD"});
    let run = cast.operator.post(&path, &new).await?.ok()?;
    app.work_until_idle().await?;
    let run = format!("/v1/payout-runs/{}", text(&run, "/id")?);
    let seen = cast.operator.get(&run).await?.ok()?;
    let seen = json!({"digest": seen["to_approve"]["digest"]});
    cast.treasurer.post(&format!("{run}:approve"), &seen).await?.ok()?;
    app.work_until_idle().await?;
    let id = run.trim_start_matches("/v1/payout-runs/");
    known.example("POST /v1/payout-runs/{id}:send", json!({"id": id}), json!({"format": "pain001"}));
    Ok(())
}

async fn payouts(app: &TestApp, cast: &Cast, known: &mut Known) -> Outcome {
    let payable = format!("liabilities:payable:team:{}", cast.team);
    owe(app, cast, (&payable, AccountClass::TeamPayable), 10_000).await?;
    let path = format!("/v1/organisations/{}/bank-accounts", cast.team);
    cast.claimant.post(&path, &account(&cast.book, "USD", "000123456789")).await?.ok()?;
    let new = json!({"payee": cast.team, "source": "team", "currency": "USD", "amount": usd("1.00"), "memo": "Frame"});
    let path = format!("/v1/books/{}/payouts", cast.book);
    let ask = async || cast.operator.post(&path, &new).await?.ok();
    known.example("POST /v1/books/{book}/payouts", json!({"book": cast.book}), new.clone());
    let waits = ask().await?;
    known.add(text(&waits, "/id")?);
    let invoice = json!({
        "kind": "invoice", "title": "Invoice 2031-07", "url": "https://builders.example/invoices/2031-07.pdf",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    });
    known.example("POST /v1/payouts/{id}/documents", json!({"id": waits["id"]}), invoice);
    let seen = json!({"digest": waits["digest"]});
    known.example("POST /v1/payouts/{id}:approve", json!({"id": waits["id"]}), seen);
    let reason = json!({"reason": "The team asked for it"});
    let given_up = ask().await?;
    known.example("POST /v1/payouts/{id}:cancel", json!({"id": given_up["id"]}), reason.clone());
    let seen = ask().await?;
    let seen = json!({"payouts": [{"payout": seen["id"], "digest": seen["digest"]}]});
    known.example("POST /v1/books/{book}/payouts:approve-batch", json!({"book": cast.book}), seen);
    let mut screened = Vec::new();
    for _ in 0..6 {
        let payout = ask().await?;
        let approve = format!("/v1/payouts/{}:approve", text(&payout, "/id")?);
        cast.treasurer.post(&approve, &json!({"digest": payout["digest"]})).await?.ok()?;
        screened.push(text(&payout, "/id")?.to_owned());
    }
    app.work_until_idle().await?;
    let client = app.connection().await?;
    for (id, step) in screened.iter().zip(["release", "refuse"]) {
        let held =
            "UPDATE payout SET state = 'held', screening = 'hit', reason = 'list 7' WHERE book_id = $1 AND id = $2";
        let payout: PayoutId = id.parse()?;
        client.execute(held, &[&payout.book.0, &payout.object]).await?;
        known.example(&format!("POST /v1/payouts/{{id}}:{step}"), json!({"id": id}), reason.clone());
    }
    let files = format!("/v1/books/{}/payout-files", cast.book);
    let new = json!({"format": "pain001", "currency": "USD", "payouts": [screened[4]]});
    let file = cast.treasurer.post(&files, &new).await?.ok()?;
    app.work_until_idle().await?;
    known.add(text(&file, "/id")?);
    known.example("POST /v1/payout-files/{id}:withdraw", json!({"id": file["id"]}), json!({"reason": "Another day"}));
    let new = json!({"format": "pain001", "currency": "USD", "payouts": [screened[5]]});
    known.example("POST /v1/books/{book}/payout-files", json!({"book": cast.book}), new);
    known.example("POST /v1/payouts/{id}:send", json!({"id": screened[2]}), json!({}));
    cast.treasurer.post(&format!("/v1/payouts/{}:send", screened[3]), &json!({})).await?.ok()?;
    known.example("POST /v1/payouts/{id}:fail", json!({"id": screened[3]}), reason);
    let policy = json!({"threshold": usd("1000.00"), "late_days": 5});
    known.example("POST /v1/books/{book}/payout-policy", json!({"book": cast.book}), policy);
    Ok(())
}

/// So much is owed by an account from before, and the host has as much.
async fn owe(app: &TestApp, cast: &Cast, payable: (&str, AccountClass), amount: i64) -> Outcome {
    let number = cast.book.parse::<BookRef>()?.book;
    let mut client = app.connection().await?;
    let tx = client.transaction().await?;
    let (book, wall) = (books::get(&tx, number).await?, Timestamp::now());
    let mut found = Vec::new();
    for (code, class) in [
        (payable.0.to_owned(), payable.1),
        ("equity:opening-debts".to_owned(), AccountClass::OpeningEquity),
        (format!("assets:cash:{}", cast.host), AccountClass::Cash),
    ] {
        let known = accounts::find(&tx, number, &code).await?.map(|account| account.number);
        found.push(match known {
            Some(known) => known,
            None => accounts::open(&tx, number, &code, class, "USD", None, wall).await?,
        });
    }
    let line = |debit, credit| Line { kind: MovementKind::OpeningBalance, debit, credit, amount };
    let lines = vec![line(found[2], found[1]), line(found[1], found[0])];
    let entry = Entry { lines, effective: book.today(wall), outside_fact: false, note: None };
    posting::post(&tx, &book, entry, wall).await.context("an opening balance")?;
    Ok(tx.commit().await?)
}

async fn statements(cast: &Cast, known: &mut Known) -> Outcome {
    let of_day = |reference: &str, day: &Value| {
        let line = json!({
            "reference": reference, "direction": "debit", "amount": usd("9.00"), "value_date": day, "end_to_end_id": "RENT",
        });
        json!({"lines": [line]})
    };
    let today = json!("2026-01-15");
    let book = json!({"book": cast.book});
    let path = format!("/v1/books/{}/bank-statements", cast.book);
    let taken = cast.treasurer.post(&path, &of_day("2031-02-03/0016", &today)).await?.ok()?;
    let line = text(&taken, "/lines/0/id")?;
    known.add(line);
    known.example("POST /v1/books/{book}/bank-statements", book, of_day("2031-02-03/0017", &today));
    known.example("POST /v1/bank-lines/{id}:match", json!({"id": line}), json!({}));
    let mut open = Vec::new();
    for reference in ["2031-02-03/0018", "2031-02-03/0019"] {
        let taken = cast.treasurer.post(&path, &of_day(reference, &today)).await?.ok()?;
        open.push(text(&taken, "/lines/0/id")?.to_owned());
    }
    let fee = json!({"booked_as": "bank_fee", "reason": "The charges of January"});
    known.example("POST /v1/bank-lines/{id}:book", json!({"id": open[0]}), fee.clone());
    cast.treasurer.post(&format!("/v1/bank-lines/{}:book", open[1]), &fee).await?.ok()?;
    let reason = json!({"reason": "It was the rent"});
    known.example("POST /v1/bank-lines/{id}:unbook", json!({"id": open[1]}), reason);
    differences(cast, known).await?;
    file(cast, known).await
}

/// A file of one line, as a bank makes it.
async fn file(cast: &Cast, known: &mut Known) -> Outcome {
    let columns = "currency=USD&column_day=Day&column_amount=Amount";
    let path = format!("/v1/books/{}/bank-statement-files?{columns}", cast.book);
    let table = b"Day,Amount\n2026-01-15,5.00\n".to_vec();
    let (_, sent) = crate::statement_files::send(&cast.treasurer, &path, "text/csv", table, "scene").await?;
    known.add(text(&sent, "/id")?);
    Ok(())
}

/// Books that are kept by lines of banks, each with a line that nobody knows, and where what it brought stands.
async fn differences(cast: &Cast, known: &mut Known) -> Outcome {
    let difference = json!({
        "amount": usd("0.10"), "side": "more", "date": "2026-01-31", "reason": "It came, and nobody there knows from whom",
    });
    let credit = json!({
        "reference": "2026-01-30/0001", "direction": "credit", "amount": usd("0.10"), "value_date": "2026-01-30",
        "end_to_end_id": "",
    });
    for step in ["", "approve", "withdraw", "take-back"] {
        let new = json!({
            "organisation": cast.host, "name": format!("Kept by lines {step}"), "currency": "USD", "mode": "sandbox",
            "zone": "UTC",
        });
        let opened = cast.treasurer.post("/v1/books", &new).await?.ok()?;
        let path = format!("/v1/books/{}", text(&opened, "/id")?);
        let kept = json!({"kept_by_bank_lines": true});
        let seen = [("If-Match", "\"v1\"")];
        cast.treasurer.send(reqwest::Method::PATCH, &path, Some(&kept), &seen).await?.ok()?;
        cast.treasurer.post(&format!("{path}/bank-statements"), &json!({"lines": [credit]})).await?.ok()?;
        if step.is_empty() {
            let book = json!({"book": opened["id"]});
            known.example("POST /v1/books/{book}/bank-differences", book, difference.clone());
            continue;
        }
        let proposed = cast.treasurer.post(&format!("{path}/bank-differences"), &difference).await?.ok()?;
        known.add(text(&proposed, "/id")?);
        let body = match step {
            // It has no body to show.
            "approve" => continue,
            "withdraw" => json!({"reason": "The line came after all"}),
            _ => {
                let path = format!("/v1/bank-differences/{}:approve", text(&proposed, "/id")?);
                cast.operator.post(&path, &json!({})).await?.ok()?;
                json!({"reason": "It was the charges of January"})
            }
        };
        known.example(&format!("POST /v1/bank-differences/{{id}}:{step}"), json!({"id": proposed["id"]}), body);
    }
    Ok(())
}
