//! How the load generator speaks to servers: as little work as possible, because it shares their processors.

mod body;
mod dialect;
mod http;
mod socket;
mod xmpp;

pub(crate) use body::{Body, Reader};
pub(crate) use dialect::{Dialect, NCHAN, PLAZA, SOCKET_IO};
pub(crate) use http::Http;
pub(crate) use socket::{Socket, connect, connect_to_all};
pub(crate) use xmpp::XMPP;
