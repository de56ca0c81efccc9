//! Rooms as their members find them.

use async_trait::async_trait;

use super::Result;
use crate::{Activity, RoomId, RoomOverview, UserId};

/// Reads rooms together with what concerns one of their members.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OverviewRepository: Send {
    /// The rooms that the user is in now, those that were active last first, those before `before`, at most `limit`;
    /// in one query, and one each for the reactions and mentions of the newest messages that have any.
    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<Activity>,
        limit: u64,
    ) -> Result<Vec<RoomOverview>>;

    /// One of the rooms that the user is in now.
    async fn find(&mut self, user_id: UserId, room_id: RoomId) -> Result<Option<RoomOverview>>;
}
