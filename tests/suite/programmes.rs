//! Programmes over HTTP: what is planned, held against what the book says was spent, who works in them, and who reads it.

use crate::cooperatives::Coop;
use crate::host::Host;
use anyhow::{Context as _, ensure};
use api::demo::cast::organisation;
use api::demo::client::{Answer, text};
use serde_json::{Value, json};

type Outcome = anyhow::Result<()>;

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// Two years of 12,000.00 for what is made, with some fields otherwise.
fn plan(other: &Value) -> Value {
    let mut new = json!({
        "name": "Presses", "first_month": "2028-01-01", "months": 24,
        "lines": [{"name": "Steel", "account": "expenses:cost:presses", "amount": usd("12000.00")}],
        "places": [{"title": "Development", "people": 5}, {"title": "Documentation", "people": 2}],
    });
    for (field, value) in other.as_object().into_iter().flatten() {
        new[field] = value.clone();
    }
    new
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

fn invalid(answer: &Answer, pointer: &str) -> Outcome {
    ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{pointer}: {answer:?}");
    Ok(())
}

fn amounts(report: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| report[name]["amount"].clone()).collect()
}

#[tokio::test]
async fn g1_a_programme_is_held_against_the_book_month_by_month_and_its_money_ends_on_a_day() -> Outcome {
    let it = Coop::open().await?;
    let presets = it.host.app.nobody()?.get("/v1/programme-presets").await?.ok()?;
    let preset = &presets["presets"][0];
    let monthly: Vec<_> = preset["monthly"].as_array().context("months")?.iter().map(|it| &it["amount"]).collect();
    assert_eq!((preset["amount"]["amount"].as_str(), monthly.len()), (Some("4000000.00"), 24));
    assert!(monthly[..16].iter().all(|it| *it == "166666.67") && monthly[16..].iter().all(|it| *it == "166666.66"));
    let people: Vec<_> = preset["places"].as_array().context("places")?.iter().map(|it| &it["people"]).collect();
    assert_eq!(people, [5, 2, 3]);

    let opened = it.host.treasurer.post(&it.host.at("/programmes"), &plan(&json!({}))).await?.ok()?;
    assert_eq!((&opened["amount"], &opened["last_day"]), (&usd("12000.00"), &json!("2029-12-31")));
    assert_eq!((&opened["lines"][0]["first_month"], &opened["lines"][0]["months"]), (&json!("2028-01-01"), &json!(24)));
    let path = format!("/v1/programmes/{}", text(&opened, "/id")?);
    let report = async |it: &Coop| it.host.treasurer.get(&format!("{path}/report")).await?.ok();
    // The first of 31 days: 500.00 / 31, rounded down. Nothing moved on the account, which is not there.
    let first = report(&it).await?;
    assert_eq!(amounts(&first, &["planned", "spent", "variance", "left"]), ["16.12", "0.00", "16.12", "12000.00"]);
    assert_eq!((&first["burn"], &first["ends_on"]), (&Value::Null, &Value::Null));

    it.record("cost", "500.00", "2028-01-01").await?.ok()?;
    let wrong = it.record("cost", "77.00", "2028-01-01").await?.ok()?;
    it.host.app.advance(&it.host.treasurer, &it.host.book, "2028-02-10T12:00:00Z").await?;
    it.record("cost", "700.00", "2028-02-09").await?.ok()?;
    it.record("sale", "9000.00", "2028-02-09").await?.ok()?;
    let why = json!({"reason": "Written down twice"});
    it.host.treasurer.post(&format!("/v1/proceeds/{}:reverse", text(&wrong, "/id")?), &why).await?.ok()?;
    it.host.app.advance(&it.host.treasurer, &it.host.book, "2028-04-20T12:00:00Z").await?;
    it.record("cost", "200.00", "2028-04-19").await?.ok()?;
    it.host.app.advance(&it.host.treasurer, &it.host.book, "2028-05-01T12:00:00Z").await?;
    let before = report(&it).await?;
    // Four months and the first of 31 days; the burn is that of February to April, and a sale is no spending.
    assert_eq!(amounts(&before, &["planned", "spent", "variance"]), ["2016.12", "1400.00", "616.12"], "{before:#}");
    assert_eq!((&before["left"], &before["ends_on"]), (&usd("10600.00"), &json!("2031-04-10")));
    let months = before["months"].as_array().context("months")?;
    let spent: Vec<_> = months[..5].iter().map(|it| it["spent"]["amount"].clone()).collect();
    assert_eq!(months.iter().map(|it| &it["planned"]).collect::<Vec<_>>(), vec![&usd("500.00"); 24]);
    assert_eq!(spent, ["500.00", "700.00", "0.00", "200.00", "0.00"]);
    assert_eq!(before["burn"], usd("300.00"));

    // Closing a result moves costs on to the surplus. That is no income of the programme.
    let period = json!({"from": "2028-01-01", "to": "2028-04-30"});
    it.host.treasurer.post(&it.at("/results"), &period).await?.ok()?;
    assert_eq!(report(&it).await?, before);
    it.host.app.finish().await
}

