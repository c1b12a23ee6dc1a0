//! Every refusal that there is: its code, what it means, what to do about it, and which operations answer it.
//!
//! The one list: `/problems` serves it, the contract takes the codes of each operation from it, and tests hold it against
//! the sources, so that no code is answered that stands nowhere.

mod books;
mod calls;
mod challenges;
mod cooperatives;
mod general;
mod matching;
mod parties;
mod partners;
mod payouts;
mod pledging;

pub use general::{BOOK_FROZEN, QUOTA, STORAGE};

use crate::who_may::{self, Access, Demand};
use std::sync::LazyLock;

/// A kind of refusal.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Stable, in kebab case: the end of the problem's type.
    pub code: &'static str,
    /// The status that it comes with.
    pub status: u16,
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// Which operations answer it.
    pub at: At,
}

/// Which operations answer a refusal.
#[derive(Debug, Clone, Copy)]
pub enum At {
    /// Any that takes what it is about: a body, a parameter, a key.
    Any,
    /// These, by method and path.
    Of(&'static [&'static str]),
    /// Whatever posts to the journal ([`POSTING`]).
    Posting,
    /// Whatever asks somebody for a second factor, by the table of routes.
    SecondFactor,
}

/// The operations that ask somebody for a second factor.
static SECOND_FACTOR: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let asks = |(method, path, access): &&(&str, &str, Access)| {
        who_may::second_factor(method, path, *access) != Demand::Nobody
    };
    let names = who_may::TABLE.iter().filter(asks).map(|(method, path, _)| format!("{method} {path}"));
    names.map(|name| &*name.leak()).collect()
});

/// The operations that post to the journal while they answer.
pub const POSTING: &[&str] = FLOORED.split_at(1).1;

/// The operations that may meet a floor: a hold, and those that post.
const FLOORED: &[&str] = &[
    "POST /v1/books/{book}/holds",
    "POST /v1/books/{book}/journal-entries",
    "POST /v1/books/{book}/journal-entries:batch",
    "POST /v1/books/{book}/journal-entries/{number}:reverse",
    "POST /v1/books/{book}/exchange-results",
    "POST /v1/books/{book}/holds/{hold}:capture",
    "POST /v1/campaigns/{id}/pledges",
    "POST /v1/campaigns/{id}:raise",
    "POST /v1/charges/{id}:capture",
    "POST /v1/charges/{id}:refund",
    "POST /v1/charges/{id}/refunds",
    "POST /v1/payouts/{id}:send",
    "POST /v1/payouts/{id}:fail",
    "POST /v1/books/{book}/payout-status-files",
    "POST /v1/books/{book}/bank-statements",
    "POST /v1/bank-lines/{id}:match",
    "POST /v1/bank-lines/{id}:book",
    "POST /v1/bank-lines/{id}:unbook",
    "POST /v1/bank-differences/{id}:approve",
    "POST /v1/refunds/{id}:settle",
    "POST /v1/refunds/{id}:fail",
    "POST /v1/charges/{id}/chargebacks",
    "POST /v1/chargebacks/{id}:win",
    "POST /v1/chargebacks/{id}:lose",
    "POST /v1/pledges/{id}/suspense",
    "POST /v1/suspense/{id}:match",
    "POST /v1/suspense/{id}:return",
    "POST /v1/books/{book}/risk-reserve:fund",
    "POST /v1/books/{book}/receivables/{team}:recover",
    "POST /v1/books/{book}/receivables/{team}:write-off",
    "POST /v1/pledges/{id}:redirect",
    "POST /v1/purse-contributions/{id}:capture",
    "POST /v1/challenges/{id}/contributions",
    "POST /v1/purse-contributions/{id}:withdraw",
    "POST /v1/entrants/{id}:capture-fee",
    "POST /v1/entrants/{id}:withdraw",
    "POST /v1/challenges/{id}/award",
    "POST /v1/challenges/{id}:cancel",
    "POST /v1/challenges/{id}:roll-over",
    "POST /v1/challenges/{id}:close-submissions",
    "POST /v1/challenges/{id}:rank",
    "POST /v1/matching-rounds/{id}/contributions",
    "POST /v1/matching-rounds/{id}:cancel",
    "POST /v1/cooperatives/{book}/proceeds",
    "POST /v1/proceeds/{id}:reverse",
    "POST /v1/cooperatives/{book}/results",
    "POST /v1/results/{id}:reverse",
    "POST /v1/cooperatives/{book}/distributions",
    "POST /v1/distributions/{id}:open",
    "POST /v1/distributions/{id}:approve",
    "POST /v1/distributions/{id}:withdraw",
    "POST /v1/distributions/{id}:reverse",
    "POST /v1/redemptions/{id}:approve",
    "POST /v1/redemptions/{id}:reverse",
    "POST /v1/cooperatives/{book}/openings",
    "POST /v1/cooperatives/{book}/vat-declarations",
    "POST /v1/openings/{id}:reverse",
    "POST /v1/vat-declarations/{id}:reverse",
    "POST /v1/cooperatives/{book}/advances",
    "POST /v1/advances/{id}:reverse",
    "POST /v1/cooperatives/{book}/loan-interest",
    "POST /v1/cooperatives/{book}/successions",
    "POST /v1/successions/{id}:reverse",
    "POST /v1/remittances/{id}:approve",
    "POST /v1/remittances/{id}:pay",
    "POST /v1/incoming-remittances/{id}:accept",
    "POST /v1/incoming-remittances/{id}:receive",
];

