//! What a rule that is not published would make of a surplus. Nothing is written.

use super::{allocation_rules, inputs, member_indices, members};
use crate::cooperatives::rules::allocation_rule::{Rule, Target};
use crate::cooperatives::rules::cooperative::{Cooperative, Period};
use crate::cooperatives::rules::inputs::{Inputs, MemberInput};
use crate::cooperatives::rules::plan::Plan;
use crate::cooperatives::rules::waterfall::{self, Taken};
use crate::cooperatives::store::cooperatives;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;

/// Days of the year by which interest is previewed for members who are given.
const A_YEAR: u64 = 365;

/// Among whom a surplus is divided in a preview.
#[derive(Debug, Clone)]
pub enum Among {
    /// The cooperative's members with what they contributed in a period.
    Members(Period),
    /// Members who are given, with what they are given.
    Given(Vec<MemberInput>),
}

/// A rule that is to be tried before it is published.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The rule.
    pub rule: Rule,
    /// The day from which it would hold.
    pub effective_from: Date,
    /// Days in which members could object to a distribution by it.
    pub window_days: u16,
    /// Sales, minor units.
    pub gross: i64,
    /// How much of them was business with others than members, minor units.
    pub non_member: i64,
    /// What is divided, minor units.
    pub surplus: i64,
    /// Among whom.
    pub among: Among,
}

/// What a rule makes of it.
#[derive(Debug, Clone)]
pub struct Previewed {
    /// Who gets what.
    pub plan: Plan,
    /// What each step took, in their order.
    pub steps: Vec<Taken>,
}

/// Says what a rule would make of a surplus, step by step: what lenders have had, what lies in pots and what capital has been is that of
/// the book as it is now. Of members who are given, the capital counts for a year.
///
/// # Errors
///
/// What [`allocation_rules::publish`] refuses a rule with; `no-weights` and `no-surplus`, as a distribution by it;
/// `not-a-cooperative`; [`Error::NotFound`] for an unknown book.
pub async fn preview(client: &impl GenericClient, book: BookId, trial: Trial) -> Result<Previewed, Error> {
    let book = members::book_of(client, book).await?;
    let cooperative = cooperatives::find(client, book.id).await?.unwrap_or(Cooperative::NEW);
    let rule = &trial.rule;
    allocation_rules::check("", rule, trial.effective_from, trial.window_days, cooperative.closed_through)?;
    member_indices::check_ratio(client, book.id, rule, trial.effective_from).await?;
    let (gross, non_member, net) = (trial.gross, trial.non_member, trial.surplus);
    let inputs = match trial.among {
        Among::Members(period) => {
            let earned = inputs::Earned { period, gross, non_member, net };
            inputs::gather(client, &book, &cooperative, rule, earned).await?
        }
        Among::Given(given) => {
            let inputs = given_members(client, &book, &cooperative, rule, given).await?;
            Inputs { gross, net, non_member, ..inputs }
        }
    };
    let (plan, steps) = waterfall::walk(rule, &inputs)?;
    Ok(Previewed { plan, steps })
}

/// Members who are given, in the book as it is now. The capital that they are given counts as capital that there has been.
async fn given_members(
    client: &impl GenericClient,
    book: &Book,
    cooperative: &Cooperative,
    rule: &Rule,
    members: Vec<MemberInput>,
) -> Result<Inputs, Error> {
    let of_book = inputs::of_book(client, book, cooperative, rule).await?;
    let capital = members.iter().map(|member| member.capital).fold(0, i64::saturating_add);
    let asks_for_most = rule.targets().any(|(_, target)| target == Target::HighestCapital);
    Ok(Inputs {
        highest_capital: if asks_for_most { of_book.highest_capital.max(capital) } else { 0 },
        days: if rule.asks_for_capital() { A_YEAR } else { 0 },
        members,
        ..of_book
    })
}
