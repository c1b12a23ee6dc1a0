//! Payouts as they are asked for, approved, screened, sent, and given up.
//!
//! Lock order: bank account → payout → clawback → book head.

use super::came_back;
use super::locked::{Locked, lock, save};
use super::requests::{self, Asked};
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::cooperatives::operations::series;
use crate::engine::posting;
use crate::engine::store::balances;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{BookId, ClaimId, OrganisationId, PayoutId, PersonId};
use crate::money::{Currency, Money};
use crate::parties::store::{organisations, ties};
use crate::payouts::rules::owed::Owed;
use crate::payouts::rules::payee::Payee;
use crate::payouts::rules::payout::{Approval, Payout, Policy, Screening, Sending};
use crate::payouts::store::payouts;
use crate::service::change::{Change, check_line, check_text};
use crate::service::store::activity::{self, Actor, Done};
use crate::treasury::operations::custodians;
use crate::{chart, movements, text};
use deadpool_postgres::Transaction;
use jiff::Timestamp;

/// What is to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayout {
    /// The book.
    pub book: BookId,
    /// Of what is owed to whom.
    pub owed: Owed,
    /// In which currency.
    pub currency: Currency,
    /// How much; none for all that is owed and not being paid, or for all of the release.
    pub amount: Option<Money>,
    /// The claim and the number of the release that it pays.
    pub release: Option<(ClaimId, i32)>,
    /// From whose cash; none for the host's.
    pub custodian: Option<OrganisationId>,
    /// The short name of a cooperative's cash from which it is paid; empty for the cash that is called after the custodian.
    pub cash: String,
    /// What the payee reads beside it.
    pub memo: String,
}

/// Asks for a payout. The same release twice is one payout; the second answer says that it was there.
///
/// # Errors
///
/// `payout-exceeds-payable`, `payout-nothing`, `payout-differs`, `payout-exists`, `lender-unknown`; [`Error::Invalid`] at
/// `/amount/currency`, `/custodian`, `/cash`, `/release` or `/memo`; [`Error::NotFound`] for an unknown release or member.
pub async fn request(tx: &Transaction<'_>, new: NewPayout, by: PersonId, wall: Timestamp) -> Result<Payout, Error> {
    check_line("/memo", &new.memo, text::REFERENCE_OR_NONE)?;
    let book = books::get(tx, new.book).await?;
    if new.amount.is_some_and(|amount| amount.currency() != new.currency) {
        return Err(Error::invalid("/amount/currency", format!("the payout is in {}", new.currency)));
    }
    let custodian = new.custodian.unwrap_or(book.organisation);
    requests::check_cash(tx, &book, (custodian, &new.cash), new.currency).await?;
    let of_release = match new.release {
        Some(release) => Some(requests::left_of(tx, (&new.owed, new.currency), new.amount, release).await?),
        None => None,
    };
    if let Some((claim, number)) = new.release
        && let Some(known) = payouts::of_release(tx, claim, number).await?
    {
        let is_same = known.custodian == custodian
            && known.cash == new.cash
            && new.amount.is_none_or(|amount| amount == known.amount);
        return if is_same {
            Ok(known)
        } else {
            Err(Refusal::new("payout-differs", format!("the release is being paid by {}, otherwise", known.id)).into())
        };
    }
    let (payee, payable) = requests::debt(tx, &book, &new.owed, new.currency).await?;
    let owed = balances::get(tx, book.id, payable).await?;
    let free = owed.net() - owed.held - payouts::waiting_of(tx, book.id, payable).await?;
    let wanted = new.amount.or(of_release).map_or(free, Money::minor);
    if wanted > free {
        let (wanted, free) = (new.currency.format(wanted), new.currency.format(free.max(0)));
        let detail = format!("{wanted} is asked for, and {free} {} is owed and not being paid", new.currency);
        return Err(Refusal::new("payout-exceeds-payable", detail).into());
    }
    let amount = Money::from_minor(wanted, new.currency)
        .map_err(|_| Refusal::new("payout-nothing", "nothing is owed that is not being paid"))?;
    let (cash, memo, source, release) = (new.cash, new.memo, new.owed.source(), new.release);
    let asked = Asked { payee, custodian, cash, source, release, payable, amount, memo, run: None };
    requests::make(tx, &book, asked, by, wall).await
}

