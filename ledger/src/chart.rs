//! The chart of accounts: every account that the service opens by itself, in the order in which accountants list them.
//!
//! An account is opened when a movement first needs it. What stands in braces is filled in: the slug of a campaign or
//! challenge, the outside id of an organisation, a short name. A book keeps an account in one currency, so that those
//! which several currencies may need have one more for each besides the book's own (see [`Account::in_currency`]).
//!
//! People open further accounts, of classes that no operation manages ([`AccountClass::is_managed`]), and of codes that stand
//! in no row.

use crate::book::AccountClass;
use crate::id::{BookRef, OrganisationId};
use crate::money::Currency;
use jiff::civil::Date;

/// An account of the chart: what it is called, and what it is for. Its floor is that of its class, 0: money that is not there
/// is not spent. Rooms of promises have floors of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its code, such as `liabilities:fund:open-press`.
    pub code: String,
    /// What it is for, and so which movements may reach it.
    pub class: AccountClass,
}

impl Account {
    /// The same account in a currency: that of the book has the plain code, another one has its own code behind it.
    pub fn in_currency(self, currency: Currency, of_book: Currency) -> Account {
        if currency == of_book {
            return self;
        }
        Account { code: format!("{}:{}", self.code, currency.code().to_ascii_lowercase()), ..self }
    }
}

/// A row of the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The code, with names in braces for what is filled in.
    pub code: &'static str,
    /// The class of these accounts.
    pub class: AccountClass,
    /// What they are for.
    pub purpose: &'static str,
}

/// The number of the member whose capital an account is, or against whose shares it stands, by its code; none for every other account.
pub fn member_of(code: &str) -> Option<i32> {
    let number = code.strip_prefix("equity:capital:member:").or_else(|| code.strip_prefix("assets:receivable:member:"));
    number?.parse().ok()
}

/// The row that a code falls under, with or without a currency behind it; none for codes that are free to people.
pub fn row_of(code: &str) -> Option<&'static Row> {
    let parts: Vec<&str> = code.split(':').collect();
    ROWS.iter().find(|row| {
        let wanted: Vec<&str> = row.code.split(':').collect();
        let fits = |(part, wanted): (&&str, &&str)| wanted.starts_with('{') || part == wanted;
        // One more part is the currency of an account beside that of the book's own.
        (parts.len() == wanted.len() || parts.len() == wanted.len() + 1) && parts.iter().zip(&wanted).all(fits)
    })
}

macro_rules! chart {
    ($($name:ident($($arg:ident: $type:ty),*) = $code:literal, $class:ident, $purpose:literal;)*) => {
        /// All rows, in accountants' order: assets, liabilities, equity, income, expenses.
        pub const ROWS: &[Row] =
            &[$(Row { code: $code, class: AccountClass::$class, purpose: $purpose },)*];

        $(
            #[doc = concat!($purpose, " `", $code, "`.")]
            pub fn $name($($arg: $type),*) -> Account {
                Account { code: format!($code), class: AccountClass::$class }
            }
        )*
    };
}

