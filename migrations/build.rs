//! Compiles the SQL files in, and rebuilds the crate when one is added or gone.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=sql");
    let sql = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the crate is")).join("sql");
    let mut text = String::new();
    for (list, folder, prefix) in [("NUMBERED", sql.clone(), ""), ("NOW", sql.join("now"), "now/")] {
        let entries = std::fs::read_dir(&folder).expect("the folder of SQL files can be read");
        let paths = entries.map(|entry| entry.expect("its entries too").path());
        let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|it| it == "sql")).collect();
        paths.sort();
        writeln!(text, "pub(super) const {list}: &[File] = &[").expect("a string takes all");
        for path in paths {
            let name = format!("{prefix}{}", path.file_name().expect("a file has a name").to_string_lossy());
            writeln!(text, "    File {{ name: {name:?}, text: include_str!({path:?}) }},").expect("a string takes all");
        }
        writeln!(text, "];").expect("a string takes all");
    }
    let out = std::env::var("OUT_DIR").expect("cargo says where things go");
    std::fs::write(Path::new(&out).join("files.rs"), text).expect("what is made can be written");
}
