//! A store whose transactions fail when a test wants them to, and whose reads are interrupted.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use plaza_domain::{
    Repositories, RepositoryError, Store, UnitOfWork,
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

type Interruption = Box<dyn FnOnce() + Send>;

/// How many of the next calls fail, and what comes between.
#[derive(Default)]
pub(crate) struct Faults {
    begins: AtomicUsize,
    reads: AtomicUsize,
    reads_begun: AtomicUsize,
    commits: AtomicUsize,
    spared: AtomicUsize,
    answers: AtomicUsize,
    interruption: Mutex<Option<Interruption>>,
    interruption_of_begin: Mutex<Option<Interruption>>,
    interruption_of_totp: Mutex<Option<Interruption>>,
    extras: AtomicUsize,
    stores_in_transactions: AtomicBool,
}

impl Faults {
    /// From now on, messages are stored as on SQLite: always in a transaction that has the look at who may post.
    pub(crate) fn store_in_transactions(&self) {
        self.stores_in_transactions.store(true, Ordering::Relaxed);
    }

    /// Does something just before the next transaction begins.
    pub(crate) fn before_next_begin(&self, act: impl FnOnce() + Send + 'static) {
        *self.interruption_of_begin.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
    }

    /// The next `count` transactions cannot begin.
    pub(crate) fn fail_begins(&self, count: usize) {
        self.begins.store(count, Ordering::Relaxed);
    }

    /// The next `count` reads cannot begin.
    pub(crate) fn fail_reads(&self, count: usize) {
        self.reads.store(count, Ordering::Relaxed);
    }

    /// How many reads were begun.
    pub(crate) fn reads_begun(&self) -> usize {
        self.reads_begun.load(Ordering::Relaxed)
    }

    /// The next `count` commits write nothing.
    pub(crate) fn fail_commits(&self, count: usize) {
        self.commits.store(count, Ordering::Relaxed);
    }

    /// The next `count` commits write, and the one after them writes nothing.
    pub(crate) fn fail_commit_after(&self, count: usize) {
        self.spared.store(count, Ordering::Relaxed);
        self.commits.store(1, Ordering::Relaxed);
    }

    /// The next `count` commits write everything, and the connection breaks before they say so.
    pub(crate) fn lose_answers(&self, count: usize) {
        self.answers.store(count, Ordering::Relaxed);
    }

    /// Does something just before messages are read or written for the next time.
    pub(crate) fn before_next_messages(&self, act: impl FnOnce() + Send + 'static) {
        *self.interruption.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
    }

    /// Does something just before second factors are read or written for the next time.
    pub(crate) fn before_next_totp(&self, act: impl FnOnce() + Send + 'static) {
        *self.interruption_of_totp.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
    }

    /// How often anything was asked of the threads and of the mentions.
    pub(crate) fn asked_of_threads_and_mentions(&self) -> usize {
        self.extras.load(Ordering::Relaxed)
    }
}

fn interrupt(interruption: &Mutex<Option<Interruption>>) {
    let act = interruption.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(act) = act {
        act();
    }
}

fn strike(fault: &AtomicUsize) -> Result<()> {
    let counted = fault.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    match counted {
        Ok(_) => Err(RepositoryError::Unavailable("injected by the test".into())),
        Err(_) => Ok(()),
    }
}

pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    faults: Arc<Faults>,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<dyn Store>, faults: Arc<Faults>) -> Self {
        Self { inner, faults }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        interrupt(&self.faults.interruption_of_begin);
        strike(&self.faults.begins)?;
        Ok(Box::new(Faulty { inner: self.inner.begin().await?, faults: Arc::clone(&self.faults) }))
    }

    async fn read(&self) -> Result<Box<dyn Repositories>> {
        self.faults.reads_begun.fetch_add(1, Ordering::Relaxed);
        strike(&self.faults.reads)?;
        Ok(Box::new(Faulty { inner: self.inner.read().await?, faults: Arc::clone(&self.faults) }))
    }

    fn appends_at_once(&self) -> bool {
        self.inner.appends_at_once() && !self.faults.stores_in_transactions.load(Ordering::Relaxed)
    }

    async fn ping(&self) -> Result<()> {
        self.inner.ping().await
    }
}

