//! The door: every field of the contract, posted at its least, at its most, one beyond, with U+0000 and with nothing to read.
//!
//! No answer is a 5xx, or one that the contract does not declare: by its status, its problem and its headers. What the contract refuses is refused, and a text that is as
//! long as the contract lets it be is not refused for its length: the bounds of contract, code and columns are the same.

mod examples;
mod values;

use crate::contract::Piece;
use crate::routes::kind_of;
use crate::scene::Scene;
use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, stream};
use reqwest::{Method, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use values::{Try, tries};

type Outcome = anyhow::Result<()>;

/// How many requests are under way at once.
const AT_ONCE: usize = 8;

/// How long an answer may take before it counts as none, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Whoever has signed out everywhere is answered nothing after that.
const LEFT_OUT: &[&str] = &["POST /v1/me:sign-out"];

/// Fields whose texts mean something besides: whatever their length, most are none.
const BY_MEANING: &[&str] = &[
    "/zone",
    "/token",
    "/csv",
    "/payer/address",
    "/pledges/0/pledge/payer/address",
    "/balances/0/account",
    "/balances/1/account",
];

/// Headers that say nothing of an operation: of the connection, the body and how it is kept.
const OF_ALL: &[&str] = &[
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

/// What the tries are made on.
const DOMAINS: &[Piece] = &[Piece::Parties, Piece::Books, Piece::Pledging, Piece::Challenges, Piece::Cooperatives];

/// An operation, with an example of it that does what it is for.
struct Operation<'a> {
    method: Method,
    path: &'a str,
    contract: &'a Value,
    example: Value,
    token: String,
}

/// One request: where, with which query and body, and what is tried by it.
struct Request {
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Value>,
    field: String,
    what: Try,
}

/// What came of all of it.
#[derive(Default)]
struct Findings {
    wrong: Vec<String>,
    requests: usize,
    fields: BTreeSet<String>,
}

impl Operation<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn parameters(&self) -> impl Iterator<Item = &Value> {
        self.contract["parameters"].as_array().into_iter().flatten()
    }

    /// The value of a parameter in the example, or one that fits.
    fn value_of(&self, parameter: &Value) -> Option<String> {
        let name = parameter["name"].as_str()?;
        let given = self.example["parameters"].get(name).and_then(Value::as_str).map(str::to_owned);
        let number = self.example["parameters"].get(name).and_then(Value::as_i64).map(|number| number.to_string());
        given.or(number).or_else(|| (parameter["required"] == true).then(|| "1".to_owned()))
    }

    /// The address with one parameter changed; both are written as they are sent.
    fn url(&self, changed: Option<(&str, &str)>) -> String {
        let mut path = self.path.to_owned();
        let mut query = Vec::new();
        for parameter in self.parameters() {
            let Some(name) = parameter["name"].as_str() else { continue };
            let other = changed.filter(|(of, _)| *of == name).map(|(_, raw)| raw.to_owned());
            let Some(value) = other.or_else(|| self.value_of(parameter).map(|value| values::encoded(&value))) else {
                continue;
            };
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), &value);
            } else if parameter["in"] == "query" {
                query.push(format!("{name}={value}"));
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// What the contract says of an answer with this status.
    fn answer<'a>(&'a self, document: &'a Value, status: u16) -> Option<&'a Value> {
        let answer = self.contract["responses"].get(status.to_string())?;
        let shared = answer["$ref"].as_str().and_then(|to| document.pointer(to.strip_prefix('#')?));
        Some(shared.unwrap_or(answer))
    }

    fn headers(&self) -> Vec<(String, Vec<u8>)> {
        let named = |name: &str| self.parameters().any(|parameter| parameter["name"] == name);
        let mut headers = Vec::new();
        if named("Idempotency-Key") {
            headers.push(("Idempotency-Key".to_owned(), uuid::Uuid::now_v7().to_string().into_bytes()));
        }
        if named("If-Match") {
            headers.push(("If-Match".to_owned(), b"\"v1\"".to_vec()));
        }
        headers
    }

    fn body(&self) -> Option<Value> {
        let takes = self.contract.get("requestBody").is_some();
        takes.then(|| self.example.get("body").filter(|body| body.is_object()).cloned().unwrap_or(json!({})))
    }

    /// Whether a pointer names a parameter, or a field of the body.
    fn has(&self, document: &Value, pointer: &str) -> bool {
        let is_parameter = self.parameters().any(|parameter| parameter["name"].as_str() == pointer.strip_prefix('/'));
        let content = self.contract.pointer("/requestBody/content").and_then(Value::as_object);
        let mut schemas = content.into_iter().flat_map(|content| content.values()).map(|media| &media["schema"]);
        is_parameter || schemas.any(|schema| values::has(document, schema, pointer))
    }

    /// All tries: of the parameters, and of the fields of the body.
    fn requests(&self, document: &Value) -> Vec<Request> {
        let mut requests = Vec::new();
        for parameter in self.parameters() {
            let (Some(name), place) = (parameter["name"].as_str(), parameter["in"].as_str()) else { continue };
            let field = format!("{} {name}", self.name());
            for (what, value) in values::of_parameter(&parameter["schema"]) {
                let mut request = Request {
                    url: self.url(None),
                    headers: self.headers(),
                    body: self.body(),
                    field: field.clone(),
                    what,
                };
                if place == Some("header") {
                    request.headers.retain(|(of, _)| of != name);
                    // What no header can hold is not sent.
                    if !value.contains(['\n', '\r', '\0']) {
                        request.headers.push((name.to_owned(), value.into_bytes()));
                    }
                } else {
                    request.url = self.url(Some((name, &values::encoded(&value))));
                }
                requests.push(request);
            }
        }
        let content = self.contract.pointer("/requestBody/content").and_then(Value::as_object);
        let Some(schema) = content.and_then(|content| content.values().next()).map(|media| &media["schema"]) else {
            return requests;
        };
        let base = self.body().unwrap_or_default();
        for (pointer, what, value) in tries(document, schema, &base) {
            let mut body = base.clone();
            // A key that came before would get the old verdict.
            if let Some(key) = body.pointer_mut("/entries/0/key") {
                *key = json!(uuid::Uuid::now_v7().to_string());
            }
            if values::put(&mut body, &pointer, value) {
                let field = format!("{} {pointer}", self.name());
                requests.push(Request { url: self.url(None), headers: self.headers(), body: Some(body), field, what });
            }
        }
        requests
    }
}

