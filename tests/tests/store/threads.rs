//! Threads and who follows them.

use std::sync::Arc;

use plaza_domain::repository::{Constraint, HistoryRange, Result};
use plaza_domain::{
    FollowedThread, Follower, Member, Message, MessageDraft, MessageId, MessageKind, Room, SentMessage, Seq,
    Store, SystemEvent, ThreadPosition, ThreadRoot, User, Version,
};

use super::{
    Outcome,
    builders::{
        at, given_members, given_messages, given_room, given_user, given_user_and_room, id, member, place,
        text,
    },
    fixture::assert_conflict,
};

/// A message of ada's, and replies of ada's and bob's in turn, with other messages between them.
async fn given_thread(store: &Arc<dyn Store>) -> Result<(User, User, Room, Message, Vec<Message>)> {
    let (ada, room) = given_user_and_room(store).await?;
    let bob = given_user(store, "bob").await?;
    given_members(store, &[member(&room, &bob)]).await?;
    let mut root = place(text("a question"), &room, &ada, 1);
    root.gain_replies(4, Version::new(20), at(8));
    let reply = |seq, sender| place(text("an answer").reply_to(Some(root.id)), &room, sender, seq);
    let replies = vec![reply(2, &ada), reply(4, &bob), reply(6, &ada), reply(8, &bob)];
    let noise = [3, 5, 7].map(|seq| place(text("noise"), &room, &ada, seq));
    given_messages(store, std::slice::from_ref(&root)).await?;
    given_messages(store, &replies).await?;
    given_messages(store, &noise).await?;
    Ok((ada, bob, room, root, replies))
}

fn follower(root: &Message, user: &User, read_seq: i64) -> Follower {
    Follower {
        message_id: root.id,
        user_id: user.id,
        room_id: root.room_id,
        is_following: true,
        read_seq: Seq::new(read_seq),
    }
}

async fn given_followers(store: &Arc<dyn Store>, followers: &[Follower]) -> Result<()> {
    let mut work = store.begin().await?;
    work.threads().add_followers(followers).await?;
    work.commit().await
}

async fn delete(store: &Arc<dyn Store>, message: &Message, version: i64) -> Result<()> {
    let mut message = message.clone();
    message.delete(Version::new(version), at(30));
    let mut work = store.begin().await?;
    work.messages().update(&message).await?;
    work.commit().await
}

pub(crate) async fn the_root_of_a_reply_is_what_it_replies_to(store: Arc<dyn Store>) -> Outcome {
    let (ada, _, room, root, replies) = given_thread(&store).await?;
    let told = place(MessageDraft::system(SystemEvent::MemberJoined, "bob joined"), &room, &ada, 9);
    given_messages(&store, std::slice::from_ref(&told)).await?;
    delete(&store, &root, 21).await?;
    let of_root = ThreadRoot {
        id: root.id,
        room_id: room.id,
        kind: MessageKind::Text,
        is_deleted: true,
        reply_count: 4,
    };
    let of_told =
        ThreadRoot { id: told.id, kind: MessageKind::System, is_deleted: false, reply_count: 0, ..of_root };
    let ids = [root.id, replies[1].id, told.id, MessageId::new(id())];
    let mut found = store.read().await?.threads().roots(&ids).await?;
    found.sort_by_key(|(asked, _)| *asked);
    assert_eq!(found, [(root.id, of_root), (replies[1].id, of_root), (told.id, of_told)]);
    Ok(())
}

pub(crate) async fn counts_of_several_threads_are_stored_together(store: Arc<dyn Store>) -> Outcome {
    let (_, _, room, mut root, mut replies) = given_thread(&store).await?;
    root.gain_replies(2, Version::new(30), at(40));
    replies[0].gain_replies(1, Version::new(31), at(41));
    replies[2].lose_reply(None, Version::new(32));
    let changed = [root.clone(), replies[0].clone(), replies[2].clone()];
    let mut work = store.begin().await?;
    work.threads().update_counts(&changed).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    let ids = changed.iter().map(|message| message.id).collect::<Vec<_>>();
    let mut stored = read.messages().find_many(&ids).await?;
    stored.sort_by_key(|view| view.message.version);
    let stored: Vec<_> = stored.into_iter().map(|view| view.message).collect();
    assert_eq!(stored, changed);
    assert_eq!(stored[0].reply_count, 6);
    let others = read.messages().changed_since(room.id, Version::new(3), 3).await?;
    assert_eq!(others.iter().map(|view| view.message.version.get()).collect::<Vec<_>>(), [4, 5, 7]);
    Ok(())
}

