//! A walk at random over claims in two currencies, their disputes and revocations, and the payouts of what was released: after every step
//! the money of each currency adds up.

use super::Two;
use crate::milestones::two_weeks;
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::engine::store::accounts;
use ledger::evidence::{Gate, digests};
use ledger::id::PayoutId;
use ledger::milestones::operations::{claims, disputes, milestones};
use ledger::milestones::rules::claim::{Claim, Content};
use ledger::milestones::rules::clawback::Asked;
use ledger::milestones::rules::dispute::Ruling;
use ledger::milestones::rules::milestone::Policy;
use ledger::milestones::rules::review::Verdict;
use ledger::milestones::store::{disputes as dispute_rows, releases};
use ledger::money::{Currency, Money};
use ledger::payouts::operations::bank_lines;
use ledger::payouts::operations::payouts::{self, NewPayout, Verdict as Held};
use ledger::payouts::rules::bank_line::{Direction, LineState, Told};
use ledger::payouts::rules::owed::Owed;
use ledger::payouts::rules::payout::{Payout, PayoutState, Screening};
use ledger::payouts::store::{bank_accounts as account_rows, payouts as payout_rows};
use ledger::pledging::operations::campaigns::NewCampaign;
use ledger::pledging::rules::campaign::Campaign;
use ledger::service::change::Change;
use ledger::testing::Random;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How many steps a walk has.
const STEPS: usize = 72;

/// What settled in the fund of each currency, minor units.
const GIVEN: i64 = 800_000;

fn money(text: &str, currency: Currency) -> Money {
    Money::parse(text, currency).unwrap()
}

/// Where the money of one currency is, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    /// In the fund: held for what is not released.
    held: i64,
    /// Owed to the team.
    payable: i64,
    /// Sent, and not yet told of by the bank.
    in_transit: i64,
    /// Settled, and not come back.
    paid: i64,
    /// Owed by the team, and waited for by the fund.
    owed: [i64; 2],
}

struct Walk {
    two: Two,
    claims: Vec<Claim>,
    random: Random,
    day: i64,
    /// How many lines the bank has told.
    lines: usize,
    /// What the bank kept of money that came back, minor units; the payee bears it.
    kept: BTreeMap<&'static str, i64>,
}

impl Walk {
    /// Two claims of dollars and one of euros, each approved by one reviewer.
    async fn new(seed: u64) -> Walk {
        let two = Two::new().await;
        let (ground, team) = (&two.scene.ground, two.scene.team);
        let asked =
            NewCampaign::new(ground.book.id, "lathe", "Open lathe", "For the lathe.", money("1.00", Currency::EUR));
        let euros = ground.publish(asked).await;
        let gift = ledger::pledging::operations::pledges::PlacePledge {
            amount: money("8000.00", Currency::EUR),
            ..ground.ask(&euros, "a gift of euros", "1.00")
        };
        let gift = ground.captured(gift, ground.day(-3)).await;
        ground.settle(gift, ground.wall).await;
        let mut walk = Walk { two, claims: Vec::new(), random: Random(seed), day: 0, lines: 0, kept: BTreeMap::new() };
        for currency in [Currency::USD, Currency::EUR] {
            walk.two.account(team.id, team.member, currency).await;
            let campaign = if currency == Currency::USD { walk.two.scene.campaign.clone() } else { euros.clone() };
            let amounts = if currency == Currency::USD { &["3000.00", "2000.00"][..] } else { &["5000.00"] };
            for amount in amounts {
                let claim = walk.approved(&campaign, money(amount, currency)).await;
                walk.claims.push(claim);
            }
        }
        walk
    }

