//! A cooperative over HTTP: two years shared to the cent by the worker, statements by mail, and who sees whose share.

mod advances;
mod affiliations;
pub(crate) mod bank;
mod business;
mod capital;
mod consents;
mod dissolution;
mod employees;
mod joining;
mod loans;
mod openings;
mod probation;
mod remittances;
mod result;
mod rule_making;
mod shares;
mod succession;
mod tax_years;
mod votes;
mod weights;

use crate::host::Host;
use anyhow::{Context as _, ensure};
use api::demo::client::{Answer, Client, text};
use reqwest::Method;
use serde_json::{Value, json};

type Outcome = anyhow::Result<()>;

const HOURS: [&str; 4] = ["2080", "1560", "1040", "520"];

/// A cooperative with six members.
pub(crate) struct Coop {
    pub(crate) host: Host,
    pub(crate) approver: Client,
    pub(crate) ada: Client,
    pub(crate) bea: Client,
    pub(crate) members: Vec<Value>,
}

impl Coop {
    /// Six members under the rule of the main road, on 1 January 2028.
    pub(crate) async fn open() -> anyhow::Result<Coop> {
        let host = Host::open("Press Makers", "private").await?;
        let approver = host.person("approver@press.example", "approver").await?;
        host.app.advance(&host.treasurer, &host.book, "2028-01-01T12:00:00Z").await?;
        let path = format!("/v1/cooperatives/{}", host.book);
        let (mut members, mut people) = (Vec::new(), Vec::new());
        for (name, group) in [
            ("ada", "workers"),
            ("bea", "workers"),
            ("cem", "workers"),
            ("dora", "workers"),
            ("eli", "management"),
            ("fay", "management"),
        ] {
            let email = format!("{name}@press.example");
            people.push(host.person(&email, "member").await?);
            let member = json!({"email": email, "group": group, "joined_on": "2026-01-01", "consents": true});
            members.push(host.treasurer.post(&format!("{path}/members"), &member).await?.ok()?);
        }
        people.truncate(2);
        let (bea, ada) = (people.pop().context("Bea")?, people.pop().context("Ada")?);
        let coop = Coop { host, approver, ada, bea, members };
        coop.host.treasurer.post(&coop.at("/allocation-rules"), &rule()).await?.ok()?;
        Ok(coop)
    }

    pub(crate) fn at(&self, rest: &str) -> String {
        format!("/v1/cooperatives/{}{rest}", self.host.book)
    }

    pub(crate) async fn record(&self, kind: &str, amount: &str, day: &str) -> anyhow::Result<Answer> {
        let body = json!({
            "kind": kind, "label": "presses", "party": "bank", "occurred_on": day,
            "amount": {"amount": amount, "currency": "USD"},
        });
        self.host.treasurer.post(&self.at("/proceeds"), &body).await
    }

    /// Ada writes down her own hours and Bea attests them; the treasurer writes down the others', and Ada attests.
    pub(crate) async fn work(&self, year: i16) -> Outcome {
        self.worked(year, &HOURS).await
    }

    /// The same, with the hours of each of the first members.
    async fn worked(&self, year: i16, all: &[&str]) -> Outcome {
        for (index, hours) in all.iter().enumerate() {
            let mut body = json!({
                "from": format!("{year}-01-01"), "to": format!("{year}-12-31"), "hours": hours, "note": "Presses",
            });
            let (worker, second) = if index == 0 { (&self.ada, &self.bea) } else { (&self.host.treasurer, &self.ada) };
            if index > 0 {
                body["member"] = self.members[index]["id"].clone();
            }
            let recorded = worker.post(&self.at("/contributions"), &body).await?.ok()?;
            let attest = format!("/v1/contributions/{}:attest", text(&recorded, "/id")?);
            is(&worker.post(&attest, &json!({})).await?, if index == 0 { 409 } else { 403 });
            assert_eq!(second.post(&attest, &json!({})).await?.ok()?["state"], "attested");
        }
        Ok(())
    }

