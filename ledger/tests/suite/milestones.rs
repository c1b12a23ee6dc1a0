//! Milestones from the plan to the release, as people and the worker's clock step through them.

use crate::support::{ground, waits};
use ledger::Error;
use ledger::engine::store::balances;
use ledger::evidence::{Digest, Evidence, EvidenceKind, Gate, digests};
use ledger::id::PersonId;
use ledger::milestones::operations::{claims, disputes, milestones, releases};
use ledger::milestones::rules::claim::{Claim, Closed, Content};
use ledger::milestones::rules::dispute::Ruling;
use ledger::milestones::rules::milestone::{Milestone, OnSilence, Policy};
use ledger::milestones::rules::review::Verdict;
use ledger::money::{Currency, Money};
use ledger::parties::operations::ties;
use ledger::parties::rules::role::Role;
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::store::campaigns;
use ledger::testing::{Ground, Team, refusal, usd};

/// Two reviewers of the host, a team whose claimant is a reviewer too, and a campaign with 8,000.00 USD settled.
pub(crate) struct Scene {
    pub(crate) ground: Ground,
    pub(crate) campaign: Campaign,
    pub(crate) team: Team,
    pub(crate) reviewers: [PersonId; 2],
}

impl Scene {
    pub(crate) async fn new() -> Scene {
        let ground = ground().await;
        let team = ground.team("Press team", "claimant").await;
        ground.give(team.member, Role::Reviewer).await;
        let reviewers = [ground.person("first", Role::Reviewer).await, ground.person("second", Role::Reviewer).await];
        let campaign = ground.campaign("press").await;
        ground.settled(&campaign, "8000.00").await;
        Scene { ground, campaign, team, reviewers }
    }

    pub(crate) async fn plan(&self, amount: &str, policy: Policy) -> Milestone {
        let new = milestones::NewMilestone {
            campaign: self.campaign.id,
            team: self.team.id,
            name: "Second prototype".into(),
            description: String::new(),
            amount: usd(amount),
            policy,
            gate: Gate { design_files: true, ..Gate::default() },
        };
        self.ground
            .run(async |tx| milestones::create(tx, new, self.ground.owner, self.ground.wall).await)
            .await
            .unwrap()
    }

    pub(crate) async fn fund(&self, milestone: &Milestone) -> Result<Milestone, Error> {
        self.ground.run(async |tx| milestones::fund(tx, milestone.id, self.ground.owner, self.ground.wall).await).await
    }

    pub(crate) async fn funded(&self, amount: &str, policy: Policy) -> Milestone {
        let planned = self.plan(amount, policy).await;
        self.fund(&planned).await.unwrap()
    }

    pub(crate) async fn submitted(&self, milestone: &Milestone, amount: &str) -> Claim {
        let (content, by, wall) = (content(amount), self.team.member, self.ground.wall);
        let draft =
            self.ground.run(async |tx| claims::create(tx, milestone.id, content, by, wall).await).await.unwrap();
        self.ground.run(async |tx| claims::submit(tx, draft.id, by, wall).await).await.unwrap()
    }

    pub(crate) async fn approve(&self, claim: &Claim, by: PersonId, amount: &str) -> Result<Claim, Error> {
        let opinion = claims::Opinion {
            verdict: Verdict::Approve { amount: usd(amount).minor() },
            claim: claim.digest(),
            evidence: digests(&claim.content.evidence),
            comment: String::new(),
        };
        self.ground.run(async |tx| Ok(claims::review(tx, claim.id, opinion, by, self.ground.wall).await?.0)).await
    }

    pub(crate) async fn approved(&self, milestone: &Milestone, amount: &str) -> Claim {
        let claim = self.submitted(milestone, "5000.00").await;
        self.approve(&claim, self.reviewers[0], amount).await.unwrap();
        self.approve(&claim, self.reviewers[1], amount).await.unwrap()
    }

    /// The minor units that the worker releases on a day.
    pub(crate) async fn release(&self, claim: &Claim, day: i64) -> Option<i64> {
        let release =
            self.ground.run(async |tx| releases::release(tx, claim.id, self.ground.day(day)).await).await.unwrap();
        release.map(|release| release.amount.minor())
    }

    pub(crate) async fn claim(&self, claim: &Claim) -> Claim {
        ledger::milestones::store::claims::get(&self.ground.client().await, claim.id).await.unwrap()
    }

    pub(crate) async fn milestone(&self, milestone: &Milestone) -> Milestone {
        ledger::milestones::store::milestones::get(&self.ground.client().await, milestone.id).await.unwrap()
    }

