//! Newtype ids, and the opaque strings with a type prefix that stand for them outside.
//!
//! Objects of a book carry the book's number beside a `UUIDv7` (RFC 9562), so that every request finds its book, and so
//! its shard, without a search: `plg_` and 32 base32 characters. Objects without a book are the `UUIDv7` alone: 26 characters.

use data_encoding::{Encoding, Specification};
use std::fmt;
use std::sync::LazyLock;
use uuid::Uuid;

/// Lower-case base32 of RFC 4648 without padding.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification.encoding().expect("the alphabet has 32 distinct symbols")
});

/// An id that is not of the type asked for, or not an id at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {article} {noun} id: it starts with `{prefix}_`")]
pub struct IdError {
    article: &'static str,
    noun: &'static str,
    prefix: &'static str,
}

/// The number of a book inside the installation: the first column of every key of a table that grows.
///
/// Number 0 is the installation itself, for jobs that belong to no book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct BookId(pub i32);

impl BookId {
    /// The installation itself: jobs that belong to no book, such as a sign-in e-mail.
    pub const INSTALLATION: BookId = BookId(0);
}

impl fmt::Display for BookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number of a caller (a person or an organisation's credentials): it scopes idempotency keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct CallerId(pub i32);

impl CallerId {
    /// The service itself: its worker's postings.
    pub const SERVICE: CallerId = CallerId(0);
}

fn encode(prefix: &str, bytes: &[u8]) -> String {
    format!("{prefix}_{}", BASE32.encode(bytes))
}

fn decode<const N: usize>(prefix: &str, text: &str) -> Option<[u8; N]> {
    let body = text.strip_prefix(prefix)?.strip_prefix('_')?;
    BASE32.decode(body.as_bytes()).ok()?.try_into().ok()
}

macro_rules! text_forms {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

macro_rules! book_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $article:literal, $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name {
            /// The book it belongs to.
            pub book: BookId,
            /// The object inside the book.
            pub object: Uuid,
        }
        impl $name {
            /// The type prefix of the outside form.
            pub const PREFIX: &'static str = $prefix;

            /// Names an object that exists.
            pub fn new(book: BookId, object: Uuid) -> Self {
                Self { book, object }
            }

            /// Makes the id of a new object (`UUIDv7`).
            pub fn generate(book: BookId) -> Self {
                Self { book, object: Uuid::now_v7() }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&in_book($prefix, self.book, self.object))
            }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let wrong = IdError { article: $article, noun: $noun, prefix: $prefix };
                let bytes: [u8; 20] = decode($prefix, text).ok_or(wrong)?;
                let mut book = [0u8; 4];
                book.copy_from_slice(&bytes[..4]);
                let mut object = [0u8; 16];
                object.copy_from_slice(&bytes[4..]);
                Ok(Self { book: BookId(i32::from_be_bytes(book)), object: Uuid::from_bytes(object) })
            }
        }
        text_forms!($name);
    )*};
}

/// The book that an id names or lies in, whatever its kind; none when the text is no id with a book.
pub fn book_in(text: &str) -> Option<BookId> {
    object_in(text).map(|(_, book, _)| book)
}

/// The outside id of an object whose kind is known by its prefix.
pub fn in_book(prefix: &str, book: BookId, object: Uuid) -> String {
    let mut bytes = [0u8; 20];
    bytes[..4].copy_from_slice(&book.0.to_be_bytes());
    bytes[4..].copy_from_slice(object.as_bytes());
    encode(prefix, &bytes)
}

/// The prefix, the book and the UUID of an outside id, whatever its kind; none when the text is no id with a book.
pub fn object_in(text: &str) -> Option<(&str, BookId, Uuid)> {
    let (prefix, _) = text.split_once('_').filter(|(prefix, _)| prefix.len() == 3)?;
    let bytes: [u8; 20] = decode(prefix, text)?;
    let (book, object) = bytes.split_first_chunk::<4>()?;
    Some((prefix, BookId(i32::from_be_bytes(*book)), Uuid::from_slice(object).ok()?))
}

macro_rules! plain_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $article:literal, $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);
        impl $name {
            /// The type prefix of the outside form.
            pub const PREFIX: &'static str = $prefix;

            /// Makes the id of a new object (`UUIDv7`).
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&encode($prefix, self.0.as_bytes()))
            }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let wrong = IdError { article: $article, noun: $noun, prefix: $prefix };
                decode($prefix, text).map(|bytes| Self(Uuid::from_bytes(bytes))).ok_or(wrong)
            }
        }
        text_forms!($name);
    )*};
}

