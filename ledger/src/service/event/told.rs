//! Who is told of what by mail: one table of all kinds of events, each with its mails, or with the reason why there is none.
//!
//! What a mail is for says whether it matters to somebody's money or safety. Tests hold the table against the list of events, and against
//! the kinds of mail that the worker writes.

use crate::service::preferences::MailGroup;

/// What is told of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Mails: the kind of each, and to whom it goes.
    Mails(&'static [(&'static str, &'static str)]),
    /// None, and why.
    No(&'static str),
}

use Told::{Mails, No};

/// What a kind of mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody's money, which they must hear of.
    Money,
    /// Somebody's access, or the safety of the installation.
    Security,
    /// Something waits for the reader, or their work has an answer.
    Work,
    /// What is good to know.
    News,
}

/// Whether whoever gets a kind of mail may turn it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// No, and why: the law demands it, or the reader needs it to defend themselves.
    Always(&'static str),
    /// With the mails of this group.
    May(MailGroup),
    /// What it tells decides, by the place in the worker where it is written: what says nothing there cannot be turned off.
    ByState,
}

use Choice::{Always, ByState, May};

/// Where a reader finds what a kind of mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// By a link in the text itself.
    Own,
    /// On the page of what waits for whoever is signed in: a link below the text.
    Waiting,
    /// On the page of all that a donor gave: a link of the donor's own below the text.
    Gifts,
    /// By no link, and why.
    Nowhere(&'static str),
}

/// A kind of mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailKind {
    /// Its name: the first part of Message-IDs.
    pub name: &'static str,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether it may be turned off.
    pub choice: Choice,
}

const fn mail(name: &'static str, purpose: Purpose, choice: Choice) -> MailKind {
    MailKind { name, purpose, choice }
}

impl MailKind {
    /// Where its reader finds what it is about.
    pub fn place(&self) -> Place {
        PLACES.iter().find(|(names, _)| names.contains(&self.name)).map_or(Place::Own, |(_, place)| *place)
    }
}

/// Where the readers of kinds of mail find what those are about; the others have a link in their text.
pub const PLACES: &[(&[&str], Place)] = &[
    (
        &[
            "account_wanted",
            "bank_account",
            "card-testing",
            "challenge_news",
            "chargeback",
            "custodian-frozen",
            "freeze",
            "payout",
            "release",
            "shares",
            "statement",
            "webhooks-stopped",
        ],
        Place::Waiting,
    ),
    (&["decline", "not-collected", "plan-change", "plan-move", "pledge", "refund"], Place::Gifts),
    (
        &["factor-reset", "second-factor"],
        Place::Nowhere("whoever wants to steal a second factor writes mails like these, with a link"),
    ),
];

/// The kind of mail with a name.
pub fn mail_kind(name: &str) -> Option<&'static MailKind> {
    MAILS.iter().find(|kind| kind.name == name)
}

