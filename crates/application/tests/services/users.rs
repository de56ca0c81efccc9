//! Profiles.

use bytes::Bytes;
use futures::{StreamExt, stream};
use plaza_application::{Error, ProfileUpdate, Result, Services};
use plaza_domain::{File, FileStatus, MemberRole, SystemRole, UserId, Variant, VariantName};

use crate::world::World;

#[tokio::test]
async fn what_an_update_leaves_out_stays() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let update = ProfileUpdate { bio: Some("Counts.".to_owned()), ..ProfileUpdate::default() };
    world.services.users.update(&ada, update).await?;
    let user = world.services.users.get(&ada, ada.id()).await?;
    assert_eq!(user.bio.as_str(), "Counts.");
    assert_eq!(user.username.as_str(), "ada");
    assert_eq!(user.email.as_str(), "ada@example.org");
    Ok(())
}

#[tokio::test]
async fn one_may_keep_ones_own_handle_and_not_take_anothers() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let rename = |name: &str| ProfileUpdate { username: Some(name.to_owned()), ..ProfileUpdate::default() };
    world.services.users.update(&ada, rename("ADA")).await?;
    let taken = world.services.users.update(&ada, rename("grace")).await;
    assert!(matches!(taken, Err(Error::Conflict(_))));
    assert_eq!(world.services.users.get(&ada, ada.id()).await?.username.as_str(), "ada");
    Ok(())
}

#[tokio::test]
async fn a_refused_update_changes_nothing() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let update = ProfileUpdate {
        bio: Some("fine".to_owned()),
        username: Some("no handle".to_owned()),
        display_name: Some(String::new()),
        ..ProfileUpdate::default()
    };
    let refused = world.services.users.update(&ada, update).await;
    let fields = match refused {
        Err(Error::Invalid(invalid)) => invalid.violations.iter().map(|v| v.field).collect(),
        _ => Vec::new(),
    };
    assert_eq!(fields, ["username", "display_name"]);
    assert_eq!(world.services.users.get(&ada, ada.id()).await?.bio.as_str(), "");
    Ok(())
}

#[tokio::test]
async fn only_ones_own_finished_avatar_is_set_and_everybody_sees_its_variants() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let users = &world.services.users;
    let files = &world.services.files;
    let picture = || stream::iter([Ok(Bytes::from_static(b"a picture, believe me"))]).boxed();
    let attached = files.upload(&ada, "me.png", picture(), |_| Ok(())).await?.file;
    let avatar = files.upload_avatar(&ada, "me.png", picture()).await?.file;
    for unfit in [attached.id, avatar.id] {
        assert!(matches!(users.set_avatar(&ada, unfit).await, Err(Error::Invalid(_))), "not yet completed");
    }
    completed(&world, &attached).await?;
    completed(&world, &avatar).await?;
    assert!(matches!(users.set_avatar(&ada, attached.id).await, Err(Error::Invalid(_))));
    assert!(matches!(users.set_avatar(&grace, avatar.id).await, Err(Error::NotFound("file"))));
    let seen = files.variant(&grace, avatar.id, VariantName::Avatar).await;
    assert!(matches!(seen, Err(Error::NotFound("file"))));

    assert_eq!(users.set_avatar(&ada, avatar.id).await?.avatar_file_id, Some(avatar.id));
    assert_eq!(users.get(&ada, ada.id()).await?.avatar_file_id, Some(avatar.id));
    assert_eq!(files.variant(&grace, avatar.id, VariantName::Avatar).await?.media_type, "image/jpeg");
    assert!(matches!(files.content(&grace, avatar.id).await, Err(Error::NotFound("file"))));
    assert!(matches!(files.get(&grace, avatar.id).await, Err(Error::NotFound("file"))));

    users.remove_avatar(&ada).await?;
    assert_eq!(users.get(&ada, ada.id()).await?.avatar_file_id, None);
    let seen = files.variant(&grace, avatar.id, VariantName::Avatar).await;
    assert!(matches!(seen, Err(Error::NotFound("file"))));
    Ok(())
}

/// What a worker does to a picture.
async fn completed(world: &World, file: &File) -> Result<()> {
    let mut work = world.ports.store.begin().await?;
    work.files().update(&File { status: FileStatus::Completed, ..file.clone() }).await?;
    let variant = Variant {
        file_id: file.id,
        name: VariantName::Avatar,
        media_type: "image/jpeg".to_owned(),
        width: 256,
        height: 256,
        size: 9,
        sha256: file.sha256,
    };
    work.files().save_variant(&variant).await?;
    work.commit().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_no_picture_is_no_avatar() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let words = stream::iter([Ok(Bytes::from_static(b"words"))]).boxed();
    let refused = world.services.files.upload_avatar(&ada, "notes.txt", words).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    Ok(())
}

#[tokio::test]
async fn an_unknown_user_is_not_found() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let nobody = UserId::new(world.ports.ids.next());
    let missing = world.services.users.get(&ada, nobody).await;
    assert!(matches!(missing, Err(Error::NotFound("user"))));
    Ok(())
}

#[tokio::test]
async fn guests_see_those_whom_they_know() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let guest = world.user_as("guest", SystemRole::Guest).await?;
    let Services { users, friends, blocks, presence, memberships, .. } = &world.services;
    assert_eq!(users.get(&guest, guest.id()).await?.id, guest.id());
    assert!(matches!(users.get(&guest, ada.id()).await, Err(Error::NotFound("user"))));
    assert!(matches!(presence.get(&guest, ada.id()).await, Err(Error::NotFound("user"))));
    assert!(matches!(friends.get(&guest, ada.id()).await, Err(Error::NotFound("user"))));
    assert!(matches!(blocks.block(&guest, ada.id()).await, Err(Error::NotFound("user"))));

    let room = world.private_room(&ada).await?;
    memberships.add(&ada, room.id, guest.id(), MemberRole::Admin).await?;
    assert_eq!(users.get(&guest, ada.id()).await?.id, ada.id());
    // Not even to make them a member of a room.
    let added = memberships.add(&guest, room.id, grace.id(), MemberRole::Member).await;
    assert!(matches!(added, Err(Error::NotFound("user"))));
    friends.request(&grace, guest.id()).await?;
    assert_eq!(users.get(&guest, grace.id()).await?.id, grace.id());

    blocks.block(&guest, ada.id()).await?;
    memberships.leave(&guest, room.id).await?;
    blocks.unblock(&guest, ada.id()).await?;
    assert!(matches!(users.get(&guest, ada.id()).await, Err(Error::NotFound("user"))));
    Ok(())
}
