//! Where a cluster's files lie: a home that is ours, data and sockets that are the server's.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest, Sha256};

use crate::server::account::Account;

/// Survives a reboot, and every user can reach it.
const LASTING_TEMPORARY: &str = "/var/tmp";

/// A socket's path may have 107 bytes, so its directory lies under a short one.
const SHORT: &str = "/tmp";

/// Makes `wanted` the home of a cluster, or a private directory elsewhere when the server's user cannot live there.
///
/// The second place depends only on the first, so that kept data is found again.
pub(crate) fn settle(wanted: &Path, account: Account) -> Result<PathBuf, String> {
    let wanted = std::path::absolute(wanted).map_err(|error| error.to_string())?;
    let fresh = !wanted.exists();
    std::fs::create_dir_all(&wanted).map_err(|error| format!("cannot be made: {error}"))?;
    if !account.is_other() {
        return Ok(wanted);
    }
    let elsewhere = Path::new(LASTING_TEMPORARY).join(format!("commonpurse-{}", short_digest(&wanted)));
    if is_reachable(&wanted, account) {
        return Ok(wanted);
    }
    if fresh {
        // Nothing but our empty directory is in it, and an empty directory would only puzzle.
        let _ = std::fs::remove_dir(&wanted);
    }
    private_directory(&elsewhere, Account::own(), 0o711)?;
    if !is_reachable(&elsewhere, account) {
        return Err(format!("neither it nor {} can be used by user number {}", elsewhere.display(), account.uid));
    }
    tracing::info!("PostgreSQL's user cannot reach {}, so its files are in {}", wanted.display(), elsewhere.display());
    Ok(elsewhere)
}

/// A short directory for the sockets of the server on `data`.
pub(crate) fn socket_directory(data: &Path, account: Account) -> Result<PathBuf, String> {
    let path = socket_path(data);
    private_directory(&path, account, 0o700)?;
    Ok(path)
}

/// Where the sockets of the server on `data` are or would be.
pub(crate) fn socket_path(data: &Path) -> PathBuf {
    Path::new(SHORT).join(format!("cp-{}", &short_digest(data)[..12]))
}

/// Makes a directory that belongs to `owner`; an existing one is taken only when it does already, since anyone may
/// have made it in a shared place.
pub(crate) fn private_directory(path: &Path, owner: Account, mode: u32) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{} cannot be used: {error}", path.display());
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {
            if owner.is_other() {
                chown(path, Some(owner.uid), Some(owner.gid)).map_err(failed)?;
            }
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let found = std::fs::symlink_metadata(path).map_err(failed)?;
            if !found.is_dir() || found.uid() != owner.uid {
                return Err(format!("{} is there already and is not ours", path.display()));
            }
        }
        Err(error) => return Err(failed(error)),
    }
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed)
}

/// Writes a file anew that only `owner` can read.
pub(crate) fn write_private(path: &Path, text: &str, owner: Account) -> Result<(), String> {
    let _ = std::fs::remove_file(path);
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    if owner.is_other() {
        chown(path, Some(owner.uid), Some(owner.gid)).map_err(failed)?;
    }
    Ok(())
}

/// The first 16 hexadecimal digits of the path's SHA-256.
pub(crate) fn short_digest(path: &Path) -> String {
    hex::encode(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..8])
}

/// Tries it: whether the account can write to a directory of its own below `home`.
fn is_reachable(home: &Path, account: Account) -> bool {
    let probe = home.join(format!("probe-{:016x}", rand::random::<u64>()));
    // Others must be able to pass through, but not to list it.
    let opened = std::fs::metadata(home).is_ok_and(|found| {
        let mode = found.permissions().mode() | 0o111;
        std::fs::set_permissions(home, Permissions::from_mode(mode)).is_ok()
    });
    let works = opened
        && private_directory(&probe, account, 0o700).is_ok()
        && account
            .command("/bin/sh")
            .args(["-c", "cd \"$1\" && : >probe && rm probe", "sh"])
            .arg(&probe)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    let _ = std::fs::remove_dir(&probe);
    works
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_that_the_server_cannot_reach_moves_to_one_lasting_place() {
        let hidden = tempfile::tempdir().unwrap();
        std::fs::set_permissions(hidden.path(), Permissions::from_mode(0o700)).unwrap();
        let wanted = hidden.path().join("pg");
        let account = Account::for_data(&wanted).unwrap();
        let first = settle(&wanted, account).unwrap();
        assert_eq!(settle(&wanted, account).unwrap(), first);
        if account.is_other() {
            assert!(first.starts_with(LASTING_TEMPORARY));
            assert!(!wanted.exists());
            std::fs::remove_dir(&first).unwrap();
        } else {
            assert_eq!(first, wanted);
        }
    }

    #[test]
    fn a_directory_of_someone_else_or_a_link_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(dir.path(), &link).unwrap();
        let me = Account { gid: 0, ..Account::own() };
        assert!(private_directory(&link, me, 0o700).unwrap_err().contains("not ours"));
        let other = Account { uid: me.uid + 4242, gid: 0 };
        assert!(private_directory(dir.path(), other, 0o700).unwrap_err().contains("not ours"));
    }

    #[test]
    fn sockets_lie_under_a_short_path_however_long_the_home_is() {
        let dir = tempfile::tempdir().unwrap();
        let long = dir.path().join("x".repeat(200));
        let account = Account { gid: 0, ..Account::own() };
        let sockets = socket_directory(&long, account).unwrap();
        assert!(sockets.join(".s.PGSQL.65535").as_os_str().len() <= 107);
        std::fs::remove_dir(sockets).unwrap();
    }
}