book_ids! {
    /// A book as the outside names it: its number and its own `UUIDv7`, so that a number cannot be guessed.
    BookRef = "bok", "a", "book";
    /// A donor: a person known only by what a partner passes.
    DonorId = "dnr", "a", "donor";
    /// A crowdfunding campaign.
    CampaignId = "cmp", "a", "campaign";
    /// A pledge of a donor to a campaign.
    PledgeId = "plg", "a", "pledge";
    /// A change of a pledge's plan.
    PlanChangeId = "plc", "a", "change of a plan";
    /// A move of a pledge's plan to another partner or rail.
    PlanMoveId = "pmv", "a", "move of a plan";
    /// Id of a [`Tier`](crate::pledging::rules::tier::Tier).
    TierId = "tir", "a", "tier";
    /// A link by which a donor sees what they gave, without an account.
    DonorLinkId = "dlk", "a", "link of a donor";
    /// The receipt of a charge.
    ReceiptId = "rct", "a", "receipt";
    /// The receipt of a year.
    YearlyReceiptId = "yrc", "a", "receipt of a year";
    /// One due payment of a pledge.
    ChargeId = "chg", "a", "charge";
    /// What goes back of a charge.
    RefundId = "rfd", "a", "refund";
    /// A charge that the donor's bank took back.
    ChargebackId = "cbk", "a", "chargeback";
    /// Money that a partner has and that no due date explains.
    SuspenseId = "sus", "an", "item of suspense";
    /// A partner or a rail that leaves a book.
    WithdrawalId = "wdr", "a", "withdrawal";
    /// The wind-up of a book.
    WindUpId = "wnd", "a", "wind-up";
    /// That what a custodian holds was frozen.
    CustodianFreezeId = "cfz", "a", "freeze of a custodian";
    /// Captured charges of one custodian and day that arrived as cash.
    SettlementId = "stl", "a", "settlement";
    /// A partner's list of a day, compared with that of the ledger.
    ComparisonId = "scm", "a", "comparison of a day";
    /// A milestone that a team can claim.
    MilestoneId = "mls", "a", "milestone";
    /// Work that a campaign would pay for, for which teams apply.
    MilestoneCallId = "mcl", "a", "call";
    /// A team applies for a call.
    MilestoneApplicationId = "map", "an", "application";
    /// A team's claim of a milestone.
    ClaimId = "clm", "a", "claim";
    /// One release of a claim's money.
    ReleaseId = "rel", "a", "release";
    /// A dispute raised against a claim.
    DisputeId = "dsp", "a", "dispute";
    /// An address that is fetched and hashed.
    EvidenceFetchId = "evf", "a", "fetch";
    /// An uploaded file.
    FileId = "fil", "a", "file";
    /// A membership of a person in a cooperative's book.
    MemberId = "mbr", "a", "member";
    /// Hours that a member worked.
    ContributionId = "ctb", "a", "contribution";
    /// A version of a cooperative's allocation rule.
    AllocationRuleId = "alr", "an", "allocation rule";
    /// A sale or a cost of a cooperative.
    ProceedsId = "prc", "a", "proceeds";
    /// The closed result of a period of a cooperative.
    ResultId = "res", "a", "result of a period";
    /// A distribution of a period's net.
    DistributionId = "dst", "a", "distribution";
    /// A member's statement of a distribution.
    StatementId = "stm", "a", "statement";
    /// With what a book that was begun elsewhere is opened.
    OpeningId = "opn", "an", "opening";
    /// Value added tax that a cooperative declared.
    VatDeclarationId = "vat", "a", "VAT declaration";
    /// What a member got of the next share before there was one.
    AdvanceId = "adv", "an", "advance";
    /// What a member pays to join, in parts.
    JoiningContributionId = "jco", "a", "joining contribution";
    /// At what rate a loan to a cooperative bears interest.
    LoanTermsId = "lot", "a", "set of loan terms";
    /// Retained shares that are paid back.
    RedemptionId = "rdm", "a", "redemption";
    /// What the members of a cooperative are asked.
    ProposalId = "prp", "a", "proposal";
    /// What a cooperative sends to the book of another one.
    RemittanceId = "rmt", "a", "remittance";
    /// The same in the book that receives.
    IncomingRemittanceId = "irm", "an", "incoming remittance";
    /// That a cooperative is of a federation.
    AffiliationId = "afl", "an", "affiliation";
    /// What a dissolved cooperative left to its successor.
    SuccessionId = "scs", "a", "succession";
    /// What a book is to spend over some months.
    ProgrammeId = "prg", "a", "programme";
    /// What is developed.
    ProductId = "prd", "a", "product";
    /// Somebody who works in a programme.
    HireId = "hir", "a", "hire";
    /// Where a payee is paid.
    BankAccountId = "bac", "a", "bank account";
    /// What is paid of an amount that is owed.
    PayoutId = "pay", "a", "payout";
    /// A run of payouts: of everything that is owed, at once.
    PayoutRunId = "prn", "a", "payout run";
    /// A file by which payouts are handed to a bank.
    PayoutFileId = "pfl", "a", "payout file";
    /// A line of a bank statement.
    BankLineId = "bln", "a", "bank line";
    /// What a bank has more or less than the book, to be moved.
    BankDifferenceId = "bdf", "a", "bank difference";
    /// A file of bank statements.
    StatementFileId = "bsf", "a", "statement file";
    /// Money of an account that is set aside.
    HoldId = "hld", "a", "hold";
    /// A job of the worker.
    JobId = "job", "a", "job";
    /// A mail in the outbox of a sandbox book.
    MailId = "eml", "a", "mail";
    /// A matching round: a pool that is shared among campaigns.
    MatchingRoundId = "mrd", "a", "matching round";
    /// What a sponsor gave to the pool of a matching round.
    PoolContributionId = "plt", "a", "contribution to a pool";
    /// A challenge: prizes for whoever does something first or best.
    ChallengeId = "chl", "a", "challenge";
    /// What a sponsor gave for the purse of a challenge.
    PurseContributionId = "pct", "a", "contribution to a purse";
    /// The entry of a team to a challenge.
    EntrantId = "ent", "an", "entry";
    /// What a team handed in for a stage of a challenge.
    SubmissionId = "sub", "a", "submission";
    /// A prize that a team won.
    AwardId = "awd", "an", "award";
    /// What a team has against a provisional ranking.
    AppealId = "apl", "an", "appeal";
    /// How the prizes of a submission are divided among teams.
    SharePlanId = "shp", "a", "share plan";
    /// A note for everybody about a campaign, a challenge or a milestone.
    UpdateId = "upd", "an", "update";
    /// Something that happened in a book.
    EventId = "evt", "an", "event";
    /// Where a partner has the events of a book sent.
    WebhookEndpointId = "whe", "a", "webhook endpoint";
}

