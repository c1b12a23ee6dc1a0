//! Evidence on the wire, of claims and of submissions: where a thing stands and its digest, as the caller says, as a fetch found it, or
//! as a file was uploaded.

use crate::problem::Problem;
use crate::state::State;
use crate::wire::parse;
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use ledger::Error;
use ledger::evidence::{Digest, EVIDENCE_MAX, Evidence, EvidenceKind};
use ledger::fetching::rules::fetch::Outcome;
use ledger::fetching::store::fetches;
use ledger::files::operations::files as naming;
use ledger::files::rules::file::Named;
use ledger::files::store::files;
use ledger::id::{BookId, ClaimId, EvidenceFetchId, FileId, PayoutId, PersonId, SubmissionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A piece of evidence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvidence {
    /// What it is.
    #[schema(
        pattern = "^(design_files|bill_of_materials|build_instructions|test_report|licence|enterprise_plan|photo|video|other)$"
    )]
    pub(crate) kind: String,
    /// Its title.
    #[schema(min_length = 1, max_length = 200)]
    pub(crate) title: String,
    /// Where it is published. It may be left out where a fetch or a file is named.
    #[schema(min_length = 8, max_length = 2000, pattern = "^https?://")]
    pub(crate) url: Option<String>,
    /// SHA-256 of what is published there. It may be left out where a fetch or a file is named.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    pub(crate) sha256: Option<String>,
    /// A fetch that the caller asked for in this book: its address and its digest are taken.
    #[schema(min_length = 36, max_length = 36, pattern = "^evf_[a-z2-7]{32}$")]
    pub(crate) fetch: Option<String>,
    /// A file that the caller uploaded for this book: it stands where the service shows it.
    #[schema(min_length = 36, max_length = 36, pattern = "^fil_[a-z2-7]{32}$")]
    pub(crate) file: Option<String>,
    /// SPDX identifier of its licence.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9.+-]+$", example = "CERN-OHL-S-2.0")]
    pub(crate) licence: Option<String>,
}

/// A piece of evidence.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub struct EvidenceBody {
    #[schema(value_type = String)]
    kind: EvidenceKind,
    title: String,
    url: String,
    #[schema(value_type = String)]
    sha256: Digest,
    licence: Option<String>,
}

impl From<&Evidence> for EvidenceBody {
    fn from(it: &Evidence) -> EvidenceBody {
        EvidenceBody {
            kind: it.kind(),
            title: it.title().to_owned(),
            url: it.url().to_owned(),
            sha256: it.sha256(),
            licence: it.licence().map(str::to_owned),
        }
    }
}

/// Where something stands and what its digest is, as a body says it.
pub(crate) struct Standing<'a> {
    pub(crate) url: Option<&'a str>,
    pub(crate) sha256: Option<&'a str>,
    pub(crate) fetch: Option<&'a str>,
    pub(crate) file: Option<&'a str>,
}

/// Where something stands, its digest, and the file that it is, if it is one.
pub(crate) struct Stands {
    pub(crate) url: String,
    pub(crate) sha256: Digest,
    pub(crate) files: Files,
}

/// Files that a body names.
#[derive(Debug, Default)]
pub(crate) struct Files(Vec<FileId>);

impl Files {
    /// Writes down that the evidence of a claim names them.
    pub(crate) async fn of_claim(&self, tx: &Transaction<'_>, id: ClaimId, wall: Timestamp) -> Result<(), Error> {
        naming::name(tx, &self.0, (Named::Claim, id.object), wall).await
    }

    /// Writes down that a document beside a claim names them.
    pub(crate) async fn beside_claim(&self, tx: &Transaction<'_>, id: ClaimId, wall: Timestamp) -> Result<(), Error> {
        naming::name(tx, &self.0, (Named::ClaimDocument, id.object), wall).await
    }

    /// Writes down that a document beside a payout names them.
    pub(crate) async fn beside_payout(&self, tx: &Transaction<'_>, id: PayoutId, wall: Timestamp) -> Result<(), Error> {
        naming::name(tx, &self.0, (Named::PayoutDocument, id.object), wall).await
    }

    /// Writes down that the evidence of a submission names them.
    pub(crate) async fn of_submission(
        &self,
        tx: &Transaction<'_>,
        id: SubmissionId,
        wall: Timestamp,
    ) -> Result<(), Error> {
        naming::name(tx, &self.0, (Named::Submission, id.object), wall).await
    }
}

