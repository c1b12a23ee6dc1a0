//! Signatures of what is sent to an endpoint, and the secrets that make them, as Standard Webhooks 1.0.0 has them
//! (<https://www.standardwebhooks.com>): HMAC-SHA256 over id, second and body, with points between.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;

/// What a secret begins with where people see it.
const PREFIX: &str = "whsec_";

/// Bytes of a secret: the standard allows 24 to 64.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Bytes of a secret that is made here.
pub const NEW_BYTES: usize = 32;

/// A secret that an endpoint shares with the service. Nothing prints it but [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Bytes or a text that are no secret of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a secret of an endpoint: {PREFIX} and the base64 of 24 to 64 bytes")]
pub struct NotASecret;

impl Secret {
    /// A secret of bytes that were drawn at random, or opened from where they are sealed.
    ///
    /// # Errors
    ///
    /// For fewer than 24 bytes, or more than 64.
    pub fn new(bytes: Vec<u8>) -> Result<Secret, NotASecret> {
        if BYTES.contains(&bytes.len()) { Ok(Secret(bytes)) } else { Err(NotASecret) }
    }

    /// The bytes, to be sealed.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text that its owner is shown once, and gives to a library that verifies.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", BASE64.encode(&self.0))
    }

    fn sign(&self, id: &str, second: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{second}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret of an endpoint")
    }
}

impl FromStr for Secret {
    type Err = NotASecret;

    fn from_str(text: &str) -> Result<Secret, NotASecret> {
        let coded = text.strip_prefix(PREFIX).ok_or(NotASecret)?;
        Secret::new(BASE64.decode(coded.as_bytes()).map_err(|_| NotASecret)?)
    }
}

/// The three headers of what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// `webhook-id`: the same each time that the same is sent.
    pub id: String,
    /// `webhook-timestamp`: the second of this attempt, since 1970.
    pub timestamp: String,
    /// `webhook-signature`: one for each secret, with blanks between.
    pub signature: String,
}

impl Headers {
    /// The headers of an attempt: signed with every secret that is live, so that the receiver may change its own at any moment between.
    pub fn new(secrets: &[Secret], id: &str, at: Timestamp, body: &[u8]) -> Headers {
        let second = at.as_second();
        let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(id, second, body)).collect();
        Headers { id: id.to_owned(), timestamp: second.to_string(), signature: signatures.join(" ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_795_000_000;
    const PLAIN: &str = r#"{"id":"evt_1","kind":"charge.captured"}"#;
    const BEYOND_ASCII: &str = "{\"note\":\"Zoë – 12.50 €\"}";

    /// What the libraries of the standard for Python (1.1.0) and JavaScript (1.1.1) both sign of these, with the id `evt_1`.
    const SIGNED_ELSEWHERE: &[(&str, &str, &str)] = &[
        (
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            PLAIN,
            "v1,2ZU3kVBREfIWrr3iA540n2Knto9l44pMHAaLFh5VBR4=",
        ),
        (
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            BEYOND_ASCII,
            "v1,d/4wqKO1VHqi+OL5glaPWvdjs52717of8gqOMJdatwg=",
        ),
        ("whsec_GBkaGxwdHh8gISIjJCUmJygpKissLS4v", PLAIN, "v1,neYSdmPG7T9iDBr6wgVq4zHSOSqz3wdB6P4vE5WZRwo="),
        ("whsec_GBkaGxwdHh8gISIjJCUmJygpKissLS4v", BEYOND_ASCII, "v1,quVa+p3t0qm/P0gn1SlQj/wXGTvWvdkbFD7gsMmKjZg="),
    ];

    fn at() -> Timestamp {
        Timestamp::from_second(SECOND).unwrap()
    }

    #[test]
    fn what_is_signed_here_is_what_the_libraries_of_two_languages_sign() {
        for (secret, body, signature) in SIGNED_ELSEWHERE {
            let headers = Headers::new(&[secret.parse().unwrap()], "evt_1", at(), body.as_bytes());
            assert_eq!(headers.signature, *signature, "{body}");
            assert_eq!((&*headers.id, &*headers.timestamp), ("evt_1", "1795000000"));
        }
    }

    #[test]
    fn two_live_secrets_sign_both_and_a_part_of_a_second_counts_for_nothing() {
        let [old, new] = [SIGNED_ELSEWHERE[0], SIGNED_ELSEWHERE[2]];
        let secrets = [old.0.parse().unwrap(), new.0.parse().unwrap()];
        let late = Timestamp::from_millisecond(SECOND * 1_000 + 999).unwrap();
        let headers = Headers::new(&secrets, "evt_1", late, PLAIN.as_bytes());
        assert_eq!(headers.signature, format!("{} {}", old.2, new.2));
        assert_eq!(headers.timestamp, "1795000000");
    }

    #[test]
    fn another_id_second_or_body_has_another_signature() {
        let secrets = [SIGNED_ELSEWHERE[0].0.parse().unwrap()];
        let signed = |id, second, body: &str| {
            Headers::new(&secrets, id, Timestamp::from_second(second).unwrap(), body.as_bytes()).signature
        };
        let first = signed("evt_1", SECOND, PLAIN);
        for other in [signed("evt_2", SECOND, PLAIN), signed("evt_1", SECOND + 1, PLAIN), signed("evt_1", SECOND, "{}")]
        {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_secret_comes_back_from_its_text_and_is_printed_by_nothing() {
        let secret = Secret::new(vec![7; NEW_BYTES]).unwrap();
        assert_eq!(secret.reveal().parse(), Ok(secret.clone()));
        assert_eq!(format!("{secret:?}"), "a secret of an endpoint");
        for wrong in [0, 23, 65] {
            assert_eq!(Secret::new(vec![7; wrong]), Err(NotASecret));
        }
        for wrong in ["", "whsec_", "whsec_7", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_AAEC"] {
            assert!(wrong.parse::<Secret>().is_err(), "{wrong}");
        }
    }
}
