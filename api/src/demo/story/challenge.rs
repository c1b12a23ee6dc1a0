//! The second kind of money: a challenge in the host's book, from the purse that lacks a cent to the last prize.

use super::{Story, sum};
use crate::demo::cast::{bank_account, join, organisation, person, usd};
use crate::demo::client::{Answer, Client, text};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

/// How many teams enter.
const TEAMS: usize = 20;

/// How many of them build a prototype.
const PROTOTYPES: usize = 8;

/// How many sign in and hand in at once.
const AT_ONCE: usize = 4;

/// What a prototype and a final must come with.
const GATE: [&str; 3] = ["design_files", "bill_of_materials", "build_instructions"];

/// Whose work the winner built on: the team, the part, and its share in hundredths of a percent.
const PARTS: [(usize, &str, u16); 4] =
    [(10, "gearbox", 3_750), (11, "battery", 3_330), (12, "housing", 1_920), (13, "chuck", 1_000)];

/// Plays the challenge in the host's book, from whatever day it is there.
pub async fn play(story: &Story) -> anyhow::Result<String> {
    story.teller.progress.say("a challenge is published: 250,000.00 USD for an open-source cordless drill");
    let judges = panel(story).await?;
    let rules = drill(&story.cast.book);
    let made = story.cast.treasurer.post("/v1/challenges", &rules).await?.ok()?;
    let path = format!("/v1/challenges/{}", text(&made, "/id")?);
    let terms = text(&made, "/rules_sha256")?.to_owned();
    let drill = Drill { story, path, terms };
    drill.step(":publish").await?.ok()?;
    drill.purse_fills().await?;
    let teams = drill.teams_enter().await?;
    let (judged, unfinished) = drill.teams_work(&teams).await?;
    drill.judges_score(&judges, &judged, &unfinished, &teams[1]).await?;
    drill.prizes_are_awarded().await?;
    drill.closes().await?;
    let challenge = text(&made, "/id")?.to_owned();
    let news = json!({
        "about": challenge, "title": "The prizes are awarded",
        "body": "Who built on whose work is on this page, with the share of each. Thanks to all who entered.",
    });
    story.cast.treasurer.post("/v1/updates", &news).await?.ok()?;
    Ok(challenge)
}

/// A challenge on its way.
struct Drill<'a> {
    story: &'a Story,
    path: String,
    /// SHA-256 of the rules.
    terms: String,
}

/// A team, somebody who speaks for it, and its proposal.
struct Team {
    id: String,
    captain: Client,
    proposal: String,
}

/// A judge with the id that appoints one.
struct Judge {
    person: String,
    client: Client,
}

/// Three judges of the host.
async fn panel(story: &Story) -> anyhow::Result<Vec<Judge>> {
    let cast = &story.cast;
    let mut judges = Vec::new();
    for email in ["joan@panel.example", "jiro@panel.example", "jana@panel.example"] {
        let client = join(&cast.operator, &cast.host, email, "judge").await?;
        judges.push(Judge { person: person(&client).await?, client });
    }
    Ok(judges)
}

