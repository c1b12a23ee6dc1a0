//! Matching rounds from the draft to the payment, as sponsors, donors, the host and the worker's clock step through them.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use crate::support::ground;
use ledger::Error;
use ledger::evidence::Digest;
use ledger::id::{CampaignId, ChargebackId, DonorId, MatchingRoundId, OrganisationId, PledgeId};
use ledger::matching::operations::pool::NewContribution;
use ledger::matching::operations::returns as matching_returns;
use ledger::matching::operations::rounds::NewRound;
use ledger::matching::operations::votes::{Cast, Voted};
use ledger::matching::operations::{export, pool, rounds, tally, votes};
use ledger::matching::rules::formula::{Formula, Terms};
use ledger::matching::rules::round::{Ballot, Clawback, PoolContribution, Round};
use ledger::matching::rules::votes::VoteCost;
use ledger::matching::store::{contributions, rounds as rows, tallies};
use ledger::parties::rules::role::OrganisationKind;
use ledger::pledging::operations::pledges::{AskedDonor, PlacePledge};
use ledger::pledging::operations::{campaigns, chargebacks, returns};
use ledger::pledging::rules::campaign::Campaign;
use ledger::pledging::rules::chargeback::Ruling;
use ledger::pledging::store::{charges, lineage, pledges};
use ledger::recount::recount;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Ground, refusal, usd};
use ledger::treasury::operations::settlements;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Days of the round's period, counted from the first.
const PERIOD: i64 = 10;
/// Days for objections.
const OBJECTIONS: i64 = 14;

/// A sponsor, and campaigns of the host.
struct Scene {
    ground: Ground,
    sponsor: OrganisationId,
    campaigns: Vec<Campaign>,
}

impl Scene {
    async fn new(slugs: &[&str]) -> Scene {
        let ground = ground().await;
        let sponsor = ground.organisation("Foundation", OrganisationKind::Sponsor, ground.owner).await;
        let mut campaigns = Vec::new();
        for slug in slugs {
            campaigns.push(ground.campaign(slug).await);
        }
        Scene { ground, sponsor, campaigns }
    }

