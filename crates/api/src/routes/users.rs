//! `/users`: profiles.

use plaza_domain::UserSummary;
use poem_openapi::Object;
use serde::Serialize;
use uuid::Uuid;

/// A user as others see them next to what they did.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub struct UserSummaryView {
    /// The user's id.
    pub id: Uuid,
    /// The user's handle.
    pub username: String,
    /// The user's name.
    pub display_name: String,
}

impl From<UserSummary> for UserSummaryView {
    fn from(user: UserSummary) -> Self {
        Self {
            id: user.id.uuid(),
            username: user.username.into_string(),
            display_name: user.display_name.into_string(),
        }
    }
}
