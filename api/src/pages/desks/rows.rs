//! The rows of evidence in the form of a claim: each a file that is uploaded with it, or a link with its digest. A row in which nothing
//! stands is none.

use super::kind_in_words;
use crate::auth::Caller;
use crate::evidence_body::{NewEvidence, file_at};
use crate::extract::SentFile;
use crate::handlers::files::uploads;
use crate::pages::forms::{Fields, wrong};
use crate::problem::Problem;
use crate::say;
use crate::state::State;
use crate::texts::Said;
use ledger::evidence::{EVIDENCE_MAX, Evidence, EvidenceKind, Gate};
use ledger::files::operations::files::NewFile;
use ledger::files::rules::file::FileType;
use ledger::id::BookId;
use ledger::text;

/// So many empty rows stand below those that are filled.
const SPARE: usize = 2;

/// What a row has besides its kind and what becomes of it.
const TEXTS: [&str; 5] = ["title", "link", "sha256", "licence", "file"];

/// The names of the fields of a row, and what it begins with.
pub(super) struct Row {
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) link: String,
    pub(super) sha256: String,
    pub(super) licence: String,
    pub(super) file: String,
    pub(super) kept: String,
    pub(super) upload: String,
    pub(super) drop: String,
    pub(super) number: usize,
    /// Whether something stands in it already.
    pub(super) is_filled: bool,
    /// The kinds that can be chosen: word, name, and whether it is the one.
    pub(super) kinds: Vec<(&'static str, Said, bool)>,
}

fn named(field: &str, number: usize) -> String {
    format!("{field}-{number}")
}

fn is_filled(sent: &Fields, number: usize) -> bool {
    TEXTS.iter().any(|field| sent.has(&named(field, number)))
}

/// The rows of a form: those that are filled, then empty ones for what the gate asks for and is not there, and spare ones.
pub(super) fn rows(sent: &Fields, gate: Gate) -> Vec<Row> {
    let filled = (0..EVIDENCE_MAX).filter(|number| is_filled(sent, *number)).count();
    let there: Vec<&str> = (0..filled).map(|number| sent.get(&named("kind", number))).collect();
    let missing = gate.demands().into_iter().filter(|kind| !there.contains(&kind.as_str()));
    let empty = missing.chain(std::iter::repeat_n(EvidenceKind::Other, SPARE));
    let mut rows: Vec<_> = (0..filled).map(|number| row(number, sent.get(&named("kind", number)), true)).collect();
    for kind in empty.take(EVIDENCE_MAX.saturating_sub(filled)) {
        rows.push(row(rows.len(), kind.as_str(), false));
    }
    rows
}

fn row(number: usize, kind: &str, is_filled: bool) -> Row {
    let choice = |it: &EvidenceKind| (it.as_str(), kind_in_words(*it), it.as_str() == kind);
    Row {
        kind: named("kind", number),
        title: named("title", number),
        link: named("link", number),
        sha256: named("sha256", number),
        licence: named("licence", number),
        file: named("file", number),
        kept: named("kept", number),
        upload: named("upload", number),
        drop: named("drop", number),
        number: number + 1,
        is_filled,
        kinds: EvidenceKind::ALL.iter().map(choice).collect(),
    }
}

/// What stands in the rows for evidence that is there.
pub(super) fn fill(sent: &mut Fields, state: &State, evidence: &[Evidence]) {
    for (number, it) in evidence.iter().enumerate() {
        sent.set(&named("kind", number), it.kind().as_str());
        sent.set(&named("title", number), it.title());
        sent.set(&named("licence", number), it.licence().unwrap_or_default());
        sent.set(&named("sha256", number), it.sha256().to_string());
        let field = if file_at(state, it.url()).is_some() { "kept" } else { "link" };
        sent.set(&named(field, number), it.url());
    }
}

