//! Pages in the language of who reads them: which one it is, that every text is there in each, and that programs notice nothing.

mod donors;
mod mails;
mod people;
pub(crate) mod reading;

use crate::repository::{root, sources};
use anyhow::{Context as _, ensure};
use api::demo::client::{Answer, Client};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_LANGUAGE, HeaderMap};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tests::Stage;
use tests::browser::{Browser, form_of};

type Outcome = anyhow::Result<()>;

/// What stands in a text besides its words: the values and the marks of links.
type Places = BTreeSet<String>;

fn of_pattern(pattern: &Pattern<String>, places: &mut Places) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => {
                let marks = value.split('<').skip(1).filter_map(|rest| rest.split('>').next());
                places.extend(marks.map(|mark| format!("<{mark}>")));
            }
            PatternElement::Placeable { expression } => of_expression(expression, places),
        }
    }
}

fn of_expression(expression: &Expression<String>, places: &mut Places) {
    match expression {
        Expression::Inline(inline) => of_inline(inline, places),
        Expression::Select { selector, variants } => {
            of_inline(selector, places);
            variants.iter().for_each(|variant| of_pattern(&variant.value, places));
        }
    }
}

fn of_inline(inline: &InlineExpression<String>, places: &mut Places) {
    match inline {
        InlineExpression::VariableReference { id } => drop(places.insert(format!("${}", id.name))),
        InlineExpression::Placeable { expression } => of_expression(expression, places),
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::FunctionReference { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. } => {}
    }
}

/// The rooms that say something: what pages say, what mails do, and what both do.
const ROOMS: &[&str] = &["api", "worker", "api/catalogue"];

/// The texts of a room in a language, by their names.
fn texts(room: &str, language: &str) -> anyhow::Result<BTreeMap<String, Places>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(root().join(room).join("texts").join(language))? {
        let path = entry?.path();
        let file = path.file_stem().and_then(|stem| stem.to_str()).context("a name")?.to_owned();
        let resource = parser::parse(std::fs::read_to_string(&path)?)
            .map_err(|(_, errors)| anyhow::anyhow!("{}: {errors:?}", path.display()))?;
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let name = message.id.name;
            ensure!(name.starts_with(&format!("{file}-")), "{name} stands in {}", path.display());
            let mut places = Places::new();
            of_pattern(&message.value.context("a text")?, &mut places);
            ensure!(all.insert(name.clone(), places).is_none(), "{name} stands twice");
        }
    }
    Ok(all)
}

/// The words that stand between quotation marks after some beginning, in templates and sources of a room.
fn quoted(room: &str, beginning: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for text in written(room)? {
        let found = text.split(beginning).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned);
        all.extend(found);
    }
    Ok(all)
}

fn written(room: &str) -> anyhow::Result<Vec<String>> {
    let mut all: Vec<_> = sources(&root().join(room).join("src"))?.into_iter().map(|(_, text)| text).collect();
    let pages = root().join(room).join("templates");
    if pages.exists() {
        templates(&pages, &mut all)?;
    }
    Ok(all)
}

fn templates(folder: &Path, all: &mut Vec<String>) -> Outcome {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { templates(&path, all)? } else { all.push(std::fs::read_to_string(path)?) }
    }
    Ok(())
}

#[test]
fn every_text_stands_once_in_every_language_with_the_same_values_and_is_said_somewhere() -> Outcome {
    ROOMS.iter().try_for_each(|room| is_whole(room))
}

fn is_whole(room: &str) -> Outcome {
    let (english, german) = (texts(room, "en")?, texts(room, "de")?);
    ensure!(english.len() > if room == "api/catalogue" { 25 } else { 250 }, "{} texts of {room}", english.len());
    for (name, places) in &english {
        ensure!(german.get(name) == Some(places), "{name}: {places:?} and {:?}", german.get(name));
    }
    let more: Vec<_> = german.keys().filter(|name| !english.contains_key(*name)).collect();
    ensure!(more.is_empty(), "German only: {more:?}");
    // The demo says things too, in sentences.
    let mut said = quoted(room, "say(\"")?;
    said.retain(|name| !name.contains(' '));
    let lacking: Vec<_> = said.iter().filter(|name| !english.contains_key(*name)).collect();
    ensure!(lacking.is_empty(), "said, and nowhere written: {lacking:?}");
    let sources = written(room)?;
    let unsaid: Vec<_> = english
        .keys()
        .filter(|name| !said.contains(*name))
        .filter(|name| !sources.iter().any(|text| text.contains(&format!("\"{name}\""))))
        .collect();
    ensure!(unsaid.is_empty(), "written, and nowhere said: {unsaid:?}");
    let files: BTreeSet<_> = std::fs::read_dir(root().join(room).join("texts/en"))?
        .map(|entry| Ok(entry?.path().file_stem().and_then(|stem| stem.to_str()).context("a name")?.to_owned()))
        .collect::<anyhow::Result<_>>()?;
    for file in files {
        let is_read = |text: &String| text.contains("files![") && text.contains(&format!("\"{file}\""));
        ensure!(sources.iter().any(is_read), "{file}.ftl is read by nobody");
    }
    Ok(())
}

