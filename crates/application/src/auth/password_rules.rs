//! What a password has to be: 8 to 128 characters of any kind, and none that is guessed first (NIST SP 800-63B, section
//! 3.1.1.2).

use std::ops::RangeInclusive;

use plaza_domain::Violation;

use crate::{Error, Result, ports::PasswordHasher};

const CHARS: RangeInclusive<usize> = 8..=128;
/// How many guesses a password must withstand, by the estimate of zxcvbn (Wheeler, USENIX Security 2016): the lists of
/// common passwords, words, names and patterns on a keyboard, and what one does with them.
const GUESSES: u64 = 100_000;
/// Estimating takes longer the longer a password is; nobody has so long a one that is common.
const ESTIMATED_CHARS: usize = 40;
/// In bytes: addresses are the longest.
const LONGEST_NAME: usize = 256;

/// Checks a new password, which comes in `field`, of somebody who goes by those names. What is wrong with it is told in
/// the inner result. `hasher` lends a turn for the estimate: a password that is made for it takes as long as a hash.
///
/// # Errors
/// `Unavailable` when too many passwords are checked at once.
pub(crate) async fn parse_password<'a>(
    hasher: &dyn PasswordHasher,
    field: &'static str,
    password: &'a str,
    names: &[&str],
) -> Result<std::result::Result<&'a str, Violation>> {
    let chars = password.chars().count();
    if !CHARS.contains(&chars) {
        let (least, most) = (CHARS.start(), CHARS.end());
        return Ok(Err(Violation::new(field, format!("must be {least} to {most} characters long"))));
    }
    if chars > ESTIMATED_CHARS {
        return Ok(Ok(password));
    }
    let (judged, names) = (password.to_owned(), known_words(names));
    let is_guessed = hasher.judge(Box::new(move || is_guessed_first(&judged, &names))).await;
    Ok(if is_guessed.map_err(Error::Unavailable)? {
        Err(Violation::new(field, "is one of those that are guessed first: use something less common"))
    } else {
        Ok(password)
    })
}

/// Names are tried as they are, in parts, and in one word.
fn known_words(names: &[&str]) -> Vec<String> {
    // What is longer is no name.
    let names = names.iter().filter(|name| name.len() <= LONGEST_NAME);
    let words = names.flat_map(|name| {
        let parts = name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
        let joined = name.chars().filter(|c| c.is_alphanumeric()).collect();
        parts.chain([(*name).to_owned(), joined]).collect::<Vec<_>>()
    });
    words.filter(|word| !word.is_empty()).collect()
}

fn is_guessed_first(password: &str, known: &[String]) -> bool {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    zxcvbn::zxcvbn(password, &known).guesses() < GUESSES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::PlainPasswords;

    async fn is_taken(password: &str) -> bool {
        let names = ["ada.lovelace@example.org", "ada.lovelace", "Ada Lovelace"];
        matches!(parse_password(&PlainPasswords, "password", password, &names).await, Ok(Ok(_)))
    }

    #[tokio::test]
    async fn only_what_is_too_short_too_long_or_common_is_refused() {
        for password in [
            "1234567",
            "12345678",
            "password",
            "Password1",
            "p@ssw0rd",
            "qwertyuiop",
            "iloveyou",
            "aaaaaaaaaaaa",
            "abcdefgh",
            "sunshine1",
            "adalovelace",
            "ada.lovelace",
            "trustno1",
            &"x".repeat(129),
        ] {
            assert!(!is_taken(password).await, "{password:?} was accepted");
        }
        for password in [
            "correct horse battery staple",
            "k3 mz!p0",
            "пароль из трёх слов",
            "zwei-wege-brot",
            &"long ".repeat(25),
            "zq0$ v.W",
        ] {
            assert!(is_taken(password).await, "{password:?} was refused");
        }
    }
}
