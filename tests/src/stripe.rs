//! A Stripe of our own: a server that follows what is published of the API (<https://docs.stripe.com/api>) as far as the service
//! uses it. The name of a means of payment says what happens to it.

use actix_web::error::ErrorBadGateway;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Path, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use anyhow::Context as _;
use futures_util::stream;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The key that it knows.
pub const KEY: &str = "sk_live_of_the_tests_4eC39HqLyjWDarjtT1zdp7dc";

/// The secret with which it signs.
pub const SECRET: &str = "whsec_of_the_tests";

type Form = BTreeMap<String, String>;

/// What it remembers.
#[derive(Default)]
struct World {
    intents: Vec<Value>,
    refunds: Vec<Value>,
    disputes: Vec<Value>,
    /// Answers by idempotency key, with the form that they are for.
    replies: BTreeMap<String, (Form, u16, Value)>,
    /// Keys of requests that met a fault once.
    stumbled: BTreeSet<String>,
    /// Search finds nothing yet.
    search_is_behind: bool,
    /// Nobody is let in.
    is_closed: bool,
    searches: usize,
    creations: usize,
    /// What a request lacked, or had too much.
    complaints: Vec<String>,
}

/// The running server.
pub struct StripeMock {
    world: Arc<Mutex<World>>,
    address: String,
    handle: actix_web::dev::ServerHandle,
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl StripeMock {
    /// Starts it on a free port.
    pub fn start() -> anyhow::Result<StripeMock> {
        let world = Arc::new(Mutex::new(World::default()));
        let shared = Data::from(world.clone());
        let app = move || {
            App::new()
                .app_data(shared.clone())
                .route("/v1/payment_intents", web::post().to(create_intent))
                .route("/v1/payment_intents/search", web::get().to(search))
                .route("/v1/payment_intents/{id}", web::get().to(show_intent))
                .route("/v1/payment_intents/{id}/cancel", web::post().to(cancel))
                .route("/v1/charges/{id}", web::get().to(show_charge))
                .route("/v1/refunds", web::post().to(create_refund))
                .route("/v1/refunds", web::get().to(list_refunds))
                .route("/v1/refunds/{id}", web::get().to(show_refund))
                .route("/v1/disputes/{id}", web::get().to(show_dispute))
        };
        let (told, hears) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let run = || -> anyhow::Result<()> {
                let server = HttpServer::new(app).workers(2).disable_signals().bind(("127.0.0.1", 0))?;
                let address = server.addrs().first().copied().context("an address")?;
                let running = actix_web::rt::System::new();
                running.block_on(async {
                    let server = server.run();
                    told.send((address, server.handle()))?;
                    Ok(server.await?)
                })
            };
            if let Err(error) = run() {
                eprintln!("the payment provider of the tests ended: {error:#}");
            }
        });
        let (address, handle) = hears.recv().context("the payment provider of the tests did not start")?;
        Ok(StripeMock { world, address: format!("http://{address}"), handle })
    }

    /// The settings with which the service asks it.
    pub fn environment(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("COMMONPURSE_STRIPE_URL", &self.address),
            ("COMMONPURSE_STRIPE_SECRET_KEY", KEY),
            ("COMMONPURSE_STRIPE_WEBHOOK_SECRET", "whsec_before,whsec_of_the_tests"),
        ]
    }

    /// The payments of our reference's charge.
    pub fn payments(&self, charge: &str) -> Vec<Value> {
        let of = |intent: &&Value| intent["metadata"]["reference"].as_str().is_some_and(|it| it.starts_with(charge));
        lock(&self.world).intents.iter().filter(of).cloned().collect()
    }

    /// Its refunds.
    pub fn refunds(&self) -> Vec<Value> {
        lock(&self.world).refunds.clone()
    }

    /// How often a payment was asked for, repetitions included.
    pub fn creations(&self) -> usize {
        lock(&self.world).creations
    }

    /// How often it was searched.
    pub fn searches(&self) -> usize {
        lock(&self.world).searches
    }

    /// What was wrong with the requests.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.world).complaints.clone()
    }

    /// Search finds nothing, as if what was made had not been indexed yet; or everything again.
    pub fn put_search_behind(&self, is_behind: bool) {
        lock(&self.world).search_is_behind = is_behind;
    }

    /// A payment that a bank was at ends.
    pub fn end_payment(&self, id: &str, status: &str) {
        for intent in lock(&self.world).intents.iter_mut().filter(|intent| intent["id"] == id) {
            intent["status"] = json!(status);
            if status == "requires_payment_method" {
                intent["last_payment_error"] = card_error("insufficient_funds");
            }
        }
    }

    /// Somebody gives a part of a payment back by hand.
    pub fn refund_by_hand(&self, payment: &str, amount: i64) -> String {
        let mut world = lock(&self.world);
        let id = format!("re_hand{}", world.refunds.len());
        let currency =
            world.intents.iter().find(|intent| intent["id"] == payment).map(|intent| intent["currency"].clone());
        let refund = json!({"id": id, "object": "refund", "amount": amount, "currency": currency, "payment_intent": payment,
            "status": "succeeded", "metadata": {}});
        world.refunds.push(refund);
        id
    }

    /// A bank takes a payment back.
    pub fn dispute(&self, payment: &str, status: &str) -> String {
        let mut world = lock(&self.world);
        let id = format!("du_{}", world.disputes.len());
        let intent = world.intents.iter().find(|intent| intent["id"] == payment).cloned().unwrap_or_default();
        let dispute = json!({"id": id, "object": "dispute", "amount": intent["amount"], "currency": intent["currency"],
            "payment_intent": payment, "reason": "fraudulent", "status": status,
            "evidence_details": {"due_by": 4_000_000_000_i64}});
        world.disputes.push(dispute);
        id
    }

    /// A dispute stands otherwise.
    pub fn decide(&self, dispute: &str, status: &str) {
        for known in lock(&self.world).disputes.iter_mut().filter(|known| known["id"] == dispute) {
            known["status"] = json!(status);
        }
    }

    /// The body of an event, and the header by which it is signed at a moment.
    pub fn event(id: &str, kind: &str, object: &str, second: i64) -> (String, String) {
        let body = json!({"id": id, "object": "event", "type": kind, "livemode": true, "api_version": "2020-08-27",
            "data": {"object": {"id": object, "status": "succeeded", "receipt_email": "donor@donors.example"}}})
        .to_string();
        let header = format!("t={second},v1={}", sign(SECRET, second, &body));
        (body, header)
    }

    /// Nobody is let in any more, or everybody again.
    pub fn close(&self, is_closed: bool) {
        lock(&self.world).is_closed = is_closed;
    }
}

