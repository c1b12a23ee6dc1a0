//! What seals bank details, the secrets of second factors and those of webhook endpoints, so that a copy of the database tells nobody where
//! a payee is paid, the next code of an authenticator, or how to sign in our name: keys in files of their own, `1.key`, `2.key` and so on in
//! one directory. The highest one seals; the others open what they have sealed.

pub mod digests;
pub mod files;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use digests::Digests;
use files::FileError;
use ledger::Error;
use ledger::id::{BankAccountId, PersonId, WebhookEndpointId};
use ledger::parties::rules::second_factor::{Keeper, KeptCode, SealedSecret};
use ledger::partners::rules::endpoint::SealedSigning;
use ledger::partners::rules::signing::Secret;
use ledger::payouts::rules::bank_details::BankDetails;
use ledger::payouts::store::bank_accounts::Sealed;
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of a nonce: so many that it may be drawn at random.
const NONCE: usize = 24;

/// What is bound to each seal besides the account and the key: another use would have another purpose.
const PURPOSE: &str = "commonpurse: bank details 1";

/// The same for secrets of second factors.
const PURPOSE_OF_SECRETS: &str = "commonpurse: second factors 1";

/// The same for secrets of webhook endpoints.
const PURPOSE_OF_SIGNING: &str = "commonpurse: webhook endpoints 1";

/// What the key is derived for by which recovery codes are digested.
const PURPOSE_OF_CODES: &[u8] = b"commonpurse: recovery codes 1";

/// The keys that seal bank details, second factors and secrets of webhook endpoints.
#[derive(Default)]
pub struct Vault {
    keys: BTreeMap<i32, VaultKey>,
}

/// One of them.
struct VaultKey {
    cipher: XChaCha20Poly1305,
    digests: Digests,
}

/// No key of it, so that no log can print one.
impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} keys of bank details", self.keys.len())
    }
}

/// Why the keys of bank details cannot be used, or something sealed not be opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A file of them.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file whose name or content is none of a key.
    #[error("{0} is no key of bank details: a file N.key with 64 hexadecimal digits")]
    NoKey(PathBuf),
    /// There is none.
    #[error("no key of bank details is set: COMMONPURSE_BANK_KEY_DIR")]
    Empty,
    /// It was sealed for another account, person or endpoint, with another key, or changed since.
    #[error("what key {0} has sealed cannot be opened")]
    Closed(i32),
}

impl Vault {
    /// The keys of a directory.
    ///
    /// # Errors
    ///
    /// For a file that cannot be read, that everybody may read, or that holds no key.
    pub fn load(directory: &Path) -> Result<Vault, VaultError> {
        let mut vault = Vault::default();
        for (version, path) in key_files(directory)? {
            let text = files::read(&path)?;
            let mut bytes = [0; 32];
            hex::decode_to_slice(text.expose_secret(), &mut bytes).map_err(|_| VaultError::NoKey(path.clone()))?;
            let digests = Digests::derived(&bytes, PURPOSE_OF_CODES);
            vault.keys.insert(version, VaultKey { cipher: XChaCha20Poly1305::new(&Key::from(bytes)), digests });
        }
        Ok(vault)
    }

    /// The keys of development, made when there is none.
    ///
    /// # Errors
    ///
    /// For a directory that cannot be written, and as [`load`](Self::load).
    pub fn load_or_make(directory: &Path) -> Result<Vault, VaultError> {
        files::load_or_make(&directory.join("1.key"), generate)?;
        Vault::load(directory)
    }

    /// Whether there is no key: nothing can be sealed.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether it has a key.
    pub fn has(&self, version: i32) -> bool {
        self.keys.contains_key(&version)
    }

    /// The version of the key that seals; 0 when there is none.
    pub fn version(&self) -> i32 {
        self.keys.last_key_value().map_or(0, |(version, _)| *version)
    }

    /// Seals what an account is, for that account alone.
    ///
    /// # Errors
    ///
    /// [`VaultError::Empty`].
    pub fn seal(&self, id: BankAccountId, details: &BankDetails) -> Result<Sealed, VaultError> {
        let plain = serde_json::to_vec(details).map_err(|_| VaultError::Closed(self.version()))?;
        let (key_version, bytes) = self.seal_for(PURPOSE, &id, &plain)?;
        Ok(Sealed { key_version, bytes })
    }

    /// Opens what was sealed for an account.
    ///
    /// # Errors
    ///
    /// [`VaultError::Closed`] for what was sealed for another account, with a key that is not there, or has changed since.
    pub fn open(&self, id: BankAccountId, sealed: &Sealed) -> Result<BankDetails, VaultError> {
        let plain = self.open_for(PURPOSE, &id, sealed.key_version, &sealed.bytes)?;
        serde_json::from_slice(&plain).map_err(|_| VaultError::Closed(sealed.key_version))
    }

