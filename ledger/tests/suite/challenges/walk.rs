//! A walk at random through a challenge, its extension and the payouts of its prizes: after every step its money adds up.

use super::{Scene, small};
use ledger::Error;
use ledger::challenges::operations::{challenges, consents, judging, submissions};
use ledger::challenges::rules::challenge::{Challenge, ChallengeState};
use ledger::challenges::rules::entrant::Entrant;
use ledger::challenges::rules::rulebook::{EntryFee, Extensions, FeeGoesTo, Rules, Unawarded};
use ledger::challenges::rules::share_plan::{PlanState, SharePlan};
use ledger::challenges::store::{appeals, awards, contributions, entrants, share_plans};
use ledger::id::{ChallengeId, PersonId, SettlementId};
use ledger::parties::rules::role::Role;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Team, usd};
use ledger::treasury::operations::settlements;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Numbers that look random and are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// How many steps a walk has.
const STEPS: usize = 36;

/// Who walks through a challenge of 900.00 with three prizes, a fee of 50.00, more time, and money that rolls over into an extension.
struct Walk {
    scene: Scene,
    challenge: ChallengeId,
    /// The challenge into which it rolls over, since that was made.
    extension: Option<ChallengeId>,
    teams: Vec<Team>,
    approver: PersonId,
    day: i64,
    gifts: usize,
    random: Random,
    /// Share plans that were fixed when they were looked at.
    fixed: BTreeMap<Uuid, SharePlan>,
}

fn rules(unawarded: Unawarded, goes_to: FeeGoesTo) -> Rules {
    let mut rules = small();
    rules.prizes = vec![
        super::by_rank("First", "final", "500.00", 1, 1),
        super::by_rank("Second", "final", "250.00", 2, 2),
        super::by_rank("Third", "final", "150.00", 3, 3),
    ];
    let entry_fee = Some(EntryFee { amount: usd("50.00"), goes_to });
    let extensions = Some(Extensions { days: 20, most: 3 });
    Rules { entry_fee, extensions, unawarded, rollover_days: Some(40), judges_needed: 1, ..rules }
}

impl Walk {
    async fn new(seed: u64) -> Walk {
        let scene = Scene::new().await;
        let unawarded = if seed.is_multiple_of(2) { Unawarded::RollOver } else { Unawarded::ReturnToSponsors };
        let goes_to = if seed.is_multiple_of(3) { FeeGoesTo::OperatingFund } else { FeeGoesTo::Teams };
        let rules = rules(unawarded, goes_to);
        // One in three walks begins before the purse is full, the others when teams may work.
        let is_open = !seed.is_multiple_of(3);
        let challenge = if is_open { scene.open(rules).await } else { scene.challenge(rules).await };
        let mut teams = Vec::new();
        // By the last four characters of its account the bank takes what it gets, rejects it, keeps a fee, or sends it back with that.
        for (name, last_four) in [("ada", "6789"), ("bob", "0001"), ("cem", "0004"), ("dan", "0003")] {
            let team = scene.team(name).await;
            scene.bank_account(team, last_four).await;
            teams.push(team);
        }
        scene.appoint_all(challenge.id).await;
        let approver = scene.ground.person("approver", Role::Approver).await;
        let (day, challenge, random) = (if is_open { 3 } else { 0 }, challenge.id, Random(seed));
        Walk { scene, challenge, extension: None, teams, approver, day, gifts: 0, random, fixed: BTreeMap::new() }
    }

    async fn present(&self) -> Challenge {
        ledger::challenges::store::challenges::get(&self.scene.ground.client().await, self.challenge).await.unwrap()
    }

