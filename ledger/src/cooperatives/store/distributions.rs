//! Distributions with their parts and objections.

use super::allocation_rules::{days, sha256};
use crate::chart;
use crate::cooperatives::rules::cooperative::Period;
use crate::cooperatives::rules::distribution::{Approval, Distribution, DistributionState, Objection, Posting};
use crate::cooperatives::rules::inputs::Inputs;
use crate::cooperatives::rules::outline::Outline;
use crate::cooperatives::rules::plan::{MemberPart, Plan};
use crate::engine::store::rows::word;
use crate::error::Error;
use crate::id::{AllocationRuleId, BookId, DistributionId, MemberId, PersonId, ResultId};
use deadpool_postgres::{GenericClient, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashMap;
use tokio_postgres::Row;
use tokio_postgres::types::Json;
use uuid::Uuid;

fn state(row: &Row) -> Result<DistributionState, Error> {
    let name: &str = row.get("state");
    let broken = || Error::inconsistent(format!("a distribution in the state {name} lacks its facts"));
    let until = row.get("until");
    let approval = || match (row.get::<_, Option<Uuid>>("approved_by"), row.get("approved_at")) {
        (Some(by), Some(at)) => Ok(Approval { by: PersonId(by), at }),
        (None, _) | (_, None) => Err(broken()),
    };
    let posting = || match (row.get::<_, Option<i64>>("entry_number"), row.get("posted_at")) {
        (Some(entry), Some(at)) => Ok(Posting { approval: approval()?, entry, at }),
        (None, _) | (_, None) => Err(broken()),
    };
    Ok(match name {
        "draft" => DistributionState::Draft { until },
        "objection" => DistributionState::Objection { until },
        "objected" => {
            let answer_until = row.get::<_, Option<Timestamp>>("answer_until").ok_or_else(broken)?;
            DistributionState::Objected { until, answer_until }
        }
        "approved" => DistributionState::Approved { approval: approval()?, until },
        "posted" => DistributionState::Posted(posting()?),
        "paid" => DistributionState::Paid(posting()?),
        "statements_issued" => DistributionState::StatementsIssued(posting()?),
        "reversing" => DistributionState::Reversing { posting: posting()?, reason: row.get("reason") },
        "reversed" => {
            let reversal = row.get::<_, Option<i64>>("reversal_number").ok_or_else(broken)?;
            DistributionState::Reversed { posting: posting()?, reversal, reason: row.get("reason") }
        }
        "withdrawn" => DistributionState::Withdrawn { reason: row.get("reason") },
        _ => return Err(broken()),
    })
}

fn from_row(row: &Row) -> Result<Distribution, Error> {
    let book = BookId(row.get("book_id"));
    let Json(plan) = row.try_get::<_, Json<Outline>>("plan")?;
    Ok(Distribution {
        id: DistributionId::new(book, row.get("id")),
        period: Period { from: row.get("period_from"), to: row.get("period_to") },
        rule: AllocationRuleId::new(book, row.get("rule_id")),
        rule_version: row.get("rule_version"),
        result: ResultId::new(book, row.get("result_id")),
        sales: row.get("sales"),
        costs: row.get("costs"),
        other_income: row.get("other_income"),
        other_costs: row.get("other_costs"),
        loss_before: row.get("loss_before"),
        currency: word(row.get("currency"))?,
        window_days: days(row, "window_days")?,
        plan,
        digest: sha256(row, "digest")?,
        drafted_by: PersonId(row.get("drafted_by")),
        drafted_at: row.get("drafted_at"),
        state: state(row)?,
        version: row.get("version"),
    })
}

/// A new draft, which lapses at `until`.
pub async fn insert(tx: &Transaction<'_>, new: &Distribution, until: Timestamp) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- distributions::insert
            INSERT INTO distribution (book_id, id, period_from, period_to, rule_id, rule_version, sales, costs, currency,
                                      window_days, plan, digest, drafted_by, drafted_at, until, state, version,
                                      result_id, loss_before, other_income, other_costs)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        )
        .await?;
    tx.execute(
        &statement,
        &[
            /* book_id */ &new.id.book.0,
            /* id */ &new.id.object,
            /* period_from */ &new.period.from,
            /* period_to */ &new.period.to,
            /* rule_id */ &new.rule.object,
            /* rule_version */ &new.rule_version,
            /* sales */ &new.sales,
            /* costs */ &new.costs,
            /* currency */ &new.currency.code(),
            /* window_days */ &new.window_days.cast_signed(),
            /* plan */ &Json(&new.plan),
            /* digest */ &new.digest.as_slice(),
            /* drafted_by */ &new.drafted_by.0,
            /* drafted_at */ &new.drafted_at,
            /* until */ &until,
            /* state */ &new.state.as_str(),
            /* version */ &new.version,
            /* result_id */ &new.result.object,
            /* loss_before */ &new.loss_before,
            /* other_income */ &new.other_income,
            /* other_costs */ &new.other_costs,
        ],
    )
    .await?;
    Ok(())
}

