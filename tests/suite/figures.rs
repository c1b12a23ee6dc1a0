//! The figures of the running programs: who reaches them, what makes a time series, and whether the dashboard and the alerts
//! ask for what there is.

use anyhow::{Context as _, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};
use tests::{Stage, TestApp, day, once, read_figures};

type Outcome = anyhow::Result<()>;

/// Addresses of their own for the figures of both programs.
const SHOWN: [(&str, &str); 2] =
    [("COMMONPURSE_METRICS_LISTEN", "127.0.0.1:0"), ("COMMONPURSE_WORKER_LISTEN", "127.0.0.1:0")];

/// A loaded machine may take long; what has not come by then does not come.
const PATIENCE: Duration = Duration::from_mins(3);

fn http() -> anyhow::Result<Client> {
    Ok(tests::http().timeout(PATIENCE).build()?)
}

/// Asks again and again until there is an answer.
async fn wait_for<T>(what: &str, mut ask: impl AsyncFnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("{what} did not come in {} s", PATIENCE.as_secs())
}

/// Where the worker shows itself, once it has said so.
async fn worker_address(app: &mut TestApp) -> anyhow::Result<String> {
    wait_for("the worker's address", async || Ok(app.stack().workers()[0].figures().map(str::to_owned))).await
}

/// What a program shows, taken apart.
#[derive(Debug, Default)]
struct Shown {
    /// What each figure is said to be.
    help: BTreeMap<String, String>,
    /// Counter, gauge or histogram.
    kinds: BTreeMap<String, String>,
    /// Each time series: a name with its labels.
    series: BTreeSet<String>,
}

impl Shown {
    fn read(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
                self.help.insert(name.into(), help.into());
            } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                self.kinds.insert(name.into(), kind.into());
            } else if let Some((series, _)) = line.rsplit_once(' ') {
                self.series.insert(series.into());
            }
        }
    }

    fn of(text: &str) -> Shown {
        let mut shown = Shown::default();
        shown.read(text);
        shown
    }

    /// Whether a query can ask for a name: of a histogram by its parts.
    fn has(&self, name: &str) -> bool {
        let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|end| name.strip_suffix(end));
        let is_part = parts.into_iter().any(|of| self.kinds.get(of).is_some_and(|kind| kind == "histogram"));
        is_part || self.kinds.get(name).is_some_and(|kind| kind != "histogram")
    }
}

/// The names of figures in a query.
fn names(query: &str) -> BTreeSet<String> {
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("commonpurse_") || word.starts_with("process_")).map(str::to_owned).collect()
}

