//! Entries of teams as prize platforms export them: a table whose columns a map names.
//!
//! Nothing is guessed. A line that cannot be read is told with its line and its column, and leaves the others as they are.

use super::entering::Answer;
use crate::table::{Broken, Layout, Rows, Unreadable};
use crate::words::words;
use std::collections::BTreeMap;

/// The most lines of an export that are taken at once.
pub const LINES_MAX: usize = 200;

/// The column of teams, where nothing else is said.
const TEAM: &str = "Team ID";

words! {
    /// A kind of export of a prize platform, by how it calls its columns.
    Adapter, "adapter" {
        /// The list of teams of a challenge: `Team ID` with our ids, else `Team Name`.
        Prize = "prize",
        /// The leaderboard of a contest, as such platforms give it to everybody: `TeamName`, beside an id of theirs.
        Leaderboard = "leaderboard",
    }
}

/// The columns that say which team a line is of, by their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// Our ids of the teams.
    pub team: Option<String>,
    /// The names of the teams.
    pub name: Option<String>,
}

impl Columns {
    /// Those that an export has: the named ones, else those of an adapter.
    fn found(&self, adapter: Option<Adapter>, head: &[String]) -> Columns {
        if self.team.is_some() || self.name.is_some() {
            return self.clone();
        }
        let (by_id, by_name) = (Columns { team: Some(TEAM.to_owned()), name: None }, |name: &str| Columns {
            team: None,
            name: Some(name.to_owned()),
        });
        match adapter {
            Some(Adapter::Prize) if head.iter().all(|column| column != TEAM) => by_name("Team Name"),
            Some(Adapter::Leaderboard) => by_name("TeamName"),
            Some(Adapter::Prize) | None => by_id,
        }
    }
}

/// The team that a line is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Team {
    /// By our id.
    Id(String),
    /// By its name, among the teams of whoever sends the export.
    Name(String),
}

impl Team {
    /// As the line has it.
    pub fn text(&self) -> &str {
        match self {
            Team::Id(text) | Team::Name(text) => text,
        }
    }
}

/// An entry as a line of an export has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line of text at which it begins, from 1.
    pub at: u64,
    /// The team.
    pub team: Team,
    /// What the team answers; a question whose field is empty is left out.
    pub answers: Vec<Answer>,
}

/// Reads an export: the columns of teams, and those of answers by the names of their questions. A line that has an id is of that team, and of the
/// one that it names otherwise.
///
/// # Errors
///
/// One that is no table, has more than 200 lines, or lacks a column.
pub fn read(
    text: &str,
    layout: Layout,
    named: &Columns,
    adapter: Option<Adapter>,
    answers: &BTreeMap<String, String>,
) -> Result<Vec<Result<Line, Unreadable>>, Broken> {
    let mut rows = Rows::new(text.as_bytes(), layout)?;
    let broken = |what| Broken { at: u64::from(layout.skip) + 1, what };
    let Columns { team, name } = named.found(adapter, rows.columns());
    let placed = |name: Option<String>| name.map(|name| Ok((rows.place(&name)?, name))).transpose();
    let teams = (placed(team).map_err(broken)?, placed(name).map_err(broken)?);
    let column = |(question, column): (&String, &String)| Ok((question.clone(), column.clone(), rows.place(column)?));
    let answers: Vec<(String, String, usize)> =
        answers.iter().map(column).collect::<Result<_, String>>().map_err(broken)?;
    let mut lines = Vec::new();
    while rows.read()? {
        if lines.len() == LINES_MAX {
            let what = format!("more than {LINES_MAX} lines: send the others by themselves");
            return Err(Broken { at: rows.at(), what });
        }
        lines.push(line(&rows, &teams, &answers));
    }
    Ok(lines)
}

/// A column by its place and its name.
type Column = (usize, String);

