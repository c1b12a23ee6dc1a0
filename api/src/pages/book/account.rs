//! The statement of an account: what came and went, the newest first, with the balance after each line.

use super::{Kind, LINES, asked, day, explained, number, query, whose, words};
use crate::auth::MaybeCaller;
use crate::extract::Params;
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
use jiff::civil::Date;
use ledger::Error;
use ledger::book::{AccountNumber, MovementKind};
use ledger::engine::store::accounts::{self, Account};
use ledger::engine::store::books::{Book, Visibility};
use ledger::id::BookRef;
use ledger::reports::operations as reports;
use ledger::reports::rules::outside;
use ledger::reports::rules::sums::{Shown, What};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Which lines, and where the page begins.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    cursor: Option<String>,
}

#[derive(Template, Serialize)]
#[template(path = "book/account.html")]
struct AccountPage {
    book: BookRef,
    #[serde(skip)]
    book_name: String,
    code: String,
    class: &'static str,
    /// What its owner is called; empty when it is nobody's.
    whose: String,
    purpose: String,
    as_of: Day,
    balance: Amount,
    in_sums: bool,
    is_waiting: bool,
    lines: Vec<Line>,
    #[serde(skip)]
    explained: Vec<(Kind, Said)>,
    #[serde(skip)]
    kinds: Vec<(Kind, bool)>,
    #[serde(skip)]
    from: String,
    #[serde(skip)]
    to: String,
    #[serde(skip)]
    is_filtered: bool,
    next: Option<String>,
}

/// A line of it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Line {
    day: Day,
    kind: Kind,
    /// None of a sum over several givers.
    entry: Option<i64>,
    /// Whether the entry has a page for whoever reads this.
    #[serde(skip)]
    is_open: bool,
    /// The account on the other side; none of a sum.
    other: Option<String>,
    /// Whether that account has a statement for whoever reads this.
    #[serde(skip)]
    has_other: bool,
    /// What it adds to the balance, or takes off it.
    amount: Amount,
    balance: Amount,
    #[serde(skip_serializing_if = "String::is_empty")]
    memo: String,
}

impl Line {
    fn what(&self) -> String {
        match self.entry {
            Some(_) => self.kind.to_string(),
            None => say("account-sum").with("kind", self.kind).to_string(),
        }
    }
}

impl Twinned for AccountPage {
    fn sheet(&self) -> Sheet {
        let row = |line: &Line| {
            vec![
                line.day.0.to_string(),
                line.kind.0.as_str().to_owned(),
                line.entry.map(|entry| entry.to_string()).unwrap_or_default(),
                line.other.clone().unwrap_or_default(),
                line.amount.plain(),
                line.balance.plain(),
                line.amount.code(),
            ]
        };
        Sheet {
            columns: vec!["day", "kind", "entry", "other_account", "amount", "balance", "currency"],
            rows: self.lines.iter().map(row).collect(),
        }
    }
}

/// Which lines of which page, read from a query.
struct Part {
    which: reports::Which,
    cursor: Option<i64>,
}

impl Part {
    fn parse(wanted: &Wanted) -> Result<Part, Error> {
        let name = wanted.kind.as_deref().filter(|name| !name.is_empty());
        let kind = name.map(|name| {
            let found = MovementKind::ALL.iter().copied().find(|kind| kind.as_str() == name);
            found.ok_or_else(|| Error::invalid("/kind", say("account-no-kind")))
        });
        let from = day("/from", wanted.from.as_deref())?;
        let to = day("/to", wanted.to.as_deref())?;
        let which = reports::Which { kind: kind.transpose()?, from, to };
        Ok(Part { which, cursor: number("/cursor", wanted.cursor.as_deref())? })
    }

    /// The parameters that lead to the page that begins there.
    fn next(&self, cursor: i64) -> String {
        let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let kind = self.which.kind.map(MovementKind::as_str).unwrap_or_default();
        query(&[
            ("kind", kind),
            ("from", &text(self.which.from)),
            ("to", &text(self.which.to)),
            ("cursor", &cursor.to_string()),
        ])
    }
}

/// An account with a page of its lines.
struct Read {
    account: Account,
    balance: i64,
    is_waiting: bool,
    lines: Vec<Line>,
    next: Option<i64>,
}

async fn whole(client: &impl GenericClient, book: &Book, code: &str, part: &Part) -> Result<Read, Error> {
    let account = accounts::find(client, book.id, code).await?.ok_or(Error::NotFound("account"))?;
    let page = reports::newest_first(client, book, &account, part.which, part.cursor, LINES).await?;
    let side = account.class.kind().side();
    let line = |of: ledger::reports::store::newest_lines::NewestLine| {
        let minor = if of.debited == (side < 0) { of.amount } else { -of.amount };
        Line {
            day: Day(of.effective),
            kind: Kind(of.kind),
            entry: Some(of.pos >> 16),
            is_open: true,
            other: Some(of.counterpart),
            has_other: true,
            amount: Amount::of(minor, account.unit),
            balance: Amount::of(of.balance, account.unit),
            memo: of.memo,
        }
    };
    let lines = page.lines.into_iter().map(line).collect();
    Ok(Read { balance: account.balance(), is_waiting: false, lines, next: page.next, account })
}

/// The page of what is shown that ends before a place, the newest first, and where the next one ends.
fn part_of<'a>(lines: &'a [Shown], part: &Part) -> (Vec<&'a Shown>, Option<i64>) {
    let fits = |line: &Shown| match line.what {
        What::Movement { kind, .. } | What::Sum(kind) => part.which.has(kind, line.day),
    };
    let end = part.cursor.and_then(|cursor| usize::try_from(cursor).ok()).unwrap_or(lines.len()).min(lines.len());
    let mut found = Vec::new();
    for (place, line) in lines[..end].iter().enumerate().rev().filter(|(_, line)| fits(line)) {
        if found.len() == LINES {
            return (found, i64::try_from(place + 1).ok());
        }
        found.push(line);
    }
    (found, None)
}

