//! How entities are stored: traits that an adapter implements, and the transaction that joins them.
//!
//! [`Store::begin`] opens a [`UnitOfWork`]: what its repositories write becomes visible together at
//! [`UnitOfWork::commit`], or not at all when it is dropped. [`Store::read`] gives repositories that only read.
//! Inside a unit of work there is no other I/O: commit first, publish after.

pub mod append;
mod audit;
mod blob;
mod block;
mod direct_room;
mod edit;
mod erasure;
mod error;
mod export;
mod file;
mod friendship;
mod identity;
pub mod in_transaction;
mod invitation;
mod job;
mod mail_token;
mod member;
mod mention;
mod message;
mod overview;
mod pin;
mod presence;
mod reaction;
mod receipt;
mod room;
mod second_factor;
mod session;
mod setting;
mod signing_key;
mod task;
mod thread;
mod usage;
mod user;
mod username_change;
mod worker;

use async_trait::async_trait;

pub use audit::AuditRepository;
pub use blob::BlobRepository;
pub use block::BlockRepository;
pub use direct_room::DirectRoomRepository;
pub use edit::EditRepository;
pub use erasure::ErasureRepository;
pub use error::{Constraint, RepositoryError};
pub use export::{ExportRepository, Stretch};
pub use file::FileRepository;
pub use friendship::FriendshipRepository;
pub use identity::IdentityRepository;
pub use invitation::InvitationRepository;
pub use job::RecurringJobRepository;
pub use mail_token::MailTokenRepository;
pub use member::{MemberRepository, Sender};
pub use mention::{Caller, MentionRepository};
pub use message::{HistoryRange, MessageRepository};
pub use overview::OverviewRepository;
pub use pin::PinRepository;
pub use presence::{PresenceRepository, SeenMember, Sighting};
pub use reaction::ReactionRepository;
pub use receipt::ReceiptRepository;
pub use room::{Advance, Counters, RoomFilter, RoomRepository};
pub use second_factor::{RecoveryCodeRepository, TotpRepository};
pub use session::SessionRepository;
pub use setting::SettingRepository;
pub use signing_key::SigningKeyRepository;
pub use task::{ClaimRequest, Lease, Success, TaskFilter, TaskRepository, TaskRetention};
pub use thread::ThreadRepository;
pub use usage::UsageRepository;
pub use user::{UserFilter, UserRepository};
pub use username_change::UsernameChangeRepository;
pub use worker::WorkerRepository;

use crate::{Message, NewMessage, TaskId};

/// What every repository call returns.
pub type Result<T> = std::result::Result<T, RepositoryError>;

/// A database.
#[async_trait]
pub trait Store: Send + Sync {
    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// `Unavailable` when no connection can be had in time.
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>>;

    /// Repositories that read what is committed, each call on its own.
    ///
    /// # Errors
    /// `Unavailable` when no connection can be had in time.
    async fn read(&self) -> Result<Box<dyn Repositories>>;

    /// Stores new messages and nothing else, as a transaction of its own: each goes to the end of its room, in the order
    /// given. Gives them with their places; those whose room is gone, or no longer in the epoch in which the
    /// caller has looked up the senders, are neither stored nor given.
    ///
    /// A database that can do this in one round trip does.
    ///
    /// # Errors
    /// `Conflict` with `MessageClientId` when a sender's client id was used before, with `ForeignKey` when a file or what
    /// is replied to is gone: then nothing was stored. With any other, perhaps everything was, as with
    /// [`UnitOfWork::commit`].
    async fn append(&self, messages: Vec<NewMessage>) -> Result<Vec<Message>> {
        append::in_transaction(self, messages).await
    }

    /// Whether [`Store::append`] is one round trip, which pays for not being in the transaction of a look before it.
    fn appends_at_once(&self) -> bool {
        false
    }

