//! All services, wired to their ports.

use std::sync::Arc;

use plaza_domain::{Clock, IdGenerator, Store};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    AccountService, AuditService, AuthService, BlockService, ChangeService, CleanupService, ContentService,
    DirectService, EmailChangeService, ErasureService, ExportService, FileService, FriendService,
    IdentityService, InvitationService, JobService, LimitService, MailService, MembershipService,
    MentionService, MessageService, OverviewService, PasswordResetService, PinService, PresenceService,
    ProviderLoginService, ReactionService, ReadService, ReceiptService, RoomService, SecondFactorService,
    SessionService, Settings, SignedUrlService, SigningKeyService, TaskService, ThreadService, TicketService,
    UserAdminService, UserService, VerificationService,
    messages::RecentSenders,
    ports::{
        AccessTokens, BlobStore, EventBus, GuessLimiter, IdentityProvider, KeyRing, MailTemplates, Mailer,
        Markup, MediaInspector, OneTimeStore, PasswordHasher, PresenceStore, RateLimiter, Scanner, Secrets,
        TaskQueue, TotpCodes, UrlSigner,
    },
    proofs::Proofs,
    second_factors::SecondFactors,
};

/// What the services need.
#[derive(Clone)]
pub struct Ports {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdGenerator>,
    /// Events between instances.
    pub bus: Arc<dyn EventBus>,
    /// Wake-ups for workers.
    pub queue: Arc<dyn TaskQueue>,
    /// Bytes of files.
    pub blobs: Arc<dyn BlobStore>,
    /// Passwords.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Access tokens.
    pub access_tokens: Arc<dyn AccessTokens>,
    /// The keys that access tokens are signed with; none when it is a secret one.
    pub key_ring: Option<Arc<dyn KeyRing>>,
    /// Others who know who somebody is; each with an issuer of its own.
    pub identity_providers: Vec<Arc<dyn IdentityProvider>>,
    /// Opaque tokens.
    pub secrets: Arc<dyn Secrets>,
    /// Codes of authenticators.
    pub totp: Arc<dyn TotpCodes>,
    /// Links to files.
    pub url_signer: Arc<dyn UrlSigner>,
    /// Words of mails.
    pub mail_templates: Arc<dyn MailTemplates>,
    /// Mails on their way.
    pub mailer: Arc<dyn Mailer>,
    /// Markdown.
    pub markup: Arc<dyn Markup>,
    /// A look at uploads.
    pub media: Arc<dyn MediaInspector>,
    /// A look through uploads, where there is a scanner.
    pub scanner: Option<Arc<dyn Scanner>>,
    /// How often.
    pub limiter: Arc<dyn RateLimiter>,
    /// How soon again after a wrong password.
    pub guesses: Arc<dyn GuessLimiter>,
    /// Secrets that work once.
    pub one_time: Arc<dyn OneTimeStore>,
    /// Who is connected where.
    pub presence: Arc<dyn PresenceStore>,
}

/// All services; cloning shares them.
#[derive(Clone)]
pub struct Services {
    /// Accounts, logins and tokens.
    pub auth: Arc<AuthService>,
    /// Passwords.
    pub accounts: Arc<AccountService>,
    /// Accounts as the server's admins look after them.
    pub user_admin: Arc<UserAdminService>,
    /// Who did what to whom, from where.
    pub audit: Arc<AuditService>,
    /// Proofs of addresses.
    pub verification: Arc<VerificationService>,
    /// Forgotten passwords.
    pub password_reset: Arc<PasswordResetService>,
    /// Changes of addresses.
    pub email_change: Arc<EmailChangeService>,
    /// Archives of everything about a user.
    pub exports: Arc<ExportService>,
    /// Accounts that end.
    pub erasure: Arc<ErasureService>,
    /// Logins by what others know.
    pub provider_logins: Arc<ProviderLoginService>,
    /// Which of those are linked to accounts.
    pub identities: Arc<IdentityService>,
    /// Where users are logged in.
    pub sessions: Arc<SessionService>,
    /// What logins ask for beside a password.
    pub second_factors: Arc<SecondFactorService>,
    /// The keys that access tokens are signed with.
    pub signing_keys: Arc<SigningKeyService>,
    /// Profiles and preferences.
    pub users: Arc<UserService>,
    /// Rooms.
    pub rooms: Arc<RoomService>,
    /// Rooms as their members find them.
    pub overviews: Arc<OverviewService>,
    /// Direct rooms.
    pub direct: Arc<DirectService>,
    /// Who wants to hear nothing from whom.
    pub blocks: Arc<BlockService>,
    /// Who is whose friend, or wants to be.
    pub friends: Arc<FriendService>,
    /// Memberships of rooms.
    pub memberships: Arc<MembershipService>,
    /// Messages.
    pub messages: Arc<MessageService>,
    /// Reactions to messages.
    pub reactions: Arc<ReactionService>,
    /// Pinned messages.
    pub pins: Arc<PinService>,
    /// Threads.
    pub threads: Arc<ThreadService>,
    /// Mentions of users.
    pub mentions: Arc<MentionService>,
    /// The change feed of rooms.
    pub changes: Arc<ChangeService>,
    /// Cursors of members.
    pub reads: Arc<ReadService>,
    /// Receipts of messages.
    pub receipts: Arc<ReceiptService>,
    /// Uploads.
    pub files: Arc<FileService>,
    /// Removing what nobody needs.
    pub contents: Arc<ContentService>,
    /// Links to them that work without a login.
    pub signed_urls: Arc<SignedUrlService>,
    /// Background work.
    pub tasks: Arc<TaskService>,
    /// One-time tickets.
    pub tickets: Arc<TicketService>,
    /// How often.
    pub limits: Arc<LimitService>,
    /// Codes that let people register.
    pub invitations: Arc<InvitationService>,
    /// Recurring jobs.
    pub jobs: Arc<JobService>,
    /// Sending mail.
    pub mail: Arc<MailService>,
    /// Removing what nobody needs any more.
    pub cleanup: Arc<CleanupService>,
    /// Who is there.
    pub presence: Arc<PresenceService>,
}

