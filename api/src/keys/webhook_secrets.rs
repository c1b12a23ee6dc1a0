//! Secrets with which a provider signs what it sends us, and the check of such a signature: `Stripe-Signature`, as
//! <https://docs.stripe.com/webhooks#verify-manually> has it.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt;

/// How far the moment of a signature may be from now, in seconds, either way.
const TOLERANCE_S: u64 = 300;

/// The most signatures of one call that are looked at.
const SIGNATURES_MAX: usize = 10;

/// The secrets that count now: more than one while they are changed.
#[derive(Clone, Default)]
pub struct WebhookSecrets(Vec<SecretString>);

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongSignature {
    /// It is not of the form.
    #[error("the header is not of the form t=…,v1=…")]
    Malformed,
    /// It was made too long ago, or in the future.
    #[error("the signature is not of the last {TOLERANCE_S} seconds")]
    Untimely,
    /// No secret of ours made it.
    #[error("no secret of ours made this signature of this body")]
    Forged,
}

impl WebhookSecrets {
    /// Secrets that stand in a text, with commas or white space between.
    pub fn parse(text: &SecretString) -> WebhookSecrets {
        let parts = text.expose_secret().split(|letter: char| letter == ',' || letter.is_whitespace());
        WebhookSecrets(parts.filter(|part| !part.is_empty()).map(SecretString::from).collect())
    }

    /// Whether there is none: nobody's signature counts.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that one of the secrets signed a body, byte for byte, at about this second since 1970. Signatures are compared in
    /// a time that says nothing of them.
    ///
    /// # Errors
    ///
    /// What is wrong with the signature.
    pub fn verify(&self, header: &str, body: &[u8], now: i64) -> Result<(), WrongSignature> {
        let mut signed_at = None;
        let mut signatures = Vec::new();
        for (name, value) in header.split(',').filter_map(|part| part.trim().split_once('=')) {
            match name {
                "t" if signed_at.is_some() => return Err(WrongSignature::Malformed),
                "t" => signed_at = Some(value),
                "v1" => signatures.extend(hex::decode(value).ok()),
                _ => {}
            }
        }
        let signed_at = signed_at.ok_or(WrongSignature::Malformed)?;
        let second: i64 = signed_at.parse().map_err(|_| WrongSignature::Malformed)?;
        if signatures.is_empty() || signatures.len() > SIGNATURES_MAX {
            return Err(WrongSignature::Malformed);
        }
        if now.abs_diff(second) > TOLERANCE_S {
            return Err(WrongSignature::Untimely);
        }
        let is_signed = self.0.iter().any(|secret| {
            let mut mac = mac(secret);
            // As it was sent: what was signed are its letters.
            mac.update(signed_at.as_bytes());
            mac.update(b".");
            mac.update(body);
            signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
        });
        if is_signed { Ok(()) } else { Err(WrongSignature::Forged) }
    }
}

fn mac(secret: &SecretString) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;
    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn sign(secret: &str, second: i64, body: &[u8]) -> String {
        let mut mac = mac(&SecretString::from(secret));
        mac.update(format!("{second}.").as_bytes());
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    fn secrets(text: &str) -> WebhookSecrets {
        WebhookSecrets::parse(&SecretString::from(text))
    }

    #[test]
    fn a_signature_is_the_hmac_of_moment_and_body() {
        // Worked out with another program: printf '1800000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let header = "t=1800000000,v1=45705be2a45ab5acdd1395cc695e9e7073125385ec24194921c401dff44176f8,v0=00";
        assert_eq!(secrets("whsec_test").verify(header, BODY, NOW), Ok(()));
    }

    #[test]
    fn one_of_several_secrets_and_one_of_several_signatures_is_enough() {
        let (old, new) = (sign("whsec_old", NOW, BODY), sign("whsec_new", NOW, BODY));
        let both = secrets("whsec_old, whsec_new\n");
        for header in [format!("t={NOW},v1={old}"), format!("t={NOW},v1={new}"), format!("v1={old},t={NOW},v1={new}")] {
            assert_eq!(both.verify(&header, BODY, NOW), Ok(()), "{header}");
        }
        let header = format!("t={NOW},v1={},v1={new}", "ab".repeat(32));
        assert_eq!(secrets("whsec_new").verify(&header, BODY, NOW), Ok(()));
    }

    #[test]
    fn what_is_forged_old_of_the_future_or_odd_is_refused() {
        let ours = secrets("whsec_1");
        let header = format!("t={NOW},v1={}", sign("whsec_1", NOW, BODY));
        assert_eq!(ours.verify(&header, br#"{"id": "evt_1"}"#, NOW), Err(WrongSignature::Forged), "another body");
        let forged = format!("t={NOW},v1={}", sign("whsec_2", NOW, BODY));
        assert_eq!(ours.verify(&forged, BODY, NOW), Err(WrongSignature::Forged));
        let moved = format!("t={},v1={}", NOW + 1, sign("whsec_1", NOW, BODY));
        assert_eq!(ours.verify(&moved, BODY, NOW), Err(WrongSignature::Forged), "another moment");
        assert_eq!(ours.verify(&header, BODY, NOW + 300), Ok(()));
        assert_eq!(ours.verify(&header, BODY, NOW + 301), Err(WrongSignature::Untimely));
        assert_eq!(ours.verify(&header, BODY, NOW - 301), Err(WrongSignature::Untimely));
        let good = sign("whsec_1", NOW, BODY);
        for odd in [
            String::new(),
            format!("v1={good}"),
            format!("t={NOW}"),
            format!("t=now,v1={good}"),
            format!("t={NOW},t={NOW},v1={good}"),
            format!("t={NOW},v1=zz"),
            format!("t={NOW},v0={good}"),
            format!("t={NOW}{}", format!(",v1={good}").repeat(11)),
        ] {
            assert_eq!(ours.verify(&odd, BODY, NOW), Err(WrongSignature::Malformed), "{odd}");
        }
        assert_eq!(secrets(" , ").verify(&header, BODY, NOW), Err(WrongSignature::Forged));
        assert_eq!(format!("{ours:?}"), "1 secrets");
    }
}
