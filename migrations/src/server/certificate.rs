//! The certificate of a private server, for the names of the loopback, and the root that issued it.
//!
//! The root's key is forgotten as soon as it has signed: nobody can issue another certificate that our own processes
//! would take.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::server::account::Account;
use crate::server::place::write_private;

/// What the certificate is for.
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

/// The root's certificate, which clients give as `sslrootcert`.
pub(crate) fn root(data: &Path) -> PathBuf {
    data.join("root.crt")
}

/// Makes the files where PostgreSQL looks for them, and turns TLS on. What is there already stays.
pub(crate) fn ensure(data: &Path, account: Account) -> Result<(), String> {
    let certificate = data.join("server.crt");
    if certificate.exists() {
        return Ok(());
    }
    let made = make().map_err(|error| format!("no certificate can be made: {error}"))?;
    write_private(&root(data), &made.root, account)?;
    write_private(&data.join("server.key"), &made.key, account)?;
    write_private(&certificate, &made.certificate, account)?;
    let path = data.join("postgresql.conf");
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", path.display());
    OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(b"ssl = on\n")).map_err(failed)
}

/// Three files in PEM.
struct Made {
    root: String,
    certificate: String,
    key: String,
}

fn make() -> Result<Made, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name.push(DnType::CommonName, "commonpurse private server");
    params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    let root_key = KeyPair::generate()?;
    let root = params.self_signed(&root_key)?.pem();
    let issuer = Issuer::new(params, root_key);

    let mut params = CertificateParams::new(NAMES.map(str::to_owned))?;
    params.distinguished_name.push(DnType::CommonName, NAMES[0]);
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?.pem();
    Ok(Made { root, certificate, key: key.serialize_pem() })
}
