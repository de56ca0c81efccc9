//! Objects that no content names: left by processes that died between storing one and writing it down, or between
//! giving one up and removing it.

use std::collections::HashSet;

use super::{BlobSweep, ContentService, delta};
use crate::Result;

/// How many objects are looked at together.
const PAGE: usize = 1_000;
/// How many times that, in one run.
const PAGES: usize = 100;
/// Where the last run stopped: the key of an object, or nothing for the beginning.
const PLACE: &str = "sweep.objects.after";

impl ContentService {
    /// Looks at objects from where the last run stopped. Young ones are left alone: what is being uploaded is stored
    /// first and written down then.
    pub(super) async fn remove_orphans(&self, done: &mut BlobSweep) -> Result<()> {
        let old = self.clock.now() - delta(self.settings.orphan_age)?;
        done.drafts += self.blobs.remove_drafts(old).await?;
        let mut after = self.place(PLACE).await?;
        for _ in 0..PAGES {
            let page = self.blobs.list(&after, PAGE).await?;
            after = page.last().map(|object| object.key.clone()).unwrap_or_default();
            done.objects += page.len() as u64;
            let keys = page.into_iter().filter(|object| object.modified_at < old).map(|object| object.key);
            let keys: Vec<String> = keys.collect();
            let named = self.store.read().await?.blobs().named(&keys).await?;
            let named: HashSet<String> = named.into_iter().collect();
            let orphans: Vec<String> = keys.into_iter().filter(|key| !named.contains(key)).collect();
            let found = orphans.len() as u64;
            let removed = self.remove(orphans).await;
            done.orphans += removed;
            done.not_removed += found - removed;
            self.remember(PLACE, &after).await?;
            if after.is_empty() {
                break;
            }
        }
        Ok(())
    }
}
