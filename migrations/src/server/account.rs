//! Who the server runs as: ourselves, or an unprivileged user when we are root, which PostgreSQL refuses.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{User, getegid, geteuid};

/// A user that may run PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The user for a cluster whose data may exist already: its owner when we are root, else `postgres` or `nobody`.
    pub(crate) fn for_data(data: &Path) -> Result<Self, String> {
        let me = Self::own();
        let owner = std::fs::metadata(data).ok().map(|data| Self { uid: data.uid(), gid: data.gid() });
        if me.uid != 0 {
            return match owner {
                Some(owner) if owner.uid != me.uid => Err(format!(
                    "{} belongs to user number {}; run as that user or remove it",
                    data.display(),
                    owner.uid
                )),
                Some(_) | None => Ok(me),
            };
        }
        if let Some(owner) = owner.filter(|owner| owner.uid != 0) {
            return Ok(owner);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self { uid: user.uid.as_raw(), gid: user.gid.as_raw() })
            .ok_or_else(|| "run as root, PostgreSQL needs a user `postgres` or `nobody`".to_owned())
    }

    /// Ourselves.
    pub(crate) fn own() -> Self {
        Self { uid: geteuid().as_raw(), gid: getegid().as_raw() }
    }

    /// Whether running as this account means leaving root.
    pub(crate) fn is_other(self) -> bool {
        geteuid().as_raw() != self.uid
    }

    /// A command that will run as this account, without our own PostgreSQL settings.
    pub(crate) fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C").current_dir("/");
        if self.is_other() {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }
}
