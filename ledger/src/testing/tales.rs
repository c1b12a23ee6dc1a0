//! Random stories of pledges, for tests that tell one twice, in two ways that must come to the same.

use super::{Ground, usd};
use crate::calendar::{Interval, days_after};
use crate::error::Error;
use crate::id::PledgeId;
use crate::pledging::operations::charges;
use crate::pledging::operations::plan_changes::{self, AskedChange, Attested};
use crate::pledging::operations::pledges::{self, AskedSchedule, PlacePledge};
use crate::pledging::operations::{campaigns, pledge_changes};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::State;
use crate::pledging::rules::pledge::Rail;
use crate::pledging::store::{charges as charge_rows, plan_changes as change_rows};
use crate::service::change::Change;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// The first day of each story.
const START: Date = date(2031, 1, 1);

/// How many days a story takes.
const DAYS: i64 = 150;

/// The secret of every link to a donor.
const SECRET: &str = "s3cret";

/// What the sandbox takes, and what it declines.
const TOKENS: [&str; 6] =
    ["sandbox_ok", "sandbox_ok", "sandbox_ok", "insufficient_funds", "expired_card", "stolen_card"];

/// Random numbers from a seed: SplitMix64, the same ones on every machine.
#[derive(Debug, Clone, Copy)]
pub struct Random(pub u64);

impl Random {
    /// A number from 0 on, below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn days(&mut self, bound: u64) -> i64 {
        i64::try_from(self.below(bound)).expect("a small number")
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let index = self.below(all.len() as u64);
        all[usize::try_from(index).expect("an index")]
    }
}

