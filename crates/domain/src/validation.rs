//! How bad input is told: every problem at once, each with the field it belongs to.

use std::fmt;

/// One thing that is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The field's name, as the API spells it.
    pub field: &'static str,
    /// What would be right, as the end of a sentence that starts with the field: "must not be empty".
    pub message: String,
}

impl Violation {
    /// A violation of `field`.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// Input that was refused, with every violation that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    /// At least one.
    pub violations: Vec<Violation>,
}

impl InvalidInput {
    /// With a single violation.
    pub fn single(field: &'static str, message: impl Into<String>) -> Self {
        Self { violations: vec![Violation::new(field, message)] }
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.violations.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{} {}", violation.field, violation.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidInput {}

impl From<Violation> for InvalidInput {
    fn from(violation: Violation) -> Self {
        Self { violations: vec![violation] }
    }
}

/// Parses several fields and collects what is wrong with any of them.
///
/// ```
/// use plaza_domain::{Email, Username, Validator};
///
/// let mut check = Validator::default();
/// let email = check.field(Email::parse("ada@example.org"));
/// let username = check.field(Username::parse("a"));
/// assert!(check.finish((email, username)).is_err());
/// ```
#[derive(Debug, Default)]
pub struct Validator {
    violations: Vec<Violation>,
}

impl Validator {
    /// Keeps the value, or notes the violation.
    pub fn field<T>(&mut self, parsed: Result<T, Violation>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(violation) => {
                self.violations.push(violation);
                None
            }
        }
    }

    /// Notes a violation found elsewhere.
    pub fn reject(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    /// The parsed fields when none was refused.
    ///
    /// # Errors
    /// Every violation that was noted.
    pub fn finish<T: Complete>(self, fields: T) -> Result<T::Output, InvalidInput> {
        match fields.complete() {
            Some(output) if self.violations.is_empty() => Ok(output),
            _ => Err(InvalidInput { violations: self.violations }),
        }
    }
}

/// A tuple of parsed fields, complete when each of them is there.
pub trait Complete {
    /// The same fields without their `Option`.
    type Output;

    /// `None` when a field is missing.
    fn complete(self) -> Option<Self::Output>;
}

macro_rules! complete {
    ($($name:ident),+) => {
        impl<$($name),+> Complete for ($(Option<$name>,)+) {
            type Output = ($($name,)+);

            #[expect(non_snake_case, reason = "a type parameter names its own value here")]
            fn complete(self) -> Option<Self::Output> {
                let ($($name,)+) = self;
                Some(($($name?,)+))
            }
        }
    };
}

complete!(A);
complete!(A, B);
complete!(A, B, C);
complete!(A, B, C, D);

/// A name or another single line: see [`short_text`].
pub(crate) fn line(
    field: &'static str,
    text: &str,
    length: std::ops::RangeInclusive<usize>,
) -> Result<String, Violation> {
    let one_line: String = text.chars().map(|c| if c == '\n' { ' ' } else { c }).collect();
    short_text(field, &one_line, length)
}

/// Trims `text`, removes what cannot be seen and what turns the direction of writing, keeps line feeds, and checks
/// its length in characters.
pub(crate) fn short_text(
    field: &'static str,
    text: &str,
    length: std::ops::RangeInclusive<usize>,
) -> Result<String, Violation> {
    let is_kept = |c: &char| *c == '\n' || !(c.is_control() || is_direction(*c));
    let cleaned: String = text.chars().filter(is_kept).collect();
    let cleaned = cleaned.trim().to_owned();
    let count = cleaned.chars().count();
    let (least, most) = (*length.start(), *length.end());
    if !length.contains(&count) {
        return Err(Violation::new(field, format!("must be {least} to {most} characters long")));
    }
    if least > 0 && cleaned.chars().all(is_invisible) {
        return Err(Violation::new(field, "must have something that can be seen"));
    }
    Ok(cleaned)
}

/// Embeddings, overrides and isolates of the bidirectional algorithm (UAX #9): with them a name reads as another.
pub(crate) fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Blanks, and characters without width or ink.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
                | '\u{2060}'..='\u{2064}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        )
}
