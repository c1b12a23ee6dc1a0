//! Ten times as many entries as the service can take: what becomes of those that it takes, and how soon the others hear
//! that it does not.

use crate::load::{SERVER, children_of};
use crate::open_loop::{self, Heard, Plan};
use crate::report::{Report, Row};
use crate::{Service, cores, http, quiet, requests};
use anyhow::Context as _;
use std::time::Duration;

/// The core of the generator, and the one of the service and its database.
const CORES: (&str, &str) = ("0", "1");

/// How many times the capacity is offered.
const TIMES: u64 = 10;

/// What is sent before anything counts.
const WARM: Duration = Duration::from_secs(2);

/// How long it is measured.
const RUN: Duration = Duration::from_secs(8);

/// Measures the capacity, then what is heard at half of it, at twice as much, and at ten times as much.
pub(crate) async fn tenfold(service: &Service, report: &mut Report) -> anyhow::Result<()> {
    let path = requests::open_book(service, &service.operator, "Crowded").await? + "/journal-entries";
    let main = *SERVER.get().context("the server's process")?;
    let (own, served) = (std::process::id(), backends(main).chain([service.stack.api_id()]).collect::<Vec<_>>());
    let all = format!("0-{}", std::thread::available_parallelism()?.get() - 1);
    let measured = match cores::bind(&served, CORES.1).and_then(|()| cores::bind(&[own], CORES.0)) {
        Ok(()) => measure(service, report, &path).await,
        Err(error) => {
            println!("  overload: left out, as the generator needs a core of its own: {error}");
            Ok(())
        }
    };
    for process in backends(main).chain([own]) {
        // One that has ended meanwhile needs no core.
        let _ = cores::bind(&[process], &all);
    }
    measured
}

/// The database's main process and those that it has started.
fn backends(main: u32) -> impl Iterator<Item = u32> {
    children_of(main).into_iter().filter_map(|process| process.parse().ok()).chain([main])
}

async fn measure(service: &Service, report: &mut Report, path: &str) -> anyhow::Result<()> {
    let base = &service.stack.base_url;
    let token = service.operator.access_token().await?.context("the operator is signed in")?;
    let capacity = http::measure(base, &token, Some(path)).await?.per_s;
    report.add(Row::Value("overload_capacity", capacity, "/s on one core, with the database"));
    let plan = Plan {
        base: base.clone(),
        path: path.to_owned(),
        head: requests::head(base, &token),
        per_s: capacity / 2,
        warm: WARM,
        run: RUN,
    };
    let half = open_loop::run(plan.clone()).await?;
    report.add(told("overload_half", &half));
    for (times, case) in [(2, "twofold"), (TIMES, "tenfold")] {
        let heard = open_loop::run(Plan { per_s: capacity * times, ..plan.clone() }).await?;
        report.add(told(&format!("overload_{case}"), &heard));
        let (text, figures) = quiet::ratio(&heard.answered, &half.answered);
        report.add(Row::Told { case: format!("overload_{case}_answered"), text, figures });
    }
    Ok(())
}

fn told(case: &str, heard: &Heard) -> Row {
    let (text, figures) = heard.told();
    Row::Told { case: case.to_owned(), text, figures }
}