/// A page as somebody reads it whose browser asks for languages.
async fn read(browser: &mut Browser, path: &str, languages: &str) -> anyhow::Result<(HeaderMap, String)> {
    let request = browser.http.get(format!("{}{path}", browser.base)).header(ACCEPT_LANGUAGE, languages);
    let response = browser.send(request).await?;
    ensure!(response.status() == StatusCode::OK, "{path}: {}", response.status());
    Ok((response.headers().clone(), response.text().await?))
}

async fn patched(person: &Client, tag: &str, body: &Value) -> anyhow::Result<Answer> {
    person.send(reqwest::Method::PATCH, "/v1/me", Some(body), &[("If-Match", tag)]).await
}

fn is_in(headers: &HeaderMap, html: &str, language: &str) -> bool {
    let says = headers.get("content-language").and_then(|value| value.to_str().ok());
    says == Some(language) && html.contains(&format!("<html lang=\"{language}\">"))
}

#[tokio::test]
async fn pages_are_in_the_language_that_is_asked_for_or_was_chosen_and_programs_read_the_same() -> Outcome {
    let stage = Stage::set().await?;
    let mut browser = Browser::new(stage.cast.base())?;
    let (headers, german) = read(&mut browser, "/", "de-AT,de;q=0.9,en;q=0.5").await?;
    ensure!(is_in(&headers, &german, "de") && german.contains("Quittung"), "{german}");
    let vary: Vec<_> = headers.get_all("vary").iter().filter_map(|value| value.to_str().ok()).collect();
    ensure!(vary.join(",").contains("accept-language") && vary.join(",").contains("cookie"), "{vary:?}");
    let (headers, english) = read(&mut browser, "/", "fr,en;q=0.5").await?;
    ensure!(is_in(&headers, &english, "en") && english.contains("Find your receipt"), "{english}");
    for twin in ["/home.json", "/home.csv", "/v1/books", "/problems"] {
        let (headers, in_german) = read(&mut browser, twin, "de").await?;
        let (_, in_english) = read(&mut browser, twin, "en").await?;
        ensure!(in_german == in_english && !headers.contains_key("content-language"), "{twin} differs");
    }
    // What is no page is answered in the language as well.
    let lost = browser.http.get(format!("{}/nowhere", browser.base)).header("accept", "text/html");
    let lost = browser.send(lost.header(ACCEPT_LANGUAGE, "de")).await?;
    ensure!(lost.status() == 404 && lost.text().await?.contains("<html lang=\"de\">"));

    // Chosen on a page, by who is not signed in: it holds for this browser, and one comes back to the page.
    let form = form_of(&english, "/language")?;
    ensure!(form == [("back".to_owned(), "/".to_owned())], "{form:?}");
    let back = browser.post("/language", &[("back", "/check?a=1"), ("language", "de")]).await?;
    ensure!(back == "/check?a=1");
    let (headers, html) = read(&mut browser, "/check", "en").await?;
    ensure!(is_in(&headers, &html, "de"), "{html}");
    // Nobody is led elsewhere by it, and no other site chooses.
    for back in ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"] {
        ensure!(browser.post("/language", &[("back", back), ("language", "en")]).await? == "/", "{back}");
    }
    ensure!(browser.fill("/language", &[("language", "tlh")]).await?.status == 422);
    let foreign = browser.fill_from("cross-site", "/language", &[("language", "de")]).await?;
    ensure!(foreign.status == 403, "{foreign:?}");
    stage.app.finish().await
}

#[tokio::test]
async fn who_signs_in_reads_the_language_that_they_chose_elsewhere_or_by_the_api() -> Outcome {
    let stage = Stage::set().await?;
    let (base, folder) = (stage.cast.base().to_owned(), stage.cast.mail().to_owned());
    let person = &stage.cast.treasurer;
    let me = person.get("/v1/me").await?.ok()?;
    ensure!(me["language"].is_null(), "{me:?}");
    let email = me["email"].as_str().context("an address")?.to_owned();

    let mut first = Browser::of(&base, &folder, &email).await?;
    let (headers, html) = read(&mut first, "/me", "en").await?;
    ensure!(is_in(&headers, &html, "en"));
    first.post("/language", &[("language", "de"), ("back", "/me")]).await?;
    first.post("/language", &[("language", "de"), ("back", "/me")]).await?;
    let me = person.get("/v1/me").await?.ok()?;
    ensure!(me["language"] == "de", "{me:?}");

    let mut second = Browser::of(&base, &folder, &email).await?;
    let (headers, html) = read(&mut second, "/me", "en").await?;
    ensure!(is_in(&headers, &html, "de"), "{html}");

    // By the API, from the next sign-in on.
    let tag = person.get("/v1/me").await?.etag.context("a tag")?;
    for (body, pointer) in
        [(json!({"language": "tlh"}), "/language"), (json!({"language": "de-AT"}), "/language"), (json!({}), "/name")]
    {
        let refused = patched(person, &tag, &body).await?;
        ensure!(refused.status == 422 && refused.body["errors"][0]["pointer"] == pointer, "{refused:?}");
    }
    let changed = patched(person, &tag, &json!({"language": "none"})).await?.ok()?;
    ensure!(changed["language"] == Value::Null && changed["name"] == me["name"], "{changed:?}");
    let mut third = Browser::of(&base, &folder, &email).await?;
    let (headers, html) = read(&mut third, "/me", "en").await?;
    ensure!(is_in(&headers, &html, "en"), "{html}");
    stage.app.finish().await
}
