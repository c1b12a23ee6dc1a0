//! Counting votes: one member, one vote. Whoever casts none is counted by who votes for it, if there is one. Blank votes count for the
//! quorum, and are neither yes nor no. Where members vote in colleges, each college's part of yes weighs as much as was said.

use super::vote::{Choice, Threshold};
use crate::error::Error;
use std::collections::HashMap;
use uuid::Uuid;

/// Who may vote, and in which college, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elector {
    /// The member.
    pub member: Uuid,
    /// Its place among the colleges.
    pub college: usize,
}

/// What a college has said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// How many said yes, themselves or by who votes for them.
    pub yes: i32,
    /// How many said no.
    pub no: i32,
    /// How many said neither.
    pub blank: i32,
    /// How many of all these were counted by who votes for them.
    pub delegated: i32,
}

impl Count {
    /// How many were counted.
    pub fn counted(&self) -> i32 {
        self.yes + self.no + self.blank
    }

    /// How many said yes or no.
    fn decided(&self) -> i32 {
        self.yes + self.no
    }
}

/// Counts each college. `ballots` has the last vote of each member that cast one, `given` who gives to whom. Whom a vote is given to counts
/// it only as an elector; if that one casts no vote, the vote goes on with its own.
pub fn count(
    electors: &[Elector],
    ballots: &HashMap<Uuid, Choice>,
    given: &HashMap<Uuid, Uuid>,
    colleges: usize,
) -> Vec<Count> {
    let listed: HashMap<Uuid, usize> = electors.iter().map(|it| (it.member, it.college)).collect();
    // What became of the vote of each one that cast none: every chain is walked once.
    let mut by_others: HashMap<Uuid, Option<Choice>> = HashMap::new();
    let mut counts = vec![Count::default(); colleges];
    for elector in electors {
        let own = ballots.get(&elector.member).copied();
        let choice = own.or_else(|| follow(elector.member, &listed, ballots, given, &mut by_others));
        let Some(choice) = choice else { continue };
        let count = &mut counts[elector.college];
        match choice {
            Choice::Yes => count.yes += 1,
            Choice::No => count.no += 1,
            Choice::Blank => count.blank += 1,
        }
        count.delegated += i32::from(own.is_none());
    }
    counts
}

/// What was voted for a member that cast no vote.
fn follow(
    member: Uuid,
    listed: &HashMap<Uuid, usize>,
    ballots: &HashMap<Uuid, Choice>,
    given: &HashMap<Uuid, Uuid>,
    known: &mut HashMap<Uuid, Option<Choice>>,
) -> Option<Choice> {
    let mut passed = vec![member];
    let mut at = member;
    let found = loop {
        if let Some(&found) = known.get(&at) {
            break found;
        }
        let Some(next) = given.get(&at).copied().filter(|next| listed.contains_key(next)) else { break None };
        if let Some(&choice) = ballots.get(&next) {
            break Some(choice);
        }
        // A circle, which is refused when it is made, would count for nothing.
        known.insert(at, None);
        passed.push(next);
        at = next;
    };
    for one in passed {
        known.insert(one, found);
    }
    found
}

/// How much of what was decided is yes: a fraction, exact. Colleges in which nobody said yes or no weigh nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    yes: i128,
    of: i128,
}

impl Approval {
    /// Of colleges with their weights, in hundredths of a percent; none where nobody said yes or no.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] where the fraction has no room in 128 bits: not with 8 colleges of 100,000 electors in all.
    pub fn of(colleges: &[(i32, Count)]) -> Result<Option<Approval>, Error> {
        let deciding: Vec<_> = colleges.iter().filter(|(_, count)| count.decided() > 0).collect();
        if deciding.is_empty() {
            return Ok(None);
        }
        let sum = || {
            let all = deciding.iter().try_fold(1i128, |all, (_, it)| all.checked_mul(it.decided().into()))?;
            let mut yes = 0i128;
            let mut weights = 0i128;
            for (weight, it) in &deciding {
                let part = (all / i128::from(it.decided())).checked_mul(it.yes.into())?;
                yes = yes.checked_add(part.checked_mul((*weight).into())?)?;
                weights += i128::from(*weight);
            }
            // Room for what is compared: three times as much, and a digit more.
            let of = all.checked_mul(weights)?;
            of.checked_mul(20)?;
            Some(Approval { yes, of })
        };
        sum().map(Some).ok_or_else(|| Error::inconsistent("a sum of votes overflows"))
    }

    /// Whether it is enough.
    pub fn reaches(self, threshold: Threshold) -> bool {
        match threshold {
            Threshold::Majority => 2 * self.yes > self.of,
            Threshold::TwoThirds => 3 * self.yes >= 2 * self.of,
        }
    }