    /// Seals the secret of a second factor, for its person alone.
    ///
    /// # Errors
    ///
    /// [`VaultError::Empty`].
    pub fn seal_secret(&self, person: PersonId, secret: &[u8]) -> Result<SealedSecret, VaultError> {
        let (key_version, bytes) = self.seal_for(PURPOSE_OF_SECRETS, &person, secret)?;
        Ok(SealedSecret { key_version, bytes })
    }

    /// Opens the secret of a person's second factor.
    ///
    /// # Errors
    ///
    /// [`VaultError::Closed`], as [`open`](Self::open).
    pub fn open_secret(&self, person: PersonId, sealed: &SealedSecret) -> Result<Vec<u8>, VaultError> {
        self.open_for(PURPOSE_OF_SECRETS, &person, sealed.key_version, &sealed.bytes)
    }

    /// Seals the secret that signs what goes to a webhook endpoint, for that endpoint alone.
    ///
    /// # Errors
    ///
    /// [`VaultError::Empty`].
    pub fn seal_signing(&self, id: WebhookEndpointId, secret: &Secret) -> Result<SealedSigning, VaultError> {
        let (key_version, bytes) = self.seal_for(PURPOSE_OF_SIGNING, &id, secret.bytes())?;
        Ok(SealedSigning { key_version, bytes })
    }

    /// Opens a secret of a webhook endpoint.
    ///
    /// # Errors
    ///
    /// [`VaultError::Closed`], as [`open`](Self::open).
    pub fn open_signing(&self, id: WebhookEndpointId, sealed: &SealedSigning) -> Result<Secret, VaultError> {
        let plain = self.open_for(PURPOSE_OF_SIGNING, &id, sealed.key_version, &sealed.bytes)?;
        Secret::new(plain).map_err(|_| VaultError::Closed(sealed.key_version))
    }

    /// A recovery code of a person as it is kept: digested with the newest key.
    ///
    /// # Errors
    ///
    /// [`VaultError::Empty`].
    pub fn keep_code(&self, person: PersonId, code: &str) -> Result<KeptCode, VaultError> {
        let key_version = self.version();
        let digest = Keeper::digest(self, key_version, person, code).ok_or(VaultError::Empty)?;
        Ok(KeptCode { key_version, digest })
    }

    fn seal_for(&self, purpose: &str, id: &dyn fmt::Display, plain: &[u8]) -> Result<(i32, Vec<u8>), VaultError> {
        let (version, key) = self.keys.last_key_value().ok_or(VaultError::Empty)?;
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let bound = bound(purpose, id, *version);
        let hidden = key
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: bound.as_bytes() })
            .map_err(|_| VaultError::Closed(*version))?;
        Ok((*version, [&nonce[..], &hidden].concat()))
    }

    fn open_for(
        &self,
        purpose: &str,
        id: &dyn fmt::Display,
        version: i32,
        bytes: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let closed = || VaultError::Closed(version);
        let key = self.keys.get(&version).ok_or_else(closed)?;
        let (nonce, hidden) = bytes.split_at_checked(NONCE).ok_or_else(closed)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| closed())?;
        let bound = bound(purpose, id, version);
        key.cipher.decrypt(&XNonce::from(nonce), Payload { msg: hidden, aad: bound.as_bytes() }).map_err(|_| closed())
    }
}

impl Keeper for Vault {
    fn open(&self, person: PersonId, sealed: &SealedSecret) -> Result<Vec<u8>, Error> {
        self.open_secret(person, sealed).map_err(|error| Error::inconsistent(format!("a second factor: {error}")))
    }

    fn digest(&self, key_version: i32, person: PersonId, code: &str) -> Option<[u8; 32]> {
        let key = self.keys.get(&key_version)?;
        Some(key.digests.digest(&[person.0.as_bytes(), code.as_bytes()]))
    }
}

fn bound(purpose: &str, id: &dyn fmt::Display, version: i32) -> String {
    format!("{purpose}\n{id}\n{version}")
}

/// The keys of a directory by their versions, for one that is there.
fn key_files(directory: &Path) -> Result<BTreeMap<i32, PathBuf>, VaultError> {
    let failed = |cause| FileError::Io { path: directory.to_owned(), cause };
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_none_or(|end| end != "key") {
            continue;
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        match stem.parse::<i32>() {
            Ok(version) if version > 0 && stem == version.to_string() => drop(found.insert(version, path)),
            Ok(_) | Err(_) => return Err(VaultError::NoKey(path)),
        }
    }
    Ok(found)
}

/// A new key, as its file has it.
fn generate() -> SecretString {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    SecretString::from(hex::encode(bytes))
}

