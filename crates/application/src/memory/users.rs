//! Accounts.

use async_trait::async_trait;
use plaza_domain::{
    Email, Preferences, RepositoryError, Timestamp, User, UserId, Username,
    repository::{Constraint, Result, UserFilter, UserRepository},
};

use super::{
    connection::{Access, Connection},
    table::{Table, rows},
};

#[async_trait]
impl<A: Access> UserRepository for Connection<A> {
    async fn insert(&mut self, user: &User) -> Result<()> {
        let users = &mut self.tables_mut()?.users;
        check_unique(users, user)?;
        users.insert_new(user.id, user.clone(), Constraint::Other)
    }

    async fn find(&mut self, id: UserId) -> Result<Option<User>> {
        Ok(self.tables().users.get(&id).cloned())
    }

    async fn lock(&mut self, id: UserId) -> Result<Option<User>> {
        self.find(id).await
    }

    async fn find_by_email(&mut self, email: &Email) -> Result<Option<User>> {
        let tables = self.tables();
        Ok(tables.users.values().find(|user| user.email == *email).cloned())
    }

    async fn find_by_username(&mut self, username: &Username) -> Result<Option<User>> {
        let tables = self.tables();
        Ok(tables.users.values().find(|user| user.username == *username).cloned())
    }

    async fn list(&mut self, filter: &UserFilter, before: Option<UserId>, limit: u64) -> Result<Vec<User>> {
        let tables = self.tables();
        let newest_first = tables.users.values().rev();
        let older = newest_first.filter(|user| before.is_none_or(|before| user.id < before));
        Ok(older.filter(|user| fits(filter, user)).take(rows(limit)).cloned().collect())
    }

    async fn list_released(&mut self, now: Timestamp, limit: u64) -> Result<Vec<UserId>> {
        let tables = self.tables();
        let released =
            tables.users.values().filter(|user| user.suspension.is_some() && !user.is_suspended(now));
        Ok(released.take(rows(limit)).map(|user| user.id).collect())
    }

    async fn update(&mut self, user: &User) -> Result<()> {
        let users = &mut self.tables_mut()?.users;
        check_unique(users, user)?;
        *users.change(&user.id, "user")? = user.clone();
        Ok(())
    }

    async fn preferences(&mut self, id: UserId) -> Result<Option<Preferences>> {
        let tables = self.tables();
        let is_there = tables.users.contains_key(&id);
        Ok(is_there.then(|| tables.preferences.get(&id).copied().unwrap_or_default()))
    }

    async fn save_preferences(&mut self, id: UserId, preferences: Preferences) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.change(&id, "user")?;
        tables.preferences.insert(id, preferences);
        Ok(())
    }
}

fn fits(filter: &UserFilter, user: &User) -> bool {
    let name = user.display_name.as_str();
    let names = [user.username.as_str(), user.email.as_str(), &name.to_lowercase()];
    filter
        .search
        .as_deref()
        .is_none_or(|text| names.iter().any(|name| name.starts_with(&text.to_lowercase())))
        && filter.role.is_none_or(|role| user.role == role)
        && filter.is_suspended.is_none_or(|is_suspended| user.suspension.is_some() == is_suspended)
}

fn check_unique(users: &Table<UserId, User>, user: &User) -> Result<()> {
    let others = || users.values().filter(|other| other.id != user.id);
    let constraint = if others().any(|other| other.email == user.email) {
        Constraint::UserEmail
    } else if others().any(|other| other.username == user.username) {
        Constraint::UserUsername
    } else {
        return Ok(());
    };
    Err(RepositoryError::Conflict { constraint })
}
