//! An entry: what moved from where to where, and what belongs to it.

use super::{Kind, asked, explained};
use crate::auth::MaybeCaller;
use crate::pages::pictures::Arrow;
use crate::pages::shown::{Amount, Day};
use crate::pages::twins::{Sheet, Twinned, respond};
use crate::problem::Problem;
use crate::state::State;
use crate::texts::{Said, say};
use crate::visibility::{Sight, sight};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::book::AccountKind;
use ledger::books::operations::journal_entries::{self, EntryLine, JournalEntry};
use ledger::books::store::reversals;
use ledger::chart;
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::{self, BookRef};
use ledger::reports::operations as reports;
use ledger::reports::rules::outside;
use ledger::reports::store::entry_lineage;
use serde::Serialize;

/// Lines of an entry on one page: the API has all.
const LINES_MAX: usize = 100;

/// Entries of its lineage on either side.
const LINEAGE_MAX: i64 = 50;

#[derive(Template, Serialize)]
#[template(path = "book/entry.html")]
struct EntryPage {
    book: BookRef,
    #[serde(skip)]
    book_name: String,
    number: i64,
    as_of: Day,
    day: Day,
    /// When it happened outside, where that was another day.
    occurred: Option<Day>,
    lines: Vec<Line>,
    has_more: bool,
    #[serde(skip)]
    explained: Vec<(Kind, Said)>,
    #[serde(skip)]
    picture: Arrow,
    /// What its people wrote; for those of the book.
    memo: Option<String>,
    /// What it is about; for those of the book.
    about: Option<About>,
    is_erased: bool,
    reverses: Option<i64>,
    reversed_by: Option<i64>,
    /// Entries that brought what it took.
    took_of: Vec<i64>,
    /// Entries that took what it brought.
    taken_by: Vec<i64>,
}

/// The object that an entry is about.
#[derive(Serialize)]
struct About {
    reference: String,
    /// What such an object is.
    what: String,
}

/// A line of it: what moved from one account to another.
#[derive(Serialize)]
struct Line {
    kind: Kind,
    from: String,
    to: String,
    /// Whether these accounts have statements for whoever reads this.
    #[serde(skip)]
    has_from: bool,
    #[serde(skip)]
    has_to: bool,
    amount: Amount,
    /// Balances after it; for those who see the book whole.
    from_after: Option<Amount>,
    to_after: Option<Amount>,
}

impl Twinned for EntryPage {
    fn sheet(&self) -> Sheet {
        let after = |of: &Option<Amount>| of.map(Amount::plain).unwrap_or_default();
        let row = |line: &Line| {
            vec![
                self.number.to_string(),
                self.day.0.to_string(),
                line.kind.0.as_str().to_owned(),
                line.from.clone(),
                line.to.clone(),
                line.amount.plain(),
                line.amount.code(),
                after(&line.from_after),
                after(&line.to_after),
            ]
        };
        let columns = vec!["entry", "day", "kind", "from", "to", "amount", "currency", "from_after", "to_after"];
        Sheet { columns, rows: self.lines.iter().map(row).collect() }
    }
}

/// Whether money goes from the credited account to the debited one, as people say it: between two accounts of what is had or spent.
/// Else it goes from the debited to the credited one.
fn is_from_credit(debit: &str, credit: &str) -> bool {
    let side = |code: &str| AccountKind::from_root(code.split(':').next().unwrap_or_default()).map(AccountKind::side);
    side(debit) == Some(-1) && side(credit) == Some(-1)
}

fn line(of: &EntryLine, sight: Sight) -> Line {
    let (unit, it) = (of.unit, &of.line);
    let after = |minor: i64| (sight == Sight::Whole).then(|| Amount::of(minor, unit));
    let debit = (it.debit.clone(), after(it.debit_after));
    let credit = (it.credit.clone(), after(it.credit_after));
    let ((from, from_after), (to, to_after)) =
        if is_from_credit(&it.debit, &it.credit) { (credit, debit) } else { (debit, credit) };
    Line {
        kind: Kind(it.kind),
        has_from: has_statement(&from, sight),
        has_to: has_statement(&to, sight),
        from,
        to,
        amount: Amount::of(it.amount, unit),
        from_after,
        to_after,
    }
}

/// Whether an account has a statement for somebody: of the service's own accounts the chart says what they are.
fn has_statement(code: &str, sight: Sight) -> bool {
    sight == Sight::Whole || chart::row_of(code).is_none_or(|row| outside::has_statement(row.class))
}

