//! The SQL files, compiled in: numbered ones, which never change once they have landed, and those of now.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// A file of `sql/`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File {
    /// Its path below `sql/`: `V0001__parties.sql`, `now/journal.sql`.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Applied before the numbered files, which call what stands in it.
pub(crate) const HELPERS: &str = "now/0_helpers.sql";

/// Applied last, and at each migration.
pub(crate) const GRANTS: &str = "now/grants.sql";

impl File {
    /// SHA-256 of its bytes, in hex.
    pub(crate) fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.text))
    }

    /// The number of a numbered file.
    pub(crate) fn version(&self) -> i64 {
        version(self.name).expect("a test reads every name")
    }

    /// What it defines, by the first words of its lines.
    pub(crate) fn defines(&self) -> Defined {
        let mut defined = Defined::default();
        for line in self.text.lines() {
            let replaced = line.strip_prefix("CREATE OR REPLACE ");
            let Some(rest) = replaced.or_else(|| line.strip_prefix("CREATE CONSTRAINT ")) else { continue };
            let mut words = rest.split([' ', '(']);
            let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_owned());
            match kind {
                "FUNCTION" => drop(defined.functions.insert(name)),
                "VIEW" => drop(defined.views.insert(name)),
                "TRIGGER" => {
                    let table = words.skip_while(|word| *word != "ON").nth(1).unwrap_or_default();
                    defined.triggers.insert(format!("{name} ON {table}"));
                }
                _other => {}
            }
        }
        defined
    }
}

/// Names of what files define.
#[derive(Debug, Default)]
pub(crate) struct Defined {
    pub(crate) functions: BTreeSet<String>,
    pub(crate) views: BTreeSet<String>,
    /// `name ON table`.
    pub(crate) triggers: BTreeSet<String>,
}

/// The number in `V0001__parties.sql`.
pub(crate) fn version(name: &str) -> Option<i64> {
    name.strip_prefix('V')?.split_once("__")?.0.parse().ok()
}

/// The numbered files, in order.
pub(crate) fn numbered() -> &'static [File] {
    NUMBERED
}

/// The files of now: the helpers first, the rights last.
pub(crate) fn now() -> Vec<File> {
    let mut files = NOW.to_vec();
    files.sort_by_key(|file| (file.name != HELPERS, file.name == GRANTS, file.name));
    files
}

/// What the service may do.
pub(crate) fn grants() -> &'static str {
    NOW.iter().find(|file| file.name == GRANTS).map_or("", |file| file.text)
}

/// All that the files of now define.
pub(crate) fn defined_now() -> Defined {
    let mut all = Defined::default();
    for file in NOW {
        let Defined { functions, views, triggers } = file.defines();
        all.functions.extend(functions);
        all.views.extend(views);
        all.triggers.extend(triggers);
    }
    all
}

/// A digest over all SQL files: two programs with the same one make the same schema.
pub(crate) fn digest() -> String {
    let mut hasher = Sha256::new();
    for file in numbered().iter().chain(NOW) {
        hasher.update(file.name);
        hasher.update(file.digest());
    }
    // What is no file, such as the roles, is a matter of the program.
    hasher.update(include_str!("../schema.rs"));
    hasher.update(include_str!("plan.rs"));
    hasher.update(include_str!("../roles.rs"));
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_come_first_and_rights_last() {
        let names: Vec<&str> = now().iter().map(|file| file.name).collect();
        assert_eq!(names.first(), Some(&HELPERS));
        assert_eq!(names.last(), Some(&GRANTS));
    }

    #[test]
    fn what_a_file_defines_is_read_from_the_beginnings_of_its_lines() {
        let text = "-- CREATE OR REPLACE FUNCTION no()\nCREATE OR REPLACE FUNCTION one(p_book int) RETURNS void\n\
                    CREATE OR REPLACE VIEW two AS\nCREATE OR REPLACE TRIGGER three BEFORE UPDATE ON four FOR EACH ROW";
        let defined = File { name: "now/x.sql", text }.defines();
        assert_eq!(defined.functions, ["one".to_owned()].into());
        assert_eq!(defined.views, ["two".to_owned()].into());
        assert_eq!(defined.triggers, ["three ON four".to_owned()].into());
    }
}