    async fn approved(&self, campaign: &Campaign, amount: Money) -> Claim {
        let scene = &self.two.scene;
        let (ground, wall, by) = (&scene.ground, scene.ground.wall, scene.team.member);
        let new = milestones::NewMilestone {
            campaign: campaign.id,
            team: scene.team.id,
            name: "Second prototype".into(),
            description: String::new(),
            amount,
            policy: Policy { reviewers_needed: 1, objection_days: 8, ..two_weeks() },
            gate: Gate::default(),
        };
        let content = Content { amount, ..crate::milestones::content("1.00") };
        let submit = async |tx: &Transaction<'_>| {
            let milestone = milestones::create(tx, new, ground.owner, wall).await?;
            milestones::fund(tx, milestone.id, ground.owner, wall).await?;
            let draft = claims::create(tx, milestone.id, content, by, wall).await?;
            claims::submit(tx, draft.id, by, wall).await
        };
        let claim = ground.run(submit).await.unwrap();
        let opinion = claims::Opinion {
            verdict: Verdict::Approve { amount: amount.minor() },
            claim: claim.digest(),
            evidence: digests(&claim.content.evidence),
            comment: String::new(),
        };
        let reviewer = scene.reviewers[1];
        ground.run(async |tx| Ok(claims::review(tx, claim.id, opinion, reviewer, wall).await?.0)).await.unwrap()
    }

    fn any(&mut self, of: usize) -> usize {
        usize::try_from(self.random.below(of as u64)).unwrap()
    }

    /// One step; what is refused is refused, and changes nothing.
    async fn step(&mut self) {
        self.day += i64::try_from(self.random.below(3) / 2).unwrap();
        let place = self.any(self.claims.len());
        let claim = self.claims[place].clone();
        let step = self.random.below(20);
        let done = match step {
            0..=4 => self.dispute(&claim, step).await,
            5 => self.dispute(&claim, 0).await,
            6 => {
                self.two.close(&claim, self.day).await;
                Ok(())
            }
            7 | 8 => {
                self.two.scene.release(&claim, self.day).await;
                Ok(())
            }
            9 if self.day > 16 && self.random.below(2) == 0 => self.revoke(&claim).await,
            9 => self.recover(&claim).await,
            10 | 11 => self.ask(&claim).await,
            _ => self.pay().await,
        };
        match done {
            Ok(()) | Err(Error::Refused(_) | Error::Invalid { .. } | Error::Forbidden(_) | Error::NotFound(_)) => {}
            Err(other) => panic!("step {step} on day {}: {other}", self.day),
        }
    }

    async fn dispute(&mut self, claim: &Claim, step: u64) -> Result<(), Error> {
        let currency = claim.content.amount.currency();
        let by = [self.two.scene.ground.owner, self.two.approver][self.any(2)];
        let amount = money(&format!("{}.50", 1 + self.random.below(900)), currency);
        let (scene, day) = (&self.two.scene, self.day);
        let open = dispute_rows::list_open(&scene.ground.client().await, claim.id, currency).await?;
        let Some(id) = open.first().map(|dispute| dispute.id).filter(|_| step > 0) else {
            let (objector, wall) = (scene.reviewers[0], scene.ground.day(day));
            let why = "no data".to_owned();
            let open = async |tx: &Transaction<'_>| disputes::open(tx, claim.id, amount, why, objector, wall).await;
            return scene.ground.run(open).await.map(drop);
        };
        match step {
            1 => self.two.say(id, "answer", scene.team.member, day).await.map(drop),
            2 => self.two.say(id, "reply", scene.reviewers[0], day).await.map(drop),
            3 => self.two.say(id, "appeal", scene.team.member, day).await.map(drop),
            _ => {
                let wall = scene.ground.day(day);
                let part = Some(money("1.00", currency)).filter(|_| amount.minor() % 200 == 150);
                let ruling = if part.is_some() { Ruling::UpholdPart } else { Ruling::Dismiss };
                let why = "both were heard".to_owned();
                let rule = async |tx: &Transaction<'_>| disputes::resolve(tx, id, (ruling, part), why, by, wall).await;
                scene.ground.run(rule).await.map(drop)
            }
        }
    }

    async fn revoke(&self, claim: &Claim) -> Result<(), Error> {
        let asked = self.two.ask(claim.id, Asked::Revocation, self.two.scene.ground.owner, self.day).await?;
        self.two.confirm(claim.id, asked.number, self.two.approver, self.day).await.map(drop)
    }

    async fn recover(&self, claim: &Claim) -> Result<(), Error> {
        let amount = money("1.00", claim.content.amount.currency());
        self.two.recover_of(claim.id, amount, self.day).await.map(drop)
    }

    /// A payout is asked for: of a release, of some of what is owed, or of all of it.
    async fn ask(&mut self, claim: &Claim) -> Result<(), Error> {
        let currency = claim.content.amount.currency();
        let made = releases::list_of_claim(&self.two.scene.ground.client().await, claim.id).await?;
        let release = made.last().map(|release| (claim.id, release.number)).filter(|_| self.any(2) == 0);
        let amount = Some(money("100.01", currency)).filter(|_| release.is_none() && self.any(2) == 0);
        let (ground, wall) = (&self.two.scene.ground, self.two.scene.ground.day(self.day));
        let new = NewPayout {
            book: ground.book.id,
            owed: Owed::Team(self.two.scene.team.id),
            currency,
            amount,
            release,
            custodian: Some(ground.partner),
            cash: String::new(),
            memo: String::new(),
        };
        ground.run(async |tx| payouts::request(tx, new, ground.owner, wall).await).await.map(drop)
    }

    async fn payouts(&self) -> Vec<Payout> {
        let client = self.two.scene.ground.client().await;
        let mut found = Vec::new();
        for row in client.query("SELECT id FROM payout ORDER BY id", &[]).await.unwrap() {
            let id = PayoutId::new(self.two.scene.ground.book.id, row.get(0));
            found.push(payout_rows::get(&client, id).await.unwrap());
        }
        found
    }

    /// A payout goes on by a step: it is approved, screened, decided on, sent, told of by the bank, or comes back.
    async fn pay(&mut self) -> Result<(), Error> {
        let open = |payout: &Payout| payout.state.until().is_some() || payout.state.word() == PayoutState::Sent;
        let all = self.payouts().await;
        // What has settled comes back now and then.
        let comes_back = self.any(5) == 0;
        let may = |payout: &&Payout| open(payout) || (comes_back && payout.state.word() == PayoutState::Settled);
        let among: Vec<&Payout> = all.iter().filter(may).collect();
        if among.is_empty() {
            return Ok(());
        }
        let payout = among[self.any(among.len())].clone();
        let chance = self.any(4);
        let (ground, wall) = (&self.two.scene.ground, self.two.scene.ground.day(self.day));
        let (id, owner, approver) = (payout.id, ground.owner, self.two.approver);
        match payout.state.word() {
            PayoutState::Requested => {
                let client = ground.client().await;
                let account = account_rows::active(&client, id.book, payout.payee, payout.amount.currency()).await?;
                let seen = payout.digest(&account.unwrap());
                drop(client);
                ground.run(async |tx| payouts::approve(tx, id, seen, approver, wall).await).await.map(drop)
            }
            PayoutState::Approved => {
                let answer = if chance < 2 { (Screening::Hit, "list 7") } else { (Screening::Clear, "") };
                let approval = payout.approval;
                ground.run(async |tx| payouts::screened(tx, id, approval, answer, wall).await).await.map(drop)
            }
            PayoutState::Held => {
                let verdict = if chance < 2 { Held::Refuse } else { Held::Release };
                let why = Change::by_service("looked at");
                ground.run(async |tx| payouts::decide(tx, id, verdict, why, wall).await).await.map(drop)
            }
            PayoutState::Screened => ground.run(async |tx| payouts::send(tx, id, owner, wall).await).await.map(drop),
            PayoutState::Sent if chance == 0 => {
                let why = Change::by_service("AC04 closed account number");
                ground.run(async |tx| payouts::fail(tx, id, why, wall).await).await.map(drop)
            }
            // One in three loses a fee on its way, which the payee bears.
            PayoutState::Sent => self.line(&payout, Direction::Debit, i64::from(chance == 1) * 100).await,
            // It comes back whole, with the fee of the way there; or less one for the way back.
            PayoutState::Settled => self.line(&payout, Direction::Credit, i64::from(chance < 2) * 100).await,
            PayoutState::Failed | PayoutState::Returned | PayoutState::Cancelled => Ok(()),
        }
    }

    /// The bank tells of a payout, of which it keeps a fee or gives it back.
    async fn line(&mut self, payout: &Payout, direction: Direction, fee: i64) -> Result<(), Error> {
        self.lines += 1;
        let (ground, wall) = (&self.two.scene.ground, self.two.scene.ground.day(self.day));
        let fee = if payout.amount.minor() > fee { fee } else { 0 };
        let told = Told {
            reference: format!("line {}", self.lines),
            direction,
            amount: Money::from_minor(payout.amount.minor() - fee, payout.amount.currency()).unwrap(),
            fee,
            value_on: ground.book.today(wall),
            end_to_end: payout.reference.clone(),
        };
        let (custodian, change) = (payout.custodian, Change::by_service(""));
        let take = async |tx: &Transaction<'_>| {
            bank_lines::take(tx, payout.id.book, custodian, vec![told], change, wall).await
        };
        let taken = ground.run(take).await?;
        if direction == Direction::Credit && matches!(taken[0].state, LineState::Matched { .. }) {
            *self.kept.entry(payout.amount.currency().code()).or_default() += fee;
        }
        Ok(())
    }

    fn standing(currency: Currency, all: &[accounts::Account], payouts: &[Payout]) -> Standing {
        let below = |prefix: &str| -> i64 {
            let of = all.iter().filter(|account| account.unit.to_string() == currency.code());
            of.filter(|account| account.code.starts_with(prefix)).map(accounts::Account::balance).sum()
        };
        let settled = |payout: &Payout| match payout.state.word() {
            PayoutState::Settled | PayoutState::Returned if payout.amount.currency() == currency => {
                payout.amount.minor() - payout.returned
            }
            PayoutState::Settled
            | PayoutState::Returned
            | PayoutState::Requested
            | PayoutState::Approved
            | PayoutState::Screened
            | PayoutState::Held
            | PayoutState::Sent
            | PayoutState::Failed
            | PayoutState::Cancelled => 0,
        };
        Standing {
            held: below("liabilities:fund:"),
            payable: below("liabilities:payable:team:"),
            in_transit: below("liabilities:payouts:"),
            paid: payouts.iter().map(settled).sum(),
            owed: [below("assets:receivable:clawback:"), below("liabilities:recoveries:")],
        }
    }

    /// Of each claim what is approved is what is released, frozen, struck and open; and all money of a currency is in the fund, owed to the
    /// team, on its way or paid, where what the team owes stands beside what the fund waits for.
    async fn adds_up(&self, seed: u64) {
        let at = format!("seed {seed}, day {}", self.day);
        for claim in &self.claims {
            let Some(decision) = self.two.scene.claim(claim).await.state.decision() else { continue };
            let parts = decision.released + decision.frozen + decision.struck + decision.open();
            assert_eq!(parts, decision.amount, "{at}");
            let client = self.two.scene.ground.client().await;
            let open = dispute_rows::list_open(&client, claim.id, claim.content.amount.currency()).await.unwrap();
            assert_eq!(decision.frozen, open.iter().map(|dispute| dispute.amount.minor()).sum::<i64>(), "{at}");
        }
        let ground = &self.two.scene.ground;
        let all = accounts::list(&ground.client().await, ground.book.id, "", 500).await.unwrap();
        let payouts = self.payouts().await;
        for currency in [Currency::USD, Currency::EUR] {
            let mut back = 0;
            for claim in self.claims.iter().filter(|claim| claim.content.amount.currency() == currency) {
                back += self.two.clawback(claim.id).await.map_or(0, |clawback| clawback.recovered);
            }
            let now = Walk::standing(currency, &all, &payouts);
            let Standing { held, payable, in_transit, paid, owed: [owed, waited_for] } = now;
            let kept = self.kept.get(currency.code()).copied().unwrap_or_default();
            assert_eq!(
                held + payable + in_transit + paid + kept,
                GIVEN + back,
                "{at}: what came back is there besides: {now:?}"
            );
            assert_eq!(owed, waited_for, "{at}: {now:?}");
            assert!(owed <= paid + in_transit + kept, "{at}: nobody owes more than they have or get: {now:?}");
        }
    }
}