async fn in_sums(client: &impl GenericClient, book: &Book, code: &str, part: &Part) -> Result<Read, Error> {
    let reports::OutsideStatement { account, statement } = reports::outside_statement(client, book, code).await?;
    let (shown, next) = part_of(&statement.lines, part);
    let entry = |line: &&Shown| match line.what {
        What::Movement { number, other, .. } => Some((number, other)),
        What::Sum(_) => None,
    };
    let (numbers, others): (Vec<i64>, Vec<AccountNumber>) = shown.iter().filter_map(entry).unzip();
    let open: HashSet<i64> = reports::open_entries(client, book, &numbers).await?;
    let others = accounts::load(client, book.id, &others).await?;
    let others: HashMap<AccountNumber, Account> = others.into_iter().map(|other| (other.number, other)).collect();
    let line = |of: &Shown| {
        let (kind, entry, other) = match of.what {
            What::Movement { number, other, kind } => (kind, Some(number), others.get(&other)),
            What::Sum(kind) => (kind, None, None),
        };
        Line {
            day: Day(of.day),
            kind: Kind(kind),
            entry,
            is_open: entry.is_some_and(|entry| open.contains(&entry)),
            has_other: other.is_some_and(|other| outside::has_statement(other.class)),
            other: other.map(|other| other.code.clone()),
            amount: Amount::of(of.minor, account.unit),
            balance: Amount::of(of.balance, account.unit),
            memo: String::new(),
        }
    };
    let lines = shown.into_iter().map(line).collect();
    Ok(Read { balance: statement.balance, is_waiting: statement.is_waiting, lines, next, account })
}

impl AccountPage {
    fn new(book: Book, sight: Sight, part: &Part, read: Read, whose: String) -> AccountPage {
        let on_page = read.lines.iter().map(|line| line.kind.0);
        let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        // Those that may reach the account; others have no lines.
        let kinds = MovementKind::ALL.iter().copied();
        let reach = |kind: &MovementKind| {
            ledger::book::AccountClass::ALL
                .iter()
                .any(|other| kind.allows(read.account.class, *other) || kind.allows(*other, read.account.class))
        };
        AccountPage {
            book: book.reference(),
            as_of: Day(book.today(ledger::calendar::now())),
            book_name: book.name,
            class: read.account.class.as_str(),
            whose,
            purpose: words::purpose(&read.account.code).map(String::from).unwrap_or_default(),
            balance: Amount::of(read.balance, read.account.unit),
            in_sums: sight == Sight::Sums,
            is_waiting: read.is_waiting,
            explained: explained(on_page),
            kinds: kinds.filter(reach).map(|kind| (Kind(kind), part.which.kind == Some(kind))).collect(),
            from: text(part.which.from),
            to: text(part.which.to),
            is_filtered: part.which != reports::Which::default(),
            next: read.next.map(|cursor| part.next(cursor)),
            lines: read.lines,
            code: read.account.code,
        }
    }
}

/// Shows the statement of an account.
#[route("/books/{id}/accounts/{code}", method = "GET", method = "HEAD")]
pub(in crate::pages) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    path: Path<(BookRef, String)>,
    wanted: Params<Wanted>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    let (code, form) = asked(&name);
    let part = Part::parse(&wanted.0)?;
    let client = state.client().await?;
    let (book, sight) = sight(&client, &caller, id).await?;
    let read = match sight {
        Sight::Whole => whole(&client, &book, &code, &part).await?,
        Sight::Sums => in_sums(&client, &book, &code, &part).await?,
    };
    let whose = whose(&client, &book, &[&read.account.code]).await?.into_values().next().unwrap_or_default();
    drop(client);
    let is_public = book.visibility == Visibility::Public;
    respond(&request, form, &AccountPage::new(book, sight, &part, read, whose), is_public)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn sums(count: usize) -> Vec<Shown> {
        let line = |of: i64| Shown {
            what: What::Sum(MovementKind::ChargeCaptured),
            day: date(2027, 1, 1),
            minor: of,
            balance: 0,
        };
        (1i64..).take(count).map(line).collect()
    }

    #[test]
    fn pages_of_what_is_shown_go_from_the_newest_line_to_the_first_and_have_each_once() {
        let lines = sums(LINES * 2 + 1);
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let part = Part { which: reports::Which::default(), cursor };
            let (page, next) = part_of(&lines, &part);
            seen.extend(page.iter().map(|line| line.minor));
            cursor = next;
            if next.is_none() {
                break;
            }
        }
        let all: Vec<i64> = (1..=101).rev().collect();
        assert_eq!(seen, all);
        let beyond = Part { which: reports::Which::default(), cursor: Some(i64::MAX) };
        assert_eq!(part_of(&lines, &beyond).0.len(), LINES);
        assert!(part_of(&lines, &Part { which: reports::Which::default(), cursor: Some(-1) }).0.len() <= LINES);
    }

    #[test]
    fn a_kind_that_does_not_exist_is_refused_and_an_empty_one_is_none() {
        let wanted = |kind: &str| Wanted { kind: Some(kind.to_owned()), ..Wanted::default() };
        assert!(Part::parse(&wanted("theft")).is_err());
        assert!(Part::parse(&wanted("")).is_ok_and(|part| part.which == reports::Which::default()));
    }
}
