//! Accounts end: who may, how one changes one's mind, and what is left.

use std::time::Duration;

use chrono::TimeDelta;
use plaza_application::{
    Actor, DeletionOrder, ERASURE_GRACE, Error, FRESH_LOGIN, NewPassword, Operator, Result, Unauthenticated,
    events::{Event, RoomEventBody, UserEvent},
    mail::MailMessage,
};
use plaza_domain::{Clock, Device, MemberRole, PasswordHash, SystemRole, User, UserId};

use crate::world::{PASSWORD, World, heard};

const SECOND: TimeDelta = TimeDelta::seconds(1);

pub(crate) fn wait(world: &World, time: TimeDelta) {
    world.clock.advance(time.to_std().unwrap_or(Duration::ZERO));
}

pub(crate) async fn stored(world: &World, id: UserId) -> Result<User> {
    world.ports.store.read().await?.users().find(id).await?.ok_or(Error::NotFound("user"))
}

async fn is_refused(world: &World, actor: &Actor) -> bool {
    matches!(world.services.auth.recheck(actor).await, Err(Error::Unauthenticated(_)))
}

#[tokio::test]
async fn all_sessions_end_at_once_and_a_mail_tells_when_the_account_is_erased() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let mut events = world.ports.bus.subscribe();
    let erase_at = world.services.erasure.request(&ada, Some(PASSWORD)).await?;
    assert_eq!(stored(&world, ada.id()).await?.erase_at, Some(erase_at));
    assert!(is_refused(&world, &ada).await);
    let (user_id, session_id) = (ada.id(), ada.session_id);
    let others = UserEvent::OtherSessionsEnded { user_id, kept: session_id };
    let own = UserEvent::SessionEnded { user_id, session_id };
    assert_eq!(heard(&mut events), [Event::User(others), Event::User(own)]);
    let filter =
        plaza_domain::repository::TaskFilter { kind: Some("send_mail".to_owned()), ..Default::default() };
    let mails = world.ports.store.read().await?.tasks().list(&filter, None, 10).await?;
    let told = mails.iter().filter(|task| task.payload["message"]["about"] == "account_deletion");
    assert_eq!(told.count(), 1);
    Ok(())
}

#[tokio::test]
async fn only_who_knows_the_password_ends_an_account() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    for password in [None, Some("wrong")] {
        let refused = world.services.erasure.request(&ada, password).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    assert!(!is_refused(&world, &ada).await);

    // Without a password, a login that is fresh.
    let mut work = world.ports.store.begin().await?;
    let user = stored(&world, ada.id()).await?;
    work.users().update(&User { password_hash: PasswordHash::none(), ..user }).await?;
    work.commit().await?;
    wait(&world, FRESH_LOGIN + SECOND);
    let stale = world.services.erasure.request(&ada, None).await;
    assert!(matches!(stale, Err(Error::Forbidden(_))), "{stale:?}");
    Ok(())
}

#[tokio::test]
async fn a_login_within_the_time_of_grace_calls_it_off() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    world.services.erasure.request(&ada, Some(PASSWORD)).await?;
    wait(&world, ERASURE_GRACE - SECOND);
    assert_eq!(world.services.erasure.erase_due().await?.accounts, 0);
    let login = world.services.auth.login("ada", PASSWORD, Device::default()).await?;
    assert!(login.is_restored);
    assert!(!world.services.auth.login("ada", PASSWORD, Device::default()).await?.is_restored);
    wait(&world, ERASURE_GRACE);
    assert_eq!(world.services.erasure.erase_due().await?.accounts, 0);
    assert_eq!(stored(&world, ada.id()).await?.erase_at, None);
    Ok(())
}

#[tokio::test]
async fn after_the_time_of_grace_nobody_comes_back_and_nothing_tells_of_them() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    world.say(&ada, room.id, "I was here").await?;
    world.services.friends.request(&ada, grace.id()).await?;
    world.services.friends.accept(&grace, ada.id()).await?;
    world.services.erasure.request(&ada, Some(PASSWORD)).await?;
    wait(&world, ERASURE_GRACE);
    // Already before the job has run.
    let late = world.services.auth.login("ada", PASSWORD, Device::default()).await;
    assert!(matches!(late, Err(Error::Unauthenticated(Unauthenticated::Credentials))));

    let mut events = world.ports.bus.subscribe();
    let done = world.services.erasure.erase_due().await?;
    assert_eq!((done.accounts, done.rooms, done.unfinished), (1, 1, 0));
    let erased = stored(&world, ada.id()).await?;
    assert!(erased.is_erased() && erased.erase_at.is_none());
    assert!(!format!("{erased:?}").to_lowercase().contains("ada"));
    let mut read = world.ports.store.read().await?;
    assert_eq!(read.friendships().count(grace.id(), 9).await?, 0);
    drop(read);

    // The room is the other one's now, and has been told so.
    assert_eq!(world.role_in(room.id, grace.id()).await?, Some(MemberRole::Owner.as_str()));
    let told: Vec<_> = heard(&mut events)
        .into_iter()
        .filter_map(|event| match event {
            Event::Room(event) => Some(event.body),
            _ => None,
        })
        .collect();
    assert!(
        matches!(told.as_slice(), [RoomEventBody::MemberLeft(_), RoomEventBody::MemberUpdated(_)]),
        "{told:?}"
    );
    assert_eq!(world.services.erasure.erase_due().await?.accounts, 0, "once is enough");
    // Address and handle are free.
    world.user("ada").await.map(drop)
}