#[tokio::test]
async fn an_account_counts_for_one_programme_at_a_time_and_what_does_not_fit_is_named() -> Outcome {
    let mut it = Coop::open().await?;
    let stranger = it.host.stranger().await?;
    let path = it.host.at("/programmes");
    let open = async |other: Value| it.host.treasurer.post(&path, &plan(&other)).await;
    let line = |account: &str| json!({"name": "Steel", "account": account, "amount": usd("1.00")});
    for (wrong, pointer) in [
        (json!({"first_month": "2028-01-02"}), "/first_month"),
        (json!({"months": 61}), "/months"),
        (json!({"lines": []}), "/lines"),
        (json!({"lines": [line("assets:cash:bank")]}), "/lines/0/account"),
        (json!({"lines": [line("expenses:nobody-opened-it")]}), "/lines/0/account"),
        (json!({"lines": [line("liabilities:fund:press:eur")]}), "/lines/0/account"),
        (json!({"lines": [line("expenses:cost:a"), line("expenses:cost:a")]}), "/lines/1/account"),
        (json!({"sources": ["expenses:cost:a"]}), "/sources/0"),
        (json!({"places": [{"title": "Nobody", "people": 0}]}), "/places/0/people"),
        (
            json!({"lines": [{"name": "S", "account": "expenses:cost:a", "amount": {"amount": "1.00", "currency": "EUR"}}]}),
            "/lines/0/amount/currency",
        ),
    ] {
        invalid(&open(wrong.clone()).await?, pointer).with_context(|| wrong.to_string())?;
    }
    let first = open(json!({})).await?.ok()?;
    refused(&open(json!({})).await?, "account-counts-already")?;
    // The month after its last one is free, and so are its months once it is withdrawn.
    let next = open(json!({"first_month": "2030-01-01"})).await?.ok()?;
    let one = format!("/v1/programmes/{}", text(&first, "/id")?);
    let why = json!({"reason": "It is planned anew"});
    ensure!(it.ada.post(&format!("{one}:withdraw"), &why).await?.status == 403, "a member withdraws nothing");
    let withdrawn = it.host.treasurer.post(&format!("{one}:withdraw"), &why).await?.ok()?;
    assert_eq!(withdrawn["withdrawn"]["reason"], why["reason"]);
    refused(&it.host.treasurer.post(&format!("{one}:withdraw"), &why).await?, "programme-withdrawn")?;
    open(json!({})).await?.ok()?;
    refused(&open(json!({"first_month": "2029-12-01", "months": 2})).await?, "account-counts-already")?;
    let hire = json!({"place": 1, "starts_on": "2030-03-01"});
    refused(&it.host.treasurer.post(&format!("{one}/hires"), &hire).await?, "programme-withdrawn")?;

    // Two places for documentation: a third waits until one has gone, to the day.
    let hires = format!("/v1/programmes/{}/hires", text(&next, "/id")?);
    let begin =
        async |place: i64, day: &str| it.host.treasurer.post(&hires, &json!({"place": place, "starts_on": day})).await;
    invalid(&begin(3, "2030-03-01").await?, "/place")?;
    invalid(&begin(2, "2029-12-31").await?, "/starts_on")?;
    invalid(&begin(2, "2032-01-01").await?, "/starts_on")?;
    let early = begin(2, "2030-03-01").await?.ok()?;
    begin(2, "2030-04-01").await?.ok()?;
    refused(&begin(2, "2030-05-01").await?, "places-taken")?;
    let end = format!("/v1/hires/{}:end", text(&early, "/id")?);
    invalid(&it.host.treasurer.post(&end, &json!({"ends_on": "2030-02-28"})).await?, "/ends_on")?;
    it.host.treasurer.post(&end, &json!({"ends_on": "2030-05-31"})).await?.ok()?;
    refused(&it.host.treasurer.post(&end, &json!({"ends_on": "2030-06-30"})).await?, "hire-ended")?;
    refused(&begin(2, "2030-05-31").await?, "places-taken")?;
    begin(2, "2030-06-01").await?.ok()?;
    begin(1, "2030-06-01").await?.ok()?;
    assert_eq!(it.host.treasurer.all(&hires).await?.len(), 4);
    it.host.app.stack().workers().clear();
    it.host.app.leap_clock(&it.host.book, "2030-06-01T12:00:00Z").await?;
    let report = it.host.treasurer.get(&hires.replace("/hires", "/report")).await?.ok()?;
    let working: Vec<_> = report["staff"].as_array().context("staff")?.iter().map(|it| &it["working"]).collect();
    assert_eq!(working, [1, 2]);
    let listed = it.host.treasurer.all(&path).await?;
    assert_eq!(listed.len(), 3);
    // A private book: its people read it, and others are told that there is none.
    for read in
        [path.clone(), one.clone(), format!("{one}/report"), format!("/programmes/{}.json", text(&first, "/id")?)]
    {
        ensure!(stranger.get(&read).await?.status == 404, "{read}");
    }
    ensure!(it.ada.get(&hires).await?.status == 403, "who works in it is for those who keep the book");
    it.host.app.finish().await
}

