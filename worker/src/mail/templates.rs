//! How a mail gets its form: what it says is a [`Letter`], which is written as plain text and as HTML, in a language.
//!
//! A mail is a struct of facts in the file of its domain, such as [`pledging`](super::pledging); its texts are in `texts/`.

use crate::texts::{Said, Value, say};
use askama::Template;

pub(crate) use crate::texts::Language;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    subject: Said,
    /// What stands large above it; the subject where it has none of its own.
    heading: Option<Said>,
    parts: Vec<Part<Said, Value>>,
}

/// A part of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part<S, V> {
    /// A sentence or a few.
    Says(S),
    /// The same, less loud: what is good to know.
    Aside(S),
    /// An amount, or a code that is typed.
    Large(V),
    /// Names, and what is so called.
    Facts(Vec<(S, V)>),
    /// Lines that were found.
    Lines(Vec<String>),
    /// What is typed as it stands.
    Typed(String),
    /// Where one goes, by which words.
    Link(S, String),
}

impl Letter {
    /// With this subject.
    pub(crate) fn about(subject: Said) -> Letter {
        Letter { subject, heading: None, parts: Vec::new() }
    }

    /// With another heading than the subject.
    pub(crate) fn headed(self, heading: Said) -> Letter {
        Letter { heading: Some(heading), ..self }
    }

    fn and(mut self, part: Part<Said, Value>) -> Letter {
        self.parts.push(part);
        self
    }

    /// And a sentence or a few.
    pub(crate) fn says(self, said: Said) -> Letter {
        self.and(Part::Says(said))
    }

    /// And what is good to know.
    pub(crate) fn aside(self, said: Said) -> Letter {
        self.and(Part::Aside(said))
    }

    /// And an amount, or a code.
    pub(crate) fn large(self, value: impl Into<Value>) -> Letter {
        self.and(Part::Large(value.into()))
    }

    /// And a fact, unless there is none.
    pub(crate) fn fact(mut self, name: Said, value: impl Into<Value>) -> Letter {
        let value = value.into();
        if value.is_empty() {
            return self;
        }
        match self.parts.last_mut() {
            Some(Part::Facts(facts)) => facts.push((name, value)),
            Some(
                Part::Says(_) | Part::Aside(_) | Part::Large(_) | Part::Lines(_) | Part::Typed(_) | Part::Link(..),
            )
            | None => self.parts.push(Part::Facts(vec![(name, value)])),
        }
        self
    }

    /// And lines that were found.
    pub(crate) fn lines(self, lines: &[String]) -> Letter {
        self.and(Part::Lines(lines.to_vec()))
    }

    /// And what is typed as it stands.
    pub(crate) fn typed(self, command: String) -> Letter {
        self.and(Part::Typed(command))
    }

    /// And a link.
    pub(crate) fn link(self, label: Said, link: &str) -> Letter {
        self.and(Part::Link(label, link.to_owned()))
    }

    /// In a language.
    pub(crate) fn written(&self, language: Language) -> Result<Rendered, askama::Error> {
        let subject = self.subject.written(language);
        let heading = self.heading.as_ref().map_or_else(|| subject.clone(), |heading| heading.written(language));
        let parts: Vec<_> = self.parts.iter().map(|part| part.written(language)).collect();
        let text = parts.iter().map(Part::text).collect::<Vec<_>>().join("\n\n");
        let by_a_machine = say("frame-by-a-machine").written(language);
        let html = Page { language: language.tag(), heading: &heading, parts: &parts, by_a_machine }.render()?;
        Ok(Rendered { subject: one_line(&subject), text: format!("{text}\n"), html, unsubscribe: None, language })
    }
}

impl Part<Said, Value> {
    fn written(&self, language: Language) -> Part<String, String> {
        match self {
            Part::Says(said) => Part::Says(said.written(language)),
            Part::Aside(said) => Part::Aside(said.written(language)),
            Part::Large(value) => Part::Large(value.written(language)),
            Part::Facts(facts) => {
                let facts = facts.iter().map(|(name, value)| (name.written(language), value.written(language)));
                Part::Facts(facts.collect())
            }
            Part::Lines(lines) => Part::Lines(lines.clone()),
            Part::Typed(command) => Part::Typed(command.clone()),
            Part::Link(label, link) => Part::Link(label.written(language), link.clone()),
        }
    }
}

impl Part<String, String> {
    /// As plain text.
    fn text(&self) -> String {
        match self {
            Part::Says(text) | Part::Aside(text) | Part::Large(text) | Part::Typed(text) => text.clone(),
            Part::Facts(facts) => {
                let width = facts.iter().map(|(name, _)| name.chars().count() + 1).max().unwrap_or_default();
                let line = |(name, value): &(String, String)| format!("{:width$}  {value}", format!("{name}:"));
                facts.iter().map(line).collect::<Vec<_>>().join("\n")
            }
            Part::Lines(lines) => lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n"),
            Part::Link(label, link) => format!("{label}:\n{link}"),
        }
    }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Page<'a> {
    language: &'static str,
    heading: &'a str,
    parts: &'a [Part<String, String>],
    by_a_machine: String,
}

