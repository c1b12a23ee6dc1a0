//! Entries in by file: the export of a prize platform, line by line, each of them once.

use super::challenge_body::challenge_of;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::problem::{Problem, ProblemBody};
use crate::state::State;
use crate::wire::{bounded, parse, word_or};
use actix_web::web::{Data, Path, block};
use actix_web::{HttpResponse, post};
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::challenges::operations::submissions::{self as operations, NewEntry};
use ledger::challenges::rules::entry_import::{Line, TEAM, read};
use ledger::challenges::store::entrants;
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, EntrantId, OrganisationId, PersonId};
use ledger::table::{COLUMN_MAX, Delimiter, Layout, SKIPPED_MAX, Unreadable, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// The most questions of a challenge.
const ANSWERS_MAX: usize = 20;

/// Whether an import is only tried.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TryEntries {
    /// Says what would become of each line now, and writes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// An export of a prize platform, and how to read it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntryImport {
    /// SHA-256 of the rules that the teams agree to.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    rules_sha256: String,
    /// The partner platform that takes the fees; the host takes them when this is not given.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    collector: Option<String>,
    /// The column of our ids of the teams; `Team ID` when it is left out.
    #[schema(min_length = 1, max_length = 100)]
    column_team: Option<String>,
    /// The columns of answers to the questions of the rules.
    #[serde(default)]
    #[schema(max_items = 20)]
    answers: Vec<AnswerColumn>,
    /// What stands between columns, `comma` when it is left out.
    #[schema(pattern = "^(comma|semicolon|tab)$")]
    delimiter: Option<String>,
    /// Lines before the one that names the columns.
    #[serde(default)]
    #[schema(maximum = 50)]
    skip_lines: u8,
    /// The export: its text in UTF-8, with at most 200 lines besides the names of the columns.
    #[schema(min_length = 1, max_length = 1_000_000)]
    csv: String,
}

/// The column with the answers to a question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerColumn {
    /// Name of the question.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9_-]+$", example = "adult")]
    question: String,
    /// Name of the column.
    #[schema(min_length = 1, max_length = 100, example = "Over 18?")]
    column: String,
}

/// What became of an export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EntryImport)]
pub struct EntryImportBody {
    /// Whether it was only tried: then `created` is what would be.
    dry_run: bool,
    /// How many lines are entries now.
    created: usize,
    /// How many lines were entries before.
    already_there: usize,
    /// How many lines were refused.
    refused: usize,
    /// How many lines cannot be read.
    unreadable: usize,
    /// One for each line, in their order.
    items: Vec<EntryVerdictBody>,
}

/// What became of a line of an export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedEntryVerdict)]
pub struct EntryVerdictBody {
    /// The line of the text at which it begins, from 1.
    line: u64,
    /// The team as the line names it; null when it cannot be read.
    team: Option<String>,
    /// `created`; `already_there`: the team has entered before; `refused`, as `problem` says; or `unreadable`.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// The entry; null when there is none, and when it is only tried.
    #[schema(value_type = Option<String>)]
    entry: Option<EntrantId>,
    /// The column in which the trouble is; null otherwise.
    column: Option<String>,
    /// What is wrong at the column of a line that cannot be read; null otherwise.
    trouble: Option<String>,
    /// Why it was refused; null otherwise. Its pointers are those of an entry.
    problem: Option<ProblemBody>,
}

impl EntryVerdictBody {
    fn unreadable(it: Unreadable) -> EntryVerdictBody {
        let (column, trouble) = (Some(it.column), Some(it.what.to_owned()));
        let verdict = Verdict::Unreadable;
        EntryVerdictBody { line: it.at, team: None, verdict, entry: None, column, trouble, problem: None }
    }

    fn of(line: &Line, verdict: Verdict, entry: Option<EntrantId>) -> EntryVerdictBody {
        let team = Some(line.team.clone());
        EntryVerdictBody { line: line.at, team, verdict, entry, column: None, trouble: None, problem: None }
    }
}

/// Who enters teams by file, and what holds of all lines.
struct Import {
    challenge: ChallengeId,
    rules: Digest,
    collector: Option<OrganisationId>,
    by: PersonId,
}

impl Import {
    /// The entry of a team: a new one, or the one that stands.
    async fn enter(
        &self,
        tx: &Transaction<'_>,
        team: OrganisationId,
        line: &Line,
    ) -> Result<(Verdict, EntrantId), Error> {
        let (_, challenge) = challenge_of(tx, self.challenge).await?;
        if !challenge.state.is_announced() {
            return Err(Error::NotFound("challenge"));
        }
        let new = NewEntry {
            challenge: self.challenge,
            team,
            rules: self.rules,
            collector: self.collector,
            answers: line.answers.clone(),
        };
        match operations::enter(tx, new, self.by, ledger::calendar::now()).await {
            Ok(entered) => Ok((Verdict::Created, entered.id)),
            // Whoever may enter the team has heard that it has entered.
            Err(Error::Refused(refusal)) if refusal.code == "team-entered" => {
                let there = entrants::find_of_team(tx, self.challenge, team).await?;
                Ok((Verdict::AlreadyThere, there.ok_or(Error::NotFound("entry"))?.id))
            }
            Err(error) => Err(error),
        }
    }

