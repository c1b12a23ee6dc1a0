//! A second factor over HTTP: begun, proved, asked for where the table says so, lost and reset.

use crate::routes::kind_of;
use anyhow::{Context as _, ensure};
use api::demo::client::text;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use ledger::parties::rules::second_factor::{STEP_S, code_at};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;
use tests::{OPERATOR, TestApp};

type Outcome = anyhow::Result<()>;

/// A second operator, and somebody who is none.
const OTHER: &str = "other@test.example";
const ADA: &str = "ada@test.example";

/// How many seconds of a step have to be left for codes of it to count until they have come.
const LEFT_S: i64 = 8;

/// Whoever bears a token, as it stands.
struct Bearer {
    http: reqwest::Client,
    base: String,
    token: String,
    refresh: String,
    secret: Vec<u8>,
    codes: Vec<String>,
    /// The step in which the secret was shown.
    step: i64,
}

/// What came back.
#[derive(Debug)]
struct Told {
    status: StatusCode,
    how: String,
    replayed: bool,
    body: Value,
}

impl Told {
    /// What was answered, by its problem or its status.
    fn code(&self) -> String {
        let kind = self.body["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
        kind.map_or_else(|| self.status.as_u16().to_string(), str::to_owned)
    }

    fn is(&self, code: &str) -> Outcome {
        ensure!(self.code() == code, "{code}: {self:?}");
        Ok(())
    }
}

impl Bearer {
    /// Signs somebody in.
    async fn sign_in(app: &TestApp, email: &str) -> anyhow::Result<Bearer> {
        // A refusal before the body was read may end the connection: each request has its own.
        let http = tests::http().pool_max_idle_per_host(0).build()?;
        let link = app.nobody()?.sign_in_token(&app.mail_dir(), email).await?;
        let mut it = Bearer {
            http,
            base: app.base_url().to_owned(),
            token: String::new(),
            refresh: String::new(),
            secret: Vec::new(),
            codes: Vec::new(),
            step: 0,
        };
        let tokens = it.post("/v1/sign-in/confirm", &json!({"token": link})).await?;
        it.take(&tokens.body)?;
        it.refresh = text(&tokens.body, "/refresh_token")?.to_owned();
        Ok(it)
    }

    fn take(&mut self, answer: &Value) -> Outcome {
        self.token = text(answer, "/access_token")?.to_owned();
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, key: &str, body: Option<String>) -> anyhow::Result<Told> {
        let mut call = self.http.request(method, format!("{}{path}", self.base)).header("Idempotency-Key", key);
        if !self.token.is_empty() {
            call = call.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            call = call.header(header::CONTENT_TYPE, "application/json").header("If-Match", "\"v1\"").body(body);
        }
        let answer = call.send().await?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let how = header("www-authenticate").unwrap_or_default();
        let (status, replayed) = (answer.status(), header("idempotent-replayed").is_some());
        let body = serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null);
        Ok(Told { status, how, replayed, body })
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Told> {
        self.send(Method::POST, path, &uuid::Uuid::now_v7().to_string(), Some(body.to_string())).await
    }

    async fn get(&self, path: &str) -> anyhow::Result<Told> {
        self.send(Method::GET, path, "k", None).await
    }

    /// The code of the step in which the secret was shown, or of one so many steps later.
    fn code(&self, later: i64) -> anyhow::Result<String> {
        Ok(code_at(&self.secret, self.step + later)?)
    }

    async fn begin(&mut self) -> Outcome {
        let begun = self.post("/v1/me/second-factor", &json!({})).await?;
        ensure!(begun.status == 201, "{begun:?}");
        self.step = Timestamp::now().as_second() / STEP_S;
        self.secret = BASE32_NOPAD.decode(text(&begun.body, "/secret")?.as_bytes())?;
        Ok(())
    }

    /// Begins a second factor and confirms it, by the code of the step before; bears the token that tells of it from then on.
    async fn enrol(&mut self) -> Outcome {
        self.begin().await?;
        let confirmed = self.post("/v1/me/second-factor:confirm", &json!({"code": self.code(-1)?})).await?;
        ensure!(confirmed.status == 200, "{confirmed:?}");
        let codes = confirmed.body["recovery_codes"].as_array().context("codes")?;
        self.codes = codes.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        self.take(&confirmed.body)
    }

    async fn verify(&self, proof: Value) -> anyhow::Result<Told> {
        self.post("/v1/me/second-factor:verify", &proof).await
    }

    /// What the token tells.
    fn claims(&self) -> anyhow::Result<Value> {
        let claims = self.token.split('.').nth(1).context("claims")?;
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?)
    }