pub(crate) async fn replies_are_read_from_the_end_and_from_any_place(store: Arc<dyn Store>) -> Outcome {
    let (_, _, _, root, replies) = given_thread(&store).await?;
    let cases = [
        (HistoryRange::Newest, 3, 1..4),
        (HistoryRange::Newest, 9, 0..4),
        (HistoryRange::Before(Seq::new(6)), 1, 1..2),
        (HistoryRange::Before(Seq::new(2)), 9, 0..0),
        (HistoryRange::After(Seq::new(2)), 2, 1..3),
        (HistoryRange::After(Seq::new(8)), 9, 0..0),
    ];
    let mut read = store.read().await?;
    for (range, limit, expected) in cases {
        let page = read.threads().replies(root.id, range, limit).await?;
        let page: Vec<_> = page.into_iter().map(|view| view.message).collect();
        assert_eq!(page, replies[expected], "{range:?}, at most {limit}");
    }
    assert_eq!(read.threads().replies(replies[0].id, HistoryRange::Newest, 9).await?, []);
    Ok(())
}

pub(crate) async fn the_newest_reply_is_one_that_is_not_deleted(store: Arc<dyn Store>) -> Outcome {
    let (_, _, _, root, replies) = given_thread(&store).await?;
    let mut read = store.read().await?;
    assert_eq!(read.threads().last_reply_at(root.id).await?, Some(at(8)));
    delete(&store, &replies[3], 21).await?;
    assert_eq!(read.threads().last_reply_at(root.id).await?, Some(at(6)));
    assert_eq!(read.threads().last_reply_at(replies[0].id).await?, None);
    Ok(())
}

pub(crate) async fn who_has_decided_about_a_thread_keeps_to_it(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob, _, root, _) = given_thread(&store).await?;
    let never = Follower { is_following: false, ..follower(&root, &bob, 3) };
    let mut work = store.begin().await?;
    work.threads().save_follower(&never).await?;
    work.threads().add_followers(&[follower(&root, &ada, 1), follower(&root, &bob, 9)]).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.threads().find_follower(root.id, ada.id).await?, Some(follower(&root, &ada, 1)));
    assert_eq!(read.threads().find_follower(root.id, bob.id).await?, Some(never));

    let mut work = store.begin().await?;
    work.threads().save_follower(&follower(&root, &bob, 9)).await?;
    work.commit().await?;
    // Beginning anew does not make anything read.
    assert_eq!(read.threads().find_follower(root.id, bob.id).await?, Some(follower(&root, &bob, 3)));
    let mut work = store.begin().await?;
    let nothing = Follower { message_id: MessageId::new(id()), ..follower(&root, &bob, 1) };
    assert_conflict(work.threads().save_follower(&nothing).await, Constraint::ForeignKey)
}

pub(crate) async fn a_thread_is_read_forward_only(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob, _, root, _) = given_thread(&store).await?;
    given_followers(&store, &[follower(&root, &ada, 3)]).await?;
    let mut work = store.begin().await?;
    for (seq, moves) in [(3, false), (2, false), (5, true), (4, false)] {
        let moved = work.threads().advance_read(root.id, ada.id, Seq::new(seq)).await?;
        assert_eq!(moved, moves, "to {seq}");
    }
    assert_eq!(work.threads().find_follower(root.id, ada.id).await?, Some(follower(&root, &ada, 5)));
    assert!(!work.threads().advance_read(root.id, bob.id, Seq::new(5)).await?);
    assert_eq!(work.threads().find_follower(root.id, bob.id).await?, None);
    Ok(())
}