/// All kinds of mail: what each is for, and whether it may be turned off.
pub const MAILS: &[MailKind] = &[
    mail("account_wanted", Purpose::Money, Always("money waits for the reader, and the payout of it ends some day")),
    mail("appeal", Purpose::Work, ByState),
    mail("application", Purpose::Work, ByState),
    mail("bank_account", Purpose::Security, Always("a changed bank account: money may go to somebody else")),
    mail("bank_account_link", Purpose::Security, Always("a changed bank account: money may go to somebody else")),
    mail("card-testing", Purpose::Security, Always("somebody tries cards, and payments of others stop")),
    mail("challenge_news", Purpose::News, ByState),
    mail(
        "chargeback",
        Purpose::Money,
        Always("a bank takes money back, and there is a day until which it may be contested"),
    ),
    mail("claim", Purpose::Work, ByState),
    mail("consent", Purpose::Money, Always("what is collected of the donor changes only if they agree")),
    mail("custodian-frozen", Purpose::Money, Always("money of the host cannot be moved")),
    mail("decline", Purpose::Money, Always("the pledge stops unless its donor acts")),
    mail("distribution", Purpose::Work, Always("who does not object in time has agreed")),
    mail("entry", Purpose::Work, Always("an entry was withdrawn: whoever that wrongs must hear of it")),
    mail("factor-reset", Purpose::Security, Always("a second factor is about to be removed")),
    mail("freeze", Purpose::Security, Always("a book differs from itself")),
    mail("hours", Purpose::Work, May(MailGroup::Deadlines)),
    mail("invitation", Purpose::Security, Always("it is the invitation itself")),
    mail("join_request", Purpose::Work, ByState),
    mail("not-collected", Purpose::Money, Always("a payment that was promised does not come")),
    mail("objection", Purpose::Work, ByState),
    mail("payments-held", Purpose::Money, Always("payments of the donor wait")),
    mail("payout", Purpose::Money, ByState),
    mail("plan-change", Purpose::Money, Always("what is collected of the donor has changed")),
    mail("plan-move", Purpose::Money, Always("somebody else collects from the donor, if they agree")),
    mail("pledge", Purpose::Money, Always("the pledge ends unless its donor acts")),
    mail("receipt", Purpose::Money, May(MailGroup::Money)),
    mail("refund", Purpose::Money, May(MailGroup::Money)),
    mail("release", Purpose::Money, May(MailGroup::Money)),
    mail("returnable", Purpose::Money, Always("who does not ask in time leaves the money where it is")),
    mail("review", Purpose::Work, May(MailGroup::Deadlines)),
    mail("role", Purpose::Security, Always("somebody was given access in the name of the reader")),
    mail("second-factor", Purpose::Security, Always("the second factor of the reader has changed")),
    mail("shares", Purpose::Work, ByState),
    mail("sign-in", Purpose::Security, Always("it is the way in")),
    mail("statement", Purpose::Money, Always("a document about what is a member's by law")),
    mail("tasks", Purpose::Work, May(MailGroup::Deadlines)),
    mail("vote", Purpose::Work, ByState),
    mail("webhooks-stopped", Purpose::Work, Always("nothing more is sent to the partner until somebody acts")),
    mail("yearly-receipt", Purpose::Money, Always("a document for the tax office")),
];

/// Kinds of mail that tell of no event, and why.
pub const OF_NO_EVENT: &[(&str, &str)] = &[
    ("card-testing", "tries to pay are counted, and are no event"),
    ("factor-reset", "a second factor belongs to no book"),
    ("invitation", "an invitation belongs to no book"),
    ("join_request", "a request to join belongs to no book"),
    ("not-collected", "the last decline of a charge, which the mail of each decline may turn out to be later"),
    ("second-factor", "a second factor belongs to no book"),
    ("sign-in", "a sign-in belongs to no book"),
    ("tasks", "it sums up once a day what waits, of which other mails have told"),
];

