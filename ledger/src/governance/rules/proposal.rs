//! A proposal: what the members of a cooperative are asked, until the end of a day. Who may vote is whoever is a member when it is opened.
//!
//! `open → passed | failed | withdrawn`. It is counted as of the end of its last day. Of one that passes the service publishes the allocation
//! rule, or opens the programme, which is a budget; one with neither is a resolution, from which nothing follows here.

use super::tally::{Approval, Count};
use super::vote::Threshold;
use crate::cooperatives::rules::allocation_rule::Rule;
use crate::cooperatives::rules::cooperative::{Member, Percent, is_short_name};
use crate::cooperatives::rules::waterfall;
use crate::error::{Error, Refusal};
use crate::id::{AllocationRuleId, MemberId, PersonId, ProgrammeId, ProposalId};
use crate::programmes::rules::programme::NewProgramme;
use crate::words::words;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// The most colleges that a proposal may have.
pub const COLLEGES_MAX: usize = 8;

/// The most days ahead that the last day may lie.
pub const AHEAD_MAX_DAYS: i32 = 365;

words! {
    /// How a proposal stands.
    ProposalState, "state of a proposal" {
        /// Members vote, or nobody has counted yet.
        Open = "open",
        /// Enough members were counted, and enough of them said yes.
        Passed = "passed",
        /// They were not.
        Failed = "failed",
        /// It was given up before its last day was over.
        Withdrawn = "withdrawn",
    }
}

/// An allocation rule that is published when the proposal passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedRule {
    /// The rule.
    pub rule: Rule,
    /// From which day on it would hold.
    pub effective_from: Date,
    /// Days in which members could object to a distribution by it.
    pub window_days: u16,
}

/// What the service does when a proposal passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Motion {
    /// Nothing: people do what was decided.
    Resolution,
    /// It publishes an allocation rule.
    Rule(ProposedRule),
    /// It opens a programme: what is to be spent over some months.
    Budget(NewProgramme),
}

impl Motion {
    /// SHA-256 of what the service does; none where that is nothing.
    ///
    /// # Errors
    ///
    /// None for what was read from a request.
    pub fn digest(&self) -> Result<Option<[u8; 32]>, Error> {
        match self {
            Motion::Resolution => Ok(None),
            Motion::Rule(it) => waterfall::digest(&(&it.rule, it.effective_from, it.window_days)).map(Some),
            Motion::Budget(it) => waterfall::digest(&("programme", it)).map(Some),
        }
    }

    /// The rule that it would publish.
    pub fn rule(&self) -> Option<&ProposedRule> {
        match self {
            Motion::Rule(rule) => Some(rule),
            Motion::Resolution | Motion::Budget(_) => None,
        }
    }

    /// The programme that it would open.
    pub fn budget(&self) -> Option<&NewProgramme> {
        match self {
            Motion::Budget(new) => Some(new),
            Motion::Resolution | Motion::Rule(_) => None,
        }
    }
}

/// What became of the motion of a proposal that passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Executed {
    /// It was a resolution.
    Nothing,
    /// Its rule was published.
    Published(AllocationRuleId),
    /// Its programme was opened.
    Opened(ProgrammeId),
    /// Neither is possible any more: the code of the refusal.
    Refused(String),
}

/// How a proposal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalEnd {
    /// Enough were counted, and enough of them said yes.
    Passed(Executed),
    /// They were not.
    Failed,
    /// It was given up.
    Withdrawn {
        /// Who gave it up.
        by: PersonId,
        /// Why, for members.
        reason: String,
    },
}

impl ProposalEnd {
    /// The state after it.
    pub fn state(&self) -> ProposalState {
        match self {
            ProposalEnd::Passed(_) => ProposalState::Passed,
            ProposalEnd::Failed => ProposalState::Failed,
            ProposalEnd::Withdrawn { .. } => ProposalState::Withdrawn,
        }
    }
}

