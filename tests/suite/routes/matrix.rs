//! Every route, asked by each role and each scope: who is let in and who is kept out is what the table of who may says, which the contract
//! shows as `x-who-may`. What would change something is only asked by those who may not.

use super::{Outcome, Route, http, routes};
use crate::scene::{Known, Scene};
use anyhow::{Context as _, ensure};
use api::demo::cast::{organisation, person};
use api::demo::client::{Client, text};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ledger::parties::rules::role::{Role, Scope};
use reqwest::{Method, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// So many requests are on their way at once.
const AT_ONCE: usize = 16;

/// What readers of its row may read only when they are more besides: the message says what.
const ASKS_MORE: &[&str] = &["GET /v1/challenges/{id}/judges"];

/// What all partners of a book see besides their own: rails that were withdrawn, and what came to a campaign.
const SHARED: &[&str] = &["GET /v1/books/{book}/withdrawals", "GET /v1/campaigns/{id}/totals"];

impl Route {
    fn phrases(&self) -> impl Iterator<Item = &str> {
        self.operation["x-who-may"].as_array().into_iter().flatten().filter_map(Value::as_str)
    }

    fn admits(&self, phrase: &str) -> bool {
        self.phrases().any(|known| known == phrase)
    }

    fn is_for(&self, kind: &str) -> bool {
        self.phrases().any(|known| known.starts_with(kind))
    }

    /// Whether a body is needed that the contract shows no example of in JSON: of a file the door would speak before the table.
    fn takes_a_file(&self) -> bool {
        let content = &self.operation["requestBody"]["content"];
        content.is_object() && content.get("application/json").is_none()
    }

    /// The body that the contract shows, with the ids of things that the scene has.
    fn body(&self, known: &Known) -> Value {
        let mut body = self.operation["requestBody"]["content"]["application/json"]["example"].clone();
        name_ours(&mut body, known);
        if body.is_null() { json!({}) } else { body }
    }

    /// Asks with a token; answers status, problem and header.
    async fn ask(&self, asked: &Asked<'_>, token: &str) -> anyhow::Result<Answered> {
        let url = format!("{}{}", asked.base, self.address(asked.known));
        let request = asked.http.request(self.method.clone(), url).bearer_auth(token);
        let request = if self.method == Method::GET { request } else { request.json(&self.body(asked.known)) };
        let request = request.header("Idempotency-Key", Uuid::now_v7().to_string()).header("If-Match", "\"v1\"");
        let answer = request.send().await.with_context(|| self.name())?;
        let told = answer.headers().get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        let (told, status) = (told.unwrap_or_default().to_owned(), answer.status().as_u16());
        let body = serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null);
        Ok(Answered { status, body, told })
    }
}

struct Answered {
    status: u16,
    body: Value,
    told: String,
}

struct Asked<'a> {
    base: &'a str,
    http: reqwest::Client,
    known: &'a Known,
}