impl Standing<'_> {
    /// The address and the digest; `at` is where the fields stand in the body. What is said beside a fetch or a file must be what that
    /// has.
    pub(crate) async fn resolve(&self, state: &State, book: BookId, by: PersonId, at: &str) -> Result<Stands, Problem> {
        let said: Option<Digest> = self.sha256.map(|text| parse(&format!("{at}/sha256"), text)).transpose()?;
        let stands = match (self.fetch, self.file) {
            (Some(_), Some(_)) => return Err(Problem::invalid(format!("{at}/file"), "a fetch or a file, not both")),
            (Some(fetch), None) => fetched(state, book, by, &format!("{at}/fetch"), fetch).await?,
            (None, Some(file)) => uploaded(state, book, by, &format!("{at}/file"), file).await?,
            (None, None) => {
                let url =
                    self.url.ok_or_else(|| Problem::invalid(format!("{at}/url"), "an address, a fetch or a file"))?;
                let sha256 =
                    said.ok_or_else(|| Problem::invalid(format!("{at}/sha256"), "a SHA-256, a fetch or a file"))?;
                Stands { url: url.to_owned(), sha256, files: Files::default() }
            }
        };
        if self.url.is_some_and(|url| url != stands.url) {
            return Err(Problem::invalid(format!("{at}/url"), "another address than that has: leave it out"));
        }
        if said.is_some_and(|said| said != stands.sha256) {
            return Err(Problem::invalid(format!("{at}/sha256"), "another digest than that has: leave it out"));
        }
        Ok(stands)
    }
}

/// What a fetch of the caller found.
async fn fetched(state: &State, book: BookId, by: PersonId, at: &str, id: &str) -> Result<Stands, Problem> {
    let wrong = |why: &str| Problem::invalid(at, why);
    let id: EvidenceFetchId = parse(at, id)?;
    if id.book != book {
        return Err(wrong("a fetch for this book"));
    }
    let found = fetches::find(&state.client().await?, id).await?.filter(|found| found.asked_by == by);
    let found = found.ok_or_else(|| wrong("no fetch that you asked for"))?;
    match found.outcome {
        Some((Outcome::Fetched(fetched), _)) => {
            Ok(Stands { url: found.url, sha256: fetched.sha256, files: Files::default() })
        }
        Some((Outcome::Failed(why), _)) => Err(wrong(&format!("that fetch has failed: {why}"))),
        None => Err(wrong("that fetch has not ended: read it until it has")),
    }
}

/// A file of the caller, and where the service shows it.
async fn uploaded(state: &State, book: BookId, by: PersonId, at: &str, id: &str) -> Result<Stands, Problem> {
    let id: FileId = parse(at, id)?;
    if id.book != book {
        return Err(Problem::invalid(at, "a file for this book"));
    }
    let found = files::find(&state.client().await?, id).await?.filter(|found| found.owner == by);
    let found = found.ok_or_else(|| Problem::invalid(at, "no file that you uploaded"))?;
    Ok(Stands { url: format!("{}{id}{CONTENT}", files_address(state)), sha256: found.sha256, files: Files(vec![id]) })
}

/// With what the address of a file's bytes ends.
const CONTENT: &str = "/content";

/// Below which address files stand.
fn files_address(state: &State) -> String {
    let base = state.config.public_url.as_ref().map_or("http://localhost:8080", |url| url.as_str());
    format!("{}/v1/files/", base.trim_end_matches('/'))
}

/// The file that stands at an address, if it is one of this service.
pub(crate) fn file_at(state: &State, url: &str) -> Option<FileId> {
    url.strip_prefix(&files_address(state))?.strip_suffix(CONTENT)?.parse().ok()
}

/// The pieces of evidence of a body, where they stand at `/evidence`, and the files that they name.
pub(crate) async fn parse_evidence(
    state: &State,
    book: BookId,
    by: PersonId,
    pieces: &[NewEvidence],
) -> Result<(Vec<Evidence>, Files), Problem> {
    if pieces.len() > EVIDENCE_MAX {
        return Err(Problem::invalid("/evidence", format!("{EVIDENCE_MAX} pieces at most")));
    }
    let (mut parsed, mut named) = (Vec::with_capacity(pieces.len()), Files::default());
    for (index, piece) in pieces.iter().enumerate() {
        let at = format!("/evidence/{index}");
        let kind: EvidenceKind = parse(&format!("{at}/kind"), &piece.kind)?;
        let NewEvidence { url, sha256, fetch, file, .. } = piece;
        let (url, sha256) = (url.as_deref(), sha256.as_deref());
        let standing = Standing { url, sha256, fetch: fetch.as_deref(), file: file.as_deref() };
        let Stands { url, sha256, files } = standing.resolve(state, book, by, &at).await?;
        parsed.push(Evidence::new(&at, kind, piece.title.clone(), url, sha256, piece.licence.clone())?);
        named.0.extend(files.0);
    }
    Ok((parsed, named))
}
