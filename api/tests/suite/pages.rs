//! Pages: signing in with a browser, by the link of a mail or by its code, and staying so by a cookie.

use crate::service::Service;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{Method, header};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use api::who_may::PAGES;
use jiff::Timestamp;
use ledger::id::PersonId;
use ledger::parties::operations::{invitations, persons, sign_in};
use ledger::parties::rules::role::Role;
use std::cell::RefCell;
use std::collections::BTreeMap;

const SIGNED_IN: &str = "commonpurse-signed-in";

/// A browser with its cookies, which says that its forms come from the pages it was shown.
struct Browser<'a, A> {
    app: &'a A,
    cookies: RefCell<BTreeMap<String, String>>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shown {
    status: u16,
    leads_to: String,
    html: String,
}

impl Shown {
    fn says(&self, status: u16, text: &str) {
        assert!(self.status == status && self.html.contains(text), "not {status} {text}: {self:?}");
    }

    fn leads_to(&self, path: &str) {
        assert_eq!((self.status, self.leads_to.as_str()), (303, path), "{}", self.html);
    }
}

impl<'a, A: AsyncFn(TestRequest) -> ServiceResponse<BoxBody>> Browser<'a, A> {
    fn new(app: &'a A) -> Browser<'a, A> {
        Browser { app, cookies: RefCell::default() }
    }

    async fn send(&self, request: TestRequest) -> Shown {
        let cookies: Vec<_> = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request =
            if cookies.is_empty() { request } else { request.insert_header((header::COOKIE, cookies.join("; "))) };
        let response = (self.app)(request).await;
        for cookie in response.response().cookies() {
            assert!(cookie.http_only() == Some(true) && cookie.path() == Some("/"), "{cookie}");
            self.cookies.borrow_mut().insert(cookie.name().to_owned(), cookie.value().to_owned());
        }
        self.cookies.borrow_mut().retain(|_, value| !value.is_empty());
        let told = |name| response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let status = response.status().as_u16();
        assert_eq!(told(header::REFERRER_POLICY), "no-referrer");
        assert_eq!(told(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        let policy = told(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self'"), "{policy}");
        if told(header::CONTENT_TYPE) != "text/css; charset=utf-8" {
            // What everybody reads is kept for a minute by who comes without a cookie.
            let is_kept = told(header::VARY) == "cookie" && told(header::CACHE_CONTROL) == "public, max-age=60";
            assert!(is_kept || told(header::CACHE_CONTROL) == "no-store", "{}", told(header::CACHE_CONTROL));
        }
        if status != 303 && !told(header::CONTENT_TYPE).is_empty() {
            // A twin that is not there is told of as programs are told.
            let path = response.request().path();
            let is_twin = [".json", ".csv", ".atom"].iter().any(|ending| path.ends_with(ending));
            let kind = told(header::CONTENT_TYPE);
            let is_shown = kind.starts_with("text/") || kind == "application/json";
            assert!(is_shown || (is_twin && kind == "application/problem+json"), "{path}: {kind}");
        }
        let leads_to = told(header::LOCATION);
        Shown { status, leads_to, html: String::from_utf8(read_body(response).await.to_vec()).unwrap() }
    }

    async fn get(&self, path: &str) -> Shown {
        self.send(TestRequest::with_uri(path).insert_header((header::ACCEPT, "text/html"))).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Shown {
        self.send(from("same-origin", path, form)).await
    }

    async fn is_in(&self) -> bool {
        let shown = self.get("/me").await;
        if shown.status == 303 {
            shown.leads_to("/sign-in");
        }
        shown.status == 200
    }
}

/// A form, with what a browser says of the page that it was in.
fn from(site: &str, path: &str, form: &[(&str, &str)]) -> TestRequest {
    TestRequest::with_uri(path).method(Method::POST).insert_header(("sec-fetch-site", site)).set_form(form)
}

/// The service, made once for many requests.
macro_rules! app {
    ($service:ident) => {{
        let app = init_service(api::app($service.state())).await;
        async move |request: TestRequest| call_service(&app, request.to_request()).await.map_into_boxed_body()
    }};
}

/// Has the mail of the newest sign-in written, without the mail; answers link and code.
async fn mail(service: &Service) -> (String, String) {
    let row = service.ground.client().await;
    let row = row
        .query_one(
            "SELECT payload->>'email', payload->>'token', payload->>'code' FROM job WHERE kind = 'send_sign_in'
              ORDER BY id DESC LIMIT 1",
            &[],
        )
        .await
        .unwrap();
    let (email, link, code): (String, String, Option<String>) = (row.get(0), row.get(1), row.get(2));
    let wall = Timestamp::now();
    let end = wall + sign_in::LINK_LIFETIME;
    service.ground.run(async |tx| sign_in::open_link(tx, &email, &link, false, (end, wall)).await).await.unwrap();
    (link, code.unwrap())
}

async fn email(service: &Service, person: PersonId) -> String {
    let client = service.ground.client().await;
    client.query_one("SELECT email FROM person WHERE id = $1", &[&person.0]).await.unwrap().get(0)
}

/// Somebody without a role, and her address.
async fn ada(service: &Service) -> (PersonId, String) {
    let ada = service.ground.stranger("ada").await;
    (ada, email(service, ada).await)
}

#[actix_web::test]
async fn l4_opening_a_link_uses_nothing_up_and_its_button_signs_in_once() {
    let service = Service::start().await;
    let app = app!(service);
    let (_, email) = ada(&service).await;
    let (asking, opening) = (Browser::new(&app), Browser::new(&app));
    assert!(!opening.is_in().await);
    asking.get("/sign-in").await.says(200, "action=\"/sign-in\"");
    asking.post("/sign-in", &[("email", &email.to_uppercase())]).await.leads_to("/sign-in/code");
    let (link, _) = mail(&service).await;
    let address = format!("/sign-in/{link}");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let prefetch = TestRequest::with_uri(&address).method(method).insert_header(("sec-purpose", "prefetch"));
        assert_eq!(opening.send(prefetch).await.status, 200);
    }
    opening.get(&address).await.says(200, &format!("name=\"secret\" value=\"{link}\""));
    assert!(!opening.is_in().await, "nobody has pressed the button");
    opening.post("/sign-in/link", &[("secret", &link)]).await.leads_to("/me");
    opening.get("/me").await.says(200, &email);
    opening.get("/").await.says(200, "href=\"/me\"");
    asking.post("/sign-in/link", &[("secret", &link)]).await.says(409, "was used already");
    assert!(!asking.is_in().await && opening.is_in().await);
}

#[actix_web::test]
async fn a_code_counts_once_and_only_in_the_browser_that_asked() {
    let service = Service::start().await;
    let app = app!(service);
    let (_, email) = ada(&service).await;
    let (asking, other) = (Browser::new(&app), Browser::new(&app));
    asking.get("/sign-in/code").await.leads_to("/sign-in");
    for browser in [&other, &asking] {
        browser.post("/sign-in", &[("email", &email)]).await.leads_to("/sign-in/code");
    }
    let (link, code) = mail(&service).await;
    other.post("/sign-in/code", &[("code", &code)]).await.says(422, "4 tries are left");
    Browser::new(&app).post("/sign-in/code", &[("code", &code)]).await.says(409, "in another browser");
    let (left, right) = code.split_at(4);
    asking.post("/sign-in/code", &[("code", &format!(" {left}-{right} "))]).await.leads_to("/me");
    assert!(asking.is_in().await && !other.is_in().await);
    assert!(!asking.cookies.borrow().contains_key("commonpurse-asked"), "what was used is forgotten");
    other.post("/sign-in/link", &[("secret", &link)]).await.says(409, "was used already");
}

#[actix_web::test]
async fn five_wrong_codes_end_code_and_link_and_an_unknown_address_is_answered_alike() {
    let service = Service::start().await;
    let app = app!(service);
    let (_, email) = ada(&service).await;
    let mut told = Vec::new();
    for email in [&email, "nobody@nowhere.example"] {
        let browser = Browser::new(&app);
        let mut shown = vec![browser.post("/sign-in", &[("email", email)]).await];
        shown.push(browser.get("/sign-in/code").await);
        let (link, code) = mail(&service).await;
        let wrong = if code == "00000000" { "11111111" } else { "00000000" };
        for _ in 0..5 {
            shown.push(browser.post("/sign-in/code", &[("code", wrong)]).await);
        }
        shown[2].says(422, "4 tries are left");
        shown[5].says(422, "1 try is left");
        shown[6].says(409, "too many others were typed");
        shown.push(browser.post("/sign-in/code", &[("code", &code)]).await);
        shown.push(browser.post("/sign-in/link", &[("secret", &link)]).await);
        shown[8].says(409, "does not work any more");
        assert!(!browser.is_in().await);
        told.push(shown);
    }
    assert_eq!(told[0], told[1], "who is registered is not told");
}

#[actix_web::test]
async fn a_link_that_is_mailed_after_its_code_was_given_up_does_not_work() {
    let service = Service::start().await;
    let app = app!(service);
    let (_, email) = ada(&service).await;
    let browser = Browser::new(&app);
    browser.post("/sign-in", &[("email", &email)]).await.leads_to("/sign-in/code");
    for _ in 0..5 {
        browser.post("/sign-in/code", &[("code", "no digits")]).await;
    }
    let (link, _) = mail(&service).await;
    browser.post("/sign-in/link", &[("secret", &link)]).await.says(409, "does not work any more");
}

#[actix_web::test]
async fn a_form_of_another_site_does_nothing() {
    let service = Service::start().await;
    let app = app!(service);
    let (_, email) = ada(&service).await;
    let browser = Browser::new(&app);
    let jobs = async || -> i64 {
        let client = service.ground.client().await;
        client.query_one("SELECT count(*) FROM job WHERE kind = 'send_sign_in'", &[]).await.unwrap().get(0)
    };
    browser.send(from("cross-site", "/sign-in", &[("email", &email)])).await.says(403, "came from another site");
    assert_eq!(jobs().await, 0);
    browser.post("/sign-in", &[("email", &email)]).await.leads_to("/sign-in/code");
    let (link, _) = mail(&service).await;
    for site in ["cross-site", "same-site", "none"] {
        browser.send(from(site, "/sign-in/link", &[("secret", &link)])).await.says(403, "Nothing was done");
    }
    let silent = TestRequest::with_uri("/sign-in/link").method(Method::POST).set_form([("secret", &link)]);
    browser.send(silent).await.says(403, "Nothing was done");
    browser.post("/sign-in/link", &[("secret", &link)]).await.leads_to("/me");
    browser.send(from("cross-site", "/sign-out", &[])).await.says(403, "Nothing was done");
    assert!(browser.is_in().await, "another site signs nobody out");
}

#[actix_web::test]
async fn a_cookie_counts_for_pages_only_and_a_token_for_the_api_only() {
    let service = Service::start().await;
    let app = app!(service);
    let browser = signed_in(&service, &app, service.treasurer.id).await;
    let cookie = browser.cookies.borrow()[SIGNED_IN].clone();
    let asked = TestRequest::with_uri("/v1/me").insert_header((header::COOKIE, format!("{SIGNED_IN}={cookie}")));
    assert_eq!(app(asked).await.status(), 401);
    assert_eq!(service.get("/v1/me", &cookie).await.status, 401, "nor is it a token");
    let refreshed = service.post("/v1/tokens/refresh", "", serde_json::json!({"refresh_token": cookie})).await;
    assert_eq!(refreshed.status, 401);
    let bearer = format!("Bearer {}", service.treasurer.token);
    let page = TestRequest::with_uri("/me").insert_header((header::AUTHORIZATION, bearer));
    Browser::new(&app).send(page).await.leads_to("/sign-in");
}

/// A browser in which a person has signed in.
async fn signed_in<'a, A: AsyncFn(TestRequest) -> ServiceResponse<BoxBody>>(
    service: &Service,
    app: &'a A,
    person: PersonId,
) -> Browser<'a, A> {
    let browser = Browser::new(app);
    browser.post("/sign-in", &[("email", &email(service, person).await)]).await.leads_to("/sign-in/code");
    let (link, _) = mail(service).await;
    browser.post("/sign-in/link", &[("secret", &link)]).await.leads_to("/me");
    browser
}

#[actix_web::test]
async fn signing_out_disabling_and_time_end_the_session_of_a_browser() {
    let service = Service::start().await;
    let app = app!(service);
    let (ada, _) = ada(&service).await;
    let browser = signed_in(&service, &app, ada).await;
    let (copied, elsewhere) = (Browser::new(&app), signed_in(&service, &app, ada).await);
    copied.cookies.replace(browser.cookies.borrow().clone());
    browser.post("/sign-out", &[]).await.leads_to("/sign-in");
    assert!(!browser.is_in().await && browser.cookies.borrow().is_empty());
    assert!(!copied.is_in().await, "the session is over, not only forgotten");
    assert!(elsewhere.is_in().await);
    browser.post("/sign-out", &[]).await.leads_to("/sign-in");

    let (operator, wall) = (service.ground.operator, Timestamp::now());
    let unused = Browser::new(&app);
    unused.post("/sign-in", &[("email", &email(&service, ada).await)]).await.leads_to("/sign-in/code");
    let (link, _) = mail(&service).await;
    service.ground.run(async |tx| persons::disable(tx, ada, operator, "Gone", wall).await).await.unwrap();
    assert!(!elsewhere.is_in().await);
    unused.post("/sign-in/link", &[("secret", &link)]).await.says(409, "does not work any more");

    let treasurer = signed_in(&service, &app, service.treasurer.id).await;
    let owner = service.ground.database_owner().await;
    owner.execute("UPDATE browser_session SET expires_at = expires_at - interval '13 days'", &[]).await.unwrap();
    assert!(treasurer.is_in().await);
    owner.execute("UPDATE browser_session SET expires_at = expires_at - interval '1 day'", &[]).await.unwrap();
    assert!(!treasurer.is_in().await);
}

#[actix_web::test]
async fn what_no_form_of_ours_sends_is_answered_by_a_page() {
    let service = Service::start().await;
    let app = app!(service);
    let browser = Browser::new(&app);
    let long = format!("{}@example.org", "a".repeat(300));
    for email in ["", "ada", "ada\0@example.org", "<b>@example.org", &long] {
        browser.post("/sign-in", &[("email", email)]).await.says(422, "This is no e-mail address");
    }
    browser.post("/sign-in", &[("email", "\"><script>@x")]).await.says(422, "&#60;script&#62;");
    for form in [&[][..], &[("mail", "ada@example.org")], &[("email", "a@b.c"), ("email", "a@b.c")]] {
        browser.post("/sign-in", form).await.says(422, "did not arrive as it should");
    }
    let post = |path| from("same-origin", path, &[]);
    let json = post("/sign-in").set_json(serde_json::json!({"email": "ada@example.org"}));
    browser.send(json).await.says(415, "did not arrive as it should");
    let large = format!("email={}", "a".repeat(64 * 1024));
    browser.send(post("/sign-in").set_payload(large)).await.says(413, "did not arrive as it should");
    let secret = "s".repeat(201);
    for secret in ["", "nul\0", &secret] {
        browser.post("/sign-in/link", &[("secret", secret)]).await.says(422, "did not arrive as it should");
    }
    browser.post("/sign-in/link", &[("secret", "made-up")]).await.says(409, "does not work any more");
    for path in ["/nothing", "/sign-in/", "/sign-in/a/b", "/sign-in/%ff"] {
        let shown = browser.get(path).await;
        assert!([200, 404].contains(&shown.status) && shown.html.contains("<!doctype html>"), "{path}: {shown:?}");
    }
    browser.get("/sign-in/link").await.says(405, "Not here");
    browser.post("/sign-in/s3cret", &[]).await.says(405, "Not here");
}

#[actix_web::test]
async fn without_a_cookie_every_page_that_is_not_for_everybody_leads_to_the_sign_in() {
    let service = Service::start().await;
    let app = app!(service);
    for (method, path, access) in PAGES {
        let browser = Browser::new(&app);
        browser.cookies.borrow_mut().insert(SIGNED_IN.to_owned(), "made-up".to_owned());
        let shown = match *method {
            "GET" => browser.get(path).await,
            _ => browser.post(path, &[]).await,
        };
        if !access.is_open() {
            shown.leads_to("/sign-in");
        } else {
            // Of a donor's page a token that nobody gave is not there.
            assert!([200, 303, 404, 409, 422].contains(&shown.status), "{method} {path}: {shown:?}");
        }
        assert_eq!(browser.send(TestRequest::with_uri(path).method(Method::DELETE)).await.status, 405, "{path}");
    }
}

#[actix_web::test]
async fn who_has_the_address_accepts_an_invitation_by_its_button_and_nobody_else() {
    let service = Service::start().await;
    let app = app!(service);
    let (ada, email) = ada(&service).await;
    let (organisation, owner) = (service.ground.book.organisation, service.ground.owner);
    let invited = async |tx: &deadpool_postgres::Transaction<'_>| {
        let email = email.parse().unwrap();
        invitations::invite(tx, organisation, &email, Role::Auditor, owner, "s3cret", Timestamp::now()).await
    };
    service.ground.run(invited).await.unwrap();
    let form = [("secret", "s3cret")];
    let nobody = Browser::new(&app);
    nobody.get("/invitations/s3cret").await.says(200, "Sign in first");
    nobody.post("/invitations/accept", &form).await.leads_to("/sign-in");
    let other = signed_in(&service, &app, service.treasurer.id).await;
    other.post("/invitations/accept", &form).await.says(409, "This cannot be done");
    let browser = signed_in(&service, &app, ada).await;
    browser.get("/me").await.says(200, "Accept an invitation");
    browser.get("/invitations/s3cret").await.says(200, "value=\"s3cret\"");
    browser.post("/invitations/accept", &form).await.says(200, "You have the role auditor");
    browser.post("/invitations/accept", &form).await.says(409, "This cannot be done");
    browser.get("/me").await.says(200, "Nothing waits for you now");
}
