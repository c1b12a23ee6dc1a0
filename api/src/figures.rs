//! What the API counts and times. Every label is from a closed list: nobody outside makes a time series.

use crate::request_queue;
use crate::state::State;
use actix_web::http::Method;
use actix_web::web::Data;
use jiff::{SignedDuration, Timestamp};
use ledger::Error;
use ledger::engine::store::checks::{self, Standing};
use ledger::engine::{lane, pool};
use metrics::{Gauge, Unit};
use observability::Figures;
use std::time::{Duration, Instant};

const REQUESTS: &str = "commonpurse_http_requests_total";
const REQUEST_TIME: &str = "commonpurse_http_request_seconds";
const IN_FLIGHT: &str = "commonpurse_http_requests_in_flight";
const PROBLEMS: &str = "commonpurse_http_problems_total";
const FROZEN: &str = "commonpurse_books_frozen";
const CHECK_AGE: &str = "commonpurse_book_check_age_seconds";

/// When the book that waits longest was last compared whole longer ago than this, the comparison has stopped.
pub(crate) const COMPARISON_AGE_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How often it is read how the books stand.
const EVERY: Duration = Duration::from_secs(10);

/// The methods that HTTP's own documents name (RFC 9110, RFC 5789); whoever makes one up is counted with all others who do.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];

/// The label of a method.
pub(crate) fn method(method: &Method) -> &'static str {
    METHODS.iter().copied().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// A request that is being answered; it counts as in flight until this is dropped, also when its client has gone.
#[derive(Debug)]
pub(crate) struct Request {
    method: &'static str,
    started: Instant,
    in_flight: Gauge,
}

impl Request {
    pub(crate) fn begin(method: &'static str) -> Request {
        let in_flight = metrics::gauge!(IN_FLIGHT);
        in_flight.increment(1);
        Request { method, started: Instant::now(), in_flight }
    }

    /// It is answered. `route` is a row of the table of routes, or one of a few words.
    pub(crate) fn answered(self, route: &'static str, status: u16) {
        let (method, status) = (self.method, status.to_string());
        metrics::counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
        metrics::histogram!(REQUEST_TIME, "method" => method, "route" => route).record(self.started.elapsed());
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.in_flight.decrement(1);
    }
}

/// A problem was answered.
pub(crate) fn problem(code: &'static str) {
    metrics::counter!(PROBLEMS, "code" => code).increment(1);
}

/// Says of each figure what it is.
pub(crate) fn describe() {
    metrics::describe_counter!(REQUESTS, "Answered requests, by method, route of the contract, and status.");
    metrics::describe_histogram!(
        REQUEST_TIME,
        Unit::Seconds,
        "How long a request took until its answer began, by method and route."
    );
    metrics::describe_gauge!(IN_FLIGHT, "Requests that are being answered.");
    metrics::describe_counter!(PROBLEMS, "Problems that were answered, by the end of their type.");
    metrics::describe_gauge!(FROZEN, "Books that differ from themselves and take no record.");
    metrics::describe_gauge!(
        CHECK_AGE,
        Unit::Seconds,
        "How long ago the book that waits longest was last compared with itself whole."
    );
    request_queue::describe();
    lane::describe();
    pool::describe();
}

/// Shows what stands in memory.
pub(crate) fn measure(state: &State) {
    state.pool.measure();
    state.lanes.measure();
}

/// Reads now and then what stands in the database, and keeps the figures in order. It ends with its task.
pub(crate) async fn run(state: Data<State>, figures: Figures) {
    let mut every = tokio::time::interval(EVERY);
    let mut has_stopped = false;
    loop {
        every.tick().await;
        figures.upkeep();
        match books(&state).await {
            Ok(age) => {
                let had_stopped = std::mem::replace(&mut has_stopped, age > COMPARISON_AGE_MAX);
                if has_stopped && !had_stopped {
                    tracing::error!("the books are compared no more: one has waited for {} hours", age.as_hours());
                } else if had_stopped && !has_stopped {
                    tracing::info!("the books are compared again");
                }
            }
            Err(error) => tracing::warn!(%error, "how the books stand cannot be read for the figures"),
        }
    }
}

/// Shows how the books stand, and says for how long the one that waits longest was not compared whole.
async fn books(state: &State) -> Result<SignedDuration, Error> {
    let books = checks::standing(&state.pool.get().await?).await?;
    let age = comparison_age(&books, ledger::calendar::now());
    metrics::gauge!(FROZEN).set(u32::try_from(books.frozen).unwrap_or(u32::MAX));
    metrics::gauge!(CHECK_AGE).set(Duration::try_from(age).unwrap_or_default());
    Ok(age)
}

/// How long ago the book that waits longest was compared whole; nothing when there is none.
pub(crate) fn comparison_age(books: &Standing, wall: Timestamp) -> SignedDuration {
    books.oldest.map_or(SignedDuration::ZERO, |ended| ended.duration_until(wall))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h4_a_made_up_method_is_counted_as_other() {
        for (named, label) in [("GET", "GET"), ("DELETE", "DELETE"), ("PURGE-7f3a", "other"), ("get", "other")] {
            assert_eq!(method(&named.parse().unwrap()), label);
        }
    }
}
