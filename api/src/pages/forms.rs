//! Forms of pages that act: what was typed stands there again after an error, what is wrong is said beside its field and in a list with
//! links at the top, and each form carries a key, so that it does its thing once however often it is posted.

use super::page;
use crate::idempotency::IdempotencyKey;
use crate::keys;
use crate::problem::Problem;
use crate::say;
use crate::texts::{Said, Told, in_english};
use actix_web::HttpResponse;
use actix_web::body::MessageBody as _;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use askama::Template;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::fmt;

/// The field that holds the key.
const KEY: &str = "key";

/// What a form has sent: names with what was typed.
#[derive(Clone, Default)]
pub(super) struct Fields(Vec<(String, String)>);

/// Nothing of it, so that no log can print it: a code may be among it.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was typed")
    }
}

impl Fields {
    /// Browsers end the lines of a text as mails do; here a line ends as everywhere else.
    pub(super) fn new(pairs: Vec<(String, String)>) -> Fields {
        Fields(pairs.into_iter().map(|(name, text)| (name, text.replace("\r\n", "\n"))).collect())
    }

    /// What was typed into a field; nothing when it was not sent.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text)
    }

    /// A number as it is typed, as the API has it: with a point.
    pub(super) fn number(&self, name: &str) -> String {
        with_a_point(self.get(name).trim())
    }

    /// The same without blanks around it; none when nothing is left.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Whether a field has something in it.
    pub(super) fn has(&self, name: &str) -> bool {
        !self.get(name).trim().is_empty()
    }

    /// What follows a prefix in the names of the boxes that are ticked.
    pub(super) fn ticked<'a>(&'a self, prefix: &str) -> Vec<&'a str> {
        let ticked = self.0.iter().filter(|(_, text)| text == "yes");
        ticked.filter_map(|(name, _)| name.strip_prefix(prefix)).collect()
    }

    /// Puts something into a field.
    pub(super) fn set(&mut self, name: &str, text: impl Into<String>) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), text.into()));
    }

    /// The key of the form, bound to where it is posted and to all that was typed.
    pub(super) fn key(&self, path: &str) -> Result<IdempotencyKey, Problem> {
        let typed = self.0.iter().filter(|(name, _)| name != KEY);
        let typed: Map<_, _> = typed.map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
        let key = IdempotencyKey::of_item(path, self.get(KEY), &Value::Object(typed));
        key.ok_or_else(|| wrong("", say("forms-not-whole")))
    }
}

/// Some write a comma where others write a point. Before one or two last digits it can be nothing else, in whatever language the page was
/// read and sent; between thousands it is not read, so that no sum is ever taken for another.
fn with_a_point(typed: &str) -> String {
    match typed.split_once(',') {
        Some((whole, part)) if matches!(part.len(), 1 | 2) && !whole.contains('.') => format!("{whole}.{part}"),
        Some(_) | None => typed.to_owned(),
    }
}

/// A field is wrong, as the page itself says it.
pub(super) fn wrong(pointer: impl Into<String>, why: Said) -> Problem {
    Problem::invalid(pointer, why).for_reader()
}

/// What is told of a problem, in the language in which it is said.
pub(super) fn told(problem: &Problem, text: &str) -> Told {
    if problem.is_for_reader() { Told::by_page(text) } else { Told::by_api(text) }
}

/// A sentence as it is read, and in English as a form sends it back: it is the same one in whatever language it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sentence {
    says: String,
    sent: String,
}

impl Sentence {
    /// What is made anew for each language, as amounts and days are written in it.
    pub(super) fn of(made: impl Fn() -> Said) -> Sentence {
        Sentence { says: made().into(), sent: in_english(|| made().into()) }
    }
}

/// Of a form what it does: shown beside its button, and sent back with it, so that nothing is done but what was read.
#[derive(Debug, Default)]
pub(super) struct Effect {
    /// The sentence; empty when what was typed does not tell.
    pub(super) says: String,
    /// The same in English, which the form sends back.
    pub(super) seen: String,
    /// Whether it is another one than was read.
    pub(super) has_changed: bool,
}

impl Effect {
    /// Of a form that nobody has sent yet.
    pub(super) fn fresh(sentence: Sentence) -> Effect {
        Effect { says: sentence.says, seen: sentence.sent, has_changed: false }
    }

