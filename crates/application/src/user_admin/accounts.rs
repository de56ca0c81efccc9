//! Accounts that operators look for, make, and give another password.

use plaza_domain::{
    AuditAction, DisplayName, Email, PasswordHash, SystemRole, User, UserId, Username, Validator, Violation,
    repository::UserFilter,
};

use super::{UserAdminService, lock};
use crate::{
    Error, Operator, Page, PageRequest, Result, audit,
    auth::{FIRST_ADMIN, parse_password},
    events::UserEvent,
    identities::unlink_all,
    mail::MailMessage,
    policy::{AccountAction, authorize_account, authorize_operation},
    usernames,
};

/// How long an id is as it is shown: longer than any handle.
const ID_LENGTH: usize = 36;

/// What making an account for somebody takes.
pub struct NewAccount {
    /// The address; nobody has to confirm it.
    pub email: String,
    /// The handle.
    pub username: String,
    /// The name that others see; the handle when there is none.
    pub display_name: Option<String>,
    /// What it may do on the server.
    pub role: SystemRole,
    /// Its password.
    pub password: NewPassword,
}

/// A password that an operator gives an account.
pub enum NewPassword {
    /// One that they chose.
    Chosen(String),
    /// One that is made here, and told once.
    Generated,
}

impl UserAdminService {
    /// The accounts that fit the filter, newest first.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a search with control characters.
    pub async fn list(
        &self,
        by: Operator<'_>,
        filter: UserFilter,
        page: PageRequest<UserId>,
    ) -> Result<Page<User, UserId>> {
        authorize_operation(by)?;
        let search = filter.search.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if search.as_ref().is_some_and(|text| text.contains(char::is_control)) {
            return Err(Violation::new("search", "must not have control characters").into());
        }
        let filter = UserFilter { search, ..filter };
        let mut read = self.store.read().await?;
        let users = read.users().list(&filter, page.cursor, page.fetch()).await?;
        Ok(page.cut(users, |user| user.id))
    }

    /// An account with all that is known about it.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`.
    pub async fn get(&self, by: Operator<'_>, id: UserId) -> Result<User> {
        authorize_account(by, AccountAction::Inspect, id)?;
        self.store.read().await?.users().find(id).await?.ok_or(Error::NotFound("user"))
    }

    /// The account with that id, handle or address.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`.
    pub async fn find(&self, by: Operator<'_>, name: &str) -> Result<User> {
        // Written in another way, an id is what somebody can have chosen as their handle.
        if let Ok(id) = name.parse()
            && name.len() == ID_LENGTH
        {
            return self.get(by, id).await;
        }
        authorize_operation(by)?;
        self.auth.find_by_login(name).await?.ok_or(Error::NotFound("user"))
    }

    /// Makes an account for somebody. Returns it, and its password when that was made here. An admin that is made before
    /// anybody has registered is the first one: nobody else becomes one by registering.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid`; `Conflict` when the address or the handle is taken; `Unavailable`.
    pub async fn create(&self, by: Operator<'_>, input: NewAccount) -> Result<(User, Option<String>)> {
        authorize_operation(by)?;
        let mut check = Validator::default();
        let email = check.field(Email::parse(&input.email));
        let username = check.field(Username::parse(&input.username));
        let display_name = check.field(match &input.display_name {
            Some(name) => DisplayName::parse(name),
            None => Ok(DisplayName::from_stored(input.username.trim().to_owned())),
        });
        let (email, username, display_name) = check.finish((email, username, display_name))?;
        let names = [email.as_str(), username.as_str(), display_name.as_str()];
        let (password_hash, told) = self.hash(input.password, &names).await?;

        let now = self.clock.now();
        let id = UserId::new(self.ids.next());
        let user = User {
            role: input.role,
            email_verified_at: Some(now),
            ..User::new(id, email, username, display_name, password_hash, now)
        };
        let mut work = self.store.begin().await?;
        if user.role == SystemRole::Admin {
            work.settings().claim(FIRST_ADMIN, &user.id.to_string()).await?;
        }
        work.users().insert(&user).await?;
        usernames::claim(&mut *work, &user, now).await?;
        let entry = audit::by_operator(by, AuditAction::UserCreated).about(user.id);
        work.audit().append(&entry.with("role", user.role.as_str())).await?;
        work.commit().await?;
        tracing::info!(user.id = %user.id, %by, "an account was made");
        Ok((user, told))
    }

    /// Gives an account another password, ends all its sessions, and leaves no other way in: logins of providers are
    /// unlinked, links in mails work no more. A mail tells of it. Returns the password when it was made here.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid`; `NotFound`; `Conflict` when the account was erased; `Unavailable`.
    pub async fn reset_password(
        &self,
        by: Operator<'_>,
        user_id: UserId,
        password: NewPassword,
    ) -> Result<Option<String>> {
        authorize_account(by, AccountAction::ResetPassword, user_id)?;
        let known = self.store.read().await?.users().find(user_id).await?.ok_or(Error::NotFound("user"))?;
        let names = [known.email.as_str(), known.username.as_str(), known.display_name.as_str()];
        let (password_hash, told) = self.hash(password, &names).await?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = lock(&mut *work, user_id).await?;
        let user = User { password_hash, updated_at: now, ..user };
        work.users().update(&user).await?;
        work.sessions().revoke_all(user_id, None, now).await?;
        work.mail_tokens().void(user_id).await?;
        let entry = audit::by_operator(by, AuditAction::IdentityUnlinked);
        let unlinked = unlink_all(&mut *work, user_id, entry.with("user_id", user_id.to_string())).await?;
        let posted = self.postbox.tell(&mut *work, &user, MailMessage::PasswordReset).await?;
        let entry = audit::by_operator(by, AuditAction::PasswordReset).about(user_id);
        for entry in unlinked.iter().chain([&entry]) {
            work.audit().append(entry).await?;
        }
        work.commit().await?;
        tracing::info!(user.id = %user_id, %by, "a password was reset");
        self.announce_end(user_id, UserEvent::SessionsEnded { user_id });
        self.postbox.wake(posted).await;
        Ok(told)
    }

    async fn hash(&self, password: NewPassword, names: &[&str]) -> Result<(PasswordHash, Option<String>)> {
        let (password, told) = match password {
            NewPassword::Chosen(password) => {
                parse_password(&*self.passwords, "password", &password, names).await??;
                (password, None)
            }
            NewPassword::Generated => {
                let made = self.secrets.generate().map_err(Error::Internal)?;
                (made.clone(), Some(made))
            }
        };
        Ok((self.passwords.hash(&password).await.map_err(Error::Unavailable)?, told))
    }
}