/// What a new draft was computed from.
pub async fn insert_inputs(tx: &Transaction<'_>, id: DistributionId, inputs: &Inputs) -> Result<(), Error> {
    let statement = tx
        .prepare_cached(
            "-- distributions::insert_inputs
            INSERT INTO distribution_inputs (book_id, distribution_id, inputs) VALUES ($1, $2, $3)",
        )
        .await?;
    let inputs = Json(inputs);
    tx.execute(&statement, &[/* book_id */ &id.book.0, /* distribution_id */ &id.object, /* inputs */ &inputs]).await?;
    Ok(())
}

/// The distribution with this id.
pub async fn get(client: &impl GenericClient, id: DistributionId) -> Result<Distribution, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::get
            SELECT * FROM distribution WHERE book_id = $1 AND id = $2",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("distribution"))
}

/// The distribution, its row locked until the transaction ends. The cooperative is locked before it.
pub async fn lock(tx: &Transaction<'_>, id: DistributionId) -> Result<Distribution, Error> {
    let statement = tx
        .prepare_cached(
            "-- distributions::lock
            SELECT * FROM distribution WHERE book_id = $1 AND id = $2 FOR NO KEY UPDATE",
        )
        .await?;
    let row = tx.query_opt(&statement, &[/* book_id */ &id.book.0, /* id */ &id.object]).await?;
    row.as_ref().map(from_row).transpose()?.ok_or(Error::NotFound("distribution"))
}

/// The distributions of a book, the oldest first, after an id; drafts only when `drafts` says so.
pub async fn list(
    client: &impl GenericClient,
    book: BookId,
    drafts: bool,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Distribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::list
            SELECT * FROM distribution
             WHERE book_id = $1 AND id > $2 AND ($3 OR state <> 'draft') ORDER BY id LIMIT $4",
        )
        .await?;
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* after */ &after, /* drafts */ &drafts, /* limit */ &limit])
        .await?;
    rows.iter().map(from_row).collect()
}

/// The youngest distribution of a book in one of these states; none if there is none.
pub async fn youngest(
    client: &impl GenericClient,
    book: BookId,
    states: &[&str],
) -> Result<Option<Distribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::youngest
            SELECT * FROM distribution WHERE book_id = $1 AND state = ANY($2) ORDER BY id DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* states */ &states]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The distributions of a book, the youngest first; drafts only when `drafts` says so.
pub async fn recent(
    client: &impl GenericClient,
    book: BookId,
    drafts: bool,
    limit: i64,
) -> Result<Vec<Distribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::recent
            SELECT * FROM distribution WHERE book_id = $1 AND ($2 OR state <> 'draft') ORDER BY id DESC LIMIT $3",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* drafts */ &drafts, /* limit */ &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// What stands in the way of a new draft: the distribution under way, or the live one of the same period.