    /// Drafts, opens and approves a year; the clock passes the window, and the worker does the rest.
    pub(crate) async fn distribute(&self, year: i16, until: &str) -> anyhow::Result<Value> {
        let period = json!({"from": format!("{year}-01-01"), "to": format!("{year}-12-31")});
        let draft = self.host.treasurer.post(&self.at("/distributions"), &period).await?.ok()?;
        assert_eq!(draft["state"], "draft");
        let one = format!("/v1/distributions/{}", text(&draft, "/id")?);
        is(&self.ada.get(&one).await?, 404);
        self.host.treasurer.post(&format!("{one}:open"), &json!({})).await?.ok()?;
        let approval = json!({"digest": draft["digest"]});
        self.approver.post(&format!("{one}:approve"), &approval).await?.ok()?;
        self.host.app.advance(&self.host.treasurer, &self.host.book, until).await?;
        self.host.treasurer.get(&one).await?.ok()
    }
}

fn rule() -> Value {
    json!({
        "effective_from": "2026-01-01",
        "steps": [
            {"step": "share", "of": "net", "percent": "10", "to": "development_fund"},
            {"step": "members", "groups": [
                {"group": "workers", "percent": "80", "by": "hours"},
                {"group": "management", "percent": "20", "by": "equal"},
            ]},
        ],
    })
}

fn is(answer: &Answer, status: u16) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
}

fn cash(distribution: &Value) -> Vec<&str> {
    let shares = distribution["shares"].as_array().expect("shares");
    shares.iter().filter_map(|share| share["cash"]["amount"].as_str()).collect()
}

#[tokio::test]
async fn k3_two_years_are_shared_to_the_cent_and_every_member_has_a_statement_by_mail() -> Outcome {
    let coop = Coop::open().await?;
    for (year, costs) in [(2026, "345.67"), (2027, "345.60")] {
        coop.record("sale", "12345.67", &format!("{year}-06-01")).await?.ok()?;
        coop.record("cost", costs, &format!("{year}-06-01")).await?.ok()?;
        coop.work(year).await?;
    }
    let first = coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!(first["state"], "statements_issued");
    assert_eq!(first["parts"][0]["amount"]["amount"], "1200.00");
    assert_eq!(cash(&first), ["3456.00", "2592.00", "1728.00", "864.00", "1080.00", "1080.00"]);
    let second = coop.distribute(2027, "2028-01-17T12:00:00Z").await?;
    assert_eq!(second["net"]["amount"], "12000.07");
    assert_eq!(second["parts"][0]["amount"]["amount"], "1200.01");
    assert_eq!(cash(&second), ["3456.02", "2592.02", "1728.01", "864.00", "1080.01", "1080.00"]);

    let entry = format!("/v1/books/{}/journal-entries/{}", coop.host.book, second["entry"]);
    let entry = coop.host.treasurer.get(&entry).await?.ok()?;
    assert_eq!(entry["lines"].as_array().map(Vec::len), Some(7), "one entry, a line for each part");
    for name in ["ada", "dora", "fay"] {
        assert_eq!(coop.host.app.mails("statement", &format!("{name}@press.example"))?, 2, "{name}");
    }
    assert_eq!(coop.host.treasurer.all(&coop.at("/statements")).await?.len(), 12);
    let own = coop.bea.all(&coop.at("/statements")).await?;
    let shares: Vec<_> = own.iter().map(|one| one["share"]["amount"].clone()).collect();
    assert_eq!(shares, ["2592.00", "2592.02"]);
    assert_eq!((&own[1]["hours"], &own[1]["rule_version"]), (&json!("1560.00"), &json!(1)));
    // K3: base, cash, retained, consent, period and rule of each.
    for (field, said) in [
        ("patronage", json!("hours")),
        ("retained", json!({"amount": "0.00", "currency": "USD"})),
        ("cash", json!({"amount": "2592.02", "currency": "USD"})),
        ("consents", json!(false)),
        ("from", json!("2027-01-01")),
        ("to", json!("2027-12-31")),
    ] {
        assert_eq!(own[1][field], said, "{field}: {}", own[1]);
    }
    let one = format!("/v1/statements/{}", text(&own[0], "/id")?);
    assert_eq!(coop.bea.get(&one).await?.ok()?, own[0]);
    is(&coop.ada.get(&one).await?, 404);

    let seen = coop.ada.get(&format!("/v1/distributions/{}", text(&second, "/id")?)).await?.ok()?;
    assert_eq!(cash(&seen), ["3456.02"], "of the others she sees the sums of the groups");
    assert_eq!(
        seen["groups"][1],
        json!({
            "group": "workers", "members": 4, "amount": {"amount": "8640.05", "currency": "USD"},
        })
    );
    p16_1_everybody_reads_the_waterfall_of_a_public_book_and_nobody_who_the_members_are(&coop).await?;
    coop.host.app.finish().await
}

