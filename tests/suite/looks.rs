//! How pages look: in a real Chromium, in light and dark, as wide as a desk and as a phone. No rule of access that axe knows is
//! broken, no page is wider than its reader, and none is heavy or asks anybody else for anything.

use crate::chromium::{Chromium, DevTools, READERS, Reader};
use crate::contract::{Piece, npm_modules, target};
use crate::pages::{Browser, links, readable};
use crate::scene::payouts::account;
use crate::scene::{Known, Scene};
use anyhow::{Context as _, ensure};
use api::demo::cast::organisation;
use api::demo::client::text;
use api::stack::programs_beside_this_one;
use api::who_may::{Found, PAGES, find};
use fantoccini::Client;
use ledger::calendar;
use ledger::id::{BookId, BookRef, EventId, WebhookEndpointId};
use ledger::parties::operations::sign_in;
use ledger::partners::rules::endpoint::{Attempt, AttemptFailure};
use ledger::partners::store::deliveries;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tests::OPERATOR;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use uuid::Uuid;

type Outcome = anyhow::Result<()>;

/// Who keeps the cooperatives of the scene, and is a member of them: operators are not shown their desks.
const KEEPER: &str = "treasurer@host.example";

/// Where the desks of keepers begin.
const KEPT: &[&str] = &[
    "/desk/cooperatives/",
    "/desk/books/",
    "/desk/calls/",
    "/desk/payout-runs/",
    "/desk/affiliations/",
    "/desk/bank-lines/",
    "/desk/proceeds/",
    "/desk/contributions/",
];

/// The most bytes of a page with everything that it loads.
const BYTES_MAX: i64 = 100 * 1024;

/// How long the demo may take on a busy machine until its service is up for good.
const DEMO_MAX: Duration = Duration::from_mins(15);

