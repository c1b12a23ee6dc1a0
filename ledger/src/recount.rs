//! Counts a matching round again, offline, from its exported file alone.
//!
//! Nothing here is shared with the code that counts rounds: this file knows the format and the formulas as they are stated. A file
//! is JSON Lines: the round, its campaigns, what counts, and the shares that were found. What comes out are the lines of the
//! shares, which are the same bytes when the round was counted as it says.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::BufRead;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recount {
    /// The round's id.
    pub round: String,
    /// By which formula it was counted.
    pub formula: String,
    /// How many lines count or might have.
    pub lines: usize,
    /// The shares as this file finds them, one line a campaign.
    pub shares: Vec<String>,
}

/// Why a file does not hold.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// A line cannot be read as what it should be.
    #[error("line {line}: {what}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The round was counted otherwise.
    #[error("line {line} says {says}, and counted again it is {is}")]
    Share {
        /// Which line, from 1.
        line: usize,
        /// What the file says.
        says: String,
        /// What comes out.
        is: String,
    },
    /// The file ends too soon.
    #[error("the file is cut: {0}")]
    Cut(&'static str),
    /// It could not be read to its end.
    #[error("the file cannot be read")]
    Reading(#[from] std::io::Error),
}

#[derive(Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
enum Record {
    Round(Round),
    Campaign { campaign: String },
    Line(Given),
    Share {},
}

#[derive(Deserialize)]
struct Round {
    format: u32,
    round: String,
    formula: String,
    saturate: bool,
    cap_per_campaign: Option<i64>,
    cap_per_identity: Option<i64>,
    pool: i64,
}

#[derive(Deserialize)]
struct Given {
    number: i64,
    campaign: String,
    identity: String,
    amount: i64,
    weighs: bool,
}

#[derive(Serialize)]
struct ShareLine<'a> {
    record: &'static str,
    campaign: &'a str,
    given: i128,
    identities: usize,
    roots: String,
    raw: String,
    share: i128,
}

/// What came of one campaign so far.
#[derive(Default)]
struct Tally {
    given: i128,
    of_identity: BTreeMap<String, i128>,
    roots: u128,
    weight: u128,
    raw: u128,
    share: i128,
}

/// Reads an exported round to its end, and counts it again.
///
/// # Errors
///
/// Names the first line that is wrong.
pub fn recount(text: impl BufRead) -> Result<Recount, Wrong> {
    let (mut round, mut campaigns, mut lines, mut says) = (None, Vec::new(), Vec::new(), Vec::new());
    for (at, line) in text.lines().enumerate() {
        let (line, number) = (line?, at + 1);
        let wrong = |what: String| Wrong::Line { line: number, what };
        match serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))? {
            Record::Round(of) if round.is_none() && of.format == 1 => round = Some(of),
            Record::Round(_) => return Err(wrong("a second round, or one of an unknown format".into())),
            Record::Campaign { campaign } => campaigns.push(campaign),
            Record::Line(given) if campaigns.contains(&given.campaign) => lines.push(given),
            Record::Line(_) => return Err(wrong("of a campaign that is not in the round".into())),
            Record::Share {} => says.push((number, line)),
        }
    }
    let round = round.ok_or(Wrong::Cut("it has no round"))?;
    let shares = count(&round, &campaigns, &lines);
    if says.len() != shares.len() {
        return Err(Wrong::Cut("it has not a share for each campaign"));
    }
    for ((line, says), is) in says.into_iter().zip(&shares) {
        if says != *is {
            return Err(Wrong::Share { line, says, is: is.clone() });
        }
    }
    Ok(Recount { round: round.round, formula: round.formula, lines: lines.len(), shares })
}

