//! What payouts empty: the accounts of what is owed to teams, to members of a cooperative, and to its lenders.

use crate::chart::{self, Account};
use crate::id::OrganisationId;
use crate::payouts::rules::payout::Source;
use crate::words::words;

/// To whom something is owed, as the chart names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owed {
    /// A team, of milestones.
    Team(OrganisationId),
    /// A team, of prizes.
    Prize(OrganisationId),
    /// The member with this number.
    Member(i32),
    /// The lender with this short name.
    Lender(String),
}

impl Owed {
    /// What is paid to them.
    pub fn source(&self) -> Source {
        match self {
            Owed::Team(_) => Source::Team,
            Owed::Prize(_) => Source::Prize,
            Owed::Member(_) => Source::Member,
            Owed::Lender(_) => Source::Lender,
        }
    }

    /// The account of what is owed, in the currency of the book.
    pub fn account(&self) -> Account {
        match self {
            Owed::Team(team) => chart::team_payable(*team),
            Owed::Prize(team) => chart::prize_payable(*team),
            Owed::Member(number) => chart::member_payable(*number),
            Owed::Lender(name) => chart::lender_payable(name),
        }
    }

    /// To whom is owed what an account holds, by its code; none for other accounts.
    pub fn of_code(code: &str) -> Option<Owed> {
        let parts: Vec<&str> = code.split(':').collect();
        match parts[..] {
            ["liabilities", "payable", "team", team, ..] => team.parse().ok().map(Owed::Team),
            ["liabilities", "payable", "prize", team, ..] => team.parse().ok().map(Owed::Prize),
            ["liabilities", "payable", "member", number, ..] => number.parse().ok().map(Owed::Member),
            ["liabilities", "payable", "lender", name, ..] => Some(Owed::Lender(name.to_owned())),
            _ => None,
        }
    }
}

words! {
    /// What an amount that is owed waits for.
    WaitsFor, "wait of what is owed" {
        /// That the payee gives a bank account.
        BankAccount = "bank_account",
        /// That somebody of the host asks for its payout.
        Request = "request",
        /// That somebody else of the host approves it.
        Approval = "approval",
        /// For whoever screens payees.
        Screening = "screening",
        /// That an operator decides about a hit.
        Operator = "operator",
        /// That the custodian's money is free again.
        Custodian = "custodian",
        /// That somebody of the host sends it.
        Sending = "sending",
        /// That the bank says that it left.
        Bank = "bank",
    }
}

/// The part of a payout that pays one of the amounts that came to be owed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// What the amount is of, by its name.
    pub name: String,
    /// How much of it is paid, minor units.
    pub amount: i64,
}

/// What a payout pays: of the amounts that came to be owed, in their order, the oldest are paid first. `before` is what earlier
/// payouts have paid of them. What no amount explains is left out.
pub fn pays(owed: &[Paid], before: i64, amount: i64) -> Vec<Paid> {
    let (mut skip, mut left) = (before.max(0), amount);
    let mut paid = Vec::new();
    for each in owed {
        let open = (each.amount - skip).max(0);
        skip = (skip - each.amount).max(0);
        let part = open.min(left);
        if part > 0 {
            paid.push(Paid { name: each.name.clone(), amount: part });
            left -= part;
        }
    }
    paid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_source_empties_accounts_of_its_class_and_is_read_back_from_their_codes() {
        let team = OrganisationId::generate();
        let all = [Owed::Team(team), Owed::Prize(team), Owed::Member(7), Owed::Lender("seed-fund".into())];
        for owed in all {
            let account = owed.account();
            assert_eq!(account.class, owed.source().class());
            assert_eq!(Owed::of_code(&account.code), Some(owed.clone()));
            assert_eq!(Owed::of_code(&format!("{}:eur", account.code)), Some(owed));
        }
        let (of_team, of_member) = (Owed::Team(team).account().code, Owed::Member(7).account().code);
        let of_nobody = of_team.replace(&team.to_string(), "x");
        for other in [of_team.replace("payable:team", "costs"), of_nobody, of_member.replace('7', "x")] {
            assert_eq!(Owed::of_code(&other), None, "{other}");
        }
    }

    #[test]
    fn the_oldest_amounts_are_paid_first_and_the_parts_add_up() {
        let owed = |name: &str, amount| Paid { name: name.into(), amount };
        let all = [owed("2026", 300), owed("2027", 200), owed("2028", 100)];
        assert_eq!(pays(&all, 0, 600), all);
        assert_eq!(pays(&all, 250, 300), [owed("2026", 50), owed("2027", 200), owed("2028", 50)]);
        assert_eq!(pays(&all, 300, 200), [owed("2027", 200)]);
        assert_eq!(pays(&all, 500, 400), [owed("2028", 100)], "what nothing explains is left out");
        assert_eq!(pays(&[], 0, 5), []);
    }
}
