//! Journal entries: raw ones in, all of them out.

use crate::auth::{Caller, MaybeCaller};
use crate::extract::{Keyed, Params};
use crate::idempotency::{REPLAYED, Reply, Scope, has_come, idempotent, posted};
use crate::paging::{self, Page, PageQuery};
use crate::problem::Problem;
use crate::state::State;
use crate::visibility::{kept, kept_by, note, read_accounts};
use crate::wire::{AmountBody, BalanceBody, book_day, bounded, paragraphs};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::book::entry::LINES_MAX;
use ledger::book::legs::{Side, legs_of};
use ledger::books::operations::entries::{self as operations, RawEntry, RawLeg, RawLine};
use ledger::books::operations::exchange_pairs::Purpose;
use ledger::books::operations::journal_entries::{self, EntryLine, JournalEntry};
use ledger::id::BookRef;
use ledger::text;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A journal entry to be posted.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJournalEntry {
    /// From one account to another each; all of them are posted, or none is.
    #[serde(default)]
    #[schema(max_items = 1000)]
    lines: Vec<NewLine>,
    /// Instead of lines: amounts on one side of one account each, which balance in each currency and unit. An account may
    /// stand on both sides, in any order, but with no more than the other accounts can take and give: what they move is
    /// posted as it was given. Otherwise the refusal is at `/legs`.
    #[serde(default)]
    #[schema(max_items = 1000)]
    legs: Vec<NewLeg>,
    /// Day on which it counts; the book's own day when it is not given.
    effective: Option<Date>,
    /// Text for people; never personal data.
    #[serde(default)]
    #[schema(max_length = 1000)]
    memo: String,
    /// The caller's own reference.
    #[serde(default)]
    #[schema(max_length = 200)]
    reference: String,
}

/// One amount from one account to another.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// Code of the account debited.
    #[schema(min_length = 3, max_length = 650, example = "expenses:rent")]
    debit: String,
    /// Code of the account credited.
    #[schema(min_length = 3, max_length = 650, example = "assets:bank")]
    credit: String,
    /// In the currency or unit of both accounts.
    amount: AmountBody,
}

/// An amount on one side of one account.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLeg {
    /// Code of the account.
    #[schema(min_length = 3, max_length = 650, example = "expenses:rent")]
    account: String,
    /// `debit` or `credit`.
    #[schema(pattern = "^(debit|credit)$")]
    side: String,
    /// In the currency or unit of the account.
    amount: AmountBody,
}

fn side(pointer: &str, text: &str) -> Result<Side, Problem> {
    match text {
        "debit" => Ok(Side::Debit),
        "credit" => Ok(Side::Credit),
        _ => Err(Problem::invalid(pointer, "must be debit or credit")),
    }
}

/// Whether a text is as long as the code of an account.
fn check_code(pointer: &str, text: &str) -> Result<(), Problem> {
    bounded(pointer, text, 3..=650).map(drop)
}

impl NewLeg {
    fn parse(self, at: &str) -> Result<RawLeg, Problem> {
        let side = side(&format!("{at}/side"), &self.side)?;
        Ok(RawLeg { account: self.account, side, amount: self.amount.into() })
    }
}

impl NewJournalEntry {
    /// Whether it is of the shape that the contract gives it: lengths and patterns, whatever they mean.
    pub(super) fn check_shape(&self) -> Result<(), Problem> {
        for (name, count) in [("/lines", self.lines.len()), ("/legs", self.legs.len())] {
            if count > LINES_MAX {
                return Err(Problem::invalid(name, format!("at most {LINES_MAX}")));
            }
        }
        for (index, line) in self.lines.iter().enumerate() {
            let at = |problem: Problem| problem.below(&format!("/lines/{index}"));
            check_code("/debit", &line.debit).map_err(at)?;
            check_code("/credit", &line.credit).map_err(at)?;
            line.amount.check_shape("/amount").map_err(at)?;
        }
        for (index, leg) in self.legs.iter().enumerate() {
            let at = |problem: Problem| problem.below(&format!("/legs/{index}"));
            check_code("/account", &leg.account).map_err(at)?;
            side("/side", &leg.side).map_err(at)?;
            leg.amount.check_shape("/amount").map_err(at)?;
        }
        paragraphs("/memo", &self.memo, 0..=1_000)?;
        bounded("/reference", &self.reference, 0..=200)?;
        Ok(())
    }

