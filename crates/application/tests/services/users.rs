//! Profiles.

use plaza_application::{Error, ProfileUpdate, Result};
use plaza_domain::UserId;

use crate::world::World;

#[tokio::test]
async fn what_an_update_leaves_out_stays() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let update = ProfileUpdate { bio: Some("Counts.".to_owned()), ..ProfileUpdate::default() };
    world.services.users.update(&ada, update).await?;
    let user = world.services.users.get(ada.id()).await?;
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
    assert_eq!(world.services.users.get(ada.id()).await?.username.as_str(), "ada");
    Ok(())
}

#[tokio::test]
async fn a_refused_update_changes_nothing() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let update = ProfileUpdate {
        bio: Some("fine".to_owned()),
        email: Some("not an address".to_owned()),
        display_name: Some(String::new()),
        ..ProfileUpdate::default()
    };
    let refused = world.services.users.update(&ada, update).await;
    let fields = match refused {
        Err(Error::Invalid(invalid)) => invalid.violations.iter().map(|v| v.field).collect(),
        _ => Vec::new(),
    };
    assert_eq!(fields, ["email", "display_name"]);
    assert_eq!(world.services.users.get(ada.id()).await?.bio.as_str(), "");
    Ok(())
}

#[tokio::test]
async fn an_unknown_user_is_not_found() -> Result<()> {
    let world = World::new();
    let nobody = UserId::new(world.ports.ids.next());
    let missing = world.services.users.get(nobody).await;
    assert!(matches!(missing, Err(Error::NotFound("user"))));
    Ok(())
}
