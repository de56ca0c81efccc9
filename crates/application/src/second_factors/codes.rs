//! Recovery codes: they stand in for an authenticator that is lost.

use plaza_domain::TokenDigest;

use crate::{Error, Result, ports::Secrets};

/// How many a user has at a time.
pub(super) const CODES: usize = 10;
/// Digits and letters that are not taken for each other (Crockford's base 32); each stands for 5 bits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 80 bits: nobody finds one by trying, so a plain digest of it can be stored.
const BYTES: usize = 10;
/// How many letters stand together, for those who read and type.
const GROUP: usize = 4;

/// A new code, as its user is shown it once, such as `k3m9-0fzt-7qxa-vw2h`.
pub(super) fn generate(secrets: &dyn Secrets) -> Result<String> {
    let secret = secrets.generate().map_err(Error::Internal)?;
    let TokenDigest(random) = secrets.digest(&secret);
    let bits = random.iter().take(BYTES).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let letters: Vec<u8> = (0..BYTES * 8 / 5)
        .rev()
        .map(|place| ALPHABET[usize::try_from(bits >> (5 * place) & 31).unwrap_or_default()])
        .collect();
    let groups: Vec<_> = letters.chunks(GROUP).map(String::from_utf8_lossy).collect();
    Ok(groups.join("-"))
}

/// What is stored of a code, however it is typed: in capitals, with other gaps, with `o` for `0` and `l` for `1`.
pub(super) fn digest(secrets: &dyn Secrets, typed: &str) -> TokenDigest {
    let letters =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            letter => letter,
        });
    secrets.digest(&letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::memory::CountingSecrets;

    #[test]
    fn codes_are_short_for_people_and_each_is_another() -> Result<()> {
        let secrets = CountingSecrets::default();
        let codes = (0..1_000).map(|_| generate(&secrets)).collect::<Result<HashSet<_>>>()?;
        assert_eq!(codes.len(), 1_000);
        for code in codes {
            let groups: Vec<_> = code.split('-').collect();
            assert!(groups.len() == 4 && groups.iter().all(|group| group.len() == 4), "{code}");
            assert!(code.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)), "{code}");
        }
        Ok(())
    }

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let secrets = CountingSecrets::default();
        let known = digest(&secrets, "k3m1-0fzt-7qxa-vw2h");
        for typed in ["K3M1 0FZT 7QXA VW2H", "k3ml0fzt7qxavw2h", " k3mi-Ofzt-7qxa-vw2h\n"] {
            assert_eq!(digest(&secrets, typed), known, "{typed}");
        }
        assert_ne!(digest(&secrets, "k3m1-0fzt-7qxa-vw2j"), known);
    }
}
