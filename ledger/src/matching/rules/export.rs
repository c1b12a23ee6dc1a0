//! A tally as a file: JSON Lines that say everything that the result depends on, and the result, so that anybody can count again.
//!
//! The first line is the round, then come its campaigns in the order in which ties are broken, what counts by number, and the
//! shares in the order of the campaigns. Amounts are minor units, of which `digits` stand behind the point; sums that may need
//! more than 53 bits are strings. [`crate::recount`] knows this format, and shares no code with it.

use super::formula::{Formula, Line, Share};
use super::round::Round;
use crate::evidence::Digest;
use crate::id::{CampaignId, MatchingRoundId};
use serde::Serialize;

/// The version of the format.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct RoundRecord<'a> {
    record: &'static str,
    format: u32,
    round: MatchingRoundId,
    state: &'static str,
    tally: i32,
    formula: Formula,
    saturate: bool,
    cap_per_campaign: Option<i64>,
    cap_per_identity: Option<i64>,
    verified_only: bool,
    first_day: String,
    last_day: String,
    currency: &'a str,
    digits: u32,
    pool: i64,
    terms_sha256: Digest,
}

#[derive(Serialize)]
struct CampaignRecord {
    record: &'static str,
    campaign: CampaignId,
}

#[derive(Serialize)]
struct LineRecord {
    record: &'static str,
    number: i64,
    campaign: CampaignId,
    identity: Digest,
    amount: i64,
    weighs: bool,
}

#[derive(Serialize)]
struct ShareRecord {
    record: &'static str,
    campaign: CampaignId,
    given: i64,
    identities: i64,
    roots: String,
    raw: String,
    share: i64,
}

/// The file of a tally.
pub fn text(round: &Round, lines: &[Line], shares: &[Share]) -> String {
    let mut text = String::new();
    let terms = &round.formula;
    add(
        &mut text,
        &RoundRecord {
            record: "round",
            format: FORMAT,
            round: round.id,
            state: round.state.as_str(),
            tally: round.tally,
            formula: terms.formula,
            saturate: terms.saturate,
            cap_per_campaign: terms.cap_per_campaign,
            cap_per_identity: terms.cap_per_identity,
            verified_only: round.verified_only,
            first_day: round.first_day.to_string(),
            last_day: round.last_day.to_string(),
            currency: round.currency.code(),
            digits: round.currency.exponent(),
            pool: round.pool,
            terms_sha256: round.terms_digest,
        },
    );
    for share in shares {
        add(&mut text, &CampaignRecord { record: "campaign", campaign: share.campaign });
    }
    for line in lines {
        let Line { number, campaign, identity, amount, weighs } = *line;
        add(&mut text, &LineRecord { record: "line", number, campaign, identity, amount, weighs });
    }
    for share in shares {
        let Share { campaign, given, identities, roots, raw, share } = *share;
        let (roots, raw) = (roots.to_string(), raw.to_string());
        add(&mut text, &ShareRecord { record: "share", campaign, given, identities, roots, raw, share });
    }
    text
}

fn add(text: &mut String, record: &impl Serialize) {
    text.push_str(&serde_json::to_string(record).expect("a record has string keys"));
    text.push('\n');
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
