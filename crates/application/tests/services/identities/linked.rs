//! What is linked to accounts, and what becomes of logins when it is not any more.

use super::*;

#[tokio::test]
async fn who_logged_out_meanwhile_links_nothing() -> Result<()> {
    let world = world();
    let ada = world.user("ada").await?;
    let logins = &world.services.provider_logins;
    let begun = logins.begin_linking(&ada, None, ID, None).await?;
    world.services.auth.logout(&ada).await?;
    let back = answer(begun.authorization_url, begun.browser_secret, "ada");
    let refused = logins.finish(ID, back, &Device::default()).await.map_err(|refusal| refusal.error);
    assert!(matches!(refused, Err(Error::Unauthenticated(_))), "{refused:?}");
    assert_eq!(world.services.identities.list(&ada).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_session_that_was_found_links_nothing_without_the_password() -> Result<()> {
    let world = world();
    let ada = world.user("ada").await?;
    let logins = &world.services.provider_logins;
    world.clock.advance(Duration::from_secs(5 * 60));
    let refused = logins.begin_linking(&ada, None, ID, None).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let refused = logins.begin_linking(&ada, Some("wrong"), ID, None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    logins.begin_linking(&ada, Some(PASSWORD), ID, None).await?;

    // Who has no password logs in again, whatever their client sends.
    let grace = actor(&world, &log_in(&world, "grace grace@corp.example").await?).await?;
    logins.begin_linking(&grace, Some("none"), ID, None).await?;
    world.clock.advance(Duration::from_secs(5 * 60));
    let refused = logins.begin_linking(&grace, Some("none"), ID, None).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn a_login_is_linked_to_one_account_and_an_account_to_one_of_each_provider() -> Result<()> {
    let world = world();
    let (ada, grace) = world.people().await?;
    assert_eq!(link(&world, &ada, ID, "a").await?, FinishedFlow::Linked { return_to: None });
    assert_eq!(link(&world, &ada, ID, "a").await?, FinishedFlow::Linked { return_to: None });
    for (user, code) in [(&grace, "a"), (&ada, "b")] {
        assert!(matches!(link(&world, user, ID, code).await, Err(Error::Conflict(_))), "{code}");
    }
    Ok(())
}

#[tokio::test]
async fn the_last_way_that_leads_into_an_account_is_not_unlinked() -> Result<()> {
    let world = world_with(vec![Credulous::new(ID), Credulous::new("club")]);
    let ada = actor(&world, &log_in(&world, "ada ada@corp.example").await?).await?;
    let identities = &world.services.identities;
    let first = identities.list(&ada).await?[0].identity.id;
    assert!(matches!(identities.unlink(&ada, first).await, Err(Error::Conflict(_))));
    link(&world, &ada, "club", "ada").await?;
    let grace = world.user("grace").await?;
    assert!(matches!(identities.unlink(&grace, first).await, Err(Error::NotFound(_))));
    identities.unlink(&ada, first).await?;
    let second = identities.list(&ada).await?[0].identity.id;
    assert!(matches!(identities.unlink(&ada, second).await, Err(Error::Conflict(_))));
    assert_eq!(log_in_by(&world, "club", "ada").await?.user.id, ada.id());
    Ok(())
}

#[tokio::test]
async fn who_has_an_account_is_told_by_mail_of_what_is_linked_to_it_and_unlinked() -> Result<()> {
    let world = world();
    let ada = world.user("ada").await?;
    // The second time nothing is linked that was not before.
    link(&world, &ada, ID, "ada").await?;
    link(&world, &ada, ID, "ada").await?;
    let linked = world.services.identities.list(&ada).await?[0].identity.id;
    world.services.identities.unlink(&ada, linked).await?;
    let provider = ID.to_owned();
    assert_eq!(
        world.mails_to("ada@example.org").await?,
        [
            MailMessage::VerifyEmail,
            MailMessage::IdentityLinked { provider: provider.clone() },
            MailMessage::IdentityUnlinked { provider },
        ]
    );
    // Who gets an account by a login knows of it.
    log_in(&world, "grace grace@corp.example").await?;
    assert_eq!(world.mails_to("grace@corp.example").await?, [MailMessage::VerifyEmail]);
    Ok(())
}

#[tokio::test]
async fn a_login_that_leads_nowhere_any_more_is_no_way_in() -> Result<()> {
    let world = world_with(vec![Credulous::new(ID), Credulous::new("club")]);
    let ada = actor(&world, &log_in(&world, "ada ada@corp.example").await?).await?;
    link(&world, &ada, "club", "ada").await?;
    // The operator trusts the club no more.
    let ports = world.ports.clone();
    let later = World::with_ports(|later| {
        later.store = ports.store;
        later.identity_providers = vec![Arc::new(Credulous::new(ID))];
    });
    let listed = later.services.identities.list(&ada).await?;
    let trusted: Vec<_> = listed.iter().map(|it| it.provider.as_ref().map(|info| info.id.as_str())).collect();
    assert_eq!(trusted, [Some(ID), None]);
    let refused = later.services.identities.unlink(&ada, listed[0].identity.id).await;
    assert!(matches!(refused, Err(Error::Conflict(_))));
    later.services.identities.unlink(&ada, listed[1].identity.id).await
}

#[tokio::test]
async fn what_is_linked_and_unlinked_is_written_down() -> Result<()> {
    let world = world();
    let ada = world.user("ada").await?;
    link(&world, &ada, ID, "ada").await?;
    let linked = world.services.identities.list(&ada).await?[0].identity.id;
    world.services.identities.unlink(&ada, linked).await?;
    log_in(&world, "grace grace@corp.example").await?;
    let entries = world.ports.store.read().await?.audit().list(&AuditFilter::default(), None, 10).await?;
    let words: Vec<_> = entries.iter().rev().map(|entry| entry.action.clone()).collect();
    assert_eq!(
        words[2..],
        ["identity.linked", "identity.unlinked", "user.registered", "identity.linked", "login.succeeded"]
    );
    Ok(())
}

#[tokio::test]
async fn a_second_factor_is_asked_for_after_a_provider_too() -> Result<()> {
    let world = world();
    let ada = actor(&world, &log_in(&world, "ada ada@corp.example").await?).await?;
    let factors = &world.services.second_factors;
    let secret = factors.begin(&ada, None).await?.secret;
    let step = world.clock.now().timestamp().div_euclid(30);
    factors.confirm(&ada, &PlainTotp::code(&secret, step)).await?;
    let Err(Error::SecondFactorRequired { challenge, .. }) = log_in(&world, "ada").await else {
        return Err(Error::Internal("no second factor was asked for".into()));
    };
    let shown = SecondFactor::Code(PlainTotp::code(&secret, step + 1));
    let login = world.services.auth.answer_challenge(&challenge, &shown, Device::default()).await?;
    assert_eq!(login.user.id, ada.id());
    Ok(())
}

#[tokio::test]
async fn a_login_code_is_worth_nothing_once_its_login_is_unlinked() -> Result<()> {
    let world = world();
    let ada = world.user("ada").await?;
    link(&world, &ada, ID, "eve").await?;
    let logins = &world.services.provider_logins;
    let begun = logins.begin(ID, LoginStart::default()).await?;
    let back = answer(begun.authorization_url, begun.browser_secret.clone(), "eve");
    let finished = logins.finish(ID, back, &Device::default()).await.map_err(|refusal| refusal.error)?;
    let FinishedFlow::LoggedIn { login_code, .. } = finished else {
        return Err(Error::Internal("nobody was logged in".into()));
    };
    unlink(&world, &ada).await?;
    let proof = CodeProof { browser_secret: Some(begun.browser_secret), ..CodeProof::default() };
    let refused = logins.redeem(&login_code, &proof, Device::default()).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(Unauthenticated::LoginCode))));
    Ok(())
}

#[tokio::test]
async fn a_challenge_is_over_once_the_login_that_led_to_it_is_unlinked() -> Result<()> {
    let world = world();
    let ada = world.user("ada").await?;
    link(&world, &ada, ID, "eve").await?;
    let factors = &world.services.second_factors;
    let secret = factors.begin(&ada, Some(PASSWORD)).await?.secret;
    let step = world.clock.now().timestamp().div_euclid(30);
    factors.confirm(&ada, &PlainTotp::code(&secret, step)).await?;
    let Err(Error::SecondFactorRequired { challenge, .. }) = log_in(&world, "eve").await else {
        return Err(Error::Internal("no second factor was asked for".into()));
    };
    unlink(&world, &ada).await?;
    let shown = SecondFactor::Code(PlainTotp::code(&secret, step + 1));
    let refused = world.services.auth.answer_challenge(&challenge, &shown, Device::default()).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(Unauthenticated::Challenge))));
    Ok(())
}

