//! The suite.

mod books;
mod chaos;
mod contract;
mod cooperatives;
mod figures;
mod host;
mod house;
mod logins;
mod milestones;
mod paths;
mod pledging;
mod readme;
mod reports {
    mod exports;
}
mod repository;
mod routes;
mod scene;
mod story;
