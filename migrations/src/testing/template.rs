//! The database that tests are cloned from, made once for each state of the SQL files.

use tokio_postgres::Client;

use crate::connection::{connect, with_database};
use crate::error::Error;
use crate::roles::{self, Roles};
use crate::schema;
use crate::server::cluster::quoted;

/// Guards the making of templates on one server; any number that nobody else uses.
const TEMPLATE_LOCK: i64 = 0x0063_7074_656d_706c;

/// How the service logs in.
pub(crate) struct Login {
    pub(crate) name: &'static str,
    pub(crate) password: String,
}

/// Makes the template unless it is there, and returns its name.
///
/// Only a finished one is marked as a template, so that one whose making was killed is made again.
pub(crate) async fn ensure(maintenance_url: &str, login: &Login) -> Result<String, Error> {
    let name = format!("cp_template_{}", &schema::digest()[..16]);
    let client = connect(&maintenance_url.parse()?).await?;
    if is_finished(&client, &name).await? {
        return Ok(name);
    }
    client
        .execute("/* template::ensure */ SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK])
        .await
        .map_err(|error| Error::statement("the lock on the template", &error))?;
    if !is_finished(&client, &name).await? {
        make(&client, maintenance_url, &name).await?;
        roles::make_login(&client, login.name, Some(&login.password)).await?;
    }
    // The lock goes with the connection.
    Ok(name)
}

async fn make(client: &Client, maintenance_url: &str, name: &str) -> Result<(), Error> {
    let quoted = quoted(name);
    let run = async |statement: String| {
        let done = client.batch_execute(&statement).await;
        done.map_err(|error| Error::statement("the template of test databases", &error))
    };
    run(format!("DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")).await?;
    run(format!("CREATE DATABASE {quoted} TEMPLATE template0")).await?;
    schema::apply(&with_database(maintenance_url, name)?, &Roles::default()).await?;
    // A template that anyone is connected to cannot be cloned.
    run(format!("ALTER DATABASE {quoted} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")).await
}

async fn is_finished(client: &Client, name: &str) -> Result<bool, Error> {
    let sql = "/* template::is_finished */
        SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)";
    let row = client.query_one(sql, &[&name]).await;
    Ok(row.map_err(|error| Error::statement("the list of databases", &error))?.get(0))
}