/// What is told of each kind of event, in the order of the list of events.
pub const TOLD: &[(&str, Told)] = &[
    ("book.frozen", Mails(&[("freeze", "operators")])),
    ("book.released", No("the host does it itself, and sees it")),
    ("wind_up.announced", Mails(&[("pledge", "donors of its plans, when those end")])),
    ("wind_up.winding", No("the host does it itself, and sees it")),
    ("wind_up.done", No("the host does it itself, and sees it")),
    ("wind_up.resumed", No("the host does it itself, and sees it")),
    ("hold.placed", No("work of who keeps the book: the list of what waits says it")),
    ("hold.captured", No("work of who keeps the book: the list of what waits says it")),
    ("hold.released", No("work of who keeps the book: the list of what waits says it")),
    ("settlement.open", No("work of who keeps the book: the list of what waits says it")),
    ("settlement.settled", No("work of who keeps the book: the list of what waits says it")),
    ("settlement_announcement.announced", No("the custodian reports it itself, and reads what became of it")),
    ("settlement_announcement.differs", No("the custodian reports it itself, and reads what became of it")),
    ("settlement_announcement.settled", No("the custodian reports it itself, and reads what became of it")),
    ("settlement_announcement.withdrawn", No("the custodian reports it itself, and reads what became of it")),
    ("campaign.draft", No("the platform that shows the campaign tells its donors; nothing of theirs changes")),
    ("campaign.live", No("the platform that shows the campaign tells its donors; nothing of theirs changes")),
    ("campaign.suspended", No("the platform that shows the campaign tells its donors; nothing of theirs changes")),
    ("campaign.collecting", No("the platform that shows the campaign tells its donors; nothing of theirs changes")),
    ("campaign.successful", No("the platform that shows the campaign tells its donors; nothing of theirs changes")),
    ("campaign.failed", Mails(&[("refund", "donors, of what goes back to them")])),
    ("campaign.closed", No("the platform that shows the campaign tells its donors; nothing of theirs changes")),
    (
        "campaign_loop.asks_for_nothing",
        No("the platform that shows the campaign tells its donors; nothing of theirs changes"),
    ),
    (
        "campaign_loop.asks_again",
        No("the platform that shows the campaign tells its donors; nothing of theirs changes"),
    ),
    ("campaign_terms.written", No("the platform that shows the campaign tells its donors; nothing of theirs changes")),
    ("donor.erased", No("no address is left")),
    ("pledge.created", No("the donor did it at the platform, or the mail about the money says it")),
    ("pledge.active", No("the donor did it at the platform, or the mail about the money says it")),
    ("pledge.needs_action", Mails(&[("pledge", "the donor, unless the mail about a decline has said it")])),
    ("pledge.paused", No("the donor did it at the platform, or the mail about the money says it")),
    ("pledge.lapsed", Mails(&[("pledge", "the donor, unless the mail about a decline has said it")])),
    ("pledge.completed", No("the donor did it at the platform, or the mail about the money says it")),
    ("pledge.cancelled", Mails(&[("pledge", "the donor, unless the mail about a decline has said it")])),
    ("pledge.refunded", No("the donor did it at the platform, or the mail about the money says it")),
    ("pledge_move.posted", No("the donor asked for it by the link of a mail")),
    ("pledge_money.returnable", Mails(&[("returnable", "the donor")])),
    ("plan_change.asked", Mails(&[("consent", "the donor, where consent is needed")])),
    ("plan_change.applied", Mails(&[("plan-change", "the donor")])),
    ("plan_change.replaced", No("the plan is as the donor knows it")),
    ("plan_change.withdrawn", No("the plan is as the donor knows it")),
    ("plan_move.asked", Mails(&[("plan-move", "the donor")])),
    ("plan_move.consented", Mails(&[("plan-move", "the donor")])),
    ("plan_move.active", Mails(&[("plan-move", "the donor")])),
    ("plan_move.declined", Mails(&[("plan-move", "the donor")])),
    ("plan_move.expired", Mails(&[("plan-move", "the donor")])),
    ("webhook_endpoint.active", No("its partner did it")),
    ("webhook_endpoint.paused", No("its partner did it")),
    ("webhook_endpoint.disabled", Mails(&[("webhooks-stopped", "owners of the partner")])),
    ("webhook_endpoint.deleted", No("its partner did it")),
    ("webhook_endpoint.pinged", No("its partner did it")),
    ("suspense.open", No("work of who keeps the book: the list of what waits says it")),
    ("suspense.matched", No("work of who keeps the book: the list of what waits says it")),
    ("suspense.returned", No("work of who keeps the book: the list of what waits says it")),
    ("suspense.explained", No("work of who keeps the book: the list of what waits says it")),
    ("withdrawal.announced", No("nothing is asked of anybody: plans go on")),
    ("withdrawal.in_force", Mails(&[("pledge", "donors whose plans wait for another way to pay")])),
    ("withdrawal.restored", No("nothing is asked of anybody: plans go on")),
    (
        "custodian.frozen",
        Mails(&[
            ("custodian-frozen", "owners and treasurers of the host, each 30 days"),
            ("payments-held", "donors whose payments wait"),
        ]),
    ),
    ("custodian.released", No("nothing is asked of anybody: plans go on")),
    ("charge.processing", No("nothing is asked of the donor")),
    ("charge.declined", Mails(&[("decline", "the donor")])),
    ("charge.captured", Mails(&[("receipt", "the donor")])),
    ("charge.settled", No("nothing is asked of the donor")),
    ("charge.voided", No("the mail about the refund has said what goes back; a failed one is tried again")),
    ("charge.missed", No("nothing is asked of the donor")),
    ("refund.requested", No("the mail about the refund has said what goes back; a failed one is tried again")),
    ("refund.sent", Mails(&[("refund", "the donor")])),
    ("refund.settled", No("the mail about the refund has said what goes back; a failed one is tried again")),
    ("refund.failed", No("the mail about the refund has said what goes back; a failed one is tried again")),
    ("chargeback.open", Mails(&[("chargeback", "owners and treasurers of the host")])),
    ("chargeback.won", Mails(&[("chargeback", "owners and treasurers of the host")])),
    ("chargeback.lost_unborne", Mails(&[("chargeback", "owners and treasurers of the host")])),
    ("chargeback.lost", Mails(&[("chargeback", "owners and treasurers of the host")])),
    ("receipt.issued", Mails(&[("receipt", "the donor")])),
    ("yearly_receipt.issued", Mails(&[("yearly-receipt", "the donor")])),
    ("matching_round.draft", No("everybody reads rounds and their drafts: no single person's money is decided")),
    ("matching_round.open", No("everybody reads rounds and their drafts: no single person's money is decided")),
    ("matching_round.tallied", No("everybody reads rounds and their drafts: no single person's money is decided")),
    ("matching_round.objection", No("everybody reads rounds and their drafts: no single person's money is decided")),
    ("matching_round.final", No("everybody reads rounds and their drafts: no single person's money is decided")),
    ("matching_round.paid", No("everybody reads rounds and their drafts: no single person's money is decided")),
    ("matching_round.cancelled", No("everybody reads rounds and their drafts: no single person's money is decided")),
    ("pool_contribution.captured", No("the custodian who has the money tells the sponsor")),
    ("pool_contribution.settled", No("the custodian who has the money tells the sponsor")),
    ("pool_contribution.returned", No("the custodian who has the money tells the sponsor")),
    ("milestone.planned", No("the mails about claims and releases say it to those whom it concerns")),
    ("milestone.funded", No("the mails about claims and releases say it to those whom it concerns")),
    ("milestone.claimed", No("the mails about claims and releases say it to those whom it concerns")),
    ("milestone.partly_released", No("the mails about claims and releases say it to those whom it concerns")),
    ("milestone.released", No("the mails about claims and releases say it to those whom it concerns")),
    ("milestone.cancelled", No("the mails about claims and releases say it to those whom it concerns")),
    ("milestone_call.opened", No("whoever reads the page of the campaign finds it there")),
    ("milestone_call.filled", No("the mails about its applications say it to those who applied")),
    ("milestone_call.withdrawn", No("the mails about its applications say it to those who applied")),
    ("milestone_call.lapsed", No("the mails about its applications say it to those who applied")),
    ("milestone_application.submitted", Mails(&[("application", "owners of the host")])),
    ("milestone_application.accepted", Mails(&[("application", "people of the team")])),
    ("milestone_application.declined", Mails(&[("application", "people of the team")])),
    ("milestone_application.withdrawn", No("the team does it itself")),
    ("milestone_application.lapsed", Mails(&[("application", "people of the team")])),
    ("claim.draft", No("the mail about the next step says it: the approval, the dispute, the release, the payout")),
    ("claim.submitted", Mails(&[("review", "reviewers of the host")])),
    ("claim.in_review", No("the other reviewers were asked when it was submitted")),
    ("claim.changes_asked", Mails(&[("claim", "owners of the team, and the claimant")])),
    ("claim.approved", Mails(&[("claim", "owners of the team, the claimant, the host")])),
    ("claim.disputed", No("the mail about the next step says it: the approval, the dispute, the release, the payout")),
    ("claim.rejected", Mails(&[("claim", "owners of the team, and the claimant")])),
    ("claim.payable", No("the mail about the next step says it: the approval, the dispute, the release, the payout")),
    ("claim.paid", No("the mail about the next step says it: the approval, the dispute, the release, the payout")),
    ("claim.revoked", Mails(&[("claim", "owners of the team, the claimant, the host")])),
    ("claim.expired", Mails(&[("claim", "owners of the team, and the claimant")])),
    ("review.approve", No("the mail about the next step says it: the approval, the dispute, the release, the payout")),
    (
        "review.ask_changes",
        No("the mail about the next step says it: the approval, the dispute, the release, the payout"),
    ),
    ("review.reject", No("the mail about the next step says it: the approval, the dispute, the release, the payout")),
    ("dispute.open", Mails(&[("claim", "owners of the team, the claimant, and who of the host decides")])),
    ("dispute.answered", Mails(&[("claim", "who raised it")])),
    ("dispute.replied", Mails(&[("claim", "who of the host decides")])),
    ("dispute.decided", Mails(&[("claim", "owners of the team, the claimant, and who raised it")])),
    ("dispute.appealed", Mails(&[("claim", "who of the host decides")])),
    ("dispute.upheld", Mails(&[("claim", "owners of the team, the claimant, and who raised it")])),
    ("dispute.upheld_part", Mails(&[("claim", "owners of the team, the claimant, and who raised it")])),
    ("dispute.dismissed", Mails(&[("claim", "owners of the team, the claimant, and who raised it")])),
    ("clawback.open", Mails(&[("claim", "owners of the team, the claimant, the host")])),
    ("clawback.settled", Mails(&[("claim", "the host, of each payment by which it came back")])),
    ("release.posted", Mails(&[("release", "owners of the team, and the claimant")])),
    ("challenge.draft", No("its rules say when, everybody reads it, and the payout of a prize has its mail")),
    ("challenge.funding", No("its rules say when, everybody reads it, and the payout of a prize has its mail")),
    (
        "challenge.announced",
        Mails(&[
            ("challenge_news", "its judges, and owners of its sponsors"),
            ("role", "each judge, when put on the panel"),
        ]),
    ),
    ("challenge.open", No("its rules say when, everybody reads it, and the payout of a prize has its mail")),
    ("challenge.extended", Mails(&[("challenge_news", "people of the teams that have entered")])),
    ("challenge.judging", Mails(&[("challenge_news", "its judges, with the day until which they score")])),
    ("challenge.provisional", Mails(&[("challenge_news", "people of the teams that have entered")])),
    ("challenge.awarded", No("its rules say when, everybody reads it, and the payout of a prize has its mail")),
    ("challenge.closed", No("its rules say when, everybody reads it, and the payout of a prize has its mail")),
    ("challenge.cancelled", Mails(&[("challenge_news", "people of the teams that have entered")])),
    ("challenge.no_award", No("its rules say when, everybody reads it, and the payout of a prize has its mail")),
    ("challenge_rules.written", Mails(&[("challenge_news", "people of the teams that have entered")])),
    ("purse_contribution.pledged", No("the custodian who has the money tells the sponsor")),
    ("purse_contribution.captured", No("the custodian who has the money tells the sponsor")),
    ("purse_contribution.settled", No("the custodian who has the money tells the sponsor")),
    ("purse_contribution.returned", No("the custodian who has the money tells the sponsor")),
    ("entrant.free", No("the team does it itself, or its clock was in the rules")),
    ("entrant.due", No("the team does it itself, or its clock was in the rules")),
    ("entrant.captured", No("the team does it itself, or its clock was in the rules")),
    ("entrant.settled", No("the team does it itself, or its clock was in the rules")),
    ("entrant.closed", No("the team does it itself, or its clock was in the rules")),
    ("entrant.returned", No("the team does it itself, or its clock was in the rules")),
    ("withdrawn_entry.team", No("the team does it itself, or its clock was in the rules")),
    ("withdrawn_entry.silence", Mails(&[("entry", "people of the team")])),
    ("submission.draft", No("the team does it itself, or its clock was in the rules")),
    ("submission.submitted", No("the team does it itself, or its clock was in the rules")),
    ("submission.incomplete", No("the team does it itself, or its clock was in the rules")),
    ("submission.withdrawn", No("the team does it itself, or its clock was in the rules")),
    ("update.published", No("whoever reads the page or its feed finds it there")),
    ("update.withdrawn", No("whoever reads the page or its feed finds it there")),
    ("appeal.open", Mails(&[("appeal", "owners of the host")])),
    ("appeal.upheld", Mails(&[("appeal", "people of the team")])),
    ("appeal.dismissed", Mails(&[("appeal", "people of the team")])),
    ("appeal.lapsed", Mails(&[("appeal", "people of the team")])),
    ("share_plan.proposed", Mails(&[("shares", "people of the teams that it names, but of the one that proposes")])),
    ("share_plan.objected", Mails(&[("shares", "people of the team that proposes, and owners of the host")])),
    ("share_plan.fixed", Mails(&[("shares", "people of all its teams")])),
    ("share_plan.lapsed", Mails(&[("shares", "people of all its teams")])),
    ("award.posted", No("the ranking was told before, and the payout has its mail")),
    (
        "bank_account.proposed",
        Mails(&[
            ("bank_account", "owners and treasurers of the payee, or the person"),
            ("bank_account_link", "a person who is paid, to confirm a changed account"),
        ]),
    ),
    ("bank_account.waiting", Mails(&[("bank_account", "owners and treasurers of the payee, or the person")])),
    ("bank_account.active", Mails(&[("bank_account", "owners and treasurers of the payee, or the person")])),
    ("bank_account.replaced", No("the mail about the account that replaced it says it")),
    ("bank_account.rejected", Mails(&[("bank_account", "owners and treasurers of the payee, or the person")])),
    ("payout.requested", Mails(&[("account_wanted", "a payee without a bank account")])),
    ("payout.approved", No("work of the host: the list of what waits says it, and what is owed stays owed")),
    ("payout.screened", No("work of the host: the list of what waits says it, and what is owed stays owed")),
    ("payout.held", No("work of the host: the list of what waits says it, and what is owed stays owed")),
    ("payout.sent", Mails(&[("payout", "owners and treasurers of the payee, or the person")])),
    ("payout.settled", Mails(&[("payout", "owners and treasurers of the payee, or the person")])),
    ("payout.failed", Mails(&[("payout", "owners and treasurers of the payee, or the person")])),
    ("payout.returned", Mails(&[("payout", "owners and treasurers of the payee, or the person")])),
    ("payout.cancelled", No("work of the host: the list of what waits says it, and what is owed stays owed")),
    ("payout_run.gathering", No("work of who keeps the book: the list of what waits says it")),
    ("payout_run.ready", No("work of who keeps the book: the list of what waits says it")),
    ("payout_run.done", No("work of who keeps the book: the list of what waits says it")),
    ("payout_run.cancelled", No("work of who keeps the book: the list of what waits says it")),
    ("payout_file.building", No("work of who keeps the book: the list of what waits says it")),
    ("payout_file.ready", No("work of who keeps the book: the list of what waits says it")),
    ("payout_file.reported", No("work of who keeps the book: the list of what waits says it")),
    ("payout_file.withdrawn", No("work of who keeps the book: the list of what waits says it")),
    ("bank_line.open", No("work of who keeps the book: the list of what waits says it")),
    ("bank_line.matched", No("work of who keeps the book: the list of what waits says it")),
    ("bank_line.booked", No("work of who keeps the book: the list of what waits says it")),
    ("bank_line.gift", No("the partner or the custodian is told of the charge, and its receipt has its mail")),
    ("bank_line.suspense", No("work of who keeps the book: the list of what waits says it")),
    ("bank_statement_file.received", No("work of who keeps the book: the list of what waits says it")),
    ("bank_statement_file.imported", No("work of who keeps the book: the list of what waits says it")),
    ("bank_statement_file.refused", No("work of who keeps the book: the list of what waits says it")),
    ("bank_difference.proposed", No("work of who keeps the book: two people close a period together")),
    ("bank_difference.moved", No("work of who keeps the book: two people close a period together")),
    ("bank_difference.taking_back", No("work of who keeps the book: two people close a period together")),
    ("bank_difference.withdrawn", No("work of who keeps the book: two people close a period together")),
    ("bank_difference.taken_back", No("work of who keeps the book: two people close a period together")),
    ("member.joined", Mails(&[("role", "the person, where the role is new")])),
    ("member.left", No("a keeper and the member agree on it")),
    ("contribution.recorded", Mails(&[("hours", "members of the day, once a day")])),
    ("contribution.attested", No("who attests or takes back says so, and the statement counts it")),
    ("contribution.reversed", No("who attests or takes back says so, and the statement counts it")),
    ("allocation_rule.published", No("members read them, and the distribution that follows is told")),
    ("proposal.opened", Mails(&[("vote", "those who may vote")])),
    ("proposal.passed", Mails(&[("vote", "those who could vote")])),
    ("proposal.failed", Mails(&[("vote", "those who could vote")])),
    ("proposal.withdrawn", Mails(&[("vote", "those who could vote")])),
    ("proceeds.recorded", No("members read them, and the distribution that follows is told")),
    ("proceeds.reversed", No("members read them, and the distribution that follows is told")),
    ("result.closed", No("members read them, and the distribution that follows is told")),
    ("result.reopened", No("members read them, and the distribution that follows is told")),
    (
        "distribution.draft",
        No("work of who keeps the book: the list of what waits says it; members have their statements"),
    ),
    ("distribution.objection", Mails(&[("distribution", "members of the day")])),
    ("distribution.objected", Mails(&[("objection", "owners, treasurers and approvers of the cooperative")])),
    ("distribution.approved", Mails(&[("objection", "members who objected, with the answer")])),
    (
        "distribution.posted",
        No("work of who keeps the book: the list of what waits says it; members have their statements"),
    ),
    (
        "distribution.paid",
        No("work of who keeps the book: the list of what waits says it; members have their statements"),
    ),
    ("distribution.statements_issued", No("each statement has its mail")),
    (
        "distribution.reversed",
        No("work of who keeps the book: the list of what waits says it; members have their statements"),
    ),
    ("distribution.withdrawn", Mails(&[("objection", "members who objected")])),
    ("statement.issued", Mails(&[("statement", "the member")])),
    ("opening.recorded", No("who keeps the book has written it down, and its entry says it")),
    ("opening.reversed", No("who keeps the book has taken it back, and its mirror says it")),
    ("advance.granted", No("the payout that brings it is told, and the statement of the next share says it")),
    ("advance.reversed", No("the statement of the next share says what stood against it")),
    ("joining_contribution.open", No("the member agreed to it, and reads the plan with what is paid of it")),
    ("joining_contribution.paid", No("the member paid it, and reads the plan with what is paid of it")),
    ("joining_contribution.cancelled", No("the member reads the plan, with why the rest of it was cancelled")),
    ("redemption.requested", No("work of who keeps the book: the list of redemptions says it")),
    (
        "redemption.approved",
        No("the member's statements say what of each share is left, and the payout that follows is told"),
    ),
    ("redemption.withdrawn", No("work of who keeps the book: the list of redemptions says it")),
    ("redemption.reversed", No("the member's statements say what of each share is left")),
];

