use super::*;
use crate::keys::generate;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, Header};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const ISSUER: &str = "https://id.example";

struct Key {
    private: EncodingKey,
    public: Value,
}

fn key(kid: &str) -> Key {
    let pem = generate();
    let pair = SigningKey::from_pkcs8_pem(pem.expose_secret()).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.verifying_key().as_bytes());
    let public = json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA", "use": "sig"});
    Key { private: EncodingKey::from_ed_pem(pem.expose_secret().as_bytes()).unwrap(), public }
}

fn jwk(key: &Key) -> Jwk {
    serde_json::from_value(key.public.clone()).unwrap()
}

fn providers(issuer: &str, held: Held) -> IdentityProviders {
    let mut providers = IdentityProviders::new(&[format!("{issuer}=purse").parse().unwrap()]).unwrap();
    providers.providers[0].held = Mutex::new(held);
    providers
}

fn claims(issuer: &str) -> Value {
    let now = Timestamp::now().as_second();
    json!({"iss": issuer, "aud": "purse", "sub": "248289", "iat": now, "exp": now + 300, "email": "Ada@Example.org", "email_verified": true})
}

fn token(key: &Key, kid: &str, claims: &Value) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(kid.to_owned());
    jsonwebtoken::encode(&header, claims, &key.private).unwrap()
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims(ISSUER);
    claims[name] = value;
    claims
}

#[tokio::test]
async fn oi_a_token_with_anything_wrong_is_not_believed() {
    let (own, other) = (key("1"), key("1"));
    let providers = providers(ISSUER, Held::told(vec![jwk(&own)], Duration::ZERO));
    let check = async |token: String| providers.check(&token, Timestamp::now()).await;
    let right = check(token(&own, "1", &claims(ISSUER))).await.unwrap();
    assert_eq!((right.issuer.as_str(), right.subject.as_str()), (ISSUER, "248289"));
    assert_eq!(right.email.unwrap().as_str(), "ada@example.org");
    let now = Timestamp::now().as_second();
    for (name, value, doubt) in [
        ("iss", json!("https://evil.example"), Doubt::Issuer),
        ("iss", json!(format!("{ISSUER}/")), Doubt::Issuer),
        ("iss", json!(7), Doubt::Form),
        ("aud", json!("another"), Doubt::Claims),
        ("aud", json!(["purse", "another"]), Doubt::Party),
        ("azp", json!("another"), Doubt::Party),
        ("exp", json!(now - 60), Doubt::Claims),
        ("exp", Value::Null, Doubt::Claims),
        ("nbf", json!(now + 60), Doubt::Claims),
        ("iat", json!(now - 700), Doubt::Age),
        ("iat", json!(now + 60), Doubt::Age),
        ("iat", json!(i64::MIN), Doubt::Age),
        ("iat", Value::Null, Doubt::Claims),
        ("sub", json!(""), Doubt::Claims),
        ("sub", json!("x".repeat(256)), Doubt::Claims),
    ] {
        assert_eq!(check(token(&own, "1", &with(name, value.clone()))).await.err(), Some(doubt), "{name} {value}");
    }
    assert_eq!(check(token(&other, "1", &claims(ISSUER))).await.err(), Some(Doubt::Claims));
    assert_eq!(check(token(&own, "2", &claims(ISSUER))).await.err(), Some(Doubt::Key));
    // The public half as a shared secret, no signature at all, and what is no token.
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("1".to_owned());
    let shared = EncodingKey::from_secret(own.public["x"].as_str().unwrap().as_bytes());
    let shared = jsonwebtoken::encode(&header, &claims(ISSUER), &shared).unwrap();
    assert_eq!(check(shared).await.err(), Some(Doubt::Algorithm));
    let right = token(&own, "1", &claims(ISSUER));
    let parts: Vec<&str> = right.split('.').collect();
    let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"1"}"#), parts[1]);
    for wrong in [none, parts[..2].join("."), format!("{right}.x"), String::new(), "a.b.c".into(), "\u{1f512}..".into()]
    {
        assert!(check(wrong.clone()).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn oi_an_address_counts_only_when_the_provider_has_verified_it() {
    let own = key("1");
    let providers = providers(ISSUER, Held::told(vec![jwk(&own)], Duration::ZERO));
    for (verified, counts) in
        [(json!(true), true), (json!("true"), true), (json!(false), false), (json!("no"), false), (Value::Null, false)]
    {
        let token = token(&own, "1", &with("email_verified", verified.clone()));
        let vouched = providers.check(&token, Timestamp::now()).await.unwrap();
        assert_eq!(vouched.email.is_some(), counts, "{verified}");
    }
    let many = token(&own, "1", &{
        let mut claims = with("aud", json!(["another", "purse"]));
        claims["azp"] = json!("purse");
        claims
    });
    assert!(providers.check(&many, Timestamp::now()).await.is_ok());
}

/// A provider that tells these keys, or what else; how often it was asked for them.
async fn provider(answer: impl Fn(&str) -> Option<Value> + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let (asked, own) = (Arc::new(AtomicUsize::new(0)), issuer.clone());
    let counted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4_096];
            let read = stream.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            let body = if head.starts_with("GET /keys ") {
                counted.fetch_add(1, Ordering::SeqCst);
                answer("keys")
            } else {
                answer("discovery").or_else(|| Some(json!({"issuer": own, "jwks_uri": format!("{own}/keys")})))
            };
            let (status, body) = body.map_or(("500 Broken", String::new()), |body| ("200 OK", body.to_string()));
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.ok();
        }
    });
    (issuer, asked)
}

