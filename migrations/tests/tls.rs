//! The way to the database: whom each `sslmode` takes for the server, and what it says when it refuses.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

use std::path::Path;

use migrations::testing::TestDatabase;
use migrations::{Access, Durability, PrivateServer};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use tokio_postgres::config::Host;

/// The same way with another `sslmode`, or with other settings besides.
fn with(url: &str, settings: &str) -> String {
    format!("{}?{settings}", url.split_once('?').unwrap().0)
}

/// The root that a URL names.
fn root(url: &str) -> &str {
    url.rsplit_once("sslrootcert=").unwrap().1
}

/// Whether a connection is encrypted, or why there is none.
async fn is_encrypted(url: &str) -> Result<bool, String> {
    let access: Access = url.parse().map_err(|error: migrations::Error| error.to_string())?;
    let client = migrations::connect(&access).await.map_err(|error| error.to_string())?;
    let asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    Ok(client.query_one(asked, &[]).await.unwrap().get(0))
}

/// Why there is no connection; no password is in it.
async fn refusal(url: &str) -> String {
    let said = is_encrypted(url).await.unwrap_err();
    let password = url.parse::<Access>().unwrap().config.get_password().map(<[u8]>::to_vec);
    let password = String::from_utf8(password.unwrap()).unwrap();
    assert!(!said.contains(&password), "{said}");
    said
}

/// A root that has issued nothing.
fn another_root(folder: &Path) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = folder.join("another.crt");
    std::fs::write(&root, params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()).unwrap();
    root.display().to_string()
}

#[tokio::test]
async fn t10_require_is_encrypted_and_so_is_prefer_where_the_server_can() {
    let database = TestDatabase::create().await.unwrap();
    for mode in ["sslmode=require", "sslmode=prefer", ""] {
        assert_eq!(is_encrypted(&with(&database.url, mode)).await, Ok(true), "{mode}");
    }
    assert_eq!(is_encrypted(&with(&database.url, "sslmode=disable")).await, Ok(false));
}

#[tokio::test]
async fn t10_verify_full_takes_the_server_of_the_right_root_and_name_and_so_does_every_test() {
    let database = TestDatabase::create().await.unwrap();
    for url in [&database.url, &database.service_url] {
        assert!(url.contains("sslmode=verify-full"), "every test connects so");
        assert_eq!(is_encrypted(url).await, Ok(true));
        let by_name = url.replace("127.0.0.1", "localhost");
        assert_eq!(is_encrypted(&by_name).await, Ok(true));
    }
}

#[tokio::test]
async fn t10_a_server_that_another_root_has_issued_is_refused_wherever_a_root_is_given() {
    let database = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let other = another_root(folder.path());
    for mode in ["verify-full", "verify-ca", "require", "prefer"] {
        let said = refusal(&with(&database.url, &format!("sslmode={mode}&sslrootcert={other}"))).await;
        assert!(said.contains("give the one that issued it as sslrootcert"), "{mode}: {said}");
    }
    // The machine knows nothing of the root of our tests.
    let said = refusal(&with(&database.url, "sslmode=verify-full&sslrootcert=system")).await;
    assert!(said.contains("sslrootcert"), "{said}");
}

#[tokio::test]
async fn t10_a_server_of_another_name_is_refused_by_verify_full_and_by_nothing_less() {
    let database = TestDatabase::create().await.unwrap();
    let elsewhere = database.url.replace("@127.0.0.1:", "@db.example.org:") + "&hostaddr=127.0.0.1";
    assert_eq!(elsewhere.parse::<Access>().unwrap().config.get_hosts(), [Host::Tcp("db.example.org".into())]);
    let said = refusal(&elsewhere).await;
    assert!(said.contains("is for another host") && said.contains("db.example.org"), "{said}");
    assert_eq!(is_encrypted(&elsewhere.replace("verify-full", "verify-ca")).await, Ok(true));
    assert_eq!(is_encrypted(&elsewhere.replace("verify-full", "require")).await, Ok(true));
}

#[tokio::test]
async fn t10_a_server_without_tls_is_refused_unless_it_is_only_preferred() {
    let home = tempfile::tempdir().unwrap();
    let server = PrivateServer::start(&home.path().join("pg"), Durability::Throwaway).await.unwrap();
    let url = server.tcp_url("postgres");
    assert_eq!(is_encrypted(&url).await, Ok(true));
    assert_eq!(is_encrypted(&server.url("postgres")).await, Ok(false), "a socket is private already");
    let owner = migrations::connect(&server.url("postgres").parse().unwrap()).await.unwrap();
    owner.batch_execute("ALTER SYSTEM SET ssl = off").await.unwrap();
    owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let preferred = with(&url, "sslmode=prefer");
    // The server reads its settings again when it has time.
    while is_encrypted(&preferred).await.unwrap() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let modes = [format!("sslmode=verify-full&sslrootcert={}", root(&url)), "sslmode=require".to_owned()];
    for mode in modes {
        let said = refusal(&with(&url, &mode)).await;
        assert!(said.contains("unencrypted connections only") && said.contains("ssl = on"), "{mode}: {said}");
    }
    let home = server.home().to_path_buf();
    server.stop().await.unwrap();
    let _ = std::fs::remove_dir_all(home);
}
