//! Finds PostgreSQL's server programs, wherever the machine's packager has put them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;

/// The oldest major version whose SQL and settings we use.
const OLDEST_MAJOR: u32 = 15;

/// A directory with `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    dir: PathBuf,
    major: u32,
}

impl Programs {
    /// Finds programs of any usable version: `PG_BIN` if set (and then only there), else what `pg_config` says, else
    /// the newest in the usual places, else what is on the `PATH`.
    ///
    /// # Errors
    ///
    /// [`Error::Programs`] says in one sentence what is missing.
    pub fn find() -> Result<Self, Error> {
        choose(&Machine::this(), None)
    }

    /// Finds programs that can run data made by the given major version.
    ///
    /// # Errors
    ///
    /// [`Error::Programs`] when that version is not installed.
    pub fn find_major(major: u32) -> Result<Self, Error> {
        choose(&Machine::this(), Some(major))
    }

    /// The major version, such as 15.
    #[must_use]
    pub fn major(&self) -> u32 {
        self.major
    }

    /// The full path of a program.
    #[must_use]
    pub fn path(&self, program: &str) -> PathBuf {
        self.dir.join(program)
    }

    /// The programs in `dir`, or why they cannot be used.
    fn at(dir: &Path) -> Result<Self, String> {
        for program in ["initdb", "postgres"] {
            if !dir.join(program).is_file() {
                return Err(format!("{} has no {program}", dir.display()));
            }
        }
        let major = major_version(&dir.join("postgres"))?;
        if major < OLDEST_MAJOR {
            return Err(format!("{} has version {major}", dir.display()));
        }
        Ok(Self { dir: dir.to_path_buf(), major })
    }
}

/// What the search looks at, so that tests can make up a machine.
struct Machine {
    pg_bin: Option<OsString>,
    pg_config: Option<PathBuf>,
    search_path: Option<OsString>,
    root: PathBuf,
}

impl Machine {
    fn this() -> Self {
        Self {
            pg_bin: std::env::var_os("PG_BIN").filter(|dir| !dir.is_empty()),
            pg_config: run("pg_config".as_ref(), "--bindir").ok().map(PathBuf::from),
            search_path: std::env::var_os("PATH"),
            root: PathBuf::from("/"),
        }
    }

    /// Every directory worth a look, best first.
    fn candidates(&self) -> Vec<PathBuf> {
        let mut dirs: Vec<PathBuf> = self.pg_config.iter().cloned().collect();
        // Debian and Ubuntu; Red Hat's PGDG packages; Homebrew on Apple silicon and on Intel.
        dirs.extend(newest_first(&self.root.join("usr/lib/postgresql"), ""));
        dirs.extend(newest_first(&self.root.join("usr"), "pgsql-"));
        dirs.extend(newest_first(&self.root.join("opt/homebrew/opt"), "postgresql@"));
        dirs.extend(newest_first(&self.root.join("usr/local/opt"), "postgresql@"));
        dirs.extend(self.search_path.iter().flat_map(std::env::split_paths));
        dirs
    }
}

fn choose(machine: &Machine, major: Option<u32>) -> Result<Programs, Error> {
    let fits = |programs: &Programs| major.is_none_or(|major| programs.major == major);
    if let Some(dir) = &machine.pg_bin {
        let found = Programs::at(Path::new(dir));
        let found = found.map_err(|why| Error::Programs(format!("PG_BIN is set, but {why}")))?;
        if !fits(&found) {
            return Err(Error::Programs(format!("PG_BIN has version {}, the data {major:?}", found.major)));
        }
        return Ok(found);
    }
    let mut refused = Vec::new();
    for dir in machine.candidates() {
        match Programs::at(&dir) {
            Ok(programs) if fits(&programs) => return Ok(programs),
            Ok(other) => refused.push(format!("{} has version {}", dir.display(), other.major)),
            // A directory without `postgres` is no news.
            Err(why) if why.contains(" has version ") => refused.push(why),
            Err(_) => {}
        }
    }
    let wanted = major.map(|major| format!("version {major} of this data is not here; ")).unwrap_or_default();
    let seen = if refused.is_empty() { "none were found".to_owned() } else { refused.join(", ") };
    Err(Error::Programs(format!("{wanted}{seen}; `make tools` installs them, PG_BIN points to them")))
}

/// The `bin` directories under `parent/<prefix><number>`, highest number first.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort_by(|left, right| right.cmp(left));
    found.into_iter().map(|(_, dir)| dir).collect()
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian …)` or `… 19beta1`.
fn major_version(postgres: &Path) -> Result<u32, String> {
    let line = run(postgres.as_os_str(), "--version")?;
    let (_, version) = line.split_once(") ").unwrap_or(("", &line));
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().map_err(|_| format!("{} does not tell its version", postgres.display()))
}

fn run(program: &std::ffi::OsStr, argument: &str) -> Result<String, String> {
    let shown = Path::new(program).display();
    let output = Command::new(program).arg(argument).output().map_err(|error| format!("{shown}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{shown} {argument} failed"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn install(dir: &Path, version: &str) {
        std::fs::create_dir_all(dir).unwrap();
        for program in ["initdb", "postgres"] {
            let script = format!("#!/bin/sh\necho '{program} (PostgreSQL) {version}'\n");
            std::fs::write(dir.join(program), script).unwrap();
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(dir.join(program), mode).unwrap();
        }
    }

    fn machine(root: &Path) -> Machine {
        Machine { pg_bin: None, pg_config: None, search_path: None, root: root.to_path_buf() }
    }

    #[test]
    fn the_newest_installed_version_is_taken_and_an_older_one_on_demand() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("usr/lib/postgresql/9/bin"), "9.6.1");
        install(&root.path().join("usr/lib/postgresql/15/bin"), "15.18 (Debian 15.18-0+deb12u1)");
        install(&root.path().join("usr/lib/postgresql/17/bin"), "17beta2");
        assert_eq!(choose(&machine(root.path()), None).unwrap().major(), 17);
        assert_eq!(choose(&machine(root.path()), Some(15)).unwrap().major(), 15);
        let error = choose(&machine(root.path()), Some(16)).unwrap_err().to_string();
        assert!(error.contains("version 16") && error.contains("make tools"), "{error}");
    }

    #[test]
    fn every_packager_has_its_own_place() {
        for place in ["usr/pgsql-16/bin", "opt/homebrew/opt/postgresql@16/bin", "usr/local/opt/postgresql@16/bin"] {
            let root = tempfile::tempdir().unwrap();
            install(&root.path().join(place), "16.4 (Homebrew)");
            assert_eq!(choose(&machine(root.path()), None).unwrap().dir, root.path().join(place));
        }
    }

    #[test]
    fn pg_bin_is_obeyed_or_refused_but_never_ignored() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("usr/lib/postgresql/17/bin"), "17.1");
        install(&root.path().join("mine"), "14.2");
        let mut machine = machine(root.path());
        machine.pg_bin = Some(root.path().join("mine").into());
        assert!(choose(&machine, None).unwrap_err().to_string().contains("PG_BIN"));
        install(&root.path().join("mine"), "15.2");
        assert_eq!(choose(&machine, None).unwrap().major(), 15);
    }

    #[test]
    fn pg_config_without_server_programs_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let mut machine = machine(root.path());
        machine.pg_config = Some(root.path().join("usr/bin"));
        machine.search_path = Some(root.path().join("path").into());
        assert!(choose(&machine, None).unwrap_err().to_string().contains("none were found"));
        install(&root.path().join("path"), "18.0");
        assert_eq!(choose(&machine, None).unwrap().major(), 18);
    }
}
