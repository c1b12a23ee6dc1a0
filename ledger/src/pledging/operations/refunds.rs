//! Refunds as they are requested; what becomes of them is in [`super::refund_outcomes`].
//!
//! Lock order: pledge → its charge → campaigns by id → head of the book. A request takes the money out of the fund at once, of the
//! pledge's own layers alone; a failure puts it back. A charge that has not settled has no layers yet: it settles with what is
//! left. What a refund takes is what nothing has used or set aside: a funded milestone keeps its earmark until it is cancelled.

use super::free::own_free;
use super::{charges as charge_operations, lineage};
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::calendar::later;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::error::{Error, Refusal};
use crate::id::{CampaignId, ChargeId, PledgeId, RefundId};
use crate::money::Money;
use crate::movements::{FundPart, UndoneFee};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::{Charge, State as ChargeState};
use crate::pledging::rules::conversion::{Conversion, GivenBack, part_of};
use crate::pledging::rules::fee::{self, Payee};
use crate::pledging::rules::pledge::{Pledge, Rail};
use crate::pledging::rules::refund::{FeePart, REFUND_DAYS, Refund, State, part_for};
use crate::pledging::store::fees::{self, ChargeFee};
use crate::pledging::store::{campaigns, chargebacks, charges, lineage as layers, refunds};
use crate::service::change::{Change, check_text};
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Done};
use crate::service::store::jobs;
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// What is asked back of a charge.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The charge.
    pub charge: ChargeId,
    /// The part of it; none for all that is left.
    pub amount: Option<Money>,
    /// What the caller calls it: the same one twice is one refund. None for a refund without a name.
    pub reference: Option<&'a str>,
    /// The campaign from whose fund alone it is taken; none for wherever the pledge's money lies.
    pub from: Option<CampaignId>,
}

impl Ask<'_> {
    /// All that is left of a charge, under a name.
    pub fn whole(charge: ChargeId, reference: &str) -> Ask<'_> {
        Ask { charge, amount: None, reference: Some(reference), from: None }
    }
}

/// A part of a charge, or all that is left of it, goes back to its donor. What it was asked for before, by the same reference, is
/// the refund that is there.
///
/// # Errors
///
/// `charge-not-captured`, `refund-exceeds-charge`, `refund-exceeds-held`, `refund-nothing`; what [`posting::post`] refuses.
/// [`Error::Invalid`] at `/amount/currency` or `/reason`; [`Error::NotFound`] for an unknown charge.
pub async fn request(tx: &Transaction<'_>, ask: Ask<'_>, change: Change<'_>, wall: Timestamp) -> Result<Refund, Error> {
    check_text("/reason", change.reason, text::REASON_OR_NONE)?;
    let (book, pledge, charge) = charge_operations::lock(tx, ask.charge, None, wall).await?;
    if let Some(known) = known(tx, &ask).await? {
        return Ok(known);
    }
    let prepared = prepare(tx, &book, &pledge, charge, ask, change.reason, wall).await?;
    if prepared.missing > 0 {
        let held = prepared.refund.of_fund() - prepared.missing;
        return Err(exceeds_held(tx, &prepared.charge, held).await?.into());
    }
    let refund = take_out(tx, &book, prepared, change, wall).await?;
    enqueue(tx, &book, &refund, wall).await?;
    Ok(refund)
}

pub(super) async fn known(tx: &Transaction<'_>, ask: &Ask<'_>) -> Result<Option<Refund>, Error> {
    match ask.reference {
        Some(reference) => refunds::find(tx, ask.charge, reference).await,
        None => Ok(None),
    }
}

/// The job that sends it, at once; or looks, when its time has passed, whether its partner did.
pub(super) async fn enqueue(tx: &Transaction<'_>, book: &Book, refund: &Refund, wall: Timestamp) -> Result<(), Error> {
    let due_at = match (refund.rail, &refund.state) {
        (Rail::Partner, State::Requested { until } | State::Sent { until, .. }) => *until,
        (Rail::Sandbox | Rail::Stripe, State::Requested { .. }) => book.now(wall),
        (Rail::Sandbox | Rail::Stripe, State::Sent { .. }) => later(book.now(wall), 1),
        (_, State::Settled { .. } | State::Failed { .. }) => return Ok(()),
    };
    let dedupe = format!("{}-{}", refund.id, due_at.as_second());
    jobs::enqueue(tx, &NewJob { book: book.id, due_at, dedupe, job: Job::SendRefund { refund: refund.id } }).await?;
    Ok(())
}