fn count(round: &Round, campaigns: &[String], lines: &[Given]) -> Vec<String> {
    let mut tallies: Vec<Tally> = campaigns.iter().map(|_| Tally::default()).collect();
    let place: BTreeMap<&str, usize> = campaigns.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let place = |line: &Given| place.get(line.campaign.as_str()).copied().unwrap_or_default();
    for line in lines {
        let tally = &mut tallies[place(line)];
        tally.given += i128::from(line.amount);
        if line.weighs && line.amount > 0 {
            *tally.of_identity.entry(line.identity.clone()).or_default() += i128::from(line.amount);
        }
    }
    for tally in &mut tallies {
        weigh(&round.formula, tally);
    }
    if round.formula == "one_to_one_v1" {
        one_to_one(round, &mut tallies, lines, place);
    } else {
        divide(round, &mut tallies);
    }
    let line = |(campaign, tally): (&String, &Tally)| {
        let (roots, raw) = (tally.roots.to_string(), tally.raw.to_string());
        let (given, identities, share) = (tally.given, tally.of_identity.len(), tally.share);
        let line = ShareLine { record: "share", campaign, given, identities, roots, raw, share };
        serde_json::to_string(&line).expect("a line has string keys")
    };
    campaigns.iter().zip(&tallies).map(line).collect()
}

/// A minor unit, as weights count: the square of a billion.
const UNIT: u128 = 1_000_000_000_000_000_000;

fn weigh(formula: &str, tally: &mut Tally) {
    let sum: u128 = tally.of_identity.values().map(|sum| sum.unsigned_abs()).sum();
    if !formula.starts_with("clr_") {
        (tally.raw, tally.weight) = (sum, sum);
        return;
    }
    tally.roots = tally.of_identity.values().map(|sum| root(sum.unsigned_abs().saturating_mul(UNIT))).sum();
    let square = tally.roots.saturating_mul(tally.roots);
    tally.weight =
        if formula == "clr_subtracting_v1" { square.saturating_sub(sum.saturating_mul(UNIT)) } else { square };
    tally.raw = nearest(tally.weight);
}

/// A weight in minor units, halves up.
fn nearest(weight: u128) -> u128 {
    weight.saturating_add(UNIT / 2) / UNIT
}

/// The largest whole number whose square is not larger, found bit by bit.
fn root(of: u128) -> u128 {
    let mut root = 0_u128;
    for bit in (0..64).rev() {
        let tried = root | 1 << bit;
        if tried.checked_mul(tried).is_some_and(|square| square <= of) {
            root = tried;
        }
    }
    root
}

fn one_to_one(round: &Round, tallies: &mut [Tally], lines: &[Given], place: impl Fn(&Given) -> usize) {
    let mut ordered: Vec<&Given> = lines.iter().filter(|line| line.weighs).collect();
    ordered.sort_by_key(|line| line.number);
    let mut of_identity: BTreeMap<&str, i128> = BTreeMap::new();
    let mut left = i128::from(round.pool);
    for line in ordered {
        let (tally, identity) = (&mut tallies[place(line)], of_identity.entry(&line.identity).or_default());
        let mut part = i128::from(line.amount).min(left);
        if let Some(cap) = round.cap_per_campaign {
            part = part.min(i128::from(cap) - tally.share);
        }
        if let Some(cap) = round.cap_per_identity {
            part = part.min(i128::from(cap) - *identity);
        }
        tally.share += part;
        *identity += part;
        left -= part;
    }
}

fn divide(round: &Round, tallies: &mut [Tally]) {
    let total = tallies.iter().fold(0_u128, |sum, tally| sum.saturating_add(tally.weight));
    let pool = u128::from(round.pool.unsigned_abs());
    let is_limited = round.formula == "clr_subtracting_v1" && !round.saturate;
    let used = if is_limited { pool.min(nearest(total)) } else { pool };
    if total == 0 || used == 0 {
        return;
    }
    let mut halved = 0;
    while total >> halved >= 1 << 63 {
        halved += 1;
    }
    let weights: Vec<u128> = tallies.iter().map(|tally| tally.weight >> halved).collect();
    let sum: u128 = weights.iter().sum();
    let mut left = used;
    let mut remainders = Vec::new();
    for (at, weight) in weights.iter().enumerate() {
        let (whole, remainder) = (used * weight / sum, used * weight % sum);
        tallies[at].share = i128::try_from(whole).unwrap_or(i128::MAX);
        left -= whole;
        remainders.push((remainder, at));
    }
    // The largest remainder first; of two that are alike, the earlier campaign.
    remainders.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    for (_, at) in remainders {
        if left == 0 {
            break;
        }
        tallies[at].share += 1;
        left -= 1;
    }
}
