//! What pages say, in the language of who reads: one text a name, in `texts/en` and `texts/de`.
//!
//! The texts are written in [Fluent](https://projectfluent.org), a file for each page or for pages that belong together. The English
//! ones are whole; a text that another language lacks is said in English. Templates and pages write [`say`] with the name of a text
//! and its values. The [`language`](Language) is that of the request in work: it is read once, at the edge, and whatever is not a
//! page is answered in English, so that programs always read the same.

use catalogue::{Catalogue, FluentValue, files};
pub use ledger::parties::rules::language::Language;
use std::fmt;
use std::sync::LazyLock;

/// The request in work, as far as what is written for it depends on it.
#[derive(Debug, Clone)]
pub struct Reader {
    language: Language,
    /// The address to which one comes back in another language; none where nothing can be asked for again.
    address: Option<String>,
}

tokio::task_local! {
    static READER: Reader;
}

impl Reader {
    /// Who reads this language, at an address that can be asked for again.
    pub fn new(language: Language, address: Option<String>) -> Reader {
        Reader { language, address }
    }

    /// Does something for this reader.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        READER.scope(self, work).await
    }

    /// The address of the page that is being written.
    pub fn address() -> Option<String> {
        READER.try_with(|reader| reader.address.clone()).unwrap_or_default()
    }
}

/// The language of who reads the answer to the request in work; English outside of requests.
pub fn read() -> Language {
    READER.try_with(|reader| reader.language).unwrap_or_default()
}

/// Does something as for who reads English, whatever the language of the request in work is.
pub fn in_english<T>(work: impl FnOnce() -> T) -> T {
    READER.sync_scope(Reader::new(Language::English, None), work)
}

/// Languages in which the page that is being written could be read instead, each with its name in its own words.
pub fn others() -> impl Iterator<Item = (Language, &'static str)> {
    Language::ALL.into_iter().filter(|language| *language != read()).map(|language| (language, own_name(language)))
}

fn own_name(language: Language) -> &'static str {
    match language {
        Language::English => "English",
        Language::German => "Deutsch",
    }
}

static TEXTS: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(&FILES));

/// The files, in English and in German.
static FILES: [(&str, &str); 50] = files![
    "account",
    "affiliation",
    "bankaccount",
    "bankline",
    "book",
    "call",
    "campaign",
    "challenge",
    "check",
    "claim",
    "cooperative",
    "corrections",
    "desk",
    "distribution",
    "donor",
    "endpoint",
    "enter",
    "entry",
    "factor",
    "forms",
    "home",
    "host",
    "invitation",
    "join",
    "judge",
    "mails",
    "me",
    "members",
    "membership",
    "milestone",
    "operator",
    "organisation",
    "partner",
    "payee",
    "payout",
    "pictures",
    "pipeline",
    "plan",
    "problems",
    "product",
    "programme",
    "receipt",
    "search",
    "secret",
    "signin",
    "team",
    "trouble",
    "updates",
    "votes",
    "write"
];

/// What may stand in a text: a whole number, by which a text may choose its words, or what is shown as it is.
pub trait Sayable {
    /// The value.
    fn value(&self) -> FluentValue<'static>;
}

impl<T: Sayable + ?Sized> Sayable for &T {
    fn value(&self) -> FluentValue<'static> {
        (**self).value()
    }
}

macro_rules! as_number {
    ($($kind:ty),+) => {
        $(impl Sayable for $kind {
            fn value(&self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        })+
    };
}

as_number!(usize, u64, u32, u16, u8, i64, i32, i16);

/// What is shown as it is written.
macro_rules! as_shown {
    ($($kind:ty),+ $(,)?) => {
        $(impl $crate::texts::Sayable for $kind {
            fn value(&self) -> catalogue::FluentValue<'static> {
                catalogue::FluentValue::from(self.to_string())
            }
        })+
    };
}

pub(crate) use as_shown;

as_shown!(str, String, Said, std::borrow::Cow<'_, str>);

/// A text with its values, in the language of who reads.
#[derive(Debug, Clone)]
pub struct Said {
    id: &'static str,
    values: Vec<(&'static str, FluentValue<'static>)>,
}

/// The text of this name.
pub fn say(id: &'static str) -> Said {
    Said { id, values: Vec::new() }
}

impl Said {
    /// With a value: the text has it as `{ $name }`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Sayable) -> Said {
        self.values.push((name, value.value()));
        self
    }

    /// With a link: what stands in the text between `<name>` and `</name>` leads there.
    #[must_use]
    pub fn link(self, name: &'static str, href: impl fmt::Display) -> Linked {
        self.marked().link(name, href)
    }

    /// With what stands between `<name>` and `</name>` as the plain button of the form around it.
    #[must_use]
    pub fn button(self, name: &'static str) -> Linked {
        let mut marked = self.marked();
        marked.parts.push((name, "<button class=\"plain\">".to_owned(), "</button>"));
        marked
    }

    /// With the marks that stand in the text itself, such as `<strong>`.
    #[must_use]
    pub fn marked(self) -> Linked {
        Linked { said: self, parts: Vec::new() }
    }

    /// In a language, or in English where it has none for it.
    fn written(&self, language: Language) -> String {
        TEXTS.written(language, self.id, &self.values)
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written(read()))
    }
}

