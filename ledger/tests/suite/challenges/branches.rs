//! The branches of challenges: rules that change, more time, giving up, money that nobody won, secret rubrics, appeals.

use super::{Scene, complete, entry, small};
use ledger::Error;
use ledger::challenges::operations::{appeals, challenges, consents, judging, rollovers, rubrics, submissions};
use ledger::challenges::rules::appeal::{Appeal, AppealState};
use ledger::challenges::rules::challenge::Challenge;
use ledger::challenges::rules::entering::{Answer, AnswerKind, Question};
use ledger::challenges::rules::entrant::{Entrant, WithdrawnBy};
use ledger::challenges::rules::purse::{ContributionState, FeeState};
use ledger::challenges::rules::rulebook::{EntryFee, Extensions, FeeGoesTo, Rules, Unawarded};
use ledger::challenges::rules::submission::Submission;
use ledger::challenges::store::{contributions, entrants};
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, EntrantId, SettlementId};
use ledger::parties::rules::role::Role;
use ledger::service::change::Change;
use ledger::service::store::activity::Actor;
use ledger::testing::{Team, refusal, usd};
use ledger::treasury::operations::settlements;

impl Scene {
    pub(super) async fn rewrite(&self, challenge: ChallengeId, rules: Rules, day: i64) -> Result<Challenge, Error> {
        let purse = usd(&self.ground.book.currency.format(i64::try_from(rules.purse()).unwrap()));
        let (owner, wall) = (self.ground.owner, self.ground.day(day));
        self.ground.run(async |tx| challenges::replace_rules(tx, challenge, purse, rules, owner, wall).await).await
    }

    pub(super) async fn consent(
        &self,
        entrant: EntrantId,
        team: Team,
        rules: Digest,
        day: i64,
    ) -> Result<Entrant, Error> {
        let wall = self.ground.day(day);
        self.ground.run(async |tx| consents::consent(tx, entrant, rules, team.member, wall).await).await
    }

    pub(super) async fn withdraw(&self, entrant: EntrantId, team: Team, day: i64) -> Result<Entrant, Error> {
        let wall = self.ground.day(day);
        self.ground.run(async |tx| consents::withdraw(tx, entrant, team.member, "No.", wall).await).await
    }

    /// The fee of an entry comes in on a day, and arrives two days later.
    pub(super) async fn pay_fee(&self, entrant: EntrantId, day: i64) {
        self.capture_fee(entrant, day).await.unwrap();
        self.settle_fees(day + 2).await;
    }

    pub(super) async fn capture_fee(&self, entrant: EntrantId, day: i64) -> Result<Entrant, Error> {
        let (host, actor) = (self.ground.book.organisation, Actor::Person(self.ground.owner));
        let (paid, wall) = (format!("card of {entrant}"), self.ground.day(day));
        self.ground.run(async |tx| submissions::capture_fee(tx, entrant, host, &paid, actor, None, wall).await).await
    }

    pub(super) async fn settle_fees(&self, day: i64) {
        let rows = self.ground.database_owner().await;
        let open = "SELECT DISTINCT e.settlement FROM entrant e JOIN settlement s ON s.id = e.settlement
                     WHERE s.settled_at IS NULL";
        for row in rows.query(open, &[]).await.unwrap() {
            let id = SettlementId::new(self.ground.book.id, row.get(0));
            self.ground.run(async |tx| settlements::settle(tx, id, self.ground.day(day)).await).await.unwrap();
        }
    }

    async fn entrant(&self, id: EntrantId) -> Entrant {
        entrants::get(&self.ground.client().await, id).await.unwrap()
    }

    async fn submission(&self, of: &Submission) -> Submission {
        ledger::challenges::store::submissions::get(&self.ground.client().await, of.id).await.unwrap()
    }

