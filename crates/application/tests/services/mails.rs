//! Mails and the links in them: what is kept, how often they work, and for how long.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use plaza_application::{
    Actor, AuthSettings, EmailChange, Error, NewPassword, NewRoom, Operator, Result, Settings,
    commands::{Command, MAIL_QUEUE},
    mail::Delivered,
    memory::MemoryMailer,
    ports::Mail,
};
use plaza_domain::{
    AuditAction, AuditFilter, Device, Email, Suspension, Task, TaskId, User, repository::TaskFilter,
};

use crate::world::{PASSWORD, World, said};

const EMAIL: &str = "ada@example.org";
const NEW_EMAIL: &str = "lovelace@example.net";
const NEW: &str = "a better horse battery";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

/// A world whose mails can be looked at.
pub(crate) struct Post {
    pub(crate) world: World,
    mailer: MemoryMailer,
    done: Mutex<BTreeSet<TaskId>>,
}

impl Post {
    pub(crate) fn new() -> Self {
        Self::with_settings(&Settings::default())
    }

    fn with_settings(settings: &Settings) -> Self {
        let mailer = MemoryMailer::default();
        let world = World::build(settings, |ports| ports.mailer = Arc::new(mailer.clone()));
        Self { world, mailer, done: Mutex::default() }
    }

    /// The tasks of the mail queue, the oldest first.
    async fn tasks(&self) -> Result<Vec<Task>> {
        let filter = TaskFilter { queue: Some(MAIL_QUEUE.to_owned()), ..TaskFilter::default() };
        let mut tasks = self.world.ports.store.read().await?.tasks().list(&filter, None, 100).await?;
        tasks.reverse();
        Ok(tasks)
    }

    /// Does what a worker does, as often as it is called.
    async fn deliver(&self, task: &Task) -> Result<Delivered> {
        let services = &self.world.services;
        match Command::try_from(task).map_err(|error| Error::Internal(error.into()))? {
            Command::SendMail(order) => {
                services.mail.deliver(task.id, &order).await.map_err(|error| Error::Internal(error.into()))
            }
            Command::AnswerResetRequest(data) => {
                let is_sent = services.password_reset.answer(&data.email).await?;
                Ok(if is_sent { Delivered::Sent } else { Delivered::NotNeeded })
            }
            other => Err(Error::Internal(format!("{other:?} is no mail").into())),
        }
    }

    /// Has all mails sent that wait, also those that are ordered meanwhile; each once.
    pub(crate) async fn deliver_all(&self) -> Result<()> {
        loop {
            let tasks = self.tasks().await?;
            let is_new = |task: &Task| self.done.lock().is_ok_and(|mut done| done.insert(task.id));
            let Some(task) = tasks.into_iter().find(is_new) else { return Ok(()) };
            self.deliver(&task).await?;
        }
    }

    /// What is secret in the newest mail to that address with a link to that page.
    pub(crate) fn token(&self, to: &str, page: &str) -> String {
        let link = |mail: &Mail| {
            let (_, rest) = mail.content.text.split_once(&format!("/{page}#token="))?;
            (mail.to.as_str() == to).then(|| rest.trim().to_owned())
        };
        self.mailer.sent().iter().rev().find_map(link).unwrap_or_default()
    }

    pub(crate) async fn verify(&self, token: &str) -> Result<()> {
        self.world.services.verification.confirm(token, &Device::default()).await
    }

    pub(crate) async fn user(&self, actor: &Actor) -> Result<User> {
        self.world.services.users.get(actor, actor.id()).await
    }
}

pub(crate) fn is_useless<T>(outcome: Result<T>) -> bool {
    matches!(outcome, Err(Error::Invalid(input)) if input.violations.iter().any(|it| it.field == "token"))
}