#[tokio::test]
async fn everybody_reads_the_programme_of_a_public_book_as_a_page_and_its_twins() -> Outcome {
    let host = Host::open("Open Workshop", "public").await?;
    host.app.advance(&host.treasurer, &host.book, "2028-01-31T12:00:00Z").await?;
    for (code, class) in [("expenses:rent", "expense"), ("assets:till", "asset")] {
        let account = json!({"code": code, "class": class, "currency": "USD"});
        host.treasurer.post(&host.at("/accounts"), &account).await?.ok()?;
    }
    let rent = json!({
        "effective": "2028-01-15", "lines": [{"debit": "expenses:rent", "credit": "assets:till", "amount": usd("450.00")}],
    });
    host.treasurer.post(&host.at("/journal-entries"), &rent).await?;
    let other = json!({
        "name": "<Tools> & more", "sources": ["liabilities:fund:nobody-has-it-yet"],
        "lines": [{"name": "Rent", "account": "expenses:rent", "amount": usd("12000.00")}],
    });
    let opened = host.treasurer.post(&host.at("/programmes"), &plan(&other)).await?.ok()?;
    let id = text(&opened, "/id")?.to_owned();
    let nobody = host.app.nobody()?;
    let report = nobody.get(&format!("/v1/programmes/{id}/report")).await?.ok()?;
    let shown = nobody.get(&format!("/programmes/{id}.json")).await?.ok()?;
    for figure in ["amount", "planned", "spent", "burn", "left", "ends_on"] {
        assert_eq!(shown[figure], report[figure], "{figure}");
    }
    let spent = report["spent"]["amount"].as_str().context("spent")?;
    let page = reqwest::get(format!("{}/programmes/{id}", host.app.base_url())).await?.text().await?;
    ensure!(
        page.contains("&#60;Tools&#62; &#38; more") && page.contains("January 2028") && page.contains(spent),
        "{page}"
    );
    ensure!(page.contains("/accounts/expenses:rent\"") && !page.contains("/accounts/liabilities:fund"), "{page}");
    let csv = reqwest::get(format!("{}/programmes/{id}.csv", host.app.base_url())).await?.text().await?;
    ensure!(csv.starts_with("month,planned,spent,currency,version\r\n2028-01,500.00,"), "{csv}");
    let book = reqwest::get(format!("{}/books/{}", host.app.base_url(), host.book)).await?.text().await?;
    ensure!(book.contains(&format!("/programmes/{id}")), "the page of the book leads to it");
    host.app.finish().await
}