    /// [`TaskRepository::finish_many`] and nothing else, as a transaction of its own.
    ///
    /// A database that can do this in one round trip does.
    ///
    /// # Errors
    /// Perhaps attempts were ended all the same, as with [`UnitOfWork::commit`].
    async fn finish_many(&self, done: &[Success]) -> Result<Vec<(TaskId, i64)>> {
        in_transaction::finish_many(self, done).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// `Unavailable` when it does not.
    async fn ping(&self) -> Result<()>;
}

/// One accessor a repository.
pub trait Repositories: Send {
    /// Accounts.
    fn users(&mut self) -> &mut dyn UserRepository;
    /// Which handles accounts had.
    fn username_changes(&mut self) -> &mut dyn UsernameChangeRepository;
    /// Logins and their refresh tokens.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
    /// Links in mails.
    fn mail_tokens(&mut self) -> &mut dyn MailTokenRepository;
    /// Accounts at OpenID providers by which users log in.
    fn identities(&mut self) -> &mut dyn IdentityRepository;
    /// Keys that sign access tokens.
    fn signing_keys(&mut self) -> &mut dyn SigningKeyRepository;
    /// Codes that let people register.
    fn invitations(&mut self) -> &mut dyn InvitationRepository;
    /// Who did what to whom, from where.
    fn audit(&mut self) -> &mut dyn AuditRepository;
    /// Secrets of authenticators.
    fn totp(&mut self) -> &mut dyn TotpRepository;
    /// Codes that stand in for a lost authenticator.
    fn recovery_codes(&mut self) -> &mut dyn RecoveryCodeRepository;
    /// Rooms and their counters.
    fn rooms(&mut self) -> &mut dyn RoomRepository;
    /// Who is in which room.
    fn members(&mut self) -> &mut dyn MemberRepository;
    /// Which two users direct rooms belong to.
    fn direct_rooms(&mut self) -> &mut dyn DirectRoomRepository;
    /// Who has blocked whom.
    fn blocks(&mut self) -> &mut dyn BlockRepository;
    /// Who is whose friend, or wants to be.
    fn friendships(&mut self) -> &mut dyn FriendshipRepository;
    /// Rooms as their members find them.
    fn overviews(&mut self) -> &mut dyn OverviewRepository;
    /// Messages.
    fn messages(&mut self) -> &mut dyn MessageRepository;
    /// What messages said before they were edited.
    fn edits(&mut self) -> &mut dyn EditRepository;
    /// Reactions to messages.
    fn reactions(&mut self) -> &mut dyn ReactionRepository;
    /// Pinned messages.
    fn pins(&mut self) -> &mut dyn PinRepository;
    /// Who read what, and when.
    fn receipts(&mut self) -> &mut dyn ReceiptRepository;
    /// Threads and who follows them.
    fn threads(&mut self) -> &mut dyn ThreadRepository;
    /// Who is mentioned where.
    fn mentions(&mut self) -> &mut dyn MentionRepository;
    /// Who may see whether users are there, and when they last were.
    fn presence(&mut self) -> &mut dyn PresenceRepository;
    /// Stored contents.
    fn blobs(&mut self) -> &mut dyn BlobRepository;
    /// Uploads and their variants.
    fn files(&mut self) -> &mut dyn FileRepository;
    /// What users' files take up.
    fn usage(&mut self) -> &mut dyn UsageRepository;
    /// Background work.
    fn tasks(&mut self) -> &mut dyn TaskRepository;
    /// When recurring jobs are due.
    fn jobs(&mut self) -> &mut dyn RecurringJobRepository;
    /// Who does background work.
    fn workers(&mut self) -> &mut dyn WorkerRepository;
    /// What there is about users.
    fn exports(&mut self) -> &mut dyn ExportRepository;
    /// Accounts that are erased, and what hangs on them.
    fn erasures(&mut self) -> &mut dyn ErasureRepository;
    /// Facts about the server as a whole.
    fn settings(&mut self) -> &mut dyn SettingRepository;
}

/// A type that is every repository gives itself.
impl<T> Repositories for T
where
    T: UserRepository
        + UsernameChangeRepository
        + SessionRepository
        + MailTokenRepository
        + IdentityRepository
        + SigningKeyRepository
        + InvitationRepository
        + AuditRepository
        + TotpRepository
        + RecoveryCodeRepository
        + RoomRepository
        + MemberRepository
        + DirectRoomRepository
        + BlockRepository
        + FriendshipRepository
        + OverviewRepository
        + MessageRepository
        + EditRepository
        + ReactionRepository
        + PinRepository
        + ReceiptRepository
        + ThreadRepository
        + MentionRepository
        + PresenceRepository
        + BlobRepository
        + FileRepository
        + UsageRepository
        + TaskRepository
        + RecurringJobRepository
        + WorkerRepository
        + ExportRepository
        + ErasureRepository
        + SettingRepository,
{
    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn username_changes(&mut self) -> &mut dyn UsernameChangeRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn mail_tokens(&mut self) -> &mut dyn MailTokenRepository {
        self
    }

    fn identities(&mut self) -> &mut dyn IdentityRepository {
        self
    }

    fn signing_keys(&mut self) -> &mut dyn SigningKeyRepository {
        self
    }

    fn invitations(&mut self) -> &mut dyn InvitationRepository {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }

    fn totp(&mut self) -> &mut dyn TotpRepository {
        self
    }

    fn recovery_codes(&mut self) -> &mut dyn RecoveryCodeRepository {
        self
    }

    fn rooms(&mut self) -> &mut dyn RoomRepository {
        self
    }

    fn members(&mut self) -> &mut dyn MemberRepository {
        self
    }

    fn direct_rooms(&mut self) -> &mut dyn DirectRoomRepository {
        self
    }

    fn blocks(&mut self) -> &mut dyn BlockRepository {
        self
    }

    fn friendships(&mut self) -> &mut dyn FriendshipRepository {
        self
    }

    fn overviews(&mut self) -> &mut dyn OverviewRepository {
        self
    }

    fn messages(&mut self) -> &mut dyn MessageRepository {
        self
    }

    fn edits(&mut self) -> &mut dyn EditRepository {
        self
    }

    fn reactions(&mut self) -> &mut dyn ReactionRepository {
        self
    }

    fn pins(&mut self) -> &mut dyn PinRepository {
        self
    }

    fn receipts(&mut self) -> &mut dyn ReceiptRepository {
        self
    }

    fn threads(&mut self) -> &mut dyn ThreadRepository {
        self
    }

    fn mentions(&mut self) -> &mut dyn MentionRepository {
        self
    }

    fn presence(&mut self) -> &mut dyn PresenceRepository {
        self
    }

    fn blobs(&mut self) -> &mut dyn BlobRepository {
        self
    }

    fn files(&mut self) -> &mut dyn FileRepository {
        self
    }

    fn usage(&mut self) -> &mut dyn UsageRepository {
        self
    }

    fn tasks(&mut self) -> &mut dyn TaskRepository {
        self
    }

    fn jobs(&mut self) -> &mut dyn RecurringJobRepository {
        self
    }

    fn workers(&mut self) -> &mut dyn WorkerRepository {
        self
    }

    fn exports(&mut self) -> &mut dyn ExportRepository {
        self
    }

    fn erasures(&mut self) -> &mut dyn ErasureRepository {
        self
    }

    fn settings(&mut self) -> &mut dyn SettingRepository {
        self
    }
}

/// A transaction; dropping it rolls back.
#[async_trait]
pub trait UnitOfWork: Repositories {
    /// Makes everything that was written durable and visible.
    ///
    /// # Errors
    /// When the database refuses; nothing was written then, or, when the connection was lost in the middle, perhaps
    /// everything: a caller that repeats must be able to recognise its own work.
    async fn commit(self: Box<Self>) -> Result<()>;
}
