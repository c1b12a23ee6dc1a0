//! A surplus shared among a hundred thousand members: how long its entries and statements take, what memory, and that it goes on after a stop.

use crate::Service;
use crate::report::{Report, Row};
use anyhow::{Context as _, ensure};
use api::demo::cast::{join, organisation, sandbox_book, today, usd};
use api::demo::client::text;
use deadpool_postgres::{Manager, Pool};
use jiff::ToSpan as _;
use ledger::cooperatives::operations::distributions;
use ledger::cooperatives::rules::cooperative::Period;
use ledger::id::{BookRef, PersonId};
use serde_json::json;
use std::time::{Duration, Instant};
use tests::large_book::memory_kib;

/// How many members, unless `COMMONPURSE_MEMBERS` says so.
const MEMBERS: usize = 100_000;

/// How long it may take.
const SHARE_MAX: Duration = Duration::from_mins(60);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Drafts it, lets a worker begin, stops that, and lets another one do the rest.
pub(crate) async fn among_many(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let members = match std::env::var("COMMONPURSE_MEMBERS") {
        Ok(members) => members.parse().context("COMMONPURSE_MEMBERS is a number")?,
        Err(_) => MEMBERS,
    };
    let cast = service.gather().await?;
    service.stack.add_worker(&[])?;
    let crowd = organisation(&cast.operator, "Crowd", "cooperative").await?;
    let keeper = join(&cast.operator, &crowd, "keeper@crowd.example", "owner").await?;
    join(&cast.operator, &crowd, "approver@crowd.example", "approver").await?;
    service.stack.workers().clear();
    let book = sandbox_book(&keeper, &crowd, "Crowd").await?;
    let at = |rest: &str| format!("/v1/cooperatives/{book}/{rest}");
    let day = today(&keeper, &book).await?;
    let groups = json!([{"group": "crowd", "percent": "100", "by": "equal"}]);
    let rule = json!({"effective_from": day, "objection_days": 1, "steps": [{"step": "members", "groups": groups}]});
    keeper.post(&at("allocation-rules"), &rule).await?.ok()?;
    let sale =
        json!({"kind": "sale", "label": "presses", "party": "bank", "amount": usd("1000000.00"), "occurred_on": day});
    keeper.post(&at("proceeds"), &sale).await?.ok()?;
    let owner = migrations::connect(&service.url.parse()?).await?;
    let number = book.parse::<BookRef>()?.book;
    let people = format!(
        "INSERT INTO person (id, caller, email, name, created_at)
         SELECT gen_random_uuid(), 1000000 + n, 'crowd' || n || '@many.example', '', now() FROM generate_series(1, {members}) n;
         INSERT INTO member (book_id, id, number, person, \"group\", joined_on, consents, created_at)
         SELECT {number}, gen_random_uuid(), p.caller - 1000000, p.id, 'crowd', '{day}', false, now()
           FROM person p WHERE p.caller > 1000000;
         UPDATE cooperative SET members_last = {members} WHERE book_id = {number};",
        number = number.0
    );
    owner.batch_execute(&people).await?;
    service.analyze().await?;

    let access = migrations::service_access(&service.url, "bench")?;
    let pool = Pool::builder(Manager::new(access.config, access.tls)).max_size(1).build()?;
    let mut client = pool.get().await?;
    let person = async |email: &str| -> anyhow::Result<PersonId> {
        Ok(PersonId(owner.query_one("SELECT id FROM person WHERE email = $1", &[&email]).await?.get(0)))
    };
    let (by, approver) = (person("keeper@crowd.example").await?, person("approver@crowd.example").await?);
    let (begun, wall) = (Instant::now(), jiff::Timestamp::now());
    let tx = client.transaction().await?;
    let draft = distributions::draft(&tx, number, Period { from: day, to: day }, by, wall).await?;
    distributions::open(&tx, draft.id, by, wall).await?;
    distributions::approve(&tx, draft.id, Some(draft.digest), "", approver, wall).await?;
    tx.commit().await?;
    drop(client);
    report.add(Row::time("distribution_100k_draft", begun.elapsed().as_micros() as u64));

    let to = day.saturating_add(3.days());
    keeper.post(&format!("/v1/books/{book}/clock:advance"), &json!({"to": format!("{to}T12:00:00Z")})).await?.ok()?;
    service.stack.add_worker(&[])?;
    let begun = Instant::now();
    until(service, begun, "SELECT count(*) FROM distribution_entry").await?;
    let first = memory_kib(service.stack.workers()[0].id(), "VmHWM:")?;
    service.stack.workers().clear();
    service.stack.add_worker(&[])?;
    until(service, begun, "SELECT count(*) FROM distribution WHERE state = 'statements_issued'").await?;
    let shared = begun.elapsed();
    let issued = service.count("SELECT count(*) FROM statement").await?;
    ensure!(usize::try_from(issued)? == members, "{issued} statements of {members} members");
    let owed =
        service.count("SELECT count(*) FROM account WHERE starts_with(code, 'liabilities:payable:member:')").await?;
    ensure!(usize::try_from(owed)? == members, "{owed} members are owed something");
    let second = memory_kib(service.stack.workers()[0].id(), "VmHWM:")?;
    let a_second = members as u64 * 1_000_000 / (shared.as_micros() as u64).max(1);
    report.add(Row::Value("distribution_100k", a_second, "members/s"));
    report.add(Row::Value("distribution_100k_mib", first.max(second).div_ceil(1_024), "MiB"));
    ensure!(text(&keeper.get(&at("distributions?limit=1")).await?.ok()?, "/items/0/state")? == "statements_issued");
    Ok(())
}

/// Waits until a query counts something.
async fn until(service: &Service, begun: Instant, query: &str) -> anyhow::Result<()> {
    while service.count(query).await? == 0 {
        ensure!(begun.elapsed() < SHARE_MAX, "it is not shared");
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
