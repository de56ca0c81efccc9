//! Logins by what OpenID providers know.

mod linked;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures::future::join_all;
use plaza_application::{
    Actor, AuthSettings, CodeProof, Error, FRESH_LOGIN, FinishedFlow, FlowAnswer, Login, LoginStart,
    Operator, RegistrationMode, Result, SecondFactor, Settings, Unauthenticated,
    mail::MailMessage,
    memory::PlainTotp,
    ports::{IdentityProvider, ProofRequest, ProofResponse, ProvenIdentity, ProviderError, ProviderInfo},
};
use plaza_domain::{AuditAction, AuditFilter, Clock, Device, Issuer, Subject, SystemRole, User};

use crate::world::{PASSWORD, World};

const ID: &str = "corp";

/// A provider that believes everybody: a code is a subject, or a subject and an address with a space between.
struct Credulous {
    info: ProviderInfo,
    asked: Mutex<Vec<ProofRequest>>,
}

impl Credulous {
    fn new(id: &str) -> Self {
        let info = ProviderInfo {
            id: id.to_owned(),
            name: id.to_owned(),
            issuer: Issuer::from_stored(format!("https://{id}.example.org")),
            allows_registration: true,
            default_role: None,
            trusts_email: false,
        };
        Self { info, asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<ProofRequest> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl IdentityProvider for Credulous {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn begin(&self, request: &ProofRequest) -> std::result::Result<String, ProviderError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        Ok(request.state.clone())
    }

    async fn check_sender(&self, _: Option<String>) -> std::result::Result<(), ProviderError> {
        Ok(())
    }

    async fn finish(&self, response: &ProofResponse) -> std::result::Result<ProvenIdentity, ProviderError> {
        let is_known = |asked: &ProofRequest| {
            asked.nonce == response.nonce && asked.code_verifier == response.code_verifier
        };
        if !self.asked().iter().any(is_known) {
            return Err(ProviderError::Unproven("nobody was sent here with that".into()));
        }
        let (subject, email) = match response.code.split_once(' ') {
            Some((subject, email)) => (subject, Some(email.to_owned())),
            None => (response.code.as_str(), None),
        };
        let subject = Subject::parse(subject).map_err(|_| ProviderError::Unproven("no subject".into()))?;
        Ok(ProvenIdentity {
            preferred_username: Some(subject.as_str().to_owned()),
            subject,
            email,
            is_email_verified: true,
            name: Some("Somebody".to_owned()),
        })
    }
}

fn world_with(providers: Vec<Credulous>) -> World {
    World::with_ports(|ports| {
        ports.identity_providers =
            providers.into_iter().map(|provider| Arc::new(provider) as Arc<dyn IdentityProvider>).collect();
    })
}

/// A server with such logins, on which people register as that mode says, as guests.
fn world_of_guests(registration: RegistrationMode, default_role: Option<SystemRole>) -> World {
    let auth = AuthSettings { registration, default_role: SystemRole::Guest, ..AuthSettings::default() };
    let info = ProviderInfo { default_role, ..Credulous::new(ID).info };
    let provider = Credulous { info, ..Credulous::new(ID) };
    World::build(&Settings { auth, ..Settings::default() }, |ports| {
        ports.identity_providers = vec![Arc::new(provider)];
    })
}

fn world() -> World {
    world_with(vec![Credulous::new(ID)])
}

fn answer(state: String, browser_secret: String, code: &str) -> FlowAnswer {
    FlowAnswer {
        state: Some(state),
        code: Some(code.to_owned()),
        browser_secret: Some(browser_secret),
        ..FlowAnswer::default()
    }
}

async fn log_in_by(world: &World, provider: &str, code: &str) -> Result<Login> {
    let logins = &world.services.provider_logins;
    let begun = logins.begin(provider, LoginStart::default()).await?;
    let back = answer(begun.authorization_url, begun.browser_secret.clone(), code);
    match logins.finish(provider, back, &Device::default()).await.map_err(|refusal| refusal.error)? {
        FinishedFlow::LoggedIn { login_code, return_to: None } => {
            let proof = CodeProof { browser_secret: Some(begun.browser_secret), ..CodeProof::default() };
            logins.redeem(&login_code, &proof, Device::default()).await
        }
        other => Err(Error::Internal(format!("{other:?}").into())),
    }
}

async fn log_in(world: &World, code: &str) -> Result<Login> {
    log_in_by(world, ID, code).await
}

async fn actor(world: &World, login: &Login) -> Result<Actor> {
    world.services.auth.authenticate(&login.access_token).await
}

async fn link(world: &World, actor: &Actor, provider: &str, code: &str) -> Result<FinishedFlow> {
    let logins = &world.services.provider_logins;
    let begun = logins.begin_linking(actor, None, provider, None).await?;
    let back = answer(begun.authorization_url, begun.browser_secret, code);
    logins.finish(provider, back, &Device::default()).await.map_err(|refusal| refusal.error)
}

#[tokio::test]
async fn who_comes_for_the_first_time_gets_an_account_and_later_the_same() -> Result<()> {
    let world = world();
    let first = log_in(&world, "Ada ada@corp.example").await?;
    assert_eq!(first.user.username.as_str(), "ada");
    assert_eq!(first.user.display_name.as_str(), "Somebody");
    assert!(!first.user.password_hash.is_some() && first.user.email_verified_at.is_none());
    // By the subject, whatever the address is now.
    assert_eq!(log_in(&world, "Ada elsewhere@corp.example").await?.user.id, first.user.id);
    let listed = world.services.identities.list(&actor(&world, &first).await?).await?;
    let emails: Vec<_> = listed.iter().filter_map(|it| it.identity.email.as_ref()).collect();
    assert_eq!(emails.iter().map(|email| email.as_str()).collect::<Vec<_>>(), ["elsewhere@corp.example"]);
    Ok(())
}

#[tokio::test]
async fn an_address_counts_as_confirmed_where_the_provider_is_trusted_with_that() -> Result<()> {
    let info = ProviderInfo { trusts_email: true, ..Credulous::new(ID).info };
    let world = world_with(vec![Credulous { info, ..Credulous::new(ID) }]);
    let login = log_in(&world, "ada ada@corp.example").await?;
    assert!(login.user.email_verified_at.is_some());
    Ok(())
}

#[tokio::test]
async fn an_address_joins_no_accounts() -> Result<()> {
    let world = world();
    world.user("ada").await?;
    let refused = log_in(&world, "somebody ada@example.org").await;
    assert!(matches!(refused, Err(Error::Conflict(_))));
    for code in ["nameless", "odd not-an-address"] {
        assert!(matches!(log_in(&world, code).await, Err(Error::Conflict(_))), "{code}");
    }
    Ok(())
}

#[tokio::test]
async fn those_without_an_account_get_none_where_the_operator_does_not_want_it() -> Result<()> {
    let info = ProviderInfo { allows_registration: false, ..Credulous::new(ID).info };
    let world = world_with(vec![Credulous { info, ..Credulous::new(ID) }]);
    assert!(matches!(log_in(&world, "ada ada@corp.example").await, Err(Error::Forbidden(_))));
    let ada = world.user("ada").await?;
    link(&world, &ada, ID, "ada").await?;
    assert_eq!(log_in(&world, "ada").await?.user.id, ada.id());
    Ok(())
}

#[tokio::test]
async fn a_provider_lets_people_in_whoever_else_may_register_and_in_the_role_that_it_gives() -> Result<()> {
    for registration in [RegistrationMode::Open, RegistrationMode::Invited, RegistrationMode::Closed] {
        for (own, expected) in [(None, SystemRole::Guest), (Some(SystemRole::Member), SystemRole::Member)] {
            let world = world_of_guests(registration, own);
            world.user("root").await?;
            let login = log_in(&world, "ada ada@corp.example").await?;
            assert_eq!(login.user.role, expected, "{registration:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_comes_first_by_a_provider_is_no_admin_and_nobody_is_after_them() -> Result<()> {
    let world = world_of_guests(RegistrationMode::Open, None);
    let ada = log_in(&world, "ada ada@corp.example").await?;
    assert_eq!(ada.user.role, SystemRole::Guest);
    assert_eq!(world.user("eve").await?.role, SystemRole::Guest);
    // Where nobody may register, the first one could on a fresh server: this one is not fresh any more.
    let world = world_of_guests(RegistrationMode::Closed, None);
    let ada = log_in(&world, "ada ada@corp.example").await?;
    assert!(matches!(world.user("eve").await, Err(Error::Forbidden(_))));
    let accounts = &world.services.user_admin;
    let ada = accounts.set_role(Operator::CommandLine, ada.user.id, SystemRole::Admin).await?;
    assert_eq!(ada.role, SystemRole::Admin);
    Ok(())
}

#[tokio::test]
async fn of_ten_who_come_back_at_once_as_the_same_one_account_is_made() -> Result<()> {
    let world = world();
    let logins = join_all((0..10).map(|_| log_in(&world, "ada ada@corp.example"))).await;
    let users = logins.into_iter().map(|login| Ok(login?.user)).collect::<Result<Vec<User>>>()?;
    assert!(users.iter().all(|user| user.id == users[0].id));
    Ok(())
}

#[tokio::test]
async fn handles_that_are_taken_get_a_number() -> Result<()> {
    let world = world();
    let mut handles = Vec::new();
    for number in 0..7 {
        // The end makes them different subjects of the same name.
        let code = format!("Ada{} ada{number}@corp.example", "!".repeat(number));
        handles.push(log_in(&world, &code).await?.user.username.into_string());
    }
    assert_eq!(handles[..5], ["ada", "ada-2", "ada-3", "ada-4", "ada-5"]);
    assert!(handles[5].starts_with("ada-") && handles[5] != handles[6], "{handles:?}");
    Ok(())
}

#[tokio::test]
async fn a_flow_ends_once_and_in_the_browser_that_began_it() -> Result<()> {
    let world = world();
    let logins = &world.services.provider_logins;
    let begun = logins.begin(ID, LoginStart::default()).await?;
    let state = begun.authorization_url;
    let good = || answer(state.clone(), begun.browser_secret.clone(), "ada ada@corp.example");
    let made_up = FlowAnswer { state: Some("made up".to_owned()), ..good() };
    for (provider, wrong) in [(ID, FlowAnswer { state: None, ..good() }), (ID, made_up)] {
        let refused =
            logins.finish(provider, wrong, &Device::default()).await.map_err(|refusal| refusal.error);
        assert!(matches!(refused, Err(Error::Unauthenticated(Unauthenticated::LoginFlow))));
    }
    assert!(logins.finish(ID, good(), &Device::default()).await.is_ok());
    let again = logins.finish(ID, good(), &Device::default()).await.map_err(|refusal| refusal.error);
    assert!(matches!(again, Err(Error::Unauthenticated(Unauthenticated::LoginFlow))));
    Ok(())
}

#[tokio::test]
async fn what_is_sent_along_is_never_the_same_and_no_key_of_the_other() -> Result<()> {
    let provider = Arc::new(Credulous::new(ID));
    let world = World::with_ports(|ports| ports.identity_providers = vec![Arc::clone(&provider) as _]);
    for _ in 0..2 {
        world.services.provider_logins.begin(ID, LoginStart::default()).await?;
    }
    let mut secrets: Vec<_> = provider
        .asked()
        .into_iter()
        .flat_map(|asked| [asked.state, asked.nonce, asked.code_verifier])
        .collect();
    secrets.sort_unstable();
    secrets.dedup();
    assert_eq!(secrets.len(), 6);
    Ok(())
}
