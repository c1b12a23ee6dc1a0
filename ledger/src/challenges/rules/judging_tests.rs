use super::*;
use crate::challenges::rules::rulebook::Shortlist;
use crate::challenges::rules::rulebook::tests::drill;
use crate::id::BookId;
use jiff::ToSpan;

fn people(count: usize) -> Vec<PersonId> {
    (0..count).map(|_| PersonId::generate()).collect()
}

fn candidate(stage: &str, hour: i64, cards: &[(PersonId, [u8; 2])]) -> Candidate {
    let submission = SubmissionId::generate(BookId(1));
    let card = |(judge, points): &(PersonId, [u8; 2])| Scorecard {
        judge: *judge,
        submission_digest: Digest::of(b"content"),
        points: points.to_vec(),
        comment: String::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    Candidate {
        submission,
        team: OrganisationId::generate(),
        stage: stage.into(),
        submitted_at: Timestamp::UNIX_EPOCH + hour.hours(),
        tied: BTreeSet::new(),
        cards: cards.iter().map(card).collect(),
    }
}

fn places(ranking: &Ranking, stage: &str) -> Vec<SubmissionId> {
    ranking[stage].iter().map(|ranked| ranked.submission).collect()
}

#[test]
fn the_score_is_the_weighted_mean_rounded_down() {
    let judges = people(3);
    let panel = judges.iter().copied().collect();
    // Weights 3 and 1: (240 + 50 + 270 + 60 + 210 + 71) / (3 * 4) = 75.083…
    let cards = [(judges[0], [80, 50]), (judges[1], [90, 60]), (judges[2], [70, 71])];
    let ranking = rank(&drill(), &panel, &[candidate("final", 1, &cards)], false).expect("all cards");
    assert_eq!(ranking["final"][0].placed, Placed { place: 1, score: 7_508 });
}

/// The score that is kept of one card.
fn kept(weights: [u16; 2], points: [u8; 2]) -> i32 {
    let mut rules = drill();
    let last = rules.stages.last_mut().expect("a stage");
    for (criterion, weight) in last.criteria.iter_mut().zip(weights) {
        criterion.weight = weight;
    }
    rules.judges_needed = 1;
    let judge = PersonId::generate();
    let ranking = rank(&rules, &BTreeSet::from([judge]), &[candidate("final", 1, &[(judge, points)])], true);
    ranking.expect("a card")["final"][0].placed.score
}

#[test]
fn f3_a_mean_below_a_threshold_does_not_reach_it_by_rounding() {
    // (199 * 75 + 74) / 200 = 74.995
    assert_eq!(kept([199, 1], [75, 74]), 7_499);
    assert_eq!(kept([199, 1], [75, 75]), 7_500);
}

proptest::proptest! {
    #[test]
    fn f3_what_is_kept_of_a_score_reaches_a_threshold_exactly_when_the_score_does(
        weights in [1..1_000_u16, 1..1_000_u16], points in [0..=100_u8, 0..=100_u8], near in -2..=2_i32,
    ) {
        let weighted: u64 = weights.iter().zip(points).map(|(weight, points)| u64::from(*weight) * u64::from(points)).sum();
        let whole: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
        let threshold = (kept(weights, points) + near).max(0);
        let reaches = u128::from(weighted) * 100 >= u128::try_from(threshold).expect("not negative") * u128::from(whole);
        proptest::prop_assert_eq!(kept(weights, points) >= threshold, reaches);
    }
}

#[test]
fn a_judge_with_a_tie_counts_for_nothing_and_the_quorum_is_recomputed() {
    let judges = people(2);
    let panel: BTreeSet<PersonId> = judges.iter().copied().collect();
    let mut favoured = candidate("final", 1, &[(judges[0], [100, 100]), (judges[1], [60, 60])]);
    favoured.tied.insert(judges[0]);
    let fair = candidate("final", 2, &[(judges[0], [70, 70]), (judges[1], [70, 70])]);
    let all = [favoured.clone(), fair.clone()];
    let ranking = rank(&drill(), &panel, &all, false).expect("one untied judge is enough where one is left");
    assert_eq!(places(&ranking, "final"), [fair.submission, favoured.submission]);
    assert_eq!(ranking["final"][1].placed.score, 6_000);
    assert_eq!((favoured.quorum(&panel, &drill()), fair.quorum(&panel, &drill())), (1, 2));
    assert_eq!(Candidate::admit(&favoured.tied, judges[0]).expect_err("tied").code, "declared-tie");
    let everybody_is_tied = Candidate { tied: panel.clone(), ..fair };
    let missing = rank(&drill(), &panel, &[everybody_is_tied], false).expect_err("nobody");
    assert_eq!(Refusal::from(missing).code, "scores-missing");
}

#[test]
fn missing_scores_hold_the_ranking_up_until_the_deadline_makes_do() {
    let judges = people(2);
    let panel = judges.iter().copied().collect();
    let whole = candidate("final", 1, &[(judges[0], [50, 50]), (judges[1], [50, 50])]);
    let half = candidate("final", 2, &[(judges[0], [90, 90])]);
    let none = candidate("final", 3, &[]);
    let all = [whole.clone(), half.clone(), none];
    let refusal = Refusal::from(rank(&drill(), &panel, &all, false).expect_err("two lack cards"));
    assert_eq!(refusal.code, "scores-missing");
    assert!(refusal.detail.starts_with("2 submissions"), "{refusal}");
    let ranking = rank(&drill(), &panel, &all, true).expect("made do");
    assert_eq!(places(&ranking, "final"), [half.submission, whole.submission]);
}

#[test]
fn m4_a_tie_at_place_ten_follows_the_stated_rule() {
    let judges = people(2);
    let panel: BTreeSet<PersonId> = judges.iter().copied().collect();
    let same = |hour, points| candidate("prototype", hour, &[(judges[0], points), (judges[1], points)]);
    let mut rules = drill();
    rules.stages[2].admits = Some(Shortlist { best: 10, stage: "prototype".into() });
    let mut all: Vec<Candidate> = (0..9).map(|n| same(n, [90, 90])).collect();
    let early = same(20, [60, 60]);
    // 3 * 58 + 66 = 3 * 60 + 60: the same score, and less of the first criterion.
    let late = same(30, [58, 66]);
    all.extend([late.clone(), early.clone()]);
    let finals: Vec<Candidate> = [&early, &late]
        .map(|of| Candidate {
            team: of.team,
            ..candidate("final", 40, &[(judges[0], [80, 80]), (judges[1], [80, 80])])
        })
        .to_vec();
    all.extend(finals.clone());

    rules.tie_rule = TieRule::EarlierSubmission;
    let ranking = rank(&rules, &panel, &all, false).expect("all cards");
    assert_eq!(places(&ranking, "prototype")[9], early.submission);
    assert_eq!(places(&ranking, "final"), [finals[0].submission], "only the tenth goes on");

    rules.tie_rule = TieRule::Criterion { criterion: "repair".into() };
    let ranking = rank(&rules, &panel, &all, false).expect("all cards");
    assert_eq!(places(&ranking, "prototype")[9], late.submission);
    assert_eq!(places(&ranking, "final"), [finals[1].submission]);

    let mut reversed = all.clone();
    reversed.reverse();
    assert_eq!(rank(&rules, &panel, &reversed, false).expect("all cards"), ranking, "the order of rows is no rule");
}

#[test]
fn a_stage_without_criteria_is_ordered_by_the_moment_and_needs_no_cards() {
    let [b, a] = [candidate("proposal", 2, &[]), candidate("proposal", 1, &[])];
    let ranking = rank(&drill(), &BTreeSet::new(), &[b.clone(), a.clone()], false).expect("nothing to score");
    assert_eq!(places(&ranking, "proposal"), [a.submission, b.submission]);
}

#[test]
fn a_card_has_one_number_for_each_criterion() {
    let rules = drill();
    let judges = people(1);
    let card = candidate("final", 1, &[(judges[0], [100, 0])]).cards.remove(0);
    assert!(card.check(&rules.stages[2]).is_ok());
    assert!(Scorecard { points: vec![101, 0], ..card.clone() }.check(&rules.stages[2]).is_err());
    assert!(Scorecard { points: vec![1], ..card.clone() }.check(&rules.stages[2]).is_err());
    assert!(card.check(&rules.stages[0]).is_err());
}

#[test]
fn the_total_of_a_card_is_by_the_weights_rounded_down() {
    // Weights 3 and 1.
    let rules = drill();
    let stage = rules.stage("final").expect("a stage");
    let total = |points: [u8; 2]| candidate("final", 1, &[(people(1)[0], points)]).cards[0].total(stage);
    assert_eq!([total([80, 50]), total([100, 100]), total([0, 0]), total([71, 70])], [7_250, 10_000, 0, 7_075]);
}
