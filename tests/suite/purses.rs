//! Purses over HTTP: those that do not fill, those that are published as underfunded, and two people who move one at once.

use anyhow::{Context as _, ensure};
use api::demo::cast::{give_role, join, organisation, person, usd};
use api::demo::client::{Answer, Client, text};
use jiff::ToSpan as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, Instant};
use tests::Stage;

type Outcome = anyhow::Result<()>;

/// What judges go by where that is secret until the award.
const RUBRIC: &str = "Ten points for each screw that a child can turn.";

/// A host with two sponsors, the second of which comes through a partner, and a judge.
struct Purses {
    stage: Stage,
    sponsors: [String; 2],
    joan: Client,
}

/// A challenge by its path and the SHA-256 of its rules.
#[derive(Debug, Clone)]
struct Made {
    path: String,
    sha256: String,
}

impl Made {
    fn id(&self) -> &str {
        self.path.trim_start_matches("/v1/challenges/")
    }
}

/// Rules of a purse of 100.00: who is good enough gets 60.00, who is first 40.00; what nobody wins goes back.
fn rules(change: impl FnOnce(&mut Value)) -> Value {
    let prize = |name: &str, amount: &str, condition: Value| json!({"name": name, "stage": "final", "amount": usd(amount), "count": 1, "condition": condition});
    let mut rules = json!({
        "terms": "All work is published.", "eligibility": "Any team.", "judges_needed": 1, "entry_fee": null,
        "licences": ["CERN-OHL-S-2.0"], "tie_rule": {"by": "earlier_submission"}, "unawarded": "return_to_sponsors",
        "timetable": {
            "funding_days": 90, "announced_days": 30, "submission_days": 20, "judging_days": 10, "appeal_days": 2,
        },
        "consent_days": 5,
        "stages": [{
            "name": "final", "gate": ["design_files"], "admits": null,
            "criteria": [{"name": "repair", "title": "How it is repaired", "weight": 1}],
        }],
        "prizes": [
            prize("Grand prize", "60.00", json!({"by": "threshold", "score": 9500})),
            prize("First", "40.00", json!({"by": "rank", "first": 1, "last": 1})),
        ],
    });
    change(&mut rules);
    rules
}

impl Purses {
    async fn set() -> anyhow::Result<Purses> {
        let stage = Stage::set().await?;
        let cast = &stage.cast;
        let second = organisation(&cast.operator, "Maker Shop", "sponsor").await?;
        let joan = join(&cast.operator, &cast.host, "joan@panel.example", "judge").await?;
        let sponsors = [cast.platform.clone(), second];
        Ok(Purses { stage, sponsors, joan })
    }

    /// A challenge of 100.00 that takes money for its purse.
    async fn published(&self, slug: &str, rules: &Value) -> anyhow::Result<Made> {
        let cast = &self.stage.cast;
        let new =
            json!({"book": cast.book, "slug": slug, "title": "An open drill", "purse": usd("100.00"), "rules": rules});
        let made = cast.treasurer.post("/v1/challenges", &new).await?.ok()?;
        let made = Made {
            path: format!("/v1/challenges/{}", text(&made, "/id")?),
            sha256: text(&made, "/rules_sha256")?.to_owned(),
        };
        self.step(&made, ":publish").await?;
        Ok(made)
    }

    /// The first sponsor gives to the host, the second through the partner.
    async fn give(&self, to: &Made, sponsor: usize, amount: &str) -> anyhow::Result<Answer> {
        let reference = format!("{} {sponsor} {amount}", to.id());
        let gift = json!({
            "sponsor": self.sponsors[sponsor], "reference": reference, "amount": usd(amount), "rules_sha256": to.sha256,
            "provider_reference": format!("transfer {reference}"),
        });
        let by = if sponsor == 0 { &self.stage.cast.treasurer } else { &self.stage.cast.partner };
        by.post(&format!("{}/contributions", to.path), &gift).await
    }

    /// Published, and all of its purse is given; it has settled three days later.
    async fn filled(&self, slug: &str, rules: &Value) -> anyhow::Result<Made> {
        let made = self.published(slug, rules).await?;
        self.give(&made, 0, "100.00").await?.ok()?;
        self.step(&made, ":announce").await?;
        Ok(made)
    }

