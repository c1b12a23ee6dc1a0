//! Entries, holds, and money that was exchanged.

use super::{Known, Outcome};
use api::demo::cast::{Cast, TERMS, advance, organisation, usd};
use api::demo::client::text;
use jiff::civil::date;
use serde_json::{Value, json};

pub(super) async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    let post = async |what: &str, body: &Value| {
        cast.treasurer.post(&format!("/v1/books/{}/{what}", cast.book), body).await?.ok()
    };
    let book = json!({"book": cast.book});
    let entry = json!({
        "effective": "2031-01-08",
        "lines": [{"debit": "assets:till", "credit": "equity:own", "amount": usd("100.00")}],
    });
    known.example("POST /v1/books/{book}/journal-entries", book.clone(), entry.clone());
    let batch = json!({"on_error": "stop", "entries": [{"key": "first", "entry": entry}]});
    known.example("POST /v1/books/{book}/journal-entries:batch", book.clone(), batch);
    let posted = post("journal-entries", &entry).await?;
    let posted = json!({"book": cast.book, "number": posted["number"]});
    known.example("POST /v1/books/{book}/journal-entries/{number}:reverse", posted, json!({"reason": "posted twice"}));

    let hold = json!({"account": "equity:own", "amount": usd("1.00")});
    known.example("POST /v1/books/{book}/holds", book.clone(), hold.clone());
    let capture = json!({"to": "assets:till", "amount": usd("1.00")});
    for (end, body) in [("capture", capture), ("release", json!({}))] {
        let held = post("holds", &hold).await?;
        known.add(text(&held, "/id")?);
        let held = json!({"book": cast.book, "hold": held["id"]});
        known.example(&format!("POST /v1/books/{{book}}/holds/{{hold}}:{end}"), held, body);
    }

    programmes(cast, known).await?;
    products(cast, known).await?;

    let eur = |amount: &str| json!({"amount": amount, "currency": "EUR"});
    for (code, class, currency) in [
        ("assets:till:eur", "asset", "EUR"),
        ("equity:exchange:eur-usd:eur", "exchange", "EUR"),
        ("equity:exchange:eur-usd:usd", "exchange", "USD"),
    ] {
        post("accounts", &json!({"code": code, "class": class, "currency": currency})).await?;
        known.add_as("account", code);
    }
    let leg = |account: &str, side: &str, amount: Value| json!({"account": account, "side": side, "amount": amount});
    let bought = json!({"effective": "2031-01-08", "legs": [
        leg("assets:till:eur", "debit", eur("100.00")), leg("equity:exchange:eur-usd:eur", "credit", eur("100.00")),
        leg("equity:exchange:eur-usd:usd", "debit", usd("110.00")), leg("assets:till", "credit", usd("110.00")),
    ]});
    post("journal-entries", &bought).await?;
    let result = json!({
        "account": "equity:exchange:eur-usd:eur", "against": "equity:exchange:eur-usd:usd", "rate": "1.12",
        "date": "2031-01-08",
    });
    known.example("POST /v1/books/{book}/exchange-results", book.clone(), result);

    let platform = organisation(&cast.operator, "Fans of Open Tools", "partner_platform").await?;
    known.add(&platform);
    let new = json!({
        "organisation": cast.host, "name": "Second book", "currency": "USD", "mode": "sandbox", "zone": "Europe/Berlin",
    });
    known.example("POST /v1/books", json!({}), new.clone());
    let second = cast.treasurer.post("/v1/books", &new).await?.ok()?;
    let seen = json!({"book": second["id"], "If-Match": "\"v1\""});
    known.example("PATCH /v1/books/{book}", seen, json!({"visibility": "members"}));
    let mut closing = Vec::new();
    for name in ["A book that closes", "A book that goes on", "A book with a line"] {
        let mut own = new.clone();
        own["name"] = json!(name);
        let opened = cast.treasurer.post("/v1/books", &own).await?.ok()?;
        advance(&cast.treasurer, text(&opened, "/id")?, date(2031, 1, 1)).await?;
        closing.push(opened["id"].clone());
    }
    let wind_up = json!({"last_day": "2031-12-31", "why": "The foundation closes"});
    for book in &closing[1..] {
        let path = format!("/v1/books/{}:wind-up", text(book, "")?);
        known.add(text(&cast.treasurer.post(&path, &wind_up).await?.ok()?, "/id")?);
    }
    known.example("POST /v1/books/{book}:wind-up", json!({"book": closing[0]}), wind_up);
    known.example("POST /v1/books/{book}:resume", json!({"book": closing[1]}), json!({"reason": "It goes on"}));
    let campaign = json!({
        "book": closing[2], "slug": "closing", "title": "Closing", "terms": TERMS, "monthly_goal": usd("100.00"),
    });
    let campaign = cast.treasurer.post("/v1/campaigns", &campaign).await?.ok()?;
    cast.treasurer.post(&format!("/v1/campaigns/{}:publish", text(&campaign, "/id")?), &json!({})).await?.ok()?;
    let line = json!({"book": closing[2], "account": "liabilities:fund:closing"});
    known.example("POST /v1/books/{book}/wind-up/lines/{account}:plan", line, json!({"plan": "spend_down"}));
    let rent = json!({"code": "expenses:rent", "class": "expense", "currency": "USD"});
    known.example("POST /v1/books/{book}/accounts", book.clone(), rent);
    let hours = json!({"code": "HOURS", "name": "Attested hours", "exponent": 2, "counts": "hours"});
    known.example("POST /v1/books/{book}/units", book.clone(), hours);
    let day = json!({"book": cast.book, "date": "2031-01-01"});
    known.example("POST /v1/books/{book}/periods/{date}:close", day, json!({}));
    known.example("POST /v1/books/{book}/partners", book.clone(), json!({"organisation": platform}));
    let former = organisation(&cast.operator, "Fans of Closed Tools", "partner_platform").await?;
    post("partners", &json!({"organisation": former})).await?;
    let former = json!({"book": cast.book, "organisation": former});
    known.example("DELETE /v1/books/{book}/partners/{organisation}", former, Value::Null);
    let leaving = organisation(&cast.operator, "Fans of Lost Tools", "partner_platform").await?;
    post("partners", &json!({"organisation": leaving})).await?;
    let parting = organisation(&cast.operator, "Fans of Sold Tools", "partner_platform").await?;
    post("partners", &json!({"organisation": parting})).await?;
    let why = json!({"reason": "It closes down"});
    let withdrawn = post(&format!("partners/{leaving}:withdraw"), &why).await?;
    known.add(text(&withdrawn, "/id")?);
    post("rails/stripe:withdraw", &why).await?;
    let frozen = post(&format!("custodians/{leaving}:freeze"), &why).await?;
    known.add(text(&frozen, "/freeze")?);
    let path = "POST /v1/books/{book}";
    let of = |key: &str, value: &str| json!({"book": cast.book, key: value});
    known.example(&format!("{path}/partners/{{organisation}}:withdraw"), of("organisation", &parting), why.clone());
    known.example(&format!("{path}/partners/{{organisation}}:restore"), of("organisation", &leaving), json!({}));
    known.example(
        &format!("{path}/rails/{{rail}}:withdraw"),
        of("rail", "partner"),
        json!({"last_day": "2031-12-31", "reason": "It closes down"}),
    );
    known.example(&format!("{path}/rails/{{rail}}:restore"), of("rail", "stripe"), json!({}));
    known.example(&format!("{path}/custodians/{{organisation}}:freeze"), of("organisation", &parting), why.clone());
    known.example(&format!("{path}/custodians/{{organisation}}:release"), of("organisation", &leaving), json!({}));
    known.example("POST /v1/books/{book}/clock:advance", book, json!({"to": "2031-02-01T12:00:00Z"}));
    Ok(())
}