struct Faulty<R: ?Sized> {
    inner: Box<R>,
    faults: Arc<Faults>,
}

impl<R: Repositories + ?Sized> Repositories for Faulty<R> {
    fn users(&mut self) -> &mut dyn UserRepository {
        self.inner.users()
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self.inner.sessions()
    }

    fn mail_tokens(&mut self) -> &mut dyn MailTokenRepository {
        self.inner.mail_tokens()
    }

    fn identities(&mut self) -> &mut dyn IdentityRepository {
        self.inner.identities()
    }

    fn signing_keys(&mut self) -> &mut dyn SigningKeyRepository {
        self.inner.signing_keys()
    }

    fn erasures(&mut self) -> &mut dyn ErasureRepository {
        self.inner.erasures()
    }

    fn exports(&mut self) -> &mut dyn ExportRepository {
        self.inner.exports()
    }

    fn username_changes(&mut self) -> &mut dyn UsernameChangeRepository {
        self.inner.username_changes()
    }

    fn invitations(&mut self) -> &mut dyn InvitationRepository {
        self.inner.invitations()
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self.inner.audit()
    }

    fn totp(&mut self) -> &mut dyn TotpRepository {
        interrupt(&self.faults.interruption_of_totp);
        self.inner.totp()
    }

    fn recovery_codes(&mut self) -> &mut dyn RecoveryCodeRepository {
        self.inner.recovery_codes()
    }

    fn rooms(&mut self) -> &mut dyn RoomRepository {
        self.inner.rooms()
    }

    fn members(&mut self) -> &mut dyn MemberRepository {
        self.inner.members()
    }

    fn direct_rooms(&mut self) -> &mut dyn DirectRoomRepository {
        self.inner.direct_rooms()
    }

    fn blocks(&mut self) -> &mut dyn BlockRepository {
        self.inner.blocks()
    }

    fn friendships(&mut self) -> &mut dyn FriendshipRepository {
        self.inner.friendships()
    }

    fn messages(&mut self) -> &mut dyn MessageRepository {
        interrupt(&self.faults.interruption);
        self.inner.messages()
    }

    fn edits(&mut self) -> &mut dyn EditRepository {
        self.inner.edits()
    }

    fn reactions(&mut self) -> &mut dyn ReactionRepository {
        self.inner.reactions()
    }

    fn pins(&mut self) -> &mut dyn PinRepository {
        self.inner.pins()
    }

    fn overviews(&mut self) -> &mut dyn OverviewRepository {
        self.inner.overviews()
    }

    fn receipts(&mut self) -> &mut dyn ReceiptRepository {
        self.inner.receipts()
    }

    fn threads(&mut self) -> &mut dyn ThreadRepository {
        self.faults.extras.fetch_add(1, Ordering::Relaxed);
        self.inner.threads()
    }

    fn mentions(&mut self) -> &mut dyn MentionRepository {
        self.faults.extras.fetch_add(1, Ordering::Relaxed);
        self.inner.mentions()
    }

    fn presence(&mut self) -> &mut dyn PresenceRepository {
        self.inner.presence()
    }

    fn blobs(&mut self) -> &mut dyn BlobRepository {
        self.inner.blobs()
    }

    fn files(&mut self) -> &mut dyn FileRepository {
        self.inner.files()
    }

    fn usage(&mut self) -> &mut dyn UsageRepository {
        self.inner.usage()
    }

    fn tasks(&mut self) -> &mut dyn TaskRepository {
        self.inner.tasks()
    }

    fn jobs(&mut self) -> &mut dyn RecurringJobRepository {
        self.inner.jobs()
    }

    fn workers(&mut self) -> &mut dyn WorkerRepository {
        self.inner.workers()
    }

    fn settings(&mut self) -> &mut dyn SettingRepository {
        self.inner.settings()
    }
}

#[async_trait]
impl UnitOfWork for Faulty<dyn UnitOfWork> {
    async fn commit(self: Box<Self>) -> Result<()> {
        if strike(&self.faults.spared).is_ok() {
            strike(&self.faults.commits)?;
        }
        self.inner.commit().await?;
        strike(&self.faults.answers)
    }
}