    pub(crate) async fn dispute(
        &self,
        claim: &Claim,
        amount: &str,
        day: i64,
    ) -> ledger::milestones::rules::dispute::Dispute {
        let (id, amount, by, wall) = (claim.id, usd(amount), self.reviewers[0], self.ground.day(day));
        self.ground.run(async |tx| disputes::open(tx, id, amount, "no data".into(), by, wall).await).await.unwrap()
    }
}

pub(crate) fn content(amount: &str) -> Content {
    let url = "https://example.org/press.zip".to_owned();
    let kind = EvidenceKind::DesignFiles;
    let licence = Some("CERN-OHL-S-2.0".to_owned());
    let piece = Evidence::new("/evidence/0", kind, "The press".into(), url, Digest::of(b"press"), licence).unwrap();
    Content { amount: usd(amount), note: "Built and tested".into(), evidence: vec![piece] }
}

pub(crate) fn two_weeks() -> Policy {
    Policy { objection_days: 14, on_silence: OnSilence::Release, ..Policy::default() }
}

#[tokio::test]
async fn m9_sixty_per_cent_is_released_and_the_rest_stays_with_the_milestone() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", two_weeks()).await;
    let claim = scene.approved(&milestone, "3000.00").await;
    assert_eq!(scene.release(&claim, 13).await, None);
    assert_eq!(scene.release(&claim, 14).await, Some(300_000));
    assert_eq!(scene.release(&claim, 15).await, None);

    let client = scene.ground.client().await;
    assert_eq!(scene.claim(&claim).await.state.as_str(), "payable");
    assert_eq!(scene.milestone(&milestone).await.state.as_str(), "partly_released");
    assert_eq!(campaigns::earmarked(&client, scene.campaign.id).await.unwrap(), 200_000);
    assert_eq!(
        balances::get(&client, scene.ground.book.id, scene.campaign.fund.unwrap()).await.unwrap().net(),
        500_000
    );
    scene.ground.audit().await;
    let made = ledger::milestones::store::releases::list_of_claim(&client, claim.id).await.unwrap();
    assert_eq!((made.len(), made[0].number, made[0].entry), (1, 1, 4));
    let notice = releases::notice(&client, made[0].id).await.unwrap();
    assert_eq!(
        (notice.team.as_str(), notice.recipients.as_slice()),
        ("Press team", &["claimant@example.org".to_owned()][..])
    );

    let too_much = content("2000.01");
    let by = scene.team.member;
    let refused =
        scene.ground.run(async |tx| claims::create(tx, milestone.id, too_much, by, scene.ground.wall).await).await;
    assert_eq!(refusal(refused), "amount-above-milestone");
    let rest = scene.submitted(&milestone, "2000.00").await;
    scene.approve(&rest, scene.reviewers[0], "2000.00").await.unwrap();
    scene.approve(&rest, scene.reviewers[1], "2000.00").await.unwrap();
    assert_eq!(scene.release(&rest, 30).await, Some(200_000));
    assert_eq!(scene.milestone(&milestone).await.state.as_str(), "released");
}

#[tokio::test]
async fn what_waits_for_somebody_is_theirs_to_do_and_gone_when_it_is_done() {
    let scene = Scene::new().await;
    let (ground, [first, second]) = (&scene.ground, scene.reviewers);
    let tied = ground.person("tied", Role::Reviewer).await;
    let claim = scene.submitted(&scene.funded("5000.00", two_weeks()).await, "5000.00").await;
    for reviewer in [first, second, tied] {
        assert_eq!(waits(ground, reviewer).await, ["review_claim"]);
    }
    let (book, team, wall) = (&ground.book, scene.team.id, ground.wall);
    let cousin = "a cousin".to_owned();
    ground.run(async |tx| ties::declare_tie(tx, book, tied, team, cousin, tied, wall).await).await.unwrap();
    for other in [tied, scene.team.member, ground.owner, ground.operator] {
        assert_eq!(waits(ground, other).await, [""; 0], "not theirs to review");
    }
    scene.approve(&claim, first, "5000.00").await.unwrap();
    assert_eq!(waits(ground, first).await, [""; 0]);
    assert_eq!(waits(ground, second).await, ["review_claim"]);
    scene.approve(&claim, second, "5000.00").await.unwrap();
    scene.dispute(&claim, "100.00", 1).await;
    assert_eq!(waits(ground, ground.owner).await, ["resolve_dispute"]);
    assert_eq!(waits(ground, second).await, [""; 0]);

    let other = scene.submitted(&scene.funded("3000.00", two_weeks()).await, "3000.00").await;
    let opinion = claims::Opinion {
        verdict: Verdict::AskChanges,
        claim: other.digest(),
        evidence: digests(&other.content.evidence),
        comment: "No photo".into(),
    };
    ground.run(async |tx| claims::review(tx, other.id, opinion, first, ground.wall).await).await.unwrap();
    assert_eq!(waits(ground, scene.team.member).await, ["answer_dispute", "change_claim"]);
    assert_eq!(waits(ground, ground.owner).await, ["resolve_dispute"]);
}

