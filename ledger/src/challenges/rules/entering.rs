//! What a team is asked when it enters, and what the rules must say before a fee is taken.

use super::wording::{has_twins, is_word, name, paragraphs};
use crate::error::{Error, Refusal};
use crate::text;
use crate::words::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The most questions.
pub const QUESTIONS_MAX: usize = 20;
/// The most places from which no team may enter.
pub const PLACES_MAX: usize = 50;
/// Characters of an answer.
pub const ANSWER: RangeInclusive<usize> = 1..=1_000;

words! {
    /// How a question is answered.
    AnswerKind, "kind of answer" {
        /// By `yes` or `no`.
        YesNo = "yes_no",
        /// By a text.
        Text = "text",
    }
}

/// What a team is asked when it enters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// How it is answered.
    pub kind: AnswerKind,
    /// Its name, one word of a-z, 0-9, `_` and `-`.
    pub name: String,
    /// What it asks.
    pub title: String,
    /// The answer without which no team enters, of one that is answered by yes or no; any answer does when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants: Option<bool>,
}

/// What must be said in public before a fee is taken: that it is a contest of skill, who stands behind it, and where it is not held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeDisclosure {
    /// Places from which no team may enter; none when it is held everywhere.
    pub excluded_places: Vec<String>,
    /// By which skills the work is judged.
    pub skill: String,
    /// Who offers the prizes.
    pub sponsor: String,
}

/// What a team says to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Name of the question in the rules.
    pub question: String,
    /// `yes`, `no`, or a text.
    pub answer: String,
}

/// Refuses questions and a disclosure that are none, by JSON Pointer into the document.
pub(super) fn check(questions: &[Question], disclosure: Option<&FeeDisclosure>) -> Result<(), Error> {
    let names: Vec<&String> = questions.iter().map(|question| &question.name).collect();
    if questions.len() > QUESTIONS_MAX || has_twins(&names) {
        return Err(Error::invalid("/questions", "at most 20 questions, each with its own name"));
    }
    for (index, question) in questions.iter().enumerate() {
        let at = |field: &str| format!("/questions/{index}/{field}");
        if !is_word(&question.name) {
            return Err(Error::invalid(at("name"), "1 to 40 of a-z, 0-9, '_' and '-'"));
        }
        name(&at("title"), &question.title)?;
        if question.kind == AnswerKind::Text && question.wants.is_some() {
            return Err(Error::invalid(at("wants"), "none of a question that is answered by a text"));
        }
    }
    let Some(disclosure) = disclosure else { return Ok(()) };
    name("/fee_disclosure/sponsor", &disclosure.sponsor)?;
    paragraphs("/fee_disclosure/skill", &disclosure.skill, text::STATEMENT)?;
    if disclosure.excluded_places.len() > PLACES_MAX {
        return Err(Error::invalid("/fee_disclosure/excluded_places", "at most 50"));
    }
    for (index, place) in disclosure.excluded_places.iter().enumerate() {
        name(&format!("/fee_disclosure/excluded_places/{index}"), place)?;
    }
    Ok(())
}

/// The answers of a team in the order of the questions: each is answered once.
///
/// # Errors
///
/// `not-eligible` for another answer than the rules want; [`Error::Invalid`] below `/answers`.
pub fn answered(questions: &[Question], given: &[Answer]) -> Result<Vec<Answer>, Error> {
    let mut by_name = BTreeMap::new();
    for (index, answer) in given.iter().enumerate() {
        let wrong = |field: &str, why: &str| Error::invalid(format!("/answers/{index}/{field}"), why);
        let question = questions.iter().find(|question| question.name == answer.question);
        let question = question.ok_or_else(|| wrong("question", "the name of a question of the rules"))?;
        match question.kind {
            AnswerKind::YesNo if !["yes", "no"].contains(&answer.answer.as_str()) => {
                return Err(wrong("answer", "yes or no"));
            }
            AnswerKind::YesNo => {}
            AnswerKind::Text => {
                text::paragraphs(&answer.answer, ANSWER).map_err(|why| wrong("answer", &why.to_string()))?;
            }
        }
        if by_name.insert(question.name.as_str(), answer).is_some() {
            return Err(wrong("question", "each question once"));
        }
    }
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let Some(answer) = by_name.get(question.name.as_str()) else {
            return Err(Error::invalid("/answers", format!("an answer to the question {}", question.name)));
        };
        if question.wants.is_some_and(|wants| (answer.answer == "yes") != wants) {
            let wants = if question.wants == Some(true) { "yes" } else { "no" };
            let detail =
                format!("whoever enters answers the question {} by {wants}: {}", question.name, question.title);
            return Err(Refusal::new("not-eligible", detail).into());
        }
        answers.push((*answer).clone());
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions() -> Vec<Question> {
        let question = |name: &str, kind, wants| Question { kind, name: name.into(), title: format!("{name}?"), wants };
        vec![question("adult", AnswerKind::YesNo, Some(true)), question("place", AnswerKind::Text, None)]
    }

    fn answer(question: &str, answer: &str) -> Answer {
        Answer { question: question.into(), answer: answer.into() }
    }

    #[test]
    fn a_team_answers_each_question_once_and_as_the_rules_want() {
        let good = [answer("place", "Lisbon"), answer("adult", "yes")];
        let kept = answered(&questions(), &good).expect("all are answered");
        assert_eq!(kept, [good[1].clone(), good[0].clone()], "in the order of the rules");
        let refused = answered(&questions(), &[answer("adult", "no"), answer("place", "Lisbon")]);
        assert!(matches!(&refused, Err(Error::Refused(refusal)) if refusal.code == "not-eligible"), "{refused:?}");
        for (given, pointer) in [
            (vec![answer("adult", "yes")], "/answers"),
            (vec![answer("adult", "maybe"), answer("place", "x")], "/answers/0/answer"),
            (vec![answer("adult", "yes"), answer("place", "")], "/answers/1/answer"),
            (vec![answer("adult", "yes"), answer("adult", "yes")], "/answers/1/question"),
            (vec![answer("age", "yes")], "/answers/0/question"),
        ] {
            let wrong = answered(&questions(), &given);
            assert!(matches!(&wrong, Err(Error::Invalid { pointer: at, .. }) if at == pointer), "{wrong:?}");
        }
        assert!(answered(&[], &[]).expect("nothing is asked").is_empty());
    }
}