    fn change(&self) -> Change<'static> {
        Change { reason: "the walk says so", ..self.scene.change() }
    }

    /// One step; what is refused is refused, and changes nothing.
    async fn step(&mut self) {
        let (id, now) = (self.challenge, self.present().await);
        let wall = self.scene.ground.day(self.day);
        let team = self.teams[self.random.below(self.teams.len())];
        let step = self.random.below(18);
        let (scene, change) = (&self.scene, self.change());
        let done: Result<(), Error> = match step {
            0 | 1 => self.give(&now).await,
            2 => scene.ground.run(async |tx| challenges::announce(tx, id, change, wall).await).await.map(drop),
            3 => scene.ground.run(async |tx| challenges::open(tx, id, change, wall).await).await.map(drop),
            4 => self.enter(&now, team).await,
            5 => self.hand_in(team).await,
            6 => {
                let mut other = self.rules_in_force(&now).await;
                other.terms = format!("The terms of step {} on day {}.", self.gifts, self.day);
                scene.rewrite(id, other, self.day).await.map(drop)
            }
            7 => self.answer(&now, team).await,
            8 => scene.extend(id, 5, self.day).await.map(drop),
            9 if self.random.below(12) == 0 => scene.cancel(id, self.day).await.map(drop),
            9 => self.judge(&now).await,
            10 => scene.appeal(id, team, self.day).await.map(drop),
            11 => self.decide().await,
            12 | 13 => self.share().await,
            14 => self.roll_over(id).await,
            15 => {
                let amount = [None, Some("9.99"), Some("100.00")][self.random.below(3)];
                self.scene.pay(team, amount, self.approver, self.day).await
            }
            16 => self.scene.bank_tells(self.day).await,
            _ => self.pass().await,
        };
        match done {
            Ok(()) | Err(Error::Refused(_) | Error::Invalid { .. } | Error::Forbidden(_)) => {}
            Err(other) => panic!("step {step} on day {}: {other}", self.day),
        }
    }

    async fn give(&mut self, now: &Challenge) -> Result<(), Error> {
        self.gifts += 1;
        let amount = ["900.00", "450.00", "300.00", "150.01", "100.00"][self.random.below(5)];
        let sponsor = self.random.below(2);
        self.scene.give(now, sponsor, amount, self.day).await?;
        self.often_arrives().await;
        Ok(())
    }

    async fn rules_in_force(&self, now: &Challenge) -> Rules {
        let client = self.scene.ground.client().await;
        let found = ledger::challenges::store::challenges::get_rules(&client, now.id, now.rules_version).await;
        found.unwrap().rules
    }

    async fn entry_of(&self, team: Team) -> Option<Entrant> {
        entrants::find_of_team(&self.scene.ground.client().await, self.challenge, team.id).await.unwrap()
    }

    async fn enter_only(&self, now: &Challenge, team: Team) -> Result<Entrant, Error> {
        let wall = self.scene.ground.day(self.day);
        let new = super::entry(now.id, team.id, now.rules, None);
        self.scene.ground.run(async |tx| submissions::enter(tx, new, team.member, wall).await).await
    }

    async fn enter(&mut self, now: &Challenge, team: Team) -> Result<(), Error> {
        let entrant = self.enter_only(now, team).await?;
        if self.random.below(4) > 0 {
            self.scene.capture_fee(entrant.id, self.day).await?;
            self.often_arrives().await;
        }
        Ok(())
    }

    async fn hand_in(&self, team: Team) -> Result<(), Error> {
        let draft = self.scene.draft(self.challenge, team, "final", super::complete("final", &[]), self.day).await?;
        self.scene.submit(&draft, team, self.day).await.map(drop)
    }

    async fn answer(&mut self, now: &Challenge, team: Team) -> Result<(), Error> {
        let Some(entrant) = self.entry_of(team).await else { return self.take_back().await };
        match self.random.below(3) {
            0 => self.scene.withdraw(entrant.id, team, self.day).await.map(drop),
            1 => self.take_back().await,
            _ => self.scene.consent(entrant.id, team, now.rules, self.day).await.map(drop),
        }
    }

    async fn take_back(&self) -> Result<(), Error> {
        let client = self.scene.ground.client().await;
        let given = contributions::list(&client, self.challenge, Uuid::nil(), 100).await.unwrap();
        let Some(first) = given.first().map(|one| one.id) else { return Ok(()) };
        let (actor, wall) = (Actor::Person(self.scene.ground.owner), self.scene.ground.day(self.day));
        self.scene.ground.run(async |tx| consents::take_back(tx, first, actor, wall).await).await.map(drop)
    }

    /// A team does what is left to do, as far as it may.
    async fn finish(&self, now: &Challenge, team: Team) {
        let _refused = self.enter_only(now, team).await;
        if let Some(entrant) = self.entry_of(team).await {
            let _refused = self.scene.capture_fee(entrant.id, self.day).await;
            let _refused = self.scene.consent(entrant.id, team, now.rules, self.day).await;
        }
        let _refused = self.hand_in(team).await;
    }

    async fn judge(&self, now: &Challenge) -> Result<(), Error> {
        let client = self.scene.ground.client().await;
        let work = ledger::challenges::store::submissions::list_submitted(&client, now.id).await?;
        drop(client);
        for (points, work) in (40u8..).zip(&work) {
            self.scene.score(self.scene.judges[0], work, [points, points], self.day).await?;
        }
        let wall = self.scene.ground.day(self.day);
        self.scene.ground.run(async |tx| judging::rank(tx, now.id, self.change(), wall).await).await.map(drop)
    }

    async fn decide(&mut self) -> Result<(), Error> {
        let client = self.scene.ground.client().await;
        let all = appeals::list(&client, self.challenge, Uuid::nil(), 100).await?;
        drop(client);
        let is_upheld = self.random.below(2) == 0;
        match all.last() {
            Some(last) => self.scene.decide(last, is_upheld, self.day).await.map(drop),
            None => Ok(()),
        }
    }

    async fn plans(&self) -> Vec<SharePlan> {
        let client = self.scene.ground.client().await;
        share_plans::list(&client, self.challenge, share_plans::Reader::Host, Uuid::nil(), 100).await.unwrap()
    }

    /// Something is said of how the prizes of some work are divided.
    async fn share(&mut self) -> Result<(), Error> {
        let client = self.scene.ground.client().await;
        let work = ledger::challenges::store::submissions::list(&client, self.challenge, Uuid::nil(), 100).await?;
        drop(client);
        let plans = self.plans().await;
        let [one, other] = [self.teams[self.random.below(4)], self.teams[self.random.below(4)]];
        let cut = [1, 3_333, 5_000, 9_999][self.random.below(4)];
        let (day, owner) = (self.day, self.scene.ground.owner);
        let team_of = |id| self.teams.iter().copied().find(|team| team.id == id);
        let Some(plan) = plans.get(self.random.below(plans.len().max(1))).filter(|_| self.random.below(3) > 0) else {
            let Some(work) = work.get(self.random.below(work.len().max(1))) else { return Ok(()) };
            let Some(own) = team_of(work.team) else { return Ok(()) };
            let shares = if own.id == one.id { vec![(own, 10_000)] } else { vec![(one, cut), (own, 10_000 - cut)] };
            return self.scene.propose(work.id, own.member, &shares, day).await.map(drop);
        };
        match self.random.below(5) {
            0 => self.scene.attest(plan, one, day).await.map(drop),
            1 => self.scene.object(plan.id, one, day).await.map(drop),
            2 => self.scene.decide_shares(plan.id, owner, None, day).await.map(drop),
            3 if one.id != other.id => {
                let Some(own) = team_of(plan.team) else { return Ok(()) };
                let shares = [(one, cut), (other, 10_000 - cut)];
                self.scene.revise(plan.id, own.member, &shares, day).await.map(drop)
            }
            _ => {
                for part in &plan.parts {
                    let Some(team) = team_of(part.share.team) else { continue };
                    let _refused = self.scene.attest(plan, team, day).await;
                }
                Ok(())
            }
        }
    }

    /// What nobody won goes on into the extension; what has gone on is opened for work that nobody does.
    async fn roll_over(&mut self, from: ChallengeId) -> Result<(), Error> {
        let scene = &self.scene;
        let to = match self.extension {
            Some(to) => to,
            None => scene.extension("again", "150.00", Unawarded::ReturnToSponsors, self.day).await.id,
        };
        self.extension = Some(to);
        scene.roll_over(from, to, self.day).await?;
        let wall = scene.ground.day(self.day);
        if self.random.below(2) == 0 {
            scene.ground.run(async |tx| challenges::announce(tx, to, self.change(), wall).await).await?;
            scene.ground.run(async |tx| challenges::open(tx, to, self.change(), wall).await).await?;
        }
        Ok(())
    }

    /// The worker looks at the challenge and its extension.
    async fn look(&self) {
        self.scene.advance(self.challenge, self.day).await;
        if let Some(extension) = self.extension {
            self.scene.advance(extension, self.day).await;
        }
    }

    /// Days pass; what is under way arrives, and the worker looks.
    async fn pass(&mut self) -> Result<(), Error> {
        self.day += [1, 2, 14, 31, 61][self.random.below(5)];
        if self.random.below(3) > 0 {
            self.arrive().await;
        }
        self.look().await;
        Ok(())
    }

    /// What custodians took is there two days later, or stays away for a while.
    async fn often_arrives(&mut self) {
        if self.random.below(4) > 0 {
            self.day += 2;
            self.arrive().await;
        }
    }

    /// What is due arrives.
    async fn arrive(&self) {
        let ground = &self.scene.ground;
        let open = "SELECT id FROM settlement WHERE settled_at IS NULL";
        let rows = ground.database_owner().await.query(open, &[]).await.unwrap();
        for row in rows {
            let (id, wall) = (SettlementId::new(ground.book.id, row.get(0)), ground.day(self.day));
            match ground.run(async |tx| settlements::settle(tx, id, wall).await).await.map(drop) {
                Ok(()) | Err(Error::Refused(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }

    /// What is fixed never changes, and no plan waits for ever.
    async fn plans_stay(&mut self, now: &Challenge) {
        for plan in self.plans().await {
            if let Some(before) = self.fixed.get(&plan.id.object) {
                assert_eq!(*before, plan, "what is fixed never changes");
            }
            if plan.state == PlanState::Fixed {
                self.fixed.insert(plan.id.object, plan);
            } else {
                assert!(!plan.is_open() || !now.state.is_awarded(), "it waits for what is over: {plan:?}");
            }
        }
    }

    /// What came into the purse is held, owed to winners, on its way to them, paid, on its way back or gone on into the extension, where it is
    /// held or on its way back; fees are held, earned or on their way back; and the state
    /// keeps to its guards.
    async fn adds_up(&mut self, last: &Challenge) -> Challenge {
        let client = self.scene.ground.client().await;
        let now = self.present().await;
        let totals = contributions::totals(&client, now.id).await.unwrap();
        let awarded: i64 =
            awards::list(&client, now.id, (0, 0, 0), 500).await.unwrap().iter().map(|award| award.amount.minor()).sum();
        let held = self.scene.balance("liabilities:purse:drill").await;
        let won = self.scene.prizes().await;
        assert_eq!(won.payable + won.in_transit + won.paid, awarded, "{won:?}");
        let kept = held + won.payable + won.in_transit + won.paid;
        assert_eq!(totals.captured + totals.settled, kept + totals.returned + totals.rolled, "{now:?}");
        let gone_on = match self.extension {
            Some(to) => contributions::totals(&client, to).await.unwrap(),
            None => contributions::Totals::default(),
        };
        assert_eq!((gone_on.settled, gone_on.rolled), (totals.rolled, 0), "it rolls over once");
        let there = self.scene.ground.balance_below("liabilities:purse:again").await;
        assert_eq!(gone_on.settled, there + gone_on.returned, "{gone_on:?}");
        let fees = self.fees().await;
        let refunds = self.scene.balance(&format!("liabilities:refunds:{}", self.scene.ground.book.organisation)).await;
        let earned = self.scene.balance("equity:operating:drill").await;
        let waiting = self.scene.balance("liabilities:entry-fees:drill").await;
        assert_eq!(fees, waiting + earned + refunds - totals.returned - gone_on.returned, "{now:?}");
        assert_eq!(now.purse, last.purse, "the purse stays");
        self.plans_stay(&now).await;
        if let (Some(before), Some(after)) = (last.state.submissions_until(), now.state.submissions_until()) {
            assert!(after >= before, "time is not made shorter");
        }
        if now.state.is_awarded() {
            assert_eq!(appeals::next_lapse(&client, now.id).await.unwrap(), None, "an appeal was open");
            assert!(now.rolls_until.is_some() || held == 0, "money lies in a purse out of which no way leads");
        }
        if matches!(now.state, ChallengeState::Cancelled { .. }) {
            assert_eq!((held, waiting), (0, 0));
        }
        now
    }

    /// Fees that custodians took, minor units.
    async fn fees(&self) -> i64 {
        let row = "SELECT coalesce(sum(fee), 0)::bigint FROM entrant WHERE entry > 0";
        self.scene.ground.client().await.query_one(row, &[]).await.unwrap().get(0)
    }
}

#[tokio::test]
async fn a_walk_at_random_through_a_challenge_adds_up_after_each_step() {
    let seeds = match std::env::var("COMMONPURSE_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (1..=4).collect(),
    };
    let (mut ends, mut paid, mut rolled) = (Vec::new(), 0, 0);
    for seed in seeds {
        let mut walk = Walk::new(seed).await;
        let mut last = walk.present().await;
        for _ in 0..STEPS {
            walk.step().await;
            last = walk.adds_up(&last).await;
        }
        // To its end: who has entered goes on, everything arrives, work is judged, and the worker looks until nothing waits.
        let mut quiet = 0;
        for round in 0..20 {
            for team in walk.teams.clone().into_iter().take(2).filter(|_| round == 0) {
                walk.finish(&last, team).await;
            }
            walk.arrive().await;
            walk.day += 31;
            let _refused = walk.judge(&last).await;
            for team in walk.teams.clone().into_iter().filter(|_| last.state.is_awarded()) {
                let _nothing = walk.scene.pay(team, None, walk.approver, walk.day).await;
            }
            walk.scene.bank_tells(walk.day).await.unwrap();
            if round % 2 == 0 {
                let _refused = walk.roll_over(walk.challenge).await;
            }
            walk.look().await;
            last = walk.adds_up(&last).await;
            // When nothing waits any more, the bank has a few months for what is sent.
            let is_over = last.state.until().is_none() && last.rolls_until.is_none();
            quiet += usize::from(is_over && walk.scene.ground.balance_below("liabilities:purse:").await == 0);
            if quiet > 3 {
                break;
            }
        }
        assert!(last.state.until().is_none() && last.rolls_until.is_none(), "COMMONPURSE_SEED={seed}: {last:?}");
        assert_eq!(walk.scene.ground.balance_below("liabilities:purse:").await, 0, "COMMONPURSE_SEED={seed}");
        walk.scene.ground.audit().await;
        ends.push(last.state.as_str());
        paid += walk.scene.prizes().await.paid;
        rolled += contributions::totals(&walk.scene.ground.client().await, walk.challenge).await.unwrap().rolled;
    }
    assert!(
        ends.len() == 1 || (paid > 0 && rolled > 0),
        "no walk comes to payouts ({paid}) or an extension ({rolled})"
    );
    ends.sort_unstable();
    ends.dedup();
    assert!(ends.len() > 1 && ends.contains(&"awarded"), "the walks go one way only: {ends:?}");
}