#[tokio::test]
async fn a_mail_that_is_sent_twice_is_the_same_mail_and_no_task_holds_its_link() -> Result<()> {
    let post = Post::new();
    let ada = post.world.user("ada").await?;
    let tasks = post.tasks().await?;
    let [task] = tasks.as_slice() else { return Err(Error::NotFound("task")) };
    assert_eq!(post.deliver(task).await?, Delivered::Sent);
    assert_eq!(post.deliver(task).await?, Delivered::Sent);
    let sent = post.mailer.sent();
    assert!(sent.len() == 2 && sent[0] == sent[1]);
    let token = post.token(EMAIL, "verify-email");
    assert!(!token.is_empty() && !task.payload.to_string().contains(&token), "{}", task.payload);

    post.verify(&token).await?;
    assert_eq!(post.deliver(task).await?, Delivered::NotNeeded, "its link was used");
    assert!(is_useless(post.verify(&token).await));
    assert!(post.user(&ada).await?.email_verified_at.is_some());
    Ok(())
}

#[tokio::test]
async fn links_work_for_their_time() -> Result<()> {
    let post = Post::new();
    post.world.user("ada").await?;
    post.world.services.password_reset.request(EMAIL).await?;
    post.deliver_all().await?;
    post.world.clock.advance(HALF_AN_HOUR);
    let reset = post.token(EMAIL, "reset-password");
    assert!(is_useless(post.world.services.password_reset.reset(&reset, NEW, &Device::default()).await));
    let verify = post.token(EMAIL, "verify-email");
    post.world.clock.advance(DAY - HALF_AN_HOUR);
    assert!(is_useless(post.verify(&verify).await));
    assert_eq!(post.deliver(&post.tasks().await?[0]).await?, Delivered::NotNeeded);
    let cleanup = &post.world.services.cleanup;
    assert_eq!(cleanup.purge_tokens().await?, 1, "that of the reset");
    post.world.clock.advance(Duration::from_secs(1));
    assert_eq!(cleanup.purge_tokens().await?, 1);
    Ok(())
}

#[tokio::test]
async fn who_may_not_log_in_and_who_has_no_account_are_sent_no_link() -> Result<()> {
    let post = Post::new();
    let ada = post.world.user("ada").await?;
    let mut work = post.world.ports.store.begin().await?;
    let user = post.user(&ada).await?;
    let suspension = Some(Suspension::ban(user.created_at));
    work.users().update(&User { suspension, ..user }).await?;
    work.commit().await?;
    for email in [EMAIL, "nobody@example.org"] {
        let before = post.tasks().await?.len();
        post.world.services.password_reset.request(email).await?;
        let tasks = post.tasks().await?;
        let (asked, waiting) = (&tasks[before], tasks.len());
        assert_eq!(waiting, before + 1, "each request is one task");
        assert_eq!(post.deliver(asked).await?, Delivered::NotNeeded);
        assert_eq!(post.tasks().await?.len(), waiting);
    }
    Ok(())
}

#[tokio::test]
async fn a_reset_leaves_no_other_link_and_no_session() -> Result<()> {
    let post = Post::new();
    let ada = post.world.user("ada").await?;
    post.world.services.email_change.request(&ada, NEW_EMAIL, Some(PASSWORD)).await?;
    post.world.services.password_reset.request(EMAIL).await?;
    post.deliver_all().await?;
    let token = post.token(EMAIL, "reset-password");
    post.world.services.password_reset.reset(&token, NEW, &Device::default()).await?;
    assert!(matches!(post.world.services.auth.recheck(&ada).await, Err(Error::Unauthenticated(_))));
    let change = &post.world.services.email_change;
    for address in [EMAIL, NEW_EMAIL] {
        assert!(
            is_useless(change.confirm(&post.token(address, "change-email"), &Device::default()).await),
            "{address}"
        );
    }
    assert!(post.user(&ada).await?.email_verified_at.is_some());
    Ok(())
}

