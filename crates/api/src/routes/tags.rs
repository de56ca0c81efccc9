//! How operations are grouped in the documentation.

use poem_openapi::Tags as DeriveTags;

/// A group of operations.
#[derive(DeriveTags)]
pub(crate) enum Tags {
    /// Accounts are made; users log in and out.
    Auth,
    /// Profiles.
    Users,
    /// Where messages are.
    Rooms,
    /// Who is in a room, and in which role.
    Members,
    /// What is said, and what changed.
    Messages,
    /// Replies to a message, and who follows them.
    Threads,
    /// Who is there.
    Presence,
    /// Who knows whom.
    Friends,
    /// Uploads: pictures and documents.
    Files,
    /// What is done in the background.
    Tasks,
    /// For the server's admins.
    Admin,
    /// For those who watch over the server.
    Health,
}
