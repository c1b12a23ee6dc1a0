//! The link of a donor: it shows what they gave, or one receipt, and needs no account.

use crate::id::{BookId, DonorId, DonorLinkId, ReceiptId, YearlyReceiptId};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// How long a link to all that a donor gave works; the mail of each receipt brings a fresh one.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// No secret of ours is longer.
const SECRET_MAX: usize = 100;

/// What stands in the address of a link: the book in which it is looked for, and a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken {
    /// The book of the donor.
    pub book: BookId,
    secret: String,
}

impl LinkToken {
    /// The token with a secret that the caller has drawn.
    pub fn new(book: BookId, secret: String) -> LinkToken {
        LinkToken { book, secret }
    }

    /// The digest under which its secret is kept.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }
}

impl fmt::Display for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.book.0, self.secret)
    }
}

/// Without the secret, so that no log can print it.
impl fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a link of book {}", self.book)
    }
}

/// A text that is no token of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the token of a link")]
pub struct NoToken;

impl FromStr for LinkToken {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<LinkToken, NoToken> {
        let (book, secret) = text.split_once('-').ok_or(NoToken)?;
        let number = i32::from_str_radix(book, 16).ok().filter(|number| *number > 0).ok_or(NoToken)?;
        if secret.is_empty() || secret.len() > SECRET_MAX {
            return Err(NoToken);
        }
        Ok(LinkToken { book: BookId(number), secret: secret.to_owned() })
    }
}

/// What a link shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// All that the donor gave.
    Gifts,
    /// One receipt of a charge.
    Receipt(ReceiptId),
    /// One receipt of a year.
    YearlyReceipt(YearlyReceiptId),
}

impl Target {
    /// The receipt of a charge, if it is one.
    pub fn receipt(self) -> Option<ReceiptId> {
        match self {
            Target::Receipt(id) => Some(id),
            Target::Gifts | Target::YearlyReceipt(_) => None,
        }
    }

    /// The receipt of a year, if it is one.
    pub fn yearly_receipt(self) -> Option<YearlyReceiptId> {
        match self {
            Target::YearlyReceipt(id) => Some(id),
            Target::Gifts | Target::Receipt(_) => None,
        }
    }
}

/// A link that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DonorLink {
    /// Its id.
    pub id: DonorLinkId,
    /// The donor whose gifts it shows.
    pub donor: DonorId,
    /// What it shows.
    pub to: Target,
    /// When it was made, by the wall clock.
    pub created_at: Timestamp,
    /// When it ceases to work, by the wall clock; none for that of a receipt.
    pub lapses_at: Option<Timestamp>,
    /// When it was revoked, by the wall clock; none while it works.
    pub revoked_at: Option<Timestamp>,
}

impl DonorLink {
    /// Whether it leads anywhere at a moment of the wall clock.
    pub fn works(&self, wall: Timestamp) -> bool {
        self.revoked_at.is_none() && self.lapses_at.is_none_or(|lapses_at| wall < lapses_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_from_its_text_and_no_other_text_is_one() {
        let token = LinkToken::new(BookId(42), "s3cret-with_dashes".to_owned());
        assert_eq!(token.to_string(), "2a-s3cret-with_dashes");
        assert_eq!(token.to_string().parse(), Ok(token.clone()));
        assert!(!format!("{token:?}").contains("s3cret"));
        for wrong in ["", "2a", "2a-", "-x", "0-x", "-1-x", "g-x", "fffffffff-x", &format!("1-{}", "x".repeat(101))] {
            assert_eq!(wrong.parse::<LinkToken>(), Err(NoToken), "{wrong}");
        }
    }

    #[test]
    fn a_link_works_until_it_lapses_or_is_revoked_and_that_of_a_receipt_does_not_lapse() {
        let wall = Timestamp::UNIX_EPOCH;
        let donor = DonorId::generate(BookId(3));
        let link = DonorLink {
            id: DonorLinkId::generate(BookId(3)),
            donor,
            to: Target::Gifts,
            created_at: wall,
            lapses_at: Some(wall + LINK_LIFETIME),
            revoked_at: None,
        };
        assert!(link.works(wall) && !link.works(wall + LINK_LIFETIME));
        assert!(!DonorLink { revoked_at: Some(wall), ..link }.works(wall));
        assert!(DonorLink { lapses_at: None, ..link }.works(wall + LINK_LIFETIME));
    }
}
