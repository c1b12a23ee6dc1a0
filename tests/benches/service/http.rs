//! Postings over HTTP against the emptiest request that is authenticated.

use crate::load::{self, AsyncCaller, Dice, Figure, closed_loop};
use crate::report::{Report, Row};
use crate::wire::Wire;
use crate::{ROUNDS, RUN, Service, requests};
use anyhow::Context as _;
use std::sync::Mutex;

/// How many connections ask at once.
const CONNECTIONS: usize = 64;

/// What the postings are compared with.
const AGAINST: &str = "GET /livez with the same token on as many connections: the gate verifies the token and looks the \
                       person up, the handler answers at once";

/// Measures both in turns.
pub(crate) async fn entries(service: &Service, report: &mut Report) -> anyhow::Result<()> {
    let base = &service.stack.base_url;
    let path = requests::open_book(service, &service.operator, "Sawmill").await? + "/journal-entries";
    let (mut empties, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let token = service.operator.access_token().await?.context("the operator is signed in")?;
        for (figures, path) in [(&mut empties, None), (&mut ours, Some(path.as_str()))] {
            let before = load::used_by(&service.stack.api_id().to_string());
            let figure = measure(base, &token, path).await?;
            let used = load::used_by(&service.stack.api_id().to_string()) - before;
            let answers = u128::from(figure.per_s) * RUN.as_millis() / 1_000;
            let what = path.map_or("/livez", |_| "entries");
            println!("  {what}: {} /s, {} us of the api's CPU each", figure.per_s, u128::from(used) / answers / 1_000);
            figures.push(figure);
        }
    }
    report.add(Row::compared("http_entries", load::median_of(ours), AGAINST, load::median_of(empties)));
    Ok(())
}

/// So many connections, each one request after another: GET /livez, or entries to a path.
pub(crate) async fn measure(base: &str, token: &str, path: Option<&str>) -> anyhow::Result<Figure> {
    let mut callers = Vec::new();
    for index in 0..CONNECTIONS {
        let (wire, head) = (Wire::connect(base).await?, requests::head(base, token));
        callers.push(Connection { wire, head, path: path.map(str::to_owned), dice: Dice::new(index) });
    }
    let callers = Mutex::new(callers);
    let next = |_| callers.lock().expect("nobody panicked").pop().expect("one for each");
    Ok(closed_loop(CONNECTIONS, RUN, 1, next).await)
}

/// One connection, and what it asks for.
struct Connection {
    wire: Wire,
    head: String,
    path: Option<String>,
    dice: Dice,
}

impl AsyncCaller for Connection {
    async fn call(&mut self) {
        let (request, expected) = match &self.path {
            Some(path) => (requests::post(path, &self.head, &requests::entry(&mut self.dice)), 201),
            None => (requests::get("/livez", &self.head), 200),
        };
        let status = self.wire.ask(request.as_bytes()).await.expect("an answer");
        assert_eq!(status, expected, "{}", self.wire.text());
    }
}
