//! What implements the repositories: a look at what is committed, or a transaction.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use plaza_domain::{
    Clock, Repositories, RepositoryError, UnitOfWork,
    repository::{
        AuditRepository, BlobRepository, BlockRepository, DirectRoomRepository, EditRepository,
        ErasureRepository, ExportRepository, FileRepository, FriendshipRepository, IdentityRepository,
        InvitationRepository, MailTokenRepository, MemberRepository, MentionRepository, MessageRepository,
        OverviewRepository, PinRepository, PresenceRepository, ReactionRepository, ReceiptRepository,
        RecoveryCodeRepository, RecurringJobRepository, Result, RoomRepository, SessionRepository,
        SettingRepository, SigningKeyRepository, TaskRepository, ThreadRepository, TotpRepository,
        UsageRepository, UserRepository, UsernameChangeRepository, WorkerRepository,
    },
};
use tokio::sync::OwnedMutexGuard;

use super::tables::Tables;

/// How a repository gets at the tables.
pub(super) trait Access: Send + Sync {
    /// The tables as they are for this call.
    fn tables(&self) -> Arc<Tables>;

    /// The tables, to write to.
    fn tables_mut(&mut self) -> Result<&mut Tables>;
}

/// The one type that implements every repository, each in a file of its own.
pub(super) struct Connection<A> {
    access: A,
    /// Stands for the database's clock, which times tasks.
    pub(super) clock: Arc<dyn Clock>,
}

impl<A: Access> Connection<A> {
    pub(super) fn new(access: A, clock: Arc<dyn Clock>) -> Self {
        Self { access, clock }
    }

    pub(super) fn tables(&self) -> Arc<Tables> {
        self.access.tables()
    }

    pub(super) fn tables_mut(&mut self) -> Result<&mut Tables> {
        self.access.tables_mut()
    }
}

impl<A: Access> Repositories for Connection<A> {
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

#[async_trait]
impl UnitOfWork for Connection<Transaction> {
    async fn commit(self: Box<Self>) -> Result<()> {
        self.access.commit();
        Ok(())
    }
}

/// What is committed, shared by a store and its connections.
#[derive(Clone, Default)]
pub(super) struct Committed(Arc<RwLock<Arc<Tables>>>);

impl Committed {
    fn replace(&self, tables: Arc<Tables>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = tables;
    }
}

impl Access for Committed {
    fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn tables_mut(&mut self) -> Result<&mut Tables> {
        Err(RepositoryError::Unavailable("this connection only reads: begin a unit of work to write".into()))
    }
}

/// Changes that nobody else sees before they are committed.
pub(super) struct Transaction {
    tables: Arc<Tables>,
    committed: Committed,
    /// Held until the end: there is one writer at a time.
    _turn: OwnedMutexGuard<()>,
}

impl Transaction {
    pub(super) fn new(committed: Committed, turn: OwnedMutexGuard<()>) -> Self {
        Self { tables: committed.tables(), committed, _turn: turn }
    }

    fn commit(self) {
        self.committed.replace(self.tables);
    }
}

impl Access for Transaction {
    fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.tables)
    }

    fn tables_mut(&mut self) -> Result<&mut Tables> {
        Ok(Arc::make_mut(&mut self.tables))
    }
}
