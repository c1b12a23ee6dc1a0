//! Access tokens: JWT signed with Ed25519 (RFC 8725, RFC 9068), and the public halves of the keys as a JWKS.
//!
//! Of several keys one signs, and all are published and believed: the one before it, whose tokens still live, and the one
//! that signs after the next rotation, which every process so knows before the first token of it comes.

pub mod files;
pub mod webhook_secrets;

pub use ::vault::{self, digests};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digests::Digests;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ledger::id::{CredentialId, PersonId, SessionId};
use ledger::parties::rules::second_factor::Proof;
use quick_cache::sync::Cache;
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

/// The most tokens whose signatures are remembered; what has not been used for long makes room.
const REMEMBERED_MAX: usize = 10_000;

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
    /// A person who signed in, the session that this began, and the proof of the second factor in it, to the second.
    Person(PersonId, SessionId, Option<Proof>),
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
    /// How the second factor was proved (RFC 8176), if it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    amr: Vec<String>,
    /// When (RFC 9470).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
}

/// The keys of an installation.
#[derive(Debug)]
pub struct SigningKeys {
    /// The one that signs, as PKCS#8 PEM.
    pub current: SecretString,
    /// Those that signed before, or will sign next.
    pub others: Vec<SecretString>,
}

/// The signing keys, and all that is derived from them.
pub struct Keys {
    encoding: EncodingKey,
    digests: Digests,
    /// The first one is that of the key that signs.
    public: Vec<PublicKey>,
    issuer: String,
    /// What tokens said whose signatures were found right. A signature stays right, so it is worked out once; the times
    /// are compared each time.
    remembered: Cache<String, Believed>,
}

/// The public half of a key.
struct PublicKey {
    decoding: DecodingKey,
    kid: String,
    x: String,
}

/// What a token says, whose signature is right.
#[derive(Debug, Clone)]
struct Believed {
    subject: Subject,
    not_before: i64,
    expires: i64,
}

impl Believed {
    fn is_of(&self, now: i64) -> bool {
        let leeway = LEEWAY_SECONDS as i64;
        self.not_before <= now + leeway && now - leeway < self.expires
    }
}

/// A new signing key as PKCS#8 PEM.
pub fn generate() -> SecretString {
    let mut seed = [0; 32];
    rand::rng().fill_bytes(&mut seed);
    // Without the public half, which only newer tools read.
    let key = KeypairBytes { secret_key: seed, public_key: None };
    let pem = key.to_pkcs8_pem(LineEnding::LF).expect("a key of 32 bytes has a PEM form");
    SecretString::from(pem.as_str())
}

/// A secret of 256 random bits as text: for links, refresh tokens and credentials.
pub fn secret() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

impl PublicKey {
    fn of(key: &SigningKey) -> Result<PublicKey, KeyError> {
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        // The thumbprint of RFC 7638: required members only, in this order, without blanks.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        let decoding = DecodingKey::from_ed_components(&x).map_err(|_| KeyError)?;
        Ok(PublicKey { decoding, kid: URL_SAFE_NO_PAD.encode(thumbprint), x })
    }
}

impl Keys {
    /// From the keys; `issuer` is the public URL, and both issuer and audience of the tokens.
    pub fn new(keys: &SigningKeys, issuer: &str) -> Result<Keys, KeyError> {
        let read = |pem: &SecretString| SigningKey::from_pkcs8_pem(pem.expose_secret()).map_err(|_| KeyError);
        let current = read(&keys.current)?;
        let der = current.to_pkcs8_der().map_err(|_| KeyError)?;
        let mut public = vec![PublicKey::of(&current)?];
        for pem in &keys.others {
            let other = PublicKey::of(&read(pem)?)?;
            if public.iter().all(|known| known.kid != other.kid) {
                public.push(other);
            }
        }
        Ok(Keys {
            encoding: EncodingKey::from_ed_der(der.as_bytes()),
            digests: Digests::of(&current.to_bytes()),
            public,
            issuer: issuer.trim_end_matches('/').to_owned(),
            remembered: Cache::new(REMEMBERED_MAX),
        })
    }

    /// Keyed digests of this installation.
    pub fn digests(&self) -> &Digests {
        &self.digests
    }

    /// A token for somebody, that works for [`ACCESS_SECONDS`].
    pub fn issue(&self, subject: &Subject, now: Timestamp) -> String {
        let (sub, scope, sid, proof) = match subject {
            Subject::Person(id, session, proof) => (id.to_string(), String::new(), session.to_string(), *proof),
            Subject::Partner(id, scopes) => (id.to_string(), scopes.join(" "), String::new(), None),
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
            amr: proof.iter().map(|proof| proof.method.to_string()).collect(),
            auth_time: proof.map(|proof| proof.at.as_second()),
        };
        let header = Header {
            typ: Some(TOKEN_TYPE.to_owned()),
            kid: Some(self.public[0].kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &self.encoding).expect("the key was checked when it was loaded")
    }

    /// Who a token speaks for, when it is ours and of this moment.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Subject, TokenError> {
        let believed = match self.remembered.get(token) {
            Some(believed) => believed,
            None => {
                let believed = self.believe(token)?;
                self.remembered.insert(token.to_owned(), believed.clone());
                believed
            }
        };
        if believed.is_of(now.as_second()) {
            Ok(believed.subject)
        } else {
            Err(TokenError("it is too old, or not valid yet".to_owned()))
        }
    }

