//! Every example of the contract, sent as it stands: it does what the operation is for.
//!
//! What a body names is there, since things of the scene are given the ids and secrets that the examples have. What an address
//! names is the scene's own.

use super::{Operation, Outcome, PATIENCE, form, operations};
use crate::contract::Piece;
use crate::scene::Scene;
use anyhow::{Context as _, bail, ensure};
use ledger::id::{BookRef, OrganisationId};
use reqwest::header;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What the examples are tried on: what partners do is done by the partner.
const DOMAINS: &[Piece] =
    &[Piece::Parties, Piece::Books, Piece::Pledging, Piece::Challenges, Piece::Cooperatives, Piece::Partners];

/// Digests of the thing that the address names: as its id, each thing has its own.
const OF_THE_ADDRESS: &[&str] = &["/claim_sha256", "/submission_sha256", "/parts_sha256", "/digest"];

/// Teams that are named by the digests of what they have claimed and handed in, or that get a share of, members, challenges, proposals and the
/// books to which something is sent, whose ids hold the number of a book that comes after others: the scene's own keeps its name.
const DIGESTED: &[&str] = &[
    "/payee",
    "/member",
    "/challenge",
    "/about",
    "/proposal",
    "/to",
    "/contributor",
    "/parts/0/contributor",
    "/parts/1/contributor",
];

/// Digests of texts that the scene has too.
const DIGESTS: &[&str] = &["rules_sha256", "terms_sha256"];

/// What no example can hold: the next code of an authenticator, the token that one gets for it, and one of an identity provider, which
/// lives ten minutes.
const WITH_A_CODE: &[&str] = &[
    "/v1/sign-in/identity-token",
    "/v1/me/second-factor:confirm",
    "/v1/me/second-factor:verify",
    "/v1/persons/{id}/second-factor:reset",
    "/v1/persons/{id}/second-factor:refuse-reset",
];

/// What only its holder knows; its digest is kept.
const SECRETS: &[&str] = &["token", "refresh_token", "client_secret"];

/// What things of the scene are called from now on: by the bytes in the database, and by their ids.
#[derive(Debug, Default)]
struct Names {
    uuids: BTreeMap<uuid::Uuid, uuid::Uuid>,
    digests: BTreeMap<Vec<u8>, Vec<u8>>,
    ids: BTreeMap<String, String>,
}

impl Names {
    /// Looks where an example says another word than the scene for the same thing.
    fn compare(&mut self, name: &str, example: &Value, ours: &Value) -> Outcome {
        match (example, ours) {
            (Value::Object(fields), Value::Object(_)) => {
                fields.iter().try_for_each(|(name, value)| self.compare(name, value, &ours[name.as_str()]))
            }
            (Value::Array(items), Value::Array(others)) => {
                items.iter().zip(others).try_for_each(|(item, other)| self.compare(name, item, other))
            }
            (Value::String(new), Value::String(old)) if new != old => self.rename(name, new, old),
            _ => Ok(()),
        }
    }

    fn rename(&mut self, name: &str, new: &str, old: &str) -> Outcome {
        if DIGESTS.contains(&name) {
            bail!("{new} is the digest of no text of the scene: that has {old}");
        } else if DIGESTED.iter().any(|pointer| pointer.ends_with(&format!("/{name}"))) {
            return Ok(());
        } else if SECRETS.contains(&name) {
            let digest = |secret: &str| Sha256::digest(secret.as_bytes()).to_vec();
            self.digests.insert(digest(old), digest(new));
        } else if let (Some(new_uuid), Some(old_uuid)) = (uuid(new), uuid(old)) {
            let other = self.ids.iter().find(|(old_id, new_id)| (*old_id == old) != (*new_id == new));
            ensure!(other.is_none(), "the examples say {new} where the scene has {old}, and elsewhere {other:?}");
            self.ids.insert(old.to_owned(), new.to_owned());
            self.uuids.insert(old_uuid, new_uuid);
        }
        Ok(())
    }

    /// Gives the things their names, below the service, which keeps ids and digests for ever.
    async fn give(&self, database_url: &str) -> Outcome {
        let mut owner = migrations::connect(&database_url.parse()?).await?;
        let columns = "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
            JOIN information_schema.tables t USING (table_schema, table_name)
            WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type IN ('uuid', 'bytea')";
        let columns = owner.query(columns, &[]).await?;
        let tx = owner.transaction().await?;
        tx.batch_execute("SET LOCAL session_replication_role = replica").await?;
        // Accounts have ids in their codes.
        let code = tx.prepare("UPDATE account SET code = replace(code, $1, $2) WHERE position($1 IN code) > 0").await?;
        for (old, new) in &self.ids {
            tx.execute(&code, &[old, new]).await?;
        }
        for column in columns {
            let (table, name, kind): (&str, &str, &str) = (column.get(0), column.get(1), column.get(2));
            let update = tx.prepare(&format!("UPDATE \"{table}\" SET \"{name}\" = $2 WHERE \"{name}\" = $1")).await?;
            if kind == "uuid" {
                for (old, new) in &self.uuids {
                    tx.execute(&update, &[old, new]).await?;
                }
            } else {
                for (old, new) in &self.digests {
                    tx.execute(&update, &[old, new]).await?;
                }
            }
        }
        Ok(tx.commit().await?)
    }
}

