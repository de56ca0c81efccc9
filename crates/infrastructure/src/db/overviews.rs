//! Rooms as their members find them.

use async_trait::async_trait;
use plaza_domain::repository::{OverviewRepository, Result};
use plaza_domain::{Activity, Mute, RoomId, RoomOverview, SentMessage, UserId};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, FromQueryResult, IdenStatic, QueryResult};
use uuid::Uuid;

use super::entity::{message, room, room_member, user};
use super::error::from_db;
use super::queries::overviews::{self, MEMBER, MENTIONS, MESSAGE, ROOM};
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> OverviewRepository for Session<C> {
    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<Activity>,
        limit: u64,
    ) -> Result<Vec<RoomOverview>> {
        self.overviews_of(&overviews::list(user_id, before, limit)).await
    }

    async fn find(&mut self, user_id: UserId, room_id: RoomId) -> Result<Option<RoomOverview>> {
        Ok(self.overviews_of(&overviews::find(user_id, room_id)).await?.pop())
    }
}

impl<C: ConnectionTrait> Session<C> {
    async fn overviews_of(&self, query: &SelectStatement) -> Result<Vec<RoomOverview>> {
        let mut overviews = self.rows(query).await?.iter().map(overview).collect::<Result<Vec<_>>>()?;
        let newest = overviews.iter_mut().filter_map(|overview| overview.last_message.as_mut());
        self.complete(&mut newest.collect::<Vec<_>>()).await?;
        Ok(overviews)
    }
}

fn overview(row: &QueryResult) -> Result<RoomOverview> {
    let member = room_member::Model::from_query_result(row, MEMBER).map_err(from_db)?;
    Ok(RoomOverview {
        room: room::Model::from_query_result(row, ROOM).map_err(from_db)?.try_into()?,
        peer: None,
        mute: member.muted_until.map(Mute::until),
        member: member.try_into()?,
        mentions: row.try_get("", MENTIONS).map_err(from_db)?,
        last_message: newest(row)?,
    })
}

/// The message in the room's last place; there is none in a room where nothing was said.
fn newest(row: &QueryResult) -> Result<Option<SentMessage>> {
    let id: Option<Uuid> = row.try_get(MESSAGE, message::Column::Id.as_str()).map_err(from_db)?;
    if id.is_none() {
        return Ok(None);
    }
    let message = message::Model::from_query_result(row, MESSAGE).map_err(from_db)?.try_into()?;
    Ok(Some(SentMessage::new(message, user::summary(row).map_err(from_db)?)))
}
