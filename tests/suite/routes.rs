//! Every route of the contract, asked by those who may not: nothing is answered but a problem, and no log holds a secret.

mod matrix;

use crate::contract::Piece;
use crate::scene::{Known, Scene};
use anyhow::{Context as _, ensure};
use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};
use tests::TestApp;

type Outcome = anyhow::Result<()>;

/// What the scene holds: all that is private.
const DOMAINS: &[Piece] = &[Piece::Books, Piece::Pledging, Piece::Challenges, Piece::Cooperatives];

/// Everybody may ask these, and is told nothing of any book by them.
const FOR_EVERYBODY: &[&str] = &[
    "GET /.well-known/jwks.json",
    "GET /livez",
    "GET /openapi-3.0.json",
    "GET /openapi.json",
    "GET /openapi/partner-3.0.json",
    "GET /openapi/partner.json",
    "GET /openapi/public.json",
    "GET /problems",
    "GET /problems/{code}",
    "GET /readyz",
    "GET /v1/allocation-rule-presets",
    "GET /v1/programme-presets",
    "POST /v1/oauth/token",
    "POST /v1/provider-events/stripe",
    "POST /v1/sign-in",
    "POST /v1/sign-in/confirm",
    "POST /v1/sign-in/identity-token",
    "POST /v1/tokens/refresh",
    "POST /v1/tokens/revoke",
];

/// An operation of the contract.
struct Route {
    method: Method,
    path: String,
    operation: Value,
}

/// How ids begin that fit a schema: those of the first kind where it takes several, and nothing where it is no id's.
pub(crate) fn kind_of(schema: &Value) -> &str {
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    pattern.trim_start_matches(['^', '(']).get(..3).unwrap_or_default()
}

impl Route {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn is_open(&self) -> bool {
        self.operation["security"].as_array().is_none_or(|ways| ways.is_empty() || ways.contains(&json!({})))
    }

    /// The address, with things that exist where the scene has them.
    fn address(&self, known: &Known) -> String {
        let mut address = self.path.clone();
        let mut query = Vec::new();
        for parameter in self.operation["parameters"].as_array().into_iter().flatten() {
            let (name, schema) = (parameter["name"].as_str().unwrap_or_default(), &parameter["schema"]);
            let prefix = kind_of(schema);
            let first = known.first(prefix);
            let value = match name {
                "number" => "1",
                "code" if self.path.contains("/accounts/") => "assets:till",
                "code" => "invalid",
                "role" => "reviewer",
                "format" => "hledger",
                "from" => "2031-01-01",
                "to" => "2031-12-31",
                "reference" => "open-press-1",
                _ => first.unwrap_or("none"),
            };
            if parameter["in"] == "path" {
                address = address.replace(&format!("{{{name}}}"), value);
            } else if parameter["in"] == "query" && (parameter["required"] == true || name == "book") {
                query.push(format!("{name}={value}"));
            }
        }
        if query.is_empty() { address } else { format!("{address}?{}", query.join("&")) }
    }
}

/// What every person sees in this scene, as they see a challenge that is announced: a plan of shares that is fixed, and
/// updates about it.
const SEEN_BY_PEOPLE: &[&str] = &["GET /v1/share-plans/{id}", "GET /v1/updates/{id}"];

fn http() -> anyhow::Result<reqwest::Client> {
    Ok(tests::http().build()?)
}

async fn routes(base: &str) -> anyhow::Result<Vec<Route>> {
    let contract: Value = http()?.get(format!("{base}/openapi.json")).send().await?.json().await?;
    let mut routes = Vec::new();
    for (path, item) in contract["paths"].as_object().context("paths")? {
        for (method, operation) in item.as_object().context("operations")? {
            let method = method.to_uppercase().parse()?;
            routes.push(Route { method, path: path.clone(), operation: operation.clone() });
        }
    }
    Ok(routes)
}

/// The problem in an answer, which must be one in every respect.
async fn problem(answer: Response, status: u16, code: &str) -> anyhow::Result<Value> {
    let at = answer.url().to_string();
    let headers = answer.headers().clone();
    let found = answer.status();
    let body: Value = answer.json().await.with_context(|| at.clone())?;
    ensure!(found == status && body["type"] == format!("/problems/{code}"), "{at}: {found} {body}");
    ensure!(headers[header::CONTENT_TYPE] == "application/problem+json", "{at}");
    ensure!(body["status"] == status && body["request_id"] == headers["x-request-id"].to_str()?, "{at}: {body}");
    ensure!(["title", "detail"].iter().all(|name| body[name].as_str().is_some_and(|text| !text.is_empty())), "{at}");
    let known = ["type", "title", "status", "detail", "errors", "request_id"];
    ensure!(body.as_object().context("an object")?.keys().all(|name| known.contains(&name.as_str())), "{at}: {body}");
    ensure!(headers.contains_key(header::WWW_AUTHENTICATE) || status != 401, "{at}");
    Ok(body)
}

