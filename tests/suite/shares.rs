//! Contribution shares over HTTP: three tiers of which the grand prize is not reached, rules that change, and a prize that two teams share.

use anyhow::ensure;
use api::demo::cast::{join, organisation, person, usd};
use api::demo::client::{Client, text};
use jiff::ToSpan as _;
use serde_json::{Value, json};
use tests::{OPERATOR, Stage};

type Outcome = anyhow::Result<()>;

/// A challenge of 100.00 in the host's book, open.
pub(crate) struct Open {
    pub(crate) stage: Stage,
    pub(crate) path: String,
    pub(crate) rules: Value,
    pub(crate) sha256: String,
}

impl Open {
    /// One by whose rules this becomes of what nobody wins.
    pub(crate) async fn set(unawarded: &str) -> anyhow::Result<Open> {
        Open::set_for(unawarded, None).await
    }

    /// One that teams enter for a fee.
    pub(crate) async fn set_for(unawarded: &str, fee: Option<Value>) -> anyhow::Result<Open> {
        let stage = Stage::set().await?;
        let prize = |name: &str, amount: &str, condition: Value| json!({"name": name, "stage": "final", "amount": usd(amount), "count": 1, "condition": condition});
        let place = |place: u8| json!({"by": "rank", "first": place, "last": place});
        let rules = json!({
            "terms": "All work is published.", "eligibility": "Any team.", "judges_needed": 1, "entry_fee": fee,
            "fee_disclosure": {"skill": "Drilling.", "sponsor": "The host", "excluded_places": []},
            "licences": ["CERN-OHL-S-2.0"], "tie_rule": {"by": "earlier_submission"}, "unawarded": unawarded,
            "timetable": {
                "funding_days": 90, "announced_days": 30, "submission_days": 20, "judging_days": 10, "appeal_days": 2,
            },
            "consent_days": 5, "share_days": 7,
            "stages": [{
                "name": "final", "gate": ["design_files"], "admits": null,
                "criteria": [{"name": "repair", "title": "How it is repaired", "weight": 1}],
            }],
            "prizes": [
                prize("Grand prize", "60.00", json!({"by": "threshold", "score": 9500})),
                prize("First", "30.01", place(1)),
                prize("Second", "9.99", place(2)),
            ],
        });
        let treasurer = &stage.cast.treasurer;
        let new = json!({
            "book": stage.cast.book, "slug": "drill", "title": "An open drill", "purse": usd("100.00"), "rules": rules,
        });
        let made = treasurer.post("/v1/challenges", &new).await?.ok()?;
        let path = format!("/v1/challenges/{}", text(&made, "/id")?);
        let sha256 = text(&made, "/rules_sha256")?.to_owned();
        let gift = json!({
            "sponsor": stage.cast.platform, "reference": "grant", "amount": usd("100.00"), "rules_sha256": sha256,
            "provider_reference": "transfer",
        });
        let open = Open { stage, path, rules, sha256 };
        open.step(":publish").await?;
        open.stage.cast.treasurer.post(&format!("{}/contributions", open.path), &gift).await?.ok()?;
        open.step(":announce").await?;
        open.days_pass(3).await?;
        open.step(":open").await?;
        Ok(open)
    }

    pub(crate) async fn step(&self, step: &str) -> anyhow::Result<Value> {
        self.stage.cast.treasurer.post(&format!("{}{step}", self.path), &json!({"reason": ""})).await?.ok()
    }

    pub(crate) async fn days_pass(&self, days: i32) -> Outcome {
        let today = self.stage.cast.today().await?;
        self.stage.cast.advance(today.saturating_add(days.days())).await
    }

    pub(crate) async fn draft(&self, by: &Client, team: &str, attributions: Value) -> anyhow::Result<Value> {
        let evidence = json!({
            "kind": "design_files", "title": "Drawings", "url": "https://designs.example/drill", "sha256": "d".repeat(64),
            "licence": "CERN-OHL-S-2.0",
        });
        let work = json!({
            "team": team, "stage": "final", "title": "Our drill", "evidence": [evidence], "attributions": attributions,
        });
        by.post(&format!("{}/submissions", self.path), &work).await?.ok()
    }