async fn unlink(world: &World, actor: &Actor) -> Result<()> {
    let linked = world.services.identities.list(actor).await?[0].identity.id;
    world.services.identities.unlink(actor, linked).await
}

#[tokio::test]
async fn who_is_out_by_another_instance_links_nothing_here() -> Result<()> {
    let world = world();
    let ada = world.user("ada").await?;
    let logins = &world.services.provider_logins;
    let begun = logins.begin_linking(&ada, None, ID, None).await?;
    // What this instance remembers of the session is right for two seconds.
    world.services.auth.recheck(&ada).await?;
    let store = Arc::clone(&world.ports.store);
    let elsewhere = World::with_ports(|ports| ports.store = store);
    elsewhere.services.user_admin.end_sessions(Operator::CommandLine, ada.id()).await?;
    let back = answer(begun.authorization_url, begun.browser_secret, "eve");
    let refused = logins.finish(ID, back, &Device::default()).await.map_err(|refusal| refusal.error);
    assert!(matches!(refused, Err(Error::Unauthenticated(Unauthenticated::SessionEnded))), "{refused:?}");
    assert_eq!(world.services.identities.list(&ada).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_login_that_is_refused_is_written_down() -> Result<()> {
    let info = ProviderInfo { allows_registration: false, ..Credulous::new("club").info };
    let world = world_with(vec![Credulous::new(ID), Credulous { info, ..Credulous::new("club") }]);
    let ada = world.user("ada").await?;
    assert!(log_in_by(&world, "club", "somebody").await.is_err());
    assert!(log_in(&world, "somebody ada@example.org").await.is_err());
    assert!(log_in(&world, "").await.is_err());
    // A code that is shown by who did not begin the login.
    link(&world, &ada, ID, "ada").await?;
    let logins = &world.services.provider_logins;
    let begun = logins.begin(ID, LoginStart::default()).await?;
    let back = answer(begun.authorization_url, begun.browser_secret, "ada");
    let finished = logins.finish(ID, back, &Device::default()).await.map_err(|refusal| refusal.error)?;
    let FinishedFlow::LoggedIn { login_code, .. } = finished else {
        return Err(Error::Internal("nobody was logged in".into()));
    };
    assert!(logins.redeem(&login_code, &CodeProof::default(), Device::default()).await.is_err());

    let failed = AuditFilter { action: Some(AuditAction::LoginFailed), ..AuditFilter::default() };
    let entries = world.ports.store.read().await?.audit().list(&failed, None, 10).await?;
    let told = entries.iter().rev().map(|entry| entry.details.clone()).collect::<Vec<_>>();
    let reason =
        |provider: &str, reason: &str| format!("{{\"provider\":\"{provider}\",\"reason\":\"{reason}\"}}");
    assert_eq!(
        told,
        [reason("club", "no_account"), reason(ID, "conflict"), reason(ID, "unproven"), "{}".to_owned()]
    );
    assert_eq!(entries[0].target_id, Some(ada.id().uuid()));
    Ok(())
}

#[tokio::test]
async fn who_has_no_password_moves_to_another_address_by_a_fresh_login() -> Result<()> {
    let world = world();
    let ada = actor(&world, &log_in(&world, "ada ada@corp.example").await?).await?;
    let change = &world.services.email_change;
    change.request(&ada, "ada@example.net", None).await?;
    world.clock.advance(FRESH_LOGIN.to_std().unwrap_or_default());
    let refused = change.request(&ada, "ada@example.net", None).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    // Who has one shows it, however fresh the login.
    let grace = world.user("grace").await?;
    let refused = change.request(&grace, "grace@example.net", None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    Ok(())
}
