//! Accounts: their numbers, their classes, and the side on which their balance stands.

use std::fmt;

/// Number of an account within its book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountNumber(pub i32);

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The five kinds of account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// What the book has: debit-normal.
    Asset,
    /// What it owes or holds for others: credit-normal.
    Liability,
    /// What is its own: credit-normal.
    Equity,
    /// What it earned: credit-normal.
    Income,
    /// What it spent: debit-normal.
    Expense,
}

impl AccountKind {
    /// 1 for credit-normal, -1 for debit-normal: `side * (credits - debits)` is the balance on its own side.
    pub fn side(self) -> i16 {
        match self {
            AccountKind::Asset | AccountKind::Expense => -1,
            AccountKind::Liability | AccountKind::Equity | AccountKind::Income => 1,
        }
    }

    /// Name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            AccountKind::Asset => "asset",
            AccountKind::Liability => "liability",
            AccountKind::Equity => "equity",
            AccountKind::Income => "income",
            AccountKind::Expense => "expense",
        }
    }

    /// From the first part of an account code.
    pub fn from_root(root: &str) -> Option<AccountKind> {
        use AccountKind as K;
        [K::Asset, K::Liability, K::Equity, K::Income, K::Expense].into_iter().find(|kind| kind.root() == root)
    }

    /// First part of an account code.
    pub fn root(self) -> &'static str {
        match self {
            AccountKind::Asset => "assets",
            AccountKind::Liability => "liabilities",
            AccountKind::Equity => "equity",
            AccountKind::Income => "income",
            AccountKind::Expense => "expenses",
        }
    }
}

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal, $kind:ident, $managed:literal;)*) => {
        /// What an account is for. Movements are stated in classes; the database holds the same list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i16)]
        pub enum AccountClass {
            $($(#[$doc])* $variant = $number,)*
        }

        impl AccountClass {
            /// All classes, by number.
            pub const ALL: &'static [AccountClass] = &[$(AccountClass::$variant,)*];

            /// Name in the API and in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(AccountClass::$variant => $name,)*
                }
            }

            /// The kind of its accounts.
            pub fn kind(self) -> AccountKind {
                match self {
                    $(AccountClass::$variant => AccountKind::$kind,)*
                }
            }

            /// Whether it moves by its operations only, so that raw journal entries are refused.
            pub fn is_managed(self) -> bool {
                match self {
                    $(AccountClass::$variant => $managed,)*
                }
            }
        }
    };
}

