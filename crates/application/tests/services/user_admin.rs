//! Accounts that admins look after: bans, roles, passwords, and the last admin.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::BoxFuture;
use plaza_application::{
    AccountAction, Actor, DeletionOrder, Error, InvitationOrder, NewAccount, NewPassword, Operator,
    PageRequest, Registration, Result, Unauthenticated, authorize_account,
    events::{Event, UserEvent},
    mail::MailMessage,
    ports::{Delivery, EventStream},
};
use plaza_domain::{AuditFilter, SuspensionKind, SystemRole, UserId};
use tokio::time::timeout;

use crate::{
    accounts::{log_in, refusal},
    world::{PASSWORD, World, heard, registration},
};

/// What is told within some seconds.
async fn next(events: &mut EventStream) -> Option<Event> {
    match timeout(Duration::from_secs(3), events.next()).await {
        Ok(Some(Delivery::Event(event))) => Some(Event::clone(&event)),
        _ => None,
    }
}

async fn actions(world: &World) -> Result<Vec<(String, String)>> {
    let mut read = world.ports.store.read().await?;
    let entries = read.audit().list(&AuditFilter::default(), None, 100).await?;
    Ok(entries.into_iter().map(|entry| (entry.action, entry.actor_kind)).collect())
}

#[tokio::test]
async fn who_is_banned_is_out_and_stays_out_until_the_ban_is_lifted() -> Result<()> {
    let world = World::new();
    let root = world.user("root").await?;
    let (ada, elsewhere) = (world.user("ada").await?, log_in(&world, "ada", PASSWORD).await?);
    let mut events = world.ports.bus.subscribe();
    let (accounts, by) = (&world.services.user_admin, Operator::User(&root));
    accounts.ban(by, ada.id(), "", None).await?;

    let banned = Some(Unauthenticated::Banned);
    assert_eq!((refusal(&world, &ada).await, refusal(&world, &elsewhere).await), (banned, banned));
    let told = Event::User(UserEvent::Banned { user_id: ada.id() });
    assert_eq!(heard(&mut events), [told]);
    let login = log_in(&world, "ada", PASSWORD).await;
    assert!(matches!(login, Err(Error::Suspended(_))));
    let guess = log_in(&world, "ada", "a wrong guess").await;
    assert!(matches!(guess, Err(Error::Unauthenticated(Unauthenticated::Credentials))));

    accounts.ban(by, ada.id(), "", None).await?;
    accounts.unban(by, ada.id()).await?;
    accounts.unban(by, ada.id()).await?;
    world.services.auth.forget_user(ada.id());
    assert_eq!(
        refusal(&world, &ada).await,
        Some(Unauthenticated::SessionEnded),
        "a ban ends sessions for good"
    );
    log_in(&world, "ada", PASSWORD).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn what_is_done_at_the_command_line_is_found_in_the_audit_log() -> Result<()> {
    let world = World::new();
    let (root, ada) = (world.user("root").await?, world.user("ada").await?);
    let users = &world.services.user_admin;
    let mut events = world.ports.bus.subscribe();
    users.ban(Operator::CommandLine, ada.id(), "", None).await?;
    users.watch_command_line(&world.tracker, world.shutdown.clone());
    // What came before it began to look is known, and what admins do over REST is told by themselves.
    assert_eq!(next(&mut events).await, Some(Event::User(UserEvent::Banned { user_id: ada.id() })));
    assert_eq!(next(&mut events).await, None);
    users.unban(Operator::User(&root), ada.id()).await?;
    assert_eq!(next(&mut events).await, None);
    users.verify_email(Operator::CommandLine, ada.id()).await?;
    let told = Event::User(UserEvent::Doubted { user_id: ada.id() });
    assert_eq!(next(&mut events).await, Some(told));
    assert_eq!(next(&mut events).await, None);
    Ok(())
}

#[tokio::test]
async fn a_mail_tells_of_a_password_that_an_admin_has_set() -> Result<()> {
    let world = World::new();
    let (root, ada) = (world.user("root").await?, world.user("ada").await?);
    world.services.user_admin.reset_password(Operator::User(&root), ada.id(), NewPassword::Generated).await?;
    let told = [MailMessage::VerifyEmail, MailMessage::PasswordReset];
    assert_eq!(world.mails_to("ada@example.org").await?, told);
    Ok(())
}

#[tokio::test]
async fn nobody_can_ban_who_is_not_there() -> Result<()> {
    let world = World::new();
    let root = world.user("root").await?;
    let nobody = UserId::new(world.ports.ids.next());
    let (accounts, by) = (&world.services.user_admin, Operator::User(&root));
    assert!(matches!(accounts.ban(by, nobody, "", None).await, Err(Error::NotFound("user"))));
    assert!(matches!(accounts.unban(by, nobody).await, Err(Error::NotFound("user"))));
    Ok(())
}

#[tokio::test]
async fn only_admins_ban_and_never_themselves() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let other = UserId::new(world.ports.ids.next());
    for (role, user_id, may_ban, may_unban) in [
        (SystemRole::Admin, other, true, true),
        (SystemRole::Admin, ada.id(), false, true),
        (SystemRole::Member, other, false, false),
        (SystemRole::Member, ada.id(), false, false),
        (SystemRole::Guest, other, false, false),
    ] {
        let actor = Actor { role, ..ada.clone() };
        for (action, may) in [(AccountAction::Ban, may_ban), (AccountAction::Unban, may_unban)] {
            let answer = authorize_account(Operator::User(&actor), action, user_id);
            assert_eq!(answer.is_ok(), may, "{role:?} {action:?}");
            assert!(answer.is_ok() || matches!(answer, Err(Error::Forbidden(_))));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_ban_that_is_over_is_lifted_by_a_login_and_by_the_job() -> Result<()> {
    let world = World::new();
    let root = world.user("root").await?;
    let (ada, bob) = (world.user("ada").await?, world.user("bob").await?);
    let users = &world.services.user_admin;
    let until = world.ports.clock.now() + TimeDelta::hours(1);
    for user in [&ada, &bob] {
        users.ban(Operator::User(&root), user.id(), " Spam. ", Some(until)).await?;
    }
    let Err(Error::Suspended(told)) = log_in(&world, "ada", PASSWORD).await else {
        return Err(Error::Conflict("a banned user is told why".to_owned()));
    };
    assert_eq!((told.reason.as_str(), told.until), ("Spam.", Some(until)));
    assert_eq!(users.lift_ended().await?, 0);
    world.clock.advance(Duration::from_secs(3_600));
    log_in(&world, "ada", PASSWORD).await?;
    let system = ("user.unbanned".to_owned(), "system".to_owned());
    assert_eq!(actions(&world).await?.iter().filter(|action| **action == system).count(), 1);
    assert_eq!(users.lift_ended().await?, 1);
    assert_eq!(users.lift_ended().await?, 0);
    assert_eq!(actions(&world).await?[0], system);
    let past = users.ban(Operator::User(&root), ada.id(), "", Some(until)).await;
    assert!(matches!(past, Err(Error::Invalid(_))));
    Ok(())
}

#[tokio::test]
async fn the_last_admin_stays_one() -> Result<()> {
    let world = World::new();
    let (root, ada) = (world.user("root").await?, world.user("ada").await?);
    let users = &world.services.user_admin;
    let by = Operator::CommandLine;
    let kept = async || {
        let refused = [
            users.set_role(by, root.id(), SystemRole::Member).await.map(drop),
            users.ban(by, root.id(), "", None).await,
            users.deactivate(by, root.id(), "").await,
        ];
        refused.into_iter().all(|answer| matches!(answer, Err(Error::Conflict(_))))
    };
    assert!(kept().await);
    users.set_role(by, ada.id(), SystemRole::Admin).await?;
    users.ban(by, ada.id(), "", None).await?;
    assert!(kept().await, "an admin who is banned is none");
    users.unban(by, ada.id()).await?;
    users.set_role(by, root.id(), SystemRole::Guest).await?;
    assert_eq!(refusal(&world, &root).await, Some(Unauthenticated::SessionEnded));
    Ok(())
}

#[tokio::test]
async fn an_account_is_made_with_a_password_that_is_told_once() -> Result<()> {
    let world = World::new();
    let users = &world.services.user_admin;
    let new = |username: &str, role, password| NewAccount {
        email: format!("{username}@example.org"),
        username: username.to_owned(),
        display_name: None,
        role,
        password,
    };
    let by = Operator::CommandLine;
    let (root, made) = users.create(by, new("root", SystemRole::Admin, NewPassword::Generated)).await?;
    log_in(&world, "root", &made.unwrap_or_default()).await?;
    let chosen = NewPassword::Chosen(PASSWORD.to_owned());
    let (_, told) = users.create(by, new("ada", SystemRole::Guest, chosen)).await?;
    assert_eq!(told, None);
    let ada = log_in(&world, "ada", PASSWORD).await?;
    assert_eq!(ada.role, SystemRole::Guest);
    let first = world.services.auth.register(registration("grace")).await?;
    assert_eq!(first.role, SystemRole::Member, "there is an admin already");
    let short = NewPassword::Chosen("short".to_owned());
    assert!(matches!(users.reset_password(by, root.id, short).await, Err(Error::Invalid(_))));

    let made = users.reset_password(by, ada.id(), NewPassword::Generated).await?.unwrap_or_default();
    assert_eq!(refusal(&world, &ada).await, Some(Unauthenticated::SessionEnded));
    assert!(log_in(&world, "ada", PASSWORD).await.is_err());
    log_in(&world, "ada", &made).await?;
    let all = PageRequest::new(None, 10);
    let guests = plaza_domain::repository::UserFilter {
        search: Some(" AD".to_owned()),
        role: Some(SystemRole::Guest),
        is_suspended: Some(false),
    };
    let found = users.list(by, guests, all).await?.items;
    assert_eq!(found.iter().map(|user| user.id).collect::<Vec<_>>(), [ada.id()]);
    assert!(matches!(
        users.list(Operator::User(&ada), Default::default(), all).await,
        Err(Error::Forbidden(_))
    ));
    Ok(())
}

#[tokio::test]
async fn invitations_end_with_the_rights_of_who_made_them() -> Result<()> {
    type End = for<'a> fn(&'a World, Operator<'a>, &'a Actor) -> BoxFuture<'a, Result<()>>;
    let ends: [End; 5] = [
        |world, by, ada| Box::pin(async move { world.services.user_admin.ban(by, ada.id(), "", None).await }),
        |world, by, ada| {
            Box::pin(async move { world.services.user_admin.deactivate(by, ada.id(), "").await })
        },
        |world, by, ada| {
            let accounts = &world.services.user_admin;
            Box::pin(async move { accounts.set_role(by, ada.id(), SystemRole::Member).await.map(drop) })
        },
        |world, by, ada| {
            Box::pin(async move {
                let order = DeletionOrder::default();
                world.services.erasure.order(by, ada.id(), order).await.map(drop)
            })
        },
        |world, _, ada| {
            Box::pin(async move { world.services.erasure.request(ada, Some(PASSWORD)).await.map(drop) })
        },
    ];
    for (number, end) in ends.into_iter().enumerate() {
        let world = World::new();
        let (root, ada) = (world.user("root").await?, world.user_as("ada", SystemRole::Admin).await?);
        let mut codes = Vec::new();
        for by in [&ada, &root] {
            let order =
                InvitationOrder { note: String::new(), role: SystemRole::Guest, max_uses: 1, days: 1 };
            codes.push(world.services.invitations.create(Operator::User(by), order).await?.1);
        }
        end(&world, Operator::User(&root), &ada).await?;
        let with = |name: &str, code: &String| Registration {
            invitation_code: Some(code.clone()),
            ..registration(name)
        };
        let refused = world.services.auth.register(with("eve", &codes[0])).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{number}: {refused:?}");
        world.services.auth.register(with("grace", &codes[1])).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_handle_that_reads_as_somebodys_id_is_a_handle() -> Result<()> {
    let world = World::new();
    let root = world.user("root").await?;
    let users = &world.services.user_admin;
    let id = root.id().uuid();
    let eve = world.user(&id.simple().to_string()).await?;
    let find = async |name: String| users.find(Operator::CommandLine, &name).await.map(|user| user.id);
    assert_eq!(find(id.simple().to_string()).await?, eve.id());
    assert_eq!(find(id.to_string()).await?, root.id());
    let braced = find(id.braced().to_string()).await;
    assert!(matches!(braced, Err(Error::NotFound("user"))), "{braced:?}");
    Ok(())
}

#[tokio::test]
async fn a_ban_and_a_deactivation_do_not_take_each_others_place() -> Result<()> {
    let world = World::new();
    world.user("root").await?;
    let (ada, bob) = (world.user("ada").await?, world.user("bob").await?);
    let (users, by) = (&world.services.user_admin, Operator::CommandLine);
    let hour = TimeDelta::hours(1);
    users.ban(by, ada.id(), "Spam.", None).await?;
    let refused = users.deactivate(by, ada.id(), "").await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    users.reactivate(by, ada.id()).await?;
    let Err(Error::Suspended(still)) = log_in(&world, "ada", PASSWORD).await else {
        return Err(Error::Conflict("a ban ends by being lifted".to_owned()));
    };
    assert_eq!((still.kind, still.reason.as_str()), (SuspensionKind::Banned, "Spam."));

    users.deactivate(by, bob.id(), "Left.").await?;
    let until = world.ports.clock.now() + hour;
    let refused = users.ban(by, bob.id(), "", Some(until)).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    world.clock.advance(Duration::from_secs(3_600));
    assert_eq!(users.lift_ended().await?, 0);
    assert!(matches!(log_in(&world, "bob", PASSWORD).await, Err(Error::Suspended(_))));

    // What is over stands in the way of nothing.
    users.reactivate(by, bob.id()).await?;
    users.ban(by, bob.id(), "", Some(world.ports.clock.now() + hour)).await?;
    world.clock.advance(Duration::from_secs(3_600));
    users.deactivate(by, bob.id(), "").await?;
    assert_eq!(users.lift_ended().await?, 0);
    Ok(())
}
