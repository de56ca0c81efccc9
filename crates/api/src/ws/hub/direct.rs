//! Direct messages reach connections that do not follow their room: these are asked to follow it.

use plaza_application::events::DirectActivity;
use plaza_domain::UserId;

use super::Hub;
use crate::ws::outbox::Nudge;

/// How many users are asked about in one query.
const USERS_PER_QUERY: usize = 128;

impl Hub {
    /// Asks the connections of both users that do not follow the room to do so.
    pub(super) fn on_direct_activity(&self, activity: &DirectActivity) {
        let before = activity.version.back(1);
        for user_id in activity.users.users() {
            self.nudge(user_id, Nudge { room_id: activity.room_id, at_most: Some(before) });
        }
    }

    /// Finds the direct messages that no client of those who are connected holds, and asks those who do not follow
    /// their rooms to do so: the bus may have lost the news. False when the database did not answer.
    pub(super) async fn deliver_direct_messages(&self) -> bool {
        let user_ids = self.registry().users_of_all_rooms();
        for user_ids in user_ids.chunks(USERS_PER_QUERY) {
            match self.direct.undelivered(user_ids).await {
                Ok(undelivered) => undelivered
                    .into_iter()
                    .for_each(|(user_id, room_id)| self.nudge(user_id, Nudge { room_id, at_most: None })),
                Err(error) => {
                    tracing::warn!(error = ?error, "undelivered messages could not be looked for; trying again");
                    return false;
                }
            }
        }
        true
    }

    fn nudge(&self, user_id: UserId, nudge: Nudge) {
        let connections = self.registry().of_user(user_id);
        let unaware = connections
            .iter()
            .filter(|(id, handle)| handle.own_room.is_none() && !self.is_followed(nudge.room_id, *id));
        unaware.for_each(|(_, handle)| handle.outbox.nudge(nudge));
    }
}
