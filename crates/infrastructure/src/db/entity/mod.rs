//! The tables as SeaORM sees them, and how their rows become entities of the domain. Nothing outside of [`super`]
//! knows these types.

pub(crate) mod audit_entry;
pub(crate) mod audit_head;
pub(crate) mod blob;
pub(crate) mod block;
pub(crate) mod convert;
pub(crate) mod direct_room;
pub(crate) mod file;
pub(crate) mod file_text;
pub(crate) mod file_usage;
pub(crate) mod file_variant;
pub(crate) mod friendship;
pub(crate) mod identity;
pub(crate) mod invitation;
pub(crate) mod mail_token;
pub(crate) mod mention;
pub(crate) mod message;
pub(crate) mod message_edit;
pub(crate) mod reaction;
pub(crate) mod read_mark;
pub(crate) mod recovery_code;
pub(crate) mod recurring_job;
pub(crate) mod refresh_token;
pub(crate) mod room;
pub(crate) mod room_member;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod signing_key;
pub(crate) mod task;
pub(crate) mod task_attempt;
pub(crate) mod thread_follower;
pub(crate) mod totp_secret;
pub(crate) mod upload;
pub(crate) mod user;
pub(crate) mod username_change;
pub(crate) mod worker;
