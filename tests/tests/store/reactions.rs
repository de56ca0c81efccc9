//! Reactions to messages.

use std::sync::Arc;

use plaza_domain::repository::{Constraint, HistoryRange, Result};
use plaza_domain::{Emoji, MessageId, Reaction, ReactionEntry, SentMessage, Store, Timestamp, User, UserId};

use super::{
    Outcome,
    builders::{at, given_user, id},
    fixture::{assert_conflict, race},
    messages::given_talk,
};

fn emoji(text: &str) -> Emoji {
    Emoji::from_stored(text.to_owned())
}

fn by(text: &str, users: &[&User]) -> Reaction {
    Reaction { emoji: emoji(text), user_ids: users.iter().map(|user| user.id).collect() }
}

/// A reaction that is stored and counted; false when it was there.
async fn react(
    store: &Arc<dyn Store>,
    message_id: MessageId,
    user: &User,
    text: &str,
    at: Timestamp,
) -> Result<bool> {
    let mut work = store.begin().await?;
    let is_new = work.reactions().insert(message_id, user.id, &emoji(text), at).await?;
    let found = work.messages().find(message_id).await?;
    let mut message = found
        .map(|sent| sent.message)
        .ok_or(plaza_domain::RepositoryError::NotFound { entity: "message" })?;
    message.reaction_count += i64::from(is_new);
    work.messages().update(&message).await?;
    work.commit().await?;
    Ok(is_new)
}

/// Ada's message with three reactions of two users, and another with one.
async fn given_reactions(store: &Arc<dyn Store>) -> Result<(User, User, SentMessage)> {
    let (ada, room, talk) = given_talk(store).await?;
    let bob = given_user(store, "bob").await?;
    let message = talk[0].message.id;
    react(store, message, &bob, "👍", at(1)).await?;
    react(store, message, &ada, "🎉", at(2)).await?;
    react(store, message, &ada, "👍", at(3)).await?;
    react(store, talk[1].message.id, &ada, "👎", at(1)).await?;
    let history = store.read().await?.messages().history(room.id, HistoryRange::Newest, 100).await?;
    Ok((ada, bob, history[0].clone()))
}

pub(crate) async fn reactions_come_with_their_message_in_the_order_of_first_use(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, bob, sent) = given_reactions(&store).await?;
    let expected = [by("👍", &[&bob, &ada]), by("🎉", &[&ada])];
    assert_eq!(sent.reactions, expected);
    assert_eq!(sent.message.reaction_count, 3);
    let mut read = store.read().await?;
    assert_eq!(read.messages().find(sent.message.id).await?, Some(sent.clone()));
    assert_eq!(read.reactions().find_all(sent.message.id).await?, expected);
    assert_eq!(read.reactions().find_all(MessageId::new(id())).await?, []);
    Ok(())
}

pub(crate) async fn a_reaction_is_there_once_and_removed_once(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob, sent) = given_reactions(&store).await?;
    let message = sent.message.id;
    // Seconds later, and it is still as old as it was.
    assert!(!react(&store, message, &bob, "👍", at(9)).await?);
    assert_eq!(store.read().await?.reactions().find_all(message).await?, sent.reactions);
    let mut work = store.begin().await?;
    for (user, text, is_there) in [(&ada, "👍", true), (&ada, "👍", false), (&bob, "🎉", false)] {
        let removed = work.reactions().delete(message, user.id, &emoji(text)).await?;
        assert_eq!(removed, is_there, "{text} of {}", user.username);
    }
    work.commit().await?;
    let left = store.read().await?.reactions().find_all(message).await?;
    assert_eq!(left, [by("👍", &[&bob]), by("🎉", &[&ada])]);
    Ok(())
}

pub(crate) async fn a_reaction_is_to_a_message_and_by_a_user(store: Arc<dyn Store>) -> Outcome {
    let (ada, _, sent) = given_reactions(&store).await?;
    let (nothing, nobody) = (MessageId::new(id()), UserId::new(id()));
    for (message, user) in [(nothing, ada.id), (sent.message.id, nobody)] {
        let mut work = store.begin().await?;
        let refused = match work.reactions().insert(message, user, &emoji("👍"), at(1)).await {
            Ok(_) => work.commit().await,
            Err(error) => Err(error),
        };
        assert_conflict(refused, Constraint::ForeignKey)?;
    }
    Ok(())
}

pub(crate) async fn of_racing_reactions_of_a_user_one_is_new(store: Arc<dyn Store>) -> Outcome {
    let (_, _, talk) = given_talk(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let message = talk[0].message.id;
    let new = race(20, |_| {
        let (store, bob) = (Arc::clone(&store), bob.clone());
        async move {
            let mut work = store.begin().await?;
            let is_new = work.reactions().insert(message, bob.id, &emoji("👍"), at(1)).await?;
            work.commit().await?;
            Ok(is_new)
        }
    })
    .await?;
    assert_eq!(new, 1);
    assert_eq!(store.read().await?.reactions().find_all(message).await?, [by("👍", &[&bob])]);
    Ok(())
}

pub(crate) async fn who_reacted_is_listed_by_user_in_pages(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob, sent) = given_reactions(&store).await?;
    let mut read = store.read().await?;
    let all = read.reactions().list(sent.message.id, None, 100).await?;
    let entry =
        |user: &User, text, at| ReactionEntry { user: user.summary(), emoji: emoji(text), created_at: at };
    // In which order a database has the emoji of one user is its own business, as long as it is always the same.
    assert_eq!(all.len(), 3);
    assert!(all[..2].contains(&entry(&ada, "👍", at(3))) && all[..2].contains(&entry(&ada, "🎉", at(2))));
    assert_eq!(all[2], entry(&bob, "👍", at(1)));
    for (place, known) in all.iter().enumerate() {
        let after = Some((known.user.id, known.emoji.clone()));
        let rest = read.reactions().list(sent.message.id, after, 1).await?;
        let next: Vec<_> = all.iter().skip(place + 1).take(1).cloned().collect();
        assert_eq!(rest, next, "after {}", known.emoji);
    }
    Ok(())
}

pub(crate) async fn a_message_that_is_taken_back_has_no_reactions(store: Arc<dyn Store>) -> Outcome {
    let (_, _, sent) = given_reactions(&store).await?;
    let message = sent.message.id;
    let mut work = store.begin().await?;
    work.messages().forget(message).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.reactions().find_all(message).await?, []);
    assert_eq!(read.reactions().list(message, None, 9).await?, []);
    Ok(())
}