/// Puts a new key into a directory, which seals from then on, and answers its version. The others stay.
///
/// # Errors
///
/// For a directory that cannot be read or written.
pub fn rotate(directory: &Path) -> Result<i32, VaultError> {
    files::make(directory)?;
    let version = key_files(directory)?.last_key_value().map_or(0, |(version, _)| *version) + 1;
    files::write_new(&directory.join(format!("{version}.key")), &generate())?;
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::id::BookId;
    use ledger::payouts::rules::bank_details::{Address, Number};
    use std::os::unix::fs::PermissionsExt;

    fn details() -> BankDetails {
        let address =
            Address { street: String::new(), postal_code: String::new(), town: "Berlin".into(), country: "DE".into() };
        BankDetails::new("Drill Team".into(), Number::iban("DE89370400440532013000").unwrap(), address).unwrap()
    }

    #[test]
    fn what_is_sealed_for_one_account_opens_for_no_other_and_after_no_change() {
        let home = tempfile::tempdir().unwrap();
        let vault = Vault::load_or_make(&home.path().join("bank-keys")).unwrap();
        let (mine, theirs) = (BankAccountId::generate(BookId(1)), BankAccountId::generate(BookId(1)));
        let sealed = vault.seal(mine, &details()).unwrap();
        assert_eq!(vault.open(mine, &sealed).unwrap(), details());
        assert!(vault.open(theirs, &sealed).is_err(), "a row cannot take the account of another one");
        assert_ne!(vault.seal(mine, &details()).unwrap().bytes, sealed.bytes, "the same twice looks like two");
        for place in 0..sealed.bytes.len() {
            let mut bytes = sealed.bytes.clone();
            bytes[place] ^= 1;
            assert!(vault.open(mine, &Sealed { bytes, ..sealed }).is_err(), "byte {place}");
        }
        assert!(vault.open(mine, &Sealed { key_version: 2, ..sealed.clone() }).is_err());
        assert!(vault.open(mine, &Sealed { bytes: vec![1; 7], ..sealed.clone() }).is_err());
        let shown = format!("{vault:?} {sealed:?}");
        assert!(!shown.contains("3000") && shown.len() < 60, "{shown}");
    }

    #[test]
    fn sf_the_secret_of_a_second_factor_opens_for_its_person_alone_and_as_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("bank-keys");
        let vault = Vault::load_or_make(&directory).unwrap();
        let (mine, theirs) = (PersonId::generate(), PersonId::generate());
        let sealed = vault.seal_secret(mine, b"12345678901234567890").unwrap();
        assert_eq!(vault.open_secret(mine, &sealed).unwrap(), b"12345678901234567890");
        assert!(vault.open_secret(theirs, &sealed).is_err());
        assert!(vault.open_for(PURPOSE, &mine, sealed.key_version, &sealed.bytes).is_err(), "another purpose");
        let kept = vault.keep_code(mine, "abcdefgh23456722").unwrap();
        assert_ne!(kept.digest, vault.keep_code(theirs, "abcdefgh23456722").unwrap().digest);
        assert_eq!(rotate(&directory).unwrap(), 2);
        let rotated = Vault::load(&directory).unwrap();
        assert_eq!(Keeper::digest(&rotated, 1, mine, "abcdefgh23456722"), Some(kept.digest), "older codes still count");
        assert_eq!(rotated.keep_code(mine, "abcdefgh23456722").unwrap().key_version, 2);
        assert_eq!(Keeper::digest(&rotated, 3, mine, "abcdefgh23456722"), None);
        assert!(Vault::default().seal_secret(mine, b"12345678901234567890").is_err());
    }

    #[test]
    fn wh_the_secret_of_an_endpoint_opens_for_it_alone_and_as_nothing_else() {
        let home = tempfile::tempdir().unwrap();
        let vault = Vault::load_or_make(&home.path().join("bank-keys")).unwrap();
        let (mine, theirs) = (WebhookEndpointId::generate(BookId(1)), WebhookEndpointId::generate(BookId(1)));
        let secret = Secret::new(vec![7; 32]).unwrap();
        let sealed = vault.seal_signing(mine, &secret).unwrap();
        assert_eq!(vault.open_signing(mine, &sealed).unwrap(), secret);
        assert!(vault.open_signing(theirs, &sealed).is_err());
        assert!(vault.open_for(PURPOSE, &mine, sealed.key_version, &sealed.bytes).is_err(), "another purpose");
        assert!(Vault::default().seal_signing(mine, &secret).is_err());
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens_and_a_key_that_everybody_reads_is_none() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("bank-keys");
        assert_eq!(rotate(&directory).unwrap(), 1);
        let id = BankAccountId::generate(BookId(1));
        let old = Vault::load(&directory).unwrap().seal(id, &details()).unwrap();
        assert_eq!(rotate(&directory).unwrap(), 2);
        let vault = Vault::load(&directory).unwrap();
        assert_eq!((old.key_version, vault.version()), (1, 2));
        assert_eq!(vault.open(id, &old).unwrap(), details());
        assert_eq!(vault.seal(id, &details()).unwrap().key_version, 2);
        let path = directory.join("2.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Vault::load(&directory), Err(VaultError::File(FileError::Open(_)))));
        fs::remove_file(&path).unwrap();
        files::write_new(&directory.join("third.key"), &generate()).unwrap();
        assert!(matches!(Vault::load(&directory), Err(VaultError::NoKey(_))));
    }
}
