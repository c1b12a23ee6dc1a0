//! The routes in this process, against a real PostgreSQL.

mod challenges;
mod pledging;