/// What was counted in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How many members were counted.
    pub counted: i32,
    /// How much of yes and no was yes, hundredths of a percent, rounded; none where nobody said either.
    pub approval: Option<i32>,
}

/// A college, or all electors where there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct College {
    /// The group of members that it is; none for all.
    pub group: Option<String>,
    /// How much of the whole its votes weigh.
    pub weight: Percent,
    /// How many of its members may vote.
    pub electors: i32,
    /// What they have said; none until it is counted.
    pub count: Option<Count>,
}

/// What members are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// What it is about.
    pub title: String,
    /// What is decided.
    pub text: String,
    /// What the service does when it passes.
    pub motion: Motion,
    /// SHA-256 of title, text and motion.
    pub digest: [u8; 32],
    /// How much of yes and no must be yes.
    pub threshold: Threshold,
    /// How many members must be counted.
    pub quorum: i32,
    /// How many may vote.
    pub electors: i32,
    /// The last day, in the zone of the book.
    pub last_day: Date,
    /// When that day is over, in book time.
    pub closes_at: Timestamp,
    /// When it was opened, in book time.
    pub opened_at: Timestamp,
    /// Who put it to the vote.
    pub proposed_by: PersonId,
    /// How it ended and when, in book time.
    pub ended: Option<(ProposalEnd, Timestamp)>,
    /// What was counted; none while it is open, and when it was withdrawn.
    pub outcome: Option<Outcome>,
    /// Counts changes.
    pub version: i64,
}

/// A college of a proposal that is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCollege {
    /// The group of members that it is.
    pub group: String,
    /// How much of the whole its votes weigh.
    pub weight: Percent,
}

