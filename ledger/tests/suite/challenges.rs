//! Challenges from the draft to the prizes, as sponsors, teams, judges and the worker's clock step through them.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use crate::support::{ground, waits};
use ledger::Error;
use ledger::challenges::operations::judging::NewScorecard;
use ledger::challenges::operations::purses::NewContribution;
use ledger::challenges::operations::submissions::NewSubmission;
use ledger::challenges::operations::{challenges, judging, purses, submissions};
use ledger::challenges::rules::award::Award;
use ledger::challenges::rules::challenge::Challenge;
use ledger::challenges::rules::entering::FeeDisclosure;
use ledger::challenges::rules::entrant;
use ledger::challenges::rules::purse::Contribution;
use ledger::challenges::rules::rulebook::{Condition, Criterion, Prize, Rules, Stage, TieRule, Timetable, Unawarded};
use ledger::challenges::rules::submission::{Attribution, Content, Submission};
use ledger::engine::store::journal;
use ledger::evidence::{Digest, Evidence, EvidenceKind};
use ledger::id::{ChallengeId, OrganisationId, PersonId, SubmissionId};
use ledger::parties::operations::ties;
use ledger::parties::rules::role::{OrganisationKind, Role};
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, Team, refusal, usd};
use ledger::treasury::operations::settlements;

mod branches;
mod ends;
mod money;
mod shares;
mod walk;

/// Three judges of the host, and two sponsors.
struct Scene {
    ground: Ground,
    judges: Vec<PersonId>,
    sponsors: Vec<OrganisationId>,
}

impl Scene {
    async fn new() -> Scene {
        let ground = ground().await;
        let (mut judges, mut sponsors) = (Vec::new(), Vec::new());
        for name in ["judge-a", "judge-b", "judge-c"] {
            judges.push(ground.person(name, Role::Judge).await);
        }
        for name in ["Foundation", "Maker shop"] {
            sponsors.push(ground.organisation(name, OrganisationKind::Sponsor, ground.owner).await);
        }
        Scene { ground, judges, sponsors }
    }

