//! A directory with the signing keys of an installation: `current.pem` signs, `next.pem` signs after the next rotation,
//! `last.pem` signed before the last one.

pub use ::vault::files::{FileError, load_or_make, read, write_new};

use super::{ACCESS_SECONDS, SigningKeys, generate};
use ::vault::files::{failed, make};
use secrecy::SecretString;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

const CURRENT: &str = "current.pem";
const NEXT: &str = "next.pem";
const LAST: &str = "last.pem";

/// The least time between two rotations: tokens of the key before live so long, and every process must have read the next one.
const PAUSE: Duration = Duration::from_secs(ACCESS_SECONDS as u64 + 60);

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
        Some(wait) => Err(FileError::TooSoon { ago: ago.as_secs(), wait: wait.as_secs() + 1, lives: PAUSE.as_secs() }),
    }
}

/// Writes a file whole, over what is there.
fn put(path: &Path, secret: &SecretString) -> Result<(), FileError> {
    let draft = path.with_extension(Uuid::now_v7().to_string());
    write_new(&draft, secret)?;
    fs::rename(&draft, path).map_err(failed(path))
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
}
