//! What somebody reads on a page, and whether any of it is English.

use anyhow::ensure;
use tests::browser::{Browser, Shown};

type Outcome = anyhow::Result<()>;

/// Small words that no English sentence does without, and that no German one has.
const ENGLISH: &[&str] = &[
    "the", "and", "is", "are", "you", "your", "it", "its", "not", "with", "this", "that", "who", "from", "until", "on",
    "has", "to", "for", "what", "when", "there", "them", "of", "by", "as", "or", "if", "nothing", "none", "how",
    "where", "no", "be", "show", "make", "back", "sent", "receipt", "payments", "role", "secret", "never", "given",
    "issued",
];

/// What a page says to who reads it: without what is marked as English, as the service's own words to programs are.
fn read(html: &str) -> String {
    let (mut text, mut skipped) = (String::new(), None::<String>);
    for piece in html.split('<').skip(1) {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.split_whitespace().next().unwrap_or_default().to_owned();
        if let Some(open) = &skipped {
            if name != format!("/{open}") {
                continue;
            }
            skipped = None;
        } else if name == "code" || (name != "html" && tag.contains("lang=\"en\"")) {
            skipped = Some(name);
            continue;
        }
        let label = tag.split_once("aria-label=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
        text.extend([" ", label, " ", rest]);
    }
    text
}

/// The words of a text that only English has. An id is one word, whatever letters stand between its figures.
pub(crate) fn english_words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase);
    words.filter(|word| ENGLISH.contains(&word.as_str()))
}

/// Refuses a page that is not in German from top to bottom. `names` are what people have typed.
pub(super) fn is_german(what: &str, html: &str, names: &[&str]) -> Outcome {
    ensure!(html.contains("<html lang=\"de\">"), "{what}: {html}");
    let text = names.iter().fold(read(html), |text, name| text.replace(name, " "));
    let english: Vec<_> = english_words(&text).collect();
    ensure!(english.is_empty(), "{what} says {english:?}: {text}");
    Ok(())
}

/// A browser of which its person has chosen German.
pub(super) async fn in_german(mut browser: Browser) -> anyhow::Result<Browser> {
    ensure!(browser.post("/language", &[("language", "de"), ("back", "/")]).await? == "/");
    Ok(browser)
}

/// Opens a page that is in German.
pub(super) async fn german(browser: &mut Browser, path: &str, names: &[&str]) -> anyhow::Result<String> {
    let (status, html) = browser.get(path).await?;
    ensure!(status == 200, "{path}: {status} {html}");
    is_german(path, &html, names)?;
    Ok(html)
}

/// Sends a form that is answered by a page in German.
pub(super) async fn sent_german(
    browser: &mut Browser,
    path: &str,
    form: &[(&str, &str)],
    names: &[&str],
) -> anyhow::Result<String> {
    let Shown { status, html, .. } = browser.fill(path, form).await?;
    ensure!(status == 200, "{path}: {status} {html}");
    is_german(path, &html, names)?;
    Ok(html)
}

#[test]
fn what_is_said_in_english_is_found_and_what_is_marked_as_english_is_left_out() {
    let page = |body: &str| format!("<html lang=\"de\"><body>{body}</body></html>");
    for fine in [
        "Das ist hier was.",
        "mcl_aaaaaaibuirvpdi6on633dp5fj2qqrcm",
        "<span lang=\"en\">This <code>is</code> it</span> ja",
        "by Fans of Machines",
    ] {
        assert!(is_german("a page", &page(&format!("<p>{fine}</p>")), &["by Fans of Machines"]).is_ok(), "{fine}");
    }
    for wrong in ["Das ist not", "<span lang=\"en\">a</span> and", "<svg aria-label=\"The secret\"></svg>"] {
        assert!(is_german("a page", &page(&format!("<p>{wrong}</p>")), &[]).is_err(), "{wrong}");
    }
    assert!(is_german("a page", "<html lang=\"en\"><p>Ja</p></html>", &[]).is_err());
}
