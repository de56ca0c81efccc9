//! Codes that let people register.

use std::sync::Arc;

use plaza_domain::{
    Invitation, InvitationId, InvitationNote, Store, SystemRole, TokenDigest, UserId, repository::Result,
};

use super::{
    Outcome,
    builders::{at, id},
    fixture::race,
};

fn invitation(number: u8) -> Invitation {
    Invitation {
        id: InvitationId::new(id()),
        digest: TokenDigest([number; 32]),
        note: InvitationNote::from_stored("The choir".to_owned()),
        role: SystemRole::Guest,
        created_by: Some(UserId::new(id())),
        max_uses: 3,
        uses: 0,
        created_at: at(0),
        expires_at: at(100),
        revoked_at: None,
    }
}

async fn given(store: &Arc<dyn Store>, invitations: &[Invitation]) -> Result<()> {
    let mut work = store.begin().await?;
    for invitation in invitations {
        work.invitations().insert(invitation).await?;
    }
    work.commit().await
}

pub(crate) async fn invitations_are_listed_newest_first(store: Arc<dyn Store>) -> Outcome {
    let mut made = [invitation(1), Invitation { created_by: None, ..invitation(2) }, invitation(3)];
    given(&store, &made).await?;
    made.sort_by_key(|it| std::cmp::Reverse(it.id));
    let mut read = store.read().await?;
    assert_eq!(read.invitations().list(None, 10).await?, made);
    assert_eq!(read.invitations().list(Some(made[0].id), 1).await?, made[1..2]);
    assert_eq!(read.invitations().list(Some(made[2].id), 10).await?, []);
    Ok(())
}

pub(crate) async fn an_invitation_works_until_it_is_used_up_over_or_revoked(
    store: Arc<dyn Store>,
) -> Outcome {
    let (open, revoked) = (invitation(1), invitation(2));
    given(&store, &[open.clone(), revoked.clone()]).await?;
    let mut work = store.begin().await?;
    let invitations = work.invitations();
    assert_eq!(invitations.redeem(open.digest, at(100)).await?, None, "it is over");
    assert_eq!(invitations.redeem(TokenDigest([9; 32]), at(1)).await?, None, "there is none");
    let used = invitations.redeem(open.digest, at(99)).await?;
    assert_eq!(used, Some(Invitation { uses: 1, ..open.clone() }));
    assert!(invitations.revoke(revoked.id, at(5)).await?);
    assert!(!invitations.revoke(revoked.id, at(6)).await?, "once is enough");
    assert!(!invitations.revoke(InvitationId::new(id()), at(6)).await?);
    assert_eq!(invitations.redeem(revoked.digest, at(7)).await?, None);
    work.commit().await?;
    let listed = store.read().await?.invitations().list(None, 10).await?;
    let found = listed.iter().find(|it| it.id == revoked.id).and_then(|it| it.revoked_at);
    assert_eq!(found, Some(at(5)));
    Ok(())
}

pub(crate) async fn all_that_somebody_made_are_revoked_at_once(store: Arc<dyn Store>) -> Outcome {
    let maker = UserId::new(id());
    let by = |created_by, seed| Invitation { created_by, ..invitation(seed) };
    let made = [by(Some(maker), 1), by(Some(maker), 2), by(Some(UserId::new(id())), 3), by(None, 4)];
    given(&store, &made).await?;
    let mut work = store.begin().await?;
    let invitations = work.invitations();
    assert!(invitations.revoke(made[0].id, at(4)).await?);
    assert_eq!(invitations.revoke_made_by(maker, at(5)).await?, 1);
    assert_eq!(invitations.revoke_made_by(maker, at(6)).await?, 0);
    work.commit().await?;
    let listed = store.read().await?.invitations().list(None, 10).await?;
    let revoked = made.map(|it| listed.iter().find(|found| found.id == it.id).and_then(|it| it.revoked_at));
    assert_eq!(revoked, [Some(at(4)), Some(at(5)), None, None]);
    Ok(())
}

pub(crate) async fn of_twenty_who_use_an_invitation_for_three_three_get_in(store: Arc<dyn Store>) -> Outcome {
    let shared = invitation(1);
    given(&store, std::slice::from_ref(&shared)).await?;
    let digest = shared.digest;
    let let_in = race(20, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let redeemed = work.invitations().redeem(digest, at(1)).await?;
            work.commit().await?;
            Ok(redeemed.is_some())
        }
    })
    .await?;
    assert_eq!(let_in, 3);
    Ok(())
}
