//! Entries as services make them. They append them last: see [`append`](plaza_domain::repository::AuditRepository::append).

use plaza_domain::{AuditAction, AuditActor, Device, NewAuditEntry};

use crate::{Actor, Operator};

/// What a user did, from where they asked for it.
pub(crate) fn by(actor: &Actor, action: AuditAction) -> NewAuditEntry {
    NewAuditEntry::by(actor.id(), &actor.device, action)
}

/// What was done by order of an operator.
pub(crate) fn by_operator(operator: Operator<'_>, action: AuditAction) -> NewAuditEntry {
    match operator {
        Operator::User(actor) => by(actor, action),
        Operator::CommandLine => NewAuditEntry::new(AuditActor::CommandLine, Device::default(), action),
    }
}
