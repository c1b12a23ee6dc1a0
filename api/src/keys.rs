//! Access tokens: JWT signed with Ed25519 (RFC 8725, RFC 9068), and the public half as a JWKS.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ledger::id::{CredentialId, PersonId, SessionId};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long an access token lives, in seconds.
pub const ACCESS_SECONDS: i64 = 600;

/// The `typ` of an access token.
const TOKEN_TYPE: &str = "at+jwt";

/// How much the clocks of two servers may differ, in seconds.
const LEEWAY_SECONDS: u64 = 5;

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the signing key is no Ed25519 private key as PKCS#8 PEM")]
pub struct KeyError;

/// A token that we do not believe. Why is for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TokenError(String);

/// Who a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A person who signed in, and the session that this began.
    Person(PersonId, SessionId),
    /// A partner, with the scopes that the token was given.
    Partner(CredentialId, Vec<String>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    client_id: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    scope: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sid: String,
}

/// The signing key, and all that is derived from it.
pub struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    kid: String,
    x: String,
    issuer: String,
}

/// A new signing key as PKCS#8 PEM.
pub fn generate() -> SecretString {
    let mut seed = [0; 32];
    rand::rng().fill_bytes(&mut seed);
    let pem = SigningKey::from_bytes(&seed).to_pkcs8_pem(LineEnding::LF).expect("a key of 32 bytes has a PEM form");
    SecretString::from(pem.as_str())
}

