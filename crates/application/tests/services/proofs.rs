//! Whoever asks proves who they are: how often one guesses, what is written down, and what is no guess.

use std::net::IpAddr;

use futures::future::BoxFuture;
use plaza_application::{Actor, Error, Result, SecondFactor, Settings};
use plaza_domain::{AuditFilter, Device};

use crate::world::{PASSWORD, World};

const NEW: &str = "a better horse battery";

fn limited() -> World {
    World::with_settings(&Settings::default())
}

fn at(number: u8) -> Device {
    Device { address: Some(IpAddr::from([203, 0, 113, number])), ..Device::default() }
}

fn is_limited<T>(answer: &Result<T>) -> bool {
    matches!(answer, Err(Error::RateLimited { .. }))
}

async fn words(world: &World) -> Result<Vec<(String, String)>> {
    let entries = world.ports.store.read().await?.audit().list(&AuditFilter::default(), None, 100).await?;
    Ok(entries.into_iter().rev().map(|entry| (entry.action, entry.details)).collect())
}

/// Everything that takes one's password.
type Ask = for<'a> fn(&'a World, &'a Actor, &'a str) -> BoxFuture<'a, Result<()>>;
const ASKS: [(&str, Ask); 5] = [
    ("change_password", |world, actor, password| {
        Box::pin(world.services.accounts.change_password(actor, password, NEW))
    }),
    ("request_email_change", |world, actor, password| {
        Box::pin(world.services.email_change.request(actor, "elsewhere@example.org", Some(password)))
    }),
    ("delete_me", |world, actor, password| {
        Box::pin(async move { world.services.erasure.request(actor, Some(password)).await.map(drop) })
    }),
    ("begin_totp", |world, actor, password| {
        Box::pin(async move { world.services.second_factors.begin(actor, Some(password)).await.map(drop) })
    }),
    ("disable_totp", |world, actor, password| {
        let shown = SecondFactor::RecoveryCode("none".to_owned());
        Box::pin(async move { world.services.second_factors.disable(actor, Some(password), &shown).await })
    }),
];

#[tokio::test]
async fn guesses_at_ones_own_password_wait_wherever_it_is_asked_for() -> Result<()> {
    for (name, ask) in ASKS {
        let world = limited();
        let (ada, _) = world.people().await?;
        for _ in 0..4 {
            let refused = ask(&world, &ada, "wrong").await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{name}: {refused:?}");
        }
        let refused = ask(&world, &ada, PASSWORD).await;
        assert!(is_limited(&refused), "{name}: {refused:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_written_down_wherever_it_is_asked_for() -> Result<()> {
    for (name, ask) in ASKS {
        let world = World::new();
        let (ada, _) = world.people().await?;
        let refused = ask(&world, &ada, "wrong").await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{name}: {refused:?}");
        let last = words(&world).await?.pop();
        let expected = ("proof.failed".to_owned(), r#"{"shown":"password"}"#.to_owned());
        assert_eq!(last, Some(expected), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn who_knows_the_password_and_stops_at_the_second_factor_is_written_down() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let factors = &world.services.second_factors;
    let secret = factors.begin(&ada, Some(PASSWORD)).await?.secret;
    let wrong = factors.confirm(&ada, "000000").await;
    assert!(matches!(wrong, Err(Error::Invalid(_))));
    let step = plaza_domain::Clock::now(&*world.clock).timestamp().div_euclid(30);
    factors.confirm(&ada, &plaza_application::memory::PlainTotp::code(&secret, step)).await?;
    let login = world.services.auth.login("ada", PASSWORD, Device::default()).await;
    assert!(matches!(login, Err(Error::SecondFactorRequired { .. })));
    let shown = SecondFactor::Code("000000".to_owned());
    let refused = factors.disable(&ada, Some(PASSWORD), &shown).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    let words: Vec<_> = words(&world).await?.into_iter().map(|(word, _)| word).collect();
    assert_eq!(words[2..], ["proof.failed", "totp.enabled", "login.challenged", "proof.failed"]);
    Ok(())
}

#[tokio::test]
async fn who_guesses_at_one_address_keeps_nobody_out_elsewhere() -> Result<()> {
    let world = limited();
    let ada = Actor { device: at(2), ..world.user("ada").await? };
    let auth = &world.services.auth;
    let mut limited = 0;
    for _ in 0..30 {
        let guess = auth.login("ada", "wrong", at(1)).await;
        limited += usize::from(is_limited(&guess));
    }
    assert_eq!(limited, 26, "three guesses are free, and the fourth is what the waiting begins with");
    auth.login("ada", PASSWORD, at(2)).await?;
    world.services.accounts.change_password(&ada, PASSWORD, NEW).await
}

#[tokio::test]
async fn guesses_at_an_address_and_at_a_handle_do_not_tell_that_they_are_one_account() -> Result<()> {
    let world = limited();
    world.user("ada").await?;
    let auth = &world.services.auth;
    for _ in 0..5 {
        auth.login("ada@example.org", "wrong", at(1)).await.map(drop).unwrap_or_default();
    }
    assert!(is_limited(&auth.login("Ada@example.ORG ", "wrong", at(1)).await), "however it is written");
    for name in ["ada", "nobody"] {
        let guess = auth.login(name, "wrong", at(1)).await;
        assert!(!is_limited(&guess), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_right_password_is_no_wrong_guess_whatever_becomes_of_it() -> Result<()> {
    let world = limited();
    let (ada, _) = world.people().await?;
    for _ in 0..6 {
        let unfit = world.services.email_change.request(&ada, "ada@example.org", Some(PASSWORD)).await;
        assert!(matches!(unfit, Err(Error::Invalid(_))), "{unfit:?}");
    }
    Ok(())
}