/// Pages by their route, and where one of them is: `{cmp}` stands for the first id that begins so of those the scene knows, `{book}`
/// for the book of its cooperative, `{host_book}` for that of its host, `{platform}` for its partner, and `{endpoint}` for one of the partner.
const SAMPLES: &[(&str, &str)] = &[
    ("/", "/"),
    ("/me", "/me"),
    ("/check", "/check"),
    ("/sign-in", "/sign-in"),
    ("/sign-in/code", "/sign-in/code"),
    ("/campaigns/{id}", "/campaigns/{cmp}"),
    ("/milestones/{id}", "/milestones/{mls}"),
    ("/calls/{id}", "/calls/{mcl}"),
    ("/desk/calls/{id}", "/desk/calls/{mcl}"),
    ("/desk/calls/{id}/apply", "/desk/calls/{mcl}/apply"),
    ("/desk/books/{id}/calls", "/desk/books/{host_book}/calls"),
    ("/challenges/{id}", "/challenges/{chl}"),
    ("/campaigns/{id}/updates", "/campaigns/{cmp}/updates"),
    ("/milestones/{id}/updates", "/milestones/{mls}/updates"),
    ("/challenges/{id}/updates", "/challenges/{chl}/updates"),
    ("/desk/updates/{id}", "/desk/updates/{mls}"),
    ("/cooperatives/{id}", "/cooperatives/{book}"),
    ("/books/{id}", "/books/{book}"),
    ("/books/{id}/search", "/books/{book}/search?amount=5.00"),
    ("/books/{id}/corrections", "/books/{book}/corrections"),
    ("/books/{id}/accounts/{code}", "/books/{book}/accounts/equity:reserve"),
    ("/books/{id}/entries/{number}", "/books/{book}/entries/1"),
    ("/me/second-factor", "/me/second-factor"),
    ("/sign-up", "/sign-up"),
    ("/desk/organisations/new", "/desk/organisations/new"),
    ("/desk/organisations/{id}", "/desk/organisations/{team}"),
    ("/me/join-requests", "/me/join-requests"),
    ("/desk/organisations/{id}/join", "/desk/organisations/{team}/join"),
    ("/desk/join-requests/{id}", "/desk/join-requests/{asked}"),
    ("/desk/challenges/{id}/enter", "/desk/challenges/{chl}/enter"),
    ("/desk/operator", "/desk/operator"),
    ("/desk/books/{id}", "/desk/books/{host_book}"),
    ("/desk/books/{id}/campaigns", "/desk/books/{host_book}/campaigns?template=machine"),
    ("/desk/books/{id}/challenges", "/desk/books/{host_book}/challenges?template=drill"),
    ("/desk/books/{id}/milestones", "/desk/books/{host_book}/milestones?template=prototype"),
    ("/desk/books/{id}/payout-runs", "/desk/books/{host_book}/payout-runs"),
    ("/desk/affiliations/{id}", "/desk/affiliations/{afl}"),
    ("/desk/books/{id}/bank-lines", "/desk/books/{host_book}/bank-lines"),
    ("/desk/bank-lines/{id}", "/desk/bank-lines/{bln}"),
    ("/desk/payout-runs/{id}", "/desk/payout-runs/{prn}"),
    ("/desk/cooperatives/{id}", "/desk/cooperatives/{book}"),
    ("/desk/cooperatives/{id}/proceeds", "/desk/cooperatives/{book}/proceeds"),
    ("/desk/cooperatives/{id}/opening", "/desk/cooperatives/{book}/opening"),
    ("/desk/cooperatives/{id}/proceeds/table", "/desk/cooperatives/{book}/proceeds/table"),
    ("/desk/cooperatives/{id}/distributions", "/desk/cooperatives/{book}/distributions"),
    ("/desk/cooperatives/{id}/me", "/desk/cooperatives/{book}/me"),
    ("/desk/cooperatives/{id}/members", "/desk/cooperatives/{book}/members"),
    ("/desk/cooperatives/{id}/redemptions", "/desk/cooperatives/{book}/redemptions"),
    ("/desk/cooperatives/{id}/votes", "/desk/cooperatives/{book}/votes"),
    ("/desk/proposals/{id}", "/desk/proposals/{prp}"),
    ("/desk/cooperatives/{id}/hours", "/desk/cooperatives/{book}/hours"),
    ("/desk/partners/{id}", "/desk/partners/{platform}"),
    ("/desk/partners/{id}/requests", "/desk/partners/{platform}/requests?only=failed"),
    ("/desk/partners/{id}/books/{book}/endpoints", "/desk/partners/{platform}/books/{host_book}/endpoints"),
    ("/desk/endpoints/{id}", "/desk/endpoints/{endpoint}"),
    ("/desk/milestones", "/desk/milestones"),
    ("/desk/milestones/{id}/claim", "/desk/milestones/{mls}/claim"),
    ("/desk/claims/{id}", "/desk/claims/{clm}"),
    ("/desk/payouts/{id}", "/desk/payouts/{pay}"),
    ("/desk/bank-accounts/{id}", "/desk/bank-accounts/{bac}"),
    ("/desk/distributions/{id}", "/desk/distributions/{dst}"),
    ("/desk/proceeds/{id}", "/desk/proceeds/{prc}"),
    ("/desk/contributions/{id}", "/desk/contributions/{ctb}"),
    ("/desk/submissions/{id}/scores", "/desk/submissions/{sub}/scores"),
];

/// What is no page to look at, and why.
const NOT_LOOKED_AT: &[(&str, &str)] = &[
    ("/home.json", "for programs"),
    ("/home.csv", "for programs"),
    ("/check.{form}", "for programs"),
    ("/books/{id}/search.{form}", "for programs"),
    ("/books/{id}/corrections.{form}", "for programs"),
    ("/campaigns/{id}/updates.{form}", "for programs"),
    ("/milestones/{id}/updates.{form}", "for programs"),
    ("/challenges/{id}/updates.{form}", "for programs"),
    ("/style.css", "the style sheet"),
    ("/desk/payout-files/{id}/content", "for a bank"),
    ("/desk/files/{id}", "a file that somebody has uploaded"),
    ("/challenges/{id}/badge.svg", "a picture"),
    ("/campaigns/{id}/badge.svg", "a picture"),
    ("/donors/{token}/data.json", "for programs"),
    ("/donors/{token}/years/{year}", "a receipt's"),
    ("/donors/{token}/receipts/{number}", "the receipt of its mail"),
    ("/donors/{token}/yearly-receipts/{id}", "the receipt of its mail"),
];

