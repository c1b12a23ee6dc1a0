//! The outbox of a sandbox book: what its mail says, which is sent to nobody.

use crate::auth::Caller;
use crate::extract::Params;
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, require_admitted};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use jiff::Timestamp;
use ledger::engine::store::books;
use ledger::id::{BookRef, MailId};
use ledger::service::store::outbox::{self, Mail};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A mail of a sandbox book. A live book would have sent it.
#[derive(Serialize, ToSchema)]
#[schema(as = OutboxMail)]
pub struct OutboxMailBody {
    #[schema(value_type = String)]
    id: MailId,
    /// What it is, in a word, such as `receipt`, `decline` or `pledge`; more kinds come.
    kind: String,
    /// What it is about, such as `receipt.chg_…` for the receipt of a charge. There is one mail about the same.
    about: String,
    /// The address that it is written to.
    recipient: String,
    /// Begins with `[test]`.
    subject: String,
    /// Its plain text, which begins with `[test]`.
    text: String,
    /// When it was written, by the wall clock.
    created_at: Timestamp,
}

impl From<Mail> for OutboxMailBody {
    fn from(mail: Mail) -> OutboxMailBody {
        let Mail { id, partner: _, kind, about, recipient, subject, text, created_at } = mail;
        OutboxMailBody { id, kind, about, recipient, subject, text, created_at }
    }
}

/// Lists the mail of a sandbox book: it is kept here, and sent to nobody. The outbox of a live book is empty, as its mail is
/// sent.
///
/// A partner that is admitted to the book sees what is about pledges that it brought.
#[utoipa::path(tag = "books", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, the oldest first", body = Page<OutboxMailBody>)))]
#[get("/v1/books/{book}/outbox")]
pub(crate) async fn list_outbox(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<Uuid>()?;
    let (after, fetch) = (window.after.unwrap_or_default(), window.fetch());
    let client = state.client().await?;
    let rows = match caller.partner() {
        None => outbox::list(&client, kept(&client, &caller, *id).await?.id, after, fetch).await?,
        Some(partner) => {
            let book = books::resolve(&client, *id).await?;
            require_admitted(&client, partner, &book, "book").await?;
            outbox::list_of_partner(&client, book.id, partner.organisation, after, fetch).await?
        }
    };
    Ok(window.page(rows, |row| row.id.object, OutboxMailBody::from).respond(&http))
}