    fn change(&self) -> Change<'static> {
        Change { version: None, actor: Actor::Person(self.ground.owner), reason: "as agreed" }
    }

    fn new_round(&self, formula: Formula) -> NewRound {
        let day = |days| self.ground.book.day_of(self.ground.day(days));
        NewRound {
            book: self.ground.book.id,
            slug: "spring".into(),
            title: "Spring round".into(),
            terms: "What many give weighs more.".into(),
            currency: self.ground.book.currency,
            formula: Terms { formula, saturate: false, cap_per_campaign: None, cap_per_identity: None },
            ballot: None,
            verified_only: false,
            first_day: day(0),
            last_day: day(PERIOD),
            objection_days: u16::try_from(OBJECTIONS).unwrap(),
        }
    }

    /// A round of all campaigns, open on day 0.
    async fn open(&self, new: NewRound) -> Round {
        let (ground, wall) = (&self.ground, self.ground.wall);
        let opened = ground.run(async |tx| {
            let round = rounds::create(tx, new, ground.owner, wall).await?;
            for campaign in &self.campaigns {
                rounds::add_campaign(tx, round.id, campaign.id, Actor::Service, wall).await?;
            }
            rounds::open(tx, round.id, self.change(), wall).await
        });
        opened.await.unwrap()
    }

    /// A sponsor gives to the pool on a day.
    async fn sponsor(&self, to: &Round, amount: &str, day: i64) -> Result<PoolContribution, Error> {
        let new = NewContribution {
            round: to.id,
            sponsor: self.sponsor,
            partner: self.ground.book.organisation,
            reference: format!("grant of {amount}"),
            provider_reference: format!("transfer of {amount}"),
            amount: usd(amount),
            terms: to.terms_digest,
        };
        let (wall, actor) = (self.ground.day(day), Actor::Person(self.ground.owner));
        self.ground.run(async |tx| pool::contribute(tx, new, actor, wall).await).await.map(|(given, _)| given)
    }

    /// The same, and it has settled.
    async fn fill(&self, round: &Round, amount: &str) {
        let given = self.sponsor(round, amount, 0).await.unwrap();
        let wall = self.ground.day(2);
        self.ground.run(async |tx| settlements::settle(tx, given.settlement, wall).await).await.unwrap();
    }

    /// A donor's gift to a campaign, captured on a day of the period.
    async fn give(&self, donor: &str, to: usize, amount: &str, day: i64) -> PledgeId {
        let reference = format!("{donor} to {to} on {day}");
        let asked = self.ground.ask(&self.campaigns[to], &reference, amount);
        let donor = AskedDonor { reference: donor.into(), ..asked.donor.clone() };
        self.ground.captured(PlacePledge { donor, ..asked }, self.ground.day(day)).await
    }

    async fn donor(&self, of: PledgeId) -> DonorId {
        pledges::get(&self.ground.client().await, of).await.unwrap().donor
    }

    async fn state_identity(&self, of: PledgeId, person: &str, verified: bool) {
        let (donor, identity) = (self.donor(of).await, Digest::of(person.as_bytes()));
        let (partner, wall) = (self.ground.partner, self.ground.wall);
        self.ground
            .run(async |tx| votes::state_identity(tx, donor, (identity, verified), partner, wall).await)
            .await
            .unwrap();
    }

    /// What the worker does at a deadline.
    async fn advance(&self, round: MatchingRoundId, day: i64) -> Round {
        let wall = self.ground.day(day);
        self.ground.run(async |tx| rounds::advance(tx, round, wall).await).await.unwrap()
    }

    /// The period is over, and nobody does anything until the result is final.
    async fn finish(&self, round: &Round) -> Round {
        assert_eq!(self.advance(round.id, PERIOD + 2).await.state.as_str(), "tallied");
        assert_eq!(self.advance(round.id, PERIOD + 10).await.state.as_str(), "objection");
        let standing = self.advance(round.id, PERIOD + 11 + OBJECTIONS).await;
        assert_eq!(standing.state.as_str(), "final");
        standing
    }

    async fn recompute(&self, round: &Round, day: i64) -> Round {
        let (wall, change) = (self.ground.day(day), self.change());
        self.ground.run(async |tx| tally::recompute(tx, round.id, change, wall).await).await.unwrap()
    }

    /// What campaigns get by the tally that counts, in the order in which they were made.
    async fn shares(&self, round: &Round) -> Vec<i64> {
        let client = self.ground.client().await;
        let round = rows::get(&client, round.id).await.unwrap();
        let shares = tallies::shares(&client, &round, Uuid::nil(), 500).await.unwrap();
        let shares: BTreeMap<CampaignId, i64> = shares.iter().map(|share| (share.campaign, share.share)).collect();
        self.campaigns.iter().map(|campaign| shares[&campaign.id]).collect()
    }

    async fn clawbacks(&self, round: &Round) -> Vec<Clawback> {
        rows::clawbacks(&self.ground.client().await, round.id, 0, 100).await.unwrap()
    }

    /// What a pledge brought is taken back by the donor's bank.
    async fn dispute(&self, of: PledgeId, amount: &str, day: i64) -> ChargebackId {
        let (ground, wall) = (&self.ground, self.ground.day(day));
        let charge = charges::list(&ground.client().await, of, 0, 1).await.unwrap().remove(0).id;
        let report = chargebacks::Report {
            charge,
            event_id: format!("event-{charge}"),
            amount: usd(amount),
            fee: None,
            reason: "fraudulent".into(),
            reported_on: None,
            evidence_until: None,
        };
        ground.run(async |tx| chargebacks::report(tx, report, ground.partner, wall).await).await.unwrap().id
    }

    /// The provider gives it back.
    async fn win(&self, chargeback: ChargebackId, day: i64) {
        let (ground, wall, by) = (&self.ground, self.ground.day(day), Actor::Partner(self.ground.partner));
        ground.run(async |tx| chargebacks::decide(tx, chargeback, Ruling::Win, by, wall).await).await.unwrap();
    }

    /// Everything that was captured settles, so that the lineage can be looked at whole.
    async fn audit(&self, given: &[PledgeId]) {
        for pledge in given {
            self.ground.settle(*pledge, self.ground.day(60)).await;
        }
        self.ground.audit().await;
        let found = lineage::audit(&self.ground.client().await, self.ground.book.id).await.unwrap();
        assert_eq!(found, Vec::<String>::new());
    }
}

