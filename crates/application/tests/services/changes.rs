//! The change feed: what somebody knew, and what they are told since, is what somebody new is told.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::FutureExt;
use plaza_application::{Actor, Error, MessageSettings, PageRequest, Result, RoomUpdate, Settings};
use plaza_domain::{
    Change, ChangePage, MemberProfile, MemberRole, MessageId, Room, RoomId, SentMessage, Seq, UserId,
    Version, repository::HistoryRange,
};
use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};

use crate::world::World;

/// What a client holds of a room.
#[derive(Clone, Debug, PartialEq)]
struct Mirror {
    version: Version,
    room: (String, String, bool),
    members: BTreeMap<UserId, MemberProfile>,
    messages: BTreeMap<MessageId, SentMessage>,
}

impl Mirror {
    /// What somebody new is told.
    async fn fresh(world: &World, actor: &Actor, room_id: RoomId) -> Result<Self> {
        let room = world.services.rooms.get(actor, room_id).await?.room;
        let everybody = PageRequest::new(None, 100);
        let members = world.services.memberships.list(actor, room_id, everybody).await?;
        let mut messages = BTreeMap::new();
        let mut known = Seq::ZERO;
        loop {
            let range = HistoryRange::After(known);
            let (page, has_more) = world.services.messages.history(actor, room_id, range, 7).await?;
            known = page.last().map_or(known, |sent| sent.message.seq);
            messages.extend(page.into_iter().map(|sent| (sent.message.id, sent)));
            if !has_more {
                break;
            }
        }
        Ok(Self {
            version: room.version,
            room: details(&room),
            members: members.items.into_iter().map(|profile| (profile.user.id, profile)).collect(),
            messages,
        })
    }

    fn apply(&mut self, page: ChangePage) {
        for change in page.changes {
            match change {
                Change::Message(sent) => {
                    self.messages.insert(sent.message.id, *sent);
                }
                Change::Member(profile) if profile.member.is_present() => {
                    self.members.insert(profile.user.id, *profile);
                }
                Change::Member(profile) => {
                    self.members.remove(&profile.user.id);
                }
                Change::Room(room) => self.room = details(&room),
            }
        }
        self.version = page.version;
    }
}

fn details(room: &Room) -> (String, String, bool) {
    (room.name.to_string(), room.description.to_string(), room.is_private)
}

/// Something that happens in the room, or the client asking for a page of what happened.
#[derive(Clone, Debug)]
enum Step {
    Post(usize),
    Edit(usize),
    Delete(usize),
    Come(usize),
    Go(usize),
    Promote(usize),
    Rename(u8),
    Hide(bool),
    Ask(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4_usize).prop_map(Step::Post),
        2 => any::<usize>().prop_map(Step::Edit),
        1 => any::<usize>().prop_map(Step::Delete),
        2 => (0..4_usize).prop_map(Step::Come),
        1 => (0..4_usize).prop_map(Step::Go),
        1 => (0..4_usize).prop_map(Step::Promote),
        1 => any::<u8>().prop_map(Step::Rename),
        1 => any::<bool>().prop_map(Step::Hide),
        3 => (1..6_u64).prop_map(Step::Ask),
    ]
}

/// A room, its owner, and others who come and go.
struct Stage {
    world: World,
    owner: Actor,
    others: Vec<Actor>,
    room_id: RoomId,
    posted: Vec<(Actor, MessageId)>,
}

impl Stage {
    async fn new() -> Result<Self> {
        let world = World::new();
        let owner = world.user("owner").await?;
        let mut others = Vec::new();
        for name in ["ada", "grace", "edsger", "john"] {
            others.push(world.user(name).await?);
        }
        let room_id = world.public_room(&owner).await?.id;
        Ok(Self { world, owner, others, room_id, posted: Vec::new() })
    }

