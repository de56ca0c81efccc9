//! REST, one resource a file: what it shows, what it takes, and what it answers.

mod accounts;
mod admin_tasks;
mod app;
mod auth;
mod blocks;
mod changes;
mod direct_rooms;
#[cfg(test)]
mod document_rules;
mod documented;
mod edits;
mod examples;
mod files;
mod health;
mod media;
mod members;
mod mentions;
mod message_view;
mod messages;
mod mute;
mod overviews;
mod pages;
mod pins;
mod preferences;
mod presence;
mod queues;
mod reactions;
mod receipts;
mod rooms;
mod signed_urls;
mod tags;
mod tasks;
mod threads;
mod upload;
mod users;

pub(crate) use admin_tasks::{AdminTaskDetailsView, AdminTaskList, AdminTaskView, RetriedTasksView};
pub(crate) use app::{app, document};
pub(crate) use examples::example;
pub(crate) use files::{FileStatusName, VariantKind};
pub(crate) use members::{MemberView, RoomRole};
pub(crate) use message_view::MessageView;
pub(crate) use presence::PresenceView;
pub(crate) use queues::QueueList;
pub(crate) use rooms::RoomView;
pub(crate) use tags::Tags;
pub(crate) use users::{UserSummaryView, UserView};
