//! How users know each other, as far as decisions depend on it.

use plaza_domain::{Friendship, Relation, Repositories, User, UserId, UserPair};

use crate::{
    Actor, Error, Result,
    policy::{Acquaintance, UserAction, authorize_user, sees_everybody},
};

/// A user, for an actor who may do that with them.
///
/// # Errors
/// `NotFound` when there is no such user, or the actor may not know that there is; `Forbidden`.
pub(crate) async fn find_for(
    read: &mut dyn Repositories,
    actor: &Actor,
    action: UserAction,
    user_id: UserId,
) -> Result<User> {
    let user = read.users().find(user_id).await?.ok_or(Error::NotFound("user"))?;
    authorize_user(actor, action, user_id, acquaintance(read, actor, user_id).await?)?;
    Ok(user)
}

/// How the actor knows somebody; nothing is looked up for those who see everybody.
async fn acquaintance(
    repositories: &mut dyn Repositories,
    actor: &Actor,
    user_id: UserId,
) -> Result<Acquaintance> {
    let users = UserPair::new(actor.id(), user_id).filter(|_| !sees_everybody(actor));
    let Some(users) = users else { return Ok(Acquaintance::default()) };
    let friendship = repositories.friendships().find(users).await?;
    let relation = friendship.unwrap_or_else(|| Friendship::new(users)).seen_by(actor.id());
    Ok(Acquaintance {
        shares_room: repositories.members().share_room(users).await?,
        are_friends: matches!(relation, Relation::Friends { .. }),
        is_in_touch: relation != Relation::Strangers
            || repositories.blocks().exists(actor.id(), user_id).await?,
    })
}