#[tokio::test]
async fn oi_a_key_that_is_not_known_has_the_keys_fetched_again_but_not_by_everybody() {
    let (first, next) = (key("1"), key("2"));
    let told = json!({"keys": [{"kty": "unheard of", "kid": "0"}, first.public, next.public]});
    let (issuer, asked) = provider(move |what| (what == "keys").then(|| told.clone())).await;
    let held = |ago| providers(&issuer, Held::told(vec![jwk(&first)], Duration::from_secs(ago)));
    let (known, turned) = (token(&first, "1", &claims(&issuer)), token(&next, "2", &claims(&issuer)));
    let now = Timestamp::now();

    let just_told = held(0);
    assert!(just_told.check(&known, now).await.is_ok());
    for _ in 0..10 {
        assert_eq!(just_told.check(&turned, now).await.err(), Some(Doubt::Key));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0, "it is not asked within a minute");

    let a_while_ago = held(61);
    assert!(a_while_ago.check(&turned, now).await.is_ok(), "the provider has changed its key");
    for kid in 0..10 {
        let invented = token(&next, &format!("invented-{kid}"), &claims(&issuer));
        assert_eq!(a_while_ago.check(&invented, now).await.err(), Some(Doubt::Key));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);

    let old = held(3_601);
    assert!(old.check(&known, now).await.is_ok() && asked.load(Ordering::SeqCst) == 2, "old keys are fetched first");
}

#[tokio::test]
async fn oi_a_provider_that_does_not_answer_is_told_apart_from_a_wrong_token() {
    let own = key("1");
    let broken: [fn(&str) -> Option<Value>; 3] = [
        |what| {
            (what == "discovery")
                .then(|| json!({"issuer": "https://other.example", "jwks_uri": "https://other.example/keys"}))
        },
        |what| (what == "keys").then(|| json!("x".repeat(300_000))),
        |_| None,
    ];
    for answer in broken {
        let (issuer, _) = provider(answer).await;
        let (known, now) = (token(&own, "1", &claims(&issuer)), Timestamp::now());
        let never = providers(&issuer, Held::default());
        assert_eq!(never.check(&known, now).await.err(), Some(Doubt::Unavailable));
        let held = |ago| providers(&issuer, Held::told(vec![jwk(&own)], Duration::from_secs(ago)));
        assert!(held(3_601).check(&known, now).await.is_ok(), "the keys of an hour ago do meanwhile");
    }
}

#[test]
fn oi_only_addresses_that_nobody_answers_for_are_issuers() {
    for right in ["https://id.example=purse", "https://id.example/realms/a=b=c", "http://127.0.0.1:8=x"] {
        assert!(right.parse::<Issuer>().is_ok(), "{right}");
    }
    let plain = "http://id.example=x".to_owned();
    let long = format!("https://id.example/{}=x", "y".repeat(500));
    for wrong in [
        "",
        "https://id.example",
        "https://id.example=",
        "id.example=x",
        "https://id.example?a=x",
        "https://u@id.example=x",
        &plain,
        &long,
    ] {
        assert!(wrong.parse::<Issuer>().is_err(), "{wrong}");
    }
}
