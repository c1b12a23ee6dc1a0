//! Awards: who gets which prize, from the places, and how a prize is divided.
//!
//! One rule divides: by parts in hundredths of a percent, a team's added first, largest remainder, ties to the team that is named first.
//! The parts of a submission are those of its share plan, if one is fixed. By them each prize that it wins is divided; one without a
//! fixed plan wins whole. A pool that is shared by contribution goes by the parts of the others alone: those of the first submission's
//! fixed plan, or without one those that the submission states itself.

use super::judging::{Ranked, Ranking};
use super::rulebook::{Condition, Prize, Rules};
use crate::error::Refusal;
use crate::id::{AwardId, ChallengeId, OrganisationId, SharePlanId, SubmissionId};
use crate::money::{Money, allocation};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// One prize, or one part of it, for one team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Won {
    /// The tier of prizes, as its index in the rules, from 0.
    pub prize: usize,
    /// Number of the prize within its tier, from 1.
    pub number: i32,
    /// Which part of the prize it is, from 1.
    pub part: i16,
    /// The fixed share plan that divided it; none where none did.
    pub plan: Option<SharePlanId>,
    /// The submission that won it; where a pool is shared, the team's first one that was built on, if it has one.
    pub submission: SubmissionId,
    /// The team that gets it.
    pub team: OrganisationId,
    /// The amount of the prize, minor units.
    pub amount: i64,
}

/// A prize of a team, or its part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// Its id.
    pub id: AwardId,
    /// The challenge whose prize it is.
    pub challenge: ChallengeId,
    /// Number of the version of the rules by which it was awarded, from 1.
    pub rules_version: i32,
    /// The tier of prizes, as its number in the rules, from 1.
    pub prize: i16,
    /// Number of the prize within its tier, from 1.
    pub number: i32,
    /// Which part of the prize it is, from 1.
    pub part: i16,
    /// The fixed share plan that divided it; none where none did.
    pub plan: Option<SharePlanId>,
    /// The submission that won it; where a pool is shared, the team's first one that was built on, if it has one.
    pub submission: SubmissionId,
    /// The team to which it is owed.
    pub team: OrganisationId,
    /// The amount of the prize, or of the part.
    pub amount: Money,
    /// Record number of its entry: one for 500 awards of the challenge.
    pub entry: i64,
    /// When it was awarded, in book time.
    pub awarded_at: Timestamp,
}

/// A part of a submission that another team made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The submission that was built on.
    pub submission: SubmissionId,
    /// The team whose work that is.
    pub team: OrganisationId,
    /// Its part of the whole, in hundredths of a percent.
    pub share: u16,
}

/// A share plan that is fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// Its id.
    pub plan: SharePlanId,
    /// Its parts, without those of teams that have withdrawn.
    pub parts: Vec<Part>,
}

/// How submissions share what they win, each by its id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sharing {
    /// The fixed plans.
    pub fixed: BTreeMap<SubmissionId, Fixed>,
    /// What each first-placed submission of a pool's stage builds on, as it states itself.
    pub stated: BTreeMap<SubmissionId, Vec<Part>>,
}

/// What is awarded, in the order of the rules' prizes and of the places.
pub fn awards(rules: &Rules, ranking: &Ranking, sharing: &Sharing) -> Result<Vec<Won>, Refusal> {
    let mut awards = Vec::new();
    for (index, prize) in rules.prizes.iter().enumerate() {
        match prize.condition {
            Condition::Rank { .. } | Condition::Threshold { .. } => {
                for (ranked, number) in winners(prize, ranking).zip(1..) {
                    awards.extend(won(index, prize, (ranked, number), sharing)?);
                }
            }
            Condition::Contribution => {
                for first in winners(prize, ranking) {
                    awards.extend(pool(index, prize, first, sharing)?);
                }
            }
        }
    }
    let sum = total(&awards);
    assert!(sum <= rules.purse(), "no more is awarded than the prizes are");
    Ok(awards)
}

