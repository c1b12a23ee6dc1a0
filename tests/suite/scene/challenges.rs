//! Challenges in every state, in a book of their own, with teams that enter and a judge.

use super::branches::Branches;
use super::{Known, Outcome};
use api::demo::cast::{Cast, advance, give_role, organisation, sandbox_book, usd};
use api::demo::client::{Client, text};
use jiff::civil::date;
use serde_json::{Value, json};

const PURSE: &str = "100.00";

/// Two teams work on them: that of the claimant, and one of the treasurer, who is a judge.
pub(super) async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    let host = Host::open(cast).await?;
    known.add(&host.book);
    let judge = give_role(&cast.operator, &cast.host, &cast.treasurer, "judge").await?;
    let second = give_role(&cast.operator, &cast.host, &cast.reviewers[0], "judge").await?;
    let own = organisation(&cast.treasurer, "Workshop of the Host", "project_team").await?;
    known.add(&own);
    let newcomers = organisation(&cast.treasurer, "Newcomers", "project_team").await?;
    let branches = Branches::announced(&host, known).await?;

    known.add(text(&host.make("draft", 30, false).await?, "/id")?);
    let mut new = host.challenge("new", 30, false);
    new["book"] = json!(cast.book);
    known.example("POST /v1/challenges", json!({}), new);
    for step in [":publish", ":cancel", "/rules"] {
        let made = host.make(&format!("draft-{}", &step[1..]), 30, false).await?;
        let body = if step == "/rules" {
            json!({"purse": usd(PURSE), "rules": host.challenge("", 30, true)["rules"]})
        } else {
            json!({"reason": "As agreed"})
        };
        known.example(&format!("POST /v1/challenges/{{id}}{step}"), json!({"id": made["id"]}), body);
    }
    let funding = host.make("funding", 30, false).await?;
    host.step(&funding, ":publish").await?;
    known.example("POST /v1/challenges/{id}:announce", json!({"id": funding["id"]}), json!({"reason": ""}));
    let entering = host.entering(&cast.treasurer, known).await?;
    let entry = json!({"team": newcomers, "rules_sha256": entering["rules_sha256"]});
    known.example("POST /v1/challenges/{id}/entries", json!({"id": entering["id"]}), entry);
    let import = json!({"rules_sha256": entering["rules_sha256"], "answers": [], "csv": "Team ID\norg_1\n"});
    known.example("POST /v1/challenges/{id}/entry-imports", json!({"id": entering["id"]}), import);

    let reason = json!({"reason": ""});
    let announced = host.funded("announced", 30).await?;
    let open = host.funded("open", 30).await?;
    let closing = host.funded("closing", 3).await?;
    let [judging, ranking, won] =
        [host.funded("judging", 1).await?, host.funded("ranking", 1).await?, host.funded("won", 1).await?];
    // What sponsors gave arrives after two days.
    advance(&cast.treasurer, &host.book, date(2031, 1, 4)).await?;
    known.example("POST /v1/challenges/{id}:open", json!({"id": announced["id"]}), reason.clone());
    for challenge in [&open, &closing, &judging, &ranking, &won] {
        host.step(challenge, ":open").await?;
    }
    known.example("POST /v1/challenges/{id}:close-submissions", json!({"id": closing["id"]}), reason.clone());
    known.example("POST /v1/challenges/{id}/judges", json!({"id": open["id"]}), json!({"person": second}));
    branches.open(&host, &newcomers, known).await?;
    host.sharing(&open, known).await?;
    for team in [&own, &newcomers] {
        host.enter(&cast.treasurer, team, &open).await?;
    }
    known.example("POST /v1/challenges/{id}/submissions", json!({"id": open["id"]}), work(&newcomers, "final"));
    let draft = host.draft(&cast.treasurer, &own, &open, "proposal").await?;
    let content = json!({"title": "Our plan", "note": "", "evidence": [], "attributions": []});
    known.example("PUT /v1/submissions/{id}", json!({"id": draft["id"], "If-Match": "\"v1\""}), content);
    let draft = host.draft(&cast.treasurer, &own, &open, "prototype").await?;
    known.example("POST /v1/submissions/{id}:submit", json!({"id": draft["id"]}), json!({}));

    let judged = host.hand_in(&judging, &judge).await?;
    let winner = host.hand_in(&won, &judge).await?;
    advance(&cast.treasurer, &host.book, date(2031, 1, 6)).await?;
    branches.judged(&host, &newcomers, known).await?;
    known.example("POST /v1/challenges/{id}:rank", json!({"id": ranking["id"]}), reason.clone());
    known.example("POST /v1/submissions/{id}/scores", json!({"id": judged["id"]}), score(&judged));
    let path = format!("/v1/submissions/{}/scores", text(&winner, "/id")?);
    cast.treasurer.post(&path, &score(&winner)).await?.ok()?;
    host.step(&won, ":rank").await?;
    known.example("POST /v1/challenges/{id}/award", json!({"id": won["id"]}), reason);
    updates(cast, &open, known).await?;
    // The time for submissions to one is over then, and for appeals in another.
    known.late.push((host.book, "2031-01-09T12:00:00Z"));
    for thing in [open, won, judged, winner] {
        known.add(text(&thing, "/id")?);
    }
    Ok(())
}

