//! How a mail gets its texts: from three sibling files in `templates/<domain>/`, for subject, plain text and HTML.
//!
//! A mail is a struct of facts in the file of its domain, such as [`pledging`](super::pledging), and a line [`mail!`]
//! that names its three files.

/// A mail that is ready except for its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    /// The subject, in one line.
    pub(crate) subject: String,
    /// The body as plain text.
    pub(crate) text: String,
    /// The same body as HTML.
    pub(crate) html: String,
}

/// What stands before subject and text of a mail that is of a sandbox book.
const MARK: &str = "[test]";

impl Rendered {
    /// The same for a sandbox book: wherever it is read, nobody takes it for word about real money.
    pub(crate) fn marked(self) -> Rendered {
        let said = format!("{MARK} This mail is of a sandbox book: no money was moved, and it was sent to nobody.");
        Rendered {
            subject: format!("{MARK} {}", self.subject),
            text: format!("{said}\n\n{}", self.text),
            // Before the box in which the layout has the body.
            html: self.html.replacen("<div", &format!("<p>{said}</p>\n<div"), 1),
        }
    }
}

/// A kind of mail with its facts.
pub(crate) trait Mail {
    /// Puts the facts into the texts.
    fn render(&self) -> Result<Rendered, askama::Error>;
}

/// Makes a [`Mail`] of a struct of facts and its three files, which call the facts `mail`.
macro_rules! mail {
    ($facts:ident: $subject:tt, $text:tt, $html:tt) => {
        impl $crate::mail::templates::Mail for $facts {
            fn render(&self) -> Result<$crate::mail::templates::Rendered, askama::Error> {
                use askama::Template;

                #[derive(Template)]
                #[template(path = $subject)]
                struct Subject<'a> {
                    mail: &'a $facts,
                }
                #[derive(Template)]
                #[template(path = $text)]
                struct Text<'a> {
                    mail: &'a $facts,
                }
                #[derive(Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    mail: &'a $facts,
                }
                // A subject is one line, whatever the name of a campaign holds.
                let subject = Subject { mail: self }.render()?;
                Ok($crate::mail::templates::Rendered {
                    subject: subject.split_whitespace().collect::<Vec<_>>().join(" "),
                    text: Text { mail: self }.render()?,
                    html: Html { mail: self }.render()?,
                })
            }
        }
    };
}

pub(super) use mail;