/// Fits awards to what a purse holds that was opened underfunded: where they are more, all are made smaller in the same proportion, largest
/// remainder, ties to the one that comes first; one that comes to nothing is left out.
pub fn fit(won: Vec<Won>, there: i64) -> Result<Vec<Won>, Refusal> {
    if total(&won) <= i128::from(there) {
        return Ok(won);
    }
    let weights: Vec<u64> = won.iter().map(|award| award.amount.unsigned_abs()).collect();
    let fitted = won.into_iter().zip(allocation::largest_remainder(there, &weights)?);
    Ok(fitted.filter(|(_, amount)| *amount > 0).map(|(award, amount)| Won { amount, ..award }).collect())
}

/// The sum of awards, minor units.
pub fn total(awards: &[Won]) -> i128 {
    awards.iter().map(|award| i128::from(award.amount)).sum()
}

/// The submissions that win a tier of prizes, in order; of a shared pool the one by whose parts it is shared.
fn winners<'a>(prize: &'a Prize, ranking: &'a Ranking) -> impl Iterator<Item = &'a Ranked> + 'a {
    let ranked: &[Ranked] = ranking.get(&prize.stage).map_or(&[], Vec::as_slice);
    let most = match prize.condition {
        Condition::Rank { .. } => usize::MAX,
        Condition::Threshold { .. } => usize::from(prize.count),
        Condition::Contribution => 1,
    };
    let wins = move |ranked: &&Ranked| match prize.condition {
        Condition::Rank { first, last } => (i32::from(first)..=i32::from(last)).contains(&ranked.placed.place),
        Condition::Threshold { score } => ranked.placed.score >= i32::from(score),
        Condition::Contribution => true,
    };
    ranked.iter().filter(wins).take(most)
}

/// All submissions by whose parts something is awarded.
pub fn all_winners(rules: &Rules, ranking: &Ranking) -> BTreeSet<SubmissionId> {
    rules.prizes.iter().flat_map(|prize| winners(prize, ranking)).map(|ranked| ranked.submission).collect()
}

/// The first-placed submissions of the stages in which a pool is shared.
pub fn built_on<'a>(rules: &'a Rules, ranking: &'a Ranking) -> impl Iterator<Item = SubmissionId> + 'a {
    let pools = rules.prizes.iter().filter(|prize| matches!(prize.condition, Condition::Contribution));
    pools.flat_map(|prize| winners(prize, ranking)).map(|ranked| ranked.submission)
}

/// A prize for a submission: whole, or by its fixed plan.
fn won(prize: usize, of: &Prize, (ranked, number): (&Ranked, i32), sharing: &Sharing) -> Result<Vec<Won>, Refusal> {
    let (submission, amount) = (ranked.submission, of.amount.minor());
    let Some(fixed) = sharing.fixed.get(&submission).filter(|fixed| !fixed.parts.is_empty()) else {
        return Ok(vec![Won { prize, number, part: 1, plan: None, submission, team: ranked.team, amount }]);
    };
    let plan = Some(fixed.plan);
    let parts = divide(amount, &fixed.parts)?.into_iter().zip(1..);
    Ok(parts.map(|((it, amount), part)| Won { prize, number, part, plan, submission, team: it.team, amount }).collect())
}

/// A pool for those on whose work the first of its stage builds.
fn pool(prize: usize, of: &Prize, first: &Ranked, sharing: &Sharing) -> Result<Vec<Won>, Refusal> {
    let fixed = sharing.fixed.get(&first.submission);
    let stated = || sharing.stated.get(&first.submission).cloned().unwrap_or_default();
    let mut others = fixed.map_or_else(stated, |fixed| fixed.parts.clone());
    others.retain(|part| part.team != first.team);
    let plan = fixed.map(|fixed| fixed.plan);
    let parts = divide(of.amount.minor(), &others)?.into_iter().zip(1..);
    let won = |((it, amount), part): ((Part, i64), i16)| Won {
        prize,
        number: 1,
        part,
        plan,
        submission: it.submission,
        team: it.team,
        amount,
    };
    Ok(parts.map(won).collect())
}