/// The operations of the contract, each with an example and the token of who may do it.
fn operations<'a>(document: &'a Value, known: &Value, people: &[(&str, String)]) -> anyhow::Result<Vec<Operation<'a>>> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().context("paths")? {
        for (method, contract) in item.as_object().context("operations")? {
            let name = format!("{} {path}", method.to_uppercase());
            if LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            let mut example = known["examples"].get(&name).cloned().unwrap_or(json!({"parameters": {}}));
            // What the example does not name is the first of its kind.
            for parameter in contract["parameters"].as_array().into_iter().flatten() {
                let Some(of) = parameter["name"].as_str() else { continue };
                let kind = kind_of(&parameter["schema"]);
                let kind = if path.contains("/accounts/") && of == "code" { "account" } else { kind };
                let first = known["values"][kind].as_array().and_then(|all| all.first()).cloned();
                if let (Some(first), Some(parameters)) = (first, example["parameters"].as_object_mut()) {
                    parameters.entry(of).or_insert(first);
                }
            }
            let who = contract["x-who-may"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let who: Vec<&str> = who.collect();
            let is_for = |word: &str| who.iter().any(|who| who.starts_with(word));
            // Requests to join are of their askers and of owners: in the scene an operator is both.
            let is_joining = path.contains("join-requests");
            let of = if is_joining || is_for("operator") && !path.starts_with("/v1/books") {
                "operator"
            } else if who.iter().all(|who| who.starts_with("scope ")) && !who.is_empty() {
                "partner"
            } else {
                "treasurer"
            };
            let token =
                people.iter().find(|(name, _)| *name == of).map(|(_, token)| token.clone()).context("a token")?;
            operations.push(Operation { method: method.to_uppercase().parse()?, path, contract, example, token });
        }
    }
    Ok(operations)
}

