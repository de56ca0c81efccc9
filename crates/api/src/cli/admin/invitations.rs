//! `plaza admin invitations`: codes that let people register.

use clap::{Args, Subcommand, ValueEnum, builder::RangedI64ValueParser, value_parser};
use plaza_application::{
    DEFAULT_PAGE, InvitationOrder, MAX_INVITATION_DAYS, MAX_INVITATION_USES, MAX_PAGE, Operator, PageRequest,
    Result, Services,
};
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
    /// Lists invitations, the newest first
    List(ListArgs),
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
    #[arg(long, default_value_t = 1, value_parser = up_to(MAX_INVITATION_USES))]
    uses: u32,
    /// How many days it works
    #[arg(long, default_value_t = 7, value_parser = up_to(MAX_INVITATION_DAYS))]
    days: u32,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those that are older than this invitation
    #[arg(long, value_name = "ID")]
    before: Option<InvitationId>,
    /// The most invitations, 1 to 100
    #[arg(long, default_value_t = DEFAULT_PAGE, value_parser = clap::value_parser!(u64).range(1..=MAX_PAGE))]
    limit: u64,
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
        InvitationsCommand::List(ListArgs { before, limit }) => {
            let page = invitations.list(BY, PageRequest::new(before, limit)).await?;
            let heading = ["ID", "ROLE", "USES", "EXPIRES", "REVOKED", "NOTE"];
            let mut text = table(heading, page.items.iter().map(row));
            if let Some(next) = page.next {
                text.push_str(&format!("There are more: --before {next}\n"));
            }
            Ok(Report::new(&InvitationList::from(page), text))
        }
        InvitationsCommand::Revoke { id } => {
            invitations.revoke(BY, id).await?;
            let text = format!("{id} works no more\n");
            Ok(Report::new(&id.to_string(), text))
        }
    }
}

fn up_to(most: u32) -> RangedI64ValueParser<u32> {
    value_parser!(u32).range(1..=i64::from(most))
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
