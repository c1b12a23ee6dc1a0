//! Awards: who gets which prize, from the places and the parts that the first of a stage builds on.

use super::judging::{Ranked, Ranking};
use super::rulebook::{Condition, Prize, Rules};
use crate::error::Refusal;
use crate::id::{AwardId, ChallengeId, OrganisationId, SubmissionId};
use crate::money::{Money, allocation};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// One prize, or one part of a shared pool, for one team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Won {
    /// The tier of prizes, as its index in the rules, from 0.
    pub prize: usize,
    /// Number of the prize within its tier, from 1.
    pub number: i32,
    /// The submission that won it; where a pool is shared, the team's first one that was built on.
    pub submission: SubmissionId,
    /// The team that gets it.
    pub team: OrganisationId,
    /// The amount of the prize, minor units.
    pub amount: i64,
}

/// A prize of a team.
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
    /// The submission that won it; where a pool is shared, the team's first one that was built on.
    pub submission: SubmissionId,
    /// The team to which it is owed.
    pub team: OrganisationId,
    /// The amount of the prize.
    pub amount: Money,
    /// Record number of the one entry of all awards of the challenge.
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

/// What is awarded, in the order of the rules' prizes and of the places.
///
/// `parts` are what each first-placed submission of a pool's stage builds on, by its id. A pool is shared in proportion to
/// them, a team's parts added first: largest remainder, ties to the team that is named first.
pub fn awards(
    rules: &Rules,
    ranking: &Ranking,
    parts: &BTreeMap<SubmissionId, Vec<Part>>,
) -> Result<Vec<Won>, Refusal> {
    let mut awards = Vec::new();
    for (index, prize) in rules.prizes.iter().enumerate() {
        let ranked: &[Ranked] = ranking.get(&prize.stage).map_or(&[], Vec::as_slice);
        match prize.condition {
            Condition::Rank { first, last } => {
                let wins = |ranked: &&Ranked| (i32::from(first)..=i32::from(last)).contains(&ranked.placed.place);
                awards.extend(each(index, prize, ranked.iter().filter(wins)));
            }
            Condition::Threshold { score } => {
                let wins = |ranked: &&Ranked| ranked.placed.score >= i32::from(score);
                awards.extend(each(index, prize, ranked.iter().filter(wins).take(usize::from(prize.count))));
            }
            Condition::Contribution => {
                let named = ranked.first().and_then(|first| parts.get(&first.submission));
                awards.extend(shared(index, prize, named.map_or(&[], Vec::as_slice))?);
            }
        }
    }
    let sum = total(&awards);
    assert!(sum <= rules.purse(), "no more is awarded than the prizes are");
    Ok(awards)
}

/// The sum of awards, minor units.
pub fn total(awards: &[Won]) -> i128 {
    awards.iter().map(|award| i128::from(award.amount)).sum()
}

/// The first-placed submissions of the stages in which a pool is shared.
pub fn built_on<'a>(rules: &'a Rules, ranking: &'a Ranking) -> impl Iterator<Item = SubmissionId> + 'a {
    let pools = rules.prizes.iter().filter(|prize| matches!(prize.condition, Condition::Contribution));
    pools.filter_map(|prize| ranking.get(&prize.stage)?.first()).map(|ranked| ranked.submission)
}

fn each<'a>(
    prize: usize,
    of: &'a Prize,
    winners: impl Iterator<Item = &'a Ranked> + 'a,
) -> impl Iterator<Item = Won> + 'a {
    winners.zip(1..).map(move |(ranked, number)| Won {
        prize,
        number,
        submission: ranked.submission,
        team: ranked.team,
        amount: of.amount.minor(),
    })
}

fn shared(prize: usize, pool: &Prize, parts: &[Part]) -> Result<Vec<Won>, Refusal> {
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
    let amounts = allocation::largest_remainder(pool.amount.minor(), &weights)?;
    let awards = teams.into_iter().zip(amounts).zip(1..).filter(|((_, amount), _)| *amount > 0);
    Ok(awards
        .map(|((part, amount), number)| Won { prize, number, submission: part.submission, team: part.team, amount })
        .collect())
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

    fn parts(ranking: &Ranking, shares: &[u16]) -> BTreeMap<SubmissionId, Vec<Part>> {
        let others = ranking["proposal"].iter().zip(shares);
        let named =
            others.map(|(ranked, share)| Part { submission: ranked.submission, team: ranked.team, share: *share });
        BTreeMap::from([(ranking["final"][0].submission, named.collect())])
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
        let named = parts.values_mut().next().expect("one");
        let again = Part { submission: SubmissionId::generate(BookId(1)), ..named[0] };
        named.push(again);
        let awards = awards(&drill(), &ranking, &parts).expect("shared");
        assert_eq!(amounts(&awards, 4), [1_666_667, 833_333]);
    }

    #[test]
    fn what_nobody_won_is_not_awarded() {
        let ranking = ranking(3, 1, 1);
        let awards = awards(&drill(), &ranking, &BTreeMap::new()).expect("no pool is shared");
        assert_eq!(total(&awards), 3 * 100_000 + 500_000 + 12_500_000);
        assert_eq!(super::awards(&drill(), &Ranking::new(), &BTreeMap::new()), Ok(Vec::new()));
    }

    #[test]
    fn a_threshold_pays_those_who_reach_it_while_there_are_prizes() {
        let mut rules = drill();
        rules.prizes[1].condition = Condition::Threshold { score: 9_700 };
        let of = |count| {
            let ranking = ranking(0, count, 0);
            amounts(&awards(&rules, &ranking, &BTreeMap::new()).expect("no pool"), 1).len()
        };
        assert_eq!((of(2), of(9)), (2, 3));
    }
}
