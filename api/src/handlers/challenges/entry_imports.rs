//! Entries in by file: the export of a prize platform, line by line, each of them once.

use super::challenge_body::challenge_of;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::imports::{self, Counts, TryImport};
use crate::problem::{Problem, ProblemBody};
use crate::state::State;
use crate::tables::{LayoutWords, column};
use crate::wire::parse;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use deadpool_postgres::Transaction;
use ledger::Error;
use ledger::challenges::operations::submissions::{self as operations, NewEntry};
use ledger::challenges::rules::entry_import::{Adapter, Columns, Line, Team, read};
use ledger::challenges::store::entrants;
use ledger::evidence::Digest;
use ledger::id::{ChallengeId, EntrantId, OrganisationId, PersonId};
use ledger::parties::store::organisations;
use ledger::table::{Unreadable, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The most questions of a challenge.
const ANSWERS_MAX: usize = 20;

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
    /// Whose usual names the columns of teams have: `prize` (`Team ID`, or `Team Name` in a table without it) or `leaderboard` (`TeamName`, as
    /// leaderboards of contests are given out). Null when `column_team` or `column_team_name` names one, or the table has a `Team ID`.
    #[schema(pattern = "^(prize|leaderboard)$", example = "prize")]
    adapter: Option<String>,
    /// The column of our ids of the teams.
    #[schema(min_length = 1, max_length = 100)]
    column_team: Option<String>,
    /// The column of the teams' names, as they are called here: of a line without an id, it is the one of your teams that is called so.
    #[schema(min_length = 1, max_length = 100)]
    column_team_name: Option<String>,
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
    fn unreadable(it: &Unreadable) -> EntryVerdictBody {
        let (column, trouble) = (Some(it.column.clone()), Some(it.what.to_owned()));
        let verdict = Verdict::Unreadable;
        EntryVerdictBody { line: it.at, team: None, verdict, entry: None, column, trouble, problem: None }
    }

    fn of(line: &Line, verdict: Verdict, entry: Option<EntrantId>) -> EntryVerdictBody {
        let team = Some(line.team.text().to_owned());
        EntryVerdictBody { line: line.at, team, verdict, entry, column: None, trouble: None, problem: None }
    }
}

/// Who enters teams by file, and what holds of all lines.
struct Import {
    challenge: ChallengeId,
    rules: Digest,
    collector: Option<OrganisationId>,
    by: PersonId,
    /// The teams of whoever enters them that the export calls by their names.
    named: Vec<(String, OrganisationId)>,
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

    /// The team of a line: by its name it is one of those of whoever enters it.
    fn team(&self, team: &Team) -> Result<OrganisationId, Problem> {
        let name = match team {
            Team::Id(id) => return parse("/team", id),
            Team::Name(name) => name,
        };
        let mut called = self.named.iter().filter(|(known, _)| known == name).map(|(_, id)| *id);
        match (called.next(), called.next()) {
            (Some(team), None) => Ok(team),
            (Some(_), Some(_)) => Err(Problem::invalid("/team", "several of your teams are called so: give its id")),
            (None, _) => Err(Problem::invalid("/team", "none of your teams is called so")),
        }
    }

    /// A line by itself: it is written whole, or not at all.
    async fn take(&self, state: &State, line: &Line, is_tried: bool) -> Result<(Verdict, Option<EntrantId>), Problem> {
        let team = self.team(&line.team)?;
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
#[utoipa::path(tag = "challenge entries", params(("id" = String, Path, description = "The challenge"), TryImport),
    request_body = NewEntryImport,
    responses((status = 200, description = "A verdict for each line, in their order", body = EntryImportBody)))]
#[post("/v1/challenges/{id}/entry-imports")]
pub(crate) async fn import_entries(
    state: Data<State>,
    caller: Caller,
    id: Path<ChallengeId>,
    query: Params<TryImport>,
    request: Keyed<NewEntryImport>,
) -> Result<HttpResponse, Problem> {
    let by = caller.person()?.id;
    let body = request.body;
    let collector = body.collector.as_deref().map(|id| parse("/collector", id)).transpose()?;
    let rules = parse("/rules_sha256", &body.rules_sha256)?;
    if body.answers.len() > ANSWERS_MAX {
        return Err(Problem::invalid("/answers", format!("at most {ANSWERS_MAX}")));
    }
    let words =
        LayoutWords { delimiter: body.delimiter.as_deref(), skip_lines: body.skip_lines, ..LayoutWords::default() };
    let layout = words.parse()?;
    let adapter: Option<Adapter> = body.adapter.as_deref().map(|adapter| parse("/adapter", adapter)).transpose()?;
    let columns = Columns {
        team: column("/column_team", &body.column_team)?,
        name: column("/column_team_name", &body.column_team_name)?,
    };
    let client = state.client().await?;
    let (_, challenge) = challenge_of(&client, *id).await?;
    drop(client);
    if !challenge.state.is_announced() {
        return Err(Error::NotFound("challenge").into());
    }
    let (_, lines) = imports::lines(body, move |body| {
        let answers = body.answers.iter().map(|it| (it.question.clone(), it.column.clone()));
        read(&body.csv, layout, &columns, adapter, &answers.collect::<BTreeMap<_, _>>())
    })
    .await?;
    let legible: Vec<&Line> = lines.iter().filter_map(|line| line.as_ref().ok()).collect();
    let named = named(&state, by, &legible).await?;
    let import = Import { challenge: *id, rules, collector, by, named };
    let mut verdicts = Vec::with_capacity(legible.len());
    for line in legible {
        verdicts.push(import.verdict(&state, line, query.0.dry_run).await?);
    }
    let items = imports::in_order(&lines, verdicts, EntryVerdictBody::unreadable)?;
    let Counts { created, already_there, refused, unreadable } = Counts::of(items.iter().map(|item| item.verdict));
    let dry_run = query.0.dry_run;
    Ok(HttpResponse::Ok().json(EntryImportBody { dry_run, created, already_there, refused, unreadable, items }))
}

/// The teams of a person that lines call by their names.
async fn named(state: &State, by: PersonId, lines: &[&Line]) -> Result<Vec<(String, OrganisationId)>, Problem> {
    let names = lines.iter().filter_map(|line| match &line.team {
        Team::Name(name) => Some(name.as_str()),
        Team::Id(_) => None,
    });
    let names: Vec<&str> = names.filter(|name| !name.contains('\0')).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    Ok(organisations::list_named_of_person(&state.client().await?, by, &names).await?)
}