/// Keeps the files that were sent, and notes each in its row.
pub(super) async fn take(
    sent: &mut Fields,
    files: Vec<SentFile>,
    state: &State,
    caller: &Caller,
    book: BookId,
) -> Result<(), Problem> {
    let owner = caller.person()?.id;
    for SentFile { field, name, file, bytes, sha256 } in files {
        let wrong = |why: Said| wrong(format!("/{field}"), why);
        let number = field.strip_prefix("upload-").and_then(|number| number.parse().ok());
        let number = number.filter(|number| *number < EVIDENCE_MAX).ok_or_else(|| wrong(say("team-no-such-row")))?;
        let content_type = FileType::of_name(&name).ok_or_else(|| wrong(say("team-file-kinds")))?;
        if bytes == 0 {
            return Err(wrong(say("team-file-empty")));
        }
        let new = NewFile { book, owner, content_type, bytes, sha256 };
        let kept = state.in_transaction(async |tx| uploads::keep(tx, state, caller, new, file).await).await;
        // What is wrong with its bytes is said at the row.
        let at_row = |problem: Problem| match problem.body().errors.first() {
            Some(error) if problem.is("invalid") => Problem::invalid(format!("/{field}"), &error.message),
            Some(_) | None => problem,
        };
        let kept = kept.map_err(at_row)?;
        for field in ["link", "sha256", "kept"] {
            sent.set(&named(field, number), "");
        }
        sent.set(&named("file", number), kept.id.to_string());
        if !sent.has(&named("title", number)) && text::line(&name, text::NAME).is_ok() {
            sent.set(&named("title", number), name);
        }
    }
    Ok(())
}

/// Puts the rows that are filled, and not to go, to the front, without gaps: a refusal then names a row by its number.
pub(super) fn close_up(sent: &mut Fields) {
    let (mut next, fields) = (0, TEXTS.iter().copied().chain(["kind", "kept"]));
    let fields: Vec<_> = fields.collect();
    for number in 0..EVIDENCE_MAX {
        let stays = is_filled(sent, number) && !sent.has(&named("drop", number));
        for field in &fields {
            let text = sent.get(&named(field, number)).to_owned();
            sent.set(&named(field, number), "");
            if stays {
                sent.set(&named(field, next), text);
            }
        }
        sent.set(&named("drop", number), "");
        next += usize::from(stays);
    }
}

/// The pieces of the rows, as a request of the API has them.
pub(super) fn pieces(sent: &Fields) -> Vec<NewEvidence> {
    let numbers = (0..EVIDENCE_MAX).take_while(|number| is_filled(sent, *number));
    let piece = |number| {
        let given = |field: &str| sent.given(&named(field, number));
        let file = given("file");
        NewEvidence {
            kind: sent.get(&named("kind", number)).to_owned(),
            title: given("title").unwrap_or_default(),
            url: if file.is_some() { None } else { given("link").or_else(|| given("kept")) },
            sha256: if file.is_some() { None } else { given("sha256") },
            fetch: None,
            file,
            licence: given("licence"),
        }
    };
    numbers.map(piece).collect()
}

/// The field that a JSON Pointer below `/evidence` means.
pub(super) fn field(pointer: &str) -> Option<String> {
    if let Some(upload) = pointer.strip_prefix("/upload-") {
        return Some(format!("upload-{upload}"));
    }
    let (number, field) = pointer.strip_prefix("/evidence/")?.split_once('/')?;
    let field = match field {
        "url" => "link",
        "file" => "upload",
        other => other,
    };
    Some(format!("{field}-{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn rows_that_are_empty_or_to_go_are_none_and_the_rest_close_up() {
        let mut sent = fields(&[
            ("kind-0", "photo"),
            ("kind-1", "licence"),
            ("title-1", "Licence"),
            ("licence-1", "MIT"),
            ("kind-2", "video"),
            ("title-2", "Film"),
            ("drop-2", "yes"),
            ("kind-4", "other"),
            ("file-4", "fil_x"),
            ("link-4", "https://a.example/"),
        ]);
        close_up(&mut sent);
        let pieces = pieces(&sent);
        assert_eq!(pieces.len(), 2);
        assert_eq!((pieces[0].kind.as_str(), pieces[0].licence.as_deref()), ("licence", Some("MIT")));
        assert_eq!((pieces[1].file.as_deref(), pieces[1].url.as_deref()), (Some("fil_x"), None));
        let gate = Gate { licence: true, design_files: true, enterprise_plan: false };
        let shown = rows(&sent, gate);
        let kind = |row: &Row| row.kinds.iter().find(|(.., chosen)| *chosen).map(|(word, ..)| *word);
        let kinds: Vec<_> = shown.iter().filter_map(kind).collect();
        assert_eq!(kinds, ["licence", "other", "design_files", "other", "other"]);
        assert_eq!(shown.iter().filter(|row| row.is_filled).count(), 2);
    }

    #[test]
    fn a_pointer_leads_to_the_field_of_its_row() {
        assert_eq!(field("/evidence/3/url").as_deref(), Some("link-3"));
        assert_eq!(field("/evidence/0/file").as_deref(), Some("upload-0"));
        assert_eq!(field("/upload-2").as_deref(), Some("upload-2"));
        assert_eq!(field("/amount"), None);
    }
}
