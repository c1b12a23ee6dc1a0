//! How the running programs show themselves.
//!
//! - [`Figures`] are what Prometheus reads: each program installs them once and describes its own.
//! - [`Listener`] is the address for them, apart from the one that strangers reach.
//! - [`manager`] tells a service manager such as systemd that a program is ready, alive, or about to stop.
//!
//! Beside the sources lie `dashboard.json`, for Grafana, and `alerts.yml`, for Prometheus. A test compares both with what the
//! programs really show.

mod figures;
mod listener;
pub mod manager;

pub use figures::Figures;
pub use listener::{Listener, Page, bound_unread, cut_off_when_stalled};
