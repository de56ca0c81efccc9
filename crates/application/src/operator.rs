//! Who gives orders about the server as a whole.

use std::fmt;

use plaza_domain::UserId;

use crate::Actor;

/// Who gives orders about the server as a whole.
#[derive(Clone, Copy, Debug)]
pub enum Operator<'a> {
    /// A user, who must be one of the server's admins.
    User(&'a Actor),
    /// Who starts programs with the server's configuration, and so holds its data in their hands anyway.
    CommandLine,
}

impl Operator<'_> {
    /// Which user it is.
    pub fn user_id(self) -> Option<UserId> {
        match self {
            Self::User(actor) => Some(actor.id()),
            Self::CommandLine => None,
        }
    }
}

/// As the log names them.
impl fmt::Display for Operator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(actor) => write!(f, "user {}", actor.id()),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}