/// The part of a charge that is asked for, of what of it is neither refunded nor under dispute.
fn part(charge: &Charge, asked: Option<Money>) -> Result<Money, Error> {
    match charge.state {
        ChargeState::Captured { .. } | ChargeState::Settled { .. } => {}
        ChargeState::Scheduled
        | ChargeState::Processing { .. }
        | ChargeState::Declined { .. }
        | ChargeState::Voided { .. }
        | ChargeState::Missed => {
            let detail = format!("the charge is {}: there is nothing to give back", charge.state.as_str());
            return Err(Refusal::new("charge-not-captured", detail).into());
        }
    }
    let currency = charge.amount.currency();
    if asked.is_some_and(|asked| asked.currency() != currency) {
        return Err(Error::invalid("/amount/currency", format!("the charge is in {currency}")));
    }
    let left = charge.amount.minor() - charge.refunded - charge.disputed;
    let wanted = asked.map_or(left, Money::minor);
    if wanted > left || left == 0 {
        let (whole, left) = (charge.amount, currency.format(left));
        let detail = format!("of the charge of {whole}, {left} is neither refunded nor under dispute");
        return Err(Refusal::new("refund-exceeds-charge", detail).into());
    }
    Money::from_minor(wanted, currency).map_err(|_| Error::inconsistent("a part of a charge is no amount"))
}

/// Money of a campaign's fund that goes back.
struct Source {
    campaign: Campaign,
    amount: i64,
}

/// A refund that is worked out and not posted.
pub(super) struct Prepared {
    /// The refund, without its entry.
    pub(super) refund: Refund,
    charge: Charge,
    pledge: PledgeId,
    borne: Vec<ChargeFee>,
    sources: Vec<Source>,
    /// What funds do not hold of it any more, or not freely, minor units: with that it cannot be posted.
    pub(super) missing: i64,
}

/// Works out a refund, under the locks of the campaigns of whose funds it is taken.
pub(super) async fn prepare(
    tx: &Transaction<'_>,
    book: &Book,
    pledge: &Pledge,
    charge: Charge,
    ask: Ask<'_>,
    reason: &str,
    wall: Timestamp,
) -> Result<Prepared, Error> {
    let amount = part(&charge, ask.amount)?;
    let borne = fees::of_charge(tx, charge.id).await?;
    let figures: Vec<(i64, i64)> = borne.iter().map(|fee| (fee.amount, fee.undone)).collect();
    let undone = fee::undone(&figures, charge.amount.minor(), charge.refunded, amount.minor())?;
    let parts: Vec<FeePart> = borne
        .iter()
        .zip(&undone)
        .filter(|(_, amount)| **amount > 0)
        .map(|(fee, amount)| FeePart { to: fee.to, amount: *amount, is_returned: fee.returns })
        .collect();
    let kept: i64 = parts.iter().filter(|fee| !fee.is_returned).map(|fee| fee.amount).sum();
    let sent = Money::from_minor(amount.minor() - kept, amount.currency()).map_err(|_| {
        Refusal::new("refund-nothing", "all of that part are fees that their payees keep: nothing would go back")
    })?;
    let original = original_of(tx, &charge, sent).await?;
    let of_cash = matches!(charge.state, ChargeState::Settled { .. });
    let now = book.now(wall);
    let refund = Refund {
        id: RefundId::generate(book.id),
        charge: charge.id,
        partner: charge.partner,
        amount,
        sent,
        original,
        settled_amount: None,
        fees: parts,
        rail: charge.rail,
        of_cash,
        reason: reason.to_owned(),
        reference: ask.reference.map(str::to_owned),
        state: State::Requested { until: later(now, REFUND_DAYS) },
        entry: 0,
        end_entry: 0,
        version: 1,
        requested_at: now,
    };
    let (sources, missing) = sources(tx, pledge, &charge, &refund, ask.from).await?;
    Ok(Prepared { refund, charge, pledge: pledge.id, borne, sources, missing })
}

/// What of the donor's own money goes back with what is sent of a charge, when that was given in another currency.
async fn original_of(tx: &Transaction<'_>, charge: &Charge, sent: Money) -> Result<Option<GivenBack>, Error> {
    let Some(Conversion { original, .. }) = charge.conversion else { return Ok(None) };
    let given = refunds::given(tx, charge.id).await?;
    let minor = part_of(original, charge.amount, given, sent.minor());
    Ok(Some(GivenBack { minor, currency: original.currency() }))
}