    pub(super) fn parse(self) -> Result<RawEntry, Problem> {
        if !self.lines.is_empty() && !self.legs.is_empty() {
            return Err(Problem::invalid("/legs", "give lines or legs, not both"));
        }
        if !(1..=LINES_MAX).contains(&(self.lines.len() + self.legs.len())) {
            return Err(Problem::invalid("/lines", format!("1 to {LINES_MAX} lines or legs")));
        }
        let legs = self.legs.into_iter().enumerate().map(|(index, leg)| leg.parse(&format!("/legs/{index}")));
        let legs = legs.collect::<Result<_, Problem>>()?;
        let lines = self.lines.into_iter();
        let lines = lines.map(|line| RawLine { debit: line.debit, credit: line.credit, amount: line.amount.into() });
        Ok(RawEntry {
            lines: lines.collect(),
            legs,
            effective: self.effective.map(|day| book_day("/effective", day)).transpose()?,
            memo: paragraphs("/memo", &self.memo, text::REASON_OR_NONE)?,
            reference: bounded("/reference", &self.reference, text::REFERENCE_OR_NONE)?,
        })
    }
}

/// A journal entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub struct JournalEntryBody {
    /// Record number: the order of the book, without gaps in it but for records that are no entries.
    number: i64,
    /// Day on which it counts.
    effective: Date,
    /// Day on which it happened.
    occurred: Date,
    /// When it was recorded, by the wall clock.
    recorded_at: Timestamp,
    memo: String,
    reference: String,
    /// Memo and reference were erased.
    note_erased: bool,
    lines: Vec<LineBody>,
    /// The same as amounts on one side of one account each.
    legs: Vec<LegBody>,
}

/// What an entry moved on one side of one account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalLeg)]
pub struct LegBody {
    /// Code of the account.
    account: String,
    /// `debit` or `credit`.
    side: &'static str,
    amount: BalanceBody,
}

/// One amount from one account to another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalLine)]
pub struct LineBody {
    /// How the money moved.
    kind: &'static str,
    /// Code of the account debited.
    debit: String,
    /// Code of the account credited.
    credit: String,
    amount: BalanceBody,
    /// Balance of the debited account after it, on its own side.
    debit_balance: BalanceBody,
    /// Balance of the credited account after it, on its own side.
    credit_balance: BalanceBody,
}

impl JournalEntryBody {
    pub(super) fn new(entry: JournalEntry) -> Option<JournalEntryBody> {
        let first = &entry.lines.first()?.line;
        let plain: Vec<_> = entry
            .lines
            .iter()
            .map(|EntryLine { line, unit }| ((&line.debit, *unit), (&line.credit, *unit), line.amount))
            .collect();
        let legs = legs_of(&plain).into_iter().map(|((account, unit), side, amount)| LegBody {
            account: account.clone(),
            side: match side {
                Side::Debit => "debit",
                Side::Credit => "credit",
            },
            amount: BalanceBody::new(amount, unit),
        });
        Some(JournalEntryBody {
            number: entry.number,
            effective: first.effective,
            occurred: first.occurred,
            recorded_at: first.recorded_at,
            memo: first.memo.clone(),
            reference: first.reference.clone(),
            note_erased: first.erased,
            legs: legs.collect(),
            lines: entry
                .lines
                .into_iter()
                .map(|EntryLine { line, unit }| LineBody {
                    kind: line.kind.as_str(),
                    amount: BalanceBody::new(line.amount, unit),
                    debit_balance: BalanceBody::new(line.debit_after, unit),
                    credit_balance: BalanceBody::new(line.credit_after, unit),
                    debit: line.debit,
                    credit: line.credit,
                })
                .collect(),
        })
    }
}

/// Whether to try only.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// Decides as if it were posted, answers the entry that it would become, and writes nothing. With an Idempotency-Key that has come before, it is answered as the
    /// request itself would be.
    #[serde(default)]
    dry_run: bool,
}

/// Posts a journal entry between accounts that no operation manages.
#[utoipa::path(tag = "journal-entries", params(("book" = String, Path, description = "The book"), DryRun),
    request_body = NewJournalEntry,
    responses((status = 201, description = "Posted", body = JournalEntryBody),
              (status = 200, description = "With `dry_run`: as it would be posted", body = JournalEntryBody)))]
