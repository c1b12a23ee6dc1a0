//! One of everything, so that every id of the contract names something.

use anyhow::Context as _;
use api::demo::cast::{Cast, pledge_body};
use api::demo::client::{Client, text};
use jiff::civil::date;
use ledger::parties::rules::role::Scope;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tests::TestApp;

type Outcome = anyhow::Result<()>;

/// Everything in the contracts exists: a campaign with pledges and charges, a milestone with a claim, people, roles.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) cast: Cast,
    /// The partner platform with all scopes that there are.
    pub(crate) partner: Client,
    /// Ids by prefix, and other values by the name of their field.
    pub(crate) known: BTreeMap<String, Vec<String>>,
}

impl Scene {
    /// With limits so high that none is met.
    pub(crate) async fn set() -> anyhow::Result<Scene> {
        let generous = [("COMMONPURSE_RATE_PER_SECOND", "100000"), ("COMMONPURSE_GUESSES_PER_MINUTE", "100000")];
        let mut app = TestApp::start_with(1, &generous).await?;
        let cast = Cast::gather(app.base_url(), &app.mail_dir(), tests::OPERATOR).await?;
        let mut known = Known::default();
        fill(&cast, &mut known).await?;
        let partner = partner_with_all_scopes(&cast).await?;
        app.work_until_idle().await?;
        // Clocks will be moved by decades: nobody needs to charge for all of them.
        app.stack().workers().clear();
        Ok(Scene { app, cast, partner, known: known.0 })
    }
}

/// What exists.
#[derive(Default)]
struct Known(BTreeMap<String, Vec<String>>);

impl Known {
    fn add(&mut self, value: &str) {
        let prefix = value.split_once('_').map_or("", |(prefix, _)| prefix);
        self.add_as(prefix, value);
    }

    fn add_as(&mut self, name: &str, value: &str) {
        self.0.entry(name.to_owned()).or_default().push(value.to_owned());
    }
}

async fn partner_with_all_scopes(cast: &Cast) -> anyhow::Result<Client> {
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let credential = json!({"name": "all", "mode": "sandbox", "scopes": scopes});
    let path = format!("/v1/partners/{}/credentials", cast.platform);
    let credential = cast.operator.post(&path, &credential).await?.ok()?;
    Client::partner(cast.base(), text(&credential, "/id")?, text(&credential, "/secret")?)
}

/// Makes what the ids of the contract can name.
async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    for id in [&cast.book, &cast.host, &cast.team, &cast.platform] {
        known.add(id);
    }
    known.add(&cast.credential.0);
    known.add_as("If-Match", "\"v1\"");
    let start = date(2031, 1, 1);
    for slug in ["open-oven", "open-press", "open-mill"] {
        let campaign = cast.campaign(slug, slug, "1000.00").await?;
        let id = text(&campaign, "/id")?;
        known.add(id);
        known.add_as("terms_sha256", text(&campaign, "/terms_sha256")?);
        for number in 1..=2 {
            let mut pledge = pledge_body(&campaign, number, "30.00", start)?;
            pledge["reference"] = json!(format!("{slug}-{number}"));
            if number == 2 {
                (pledge["rail"], pledge["token"]) = (json!("partner"), json!(""));
            }
            let pledge = cast.partner.post(&format!("/v1/campaigns/{id}/pledges"), &pledge).await?.ok()?;
            known.add(text(&pledge, "/id")?);
        }
    }
    cast.advance(start).await?;
    cast.advance(date(2031, 1, 8)).await?;
    for pledge in known.0["plg"].clone() {
        for charge in cast.partner.all(&format!("/v1/pledges/{pledge}/charges")).await? {
            known.add(text(&charge, "/id")?);
        }
    }
    for (code, class) in [("assets:till", "asset"), ("equity:own", "equity")] {
        let account = json!({"code": code, "class": class, "currency": "USD"});
        cast.treasurer.post(&format!("/v1/books/{}/accounts", cast.book), &account).await?.ok()?;
        known.add_as("account", code);
        for side in ["debit", "credit"] {
            known.add_as(side, code);
        }
    }
    claims(cast, known).await?;
    let challenge = cast.treasurer.post("/v1/challenges", &challenge(&cast.book)).await?.ok()?;
    known.add(text(&challenge, "/id")?);
    cooperative(cast, known).await?;
    for member in cast.treasurer.all(&format!("/v1/organisations/{}/memberships", cast.host)).await? {
        // Its own role must not be taken away in the middle of the run.
        if member["role"] != "owner" {
            known.add(text(&member, "/person")?);
        }
    }
    Ok(())
}

