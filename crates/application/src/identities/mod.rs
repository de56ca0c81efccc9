//! Users log in by accounts that they have at OpenID providers, and link those to the accounts that they have here.

mod codes;
mod flow;
mod handles;
mod linked;
mod login;
mod providers;
mod registration;
mod return_url;

pub use codes::{CodeProof, LOGIN_CODE_TTL};
pub use flow::{FLOW_TTL, LoginStart, StartedFlow};
pub(crate) use linked::unlink_all;
pub use linked::{IdentityService, LinkedIdentity, MAX_IDENTITIES};
pub use login::{FinishedFlow, FlowAnswer, FlowRefusal, ProviderLoginService};