    fn because(&self) -> Change<'static> {
        Change { reason: "as agreed", ..self.change() }
    }

    pub(super) async fn extend(&self, id: ChallengeId, days: u16, day: i64) -> Result<Challenge, Error> {
        let wall = self.ground.day(day);
        self.ground.run(async |tx| challenges::extend(tx, id, days, self.because(), wall).await).await
    }

    pub(super) async fn cancel(&self, id: ChallengeId, day: i64) -> Result<Challenge, Error> {
        let wall = self.ground.day(day);
        self.ground.run(async |tx| challenges::cancel(tx, id, self.because(), wall).await).await
    }

    pub(super) async fn roll_over(&self, from: ChallengeId, to: ChallengeId, day: i64) -> Result<Challenge, Error> {
        let wall = self.ground.day(day);
        self.ground.run(async |tx| rollovers::roll_over(tx, from, to, self.because(), wall).await).await
    }

    pub(super) async fn appeal(&self, challenge: ChallengeId, team: Team, day: i64) -> Result<Appeal, Error> {
        let (reason, wall) = ("The torque was read wrongly.".to_owned(), self.ground.day(day));
        let run = async |tx: &deadpool_postgres::Transaction<'_>| {
            appeals::raise(tx, challenge, team.id, reason, team.member, wall).await
        };
        self.ground.run(run).await
    }

    pub(super) async fn decide(&self, appeal: &Appeal, is_upheld: bool, day: i64) -> Result<Appeal, Error> {
        let (owner, wall) = (self.ground.owner, self.ground.day(day));
        self.ground.run(async |tx| appeals::decide(tx, appeal.id, is_upheld, owner, "As measured.", wall).await).await
    }

    async fn rank(&self, challenge: ChallengeId, day: i64) -> Result<Challenge, Error> {
        let wall = self.ground.day(day);
        self.ground.run(async |tx| judging::rank(tx, challenge, self.change(), wall).await).await
    }

    async fn refunds(&self) -> i64 {
        self.balance(&format!("liabilities:refunds:{}", self.ground.book.organisation)).await
    }

    /// Enters two teams that hand in, scores 60 and 50, and ranks on day 94.
    pub(super) async fn two_ranked(&self, challenge: &Challenge) -> [(Team, Submission); 2] {
        self.appoint_all(challenge.id).await;
        let mut both = Vec::new();
        for name in ["ada", "bob"] {
            let team = self.team(name).await;
            self.enter(challenge, team, 4).await;
            both.push((team, self.hand_in(challenge, team, "final", &[]).await));
        }
        self.advance(challenge.id, 93).await;
        for judge in &self.judges {
            for (points, (_, work)) in [60, 50].into_iter().zip(&both) {
                self.score(*judge, work, [points, points], 94).await.unwrap();
            }
        }
        self.rank(challenge.id, 94).await.unwrap();
        both.try_into().unwrap()
    }
}

fn with_fee() -> Rules {
    Rules { entry_fee: Some(EntryFee { amount: usd("50.00"), goes_to: FeeGoesTo::OperatingFund }), ..small() }
}

fn other_terms(rules: &Rules) -> Rules {
    Rules { terms: "Everything is published within a week.".into(), ..rules.clone() }
}