fn line(
    rows: &Rows<&[u8]>,
    (by_id, by_name): &(Option<Column>, Option<Column>),
    answers: &[(String, String, usize)],
) -> Result<Line, Unreadable> {
    let wrong = |column: &str, what: &'static str| Unreadable { at: rows.at(), column: column.to_owned(), what };
    let field = |column: &str, place: usize| {
        let field = rows.field(place).map_err(|what| wrong(column, what))?;
        Ok(field.trim().to_owned())
    };
    let read = |column: &Option<Column>| match column {
        Some((place, name)) => field(name, *place),
        None => Ok(String::new()),
    };
    let (id, name) = (read(by_id)?, read(by_name)?);
    let team = match (id.is_empty(), name.is_empty()) {
        (false, _) => Team::Id(id),
        (true, false) => Team::Name(name),
        (true, true) => {
            let column = by_id.as_ref().or(by_name.as_ref()).map_or(TEAM, |(_, name)| name);
            return Err(wrong(column, "it must be given"));
        }
    };
    let mut given = Vec::new();
    for (question, column, place) in answers {
        let answer = field(column, *place)?;
        if !answer.is_empty() {
            given.push(Answer { question: question.clone(), answer });
        }
    }
    Ok(Line { at: rows.at(), team, answers: given })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_9_teams_and_their_answers_are_read_by_the_columns_that_are_named() {
        let answers = BTreeMap::from([("adult".to_owned(), "Over 18?".to_owned())]);
        let text = "Team ID,Over 18?\r\norg_a,yes\r\n\"org\nb\",\r\n,no\r\norg_c\r\n";
        let lines = read(text, Layout::default(), &Columns::default(), None, &answers).unwrap();
        let first = lines[0].clone().unwrap();
        assert_eq!((first.at, first.team.text(), first.answers[0].answer.as_str()), (2, "org_a", "yes"));
        assert!(lines[1].as_ref().unwrap().answers.is_empty());
        let wrong: Vec<(u64, &str)> =
            lines.iter().filter_map(|line| line.as_ref().err()).map(|it| (it.at, it.column.as_str())).collect();
        assert_eq!(wrong, [(5, "Team ID"), (6, "Over 18?")]);
        assert!(read("Team\n", Layout::default(), &Columns::default(), None, &answers).is_err());
        let long = format!("Team ID\n{}", "a\n".repeat(LINES_MAX + 1));
        let none = BTreeMap::new();
        assert_eq!(read(&long, Layout::default(), &Columns::default(), None, &none).unwrap_err().at, 202);
    }

    #[test]
    fn p15_9_the_exports_of_prize_platforms_name_their_teams_as_such_platforms_do() {
        let none = BTreeMap::new();
        let named = |team: Option<&str>, name: Option<&str>| Columns {
            team: team.map(str::to_owned),
            name: name.map(str::to_owned),
        };
        let (id, name) = (|text: &str| Team::Id(text.to_owned()), |text: &str| Team::Name(text.to_owned()));
        let leaderboard =
            "Rank,TeamId,TeamName,LastSubmissionDate,Score\n1,81726,Loom Works,2031-02-03 10:00:00,0.91\n";
        for (text, columns, adapter, team) in [
            (leaderboard, Columns::default(), Some(Adapter::Leaderboard), name("Loom Works")),
            ("Team ID,Team Name\norg_a,Loom Works\n", Columns::default(), Some(Adapter::Prize), id("org_a")),
            ("Team Name\nLoom Works\n", Columns::default(), Some(Adapter::Prize), name("Loom Works")),
            ("Mannschaft\n Loom Works \n", named(None, Some("Mannschaft")), Some(Adapter::Prize), name("Loom Works")),
            ("Nr,Name\n,Loom Works\n", named(Some("Nr"), Some("Name")), None, name("Loom Works")),
            ("Nr,Name\norg_a,Loom Works\n", named(Some("Nr"), Some("Name")), None, id("org_a")),
        ] {
            let lines = read(text, Layout::default(), &columns, adapter, &none).unwrap();
            assert_eq!(lines[0].as_ref().unwrap().team, team, "{text}");
        }
        for (text, columns, adapter, what) in [
            ("Team\nx\n", Columns::default(), Some(Adapter::Prize), "no column is called 'Team Name'"),
            ("Team ID\nx\n", Columns::default(), Some(Adapter::Leaderboard), "no column is called 'TeamName'"),
            ("Name\nx\n", named(Some("Nr"), Some("Name")), None, "no column is called 'Nr'"),
        ] {
            assert_eq!(read(text, Layout::default(), &columns, adapter, &none).unwrap_err().what, what);
        }
    }
}