#[tokio::test]
async fn two_milestones_never_share_the_same_money() {
    let scene = Scene::new().await;
    scene.funded("5000.00", Policy::default()).await;
    let second = scene.plan("3000.01", Policy::default()).await;
    assert_eq!(refusal(scene.fund(&second).await), "fund-short");
    let third = scene.funded("3000.00", Policy::default()).await;
    let reason = "the design was published elsewhere".to_owned();
    scene
        .ground
        .run(async |tx| milestones::cancel(tx, third.id, reason, scene.ground.owner, scene.ground.wall).await)
        .await
        .unwrap();
    let fourth = scene.plan("3000.00", Policy::default()).await;
    assert_eq!(scene.fund(&fourth).await.unwrap().state.as_str(), "funded");
}

/// What is decided is not changed at all: whatever else is wrong with the change matters less.
#[tokio::test]
async fn f22_a_claim_that_is_decided_says_so_before_anything_about_the_change() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", Policy::default()).await;
    let claim = scene.approved(&milestone, "5000.00").await;
    let edit = async |claim: &Claim, changed: Content| {
        let (id, version, by, wall) = (claim.id, claim.version, scene.team.member, scene.ground.wall);
        scene.ground.run(async |tx| claims::edit(tx, id, version, changed, by, wall).await).await
    };
    let wrong = || {
        let euros = Money::from_minor(1, Currency::EUR).unwrap();
        [content("5000.01"), Content { amount: euros, ..content("1.00") }]
    };
    for changed in wrong() {
        assert_eq!(refusal(edit(&claim, changed).await), "claim-decided", "approved");
    }
    assert_eq!(scene.release(&claim, 30).await, Some(500_000));
    let paid = scene.claim(&claim).await;
    for changed in wrong() {
        assert_eq!(refusal(edit(&paid, changed).await), "claim-decided", "{}", paid.state.as_str());
        let submit =
            scene.ground.run(async |tx| claims::submit(tx, claim.id, scene.team.member, scene.ground.wall).await);
        assert_eq!(refusal(submit.await), "claim-not-draft");
    }
}

#[tokio::test]
async fn m5_the_claimants_own_approval_is_refused_and_an_edit_drops_the_others() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", Policy::default()).await;
    let claim = scene.submitted(&milestone, "5000.00").await;
    assert_eq!(refusal(scene.approve(&claim, scene.team.member, "5000.00").await), "own-claim");
    let reviewed = scene.approve(&claim, scene.reviewers[0], "5000.00").await.unwrap();
    assert_eq!(reviewed.state.as_str(), "in_review");

    let edit = async |version| {
        let changed = Content { note: "Tested again".into(), ..content("5000.00") };
        scene
            .ground
            .run(async |tx| claims::edit(tx, claim.id, version, changed, scene.team.member, scene.ground.wall).await)
            .await
    };
    assert!(matches!(edit(claim.version).await, Err(Error::Stale("claim"))));
    let edited = edit(reviewed.version).await.unwrap();
    assert_eq!(edited.state.as_str(), "draft");
    assert_eq!(scene.milestone(&milestone).await.state.as_str(), "funded");
    let again = scene
        .ground
        .run(async |tx| claims::submit(tx, claim.id, scene.team.member, scene.ground.wall).await)
        .await
        .unwrap();
    assert_eq!(refusal(scene.approve(&claim, scene.reviewers[1], "5000.00").await), "digest-mismatch");
    let second = scene.approve(&again, scene.reviewers[1], "5000.00").await.unwrap();
    assert_eq!(second.state.as_str(), "in_review", "the first approval was of another text");
    assert_eq!(scene.approve(&again, scene.reviewers[0], "5000.00").await.unwrap().state.as_str(), "approved");
}

