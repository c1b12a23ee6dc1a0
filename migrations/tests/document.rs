//! The page about the schema is what the migrations add up to.

#[path = "../examples/schema/document.rs"]
mod document;

use migrations::testing::TestDatabase;

/// The lines that every supported version of PostgreSQL prints alike; all of them when it is the version of the page.
fn comparable(page: &str, same_server: bool) -> Vec<&str> {
    let is_printed = |line: &&str| {
        document::CONDITIONS.iter().any(|start| line.starts_with(start)) || line.contains("printed by PostgreSQL")
    };
    page.lines().filter(|line| same_server || !is_printed(line)).collect()
}

fn server(page: &str) -> Option<&str> {
    page.split("printed by PostgreSQL ").nth(1).and_then(|rest| rest.split('.').next())
}

#[tokio::test]
async fn the_page_about_the_schema_is_up_to_date() {
    let database = TestDatabase::create().await.unwrap();
    let client = migrations::connect(&database.url.parse().unwrap()).await.unwrap();
    let now = document::write(&client).await.unwrap();
    let kept = std::fs::read_to_string(document::file()).unwrap_or_default();
    let same_server = server(&now) == server(&kept);
    let (now, kept) = (comparable(&now, same_server), comparable(&kept, same_server));
    let differs = now.iter().zip(&kept).find(|(now, kept)| now != kept);
    assert!(now == kept, "migrations/SCHEMA.md is out of date, first at {differs:?}: run `make schema`");
}

#[tokio::test]
async fn a_table_of_no_domain_is_named() {
    let database = TestDatabase::create().await.unwrap();
    let client = migrations::connect(&database.url.parse().unwrap()).await.unwrap();
    client.batch_execute("CREATE TABLE lottery (number int PRIMARY KEY)").await.unwrap();
    let error = document::write(&client).await.unwrap_err();
    assert!(error.to_string().contains("the table `lottery` is in no domain"), "{error}");
}
