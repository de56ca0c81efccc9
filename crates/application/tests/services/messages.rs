//! Messages: what may be posted, read, edited and deleted.

use plaza_application::{Error, MessageInput, Result, events::RoomEventBody};
use plaza_domain::{MessageId, MessageKind, Seq, repository::HistoryRange};

use crate::{
    files::upload,
    world::{World, heard_changes, named, said, text},
};

#[tokio::test]
async fn a_message_is_stored_as_written_and_shown_as_safe_html() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let content = "<script>alert(1)</script> & more";
    let posted = world.say(&ada, room.id, content).await?;
    let found = world.services.messages.get(&ada, posted.view.message.id).await?;
    assert_eq!(found, posted.view);
    assert_eq!(found.message.content.as_str(), content);
    assert_eq!(found.message.content_html, "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</p>");
    assert_eq!(found.message.seq, Seq::new(1));
    assert_eq!(found.message.version, room.version.next());
    Ok(())
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_and_leaves_no_gap() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let bad = [
        ("content", text(room.id, " \n ")),
        ("content", text(room.id, &"x".repeat(4_001))),
        ("client_id", named(room.id, "hello", "with space")),
        ("message_type", (room.id, MessageInput { kind: MessageKind::System, ..said("I am the server") })),
        ("file_id", (room.id, MessageInput { kind: MessageKind::File, ..said("no file") })),
        (
            "image_url",
            (
                room.id,
                MessageInput {
                    kind: MessageKind::Image,
                    image_url: Some("https://example.org/x.png".to_owned()),
                    ..said("")
                },
            ),
        ),
    ];
    for (field, input) in bad {
        let refused = world.post(&ada, input).await;
        assert!(
            matches!(&refused, Err(Error::Invalid(invalid)) if invalid.violations[0].field == field),
            "{field}: {refused:?}"
        );
    }
    assert_eq!(world.say(&ada, room.id, "good").await?.view.message.seq, Seq::new(1));
    Ok(())
}

#[tokio::test]
async fn only_members_post_and_read() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let message = world.say(&ada, room.id, "hello").await?.view.message;
    assert!(matches!(world.say(&grace, room.id, "hello").await, Err(Error::NotFound("room"))));
    let messages = &world.services.messages;
    let history = messages.history(&grace, room.id, HistoryRange::Newest, 10).await;
    assert!(matches!(history, Err(Error::Forbidden(_))));
    let found = messages.get(&grace, message.id).await;
    assert!(matches!(found, Err(Error::NotFound("message"))));
    Ok(())
}

#[tokio::test]
async fn a_reply_stays_in_its_room() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let (here, there) = (world.public_room(&ada).await?, world.public_room(&ada).await?);
    let parent = world.say(&ada, here.id, "a question").await?.view.message.id;
    let reply =
        |room_id, parent_id| (room_id, MessageInput { parent_id: Some(parent_id), ..said("an answer") });
    let posted = world.post(&ada, reply(here.id, parent)).await?;
    assert_eq!(posted.view.message.parent_id, Some(parent));
    let unknown = MessageId::new(world.ports.ids.next());
    for input in [reply(there.id, parent), reply(here.id, unknown)] {
        let refused = world.post(&ada, input).await;
        assert!(matches!(refused, Err(Error::NotFound("parent message"))));
    }
    Ok(())
}

#[tokio::test]
async fn one_posts_ones_own_uploads_and_pictures_as_pictures() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let picture = upload(&world, &ada, "engine.png", b"pixels").await?.file.id;
    let notes = upload(&world, &ada, "notes.txt", b"words").await?.file.id;
    let with = |kind, file_id| (room.id, MessageInput { kind, file_id: Some(file_id), ..said("") });
    let linked = MessageInput {
        kind: MessageKind::Image,
        image_url: Some(format!("/media/{picture}.png")),
        ..said("look")
    };
    for input in [with(MessageKind::Image, picture), with(MessageKind::File, notes), (room.id, linked)] {
        let posted = world.post(&ada, input).await?;
        assert!(posted.view.message.file_id.is_some());
    }
    let words = world.post(&ada, with(MessageKind::Image, notes)).await;
    assert!(matches!(words, Err(Error::Invalid(_))));
    let stolen = world.post(&grace, with(MessageKind::Image, picture)).await;
    assert!(matches!(stolen, Err(Error::NotFound("file"))));
    Ok(())
}