impl Drill<'_> {
    /// A cent short, it does not open; with the cent it does.
    async fn purse_fills(&self) -> anyhow::Result<()> {
        let (story, literals) = (self.story, &self.story.teller.literals);
        let sponsor = organisation(&story.cast.operator, "Open Tools Foundation", "sponsor").await?;
        self.contributes(&sponsor, "grant-1", "249999.99").await?;
        self.step(":announce").await?.ok()?;
        story.cast.days_pass(2).await?;
        let short = self.step(":open").await?;
        story.refused("opening with a purse that is not full", &short, 409, "purse-short")?;
        let detail = text(&short.body, "/detail")?;
        let lacks = detail.rsplit(": ").next().and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        story.equal("what the purse lacks", lacks, literals.purse_short.as_str())?;
        self.contributes(&sponsor, "grant-2", "0.01").await?;
        story.cast.days_pass(2).await?;
        let open = self.step(":open").await?.ok()?;
        story.equal("the challenge with its purse full", text(&open, "/state")?, "open")?;
        story.equal("the purse", text(&open, "/funding/settled/amount")?, literals.purse.as_str())
    }

    async fn contributes(&self, sponsor: &str, reference: &str, amount: &str) -> anyhow::Result<Value> {
        let body = json!({
            "sponsor": sponsor, "reference": reference, "amount": usd(amount), "rules_sha256": self.terms,
            "provider_reference": format!("transfer-{reference}"),
        });
        self.story.cast.partner.post(&format!("{}/contributions", self.path), &body).await?.ok()
    }

    /// Twenty teams say where a prize would go, agree to the rules and hand in a proposal.
    async fn teams_enter(&self) -> anyhow::Result<Vec<Team>> {
        self.story.teller.progress.say("20 teams enter with their proposals");
        let teams = stream::iter(1..=TEAMS).map(|number| self.team(number));
        let teams: Vec<Team> = teams.buffered(AT_ONCE).try_collect().await?;
        let entered = self.story.cast.treasurer.all(&format!("{}/entries", self.path)).await?;
        self.story.equal(
            "teams that entered",
            entered.len().to_string(),
            self.story.teller.literals.entrants.as_str(),
        )?;
        Ok(teams)
    }

    async fn team(&self, number: usize) -> anyhow::Result<Team> {
        let cast = &self.story.cast;
        let id = organisation(&cast.operator, &format!("Drill Makers {number}"), "project_team").await?;
        let email = format!("captain{number:02}@makers.example");
        let captain = join(&cast.operator, &id, &email, "owner").await?;
        let account = bank_account(&cast.book, &format!("Drill Makers {number}"), number);
        captain.post(&format!("/v1/organisations/{id}/bank-accounts"), &account).await?.ok()?;
        let entry = json!({"team": id, "rules_sha256": self.terms});
        captain.post(&format!("{}/entries", self.path), &entry).await?.ok()?;
        let mut team = Team { id, captain, proposal: String::new() };
        let proposal = self.hands_in(&team, "proposal", json!([])).await?;
        team.proposal = text(&proposal, "/id")?.to_owned();
        Ok(team)
    }

    /// Prototypes, one that stays unfinished, and two finals; answers what is judged, and what is not.
    async fn teams_work(&self, teams: &[Team]) -> anyhow::Result<(Vec<Value>, Value)> {
        self.story.teller.progress.say("8 teams hand in a prototype, 2 of them a final; a ninth is not complete");
        let mut judged = Vec::new();
        for team in &teams[..PROTOTYPES] {
            judged.push(self.hands_in(team, "prototype", json!([])).await?);
        }
        let ninth = &teams[PROTOTYPES];
        let unfinished = self.drafts(ninth, "prototype", &GATE[..2], json!([])).await?;
        let refused = self.submits(ninth, &unfinished).await?;
        self.story.refused("a prototype without build instructions", &refused, 409, "gate-incomplete")?;
        let parts =
            PARTS.map(|(team, part, share)| json!({"submission": teams[team].proposal, "part": part, "share": share}));
        judged.push(self.hands_in(&teams[0], "final", json!(parts)).await?);
        judged.push(self.hands_in(&teams[1], "final", json!([])).await?);
        Ok((judged, unfinished))
    }

    async fn drafts(&self, team: &Team, stage: &str, gate: &[&str], parts: Value) -> anyhow::Result<Value> {
        let evidence = |kind: &&str| {
            json!({
                "kind": kind, "title": kind, "url": format!("https://designs.example/drill/{kind}"),
                "sha256": "d".repeat(64), "licence": "CERN-OHL-S-2.0",
            })
        };
        let body = json!({
            "team": team.id, "stage": stage, "title": format!("Our {stage}"), "note": "What we did.",
            "evidence": gate.iter().map(evidence).collect::<Vec<_>>(), "attributions": parts,
        });
        team.captain.post(&format!("{}/submissions", self.path), &body).await?.ok()
    }

    async fn submits(&self, team: &Team, draft: &Value) -> anyhow::Result<Answer> {
        team.captain.post(&format!("/v1/submissions/{}:submit", text(draft, "/id")?), &json!({})).await
    }

    async fn hands_in(&self, team: &Team, stage: &str, parts: Value) -> anyhow::Result<Value> {
        let gate = if stage == "proposal" { &GATE[..1] } else { &GATE[..] };
        let draft = self.drafts(team, stage, gate, parts).await?;
        self.submits(team, &draft).await?.ok()
    }

    /// What is incomplete is not judged, and a judge with a tie to a team does not count for it.
    async fn judges_score(
        &self,
        judges: &[Judge],
        judged: &[Value],
        unfinished: &Value,
        related: &Team,
    ) -> anyhow::Result<()> {
        let (story, cast) = (self.story, &self.story.cast);
        story.teller.progress.say("three judges score what was handed in; one of them is related to a team");
        for judge in judges {
            let body = json!({"person": judge.person});
            cast.treasurer.post(&format!("{}/judges", self.path), &body).await?.ok()?;
        }
        cast.days_pass(91).await?;
        let path = format!("/v1/submissions/{}", text(unfinished, "/id")?);
        let late = cast.treasurer.get(&path).await?.ok()?;
        story.equal("the prototype without build instructions", text(&late, "/state")?, "incomplete")?;
        let refused = self.score(&judges[0], &late, 100).await?;
        story.refused("a score for what is not complete", &refused, 409, "not-judged")?;

        let tie = json!({"book": cast.book, "organisation": related.id, "reason": "A cousin is on the team."});
        judges[0].client.post("/v1/ties", &tie).await?.ok()?;
        for (points, submission) in (81..=90u8).rev().zip(judged) {
            for (number, judge) in judges.iter().enumerate() {
                let scored = self.score(judge, submission, points).await?;
                if number == 0 && text(submission, "/team")? == related.id {
                    story.refused("a score by a judge with a tie", &scored, 409, "declared-tie")?;
                } else {
                    story.equal("a score", scored.status.as_u16(), 201)?;
                }
            }
        }
        let ranked = self.step(":rank").await?.ok()?;
        story.equal("the challenge when it is ranked", text(&ranked, "/state")?, "provisional")
    }

    async fn score(&self, judge: &Judge, submission: &Value, points: u8) -> anyhow::Result<Answer> {
        let path = format!("/v1/submissions/{}/scores", text(submission, "/id")?);
        let body = json!({
            "submission_sha256": text(submission, "/sha256")?, "points": [points, points], "comment": "As measured.",
        });
        judge.client.post(&path, &body).await
    }

    /// When nobody has appealed in time, the worker awards every prize.
    async fn prizes_are_awarded(&self) -> anyhow::Result<()> {
        let (story, literals) = (self.story, &self.story.teller.literals);
        story.teller.progress.say("nobody appeals; the prizes are awarded");
        story.cast.days_pass(15).await?;
        let challenge = story.cast.treasurer.get(&self.path).await?.ok()?;
        story.equal("the challenge after the appeals", text(&challenge, "/state")?, "awarded")?;
        let awards = story.cast.treasurer.all(&format!("{}/award", self.path)).await?;
        for (tier, what, told) in [
            (1, "prizes for proposals", &literals.proposal_prizes),
            (2, "prizes for prototypes", &literals.prototype_prizes),
            (3, "the grand prize", &literals.grand_prize),
            (4, "the second prize", &literals.second_prize),
            (5, "the contributors' shares", &literals.contributor_prizes),
        ] {
            story.equal(what, tier_of(&awards, tier)?, told.as_str())?;
        }
        Ok(())
    }

    /// What stands in the host's book now.
    async fn closes(&self) -> anyhow::Result<()> {
        let (story, literals) = (self.story, &self.story.teller.literals);
        let balance = story.cast.trial_balance().await?;
        let team = sum(&balance, "liabilities:payable:team:", "credit")?;
        let prizes = sum(&balance, "liabilities:payable:prize:", "credit")?;
        story.equal("cash", sum(&balance, "assets:cash:", "debit")?, literals.closing_cash.as_str())?;
        story.equal("team payables", team, literals.team_payables.as_str())?;
        story.equal("prizes payable", prizes, literals.prizes_payable.as_str())?;
        for (what, prefix) in [("the fund", "liabilities:fund:"), ("the purse", "liabilities:purse:")] {
            story.equal(what, sum(&balance, prefix, "credit")?, literals.closing_restricted.as_str())?;
        }
        Ok(())
    }

    async fn step(&self, step: &str) -> anyhow::Result<Answer> {
        self.story.cast.treasurer.post(&format!("{}{step}", self.path), &json!({})).await
    }
}

