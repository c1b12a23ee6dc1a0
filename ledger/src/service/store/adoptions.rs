//! Whether this database is the installation itself or a restored copy of it, which must reach out to nobody.

use crate::error::Error;
use deadpool_postgres::{GenericClient, Transaction};

/// Whether this is the database that was adopted last: where the installation was made, or where an operator has said
/// since that it is at home.
pub async fn holds(client: &impl GenericClient) -> Result<bool, Error> {
    let statement = client.prepare_cached("-- adoptions::holds\nSELECT adoption_holds()").await?;
    Ok(client.query_one(&statement, &[]).await?.get(0))
}

/// Says that the installation is at home in this database from now on; answers how many homes that makes. Only the owner
/// of the tables may.
pub async fn record(tx: &Transaction<'_>, reason: &str) -> Result<i32, Error> {
    let statement = tx.prepare_cached("-- adoptions::record\nSELECT adoption_record($1)").await?;
    Ok(tx.query_one(&statement, &[/* reason */ &reason]).await?.get(0))
}