    /// Of one that was sent, unless it does just what was read.
    pub(super) fn unread(sent: &Fields, sentence: Sentence) -> Option<Effect> {
        (!is_read(sent, &sentence)).then(|| Effect { has_changed: true, ..Effect::fresh(sentence) })
    }
}

/// Whether a form was sent by who has read this sentence.
pub(super) fn is_read(sent: &Fields, sentence: &Sentence) -> bool {
    sent.get("seen") == sentence.sent
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The field, which is the id of its input too; empty when it is about none.
    pub(super) field: String,
    /// What is wrong.
    pub(super) message: Told,
}

/// Forms as a page shows them. Each has a key of its own, a new one each time it is shown: what was refused once may be sent once more.
#[derive(Debug)]
pub(super) struct Filled {
    fields: Fields,
    /// Why it was not done; empty before it was sent.
    pub(super) said: Told,
    /// What is wrong with its fields.
    pub(super) wrong: Vec<Wrong>,
}

impl Filled {
    /// One that nobody has sent yet, with what stands in it.
    pub(super) fn fresh(values: &[(&str, String)]) -> Filled {
        Filled::holding(Fields(values.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect()))
    }

    /// The same with all its fields.
    pub(super) fn holding(fields: Fields) -> Filled {
        Filled { fields, said: Told::default(), wrong: Vec::new() }
    }

    /// A key, which lets one form do its thing once. Each call draws another: no two forms of a page share one.
    pub(super) fn key(&self) -> String {
        keys::secret()
    }

    /// One that was refused, with what was typed. `field_of` says to which field a JSON Pointer belongs.
    pub(super) fn again(fields: Fields, problem: &Problem, field_of: impl Fn(&str) -> Option<String>) -> Filled {
        let wrong = problem.body().errors.iter().map(|error| Wrong {
            field: field_of(&error.pointer).unwrap_or_default(),
            message: told(problem, &error.message),
        });
        let wrong: Vec<_> = wrong.collect();
        Filled { fields, said: said(problem, !wrong.is_empty()), wrong }
    }

    /// What stands in a field.
    pub(super) fn value(&self, name: &str) -> &str {
        self.fields.get(name)
    }

    /// Whether a choice is made.
    pub(super) fn is(&self, name: &str, choice: &str) -> bool {
        self.fields.get(name) == choice
    }

    /// What is wrong with a field; empty when nothing is.
    pub(super) fn error(&self, name: &str) -> Told {
        self.wrong.iter().find(|wrong| wrong.field == name).map(|wrong| wrong.message.clone()).unwrap_or_default()
    }

    /// Whether it was refused.
    pub(super) fn failed(&self) -> bool {
        !self.said.is_empty()
    }
}

/// Why something was not done, for whoever has filled a form.
fn said(problem: &Problem, has_fields: bool) -> Told {
    if problem.is("idempotency-key-reused") {
        return Told::by_page(say("forms-sent-before"));
    }
    if problem.is("stale") || problem.is("digest-mismatch") {
        return Told::by_page(say("forms-has-changed"));
    }
    if has_fields { Told::by_page(say("forms-something-wrong")) } else { told(problem, &problem.body().detail) }
}

/// Whether a refusal is told beside the form; all others have a page of their own.
pub(super) fn is_for_form(problem: &Problem) -> bool {
    matches!(
        problem.status(),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED | StatusCode::UNPROCESSABLE_ENTITY
    )
}

/// The page with its form again, with what was typed and what is wrong; or the refusal, where it has a page of its own.
pub(super) async fn or_again<T: Template>(
    problem: Problem,
    sent: Fields,
    field_of: impl Fn(&str) -> Option<String>,
    shown: impl AsyncFnOnce(Filled) -> Result<T, Problem>,
) -> Result<HttpResponse, Problem> {
    if !is_for_form(&problem) {
        return Err(problem);
    }
    let again = Filled::again(sent, &problem, field_of);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown(again).await?)
}

/// What an operation has answered, as a page needs it: secrets that are shown once, the id of what was made.
pub(super) fn answered<T: DeserializeOwned>(answer: HttpResponse) -> Result<T, Problem> {
    let body = answer.into_body().try_into_bytes().map_err(|_| Problem::internal())?;
    serde_json::from_slice(&body).map_err(|_| Problem::internal())
}

