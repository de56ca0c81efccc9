//! Where users are, and in which language they are written to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::text;

text!(
    /// A time zone's name in the IANA database, such as `Europe/Berlin`.
    TimeZone
);
text!(
    /// A language and what belongs to it, such as `de` or `pt-BR` (BCP 47), in canonical form.
    Locale
);