    async fn step(&self, of: &Made, step: &str) -> anyhow::Result<Value> {
        self.stage.cast.treasurer.post(&format!("{}{step}", of.path), &json!({"reason": ""})).await?.ok()
    }

    async fn days_pass(&self, days: i32) -> Outcome {
        let today = self.stage.cast.today().await?;
        self.stage.cast.advance(today.saturating_add(days.days())).await
    }

    async fn read(&self, of: &Made) -> anyhow::Result<Value> {
        self.stage.cast.treasurer.get(&of.path).await?.ok()
    }

    /// Clara's team enters an open challenge and hands work in.
    async fn handed_in(&self, to: &Made) -> anyhow::Result<String> {
        let cast = &self.stage.cast;
        let entry = json!({"team": cast.team, "rules_sha256": to.sha256});
        cast.claimant.post(&format!("{}/entries", to.path), &entry).await?.ok()?;
        let evidence = json!({
            "kind": "design_files", "title": "Drawings", "url": "https://designs.example/drill", "sha256": "d".repeat(64),
            "licence": "CERN-OHL-S-2.0",
        });
        let work = json!({"team": cast.team, "stage": "final", "title": "Our drill", "evidence": [evidence],
            "attributions": []});
        let work = cast.claimant.post(&format!("{}/submissions", to.path), &work).await?.ok()?;
        let work = format!("/v1/submissions/{}", text(&work, "/id")?);
        cast.claimant.post(&format!("{work}:submit"), &json!({})).await?.ok()?;
        let panel = json!({"person": person(&self.joan).await?});
        cast.treasurer.post(&format!("{}/judges", to.path), &panel).await?.ok()?;
        Ok(work)
    }

    async fn scored(&self, work: &str, points: u8) -> Outcome {
        let read = self.joan.get(work).await?.ok()?;
        let card = json!({"submission_sha256": read["sha256"], "points": [points], "comment": "As measured."});
        self.joan.post(&format!("{work}/scores"), &card).await?.ok().map(drop)
    }

    /// What is on its way back to the first sponsor, and to the second.
    async fn back(&self) -> anyhow::Result<[String; 2]> {
        let balance = self.stage.cast.trial_balance().await?;
        let of = |custodian: &str| {
            let code = format!("liabilities:refunds:{custodian}");
            let found = balance.iter().find(|(at, ..)| *at == code);
            found.map_or_else(|| "0.00".to_owned(), |(_, _, amount)| amount.clone())
        };
        Ok([of(&self.stage.cast.host), of(&self.stage.cast.platform)])
    }
}

