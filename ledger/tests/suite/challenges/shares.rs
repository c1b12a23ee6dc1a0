//! Contribution shares: how the prizes of a submission are divided among the teams that made it, agreed, objected to, decided, or not.

use super::{Scene, complete, small};
use crate::support::waits;
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::challenges::operations::share_plans::{self, Proposal};
use ledger::challenges::operations::{judging, share_notices, submissions};
use ledger::challenges::rules::challenge::Challenge;
use ledger::challenges::rules::rulebook::{Condition, Prize, Rules};
use ledger::challenges::rules::share_plan::{PartState, PlanState, Share, SharePlan};
use ledger::challenges::rules::submission::Submission;
use ledger::challenges::store::{attributions, share_plans as rows};
use ledger::evidence::Digest;
use ledger::id::{OrganisationId, PersonId, SharePlanId, SubmissionId};
use ledger::parties::rules::role::{OrganisationKind, Role};
use ledger::testing::{Team, refusal};
use uuid::Uuid;

fn parts(of: &[(Team, u16)]) -> Vec<Share> {
    of.iter().map(|(team, share)| Share { part: "gearbox".into(), share: *share, team: team.id }).collect()
}

fn proposal(of: &[(Team, u16)]) -> Proposal {
    Proposal { parts: parts(of), note: "As the commits say.".into() }
}

impl Scene {
    pub(super) async fn propose(
        &self,
        of: SubmissionId,
        by: PersonId,
        shares: &[(Team, u16)],
        day: i64,
    ) -> Result<SharePlan, Error> {
        let (new, wall) = (proposal(shares), self.ground.day(day));
        self.ground.run(async |tx| share_plans::propose(tx, of, new, by, wall).await).await
    }

    pub(super) async fn revise(
        &self,
        plan: SharePlanId,
        by: PersonId,
        shares: &[(Team, u16)],
        day: i64,
    ) -> Result<SharePlan, Error> {
        let (new, wall) = (proposal(shares), self.ground.day(day));
        self.ground.run(async |tx| share_plans::revise(tx, plan, new, by, wall).await).await
    }

    pub(super) async fn attest(&self, plan: &SharePlan, team: Team, day: i64) -> Result<SharePlan, Error> {
        self.attest_as(plan, team.id, plan.digest(), team.member, day).await
    }

    async fn attest_as(
        &self,
        plan: &SharePlan,
        team: OrganisationId,
        sha256: Digest,
        by: PersonId,
        day: i64,
    ) -> Result<SharePlan, Error> {
        let (id, wall) = (plan.id, self.ground.day(day));
        self.ground.run(async |tx| share_plans::attest(tx, id, (team, sha256), by, wall).await).await
    }

    pub(super) async fn object(&self, plan: SharePlanId, team: Team, day: i64) -> Result<SharePlan, Error> {
        let (why, wall) = ("We built the half of it.".to_owned(), self.ground.day(day));
        self.ground.run(async |tx| share_plans::object(tx, plan, team.id, why, team.member, wall).await).await
    }

    pub(super) async fn decide_shares(
        &self,
        plan: SharePlanId,
        by: PersonId,
        shares: Option<&[(Team, u16)]>,
        day: i64,
    ) -> Result<SharePlan, Error> {
        let (why, wall) = ("The commits were counted.".to_owned(), self.ground.day(day));
        let shares = shares.map(parts);
        self.ground.run(async |tx| share_plans::decide(tx, plan, shares, why, by, wall).await).await
    }

    async fn plan(&self, id: SharePlanId) -> SharePlan {
        rows::get(&self.ground.client().await, id).await.unwrap()
    }

