//! A surplus shared among a hundred thousand members, beside one among ten thousand in the same run: how long its entries and statements take,
//! what memory, and that it goes on after a stop.

use crate::Service;
use crate::report::{Report, Row, hundredths, number};
use anyhow::{Context as _, ensure};
use api::demo::cast::{Cast, join, organisation, sandbox_book, today, usd};
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

/// Of how many times as many members the baseline has one.
const BASELINE: usize = 10;

/// How long it may take.
const SHARE_MAX: Duration = Duration::from_mins(60);

/// How often it is looked at.
const POLL: Duration = Duration::from_millis(50);

/// What it took to share a surplus.
struct Shared {
    /// Members a second, from the first entry to the last statement.
    a_second: u64,
    /// The most memory of a worker, MiB.
    mib: u64,
    /// How long the draft took.
    drafted: Duration,
}

/// Shares a surplus among a tenth of the members, then among all, and says how the two compare.
pub(crate) async fn among_many(service: &mut Service, report: &mut Report) -> anyhow::Result<()> {
    let members = match std::env::var("COMMONPURSE_MEMBERS") {
        Ok(members) => members.parse().context("COMMONPURSE_MEMBERS is a number")?,
        Err(_) => MEMBERS,
    };
    let cast = service.gather().await?;
    let few = share(service, &cast, "some", members / BASELINE).await?;
    let many = share(service, &cast, "many", members).await?;
    report.add(Row::time("distribution_100k_draft", many.drafted.as_micros() as u64));
    report.add(Row::Value("distribution_100k", many.a_second, "members/s"));
    report.add(Row::Value("distribution_100k_mib", many.mib, "MiB"));
    let (speed, memory) = (many.a_second * 100 / few.a_second.max(1), many.mib * 100 / few.mib.max(1));
    let text = format!(
        "of a tenth as many, {} members/s in {} MiB: speed {}, memory {}",
        few.a_second,
        few.mib,
        hundredths(speed),
        hundredths(memory)
    );
    let figures = json!({
        "members_a_second": few.a_second, "mib": few.mib, "speed": number(speed), "memory": number(memory),
    });
    report.add(Row::Told { case: "distribution_100k_ratio".into(), text, figures });
    Ok(())
}

/// Drafts it, lets a worker begin, stops that, and lets another one do the rest.
async fn share(service: &mut Service, cast: &Cast, name: &str, members: usize) -> anyhow::Result<Shared> {
    service.stack.add_worker(&[])?;
    let crowd = organisation(&cast.operator, name, "cooperative").await?;
    let keeper = join(&cast.operator, &crowd, &format!("keeper@{name}.example"), "owner").await?;
    join(&cast.operator, &crowd, &format!("approver@{name}.example"), "approver").await?;
    service.stack.workers().clear();
    let book = sandbox_book(&keeper, &crowd, name).await?;
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
         SELECT gen_random_uuid(), {number} * 1000000 + n, 'crowd' || n || '@{name}.example', '', now()
           FROM generate_series(1, {members}) n;
         INSERT INTO member (book_id, id, number, person, \"group\", joined_on, consents, created_at)
         SELECT {number}, gen_random_uuid(), p.caller - {number} * 1000000, p.id, 'crowd', '{day}', false, now()
           FROM person p WHERE p.caller > {number} * 1000000;
         UPDATE cooperative SET members_last = {members} WHERE book_id = {number};",
        number = number.0
    );
    owner.batch_execute(&people).await?;
    service.analyze().await?;

    let access = migrations::service_access(&service.url, "bench")?;
    let pool = Pool::builder(Manager::new(access.config, access.tls)).max_size(1).build()?;
    let mut client = pool.get().await?;
    let person = async |role: &str| -> anyhow::Result<PersonId> {
        let email = format!("{role}@{name}.example");
        Ok(PersonId(owner.query_one("SELECT id FROM person WHERE email = $1", &[&email]).await?.get(0)))
    };
    let (by, approver) = (person("keeper").await?, person("approver").await?);
    let (begun, wall) = (Instant::now(), jiff::Timestamp::now());
    let tx = client.transaction().await?;
    let draft = distributions::draft(&tx, number, Period { from: day, to: day }, by, wall).await?;
    distributions::open(&tx, draft.id, by, wall).await?;
    distributions::approve(&tx, draft.id, Some(draft.digest), "", approver, wall).await?;
    tx.commit().await?;
    drop(client);
    let drafted = begun.elapsed();

    let to = day.saturating_add(3.days());
    keeper.post(&format!("/v1/books/{book}/clock:advance"), &json!({"to": format!("{to}T12:00:00Z")})).await?.ok()?;
    service.stack.add_worker(&[])?;
    let of_book = |counted: &str| format!("SELECT count(*) FROM {counted} AND book_id = {}", number.0);
    let begun = Instant::now();
    until(service, begun, &of_book("distribution_entry WHERE true")).await?;
    let first = memory_kib(service.stack.workers()[0].id(), "VmHWM:")?;
    service.stack.workers().clear();
    service.stack.add_worker(&[])?;
    until(service, begun, &of_book("distribution WHERE state = 'statements_issued'")).await?;
    let shared = begun.elapsed();
    let issued = service.count(&of_book("statement WHERE true")).await?;
    ensure!(usize::try_from(issued)? == members, "{issued} statements of {members} members");
    let owed = service.count(&of_book("account WHERE starts_with(code, 'liabilities:payable:member:')")).await?;
    ensure!(usize::try_from(owed)? == members, "{owed} members are owed something");
    let second = memory_kib(service.stack.workers()[0].id(), "VmHWM:")?;
    service.stack.workers().clear();
    let listed = keeper.get(&at("distributions?limit=1")).await?.ok()?;
    ensure!(text(&listed, "/items/0/state")? == "statements_issued");
    ensure!(listed["items"][0]["shares"].as_array().is_some_and(|shares| shares.len() == 100), "the first hundred");
    Ok(Shared {
        a_second: members as u64 * 1_000_000 / (shared.as_micros() as u64).max(1),
        mib: first.max(second).div_ceil(1_024),
        drafted,
    })
}

/// Waits until a query counts something.
async fn until(service: &Service, begun: Instant, query: &str) -> anyhow::Result<()> {
    while service.count(query).await? == 0 {
        ensure!(begun.elapsed() < SHARE_MAX, "it is not shared");
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
