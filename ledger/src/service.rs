//! What every domain needs of the service: jobs, changes, who did what, replies, heartbeats.

pub mod change;
pub mod job;
pub mod work;

/// SQL, and nothing else.
pub mod store {
    pub mod activity;
    pub mod heartbeats;
    pub mod jobs;
    pub mod replies;
}
