//! Adds the digests of new migrations to `sql/FROZEN`, and refuses to touch the lines that are there.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let list = sql.join("FROZEN");
    let mut digests: BTreeMap<String, String> = BTreeMap::new();
    for line in std::fs::read_to_string(&list).unwrap_or_default().lines() {
        let (digest, name) = line.split_once("  ").ok_or("sql/FROZEN has a line without two spaces")?;
        digests.insert(name.to_owned(), digest.to_owned());
    }
    for entry in std::fs::read_dir(&sql)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".sql")) else {
            continue;
        };
        let digest = hex::encode(Sha256::digest(std::fs::read(&path)?));
        match digests.get(name) {
            Some(listed) if *listed != digest => {
                return Err(format!("sql/{name} has changed since it was frozen; write a new migration instead").into());
            }
            Some(_) => {}
            None => {
                println!("froze {name}");
                digests.insert(name.to_owned(), digest);
            }
        }
    }
    let mut text = String::new();
    for (name, digest) in digests {
        writeln!(text, "{digest}  {name}")?;
    }
    std::fs::write(list, text)?;
    Ok(())
}
