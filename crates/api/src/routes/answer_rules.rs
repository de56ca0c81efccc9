//! Rules for answers: what is written straight from a view is what poem-openapi, and so the documentation, says of it.

use std::{borrow::Cow, collections::BTreeSet, error::Error, iter::once};

use poem_openapi::types::{ParseFromJSON, ToJSON, Type};
use serde::Serialize;
use serde_json::Value;

use super::{
    admin_accounts::MadeAccountView,
    admin_tasks::{AdminAttemptView, AdminTaskDetailsView, AdminTaskList, AdminTaskView, RetriedTasksView},
    admin_users::{AdminUserList, AdminUserView, SuspensionKindName, SuspensionView},
    audit::{AuditEntryView, AuditList},
    auth::TicketView,
    blocks::{BlockList, BlockView},
    changes::{ChangeType, ChangeView, ChangesView},
    deletion::DeletionView,
    document,
    edits::{EditList, EditView},
    email_change::{EmailChangeState, EmailChangeView},
    example,
    export::ExportView,
    files::{
        FilePurposeName, FileStatusName, FileStatusView, FileView, UploadView, VariantKind, VariantView,
    },
    friend_requests::{FriendRequestList, FriendRequestView},
    friends::{FriendList, FriendView, FriendshipView, RelationName},
    health::{DependencyView, LivenessView, ReadinessView},
    identities::{IdentityList, IdentityView, LinkingView},
    invitations::{InvitationList, InvitationView, NewInvitationView},
    jobs::{JobList, JobView},
    logged_in::LoginView,
    media::ImageUploadView,
    members::{MemberList, MemberView, RoomRole},
    mentions::MentionList,
    message_view::{MessageType, MessageView, ReactionView},
    messages::HistoryView,
    overviews::{MembershipView, RoomList, RoomOverviewView},
    pins::PinsView,
    preferences::PreferencesView,
    presence::{PresenceList, PresenceStatus, PresenceView},
    provider_logins::{LoginProviderList, LoginProviderView},
    queues::{QueueList, QueueView},
    reactions::{ReactionEntryView, ReactionList},
    receipts::{ReceiptView, ReceiptsView},
    rooms::{RoomType, RoomView},
    second_factor::{RecoveryCodesView, TotpEnrolmentView, TotpStatusView},
    sessions::{SessionList, SessionView},
    signed_urls::SignedUrlView,
    signing_keys::{SigningKeySetView, SigningKeyView},
    storage::StorageView,
    tasks::{AttemptOutcomeName, AttemptView, TaskStateName, TaskView},
    threads::{FollowedThreadView, ThreadList, ThreadView},
    username_history::{UsernameChangeList, UsernameChangeView},
    users::{ProfileView, SystemRoleName, UserSummaryView, UserView},
    workers::{WorkerList, WorkerView},
};

/// A view of that type, as it is written and as poem-openapi writes it; none when the value is no such view.
type Written = fn(Value) -> Option<(Value, Value)>;

fn written<T: ParseFromJSON + ToJSON + Serialize>(value: Value) -> Option<(Value, Value)> {
    let view = T::parse_from_json(Some(value)).ok()?;
    Some((serde_json::to_value(&view).ok()?, view.to_json().unwrap_or_default()))
}

macro_rules! views {
    ($($view:ty),* $(,)?) => {
        vec![$((<$view>::name(), written::<$view> as Written)),*]
    };
}