plain_ids! {
    /// A person who signs in by e-mail link.
    PersonId = "psn", "a", "person";
    /// A cooperative, fiscal host, project team, sponsor, partner platform or producer.
    OrganisationId = "org", "an", "organisation";
    /// A pair of client id and secret of a partner.
    CredentialId = "pcr", "a", "credential";
    /// A role offered to an address.
    InvitationId = "inv", "an", "invitation";
    /// A person asks to belong to an organisation.
    JoinRequestId = "jrq", "a", "join request";
    /// A session of a person: what one sign-in began.
    SessionId = "ses", "a", "session";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_from_its_text() {
        let id = PledgeId::generate(BookId(7));
        let text = id.to_string();
        assert_eq!(text.len(), 4 + 32);
        assert_eq!(object_in(&text), Some(("plg", id.book, id.object)));
        assert_eq!(in_book("plg", id.book, id.object), text);
        assert_eq!(text.parse::<PledgeId>(), Ok(id));
        let organisation = OrganisationId::generate();
        assert_eq!(organisation.to_string().parse::<OrganisationId>(), Ok(organisation));
    }

    #[test]
    fn an_id_of_another_type_or_a_broken_one_is_refused() {
        let claim = ClaimId::generate(BookId(1)).to_string();
        assert!(claim.parse::<PledgeId>().is_err());
        assert!("plg_".parse::<PledgeId>().is_err());
        assert!("plg_AAAA".parse::<PledgeId>().is_err());
        assert!(claim.to_uppercase().parse::<ClaimId>().is_err());
        assert!(format!("{claim}a").parse::<ClaimId>().is_err());
    }
}
