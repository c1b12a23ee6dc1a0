//! What the worker counts and times. Every label is from a closed list.

use ledger::engine::store::checks::Slice;
use ledger::engine::{lane, pool};
use ledger::partners::operations::sending::Sent;
use ledger::partners::rules::endpoint::AttemptFailure;
use ledger::service::job::JobKind;
use ledger::service::store::jobs::Backlog;
use ledger::service::work::Work;
use metrics::Unit;
use std::time::Duration;

const JOBS: &str = "commonpurse_jobs_total";
const JOB_TIME: &str = "commonpurse_job_seconds";
const WAIT_TIME: &str = "commonpurse_job_wait_seconds";
const LATE: &str = "commonpurse_jobs_late_total";
const DUE: &str = "commonpurse_jobs_due";
const OLDEST: &str = "commonpurse_job_oldest_due_seconds";
const DEADLINE: &str = "commonpurse_job_deadline_seconds";
const DEAD: &str = "commonpurse_jobs_dead";
const OLDEST_MAIL: &str = "commonpurse_mail_oldest_unsent_seconds";
const READ_AT: &str = "commonpurse_jobs_read_timestamp_seconds";
const MAILS: &str = "commonpurse_mails_total";
const MAIL_TIME: &str = "commonpurse_mail_seconds";
const ATTEMPTS: &str = "commonpurse_rail_attempts_total";
const ATTEMPT_TIME: &str = "commonpurse_rail_attempt_seconds";
const EVENTS: &str = "commonpurse_provider_events_total";
const DELIVERIES: &str = "commonpurse_webhook_attempts_total";
const DELIVERY_TIME: &str = "commonpurse_webhook_attempt_seconds";
const OLDEST_DELIVERY: &str = "commonpurse_webhook_oldest_waiting_seconds";
const FREEZES: &str = "commonpurse_book_freezes_total";
const COMPARED: &str = "commonpurse_book_transfers_compared_total";
const PASSES: &str = "commonpurse_book_passes_total";

/// What this program calls the kinds that it does not know.
const OTHER: &str = "other";

/// An attempt of a job has ended.
pub(crate) fn job(kind: JobKind, outcome: &'static str, took: Duration) {
    metrics::counter!(JOBS, "kind" => kind.as_str(), "outcome" => outcome).increment(1);
    metrics::histogram!(JOB_TIME, "kind" => kind.as_str()).record(took);
}

/// A job had been due for so long when it was taken.
pub(crate) fn waited(work: Work, wait: Duration) {
    metrics::histogram!(WAIT_TIME, "work" => work.as_str()).record(wait);
}

/// A job was done too late, or tried too late.
pub(crate) fn late_job(kind: JobKind) {
    metrics::counter!(LATE, "kind" => kind.as_str()).increment(1);
}

/// A mail has left, or has not.
pub(crate) fn mail(outcome: &'static str, took: Duration) {
    metrics::counter!(MAILS, "outcome" => outcome).increment(1);
    metrics::histogram!(MAIL_TIME).record(took);
}

/// A mail was not sent, as its reader has turned such mails off.
pub(crate) fn mail_unwanted() {
    metrics::counter!(MAILS, "outcome" => "unwanted").increment(1);
}

/// A provider was asked for money, and this is what came of it.
pub(crate) fn attempt(rail: &'static str, outcome: &'static str, took: Duration) {
    metrics::counter!(ATTEMPTS, "rail" => rail, "outcome" => outcome).increment(1);
    metrics::histogram!(ATTEMPT_TIME, "rail" => rail).record(took);
}

/// A provider has told us of an event, and this is what came of asking about it.
pub(crate) fn provider_event(rail: &'static str, outcome: &'static str) {
    metrics::counter!(EVENTS, "rail" => rail, "outcome" => outcome).increment(1);
}

/// An endpoint of a partner was sent something: the reason is one of a closed list, or it was delivered.
pub(crate) fn delivery(sent: &Sent) {
    let outcome = sent.failure.map_or("delivered", AttemptFailure::as_str);
    metrics::counter!(DELIVERIES, "outcome" => outcome).increment(1);
    metrics::histogram!(DELIVERY_TIME).record(Duration::from_millis(sent.milliseconds.unsigned_abs().into()));
}

/// For how long the oldest delivery has been waiting whose endpoint is well, and whose time has come.
pub(crate) fn oldest_delivery(wait: Duration) {
    metrics::gauge!(OLDEST_DELIVERY).set(wait);
}

/// A book differs from itself.
pub(crate) fn freeze() {
    metrics::counter!(FREEZES).increment(1);
}

/// A slice of a book was compared, and nothing differs.
pub(crate) fn compared(slice: &Slice) {
    metrics::counter!(COMPARED).increment(slice.transfers.unsigned_abs());
    metrics::counter!(PASSES).increment(u64::from(slice.ended));
}