#[tokio::test]
async fn m1_a_purse_that_does_not_fill_is_not_opened_and_goes_back_and_one_published_as_underfunded_pays_what_is_won()
-> Outcome {
    let purses = Purses::set().await?;
    let (cast, team) = (&purses.stage.cast, &purses.stage.cast.team);
    let [plain, won, idle] = [
        purses.published("plain", &rules(|_| {})).await?,
        purses.published("won", &rules(|rules| rules["underfunded"] = json!(true))).await?,
        purses.published("idle", &rules(|rules| rules["underfunded"] = json!(true))).await?,
    ];
    let short = |answer: &Answer| answer.status == 409 && answer.body["type"] == "/problems/purse-short";
    for purse in [&plain, &won, &idle] {
        purses.step(purse, ":announce").await?;
        let open = cast.treasurer.post(&format!("{}:open", purse.path), &json!({})).await?;
        ensure!(short(&open), "nothing is there: {open:?}");
        purses.give(purse, 0, "50.00").await?.ok()?;
        purses.give(purse, 1, "25.01").await?.ok()?;
    }
    let entry = json!({"team": team, "rules_sha256": plain.sha256});
    cast.claimant.post(&format!("{}/entries", plain.path), &entry).await?.ok()?;
    purses.days_pass(3).await?;
    let open = cast.treasurer.post(&format!("{}:open", plain.path), &json!({})).await?;
    ensure!(short(&open), "{open:?}");
    ensure!(
        open.body["detail"] == "the purse is 100.00 USD, of which 75.01 USD have settled: 24.99 USD are short",
        "{open:?}"
    );
    let now = purses.read(&plain).await?;
    ensure!(now["state"] == "announced" && now["funding"]["short"] == usd("24.99"), "it stays as it was: {now}");
    for purse in [&won, &idle] {
        let opened = purses.step(purse, ":open").await?;
        ensure!(opened["state"] == "open" && opened["funding"]["settled"] == usd("75.01"), "{opened}");
        let late = purses.give(purse, 1, "24.99").await?;
        ensure!(late.status == 409 && late.body["type"] == "/problems/challenge-not-funding", "{late:?}");
        let published = cast.stranger.get(&format!("{}/rules", purse.path)).await?.ok()?;
        ensure!(published["rules"]["underfunded"] == true, "everybody who enters reads it: {published}");
    }
    let work = purses.handed_in(&won).await?;

    // Good work, but not good enough for the grand prize: its threshold is not met.
    purses.days_pass(21).await?;
    purses.scored(&work, 94).await?;
    purses.step(&won, ":rank").await?;
    purses.days_pass(3).await?;
    let awarded = purses.read(&won).await?;
    ensure!(awarded["state"] == "awarded", "{awarded}");
    let list = cast.stranger.all(&format!("{}/award", won.path)).await?;
    ensure!(list.len() == 1 && list[0]["amount"] == usd("40.00") && list[0]["team"] == *team, "{list:?}");
    ensure!(
        awarded["funding"]["returned"] == usd("35.01") && awarded["funding"]["balance"] == usd("0.00"),
        "{awarded}"
    );
    // 35.01 by 50.00 and 25.01: 23.3369 and 11.6731, the cent to the larger remainder.
    ensure!(purses.back().await? == ["23.34", "11.67"]);

    // Nobody handed anything in to one, and the other was never opened: all goes back to whom it came from.
    purses.days_pass(16).await?;
    for (purse, state) in [(&idle, "no_award"), (&plain, "cancelled")] {
        let over = purses.read(purse).await?;
        ensure!(over["state"] == state && over["reason"].is_string() && over["state_until"].is_null(), "{over}");
        ensure!(over["funding"]["returned"] == usd("75.01") && over["funding"]["balance"] == usd("0.00"), "{over}");
        for (given, whole) in
            cast.treasurer.all(&format!("{}/contributions", purse.path)).await?.iter().zip(["50.00", "25.01"])
        {
            ensure!(given["state"] == "returned" && given["returned"] == usd(whole), "{given}");
        }
        let again = cast.treasurer.post(&format!("{}:open", purse.path), &json!({})).await?;
        ensure!(again.status == 409 && again.body["type"] == "/problems/challenge-not-announced", "{again:?}");
    }
    ensure!(purses.back().await? == ["123.34", "61.69"], "23.34 and twice 50.00, 11.67 and twice 25.01");
    ensure!(purses.stage.balance("liabilities:payable:prize:").await? == "40.00");
    purses.stage.app.finish().await
}

