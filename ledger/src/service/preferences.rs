//! Which mails somebody wants: groups that may be turned off, by who is signed in or by the signed link of a mail.
//!
//! What has no group is sent in any case ([`told`](super::event::told) says which, and why). A link names its reader and a group, and is
//! signed; it turns the group off or on again and does nothing else, so it works until its reader revokes the links of older mails.

use crate::error::Error;
use crate::id::{DonorId, PersonId};
use crate::words::words;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::fmt;

words! {
    /// Mails that are turned off together.
    MailGroup, "group of mails" {
        /// How something ended in which the reader had a part.
        Decisions = "decisions",
        /// Work that waits for an office of the reader, until a day.
        Deadlines = "deadlines",
        /// Money that came or went as it should.
        Money = "money",
        /// What is good to know.
        News = "news",
    }
}

/// Which groups somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wishes {
    /// [`MailGroup::Decisions`]
    pub decisions: bool,
    /// [`MailGroup::Deadlines`]
    pub deadlines: bool,
    /// [`MailGroup::Money`]
    pub money: bool,
    /// [`MailGroup::News`]
    pub news: bool,
}

impl Wishes {
    /// Of whoever has said nothing.
    pub const ALL: Wishes = Wishes { decisions: true, deadlines: true, money: true, news: true };

    /// Whether a group is wanted.
    pub const fn wants(self, group: MailGroup) -> bool {
        match group {
            MailGroup::Decisions => self.decisions,
            MailGroup::Deadlines => self.deadlines,
            MailGroup::Money => self.money,
            MailGroup::News => self.news,
        }
    }
}

/// What a person has said of the mails they want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// Which groups.
    pub wishes: Wishes,
    /// Raised by every change; 1 when nothing was said yet.
    pub version: i64,
    /// With which number links are signed that still work.
    pub link_serial: i32,
}

impl Preferences {
    /// Of a person who has said nothing.
    pub const FIRST: Preferences = Preferences { wishes: Wishes::ALL, version: 1, link_serial: 0 };
}

/// Who reads mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Somebody who signs in.
    Person(PersonId),
    /// Somebody who gave.
    Donor(DonorId),
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reader::Person(id) => id.fmt(f),
            Reader::Donor(id) => id.fmt(f),
        }
    }
}

/// What signs links, of the installation.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkKey(pub(crate) Vec<u8>);

/// Without the key, so that no log can print it.
impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key of links")
    }
}

/// What the link of a mail is for: a group of mails to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLink {
    /// Who got the mail.
    pub reader: Reader,
    /// The group that it turns off.
    pub group: MailGroup,
    /// The number of the reader's links when it was signed.
    pub serial: i32,
}

/// No token of ours is longer.
const TOKEN_MAX: usize = 200;

impl MailLink {
    fn mac(&self, key: &LinkKey) -> Result<Hmac<Sha256>, Error> {
        let mac = Hmac::<Sha256>::new_from_slice(&key.0).map_err(|error| Error::inconsistent(error.to_string()))?;
        Ok(mac.chain_update(self.to_string()))
    }

    /// What stands in its address.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] for a key that is none.
    pub fn token(&self, key: &LinkKey) -> Result<String, Error> {
        Ok(format!("{self}.{}", hex::encode(self.mac(key)?.finalize().into_bytes())))
    }

    /// The link with a token; none for whatever was not signed with the key.
    ///
    /// # Errors
    ///
    /// As [`MailLink::token`].
    pub fn signed(token: &str, key: &LinkKey) -> Result<Option<MailLink>, Error> {
        let Some((link, signature)) = MailLink::parse(token) else { return Ok(None) };
        Ok(link.mac(key)?.verify_slice(&signature).is_ok().then_some(link))
    }

    fn parse(token: &str) -> Option<(MailLink, Vec<u8>)> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let mut parts = token.split('.');
        let (reader, group) = (parts.next()?, parts.next()?.parse().ok()?);
        let serial = parts.next()?.parse().ok()?;
        let signature = hex::decode(parts.next()?).ok()?;
        let reader = reader.parse().map(Reader::Person).or_else(|_| reader.parse().map(Reader::Donor)).ok()?;
        let link = MailLink { reader, group, serial };
        // There is one way to write it.
        let is_whole = parts.next().is_none() && token.starts_with(&format!("{link}."));
        is_whole.then_some((link, signature))
    }
}

impl fmt::Display for MailLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.reader, self.group, self.serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BookId;

    #[test]
    fn a_link_counts_as_it_was_signed_and_in_no_other_way() {
        let (key, other) = (LinkKey(vec![7; 32]), LinkKey(vec![8; 32]));
        for reader in [Reader::Person(PersonId::generate()), Reader::Donor(DonorId::generate(BookId(3)))] {
            let link = MailLink { reader, group: MailGroup::Money, serial: 2 };
            let token = link.token(&key).unwrap();
            assert!(
                token.len() <= TOKEN_MAX
                    && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
            );
            assert_eq!(MailLink::signed(&token, &key).unwrap(), Some(link));
            assert_eq!(MailLink::signed(&token, &other).unwrap(), None);
            let bad = [
                token.replace("money", "news"),
                token.replace(".2.", ".3."),
                token.replace(".2.", ".+2."),
                token.to_uppercase(),
                format!("{token}."),
                token[..token.len() - 2].to_owned(),
                String::new(),
                ".".repeat(5_000),
                "ü.money.2.00".to_owned(),
            ];
            for token in bad {
                assert_eq!(MailLink::signed(&token, &key).unwrap(), None, "{token}");
            }
        }
    }

    #[test]
    fn what_nobody_has_said_is_wanted() {
        assert!(MailGroup::ALL.iter().all(|group| Wishes::ALL.wants(*group)));
    }
}
