//! Proposals: putting one to the vote, giving it up, and what follows from it when its last day is over.

use super::{rule_makings, tellings};
use crate::cooperatives::operations::{allocation_rules, member_indices, members as cooperatives};
use crate::cooperatives::rules::cooperative::Period;
use crate::cooperatives::store::members;
use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::governance::rules::proposal::{self, Executed, Motion, NewCollege, Proposal, ProposalEnd, ProposedRule};
use crate::governance::rules::tally;
use crate::governance::rules::vote::Threshold;
use crate::governance::store::{ballots, delegations, electors, proposals};
use crate::id::{BookId, PersonId, ProposalId};
use crate::programmes::operations::programmes;
use crate::service::change::check_text;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// What members shall be asked.
#[derive(Debug, Clone)]
pub struct NewProposal {
    /// What it is about.
    pub title: String,
    /// What is decided.
    pub text: String,
    /// What the service does when it passes.
    pub motion: Motion,
    /// How much of yes and no must be yes.
    pub threshold: Threshold,
    /// How many members must be counted.
    pub quorum: i32,
    /// The groups that vote apart; none for one vote of all.
    pub colleges: Vec<NewCollege>,
    /// The last day on which members vote.
    pub last_day: Date,
}

/// Puts a proposal to the vote of those who are members with a vote now.
///
/// # Errors
///
/// What [`proposal::divide`] refuses, what [`allocation_rules::publish`] refuses a rule with, and [`programmes::open`] a budget (at
/// `/programme`); `not-a-cooperative`, `book-winding-up`; [`Error::Invalid`] at `/quorum`, `/threshold` or `/last_day`; [`Error::NotFound`] for an unknown book.
pub async fn open(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewProposal,
    by: PersonId,
    wall: Timestamp,
) -> Result<Proposal, Error> {
    let (book, cooperative) = cooperatives::lock(tx, book).await?;
    let now = book.now(wall);
    let today = book.day_of(now);
    book.takes_new(now)?;
    proposal::check_last_day(today, new.last_day)?;
    let after = new.last_day.tomorrow().map_err(|_| Error::invalid("/last_day", "a day of the calendar"))?;
    match &new.motion {
        Motion::Resolution => {}
        Motion::Rule(it) => {
            allocation_rules::check("/rule", &it.rule, it.effective_from, it.window_days, cooperative.closed_through)?;
            member_indices::check_ratio(tx, book.id, &it.rule, it.effective_from).await?;
        }
        Motion::Budget(it) => {
            programmes::check(tx, &book, it, now).await.map_err(|error| error.below("/programme"))?;
        }
    }
    let motion = new.motion.digest()?;
    let mut present = members::list_in_period(tx, book.id, Period { from: today, to: today }).await?;
    present.retain(|member| member.votes_on(today));
    let (colleges, listed) = proposal::divide(&present, &new.colleges)?;
    let electors = i32::try_from(listed.len()).map_err(|_| Error::inconsistent("more members than numbers"))?;
    if !(1..=electors).contains(&new.quorum) {
        return Err(Error::invalid("/quorum", format!("1 to {electors}, who may vote")));
    }
    if let Some(needs) = rule_makings::needs(tx, book.id).await?.filter(|_| new.motion.rule().is_some()) {
        let least = needs.quorum_of(electors);
        if new.quorum < least {
            return Err(Error::invalid("/quorum", format!("a rule needs {least} of {electors} who may vote")));
        }
        if !needs.allows(new.threshold) {
            return Err(Error::invalid("/threshold", "a rule needs two thirds"));
        }
    }
    let opened = Proposal {
        id: ProposalId::generate(book.id),
        digest: proposal::digest(&new.title, &new.text, motion.as_ref()),
        title: new.title,
        text: new.text,
        motion: new.motion,
        threshold: new.threshold,
        quorum: new.quorum,
        electors,
        last_day: new.last_day,
        closes_at: book.start_of(after),
        opened_at: now,
        proposed_by: by,
        ended: None,
        outcome: None,
        version: 1,
    };
    proposals::insert(tx, &opened).await?;
    proposals::insert_colleges(tx, opened.id, &colleges).await?;
    electors::insert(tx, opened.id, &listed).await?;
    let (due_at, dedupe, job) = (opened.closes_at, opened.id.to_string(), Job::AdvanceProposal { proposal: opened.id });
    jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job }).await?;
    tellings::proposal(tx, &opened, now).await?;
    activity::record(tx, book.id, Done::new(&opened.id, "opened", Actor::Person(by)), now).await?;
    Ok(opened)
}

