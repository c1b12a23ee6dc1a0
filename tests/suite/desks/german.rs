//! Desks in German: each as somebody reads it who may, from top to bottom, and forms that are read in one language and sent in another.

use super::{browser, filled, open};
use crate::contract::Piece;
use crate::language::reading::english_words;
use crate::looks::{addresses, link_of};
use crate::repository::root;
use crate::scene::Scene;
use anyhow::{Context as _, ensure};
use api::demo::cast::TERMS;
use fluent_syntax::ast::{Entry, PatternElement};
use fluent_syntax::parser;
use std::collections::{BTreeMap, BTreeSet};
use tests::Stage;
use tests::browser::{Browser, form_of};

type Outcome = anyhow::Result<()>;

/// Where the language is kept that somebody has chosen.
const CHOSEN: &str = "commonpurse-language";

/// Desks whose texts are in the catalogue, by the routes of their pages.
const DESKS: &[&str] = &[
    "/desk/affiliations/",
    "/desk/bank-accounts/",
    "/desk/bank-lines/",
    "/desk/books/",
    "/desk/challenges/",
    "/desk/claims/",
    "/desk/contributions/",
    "/desk/cooperatives/",
    "/desk/distributions/",
    "/desk/milestones",
    "/desk/operator",
    "/desk/payout-runs/",
    "/desk/payouts/",
    "/desk/proceeds/",
    "/desk/submissions/",
    "/desk/updates/",
];

/// What is in English on pages in every language: names, titles and reasons that people gave.
const GIVEN: &[&str] = &[
    "Prototype",
    "Test report",
    "Fans of Open Machines",
    "Workshop of the Host",
    "It came, and nobody there knows from whom",
    "Kept by lines",
    "Kept by lines approve",
    "Kept by lines take-back",
    "Kept by lines withdraw",
];

/// What of a text stands before, between and after the pieces that open and close so.
fn beside<'a>(text: &'a str, opens: &'static str, closes: &'static str) -> impl Iterator<Item = &'a str> {
    text.split(opens)
        .enumerate()
        .map(move |(at, piece)| if at == 0 { piece } else { piece.split_once(closes).map_or("", |it| it.1) })
}

/// What stands between the tags of a page, but what is marked as English and what is code: names of columns and what a cell may say.
fn read(html: &str) -> BTreeSet<&str> {
    let body = html.split("<body>").nth(1).unwrap_or(html);
    let unmarked = beside(body, "<span lang=\"en\">", "</span>").flat_map(|piece| beside(piece, "<code", "</code>"));
    let between = unmarked.flat_map(|piece| piece.split('<').map(|tag| tag.split_once('>').map_or(tag, |it| it.1)));
    between.map(str::trim).filter(|text| !text.is_empty()).collect()
}

/// Texts of a language that have no values, by their names.
fn texts(language: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("api/texts").join(language))? {
        let resource = parser::parse(std::fs::read_to_string(entry?.path())?)
            .map_err(|(_, errors)| anyhow::anyhow!("{errors:?}"))?;
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let Some(pattern) = message.value else { continue };
            if let [PatternElement::TextElement { value }] = pattern.elements.as_slice() {
                all.insert(message.id.name, value.clone());
            }
        }
    }
    Ok(all)
}

/// What is in English on a page in German: texts of the catalogue, and what is the same in English and reads like it.
fn english<'a>(german: &'a str, in_english: &str, catalogue: &BTreeSet<String>) -> Vec<&'a str> {
    let (german, in_english) = (read(german), read(in_english));
    let is_english = |text: &&str| {
        let reads_so = || english_words(text).next().is_some();
        !GIVEN.contains(text) && (catalogue.contains(*text) || (in_english.contains(text) && reads_so()))
    };
    german.into_iter().filter(is_english).collect()
}

/// Everybody of the scene, each in a browser of their own.
async fn readers(scene: &Scene) -> anyhow::Result<Vec<Browser>> {
    let asked = "SELECT email FROM person WHERE email IS NOT NULL ORDER BY created_at LIMIT 30";
    let emails = scene.app.connection().await?.query(asked, &[]).await?;
    let mut browsers = Vec::new();
    for row in emails {
        let email: String = row.get(0);
        let link = link_of(scene, &email).await.with_context(|| email.clone())?;
        let mut browser = Browser::new(scene.app.base_url())?;
        ensure!(browser.post("/sign-in/link", &[("secret", &link)]).await? == "/me", "{email}");
        browsers.push(browser);
    }
    Ok(browsers)
}

