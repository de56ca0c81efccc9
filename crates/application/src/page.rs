//! Lists in parts.

/// The most entries a page can have.
pub const MAX_PAGE: u64 = 100;
/// How many a page has when nobody says.
pub const DEFAULT_PAGE: u64 = 50;

/// Which part of a list: what follows `cursor`, at most `limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest<C> {
    /// The key of the last entry that is known.
    pub cursor: Option<C>,
    limit: u64,
}

impl<C> PageRequest<C> {
    /// A part of a list; `limit` is brought into 1 to [`MAX_PAGE`].
    pub fn new(cursor: Option<C>, limit: u64) -> Self {
        Self { cursor, limit: limit.clamp(1, MAX_PAGE) }
    }

    /// How many entries to read: one more than are shown tells whether there are more.
    pub(crate) fn fetch(&self) -> u64 {
        self.limit + 1
    }

    pub(crate) fn cut<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> C) -> Page<T, C> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = if has_more { items.last().map(key) } else { None };
        Page { items, next }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<C>,
}
