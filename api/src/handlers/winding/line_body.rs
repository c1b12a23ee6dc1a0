//! A line of a wind-up as it is shown.

use crate::wire::BalanceBody;
use jiff::Timestamp;
use ledger::books::rules::wind_up::PlanKind;
use ledger::id::CampaignId;
use ledger::winding::rules::line::{Decider, Line, LineKind, LineState, Of, Reason};
use serde::Serialize;
use utoipa::ToSchema;

/// Money that remains in a line for one reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WindUpRest)]
pub struct RestBody {
    /// How much.
    amount: BalanceBody,
    /// `not_due`: the day after which it goes back has not come; `settles`: its custodian has not paid it over; `set_aside`: a
    /// claimed milestone has it; `chargeback`: a donor's bank took it back, and that is not decided; `refund`: its refunds are
    /// being requested, or have failed and are requested again; `under_way`: its challenge is judged, or its round paid, first;
    /// `unexplained`: nobody has said whose payment it is; `on_its_way`: its refunds are being sent; `custodian`: the custodian
    /// owes it to who gave it; `payout`: it waits to be paid out; `passed_on`: the host passes it on; `members`: the members
    /// have not distributed it; `clawback`: a team owes it of a revoked claim, until it pays or two people of the host write it off.
    #[schema(value_type = String)]
    reason: Reason,
}

/// An account of a book that is wound up, in which money of others is, and what becomes of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WindUpLine)]
pub struct LineBody {
    /// The code of the account: what the line is called.
    account: String,
    /// `fund`, `purse`, `entry_fees`, `pool`, `suspense`, `refunds`, `payable`, `fees`, `proceeds`, or `recoveries`: owed to a fund by teams
    /// whose claims were revoked.
    #[schema(value_type = String)]
    kind: LineKind,
    /// The campaign, the challenge, the round or the organisation whose it is; null when the account says it alone.
    of: Option<String>,
    /// What people call the campaign, the challenge or the round; empty otherwise.
    title: String,
    /// What is in it.
    balance: BalanceBody,
    /// What the host plans with it: `move`, `spend_down` or `return`; null while nothing is planned, and it goes back after the
    /// day named for that.
    #[schema(value_type = Option<String>)]
    plan: Option<PlanKind>,
    /// The campaign to which it moves; null unless it does.
    #[schema(value_type = Option<String>)]
    to: Option<CampaignId>,
    /// `empty`; `waiting` for the day after which it goes back; `spending` until then; `moving`: its donors are asked until then;
    /// `returning`; `owed` to whom its account names; `recovering`: what teams pay of it goes back with its fund, and the host writes off the
    /// rest.
    #[schema(value_type = String)]
    state: LineState,
    /// When that ends by itself, by the book's clock; null where it goes as soon as it can, or waits for whoever decides.
    until: Option<Timestamp>,
    /// Who decides next: `host`, `donors`, `custodian`, `members` or `nobody`; null when nothing is in it.
    #[schema(value_type = Option<String>)]
    decides: Option<Decider>,
    /// What is in it, by the reasons why; its parts are the balance.
    #[schema(max_items = 12)]
    remains: Vec<RestBody>,
}

impl From<Line> for LineBody {
    fn from(line: Line) -> LineBody {
        let Line { account, state, until, decides, remains } = line;
        let balance = |minor| BalanceBody::new(minor, account.unit);
        LineBody {
            kind: account.kind,
            of: account.of.map(|of| match of {
                Of::Campaign(id) => id.to_string(),
                Of::Challenge(id) => id.to_string(),
                Of::Round(id) => id.to_string(),
                Of::Organisation(id) => id.to_string(),
            }),
            balance: balance(account.balance),
            plan: account.plan.as_ref().map(|plan| plan.kind),
            to: account.plan.as_ref().and_then(|plan| plan.to),
            state,
            until,
            decides,
            remains: remains
                .iter()
                .map(|part| RestBody { amount: balance(part.amount), reason: part.reason })
                .collect(),
            title: account.title,
            account: account.code,
        }
    }
}
