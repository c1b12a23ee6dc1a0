//! The suite.

mod books;
mod chaos;
mod contract;
mod cooperatives;
mod doctor;
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
mod restore;
mod routes;
mod scene;
mod story;
