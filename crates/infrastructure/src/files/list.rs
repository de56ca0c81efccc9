//! What is in the folder: objects in the order of their places, and drafts that nobody finished.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use plaza_application::ports::ListedObject;
use uuid::Uuid;

use super::store::Layout;

/// Objects whose place is after that of `after`, in order, at most `limit`.
pub(super) fn objects(layout: &Layout, after: Option<Uuid>, limit: usize) -> io::Result<Vec<ListedObject>> {
    let mut found = Vec::new();
    let after = after.map(|id| {
        let [.., first, second] = *id.as_bytes();
        (first, second, id)
    });
    for (first, folder) in folders(&layout.root)? {
        if after.is_some_and(|after| first < after.0) {
            continue;
        }
        for (second, folder) in folders(&folder)? {
            if after.is_some_and(|after| (first, second) < (after.0, after.1)) {
                continue;
            }
            for id in ids(&folder)? {
                if after.is_some_and(|after| (first, second, id) <= after) {
                    continue;
                }
                if found.len() >= limit {
                    return Ok(found);
                }
                found.extend(object(&folder.join(id.to_string()), id)?);
            }
        }
    }
    Ok(found)
}

/// Removes drafts that are stale by when they were last written to.
pub(super) fn remove_drafts(drafts: &Path, is_stale: impl Fn(SystemTime) -> bool) -> io::Result<u64> {
    let mut removed = 0;
    for entry in fs::read_dir(drafts)? {
        let entry = entry?;
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        // Another process may finish or remove a draft while this one looks at it.
        if modified.is_ok_and(&is_stale) && fs::remove_file(entry.path()).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

/// The folders of objects in a folder, by the two digits that are their names.
fn folders(folder: &Path) -> io::Result<Vec<(u8, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let digits = name.to_str().filter(|name| name.len() == 2);
        let digits = digits.and_then(|name| u8::from_str_radix(name, 16).ok());
        if let Some(digits) = digits
            && entry.file_type()?.is_dir()
        {
            found.push((digits, entry.path()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn ids(folder: &Path) -> io::Result<Vec<Uuid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        found.extend(name.to_str().and_then(|name| Uuid::parse_str(name).ok()));
    }
    found.sort_unstable();
    Ok(found)
}

/// `None` when it was removed meanwhile.
fn object(path: &Path, id: Uuid) -> io::Result<Option<ListedObject>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(ListedObject {
            key: id.to_string(),
            size: metadata.len(),
            modified_at: metadata.modified()?.into(),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