    /// Who was told about shares, by the subject.
    async fn told(&self, subject: &str) -> anyhow::Result<Vec<String>> {
        self.stage.app.work_until_idle().await?;
        let mails = self.stage.cast.treasurer.all(&format!("/v1/books/{}/outbox", self.stage.cast.book)).await?;
        let subject = format!("[test] An open drill: {subject}");
        let about = mails.iter().filter(|mail| mail["kind"] == "shares" && mail["subject"] == subject);
        let mut told: Vec<String> =
            about.map(|mail| Ok(text(mail, "/recipient")?.to_owned())).collect::<Result<_, anyhow::Error>>()?;
        told.sort_unstable();
        Ok(told)
    }
}

#[tokio::test]
async fn m1_m3_a_prize_is_divided_by_agreed_shares_and_what_no_work_is_good_enough_for_goes_back() -> Outcome {
    let open = Open::set("return_to_sponsors").await?;
    let (cast, path) = (&open.stage.cast, &open.path);
    let (clara, gearer) = (&cast.claimant, &cast.stranger);
    let gears = organisation(gearer, "Gear Works", "project_team").await?;
    let elsewhere = organisation(gearer, "Elsewhere", "sponsor").await?;
    let outsider = join(gearer, &elsewhere, "outsider@elsewhere.example", "member").await?;

    // Two teams enter; the rules change, and are agreed to anew before anything is handed in.
    let mut entries = Vec::new();
    for (by, team) in [(clara, &cast.team), (gearer, &gears)] {
        let entry = json!({"team": team, "rules_sha256": open.sha256});
        entries.push((by, by.post(&format!("{path}/entries"), &entry).await?.ok()?));
    }
    let source = open.draft(gearer, &gears, json!([])).await?;
    let parts = json!([{"submission": source["id"], "part": "gearbox", "share": 1000}]);
    let work = open.draft(clara, &cast.team, parts).await?;
    let mut changed = open.rules.clone();
    changed["terms"] = json!("All work is published within a week.");
    let changed = json!({"purse": usd("100.00"), "rules": changed});
    let changed = cast.treasurer.post(&format!("{path}/rules"), &changed).await?.ok()?;
    let submit = |draft: &Value| Ok::<_, anyhow::Error>(format!("/v1/submissions/{}:submit", text(draft, "/id")?));
    let early = clara.post(&submit(&work)?, &json!({})).await?;
    ensure!(early.body["type"] == "/problems/consent-due", "{early:?}");
    for (by, entry) in &entries {
        let consent = json!({"rules_sha256": changed["rules_sha256"]});
        by.post(&format!("/v1/entrants/{}:consent", text(entry, "/id")?), &consent).await?.ok()?;
    }
    for (by, draft) in [(gearer, &source), (clara, &work)] {
        by.post(&submit(draft)?, &json!({})).await?.ok()?;
    }

    // A share is proposed, objected to, proposed anew, attested; whom it does not concern hears of it when it is fixed.
    let shares = |own: u16| {
        json!({"parts": [
            {"contributor": cast.team, "part": "all but the gearbox", "share": own},
            {"contributor": gears, "part": "gearbox", "share": 10_000 - own},
        ]})
    };
    let plans = format!("/v1/submissions/{}/share-plans", text(&work, "/id")?);
    let alone = json!({"parts": [{"contributor": cast.team, "part": "all", "share": 10_000}]});
    let left_out = clara.post(&plans, &alone).await?;
    ensure!(left_out.body["type"] == "/problems/contributor-missing", "{left_out:?}");
    ensure!(gearer.post(&plans, &shares(5_000)).await?.status == 403, "the team of the work proposes");
    let plan = clara.post(&plans, &shares(9_000)).await?.ok()?;
    let at = format!("/v1/share-plans/{}", text(&plan, "/id")?);
    ensure!(outsider.get(&at).await?.status == 404, "whom it does not concern hears of nothing");
    ensure!(outsider.all(&format!("{path}/share-plans")).await?.is_empty());
    ensure!(cast.treasurer.get(&at).await?.ok()?["parts"][0]["contributor"].is_string());
    let sha256 = |plan: &Value| json!({"contributor": gears, "parts_sha256": plan["parts_sha256"]});
    let another = outsider.post(&format!("{at}:attest"), &sha256(&plan)).await?;
    ensure!(another.status == 404, "{another:?}");
    let objection = json!({"contributor": gears, "reason": "We drew the housing too"});
    let objected = gearer.post(&format!("{at}:object"), &objection).await?.ok()?;
    ensure!(objected["state"] == "objected" && objected["until"].is_string(), "{objected}");
    let revised = clara.post(&format!("{at}:revise"), &shares(6_250)).await?.ok()?;
    ensure!(revised["revision"] == 2 && revised["state"] == "proposed", "{revised}");
    let stale = gearer.post(&format!("{at}:attest"), &sha256(&plan)).await?;
    ensure!(stale.body["type"] == "/problems/digest-mismatch", "{stale:?}");
    let fixed = gearer.post(&format!("{at}:attest"), &sha256(&revised)).await?.ok()?;
    ensure!(fixed["state"] == "fixed" && fixed["until"].is_null(), "{fixed}");
    let told = open.told("how prizes are divided is fixed").await?;
    let mut teams = [OPERATOR, clara.email()?, gearer.email()?];
    teams.sort_unstable();
    ensure!(told == teams, "the people of both teams, and not {told:?}");
    let read = outsider.get(&at).await?.ok()?;
    ensure!(read["parts"][0]["share"].is_u64() && read["parts"][0]["contributor"].is_null(), "{read}");
    let edges = outsider.all(&format!("{path}/attributions")).await?;
    ensure!(edges.len() == 1 && edges[0]["share"] == 1000 && edges[0]["fixed_share"] == 3750, "{edges:?}");

    // Judged: nobody reaches 95 points.
    let joan = join(&cast.operator, &cast.host, "joan@panel.example", "judge").await?;
    let panel = json!({"person": person(&joan).await?});
    cast.treasurer.post(&format!("{path}/judges"), &panel).await?.ok()?;
    open.days_pass(21).await?;
    for (draft, points) in [(&work, 94), (&source, 80)] {
        let read = joan.get(&format!("/v1/submissions/{}", text(draft, "/id")?)).await?.ok()?;
        let card = json!({"submission_sha256": read["sha256"], "points": [points], "comment": "As measured."});
        joan.post(&format!("/v1/submissions/{}/scores", text(draft, "/id")?), &card).await?.ok()?;
    }
    open.step(":rank").await?;
    let read = outsider.get(&at).await?.ok()?;
    ensure!(read["parts"][0]["contributor"].is_string(), "from the ranking on everybody sees who: {read}");
    open.days_pass(4).await?;
    let challenge = cast.treasurer.get(path).await?.ok()?;
    ensure!(challenge["state"] == "awarded", "{challenge}");
    ensure!(challenge["funding"]["returned"]["amount"] == "60.00", "nobody won the grand prize: {challenge}");
    ensure!(challenge["funding"]["balance"]["amount"] == "0.00", "{challenge}");
    let mut won = Vec::new();
    for award in outsider.all(&format!("{path}/award")).await? {
        let team = if award["team"] == cast.team { "clara" } else { "gears" };
        won.push((team, text(&award, "/amount/amount")?.to_owned(), award["share_plan"] == plan["id"]));
    }
    won.sort_unstable();
    // 62.5 and 37.5 per cent of 30.01 are 18.75625 and 11.25375: the cent goes to the larger remainder.
    let expected = [("clara", "18.76", true), ("gears", "11.25", true), ("gears", "9.99", false)];
    ensure!(won == expected.map(|(team, amount, shared)| (team, amount.to_owned(), shared)), "{won:?}");
    open.stage.app.finish().await
}
