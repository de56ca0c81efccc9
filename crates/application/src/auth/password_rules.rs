//! What a password has to be: 8 to 128 characters of any kind, and none that is guessed first (NIST SP 800-63B, section
//! 3.1.1.2).

use std::ops::RangeInclusive;

use plaza_domain::Violation;

const CHARS: RangeInclusive<usize> = 8..=128;
/// How many guesses a password must withstand, by the estimate of zxcvbn (Wheeler, USENIX Security 2016): the lists of
/// common passwords, words, names and patterns on a keyboard, and what one does with them.
const GUESSES: u64 = 100_000;
/// Estimating takes longer the longer a password is; nobody has so long a one that is common.
const ESTIMATED_CHARS: usize = 40;
/// In bytes: addresses are the longest.
const LONGEST_NAME: usize = 256;

/// Checks a new password, which comes in `field`, of somebody who goes by those names.
///
/// # Errors
/// When it is too short, too long, or one of those that are guessed first.
pub(crate) fn parse_password<'a>(
    field: &'static str,
    password: &'a str,
    names: &[&str],
) -> Result<&'a str, Violation> {
    let chars = password.chars().count();
    if !CHARS.contains(&chars) {
        let (least, most) = (CHARS.start(), CHARS.end());
        return Err(Violation::new(field, format!("must be {least} to {most} characters long")));
    }
    // What is longer is no name.
    let names: Vec<&str> = names.iter().copied().filter(|name| name.len() <= LONGEST_NAME).collect();
    // Names are tried as they are, in parts, and in one word.
    let parts = names.iter().flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
    let joined: Vec<String> =
        names.iter().map(|name| name.chars().filter(|c| c.is_alphanumeric()).collect()).collect();
    let known: Vec<&str> =
        names.iter().copied().chain(parts).chain(joined.iter().map(String::as_str)).collect();
    if chars <= ESTIMATED_CHARS && zxcvbn::zxcvbn(password, &known).guesses() < GUESSES {
        return Err(Violation::new(
            field,
            "is one of those that are guessed first: use something less common",
        ));
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(password: &str) -> bool {
        parse_password("password", password, &["ada.lovelace@example.org", "ada.lovelace", "Ada Lovelace"])
            .is_ok()
    }

    #[test]
    fn only_what_is_too_short_too_long_or_common_is_refused() {
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
            assert!(!is_taken(password), "{password:?} was accepted");
        }
        for password in [
            "correct horse battery staple",
            "k3 mz!p0",
            "пароль из трёх слов",
            "zwei-wege-brot",
            &"long ".repeat(25),
            "zq0$ v.W",
        ] {
            assert!(is_taken(password), "{password:?} was refused");
        }
    }
}
