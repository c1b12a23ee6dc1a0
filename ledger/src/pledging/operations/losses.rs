//! Losses: who bears a chargeback that is lost, worked out and posted under the lock of the book's head.

use super::lineage;
use crate::book::AccountNumber;
use crate::books::operations::accounts;
use crate::engine::posting;
use crate::engine::store::balances;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::id::{CampaignId, OrganisationId, PledgeId};
use crate::money::{Currency, Money};
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::chargeback::{self as rules, Bearer, Chargeback, Fee, Loss, Paid, Part, State};
use crate::pledging::rules::fee::{self, Payee};
use crate::pledging::store::{campaigns, chargebacks, charges, fees as charge_fees, lineage as layers};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The most teams among which one loss is divided; what further ones got falls on the reserve.
const TEAMS_MAX: i64 = 400;

/// Locks the campaigns in whose funds something of the pledge is left, by id, with that of the charge.
pub(super) async fn lock_campaigns(
    tx: &Transaction<'_>,
    pledge: PledgeId,
    campaign: CampaignId,
) -> Result<BTreeMap<CampaignId, Campaign>, Error> {
    let mut ids: BTreeSet<CampaignId> = layers::campaigns_with(tx, pledge).await?.into_iter().collect();
    ids.insert(campaign);
    let mut locked = BTreeMap::new();
    for id in ids {
        locked.insert(id, campaigns::lock(tx, id).await?);
    }
    Ok(locked)
}

/// Finds the bearers of a lost chargeback as they stand now, posts what each bears, with effect on a day, and ends it;
/// none while the risk reserve does not reach.
pub(super) async fn bear(
    tx: &Transaction<'_>,
    book: &Book,
    lost: Chargeback,
    campaigns: &BTreeMap<CampaignId, Campaign>,
    on: Date,
    wall: Timestamp,
) -> Result<Option<Chargeback>, Error> {
    let currency = lost.amount.currency();
    journal::lock(tx, book.id).await?;
    let loss = loss(tx, book, &lost, campaigns).await?;
    let parts = rules::share(&loss)?;
    let of_reserve = parts.iter().find(|part| part.bearer == Bearer::RiskReserve).map_or(0, |part| part.amount);
    if rules::reserve_reaches(of_reserve, reserve_of(tx, book, currency).await?, currency).is_err() {
        return Ok(None);
    }
    let mut bearers = Vec::with_capacity(parts.len());
    for part in &parts {
        let account = account_of(tx, book, campaigns, (part.bearer, lost.partner), currency, wall).await?;
        bearers.push((account, amount(part.amount, currency)?));
    }
    let disputes = match campaigns.get(&lost.campaign) {
        Some(campaign) => disputes(tx, book, campaign, wall).await?,
        None => return Err(Error::NotFound("campaign")),
    };
    let entry = movements::dispute_lost(&bearers, disputes, on, lost.id);
    let posted = posting::post(tx, book, entry, wall).await?;
    draw(tx, campaigns, lost.pledge, posted.number, &parts, currency).await?;
    chargebacks::insert_parts(tx, lost.id, &parts).await?;
    let held_until = Some(posted.number + 1);
    let closed = Chargeback { state: State::Lost, closed_entry: posted.number, held_until, ..lost };
    chargebacks::update(tx, &closed).await.map(Some)
}

/// What is to be borne, and what there is.
async fn loss(
    tx: &Transaction<'_>,
    book: &Book,
    lost: &Chargeback,
    campaigns: &BTreeMap<CampaignId, Campaign>,
) -> Result<Loss, Error> {
    let mut own = Vec::with_capacity(campaigns.len());
    // Of the campaign of the charge first.
    let ordered = campaigns.values().filter(|it| it.id == lost.campaign);
    for campaign in ordered.chain(campaigns.values().filter(|it| it.id != lost.campaign)) {
        let left = layers::list_own(tx, campaign.fund()?, lost.pledge).await?;
        own.push((campaign.id, left.iter().map(|layer| layer.left).sum()));
    }
    let mut paid = Vec::new();
    for team in chargebacks::paid_of(tx, lost.pledge, TEAMS_MAX).await? {
        let unpaid = unpaid_of(tx, book, team.team, lost.amount.currency()).await?;
        paid.push(Paid { unpaid, ..team });
    }
    Ok(Loss { amount: lost.amount.minor(), fee: lost.fee, layers: own, paid, fees: fees(tx, book, lost).await? })
}

