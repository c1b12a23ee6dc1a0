//! Credentials of partners: their secrets follow each other, the database keeps what was said of them, and who uses one is noted by the day.

use crate::support::ground;
use jiff::SignedDuration;
use ledger::book::Mode;
use ledger::parties::operations::credentials::{note_use, rotate};
use ledger::parties::operations::organisations::revoke_credential;
use ledger::parties::operations::sign_in::digest;
use ledger::parties::rules::credential::Credential;
use ledger::parties::rules::role::Scope;
use ledger::parties::store::credentials;
use ledger::testing::{Ground, refusal};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A trigger refuses to change what is written once.
const RESTRICT_VIOLATION: &str = "23001";

async fn made(ground: &Ground) -> Credential {
    ground.credential(ground.partner, Mode::Sandbox, &[Scope::CampaignsRead]).await
}

async fn found(ground: &Ground, credential: &Credential) -> Credential {
    credentials::find_live(&ground.client().await, credential.id).await.unwrap().unwrap().0
}

#[tokio::test]
async fn of_two_rotations_at_once_one_gives_the_next_secret_and_two_live() {
    let ground = ground().await;
    let (credential, wall) = (made(&ground).await, ground.wall);
    let (id, of) = (credential.id, credential.organisation);
    let one = ground.run(async |tx| rotate(tx, of, id, "one", DAY, wall).await);
    let two = ground.run(async |tx| rotate(tx, of, id, "two", DAY, wall).await);
    let (one, two) = tokio::join!(one, two);
    assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
    let refused = if one.is_ok() { two } else { one };
    assert_eq!(refusal(refused), "two-secrets-live");
    let now = found(&ground, &credential).await;
    assert_eq!(now.living_old_secret(wall).unwrap().digest, credential.secret_digest);
    let stranger = ground.another_partner(true).await;
    let foreign = ground.run(async |tx| rotate(tx, stranger, id, "three", DAY, wall).await).await;
    assert!(matches!(foreign, Err(ledger::Error::NotFound("credential"))), "another partner has no such one");
}

#[tokio::test]
async fn the_database_keeps_a_revoked_credential_revoked_and_lets_no_old_secret_live_longer() {
    let ground = ground().await;
    let (credential, wall) = (made(&ground).await, ground.wall);
    let (id, of) = (credential.id, credential.organisation);
    ground.run(async |tx| rotate(tx, of, id, "next", DAY, wall).await).await.unwrap();
    let client = ground.client().await;
    let refused = async |change: &str| {
        let sql = format!("UPDATE credential SET {change} WHERE id = $1");
        let error = client.execute(&sql, &[&id.0]).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), RESTRICT_VIOLATION, "{change}");
    };
    refused("old_ends_at = old_ends_at + interval '1 second'").await;
    refused("old_digest = sha256('never a secret of it')").await;
    refused("secret_digest = sha256('a third one')").await;
    ground.run(async |tx| revoke_credential(tx, of, id, wall).await).await.unwrap();
    refused("revoked_at = NULL").await;
    refused("secret_digest = sha256('another'), old_digest = NULL, old_ends_at = NULL").await;
    let late = ground.run(async |tx| rotate(tx, of, id, "late", SignedDuration::ZERO, wall).await).await;
    assert_eq!(refusal(late), "credential-revoked");
}

#[tokio::test]
async fn the_use_of_each_secret_is_noted_once_a_day() {
    let ground = ground().await;
    let (credential, wall) = (made(&ground).await, ground.wall);
    let (id, of) = (credential.id, credential.organisation);
    let client = ground.client().await;
    let writes = async || -> String {
        client.query_one("SELECT xmin::text FROM credential WHERE id = $1", &[&id.0]).await.unwrap().get(0)
    };
    let first = credential.secret_digest.clone();
    note_use(&client, &credential, &first, wall).await.unwrap();
    let noted = writes().await;
    // By what was read now, and by what another process has read before.
    note_use(&client, &found(&ground, &credential).await, &first, wall).await.unwrap();
    note_use(&client, &credential, &first, wall).await.unwrap();
    assert_eq!(writes().await, noted, "nothing is written again");
    let rotated = ground.run(async |tx| rotate(tx, of, id, "next", DAY, wall).await).await.unwrap();
    let used_on = |credential: &Credential| credential.old_secret.as_ref().unwrap().used_on;
    assert_eq!(used_on(&found(&ground, &credential).await), None);
    note_use(&client, &rotated, &digest("next"), wall).await.unwrap();
    assert_eq!(used_on(&found(&ground, &credential).await), None, "the new one was used");
    note_use(&client, &rotated, &first, wall).await.unwrap();
    let now = found(&ground, &credential).await;
    assert!(used_on(&now).is_some() && now.last_used_on == used_on(&now));
}
