//! The server's secret: given by the operator, or made on the first start.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

use crate::folder::create_folder;

const FILE: &str = "auth.secret";
const MIN_BYTES: usize = 32;

/// Why there is no secret.
#[derive(Debug, Error)]
pub enum SecretError {
    /// Its file cannot be read or written.
    #[error("the secret in {} cannot be read or written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its file is damaged.
    #[error(
        "the secret in {} is shorter than {MIN_BYTES} bytes: restore the file, or set auth.secret",
        path.display()
    )]
    TooShort {
        /// The file.
        path: PathBuf,
    },
    /// No key can be made of it.
    #[error("no key can be derived from the secret")]
    Derived(#[source] ring::error::Unspecified),
    /// The operating system has no randomness.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
}

/// What every other key of the server is derived from.
pub struct ServerSecret(Vec<u8>);

impl ServerSecret {
    /// Takes the operator's secret.
    pub fn new(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    /// Reads the secret kept in `folder`, or makes one. Of several processes that do so at once, all get the same.
    ///
    /// # Errors
    /// When the file cannot be used, or there is no randomness.
    pub fn load_or_create(folder: &Path) -> Result<Self, SecretError> {
        let path = folder.join(FILE);
        let file_error = |source| SecretError::File { path: path.clone(), source };
        match fs::read_to_string(&path) {
            Ok(text) => return Self::checked(text.trim(), path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(file_error(error)),
        }
        let mut bytes = [0; 48];
        getrandom::fill(&mut bytes).map_err(SecretError::Random)?;
        create(folder, &path, &STANDARD_NO_PAD.encode(bytes)).map_err(file_error)?;
        let text = fs::read_to_string(&path).map_err(file_error)?;
        Self::checked(text.trim(), path)
    }

    fn checked(text: &str, path: PathBuf) -> Result<Self, SecretError> {
        if text.len() < MIN_BYTES {
            return Err(SecretError::TooShort { path });
        }
        Ok(Self::new(text))
    }

    /// A key for one purpose, so that no two purposes share one: HMAC-SHA-256 of its label.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        let mut mac = keyed(&self.0);
        mac.update(label.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerSecret(***)")
    }
}

/// HMAC-SHA-256 with a key of any length.
pub(super) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes keys of any length (RFC 2104)"),
    }
}

/// Never replaces a file: a process that comes second keeps the first one's.
fn create(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    create_folder(folder)?;
    let draft = folder.join(format!("{FILE}.{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_may_read_it() -> TestResult {
        let folder = tempfile::tempdir()?;
        let first = ServerSecret::load_or_create(folder.path())?.derive("a");
        let second = ServerSecret::load_or_create(folder.path())?.derive("a");
        assert_eq!(first, second);
        let mode = fs::metadata(folder.path().join(FILE))?.permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path())?.count(), 1, "a draft was left behind");
        Ok(())
    }

    #[test]
    fn a_secret_that_is_there_is_not_replaced() -> TestResult {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(FILE);
        create(folder.path(), &path, "first")?;
        create(folder.path(), &path, "second")?;
        assert_eq!(fs::read_to_string(path)?, "first");
        Ok(())
    }

    #[test]
    fn a_damaged_secret_is_refused_and_kept() -> TestResult {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(FILE), "short")?;
        assert!(matches!(ServerSecret::load_or_create(folder.path()), Err(SecretError::TooShort { .. })));
        assert_eq!(fs::read_to_string(folder.path().join(FILE))?, "short");
        Ok(())
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let secret = ServerSecret::new("0123456789abcdef0123456789abcdef");
        assert_ne!(secret.derive("a"), secret.derive("b"));
    }
}