/// The fees that the charge bore, as far as they fall on what was taken back. The host gives its own back whatever the terms say of
/// refunds, the platform where they say so, the processor none; and nobody more than its account holds.
async fn fees(tx: &Transaction<'_>, book: &Book, lost: &Chargeback) -> Result<Vec<Fee>, Error> {
    let charge = charges::get(tx, lost.charge).await?;
    let (amount, currency) = (charge.amount.minor() - charge.refunded, charge.amount.currency());
    let before = charge.lost - lost.amount.minor();
    let mut found = Vec::new();
    for fee in charge_fees::of_charge(tx, lost.charge).await? {
        let part = rules::part_of_fee(fee.amount - fee.undone, amount, before, lost.amount.minor());
        let there = match fee.to {
            Payee::Host => free(tx, book, &chart::fee_income(), currency).await?,
            Payee::Platform if fee.returns => free(tx, book, &platform_fees(lost.partner), currency).await?,
            Payee::Platform | Payee::Processor => 0,
        };
        found.push(Fee { to: fee.to, part, returns: part.min(there) });
    }
    Ok(found)
}

fn platform_fees(partner: OrganisationId) -> chart::Account {
    chart::fees(&fee::account_name(Payee::Platform, partner))
}

/// What is owed to a team and not paid out.
async fn unpaid_of(tx: &Transaction<'_>, book: &Book, team: OrganisationId, currency: Currency) -> Result<i64, Error> {
    free(tx, book, &chart::team_payable(team), currency).await
}

/// What the risk reserve has in a currency.
pub(super) async fn reserve_of(tx: &Transaction<'_>, book: &Book, currency: Currency) -> Result<i64, Error> {
    free(tx, book, &chart::risk_reserve(), currency).await
}

/// What an account of the chart has free; 0 when it is not open.
pub(super) async fn free(
    tx: &Transaction<'_>,
    book: &Book,
    account: &chart::Account,
    currency: Currency,
) -> Result<i64, Error> {
    let account = account.clone().in_currency(currency, book.currency);
    let Some(number) = accounts::check(tx, book, &account, currency).await? else { return Ok(0) };
    let balance = balances::get(tx, book.id, number).await?;
    Ok(balance.net() - balance.held)
}

/// The account of what was taken back of a campaign's charges.
pub(super) async fn disputes(
    tx: &Transaction<'_>,
    book: &Book,
    campaign: &Campaign,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    // A campaign has one currency, and so its account of disputes.
    accounts::ensure(tx, book, &chart::disputes(&campaign.slug), campaign.currency, wall).await
}

async fn account_of(
    tx: &Transaction<'_>,
    book: &Book,
    campaigns: &BTreeMap<CampaignId, Campaign>,
    (bearer, partner): (Bearer, OrganisationId),
    currency: Currency,
    wall: Timestamp,
) -> Result<AccountNumber, Error> {
    let account = match bearer {
        Bearer::Fund(id) => return campaigns.get(&id).ok_or(Error::NotFound("campaign"))?.fund(),
        Bearer::TeamPayable(team) => chart::team_payable(team),
        Bearer::TeamReceivable(team) => chart::team_receivable(team),
        Bearer::Fee(Payee::Host) => chart::fee_income(),
        Bearer::Fee(Payee::Platform) => platform_fees(partner),
        Bearer::Fee(Payee::Processor) => return Err(Error::inconsistent("a processor gives no fee back")),
        Bearer::RiskReserve => chart::risk_reserve(),
    };
    accounts::ensure(tx, book, &account.in_currency(currency, book.currency), currency, wall).await
}

/// What the funds bore is used of the pledge's own layers.
async fn draw(
    tx: &Transaction<'_>,
    campaigns: &BTreeMap<CampaignId, Campaign>,
    pledge: PledgeId,
    entry: i64,
    parts: &[Part],
    currency: Currency,
) -> Result<(), Error> {
    for part in parts {
        let Bearer::Fund(id) = part.bearer else { continue };
        let campaign = campaigns.get(&id).ok_or(Error::NotFound("campaign"))?;
        lineage::draw_held(tx, campaign, pledge, entry, amount(part.amount, currency)?).await?;
    }
    Ok(())
}

fn amount(minor: i64, currency: Currency) -> Result<Money, Error> {
    Money::from_minor(minor, currency).map_err(|error| Error::inconsistent(format!("{minor}: {error}")))
}
