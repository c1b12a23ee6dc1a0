//! The house: which room of the ledger may name which. Rooms are told by their paths, and what a file names is read whole,
//! so that a folder that nobody has thought of, or an import over several lines, is not passed by.

use crate::paths::Source;
use crate::repository::{none, root, sources};
use anyhow::{Context as _, ensure};
use std::collections::{BTreeMap, BTreeSet};

type Outcome = anyhow::Result<()>;

/// The ground, which every room may name, and what each of its files may name itself.
const GROUND: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("id", &["error"]),
    ("text", &[]),
    ("words", &["error"]),
    ("calendar", &["error", "words"]),
    ("money", &["error"]),
    ("evidence", &["error", "text", "words"]),
    ("document", &["error", "evidence", "id", "words"]),
    ("book", &["error", "id", "money", "words"]),
    ("movements", &["book", "money"]),
    ("chart", &["book", "id", "money"]),
    ("table", &["money", "words"]),
    ("tagged", &[]),
    ("export", &["book", "error", "money", "words"]),
    ("verify", &[]),
    ("recount", &[]),
];

/// The rooms above the ground, and all that each stands on.
const STANDS_ON: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("service", &[]),
    ("parties", &["engine", "service"]),
    ("partners", &["engine", "service", "parties"]),
    ("fetching", &["engine", "service"]),
    ("books", &["engine", "service", "parties", "partners"]),
    ("reports", &["engine", "service", "parties", "books"]),
    ("treasury", &["engine", "service", "parties", "books"]),
    ("cooperatives", &["engine", "service", "parties", "books", "reports"]),
    ("between", &["engine", "service", "parties", "books", "reports", "cooperatives"]),
    ("pledging", &["engine", "service", "parties", "books", "reports", "treasury"]),
    ("challenges", &["engine", "service", "parties", "books", "treasury"]),
    ("milestones", &["engine", "service", "parties", "books", "treasury", "pledging"]),
    (
        "programmes",
        &["engine", "service", "parties", "books", "reports", "treasury", "pledging", "milestones", "cooperatives"],
    ),
    ("governance", &["engine", "service", "parties", "books", "reports", "cooperatives", "programmes"]),
    ("matching", &["engine", "service", "parties", "books", "treasury", "pledging"]),
    (
        "payouts",
        &[
            "engine",
            "service",
            "parties",
            "books",
            "reports",
            "treasury",
            "pledging",
            "milestones",
            "challenges",
            "cooperatives",
        ],
    ),
    (
        "desk",
        &[
            "engine",
            "service",
            "parties",
            "books",
            "treasury",
            "pledging",
            "milestones",
            "challenges",
            "cooperatives",
            "payouts",
        ],
    ),
    (
        "winding",
        &["engine", "service", "parties", "books", "treasury", "pledging", "milestones", "challenges", "matching"],
    ),
    // What names a file decides who reads it.
    (
        "files",
        &[
            "engine",
            "service",
            "parties",
            "books",
            "treasury",
            "pledging",
            "milestones",
            "challenges",
            "cooperatives",
            "payouts",
        ],
    ),
    ("updates", &["engine", "service", "parties", "books", "treasury", "pledging", "milestones", "challenges"]),
    // No room of the programs: what their tests stand on.
    ("testing", &["engine", "service", "parties", "books", "treasury", "pledging"]),
];

/// What pure code does not name: rooms inside a folder, rooms of the house, other people's crates.
const IMPURE: &[&str] = &["store", "operations", "engine", "service", "tokio", "deadpool_postgres", "tokio_postgres"];

/// Crates that the one error type of the ledger wraps the errors of.
const WRAPPED: &[&str] = &["deadpool_postgres", "tokio_postgres"];

/// The one circle that stays: a simulated world and the server in it make each other up.
const CIRCLE_THAT_STAYS: &[&str] = &["engine/lane/simulation/server", "engine/lane/simulation/world"];

/// The sources below a folder, by their places.
fn house(folder: &str) -> anyhow::Result<Vec<Source>> {
    let top = root().join(folder);
    let mut house = Vec::new();
    for (file, text) in sources(&top)? {
        let place = file.strip_prefix(&top)?.with_extension("");
        house.push(Source { place: place.to_str().context("a path")?.to_owned(), text });
    }
    Ok(house)
}

