//! What messages said before they were edited.

use async_trait::async_trait;
use plaza_domain::{
    MessageEdit, MessageId, Version,
    repository::{Constraint, EditRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
    tables::Tables,
};

#[async_trait]
impl<A: Access> EditRepository for Connection<A> {
    async fn insert(&mut self, edit: &MessageEdit) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.message_places.require(&edit.message_id)?;
        let key = (edit.message_id, edit.version);
        tables.message_edits.insert_new(key, edit.clone(), Constraint::Other)
    }

    async fn list(
        &mut self,
        message_id: MessageId,
        before: Option<Version>,
        limit: u64,
    ) -> Result<Vec<MessageEdit>> {
        let tables = self.tables();
        let older = newest_first(&tables, message_id)
            .filter(|edit| before.is_none_or(|before| edit.version < before));
        Ok(older.take(rows(limit)).cloned().collect())
    }

    async fn trim(&mut self, message_id: MessageId, keep: u64) -> Result<()> {
        let tables = self.tables_mut()?;
        let newest_forgotten = newest_first(tables, message_id).nth(rows(keep)).map(|edit| edit.version);
        if let Some(last) = newest_forgotten {
            tables.message_edits.retain(|(id, version), _| *id != message_id || *version > last);
        }
        Ok(())
    }
}

fn newest_first(tables: &Tables, message_id: MessageId) -> impl Iterator<Item = &MessageEdit> {
    let versions = (message_id, Version::ZERO)..=(message_id, Version::new(i64::MAX));
    tables.message_edits.range(versions).rev().map(|(_, edit)| edit)
}
