//! Purses: what sponsors give, when it counts, and how what is left goes back.

use super::locked::{Locked, lock};
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::challenges::rules::challenge::Challenge;
use crate::challenges::rules::purse::{self, Capture, Contribution, ContributionState};
use crate::challenges::rules::rulebook::FeeGoesTo;
use crate::challenges::store::contributions::{self, Totals};
use crate::challenges::store::entrants;
use crate::engine::posting;
use crate::engine::store::balances;
use crate::engine::store::books::{self, Book};
use crate::error::{Error, Refusal};
use crate::evidence::Digest;
use crate::id::{ChallengeId, EntrantId, OrganisationId, PurseContributionId};
use crate::money::{Currency, Money};
use crate::parties::store::organisations;
use crate::service::change::check_line;
use crate::service::job::{Job, NewJob};
use crate::service::store::activity::{self, Actor, Done};
use crate::service::store::jobs;
use crate::text;
use crate::treasury::operations::settlements;
use crate::treasury::rules::settlement::Method;
use crate::{chart, movements};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;

/// The most contributions or fees that go back in one entry.
const LINES_MAX: usize = 500;

/// What a sponsor gives.
#[derive(Debug, Clone)]
pub struct NewContribution {
    /// The challenge for whose purse it is.
    pub challenge: ChallengeId,
    /// The organisation that gives it.
    pub sponsor: OrganisationId,
    /// Who brings it, and holds the money: a partner platform, or the host itself.
    pub partner: OrganisationId,
    /// What the partner calls it; unique per partner.
    pub reference: String,
    /// The amount that the sponsor gives.
    pub amount: Money,
    /// SHA-256 of the rules that the sponsor agrees to.
    pub rules: Digest,
    /// How the payment is named where it was made, when the partner has the money already.
    pub provider_reference: Option<String>,
}

/// What became of a contribution that was brought.
#[derive(Debug, Clone)]
pub struct Brought {
    /// The contribution.
    pub contribution: Contribution,
    /// Whether it was brought before, just so.
    pub was_known: bool,
}

/// A sponsor gives to a purse; with a payment's reference it is captured at once. The same contribution brought again is the one
/// that is there; when it comes with its payment only now, it is captured.
///
/// # Errors
///
/// `challenge-not-funding`, `rules-mismatch`, `currency-differs`, `purse-full`, `reference-taken`, `book-winding-up`; with a payment's
/// reference also what [`capture`] answers. [`Error::Invalid`] at `/reference` or `/sponsor`; [`Error::NotFound`] for
/// an unknown challenge.
pub async fn contribute(
    tx: &Transaction<'_>,
    new: NewContribution,
    actor: Actor,
    wall: Timestamp,
) -> Result<Brought, Error> {
    check_line("/reference", &new.reference, text::REFERENCE)?;
    let locked = lock(tx, new.challenge).await?;
    let Locked { book, challenge } = &locked;
    let known = contributions::find_by_reference(tx, book.id, new.partner, &new.reference).await?;
    if let Some(known) = known.filter(|known| is_the_same(known, &new)) {
        let contribution = match new.provider_reference {
            Some(reference) => capture(tx, known.id, reference, actor, None, wall).await?,
            None => known,
        };
        return Ok(Brought { contribution, was_known: true });
    }
    book.takes_new(book.now(wall))?;
    challenge.takes_contributions()?;
    challenge.agree(new.rules)?;
    if organisations::find(tx, new.sponsor).await?.is_none() {
        return Err(Error::invalid("/sponsor", "no such organisation"));
    }
    purse::admit(challenge.purse, given(tx, new.challenge).await?, new.amount)?;
    let contribution = Contribution {
        id: PurseContributionId::generate(book.id),
        challenge: new.challenge,
        sponsor: new.sponsor,
        partner: new.partner,
        reference: new.reference,
        amount: new.amount,
        returned: 0,
        rolled: 0,
        rolled_from: None,
        rules_version: challenge.rules_version,
        rules: new.rules,
        is_agreed: true,
        state: ContributionState::Pledged,
        capture: None,
        version: 1,
        created_at: book.now(wall),
    };
    if !contributions::insert(tx, &contribution).await? {
        let detail = format!("a contribution {} was brought before, and differs", contribution.reference);
        return Err(Refusal::new("reference-taken", detail).into());
    }
    let pledged = Done::new(&contribution.id, "pledged", actor);
    activity::record(tx, book.id, pledged, contribution.created_at).await?;
    let contribution = match new.provider_reference {
        Some(reference) => capture_locked(tx, &locked, contribution, reference, actor, book.today(wall), wall).await?,
        None => contribution,
    };
    Ok(Brought { contribution, was_known: false })
}

