//! Jobs of votes: counting them when the last day is over, and word to those who may vote.

use super::Context;
use super::mailing::Occasion;
use crate::failure::Failure;
use crate::mail::notices::Notice;
use crate::texts::{Said, Value, say};
use ledger::governance::operations::proposals;
use ledger::governance::operations::tellings::{self, Page};
use ledger::governance::rules::proposal::{Executed, ProposalEnd, ProposalState};
use ledger::id::ProposalId;
use ledger::service::preferences::MailGroup;
use ledger::service::store::jobs::Leased;

impl Context {
    /// Counts a proposal whose last day is over.
    pub(super) async fn advance_proposal(&self, leased: &Leased, id: ProposalId) -> Result<(), Failure> {
        let advanced = self.settle_with(leased, async |tx, wall| proposals::advance(tx, id, wall).await).await?;
        let state = advanced.state().as_str();
        tracing::info!(job = %leased.id, proposal = %id, state, "the last day of {id}: it is {state}");
        Ok(())
    }

    /// Tells a page of those who may vote that they may, or what came of it, while that is so.
    pub(super) async fn tell_electors(
        &self,
        leased: &Leased,
        id: ProposalId,
        state: &str,
        after: i32,
    ) -> Result<(), Failure> {
        let state: ProposalState = state.parse().map_err(ledger::Error::from)?;
        let client = self.pool.get().await?;
        let page = tellings::page(&client, id, (state, after), ledger::calendar::now()).await?;
        drop(client);
        let Some(page) = page else { return self.settle(leased).await };
        let group = match state {
            ProposalState::Open => MailGroup::Deadlines,
            ProposalState::Passed | ProposalState::Failed | ProposalState::Withdrawn => MailGroup::Decisions,
        };
        let about = (page.book.name.as_str(), page.proposal.title.as_str());
        let mail = Notice::vote(about, said(&page), id.to_string(), self.link("me").into());
        let occasion = Occasion::new("vote", &format!("{id}.{state}")).of_group(Some(group));
        self.send_all(leased, occasion, &page.recipients, &mail).await?;
        let of = (&page.book, id);
        self.settle_with(leased, async |tx, wall| tellings::turn(tx, of, state, page.next, wall).await).await
    }
}

/// How a proposal stands: the subject and the paragraphs of a mail.
fn said(page: &Page) -> (Said, Vec<Said>) {
    let proposal = &page.proposal;
    let number = |number: i32| Value::Number(number.into());
    let quorum = |said: Said| said.with("quorum", number(proposal.quorum)).with("electors", number(proposal.electors));
    let outcome = proposal.outcome;
    let counted = |said: Said| quorum(said).with("counted", number(outcome.map_or(0, |it| it.counted)));
    let approval = outcome.and_then(|it| it.approval);
    let approved = |said: Said| {
        let hundredths = approval.unwrap_or_default();
        counted(said).with("approval", Value::Decimal(format!("{}.{:02}", hundredths / 100, hundredths % 100)))
    };
    match proposal.ended.as_ref().map(|(end, _)| end) {
        None => {
            let until = Value::Day(proposal.last_day);
            (say("notices-vote-open-subject"), vec![quorum(say("notices-vote-open")).with("until", until)])
        }
        Some(ProposalEnd::Passed(executed)) => {
            let mut said = vec![approved(say("notices-vote-passed"))];
            match executed {
                Executed::Nothing => {}
                Executed::Published(_) => said.push(say("notices-vote-published")),
                Executed::Opened(_) => said.push(say("notices-vote-opened")),
                Executed::Refused(why) => said.push(say("notices-vote-refused").with("why", why.as_str())),
            }
            (say("notices-vote-passed-subject"), said)
        }
        Some(ProposalEnd::Failed) if approval.is_none() => {
            (say("notices-vote-failed-subject"), vec![counted(say("notices-vote-unsaid"))])
        }
        Some(ProposalEnd::Failed) => (say("notices-vote-failed-subject"), vec![approved(say("notices-vote-failed"))]),
        Some(ProposalEnd::Withdrawn { reason, .. }) => {
            let why = say("notices-reason").with("reason", reason.as_str());
            (say("notices-vote-withdrawn-subject"), vec![say("notices-vote-withdrawn"), why])
        }
    }
}
