//! The tree of accounts: what each part of the code path holds, with all that is below it.

use super::{TrialBalanceLine, trial_balance_under};
use crate::book::AccountKind;
use crate::books::operations::accounts::is_code;
use crate::engine::store::books::Book;
use crate::engine::store::journal;
use crate::error::Error;
use crate::money::Unit;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The most parts that an account code has.
pub const DEPTH_MAX: usize = 8;

/// A part of the tree: `assets`, `assets:cash`, `assets:cash:bank`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountNode {
    /// Path, such as `assets:cash`.
    pub code: String,
    /// What all accounts below it are.
    pub kind: AccountKind,
    /// How many parts its path has.
    pub depth: usize,
    /// Accounts with a balance at and below it.
    pub accounts: usize,
    /// Sums by unit, in their order.
    pub sums: Vec<NodeSum>,
}

/// What the accounts at and below a node hold in a unit, as in the columns of a trial balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSum {
    /// Currency or unit.
    pub unit: Unit,
    /// Balances that stand on the debit side, minor units.
    pub debit: i128,
    /// Balances that stand on the credit side, minor units.
    pub credit: i128,
}

impl AccountNode {
    /// What it holds in a unit on its own side, minor units.
    pub fn balance(&self, sum: &NodeSum) -> i128 {
        i128::from(self.kind.side()) * (sum.credit - sum.debit)
    }
}

/// A tree, of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountTree {
    /// The last record that counts: the next page must name it again.
    pub through: i64,
    /// The nodes; each comes before what is below it.
    pub nodes: Vec<AccountNode>,
}

/// Which part of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Branch<'a> {
    /// At and below this path; all when empty.
    pub under: &'a str,
    /// How many levels are shown, that of the path included.
    pub depth: usize,
}

/// The tree of the accounts with a balance, as of the end of a day, or now when `as_of` is none.
///
/// The first page asks with `through` none; the others repeat what it answered, so that all show the same moment.
///
/// # Errors
///
/// `report-too-large` when there are more accounts than one report shows: ask for a branch then.
pub async fn account_tree(
    client: &impl GenericClient,
    book: &Book,
    as_of: Option<Date>,
    through: Option<i64>,
    branch: Branch<'_>,
) -> Result<AccountTree, Error> {
    let last = journal::last_number(client, book.id).await?;
    let through = through.map_or(last, |through| through.clamp(0, last));
    let lines = trial_balance_under(client, book, as_of, through, branch.under).await?;
    Ok(AccountTree { through, nodes: roll_up(&lines, branch)? })
}

/// Sums the lines of a trial balance into the nodes of a branch. A node comes before what is below it, and siblings are in
/// the order of their names.
///
/// # Errors
///
/// [`Error::Inconsistent`] for a code that begins with no kind of account.
pub fn roll_up(lines: &[TrialBalanceLine], branch: Branch<'_>) -> Result<Vec<AccountNode>, Error> {
    let above = if branch.under.is_empty() { 0 } else { branch.under.split(':').count() - 1 };
    let mut nodes: BTreeMap<Vec<&str>, (usize, BTreeMap<Unit, NodeSum>)> = BTreeMap::new();
    for line in lines.iter().filter(|line| is_under(&line.code, branch.under)) {
        let parts: Vec<&str> = line.code.split(':').collect();
        for depth in above + 1..=parts.len().min(above + branch.depth) {
            let (accounts, sums) = nodes.entry(parts[..depth].to_vec()).or_default();
            *accounts += 1;
            let sum = sums.entry(line.unit).or_insert(NodeSum { unit: line.unit, debit: 0, credit: 0 });
            sum.debit += i128::from(line.debit);
            sum.credit += i128::from(line.credit);
        }
    }
    nodes
        .into_iter()
        .map(|(parts, (accounts, sums))| {
            let code = parts.join(":");
            let kind = AccountKind::from_root(parts[0])
                .ok_or_else(|| Error::inconsistent(format!("the account path {code} begins with no kind")))?;
            Ok(AccountNode { code, kind, depth: parts.len(), accounts, sums: sums.into_values().collect() })
        })
        .collect()
}

