//! Entries of teams as prize platforms export them: a table whose columns a map names.
//!
//! Nothing is guessed. A line that cannot be read is told with its line and its column, and leaves the others as they are.

use super::entering::Answer;
use crate::table::{Broken, Layout, Rows, Unreadable};
use std::collections::BTreeMap;

/// The most lines of an export that are taken at once.
pub const LINES_MAX: usize = 200;

/// The column of teams, as exports mostly call it.
pub const TEAM: &str = "Team ID";

/// An entry as a line of an export has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line of text at which it begins, from 1.
    pub at: u64,
    /// Our id of the team.
    pub team: String,
    /// What the team answers; a question whose field is empty is left out.
    pub answers: Vec<Answer>,
}

/// Reads an export: the column of teams, and those of answers by the names of their questions.
///
/// # Errors
///
/// One that is no table, has more than 200 lines, or lacks a column.
pub fn read(
    text: &str,
    layout: Layout,
    team: &str,
    answers: &BTreeMap<String, String>,
) -> Result<Vec<Result<Line, Unreadable>>, Broken> {
    let mut rows = Rows::new(text.as_bytes(), layout)?;
    let broken = |what| Broken { at: u64::from(layout.skip) + 1, what };
    let team = (team, rows.place(team).map_err(broken)?);
    let column = |(question, column): (&String, &String)| Ok((question.clone(), column.clone(), rows.place(column)?));
    let answers: Vec<(String, String, usize)> =
        answers.iter().map(column).collect::<Result<_, String>>().map_err(broken)?;
    let mut lines = Vec::new();
    while rows.read()? {
        if lines.len() == LINES_MAX {
            let what = format!("more than {LINES_MAX} lines: send the others by themselves");
            return Err(Broken { at: rows.at(), what });
        }
        lines.push(line(&rows, team, &answers));
    }
    Ok(lines)
}

fn line(
    rows: &Rows<&[u8]>,
    (team, place): (&str, usize),
    answers: &[(String, String, usize)],
) -> Result<Line, Unreadable> {
    let wrong = |column: &str, what: &'static str| Unreadable { at: rows.at(), column: column.to_owned(), what };
    let field = |column: &str, place: usize| {
        let field = rows.field(place).map_err(|what| wrong(column, what))?;
        Ok(field.trim().to_owned())
    };
    let id = field(team, place)?;
    if id.is_empty() {
        return Err(wrong(team, "it must be given"));
    }
    let mut given = Vec::new();
    for (question, column, place) in answers {
        let answer = field(column, *place)?;
        if !answer.is_empty() {
            given.push(Answer { question: question.clone(), answer });
        }
    }
    Ok(Line { at: rows.at(), team: id, answers: given })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_9_teams_and_their_answers_are_read_by_the_columns_that_are_named() {
        let answers = BTreeMap::from([("adult".to_owned(), "Over 18?".to_owned())]);
        let text = "Team ID,Over 18?\r\norg_a,yes\r\n\"org\nb\",\r\n,no\r\norg_c\r\n";
        let lines = read(text, Layout::default(), TEAM, &answers).unwrap();
        let first = lines[0].clone().unwrap();
        assert_eq!((first.at, first.team.as_str(), first.answers[0].answer.as_str()), (2, "org_a", "yes"));
        assert!(lines[1].as_ref().unwrap().answers.is_empty());
        let wrong: Vec<(u64, &str)> =
            lines.iter().filter_map(|line| line.as_ref().err()).map(|it| (it.at, it.column.as_str())).collect();
        assert_eq!(wrong, [(5, "Team ID"), (6, "Over 18?")]);
        assert!(read("Team\n", Layout::default(), TEAM, &answers).is_err());
        let long = format!("Team ID\n{}", "a\n".repeat(LINES_MAX + 1));
        assert_eq!(read(&long, Layout::default(), TEAM, &BTreeMap::new()).unwrap_err().at, 202);
    }
}