    /// Judges give the work of these teams so many points each, and the ranking is made on day 94.
    async fn ranked(&self, challenge: &Challenge, work: &[&Submission]) {
        self.appoint_all(challenge.id).await;
        self.advance(challenge.id, 93).await;
        for (points, work) in [90u8, 80, 70].into_iter().zip(work) {
            for judge in &self.judges {
                self.score(*judge, work, [points, points], 94).await.unwrap();
            }
        }
        let wall = self.ground.day(94);
        self.ground
            .run(async |tx: &Transaction<'_>| judging::rank(tx, challenge.id, self.change(), wall).await)
            .await
            .unwrap();
    }

    async fn told(&self, plan: &SharePlan) -> Option<usize> {
        let client = self.ground.client().await;
        let notice = share_notices::notice(&client, plan.id, (plan.revision, plan.state)).await.unwrap();
        notice.map(|notice| notice.recipients.len())
    }
}

#[tokio::test]
async fn shares_are_attested_objected_to_revised_and_fixed_by_silence_and_divide_the_prize_to_the_cent() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let [ada, bob, maker] = [scene.team("ada").await, scene.team("bob").await, scene.team("maker").await];
    for team in [ada, bob] {
        scene.enter(&challenge, team, 4).await;
    }
    let source = scene.hand_in(&challenge, bob, "final", &[]).await;
    let work = scene.hand_in(&challenge, ada, "final", &[(source.id, 2_500)]).await;

    let alone = scene.propose(work.id, ada.member, &[(ada, 10_000)], 11).await;
    assert_eq!(refusal(alone), "contributor-missing", "it builds on the work of bob");
    let short = scene.propose(work.id, ada.member, &[(ada, 5_000), (bob, 4_999)], 11).await;
    assert!(matches!(&short, Err(Error::Invalid { pointer, .. }) if pointer == "/parts"), "{short:?}");
    let shares = [(maker, 1_667), (ada, 5_000), (bob, 3_333)];
    assert!(matches!(scene.propose(work.id, bob.member, &shares, 11).await, Err(Error::Forbidden(_))));
    let host = Team { id: scene.ground.book.organisation, ..ada };
    let host = scene.propose(work.id, ada.member, &[(ada, 5_000), (bob, 3_333), (host, 1_667)], 11).await;
    assert!(matches!(&host, Err(Error::Invalid { pointer, .. }) if pointer == "/parts/2/contributor"), "{host:?}");
    let plan = scene.propose(work.id, ada.member, &shares, 11).await.unwrap();
    assert_eq!((plan.state, plan.revision, scene.told(&plan).await), (PlanState::Proposed, 1, Some(2)));
    assert_eq!(refusal(scene.propose(work.id, ada.member, &shares, 11).await), "share-plan-exists");
    for (person, task) in [(bob.member, "attest_share"), (maker.member, "attest_share")] {
        assert_eq!(waits(&scene.ground, person).await, [task]);
    }
    assert_eq!(waits(&scene.ground, ada.member).await, [""; 0], "who proposes has attested");

    let mistaken = scene.attest_as(&plan, bob.id, Digest::of(b"other parts"), bob.member, 12).await;
    assert_eq!(refusal(mistaken), "digest-mismatch");
    let for_another = scene.attest_as(&plan, bob.id, plan.digest(), maker.member, 12).await;
    assert!(matches!(for_another, Err(Error::Forbidden(_))), "each team for itself");
    let unnamed = scene.team("eve").await;
    assert!(matches!(scene.attest(&plan, unnamed, 12).await, Err(Error::Invalid { .. })));
    let objected = scene.object(plan.id, bob, 12).await.unwrap();
    assert_eq!((objected.state, scene.told(&objected).await), (PlanState::Objected, Some(2)), "ada, and the owner");
    assert_eq!(scene.told(&plan).await, None, "what was proposed stands otherwise by now");
    for (person, task) in [(ada.member, "revise_shares"), (scene.ground.owner, "decide_shares")] {
        assert_eq!(waits(&scene.ground, person).await, [task]);
    }
    assert_eq!(waits(&scene.ground, bob.member).await, [""; 0]);
    assert_eq!(refusal(scene.attest(&objected, maker, 13).await), "share-plan-closed");