#[tokio::test]
async fn rules_that_change_ask_each_team_again_and_who_does_not_agree_gets_its_fee_back() {
    let scene = Scene::new().await;
    let challenge = scene.open(with_fee()).await;
    let [agreeing, leaving, silent] = [scene.team("ada").await, scene.team("bob").await, scene.team("cem").await];
    let mut entries = Vec::new();
    for team in [agreeing, leaving, silent] {
        let entrant = scene.enter(&challenge, team, 4).await;
        scene.capture_fee(entrant.id, 4).await.unwrap();
        entries.push(entrant.id);
    }
    scene.settle_fees(6).await;
    let [ada, bob, cem] = entries[..] else { panic!("three") };
    let work = scene.hand_in(&challenge, silent, "final", &[]).await;

    assert_eq!(refusal(scene.withdraw(bob, leaving, 11).await), "rules-agreed", "nothing has changed yet");
    let changed = scene.rewrite(challenge.id, other_terms(&with_fee()), 20).await.unwrap();
    assert_eq!((changed.rules_version, changed.consent_until), (2, Some(later(&scene, 20, 14))));
    let draft = scene.draft(challenge.id, agreeing, "final", complete("final", &[]), 21).await.unwrap();
    assert_eq!(refusal(scene.submit(&draft, agreeing, 21).await), "consent-due");
    assert_eq!(refusal(scene.consent(ada, agreeing, challenge.rules, 21).await), "rules-mismatch");
    let stranger = scene.consent(ada, leaving, changed.rules, 21).await;
    assert!(matches!(stranger, Err(Error::NotFound("entry"))), "another team agrees for nobody, and hears of nothing");
    let agreed = scene.consent(ada, agreeing, changed.rules, 21).await.unwrap();
    assert_eq!((agreed.rules_version, agreed.rules), (2, changed.rules));
    let again = scene.consent(ada, agreeing, changed.rules, 22).await.unwrap();
    assert_eq!(again.version, agreed.version, "said again, it changes nothing");
    scene.submit(&draft, agreeing, 22).await.unwrap();

    let left = scene.withdraw(bob, leaving, 23).await.unwrap();
    assert_eq!((left.fee_state, left.withdrawn.map(|it| it.by)), (FeeState::Returned, Some(WithdrawnBy::Team)));
    assert_eq!((scene.balance("liabilities:entry-fees:drill").await, scene.refunds().await), (10_000, 5_000));
    assert_eq!(refusal(scene.consent(bob, leaving, changed.rules, 24).await), "entry-withdrawn");

    scene.advance(challenge.id, 33).await;
    assert!(scene.entrant(cem).await.withdrawn.is_none(), "a day is left");
    let settled = scene.advance(challenge.id, 34).await;
    assert_eq!((settled.state.as_str(), settled.consent_until), ("open", None));
    let gone = scene.entrant(cem).await;
    assert_eq!((gone.fee_state, gone.withdrawn.map(|it| it.by)), (FeeState::Returned, Some(WithdrawnBy::Silence)));
    assert_eq!(scene.submission(&work).await.state.as_str(), "withdrawn");
    assert_eq!((scene.balance("liabilities:entry-fees:drill").await, scene.refunds().await), (5_000, 10_000));
    scene.advance(challenge.id, 35).await;
    assert_eq!(scene.refunds().await, 10_000, "a fee goes back once");

    scene.appoint_all(challenge.id).await;
    scene.advance(challenge.id, 93).await;
    assert_eq!(refusal(scene.score(scene.judges[0], &work, [99, 99], 94).await), "not-judged");
    for judge in &scene.judges {
        scene.score(*judge, &scene.submission(&draft).await, [50, 50], 94).await.unwrap();
    }
    scene.rank(challenge.id, 95).await.unwrap();
    let (_, awards) = scene.award(challenge.id, 110).await.unwrap();
    assert_eq!(awards.iter().map(|award| (award.team, award.rules_version)).collect::<Vec<_>>(), [(agreeing.id, 2)]);
    assert_eq!(scene.balance("equity:operating:drill").await, 5_000, "of the team that stayed");
    scene.ground.audit().await;
}

fn later(scene: &Scene, day: i64, days: i64) -> jiff::Timestamp {
    ledger::calendar::to_microseconds(scene.ground.book.now(scene.ground.day(day + days)))
}

#[tokio::test]
async fn a_fee_that_is_still_on_its_way_goes_back_when_it_has_arrived() {
    let scene = Scene::new().await;
    let challenge = scene.open(with_fee()).await;
    let team = scene.team("ada").await;
    let entrant = scene.enter(&challenge, team, 4).await;
    scene.capture_fee(entrant.id, 4).await.unwrap();
    scene.rewrite(challenge.id, other_terms(&with_fee()), 5).await.unwrap();
    let left = scene.withdraw(entrant.id, team, 5).await.unwrap();
    assert_eq!(left.fee_state, FeeState::Captured);
    scene.settle_fees(6).await;
    scene.advance(challenge.id, 6).await;
    assert_eq!(scene.entrant(entrant.id).await.fee_state, FeeState::Returned);
    assert_eq!((scene.balance("liabilities:entry-fees:drill").await, scene.refunds().await), (0, 5_000));
    let late = scene.team("late").await;
    let enter = async |tx: &deadpool_postgres::Transaction<'_>| {
        let rules = ledger::challenges::store::challenges::get(tx, challenge.id).await?.rules;
        submissions::enter(tx, entry(challenge.id, late.id, rules, None), late.member, scene.ground.day(7)).await
    };
    let unpaid = scene.ground.run(enter).await.unwrap();
    assert_eq!(unpaid.rules_version, 2, "who enters later enters by the rules in force");
    let changed = scene.rewrite(challenge.id, Rules { judges_needed: 1, ..with_fee() }, 8).await.unwrap();
    scene.withdraw(unpaid.id, late, 8).await.unwrap();
    assert_eq!(refusal(scene.capture_fee(unpaid.id, 9).await), "entry-withdrawn");
    assert_eq!(changed.rules_version, 3);
    scene.ground.audit().await;
}