impl Drop for StripeMock {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// A signature of a body.
pub fn sign(secret: &str, second: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(format!("{second}.{body}").as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Says no to who does not bring the key, and complains of who does not pin the version.
fn refused(world: &mut World, request: &HttpRequest) -> Option<HttpResponse> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if header("Stripe-Version").is_empty() {
        world.complaints.push(format!("{} names no version", request.path()));
    }
    if world.is_closed || header("Authorization") != format!("Bearer {KEY}") {
        let error = json!({"error": {"type": "invalid_request_error", "message": "Invalid API Key"}});
        return Some(HttpResponse::Unauthorized().json(error));
    }
    None
}

fn missing(what: &str) -> HttpResponse {
    let error = json!({"error": {"type": "invalid_request_error", "code": "resource_missing", "param": what}});
    HttpResponse::NotFound().json(error)
}

fn card_error(decline_code: &str) -> Value {
    match decline_code {
        "authentication_required" => json!({"type": "card_error", "code": "authentication_required",
            "decline_code": "authentication_required"}),
        "expired_card" => json!({"type": "card_error", "code": "expired_card"}),
        code => json!({"type": "card_error", "code": "card_declined", "decline_code": code}),
    }
}

/// The form of a POST, and the reply that its key has already.
fn begin(world: &mut World, request: &HttpRequest, body: &Bytes) -> Result<(String, Form), Box<HttpResponse>> {
    if let Some(refused) = refused(world, request) {
        return Err(refused.into());
    }
    let form: Form = url::form_urlencoded::parse(body).into_owned().collect();
    let key = request.headers().get("Idempotency-Key").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if key.is_empty() {
        world.complaints.push(format!("{} has no key", request.path()));
    }
    match world.replies.get(key) {
        Some((first, ..)) if *first != form => {
            Err(HttpResponse::BadRequest().json(json!({"error": {"type": "idempotency_error"}})).into())
        }
        Some((_, status, reply)) => Err(answer(*status, reply).into()),
        None => Ok((key.to_owned(), form)),
    }
}

fn answer(status: u16, body: &Value) -> HttpResponse {
    HttpResponse::build(StatusCode::from_u16(status).unwrap_or_default()).json(body)
}

async fn create_intent(world: Data<Mutex<World>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut world = lock(&world);
    world.creations += 1;
    let (key, form) = match begin(&mut world, &request, &body) {
        Ok(begun) => begun,
        Err(response) => return *response,
    };
    let given = |name: &str| form.get(name).map_or("", String::as_str);
    for (name, wanted) in [("confirm", "true"), ("off_session", "true")] {
        if given(name) != wanted {
            world.complaints.push(format!("{name} is not {wanted}"));
        }
    }
    let method = given("payment_method").to_owned();
    let is_first_try = world.stumbled.insert(key.clone());
    match method.as_str() {
        // Not begun, and so not kept with the key.
        "pm_busy" if is_first_try => return HttpResponse::TooManyRequests().json(json!({"error": {}})),
        "pm_running" if is_first_try => {
            return HttpResponse::Conflict().json(json!({"error": {"code": "idempotency_key_in_use"}}));
        }
        "pm_gone" => {
            return answer(
                400,
                &json!({"error": {"type": "invalid_request_error", "code": "resource_missing",
            "param": "payment_method"}}),
            );
        }
        _ => {}
    }
    let id = format!("pi_{}", world.intents.len() + 1);
    let declined = method.strip_prefix("pm_declined_");
    let status = match (declined, method.as_str()) {
        (Some(_), _) => "requires_payment_method",
        (None, "pm_action") => "requires_action",
        (None, method) if method.starts_with("pm_processing") => "processing",
        (None, _) => "succeeded",
    };
    let intent = json!({
        "id": id, "object": "payment_intent", "amount": given("amount").parse::<i64>().unwrap_or_default(),
        "currency": given("currency"), "customer": given("customer"), "payment_method": method, "status": status,
        "livemode": true, "latest_charge": format!("ch_{id}"), "last_payment_error": declined.map(card_error),
        "metadata": {"reference": given("metadata[reference]"), "book": given("metadata[book]")},
    });
    world.intents.push(intent.clone());
    let (status, reply) = match (declined, method.as_str()) {
        (Some(code), _) => {
            let mut error = card_error(code);
            error["payment_intent"] = intent;
            (402, json!({"error": error}))
        }
        // It was taken, and whoever asks again with the key hears the same.
        (None, "pm_500") => (500, json!({"error": {"type": "api_error"}})),
        (None, _) => (200, intent),
    };
    world.replies.insert(key, (form, status, reply.clone()));
    match method.as_str() {
        "pm_lost" if is_first_try => {
            HttpResponse::Ok().streaming(stream::iter([Ok(Bytes::from_static(b"{")), Err(ErrorBadGateway("lost"))]))
        }
        "pm_huge" if is_first_try => HttpResponse::Ok().body(" ".repeat(2 * 1024 * 1024)),
        _ => answer(status, &reply),
    }
}

async fn search(world: Data<Mutex<World>>, request: HttpRequest, query: Query<Form>) -> HttpResponse {
    let mut world = lock(&world);
    world.searches += 1;
    if let Some(refused) = refused(&mut world, &request) {
        return refused;
    }
    let asked = query.get("query").map_or("", String::as_str);
    let reference = asked.strip_prefix("metadata['reference']:'").and_then(|rest| rest.strip_suffix('\''));
    let Some(reference) = reference else {
        world.complaints.push(format!("no search: {asked}"));
        return answer(400, &json!({"error": {"type": "invalid_request_error"}}));
    };
    let is_behind = world.search_is_behind;
    let found = world.intents.iter().filter(|intent| !is_behind && intent["metadata"]["reference"] == reference);
    let found: Vec<&Value> = found.collect();
    answer(200, &json!({"object": "search_result", "data": found, "has_more": false}))
}

fn show(world: &Data<Mutex<World>>, request: &HttpRequest, find: impl FnOnce(&World) -> Option<Value>) -> HttpResponse {
    let mut world = lock(world);
    match refused(&mut world, request) {
        Some(refused) => refused,
        None => find(&world).map_or_else(|| missing("id"), |object| answer(200, &object)),
    }
}

fn by_id(objects: &[Value], id: &str) -> Option<Value> {
    objects.iter().find(|object| object["id"] == id).cloned()
}

async fn show_intent(world: Data<Mutex<World>>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    show(&world, &request, |world| by_id(&world.intents, &id))
}

async fn show_charge(world: Data<Mutex<World>>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    show(&world, &request, |world| {
        let intent = by_id(&world.intents, id.strip_prefix("ch_")?)?;
        Some(json!({"id": *id, "object": "charge", "payment_intent": intent["id"]}))
    })
}

async fn show_refund(world: Data<Mutex<World>>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    show(&world, &request, |world| by_id(&world.refunds, &id))
}

async fn show_dispute(world: Data<Mutex<World>>, request: HttpRequest, id: Path<String>) -> HttpResponse {
    show(&world, &request, |world| by_id(&world.disputes, &id))
}

async fn list_refunds(world: Data<Mutex<World>>, request: HttpRequest, query: Query<Form>) -> HttpResponse {
    show(&world, &request, |world| {
        let payment = query.get("payment_intent")?;
        let found: Vec<&Value> = world.refunds.iter().filter(|refund| refund["payment_intent"] == **payment).collect();
        Some(json!({"object": "list", "data": found, "has_more": false}))
    })
}

async fn cancel(world: Data<Mutex<World>>, request: HttpRequest, id: Path<String>, body: Bytes) -> HttpResponse {
    let mut world = lock(&world);
    let (key, form) = match begin(&mut world, &request, &body) {
        Ok(begun) => begun,
        Err(response) => return *response,
    };
    let reason = form.get("cancellation_reason").cloned();
    let Some(intent) = world.intents.iter_mut().find(|intent| intent["id"] == *id) else { return missing("intent") };
    intent["status"] = json!("canceled");
    intent["cancellation_reason"] = json!(reason);
    let reply = intent.clone();
    world.replies.insert(key, (form, 200, reply.clone()));
    answer(200, &reply)
}

async fn create_refund(world: Data<Mutex<World>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut world = lock(&world);
    let (key, form) = match begin(&mut world, &request, &body) {
        Ok(begun) => begun,
        Err(response) => return *response,
    };
    let payment = form.get("payment_intent").cloned().unwrap_or_default();
    let Some(intent) = by_id(&world.intents, &payment) else { return missing("payment_intent") };
    let amount = form.get("amount").and_then(|amount| amount.parse::<i64>().ok());
    let amount = amount.or(intent["amount"].as_i64()).unwrap_or_default();
    let given_back = world.refunds.iter().filter(|refund| refund["payment_intent"] == payment);
    let given_back: i64 = given_back.filter_map(|refund| refund["amount"].as_i64()).sum();
    if given_back + amount > intent["amount"].as_i64().unwrap_or_default() {
        return answer(400, &json!({"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}));
    }
    let refund = json!({
        "id": format!("re_{}", world.refunds.len() + 1), "object": "refund", "amount": amount,
        "currency": intent["currency"], "payment_intent": payment, "status": "succeeded",
        "metadata": {"reference": form.get("metadata[reference]")},
    });
    world.refunds.push(refund.clone());
    world.replies.insert(key, (form, 200, refund.clone()));
    answer(200, &refund)
}
