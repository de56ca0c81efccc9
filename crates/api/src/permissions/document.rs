//! The table as a page of Markdown, `docs/permissions.md`; the end-to-end tests read it and try every cell.

use std::fmt::{self, Write};

use plaza_domain::SystemRole;

use super::{
    operations::{OPERATIONS, Operation},
    resources::{Resource, Standing},
};

const ROLES: [SystemRole; 3] = [SystemRole::Guest, SystemRole::Member, SystemRole::Admin];
const INTRODUCTION: &str = "\
# Who may do what

Made by `plaza permissions` from the policy (`crates/application/src/policy/`), which the services ask; do not edit it.
A test of the server tries every cell.

Each row is an operation of the REST API, or, after `WS`, a frame that a client sends over the WebSocket; each column is
how who asks stands to what they ask about. A cell says `yes`, or with which status the server refuses: `401` who asks is
not known, `403` they may not, `404` they may not even know that it is there, `409` nobody may. Over the WebSocket the
same are the codes `forbidden`, `not_found` and `conflict`, and who is not known is disconnected. Three answers in a cell
are those to guests, to members and to admins of the server, in this order.
";

/// The page.
pub(crate) fn document() -> String {
    let mut page = INTRODUCTION.to_owned();
    for resource in Resource::ALL {
        // Writing to a string does not fail.
        write_table(&mut page, resource).ok();
    }
    page
}

fn write_table(page: &mut String, resource: Resource) -> fmt::Result {
    writeln!(page, "\n## {}\n", resource.title())?;
    if !resource.about().is_empty() {
        writeln!(page, "{}\n", resource.about())?;
    }
    let standings = resource.standings();
    let columns: Vec<&str> = standings.iter().map(|standing| standing.as_str()).collect();
    writeln!(page, "| operation | not logged in | {} |", columns.join(" | "))?;
    writeln!(page, "|---|---|{}", "---|".repeat(columns.len()))?;
    for operation in OPERATIONS.iter().filter(|row| row.needs.resources().contains(&resource)) {
        let Operation { name, case, needs } = operation;
        let case = if case.is_empty() { String::new() } else { format!(", {case}") };
        write!(page, "| `{name}`{case} | {} |", needs.answer_to_nobody().as_str())?;
        for standing in standings {
            write!(page, " {} |", cell(operation, resource, *standing))?;
        }
        writeln!(page)?;
    }
    Ok(())
}

/// One answer when it is the same for all roles.
fn cell(operation: &Operation, resource: Resource, standing: Standing) -> String {
    let answers = ROLES.map(|role| operation.needs.answer(resource, role, standing).as_str());
    if answers.iter().all(|answer| *answer == answers[0]) {
        answers[0].to_owned()
    } else {
        answers.join(" · ")
    }
}