/// The page of a cooperative, as HTML, JSON and CSV.
async fn p16_1_everybody_reads_the_waterfall_of_a_public_book_and_nobody_who_the_members_are(coop: &Coop) -> Outcome {
    let page = format!("{}/cooperatives/{}", coop.host.app.base_url(), coop.host.book);
    let http = tests::http().build()?;
    assert_eq!(http.get(&page).send().await?.status(), 404, "a private book is nobody's to read");
    let (operator, path) = (coop.host.app.operator().await?, format!("/v1/books/{}", coop.host.book));
    let public = json!({"visibility": "public"});
    let seen = operator.get(&path).await?.etag.context("an ETag")?;
    operator.send(Method::PATCH, &path, Some(&public), &[("if-match", &seen)]).await?.ok()?;

    let shown: Value = http.get(format!("{page}.json")).send().await?.error_for_status()?.json().await?;
    let rows = shown["last"]["rows"].as_array().context("rows")?;
    let rows: Vec<_> = rows.iter().map(|row| (&row["what"], &row["amount"]["amount"])).collect();
    let expected = [
        ("Sales", "12345.67"),
        ("Costs", "-345.60"),
        ("Surplus", "12000.07"),
        ("To the development fund", "1200.01"),
        ("To management, 2 members", "2160.01"),
        ("To workers, 4 members", "8640.05"),
    ];
    let expected: Vec<_> = expected.iter().map(|(what, amount)| (json!(what), json!(amount))).collect();
    assert_eq!(rows, expected.iter().map(|(what, amount)| (what, amount)).collect::<Vec<_>>());
    assert_eq!(shown["held"][1][1]["amount"], "2400.01", "two years of the development fund");
    let (html, csv) = (http.get(&page).send().await?.text().await?, format!("{page}.csv"));
    assert!(html.contains("12,000.07 USD divided for 1 January 2027 to 31 December 2027"), "{html}");
    assert!(html.contains("80 % workers (by hours)") && html.contains("20 % management (each the same)"), "{html}");
    let csv = http.get(csv).send().await?.text().await?;
    assert!(csv.contains("\"To workers, 4 members\",8640.05,USD\r\n") && csv.contains("Costs,-345.60,USD"), "{csv}");
    for text in [&html, &csv, &shown.to_string()] {
        let members = coop.members.iter().filter_map(|member| member["id"].as_str());
        let told = members.chain(["ada", "dora", "press.example"]).find(|name| text.contains(*name));
        assert!(told.is_none(), "{told:?} stands in {text}");
    }
    Ok(())
}

