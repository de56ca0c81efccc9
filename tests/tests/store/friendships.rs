//! Friendships.

use std::sync::Arc;

use plaza_domain::repository::{Constraint, Result};
use plaza_domain::{
    FriendChange, FriendStep, Friendship, FriendshipState, RepositoryError, RequestDirection,
    RequestPosition, Restraint, Store, User, UserId, UserPair,
};

use super::{
    Outcome,
    builders::{at, given_user, user},
    fixture::{assert_conflict, assert_not_found, race},
};

const STRANGERS: FriendshipState = FriendshipState::Strangers;
const NOBODY_ELSE: RepositoryError = RepositoryError::NotFound { entity: "two different users" };

fn pair(one: &User, other: &User) -> Result<UserPair> {
    UserPair::new(one.id, other.id).ok_or(NOBODY_ELSE)
}

fn asked(by: &User, seconds: i64) -> FriendshipState {
    FriendshipState::Requested { by: by.id, at: at(seconds), is_hidden: false }
}

fn friends(seconds: i64) -> FriendshipState {
    FriendshipState::Friends { since: at(seconds) }
}

async fn given(store: &Arc<dyn Store>, users: UserPair, state: FriendshipState) -> Result<()> {
    let mut work = store.begin().await?;
    let friendship = Friendship { state, ..work.friendships().claim(users).await? };
    work.friendships().update(&friendship).await?;
    work.commit().await
}

/// As a service does it: `None` when nothing changed.
async fn request(store: &Arc<dyn Store>, by: UserId, users: UserPair) -> Result<Option<FriendStep>> {
    let mut work = store.begin().await?;
    let mut friendship = work.friendships().claim(users).await?;
    let step = friendship.request(by, at(1), false).unwrap_or_default();
    work.friendships().update(&friendship).await?;
    work.commit().await?;
    Ok(step)
}

async fn given_users(store: &Arc<dyn Store>) -> Result<[User; 4]> {
    let user = |name| given_user(store, name);
    Ok([user("ada").await?, user("bob").await?, user("eve").await?, user("mallory").await?])
}

pub(crate) async fn what_two_users_are_is_one_row_that_keeps_every_field(store: Arc<dyn Store>) -> Outcome {
    let [ada, bob, eve, _] = given_users(&store).await?;
    let users = pair(&ada, &bob)?;
    let stored = async || store.read().await?.friendships().find(users).await;
    assert_eq!(stored().await?, None);
    let mut work = store.begin().await?;
    assert_eq!(work.friendships().lock(users).await?, None);
    assert_eq!(work.friendships().claim(users).await?, Friendship::new(users));
    drop(work);
    assert_eq!(stored().await?, None);

    let low = Restraint { hidden_until: Some(at(7)), again_at: Some(at(8)) };
    let high = Restraint { hidden_until: None, again_at: Some(at(9)) };
    let hidden = FriendshipState::Requested { by: bob.id, at: at(2), is_hidden: true };
    for state in [asked(&ada, 1), hidden, friends(3), STRANGERS] {
        let friendship = Friendship { users, state, low, high };
        let mut work = store.begin().await?;
        work.friendships().claim(users).await?;
        work.friendships().update(&friendship).await?;
        assert_eq!(work.friendships().lock(users).await?, Some(friendship));
        work.commit().await?;
        assert_eq!(stored().await?, Some(friendship));
    }
    let mut work = store.begin().await?;
    let unknown = Friendship::new(pair(&ada, &eve)?);
    assert_not_found(work.friendships().update(&unknown).await)?;
    drop(work);
    let mut work = store.begin().await?;
    let nobody = work.friendships().claim(pair(&ada, &user("nobody"))?).await;
    assert_conflict(nobody, Constraint::ForeignKey)
}

pub(crate) async fn when_both_ask_at_the_same_moment_they_are_friends(store: Arc<dyn Store>) -> Outcome {
    for round in 0..5 {
        let ada = given_user(&store, &format!("ada{round}")).await?;
        let bob = given_user(&store, &format!("bob{round}")).await?;
        let users = pair(&ada, &bob)?;
        let accepted = race(20, |number| {
            let (store, by) = (Arc::clone(&store), if number % 2 == 0 { ada.id } else { bob.id });
            async move {
                let step = request(&store, by, users).await?;
                Ok(step.is_some_and(|step| step.change == FriendChange::Accepted))
            }
        });
        assert_eq!(accepted.await?, 1);
        let friendship = store.read().await?.friendships().find(users).await?;
        assert!(friendship.is_some_and(|friendship| friendship.is_mutual()), "{friendship:?}");
    }
    Ok(())
}