#[tokio::test]
async fn history_is_read_by_place_in_both_directions() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    for number in 1..=7 {
        world.say(&ada, room.id, &number.to_string()).await?;
    }
    for (range, limit, expected, more) in [
        (HistoryRange::Newest, 3, 5..=7, true),
        (HistoryRange::Newest, 7, 1..=7, false),
        (HistoryRange::Before(Seq::new(5)), 3, 2..=4, true),
        (HistoryRange::Before(Seq::new(3)), 3, 1..=2, false),
        (HistoryRange::After(Seq::new(2)), 3, 3..=5, true),
        (HistoryRange::After(Seq::new(5)), 3, 6..=7, false),
    ] {
        let (page, has_more) = world.services.messages.history(&ada, room.id, range, limit).await?;
        let seqs: Vec<i64> = page.iter().map(|sent| sent.message.seq.get()).collect();
        assert_eq!((seqs, has_more), (expected.collect(), more), "{range:?}, {limit}");
    }
    Ok(())
}

#[tokio::test]
async fn an_edit_takes_a_new_version_and_keeps_the_place() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let before = world.say(&ada, room.id, "helo").await?.view.message;
    let mut events = world.ports.bus.subscribe();
    let messages = &world.services.messages;
    let after = messages.edit(&ada, before.id, "hello").await?.message;
    assert_eq!((after.seq, after.version), (before.seq, before.version.next()));
    assert_eq!(after.content_html, "<p>hello</p>");
    assert!(after.edited_at.is_some());
    let changes = heard_changes(&mut events);
    assert!(
        matches!(&changes[..], [only] if only.version == after.version
            && matches!(&only.body, RoomEventBody::MessageUpdated(told) if told.message == after)),
        "{changes:?}"
    );

    assert!(matches!(messages.edit(&grace, before.id, "bye").await, Err(Error::Forbidden(_))));
    assert!(matches!(messages.edit(&ada, before.id, " ").await, Err(Error::Invalid(_))));
    assert_eq!(messages.get(&grace, before.id).await?.message, after);
    Ok(())
}

#[tokio::test]
async fn a_deleted_message_is_a_tombstone_in_its_place() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let message = world.say(&grace, room.id, "secret").await?.view.message;
    let messages = &world.services.messages;
    messages.edit(&grace, message.id, "less secret").await?;
    let mut events = world.ports.bus.subscribe();
    let tombstone = messages.delete(&ada, message.id).await?.message;
    assert_eq!(tombstone.seq, message.seq);
    assert_eq!((tombstone.content.as_str(), tombstone.content_html.as_str()), ("", ""));
    let again = messages.delete(&grace, message.id).await?.message;
    assert_eq!(again, tombstone);
    assert_eq!(heard_changes(&mut events).len(), 1);
    let edited = messages.edit(&grace, message.id, "undo").await;
    assert!(matches!(edited, Err(Error::Conflict(_))));
    Ok(())
}

#[tokio::test]
async fn a_members_own_messages_are_beyond_other_members_and_strangers() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let stranger = world.user("stranger").await?;
    let message = world.say(&ada, room.id, "mine").await?.view.message;
    let messages = &world.services.messages;
    assert!(matches!(messages.delete(&grace, message.id).await, Err(Error::Forbidden(_))));
    assert!(matches!(messages.delete(&stranger, message.id).await, Err(Error::NotFound("message"))));
    assert!(matches!(messages.edit(&stranger, message.id, "theirs").await, Err(Error::NotFound("message"))));
    assert_eq!(messages.get(&ada, message.id).await?.message, message);
    Ok(())
}

#[tokio::test]
async fn what_a_deleted_message_said_before_its_edits_is_forgotten() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let message = world.say(&ada, room.id, "secret").await?.view.message;
    let messages = &world.services.messages;
    messages.edit(&ada, message.id, "less secret").await?;
    messages.delete(&ada, message.id).await?;
    let kept = world.ports.store.read().await?.edits().list(message.id, None, 10).await?;
    assert_eq!(kept, []);
    Ok(())
}
