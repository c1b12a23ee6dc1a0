//! Clients whose making takes minutes: their generators need a Java, or what they make is Rust and is compiled.

use super::{Outcome, Post, committed, compiled_typescript, place};
use crate::contract::{root, run, target, tool};
use std::path::Path;
use tokio::process::Command;

/// Lets openapi-generator make a client of the contract.
async fn generate(generator: &str, properties: &str, into: &Path) -> Outcome {
    let mut command = Command::new(tool("openapi-generator-cli")?);
    command.args(["generate", "--generator-name", generator]).arg("--input-spec").arg(committed("openapi-3.0.json"));
    command.args(["--additional-properties", properties]).arg("--output").arg(into);
    run(&mut command).await.map(drop)
}

/// Compiles the package in a place; answers its program.
async fn compiled_rust(place: &Path, program: &str) -> anyhow::Result<Command> {
    // What is locked for the workspace is what has been fetched already.
    std::fs::copy(root().join("Cargo.lock"), place.join("Cargo.lock"))?;
    let built = target().join("clients/cargo");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet"]).current_dir(place).env("CARGO_TARGET_DIR", &built);
    run(&mut cargo).await?;
    Ok(Command::new(built.join("debug").join(program)))
}

#[tokio::test]
#[ignore = "left to `make check-long`"]
async fn fl48_a_client_of_openapi_generator_in_typescript_posts_an_entry() -> Outcome {
    let files =
        [("openapi_generator.ts", "program.ts"), ("package.json", "package.json"), ("tsconfig.json", "tsconfig.json")];
    let place = place("openapi-generator-typescript", &files)?;
    generate("typescript-fetch", "importFileExtension=.js", &place.join("client")).await?;
    let mut client = compiled_typescript(&place, "program.js").await?;
    Post::open().await?.used_by(&mut client).await
}

#[tokio::test]
#[ignore = "left to `make check-long`"]
async fn fl48_a_client_of_openapi_generator_in_rust_posts_an_entry() -> Outcome {
    let files = [("openapi_generator.rs", "src/main.rs"), ("openapi_generator.toml", "Cargo.toml")];
    let place = place("openapi-generator-rust", &files)?;
    generate("rust", "packageName=client", &place.join("client")).await?;
    let mut client = compiled_rust(&place, "posts-by-openapi-generator").await?;
    Post::open().await?.used_by(&mut client).await
}

#[tokio::test]
#[ignore = "left to `make check-long`"]
async fn fl50_a_client_of_progenitor_posts_an_entry() -> Outcome {
    let place = place("progenitor", &[("progenitor.rs", "src/main.rs"), ("progenitor.toml", "Cargo.toml")])?;
    std::fs::copy(committed("openapi-3.0.json"), place.join("contract.json"))?;
    let mut client = compiled_rust(&place, "posts-by-progenitor").await?;
    Post::open().await?.used_by(&mut client).await
}
