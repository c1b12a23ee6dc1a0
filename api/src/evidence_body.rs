//! Evidence on the wire, of claims and of submissions.

use crate::problem::Problem;
use crate::wire::parse;
use ledger::evidence::{Digest, EVIDENCE_MAX, Evidence, EvidenceKind};
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
    /// Where it is published.
    #[schema(min_length = 8, max_length = 2000, pattern = "^https?://")]
    url: String,
    /// SHA-256 of what is published there.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-fA-F]{64}$")]
    sha256: String,
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

/// The pieces of evidence of a body, where they stand at `/evidence`.
pub(crate) fn parse_evidence(pieces: &[NewEvidence]) -> Result<Vec<Evidence>, Problem> {
    if pieces.len() > EVIDENCE_MAX {
        return Err(Problem::invalid("/evidence", format!("{EVIDENCE_MAX} pieces at most")));
    }
    let piece = |(index, piece): (usize, &NewEvidence)| {
        let at = format!("/evidence/{index}");
        let kind: EvidenceKind = parse(&format!("{at}/kind"), &piece.kind)?;
        let sha256: Digest = parse(&format!("{at}/sha256"), &piece.sha256)?;
        let (title, url, licence) = (piece.title.clone(), piece.url.clone(), piece.licence.clone());
        Ok(Evidence::new(&at, kind, title, url, sha256, licence)?)
    };
    pieces.iter().enumerate().map(piece).collect()
}