#[tokio::test]
async fn an_objection_is_answered_by_a_third_person_and_a_distribution_can_be_taken_back() -> Outcome {
    let coop = Coop::open().await?;
    coop.record("sale", "12000.07", "2026-06-01").await?.ok()?;
    let period = json!({"from": "2026-01-01", "to": "2026-12-31"});
    let draft = coop.at("/distributions");
    let idle = coop.host.treasurer.post(&draft, &period).await?;
    is(&idle, 409);
    assert_eq!(idle.body["type"], "/problems/no-weights", "nobody has attested hours");
    coop.work(2026).await?;

    let tried = coop.host.treasurer.post(&format!("{draft}?dry_run=true"), &period).await?;
    is(&tried, 200);
    let drafted = coop.host.treasurer.post(&draft, &period).await?;
    is(&drafted, 201);
    assert_eq!(drafted.body["digest"], tried.body["digest"], "a dry run computes the same plan");
    let one = format!("/v1/distributions/{}", text(&drafted.body, "/id")?);
    let approval = json!({"digest": drafted.body["digest"]});
    is(&coop.approver.post(&format!("{one}:approve"), &approval).await?, 409);
    coop.host.treasurer.post(&format!("{one}:open"), &json!({})).await?.ok()?;
    is(&coop.ada.post(&format!("{one}:approve"), &approval).await?, 403);
    let other = json!({"digest": "0".repeat(64)});
    assert_eq!(coop.approver.post(&format!("{one}:approve"), &other).await?.body["type"], "/problems/digest-mismatch");
    coop.approver.post(&format!("{one}:approve"), &approval).await?.ok()?;

    let why = json!({"reason": "My hours of May are missing"});
    let objected = coop.ada.post(&format!("{one}:object"), &why).await?.ok()?;
    assert_eq!((&objected["state"], cash(&objected).len()), (&json!("objected"), 1));
    is(&coop.approver.post(&format!("{one}:approve"), &approval).await?, 409);
    coop.host.app.work_until_idle().await?;
    let objections = async || -> anyhow::Result<Vec<(String, String)>> {
        let mails = coop.host.treasurer.all(&format!("/v1/books/{}/outbox", coop.host.book)).await?;
        let told = mails
            .iter()
            .filter(|mail| mail["kind"] == "objection")
            .map(|mail| Ok((text(mail, "/recipient")?.to_owned(), text(mail, "/text")?.to_owned())));
        told.collect()
    };
    let mut told = objections().await?;
    told.sort();
    let to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(
        to,
        ["approver@press.example", "operator@test.example", "treasurer@host.example"],
        "those who decide, and nobody else"
    );
    assert!(told.iter().all(|(_, text)| text.contains("until 15 January 2028")), "{told:?}");
    let here = "an_objection_is_answered_by_a_third_person_and_a_distribution_can_be_taken_back";
    crate::outbox::windows::each_is_told_with_its_day(&coop.host.app, Some(here)).await?;
    coop.host.app.advance(&coop.host.treasurer, &coop.host.book, "2028-01-09T12:00:00Z").await?;
    let answer = json!({"digest": drafted.body["digest"], "answer": "The time sheets agree"});
    coop.approver.post(&format!("{one}:approve"), &answer).await?.ok()?;
    coop.host.app.work_until_idle().await?;
    assert_eq!(coop.host.treasurer.get(&one).await?.ok()?["state"], "statements_issued");
    let told: Vec<_> = objections().await?.into_iter().filter(|(to, _)| to.starts_with("ada@")).collect();
    assert!(told.len() == 1 && told[0].1.contains("The time sheets agree"), "{told:?}");
    assert_eq!(objections().await?.len(), 4);
    assert_eq!(coop.bea.get(&format!("{one}/objections")).await?.ok()?["items"][0]["reason"], why["reason"]);

    is(&coop.approver.post(&format!("{one}:reverse"), &why).await?, 409);
    let reversed = coop.host.treasurer.post(&format!("{one}:reverse"), &why).await?.ok()?;
    assert_eq!(reversed["state"], "reversed");
    assert_eq!(coop.bea.all(&coop.at("/statements")).await?[0]["reversed"], true);
    is(&coop.host.treasurer.post(&draft, &period).await?, 201);
    coop.host.app.finish().await
}

