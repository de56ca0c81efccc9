//! Sessions go on by one chain of refresh tokens, and end when a second one shows.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    AuthSettings, Error, Login, Result, Settings, Unauthenticated,
    events::{Event, UserEvent},
};
use plaza_domain::Device;
use tokio::task::JoinSet;

use crate::world::{PASSWORD, World, heard, reason, registration};

const SECOND: Duration = Duration::from_secs(1);
/// How long after another one a tab may come.
const AT_ONCE: Duration = Duration::from_secs(10);
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

fn token(login: &Login) -> &str {
    login.refresh_token.as_deref().unwrap_or_default()
}

async fn refresh(world: &World, login: &Login) -> Result<Login> {
    world.services.auth.refresh(token(login), Device::default()).await
}

/// As a tab of a browser does, which shares a cookie with others.
async fn refresh_shared(world: &World, login: &Login) -> Result<Login> {
    world.services.auth.refresh_shared(token(login), Device::default()).await
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
        let digest = world.ports.secrets.digest(token(&login));
        let stored = world.ports.store.read().await?.sessions().find_token(digest).await?;
        if stored.is_some_and(|stored| stored.consumed_at.is_none()) {
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
    for shown in [token(&kept), token(&lost), token(&login), "never issued", ""] {
        let refused = world.services.auth.refresh(shown, Device::default()).await.err();
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

#[tokio::test]
async fn of_tabs_that_refresh_at_the_same_time_one_gets_the_next_token() -> Result<()> {
    let world = World::new();
    let first = given_login(&world).await?;
    let second = refresh_shared(&world, &first).await?;
    assert!(second.refresh_token.is_some());
    world.clock.advance(AT_ONCE - SECOND);
    // Whichever answer the browser reads last: there is one token in them.
    let late = refresh_shared(&world, &first).await?;
    assert_eq!((&late.refresh_token, late.session_id), (&None, first.session_id));
    assert_eq!(late.refresh_expires_at, second.refresh_expires_at);
    assert_eq!(late.refresh_ttl + AT_ONCE - SECOND, second.refresh_ttl);
    world.services.auth.authenticate(&late.access_token).await?;
    refresh_shared(&world, &second).await.map(drop)
}

#[tokio::test]
async fn a_browser_that_got_no_answer_gets_its_next_token_later() -> Result<()> {
    let world = World::new();
    let first = given_login(&world).await?;
    let lost = refresh_shared(&world, &first).await?;
    world.clock.advance(AT_ONCE);
    let second = refresh_shared(&world, &first).await?;
    assert!(second.refresh_token.is_some());
    refresh_shared(&world, &second).await?;
    assert_eq!(refusal(&world, &lost).await, REFUSED);
    Ok(())
}

#[tokio::test]
async fn a_cookie_whose_successor_was_used_ends_the_session_also_at_once() -> Result<()> {
    let world = World::new();
    let first = given_login(&world).await?;
    let second = refresh_shared(&world, &first).await?;
    let third = refresh_shared(&world, &second).await?;
    let stolen = refresh_shared(&world, &first).await.err().and_then(reason);
    assert_eq!(stolen, REFUSED);
    assert_eq!(refusal(&world, &third).await, ENDED);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_parallel_tabs_one_gets_the_next_token_and_all_stay_logged_in() -> Result<()> {
    let world = Arc::new(World::new());
    let first = given_login(&world).await?;
    let mut tabs = JoinSet::new();
    for _ in 0..50 {
        let (world, first) = (Arc::clone(&world), first.clone());
        tabs.spawn(async move { refresh_shared(&world, &first).await });
    }
    let logins: Vec<Login> = tabs.join_all().await.into_iter().collect::<Result<_>>()?;
    let given: Vec<&Login> = logins.iter().filter(|login| login.refresh_token.is_some()).collect();
    let [next] = given.as_slice() else { return Err(Error::Conflict(format!("{} chains", given.len()))) };
    refresh_shared(&world, next).await.map(drop)
}

#[tokio::test]
async fn who_gives_up_a_token_ends_its_session() -> Result<()> {
    let world = World::new();
    let (first, other) = (given_login(&world).await?, log_in(&world).await?);
    let second = refresh(&world, &first).await?;
    let mut events = world.ports.bus.subscribe();
    let auth = &world.services.auth;
    // A used one as well: whoever has it shall not go on.
    for shown in [token(&first), token(&second), "never issued"] {
        auth.give_up(shown, &Device::default()).await?;
    }
    let told = Event::User(UserEvent::SessionEnded { user_id: first.user.id, session_id: first.session_id });
    assert_eq!(heard(&mut events), [told]);
    assert_eq!(refusal(&world, &second).await, ENDED);
    assert_eq!(auth.authenticate(&second.access_token).await.err().and_then(reason), ENDED);
    refresh(&world, &other).await.map(drop)
}