/// What waits in the jobs of all books. Kinds of which nothing waits are shown too: as zero.
pub(crate) fn backlog(found: &[Backlog], read_at: jiff::Timestamp) {
    let mut oldest_mail = Duration::ZERO;
    for kind in JobKind::ALL.into_iter().map(Some).chain([None]) {
        let of_kind = found.iter().filter(|waiting| waiting.kind == kind);
        let (mut due, mut dead, mut oldest) = (0, 0, Duration::ZERO);
        for waiting in of_kind {
            due += waiting.due;
            dead += waiting.dead;
            oldest = oldest.max(waiting.oldest.unsigned_abs());
        }
        let name = kind.map_or(OTHER, JobKind::as_str);
        metrics::gauge!(DUE, "kind" => name).set(count(due));
        metrics::gauge!(DEAD, "kind" => name).set(count(dead));
        metrics::gauge!(OLDEST, "kind" => name).set(oldest);
        if kind.is_some_and(JobKind::is_mail) {
            oldest_mail = oldest_mail.max(oldest);
        }
    }
    metrics::gauge!(OLDEST_MAIL).set(oldest_mail);
    metrics::gauge!(READ_AT).set(read_at.duration_since(jiff::Timestamp::UNIX_EPOCH).unsigned_abs());
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Says of each figure what it is, and shows those that never change.
pub(crate) fn describe() {
    metrics::describe_counter!(JOBS, "Attempts of jobs, by kind and by what came of them.");
    metrics::describe_histogram!(JOB_TIME, Unit::Seconds, "How long an attempt of a job took, by kind.");
    metrics::describe_histogram!(
        WAIT_TIME,
        Unit::Seconds,
        "How long a job had been due when a worker took it, by kind of work."
    );
    metrics::describe_counter!(LATE, "Attempts of jobs that came later than the kind may be late.");
    metrics::describe_gauge!(
        DUE,
        "Jobs of all books that are due and not done, by kind; without those that wait for the release of a frozen book."
    );
    metrics::describe_gauge!(OLDEST, Unit::Seconds, "For how long the oldest job of these has been due, by kind.");
    metrics::describe_gauge!(DEADLINE, Unit::Seconds, "How late a job of a kind may be done.");
    metrics::describe_gauge!(DEAD, "Jobs of all books that nobody tries any more, by kind: somebody has to look.");
    metrics::describe_gauge!(
        OLDEST_MAIL,
        Unit::Seconds,
        "For how long the oldest mail that has not left has been due."
    );
    metrics::describe_gauge!(
        READ_AT,
        Unit::Seconds,
        "When these figures of jobs were last read, in seconds since 1970."
    );
    metrics::describe_counter!(MAILS, "Mails that were sent, kept in an outbox, or could not be, by what came of it.");
    metrics::describe_histogram!(MAIL_TIME, Unit::Seconds, "How long it took to hand a mail over, or to fail.");
    metrics::describe_counter!(ATTEMPTS, "Calls of payment providers for money, by provider and by what came of it.");
    metrics::describe_histogram!(ATTEMPT_TIME, Unit::Seconds, "How long such a call took, by provider.");
    metrics::describe_counter!(
        EVENTS,
        "Events that a provider told of and was asked about, by provider and by what came of it; unknown ones wait for somebody."
    );
    metrics::describe_counter!(DELIVERIES, "Events sent to endpoints of partners, by what came of it.");
    metrics::describe_histogram!(DELIVERY_TIME, Unit::Seconds, "How long it took an endpoint to answer, or to fail.");
    metrics::describe_gauge!(
        OLDEST_DELIVERY,
        Unit::Seconds,
        "For how long the oldest event has waited that is due to an endpoint which took what it was last sent."
    );
    metrics::describe_counter!(FREEZES, "Books that this worker found to differ from themselves, and froze.");
    metrics::describe_counter!(
        COMPARED,
        "Transfers that this worker compared with the balances and totals made of them."
    );
    metrics::describe_counter!(
        PASSES,
        "Comparisons of a book that this worker ended: the book was what its journal says."
    );
    lane::describe();
    pool::describe();
    for kind in JobKind::ALL {
        metrics::gauge!(DEADLINE, "kind" => kind.as_str()).set(kind.limits().deadline.unsigned_abs());
        metrics::counter!(LATE, "kind" => kind.as_str()).absolute(0);
    }
    // What has not happened yet is zero: the first time is then seen as a change.
    for outcome in AttemptFailure::ALL.iter().map(|failure| failure.as_str()).chain(["delivered"]) {
        metrics::counter!(DELIVERIES, "outcome" => outcome).absolute(0);
    }
    metrics::counter!(FREEZES).absolute(0);
    metrics::counter!(COMPARED).absolute(0);
    metrics::counter!(PASSES).absolute(0);
}
