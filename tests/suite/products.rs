//! Products over HTTP: their four stages on evidence, what milestones have for them, and the board.

use anyhow::{Context as _, ensure};
use api::demo::client::{Answer, text};
use serde_json::{Value, json};
use tests::{Stage, day};

type Outcome = anyhow::Result<()>;

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

fn evidence(kinds: &[&str]) -> Value {
    let piece = |kind: &&str| {
        let licence = (*kind == "licence").then_some("CERN-OHL-S-2.0");
        json!({"kind": kind, "title": kind, "url": format!("https://open.example/{kind}"), "sha256": "a".repeat(64), "licence": licence})
    };
    kinds.iter().map(piece).collect()
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

fn invalid(answer: &Answer, pointer: &str) -> Outcome {
    ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{pointer}: {answer:?}");
    Ok(())
}

#[tokio::test]
async fn a_product_goes_from_its_design_to_the_market_on_evidence_and_the_board_says_what_pays_for_it() -> Outcome {
    let stage = Stage::set().await?;
    let (keeper, book) = (&stage.cast.treasurer, format!("/v1/books/{}", stage.cast.book));
    let open = async |name: &str, amount: Value| {
        keeper.post(&format!("{book}/products"), &json!({"name": name, "amount": amount})).await
    };
    invalid(&open("Press", json!({"amount": "1.00", "currency": "EUR"})).await?, "/amount/currency")?;
    let press = open("Press", usd("4000.00")).await?.ok()?;
    let saw = open("Sawmill", usd("5000.01")).await?.ok()?;
    assert_eq!((&press["stage"], &press["next_stage"]), (&json!("design"), &json!("facility")));
    let of = |product: &Value, rest: &str| anyhow::Ok(format!("/v1/products/{}{rest}", text(product, "/id")?));
    let board = async || keeper.get(&format!("{book}/pipeline")).await?.ok();
    let first = board().await?;
    // The mean of 4,000.00 and 5,000.01, rounded up.
    let forecast = &first["forecast"];
    assert_eq!(
        (&forecast["cost"], &forecast["products"], &first["lack"]),
        (&usd("4500.01"), &json!(0), &usd("9000.01"))
    );

    // What milestones have for it.
    let campaign = stage.campaign().await?;
    stage.fund(&campaign, "press", "3000.00", day(1, 1)).await?;
    let milestone = stage.milestone(&campaign, "3000.00", json!({"reviewers_needed": 2})).await?;
    let link = json!({"milestone": milestone["id"]});
    let paid = keeper.post(&of(&press, "/milestones")?, &link).await?.ok()?;
    assert_eq!((&paid["funding"]["aside"], &paid["funding"]["lacks"]), (&usd("3000.00"), &usd("1000.00")));
    keeper.post(&of(&press, "/milestones")?, &link).await?.ok()?;
    refused(&keeper.post(&of(&saw, "/milestones")?, &link).await?, "milestone-of-product")?;
    let none = json!({"milestone": format!("mls_{}", &text(&milestone, "/id")?[4..].replace(|_: char| true, "a"))});
    invalid(&keeper.post(&of(&saw, "/milestones")?, &none).await?, "/milestone")?;
    let claim = stage.claim(&milestone, "3000.00").await?;
    for reviewer in &stage.cast.reviewers {
        stage.approve(reviewer, &claim, "3000.00").await?.ok()?;
    }
    stage.cast.advance(day(1, 14)).await?;
    let released = keeper.get(&of(&press, "")?).await?.ok()?;
    assert_eq!((&released["funding"]["released"], &released["funding"]["aside"]), (&usd("3000.00"), &usd("0.00")));

    // No book is said whose surpluses pay for it: what was released stands alone, on its days.
    let closed = async |days: &str| keeper.get(&of(&press, &format!("/loop?{days}"))?).await;
    let january = closed("from=2027-01-01&to=2027-12-31").await?.ok()?;
    assert_eq!(
        (&january["released"], &january["proceeds"], &january["ratio"], &january["books"]),
        (&usd("3000.00"), &usd("0.00"), &json!("0.00"), &json!([]))
    );
    let earlier = closed("from=2026-01-01&to=2026-12-31").await?.ok()?;
    assert_eq!((&earlier["released"], &earlier["ratio"]), (&usd("0.00"), &Value::Null));
    invalid(&closed("from=2027-01-02&to=2027-01-01").await?, "/to")?;

    g6_what_a_product_is_assumed_to_be_cheaper_is_published_at_each_level(&stage, &press).await?;
    // One stage after the other, each on what it asks for.
    let advance = async |to: &str, kinds: &[&str]| {
        keeper.post(&of(&press, ":advance")?, &json!({"to": to, "evidence": evidence(kinds)})).await
    };
    refused(&advance("market", &["test_report", "enterprise_plan"]).await?, "stage-order")?;
    refused(&advance("facility", &["design_files"]).await?, "stage-evidence-missing")?;
    let mut unnamed = evidence(&["design_files", "licence"]);
    unnamed[1]["licence"] = Value::Null;
    let unnamed = keeper.post(&of(&press, ":advance")?, &json!({"to": "facility", "evidence": unnamed})).await?;
    refused(&unnamed, "stage-evidence-missing")?;
    refused(&advance("design", &["photo"]).await?, "stage-order")?;
    invalid(&advance("nowhere", &["photo"]).await?, "/to")?;
    for (to, kinds) in [
        ("facility", ["licence", "design_files"]),
        ("optimise", ["bill_of_materials", "build_instructions"]),
        ("market", ["test_report", "enterprise_plan"]),
    ] {
        let there = advance(to, &kinds).await?.ok()?;
        let steps = there["steps"].as_array().context("steps")?;
        let last = steps.last().context("a step")?;
        assert_eq!(
            (&there["stage"], &last["stage"], &last["evidence"][0]["kind"]),
            (&json!(to), &json!(to), &json!(kinds[0]))
        );
    }
    refused(&advance("market", &["test_report", "enterprise_plan"]).await?, "stage-order")?;
    let why = json!({"reason": "Nobody needs one here"});
    ensure!(stage.cast.claimant.post(&of(&saw, ":stop")?, &why).await?.status == 403);
    keeper.post(&of(&saw, ":stop")?, &why).await?.ok()?;
    refused(&keeper.post(&of(&saw, ":stop")?, &why).await?, "product-stopped")?;
    refused(&keeper.post(&of(&saw, "/milestones")?, &link).await?, "product-stopped")?;
    let last = board().await?;
    let counts: Vec<_> = last["stages"].as_array().context("stages")?.iter().map(|it| &it["products"]).collect();
    assert_eq!(counts, [0, 0, 0, 1]);
    assert_eq!((&last["blockers"], &last["lack"]), (&json!([]), &usd("1000.00")));
    assert_eq!((&last["forecast"]["cost"], &last["forecast"]["weekly"]), (&usd("4000.00"), &usd("17333.34")));
    assert_eq!(keeper.all(&format!("{book}/products")).await?.len(), 2);

    // A private book: others are told that there is none.
    let page_of = |product: &Value| text(product, "/id").map(|id| format!("/products/{id}"));
    for read in [
        format!("{book}/pipeline"),
        of(&press, "")?,
        format!("/pipelines/{}.json", stage.cast.book),
        format!("{}.json", page_of(&press)?),
    ] {
        ensure!(stage.cast.stranger.get(&read).await?.status == 404, "{read}");
    }
    crate::book_pages::publish(&stage).await?;
    let nobody = stage.app.nobody()?;
    let shown = nobody.get(&format!("/pipelines/{}.json", stage.cast.book)).await?.ok()?;
    assert_eq!(
        (&shown["stages"][3]["products"][0]["has"], &shown["forecast"]["weekly"]),
        (&usd("3000.00"), &usd("17333.34"))
    );
    let page = reqwest::get(format!("{}/pipelines/{}", stage.app.base_url(), stage.cast.book)).await?.text().await?;
    ensure!(
        page.contains("Press") && page.contains("Nobody needs one here") && page.contains("17,333.34 USD"),
        "{page}"
    );
    ensure!(
        page.contains("Assumed, not measured: 55.20 % cheaper") && page.contains("44.80 USD instead of 100.00 USD"),
        "{page}"
    );
    let read = async |path: &str| reqwest::get(format!("{}{path}", stage.app.base_url())).await?.text().await;
    ensure!(page.contains(&format!("href=\"{}\"", page_of(&press)?)), "the board leads to it");
    ensure!(page.contains(&page_of(&saw)?), "and to what was stopped");
    p_product_page_tells_how_far_it_is_and_what_it_brought(&stage, &page_of(&press)?, &page_of(&saw)?, read).await?;
    stage.app.finish().await
}

/// The page of a product of a public book, for everybody, with its twins.
async fn p_product_page_tells_how_far_it_is_and_what_it_brought(
    stage: &Stage,
    press: &str,
    saw: &str,
    read: impl AsyncFn(&str) -> reqwest::Result<String>,
) -> Outcome {
    let page = read(press).await?;
    for told in [
        "Market, since",
        "https://open.example/test_report",
        "CERN-OHL-S-2.0",
        "Its development is to cost 4,000.00 USD; 1,000.00 USD are missing.",
        "Assumed on",
        "44.80 USD",
        "Nothing was sold or bought under its name in this book.",
    ] {
        ensure!(page.contains(told), "{told}: {page}");
    }
    ensure!(!page.contains("<script"), "{page}");
    let nobody = stage.app.nobody()?;
    let shown = nobody.get(&format!("{press}.json")).await?.ok()?;
    assert_eq!(
        (&shown["stage"], &shown["released"], &shown["lacks"]),
        (&json!("market"), &usd("3000.00"), &usd("1000.00"))
    );
    assert_eq!(
        (&shown["stages"][1]["evidence"][0]["kind"], &shown["assumed"]["levels"][2]["price"]),
        (&json!("licence"), &usd("44.80"))
    );
    let csv = read(&format!("{press}.csv")).await?;
    ensure!(
        csv.starts_with("stage,since,kind,title,url,licence,sha256\r\nfacility,2027-01-14,licence,licence,"),
        "{csv}"
    );
    let stopped = read(saw).await?;
    ensure!(stopped.contains("It was stopped on") && stopped.contains("Nobody needs one here"), "{stopped}");
    Ok(())
}

/// G6 and N7: 30 % and 20 points a level, added or compound.
async fn g6_what_a_product_is_assumed_to_be_cheaper_is_published_at_each_level(
    stage: &Stage,
    product: &Value,
) -> Outcome {
    let path = format!("/v1/products/{}/advantages", text(product, "/id")?);
    let assume = async |fields: Value| {
        let mut body =
            json!({"first": "30", "per_level": "20", "level": 2, "way": "additive", "benchmark": usd("100.00")});
        for (field, value) in fields.as_object().context("fields")? {
            body[field] = value.clone();
        }
        stage.cast.treasurer.post(&path, &body).await
    };
    for (field, wrong) in [
        ("first", json!("100.01")),
        ("per_level", json!("101")),
        ("level", json!(9)),
        ("way", json!("doubled")),
        ("benchmark", json!({"amount": "1.00", "currency": "EUR"})),
    ] {
        let at = if field == "benchmark" { "/benchmark/currency".to_owned() } else { format!("/{field}") };
        invalid(&assume(json!({field: wrong})).await?, &at)?;
    }
    let levels = |it: &Value| -> Vec<(Value, Value)> {
        let all = it["levels"].as_array().cloned().unwrap_or_default();
        all.into_iter().map(|level| (level["percent"].clone(), level["price"]["amount"].clone())).collect()
    };
    let pairs = |all: [(&str, &str); 3]| all.map(|(percent, price)| (json!(percent), json!(price)));
    let added = assume(json!({})).await?.ok()?;
    assert_eq!(levels(&added), pairs([("30.00", "70.00"), ("50.00", "50.00"), ("70.00", "30.00")]));
    let compound = assume(json!({"way": "compound", "note": "Each level saves of what is left"})).await?.ok()?;
    assert_eq!(levels(&compound), pairs([("30.00", "70.00"), ("44.00", "56.00"), ("55.20", "44.80")]));
    assert_eq!((&compound["version"], &compound["percent"]), (&json!(2), &json!("55.20")));
    assert_eq!(stage.cast.treasurer.all(&path).await?, [compound, added], "what was assumed before stays");
    ensure!(stage.cast.stranger.get(&path).await?.status == 404);
    Ok(())
}

#[tokio::test]
async fn sql_in_the_services_role_brings_no_product_to_a_stage_without_its_evidence() -> Outcome {
    let stage = Stage::set().await?;
    let book = format!("/v1/books/{}/products", stage.cast.book);
    let opened = stage.cast.treasurer.post(&book, &json!({"name": "Press", "amount": usd("4000.00")})).await?.ok()?;
    let advance = format!("/v1/products/{}:advance", text(&opened, "/id")?);
    let first = json!({"to": "facility", "evidence": evidence(&["licence", "design_files"])});
    stage.cast.treasurer.post(&advance, &first).await?.ok()?;
    let service = stage.app.connection().await?;
    let step = |pieces: i32, stage: &str| {
        format!(
            "INSERT INTO product_step (book_id, product_id, stage, taken_by, taken_at, pieces)
             SELECT book_id, id, '{stage}', opened_by, staged_at, {pieces} FROM product"
        )
    };
    let piece = |number: i32, stage: &str, kind: &str| {
        format!(
            "INSERT INTO product_evidence (book_id, product_id, stage, number, kind, title, url, licence, sha256)
             SELECT book_id, product_id, '{stage}', {number}, '{kind}', title, url, licence, sha256 FROM product_evidence
              WHERE number = 1 AND stage = 'facility'"
        )
    };
    let on = |stage: &str| format!("UPDATE product SET stage = '{stage}', version = version + 1");
    let all = |parts: &[String]| format!("BEGIN; {}; COMMIT", parts.join("; "));
    let both =
        |stage: &str| [step(2, stage), piece(1, stage, "bill_of_materials"), piece(2, stage, "build_instructions")];
    for (statement, state) in [
        // No step, a step without its evidence, evidence of other kinds, and a step that the product does not take.
        (on("optimise"), "23514"),
        (all(&[step(2, "optimise"), on("optimise")]), "23514"),
        (
            all(&[step(2, "optimise"), piece(1, "optimise", "photo"), piece(2, "optimise", "video"), on("optimise")]),
            "23514",
        ),
        (all(&both("optimise")), "23514"),
        // Two stages at once, and back.
        (on("market"), "23001"),
        (on("design"), "23001"),
        // More evidence for a step that was taken, and other evidence.
        (piece(3, "facility", "photo"), "23514"),
        ("UPDATE product_evidence SET title = 'x'".to_owned(), "42501"),
        ("DELETE FROM product_step".to_owned(), "42501"),
        ("UPDATE product SET amount = 1".to_owned(), "42501"),
        ("UPDATE product SET version = version + 1".to_owned(), "23001"),
    ] {
        let error = service.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
        service.batch_execute("ROLLBACK").await?;
    }
    service.batch_execute(&all(&[&both("optimise")[..], &[on("optimise")]].concat())).await?;
    drop(service);
    stage.app.finish().await
}