#[tokio::test]
async fn sql_in_the_services_role_makes_no_plan_that_does_not_add_up_and_hires_nobody_beyond_its_places() -> Outcome {
    let it = Coop::open().await?;
    let opened = it.host.treasurer.post(&it.host.at("/programmes"), &plan(&json!({}))).await?.ok()?;
    let hires = format!("/v1/programmes/{}/hires", text(&opened, "/id")?);
    for _ in 0..2 {
        it.host.treasurer.post(&hires, &json!({"place": 2, "starts_on": "2028-02-01"})).await?.ok()?;
    }
    let service = it.host.app.connection().await?;
    let copy = |amount: &str, first: &str, lines: &str| {
        format!(
            "BEGIN;
             INSERT INTO programme (book_id, id, opened_by, opened_at, amount, first_month, months, lines, sources, places, name, about)
             SELECT book_id, '018f0000-0000-7000-8000-000000000001', opened_by, opened_at, {amount}, '{first}', months, {lines}, 0, 0, name, about
               FROM programme;
             INSERT INTO programme_line (book_id, programme_id, number, name, account, amount, first_month, months)
             SELECT l.book_id, '018f0000-0000-7000-8000-000000000001', 1, l.name, l.account, l.amount, '2031-01-01', l.months
               FROM programme_line l;
             COMMIT"
        )
    };
    let line = "INSERT INTO programme_line (book_id, programme_id, number, name, account, amount, first_month, months)
                SELECT book_id, id, 2, 'More', 'expenses:cost:more', 1, first_month, 1 FROM programme";
    let hire = |starts: &str| {
        format!(
            "INSERT INTO programme_hire (book_id, id, programme_id, place, starts_on, hired_by, hired_at)
             SELECT book_id, '018f0000-0000-7000-8000-000000000002', id, 2, '{starts}', opened_by, opened_at FROM programme"
        )
    };
    for (statement, state) in [
        (copy("amount + 1", "2031-01-01", "1"), "23514"),
        (copy("amount", "2031-01-01", "2"), "23514"),
        (copy("amount", "2030-12-01", "1"), "23514"),
        // In the months of the other one: the same account would count twice.
        (copy("amount", "2029-01-01", "1").replace("'2031-01-01', l.months", "'2029-01-01', l.months"), "23514"),
        (line.to_owned(), "23514"),
        (hire("2028-03-01"), "23514"),
        (hire("2027-12-31"), "23514"),
        (hire("2030-01-01"), "23514"),
        ("UPDATE programme_hire SET starts_on = '2028-02-02'".to_owned(), "42501"),
        ("UPDATE programme_hire SET ends_on = '2028-02-02'".to_owned(), "23001"),
        ("UPDATE programme_line SET amount = 1".to_owned(), "42501"),
        ("DELETE FROM programme_place".to_owned(), "42501"),
        ("UPDATE programme SET amount = 1".to_owned(), "42501"),
        ("UPDATE programme SET version = version + 1".to_owned(), "23001"),
    ] {
        let error = service.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
        service.batch_execute("ROLLBACK").await?;
    }
    service.batch_execute(&copy("amount", "2031-01-01", "1")).await?;
    drop(service);
    it.host.app.finish().await
}

