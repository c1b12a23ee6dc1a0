//! Pledges in by file: the export of a platform, line by line, each of them once.

use super::pledge_batches::{Asked, PledgeVerdictBody, Several};
use super::pledge_body::NewPledge;
use super::pledges::require_offered;
use crate::auth::Caller;
use crate::extract::{Keyed, Params};
use crate::imports::{self, Counts, TryImport};
use crate::problem::{Problem, ProblemBody};
use crate::state::State;
use crate::tables::{LayoutWords, column};
use crate::visibility::{actor, book_of, for_partner};
use crate::wire::{parse, parse_currency};
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, post};
use ledger::id::{CampaignId, OrganisationId};
use ledger::pledging::operations::pledges::PlacePledge;
use ledger::pledging::rules::pledge_import::{Adapter, Columns, Line, read};
use ledger::table::{Layout, Unreadable, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Names of columns. Those of the adapter hold where none is given here; of them, only reference and amount must be there.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportColumns {
    /// What the platform calls the pledge: the same one is the same pledge.
    #[schema(min_length = 1, max_length = 100, example = "Nr")]
    reference: Option<String>,
    /// What one payment is, with the sign or the code of its currency or without.
    #[schema(min_length = 1, max_length = 100, example = "Betrag")]
    amount: Option<String>,
    /// What the platform calls the donor; without it a donor is called as the pledge.
    #[schema(min_length = 1, max_length = 100)]
    donor: Option<String>,
    /// The donor's name.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// The donor's e-mail address.
    #[schema(min_length = 1, max_length = 100)]
    email: Option<String>,
    /// The currency of the amount.
    #[schema(min_length = 1, max_length = 100)]
    currency: Option<String>,
    /// How often it is paid: `once`, `monthly`, `quarterly` or `yearly`.
    #[schema(min_length = 1, max_length = 100)]
    interval: Option<String>,
    /// How many payments a plan has.
    #[schema(min_length = 1, max_length = 100)]
    payments: Option<String>,
    /// The first day on which it may be charged.
    #[schema(min_length = 1, max_length = 100)]
    starts_on: Option<String>,
    /// Our id of the tier.
    #[schema(min_length = 1, max_length = 100)]
    tier: Option<String>,
}

/// An export of a platform, and how to read it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPledgeImport {
    /// The partner whose donors they are, admitted to the book. Partners may leave it out: they bring their own; owners and treasurers of the host
    /// name one, and bring its export for it.
    #[schema(min_length = 30, max_length = 30, pattern = "^org_[a-z2-7]{26}$")]
    partner: Option<String>,
    /// Whose usual names the columns have: `crowdfunding` (`Pledge ID`, `Pledge Amount`, `Backer ID`, `Backer Name`), `pre_order` (`Order`,
    /// `Total`, `Customer`, `Billing Name`) or `prize` (`Contribution ID`, `Amount`, `Sponsor ID`, `Sponsor Name`), each with `Email` and
    /// `Currency`. Null when `columns` names them all.
    #[schema(pattern = "^(crowdfunding|pre_order|prize)$", example = "crowdfunding")]
    adapter: Option<String>,
    /// Names of columns that are others.
    #[serde(default)]
    columns: ImportColumns,
    /// What stands between columns, `comma` when it is left out.
    #[schema(pattern = "^(comma|semicolon|tab)$")]
    delimiter: Option<String>,
    /// What stands before the fraction of an amount, `point` when it is left out.
    #[schema(pattern = "^(point|comma)$")]
    decimal: Option<String>,
    /// `iso` (2031-02-03) when it is left out, `dotted` (03.02.2031), `day_first` (03/02/2031), `month_first` (02/03/2031) or `digits`
    /// (20310203).
    #[schema(pattern = "^(iso|dotted|day_first|month_first|digits)$")]
    days: Option<String>,
    /// Lines before the one that names the columns.
    #[serde(default)]
    #[schema(maximum = 50)]
    skip_lines: u8,
    /// The currency of amounts that name none; that of the book when it is left out.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    /// How often pledges are paid whose line does not say it: `once` when it is left out, `monthly`, `quarterly` or `yearly`.
    #[schema(pattern = "^(once|monthly|quarterly|yearly)$")]
    interval: Option<String>,
    /// Who takes the money, as of a pledge.
    #[schema(pattern = "^(sandbox|partner|stripe)$", example = "partner")]
    rail: String,
    /// What the provider charges, of all of them: in sandbox books a token of the sandbox.
    #[serde(default)]
    #[schema(max_length = 200)]
    token: String,
    /// Who may see the donors' names: `public`, `host_only`, or `anonymous`, which is the default.
    #[schema(pattern = "^(public|host_only|anonymous)$")]
    privacy: Option<String>,
    /// SHA-256 of the campaign's terms, in hexadecimal, as the donors agreed to them.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    terms_sha256: String,
    /// The export: its text in UTF-8, with at most 1,000 lines besides the names of the columns.
    #[schema(min_length = 1, max_length = 1_000_000)]
    csv: String,
}

