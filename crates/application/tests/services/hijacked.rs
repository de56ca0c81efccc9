//! Accounts that somebody made with an address which is not theirs, and what they find of them once its owner has come.

use plaza_application::{
    Actor, Error, NewPassword, Operator, Result, SecondFactor, Unauthenticated, memory::PlainTotp,
};
use plaza_domain::{AuditAction, AuditFilter, Clock, Device, Identity, IdentityId, Issuer, Subject, UserId};

use crate::{mails::Post, world::PASSWORD};

const EMAIL: &str = "ada@example.org";
const NEW: &str = "a better horse battery";

/// Links a login of a provider to an account.
async fn link(post: &Post, user_id: UserId) -> Result<()> {
    let ports = &post.world.ports;
    let now = ports.clock.now();
    let identity = Identity {
        id: IdentityId::new(ports.ids.next()),
        user_id,
        issuer: Issuer::from_stored("https://id.example.org".to_owned()),
        subject: Subject::from_stored("eve".to_owned()),
        email: None,
        created_at: now,
        last_used_at: now,
    };
    let mut work = ports.store.begin().await?;
    work.identities().insert(&identity).await?;
    Ok(work.commit().await?)
}

/// Sets up a second factor; returns its secret.
async fn secure(post: &Post, actor: &Actor) -> Result<String> {
    let factors = &post.world.services.second_factors;
    let secret = factors.begin(actor, Some(PASSWORD)).await?.secret;
    let step = post.world.clock.now().timestamp().div_euclid(30);
    factors.confirm(actor, &PlainTotp::code(&secret, step)).await?;
    Ok(secret)
}

/// Has another password set by who reads the mail of the address.
async fn reset(post: &Post) -> Result<()> {
    post.world.services.password_reset.request(EMAIL).await?;
    post.deliver_all().await?;
    let token = post.token(EMAIL, "reset-password");
    post.world.services.password_reset.reset(&token, NEW, &Device::default()).await
}

async fn identities(post: &Post, user_id: UserId) -> Result<usize> {
    Ok(post.world.ports.store.read().await?.identities().list(user_id, 10).await?.len())
}

/// What was written down, the newest first, and by whom.
async fn noted(post: &Post) -> Result<Vec<(String, String)>> {
    let mut read = post.world.ports.store.read().await?;
    let entries = read.audit().list(&AuditFilter::default(), None, 100).await?;
    Ok(entries.into_iter().map(|entry| (entry.action, entry.actor_kind)).collect())
}

#[tokio::test]
async fn who_never_proved_the_address_keeps_no_way_into_the_account_of_its_owner() -> Result<()> {
    let post = Post::new();
    let eve = post.world.user("ada").await?;
    link(&post, eve.id()).await?;
    secure(&post, &eve).await?;
    reset(&post).await?;
    assert_eq!(identities(&post, eve.id()).await?, 0, "Eve's own login leads in no more");
    // The owner is not asked for what only Eve has.
    post.world.services.auth.login("ada", NEW, Device::default()).await?;
    let noted = noted(&post).await?;
    for action in [AuditAction::IdentityUnlinked, AuditAction::TotpDisabled, AuditAction::PasswordReset] {
        let same = |entry: &&(String, String)| entry.0 == action.as_str() && entry.1 == "user";
        assert_eq!(noted.iter().filter(same).count(), 1, "{}", action.as_str());
    }
    Ok(())
}

#[tokio::test]
async fn who_proved_the_address_keeps_what_they_set_up() -> Result<()> {
    let post = Post::new();
    let ada = post.world.user("ada").await?;
    post.deliver_all().await?;
    post.verify(&post.token(EMAIL, "verify-email")).await?;
    link(&post, ada.id()).await?;
    let secret = secure(&post, &ada).await?;
    reset(&post).await?;
    assert_eq!(identities(&post, ada.id()).await?, 1);
    let auth = &post.world.services.auth;
    let Err(Error::SecondFactorRequired { challenge, .. }) = auth.login("ada", NEW, Device::default()).await
    else {
        return Err(Error::Internal("who reads the mail has one factor of two".into()));
    };
    let step = post.world.clock.now().timestamp().div_euclid(30);
    let shown = SecondFactor::Code(PlainTotp::code(&secret, step + 1));
    auth.answer_challenge(&challenge, &shown, Device::default()).await.map(drop)
}

#[tokio::test]
async fn a_password_that_an_operator_sets_is_the_only_way_in() -> Result<()> {
    let post = Post::new();
    let ada = post.world.user("ada").await?;
    link(&post, ada.id()).await?;
    let chosen = NewPassword::Chosen(NEW.to_owned());
    post.world.services.user_admin.reset_password(Operator::CommandLine, ada.id(), chosen).await?;
    assert_eq!(identities(&post, ada.id()).await?, 0);
    let by_operator = |action: AuditAction| (action.as_str().to_owned(), "command_line".to_owned());
    assert_eq!(
        noted(&post).await?[..2],
        [by_operator(AuditAction::PasswordReset), by_operator(AuditAction::IdentityUnlinked)]
    );
    let old = post.world.services.auth.login("ada", PASSWORD, Device::default()).await;
    assert!(matches!(old, Err(Error::Unauthenticated(Unauthenticated::Credentials))));
    Ok(())
}