    fn change(&self) -> Change<'static> {
        Change { version: None, actor: Actor::Person(self.ground.owner), reason: "" }
    }

    async fn team(&self, name: &str) -> Team {
        self.ground.team(name, name).await
    }

    async fn challenge(&self, rules: Rules) -> Challenge {
        let new = challenges::NewChallenge {
            book: self.ground.book.id,
            slug: "drill".into(),
            title: "An open cordless drill".into(),
            summary: String::new(),
            purse: usd(&self.ground.book.currency.format(i64::try_from(rules.purse()).unwrap())),
            rules,
        };
        let draft = self
            .ground
            .run(async |tx| challenges::create(tx, new, self.ground.owner, self.ground.wall).await)
            .await
            .unwrap();
        self.ground
            .run(async |tx| challenges::publish(tx, draft.id, self.change(), self.ground.wall).await)
            .await
            .unwrap()
    }

    async fn give(&self, to: &Challenge, sponsor: usize, amount: &str, day: i64) -> Result<Contribution, Error> {
        let new = NewContribution {
            challenge: to.id,
            sponsor: self.sponsors[sponsor],
            partner: self.ground.book.organisation,
            reference: format!("sponsor {sponsor}, {amount}"),
            amount: usd(amount),
            rules: to.rules,
            provider_reference: Some(format!("transfer of {amount} by {sponsor}")),
        };
        self.ground
            .run(async |tx| purses::contribute(tx, new, Actor::Person(self.ground.owner), self.ground.day(day)).await)
            .await
            .map(|brought| brought.contribution)
    }

    async fn settle(&self, given: &Contribution, day: i64) {
        let settlement = given.capture.as_ref().unwrap().settlement;
        self.ground.run(async |tx| settlements::settle(tx, settlement, self.ground.day(day)).await).await.unwrap();
    }

    /// Funds the whole purse by the first sponsor, announces and opens on day 3.
    async fn open(&self, rules: Rules) -> Challenge {
        let funding = self.challenge(rules).await;
        let purse = self.ground.book.currency.format(funding.purse.minor());
        let given = self.give(&funding, 0, &purse, 0).await.unwrap();
        self.settle(&given, 2).await;
        self.ground
            .run(async |tx| challenges::announce(tx, funding.id, self.change(), self.ground.day(2)).await)
            .await
            .unwrap();
        self.ground
            .run(async |tx| challenges::open(tx, funding.id, self.change(), self.ground.day(3)).await)
            .await
            .unwrap()
    }

    async fn enter(&self, challenge: &Challenge, team: Team, day: i64) -> entrant::Entrant {
        let wall = self.ground.day(day);
        self.ground
            .run(async |tx| {
                submissions::enter(tx, entry(challenge.id, team.id, challenge.rules, None), team.member, wall).await
            })
            .await
            .unwrap()
    }

    async fn draft(
        &self,
        challenge: ChallengeId,
        team: Team,
        stage: &str,
        content: Content,
        day: i64,
    ) -> Result<Submission, Error> {
        let new = NewSubmission { challenge, team: team.id, stage: stage.into(), content };
        self.ground.run(async |tx| submissions::create(tx, new, team.member, self.ground.day(day)).await).await
    }

    async fn submit(&self, submission: &Submission, team: Team, day: i64) -> Result<Submission, Error> {
        self.ground
            .run(async |tx| submissions::submit(tx, submission.id, None, team.member, self.ground.day(day)).await)
            .await
    }

    /// Writes and hands in a complete submission.
    async fn hand_in(
        &self,
        challenge: &Challenge,
        team: Team,
        stage: &str,
        parts: &[(SubmissionId, u16)],
    ) -> Submission {
        let draft = self.draft(challenge.id, team, stage, complete(stage, parts), 10).await.unwrap();
        self.submit(&draft, team, 10).await.unwrap()
    }

    async fn score(&self, judge: PersonId, of: &Submission, points: [u8; 2], day: i64) -> Result<(), Error> {
        let comment = "as measured".to_owned();
        let card = NewScorecard { submission: of.id, digest: of.digest(), points: points.to_vec(), comment };
        self.ground.run(async |tx| judging::score(tx, card, judge, self.ground.day(day)).await).await.map(|_| ())
    }

    async fn appoint_all(&self, challenge: ChallengeId) {
        for judge in &self.judges {
            self.ground
                .run(async |tx| judging::appoint(tx, challenge, *judge, self.ground.owner, self.ground.day(3)).await)
                .await
                .unwrap();
        }
    }

    async fn advance(&self, challenge: ChallengeId, day: i64) -> Challenge {
        self.ground.run(async |tx| challenges::advance(tx, challenge, self.ground.day(day)).await).await.unwrap()
    }

    async fn award(&self, challenge: ChallengeId, day: i64) -> Result<(Challenge, Vec<Award>), Error> {
        self.ground
            .run(async |tx| {
                ledger::challenges::operations::awards::award(tx, challenge, self.change(), self.ground.day(day)).await
            })
            .await
    }

    async fn balance(&self, account: &str) -> i64 {
        self.ground.balance(account).await
    }

    async fn prizes_payable(&self) -> i64 {
        self.ground.balance_below("liabilities:payable:prize:").await
    }
}

fn entry(
    challenge: ChallengeId,
    team: OrganisationId,
    rules: Digest,
    collector: Option<OrganisationId>,
) -> submissions::NewEntry {
    submissions::NewEntry { challenge, team, rules, collector, answers: Vec::new() }
}

fn piece(kind: EvidenceKind) -> Evidence {
    let url = format!("https://example.org/{kind}.zip");
    let sha256 = Digest::of(kind.as_str().as_bytes());
    Evidence::new("", kind, kind.to_string(), url, sha256, Some("CERN-OHL-S-2.0".into())).unwrap()
}

const GATE: [EvidenceKind; 3] =
    [EvidenceKind::DesignFiles, EvidenceKind::BillOfMaterials, EvidenceKind::BuildInstructions];

