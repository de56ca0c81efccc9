//! What is written down: one word for each action.

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $word:literal,)+) => {
        /// What was done, as the audit log tells it. A word is never given another meaning: entries are kept for good.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum AuditAction {
            $($(#[$doc])* $action,)+
        }

        impl AuditAction {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$action),+];

            /// The word for it in the API and the database.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $word,)+
                }
            }

            /// The action that a word means.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$action),)+
                    _ => None,
                }
            }
        }
    };
}

actions! {
    /// Somebody made an account for themselves.
    UserRegistered = "user.registered",
    /// An operator made an account for somebody.
    UserCreated = "user.created",
    /// Somebody proved who they are, and a session began.
    LoginSucceeded = "login.succeeded",
    /// Somebody established who they are but for their second factor, which they were asked for.
    LoginChallenged = "login.challenged",
    /// Somebody did not prove who they are.
    LoginFailed = "login.failed",
    /// Somebody who is logged in did not show what proves that the session is theirs.
    ProofFailed = "proof.failed",
    /// A user ended the session that they used.
    Logout = "logout",
    /// A user ended one of their sessions.
    SessionEnded = "session.ended",
    /// A user ended all of their sessions but the one that they used.
    OtherSessionsEnded = "session.others_ended",
    /// An operator ended all sessions of a user.
    AllSessionsEnded = "session.all_ended",
    /// A refresh token came back that was used before, and its session ended.
    RefreshReused = "refresh.reused",
    /// A user gave themselves another password.
    PasswordChanged = "password.changed",
    /// A password was replaced without knowing the one before.
    PasswordReset = "password.reset",
    /// An address was confirmed.
    EmailVerified = "email.verified",
    /// A user wants to move their account to another address.
    EmailChangeRequested = "email.change_requested",
    /// An account has another address.
    EmailChanged = "email.changed",
    /// A user may not use their account, as they broke the rules.
    UserBanned = "user.banned",
    /// A ban was lifted, or its time was over.
    UserUnbanned = "user.unbanned",
    /// An account may not be used any more.
    UserDeactivated = "user.deactivated",
    /// A deactivated account may be used again.
    UserReactivated = "user.reactivated",
    /// A user may do more, or less, on the server.
    UserRoleChanged = "user.role_changed",
    /// A user gave themselves another handle.
    UserRenamed = "user.renamed",
    /// A user wants their account erased.
    UserDeletionRequested = "user.deletion_requested",
    /// A user whose account was to be erased has logged in.
    UserDeletionCancelled = "user.deletion_cancelled",
    /// An account was given up by an operator, or what told of its user was erased.
    UserDeleted = "user.deleted",
    /// A user wants an archive of everything about them.
    ExportRequested = "export.requested",
    /// A user set up a second factor.
    TotpEnabled = "totp.enabled",
    /// A user gave up their second factor.
    TotpDisabled = "totp.disabled",
    /// A recovery code stood in for a second factor.
    RecoveryCodeUsed = "recovery_code.used",
    /// A user has other recovery codes.
    RecoveryCodesRenewed = "recovery_code.renewed",
    /// A login of another provider leads into an account.
    IdentityLinked = "identity.linked",
    /// A login of another provider leads into an account no more.
    IdentityUnlinked = "identity.unlinked",
    /// The second factors of an account were taken away by an operator.
    TwoFactorsReset = "two_factors.reset",
    /// Other keys sign access tokens.
    KeysRotated = "keys.rotated",
    /// A member of a room may do more, or less, in it.
    MemberRoleChanged = "member.role_changed",
    /// A user was made a member of a room, with a role above the usual, or by one of the server's admins.
    MemberAdded = "member.added",
    /// A member was removed from a room by somebody else.
    MemberRemoved = "member.removed",
    /// A room was opened or closed to others, or changed by one of the server's admins.
    RoomChanged = "room.changed",
    /// A room was deleted.
    RoomDeleted = "room.deleted",
    /// A message was deleted by somebody else than its author.
    MessageDeleted = "message.deleted",
    /// A file was deleted by somebody else than its owner.
    FileDeleted = "file.deleted",
    /// A task that had failed got another chance.
    TaskRetried = "task.retried",
    /// A task was called off.
    TaskCancelled = "task.cancelled",
    /// A recurring job was started by hand.
    JobStarted = "job.started",
    /// The audit log was exported.
    AuditExported = "audit.exported",
    /// Somebody was invited to register.
    InvitationCreated = "invitation.created",
    /// An invitation was taken back.
    InvitationRevoked = "invitation.revoked",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_word_of_its_own() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::parse(action.as_str()), Some(*action));
        }
        assert_eq!(AuditAction::parse("user.banned "), None);
    }
}
