//! Keyed digests: what is compared but not to be read again, such as the address of a payer.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the key is derived for: another use would have another key.
const PURPOSE: &[u8] = b"commonpurse: digests of payers";

/// HMAC-SHA-256 with a key of the installation, which is derived from the key that signs: all its processes have the same one, and
/// the database has none. After a rotation of that key the same value has another digest.
pub struct Digests {
    key: [u8; 32],
}

impl Digests {
    /// With a key that is derived from a secret of 32 bytes.
    pub fn of(secret: &[u8; 32]) -> Digests {
        Digests { key: digest(secret, &[PURPOSE]) }
    }

    /// With a key that is derived for another purpose.
    pub fn derived(secret: &[u8; 32], purpose: &[u8]) -> Digests {
        Digests { key: digest(secret, &[purpose]) }
    }

    /// The digest of several parts, each with its length, so that what belongs to one cannot pass for part of another.
    pub fn digest(&self, parts: &[&[u8]]) -> [u8; 32] {
        digest(&self.key, parts)
    }
}

fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p14_a_digest_is_that_of_the_parts_and_of_the_installation() {
        let (ours, theirs) = (Digests::of(&[1; 32]), Digests::of(&[2; 32]));
        assert_eq!(ours.digest(&[b"card", b"fp-1"]), Digests::of(&[1; 32]).digest(&[b"card", b"fp-1"]));
        assert_ne!(ours.digest(&[b"card", b"fp-1"]), theirs.digest(&[b"card", b"fp-1"]));
        assert_ne!(ours.digest(&[b"card", b"fp-1"]), ours.digest(&[b"cardfp", b"-1"]));
        assert_ne!(ours.digest(&[b"card", b"fp-1"]), ours.digest(&[b"address", b"fp-1"]));
    }
}
