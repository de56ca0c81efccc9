//! Folders that Plaza makes: as its files, they are for their owner only. Those that are there stay as they are.

use std::{fs, io, os::unix::fs::DirBuilderExt, path::Path};

const OWNER_ONLY: u32 = 0o700;

/// Makes a folder, and those above it that are missing.
///
/// # Errors
/// When the file system refuses.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(path)
}

/// The same, without holding up others.
///
/// # Errors
/// When the file system refuses.
pub(crate) async fn create_folder_aside(path: &Path) -> io::Result<()> {
    tokio::fs::DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(path).await
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn nobody_else_looks_into_what_is_made_and_what_is_there_stays_as_it_is() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let mode = |path: &Path| fs::metadata(path).map(|it| it.permissions().mode() & 0o777);
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755))?;
        create_folder(&root.path().join("a/b"))?;
        create_folder_aside(&root.path().join("c/d")).await?;
        create_folder_aside(&root.path().join("a")).await?;
        for made in ["a", "a/b", "c", "c/d"] {
            assert_eq!(mode(&root.path().join(made))?, OWNER_ONLY, "{made}");
        }
        assert_eq!(mode(root.path())?, 0o755);
        Ok(())
    }
}