#[tokio::test]
async fn who_asks_for_a_new_password_again_and_again_voids_no_link_of_others() -> Result<()> {
    let post = Post::new();
    post.world.user("ada").await?;
    let resets = &post.world.services.password_reset;
    let mut tokens = Vec::new();
    for minutes in [0, 1, 3, 1] {
        post.world.clock.advance(Duration::from_secs(minutes * 60));
        resets.request(EMAIL).await?;
        post.deliver_all().await?;
        tokens.push(post.token(EMAIL, "reset-password"));
    }
    assert!(tokens[0] == tokens[1] && tokens[1] == tokens[2], "one link for those within five minutes");
    assert_ne!(tokens[2], tokens[3], "and then another one");
    assert!(is_useless(resets.reset(&tokens[0], NEW, &Device::default()).await));
    resets.reset(&tokens[3], NEW, &Device::default()).await?;
    // Who has used a link may need another one.
    resets.request(EMAIL).await?;
    post.deliver_all().await?;
    assert_ne!(post.token(EMAIL, "reset-password"), tokens[3]);
    Ok(())
}

#[tokio::test]
async fn nobody_is_flooded_with_links_to_a_new_password() -> Result<()> {
    let post = Post::new();
    post.world.user("ada").await?;
    let email = Email::parse(EMAIL)?;
    let mut days = Vec::new();
    for _day in 0..3 {
        let mut sent = 0;
        for _minute in 0..24 * 60 {
            post.world.clock.advance(Duration::from_secs(60));
            sent += usize::from(post.world.services.password_reset.answer(&email).await?);
        }
        days.push(sent);
    }
    // A full bucket at first, and then what drips into it: somebody who is flooded still gets a link every two hours.
    assert!(days[0] <= 24 && days[1..] == [12, 12], "{days:?}");
    Ok(())
}

#[tokio::test]
async fn another_password_leaves_no_link_that_was_ordered_before() -> Result<()> {
    let post = Post::new();
    let ada = post.world.user("ada").await?;
    let services = &post.world.services;
    let order_all = async |password: &str| {
        services.email_change.request(&ada, NEW_EMAIL, Some(password)).await?;
        services.password_reset.request(EMAIL).await?;
        post.deliver_all().await
    };
    let is_nothing_left = async || {
        let device = Device::default();
        let token = post.token(EMAIL, "reset-password");
        let reset = services.password_reset.reset(&token, PASSWORD, &device);
        let [old, new] = [EMAIL, NEW_EMAIL].map(|address| post.token(address, "change-email"));
        is_useless(reset.await)
            && is_useless(services.email_change.confirm(&old, &device).await)
            && is_useless(services.email_change.confirm(&new, &device).await)
    };
    order_all(PASSWORD).await?;
    services.accounts.change_password(&ada, PASSWORD, NEW).await?;
    assert!(is_nothing_left().await, "the user's own doing");
    order_all(NEW).await?;
    let chosen = NewPassword::Chosen(PASSWORD.to_owned());
    services.user_admin.reset_password(Operator::CommandLine, ada.id(), chosen).await?;
    assert!(is_nothing_left().await, "an operator's doing");
    Ok(())
}

#[tokio::test]
async fn links_of_accounts_that_may_not_be_used_do_not_work() -> Result<()> {
    let post = Post::new();
    post.world.user("root").await?;
    let ada = post.world.user("ada").await?;
    let services = &post.world.services;
    services.email_change.request(&ada, NEW_EMAIL, Some(PASSWORD)).await?;
    services.password_reset.request(EMAIL).await?;
    post.deliver_all().await?;
    let by = Operator::CommandLine;
    services.user_admin.ban(by, ada.id(), "", None).await?;
    let device = Device::default();
    let verify = post.token(EMAIL, "verify-email");
    assert!(is_useless(post.verify(&verify).await));
    let reset = post.token(EMAIL, "reset-password");
    assert!(is_useless(services.password_reset.reset(&reset, NEW, &device).await));
    for address in [EMAIL, NEW_EMAIL] {
        let token = post.token(address, "change-email");
        assert!(is_useless(services.email_change.confirm(&token, &device).await), "{address}");
    }
    // They were not used up by that.
    services.user_admin.unban(by, ada.id()).await?;
    post.verify(&verify).await
}

