//! Second factors: set up, asked for, and lost.

use std::time::Duration;

use plaza_application::{
    Actor, AuthSettings, Error, LimitSettings, Login, Operator, Result, SecondFactor, SecondFactorRule,
    Settings, Unauthenticated, mail::MailMessage, memory::PlainTotp, ports::Quota,
};
use plaza_domain::{Clock, Device, PasswordHash, Suspension, SystemRole, User, UserId};

use crate::world::{PASSWORD, World, reason};

const MINUTE: Duration = Duration::from_secs(60);

/// What an authenticator with that secret shows so many steps from now.
fn code(world: &World, secret: &str, steps: i64) -> SecondFactor {
    let now = world.clock.now().timestamp().div_euclid(30);
    SecondFactor::Code(PlainTotp::code(secret, now + steps))
}

fn text(shown: &SecondFactor) -> &str {
    match shown {
        SecondFactor::Code(text) | SecondFactor::RecoveryCode(text) => text,
    }
}

/// Sets up a second factor with the code of the step before now; its secret, and recovery codes.
async fn enrol(world: &World, actor: &Actor) -> Result<(String, Vec<String>)> {
    let factors = &world.services.second_factors;
    let secret = factors.begin(actor, Some(PASSWORD)).await?.secret;
    let codes = factors.confirm(actor, text(&code(world, &secret, -1))).await?;
    Ok((secret, codes))
}

/// The challenge that a login is answered with.
async fn challenge(world: &World, name: &str) -> Result<String> {
    match world.services.auth.login(name, PASSWORD, Device::default()).await {
        Err(Error::SecondFactorRequired { challenge, was_wrong: false }) => Ok(challenge),
        other => Err(Error::Internal(format!("a challenge was expected: {:?}", other.err()).into())),
    }
}

async fn answer(world: &World, challenge: &str, shown: &SecondFactor) -> Result<Login> {
    world.services.auth.answer_challenge(challenge, shown, Device::default()).await
}

fn was_wrong(answered: &Result<Login>) -> bool {
    matches!(answered, Err(Error::SecondFactorRequired { was_wrong: true, .. }))
}

fn is_over(answered: Result<Login>) -> bool {
    answered.err().and_then(reason) == Some(Unauthenticated::Challenge)
}

async fn change(world: &World, id: UserId, change: impl FnOnce(&mut User)) -> Result<()> {
    let mut work = world.ports.store.begin().await?;
    let mut user = work.users().lock(id).await?.ok_or(Error::NotFound("user"))?;
    change(&mut user);
    work.users().update(&user).await?;
    Ok(work.commit().await?)
}

#[tokio::test]
async fn a_code_is_taken_once_and_none_before_it_later() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let (secret, _) = enrol(&world, &ada).await?;
    let next = code(&world, &secret, 1);
    let login = answer(&world, &challenge(&world, "ada").await?, &next).await?;
    assert_eq!(login.user.id, ada.id());
    let again = challenge(&world, "ada").await?;
    for used in [next, code(&world, &secret, 0), code(&world, &secret, -1)] {
        assert!(was_wrong(&answer(&world, &again, &used).await));
    }
    world.clock.advance(MINUTE);
    assert!(answer(&world, &again, &code(&world, &secret, 0)).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_challenge_stands_for_five_minutes_and_five_wrong_codes() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let (secret, _) = enrol(&world, &ada).await?;
    let wrong = SecondFactor::Code("no code".to_owned());
    let worn = challenge(&world, "ada").await?;
    for _ in 0..4 {
        assert!(was_wrong(&answer(&world, &worn, &wrong).await));
    }
    assert!(is_over(answer(&world, &worn, &wrong).await));
    assert!(is_over(answer(&world, &worn, &code(&world, &secret, 1)).await));

    let (old, older) = (challenge(&world, "ada").await?, challenge(&world, "ada").await?);
    world.clock.advance(5 * MINUTE - Duration::from_micros(1));
    assert!(answer(&world, &old, &code(&world, &secret, 0)).await.is_ok());
    world.clock.advance(Duration::from_micros(1));
    assert!(is_over(answer(&world, &older, &code(&world, &secret, 1)).await));
    Ok(())
}