/// Whether a contribution that a partner names alike says the same.
fn is_the_same(known: &Contribution, new: &NewContribution) -> bool {
    (known.challenge, known.sponsor, known.amount, known.rules) == (new.challenge, new.sponsor, new.amount, new.rules)
}

/// The partner has the money of a contribution: it stands in the purse, and arrives with the partner's day. That is today, or
/// the day of `kept_since`: the moment in the book's time since which the report was kept.
///
/// # Errors
///
/// `contribution-captured` when another payment captured it; `purse-full`, `challenge-not-funding`, `payment-taken`;
/// what [`posting::post`] refuses. [`Error::Invalid`] at `/provider_reference`; [`Error::StillRunning`] when the book's
/// day ended under the transaction: try again; [`Error::NotFound`] for an unknown contribution.
pub async fn capture(
    tx: &Transaction<'_>,
    id: PurseContributionId,
    provider_reference: String,
    actor: Actor,
    kept_since: Option<Timestamp>,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let locked = lock(tx, contributions::get(tx, id).await?.challenge).await?;
    let Locked { book, challenge } = &locked;
    let contribution = contributions::get(tx, id).await?;
    match (contribution.state, &contribution.capture) {
        (ContributionState::Pledged, _) => {}
        (_, Some(capture)) if capture.provider_reference == provider_reference => return Ok(contribution),
        (ContributionState::Captured | ContributionState::Settled | ContributionState::Returned, _) => {
            return Err(Refusal::new("contribution-captured", "it was captured by another payment").into());
        }
    }
    purse::admit(challenge.purse, given(tx, challenge.id).await?, contribution.amount)?;
    let on = book.day_of(kept_since.unwrap_or(book.now(wall)));
    capture_locked(tx, &locked, contribution, provider_reference, actor, on, wall).await
}

/// Keeps the report of a capture until its book is released: [`capture`] said that it is frozen, and so nothing else against it.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown contribution.
pub async fn keep_report(
    tx: &Transaction<'_>,
    id: PurseContributionId,
    provider_reference: String,
    actor: Actor,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    let contribution = contributions::get(tx, id).await?;
    let book = books::get(tx, id.book).await?;
    let dedupe = jobs::dedupe_of_report(&id, &[&provider_reference]);
    let job = Job::RecordContribution { contribution: id, provider_reference, actor };
    jobs::enqueue(tx, &NewJob { book: id.book, due_at: book.now(wall), dedupe, job }).await?;
    Ok(contribution)
}

async fn capture_locked(
    tx: &Transaction<'_>,
    Locked { book, challenge }: &Locked,
    contribution: Contribution,
    provider_reference: String,
    actor: Actor,
    on: Date,
    wall: Timestamp,
) -> Result<Contribution, Error> {
    check_line("/provider_reference", &provider_reference, text::REFERENCE)?;
    let account = challenge.takes_contributions()?;
    let id = contribution.id;
    if contributions::provider_reference_taken(tx, id.book, contribution.partner, &provider_reference).await? {
        return Err(Refusal::new("payment-taken", format!("{provider_reference} paid another contribution")).into());
    }
    let settlement =
        settlements::open(tx, book, contribution.partner, (contribution.amount.currency(), Method::Card), on, wall)
            .await?;
    let entry = movements::purse_pledged(settlement.receivable, account, contribution.amount, on, id);
    let entry = posting::post(tx, book, entry, wall).await?.number;
    let capture = Capture { provider_reference, settlement: settlement.id, on, entry };
    let captured = contributions::update_captured(tx, id, &capture).await?;
    activity::record(tx, book.id, Done::new(&id, "captured", actor), book.now(wall)).await?;
    Ok(captured)
}