/// An address, and those of other things of its kind that the scene knows.
fn of_kind(scene: &Scene, path: &str) -> Vec<String> {
    let named = path.split('/').find_map(|part| Some((part, part.split_once('_')?.0)));
    let others = named.map_or(&[][..], |(_, prefix)| scene.known.all(prefix)).iter();
    let others = others.filter_map(|id| Some(path.replace(named?.0, id)));
    std::iter::once(path.to_owned()).chain(others).collect()
}

async fn in_language(browser: &mut Browser, path: &str, language: &str) -> anyhow::Result<Option<String>> {
    browser.cookies.insert(CHOSEN.to_owned(), language.to_owned());
    let (status, html) = browser.get(path).await?;
    let is_in = html.contains(&format!("<html lang=\"{language}\">"));
    ensure!(!status.is_success() || is_in, "{path} is not in {language}");
    Ok(status.is_success().then_some(html))
}

#[tokio::test]
async fn each_desk_is_in_german_from_top_to_bottom_for_whoever_reads_it() -> Outcome {
    let scene = Scene::set(&[Piece::Pledging, Piece::Challenges, Piece::Cooperatives]).await?;
    let paths = addresses(&scene).await?;
    let (of_english, of_german) = (texts("en")?, texts("de")?);
    let differs = |(name, text): (String, String)| (of_german.get(&name) != Some(&text)).then_some(text);
    let catalogue: BTreeSet<_> = of_english.into_iter().filter_map(differs).collect();
    let mut browsers = readers(&scene).await?;
    let mut found = Vec::new();
    for (route, path) in paths.iter().filter(|(route, _)| DESKS.iter().any(|desk| route.starts_with(desk))) {
        let mut read_by = 0;
        for path in of_kind(&scene, path) {
            for browser in &mut browsers {
                let Some(german) = in_language(browser, &path, "de").await? else { continue };
                let in_english = in_language(browser, &path, "en").await?.context("the same page")?;
                found.extend(english(&german, &in_english, &catalogue).iter().map(|text| format!("{route}: {text}")));
                read_by += 1;
            }
            if read_by > 0 {
                break;
            }
        }
        ensure!(read_by > 0, "nobody reads {path}");
    }
    found.dedup();
    ensure!(found.is_empty(), "in English:\n{}", found.join("\n"));
    scene.app.finish_with_jobs_left().await
}

#[tokio::test]
async fn what_was_read_in_german_is_done_though_it_is_sent_in_english_and_only_that() -> Outcome {
    let stage = Stage::set().await?;
    let mut treasurer = browser(&stage.cast, &stage.cast.treasurer).await?;
    let place = format!("/desk/books/{}/campaigns", stage.cast.book);
    let german = in_language(&mut treasurer, &place, "de").await?.context("the form")?;
    ensure!(german.contains("Damit entsteht ein Entwurf, der um 3.000,00 USD im Monat bittet"), "{german}");
    let there = form_of(&german, &place)?;
    let typed = [("summary", "Machines."), ("terms", TERMS), ("kind", "recurring"), ("last_day", "")];
    let with = |key: &'static str, name: &'static str, text: &'static str| {
        let others = typed.iter().copied().filter(move |(other, _)| *other != name);
        filled(&there, &others.chain([("key", key), (name, text)]).collect::<Vec<_>>())
    };

    // Something else than was read is shown first, in the language of who sends it.
    let shown = treasurer.fill(&place, &with("first", "amount", "4000")).await?;
    ensure!(shown.status == 200 && shown.html.contains("Noch nicht erledigt."), "{shown:?}");
    ensure!(shown.html.contains("der um 4.000,00 USD im Monat bittet"), "{shown:?}");
    // What the page says is in German, and what the API says is marked as English.
    let shown = treasurer.fill(&place, &with("second", "slug", "No Slug")).await?;
    ensure!(shown.status == 422 && shown.html.contains("Etwas fehlt oder ist falsch."), "{shown:?}");
    ensure!(shown.html.contains("id=\"slug-error\"><span lang=\"en\">"), "{shown:?}");
    let shown = treasurer.fill(&place, &with("third", "kind", "something")).await?;
    ensure!(shown.status == 422 && shown.html.contains("id=\"kind-error\">wählen Sie, worum sie bittet<"), "{shown:?}");

    treasurer.cookies.insert(CHOSEN.to_owned(), "en".to_owned());
    let html = open(&mut treasurer, &place).await?;
    ensure!(html.contains("a draft that asks for 3,000.00 USD each month"), "{html}");
    let made = treasurer.fill(&place, &with("fourth", "kind", "recurring")).await?;
    let desk = format!("/desk/books/{}?made=campaign", stage.cast.book);
    ensure!(made.status == 303 && made.leads_to == desk, "{made:?}");
    stage.app.finish().await
}
