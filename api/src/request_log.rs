//! What partners asked, kept for them to read: written by the hundred, behind the answers, by one task.
//!
//! An answer waits for none of it: its line goes into a queue in memory ([`crate::request_queue`]), and where that is full, the line is left
//! out and counted. It costs a request one row of some 250 bytes with its two indexes, written with the others of its second in one statement; a
//! process that dies loses the last second. A request beyond the rate of its caller has no line, so that no partner fills the queue of the others.

use crate::auth::Partner;
use crate::figures;
use crate::problem::Problem;
use crate::request_queue::unwritten;
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
use std::time::Duration;
use uuid::Uuid;

/// Lines that are written at once, at most.
const BATCH_MAX: usize = 500;

/// How long is waited for more, when fewer than that were there.
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

/// Notes an answer to a partner.
pub(crate) fn note(response: &ServiceResponse<BoxBody>, route: &'static str, request_id: &str) {
    let request = response.request();
    let Some(asker) = request.extensions().get::<Asker>().cloned() else { return };
    let Some(state) = request.app_data::<Data<State>>() else { return };
    let problem = request.extensions().get::<ProblemCode>().map_or(String::new(), |code| code.0.clone());
    state.requests.put(AnsweredRequest {
        id: Uuid::now_v7(),
        organisation: asker.organisation,
        credential: asker.credential,
        mode: asker.mode,
        at: ledger::calendar::now(),
        method: figures::method(request.method()).to_owned(),
        path: route.to_owned(),
        status: response.status().as_u16(),
        problem,
        request_id: request_id.to_owned(),
    });
}

/// Writes what comes, until it is told to stop and all that came is written. What the database does not take is counted and gone.
pub(crate) async fn write(state: Data<State>) {
    let Some(mut waiting) = state.requests.waiting() else { return };
    let mut stopping = state.requests.stopping();
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
            unwritten(lines.len());
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

    #[test]
    fn the_code_of_a_problem_is_the_end_of_its_type() {
        assert_eq!(ProblemCode::of(&Problem::not_found("charge")), ProblemCode("not-found".into()));
    }
}