/// Runs axe, and answers what it found: the rule, and where it is broken.
const AXE: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, {resultTypes: ['violations']}).then(
        found => done(found.violations.map(rule => rule.id + ': ' + rule.nodes.map(node => node.html).join(' | '))),
        error => done([String(error)]));";

/// How wide a page is, how wide its reader, what it weighs, and from where it had something.
const MEASURES: &str =
    "const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    return {
        wide: document.documentElement.scrollWidth, reader: innerWidth,
        bytes: loaded.reduce((sum, one) => sum + one.encodedBodySize, 0),
        from: [...new Set(loaded.map(one => new URL(one.name).origin))],
        title: document.title, headings: document.querySelectorAll('h1').length,
    };";

/// A path for each kind of page, by the route that answers it.
pub(crate) async fn addresses(scene: &Scene) -> anyhow::Result<BTreeMap<&'static str, String>> {
    let mut paths = BTreeMap::new();
    let of_cooperative = "SELECT b.number, b.uid FROM book b JOIN distribution d ON d.book_id = b.number LIMIT 1";
    let row = scene.app.connection().await?.query_one(of_cooperative, &[]).await?;
    let book = BookRef::new(BookId(row.get(0)), row.get(1)).to_string();
    let new = json!({"book": scene.cast.book, "url": "https://shop.example/purse-events"});
    let made = scene.partner.post("/v1/webhook-endpoints", &new).await?.ok()?;
    let endpoint = made["id"].as_str().context("an endpoint")?;
    let asked = join_requests(scene).await?;
    for (route, at) in SAMPLES {
        let at = at.replace("{book}", &book).replace("{host_book}", &scene.cast.book);
        let at = at.replace("{team}", &scene.cast.team).replace("{asked}", &asked);
        let at = at.replace("{platform}", &scene.cast.platform).replace("{endpoint}", endpoint);
        paths.insert(*route, sample(&scene.known, &at)?);
    }
    paths.insert("/programmes/{id}", programme(scene).await?);
    paths.insert("/pipelines/{id}", format!("/pipelines/{}", scene.cast.book));
    paths.insert("/products/{id}", product(scene).await?);
    paths.insert("/plan-changes/{id}/{secret}", plan_change(scene).await?);
    paths.insert("/bank-accounts/{id}/{secret}", changed_bank_account(scene).await?);
    paths.insert("/desk/endpoints/{id}/deliveries/{event}", attempts(scene, endpoint.parse()?).await?);
    for file in std::fs::read_dir(scene.app.mail_dir())? {
        for link in links(&readable(&file?.path())?) {
            let path = link.strip_prefix(scene.app.base_url()).context("a link of ours")?;
            if let Found::Route(route, _) = find("GET", path) {
                paths.entry(route).or_insert_with(|| path.to_owned());
            }
        }
    }
    Ok(paths)
}

/// Somebody asks to join a team of the operator, who asks to join another; answers the id of the first request.
async fn join_requests(scene: &Scene) -> anyhow::Result<String> {
    let cast = &scene.cast;
    let workshop = organisation(&cast.treasurer, "Open Workshop", "cooperative").await?;
    let note = json!({"note": "I weld, and live two streets away"});
    cast.operator.post(&format!("/v1/organisations/{workshop}/join-requests"), &note).await?.ok()?;
    let asked = cast.stranger.post(&format!("/v1/organisations/{}/join-requests", cast.team), &note).await?.ok()?;
    Ok(text(&asked, "/id")?.to_owned())
}

