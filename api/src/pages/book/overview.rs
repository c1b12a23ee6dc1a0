//! The first page of a book: what its accounts have, as a tree, and the sums of both sides.

use super::{day, host, query, whose};
use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::{Asked, Sheet, Twinned, respond};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{Sight, sight};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use jiff::civil::Date;
use ledger::Error;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::{BookRef, ProgrammeId};
use ledger::money::Unit;
use ledger::programmes::store::{products, programmes};
use ledger::reports::operations::{self as reports, AccountNode, Branch, DEPTH_MAX, ReportLine, TrialBalanceLine};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Rows of a tree on one page: so many fit into 100 KB.
const ROWS_MAX: usize = 150;

/// So many programmes are looked at, the youngest.
const PROGRAMMES_MAX: i64 = 20;

/// Which part of the tree, as of which day.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    as_of: Option<String>,
    under: Option<String>,
    after: Option<String>,
}

#[derive(Template, Serialize)]
#[template(path = "book/overview.html")]
struct BookPage {
    id: BookRef,
    name: String,
    host: String,
    visibility: &'static str,
    zone: String,
    as_of: Day,
    /// Whether the day was asked for: all that is recorded counts otherwise.
    #[serde(skip)]
    asked: Option<Day>,
    /// Whether payments are told in sums, and accounts that tell of single ones together.
    in_sums: bool,
    is_waiting: bool,
    under: String,
    accounts: Vec<Node>,
    #[serde(skip)]
    next: Option<String>,
    totals: Vec<Total>,
    /// Whether it has a board of products.
    #[serde(skip)]
    has_products: bool,
    /// The youngest programmes that stand.
    programmes: Vec<(ProgrammeId, String)>,
}

/// A part of the tree.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Node {
    code: String,
    /// The last part of its code.
    #[serde(skip)]
    name: String,
    /// What its owner is called; empty when it is nobody's.
    whose: String,
    #[serde(skip)]
    depth: usize,
    kind: &'static str,
    /// Whether it has a statement.
    is_account: bool,
    /// Whether something is below it that this page does not show.
    has_more: bool,
    balances: Vec<Amount>,
}

/// The sums of both sides in a currency or unit.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Total {
    debit: Amount,
    credit: Amount,
    /// What accounts that are not shown singly have together, debits less credits.
    others: Amount,
}

impl Twinned for BookPage {
    fn sheet(&self) -> Sheet {
        let accounts = self.accounts.iter().filter(|node| node.is_account);
        let rows = accounts.flat_map(|node| {
            let row = |amount: &Amount| vec![node.code.clone(), node.kind.to_owned(), amount.plain(), amount.code()];
            node.balances.iter().map(row)
        });
        Sheet { columns: vec!["account", "kind", "balance", "currency"], rows: rows.collect() }
    }
}

impl BookPage {
    /// The address of this page with other parameters.
    fn at(&self, under: &str, after: &str) -> String {
        let as_of = self.asked.map(|day| day.0.to_string()).unwrap_or_default();
        format!("/books/{}?{}", self.id, query(&[("under", under), ("as_of", &as_of), ("after", after)]))
    }
}

/// What of a book is shown, line by line, and what all else has together.
struct Balances {
    lines: Vec<TrialBalanceLine>,
    others: BTreeMap<Unit, i128>,
    is_waiting: bool,
}

async fn balances(
    client: &impl GenericClient,
    book: &Book,
    sight: Sight,
    as_of: Option<Date>,
) -> Result<Balances, Error> {
    match sight {
        Sight::Whole => {
            let lines = reports::trial_balance(client, book, as_of).await?;
            Ok(Balances { lines, others: BTreeMap::new(), is_waiting: false })
        }
        Sight::Sums => {
            let shown = reports::outside_balances(client, book, as_of).await?;
            let lines = shown.accounts.into_iter().map(line).collect();
            Ok(Balances { lines, others: shown.others, is_waiting: shown.is_waiting })
        }
    }
}

/// A balance on its side.
fn line(of: ReportLine) -> TrialBalanceLine {
    let is_debit = of.class.kind().side() < 0;
    let net = if is_debit { of.balance } else { -of.balance };
    TrialBalanceLine { code: of.code, class: of.class, unit: of.unit, debit: net.max(0), credit: (-net).max(0) }
}

/// As much of a tree as fits on a page, the levels below left out first, and the code after which the next page begins.
fn tree(
    lines: &[TrialBalanceLine],
    under: &str,
    after: &str,
) -> Result<(Vec<AccountNode>, usize, Option<String>), Error> {
    let mut depth = DEPTH_MAX;
    let mut nodes = reports::roll_up(lines, Branch { under, depth })?;
    while nodes.len() > ROWS_MAX && depth > 2 {
        depth -= 1;
        nodes = reports::roll_up(lines, Branch { under, depth })?;
    }
    nodes.retain(|node| after.is_empty() || reports::comes_after(&node.code, after));
    let is_cut = nodes.len() > ROWS_MAX;
    nodes.truncate(ROWS_MAX);
    let next = nodes.last().filter(|_| is_cut).map(|node| node.code.clone());
    let above = if under.is_empty() { 0 } else { under.split(':').count() - 1 };
    Ok((nodes, above + depth, next))
}

