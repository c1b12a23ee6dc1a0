//! Evidence on a desk: what it is, what is known of its digest, and where it opens.

use super::kind_in_words;
use crate::evidence_body::file_at;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use deadpool_postgres::GenericClient;
use ledger::Error;
use ledger::evidence::{Evidence, Gate};
use ledger::files::store::files;

/// A piece of evidence as people read it.
pub(super) struct Piece {
    /// What it is.
    pub(super) kind: Said,
    /// Its title.
    pub(super) title: String,
    /// SPDX identifier of its licence; empty without one.
    pub(super) licence: String,
    /// Where it opens.
    pub(super) href: String,
    /// What is known of its digest.
    pub(super) known: Said,
    /// The digest that the claim states.
    pub(super) sha256: String,
}

/// What a milestone asks for, and whether it is there.
pub(super) struct Tick {
    /// The kind of evidence.
    pub(super) kind: Said,
    /// Whether it is there.
    pub(super) is_there: bool,
}

/// The pieces in their order.
pub(super) async fn pieces(
    client: &impl GenericClient,
    state: &State,
    evidence: &[Evidence],
) -> Result<Vec<Piece>, Error> {
    let mut pieces = Vec::with_capacity(evidence.len());
    for it in evidence {
        let file = file_at(state, it.url());
        let (href, known) = match file {
            Some(id) => {
                let kept = files::find(client, id).await?.is_some_and(|kept| kept.sha256 == it.sha256());
                let known = if kept { say("desk-kept-here") } else { say("desk-kept-no-more") };
                (format!("/desk/files/{id}"), known)
            }
            None => (it.url().to_owned(), say("desk-kept-elsewhere")),
        };
        pieces.push(Piece {
            kind: kind_in_words(it.kind()),
            title: it.title().to_owned(),
            licence: it.licence().unwrap_or_default().to_owned(),
            href,
            known,
            sha256: it.sha256().to_string(),
        });
    }
    Ok(pieces)
}

/// What a gate asks for, each with whether it is among the evidence.
pub(super) fn ticks(gate: Gate, evidence: &[Evidence]) -> Vec<Tick> {
    let missing = gate.missing(evidence);
    let tick = |kind| Tick { kind: kind_in_words(kind), is_there: !missing.contains(&kind) };
    gate.demands().into_iter().map(tick).collect()
}