/// Three threads of ada's in her room, whose last replies came in that order, and what bob's list shows of them.
async fn given_followed(store: &Arc<dyn Store>) -> Result<(User, Room, Vec<FollowedThread>)> {
    let (ada, room) = given_user_and_room(store).await?;
    let bob = given_user(store, "bob").await?;
    given_members(store, &[member(&room, &bob)]).await?;
    let mut threads = Vec::new();
    for number in 0..3 {
        let mut root = place(text("a question"), &room, &ada, 1 + number * 10);
        // The second and the third have their last reply at the same time.
        root.gain_replies(1, Version::new(100 + number), at(10 + number.min(1)));
        given_messages(store, std::slice::from_ref(&root)).await?;
        given_followers(store, &[follower(&root, &bob, 0)]).await?;
        threads.push(FollowedThread {
            root: SentMessage::new(root, ada.summary()),
            read_seq: Seq::ZERO,
            unread: 0,
        });
    }
    threads.reverse();
    Ok((bob, room, threads))
}

pub(crate) async fn followed_threads_are_listed_by_their_latest_reply_in_pages(
    store: Arc<dyn Store>,
) -> Outcome {
    let (bob, _, threads) = given_followed(&store).await?;
    let mut read = store.read().await?;
    assert_eq!(read.threads().list_followed(bob.id, None, None, 9).await?, threads);
    let mut after = None;
    for thread in &threads {
        let page = read.threads().list_followed(bob.id, None, after, 1).await?;
        assert_eq!(page, std::slice::from_ref(thread));
        let Message { id, last_reply_at: Some(last_reply_at), .. } = thread.root.message else { break };
        after = Some(ThreadPosition { last_reply_at, message_id: id });
    }
    assert!(after.is_some());
    assert_eq!(read.threads().list_followed(bob.id, None, after, 1).await?, []);
    Ok(())
}

pub(crate) async fn listed_threads_are_followed_have_replies_and_are_of_ones_rooms(
    store: Arc<dyn Store>,
) -> Outcome {
    let (bob, room, threads) = given_followed(&store).await?;
    let other = given_room(&store, &bob).await?;
    let mut read = store.read().await?;
    assert_eq!(read.threads().list_followed(bob.id, Some(other.id), None, 9).await?, []);
    assert_eq!(read.threads().list_followed(bob.id, Some(room.id), None, 9).await?, threads);

    let mut silent = threads[0].root.message.clone();
    silent.lose_reply(None, Version::new(200));
    let unfollowed = Follower { is_following: false, ..follower(&threads[1].root.message, &bob, 0) };
    let mut work = store.begin().await?;
    work.threads().update_counts(&[silent]).await?;
    work.threads().save_follower(&unfollowed).await?;
    work.commit().await?;
    assert_eq!(read.threads().list_followed(bob.id, None, None, 9).await?, threads[2..]);

    given_members(&store, &[Member { left_at: Some(at(1)), ..member(&room, &bob) }]).await?;
    assert_eq!(read.threads().list_followed(bob.id, None, None, 9).await?, []);
    given_members(&store, &[member(&room, &bob)]).await?;
    let mut work = store.begin().await?;
    work.rooms().delete(room.id, at(2)).await?;
    work.commit().await?;
    assert_eq!(read.threads().list_followed(bob.id, None, None, 9).await?, []);
    Ok(())
}

pub(crate) async fn unread_replies_are_those_of_others_that_are_there(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob, _, root, replies) = given_thread(&store).await?;
    given_followers(&store, &[follower(&root, &ada, 1), follower(&root, &bob, 4)]).await?;
    let mut read = store.read().await?;
    let mut counts = async |user: &User| -> Result<Vec<(i64, i64)>> {
        let threads = read.threads().list_followed(user.id, None, None, 9).await?;
        Ok(threads.into_iter().map(|thread| (thread.read_seq.get(), thread.unread)).collect())
    };
    assert_eq!(counts(&ada).await?, [(1, 2)]);
    assert_eq!(counts(&bob).await?, [(4, 1)]);
    delete(&store, &replies[3], 21).await?;
    assert_eq!(counts(&ada).await?, [(1, 1)]);
    delete(&store, &replies[2], 22).await?;
    assert_eq!(counts(&bob).await?, [(4, 0)]);
    Ok(())
}