/// How two steps may end that two people take at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// One is taken, and the other one refused so.
    One(&'static str),
    /// One is taken, and the other answers what was done.
    Same,
    /// Both are taken, or the first one refused so: by who comes first.
    Either(&'static str),
}

/// Two steps on one challenge, each with its body.
struct Race {
    name: &'static str,
    of: Made,
    paths: [String; 2],
    bodies: [Value; 2],
    ends: Ends,
    /// Minor units that leave its purse; less than nothing where they come.
    leaves: i64,
}

impl Race {
    /// The same step on a challenge.
    fn same(name: &'static str, of: &Made, bodies: [Value; 2], ends: Ends, leaves: i64) -> Race {
        Race::of(name, of, [name, name], bodies, ends, leaves)
    }

    fn of(name: &'static str, of: &Made, steps: [&str; 2], bodies: [Value; 2], ends: Ends, leaves: i64) -> Race {
        let paths =
            steps.map(|step| if step.starts_with("/v1/") { step.to_owned() } else { format!("{}{step}", of.path) });
        Race { name, of: of.clone(), paths, bodies, ends, leaves }
    }

    /// The codes of the refusals, in order; empty for what was done.
    fn check(&self, answers: [&Answer; 2]) -> Outcome {
        let code = |answer: &Answer| answer.body["type"].as_str().unwrap_or_default().replace("/problems/", "");
        let codes = answers.map(code);
        let refused: Vec<&str> = codes.iter().map(String::as_str).filter(|code| !code.is_empty()).collect();
        let is_known = answers.iter().all(|answer| answer.status.is_success() || answer.status == 409);
        let is_right = match self.ends {
            Ends::One(code) => refused == [code],
            Ends::Same => refused.is_empty(),
            Ends::Either(code) => codes[1].is_empty() && (refused.is_empty() || codes[0] == code),
        };
        ensure!(is_known && is_right, "{}: {codes:?}, {answers:?}", self.name);
        Ok(())
    }
}

/// Waits until so many transactions wait for a lock that this test holds.
async fn waiting(owner: &tokio_postgres::Client, count: i64) -> Outcome {
    let asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let deadline = Instant::now() + Duration::from_mins(1);
    while owner.query_one(asked, &[]).await?.get::<_, i64>(0) < count {
        ensure!(Instant::now() < deadline, "{count} transactions never waited for the challenge at once");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

fn minor(amount: &str) -> anyhow::Result<i64> {
    Ok(amount.replace('.', "").parse()?)
}

impl Purses {
    /// What stands in the purses of all challenges, is owed to winners, and is on its way back, minor units.
    async fn everywhere(&self) -> anyhow::Result<i64> {
        let below = ["liabilities:purse:", "liabilities:payable:prize:", "liabilities:refunds:"];
        let mut sum = 0;
        for (code, _, amount) in self.stage.cast.trial_balance().await? {
            if below.iter().any(|prefix| code.starts_with(prefix)) {
                sum += minor(&amount)?;
            }
        }
        Ok(sum)
    }

    async fn in_purse(&self, of: &Made) -> anyhow::Result<i64> {
        minor(text(&self.read(of).await?, "/funding/balance/amount")?)
    }

    /// Work that waits for its award only, and two purses that nobody won and that wait for other challenges.
    async fn judged(&self) -> anyhow::Result<[Made; 3]> {
        let secret = hex::encode(Sha256::digest(RUBRIC.as_bytes()));
        let rolls = rules(|rules| rules["unawarded"] = json!("roll_over"));
        let awarded = self.filled("awarded", &rules(|rules| rules["secret_rubric"] = json!(secret))).await?;
        let [rolling, forked] = [self.filled("rolling", &rolls).await?, self.filled("forked", &rolls).await?];
        self.days_pass(3).await?;
        for of in [&awarded, &rolling, &forked] {
            self.step(of, ":open").await?;
        }
        let work = self.handed_in(&awarded).await?;
        self.days_pass(21).await?;
        self.scored(&work, 99).await?;
        self.step(&awarded, ":rank").await?;
        self.days_pass(10).await?;
        Ok([awarded, rolling, forked])
    }

    /// Every step that moves a purse, each by two people at once.
    async fn races(&self) -> anyhow::Result<Vec<Race>> {
        let [awarded, rolling, forked] = self.judged().await?;
        let once_longer = rules(|rules| rules["extensions"] = json!({"days": 20, "most": 1}));
        let extended = self.filled("extended", &once_longer).await?;
        let longer_or_not = self.filled("longer-or-not", &once_longer).await?;
        let cancelled = self.filled("cancelled", &rules(|_| {})).await?;
        let taken_back = self.filled("taken-back", &rules(|_| {})).await?;
        let opened_or_not = self.filled("opened-or-not", &rules(|_| {})).await?;
        self.days_pass(3).await?;
        for of in [&extended, &longer_or_not, &cancelled] {
            self.step(of, ":open").await?;
        }
        let by = &self.stage.cast.treasurer;
        let other = rules(|rules| rules["terms"] = json!("All work is published within a week."));
        by.post(&format!("{}/rules", taken_back.path), &json!({"purse": usd("100.00"), "rules": other})).await?.ok()?;
        let given = by.all(&format!("{}/contributions", taken_back.path)).await?;
        let withdraw = format!("/v1/purse-contributions/{}:withdraw", text(&given[0], "/id")?);
        let wanting = self.published("wanting", &rules(|_| {})).await?;
        let promise = json!({"sponsor": self.sponsors[0], "reference": "promise", "amount": usd("100.00"),
            "rules_sha256": wanting.sha256});
        let promise = by.post(&format!("{}/contributions", wanting.path), &promise).await?.ok()?;
        let capture = format!("/v1/purse-contributions/{}:capture", text(&promise, "/id")?);
        let paid = |card: &str| json!({"provider_reference": card});
        let next = self.published("next", &rules(|_| {})).await?;
        let ways = [self.published("left", &rules(|_| {})).await?, self.published("right", &rules(|_| {})).await?];
        let to = |of: &Made| json!({"challenge": of.id(), "reason": "Once more"});
        let why = |why: &str| json!({"reason": why});
        let twice = |body: Value| [body.clone(), body];
        let snow = json!({"days": 20, "reason": "Snow"});
        let gone = why("The sponsor is gone");
        Ok(vec![
            Race::same(":cancel", &cancelled, [gone.clone(), why("So it is")], Ends::One("challenge-opened"), 10_000),
            Race::same(":extend", &extended, twice(snow.clone()), Ends::One("extensions-used-up"), 0),
            Race::same("/award", &awarded, twice(why("")), Ends::Same, 10_000),
            Race::same(":roll-over", &rolling, twice(to(&next)), Ends::One("nothing-rolls"), 10_000),
            Race::same(":roll-over", &forked, ways.map(|way| to(&way)), Ends::One("nothing-rolls"), 10_000),
            Race::of("take back", &taken_back, [&withdraw, &withdraw], twice(json!({})), Ends::Same, 10_000),
            Race::of(
                "capture",
                &wanting,
                [&capture, &capture],
                [paid("card 1"), paid("card 2")],
                Ends::One("contribution-captured"),
                -10_000,
            ),
            Race::of(
                "open or cancel",
                &opened_or_not,
                [":open", ":cancel"],
                [why(""), gone.clone()],
                Ends::Either("challenge-not-announced"),
                10_000,
            ),
            Race::of(
                "extend or cancel",
                &longer_or_not,
                [":extend", ":cancel"],
                [snow, gone],
                Ends::Either("challenge-not-open"),
                10_000,
            ),
        ])
    }
}

/// Each by two people through two processes, both of which stand before the same challenge when it is let go.
#[tokio::test]
async fn f4_two_people_who_move_a_purse_at_once_move_it_once_and_the_other_one_hears_why() -> Outcome {
    let mut purses = Purses::set().await?;
    let (_second, base) = purses.stage.app.another_api()?;
    let cast = &purses.stage.cast;
    let rita = &cast.reviewers[0];
    give_role(&cast.operator, &cast.host, rita, "treasurer").await?;
    let elsewhere = Client::sign_in(&base, cast.mail(), rita.email()?).await?;
    let mut owner = migrations::connect(&purses.stage.app.database_url().parse()?).await?;
    let watch = migrations::connect(&purses.stage.app.database_url().parse()?).await?;
    let races = purses.races().await?;
    // The worker would award by itself as soon as the rubric is shown.
    purses.stage.app.work_until_idle().await?;
    purses.stage.app.stack().workers().clear();
    let awarded = races.iter().find(|race| race.name == "/award").context("an award")?;
    cast.treasurer.post(&format!("{}/rubric", awarded.of.path), &json!({"text": RUBRIC})).await?.ok()?;
    for race in races {
        let id: ledger::id::ChallengeId = race.of.id().parse()?;
        let (before, all) = (purses.in_purse(&race.of).await?, purses.everywhere().await?);
        let held = owner.transaction().await?;
        held.execute("SELECT 1 FROM challenge WHERE id = $1 FOR UPDATE", &[&id.object]).await?;
        let [here, there] = &race.paths;
        let both =
            async { tokio::join!(cast.treasurer.post(here, &race.bodies[0]), elsewhere.post(there, &race.bodies[1])) };
        let let_go = async {
            waiting(&watch, 2).await.with_context(|| race.name)?;
            held.commit().await.map_err(anyhow::Error::from)
        };
        let ((first, second), done) = tokio::join!(both, let_go);
        done?;
        let (first, second) = (first?, second?);
        race.check([&first, &second])?;
        let (after, all_after) = (purses.in_purse(&race.of).await?, purses.everywhere().await?);
        ensure!(before - after == race.leaves, "{}: {before} became {after}", race.name);
        let came = (-race.leaves).max(0);
        ensure!(all_after - all == came, "{}: {all} became {all_after}: money went nowhere, or twice", race.name);
    }
    ensure!(purses.stage.balance("liabilities:payable:prize:").await? == "100.00", "60.00 and 40.00, once");
    purses.stage.app.finish_with_jobs_left().await
}