/// The awards of a tier: `8 x 5000.00` when they are equal.
fn tier_of(awards: &[Value], tier: i64) -> anyhow::Result<String> {
    let of_tier = awards.iter().filter(|award| award["prize"] == tier);
    let amounts: Vec<&str> = of_tier.map(|award| text(award, "/amount/amount")).collect::<anyhow::Result<_>>()?;
    let equal = amounts.len() > 1 && amounts.iter().all(|amount| *amount == amounts[0]);
    Ok(if equal { format!("{} x {}", amounts.len(), amounts[0]) } else { amounts.join(" / ") })
}

/// The challenge and its rules.
fn drill(book: &str) -> Value {
    let criteria = json!([
        {"name": "test_data", "title": "What the tests measured", "weight": 3},
        {"name": "repair", "title": "How it is repaired", "weight": 1},
    ]);
    let prize = |name: &str, stage: &str, amount: &str, first: usize, last: usize| {
        json!({
            "name": name, "stage": stage, "amount": usd(amount), "count": last + 1 - first,
            "condition": {"by": "rank", "first": first, "last": last},
        })
    };
    json!({
        "book": book, "slug": "drill", "title": "An open-source cordless drill",
        "summary": "Professional, repairable, printed from recycled plastic.", "purse": usd("250000.00"),
        "rules": {
            "terms": "All work is published under the licence.", "eligibility": "Any team.", "entry_fee": null,
            "judges_needed": 3, "licences": ["CERN-OHL-S-2.0"], "tie_rule": {"by": "earlier_submission"},
            "unawarded": "return_to_sponsors",
            "timetable": {
                "funding_days": 180, "announced_days": 60, "submission_days": 90, "judging_days": 30, "appeal_days": 14,
            },
            "stages": [
                {"name": "proposal", "gate": GATE[..1], "criteria": [], "admits": null},
                {"name": "prototype", "gate": GATE, "criteria": criteria, "admits": null},
                {"name": "final", "gate": GATE, "criteria": criteria, "admits": null},
            ],
            "prizes": [
                prize("Proposal", "proposal", "1000.00", 1, TEAMS),
                prize("Prototype", "prototype", "5000.00", 1, PROTOTYPES),
                prize("Grand prize", "final", "125000.00", 1, 1),
                prize("Second prize", "final", "40000.00", 2, 2),
                {"name": "Contributors", "stage": "final", "amount": usd("25000.00"), "count": 1,
                 "condition": {"by": "contribution"}},
            ],
        },
    })
}