/// All of them, by code.
pub static ALL: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let parts = [
        general::KINDS,
        parties::KINDS,
        partners::KINDS,
        books::KINDS,
        calls::KINDS,
        pledging::KINDS,
        challenges::KINDS,
        matching::KINDS,
        payouts::KINDS,
        cooperatives::KINDS,
    ];
    let mut all = parts.concat();
    all.sort_by_key(|kind| kind.code);
    all
});

/// The kind with a code.
pub fn find(code: &str) -> Option<&'static Kind> {
    let found = ALL.binary_search_by_key(&code, |kind| kind.code).ok()?;
    ALL.get(found)
}

impl Kind {
    /// The `type` of such problems.
    pub fn type_(&self) -> String {
        format!("/problems/{}", self.code)
    }

    /// The operations that answer it, by method and path; none when any may.
    pub fn operations(&self) -> &'static [&'static str] {
        match self.at {
            At::Any => &[],
            At::Of(operations) => operations,
            At::Posting => POSTING,
            At::SecondFactor => &SECOND_FACTOR,
        }
    }

    /// Whether an operation may answer it.
    pub fn is_of(&self, method: &str, path: &str) -> bool {
        let is_it = |operation: &&str| operation.split_once(' ') == Some((method, path));
        matches!(self.at, At::Any) || self.operations().iter().any(is_it)
    }
}

const fn refusal(code: &'static str, meaning: &'static str, remedy: &'static str, at: &'static [&'static str]) -> Kind {
    Kind { code, status: 409, meaning, remedy, at: At::Of(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u2_every_refusal_stands_there_once_and_names_operations_that_there_are() {
        assert!(ALL.windows(2).all(|pair| pair[0].code < pair[1].code), "one stands there twice");
        for kind in ALL.iter() {
            let plain =
                kind.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            assert!(plain && (1..=60).contains(&kind.code.len()), "{}", kind.code);
            assert!(kind.meaning.ends_with('.') && kind.remedy.ends_with('.'), "{}", kind.code);
            for operation in kind.operations() {
                let (method, path) = operation.split_once(' ').unwrap();
                let is_routed = who_may::TABLE.iter().any(|(m, p, _)| (*m, *p) == (method, path));
                assert!(is_routed, "{}: {operation}", kind.code);
            }
        }
        assert!(find("invalid").is_some() && find("foo-bar").is_none());
    }
}
