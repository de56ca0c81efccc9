//! Who users say they are: handles, names and what they write about themselves.

use std::fmt;

use idna::{AsciiDenyList, domain_to_ascii_cow};
use serde::{Deserialize, Serialize};
use validator::ValidateEmail;

use crate::{
    Violation,
    validation::{line, short_text},
};

macro_rules! text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a value that was parsed before, as it was stored.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The text inside.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text inside, owned.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text;

text!(
    /// An address for mail, in lower case, with its domain as the DNS has it (RFC 5890); unique on a server. At most 254
    /// characters (RFC 5321), all of ASCII.
    Email
);
text!(
    /// A handle, in lower case; unique on a server. 3 to 32 of `a-z`, `0-9`, `_`, `.`, `-`, starting with a letter or digit.
    Username
);
text!(
    /// The name that others see; 1 to 64 characters.
    DisplayName
);
text!(
    /// What users say about themselves; at most 500 characters.
    Bio
);
text!(
    /// What users say that they are doing; at most 100 characters, in one line.
    StatusText
);
impl Email {
    const MAX_LENGTH: usize = 254;

    /// Parses an address. A domain in other letters is the same as in the form that the DNS has of it.
    ///
    /// # Errors
    /// When it is none, by the HTML standard's definition of a valid address.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let email = Some(text.trim()).filter(|text| text.chars().count() <= Self::MAX_LENGTH);
        let email = email.and_then(in_ascii).filter(|it| it.len() <= Self::MAX_LENGTH && it.validate_email());
        email.map(Self).ok_or_else(|| Violation::new("email", "must be an e-mail address"))
    }
}

impl Username {
    /// Parses a handle; upper case becomes lower case.
    ///
    /// # Errors
    /// When its length or one of its characters is not allowed.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let name = text.trim().to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '.' | '-');
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if (3..=32).contains(&name.len()) && starts_well && name.chars().all(allowed) {
            Ok(Self(name))
        } else {
            let rule = "must be 3 to 32 letters, digits, '_', '.' or '-', starting with a letter or digit";
            Err(Violation::new("username", rule))
        }
    }
}

impl DisplayName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        line("display_name", text, 1..=64).map(Self)
    }
}

impl Bio {
    /// Parses a self-description; may be empty.
    ///
    /// # Errors
    /// When it is too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        short_text("bio", text, 0..=500).map(Self)
    }
}

impl StatusText {
    /// Parses a status; may be empty.
    ///
    /// # Errors
    /// When it is too long.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        line("status_text", text, 0..=100).map(Self)
    }
}

/// An address as mail servers write it which know no other letters (RFC 5321), if there is such a way.
fn in_ascii(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let domain = if domain.starts_with('[') {
        domain.to_ascii_lowercase()
    } else {
        domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok()?.into_owned()
    };
    Some(format!("{}@{domain}", local.to_lowercase())).filter(|address| address.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_normalised_to_lower_case() {
        assert_eq!(
            Email::parse(" Ada@Example.ORG ").map(Email::into_string),
            Ok("ada@example.org".to_owned())
        );
    }

    #[test]
    fn a_domain_is_one_however_it_is_written() {
        for text in ["ada@exämple.org", "ADA@EXÄMPLE.ORG", "ada@exa\u{308}mple.org", "ada@xn--exmple-cua.org"]
        {
            assert_eq!(
                Email::parse(text).map(Email::into_string),
                Ok("ada@xn--exmple-cua.org".to_owned()),
                "{text}"
            );
        }
        assert_eq!(Email::parse("a@[127.0.0.1]").map(Email::into_string), Ok("a@[127.0.0.1]".to_owned()));
    }

    #[test]
    fn what_mail_servers_cannot_be_told_is_no_email() {
        for text in ["äda@example.org", "ada@xn--a.org", "ada@ex\u{2100}mple.org", "ada@x[127.0.0.1]"] {
            assert!(Email::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn what_is_no_email_is_refused() {
        for text in
            ["", "ada", "ada@", "@example.org", "ada@exa mple.org", &format!("{}@x.org", "a".repeat(260))]
        {
            assert!(Email::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_status_is_one_short_line() {
        let status = StatusText::parse(" At lunch\nuntil two ").map(StatusText::into_string);
        assert_eq!(status, Ok("At lunch until two".to_owned()));
        assert!(StatusText::parse("").is_ok());
        assert!(StatusText::parse(&"a".repeat(100)).is_ok());
        assert!(StatusText::parse(&"a".repeat(101)).is_err());
    }

    #[test]
    fn usernames_keep_to_their_alphabet() {
        assert!(Username::parse("Ada.Lovelace-1").is_ok());
        for text in ["", "ab", "_ada", "ada lovelace", "ada\u{0}", "адаада", &"a".repeat(33)] {
            assert!(Username::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_name_can_be_seen_and_reads_as_it_is_written() {
        for text in ["\u{200b}", "\u{feff} \u{ad}", "\u{3164}", "\u{202e}"] {
            assert!(DisplayName::parse(text).is_err(), "{text:?} was accepted");
        }
        let name = DisplayName::parse("\u{202e}Ada\nLovelace").map(DisplayName::into_string);
        assert_eq!(name, Ok("Ada Lovelace".to_owned()));
    }
}