pub async fn find_blocking(
    client: &impl GenericClient,
    book: BookId,
    period_to: Date,
) -> Result<Option<Distribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::find_blocking
            SELECT * FROM distribution
             WHERE book_id = $1 AND (state IN ('draft', 'objection', 'objected', 'approved', 'reversing')
                                     OR (period_to = $2 AND state NOT IN ('withdrawn', 'reversed')))
             ORDER BY id LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* period_to */ &period_to]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The oldest distribution under way or posted whose period has a day, or a later one.
pub async fn find_counting(
    client: &impl GenericClient,
    book: BookId,
    day: Date,
) -> Result<Option<Distribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::find_counting
            SELECT * FROM distribution
             WHERE book_id = $1 AND period_to >= $2 AND state NOT IN ('withdrawn', 'reversed') ORDER BY period_to LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &book.0, /* day */ &day]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The distribution of a result that is under way or posted, if there is one.
pub async fn find_of_result(client: &impl GenericClient, result: ResultId) -> Result<Option<Distribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::find_of_result
            SELECT * FROM distribution
             WHERE book_id = $1 AND result_id = $2 AND state NOT IN ('withdrawn', 'reversed')",
        )
        .await?;
    let row = client.query_opt(&statement, &[/* book_id */ &result.book.0, /* result_id */ &result.object]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The distributions of a book that stand, of periods that end in a span of days, the oldest first.
pub async fn standing_between(
    client: &impl GenericClient,
    book: BookId,
    (from, to): (Date, Date),
) -> Result<Vec<Distribution>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::standing_between
            SELECT * FROM distribution
             WHERE book_id = $1 AND period_to BETWEEN $2 AND $3 AND state IN ('posted', 'paid', 'statements_issued')
             ORDER BY period_to, id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0, /* from */ &from, /* to */ &to]).await?;
    rows.iter().map(from_row).collect()
}

/// Saves where it stands now, and raises the version; answers it as it is then. The caller has locked it.
pub async fn update(tx: &Transaction<'_>, distribution: &Distribution) -> Result<Distribution, Error> {
    let state = &distribution.state;
    let (mut until, mut answer, mut approval, mut reversal, mut reason) = (None, None, None, None, "");
    match state {
        DistributionState::Draft { until: at } | DistributionState::Objection { until: at } => until = Some(*at),
        DistributionState::Objected { until: at, answer_until } => {
            until = Some(*at);
            answer = Some(*answer_until);
        }
        DistributionState::Approved { approval: given, until: at } => {
            until = Some(*at);
            approval = Some(*given);
        }
        DistributionState::Posted(posting)
        | DistributionState::Paid(posting)
        | DistributionState::StatementsIssued(posting) => approval = Some(posting.approval),
        DistributionState::Reversing { posting, reason: why } => {
            approval = Some(posting.approval);
            reason = why;
        }
        DistributionState::Reversed { posting, reversal: mirror, reason: why } => {
            approval = Some(posting.approval);
            reversal = Some(*mirror);
            reason = why;
        }
        DistributionState::Withdrawn { reason: why } => reason = why,
    }
    let statement = tx
        .prepare_cached(
            "-- distributions::update
            UPDATE distribution
               SET state = $3, until = coalesce($4, until), answer_until = $5, approved_by = $6, approved_at = $7,
                   entry_number = $8, posted_at = $9, reversal_number = $10, reason = $11, version = version + 1
             WHERE book_id = $1 AND id = $2
            RETURNING *",
        )
        .await?;
    let row = tx
        .query_one(
            &statement,
            &[
                /* book_id */ &distribution.id.book.0,
                /* id */ &distribution.id.object,
                /* state */ &state.as_str(),
                /* until */ &until,
                /* answer_until */ &answer,
                /* approved_by */ &approval.map(|approval| approval.by.0),
                /* approved_at */ &approval.map(|approval| approval.at),
                /* entry_number */ &state.posting().map(|posting| posting.entry),
                /* posted_at */ &state.posting().map(|posting| posting.at),
                /* reversal_number */ &reversal,
                /* reason */ &reason,
            ],
        )
        .await?;
    from_row(&row)
}

