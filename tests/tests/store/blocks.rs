//! Blocks.

use std::sync::Arc;

use plaza_domain::repository::Result;
use plaza_domain::{Block, BlockedUser, Store, User, UserPair};

use super::{
    Outcome,
    builders::{at, given_user},
};

fn block(blocker: &User, blocked: &User, seconds: i64) -> Block {
    Block { blocker_id: blocker.id, blocked_id: blocked.id, created_at: at(seconds) }
}

async fn given_users(store: &Arc<dyn Store>) -> Result<[User; 4]> {
    let user = |name| given_user(store, name);
    Ok([user("ada").await?, user("bob").await?, user("eve").await?, user("mallory").await?])
}

async fn given_blocks(store: &Arc<dyn Store>, blocks: &[Block]) -> Result<()> {
    let mut work = store.begin().await?;
    for block in blocks {
        work.blocks().insert(block).await?;
    }
    work.commit().await
}

pub(crate) async fn a_block_is_kept_once_and_taken_back(store: Arc<dyn Store>) -> Outcome {
    let [ada, bob, ..] = given_users(&store).await?;
    given_blocks(&store, &[block(&ada, &bob, 1)]).await?;
    given_blocks(&store, &[block(&ada, &bob, 2)]).await?;
    let listed = store.read().await?.blocks().list(ada.id, None, 10).await?;
    assert_eq!(listed, [BlockedUser { user: bob.summary(), created_at: at(1) }]);
    for _ in 0..2 {
        let mut work = store.begin().await?;
        work.blocks().delete(ada.id, bob.id).await?;
        work.commit().await?;
        assert_eq!(store.read().await?.blocks().list(ada.id, None, 10).await?, []);
    }
    Ok(())
}

pub(crate) async fn blocked_users_are_listed_in_pages(store: Arc<dyn Store>) -> Outcome {
    let [ada, bob, eve, mallory] = given_users(&store).await?;
    given_blocks(&store, &[block(&ada, &mallory, 1), block(&ada, &bob, 2), block(&ada, &eve, 3)]).await?;
    given_blocks(&store, &[block(&eve, &ada, 4)]).await?;
    let mut read = store.read().await?;
    let names = |blocked: Vec<BlockedUser>| -> Vec<_> {
        blocked.into_iter().map(|blocked| blocked.user.username.into_string()).collect()
    };
    assert_eq!(names(read.blocks().list(ada.id, None, 2).await?), ["bob", "eve"]);
    assert_eq!(names(read.blocks().list(ada.id, Some(eve.id), 2).await?), ["mallory"]);
    assert_eq!(names(read.blocks().list(bob.id, None, 2).await?), Vec::<String>::new());
    Ok(())
}

pub(crate) async fn a_block_stands_between_two_users_in_both_directions(store: Arc<dyn Store>) -> Outcome {
    let [ada, bob, eve, mallory] = given_users(&store).await?;
    given_blocks(&store, &[block(&ada, &bob, 1), block(&bob, &ada, 2), block(&mallory, &eve, 3)]).await?;
    let pair = |one: &User, other: &User| UserPair::new(one.id, other.id).ok_or("two users");
    let (mutual, reverse, none) = (pair(&ada, &bob)?, pair(&eve, &mallory)?, pair(&ada, &eve)?);
    let mut read = store.read().await?;
    for (users, expected) in [(mutual, true), (reverse, true), (none, false)] {
        assert_eq!(read.blocks().exists_between(users).await?, expected);
    }
    for (blocker, blocked, expected) in
        [(&ada, &bob, true), (&bob, &ada, true), (&mallory, &eve, true), (&eve, &mallory, false)]
    {
        assert_eq!(read.blocks().exists(blocker.id, blocked.id).await?, expected);
    }
    let asked = [none, reverse, mutual, mutual];
    assert_eq!(read.blocks().among(&asked).await?, [mutual, reverse]);
    assert_eq!(read.blocks().among(&[]).await?, []);
    Ok(())
}