/// Somebody of the host approves what they have seen of a payout: payee, amount and bank account, by their digest.
///
/// # Errors
///
/// `payout-no-account` while the payee has no bank account in the currency; `payout-state`, `same-person`, `digest-differs`;
/// `payout-conflict` for the payee, its people, and those with a declared tie to it; [`Error::NotFound`] for an unknown payout.
pub async fn approve(
    tx: &Transaction<'_>,
    id: PayoutId,
    seen: Digest,
    by: PersonId,
    wall: Timestamp,
) -> Result<Payout, Error> {
    let Locked { book, payout, account } = lock(tx, id, wall).await?;
    let Some(account) = account else {
        let detail = "the payee has no active bank account in this currency: it gives one first";
        return Err(Refusal::new("payout-no-account", detail).into());
    };
    let is_tied = match payout.payee {
        Payee::Person(person) => person == by,
        Payee::Organisation(payee) => {
            let of_payee = organisations::list_roles(tx, payee, by).await?;
            !of_payee.is_empty() || ties::tied(tx, book.id, payee).await?.contains(&by)
        }
    };
    if is_tied {
        let detail = "whoever is the payee, belongs to it, or has a declared tie to it, approves none of its payouts";
        return Err(Refusal::new("payout-conflict", detail).into());
    }
    let approved = payout.approve(by, &account, seen)?;
    let change = Change { version: None, actor: Actor::Person(by), reason: "" };
    save(tx, &book, approved, "approved", change, wall).await
}

/// Writes down what screening answered about a payout as it was approved; once it is answered, or approved anew, nothing.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown payout.
pub async fn screened(
    tx: &Transaction<'_>,
    id: PayoutId,
    approved: Option<Approval>,
    (answer, reason): (Screening, &str),
    wall: Timestamp,
) -> Result<Payout, Error> {
    let Locked { book, payout, .. } = lock(tx, id, wall).await?;
    if payout.approval != approved {
        return Ok(payout);
    }
    let was = payout.state.word();
    let answered = payout.screen(answer, reason);
    if answered.state.word() == was {
        return Ok(answered);
    }
    let action = answered.state.word().as_str();
    save(tx, &book, answered, action, Change::by_service(reason), wall).await
}

/// What an operator does with a payout that screening holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Release,
    /// It is cancelled; what is owed stays owed.
    Refuse,
}

/// An operator decides about a payout that screening holds, with a reason.
///
/// # Errors
///
/// `reason-missing`, `payout-state`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown payout.
pub async fn decide(
    tx: &Transaction<'_>,
    id: PayoutId,
    verdict: Verdict,
    change: Change<'_>,
    wall: Timestamp,
) -> Result<Payout, Error> {
    require_reason(change.reason)?;
    let Locked { book, payout, .. } = lock(tx, id, wall).await?;
    let (decided, action) = match verdict {
        Verdict::Release => (payout.release()?, "released"),
        Verdict::Refuse => (payout.refuse_held(change.reason)?, "refused"),
    };
    save(tx, &book, decided, action, change, wall).await
}

/// Gives a payout up that was not sent; what is owed stays owed.
///
/// # Errors
///
/// `reason-missing`, `payout-state`; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an unknown payout.
pub async fn cancel(tx: &Transaction<'_>, id: PayoutId, change: Change<'_>, wall: Timestamp) -> Result<Payout, Error> {
    require_reason(change.reason)?;
    let Locked { book, payout, .. } = lock(tx, id, wall).await?;
    let cancelled = payout.cancel(change.reason)?;
    save(tx, &book, cancelled, "cancelled", change, wall).await
}

/// Does what the deadline of a payout demands, if it has passed; the same call twice does it once.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown payout.
pub async fn advance(tx: &Transaction<'_>, id: PayoutId, wall: Timestamp) -> Result<Payout, Error> {
    Ok(lock(tx, id, wall).await?.payout)
}

