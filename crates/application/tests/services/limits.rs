//! Which quota applies to what.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    Actor, Error, LimitSettings, Limited, Result, Settings,
    in_process::{LocalGuessLimiter, LocalRateLimiter},
    memory::ManualClock,
    ports::Quota,
};
use plaza_domain::{Clock, Room, RoomId, RoomKind};

use crate::world::{PASSWORD, World};

fn settings(enabled: bool) -> Settings {
    let limits =
        LimitSettings { enabled, login_per_account: Quota::per_minute(2), ..LimitSettings::default() };
    Settings { limits, ..Settings::default() }
}

async fn is_allowed(world: &World, what: Limited<'_>) -> Option<bool> {
    world.services.limits.take(what).await.map(|(_, decision)| decision.allowed)
}

#[tokio::test]
async fn every_user_has_a_quota_of_their_own() -> Result<()> {
    let mut settings = settings(true);
    settings.limits.upload_per_user = Quota::per_minute(1);
    let world = World::with_settings(&settings);
    let (ada, grace) = world.people().await?;
    assert_eq!(is_allowed(&world, Limited::UploadBy(ada.id())).await, Some(true));
    assert_eq!(is_allowed(&world, Limited::UploadBy(ada.id())).await, Some(false));
    assert_eq!(is_allowed(&world, Limited::UploadBy(grace.id())).await, Some(true));
    assert_eq!(is_allowed(&world, Limited::RoomMessageBy(ada.id())).await, Some(true));
    Ok(())
}

#[tokio::test]
async fn a_room_message_an_edit_of_it_and_a_direct_one_have_their_buckets() -> Result<()> {
    let world = World::with_settings(&settings(true));
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let direct = Room { id: RoomId::new(world.ports.ids.next()), kind: RoomKind::Direct, ..room.clone() };
    let mut work = world.ports.store.begin().await?;
    work.rooms().insert(&direct).await?;
    work.commit().await?;
    let said = world.say(&ada, room.id, "hello").await?.view.message.id;
    let limits = &world.services.limits;
    let nowhere = RoomId::new(world.ports.ids.next());
    for room_id in [room.id, nowhere] {
        assert_eq!(limits.message_in(ada.id(), room_id).await?, Limited::RoomMessageBy(ada.id()));
    }
    assert_eq!(limits.message_in(ada.id(), direct.id).await?, Limited::DirectMessageBy(ada.id()));
    assert_eq!(limits.edit_of(ada.id(), said).await?, Limited::RoomMessageBy(ada.id()));
    Ok(())
}

/// Where one mail a day may ask whether accounts may move there.
fn one_mail_a_day() -> World {
    let limits = LimitSettings { daily_mails_per_recipient: Quota::per_day(1), ..LimitSettings::default() };
    World::with_settings(&Settings { limits, ..Settings::default() })
}

#[tokio::test]
async fn an_address_has_one_quota_however_it_is_written() -> Result<()> {
    let world = one_mail_a_day();
    let (ada, grace) = world.people().await?;
    let move_to = async |actor: &Actor, email: &str| {
        world.services.email_change.request(actor, email, Some(PASSWORD)).await
    };
    move_to(&ada, "somebody@bücher.example").await?;
    for spelling in [
        "somebody@bücher.example",
        " Somebody@BÜCHER.example",
        "somebody@xn--bcher-kva.example",
        "somebody@bücher。example",
    ] {
        let refused = move_to(&grace, spelling).await;
        assert!(matches!(refused, Err(Error::RateLimited { .. })), "{spelling}: {refused:?}");
    }
    move_to(&grace, "somebody.else@bücher.example").await
}

#[tokio::test]
async fn who_does_not_know_the_password_uses_up_nothing_of_the_one_who_is_written_to() -> Result<()> {
    let world = one_mail_a_day();
    let (ada, grace) = world.people().await?;
    let change = &world.services.email_change;
    for password in [None, Some("wrong")] {
        let refused = change.request(&ada, "somebody@example.net", password).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    change.request(&grace, "somebody@example.net", Some(PASSWORD)).await
}

#[tokio::test]
async fn a_rooms_kind_is_asked_for_once() -> Result<()> {
    let world = World::with_settings(&settings(true));
    let ada = world.user("ada").await?;
    let room_id = world.public_room(&ada).await?.id;
    let limits = &world.services.limits;
    limits.message_in(ada.id(), room_id).await?;
    world.faults.fail_reads(usize::MAX);
    limits.message_in(ada.id(), room_id).await?;
    let unknown = limits.message_in(ada.id(), RoomId::new(world.ports.ids.next())).await;
    assert!(matches!(unknown, Err(Error::Unavailable(_))));
    Ok(())
}

#[tokio::test]
async fn switched_off_nothing_is_counted() {
    let world = World::with_settings(&settings(false));
    for _ in 0..10 {
        assert_eq!(is_allowed(&world, Limited::LoginTo("ada")).await, None);
    }
}

#[test]
fn nobody_waits_for_longer_because_the_clock_was_set_back() {
    const HOUR: Duration = Duration::from_secs(60 * 60);
    let clock = Arc::new(ManualClock::default());
    let guesses = LocalGuessLimiter::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let limiter = LocalRateLimiter::new(Arc::clone(&clock) as Arc<dyn Clock>);
    for _ in 0..4 {
        assert_eq!(guesses.guess_now("ada"), Duration::ZERO);
    }
    let quota = Quota::per_minute(2);
    for allowed in [true, true, false] {
        assert_eq!(limiter.take_now("ada", quota).allowed, allowed);
    }
    clock.set_back(HOUR);
    let wait = guesses.guess_now("ada");
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
    let refused = limiter.take_now("ada", quota);
    assert!(!refused.allowed && refused.retry_after <= Duration::from_secs(30), "{refused:?}");
    clock.advance(Duration::from_secs(30));
    assert_eq!(guesses.guess_now("ada"), Duration::ZERO);
    assert!(limiter.take_now("ada", quota).allowed);
}