/// One line of a plan, as the rows keep it.
#[derive(Debug)]
struct Part<'a> {
    account: String,
    amount: i64,
    /// The part of a member; none for a pot or a lender.
    member: Option<&'a MemberPart>,
}

/// So many parts are written at once.
const PARTS_AT_ONCE: usize = 5_000;

/// The parts of a new distribution: of the steps before the members, and of each member.
pub async fn insert_parts(tx: &Transaction<'_>, id: DistributionId, plan: &Plan) -> Result<(), Error> {
    let steps =
        plan.steps.iter().map(|part| Part { account: part.to.account().code, amount: part.amount, member: None });
    let members = plan.members.iter().map(|part| Part {
        account: chart::member_payable(part.number).code,
        amount: part.cash,
        member: Some(part),
    });
    let mut parts = (0..).zip(steps.chain(members));
    let statement = tx
        .prepare_cached(
            "-- distributions::insert_parts
            INSERT INTO distribution_part (book_id, distribution_id, line, account, amount, member_id, number, retained, carry, share)
            SELECT $1, $2, p.line, p.account, p.amount, p.member_id, p.number, p.retained, p.carry, p.share
              FROM unnest($3::int[], $4::text[], $5::bigint[], $6::uuid[], $7::int[], $8::bigint[], $9::bigint[], $10::jsonb[])
                   AS p(line, account, amount, member_id, number, retained, carry, share)",
        )
        .await?;
    loop {
        let (lines, some): (Vec<i32>, Vec<Part<'_>>) = parts.by_ref().take(PARTS_AT_ONCE).unzip();
        if some.is_empty() {
            return Ok(());
        }
        let accounts: Vec<&str> = some.iter().map(|part| part.account.as_str()).collect();
        let amounts: Vec<i64> = some.iter().map(|part| part.amount).collect();
        let members: Vec<Option<&MemberPart>> = some.iter().map(|part| part.member).collect();
        let ids: Vec<Option<Uuid>> = members.iter().map(|part| part.map(|part| part.member.object)).collect();
        let numbers: Vec<Option<i32>> = members.iter().map(|part| part.map(|part| part.number)).collect();
        let retained: Vec<i64> = members.iter().map(|part| part.map_or(0, |part| part.retained)).collect();
        let carries: Vec<i64> = members.iter().map(|part| part.map_or(0, |part| part.carry)).collect();
        let shares: Vec<Option<Json<&MemberPart>>> = members.iter().map(|part| part.map(Json)).collect();
        tx.execute(
            &statement,
            &[
                /* book_id */ &id.book.0, /* distribution_id */ &id.object, /* lines */ &lines,
                /* accounts */ &accounts, /* amounts */ &amounts, /* members */ &ids,
                /* numbers */ &numbers, /* retained */ &retained, /* carries */ &carries,
                /* shares */ &shares,
            ],
        )
        .await?;
    }
}

/// What members have of a distribution, by number, after a number; of some members, or of all.
pub async fn shares(
    client: &impl GenericClient,
    id: DistributionId,
    members: Option<&[MemberId]>,
    after: i32,
    limit: i64,
) -> Result<Vec<MemberPart>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::shares
            SELECT share FROM distribution_part
             WHERE book_id = $1 AND distribution_id = $2 AND number > $4 AND ($3::uuid[] IS NULL OR member_id = ANY($3))
             ORDER BY number LIMIT $5",
        )
        .await?;
    let members = members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows = client
        .query(
            &statement,
            &[
                /* book_id */ &id.book.0, /* distribution_id */ &id.object, /* members */ &members,
                /* after */ &after, /* limit */ &limit,
            ],
        )
        .await?;
    rows.iter().map(|row| Ok(row.try_get::<_, Json<MemberPart>>("share")?.0)).collect()
}

