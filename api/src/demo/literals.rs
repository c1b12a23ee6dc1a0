//! The numbers of the story, in one place, so that a check can be seen to fail when one of them is changed.

use anyhow::{Context as _, bail};

macro_rules! literals {
    ($($(#[$doc:meta])* $name:ident = $value:literal;)*) => {
        /// What the story says must come out.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Literals {
            $($(#[$doc])* pub $name: String,)*
        }

        impl Default for Literals {
            fn default() -> Literals {
                Literals { $($name: $value.to_owned(),)* }
            }
        }

        impl Literals {
            /// The story's own numbers with some of them changed: `name=value`.
            pub fn with_changes(changes: &[String]) -> anyhow::Result<Literals> {
                let mut literals = Literals::default();
                for change in changes {
                    let (name, value) = change.split_once('=').context("a change is NAME=VALUE")?;
                    match name {
                        $(stringify!($name) => literals.$name = value.to_owned(),)*
                        _ => bail!("the story has no literal {name}"),
                    }
                }
                Ok(literals)
            }
        }
    };
}

literals! {
    /// The campaign's goal a month, USD.
    goal = "3000.00";
    /// How many donors the partner brings.
    donors = "100";
    /// What each of them gives a month, USD.
    monthly = "30.00";
    /// Charges after the first month: one for each donor.
    charges_first_month = "100";
    /// Charges after the year: once a month for each donor.
    charges = "1200";
    /// Receipts after the year: one a charge.
    receipts = "1200";
    /// Cash of the host after the year, USD.
    cash = "36000.00";
    /// What teams are owed after the year: nine products of 4,000.00, USD.
    team_payables = "36000.00";
    /// What is left in the fund after the year, USD.
    fund = "0.00";
    /// Products that were paid for.
    products = "9";

    /// What the challenge's purse must hold before it opens, USD.
    purse = "250000.00";
    /// What it lacks when opening is refused, USD.
    purse_short = "0.01";
    /// Teams that enter the challenge, each with a proposal.
    entrants = "20";
    /// Awards for proposals, USD.
    proposal_prizes = "20 x 1000.00";
    /// Awards for prototypes, USD.
    prototype_prizes = "8 x 5000.00";
    /// Award for the best final, USD.
    grand_prize = "125000.00";
    /// Award for the second final, USD.
    second_prize = "40000.00";
    /// What those get whose work the winner built on: 37.5, 33.3, 19.2 and 10.0 % of 25,000.00 USD.
    contributor_prizes = "9375.00 / 8325.00 / 4800.00 / 2500.00";
    /// Cash of the host after the challenge, USD.
    closing_cash = "286000.00";
    /// What winners are owed after it, USD.
    prizes_payable = "250000.00";
    /// What is left in the fund and in the purse after it, USD.
    closing_restricted = "0.00";

    /// What came to a campaign that failed, and goes back whole: three gifts of 50.00 USD.
    failed = "150.00";
    /// What a donor of 40.00 USD gets back.
    refund = "15.00";
    /// What stays of it, USD.
    kept = "25.00";
    /// A gift of 100.00 USD after the processor's fee of 3.20 and the host's of 5 %.
    net_gift = "91.80";
    /// Who bears that gift when the donor's bank has taken it back for a fee of 15.00 USD: what the team is owed, the host's fee, and
    /// the risk reserve 3.20 and 15.00.
    bearers = "team_payable 91.80 / host_fee 5.00 / risk_reserve 18.20";

    /// Payouts of the host's run: one to the team of nine products, and one to each of twenty that won a prize.
    host_payouts = "21";
    /// What that run pays: 36,000.00 and 250,000.00 USD.
    host_paid = "286000.00";
    /// What the bank's statement says is left after it, and the book the same, USD.
    host_statement = "6.80";
    /// What is owed to anybody after a run, USD.
    owed_after = "0.00";
    /// What nobody can explain of the difference between bank and book, USD.
    unexplained = "0.00";

    /// The development fund's tenth of 12,345.67 less 345.67 USD.
    first_development = "1200.00";
    /// Four fifths of the rest, by hours 2,080, 1,560, 1,040 and 520, USD.
    first_workers = "3456.00 / 2592.00 / 1728.00 / 864.00";
    /// A fifth of the rest, in equal parts, USD.
    first_managers = "1080.00 / 1080.00";
    /// The development fund's tenth of 12,345.67 less 345.60 USD.
    second_development = "1200.01";
    /// The workers' shares of the second period, USD.
    second_workers = "3456.02 / 2592.02 / 1728.01 / 864.00";
    /// The managers' shares of the second period, USD.
    second_managers = "1080.01 / 1080.00";
    /// Statements after two periods: one for each of six members and each period.
    statements = "12";
    /// Cash of the cooperative after two periods, USD.
    cooperative_cash = "24691.34";
    /// What its members are owed after two periods, USD.
    members_payable = "21600.06";
    /// Payouts of the cooperative's run: one to each member.
    cooperative_payouts = "6";
    /// What the bank's statement says is left after it, and the book the same: 24,691.34 less 21,600.06 USD.
    cooperative_statement = "3091.28";
    /// What stands in its development fund after two periods, USD.
    development_fund = "2400.01";

    /// What the bakery's bank says at the end of each quarter, USD.
    bakery_closings = "25440.10 / 40783.75 / 46884.55 / 59620.55";
    /// What two members have as an advance, USD.
    bakery_advances = "1800.00";
    /// The bakery's sales, costs, interest and fees of the bank, USD.
    bakery_figures = "156400.00 / 106315.80 / 25.80 / 110.00";
    /// What these come to, USD.
    bakery_surplus = "50000.00";
    /// A fifth of it for the reserve, and a tenth for the education fund, USD.
    bakery_funds = "10000.00 / 5000.00";
    /// What is left for the members, USD.
    bakery_shared = "35000.00";
    /// Four fifths of that, by hours 2,080, 1,560, 1,040 and 520, USD.
    bakers_shares = "11200.00 / 8400.00 / 5600.00 / 2800.00";
    /// What advances have taken of each of these, USD.
    bakers_netted = "1200.00 / 0.00 / 0.00 / 600.00";
    /// A quarter of the rest stays as capital, USD.
    bakers_retained = "2500.00 / 2100.00 / 1400.00 / 550.00";
    /// What the bakers are paid, USD.
    bakers_cash = "7500.00 / 6300.00 / 4200.00 / 1650.00";
    /// What the shop's two have brought is worth: 200 hours of a van at 10.00, and 30 shelves at 50.00.
    shop_worths = "2000.00 / 1500.00";
    /// The shop's fifth, as these are to each other, USD.
    shop_shares = "4000.00 / 3000.00";
    /// A quarter of it stays as capital, USD.
    shop_retained = "1000.00 / 750.00";
    /// What the shop's members are paid, USD.
    shop_cash = "3000.00 / 2250.00";
    /// What all six are paid, USD.
    bakery_paid = "24900.00";
    /// Lines of the bank: 34 of the four quarters, two advances and six shares.
    bakery_lines = "42";
    /// What the bank says is left: 59,620.55 less 24,900.00 USD.
    bakery_left = "34720.55";
    /// What the statements of all members come to: shares, what advances took, what stays, what is paid, USD.
    bakery_statements = "35000.00 / 1800.00 / 8300.00 / 24900.00";
    /// What the income statement of the year says: earned, spent, and the result, USD.
    bakery_result = "156425.80 / 106425.80 / 50000.00";
    /// The balance sheet at the end of the year: assets, liabilities, equity, and a result that is closed, USD.
    bakery_year_end = "63880.55 / 12380.55 / 51500.00 / 0.00";
    /// The same once the year was shared: 26,700.00 went to the members, in two files.
    bakery_end = "37180.55 / 12380.55 / 24800.00 / 0.00";
}