#[tokio::test]
async fn q1_three_gifts_are_matched_by_the_formula_the_rest_goes_back_and_every_cent_stays_traced() {
    let scene = Scene::new(&["press"]).await;
    let round = scene.open(scene.new_round(Formula::ClrSubtractingV1)).await;
    scene.fill(&round, "100.00").await;
    let mut given = Vec::new();
    for (donor, amount) in [("ada", "9.00"), ("bea", "4.00"), ("cem", "1.00")] {
        given.push(scene.give(donor, 0, amount, 3).await);
    }
    // After the period, and so of no account.
    given.push(scene.give("dan", 0, "25.00", PERIOD + 1).await);
    let standing = scene.finish(&round).await;
    assert_eq!(scene.shares(&standing).await, [2_200]);
    let client = scene.ground.client().await;
    let file = export::text(&client, &standing).await.unwrap();
    assert_eq!(recount(file.as_bytes()).unwrap().lines, 3);

    let paid = scene.advance(round.id, 40).await;
    assert_eq!(paid.state.as_str(), "paid");
    assert_eq!(scene.ground.balance("liabilities:pool:spring").await, 0);
    assert_eq!(scene.ground.balance("liabilities:fund:press").await, 1_400 + 2_500 + 2_200);
    let host = scene.ground.book.organisation;
    assert_eq!(scene.ground.balance(&format!("liabilities:refunds:{host}")).await, 7_800);
    assert_eq!(contributions::all(&client, round.id).await.unwrap()[0].returned, 7_800);
    let layers = client.query("SELECT amount FROM fund_layer WHERE round = $1", &[&round.id.object]).await.unwrap();
    assert_eq!(layers.iter().map(|row| row.get::<_, i64>(0)).collect::<Vec<_>>(), [2_200]);
    scene.audit(&given).await;
}

#[tokio::test]
async fn q1_what_a_round_paid_to_a_campaign_that_gives_back_goes_to_the_sponsors_and_so_does_a_share_that_comes_too_late()
 {
    for is_late in [false, true] {
        let scene = Scene::new(&["press"]).await;
        let round = scene.open(scene.new_round(Formula::ClrSubtractingV1)).await;
        scene.fill(&round, "100.00").await;
        let mut given = Vec::new();
        for (donor, amount) in [("ada", "9.00"), ("bea", "4.00"), ("cem", "1.00")] {
            given.push(scene.give(donor, 0, amount, 3).await);
        }
        scene.finish(&round).await;
        if !is_late {
            scene.advance(round.id, 40).await;
            assert_eq!(scene.ground.balance("liabilities:fund:press").await, 1_400 + 2_200);
        }
        let (ground, id, change, wall) = (&scene.ground, scene.campaigns[0].id, scene.change(), scene.ground.day(41));
        ground.run(async |tx| campaigns::close(tx, id, change, wall).await).await.unwrap();
        ground.run(async |tx| matching_returns::give_back(tx, id, wall).await).await.unwrap();
        let kept = if is_late { 1_400 } else { 1_400 + 2_200 };
        assert_eq!(ground.balance("liabilities:fund:press").await, kept, "it was not told to give back");
        for _ in 0..2 {
            ground.run(async |tx| returns::return_all(tx, id, change, wall).await).await.unwrap();
            ground.run(async |tx| matching_returns::give_back(tx, id, wall).await).await.unwrap();
        }
        if is_late {
            assert_eq!(scene.advance(round.id, 42).await.state.as_str(), "paid");
        }
        assert_eq!(ground.balance("liabilities:fund:press").await, 1_400, "what donors gave");
        assert_eq!(ground.balance("liabilities:pool:spring").await, 0);
        let client = ground.client().await;
        assert_eq!(contributions::all(&client, round.id).await.unwrap()[0].returned, 10_000);
        scene.audit(&given).await;
    }
}

