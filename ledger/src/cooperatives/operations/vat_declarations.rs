//! Value added tax is declared to a tax office, and a declaration taken back.

use super::members;
use crate::book::AccountNumber;
use crate::books::operations::{accounts, mirrors};
use crate::cooperatives::rules::cooperative::is_short_name;
use crate::cooperatives::rules::undone::Undone;
use crate::cooperatives::rules::vat_declaration::{VatDeclaration, settle};
use crate::cooperatives::store::vat_declarations;
use crate::engine::posting;
use crate::engine::store::books::Book;
use crate::engine::store::{accounts as account_rows, balances, journal};
use crate::error::{Error, Refusal};
use crate::id::{BookId, PersonId, VatDeclarationId};
use crate::money::Money;
use crate::service::store::activity::{self, Actor, Done};
use crate::{chart, movements};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// A declaration to be written down.
#[derive(Debug, Clone)]
pub struct NewVatDeclaration {
    /// The last day of its period.
    pub through: Date,
    /// The tax office: a short name, by which the bank's line of its payment is booked.
    pub office: String,
    /// Text for people; never a name.
    pub memo: String,
}

/// Declares all tax until and with a day that no declaration had: what was paid on costs is taken off what came on sales, the rest is owed
/// to the office (VAT payable → costs payable), or by it (customer receivable → VAT receivable). It counts on that day.
///
/// # Errors
///
/// `vat-declared` when a declaration stands that reaches as far; `no-vat` when there is nothing to declare; `not-a-cooperative`; what
/// [`posting::post`] refuses, such as `closed-period`. [`Error::Invalid`] at `/through` and `/office`; [`Error::NotFound`] for an unknown
/// book.
pub async fn declare(
    tx: &Transaction<'_>,
    book: BookId,
    new: NewVatDeclaration,
    by: PersonId,
    wall: Timestamp,
) -> Result<VatDeclaration, Error> {
    let (book, _) = members::lock(tx, book).await?;
    if !is_short_name(&new.office) {
        return Err(Error::invalid("/office", "1 to 40 of a-z, 0-9 and '-'"));
    }
    let today = book.today(wall);
    if new.through < book.first_day() || new.through > today {
        return Err(Error::invalid("/through", format!("a day from {} to {today}", book.first_day())));
    }
    if let Some(last) = vat_declarations::latest(tx, book.id).await?
        && new.through <= last.through
    {
        let detail = format!(
            "{} declares the tax through {}: declare a later day, which has what was recorded late, or take that back first",
            last.id, last.through
        );
        return Err(Refusal::new("vat-declared", detail).into());
    }
    let on_sales = until(tx, &book, &chart::vat_payable(), new.through).await?;
    let on_costs = until(tx, &book, &chart::vat_receivable(), new.through).await?;
    if on_sales == 0 && on_costs == 0 {
        let detail = format!("no tax until {} is left to be declared", new.through);
        return Err(Refusal::new("no-vat", detail).into());
    }
    let id = VatDeclarationId::generate(book.id);
    let lines = lines(tx, &book, &new.office, (on_sales, on_costs), wall).await?;
    let entry = posting::post(tx, &book, movements::vat_declared(&lines, new.through, id), wall).await?;
    let declared = VatDeclaration {
        id,
        through: new.through,
        office: new.office,
        on_sales,
        on_costs,
        memo: new.memo,
        entry: entry.number,
        recorded_by: by,
        recorded_at: book.now(wall),
        undone: None,
    };
    vat_declarations::insert(tx, &declared).await?;
    activity::record(tx, book.id, Done::new(&id, "recorded", Actor::Person(by)), declared.recorded_at).await?;
    Ok(declared)
}

/// What an account has at the end of a day of what is there now; no less than 0.
async fn until(tx: &Transaction<'_>, book: &Book, account: &chart::Account, day: Date) -> Result<i64, Error> {
    let Some(found) = account_rows::find(tx, book.id, &account.code).await? else { return Ok(0) };
    let last = journal::last_number(tx, book.id).await?;
    let then = balances::as_of(tx, book.id, found.number, day, last).await?;
    let now = balances::get(tx, book.id, found.number).await?.net();
    Ok(then.min(now).max(0))
}

/// The lines of a declaration: account debited, account credited, and how much.
async fn lines(
    tx: &Transaction<'_>,
    book: &Book,
    office: &str,
    (on_sales, on_costs): (i64, i64),
    wall: Timestamp,
) -> Result<Vec<(AccountNumber, AccountNumber, Money)>, Error> {
    let settled = settle(on_sales, on_costs);
    let mut lines = Vec::new();
    for (debit, credit, minor) in [
        (chart::vat_payable(), chart::vat_receivable(), settled.set_off),
        (chart::vat_payable(), chart::costs_payable(office), settled.owed),
        (chart::customer_receivable(office), chart::vat_receivable(), settled.due_back),
    ] {
        if minor > 0 {
            let debit = accounts::ensure(tx, book, &debit, book.currency, wall).await?;
            let credit = accounts::ensure(tx, book, &credit, book.currency, wall).await?;
            lines.extend(Money::parts(minor, book.currency).into_iter().map(|amount| (debit, credit, amount)));
        }
    }
    Ok(lines)
}

/// Takes the latest declaration back by the mirror of its entry, while it is not paid.
///
/// # Errors
///
/// `already-reversed`; `vat-declared` when a later declaration stands; `not-a-cooperative`; what [`posting::post`] refuses, such as
/// `below-floor` once it is paid. [`Error::NotFound`] for an unknown one.
pub async fn reverse(
    tx: &Transaction<'_>,
    id: VatDeclarationId,
    reason: String,
    by: PersonId,
    wall: Timestamp,
) -> Result<VatDeclaration, Error> {
    let (book, _) = members::lock(tx, id.book).await?;
    let declared = vat_declarations::get(tx, id).await?;
    declared.stands()?;
    if let Some(last) = vat_declarations::latest(tx, book.id).await?
        && last.id != id
    {
        let detail = format!("{} declares the tax through {}: take that back first", last.id, last.through);
        return Err(Refusal::new("vat-declared", detail).into());
    }
    let mirror = mirrors::post_of_operation(tx, &book, declared.entry, id, wall).await?;
    let now = book.now(wall);
    let undone = Undone { by, at: now, reason: reason.clone(), entry: Some(mirror.number) };
    let reversed = vat_declarations::update_undone(tx, id, &undone).await?;
    activity::record(tx, book.id, Done::new(&id, "reversed", Actor::Person(by)).because(&reason), now).await?;
    Ok(reversed)
}