fn node(of: &AccountNode, accounts: &BTreeSet<&str>, whose: &HashMap<String, String>, deepest: usize) -> Node {
    let is_account = accounts.contains(of.code.as_str());
    let below = of.accounts - usize::from(is_account);
    Node {
        name: of.code.rsplit(':').next().unwrap_or_default().to_owned(),
        whose: whose.get(&of.code).cloned().unwrap_or_default(),
        depth: of.depth,
        kind: of.kind.as_str(),
        is_account,
        has_more: of.depth == deepest && below > 0,
        balances: of.sums.iter().map(|sum| Amount::of(of.balance(sum), sum.unit)).collect(),
        code: of.code.clone(),
    }
}

/// The sums of both sides by unit, with what is not shown singly on the side where it stands.
fn totals(balances: &Balances) -> Vec<Total> {
    let mut sums: BTreeMap<Unit, (i128, i128)> = BTreeMap::new();
    for line in &balances.lines {
        let sum = sums.entry(line.unit).or_default();
        sum.0 += i128::from(line.debit);
        sum.1 += i128::from(line.credit);
    }
    for (unit, minor) in &balances.others {
        let sum = sums.entry(*unit).or_default();
        sum.0 += (*minor).max(0);
        sum.1 += (-*minor).max(0);
    }
    let total = |(unit, (debit, credit)): (Unit, (i128, i128))| Total {
        debit: Amount::of(debit, unit),
        credit: Amount::of(credit, unit),
        others: Amount::of(balances.others.get(&unit).copied().unwrap_or_default(), unit),
    };
    sums.into_iter().map(total).collect()
}

/// Shows a book.
#[route("/books/{id}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    asked: Asked<BookRef>,
    which: Params<Which>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Which { as_of, under, after } = which.0;
    let (under, after) = (under.unwrap_or_default(), after.unwrap_or_default());
    let as_of = day("/as_of", as_of.as_deref())?;
    if !under.is_empty() && !reports::is_path(&under) {
        return Err(Problem::not_found("page"));
    }
    let client = state.client().await?;
    let (book, sight) = sight(&client, &caller, asked.id).await?;
    let balances = balances(&client, &book, sight, as_of).await?;
    let host = host(&client, &book).await?;
    let (nodes, deepest, next) = tree(&balances.lines, &under, &after)?;
    let shown: Vec<&str> = nodes.iter().map(|node| node.code.as_str()).collect();
    let whose = whose(&client, &book, &shown).await?;
    let programmes = programmes::list(&client, (book.id, book.currency), None, PROGRAMMES_MAX).await?;
    let has_products = !products::list(&client, (book.id, book.currency), None, 1).await?.is_empty();
    drop(client);
    let codes: BTreeSet<&str> = balances.lines.iter().map(|line| line.code.as_str()).collect();
    let shown = BookPage {
        id: book.reference(),
        host,
        visibility: book.visibility.as_str(),
        zone: book.zone_name.clone(),
        as_of: Day(as_of.unwrap_or_else(|| book.today(ledger::calendar::now()))),
        asked: as_of.map(Day),
        in_sums: sight == Sight::Sums,
        is_waiting: balances.is_waiting,
        accounts: nodes.iter().map(|of| node(of, &codes, &whose, deepest)).collect(),
        next,
        totals: totals(&balances),
        has_products,
        programmes: programmes.into_iter().filter(|it| it.stands().is_ok()).map(|it| (it.id, it.name)).collect(),
        under,
        name: book.name,
    };
    respond(&request, asked.form, &shown, book.visibility == Visibility::Public)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::book::AccountClass;
    use ledger::money::Currency;

    fn has(code: &str, class: AccountClass, balance: i64) -> TrialBalanceLine {
        line(ReportLine { code: code.to_owned(), class, unit: Currency::USD.into(), balance })
    }

    #[test]
    fn a_long_tree_loses_its_lowest_levels_first_and_is_paged_then() {
        let lines: Vec<_> = (0..400).map(|n| has(&format!("assets:bank:{n:03}"), AccountClass::Asset, 1)).collect();
        let (nodes, deepest, next) = tree(&lines, "", "").unwrap();
        assert_eq!((nodes.len(), deepest, next), (2, 2, None));
        let codes = lines.iter().map(|line| line.code.as_str()).collect();
        let shown: Vec<Node> = nodes.iter().map(|of| node(of, &codes, &HashMap::new(), deepest)).collect();
        assert!(shown[1].has_more && !shown[0].has_more && !shown[1].is_account, "{shown:?}");
        let (nodes, _, next) = tree(&lines, "assets:bank", "").unwrap();
        assert_eq!((nodes.len(), next.as_deref()), (ROWS_MAX, Some("assets:bank:148")));
        let (nodes, _, next) = tree(&lines, "assets:bank", "assets:bank:298").unwrap();
        assert_eq!((nodes.len(), next), (101, None));
    }

    #[test]
    fn what_is_told_together_makes_both_sides_equal() {
        let lines = vec![has("liabilities:fund:press", AccountClass::Fund, 500)];
        let others = BTreeMap::from([(Unit::from(Currency::USD), 500)]);
        let totals = totals(&Balances { lines, others, is_waiting: true });
        assert_eq!(totals[0].debit, totals[0].credit);
    }
}