/// One scene for all, as it takes longer than what is asked of it.
#[tokio::test]
async fn no_route_says_anything_to_nobody_to_strangers_and_to_partners_without_the_scope() -> Outcome {
    let scene = Scene::set(DOMAINS).await?;
    without_a_token_no_route_says_anything_but_those_for_everybody(&scene).await?;
    a_stranger_finds_nothing_of_another_host(&scene).await?;
    a_partner_without_the_scope_is_told_which_one_it_needs(&scene).await?;
    matrix::each_role_is_let_in_and_kept_out_as_the_table_says(&scene).await?;
    matrix::each_scope_is_let_in_and_kept_out_as_the_table_says(&scene).await?;
    matrix::no_partner_reads_what_another_one_brought(&scene).await?;
    scene.app.finish_with_jobs_left().await
}

async fn without_a_token_no_route_says_anything_but_those_for_everybody(scene: &Scene) -> Outcome {
    let (base, http) = (scene.app.base_url(), http()?);
    let mut open = Vec::new();
    for route in routes(base).await? {
        let request = http.request(route.method.clone(), format!("{base}{}", route.address(&scene.known)));
        let answer =
            request.header("Idempotency-Key", "k").header("If-Match", "\"v1\"").json(&json!({})).send().await?;
        if FOR_EVERYBODY.contains(&route.name().as_str()) {
            open.push(route.name());
            let path_of_tokens = route.method == Method::POST;
            ensure!(path_of_tokens || answer.status().is_success(), "{}: {}", route.name(), answer.status());
        } else if !route.is_open() {
            problem(answer, 401, "unauthorized").await?;
        } else if route.path == "/v1/books" {
            let body: Value = answer.json().await?;
            ensure!(body["items"] == json!([]), "no book here is public: {body}");
        } else {
            // Public as far as the book is, and this one is private.
            problem(answer, 404, "not-found").await.with_context(|| route.name())?;
        }
    }
    open.sort();
    ensure!(open == FOR_EVERYBODY, "{open:?}");
    Ok(())
}

