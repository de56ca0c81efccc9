//! Conditions on what a client has already (RFC 9110, section 13): nothing of a file ever changes, so that its hash says all.

use poem::http::{HeaderMap, HeaderValue, header};

/// Whether the client has these bytes: `If-None-Match` names them. Compared weakly, as the standard says.
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let lines = || headers.get_all(header::IF_NONE_MATCH).iter().filter_map(text);
    let mut all = lines();
    if all.next().map(str::trim) == Some("*") && all.next().is_none() {
        return true;
    }
    lines().flat_map(EntityTags).any(|tag| tag.opaque == etag)
}

/// Whether a range of these bytes fits what the client has: `If-Range` names them, or is not there. Compared strongly; a
/// date never matches, as none is ever told.
pub(super) fn allows_range(headers: &HeaderMap, etag: &str) -> bool {
    headers.get(header::IF_RANGE).is_none_or(|value| text(value).is_some_and(|tag| tag.trim() == etag))
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

/// One entity tag; the quotes belong to it, and whether it is weak does not matter here.
struct EntityTag<'a> {
    opaque: &'a str,
}

/// The entity tags of a list, up to the first thing that is none.
struct EntityTags<'a>(&'a str);

impl<'a> Iterator for EntityTags<'a> {
    type Item = EntityTag<'a>;

    fn next(&mut self) -> Option<EntityTag<'a>> {
        let rest = self.0.trim_start_matches([' ', '\t', ',']);
        let rest = rest.strip_prefix("W/").unwrap_or(rest);
        let end = rest.strip_prefix('"')?.find('"')? + 2;
        let (opaque, rest) = rest.split_at(end);
        self.0 = rest;
        Some(EntityTag { opaque })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_known_hash_is_found_in_every_form_of_the_list() {
        let known = |values: &[&'static str]| is_known(&headers(header::IF_NONE_MATCH, values), "\"abc\"");
        for values in [
            vec!["\"abc\""],
            vec!["W/\"abc\""],
            vec!["*"],
            vec![" * "],
            vec!["\"x\", \"abc\""],
            vec!["\"x\",W/\"abc\",\"y\""],
            vec![",, \"abc\""],
            vec!["\"x, y\", \"abc\""],
            vec!["\"x\"", "\"abc\""],
        ] {
            assert!(known(&values), "{values:?}");
        }
        for values in [
            vec![],
            vec![""],
            vec!["abc"],
            vec!["\"abcd\""],
            vec!["\"ABC\""],
            vec!["w/\"abc\""],
            vec!["\"x, \"abc\""],
            vec!["\"*\""],
            vec!["*, \"x\""],
            vec!["\"abc"],
        ] {
            assert!(!known(&values), "{values:?}");
        }
    }

    #[test]
    fn only_a_strong_hash_allows_a_range() {
        let allows = |values: &[&'static str]| allows_range(&headers(header::IF_RANGE, values), "\"abc\"");
        assert!(allows(&[]) && allows(&["\"abc\""]));
        for value in ["W/\"abc\"", "\"x\"", "*", "Sat, 21 Nov 2026 08:00:00 GMT", ""] {
            assert!(!allows(&[value]), "{value}");
        }
    }
}
