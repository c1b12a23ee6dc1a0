//! Parties: people, organisations, their roles, and how they sign in.
//! Stands on: engine, service.

/// Pure rules.
pub mod rules {
    pub mod credential;
    pub mod invitation;
    pub mod join_request;
    pub mod language;
    pub mod organisation;
    pub mod person;
    pub mod privacy;
    pub mod request;
    pub mod role;
    pub mod second_factor;
    pub mod second_factor_reset;
    pub mod tie;
}

/// SQL, and nothing else.
pub mod store {
    pub mod browsers;
    pub mod credentials;
    pub mod invitations;
    pub mod join_requests;
    pub mod organisations;
    pub mod outside_identities;
    pub mod people;
    pub mod requests;
    pub mod second_factor_resets;
    pub mod second_factors;
    pub mod sessions;
    pub mod ties;
    pub mod tokens;
}

/// Lock, decide, save.
pub mod operations {
    pub mod browsers;
    pub mod credentials;
    pub mod invitations;
    pub mod join_requests;
    pub mod operators;
    pub mod organisations;
    pub mod outside_identities;
    pub mod persons;
    pub mod roles;
    pub mod second_factor_resets;
    mod second_factor_steps;
    pub mod second_factors;
    pub mod sign_in;
    pub mod standing;
    pub mod ties;
}