/// The host plans a year and puts two products on its board; answers where the plan is read.
async fn programme(scene: &Scene) -> anyhow::Result<String> {
    let (host, path) = (&scene.cast.treasurer, format!("/v1/books/{}", scene.cast.book));
    let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
    let fund = "liabilities:fund:open-product-development";
    let new = json!({
        "name": "Nine products", "about": "Each is published.", "first_month": "2031-01-01", "months": 24, "sources": [fund],
        "lines": [
            {"name": "Products", "account": fund, "amount": usd("36000.00")},
            {"name": "What the bank takes", "account": "expenses:bank-charges", "amount": usd("240.00")},
        ],
        "places": [{"title": "Reviewers", "people": 2}],
    });
    let opened = host.post(&format!("{path}/programmes"), &new).await?.ok()?;
    for name in ["Earth-block press", "Sawmill"] {
        let product = json!({"name": name, "amount": usd("4000.00")});
        host.post(&format!("{path}/products"), &product).await?.ok()?;
    }
    Ok(format!("/programmes/{}", text(&opened, "/id")?))
}

/// A product with all that its page shows: two stages with their evidence, what it is assumed to be cheaper, and a milestone. Answers where it
/// is read.
async fn product(scene: &Scene) -> anyhow::Result<String> {
    let host = &scene.cast.treasurer;
    let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
    let new =
        json!({"name": "Table saw", "about": "It cuts boards of the wood that is there.", "amount": usd("4000.00")});
    let opened = host.post(&format!("/v1/books/{}/products", scene.cast.book), &new).await?.ok()?;
    let path = format!("/v1/products/{}", text(&opened, "/id")?);
    let piece = |kind: &str| json!({"kind": kind, "title": format!("The {kind} of a saw whose name is long"), "url": "https://open.example/a-long-address/of-a-saw/version-17", "sha256": "a".repeat(64), "licence": "CERN-OHL-S-2.0"});
    for (to, kinds) in
        [("facility", ["licence", "design_files"]), ("optimise", ["bill_of_materials", "build_instructions"])]
    {
        let evidence = kinds.map(piece);
        host.post(&format!("{path}:advance"), &json!({"to": to, "evidence": evidence})).await?.ok()?;
    }
    let assumed = json!({"first": "30", "per_level": "20", "level": 2, "way": "compound", "benchmark": usd("1200.00"), "note": "As the founding documents say"});
    host.post(&format!("{path}/advantages"), &assumed).await?.ok()?;
    Ok(format!("/products/{}", text(&opened, "/id")?))
}

/// The secret of the newest link that is to be mailed by jobs of a kind: nobody sends mails when the scene is set.
async fn secret_of(scene: &Scene, kind: &str) -> anyhow::Result<String> {
    let newest = "SELECT payload->>'token' FROM job WHERE kind = $1 ORDER BY id DESC LIMIT 1";
    Ok(scene.app.connection().await?.query_one(newest, &[&kind]).await?.get(0))
}

/// A donor is asked to pay more: where they say so.
async fn plan_change(scene: &Scene) -> anyhow::Result<String> {
    for pledge in scene.known.all("plg") {
        let found = scene.partner.get(&format!("/v1/pledges/{pledge}")).await?.body;
        let more = json!({"amount": "99999.00", "currency": found["amount"]["currency"]});
        let change = json!({"amount": more, "reason": "The donor asked for it"});
        let asked = scene.partner.post(&format!("/v1/pledges/{pledge}:change"), &change).await?;
        if asked.status == 201 && asked.body["consent"] == "link" {
            let secret = secret_of(scene, "send_consent_link").await?;
            return Ok(format!("/plan-changes/{}/{secret}", text(&asked.body, "/id")?));
        }
    }
    anyhow::bail!("no plan of the scene can be changed")
}

