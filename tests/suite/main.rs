//! The suite.

mod books;
mod chaos;
mod contract;
mod cooperatives;
mod exports;
mod lineage;
mod milestones;
mod pledging;
mod readme;
mod records;
mod repository;
mod routes;
mod scene;
mod story;
mod units;