    /// Does it, or is refused: both are fine, as long as the client hears of what was done.
    async fn happen(&mut self, step: &Step) {
        let services = &self.world.services;
        let someone = |index: &usize| &self.others[index % self.others.len()];
        let update = |update| services.rooms.update(&self.owner, self.room_id, update);
        match step {
            Step::Post(who) => {
                let author = someone(who).clone();
                if let Ok(posted) = self.world.say(&author, self.room_id, "hello").await {
                    self.posted.push((author, posted.view.message.id));
                }
            }
            Step::Edit(which) => {
                if let Some((author, id)) = self.pick(*which) {
                    let content = format!("edit {which}");
                    drop(services.messages.edit(author, id, &content).await);
                }
            }
            Step::Delete(which) => {
                if let Some((_, id)) = self.pick(*which) {
                    drop(services.messages.delete(&self.owner, id).await);
                }
            }
            Step::Come(who) => drop(services.memberships.join(someone(who), self.room_id).await),
            Step::Go(who) => drop(services.memberships.leave(someone(who), self.room_id).await),
            Step::Promote(who) => {
                let role = MemberRole::Admin;
                let user_id = someone(who).id();
                drop(services.memberships.change_role(&self.owner, self.room_id, user_id, role).await);
            }
            Step::Rename(number) => {
                let name = Some(format!("Room {}", number % 3));
                drop(update(RoomUpdate { name, ..RoomUpdate::default() }).await);
            }
            Step::Hide(is_private) => {
                let is_private = Some(*is_private);
                drop(update(RoomUpdate { is_private, ..RoomUpdate::default() }).await);
            }
            Step::Ask(_) => {}
        }
    }

    fn pick(&self, which: usize) -> Option<(&Actor, MessageId)> {
        let (author, id) = self.posted.get(which.checked_rem(self.posted.len())?)?;
        Some((author, *id))
    }

    /// One page, checked for what must be true of any.
    async fn ask(&self, mirror: &mut Mirror, limit: u64) -> std::result::Result<bool, TestCaseError> {
        let since = mirror.version;
        let page = self
            .world
            .services
            .changes
            .page(&self.owner, self.room_id, since, limit)
            .await
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert!(!page.reset);
        prop_assert!(page.changes.len() as u64 <= limit);
        let mut last = since;
        for change in &page.changes {
            prop_assert!(change.version() > last, "out of order: {page:?}");
            last = change.version();
        }
        prop_assert!(last <= page.version);
        let has_more = page.has_more;
        mirror.apply(page);
        Ok(has_more)
    }
}

async fn follow(steps: &[Step], known_from: usize, limit: u64) -> std::result::Result<(), TestCaseError> {
    let failed = |error: Error| TestCaseError::fail(error.to_string());
    let mut stage = Stage::new().await.map_err(failed)?;
    let (before, after) = steps.split_at(known_from.min(steps.len()));
    for step in before {
        stage.happen(step).await;
    }
    let mut mirror = Mirror::fresh(&stage.world, &stage.owner, stage.room_id).await.map_err(failed)?;
    for step in after {
        match step {
            Step::Ask(limit) => drop(stage.ask(&mut mirror, *limit).await?),
            step => stage.happen(step).await,
        }
    }
    while stage.ask(&mut mirror, limit).await? {}
    let fresh = Mirror::fresh(&stage.world, &stage.owner, stage.room_id).await.map_err(failed)?;
    prop_assert_eq!(mirror, fresh);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_snapshot_and_the_changes_since_make_a_fresh_snapshot(
        steps in vec(step(), 1..40),
        known_from in 0..20_usize,
        limit in 1..8_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        runtime.block_on(follow(&steps, known_from, limit))?;
    }
}

#[tokio::test]
async fn a_thing_that_changed_often_is_told_once_and_as_it_is_now() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let message = world.say(&ada, room.id, "one").await?.view.message;
    for content in ["two", "three"] {
        world.services.messages.edit(&ada, message.id, content).await?;
    }
    let page = world.services.changes.page(&ada, room.id, room.version, 10).await?;
    assert!(
        matches!(&page.changes[..], [Change::Message(sent)] if sent.message.content.as_str() == "three"),
        "{page:?}"
    );
    assert_eq!((page.version, page.has_more), (room.version.next().next().next(), false));
    Ok(())
}

#[tokio::test]
async fn a_gap_that_is_too_large_or_from_the_future_is_answered_with_a_reset() -> Result<()> {
    let settings = Settings {
        messages: MessageSettings { max_replay: 3, ..MessageSettings::default() },
        ..Settings::default()
    };
    let world = World::with_settings(&settings);
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    for _ in 0..4 {
        world.say(&ada, room.id, "hello").await?;
    }
    let head = world.services.rooms.get(&ada, room.id).await?.room.version;
    let changes = &world.services.changes;
    for (since, is_reset) in [(head, false), (head.back(3), false), (head.back(4), true), (head.next(), true)]
    {
        let page = changes.page(&ada, room.id, since, 100).await?;
        assert_eq!((page.reset, page.version), (is_reset, head), "since {since}");
        let missed = changes.missed(&ada, room.id, since, 100).await?;
        assert_eq!((missed.reset, missed.changes.is_empty()), (is_reset, is_reset || since == head));
        if is_reset {
            assert_eq!(page.changes.len(), 4);
        }
    }
    Ok(())
}

