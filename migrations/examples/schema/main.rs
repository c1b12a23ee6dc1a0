//! Writes `migrations/SCHEMA.md`: what the migrations add up to, read from a freshly migrated database.

mod document;

use migrations::testing::TestDatabase;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let database = TestDatabase::create().await?;
    let client = migrations::connect(&database.url.parse()?).await?;
    std::fs::write(document::file(), document::write(&client).await?)?;
    Ok(())
}