/// Two are needed, and the claimant runs the host: whoever may do everything else approves nothing of their own.
#[tokio::test]
async fn m5_a_claimant_who_owns_the_host_counts_for_nothing_and_two_others_are_needed() {
    let scene = Scene::new().await;
    scene.ground.give(scene.team.member, Role::Owner).await;
    let milestone = scene.funded("5000.00", Policy { reviewers_needed: 2, ..two_weeks() }).await;
    let claim = scene.submitted(&milestone, "5000.00").await;
    assert_eq!(refusal(scene.approve(&claim, scene.team.member, "5000.00").await), "own-claim");
    assert_eq!(scene.approve(&claim, scene.reviewers[0], "5000.00").await.unwrap().state.as_str(), "in_review");
    assert_eq!(refusal(scene.approve(&claim, scene.team.member, "5000.00").await), "own-claim");
    assert_eq!(scene.claim(&claim).await.state.as_str(), "in_review", "one of two, and the claimant is none");
    assert_eq!(scene.approve(&claim, scene.reviewers[1], "5000.00").await.unwrap().state.as_str(), "approved");
    // By evidence of another hash what was approved falls, as by another text.
    let other = scene.submitted(&scene.funded("3000.00", two_weeks()).await, "3000.00").await;
    let approved = scene.approve(&other, scene.reviewers[0], "3000.00").await.unwrap();
    let mut changed = content("3000.00");
    let (kind, url) = (EvidenceKind::DesignFiles, "https://example.org/press.zip".to_owned());
    let licence = Some("CERN-OHL-S-2.0".to_owned());
    let piece = Evidence::new("/evidence/0", kind, "The press".into(), url, Digest::of(b"another press"), licence);
    changed.evidence = vec![piece.unwrap()];
    let (by, wall) = (scene.team.member, scene.ground.wall);
    let edit = async |tx: &deadpool_postgres::Transaction<'_>| {
        claims::edit(tx, other.id, approved.version, changed, by, wall).await?;
        claims::submit(tx, other.id, by, wall).await
    };
    let again = scene.ground.run(edit).await.unwrap();
    assert_eq!(refusal(scene.approve(&other, scene.reviewers[1], "3000.00").await), "digest-mismatch");
    let second = scene.approve(&again, scene.reviewers[1], "3000.00").await.unwrap();
    assert_eq!(second.state.as_str(), "in_review", "the first approval was of other evidence");
}

#[tokio::test]
async fn m7_nobody_reviews_and_the_clock_does_what_the_policy_says_once() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", two_weeks()).await;
    let claim = scene.submitted(&milestone, "5000.00").await;
    let close = async |day| {
        scene.ground.run(async |tx| claims::close_review(tx, claim.id, scene.ground.day(day)).await).await.unwrap()
    };
    assert_eq!(close(13).await, Closed::NotDue);
    assert_eq!(close(14).await, Closed::Approved);
    assert_eq!(close(14).await, Closed::NotDue);
    assert_eq!(scene.release(&claim, 28).await, Some(500_000));

    let milestone = scene.funded("3000.00", Policy::default()).await;
    let claim = scene.submitted(&milestone, "3000.00").await;
    let close = async |day| {
        scene.ground.run(async |tx| claims::close_review(tx, claim.id, scene.ground.day(day)).await).await.unwrap()
    };
    assert_eq!(close(14).await, Closed::Escalated);
    let request = claims::review_request(&scene.ground.client().await, claim.id).await.unwrap().unwrap();
    assert_eq!(request.recipients, ["owner@example.org", "first@example.org", "second@example.org"]);
    scene.approve(&claim, scene.ground.owner, "3000.00").await.unwrap();
    assert_eq!(close(28).await, Closed::Expired);
    assert_eq!(scene.milestone(&milestone).await.state.as_str(), "funded");
    scene.ground.audit().await;
}