/// Whether a code is a path or lies below it.
fn is_under(code: &str, under: &str) -> bool {
    under.is_empty() || code.strip_prefix(under).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// Whether a text can be the path of a node: the code of an account, or what comes before a `:` in it.
pub fn is_path(text: &str) -> bool {
    let root = text.split(':').next().unwrap_or_default();
    AccountKind::from_root(root).is_some() && (text == root || is_code(text))
}

/// Whether one path comes after another in the order of a tree.
pub fn comes_after(code: &str, other: &str) -> bool {
    code.split(':').gt(other.split(':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::AccountClass;
    use crate::money::Currency;
    use crate::reports::operations::trial_balance_totals;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const ALL: Branch<'_> = Branch { under: "", depth: DEPTH_MAX };

    /// Debits and credits of a few accounts under few names, in two units, that are in balance.
    fn balanced() -> impl Strategy<Value = Vec<TrialBalanceLine>> {
        let class = prop::sample::select(vec![AccountClass::Asset, AccountClass::Liability, AccountClass::Expense]);
        let rest = prop::collection::vec(prop::sample::select(vec!["a", "b", "b-1", "c.d"]), 1..7);
        let line = (class, rest, prop::bool::ANY, prop_oneof![-i64::MAX..=i64::MAX, Just(i64::MAX), -9_000_i64..9_000]);
        prop::collection::vec(line, 0..40).prop_map(|lines| {
            let mut all: BTreeMap<String, TrialBalanceLine> = BTreeMap::new();
            let mut left = [0_i128; 2];
            for (class, rest, second, net) in lines {
                let code = format!("{}:{}", class.kind().root(), rest.join(":"));
                let unit = Unit::from(if second { Currency::EUR } else { Currency::USD });
                let line = TrialBalanceLine { code, class, unit, debit: net.max(0), credit: (-net).max(0) };
                if let std::collections::btree_map::Entry::Vacant(free) = all.entry(line.code.clone()) {
                    free.insert(line);
                    left[usize::from(second)] += i128::from(net);
                }
            }
            for (unit, mut left) in [Currency::USD, Currency::EUR].map(Unit::from).into_iter().zip(left) {
                // As many accounts as it takes: none holds more than 64 bits.
                for place in 0.. {
                    let part = i64::try_from(left).unwrap_or(if left > 0 { i64::MAX } else { -i64::MAX });
                    let code = format!("equity:opening:{}:{place}", unit.code().to_lowercase());
                    let class = AccountClass::OpeningEquity;
                    let (debit, credit) = ((-part).max(0), part.max(0));
                    all.insert(code.clone(), TrialBalanceLine { code, class, unit, debit, credit });
                    left -= i128::from(part);
                    if left == 0 {
                        break;
                    }
                }
            }
            all.into_values().collect()
        })
    }

    fn naive(lines: &[TrialBalanceLine], code: &str, unit: Unit) -> (i128, i128) {
        let below = format!("{code}:");
        let mine = lines.iter().filter(|line| line.unit == unit && format!("{}:", line.code).starts_with(&below));
        mine.fold((0, 0), |sum, line| (sum.0 + i128::from(line.debit), sum.1 + i128::from(line.credit)))
    }

    proptest! {
        #[test]
        fn fl21_the_roots_add_up_to_the_trial_balance_and_every_node_to_what_is_below_it(lines in balanced()) {
            let nodes = roll_up(&lines, ALL).unwrap();
            for total in trial_balance_totals(&lines).unwrap() {
                let roots = nodes.iter().filter(|node| node.depth == 1).flat_map(|node| &node.sums);
                let sums = roots.filter(|sum| sum.unit == total.unit).fold((0, 0), |all, sum| {
                    (all.0 + sum.debit, all.1 + sum.credit)
                });
                prop_assert_eq!(sums, (total.debit, total.credit));
            }
            for node in &nodes {
                for sum in &node.sums {
                    prop_assert_eq!((sum.debit, sum.credit), naive(&lines, &node.code, sum.unit));
                }
            }
            let codes: BTreeSet<&str> = nodes.iter().map(|node| node.code.as_str()).collect();
            prop_assert_eq!(codes.len(), nodes.len());
            prop_assert!(lines.iter().all(|line| codes.contains(line.code.as_str())));
        }

        #[test]
        fn a_branch_is_what_the_whole_tree_shows_of_it(lines in balanced(), depth in 1..=DEPTH_MAX, pick in any::<prop::sample::Index>()) {
            let whole = roll_up(&lines, ALL).unwrap();
            prop_assert!(whole.windows(2).all(|pair| comes_after(&pair[1].code, &pair[0].code)));
            let under = whole[pick.index(whole.len())].clone();
            let branch = roll_up(&lines, Branch { under: &under.code, depth }).unwrap();
            let shown = whole.into_iter().filter(|node| {
                format!("{}:", node.code).starts_with(&format!("{}:", under.code)) && node.depth < under.depth + depth
            });
            let shown: Vec<AccountNode> = shown.collect();
            prop_assert_eq!(branch, shown);
        }
    }
}
