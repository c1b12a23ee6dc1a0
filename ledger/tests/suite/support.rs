//! What the tests of this crate share beside the ground of `ledger::testing`.

use deadpool_postgres::Object;
use jiff::Timestamp;
use ledger::desk::operations::waiting;
use ledger::desk::rules::task::Place;
use ledger::id::PersonId;
use ledger::testing::Ground;

/// The usual ground, from now on.
pub(crate) async fn ground() -> Ground {
    Ground::at(Timestamp::now()).await
}

/// What waits for a person, read an item at a time.
pub(crate) async fn waits(ground: &Ground, person: PersonId) -> Vec<&'static str> {
    let client = ground.client().await;
    let (mut after, mut found) = (Place::START, Vec::new());
    while let [task] = &waiting::list(&client, person, after, 1, ground.wall).await.expect("a list")[..] {
        after = task.place();
        found.push(task.kind.as_str());
    }
    found
}

/// The plan of the statement that a function has prepared on this connection, with and without its arguments known.
pub(crate) async fn plans(client: &Object, marker: &str, arguments: &str) -> Vec<String> {
    let row = client
        .query_one("SELECT name FROM pg_prepared_statements WHERE statement LIKE $1 || E'\\n%'", &[&marker])
        .await
        .expect("a plan");
    let name: String = row.get(0);
    let mut plans = Vec::new();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        client.batch_execute(&format!("SET plan_cache_mode = {mode}")).await.expect("a plan");
        let rows = client.query(&format!("EXPLAIN EXECUTE \"{name}\"({arguments})"), &[]).await.expect("a plan");
        plans.push(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n"));
    }
    client.batch_execute("RESET plan_cache_mode").await.expect("a plan");
    plans
}