/// A mail that is ready except for its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// The subject, in one line.
    pub(crate) subject: String,
    /// The body as plain text.
    pub(crate) text: String,
    /// The same body as HTML.
    pub(crate) html: String,
    /// Where a POST turns mails like this off, without signing in; none where that cannot be done.
    pub(crate) unsubscribe: Option<String>,
    /// In which it is written.
    pub(crate) language: Language,
}

/// The most characters of a subject: names of people and campaigns stand in it.
const SUBJECT_MAX: usize = 150;

/// A subject in one line, whatever the name of a campaign holds, and no longer than one reads it.
pub(crate) fn one_line(subject: &str) -> String {
    let line = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SUBJECT_MAX) {
        None => line,
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
    }
}

/// A link below a mail: where its reader finds what the mail is about.
pub(crate) struct Below {
    /// What is there.
    pub(crate) what: Said,
    /// Where.
    pub(crate) link: String,
}

/// What stands below a mail: where its reader finds what it is about, why they get it, and how it is turned off.
pub(crate) struct Footer {
    /// Where what it is about is found; none where the text itself says it, or nothing does.
    pub(crate) below: Option<Below>,
    /// Why, after "because".
    pub(crate) why: Said,
    /// What the mails of its group are about; none where it cannot be turned off.
    pub(crate) about: Option<Said>,
    /// The link that turns the group off; none where there is no group, or where others read the mail too.
    pub(crate) link: Option<String>,
}

/// The same, written.
#[derive(Template)]
#[template(path = "footer.html")]
struct WrittenFooter {
    below: Option<(String, String)>,
    because: String,
    off: String,
    /// Where what it says of turning it off is done.
    link: Option<String>,
}

impl Footer {
    fn written(&self, language: Language) -> WrittenFooter {
        let off = match (&self.about, &self.link) {
            (None, _) => say("frame-always"),
            (Some(about), Some(_)) => say("frame-no-more").with("about", about.clone()),
            (Some(about), None) => say("frame-may-be-turned-off").with("about", about.clone()),
        };
        WrittenFooter {
            below: self.below.as_ref().map(|Below { what, link }| (what.written(language), link.clone())),
            because: say("frame-because").with("why", self.why.clone()).written(language),
            off: off.written(language),
            link: self.about.as_ref().and(self.link.clone()),
        }
    }
}

impl WrittenFooter {
    /// As plain text.
    fn text(&self) -> String {
        let WrittenFooter { below, because, off, link } = self;
        let below = below.as_ref().map_or_else(String::new, |(what, link)| format!("{what}:\n{link}\n\n"));
        let off = link.as_ref().map_or_else(|| off.clone(), |link| format!("{off}:\n{link}"));
        format!("{below}{because} {off}")
    }
}

/// What stands before subject and text of a mail that is of a sandbox book.
const MARK: &str = "[test]";

impl Rendered {
    /// The same for a sandbox book: wherever it is read, nobody takes it for word about real money.
    pub(crate) fn marked(self) -> Rendered {
        let said = format!("{MARK} {}", say("frame-of-a-sandbox").written(self.language));
        Rendered {
            subject: format!("{MARK} {}", self.subject),
            text: format!("{said}\n\n{}", self.text),
            // Before the box in which the body is.
            html: self.html.replacen("<div", &format!("<p>{said}</p>\n<div"), 1),
            ..self
        }
    }

    /// The same with what stands below it; with a link, programs that read mail are told of it too.
    pub(crate) fn above(self, footer: &Footer) -> Result<Rendered, askama::Error> {
        let written = footer.written(self.language);
        // The last one is that of the letter: what people wrote is text.
        let end = self.html.rfind("</body>").unwrap_or(self.html.len());
        let (body, rest) = self.html.split_at(end);
        Ok(Rendered {
            html: format!("{body}{}\n{rest}", written.render()?),
            text: format!("{}\n\n{}\n", self.text.trim_end(), written.text()),
            unsubscribe: footer.link.clone(),
            ..self
        })
    }
}

/// A kind of mail with its facts.
pub(crate) trait Mail {
    /// What it says.
    fn letter(&self) -> Letter;