fn beside_the_sources(file: &str) -> anyhow::Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/observability").join(file);
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// All queries of a dashboard: they are the texts called `expr`.
fn queries(of: &Value) -> Vec<String> {
    match of {
        Value::Object(fields) => {
            let own = fields.get("expr").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(queries)).collect()
        }
        Value::Array(items) => items.iter().flat_map(queries).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[tokio::test]
async fn l13_a_stranger_finds_no_figures_and_the_programs_show_none_unasked() -> Outcome {
    let mut app = TestApp::start().await?;
    app.operator().await?;
    ensure!(http()?.get(format!("{}/metrics", app.base_url())).send().await?.status() == 404);
    app.work_until_idle().await?;
    let stack = app.stack();
    ensure!(stack.api().figures().is_none() && stack.workers()[0].figures().is_none());
    app.finish().await
}

#[tokio::test]
async fn h4_a_made_up_method_path_or_code_makes_no_time_series() -> Outcome {
    let app = TestApp::start_with(0, &SHOWN).await?;
    let (http, base) = (http()?, app.base_url().to_owned());
    let ask = async |number: usize| -> anyhow::Result<BTreeSet<String>> {
        for (method, path) in [
            (format!("PURGE-{number}"), "/v1/me".to_owned()),
            (format!("PURGE-{number}"), format!("/wp-admin-{number}")),
            ("GET".to_owned(), format!("/wp-admin-{number}")),
            ("GET".to_owned(), format!("/v1/campaigns/wp-admin-{number}")),
            ("GET".to_owned(), format!("/problems/wp-admin-{number}")),
            ("GET".to_owned(), format!("/docs/wp-admin-{number}")),
            ("DELETE".to_owned(), "/v1/me".to_owned()),
        ] {
            let request = http.request(Method::from_bytes(method.as_bytes())?, format!("{base}{path}"));
            request.header("X-Request-Id", format!("wp-admin-{number}")).send().await?;
        }
        let series = Shown::of(&app.figures().await?).series;
        Ok(series.into_iter().filter(|series| series.starts_with("commonpurse_http_")).collect())
    };
    let first = ask(0).await?;
    for number in 1..20 {
        let found = ask(number).await?;
        let more: Vec<_> = found.difference(&first).collect();
        ensure!(more.is_empty(), "request {number} made {more:?}");
    }
    let made_up: Vec<_> = first.iter().filter(|series| series.contains("wp-") || series.contains("PURGE")).collect();
    ensure!(made_up.is_empty(), "{made_up:?}");
    ensure!(first.iter().any(|series| series.contains("method=\"other\",route=\"none\",status=\"405\"")), "{first:?}");
    ensure!(first.iter().any(|series| series.contains("code=\"not-found\"")), "{first:?}");
    app.finish_with_jobs_left().await
}

/// A service in which a little of everything has happened, and the figures of its api and its worker.
async fn figures_of_a_busy_service() -> anyhow::Result<Shown> {
    let mut stage = Stage::set_with(1, &SHOWN).await?;
    let campaign = stage.campaign().await?;
    for (reference, token) in [("ada", "sandbox_ok"), ("bob", "sandbox_stolen_card")] {
        stage.pledge(&campaign, &once(&campaign, reference, "10.00", day(1, 1), token)?).await?;
    }
    stage.cast.advance(day(1, 2)).await?;
    ensure!(stage.cast.partner.post("/v1/nowhere", &json!({})).await?.ok().is_err());
    let mut shown = Shown::of(&stage.app.figures().await?);
    let worker = worker_address(&mut stage.app).await?;
    let of_worker = wait_for("what waits", async || {
        let text = read_figures(&worker).await?;
        Ok(text.contains("commonpurse_jobs_read_timestamp_seconds ").then_some(text))
    });
    shown.read(&of_worker.await?);
    stage.app.finish_with_jobs_left().await?;
    Ok(shown)
}

#[tokio::test]
async fn t9_every_figure_says_what_it_is_and_the_dashboard_and_the_alerts_ask_for_none_that_is_not_shown() -> Outcome {
    let dashboard = queries(&serde_json::from_str(&beside_the_sources("dashboard.json")?)?);
    let alerts = beside_the_sources("alerts.yml")?;
    ensure!(dashboard.len() > 20 && alerts.contains("expr:"), "the queries are not found");
    let shown = figures_of_a_busy_service().await?;
    for asked in dashboard.iter().chain([&alerts]).flat_map(|query| names(query)) {
        ensure!(shown.has(&asked), "neither program shows {asked}");
    }
    let ours: Vec<_> = shown.kinds.iter().filter(|(name, _)| name.starts_with("commonpurse_")).collect();
    ensure!(ours.len() > 30, "only {} figures of ours are shown", ours.len());
    for (name, kind) in ours {
        ensure!(shown.help.get(name).is_some_and(|help| help.len() > 15), "{name} does not say what it is");
        let unit = match &**kind {
            "counter" => name.ends_with("_total"),
            "histogram" => name.ends_with("_seconds") || name.ends_with("_commands"),
            // A gauge without a unit counts what its name says.
            "gauge" => !name.ends_with("_total"),
            _ => false,
        };
        ensure!(unit, "{name} is a {kind}: its name has not the unit, or it has no buckets");
    }
    for happened in [
        "commonpurse_rail_attempts_total{rail=\"sandbox\",outcome=\"captured\"}",
        "commonpurse_rail_attempts_total{rail=\"sandbox\",outcome=\"declined_stolen\"}",
        "commonpurse_mails_total{outcome=\"sent\"}",
        "commonpurse_jobs_total{kind=\"charge_pledge\",outcome=\"done\"}",
        "commonpurse_jobs_dead{kind=\"send_receipt\"}",
        "commonpurse_pool_wait_seconds_count{pool=\"requests\"}",
        "commonpurse_pool_connections_in_use{pool=\"jobs\"}",
        "commonpurse_lane_batch_commands_count",
        "commonpurse_lane_queue_commands",
        "commonpurse_books_frozen",
        "process_resident_memory_bytes",
    ] {
        ensure!(shown.series.contains(happened), "{happened} is not shown, of {:#?}", shown.series);
    }
    Ok(())
}

#[tokio::test]
async fn t9_a_worker_says_that_it_is_ready_and_idle_connections_do_not_keep_prometheus_out() -> Outcome {
    let mut app = TestApp::start_with(1, &SHOWN).await?;
    let (http, address) = (http()?, worker_address(&mut app).await?);
    let status = async |method: Method, path: &str, body: &'static str| -> anyhow::Result<u16> {
        Ok(http.request(method, format!("{address}{path}")).body(body).send().await?.status().as_u16())
    };
    ensure!(status(Method::GET, "/livez", "").await? == 200);
    wait_for("readiness", async || Ok((status(Method::GET, "/readyz", "").await? == 200).then_some(()))).await?;
    ensure!(status(Method::GET, "/v1/me", "").await? == 404);
    ensure!(status(Method::GET, "/metrics", "a body").await? == 413);
    ensure!(status(Method::POST, "/metrics", "").await? != 200);

    // More connections than are taken at once, each with half a head.
    let host = address.trim_start_matches("http://").to_owned();
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut connection = TcpStream::connect(&host)?;
        connection.write_all(b"GET /metrics HTTP/1.1\r\nX-Half: ")?;
        connection.set_read_timeout(Some(PATIENCE))?;
        idle.push(connection);
    }
    ensure!(read_figures(&address).await?.contains("commonpurse_build_info"));
    let ended = tokio::task::spawn_blocking(move || {
        let mut answer = Vec::new();
        // The end of the connection, in order or not.
        idle.into_iter()
            .all(|mut connection| !matches!(connection.read_to_end(&mut answer), Err(error) if is_late(&error)))
    });
    ensure!(ended.await?, "a connection without a request is held for ever");
    app.finish().await
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

#[tokio::test]
async fn the_service_manager_hears_when_the_programs_are_ready_alive_and_stopping() -> Outcome {
    let place = tempfile::tempdir()?;
    let path = place.path().join("notify");
    let socket = UnixDatagram::bind(&path)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    // Until both have said that they stop: the last words.
    let hears = std::thread::spawn(move || -> anyhow::Result<BTreeMap<String, usize>> {
        let mut heard = BTreeMap::<String, usize>::new();
        let mut word = [0; 256];
        while heard.get("STOPPING=1").is_none_or(|count| *count < 2) {
            let length = socket.recv(&mut word).with_context(|| format!("only {heard:?} was said"))?;
            *heard.entry(String::from_utf8_lossy(&word[..length]).trim().to_owned()).or_default() += 1;
        }
        Ok(heard)
    });
    let path = path.to_str().context("a path")?;
    let app = TestApp::start_with(1, &[("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", "400000")]).await?;
    app.operator().await?;
    app.finish().await?;
    let heard = hears.join().map_err(|_| anyhow::anyhow!("the listener panicked"))??;
    ensure!(heard.get("READY=1") == Some(&2) && heard.contains_key("WATCHDOG=1"), "{heard:?}");
    Ok(())
}
