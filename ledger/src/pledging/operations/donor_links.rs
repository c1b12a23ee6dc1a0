//! Links by which donors see what they gave, without an account: made for a partner's donor or for a mail, found by their token,
//! revoked.
//!
//! Whoever tries a token that leads nowhere learns nothing: unknown, lapsed, revoked and erased are one answer.

use crate::error::Error;
use crate::id::{BookId, DonorId, DonorLinkId, ReceiptId, YearlyReceiptId};
use crate::pledging::rules::donor_link::{DonorLink, LINK_LIFETIME, LinkToken, Target};
use crate::pledging::store::{donor_links, donors};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;

/// A link to all that a donor gave, with a secret that the caller has drawn.
///
/// # Errors
///
/// [`Error::NotFound`] for an unknown donor, and for one who was erased.
pub async fn make(
    tx: &Transaction<'_>,
    donor: DonorId,
    secret: String,
    wall: Timestamp,
) -> Result<(DonorLink, LinkToken), Error> {
    insert(tx, donor, Target::Gifts, secret, wall).await
}

/// A link to one receipt of a year, which does not lapse.
///
/// # Errors
///
/// As [`make`].
pub async fn make_of_yearly_receipt(
    tx: &Transaction<'_>,
    donor: DonorId,
    receipt: YearlyReceiptId,
    secret: String,
    wall: Timestamp,
) -> Result<(DonorLink, LinkToken), Error> {
    insert(tx, donor, Target::YearlyReceipt(receipt), secret, wall).await
}

async fn insert(
    tx: &Transaction<'_>,
    donor: DonorId,
    to: Target,
    secret: String,
    wall: Timestamp,
) -> Result<(DonorLink, LinkToken), Error> {
    // Nobody is erased while the link is made.
    if donors::lock(tx, donor).await?.erased_at.is_some() {
        return Err(Error::NotFound("donor"));
    }
    let link = link(donor, to, wall);
    let token = LinkToken::new(donor.book, secret);
    donor_links::insert_each(tx, donor.book, &[(link, token.digest())]).await?;
    Ok((link, token))
}

/// The links that come with a receipt: to it, which does not lapse, and to all that its donor gave. Their secrets are drawn
/// by the caller, who keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WithReceipt {
    /// The donor.
    pub donor: DonorId,
    /// The receipt.
    pub receipt: ReceiptId,
    /// Digest of the secret that leads to it.
    pub one: [u8; 32],
    /// Digest of the secret that leads to all that the donor gave.
    pub all: [u8; 32],
}

/// Makes the links of receipts of a book; answers those that were made: not those of donors who were erased.
///
/// # Errors
///
/// What the database says.
pub async fn make_each(
    tx: &Transaction<'_>,
    book: BookId,
    asked: &[WithReceipt],
    wall: Timestamp,
) -> Result<Vec<WithReceipt>, Error> {
    // Nobody is erased while the links are made.
    let donors: Vec<_> = asked.iter().map(|asked| asked.donor.object).collect();
    let present = donors::lock_present(tx, book, &donors).await?;
    let made: Vec<_> = asked.iter().copied().filter(|asked| present.contains(&asked.donor)).collect();
    let of = |made: &WithReceipt| {
        let one = link(made.donor, Target::Receipt(made.receipt), wall);
        [(one, made.one), (link(made.donor, Target::Gifts, wall), made.all)]
    };
    donor_links::insert_each(tx, book, &made.iter().flat_map(of).collect::<Vec<_>>()).await?;
    Ok(made)
}

fn link(donor: DonorId, to: Target, wall: Timestamp) -> DonorLink {
    let lapses_at = match to {
        Target::Receipt(_) | Target::YearlyReceipt(_) => None,
        Target::Gifts => Some(wall + LINK_LIFETIME),
    };
    let id = DonorLinkId::generate(donor.book);
    DonorLink { id, donor, to, created_at: wall, lapses_at, revoked_at: None }
}

/// The donor to whose gifts a token leads.
///
/// # Errors
///
/// [`Error::NotFound`] for whatever leads nowhere.
pub async fn donor(client: &impl GenericClient, token: &str, wall: Timestamp) -> Result<DonorId, Error> {
    let link = working(client, token, wall).await?.filter(|link| link.to == Target::Gifts);
    link.map(|link| link.donor).ok_or(Error::NotFound("page"))
}

/// The receipt to which a token leads.
///
/// # Errors
///
/// [`Error::NotFound`] for whatever leads nowhere.
pub async fn receipt(client: &impl GenericClient, token: &str, wall: Timestamp) -> Result<ReceiptId, Error> {
    working(client, token, wall).await?.and_then(|link| link.to.receipt()).ok_or(Error::NotFound("receipt"))
}

/// Either receipt to which a token leads: [`Target::Receipt`] or [`Target::YearlyReceipt`].
///
/// # Errors
///
/// [`Error::NotFound`] for whatever leads nowhere.
pub async fn either_receipt(client: &impl GenericClient, token: &str, wall: Timestamp) -> Result<Target, Error> {
    let to = working(client, token, wall).await?.map(|link| link.to).filter(|to| *to != Target::Gifts);
    to.ok_or(Error::NotFound("receipt"))
}

/// The receipt of a year to which a token leads.
///
/// # Errors
///
/// [`Error::NotFound`] for whatever leads nowhere.
pub async fn yearly_receipt(
    client: &impl GenericClient,
    token: &str,
    wall: Timestamp,
) -> Result<YearlyReceiptId, Error> {
    working(client, token, wall).await?.and_then(|link| link.to.yearly_receipt()).ok_or(Error::NotFound("receipt"))
}

async fn working(client: &impl GenericClient, token: &str, wall: Timestamp) -> Result<Option<DonorLink>, Error> {
    let Ok(token) = token.parse::<LinkToken>() else { return Ok(None) };
    Ok(donor_links::find(client, &token).await?.filter(|link| link.works(wall)))
}

/// Takes a link back: it leads nowhere from the next request on.
///
/// # Errors
///
/// [`Error::NotFound`] for a link that the donor has not.
pub async fn revoke(tx: &Transaction<'_>, donor: DonorId, id: DonorLinkId, wall: Timestamp) -> Result<(), Error> {
    if donor_links::update_revoked(tx, donor, id, wall).await? { Ok(()) } else { Err(Error::NotFound("link")) }
}
