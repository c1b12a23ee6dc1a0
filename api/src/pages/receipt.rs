//! A receipt as a page, or as plain text for whoever asks for that: from the page of its donor, or by the link of its mail.

use super::{giving, page, written};
use crate::problem::Problem;
use crate::say;
use crate::texts::Said;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderMap, VARY};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::engine::store::books;
use ledger::pledging::rules::conversion;
use ledger::pledging::rules::receipt::{Receipt, Shown};
use ledger::pledging::store::donors;

/// What a receipt says, for people.
#[derive(Template)]
#[template(path = "receipt.html")]
pub(super) struct ReceiptPage {
    receipt: Receipt,
    amount: String,
    /// What was paid in another currency.
    paid_as: Option<Said>,
    /// The donor's name as it is known now; empty when it is not.
    name: String,
    book: String,
    day: String,
    issued_on: String,
    terms: String,
    /// What one of the currency in which it was paid came to; empty when that is its own.
    rate: String,
    lines: Vec<(String, String)>,
    since: Vec<Said>,
    tax_text: String,
}

#[derive(Template)]
#[template(path = "receipt.txt")]
struct ReceiptText<'a> {
    page: &'a ReceiptPage,
}

impl ReceiptPage {
    /// The page of a receipt.
    pub(super) async fn of(client: &impl GenericClient, shown: Shown) -> Result<ReceiptPage, Error> {
        let Shown { receipt, refunded, disputed } = shown;
        let book = books::get(client, receipt.id.book).await?;
        let currency = receipt.amount.currency();
        let since = [(say("receipt-returned-since"), refunded), (say("receipt-are-disputed"), disputed)];
        let rate = receipt.original.map(|original| conversion::rate(original, receipt.amount)).unwrap_or_default();
        let day = written(receipt.given_on);
        let paid_as = |original| {
            let said = say("receipt-paid-as-at").with("original", giving::money(original));
            said.with("rate", giving::decimal(&rate)).with("day", &day)
        };
        Ok(ReceiptPage {
            amount: giving::money(receipt.amount),
            paid_as: receipt.original.map(paid_as),
            name: donors::get(client, receipt.donor).await?.name,
            day,
            issued_on: written(book.day_of(receipt.issued_at)),
            rate,
            terms: hex::encode(receipt.terms_digest),
            lines: giving::lines(&receipt.lines, currency),
            since: giving::parts(since, currency),
            tax_text: giving::tax_text(&receipt.tax_text),
            book: book.name,
            receipt,
        })
    }

    /// As HTML, unless plain text is asked for.
    pub(super) fn respond(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        as_asked(request, self, &ReceiptText { page: self })
    }
}

/// A receipt as HTML, unless plain text is asked for.
pub(super) fn as_asked(
    request: &HttpRequest,
    html: &impl Template,
    text: &impl Template,
) -> Result<HttpResponse, Problem> {
    let mut answer = if wants_text(request.headers()) {
        let text = text.render().map_err(|error| {
            tracing::error!(%error, "a receipt cannot be rendered");
            Problem::internal()
        })?;
        HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
    } else {
        page(StatusCode::OK, html)?
    };
    answer.headers_mut().insert(VARY, ACCEPT.into());
    Ok(answer)
}

/// Whether plain text is asked for, and no HTML: what programs read, in English.
pub(crate) fn wants_text(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("text/plain") && !accept.contains("text/html")
}