/// Somebody who is paid gives a second bank account: where they confirm it.
async fn changed_bank_account(scene: &Scene) -> anyhow::Result<String> {
    let mut changed = json!(null);
    for number in ["000123456789", "000987654321"] {
        let given = account(&scene.cast.book, "USD", number);
        changed = scene.cast.treasurer.post("/v1/me/bank-accounts", &given).await?.ok()?;
    }
    ensure!(changed["state"] == "proposed", "{changed}");
    let secret = secret_of(scene, "send_bank_account_link").await?;
    Ok(format!("/bank-accounts/{}/{secret}", text(&changed, "/id")?))
}

/// An endpoint has refused an event: where its partner sees that.
async fn attempts(scene: &Scene, id: WebhookEndpointId) -> anyhow::Result<String> {
    let owner = migrations::connect(&scene.app.database_url().parse()?).await?;
    let event = "SELECT id, number, kind FROM event WHERE book_id = $1 ORDER BY number LIMIT 1";
    let event = owner.query_one(event, &[&id.book.0]).await?;
    let (object, number): (Uuid, i64) = (event.get("id"), event.get("number"));
    let kind: String = event.get("kind");
    // The service puts an event on its way by jobs of its own; here it is sent once, and given up.
    let put = "INSERT INTO webhook_delivery (book_id, endpoint, event, number, kind, state, created_at, next_at)
               VALUES ($1, $2, $3, $4, $5, 'waiting', now(), now() + interval '1 day')";
    owner.execute(put, &[&id.book.0, &id.object, &object, &number, &kind]).await?;
    let event = EventId::new(id.book, object);
    let refused = Attempt {
        number: 1,
        at: calendar::now(),
        status: Some(500),
        failure: Some(AttemptFailure::Status),
        milliseconds: 40,
    };
    let mut client = scene.app.connection().await?;
    let tx = client.transaction().await?;
    deliveries::insert_attempts(&tx, id, &[(event, refused)]).await?;
    tx.commit().await?;
    let given_up = "UPDATE webhook_delivery SET state = 'given_up', attempts = 1, tries = 1, next_at = NULL
                     WHERE book_id = $1 AND endpoint = $2 AND event = $3";
    owner.execute(given_up, &[&id.book.0, &id.object, &object]).await?;
    Ok(format!("/desk/endpoints/{id}/deliveries/{event}"))
}

fn sample(known: &Known, at: &str) -> anyhow::Result<String> {
    let Some((before, prefix, after)) = at.split_once('{').and_then(|(before, rest)| {
        let (prefix, after) = rest.split_once('}')?;
        Some((before, prefix, after))
    }) else {
        return Ok(at.to_owned());
    };
    let id = known.first(prefix).with_context(|| format!("the scene knows nothing for {at}"))?;
    Ok(format!("{before}{id}{after}"))
}

/// The secret of a link by which somebody signs in, which no mail brings: nobody sends mails when the scene is set.
pub(crate) async fn link_of(scene: &Scene, email: &str) -> anyhow::Result<String> {
    Browser::new(scene.app.base_url())?.post("/sign-in", &[("email", email)]).await?;
    let asked = "SELECT payload->>'token' FROM job WHERE kind = 'send_sign_in' ORDER BY id DESC LIMIT 1";
    let mut client = scene.app.connection().await?;
    let link: String = client.query_one(asked, &[]).await?.get(0);
    let (now, tx) = (calendar::now(), client.transaction().await?);
    sign_in::open_link(&tx, email, &link, false, (now + sign_in::LINK_LIFETIME, now)).await?;
    tx.commit().await?;
    Ok(link)
}

/// Signs somebody in by the button of a link.
async fn sign_in(browser: &Chromium, scene: &Scene, email: &str) -> Outcome {
    let (page, base) = (&browser.page, scene.app.base_url());
    let link = link_of(scene, email).await?;
    page.goto(&format!("{base}/sign-in/{link}")).await?;
    browser.press("main button").await?;
    ensure!(page.current_url().await?.path() == "/me", "{}", page.current_url().await?);
    Ok(())
}

