//! Secrets in files of their own, which everybody else can neither read nor overwrite.

use secrecy::{ExposeSecret, SecretString};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use uuid::Uuid;

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
    #[error("the last rotation was {ago} s ago, and tokens of the key before it live for {lives} s: wait {wait} s")]
    TooSoon {
        /// Seconds since then.
        ago: u64,
        /// Seconds to wait.
        wait: u64,
        /// Seconds that such a token lives at most.
        lives: u64,
    },
}

/// What makes an error of what happened to a file or directory.
pub fn failed(path: &Path) -> impl Fn(io::Error) -> FileError {
    move |cause| FileError::Io { path: path.to_owned(), cause }
}

/// A directory for secrets.
///
/// # Errors
///
/// When it cannot be made.
pub fn make(directory: &Path) -> Result<(), FileError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed(directory))
}

/// Reads a secret that is in a file of its own. One that everybody may read is no secret.
///
/// # Errors
///
/// When it cannot be read, or everybody may.
pub fn read(path: &Path) -> Result<SecretString, FileError> {
    let mode = fs::metadata(path).map_err(failed(path))?.permissions().mode();
    if mode & 0o007 != 0 {
        return Err(FileError::Open(path.to_owned()));
    }
    fs::read_to_string(path).map(|text| SecretString::from(text.trim())).map_err(failed(path))
}

/// Writes a secret into a new file that its owner alone can read; none is overwritten.
///
/// # Errors
///
/// When it is there, or cannot be written.
pub fn write_new(path: &Path, secret: &SecretString) -> Result<(), FileError> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed(path))?;
    let text = format!("{}\n", secret.expose_secret().trim_end());
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed(path))
}

/// The one key of a file, made when there is none. Of several processes that start at once one makes it, and all read
/// the same.
///
/// # Errors
///
/// As [`read`] and [`write_new`].
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

    #[test]
    fn l5_what_everybody_may_read_is_refused_and_what_we_write_is_for_its_owner() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key.pem");
        write_new(&path, &SecretString::from("a secret")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write_new(&path, &SecretString::from("a secret")).is_err(), "none is overwritten");
        read(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let said = read(&path).unwrap_err().to_string();
        assert!(said.contains("chmod 600"), "{said}");
    }
}