#[tokio::test]
async fn q6_one_person_counts_once_whatever_donors_stand_for_them_and_who_is_not_verified_weighs_nothing() {
    let scene = Scene::new(&["press", "loom", "mill"]).await;
    let round = scene.open(scene.new_round(Formula::ClrSubtractingV1)).await;
    scene.fill(&round, "1000.00").await;
    // One person, one donor, two gifts.
    scene.give("ada", 0, "50.00", 1).await;
    scene.give("ada", 0, "50.00", 2).await;
    // One person, two donors.
    for (donor, day) in [("bea", 1), ("bea at work", 2)] {
        let gift = scene.give(donor, 1, "50.00", day).await;
        scene.state_identity(gift, "bea", true).await;
    }
    // Two persons, of whom one is not verified.
    let known = scene.give("cem", 2, "50.00", 1).await;
    scene.state_identity(known, "cem", true).await;
    let unknown = scene.give("dan", 2, "50.00", 1).await;
    scene.state_identity(unknown, "dan", false).await;
    let tallied = scene.advance(round.id, PERIOD + 2).await;
    assert_eq!(scene.shares(&tallied).await, [0, 0, 0]);
    let client = scene.ground.client().await;
    let shares = tallies::shares(&client, &tallied, Uuid::nil(), 10).await.unwrap();
    assert!(shares.iter().all(|share| share.given == 10_000 && share.identities == 1), "gifts all: {shares:?}");
    let file = export::text(&client, &tallied).await.unwrap();
    let keyed = Digest::of(b"bea").to_string();
    assert!(!file.contains(&keyed), "what a partner states of a person is never shown");

    scene.state_identity(unknown, "dan", true).await;
    let counted = scene.recompute(&tallied, PERIOD + 3).await;
    assert_eq!((counted.tally, counted.state.as_str()), (2, "tallied"));
    assert_eq!(scene.shares(&counted).await, [0, 0, 10_000]);
    assert_eq!(
        scene.recompute(&counted, PERIOD + 3).await.tally,
        2,
        "where nothing has changed there is no other tally"
    );
}

#[tokio::test]
async fn a_round_for_verified_persons_counts_no_other_gift() {
    let scene = Scene::new(&["press"]).await;
    let round = scene.open(NewRound { verified_only: true, ..scene.new_round(Formula::ClrSharedV1) }).await;
    scene.fill(&round, "10.00").await;
    let gift = scene.give("ada", 0, "50.00", 1).await;
    scene.give("bea", 0, "50.00", 1).await;
    let tallied = scene.advance(round.id, PERIOD + 2).await;
    assert_eq!(scene.shares(&tallied).await, [0], "of nobody is anything stated");
    scene.state_identity(gift, "ada", true).await;
    assert_eq!(scene.shares(&scene.recompute(&tallied, PERIOD + 3).await).await, [1_000]);
}