/// The row of a room in one of the tables.
fn row(table: &[(&'static str, &'static [&'static str])], room: &str) -> Option<&'static [&'static str]> {
    table.iter().find(|(name, _)| *name == room).map(|(_, on)| *on)
}

/// The room of the house that a place is in.
fn room(place: &str) -> &str {
    place.split('/').next().unwrap_or(place)
}

/// What breaks the rules of the house, each with its place.
fn breaches(house: &[Source]) -> Vec<String> {
    let mut found = BTreeSet::new();
    for source in house.iter().filter(|source| source.place != "lib") {
        let (place, room) = (&source.place, room(&source.place));
        let on_ground = row(GROUND, room);
        let Some(may_name) = on_ground.or_else(|| row(STANDS_ON, room)) else {
            found.insert(format!("{place}: the room `{room}` is in no table"));
            continue;
        };
        let is_pure = on_ground.is_some() || place.contains("/rules/") || place.contains("/files/");
        let wraps = |name: &str| room == "error" && WRAPPED.contains(&name);
        for path in source.paths() {
            let text = path.join("::");
            let names = |word: &&str| path.iter().any(|name| name == word);
            if is_pure && IMPURE.iter().any(|word| names(word) && !wraps(word)) {
                found.insert(format!("{place}: what is pure names `{text}`"));
            }
            if place.contains("/store/") && names(&"operations") {
                found.insert(format!("{place}: a store names `{text}`"));
            }
            let [crate_name, target, ..] = &*path else { continue };
            // Macros, and the two errors that stand at the root of the crate.
            if crate_name != "crate" || ["Error", "Refusal"].contains(&&**target) || target == room {
                continue;
            }
            let stands_on_it = may_name.contains(&&**target);
            if !stands_on_it && (on_ground.is_some() || row(GROUND, target).is_none()) {
                found.insert(format!("{place}: `{room}` does not stand on `{target}`, and names `{text}`"));
            }
        }
    }
    found.into_iter().collect()
}

/// The arrows between files: which names which. What a file takes from a module that it is a part of is no arrow.
fn arrows(house: &[Source]) -> BTreeMap<&str, BTreeSet<&str>> {
    let places: BTreeSet<&str> = house.iter().map(|source| &*source.place).collect();
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in house {
        let from = &*source.place;
        for mut path in source.paths() {
            // What begins with no `crate` leads into a module of the file itself, or out of the house.
            let start = if path[0] == "crate" { path.split_off(1) } else { [source.module(), path].concat() };
            let leads_to = (1..=start.len()).rev().find_map(|end| places.get(&*start[..end].join("/")));
            if let Some(to) = leads_to.filter(|to| **to != from && !from.starts_with(&format!("{to}/"))) {
                arrows.entry(from).or_default().insert(to);
            }
        }
    }
    arrows
}

/// All that can be reached from a place along the arrows.
fn reached<'a>(arrows: &BTreeMap<&str, BTreeSet<&'a str>>, from: &str) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&str> = vec![from];
    while let Some(place) = waiting.pop() {
        for next in arrows.get(place).into_iter().flatten() {
            if found.insert(*next) {
                waiting.push(next);
            }
        }
    }
    found
}

/// Groups of files each of which can be reached from each other one of its group.
fn circles(house: &[Source]) -> BTreeSet<Vec<String>> {
    let arrows = arrows(house);
    let reach: BTreeMap<&str, BTreeSet<&str>> = arrows.keys().map(|place| (*place, reached(&arrows, place))).collect();
    let in_circle = reach.iter().filter(|(place, to)| to.contains(*place));
    in_circle
        .map(|(place, to)| {
            let back = to.iter().filter(|to| reach.get(*to).is_some_and(|back| back.contains(place)));
            back.map(|place| (*place).to_owned()).collect()
        })
        .collect()
}

#[test]
fn each_room_of_the_ledger_names_only_what_it_stands_on() -> Outcome {
    none(&breaches(&house("ledger/src")?), "see the tables of this test, and ARCHITECTURE.md")
}

#[test]
fn a_breach_is_found_however_it_is_written() -> Outcome {
    let found = |place: &str, text: &str| breaches(&[Source { place: place.into(), text: text.into() }]).len();
    // A rule that asks the database, in a tree that is broken over lines.
    let tree =
        "use crate::{\n    money::Money,\n    pledging::{\n        rules::charge,\n        store::pledges,\n    },\n};";
    ensure!(found("pledging/rules/pledge", tree) == 1);
    // A room that names one above it, by steps up, and in the middle of the code.
    ensure!(found("books/operations/entries", "use super::super::super::pledging::rules::pledge;") == 1);
    ensure!(found("engine/posting", "fn of(book: &Book) { crate::reports::store::day_totals::read(book) }") == 1);
    // A folder that is in no table.
    ensure!(found("lotteries/rules/ticket", "use crate::money::Money;") == 1);
    // A store that decides, ground that names a room, and a rule with a runtime.
    ensure!(found("books/store/holds", "use crate::books::operations::holds;") == 1);
    ensure!(found("money/unit", "use crate::book::Account;") == 1);
    ensure!(found("treasury/rules/settlement", "async fn wait() { tokio::time::sleep(DAY).await }") == 1);
    // What is allowed, and what only looks like a breach.
    ensure!(found("pledging/operations/pledges", "use crate::treasury::store::settlements;") == 0);
    ensure!(found("pledging/rules/pledge", "// crate::pledging::store\nconst NOTE: &str = \"crate::engine::\";") == 0);
    Ok(())
}

#[test]
fn a_domain_says_what_it_stands_on() -> Outcome {
    for (room, on) in STANDS_ON.iter().filter(|(_, on)| !on.is_empty()) {
        let says = format!("//! Stands on: {}.", on.join(", "));
        let file = root().join("ledger/src").join(room).with_extension("rs");
        ensure!(std::fs::read_to_string(&file)?.contains(&says), "{} does not say: {says}", file.display());
    }
    Ok(())
}

/// Prints the arrows between the rooms of the ledger, from the top down: `cargo test -p tests rooms_stand -- --nocapture`.
#[test]
fn rooms_stand_on_each_other_in_one_direction_and_files_go_in_no_circle() -> Outcome {
    let ledger = house("ledger/src")?;
    let order: Vec<&str> = GROUND.iter().chain(STANDS_ON).map(|(room, _)| *room).collect();
    let height = |place: &str| order.iter().position(|name| *name == room(place));
    let mut between: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let all = arrows(&ledger);
    for (from, to) in all.iter().flat_map(|(from, to)| to.iter().map(move |to| (room(from), room(to)))) {
        if from != to && from != "lib" {
            *between.entry((from, to)).or_default() += 1;
        }
    }
    let mut up = Vec::new();
    for ((from, to), count) in between.iter().rev() {
        println!("{from} → {to}: {count}");
        if height(from) <= height(to) {
            up.push(format!("{from} → {to}"));
        }
    }
    ensure!(between.len() > 20, "the arrows between rooms are not seen");
    none(&up, "an arrow runs up")?;
    let folders =
        [("ledger/src", Some(CIRCLE_THAT_STAYS)), ("api/src", None), ("worker/src", None), ("migrations/src", None)];
    for (folder, stays) in folders {
        let mut circles = circles(&house(folder)?);
        let circle: Option<Vec<String>> = stays.map(|stays| stays.iter().map(|place| (*place).to_owned()).collect());
        ensure!(circle.is_none_or(|circle| circles.remove(&circle)), "the circle of the simulation is not seen");
        let found: Vec<String> = circles.iter().map(|circle| circle.join(", ")).collect();
        none(&found, &format!("files of {folder} go in a circle"))?;
    }
    Ok(())
}

#[test]
fn the_handlers_of_a_domain_name_those_of_no_domain_above_it() -> Outcome {
    let mut found = Vec::new();
    for source in house("api/src/handlers")? {
        let domain = room(&source.place);
        // What is told of the service itself.
        if ["health", "problems"].contains(&domain) {
            continue;
        }
        let on = row(STANDS_ON, domain).with_context(|| format!("{domain} is in no table"))?;
        let handlers = Source { place: format!("handlers/{}", source.place), text: source.text };
        for path in handlers.paths() {
            let target = match &*path {
                [top, room, target, ..] if top == "crate" && room == "handlers" => target,
                [top, target, ..] if top == "ledger" && row(STANDS_ON, target).is_some() => target,
                _ => continue,
            };
            if target != domain && !["engine", "service"].contains(&&**target) && !on.contains(&&**target) {
                found.push(format!("{}: {}", handlers.place, path.join("::")));
            }
        }
    }
    none(&found, "handlers stand on each other as their domains do")
}

/// Of two bodies with one name the contract would show one for both, and say nothing.
#[test]
fn no_two_bodies_have_one_name_in_the_contract() -> Outcome {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in house("api/src")? {
        let (mut is_body, mut told) = (false, None);
        for line in source.text.lines().map(str::trim) {
            if line.starts_with("#[derive(") {
                (is_body, told) = (line.contains("ToSchema"), None);
            } else if let Some((_, after)) = line.split_once("schema(as = ") {
                told = Some(after.split([')', ',']).next().unwrap_or_default().to_owned());
            } else if let Some(name) = type_of(line).filter(|_| is_body) {
                named.entry(told.take().unwrap_or(name)).or_default().push(source.place.clone());
                is_body = false;
            }
        }
    }
    ensure!(named.len() > 300, "{} bodies", named.len());
    let twice: Vec<String> =
        named.into_iter().filter(|(_, places)| places.len() > 1).map(|it| format!("{it:?}")).collect();
    none(&twice, "give one of them another name: #[schema(as = …)]")
}

/// The name of the type that begins on a line.
fn type_of(line: &str) -> Option<String> {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
    let is_type = matches!(words.next(), Some("struct" | "enum"));
    let name = words.next().filter(|_| is_type)?;
    Some(name.chars().take_while(|letter| letter.is_alphanumeric()).collect())
}