/// What is wrong with the page that is shown.
async fn faults(page: &Client, axe: &str, base: &str) -> anyhow::Result<Vec<String>> {
    page.execute(axe, vec![]).await?;
    let found = page.execute_async(AXE, vec![]).await?;
    let mut faults: Vec<String> = serde_json::from_value(found)?;
    let measured = page.execute(MEASURES, vec![]).await?;
    let number = |name: &str| measured[name].as_i64().with_context(|| format!("{name} of {measured}"));
    if number("wide")? > number("reader")? {
        faults.push(format!("it is {} wide for a reader of {}", measured["wide"], measured["reader"]));
    }
    if number("bytes")? > BYTES_MAX {
        faults.push(format!("it weighs {} bytes", measured["bytes"]));
    }
    if measured["from"] != json!([base]) {
        faults.push(format!("it asks {}", measured["from"]));
    }
    if number("headings")? != 1 || measured["title"].as_str().is_none_or(|title| title.starts_with(" ·")) {
        faults.push(format!("{} headings, and the title {}", measured["headings"], measured["title"]));
    }
    Ok(faults)
}

#[tokio::test]
async fn every_page_is_read_by_everybody_in_light_and_dark_on_a_desk_and_on_a_phone() -> Outcome {
    let scene = Scene::set(&[Piece::Pledging, Piece::Challenges, Piece::Cooperatives]).await?;
    let paths = addresses(&scene).await?;
    let never: Vec<_> = PAGES
        .iter()
        .filter(|(method, route, _)| *method == "GET" && !paths.contains_key(route))
        .filter(|(_, route, _)| !NOT_LOOKED_AT.iter().any(|(not, _)| not == route))
        .collect();
    ensure!(never.is_empty(), "no page is looked at for {never:?}");
    let axe = std::fs::read_to_string(npm_modules()?.join("axe-core/axe.min.js"))?;
    let mut found = Vec::new();
    for reader in READERS {
        for (email, below) in [(OPERATOR, &[""][..]), (KEEPER, KEPT)] {
            let browser = Chromium::open(reader, true).await?;
            sign_in(&browser, &scene, email).await?;
            for path in paths.values().filter(|path| below.iter().any(|below| path.starts_with(below))) {
                browser.page.goto(&format!("{}{path}", scene.app.base_url())).await?;
                let faults = faults(&browser.page, &axe, scene.app.base_url()).await?;
                found.extend(faults.into_iter().map(|fault| format!("{}: {path}: {fault}", reader.name)));
                let title = browser.page.title().await?;
                if email == KEEPER && title.starts_with("No such page") {
                    found.push(format!("{path} is not shown to its keeper: {title}"));
                }
            }
            browser.close().await?;
        }
    }
    ensure!(found.is_empty(), "{}", found.join("\n"));
    scene.app.finish_with_jobs_left().await
}

/// A demo that has played its story and serves what came of it.
struct Demo {
    _process: tokio::process::Child,
    home: tempfile::TempDir,
    /// What it said when it was up: names and addresses.
    said: Vec<String>,
}

