//! A challenge of 250,000.00 USD over HTTP: the purse one cent short, incomplete work, a judge with a tie, every prize.

use crate::service::{Answer, Person, Service};
use actix_web::http::Method;
use jiff::{SignedDuration, Timestamp};
use ledger::book::Mode;
use ledger::challenges::operations::challenges;
use ledger::engine::store::books::{self, Book};
use ledger::id::{ChallengeId, OrganisationId, SettlementId};
use ledger::parties::rules::role::{OrganisationKind, Role, Scope};
use ledger::treasury::operations::settlements;
use serde_json::{Value, json};

/// A team with a member.
#[derive(Clone)]
struct Team {
    id: OrganisationId,
    member: Person,
}

/// A treasurer and three judges of the host, a partner that may bring contributions only, and a sponsor.
struct Scene {
    service: Service,
    treasurer: Person,
    judges: Vec<Person>,
    partner: String,
    sponsor: OrganisationId,
}

impl Scene {
    async fn new() -> Scene {
        let service = Service::start().await;
        let ground = &service.ground;
        let mut judges = Vec::new();
        for name in ["judge-a", "judge-b", "judge-c"] {
            judges.push(service.signed_in(ground.person(name, Role::Judge).await).await);
        }
        let sponsor = ground.organisation("Foundation", OrganisationKind::Sponsor, ground.operator).await;
        let scopes = [Scope::ContributionsWrite, Scope::ContributionsRead, Scope::CampaignsRead];
        let partner = service.partner_token(ground.partner, Mode::Sandbox, &scopes).await;
        Scene { treasurer: service.treasurer.clone(), judges, partner, sponsor, service }
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.service.get(path, token).await
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.service.post(path, token, body).await
    }

    async fn step(&self, challenge: &str, step: &str) -> Answer {
        self.post(&format!("/v1/challenges/{challenge}{step}"), &self.treasurer.token, json!({})).await
    }

    /// Moves the book's clock to so many days after the start, and does what the worker would do then.
    async fn day(&self, day: i64, challenge: &str) {
        let (ground, to) = (&self.service.ground, self.service.ground.day(day));
        let offset = SignedDuration::from_secs(to.duration_since(Timestamp::now()).as_secs() + 1);
        ground.run(async |tx| books::set_clock(tx, ground.book.id, offset, None).await).await.unwrap();
        let statement = "SELECT id FROM settlement WHERE settled_at IS NULL AND due_on <= $1";
        let rows = ground.client().await.query(statement, &[&ground.book.day_of(to)]).await.unwrap();
        let due: Vec<uuid::Uuid> = rows.iter().map(|row| row.get(0)).collect();
        let challenge: ChallengeId = challenge.parse().unwrap();
        let done = ground.run(async |tx| {
            for id in due {
                settlements::settle(tx, SettlementId::new(ground.book.id, id), Timestamp::now()).await?;
            }
            challenges::advance(tx, challenge, Timestamp::now()).await
        });
        done.await.unwrap();
    }

    async fn team(&self, name: &str) -> Team {
        let team = self.service.ground.team(name, name).await;
        Team { id: team.id, member: self.service.signed_in(team.member).await }
    }

    async fn give(&self, challenge: &Value, token: &str, amount: &str, reference: &str) -> Answer {
        let body = json!({
            "sponsor": self.sponsor.to_string(), "reference": reference, "amount": usd(amount),
            "rules_sha256": challenge["rules_sha256"], "provider_reference": format!("paid {reference}"),
        });
        self.post(&format!("/v1/challenges/{}/contributions", id(challenge)), token, body).await
    }

    async fn draft(&self, challenge: &Value, team: &Team, stage: &str, gate: &[&str], parts: Value) -> Answer {
        let evidence: Vec<Value> = gate
            .iter()
            .map(|kind| {
                json!({
                    "kind": kind, "title": kind, "url": "https://example.org/drill.zip", "sha256": "ab".repeat(32),
                    "licence": "CERN-OHL-S-2.0",
                })
            })
            .collect();
        let body = json!({
            "team": team.id.to_string(), "stage": stage, "title": format!("Our {stage}"), "note": "What we did.",
            "evidence": evidence, "attributions": parts,
        });
        self.post(&format!("/v1/challenges/{}/submissions", id(challenge)), &team.member.token, body).await
    }