    let again = [(ada, 4_000), (bob, 4_333), (maker, 1_667)];
    assert!(matches!(scene.revise(plan.id, bob.member, &again, 13).await, Err(Error::Forbidden(_))));
    let revised = scene.revise(plan.id, ada.member, &again, 13).await.unwrap();
    assert_eq!((revised.revision, revised.state), (2, PlanState::Proposed));
    assert_eq!(refusal(scene.attest_as(&revised, bob.id, plan.digest(), bob.member, 14).await), "digest-mismatch");
    scene.attest(&revised, bob, 14).await.unwrap();
    assert_eq!(refusal(scene.attest(&revised, bob, 14).await), "part-answered");
    scene.advance(challenge.id, 26).await;
    assert_eq!(scene.plan(plan.id).await.state, PlanState::Proposed, "a day is left to the maker");
    assert_eq!(
        refusal(scene.object(plan.id, maker, 27).await),
        "share-plan-closed",
        "nobody has looked, and it is late"
    );
    scene.advance(challenge.id, 40).await;
    let fixed = scene.plan(plan.id).await;
    assert_eq!((fixed.state, fixed.until), (PlanState::Fixed, None));
    assert_eq!(Some(fixed.since), revised.until, "as of the day on which silence attested it");
    let silent: Vec<_> = fixed.parts.iter().filter(|part| part.state == PartState::Silent).collect();
    assert_eq!((silent.len(), silent[0].share.team), (1, maker.id));
    assert_eq!(refusal(scene.revise(plan.id, ada.member, &shares, 41).await), "share-plan-closed");
    assert_eq!(scene.told(&fixed).await, Some(3));

    let client = scene.ground.client().await;
    let edges = attributions::edges(&client, challenge.id, (Uuid::nil(), 0), 10).await.unwrap();
    let edge = edges.iter().map(|edge| (edge.of_team, edge.share, edge.fixed_share, edge.plan)).collect::<Vec<_>>();
    assert_eq!(edge, [(bob.id, 2_500, Some(4_333), Some(plan.id))]);
    scene.ranked(&challenge, &[&work, &source]).await;
    let (_, awards) = scene.award(challenge.id, 108).await.unwrap();
    let mut won: Vec<_> = awards.iter().map(|award| (award.amount.minor(), award.team, award.plan)).collect();
    won.sort_unstable();
    let by = Some(plan.id);
    assert_eq!(won, [(15_003, maker.id, by), (36_000, ada.id, by), (38_997, bob.id, by)]);
    assert!(awards.iter().all(|award| (award.number, award.entry) == (1, awards[0].entry)));
    assert_eq!((scene.balance("liabilities:purse:drill").await, scene.prizes_payable().await), (0, 90_000));
    assert_eq!(refusal(scene.attest(&fixed, ada, 109).await), "shares-over");
    scene.ground.audit().await;
}

#[tokio::test]
async fn prizes_wait_for_the_plan_of_a_winner_as_long_as_the_rules_say_and_then_go_to_its_team_whole() {
    let scene = Scene::new().await;
    let challenge = scene.open(Rules { share_days: Some(5), ..small() }).await;
    let [ada, bob] = [scene.team("ada").await, scene.team("bob").await];
    for team in [ada, bob] {
        scene.enter(&challenge, team, 4).await;
    }
    let best = scene.hand_in(&challenge, ada, "final", &[]).await;
    let second = scene.hand_in(&challenge, bob, "final", &[]).await;
    scene.ranked(&challenge, &[&best, &second]).await;
    // What wins nothing holds nobody up.
    let loses = scene.propose(second.id, bob.member, &[(bob, 5_000), (ada, 5_000)], 107).await.unwrap();
    let wins = scene.propose(best.id, ada.member, &[(ada, 5_000), (bob, 5_000)], 107).await.unwrap();
    assert_eq!(refusal(scene.award(challenge.id, 108).await), "shares-open");
    assert_eq!(scene.advance(challenge.id, 112).await.state.as_str(), "provisional", "the prizes wait");
    scene.object(wins.id, bob, 112).await.unwrap();
    assert_eq!(scene.advance(challenge.id, 113).await.state.as_str(), "awarded", "five days are over");
    let (_, awards) = scene.award(challenge.id, 114).await.unwrap();
    let won: Vec<_> = awards.iter().map(|award| (award.team, award.amount.minor(), award.part, award.plan)).collect();
    assert_eq!(won, [(ada.id, 90_000, 1, None)]);
    for plan in [wins.id, loses.id] {
        assert_eq!(scene.plan(plan).await.state, PlanState::Lapsed);
    }

    // The last word in time lets them go on, and a plan of the team alone is fixed at once.
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let [ada, bob] = [scene.team("ada").await, scene.team("bob").await];
    scene.enter(&challenge, ada, 4).await;
    let best = scene.hand_in(&challenge, ada, "final", &[]).await;
    scene.ranked(&challenge, &[&best]).await;
    let plan = scene.propose(best.id, ada.member, &[(bob, 1), (ada, 9_999)], 107).await.unwrap();
    assert_eq!(scene.advance(challenge.id, 109).await.state.as_str(), "provisional");
    let revised = scene.revise(plan.id, ada.member, &[(ada, 10_000)], 109).await.unwrap();
    assert_eq!(revised.state, PlanState::Fixed, "nobody else is to be asked");
    assert_eq!(scene.advance(challenge.id, 109).await.state.as_str(), "awarded");
    assert_eq!(scene.prizes_payable().await, 90_000);
    scene.ground.audit().await;
}