/// Puts ids of the scene in the place of those of an example.
fn name_ours(value: &mut Value, known: &Known) {
    match value {
        Value::String(text) => {
            let ours = text.split_once('_').filter(|(prefix, _)| prefix.len() == 3);
            if let Some(ours) = ours.and_then(|(prefix, _)| known.first(prefix)) {
                ours.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name_ours(item, known)),
        Value::Object(fields) => fields.values_mut().for_each(|field| name_ours(field, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Asks many routes at once, and looks at each answer.
async fn ask_all<'a>(
    asked: &Asked<'_>,
    routes: impl Iterator<Item = &'a Route>,
    token: &str,
    look: impl Fn(&Route, &Answered) -> Outcome,
) -> anyhow::Result<usize> {
    let look = &look;
    let answers = stream::iter(routes).map(|route| async move {
        let answered = route.ask(asked, token).await?;
        look(route, &answered).with_context(|| format!("{}: {} {}", route.name(), answered.status, answered.body))
    });
    let answers: Vec<()> = answers.buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(answers.len())
}

/// One person, who has one role after the other in all organisations that there are.
pub(super) async fn each_role_is_let_in_and_kept_out_as_the_table_says(scene: &Scene) -> Outcome {
    let base = scene.app.base_url();
    let asked = Asked { base, http: http()?, known: &scene.known };
    let all = routes(base).await?;
    let id: ledger::id::PersonId = person(&scene.cast.stranger).await?.parse()?;
    let owner = migrations::connect(&scene.app.database_url().parse()?).await?;
    let had = owner.query("DELETE FROM membership WHERE person = $1 RETURNING organisation, role", &[&id.0]).await?;
    let (mut let_in, mut kept_out) = (0, 0);
    for role in Role::ALL {
        let give = "INSERT INTO membership (organisation, person, role, created_at, created_by)
                    SELECT id, $1, $2, now(), created_by FROM organisation";
        owner.execute(give, &[&id.0, &role.as_str()]).await?;
        let token = scene.cast.stranger.access_token().await?.context("a token")?;
        let phrase = format!("role {role}");
        let of_roles = |route: &&Route| route.is_for("role ") && !route.takes_a_file();
        let may_read = |route: &&Route| route.method == Method::GET && route.admits(&phrase);
        let asks_more = |route: &&Route| ASKS_MORE.contains(&route.name().as_str());
        let readable = all.iter().filter(of_roles).filter(|route| may_read(route) && !asks_more(route));
        let_in += ask_all(&asked, readable, &token, |_, answered| {
            // With a thing that the scene has, or none: what it looks for may be missing, the role is not.
            ensure!(answered.status < 500 && ![401, 403].contains(&answered.status), "its role lets it in");
            Ok(())
        })
        .await?;
        let closed = all.iter().filter(of_roles).filter(|route| !route.admits(&phrase));
        kept_out += ask_all(&asked, closed, &token, |_, answered| {
            // The thing, or what the body names, may be none of this scene: that is a refusal too.
            ensure!([403, 404].contains(&answered.status), "its role does not let it in");
            Ok(())
        })
        .await?;
        owner.execute("DELETE FROM membership WHERE person = $1", &[&id.0]).await?;
    }
    // Operators and partners alone: no role helps.
    let token = scene.cast.stranger.access_token().await?.context("a token")?;
    let others =
        |route: &&Route| !route.is_open() && !route.admits("person") && !route.is_for("role ") && !route.takes_a_file();
    kept_out += ask_all(&asked, all.iter().filter(others), &token, |_, answered| {
        ensure!(answered.status == 403 && answered.body["type"] == "/problems/forbidden", "it is for others");
        Ok(())
    })
    .await?;
    for row in &had {
        let give = "INSERT INTO membership (organisation, person, role, created_at, created_by) VALUES ($1, $2, $3, now(), $2)";
        owner.execute(give, &[&row.get::<_, Uuid>(0), &id.0, &row.get::<_, &str>(1)]).await?;
    }
    ensure!(let_in > 100 && kept_out > 600, "{let_in} were let in, {kept_out} kept out");
    Ok(())
}

/// Client id and a new secret of the credential with all scopes.
async fn credential_with_all_scopes(scene: &Scene, platform: &str) -> anyhow::Result<(String, String)> {
    let path = format!("/v1/partners/{platform}/credentials");
    let all = scene.cast.operator.all(&path).await?;
    let credential = all.iter().find(|credential| credential["name"] == "all").context("the credential")?;
    let id = text(credential, "/id")?;
    let at_once = json!({"old_ends_after_hours": 0});
    let rotated = scene.cast.operator.post(&format!("{path}/{id}:rotate"), &at_once).await?.ok()?;
    Ok((id.to_owned(), text(&rotated, "/secret")?.to_owned()))
}

/// One token for each scope.
async fn tokens(scene: &Scene) -> anyhow::Result<BTreeMap<Scope, String>> {
    let (id, secret) = credential_with_all_scopes(scene, &scene.cast.platform).await?;
    let (base, http) = (scene.app.base_url(), http()?);
    let mut tokens = BTreeMap::new();
    for scope in Scope::ALL {
        let form = format!("grant_type=client_credentials&scope={scope}");
        let asked = http.post(format!("{base}/v1/oauth/token")).basic_auth(&id, Some(&secret)).body(form);
        let asked = asked.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let given: Value = asked.send().await?.json().await?;
        tokens.insert(*scope, text(&given, "/access_token")?.to_owned());
    }
    Ok(tokens)
}

pub(super) async fn each_scope_is_let_in_and_kept_out_as_the_table_says(scene: &Scene) -> Outcome {
    let base = scene.app.base_url();
    let asked = Asked { base, http: http()?, known: &scene.known };
    let all = routes(base).await?;
    let (mut let_in, mut kept_out) = (0, 0);
    for (scope, token) in tokens(scene).await? {
        let phrase = format!("scope {scope}");
        let readable = all.iter().filter(|route| route.method == Method::GET && route.admits(&phrase));
        let_in += ask_all(&asked, readable, &token, |_, answered| {
            ensure!(answered.status < 500 && ![401, 403].contains(&answered.status), "its scope lets it in");
            Ok(())
        })
        .await?;
        let closed = all.iter().filter(|route| !route.is_open() && !route.admits(&phrase));
        kept_out += ask_all(&asked, closed, &token, |route, answered| {
            ensure!(answered.status == 403 && answered.body["type"] == "/problems/forbidden", "its scope does not");
            let scope = route.phrases().find_map(|phrase| phrase.strip_prefix("scope "));
            let named = scope.is_none_or(|scope| answered.told.contains(&format!("scope=\"{scope}\"")));
            ensure!(named, "it is told which scope it lacks: {}", answered.told);
            Ok(())
        })
        .await?;
    }
    ensure!(let_in >= 25 && kept_out > 2_000, "{let_in} were let in, {kept_out} kept out");
    Ok(())
}

/// Whether a client is shown the thing under whose id a list stands: of one that it may not see no list is empty, it is not found. What stands
/// under a book is of a book that both read.
async fn shows_above(all: &[Route], list: &Route, scene: &Scene, client: &Client) -> anyhow::Result<bool> {
    if list.path.starts_with("/v1/books/{book}/") {
        return Ok(true);
    }
    let Some((above, _)) = list.path.rsplit_once('/') else { return Ok(false) };
    let Some(above) = all.iter().find(|route| route.method == Method::GET && route.path == above) else {
        return Ok(false);
    };
    let address = above.address(&scene.known).replace(&scene.cast.host, &scene.cast.platform);
    Ok(client.get(&address).await?.status == 200)
}

/// Another platform that the same books admit, with all scopes, asks for what the first one brought: by every id that there is.
pub(super) async fn no_partner_reads_what_another_one_brought(scene: &Scene) -> Outcome {
    let cast = &scene.cast;
    let (id, secret) = credential_with_all_scopes(scene, &cast.platform).await?;
    let first = Client::partner(cast.base(), &id, &secret)?;
    let platform = organisation(&cast.operator, "Fans of Closed Machines", "partner_platform").await?;
    let partners = format!("/v1/books/{}/partners", cast.book);
    cast.treasurer.post(&partners, &json!({"organisation": platform})).await?.ok()?;
    let scopes: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let asked = json!({"name": "all", "mode": "sandbox", "scopes": scopes});
    let made = cast.operator.post(&format!("/v1/partners/{platform}/credentials"), &asked).await?.ok()?;
    let other = Client::partner(cast.base(), text(&made, "/id")?, text(&made, "/secret")?)?;
    let (mut hidden, mut empty) = (0, 0);
    let all = routes(scene.app.base_url()).await?;
    for route in &all {
        let names_a_thing = route.path.contains('{') && !route.path.contains("{token}");
        if route.method != Method::GET || !names_a_thing || !route.is_for("scope ") {
            continue;
        }
        let address = route.address(&scene.known).replace(&cast.host, &cast.platform);
        let ours = first.get(&address).await?;
        let theirs = other.get(&address).await?;
        let is_empty = theirs.status == 200 && theirs.body["items"] == json!([]);
        ensure!(!is_empty || shows_above(&all, route, scene, &other).await?, "{}: {theirs:?}", route.name());
        if ours.status != 200 {
            continue;
        }
        let is_hidden = theirs.status == 404 && theirs.body["type"] == "/problems/not-found";
        // Lists of what both share, such as a book, show the other one nothing.
        let names_nobody = SHARED.contains(&route.name().as_str()) && !theirs.body.to_string().contains(&cast.platform);
        ensure!(is_hidden || is_empty || names_nobody, "{}: {theirs:?}", route.name());
        (hidden, empty) = (hidden + usize::from(is_hidden), empty + usize::from(is_empty));
    }
    ensure!(hidden >= 15 && empty >= 2, "{hidden} hidden, {empty} empty");
    Ok(())
}