    async fn submit(&self, submission: &Value, team: &Team) -> Answer {
        self.post(&format!("/v1/submissions/{}:submit", id(submission)), &team.member.token, json!({})).await
    }

    async fn hand_in(&self, challenge: &Value, team: &Team, stage: &str, parts: Value) -> Value {
        let gate = if stage == "proposal" { &GATE[..1] } else { &GATE[..] };
        let draft = self.draft(challenge, team, stage, gate, parts).await.ok();
        self.submit(&draft, team).await.ok()
    }

    async fn score(&self, judge: &Person, submission: &Value, points: u8) -> Answer {
        let body = json!({
            "submission_sha256": submission["sha256"], "points": [points, points], "comment": "as measured",
        });
        self.post(&format!("/v1/submissions/{}/scores", id(submission)), &judge.token, body).await
    }

    async fn balances(&self, prefix: &str) -> i64 {
        self.service.ground.balance_below(prefix).await
    }
}

const GATE: [&str; 3] = ["design_files", "bill_of_materials", "build_instructions"];

fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

/// What is sent to make the challenge.
fn drill(book: &Book) -> Value {
    let criteria = json!([
        {"name": "test_data", "title": "What the tests measured", "weight": 3},
        {"name": "repair", "title": "How it is repaired", "weight": 1},
    ]);
    json!({
        "book": book.reference().to_string(), "slug": "drill", "title": "An open cordless drill",
        "summary": "3D-printed, professional, of recycled plastic.", "purse": usd("250000.00"),
        "rules": {
            "terms": "All work is published under one of the licences.",
            "eligibility": "Any team.",
            "entry_fee": null,
            "judges_needed": 3,
            "licences": ["CERN-OHL-S-2.0"],
            "tie_rule": {"by": "earlier_submission"},
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
                {"name": "Proposal", "stage": "proposal", "amount": usd("1000.00"), "count": 20,
                 "condition": {"by": "rank", "first": 1, "last": 20}},
                {"name": "Prototype", "stage": "prototype", "amount": usd("5000.00"), "count": 8,
                 "condition": {"by": "rank", "first": 1, "last": 8}},
                {"name": "Grand prize", "stage": "final", "amount": usd("125000.00"), "count": 1,
                 "condition": {"by": "rank", "first": 1, "last": 1}},
                {"name": "Second prize", "stage": "final", "amount": usd("40000.00"), "count": 1,
                 "condition": {"by": "rank", "first": 2, "last": 2}},
                {"name": "Contributors", "stage": "final", "amount": usd("25000.00"), "count": 1,
                 "condition": {"by": "contribution"}},
            ],
        },
    })
}

/// Made and published.
async fn funding(scene: &Scene) -> Value {
    let made = scene.post("/v1/challenges", &scene.treasurer.token, drill(&scene.service.ground.book)).await.ok();
    scene.step(id(&made), ":publish").await.ok()
}