/// Sends a payout: payable → payouts in transit. Above the threshold by somebody who neither asked for it nor approved it.
///
/// # Errors
///
/// `payout-state`, `same-person`, `payout-frozen`; `series-under-way` while a reversal is to take something of what is owed; what [`posting::post`] refuses, such as `below-floor` where less is owed by now;
/// [`Error::NotFound`] for an unknown payout.
pub async fn send(tx: &Transaction<'_>, id: PayoutId, by: PersonId, wall: Timestamp) -> Result<Payout, Error> {
    let Locked { book, payout, .. } = lock(tx, id, wall).await?;
    let policy = payouts::policy(tx, book.id).await?;
    payout.check_sender(by, policy, book.currency)?;
    require_free(tx, &book, &payout).await?;
    let in_transit = in_transit(tx, &book, &payout, wall).await?;
    series::demand_free(tx, book.id, &[payout.payable]).await?;
    let today = book.today(wall);
    let entry = movements::payout_sent(payout.payable, in_transit, payout.amount, today, id);
    let entry = posting::post(tx, &book, entry, wall).await?.number;
    let sent = payout.sent(Sending { by, on: today, late_from: policy.late_from(today), entry });
    let change = Change { version: None, actor: Actor::Person(by), reason: "" };
    save(tx, &book, sent, "sent", change, wall).await
}

/// Nothing leaves a custodian while what it holds is frozen. What had left before comes to its end.
async fn require_free(tx: &Transaction<'_>, book: &Book, payout: &Payout) -> Result<(), Error> {
    let Some(freeze) = custodians::standing(tx, book, payout.custodian).await? else { return Ok(()) };
    let detail = format!("the cash lies with {}, frozen by {}: send it after the release", payout.custodian, freeze.id);
    Err(Refusal::new("payout-frozen", detail).into())
}

/// The bank did not accept a payout: payouts in transit → payable. Another try is another payout. What the team owes is set off.
///
/// # Errors
///
/// `reason-missing`, `payout-state`; what [`posting::post`] refuses; [`Error::Invalid`] at `/reason`; [`Error::NotFound`] for an
/// unknown payout.
pub async fn fail(tx: &Transaction<'_>, id: PayoutId, change: Change<'_>, wall: Timestamp) -> Result<Payout, Error> {
    require_reason(change.reason)?;
    let Locked { book, payout, .. } = lock(tx, id, wall).await?;
    payout.check_fails()?;
    came_back::lock(tx, book.id, std::iter::once(&payout)).await?;
    let in_transit = in_transit(tx, &book, &payout, wall).await?;
    let entry = movements::payout_failed(in_transit, payout.payable, payout.amount, book.today(wall), id);
    let entry = posting::post(tx, &book, entry, wall).await?.number;
    came_back::set_off(tx, &book, &payout, payout.amount.minor(), wall).await?;
    save(tx, &book, payout.failed(change.reason, entry), "failed", change, wall).await
}

/// The account of what is on its way from a custodian.
pub(super) async fn in_transit(
    tx: &Transaction<'_>,
    book: &Book,
    payout: &Payout,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let currency = payout.amount.currency();
    let account = chart::payouts_in_transit(payout.custodian).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}

/// Says how a book pays out.
///
/// # Errors
///
/// [`Error::Invalid`] at `/threshold/amount` or `/late_days`; [`Error::NotFound`] for an unknown book.
pub async fn set_policy(
    tx: &Transaction<'_>,
    book: BookId,
    policy: Policy,
    actor: Actor,
    wall: Timestamp,
) -> Result<Policy, Error> {
    if policy.threshold.is_some_and(|threshold| threshold < 0) {
        return Err(Error::invalid("/threshold/amount", "0 or more"));
    }
    if !(1..=60).contains(&policy.late_days) {
        return Err(Error::invalid("/late_days", "1 to 60"));
    }
    let book = books::get(tx, book).await?;
    let now = book.now(wall);
    payouts::set_policy(tx, book.id, policy, now).await?;
    activity::record(tx, book.id, Done::new(&"payout policy", "set", actor), now).await?;
    Ok(policy)
}

pub(super) fn require_reason(reason: &str) -> Result<(), Error> {
    check_text("/reason", reason, text::REASON_OR_NONE)?;
    if reason.trim().is_empty() {
        return Err(Refusal::new("reason-missing", "say why").into());
    }
    Ok(())
}