/// What members have of each of some distributions of a book, by number, so many of each at most; of some members, or of all.
pub async fn first_shares(
    client: &impl GenericClient,
    book: BookId,
    ids: &[DistributionId],
    members: Option<&[MemberId]>,
    limit: i64,
) -> Result<HashMap<DistributionId, Vec<MemberPart>>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::first_shares
            SELECT d.id, p.share
              FROM unnest($2::uuid[]) AS d(id)
             CROSS JOIN LATERAL (
                   SELECT q.number, q.share FROM distribution_part q
                    WHERE q.book_id = $1 AND q.distribution_id = d.id AND q.number > 0
                      AND ($3::uuid[] IS NULL OR q.member_id = ANY($3))
                    ORDER BY q.number LIMIT $4) AS p
             ORDER BY d.id, p.number",
        )
        .await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.object).collect();
    let members = members.map(|some| some.iter().map(|member| member.object).collect::<Vec<_>>());
    let rows = client
        .query(&statement, &[/* book_id */ &book.0, /* ids */ &ids, /* members */ &members, /* limit */ &limit])
        .await?;
    let mut shares: HashMap<DistributionId, Vec<MemberPart>> = HashMap::new();
    for row in &rows {
        let Json(share) = row.try_get("share")?;
        shares.entry(DistributionId::new(book, row.get("id"))).or_default().push(share);
    }
    Ok(shares)
}

/// What each member carries from the latest distribution that stands.
pub async fn carries(client: &impl GenericClient, book: BookId) -> Result<HashMap<MemberId, i64>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::carries
            SELECT DISTINCT ON (p.member_id) p.member_id, p.carry
              FROM distribution_part p
              JOIN distribution d ON d.book_id = p.book_id AND d.id = p.distribution_id
             WHERE p.book_id = $1 AND p.member_id IS NOT NULL AND d.state IN ('posted', 'paid', 'statements_issued')
             ORDER BY p.member_id, d.period_to DESC",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &book.0]).await?;
    Ok(rows.iter().map(|row| (MemberId::new(book, row.get("member_id")), row.get("carry"))).collect())
}

/// Minor units that an account has had from the distributions that stand.
pub async fn allocated(client: &impl GenericClient, book: BookId, account: &str) -> Result<i64, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::allocated
            SELECT coalesce(sum(p.amount), 0)::bigint AS allocated
              FROM distribution_part p
              JOIN distribution d ON d.book_id = p.book_id AND d.id = p.distribution_id
             WHERE p.book_id = $1 AND p.account = $2 AND d.state IN ('posted', 'paid', 'statements_issued')",
        )
        .await?;
    let row = client.query_one(&statement, &[/* book_id */ &book.0, /* account */ &account]).await?;
    Ok(row.get("allocated"))
}

/// A new objection; `false` when the member has objected already.
pub async fn insert_objection(tx: &Transaction<'_>, new: &Objection) -> Result<bool, Error> {
    let statement = tx
        .prepare_cached(
            "-- distributions::insert_objection
            INSERT INTO distribution_objection (book_id, distribution_id, member_id, raised_by, raised_at, reason)
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .await?;
    let inserted = tx
        .execute(
            &statement,
            &[
                /* book_id */ &new.distribution.book.0,
                /* distribution_id */ &new.distribution.object,
                /* member_id */ &new.member.object,
                /* raised_by */ &new.raised_by.0,
                /* raised_at */ &new.raised_at,
                /* reason */ &new.reason,
            ],
        )
        .await?;
    Ok(inserted == 1)
}

/// The objections to a distribution, the oldest first.
pub async fn objections(client: &impl GenericClient, id: DistributionId) -> Result<Vec<Objection>, Error> {
    let statement = client
        .prepare_cached(
            "-- distributions::objections
            SELECT member_id, raised_by, raised_at, reason FROM distribution_objection
             WHERE book_id = $1 AND distribution_id = $2 ORDER BY raised_at, member_id",
        )
        .await?;
    let rows = client.query(&statement, &[/* book_id */ &id.book.0, /* distribution_id */ &id.object]).await?;
    Ok(rows
        .iter()
        .map(|row| Objection {
            distribution: id,
            member: MemberId::new(id.book, row.get("member_id")),
            raised_by: PersonId(row.get("raised_by")),
            raised_at: row.get("raised_at"),
            reason: row.get("reason"),
        })
        .collect())
}
