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
    /// Where a POST turns mails like this off, without signing in; none where that cannot be done.
    pub(crate) unsubscribe: Option<String>,
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
    pub(crate) what: &'static str,
    /// Where.
    pub(crate) link: String,
}

/// What stands below a mail: where its reader finds what it is about, why they get it, and how it is turned off.
#[derive(askama::Template)]
#[template(path = "footer.html")]
pub(crate) struct Footer {
    /// Where what it is about is found; none where the text itself says it, or nothing does.
    pub(crate) below: Option<Below>,
    /// Why, after "because".
    pub(crate) why: &'static str,
    /// What the mails of its group are about; none where it cannot be turned off.
    pub(crate) about: Option<&'static str>,
    /// The link that turns the group off; none where there is no group, or where others read the mail too.
    pub(crate) link: Option<String>,
}

impl Footer {
    /// As plain text.
    fn text(&self) -> String {
        let Footer { below, why, about, link } = self;
        let below = below.as_ref().map_or_else(String::new, |Below { what, link }| format!("{what}:\n{link}\n\n"));
        let off = match (about, link) {
            (None, _) => "It cannot be turned off.".to_owned(),
            (Some(about), Some(link)) => format!("To get no more mails about {about}:\n{link}"),
            (Some(about), None) => format!("Mails about {about} can be turned off: PUT /v1/me/mail-preferences."),
        };
        format!("{below}You get this mail because {why}. {off}")
    }
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
            unsubscribe: self.unsubscribe,
        }
    }

    /// The same with what stands below it; with a link, programs that read mail are told of it too.
    pub(crate) fn above(self, footer: &Footer) -> Result<Rendered, askama::Error> {
        use askama::Template as _;
        // The last one is that of the layout: what people wrote is text.
        let end = self.html.rfind("</body>").unwrap_or(self.html.len());
        let (body, rest) = self.html.split_at(end);
        Ok(Rendered {
            html: format!("{body}{}\n{rest}", footer.render()?),
            text: format!("{}\n\n{}\n", self.text.trim_end(), footer.text()),
            unsubscribe: footer.link.clone(),
            ..self
        })
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
                let subject = Subject { mail: self }.render()?;
                Ok($crate::mail::templates::Rendered {
                    subject: $crate::mail::templates::one_line(&subject),
                    text: Text { mail: self }.render()?,
                    html: Html { mail: self }.render()?,
                    unsubscribe: None,
                })
            }
        }
    };
}

pub(super) use mail;

#[cfg(test)]
mod tests {
    use super::*;

    fn footed(about: Option<&'static str>, link: Option<&str>) -> Rendered {
        with(None, about, link)
    }

    fn with(below: Option<Below>, about: Option<&'static str>, link: Option<&str>) -> Rendered {
        let html = "<body><div></body> of <b>Ada</b></div>\n</body>\n</html>".to_owned();
        let mail = Rendered { subject: "x".into(), text: "Thank you.\n\n".into(), html, unsubscribe: None };
        mail.above(&Footer { below, why: "you gave", about, link: link.map(str::to_owned) }).unwrap()
    }

    #[test]
    fn every_mail_says_why_it_comes_and_one_that_may_be_turned_off_says_how() {
        let always = footed(None, None);
        assert_eq!(always.text, "Thank you.\n\nYou get this mail because you gave. It cannot be turned off.\n");
        assert!(always.html.ends_with("</p>\n</body>\n</html>") && always.unsubscribe.is_none(), "{}", always.html);
        let link = "https://purse.example/unsubscribe/x?a=1&b=\"<";
        let may = footed(Some("money"), Some(link));
        assert!(may.text.ends_with(&format!("about money:\n{link}\n")), "{}", may.text);
        assert!(!may.html.contains("\"<") && may.html.contains("unsubscribe/x?a=1"), "{}", may.html);
        assert_eq!(may.unsubscribe.as_deref(), Some(link));
        let kept = footed(Some("money"), None);
        assert!(kept.text.contains("mail-preferences") && kept.unsubscribe.is_none(), "{}", kept.text);
    }

    #[test]
    fn a_mail_whose_text_has_no_link_has_one_below_that_is_never_the_one_to_turn_it_off() {
        let place = "https://purse.example/me?a=1&b=\"<";
        let below = Below { what: "What waits for you", link: place.to_owned() };
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
