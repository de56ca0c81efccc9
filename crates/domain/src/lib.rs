//! What Plaza is about: users, rooms, messages, files and tasks, the rules they obey, and the traits
//! through which they are stored. Pure: no I/O, no async runtime, no framework.
//!
//! Start with [`message`] for the heart of the product and [`repository`] for persistence.

pub mod attempt;
pub mod audit;
pub mod blob;
pub mod change;
pub mod clock;
pub mod content;
pub mod device;
pub mod direct;
pub mod file;
pub mod friendship;
pub mod identity;
pub mod ids;
pub mod invitation;
pub mod job;
pub mod mail_token;
pub mod member;
pub mod mention;
pub mod message;
pub mod overview;
pub mod presence;
pub mod queue;
pub mod reaction;
pub mod receipt;
pub mod repository;
pub mod room;
pub mod second_factor;
pub mod sequence;
pub mod session;
pub mod signing_key;
pub mod task;
pub mod thread;
pub mod usage;
pub mod user;
pub mod username_change;
pub mod validation;
pub mod worker;

pub use attempt::{AttemptEnd, TaskAttempt};
pub use audit::{AuditAction, AuditActor, AuditEntry, AuditFilter, AuditHead, AuditTarget, NewAuditEntry};
pub use blob::{Blob, Sha256};
pub use change::{Change, ChangePage};
pub use clock::{Clock, IdGenerator, Timestamp};
pub use content::{ClientId, Content};
pub use device::{Device, UserAgent, network_of};
pub use direct::{Block, BlockedUser, DirectRoom, UserPair};
pub use file::{
    File, FileFailure, FileKind, FileName, FilePlace, FilePurpose, FileStatus, FileText, MAX_FILE_TEXT,
    ScanState, Variant, VariantName,
};
pub use friendship::{
    Friend, FriendChange, FriendRequest, FriendStep, Friendship, FriendshipState, Relation, RequestDirection,
    RequestPosition, Restraint,
};
pub use identity::{Identity, Issuer, Subject};
pub use ids::{
    FileId, IdentityId, InvitationId, MessageId, RefreshTokenId, RoomId, SessionId, TaskId, UploadId, UserId,
    UsernameChangeId, WorkerId,
};
pub use invitation::{Invitation, InvitationNote};
pub use job::RecurringJob;
pub use mail_token::{MailPurpose, MailToken};
pub use member::{Member, MemberProfile, MemberRole};
pub use mention::{Mention, Mentions};
pub use message::{
    Message, MessageDraft, MessageEdit, MessageKind, NewMessage, Pin, SentMessage, SystemEvent,
};
pub use overview::{Activity, MAX_COUNTED_MENTIONS, Mute, RoomOverview};
pub use presence::{Availability, Presence};
pub use queue::{QueueFigures, QueueSurvey};
pub use reaction::{Emoji, Reaction, ReactionEntry};
pub use receipt::{ReadMark, Receipt, ReceiptCounts, ReceiptScope};
pub use repository::{Repositories, RepositoryError, Store, UnitOfWork};
pub use room::{Room, RoomDescription, RoomEpoch, RoomKind, RoomName, SeenRoom};
pub use second_factor::TotpSecret;
pub use sequence::{Seq, Version};
pub use session::{RefreshToken, Session, TokenDigest};
pub use signing_key::SigningKey;
pub use task::{AttemptOutcome, NewTask, Priority, Task, TaskState};
pub use thread::{FollowedThread, Follower, ThreadPosition, ThreadRoot};
pub use usage::{Upload, Usage};
pub use user::{
    Bio, DisplayName, DueErasure, Email, Locale, PasswordHash, Preferences, StatusText, Suspension,
    SuspensionKind, SystemRole, TimeZone, User, UserSummary, Username,
};
pub use username_change::UsernameChange;
pub use validation::{InvalidInput, Validator, Violation};
pub use worker::{SeenWorker, WorkerStatus};