#[tokio::test]
async fn q7_sixty_votes_and_sixty_more_of_a_hundred_are_refused_the_second_time_through_whatever_donor() {
    let scene = Scene::new(&["press", "loom"]).await;
    let ballot = Some(Ballot { allowance: 100, cost: VoteCost::Linear });
    let round = scene.open(NewRound { ballot, ..scene.new_round(Formula::VotesV1) }).await;
    scene.fill(&round, "100.00").await;
    let (gift, other) = (scene.give("ada", 0, "1.00", 1).await, scene.give("ada at work", 0, "1.00", 1).await);
    scene.state_identity(gift, "ada", true).await;
    scene.state_identity(other, "ada", true).await;
    let (ada, at_work) = (scene.donor(gift).await, scene.donor(other).await);
    let vote = async |donor, campaign: usize, votes| {
        let cast = Cast { round: round.id, donor, campaign: scene.campaigns[campaign].id, votes };
        let (partner, wall) = (scene.ground.partner, scene.ground.day(2));
        scene.ground.run(async |tx| votes::cast(tx, cast, partner, wall).await).await
    };
    assert_eq!(vote(ada, 0, 60).await.unwrap(), Voted { number: 1, spent: 60, allowance: 100 });
    assert_eq!(refusal(vote(ada, 1, 60).await), "votes-used-up");
    assert_eq!(refusal(vote(at_work, 1, 60).await), "votes-used-up");
    assert_eq!(vote(at_work, 1, 40).await.unwrap().spent, 100);
    assert_eq!(refusal(vote(ada, 0, 1).await), "votes-used-up");
    // Not even by SQL.
    let client = scene.ground.client().await;
    let more = client.execute("UPDATE matching_voter SET spent = spent + 1", &[]).await.unwrap_err();
    assert_eq!(more.code().unwrap().code(), "23514", "{more:?}");
    let tallied = scene.advance(round.id, PERIOD + 2).await;
    assert_eq!(scene.shares(&tallied).await, [6_000, 4_000]);
    let file = export::text(&client, &tallied).await.unwrap();
    recount(file.as_bytes()).unwrap();
}

#[tokio::test]
async fn votes_that_cost_their_square_cost_the_more_the_more_there_are_to_one_campaign() {
    let scene = Scene::new(&["press", "loom"]).await;
    let ballot = Some(Ballot { allowance: 100, cost: VoteCost::Quadratic });
    let round = scene.open(NewRound { ballot, ..scene.new_round(Formula::VotesV1) }).await;
    let donor = scene.donor(scene.give("ada", 0, "1.00", 1).await).await;
    let vote = async |campaign: usize, votes| {
        let cast = Cast { round: round.id, donor, campaign: scene.campaigns[campaign].id, votes };
        let (partner, wall) = (scene.ground.partner, scene.ground.day(2));
        scene.ground.run(async |tx| votes::cast(tx, cast, partner, wall).await).await.map(|voted| voted.spent)
    };
    assert_eq!(vote(0, 6).await.unwrap(), 36);
    assert_eq!(vote(0, 2).await.unwrap(), 64, "eight to one campaign cost 64, in whatever steps");
    assert_eq!(vote(1, 6).await.unwrap(), 100);
    assert_eq!(refusal(vote(1, 1).await), "votes-used-up");
    assert_eq!(refusal(vote(0, 1_000_000).await), "votes-used-up");
}

#[tokio::test]
async fn q8_a_dispute_before_the_result_is_final_is_counted_and_one_after_it_is_put_on_the_record_alone() {
    let scene = Scene::new(&["press", "loom"]).await;
    let round = scene.open(scene.new_round(Formula::ClrSubtractingV1)).await;
    scene.fill(&round, "1000.00").await;
    let early = scene.give("ada", 0, "9.00", 1).await;
    let late = scene.give("bea", 0, "4.00", 1).await;
    let third = scene.give("cem", 0, "1.00", 1).await;
    let others = [scene.give("dan", 1, "4.00", 1).await, scene.give("eve", 1, "4.00", 1).await];
    scene.advance(round.id, PERIOD + 2).await;
    assert_eq!(scene.shares(&round).await, [2_200, 800]);
    scene.advance(round.id, PERIOD + 10).await;
    // Nobody asks for it: what stands is counted when it becomes final.
    let first = scene.dispute(early, "9.00", PERIOD + 10).await;
    let standing = scene.advance(round.id, PERIOD + 11 + OBJECTIONS).await;
    assert_eq!((standing.state.as_str(), standing.tally), ("final", 2));
    assert_eq!(scene.shares(&round).await, [400, 800]);
    assert_eq!(scene.advance(round.id, 40).await.state.as_str(), "paid");

    let second = scene.dispute(late, "4.00", 44).await;
    assert_eq!(scene.recompute(&round, 45).await.tally, 2);
    let found = scene.clawbacks(&round).await;
    let of = found.iter().map(|found| (found.campaign, found.share, found.would_be)).collect::<Vec<_>>();
    assert_eq!(of, [(scene.campaigns[0].id, 400, 0)]);
    scene.recompute(&round, 46).await;
    assert_eq!(scene.clawbacks(&round).await.len(), 1, "the same finding stands there once");
    assert_eq!(scene.shares(&round).await, [400, 800], "what was paid stays");
    assert_eq!(scene.ground.balance("liabilities:fund:loom").await, 800 + 800);
    scene.win(first, 47).await;
    scene.win(second, 47).await;
    scene.audit(&[early, late, third, others[0], others[1]]).await;
}