#[tokio::test]
async fn sponsors_that_did_not_agree_take_back_what_they_gave_until_the_opening_and_not_later() {
    let scene = Scene::new().await;
    let challenge = scene.challenge(small()).await;
    let first = scene.give(&challenge, 0, "300.00", 0).await.unwrap();
    let second = scene.give(&challenge, 1, "600.00", 0).await.unwrap();
    let actor = Actor::Person(scene.ground.owner);
    let take = async |id, day| {
        scene.ground.run(async |tx| consents::take_back(tx, id, actor, scene.ground.day(day)).await).await
    };
    assert_eq!(refusal(take(first.id, 1).await), "purse-settling");
    scene.settle(&first, 2).await;
    assert_eq!(refusal(take(first.id, 2).await), "rules-agreed");
    let changed = scene.rewrite(challenge.id, other_terms(&small()), 3).await.unwrap();
    assert_eq!(changed.consent_until, None, "no team is asked");
    let agree = async |id, rules, day| {
        let wall = scene.ground.day(day);
        scene.ground.run(async |tx| consents::consent_contribution(tx, id, rules, actor, wall).await).await
    };
    assert_eq!(refusal(agree(second.id, challenge.rules, 3).await), "rules-mismatch");
    assert_eq!(agree(second.id, changed.rules, 3).await.unwrap().rules_version, 2);
    assert_eq!(refusal(take(second.id, 3).await), "rules-agreed");
    let back = take(first.id, 4).await.unwrap();
    assert_eq!((back.state, back.returned), (ContributionState::Returned, 30_000));
    assert_eq!(take(first.id, 4).await.unwrap().version, back.version, "asked again, it changes nothing");
    assert_eq!((scene.balance("liabilities:purse:drill").await, scene.refunds().await), (60_000, 30_000));

    let again = Challenge { rules: changed.rules, ..challenge.clone() };
    let third = scene.give(&again, 0, "300.00", 5).await;
    assert_eq!(refusal(third), "reference-taken", "the same reference is another gift");
    let third = scene.give(&again, 1, "300.00", 5).await.unwrap();
    scene.settle(&third, 7).await;
    let step = async |open: bool, day| {
        let run = async |tx: &deadpool_postgres::Transaction<'_>| match open {
            true => challenges::open(tx, challenge.id, scene.change(), scene.ground.day(day)).await,
            false => challenges::announce(tx, challenge.id, scene.change(), scene.ground.day(day)).await,
        };
        scene.ground.run(run).await.unwrap()
    };
    step(false, 7).await;
    let unasked = scene.rewrite(challenge.id, small(), 8).await.unwrap();
    assert_eq!(unasked.rules, challenge.rules, "the first rules again, as a third version");
    step(true, 9).await;
    assert_eq!(refusal(take(second.id, 9).await), "contribution-bound");
    scene.ground.audit().await;
}

#[tokio::test]
async fn time_is_extended_as_the_rules_allow_and_one_that_is_open_is_given_up_with_all_its_money() {
    let scene = Scene::new().await;
    let extensions = Some(Extensions { days: 10, most: 1 });
    let challenge = scene.open(Rules { extensions, ..with_fee() }).await;
    let team = scene.team("ada").await;
    let entrant = scene.enter(&challenge, team, 4).await;
    scene.pay_fee(entrant.id, 4).await;
    assert_eq!(refusal(scene.extend(challenge.id, 11, 50).await), "extension-too-long");
    let extended = scene.extend(challenge.id, 10, 50).await.unwrap();
    assert_eq!((extended.state.as_str(), extended.extensions), ("extended", 1));
    assert_eq!(refusal(scene.extend(challenge.id, 1, 51).await), "extensions-used-up");
    assert_eq!(scene.advance(challenge.id, 93).await.state.as_str(), "extended");
    let silent = scene
        .ground
        .run(async |tx| challenges::cancel(tx, challenge.id, scene.change(), scene.ground.day(95)).await)
        .await;
    assert_eq!(refusal(silent), "reason-missing");
    let cancelled = scene.cancel(challenge.id, 95).await.unwrap();
    assert_eq!(cancelled.state.as_str(), "cancelled");
    assert_eq!((scene.balance("liabilities:purse:drill").await, scene.refunds().await), (0, 95_000));
    assert_eq!(scene.balance("liabilities:entry-fees:drill").await, 0);
    assert_eq!(scene.advance(challenge.id, 103).await.state.as_str(), "cancelled");
    let told = "SELECT payload->>'news' AS news FROM job WHERE kind = 'tell_entrants' ORDER BY id";
    let told = scene.ground.client().await.query(told, &[]).await.unwrap();
    let told: Vec<String> = told.iter().map(|row| row.get("news")).collect();
    assert_eq!(told, ["announcement", "extension", "cancellation"]);
    scene.ground.audit().await;
}

