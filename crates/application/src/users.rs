//! Profiles and preferences.

use std::sync::Arc;

use plaza_domain::{
    AuditAction, Bio, Clock, DisplayName, FileId, FilePurpose, FileStatus, IdGenerator, InvalidInput, Locale,
    Preferences, StatusText, Store, TimeZone, User, UserId, Username, UsernameChange, UsernameChangeId,
    Validator,
};

use crate::{
    Actor, Error, Ports, Result,
    acquaintances::find_for,
    audit,
    messages::RecentSenders,
    policy::{UserAction, authorize_own},
    proofs::lock_own,
    usernames,
};

/// What changing a profile takes; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileUpdate {
    /// The handle.
    pub username: Option<String>,
    /// The name that others see.
    pub display_name: Option<String>,
    /// What the user says about themselves.
    pub bio: Option<String>,
    /// What the user says that they are doing.
    pub status_text: Option<String>,
    /// Where the user is.
    pub time_zone: Option<String>,
    /// In which language the user is written to.
    pub locale: Option<String>,
}

/// What changing preferences takes; what is `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct PreferenceUpdate {
    /// Whether others learn how far the user has read.
    pub shows_receipts: Option<bool>,
}

/// Profiles and preferences.
pub struct UserService {
    pub(crate) store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    recent_senders: Arc<RecentSenders>,
}

impl UserService {
    pub(crate) fn new(ports: &Ports, recent_senders: &Arc<RecentSenders>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            recent_senders: Arc::clone(recent_senders),
        }
    }

    /// The actor's account, or another one that they may see. Its address is for its owner; the caller shows others
    /// less.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, actor: &Actor, id: UserId) -> Result<User> {
        find_for(&mut *self.store.read().await?, actor, UserAction::See, id).await
    }

    /// Changes the actor's own profile. A handle that is given up is kept for its user for 30 days.
    ///
    /// # Errors
    /// `Invalid`; `Conflict` when the handle is taken; `RateLimited` when the handle has changed twice
    /// within 30 days; `Unauthenticated` when the account was given up or suspended meanwhile.
    pub async fn update(&self, actor: &Actor, update: ProfileUpdate) -> Result<User> {
        let mut work = self.store.begin().await?;
        let mut user = lock_own(&mut *work, actor, &*self.clock).await?;
        let (old_username, old_name) = (user.username.clone(), user.display_name.clone());
        let mut check = Validator::default();
        if let Some(username) = update.username.and_then(|text| check.field(Username::parse(&text))) {
            user.username = username;
        }
        if let Some(name) = update.display_name.and_then(|text| check.field(DisplayName::parse(&text))) {
            user.display_name = name;
        }
        if let Some(bio) = update.bio.and_then(|text| check.field(Bio::parse(&text))) {
            user.bio = bio;
        }
        if let Some(status) = update.status_text.and_then(|text| check.field(StatusText::parse(&text))) {
            user.status_text = status;
        }
        if let Some(zone) = update.time_zone.and_then(|text| check.field(TimeZone::parse(&text))) {
            user.time_zone = zone;
        }
        if let Some(locale) = update.locale.and_then(|text| check.field(Locale::parse(&text))) {
            user.locale = locale;
        }
        check.finish((Some(()),))?;
        let now = self.clock.now();
        user.updated_at = now;
        let is_renamed = user.username != old_username;
        if is_renamed {
            usernames::may_change(&mut *work, &user, now).await?;
        }
        work.users().update(&user).await?;
        if is_renamed {
            usernames::claim(&mut *work, &user, now).await?;
            let id = UsernameChangeId::new(self.ids.next());
            let (user_id, new_username) = (user.id, user.username.clone());
            let change = UsernameChange { id, user_id, old_username, new_username, changed_at: now };
            work.username_changes().insert(&change).await?;
            let entry = audit::by(actor, AuditAction::UserRenamed).about(user.id);
            work.audit().append(&entry).await?;
        }
        work.commit().await?;
        if is_renamed || user.display_name != old_name {
            // What they post from now on shows it.
            self.recent_senders.forget_users();
        }
        Ok(user)
    }

    /// Makes one of the actor's uploads their picture: it is shown to everybody from then on.
    ///
    /// # Errors
    /// `NotFound` when they have no such upload; `Invalid` when it was not uploaded as an avatar, or is not processed;
    /// `Unauthenticated` as [`update`](Self::update).
    pub async fn set_avatar(&self, actor: &Actor, file_id: FileId) -> Result<User> {
        let mut work = self.store.begin().await?;
        let user = lock_own(&mut *work, actor, &*self.clock).await?;
        let file = work.files().lock(file_id).await?.filter(|file| !file.is_deleted());
        let file = file.ok_or(Error::NotFound("file"))?;
        authorize_own(actor.id(), file.owner_id, "file")?;
        if file.purpose != FilePurpose::Avatar || file.status != FileStatus::Completed {
            let rule = "must be a picture that was uploaded as an avatar and is completed";
            return Err(InvalidInput::single("file_id", rule).into());
        }
        let user = User { avatar_file_id: Some(file.id), updated_at: self.clock.now(), ..user };
        work.users().update(&user).await?;
        work.commit().await?;
        Ok(user)
    }

    /// Leaves the actor without a picture; the upload stays.
    ///
    /// # Errors
    /// `Unauthenticated` as [`update`](Self::update).
    pub async fn remove_avatar(&self, actor: &Actor) -> Result<()> {
        let mut work = self.store.begin().await?;
        let user = lock_own(&mut *work, actor, &*self.clock).await?;
        if user.avatar_file_id.is_some() {
            let user = User { avatar_file_id: None, updated_at: self.clock.now(), ..user };
            work.users().update(&user).await?;
            work.commit().await?;
        }
        Ok(())
    }

    /// How the actor wants things to be.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn preferences(&self, actor: &Actor) -> Result<Preferences> {
        let preferences = self.store.read().await?.users().preferences(actor.id()).await?;
        preferences.ok_or(Error::NotFound("user"))
    }

    /// Changes how the actor wants things to be.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn prefer(&self, actor: &Actor, update: PreferenceUpdate) -> Result<Preferences> {
        let mut work = self.store.begin().await?;
        let mut preferences = work.users().preferences(actor.id()).await?.ok_or(Error::NotFound("user"))?;
        if let Some(shows_receipts) = update.shows_receipts {
            preferences.shows_receipts = shows_receipts;
        }
        work.users().save_preferences(actor.id(), preferences).await?;
        work.commit().await?;
        Ok(preferences)
    }
}
