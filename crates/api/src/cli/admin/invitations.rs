//! `plaza admin invitations`: codes that let people register.

use clap::{Args, Subcommand, ValueEnum};
use plaza_application::{InvitationOrder, MAX_PAGE, Operator, PageRequest, Result, Services};
use plaza_domain::{Invitation, InvitationId, SystemRole};

use super::Report;
use crate::{
    UtcTime,
    cli::table::{or_dash, table},
    routes::{InvitationList, NewInvitationView},
};

const BY: Operator<'_> = Operator::CommandLine;

/// What is done about invitations.
#[derive(Debug, Subcommand)]
pub(super) enum InvitationsCommand {
    /// Makes an invitation, and prints its code once
    Create(CreateArgs),
    /// Lists the newest invitations
    List,
    /// Lets an invitation work no more
    Revoke {
        /// Its id
        id: InvitationId,
    },
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// What it is for
    #[arg(long, default_value = "")]
    note: String,
    /// What those are who register with it
    #[arg(long, value_enum, default_value_t = Role::Member)]
    role: Role,
    /// How many can register with it
    #[arg(long, default_value_t = 1)]
    uses: u32,
    /// How many days it works
    #[arg(long, default_value_t = 7)]
    days: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    Member,
    Guest,
}

pub(super) async fn run(services: &Services, command: InvitationsCommand) -> Result<Report> {
    let invitations = &services.invitations;
    match command {
        InvitationsCommand::Create(CreateArgs { note, role, uses, days }) => {
            let role = match role {
                Role::Member => SystemRole::Member,
                Role::Guest => SystemRole::Guest,
            };
            let (invitation, code) =
                invitations.create(BY, InvitationOrder { note, role, max_uses: uses, days }).await?;
            let text = format!("{code}\n");
            Ok(Report::new(&NewInvitationView::from((invitation, code)), text))
        }
        InvitationsCommand::List => {
            let page = invitations.list(BY, PageRequest::new(None, MAX_PAGE)).await?;
            let heading = ["ID", "ROLE", "USES", "EXPIRES", "REVOKED", "NOTE"];
            let text = table(heading, page.items.iter().map(row));
            Ok(Report::new(&InvitationList::from(page), text))
        }
        InvitationsCommand::Revoke { id } => {
            invitations.revoke(BY, id).await?;
            let text = format!("{id} works no more\n");
            Ok(Report::new(&id.to_string(), text))
        }
    }
}

fn row(invitation: &Invitation) -> [String; 6] {
    [
        invitation.id.to_string(),
        invitation.role.as_str().to_owned(),
        format!("{}/{}", invitation.uses, invitation.max_uses),
        UtcTime(invitation.expires_at).to_string(),
        or_dash(invitation.revoked_at.map(UtcTime)),
        invitation.note.to_string(),
    ]
}
