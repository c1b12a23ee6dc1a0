//! The suite.

mod books;
mod chaos;
mod contract;
mod cooperatives;
mod exports;
mod house;
mod lineage;
mod milestones;
mod paths;
mod pledging;
mod readme;
mod records;
mod repository;
mod routes;
mod scene;
mod story;
mod units;
