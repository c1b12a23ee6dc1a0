//! An identity provider on this machine: tells where its keys are, and signs tokens as the great ones do, with RSA.

use anyhow::Context as _;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the service is called there.
pub const CLIENT_ID: &str = "commonpurse-tests";

/// The id of its key.
const KEY_ID: &str = "2028-a";

/// The provider; it answers until the test is over.
pub struct IdentityProvider {
    /// Its address.
    pub issuer: String,
    key: EncodingKey,
    made: AtomicUsize,
}

impl IdentityProvider {
    /// Begins to answer.
    ///
    /// # Errors
    ///
    /// When this machine has no port or no key.
    pub fn start() -> anyhow::Result<IdentityProvider> {
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let modulus = number(pair.public_key().modulus().big_endian_without_leading_zero());
        let exponent = number(pair.public_key().exponent().big_endian_without_leading_zero());
        let private: Pkcs8V1Der<'_> = pair.as_der()?;
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(private.as_ref()));
        let key = EncodingKey::from_rsa_pem(pem.as_bytes())?;
        let jwk = json!({"kty": "RSA", "kid": KEY_ID, "use": "sig", "alg": "RS256", "n": modulus, "e": exponent});
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let issuer = format!("http://{}", listener.local_addr()?);
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::spawn(answer(listener, json!({"keys": [jwk]}), issuer.clone()));
        Ok(IdentityProvider { issuer, key, made: AtomicUsize::new(0) })
    }

    /// As the setting of the service names it.
    pub fn setting(&self) -> String {
        format!("{}={CLIENT_ID}", self.issuer)
    }

    /// What a token says of somebody whose address is verified.
    pub fn claims(&self, subject: &str, email: &str) -> Value {
        let now = ledger::calendar::now().as_second();
        // No two tokens are the same.
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        json!({"iss": self.issuer, "aud": CLIENT_ID, "sub": subject, "iat": now, "exp": now + 3_600, "jti": number,
            "email": email, "email_verified": true})
    }

    /// A token that says this.
    ///
    /// # Errors
    ///
    /// When it cannot be signed.
    pub fn token(&self, claims: &Value) -> anyhow::Result<String> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(KEY_ID.to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).context("a token")
    }
}

async fn answer(listener: tokio::net::TcpListener, keys: Value, issuer: String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut head = vec![0; 4_096];
        let read = stream.read(&mut head).await.unwrap_or(0);
        let body = if head[..read].starts_with(b"GET /keys ") {
            keys.to_string()
        } else {
            json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}).to_string()
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.ok();
    }
}
