//! Where users are, and in which language they are written to.

use std::fmt;

use icu_locale_core::subtags::{Language, Region, Script};
use serde::{Deserialize, Serialize};

use super::words::text;
use crate::Violation;

text!(
    /// A time zone's name in the IANA database, such as `Europe/Berlin`.
    TimeZone
);
text!(
    /// A language and what belongs to it, such as `de` or `pt-BR` (BCP 47), in canonical form.
    Locale
);

impl TimeZone {
    /// Parses a name, in whichever case.
    ///
    /// # Errors
    /// When the IANA database has no such time zone.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
        let name = text.trim();
        known
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(name))
            .map(|known| Self(known.to_owned()))
            .ok_or_else(|| Violation::new("time_zone", "must be a time zone such as Europe/Berlin"))
    }
}

impl Locale {
    /// Parses a language with its script and its region, where they are told, and writes them as they should be:
    /// `pt-BR` for `PT_br`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let tag = canonical(text.trim());
        tag.map(Self)
            .ok_or_else(|| Violation::new("locale", "must be a language such as de, pt-BR or zh-Hant-TW"))
    }
}

fn canonical(tag: &str) -> Option<String> {
    let mut parts = tag.split(['-', '_']).peekable();
    let language = Language::try_from_str(parts.next()?).ok().filter(|language| !language.is_unknown())?;
    let mut canonical = language.to_string();
    if let Some(script) = parts.peek().and_then(|part| Script::try_from_str(part).ok()) {
        parts.next();
        canonical = format!("{canonical}-{script}");
    }
    if let Some(region) = parts.next() {
        canonical = format!("{canonical}-{}", Region::try_from_str(region).ok()?);
    }
    parts.next().is_none().then_some(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_is_written_as_its_database_writes_it() {
        for (text, name) in
            [("europe/BERLIN", "Europe/Berlin"), (" UTC ", "UTC"), ("Asia/Tokyo", "Asia/Tokyo")]
        {
            assert_eq!(TimeZone::parse(text).map(TimeZone::into_string), Ok(name.to_owned()));
        }
        for text in ["", "Berlin", "+02:00", "Europe/Atlantis", "../etc/passwd"] {
            assert!(TimeZone::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_language_tag_is_written_as_it_should_be() {
        for (text, tag) in
            [("PT_br", "pt-BR"), ("de", "de"), ("zh-hant-tw", "zh-Hant-TW"), (" en-gb ", "en-GB")]
        {
            assert_eq!(Locale::parse(text).map(Locale::into_string), Ok(tag.to_owned()));
        }
        for text in ["", "und", "e", "english language", "de--DE", "x-y", "de-DE-1996", "de-", "-DE"] {
            assert!(Locale::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
