//! Logins and refresh tokens.

use std::{net::Ipv6Addr, sync::Arc};

use plaza_domain::{
    Device, RefreshToken, RefreshTokenId, RepositoryError, Session, SessionId, Store, TokenDigest, User,
    UserAgent, repository::Result,
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
        last_used_at: at(0),
        expires_at: at(600),
        device: Device {
            user_agent: UserAgent::read("curl/8.9.1"),
            address: Some(Ipv6Addr::LOCALHOST.into()),
        },
        revoked_at: None,
    };
    let mut work = store.begin().await?;
    work.sessions().insert(&session).await?;
    work.commit().await?;
    Ok((user, session))
}

fn token_of(session: &Session, digest: u8) -> RefreshToken {
    RefreshToken {
        id: RefreshTokenId::new(id()),
        session_id: session.id,
        parent_id: None,
        digest: TokenDigest([digest; 32]),
        created_at: at(0),
        expires_at: at(600),
        consumed_at: None,
    }
}

async fn given_token(store: &Arc<dyn Store>) -> Result<RefreshToken> {
    let (_, session) = given_session(store).await?;
    let token = token_of(&session, 7);
    let mut work = store.begin().await?;
    work.sessions().insert_token(&token).await?;
    work.commit().await?;
    Ok(token)
}

pub(crate) async fn a_session_is_found_with_its_user(store: Arc<dyn Store>) -> Outcome {
    let (user, session) = given_session(&store).await?;
    let mut read = store.read().await?;
    assert_eq!(read.sessions().find_with_user(session.id).await?, Some((session, user)));
    assert_eq!(read.sessions().find_with_user(SessionId::new(id())).await?, None);
    Ok(())
}

pub(crate) async fn a_refresh_changes_the_times_and_the_device_of_a_session(
    store: Arc<dyn Store>,
) -> Outcome {
    let (user, session) = given_session(&store).await?;
    let renewed = Session {
        refreshed_at: at(9),
        last_used_at: at(10),
        expires_at: at(700),
        device: Device::default(),
        ..session.clone()
    };
    let mut work = store.begin().await?;
    assert_eq!(work.sessions().lock(session.id).await?, Some(session.clone()));
    // What else is said about it is not taken.
    let told = Session { created_at: at(5), revoked_at: Some(at(5)), ..renewed.clone() };
    work.sessions().renew(&told).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.sessions().find_with_user(session.id).await?, Some((renewed, user)));
    assert_eq!(read.sessions().lock(SessionId::new(id())).await?, None);
    Ok(())
}

pub(crate) async fn sessions_that_are_not_over_are_listed_newest_first_in_pages(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, first) = given_session(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let login = |user: &User| Session { id: SessionId::new(id()), user_id: user.id, ..first.clone() };
    let (second, third, his) = (login(&ada), login(&ada), login(&bob));
    let (ended, expired) = (login(&ada), Session { expires_at: at(10), ..login(&ada) });
    let mut work = store.begin().await?;
    for session in [&second, &third, &his, &ended, &expired] {
        work.sessions().insert(session).await?;
    }
    work.sessions().revoke(ended.id, at(1)).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    let newest = read.sessions().list(ada.id, at(10), None, 2).await?;
    assert_eq!(newest, [third, second.clone()]);
    assert_eq!(read.sessions().list(ada.id, at(10), Some(second.id), 2).await?, [first]);
    Ok(())
}

pub(crate) async fn a_session_was_used_at_the_latest_time(store: Arc<dyn Store>) -> Outcome {
    let (ada, first) = given_session(&store).await?;
    let second = Session { id: SessionId::new(id()), last_used_at: at(50), ..first.clone() };
    let mut work = store.begin().await?;
    work.sessions().insert(&second).await?;
    work.sessions().note_uses(&[first.id, second.id, SessionId::new(id())], at(20)).await?;
    work.sessions().note_uses(&[], at(90)).await?;
    work.commit().await?;
    let listed = store.read().await?.sessions().list(ada.id, at(0), None, 9).await?;
    assert_eq!(listed, [second, Session { last_used_at: at(20), ..first }]);
    Ok(())
}

pub(crate) async fn a_session_has_one_token_that_is_not_used(store: Arc<dyn Store>) -> Outcome {
    let first = given_token(&store).await?;
    let (session, _) =
        store.read().await?.sessions().find_with_user(first.session_id).await?.ok_or("a session")?;
    let second = RefreshToken { parent_id: Some(first.id), ..token_of(&session, 8) };
    let mut work = store.begin().await?;
    let refused = work.sessions().insert_token(&second).await;
    assert!(matches!(refused, Err(RepositoryError::Conflict { .. })), "{refused:?}");
    drop(work);
    let mut work = store.begin().await?;
    assert_eq!(work.sessions().find_live_token(session.id).await?, Some(first.clone()));
    assert!(work.sessions().consume_token(first.id, at(3)).await?);
    assert_eq!(work.sessions().find_live_token(session.id).await?, None);
    work.sessions().insert_token(&second).await?;
    work.commit().await?;
    assert_eq!(store.read().await?.sessions().find_live_token(session.id).await?, Some(second));
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

pub(crate) async fn sessions_and_tokens_that_were_over_are_purged(store: Arc<dyn Store>) -> Outcome {
    let (_, live) = given_session(&store).await?;
    let expired = Session { id: SessionId::new(id()), expires_at: at(50), ..live.clone() };
    let ended = Session { id: SessionId::new(id()), revoked_at: Some(at(40)), ..live.clone() };
    let ended_late = Session { id: SessionId::new(id()), revoked_at: Some(at(200)), ..live.clone() };
    let old = RefreshToken { expires_at: at(99), consumed_at: Some(at(1)), ..token_of(&live, 1) };
    let current = token_of(&live, 2);
    let orphan = token_of(&ended, 3);
    let mut work = store.begin().await?;
    for session in [&expired, &ended, &ended_late] {
        work.sessions().insert(session).await?;
    }
    for token in [&old, &current, &orphan] {
        work.sessions().insert_token(token).await?;
    }
    work.commit().await?;

    let mut work = store.begin().await?;
    let mut removed = Vec::new();
    for _ in 0..3 {
        removed.push(work.sessions().purge(at(100), 1).await?);
    }
    work.commit().await?;
    assert_eq!(removed, [2, 1, 0], "a token and two sessions, one of each at a time");
    let mut read = store.read().await?;
    for (session, is_kept) in [(&live, true), (&expired, false), (&ended, false), (&ended_late, true)] {
        assert_eq!(read.sessions().find_with_user(session.id).await?.is_some(), is_kept);
    }
    for (token, is_kept) in [(&old, false), (&current, true), (&orphan, false)] {
        assert_eq!(read.sessions().find_token(token.digest).await?.is_some(), is_kept);
    }
    Ok(())
}