    async fn refresh(&mut self) -> Outcome {
        self.token.clear();
        let tokens = self.post("/v1/tokens/refresh", &json!({"refresh_token": self.refresh})).await?;
        ensure!(tokens.status == 200, "{tokens:?}");
        self.refresh = text(&tokens.body, "/refresh_token")?.to_owned();
        self.take(&tokens.body)
    }
}

/// Waits until so much of a step is left that all codes which a test makes at once count.
pub(crate) async fn early_in_a_step() {
    while STEP_S - Timestamp::now().as_second() % STEP_S < LEFT_S {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Somebody who is no operator, and has an account.
async fn somebody(app: &TestApp, email: &str) -> Outcome {
    api::operators::add_operator(app.database_url(), &email.parse()?).await?;
    api::operators::remove_operator(app.database_url(), &email.parse()?, false).await?;
    Ok(())
}

async fn owner(app: &TestApp) -> anyhow::Result<tokio_postgres::Client> {
    Ok(migrations::connect(&app.database_url().parse()?).await?)
}

#[tokio::test]
async fn sf_a_second_factor_is_begun_proved_and_removed_by_itself_and_a_code_counts_once() -> Outcome {
    let app = TestApp::start().await?;
    let mut it = Bearer::sign_in(&app, OPERATOR).await?;
    let id = text(&it.get("/v1/me").await?.body, "/id")?.to_owned();
    // What an operator does: refused by a rule, once it is let in.
    let action = format!("/v1/persons/{id}:disable");
    let act = async |it: &Bearer| it.post(&action, &json!({"reason": "a try"})).await;
    let own = "/v1/me/second-factor";
    ensure!(it.get(own).await?.body["state"] == "none");
    act(&it).await?.is("person-is-operator")?;
    it.verify(json!({"code": "123456"})).await?.is("second-factor-none")?;
    it.verify(json!({})).await?.is("invalid")?;
    it.verify(json!({"code": "1 2 3"})).await?.is("invalid")?;

    let begun = it.send(Method::POST, own, "begin", Some("{}".into())).await?;
    let uri = text(&begun.body, "/uri")?;
    ensure!(uri.starts_with("otpauth://totp/commonpurse:operator%40test%2Eexample?secret="), "{uri}");
    let again = it.send(Method::POST, own, "begin", Some("{}".into())).await?;
    ensure!(again.replayed && again.body.get("secret").is_none() && again.body.get("uri").is_none(), "{again:?}");
    ensure!(it.get(own).await?.body["state"] == "begun");
    act(&it).await?.is("person-is-operator")?;

    early_in_a_step().await;
    let plain = it.token.clone();
    it.enrol().await?;
    ensure!(it.codes.len() == 10 && it.claims()?["amr"] == json!(["otp"]), "{:?}", it.claims());
    let confirmed = it.code(-1)?;
    let proved = std::mem::replace(&mut it.token, plain.clone());
    for body in ["{\"reason\": \"a try\"}", "no JSON at all"] {
        let refused = it.send(Method::POST, &action, "k", Some(body.to_owned())).await?;
        refused.is("second-factor-needed")?;
        ensure!(refused.status == 403 && refused.how.contains("insufficient_user_authentication"), "{refused:?}");
        ensure!(refused.how.contains(r#"max_age="900""#), "{refused:?}");
    }
    it.verify(json!({"code": confirmed})).await?.is("second-factor-code-wrong")?;
    let (code, wrong) = (it.code(0)?, it.code(-2)?);
    let told = async |key: &str, code: &str| {
        let body = json!({"code": code}).to_string();
        it.send(Method::POST, "/v1/me/second-factor:verify", key, Some(body)).await
    };
    told("wrong", &wrong).await?.is("second-factor-code-wrong")?;
    let again = told("wrong", &wrong).await?;
    ensure!(again.replayed && again.code() == "second-factor-code-wrong", "{again:?}");
    let right = told("right", &code).await?;
    ensure!(right.body["method"] == "otp" && right.body["access_token"].is_string(), "{right:?}");
    let again = told("right", &code).await?;
    ensure!(again.replayed && again.status == 200 && again.body.get("access_token").is_none(), "{again:?}");
    told("twice", &code).await?.is("second-factor-code-wrong")?;
    it.token = proved;
    act(&it).await?.is("person-is-operator")?;

    let recovery = json!({"recovery_code": it.codes[3].to_uppercase()});
    let used = it.verify(recovery.clone()).await?;
    ensure!(used.body["method"] == "rcv", "{used:?}");
    it.take(&used.body)?;
    ensure!(it.claims()?["amr"] == json!(["rcv"]));
    act(&it).await?.is("person-is-operator")?;
    it.verify(recovery).await?.is("second-factor-code-wrong")?;
    ensure!(it.get(own).await?.body["recovery_codes_left"] == 9);

    it.refresh().await?;
    ensure!(it.claims()?["amr"] == json!(["rcv"]), "a refreshed token tells of it as long as it counts");
    let aged = "UPDATE refresh_family SET proved_at = proved_at - interval '15 minutes'";
    owner(&app).await?.batch_execute(aged).await?;
    it.refresh().await?;
    ensure!(it.claims()?.get("amr").is_none() && it.claims()?.get("auth_time").is_none(), "and no longer");
    act(&it).await?.is("second-factor-needed")?;
    it.post("/v1/me/second-factor:remove", &json!({})).await?.is("second-factor-needed")?;

    let fresh = it.verify(json!({"recovery_code": it.codes[4]})).await?;
    it.take(&fresh.body)?;
    let renewed = it.post("/v1/me/second-factor:renew-recovery-codes", &json!({})).await?;
    ensure!(renewed.body["recovery_codes"].as_array().is_some_and(|codes| codes.len() == 10), "{renewed:?}");
    it.verify(json!({"recovery_code": it.codes[5]})).await?.is("second-factor-code-wrong")?;
    let mut tries = 1;
    while !it.verify(json!({"code": "000 000"})).await?.code().contains("waits") {
        tries += 1;
        ensure!(tries <= 10, "more than ten in a row");
    }
    ensure!(tries == 10 && it.get(own).await?.body["waits_until"].is_string(), "{tries}");
    let newest = text(&renewed.body, "/recovery_codes/0")?;
    it.verify(json!({"recovery_code": newest})).await?.is("second-factor-waits")?;
    let removed = it.post("/v1/me/second-factor:remove", &json!({})).await?;
    ensure!(removed.body["state"] == "none", "{removed:?}");
    it.refresh().await?;
    act(&it).await?.is("person-is-operator")?;

    app.work_until_idle().await?;
    ensure!(app.mails("second-factor", OPERATOR)? == 5, "enrolled, two codes used, renewed, removed");
    let secrets = [BASE32_NOPAD.encode(&it.secret), it.codes[0].clone(), it.codes[3].clone(), newest.to_owned()];
    nothing_tells(&app, &secrets).await?;
    app.finish().await
}

/// No log, no mail and no row holds one of these.
async fn nothing_tells(app: &TestApp, secrets: &[String]) -> Outcome {
    let folder = app.mail_dir();
    let logs = ["api.log", "worker.log"].map(|name| folder.with_file_name(name));
    let mails = std::fs::read_dir(&folder)?.map(|file| Ok(file?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    for file in logs.iter().chain(&mails) {
        let text = std::fs::read_to_string(file)?;
        ensure!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{}", file.display());
    }
    for secret in secrets {
        for rows in
            ["SELECT count(*) FROM caller_reply c WHERE c::text LIKE", "SELECT count(*) FROM job j WHERE j::text LIKE"]
        {
            ensure!(app.count(&format!("{rows} '%{secret}%'")).await? == 0, "{rows}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn sf_where_everybody_is_asked_each_route_asks_exactly_whom_the_contract_names() -> Outcome {
    let app = TestApp::start_with(1, &[("COMMONPURSE_SECOND_FACTOR", "always")]).await?;
    somebody(&app, ADA).await?;
    let mut operator = Bearer::sign_in(&app, OPERATOR).await?;
    let ada = Bearer::sign_in(&app, ADA).await?;
    let contract = operator.get("/openapi.json").await?.body;
    let id = text(&operator.get("/v1/me").await?.body, "/id")?.to_owned();
    let (mut asked, mut named) = (0, 0);
    for (path, item) in contract["paths"].as_object().context("paths")? {
        for (method, operation) in item.as_object().context("operations")? {
            if path == "/v1/me:sign-out" {
                continue;
            }
            let mut address = path.clone();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap_or_default();
                let prefix = kind_of(&parameter["schema"]);
                let value = if prefix == "psn" { id.clone() } else { format!("{prefix}_{}", "a".repeat(32)) };
                address = address.replace(&format!("{{{name}}}"), &value);
            }
            let body = operation.get("requestBody").map(|_| "no JSON".to_owned());
            let whom = operation["x-second-factor"].as_str();
            let who = operation["x-who-may"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let for_operators = who.clone().all(|who| who == "operator");
            let mut callers = vec![(&operator, whom.is_some())];
            if whom.is_some() {
                callers.push((&ada, whom == Some("person") && !for_operators));
            }
            for (bearer, is_asked) in callers {
                let key = uuid::Uuid::now_v7().to_string();
                let told = bearer.send(method.to_uppercase().parse()?, &address, &key, body.clone()).await?;
                let is_told = told.code() == "second-factor-needed";
                ensure!(is_told == is_asked, "{method} {path} as {whom:?}: {told:?}");
                let types = &operation["responses"]["403"]["content"]["application/problem+json"]["schema"]["allOf"][1];
                let types = types["properties"]["type"]["enum"].as_array().map_or(&[][..], Vec::as_slice);
                let is_declared = types.contains(&json!("/problems/second-factor-needed"));
                ensure!(is_declared == whom.is_some(), "{method} {path}: {types:?}");
                asked += 1;
            }
            named += usize::from(whom.is_some());
        }
    }
    ensure!(asked > 300 && named > 25, "{asked} requests, {named} operations");
    // Who proves one is let in everywhere again.
    early_in_a_step().await;
    operator.enrol().await?;
    let action = format!("/v1/persons/{id}:disable");
    operator.post(&action, &json!({"reason": "a try"})).await?.is("person-is-operator")?;
    app.finish().await
}

#[tokio::test]
async fn sf_who_has_lost_both_is_reset_by_two_operators_a_day_later() -> Outcome {
    let app = TestApp::start().await?;
    api::operators::add_operator(app.database_url(), &OTHER.parse()?).await?;
    somebody(&app, ADA).await?;
    let mut one = Bearer::sign_in(&app, OPERATOR).await?;
    let mut other = Bearer::sign_in(&app, OTHER).await?;
    let mut ada = Bearer::sign_in(&app, ADA).await?;
    let id = text(&ada.get("/v1/me").await?.body, "/id")?.to_owned();
    let (reset, reason) = (format!("/v1/persons/{id}/second-factor:reset"), json!({"reason": "Seen in person"}));
    ada.post("/v1/me/second-factor:ask-reset", &json!({})).await?.is("second-factor-none")?;
    early_in_a_step().await;
    ada.enrol().await?;
    other.enrol().await?;
    one.post(&reset, &reason).await?.is("second-factor-needed")?;
    one.enrol().await?;
    one.post(&reset, &reason).await?.is("second-factor-reset-none")?;

    let asked = ada.post("/v1/me/second-factor:ask-reset", &json!({})).await?;
    ensure!(asked.status == 201 && asked.body["state"] == "asked", "{asked:?}");
    ada.post("/v1/me/second-factor:ask-reset", &json!({})).await?.is("second-factor-reset-asked")?;
    ada.post(&reset, &reason).await?.is("forbidden")?;
    let own = text(&one.get("/v1/me").await?.body, "/id")?.to_owned();
    ensure!(one.post("/v1/me/second-factor:ask-reset", &json!({})).await?.status == 201);
    one.post(&format!("/v1/persons/{own}/second-factor:reset"), &reason).await?.is("second-factor-of-your-own")?;
    let objected = one.post("/v1/me/second-factor:object-to-reset", &json!({})).await?;
    ensure!(objected.body["state"] == "objected", "{objected:?}");

    ensure!(one.post(&reset, &reason).await?.body["state"] == "approved");
    one.post(&reset, &reason).await?.is("second-factor-reset-decided")?;
    let waiting = other.post(&reset, &reason).await?;
    ensure!(waiting.body["state"] == "waiting", "{waiting:?}");
    app.work_until_idle().await?;
    let shown = one.get(&format!("/v1/persons/{id}/second-factor")).await?.body;
    ensure!(shown["state"] == "active" && shown["reset"]["state"] == "waiting", "{shown}");

    // A day passes, for its rows.
    let owner = owner(&app).await?;
    owner
        .batch_execute(
            "SET session_replication_role = replica;
             UPDATE second_factor_reset SET asked_at = asked_at - interval '1 day', first_at = first_at - interval '1 day',
                 second_at = second_at - interval '1 day', until = until - interval '1 day' WHERE state = 'waiting';
             UPDATE job SET due_at = now() WHERE kind = 'advance_second_factor_reset' AND due_at < now() + interval '2 days'",
        )
        .await?;
    app.work_until_idle().await?;
    let shown = one.get(&format!("/v1/persons/{id}/second-factor")).await?.body;
    ensure!(shown["state"] == "none" && shown["reset"]["state"] == "done", "{shown}");
    ada.get("/v1/me").await?.is("unauthorized")?;
    let ada = Bearer::sign_in(&app, ADA).await?;
    ensure!(ada.get("/v1/me/second-factor").await?.body["recovery_codes_left"] == 0);
    ensure!(app.mails("second-factor", ADA)? == 5, "enrolled, asked, agreed to, waiting, done");
    ensure!(app.mails("factor-reset", OTHER)? == 2 && app.mails("factor-reset", OPERATOR)? == 1);
    app.finish().await
}