/// The UUID in an id.
fn uuid(id: &str) -> Option<uuid::Uuid> {
    let (_, rest) = id.split_once('_').filter(|(prefix, _)| prefix.len() == 3)?;
    let in_book = format!("bok_{rest}").parse::<BookRef>().map(|id| id.object);
    in_book.ok().or_else(|| format!("org_{rest}").parse::<OrganisationId>().map(|id| id.0).ok())
}

impl Operation<'_> {
    /// Its example, if it has one.
    fn shown(&self) -> Option<&Value> {
        let content = self.contract.pointer("/requestBody/content")?.as_object()?;
        content.values().find_map(|media| media.get("example"))
    }

    /// The example as it is sent: as it stands, but for what names the thing of the address.
    fn sent(&self) -> Option<Value> {
        let mut body = self.shown()?.clone();
        for pointer in OF_THE_ADDRESS.iter().chain(DIGESTED) {
            if let (Some(place), Some(own)) = (body.pointer_mut(pointer), self.example["body"].pointer(pointer)) {
                *place = own.clone();
            }
        }
        Some(body)
    }

    fn is_for_partners(&self) -> bool {
        let who = self.contract["x-who-may"].as_array();
        who.into_iter().flatten().any(|who| who.as_str().is_some_and(|who| who.starts_with("scope ")))
    }
}

#[tokio::test]
async fn u4_every_example_of_the_contract_is_accepted_as_it_stands() -> Outcome {
    let scene = Scene::set(DOMAINS).await?;
    crate::outbox::every_kind_was_written(&scene.app).await?;
    crate::outbox::windows::each_is_told_with_its_day(&scene.app, None).await?;
    let document = scene.app.nobody()?.get("/openapi.json").await?.ok()?;
    let partner = scene.partner.access_token().await?.context("a token")?;
    let mut people = vec![("partner", partner.clone())];
    for (name, client) in [("treasurer", &scene.cast.treasurer), ("operator", &scene.cast.operator)] {
        people.push((name, client.access_token().await?.context("a token")?));
    }
    let known = scene.known.to_json();
    let mut names = Names::default();
    for operation in operations(&document, &known, &people)? {
        if let Some(example) = operation.shown() {
            let compared = names.compare("", example, &operation.example["body"]);
            compared.with_context(|| operation.name())?;
        }
    }
    names.give(scene.app.database_url()).await?;
    let renamed = names.ids.iter().fold(known.to_string(), |text, (old, new)| text.replace(old, new));
    let known: Value = serde_json::from_str(&renamed)?;

    let http = tests::http().timeout(PATIENCE).build()?;
    let (mut sent, mut refused, mut rules) = (0, Vec::new(), None);
    for operation in operations(&document, &known, &people)? {
        let Some(body) = operation.sent().filter(|_| !WITH_A_CODE.contains(&operation.path)) else { continue };
        let token = match operation.path {
            // The one who is invited.
            "/v1/invitations:accept" | "/v1/invitations:decline" => {
                people.iter().find(|(name, _)| *name == "operator").map(|(_, token)| token)
            }
            _ if operation.is_for_partners() => Some(&partner),
            _ => Some(&operation.token),
        };
        let url = format!("{}{}", scene.app.base_url(), operation.url(None));
        let mut call = http.request(operation.method.clone(), url).bearer_auth(token.context("a token")?);
        for (name, value) in operation.headers() {
            call = call.header(name, value);
        }
        let is_form = operation.path == "/v1/oauth/token";
        let (kind, text) = if is_form {
            ("application/x-www-form-urlencoded", form(&body))
        } else {
            ("application/json", body.to_string())
        };
        let answer = call.header(header::CONTENT_TYPE, kind).body(text).send().await?;
        let (status, answer) = (answer.status(), answer.text().await?);
        if !status.is_success() {
            refused.push(format!("{}: {status} {answer}", operation.name()));
        } else if operation.path == "/v1/challenges" {
            rules = Some(serde_json::from_str::<Value>(&answer)?["rules_sha256"].clone());
        }
        sent += 1;
    }
    println!("{sent} examples");
    ensure!(refused.is_empty(), "{} examples of {sent} are refused:\n{}", refused.len(), refused.join("\n"));
    ensure!(sent > 60, "only {sent} examples");
    let restated =
        "/paths/~1v1~1challenges~1{id}~1entries/post/requestBody/content/application~1json/example/rules_sha256";
    ensure!(rules.as_ref() == document.pointer(restated), "the challenge that is shown has the rules {rules:?}");
    scene.app.finish_with_jobs_left().await
}