chart! {
    // Assets.
    cash_at(custodian: OrganisationId) = "assets:cash:{custodian}", Cash,
        "Money that has arrived and lies with a custodian: a partner platform, or the host itself.";
    cash_of(name: &str) = "assets:cash:{name}", Cash,
        "What a cooperative's customers have paid, by whoever holds it: a short name.";
    team_receivable(team: OrganisationId) = "assets:receivable:team:{team}", TeamReceivable,
        "What a team owes back, of charges that were lost after it was paid of them.";
    clawback_receivable(team: OrganisationId) = "assets:receivable:clawback:{team}", TeamReceivable,
        "What a team owes back, of claims that were revoked after it was paid of them.";
    customer_receivable(customer: &str) = "assets:receivable:customer:{customer}", CustomerReceivable,
        "What a customer has bought of a cooperative and has still to pay; a short name.";
    member_receivable(member: i32) = "assets:receivable:member:{member}", MemberReceivable,
        "What stands against a member's next shares: advances on them, and what of a loss the member's capital could not bear.";
    receivable(custodian: OrganisationId, day: Date) = "assets:receivable:{custodian}:{day}", Receivable,
        "What a custodian captured on a day and has not yet paid over.";
    shortfall(custodian: OrganisationId) = "assets:shortfall:{custodian}", Receivable,
        "What the bank of a custodian has less than the book said, until it is explained, or comes.";
    due_from(book: BookRef) = "assets:due-from:{book}", DueFromBook,
        "What another cooperative has sent and has still to pay, by its book.";
    vat_receivable() = "assets:vat", VatReceivable,
        "Value added tax on what a cooperative bought, which is taken off when it is declared.";
    disputes(campaign: &str) = "assets:disputes:{campaign}", DisputesPending,
        "Taken back of a campaign's charges by providers, until it is won, or lost and borne.";
    // Liabilities.
    fund(campaign: &str) = "liabilities:fund:{campaign}", Fund,
        "Money given to a campaign, restricted to its milestones.";
    recoveries(campaign: &str) = "liabilities:recoveries:{campaign}", RecoveriesPending,
        "What teams owe back to a campaign's fund, of claims that were revoked, until it comes back or is written off.";
    purse(challenge: &str) = "liabilities:purse:{challenge}", Purse,
        "The money of a challenge's prizes.";
    pool(round: &str) = "liabilities:pool:{round}", Pool,
        "What sponsors gave to a matching round, until it is shared among its campaigns.";
    entry_fees(challenge: &str) = "liabilities:entry-fees:{challenge}", EntryFees,
        "Entry fees of a challenge, until its rules say whose they are.";
    team_payable(team: OrganisationId) = "liabilities:payable:team:{team}", TeamPayable,
        "Released to a team and not yet paid out.";
    prize_payable(team: OrganisationId) = "liabilities:payable:prize:{team}", PrizePayable,
        "Awarded to a team and not yet paid out.";
    member_payable(member: i32) = "liabilities:payable:member:{member}", MemberPayable,
        "A member's share of a surplus, not yet paid out; members are numbered.";
    lender_payable(lender: &str) = "liabilities:payable:lender:{lender}", LenderPayable,
        "A lender's share of a surplus, or what a dissolved cooperative leaves its successor, not yet paid out.";
    costs_payable(supplier: &str) = "liabilities:costs:{supplier}", CostsPayable,
        "Costs of a cooperative that are not yet paid.";
    vat_payable() = "liabilities:vat", VatPayable,
        "Value added tax on what a cooperative sold, until it is declared.";
    loan(lender: &str) = "liabilities:loan:{lender}", LoanPayable,
        "What a lender has lent to a cooperative and has not had back, nor is due to have; a short name.";
    due_to(book: BookRef) = "liabilities:due-to:{book}", DueToBook,
        "What was sent to another cooperative and is still to be paid, by its book.";
    fees(payee: &str) = "liabilities:fees:{payee}", FeePayable,
        "Fees of charges that terms name, to be passed on: `host`, the id of a platform, `processor-` and that of a custodian.";
    suspense(custodian: OrganisationId) = "liabilities:suspense:{custodian}", Suspense,
        "Money that a custodian has and that no due date explains, until somebody says whose payment it is.";
    exchange_owed(custodian: OrganisationId) = "liabilities:exchange-differences:{custodian}", CostsPayable,
        "What the host owes a custodian whose refunds in other currencies cost more than they gave back.";
    payouts_in_transit(custodian: OrganisationId) = "liabilities:payouts:{custodian}", PayoutsInTransit,
        "What was sent to payees from a custodian's cash, until its bank says that it left.";
    refunds_in_transit(custodian: OrganisationId) = "liabilities:refunds:{custodian}", RefundsInTransit,
        "What a custodian is to send back to those who gave it.";
    // Equity.
    member_capital(member: i32) = "equity:capital:member:{member}", MemberCapital,
        "A member's retained share.";
    risk_reserve() = "equity:risk-reserve", RiskReserve,
        "The host's own money, which bears what nobody else does.";
    reserve() = "equity:reserve", Reserve,
        "The indivisible reserve of a cooperative.";
    development() = "equity:development", DevelopmentFund,
        "The part of surpluses that pays for the next development.";
    own_fund(name: &str) = "equity:fund:{name}", DevelopmentFund,
        "Another fund that a cooperative's rule feeds from surpluses.";
    opening() = "equity:opening", OpeningEquity,
        "What a book that was begun elsewhere stands against when it is opened here: assets less debts, capital and funds, so nothing.";
    surplus() = "equity:surplus", Surplus,
        "The result of closed periods that is not yet distributed.";
    operating(challenge: &str) = "equity:operating:{challenge}", OperatingFund,
        "Entry fees that the rules of a challenge gave to running it.";
    commitment_room(campaign: &str) = "equity:commitments:{campaign}:room", CommitmentRoom,
        "What may still be pledged to a campaign, in a unit of promises; no money. Its floor is minus the cap.";
    commitment_beyond(campaign: &str) = "equity:commitments:{campaign}:beyond", CommitmentRoom,
        "Where promises come from that the cap of a campaign does not hold: later payments of open plans, and what a raised cap adds.";
    commitment_pledged(campaign: &str) = "equity:commitments:{campaign}:pledged", CommitmentPledged,
        "Promised to a campaign and not dropped, whether it was collected or not; no money.";
    tier_room(campaign: &str, tier: i32) = "equity:places:{campaign}:{tier}:room", CommitmentRoom,
        "Places of a campaign's tier that are free; tiers are numbered. Its floor is minus their number.";
    tier_taken(campaign: &str, tier: i32) = "equity:places:{campaign}:{tier}:taken", CommitmentPledged,
        "Places of a campaign's tier that pledges have.";
    // Income.
    sales(label: &str) = "income:sales:{label}", Sales,
        "What a cooperative sold, by what it is.";
    fee_income() = "income:fees", FeeIncome,
        "What the host earned by fees that terms name, once their charges had settled.";
    interest_income() = "income:interest", InterestIncome,
        "Interest that the bank of the host paid.";
    refund_gain() = "income:exchange-differences", ExchangeGain,
        "What refunds in other currencies cost less than they gave back.";
    exchange_gain(unit: &str) = "income:exchange-gain:{unit}", ExchangeGain,
        "What exchange accounts earned, by the unit in which it is counted, in lower case.";
    // Expenses.
    cost(label: &str) = "expenses:cost:{label}", Cost,
        "What production cost, by what it was.";
    loss_brought_forward() = "expenses:loss-brought-forward", Cost,
        "The loss with which a cooperative's book was opened that was begun elsewhere, until a result bears it or a distribution divides it.";
    bank_charges() = "expenses:bank-charges", BankCharges,
        "What the bank of the host took for its services.";
    refund_loss() = "expenses:exchange-differences", ExchangeLoss,
        "What refunds in other currencies cost more than they gave back.";
    exchange_loss(unit: &str) = "expenses:exchange-loss:{unit}", ExchangeLoss,
        "What exchange accounts lost, by the unit in which it is counted, in lower case.";
}