/// What happens at noon of a day.
#[derive(Debug, Clone, Copy)]
enum Event {
    Pause(usize, Option<i64>),
    Resume(usize, Option<&'static str>),
    Cancel(usize),
    Redirect(usize, usize),
    Report(usize),
    /// Amount, interval, and whether the partner attests the donor's consent.
    Change(usize, &'static str, Interval, bool),
    Consent(usize),
    Suspend(usize),
    Reinstate(usize),
    Close(usize),
}

/// How often a donor pays.
#[derive(Debug, Clone, Copy)]
enum Pays {
    Once,
    Monthly(Option<i32>),
}

/// What is promised at the beginning, and what happens then.
#[derive(Debug, Clone)]
pub struct Story {
    pledges: Vec<(i64, Pays, &'static str, Rail)>,
    events: Vec<(i64, Event)>,
}

impl Story {
    /// One to three plans or single payments, and up to seven events.
    pub fn random(random: &mut Random) -> Story {
        let pledges: Vec<_> = (0..=random.below(3))
            .map(|_| {
                let monthly = [None, Some(1), Some(2), Some(3), Some(4)].map(Pays::Monthly);
                let pays = if random.below(6) == 0 { Pays::Once } else { random.one_of(&monthly) };
                let rail = random.one_of(&[Rail::Sandbox, Rail::Sandbox, Rail::Partner]);
                (random.days(40), pays, random.one_of(&TOKENS), rail)
            })
            .collect();
        let indices: Vec<usize> = (0..pledges.len()).collect();
        let mut events: Vec<_> = (0..=random.below(7))
            .map(|_| {
                let (pledge, campaign) = (random.one_of(&indices), random.one_of(&[0, 1]));
                let event = match random.below(19) {
                    0 => Event::Pause(pledge, None),
                    1 | 2 => Event::Pause(pledge, Some(1 + random.days(60))),
                    3..=5 => {
                        // Not one that is declined softly again: of two payments that are tried again on one day, the first
                        // one may end both.
                        Event::Resume(pledge, random.one_of(&[None, Some("sandbox_ok"), Some("expired_card")]))
                    }
                    6 => Event::Cancel(pledge),
                    7 | 8 => Event::Redirect(pledge, campaign),
                    9 | 10 => Event::Report(pledge),
                    11 => Event::Suspend(campaign),
                    12 => Event::Reinstate(campaign),
                    13 => Event::Close(campaign),
                    14..=16 => {
                        let amount = random.one_of(&["5.00", "10.00", "25.00", "30.00"]);
                        Event::Change(pledge, amount, random.one_of(Interval::ALL), random.below(2) == 0)
                    }
                    _ => Event::Consent(pledge),
                };
                (1 + random.days(140), event)
            })
            .collect();
        events.sort_by_key(|(day, _)| *day);
        Story { pledges, events }
    }

    /// Whether a campaign is suspended in it, for which the last payment of a plan waits.
    pub fn suspends(&self) -> bool {
        self.events.iter().any(|(_, event)| matches!(event, Event::Suspend(_)))
    }

    /// Tells it in a book of its own. `walk` lets the clock of the book go to a moment, and does what falls due on the way;
    /// `stops` says at how many thousandths of each way it is to stop besides.
    pub async fn tell(
        &self,
        ground: &Ground,
        mut stops: impl FnMut() -> Vec<u64>,
        walk: impl AsyncFn(&mut Ground, Timestamp),
    ) -> Telling {
        let mut telling = Telling::begin(ground, self).await;
        let mut from = telling.noon(0);
        for (day, event) in self.events.iter().map(|(day, event)| (*day, Some(*event))).chain([(DAYS, None)]) {
            let to = telling.noon(day);
            for per_mille in stops() {
                let part = to.duration_since(from).as_secs() * i64::try_from(per_mille).expect("thousandths") / 1_000;
                walk(&mut telling.ground, from + SignedDuration::from_secs(part)).await;
            }
            walk(&mut telling.ground, to).await;
            from = to;
            if let Some(event) = event {
                telling.happen(event).await;
            }
        }
        telling
    }
}

/// A book in which a story was told.
#[derive(Debug)]
pub struct Telling {
    /// The ground of its book.
    pub ground: Ground,
    campaigns: [Campaign; 2],
    pledges: Vec<PledgeId>,
    /// What each event was refused with.
    pub refused: Vec<Option<&'static str>>,
}

impl Telling {
    async fn begin(ground: &Ground, story: &Story) -> Telling {
        let mut ground = ground.with_another_book().await;
        let noon = ground.book.start_of(START) + SignedDuration::from_hours(12);
        ground.leap_to(noon).await;
        let campaigns = [ground.campaign("press").await, ground.campaign("drill").await];
        let mut placed = Vec::new();
        for (number, (starts, pays, token, rail)) in story.pledges.iter().enumerate() {
            let first = Some(days_after(START, *starts));
            let schedule = match *pays {
                Pays::Once => AskedSchedule::Once { on: first },
                Pays::Monthly(payments) => {
                    AskedSchedule::Recurring { interval: Interval::Month, start: first, anchor: None, payments }
                }
            };
            let asked = ground.ask(&campaigns[0], &format!("m-{number}"), "10.00");
            let asked = PlacePledge { schedule, token: (*token).into(), rail: *rail, ..asked };
            let wall = ground.wall;
            placed
                .push(ground.run(async |tx| pledges::place(tx, asked, wall).await).await.expect("a pledge").pledge.id);
        }
        Telling { ground, campaigns, pledges: placed, refused: Vec::new() }
    }

    /// Noon of a day of the story.
    fn noon(&self, day: i64) -> Timestamp {
        self.ground.book.start_of(days_after(START, day)) + SignedDuration::from_hours(12)
    }

    async fn happen(&mut self, event: Event) {
        let refused = match self.try_to(event).await {
            Ok(()) => None,
            Err(Error::Refused(refusal)) => Some(refusal.code),
            Err(Error::Invalid { .. }) => Some("invalid"),
            Err(error) => panic!("{event:?}: {error}"),
        };
        self.refused.push(refused);
    }

    async fn try_to(&self, event: Event) -> Result<(), Error> {
        let (ground, change) = (&self.ground, Change::by_service("told"));
        let wall = ground.wall;
        let campaign = |index: usize| self.campaigns[index].id;
        let pledge = |index: usize| self.pledges[index];
        match event {
            Event::Pause(index, days) => {
                let until = days.map(|days| days_after(ground.book.today(wall), days));
                ground.run(async |tx| pledge_changes::pause(tx, pledge(index), until, change, wall).await).await?;
            }
            Event::Resume(index, token) => {
                let token = token.map(str::to_owned);
                ground.run(async |tx| pledge_changes::resume(tx, pledge(index), token, change, wall).await).await?;
            }
            Event::Cancel(index) => {
                ground.run(async |tx| pledge_changes::cancel(tx, pledge(index), change, wall).await).await?;
            }
            Event::Redirect(index, to) => {
                let (id, to) = (pledge(index), campaign(to));
                ground.run(async |tx| pledge_changes::redirect(tx, id, to, true, change, wall).await).await?;
            }
            Event::Report(index) => self.report(pledge(index)).await?,
            Event::Change(index, amount, interval, is_attested) => {
                let consent = is_attested.then(|| Attested { at: ground.book.now(wall), shown: [7; 32] });
                let asked = AskedChange { amount: Some(usd(amount)), interval: Some(interval), consent };
                let id = pledge(index);
                ground.run(async |tx| plan_changes::ask(tx, id, asked, SECRET, change, wall).await).await?;
            }
            Event::Consent(index) => {
                let changes = change_rows::list(&ground.client().await, pledge(index), Uuid::nil(), 200).await?;
                let Some(last) = changes.last().map(|change| change.id) else { return Ok(()) };
                ground.run(async |tx| plan_changes::consent(tx, last, SECRET, wall).await).await?;
            }
            Event::Suspend(index) => {
                ground.run(async |tx| campaigns::suspend(tx, campaign(index), change, wall).await).await?;
            }
            Event::Reinstate(index) => {
                ground.run(async |tx| campaigns::reinstate(tx, campaign(index), change, wall).await).await?;
            }
            Event::Close(index) => {
                ground.run(async |tx| campaigns::close(tx, campaign(index), change, wall).await).await?;
            }
        }
        Ok(())
    }

    /// The partner reports each payment that it was to collect.
    async fn report(&self, pledge: PledgeId) -> Result<(), Error> {
        let (ground, partner) = (&self.ground, self.ground.partner);
        let wall = ground.wall;
        for charge in charge_rows::list(&ground.client().await, pledge, 0, 200).await? {
            if let (Rail::Partner, State::Processing { attempt, .. }) = (charge.rail, &charge.state) {
                let event = format!("{}-{attempt}", charge.id);
                let id = charge.id;
                ground
                    .run(async |tx| charges::capture_reported(tx, id, partner, &event, &event, None, wall).await)
                    .await?;
            }
        }
        Ok(())
    }
}