#[tokio::test]
async fn m9_m10_a_random_walk_over_claims_disputes_payouts_and_revocations_adds_up_at_every_step() {
    let (mut revoked, mut over, mut ends) = (0, 0, Vec::new());
    let seeds = match std::env::var("COMMONPURSE_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => vec![6, 7],
    };
    let is_one = seeds.len() == 1;
    for seed in seeds {
        let mut walk = Walk::new(seed).await;
        for _ in 0..STEPS {
            walk.step().await;
            walk.adds_up(seed).await;
        }
        // What is under way comes to an end.
        for _ in 0..16 {
            let _refused = walk.pay().await;
            walk.adds_up(seed).await;
        }
        walk.two.audit().await;
        for claim in &walk.claims {
            revoked += i32::from(walk.two.scene.claim(claim).await.state.as_str() == "revoked");
            let client = walk.two.scene.ground.client().await;
            let currency = claim.content.amount.currency();
            let all = dispute_rows::list(&client, claim.id, currency, Uuid::nil(), 200).await.unwrap();
            over += all.iter().filter(|dispute| dispute.state.ended().is_some()).count();
        }
        ends.extend(walk.payouts().await.iter().map(|payout| payout.state.word().as_str()));
    }
    ends.sort_unstable();
    ends.dedup();
    if is_one {
        return;
    }
    assert!(revoked > 1 && over > 2, "the walks went nowhere: {revoked} revoked, {over} disputes over");
    for end in ["settled", "failed", "returned", "cancelled"] {
        assert!(ends.contains(&end), "no payout comes to be {end}: {ends:?}");
    }
}