    /// What a token says, when one of our keys has signed it, whenever that was.
    fn believe(&self, token: &str) -> Result<Believed, TokenError> {
        let wrong = |why: &str| TokenError(why.to_owned());
        let header = jsonwebtoken::decode_header(token).map_err(|error| TokenError(error.to_string()))?;
        if !header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TOKEN_TYPE)) {
            return Err(wrong("typ is not at+jwt"));
        }
        if header.crit.is_some() {
            return Err(wrong("crit asks for something that we do not know"));
        }
        let key = self.public.iter().find(|key| header.kid.as_ref() == Some(&key.kid));
        let key = key.ok_or_else(|| wrong("kid names no key of ours"))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.issuer]);
        // Compared by the caller.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation)
            .map_err(|error| TokenError(error.to_string()))?
            .claims;
        if claims.exp.saturating_sub(claims.iat) > ACCESS_SECONDS
            || claims.exp.saturating_sub(claims.nbf) > ACCESS_SECONDS
        {
            return Err(wrong("it would live longer than our tokens do"));
        }
        Ok(Believed { subject: claims.subject()?, not_before: claims.nbf, expires: claims.exp })
    }

    /// The public halves (RFC 7517).
    pub fn jwks(&self) -> Value {
        let key = |PublicKey { x, kid, .. }: &PublicKey| json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA", "use": "sig"});
        json!({"keys": self.public.iter().map(key).collect::<Vec<_>>()})
    }
}

impl Claims {
    /// The proof of the second factor; none when it is not told whole.
    fn proof(&self) -> Option<Proof> {
        let method = self.amr.first()?.parse().ok()?;
        Some(Proof { method, at: Timestamp::from_second(self.auth_time?).ok()? })
    }