#[actix_web::test]
async fn m1_m3_m4_a_challenge_from_the_first_cent_to_the_last_prize() {
    let scene = Scene::new().await;
    let challenge = funding(&scene).await;
    let at = id(&challenge);
    let [a, b, c] = [&scene.judges[0], &scene.judges[1], &scene.judges[2]];

    scene.give(&challenge, &scene.partner, "249999.99", "grant-1").await.ok();
    scene.step(at, ":announce").await.ok();
    scene.day(2, at).await;
    let short = scene.step(at, ":open").await;
    assert_eq!(short.kind(), (409, "/problems/purse-short"), "{}", short.body);
    assert_eq!(
        short.body["detail"],
        "the purse is 250000.00 USD, of which 249999.99 USD have settled: 0.01 USD are short"
    );
    assert_eq!(scene.give(&challenge, &scene.partner, "0.02", "grant-2").await.kind(), (409, "/problems/purse-full"));
    scene.give(&challenge, &scene.treasurer.token, "0.01", "grant-3").await.ok();
    scene.day(4, at).await;
    let open = scene.step(at, ":open").await.ok();
    assert_eq!((&open["state"], &open["funding"]["settled"]), (&json!("open"), &usd("250000.00")));

    let mut teams = Vec::new();
    let mut proposals = Vec::new();
    for number in 1..=20 {
        let team = scene.team(&format!("team-{number}")).await;
        let entry = json!({"team": team.id.to_string(), "rules_sha256": challenge["rules_sha256"]});
        scene.post(&format!("/v1/challenges/{at}/entries"), &team.member.token, entry).await.ok();
        proposals.push(scene.hand_in(&challenge, &team, "proposal", json!([])).await);
        teams.push(team);
    }
    let mut judged = Vec::new();
    for team in &teams[..8] {
        judged.push(scene.hand_in(&challenge, team, "prototype", json!([])).await);
    }
    let half = scene.draft(&challenge, &teams[8], "prototype", &GATE[..2], json!([])).await.ok();
    let refused = scene.submit(&half, &teams[8]).await;
    assert_eq!(refused.kind(), (409, "/problems/gate-incomplete"), "{}", refused.body);
    let parts = json!([
        {"submission": id(&proposals[10]), "part": "gearbox", "share": 3750},
        {"submission": id(&proposals[11]), "part": "battery", "share": 3330},
        {"submission": id(&proposals[12]), "part": "housing", "share": 1920},
        {"submission": id(&proposals[13]), "part": "chuck", "share": 1000},
    ]);
    judged.push(scene.hand_in(&challenge, &teams[0], "final", parts).await);
    judged.push(scene.hand_in(&challenge, &teams[1], "final", json!([])).await);
    for judge in &scene.judges {
        let body = json!({"person": judge.id.to_string()});
        scene.post(&format!("/v1/challenges/{at}/judges"), &scene.treasurer.token, body).await.ok();
    }

    scene.day(95, at).await;
    let half = scene.get(&format!("/v1/submissions/{}", id(&half)), &scene.judges[0].token).await.ok();
    assert_eq!(half["state"], "incomplete");
    assert_eq!(scene.score(a, &half, 100).await.kind(), (409, "/problems/not-judged"));
    let tie = json!({
        "book": scene.service.ground.book.reference().to_string(), "organisation": teams[1].id.to_string(), "reason": "a cousin",
    });
    scene.post("/v1/ties", &a.token, tie).await.ok();
    for (index, submission) in judged.iter().enumerate() {
        let points = 90 - u8::try_from(index).unwrap();
        let by_a = scene.score(a, submission, points).await;
        if submission["team"] == teams[1].id.to_string() {
            assert_eq!(by_a.kind(), (409, "/problems/declared-tie"), "{}", by_a.body);
        } else {
            by_a.ok();
        }
        scene.score(b, submission, points).await.ok();
        if index + 1 < judged.len() {
            scene.score(c, submission, points).await.ok();
        }
    }
    assert_eq!(scene.step(at, ":rank").await.kind(), (409, "/problems/scores-missing"));
    scene.score(c, &judged[9], 81).await.ok();
    let provisional = scene.step(at, ":rank").await.ok();
    assert_eq!(provisional["state"], "provisional");
    assert_eq!(scene.step(at, "/award").await.kind(), (409, "/problems/appeals-open"));

    scene.day(110, at).await;
    let awarded = scene.step(at, "/award").await.ok();
    assert_eq!(awarded["challenge"]["state"], "awarded");
    assert_eq!(awarded["challenge"]["funding"]["balance"], usd("0.00"));
    let awards = awarded["awards"].as_array().unwrap();
    let of = |prize: i64| {
        let of_tier = awards.iter().filter(|award| award["prize"] == prize);
        of_tier.map(|award| award["amount"]["amount"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((of(1), of(2)), (vec!["1000.00"; 20], vec!["5000.00"; 8]));
    assert_eq!((of(3), of(4)), (vec!["125000.00"], vec!["40000.00"]));
    assert_eq!(of(5), ["9375.00", "8325.00", "4800.00", "2500.00"]);
    assert_eq!(scene.balances("liabilities:purse:drill").await, 0);
    assert_eq!(scene.balances("liabilities:payable:prize:").await, 25_000_000);
    let page = scene.get(&format!("/v1/challenges/{at}/award?limit=30"), &teams[3].member.token).await.ok();
    assert_eq!(page["items"].as_array().unwrap().len(), 30);
    assert!(page["next_cursor"].is_string());
}

#[actix_web::test]
async fn who_may_see_and_do_what_in_a_challenge() {
    let scene = Scene::new().await;
    let challenge = funding(&scene).await;
    let at = format!("/v1/challenges/{}", id(&challenge));
    let team = scene.team("ada").await;
    let other = scene.team("bob").await;
    let (host, member, judge) = (&scene.treasurer.token, &team.member.token, &scene.judges[0].token);
    assert_eq!(scene.get(&at, member).await.status, 404, "not announced yet");
    assert_eq!(scene.get(&at, &scene.partner).await.status, 200);
    assert_eq!(scene.post(&format!("{at}:announce"), judge, json!({})).await.status, 403);
    assert_eq!(scene.post(&format!("{at}:announce"), member, json!({})).await.status, 404);
    scene.give(&challenge, &scene.partner, "250000.00", "grant").await.ok();
    scene.step(id(&challenge), ":announce").await.ok();
    assert_eq!(scene.get(&at, member).await.ok()["funding"]["captured"], usd("250000.00"));
    assert_eq!(scene.get(&at, "").await.status, 404, "the book is private");
    let rules = scene.get(&format!("{at}/rules"), member).await.ok();
    assert_eq!(rules["sha256"], challenge["rules_sha256"]);
    let document = rules["document"].as_str().unwrap();
    assert_eq!(ledger::evidence::Digest::of(document.as_bytes()).to_string(), rules["sha256"]);
    assert_eq!(serde_json::from_str::<Value>(document).unwrap(), rules["rules"]);
    let prizes = scene.get(&format!("{at}/prizes"), member).await.ok();
    assert_eq!(prizes["items"][4]["condition"], json!({"by": "contribution"}));
    assert_eq!(scene.get(&format!("{at}/contributions"), member).await.status, 404);
    assert_eq!(scene.get(&format!("{at}/contributions"), host).await.ok()["items"][0]["state"], "captured");
    assert_eq!(scene.get(&format!("{at}/contributions"), &scene.partner).await.ok()["items"][0]["reference"], "grant");

    let entry = |team: &Team| json!({"team": team.id.to_string(), "rules_sha256": challenge["rules_sha256"]});
    assert_eq!(scene.post(&format!("{at}/entries"), member, entry(&other)).await.status, 403);
    scene.post(&format!("{at}/entries"), member, entry(&team)).await.ok();
    assert_eq!(scene.get(&format!("{at}/entries"), member).await.ok()["items"][0]["fee_state"], "free");
    assert_eq!(scene.get(&format!("{at}/entries"), &other.member.token).await.status, 404);
    scene.post(&format!("{at}/entries"), &other.member.token, entry(&other)).await.ok();
    assert_eq!(
        scene.draft(&challenge, &team, "proposal", &GATE, json!([])).await.kind(),
        (409, "/problems/challenge-not-open")
    );
    scene.day(3, id(&challenge)).await;
    scene.step(id(&challenge), ":open").await.ok();
    let draft = scene.draft(&challenge, &team, "proposal", &[], json!([])).await.ok();
    let path = format!("/v1/submissions/{}", id(&draft));
    assert_eq!(scene.get(&path, &other.member.token).await.status, 404, "a draft is the team's own");
    assert_eq!(scene.get(&path, host).await.status, 200);
    let content = json!({"title": "Better", "note": ""});
    assert_eq!(scene.service.ask(Method::PUT, &path, member, "better", Some(&content)).await.status, 428);
    scene.hand_in(&challenge, &other, "proposal", json!([])).await;
    let seen = scene.get(&format!("{at}/submissions"), member).await.ok();
    assert_eq!(seen["items"].as_array().unwrap().len(), 2, "its own draft, and what the other handed in");
    let seen = scene.get(&format!("{at}/submissions"), &other.member.token).await.ok();
    assert_eq!(seen["items"].as_array().unwrap().len(), 1);
    assert_eq!(scene.get(&format!("{path}/scores"), member).await.status, 403);
    let score = json!({"submission_sha256": draft["sha256"], "points": [1, 1]});
    assert_eq!(scene.post(&format!("{path}/scores"), host, score).await.status, 403, "not a judge");
}

#[actix_web::test]
async fn a_wrong_challenge_names_the_field() {
    let scene = Scene::new().await;
    let cases = [
        ("/purse/amount", json!("250000.001"), "/purse/amount"),
        ("/purse/amount", json!("250000.01"), "/rules/prizes"),
        ("/slug", json!("Drill"), "/slug"),
        ("/rules/judges_needed", json!(0), "/rules/judges_needed"),
        ("/rules/prizes/0/amount/amount", json!("1000.001"), "/rules/prizes/0/amount"),
        ("/rules/prizes/0/condition/last", json!(21), "/rules/prizes/0/condition"),
        ("/rules/stages/1/gate/0", json!("a promise"), "/rules/stages/1/gate/0"),
        ("/rules/unawarded", json!("keep"), "/rules/unawarded"),
        ("/rules/timetable/appeal_days", json!(0), "/rules/timetable/appeal_days"),
    ];
    for (field, wrong, pointer) in cases {
        let mut body = drill(&scene.service.ground.book);
        *body.pointer_mut(field).unwrap() = wrong;
        let answer = scene.post("/v1/challenges", &scene.treasurer.token, body).await;
        assert_eq!(
            (answer.status, answer.body["errors"][0]["pointer"].as_str()),
            (422, Some(pointer)),
            "{field}: {}",
            answer.body
        );
    }
}

/// A challenge of three tiers: a grand prize for 90 points, the best, and whoever is among the first two.
fn three_tiers(book: &Book) -> Value {
    let mut new = drill(book);
    let tier = |name: &str, amount: &str, count: i64, condition: Value| json!({"name": name, "stage": "final", "amount": usd(amount), "count": count, "condition": condition});
    new["purse"] = usd("1700.00");
    new["rules"]["prizes"] = json!([
        tier("Grand prize", "1000.00", 1, json!({"by": "threshold", "score": 9000})),
        tier("First", "500.00", 1, json!({"by": "rank", "first": 1, "last": 1})),
        tier("Among the first", "100.00", 2, json!({"by": "rank", "first": 1, "last": 2})),
    ]);
    new["rules"]["stages"].as_array_mut().unwrap().remove(0);
    new["rules"]["stages"].as_array_mut().unwrap().remove(0);
    new["rules"]["judges_needed"] = json!(1);
    new
}

impl Scene {
    /// Made, funded and open on day 3.
    async fn opened(&self, new: Value) -> Value {
        let made = self.post("/v1/challenges", &self.treasurer.token, new).await.ok();
        self.step(id(&made), ":publish").await.ok();
        self.give(&made, &self.treasurer.token, made["purse"]["amount"].as_str().unwrap(), "grant").await.ok();
        self.step(id(&made), ":announce").await.ok();
        self.day(3, id(&made)).await;
        self.step(id(&made), ":open").await.ok()
    }

    async fn enters(&self, challenge: &Value, name: &str) -> (Team, Value) {
        let team = self.team(name).await;
        let entry = json!({"team": team.id.to_string(), "rules_sha256": challenge["rules_sha256"]});
        let path = format!("/v1/challenges/{}/entries", id(challenge));
        let entered = self.post(&path, &team.member.token, entry).await.ok();
        (team, entered)
    }

    async fn judges(&self, challenge: &str) {
        for judge in &self.judges {
            let body = json!({"person": judge.id.to_string()});
            self.post(&format!("/v1/challenges/{challenge}/judges"), &self.treasurer.token, body).await.ok();
        }
    }
}

#[actix_web::test]
async fn f4_a_grand_prize_that_nobody_reaches_goes_back_the_others_are_paid_and_new_rules_ask_for_consent_again() {
    let scene = Scene::new().await;
    let challenge = scene.opened(three_tiers(&scene.service.ground.book)).await;
    let at = id(&challenge);
    let (ada, entry) = scene.enters(&challenge, "ada").await;
    let (bob, other) = scene.enters(&challenge, "bob").await;
    let (cem, silent) = scene.enters(&challenge, "cem").await;
    assert_eq!((&entry["state"], &entry["agrees"], &entry["answers"]), (&json!("entered"), &json!(true), &json!([])));
    let lost = scene.hand_in(&challenge, &cem, "final", json!([])).await;

    let mut rules = three_tiers(&scene.service.ground.book)["rules"].clone();
    rules["terms"] = json!("All work is published within a week.");
    let body = json!({"purse": usd("1700.00"), "rules": rules});
    let path = format!("/v1/challenges/{at}/rules");
    let less = json!({"purse": usd("1600.00"), "rules": rules});
    assert_eq!(scene.post(&path, &scene.treasurer.token, less).await.status, 422, "the prizes sum to more");
    let changed = scene.post(&path, &scene.treasurer.token, body).await.ok();
    assert_eq!((&changed["rules_version"], &changed["consent_until"].is_string()), (&json!(2), &true));
    let listed = scene.get(&format!("/v1/challenges/{at}/entries"), &scene.treasurer.token).await.ok();
    assert_eq!(listed["items"][0]["agrees"], json!(false));
    let draft = scene.draft(&challenge, &ada, "final", &GATE, json!([])).await.ok();
    assert_eq!(scene.submit(&draft, &ada).await.kind(), (409, "/problems/consent-due"));
    let consent = async |entry: &Value, team: &Team, rules: &Value| {
        let path = format!("/v1/entrants/{}:consent", id(entry));
        scene.post(&path, &team.member.token, json!({"rules_sha256": rules})).await
    };
    let old = consent(&entry, &ada, &challenge["rules_sha256"]).await;
    assert_eq!(old.kind(), (409, "/problems/rules-mismatch"), "{}", old.body);
    assert_eq!(consent(&entry, &bob, &changed["rules_sha256"]).await.status, 404, "of another team");
    assert_eq!(consent(&entry, &ada, &changed["rules_sha256"]).await.ok()["agrees"], json!(true));
    consent(&other, &bob, &changed["rules_sha256"]).await.ok();
    scene.submit(&draft, &ada).await.ok();
    let second = scene.hand_in(&challenge, &bob, "final", json!([])).await;

    scene.day(20, at).await;
    let listed = scene.get(&format!("/v1/challenges/{at}/entries"), &scene.treasurer.token).await.ok();
    let gone = &listed["items"][2];
    assert_eq!(
        (&gone["id"], &gone["state"], &gone["withdrawn_by"]),
        (&silent["id"], &json!("withdrawn"), &json!("silence"))
    );
    let lost = scene.get(&format!("/v1/submissions/{}", id(&lost)), &cem.member.token).await.ok();
    assert_eq!(lost["state"], json!("withdrawn"));

    scene.judges(at).await;
    scene.day(95, at).await;
    let draft = scene.get(&format!("/v1/submissions/{}", id(&draft)), &ada.member.token).await.ok();
    scene.score(&scene.judges[0], &draft, 89).await.ok();
    scene.score(&scene.judges[0], &second, 70).await.ok();
    scene.step(at, ":rank").await.ok();
    scene.day(111, at).await;
    let over = scene.step(at, "/award").await.ok();
    let won: Vec<_> = over["awards"].as_array().unwrap().iter().map(|award| &award["amount"]["amount"]).collect();
    assert_eq!(won, [&json!("500.00"), &json!("100.00"), &json!("100.00")]);
    let funding = &over["challenge"]["funding"];
    assert_eq!((&funding["returned"], &funding["balance"]), (&usd("1000.00"), &usd("0.00")), "the grand prize");
    assert_eq!(scene.balances("liabilities:payable:prize:").await, 70_000);
    assert_eq!(scene.balances("liabilities:refunds:").await, 100_000);
    let first = scene.get(&path_of_version(at, 1), &ada.member.token).await.ok();
    assert_eq!(first["sha256"], challenge["rules_sha256"], "a version never changes");
}

fn path_of_version(challenge: &str, version: i64) -> String {
    format!("/v1/challenges/{challenge}/rules?version={version}")
}

#[actix_web::test]
async fn m4_who_judges_blind_sees_no_team_in_bodies_lists_and_events_until_the_ranking_is_provisional() {
    let scene = Scene::new().await;
    let mut new = three_tiers(&scene.service.ground.book);
    new["rules"]["blind"] = json!(true);
    let challenge = scene.opened(new).await;
    let at = id(&challenge);
    scene.judges(at).await;
    let (team, _) = scene.enters(&challenge, "ada").await;
    let work = scene.hand_in(&challenge, &team, "final", json!([])).await;
    let (judge, host) = (&scene.judges[0].token, &scene.treasurer.token);
    let (path, list) = (format!("/v1/submissions/{}", id(&work)), format!("/v1/challenges/{at}/submissions"));
    let hidden = scene.get(&path, judge).await.ok();
    assert_eq!((&hidden["team"], &hidden["entry"], &hidden["title"]), (&Value::Null, &Value::Null, &work["title"]));
    assert_eq!(scene.get(&list, judge).await.ok()["items"][0]["team"], Value::Null);
    assert_eq!(scene.get(&format!("/v1/challenges/{at}/entries"), judge).await.status, 403);
    let book = scene.service.ground.book.reference().to_string();
    let events = scene.get(&format!("/v1/events?book={book}&limit=200"), judge).await.ok();
    let of_team = team.id.to_string();
    assert!(events["items"].as_array().unwrap().iter().any(|event| event["kind"] == "submission.submitted"));
    assert!(!events.to_string().contains(&of_team), "{events}");
    assert_eq!(scene.get(&path, host).await.ok()["team"], json!(of_team), "the host's treasurer sees it");
    assert_eq!(scene.get(&path, &team.member.token).await.ok()["team"], json!(of_team));

    scene.day(95, at).await;
    scene.score(&scene.judges[0], &hidden, 50).await.ok();
    assert_eq!(scene.get(&path, judge).await.ok()["team"], Value::Null, "while it is judged");
    scene.step(at, ":rank").await.ok();
    assert_eq!(scene.get(&path, judge).await.ok()["team"], json!(of_team));
    assert_eq!(scene.get(&format!("/v1/challenges/{at}/entries"), judge).await.status, 200);

    let appeals = format!("/v1/challenges/{at}/appeals");
    let appeal = json!({"team": of_team, "reason": "The torque was read wrongly."});
    let raised = scene.post(&appeals, &team.member.token, appeal).await.ok();
    assert_eq!(raised["state"], json!("open"));
    let dismiss = format!("/v1/appeals/{}:dismiss", id(&raised));
    let why = json!({"reason": "It was read twice."});
    assert_eq!(scene.post(&dismiss, judge, why.clone()).await.status, 403);
    assert_eq!(scene.post(&dismiss, &team.member.token, why).await.status, 404);
    assert_eq!(scene.get(&appeals, &team.member.token).await.ok()["items"][0]["id"], raised["id"]);
}
