//! What captures bear of fees: worked out by the campaign's terms, with the accounts from which they are passed on.

use crate::book::Entry;
use crate::books::operations::accounts::{self, Known};
use crate::chart;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::OrganisationId;
use crate::money::{Currency, Money};
use crate::movements::{self, ChargedFee};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::charge::Charge;
use crate::pledging::rules::fee::{self, Payee, Term};
use crate::pledging::rules::pledge::Pledge;
use crate::pledging::store::fees::ChargeFee;
use crate::pledging::store::terms;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// The accounts from which the fees of a campaign's terms, as they stand, are passed on: those that are open and in order. Whoever
/// needs another one hears why there is none.
pub(super) async fn payables(
    client: &impl GenericClient,
    book: &Book,
    campaign: &Campaign,
    partner: OrganisationId,
    currency: Currency,
) -> Result<Known, Error> {
    let mut known = Known::default();
    for term in &campaign.fees {
        match known.check(client, book, account(book, term, partner, currency), currency).await {
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(known)
}

/// What a charge bears; accounts that are needed are opened.
///
/// # Errors
///
/// `account-mismatch`.
pub(super) async fn ensure(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    pledge: &Pledge,
    charge: &Charge,
    wall: Timestamp,
) -> Result<Vec<ChargeFee>, Error> {
    let mut fees = Vec::new();
    for (term, amount) in due(tx, campaign, pledge, charge).await? {
        let account = account(book, &term, charge.partner, charge.amount.currency());
        let account = accounts::ensure(tx, book, &account, charge.amount.currency(), wall).await?;
        fees.push(ChargeFee { to: term.to, account, amount, undone: 0, returns: term.returned_on_refund });
    }
    Ok(fees)
}

/// The same, if all accounts are open; none when one is not. Those that are known already are not asked for.
///
/// # Errors
///
/// `account-mismatch`.
pub(super) async fn find(
    client: &impl GenericClient,
    book: &Book,
    campaign: &Campaign,
    pledge: &Pledge,
    charge: &Charge,
    known: &mut Known,
) -> Result<Option<Vec<ChargeFee>>, Error> {
    let mut fees = Vec::new();
    for (term, amount) in due(client, campaign, pledge, charge).await? {
        let (partner, currency) = (charge.partner, charge.amount.currency());
        let found = known.check(client, book, account(book, &term, partner, currency), currency).await?;
        let Some(account) = found else { return Ok(None) };
        fees.push(ChargeFee { to: term.to, account, amount, undone: 0, returns: term.returned_on_refund });
    }
    Ok(Some(fees))
}

async fn due(
    client: &impl GenericClient,
    campaign: &Campaign,
    pledge: &Pledge,
    charge: &Charge,
) -> Result<Vec<(Term, i64)>, Error> {
    let agreed = terms::fees_for(client, campaign, &pledge.terms_digest).await?;
    Ok(fee::of_charge(&agreed, charge.amount.minor()))
}

fn account(book: &Book, term: &Term, partner: OrganisationId, currency: Currency) -> chart::Account {
    chart::fees(&fee::account_name(term.to, partner)).in_currency(currency, book.currency)
}

/// The entry of a capture, with its fees.
pub(super) fn with_fees(capture: Entry, fees: &[ChargeFee]) -> Entry {
    let lines: Vec<ChargedFee> = fees
        .iter()
        .map(|fee| ChargedFee { payable: fee.account, amount: fee.amount, is_withheld: fee.to == Payee::Processor })
        .collect();
    movements::with_fees(capture, &lines)
}

/// The same of an entry whose money no processor has taken a fee of: what one is owed is passed on.
fn with_fees_passed_on(entry: Entry, fees: &[ChargeFee]) -> Entry {
    let passed_on = |fee: &ChargeFee| ChargedFee { payable: fee.account, amount: fee.amount, is_withheld: false };
    let lines: Vec<ChargedFee> = fees.iter().map(passed_on).collect();
    movements::with_fees(entry, &lines)
}

/// The same, of a charge that settles with it: the host has earned its own.
pub(super) async fn with_all_earned(
    tx: &Transaction<'_>,
    book: &Book,
    entry: Entry,
    fees: &[ChargeFee],
    currency: Currency,
    wall: Timestamp,
) -> Result<Entry, Error> {
    let mut entry = with_fees_passed_on(entry, fees);
    for fee in fees.iter().filter(|fee| fee.to == Payee::Host) {
        let income = chart::fee_income().in_currency(currency, book.currency);
        let income = accounts::ensure(tx, book, &income, currency, wall).await?;
        if let Ok(amount) = Money::from_minor(fee.amount, currency) {
            entry = movements::with_earned(entry, fee.account, income, amount);
        }
    }
    Ok(entry)
}

/// The charge with what its fees take, and what is withheld of them.
pub(super) fn borne(charge: Charge, fees: &[ChargeFee]) -> Charge {
    let withheld = fees.iter().filter(|fee| fee.to == Payee::Processor);
    Charge { fees: fees.iter().map(|fee| fee.amount).sum(), withheld: withheld.map(|fee| fee.amount).sum(), ..charge }
}
