//! The committed table of permissions, read from `docs/permissions.md`.

use std::{fs, path::Path};

/// The roles of the server, in the order of the answers in a cell.
pub const ROLES: [&str; 3] = ["guest", "member", "admin"];

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The table that it stands in.
    pub table: String,
    /// The operation, such as `POST /rooms`, or the frame, such as `WS message`.
    pub name: String,
    /// Which of several things that it does; may be empty.
    pub case: String,
    /// What who is not logged in is answered.
    pub nobody: String,
    /// How who asks stands to it, with the answers to each role.
    pub answers: Vec<(String, [String; 3])>,
}

impl Row {
    /// The operation, and which of the things that it does.
    pub fn title(&self) -> String {
        if self.case.is_empty() { self.name.clone() } else { format!("{}, {}", self.name, self.case) }
    }

    /// Whether it is a frame.
    pub fn is_frame(&self) -> bool {
        self.name.starts_with("WS ")
    }

    /// The method, or `WS`, and the path, or the type of the frame.
    pub fn parts(&self) -> (&str, &str) {
        self.name.split_once(' ').expect("a method and a path")
    }
}

/// All rows.
pub fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    let page = fs::read_to_string(path).expect("the table is committed");
    let (mut rows, mut table, mut columns) = (Vec::new(), "", Vec::new());
    for line in page.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            table = title;
        } else if let Some(cells) = line.strip_prefix("| ") {
            let cells: Vec<&str> = cells.trim_end_matches(" |").split(" | ").collect();
            if cells[0] == "operation" {
                columns = cells[2..].to_vec();
            } else {
                rows.push(row(table, &columns, &cells));
            }
        }
    }
    assert!(rows.len() > 100, "the table has {} rows", rows.len());
    rows
}

fn row(table: &str, columns: &[&str], cells: &[&str]) -> Row {
    let (name, case) = cells[0].strip_prefix('`').and_then(|name| name.split_once('`')).expect("a name");
    assert_eq!(cells.len(), columns.len() + 2, "{name}");
    let answers = columns.iter().zip(&cells[2..]).map(|(column, cell)| {
        let answers: Vec<String> = cell.split(" · ").map(str::to_owned).collect();
        let answers = match answers.as_slice() {
            [same] => [same.clone(), same.clone(), same.clone()],
            [guest, member, admin] => [guest.clone(), member.clone(), admin.clone()],
            _ => panic!("{name}: {cell}"),
        };
        ((*column).to_owned(), answers)
    });
    Row {
        table: table.to_owned(),
        name: name.to_owned(),
        case: case.trim_start_matches(", ").to_owned(),
        nobody: cells[1].to_owned(),
        answers: answers.collect(),
    }
}