#[tokio::test]
async fn what_is_judged_is_not_given_up() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    scene.advance(challenge.id, 93).await;
    assert_eq!(refusal(scene.cancel(challenge.id, 93).await), "challenge-opened");
    assert_eq!(refusal(scene.extend(challenge.id, 1, 93).await), "challenge-not-open");
    assert_eq!(refusal(scene.rewrite(challenge.id, other_terms(&small()), 93).await), "rules-final");
}

#[tokio::test]
async fn f4_money_that_nobody_won_rolls_over_to_another_challenge_or_goes_back_after_its_time() {
    let scene = Scene::new().await;
    let rolling = Rules { unawarded: Unawarded::RollOver, rollover_days: Some(30), ..small() };
    let from = scene.open(rolling).await;
    scene.advance(from.id, 93).await;
    scene.advance(from.id, 123).await;
    let over = scene.advance(from.id, 137).await;
    assert_eq!((over.state.as_str(), over.rolls_until), ("no_award", Some(later(&scene, 137, 30))));
    assert_eq!((scene.balance("liabilities:purse:drill").await, scene.refunds().await), (90_000, 0));

    let mut cheaper = small();
    cheaper.prizes[0].amount = usd("500.00");
    let new = challenges::NewChallenge {
        book: scene.ground.book.id,
        slug: "press".into(),
        title: "An open press".into(),
        summary: String::new(),
        purse: usd("500.00"),
        rules: cheaper,
    };
    let (owner, wall) = (scene.ground.owner, scene.ground.day(138));
    let to = scene.ground.run(async |tx| challenges::create(tx, new, owner, wall).await).await.unwrap();
    assert_eq!(refusal(scene.roll_over(from.id, to.id, 138).await), "challenge-not-funding");
    let same = scene.roll_over(from.id, from.id, 138).await;
    assert!(matches!(&same, Err(Error::Invalid { pointer, .. }) if pointer == "/challenge"), "{same:?}");
    scene.ground.run(async |tx| challenges::publish(tx, to.id, scene.change(), wall).await).await.unwrap();
    let rolled = scene.roll_over(from.id, to.id, 138).await.unwrap();
    assert!(rolled.rolls_until.is_some(), "the other purse wants less than there is");
    assert_eq!(refusal(scene.roll_over(from.id, to.id, 138).await), "purse-full");
    let purses = (scene.balance("liabilities:purse:drill").await, scene.balance("liabilities:purse:press").await);
    assert_eq!(purses, (40_000, 50_000));
    let client = scene.ground.client().await;
    let carried = contributions::captured(&client, to.id).await.unwrap();
    assert_eq!((carried.len(), carried[0].sponsor, carried[0].is_agreed), (1, scene.sponsors[0], false));
    let given = contributions::captured(&client, from.id).await.unwrap();
    assert_eq!((given[0].rolled, carried[0].rolled_from), (50_000, Some(given[0].id)));

    assert!(scene.advance(from.id, 166).await.rolls_until.is_some(), "a day is left");
    assert_eq!(scene.advance(from.id, 167).await.rolls_until, None);
    assert_eq!((scene.balance("liabilities:purse:drill").await, scene.refunds().await), (0, 40_000));
    assert_eq!(refusal(scene.roll_over(from.id, to.id, 168).await), "nothing-rolls");
    let actor = Actor::Person(owner);
    let back = async |day| {
        scene.ground.run(async |tx| consents::take_back(tx, carried[0].id, actor, scene.ground.day(day)).await).await
    };
    assert_eq!(back(169).await.unwrap().returned, 50_000, "the sponsor has not agreed to the other rules");
    assert_eq!((scene.balance("liabilities:purse:press").await, scene.refunds().await), (0, 90_000));
    scene.ground.audit().await;
}