/// What is wrong with an answer, if anything is: among others, that it names a field which is neither in the contract nor in
/// what was sent.
fn judge(
    document: &Value,
    operation: &Operation<'_>,
    request: &Request,
    (status, headers, body): (u16, &[String], &Value),
) -> Option<String> {
    let pointers = body["errors"].as_array().into_iter().flatten();
    let stranger = pointers.clone().filter_map(|error| error["pointer"].as_str()).find(|pointer| {
        let is_sent = request.body.as_ref().is_some_and(|body| body.pointer(pointer).is_some());
        !(is_sent || operation.has(document, pointer))
    });
    let names = |pointer: &str| pointers.clone().any(|error| error["pointer"] == pointer);
    let declared = operation.answer(document, status);
    let pointer = request.field.rsplit(' ').next().unwrap_or_default();
    let refused = status >= 400
        || body["items"].as_array().is_some_and(|items| items.iter().any(|item| item["verdict"] == "refused"));
    let contract = declared.unwrap_or(&Value::Null);
    let types = contract.pointer("/content/application~1problem+json/schema/allOf/1/properties/type/enum");
    let undescribed = headers.iter().find(|name| {
        contract["headers"].as_object().is_none_or(|of| of.keys().all(|known| !known.eq_ignore_ascii_case(name)))
    });
    let why = if status >= 500 {
        "the service fails"
    } else if declared.is_none() {
        "the contract declares no such answer"
    } else if let Some(name) = undescribed {
        return Some(format!("{}: the contract does not describe the header {name} of {status}", operation.name()));
    } else if status >= 400 && !body["type"].as_str().is_some_and(is_known) {
        "the problem stands in no list"
    } else if types.and_then(Value::as_array).is_some_and(|types| !types.contains(&body["type"])) {
        "the contract does not name this problem here"
    } else if stranger.is_some() {
        "it names a field that does not exist"
    } else if request.what.must_be_refused() && !refused {
        "it is taken"
    } else if request.what == Try::Most && status == 422 && names(pointer) && !BY_MEANING.contains(&pointer) {
        "it is refused, and the contract lets it be so long"
    } else {
        return None;
    };
    let shown: String = request.body.as_ref().map_or(String::new(), Value::to_string).chars().take(160).collect();
    let url: String = request.url.chars().take(160).collect();
    Some(format!(
        "{} {:?}: {why}: {status} {body}\n    {} {url} {shown}",
        request.field, request.what, operation.method
    ))
}

/// A body as a form.
fn form(body: &Value) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in body.as_object().into_iter().flatten() {
        form.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    form.finish()
}

fn is_known(kind: &str) -> bool {
    kind.strip_prefix("/problems/").is_some_and(|code| api::refusals::find(code).is_some())
}

impl Findings {
    async fn ask(
        &mut self,
        (base, http): (&str, &reqwest::Client),
        document: &Value,
        operation: &Operation<'_>,
        requests: Vec<Request>,
    ) -> Outcome {
        let mut answers = stream::iter(requests)
            .map(|request| async move {
                let url = format!("{base}{}", request.url);
                let mut call = http.request(operation.method.clone(), url).bearer_auth(&operation.token);
                for (name, value) in &request.headers {
                    call = call.header(name.as_str(), value.as_slice());
                }
                call = match &request.body {
                    Some(body) if operation.path == "/v1/oauth/token" => {
                        call.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form(body))
                    }
                    Some(body) => call.header(header::CONTENT_TYPE, "application/json").body(body.to_string()),
                    None => call,
                };
                let answer = call.send().await.with_context(|| format!("{} {:?}", request.field, request.what))?;
                let status = answer.status().as_u16();
                let names = answer.headers().keys().map(|name| name.as_str().to_owned());
                let headers: Vec<String> = names.filter(|name| !OF_ALL.contains(&name.as_str())).collect();
                let body = serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null);
                anyhow::Ok((request, status, headers, body))
            })
            .buffer_unordered(AT_ONCE);
        while let Some(answer) = answers.next().await {
            let (request, status, headers, body) = answer?;
            self.requests += 1;
            self.wrong.extend(judge(document, operation, &request, (status, &headers, &body)));
            self.fields.insert(request.field);
        }
        Ok(())
    }
}

#[tokio::test]
async fn fl27_t7_f16_every_field_is_taken_at_its_bounds_and_refused_beyond_them() -> Outcome {
    let scene = Scene::set(DOMAINS).await?;
    let document = scene.app.nobody()?.get("/openapi.json").await?.ok()?;
    let http = tests::http().timeout(PATIENCE).build()?;
    let mut people = Vec::new();
    for (name, client) in
        [("treasurer", &scene.cast.treasurer), ("operator", &scene.cast.operator), ("partner", &scene.partner)]
    {
        people.push((name, client.access_token().await?.context("a token")?));
    }
    let (mut findings, started) = (Findings::default(), Instant::now());
    let operations = operations(&document, &scene.known.to_json(), &people)?;
    for operation in &operations {
        let requests = operation.requests(&document);
        findings.ask((scene.app.base_url(), &http), &document, operation, requests).await?;
    }
    let (asked, fields, requests) = (operations.len(), findings.fields.len(), findings.requests);
    println!("{asked} operations, {fields} fields, {requests} requests in {:.1} s", started.elapsed().as_secs_f32());
    ensure!(findings.wrong.is_empty(), "{} wrong answers:\n{}", findings.wrong.len(), findings.wrong.join("\n"));
    ensure!(asked > 140 && fields > 500, "only {asked} operations and {fields} fields were tried");
    scene.app.finish_with_jobs_left().await
}
