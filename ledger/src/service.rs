//! What every domain needs of the service: jobs, changes, who did what, what happened, the outbox of sandbox books, quotas, replies, heartbeats, where it is at home.

pub mod change;
pub mod event;
pub mod job;
pub mod preferences;
pub mod quota;
pub mod wanted;
pub mod work;

/// SQL, and nothing else.
pub mod store {
    pub mod activity;
    pub mod adoptions;
    pub mod companions;
    pub mod events;
    pub mod heartbeats;
    pub mod jobs;
    pub mod outbox;
    pub mod preferences;
    pub mod pruning;
    pub mod quotas;
    pub mod replies;
}