/// Whose an account of the chart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// An organisation: a custodian or a team.
    Organisation(OrganisationId),
    /// The campaign with this slug.
    Campaign(&'a str),
    /// The challenge with this slug.
    Challenge(&'a str),
    /// Somebody whom the book knows by a short name, a pseudonym: who holds a cooperative's money, owes it some, or is to be paid.
    Party(&'a str),
}

/// Whose an account is, by its code; none for those that belong to the book, or to members and lenders.
pub fn owner(code: &str) -> Option<Owner<'_>> {
    let parts: Vec<&str> = code.split(':').collect();
    let organisation = |id: &str| id.parse().ok().map(Owner::Organisation);
    match parts[..] {
        ["assets", "cash", whose, ..] => organisation(whose).or(Some(Owner::Party(whose))),
        ["assets", "receivable", "customer", party, ..] | ["liabilities", "costs" | "loan", party, ..] => {
            Some(Owner::Party(party))
        }
        ["assets", "receivable", "team" | "clawback", id, ..]
        | ["assets", "receivable" | "shortfall", id, ..]
        | ["liabilities", "payable", "team" | "prize", id, ..]
        | ["liabilities", "refunds" | "fees" | "suspense" | "exchange-differences" | "payouts", id, ..] => {
            organisation(id)
        }
        ["liabilities", "fund" | "recoveries", slug, ..]
        | ["assets", "disputes", slug, ..]
        | ["equity", "commitments" | "places", slug, ..] => Some(Owner::Campaign(slug)),
        ["liabilities", "purse" | "entry-fees", slug, ..] | ["equity", "operating", slug, ..] => {
            Some(Owner::Challenge(slug))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::AccountKind;

    #[test]
    fn the_chart_is_in_accountants_order_and_each_code_begins_with_the_root_of_its_class() {
        use AccountKind::{Asset, Equity, Expense, Income, Liability};
        let order =
            |row: &Row| [Asset, Liability, Equity, Income, Expense].iter().position(|kind| *kind == row.class.kind());
        assert!(ROWS.is_sorted_by_key(order));
        for row in ROWS {
            assert!(row.code.starts_with(&format!("{}:", row.class.kind().root())), "{}", row.code);
            assert!(row.class.is_managed(), "{}: people could post to it by hand", row.code);
        }
    }

    #[test]
    fn f1_every_code_of_the_chart_is_known_as_one_with_a_currency_or_without_and_others_are_free() {
        for row in ROWS {
            let code: String = row.code.replace("{day}", "2027-01-01").replace(['{', '}'], "");
            assert_eq!(row_of(&code).map(|found| found.class), Some(row.class), "{code}");
            assert!(row_of(&format!("{code}:eur")).is_some(), "{code}:eur");
        }
        for free in
            ["assets:cash", "assets:till", "liabilities:loans:bank", "equity:own", "income:sales", "expenses:rent:hall"]
        {
            assert_eq!(row_of(free), None, "{free}");
        }
    }

    #[test]
    fn an_account_has_its_currency_behind_its_code_unless_it_is_that_of_the_book() {
        let (usd, eur) = (Currency::USD, Currency::EUR);
        assert_eq!(fund("open-press").in_currency(usd, usd).code, "liabilities:fund:open-press");
        assert_eq!(costs_payable("steel").in_currency(eur, usd).code, "liabilities:costs:steel:eur");
        assert_eq!(
            member_payable(3),
            Account { code: "liabilities:payable:member:3".into(), class: AccountClass::MemberPayable }
        );
    }

    #[test]
    fn the_owner_of_every_account_of_the_chart_is_read_from_its_code() {
        let id = OrganisationId::generate();
        for row in ROWS {
            let mut code = row.code.to_owned();
            for (name, filled) in [
                ("custodian", &*id.to_string()),
                ("team", &id.to_string()),
                ("day", "2027-01-31"),
                ("campaign", "press"),
            ] {
                code = code.replace(&format!("{{{name}}}"), filled);
            }
            let code = code.replace("{challenge}", "drill").replace("{supplier}", "steel").replace("{name}", "bank");
            let code = code.replace("{customer}", "cafe");
            let code = if row.code == "liabilities:loan:{lender}" { code.replace("{lender}", "seed") } else { code };
            let is = if row.code.contains("{custodian}") || row.code.contains("{team}") {
                Some(Owner::Organisation(id))
            } else if row.code.contains("{campaign}") {
                Some(Owner::Campaign("press"))
            } else if row.code.contains("{challenge}") {
                Some(Owner::Challenge("drill"))
            } else {
                let parties = [
                    "assets:cash:bank",
                    "assets:receivable:customer:cafe",
                    "liabilities:costs:steel",
                    "liabilities:loan:seed",
                ];
                let of_party = parties.contains(&&*code);
                code.rsplit(':').next().filter(|_| of_party).map(Owner::Party)
            };
            assert_eq!(owner(&code), is, "{code}");
            assert_eq!(owner(&format!("{code}:eur")), is, "{code}:eur");
        }
        assert_eq!(owner("assets:receivable:rent"), None);
    }
}