impl Services {
    /// Wires the services. Their background tasks belong to `tracker` and end on `shutdown`, after what they had
    /// accepted is done.
    pub fn start(
        ports: &Ports,
        settings: &Settings,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        let limits = Arc::new(LimitService::new(ports, settings.limits.clone()));
        let factors = Arc::new(SecondFactors::new(ports, Arc::clone(&limits)));
        let proofs = Arc::new(Proofs::new(ports, Arc::clone(&limits)));
        let recent = Arc::<RecentSenders>::default();
        let parts = (Arc::clone(&proofs), Arc::clone(&factors), Arc::clone(&recent));
        let auth = Arc::new(AuthService::start(ports, settings.auth.clone(), parts, tracker, shutdown));
        let files = Arc::new(FileService::new(ports, settings.uploads.clone(), tracker));
        Self {
            accounts: Arc::new(AccountService::new(ports, Arc::clone(&proofs), Arc::clone(&auth))),
            user_admin: Arc::new(UserAdminService::new(ports, Arc::clone(&auth))),
            audit: Arc::new(AuditService::new(ports)),
            verification: Arc::new(VerificationService::new(ports, Arc::clone(&auth))),
            password_reset: Arc::new(PasswordResetService::new(
                ports,
                Arc::clone(&auth),
                Arc::clone(&limits),
            )),
            email_change: Arc::new(EmailChangeService::new(
                ports,
                Arc::clone(&proofs),
                Arc::clone(&auth),
                Arc::clone(&limits),
            )),
            exports: Arc::new(ExportService::new(ports)),
            erasure: Arc::new(ErasureService::new(ports, Arc::clone(&proofs), Arc::clone(&auth))),
            provider_logins: Arc::new(ProviderLoginService::new(
                ports,
                Arc::clone(&proofs),
                Arc::clone(&auth),
                &settings.oidc,
            )),
            identities: Arc::new(IdentityService::new(ports)),
            sessions: Arc::new(SessionService::new(ports, Arc::clone(&auth))),
            signing_keys: Arc::new(SigningKeyService::new(ports, settings.auth.clone())),
            users: Arc::new(UserService::new(ports, &recent)),
            rooms: Arc::new(RoomService::new(ports)),
            overviews: Arc::new(OverviewService::new(ports)),
            direct: Arc::new(DirectService::new(ports)),
            blocks: Arc::new(BlockService::new(ports)),
            friends: Arc::new(FriendService::new(ports)),
            memberships: Arc::new(MembershipService::new(ports)),
            messages: Arc::new(MessageService::start(ports, &settings.messages, &recent, tracker, shutdown)),
            reactions: Arc::new(ReactionService::new(ports)),
            pins: Arc::new(PinService::new(ports)),
            threads: Arc::new(ThreadService::new(ports)),
            mentions: Arc::new(MentionService::new(ports)),
            changes: Arc::new(ChangeService::new(ports, &settings.messages)),
            reads: Arc::new(ReadService::start(ports, &settings.messages, tracker, shutdown)),
            receipts: Arc::new(ReceiptService::new(ports)),
            signed_urls: Arc::new(SignedUrlService::new(ports, Arc::clone(&files))),
            files,
            contents: Arc::new(ContentService::new(ports, settings.uploads.clone())),
            tasks: Arc::new(TaskService::new(ports)),
            tickets: Arc::new(TicketService::new(ports, Arc::clone(&auth))),
            limits,
            second_factors: Arc::new(SecondFactorService::new(ports, factors, proofs, Arc::clone(&auth))),
            invitations: Arc::new(InvitationService::new(ports)),
            jobs: Arc::new(JobService::new(ports)),
            mail: Arc::new(MailService::new(ports, settings.mail.clone())),
            cleanup: Arc::new(CleanupService::new(ports)),
            presence: Arc::new(PresenceService::start(ports, &settings.presence, tracker, shutdown)),
            auth,
        }
    }
}