/// What became of an export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PledgeImport)]
pub struct PledgeImportBody {
    /// Whether it was only tried: then `created` is what would be.
    dry_run: bool,
    /// How many lines are pledges now.
    created: usize,
    /// How many lines were pledges before.
    already_there: usize,
    /// How many lines were refused.
    refused: usize,
    /// How many lines cannot be read.
    unreadable: usize,
    /// One for each line, in their order.
    items: Vec<ImportVerdictBody>,
}

/// What became of a line of an export.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportVerdict)]
pub struct ImportVerdictBody {
    /// The line of the text at which it begins, from 1.
    line: u64,
    /// What the platform calls the pledge; null when it cannot be read.
    reference: Option<String>,
    /// `created`; `already_there`, with the same content; `refused`, as `problem` says; or `unreadable`. Nothing of the latter two is written.
    #[schema(value_type = String)]
    verdict: Verdict,
    /// The pledge; null when there is none, and when it is only tried.
    pledge: Option<String>,
    /// The column in which the trouble is, as far as it is in one; null otherwise.
    column: Option<String>,
    /// What is wrong at the column of a line that cannot be read; null otherwise.
    trouble: Option<String>,
    /// Why it was refused; null otherwise. Its pointers are those of a pledge.
    problem: Option<ProblemBody>,
}

impl ImportVerdictBody {
    fn unreadable(it: &Unreadable) -> ImportVerdictBody {
        ImportVerdictBody {
            line: it.at,
            reference: None,
            verdict: Verdict::Unreadable,
            pledge: None,
            column: Some(it.column.clone()),
            trouble: Some(it.what.to_owned()),
            problem: None,
        }
    }

    fn of(line: &Line, verdict: Verdict) -> ImportVerdictBody {
        ImportVerdictBody {
            line: line.at,
            reference: Some(line.reference.clone()),
            verdict,
            pledge: None,
            column: None,
            trouble: None,
            problem: None,
        }
    }

    fn refused(line: &Line, columns: &Columns, problem: ProblemBody) -> ImportVerdictBody {
        let column = problem.errors.first().and_then(|error| columns.behind(&error.pointer)).map(str::to_owned);
        ImportVerdictBody { column, problem: Some(problem), ..ImportVerdictBody::of(line, Verdict::Refused) }
    }

    /// The verdict on the pledge at a place of a batch.
    fn placed(line: &Line, columns: &Columns, place: usize, it: PledgeVerdictBody) -> ImportVerdictBody {
        if let Some(mut problem) = it.problem {
            let prefix = format!("/pledges/{place}/pledge");
            for error in &mut problem.errors {
                error.pointer = error.pointer.strip_prefix(&prefix).unwrap_or(&error.pointer).to_owned();
            }
            problem.detail = problem.detail.replace(&prefix, "");
            return ImportVerdictBody::refused(line, columns, problem);
        }
        let verdict = if it.verdict == "placed" { Verdict::Created } else { Verdict::AlreadyThere };
        let pledge = it.pledge.as_ref().and_then(|pledge| pledge["id"].as_str()).map(str::to_owned);
        ImportVerdictBody { pledge, ..ImportVerdictBody::of(line, verdict) }
    }
}

impl NewPledgeImport {
    fn layout(&self) -> Result<Layout, Problem> {
        let words = LayoutWords {
            encoding: None,
            delimiter: self.delimiter.as_deref(),
            decimal: self.decimal.as_deref(),
            days: self.days.as_deref(),
            skip_lines: self.skip_lines,
        };
        words.parse()
    }

    fn named(&self) -> Result<Columns, Problem> {
        let it = &self.columns;
        let column = |name: &str, given: &Option<String>| column(&format!("/columns/{name}"), given);
        Ok(Columns {
            reference: column("reference", &it.reference)?,
            amount: column("amount", &it.amount)?,
            donor: column("donor", &it.donor)?,
            name: column("name", &it.name)?,
            email: column("email", &it.email)?,
            currency: column("currency", &it.currency)?,
            interval: column("interval", &it.interval)?,
            payments: column("payments", &it.payments)?,
            starts_on: column("starts_on", &it.starts_on)?,
            tier: column("tier", &it.tier)?,
        })
    }

