//! Hires of a programme: written down, and ended.

use crate::engine::store::books;
use crate::error::{Error, Refusal};
use crate::id::{HireId, PersonId, ProgrammeId};
use crate::programmes::rules::hire::Hire;
use crate::programmes::store::{hires, parts, programmes};
use crate::service::store::activity::{self, Actor, Done};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;

/// Writes down that somebody works in a place of a programme from a day of its months on.
///
/// # Errors
///
/// `programme-withdrawn`; `places-taken` where as many as there are places for work there on that day or later; [`Error::Invalid`] at `/place`
/// or `/starts_on`; [`Error::NotFound`] for an unknown programme.
pub async fn hire(
    tx: &Transaction<'_>,
    id: ProgrammeId,
    place: i16,
    starts_on: Date,
    by: PersonId,
    wall: Timestamp,
) -> Result<Hire, Error> {
    let book = books::get(tx, id.book).await?;
    let programme = programmes::lock(tx, id, book.currency).await?;
    programme.stands()?;
    let places = parts::places(tx, id).await?;
    let wanted = usize::try_from(place).ok().and_then(|number| places.get(number.checked_sub(1)?));
    let Some(wanted) = wanted else {
        let what = if places.is_empty() {
            "the programme has no places for people".to_owned()
        } else {
            format!("the number of a place, from 1 to {}", places.len())
        };
        return Err(Error::invalid("/place", what));
    };
    let (first, last) = (programme.first_month, programme.last_day());
    if !(first..=last).contains(&starts_on) {
        return Err(Error::invalid("/starts_on", format!("from {first} to {last}, the months of the programme")));
    }
    let taken = hires::taken(tx, id, starts_on).await?;
    let taken = taken.iter().find(|it| it.place == place).map_or(0, |it| it.from_then_on);
    if taken >= i64::from(wanted.people) {
        let detail = format!("{taken} of {} work there on {starts_on} or later", wanted.people);
        return Err(Refusal::new("places-taken", detail).into());
    }
    let hired_at = book.now(wall).max(programme.opened_at);
    let title = wanted.title.clone();
    let hired = Hire { id: HireId::generate(id.book), programme: id, place, title, starts_on, ends_on: None, hired_at };
    hires::insert(tx, &hired, by).await?;
    activity::record(tx, book.id, Done::new(&hired.id, "hired", Actor::Person(by)), hired_at).await?;
    Ok(hired)
}

/// Writes the last day of somebody's work down, once.
///
/// # Errors
///
/// What [`Hire::check_end`] refuses; [`Error::NotFound`] for an unknown hire.
pub async fn end(
    tx: &Transaction<'_>,
    id: HireId,
    ends_on: Date,
    by: PersonId,
    wall: Timestamp,
) -> Result<Hire, Error> {
    let book = books::get(tx, id.book).await?;
    let found = hires::get(tx, id).await?;
    programmes::lock(tx, found.programme, book.currency).await?;
    let found = hires::get(tx, id).await?;
    found.check_end(ends_on)?;
    let now = book.now(wall).max(found.hired_at);
    hires::end(tx, id, ends_on, by, now).await?;
    activity::record(tx, book.id, Done::new(&id, "ended", Actor::Person(by)), now).await?;
    Ok(Hire { ends_on: Some(ends_on), ..found })
}
