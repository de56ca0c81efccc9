//! Users see where they are logged in, and end what they do not know.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    Actor, AuthSettings, Error, Page, PageRequest, Result, SecondFactorRule, Settings, Unauthenticated,
    events::{Event, UserEvent},
};
use plaza_domain::{Clock, Device, Session, SessionId, UserAgent};
use tokio::{task::yield_now, time::timeout};

use crate::world::{PASSWORD, World, heard, reason, registration};

const MINUTE: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(5);

async fn log_in(world: &World, name: &str, device: Device) -> Result<Actor> {
    let login = world.services.auth.login(name, PASSWORD, device).await?;
    world.services.auth.authenticate(&login.access_token).await
}

async fn listed(world: &World, actor: &Actor) -> Result<Vec<Session>> {
    let page = world.services.sessions.list(actor, PageRequest::new(None, 50)).await?;
    Ok(page.items)
}

async fn is_over(world: &World, actor: &Actor) -> bool {
    let refused = world.services.auth.recheck(actor).await.err();
    refused.and_then(reason) == Some(Unauthenticated::SessionEnded)
}

#[tokio::test]
async fn a_user_sees_their_own_sessions_newest_first() -> Result<()> {
    let world = World::new();
    let first = world.user("ada").await?;
    let grace = world.user("grace").await?;
    let device = Device { user_agent: UserAgent::read("curl/8.9.1"), address: Some([203, 0, 113, 7].into()) };
    let second = log_in(&world, "ada", device.clone()).await?;
    let sessions = listed(&world, &first).await?;
    let seen: Vec<_> = sessions.iter().map(|session| (session.id, &session.device)).collect();
    assert_eq!(seen, [(second.session_id, &device), (first.session_id, &Device::default())]);
    assert_eq!(listed(&world, &grace).await?.len(), 1);

    let sessions = &world.services.sessions;
    let Page { items, next } = sessions.list(&first, PageRequest::new(None, 1)).await?;
    assert_eq!((items[0].id, next), (second.session_id, Some(second.session_id)));
    let Page { items, next } = sessions.list(&first, PageRequest::new(next, 1)).await?;
    assert_eq!((items[0].id, next), (first.session_id, None));
    Ok(())
}

#[tokio::test]
async fn a_refresh_shows_where_the_session_is_now() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let login = world.services.auth.login("ada", PASSWORD, Device::default()).await?;
    world.clock.advance(MINUTE);
    let device = Device { address: Some([203, 0, 113, 7].into()), ..Device::default() };
    let token = login.refresh_token.as_deref().unwrap_or_default();
    let renewed = world.services.auth.refresh(token, device.clone()).await?;
    let newest = &listed(&world, &ada).await?[0];
    assert_eq!((newest.id, &newest.device), (login.session_id, &device));
    assert_eq!((newest.last_used_at, newest.expires_at), (newest.refreshed_at, renewed.refresh_expires_at));
    assert_eq!(newest.last_used_at, newest.created_at + MINUTE);
    Ok(())
}

#[tokio::test]
async fn an_ended_session_is_over_at_once_and_everybody_is_told() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let other = log_in(&world, "ada", Device::default()).await?;
    let mut events = world.ports.bus.subscribe();
    world.services.sessions.end(&ada, other.session_id).await?;

    assert!(is_over(&world, &other).await && !is_over(&world, &ada).await);
    let told = UserEvent::SessionEnded { user_id: ada.id(), session_id: other.session_id };
    assert_eq!(heard(&mut events), [Event::User(told)]);
    assert_eq!(listed(&world, &ada).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_session_of_nobody_of_another_or_that_is_over_cannot_be_ended() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let over = log_in(&world, "ada", Device::default()).await?;
    world.services.sessions.end(&ada, over.session_id).await?;
    for id in [SessionId::new(uuid::Uuid::nil()), grace.session_id, over.session_id] {
        let refused = world.services.sessions.end(&ada, id).await;
        assert!(matches!(refused, Err(Error::NotFound("session"))), "{refused:?}");
    }
    assert!(!is_over(&world, &grace).await);
    Ok(())
}

#[tokio::test]
async fn all_other_sessions_end_and_no_one_elses() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let second = log_in(&world, "ada", Device::default()).await?;
    let third = log_in(&world, "ada", Device::default()).await?;
    let mut events = world.ports.bus.subscribe();
    world.services.sessions.end_others(&second).await?;

    assert!(is_over(&world, &ada).await && is_over(&world, &third).await);
    assert!(!is_over(&world, &second).await && !is_over(&world, &grace).await);
    let told = UserEvent::OtherSessionsEnded { user_id: ada.id(), kept: second.session_id };
    assert_eq!(heard(&mut events), [Event::User(told)]);
    Ok(())
}

#[tokio::test]
async fn using_a_session_is_noted_when_the_last_note_is_some_minutes_old() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let began = listed(&world, &ada).await?[0].last_used_at;
    for minutes in [4, 2] {
        world.clock.advance(minutes * MINUTE);
        // Else the session is known from a moment ago, though the clock says otherwise.
        world.services.auth.forget_session(ada.session_id);
        world.services.auth.recheck(&ada).await?;
    }
    let noted = timeout(SOON, async {
        loop {
            let last_used_at = listed(&world, &ada).await?[0].last_used_at;
            if last_used_at > began {
                return Result::Ok(last_used_at);
            }
            yield_now().await;
        }
    });
    let Ok(noted) = noted.await else { return Err(Error::NotFound("a note of the use")) };
    assert_eq!(noted?, began + 6 * MINUTE);
    Ok(())
}

#[tokio::test]
async fn what_was_read_before_a_session_ended_is_not_remembered_after() -> Result<()> {
    // Where a second factor is required, it is read after the session.
    let auth = AuthSettings { require_second_factor: SecondFactorRule::Everybody, ..AuthSettings::default() };
    let world = World::with_settings(&Settings { auth, ..Settings::default() });
    let auth = Arc::clone(&world.services.auth);
    auth.register(registration("ada")).await?;
    let login = auth.login("ada", PASSWORD, Device::default()).await?;
    let (token, id) = (login.access_token, login.session_id);
    let told = Arc::clone(&auth);
    world.faults.before_next_totp(move || told.forget_session(id));
    auth.authenticate_for_setup(&token).await?;

    let mut work = world.ports.store.begin().await?;
    work.sessions().revoke(id, world.clock.now()).await?;
    work.commit().await?;
    let refused = auth.authenticate_for_setup(&token).await.err();
    assert_eq!(refused.and_then(reason), Some(Unauthenticated::SessionEnded));
    Ok(())
}
