//! The tree of a book's accounts, by the parts of their codes.

use crate::auth::MaybeCaller;
use crate::extract::Params;
use crate::paging::{self, Window};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::read_accounts;
use crate::wire::BalanceBody;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::civil::Date;
use ledger::id::BookRef;
use ledger::reports::operations::{self as reports, AccountNode, Branch, DEPTH_MAX};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of the tree, as of which day.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TreeQuery {
    /// What counts until the end of this day; all that is recorded when it is not given.
    as_of: Option<Date>,
    /// So many levels, the first of them `under` or the kinds of account; all when it is not given.
    #[param(minimum = 1, maximum = 8)]
    depth: Option<u8>,
    /// At and below this path only, such as `assets:cash`.
    #[param(max_length = 650, pattern = "^[a-z0-9:._-]+$")]
    under: Option<String>,
    /// Nodes of a page; 50 when it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
}

impl TreeQuery {
    fn branch(&self) -> Result<Branch<'_>, Problem> {
        let depth = self.depth.map_or(DEPTH_MAX, usize::from);
        if !(1..=DEPTH_MAX).contains(&depth) {
            return Err(Problem::invalid("/depth", format!("must be 1 to {DEPTH_MAX}")));
        }
        let under = self.under.as_deref().unwrap_or_default();
        if self.under.is_some() && !reports::is_path(under) {
            return Err(Problem::invalid("/under", "must be a part of an account's code, such as assets:cash"));
        }
        Ok(Branch { under, depth })
    }
}

/// A page of a tree. All pages that one cursor leads to are of the same moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountTree)]
pub struct TreeBody {
    as_of: Option<Date>,
    /// The last record that counts.
    through: i64,
    /// Paths with a balance at or below them, each before what is below it.
    items: Vec<NodeBody>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

/// A path, with all accounts at and below it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountNode)]
pub struct NodeBody {
    /// Such as `assets:cash`.
    code: String,
    /// What its accounts are.
    kind: &'static str,
    /// How many parts the path has.
    depth: usize,
    /// How many accounts with a balance.
    accounts: usize,
    /// One a currency or unit.
    sums: Vec<NodeSumBody>,
}

/// What the accounts hold in one currency or unit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NodeSum)]
pub struct NodeSumBody {
    /// Balances that stand on the debit side.
    debit: BalanceBody,
    /// Balances that stand on the credit side.
    credit: BalanceBody,
    /// One less the other, on the side of the kind.
    balance: BalanceBody,
}

impl From<AccountNode> for NodeBody {
    fn from(node: AccountNode) -> NodeBody {
        let sums = node.sums.iter().map(|sum| NodeSumBody {
            debit: BalanceBody::new(sum.debit, sum.unit),
            credit: BalanceBody::new(sum.credit, sum.unit),
            balance: BalanceBody::new(node.balance(sum), sum.unit),
        });
        NodeBody {
            sums: sums.collect(),
            code: node.code,
            kind: node.kind.as_str(),
            depth: node.depth,
            accounts: node.accounts,
        }
    }
}

/// Shows the tree of accounts: each part of their codes with the sums of all that is below it.
#[utoipa::path(tag = "reports", params(("book" = String, Path, description = "The book"), TreeQuery),
    responses((status = 200, description = "A page, each node before what is below it; refused when more than 10,000 \
               accounts have a balance there", body = TreeBody)))]
#[get("/v1/books/{book}/account-tree")]
pub(crate) async fn account_tree(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<TreeQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (query, branch) = (&query.0, query.0.branch()?);
    let window = Window::<(i64, String)>::parse(query.limit, query.cursor.as_deref())?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let (through, after) = window.after.as_ref().map_or((None, ""), |(through, code)| (Some(*through), code.as_str()));
    let tree = reports::account_tree(&client, &book, query.as_of, through, branch).await?;
    let through = tree.through;
    let rest = tree.nodes.into_iter().skip_while(|node| !reports::comes_after(&node.code, after));
    let rest = rest.take(window.limit() + 1).collect();
    let page = window.page(rest, |node: &AccountNode| (through, node.code.clone()), NodeBody::from);
    let body = TreeBody { as_of: query.as_of, through, items: page.items, next_cursor: page.next_cursor };
    Ok(paging::respond(&body, body.next_cursor.as_deref(), &http))
}