/// Leads the browser to the page that shows what was done.
pub(super) fn done(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_before_one_or_two_last_digits_is_a_point_and_none_between_thousands_is_read() {
        for (typed, read) in [
            ("7.5", "7.5"),
            ("7,5", "7.5"),
            ("3000,00", "3000.00"),
            ("-0,01", "-0.01"),
            ("3,000", "3,000"),
            ("1.234,50", "1.234,50"),
            ("1,234.50", "1,234.50"),
            ("1,2,3", "1,2,3"),
            ("1,", "1,"),
            (",", ","),
            ("", ""),
        ] {
            assert_eq!(with_a_point(typed), read, "{typed}");
        }
    }
    use crate::pages::shown::Amount;
    use ledger::money::Currency;
    use ledger::{Error, Refusal};
    use std::fs;
    use std::path::PathBuf;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn a_form_has_one_key_for_what_was_typed_and_another_where_something_else_was() {
        let sent = fields(&[("key", "k1"), ("note", "one\r\ntwo")]);
        assert_eq!(sent.get("note"), "one\ntwo");
        let key = |of: &Fields| of.key("/desk/x").unwrap();
        assert_eq!(key(&sent), key(&fields(&[("note", "one\ntwo"), ("key", "k1")])));
        assert_ne!(key(&sent), key(&fields(&[("key", "k1"), ("note", "one")])));
        assert_ne!(key(&sent), sent.key("/desk/y").unwrap());
        assert_eq!(fields(&[("note", "x")]).key("/desk/x").unwrap_err().status(), 422);
    }

    #[test]
    fn what_was_refused_keeps_what_was_typed_has_a_new_key_and_says_what_is_wrong_beside_the_field() {
        let sent = fields(&[("key", "k1"), ("amount", "5.001")]);
        let problem = Problem::invalid("/amount/amount", "too many digits");
        let again =
            Filled::again(sent.clone(), &problem, |pointer| (pointer == "/amount/amount").then(|| "amount".to_owned()));
        assert_eq!((again.value("amount"), again.error("amount").text()), ("5.001", "too many digits"));
        assert!(again.failed() && again.key() != "k1" && again.error("note").is_empty());
        assert_ne!(again.key(), again.key(), "two forms of one page");
        let refusal = Problem::from(Error::from(Refusal::new("claim-open", "another claim is decided")));
        let again = Filled::again(sent, &refusal, |_| None);
        assert_eq!((again.said.text(), again.wrong.len()), ("another claim is decided", 0));
        assert!(is_for_form(&refusal) && !is_for_form(&Problem::not_found("claim")));
        assert!(!Filled::fresh(&[]).failed());
    }

    #[tokio::test]
    async fn what_was_read_in_one_language_is_the_same_sentence_in_another() {
        use crate::texts::{Language, Reader};
        let sentence = |language| {
            let made = || say("campaign-so-far").with("came", Amount::of(123_450, Currency::USD));
            Reader::new(language, None).during(async move { Sentence::of(made) })
        };
        let (english, german) = (sentence(Language::English).await, sentence(Language::German).await);
        assert_eq!((german.says.as_str(), english.says.as_str()), ("1.234,50 USD bisher", "1,234.50 USD so far"));
        let sent = fields(&[("seen", &Effect::fresh(german).seen)]);
        assert!(is_read(&sent, &english) && Effect::unread(&sent, english).is_none());
        assert!(Effect::unread(&sent, Sentence::default()).is_some_and(|effect| effect.has_changed));
    }

    #[test]
    fn each_form_of_each_page_has_a_key_of_its_own_and_nobody_writes_one_by_hand() {
        let mut seen = 0;
        let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/templates"))];
        while let Some(folder) = folders.pop() {
            for file in fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let template = fs::read_to_string(&path).unwrap();
                for at in template.split("name=\"key\"").skip(1) {
                    let value = at.split('>').next().unwrap();
                    assert!(value.ends_with(".key() }}\""), "{}: {value}", path.display());
                    seen += 1;
                }
            }
        }
        assert!(seen > 0, "forms have keys");
    }
}