impl From<Said> for String {
    fn from(said: Said) -> String {
        said.to_string()
    }
}

impl serde::Serialize for Said {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What somebody is told: by the page, in the language of who reads, or by the API, which speaks English. Where a page is in another
/// language, what is English is marked as such.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    text: String,
    is_english: bool,
}

impl Told {
    /// By the page.
    pub fn by_page(text: impl Into<String>) -> Told {
        Told { text: text.into(), is_english: false }
    }

    /// By the API.
    pub fn by_api(text: impl Into<String>) -> Told {
        Told { text: text.into(), is_english: true }
    }

    /// Nothing.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The words alone.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl askama::filters::HtmlSafe for Told {}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = escaped(&self.text);
        if self.is_english && read() != Language::English && !text.is_empty() {
            return write!(f, "<span lang=\"{}\">{text}</span>", Language::English.tag());
        }
        f.write_str(&text)
    }
}

/// A text with links in it: HTML, in which all values are escaped.
#[derive(Debug, Clone)]
pub struct Linked {
    said: Said,
    /// What stands between marks of a name: how it begins and ends.
    parts: Vec<(&'static str, String, &'static str)>,
}

impl Linked {
    /// With one more link.
    #[must_use]
    pub fn link(mut self, name: &'static str, href: impl fmt::Display) -> Linked {
        self.parts.push((name, format!("<a href=\"{}\">", escaped(&href.to_string())), "</a>"));
        self
    }
}

impl askama::filters::HtmlSafe for Linked {}

impl fmt::Display for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No value can hold the marks once it is escaped.
        let escaped_value = |value: &FluentValue<'static>| {
            if let FluentValue::String(text) = value { FluentValue::from(escaped(text)) } else { value.clone() }
        };
        let values = self.said.values.iter().map(|(name, value)| (*name, escaped_value(value))).collect();
        let said = Said { id: self.said.id, values };
        let mut html = said.written(read());
        for (name, begin, end) in &self.parts {
            html = html.replace(&format!("<{name}>"), begin).replace(&format!("</{name}>"), end);
        }
        f.write_str(&html)
    }
}

fn escaped(text: &str) -> String {
    askama::filters::escape(text, askama::filters::Html).map(|text| text.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_by(language: Language, text: impl fmt::Display) -> String {
        Reader::new(language, None).during(async { text.to_string() }).await
    }

    #[tokio::test]
    async fn a_text_is_said_in_the_language_of_who_reads_and_outside_of_requests_in_english() {
        let text = || say("campaign-so-far").with("came", "5.00 USD");
        assert_eq!(read_by(Language::English, text()).await, "5.00 USD so far");
        assert_eq!(read_by(Language::German, text()).await, "5.00 USD bisher");
        assert_eq!(text().to_string(), "5.00 USD so far");
        assert_eq!(serde_json::to_value(text()).unwrap(), "5.00 USD so far");
        for (count, written) in [(1, "As of today, over 1 public book."), (2, "As of today, over 2 public books.")] {
            assert_eq!(say("home-as-of").with("day", "today").with("count", count).to_string(), written);
        }
    }

    #[tokio::test]
    async fn what_the_api_says_is_marked_as_english_on_pages_in_another_language() {
        let by_api = || Told::by_api("no such <team>");
        assert_eq!(read_by(Language::English, by_api()).await, "no such &#60;team&#62;");
        assert_eq!(read_by(Language::German, by_api()).await, "<span lang=\"en\">no such &#60;team&#62;</span>");
        assert_eq!(read_by(Language::German, Told::by_page("fehlt")).await, "fehlt");
        assert_eq!(read_by(Language::German, Told::by_api("")).await, "");
        let read = Reader::new(Language::German, None).during(async { (in_english(read), read()) }).await;
        assert_eq!(read, (Language::English, Language::German));
    }

    #[tokio::test]
    async fn no_value_is_taken_for_a_mark_or_a_link_of_its_text() {
        let hostile = "</campaign><script>\"x\" & <campaign> { $team }";
        let text = say("milestone-of").with("campaign", hostile).with("team", "T").with("day", "today");
        let html = read_by(Language::German, text.link("campaign", "/campaigns/\"><b>")).await;
        let href = "/campaigns/&#34;&#62;&#60;b&#62;";
        let shown = "&#60;/campaign&#62;&#60;script&#62;&#34;x&#34; &#38; &#60;campaign&#62; { $team }";
        assert_eq!(html, format!("Ein Meilenstein von <a href=\"{href}\">{shown}</a>, für T. Stand: today."));
    }
}