    /// A line by itself: it is written whole, or not at all.
    async fn take(&self, state: &State, line: &Line, is_tried: bool) -> Result<(Verdict, Option<EntrantId>), Problem> {
        let team: OrganisationId = parse("/team", &line.team)?;
        if !is_tried {
            let taken = state.in_transaction(async |tx| self.enter(tx, team, line).await);
            return taken.await.map(|(verdict, entry)| (verdict, Some(entry)));
        }
        let mut client = state.client().await?;
        let tx = client.transaction().await.map_err(Error::from)?;
        let tried = self.enter(&tx, team, line).await;
        tx.rollback().await.map_err(Error::from)?;
        let (verdict, entry) = tried?;
        Ok((verdict, Some(entry).filter(|_| verdict == Verdict::AlreadyThere)))
    }

    async fn verdict(&self, state: &State, line: &Line, is_tried: bool) -> Result<EntryVerdictBody, Problem> {
        match self.take(state, line, is_tried).await {
            Ok((verdict, entry)) => Ok(EntryVerdictBody::of(line, verdict, entry)),
            Err(problem) if problem.status().is_client_error() && !problem.is("still-running") => {
                let problem = Some(problem.body().clone());
                Ok(EntryVerdictBody { problem, ..EntryVerdictBody::of(line, Verdict::Refused, None) })
            }
            Err(problem) => Err(problem),
        }
    }
}

/// Takes entries in by file: the export of a prize platform, line by line, by somebody who is a member of each of its teams and agrees to the
/// rules for them. Each line is whole an entry or none, and hears its own verdict; a team that has entered is there already, so that the same file
/// twice enters each once. A file that is no table, lacks a column or has more than 200 lines is refused whole.
#[utoipa::path(tag = "challenge entries", params(("id" = String, Path, description = "The challenge"), TryEntries),
    request_body = NewEntryImport,
    responses((status = 200, description = "A verdict for each line, in their order", body = EntryImportBody)))]
#[post("/v1/challenges/{id}/entry-imports")]
pub(crate) async fn import_entries(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    query: Params<TryEntries>,
    request: Keyed<NewEntryImport>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let body = request.body;
    let collector = body.collector.as_deref().map(|id| parse("/collector", id)).transpose()?;
    let import = Import { challenge: *id, rules: parse("/rules_sha256", &body.rules_sha256)?, collector, by };
    if body.skip_lines > SKIPPED_MAX {
        return Err(Problem::invalid("/skip_lines", format!("at most {SKIPPED_MAX}")));
    }
    if body.answers.len() > ANSWERS_MAX {
        return Err(Problem::invalid("/answers", format!("at most {ANSWERS_MAX}")));
    }
    let delimiter = word_or("/delimiter", &body.delimiter, Delimiter::Comma)?;
    let layout = Layout { delimiter, skip: body.skip_lines, ..Layout::default() };
    let team = bounded("/column_team", body.column_team.as_deref().unwrap_or(TEAM), 1..=COLUMN_MAX)?;
    let answers = body.answers.into_iter().map(|it| (it.question, it.column)).collect::<BTreeMap<_, _>>();
    let client = state.client().await?;
    let (_, challenge) = challenge_of(&client, *id).await?;
    drop(client);
    if !challenge.state.is_announced() {
        return Err(Error::NotFound("challenge").into());
    }
    let lines = block(move || read(&body.csv, layout, &team, &answers)).await.map_err(|_| Problem::internal())?;
    let lines = lines.map_err(|broken| Problem::invalid("/csv", format!("line {}: {}", broken.at, broken.what)))?;
    let mut items = Vec::with_capacity(lines.len());
    for line in lines {
        items.push(match line {
            Ok(line) => import.verdict(&state, &line, query.0.dry_run).await?,
            Err(unreadable) => EntryVerdictBody::unreadable(unreadable),
        });
    }
    let count = |verdict| items.iter().filter(|item| item.verdict == verdict).count();
    Ok(HttpResponse::Ok().json(EntryImportBody {
        dry_run: query.0.dry_run,
        created: count(Verdict::Created),
        already_there: count(Verdict::AlreadyThere),
        refused: count(Verdict::Refused),
        unreadable: count(Verdict::Unreadable),
        items,
    }))
}
