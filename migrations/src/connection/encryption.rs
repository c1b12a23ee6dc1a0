//! TLS to the database: what `sslmode` and `sslrootcert` of a URL ask for, with the meaning that libpq gives them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;

/// Stands for the certificates that the machine trusts, in the place of a file.
const SYSTEM: &str = "system";

/// Words of `sslmode` that the driver does not know.
const VERIFY_CA: &str = "verify-ca";
const VERIFY_FULL: &str = "verify-full";

/// What a URL or a `key=value` string says of TLS, and the rest of it, which the driver understands.
pub(super) struct Split {
    pub(super) rest: String,
    mode: Option<String>,
    root: Option<String>,
}

impl Split {
    /// Takes `sslmode` and `sslrootcert` out.
    pub(super) fn new(url: &str) -> Result<Self, Error> {
        let is_url = url.starts_with("postgresql://") || url.starts_with("postgres://");
        let (head, settings) = match (is_url, url.split_once('?')) {
            (true, Some((head, query))) => (head, of_query(query)?),
            (true, None) => (url, Vec::new()),
            (false, _) => ("", of_pairs(url).ok_or(Error::Url)?),
        };
        let mut split = Self { rest: head.to_owned(), mode: None, root: None };
        let mut is_first = true;
        for Setting { key, value, text } in settings {
            match key.as_str() {
                "sslmode" => split.mode = Some(value),
                "sslrootcert" => split.root = Some(value),
                _ => {
                    split.rest.push_str(match (is_url, is_first) {
                        (true, true) => "?",
                        (true, false) => "&",
                        (false, true) => "",
                        (false, false) => " ",
                    });
                    split.rest.push_str(text);
                    is_first = false;
                }
            }
        }
        Ok(split)
    }

    /// What is asked of the way to the server.
    pub(super) fn wanted(self) -> Result<Wanted, Error> {
        let root = self.root.map(|root| if root == SYSTEM { Root::System } else { Root::File(root.into()) });
        let chain = |root: Option<Root>| root.map_or(Trust::Anybody, Trust::Chain);
        Ok(match self.mode.as_deref() {
            Some("disable") => Wanted { mode: SslMode::Disable, trust: Trust::Anybody },
            Some("prefer") | None => Wanted { mode: SslMode::Prefer, trust: chain(root) },
            Some("require") => Wanted { mode: SslMode::Require, trust: chain(root) },
            Some(VERIFY_CA) => Wanted { mode: SslMode::Require, trust: Trust::Chain(root.unwrap_or(Root::System)) },
            Some(VERIFY_FULL) => Wanted { mode: SslMode::Require, trust: Trust::Name(root.unwrap_or(Root::System)) },
            Some(_) => return Err(Error::TlsMode),
        })
    }
}

/// One setting: its key and value as they are meant, and its text as it stands.
struct Setting<'a> {
    key: String,
    value: String,
    text: &'a str,
}

fn of_query(query: &str) -> Result<Vec<Setting<'_>>, Error> {
    let decoded = |text: &str| Ok(percent_decode_str(text).decode_utf8().map_err(|_| Error::Url)?.into_owned());
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|text| {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            Ok(Setting { key: decoded(key)?, value: decoded(value)?, text })
        })
        .collect()
}

/// `key=value` pairs between spaces; a value may stand in single quotes, and a backslash takes the next character as it is.
fn of_pairs(pairs: &str) -> Option<Vec<Setting<'_>>> {
    let mut settings = Vec::new();
    let mut left = pairs.trim_start();
    while !left.is_empty() {
        let (key, after) = left.split_once('=')?;
        let after = after.trim_start();
        let is_quoted = after.starts_with('\'');
        let mut value = String::new();
        let mut characters = after.char_indices().skip(usize::from(is_quoted));
        let end = loop {
            match characters.next() {
                Some((_, '\\')) => value.push(characters.next()?.1),
                Some((at, '\'')) if is_quoted => break at + 1,
                Some((at, space)) if !is_quoted && space.is_whitespace() => break at,
                Some((_, character)) => value.push(character),
                None if is_quoted => return None,
                None => break after.len(),
            }
        };
        let rest = &after[end..];
        settings.push(Setting { key: key.trim().to_owned(), value, text: &left[..left.len() - rest.len()] });
        left = rest.trim_start();
    }
    Some(settings)
}

/// How the way to a server is to be.
pub(super) struct Wanted {
    pub(super) mode: SslMode,
    trust: Trust,
}

