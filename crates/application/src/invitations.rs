//! Operators invite people, and those register with the code they were given.

use std::{sync::Arc, time::Duration};

use plaza_domain::{
    AuditAction, AuditTarget, Clock, IdGenerator, InvalidInput, Invitation, InvitationId, InvitationNote,
    Store, SystemRole, UnitOfWork, User, Validator, Violation,
};

use crate::{
    Error, Operator, Page, PageRequest, Ports, RegistrationMode, Result, audit, policy::authorize_operation,
    ports::Secrets,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The most people that one code lets in.
pub const MAX_INVITATION_USES: u32 = 10_000;
/// The longest time that a code works, in days.
pub const MAX_INVITATION_DAYS: u32 = 365;

/// What making an invitation takes.
#[derive(Clone, Debug)]
pub struct InvitationOrder {
    /// What it is for.
    pub note: String,
    /// What those are on the server who register with it.
    pub role: SystemRole,
    /// How often it works, 1 to [`MAX_INVITATION_USES`].
    pub max_uses: u32,
    /// How many days it works, 1 to [`MAX_INVITATION_DAYS`].
    pub days: u32,
}

/// Codes that let people register.
pub struct InvitationService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    secrets: Arc<dyn Secrets>,
}

impl InvitationService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            secrets: Arc::clone(&ports.secrets),
        }
    }

    /// Makes an invitation; its code is told this once.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid`; `Internal` when the operating system has no randomness.
    pub async fn create(&self, by: Operator<'_>, order: InvitationOrder) -> Result<(Invitation, String)> {
        authorize_operation(by)?;
        let mut check = Validator::default();
        let note = check.field(InvitationNote::parse(&order.note));
        let role = check.field(match order.role {
            SystemRole::Member | SystemRole::Guest => Ok(order.role),
            SystemRole::Admin => Err(Violation::new("role", "must be member or guest")),
        });
        let max_uses = check.field(within("max_uses", order.max_uses, MAX_INVITATION_USES));
        let days = check.field(within("days", order.days, MAX_INVITATION_DAYS));
        let (note, role, max_uses, days) = check.finish((note, role, max_uses, days))?;

        let code = self.secrets.generate().map_err(Error::Internal)?;
        let now = self.clock.now();
        let invitation = Invitation {
            id: InvitationId::new(self.ids.next()),
            digest: self.secrets.digest(&code),
            note,
            role,
            created_by: by.user_id(),
            max_uses,
            uses: 0,
            created_at: now,
            expires_at: now + DAY * days,
            revoked_at: None,
        };
        let target = AuditTarget::Invitation(invitation.id.uuid());
        let entry = audit::by_operator(by, AuditAction::InvitationCreated).about(target);
        let mut work = self.store.begin().await?;
        work.invitations().insert(&invitation).await?;
        work.audit().append(&entry.with("role", role.as_str()).with("max_uses", max_uses)).await?;
        work.commit().await?;
        Ok((invitation, code))
    }

    /// The invitations there were, newest first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn list(
        &self,
        by: Operator<'_>,
        request: PageRequest<InvitationId>,
    ) -> Result<Page<Invitation, InvitationId>> {
        authorize_operation(by)?;
        let mut read = self.store.read().await?;
        let invitations = read.invitations().list(request.cursor, request.fetch()).await?;
        Ok(request.cut(invitations, |invitation| invitation.id))
    }

    /// Lets an invitation work no more. Who has registered with it stays.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound` when there is none, or none any more.
    pub async fn revoke(&self, by: Operator<'_>, id: InvitationId) -> Result<()> {
        authorize_operation(by)?;
        let mut work = self.store.begin().await?;
        if !work.invitations().revoke(id, self.clock.now()).await? {
            return Err(Error::NotFound("invitation"));
        }
        let target = AuditTarget::Invitation(id.uuid());
        work.audit().append(&audit::by_operator(by, AuditAction::InvitationRevoked).about(target)).await?;
        Ok(work.commit().await?)
    }
}

fn within(field: &'static str, value: u32, most: u32) -> std::result::Result<u32, Violation> {
    if (1..=most).contains(&value) {
        Ok(value)
    } else {
        Err(Violation::new(field, format!("must be 1 to {most}")))
    }
}

/// Decides, within the transaction that makes it, whether somebody may make an account for themselves, and what they are
/// on the server. The admin of a fresh server needs no invitation.
///
/// # Errors
/// `Forbidden` when nobody may; `Invalid` when there is no code and one is needed, or it does not work (any more).
pub(crate) async fn admit(
    work: &mut dyn UnitOfWork,
    mode: RegistrationMode,
    secrets: &dyn Secrets,
    code: Option<&str>,
    user: &mut User,
) -> Result<Option<InvitationId>> {
    if user.role == SystemRole::Admin {
        return Ok(None);
    }
    match (mode, code) {
        (RegistrationMode::Closed, _) => Err(Error::Forbidden("nobody can register here by themselves")),
        (RegistrationMode::Invited, None) => {
            Err(InvalidInput::single("invitation_code", "is needed to register here").into())
        }
        (RegistrationMode::Open, None) => Ok(None),
        (RegistrationMode::Open | RegistrationMode::Invited, Some(code)) => {
            let redeemed = work.invitations().redeem(secrets.digest(code), user.created_at).await?;
            let rule = "does not work, or works no more";
            let invitation = redeemed.ok_or_else(|| InvalidInput::single("invitation_code", rule))?;
            user.role = invitation.role;
            Ok(Some(invitation.id))
        }
    }
}
