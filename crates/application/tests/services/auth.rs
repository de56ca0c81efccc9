//! Accounts, logins and tokens.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    AuthSettings, Error, Registration, Result, Settings, Unauthenticated,
    ports::{MockPasswordHasher, TokenRejection},
};
use plaza_domain::{Device, PasswordHash, Suspension, SystemRole};
use tokio::task::JoinSet;

use crate::world::{PASSWORD, World, reason, registration};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_first_account_is_the_admin_and_the_next_is_not() -> Result<()> {
    let world = World::new();
    let auth = &world.services.auth;
    assert_eq!(auth.register(registration("ada")).await?.role, SystemRole::Admin);
    assert_eq!(auth.register(registration("grace")).await?.role, SystemRole::Member);
    Ok(())
}

#[tokio::test]
async fn those_who_register_are_guests_where_that_is_set_but_for_the_first() -> Result<()> {
    let auth = AuthSettings { default_role: SystemRole::Guest, ..AuthSettings::default() };
    let world = World::with_settings(&Settings { auth, ..Settings::default() });
    let auth = &world.services.auth;
    assert_eq!(auth.register(registration("ada")).await?.role, SystemRole::Admin);
    assert_eq!(auth.register(registration("grace")).await?.role, SystemRole::Guest);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_accounts_that_race_to_be_first_one_becomes_admin() -> Result<()> {
    let world = World::new();
    let mut racers = JoinSet::new();
    for number in 0..20 {
        let auth = Arc::clone(&world.services.auth);
        racers.spawn(async move { auth.register(registration(&format!("racer{number}"))).await });
    }
    let users = racers.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;
    let admins = users.iter().filter(|user| user.role == SystemRole::Admin);
    assert_eq!(admins.count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_registration_that_failed_does_not_take_the_admin_with_it() -> Result<()> {
    let world = World::new();
    world.faults.fail_commits(1);
    let failed = world.services.auth.register(registration("ada")).await;
    assert!(matches!(failed, Err(Error::Unavailable(_))));
    let user = world.services.auth.register(registration("grace")).await?;
    assert_eq!(user.role, SystemRole::Admin);
    Ok(())
}

#[tokio::test]
async fn addresses_and_handles_are_taken_in_any_case() -> Result<()> {
    let world = World::new();
    let auth = &world.services.auth;
    auth.register(registration("ada")).await?;
    let same_email = Registration { email: "Ada@Example.ORG".to_owned(), ..registration("grace") };
    let same_username = Registration { username: "ADA".to_owned(), ..registration("grace") };
    for (input, taken) in [(same_email, "address"), (same_username, "username")] {
        let refused = auth.register(input).await;
        assert!(matches!(&refused, Err(Error::Conflict(why)) if why.contains(taken)), "{:?}", refused.err());
    }
    Ok(())
}

#[tokio::test]
async fn every_problem_of_a_registration_is_told_at_once() {
    let world = World::new();
    let input = Registration {
        email: "nobody".to_owned(),
        username: "x".to_owned(),
        display_name: Some(String::new()),
        password: "short".to_owned(),
        invitation_code: None,
        device: Device::default(),
    };
    let refused = world.services.auth.register(input).await;
    let fields: Vec<_> = match refused {
        Err(Error::Invalid(invalid)) => invalid.violations.iter().map(|v| v.field).collect(),
        _ => Vec::new(),
    };
    assert_eq!(fields, ["email", "username", "display_name", "password"]);
}

#[tokio::test]
async fn a_login_takes_the_address_or_the_handle() -> Result<()> {
    let world = World::new();
    let user = world.services.auth.register(registration("ada")).await?;
    for name in ["ada", " ADA ", "ada@example.org", "Ada@Example.org"] {
        let login = world.services.auth.login(name, PASSWORD, Device::default()).await?;
        assert_eq!(login.user.id, user.id, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_cost_the_same_work_and_get_the_same_answer() -> Result<()> {
    let mut passwords = MockPasswordHasher::new();
    passwords.expect_judge().returning(|work| Ok(work()));
    passwords.expect_hash().returning(|_| Ok(PasswordHash::new("a hash".to_owned())));
    let known = |_: &str, hash: &Option<PasswordHash>| hash.is_some();
    let unknown = |_: &str, hash: &Option<PasswordHash>| hash.is_none();
    passwords.expect_verify().withf(known).once().returning(|_, _| Ok(false));
    passwords.expect_verify().withf(unknown).times(2).returning(|_, _| Ok(false));
    let world = World::with_ports(|ports| ports.passwords = Arc::new(passwords));
    world.services.auth.register(registration("ada")).await?;
    for name in ["ada", "nobody", "not even a name"] {
        let refused = world.services.auth.login(name, "wrong", Device::default()).await.err();
        let expected = Some(Unauthenticated::Credentials);
        assert_eq!(refused.and_then(reason), expected, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn who_knows_the_password_is_told_that_the_account_is_suspended() -> Result<()> {
    let world = World::new();
    let mut user = world.services.auth.register(registration("ada")).await?;
    user.suspension = Some(Suspension::ban(user.created_at));
    let mut work = world.ports.store.begin().await?;
    work.users().update(&user).await?;
    work.commit().await?;
    let refused = world.services.auth.login("ada", PASSWORD, Device::default()).await.err();
    assert!(matches!(refused, Some(Error::Suspended(_))), "{refused:?}");
    let refused = world.services.auth.login("ada", "a wrong guess", Device::default()).await.err();
    assert_eq!(refused.and_then(reason), Some(Unauthenticated::Credentials));
    Ok(())
}

#[tokio::test]
async fn a_busy_hasher_makes_logins_and_registrations_unavailable() {
    let mut passwords = MockPasswordHasher::new();
    passwords.expect_judge().returning(|work| Ok(work()));
    passwords.expect_hash().returning(|_| Err("too many are waiting".into()));
    passwords.expect_verify().returning(|_, _| Err("too many are waiting".into()));
    let world = World::with_ports(|ports| ports.passwords = Arc::new(passwords));
    let login = world.services.auth.login("ada", PASSWORD, Device::default()).await;
    assert!(matches!(login, Err(Error::Unavailable(_))));
    let registered = world.services.auth.register(registration("ada")).await;
    assert!(matches!(registered, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn an_access_token_works_until_it_expires() -> Result<()> {
    let world = World::new();
    let auth = &world.services.auth;
    let user = auth.register(registration("ada")).await?;
    let login = auth.login("ada", PASSWORD, Device::default()).await?;
    world.clock.advance(15 * MINUTE - Duration::from_micros(1));
    assert_eq!(auth.authenticate(&login.access_token).await?.id(), user.id);
    world.clock.advance(Duration::from_micros(1));
    let refused = auth.authenticate(&login.access_token).await.err();
    assert_eq!(refused.and_then(reason), Some(Unauthenticated::Token(TokenRejection::Expired)));
    Ok(())
}

#[tokio::test]
async fn after_a_logout_no_token_of_the_session_works() -> Result<()> {
    let world = World::new();
    let auth = &world.services.auth;
    auth.register(registration("ada")).await?;
    let login = auth.login("ada", PASSWORD, Device::default()).await?;
    let actor = auth.authenticate(&login.access_token).await?;
    auth.recheck(&actor).await?;
    auth.logout(&actor).await?;
    let ended = Some(Unauthenticated::SessionEnded);
    assert_eq!(auth.authenticate(&login.access_token).await.err().and_then(reason), ended);
    let token = login.refresh_token.as_deref().unwrap_or_default();
    assert_eq!(auth.refresh(token, Device::default()).await.err().and_then(reason), ended);
    assert_eq!(auth.recheck(&actor).await.err().and_then(reason), ended);
    Ok(())
}

#[tokio::test]
async fn a_token_that_nobody_issued_is_refused() {
    let world = World::new();
    for token in ["", "x", "a.b.c"] {
        let refused = world.services.auth.authenticate(token).await.err();
        let expected = Unauthenticated::Token(TokenRejection::Invalid);
        assert_eq!(refused.and_then(reason), Some(expected), "{token:?}");
    }
}

#[tokio::test]
async fn a_password_is_judged_when_it_is_its_turn() -> Result<()> {
    let mut passwords = MockPasswordHasher::new();
    passwords.expect_judge().returning(|_| Err("too many are waiting".into()));
    passwords.expect_hash().returning(|_| Ok(PasswordHash::new("hash".to_owned())));
    let world = World::with_ports(|ports| ports.passwords = Arc::new(passwords));
    let refused = world.services.auth.register(registration("ada")).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    // What is too long to be guessed first is not judged.
    let long = Registration { password: "long ".repeat(20), ..registration("ada") };
    world.services.auth.register(long).await.map(drop)
}
