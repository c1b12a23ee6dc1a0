//! What people of the host do to a claim together, and what comes back of one that is revoked, on the wire.

use crate::wire::BalanceBody;
use jiff::Timestamp;
use ledger::id::{CampaignId, ClaimId, MilestoneId, OrganisationId, PersonId};
use ledger::milestones::rules::clawback::{Asked, Bearer, Clawback, Request, RequestState};
use serde::Serialize;
use utoipa::ToSchema;

/// What one person of the host asks for, so that another one confirms it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClaimMotion)]
pub struct RequestBody {
    #[schema(value_type = String)]
    claim: ClaimId,
    /// Counts the requests of the claim, from 1.
    number: i32,
    /// `revocation`, or `write_off` of what is owed of a revoked claim.
    kind: String,
    /// What is to be written off; null for a revocation.
    amount: Option<BalanceBody>,
    /// Who bears what is written off: `fund`, so its donors, or `risk_reserve`, so the host; null for a revocation.
    #[schema(value_type = Option<String>)]
    bearer: Option<Bearer>,
    /// Why, for everybody to read.
    reason: String,
    #[schema(value_type = String)]
    requested_by: PersonId,
    /// By the book's clock.
    requested_at: Timestamp,
    /// When it lapses unless somebody else confirms it, by the book's clock.
    until: Timestamp,
    /// `requested`, `confirmed` or `lapsed`.
    state: String,
    /// Null while nobody has confirmed it.
    #[schema(value_type = Option<String>)]
    confirmed_by: Option<PersonId>,
    /// When it was confirmed or lapsed, by the book's clock; null before.
    ended_at: Option<Timestamp>,
}

impl From<Request> for RequestBody {
    fn from(it: Request) -> RequestBody {
        let (amount, bearer) = match it.asked {
            Asked::Revocation => (None, None),
            Asked::WriteOff { amount, bearer } => {
                (Some(BalanceBody::new(amount.minor(), amount.currency())), Some(bearer))
            }
        };
        let (confirmed_by, ended_at) = match it.state {
            RequestState::Requested => (None, None),
            RequestState::Confirmed { by, at } => (Some(by), Some(at)),
            RequestState::Lapsed { at } => (None, Some(at)),
        };
        RequestBody {
            claim: it.claim,
            number: it.number,
            kind: it.asked.as_str().to_owned(),
            amount,
            bearer,
            reason: it.reason,
            requested_by: it.requested_by,
            requested_at: it.requested_at,
            until: it.until,
            state: it.state.as_str().to_owned(),
            confirmed_by,
            ended_at,
        }
    }
}

/// What had been released of a revoked claim, and what came back of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clawback)]
pub struct ClawbackBody {
    #[schema(value_type = String)]
    claim: ClaimId,
    #[schema(value_type = String)]
    milestone: MilestoneId,
    /// To whose fund it comes back.
    #[schema(value_type = String)]
    campaign: CampaignId,
    #[schema(value_type = String)]
    team: OrganisationId,
    /// Why the claim was revoked.
    reason: String,
    /// What had been released.
    amount: BalanceBody,
    /// What came back at once, as it was not paid out.
    unpaid: BalanceBody,
    /// What was set off against later releases of the team, and against payouts to it that came back.
    set_off: BalanceBody,
    /// What the team paid back.
    recovered: BalanceBody,
    /// What was given up at the expense of the fund.
    written_off: BalanceBody,
    /// What was given up at the expense of the host's risk reserve, so that it is in the fund again.
    borne: BalanceBody,
    /// What the team owes still.
    owed: BalanceBody,
    /// `open` while the team owes something of it, then `settled`.
    state: String,
    /// Record number of the entry of the revocation.
    entry: i64,
    /// When the claim was revoked, by the book's clock.
    revoked_at: Timestamp,
}

impl From<Clawback> for ClawbackBody {
    fn from(it: Clawback) -> ClawbackBody {
        let currency = it.amount.currency();
        let balance = |minor| BalanceBody::new(minor, currency);
        ClawbackBody {
            claim: it.claim,
            milestone: it.milestone,
            campaign: it.campaign,
            team: it.team,
            amount: balance(it.amount.minor()),
            unpaid: balance(it.unpaid),
            set_off: balance(it.set_off),
            recovered: balance(it.recovered),
            written_off: balance(it.written_off),
            borne: balance(it.borne),
            owed: balance(it.owed()),
            state: it.state().to_owned(),
            entry: it.entry,
            revoked_at: it.revoked_at,
            reason: it.reason,
        }
    }
}