#[tokio::test]
async fn two_workers_pay_a_round_once_and_wait_for_what_a_custodian_still_owes() {
    let scene = Scene::new(&["press", "loom"]).await;
    let terms =
        Terms { formula: Formula::OneToOneV1, saturate: false, cap_per_campaign: Some(500), cap_per_identity: None };
    let round = scene.open(NewRound { formula: terms, ..scene.new_round(Formula::OneToOneV1) }).await;
    scene.fill(&round, "8.00").await;
    let late = scene.sponsor(&round, "1.00", 3).await.unwrap();
    scene.give("ada", 0, "7.00", 1).await;
    scene.give("ada", 1, "7.00", 2).await;
    let standing = scene.finish(&round).await;
    assert_eq!(scene.shares(&standing).await, [500, 400], "a cap, and the last one in part");
    assert_eq!(scene.advance(round.id, 40).await.state.as_str(), "final", "money of the pool is on the way");
    assert_eq!(scene.ground.balance("liabilities:pool:spring").await, 900);
    let wall = scene.ground.day(40);
    scene.ground.run(async |tx| settlements::settle(tx, late.settlement, wall).await).await.unwrap();
    let (one, two) = tokio::join!(scene.advance(round.id, 41), scene.advance(round.id, 41));
    assert_eq!((one.state.as_str(), two.state.as_str()), ("paid", "paid"));
    assert_eq!(scene.advance(round.id, 42).await.state.as_str(), "paid");
    assert_eq!(scene.ground.balance("liabilities:fund:press").await, 700 + 500);
    assert_eq!(scene.ground.balance("liabilities:fund:loom").await, 700 + 400);
    scene.ground.audit().await;
}

#[tokio::test]
async fn the_service_cannot_pay_a_round_twice_or_otherwise_than_it_was_counted_even_by_sql() {
    let scene = Scene::new(&["press"]).await;
    let round = scene.open(scene.new_round(Formula::ClrSubtractingV1)).await;
    scene.fill(&round, "100.00").await;
    for (donor, amount) in [("ada", "9.00"), ("bea", "4.00")] {
        scene.give(donor, 0, amount, 3).await;
    }
    scene.finish(&round).await;
    let client = scene.ground.client().await;
    let pays = |amount: i64, tally: i32| {
        format!(
            "INSERT INTO matching_payment (book_id, round, tally, campaign, amount, entry)
             SELECT book_id, id, {tally}, (SELECT campaign FROM matching_campaign), {amount}, 1 FROM matching_round"
        )
    };
    let code = async |sql: &str| client.batch_execute(sql).await.unwrap_err().code().unwrap().code().to_owned();
    assert_eq!(code(&pays(1_201, 1)).await, "23514", "more than its share");
    assert_eq!(code(&pays(1_200, 2)).await, "23514", "by a tally that there is not");
    assert_eq!(code("UPDATE matching_round SET tally = tally + 1").await, "23514", "a final result stays");
    assert_eq!(code("UPDATE matching_round SET state = 'objection'").await, "23514");
    assert_eq!(scene.advance(round.id, 40).await.state.as_str(), "paid");
    assert_eq!(code(&pays(1_200, 1)).await, "23514", "a round that is paid pays nothing");
    assert_eq!(code("UPDATE matching_round SET state = 'final', state_until = now()").await, "23514");
    for sql in ["DELETE FROM matching_payment", "UPDATE matching_share SET share = 1", "DELETE FROM matching_line"] {
        assert_eq!(code(sql).await, "42501", "{sql}");
    }
    let again = "INSERT INTO fund_layer (book_id, fund, number, settled, round, amount, remaining)
                 SELECT book_id, fund, number + 1, settled + 1, round, amount, amount FROM fund_layer WHERE round IS NOT NULL";
    assert_eq!(code(again).await, "23505", "a round pays a fund once");
    let whose = "INSERT INTO fund_layer (book_id, fund, number, settled, amount, remaining)
                 SELECT book_id, fund, number + 1, settled + 1, 1, 1 FROM fund_layer WHERE round IS NOT NULL";
    assert_eq!(code(whose).await, "23514", "no cent without a giver");
    // What is left has gone back, so that the floor of the pool stops whatever would pay again.
    assert_eq!(scene.ground.balance("liabilities:pool:spring").await, 0);
}