/// Every type that answers are made of, by its name in the document.
fn views() -> Vec<(Cow<'static, str>, Written)> {
    views![
        AdminAttemptView,
        AdminTaskDetailsView,
        AdminTaskList,
        AdminTaskView,
        AdminUserList,
        AdminUserView,
        AttemptOutcomeName,
        AttemptView,
        AuditEntryView,
        AuditList,
        BlockList,
        BlockView,
        ChangeType,
        ChangeView,
        ChangesView,
        DeletionView,
        DependencyView,
        EditList,
        EditView,
        EmailChangeState,
        EmailChangeView,
        ExportView,
        FilePurposeName,
        FileStatusName,
        FileStatusView,
        FileView,
        FollowedThreadView,
        FriendList,
        FriendRequestList,
        FriendRequestView,
        FriendView,
        FriendshipView,
        HistoryView,
        IdentityList,
        IdentityView,
        ImageUploadView,
        InvitationList,
        InvitationView,
        JobList,
        JobView,
        LinkingView,
        LivenessView,
        LoginProviderList,
        LoginProviderView,
        LoginView,
        MadeAccountView,
        MemberList,
        MemberView,
        MembershipView,
        MentionList,
        MessageType,
        MessageView,
        NewInvitationView,
        PinsView,
        PreferencesView,
        PresenceList,
        PresenceStatus,
        PresenceView,
        ProfileView,
        QueueList,
        QueueView,
        ReactionEntryView,
        ReactionList,
        ReactionView,
        ReadinessView,
        ReceiptView,
        ReceiptsView,
        RecoveryCodesView,
        RelationName,
        RetriedTasksView,
        RoomList,
        RoomOverviewView,
        RoomRole,
        RoomType,
        RoomView,
        SessionList,
        SessionView,
        SignedUrlView,
        SigningKeySetView,
        SigningKeyView,
        StorageView,
        SuspensionKindName,
        SuspensionView,
        SystemRoleName,
        TaskStateName,
        TaskView,
        ThreadList,
        ThreadView,
        TicketView,
        TotpEnrolmentView,
        TotpStatusView,
        UploadView,
        UserSummaryView,
        UserView,
        UsernameChangeList,
        UsernameChangeView,
        VariantKind,
        VariantView,
        WorkerList,
        WorkerView
    ]
}

/// Adds the names of the types that a part of the document speaks of.
fn add_types(document: &Value, part: &Value, names: &mut BTreeSet<String>) {
    match part {
        Value::Object(entries) => {
            if let Some(name) = reference(part)
                && names.insert(name.to_owned())
            {
                add_types(document, &document["components"]["schemas"][name], names);
            }
            entries.values().for_each(|part| add_types(document, part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| add_types(document, part, names)),
        _ => {}
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|path| path.rsplit('/').next())
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// What can be seen of a type: its words, or its example with everything in it that may be, and without each part.
fn samples(schema: &Value, name: &str) -> Vec<Value> {
    if let Some(words) = schema["enum"].as_array() {
        return words.clone();
    }
    let mut whole = example(name).unwrap_or_default();
    for (property, schema) in entries(&schema["properties"]) {
        let of_type = schema["allOf"].get(0).unwrap_or(schema);
        let missing = whole[property].is_null().then(|| reference(of_type).and_then(example)).flatten();
        if let Some(part) = missing {
            whole[property] = part;
        }
    }
    let without = |property| {
        let mut sample = whole.clone();
        sample[property] = Value::Null;
        sample
    };
    let less: Vec<_> = entries(&schema["properties"]).map(|(property, _)| without(property)).collect();
    once(whole).chain(less).collect()
}

#[test]
fn every_type_of_an_answer_is_held_to_its_documentation() -> Result<(), Box<dyn Error>> {
    let document: Value = serde_json::from_str(&document())?;
    let mut expected = BTreeSet::new();
    for (_, operations) in entries(&document["paths"]) {
        for (_, operation) in entries(operations) {
            for (_, response) in entries(&operation["responses"]) {
                add_types(&document, &response["content"]["application/json"], &mut expected);
            }
        }
    }
    let held: BTreeSet<_> = views().into_iter().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(held, expected);
    Ok(())
}

#[test]
fn what_is_written_is_what_the_documentation_says() -> Result<(), Box<dyn Error>> {
    let document: Value = serde_json::from_str(&document())?;
    for (name, written) in views() {
        let samples = samples(&document["components"]["schemas"][&*name], &name);
        let of_each: Vec<_> = samples.into_iter().map(written).collect();
        assert!(of_each.first().is_some_and(Option::is_some), "the example of {name} is none");
        for (direct, described) in of_each.into_iter().flatten() {
            assert_eq!(direct, described, "{name}");
        }
    }
    Ok(())
}
