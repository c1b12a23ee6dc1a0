//! The contracts, one for each audience, as files that are committed beside this crate.

pub mod promises;

use promises::Promises;
use serde_json::Value;

/// A committed file, and what makes its content.
pub type Contract = (&'static str, fn() -> &'static Value);
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The command that mends a contract that has drifted from the code.
pub const GENERATE: &str = "cargo run -p openapi -- generate";

/// The files and what they hold: everything, and what a partner may call, each in the words of OpenAPI 3.1 and of 3.0; and what everybody may
/// call.
pub const CONTRACTS: &[Contract] = &[
    ("openapi.json", || &api::contract::ALL),
    ("partner.json", || &api::contract::PARTNER),
    ("public.json", || &api::contract::PUBLIC),
    ("openapi-3.0.json", || &api::contract::ALL_3_0),
    ("partner-3.0.json", || &api::contract::PARTNER_3_0),
];

/// Where the files are.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// A contract as its file holds it.
pub fn text(contract: &Value) -> String {
    format!("{contract:#}\n")
}

/// The files that differ from the code, or are missing.
pub fn drifted() -> io::Result<Vec<&'static str>> {
    let mut drifted = Vec::new();
    for &(name, contract) in CONTRACTS {
        match fs::read_to_string(directory().join(name)) {
            Ok(committed) if committed == text(contract()) => {}
            Ok(_) => drifted.push(name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => drifted.push(name),
            Err(error) => return Err(error),
        }
    }
    Ok(drifted)
}

/// The file of what partners have been promised.
pub const PROMISED: &str = "PROMISED";

/// The command that adds what the contract of partners promises now.
pub const PROMISE: &str = "cargo run -p openapi -- promise";

/// What partners have been promised by the releases so far.
///
/// # Errors
///
/// When the file cannot be read.
pub fn promised() -> io::Result<Promises> {
    Ok(fs::read_to_string(directory().join(PROMISED))?.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p15_6_the_contract_of_partners_breaks_nothing_that_a_release_has_promised() {
        let promised = promised().expect("the file can be read");
        assert!(promised.len() > 1_000, "{} lines are not a contract", promised.len());
        let broken = promises::broken(&promised, &promises::of(&api::contract::PARTNER));
        assert!(
            broken.is_empty(),
            "within /v1 nothing that partners use goes away or asks for more:\n{}",
            broken.join("\n")
        );
    }

    #[test]
    fn the_committed_contracts_are_what_the_code_serves() {
        let drifted = drifted().expect("the files can be read");
        assert!(drifted.is_empty(), "{drifted:?} differ from the code: run `{GENERATE}` and commit the result");
    }
}
