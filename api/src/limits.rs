//! What nobody may take from the others: requests in a time, connections to the database, bytes of bodies,
//! a place in line.

pub mod address;
pub mod declines;
pub mod place;
pub mod rate;
pub mod shares;
pub mod turn;
