//! Sessions go on by one chain of refresh tokens, and end when a second one shows.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    AuthSettings, Error, Login, Result, Settings, Unauthenticated,
    events::{Event, UserEvent},
};
use plaza_domain::Device;
use tokio::task::JoinSet;

use crate::world::{PASSWORD, World, heard, reason, registration};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const ENDED: Option<Unauthenticated> = Some(Unauthenticated::SessionEnded);
const REFUSED: Option<Unauthenticated> = Some(Unauthenticated::RefreshToken);

/// Somebody who has just logged in.
async fn given_login(world: &World) -> Result<Login> {
    world.services.auth.register(registration("ada")).await?;
    log_in(world).await
}

async fn log_in(world: &World) -> Result<Login> {
    world.services.auth.login("ada", PASSWORD, Device::default()).await
}

async fn refresh(world: &World, login: &Login) -> Result<Login> {
    world.services.auth.refresh(&login.refresh_token, Device::default()).await
}

async fn refusal(world: &World, login: &Login) -> Option<Unauthenticated> {
    refresh(world, login).await.err().and_then(reason)
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_session() -> Result<()> {
    let world = World::new();
    let first = given_login(&world).await?;
    world.clock.advance(MINUTE);
    let second = refresh(&world, &first).await?;
    assert_eq!(second.session_id, first.session_id);
    assert!(second.access_expires_at > first.access_expires_at);
    assert!(second.refresh_token != first.refresh_token);
    refresh(&world, &second).await.map(drop)
}

#[tokio::test]
async fn a_refresh_token_that_was_never_issued_writes_nothing() {
    let world = World::new();
    world.faults.fail_begins(usize::MAX);
    let refused = world.services.auth.refresh("made up", Device::default()).await.err();
    assert!(matches!(refused, Some(Error::Unauthenticated(_))), "{refused:?}");
}

#[tokio::test]
async fn who_got_no_answer_may_ask_again_with_the_same_token() -> Result<()> {
    let world = World::new();
    let first = given_login(&world).await?;
    let _lost = refresh(&world, &first).await?;
    let _lost_too = refresh(&world, &first).await?;
    let third = refresh(&world, &first).await?;
    let fourth = refresh(&world, &third).await?;
    world.services.auth.authenticate(&fourth.access_token).await.map(drop)
}

#[tokio::test]
async fn a_token_that_was_given_up_for_another_ends_the_session() -> Result<()> {
    let world = World::new();
    let first = given_login(&world).await?;
    let lost = refresh(&world, &first).await?;
    let newest = refresh(&world, &first).await?;
    assert_eq!(refusal(&world, &lost).await, REFUSED);
    assert_eq!(refusal(&world, &newest).await, ENDED);
    assert_eq!(refusal(&world, &first).await, ENDED);
    Ok(())
}

#[tokio::test]
async fn a_token_whose_successor_was_used_ends_the_session() -> Result<()> {
    let world = World::new();
    let first = given_login(&world).await?;
    let second = refresh(&world, &first).await?;
    let third = refresh(&world, &second).await?;
    let mut events = world.ports.bus.subscribe();
    assert_eq!(refusal(&world, &first).await, REFUSED);

    assert_eq!(refusal(&world, &third).await, ENDED);
    let access = world.services.auth.authenticate(&third.access_token).await.err();
    assert_eq!(access.and_then(reason), ENDED);
    let told = Event::User(UserEvent::SessionEnded { user_id: first.user.id, session_id: first.session_id });
    assert_eq!(heard(&mut events), [told]);
    Ok(())
}

#[tokio::test]
async fn other_sessions_outlive_a_reuse() -> Result<()> {
    let world = World::new();
    let (stolen, other) = (given_login(&world).await?, log_in(&world).await?);
    refresh(&world, &refresh(&world, &stolen).await?).await?;
    assert_eq!(refusal(&world, &stolen).await, REFUSED);
    refresh(&world, &other).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_refreshes_of_one_token_leave_one_chain() -> Result<()> {
    let world = Arc::new(World::new());
    let first = given_login(&world).await?;
    let mut racers = JoinSet::new();
    for _ in 0..50 {
        let (world, first) = (Arc::clone(&world), first.clone());
        racers.spawn(async move { refresh(&world, &first).await });
    }
    let mut live = Vec::new();
    for login in racers.join_all().await.into_iter().flatten() {
        let digest = world.ports.secrets.digest(&login.refresh_token);
        let token = world.ports.store.read().await?.sessions().find_token(digest).await?;
        if token.is_some_and(|token| token.consumed_at.is_none()) {
            live.push(login);
        }
    }
    let [last] = live.as_slice() else { return Err(Error::Conflict(format!("{} chains", live.len()))) };
    refresh(&world, last).await?;
    assert_eq!(refusal(&world, &first).await, REFUSED);
    Ok(())
}

#[tokio::test]
async fn an_expired_or_unknown_refresh_token_is_refused() -> Result<()> {
    let world = World::new();
    let (kept, login) = (given_login(&world).await?, log_in(&world).await?);
    let lost = refresh(&world, &login).await?;
    world.clock.advance(7 * DAY);
    for token in [kept.refresh_token.as_str(), &lost.refresh_token, &login.refresh_token, "never issued", ""]
    {
        let refused = world.services.auth.refresh(token, Device::default()).await.err();
        assert_eq!(refused.and_then(reason), REFUSED);
    }
    Ok(())
}

#[tokio::test]
async fn a_session_ends_in_the_end_however_often_it_is_refreshed() -> Result<()> {
    let auth = AuthSettings { session_lifetime: 10 * DAY, ..AuthSettings::default() };
    let world = World::with_settings(&Settings { auth, ..Settings::default() });
    let first = given_login(&world).await?;
    let end = first.refresh_expires_at + 3 * DAY;
    world.clock.advance(6 * DAY);
    let second = refresh(&world, &first).await?;
    assert_eq!(second.refresh_expires_at, end);
    world.clock.advance(4 * DAY - MINUTE);
    let last = refresh(&world, &second).await?;
    assert_eq!((last.refresh_expires_at, last.access_expires_at, last.access_ttl), (end, end, MINUTE));
    world.clock.advance(MINUTE);
    assert_eq!(refusal(&world, &last).await, ENDED);
    assert!(world.services.auth.authenticate(&last.access_token).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_refresh_that_could_not_be_stored_leaves_the_token_usable() -> Result<()> {
    let world = World::new();
    let login = given_login(&world).await?;
    world.faults.fail_commits(1);
    let failed = refresh(&world, &login).await;
    assert!(matches!(failed, Err(Error::Unavailable(_))));
    refresh(&world, &login).await.map(drop)
}