fn content(title: &str, evidence: &[EvidenceKind], parts: &[(SubmissionId, u16)]) -> Content {
    let attribution = |(submission, share): &(SubmissionId, u16)| Attribution {
        part: "gearbox".into(),
        share: *share,
        submission: *submission,
    };
    Content {
        title: title.into(),
        note: "What we did.".into(),
        evidence: evidence.iter().copied().map(piece).collect(),
        attributions: parts.iter().map(attribution).collect(),
    }
}

fn complete(stage: &str, parts: &[(SubmissionId, u16)]) -> Content {
    content(stage, if stage == "proposal" { &GATE[..1] } else { &GATE }, parts)
}

fn by_rank(name: &str, stage: &str, amount: &str, first: u16, last: u16) -> Prize {
    let condition = Condition::Rank { first, last };
    Prize { amount: usd(amount), condition, count: last - first + 1, name: name.into(), stage: stage.into() }
}

/// The rules of the challenge of 250,000.00 USD for a drill.
fn drill() -> Rules {
    let criterion = |name: &str, weight| Criterion { name: name.into(), title: name.into(), weight };
    let criteria = vec![criterion("test_data", 3), criterion("repair", 1)];
    let stage = |name: &str, criteria: &[Criterion], gate: &[EvidenceKind]| Stage {
        admits: None,
        criteria: criteria.to_vec(),
        gate: gate.to_vec(),
        name: name.into(),
    };
    let pool = by_rank("Contributors", "final", "25000.00", 1, 1);
    Rules {
        appeal_decision_days: None,
        blind: false,
        consent_days: None,
        eligibility: "Any team.".into(),
        entry_fee: None,
        extensions: None,
        fee_disclosure: Some(FeeDisclosure {
            excluded_places: Vec::new(),
            skill: "What the tests measured.".into(),
            sponsor: "Foundation".into(),
        }),
        judges_needed: 3,
        licences: vec!["CERN-OHL-S-2.0".into()],
        prizes: vec![
            by_rank("Proposal", "proposal", "1000.00", 1, 20),
            by_rank("Prototype", "prototype", "5000.00", 1, 8),
            by_rank("Grand prize", "final", "125000.00", 1, 1),
            by_rank("Second prize", "final", "40000.00", 2, 2),
            Prize { condition: Condition::Contribution, ..pool },
        ],
        questions: Vec::new(),
        rollover_days: None,
        secret_rubric: None,
        share_days: None,
        stages: vec![
            stage("proposal", &[], &GATE[..1]),
            stage("prototype", &criteria, &GATE),
            stage("final", &criteria, &GATE),
        ],
        terms: "Everything is published.".into(),
        underfunded: false,
        tie_rule: TieRule::EarlierSubmission,
        timetable: Timetable {
            announced_days: 60,
            appeal_days: 14,
            funding_days: 180,
            judging_days: 30,
            submission_days: 90,
        },
        unawarded: Unawarded::ReturnToSponsors,
    }
}

/// A challenge of one stage and one prize.
fn small() -> Rules {
    let stages = vec![Stage { name: "final".into(), ..drill().stages[2].clone() }];
    Rules { prizes: vec![by_rank("Prize", "final", "900.00", 1, 1)], stages, judges_needed: 2, ..drill() }
}