#[tokio::test]
async fn a_room_without_anybody_else_goes_with_its_owner() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.public_room(&ada).await?;
    world.services.erasure.request(&ada, Some(PASSWORD)).await?;
    wait(&world, ERASURE_GRACE);
    world.services.erasure.erase_due().await?;
    let gone = world.services.rooms.get(&grace, room.id).await;
    assert!(matches!(gone, Err(Error::NotFound(_))), "{gone:?}");
    Ok(())
}

#[tokio::test]
async fn the_last_admin_stays() -> Result<()> {
    let world = World::new();
    let root = world.user("root").await?;
    let refused = world.services.erasure.request(&root, Some(PASSWORD)).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let refused =
        world.services.erasure.order(Operator::CommandLine, root.id(), DeletionOrder::default()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let second = world.user_as("second", SystemRole::Admin).await?;
    world.services.erasure.request(&root, Some(PASSWORD)).await?;
    let refused = world.services.erasure.request(&second, Some(PASSWORD)).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "who is about to go does not count: {refused:?}");
    Ok(())
}

fn at_once() -> DeletionOrder {
    DeletionOrder { reason: " Spam. ".to_owned(), is_immediate: true }
}

#[tokio::test]
async fn an_operator_ends_an_account_without_grace() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (erasure, by) = (&world.services.erasure, Operator::CommandLine);
    let refused = erasure.order(Operator::User(&ada), grace.id(), at_once()).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let mut events = world.ports.bus.subscribe();
    let erase_at = erasure.order(by, ada.id(), at_once()).await?;
    assert_eq!(heard(&mut events), [Event::User(UserEvent::Banned { user_id: ada.id() })]);
    assert!(is_refused(&world, &ada).await);
    let login = world.services.auth.login("ada", PASSWORD, Device::default()).await;
    assert!(matches!(login, Err(Error::Unauthenticated(_))), "a login does not call it off");
    let told =
        MailMessage::AccountDeletionOrdered { erase_at, reason: "Spam.".to_owned(), can_return: false };
    assert_eq!(world.mails_to("ada@example.org").await?.last(), Some(&told));
    assert_eq!(erasure.erase_due().await?.accounts, 1);
    assert!(matches!(erasure.order(by, ada.id(), at_once()).await, Err(Error::Conflict(_))));
    Ok(())
}

#[tokio::test]
async fn an_operator_leaves_the_time_of_grace_and_no_second_order_puts_it_off() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let (erasure, by) = (&world.services.erasure, Operator::CommandLine);
    let mut events = world.ports.bus.subscribe();
    let erase_at = erasure.order(by, ada.id(), DeletionOrder::default()).await?;
    assert_eq!(erase_at, world.clock.now() + ERASURE_GRACE);
    assert_eq!(heard(&mut events), [Event::User(UserEvent::SessionsEnded { user_id: ada.id() })]);
    assert!(is_refused(&world, &ada).await);
    wait(&world, SECOND);
    assert_eq!(erasure.order(by, ada.id(), DeletionOrder::default()).await?, erase_at);
    let login = world.services.auth.login("ada", PASSWORD, Device::default()).await?;
    assert!(login.is_restored);
    erasure.order(by, ada.id(), DeletionOrder::default()).await?;
    assert_eq!(erasure.order(by, ada.id(), at_once()).await?, world.clock.now());
    assert_eq!(erasure.erase_due().await?.accounts, 1);
    Ok(())
}

#[tokio::test]
async fn who_is_let_in_again_before_the_time_of_grace_is_over_is_told_that_they_can_return() -> Result<()> {
    for (days, can_return) in [(13, true), (15, false)] {
        let world = World::new();
        let (ada, _) = world.people().await?;
        let until = world.clock.now() + TimeDelta::days(days);
        world.services.user_admin.ban(Operator::CommandLine, ada.id(), "", Some(until)).await?;
        let (erasure, by) = (&world.services.erasure, Operator::CommandLine);
        let erase_at = erasure.order(by, ada.id(), DeletionOrder::default()).await?;
        let told = MailMessage::AccountDeletionOrdered { erase_at, reason: String::new(), can_return };
        assert_eq!(world.mails_to("ada@example.org").await?.last(), Some(&told), "banned for {days} days");
        wait(&world, ERASURE_GRACE - SECOND);
        let login = world.services.auth.login("ada", PASSWORD, Device::default()).await;
        assert_eq!(login.is_ok_and(|login| login.is_restored), can_return, "banned for {days} days");
    }
    Ok(())
}

#[tokio::test]
async fn no_admin_ends_their_own_account_without_the_password() -> Result<()> {
    let world = World::new();
    let root = world.user("root").await?;
    world.user_as("second", SystemRole::Admin).await?;
    let refused = world.services.erasure.order(Operator::User(&root), root.id(), at_once()).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let password = NewPassword::Generated;
    let refused = world.services.user_admin.reset_password(Operator::User(&root), root.id(), password).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn what_an_operator_ended_gets_no_time_of_grace_from_a_request_that_was_under_way() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    world.services.erasure.order(Operator::CommandLine, ada.id(), at_once()).await?;
    let late = world.services.erasure.request(&ada, Some(PASSWORD)).await;
    assert!(matches!(late, Err(Error::Unauthenticated(Unauthenticated::Banned))), "{late:?}");
    let given_up = stored(&world, ada.id()).await?.erase_at;
    assert_eq!(given_up, Some(world.ports.clock.now()));
    world.services.user_admin.ban(Operator::CommandLine, grace.id(), "", None).await?;
    let late = world.services.erasure.request(&grace, Some(PASSWORD)).await;
    assert!(matches!(late, Err(Error::Unauthenticated(Unauthenticated::Banned))), "{late:?}");
    Ok(())
}
