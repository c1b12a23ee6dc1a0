//! Lineage: beside every posting that leaves a campaign's fund, whose money it took.
//!
//! Both are called after the posting, under the lock of the book's head: the layers that are seen are exactly those that
//! settled before the entry, so that a replay of the book finds the same parts.

use crate::error::{Error, Refusal};
use crate::id::PledgeId;
use crate::money::Money;
use crate::pledging::rules::campaign::Campaign;
use crate::pledging::rules::lineage::{self, Layer, Method, Part};
use crate::pledging::store::{chargebacks, fund_returns, lineage as layers};
use deadpool_postgres::Transaction;

/// How many layers are read at once.
const PAGE: i64 = 1_000;

/// An entry took an amount out of a campaign's fund, by the campaign's method.
pub(crate) async fn draw(tx: &Transaction<'_>, campaign: &Campaign, entry: i64, amount: Money) -> Result<(), Error> {
    let open = enough(tx, campaign, amount.minor()).await?;
    let parts = lineage::draw(campaign.lineage, &open, amount.minor())?;
    save(tx, campaign, entry, &parts).await
}

/// An entry took an amount of one pledge's own money out of a campaign's fund, the oldest first. Refused with `pledge-held` while
/// a chargeback holds that money.
pub(crate) async fn draw_own(
    tx: &Transaction<'_>,
    campaign: &Campaign,
    pledge: PledgeId,
    entry: i64,
    amount: Money,
) -> Result<(), Error> {
    if chargebacks::holds(tx, pledge).await? {
        let detail = format!("a chargeback of {pledge} is not over: until then nobody takes of its money");
        return Err(Refusal::new("pledge-held", detail).into());
    }
    draw_held(tx, campaign, pledge, entry, amount).await
}

/// The same of money that the chargeback holds which the entry is about.
pub(super) async fn draw_held(
    tx: &Transaction<'_>,
    campaign: &Campaign,
    pledge: PledgeId,
    entry: i64,
    amount: Money,
) -> Result<(), Error> {
    let own = layers::list_own(tx, campaign.fund()?, pledge).await?;
    let parts = lineage::draw(Method::Fifo, &own, amount.minor())?;
    save(tx, campaign, entry, &parts).await
}

/// An entry brought an amount back into a campaign's fund of what releases had used: to the layers it came from, by the campaign's
/// method.
pub(crate) async fn give_back(
    tx: &Transaction<'_>,
    campaign: &Campaign,
    releases: &[i64],
    entry: i64,
    amount: i64,
) -> Result<(), Error> {
    let (book, fund) = (campaign.id.book, campaign.fund()?);
    let used = fund_returns::list_used(tx, book, fund, releases).await?;
    let back = lineage::give_back(campaign.lineage, &used, amount)?;
    let found = fund_returns::insert(tx, book, fund, entry, &back).await?;
    if usize::try_from(found) == Ok(back.len()) {
        return Ok(());
    }
    Err(Error::inconsistent(format!("entry {entry} gives back {} uses, {found} are there", back.len())))
}

/// As many layers as the method needs: all for shares of all, and no more than cover the amount for the oldest.
async fn enough(tx: &Transaction<'_>, campaign: &Campaign, amount: i64) -> Result<Vec<Layer>, Error> {
    let fund = campaign.fund()?;
    let (mut open, mut held) = (Vec::<Layer>::new(), 0_i128);
    loop {
        let after = open.last().map_or((0, 0), |layer| (layer.settled, layer.number));
        let page = layers::list_open(tx, campaign.id.book, fund, after, PAGE).await?;
        held += page.iter().map(|layer| i128::from(layer.left)).sum::<i128>();
        let is_last = page.len() < usize::try_from(PAGE).expect("a small number");
        open.extend(page);
        let is_enough = match campaign.lineage {
            Method::Fifo => held >= i128::from(amount),
            Method::ProRata => false,
        };
        if is_last || is_enough {
            return Ok(open);
        }
    }
}

async fn save(tx: &Transaction<'_>, campaign: &Campaign, entry: i64, parts: &[Part]) -> Result<(), Error> {
    let found = layers::insert_uses(tx, campaign.id.book, campaign.fund()?, entry, parts).await?;
    if usize::try_from(found) == Ok(parts.len()) {
        return Ok(());
    }
    Err(Error::inconsistent(format!("entry {entry} uses {} layers, {found} are there", parts.len())))
}