pub(crate) async fn friends_are_listed_and_counted_on_both_sides(store: Arc<dyn Store>) -> Outcome {
    let [ada, bob, eve, mallory] = given_users(&store).await?;
    let trent = given_user(&store, "trent").await?;
    for (other, seconds) in [(&ada, 4), (&bob, 3), (&mallory, 2), (&trent, 1)] {
        given(&store, pair(&eve, other)?, friends(seconds)).await?;
    }
    given(&store, pair(&ada, &bob)?, asked(&ada, 5)).await?;
    given(&store, pair(&ada, &mallory)?, STRANGERS).await?;
    let mut work = store.begin().await?;
    work.presence().saw(&[mallory.id], at(9)).await?;
    work.commit().await?;

    let mut read = store.read().await?;
    let all = read.friendships().list(eve.id, None, 10).await?;
    let shown: Vec<_> = all.iter().map(|it| (it.user.username.as_str(), it.since, it.last_seen_at)).collect();
    let expected =
        [("ada", at(4), None), ("bob", at(3), None), ("mallory", at(2), Some(at(9))), ("trent", at(1), None)];
    assert_eq!(shown, expected);
    assert_eq!(all[0].user, ada.summary());
    assert_eq!(read.friendships().list(eve.id, None, 3).await?, all[..3]);
    assert_eq!(read.friendships().list(eve.id, Some(ada.id), 2).await?, all[1..3]);
    assert_eq!(read.friendships().list(eve.id, Some(mallory.id), 2).await?, all[3..]);
    assert_eq!(read.friendships().list(eve.id, Some(trent.id), 2).await?, []);
    assert_eq!(read.friendships().list(mallory.id, None, 2).await?.len(), 1);
    for (user, limit, expected) in [(&eve, 10, 4), (&eve, 3, 3), (&ada, 10, 1), (&trent, 10, 1)] {
        assert_eq!(read.friendships().count(user.id, limit).await?, expected);
    }

    let of_eve = |other| pair(&eve, other);
    let around = async |users: &[UserId], limit| -> Result<Vec<UserPair>> {
        let mut found = store.read().await?.friendships().around(users, limit).await?;
        found.sort_unstable();
        Ok(found)
    };
    let everybody = [ada.id, bob.id, eve.id, eve.id, mallory.id];
    let expected = [of_eve(&ada)?, of_eve(&bob)?, of_eve(&mallory)?, of_eve(&trent)?];
    assert_eq!(around(&everybody, 10).await?, expected);
    assert_eq!(around(&[eve.id], 10).await?, expected);
    assert_eq!(around(&[trent.id, ada.id], 10).await?, [expected[0], expected[3]]);
    assert_eq!(around(&everybody, 2).await?.len(), 2);
    assert_eq!(around(&[], 10).await?, []);
    Ok(())
}

pub(crate) async fn requests_are_listed_newest_first_to_those_who_see_them(store: Arc<dyn Store>) -> Outcome {
    let [ada, bob, eve, mallory] = given_users(&store).await?;
    let hidden = FriendshipState::Requested { by: mallory.id, at: at(9), is_hidden: true };
    given(&store, pair(&bob, &eve)?, asked(&eve, 1)).await?;
    given(&store, pair(&bob, &ada)?, asked(&ada, 2)).await?;
    given(&store, pair(&bob, &mallory)?, hidden).await?;
    given(&store, pair(&eve, &mallory)?, asked(&mallory, 2)).await?;
    given(&store, pair(&ada, &mallory)?, asked(&mallory, 2)).await?;
    let listed = async |user: &User, direction, before, limit| -> Result<Vec<(String, RequestPosition)>> {
        let requests = store.read().await?.friendships().requests(user.id, direction, before, limit).await?;
        let shown = requests.into_iter().map(|request| {
            let place = RequestPosition { at: request.at, user_id: request.user.id };
            (request.user.username.into_string(), place)
        });
        Ok(shown.collect())
    };
    let shown = |user: &User, seconds| {
        (user.username.as_str().to_owned(), RequestPosition { at: at(seconds), user_id: user.id })
    };
    use RequestDirection::{Incoming, Outgoing};
    let to_bob = [shown(&ada, 2), shown(&eve, 1)];
    assert_eq!(listed(&bob, Incoming, None, 10).await?, to_bob);
    assert_eq!(listed(&bob, Incoming, None, 1).await?, to_bob[..1]);
    assert_eq!(listed(&bob, Incoming, Some(to_bob[0].1), 10).await?, to_bob[1..]);
    assert_eq!(listed(&bob, Outgoing, None, 10).await?, []);
    let of_mallory = [shown(&bob, 9), shown(&eve, 2), shown(&ada, 2)];
    assert_eq!(listed(&mallory, Outgoing, None, 10).await?, of_mallory);
    assert_eq!(listed(&mallory, Outgoing, Some(of_mallory[0].1), 10).await?, of_mallory[1..]);
    assert_eq!(listed(&mallory, Outgoing, Some(of_mallory[1].1), 10).await?, of_mallory[2..]);
    assert_eq!(listed(&mallory, Incoming, None, 10).await?, []);
    let mut read = store.read().await?;
    for (user, limit, expected) in [(&mallory, 10, 3), (&mallory, 2, 2), (&ada, 10, 1), (&bob, 10, 0)] {
        assert_eq!(read.friendships().count_outgoing(user.id, limit).await?, expected);
    }
    Ok(())
}
