use super::*;
use crate::challenges::rules::challenge::tests::announced;
use crate::challenges::rules::entering::{AnswerKind, Question};
use crate::challenges::rules::rulebook::Unawarded;
use crate::challenges::rules::rulebook::tests::{drill, usd};
use crate::evidence::{Digest, EvidenceKind};
use jiff::ToSpan;

fn day(n: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + (n * 24).hours()
}

fn open() -> Challenge {
    announced().open(25_000_000, false, day(0)).expect("full")
}

fn code(challenge: &Challenge, new: &Rules, now: Timestamp) -> &'static str {
    admit(challenge, &drill(), new, usd("250000.00"), now).map_or_else(|refusal| refusal.code, |_| "admitted")
}

fn other_terms() -> Rules {
    Rules { terms: "Everything is published, within a week.".into(), ..drill() }
}

#[test]
fn new_rules_keep_the_purse_and_give_teams_the_days_that_the_old_ones_say() {
    let until = admit(&open(), &drill(), &other_terms(), usd("250000.00"), day(1));
    assert_eq!(until, Ok(day(15)), "14 days where the rules do not say");
    let old = Rules { consent_days: Some(30), ..drill() };
    let until = admit(&open(), &old, &Rules { consent_days: Some(1), ..old.clone() }, usd("250000.00"), day(1));
    assert_eq!(until, Ok(day(31)), "the days to which people agreed");
    let less = admit(&open(), &drill(), &other_terms(), usd("249999.99"), day(1));
    assert_eq!(less.expect_err("a cent less").code, "rules-bound");
    assert_eq!(code(&open(), &drill(), day(1)), "rules-unchanged");
    assert_eq!(code(&open(), &other_terms(), day(76)), "admitted");
    assert_eq!(code(&open(), &other_terms(), day(77)), "consent-too-short", "silence ends before anything is judged");
    assert_eq!(code(&open(), &other_terms(), day(90)), "rules-final");
    let judging = open().close_submissions(day(90)).expect("over");
    assert_eq!(code(&judging, &other_terms(), day(91)), "rules-final");
}

#[test]
fn what_was_promised_with_the_opening_is_not_taken_back() {
    let mut more = drill();
    more.stages[0].gate.push(EvidenceKind::Video);
    let mut gone = drill();
    gone.stages.remove(1);
    let promised = [
        Rules { unawarded: Unawarded::RollOver, ..drill() },
        Rules { rollover_days: Some(5), ..drill() },
        Rules { share_days: Some(5), ..drill() },
        Rules { underfunded: true, ..drill() },
        Rules { secret_rubric: Some(Digest::of(b"another")), ..drill() },
        Rules { blind: true, ..drill() },
        Rules { licences: vec!["CC-BY-SA-4.0".into()], ..drill() },
        more,
        gone,
    ];
    for new in &promised {
        assert_eq!(code(&open(), new, day(1)), "rules-bound");
        assert_eq!(code(&announced(), new, day(1)), "admitted", "before the opening it may change");
    }
    let asks = Question { kind: AnswerKind::Text, name: "why".into(), title: "Why?".into(), wants: None };
    let asks = Rules { questions: vec![asks], ..drill() };
    assert_eq!(code(&announced(), &asks, day(1)), "rules-bound", "teams have answered");
    let mut fewer = drill();
    fewer.stages[1].gate.truncate(1);
    fewer.licences.push("CC0-1.0".into());
    assert_eq!(code(&open(), &fewer, day(1)), "admitted");
}
