//! Handles for those who come without one.

use plaza_domain::{UserId, Username};

/// What the end of a handle, which tells it from others, leaves of it.
const MAX_STEM: usize = 24;
const FALLBACK: &str = "user";

/// Handles made of the first of these names that gives one: as it is, then with a number, then with a part of the id.
pub(super) fn candidates(names: &[String], id: UserId) -> impl Iterator<Item = Username> {
    let stem = names.iter().find_map(|name| stem(name)).unwrap_or_else(|| FALLBACK.to_owned());
    let id = id.uuid().simple().to_string();
    // The end of an id is random, its beginning is the time.
    let tail = id.get(id.len().saturating_sub(6)..).unwrap_or_default().to_owned();
    let numbers = ["", "-2", "-3", "-4", "-5"].map(str::to_owned);
    let ends = numbers.into_iter().chain([format!("-{tail}")]);
    ends.filter_map(move |end| Username::parse(&format!("{stem}{end}")).ok())
}

fn stem(name: &str) -> Option<String> {
    let name = name.trim().to_lowercase();
    let kept = name.chars().filter_map(|c| match c {
        'a'..='z' | '0'..='9' | '_' | '.' | '-' => Some(c),
        c if c.is_whitespace() => Some('.'),
        _ => None,
    });
    let stem: String = kept.skip_while(|c| !c.is_ascii_alphanumeric()).take(MAX_STEM).collect();
    Username::parse(&stem).is_ok().then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(names: &[&str]) -> Option<String> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        candidates(&names, UserId::new(uuid::Uuid::from_u128(0xabcdef))).next().map(Username::into_string)
    }

    #[test]
    fn a_handle_is_made_of_the_first_name_that_gives_one() {
        for (names, handle) in [
            (vec!["Ada"], "ada"),
            (vec!["", "a", "Ada Lovelace"], "ada.lovelace"),
            (vec!["__ada", "x"], "ada"),
            (vec!["Ада", "<script>"], "script"),
            (vec!["a-very-long-name-that-goes-on-and-on"], "a-very-long-name-that-go"),
            (vec!["Ü", "!"], "user"),
            (vec![], "user"),
        ] {
            assert_eq!(first(&names).as_deref(), Some(handle), "{names:?}");
        }
    }

    #[test]
    fn handles_that_are_taken_leave_others() {
        let names = ["ada".to_owned()];
        let all: Vec<_> = candidates(&names, UserId::new(uuid::Uuid::from_u128(0xabcdef)))
            .map(Username::into_string)
            .collect();
        assert_eq!(all, ["ada", "ada-2", "ada-3", "ada-4", "ada-5", "ada-abcdef"]);
    }
}