#[tokio::test]
async fn strangers_find_no_cooperative_and_members_do_not_keep_its_books() -> Outcome {
    let coop = Coop::open().await?;
    let stranger = coop.host.stranger().await?;
    for list in ["/members", "/contributions", "/allocation-rules", "/proceeds", "/distributions", "/statements"] {
        is(&stranger.get(&coop.at(list)).await?, 404);
        is(&coop.host.app.nobody()?.get(&coop.at(list)).await?, 401);
        is(&coop.ada.get(&coop.at(list)).await?, 200);
        is(&coop.ada.get(&coop.at(&format!("{list}?limit=0"))).await?, 422);
    }
    let sale = json!({
        "kind": "sale", "label": "presses", "party": "bank", "amount": {"amount": "1.00", "currency": "USD"},
    });
    is(&coop.ada.post(&coop.at("/proceeds"), &sale).await?, 403);
    is(&coop.ada.post(&coop.at("/allocation-rules"), &rule()).await?, 403);
    let hours = json!({"member": coop.members[1]["id"], "from": "2026-01-01", "to": "2026-01-02", "hours": "8"});
    is(&coop.ada.post(&coop.at("/contributions"), &hours).await?, 403);

    let members = coop.ada.all(&coop.at("/members")).await?;
    let known: Vec<bool> = members.iter().map(|member| member["person"].is_string()).collect();
    assert_eq!(known, [true, false, false, false, false, false], "she knows herself; the others are numbers");
    let too_much = json!({"effective_from": "2028-01-01", "steps": [
        {"step": "members", "groups": [{"group": "workers", "percent": "80", "by": "hours"}]},
    ]});
    let refused = coop.host.treasurer.post(&coop.at("/allocation-rules"), &too_much).await?;
    assert_eq!(refused.body["type"], "/problems/rule-invalid", "{}", refused.body);
    let euros = json!({
        "kind": "sale", "label": "presses", "party": "bank", "amount": {"amount": "1.00", "currency": "EUR"},
    });
    is(&coop.host.treasurer.post(&coop.at("/proceeds"), &euros).await?, 422);
    is(&coop.record("sale", "1.00", "2099-01-01").await?, 422);
    coop.host.app.finish().await
}

#[tokio::test]
async fn f15_a_sale_or_cost_reported_again_is_the_one_that_is_there_and_other_content_is_refused() -> Outcome {
    let host = Host::open("Press Makers", "private").await?;
    let path = format!("/v1/cooperatives/{}/proceeds", host.book);
    for kind in ["sale", "cost"] {
        let mut report = json!({
            "kind": kind, "label": "presses", "party": "bank", "memo": "Two presses", "reference": "2026-17",
            "amount": {"amount": "120.00", "currency": "USD"},
        });
        let first = host.treasurer.post(&path, &report).await?;
        is(&first, 201);
        for day in [Value::Null, first.body["occurred_on"].clone()] {
            report["occurred_on"] = day;
            let again = host.treasurer.post(&path, &report).await?;
            is(&again, 200);
            assert_eq!(again.body, first.body);
        }
        for (field, other) in [
            ("label", json!("stoves")),
            ("party", json!("till")),
            ("memo", json!("Three presses")),
            ("amount", json!({"amount": "120.01", "currency": "USD"})),
            ("occurred_on", json!("2026-01-01")),
        ] {
            let mut differs = report.clone();
            differs[field] = other;
            let refused = host.treasurer.post(&path, &differs).await?;
            is(&refused, 409);
            assert_eq!(refused.body["type"], "/problems/reference-taken", "{field}");
        }
        report["reference"] = json!("");
        for _ in 0..2 {
            is(&host.treasurer.post(&path, &report).await?, 201);
        }
    }
    let recorded = host.treasurer.all(&path).await?;
    assert_eq!(recorded.len(), 6, "one with each reference, and two without");
    host.app.finish().await
}

#[tokio::test]
async fn an_export_has_invoices_and_their_texts_for_those_who_may_list_them_and_for_no_others() -> Outcome {
    let host = Host::open("Bakery", "private").await?;
    let reviewer = host.person("reviewer@bakery.example", "reviewer").await?;
    let sale = json!({
        "kind": "sale", "label": "bread", "party": "bank", "memo": "400 loaves for the cafe", "reference": "INV-17",
        "amount": {"amount": "400.00", "currency": "USD"},
    });
    host.treasurer.post(&format!("/v1/cooperatives/{}/proceeds", host.book), &sale).await?.ok()?;
    for format in ["hledger", "beancount", "csv", "jsonl"] {
        let path = host.at(&format!("/export?format={format}"));
        let shown = host.treasurer.download(&path).await?;
        assert!(shown.contains("INV-17") && shown.contains("400 loaves for the cafe"), "{shown}");
        let hidden = reviewer.download(&path).await?;
        assert!(
            hidden.contains("sales_recorded") && !hidden.contains("INV-17") && !hidden.contains("loaves"),
            "{hidden}"
        );
    }
    is(&reviewer.get(&format!("/v1/cooperatives/{}/proceeds", host.book)).await?, 403);
    host.app.finish().await
}

