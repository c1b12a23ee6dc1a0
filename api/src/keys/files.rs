//! A directory with the signing keys of an installation: `current.pem` signs, `next.pem` signs after the next rotation,
//! `last.pem` signed before the last one.

use super::{ACCESS_SECONDS, SigningKeys, generate};
use secrecy::{ExposeSecret, SecretString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

const CURRENT: &str = "current.pem";
const NEXT: &str = "next.pem";
const LAST: &str = "last.pem";

/// The least time between two rotations: tokens of the key before live so long, and every process must have read the next one.
const PAUSE: Duration = Duration::from_secs(ACCESS_SECONDS as u64 + 60);

/// Why the files of keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read or written.
    #[error("{path}: {cause}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Others than its owner and group may read or change it.
    #[error("{0} holds a secret, and everybody may read it: chmod 600 {0}")]
    Open(PathBuf),
    /// Tokens of the key before last would die at once.
    #[error("the last rotation was {ago} s ago, and tokens of the key before it live for {} s: wait {wait} s", PAUSE.as_secs())]
    TooSoon {
        /// Seconds since then.
        ago: u64,
        /// Seconds to wait.
        wait: u64,
    },
}

fn failed(path: &Path) -> impl Fn(io::Error) -> FileError {
    move |cause| FileError::Io { path: path.to_owned(), cause }
}

/// A directory for secrets.
pub(super) fn make(directory: &Path) -> Result<(), FileError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed(directory))
}

/// Reads a secret that is in a file of its own. One that everybody may read is no secret.
pub fn read(path: &Path) -> Result<SecretString, FileError> {
    let mode = fs::metadata(path).map_err(failed(path))?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(FileError::Open(path.to_owned()));
    }
    fs::read_to_string(path).map(|text| SecretString::from(text.trim())).map_err(failed(path))
}

/// Writes a secret into a new file that its owner alone can read; none is overwritten.
pub fn write_new(path: &Path, secret: &SecretString) -> Result<(), FileError> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed(path))?;
    let text = format!("{}\n", secret.expose_secret().trim_end());
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed(path))
}

/// The keys of a directory.
pub fn load(directory: &Path) -> Result<SigningKeys, FileError> {
    let current = read(&directory.join(CURRENT))?;
    let others = [LAST, NEXT].map(|name| directory.join(name)).into_iter().filter(|path| path.exists());
    Ok(SigningKeys { current, others: others.map(|path| read(&path)).collect::<Result<_, _>>()? })
}

/// The next key becomes the current one, the current one the last, and a new one the next. In an empty directory it makes
/// the first two. It may die at any line: a second run goes on.
pub fn rotate(directory: &Path, now: SystemTime) -> Result<(), FileError> {
    make(directory)?;
    let [current, next, last] = [CURRENT, NEXT, LAST].map(|name| directory.join(name));
    if current.exists() && next.exists() {
        refuse_too_soon(&last, now)?;
        put(&last, &read(&current)?)?;
        fs::rename(&next, &current).map_err(failed(&next))?;
    } else if !current.exists() {
        put(&current, &generate())?;
    }
    put(&next, &generate())
}

fn refuse_too_soon(last: &Path, now: SystemTime) -> Result<(), FileError> {
    let Ok(rotated) = fs::metadata(last).and_then(|file| file.modified()) else { return Ok(()) };
    let ago = now.duration_since(rotated).unwrap_or_default();
    match PAUSE.checked_sub(ago).filter(|wait| !wait.is_zero()) {
        None => Ok(()),
        Some(wait) => Err(FileError::TooSoon { ago: ago.as_secs(), wait: wait.as_secs() + 1 }),
    }
}

/// Writes a file whole, over what is there.
fn put(path: &Path, secret: &SecretString) -> Result<(), FileError> {
    let draft = path.with_extension(Uuid::now_v7().to_string());
    write_new(&draft, secret)?;
    fs::rename(&draft, path).map_err(failed(path))
}

/// The one key of a file, made when there is none. Of several processes that start at once one makes it, and all read
/// the same.
pub fn load_or_make(path: &Path, generate: impl FnOnce() -> SecretString) -> Result<SecretString, FileError> {
    if !path.exists() {
        let directory = path.parent().unwrap_or(Path::new("."));
        make(directory)?;
        let draft = path.with_extension(Uuid::now_v7().to_string());
        write_new(&draft, &generate())?;
        // A link is made whole or not at all, and fails when another process was first.
        let linked = fs::hard_link(&draft, path);
        fs::remove_file(&draft).map_err(failed(&draft))?;
        if let Err(cause) = linked
            && cause.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(failed(path)(cause));
        }
    }
    read(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(directory: &Path, name: &str) -> String {
        fs::read_to_string(directory.join(name)).unwrap()
    }

    #[test]
    fn a_rotation_moves_each_key_on_and_none_is_lost_by_two_in_a_row() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("keys");
        rotate(&directory, SystemTime::now()).unwrap();
        assert_eq!(load(&directory).unwrap().others.len(), 1, "there is no last one yet");
        let (current, next) = (text(&directory, CURRENT), text(&directory, NEXT));
        rotate(&directory, SystemTime::now()).unwrap();
        assert_eq!((text(&directory, LAST), text(&directory, CURRENT)), (current, next.clone()));
        let again = rotate(&directory, SystemTime::now());
        assert!(matches!(again, Err(FileError::TooSoon { .. })), "{again:?}");
        assert_eq!(text(&directory, CURRENT), next, "and nothing has moved");
        rotate(&directory, SystemTime::now() + 2 * PAUSE).unwrap();
        assert_eq!(text(&directory, LAST), next);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 3, "no draft is left");
    }

    #[test]
    fn a_rotation_that_died_in_the_middle_is_gone_on_with() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path();
        rotate(directory, SystemTime::now()).unwrap();
        let next = text(directory, NEXT);
        // It died before the new next one was written.
        put(&directory.join(LAST), &read(&directory.join(CURRENT)).unwrap()).unwrap();
        fs::rename(directory.join(NEXT), directory.join(CURRENT)).unwrap();
        rotate(directory, SystemTime::now()).unwrap();
        assert_eq!(text(directory, CURRENT), next);
        assert_ne!(text(directory, NEXT), next);
    }

    #[test]
    fn l5_what_everybody_may_read_is_refused_and_what_we_write_is_for_its_owner() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key.pem");
        write_new(&path, &generate()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write_new(&path, &generate()).is_err(), "none is overwritten");
        read(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let said = read(&path).unwrap_err().to_string();
        assert!(said.contains("chmod 600"), "{said}");
    }
}