#[tokio::test]
async fn a_secret_rubric_is_shown_before_the_award_or_everybody_sees_that_it_was_not() {
    let scene = Scene::new().await;
    let secret = "Weight below 1.2 kg; repaired with one screwdriver.";
    let challenge = scene.open(Rules { secret_rubric: Some(Digest::of(secret.as_bytes())), ..small() }).await;
    let show = async |text: &str, day| {
        let (owner, wall) = (scene.ground.owner, scene.ground.day(day));
        scene.ground.run(async |tx| rubrics::show(tx, challenge.id, text.to_owned(), owner, wall).await).await
    };
    assert_eq!(refusal(show(secret, 20).await), "challenge-not-judging");
    scene.two_ranked(&challenge).await;
    assert_eq!(scene.advance(challenge.id, 108).await.state.as_str(), "provisional", "it waits for the rubric");
    assert_eq!(refusal(scene.award(challenge.id, 108).await), "rubric-secret");
    assert_eq!(refusal(show("Whoever is nice.", 109).await), "rubric-mismatch");
    let shown = show(secret, 109).await.unwrap();
    assert_eq!(show(secret, 110).await.unwrap(), shown, "given again, it changes nothing");
    assert_eq!(scene.advance(challenge.id, 110).await.state.as_str(), "awarded");

    let kept = Scene::new().await;
    let challenge = kept.open(Rules { secret_rubric: Some(Digest::of(b"never shown")), ..small() }).await;
    kept.two_ranked(&challenge).await;
    assert_eq!(kept.advance(challenge.id, 121).await.state.as_str(), "provisional");
    assert_eq!(kept.advance(challenge.id, 122).await.state.as_str(), "awarded", "teams do not lose by it");
}

#[tokio::test]
async fn an_appeal_holds_the_award_until_it_is_decided_or_lapses_and_one_that_is_upheld_ranks_anew() {
    let scene = Scene::new().await;
    let challenge = scene.open(small()).await;
    let [(first, best), (second, work)] = scene.two_ranked(&challenge).await;
    let stranger = scene.team("eve").await;
    assert_eq!(refusal(scene.appeal(challenge.id, stranger, 100).await), "team-not-entered");
    let appeal = scene.appeal(challenge.id, second, 107).await.unwrap();
    assert_eq!(refusal(scene.appeal(challenge.id, second, 107).await), "appeal-raised");
    assert_eq!(refusal(scene.award(challenge.id, 108).await), "appeal-open");
    assert_eq!(scene.advance(challenge.id, 110).await.state.as_str(), "provisional", "the award waits");
    assert_eq!(refusal(scene.appeal(challenge.id, first, 110).await), "appeals-over");
    let judge = scene.judges[0];
    scene.ground.give(judge, Role::Owner).await;
    let by_judge = scene
        .ground
        .run(async |tx| appeals::decide(tx, appeal.id, true, judge, "Mine.", scene.ground.day(110)).await)
        .await;
    assert!(matches!(by_judge, Err(Error::Forbidden(_))), "{by_judge:?}");

    assert_eq!(scene.decide(&appeal, true, 110).await.unwrap().state, AppealState::Upheld);
    assert_eq!(refusal(scene.decide(&appeal, false, 110).await), "appeal-decided");
    assert_eq!(scene.submission(&best).await.placed, None, "places fall");
    for judge in &scene.judges {
        scene.score(*judge, &work, [70, 70], 111).await.unwrap();
    }
    let ranked = scene.rank(challenge.id, 111).await.unwrap();
    assert_eq!(ranked.state.until(), Some(later(&scene, 111, 14)), "the time for appeals begins anew");
    assert_eq!(refusal(scene.appeal(challenge.id, second, 112).await), "appeal-raised", "one for each team");
    let last = scene.appeal(challenge.id, first, 124).await.unwrap();
    assert_eq!(scene.advance(challenge.id, 137).await.state.as_str(), "provisional");
    assert_eq!(scene.advance(challenge.id, 138).await.state.as_str(), "awarded", "nobody decided: it lapses");
    let client = scene.ground.client().await;
    let lapsed = ledger::challenges::store::appeals::get(&client, last.id).await.unwrap();
    assert_eq!((lapsed.state, lapsed.decided_by), (AppealState::Lapsed, None));
    let (_, awards) = scene.award(challenge.id, 139).await.unwrap();
    assert_eq!(awards.iter().map(|award| award.team).collect::<Vec<_>>(), [second.id]);
    scene.ground.audit().await;
}

