//! Proposals and their colleges.

use crate::cooperatives::rules::allocation_rule::Rule;
use crate::cooperatives::rules::cooperative::Percent;
use crate::engine::store::rows::{days, word};
use crate::error::Error;
use crate::governance::rules::proposal::{
    College, Executed, Motion, Outcome, Proposal, ProposalEnd, ProposalState, ProposedRule,
};
use crate::governance::rules::tally::Count;
use crate::id::{AllocationRuleId, BookId, PersonId, ProgrammeId, ProposalId};
use crate::programmes::rules::programme::NewProgramme;
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

fn motion(row: &Row) -> Result<Motion, Error> {
    if let Some(Json(rule)) = row.try_get::<_, Option<Json<Rule>>>("rule")? {
        let (effective_from, window_days) = (row.get("effective_from"), days(row, "window_days")?);
        return Ok(Motion::Rule(ProposedRule { rule, effective_from, window_days }));
    }
    let budget = row.try_get::<_, Option<Json<NewProgramme>>>("programme")?;
    Ok(budget.map_or(Motion::Resolution, |Json(new)| Motion::Budget(new)))
}

fn from_row(row: &Row) -> Result<Proposal, Error> {
    let book = BookId(row.get("book_id"));
    let by = row.get::<_, Option<Uuid>>("ended_by").map(PersonId);
    let published = row.get::<_, Option<Uuid>>("rule_id").map(|id| AllocationRuleId::new(book, id));
    let opened = row.get::<_, Option<Uuid>>("programme_id").map(|id| ProgrammeId::new(book, id));
    let refused: Option<String> = row.get("refused");
    let end = match (word(row.get("state"))?, by, row.get::<_, Option<String>>("reason")) {
        (ProposalState::Open, None, None) => None,
        (ProposalState::Passed, None, None) => Some(ProposalEnd::Passed(match (published, opened, refused) {
            (Some(id), _, _) => Executed::Published(id),
            (None, Some(id), _) => Executed::Opened(id),
            (None, None, Some(code)) => Executed::Refused(code),
            (None, None, None) => Executed::Nothing,
        })),
        (ProposalState::Failed, None, None) => Some(ProposalEnd::Failed),
        (ProposalState::Withdrawn, Some(by), Some(reason)) => Some(ProposalEnd::Withdrawn { by, reason }),
        (
            state @ (ProposalState::Open | ProposalState::Passed | ProposalState::Failed | ProposalState::Withdrawn),
            ..,
        ) => {
            return Err(Error::inconsistent(format!("a proposal that is {state} and lacks what belongs to it")));
        }
    };
    let counted: Option<i32> = row.get("counted");
    Ok(Proposal {
        id: ProposalId::new(book, row.get("id")),
        title: row.get("title"),
        text: row.get("text"),
        motion: motion(row)?,
        digest: row.get::<_, &[u8]>("digest").try_into().map_err(|_| Error::inconsistent("a digest"))?,
        threshold: word(row.get("threshold"))?,
        quorum: row.get("quorum"),
        electors: row.get("electors"),
        last_day: row.get("last_day"),
        closes_at: row.get("closes_at"),
        opened_at: row.get("opened_at"),
        proposed_by: PersonId(row.get("proposed_by")),
        ended: end.zip(row.get("ended_at")),
        outcome: counted.map(|counted| Outcome { counted, approval: row.get("approval") }),
        version: row.get("version"),
    })
}

/// A new proposal, open.
pub async fn insert(tx: &Transaction<'_>, new: &Proposal) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- proposals::insert
            INSERT INTO proposal (book_id, id, proposed_by, opened_at, closes_at, electors, quorum, last_day, effective_from,
                                  window_days, threshold, title, text, digest, rule, programme)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .await?;
    let rule = new.motion.rule();
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* proposed_by */ &new.proposed_by.0,
            /* opened_at */ &new.opened_at,
            /* closes_at */ &new.closes_at,
            /* electors */ &new.electors,
            /* quorum */ &new.quorum,
            /* last_day */ &new.last_day,
            /* effective_from */ &rule.map(|it| it.effective_from),
            /* window_days */ &rule.map(|it| it.window_days.cast_signed()),
            /* threshold */ &new.threshold.as_str(),
            /* title */ &new.title,
            /* text */ &new.text,
            /* digest */ &new.digest.as_slice(),
            /* rule */ &rule.map(|it| Json(&it.rule)),
            /* programme */ &new.motion.budget().map(Json),
        ],
    )
    .await?;
    Ok(())
}

/// The proposal with this id.
pub async fn get(client: &impl GenericClient, id: ProposalId) -> Result<Proposal, Error> {
    let statement = client
        .prepare_cached(
            "-- proposals::get
            SELECT * FROM proposal WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("proposal"))
}

/// The proposal, its row locked until the transaction ends: votes on it and its end come one after the other. The cooperative is locked
/// before it, where both are.
pub async fn lock(tx: &Transaction<'_>, id: ProposalId) -> Result<Proposal, Error> {
    let statement = tx
        .prepare_cached(
            "-- proposals::lock
            SELECT * FROM proposal WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("proposal"))
}