#[tokio::test]
async fn rules_are_agreed_to_by_their_digest() {
    let scene = Scene::new().await;
    let challenge = scene.challenge(small()).await;
    let other = Challenge { rules: Digest::of(b"other rules"), ..challenge.clone() };
    assert_eq!(refusal(scene.give(&other, 0, "900.00", 0).await), "rules-mismatch");
    let replaced = scene
        .ground
        .run(async |tx| {
            challenges::replace_rules(tx, challenge.id, usd("900.00"), small(), scene.ground.owner, scene.ground.wall)
                .await
        })
        .await;
    assert_eq!(refusal(replaced), "rules-unchanged");
    let given = scene.give(&challenge, 0, "900.00", 0).await.unwrap();
    assert_eq!(given.rules, challenge.rules);
    let again = scene.give(&challenge, 0, "900.00", 0).await.unwrap();
    assert_eq!((again.id, again.version), (given.id, given.version), "brought again, it is the one that is there");
    assert_eq!(refusal(scene.give(&challenge, 1, "900.00", 0).await), "purse-full");
    scene
        .ground
        .run(async |tx| challenges::announce(tx, challenge.id, scene.change(), scene.ground.day(0)).await)
        .await
        .unwrap();
    let team = scene.team("ada").await;
    let wall = scene.ground.day(0);
    let mistaken = scene
        .ground
        .run(async |tx| {
            submissions::enter(tx, entry(challenge.id, team.id, other.rules, None), team.member, wall).await
        })
        .await;
    assert_eq!(refusal(mistaken), "rules-mismatch");
    let stranger = scene
        .ground
        .run(async |tx| {
            submissions::enter(tx, entry(challenge.id, team.id, challenge.rules, None), scene.ground.owner, wall).await
        })
        .await;
    assert!(matches!(stranger, Err(Error::Forbidden(_))));
    scene.enter(&challenge, team, 0).await;
    let again = scene
        .ground
        .run(async |tx| {
            submissions::enter(tx, entry(challenge.id, team.id, challenge.rules, None), team.member, wall).await
        })
        .await;
    assert_eq!(refusal(again), "team-entered");
    let client = scene.ground.client().await;
    let stored = ledger::challenges::store::challenges::get_rules(&client, challenge.id, 1).await.unwrap();
    assert_eq!((Digest::of(stored.document.as_bytes()), &stored.rules), (challenge.rules, &small()));
}

#[tokio::test]
async fn m4_an_incomplete_submission_is_not_judged() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let [whole, half] = [scene.team("whole").await, scene.team("half").await];
    for team in [whole, half] {
        scene.enter(&challenge, team, 4).await;
    }
    let good = scene.hand_in(&challenge, whole, "final", &[]).await;
    let bad = scene.draft(challenge.id, half, "final", content("half", &GATE[..2], &[]), 5).await.unwrap();
    let Err(Error::Refused(missing)) = scene.submit(&bad, half, 5).await else { panic!("incomplete") };
    assert_eq!(missing.code, "gate-incomplete");
    assert!(missing.detail.ends_with("build_instructions"), "{missing}");
    scene.appoint_all(challenge.id).await;
    assert_eq!(refusal(scene.score(scene.judges[0], &good, [90, 90], 20).await), "challenge-not-judging");
    let early = scene
        .ground
        .run(async |tx| challenges::close_submissions(tx, challenge.id, scene.change(), scene.ground.day(20)).await)
        .await;
    assert_eq!(refusal(early), "submissions-open");
    assert_eq!(scene.advance(challenge.id, 92).await.state.as_str(), "open");
    assert_eq!(scene.advance(challenge.id, 93).await.state.as_str(), "judging");
    assert_eq!(refusal(scene.submit(&bad, half, 93).await), "challenge-not-open");
    let client = scene.ground.client().await;
    let closed = ledger::challenges::store::submissions::get(&client, bad.id).await.unwrap();
    assert_eq!(closed.state.as_str(), "incomplete");
    assert_eq!(refusal(scene.score(scene.judges[0], &closed, [100, 100], 94).await), "not-judged");
    for judge in &scene.judges[..2] {
        scene.score(*judge, &good, [50, 50], 94).await.unwrap();
    }
    scene
        .ground
        .run(async |tx| judging::rank(tx, challenge.id, scene.change(), scene.ground.day(95)).await)
        .await
        .unwrap();
    let (_, awards) = scene.award(challenge.id, 110).await.unwrap();
    assert_eq!(awards.iter().map(|award| award.team).collect::<Vec<_>>(), [whole.id]);
}