classes! {
    /// Money given for a purpose, held for others with a right of return.
    Fund = 1, "fund", Liability, true;
    /// The money of a challenge's prizes.
    Purse = 2, "purse", Liability, true;
    /// Money that matches gifts.
    Pool = 3, "pool", Liability, true;
    /// What a custodian has captured and not yet paid over, per partner and day.
    Receivable = 4, "receivable", Asset, true;
    /// Money at a custodian.
    Cash = 5, "cash", Asset, true;
    /// Released to a team and not yet paid out.
    TeamPayable = 6, "team_payable", Liability, true;
    /// Awarded and not yet paid out.
    PrizePayable = 7, "prize_payable", Liability, true;
    /// Fees named in terms, not yet earned or withheld.
    FeePayable = 8, "fee_payable", Liability, true;
    /// Refunds sent and not yet settled.
    RefundsInTransit = 9, "refunds_in_transit", Liability, true;
    /// Payouts sent and not yet settled.
    PayoutsInTransit = 10, "payouts_in_transit", Liability, true;
    /// Taken back by a provider while a dispute runs.
    DisputesPending = 11, "disputes_pending", Asset, true;
    /// Entry fees of a challenge, held until its rules say whose they are.
    EntryFees = 12, "entry_fees", Liability, true;
    /// A line of a programme's budget.
    ProgrammeLine = 13, "programme_line", Liability, true;
    /// The part of a surplus that pays for the next development.
    DevelopmentFund = 14, "development_fund", Equity, true;
    /// A member's share, not yet paid out.
    MemberPayable = 15, "member_payable", Liability, true;
    /// A member's retained share.
    MemberCapital = 16, "member_capital", Equity, true;
    /// A lender's share of a surplus, not yet paid out.
    LenderPayable = 17, "lender_payable", Liability, true;
    /// What a team owes back.
    TeamReceivable = 18, "team_receivable", Asset, true;
    /// The fund's claim behind what a team owes back.
    RecoveriesPending = 19, "recoveries_pending", Liability, true;
    /// Received and not yet understood.
    Suspense = 20, "suspense", Liability, true;
    /// The host's own money against losses.
    RiskReserve = 21, "risk_reserve", Equity, true;
    /// Entry fees that the rules gave to running the challenge.
    OperatingFund = 22, "operating_fund", Equity, true;
    /// Fees earned.
    FeeIncome = 23, "fee_income", Income, true;
    /// What the bank took.
    BankCharges = 24, "bank_charges", Expense, true;
    /// What the bank paid.
    InterestIncome = 25, "interest_income", Income, true;
    /// What a cooperative sold.
    Sales = 26, "sales", Income, true;
    /// What production cost.
    Cost = 27, "cost", Expense, true;
    /// Costs not yet paid.
    CostsPayable = 28, "costs_payable", Liability, true;
    /// What customers owe.
    CustomerReceivable = 29, "customer_receivable", Asset, true;
    /// The result of closed periods, not yet distributed.
    Surplus = 30, "surplus", Equity, true;
    /// Indivisible reserve.
    Reserve = 31, "reserve", Equity, true;
    /// Borrowed.
    LoanPayable = 32, "loan_payable", Liability, true;
    /// Owed to another book of the installation.
    DueToBook = 33, "due_to_book", Liability, true;
    /// Owed by another book of the installation.
    DueFromBook = 34, "due_from_book", Asset, true;
    /// The other side of opening balances.
    OpeningEquity = 35, "opening_equity", Equity, true;
    /// Earned by currencies that rose, or fell in time.
    ExchangeGain = 36, "exchange_gain", Income, true;
    /// Lost by currencies.
    ExchangeLoss = 37, "exchange_loss", Expense, true;
    /// What may still be pledged to a campaign, in its commitment unit: begins at 0, and its floor is minus the cap.
    CommitmentRoom = 38, "commitment_room", Equity, true;
    /// Promised and not yet collected, in a commitment unit.
    CommitmentPledged = 39, "commitment_pledged", Equity, true;
    /// Any other asset.
    Asset = 40, "asset", Asset, false;
    /// Any other liability.
    Liability = 41, "liability", Liability, false;
    /// Any other equity.
    Equity = 42, "equity", Equity, false;
    /// Any other income.
    Income = 43, "income", Income, false;
    /// Any other expense.
    Expense = 44, "expense", Expense, false;
    /// An open position in a currency: through a pair of these, entries across currencies balance in each.
    Exchange = 45, "exchange", Equity, false;
    /// Promised and collected, in a commitment unit.
    CommitmentCollected = 46, "commitment_collected", Equity, true;
    /// A part of a loss that stands against a member's next shares, and is not claimed otherwise.
    MemberReceivable = 47, "member_receivable", Asset, true;
    /// Value added tax on what a cooperative sold, to be declared.
    VatPayable = 48, "vat_payable", Liability, true;
    /// Value added tax on what it bought, which is taken off.
    VatReceivable = 49, "vat_receivable", Asset, true;
}

impl AccountClass {
    /// The number in the rows.
    pub fn number(self) -> i16 {
        self as i16
    }

    /// Whether whoever opens an account of the class says how low its balance may fall. Those of all other classes have the
    /// floor 0.
    pub fn has_own_floors(self) -> bool {
        !self.is_managed() || self == AccountClass::CommitmentRoom
    }

    /// Classes whose accounts belong to one person each: outsiders see no single one of them.
    pub const OF_PERSONS: &'static [AccountClass] =
        &[AccountClass::MemberPayable, AccountClass::MemberCapital, AccountClass::LenderPayable];

    /// From the number in a row.
    pub fn from_number(number: i16) -> Option<AccountClass> {
        Self::ALL.iter().copied().find(|class| class.number() == number)
    }

    /// From the name in the API.
    pub fn from_name(name: &str) -> Option<AccountClass> {
        Self::ALL.iter().copied().find(|class| class.as_str() == name)
    }
}