#[tokio::test]
async fn m8_a_dispute_on_day_13_freezes_its_part_and_the_rest_releases() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", two_weeks()).await;
    let claim = scene.approved(&milestone, "5000.00").await;
    let dispute = scene.dispute(&claim, "1200.00", 13).await;
    assert_eq!(scene.release(&claim, 14).await, Some(380_000));
    assert_eq!(scene.claim(&claim).await.state.as_str(), "disputed");
    assert_eq!(scene.milestone(&milestone).await.earmark(), 120_000);

    let resolve = async |by, day| {
        let (id, ruling, wall) = (dispute.id, (Ruling::Dismiss, None), scene.ground.day(day));
        scene.ground.run(async |tx| disputes::resolve(tx, id, ruling, "it is there".into(), by, wall).await).await
    };
    assert!(matches!(resolve(scene.reviewers[1], 15).await, Err(Error::Forbidden(_))));
    assert_eq!(resolve(scene.ground.owner, 15).await.unwrap().state.as_str(), "decided");
    assert_eq!(refusal(resolve(scene.ground.owner, 16).await), "dispute-state");
    assert_eq!(scene.release(&claim, 16).await, None, "a party may appeal until day 17");
    assert_eq!(refusal(resolve(scene.ground.owner, 20).await), "dispute-closed");
    scene.ground.run(async |tx| claims::close_review(tx, claim.id, scene.ground.day(20)).await).await.unwrap();
    assert_eq!(scene.release(&claim, 20).await, Some(120_000));
    assert_eq!(scene.milestone(&milestone).await.state.as_str(), "released");
    let made =
        ledger::milestones::store::releases::list_of_claim(&scene.ground.client().await, claim.id).await.unwrap();
    assert_eq!(made.iter().map(|release| release.number).collect::<Vec<_>>(), [1, 2]);
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_dispute_that_nobody_decides_leaves_its_part_with_the_milestone() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", two_weeks()).await;
    let claim = scene.approved(&milestone, "5000.00").await;
    scene.dispute(&claim, "1200.00", 1).await;
    assert_eq!(scene.release(&claim, 14).await, Some(380_000));
    for day in [30, 31, 31] {
        scene.ground.run(async |tx| claims::close_review(tx, claim.id, scene.ground.day(day)).await).await.unwrap();
    }
    assert_eq!(scene.claim(&claim).await.state.as_str(), "payable");
    let rest = scene.milestone(&milestone).await;
    assert_eq!((rest.state.as_str(), rest.earmark()), ("partly_released", 120_000));
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_tie_declared_after_the_approval_takes_the_claim_back_to_its_reviewers() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", two_weeks()).await;
    let claim = scene.approved(&milestone, "5000.00").await;
    let (book, team, tied) = (&scene.ground.book, scene.team.id, scene.reviewers[0]);
    let declare = async || {
        let reason = "lent the team a lathe".to_owned();
        scene
            .ground
            .run(async |tx| ties::declare_tie(tx, book, tied, team, reason, tied, scene.ground.wall).await)
            .await
    };
    declare().await.unwrap();
    assert_eq!(refusal(declare().await), "tie-declared");
    assert_eq!(scene.release(&claim, 14).await, None);
    assert_eq!(scene.claim(&claim).await.state.as_str(), "in_review");
    assert_eq!(refusal(scene.approve(&claim, tied, "5000.00").await), "declared-tie");
    scene.ground.audit().await;
}

#[tokio::test]
async fn two_workers_at_once_release_a_claim_once() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", two_weeks()).await;
    let claim = scene.approved(&milestone, "5000.00").await;
    let worker = || {
        let (pool, id, at) = (scene.ground.pool.clone(), claim.id, scene.ground.day(14));
        tokio::spawn(async move {
            let mut client = pool.get().await.unwrap();
            let tx = client.transaction().await.unwrap();
            let release = releases::release(&tx, id, at).await.unwrap();
            tx.commit().await.unwrap();
            release
        })
    };
    let mut made = Vec::new();
    for worker in [worker(), worker(), worker(), worker()] {
        made.extend(worker.await.unwrap());
    }
    assert_eq!(made.len(), 1);
    let client = scene.ground.client().await;
    assert_eq!(
        balances::get(&client, scene.ground.book.id, scene.campaign.fund.unwrap()).await.unwrap().net(),
        300_000
    );
    scene.ground.audit().await;
}

#[tokio::test]
async fn strangers_learn_nothing_and_the_host_does_not_write_claims() {
    let scene = Scene::new().await;
    let milestone = scene.funded("5000.00", Policy::default()).await;
    let create = async |by| {
        scene
            .ground
            .run(async |tx| claims::create(tx, milestone.id, content("1.00"), by, scene.ground.wall).await)
            .await
    };
    let stranger = scene.ground.stranger("stranger").await;
    assert!(matches!(create(stranger).await, Err(Error::NotFound(_))));
    assert!(matches!(create(scene.ground.owner).await, Err(Error::Forbidden(_))));
    let claim = scene.submitted(&milestone, "5000.00").await;
    assert!(matches!(scene.approve(&claim, stranger, "1.00").await, Err(Error::NotFound(_))));
    assert!(matches!(scene.approve(&claim, scene.ground.owner, "1.00").await, Err(Error::Forbidden(_))));
}
