//! Links in mails.

use std::sync::Arc;

use plaza_domain::{
    Email, MailPurpose, MailToken, RepositoryError, Store, TaskId, TokenDigest, User, UserId,
    repository::Constraint,
};

use super::{
    Outcome,
    builders::{at, given_user, id},
    fixture::race,
};

/// The user's link whose digest is of that byte; it expires at 100 s.
fn token(user: &User, purpose: MailPurpose, byte: u8) -> MailToken {
    MailToken {
        task_id: TaskId::new(id()),
        user_id: user.id,
        purpose,
        digest: TokenDigest([byte; 32]),
        email: Email::from_stored(format!("{byte}@example.org")),
        created_at: at(0),
        expires_at: at(100),
        used_at: None,
    }
}

async fn given_tokens(store: &Arc<dyn Store>, tokens: &[&MailToken]) -> Outcome {
    let mut work = store.begin().await?;
    for token in tokens {
        work.mail_tokens().replace(token).await?;
    }
    Ok(work.commit().await?)
}

pub(crate) async fn a_link_is_found_by_its_task_its_digest_and_its_purpose(store: Arc<dyn Store>) -> Outcome {
    let (ada, grace) = (given_user(&store, "ada").await?, given_user(&store, "grace").await?);
    let reset = token(&ada, MailPurpose::ResetPassword, 1);
    let verify = token(&ada, MailPurpose::VerifyEmail, 2);
    given_tokens(&store, &[&reset, &verify, &token(&grace, MailPurpose::ResetPassword, 3)]).await?;
    let mut read = store.read().await?;
    assert_eq!(read.mail_tokens().find(reset.task_id).await?, Some(reset.clone()));
    assert_eq!(read.mail_tokens().find_by_digest(verify.digest).await?, Some(verify));
    let found = read.mail_tokens().find_for(ada.id, MailPurpose::ResetPassword).await?;
    assert_eq!(found, Some(reset));
    assert_eq!(read.mail_tokens().find_for(ada.id, MailPurpose::TakeEmail).await?, None);
    assert_eq!(read.mail_tokens().find_by_digest(TokenDigest([9; 32])).await?, None);
    Ok(())
}

pub(crate) async fn a_user_has_one_link_for_a_purpose(store: Arc<dyn Store>) -> Outcome {
    let (ada, grace) = (given_user(&store, "ada").await?, given_user(&store, "grace").await?);
    let first = token(&ada, MailPurpose::ResetPassword, 1);
    let second = token(&ada, MailPurpose::ResetPassword, 2);
    let others = [token(&ada, MailPurpose::VerifyEmail, 3), token(&grace, MailPurpose::ResetPassword, 4)];
    given_tokens(&store, &[&first, &others[0], &others[1], &second]).await?;
    let mut read = store.read().await?;
    assert_eq!(read.mail_tokens().find(first.task_id).await?, None);
    for kept in [&second, &others[0], &others[1]] {
        assert_eq!(read.mail_tokens().find(kept.task_id).await?.as_ref(), Some(kept));
    }
    drop(read);
    let mut work = store.begin().await?;
    work.mail_tokens().void(ada.id).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.mail_tokens().find(second.task_id).await?, None);
    assert_eq!(read.mail_tokens().find(others[0].task_id).await?, None);
    assert!(read.mail_tokens().find(others[1].task_id).await?.is_some());
    Ok(())
}

pub(crate) async fn of_twenty_uses_of_a_link_one_succeeds(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let link = token(&ada, MailPurpose::ResetPassword, 1);
    given_tokens(&store, &[&link]).await?;
    let uses = race(20, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let is_first = work.mail_tokens().consume(link.task_id, at(50)).await?;
            work.commit().await?;
            Ok(is_first)
        }
    });
    assert_eq!(uses.await?, 1);
    let stored = store.read().await?.mail_tokens().find(link.task_id).await?;
    assert_eq!(stored.and_then(|link| link.used_at), Some(at(50)));
    Ok(())
}

pub(crate) async fn a_link_that_has_expired_is_not_used_and_is_purged(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let expired = token(&ada, MailPurpose::ResetPassword, 1);
    let live = MailToken { expires_at: at(300), ..token(&ada, MailPurpose::VerifyEmail, 2) };
    given_tokens(&store, &[&expired, &live]).await?;
    let mut work = store.begin().await?;
    assert!(!work.mail_tokens().consume(expired.task_id, at(100)).await?);
    assert_eq!(work.mail_tokens().purge(at(100), 10).await?, 0);
    assert_eq!(work.mail_tokens().purge(at(101), 10).await?, 1);
    assert!(!work.mail_tokens().consume(expired.task_id, at(50)).await?);
    assert!(work.mail_tokens().consume(live.task_id, at(100)).await?);
    Ok(())
}

pub(crate) async fn a_link_is_somebodys(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let nobodys = MailToken { user_id: UserId::new(id()), ..token(&ada, MailPurpose::ResetPassword, 1) };
    let mut work = store.begin().await?;
    let refused = work.mail_tokens().replace(&nobodys).await;
    assert!(
        matches!(refused, Err(RepositoryError::Conflict { constraint: Constraint::ForeignKey })),
        "{refused:?}"
    );
    Ok(())
}