/// Divides an amount by parts, a team's added first: largest remainder, ties to the team that is named first. Answers each team's first
/// part with what it gets; who gets nothing is left out, and among nobody nothing is divided.
pub fn divide(amount: i64, parts: &[Part]) -> Result<Vec<(Part, i64)>, Refusal> {
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let mut teams: Vec<Part> = Vec::new();
    let mut weights: Vec<u64> = Vec::new();
    for part in parts {
        match teams.iter().position(|known| known.team == part.team) {
            Some(at) => weights[at] += u64::from(part.share),
            None => {
                teams.push(*part);
                weights.push(u64::from(part.share));
            }
        }
    }
    let amounts = allocation::largest_remainder(amount, &weights)?;
    Ok(teams.into_iter().zip(amounts).filter(|(_, amount)| *amount > 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenges::rules::rulebook::tests::drill;
    use crate::challenges::rules::submission::Placed;
    use crate::id::BookId;

    fn ranked(count: i32) -> Vec<Ranked> {
        let place = |place| Ranked {
            submission: SubmissionId::generate(BookId(1)),
            team: OrganisationId::generate(),
            placed: Placed { place, score: 10_000 - place * 100 },
        };
        (1..=count).map(place).collect()
    }

    fn ranking(proposals: i32, prototypes: i32, finals: i32) -> Ranking {
        [("proposal", proposals), ("prototype", prototypes), ("final", finals)]
            .map(|(stage, count)| (stage.to_owned(), ranked(count)))
            .into()
    }

    fn parts(ranking: &Ranking, shares: &[u16]) -> Sharing {
        let others = ranking["proposal"].iter().zip(shares);
        let named =
            others.map(|(ranked, share)| Part { submission: ranked.submission, team: ranked.team, share: *share });
        let stated = BTreeMap::from([(ranking["final"][0].submission, named.collect())]);
        Sharing { stated, ..Sharing::default() }
    }

    fn amounts(awards: &[Won], prize: usize) -> Vec<i64> {
        awards.iter().filter(|award| award.prize == prize).map(|award| award.amount).collect()
    }

    #[test]
    fn m1_the_prizes_of_the_drill_challenge_use_the_purse_up() {
        let ranking = ranking(21, 9, 3);
        let awards = awards(&drill(), &ranking, &parts(&ranking, &[3_750, 3_330, 1_920, 1_000])).expect("shared");
        assert_eq!(total(&awards), 25_000_000);
        assert_eq!(amounts(&awards, 0), [100_000; 20]);
        assert_eq!(amounts(&awards, 1), [500_000; 8]);
        assert_eq!((amounts(&awards, 2), amounts(&awards, 3)), (vec![12_500_000], vec![4_000_000]));
        assert_eq!(awards.len(), 20 + 8 + 1 + 1 + 4);
        let winner = awards.iter().find(|award| award.prize == 2).expect("a grand prize");
        assert_eq!(winner.submission, ranking["final"][0].submission);
    }

    #[test]
    fn m3_the_contributors_pool_splits_by_percentages() {
        let ranking = ranking(4, 0, 1);
        let awards = awards(&drill(), &ranking, &parts(&ranking, &[3_750, 3_330, 1_920, 1_000])).expect("shared");
        assert_eq!(amounts(&awards, 4), [937_500, 832_500, 480_000, 250_000]);
    }

    #[test]
    fn parts_of_one_team_are_added_and_less_than_the_whole_is_shared_wholly() {
        let ranking = ranking(2, 0, 1);
        let mut parts = parts(&ranking, &[1_000, 1_000]);
        let named = parts.stated.values_mut().next().expect("one");
        let again = Part { submission: SubmissionId::generate(BookId(1)), ..named[0] };
        named.push(again);
        let awards = awards(&drill(), &ranking, &parts).expect("shared");
        assert_eq!(amounts(&awards, 4), [1_666_667, 833_333]);
    }

    #[test]
    fn m1_an_underfunded_purse_makes_all_awards_smaller_in_the_same_proportion_and_is_used_up() {
        let ranking = ranking(1, 1, 1);
        let won = || awards(&drill(), &ranking, &Sharing::default()).expect("no pool is shared");
        assert_eq!(won().iter().map(|award| award.amount).collect::<Vec<_>>(), [100_000, 500_000, 12_500_000]);
        assert_eq!(fit(won(), 13_100_000), Ok(won()), "there is enough");
        // A third of it, and two cents more: 333.33 and 0.34…, 1,666.66 and 0.72…, 41,666.67 and 0.94….
        let fitted = fit(won(), 4_366_668).expect("less");
        assert_eq!(fitted.iter().map(|award| award.amount).collect::<Vec<_>>(), [33_333, 166_667, 4_166_668]);
        let least: Vec<_> = fit(won(), 1).expect("a cent").iter().map(|award| (award.prize, award.amount)).collect();
        assert_eq!(least, [(2, 1)], "the largest remainder gets it");
    }

    #[test]
    fn what_nobody_won_is_not_awarded() {
        let ranking = ranking(3, 1, 1);
        let awards = awards(&drill(), &ranking, &Sharing::default()).expect("no pool is shared");
        assert_eq!(total(&awards), 3 * 100_000 + 500_000 + 12_500_000);
        assert_eq!(super::awards(&drill(), &Ranking::new(), &Sharing::default()), Ok(Vec::new()));
    }

    #[test]
    fn a_threshold_pays_those_who_reach_it_while_there_are_prizes() {
        let mut rules = drill();
        rules.prizes[1].condition = Condition::Threshold { score: 9_700 };
        let of = |count| {
            let ranking = ranking(0, count, 0);
            amounts(&awards(&rules, &ranking, &Sharing::default()).expect("no pool"), 1).len()
        };
        assert_eq!((of(2), of(9)), (2, 3));
    }

    #[test]
    fn a_fixed_plan_divides_every_prize_of_its_submission_and_a_pool_goes_by_its_parts_of_the_others() {
        let ranking = ranking(3, 2, 2);
        let winner = &ranking["final"][0];
        let mut sharing = parts(&ranking, &[10_000]);
        let part = |team, share| Part { submission: winner.submission, team, share };
        let [helper, maker] = [ranking["proposal"][1].team, OrganisationId::generate()];
        let parts = vec![part(winner.team, 5_000), part(helper, 3_333), part(maker, 1_667)];
        let plan = SharePlanId::generate(BookId(1));
        sharing.fixed.insert(winner.submission, Fixed { plan, parts });
        let awards = awards(&drill(), &ranking, &sharing).expect("shared");
        assert_eq!(amounts(&awards, 2), [6_250_000, 4_166_250, 2_083_750]);
        assert_eq!(amounts(&awards, 3), [4_000_000], "the second has no plan");
        assert_eq!(amounts(&awards, 4), [1_666_500, 833_500], "of the pool the winner gets nothing");
        let grand: Vec<_> =
            awards.iter().filter(|won| won.prize == 2).map(|won| (won.number, won.part, won.plan)).collect();
        assert_eq!(grand, [(1, 1, Some(plan)), (1, 2, Some(plan)), (1, 3, Some(plan))]);
        assert_eq!(all_winners(&drill(), &ranking).len(), 3 + 2 + 2);
    }

    #[test]
    fn a_team_that_leaves_leaves_its_part_to_the_others_and_where_all_leave_the_prize_is_whole() {
        let ranking = ranking(0, 0, 1);
        let winner = &ranking["final"][0];
        let fixed = |parts| {
            let fixed = Fixed { plan: SharePlanId::generate(BookId(1)), parts };
            Sharing { fixed: BTreeMap::from([(winner.submission, fixed)]), ..Sharing::default() }
        };
        let helper = Part { submission: winner.submission, team: OrganisationId::generate(), share: 1_000 };
        let left = awards(&drill(), &ranking, &fixed(vec![helper])).expect("shared");
        assert_eq!((amounts(&left, 2), left[0].team), (vec![12_500_000], helper.team));
        let whole = awards(&drill(), &ranking, &fixed(Vec::new())).expect("whole");
        assert_eq!((amounts(&whole, 2), whole[0].team, whole[0].plan), (vec![12_500_000], winner.team, None));
    }
}
