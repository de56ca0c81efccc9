//! Stored values that the domain knows by stricter types. What does not fit was not written by Plaza: it is reported
//! as corrupt, never guessed at.

use plaza_domain::RepositoryError;

type Result<T> = std::result::Result<T, RepositoryError>;

/// The value that a stored word means.
pub(crate) fn word<T>(entity: &'static str, word: &str, parse: fn(&str) -> Option<T>) -> Result<T> {
    parse(word).ok_or_else(|| corrupt(entity, format!("{word:?} is no word that it uses")))
}

/// A stored SHA-256.
pub(crate) fn digest(entity: &'static str, bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| corrupt(entity, format!("a hash has 32 bytes, not {}", bytes.len())))
}

/// A stored number as the narrower or unsigned type of the domain.
pub(crate) fn number<T: TryFrom<i64>>(entity: &'static str, value: i64) -> Result<T> {
    T::try_from(value).map_err(|_| corrupt(entity, format!("{value} is out of range")))
}

/// A length as databases store it: they have no unsigned numbers. Beyond eight exbibytes it is cut.
pub(crate) fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn corrupt(entity: &'static str, reason: String) -> RepositoryError {
    RepositoryError::Corrupt { entity, reason }
}