/// Minor units that custodians have for a purse, or had before its prizes were paid from it.
pub(super) async fn given(client: &impl GenericClient, challenge: ChallengeId) -> Result<i64, Error> {
    let totals = contributions::totals(client, challenge).await?;
    Ok(totals.captured + totals.settled - totals.returned - totals.rolled)
}

/// What a purse holds, as the book says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurseState {
    /// What sponsors gave, by how it stands.
    pub totals: Totals,
    /// Minor units in the purse, settled or not.
    pub balance: i64,
    /// Minor units in it that have settled.
    pub settled: i64,
}

/// What a purse holds.
///
/// # Errors
///
/// Only trouble with the database.
pub async fn state(client: &impl GenericClient, challenge: &Challenge) -> Result<PurseState, Error> {
    let totals = contributions::totals(client, challenge.id).await?;
    let balance = match challenge.account {
        Some(account) => balances::get(client, challenge.id.book, account).await?.net(),
        None => 0,
    };
    Ok(PurseState { totals, balance, settled: balance - totals.captured })
}

/// Minor units in a purse that have settled. The challenge is locked, so nothing more is captured meanwhile.
pub(super) async fn settled(tx: &Transaction<'_>, challenge: &Challenge) -> Result<i64, Error> {
    Ok(state(tx, challenge).await?.settled)
}

/// Whether a custodian has not yet paid over a contribution or a fee.
pub(super) async fn is_settling(tx: &Transaction<'_>, challenge: ChallengeId) -> Result<bool, Error> {
    Ok(contributions::totals(tx, challenge).await?.captured > 0 || entrants::fees_captured(tx, challenge).await? > 0)
}

/// Refuses with `purse-settling` while one has not.
pub(super) async fn demand_settled(tx: &Transaction<'_>, challenge: ChallengeId) -> Result<(), Error> {
    if is_settling(tx, challenge).await? {
        let detail = "a custodian has not yet paid over what it captured; try again when it has";
        return Err(Refusal::new("purse-settling", detail).into());
    }
    Ok(())
}

/// Refuses with `purse-frozen` while a frozen custodian holds something of the purse: prizes draw on all of it.
pub(super) async fn demand_free(tx: &Transaction<'_>, challenge: ChallengeId) -> Result<(), Error> {
    if contributions::is_frozen(tx, challenge).await? {
        let detail = "a custodian that is frozen holds a part of the purse; the prizes are awarded when it is released";
        return Err(Refusal::new("purse-frozen", detail).into());
    }
    Ok(())
}

/// Ends the money of a challenge: what is left in its purse goes back pro rata, and its entry fees go where its rules say,
/// or back to the teams where they say nothing (`fees` is none). Everything has settled.
pub(super) async fn close(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    fees: Option<FeeGoesTo>,
    wall: Timestamp,
) -> Result<(), Error> {
    give_back(tx, book, challenge, wall).await?;
    close_fees(tx, book, challenge, fees, wall).await
}

/// What is left in a purse goes back to its sponsors by what each gave, one line a contribution.
pub(super) async fn give_back(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    wall: Timestamp,
) -> Result<(), Error> {
    let Some(account) = challenge.account else { return Ok(()) };
    let left = balances::get(tx, book.id, account).await?.net();
    if left == 0 {
        return Ok(());
    }
    let given = contributions::captured(tx, challenge.id).await?;
    let weights: Vec<i64> = given.iter().map(Contribution::left).collect();
    let mut parts = Vec::new();
    for (one, minor) in given.iter().zip(purse::pro_rata(left, &weights)?).filter(|(_, minor)| *minor > 0) {
        let amount = money(minor, challenge.purse.currency())?;
        parts.push((refunds(tx, book, one.partner, amount.currency(), wall).await?, amount));
        contributions::update_returned(tx, one.id, minor).await?;
        activity::record(tx, book.id, Done::new(&one.id, "returned", Actor::Service), book.now(wall)).await?;
    }
    for part in parts.chunks(LINES_MAX) {
        let entry = movements::purse_returned(account, part, book.today(wall), challenge.id);
        posting::post(tx, book, entry, wall).await?;
    }
    Ok(())
}