/// Takes a refund out of the funds and writes it down, requested.
pub(super) async fn take_out(
    tx: &Transaction<'_>,
    book: &Book,
    prepared: Prepared,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Refund, Error> {
    let Prepared { mut refund, charge, pledge, borne, sources, missing: _ } = prepared;
    let (amount, now) = (refund.amount, refund.requested_at);
    let in_transit = in_transit(tx, book, &refund, wall).await?;
    let returned = returned(tx, book, &borne, &refund, refund.of_cash, wall).await?;
    let funds = sources.iter().map(|source| Ok(FundPart { fund: source.campaign.fund()?, amount: source.amount }));
    let funds: Vec<FundPart> = funds.collect::<Result<_, Error>>()?;
    let entry = movements::refund_sent(&funds, in_transit, &returned, book.today(wall), refund.id);
    refund.entry = posting::post(tx, book, entry, wall).await?.number;
    if refund.of_cash {
        for source in &sources {
            if let Ok(amount) = Money::from_minor(source.amount, amount.currency()) {
                lineage::draw_own(tx, &source.campaign, pledge, refund.entry, amount).await?;
            }
        }
    }
    refunds::insert(tx, &refund).await?;
    let charge = Charge { refunded: charge.refunded + amount.minor(), fees: charge.fees - refund.undone(), ..charge };
    charges::update(tx, &charge).await?;
    for fee in &refund.fees {
        fees::add_undone(tx, charge.id, fee.to, fee.amount).await?;
    }
    activity::record(tx, book.id, Done::new(&refund.id, "requested", change.actor).because(change.reason), now).await?;
    Ok(refund)
}

/// From which funds a refund is taken: of a charge that has not settled, its campaign's; else wherever the pledge's layers lie,
/// first of all there; and what they do not have of it. What is set aside for milestones, or held by a chargeback, is left alone; what
/// a frozen custodian holds is asked for, and waits there.
async fn sources(
    tx: &Transaction<'_>,
    pledge: &Pledge,
    charge: &Charge,
    refund: &Refund,
    from: Option<CampaignId>,
) -> Result<(Vec<Source>, i64), Error> {
    let first = from.unwrap_or(charge.campaign);
    if !refund.of_cash {
        let source = Source { campaign: campaigns::lock(tx, first).await?, amount: refund.of_fund() };
        return Ok((vec![source], 0));
    }
    let mut ids: BTreeSet<CampaignId> = [first].into();
    if from.is_none() {
        ids.extend(layers::campaigns_with(tx, pledge.id).await?);
    }
    let mut locked = Vec::with_capacity(ids.len());
    for id in ids {
        locked.push(campaigns::lock(tx, id).await?);
    }
    locked.sort_by_key(|campaign| campaign.id != first);
    let is_held = chargebacks::holds(tx, pledge.id).await?;
    let mut missing = refund.of_fund();
    let mut sources = Vec::new();
    for campaign in locked {
        let own: i64 = layers::list_own(tx, campaign.fund()?, pledge.id).await?.iter().map(|layer| layer.left).sum();
        let free = own.min(own_free(tx, &campaign).await?).max(0);
        let amount = if is_held { 0 } else { free.min(missing) };
        missing -= amount;
        if amount > 0 || sources.is_empty() {
            sources.push(Source { campaign, amount });
        }
    }
    Ok((sources, missing))
}

async fn exceeds_held(tx: &Transaction<'_>, charge: &Charge, held: i64) -> Result<Refusal, Error> {
    let total: i64 = fees::of_charge(tx, charge.id).await?.iter().map(|fee| fee.amount).sum();
    let most = part_for(held, charge.amount.minor(), total, charge.refunded);
    let most = most.min(charge.amount.minor() - charge.refunded - charge.disputed);
    let currency = charge.amount.currency();
    let (held, most) = (currency.format(held), currency.format(most));
    let detail = format!(
        "{held} {currency} of what the pledge brought is still held and free: the rest was released, is set aside for \
         milestones, or is held by a chargeback. Refund at most {most} {currency} of the charge now, or cancel a milestone that is not delivered first"
    );
    Ok(Refusal::new("refund-exceeds-held", detail))
}

/// The account of what the custodian is to send back.
pub(super) async fn in_transit(
    tx: &Transaction<'_>,
    book: &Book,
    refund: &Refund,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let custodian = refund.rail.custodian(refund.partner, book.organisation);
    let account = chart::refunds_in_transit(custodian).in_currency(refund.currency(), book.currency);
    accounts::ensure(tx, book, &account, refund.currency(), wall).await
}

/// The fees that their payees give back with a refund, each with the host's income when it had been earned.
pub(super) async fn returned(
    tx: &Transaction<'_>,
    book: &Book,
    borne: &[ChargeFee],
    refund: &Refund,
    is_earned: bool,
    wall: Timestamp,
) -> Result<Vec<UndoneFee>, Error> {
    let mut lines = Vec::new();
    for part in refund.fees.iter().filter(|part| part.is_returned) {
        let payable = borne.iter().find(|fee| fee.to == part.to).map(|fee| fee.account);
        let payable = payable.ok_or_else(|| Error::inconsistent(format!("refund {} has another fee", refund.id)))?;
        let income = if is_earned && part.to == Payee::Host {
            let account = chart::fee_income().in_currency(refund.currency(), book.currency);
            Some(accounts::ensure(tx, book, &account, refund.currency(), wall).await?)
        } else {
            None
        };
        lines.push(UndoneFee { payable, income, amount: part.amount });
    }
    Ok(lines)
}