    /// In a language.
    fn render(&self, language: Language) -> Result<Rendered, askama::Error> {
        let letter = self.letter();
        #[cfg(test)]
        tests::says_the_same_in_every_language(&letter);
        letter.written(language)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    impl Part<Said, Value> {
        fn values(&self) -> Vec<Value> {
            match self {
                Part::Says(said) | Part::Aside(said) | Part::Link(said, _) => said.all(),
                Part::Large(value) => value.all(),
                Part::Facts(facts) => {
                    facts.iter().flat_map(|(name, value)| [name.all(), value.all()].concat()).collect()
                }
                Part::Lines(lines) => lines.iter().map(Value::from).collect(),
                Part::Typed(command) => vec![Value::from(command)],
            }
        }
    }

    /// Holds a letter to what every mail is held to: in each language it has the same values and the same links, and it is not the same
    /// text in two of them. Each mail that a test renders is looked at.
    pub(crate) fn says_the_same_in_every_language(letter: &Letter) {
        let mut texts = std::collections::BTreeSet::new();
        for language in Language::ALL {
            let mail = letter.written(language).unwrap();
            assert!(mail.html.contains(&format!("<html lang=\"{}\">", language.tag())), "{}", mail.html);
            let heading = letter.heading.as_ref().map(|heading| heading.written(language)).unwrap_or_default();
            let read = [letter.subject.written(language), heading, mail.text.clone()].join("\n");
            let said = [letter.subject.all(), letter.heading.iter().flat_map(Said::all).collect()].concat();
            let values = said.into_iter().chain(letter.parts.iter().flat_map(Part::values));
            for value in values.filter(|value| !matches!(value, Value::Number(_))) {
                assert!(read.contains(&value.written(language)), "{value:?} is missing in {read}");
            }
            for part in &letter.parts {
                let Part::Link(label, link) = part else { continue };
                let written = format!("{}:\n{link}", label.written(language));
                assert!(mail.text.contains(&written) && mail.html.contains(link.as_str()), "{link}: {read}");
            }
            assert_eq!(mail.html.matches("<a href=").count(), mail.text.matches("://").count(), "{read}");
            texts.insert(mail.text);
        }
        assert_eq!(texts.len(), Language::ALL.len(), "the same in two languages: {texts:?}");
    }

    fn footed(about: Option<Said>, link: Option<&str>) -> Rendered {
        with(None, about, link)
    }

    fn with(below: Option<Below>, about: Option<Said>, link: Option<&str>) -> Rendered {
        let html = "<body><div></body> of <b>Ada</b></div>\n</body>\n</html>".to_owned();
        let (text, language) = ("Thank you.\n\n".into(), Language::English);
        let mail = Rendered { subject: "x".into(), text, html, unsubscribe: None, language };
        mail.above(&Footer { below, why: say("why-receipt"), about, link: link.map(str::to_owned) }).unwrap()
    }

    #[test]
    fn every_mail_says_why_it_comes_and_one_that_may_be_turned_off_says_how() {
        let always = footed(None, None);
        assert_eq!(
            always.text,
            "Thank you.\n\nYou get this mail because you gave, and this is the receipt. It cannot be turned off.\n"
        );
        assert!(always.html.ends_with("</p>\n</body>\n</html>") && always.unsubscribe.is_none(), "{}", always.html);
        let link = "https://purse.example/unsubscribe/x?a=1&b=\"<";
        let may = footed(Some(say("frame-about-money")), Some(link));
        assert!(may.text.ends_with(&format!("about money that came or went as it should:\n{link}\n")), "{}", may.text);
        assert!(!may.html.contains("\"<") && may.html.contains("unsubscribe/x?a=1"), "{}", may.html);
        assert_eq!(may.unsubscribe.as_deref(), Some(link));
        let kept = footed(Some(say("frame-about-money")), None);
        assert!(kept.text.contains("mail-preferences") && kept.unsubscribe.is_none(), "{}", kept.text);
    }

    #[test]
    fn a_mail_whose_text_has_no_link_has_one_below_that_is_never_the_one_to_turn_it_off() {
        let place = "https://purse.example/me?a=1&b=\"<";
        let below = Below { what: say("frame-waiting"), link: place.to_owned() };
        let mail = with(Some(below), None, None);
        assert!(
            mail.text.starts_with(&format!("Thank you.\n\nWhat waits for you:\n{place}\n\nYou get")),
            "{}",
            mail.text
        );
        assert!(
            mail.html.contains("me?a=1") && !mail.html.contains("\"<") && mail.unsubscribe.is_none(),
            "{}",
            mail.html
        );
    }

    #[test]
    fn a_subject_is_one_line_that_is_not_long() {
        assert_eq!(one_line("  Hi\r\nBcc: all@x.example\t! "), "Hi Bcc: all@x.example !");
        let long = one_line(&"ü ".repeat(5_000));
        assert!(long.chars().count() <= SUBJECT_MAX + 1 && long.ends_with('…'), "{long}");
    }
}