/// Whom the server may be.
enum Trust {
    /// Encrypted against those who listen; whoever stands in between is not noticed.
    Anybody,
    /// Somebody whose certificate leads to a root.
    Chain(Root),
    /// The same, and the certificate is for the host that we asked for.
    Name(Root),
}

/// Where the certificates lie that are trusted by themselves.
enum Root {
    /// Where the machine keeps them.
    System,
    /// A file in PEM.
    File(PathBuf),
}

impl Root {
    fn load(&self) -> Result<RootCertStore, Error> {
        let mut roots = RootCertStore::empty();
        match self {
            Root::System => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            }
            Root::File(path) => {
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| refused(path, &error))?;
                }
            }
        }
        if roots.is_empty() {
            let path = match self {
                Root::System => Path::new(SYSTEM),
                Root::File(path) => path,
            };
            return Err(refused(path, &"it holds no certificate"));
        }
        Ok(roots)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = CertificateDer::pem_file_iter(path).map_err(|error| refused(path, &error))?;
    read.collect::<Result<_, _>>().map_err(|error| refused(path, &error))
}

fn refused(path: &Path, why: &dyn std::fmt::Display) -> Error {
    Error::RootCertificate { path: path.to_owned(), why: why.to_string() }
}

/// What every connection of this project is made with.
pub(super) fn connector(wanted: &Wanted) -> Result<MakeRustlsConnect, Error> {
    // The provider is named, so that a library call does not depend on what the program has installed.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| Error::Connect(error.to_string()))?;
    let without_name = |roots| Arc::new(WithoutName { roots, provider });
    let config = match &wanted.trust {
        Trust::Name(root) => builder.with_root_certificates(root.load()?),
        Trust::Chain(root) => builder.dangerous().with_custom_certificate_verifier(without_name(Some(root.load()?))),
        Trust::Anybody => builder.dangerous().with_custom_certificate_verifier(without_name(None)),
    };
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

/// Takes a server of any name: with roots when its certificate leads to one of them, without when it holds the key of
/// whatever certificate it shows.
#[derive(Debug)]
struct WithoutName {
    roots: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for WithoutName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(url: &str) -> (String, Option<String>, Option<String>) {
        let Split { rest, mode, root } = Split::new(url).unwrap();
        (rest, mode, root)
    }

    #[test]
    fn what_is_said_of_tls_is_taken_out_and_the_rest_stays_as_it_stands() {
        let full = Some("verify-full".to_owned());
        let root = Some("/etc/my ca.pem".to_owned());
        for (url, rest) in [
            (
                "postgresql://u:p%3Fq@a,b:2/d?sslmode=verify-full&sslrootcert=%2Fetc%2Fmy%20ca.pem",
                "postgresql://u:p%3Fq@a,b:2/d",
            ),
            (
                "postgres://h/d?connect_timeout=3&sslrootcert=/etc/my%20ca.pem&options=-c%20a%3Db&sslmode=verify-full",
                "postgres://h/d?connect_timeout=3&options=-c%20a%3Db",
            ),
            (
                "host=h password='a\\'b sslmode=x' sslmode = verify-full sslrootcert='/etc/my ca.pem' user=u",
                "host=h password='a\\'b sslmode=x' user=u",
            ),
            ("sslrootcert=/etc/my\\ ca.pem  sslmode=verify-full host=h", "host=h"),
        ] {
            assert_eq!(split(url), (rest.to_owned(), full.clone(), root.clone()), "{url}");
        }
        for plain in ["postgresql://u@h/d", "host=h dbname=d", ""] {
            assert_eq!(split(plain), (plain.to_owned(), None, None));
        }
        assert!(Split::new("host='h").is_err() && Split::new("host").is_err());
    }

    #[test]
    fn an_unknown_mode_and_a_file_without_a_certificate_are_refused_in_words() {
        let wanted = |url: &str| Split::new(url).unwrap().wanted();
        let unknown = wanted("postgresql://u:hunter2@h/d?sslmode=allow").err().unwrap().to_string();
        assert!(unknown.contains("verify-full") && !unknown.contains("hunter2"), "{unknown}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root.crt");
        let url = format!("host=h sslmode=verify-full sslrootcert={}", file.display());
        let missing = connector(&wanted(&url).unwrap()).err().unwrap().to_string();
        assert!(missing.contains("sslrootcert") && missing.contains("root.crt"), "{missing}");
        std::fs::write(&file, "no certificate").unwrap();
        let empty = connector(&wanted(&url).unwrap()).err().unwrap().to_string();
        assert!(empty.contains("it holds no certificate"), "{empty}");
    }
}
