//! Where figures are rounded: each place in the sources, and why no decision reads a figure that was rounded against it.

use std::fs;
use std::path::{Path, PathBuf};

/// What divides in the rules and in money: file, how many lines do, and what decides there.
const DIVISIONS: &[(&str, usize, &str)] = &[
    ("books/rules/exchange.rs", 1, "a value half to even: an amount that is posted; what is left is the next result"),
    (
        "challenges/rules/judging.rs",
        1,
        "a score down to hundredths, which thresholds have: it reaches one with the exact mean",
    ),
    ("cooperatives/rules/allocation_rule.rs", 1, "a bound of what may be asked for"),
    ("cooperatives/rules/cooperative.rs", 2, "hundredths as a text; a part of an amount, by what is posted"),
    (
        "cooperatives/rules/inputs.rs",
        3,
        "interest at a rate, and a percentage of what others than members brought, both half up: amounts that are posted; the latter down \
         to ten-thousandths of a minor unit before, which changes no half",
    ),
    ("cooperatives/rules/loan.rs", 1, "interest half up, once over all days: amounts that are posted"),
    (
        "cooperatives/rules/minima.rs",
        4,
        "a capital that no rate bounds; half of the surplus by which rules are measured, which is even; a hundredth of a percent of the surplus by which rules are measured, without a remainder; a part as it is shown, down: minima \
         are compared with the part itself",
    ),
    ("cooperatives/rules/result.rs", 1, "a bound of what a result may sum up"),
    (
        "cooperatives/rules/valuation.rs",
        1,
        "what contributions are worth, as it is shown, half up: shares are of the exact weights",
    ),
    ("files/rules/file.rs", 1, "how many parts a file has, up: no amount"),
    (
        "governance/rules/rule_making.rs",
        1,
        "how many members a part of all is, up: what must be counted is never less than was said",
    ),
    (
        "governance/rules/tally.rs",
        3,
        "the product of what the other colleges have decided, without a remainder; the digits of a part of yes as it is shown, half up: \
         whether it is enough, the exact fraction says",
    ),
    (
        "matching/rules/quadratic.rs",
        1,
        "a weight to whole minor units, as it is shown: shares are of the exact weights, by largest remainder",
    ),
    ("money/allocation.rs", 2, "parts by largest remainder, compared by their exact remainders; carries of billionths"),
    ("money/unit.rs", 1, "minor units as a text, with all digits"),
    ("parties/rules/second_factor.rs", 3, "steps of time, a pause that doubles, groups of letters: no amounts"),
    (
        "pledging/rules/chargeback.rs",
        1,
        "a fee's part of what was taken back, down: the bearers' parts add up to the whole",
    ),
    (
        "pledging/rules/conversion.rs",
        3,
        "a rate as a text, half up; its digits; the part of the original that goes back, down, of which the last takes the rest",
    ),
    (
        "pledging/rules/fee.rs",
        3,
        "a percentage of a charge, down, and the part of fees that falls on a refund, down, of which the last takes the rest: \
         amounts that are posted; a rate as a text, with all digits",
    ),
    (
        "pledging/rules/refund.rs",
        2,
        "the part of fees that falls on a refund, down, by what is posted; the middle of a search for the part that fits",
    ),
    (
        "pledging/rules/stripe.rs",
        3,
        "an amount as a provider counts it, and back: refused unless it divides without a remainder; a step as a text",
    ),
    (
        "pledging/rules/tier.rs",
        2,
        "free places in steps, as outsiders are told: whether one is free, the places themselves say",
    ),
    (
        "programmes/rules/advantage.rs",
        1,
        "a percentage of what is left, half up: an assumption, by which nothing is decided",
    ),
    (
        "programmes/rules/pipeline.rs",
        3,
        "the mean of what comes in a month, down; how many products money pays for, down, with what is over beside it; a mean cost, up: \
         forecasts, by which nothing is decided",
    ),
    (
        "programmes/rules/report.rs",
        3,
        "the part of a month that is over, down; the mean of what months took, down; days until money ends, down: as they are shown",
    ),
    (
        "programmes/rules/self_funding.rs",
        2,
        "a twelfth of proceeds, down, so that nobody asks for too little; a ratio as it is shown, half up",
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Whether a line of code divides, rounds or drops a remainder.
fn rounds(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let texts: Vec<&str> = code.split('"').step_by(2).collect();
    let code = texts.concat();
    [" / ", ".div_euclid(", ".div_ceil(", ".round(", "Decimal::", "f64", "f32"].iter().any(|sign| code.contains(sign))
}

#[test]
fn f3_every_rounding_of_the_rules_is_known_and_says_what_decides() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    sources(&root, &mut all);
    let mut found = Vec::new();
    for path in all {
        let name = path.strip_prefix(&root).expect("below it").to_string_lossy().replace('\\', "/");
        let is_rule = (name.contains("/rules/") || name.starts_with("money")) && !name.ends_with("_tests.rs");
        if !is_rule {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let count = code.lines().filter(|line| rounds(line)).count();
        if count > 0 {
            found.push((name, count));
        }
    }
    found.sort();
    let known: Vec<(String, usize)> = DIVISIONS.iter().map(|(name, count, _)| ((*name).to_owned(), *count)).collect();
    assert_eq!(found, known, "a new rounding needs a row here that says what decides, and by which exact figure");
}