#[tokio::test]
async fn a_challenge_ends_with_the_password_and_with_the_account() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let (secret, _) = enrol(&world, &ada).await?;
    let next = code(&world, &secret, 1);
    let before = challenge(&world, "ada").await?;
    change(&world, ada.id(), |user| user.password_hash = PasswordHash::new("plain:another".to_owned()))
        .await?;
    assert!(is_over(answer(&world, &before, &next).await));
    change(&world, ada.id(), |user| user.password_hash = PasswordHash::new(format!("plain:{PASSWORD}")))
        .await?;
    let before = challenge(&world, "ada").await?;
    let now = world.clock.now();
    change(&world, ada.id(), |user| user.suspension = Some(Suspension::ban(now))).await?;
    assert!(is_over(answer(&world, &before, &next).await));
    change(&world, ada.id(), |user| user.suspension = None).await?;
    assert!(answer(&world, &challenge(&world, "ada").await?, &next).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_failure_of_the_server_costs_no_attempt() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let (secret, _) = enrol(&world, &ada).await?;
    let challenge = challenge(&world, "ada").await?;
    let next = code(&world, &secret, 1);
    for _ in 0..10 {
        world.faults.fail_commits(1);
        assert!(matches!(answer(&world, &challenge, &next).await, Err(Error::Unavailable(_))));
    }
    assert!(answer(&world, &challenge, &next).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn after_too_many_codes_the_right_one_has_to_wait_and_nobody_is_locked_out() -> Result<()> {
    let limits =
        LimitSettings { second_factor_per_account: Quota::per_day(3).guarded(), ..LimitSettings::default() };
    let world = World::with_settings(&Settings { limits, ..Settings::default() });
    let ada = world.user("ada").await?;
    // The first attempt of three.
    let (secret, _) = enrol(&world, &ada).await?;
    let guessed = challenge(&world, "ada").await?;
    for _ in 0..2 {
        assert!(was_wrong(&answer(&world, &guessed, &SecondFactor::Code("no code".to_owned())).await));
    }
    let late = challenge(&world, "ada").await?;
    let refused = answer(&world, &late, &code(&world, &secret, 1)).await.err();
    let Some(Error::RateLimited { retry_after }) = refused else {
        return Err(Error::Internal(format!("not limited: {refused:?}").into()));
    };
    world.clock.advance(retry_after);
    let later = challenge(&world, "ada").await?;
    assert!(answer(&world, &later, &code(&world, &secret, 0)).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_recovery_code_does_not_wait_and_what_can_not_be_confirmed_is_no_attempt() -> Result<()> {
    let limits =
        LimitSettings { second_factor_per_account: Quota::per_day(3).guarded(), ..LimitSettings::default() };
    let world = World::with_settings(&Settings { limits, ..Settings::default() });
    let ada = world.user("ada").await?;
    for _ in 0..9 {
        let refused = world.services.second_factors.confirm(&ada, "000000").await.map(drop);
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }
    let (secret, codes) = enrol(&world, &ada).await?;
    let asked = challenge(&world, "ada").await?;
    for _ in 0..2 {
        assert!(was_wrong(&answer(&world, &asked, &SecondFactor::Code("no code".to_owned())).await));
    }
    let refused = answer(&world, &asked, &code(&world, &secret, 1)).await.err();
    assert!(matches!(refused, Some(Error::RateLimited { .. })), "{refused:?}");
    let recovery = SecondFactor::RecoveryCode(codes[0].clone());
    assert!(answer(&world, &asked, &recovery).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn recovery_codes_stand_in_for_codes_once_each_until_there_are_others() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let (secret, codes) = enrol(&world, &ada).await?;
    assert_eq!(codes.len(), 10);
    let recovery = |number: usize| SecondFactor::RecoveryCode(codes[number].to_uppercase().replace('-', " "));
    assert!(answer(&world, &challenge(&world, "ada").await?, &recovery(0)).await.is_ok());
    let again = challenge(&world, "ada").await?;
    assert!(was_wrong(&answer(&world, &again, &recovery(0)).await));
    let factors = &world.services.second_factors;
    assert_eq!(factors.status(&ada).await?.recovery_codes_left, 9);

    let others = factors.renew_recovery_codes(&ada, Some(PASSWORD), &code(&world, &secret, 0)).await?;
    assert!(was_wrong(&answer(&world, &again, &recovery(1)).await));
    let other = SecondFactor::RecoveryCode(others[0].clone());
    assert!(answer(&world, &again, &other).await.is_ok());
    assert_eq!(factors.status(&ada).await?.recovery_codes_left, 9);
    Ok(())
}

#[tokio::test]
async fn giving_it_up_takes_the_password_and_a_code() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let (secret, _) = enrol(&world, &ada).await?;
    let factors = &world.services.second_factors;
    let next = code(&world, &secret, 1);
    for (password, shown) in
        [(Some("wrong"), &next), (None, &next), (Some(PASSWORD), &code(&world, &secret, -1))]
    {
        assert!(matches!(factors.disable(&ada, password, shown).await, Err(Error::Invalid(_))));
    }
    factors.disable(&ada, Some(PASSWORD), &next).await?;
    assert!(matches!(factors.disable(&ada, Some(PASSWORD), &next).await, Err(Error::Conflict(_))));
    world.services.auth.login("ada", PASSWORD, Device::default()).await?;
    Ok(())
}

#[tokio::test]
async fn who_has_no_password_needs_a_fresh_login() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    change(&world, ada.id(), |user| user.password_hash = PasswordHash::none()).await?;
    let factors = &world.services.second_factors;
    factors.begin(&ada, None).await?;
    world.clock.advance(5 * MINUTE);
    assert!(matches!(factors.begin(&ada, None).await, Err(Error::Forbidden(_))));
    Ok(())
}

#[tokio::test]
async fn where_it_is_required_a_session_is_good_for_setting_it_up_only() -> Result<()> {
    let auth = AuthSettings { require_second_factor: SecondFactorRule::Admins, ..AuthSettings::default() };
    let world = World::with_settings(&Settings { auth, ..Settings::default() });
    let auth = &world.services.auth;
    auth.register(crate::world::registration("root")).await?;
    let token = auth.login("root", PASSWORD, Device::default()).await?.access_token;
    assert!(matches!(auth.authenticate(&token).await, Err(Error::SecondFactorSetupRequired)));
    let root = auth.authenticate_for_setup(&token).await?;
    assert!(matches!(auth.recheck(&root).await, Err(Error::SecondFactorSetupRequired)));
    let ticket = world.services.tickets.issue(&root).await?;
    let redeemed = world.services.tickets.redeem(&ticket).await;
    assert!(matches!(redeemed, Err(Error::SecondFactorSetupRequired)));
    let (secret, _) = enrol(&world, &root).await?;
    assert_eq!(auth.authenticate(&token).await?.id(), root.id());

    // Who becomes an admin has to as well, once nobody remembers what they were.
    let ada = world.user("ada").await?;
    change(&world, ada.id(), |user| user.role = SystemRole::Admin).await?;
    auth.forget_user(ada.id());
    assert!(matches!(auth.recheck(&ada).await, Err(Error::SecondFactorSetupRequired)));
    // And who gives it up is where they began.
    let factors = &world.services.second_factors;
    factors.disable(&root, Some(PASSWORD), &code(&world, &secret, 1)).await?;
    assert!(matches!(auth.authenticate(&token).await, Err(Error::SecondFactorSetupRequired)));
    Ok(())
}

#[tokio::test]
async fn every_change_is_told_by_mail() -> Result<()> {
    let world = World::new();
    let (root, ada) = (world.user("root").await?, world.user("ada").await?);
    let factors = &world.services.second_factors;
    let recovery = |codes: &[String], number: usize| SecondFactor::RecoveryCode(codes[number].clone());
    let (_, codes) = enrol(&world, &ada).await?;
    answer(&world, &challenge(&world, "ada").await?, &recovery(&codes, 0)).await?;
    let others = factors.renew_recovery_codes(&ada, Some(PASSWORD), &recovery(&codes, 1)).await?;
    assert!(factors.disable(&ada, Some(PASSWORD), &recovery(&codes, 2)).await.is_err());
    factors.disable(&ada, Some(PASSWORD), &recovery(&others, 0)).await?;
    enrol(&world, &ada).await?;
    for was_reset in [true, false] {
        assert_eq!(factors.reset_second_factor(Operator::User(&root), ada.id()).await?, was_reset);
    }
    assert_eq!(
        world.mails_to("ada@example.org").await?,
        [
            MailMessage::VerifyEmail,
            MailMessage::SecondFactorEnabled,
            MailMessage::RecoveryCodeUsed { left: 9 },
            MailMessage::RecoveryCodesRenewed,
            MailMessage::SecondFactorDisabled,
            MailMessage::SecondFactorEnabled,
            MailMessage::SecondFactorReset,
        ]
    );
    Ok(())
}

#[tokio::test]
async fn an_operator_frees_others_of_a_second_factor_that_is_lost() -> Result<()> {
    let world = World::new();
    let (root, ada) = (world.user("root").await?, world.user("ada").await?);
    let factors = &world.services.second_factors;
    assert!(!factors.reset_second_factor(Operator::CommandLine, ada.id()).await?);
    enrol(&world, &root).await?;
    enrol(&world, &ada).await?;
    for (by, whose) in [(&ada, &root), (&root, &root)] {
        let refused = factors.reset_second_factor(Operator::User(by), whose.id()).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))));
    }
    assert!(factors.reset_second_factor(Operator::User(&root), ada.id()).await?);
    let ended = world.services.auth.recheck(&ada).await.err();
    assert_eq!(ended.and_then(reason), Some(Unauthenticated::SessionEnded));
    world.services.auth.login("ada", PASSWORD, Device::default()).await?;
    assert!(factors.reset_second_factor(Operator::CommandLine, root.id()).await?);
    Ok(())
}
