//! Evidence: what a claim rests on. Links with the SHA-256 of what stood behind them, so that a page that changes later
//! is noticed, and with the licence under which the work is published.

use crate::error::{Error, Refusal};
use crate::text;
use crate::words::words;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;

/// The most pieces of evidence that one claim may carry.
pub const EVIDENCE_MAX: usize = 50;
/// The longest link, in characters.
pub const URL_MAX: usize = 2_000;
/// The longest licence identifier, in characters.
pub const LICENCE_MAX: usize = 64;

/// A SHA-256 digest; 64 lower-case hexadecimal digits outside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no SHA-256 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 digest: 64 hexadecimal digits")]
pub struct DigestError;

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Digest, DigestError> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| DigestError)?;
        bytes.try_into().map(Digest).map_err(|_| DigestError)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

words! {
    /// What a piece of evidence is.
    EvidenceKind, "kind of evidence" {
        /// The editable design: CAD, drawings, circuit, code.
        DesignFiles = "design_files",
        /// Every part, with its source.
        BillOfMaterials = "bill_of_materials",
        /// How to build it again.
        BuildInstructions = "build_instructions",
        /// What was measured, and how.
        TestReport = "test_report",
        /// Under which licence the whole is published.
        Licence = "licence",
        /// What a stranger needs to start an enterprise with it.
        EnterprisePlan = "enterprise_plan",
        /// A picture.
        Photo = "photo",
        /// A film.
        Video = "video",
        /// Anything else.
        Other = "other",
    }
}

/// One piece of evidence. Serialised, its fields stand in alphabetical order: the canonical form of RFC 8785.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Evidence {
    kind: EvidenceKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<String>,
    sha256: Digest,
    title: String,
    url: String,
}

impl Evidence {
    /// A checked piece of evidence. `pointer` is where it stands in the request, for the message.
    pub fn new(
        pointer: &str,
        kind: EvidenceKind,
        title: String,
        url: String,
        sha256: Digest,
        licence: Option<String>,
    ) -> Result<Evidence, Error> {
        let wrong = |field: &str, message: &str| Err(Error::invalid(format!("{pointer}/{field}"), message));
        if let Err(why) = text::line(&title, text::NAME) {
            return wrong("title", &why.to_string());
        }
        if !is_link(&url) {
            return wrong("url", "an http or https link of at most 2,000 characters");
        }
        if licence.as_deref().is_some_and(|id| !is_spdx_id(id)) {
            return wrong("licence", "an identifier of the SPDX licence list, such as CERN-OHL-S-2.0");
        }
        Ok(Evidence { kind, licence, sha256, title, url })
    }

    /// What it is.
    pub fn kind(&self) -> EvidenceKind {
        self.kind
    }

    /// Its title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Where it is published.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The digest of what is published there.
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The SPDX identifier of its licence, where it has one.
    pub fn licence(&self) -> Option<&str> {
        self.licence.as_deref()
    }
}

/// The digests of the pieces, in their order: what a reviewer restates.
pub fn digests(evidence: &[Evidence]) -> Vec<Digest> {
    evidence.iter().map(Evidence::sha256).collect()
}

/// What a milestone demands before it pays: kinds of evidence that must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gate {
    /// A licence; it also asks for an SPDX identifier on that evidence.
    pub licence: bool,
    /// Design files.
    pub design_files: bool,
    /// An enterprise plan.
    pub enterprise_plan: bool,
}

impl Gate {
    /// The kinds of evidence that must be there.
    pub fn demands(self) -> Vec<EvidenceKind> {
        let asked = [
            (self.licence, EvidenceKind::Licence),
            (self.design_files, EvidenceKind::DesignFiles),
            (self.enterprise_plan, EvidenceKind::EnterprisePlan),
        ];
        asked.into_iter().filter_map(|(wanted, kind)| wanted.then_some(kind)).collect()
    }

    /// The kinds that are asked for and not there, in the order of [`Gate::demands`].
    pub fn missing(self, evidence: &[Evidence]) -> Vec<EvidenceKind> {
        let shown = |kind: EvidenceKind| {
            let identified = |piece: &&Evidence| kind != EvidenceKind::Licence || piece.licence().is_some();
            evidence.iter().filter(identified).any(|piece| piece.kind() == kind)
        };
        self.demands().into_iter().filter(|kind| !shown(*kind)).collect()
    }

    /// Refuses with `evidence-missing`, naming the kinds that are not there: no claim is taken without them.
    pub fn check(self, evidence: &[Evidence]) -> Result<(), Refusal> {
        self.require(evidence, "evidence-missing", "the milestone asks for evidence of")
    }

    /// Refuses with `gate-missing`, naming the kinds that are not there: nothing is approved or released without them.
    pub fn release(self, evidence: &[Evidence]) -> Result<(), Refusal> {
        self.require(evidence, "gate-missing", "nothing is paid before there is evidence of")
    }

    fn require(self, evidence: &[Evidence], code: &'static str, why: &str) -> Result<(), Refusal> {
        let missing: Vec<&str> = self.missing(evidence).into_iter().map(EvidenceKind::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Refusal::new(code, format!("{why}: {}", missing.join(", "))))
    }
}

/// Whether a text is an http or https link of at most 2,000 characters.
pub(crate) fn is_link(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    url.chars().count() <= URL_MAX
        && host.is_some_and(|rest| rest.starts_with(|first: char| first.is_alphanumeric() || first == '['))
        && !url.chars().any(|each| each.is_whitespace() || each.is_control())
}

pub(super) fn is_spdx_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    !id.is_empty() && id.len() <= LICENCE_MAX && id.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(kind: EvidenceKind, licence: Option<&str>) -> Evidence {
        let url = "https://example.org/press.zip".to_owned();
        let sha256 = Digest::of(kind.as_str().as_bytes());
        Evidence::new("/evidence/0", kind, "The press".into(), url, sha256, licence.map(str::to_owned)).expect("good")
    }

    #[test]
    fn a_gate_names_each_kind_that_is_missing() {
        let gate = Gate { licence: true, design_files: true, enterprise_plan: true };
        let refusal = gate.check(&[piece(EvidenceKind::DesignFiles, None)]).expect_err("two kinds are missing");
        assert_eq!(refusal.code, "evidence-missing");
        assert!(refusal.detail.ends_with("licence, enterprise_plan"), "{refusal}");
        let refusal = gate.release(&[piece(EvidenceKind::DesignFiles, None)]).expect_err("two kinds are missing");
        assert_eq!((refusal.code, gate.missing(&[]).len()), ("gate-missing", 3));
        assert_eq!(Gate::default().check(&[]), Ok(()));
    }

    #[test]
    fn a_licence_without_its_identifier_does_not_open_the_gate() {
        let gate = Gate { licence: true, ..Gate::default() };
        assert!(gate.check(&[piece(EvidenceKind::Licence, None)]).is_err());
        assert_eq!(gate.check(&[piece(EvidenceKind::Licence, Some("CERN-OHL-S-2.0"))]), Ok(()));
    }

    #[test]
    fn only_links_digests_and_identifiers_are_taken() {
        for url in ["ftp://example.org", "https://", "https:// x", "javascript:alert(1)", "https://a\nb"] {
            assert!(!is_link(url), "{url}");
        }
        assert!(is_link("https://example.org/a?b=c#d"));
        assert!(is_spdx_id("GPL-3.0-or-later") && !is_spdx_id("GPL 3") && !is_spdx_id(""));
        assert_eq!("ab".parse::<Digest>(), Err(DigestError));
        let digest = Digest::of(b"press");
        assert_eq!(digest.to_string().parse(), Ok(digest));
    }
}