#[tokio::test]
async fn of_two_agreements_at_once_one_is_the_second() -> Result<()> {
    let post = Post::new();
    let ada = post.world.user("ada").await?;
    let change = &post.world.services.email_change;
    change.request(&ada, NEW_EMAIL, Some(PASSWORD)).await?;
    post.deliver_all().await?;
    let tokens = [EMAIL, NEW_EMAIL].map(|address| post.token(address, "change-email"));
    let device = Device::default();
    let (old, new) = tokio::join!(change.confirm(&tokens[0], &device), change.confirm(&tokens[1], &device));
    let states = [old?, new?];
    assert!(states.contains(&EmailChange::Waiting) && states.contains(&EmailChange::Done), "{states:?}");
    assert_eq!(post.user(&ada).await?.email.as_str(), NEW_EMAIL);
    Ok(())
}

#[tokio::test]
async fn who_has_to_prove_an_address_takes_part_once_they_have() -> Result<()> {
    let auth = AuthSettings { require_verified_email: true, ..AuthSettings::default() };
    let post = Post::with_settings(&Settings { auth, ..Settings::default() });
    let world = &post.world;
    let ada = world.user("ada").await?;
    assert!(ada.must_verify_email);
    let room = || NewRoom { name: "Lounge".to_owned(), description: String::new(), is_private: false };
    assert!(matches!(world.services.rooms.create(&ada, room()).await, Err(Error::EmailNotVerified)));
    post.deliver_all().await?;
    post.verify(&post.token(EMAIL, "verify-email")).await?;
    let ada = world.services.auth.recheck(&ada).await?;
    let room = world.services.rooms.create(&ada, room()).await?;
    let said = world.services.messages.post(&ada, room.id, said("hello")).await?.view.message.id;

    let grace = world.user("grace").await?;
    world.services.memberships.join(&grace, room.id).await?;
    let refused = world.services.reactions.react(&grace, said, "👍", |_| {}).await;
    assert!(matches!(refused, Err(Error::EmailNotVerified)), "{refused:?}");
    world.services.reactions.react(&ada, said, "👍", |_| {}).await.map(drop)
}

#[tokio::test]
async fn what_links_do_is_written_down_without_them() -> Result<()> {
    let post = Post::new();
    let ada = post.world.user("ada").await?;
    let device = Device::default();
    post.deliver_all().await?;
    let mut tokens = vec![post.token(EMAIL, "verify-email")];
    post.verify(&tokens[0]).await?;
    post.world.services.email_change.request(&ada, NEW_EMAIL, Some(PASSWORD)).await?;
    post.deliver_all().await?;
    for address in [EMAIL, NEW_EMAIL] {
        let token = post.token(address, "change-email");
        post.world.services.email_change.confirm(&token, &device).await?;
        tokens.push(token);
    }
    post.world.services.password_reset.request(NEW_EMAIL).await?;
    post.deliver_all().await?;
    tokens.push(post.token(NEW_EMAIL, "reset-password"));
    post.world.services.password_reset.reset(&tokens[3], NEW, &device).await?;

    let mut read = post.world.ports.store.read().await?;
    let entries = read.audit().list(&AuditFilter::default(), None, 100).await?;
    for action in [
        AuditAction::EmailVerified,
        AuditAction::EmailChangeRequested,
        AuditAction::EmailChanged,
        AuditAction::PasswordReset,
    ] {
        let noted = entries.iter().filter(|entry| entry.action == action.as_str());
        let by_ada = noted.filter(|entry| entry.actor_id == Some(ada.id().uuid()));
        assert_eq!(by_ada.count(), 1, "{}", action.as_str());
    }
    let said = format!("{entries:?}");
    assert!(tokens.iter().all(|token| !token.is_empty() && !said.contains(token)), "{said}");
    Ok(())
}
