//! Passwords: who changes them, and whose logins end.

use plaza_application::{
    Actor, Error, Result, Unauthenticated,
    events::{Event, UserEvent},
};
use plaza_domain::Device;

use crate::world::{PASSWORD, World, heard};

const NEW: &str = "a better horse battery";

/// One more login of a user.
pub(crate) async fn log_in(world: &World, name: &str, password: &str) -> Result<Actor> {
    let auth = &world.services.auth;
    let login = auth.login(name, password, Device::default()).await?;
    auth.authenticate(&login.access_token).await
}

pub(crate) async fn refusal(world: &World, actor: &Actor) -> Option<Unauthenticated> {
    match world.services.auth.recheck(actor).await {
        Err(Error::Unauthenticated(reason)) => Some(reason),
        _ => None,
    }
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_no_one_elses() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (elsewhere, third) = (log_in(&world, "ada", PASSWORD).await?, log_in(&world, "ada", PASSWORD).await?);
    let mut events = world.ports.bus.subscribe();
    world.services.accounts.change_password(&ada, PASSWORD, NEW).await?;

    let ended = Some(Unauthenticated::SessionEnded);
    assert_eq!((refusal(&world, &elsewhere).await, refusal(&world, &third).await), (ended, ended));
    assert_eq!((refusal(&world, &ada).await, refusal(&world, &grace).await), (None, None));
    let told = UserEvent::OtherSessionsEnded { user_id: ada.id(), kept: ada.session_id };
    assert_eq!(heard(&mut events), [Event::User(told)]);
    let old = log_in(&world, "ada", PASSWORD).await;
    assert!(matches!(old, Err(Error::Unauthenticated(Unauthenticated::Credentials))));
    log_in(&world, "ada", NEW).await.map(drop)
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_to_one_that_keeps_the_rules() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let elsewhere = log_in(&world, "ada", PASSWORD).await?;
    for (current, new, field) in [("wrong", NEW, "current_password"), (PASSWORD, "short", "new_password")] {
        let refused = world.services.accounts.change_password(&ada, current, new).await;
        let Err(Error::Invalid(input)) = refused else { return refused };
        assert_eq!(input.violations.first().map(|violation| violation.field), Some(field));
    }
    assert_eq!(refusal(&world, &elsewhere).await, None);
    log_in(&world, "ada", PASSWORD).await.map(drop)
}

#[tokio::test]
async fn a_password_that_could_not_be_stored_ends_nothing() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let elsewhere = log_in(&world, "ada", PASSWORD).await?;
    let mut events = world.ports.bus.subscribe();
    world.faults.fail_commits(1);
    let failed = world.services.accounts.change_password(&ada, PASSWORD, NEW).await;
    assert!(matches!(failed, Err(Error::Unavailable(_))));
    assert_eq!(refusal(&world, &elsewhere).await, None);
    assert_eq!(heard(&mut events), []);
    Ok(())
}