#[tokio::test]
async fn only_members_are_told() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (public, private) = (world.public_room(&ada).await?, world.private_room(&ada).await?);
    let changes = &world.services.changes;
    let forbidden = changes.page(&grace, public.id, Version::ZERO, 10).await;
    assert!(matches!(forbidden, Err(Error::Forbidden(_))));
    let hidden = changes.page(&grace, private.id, Version::ZERO, 10).await;
    assert!(matches!(hidden, Err(Error::NotFound("room"))));
    Ok(())
}

#[tokio::test]
async fn a_subscription_begins_where_delivery_stopped() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let seen = world.say(&ada, room.id, "seen").await?.view.message;
    world.services.reads.delivered(&grace, &[(room.id, seen.version)]).await?;
    let missed = world.say(&ada, room.id, "missed").await?.view.message;
    let changes = &world.services.changes;
    let resumed = changes.subscribe(&grace, room.id, None).await?;
    assert_eq!(resumed.since, seen.version);
    let page = changes.page(&grace, room.id, resumed.since, 10).await?;
    assert!(matches!(&page.changes[..], [Change::Message(sent)] if sent.message == missed), "{page:?}");
    let asked = changes.subscribe(&grace, room.id, Some(Version::new(2))).await?;
    assert_eq!(asked.since, Version::new(2));
    Ok(())
}

#[tokio::test]
async fn members_who_come_back_together_share_what_is_read_until_something_changes() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let since = world.services.rooms.get(&ada, room.id).await?.room.version;
    let message = world.say(&ada, room.id, "one").await?.view.message;
    let changes = &world.services.changes;
    let missed = async |actor: &Actor| {
        let subscription = changes.subscribe(actor, room.id, Some(since)).await?;
        changes.missed_by(actor, &subscription, since, 10).await
    };
    let first = missed(&ada).await?;
    assert!(matches!(&first.changes[..], [Change::Message(sent)] if sent.message == message), "{first:?}");
    let is_read = Arc::new(AtomicBool::new(false));
    let reading = Arc::clone(&is_read);
    world.faults.before_next_messages(move || reading.store(true, Ordering::Relaxed));
    assert_eq!(missed(&grace).await?, first);
    assert!(!is_read.load(Ordering::Relaxed), "it was read twice");

    world.services.messages.edit(&ada, message.id, "two").await?;
    let edited = missed(&grace).await?;
    assert!(
        matches!(&edited.changes[..], [Change::Message(sent)] if sent.message.content.as_str() == "two"),
        "{edited:?}"
    );
    Ok(())
}

#[tokio::test]
async fn what_changes_while_a_page_is_read_comes_with_the_next() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let message = world.say(&ada, room.id, "one").await?.view.message;
    let (messages, author) = (Arc::clone(&world.services.messages), ada.clone());
    world.faults.before_next_messages(move || {
        let edit = messages.edit(&author, message.id, "two").now_or_never();
        assert!(matches!(edit, Some(Ok(_))), "{edit:?}");
    });
    let changes = &world.services.changes;
    let first = changes.page(&ada, room.id, room.version, 10).await?;
    assert_eq!((first.version, first.changes), (message.version, Vec::new()));
    assert!(first.has_more, "the message is told nowhere yet");
    let second = changes.page(&ada, room.id, first.version, 10).await?;
    assert!(
        matches!(&second.changes[..], [Change::Message(sent)] if sent.message.content.as_str() == "two"),
        "{second:?}"
    );
    assert!(!second.has_more);
    Ok(())
}

#[tokio::test]
async fn what_is_new_while_a_page_is_read_does_not_prolong_it() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let message = world.say(&ada, room.id, "one").await?.view.message;
    let memberships = Arc::clone(&world.services.memberships);
    world.faults.before_next_messages(move || {
        let joined = memberships.join(&grace, room.id).now_or_never();
        assert!(matches!(joined, Some(Ok(_))), "{joined:?}");
    });
    let page = world.services.changes.page(&ada, room.id, room.version, 10).await?;
    assert_eq!((page.changes.len(), page.version, page.has_more), (1, message.version, false));
    Ok(())
}
