//! What events tell besides their object and its states. None of it is personal data.

/// What a fact is, and so how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactKind {
    /// An object of the book, by the prefix of its outside id.
    Object(&'static str),
    /// An organisation.
    Organisation,
    /// An amount in minor units of the currency that comes with it.
    Money,
    /// A day.
    Day,
    /// A number that counts or names something.
    Number,
    /// A word of a closed set, or the code of an account or a currency.
    Word,
}

/// Something that an event may tell.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: FactKind,
    /// What it means, in a sentence.
    pub meaning: &'static str,
}

const fn fact(name: &'static str, kind: FactKind, meaning: &'static str) -> Fact {
    Fact { name, kind, meaning }
}

use FactKind::{Day, Money, Number, Object, Organisation, Word};

/// Every fact that there is, in the order in which they are shown.
pub const FACTS: &[Fact] = &[
    fact("campaign", Object("cmp"), "The campaign."),
    fact("from_campaign", Object("cmp"), "The campaign that the money left."),
    fact("to_campaign", Object("cmp"), "The campaign to which the money went."),
    fact("pledge", Object("plg"), "The pledge."),
    fact("charge", Object("chg"), "The charge."),
    fact("matching_round", Object("mrd"), "The matching round."),
    fact("settlement", Object("stl"), "The settlement with which the money arrives."),
    fact("milestone", Object("mls"), "The milestone."),
    fact("call", Object("mcl"), "The call for applications."),
    fact("claim", Object("clm"), "The claim."),
    fact("challenge", Object("chl"), "The challenge."),
    fact("entrant", Object("ent"), "The entry of the team."),
    fact("submission", Object("sub"), "The submission."),
    fact("member", Object("mbr"), "The member, by the membership."),
    fact("result", Object("res"), "The result that is divided."),
    fact("distribution", Object("dst"), "The distribution."),
    fact("rule", Object("alr"), "The version of the allocation rule that was published."),
    fact("programme", Object("prg"), "The programme that was opened."),
    fact("payout", Object("pay"), "The payout."),
    fact("payout_run", Object("prn"), "The run by which it was asked for."),
    fact("bank_account", Object("bac"), "The bank account that it goes to."),
    fact("team", Organisation, "The team."),
    fact("custodian", Organisation, "The custodian."),
    fact("sponsor", Organisation, "The sponsor."),
    fact("from_partner", Organisation, "The partner that collects the plan until it has moved."),
    fact("to_partner", Organisation, "The partner that collects the plan once it has moved."),
    fact("payee", Organisation, "The organisation that is paid; missing when it is a person."),
    fact("account", Word, "The code of the account."),
    fact("amount", Money, "How much: of one payment, of the claim, of the prize, and so on."),
    fact("sent", Money, "How much the donor gets of it: what is not a fee that its payee keeps."),
    fact("fee", Money, "What the provider or the bank took besides."),
    fact("pool", Money, "What is shared among the campaigns."),
    fact("from_amount", Money, "The amount of a payment before the change."),
    fact("to_amount", Money, "The amount of a payment after the change."),
    fact("approved", Money, "How much of the claim is approved."),
    fact("frozen", Money, "How much of what is approved is disputed."),
    fact("struck", Money, "How much of what is disputed stays with the milestone."),
    fact("released", Money, "How much is released so far."),
    fact("returned", Money, "How much went back to who gave it, or came back from a payee."),
    fact("sales", Money, "What was sold in the period."),
    fact("costs", Money, "What was spent in the period."),
    fact("other_income", Money, "What else the book earned in the period."),
    fact("other_costs", Money, "What else the book paid in the period."),
    fact("cash", Money, "What is paid out to the member."),
    fact("retained", Money, "What stays as the member's capital."),
    fact("currency", Word, "The currency of the amounts, of ISO 4217."),
    fact("schedule", Word, "`once`, `monthly`, `quarterly` or `yearly`."),
    fact("from_interval", Word, "The interval before the change."),
    fact("to_interval", Word, "The interval after the change."),
    fact("from_rail", Word, "The rail until the plan has moved: `sandbox`, `partner` or `stripe`."),
    fact("to_rail", Word, "The rail once the plan has moved."),
    fact("consent", Word, "How the donor consents: `not_needed`, `attested` or `link`."),
    fact(
        "detail",
        Word,
        "What the state waits for, as `state_detail` of a pledge says it; of a webhook endpoint why it is disabled.",
    ),
    fact("decline", Word, "Why the payment was declined: `soft`, `expired` or `stolen`."),
    fact("proceeds", Word, "`sale` or `cost`."),
    fact("starts_on", Day, "The first day on which a payment is due."),
    fact("due_on", Day, "The day on which it is due."),
    fact("retry_on", Day, "The day on which the payment is tried again."),
    fact("captured_on", Day, "The day on which the money was taken."),
    fact("day", Day, "The day that it is about."),
    fact("from", Day, "The first day of the period, of the rule, of the terms, or of the round."),
    fact(
        "to",
        Day,
        "The last day of the period, of the round, of a vote, or on which money stays in a book that is wound up.",
    ),
    fact("joined_on", Day, "The day on which the member joined."),
    fact("left_on", Day, "The last day of the member."),
    fact("payment", Number, "Which payment of the plan it is, from 1."),
    fact("payments", Number, "How many payments the plan has; missing when it is open."),
    fact("attempt", Number, "The last attempt to collect the payment, from 1; 0 for one that was missed."),
    fact("revision", Number, "The revision of what was handed in, from 1."),
    fact("round", Number, "The round of reviews, from 1."),
    fact("rules_version", Number, "The version of the rules or terms, from 1."),
    fact("prize", Number, "The number of the prize in the rules."),
    fact("freeze", Number, "Which freeze of the book it is, from 1."),
    fact("entry", Number, "The number of the journal entry that moved the money."),
    fact("mirror", Number, "The number of the journal entry that took it back."),
];