/// Gives an open proposal up, for a reason that members read.
///
/// # Errors
///
/// `vote-over`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown proposal.
pub async fn withdraw(
    tx: &Transaction<'_>,
    id: ProposalId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Proposal, Error> {
    check_text("/reason", &reason, text::REASON)?;
    let book = books::get(tx, id.book).await?;
    let open = proposals::lock(tx, id).await?;
    let now = book.now(wall).max(open.opened_at);
    open.check_open(now)?;
    let done = Done::new(&id, "withdrawn", Actor::Person(by)).because(&reason);
    activity::record(tx, book.id, done, now).await?;
    let ended = proposals::end(tx, id, &ProposalEnd::Withdrawn { by, reason }, None, now).await?;
    tellings::proposal(tx, &ended, now).await?;
    Ok(ended)
}

/// Counts a proposal whose last day is over, as of the end of that day, and does what one that passes asks for. Answers it, ended or not.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown proposal.
pub async fn advance(tx: &Transaction<'_>, id: ProposalId, wall: Timestamp) -> Result<Proposal, Error> {
    // The rule of one that passes is published under the lock of the cooperative, which comes first.
    let (book, _) = cooperatives::lock(tx, id.book).await?;
    let open = proposals::lock(tx, id).await?;
    if open.ended.is_some() || book.now(wall) < open.closes_at {
        return Ok(open);
    }
    let mut colleges = proposals::colleges(tx, id).await?;
    let (listed, votes) = (electors::all(tx, id).await?, ballots::all_last(tx, id).await?);
    let given = delegations::all_given(tx, book.id, Some(open.closes_at)).await?;
    let counts = tally::count(&listed, &votes, &given, colleges.len());
    proposals::update_counts(tx, id, &counts).await?;
    for (college, count) in colleges.iter_mut().zip(counts) {
        college.count = Some(count);
    }
    let (passes, outcome) = open.decide(&colleges)?;
    let end = if passes { ProposalEnd::Passed(execute(tx, &open).await?) } else { ProposalEnd::Failed };
    activity::record(tx, book.id, Done::new(&id, end.state().as_str(), Actor::Service), open.closes_at).await?;
    let ended = proposals::end(tx, id, &end, Some(outcome), open.closes_at).await?;
    tellings::proposal(tx, &ended, book.now(wall)).await?;
    Ok(ended)
}

/// Does what a proposal that has passed asks for, or says why that cannot be any more: a period may have been closed meanwhile, or an account
/// count for another programme.
async fn execute(tx: &Transaction<'_>, passed: &Proposal) -> Result<Executed, Error> {
    let (book, by) = (passed.id.book, (passed.proposed_by, passed.closes_at));
    let done = match passed.motion.clone() {
        Motion::Resolution => return Ok(Executed::Nothing),
        Motion::Rule(ProposedRule { rule, effective_from, window_days }) => {
            let published = allocation_rules::publish_as_of(tx, book, rule, effective_from, window_days, by).await;
            published.map(|rule| Executed::Published(rule.id))
        }
        Motion::Budget(new) => {
            programmes::open_as_of(tx, book, new, by).await.map(|programme| Executed::Opened(programme.id))
        }
    };
    match done {
        Err(Error::Refused(Refusal { code, .. })) => Ok(Executed::Refused(code.to_owned())),
        Err(Error::Invalid { .. }) => Ok(Executed::Refused("invalid".to_owned())),
        done => done,
    }
}