/// What members vote on, as a SHA-256: the title, the text and the digest of the motion, each with its length before it.
pub fn digest(title: &str, text: &str, motion: Option<&[u8; 32]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [title.as_bytes(), text.as_bytes(), motion.map_or(&[], |motion| motion.as_slice())] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Refuses a last day that is not ahead, or more than a year.
///
/// # Errors
///
/// [`Error::Invalid`] at `/last_day`.
pub fn check_last_day(today: Date, last: Date) -> Result<(), Error> {
    let most = today.saturating_add(AHEAD_MAX_DAYS.days());
    if today < last && last <= most {
        return Ok(());
    }
    Err(Error::invalid("/last_day", format!("a day after {today}, and {most} at the latest")))
}

/// A member who may vote, its number, and its college counted from 0.
pub type Seat = (MemberId, i32, usize);

/// Puts members into colleges: one for all where none is named. Whoever left and was admitted again on one day has one vote all the same, by
/// the younger membership. Answers the colleges, and that of each member, counted from 0.
///
/// # Errors
///
/// `no-electors` without a member; [`Error::Invalid`] at `/colleges` when they are too many, name a group twice or one without members,
/// do not weigh 100 % in all, or leave out a group that has members.
pub fn divide(members: &[Member], new: &[NewCollege]) -> Result<(Vec<College>, Vec<Seat>), Error> {
    if members.is_empty() {
        return Err(Refusal::new("no-electors", "nobody is a member of the cooperative today").into());
    }
    let mut colleges: Vec<College> = new
        .iter()
        .map(|it| College { group: Some(it.group.clone()), weight: it.weight, electors: 0, count: None })
        .collect();
    if colleges.is_empty() {
        colleges.push(College { group: None, weight: Percent::WHOLE, electors: 0, count: None });
    }
    let refuse = |what: String| Err(Error::invalid("/colleges", what));
    if colleges.len() > COLLEGES_MAX {
        return refuse(format!("{COLLEGES_MAX} at most"));
    }
    for (place, it) in new.iter().enumerate() {
        if !is_short_name(&it.group) || new[..place].iter().any(|other| other.group == it.group) {
            return refuse("each group once, by its short name".to_owned());
        }
    }
    let weights: u64 = colleges.iter().map(|it| it.weight.hundredths()).sum();
    if weights != Percent::WHOLE.hundredths() || colleges.iter().any(|it| it.weight == Percent::ZERO) {
        return refuse("weights above 0 that make exactly 100".to_owned());
    }
    let mut listed = Vec::with_capacity(members.len());
    let youngest: HashMap<PersonId, i32> = members.iter().map(|it| (it.person, it.number)).collect();
    for member in members.iter().filter(|it| youngest.get(&it.person) == Some(&it.number)) {
        let is_its = |it: &College| it.group.as_ref().is_none_or(|group| *group == member.group);
        let Some(college) = colleges.iter().position(is_its) else {
            return refuse(format!("members of {} are in none of them, and could not vote", member.group));
        };
        colleges[college].electors += 1;
        listed.push((member.id, member.number, college));
    }
    match colleges.iter().find(|it| it.electors == 0) {
        Some(College { group: Some(group), .. }) => refuse(format!("nobody is a member of {group}")),
        Some(_) | None => Ok((colleges, listed)),
    }
}

impl Proposal {
    /// How it stands.
    pub fn state(&self) -> ProposalState {
        self.ended.as_ref().map_or(ProposalState::Open, |(end, _)| end.state())
    }

    /// Refuses what needs it open.
    ///
    /// # Errors
    ///
    /// `vote-over`.
    pub fn check_open(&self, now: Timestamp) -> Result<(), Refusal> {
        let what = match self.state() {
            ProposalState::Open if now < self.closes_at => return Ok(()),
            ProposalState::Open => format!("its last day, {}, is over", self.last_day),
            ProposalState::Passed => "it has passed".to_owned(),
            ProposalState::Failed => "it has failed".to_owned(),
            ProposalState::Withdrawn => "it was withdrawn".to_owned(),
        };
        Err(Refusal::new("vote-over", format!("nobody votes on it any more: {what}")))
    }

    /// Whether what was counted is enough, and what it makes in all.
    ///
    /// # Errors
    ///
    /// As [`Approval::of`].
    pub fn decide(&self, colleges: &[College]) -> Result<(bool, Outcome), Error> {
        let of = |it: &College| -> Result<(i32, Count), Error> {
            let weight = i32::try_from(it.weight.hundredths()).map_err(|_| Error::inconsistent("a weight"))?;
            Ok((weight, it.count.unwrap_or_default()))
        };
        let counts = colleges.iter().map(of).collect::<Result<Vec<_>, Error>>()?;
        let counted = counts.iter().map(|(_, it)| it.counted()).sum();
        let approval = Approval::of(&counts)?;
        let passes = counted >= self.quorum && approval.is_some_and(|it| it.reaches(self.threshold));
        Ok((passes, Outcome { counted, approval: approval.map(Approval::hundredths) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cooperatives::rules::cooperative::Standing;
    use crate::id::BookId;
    use jiff::civil::date;

    fn member(number: i32, group: &str) -> Member {
        Member {
            id: MemberId::generate(BookId(1)),
            number,
            person: PersonId::generate(),
            standing: Standing::Member,
            group: group.to_owned(),
            candidate_from: None,
            joined_on: date(2027, 1, 1),
            left_on: None,
            asked: true,
            consents: true,
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn college(group: &str, percent: u64) -> NewCollege {
        NewCollege { group: group.to_owned(), weight: Percent::from_hundredths(percent * 100) }
    }

    fn proposal(quorum: i32, threshold: Threshold) -> Proposal {
        Proposal {
            id: ProposalId::generate(BookId(1)),
            title: "A rule".to_owned(),
            text: "It holds from July.".to_owned(),
            motion: Motion::Resolution,
            digest: [0; 32],
            threshold,
            quorum,
            electors: 30,
            last_day: date(2027, 6, 30),
            closes_at: Timestamp::UNIX_EPOCH,
            opened_at: Timestamp::UNIX_EPOCH,
            proposed_by: PersonId::generate(),
            ended: None,
            outcome: None,
            version: 1,
        }
    }

    #[test]
    fn k18_a_quorum_of_ten_is_reached_by_twelve_who_pass_it_by_majority_and_not_by_two_thirds() {
        let count = Count { yes: 7, no: 4, blank: 1, delegated: 3 };
        let all = [College { group: None, weight: Percent::WHOLE, electors: 30, count: Some(count) }];
        let outcome = Outcome { counted: 12, approval: Some(6_364) };
        for (quorum, threshold, passes) in [
            (10, Threshold::Majority, true),
            (12, Threshold::Majority, true),
            (13, Threshold::Majority, false),
            (10, Threshold::TwoThirds, false),
        ] {
            let decided = proposal(quorum, threshold).decide(&all).expect("a decision");
            assert_eq!(decided, (passes, outcome), "{quorum} {threshold}");
        }
        let nobody = [College { count: None, ..all[0].clone() }];
        let decided = proposal(1, Threshold::Majority).decide(&nobody).expect("a decision");
        assert_eq!(decided, (false, Outcome { counted: 0, approval: None }));
    }

    #[test]
    fn every_member_is_in_one_college_and_their_weights_make_a_whole() {
        let members = [member(1, "workers"), member(2, "users"), member(3, "workers")];
        let (all, listed) = divide(&members, &[]).expect("one college");
        assert_eq!((all.len(), all[0].electors, listed.len(), all[0].weight), (1, 3, 3, Percent::WHOLE));
        let (two, listed) = divide(&members, &[college("users", 40), college("workers", 60)]).expect("two colleges");
        assert_eq!((two[0].electors, two[1].electors), (1, 2));
        assert_eq!(listed.iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), [(1, 1), (2, 0), (3, 1)]);
        for wrong in [
            vec![college("users", 40), college("workers", 59)],
            vec![college("users", 100), college("workers", 0)],
            vec![college("workers", 100)],
            vec![college("users", 50), college("users", 50)],
            vec![college("users", 40), college("workers", 50), college("funders", 10)],
            vec![college("Users", 40), college("workers", 60)],
            (0..9).map(|number| college(&format!("g{number}"), 10)).collect(),
        ] {
            let refused = divide(&members, &wrong);
            assert!(matches!(&refused, Err(Error::Invalid { .. })), "{wrong:?}: {refused:?}");
        }
        let again = Member { person: members[0].person, ..member(4, "users") };
        let (all, listed) = divide(&[&members[..], &[again]].concat(), &[]).expect("one college");
        assert_eq!((all[0].electors, listed.iter().map(|it| it.1).collect::<Vec<_>>()), (3, vec![2, 3, 4]));
        assert!(matches!(divide(&[], &[]), Err(Error::Refused(refusal)) if refusal.code == "no-electors"));
    }

    #[test]
    fn members_vote_until_the_day_is_over_and_what_they_vote_on_has_a_digest_of_its_own() {
        let open =
            Proposal { closes_at: Timestamp::from_second(60).expect("a time"), ..proposal(1, Threshold::Majority) };
        assert!(open.check_open(Timestamp::from_second(59).expect("a time")).is_ok());
        assert_eq!(open.check_open(open.closes_at).expect_err("over").code, "vote-over");
        for end in [
            ProposalEnd::Failed,
            ProposalEnd::Passed(Executed::Nothing),
            ProposalEnd::Withdrawn { by: PersonId::generate(), reason: "No time".to_owned() },
        ] {
            let ended = Proposal { ended: Some((end, Timestamp::UNIX_EPOCH)), ..open.clone() };
            assert_eq!(ended.check_open(Timestamp::UNIX_EPOCH).expect_err("over").code, "vote-over");
        }
        assert_ne!(digest("a", "bc", None), digest("ab", "c", None));
        assert_ne!(digest("a", "b", None), digest("a", "b", Some(&[0; 32])));
    }
}