#[tokio::test]
async fn an_owner_who_judges_nothing_and_is_tied_to_nobody_decides_about_an_objection_with_a_public_reason() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let [ada, bob] = [scene.team("ada").await, scene.team("bob").await];
    scene.enter(&challenge, ada, 4).await;
    let work = scene.hand_in(&challenge, ada, "final", &[]).await;
    scene.appoint_all(challenge.id).await;
    let owner = scene.ground.owner;
    let plan = scene.propose(work.id, ada.member, &[(ada, 9_000), (bob, 1_000)], 11).await.unwrap();
    assert_eq!(refusal(scene.decide_shares(plan.id, owner, None, 12).await), "share-plan-closed", "nobody objects");
    scene.object(plan.id, bob, 12).await.unwrap();
    scene.ground.give(scene.judges[0], Role::Owner).await;
    scene.ground.give(bob.member, Role::Owner).await;
    for by in [scene.judges[0], scene.judges[1], bob.member, ada.member] {
        assert!(matches!(scene.decide_shares(plan.id, by, None, 13).await, Err(Error::Forbidden(_))), "{by}");
    }
    let decided = scene.decide_shares(plan.id, owner, Some(&[(ada, 6_000), (bob, 4_000)]), 13).await.unwrap();
    assert_eq!((decided.state, decided.revision, decided.decided_by), (PlanState::Fixed, 2, Some(owner)));
    assert_eq!(decided.decision, "The commits were counted.");
    assert_eq!(refusal(scene.object(plan.id, bob, 14).await), "share-plan-closed");
    scene.ranked(&challenge, &[&work]).await;
    let (_, awards) = scene.award(challenge.id, 108).await.unwrap();
    let mut won: Vec<_> = awards.iter().map(|award| (award.amount.minor(), award.team)).collect();
    won.sort_unstable();
    assert_eq!(won, [(36_000, bob.id), (54_000, ada.id)]);

    // Where nobody decides, it lapses as of its day.
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let [ada, bob] = [scene.team("ada").await, scene.team("bob").await];
    scene.enter(&challenge, ada, 4).await;
    let work = scene.hand_in(&challenge, ada, "final", &[]).await;
    let plan = scene.propose(work.id, ada.member, &[(ada, 9_000), (bob, 1_000)], 11).await.unwrap();
    let objected = scene.object(plan.id, bob, 12).await.unwrap();
    assert_eq!(refusal(scene.decide_shares(plan.id, scene.ground.owner, None, 26).await), "share-plan-closed");
    scene.advance(challenge.id, 60).await;
    let lapsed = scene.plan(plan.id).await;
    assert_eq!((lapsed.state, Some(lapsed.since)), (PlanState::Lapsed, objected.until));
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_pool_and_a_prize_go_by_the_same_fixed_parts_and_a_team_that_has_withdrawn_leaves_its_own_to_the_others() {
    let scene = Scene::new().await;
    let mut rules = small();
    let pool = Prize { condition: Condition::Contribution, name: "Contributors".into(), ..rules.prizes[0].clone() };
    rules.prizes.push(pool);
    let challenge = scene.open(rules.clone()).await;
    let [ada, bob, cem, maker] =
        [scene.team("ada").await, scene.team("bob").await, scene.team("cem").await, scene.team("maker").await];
    let mut entries = Vec::new();
    for team in [ada, bob, cem] {
        entries.push(scene.enter(&challenge, team, 4).await.id);
    }
    let of_bob = scene.hand_in(&challenge, bob, "final", &[]).await;
    let of_cem = scene.hand_in(&challenge, cem, "final", &[]).await;
    let work = scene.hand_in(&challenge, ada, "final", &[(of_bob.id, 1_000), (of_cem.id, 1_000)]).await;
    let shares = [(ada, 4_000), (bob, 3_000), (cem, 2_000), (maker, 1_000)];
    let plan = scene.propose(work.id, ada.member, &shares, 11).await.unwrap();
    for team in [bob, cem, maker] {
        scene.attest(&plan, team, 12).await.unwrap();
    }
    // What builds on others still names them all.
    let edit = async |parts: &[(SubmissionId, u16)], day| {
        let (content, wall) = (complete("final", parts), scene.ground.day(day));
        let current = ledger::challenges::store::submissions::get(&scene.ground.client().await, work.id).await.unwrap();
        scene
            .ground
            .run(async |tx| submissions::edit(tx, work.id, current.version, content, ada.member, wall).await)
            .await
    };
    let dan = scene.team("dan").await;
    scene.enter(&challenge, dan, 12).await;
    let of_dan = scene.hand_in(&challenge, dan, "final", &[]).await;
    assert_eq!(refusal(edit(&[(of_dan.id, 100)], 13).await), "contributor-missing");
    let work = edit(&[(of_bob.id, 500), (of_cem.id, 500)], 13).await.unwrap();
    scene.submit(&work, ada, 13).await.unwrap();

    let other = Rules { terms: "Everything is published within a week.".into(), ..rules };
    let changed = scene.rewrite(challenge.id, other, 20).await.unwrap();
    for (entry, team) in entries.iter().zip([ada, bob]) {
        scene.consent(*entry, team, changed.rules, 21).await.unwrap();
    }
    scene.withdraw(entries[2], cem, 21).await.unwrap();
    let work = ledger::challenges::store::submissions::get(&scene.ground.client().await, work.id).await.unwrap();
    let of_bob = ledger::challenges::store::submissions::get(&scene.ground.client().await, of_bob.id).await.unwrap();
    scene.ranked(&challenge, &[&work, &of_bob]).await;
    let (_, awards) = scene.award(challenge.id, 108).await.unwrap();
    let of = |prize: i16| {
        let mut won: Vec<_> = awards
            .iter()
            .filter(|it| it.prize == prize)
            .map(|it| (it.amount.minor(), it.team, it.submission))
            .collect();
        won.sort_unstable();
        won
    };
    // 4000 : 3000 : 1000 of 900.00, and 3000 : 1000 of the pool of the others.
    let prize = [(11_250, maker.id, work.id), (33_750, bob.id, work.id), (45_000, ada.id, work.id)];
    assert_eq!(of(1), prize);
    assert_eq!(of(2), [(22_500, maker.id, work.id), (67_500, bob.id, of_bob.id)]);
    scene.ground.audit().await;
}

