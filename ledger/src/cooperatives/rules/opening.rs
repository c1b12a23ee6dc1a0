//! With what a cooperative's book begins that was kept elsewhere before.

use super::cooperative::is_short_name;
use super::undone::{self, Undone};
use crate::chart;
use crate::error::Refusal;
use crate::id::{OpeningId, OrganisationId, PersonId};
use crate::money::Money;
use jiff::Timestamp;
use jiff::civil::Date;

/// The opening of a book: one entry, in which assets and a loss brought forward are as much as debts, capital, reserve and funds together. Written once, and taken
/// back once; one stands at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its id.
    pub id: OpeningId,
    /// All that the book has at its opening, and a loss brought forward.
    pub assets: Money,
    /// The day whose balances they are.
    pub opened_on: Date,
    /// Text for people.
    pub memo: String,
    /// Record number of its journal entry.
    pub entry: i64,
    /// Who wrote it down.
    pub recorded_by: PersonId,
    /// When it was written down, in book time.
    pub recorded_at: Timestamp,
    /// By whom and why it was taken back, if it was.
    pub undone: Option<Undone>,
}

impl Opening {
    /// Refuses with `already-reversed` what was taken back.
    pub fn stands(&self) -> Result<(), Refusal> {
        undone::stands(self.undone.as_ref(), "the opening was taken back: write it down again")
    }
}

/// An account that may have had something before its book was kept here, and the number of the member whose it is, if it is one's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedAccount {
    /// The account.
    pub account: chart::Account,
    /// The number of the member.
    pub member: Option<i32>,
}

/// The account of a cooperative that a code names, if it may have had something before: money, what is owed, loans, capital, reserve,
/// funds, and a loss that the next result is to bear. `own`: the cooperative, whose own account at the bank is among them.
pub fn account(code: &str, own: OrganisationId) -> Option<OpenedAccount> {
    let last = code.rsplit(':').next().unwrap_or_default();
    let (mut accounts, mut member) = (
        vec![
            chart::cash_at(own),
            chart::vat_receivable(),
            chart::vat_payable(),
            chart::reserve(),
            chart::development(),
            chart::loss_brought_forward(),
        ],
        None,
    );
    if is_short_name(last) {
        accounts.extend([
            chart::cash_of(last),
            chart::customer_receivable(last),
            chart::lender_payable(last),
            chart::costs_payable(last),
            chart::loan(last),
            chart::own_fund(last),
        ]);
    }
    if let Some(number) = last.parse().ok().filter(|number: &i32| *number > 0) {
        let of_member =
            [chart::member_receivable(number), chart::member_payable(number), chart::member_capital(number)];
        member = of_member.iter().any(|account| account.code == code).then_some(number);
        accounts.extend(of_member);
    }
    let account = accounts.into_iter().find(|account| account.code == code)?;
    Some(OpenedAccount { account, member })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_cooperative_opens_is_named_by_its_code_and_by_no_other() {
        let own = OrganisationId::generate();
        for (wanted, member) in [
            (chart::cash_at(own), None),
            (chart::cash_of("bank"), None),
            (chart::customer_receivable("cafe"), None),
            (chart::vat_receivable(), None),
            (chart::vat_payable(), None),
            (chart::member_receivable(3), Some(3)),
            (chart::member_payable(3), Some(3)),
            (chart::lender_payable("seed"), None),
            (chart::costs_payable("3"), None),
            (chart::loan("seed"), None),
            (chart::member_capital(12), Some(12)),
            (chart::reserve(), None),
            (chart::development(), None),
            (chart::own_fund("education"), None),
            (chart::loss_brought_forward(), None),
        ] {
            assert_eq!(account(&wanted.code, own), Some(OpenedAccount { account: wanted, member }));
        }
        let capital = chart::member_capital(3).code;
        for other in [
            chart::cash_at(OrganisationId::generate()).code,
            chart::surplus().code,
            chart::sales("presses").code,
            capital.replace(":3", ":03"),
            capital.replace(":3", ":0"),
            capital.replace(":3", ":-3"),
            format!("{}:eur", chart::reserve().code),
            chart::costs_payable("").code,
            chart::costs_payable("A").code,
            String::new(),
        ] {
            assert_eq!(account(&other, own), None, "{other}");
        }
    }
}
