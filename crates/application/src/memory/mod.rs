//! Everything that the services need, kept in memory: a store with real transactions, and doubles of the other ports.
//! For the tests of services and workers, and for programs that embed them. Nothing survives the process.

mod attempts;
mod audit;
mod blobs;
mod blocks;
mod connection;
mod direct_rooms;
mod doubles;
mod edits;
mod erasures;
mod exports;
mod files;
mod friendships;
mod identities;
mod invitations;
mod jobs;
mod mail_tokens;
mod members;
mod mentions;
mod messages;
mod overviews;
mod pins;
mod presence;
mod reactions;
mod receipts;
mod rooms;
mod second_factors;
mod sessions;
mod settings;
mod signing_keys;
mod store;
mod survey;
mod table;
mod tables;
mod tasks;
mod threads;
mod usage;
mod username_changes;
mod users;
mod workers;

pub use doubles::{
    AcceptingInspector, CountingSecrets, EscapingMarkup, ManualClock, MemoryBlobStore, MemoryMailer,
    OpenUrlSigner, PlainPasswords, PlainTemplates, PlainTokens, PlainTotp, SequentialIds, ports, ports_with,
};
pub use store::MemoryStore;
