//! What partners asked, kept for them to read: written by the hundred, behind the answers, by one task.
//!
//! An answer waits for none of it: its line goes into a queue in memory, and where that is full, the line is left out and counted. What
//! is written once a second costs a request some 300 bytes in the database and an index of two keys; a process that dies loses the last
//! second. A request beyond the rate of its caller has no line, so that no partner fills the queue of the others.

use crate::auth::Partner;
use crate::edge::RequestId;
use crate::figures;
use crate::problem::Problem;
use crate::state::State;
use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::web::Data;
use ledger::Error;
use ledger::book::Mode;
use ledger::id::{CredentialId, OrganisationId};
use ledger::parties::rules::request::AnsweredRequest;
use ledger::parties::store::requests;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use uuid::Uuid;

/// Lines that wait in memory, at most: some 4 MB.
const WAITING_MAX: usize = 10_000;

/// Lines that are written at once, at most.
const BATCH_MAX: usize = 500;

/// How long lines wait for others, unless as many as are written at once are there.
const EVERY: Duration = Duration::from_secs(1);

/// The partner that asks, once its request counts.
#[derive(Debug, Clone)]
pub struct Asker {
    organisation: OrganisationId,
    credential: CredentialId,
    mode: Mode,
}

impl From<&Partner> for Asker {
    fn from(partner: &Partner) -> Asker {
        Asker { organisation: partner.organisation, credential: partner.credential, mode: partner.mode }
    }
}

/// The code of the problem that a request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemCode(String);

impl ProblemCode {
    /// The end of its type.
    pub fn of(problem: &Problem) -> ProblemCode {
        let kind = &problem.body().kind;
        ProblemCode(kind.rsplit('/').next().unwrap_or_default().to_owned())
    }
}

/// The queue of a process.
#[derive(Debug)]
pub struct RequestLog {
    lines: Sender<AnsweredRequest>,
    waiting: Mutex<Option<Receiver<AnsweredRequest>>>,
    stopping: watch::Sender<bool>,
}

impl Default for RequestLog {
    fn default() -> RequestLog {
        RequestLog::new()
    }
}

impl RequestLog {
    /// An empty one.
    pub fn new() -> RequestLog {
        let (lines, waiting) = channel(WAITING_MAX);
        RequestLog { lines, waiting: Mutex::new(Some(waiting)), stopping: watch::Sender::new(false) }
    }

    /// Takes a line; one that finds no room is counted and gone.
    fn take(&self, line: AnsweredRequest) {
        if self.lines.try_send(line).is_err() {
            figures::requests_unwritten(1);
        }
    }

    /// Says that no line comes any more: [`write()`] ends when it has written those that are there.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

/// Notes an answer to a partner.
pub(crate) fn note(response: &ServiceResponse<BoxBody>, route: &'static str, id: &RequestId) {
    let request = response.request();
    let Some(asker) = request.extensions().get::<Asker>().cloned() else { return };
    let Some(state) = request.app_data::<Data<State>>() else { return };
    let problem = request.extensions().get::<ProblemCode>().map_or(String::new(), |code| code.0.clone());
    state.request_log.take(AnsweredRequest {
        id: Uuid::now_v7(),
        organisation: asker.organisation,
        credential: asker.credential,
        mode: asker.mode,
        at: ledger::calendar::now(),
        method: figures::method(request.method()).to_owned(),
        path: route.to_owned(),
        status: response.status().as_u16(),
        problem,
        request_id: id.0.clone(),
    });
}

/// Writes what comes, until it is told to stop and all that came is written. What the database does not take is counted and gone.
pub(crate) async fn write(state: Data<State>) {
    let waiting = state.request_log.waiting.lock().ok().and_then(|mut waiting| waiting.take());
    let Some(mut waiting) = waiting else { return };
    let mut stopping = state.request_log.stopping.subscribe();
    let mut lines = Vec::with_capacity(BATCH_MAX);
    loop {
        tokio::select! {
            count = waiting.recv_many(&mut lines, BATCH_MAX) => if count == 0 { return },
            _ = stopping.wait_for(|stopping| *stopping), if !waiting.is_closed() => {
                waiting.close();
                continue;
            }
        }
        if let Err(error) = write_batch(&state, &lines).await {
            tracing::warn!(%error, "{} requests of partners are not kept: {error}", lines.len());
            figures::requests_unwritten(lines.len() as u64);
        }
        let is_full = lines.len() == BATCH_MAX;
        lines.clear();
        if !is_full && !waiting.is_closed() {
            let stopped = stopping.wait_for(|stopping| *stopping);
            let _ = tokio::time::timeout(EVERY, stopped).await;
        }
    }
}

async fn write_batch(state: &State, lines: &[AnsweredRequest]) -> Result<(), Error> {
    requests::insert(&state.pool.get().await?, lines).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize) -> AnsweredRequest {
        AnsweredRequest {
            id: Uuid::now_v7(),
            organisation: OrganisationId::generate(),
            credential: CredentialId::generate(),
            mode: Mode::Sandbox,
            at: ledger::calendar::now(),
            method: "GET".into(),
            path: "/v1/charges".into(),
            status: 200,
            problem: String::new(),
            request_id: number.to_string(),
        }
    }

    #[test]
    fn what_finds_no_room_is_left_out_and_nobody_waits() {
        let log = RequestLog::new();
        for number in 0..WAITING_MAX + 10 {
            log.take(line(number));
        }
        assert_eq!(log.lines.capacity(), 0);
        let mut waiting = log.waiting.lock().unwrap().take().unwrap();
        let first = waiting.try_recv().unwrap();
        assert_eq!((first.request_id.as_str(), waiting.len()), ("0", WAITING_MAX - 1), "the oldest stay");
    }

    #[test]
    fn the_code_of_a_problem_is_the_end_of_its_type() {
        assert_eq!(ProblemCode::of(&Problem::not_found("charge")), ProblemCode("not-found".into()));
    }
}