    /// The pledge of a line, as if its partner had asked for it by itself.
    fn pledge(&self, line: &Line) -> Value {
        let interval = line.interval.as_deref().or(self.interval.as_deref()).unwrap_or("once");
        json!({
            "reference": line.reference,
            "donor": {"reference": line.donor, "name": line.name, "email": line.email, "privacy": self.privacy},
            "amount": {"amount": line.currency.format(line.amount), "currency": line.currency.code()},
            "tier": line.tier,
            "schedule": {"interval": interval, "start": line.starts_on, "payments": line.payments},
            "rail": self.rail,
            "token": self.token,
            "terms_sha256": self.terms_sha256,
        })
    }

    fn asked(&self, several: &Several<'_>, line: &Line) -> Asked {
        let pledge: NewPledge = serde_json::from_value(self.pledge(line)).map_err(|_| Problem::internal())?;
        pledge.check_shape()?;
        let asked = pledge.parse(several.campaign, several.partner)?;
        require_offered(several.state, PlacePledge { by: actor(several.caller), ..asked })
    }
}

/// Takes pledges in by file: the export of a platform, line by line, sent by the partner itself or for it by owners and treasurers of the host. Each
/// line is whole a pledge or none, and hears its own verdict. A pledge is known by its reference: the same file twice, or a longer one tomorrow,
/// imports each line once, whoever sends it, and a line that was refused is tried again. A line that says something else than before is refused with
/// `reference-taken`. A file that is no table, lacks a column or has more than 1,000 lines is refused whole.
#[utoipa::path(tag = "pledges", params(("id" = String, Path, description = "The campaign"), TryImport),
    request_body = NewPledgeImport,
    responses((status = 200, description = "A verdict for each line, in their order", body = PledgeImportBody)))]
#[post("/v1/campaigns/{id}/pledge-imports")]
pub(crate) async fn import_pledges(
    state: Data<State>,
    caller: Caller,
    id: Path<CampaignId>,
    query: Params<TryImport>,
    request: Keyed<NewPledgeImport>,
) -> Result<HttpResponse, Problem> {
    let Keyed { key, body } = request;
    let (layout, named) = (body.layout()?, body.named()?);
    let adapter: Option<Adapter> = body.adapter.as_deref().map(|adapter| parse("/adapter", adapter)).transpose()?;
    let partner: Option<OrganisationId> = body.partner.as_deref().map(|id| parse("/partner", id)).transpose()?;
    let client = state.client().await?;
    let book = book_of(&client, id.book, "campaign").await?;
    let partner = for_partner(&client, &caller, &book, partner, "campaign").await?;
    drop(client);
    let currency = body.currency.as_deref().map(|code| parse_currency("/currency", code)).transpose()?;
    let currency = currency.unwrap_or(book.currency);
    let columns = named.clone().or(adapter.map(Columns::of).unwrap_or_default());
    let (body, lines) = imports::lines(body, move |body| read(&body.csv, layout, &named, adapter, currency)).await?;
    let several = Several { state: &state, caller: &caller, book: &book, campaign: *id, partner };
    let legible: Vec<&Line> = lines.iter().filter_map(|line| line.as_ref().ok()).collect();
    let asked: Vec<Asked> = legible.iter().map(|line| body.asked(&several, line)).collect();
    let verdicts: Vec<ImportVerdictBody> = if query.0.dry_run {
        let told = several.attempt(asked).await?;
        let verdict = |(line, told): (&&Line, Result<bool, Problem>)| match told {
            Ok(true) => ImportVerdictBody::of(line, Verdict::Created),
            Ok(false) => ImportVerdictBody::of(line, Verdict::AlreadyThere),
            Err(problem) => ImportVerdictBody::refused(line, &columns, problem.body().clone()),
        };
        legible.iter().zip(told).map(verdict).collect()
    } else {
        let keys = legible.iter().map(|line| key.part(&format!("line {}", line.at))).collect();
        let told = several.place(keys, asked).await?.into_iter().enumerate();
        legible
            .iter()
            .zip(told)
            .map(|(line, (place, it))| ImportVerdictBody::placed(line, &columns, place, it))
            .collect()
    };
    let items = imports::in_order(&lines, verdicts, ImportVerdictBody::unreadable)?;
    let Counts { created, already_there, refused, unreadable } = Counts::of(items.iter().map(|item| item.verdict));
    let dry_run = query.0.dry_run;
    Ok(HttpResponse::Ok().json(PledgeImportBody { dry_run, created, already_there, refused, unreadable, items }))
}