/// What a sponsor gave goes back to it, whole.
pub(super) async fn send_back(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    of: &Contribution,
    wall: Timestamp,
) -> Result<(), Error> {
    let account = challenge.account.ok_or_else(|| Error::inconsistent(format!("{}: it has no purse", challenge.id)))?;
    let amount = money(of.left(), challenge.purse.currency())?;
    let refunds = refunds(tx, book, of.partner, amount.currency(), wall).await?;
    let entry = movements::purse_returned(account, &[(refunds, amount)], book.today(wall), of.id);
    posting::post(tx, book, entry, wall).await?;
    contributions::update_returned(tx, of.id, amount.minor()).await
}

/// The settled entry fees go where the rules say, or back to the teams.
pub(super) async fn close_fees(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    goes_to: Option<FeeGoesTo>,
    wall: Timestamp,
) -> Result<(), Error> {
    let fees = entrants::close_fees(tx, challenge.id).await?;
    if fees.is_empty() {
        return Ok(());
    }
    let currency = challenge.purse.currency();
    let account = fee_account(tx, book, challenge, wall).await?;
    match goes_to.unwrap_or(FeeGoesTo::Teams) {
        FeeGoesTo::OperatingFund => {
            let operating = chart::operating(&challenge.slug);
            let operating = accounts::ensure(tx, book, &operating, currency, wall).await?;
            let sum = fees.iter().map(|(_, _, fee)| i128::from(*fee)).sum::<i128>();
            let parts = Money::parts(sum, currency);
            let entry = movements::entry_fee_earned(account, operating, &parts, book.today(wall), challenge.id);
            posting::post(tx, book, entry, wall).await?;
        }
        FeeGoesTo::Teams => send_fees_back(tx, book, challenge, fees, wall).await?,
    }
    Ok(())
}

/// Entry fees go back to their teams, one line a fee, through who has them.
pub(super) async fn send_fees_back(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    fees: Vec<(EntrantId, OrganisationId, i64)>,
    wall: Timestamp,
) -> Result<(), Error> {
    if fees.is_empty() {
        return Ok(());
    }
    let currency = challenge.purse.currency();
    let account = fee_account(tx, book, challenge, wall).await?;
    let mut parts = Vec::with_capacity(fees.len());
    for (_, partner, fee) in fees {
        parts.push((refunds(tx, book, partner, currency, wall).await?, money(fee, currency)?));
    }
    for part in parts.chunks(LINES_MAX) {
        let entry = movements::entry_fee_returned(account, part, book.today(wall), challenge.id);
        posting::post(tx, book, entry, wall).await?;
    }
    Ok(())
}

/// The account of a challenge's entry fees.
pub(super) async fn fee_account(
    tx: &Transaction<'_>,
    book: &Book,
    challenge: &Challenge,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    accounts::ensure(tx, book, &chart::entry_fees(&challenge.slug), challenge.purse.currency(), wall).await
}

/// The account of refunds that a custodian is to send.
async fn refunds(
    tx: &Transaction<'_>,
    book: &Book,
    partner: OrganisationId,
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let account = chart::refunds_in_transit(partner).in_currency(currency, book.currency);
    accounts::ensure(tx, book, &account, currency, wall).await
}

pub(super) fn money(minor: i64, currency: Currency) -> Result<Money, Error> {
    Money::from_minor(minor, currency).map_err(|error| Error::inconsistent(format!("{minor} {currency}: {error}")))
}