/// What an object of the book is called, by its id; none for what is no object.
fn what(reference: &str) -> Option<Said> {
    let (prefix, ..) = id::object_in(reference)?;
    Some(match prefix {
        "plg" => say("entry-pledge"),
        "chg" => say("entry-charge"),
        "rfd" => say("entry-refund"),
        "cbk" => say("entry-chargeback"),
        "clm" => say("entry-claim"),
        "rel" => say("entry-release"),
        "stl" => say("entry-settlement"),
        "dst" => say("entry-distribution"),
        "chl" => say("entry-challenge"),
        "pyt" => say("entry-payout"),
        _ => say("entry-object"),
    })
}

/// What belongs to an entry besides its lines.
#[derive(Default)]
struct Around {
    reverses: Option<i64>,
    reversed_by: Option<i64>,
    took_of: Vec<i64>,
    taken_by: Vec<i64>,
}

async fn around(client: &impl GenericClient, book: &Book, number: i64, sight: Sight) -> Result<Around, Error> {
    let reversed_by = reversals::find(client, book.id, number).await?;
    let reverses = reversals::find_reversed(client, book.id, number).await?;
    Ok(match sight {
        Sight::Sums => Around { reverses, reversed_by, ..Around::default() },
        Sight::Whole => Around {
            reverses,
            reversed_by,
            took_of: entry_lineage::took_of(client, book.id, number, LINEAGE_MAX).await?,
            taken_by: entry_lineage::taken_by(client, book.id, number, LINEAGE_MAX).await?,
        },
    })
}

impl EntryPage {
    fn new(book: Book, sight: Sight, entry: &JournalEntry, around: Around) -> Result<EntryPage, Error> {
        let first = entry.lines.first().ok_or(Error::NotFound("journal entry"))?;
        let lines: Vec<Line> = entry.lines.iter().take(LINES_MAX).map(|of| line(of, sight)).collect();
        let Line { from, to, amount, .. } = &lines[0];
        let is_read = sight == Sight::Whole;
        let some = |text: &str| Some(text.to_owned()).filter(|text| is_read && !text.is_empty());
        let about = |reference: String| {
            let what = what(&reference).map(String::from).unwrap_or_default();
            About { what, reference }
        };
        let (effective, occurred) = (first.line.effective, first.line.occurred);
        Ok(EntryPage {
            book: book.reference(),
            as_of: Day(book.today(ledger::calendar::now())),
            book_name: book.name,
            number: entry.number,
            day: Day(effective),
            occurred: Some(Day(occurred)).filter(|_| occurred != effective),
            picture: Arrow::new(from, to, &amount.to_string()),
            has_more: entry.lines.len() > LINES_MAX,
            explained: explained(entry.lines.iter().map(|of| of.line.kind)),
            memo: some(&first.line.memo),
            about: some(&first.line.reference).map(about),
            is_erased: is_read && first.line.erased,
            reverses: around.reverses,
            reversed_by: around.reversed_by,
            took_of: around.took_of,
            taken_by: around.taken_by,
            lines,
        })
    }
}

/// Shows an entry. One that tells of a single payment is not there for people from outside.
#[route("/books/{id}/entries/{number}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    path: Path<(BookRef, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    let (number, form) = asked(&name);
    let number: i64 = number.parse().map_err(|_| Problem::not_found("page"))?;
    let client = state.client().await?;
    let (book, sight) = sight(&client, &caller, id).await?;
    let entry = journal_entries::journal_entry(&client, &book, number).await?;
    if sight == Sight::Sums && !reports::open_entries(&client, &book, &[number]).await?.contains(&number) {
        return Err(Problem::not_found("page"));
    }
    let around = around(&client, &book, number, sight).await?;
    drop(client);
    let is_public = book.visibility == Visibility::Public;
    respond(&request, form, &EntryPage::new(book, sight, &entry, around)?, is_public)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_goes_from_where_it_was_to_where_it_is() {
        for (debit, credit, is_from) in [
            ("assets:cash:a", "assets:receivable:a:2027-01-01", true),
            ("expenses:bank-charges", "assets:cash:a", true),
            ("liabilities:fund:press", "liabilities:payable:team:a", false),
            ("assets:receivable:a:2027-01-01", "liabilities:fund:press", false),
            ("liabilities:payouts:a", "assets:cash:a", false),
        ] {
            assert_eq!(is_from_credit(debit, credit), is_from, "{debit} {credit}");
        }
    }
}
