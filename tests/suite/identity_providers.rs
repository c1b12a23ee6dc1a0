//! People sign in with the word of an identity provider elsewhere.

use anyhow::ensure;
use api::demo::cast::{invite, organisation};
use api::demo::client::{Answer, Client, text};
use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;
use tests::identity_provider::IdentityProvider;

type Outcome = anyhow::Result<()>;

const PLACE: &str = "/v1/sign-in/identity-token";

async fn signs_in(nobody: &Client, provider: &IdentityProvider, claims: &Value) -> anyhow::Result<Answer> {
    nobody.post(PLACE, &json!({"identity_token": provider.token(claims)?})).await
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

/// Who somebody is by the token that they were given.
async fn me(app: &TestApp, answer: Answer) -> anyhow::Result<Value> {
    let token = format!("Bearer {}", text(&answer.ok()?, "/access_token")?);
    Client::new(app.base_url())?.send(Method::GET, "/v1/me", None, &[("Authorization", &token)]).await?.ok()
}

#[tokio::test]
async fn oi_people_sign_in_with_the_word_of_a_provider_that_is_believed_each_as_themselves_and_nobody_else() -> Outcome
{
    let (provider, other) = (IdentityProvider::start()?, IdentityProvider::start()?);
    let app = TestApp::start_with(1, &[("COMMONPURSE_IDENTITY_PROVIDERS", &provider.setting())]).await?;
    let operator = Client::sign_in(app.base_url(), &app.mail_dir(), tests::OPERATOR).await?;
    let (nobody, ada) = (Client::new(app.base_url())?, "ada@example.org");
    let host = organisation(&operator, "Hosts", "fiscal_host").await?;

    // Nobody is made by a provider's word alone; who was invited is.
    refused(&signs_in(&nobody, &provider, &provider.claims("a-1", ada)).await?, "identity-unknown")?;
    invite(&operator, &host, ada, "treasurer").await?;
    let mut unverified = provider.claims("a-1", ada);
    unverified["email_verified"] = json!(false);
    refused(&signs_in(&nobody, &provider, &unverified).await?, "identity-unknown")?;
    let first = provider.token(&provider.claims("a-1", ada))?;
    let signed_in = nobody.post(PLACE, &json!({"identity_token": first})).await?;
    let is_ada = me(&app, signed_in).await?;
    ensure!(is_ada["email"] == ada && is_ada["operator"] == false, "{is_ada}");

    // Each token once; and the same person when the address has changed over there, or is not told.
    refused(&nobody.post(PLACE, &json!({"identity_token": first})).await?, "identity-token-used")?;
    let mut changed = provider.claims("a-1", "ada@elsewhere.example");
    changed["email_verified"] = json!(false);
    ensure!(me(&app, signs_in(&nobody, &provider, &changed).await?).await?["id"] == is_ada["id"]);
    // An address that was given to somebody else signs nobody else in, until its owner has forgotten the link.
    refused(&signs_in(&nobody, &provider, &provider.claims("b-2", ada)).await?, "identity-differs")?;
    let by_link = Client::sign_in(app.base_url(), &app.mail_dir(), ada).await?;
    ensure!(by_link.send(Method::DELETE, "/v1/me/identities", None, &[]).await?.status == 204);
    ensure!(me(&app, signs_in(&nobody, &provider, &provider.claims("b-2", ada)).await?).await?["id"] == is_ada["id"]);

    // Of no other provider, for no other service, of no other key, and of nobody who is kept out.
    refused(&signs_in(&nobody, &other, &other.claims("a-1", ada)).await?, "identity-token-invalid")?;
    refused(&signs_in(&nobody, &other, &provider.claims("b-2", ada)).await?, "identity-token-invalid")?;
    let mut for_another = provider.claims("b-2", ada);
    for_another["aud"] = json!("another-service");
    refused(&signs_in(&nobody, &provider, &for_another).await?, "identity-token-invalid")?;
    let long = nobody.post(PLACE, &json!({"identity_token": "x".repeat(8_001)})).await?;
    ensure!(long.status == 422 && long.body["errors"][0]["pointer"] == "/identity_token", "{long:?}");
    let person = text(&is_ada, "/id")?;
    operator.post(&format!("/v1/persons/{person}:disable"), &json!({"reason": "Left"})).await?.ok()?;
    refused(&signs_in(&nobody, &provider, &provider.claims("b-2", ada)).await?, "identity-unknown")?;
    app.finish().await
}
