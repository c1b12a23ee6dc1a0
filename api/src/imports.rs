//! What exports that come in by file have in common: they are read on a thread that may take its time, and each line hears its own verdict.

use crate::problem::Problem;
use actix_web::web::block;
use ledger::table::{Broken, Unreadable, Verdict};
use serde::Deserialize;
use utoipa::IntoParams;

/// Whether an import is only tried.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TryImport {
    /// Says what would become of each line now, and writes nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// How many lines of an export came to each verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Those that are there now.
    pub created: usize,
    /// Those that were there before.
    pub already_there: usize,
    /// Those that a rule refuses.
    pub refused: usize,
    /// Those that cannot be read.
    pub unreadable: usize,
}

impl Counts {
    /// Of the verdicts on all lines.
    pub fn of(verdicts: impl Iterator<Item = Verdict>) -> Counts {
        verdicts.fold(Counts::default(), |counts, verdict| match verdict {
            Verdict::Created => Counts { created: counts.created + 1, ..counts },
            Verdict::AlreadyThere => Counts { already_there: counts.already_there + 1, ..counts },
            Verdict::Refused => Counts { refused: counts.refused + 1, ..counts },
            Verdict::Unreadable => Counts { unreadable: counts.unreadable + 1, ..counts },
        })
    }
}

/// The lines of an export, each read or not.
pub type Lines<L> = Vec<Result<L, Unreadable>>;

/// Reads an export, and gives back the request that it came with. One that is no table, or lacks a column, is refused whole at `/csv`.
pub async fn lines<B, L>(
    body: B,
    read: impl FnOnce(&B) -> Result<Lines<L>, Broken> + Send + 'static,
) -> Result<(B, Lines<L>), Problem>
where
    B: Send + 'static,
    L: Send + 'static,
{
    let work = move || {
        let lines = read(&body);
        (body, lines)
    };
    let (body, lines) = block(work).await.map_err(|_| Problem::internal())?;
    let lines = lines.map_err(|broken| Problem::invalid("/csv", format!("line {}: {}", broken.at, broken.what)))?;
    Ok((body, lines))
}

/// The verdicts on all lines in their order: those on lines that were read, and between them what is said of the others.
pub fn in_order<L, T>(
    lines: &Lines<L>,
    verdicts: Vec<T>,
    unreadable: impl Fn(&Unreadable) -> T,
) -> Result<Vec<T>, Problem> {
    let mut verdicts = verdicts.into_iter();
    let told = lines.iter().map(|line| match line {
        Ok(_) => verdicts.next().ok_or_else(Problem::internal),
        Err(wrong) => Ok(unreadable(wrong)),
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_9_verdicts_stand_in_the_order_of_the_lines_and_add_up() {
        let wrong = Unreadable { at: 3, column: "Amount".to_owned(), what: "no amount" };
        let lines = vec![Ok("a"), Err(wrong), Ok("b"), Ok("c")];
        let verdicts = vec![Verdict::Created, Verdict::Refused, Verdict::AlreadyThere];
        let told = in_order(&lines, verdicts.clone(), |_| Verdict::Unreadable).unwrap();
        assert_eq!(told, [Verdict::Created, Verdict::Unreadable, Verdict::Refused, Verdict::AlreadyThere]);
        assert_eq!(Counts::of(told.into_iter()), Counts { created: 1, already_there: 1, refused: 1, unreadable: 1 });
        assert!(in_order(&lines, verdicts[..2].to_vec(), |_| Verdict::Unreadable).is_err(), "none is made up");
    }
}