#[tokio::test]
async fn a_round_that_is_given_up_gives_its_pool_back_once_it_has_settled() {
    let scene = Scene::new(&["press"]).await;
    let round = scene.open(scene.new_round(Formula::ClrSubtractingV1)).await;
    let given = scene.sponsor(&round, "100.00", 0).await.unwrap();
    let again = scene.sponsor(&round, "100.00", 0).await.unwrap();
    assert_eq!(again, given, "brought again, it is the same");
    let cancel = async |day| {
        let (wall, change) = (scene.ground.day(day), scene.change());
        scene.ground.run(async |tx| rounds::cancel(tx, round.id, change, wall).await).await
    };
    assert_eq!(refusal(cancel(1).await), "pool-settling");
    let wall = scene.ground.day(2);
    scene.ground.run(async |tx| settlements::settle(tx, given.settlement, wall).await).await.unwrap();
    assert_eq!(cancel(3).await.unwrap().state.as_str(), "cancelled");
    assert_eq!(scene.ground.balance("liabilities:pool:spring").await, 0);
    assert_eq!(refusal(scene.sponsor(&round, "1.00", 4).await), "round-not-open");
    assert_eq!(scene.advance(round.id, 100).await.state.as_str(), "cancelled");
    scene.ground.audit().await;
}

#[tokio::test]
async fn objections_are_heard_in_their_time_and_campaigns_join_a_draft_alone() {
    let scene = Scene::new(&["press"]).await;
    let round = scene.open(scene.new_round(Formula::ClrSubtractingV1)).await;
    let late = scene.ground.campaign("late").await;
    let (wall, owner) = (scene.ground.day(1), scene.ground.owner);
    let joined = scene.ground.run(async |tx| rounds::add_campaign(tx, round.id, late.id, Actor::Service, wall).await);
    assert_eq!(refusal(joined.await), "round-not-draft");
    let object = async |day| {
        let wall = scene.ground.day(day);
        scene.ground.run(async |tx| rounds::object(tx, round.id, "A gift is missing", owner, wall).await).await
    };
    assert_eq!(refusal(object(1).await), "round-not-in-objection");
    scene.advance(round.id, PERIOD + 2).await;
    scene.advance(round.id, PERIOD + 10).await;
    assert_eq!(object(PERIOD + 11).await.unwrap().number, 1);
    assert_eq!(object(PERIOD + 12).await.unwrap().number, 2);
    let finalise = async |day| {
        let (wall, change) = (scene.ground.day(day), scene.change());
        scene.ground.run(async |tx| rounds::finalise(tx, round.id, change, wall).await).await
    };
    assert_eq!(refusal(finalise(PERIOD + 12).await), "round-objections-open");
    assert_eq!(refusal(object(PERIOD + 11 + OBJECTIONS).await), "round-not-in-objection");
    assert_eq!(finalise(PERIOD + 11 + OBJECTIONS).await.unwrap().state.as_str(), "final");
}