#[tokio::test]
async fn a_judge_with_a_declared_tie_counts_for_nothing_also_when_it_is_declared_later() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let [favoured, fair] = [scene.team("favoured").await, scene.team("fair").await];
    for team in [favoured, fair] {
        scene.enter(&challenge, team, 4).await;
    }
    let first = scene.hand_in(&challenge, favoured, "final", &[]).await;
    let second = scene.hand_in(&challenge, fair, "final", &[]).await;
    scene.appoint_all(challenge.id).await;
    scene.advance(challenge.id, 93).await;
    let [a, b, c] = [scene.judges[0], scene.judges[1], scene.judges[2]];
    assert_eq!(waits(&scene.ground, a).await, ["score_submission"; 2]);
    scene.score(a, &first, [100, 100], 94).await.unwrap();
    assert_eq!(waits(&scene.ground, a).await, ["score_submission"]);
    scene.score(b, &first, [40, 40], 94).await.unwrap();
    for judge in [a, b] {
        scene.score(judge, &second, [60, 60], 94).await.unwrap();
    }
    assert_eq!(waits(&scene.ground, a).await, [""; 0]);
    assert_eq!(waits(&scene.ground, favoured.member).await, [""; 0]);
    let tie = scene
        .ground
        .run(async |tx| {
            ties::declare_tie(tx, &scene.ground.book, a, favoured.id, "a cousin".into(), a, scene.ground.day(94)).await
        })
        .await;
    tie.unwrap();
    assert_eq!(refusal(scene.score(a, &first, [100, 100], 94).await), "declared-tie");
    assert!(matches!(scene.score(favoured.member, &first, [9, 9], 94).await, Err(Error::Forbidden(_))));
    let rank = async || {
        scene.ground.run(async |tx| judging::rank(tx, challenge.id, scene.change(), scene.ground.day(95)).await).await
    };
    assert_eq!(refusal(rank().await), "scores-missing", "two are needed, and one of the two counts for nothing");
    scene.score(c, &first, [42, 42], 95).await.unwrap();
    rank().await.unwrap();
    let client = scene.ground.client().await;
    let placed = async |of: &Submission| {
        ledger::challenges::store::submissions::get(&client, of.id).await.unwrap().placed.unwrap()
    };
    assert_eq!((placed(&first).await.place, placed(&first).await.score), (2, 4_100));
    assert_eq!((placed(&second).await.place, placed(&second).await.score), (1, 6_000));
}

