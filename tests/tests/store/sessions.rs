//! Logins and refresh tokens.

use std::sync::Arc;

use plaza_domain::{
    RefreshToken, RefreshTokenId, Session, SessionId, Store, TokenDigest, User, repository::Result,
};

use super::{
    Outcome,
    builders::{at, given_user, id},
    fixture::race,
};

async fn given_session(store: &Arc<dyn Store>) -> Result<(User, Session)> {
    let user = given_user(store, "ada").await?;
    let session = Session {
        id: SessionId::new(id()),
        user_id: user.id,
        created_at: at(0),
        refreshed_at: at(0),
        revoked_at: None,
    };
    let mut work = store.begin().await?;
    work.sessions().insert(&session).await?;
    work.commit().await?;
    Ok((user, session))
}

async fn given_token(store: &Arc<dyn Store>) -> Result<RefreshToken> {
    let (_, session) = given_session(store).await?;
    let token = RefreshToken {
        id: RefreshTokenId::new(id()),
        session_id: session.id,
        digest: TokenDigest([7; 32]),
        created_at: at(0),
        expires_at: at(600),
        consumed_at: None,
    };
    let mut work = store.begin().await?;
    work.sessions().insert_token(&token).await?;
    work.commit().await?;
    Ok(token)
}

pub(crate) async fn a_session_is_found_with_its_user(store: Arc<dyn Store>) -> Outcome {
    let (user, session) = given_session(&store).await?;
    let mut work = store.begin().await?;
    work.sessions().touch(session.id, at(9)).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    let refreshed = Session { refreshed_at: at(9), ..session };
    assert_eq!(read.sessions().find_with_user(refreshed.id).await?, Some((refreshed, user)));
    assert_eq!(read.sessions().find_with_user(SessionId::new(id())).await?, None);
    Ok(())
}

pub(crate) async fn a_session_is_revoked_once(store: Arc<dyn Store>) -> Outcome {
    let (_, session) = given_session(&store).await?;
    let mut work = store.begin().await?;
    assert!(work.sessions().revoke(session.id, at(1)).await?);
    assert!(!work.sessions().revoke(session.id, at(2)).await?);
    work.commit().await?;
    let found = store.read().await?.sessions().find_with_user(session.id).await?;
    assert_eq!(found.and_then(|(session, _)| session.revoked_at), Some(at(1)));
    Ok(())
}

pub(crate) async fn a_refresh_token_is_found_by_its_digest(store: Arc<dyn Store>) -> Outcome {
    let token = given_token(&store).await?;
    let mut read = store.read().await?;
    assert_eq!(read.sessions().find_token(token.digest).await?, Some(token));
    assert_eq!(read.sessions().find_token(TokenDigest([8; 32])).await?, None);
    Ok(())
}

pub(crate) async fn of_twenty_uses_of_a_refresh_token_one_succeeds(store: Arc<dyn Store>) -> Outcome {
    let token = given_token(&store).await?;
    let won = race(20, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let won = work.sessions().consume_token(token.id, at(3)).await?;
            work.commit().await?;
            Ok(won)
        }
    });
    assert_eq!(won.await?, 1);
    let found = store.read().await?.sessions().find_token(token.digest).await?;
    assert_eq!(found.and_then(|token| token.consumed_at), Some(at(3)));
    Ok(())
}

pub(crate) async fn all_sessions_of_a_user_but_one_are_revoked(store: Arc<dyn Store>) -> Outcome {
    let (ada, kept) = given_session(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let login = |user: &User| Session { id: SessionId::new(id()), user_id: user.id, ..kept.clone() };
    let (second, third, his) = (login(&ada), login(&ada), login(&bob));
    let mut work = store.begin().await?;
    for session in [&second, &third, &his] {
        work.sessions().insert(session).await?;
    }
    work.sessions().revoke(third.id, at(1)).await?;
    assert_eq!(work.sessions().revoke_all(ada.id, Some(kept.id), at(2)).await?, 1);
    work.commit().await?;
    let mut read = store.read().await?;
    for (session, revoked_at) in [(&kept, None), (&second, Some(at(2))), (&third, Some(at(1))), (&his, None)]
    {
        let found = read.sessions().find_with_user(session.id).await?;
        assert_eq!(found.and_then(|(session, _)| session.revoked_at), revoked_at);
    }
    drop(read);
    let mut work = store.begin().await?;
    assert_eq!(work.sessions().revoke_all(ada.id, None, at(3)).await?, 1);
    Ok(())
}