#[tokio::test]
async fn whoever_enters_answers_what_the_rules_ask_and_a_fee_needs_its_disclosure() {
    let scene = Scene::new().await;
    let question = |name: &str, kind, wants| Question { kind, name: name.into(), title: format!("{name}?"), wants };
    let questions = vec![question("adult", AnswerKind::YesNo, Some(true)), question("place", AnswerKind::Text, None)];
    let bare = Rules { fee_disclosure: None, questions, ..with_fee() };
    let funding = scene.challenge(bare.clone()).await;
    let given = scene.give(&funding, 0, "900.00", 0).await.unwrap();
    scene.settle(&given, 2).await;
    let wall = scene.ground.day(2);
    scene.ground.run(async |tx| challenges::announce(tx, funding.id, scene.change(), wall).await).await.unwrap();
    let open = async || scene.ground.run(async |tx| challenges::open(tx, funding.id, scene.change(), wall).await).await;
    assert_eq!(refusal(open().await), "fee-needs-disclosure");
    let mended = Rules { fee_disclosure: small().fee_disclosure, ..bare };
    let challenge = scene.rewrite(funding.id, mended, 2).await.unwrap();
    open().await.unwrap();
    let team = scene.team("ada").await;
    let enter = async |answers: &[(&str, &str)]| {
        let answer = |(question, answer): &(&str, &str)| Answer {
            question: (*question).to_owned(),
            answer: (*answer).to_owned(),
        };
        let mut new = entry(challenge.id, team.id, challenge.rules, None);
        new.answers = answers.iter().map(answer).collect();
        scene.ground.run(async |tx| submissions::enter(tx, new, team.member, wall).await).await
    };
    assert!(matches!(enter(&[("adult", "yes")]).await, Err(Error::Invalid { .. })), "all are answered");
    assert_eq!(refusal(enter(&[("adult", "no"), ("place", "Lisbon")]).await), "not-eligible");
    let entered = enter(&[("place", "Lisbon"), ("adult", "yes")]).await.unwrap();
    let client = scene.ground.client().await;
    let kept =
        ledger::challenges::store::consents::answers(&client, scene.ground.book.id, &[entered.id]).await.unwrap();
    let kept: Vec<_> = kept[&entered.id].iter().map(|it| (it.question.as_str(), it.answer.as_str())).collect();
    assert_eq!(kept, [("adult", "yes"), ("place", "Lisbon")]);
}