#[post("/v1/books/{book}/journal-entries")]
pub(crate) async fn create(
    state: Data<State>,
    caller: Caller,
    id: Path<BookRef>,
    query: Params<DryRun>,
    request: Keyed<NewJournalEntry>,
) -> Result<HttpResponse, Problem> {
    let book = kept_by(&state, &caller, *id).await?;
    let (asked, wall) = (request.body.parse()?, ledger::calendar::now());
    let tries = query.0.dry_run && !has_come(&state, &request.key, Scope::Book(book.id), caller.id()).await?;
    let purpose = if tries { Purpose::Try } else { Purpose::Post };
    let entry = asked.resolve(&state.directory, state.connections().await?, &book, purpose, wall).await?;
    if tries {
        let mut client = state.client().await?;
        let tx = client.transaction().await?;
        let tried = operations::try_out(&tx, &book, entry, wall).await;
        tx.rollback().await?;
        return Ok(HttpResponse::Ok().json(JournalEntryBody::new(tried?)));
    }
    let key = request.key.for_lane(caller.id());
    let answer = state.lanes().post(book.id, key, entry).await?;
    if let Some(entry) = asked.posted(&state.directory, book.id, &answer) {
        return Ok(HttpResponse::Created().json(JournalEntryBody::new(entry)));
    }
    let client = state.client().await?;
    let number = posted(&client, &book, &key, &answer).await?;
    let body = JournalEntryBody::new(journal_entries::journal_entry(&client, &book, number).await?);
    let mut response = HttpResponse::Created();
    if answer.replayed {
        response.insert_header((REPLAYED, "true"));
    }
    Ok(response.json(body))
}

/// Why a journal entry is reversed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseEntryRequest {
    /// Stands in the memo of the mirror.
    #[schema(min_length = 1, max_length = 1000, example = "posted twice")]
    reason: String,
    /// Day on which the mirror counts: from that of the entry to the later of it and the book's own day, and not in a closed
    /// period. When it is not given, the day of the entry while that is open, else the book's own day: never before the entry.
    #[serde(default)]
    effective: Option<Date>,
}

/// Reverses a raw journal entry: its exact mirror, linked to it, once. It never takes effect before the entry.
#[utoipa::path(tag = "journal-entries",
    params(("book" = String, Path, description = "The book"), ("number" = i64, Path, description = "Its number", minimum = 1)),
    request_body = ReverseEntryRequest,
    responses((status = 201, description = "The mirror", body = JournalEntryBody)))]
#[post("/v1/books/{book}/journal-entries/{number}:reverse")]
pub(crate) async fn reverse(
    state: Data<State>,
    caller: Caller,
    path: Path<(BookRef, i64)>,
    request: Keyed<ReverseEntryRequest>,
) -> Result<HttpResponse, Problem> {
    let (id, number) = path.into_inner();
    let reason = paragraphs("/reason", &request.body.reason, text::REASON)?;
    let effective = request.body.effective;
    idempotent(&state, &request.key, Scope::Book(id.book), caller.id(), async |tx| {
        let book = kept(tx, &caller, id).await?;
        let posted = operations::reverse(tx, &book, number, effective, &reason, ledger::calendar::now()).await?;
        note(tx, &caller, &book, &format!("entry {number}"), "reversed", ledger::calendar::now()).await?;
        Ok(Reply::created(&JournalEntryBody::new(journal_entries::journal_entry(tx, &book, posted.number).await?)))
    })
    .await
}

/// Lists the journal, entry by entry. A page of long entries has fewer than were asked for.
#[utoipa::path(tag = "journal-entries", params(("book" = String, Path, description = "The book"), PageQuery),
    responses((status = 200, description = "A page, by number", body = Page<JournalEntryBody>)))]
#[get("/v1/books/{book}/journal-entries")]
pub(crate) async fn list(
    state: Data<State>,
    caller: MaybeCaller,
    id: Path<BookRef>,
    query: Params<PageQuery>,
    http: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let window = query.0.window::<i64>()?;
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, *id).await?;
    let after = window.after.unwrap_or_default();
    let read = journal_entries::journal_entries(&client, &book, after, window.limit()).await?;
    let last = read.entries.last().map(|entry| entry.number).filter(|_| read.more);
    let next_cursor = last.map(|number| paging::encode(&number));
    let items = read.entries.into_iter().filter_map(JournalEntryBody::new).collect();
    Ok(Page { items, next_cursor }.respond(&http))
}

/// Shows a journal entry.
#[utoipa::path(tag = "journal-entries",
    params(("book" = String, Path, description = "The book"), ("number" = i64, Path, description = "Its number", minimum = 1)),
    responses((status = 200, description = "The entry", body = JournalEntryBody)))]
#[get("/v1/books/{book}/journal-entries/{number}")]
pub(crate) async fn show(
    state: Data<State>,
    caller: MaybeCaller,
    path: Path<(BookRef, i64)>,
) -> Result<HttpResponse, Problem> {
    let (id, number) = path.into_inner();
    let client = state.client().await?;
    let book = read_accounts(&client, &caller, id).await?;
    let entry = journal_entries::journal_entry(&client, &book, number).await?;
    Ok(HttpResponse::Ok().json(JournalEntryBody::new(entry)))
}
