//! What a cooperative sells and what that costs.

use super::{members, results};
use crate::book::AccountNumber;
use crate::books::operations::{accounts, mirrors};
use crate::cooperatives::rules::cooperative::{Cooperative, ProceedsKind, Quantity, is_short_name};
use crate::cooperatives::rules::proceeds::{PARTICULAR_MAX, Particulars, Proceeds};
use crate::cooperatives::rules::undone::Undone;
use crate::cooperatives::store::proceeds;
use crate::engine::posting::{self, Posted};
use crate::engine::store::books::Book;
use crate::engine::store::{accounts as account_rows, journal};
use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId, ProceedsId};
use crate::money::Money;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements, text};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;

/// A sale or a cost to be recorded.
#[derive(Debug, Clone)]
pub struct NewProceeds {
    /// Whether it is a sale or a cost.
    pub kind: ProceedsKind,
    /// What was sold, or what it cost: last part of the account's code.
    pub label: String,
    /// Who holds the money of a sale, who has still to pay for one on credit, or who is to be paid for a cost: a short name, a pseudonym.
    pub party: String,
    /// Whether the customer of a sale has still to pay.
    pub on_credit: bool,
    /// The amount of the sale or cost without tax, in the book's currency.
    pub amount: Money,
    /// Value added tax on top of it, which the customer pays as well, or the supplier is paid.
    pub vat: Option<Money>,
    /// The day on which it happened; the book's own day when none.
    pub occurred_on: Option<Date>,
    /// What else is known of it.
    pub particulars: Particulars,
    /// Text for people; never a name.
    pub memo: String,
    /// The cooperative's own number of the invoice, once per kind; may be empty.
    pub reference: String,
}

/// What became of a sale or a cost that was reported.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The sale or cost.
    pub proceeds: Proceeds,
    /// Whether it was reported before, just so.
    pub was_known: bool,
}

/// Records a sale (cash, or on credit what its customer has still to pay → sales) or a cost (cost → costs payable) with its journal entry, of
/// which value added tax is a line of its own. Reported again with its reference, it is the one that is there, also when its period has been
/// closed since.
///
/// # Errors
///
/// `period-closed` for a day whose result is closed; `reference-taken` when the reference stands for another one;
/// `not-a-cooperative`; what [`posting::post`] refuses, such as `closed-period`. [`Error::Invalid`] at `/label`, `/party`,
/// `/on_credit`, `/product`, `/units`, `/place`, `/counterparty`, `/amount/currency`, `/vat/amount`, `/vat/currency` or `/occurred_on`;
/// [`Error::NotFound`] for an unknown book.
pub async fn record(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewProceeds,
    by: PersonId,
    wall: Timestamp,
) -> Result<Recorded, Error> {
    let (book, cooperative) = members::lock(tx, book).await?;
    check(&book, &new)?;
    if let Some(known) = proceeds::find_by_reference(tx, &book, new.kind, &new.reference).await? {
        if says_the_same(tx, &known, &new).await? {
            return Ok(Recorded { proceeds: known, was_known: true });
        }
        let detail = format!("the reference {} stands for another {}, {}", known.reference, known.kind, known.id);
        return Err(Refusal::new("reference-taken", detail).into());
    }
    let day = day_of(&book, &cooperative, &new, wall)?;
    let id = ProceedsId::generate(book.id);
    let (account, entry) = post(tx, &book, &new, id, day, wall).await?;
    let recorded = Proceeds {
        id,
        kind: new.kind,
        account,
        label: new.label,
        amount: new.amount,
        vat: new.vat.map_or(0, Money::minor),
        occurred_on: day,
        on_credit: new.on_credit,
        particulars: new.particulars,
        memo: new.memo,
        reference: new.reference,
        entry: entry.number,
        recorded_by: by,
        recorded_at: book.now(wall),
        undone: None,
    };
    proceeds::insert(tx, &recorded).await?;
    activity::record(tx, book.id, Done::new(&id, "recorded", Actor::Person(by)), book.now(wall)).await?;
    Ok(Recorded { proceeds: recorded, was_known: false })
}

/// Whether what was recorded under a reference says the same; a day that is not said is the day that it has.
async fn says_the_same(tx: &Transaction<'_>, known: &Proceeds, new: &NewProceeds) -> Result<bool, Error> {
    if (&known.label, known.amount, known.vat, &known.memo, &known.particulars)
        != (&new.label, new.amount, new.vat.map_or(0, Money::minor), &new.memo, &new.particulars)
        || new.occurred_on.is_some_and(|day| day != known.occurred_on)
    {
        return Ok(false);
    }
    let party = account_rows::find(tx, known.id.book, &account_of_party(new).code).await?;
    let lines = journal::transfers(tx, known.id.book, known.entry).await?;
    Ok(party.is_some_and(|party| lines.iter().any(|(line, _)| [line.debit, line.credit].contains(&party.number))))
}

/// What was written down last and stands, and with whom it was: the name in the code of the party's account.
///
/// # Errors
///
/// What the database says.
pub async fn latest(client: &impl GenericClient, book: &Book) -> Result<Option<(Proceeds, String)>, Error> {
    let Some(last) = proceeds::latest(client, book).await? else { return Ok(None) };
    let lines = journal::lines(client, book.id, last.entry, 1).await?;
    let code = lines.first().map(|line| match last.kind {
        ProceedsKind::Sale => line.debit.as_str(),
        ProceedsKind::Cost => line.credit.as_str(),
    });
    let party = match code.and_then(chart::owner) {
        Some(chart::Owner::Party(name)) => name.to_owned(),
        Some(chart::Owner::Organisation(_) | chart::Owner::Campaign(_) | chart::Owner::Challenge(_)) | None => {
            String::new()
        }
    };
    Ok(Some((last, party)))
}

