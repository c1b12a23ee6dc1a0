//! The suite.

mod bank_answers;
mod books;
mod chaos;
mod claims;
mod clients;
mod clock;
mod closing;
mod contract;
mod cooperatives;
mod crowd;
mod doctor;
mod door;
mod events;
mod evidence;
mod extensions;
mod figures;
mod frozen;
mod guide;
mod host;
mod house;
mod logins;
mod matching;
mod milestones;
mod outbox;
mod pages;
mod paths;
mod payees;
mod payout_files;
mod payouts;
mod pledging;
mod polls;
mod readme;
mod reports {
    mod exports;
}
mod refusals;
mod repository;
mod restore;
mod routes;
mod scene;
mod second_factor;
mod shares;
mod statement_files;
mod story;
mod told;
mod winding;