    fn subject(&self) -> Result<Subject, TokenError> {
        if let Ok(person) = self.sub.parse() {
            let session = self.sid.parse().map_err(|_| TokenError("sid is no session".to_owned()))?;
            return Ok(Subject::Person(person, session, self.proof()));
        }
        let credential = self.sub.parse();
        let credential = credential.map_err(|_| TokenError("sub is neither a person nor a credential".to_owned()))?;
        Ok(Subject::Partner(credential, self.scope.split_whitespace().map(str::to_owned).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::parties::rules::second_factor::ProofMethod;

    const ISSUER: &str = "https://purse.example";

    fn fresh() -> Keys {
        Keys::new(&SigningKeys { current: generate(), others: Vec::new() }, ISSUER).unwrap()
    }

    fn verify(keys: &Keys, token: &str) -> Result<Subject, TokenError> {
        keys.verify(token, Timestamp::now())
    }

    fn person() -> Subject {
        Subject::Person(PersonId::generate(), SessionId::generate(), None)
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
            amr: Vec::new(),
            auth_time: None,
        };
        claims(&mut made);
        let mut head = Header::new(Algorithm::EdDSA);
        head.typ = Some(TOKEN_TYPE.into());
        head.kid = Some(keys.public[0].kid.clone());
        header(&mut head);
        let key = if head.alg == Algorithm::HS256 { EncodingKey::from_secret(b"x") } else { keys.encoding.clone() };
        jsonwebtoken::encode(&head, &made, &key).unwrap()
    }

    #[test]
    fn a_token_comes_back_as_who_it_speaks_for() {
        let keys = fresh();
        let partner = Subject::Partner(CredentialId::generate(), vec!["pledges:write".into(), "pledges:read".into()]);
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let proved = |method| Some(Proof { method, at });
        let with = |proof| Subject::Person(PersonId::generate(), SessionId::generate(), proof);
        let (by_code, by_recovery) = (with(proved(ProofMethod::Code)), with(proved(ProofMethod::RecoveryCode)));
        for subject in [person(), by_code, by_recovery, partner] {
            assert_eq!(verify(&keys, &keys.issue(&subject, Timestamp::now())).unwrap(), subject);
        }
    }

    #[test]
    fn l6_a_token_with_anything_wrong_is_not_believed() {
        let keys = fresh();
        let same = |_: &mut Header| ();
        assert!(verify(&keys, &forged(&keys, same, |_| ())).is_ok());
        let wrong = [
            forged(&keys, |header| header.alg = Algorithm::HS256, |_| ()),
            forged(&keys, |header| header.typ = Some("JWT".into()), |_| ()),
            forged(&keys, |header| header.typ = None, |_| ()),
            forged(&keys, |header| header.kid = Some("other".into()), |_| ()),
            forged(&keys, |header| header.kid = None, |_| ()),
            forged(&keys, |header| header.crit = Some(vec!["b64".into()]), |_| ()),
            forged(&keys, |header| header.crit = Some(Vec::new()), |_| ()),
            forged(&keys, same, |claims| claims.exp += 100 * 365 * 24 * 3_600),
            forged(&keys, same, |claims| (claims.nbf, claims.iat) = (0, 0)),
            forged(&keys, same, |claims| claims.exp = i64::MAX),
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
            assert!(verify(&keys, &token).is_err(), "{token}");
        }
        let none = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{}"}}"#, keys.public[0].kid)),
            forged(&keys, same, |_| ()).split('.').nth(1).unwrap(),
        );
        assert!(verify(&keys, &none).is_err());
        let other = fresh();
        assert!(verify(&other, &keys.issue(&person(), Timestamp::now())).is_err());
    }

    #[test]
    fn sf_a_token_without_a_proof_says_nothing_of_one_and_a_half_told_one_is_none() {
        let keys = fresh();
        let told = |token: &str| {
            let claims = token.split('.').nth(1).unwrap();
            String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
        };
        let plain = told(&keys.issue(&person(), Timestamp::now()));
        assert!(!plain.contains("amr") && !plain.contains("auth_time"), "{plain}");
        let proof = Some(Proof { method: ProofMethod::Code, at: Timestamp::from_second(1_800_000_000).unwrap() });
        let subject = Subject::Person(PersonId::generate(), SessionId::generate(), proof);
        let proved = told(&keys.issue(&subject, Timestamp::now()));
        assert!(proved.contains(r#""amr":["otp"]"#) && proved.contains(r#""auth_time":1800000000"#), "{proved}");
        let same = |_: &mut Header| ();
        for (amr, auth_time) in [(vec!["otp"], None), (vec!["pwd"], Some(1)), (Vec::new(), Some(1))] {
            let token = forged(&keys, same, |claims| {
                (claims.amr, claims.auth_time) = (amr.iter().map(|word| (*word).to_owned()).collect(), auth_time);
            });
            assert!(matches!(verify(&keys, &token).unwrap(), Subject::Person(_, _, None)), "{amr:?} {auth_time:?}");
        }
    }

    #[test]
    fn a_token_that_was_believed_once_is_refused_when_it_is_too_old() {
        let keys = fresh();
        let issued = Timestamp::now();
        let token = keys.issue(&person(), issued);
        let after = |seconds: i64| keys.verify(&token, issued + jiff::SignedDuration::from_secs(seconds));
        assert!(after(0).is_ok() && after(ACCESS_SECONDS).is_ok());
        assert!(after(ACCESS_SECONDS + 6).is_err() && after(-7).is_err());
        assert!(after(1).is_ok());
    }

    #[test]
    fn tokens_of_the_key_before_and_of_the_next_one_are_believed_through_a_rotation() {
        let pems = [generate(), generate(), generate()];
        let with = |current: usize, others: &[usize]| {
            let others = others.iter().map(|&other| pems[other].clone()).collect();
            Keys::new(&SigningKeys { current: pems[current].clone(), others }, ISSUER).unwrap()
        };
        let (before, after) = (with(0, &[1]), with(1, &[0, 2]));
        for (issuer, reader) in [(&before, &after), (&after, &before)] {
            assert!(verify(reader, &issuer.issue(&person(), Timestamp::now())).is_ok());
        }
        assert!(verify(&with(2, &[]), &before.issue(&person(), Timestamp::now())).is_err());
        assert_eq!(after.jwks()["keys"].as_array().unwrap().len(), 3);
        assert_eq!(with(0, &[0]).jwks()["keys"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn l5_a_key_is_written_as_the_usual_tools_read_it() {
        let pem = generate();
        let der: Vec<u8> =
            pem.expose_secret().lines().filter(|line| !line.starts_with('-')).collect::<String>().into_bytes();
        let der = base64::engine::general_purpose::STANDARD.decode(der).unwrap();
        // RFC 8410: version 0, and after the key nothing.
        assert_eq!((der.len(), &der[..5]), (48, &[0x30, 0x2e, 0x02, 0x01, 0x00][..]));
    }

    #[test]
    fn the_published_key_verifies_what_we_sign_and_holds_nothing_private() {
        let keys = fresh();
        let jwks = keys.jwks();
        let key = DecodingKey::from_ed_components(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[ISSUER]);
        let token = keys.issue(&person(), Timestamp::now());
        assert!(jsonwebtoken::decode::<Value>(&token, &key, &validation).is_ok());
        assert!(jwks["keys"][0].get("d").is_none());
    }
}
