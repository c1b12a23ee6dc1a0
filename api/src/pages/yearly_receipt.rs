//! The receipt of a year as a page, or as plain text for whoever asks for that: from the donor's page, where it can be asked for when the
//! year is over, or by the link of its mail; and what any link of a mail to one receipt leads to.

use super::donor::whose;
use super::receipt::{ReceiptPage, as_asked};
use super::{giving, written};
use crate::extract::Form;
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use crate::wire::{bounded, parse};
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, post, route};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::engine::store::books;
use ledger::id::YearlyReceiptId;
use ledger::money::Currency;
use ledger::pledging::operations::{donor_links, yearly_receipts as operations};
use ledger::pledging::rules::donor_link::Target;
use ledger::pledging::rules::yearly_receipt::{Back, Item, Late, ShownYear, YearSum, YearlyReceipt};
use ledger::pledging::store::{donors, issued_receipts, yearly_receipts};
use serde::Deserialize;

/// What a receipt of a year says, for people.
#[derive(Template)]
#[template(path = "yearly_receipt.html")]
pub(super) struct YearlyReceiptPage {
    receipt: YearlyReceipt,
    /// The donor's name as it is known now; empty when it is not.
    name: String,
    book: String,
    issued_on: String,
    count: i64,
    sums: Vec<SumView>,
    items: Vec<ItemView>,
    is_cut: bool,
    /// What has changed since it was issued.
    since: Vec<Said>,
    tax_text: String,
}

#[derive(Template)]
#[template(path = "yearly_receipt.txt")]
struct YearlyReceiptText<'a> {
    page: &'a YearlyReceiptPage,
}

/// What was given in a currency.
struct SumView {
    given: String,
    lines: Vec<(String, String)>,
    back: Vec<Said>,
}

/// A single receipt that is summed up.
struct ItemView {
    number: String,
    day: String,
    campaign: String,
    amount: String,
    back: Vec<Said>,
}

/// What had come back when the receipt was issued.
fn back<A: Into<i128>>(then: Back<A>, currency: Currency) -> Vec<Said> {
    let parts = [(say("receipt-then-returned"), then.refunded), (say("receipt-then-taken"), then.disputed)];
    giving::parts(parts, currency)
}

/// What of a sum has come back by now, where that is something else than it was.
fn changes(sum: &YearSum) -> Vec<Said> {
    let parts = [
        (say("receipt-now-returned"), sum.then.refunded, sum.now.refunded),
        (say("receipt-now-taken"), sum.then.disputed, sum.now.disputed),
    ];
    let changed = parts.into_iter().filter(|(_, then, now)| then != now);
    changed
        .map(|(what, then, now)| {
            what.with("now", giving::sum(now, sum.currency)).with("then", giving::sum(then, sum.currency))
        })
        .collect()
}

fn late(it: &Late) -> Said {
    let said = say("receipt-late").with("amount", giving::money(it.amount)).with("day", written(it.given_on));
    said.with("number", it.number.to_string())
}

impl SumView {
    fn new(it: &YearSum) -> SumView {
        let lines = it.lines.iter().filter(|_| it.lines.len() > 1);
        SumView {
            given: giving::sum(it.given, it.currency),
            lines: lines.map(|(label, minor)| (giving::label(label), giving::sum(*minor, it.currency))).collect(),
            back: back(it.then, it.currency),
        }
    }
}

impl ItemView {
    fn new(it: &Item) -> ItemView {
        ItemView {
            number: it.number.to_string(),
            day: written(it.given_on),
            campaign: it.campaign_title.clone(),
            amount: giving::money(it.amount),
            back: back(it.then, it.amount.currency()),
        }
    }
}

impl YearlyReceiptPage {
    /// The page of a receipt.
    pub(super) async fn of(client: &impl GenericClient, id: YearlyReceiptId) -> Result<YearlyReceiptPage, Error> {
        let receipt = yearly_receipts::get(client, id).await?;
        let ShownYear { receipt, count, items, sums, late: came_later } = operations::shown(client, receipt).await?;
        let book = books::get(client, id.book).await?;
        Ok(YearlyReceiptPage {
            name: donors::get(client, receipt.donor).await?.name,
            issued_on: written(book.day_of(receipt.issued_at)),
            count,
            sums: sums.iter().map(SumView::new).collect(),
            is_cut: i64::try_from(items.len()).is_ok_and(|shown| shown < count),
            items: items.iter().map(ItemView::new).collect(),
            since: sums.iter().flat_map(changes).chain(came_later.iter().map(late)).collect(),
            book: book.name,
            tax_text: giving::tax_text(&receipt.tax_text),
            receipt,
        })
    }

    /// As HTML, unless plain text is asked for.
    pub(super) fn respond(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        as_asked(request, self, &YearlyReceiptText { page: self })
    }
}

/// The receipt to which a link leads: of a charge, or of a year.
#[route("/receipts/{token}", method = "GET", method = "HEAD")]
pub(super) async fn show_by_link(
    state: Data<State>,
    token: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let client = state.client().await?;
    match donor_links::either_receipt(&client, &token, ledger::calendar::now()).await? {
        Target::Receipt(id) => {
            let shown = issued_receipts::get(&client, id).await?;
            ReceiptPage::of(&client, shown).await?.respond(&request)
        }
        Target::YearlyReceipt(id) => YearlyReceiptPage::of(&client, id).await?.respond(&request),
        Target::Gifts => Err(Problem::not_found("receipt")),
    }
}

/// One of the donor's receipts of years.
#[route("/donors/{token}/yearly-receipts/{id}", method = "GET", method = "HEAD")]
pub(super) async fn show(
    state: Data<State>,
    path: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (token, id) = path.into_inner();
    let client = state.client().await?;
    let (donor, _) = whose(&client, &token, ledger::calendar::now()).await?;
    let missing = || Problem::not_found("page");
    let id: YearlyReceiptId = id.parse().map_err(|_| missing())?;
    if id.book != donor.book || yearly_receipts::get(&client, id).await?.donor != donor {
        return Err(missing());
    }
    YearlyReceiptPage::of(&client, id).await?.respond(&request)
}

/// The year whose receipt a donor wants.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    token: String,
    year: String,
}

/// Issues the receipts of a year that is over, and leads back to the page of the year.
#[post("/donors/yearly-receipts")]
pub(super) async fn ask_for_year(state: Data<State>, form: Form<Wanted>) -> Result<HttpResponse, Problem> {
    let token = bounded("/token", &form.0.token, 1..=200)?;
    let year: i32 = parse::<u16>("/year", &form.0.year)?.into();
    state
        .in_transaction(async |tx| {
            let wall = ledger::calendar::now();
            let (donor, _) = whose(tx, &token, wall).await?;
            operations::request(tx, donor, year, wall).await.map(drop)
        })
        .await?;
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, format!("/donors/{token}/years/{year}"))).finish())
}