    /// In hundredths of a percent, a half upwards.
    pub fn hundredths(self) -> i32 {
        // Digit by digit, as ten thousand times as much may have no room.
        let (mut digits, mut rest) = (self.yes / self.of, self.yes % self.of);
        for _ in 0..4 {
            rest *= 10;
            digits = digits * 10 + rest / self.of;
            rest %= self.of;
        }
        let rounded = digits + i128::from(2 * rest >= self.of);
        i32::try_from(rounded).unwrap_or(10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn who(number: usize) -> Uuid {
        Uuid::from_u128(number as u128)
    }

    fn all(electors: usize) -> Vec<Elector> {
        (0..electors).map(|number| Elector { member: who(number), college: 0 }).collect()
    }

    fn said(choices: &[(usize, Choice)]) -> HashMap<Uuid, Choice> {
        choices.iter().map(|(number, choice)| (who(*number), *choice)).collect()
    }

    fn gave(given: &[(usize, usize)]) -> HashMap<Uuid, Uuid> {
        given.iter().map(|(from, to)| (who(*from), who(*to))).collect()
    }

    fn approval(colleges: &[(i32, Count)]) -> (i32, bool, bool) {
        let it = Approval::of(colleges).expect("room").expect("a decision");
        (it.hundredths(), it.reaches(Threshold::Majority), it.reaches(Threshold::TwoThirds))
    }

    #[test]
    fn k18_nine_vote_and_three_by_others_of_whom_seven_say_yes_four_no_and_one_neither() {
        use Choice::{Blank, No, Yes};
        let own = [(0, Yes), (1, Yes), (2, Yes), (3, Yes), (4, Yes), (5, No), (6, No), (7, No), (8, Blank)];
        // Two give to 0, one to 5; 20 gives to one who casts no vote and gives it to nobody, 4 gives its vote and casts it all the same.
        let given = gave(&[(10, 0), (11, 10), (12, 5), (20, 21), (4, 5)]);
        let counts = count(&all(30), &said(&own), &given, 1);
        assert_eq!(counts, [Count { yes: 7, no: 4, blank: 1, delegated: 3 }]);
        assert_eq!(counts[0].counted(), 12);
        assert_eq!(approval(&[(10_000, counts[0])]), (6_364, true, false));
    }

    #[test]
    fn k19_colleges_weigh_as_much_as_was_said() {
        let of = |yes, no| Count { yes, no, ..Count::default() };
        assert_eq!(approval(&[(5_000, of(12, 8)), (3_000, of(4, 6)), (2_000, of(5, 0))]), (6_200, true, false));
        // A college that says nothing weighs nothing: 62 of 80 parts.
        assert_eq!(approval(&[(5_000, of(12, 8)), (3_000, of(4, 6)), (2_000, of(0, 0))]), (5_250, true, false));
        assert_eq!(Approval::of(&[(10_000, Count { blank: 3, ..Count::default() })]).expect("room"), None);
        assert_eq!(approval(&[(10_000, of(2, 2))]), (5_000, false, false), "half is no majority");
        assert_eq!(approval(&[(10_000, of(2, 1))]), (6_667, true, true), "two of three are two thirds");
        let large = [of(12_500, 0), of(1, 12_499), of(6_249, 6_251), of(6_250, 6_250)];
        let eight: Vec<_> = large.iter().chain(&large).map(|it| (1_250, *it)).collect();
        assert_eq!(approval(&eight).0, 5_000);
    }

    #[test]
    fn whom_a_vote_is_given_to_counts_it_only_as_an_elector_and_a_circle_counts_for_nothing() {
        let electors = &all(4)[..3];
        let ballots = said(&[(3, Choice::Yes)]);
        assert_eq!(count(electors, &ballots, &gave(&[(0, 3), (1, 0)]), 1), [Count::default()]);
        assert_eq!(count(electors, &ballots, &gave(&[(0, 1), (1, 0), (2, 1)]), 1), [Count::default()]);
    }

    proptest! {
        #[test]
        fn every_elector_is_counted_once_at_most_and_whoever_votes_as_it_voted(
            choices in proptest::collection::vec(0u8..5, 1..40), given in proptest::collection::vec((0usize..40, 0usize..40), 0..40),
        ) {
            let electors = all(choices.len());
            let voted: Vec<(usize, Choice)> = choices.iter().enumerate().filter_map(|(number, choice)| {
                let choice = match choice { 0 => Choice::Yes, 1 => Choice::No, 2 => Choice::Blank, _ => return None };
                Some((number, choice))
            }).collect();
            let ballots = said(&voted);
            let mut givers = HashMap::new();
            for (from, to) in given {
                if !super::super::delegation::makes_circle(&givers, who(from), who(to)) {
                    givers.insert(who(from), who(to));
                }
            }
            let count = count(&electors, &ballots, &givers, 1)[0];
            prop_assert_eq!(usize::try_from(count.counted() - count.delegated).expect("a count"), voted.len());
            // As a member that walks its own chain would say.
            let mut slow = Count::default();
            for elector in &electors {
                let mut at = elector.member;
                let choice = loop {
                    if let Some(choice) = ballots.get(&at) { break Some(*choice) }
                    match givers.get(&at) {
                        Some(next) if electors.iter().any(|it| it.member == *next) => at = *next,
                        _ => break None,
                    }
                };
                match choice {
                    Some(Choice::Yes) => slow.yes += 1,
                    Some(Choice::No) => slow.no += 1,
                    Some(Choice::Blank) => slow.blank += 1,
                    None => {}
                }
                slow.delegated += i32::from(choice.is_some() && at != elector.member);
            }
            prop_assert_eq!(count, slow);
        }
    }
}
