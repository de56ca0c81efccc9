//! Somebody comes back from a provider: they are logged in, get an account, or link what they have there to the account
//! that they have here. Accounts are never joined because of an address, which anybody may say is theirs.

use std::sync::Arc;

use plaza_domain::{
    AuditAction, AuditActor, AuditTarget, Clock, Device, IdGenerator, Identity, NewAuditEntry, Store,
};

use super::{
    flow::{Flow, Linking},
    providers::Providers,
    return_url::ReturnUrls,
};
use crate::{
    AuthService, Error, OidcSettings, Ports, Result, Unauthenticated,
    mail::{MailMessage, Postbox},
    ports::{OneTimeStore, ProofResponse, ProvenIdentity, ProviderError, ProviderInfo, Secrets},
    proofs::Proofs,
};

/// How much of what a provider says about an error is logged.
const MAX_LOGGED: usize = 64;
/// What a provider says when somebody changed their mind (RFC 6749, section 4.1.2.1).
const ACCESS_DENIED: &str = "access_denied";

/// What a browser comes back with from a provider.
#[derive(Clone, Default)]
pub struct FlowAnswer {
    /// What it was sent with.
    pub state: Option<String>,
    /// The authorization code.
    pub code: Option<String>,
    /// Why there is none.
    pub error: Option<String>,
    /// Who sends it, as it says (RFC 9207).
    pub issuer: Option<String>,
    /// What tells the browser from others.
    pub browser_secret: Option<String>,
}

/// What became of somebody who was sent to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FinishedFlow {
    /// They are who has an account here.
    LoggedIn {
        /// What their client gets their tokens for.
        login_code: String,
        /// Where to send the browser.
        return_to: Option<String>,
    },
    /// What they have there is linked to their account.
    Linked {
        /// Where to send the browser.
        return_to: Option<String>,
    },
}

/// Why nothing became of it.
#[derive(Debug)]
pub struct FlowRefusal {
    /// The reason.
    pub error: Error,
    /// Where to send the browser, where that is known.
    pub return_to: Option<String>,
}

/// Logins by what OpenID providers know.
pub struct ProviderLoginService {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) secrets: Arc<dyn Secrets>,
    pub(super) one_time: Arc<dyn OneTimeStore>,
    pub(super) postbox: Postbox,
    pub(super) proofs: Arc<Proofs>,
    pub(super) auth: Arc<AuthService>,
    pub(super) providers: Providers,
    pub(super) return_urls: ReturnUrls,
}