/// Programmes: one that is read and works on, and those that examples withdraw and hire for. Each has an account of its own.
async fn programmes(cast: &Cast, known: &mut Known) -> Outcome {
    let (path, book) = (format!("/v1/books/{}/programmes", cast.book), json!({"book": cast.book}));
    let new = |name: &str| {
        json!({
            "name": name, "first_month": "2031-01-01", "months": 12,
            "lines": [{"name": "Steel", "account": format!("expenses:cost:{name}"), "amount": usd("1200.00")}],
            "places": [{"title": "Development", "people": 3}],
        })
    };
    known.example("POST /v1/books/{book}/programmes", book, new("another"));
    let day = json!({"place": 1, "starts_on": "2031-02-01"});
    let line = json!({"name": "Better steel", "account": "expenses:cost:better", "amount": usd("2400.00")});
    let revised = json!({"reason": "Steel costs more", "from_month": "2031-10-01", "lines": [line]});
    for (name, step, body) in [
        ("given-up", ":withdraw", json!({"reason": "The plan is made anew"})),
        ("changing", ":revise", revised),
        ("hiring", "/hires", day.clone()),
    ] {
        let opened = cast.treasurer.post(&path, &new(name)).await?.ok()?;
        known.example(&format!("POST /v1/programmes/{{id}}{step}"), json!({"id": opened["id"]}), body);
    }
    let opened = cast.treasurer.post(&path, &new("steel")).await?.ok()?;
    known.add(text(&opened, "/id")?);
    let hires = format!("/v1/programmes/{}/hires", text(&opened, "/id")?);
    let hired = cast.treasurer.post(&hires, &day).await?.ok()?;
    known.add(text(&hired, "/id")?);
    known.example("POST /v1/hires/{id}:end", json!({"id": hired["id"]}), json!({"ends_on": "2031-06-30"}));
    Ok(())
}