/// A secret of 256 random bits as text: for links, refresh tokens and credentials.
pub fn secret() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Keys {
    /// From a PKCS#8 PEM; `issuer` is the public URL, and both issuer and audience of the tokens.
    pub fn new(pem: &SecretString, issuer: &str) -> Result<Keys, KeyError> {
        let key = SigningKey::from_pkcs8_pem(pem.expose_secret()).map_err(|_| KeyError)?;
        let der = key.to_pkcs8_der().map_err(|_| KeyError)?;
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        // The thumbprint of RFC 7638: required members only, in this order, without blanks.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Ok(Keys {
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
            decoding: DecodingKey::from_ed_components(&x).map_err(|_| KeyError)?,
            kid: URL_SAFE_NO_PAD.encode(thumbprint),
            x,
            issuer: issuer.trim_end_matches('/').to_owned(),
        })
    }

    /// A token for somebody, that works for [`ACCESS_SECONDS`].
    pub fn issue(&self, subject: &Subject, now: Timestamp) -> String {
        let (sub, scope, sid) = match subject {
            Subject::Person(id, session) => (id.to_string(), String::new(), session.to_string()),
            Subject::Partner(id, scopes) => (id.to_string(), scopes.join(" "), String::new()),
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            client_id: sub.clone(),
            sub,
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: now.as_second() + ACCESS_SECONDS,
            jti: Uuid::now_v7().to_string(),
            scope,
            sid,
        };
        let header =
            Header { typ: Some(TOKEN_TYPE.to_owned()), kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, &claims, &self.encoding).expect("the key was checked when it was loaded")
    }

    /// Who a token speaks for, when it is ours and of this moment.
    pub fn verify(&self, token: &str) -> Result<Subject, TokenError> {
        let wrong = |why: &str| TokenError(why.to_owned());
        let header = jsonwebtoken::decode_header(token).map_err(|error| TokenError(error.to_string()))?;
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TOKEN_TYPE)) {
            return Err(wrong("typ is not at+jwt"));
        }
        if header.kid.as_deref() != Some(&self.kid) {
            return Err(wrong("kid names no key of ours"));
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.issuer]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|error| TokenError(error.to_string()))?
            .claims;
        if let Ok(person) = claims.sub.parse() {
            let session = claims.sid.parse().map_err(|_| wrong("sid is no session"))?;
            return Ok(Subject::Person(person, session));
        }
        let credential = claims.sub.parse().map_err(|_| wrong("sub is neither a person nor a credential"))?;
        Ok(Subject::Partner(credential, claims.scope.split_whitespace().map(str::to_owned).collect()))
    }

    /// The public half (RFC 7517).
    pub fn jwks(&self) -> Value {
        json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.kid, "alg": "EdDSA", "use": "sig",
        }]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://purse.example";

    fn person() -> Subject {
        Subject::Person(PersonId::generate(), SessionId::generate())
    }

    /// A token of our key with one claim or header changed.
    fn forged(keys: &Keys, header: impl Fn(&mut Header), claims: impl Fn(&mut Claims)) -> String {
        let now = Timestamp::now().as_second();
        let mut made = Claims {
            iss: ISSUER.into(),
            aud: ISSUER.into(),
            sub: PersonId::generate().to_string(),
            client_id: String::new(),
            iat: now,
            nbf: now,
            exp: now + 60,
            jti: String::new(),
            scope: String::new(),
            sid: SessionId::generate().to_string(),
        };
        claims(&mut made);
        let mut head = Header::new(Algorithm::EdDSA);
        head.typ = Some(TOKEN_TYPE.into());
        head.kid = Some(keys.kid.clone());
        header(&mut head);
        let key = if head.alg == Algorithm::HS256 { EncodingKey::from_secret(b"x") } else { keys.encoding.clone() };
        jsonwebtoken::encode(&head, &made, &key).unwrap()
    }

    #[test]
    fn a_token_comes_back_as_who_it_speaks_for() {
        let keys = Keys::new(&generate(), ISSUER).unwrap();
        let partner = Subject::Partner(CredentialId::generate(), vec!["pledges:write".into(), "pledges:read".into()]);
        for subject in [person(), partner] {
            assert_eq!(keys.verify(&keys.issue(&subject, Timestamp::now())).unwrap(), subject);
        }
    }

    #[test]
    fn a_token_with_anything_wrong_is_not_believed() {
        let keys = Keys::new(&generate(), ISSUER).unwrap();
        let same = |_: &mut Header| ();
        assert!(keys.verify(&forged(&keys, same, |_| ())).is_ok());
        let wrong = [
            forged(&keys, |header| header.alg = Algorithm::HS256, |_| ()),
            forged(&keys, |header| header.typ = Some("JWT".into()), |_| ()),
            forged(&keys, |header| header.typ = None, |_| ()),
            forged(&keys, |header| header.kid = Some("other".into()), |_| ()),
            forged(&keys, |header| header.kid = None, |_| ()),
            forged(&keys, same, |claims| claims.iss = "https://evil.example".into()),
            forged(&keys, same, |claims| claims.aud = "https://evil.example".into()),
            forged(&keys, same, |claims| claims.exp -= 120),
            forged(&keys, same, |claims| claims.nbf += 120),
            forged(&keys, same, |claims| claims.sub = "root".into()),
            forged(&keys, same, |claims| claims.sid.clear()),
            String::new(),
            "a.b.c".into(),
        ];
        for token in wrong {
            assert!(keys.verify(&token).is_err(), "{token}");
        }
        let none = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{}"}}"#, keys.kid)),
            forged(&keys, same, |_| ()).split('.').nth(1).unwrap(),
        );
        assert!(keys.verify(&none).is_err());
        let other = Keys::new(&generate(), ISSUER).unwrap();
        assert!(other.verify(&keys.issue(&person(), Timestamp::now())).is_err());
    }

    #[test]
    fn the_published_key_verifies_what_we_sign_and_holds_nothing_private() {
        let keys = Keys::new(&generate(), ISSUER).unwrap();
        let jwks = keys.jwks();
        let key = DecodingKey::from_ed_components(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[ISSUER]);
        let token = keys.issue(&person(), Timestamp::now());
        assert!(jsonwebtoken::decode::<Value>(&token, &key, &validation).is_ok());
        assert!(jwks["keys"][0].get("d").is_none());
    }
}