impl ProviderLoginService {
    pub(crate) fn new(
        ports: &Ports,
        proofs: Arc<Proofs>,
        auth: Arc<AuthService>,
        settings: &OidcSettings,
    ) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            secrets: Arc::clone(&ports.secrets),
            one_time: Arc::clone(&ports.one_time),
            postbox: Postbox::new(ports),
            proofs,
            auth,
            providers: Providers::new(&ports.identity_providers),
            return_urls: ReturnUrls::new(settings),
        }
    }

    /// The providers that one can log in by.
    pub fn providers(&self) -> Vec<ProviderInfo> {
        self.providers.list().cloned().collect()
    }

    /// Ends what [`begin`](Self::begin) or [`begin_linking`](Self::begin_linking) has begun.
    ///
    /// # Errors
    /// `Unauthenticated` when it was not begun there, or the provider proves nothing, or the account is suspended;
    /// `Forbidden` when those without an account get none; `Conflict` when the address is an account's, or what is to be
    /// linked belongs to another one; `ProviderUnavailable`; `Unavailable`.
    pub async fn finish(
        &self,
        provider: &str,
        answer: FlowAnswer,
        device: &Device,
    ) -> std::result::Result<FinishedFlow, FlowRefusal> {
        let nowhere = |error: Error| FlowRefusal { error, return_to: None };
        let resumed = self.resume(provider, answer.state.as_deref(), answer.browser_secret.as_deref());
        let mut flow = resumed.await.map_err(nowhere)?;
        let return_to = flow.return_to.take();
        match self.settle(&flow, answer, device).await {
            Ok(Settled::LoggedIn(login_code)) => Ok(FinishedFlow::LoggedIn { login_code, return_to }),
            Ok(Settled::Linked) => Ok(FinishedFlow::Linked { return_to }),
            Err(error) => {
                let noted = match flow.linking {
                    Some(_) => Ok(()),
                    None => self.note_refusal(&flow.provider, &error, device).await,
                };
                Err(FlowRefusal { error: noted.err().unwrap_or(error), return_to })
            }
        }
    }

    /// Writes down that a login was refused, where that has not been done with the account that it was for. Who changed
    /// their mind was not refused, and what does not answer refuses nobody.
    async fn note_refusal(&self, provider: &str, error: &Error, device: &Device) -> Result<()> {
        let reason = match error {
            Error::Unauthenticated(Unauthenticated::Unproven) => "unproven",
            Error::Forbidden(_) => "no_account",
            Error::Conflict(_) => "conflict",
            _ => return Ok(()),
        };
        let entry = NewAuditEntry::new(AuditActor::Anonymous, device.clone(), AuditAction::LoginFailed);
        let entry = entry.with("provider", provider).with("reason", reason);
        let mut work = self.store.begin().await?;
        work.audit().append(&entry).await?;
        Ok(work.commit().await?)
    }

    async fn settle(&self, flow: &Flow, answer: FlowAnswer, device: &Device) -> Result<Settled> {
        let provider = self.providers.get(&flow.provider)?;
        let info = provider.info();
        provider.check_sender(answer.issuer).await.map_err(|error| refused(info, error))?;
        if let Some(error) = answer.error {
            // Whoever made up the address wrote these words: they are for the log, and few.
            let error: String = error.chars().filter(|c| c.is_ascii_graphic()).take(MAX_LOGGED).collect();
            tracing::info!(oidc.provider = info.id, oidc.error = error, "a provider refused a login");
            let is_denied = error == ACCESS_DENIED;
            return Err(
                if is_denied { Unauthenticated::LoginDenied } else { Unauthenticated::Unproven }.into()
            );
        }
        let response = ProofResponse {
            code: answer.code.ok_or(Unauthenticated::Unproven)?,
            nonce: flow.nonce.clone(),
            code_verifier: flow.code_verifier.clone(),
        };
        let proven = provider.finish(&response).await.map_err(|error| refused(info, error))?;
        match flow.linking {
            Some(linking) => self.link(linking, info, &proven, device).await.map(|()| Settled::Linked),
            None => {
                let identity = self.known_or_new(info, &proven, device).await?;
                self.issue_code(&identity, flow.binding.clone()).await.map(Settled::LoggedIn)
            }
        }
    }

    /// Who has an account here by what was proven, or gets one.
    async fn known_or_new(
        &self,
        info: &ProviderInfo,
        proven: &ProvenIdentity,
        device: &Device,
    ) -> Result<Identity> {
        let known = self.store.read().await?.identities().find(&info.issuer, &proven.subject).await?;
        match known {
            Some(identity) => self.known(identity, proven, device).await,
            None => self.register(info, proven, device).await,
        }
    }

    async fn known(&self, identity: Identity, proven: &ProvenIdentity, device: &Device) -> Result<Identity> {
        let now = self.clock.now();
        let user = self.store.read().await?.users().find(identity.user_id).await?;
        let user = user.ok_or(Unauthenticated::Unproven)?;
        if user.is_suspended(now) {
            self.auth.note_failed_login(Some(user.id), device.clone()).await?;
            let banned = Error::from(Unauthenticated::Banned);
            return Err(user.suspension.map_or(banned, |why| Error::Suspended(Box::new(why))));
        }
        let mut work = self.store.begin().await?;
        work.identities().note_use(identity.id, proven.address(), now).await?;
        work.commit().await?;
        Ok(identity)
    }

    /// Links what was proven to the account of who began it, whose session must not have ended meanwhile. A mail tells of
    /// it.
    async fn link(
        &self,
        linking: Linking,
        info: &ProviderInfo,
        proven: &ProvenIdentity,
        device: &Device,
    ) -> Result<()> {
        let actor = self.auth.actor(linking.claims()).await?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = work.users().lock(actor.id()).await?.ok_or(Error::NotFound("user"))?;
        // Whoever is out by now, at another instance too, leaves no way back in.
        let found = work.sessions().find_with_user(actor.session_id).await?;
        if found.is_none_or(|(session, _)| session.revoked_at.is_some()) {
            return Err(Unauthenticated::SessionEnded.into());
        }
        let posted = match work.identities().find(&info.issuer, &proven.subject).await? {
            Some(known) if known.user_id == actor.id() => {
                work.identities().note_use(known.id, proven.address(), now).await?;
                None
            }
            Some(_) => {
                return Err(Error::Conflict("this login belongs to another account".to_owned()));
            }
            None => {
                let identity = self.identity(actor.id(), info, proven);
                work.identities().insert(&identity).await?;
                let message = MailMessage::IdentityLinked { provider: info.name.clone() };
                let posted = self.postbox.tell(&mut *work, &user, message).await?;
                let entry = noted(AuditAction::IdentityLinked, &identity, device);
                work.audit().append(&entry).await?;
                Some(posted)
            }
        };
        work.commit().await?;
        if let Some(posted) = posted {
            self.postbox.wake(posted).await;
        }
        Ok(())
    }
}

/// What is written down when a login is linked to an account, or unlinked from it.
pub(super) fn noted(action: AuditAction, identity: &Identity, device: &Device) -> NewAuditEntry {
    noted_of(NewAuditEntry::by(identity.user_id, device, action), identity)
}

/// An entry that is about an identity.
pub(super) fn noted_of(entry: NewAuditEntry, identity: &Identity) -> NewAuditEntry {
    entry.about(AuditTarget::Identity(identity.id.uuid())).with("issuer", identity.issuer.as_str())
}

/// What is wrong with an answer is for the log, with whose it is: who came with it may have made it up.
pub(super) fn refused(info: &ProviderInfo, error: ProviderError) -> Error {
    match error {
        ProviderError::Unavailable(cause) => {
            Error::ProviderUnavailable(format!("{}: {cause}", info.id).into())
        }
        ProviderError::Unproven(cause) => {
            tracing::warn!(oidc.provider = info.id, error = ?cause, "a provider's answer proves nothing");
            Unauthenticated::Unproven.into()
        }
    }
}

/// What became of it, but for where the browser goes.
enum Settled {
    LoggedIn(String),
    Linked,
}