#[tokio::test]
async fn fl11_what_was_recorded_by_mistake_leads_back_step_by_step_as_the_refusals_say() -> Outcome {
    let coop = Coop::open().await?;
    let keeper = &coop.host.treasurer;
    let sale = coop.record("sale", "12000.07", "2026-06-01").await?.ok()?;
    coop.work(2026).await?;
    let posted = coop.distribute(2026, "2028-01-09T12:00:00Z").await?;
    assert_eq!(posted["state"], "statements_issued");
    is(&coop.record("sale", "1.00", "1926-11-20").await?, 422);

    let why = json!({"reason": "Recorded twice"});
    let undo = format!("/v1/proceeds/{}:reverse", text(&sale, "/id")?);
    is(&coop.ada.post(&undo, &why).await?, 403);
    is(&keeper.post(&undo, &json!({"reason": ""})).await?, 422);
    // Each refusal names the operation that leads on, with the id of what stands in the way.
    let mut steps = Vec::new();
    loop {
        let answer = keeper.post(&undo, &why).await?;
        if answer.status.is_success() {
            assert_eq!(answer.body["reversal"]["reason"], why["reason"]);
            break;
        }
        assert_eq!((answer.status.as_u16(), &answer.body["type"]), (409, &json!("/problems/result-counts-it")));
        let detail = text(&answer.body, "/detail")?;
        let way = detail.split("POST ").nth(1).and_then(|rest| rest.split([';', ',']).next()).context("a way on")?;
        keeper.post(way, &why).await?.ok()?;
        steps.push(way.split('/').nth(2).unwrap_or_default().to_owned());
        anyhow::ensure!(steps.len() < 5, "{steps:?}");
    }
    assert_eq!(steps, ["distributions", "results"]);
    let again = keeper.post(&undo, &why).await?;
    assert_eq!(again.body["type"], "/problems/already-reversed");
    let entry = format!("/v1/books/{}/journal-entries/{}:reverse", coop.host.book, sale["entry"]);
    let raw = keeper.post(&entry, &why).await?;
    assert!(text(&raw.body, "/detail")?.contains("POST /v1/proceeds/{id}:reverse"), "{}", raw.body);

    let hours = coop.ada.all(&coop.at("/contributions")).await?;
    let undo = format!("/v1/contributions/{}:reverse", text(&hours[0], "/id")?);
    assert_eq!(coop.ada.post(&undo, &why).await?.ok()?["state"], "reversed");
    let others = format!("/v1/contributions/{}:reverse", text(&hours[2], "/id")?);
    is(&coop.bea.post(&others, &why).await?, 403);
    let period = json!({"from": "2026-01-01", "to": "2026-12-31"});
    let closed = keeper.post(&coop.at("/results"), &period).await?.ok()?;
    assert_eq!((&closed["net"]["amount"], &closed["entry"]), (&json!("0.00"), &Value::Null));
    assert_eq!(coop.ada.all(&coop.at("/results")).await?.len(), 2);
    coop.host.app.finish().await
}

#[tokio::test]
async fn f10_a_year_of_losses_is_closed_and_the_next_surplus_bears_it() -> Outcome {
    let coop = Coop::open().await?;
    coop.record("sale", "100.00", "2026-06-01").await?.ok()?;
    coop.record("cost", "300.00", "2026-06-01").await?.ok()?;
    coop.record("sale", "12200.00", "2027-06-01").await?.ok()?;
    coop.work(2027).await?;
    let period = json!({"from": "2026-01-01", "to": "2026-12-31"});
    let refused = coop.host.treasurer.post(&coop.at("/distributions"), &period).await?;
    assert_eq!(refused.body["type"], "/problems/no-surplus");
    is(&coop.ada.post(&coop.at("/results"), &period).await?, 403);
    let closed = coop.host.treasurer.post(&coop.at("/results"), &period).await?.ok()?;
    assert_eq!(closed["net"]["amount"], "-200.00");
    let posted = coop.distribute(2027, "2028-01-09T12:00:00Z").await?;
    assert_eq!((&posted["loss_before"]["amount"], &posted["net"]["amount"]), (&json!("200.00"), &json!("12000.00")));
    assert_eq!(cash(&posted), ["3456.00", "2592.00", "1728.00", "864.00", "1080.00", "1080.00"]);
    coop.host.app.finish().await
}