#[tokio::test]
async fn m1_m3_the_drill_challenge_pays_its_whole_purse_once() {
    let scene = Scene::new().await;
    let challenge = scene.open(drill()).await;
    let mut teams = Vec::new();
    for number in 1..=20 {
        teams.push(scene.team(&format!("team-{number}")).await);
    }
    let mut proposals = Vec::new();
    for team in &teams {
        scene.enter(&challenge, *team, 4).await;
        proposals.push(scene.hand_in(&challenge, *team, "proposal", &[]).await);
    }
    // The fourth prototype of nine is never complete: eight are judged, and eight win.
    let mut judged = Vec::new();
    for (index, team) in teams[..9].iter().enumerate() {
        if index == 3 {
            let half = content("half a prototype", &GATE[..2], &[]);
            let draft = scene.draft(challenge.id, *team, "prototype", half, 10).await.unwrap();
            assert_eq!(refusal(scene.submit(&draft, *team, 10).await), "gate-incomplete");
        } else {
            judged.push(scene.hand_in(&challenge, *team, "prototype", &[]).await);
        }
    }
    let others =
        [(proposals[10].id, 3_750), (proposals[11].id, 3_330), (proposals[12].id, 1_920), (judged[7].id, 1_000)];
    let own = scene.draft(challenge.id, teams[0], "final", complete("final", &[(proposals[0].id, 1)]), 10).await;
    assert!(matches!(own, Err(Error::Invalid { .. })), "a pool is for others");
    judged.push(scene.hand_in(&challenge, teams[0], "final", &others).await);
    judged.push(scene.hand_in(&challenge, teams[1], "final", &[]).await);
    scene.appoint_all(challenge.id).await;
    scene.advance(challenge.id, 93).await;
    for (index, submission) in judged.iter().enumerate() {
        for judge in &scene.judges {
            let points = u8::try_from(90 - index).unwrap();
            scene.score(*judge, submission, [points, points], 94).await.unwrap();
        }
    }
    scene
        .ground
        .run(async |tx| judging::rank(tx, challenge.id, scene.change(), scene.ground.day(95)).await)
        .await
        .unwrap();
    assert_eq!(refusal(scene.award(challenge.id, 108).await), "appeals-open");
    assert_eq!(scene.advance(challenge.id, 108).await.state.as_str(), "provisional");
    assert_eq!(scene.balance("liabilities:purse:drill").await, 25_000_000);

    assert_eq!(scene.advance(challenge.id, 109).await.state.as_str(), "awarded");
    assert_eq!(scene.advance(challenge.id, 110).await.state.as_str(), "awarded");
    let (_, awards) = scene.award(challenge.id, 111).await.unwrap();
    assert_eq!(scene.balance("liabilities:purse:drill").await, 0);
    assert_eq!(scene.prizes_payable().await, 25_000_000);
    let of = |prize| {
        awards.iter().filter(|award| award.prize == prize).map(|award| award.amount.minor()).collect::<Vec<_>>()
    };
    assert_eq!((of(1), of(2)), (vec![100_000; 20], vec![500_000; 8]));
    assert_eq!((of(3), of(4)), (vec![12_500_000], vec![4_000_000]));
    assert_eq!(of(5), [937_500, 832_500, 480_000, 250_000]);
    assert!(awards.iter().all(|award| award.entry == awards[0].entry), "one entry for all prizes");
    assert_eq!((awards[28].team, awards[29].team), (teams[0].id, teams[1].id));
    let shared: Vec<_> = awards[30..].iter().map(|award| award.team).collect();
    assert_eq!(shared, [teams[10].id, teams[11].id, teams[12].id, teams[8].id]);
    let client = scene.ground.client().await;
    let lines = journal::lines(&client, scene.ground.book.id, awards[0].entry, 100).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.number == awards[0].entry).count(), 34);
    scene.ground.audit().await;
}

#[tokio::test]
async fn missing_scores_call_the_host_in_and_then_what_is_there_must_do() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let team = scene.team("ada").await;
    scene.enter(&challenge, team, 4).await;
    let good = scene.hand_in(&challenge, team, "final", &[]).await;
    scene.appoint_all(challenge.id).await;
    scene.advance(challenge.id, 93).await;
    scene.score(scene.judges[0], &good, [50, 50], 94).await.unwrap();
    let escalated = scene.advance(challenge.id, 123).await;
    assert!(matches!(
        escalated.state,
        ledger::challenges::rules::challenge::ChallengeState::Judging { escalated: true, .. }
    ));
    assert_eq!(scene.advance(challenge.id, 153).await.state.as_str(), "provisional");
    assert_eq!(scene.advance(challenge.id, 167).await.state.as_str(), "awarded");
    assert_eq!(scene.prizes_payable().await, 90_000);
}

#[tokio::test]
async fn a_challenge_that_nobody_opens_is_cancelled_and_waits_for_money_on_its_way() {
    let scene = Scene::new().await;
    let challenge = scene.challenge(small()).await;
    let given = scene.give(&challenge, 0, "100.00", 179).await.unwrap();
    assert_eq!(scene.advance(challenge.id, 180).await.state.as_str(), "funding", "the money is still on its way");
    let reason = Change { reason: "no sponsors", ..scene.change() };
    assert_eq!(
        refusal(
            scene
                .ground
                .run(async |tx| challenges::cancel(tx, challenge.id, reason, scene.ground.day(180)).await)
                .await
        ),
        "purse-settling"
    );
    scene.settle(&given, 181).await;
    assert_eq!(scene.advance(challenge.id, 182).await.state.as_str(), "cancelled");
    assert_eq!(scene.balance("liabilities:purse:drill").await, 0);
    assert_eq!(scene.balance(&format!("liabilities:refunds:{}", scene.ground.book.organisation)).await, 10_000);
    scene.ground.audit().await;
}