/// Products: one that is read, and those that examples take on, stop and have paid for.
async fn products(cast: &Cast, known: &mut Known) -> Outcome {
    let (path, book) = (format!("/v1/books/{}/products", cast.book), json!({"book": cast.book}));
    let new = json!({"name": "Earth-block press", "amount": usd("4000.00")});
    known.example("POST /v1/books/{book}/products", book, new.clone());
    let evidence = |kind: &str| json!({"kind": kind, "title": kind, "url": "https://open.example/press", "sha256": "a".repeat(64), "licence": "CERN-OHL-S-2.0"});
    let facility = json!({"to": "facility", "evidence": [evidence("licence"), evidence("design_files")]});
    for (step, body) in
        [("advance", facility.clone()), ("stop", json!({"reason": "The soil here does not hold together"}))]
    {
        let opened = cast.treasurer.post(&path, &new).await?.ok()?;
        known.example(&format!("POST /v1/products/{{id}}:{step}"), json!({"id": opened["id"]}), body);
    }
    let opened = cast.treasurer.post(&path, &new).await?.ok()?;
    let one = text(&opened, "/id")?;
    cast.treasurer.post(&format!("/v1/products/{one}:advance"), &facility).await?.ok()?;
    known.add(one);
    let assumed = json!({"first": "30", "per_level": "20", "level": 2, "way": "compound", "benchmark": usd("100.00")});
    cast.treasurer.post(&format!("/v1/products/{one}/advantages"), &assumed).await?.ok()?;
    known.example("POST /v1/products/{id}/advantages", json!({"id": opened["id"]}), assumed);
    let campaign = json!({
        "book": cast.book, "slug": "products", "title": "Products", "terms": TERMS, "monthly_goal": usd("100.00"),
    });
    let campaign = cast.treasurer.post("/v1/campaigns", &campaign).await?.ok()?;
    cast.treasurer.post(&format!("/v1/campaigns/{}:publish", text(&campaign, "/id")?), &json!({})).await?.ok()?;
    known.example("POST /v1/campaigns/{id}/loop", json!({"id": campaign["id"]}), json!({"book": cast.book}));
    let milestone = json!({
        "campaign": campaign["id"], "team": cast.team, "name": "Press", "amount": usd("4000.00"), "gate": {},
    });
    let milestone = cast.treasurer.post("/v1/milestones", &milestone).await?.ok()?;
    let pays = json!({"milestone": milestone["id"]});
    known.example("POST /v1/products/{id}/milestones", json!({"id": opened["id"]}), pays);
    Ok(())
}