/// Where the money of a sale lies, what its customer has still to pay, or who is owed that of a cost.
fn account_of_party(new: &NewProceeds) -> chart::Account {
    match new.kind {
        ProceedsKind::Sale if new.on_credit => chart::customer_receivable(&new.party),
        ProceedsKind::Sale => chart::cash_of(&new.party),
        ProceedsKind::Cost => chart::costs_payable(&new.party),
    }
}

fn check(book: &Book, new: &NewProceeds) -> Result<(), Error> {
    for (pointer, name) in [("/label", &new.label), ("/party", &new.party)] {
        if !is_short_name(name) {
            return Err(Error::invalid(pointer, "1 to 40 of a-z, 0-9 and '-'"));
        }
    }
    if new.on_credit && new.kind == ProceedsKind::Cost {
        return Err(Error::invalid("/on_credit", "a cost is owed until it is paid: only a sale is on credit or not"));
    }
    if new.amount.currency() != book.currency {
        return Err(Error::invalid("/amount/currency", format!("the book is kept in {}", book.currency)));
    }
    if let Some(vat) = new.vat {
        if vat.currency() != book.currency {
            return Err(Error::invalid("/vat/currency", format!("the book is kept in {}", book.currency)));
        }
        if vat.minor() > new.amount.minor() {
            return Err(Error::invalid("/vat/amount", "no more than the amount on top of which it comes"));
        }
    }
    check_particulars(&new.particulars)
}

fn check_particulars(it: &Particulars) -> Result<(), Error> {
    for (pointer, name) in [("/product", &it.product), ("/place", &it.place), ("/counterparty", &it.counterparty)] {
        text::line(name, 0..=PARTICULAR_MAX).map_err(|wrong| Error::invalid(pointer, wrong.to_string()))?;
    }
    if it.units.is_some_and(|units| units == Quantity::ZERO) {
        return Err(Error::invalid("/units", "more than 0, or not given"));
    }
    Ok(())
}

/// The day of what is recorded now.
fn day_of(book: &Book, cooperative: &Cooperative, new: &NewProceeds, wall: Timestamp) -> Result<Date, Error> {
    let day = new.occurred_on.unwrap_or_else(|| book.today(wall));
    if day > book.today(wall) {
        return Err(Error::invalid("/occurred_on", "what has not happened yet is not recorded"));
    }
    if day < book.first_day() {
        return Err(Error::invalid("/occurred_on", format!("the book begins on {}", book.first_day())));
    }
    if day <= cooperative.closed_through {
        let detail = format!("the result is closed through {}: record it on a later day", cooperative.closed_through);
        return Err(Refusal::new("period-closed", detail).into());
    }
    Ok(day)
}

/// Posts the entry of a sale or a cost; answers the account that the result will close.
async fn post(
    tx: &Transaction<'_>,
    book: &Book,
    new: &NewProceeds,
    id: ProceedsId,
    day: Date,
    wall: Timestamp,
) -> Result<(AccountNumber, Posted), Error> {
    let ensure = async |account: chart::Account| accounts::ensure(tx, book, &account, book.currency, wall).await;
    let party = ensure(account_of_party(new)).await?;
    let (account, mut entry) = match new.kind {
        ProceedsKind::Sale => {
            let sales = ensure(chart::sales(&new.label)).await?;
            (sales, movements::sales_recorded(party, sales, new.amount, day, id))
        }
        ProceedsKind::Cost => {
            let cost = ensure(chart::cost(&new.label)).await?;
            (cost, movements::cost_recorded(cost, party, new.amount, day, id))
        }
    };
    if let Some(vat) = new.vat {
        entry = match new.kind {
            ProceedsKind::Sale => movements::with_vat_on_sale(entry, party, ensure(chart::vat_payable()).await?, vat),
            ProceedsKind::Cost => {
                movements::with_vat_on_cost(entry, ensure(chart::vat_receivable()).await?, party, vat)
            }
        };
    }
    Ok((account, posting::post(tx, book, entry, wall).await?))
}

/// Takes a sale or a cost back that no result counts: the mirror of its entry. It counts for nothing then, and its invoice can
/// be recorded again.
///
/// # Errors
///
/// `already-reversed`; `result-counts-it` while the result of its period is closed; `not-a-cooperative`; what
/// [`posting::post`] refuses, such as `below-floor` when the money of a sale is gone. [`Error::NotFound`] for an unknown
/// one.
pub async fn reverse(
    tx: &Transaction<'_>,
    id: ProceedsId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<Proceeds, Error> {
    let (book, cooperative) = members::lock(tx, id.book).await?;
    let recorded = proceeds::get(tx, id, book.currency).await?;
    recorded.stands()?;
    if recorded.occurred_on <= cooperative.closed_through {
        results::not_counted(tx, &book, recorded.occurred_on).await?;
    }
    let mirror = mirrors::post_of_operation(tx, &book, recorded.entry, id, wall).await?;
    let now = book.now(wall);
    let undone = Undone { by, at: now, reason: reason.clone(), entry: Some(mirror.number) };
    let reversed = proceeds::update_undone(tx, id, &undone, book.currency).await?;
    activity::record(tx, book.id, Done::new(&id, "reversed", Actor::Person(by)).because(&reason), now).await?;
    Ok(reversed)
}
