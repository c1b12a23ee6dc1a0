//! The file of a partner's day: what was captured, what went back, what processors kept, and what was promised.
//!
//! Of money it has that of pledges alone. What was captured that day stays in it whatever comes after: a refund has a line on the day on which
//! it reached the donor. A report that reaches us later may add a line to a day that is over.

use crate::engine::pool::Pool;
use crate::engine::store::books::Book;
use crate::error::Error;
use crate::id::OrganisationId;
use crate::pledging::rules::settlement_day::{DayLine, LineKind, Place, Total, head};
use crate::pledging::store::settlement_days::{self as store, Whose};
use deadpool_postgres::GenericClient;
use futures_util::stream::{self, Stream};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

/// The most lines that one batch of a file reads.
const BATCH: i64 = 10_000;

/// A day of a partner.
///
/// # Errors
///
/// [`Error::Invalid`] at `/day` for one that has not come, or that the book knows nothing of.
pub fn of(book: &Book, partner: OrganisationId, day: Date, wall: Timestamp) -> Result<Whose, Error> {
    let (first, today) = (book.first_day(), book.today(wall));
    if day < first || day > today {
        return Err(Error::invalid("/day", format!("a day from {first} to {today}")));
    }
    Ok(Whose { book: book.id, host: book.organisation, partner, day })
}

/// Some lines of a day, after a place. A kind is read after the other, each by its key: a page costs its own lines, however long the day is.
///
/// # Errors
///
/// What the database says.
pub async fn lines(
    client: &impl GenericClient,
    whose: &Whose,
    after: Option<Place>,
    limit: i64,
) -> Result<Vec<DayLine>, Error> {
    let (rank, object) = after.unwrap_or((0, Uuid::nil()));
    let mut found: Vec<DayLine> = Vec::new();
    for kind in LineKind::ALL.iter().copied().filter(|kind| kind.rank() >= rank) {
        let left = limit - i64::try_from(found.len()).unwrap_or(limit);
        if left <= 0 {
            break;
        }
        let after = if kind.rank() == rank { object } else { Uuid::nil() };
        found.extend(store::list(client, whose, kind, after, left).await?);
    }
    Ok(found)
}

/// What the lines of a day come to, by custodian and currency. A day without lines comes to nothing, in the currency of the book.
///
/// # Errors
///
/// What the database says.
pub async fn totals(client: &impl GenericClient, book: &Book, whose: &Whose) -> Result<Vec<Total>, Error> {
    let totals = store::totals(client, whose).await?;
    Ok(if totals.is_empty() { vec![Total::none(whose.partner, book.currency)] } else { totals })
}

/// The table of a day, piece by piece. The pieces are read one after the other, so that no transaction stays open while a slow reader takes its time.
///
/// # Errors
///
/// What the database says, as the last piece.
pub fn table(pool: Pool, whose: Whose) -> impl Stream<Item = Result<String, Error>> + Send + 'static {
    stream::try_unfold(Some(None), move |step: Option<Option<Place>>| {
        let pool = pool.clone();
        async move {
            let Some(after) = step else { return Ok(None) };
            let client = pool.get().await?;
            let rows = lines(&client, &whose, after, BATCH).await?;
            let text: String = rows.iter().map(|line| line.row(whose.day)).collect();
            let text = if after.is_none() { head() + &text } else { text };
            let is_more = i64::try_from(rows.len()).is_ok_and(|read| read == BATCH);
            let next = rows.last().filter(|_| is_more).map(|last| Some(last.place()));
            // An empty piece would end a chunked body.
            Ok::<_, Error>((!text.is_empty()).then_some((text, next)))
        }
    })
}