/// The proposals of a book, the youngest first, before an id.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Proposal>, Error> {
    let statement = client
        .prepare_cached(
            "-- proposals::list
            SELECT * FROM proposal WHERE book_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* before */ &before, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Until which moment votes of a book were counted, in book time; none before the first one was.
pub async fn counted_through(client: &impl GenericClient, book: BookId) -> Result<Option<Timestamp>, Error> {
    let statement = client
        .prepare_cached(
            "-- proposals::counted_through
            SELECT max(ended_at) AS through FROM proposal WHERE book_id = $1 AND counted IS NOT NULL",
        )
        .await?;
    Ok(client.query_one(&statement, &[/* book_id */ &book.0]).await?.get("through"))
}

/// Ends a proposal, with what was counted where it was. The caller has locked it.
pub async fn end(
    tx: &Transaction<'_>,
    id: ProposalId,
    end: &ProposalEnd,
    outcome: Option<Outcome>,
    at: Timestamp,
) -> Result<Proposal, Error> {
    let statement = tx
        .prepare_cached(
            "-- proposals::end
            UPDATE proposal SET state = $3, ended_at = $4, ended_by = $5, reason = $6, rule_id = $7, refused = $8, counted = $9,
                                approval = $10, programme_id = $11, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let (by, reason) = match end {
        ProposalEnd::Withdrawn { by, reason } => (Some(by.0), Some(reason.as_str())),
        ProposalEnd::Passed(_) | ProposalEnd::Failed => (None, None),
    };
    let (published, opened, refused) = match end {
        ProposalEnd::Passed(Executed::Published(id)) => (Some(id.object), None, None),
        ProposalEnd::Passed(Executed::Opened(id)) => (None, Some(id.object), None),
        ProposalEnd::Passed(Executed::Refused(code)) => (None, None, Some(code.as_str())),
        ProposalEnd::Passed(Executed::Nothing) | ProposalEnd::Failed | ProposalEnd::Withdrawn { .. } => {
            (None, None, None)
        }
    };
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* id */ &id.object,
                /* state */ &end.state().as_str(),
                /* ended_at */ &at,
                /* ended_by */ &by,
                /* reason */ &reason,
                /* rule_id */ &published,
                /* refused */ &refused,
                /* counted */ &outcome.map(|it| it.counted),
                /* approval */ &outcome.and_then(|it| it.approval),
                /* programme_id */ &opened,
            ],
        )
        .await?;
    from_row(&row)
}

/// The colleges of a new proposal, numbered in their order.
pub async fn insert_colleges(tx: &Transaction<'_>, id: ProposalId, colleges: &[College]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- proposals::insert_college
            INSERT INTO proposal_college (book_id, proposal_id, number, \"group\", weight, electors)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .await?;
    for (number, college) in (1i16..).zip(colleges) {
        let weight = i32::try_from(college.weight.hundredths()).map_err(|_| Error::inconsistent("a weight"))?;
        tx.execute(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* proposal_id */ &id.object,
                /* number */ &number,
                /* group */ &college.group,
                /* weight */ &weight,
                /* electors */ &college.electors,
            ],
        )
        .await?;
    }
    Ok(())
}

/// The colleges of a proposal, in their order.
pub async fn colleges(client: &impl GenericClient, id: ProposalId) -> Result<Vec<College>, Error> {
    let statement = client
        .prepare_cached(
            "-- proposals::colleges
            SELECT * FROM proposal_college WHERE book_id = $1 AND proposal_id = $2 ORDER BY number",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* proposal_id */ &id.object]).await?;
    let college = |row: &Row| -> Result<College, Error> {
        let weight = u64::try_from(row.get::<_, i32>("weight")).map_err(|_| Error::inconsistent("a weight"))?;
        let yes: Option<i32> = row.get("yes");
        let count = |yes| Count { yes, no: row.get("no"), blank: row.get("blank"), delegated: row.get("delegated") };
        Ok(College {
            group: row.get("group"),
            weight: Percent::from_hundredths(weight),
            electors: row.get("electors"),
            count: yes.map(count),
        })
    };
    rows.iter().map(college).collect()
}

/// Saves what the colleges have said, in their order. The caller has locked the proposal.
pub async fn update_counts(tx: &Transaction<'_>, id: ProposalId, counts: &[Count]) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- proposals::update_counts
            UPDATE proposal_college SET yes = $4, no = $5, blank = $6, delegated = $7
             WHERE book_id = $1 AND proposal_id = $2 AND number = $3",
        )
        .await?;
    for (number, count) in (1i16..).zip(counts) {
        tx.execute(
            &statement,
            &[
                /* book_id */ &id.book.0,
                /* proposal_id */ &id.object,
                /* number */ &number,
                /* yes */ &count.yes,
                /* no */ &count.no,
                /* blank */ &count.blank,
                /* delegated */ &count.delegated,
            ],
        )
        .await?;
    }
    Ok(())
}
