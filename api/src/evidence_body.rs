//! Evidence on the wire, of claims and of submissions: where a thing stands and its digest, as the caller says, or as a fetch found it.

use crate::problem::Problem;
use crate::state::State;
use crate::wire::parse;
use ledger::evidence::{Digest, EVIDENCE_MAX, Evidence, EvidenceKind};
use ledger::fetching::rules::fetch::Outcome;
use ledger::fetching::store::fetches;
use ledger::id::{BookId, EvidenceFetchId, PersonId};
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
    kind: String,
    /// Its title.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Where it is published. It may be left out where a fetch is named.
    #[schema(min_length = 8, max_length = 2000, pattern = "^https?://")]
    url: Option<String>,
    /// SHA-256 of what is published there. It may be left out where a fetch is named.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    sha256: Option<String>,
    /// A fetch that the caller asked for in this book: its address and its digest are taken.
    #[schema(pattern = "^evf_[a-z2-7]{32}$")]
    fetch: Option<String>,
    /// SPDX identifier of its licence.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9.+-]+$", example = "CERN-OHL-S-2.0")]
    licence: Option<String>,
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
}

impl Standing<'_> {
    /// The address and the digest; `at` is where the fields stand in the body. What is said beside a fetch must be what it found.
    pub(crate) async fn resolve(
        &self,
        state: &State,
        book: BookId,
        by: PersonId,
        at: &str,
    ) -> Result<(String, Digest), Problem> {
        let said: Option<Digest> = self.sha256.map(|text| parse(&format!("{at}/sha256"), text)).transpose()?;
        let Some(fetch) = self.fetch else {
            let url = self.url.ok_or_else(|| Problem::invalid(format!("{at}/url"), "an address, or a fetch"))?;
            let sha256 = said.ok_or_else(|| Problem::invalid(format!("{at}/sha256"), "a SHA-256, or a fetch"))?;
            return Ok((url.to_owned(), sha256));
        };
        let wrong = |why: &str| Problem::invalid(format!("{at}/fetch"), why);
        let id: EvidenceFetchId = parse(&format!("{at}/fetch"), fetch)?;
        if id.book != book {
            return Err(wrong("a fetch of this book"));
        }
        let found = fetches::find(&state.client().await?, id).await?.filter(|found| found.asked_by == by);
        let found = found.ok_or_else(|| wrong("no fetch that you asked for"))?;
        let sha256 = match found.outcome {
            Some((Outcome::Fetched(fetched), _)) => fetched.sha256,
            Some((Outcome::Failed(why), _)) => return Err(wrong(&format!("that fetch has failed: {why}"))),
            None => return Err(wrong("that fetch has not ended: read it until it has")),
        };
        if self.url.is_some_and(|url| url != found.url) {
            return Err(Problem::invalid(format!("{at}/url"), "another address than the fetch has: leave it out"));
        }
        if said.is_some_and(|said| said != sha256) {
            return Err(Problem::invalid(format!("{at}/sha256"), "another digest than was fetched: leave it out"));
        }
        Ok((found.url, sha256))
    }
}

/// The pieces of evidence of a body, where they stand at `/evidence`.
pub(crate) async fn parse_evidence(
    state: &State,
    book: BookId,
    by: PersonId,
    pieces: &[NewEvidence],
) -> Result<Vec<Evidence>, Problem> {
    if pieces.len() > EVIDENCE_MAX {
        return Err(Problem::invalid("/evidence", format!("{EVIDENCE_MAX} pieces at most")));
    }
    let mut parsed = Vec::with_capacity(pieces.len());
    for (index, piece) in pieces.iter().enumerate() {
        let at = format!("/evidence/{index}");
        let kind: EvidenceKind = parse(&format!("{at}/kind"), &piece.kind)?;
        let NewEvidence { url, sha256, fetch, .. } = piece;
        let standing = Standing { url: url.as_deref(), sha256: sha256.as_deref(), fetch: fetch.as_deref() };
        let (url, sha256) = standing.resolve(state, book, by, &at).await?;
        parsed.push(Evidence::new(&at, kind, piece.title.clone(), url, sha256, piece.licence.clone())?);
    }
    Ok(parsed)
}
