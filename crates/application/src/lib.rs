//! What Plaza does: one service for each part of the product, the policy that decides who may, and the ports for
//! everything that is not the database. Free of HTTP, SQL and Redis; see `examples/` for how to embed it.
//!
//! [`Services::start`] wires the services to their ports. [`Ports`] lists what must be provided.

pub mod commands;
pub mod events;
pub mod in_process;
pub mod lanes;
pub mod mail;
#[cfg(feature = "memory")]
pub mod memory;
pub mod ports;

mod accounts;
mod acquaintances;
mod actor;
mod audit;
mod auth;
mod blocks;
mod changes;
mod contents;
mod counted;
mod direct;
mod email_change;
mod erasure;
mod error;
mod exports;
mod files;
mod friends;
mod identities;
mod invitations;
mod jobs;
mod limits;
mod media_url;
mod mentions;
mod messages;
mod operator;
mod page;
mod password_reset;
mod pins;
mod policy;
mod presence;
mod proofs;
mod reactions;
mod reads;
mod receipts;
mod rooms;
mod second_factors;
mod services;
mod sessions;
mod settings;
mod signed_urls;
mod signing_keys;
mod tasks;
mod threads;
mod tickets;
mod user_admin;
mod usernames;
mod users;
mod verification;

pub use accounts::AccountService;
pub use actor::Actor;
pub use audit::{AuditExport, AuditService, AuditVerdict, NotedEntry};
pub use auth::{AuthService, Login, LoginMethod, Registration};
pub use blocks::BlockService;
pub use changes::{ChangeService, Subscription};
pub use contents::{BlobSweep, ContentService, UploadSweep};
pub use counted::{Taken, counted};
pub use direct::{DirectService, OpenedRoom};
pub use email_change::{EmailChange, EmailChangeService};
pub use erasure::{DeletionOrder, ERASURE_GRACE, Erased, ErasureService};
pub use error::{Error, Result, Unauthenticated};
pub use exports::{Concluded, EXPORT_KEPT, Export, ExportService};
pub use files::{Content, FileService, MAX_UPLOAD_TIME, Storage, UploadStream, Uploaded, must_be_picture};
pub use friends::{FriendService, MAX_FRIENDS, MAX_OPEN_REQUESTS, SeenFriendship};
pub use identities::{
    CodeProof, FLOW_TTL, FinishedFlow, FlowAnswer, FlowRefusal, IdentityService, LOGIN_CODE_TTL,
    LinkedIdentity, LoginStart, MAX_IDENTITIES, ProviderLoginService, StartedFlow,
};
pub use invitations::{InvitationOrder, InvitationService, MAX_INVITATION_DAYS, MAX_INVITATION_USES};
pub use jobs::{CleanupService, JOBS, Job, JobReport, JobService};
pub use limits::{LimitService, Limited};
pub use mail::MailService;
pub use media_url::{file_id_of_name, media_name, media_url};
pub use mentions::MentionService;
pub use messages::{Acknowledged, Completion, MessageInput, MessageService, Posted};
pub use operator::Operator;
pub use page::{DEFAULT_PAGE, MAX_PAGE, Page, PageRequest};
pub use password_reset::PasswordResetService;
pub use pins::PinService;
pub use policy::{
    AccountAction, Acquaintance, FileAction, FriendAction, MAX_CALLED_MEMBERS, MessageAction, RoomAction,
    UserAction, authorize_account, authorize_direct_write, authorize_file, authorize_friendship,
    authorize_message, authorize_operation, authorize_own, authorize_participation, authorize_post,
    authorize_reading, authorize_room, authorize_room_creation, authorize_second_factor_reset,
    authorize_session, authorize_task, authorize_user, may_mention_room, requires_second_factor, shown_rooms,
};
pub use presence::{
    Attendance, MAX_FANOUT_MEMBERS, MAX_QUERIED_USERS, PresenceService, Told, TooManyConnections,
};
pub use proofs::FRESH_LOGIN;
pub use reactions::ReactionService;
pub use reads::{Position, ReadService};
pub use receipts::{MAX_NAMED_READERS, ReceiptService, Receipts};
pub use rooms::{MembershipService, NewRoom, OverviewService, RoomService, RoomSight, RoomUpdate};
pub use second_factors::{Enrolment, SecondFactor, SecondFactorService, SecondFactorStatus};
pub use services::{Ports, Services};
pub use sessions::SessionService;
pub use settings::{
    AuthSettings, LimitSettings, MailSettings, MessageSettings, OidcSettings, PresenceSettings,
    RegistrationMode, SecondFactorRule, Settings, UploadSettings,
};
pub use signed_urls::{DEFAULT_LINK_TTL, FilePart, LinkedContent, SignedLink, SignedUrlService};
pub use signing_keys::SigningKeyService;
pub use tasks::{QueueReport, QueueReports, Replayed, TaskDetails, TaskService, fail_file};
pub use threads::{ThreadPage, ThreadService};
pub use tickets::{TICKET_TTL, TicketService};
pub use user_admin::{NewAccount, NewPassword, UserAdminService};
pub use users::{PreferenceUpdate, ProfileUpdate, UserService};
pub use verification::VerificationService;
