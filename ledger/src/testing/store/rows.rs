//! All that a story of pledges leaves in the database, and what a large book holds.

use crate::error::Error;
use crate::id::BookId;
use deadpool_postgres::GenericClient;

/// What pledges, charges and their money are by now, but for ids and moments: a line for each row, in order. Two ways to
/// the same end leave the same lines.
pub async fn told(client: &impl GenericClient) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- rows::told
             SELECT format('charge %s %s %s %s %s %s %s %s %s %s %s', p.reference, c.sequence, c.due_on, c.amount, c.state,
                           c.attempt, c.declines, c.captured_on, c.version, c.settlement IS NOT NULL, t.amount)
               FROM charge c JOIN pledge p ON p.id = c.pledge LEFT JOIN transfer t ON t.pos = c.entry << 16
             UNION ALL
             SELECT format('attempt %s %s %s %s %s %s', p.reference, c.sequence, a.attempt, a.state, a.code,
                           a.finished_at IS NOT NULL)
               FROM charge_attempt a JOIN charge c ON c.id = a.charge JOIN pledge p ON p.id = c.pledge
             UNION ALL
             SELECT format('pledge %s %s %s %s %s', reference, state, state_detail, next_sequence, version) FROM pledge
             UNION ALL
             SELECT format('activity %s %s %s', action, actor_kind, reason) FROM activity
             UNION ALL
             -- That of a year comes with its first receipt, which a mail issues when no lane has.
             SELECT format('job %s %s', kind, finished_at IS NOT NULL) FROM job WHERE kind <> 'issue_yearly_receipts'
             UNION ALL
             SELECT format('event %s', event_id) FROM provider_event
             UNION ALL
             SELECT format('transfer %s %s %s %s %s %s', kind, debit, credit, amount, effective, occurred) FROM transfer
             ORDER BY 1",
        )
        .await?;
    let rows = client.query(&statement, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// What a book has come to, but for ids, numbers and the time of day: its charges, pledges, receipts and entries, a line for
/// each, in order.
pub async fn came_to(client: &impl GenericClient, book: BookId) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- rows::came_to
             SELECT format('charge %s %s of %s due %s: %s to %s, %s attempts, captured %s, again %s', p.reference, c.sequence,
                           c.amount, c.due_on, c.state, k.slug, c.attempt, c.captured_on, c.retry_on)
               FROM charge c JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
               JOIN campaign k ON k.book_id = c.book_id AND k.id = c.campaign
              WHERE c.book_id = $1
             UNION ALL
             SELECT format('attempt %s %s %s: %s %s on %s', p.reference, c.sequence, a.attempt, a.state, a.code,
                           (a.finished_at AT TIME ZONE b.zone)::date)
               FROM charge_attempt a JOIN charge c ON c.book_id = a.book_id AND c.id = a.charge
               JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge JOIN book b ON b.number = a.book_id
              WHERE a.book_id = $1
             UNION ALL
             SELECT format('pledge %s %s %s since %s, next %s, %s %s from %s on %s', p.reference, p.state, p.state_detail,
                           (p.state_since AT TIME ZONE b.zone)::date, p.next_sequence, p.amount, p.schedule, p.terms_from,
                           p.starts_on)
               FROM pledge p JOIN book b ON b.number = p.book_id WHERE p.book_id = $1
             UNION ALL
             SELECT format('change of %s to %s %s on %s: %s from %s', p.reference, c.to_amount, c.to_interval,
                           (c.asked_at AT TIME ZONE b.zone)::date, e.outcome, e.starts_on)
               FROM plan_change c JOIN pledge p ON p.book_id = c.book_id AND p.id = c.pledge
               JOIN book b ON b.number = c.book_id
               LEFT JOIN plan_change_end e ON e.book_id = c.book_id AND e.change = c.id
              WHERE c.book_id = $1
             UNION ALL
             SELECT format('%s: %s', kind, count(*)) FROM job
              WHERE book_id = $1 AND kind IN ('send_receipt', 'send_plan_change', 'send_consent_link') GROUP BY kind
             UNION ALL
             SELECT format('entry %s %s %s %s effective %s', t.kind, d.code, c.code, t.amount, t.effective)
               FROM transfer t JOIN account d ON d.book_id = t.book_id AND d.number = t.debit
               JOIN account c ON c.book_id = t.book_id AND c.number = t.credit
              WHERE t.book_id = $1
             ORDER BY 1",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// All that placing a pledge writes, each row whole but for ids and the moments at which it was written.
pub async fn placed(client: &impl GenericClient) -> Result<Vec<String>, Error> {
    let statement = client
        .prepare_cached(
            "-- rows::placed
             SELECT 'pledge ' || (to_jsonb(p) - '{id, campaign, donor, partner, content, terms_sha256}'::text[])::text
               FROM pledge p
             UNION ALL
             SELECT 'donor ' || (to_jsonb(d) - '{id, partner}'::text[])::text FROM donor d
             UNION ALL
             SELECT 'job ' || (to_jsonb(j) - '{id, dedupe, payload, created_at}'::text[])::text
               FROM job j WHERE kind = 'charge_pledge'
             UNION ALL
             SELECT 'activity ' || (to_jsonb(a) - '{id, object, actor}'::text[])::text
               FROM activity a WHERE action = 'placed'
             ORDER BY 1",
        )
        .await?;
    let rows = client.query(&statement, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The statement with which a database's owner loads transfers into a book behind the door's back. `rows` is a query of
/// (pos, debit, credit, amount, day, kind, note) with positions after those of the book.
pub fn load(book: BookId, rows: &str) -> String {
    include_str!("load.sql").replace("{book}", &book.to_string()).replace("{rows}", rows)
}

/// Opens books with the numbers from 1 on, in which nothing is posted and which nobody owns: as the owner of the tables.
pub async fn open_books(client: &tokio_postgres::Client, count: i32) -> Result<(), Error> {
    let book = "-- rows::open_books
         INSERT INTO book (number, uid, organisation, name, currency, mode, zone, visibility, created_at)
         SELECT number, gen_random_uuid(), gen_random_uuid(), 'Book', 'USD', 'sandbox', 'UTC', 'private', now()
           FROM generate_series(1, $1) AS number";
    client.execute(book, &[/* count */ &count]).await?;
    let head = "-- rows::open_books, heads\nINSERT INTO book_head (book_id) SELECT generate_series(1, $1)";
    client.execute(head, &[/* count */ &count]).await?;
    Ok(())
}

/// Gives a person, and the jobs that mail to them, another address.
pub async fn rename(client: &tokio_postgres::Client, from: &str, to: &str) -> Result<(), Error> {
    client.execute("-- rows::rename, person\nUPDATE person SET email = $2 WHERE email = $1", &[&from, &to]).await?;
    let jobs = "-- rows::rename, jobs
        UPDATE job SET payload = jsonb_set(payload, '{email}', to_jsonb($2::text)) WHERE payload ->> 'email' = $1";
    client.execute(jobs, &[&from, &to]).await?;
    Ok(())
}
