//! `plaza admin users` and the commands about one account.

use std::io::{self, BufRead};

use clap::{Args, Subcommand};
use plaza_application::{
    DEFAULT_PAGE, DeletionOrder, Error, MAX_PAGE, NewAccount, NewPassword, Operator, PageRequest, Result,
    Services,
};
use plaza_domain::{SystemRole, Timestamp, User, UserId, repository::UserFilter};

use super::Report;
use crate::{
    UtcTime,
    cli::table::{facts, or_dash, table},
    routes::{AdminUserList, AdminUserView, MadeAccountView},
};

const BY: Operator<'_> = Operator::CommandLine;
/// The longest line that can be a password, in bytes.
const MAX_PASSWORD_LINE: usize = 1_024;

/// What is done about accounts. USER is an id, a handle or an address.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Lists accounts, the newest first
    Users(ListArgs),
    /// Makes an account for somebody; without --password-stdin its password is made and printed once
    CreateUser(CreateArgs),
    /// Changes what a user may do on the server: admin, member or guest
    SetRole {
        /// The user
        user: String,
        /// The role
        #[arg(value_parser = role)]
        role: SystemRole,
    },
    /// Gives a user another password, ends their sessions and unlinks their logins of providers; without --password-stdin
    /// it is made and printed once
    ResetPassword {
        /// The user
        user: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Keeps a user out and ends their sessions
    Ban {
        /// The user
        user: String,
        /// Why, as they are told
        #[arg(long, default_value = "")]
        reason: String,
        /// Until when, for example 2026-12-31T12:00:00Z; for good when it is left out
        #[arg(long, value_name = "TIME")]
        until: Option<Timestamp>,
    },
    /// Lets a banned user log in again
    Unban {
        /// The user
        user: String,
    },
    /// Makes an account one that nobody uses, and ends its sessions
    Deactivate {
        /// The user
        user: String,
        /// Why, as they are told
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Has a deactivated account used again
    Reactivate {
        /// The user
        user: String,
    },
    /// Takes a user's address as confirmed
    VerifyEmail {
        /// The user
        user: String,
    },
    /// Takes away a user's second factor, and ends their sessions
    ResetTwoFactors {
        /// The user
        user: String,
    },
    /// Ends all sessions of a user
    EndSessions {
        /// The user
        user: String,
    },
    /// Erases an account after 14 days, in which a login calls it off; its sessions end at once
    DeleteUser {
        /// The user
        user: String,
        /// Why, as they are told
        #[arg(long, default_value = "")]
        reason: String,
        /// Without a time of grace
        #[arg(long)]
        now: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those whose handle, address or name begins with this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only those who may do this on the server: admin, member or guest
    #[arg(long, value_parser = role)]
    role: Option<SystemRole>,
    /// Only those that are banned or deactivated (true), or that are not (false)
    #[arg(long, value_name = "BOOL")]
    suspended: Option<bool>,
    /// Only those that are older than this user
    #[arg(long, value_name = "ID")]
    before: Option<UserId>,
    /// The most accounts, 1 to 100
    #[arg(long, default_value_t = DEFAULT_PAGE, value_parser = clap::value_parser!(u64).range(1..=MAX_PAGE))]
    limit: u64,
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// The handle
    username: String,
    /// The address; nobody has to confirm it
    #[arg(long)]
    email: String,
    /// The name that others see [default: the handle]
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,
    /// What the user may do on the server: admin, member or guest
    #[arg(long, default_value = "member", value_parser = role)]
    role: SystemRole,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Debug, Args)]
pub(super) struct PasswordArgs {
    /// Reads the password from the first line of the standard input
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordArgs {
    fn read(&self) -> Result<NewPassword> {
        if !self.password_stdin {
            return Ok(NewPassword::Generated);
        }
        let mut line = String::new();
        let limit = u64::try_from(MAX_PASSWORD_LINE).unwrap_or(u64::MAX);
        io::Read::take(io::stdin().lock(), limit)
            .read_line(&mut line)
            .map_err(|error| Error::Unavailable(error.into()))?;
        Ok(NewPassword::Chosen(line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

pub(super) async fn run(services: &Services, command: UserCommand) -> Result<Report> {
    let users = &services.user_admin;
    let find = async |name: &str| users.find(BY, name).await.map(|user| user.id);
    let id = match &command {
        UserCommand::Users(args) => return list(services, args).await,
        UserCommand::CreateUser(args) => return create(services, args).await,
        UserCommand::SetRole { user, role } => {
            let id = find(user).await?;
            users.set_role(BY, id, *role).await?;
            id
        }
        UserCommand::ResetPassword { user, password } => {
            let id = find(user).await?;
            let told = users.reset_password(BY, id, password.read()?).await?;
            return Ok(made(users.get(BY, id).await?, told));
        }
        UserCommand::Ban { user, reason, until } => {
            let id = find(user).await?;
            users.ban(BY, id, reason, *until).await?;
            id
        }
        UserCommand::Unban { user } => {
            let id = find(user).await?;
            users.unban(BY, id).await?;
            id
        }
        UserCommand::Deactivate { user, reason } => {
            let id = find(user).await?;
            users.deactivate(BY, id, reason).await?;
            id
        }
        UserCommand::Reactivate { user } => {
            let id = find(user).await?;
            users.reactivate(BY, id).await?;
            id
        }
        UserCommand::VerifyEmail { user } => {
            let id = find(user).await?;
            users.verify_email(BY, id).await?;
            id
        }
        UserCommand::ResetTwoFactors { user } => {
            let id = find(user).await?;
            services.second_factors.reset_second_factor(BY, id).await?;
            id
        }
        UserCommand::EndSessions { user } => {
            let id = find(user).await?;
            users.end_sessions(BY, id).await?;
            id
        }
        UserCommand::DeleteUser { user, reason, now } => {
            let id = find(user).await?;
            let order = DeletionOrder { reason: reason.clone(), is_immediate: *now };
            services.erasure.order(BY, id, order).await?;
            id
        }
    };
    let user = users.get(BY, id).await?;
    let text = shown(&user, None);
    Ok(Report::new(&AdminUserView::from(user), text))
}

async fn list(services: &Services, args: &ListArgs) -> Result<Report> {
    let filter = UserFilter { search: args.search.clone(), role: args.role, is_suspended: args.suspended };
    let page = services.user_admin.list(BY, filter, PageRequest::new(args.before, args.limit)).await?;
    let heading = ["ID", "USERNAME", "EMAIL", "ROLE", "STATE", "CREATED"];
    let mut text = table(heading, page.items.iter().map(row));
    if let Some(next) = page.next {
        text.push_str(&format!("There are more: --before {next}\n"));
    }
    Ok(Report::new(&AdminUserList::from(page), text))
}

async fn create(services: &Services, args: &CreateArgs) -> Result<Report> {
    let account = NewAccount {
        email: args.email.clone(),
        username: args.username.clone(),
        display_name: args.display_name.clone(),
        role: args.role,
        password: args.password.read()?,
    };
    let (user, told) = services.user_admin.create(BY, account).await?;
    Ok(made(user, told))
}

fn made(user: User, password: Option<String>) -> Report {
    let text = shown(&user, password.as_deref());
    Report::new(&MadeAccountView::from((user, password)), text)
}

fn row(user: &User) -> [String; 6] {
    [
        user.id.to_string(),
        user.username.to_string(),
        user.email.to_string(),
        user.role.as_str().to_owned(),
        state(user),
        UtcTime(user.created_at).to_string(),
    ]
}

fn shown(user: &User, password: Option<&str>) -> String {
    let text = facts([
        ("id", user.id.to_string()),
        ("username", user.username.to_string()),
        ("email", user.email.to_string()),
        ("verified", or_dash(user.email_verified_at.map(UtcTime))),
        ("role", user.role.as_str().to_owned()),
        ("state", state(user)),
    ]);
    match password {
        Some(password) => text + &facts([("password", password.to_owned())]),
        None => text,
    }
}

fn state(user: &User) -> String {
    if let Some(at) = user.erased_at {
        return format!("erased at {}", UtcTime(at));
    }
    let suspension = user.suspension.as_ref().map_or("in use".to_owned(), |suspension| {
        let until = suspension.until.map(|until| format!(" until {}", UtcTime(until)));
        format!("{}{}", suspension.kind.as_str(), until.unwrap_or_default())
    });
    match user.erase_at {
        Some(at) => format!("{suspension}, to be erased at {}", UtcTime(at)),
        None => suspension,
    }
}

fn role(word: &str) -> std::result::Result<SystemRole, String> {
    SystemRole::parse(word).ok_or_else(|| "there is no such role".to_owned())
}
