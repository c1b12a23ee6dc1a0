//! Ways to sign in and out, and what may be taken away again.

use super::{Known, Outcome};
use anyhow::Context as _;
use api::demo::cast::{Cast, give_role, invite, organisation, person};
use api::demo::client::{Client, text};
use serde_json::{Value, json};
use tests::identity_provider::IdentityProvider;

pub(super) async fn fill(cast: &Cast, provider: &IdentityProvider, known: &mut Known) -> Outcome {
    partner_signs_in(cast, known);
    let (nobody, email) = (Client::new(cast.base())?, "rita@host.example");
    let used = json!({"token": nobody.sign_in_token(cast.mail(), email).await?});
    let signed_in = nobody.post("/v1/sign-in/confirm", &used).await?.ok()?;
    let refresh = json!({"refresh_token": signed_in["refresh_token"]});
    known.example("POST /v1/tokens/refresh", json!({}), refresh);
    let unused = json!({"token": nobody.sign_in_token(cast.mail(), email).await?});
    known.example("POST /v1/sign-in/confirm", json!({}), unused);
    let vouched = json!({"identity_token": provider.token(&provider.claims("rita-1", email))?});
    known.example("POST /v1/sign-in/identity-token", json!({}), vouched);

    let platform = organisation(&cast.operator, "Fans of Open Tools", "partner_platform").await?;
    give_role(&cast.operator, &platform, &cast.treasurer, "owner").await?;
    let credential = json!({"name": "nightly import", "mode": "sandbox", "scopes": ["campaigns:read"]});
    known.example("POST /v1/partners/{id}/credentials", json!({"id": platform}), credential.clone());
    let made = cast.treasurer.post(&format!("/v1/partners/{platform}/credentials"), &credential).await?.ok()?;
    let made = json!({"id": platform, "credential": text(&made, "/id")?});
    known.example("DELETE /v1/partners/{id}/credentials/{credential}", made, Value::Null);
    let live = json!({"name": "webshop", "mode": "live", "scopes": ["campaigns:read", "requests:read"]});
    let made = cast.treasurer.post(&format!("/v1/partners/{platform}/credentials"), &live).await?.ok()?;
    let made = json!({"id": platform, "credential": text(&made, "/id")?});
    let rotate = json!({"old_ends_after_hours": 24});
    known.example("POST /v1/partners/{id}/credentials/{credential}:rotate", made, rotate);

    let members = cast.treasurer.all(&format!("/v1/organisations/{}/memberships", cast.host)).await?;
    let member = members.iter().find(|member| member["role"] == "reviewer").context("a reviewer")?;
    let member = json!({"id": cast.host, "person": member["person"], "role": member["role"]});
    known.example("DELETE /v1/organisations/{id}/memberships/{person}/{role}", member, Value::Null);
    let wishes = json!({"decisions": true, "deadlines": true, "money": true, "news": false});
    known.example("PATCH /v1/me", json!({"If-Match": "\"v1\""}), json!({"name": "Ada Lovelace"}));
    known.example("PUT /v1/me/mail-preferences", json!({"If-Match": "\"v1\""}), wishes);
    known.example(
        "PATCH /v1/organisations/{id}",
        json!({"id": cast.host, "If-Match": "\"v1\""}),
        json!({"name": "Host"}),
    );
    let new = json!({"email": "new@host.example", "role": "auditor"});
    known.example("POST /v1/organisations/{id}/invitations", json!({"id": cast.host}), new);
    let withdrawn = invite(&cast.treasurer, &cast.host, "former@host.example", "member").await?;
    let withdrawn = json!({"id": cast.host, "invitation": withdrawn});
    known.example("DELETE /v1/organisations/{id}/invitations/{invitation}", withdrawn, Value::Null);
    let offered = invite(&cast.operator, &platform, cast.operator.email()?, "auditor").await?;
    let offered = json!({"token": cast.operator.invitation_token(&offered).await?});
    known.example("POST /v1/invitations:accept", json!({}), offered);
    let unwanted = invite(&cast.operator, &platform, cast.operator.email()?, "member").await?;
    let unwanted = json!({"token": cast.operator.invitation_token(&unwanted).await?});
    known.example("POST /v1/invitations:decline", json!({}), unwanted);
    let kept_out = json!({"id": person(&cast.stranger).await?});
    for step in ["disable", "enable"] {
        let reason = json!({"reason": "The mailbox was taken over"});
        known.example(&format!("POST /v1/persons/{{id}}:{step}"), kept_out.clone(), reason);
    }
    let cousins = organisation(&cast.operator, "Workshop of a Cousin", "project_team").await?;
    join_requests(cast, known).await?;
    let tie = json!({"book": cast.book, "organisation": cousins, "reason": "A cousin is on the team"});
    known.example("POST /v1/ties", json!({}), tie);
    Ok(())
}

/// The operator asks to join teams of the treasurer, and others ask to join one of the operator.
async fn join_requests(cast: &Cast, known: &mut Known) -> Outcome {
    let note = json!({"note": "I weld, and live two streets away"});
    let workshop = organisation(&cast.treasurer, "Open Workshop", "cooperative").await?;
    known.example("POST /v1/organisations/{id}/join-requests", json!({"id": workshop}), note.clone());
    let asked = async |by: &Client, of: &str| -> anyhow::Result<Value> {
        let made = by.post(&format!("/v1/organisations/{of}/join-requests"), &note).await?.ok()?;
        Ok(json!({"id": text(&made, "/id")?}))
    };
    let elsewhere = organisation(&cast.treasurer, "Workshop across the Street", "project_team").await?;
    let own = asked(&cast.operator, &elsewhere).await?;
    known.example("POST /v1/join-requests/{id}:withdraw", own, Value::Null);
    let team = organisation(&cast.operator, "Workshop of Everybody", "project_team").await?;
    known.example("GET /v1/organisations/{id}/join-requests", json!({"id": team}), Value::Null);
    let accepted = asked(&cast.stranger, &team).await?;
    known.example("POST /v1/join-requests/{id}:accept", accepted, json!({"role": "member"}));
    let declined = asked(&cast.claimant, &team).await?;
    known.example("POST /v1/join-requests/{id}:decline", declined, json!({"reason": "The workshop is full"}));
    Ok(())
}

/// With the credential of the story.
pub(super) fn partner_signs_in(cast: &Cast, known: &mut Known) {
    let (id, secret) = &cast.credential;
    let asked = json!({"grant_type": "client_credentials", "client_id": id, "client_secret": secret});
    known.example("POST /v1/oauth/token", json!({}), asked);
}
