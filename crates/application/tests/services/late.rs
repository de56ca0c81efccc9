//! Requests that were let in just before their account was ended: they change nothing any more.

use futures::future::BoxFuture;
use plaza_application::{
    Actor, DeletionOrder, Error, Operator, ProfileUpdate, Result, SecondFactor, Unauthenticated,
};
use plaza_domain::{FileId, IdentityId};

use crate::world::{PASSWORD, World};

/// What users change of their own accounts.
type Ask = for<'a> fn(&'a World, &'a Actor) -> BoxFuture<'a, Result<()>>;
const ASKS: [(&str, Ask); 12] = [
    ("update_me", |world, actor| {
        let update = ProfileUpdate { bio: Some("Still here.".to_owned()), ..ProfileUpdate::default() };
        Box::pin(async move { world.services.users.update(actor, update).await.map(drop) })
    }),
    ("set_avatar", |world, actor| {
        let file_id = FileId::new(world.ports.ids.next());
        Box::pin(async move { world.services.users.set_avatar(actor, file_id).await.map(drop) })
    }),
    ("remove_avatar", |world, actor| Box::pin(world.services.users.remove_avatar(actor))),
    ("export", |world, actor| Box::pin(async move { world.services.exports.request(actor).await.map(drop) })),
    ("verify_email", |world, actor| Box::pin(world.services.verification.request(actor))),
    ("confirm_totp", |world, actor| {
        Box::pin(async move { world.services.second_factors.confirm(actor, "000000").await.map(drop) })
    }),
    ("unlink_identity", |world, actor| {
        Box::pin(world.services.identities.unlink(actor, IdentityId::new(world.ports.ids.next())))
    }),
    ("change_password", |world, actor| {
        Box::pin(world.services.accounts.change_password(actor, PASSWORD, "a better horse battery"))
    }),
    ("request_email_change", |world, actor| {
        Box::pin(world.services.email_change.request(actor, "elsewhere@example.org", Some(PASSWORD)))
    }),
    ("delete_me", |world, actor| {
        Box::pin(async move { world.services.erasure.request(actor, Some(PASSWORD)).await.map(drop) })
    }),
    ("begin_totp", |world, actor| {
        Box::pin(async move { world.services.second_factors.begin(actor, Some(PASSWORD)).await.map(drop) })
    }),
    ("disable_totp", |world, actor| {
        let shown = SecondFactor::RecoveryCode("none".to_owned());
        Box::pin(async move { world.services.second_factors.disable(actor, Some(PASSWORD), &shown).await })
    }),
];

#[tokio::test]
async fn who_was_kept_out_meanwhile_changes_nothing_of_their_account() -> Result<()> {
    let at_once = || DeletionOrder { is_immediate: true, ..DeletionOrder::default() };
    for (name, ask) in ASKS {
        let world = World::new();
        let (ada, grace) = world.people().await?;
        for user in [&ada, &grace] {
            world.services.second_factors.begin(user, Some(PASSWORD)).await?;
        }
        world.services.user_admin.ban(Operator::CommandLine, ada.id(), "", None).await?;
        world.services.erasure.order(Operator::CommandLine, grace.id(), at_once()).await?;
        for user in [&ada, &grace] {
            let late = ask(&world, user).await;
            assert!(matches!(late, Err(Error::Unauthenticated(Unauthenticated::Banned))), "{name}: {late:?}");
        }
    }
    Ok(())
}
