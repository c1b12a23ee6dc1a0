//! Events held against what the objects of a book have come to.

use crate::id::BookId;
use tokio_postgres::{Client, Error};

/// Where events come from, and whether rows of it change: then the last event of an object says how it stands.
const SOURCES: &str = "
    SELECT s.source, s.family, s.object, s.state, s.object = 'r.id' AND EXISTS (
           SELECT FROM pg_trigger t WHERE t.tgrelid = s.source::regclass AND t.tgname = s.source || '_event_of_change')
      FROM event_sources(NULL) s WHERE s.mark = s.state";

/// What is wrong with the events of one source, a line each. What stands in braces is filled in from what the triggers use.
const WRONG: &str = "
    WITH told AS (
        SELECT e.object, e.sequence, e.number, split_part(e.kind, '.', 2) AS state, e.state_before,
               lag(split_part(e.kind, '.', 2)) OVER story AS came_from, lag(e.sequence) OVER story AS sequence_before
          FROM event e WHERE e.book_id = $1 AND split_part(e.kind, '.', 1) = '{family}'
        WINDOW story AS (PARTITION BY e.object ORDER BY e.number))
    SELECT format('{family} %s: event %s comes from %s after %s, as %s after %s', object, number, state_before, came_from,
                  sequence, sequence_before)
      FROM told
     WHERE '{object}' = 'r.id' AND (state_before IS DISTINCT FROM came_from OR sequence_before >= sequence)
    UNION ALL
    SELECT format('{source} %s is %s, and no event says so', r.object, r.state)
      FROM (SELECT {object} AS object, ({state})::text AS state FROM {source} r WHERE r.book_id = $1) r
     WHERE r.state IS NOT NULL AND NOT EXISTS (
           SELECT FROM told t WHERE t.object = r.object AND t.state = r.state
              AND (NOT {is_changed} OR t.number = (SELECT max(l.number) FROM told l WHERE l.object = r.object)))";

/// Where an object of a book has not come to its state by events without a gap, each once. Asked by the owner of the database.
pub async fn wrong(owner: &Client, book: BookId) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for source in owner.query(SOURCES, &[]).await? {
        let is_changed: bool = source.get(4);
        let asked = WRONG
            .replace("{source}", source.get(0))
            .replace("{family}", source.get(1))
            .replace("{object}", source.get(2))
            .replace("{state}", source.get(3))
            .replace("{is_changed}", if is_changed { "true" } else { "false" });
        let rows = owner.query(&asked, &[&book.0]).await?;
        found.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
    Ok(found)
}

/// The numbers of what was fired by hand in a book. Asked by the owner of the database.
pub async fn fired(owner: &Client, book: BookId) -> Result<Vec<i64>, Error> {
    let rows = owner.query("SELECT number FROM fired_event WHERE book_id = $1", &[&book.0]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
