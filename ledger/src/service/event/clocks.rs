//! Every clock of the schema, and who is told when it begins to run: one table of the columns that say until when something waits.
//!
//! A mail about an event tells it ([`told`](super::told) says to whom), a mail of no event does, or there is a reason why nobody is told.
//! A test holds the table against the columns of the database.

/// Who is told that a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// Whom the mails of these kinds of events go to.
    Events(&'static [&'static str]),
    /// Whoever gets a mail of these kinds, which tell of no event with a clock of its own.
    Mailed(&'static [&'static str]),
    /// Nobody, and why.
    Nobody(&'static str),
}

use Telling::{Events, Mailed, Nobody};

/// Why nobody is told of clocks of the same sort.
const KEEPER: &str = "work of who keeps the book: the list of what waits says it";
const PLATFORM: &str = "the platform that shows it tells its donors, and what goes back to them has its mail";
const ROUND: &str = "everybody reads rounds and their drafts: no single person's money is decided";
const SESSION: &str = "whoever has it signs in again, and loses nothing";
const MACHINE: &str = "of the machine: nobody waits for it";
const FACT: &str = "a day on which something was or counts, which runs out for nobody";

/// The columns that say until when something waits, and some that sound so, by table and name.
pub const CLOCKS: &[(&str, Telling)] = &[
    ("affiliation.answered_at", Nobody(FACT)),
    ("affiliation.ended_at", Nobody(FACT)),
    (
        "affiliation.until",
        Nobody("the owners and approvers of the cooperative have it in the list of what waits for them"),
    ),
    ("allocation_rule.effective_from", Nobody(FACT)),
    ("appeal.decided_at", Nobody(FACT)),
    ("appeal.until", Events(&["appeal.open"])),
    ("bank_account.state_until", Events(&["bank_account.proposed", "bank_account.waiting"])),
    ("book.clock_target", Nobody(MACHINE)),
    ("browser_session.expires_at", Nobody(SESSION)),
    ("campaign.last_day", Nobody(PLATFORM)),
    ("campaign.state_until", Nobody(PLATFORM)),
    ("challenge.consent_until", Events(&["challenge_rules.written"])),
    ("challenge.rolls_until", Nobody(KEEPER)),
    (
        "challenge.state_until",
        Events(&["challenge.announced", "challenge.extended", "challenge.judging", "challenge.provisional"]),
    ),
    ("charge.due_on", Nobody("the donor agreed to the plan, and reads the next due date on the page of their pledges")),
    ("charge.retry_on", Events(&["charge.declined"])),
    ("charge.waits_until", Nobody("a provider answers it, and nothing is asked of the donor")),
    ("chargeback.evidence_until", Events(&["chargeback.open"])),
    ("chargeback.until", Events(&["chargeback.open"])),
    ("claim.decide_until", Events(&["claim.submitted", "claim.changes_asked"])),
    ("claim.objection_until", Events(&["claim.approved"])),
    ("claim_request.until", Mailed(&["claim"])),
    ("contribution.attested_at", Nobody(FACT)),
    ("credential.old_ends_at", Nobody("whoever makes the new secret says how long the old one works")),
    (
        "dispute.until",
        Events(&["dispute.open", "dispute.answered", "dispute.replied", "dispute.decided", "dispute.appealed"]),
    ),
    ("distribution.answer_until", Events(&["distribution.objected"])),
    ("distribution.approved_at", Nobody(FACT)),
    ("distribution.posted_at", Nobody(FACT)),
    ("distribution.until", Events(&["distribution.objection"])),
    (
        "donor_link.lapses_at",
        Nobody("the mail that has the link says what it is for, and the platform gives another one"),
    ),
    ("hold.expires_at", Nobody(KEEPER)),
    ("incoming_remittance.answered_at", Nobody(FACT)),
    ("incoming_remittance.received_on", Nobody(FACT)),
    (
        "incoming_remittance.until",
        Nobody("whoever keeps the receiving book finds the last day in the list of what was offered"),
    ),
    ("invitation.expires_at", Mailed(&["invitation"])),
    ("job.dead_at", Nobody(MACHINE)),
    ("job.due_at", Nobody(MACHINE)),
    ("job.leased_until", Nobody(MACHINE)),
    ("join_request.until", Mailed(&["join_request"])),
    ("matching_round.last_day", Nobody(ROUND)),
    ("matching_round.state_until", Nobody(ROUND)),
    ("member_index.effective_from", Nobody(FACT)),
    ("milestone_call.applications_until", Nobody("whoever reads the page of the call finds its last day there")),
    ("milestone_call.decide_until", Events(&["milestone_application.submitted"])),
    ("payout.late_from", Nobody(KEEPER)),
    ("payout.state_until", Events(&["payout.requested"])),
    ("plan_change.lapses_at", Events(&["plan_change.asked"])),
    ("plan_move.waits_until", Events(&["plan_move.asked", "plan_move.consented"])),
    ("pledge.state_until", Events(&["pledge.needs_action", "pledge.lapsed"])),
    ("programme_revision.from_month", Nobody(FACT)),
    ("proposal.last_day", Events(&["proposal.opened"])),
    ("redemption.approved_at", Nobody(FACT)),
    ("refresh_token.expires_at", Nobody(SESSION)),
    (
        "refund.waits_until",
        Nobody("the mail about the refund has said what goes back; whoever sends it is asked by a list"),
    ),
    ("remittance.approved_at", Nobody(FACT)),
    ("remittance.ended_at", Nobody(FACT)),
    ("remittance.paid_on", Nobody(FACT)),
    ("running_total.until", Nobody(FACT)),
    (
        "second_factor.waits_until",
        Nobody("whoever typed the wrong codes reads it in the answer, and it ends by itself"),
    ),
    ("second_factor_reset.until", Mailed(&["factor-reset", "second-factor"])),
    ("settlement.due_on", Nobody(KEEPER)),
    ("share_plan.state_until", Events(&["share_plan.proposed", "share_plan.objected"])),
    ("sign_in_code.expires_at", Mailed(&["sign-in"])),
    ("sign_in_token.expires_at", Mailed(&["sign-in"])),
    ("suspense_item.waits_until", Nobody(KEEPER)),
    ("webhook_endpoint.old_ends_at", Nobody("whoever makes the new secret says how long the old one works")),
    ("wind_up.last_day", Events(&["wind_up.announced"])),
    ("wind_up.return_after", Nobody("what goes back to donors has its mail")),
    ("wind_up.return_from", Nobody("what goes back to donors has its mail")),
    (
        "withdrawal.last_day",
        Nobody("nothing is asked of anybody: plans go on until then, and their donors are told after"),
    ),
];

#[cfg(test)]
mod tests {
    use super::super::told::{MAILS, TOLD, Told};
    use super::*;

    #[test]
    fn each_clock_is_told_by_a_mail_that_there_is_or_has_a_reason_why_nobody_is_told() {
        assert!(CLOCKS.is_sorted_by(|(one, _), (other, _)| one < other), "in the order of the names, each once");
        let is_mailed = |event: &&str| TOLD.iter().any(|(kind, told)| kind == event && matches!(told, Told::Mails(_)));
        let is_mail = |name: &&str| MAILS.iter().any(|kind| kind.name == *name);
        for (column, telling) in CLOCKS {
            match telling {
                Events(events) => assert!(!events.is_empty() && events.iter().all(is_mailed), "{column}: {events:?}"),
                Mailed(mails) => assert!(!mails.is_empty() && mails.iter().all(is_mail), "{column}: {mails:?}"),
                Nobody(why) => assert!(why.len() > 10, "{column}"),
            }
        }
    }
}