#[tokio::test]
async fn k11_a_rule_that_names_a_law_keeps_it_and_reads_as_it_was_published() -> Outcome {
    let coop = Coop::open().await?;
    let treasurer = &coop.host.treasurer;
    let rule = |development: &str| {
        json!({
            "effective_from": "2028-01-01", "minima": "fr-scop",
            "steps": [
                {"step": "share", "of": "net", "percent": "15", "to": "reserve", "until": {"highest_capital": true}},
                {"step": "share", "of": "net", "percent": development, "to": "development_fund"},
                {"step": "capital_interest", "of": "left", "percent": "10.00", "rate": "5.00"},
                {"step": "share", "of": "left", "percent": "1", "to": "fund:education",
                 "until": {"amount": {"amount": "500.00", "currency": "USD"}}},
                {"step": "members", "groups": [{"group": "workers", "percent": "100", "by": "hours"}]},
            ],
        })
    };
    let path = coop.at("/allocation-rules");
    let answer = treasurer.post(&path, &rule("60")).await?;
    ensure!(answer.status == 409 && answer.body["type"] == "/problems/rule-below-minimum", "{answer:?}");
    let said = answer.body["detail"].as_str().unwrap_or_default();
    ensure!(said.contains("article 33") && said.contains("25.00 %"), "{said}");
    let published = treasurer.post(&path, &rule("40")).await?.ok()?;
    ensure!(published["minima"] == "fr-scop", "{published}");
    ensure!(published["steps"][0]["until"] == json!({"highest_capital": true}), "{published}");
    ensure!(
        published["steps"][2]
            == json!({
                "step": "capital_interest", "of": "left", "percent": "10.00", "rate": "5.00",
            }),
        "{published}"
    );
    let listed = treasurer.all(&path).await?;
    ensure!(listed.last() == Some(&published), "{listed:?}");

    for (pointer, wrong) in [
        ("/steps/0/until", json!({})),
        ("/steps/0/until", json!({"highest_capital": false})),
        ("/steps/0/until", json!({"highest_capital": true, "amount": {"amount": "1.00", "currency": "USD"}})),
        ("/minima", json!("de-genossenschaft")),
        ("/steps/2/rate", json!("x")),
    ] {
        let mut rule = rule("40");
        *rule.pointer_mut(pointer).context("a field")? = wrong;
        let answer = treasurer.post(&path, &rule).await?;
        ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{pointer}: {answer:?}");
    }
    let mut of_euros = rule("40");
    of_euros["steps"][3]["until"]["amount"]["currency"] = json!("EUR");
    let answer = treasurer.post(&path, &of_euros).await?;
    ensure!(answer.body["errors"][0]["pointer"] == "/steps/3/until/amount/currency", "{answer:?}");

    let presets = coop.host.app.nobody()?.get("/v1/allocation-rule-presets").await?.ok()?;
    let names = |of: &str| -> Vec<&str> {
        presets[of].as_array().into_iter().flatten().filter_map(|it| it["name"].as_str()).collect()
    };
    ensure!(names("presets") == ["80-20", "10-20-70", "45-45-10"], "{presets}");
    ensure!(names("minima") == ["fr-scop", "fr-scic", "it-prevalente", "us-t"], "{presets}");
    // A preset is published as it is.
    for preset in presets["presets"].as_array().context("presets")? {
        let rule = json!({"effective_from": "2028-01-01", "steps": preset["steps"]});
        treasurer.post(&path, &rule).await?.ok()?;
    }
    coop.host.app.finish().await
}
