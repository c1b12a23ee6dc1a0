//! Reads of Rust sources what no compiler tells: the whole paths that a file names, `use` trees and code alike.

use std::iter::Peekable;
use std::str::Chars;

/// A Rust file of a crate, its place below `src` without `.rs`, and its text.
pub(crate) struct Source {
    pub(crate) place: String,
    pub(crate) text: String,
}

impl Source {
    /// The names of the module that the file is, from the root of its crate.
    pub(crate) fn module(&self) -> Vec<String> {
        let names = self.place.split('/').filter(|name| !["lib", "main"].contains(name));
        names.map(str::to_owned).collect()
    }

    /// Every path that the file names, once for each time. What leads into its own crate begins with `crate`, whether it
    /// was written with `super`, `self`, or in a tree over several lines.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let words = words(&self.text);
        let mut found = Vec::new();
        let mut blocks: Vec<Option<String>> = Vec::new();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            match &**word {
                "{" => {
                    let opens = at.checked_sub(2).filter(|before| words[*before] == "mod");
                    blocks.push(opens.map(|before| words[before + 1].clone()));
                }
                "}" => drop(blocks.pop()),
                name if is_name(name) && words.get(at + 1).is_some_and(|next| next == "::") => {
                    let mut here = self.module();
                    here.extend(blocks.iter().flatten().cloned());
                    let mut paths = Vec::new();
                    at = tree(&words, at, &[], &mut paths);
                    found.extend(paths.into_iter().map(|path| from_root(&here, path)));
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        found
    }
}

/// A path as it would be written from the root of the crate; one into another crate stays as it is.
fn from_root(here: &[String], path: Vec<String>) -> Vec<String> {
    let ups = path.iter().take_while(|name| *name == "super").count();
    let start = match &*path[0] {
        "super" => &here[..here.len().saturating_sub(ups)],
        "self" => here,
        _ => return path,
    };
    let rest = path.iter().skip(ups.max(1));
    [&["crate".to_owned()], start].concat().into_iter().chain(rest.cloned()).collect()
}

/// Reads one path or tree that begins at a word, and answers where it ends.
fn tree(words: &[String], mut at: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    let mut names_itself = false;
    loop {
        match words.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while words.get(at).is_some_and(|word| word != "}") {
                    let next = tree(words, at, &path, found);
                    // What is no name of a tree: a comma, a star, another name after `as`.
                    at = if words[next] == "as" { next + 2 } else { next.max(at + 1) };
                }
                return at + 1;
            }
            Some("self") if !path.is_empty() => names_itself = true,
            Some(name) if is_name(name) => path.push(name.to_owned()),
            _ => break,
        }
        at += 1;
        if words.get(at).is_none_or(|word| word != "::") {
            break;
        }
        at += 1;
    }
    if names_itself || path.len() > before.len() {
        found.push(path);
    }
    at
}

fn is_name(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// The words of a source: names, `::`, and single signs. Comments and literals are left out.
fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '/' if rest.peek() == Some(&'/') => while rest.next().is_some_and(|letter| letter != '\n') {},
            '/' if rest.peek() == Some(&'*') => skip_comment(&mut rest),
            '"' => skip_text(&mut rest),
            '\'' => skip_letter(&mut rest),
            ':' if rest.next_if_eq(&':').is_some() => found.push("::".to_owned()),
            letter if letter.is_alphanumeric() || letter == '_' => {
                let mut name = String::from(letter);
                while let Some(more) = rest.next_if(|letter| letter.is_alphanumeric() || *letter == '_') {
                    name.push(more);
                }
                match (&*name, rest.peek()) {
                    ("r" | "br", Some('"' | '#')) => skip_raw(&mut rest),
                    _ => found.push(name),
                }
            }
            letter if letter.is_whitespace() => {}
            letter => found.push(letter.to_string()),
        }
    }
    found
}

fn skip_comment(rest: &mut Peekable<Chars>) {
    while let Some(letter) = rest.next() {
        if letter == '*' && rest.next_if_eq(&'/').is_some() {
            return;
        }
    }
}

fn skip_text(rest: &mut Peekable<Chars>) {
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => drop(rest.next()),
            '"' => return,
            _ => {}
        }
    }
}

/// After an apostrophe: a letter in apostrophes, or a lifetime, whose name is no path and may stay.
fn skip_letter(rest: &mut Peekable<Chars>) {
    if rest.next_if_eq(&'\\').is_some() {
        while rest.next().is_some_and(|letter| letter != '\'') {}
        return;
    }
    let mut ahead = rest.clone();
    if ahead.next().is_some() && ahead.next() == Some('\'') {
        rest.nth(1);
    }
}

/// After `r`: a raw text with its hashes, or a raw name.
fn skip_raw(rest: &mut Peekable<Chars>) {
    let mut hashes = 0;
    while rest.next_if_eq(&'#').is_some() {
        hashes += 1;
    }
    if rest.next_if_eq(&'"').is_none() {
        return;
    }
    let mut seen = None;
    for letter in rest.by_ref() {
        seen = match (letter, seen) {
            ('"', _) => Some(0),
            ('#', Some(count)) => Some(count + 1),
            _ => None,
        };
        if seen == Some(hashes) {
            return;
        }
    }
}

#[test]
fn paths_are_read_whole_whatever_lines_they_stand_on() {
    let text = r###"
        use crate::{
            a::{self, b::{C, D as E}, *},
            // crate::not::this
            f,
        };
        use super::super::g;
        fn one<'a>(it: &'a str, quote: char) -> crate::h::I {
            let (_, _, _) = ('"', '\'', r#"crate::no "{"#);
            tokio::spawn(super::k::l("crate::nor::this {"))
        }
        mod inside { use super::m; use self::n; }
    "###;
    let source = Source { place: "top/room/file".into(), text: text.into() };
    let paths: Vec<String> = source.paths().iter().map(|path| path.join("::")).collect();
    assert_eq!(
        paths,
        [
            "crate::a",
            "crate::a::b::C",
            "crate::a::b::D",
            "crate::f",
            "crate::top::g",
            "crate::h::I",
            "tokio::spawn",
            "crate::top::room::k::l",
            "crate::top::room::file::m",
            "crate::top::room::file::inside::n",
        ]
    );
}