impl Demo {
    async fn play() -> anyhow::Result<Demo> {
        let home = tempfile::TempDir::new()?;
        let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
        command.args(["demo", "--listen", "127.0.0.1:0", "--home"]).arg(home.path());
        let mut process = command
            .env_remove("DATABASE_URL")
            .kill_on_drop(true)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut lines = BufReader::new(process.stdout.take().context("what it says")?).lines();
        let mut said = Vec::new();
        let told = async {
            while let Some(line) = lines.next_line().await? {
                let is_last = line.contains("their tokens");
                said.push(line);
                if is_last {
                    break;
                }
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(DEMO_MAX, told).await.context("the demo took too long")??;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Demo { _process: process, home, said })
    }

    /// The addresses of pages that it names.
    fn pages(&self) -> Vec<(String, String)> {
        let page = |line: &String| {
            let (name, address) = line.trim().strip_prefix("page of the ")?.split_once("http")?;
            Some((name.trim().to_owned(), format!("http{address}")))
        };
        self.said.iter().filter_map(page).collect()
    }

    async fn link(&self, role: &str) -> anyhow::Result<String> {
        let mut command = Command::new(programs_beside_this_one()?.join("commonpurse"));
        let output = command.args(["sign-in", role, "--home"]).arg(self.home.path()).output().await?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// The whole of the page that is shown, as a picture.
async fn shoot(page: &Client, folder: &Path, name: &str) -> Outcome {
    let height = page.execute("return document.documentElement.scrollHeight", vec![]).await?;
    let height = height.as_u64().context("a height")?.clamp(400, 6_000);
    let width = page.execute("return innerWidth", vec![]).await?.as_u64().context("a width")?;
    let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    page.issue_cmd(DevTools("Emulation.setDeviceMetricsOverride", size)).await?;
    std::fs::write(folder.join(format!("{name}.png")), page.screenshot().await?)?;
    let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
    page.issue_cmd(DevTools("Emulation.setDeviceMetricsOverride", size)).await?;
    Ok(())
}

/// Who looks at pages in pictures.
const SHOTS: [Reader; 3] = [
    Reader { name: "light", width: 1000, is_dark: false },
    Reader { name: "dark", width: 1000, is_dark: true },
    Reader { name: "phone", width: 360, is_dark: false },
];

/// The desks to which a page leads.
async fn desks_on(page: &Client) -> anyhow::Result<Vec<String>> {
    let all = "return [...document.querySelectorAll('main a')].map(a => a.href).filter(a => a.includes('/desk/'))";
    Ok(serde_json::from_value(page.execute(all, vec![]).await?)?)
}

/// What a desk is called: its address without what names the things on it.
fn desk_name(address: &str) -> String {
    let path = address.split_once("/desk/").map_or(address, |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let words =
        path.split('/').filter(|part| !part.contains('_') && !part.starts_with(|first: char| first.is_numeric()));
    words.collect::<Vec<_>>().join("-")
}

/// The desks of who is signed in: those to which their first page leads, and those to which these lead; each kind once.
async fn shoot_desks(page: &Client, folder: &Path, role: &str, reader: &str) -> Outcome {
    let mut known = BTreeSet::new();
    let mut next = desks_on(page).await?;
    for _ in 0..2 {
        let now = std::mem::take(&mut next);
        for address in now {
            let name = desk_name(&address);
            if !known.insert(name.clone()) {
                continue;
            }
            page.goto(&address).await?;
            next.extend(desks_on(page).await?);
            shoot(page, folder, &format!("desk-of-{role}-{name}-{reader}")).await?;
        }
    }
    Ok(())
}

/// `make screenshots`: pictures of every page that the demo names, and of what waits for each of its people.
#[tokio::test]
#[ignore = "left to `make check-long`"]
async fn screenshots_of_the_demo() -> Outcome {
    let folder = target().join("screenshots");
    std::fs::create_dir_all(&folder)?;
    let demo = Demo::play().await?;
    let pages = demo.pages();
    ensure!(!pages.is_empty(), "{}", demo.said.join("\n"));
    for reader in SHOTS {
        let browser = Chromium::open(reader, true).await?;
        for (role, _) in api::demo::people::STORY {
            browser.page.goto(&demo.link(role).await?).await?;
            browser.press("main button").await?;
            shoot(&browser.page, &folder, &format!("me-of-{role}-{}", reader.name)).await?;
            shoot_desks(&browser.page, &folder, role, reader.name).await?;
            if *role == "operator" {
                for (name, address) in &pages {
                    browser.page.goto(address).await?;
                    shoot(&browser.page, &folder, &format!("{name}-{}", reader.name)).await?;
                }
            }
        }
        browser.close().await?;
    }
    println!("the pictures are in {}", folder.display());
    Ok(())
}
