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
}