/// Two milestones: one with a draft of a claim, one with a claim under review.
async fn claims(cast: &Cast, known: &mut Known) -> Outcome {
    let campaign = known.0["cmp"].last().context("a campaign")?.clone();
    for (name, submitted) in [("Plan", false), ("Drawings", false), ("Prototype", true)] {
        let milestone = json!({
            "campaign": campaign, "team": cast.team, "name": name, "amount": {"amount": "5.00", "currency": "USD"},
        });
        let milestone = cast.treasurer.post("/v1/milestones", &milestone).await?.ok()?;
        let id = text(&milestone, "/id")?;
        known.add(id);
        cast.treasurer.post(&format!("/v1/milestones/{id}:fund"), &json!({})).await?.ok()?;
        let claim = json!({"amount": {"amount": "5.00", "currency": "USD"}, "note": "Done"});
        let claim = cast.claimant.post(&format!("/v1/milestones/{id}/claims"), &claim).await?.ok()?;
        let claim = text(&claim, "/id")?;
        known.add(claim);
        if submitted {
            cast.claimant.post(&format!("/v1/claims/{claim}:submit"), &json!({})).await?.ok()?;
        }
    }
    Ok(())
}

/// A cooperative of the treasurer, with a member.
async fn cooperative(cast: &Cast, known: &mut Known) -> Outcome {
    let cooperative = json!({"name": "Press Workers", "kind": "cooperative"});
    let cooperative = cast.treasurer.post("/v1/organisations", &cooperative).await?.ok()?;
    let book = json!({
        "organisation": cooperative["id"], "name": "Press Workers", "currency": "USD", "mode": "sandbox",
        "zone": "Europe/Berlin",
    });
    let book = cast.treasurer.post("/v1/books", &book).await?.ok()?;
    known.add(text(&cooperative, "/id")?);
    known.add(text(&book, "/id")?);
    let member = json!({"email": "treasurer@host.example", "group": "workers", "consents": true});
    let path = format!("/v1/cooperatives/{}/members", text(&book, "/id")?);
    known.add(text(&cast.treasurer.post(&path, &member).await?.ok()?, "/id")?);
    Ok(())
}

/// A challenge of one stage and one prize.
fn challenge(book: &str) -> Value {
    let purse = json!({"amount": "100.00", "currency": "USD"});
    json!({
        "book": book, "slug": "open-drill", "title": "An open drill", "purse": purse,
        "rules": {
            "terms": "All work is published.", "eligibility": "Any team.", "entry_fee": null, "judges_needed": 1,
            "licences": ["CERN-OHL-S-2.0"], "tie_rule": {"by": "earlier_submission"},
            "unawarded": "return_to_sponsors",
            "timetable": {
                "funding_days": 90, "announced_days": 30, "submission_days": 30, "judging_days": 30, "appeal_days": 14,
            },
            "stages": [{
                "name": "prototype", "gate": ["design_files"], "admits": null,
                "criteria": [{"name": "repair", "title": "How it is repaired", "weight": 1}],
            }],
            "prizes": [{
                "name": "Prize", "stage": "prototype", "amount": purse, "count": 1,
                "condition": {"by": "rank", "first": 1, "last": 1},
            }],
        },
    })
}