#[tokio::test]
async fn nothing_builds_on_itself_by_no_way_through_others_also_when_two_name_each_other_at_once() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let mut all = Vec::new();
    for name in ["ada", "bob", "cem"] {
        let team = scene.team(name).await;
        scene.enter(&challenge, team, 4).await;
        let before: Vec<(SubmissionId, u16)> =
            all.last().map(|(_, work): &(Team, Submission)| (work.id, 1_000)).into_iter().collect();
        let draft = scene.draft(challenge.id, team, "final", complete("final", &before), 10).await.unwrap();
        all.push((team, draft));
    }
    let edit = async |(team, work): &(Team, Submission), parts: &[(SubmissionId, u16)]| {
        let (content, wall) = (complete("final", parts), scene.ground.day(11));
        let (id, by) = (work.id, team.member);
        let version = ledger::challenges::store::submissions::get(&scene.ground.client().await, id).await?.version;
        scene.ground.run(async |tx| submissions::edit(tx, id, version, content, by, wall).await).await
    };
    // cem builds on bob, who builds on ada.
    let Err(Error::Refused(circle)) = edit(&all[0], &[(all[2].1.id, 1_000)]).await else { panic!("a circle") };
    assert_eq!(circle.code, "attribution-cycle");
    let way = [&all[0], &all[2], &all[1], &all[0]].map(|(_, work)| work.id.to_string()).join(" builds on ");
    assert!(circle.detail.ends_with(&way), "{circle}");
    edit(&all[1], &[]).await.unwrap();
    edit(&all[0], &[(all[2].1.id, 1_000)]).await.unwrap();

    // Two name each other at once: one of them is first.
    edit(&all[0], &[]).await.unwrap();
    edit(&all[2], &[]).await.unwrap();
    let names = [[(all[1].1.id, 500)], [(all[0].1.id, 500)]];
    let (first, second) = tokio::join!(edit(&all[0], &names[0]), edit(&all[1], &names[1]));
    let refused = if first.is_ok() { second } else { first };
    assert_eq!(refusal(refused), "attribution-cycle");
}

