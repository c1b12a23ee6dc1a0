//! Challenges: purses, entrants, submissions, judging, shares and awards.
//! Stands on: engine, service, parties, books, treasury.

/// Pure rules.
pub mod rules {
    pub mod appeal;
    pub mod award;
    pub mod challenge;
    mod challenge_state;
    pub mod challenge_turns;
    pub mod changes;
    pub mod entering;
    pub mod entrant;
    pub mod entry_import;
    pub mod fee_gate;
    pub mod judging;
    mod money_text;
    pub mod purse;
    pub mod rulebook;
    pub mod share_plan;
    pub mod submission;
    mod wording;
}

/// SQL, and nothing else.
pub mod store {
    pub mod appeals;
    pub mod attributions;
    pub mod awards;
    pub mod challenges;
    pub mod consents;
    pub mod contributions;
    pub mod entrants;
    pub mod news;
    pub mod rubrics;
    pub mod scorecards;
    pub mod share_plans;
    pub mod submissions;
}

/// Lock, decide, save.
pub mod operations {
    pub mod appeals;
    pub mod awards;
    pub mod challenges;
    pub mod consents;
    pub mod judging;
    mod locked;
    pub mod news;
    pub mod purses;
    pub mod rollovers;
    pub mod rubrics;
    pub mod share_notices;
    pub mod share_plans;
    pub mod submissions;
    mod waits;
}
