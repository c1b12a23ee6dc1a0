//! Money that a custodian has and that nothing explains: it waits in suspense until somebody says whose payment it is. A partner reported
//! it of a pledge, or a line of a bank statement brought it.
//!
//! Money that came is never refused as if it had not come. It lies with its custodian, owed to whoever gave it; the host
//! matches it to a pledge, or it goes back through the partner, which it does by itself when nobody decides.

use super::charge::{Charge, State as ChargeState};
use super::pledge::{Pledge, Rail};
use crate::error::Refusal;
use crate::id::{BankLineId, ChargeId, OrganisationId, PledgeId, SettlementId, SuspenseId};
use crate::money::Money;
use crate::treasury::rules::settlement::Method;
use crate::words::words;
use jiff::Timestamp;
use jiff::civil::Date;

/// Days after which money in suspense goes back to who gave it.
pub const SUSPENSE_DAYS: i64 = 30;

words! {
    /// How money in suspense stands.
    SuspenseState, "state of money in suspense" {
        /// It waits for the host.
        Open = "open",
        /// It was the payment of a pledge.
        Matched = "matched",
        /// It goes back to who gave it.
        Returned = "returned",
        /// The line by which it came was booked as something else.
        Explained = "explained",
    }
}

words! {
    /// Why money waits in suspense.
    Held, "reason of money in suspense" {
        /// Its partner reported it of a pledge, and no due date explains it.
        Reported = "reported",
        /// The line by which it came carries no reference of ours.
        ReferenceUnknown = "reference_unknown",
        /// It is in another currency than what it was for.
        CurrencyDiffers = "currency_differs",
        /// The campaign takes no gifts: not yet, not now, or not any more.
        CampaignNotOpen = "campaign_not_open",
        /// It does not fit below the campaign's cap.
        CampaignFull = "campaign_full",
        /// Who has it is withdrawn from the book.
        CustodianWithdrawn = "custodian_withdrawn",
        /// The book is wound up, and takes nothing new.
        BookWindingUp = "book_winding_up",
        /// The pledge that it names was cancelled, or went back.
        PledgeOver = "pledge_over",
        /// Every due date of the pledge that it names is paid.
        NothingDue = "nothing_due",
    }
}

impl Held {
    /// The refusal of what cannot be matched, and stays in suspense.
    pub fn refusal(self) -> Refusal {
        match self {
            Held::Reported | Held::ReferenceUnknown => Refusal::new("suspense-decided", "the money is in suspense"),
            Held::CurrencyDiffers => Refusal::new(
                "suspense-amount-differs",
                "the money is in another currency than what it is said to be for",
            ),
            Held::CampaignNotOpen => {
                Refusal::new("campaign-closed", "the campaign takes no gifts: name another one, or return the money")
            }
            Held::CampaignFull => Refusal::new(
                "campaign-full",
                "the money does not fit below the campaign's cap: name another one, or return it",
            ),
            Held::CustodianWithdrawn => {
                Refusal::new("partner-withdrawn", "who has the money is withdrawn from the book: return it")
            }
            Held::BookWindingUp => Refusal::new("book-winding-up", "the book takes nothing new: return the money"),
            Held::PledgeOver => {
                Refusal::new("pledge-over", "the pledge has ended: name another one, or return the money")
            }
            Held::NothingDue => Refusal::new(
                "no-due-date-left",
                "every due date of the pledge is paid: name another pledge, or return the money",
            ),
        }
    }
}

/// Money in suspense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspenseItem {
    /// Its id.
    pub id: SuspenseId,
    /// The pledge for which it came; none when that is not known.
    pub pledge: Option<PledgeId>,
    /// The charge of which it was reported; none when it was reported of none.
    pub charge: Option<ChargeId>,
    /// The line of a bank statement by which it came; none when a partner reported it.
    pub line: Option<BankLineId>,
    /// Why it waits.
    pub why: Held,
    /// Who has it: the partner, or whose bank account it is.
    pub partner: OrganisationId,
    /// The amount that came.
    pub amount: Money,
    /// How it was paid.
    pub method: Method,
    /// The settlement with which it arrives; none of what a line brought, which has arrived.
    pub settlement: Option<SettlementId>,
    /// The book's day on which it was reported, or the bank booked it.
    pub received_on: Date,
    /// How the partner names the event, or the bank the line.
    pub event_id: String,
    /// How the partner names the payment; of a line its id.
    pub provider_reference: String,
    /// Record number of the entry with which it came.
    pub entry: i64,
    /// How it stands.
    pub state: SuspenseState,
    /// When it goes back unless somebody decides, in book time; none once it is decided.
    pub until: Option<Timestamp>,
    /// The charge that it became; none unless it was matched.
    pub matched: Option<ChargeId>,
    /// Record number of the entry with which it left; 0 before.
    pub end_entry: i64,
    /// Record number of the entry of the line by which it left its custodian's bank, once it was returned; 0 before.
    pub sent_entry: i64,
    /// Raised by every change: its `ETag`.
    pub version: i64,
    /// When it was reported, in book time.
    pub received_at: Timestamp,
}

impl SuspenseItem {
    /// Refuses what was decided before, or ran out by a moment.
    ///
    /// # Errors
    ///
    /// `suspense-decided`.
    pub fn require_open(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state {
            SuspenseState::Open if self.until.is_none_or(|until| now < until) => Ok(()),
            SuspenseState::Open => {
                Err(Refusal::new("suspense-decided", "its time has run out: the money goes back to who gave it"))
            }
            SuspenseState::Matched | SuspenseState::Returned | SuspenseState::Explained => {
                Err(Refusal::new("suspense-decided", format!("the money was {} before", self.state)))
            }
        }
    }

    /// Refuses to take it for a payment of a pledge that another partner collects, or that is of another amount. `left_unpaid`: the
    /// partner has left a due date of the pledge unpaid, as it was the one that collected it.
    ///
    /// # Errors
    ///
    /// `suspense-of-another-partner`, `suspense-amount-differs`.
    pub fn fits(&self, pledge: &Pledge, left_unpaid: bool) -> Result<(), Refusal> {
        let collects = (self.partner, Rail::Partner) == (pledge.partner, pledge.rail);
        if !collects && !left_unpaid {
            let (rail, collector) = (pledge.rail, pledge.partner);
            let detail = format!(
                "the money lies with {}, and {collector} collects the pledge, on the rail {rail}",
                self.partner
            );
            return Err(Refusal::new("suspense-of-another-partner", detail));
        }
        if self.amount != pledge.amount {
            let detail = format!("{} came, and a payment of the pledge is {}", self.amount, pledge.amount);
            return Err(Refusal::new("suspense-amount-differs", detail));
        }
        Ok(())
    }
}

/// Whether a due date explains a payment that a partner reports of a charge: one that is tried, or was given up while the plan could
/// still go on. A missed one, one whose capture was voided, one given up by who collects the plan no more, and one of a plan that has
/// ended are paid by nobody any more.
pub fn explains(charge: &Charge, pledge: &Pledge) -> bool {
    match charge.state {
        ChargeState::Missed | ChargeState::Voided { .. } => false,
        ChargeState::Declined { .. } => !pledge.state.is_over() && charge.is_collected_as(pledge),
        ChargeState::Scheduled
        | ChargeState::Processing { .. }
        | ChargeState::Captured { .. }
        | ChargeState::Settled { .. } => true,
    }
}
