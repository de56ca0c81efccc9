//! Who is whose friend, or wants to be.

use std::cmp::Reverse;

use async_trait::async_trait;
use plaza_domain::{
    Friend, FriendRequest, Friendship, FriendshipState, Relation, RequestDirection, RequestPosition,
    Timestamp, UserId, UserPair,
    repository::{FriendshipRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
    tables::Tables,
};

#[async_trait]
impl<A: Access> FriendshipRepository for Connection<A> {
    async fn claim(&mut self, users: UserPair) -> Result<Friendship> {
        let tables = self.tables_mut()?;
        users.users().iter().try_for_each(|user_id| tables.users.require(user_id))?;
        Ok(*tables.friendships.entry(users).or_insert_with(|| Friendship::new(users)))
    }

    async fn lock(&mut self, users: UserPair) -> Result<Option<Friendship>> {
        self.find(users).await
    }

    async fn find(&mut self, users: UserPair) -> Result<Option<Friendship>> {
        Ok(self.tables().friendships.get(&users).copied())
    }

    async fn update(&mut self, friendship: &Friendship) -> Result<()> {
        *self.tables_mut()?.friendships.change(&friendship.users, "friendship")? = *friendship;
        Ok(())
    }

    async fn list(&mut self, user_id: UserId, after: Option<UserId>, limit: u64) -> Result<Vec<Friend>> {
        let tables = self.tables();
        let mut friends: Vec<_> = friends_of(&tables, user_id).collect();
        friends.sort_unstable();
        friends
            .into_iter()
            .filter(|(friend_id, _)| after.is_none_or(|after| *friend_id > after))
            .take(rows(limit))
            .map(|(friend_id, since)| {
                let last_seen_at = tables.last_seen.get(&friend_id).copied();
                Ok(Friend { user: tables.summary(friend_id)?, since, last_seen_at })
            })
            .collect()
    }

    async fn requests(
        &mut self,
        user_id: UserId,
        direction: RequestDirection,
        before: Option<RequestPosition>,
        limit: u64,
    ) -> Result<Vec<FriendRequest>> {
        let tables = self.tables();
        let mut requests = requests_of(&tables, user_id, direction);
        requests.sort_unstable_by_key(|position| Reverse(*position));
        requests
            .into_iter()
            .filter(|position| before.is_none_or(|before| *position < before))
            .take(rows(limit))
            .map(|RequestPosition { at, user_id }| Ok(FriendRequest { user: tables.summary(user_id)?, at }))
            .collect()
    }

    async fn count(&mut self, user_id: UserId, limit: u64) -> Result<u64> {
        Ok(friends_of(&self.tables(), user_id).take(rows(limit)).count() as u64)
    }

    async fn count_outgoing(&mut self, user_id: UserId, limit: u64) -> Result<u64> {
        let requests = requests_of(&self.tables(), user_id, RequestDirection::Outgoing);
        Ok(requests.into_iter().take(rows(limit)).count() as u64)
    }

    async fn around(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<UserPair>> {
        let (tables, asked) = (self.tables(), each_once(user_ids));
        let friends = tables.friendships.values().filter(|friendship| friendship.is_mutual());
        let pairs = friends.map(|friendship| friendship.users);
        let around = pairs.filter(|pair| pair.users().iter().any(|user_id| asked.contains(user_id)));
        Ok(around.take(rows(limit)).collect())
    }
}

/// What a user is to others, with the other one's id.
fn friendships_of(tables: &Tables, user_id: UserId) -> impl Iterator<Item = (UserId, &Friendship)> {
    let all = tables.friendships.values();
    all.filter_map(move |friendship| Some((friendship.users.other(user_id)?, friendship)))
}

fn friends_of(tables: &Tables, user_id: UserId) -> impl Iterator<Item = (UserId, Timestamp)> {
    friendships_of(tables, user_id).filter_map(|(friend_id, friendship)| match friendship.state {
        FriendshipState::Friends { since } => Some((friend_id, since)),
        FriendshipState::Strangers | FriendshipState::Requested { .. } => None,
    })
}

fn requests_of(tables: &Tables, user_id: UserId, direction: RequestDirection) -> Vec<RequestPosition> {
    let requests = friendships_of(tables, user_id).filter_map(|(other_id, friendship)| {
        match (direction, friendship.seen_by(user_id)) {
            (RequestDirection::Incoming, Relation::Incoming { at })
            | (RequestDirection::Outgoing, Relation::Outgoing { at }) => {
                Some(RequestPosition { at, user_id: other_id })
            }
            _ => None,
        }
    });
    requests.collect()
}
