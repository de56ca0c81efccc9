//! A table: an ordered map whose copies share their rows until one of them is written to.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Deref, DerefMut},
    sync::Arc,
};

use plaza_domain::repository::{Constraint, RepositoryError, Result};

#[derive(Clone)]
pub(super) struct Table<K, V>(Arc<BTreeMap<K, V>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Deref for Table<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K: Clone, V: Clone> DerefMut for Table<K, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl<K: Clone + Ord, V: Clone> Table<K, V> {
    /// Inserts a row whose key no other row has, or breaks `constraint`.
    pub(super) fn insert_new(&mut self, key: K, row: V, constraint: Constraint) -> Result<()> {
        if self.contains_key(&key) {
            return Err(RepositoryError::Conflict { constraint });
        }
        self.insert(key, row);
        Ok(())
    }

    /// Fails as a foreign key does when there is no row with that key.
    pub(super) fn require(&self, key: &K) -> Result<()> {
        if self.contains_key(key) {
            return Ok(());
        }
        Err(RepositoryError::Conflict { constraint: Constraint::ForeignKey })
    }

    /// The row with that key, for changing it.
    pub(super) fn change(&mut self, key: &K, entity: &'static str) -> Result<&mut V> {
        self.get_mut(key).ok_or(RepositoryError::NotFound { entity })
    }
}

/// The keys as a database takes them in a list: each counts once, however often it is named.
pub(super) fn each_once<T: Copy + Ord>(keys: &[T]) -> BTreeSet<T> {
    keys.iter().copied().collect()
}

/// How many rows a limit allows.
pub(super) fn rows(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