#[tokio::test]
async fn the_database_keeps_what_was_agreed_of_shares_whatever_the_service_says() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let [ada, bob] = [scene.team("ada").await, scene.team("bob").await];
    scene.enter(&challenge, ada, 4).await;
    let work = scene.hand_in(&challenge, ada, "final", &[]).await;
    let plan = scene.propose(work.id, ada.member, &[(ada, 9_000), (bob, 1_000)], 11).await.unwrap();
    let client = scene.ground.client().await;
    let by = |person: PersonId| format!("answered_by = '{}', answered_at = '2000-01-01'", person.0);
    let attested = |person| format!("UPDATE share_part SET state = 'attested', {} WHERE state = 'open'", by(person));
    let fix = "UPDATE share_plan SET state = 'fixed', state_until = NULL";
    let part = |team: &str, share: i32| {
        format!(
            "INSERT INTO share_part (book_id, plan, revision, number, team, share, state, part)
             SELECT book_id, id, revision, 3, '{team}', {share}, 'open', 'x' FROM share_plan"
        )
    };
    let award = |team: Team| {
        format!(
            "INSERT INTO award (book_id, id, challenge, version, prize, number, submission, team, amount, currency, entry, awarded_at, plan)
             SELECT book_id, gen_random_uuid(), challenge, 1, 1, 1, submission, '{}', 100, 'USD', 1, now(), id FROM share_plan",
            team.id.0
        )
    };
    let second = "INSERT INTO share_plan (book_id, id, challenge, submission, team, proposed_by, proposed_at, state_since, state_until,
                                          revision, state, note, sha256)
                  SELECT book_id, gen_random_uuid(), challenge, submission, team, proposed_by, now(), now(), now(), 1, 'proposed', '', sha256
                    FROM share_plan";
    let refused = async |sql: &str| assert!(client.batch_execute(sql).await.is_err(), "{sql}");
    for sql in [
        fix,
        "UPDATE share_plan SET state = 'fixed', state_until = NULL, decision = 'x', decided_by = proposed_by",
        "UPDATE share_plan SET sha256 = sha256('other')",
        "UPDATE share_plan SET revision = revision + 2",
        "UPDATE share_plan SET submission = id",
        "UPDATE share_part SET share = 1",
        "UPDATE share_part SET state = 'silent', answered_at = '2000-01-01' WHERE state = 'open'",
        "UPDATE share_part SET state = 'open', answered_by = NULL, answered_at = NULL WHERE state = 'attested'",
        "DELETE FROM share_part",
        "DELETE FROM share_plan",
        attested(ada.member).as_str(),
        award(ada).as_str(),
        second,
    ] {
        refused(sql).await;
    }
    // A part more that its team attests: together they are more than the whole.
    let more = scene.ground.organisation("More", OrganisationKind::ProjectTeam, bob.member).await;
    let more = format!("BEGIN; {}; {}; {fix}", part(&more.0.to_string(), 1), attested(bob.member));
    refused(&more).await;
    client.batch_execute("ROLLBACK").await.unwrap();
    scene.attest(&plan, bob, 12).await.unwrap();
    for sql in [
        "UPDATE share_plan SET state = 'lapsed'",
        "UPDATE share_plan SET note = 'x'",
        "UPDATE share_plan SET version = version + 1",
        "UPDATE share_part SET reason = 'x', state = 'objected'",
        part(&scene.ground.book.organisation.0.to_string(), 1).as_str(),
        award(Team { id: scene.ground.book.organisation, ..ada }).as_str(),
    ] {
        refused(sql).await;
    }
    client.batch_execute(&format!("BEGIN; {}; ROLLBACK", award(bob))).await.unwrap();
}