/// Updates about a challenge, one of them to be withdrawn.
async fn updates(cast: &Cast, challenge: &Value, known: &mut Known) -> Outcome {
    let new = json!({"about": challenge["id"], "title": "The judges are found", "body": "They begin."});
    let written = cast.treasurer.post("/v1/updates", &new).await?.ok()?;
    known.add(text(&written, "/id")?);
    let wrong = cast.treasurer.post("/v1/updates", &new).await?.ok()?;
    let why = json!({"reason": "It was written twice"});
    known.example("POST /v1/updates/{id}:withdraw", json!({"id": wrong["id"]}), why);
    known.example("POST /v1/updates", json!({}), new);
    known.example("GET /v1/updates", json!({"about": challenge["id"]}), Value::Null);
    Ok(())
}

/// The host with its book of challenges.
pub(crate) struct Host<'a> {
    pub(super) cast: &'a Cast,
    pub(crate) book: String,
}

impl Host<'_> {
    pub(crate) async fn open(cast: &Cast) -> anyhow::Result<Host<'_>> {
        let book = sandbox_book(&cast.treasurer, &cast.host, "Challenges").await?;
        let admit = json!({"organisation": cast.platform});
        cast.treasurer.post(&format!("/v1/books/{book}/partners"), &admit).await?.ok()?;
        Ok(Host { cast, book })
    }

    /// A challenge of three stages and one prize.
    pub(super) fn challenge(&self, slug: &str, submission_days: u16, has_fee: bool) -> Value {
        let stage = |name: &str| {
            json!({
                "name": name, "gate": ["design_files"], "admits": null,
                "criteria": [{"name": "repair", "title": "How it is repaired", "weight": 1}],
            })
        };
        json!({
            "book": self.book, "slug": slug, "title": "An open drill", "purse": usd(PURSE),
            "rules": {
                "terms": "All work is published.", "eligibility": "Any team.", "judges_needed": 1,
                "entry_fee": has_fee.then(|| json!({"amount": usd("5.00"), "goes_to": "teams"})),
                "licences": ["CERN-OHL-S-2.0"], "tie_rule": {"by": "earlier_submission"},
                "unawarded": "return_to_sponsors",
                "timetable": {
                    "funding_days": 90, "announced_days": 30, "submission_days": submission_days, "judging_days": 30,
                    "appeal_days": 1,
                },
                "stages": [stage("proposal"), stage("prototype"), stage("final")],
                "prizes": [{
                    "name": "Prize", "stage": "prototype", "amount": usd(PURSE), "count": 1,
                    "condition": {"by": "rank", "first": 1, "last": 1},
                }],
            },
        })
    }

    pub(crate) async fn make(&self, slug: &str, submission_days: u16, has_fee: bool) -> anyhow::Result<Value> {
        let challenge = self.challenge(slug, submission_days, has_fee);
        self.cast.treasurer.post("/v1/challenges", &challenge).await?.ok()
    }

    pub(super) async fn step(&self, challenge: &Value, step: &str) -> Outcome {
        let path = format!("/v1/challenges/{}{step}", text(challenge, "/id")?);
        self.cast.treasurer.post(&path, &json!({"reason": ""})).await?.ok().map(|_| ())
    }

    /// One that is announced and has all of its purse.
    async fn funded(&self, slug: &str, submission_days: u16) -> anyhow::Result<Value> {
        self.funded_as(&self.challenge(slug, submission_days, false)).await
    }

    /// The same of one with other rules.
    pub(super) async fn funded_as(&self, new: &Value) -> anyhow::Result<Value> {
        let made = self.cast.treasurer.post("/v1/challenges", new).await?.ok()?;
        self.step(&made, ":publish").await?;
        let mut gift = self.gift(&made, text(new, "/slug")?, PURSE);
        gift["provider_reference"] = new["slug"].clone();
        self.give(&self.cast.treasurer, &made, &gift).await?;
        self.step(&made, ":announce").await?;
        Ok(made)
    }

    /// One that takes teams and money, of which somebody brings some.
    pub(crate) async fn entering(&self, by: &Client, known: &mut Known) -> anyhow::Result<Value> {
        let made = self.make("entering", 30, true).await?;
        self.step(&made, ":publish").await?;
        self.step(&made, ":announce").await?;
        known.add(text(&made, "/id")?);
        let gift = self.gift(&made, "second", "10.00");
        known.example("POST /v1/challenges/{id}/contributions", json!({"id": made["id"]}), gift);
        let pledged = self.give(by, &made, &self.gift(&made, "first", "10.00")).await?;
        let paid = |reference: &str| json!({"provider_reference": reference});
        known.add(text(&pledged, "/id")?);
        known.example("POST /v1/purse-contributions/{id}:capture", json!({"id": pledged["id"]}), paid("gift"));
        let entry = self.enter(&self.cast.claimant, &self.cast.team, &made).await?;
        known.add(text(&entry, "/id")?);
        known.example("POST /v1/entrants/{id}:capture-fee", json!({"id": entry["id"]}), paid("fee"));
        self.consenting(by, known).await?;
        Ok(made)
    }

    pub(super) fn gift(&self, challenge: &Value, reference: &str, amount: &str) -> Value {
        json!({
            "sponsor": self.cast.platform, "reference": reference, "amount": usd(amount),
            "rules_sha256": challenge["rules_sha256"],
        })
    }

    pub(super) async fn give(&self, by: &Client, to: &Value, gift: &Value) -> anyhow::Result<Value> {
        by.post(&format!("/v1/challenges/{}/contributions", text(to, "/id")?), gift).await?.ok()
    }

    pub(super) async fn enter(&self, by: &Client, team: &str, challenge: &Value) -> anyhow::Result<Value> {
        let entry = json!({
            "team": team, "rules_sha256": challenge["rules_sha256"], "collector": self.cast.platform,
        });
        by.post(&format!("/v1/challenges/{}/entries", text(challenge, "/id")?), &entry).await?.ok()
    }

    /// The work of the claimant's team, before a judge.
    async fn hand_in(&self, challenge: &Value, judge: &str) -> anyhow::Result<Value> {
        let Cast { treasurer, claimant, team, .. } = self.cast;
        let path = format!("/v1/challenges/{}/judges", text(challenge, "/id")?);
        treasurer.post(&path, &json!({"person": judge})).await?.ok()?;
        self.enter(claimant, team, challenge).await?;
        let draft = self.draft(claimant, team, challenge, "prototype").await?;
        claimant.post(&format!("/v1/submissions/{}:submit", text(&draft, "/id")?), &json!({})).await?.ok()
    }

    pub(super) async fn draft(&self, by: &Client, team: &str, challenge: &Value, stage: &str) -> anyhow::Result<Value> {
        by.post(&format!("/v1/challenges/{}/submissions", text(challenge, "/id")?), &work(team, stage)).await?.ok()
    }
}

/// A submission with all that its stage asks for.
fn work(team: &str, stage: &str) -> Value {
    let evidence = json!({
        "kind": "design_files", "title": "Drawings", "url": "https://designs.example/drill", "sha256": "d".repeat(64),
        "licence": "CERN-OHL-S-2.0",
    });
    json!({"team": team, "stage": stage, "title": "Our drill", "evidence": [evidence], "attributions": []})
}

fn score(submission: &Value) -> Value {
    json!({"submission_sha256": submission["sha256"], "points": [80], "comment": "As measured"})
}