#[cfg(test)]
mod tests {
    use super::super::EventKind;
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_event_has_its_mails_or_a_reason_why_it_has_none() {
        let told: Vec<&str> = TOLD.iter().map(|(event, _)| *event).collect();
        assert_eq!(told, EventKind::words(), "a kind of event has one row, in the order of the list");
        for (event, told) in TOLD {
            match told {
                Mails(mails) => assert!(mails.iter().all(|(_, who)| !who.is_empty()) && !mails.is_empty(), "{event}"),
                No(why) => assert!(why.len() > 10, "{event}"),
            }
        }
    }

    #[test]
    fn every_kind_of_mail_tells_of_an_event_or_has_a_reason_why_of_none() {
        let known: BTreeSet<&str> = MAILS.iter().map(|kind| kind.name).collect();
        assert_eq!(known.len(), MAILS.len());
        let of_events = TOLD.iter().flat_map(|(_, told)| match told {
            Mails(mails) => *mails,
            No(_) => &[],
        });
        let of_events: BTreeSet<&str> = of_events.map(|(mail, _)| *mail).collect();
        let of_none: BTreeSet<&str> = OF_NO_EVENT.iter().map(|(mail, _)| *mail).collect();
        assert_eq!(of_events.intersection(&of_none).count(), 0);
        assert_eq!(of_events.union(&of_none).copied().collect::<BTreeSet<_>>(), known);
    }

    #[test]
    fn what_is_for_safety_is_never_turned_off() {
        for kind in MAILS {
            match kind.choice {
                Always(why) => assert!(why.len() > 10, "{}", kind.name),
                May(_) | ByState => assert_ne!(kind.purpose, Purpose::Security, "{}", kind.name),
            }
        }
    }
}
