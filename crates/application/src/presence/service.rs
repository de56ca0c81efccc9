//! Presence, as connections and those who ask use it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use plaza_domain::{
    Availability, Friend, InvalidInput, Presence, Repositories, RoomId, Store, UserId, UserPair,
    repository::{SeenMember, Sighting},
};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Attendance, TooManyConnections, latest::Latest, reporter::Reporter, roster::Roster, sightings::Sightings,
};
use crate::{
    Actor, Ports, PresenceSettings, Result, acquaintances::find_for, events::PresenceChange,
    policy::UserAction, ports::PresenceStore,
};

/// The most users whose presence is asked for at once.
pub const MAX_QUERIED_USERS: usize = 200;
/// Changes of presence are told in rooms of at most so many members; in larger ones clients ask.
pub const MAX_FANOUT_MEMBERS: u64 = 200;
/// How many users' rooms, friends and blocks are looked up in one query, and how many of these at most.
const USERS_PER_LOOKUP: usize = 500;
const ROOMS_PER_LOOKUP: u64 = 50_000;
const FRIENDS_PER_LOOKUP: u64 = 50_000;
const BLOCKS_PER_LOOKUP: u64 = 50_000;
/// How long a connection waits for being let in.
const PATIENCE: Duration = Duration::from_secs(2);

/// A change to tell, in which rooms, and to whom besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What the user is now.
    pub presence: Presence,
    /// Those of the user's rooms in which it is told.
    pub room_ids: Vec<RoomId>,
    /// Those of the user's friends who are connected here; they are told whatever they follow.
    pub friend_ids: HashSet<UserId>,
    /// Who is not told: those between whom and the user a block stands.
    pub hidden_from: HashSet<UserId>,
}

/// Who is there.
pub struct PresenceService {
    roster: Arc<Roster>,
    presence: Arc<dyn PresenceStore>,
    store: Arc<dyn Store>,
    /// What was last told here: who goes and comes back within a moment is not told of.
    told: Latest,
}

impl PresenceService {
    pub(crate) fn start(
        ports: &Ports,
        settings: &PresenceSettings,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        let roster = Arc::new(Roster::default());
        let reporter = Reporter {
            roster: Arc::clone(&roster),
            sightings: Arc::new(Sightings::new(Arc::clone(&ports.store))),
            store: Arc::clone(&ports.presence),
            bus: Arc::clone(&ports.bus),
            clock: Arc::clone(&ports.clock),
            refresh_every: settings.refresh_every,
        };
        tracker.spawn(reporter.run(shutdown.clone()));
        Self {
            roster,
            presence: Arc::clone(&ports.presence),
            store: Arc::clone(&ports.store),
            told: Latest::default(),
        }
    }

    /// Notes a connection, which makes its user online. Waits a moment for the other instances, and not longer.
    ///
    /// # Errors
    /// When the user has [`MAX_CONNECTIONS`](crate::ports::MAX_CONNECTIONS) on all instances together.
    pub async fn connect(&self, user_id: UserId) -> std::result::Result<Attendance, TooManyConnections> {
        let attendance = Attendance::new(Arc::clone(&self.roster), user_id);
        let answered = self.roster.apply(user_id, attendance.number());
        match timeout(PATIENCE, answered).await {
            Ok(Ok(true)) => Ok(attendance),
            Ok(Ok(false)) => Err(TooManyConnections),
            // Nobody decides: a user is not kept out for that.
            Ok(Err(_)) | Err(_) => {
                self.roster.admit(user_id, attendance.number());
                Ok(attendance)
            }
        }
    }

    /// A user's presence, as far as the actor may know it.
    ///
    /// # Errors
    /// `NotFound` when there is no such user, or the actor may not know that there is; `Unavailable`.
    pub async fn get(&self, actor: &Actor, user_id: UserId) -> Result<Presence> {
        find_for(&mut *self.store.read().await?, actor, UserAction::See, user_id).await?;
        let presence = self.visible(actor, &[user_id]).await?.pop();
        Ok(presence.unwrap_or_else(|| Presence::hidden(user_id)))
    }

    /// The presence of these users, each once, in the order in which they are named. Those who share no room with the
    /// actor and are not their friends are shown as offline, and so are those who do not exist, or between whom and the
    /// actor a block stands.
    ///
    /// # Errors
    /// `Invalid` when they are more than [`MAX_QUERIED_USERS`]; `Unavailable`.
    pub async fn query(&self, actor: &Actor, user_ids: &[UserId]) -> Result<Vec<Presence>> {
        if user_ids.len() > MAX_QUERIED_USERS {
            let rule = format!("must have at most {MAX_QUERIED_USERS} entries");
            return Err(InvalidInput::single("user_ids", rule).into());
        }
        let mut visible: HashMap<UserId, Presence> =
            self.visible(actor, user_ids).await?.into_iter().map(|it| (it.user_id, it)).collect();
        let mut seen = HashSet::new();
        let each_once = user_ids.iter().filter(|user_id| seen.insert(**user_id));
        Ok(each_once.map(|id| visible.remove(id).unwrap_or_else(|| Presence::hidden(*id))).collect())
    }

    /// The presence of members of a room, for the member who looked.
    pub async fn of_members(&self, members: &[SeenMember]) -> Vec<Presence> {
        let (blocked, visible): (Vec<&SeenMember>, Vec<&SeenMember>) =
            members.iter().partition(|seen| seen.is_blocked);
        let sighting =
            |seen: &SeenMember| Sighting { user_id: seen.profile.user.id, last_seen_at: seen.last_seen_at };
        let mut found = self.look_up(visible.into_iter().map(sighting).collect()).await;
        found.extend(blocked.into_iter().map(|seen| Presence::hidden(seen.profile.user.id)));
        found
    }