async fn a_stranger_finds_nothing_of_another_host(scene: &Scene) -> Outcome {
    let token = scene.cast.stranger.access_token().await?.context("a token")?;
    let mut asked = 0;
    let (base, http) = (scene.app.base_url(), http()?);
    for route in routes(base).await? {
        // Reading, and the steps that need no body: with a wrong body the answer would be about that.
        let takes_nothing = route.method == Method::GET || route.operation["requestBody"]["required"] == false;
        let address = route.address(&scene.known);
        if !takes_nothing || !route.path.starts_with("/v1/") || !address.contains('_') {
            continue;
        }
        if SEEN_BY_PEOPLE.contains(&route.name().as_str()) {
            continue;
        }
        let who = route.operation["x-who-may"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let for_others = who.into_iter().all(|who| who.starts_with("scope ") || who == "operator");
        let request = http.request(route.method.clone(), format!("{base}{address}")).bearer_auth(&token);
        let answer = request.header("Idempotency-Key", route.name().replace(' ', "-")).send().await?;
        let (status, code) = if for_others { (403, "forbidden") } else { (404, "not-found") };
        problem(answer, status, code).await.with_context(|| route.name())?;
        asked += 1;
    }
    ensure!(asked > 40, "only {asked} routes were asked");
    Ok(())
}

async fn a_partner_without_the_scope_is_told_which_one_it_needs(scene: &Scene) -> Outcome {
    let (base, http) = (scene.app.base_url(), http()?);
    let (id, secret) = &scene.cast.credential;
    for (asked, left_out) in [("pledges:read", "pledges:write"), ("pledges:write", "pledges:read")] {
        let form = format!("grant_type=client_credentials&scope={asked}");
        let token = http.post(format!("{base}/v1/oauth/token")).basic_auth(id, Some(secret)).body(form);
        let token: Value =
            token.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").send().await?.json().await?;
        let token = token["access_token"].as_str().context("a token")?;
        for route in routes(base).await? {
            let who: Vec<_> =
                route.operation["x-who-may"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let needs = who.contains(&format!("scope {left_out}").as_str());
            let for_people = !route.is_open() && !who.iter().any(|who| who.starts_with("scope "));
            if needs || for_people {
                let request = http.request(route.method.clone(), format!("{base}{}", route.address(&scene.known)));
                let answer = request.header("Idempotency-Key", "k").json(&json!({})).bearer_auth(token).send().await?;
                let told =
                    answer.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().map(str::to_owned));
                ensure!(
                    !needs || told.context("a header")??.contains(&format!("scope=\"{left_out}\"")),
                    "{}",
                    route.name()
                );
                problem(answer, 403, "forbidden").await.with_context(|| route.name())?;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_mistake_is_a_problem_that_names_the_field() -> Outcome {
    let app = TestApp::start().await?;
    let operator = app.operator().await?;
    let token = operator.access_token().await?.context("a token")?;
    let (base, http) = (app.base_url().to_owned(), http()?);
    let to = |method: Method, path: &str| http.request(method, format!("{base}{path}")).bearer_auth(&token);
    let post = |body: &str| {
        let request = to(Method::POST, "/v1/organisations").header("Idempotency-Key", "key-1");
        request.header(header::CONTENT_TYPE, "application/json").body(body.to_owned())
    };
    let refused = async |request: RequestBuilder, status: u16, code: &str, pointer: Option<&str>| -> Outcome {
        let body = problem(request.send().await?, status, code).await?;
        ensure!(body["errors"][0]["pointer"].as_str() == pointer, "{pointer:?}: {body}");
        Ok(())
    };
    refused(to(Method::GET, "/v1/nothing"), 404, "not-found", None).await?;
    refused(to(Method::GET, "/v1/organisations/nobody"), 404, "not-found", None).await?;
    let other = to(Method::DELETE, "/v1/organisations").send().await?;
    ensure!(other.headers()[header::ALLOW] == "POST, GET, HEAD");
    problem(other, 405, "method-not-allowed").await?;
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(1024 * 1024));
    refused(post(&large), 413, "payload-too-large", None).await?;
    let form = to(Method::POST, "/v1/organisations").header("Idempotency-Key", "key-1").body("name=a");
    refused(form.header(header::CONTENT_TYPE, "text/plain"), 415, "unsupported-media-type", None).await?;
    refused(post("{\"name\": "), 400, "malformed-json", None).await?;
    for (body, pointer) in [
        (json!({"name": 1, "kind": "sponsor"}), "/name"),
        (json!({"name": "a"}), "/kind"),
        (json!({"name": "a", "kind": "sponsor", "colour": "red"}), "/colour"),
        (json!({"name": "", "kind": "sponsor"}), "/name"),
        (json!({"name": "a", "kind": "circus"}), "/kind"),
    ] {
        refused(post(&body.to_string()), 422, "invalid", Some(pointer)).await?;
    }
    refused(to(Method::GET, "/v1/organisations?limit=0"), 422, "invalid", Some("/limit")).await?;
    refused(to(Method::GET, "/v1/organisations?offset=1"), 422, "invalid", Some("/offset")).await?;
    let keyless = to(Method::POST, "/v1/organisations").json(&json!({"name": "a", "kind": "sponsor"}));
    refused(keyless, 400, "idempotency-key-missing", None).await?;
    app.finish().await
}

#[tokio::test]
async fn fl41_head_brings_the_headers_of_get_and_no_body() -> Outcome {
    let app = TestApp::start().await?;
    let http = http()?;
    for path in ["/livez", "/openapi/partner.json", "/problems/invalid", "/v1/me"] {
        let url = format!("{}{path}", app.base_url());
        let (got, headed) = (http.get(&url).send().await?, http.head(&url).send().await?);
        ensure!(got.status() == headed.status(), "{path}: {}", headed.status());
        for name in [header::CONTENT_TYPE, header::CACHE_CONTROL] {
            ensure!(got.headers().get(&name) == headed.headers().get(&name), "{path}: {name}");
        }
        ensure!(!got.bytes().await?.is_empty() && headed.bytes().await?.is_empty(), "{path}");
    }
    app.finish().await
}

#[tokio::test]
async fn t15_no_log_holds_a_secret_or_an_address() -> Outcome {
    let scene = Scene::set_loud(DOMAINS).await?;
    let mut secrets = vec![scene.cast.credential.1.clone(), "PRIVATE KEY".to_owned()];
    let url = url::Url::parse(scene.app.database_url())?;
    secrets.extend(url.password().filter(|password| !password.is_empty()).map(|password| format!(":{password}@")));
    for file in std::fs::read_dir(scene.app.mail_dir())? {
        let mail = std::fs::read_to_string(file?.path())?.replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
        let token = mail
            .split_once("/sign-in/")
            .or_else(|| mail.split_once("/invitations/"))
            .or_else(|| mail.split_once("/donors/"))
            .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next());
        secrets.extend(token.map(str::to_owned));
    }
    for person in [&scene.cast.treasurer, &scene.partner] {
        secrets.extend(person.access_token().await?);
    }
    ensure!(secrets.len() > 6, "the mails held no tokens");
    secrets.extend(["treasurer@host.example", "@donors.example", "sandbox_ok"].map(str::to_owned));
    let folder = scene.app.mail_dir().parent().context("the state directory")?.to_owned();
    for name in ["api.log", "worker.log"] {
        let log = std::fs::read_to_string(folder.join(name))?;
        ensure!(!log.is_empty(), "{name} is empty");
        for secret in &secrets {
            let line = log.lines().find(|line| line.contains(secret.as_str()));
            ensure!(line.is_none(), "{name} holds {secret}: {}", line.unwrap_or_default());
        }
    }
    scene.app.finish_with_jobs_left().await
}