#[tokio::test]
async fn the_database_keeps_what_was_promised_whatever_the_service_says() {
    let scene = Scene::new().await;
    let secret = Digest::of(b"secret");
    let challenge = scene.open(Rules { secret_rubric: Some(secret), ..small() }).await;
    let [(team, work), (other, _)] = scene.two_ranked(&challenge).await;
    scene.appeal(challenge.id, other, 100).await.unwrap();
    let client = scene.ground.client().await;
    let award = format!(
        "INSERT INTO award (book_id, id, challenge, version, prize, number, submission, team, amount, currency, entry, awarded_at)
         SELECT book_id, gen_random_uuid(), challenge, 1, 1, 1, id, team, 90000, 'USD', 1, now() FROM submission WHERE id = '{}'",
        work.id.object
    );
    let rubric = "INSERT INTO challenge_rubric (book_id, challenge, shown_by, shown_at, sha256, text)
                  SELECT book_id, id, (SELECT id FROM person LIMIT 1), now(), sha256('other'), 'other' FROM challenge";
    let unhashed = "INSERT INTO challenge_rubric (book_id, challenge, shown_by, shown_at, sha256, text)
                    SELECT book_id, id, (SELECT id FROM person LIMIT 1), now(), sha256('secret'), 'another' FROM challenge";
    for sql in [
        "UPDATE challenge_rules SET document = '{}'",
        "UPDATE challenge SET purse = purse - 1",
        "UPDATE challenge SET rules_version = 2, rules_sha256 = sha256('x')",
        "UPDATE challenge SET state = 'awarded', state_until = NULL",
        "UPDATE challenge SET is_blind = true",
        "UPDATE challenge SET rolls_until = now()",
        award.as_str(),
        rubric,
        unhashed,
        "UPDATE entrant SET rules_sha256 = sha256('other rules')",
        "UPDATE entrant SET rules_version = 2",
        "UPDATE entrant SET state = 'withdrawn'",
        "UPDATE entrant SET fee_state = 'returned'",
        "UPDATE purse_contribution SET rules_sha256 = sha256('other rules')",
        "UPDATE purse_contribution SET rolled = amount + 1",
        "UPDATE appeal SET reason = 'nothing'",
        "UPDATE appeal SET state = 'dismissed', decided_at = now()",
        "UPDATE appeal SET state = 'upheld', decided_at = now(), decision = 'x', decided_by = (SELECT person FROM judge LIMIT 1)",
        "DELETE FROM appeal",
        "DELETE FROM entry_consent",
    ] {
        assert!(client.batch_execute(sql).await.is_err(), "{sql}");
    }
    let lapse = "UPDATE appeal SET state = 'lapsed', decided_at = now()";
    client.batch_execute(lapse).await.unwrap();
    assert!(client.batch_execute("UPDATE appeal SET state = 'open', decided_at = NULL").await.is_err());
    client.batch_execute(&format!("BEGIN; {award}; ROLLBACK")).await.unwrap();
    let withdraw = format!(
        "UPDATE entrant SET state = 'withdrawn', withdrawn_at = now(), withdrawn_by = 'team' WHERE team = '{}'",
        team.id.0
    );
    let withdrawn = format!("BEGIN; {withdraw}; {award}");
    assert!(client.batch_execute(&withdrawn).await.is_err(), "no prize for a team that has withdrawn");
    client.batch_execute("ROLLBACK").await.unwrap();
    let back =
        format!("BEGIN; {withdraw}; UPDATE entrant SET state = 'entered', withdrawn_at = NULL, withdrawn_by = ''");
    assert!(client.batch_execute(&back).await.is_err(), "withdrawn is withdrawn");
    client.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn the_part_of_a_team_that_has_withdrawn_is_shared_by_the_others() {
    let scene = Scene::new().await;
    let mut pooled = small();
    pooled.prizes[0].condition = ledger::challenges::rules::rulebook::Condition::Contribution;
    pooled.stages.insert(0, super::drill().stages[0].clone());
    let challenge = scene.open(pooled.clone()).await;
    let [winner, stays, leaves] = [scene.team("ada").await, scene.team("bob").await, scene.team("cem").await];
    let mut entries = Vec::new();
    for team in [winner, stays, leaves] {
        entries.push(scene.enter(&challenge, team, 4).await.id);
    }
    let kept = scene.hand_in(&challenge, stays, "proposal", &[]).await;
    let gone = scene.hand_in(&challenge, leaves, "proposal", &[]).await;
    let work = scene.hand_in(&challenge, winner, "final", &[(kept.id, 2_500), (gone.id, 7_500)]).await;
    let changed = scene.rewrite(challenge.id, other_terms(&pooled), 20).await.unwrap();
    scene.consent(entries[0], winner, changed.rules, 21).await.unwrap();
    scene.consent(entries[1], stays, changed.rules, 21).await.unwrap();
    scene.withdraw(entries[2], leaves, 21).await.unwrap();
    scene.appoint_all(challenge.id).await;
    scene.advance(challenge.id, 93).await;
    for judge in &scene.judges {
        scene.score(*judge, &work, [50, 50], 94).await.unwrap();
    }
    scene.rank(challenge.id, 95).await.unwrap();
    let (_, awards) = scene.award(challenge.id, 110).await.unwrap();
    let won: Vec<_> = awards.iter().map(|award| (award.team, award.amount.minor())).collect();
    assert_eq!(won, [(stays.id, 90_000)]);
}