#[tokio::test]
async fn what_is_made_pays_for_the_next_development_and_the_campaign_asks_for_as_much_less() -> Outcome {
    let mut it = Coop::open().await?;
    let keeper = it.host.app.sign_in("treasurer@host.example").await?;
    let keeper = &keeper;
    let campaign = json!({
        "book": it.host.book, "slug": "presses", "title": "Presses", "terms": api::demo::cast::TERMS, "monthly_goal": usd("1500.00"),
    });
    let campaign = keeper.post("/v1/campaigns", &campaign).await?.ok()?;
    let path = format!("/v1/campaigns/{}", text(&campaign, "/id")?);
    keeper.post(&format!("{path}:publish"), &json!({})).await?.ok()?;
    let of_loop = format!("{path}/loop");
    ensure!(keeper.get(&of_loop).await?.status == 404, "nothing is said of it");
    let stranger = it.host.stranger().await?;
    let other = json!({"organisation": it.host.organisation, "name": "In euros", "currency": "EUR", "mode": "sandbox", "zone": "Europe/Berlin"});
    let euros = keeper.post("/v1/books", &other).await?.ok()?;
    for wrong in [text(&euros, "/id")?, "bok_nothing"] {
        ensure!(keeper.post(&of_loop, &json!({"book": wrong})).await?.status == 422, "{wrong}");
    }
    ensure!(it.ada.post(&of_loop, &json!({"book": it.host.book})).await?.status == 403, "a member says nothing of it");
    keeper.post(&of_loop, &json!({"book": it.host.book})).await?.ok()?;
    let closed = async || keeper.get(&of_loop).await?.ok();
    let first = closed().await?;
    assert_eq!((&first["from"], &first["to"]), (&json!("2027-01-01"), &json!("2027-12-31")));
    assert_eq!((&first["ratio"], &first["asks_for"], &first["asks"]), (&Value::Null, &usd("1500.00"), &json!(true)));

    // A tenth of 100,000.00 goes into the development fund in January. It counts from February on, for a year.
    let sold = async |kind: &str, product: &str, amount: &str| {
        let body = json!({
            "kind": kind, "label": "presses", "party": "bank", "occurred_on": "2027-03-01", "product": product, "amount": usd(amount),
        });
        keeper.post(&it.at("/proceeds"), &body).await?.ok()
    };
    sold("sale", "Press", "90000.00").await?;
    sold("sale", "Saw", "40000.00").await?;
    sold("cost", "Saw", "10000.00").await?;
    sold("cost", "Oven", "20000.00").await?;
    let wrong = sold("sale", "Press", "777.00").await?;
    let undo = format!("/v1/proceeds/{}:reverse", text(&wrong, "/id")?);
    keeper.post(&undo, &json!({"reason": "It was another year"})).await?.ok()?;
    let team = organisation(&it.host.operator, "Builders", "project_team").await?;
    let mut products = Vec::new();
    for name in ["Press", "Saw", "Oven"] {
        let product = json!({"name": name, "amount": usd("5000.00")});
        let product = keeper.post(&it.host.at("/products"), &product).await?.ok()?;
        let milestone = json!({
            "campaign": campaign["id"], "team": team, "name": name, "amount": usd("5000.00"), "policy": {}, "gate": {},
        });
        let milestone = keeper.post("/v1/milestones", &milestone).await?.ok()?;
        let product = format!("/v1/products/{}", text(&product, "/id")?);
        keeper.post(&format!("{product}/milestones"), &json!({"milestone": milestone["id"]})).await?.ok()?;
        products.push(product);
    }
    it.work(2027).await?;
    let distribution = it.distribute(2027, "2028-01-20T12:00:00Z").await?;
    assert_eq!(closed().await?["asks_for"], usd("1500.00"), "the month is not over");
    it.host.app.advance(keeper, &it.host.book, "2028-02-01T12:00:00Z").await?;
    // Of its 10,000.00 the press has three quarters, by the 90,000.00 that it left beside the 30,000.00 of the saw. The oven left nothing.
    for (product, due) in products.iter().zip(["7500.00", "2500.00", "0.00"]) {
        let of_product = keeper.get(&format!("{product}/loop?from=2027-01-01&to=2027-12-31")).await?.ok()?;
        assert_eq!((&of_product["proceeds"], &of_product["books"]), (&usd(due), &json!([it.host.book])), "{product}");
        let later = keeper.get(&format!("{product}/loop?from=2028-01-01&to=2028-12-30")).await?.ok()?;
        assert_eq!((&later["proceeds"], &later["ratio"]), (&usd("0.00"), &Value::Null));
        ensure!(stranger.get(&format!("{product}/loop?from=2027-01-01&to=2027-12-31")).await?.status == 404);
    }
    let found = closed().await?;
    // 10,000.00 / 12, rounded down.
    assert_eq!((&found["proceeds"], &found["asks_for"]), (&usd("10000.00"), &usd("666.67")), "{distribution:#}");
    it.host.app.stack().workers().clear();
    it.host.app.leap_clock(&it.host.book, "2029-02-01T12:00:00Z").await?;
    assert_eq!(closed().await?["asks_for"], usd("1500.00"), "twelve months later it counts no more");
    keeper.post(&of_loop, &json!({"book": null})).await?.ok()?;
    ensure!(keeper.get(&of_loop).await?.status == 404 && stranger.get(&of_loop).await?.status == 404);

    let service = it.host.app.connection().await?;
    let say = |version: i32, source: &str| {
        format!(
            "INSERT INTO campaign_loop (book_id, campaign_id, version, source_book, at_nothing, said_by, said_at)
             SELECT l.book_id, l.campaign_id, {version}, {source}, l.at_nothing, l.said_by, l.said_at + interval '1 day' FROM campaign_loop l WHERE l.version = 2"
        )
    };
    for (statement, state) in [
        (say(2, "NULL"), "23514"),
        (say(4, "NULL"), "23514"),
        (say(3, "(SELECT number FROM book WHERE currency = 'EUR')"), "23514"),
        ("UPDATE campaign_loop SET source_book = NULL".to_owned(), "42501"),
        ("DELETE FROM campaign_loop".to_owned(), "42501"),
    ] {
        let error = service.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
    }
    drop(service);
    it.host.app.finish_with_jobs_left().await
}