    /// The presence of the friends of who looked, in the same order.
    pub async fn of_friends(&self, friends: &[Friend]) -> Vec<Presence> {
        let sighting =
            |friend: &Friend| Sighting { user_id: friend.user.id, last_seen_at: friend.last_seen_at };
        self.look_up(friends.iter().map(sighting).collect()).await
    }

    /// Takes note of what changed, also elsewhere.
    pub fn hear(&self, changes: &[PresenceChange]) {
        self.roster.hear(changes);
    }

    /// What is to be told here after these changes, and to whom: as it is now, and only what was not told last. Those
    /// who are not friends with a user and share no room with them, or only rooms of more than [`MAX_FANOUT_MEMBERS`],
    /// are not told. Of friends, `is_connected` says who is connected here.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn to_tell(
        &self,
        changes: &HashMap<UserId, PresenceChange>,
        is_connected: &(dyn Fn(UserId) -> bool + Send + Sync),
    ) -> Result<Vec<Told>> {
        let user_ids: Vec<UserId> = changes.keys().copied().collect();
        let current = match self.ask(&user_ids).await {
            Some(current) => current,
            None => changes.values().map(|change| change.availability).collect(),
        };
        let news: HashMap<UserId, Option<Availability>> = user_ids
            .into_iter()
            .zip(current)
            .filter(|(user_id, availability)| !self.told.is(*user_id, *availability))
            .collect();
        let nobody = |(user_id, availability): (&UserId, &Option<Availability>)| {
            let at = changes.get(user_id).map(|change| change.at);
            let told = Told {
                presence: Presence::new(*user_id, *availability, at),
                room_ids: Vec::new(),
                friend_ids: HashSet::new(),
                hidden_from: HashSet::new(),
            };
            (*user_id, told)
        };
        let mut told: HashMap<UserId, Told> = news.iter().map(nobody).collect();
        for user_ids in news.keys().copied().collect::<Vec<_>>().chunks(USERS_PER_LOOKUP) {
            let mut read = self.store.read().await?;
            let rooms = read.presence().small_rooms(user_ids, MAX_FANOUT_MEMBERS, ROOMS_PER_LOOKUP).await?;
            let friends = friends_among(&mut *read, user_ids, is_connected).await?;
            let blocks = read.blocks().around(user_ids, BLOCKS_PER_LOOKUP).await?;
            if blocks.len() as u64 >= BLOCKS_PER_LOOKUP {
                tracing::warn!("changes of presence are not told: there are too many blocks to know to whom");
                continue;
            }
            for (user_id, room_id) in rooms {
                if let Some(told) = told.get_mut(&user_id) {
                    told.room_ids.push(room_id);
                }
            }
            for (user_id, friend_id) in friends {
                if let Some(told) = told.get_mut(&user_id) {
                    told.friend_ids.insert(friend_id);
                }
            }
            for (user_id, hidden_from) in both_ways(blocks) {
                if let Some(told) = told.get_mut(&user_id) {
                    told.hidden_from.insert(hidden_from);
                }
            }
        }
        self.told.note(news);
        let concerns_somebody = |told: &Told| !told.room_ids.is_empty() || !told.friend_ids.is_empty();
        Ok(told.into_values().filter(concerns_somebody).collect())
    }

    async fn visible(&self, actor: &Actor, user_ids: &[UserId]) -> Result<Vec<Presence>> {
        let sightings = self.store.read().await?.presence().visible_to(actor.id(), user_ids).await?;
        Ok(self.look_up(sightings).await)
    }

    async fn look_up(&self, sightings: Vec<Sighting>) -> Vec<Presence> {
        let user_ids: Vec<UserId> = sightings.iter().map(|sighting| sighting.user_id).collect();
        let current = match self.ask(&user_ids).await {
            Some(current) => current,
            None => self.roster.known(&user_ids),
        };
        let presence = |(sighting, availability): (Sighting, Option<Availability>)| {
            Presence::new(sighting.user_id, availability, sighting.last_seen_at)
        };
        sightings.into_iter().zip(current).map(presence).collect()
    }

    /// What users are, in the same order; nothing when the store does not answer.
    async fn ask(&self, user_ids: &[UserId]) -> Option<Vec<Option<Availability>>> {
        if user_ids.is_empty() {
            return Some(Vec::new());
        }
        match self.presence.query(user_ids).await {
            Ok(current) => Some(current),
            Err(error) => {
                tracing::debug!(error = ?error, "presence is answered by what this instance knows");
                None
            }
        }
    }
}

/// These users, each with those of their friends who are connected.
async fn friends_among(
    read: &mut dyn Repositories,
    user_ids: &[UserId],
    is_connected: &(dyn Fn(UserId) -> bool + Send + Sync),
) -> Result<Vec<(UserId, UserId)>> {
    let connected = |pairs: Vec<UserPair>| both_ways(pairs).filter(|(_, friend_id)| is_connected(*friend_id));
    let together = read.friendships().around(user_ids, FRIENDS_PER_LOOKUP).await?;
    if (together.len() as u64) < FRIENDS_PER_LOOKUP {
        return Ok(connected(together).collect());
    }
    // Users with very many friends shall not hide those of the others.
    let mut found = Vec::new();
    for user_id in user_ids {
        found.extend(connected(read.friendships().around(&[*user_id], FRIENDS_PER_LOOKUP).await?));
    }
    Ok(found)
}

/// Each user of these pairs with the other one.
fn both_ways(pairs: Vec<UserPair>) -> impl Iterator<Item = (UserId, UserId)> {
    pairs.into_iter().flat_map(|pair| [(pair.low(), pair.high()), (pair.high(), pair.low())])
}
